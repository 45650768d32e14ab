//! Interactive messages: choices, forms and CSAT surveys, and their submission until the server has accepted it.

use natter_core::chatwoot::Method;
use natter_core::content::{Answer, Choice};
use natter_core::event::ThreadEvent;
use natter_core::model::MessageId;
use natter_core::visitor::form_submissions::SubmissionStatus;
use natter_core::{Event, Outcome};
use serde_json::{Value, json};

use crate::client_harness::{ClientHarness, by_agent, cable_event, json_body};

fn interactive(id: u64, content_type: &str, attributes: Value) -> Value {
    let mut message = by_agent(id, "Which department?");
    message["content_type"] = json!(content_type);
    message["content_attributes"] = attributes;
    message
}

fn select(submitted: Option<Value>) -> Value {
    let mut attributes =
        json!({ "items": [{ "title": "Sales", "value": "sales" }, { "title": "Support", "value": "support" }] });
    if let Some(submitted) = submitted {
        attributes["submitted_values"] = submitted;
    }
    interactive(9, "input_select", attributes)
}

fn choose(title: &str, value: &str) -> Event {
    Event::Thread(ThreadEvent::ChoiceSelected {
        message: MessageId(9),
        choice: Choice { title: title.to_owned(), value: value.to_owned() },
    })
}

/// The submitted values that the last row shows, and the state of their submission.
fn shown(client: &ClientHarness) -> (Vec<&str>, &SubmissionStatus) {
    let row = client.rows().last().unwrap();
    (row.answers.iter().map(|answer| answer.value.as_str()).collect(), &row.submission)
}

fn stored_answers(client: &ClientHarness) -> usize {
    client.storage.keys().filter(|key| key.starts_with("answer/")).count()
}

#[test]
fn choice_is_shown_at_once_stored_and_submitted() {
    let mut client = ClientHarness::returning(&[select(None)]);
    client.dispatch(choose("Sales", "sales"));
    assert_eq!(shown(&client), (vec!["sales"], &SubmissionStatus::Sending));
    assert_eq!(stored_answers(&client), 1);
    let (_, request) = client.pending(Method::Patch, "/conversations/6/messages/9").unwrap();
    assert_eq!(json_body(request), json!({ "submitted_values": [{ "title": "Sales", "value": "sales" }] }));
    client.answer("/messages/9", 200, &select(Some(json!([{ "title": "Sales", "value": "sales" }]))));
    assert_eq!((shown(&client), stored_answers(&client)), ((vec!["sales"], &SubmissionStatus::Accepted), 0));
}

#[test]
fn choice_made_on_another_device_is_shown() {
    let mut client = ClientHarness::returning(&[select(None)]);
    client.receive(&cable_event("message.updated", select(Some(json!([{ "title": "Support", "value": "support" }])))));
    assert_eq!(shown(&client), (vec!["support"], &SubmissionStatus::Accepted));
}

#[test]
fn form_submission_is_retried_until_accepted_even_after_a_reload() {
    let mut client = ClientHarness::returning(&[select(None)]);
    client.dispatch(choose("Sales", "sales"));
    client.end("/messages/9", Outcome::Unknown);
    client.wait(2_000);
    assert!(client.pending(Method::Patch, "/messages/9").is_some(), "the submission is retried");
    let mut client = client.reload(11);
    client.answer("/messages", 200, &json!([select(None)]));
    assert_eq!(shown(&client), (vec!["sales"], &SubmissionStatus::Sending));
    client.answer("/messages/9", 200, &select(Some(json!([{ "title": "Sales", "value": "sales" }]))));
    assert_eq!((shown(&client), stored_answers(&client)), ((vec!["sales"], &SubmissionStatus::Accepted), 0));
}

#[test]
fn form_submission_keeps_the_latest_of_two_choices() {
    let mut client = ClientHarness::returning(&[select(None)]);
    client.dispatch(choose("Sales", "sales"));
    client.dispatch(choose("Support", "support"));
    client.answer("/messages/9", 200, &select(Some(json!([{ "title": "Sales", "value": "sales" }]))));
    assert_eq!(shown(&client), (vec!["support"], &SubmissionStatus::Sending), "the second choice is not yet accepted");
    let request = client.answer("/messages/9", 200, &select(Some(json!([{ "title": "Support", "value": "support" }]))));
    assert_eq!(json_body(&request)["submitted_values"][0]["value"], "support");
    assert_eq!((shown(&client), stored_answers(&client)), ((vec!["support"], &SubmissionStatus::Accepted), 0));
}

