//! Trusted hosts: pages with tokens are served under the sandbox's own names and to its own pages only, so neither DNS
//! rebinding nor another site's script reads them.

use reqwest::header::{HOST, HeaderName, HeaderValue, ORIGIN};

use crate::sandbox::{Reply, Sandbox};

/// All of the sandbox that is neither an API nor a file.
const PAGES: [&str; 7] = [
    "/",
    "/sandbox/people",
    "/sandbox/agent.js",
    "/sandbox/agent.css",
    "/survey/responses/any",
    "/sandbox/survey.js",
    "/sandbox/survey.css",
];
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

async fn ask(sandbox: &Sandbox, path: &str, headers: &[(HeaderName, &str)]) -> Reply {
    let mut request = reqwest::Client::new().get(format!("{}{path}", sandbox.base_url));
    for (name, value) in headers {
        request = request.header(name, HeaderValue::from_str(value).unwrap());
    }
    Reply::of(request.send().await).await
}

fn port(sandbox: &Sandbox) -> &str {
    sandbox.base_url.rsplit(':').next().unwrap()
}

#[tokio::test]
async fn pages_are_not_served_under_an_untrusted_host() {
    let sandbox = Sandbox::start(None);
    let port = port(&sandbox);
    for path in PAGES {
        for host in [format!("evil.test:{port}"), "evil.test".into(), "127.0.0.1".into(), "localhost:1".into()] {
            let refused = ask(&sandbox, path, &[(HOST, &host)]).await;
            assert_eq!(refused.status, 403, "{path} under {host}");
            assert!(refused.text.ends_with(".\n") && refused.text.contains("--allow-host"), "{}", refused.text);
            assert!(!refused.text.contains(&sandbox.access_token));
        }
        for host in [format!("127.0.0.1:{port}"), format!("localhost:{port}"), format!("[::1]:{port}")] {
            assert_eq!(ask(&sandbox, path, &[(HOST, &host)]).await.status, 200, "{path} under {host}");
        }
    }
}

#[tokio::test]
async fn tokens_are_not_served_to_a_page_of_another_site() {
    let sandbox = Sandbox::start(None);
    let own = sandbox.base_url.clone();
    for origin in
        ["http://elsewhere.test", "https://elsewhere.test", "http://127.0.0.1:1", "http://localhost", "null", ""]
    {
        let refused = ask(&sandbox, "/sandbox/people", &[(ORIGIN, origin)]).await;
        assert_eq!(refused.status, 403, "{origin}");
        assert!(!refused.headers.contains_key("access-control-allow-origin"));
    }
    for site in ["cross-site", "same-site"] {
        assert_eq!(ask(&sandbox, "/sandbox/people", &[(SEC_FETCH_SITE, site)]).await.status, 403, "{site}");
        assert_eq!(ask(&sandbox, "/", &[(SEC_FETCH_SITE, site)]).await.status, 200, "a link from {site}");
    }
    let of_the_page = [(ORIGIN, own.as_str()), (SEC_FETCH_SITE, "same-origin")];
    let people = ask(&sandbox, "/sandbox/people", &of_the_page).await;
    assert!(!people.headers.contains_key("access-control-allow-origin"));
    assert_eq!(people.headers["x-content-type-options"], "nosniff", "no script, if it is included as one");
    let people = people.ok();
    assert_eq!(people.as_array().unwrap().len(), 2);
    assert_eq!(people[0]["access_token"], sandbox.access_token);
    assert_eq!(ask(&sandbox, "/sandbox/people", &[(SEC_FETCH_SITE, "none")]).await.status, 200, "typed by a person");
}

#[tokio::test]
async fn hosts_of_the_command_line_are_trusted() {
    let named = ["--memory", "--allow-host", "sandbox.lan", "--public-url", "https://chat.test"];
    let sandbox = Sandbox::start_with(&named);
    for (host, origin) in [("sandbox.lan:8080", "http://sandbox.lan:8080"), ("chat.test", "https://chat.test")] {
        assert_eq!(ask(&sandbox, "/sandbox/people", &[(HOST, host), (ORIGIN, origin)]).await.status, 200, "{host}");
    }
    assert_eq!(ask(&sandbox, "/sandbox/people", &[(HOST, "evil.test")]).await.status, 403);
}

#[tokio::test]
async fn the_apis_answer_under_any_host_and_to_any_origin() {
    let sandbox = Sandbox::start(None);
    let elsewhere = [(HOST, "chat.test"), (ORIGIN, "https://shop.test"), (SEC_FETCH_SITE, "cross-site")];
    let inbox = sandbox.inbox_url("").replacen(&sandbox.base_url, "", 1);
    let shown = ask(&sandbox, &inbox, &elsewhere).await;
    assert_eq!((shown.status, &shown.headers["access-control-allow-origin"]), (200, &HeaderValue::from_static("*")));
    assert_eq!(ask(&sandbox, "/cable", &elsewhere).await.status, 404, "no page, but not refused either");
    assert_eq!(ask(&sandbox, "/api/v1/profile", &elsewhere).await.status, 401, "without a token");
    let token = HeaderName::from_static("api_access_token");
    assert_eq!(
        ask(&sandbox, "/api/v1/profile", &[(HOST, "bot.test"), (token, &sandbox.access_token)]).await.status,
        200
    );
}
