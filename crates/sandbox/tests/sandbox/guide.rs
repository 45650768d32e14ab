//! The steps of the API-channel guide, one request after the other, as a back end would send them.

use serde_json::{Value, json};

use crate::cable_client::Cable;
use crate::recordings::Receiver;
use crate::sandbox::Sandbox;

#[tokio::test]
async fn the_guides_steps_create_inbox_contact_conversation_and_messages() {
    let mut receiver = Receiver::start().await;
    let sandbox = Sandbox::start(None);
    let callback_url = format!("http://{}/callback", receiver.address);

    let inbox = json!({ "name": "From the guide", "channel": { "type": "api", "webhook_url": callback_url } });
    let inbox = sandbox.as_agent("POST", "/inboxes", &inbox).await.ok();
    let (inbox_id, identifier) = (inbox["id"].clone(), inbox["inbox_identifier"].as_str().unwrap().to_owned());
    assert!(inbox["hmac_token"].is_string(), "for proofs of identity");

    let contact = json!({ "inbox_id": inbox_id, "name": "Gwen", "email": "gwen@example.test" });
    let contact = sandbox.as_agent("POST", "/contacts", &contact).await.ok()["payload"].clone();
    let source_id = contact["contact_inbox"]["source_id"].as_str().unwrap().to_owned();

    let conversation = sandbox.as_agent("POST", "/conversations", &json!({ "source_id": source_id })).await.ok();
    let id = conversation["id"].as_i64().unwrap();

    let path = format!("/conversations/{id}/messages");
    let incoming = json!({ "content": "From my own app", "message_type": "incoming" });
    let incoming = sandbox.as_agent("POST", &path, &incoming).await.ok();
    // The API's reference promises more; these are what servers of both ages were recorded to answer.
    let fields: Vec<&str> = incoming.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(fields, ANSWERED);

    let url = format!("{}/public/api/v1/inboxes/{identifier}/contacts/{source_id}", sandbox.base_url);
    let own = sandbox.get(&url).await.ok();
    let mut cable = Cable::subscribed(&sandbox.cable_url(), own["pubsub_token"].as_str().unwrap()).await;
    let outgoing = sandbox.agent_replies(id, "An answer").await;
    let live = cable.event("message.created").await;
    assert_eq!((live["id"].clone(), live["content"].clone()), (outgoing["id"].clone(), json!("An answer")));

    let mut posted = Vec::new();
    while posted.len() < 2 {
        let (path, body) = receiver.came.recv().await.unwrap();
        assert_eq!(path, "/callback");
        if body["event"] == "message_created" {
            posted.push((body["message_type"].clone(), body["content"].clone()));
        }
    }
    posted.sort_by_key(|(kind, _)| kind.to_string());
    assert_eq!(posted, [(json!("incoming"), json!("From my own app")), (json!("outgoing"), json!("An answer"))]);
}

const ANSWERED: [&str; 12] = [
    "id",
    "content",
    "inbox_id",
    "conversation_id",
    "message_type",
    "content_type",
    "status",
    "content_attributes",
    "created_at",
    "private",
    "source_id",
    "sender",
];

#[tokio::test]
async fn template_params_and_campaign_id_are_stored_with_a_message() {
    let sandbox = Sandbox::start(None);
    sandbox.contact(&json!({ "source_id": "s" })).await;
    let id = sandbox.conversation("s").await;
    let body = json!({
        "content": "Spring sale", "template_params": { "name": "sale", "language": "en" }, "campaign_id": 7,
        "source_id": "mail-1", "echo_id": "mine"
    });
    let made = sandbox.as_agent("POST", &format!("/conversations/{id}/messages"), &body).await.ok();
    assert_eq!((made["source_id"].clone(), made["echo_id"].clone()), (json!("mail-1"), json!("mine")));
    let shown = sandbox.as_agent("GET", &format!("/conversations/{id}"), &Value::Null).await.ok();
    let kept = json!({ "template_params": body["template_params"], "campaign_id": 7 });
    assert_eq!(shown["messages"][0]["additional_attributes"], kept);
    assert_eq!(shown["first_reply_created_at"], 0, "a campaign is no answer");
}

#[tokio::test]
async fn agents_search_update_and_delete_contacts() {
    let sandbox = Sandbox::start(None);
    let made = sandbox
        .as_agent("POST", "/contacts", &json!({ "inbox_id": 1, "name": "Gwen", "identifier": "g-1" }))
        .await
        .ok();
    let id = made["payload"]["contact"]["id"].as_i64().unwrap();
    let taken = sandbox.as_agent("POST", "/contacts", &json!({ "identifier": "g-1" })).await;
    assert_eq!((taken.status, taken.json()["attributes"].clone()), (422, json!(["identifier"])));

    let found = sandbox.as_agent("GET", "/contacts/search?q=gwe", &Value::Null).await.ok();
    assert_eq!((found["meta"]["count"].clone(), found["payload"][0]["id"].clone()), (json!(1), json!(id)));
    let path = format!("/contacts/{id}");
    let edited = sandbox.as_agent("PUT", &path, &json!({ "name": "Gwendolyn", "email": "G@Example.test" })).await.ok();
    assert_eq!(edited["payload"]["email"], "g@example.test");
    let shown = sandbox.as_agent("GET", &path, &Value::Null).await.ok();
    assert_eq!(shown["payload"]["name"], "Gwendolyn");

    let source_id = made["payload"]["contact_inbox"]["source_id"].as_str().unwrap().to_owned();
    let conversation = sandbox.conversation(&source_id).await;
    sandbox.say(&source_id, conversation, "bye").await.ok();
    sandbox.as_agent("DELETE", &path, &Value::Null).await.ok();
    assert_eq!(sandbox.as_agent("GET", &path, &Value::Null).await.status, 404);
    assert_eq!(sandbox.conversations().await, Vec::<Value>::new(), "with all that was theirs");
}

#[tokio::test]
async fn an_agent_without_the_administrator_role_is_not_authorized() {
    let sandbox = Sandbox::start(None);
    let http = reqwest::Client::new();
    let people = sandbox.get(&format!("{}/sandbox/people", sandbox.base_url)).await.ok();
    let token = people[1]["access_token"].as_str().unwrap();
    let as_sam = async |method: &str, path: &str, body: Value| {
        let url = format!("{}/api/v1/accounts/1{path}", sandbox.base_url);
        let request = http.request(method.parse().unwrap(), url).header("api_access_token", token);
        request.json(&body).send().await.unwrap().status().as_u16()
    };
    let channel = json!({ "name": "x", "channel": { "type": "api" } });
    assert_eq!(as_sam("POST", "/inboxes", channel).await, 401);
    assert_eq!(as_sam("POST", "/agent_bots", json!({ "name": "x" })).await, 401);
    sandbox.contact(&json!({ "source_id": "s" })).await;
    assert_eq!(as_sam("DELETE", "/contacts/1", json!({})).await, 401);
    assert_eq!(as_sam("GET", "/contacts/1", json!({})).await, 200);
}
