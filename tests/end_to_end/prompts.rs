//! Prompts (proactive messages): when they are shown, and what a click or a dismissal does.

use serde_json::{Value, json};

use crate::screenshots::screenshot;
use crate::support::Sandbox;
use crate::visitor::{Visitor, only_conversation};

#[tokio::test(flavor = "multi_thread")]
async fn a_prompt_is_shown_without_wasm_and_becomes_a_conversation_attribute() {
    let sandbox = Sandbox::start(None);
    let prompts = json!([
        { "id": "elsewhere", "text": "Not on this page", "url": "https://elsewhere.example.test/*", "seconds": 0 },
        { "id": "help", "text": "May we **help** you [choose](https://a.test)?", "url": "*/page*", "seconds": 0 },
    ]);
    let attributes = format!("prompts='{prompts}'");
    let visitor = Visitor::arrive_with(&sandbox, &attributes).await;
    let browser = &visitor.browser;
    browser.until("root.querySelector('.prompt-card .ask')").await;
    assert_eq!(browser.ask("root.querySelector('.prompt-card .ask').textContent").await, "May we help you choose?");
    let fetched = browser.ask("performance.getEntriesByType('resource').map(one => one.name).join(' ')").await;
    assert!(!fetched.as_str().unwrap().contains(".wasm"), "{fetched}");
    assert_eq!(browser.ask("localStorage.length").await, 0);

    visitor.find(".prompt-card .ask").await.click().await.unwrap();
    browser.until("root.activeElement?.matches('textarea')").await;
    browser.until("root.querySelector('.bubble')?.textContent === 'May we help you choose?'").await;
    // It is a row of the thread, and does not cover the composer.
    let layout = "(({ style, box, field }) => [style.position, box.bottom <= field.top, \
        root.elementFromPoint((field.left + field.right) / 2, (field.top + field.bottom) / 2).localName])(\
        ((row, field) => ({ style: getComputedStyle(row), box: row.getBoundingClientRect(), field: field.getBoundingClientRect() }))(\
        root.querySelector('.bubble').parentElement, root.querySelector('.composer textarea')))";
    assert_eq!(browser.ask(layout).await, json!(["static", true, "textarea"]));
    screenshot(&visitor, "prompt-answered").await;
    visitor.say("Yes, please").await;
    visitor.sees(&["May we help you choose?", "Yes, please"]).await;
    let asked = "May we **help** you [choose](https://a.test)?";
    assert_eq!(only_conversation(&sandbox).await["custom_attributes"]["prompt"], asked);
    visitor.reload().await;
    browser.until("(await document.querySelector('natter-chat').diagnostics()).socket_live === 'yes'").await;
    assert_eq!(
        browser.ask("root.querySelector('.prompt-card')").await,
        Value::Null,
        "whoever has written is left alone"
    );
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dismissed_prompt_is_not_shown_again() {
    let sandbox = Sandbox::start(None);
    let prompts = json!([{ "id": "help", "text": "May we help you choose?", "seconds": 0 }]);
    let visitor = Visitor::arrive_with(&sandbox, &format!("prompts='{prompts}'")).await;
    let browser = &visitor.browser;
    browser.until("root.querySelector('.prompt-card .no')").await;
    visitor.find(".prompt-card .no").await.click().await.unwrap();
    browser.until("!root.querySelector('.prompt-card')").await;
    browser.page.refresh().await.unwrap();
    browser.until("root.querySelector('.launcher')").await;
    let due = "import('/parts/prompts.js').then(() => new Promise(done => setTimeout(done, 0)))";
    browser.ask(due).await;
    assert_eq!(browser.ask("root.querySelector('.prompt-card')").await, Value::Null);
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn prompts_are_eligible_by_url_hour_and_day() {
    let sandbox = Sandbox::start(None);
    let visitor = Visitor::arrive(&sandbox).await;
    let asks = [
        ("{ url: '*/bikes*' }", true),
        ("{ url: '*/bikes?' }", false),
        ("{ url: 'https://shop.example.test/bikes/saale' }", true),
        ("{ url: '*.example.test/*saale' }", true),
        ("{ hours: [9, 17] }", true),
        ("{ hours: [17, 9] }", false),
        ("{ hours: [17, 13] }", true),
        ("{ days: [6] }", true),
        ("{ days: [0, 1, 2, 3, 4, 5] }", false),
        ("{}", true),
    ];
    for (prompt, expected) in asks {
        let fits = format!(
            "import('/parts/prompts.js').then(({{ isEligible }}) => \
             isEligible({prompt}, 'https://shop.example.test/bikes/saale', new Date(2026, 10, 21, 12, 30)))"
        );
        assert_eq!(visitor.browser.ask(&fits).await, expected, "{prompt}");
    }
    visitor.browser.quit().await;
}
