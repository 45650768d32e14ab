//! What agents' messages ask, and what becomes of the answers.

use natter_core::chatwoot::Method;
use natter_core::content::{Answer, Choice};
use natter_core::event::ThreadEvent;
use natter_core::model::MessageId;
use natter_core::visitor::form_submissions::SubmissionStatus;
use natter_core::{Event, Outcome};
use serde_json::{Value, json};

use crate::client_harness::{Bench, agents, event, json_body};

fn asking(id: u64, content_type: &str, attributes: Value) -> Value {
    let mut message = agents(id, "Which department?");
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
    asking(9, "input_select", attributes)
}

fn chosen(title: &str, value: &str) -> Event {
    Event::Thread(ThreadEvent::ChoiceSelected {
        message: MessageId(9),
        choice: Choice { title: title.to_owned(), value: value.to_owned() },
    })
}

/// What the row shows as answered, and how that fares.
fn shown(bench: &Bench) -> (Vec<&str>, &SubmissionStatus) {
    let row = bench.rows().last().unwrap();
    (row.answers.iter().map(|answer| answer.value.as_str()).collect(), &row.submission)
}

fn kept(bench: &Bench) -> usize {
    bench.storage.keys().filter(|key| key.starts_with("answer/")).count()
}

#[test]
fn choice_is_shown_at_once_stored_and_submitted() {
    let mut bench = Bench::returning(&[select(None)]);
    bench.event(chosen("Sales", "sales"));
    assert_eq!(shown(&bench), (vec!["sales"], &SubmissionStatus::Sending));
    assert_eq!(kept(&bench), 1);
    let (_, request) = bench.asked(Method::Patch, "/conversations/6/messages/9").unwrap();
    assert_eq!(json_body(request), json!({ "submitted_values": [{ "title": "Sales", "value": "sales" }] }));
    bench.answer("/messages/9", 200, &select(Some(json!([{ "title": "Sales", "value": "sales" }]))));
    assert_eq!((shown(&bench), kept(&bench)), ((vec!["sales"], &SubmissionStatus::Accepted), 0));
}

#[test]
fn choice_made_on_another_device_is_shown() {
    let mut bench = Bench::returning(&[select(None)]);
    bench.frame(&event("message.updated", select(Some(json!([{ "title": "Support", "value": "support" }])))));
    assert_eq!(shown(&bench), (vec!["support"], &SubmissionStatus::Accepted));
}

#[test]
fn form_submission_is_retried_until_accepted_even_after_a_reload() {
    let mut bench = Bench::returning(&[select(None)]);
    bench.event(chosen("Sales", "sales"));
    bench.end("/messages/9", Outcome::Unknown);
    bench.wait(2_000);
    assert!(bench.asked(Method::Patch, "/messages/9").is_some(), "it is tried again by itself");
    let mut bench = bench.reload(11);
    bench.answer("/messages", 200, &json!([select(None)]));
    assert_eq!(shown(&bench), (vec!["sales"], &SubmissionStatus::Sending));
    bench.answer("/messages/9", 200, &select(Some(json!([{ "title": "Sales", "value": "sales" }]))));
    assert_eq!((shown(&bench), kept(&bench)), ((vec!["sales"], &SubmissionStatus::Accepted), 0));
}

#[test]
fn form_submission_keeps_the_latest_of_two_choices() {
    let mut bench = Bench::returning(&[select(None)]);
    bench.event(chosen("Sales", "sales"));
    bench.event(chosen("Support", "support"));
    bench.answer("/messages/9", 200, &select(Some(json!([{ "title": "Sales", "value": "sales" }]))));
    assert_eq!(
        shown(&bench),
        (vec!["support"], &SubmissionStatus::Sending),
        "the first one's success is not the second's"
    );
    let request = bench.answer("/messages/9", 200, &select(Some(json!([{ "title": "Support", "value": "support" }]))));
    assert_eq!(json_body(&request)["submitted_values"][0]["value"], "support");
    assert_eq!((shown(&bench), kept(&bench)), ((vec!["support"], &SubmissionStatus::Accepted), 0));
}

