//! What the page's developer can hand on: it leads where it says, and holds no word of anybody's.

use serde_json::{Value, json};

use crate::bad_network::Refusal;
use crate::replay::Report;
use crate::support::Sandbox;
use crate::talk::Talk;
use crate::visitor::Visitor;

/// Asserts that this talk's report, lived through again, leads where the browser is, and that nothing of what only the
/// two of them may know is in it.
async fn can_be_handed_on(talk: &Talk, secrets: &[&str]) -> Report {
    let told = talk.visitor.diagnostics().await;
    let shown = talk.visitor.browser.ask("root.querySelectorAll('.row').length").await;
    let report = Report::read(&told);
    report.leads_where_it_says();
    assert_eq!(json!(report.replayed().view().thread.rows.len()), shown, "there is the same to see");

    let session = talk.visitor.session().await;
    let of_session = |name: &str| session[name].as_str().expect("it is kept").to_owned();
    let secrets = secrets.iter().map(|secret| (*secret).to_owned()).chain([
        of_session("customer_identifier"),
        of_session("pubsub_token"),
        talk.sandbox.inbox_identifier.clone(),
        talk.sandbox.access_token.clone(),
        talk.network.base_url.clone(),
        talk.sandbox.base_url.clone(),
    ]);
    let told = told.to_string();
    for secret in secrets {
        assert!(!told.contains(&secret), "{secret} is in {told}");
    }
    report
}

/// That this holds of how the report says that things stand.
fn stands(holds: &str) -> String {
    let names = "{ trouble, socket_live, waiting }";
    format!("(({names}) => {holds})(await document.querySelector('natter-chat').diagnostics())")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_in_a_browser_can_be_lived_through_again_from_its_report() {
    let mut talk = Talk::begin().await;
    talk.visitor_says("My name is Quill").await;
    talk.until_shown("My name is Quill").await;
    let mut secrets = vec!["Hello", "Good morning", "Quill"];
    let report = can_be_handed_on(&talk, &secrets).await;
    assert_eq!((&report.standing["messages"], &report.standing["socket_live"]), (&json!("3"), &json!("yes")));

    talk.network.refuse_all(Some(Refusal::BadGateway));
    talk.network.deny_sockets();
    talk.network.lose_sockets();
    talk.agent_says("Ask for Ms Harker").await;
    secrets.push("Harker");
    talk.visitor.browser.until(&stands("trouble === 'answers-withheld' && socket_live === 'no'")).await;
    can_be_handed_on(&talk, &secrets).await;

    // Refused so that the widget knows: it needs not find out first whether this was stored.
    talk.network.refuse_all(Some(Refusal::Unavailable));
    talk.visitor.browser.until(&stands("trouble === 'busy'")).await;
    talk.visitor_says("Whom do I ask for?").await;
    secrets.push("Whom");
    talk.visitor.browser.until(&stands("waiting === '1'")).await;
    let report = can_be_handed_on(&talk, &secrets).await;
    assert_eq!((&report.standing["messages"], &report.standing["socket_live"]), (&json!("3"), &json!("no")));

    talk.network.clear_up();
    talk.until_shown("Ask for Ms Harker").await;
    talk.until_settled().await;
    talk.visitor.browser.until(&stands("trouble === 'none' && socket_live === 'yes'")).await;
    let report = can_be_handed_on(&talk, &secrets).await;
    assert_eq!(report.standing["messages"], "5");

    talk.reload().await;
    talk.visitor.find("textarea").await.send_keys("And the num").await.unwrap();
    secrets.push("num");
    talk.agent_says("Are you still there?").await;
    talk.until_shown("Are you still there?").await;
    let report = can_be_handed_on(&talk, &secrets).await;
    assert_eq!((&report.standing["messages"], &report.standing["leads"]), (&json!("6"), &json!("yes")));
    talk.visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_holds_only_what_is_known_to_be_nobodys_business() {
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
        ["1", "2", "said", json!({ "say": "kept", "key": "draft", "value": ODD }).to_string(), ""],
        ["1", "2", "said", json!({ "say": "frame", "text": json!({ "data": ODD, ODD: 1 }).to_string() }).to_string(), ""],
        ["1", "2", "said", json!({ "say": "answered", "key": ODD, "status": ODD, "text": ODD, ODD: ODD }).to_string(), ""],
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
