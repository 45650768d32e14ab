//! Messages with more than plain text: forms, choices, cards and surveys that the visitor answers; Markdown; links that
//! pose as others.

use serde_json::{Value, json};
use thirtyfour::prelude::*;

use crate::screenshots::screenshot;
use crate::support::Sandbox;
use crate::visitor::Visitor;

/// Sends an interactive message as an agent; its id.
async fn ask(sandbox: &Sandbox, conversation: i64, kind: &str, content: &str, items: Value) -> i64 {
    let attributes = if items.is_null() { json!({}) } else { json!({ "items": items }) };
    let body = json!({ "content": content, "content_type": kind, "content_attributes": attributes });
    let path = format!("/conversations/{conversation}/messages");
    sandbox.as_agent("POST", &path, &body).await.ok()["id"].as_i64().unwrap()
}

/// Waits until the submitted values of a message at the server satisfy a condition.
async fn answered(sandbox: &Sandbox, conversation: i64, message: i64, is_so: impl Fn(&Value) -> bool) {
    for _ in 0..200 {
        let all = sandbox.messages(conversation).await;
        let asked = all.iter().find(|other| other["id"] == message).unwrap();
        if is_so(&asked["content_attributes"]["submitted_values"]) {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("no such answer: {:?}", sandbox.messages(conversation).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn interactive_messages_are_answered_in_the_thread() {
    let sandbox = Sandbox::start(None);
    let visitor = Visitor::arrive(&sandbox).await;
    visitor.open().await;
    visitor.say("Hello").await;
    visitor.sees(&["Hello"]).await;
    let conversation = visitor.session().await["conversation"].as_i64().unwrap();

    let items = json!([{ "title": "Sales", "value": "sales" }, { "title": "Workshop", "value": "workshop" }]);
    let select = ask(&sandbox, conversation, "input_select", "Who should answer you?", items).await;
    visitor.browser.until("root.querySelectorAll('.choices .chip').length === 2").await;
    screenshot(&visitor, "asked-choice").await;
    visitor.find(".choices .chip:last-child").await.click().await.unwrap();
    visitor.browser.until("root.querySelector('.chip[aria-pressed=true]')?.textContent === 'Workshop'").await;
    answered(&sandbox, conversation, select, |given| given[0]["value"] == "workshop").await;

    let fields = json!([
        { "name": "email", "label": "E-mail", "type": "email", "required": "required", "placeholder": "you@example.org" },
        { "name": "height", "label": "Your height", "type": "text", "pattern": "[0-9]{3}", "pattern_error": "In cm" },
        { "name": "notes", "label": "Anything else", "type": "text_area" },
        { "name": "frame", "label": "Frame", "type": "select", "default": "saale",
          "options": [{ "label": "Holm", "value": "holm" }, { "label": "Saale", "value": "saale" }] },
    ]);
    let form = ask(&sandbox, conversation, "form", "For the test ride:", fields).await;
    visitor.browser.until("root.querySelectorAll('.form .entry').length === 4").await;
    screenshot(&visitor, "asked-form").await;
    visitor.find(".form .chip").await.click().await.unwrap();
    visitor.find(".form [name=-email]").await.send_keys("ida@example.org").await.unwrap();
    visitor.find(".form [name=-height]").await.send_keys("tall").await.unwrap();
    visitor.find(".form .chip").await.click().await.unwrap();
    assert_eq!(
        visitor.browser.ask("root.querySelector('.form [name=-height]').validity.patternMismatch").await,
        json!(true)
    );
    visitor.find(".form [name=-height]").await.clear().await.unwrap();
    visitor.find(".form [name=-height]").await.send_keys("184" + Key::Enter).await.unwrap();
    visitor.browser.until("root.querySelector('.filled')?.textContent.includes('Saale')").await;
    answered(&sandbox, conversation, form, |given| {
        given[0]["value"] == "ida@example.org" && given[1]["value"] == "184" && given[3]["value"] == "saale"
    })
    .await;

    let cards = json!([
        { "title": "Holm", "description": "Upright, quiet, carries a week's groceries.", "media_url": "",
          "actions": [{ "type": "postback", "text": "Try it", "payload": "TRY_HOLM" }] },
        { "title": "Saale", "description": "Gravel and rain, with room for wide tyres.",
          "actions": [{ "type": "link", "text": "See it", "uri": "https://example.org/saale" },
                      { "type": "postback", "text": "Try this", "payload": "TRY_SAALE" }] },
    ]);
    let cards = ask(&sandbox, conversation, "cards", "Two that would suit you:", cards).await;
    visitor.browser.until("root.querySelectorAll('.card').length === 2").await;
    visitor.find(".card:first-child .chip").await.click().await.unwrap();
    answered(&sandbox, conversation, cards, |given| given[0]["value"] == "TRY_HOLM").await;
    screenshot(&visitor, "asked-cards").await;

    let articles = json!([{ "title": "Sizing", "description": "How we measure you", "link": "https://example.org/s" }]);
    ask(&sandbox, conversation, "article", "Meanwhile:", articles).await;
    visitor.browser.until("root.querySelector('a.card-title')?.href === 'https://example.org/s'").await;

    let survey = ask(&sandbox, conversation, "input_csat", "Rate us, https://example.org/survey", Value::Null).await;
    visitor.browser.until("root.querySelectorAll('.face input').length === 5").await;
    screenshot(&visitor, "asked-survey").await;
    // By the arrow keys, as for radio buttons.
    visitor.browser.ask("root.querySelector('.face input').focus()").await;
    visitor.find(".face input").await.send_keys(Key::Right + Key::Right + Key::Right).await.unwrap();
    visitor.browser.until("root.querySelector('[name=feedback_message]')").await;
    answered(&sandbox, conversation, survey, |given| given["csat_survey_response"]["rating"] == 4).await;
    visitor.find("[name=feedback_message]").await.send_keys("Quick and kind").await.unwrap();
    visitor.find(".form .chip").await.click().await.unwrap();
    visitor.browser.until("root.querySelector('.thanks')").await;
    answered(&sandbox, conversation, survey, |given| {
        given["csat_survey_response"] == json!({ "rating": 4, "feedback_message": "Quick and kind" })
    })
    .await;
    screenshot(&visitor, "asked-answered").await;

    visitor.reload().await;
    visitor.find(".launcher").await.click().await.unwrap();
    visitor.browser.until("root.querySelector('.thanks') && root.querySelector('.filled')").await;
    assert_eq!(
        visitor.browser.ask("[...root.querySelectorAll('.chip[aria-pressed=true]')].map(c => c.textContent)").await,
        json!(["Workshop", "Try it"])
    );
    for (scheme, width) in [("dark", 360), ("light", 320)] {
        visitor.browser.prefer(scheme).await;
        visitor.browser.resize(width, 740).await;
        screenshot(&visitor, &format!("asked-{scheme}-{width}")).await;
    }
    visitor.browser.quit().await;
}

/// The next key must have no unexpected effect: with the focus on a survey's radio button, a space would be a vote.
#[tokio::test(flavor = "multi_thread")]
async fn opening_the_panel_focuses_the_composer_and_no_field_of_a_form() {
    let sandbox = Sandbox::start(None);
    let visitor = Visitor::arrive(&sandbox).await;
    let browser = &visitor.browser;
    visitor.open().await;
    visitor.say("Good morning").await;
    visitor.sees(&["Good morning"]).await;
    let conversation = visitor.session().await["conversation"].as_i64().unwrap();
    let fields = json!([{ "name": "height", "label": "Your height", "type": "text" }]);
    ask(&sandbox, conversation, "form", "For the test ride:", fields).await;
    browser.until("root.querySelector('.form [name=-height]')").await;
    let survey = ask(&sandbox, conversation, "input_csat", "Rate us, https://example.org/survey", Value::Null).await;
    browser.until("root.querySelectorAll('.face input').length === 5").await;
    visitor.find(".face:nth-child(4)").await.click().await.unwrap();
    let is_four = |given: &Value| given["csat_survey_response"]["rating"] == 4;
    answered(&sandbox, conversation, survey, is_four).await;
    // The thread has an answered survey and an unanswered form.
    visitor.reload().await;
    browser.until("(await document.querySelector('natter-chat').diagnostics()).socket_live === 'yes'").await;
    visitor.find(".launcher").await.click().await.unwrap();
    browser.until("root.querySelector('.face input:checked') && root.querySelector('.form [name=-height]')").await;
    browser.types("Hello to you" + Key::Enter).await;
    browser.until("root.activeElement?.matches('.composer textarea')").await;
    browser.until("[...root.querySelectorAll('.own .bubble')].at(-1)?.textContent === 'Hello to you'").await;
    answered(&sandbox, conversation, survey, is_four).await;
    // A preview over the launcher opens the chat with the focus in the composer, too.
    browser.ask("natter.close()").await;
    sandbox.agent_replies(conversation, "Anything else?").await;
    browser.until("root.querySelector('.preview')").await;
    visitor.find(".preview").await.click().await.unwrap();
    browser.types("That is all" + Key::Enter).await;
    browser.until("[...root.querySelectorAll('.own .bubble')].at(-1)?.textContent === 'That is all'").await;
    answered(&sandbox, conversation, survey, is_four).await;
    let filled = browser.ask("root.querySelector('.form [name=-height]').value").await;
    assert_eq!(filled, json!(""), "what was typed went into no form");
    browser.quit().await;
}

/// Wide tables scroll within their bubble, by touch and keyboard, and a visitor's own text is rendered as Markdown.
#[tokio::test(flavor = "multi_thread")]
async fn markdown_tables_scroll_and_the_visitors_text_is_markdown_too() {
    let sandbox = Sandbox::start(None);
    let visitor = Visitor::arrive(&sandbox).await;
    let browser = &visitor.browser;
    visitor.open().await;
    let own = "**Which** of `these`? See www.a.com/x_ and [mine](https://a.test/mine)";
    visitor.say(own).await;
    visitor.sees(&["Which of these? See www.a.com/x_ and mine"]).await;
    let own = "JSON.stringify([...root.querySelectorAll('.own .bubble :is(strong, code, a)')].map((it) => it.href ?? it.localName))";
    let expected = json!(["strong", "code", "http://www.a.com/x_", "https://a.test/mine"]).to_string();
    assert_eq!(browser.ask(own).await, json!(expected));
    let conversation = visitor.session().await["conversation"].as_i64().unwrap();
    let table = "These we have in your size:\n\n| Bicycle | Frame | Price | In stock | Weight | Delivery |\n|:--|:-:|--:|---|---|---|\n\
        | **Holm** | 54 | 1,290 € | yes | 12.4 kg | within three working days, or on Saturday |\n\
        | [Saale](https://a.test/saale) | 56 | 2,150 € | two weeks | 10.9 kg | https://a.test/a-very-long-address/that-goes-on/and-on |";
    sandbox.agent_replies(conversation, table).await;
    browser.until("root.querySelectorAll('td').length === 12").await;
    for (scheme, width) in [("light", 1100), ("dark", 360)] {
        browser.prefer(scheme).await;
        browser.resize(width, 740).await;
        let layout = "(({ scroller, bubble, thread }) => [scroller.scrollWidth > scroller.clientWidth + 40, \
            thread.scrollWidth <= thread.clientWidth, bubble.right <= thread.getBoundingClientRect().right, \
            [...root.querySelectorAll('td')].every((cell) => cell.offsetWidth > 30)])({ thread: root.querySelector('.thread'), \
            scroller: root.querySelector('table').parentElement, \
            bubble: root.querySelector('table').closest('.bubble').getBoundingClientRect() })";
        assert_eq!(browser.ask(layout).await, json!([true, true, true, true]), "{scheme} {width}");
        screenshot(&visitor, &format!("table-{scheme}-{width}")).await;
    }
    browser.ask("root.querySelector('table').parentElement.focus()").await;
    browser.types(Key::Right + Key::Right).await;
    browser.until("root.querySelector('table').parentElement.scrollLeft > 0").await;
    browser.quit().await;
}

/// Spoofed links, with the host that the browser's URL parser finds.
#[tokio::test(flavor = "multi_thread")]
async fn spoofed_links_and_names_show_their_real_target() {
    let sandbox = Sandbox::start(None);
    let visitor = Visitor::arrive(&sandbox).await;
    visitor.open().await;
    visitor.say("https://bank.com@evil.test/").await;
    visitor.sees(&["https://bank.com@evil.test/ (evil.test)"]).await;
    let conversation = visitor.session().await["conversation"].as_i64().unwrap();
    for (said, shown) in [
        ("[https://bank.com](https://evil.test/)", "https://bank.com (evil.test)"),
        ("Log in at [bank.com](https://EVIL.test:8080/)", "Log in at bank.com (evil.test)"),
        ("https://аррӏе.com/", "https://аррӏе.com/ (xn--80ak6aa92e.com)"),
        ("[here](http://2130706433/)", "here (127.0.0.1)"),
        ("[\u{202e}moc.knab](https://evil.test)", "\u{202e}moc.knab (evil.test)"),
        ("[support@bank.com](mailto:x@evil.test)", "support@bank.com (x@evil.test)"),
        ("https://docs.a.test/x", "https://docs.a.test/x"),
    ] {
        sandbox.agent_replies(conversation, said).await;
        let is_last = format!("[...root.querySelectorAll('.bubble')].at(-1).textContent === {}", json!(shown));
        visitor.browser.until(&is_last).await;
    }
    // For screen readers the host is a part of the link's name. It is isolated, so that text before it can't change its direction.
    let hints = "[...root.querySelectorAll('a > .destination')].map((hint) => [hint.dir, hint.ariaHidden])";
    let hints = visitor.browser.ask(hints).await;
    assert_eq!(hints.as_array().unwrap().len(), 7);
    assert!(hints.as_array().unwrap().iter().all(|hint| *hint == json!(["ltr", null])), "{hints}");
    let items = json!([{ "title": "bank.com", "description": "All about it", "link": "https://evil.test" }]);
    ask(&sandbox, conversation, "article", "Read this", items).await;
    visitor.browser.until("root.querySelector('.card-title')?.textContent === 'bank.com (evil.test)'").await;

    let give = "(() => { const data = new DataTransfer(); data.items.add(new File(['abc'], 'photo\u{202e}gpj.exe')); \
        root.querySelector('textarea').dispatchEvent(new ClipboardEvent('paste', { bubbles: true, clipboardData: data })); })()";
    visitor.browser.ask(give).await;
    visitor.browser.until("root.querySelector('.picked .file-name')?.textContent === 'photogpj.exe'").await;
    visitor.say("A picture").await;
    visitor.browser.until("root.querySelector('a.file .file-name')?.textContent.endsWith('gpj.exe')").await;
    let names = "[...root.querySelectorAll('.file-name')].map((name) => name.textContent).join()";
    let names = visitor.browser.ask(names).await;
    assert!(!names.as_str().unwrap().contains('\u{202e}'), "{names}");
    screenshot(&visitor, "posing").await;
    visitor.browser.quit().await;
}
