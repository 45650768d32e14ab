//! What differs between the two versions of Chatwoot, as far as a client notices.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::cable_client::Cable;
use crate::multipart::Multipart;
use crate::recordings::Receiver;
use crate::sandbox::{Reply, Sandbox};

const VERSIONS: [&str; 2] = ["4.0", "4.16"];

fn start(version: &str) -> Sandbox {
    Sandbox::start_with(&["--memory", "--chatwoot", version])
}

fn hash(sandbox: &Sandbox, identifier: &str) -> String {
    use hmac::{Hmac, KeyInit, Mac};
    let mac = Hmac::<sha2::Sha256>::new_from_slice(sandbox.hmac_key.as_bytes()).unwrap();
    hex::encode(mac.chain_update(identifier.as_bytes()).finalize().into_bytes())
}

async fn patch(sandbox: &Sandbox, path: &str, body: &Value) -> Reply {
    Reply::of(reqwest::Client::new().patch(sandbox.inbox_url(path)).json(body).send().await).await
}

async fn verified(sandbox: &Sandbox, source_id: &str, identifier: &str) -> Value {
    let body = json!({ "identifier": identifier, "identifier_hash": hash(sandbox, identifier) });
    sandbox.contact(&json!({ "source_id": source_id, "identifier": identifier })).await;
    patch(sandbox, &format!("/contacts/{source_id}"), &body).await.ok()
}

