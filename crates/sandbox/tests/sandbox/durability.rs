//! Durability: acknowledged messages survive whatever happens to the process.

use serde_json::json;

use crate::cable_client::Cable;
use crate::sandbox::{Sandbox, database_file};

#[tokio::test]
async fn an_acknowledged_message_survives_kill_9() {
    let (_folder, file) = database_file();
    let mut sandbox = Sandbox::start(Some(&file));
    sandbox.contact(&json!({ "source_id": "s" })).await;
    let id = sandbox.conversation("s").await;
    for round in 0..5 {
        let sent = sandbox.say("s", id, &format!("round {round}")).await.ok();
        sandbox.kill();
        sandbox.restart_on_same_port();
        let url = sandbox.inbox_url(&format!("/contacts/s/conversations/{id}/messages"));
        let kept = sandbox.get(&url).await.ok();
        let kept = kept.as_array().unwrap();
        assert_eq!(kept.len(), round + 1);
        assert_eq!(kept[round]["id"], sent["id"]);
    }
}

#[tokio::test]
async fn all_acknowledged_messages_survive_kill_9_during_a_burst() {
    let (_folder, file) = database_file();
    let mut sandbox = Sandbox::start(Some(&file));
    sandbox.contact(&json!({ "source_id": "s" })).await;
    let id = sandbox.conversation("s").await;
    let url = sandbox.inbox_url(&format!("/contacts/s/conversations/{id}/messages"));
    let http = reqwest::Client::new();
    let senders: Vec<_> = (0..8)
        .map(|sender| {
            let (http, url) = (http.clone(), url.clone());
            tokio::spawn(async move {
                let mut acknowledged = Vec::new();
                for number in 0.. {
                    let text = format!("{sender}-{number}");
                    let sent = http.post(&url).json(&json!({ "content": text })).send().await;
                    // The kill ends the burst; whatever was answered 200 before must be there afterwards.
                    match sent {
                        Ok(response) if response.status() == 200 => acknowledged.push(text),
                        _ => break,
                    }
                }
                acknowledged
            })
        })
        .collect();
    loop {
        let shown = sandbox.get(&url).await.ok();
        if shown.as_array().unwrap().len() >= 20 {
            break;
        }
    }
    sandbox.kill();
    let mut acknowledged = Vec::new();
    for sender in senders {
        acknowledged.extend(sender.await.unwrap());
    }
    assert!(acknowledged.len() >= 10, "the burst had begun");
    sandbox.restart_on_same_port();
    let shown = sandbox.get(&sandbox.inbox_url(&format!("/contacts/s/conversations/{id}"))).await.ok();
    let kept: Vec<&str> =
        shown["messages"].as_array().unwrap().iter().filter_map(|row| row["content"].as_str()).collect();
    for text in &acknowledged {
        assert_eq!(kept.iter().filter(|kept| *kept == text).count(), 1, "{text}");
    }
}

#[tokio::test]
async fn a_stop_closes_sockets_without_a_frame_and_loses_no_message() {
    let (_folder, file) = database_file();
    let mut sandbox = Sandbox::start(Some(&file));
    let contact = sandbox.contact(&json!({ "source_id": "s" })).await;
    let id = sandbox.conversation("s").await;
    let mut cable = Cable::subscribed(&sandbox.cable_url(), contact["pubsub_token"].as_str().unwrap()).await;
    sandbox.say("s", id, "before").await.ok();
    assert!(sandbox.stop().success());
    cable.ends_without_close_frame().await;

    sandbox.restart_on_same_port();
    sandbox.agent_replies(id, "while you were away").await;
    let mut cable = Cable::subscribed(&sandbox.cable_url(), contact["pubsub_token"].as_str().unwrap()).await;
    sandbox.agent_replies(id, "live again").await;
    let events = cable.events_until("message.created").await;
    assert_eq!(events.last().unwrap().1["content"], "live again", "nothing is replayed");
}
