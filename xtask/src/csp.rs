//! The Content-Security-Policy that a page with the chat needs. `embed/parts/csp.js` returns the same to pages.

/// The policy for a bundle at the URL `assets` and a Chatwoot server at `server`. `media` are further origins of pictures
/// and files, such as a storage bucket that the server redirects to.
pub fn policy(assets: &str, server: &str, media: &[&str]) -> Result<String, String> {
    let (assets, server) = (origin(assets)?, origin(server)?);
    let mut connect = vec![assets.clone()];
    if server != assets {
        connect.push(server.clone());
    }
    // The cable: `http` becomes `ws`, `https` becomes `wss`.
    connect.push(server.replacen("http", "ws", 1));
    let media: Vec<String> = media.iter().map(|url| origin(url)).collect::<Result<_, _>>()?;
    let files: Vec<&str> = [&*server].into_iter().chain(media.iter().map(String::as_str)).chain(["blob:"]).collect();
    let (connect, files) = (connect.join(" "), files.join(" "));
    Ok(format!("script-src {assets} 'wasm-unsafe-eval'; connect-src {connect}; img-src {files}; media-src {files}"))
}

fn origin(url: &str) -> Result<String, String> {
    let (scheme, rest) = url.split_once("://").unwrap_or_default();
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if !matches!(scheme, "http" | "https") || host.is_empty() || host.contains([' ', ';', ',', '\'', '"', '@']) {
        return Err(format!("{url} is not an http or https address."));
    }
    Ok(format!("{scheme}://{host}"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]
mod tests {
    use super::*;

    #[test]
    fn the_policy_allows_what_the_chat_needs_and_nothing_else() {
        let policy = policy("https://shop.test/natter/embed.js", "https://chat.test/sub/", &["https://files.test/x"]);
        let expected = "script-src https://shop.test 'wasm-unsafe-eval'; \
                        connect-src https://shop.test https://chat.test wss://chat.test; \
                        img-src https://chat.test https://files.test blob:; \
                        media-src https://chat.test https://files.test blob:";
        assert_eq!(policy.unwrap(), expected);
    }

    #[test]
    fn an_origin_appears_once_in_a_directive() {
        let policy = policy("http://a.test:8080", "http://a.test:8080", &[]).unwrap();
        assert!(policy.contains("connect-src http://a.test:8080 ws://a.test:8080;"), "{policy}");
    }

    #[test]
    fn csp_refuses_what_is_not_an_http_address() {
        for bad in ["", "shop.test", "ftp://a", "https://", "https:///x", "https://a; script-src *", "javascript:1"] {
            assert!(policy(bad, "https://a.test", &[]).is_err(), "{bad}");
            assert!(policy("https://a.test", "https://a.test", &[bad]).is_err(), "{bad}");
        }
    }
}
