//! Files of the visitor: picked, pasted and dropped, on faulty networks and across reloads.

use serde_json::{Value, json};

use crate::conversation_harness::{RESEND_TIME_MAX, TestConversation};
use crate::fault_proxy::{ErrorResponse, RequestOutcome};
use crate::screenshots::screenshot;

/// A PNG: one red pixel.
pub const PNG: &[u8] = &[
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52, 0x00, 0x00, 0x00,
    0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x02, 0x00, 0x00, 0x00, 0x90, 0x77, 0x53, 0xde, 0x00, 0x00, 0x00, 0x0c, 0x49,
    0x44, 0x41, 0x54, 0x08, 0xd7, 0x63, 0xf8, 0xcf, 0xc0, 0x00, 0x00, 0x03, 0x01, 0x01, 0x00, 0x18, 0xdd, 0x8d, 0xb0,
    0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
];

/// Picks files with these names and contents.
pub async fn pick(chat: &TestConversation, files: &[(&str, &[u8])]) {
    // The browser reads a picked file when it is sent, so the folder must not be deleted.
    std::mem::forget(pick_in_folder(chat, files).await);
}

/// The same, and returns the folder, in which they may be changed or deleted.
async fn pick_in_folder(chat: &TestConversation, files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut paths = Vec::new();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        paths.push(path.to_str().unwrap().to_owned());
    }
    chat.visitor.find("[type=file]").await.send_keys(paths.join("\n")).await.unwrap();
    let shown = format!("root.querySelectorAll('.picked .file').length === {}", files.len());
    chat.visitor.browser.until(&shown).await;
    folder
}

/// The names and sizes of the files at the server, by message.
pub async fn stored(chat: &TestConversation) -> Vec<(String, Vec<(String, u64)>)> {
    let messages = chat.sandbox.messages(chat.conversation).await;
    let name = |file: &Value| file["data_url"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let files = |message: &Value| {
        let all = message["attachments"].as_array().cloned().unwrap_or_default();
        all.iter().map(|file| (name(file), file["file_size"].as_u64().unwrap())).collect::<Vec<_>>()
    };
    let with_files = messages.iter().filter(|message| !files(message).is_empty());
    with_files.map(|message| (message["content"].as_str().unwrap_or_default().to_owned(), files(message))).collect()
}

fn stored_file_count() -> &'static str {
    "(await new Promise((done) => { const open = indexedDB.open('natter', 1); open.onsuccess = () => { \
     open.result.transaction('files').objectStore('files').count().onsuccess = (e) => done(e.target.result); }; }))"
}

/// Waits until the device stores no files.
pub async fn wait_until_no_files_are_stored(chat: &TestConversation) {
    let script = format!(
        "const done = arguments[0]; (async () => {{ while ({} > 0) await new Promise(r => setTimeout(r, 25)); done(true); }})()",
        stored_file_count()
    );
    chat.visitor.browser.page.execute_async(script, vec![]).await.expect("no files are left");
}

