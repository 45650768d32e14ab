//! The web server of the site that embeds the widget.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Path, Query, Request};
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERER};
use axum::http::{HeaderMap, HeaderName};
use axum::middleware::{Next, from_fn};
use axum::response::Html;
use axum::routing::get;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use tower_http::services::{ServeDir, ServeFile};

use crate::support::Sandbox;

/// The paths of the site's requests, each with its `Referer`.
pub type RequestLog = Arc<Mutex<Vec<(String, Option<String>)>>>;

/// Serves the site until the test ends; its URL.
pub async fn serve() -> String {
    serve_and_log(RequestLog::default()).await
}

/// The same; records the requests.
pub async fn serve_and_log(log: RequestLog) -> String {
    let site = folder();
    assert!(
        home().join("natter_bg.wasm").is_file(),
        "there is no built widget in {}: type `cargo xtask test e2e`",
        site.display()
    );
    let playground = ServeFile::new(site.join("index.html"));
    let router = Router::new()
        .route("/page", get(page))
        .route("/html", get(html))
        .route("/altered/{name}/{*path}", get(altered))
        .route("/importing/{*path}", get(importing))
        .route_service("/gallery", playground);
    let script =
        |name: &str| ServeFile::new(std::env::var_os(name).expect("`cargo xtask test e2e` says where this library is"));
    let router = router
        .route_service("/zone.js", script("NATTER_ZONE_JS"))
        .route_service("/bluebird.js", script("NATTER_BLUEBIRD"));
    let router = match std::env::var_os("NATTER_TURBO") {
        Some(turbo) => router.route_service("/turbo.js", ServeFile::new(turbo)),
        None => router,
    };
    let router = match std::env::var_os("NATTER_LEPTOS_APP") {
        Some(application) => router.nest_service("/leptos-app", ServeDir::new(application)),
        None => router,
    };
    // Each library has a path with the end of its variable's name: `/libraries/htmx_2/…`.
    let libraries = std::env::vars_os()
        .filter_map(|(name, folder)| Some((name.to_str()?.strip_prefix("NATTER_LIBRARY_")?.to_lowercase(), folder)));
    let router = libraries.fold(router, |router, (name, folder)| {
        router.nest_service(&format!("/libraries/{name}"), ServeDir::new(folder))
    });
    // Files of the fingerprinted folder are also served without it, for tests.
    let router = router.fallback_service(ServeDir::new(site).fallback(ServeDir::new(home())));
    let router = router.layer(from_fn(move |request: Request, next: Next| {
        let referer = request.headers().get(REFERER).map(|referer| referer.to_str().unwrap().to_owned());
        log.lock().unwrap().push((request.uri().path().to_owned(), referer));
        next.run(request)
    }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

/// The script tag of a site, with further attributes.
pub fn tag(sandbox: &Sandbox, more: &str) -> String {
    let (server, inbox) = (&sandbox.base_url, &sandbox.inbox_identifier);
    format!(r#"<script src="/embed.js" data-base-url="{server}" data-inbox-identifier="{inbox}" {more}></script>"#)
}

/// The path of a page with this HTML in body and head.
pub fn path_of(html: &str, head: &str) -> String {
    let encoded = |text| utf8_percent_encode(text, NON_ALPHANUMERIC);
    format!("/html?html={}&head={}", encoded(html), encoded(head))
}

/// The folder of the bundle.
pub fn folder() -> PathBuf {
    std::env::var_os("NATTER_SITE").map_or_else(|| PathBuf::from("target/dist"), PathBuf::from)
}

/// The fingerprinted folder in it.
pub fn home() -> PathBuf {
    let site = folder();
    let below = std::fs::read_dir(&site).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()));
    below.filter(|path| path.join("panel.js").is_file()).last().unwrap_or(site)
}

#[derive(Deserialize)]
struct Wanted {
    base_url: String,
    inbox: String,
    /// Further attributes of the element.
    #[serde(default)]
    attributes: String,
    /// The page's Content-Security-Policy, if any.
    policy: Option<String>,
    /// The page's Permissions-Policy, if any.
    permissions: Option<String>,
}

#[derive(Deserialize)]
struct Written {
    html: String,
    /// Further HTML in its head.
    #[serde(default)]
    head: String,
    policy: Option<String>,
}

/// A page with the HTML in its query.
async fn html(Query(Written { html, head, policy }): Query<Written>) -> (HeaderMap, Html<String>) {
    let policy = policy.map(|policy| (CONTENT_SECURITY_POLICY, policy.parse().unwrap()));
    let page = Html(format!(
        r#"<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Somebody's website</title><link rel="stylesheet" href="/playground.css"><link rel="icon" href="data:,">{head}</head>
<body><main><h1>Somebody's website</h1></main>{html}</body></html>"#
    ));
    (policy.into_iter().collect(), page)
}

/// The bundle with the file whose path ends with `name` changed by one byte.
async fn altered(Path((name, path)): Path<(String, String)>) -> (HeaderMap, Vec<u8>) {
    let mut bytes = std::fs::read(folder().join(&path)).unwrap_or_default();
    if path.ends_with(&name) {
        // Another kind of whitespace doesn't change the meaning, but the hash.
        match bytes.iter_mut().rev().find(|byte| **byte == b' ') {
            Some(space) => *space = b'\t',
            None => bytes.push(b'\n'),
        }
    }
    let kind = match path.rsplit('.').next() {
        Some("js") => "text/javascript",
        Some("wasm") => "application/wasm",
        _ => "application/json",
    };
    (HeaderMap::from_iter([(CONTENT_TYPE, kind.parse().unwrap())]), bytes)
}

/// The bundle as if it were not bundled: its panel.js imports a module, which is changed.
async fn importing(Path(path): Path<String>) -> (HeaderMap, Vec<u8>) {
    let (headers, bytes) = altered(Path(("parts/time_zone.js".to_owned(), path.clone()))).await;
    if path != "embed.js" {
        return (headers, bytes);
    }
    let script = String::from_utf8(bytes).unwrap();
    let assets = "{\"at\":";
    assert_eq!(script.matches(assets).count(), 1, "where the loader knows its files");
    let script = script.replace(assets, "{\"imports\":{\"panel.js\":[\"parts/time_zone.js\"]},\"at\":");
    (headers, script.into_bytes())
}

async fn page(Query(wanted): Query<Wanted>) -> (HeaderMap, Html<String>) {
    let Wanted { base_url, inbox, attributes, policy, permissions } = wanted;
    let policy = policy.map(|policy| (CONTENT_SECURITY_POLICY, policy.parse().unwrap()));
    let permissions =
        permissions.map(|policy| (HeaderName::from_static("permissions-policy"), policy.parse().unwrap()));
    let page = Html(format!(
        r#"<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Somebody's website</title>
<link rel="stylesheet" href="/playground.css"><link rel="icon" href="data:,">
<main><h1>Somebody's website</h1><p>With a bubble in the corner.</p></main>
<script src="/embed.js"></script>
<natter-chat base-url="{base_url}" inbox-identifier="{inbox}" {attributes}></natter-chat>"#
    ));
    (policy.into_iter().chain(permissions).collect(), page)
}
