//! Who learns which page the visitor is on: nobody, also where the page's own policy tells everybody its whole address.

use serde_json::json;

use crate::bad_network::BadNetwork;
use crate::browser::Browser;
use crate::site::{self, Asked};
use crate::support::Sandbox;
use crate::visitor::Visitor;

/// What the page's developer has set up with the best intentions, or none.
const TELLS_ALL: &str = "<meta name=referrer content=unsafe-url>";

/// Notes what the page's policy objects to, frames that the page could see, and how far an upload was said to be.
const WATCH: &str = "(window.violations = [], window.frames_seen = 0, window.percents = [],
  addEventListener('securitypolicyviolation', ({ violatedDirective }) => violations.push(violatedDirective)),
  new MutationObserver((all) => all.forEach(({ addedNodes }) => addedNodes.forEach(({ localName }) =>
    window.frames_seen += localName === 'iframe'))).observe(document, { childList: true, subtree: true }),
  new MutationObserver(() => percents.push(root.querySelector('progress')?.value ?? 0))
    .observe(root, { childList: true, subtree: true, attributes: true, attributeFilter: ['value'] }), null)";

/// A page that cannot be stricter, with natter in it.
async fn arrive(network: &BadNetwork, sandbox: &Sandbox, more: &str, asked: Asked) -> Visitor {
    let (site, visitor) = (site::serve_and_note(asked).await, Visitor { browser: Browser::start().await });
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

/// Sends a file of three million bytes, and waits until the server has it.
async fn uploads(visitor: &Visitor) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plan.bin");
    std::fs::write(&path, vec![7; 3_000_000]).unwrap();
    visitor.find("[type=file]").await.send_keys(path.to_str().unwrap()).await.unwrap();
    visitor.browser.until("root.querySelector('.picked .file')").await;
    visitor.say("Here it is").await;
    visitor.browser.until("root.querySelector('a.file') && !root.querySelector('.unsent')").await;
}

/// The requests that say where they come from.
fn telling(network: &BadNetwork) -> Vec<String> {
    let tells = |head: &String| head.to_ascii_lowercase().contains("\r\nreferer:");
    network.heads().into_iter().filter(tells).collect()
}

fn posts(network: &BadNetwork) -> usize {
    let is_upload =
        |head: &&String| head.starts_with("POST") && head.to_ascii_lowercase().contains("multipart/form-data");
    network.heads().iter().filter(is_upload).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_request_tells_which_page_it_comes_from_not_even_an_upload() {
    let (sandbox, asked) = (Sandbox::start(None), Asked::default());
    let network = BadNetwork::before(&sandbox.base_url).await;
    let visitor = arrive(&network, &sandbox, "", asked.clone()).await;
    let browser = &visitor.browser;
    visitor.open().await;
    visitor.say("hello").await;
    visitor.sees(&["hello"]).await;
    // Slow enough that there is progress to be told of.
    let slow = json!({ "offline": false, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 2_000_000 });
    browser.devtools("Network.enable", json!({})).await;
    browser.devtools("Network.emulateNetworkConditions", slow).await;
    uploads(&visitor).await;
    visitor.find(".emoji").await.click().await.unwrap();
    browser.until("root.querySelector('[role=gridcell]')").await;
    assert_eq!((posts(&network), telling(&network)), (1, Vec::new()));
    // The loader is the page's own affair; what that fetches is not told where.
    let all = asked.lock().unwrap().clone();
    let fetched: Vec<_> = all.iter().filter(|(path, _)| path.matches('/').count() > 1).collect();
    for name in ["panel.js", "natter_bg.wasm", "list.json", "locales/de.json", "parts/files.js", "parts/emoji.js"] {
        let found = fetched.iter().find(|(path, _)| path.ends_with(name));
        assert_eq!(found.map(|(_, referer)| referer), Some(&None), "{name} among {fetched:?}");
    }
    assert!(all.iter().any(|(path, referer)| path == "/embed.js" && referer.is_some()), "{all:?}");
    // It was told how far it is, and the page has noticed nothing.
    let noticed = "[window.violations, window.frames_seen, window.length, root.querySelectorAll('iframe').length]";
    assert_eq!(browser.ask(noticed).await, json!([[], 0, 0, 0]));
    browser.until("window.percents.some((percent) => percent > 0)").await;
    visitor.browser.quit().await;
}

/// Where there can be no frame, the upload is made without telling how far it is, and not with telling where it is.
#[tokio::test(flavor = "multi_thread")]
async fn where_frames_can_not_be_had_an_upload_still_tells_nothing() {
    let sandbox = Sandbox::start(None);
    let network = BadNetwork::before(&sandbox.base_url).await;
    let none =
        "<script>Object.defineProperty(HTMLIFrameElement.prototype, 'contentDocument', { get: () => null })</script>";
    let visitor = arrive(&network, &sandbox, none, Asked::default()).await;
    visitor.open().await;
    visitor.say("hello").await;
    visitor.sees(&["hello"]).await;
    uploads(&visitor).await;
    assert_eq!((posts(&network), telling(&network)), (1, Vec::new()));
    let noticed = "[window.violations, window.length, root.querySelectorAll('iframe').length]";
    assert_eq!(visitor.browser.ask(noticed).await, json!([[], 0, 0]));
    visitor.browser.quit().await;
}
