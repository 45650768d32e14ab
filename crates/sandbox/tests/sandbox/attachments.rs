//! Attachments: how their files are stored, served and deleted.

use reqwest::redirect::Policy;
use serde_json::{Value, json};

use crate::multipart::Multipart;
use crate::sandbox::{Reply, Sandbox, database_file};

async fn send_file(sandbox: &Sandbox, name: &str, kind: &str, bytes: &[u8]) -> Value {
    let request = reqwest::Client::new().post(sandbox.inbox_url("/contacts/s/conversations/1/messages"));
    Reply::of(Multipart::attachments(&[(name, kind, bytes)]).on(request).send().await).await.ok()
}

async fn begin_conversation(sandbox: &Sandbox) {
    sandbox.contact(&json!({ "source_id": "s" })).await;
    assert_eq!(sandbox.conversation("s").await, 1);
}

fn count_files(folder: &std::path::Path) -> usize {
    std::fs::read_dir(folder).map(Iterator::count).unwrap_or(0)
}

#[tokio::test]
async fn an_attachment_is_served_whole_and_in_ranges() {
    let sandbox = Sandbox::start(None);
    begin_conversation(&sandbox).await;
    let sent = send_file(&sandbox, "clip.mp4", "video/mp4", b"0123456789").await;
    let url = sent["attachments"][0]["data_url"].as_str().unwrap();
    let http = reqwest::Client::new();
    assert_eq!(http.get(url).send().await.unwrap().bytes().await.unwrap(), b"0123456789".as_slice());
    let part = http.get(url).header("Range", "bytes=2-4").send().await.unwrap();
    assert_eq!(part.status(), 206, "players ask for ranges");
    assert_eq!(part.bytes().await.unwrap(), b"234".as_slice());
}

#[tokio::test]
async fn attachments_that_could_run_scripts_are_not_shown_inline() {
    let sandbox = Sandbox::start(None);
    begin_conversation(&sandbox).await;
    for (name, kind) in [("page.html", "text/html"), ("drawing.svg", "image/svg+xml"), ("odd", "not a type")] {
        let sent = send_file(&sandbox, name, kind, b"<script>alert(1)</script>").await;
        let served = reqwest::get(sent["attachments"][0]["data_url"].as_str().unwrap()).await.unwrap();
        assert_eq!(served.headers()["content-type"], "application/octet-stream", "{name}");
        assert!(served.headers()["content-disposition"].to_str().unwrap().starts_with("attachment"), "{name}");
        assert!(!served.headers().contains_key("access-control-allow-origin"), "{name}");
    }
}

#[tokio::test]
async fn attachment_links_are_signed_and_redirect_to_one_valid_for_five_minutes() {
    let (_folder, file) = database_file();
    let mut sandbox = Sandbox::start(Some(&file));
    begin_conversation(&sandbox).await;
    let sent = send_file(&sandbox, "a.txt", "text/plain", b"hello").await;
    let lasting = sent["attachments"][0]["data_url"].as_str().unwrap().to_owned();
    let http = reqwest::Client::builder().redirect(Policy::none()).build().unwrap();
    let passing = http.get(&lasting).send().await.unwrap().headers()["location"].to_str().unwrap().to_owned();
    assert_eq!(http.get(&passing).send().await.unwrap().status(), 200);
    for (forged, why) in [(lasting.replace("--", "--0"), "signature"), (passing.replace("/disk/1-", "/disk/2-"), "id")]
    {
        assert_eq!(http.get(forged).send().await.unwrap().status(), 404, "{why}");
    }
    sandbox.stop();
    let address = sandbox.base_url.trim_start_matches("http://").to_owned();
    let file = file.to_str().unwrap();
    for (offset, status) in [("290", 200), ("310", 404)] {
        let later = Sandbox::start_with(&["--db", file, "--clock-offset", offset]);
        let moved = |url: &str| url.replace(&address, later.base_url.trim_start_matches("http://"));
        assert_eq!(http.get(moved(&passing)).send().await.unwrap().status(), status, "{offset} s later");
        assert_eq!(http.get(moved(&lasting)).send().await.unwrap().status(), 302, "this one does not expire");
    }
}

#[tokio::test]
async fn attachments_are_deleted_with_their_message_and_with_their_contact() {
    let (folder, file) = database_file();
    let files = folder.path().join("files");
    let sandbox = Sandbox::start_with(&["--db", file.to_str().unwrap(), "--files", files.to_str().unwrap()]);
    begin_conversation(&sandbox).await;
    let first = send_file(&sandbox, "a.txt", "text/plain", b"one").await;
    send_file(&sandbox, "b.txt", "text/plain", b"two").await;
    assert_eq!(count_files(&files), 2);
    sandbox.as_agent("DELETE", &format!("/conversations/1/messages/{}", first["id"]), &Value::Null).await.ok();
    assert_eq!(count_files(&files), 1);
    sandbox.as_agent("DELETE", "/contacts/1", &Value::Null).await.ok();
    assert_eq!(count_files(&files), 0);
}

#[tokio::test]
async fn attachments_of_a_refused_message_are_removed() {
    let (folder, _) = database_file();
    let files = folder.path().join("files");
    let sandbox = Sandbox::start_with(&["--memory", "--files", files.to_str().unwrap()]);
    begin_conversation(&sandbox).await;
    let long = "x".repeat(150_001);
    let parts = Multipart::default().file("attachments[]", "a.txt", None, b"hello").field("content", &long);
    let request = reqwest::Client::new().post(sandbox.inbox_url("/contacts/s/conversations/1/messages"));
    assert_eq!(Reply::of(parts.on(request).send().await).await.status, 422);
    assert_eq!(count_files(&files), 0);
}