#[test]
fn form_submission_rejected_by_the_server_shows_its_reason_and_is_not_retried() {
    let mut client = ClientHarness::returning(&[select(None)]);
    client.dispatch(choose("Sales", "sales"));
    client.answer("/messages/9", 422, &json!({ "message": "Not now", "attributes": [] }));
    assert_eq!(shown(&client), (vec!["sales"], &SubmissionStatus::Rejected(Some("Not now".to_owned()))));
    client.wait(120_000);
    assert!(client.pending(Method::Patch, "/messages/9").is_none());
    assert_eq!(stored_answers(&client), 0);
}

#[test]
fn form_submission_holds_field_names_and_labels() {
    let fields = json!({ "items": [
        { "name": "email", "type": "email", "label": "E-mail", "required": "required" },
        { "name": "pick", "type": "select", "label": "Pick", "options": [{ "label": "A", "value": "a" }] },
    ] });
    let mut client = ClientHarness::returning(&[interactive(9, "form", fields)]);
    let filled = [("email", "a@b.test"), ("pick", "a"), ("sneaked-in", "x")];
    let filled = filled.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    client.dispatch(Event::Thread(ThreadEvent::FormSubmitted { message: MessageId(9), fields: filled }));
    let (_, request) = client.pending(Method::Patch, "/messages/9").unwrap();
    assert_eq!(
        json_body(request),
        json!({ "submitted_values": [
            { "name": "email", "title": "E-mail", "value": "a@b.test" },
            { "name": "pick", "title": "Pick", "value": "a" },
        ] })
    );
}

#[test]
fn csat_survey_submission_keeps_rating_and_feedback() {
    let mut client = ClientHarness::returning(&[interactive(9, "input_csat", json!({}))]);
    let fill = |name: &str, value: &str| {
        Event::Thread(ThreadEvent::FormSubmitted {
            message: MessageId(9),
            fields: vec![(name.to_owned(), value.to_owned())],
        })
    };
    client.dispatch(fill("feedback_message", "first"));
    assert!(client.pending(Method::Patch, "/messages/9").is_none(), "the server takes no feedback without a rating");
    client.dispatch(fill("rating", "4"));
    let survey = |rating: u64, feedback: &str| json!({ "submitted_values": { "csat_survey_response": { "rating": rating, "feedback_message": feedback } } });
    let (_, request) = client.pending(Method::Patch, "/messages/9").unwrap();
    assert_eq!(json_body(request), survey(4, ""));
    client.answer("/messages/9", 200, &interactive(9, "input_csat", survey(4, "")));
    client.dispatch(fill("feedback_message", "quick and kind"));
    let (_, request) = client.pending(Method::Patch, "/messages/9").unwrap();
    assert_eq!(json_body(request), survey(4, "quick and kind"));
    let row = client.rows().last().unwrap();
    let answer = |name: &str, value: &str| Answer { name: name.into(), title: String::new(), value: value.into() };
    assert_eq!(row.answers, [answer("feedback_message", "quick and kind"), answer("rating", "4")]);
}

#[test]
fn form_submission_to_a_deleted_message_is_dropped() {
    let mut client = ClientHarness::returning(&[select(None)]);
    client.dispatch(choose("Sales", "sales"));
    client.answer("/messages/9", 404, &json!({ "status": 404, "error": "Not Found" }));
    client.wait(60_000);
    assert!(client.pending(Method::Patch, "/messages/9").is_none());
    assert_eq!((shown(&client), stored_answers(&client)), ((vec![], &SubmissionStatus::Accepted), 0));
}

#[test]
fn follower_tab_sends_its_own_form_submissions() {
    let mut storage = crate::client_harness::stored_session();
    storage.insert("answer/x".to_owned(), "{}".to_owned());
    let mut client = ClientHarness::tab(Default::default(), storage, 3, natter_core::time::Mono(1_000), Vec::new());
    client.answer("/messages", 200, &json!([select(None)]));
    client.dispatch(choose("Sales", "sales"));
    assert!(client.pending(Method::Patch, "/messages/9").is_some());
}
