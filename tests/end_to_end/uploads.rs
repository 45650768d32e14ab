//! Files a visitor sends: real ones, picked and pasted, over networks that break and pages that are left.

use serde_json::{Value, json};

use crate::bad_network::{Fate, Refusal};
use crate::looks::shoot;
use crate::talk::{RESEND_TIME_MAX, Talk};

/// A red dot, 1 by 1.
pub const PNG: &[u8] = &[
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52, 0x00, 0x00, 0x00,
    0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x02, 0x00, 0x00, 0x00, 0x90, 0x77, 0x53, 0xde, 0x00, 0x00, 0x00, 0x0c, 0x49,
    0x44, 0x41, 0x54, 0x08, 0xd7, 0x63, 0xf8, 0xcf, 0xc0, 0x00, 0x00, 0x03, 0x01, 0x01, 0x00, 0x18, 0xdd, 0x8d, 0xb0,
    0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
];

/// Picks real files, by name and content.
pub async fn pick(talk: &Talk, files: &[(&str, &[u8])]) {
    // The browser reads a picked file when it is sent: it has to be there still.
    std::mem::forget(pick_in_folder(talk, files).await);
}

/// The same, in a folder in which they may change, or go.
async fn pick_in_folder(talk: &Talk, files: &[(&str, &[u8])]) -> tempfile::TempDir {
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
    folder
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
    // The reload may have cut a POST.
    talk.until_settled_within(RESEND_TIME_MAX).await;
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
    // Wherever in the panel one lets go of a file, it does not take the place of the page.
    let kept = "['.head', '.composer textarea', '.thread'].map((place) => !root.querySelector(place).dispatchEvent( \
        new DragEvent('dragover', { bubbles: true, cancelable: true })))";
    assert_eq!(talk.visitor.browser.ask(kept).await, json!([true, true, true]));
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

const GONE: &str = "root.querySelector('.failed')?.textContent.includes('no longer on this device')";
const NOTE: &str = "void (window.errors = [], natter.on('error', ({ detail }) => errors.push(detail.name)))";

/// Writes something else into a file. Browsers tell by the second of the change that it is not what was picked.
fn change(path: &std::path::Path, content: &str) {
    std::fs::write(path, content).unwrap();
    let later = std::time::SystemTime::now() + std::time::Duration::from_secs(10);
    std::fs::File::options().write(true).open(path).unwrap().set_modified(later).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picked_file_that_changed_or_vanished_is_told_of_at_once_and_nothing_is_posted() {
    let talk = Talk::begin().await;
    let browser = &talk.visitor.browser;
    browser.ask(NOTE).await;
    let long = "x".repeat(100_000);
    type Deed = fn(&std::path::Path);
    let deeds: [(&str, Deed); 3] = [
        ("changed", |path| change(path, "other words, and more of them")),
        ("shortened", |path| change(path, "")),
        ("vanished", |path| std::fs::remove_file(path).unwrap()),
    ];
    for (name, deed) in deeds {
        let content: &[u8] = if name == "changed" { b"words" } else { long.as_bytes() };
        let folder = pick_in_folder(&talk, &[("plan.txt", content), ("dot.png", PNG)]).await;
        deed(&folder.path().join("plan.txt"));
        talk.visitor.say(name).await;
        browser.until(GONE).await;
        shoot(&talk.visitor, "upload-gone").await;
        assert_eq!(talk.visitor.browser.ask("errors").await, json!([]), "the device is not to blame");
        // It is taken back, words and all, and left out.
        browser.ask("[...root.querySelectorAll('.failed .link')].at(-1).click()").await;
        browser
            .until(&format!("root.querySelector('textarea').value === '{name}' && !root.querySelector('.failed')"))
            .await;
        browser.until("(root.querySelector('.picked .tool')?.click(), !root.querySelector('.picked'))").await;
        browser.ask("(root.querySelector('textarea').value = '', root.querySelector('textarea').dispatchEvent(new Event('input')), null)").await;
    }
    assert_eq!(stored(&talk).await, []);
    pick(&talk, &[("empty.txt", b""), ("plan.txt", b"The plan is this.")]).await;
    talk.visitor.say("There").await;
    talk.until_settled().await;
    let sizes: Vec<u64> = stored(&talk).await.iter().flat_map(|(_, files)| files.iter().map(|file| file.1)).collect();
    assert!(sizes.contains(&17), "{sizes:?}");
    talk.visitor.browser.quit().await;
}

/// Where nothing can be kept, the browser reads the file when it is posted.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_only_memory_keeps_and_that_vanishes_before_its_post_is_told_of_at_once() {
    let talk = Talk::begin().await;
    let browser = &talk.visitor.browser;
    browser.ask("void (IDBFactory.prototype.open = () => { throw new DOMException('', 'SecurityError'); })").await;
    talk.network.refuse_all(Some(Refusal::Unavailable));
    let folder = pick_in_folder(&talk, &[("plan.txt", b"words")]).await;
    talk.visitor.say("Here").await;
    browser.until("Object.keys(localStorage).some(key => key.includes('/send/'))").await;
    browser.until("root.querySelector('.unsent .file')").await;
    std::fs::remove_file(folder.path().join("plan.txt")).unwrap();
    talk.network.refuse_all(None);
    browser.until_within(std::time::Duration::from_secs(40), GONE).await;
    assert_eq!(stored(&talk).await, []);
    talk.visitor.browser.quit().await;
}

/// As WebKit's private windows are: a blob is refused, and never answered for once a cursor was open.
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
async fn a_database_that_refuses_blobs_keeps_files_all_the_same_and_every_upload_arrives() {
    let talk = Talk::begin().await;
    let browser = &talk.visitor.browser;
    browser.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": NO_BLOBS })).await;
    talk.reload().await;
    browser.ask(NOTE).await;
    pick(&talk, &[("one.txt", b"first")]).await;
    talk.visitor.say("One").await;
    talk.until_settled().await;
    // The database is there by now: the page looks through it before anything is written.
    talk.reload().await;
    browser.ask(NOTE).await;
    pick(&talk, &[("two.txt", b"second, longer"), ("dot.png", PNG)]).await;
    talk.network.refuse_all(Some(Refusal::Unavailable));
    talk.visitor.say("Two").await;
    browser.until("Object.keys(localStorage).some(key => key.includes('/send/'))").await;
    assert_eq!(browser.ask("errors.filter((name) => name === 'storage-unavailable')").await, json!([]));
    talk.reload().await;
    browser.until("root.querySelectorAll('.unsent .file').length === 2").await;
    talk.network.refuse_all(None);
    // The reload may have cut a POST.
    talk.until_settled_within(RESEND_TIME_MAX).await;
    let wanted = [
        ("One".to_owned(), vec![("one.txt".to_owned(), 5)]),
        ("Two".to_owned(), vec![("two.txt".to_owned(), 14), ("dot.png".to_owned(), PNG.len() as u64)]),
    ];
    assert_eq!(stored(&talk).await, wanted);
    until_none_is_kept(&talk).await;
    talk.visitor.browser.quit().await;
}
