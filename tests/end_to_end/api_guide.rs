//! The steps of Chatwoot's API-channel guide, with curl, as its readers type them: messages must reach the widget and the
//! webhook.

use std::process::Command;

use axum::Json;
use axum::routing::post;
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::support::Sandbox;
use crate::visitor::Visitor;

#[tokio::test(flavor = "multi_thread")]
async fn messages_of_the_api_guide_reach_the_widget_and_the_callback() {
    let sandbox = Sandbox::start(None);
    let (callback_url, mut told) = callback().await;
    let curl = |method: &str, path: &str, body: Value| curl(&sandbox, method, path, &body);

    let inbox = json!({ "name": "My own app", "channel": { "type": "api", "webhook_url": callback_url } });
    let inbox = curl("POST", "/inboxes", inbox);
    let identifier = inbox["inbox_identifier"].as_str().unwrap().to_owned();
    let contact = curl("POST", "/contacts", json!({ "inbox_id": inbox["id"], "name": "Gwen" }));
    let source_id = contact["payload"]["contact_inbox"]["source_id"].as_str().unwrap().to_owned();
    let conversation = curl("POST", "/conversations", json!({ "source_id": source_id, "inbox_id": inbox["id"] }));
    let messages = format!("/conversations/{}/messages", conversation["id"]);
    curl("POST", &messages, json!({ "content": "From my own app", "message_type": "incoming" }));

    // The customer's browser, with their session.
    let visitor = Visitor::arrive_at(&sandbox, &identifier).await;
    let session = json!({ "v": 1, "customer_identifier": source_id, "conversation": conversation["id"] }).to_string();
    let key = format!("natter/1/{}/{identifier}/session", sandbox.base_url);
    visitor.browser.ask(&format!("localStorage.setItem({}, {})", Value::String(key), Value::String(session))).await;
    visitor.reload().await;
    visitor.open().await;
    visitor.sees(&["From my own app"]).await;

    curl("POST", &messages, json!({ "content": "An answer", "message_type": "outgoing" }));
    visitor.sees(&["From my own app", "An answer"]).await;
    visitor.say("Thank you").await;
    visitor.sees(&["From my own app", "An answer", "Thank you"]).await;

    let mut created = Vec::new();
    while created.len() < 3 {
        let body = told.recv().await.expect("the callback is told of every message");
        if body["event"] == "message_created" {
            created.push(body["content"].as_str().unwrap().to_owned());
        }
    }
    created.sort();
    assert_eq!(created, ["An answer", "From my own app", "Thank you"]);
    visitor.browser.quit().await;
}

/// A webhook endpoint, and the bodies that it receives.
async fn callback() -> (String, UnboundedReceiver<Value>) {
    let (tell, told) = unbounded_channel();
    let hear = move |Json(body): Json<Value>| {
        // The receiver is dropped at the end of the test.
        drop(tell.send(body));
        std::future::ready(())
    };
    let router = axum::Router::new().route("/callback", post(hear));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    (format!("http://{address}/callback"), told)
}

/// A request to the application API, written as in the guide.
fn curl(sandbox: &Sandbox, method: &str, path: &str, body: &Value) -> Value {
    let output = Command::new("curl")
        .args(["--silent", "--show-error", "--fail-with-body", "--request", method])
        .arg(format!("{}/api/v1/accounts/1{path}", sandbox.base_url))
        .args(["--header", &format!("api_access_token: {}", sandbox.access_token)])
        .args(["--header", "Content-Type: application/json", "--data", &body.to_string()])
        .output()
        .expect("curl is on PATH");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{method} {path}: {text} {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_str(&text).unwrap()
}
