//! Trusted hosts: a guard of the sandbox's own pages against DNS rebinding and against pages of other sites.
//!
//! The agent page needs no password and gets all agents' tokens. Any website could point a name of its own at this
//! machine, and its script could then read them from its own origin. So these pages are served only under a name that
//! is known to lead here (`Host`), and not to a page of another site (`Origin`, `Sec-Fetch-Site`). The client API is for
//! pages of any site, and the application API demands a token.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::uri::{Authority, Uri};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// The hosts under which the sandbox serves its pages.
#[derive(Debug)]
pub struct TrustedHosts {
    /// The address on which the sandbox listens.
    own: SocketAddr,
    /// Those of the command line.
    named: Vec<NamedHost>,
}

/// A host of the command line; without a port, it is trusted with any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedHost {
    name: String,
    port: Option<u16>,
}

impl FromStr for NamedHost {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let host = Host::parse(text).ok_or_else(|| format!("{text} is no host: write HOST or HOST:PORT"))?;
        Ok(Self { name: host.name, port: host.port })
    }
}

impl NamedHost {
    fn matches(&self, host: &Host) -> bool {
        let is_usual = |port| port == HTTP_PORT || port == HTTPS_PORT;
        let is_port = |port| host.port.map_or(is_usual(port), |asked| asked == port);
        self.name == host.name && self.port.is_none_or(is_port)
    }
}

/// The value of a `Host` header.
struct Host {
    /// In lower case; an IPv6 address in brackets.
    name: String,
    port: Option<u16>,
}

impl Host {
    fn parse(text: &str) -> Option<Self> {
        let authority: Authority = text.parse().ok().filter(|_| !text.contains('@'))?;
        // `Authority` takes any letters for a port.
        let port = match text.strip_prefix(authority.host())? {
            "" => None,
            rest => Some(rest.strip_prefix(':')?.parse().ok()?),
        };
        let name = authority.host().to_ascii_lowercase();
        (!name.is_empty()).then_some(Self { name, port })
    }

    fn address(&self) -> Option<IpAddr> {
        let bare = self.name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        bare.unwrap_or(&self.name).parse().ok().map(|address: IpAddr| address.to_canonical())
    }
}

impl TrustedHosts {
    pub fn new(own: SocketAddr, public_url: Option<&str>, allowed: &[NamedHost]) -> Self {
        let mut named = allowed.to_vec();
        let public = public_url.and_then(|url| Some(authority(&url.parse().ok()?)?.to_owned()));
        named.extend(public.and_then(|authority| authority.parse().ok()));
        Self { own, named }
    }

    /// Whether this authority (`host:port`) is trusted.
    fn contains(&self, authority: &str) -> bool {
        let Some(host) = Host::parse(authority) else { return false };
        self.named.iter().any(|named| named.matches(&host))
            || (host.port.unwrap_or(HTTP_PORT) == self.own.port() && self.is_own(&host))
    }

    fn is_own(&self, host: &Host) -> bool {
        let own = self.own.ip().to_canonical();
        match host.address() {
            // An IP address can't be rebound, so a sandbox that listens on all addresses trusts any.
            Some(address) => address.is_loopback() || address == own || own.is_unspecified(),
            None => host.name == "localhost",
        }
    }

    fn accepts(&self, uri: &Uri, headers: &HeaderMap) -> bool {
        let mut hosts = values(headers, header::HOST).chain(authority(uri).map(Some)).peekable();
        let is_host_trusted = hosts.peek().is_some() && hosts.all(|host| host.is_some_and(|host| self.contains(host)));
        let is_of_this_site = |origin: Option<&str>| {
            let origin = origin.and_then(|origin| origin.parse::<Uri>().ok());
            origin.as_ref().and_then(authority).is_some_and(|authority| self.contains(authority))
        };
        is_host_trusted && values(headers, header::ORIGIN).all(is_of_this_site)
    }
}

