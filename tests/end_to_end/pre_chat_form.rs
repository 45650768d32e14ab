//! The pre-chat form, and the list of country codes in its phone field.

use serde_json::{Value, json};
use thirtyfour::prelude::*;

use crate::support::Sandbox;
use crate::visitor::{Visitor, only_conversation};

/// The contact of a conversation, as agents see it.
async fn contact_of(sandbox: &Sandbox, conversation: &Value) -> Value {
    let id = conversation["meta"]["sender"]["id"].as_i64().unwrap();
    let contact = sandbox.as_agent("GET", &format!("/contacts/{id}"), &Value::Null).await.ok();
    contact["payload"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pre_chat_form_is_submitted_by_keyboard_and_sets_contact_attributes() {
    let sandbox = Sandbox::start(None);
    let form = json!({
        "fields": [
            { "name": "full_name", "type": "name", "required": true },
            { "name": "mail", "type": "email", "required": true },
            { "name": "bikes", "type": "number", "label": "How many bicycles?" },
        ],
        "consent": { "text": "I have read [how you work](https://shop.example.test/privacy)", "version": "4" },
    });
    let attributes = format!("page-context form='{form}'").replace('%', "%25").replace('&', "%26").replace('#', "%23");
    let visitor = Visitor::arrive_with(&sandbox, &attributes).await;
    let browser = &visitor.browser;
    visitor.find(".launcher").await.click().await.unwrap();
    browser.until("root.activeElement?.matches('input[autocomplete=name]')").await;
    browser.types("Ana").await;
    browser.types(Key::Tab + "not an address" + Key::Enter).await;
    browser.until("root.querySelector('.entry:user-invalid')").await;
    assert_eq!(browser.ask("root.querySelector('form.composer').hidden").await, true);
    browser.ask("void root.activeElement.select()").await;
    browser.types("ana@example.test" + Key::Tab).await;
    browser.types("2" + Key::Tab + " ").await;
    browser.types(Key::Enter).await;
    browser.until("root.activeElement?.matches('textarea')").await;
    visitor.say("Hello").await;
    visitor.sees(&["Hello"]).await;

    let conversation = only_conversation(&sandbox).await;
    let contact = contact_of(&sandbox, &conversation).await;
    let told = &contact["custom_attributes"];
    assert_eq!(
        (&contact["name"], &told["mail"], &told["bikes"]),
        (&json!("Ana"), &json!("ana@example.test"), &json!(2))
    );
    assert_eq!(told["consent_version"], "4");
    assert_eq!(contact["email"], Value::Null, "nobody has shown that this address is theirs");
    let page = conversation["custom_attributes"]["page_url"].as_str().unwrap();
    assert!(page.ends_with("/page"), "without its query: {page}");

    visitor.reload().await;
    visitor.open().await;
    visitor.sees(&["Hello"]).await;
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_field_has_a_list_of_country_codes() {
    let sandbox = Sandbox::start(None);
    let form = json!({ "fields": [{ "name": "phone", "type": "phone", "required": true }] });
    let visitor = Visitor::arrive_with(&sandbox, &format!("form='{form}'")).await;
    let browser = &visitor.browser;
    visitor.find(".launcher").await.click().await.unwrap();
    browser.until("root.querySelector('.country')").await;
    let list = "root.querySelector('.country')";
    assert!(browser.ask(&format!("{list}.options.length")).await.as_u64().unwrap() > 150);
    assert_eq!(browser.ask(&format!("{list}.getAttribute('aria-label')")).await, "Country code");
    let choose = format!("(({list}).value = 'DE', {list}.dispatchEvent(new Event('change')), null)");
    browser.ask(&choose).await;
    let number = "root.querySelector('[type=tel]').value";
    assert_eq!(browser.ask(number).await, "+49 ");
    browser.types("341 1234").await;
    assert_eq!(browser.ask(number).await, "+49 341 1234");
    browser.ask(&choose.replace("'DE'", "'FR'")).await;
    assert_eq!(browser.ask(number).await, "+33 341 1234", "the number stays");
    visitor.find(".intro [type=submit]").await.click().await.unwrap();
    browser.until("root.activeElement?.matches('textarea')").await;
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_optional_phone_field_that_is_tabbed_through_stays_empty() {
    let sandbox = Sandbox::start(None);
    let form = json!({ "fields": [
        { "name": "full_name", "type": "name", "required": true },
        { "name": "phone", "type": "phone" },
        { "name": "city", "type": "text" },
    ] });
    let visitor = Visitor::arrive_with(&sandbox, &format!("page-context form='{form}'")).await;
    let browser = &visitor.browser;
    visitor.find(".launcher").await.click().await.unwrap();
    browser.until("root.activeElement?.matches('input[autocomplete=name]')").await;
    browser.types("Ana" + Key::Tab).await;
    let number = "root.querySelector('[type=tel]').value";
    browser.until(&format!("{number} === '+1 '")).await;
    browser.types(Key::Tab + "Leipzig").await;
    assert_eq!(browser.ask(number).await, "");
    // Back in the field the code is there again, and Enter submits the form without it.
    browser.types_shift_tab().await;
    browser.until(&format!("{number} === '+1 '")).await;
    browser.types(Key::Enter + "").await;
    browser.until("root.activeElement?.matches('textarea')").await;
    visitor.say("Hello").await;
    visitor.sees(&["Hello"]).await;
    let contact = contact_of(&sandbox, &only_conversation(&sandbox).await).await;
    let attributes = &contact["custom_attributes"];
    assert_eq!((&attributes["city"], &attributes["phone"]), (&json!("Leipzig"), &Value::Null));
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_label_of_a_field_with_an_error_is_visible() {
    let sandbox = Sandbox::start(None);
    let field = |nth: u32| json!({ "name": format!("field_{nth}"), "type": "text", "required": true, "label": format!("Question {nth}") });
    let form = json!({ "fields": (1..=12).map(field).collect::<Vec<_>>() });
    let visitor = Visitor::arrive_with(&sandbox, &format!("form='{form}'")).await;
    let browser = &visitor.browser;
    visitor.find(".launcher").await.click().await.unwrap();
    browser.until("root.activeElement?.matches('.intro .entry')").await;
    browser.ask("void [...root.querySelectorAll('.entry')].forEach((it, nth) => nth === 4 || (it.value = 'x'))").await;
    browser.ask("void root.querySelector('.intro [type=submit]').focus()").await;
    let label = "root.activeElement.closest('label').getBoundingClientRect().top >= \
        root.querySelector('.thread').getBoundingClientRect().top";
    browser.types(Key::Enter + "").await;
    browser.until("root.activeElement?.name === '-field_5'").await;
    browser.until(label).await;
    browser.quit().await;
}
