//! What is asked before the first message, and what agents are told of whoever begins.

use natter_core::chatwoot::Method;
use natter_core::content::{Field, FieldKind};
use natter_core::event::{ConversationsEvent, PageEvent, VisitorEvent};
use natter_core::host::calls::HostCall;
use natter_core::host::settings::Options;
use natter_core::model::ConversationId;
use natter_core::visitor::pre_chat_form::{Consent, PreChatForm};
use natter_core::{Event, Outcome, PageContext};
use serde_json::{Value, json};

use crate::client_harness::{Bench, CONVERSATION, contact, conversation, json_body, visitors};
use crate::multi_tab_harness::Household;

fn form() -> PreChatForm {
    let field = |name: &str, kind, is_required| Field { name: name.to_owned(), kind, is_required, ..Field::default() };
    PreChatForm {
        text: "Who is there?".to_owned(),
        fields: vec![field("full_name", FieldKind::Name, true), field("mail", FieldKind::Email, true)],
        consent: Some(Consent { text: "I agree".to_owned(), version: "3".to_owned() }),
    }
}

fn with_a_form() -> Options {
    Options { form: Some(form()), ..Options::default() }
}

fn asking() -> Bench {
    Bench::first_on_a_site(with_a_form())
}

fn filled() -> Event {
    let values = [("full_name", "Ana"), ("mail", "ana@example.test"), ("consent", "on")];
    Event::Visitor(VisitorEvent::PreChatFormSubmitted {
        values: values.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
    })
}

fn is_form_shown(bench: &Bench) -> bool {
    let view = bench.widget.view();
    assert_eq!(view.thread.form.is_some(), view.composer.is_covered, "either the form or the writing field");
    view.thread.form.is_some()
}

/// What the contact is told to be, once the server knows it.
fn told(bench: &mut Bench) -> Value {
    let own = format!("/contacts/{}", contact()["source_id"].as_str().unwrap());
    json_body(&bench.answer(&own, 200, &json!({ "id": 25 })))
}

#[test]
fn pre_chat_form_precedes_the_first_message_and_its_answers_become_attributes() {
    let mut bench = asking();
    assert!(is_form_shown(&bench));
    bench.submit("too soon");
    assert!(
        bench.calls.is_empty() && bench.widget.view().composer.injected_text.1.contains("too soon"),
        "kept, not sent"
    );
    bench.event(Event::Visitor(VisitorEvent::PreChatFormSubmitted {
        values: vec![("full_name".to_owned(), "Ana".to_owned())],
    }));
    assert!(is_form_shown(&bench), "that was not all of it");
    bench.event(filled());
    assert!(!is_form_shown(&bench));
    assert!(bench.calls.is_empty(), "nothing is told before something is said");
    bench.submit("hello");
    bench.answer("/contacts", 200, &contact());
    assert!(bench.asked(Method::Post, "/conversations").is_none(), "whoever is called wants to know by whom");
    let told = told(&mut bench);
    let at = told["custom_attributes"]["consent_at"].as_u64().unwrap();
    let expected = json!({
        "name": "Ana",
        "custom_attributes": { "mail": "ana@example.test", "consent_version": "3", "consent_at": at },
    });
    assert_eq!(told, expected, "an address is never told as the contact's own");
    let begun = bench.answer("/conversations", 200, &conversation(CONVERSATION));
    assert_eq!(json_body(&begun), json!({}));
}

#[test]
fn pre_chat_form_is_not_shown_again_after_a_reload() {
    let mut bench = asking();
    bench.event(filled());
    let reloaded = bench.reload(11);
    assert!(!is_form_shown(&reloaded));
}

#[test]
fn pre_chat_form_failure_does_not_block_the_conversation() {
    for outcome in [Outcome::Unknown, Outcome::answered(422, r#"{"message":"no"}"#.to_owned(), None)] {
        let mut bench = asking();
        bench.event(filled());
        bench.submit("hello");
        bench.answer("/contacts", 200, &contact());
        let own = format!("/contacts/{}", contact()["source_id"].as_str().unwrap());
        bench.end(&own, outcome.clone());
        assert!(bench.asked(Method::Post, "/conversations").is_some(), "{outcome:?}");
        bench.wait(120_000);
        let is_told_again = bench.asked(Method::Patch, &own).is_some();
        assert_eq!(is_told_again, outcome == Outcome::Unknown, "what was refused is refused again");
    }
}

#[test]
fn pre_chat_form_answers_are_sent_after_the_leader_confirms_its_lock() {
    let mut house = Household::first_on_a_site(with_a_form());
    let (leader, _) = (house.open(), house.open());
    house.on(leader, |tab| {
        tab.event(filled());
        tab.submit("hello");
    });
    house.wait(2_000);
    house.on(leader, |tab| tab.answer("/contacts", 200, &contact()));
    assert_eq!(house.on(leader, told)["name"], "Ana");
    house.on(leader, |tab| tab.answer("/conversations", 200, &conversation(CONVERSATION)));
}

#[test]
fn page_context_is_sent_with_a_conversation_only_where_the_site_enables_it() {
    let page = || PageContext {
        url: "https://shop.example.test/bikes".to_owned(),
        referrer: String::new(),
        language: "de".to_owned(),
    };
    let begun_on = |options| {
        let mut bench = Bench::first_on_a_site(options);
        bench.event(Event::Page(PageEvent::Navigated(page())));
        bench.event(Event::Host(HostCall::ProactiveMessageShown { text: "May we help?".to_owned() }));
        bench.submit("hello");
        bench.answer("/contacts", 200, &contact());
        json_body(&bench.answer("/conversations", 200, &conversation(CONVERSATION)))
    };
    let told = json!({ "page_url": "https://shop.example.test/bikes", "language": "de", "prompt": "May we help?" });
    assert_eq!(
        begun_on(Options { sends_page_context: true, ..Options::default() }),
        json!({ "custom_attributes": told })
    );
    assert_eq!(begun_on(Options::default()), json!({ "custom_attributes": { "prompt": "May we help?" } }));
}

#[test]
fn proactive_message_belongs_to_the_conversation_it_started() {
    let mut bench = Bench::new();
    bench.event(Event::Host(HostCall::ProactiveMessageShown { text: "May we help?".to_owned() }));
    assert_eq!(bench.widget.view().thread.prompt, "May we help?");
    bench.submit("yes");
    bench.answer("/contacts", 200, &contact());
    bench.answer("/conversations", 200, &conversation(CONVERSATION));
    bench.answer("/messages", 200, &visitors(1, "yes"));
    assert_eq!(bench.widget.view().thread.prompt, "May we help?");
    bench.event(Event::Conversations(ConversationsEvent::Opened { conversation: None }));
    assert_eq!(bench.widget.view().thread.prompt, "", "another one was not begun by it");
    bench.submit("something else");
    assert_eq!(json_body(&bench.answer("/conversations", 200, &conversation(ConversationId(9).0))), json!({}));
}
