//! The connection problems that the page's developer and the visitor are told of.

use serde_json::json;

use crate::fault_proxy::{ErrorResponse, FaultProxy, RequestOutcome};
use crate::support::Sandbox;
use crate::visitor::Visitor;

/// The beginning of the text that the visitor sees.
const UNREACHABLE: &str = "We can't connect";
const BUSY: &str = "We're a little busy";
const BARRED: &str = "Chat isn't available on this page";
const NOTHING: &str = "";

/// A visitor writes on a page; asserts the trouble that the page is told, and the text that the visitor sees.
async fn tells(query: &str, trouble: &str, sentence: &str) -> Visitor {
    tells_at(Visitor::arrive_to(query).await, trouble, sentence).await
}

/// The same for a visitor who is on the page already.
async fn tells_at(visitor: Visitor, trouble: &str, sentence: &str) -> Visitor {
    visitor.browser.expects_trouble();
    visitor
        .browser
        .ask("(window.troubles = [], document.querySelector('natter-chat').addEventListener('natter-connection', event => window.troubles.push(event.detail.trouble)))")
        .await;
    visitor.open().await;
    visitor.say("Is anybody there?").await;
    visitor.browser.until(&format!("window.troubles.at(-1) === '{trouble}'")).await;
    let shown = visitor.browser.ask("root.querySelector('.trouble').textContent").await;
    let shown = shown.as_str().unwrap();
    assert!(shown.starts_with(sentence) && shown.is_empty() == sentence.is_empty(), "{trouble}: {shown}");
    let told = visitor.diagnostics().await;
    assert_eq!(told["trouble"], json!(trouble));
    assert!(!told.to_string().contains("anybody"), "{told}");
    visitor
}

#[tokio::test(flavor = "multi_thread")]
async fn diagnostics_tell_unreachable_from_not_chatwoot() {
    tells("base_url=http://127.0.0.1:9&inbox=some", "unreachable", UNREACHABLE).await.browser.quit().await;
    // The website itself answers, but is not Chatwoot.
    tells("base_url=/&inbox=some", "not-chatwoot", BARRED).await.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn diagnostics_report_an_unknown_inbox() {
    let sandbox = Sandbox::start(None);
    tells(&format!("base_url={}&inbox=nobodys", sandbox.base_url), "unknown-inbox", BARRED).await.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn diagnostics_report_an_inbox_that_requires_identity_validation() {
    let sandbox = Sandbox::start_with(&["--memory", "--hmac-mandatory"]);
    let query = format!("base_url={}&inbox={}", sandbox.base_url, sandbox.inbox_identifier);
    tells(&query, "contact-refused", BARRED).await.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn diagnostics_report_a_busy_server_until_it_recovers() {
    let sandbox = Sandbox::start(None);
    for refusal in [ErrorResponse::TooMany, ErrorResponse::Unavailable] {
        let network = FaultProxy::start(&sandbox.base_url).await;
        network.answer_all_with(Some(refusal));
        let visitor =
            tells(&format!("base_url={}&inbox={}", network.base_url, sandbox.inbox_identifier), "busy", BUSY).await;
        network.answer_all_with(None);
        visitor.sees(&["Is anybody there?"]).await;
        visitor.browser.until("window.troubles.at(-1) === null").await;
        visitor.browser.quit().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn diagnostics_report_a_socket_without_broadcasts() {
    let sandbox = Sandbox::start(None);
    let network = FaultProxy::start(&sandbox.base_url).await;
    network.lose_broadcasts();
    let query = format!("base_url={}&inbox={}", network.base_url, sandbox.inbox_identifier);
    let visitor = tells(&query, "silent-socket", NOTHING).await;
    assert_eq!(visitor.diagnostics().await["socket_live"], json!("yes"));
    visitor.sees(&["Is anybody there?"]).await;
    visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn diagnostics_report_mixed_content_without_a_request() {
    let sandbox = Sandbox::start(None);
    let network = FaultProxy::start(&sandbox.base_url).await;
    // Browsers treat 127.0.0.1 as secure, so the host name must be another.
    let server = network.base_url.replace("127.0.0.1", "chat.example.test");
    let query = format!("base_url={server}&inbox={}", sandbox.inbox_identifier);
    let visitor = Visitor::arrive_under(Some("https://shop.example.test"), &query).await;
    assert_eq!(visitor.browser.ask("location.protocol + isSecureContext").await, json!("https:true"));
    let visitor = tells_at(visitor, "mixed-content", BARRED).await;
    assert_eq!(network.request_count(), 0);
    visitor.browser.quit().await;

    let visitor = Visitor::arrive_to(&query).await;
    visitor.open().await;
    visitor.say("Is anybody there?").await;
    visitor.sees(&["Is anybody there?"]).await;
    assert!(network.count(RequestOutcome::Passed) > 0, "a page without https finds it there");
    visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn diagnostics_report_a_content_security_policy_that_forbids_the_server() {
    let sandbox = Sandbox::start(None);
    let (server, inbox) = (&sandbox.base_url, &sandbox.inbox_identifier);
    let query = format!("base_url={server}&inbox={inbox}&policy=connect-src%20'self'");
    tells(&query, "forbidden-by-policy", BARRED).await.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn diagnostics_report_responses_without_cors_until_they_have_it() {
    let sandbox = Sandbox::start(None);
    let network = FaultProxy::start(&sandbox.base_url).await;
    network.answer_all_with(Some(ErrorResponse::BadGateway));
    let query = format!("base_url={}&inbox={}", network.base_url, sandbox.inbox_identifier);
    let visitor = tells(&query, "answers-withheld", UNREACHABLE).await;
    network.answer_all_with(None);
    visitor.sees(&["Is anybody there?"]).await;
    visitor.browser.until("window.troubles.at(-1) === null").await;
    visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn diagnostics_report_a_proxy_without_websockets() {
    let sandbox = Sandbox::start(None);
    let network = FaultProxy::start(&sandbox.base_url).await;
    network.refuse_sockets();
    let query = format!("base_url={}&inbox={}", network.base_url, sandbox.inbox_identifier);
    let visitor = tells(&query, "no-socket", NOTHING).await;
    assert!(network.count(RequestOutcome::Denied) >= 3);
    visitor.browser.quit().await;
}
