//! The pre-chat form, page context and proactive messages: what they show before the first message, and what agents are
//! told.

use natter_core::chatwoot::Method;
use natter_core::content::{Field, FieldKind};
use natter_core::event::{ConversationsEvent, PageEvent, VisitorEvent};
use natter_core::host::calls::HostCall;
use natter_core::host::settings::Options;
use natter_core::model::ConversationId;
use natter_core::visitor::pre_chat_form::{Consent, PreChatForm};
use natter_core::{Event, Outcome, PageContext};
use serde_json::{Value, json};

use crate::client_harness::{CONVERSATION, ClientHarness, by_visitor, contact, conversation, json_body};
use crate::multi_tab_harness::MultiTabHarness;

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

fn with_form_shown() -> ClientHarness {
    ClientHarness::first_visit(with_a_form())
}

fn submit_form() -> Event {
    let values = [("full_name", "Ana"), ("mail", "ana@example.test"), ("consent", "on")];
    Event::Visitor(VisitorEvent::PreChatFormSubmitted {
        values: values.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
    })
}

fn is_form_shown(client: &ClientHarness) -> bool {
    let view = client.widget.view();
    assert_eq!(view.thread.form.is_some(), view.composer.is_covered, "either the form or the composer");
    view.thread.form.is_some()
}

/// Answers the PATCH that updates the contact; returns its body.
fn contact_update(client: &mut ClientHarness) -> Value {
    let own = format!("/contacts/{}", contact()["source_id"].as_str().unwrap());
    json_body(&client.answer(&own, 200, &json!({ "id": 25 })))
}

#[test]
fn pre_chat_form_precedes_the_first_message_and_its_answers_become_attributes() {
    let mut client = with_form_shown();
    assert!(is_form_shown(&client));
    client.submit("too soon");
    assert!(
        client.requests.is_empty() && client.widget.view().composer.injected_text.1.contains("too soon"),
        "kept in the composer, not sent"
    );
    client.dispatch(Event::Visitor(VisitorEvent::PreChatFormSubmitted {
        values: vec![("full_name".to_owned(), "Ana".to_owned())],
    }));
    assert!(is_form_shown(&client), "a required field is missing");
    client.dispatch(submit_form());
    assert!(!is_form_shown(&client));
    assert!(client.requests.is_empty(), "no request before the first message");
    client.submit("hello");
    client.answer("/contacts", 200, &contact());
    assert!(
        client.pending(Method::Post, "/conversations").is_none(),
        "the contact is updated before the conversation starts"
    );
    let update = contact_update(&mut client);
    let at = update["custom_attributes"]["consent_at"].as_u64().unwrap();
    let expected = json!({
        "name": "Ana",
        "custom_attributes": { "mail": "ana@example.test", "consent_version": "3", "consent_at": at },
    });
    assert_eq!(update, expected, "an e-mail address is an attribute only");
    let request = client.answer("/conversations", 200, &conversation(CONVERSATION));
    assert_eq!(json_body(&request), json!({}));
}

#[test]
fn pre_chat_form_is_not_shown_again_after_a_reload() {
    let mut client = with_form_shown();
    client.dispatch(submit_form());
    let reloaded = client.reload(11);
    assert!(!is_form_shown(&reloaded));
}