const HTTP_PORT: u16 = 80;
const HTTPS_PORT: u16 = 443;
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Middleware: answers 403 unless `Host` is trusted and the request comes from no other site's page.
pub async fn guard_pages(State(trusted): State<Arc<TrustedHosts>>, request: Request, next: Next) -> Response {
    if trusted.accepts(request.uri(), request.headers()) { next.run(request).await } else { forbidden() }
}

/// Middleware for data of the pages: besides, it refuses requests that other sites caused. Their links may lead to the
/// pages themselves.
pub async fn guard_data(request: Request, next: Next) -> Response {
    let is_same_site = |site: Option<&str>| matches!(site, Some("same-origin" | "none"));
    if values(request.headers(), SEC_FETCH_SITE).all(is_same_site) { next.run(request).await } else { forbidden() }
}

fn forbidden() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (StatusCode::FORBIDDEN, headers, FORBIDDEN).into_response()
}

const FORBIDDEN: &str = "The sandbox shows its own pages, which hold every agent's token, only under the address it \
                        printed and to no other site's pages. If the name in your address bar is meant to lead here, \
                        start the sandbox with --allow-host and that name.\n";

/// All values of a header; `None` for one that is no text.
fn values(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = Option<&str>> {
    headers.get_all(name).into_iter().map(|value| value.to_str().ok())
}

fn authority(uri: &Uri) -> Option<&str> {
    uri.authority().map(Authority::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listening(own: &str) -> TrustedHosts {
        TrustedHosts::new(own.parse().unwrap(), None, &[])
    }

    #[test]
    fn loopback_hosts_are_trusted_with_the_sandbox_own_port_only() {
        let trusted = listening("127.0.0.1:3100");
        for host in ["127.0.0.1:3100", "localhost:3100", "LocalHost:3100", "127.9.9.9:3100", "[::1]:3100"] {
            assert!(trusted.contains(host), "{host}");
        }
        let strangers = [
            "evil.test:3100",
            "127.0.0.1",
            "localhost:3101",
            "localhost.evil.test:3100",
            "127.0.0.1.evil.test:3100",
            "evil.test@localhost:3100",
            "localhost:3100@evil.test",
            "localhost.:3100",
            "192.168.1.5:3100",
            "0.0.0.0:3100",
            "localhost:",
            "localhost:99999",
            "",
        ];
        for host in strangers {
            assert!(!trusted.contains(host), "{host}");
        }
    }

    #[test]
    fn the_usual_port_goes_without_saying() {
        assert!(listening("127.0.0.1:80").contains("localhost"));
        assert!(listening("127.0.0.1:80").contains("[::1]"));
        assert!(!listening("127.0.0.1:3100").contains("localhost:80"));
    }

    #[test]
    fn a_sandbox_on_all_addresses_trusts_addresses_and_no_name() {
        for own in ["0.0.0.0:3100", "[::]:3100"] {
            assert!(listening(own).contains("192.168.1.5:3100"));
            assert!(!listening(own).contains("sandbox.lan:3100"));
            assert!(!listening(own).contains("192.168.1.5:80"));
        }
        assert!(listening("192.168.1.5:3100").contains("192.168.1.5:3100"));
        assert!(!listening("192.168.1.5:3100").contains("192.168.1.6:3100"));
    }

    #[test]
    fn hosts_named_on_the_command_line_are_trusted() {
        let named = ["sandbox.lan", "tunnel.test:8443", "proxied.test:443"].map(|host| host.parse().unwrap());
        let own = "127.0.0.1:3100".parse().unwrap();
        let trusted = TrustedHosts::new(own, Some("https://chat.test/"), &named);
        for host in ["sandbox.lan", "sandbox.lan:8080", "Tunnel.test:8443", "proxied.test", "chat.test"] {
            assert!(trusted.contains(host), "{host}");
        }
        for host in ["tunnel.test", "a.sandbox.lan", "evil.test"] {
            assert!(!trusted.contains(host), "{host}");
        }
        for wrong in ["", "https://sandbox.lan", "sandbox.lan/", "sandbox.lan:port", "a b", "me@sandbox.lan"] {
            assert!(wrong.parse::<NamedHost>().is_err(), "{wrong}");
        }
    }
}