#[test]
fn form_submission_rejected_by_the_server_shows_its_reason_and_is_not_retried() {
    let mut bench = Bench::returning(&[select(None)]);
    bench.event(chosen("Sales", "sales"));
    bench.answer("/messages/9", 422, &json!({ "message": "Not now", "attributes": [] }));
    assert_eq!(shown(&bench), (vec!["sales"], &SubmissionStatus::Rejected(Some("Not now".to_owned()))));
    bench.wait(120_000);
    assert!(bench.asked(Method::Patch, "/messages/9").is_none());
    assert_eq!(kept(&bench), 0);
}

#[test]
fn form_submission_holds_field_names_and_labels() {
    let fields = json!({ "items": [
        { "name": "email", "type": "email", "label": "E-mail", "required": "required" },
        { "name": "pick", "type": "select", "label": "Pick", "options": [{ "label": "A", "value": "a" }] },
    ] });
    let mut bench = Bench::returning(&[asking(9, "form", fields)]);
    let filled = [("email", "a@b.test"), ("pick", "a"), ("sneaked-in", "x")];
    let filled = filled.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    bench.event(Event::Thread(ThreadEvent::FormSubmitted { message: MessageId(9), fields: filled }));
    let (_, request) = bench.asked(Method::Patch, "/messages/9").unwrap();
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
    let mut bench = Bench::returning(&[asking(9, "input_csat", json!({}))]);
    let fill = |name: &str, value: &str| {
        Event::Thread(ThreadEvent::FormSubmitted {
            message: MessageId(9),
            fields: vec![(name.to_owned(), value.to_owned())],
        })
    };
    bench.event(fill("feedback_message", "first"));
    assert!(bench.asked(Method::Patch, "/messages/9").is_none(), "the server takes no feedback without a rating");
    bench.event(fill("rating", "4"));
    let survey = |rating: u64, feedback: &str| json!({ "submitted_values": { "csat_survey_response": { "rating": rating, "feedback_message": feedback } } });
    let (_, request) = bench.asked(Method::Patch, "/messages/9").unwrap();
    assert_eq!(json_body(request), survey(4, ""));
    bench.answer("/messages/9", 200, &asking(9, "input_csat", survey(4, "")));
    bench.event(fill("feedback_message", "quick and kind"));
    let (_, request) = bench.asked(Method::Patch, "/messages/9").unwrap();
    assert_eq!(json_body(request), survey(4, "quick and kind"));
    let row = bench.rows().last().unwrap();
    let answer = |name: &str, value: &str| Answer { name: name.into(), title: String::new(), value: value.into() };
    assert_eq!(row.answers, [answer("feedback_message", "quick and kind"), answer("rating", "4")]);
}

#[test]
fn form_submission_to_a_deleted_message_is_dropped() {
    let mut bench = Bench::returning(&[select(None)]);
    bench.event(chosen("Sales", "sales"));
    bench.answer("/messages/9", 404, &json!({ "status": 404, "error": "Not Found" }));
    bench.wait(60_000);
    assert!(bench.asked(Method::Patch, "/messages/9").is_none());
    assert_eq!((shown(&bench), kept(&bench)), ((vec![], &SubmissionStatus::Accepted), 0));
}

#[test]
fn follower_tab_sends_its_own_form_submissions() {
    let mut storage = crate::client_harness::kept_session();
    storage.insert("answer/x".to_owned(), "{}".to_owned());
    let mut bench = Bench::tab(Default::default(), storage, 3, natter_core::time::Mono(1_000), Vec::new());
    bench.answer("/messages", 200, &json!([select(None)]));
    bench.event(chosen("Sales", "sales"));
    assert!(bench.asked(Method::Patch, "/messages/9").is_some());
}