#[test]
fn pre_chat_form_failure_does_not_block_the_conversation() {
    for outcome in [Outcome::Unknown, Outcome::answered(422, r#"{"message":"no"}"#.to_owned(), None)] {
        let mut client = with_form_shown();
        client.dispatch(submit_form());
        client.submit("hello");
        client.answer("/contacts", 200, &contact());
        let own = format!("/contacts/{}", contact()["source_id"].as_str().unwrap());
        client.end(&own, outcome.clone());
        assert!(client.pending(Method::Post, "/conversations").is_some(), "{outcome:?}");
        client.wait(120_000);
        let is_retried = client.pending(Method::Patch, &own).is_some();
        assert_eq!(is_retried, outcome == Outcome::Unknown, "a rejected update is not retried");
    }
}

#[test]
fn pre_chat_form_answers_are_sent_after_the_leader_confirms_its_lock() {
    let mut browser = MultiTabHarness::first_visit(with_a_form());
    let (leader, _) = (browser.open(), browser.open());
    browser.on(leader, |tab| {
        tab.dispatch(submit_form());
        tab.submit("hello");
    });
    browser.wait(2_000);
    browser.on(leader, |tab| tab.answer("/contacts", 200, &contact()));
    assert_eq!(browser.on(leader, contact_update)["name"], "Ana");
    browser.on(leader, |tab| tab.answer("/conversations", 200, &conversation(CONVERSATION)));
}

#[test]
fn page_context_is_sent_with_a_conversation_only_where_the_site_enables_it() {
    let page = || PageContext {
        url: "https://shop.example.test/bikes".to_owned(),
        referrer: String::new(),
        language: "de".to_owned(),
    };
    let conversation_body = |options| {
        let mut client = ClientHarness::first_visit(options);
        client.dispatch(Event::Page(PageEvent::Navigated(page())));
        client.dispatch(Event::Host(HostCall::ProactiveMessageShown { text: "May we help?".to_owned() }));
        client.submit("hello");
        client.answer("/contacts", 200, &contact());
        json_body(&client.answer("/conversations", 200, &conversation(CONVERSATION)))
    };
    let attributes =
        json!({ "page_url": "https://shop.example.test/bikes", "language": "de", "prompt": "May we help?" });
    assert_eq!(
        conversation_body(Options { sends_page_context: true, ..Options::default() }),
        json!({ "custom_attributes": attributes })
    );
    assert_eq!(conversation_body(Options::default()), json!({ "custom_attributes": { "prompt": "May we help?" } }));
}

#[test]
fn proactive_message_belongs_to_the_conversation_it_started() {
    let mut client = ClientHarness::new();
    client.dispatch(Event::Host(HostCall::ProactiveMessageShown { text: "May we help?".to_owned() }));
    assert_eq!(client.widget.view().thread.prompt, "May we help?");
    client.submit("yes");
    client.answer("/contacts", 200, &contact());
    client.answer("/conversations", 200, &conversation(CONVERSATION));
    client.answer("/messages", 200, &by_visitor(1, "yes"));
    assert_eq!(client.widget.view().thread.prompt, "May we help?");
    client.dispatch(Event::Conversations(ConversationsEvent::Opened { conversation: None }));
    assert_eq!(client.widget.view().thread.prompt, "", "another conversation does not show it");
    client.submit("something else");
    assert_eq!(json_body(&client.answer("/conversations", 200, &conversation(ConversationId(9).0))), json!({}));
}

#[test]
fn pre_chat_form_takes_a_calling_code_alone_for_no_phone_number() {
    let phone = |is_required| PreChatForm {
        fields: vec![Field { name: "phone".to_owned(), kind: FieldKind::Phone, is_required, ..Field::default() }],
        ..PreChatForm::default()
    };
    let submit = |value: &str| {
        let values = vec![("phone".to_owned(), value.to_owned())];
        Event::Visitor(VisitorEvent::PreChatFormSubmitted { values })
    };
    for code in ["+1", "+49 ", "+1 684 ", "+"] {
        let mut client = ClientHarness::first_visit(Options { form: Some(phone(true)), ..Options::default() });
        client.dispatch(submit(code));
        assert!(is_form_shown(&client), "{code:?} is no phone number");
        client.dispatch(submit(&format!("{code} 30 123456")));
        assert!(!is_form_shown(&client));
    }
    let optional = Field { name: "phone".to_owned(), kind: FieldKind::Phone, ..Field::default() };
    let form = PreChatForm { fields: [form().fields, vec![optional]].concat(), ..PreChatForm::default() };
    let mut client = ClientHarness::first_visit(Options { form: Some(form), ..Options::default() });
    let values = [("full_name", "Ana"), ("mail", "ana@example.test"), ("phone", "+1 ")];
    client.dispatch(Event::Visitor(VisitorEvent::PreChatFormSubmitted {
        values: values.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
    }));
    assert!(!is_form_shown(&client));
    client.submit("hello");
    client.answer("/contacts", 200, &contact());
    assert!(contact_update(&mut client)["custom_attributes"].get("phone").is_none());
}
