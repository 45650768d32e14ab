//! What the page's developer is told when the widget does not connect.

use serde_json::json;

use crate::bad_network::{BadNetwork, Fate, Refusal};
use crate::support::Sandbox;
use crate::visitor::Visitor;

/// What the visitor reads, from its beginning.
const UNREACHABLE: &str = "We can't reach the team";
const BUSY: &str = "The team's server asks";
const BARRED: &str = "The chat can't be reached from this page";
const NOTHING: &str = "";

/// A visitor writes on this page, which is told of this trouble; the visitor reads this.
async fn tells(query: &str, trouble: &str, sentence: &str) -> Visitor {
    tells_at(Visitor::arrive_to(query).await, trouble, sentence).await
}

/// The same of a visitor who is there.
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
async fn a_server_that_is_not_there_or_is_another_is_told_apart() {
    tells("base_url=http://127.0.0.1:9&inbox=some", "unreachable", UNREACHABLE).await.browser.quit().await;
    // The website itself: it answers, and is no Chatwoot.
    tells("base_url=/&inbox=some", "not-chatwoot", BARRED).await.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inbox_nobody_knows_is_told() {
    let sandbox = Sandbox::start(None);
    tells(&format!("base_url={}&inbox=nobodys", sandbox.base_url), "unknown-inbox", BARRED).await.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inbox_that_demands_proof_of_identity_is_told() {
    let sandbox = Sandbox::start_with(&["--memory", "--hmac-mandatory"]);
    let query = format!("base_url={}&inbox={}", sandbox.base_url, sandbox.inbox_identifier);
    tells(&query, "contact-refused", BARRED).await.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_asks_for_a_pause_is_told_and_forgotten_when_it_works() {
    let sandbox = Sandbox::start(None);
    for refusal in [Refusal::TooMany, Refusal::Unavailable] {
        let network = BadNetwork::before(&sandbox.base_url).await;
        network.refuse_all(Some(refusal));
        let visitor =
            tells(&format!("base_url={}&inbox={}", network.base_url, sandbox.inbox_identifier), "busy", BUSY).await;
        network.refuse_all(None);
        visitor.sees(&["Is anybody there?"]).await;
        visitor.browser.until("window.troubles.at(-1) === null").await;
        visitor.browser.quit().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_that_brings_pings_and_no_news_is_told() {
    let sandbox = Sandbox::start(None);
    let network = BadNetwork::before(&sandbox.base_url).await;
    network.lose_broadcasts();
    let query = format!("base_url={}&inbox={}", network.base_url, sandbox.inbox_identifier);
    let visitor = tells(&query, "silent-socket", NOTHING).await;
    assert_eq!(visitor.diagnostics().await["socket_live"], json!("yes"));
    visitor.sees(&["Is anybody there?"]).await;
    visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_https_behind_a_page_with_it_is_told_and_never_asked() {
    let sandbox = Sandbox::start(None);
    let network = BadNetwork::before(&sandbox.base_url).await;
    // A browser trusts its own machine without https, so it must not know whose address this is.
    let server = network.base_url.replace("127.0.0.1", "chat.example.test");
    let query = format!("base_url={server}&inbox={}", sandbox.inbox_identifier);
    let visitor = Visitor::arrive_under(Some("https://shop.example.test"), &query).await;
    assert_eq!(visitor.browser.ask("location.protocol + isSecureContext").await, json!("https:true"));
    let visitor = tells_at(visitor, "mixed-content", BARRED).await;
    assert_eq!(network.met_any(), 0);
    visitor.browser.quit().await;

    let visitor = Visitor::arrive_to(&query).await;
    visitor.open().await;
    visitor.say("Is anybody there?").await;
    visitor.sees(&["Is anybody there?"]).await;
    assert!(network.met(Fate::Passed) > 0, "a page without https finds it there");
    visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_forbids_the_server_is_told() {
    let sandbox = Sandbox::start(None);
    let (server, inbox) = (&sandbox.base_url, &sandbox.inbox_identifier);
    let query = format!("base_url={server}&inbox={inbox}&policy=connect-src%20'self'");
    tells(&query, "forbidden-by-policy", BARRED).await.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_whose_errors_the_browser_withholds_is_told_and_forgotten_when_it_works() {
    let sandbox = Sandbox::start(None);
    let network = BadNetwork::before(&sandbox.base_url).await;
    network.refuse_all(Some(Refusal::BadGateway));
    let query = format!("base_url={}&inbox={}", network.base_url, sandbox.inbox_identifier);
    let visitor = tells(&query, "answers-withheld", UNREACHABLE).await;
    network.refuse_all(None);
    visitor.sees(&["Is anybody there?"]).await;
    visitor.browser.until("window.troubles.at(-1) === null").await;
    visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_does_not_upgrade_is_told() {
    let sandbox = Sandbox::start(None);
    let network = BadNetwork::before(&sandbox.base_url).await;
    network.deny_sockets();
    let query = format!("base_url={}&inbox={}", network.base_url, sandbox.inbox_identifier);
    let visitor = tells(&query, "no-socket", NOTHING).await;
    assert!(network.met(Fate::Denied) >= 3);
    visitor.browser.quit().await;
}