/// Polls a condition until it holds.
async fn until<F: Future<Output = bool>>(what: &str, look: impl Fn() -> F) {
    let end = Instant::now() + Duration::from_secs(20);
    while !look().await {
        assert!(Instant::now() < end, "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_verified_contact_lists_conversations_of_all_devices_and_inboxes_since_4_7() {
    for version in VERSIONS {
        let sandbox = start(version);
        let answer = verified(&sandbox, "phone", "vera").await;
        assert_eq!(answer.get("custom_attributes").is_some(), version == "4.0", "{version}: {answer}");
        assert_eq!(answer["source_id"] == "phone", version == "4.16", "{version}: {answer}");
        let attributes = json!({ "custom_attributes": { "natter_conversations": "1:1" } });
        patch(&sandbox, "/contacts/phone", &attributes).await.ok();
        verified(&sandbox, "desk", "vera").await;
        let on_phone = sandbox.conversation("phone").await;
        sandbox.say("phone", on_phone, "from the phone").await.ok();
        let other = json!({ "name": "Other", "channel": { "type": "api" } });
        let other = sandbox.as_agent("POST", "/inboxes", &other).await.ok();
        let contact = sandbox.as_agent("GET", "/contacts", &Value::Null).await.ok()["payload"][0]["id"].clone();
        let there = json!({ "contact_id": contact, "inbox_id": other["id"] });
        let there = sandbox.as_agent("POST", "/conversations", &there).await.ok();

        let list = sandbox.get(&sandbox.inbox_url("/contacts/desk/conversations")).await;
        if version == "4.0" {
            assert_eq!(list.status, 500);
            continue;
        }
        let list = list.ok();
        let found = |id: &Value| list.as_array().unwrap().iter().find(|row| row["id"] == *id).cloned().unwrap();
        assert_eq!(list.as_array().unwrap().len(), 2);
        assert_eq!(found(&json!(on_phone))["messages"][0]["content"], "from the phone");
        assert_eq!(found(&there["id"])["inbox_id"], other["id"]);
        for row in list.as_array().unwrap() {
            assert_eq!(row["contact"]["custom_attributes"]["natter_conversations"], "1:1");
        }
        let path = sandbox.inbox_url("/contacts/desk/conversations");
        let made = sandbox.post(&path, &json!({})).await.ok();
        assert_eq!(made["contact"]["custom_attributes"]["natter_conversations"], "1:1", "{made}");
        let shown = sandbox.get(&format!("{path}/{on_phone}")).await.ok();
        assert_eq!(shown["contact"]["custom_attributes"]["natter_conversations"], "1:1");
    }
}

#[tokio::test]
async fn an_unverified_contact_inbox_reads_its_contacts_messages_before_4_14_only() {
    for version in VERSIONS {
        let sandbox = start(version);
        sandbox.contact(&json!({ "source_id": "one", "identifier": "vera" })).await;
        sandbox.contact(&json!({ "source_id": "two", "identifier": "vera" })).await;
        let id = sandbox.conversation("one").await;
        let path = sandbox.inbox_url(&format!("/contacts/two/conversations/{id}/messages"));
        let status = if version == "4.0" { 200 } else { 404 };
        assert_eq!(sandbox.get(&path).await.status, status, "{version}");
        assert_eq!(sandbox.say("two", id, "hi").await.status, status, "{version}");
    }
}

#[tokio::test]
async fn a_survey_has_the_inboxs_own_question_or_a_link() {
    for version in VERSIONS {
        let sandbox = start(version);
        let config = json!({ "display_type": "star", "message": "How was it, {{contact.name}}?" });
        let edit = json!({ "csat_survey_enabled": true, "csat_config": config });
        sandbox.as_agent("PATCH", "/inboxes/1", &edit).await.ok();
        sandbox.contact(&json!({ "source_id": "s", "name": "Vera" })).await;
        let id = sandbox.conversation("s").await;
        sandbox.say("s", id, "hi").await.ok();
        sandbox.as_agent("POST", &format!("/conversations/{id}/toggle_status"), &json!({})).await.ok();
        let survey = || async {
            let messages = sandbox.messages(id).await;
            messages.into_iter().find(|message| message["content_type"] == "input_csat")
        };
        until("a survey", || async { survey().await.is_some() }).await;
        let survey = survey().await.unwrap();
        let content = survey["content"].as_str().unwrap();
        if version == "4.0" {
            assert!(content.contains("/survey/responses/"), "{content}");
            assert_eq!(survey["content_attributes"], json!({}));
        } else {
            assert_eq!(content, "How was it, Vera?");
            assert_eq!(survey["content_attributes"], json!({ "display_type": "star" }));
        }
    }
}

#[tokio::test]
async fn an_attachment_can_be_downloaded_later_than_its_event_with_files_late_ms() {
    let sandbox = Sandbox::start_with(&["--memory", "--chatwoot", "4.16", "--files-late-ms", "700"]);
    let contact = sandbox.contact(&json!({ "source_id": "s" })).await;
    let id = sandbox.conversation("s").await;
    let mut cable = Cable::subscribed(&sandbox.cable_url(), contact["pubsub_token"].as_str().unwrap()).await;
    let url = sandbox.inbox_url(&format!("/contacts/s/conversations/{id}/messages"));
    let file = Multipart::attachments(&[("a.mp3", "audio/mpeg", b"abc")]);
    Reply::of(file.on(reqwest::Client::new().post(url)).send().await).await.ok();
    let attached = cable.event("message.created").await["attachments"][0].clone();
    let kind = (attached["content_type"].clone(), attached["extension"].clone(), attached["transcribed_text"].clone());
    assert_eq!(kind, (json!("audio/mpeg"), json!("mp3"), json!("")));
    let url = attached["data_url"].as_str().unwrap();
    assert!(url.ends_with("/a.mp3?disposition=inline"), "{url}");
    assert_eq!(sandbox.get(url).await.status, 404, "the file is not there yet");
    until("the file", || async { sandbox.get(url).await.status == 200 }).await;
}

#[tokio::test]
async fn a_deleted_conversation_is_not_found_and_no_event_says_so() {
    let sandbox = start("4.16");
    sandbox.contact(&json!({ "source_id": "s" })).await;
    let id = sandbox.conversation("s").await;
    sandbox.say("s", id, "hi").await.ok();
    sandbox.as_agent("DELETE", &format!("/conversations/{id}"), &Value::Null).await.ok();
    let url = sandbox.inbox_url(&format!("/contacts/s/conversations/{id}"));
    until("404", || async { sandbox.get(&url).await.status == 404 }).await;
    assert_eq!(sandbox.say("s", id, "still there?").await.status, 404);
    assert_eq!(sandbox.get(&sandbox.inbox_url("/contacts/s/conversations")).await.ok(), json!([]));
}

#[tokio::test]
async fn a_job_assigns_a_new_conversation_to_an_online_agent() {
    let sandbox = start("4.16");
    let people = sandbox.get(&format!("{}/sandbox/people", sandbox.base_url)).await.ok();
    let profile = sandbox.get_as(people[0]["access_token"].as_str().unwrap(), "/api/v1/profile").await.ok();
    let mut agent = Cable::connect(&sandbox.cable_url()).await;
    let identifier = json!({
        "channel": "RoomChannel", "pubsub_token": profile["pubsub_token"], "account_id": 1, "user_id": profile["id"]
    });
    agent.subscribe(&identifier.to_string()).await;
    agent.event("presence.update").await;
    let contact = sandbox.contact(&json!({ "source_id": "s" })).await;
    let mut cable = Cable::subscribed(&sandbox.cable_url(), contact["pubsub_token"].as_str().unwrap()).await;
    sandbox.conversation("s").await;
    let made = cable.event("conversation.created").await;
    assert_eq!((made["meta"]["assignee"].clone(), made["meta"]["assignee_type"].clone()), (Value::Null, Value::Null));
    let updated = cable.event("conversation.updated").await;
    assert_eq!(updated["meta"]["assignee_type"], "User");
    assert_eq!(updated["meta"]["assignee"]["id"], profile["id"]);
}

#[tokio::test]
async fn a_reopening_message_causes_two_conversation_updates_in_4_16() {
    for (version, count) in [("4.0", 1), ("4.16", 2)] {
        let sandbox = start(version);
        let contact = sandbox.contact(&json!({ "source_id": "s" })).await;
        let id = sandbox.conversation("s").await;
        sandbox.say("s", id, "hi").await.ok();
        sandbox.as_agent("POST", &format!("/conversations/{id}/toggle_status"), &json!({})).await.ok();
        let mut cable = Cable::subscribed(&sandbox.cable_url(), contact["pubsub_token"].as_str().unwrap()).await;
        sandbox.say("s", id, "again").await.ok();
        sandbox.agent_replies(id, "the end").await;
        let mut updates = 0;
        loop {
            let frame = cable.next().await.unwrap();
            let message = &frame["message"];
            match message["event"].as_str() {
                Some("conversation.updated") => updates += 1,
                Some("message.created") if message["data"]["content"] == "the end" => break,
                _ => {}
            }
        }
        assert_eq!(updates, count, "{version}");
    }
}

#[tokio::test]
async fn webhooks_have_typing_events_and_signatures_in_4_16() {
    let mut receiver = Receiver::start().await;
    let url = format!("http://{}/webhook", receiver.address);
    let sandbox = Sandbox::start_with(&["--memory", "--chatwoot", "4.16", "--callback-url", &url]);
    let secret = sandbox.as_agent("GET", "/inboxes/1", &Value::Null).await.ok()["secret"].as_str().unwrap().to_owned();
    receiver.check_signatures(&secret);
    sandbox.contact(&json!({ "source_id": "s" })).await;
    let id = sandbox.conversation("s").await;
    // A redirect is followed, with the body.
    receiver.answer_with(302);
    let path = sandbox.inbox_url(&format!("/contacts/s/conversations/{id}/toggle_typing"));
    sandbox.post(&path, &json!({ "typing_status": "on" })).await.ok();
    let mut came = Vec::new();
    while !came.contains(&("/elsewhere".to_owned(), "conversation_typing_on".to_owned())) {
        let (path, body) = tokio::time::timeout(Duration::from_secs(20), receiver.came.recv()).await.unwrap().unwrap();
        came.push((path, body["event"].as_str().unwrap().to_owned()));
    }
    assert!(came.contains(&("/webhook".to_owned(), "conversation_typing_on".to_owned())), "{came:?}");
}
