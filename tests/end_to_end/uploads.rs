//! Files a visitor sends: real ones, picked and pasted, over networks that break and pages that are left.

use serde_json::{Value, json};

use crate::bad_network::{Fate, Refusal};
use crate::looks::shoot;
use crate::talk::Talk;

/// A red dot, 1 by 1.
pub const PNG: &[u8] = &[
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52, 0x00, 0x00, 0x00,
    0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x02, 0x00, 0x00, 0x00, 0x90, 0x77, 0x53, 0xde, 0x00, 0x00, 0x00, 0x0c, 0x49,
    0x44, 0x41, 0x54, 0x08, 0xd7, 0x63, 0xf8, 0xcf, 0xc0, 0x00, 0x00, 0x03, 0x01, 0x01, 0x00, 0x18, 0xdd, 0x8d, 0xb0,
    0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
];

/// Picks real files, by name and content.
pub async fn pick(talk: &Talk, files: &[(&str, &[u8])]) {
    let folder = tempfile::tempdir().unwrap();
    let mut paths = Vec::new();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        paths.push(path.to_str().unwrap().to_owned());
    }
    talk.visitor.find("[type=file]").await.send_keys(paths.join("\n")).await.unwrap();
    let shown = format!("root.querySelectorAll('.picked .file').length === {}", files.len());
    talk.visitor.browser.until(&shown).await;
    // The browser reads a picked file when it is sent: it has to be there still.
    std::mem::forget(folder);
}

/// The names and sizes of the files the server has, by message.
pub async fn stored(talk: &Talk) -> Vec<(String, Vec<(String, u64)>)> {
    let messages = talk.sandbox.messages(talk.conversation).await;
    let name = |file: &Value| file["data_url"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let files = |message: &Value| {
        let all = message["attachments"].as_array().cloned().unwrap_or_default();
        all.iter().map(|file| (name(file), file["file_size"].as_u64().unwrap())).collect::<Vec<_>>()
    };
    let with_files = messages.iter().filter(|message| !files(message).is_empty());
    with_files.map(|message| (message["content"].as_str().unwrap_or_default().to_owned(), files(message))).collect()
}

fn kept_files() -> &'static str {
    "(await new Promise((done) => { const open = indexedDB.open('natter', 1); open.onsuccess = () => { \
     open.result.transaction('files').objectStore('files').count().onsuccess = (e) => done(e.target.result); }; }))"
}

/// Waits until the device keeps no files any more.
pub async fn until_none_is_kept(talk: &Talk) {
    let script = format!(
        "const done = arguments[0]; (async () => {{ while ({} > 0) await new Promise(r => setTimeout(r, 25)); done(true); }})()",
        kept_files()
    );
    talk.visitor.browser.page.execute_async(script, vec![]).await.expect("no files are left");
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_sent_with_a_caption_shown_and_looked_at() {
    let talk = Talk::begin().await;
    pick(&talk, &[("plan.txt", b"The plan is this."), ("dot.png", PNG)]).await;
    shoot(&talk.visitor, "upload-picked").await;
    talk.visitor.say("Two things").await;
    talk.until_settled().await;
    let wanted = vec![("plan.txt".to_owned(), 17), ("dot.png".to_owned(), PNG.len() as u64)];
    assert_eq!(stored(&talk).await, [("Two things".to_owned(), wanted)]);
    talk.visitor.browser.until("root.querySelector('a.file') && root.querySelector('.picture img')?.complete").await;
    until_none_is_kept(&talk).await;
    talk.visitor.find(".picture").await.click().await.unwrap();
    talk.visitor.browser.until("root.querySelector('dialog')?.open").await;
    shoot(&talk.visitor, "upload-lightbox").await;
    talk.visitor.browser.types("\u{e00c}").await;
    talk.visitor.browser.until("!root.querySelector('dialog') && root.activeElement?.matches('.picture')").await;
    shoot(&talk.visitor, "upload-sent").await;
    talk.visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_whose_answer_is_cut_off_is_there_once_also_after_a_reload() {
    let talk = Talk::begin_on(|network| network.deny_sockets()).await;
    pick(&talk, &[("plan.txt", b"once")]).await;
    talk.network.next_post(Fate::CutAfter);
    for _ in 0..3 {
        talk.network.next_read(Fate::CutBefore);
    }
    talk.visitor.say("").await;
    talk.network.until_met(Fate::CutAfter, 1).await;
    talk.network.until_met(Fate::CutBefore, 1).await;
    talk.reload().await;
    talk.network.clear_up();
    talk.until_settled().await;
    assert_eq!(stored(&talk).await, [(String::new(), vec![("plan.txt".to_owned(), 4)])]);
    until_none_is_kept(&talk).await;
    talk.visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_left_before_the_server_took_the_files_sends_them_when_it_is_back() {
    let talk = Talk::begin().await;
    pick(&talk, &[("plan.txt", b"kept on the device"), ("dot.png", PNG)]).await;
    talk.network.refuse_all(Some(Refusal::Unavailable));
    talk.visitor.say("Later").await;
    talk.visitor.browser.until("Object.keys(localStorage).some(key => key.includes('/send/'))").await;
    talk.visitor.browser.until("root.querySelectorAll('.unsent .file').length === 2").await;
    shoot(&talk.visitor, "upload-waiting").await;
    talk.reload().await;
    talk.visitor.browser.until("root.querySelectorAll('.unsent .file').length === 2").await;
    talk.network.refuse_all(None);
    talk.until_settled().await;
    let wanted = vec![("plan.txt".to_owned(), 18), ("dot.png".to_owned(), PNG.len() as u64)];
    assert_eq!(stored(&talk).await, [("Later".to_owned(), wanted)]);
    until_none_is_kept(&talk).await;
    talk.visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_pasted_and_dropped_and_can_be_left_out_or_cancelled() {
    let talk = Talk::begin().await;
    let give = |event: &str, target: &str, data: &str| {
        format!(
            "(() => {{ const data = new DataTransfer(); data.items.add(new File(['abc'], '{event}.txt')); \
             root.querySelector('{target}').dispatchEvent(new {event}('{data}', {{ bubbles: true, cancelable: true, \
             clipboardData: data, dataTransfer: data }})); }})()"
        )
    };
    talk.visitor.browser.ask(&give("ClipboardEvent", "textarea", "paste")).await;
    talk.visitor.browser.ask(&give("DragEvent", ".thread", "drop")).await;
    talk.visitor.browser.until("root.querySelectorAll('.picked .file').length === 2").await;
    talk.visitor.find(".picked .tool").await.click().await.unwrap();
    talk.visitor.browser.until("root.querySelectorAll('.picked .file').length === 1").await;
    talk.network.refuse_all(Some(Refusal::Unavailable));
    talk.visitor.say("Never mind").await;
    talk.visitor.browser.until("root.querySelector('.unsent .link')").await;
    talk.visitor.find(".unsent .link").await.click().await.unwrap();
    talk.visitor
        .browser
        .until("root.querySelector('textarea').value === 'Never mind' && root.querySelector('.picked')")
        .await;
    until_none_is_kept(&talk).await;
    talk.network.refuse_all(None);
    assert_eq!(stored(&talk).await, []);
    assert_eq!(talk.visitor.browser.ask("root.querySelectorAll('.unsent').length").await, json!(0));
    talk.visitor.browser.quit().await;
}