#[tokio::test(flavor = "multi_thread")]
async fn attachments_are_sent_with_a_text_and_shown() {
    let chat = TestConversation::start().await;
    pick(&chat, &[("plan.txt", b"The plan is this."), ("dot.png", PNG)]).await;
    screenshot(&chat.visitor, "upload-picked").await;
    chat.visitor.say("Two things").await;
    chat.wait_until_settled().await;
    let wanted = vec![("plan.txt".to_owned(), 17), ("dot.png".to_owned(), PNG.len() as u64)];
    assert_eq!(stored(&chat).await, [("Two things".to_owned(), wanted)]);
    chat.visitor.browser.until("root.querySelector('a.file') && root.querySelector('.picture img')?.complete").await;
    wait_until_no_files_are_stored(&chat).await;
    chat.visitor.find(".picture").await.click().await.unwrap();
    chat.visitor.browser.until("root.querySelector('dialog')?.open").await;
    screenshot(&chat.visitor, "upload-lightbox").await;
    chat.visitor.browser.types("\u{e00c}").await;
    chat.visitor.browser.until("!root.querySelector('dialog') && root.activeElement?.matches('.picture')").await;
    screenshot(&chat.visitor, "upload-sent").await;
    chat.visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_whose_response_is_lost_is_stored_once_after_a_reload() {
    let chat = TestConversation::start_on(|network| network.refuse_sockets()).await;
    pick(&chat, &[("plan.txt", b"once")]).await;
    chat.network.on_next_post(RequestOutcome::CutAfter);
    for _ in 0..3 {
        chat.network.on_next_read(RequestOutcome::CutBefore);
    }
    chat.visitor.say("").await;
    chat.network.wait_for_outcome(RequestOutcome::CutAfter, 1).await;
    chat.network.wait_for_outcome(RequestOutcome::CutBefore, 1).await;
    chat.reload().await;
    chat.network.recover();
    chat.wait_until_settled().await;
    assert_eq!(stored(&chat).await, [(String::new(), vec![("plan.txt".to_owned(), 4)])]);
    wait_until_no_files_are_stored(&chat).await;
    chat.visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unsent_upload_is_sent_after_a_reload() {
    let chat = TestConversation::start().await;
    pick(&chat, &[("plan.txt", b"kept on the device"), ("dot.png", PNG)]).await;
    chat.network.answer_all_with(Some(ErrorResponse::Unavailable));
    chat.visitor.say("Later").await;
    chat.visitor.browser.until("Object.keys(localStorage).some(key => key.includes('/send/'))").await;
    chat.visitor.browser.until("root.querySelectorAll('.unsent .file').length === 2").await;
    screenshot(&chat.visitor, "upload-waiting").await;
    chat.reload().await;
    chat.visitor.browser.until("root.querySelectorAll('.unsent .file').length === 2").await;
    chat.network.answer_all_with(None);
    // The reload may have cut a POST that was under way.
    chat.wait_until_settled_within(RESEND_TIME_MAX).await;
    let wanted = vec![("plan.txt".to_owned(), 18), ("dot.png".to_owned(), PNG.len() as u64)];
    assert_eq!(stored(&chat).await, [("Later".to_owned(), wanted)]);
    wait_until_no_files_are_stored(&chat).await;
    chat.visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pasted_and_dropped_files_can_be_removed_and_cancelled() {
    let chat = TestConversation::start().await;
    let give = |event: &str, target: &str, data: &str| {
        format!(
            "(() => {{ const data = new DataTransfer(); data.items.add(new File(['abc'], '{event}.txt')); \
             root.querySelector('{target}').dispatchEvent(new {event}('{data}', {{ bubbles: true, cancelable: true, \
             clipboardData: data, dataTransfer: data }})); }})()"
        )
    };
    chat.visitor.browser.ask(&give("ClipboardEvent", "textarea", "paste")).await;
    chat.visitor.browser.ask(&give("DragEvent", ".thread", "drop")).await;
    chat.visitor.browser.until("root.querySelectorAll('.picked .file').length === 2").await;
    chat.visitor.find(".picked .tool").await.click().await.unwrap();
    chat.visitor.browser.until("root.querySelectorAll('.picked .file').length === 1").await;
    chat.network.answer_all_with(Some(ErrorResponse::Unavailable));
    chat.visitor.say("Never mind").await;
    chat.visitor.browser.until("root.querySelector('.unsent .link')").await;
    chat.visitor.find(".unsent .link").await.click().await.unwrap();
    chat.visitor
        .browser
        .until("root.querySelector('textarea').value === 'Never mind' && root.querySelector('.picked')")
        .await;
    wait_until_no_files_are_stored(&chat).await;
    chat.network.answer_all_with(None);
    assert_eq!(stored(&chat).await, []);
    assert_eq!(chat.visitor.browser.ask("root.querySelectorAll('.unsent').length").await, json!(0));
    chat.visitor.browser.quit().await;
}

const GONE: &str = "root.querySelector('.failed')?.textContent.includes('no longer on this device')";
const NOTE: &str = "void (window.errors = [], natter.on('error', ({ detail }) => errors.push(detail.name)))";

/// Changes a file's content. Browsers compare the modification time in seconds.
fn change(path: &std::path::Path, content: &str) {
    std::fs::write(path, content).unwrap();
    let later = std::time::SystemTime::now() + std::time::Duration::from_secs(10);
    std::fs::File::options().write(true).open(path).unwrap().set_modified(later).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picked_file_that_changed_or_was_deleted_is_reported_and_not_uploaded() {
    let chat = TestConversation::start().await;
    let browser = &chat.visitor.browser;
    browser.ask(NOTE).await;
    let long = "x".repeat(100_000);
    type Change = fn(&std::path::Path);
    let changes: [(&str, Change); 3] = [
        ("changed", |path| change(path, "other words, and more of them")),
        ("shortened", |path| change(path, "")),
        ("vanished", |path| std::fs::remove_file(path).unwrap()),
    ];
    for (name, apply) in changes {
        let content: &[u8] = if name == "changed" { b"words" } else { long.as_bytes() };
        let folder = pick_in_folder(&chat, &[("plan.txt", content), ("dot.png", PNG)]).await;
        apply(&folder.path().join("plan.txt"));
        chat.visitor.say(name).await;
        browser.until(GONE).await;
        screenshot(&chat.visitor, "upload-gone").await;
        assert_eq!(chat.visitor.browser.ask("errors").await, json!([]), "the device is not to blame");
        // The message is taken back into the composer, and the file removed.
        browser.ask("[...root.querySelectorAll('.failed .link')].at(-1).click()").await;
        browser
            .until(&format!("root.querySelector('textarea').value === '{name}' && !root.querySelector('.failed')"))
            .await;
        browser.until("(root.querySelector('.picked .tool')?.click(), !root.querySelector('.picked'))").await;
        browser.ask("(root.querySelector('textarea').value = '', root.querySelector('textarea').dispatchEvent(new Event('input')), null)").await;
    }
    assert_eq!(stored(&chat).await, []);
    pick(&chat, &[("empty.txt", b""), ("plan.txt", b"The plan is this.")]).await;
    chat.visitor.say("There").await;
    chat.wait_until_settled().await;
    let sizes: Vec<u64> = stored(&chat).await.iter().flat_map(|(_, files)| files.iter().map(|file| file.1)).collect();
    assert!(sizes.contains(&17), "{sizes:?}");
    chat.visitor.browser.quit().await;
}

/// Without storage, the browser reads the file when it is uploaded.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_kept_in_memory_that_is_deleted_before_its_upload_is_reported() {
    let chat = TestConversation::start().await;
    let browser = &chat.visitor.browser;
    browser.ask("void (IDBFactory.prototype.open = () => { throw new DOMException('', 'SecurityError'); })").await;
    chat.network.answer_all_with(Some(ErrorResponse::Unavailable));
    let folder = pick_in_folder(&chat, &[("plan.txt", b"words")]).await;
    chat.visitor.say("Here").await;
    browser.until("Object.keys(localStorage).some(key => key.includes('/send/'))").await;
    browser.until("root.querySelector('.unsent .file')").await;
    std::fs::remove_file(folder.path().join("plan.txt")).unwrap();
    chat.network.answer_all_with(None);
    browser.until_within(std::time::Duration::from_secs(40), GONE).await;
    assert_eq!(stored(&chat).await, []);
    chat.visitor.browser.quit().await;
}

/// Simulates WebKit's private windows: IndexedDB rejects blobs, and after a cursor was open, a `put` never ends.
const NO_BLOBS: &str = "(() => {
  let isCursorOpen = false;
  const { put, openCursor } = IDBObjectStore.prototype;
  const holdsBlob = (value) => value instanceof Blob || (value instanceof Object && !ArrayBuffer.isView(value) && Object.values(value).some(holdsBlob));
  IDBObjectStore.prototype.openCursor = function (...given) {
    isCursorOpen = true;
    return openCursor.apply(this, given);
  };
  IDBObjectStore.prototype.put = function (value, key) {
    if (!holdsBlob(value)) return put.call(this, value, key);
    if (!isCursorOpen) throw new DOMException('BlobURLs are not yet supported', 'DataCloneError');
    const spin = () => (this.get('nothing').onsuccess = spin);
    spin();
    return new EventTarget();
  };
})();";

#[tokio::test(flavor = "multi_thread")]
async fn uploads_are_stored_as_bytes_where_indexed_db_rejects_blobs() {
    let chat = TestConversation::start().await;
    let browser = &chat.visitor.browser;
    browser.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": NO_BLOBS })).await;
    chat.reload().await;
    browser.ask(NOTE).await;
    pick(&chat, &[("one.txt", b"first")]).await;
    chat.visitor.say("One").await;
    chat.wait_until_settled().await;
    // The database exists now, so the page opens a cursor before it writes.
    chat.reload().await;
    browser.ask(NOTE).await;
    pick(&chat, &[("two.txt", b"second, longer"), ("dot.png", PNG)]).await;
    chat.network.answer_all_with(Some(ErrorResponse::Unavailable));
    chat.visitor.say("Two").await;
    browser.until("Object.keys(localStorage).some(key => key.includes('/send/'))").await;
    assert_eq!(browser.ask("errors.filter((name) => name === 'storage-unavailable')").await, json!([]));
    chat.reload().await;
    browser.until("root.querySelectorAll('.unsent .file').length === 2").await;
    chat.network.answer_all_with(None);
    // The reload may have cut a POST that was under way.
    chat.wait_until_settled_within(RESEND_TIME_MAX).await;
    let wanted = [
        ("One".to_owned(), vec![("one.txt".to_owned(), 5)]),
        ("Two".to_owned(), vec![("two.txt".to_owned(), 14), ("dot.png".to_owned(), PNG.len() as u64)]),
    ];
    assert_eq!(stored(&chat).await, wanted);
    wait_until_no_files_are_stored(&chat).await;
    chat.visitor.browser.quit().await;
}
