//! Diagnostics reports: replayed natively they lead to the browser's state, and they contain no text of a person.

use serde_json::{Value, json};

use crate::conversation_harness::TestConversation;
use crate::fault_proxy::ErrorResponse;
use crate::replay::Report;
use crate::support::Sandbox;
use crate::visitor::Visitor;

/// Asserts that the replay of this chat's report ends in the browser's state, and that the report contains none of these
/// secrets.
async fn can_be_handed_on(chat: &TestConversation, secrets: &[&str]) -> Report {
    let told = chat.visitor.diagnostics().await;
    let shown = chat.visitor.browser.ask("root.querySelectorAll('.row').length").await;
    let report = Report::read(&told);
    report.assert_replays();
    assert_eq!(json!(report.replay().view().thread.rows.len()), shown, "there is the same to see");

    let session = chat.visitor.session().await;
    let of_session = |name: &str| session[name].as_str().expect("it is kept").to_owned();
    let secrets = secrets.iter().map(|secret| (*secret).to_owned()).chain([
        of_session("customer_identifier"),
        of_session("pubsub_token"),
        chat.sandbox.inbox_identifier.clone(),
        chat.sandbox.access_token.clone(),
        chat.network.base_url.clone(),
        chat.sandbox.base_url.clone(),
    ]);
    let told = told.to_string();
    for secret in secrets {
        assert!(!told.contains(&secret), "{secret} is in {told}");
    }
    report
}

