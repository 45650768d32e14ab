//! What depends on the clock: the process is started again with another `--clock-offset`.

use serde_json::{Value, json};

use crate::sandbox::{Reply, Sandbox, database_file};

fn start_with_clock_offset(seconds: i64, file: &std::path::Path, config: &std::path::Path) -> Sandbox {
    let (file, config) = (file.to_str().unwrap(), config.to_str().unwrap());
    Sandbox::start_with(&[
        "--chatwoot",
        "4.0",
        "--db",
        file,
        "--config",
        config,
        "--clock-offset",
        &seconds.to_string(),
    ])
}

const DAY: i64 = 24 * 60 * 60;

/// The recorded account without its callbacks, next to the database.
fn recorded_config(folder: &tempfile::TempDir) -> std::path::PathBuf {
    let path = folder.path().join("recorded.toml");
    let text = include_str!("../fixtures/recorded.toml");
    let text: Vec<&str> = text.lines().filter(|line| !line.starts_with("callback_url")).collect();
    std::fs::write(&path, text.join("\n")).unwrap();
    path
}

#[tokio::test]
async fn a_survey_can_be_answered_for_fourteen_days() {
    let (folder, file) = database_file();
    let config = recorded_config(&folder);
    let mut sandbox = start_with_clock_offset(0, &file, &config);
    let inbox = |sandbox: &Sandbox| format!("{}/public/api/v1/inboxes/inboxCsatIdentifier00001", sandbox.base_url);
    sandbox.post(&format!("{}/contacts", inbox(&sandbox)), &json!({ "source_id": "s" })).await.ok();
    sandbox.post(&format!("{}/contacts/s/conversations", inbox(&sandbox)), &json!({})).await.ok();
    sandbox.post(&format!("{}/contacts/s/conversations/1/toggle_status", inbox(&sandbox)), &json!({})).await.ok();
    let listed = sandbox.get(&format!("{}/contacts/s/conversations/1/messages", inbox(&sandbox))).await.ok();
    // Of a 4.16 it would come by a job, a moment later.
    assert_eq!(listed[0]["content_type"], "input_csat");
    let survey = listed[0]["id"].clone();
    let answer = json!({ "submitted_values": { "csat_survey_response": { "rating": 3, "feedback_message": "" } } });
    for (days, status) in [(14, 200), (15, 422)] {
        sandbox.stop();
        sandbox = start_with_clock_offset(days * DAY, &file, &config);
        let url = format!("{}/contacts/s/conversations/1/messages/{survey}", inbox(&sandbox));
        let reply = Reply::of(reqwest::Client::new().patch(url).json(&answer).send().await).await;
        assert_eq!(reply.status, status, "after {days} days: {}", reply.text);
    }
}

#[tokio::test]
async fn the_out_of_office_message_is_sent_once_a_day() {
    let (folder, file) = database_file();
    let config = recorded_config(&folder);
    let mut sandbox = start_with_clock_offset(0, &file, &config);
    let inbox = |sandbox: &Sandbox| format!("{}/public/api/v1/inboxes/inboxOoooIdentifier00001", sandbox.base_url);
    let notes = async |sandbox: &Sandbox| {
        let listed = sandbox.get(&format!("{}/contacts/s/conversations/1/messages", inbox(sandbox))).await.ok();
        listed.as_array().unwrap().iter().filter(|row| row["message_type"] == 3).count()
    };
    sandbox.post(&format!("{}/contacts", inbox(&sandbox)), &json!({ "source_id": "s" })).await.ok();
    sandbox.post(&format!("{}/contacts/s/conversations", inbox(&sandbox)), &json!({})).await.ok();
    let messages = "contacts/s/conversations/1/messages";
    sandbox.post(&format!("{}/{messages}", inbox(&sandbox)), &json!({ "content": "anyone?" })).await.ok();
    assert_eq!(notes(&sandbox).await, 1);
    sandbox.stop();
    sandbox = start_with_clock_offset(DAY, &file, &config);
    for _ in 0..2 {
        sandbox.post(&format!("{}/{messages}", inbox(&sandbox)), &json!({ "content": "still?" })).await.ok();
        assert_eq!(notes(&sandbox).await, 2);
    }
}

#[tokio::test]
async fn clock_offset_moves_the_clock() {
    let sandbox = Sandbox::start_with(&["--memory", "--clock-offset", "-86400"]);
    let made = sandbox.as_agent("POST", "/contacts", &json!({ "name": "Yesterday" })).await.ok();
    let made = made["payload"]["contact"]["created_at"].as_u64().unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    assert!((86_400..86_460).contains(&(now - made)), "{}", now - made);
}

#[tokio::test]
async fn survey_links_have_the_public_url() {
    // Since 4.3 a survey's text has no link.
    let sandbox = Sandbox::start_with(&["--memory", "--chatwoot", "4.0", "--public-url", "https://chat.example.test/"]);
    sandbox.contact(&json!({ "source_id": "s" })).await;
    let id = sandbox.conversation("s").await;
    let survey = json!({ "content_type": "input_csat" });
    let survey = sandbox.as_agent("POST", &format!("/conversations/{id}/messages"), &survey).await.ok();
    let text = survey["content"].as_str().unwrap();
    assert!(text.contains(" https://chat.example.test/survey/responses/"), "{text}");
}

#[tokio::test]
async fn command_line_flags_change_the_first_inbox() {
    let sandbox = Sandbox::start_with(&["--memory", "--hmac-mandatory", "--callback-url", "http://127.0.0.1:9/x"]);
    let shown = sandbox.get(&sandbox.inbox_url("")).await.ok();
    assert_eq!(shown["identity_validation_enabled"], true);
    assert_eq!(sandbox.post(&sandbox.inbox_url("/contacts"), &json!({})).await.status, 500, "no hash");
    let listed = sandbox.as_agent("GET", "/inboxes", &Value::Null).await.ok();
    assert_eq!(listed["payload"][0]["webhook_url"], "http://127.0.0.1:9/x");
}
