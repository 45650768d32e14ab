//! The `Referer` header: no request of the chat's may reveal the page's URL, also under a referrer policy of `unsafe-url`.

use serde_json::json;

use crate::browser::Browser;
use crate::fault_proxy::FaultProxy;
use crate::site::{self, RequestLog};
use crate::support::Sandbox;
use crate::visitor::Visitor;

/// Referrer policies that pages set.
const TELLS_ALL: &str = "<meta name=referrer content=unsafe-url>";

/// Records policy violations, frames that the page can see, and the progress of uploads.
const WATCH: &str = "(window.violations = [], window.frames_seen = 0, window.percents = [],
  addEventListener('securitypolicyviolation', ({ violatedDirective }) => violations.push(violatedDirective)),
  new MutationObserver((all) => all.forEach(({ addedNodes }) => addedNodes.forEach(({ localName }) =>
    window.frames_seen += localName === 'iframe'))).observe(document, { childList: true, subtree: true }),
  new MutationObserver(() => percents.push(root.querySelector('progress')?.value ?? 0))
    .observe(root, { childList: true, subtree: true, attributes: true, attributeFilter: ['value'] }), null)";

/// A page with the chat and the strictest policy.
async fn arrive(network: &FaultProxy, sandbox: &Sandbox, more: &str, asked: RequestLog) -> Visitor {
    let (site, visitor) = (site::serve_and_log(asked).await, Visitor { browser: Browser::start().await });
    let server = &network.base_url;
    let policy = format!(
        "default-src 'none'; script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'; style-src 'self'; \
         connect-src 'self' {server} {}; img-src {server} data:; media-src {server}; frame-src 'none'; \
         require-trusted-types-for 'script'",
        server.replace("http:", "ws:"),
    );
    let line = format!(
        r#"<script src="/embed.js" data-base-url="{server}" data-inbox-identifier="{}" data-language="de"></script>"#,
        sandbox.inbox_identifier
    );
    visitor.goes_to(&site, &[TELLS_ALL, more, &line].concat(), Some(&policy)).await;
    visitor.browser.until("root.querySelector('.launcher')").await;
    visitor.browser.ask(WATCH).await;
    visitor
}

/// Uploads a file of three million bytes, and waits until the server has it.
async fn uploads(visitor: &Visitor) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plan.bin");
    std::fs::write(&path, vec![7; 3_000_000]).unwrap();
    visitor.find("[type=file]").await.send_keys(path.to_str().unwrap()).await.unwrap();
    visitor.browser.until("root.querySelector('.picked .file')").await;
    visitor.say("Here it is").await;
    visitor.browser.until("root.querySelector('a.file') && !root.querySelector('.unsent')").await;
}

/// The requests with a `Referer` header.
fn requests_with_referer(network: &FaultProxy) -> Vec<String> {
    let tells = |head: &String| head.to_ascii_lowercase().contains("\r\nreferer:");
    network.request_heads().into_iter().filter(tells).collect()
}

fn posts(network: &FaultProxy) -> usize {
    let is_upload =
        |head: &&String| head.starts_with("POST") && head.to_ascii_lowercase().contains("multipart/form-data");
    network.request_heads().iter().filter(is_upload).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_request_has_a_referer_uploads_included() {
    let (sandbox, asked) = (Sandbox::start(None), RequestLog::default());
    let network = FaultProxy::start(&sandbox.base_url).await;
    let visitor = arrive(&network, &sandbox, "", asked.clone()).await;
    let browser = &visitor.browser;
    visitor.open().await;
    visitor.say("hello").await;
    visitor.sees(&["hello"]).await;
    // Slow enough for progress events.
    let slow = json!({ "offline": false, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 2_000_000 });
    browser.devtools("Network.enable", json!({})).await;
    browser.devtools("Network.emulateNetworkConditions", slow).await;
    uploads(&visitor).await;
    visitor.find(".emoji").await.click().await.unwrap();
    browser.until("root.querySelector('[role=gridcell]')").await;
    assert_eq!((posts(&network), requests_with_referer(&network)), (1, Vec::new()));
    // The page itself requests the loader; the loader's requests have no referrer.
    let all = asked.lock().unwrap().clone();
    let fetched: Vec<_> = all.iter().filter(|(path, _)| path.matches('/').count() > 1).collect();
    for name in ["panel.js", "natter_bg.wasm", "list.json", "locales/de.json", "parts/files.js", "parts/emoji.js"] {
        let found = fetched.iter().find(|(path, _)| path.ends_with(name));
        assert_eq!(found.map(|(_, referer)| referer), Some(&None), "{name} among {fetched:?}");
    }
    assert!(all.iter().any(|(path, referer)| path == "/embed.js" && referer.is_some()), "{all:?}");
    // There were progress events, and the page saw no frame.
    let noticed = "[window.violations, window.frames_seen, window.length, root.querySelectorAll('iframe').length]";
    assert_eq!(browser.ask(noticed).await, json!([[], 0, 0, 0]));
    browser.until("window.percents.some((percent) => percent > 0)").await;
    visitor.browser.quit().await;
}

/// Without a frame, the upload has no progress, rather than a referrer.
#[tokio::test(flavor = "multi_thread")]
async fn an_upload_without_a_frame_has_no_referer() {
    let sandbox = Sandbox::start(None);
    let network = FaultProxy::start(&sandbox.base_url).await;
    let none =
        "<script>Object.defineProperty(HTMLIFrameElement.prototype, 'contentDocument', { get: () => null })</script>";
    let visitor = arrive(&network, &sandbox, none, RequestLog::default()).await;
    visitor.open().await;
    visitor.say("hello").await;
    visitor.sees(&["hello"]).await;
    uploads(&visitor).await;
    assert_eq!((posts(&network), requests_with_referer(&network)), (1, Vec::new()));
    let noticed = "[window.violations, window.length, root.querySelectorAll('iframe').length]";
    assert_eq!(visitor.browser.ask(noticed).await, json!([[], 0, 0]));
    visitor.browser.quit().await;
}