/// A condition on the report's state (JavaScript).
fn stands(holds: &str) -> String {
    let names = "{ trouble, socket_live, waiting }";
    format!("(({names}) => {holds})(await document.querySelector('natter-chat').diagnostics())")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_diagnostics_report_replays_to_the_same_state() {
    let mut chat = TestConversation::start().await;
    chat.visitor_sends("My name is Quill").await;
    chat.wait_until_shown("My name is Quill").await;
    let mut secrets = vec!["Hello", "Good morning", "Quill"];
    let report = can_be_handed_on(&chat, &secrets).await;
    assert_eq!((&report.state["messages"], &report.state["socket_live"]), (&json!("3"), &json!("yes")));

    chat.network.answer_all_with(Some(ErrorResponse::BadGateway));
    chat.network.refuse_sockets();
    chat.network.lose_sockets();
    chat.agent_sends("Ask for Ms Harker").await;
    secrets.push("Harker");
    chat.visitor.browser.until(&stands("trouble === 'answers-withheld' && socket_live === 'no'")).await;
    can_be_handed_on(&chat, &secrets).await;

    // A 503 tells the widget that the message was not stored, so it need not read history first.
    chat.network.answer_all_with(Some(ErrorResponse::Unavailable));
    chat.visitor.browser.until(&stands("trouble === 'busy'")).await;
    chat.visitor_sends("Whom do I ask for?").await;
    secrets.push("Whom");
    chat.visitor.browser.until(&stands("waiting === '1'")).await;
    let report = can_be_handed_on(&chat, &secrets).await;
    assert_eq!((&report.state["messages"], &report.state["socket_live"]), (&json!("3"), &json!("no")));

    chat.network.recover();
    chat.wait_until_shown("Ask for Ms Harker").await;
    chat.wait_until_settled().await;
    chat.visitor.browser.until(&stands("trouble === 'none' && socket_live === 'yes'")).await;
    let report = can_be_handed_on(&chat, &secrets).await;
    assert_eq!(report.state["messages"], "5");

    chat.reload().await;
    chat.visitor.find("textarea").await.send_keys("And the num").await.unwrap();
    secrets.push("num");
    chat.agent_sends("Are you still there?").await;
    chat.wait_until_shown("Are you still there?").await;
    let report = can_be_handed_on(&chat, &secrets).await;
    assert_eq!((&report.state["messages"], &report.state["leads"]), (&json!("6"), &json!("yes")));
    chat.visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_diagnostics_report_contains_no_text_of_anybodys() {
    const ODD: &str = "HUSH";
    let records = json!([
        { "version": "1" },
        ["1", "2", "began", "", "1", "session", format!(r#"{{"v":1,"customer_identifier":"{ODD}","{ODD}":1}}"#),
            "draft", format!(r#"{{"v":1,"status":"{ODD} x"}}"#), ODD, ODD, format!("send/{ODD} x"), format!("{{\"text\":\"{ODD}\"}}")],
        ["1", "2", "submitted", format!(" {ODD}\u{0} "), ""],
        ["1", "2", "submitted", format!(r#"{{"id":777666,"type":"{ODD}"}}"#), ""],
        ["1", "2", "answered", format!("<html>{ODD}</html>"), "1 200 0"],
        ["1", "2", "answered", format!(r#"{{"id":1,"content":"{ODD}""#), "1 200 0"],
        ["1", "2", "answered", format!(r#"{{"id":1,"status":"open","name":"{ODD}","#), "1 200 0"],
        ["1", "2", "answered", format!(r#"[[["{ODD}"]],"{ODD}",777666]"#), "1 200 0"],
        ["1", "2", "frame", json!({
            "identifier": format!(r#"{{"pubsub_token":"{ODD}"}}"#),
            "message": { "event": "message.created", "data": {
                "id": 5, "content": ODD, "status": format!("{ODD} {ODD}"), "phone_number": 777_666, "email": ODD,
                "content_attributes": { "items": [{ "title": ODD, "value": 777_666, ODD: ODD }], "email": { "subject": ODD } },
                "sender": { "name": ODD, "type": "user", "avatar_url": ODD, "custom_attributes": { ODD: 777_666 } },
            } },
        }).to_string(), "1"],
        ["1", "2", "said", json!({ "stored": { "key": "draft", "value": ODD } }).to_string(), ""],
        ["1", "2", "said", json!({ "cable_frame": json!({ "data": ODD, ODD: 1 }).to_string() }).to_string(), ""],
        ["1", "2", "said", json!({ "send_response": { "echo": ODD, "status": ODD, "body": ODD, ODD: ODD } }).to_string(), ""],
        ["1", "2", "said", json!({ "set_user": { "mark": 777_666, "is_proven": true, "fields": [["name", ODD], [ODD, 777_666]] } }).to_string(), ""],
        ["1", "2", "said", json!({ "set_attributes": { "user": 777_666, "attributes": { ODD: ODD }, "target": ODD } }).to_string(), ""],
        ["1", "2", "said", json!({ ODD: ODD }).to_string(), ""],
        ["1", "2", "said", json!(ODD).to_string(), ""],
        ["1", "2", "said", ODD, ""],
        ["1", "2", "something new", ODD, "", ODD, ODD],
    ]);
    let sandbox = Sandbox::start(None);
    let visitor = Visitor::arrive(&sandbox).await;
    let recording = Value::from(records.to_string());
    let module = "import(new URL('/parts/diagnostics.js', location).href)";
    let report = visitor.browser.ask(&format!("{module}.then(({{ redact }}) => redact({recording}))")).await;
    let told = report.to_string();
    assert!(!told.contains(ODD) && !told.contains("777666"), "{told}");

    let events = report["events"].as_array().unwrap();
    assert_eq!(events.len(), records.as_array().unwrap().len() - 1, "every event is there");
    let text = |nth: usize| events[nth][3].as_str().unwrap();
    let frame: Value = serde_json::from_str(text(7)).unwrap();
    let data = &frame["message"]["data"];
    assert_eq!((&data["id"], &data["sender"]["type"]), (&json!(5), &json!("user")), "what the core goes by is left");
    assert_eq!(data["content"], text(1).trim(), "the same words have the same mask");
    assert_ne!(text(1).trim(), text(2), "others have another");
    assert!(text(3).starts_with('~') && text(4).starts_with('{'), "no JSON stays none: {told}");
    assert!(text(5).starts_with(r#"{"id":1,"status":"open","#) && text(5).ends_with("\","), "{told}");
    visitor.browser.quit().await;
}
