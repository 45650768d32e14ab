//! The sandbox's agent page: replying, attributes, inbox settings, and its protection against DNS rebinding.

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::site;
use crate::support::Sandbox;

/// Waits until the expression is neither null nor undefined, and returns its value.
async fn until(browser: &Browser, expression: &str) -> Value {
    let look = format!(
        "const look = () => {{ const value = {expression}; if (value) arguments[0](value); else setTimeout(look, 25); }};
         look();"
    );
    browser.page.execute_async(look, vec![]).await.expect(expression).json().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_replies_from_the_agent_page() {
    let sandbox = Sandbox::start(None);
    sandbox.contact(&json!({ "source_id": "s" })).await;
    let id = sandbox.conversation("s").await;
    sandbox.say("s", id, "Anybody?").await.ok();
    let browser = Browser::start().await;
    browser.page.goto(sandbox.base_url.as_str()).await.unwrap();
    until(&browser, "document.querySelector('#conversations button')").await;
    let people = browser.ask("[...document.querySelectorAll('#person option')].map((one) => one.textContent)").await;
    assert_eq!(people, json!(["Robin", "Sam"]));
    browser.ask("document.querySelector('#conversations button').click()").await;
    let said = until(&browser, "document.querySelector('#thread .in span')?.textContent").await;
    assert_eq!(said, "Anybody?");
    browser.ask("document.getElementById('text').focus()").await;
    browser.types("Somebody.").await;
    browser.ask("document.getElementById('send').click()").await;
    until(&browser, "document.querySelector('#thread .out')?.textContent.includes('Somebody.')").await;
    let messages = sandbox.messages(id).await;
    assert_eq!(messages.last().unwrap()["content"], "Somebody.");
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_agent_page_shows_attributes_replies_snoozes_and_edits_an_inbox() {
    let sandbox = Sandbox::start_with(&["--memory", "--chatwoot", "4.16"]);
    sandbox.contact(&json!({ "source_id": "s", "custom_attributes": { "plan": "gold" } })).await;
    let id = sandbox.conversation("s").await;
    let asked = sandbox.say("s", id, "Anybody?").await.ok();
    let browser = Browser::start().await;
    browser.page.goto(sandbox.base_url.as_str()).await.unwrap();
    until(&browser, "document.querySelector('#conversations button')").await;
    browser.ask("document.querySelector('#conversations button').click()").await;
    let attributes = until(&browser, "document.getElementById('attribute-list').textContent").await;
    assert!(attributes.as_str().unwrap().contains("contact: plangold"), "{attributes}");
    until(&browser, "document.querySelector('#thread .in small button')").await;
    browser.ask("document.querySelector('#thread .in small button').click()").await;
    browser.types("To that.").await;
    browser.ask("document.getElementById('send').click()").await;
    until(&browser, "document.querySelector('#thread .out')?.textContent.includes('In reply to: Anybody?')").await;
    assert_eq!(sandbox.messages(id).await.last().unwrap()["content_attributes"]["in_reply_to"], asked["id"]);
    let snooze = "const pick = document.getElementById('snooze'); pick.value = '3600'; \
                  pick.dispatchEvent(new Event('change'));";
    browser.ask(&format!("(() => {{ {snooze} }})()")).await;
    until(&browser, "document.getElementById('state').textContent.startsWith('snoozed')").await;
    browser.ask("document.getElementById('settings-open').click()").await;
    until(&browser, "document.querySelector('.inbox-editor input')").await;
    browser.ask("(() => { document.querySelector('.inbox-editor input').value = 'Welcome!'; })()").await;
    browser.ask("document.querySelector('.inbox-editor button').click()").await;
    let end = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while sandbox.as_agent("GET", "/inboxes/1", &Value::Null).await.ok()["greeting_message"] != "Welcome!" {
        assert!(std::time::Instant::now() < end, "the greeting was not saved");
    }
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_agent_page_links_to_the_playground_of_each_inbox() {
    let site = site::serve().await;
    let sandbox = Sandbox::start_with(&["--memory", "--playground-url", &format!("{site}/index.html")]);
    let browser = Browser::start().await;
    browser.page.goto(sandbox.base_url.as_str()).await.unwrap();
    until(&browser, "document.querySelector('#person option')").await;
    browser.ask("document.getElementById('settings-open').click()").await;
    let inbox = "document.querySelector('#inboxes li')";
    let link = until(&browser, &format!("{inbox}?.querySelector('a').href")).await;
    let identifier = browser.ask(&format!("{inbox}.querySelector('code').textContent")).await;
    browser.page.goto(link.as_str().unwrap()).await.unwrap();
    let chat = "document.querySelector('natter-chat[inbox-identifier]')";
    let shown = format!("{chat}?.getAttribute('inbox-identifier') === {identifier} && {chat}.getAttribute('base-url')");
    assert_eq!(until(&browser, &shown).await, sandbox.base_url.as_str());
    assert!(browser.ask("location.href").await.as_str().unwrap().starts_with(&site));
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dns_rebinding_does_not_reveal_the_agent_pages_tokens() {
    let sandbox = Sandbox::start(None);
    let browser = Browser::start().await;
    let rebound = sandbox.base_url.replace("127.0.0.1", "rebound.example.test");
    browser.page.goto(format!("{rebound}/")).await.unwrap();
    let shown = browser.ask("document.body.textContent").await;
    assert!(shown.as_str().unwrap().contains("--allow-host"), "{shown}");
    // For the browser all of this has one origin.
    let status = async |path: &str| browser.ask(&format!("fetch('{path}').then((answer) => answer.status)")).await;
    assert_eq!(status("/sandbox/people").await, 403);
    assert_eq!(status("/sandbox/agent.js").await, 403);
    assert_eq!(status("/api/v1/profile").await, 401);
    let inbox = sandbox.inbox_url("").replacen(&sandbox.base_url, "", 1);
    assert_eq!(status(&inbox).await, 200, "the name does lead there");
    browser.quit().await;
}
