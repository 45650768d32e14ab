//! Attachments that can't be loaded yet or at all, and the visitor's own, which are shown from local files.

use serde_json::{Value, json};

use crate::conversation_harness::TestConversation;
use crate::multipart::Multipart;
use crate::screenshots::screenshot;
use crate::support::{Reply, Sandbox};
use crate::uploads::{PNG, pick};
use crate::visitor::Visitor;

/// A WAV file: half a second of silence, 8,000 samples a second.
pub fn sound() -> Vec<u8> {
    let samples = vec![0x80; 4_000];
    let mut wav = b"RIFF".to_vec();
    wav.extend((36 + samples.len() as u32).to_le_bytes());
    wav.extend(b"WAVEfmt ");
    wav.extend(16_u32.to_le_bytes());
    for half in [1_u16, 1] {
        wav.extend(half.to_le_bytes());
    }
    for word in [8_000_u32, 8_000] {
        wav.extend(word.to_le_bytes());
    }
    for half in [1_u16, 8] {
        wav.extend(half.to_le_bytes());
    }
    wav.extend(b"data");
    wav.extend((samples.len() as u32).to_le_bytes());
    wav.extend(samples);
    wav
}

/// A picture that the browser has encoded.
async fn picture(visitor: &Visitor) -> Vec<u8> {
    let script = "const done = arguments[0];
        const canvas = Object.assign(document.createElement('canvas'), { width: 200, height: 120 });
        const pen = canvas.getContext('2d');
        pen.fillStyle = '#3a7';
        pen.fillRect(20, 20, 160, 80);
        canvas.toBlob(async (blob) => done([...new Uint8Array(await blob.arrayBuffer())]));";
    bytes(visitor.browser.page.execute_async(script, vec![]).await.expect("a picture").json())
}

fn bytes(list: &Value) -> Vec<u8> {
    list.as_array().unwrap().iter().map(|byte| byte.as_u64().unwrap() as u8).collect()
}

/// A video of a few frames that the browser has recorded.
async fn film(visitor: &Visitor) -> Vec<u8> {
    let script = "const done = arguments[0]; (async () => {
        const canvas = Object.assign(document.createElement('canvas'), { width: 64, height: 48 });
        const pen = canvas.getContext('2d');
        const recorder = new MediaRecorder(canvas.captureStream(25), { mimeType: 'video/webm' });
        const parts = [];
        recorder.ondataavailable = ({ data }) => {
            parts.push(data);
            if (recorder.state === 'recording' && data.size) recorder.stop();
        };
        recorder.onstop = async () => done([...new Uint8Array(await new Blob(parts).arrayBuffer())]);
        let frame = 0;
        const draw = () => {
            pen.fillStyle = `hsl(${frame++ * 20} 80% 50%)`;
            pen.fillRect(0, 0, 64, 48);
            if (recorder.state === 'recording') requestAnimationFrame(draw);
        };
        recorder.start(200);
        draw();
    })()";
    bytes(visitor.browser.page.execute_async(script, vec![]).await.expect("a film").json())
}

/// Sends an agent's message with these files.
pub async fn agent_sends(sandbox: &Sandbox, conversation: i64, files: &[(&str, &str, &[u8])]) -> Value {
    let url = format!("{}/api/v1/accounts/1/conversations/{conversation}/messages", sandbox.base_url);
    let request = reqwest::Client::new().post(url).header("api_access_token", &sandbox.access_token);
    Reply::of(Multipart::attachments(files).on(request).send().await).await.ok()
}

async fn start(late_ms: &str) -> (Sandbox, Visitor, i64) {
    let sandbox = Sandbox::start_with(&["--memory", "--files-late-ms", late_ms]);
    let visitor = Visitor::arrive(&sandbox).await;
    visitor.open().await;
    visitor.say("Hello").await;
    visitor.sees(&["Hello"]).await;
    let conversation = visitor.session().await["conversation"].as_i64().unwrap();
    (sandbox, visitor, conversation)
}

/// The number of elements that have loaded their file (JavaScript).
const PICTURES: &str = "[...root.querySelectorAll('.picture img')].filter((img) => img.naturalWidth && \
                        img.checkVisibility({ opacityProperty: true, visibilityProperty: true })).length";
const PLAYERS: &str = "[...root.querySelectorAll('.playing')].filter((one) => one.readyState >= 1 && \
                       one.checkVisibility()).length";
/// Whether no attachment is shown as missing (JavaScript).
const NOTHING_IS_MISSED: &str = "[...root.querySelectorAll('.gone')].every((gone) => !gone.checkVisibility())";

/// Records whenever an attachment is shown as missing, however briefly.
const WATCH: &str = "(() => { const root = document.querySelector('natter-chat').shadowRoot; window.missed = 0;
    new MutationObserver(() => { missed += [...root.querySelectorAll('.gone')].filter((gone) => \
    gone.checkVisibility()).length; }).observe(root, { attributes: true, childList: true, subtree: true }); })()";

#[tokio::test(flavor = "multi_thread")]
async fn attachments_that_are_stored_after_their_message_are_shown_later() {
    let (sandbox, visitor, conversation) = start("2500").await;
    visitor.browser.ask(WATCH).await;
    let (picture, sound, film) = (picture(&visitor).await, sound(), film(&visitor).await);
    agent_sends(&sandbox, conversation, &[("dot.png", "image/png", &picture)]).await;
    agent_sends(
        &sandbox,
        conversation,
        &[
            ("one.png", "image/png", &picture),
            ("two.png", "image/png", &picture),
            ("beep.wav", "audio/wav", &sound),
            ("film.webm", "video/webm", &film),
        ],
    )
    .await;
    visitor.browser.until("root.querySelectorAll('.picture img').length === 3").await;
    visitor.browser.until("root.querySelector('.picture img[data-failures]')").await;
    screenshot(&visitor, "late-files-waiting").await;
    // The lightbox retries, too.
    visitor.find(".picture").await.click().await.unwrap();
    visitor.browser.until("root.querySelector('dialog img')?.naturalWidth").await;
    visitor.browser.types("\u{e00c}").await;
    visitor.browser.until(&format!("{PICTURES} === 3 && {PLAYERS} === 2")).await;
    assert_eq!(visitor.browser.ask("missed").await, json!(0), "nothing is said to be missing meanwhile");
    assert_eq!(visitor.browser.ask("root.querySelectorAll('[data-failures]').length").await, json!(0));
    screenshot(&visitor, "late-files-there").await;
    visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn own_attachments_are_shown_from_local_files() {
    // So late that only local files can be shown.
    let sandbox = Sandbox::start_with(&["--memory", "--files-late-ms", "3600000"]);
    let chat = TestConversation::start_with(sandbox, |_| ()).await;
    let visitor = &chat.visitor;
    visitor.browser.ask(WATCH).await;
    let (picture, sound, film) = (picture(visitor).await, sound(), film(visitor).await);
    // The server may list them in any order; their sizes tell them apart.
    let files: &[(&str, &[u8])] =
        &[("b.png", &picture), ("beep.wav", &sound), ("film.webm", &film), ("plan.txt", b"A plan")];
    pick(&chat, files).await;
    visitor.browser.until("root.querySelector('.picked .sample')?.naturalWidth").await;
    screenshot(visitor, "own-files-picked").await;
    chat.network.answer_all_with(Some(crate::fault_proxy::ErrorResponse::Unavailable));
    visitor.say("Mine").await;
    visitor.browser.until(&format!("root.querySelector('.unsent') && {PICTURES} === 1 && {PLAYERS} === 2")).await;
    screenshot(visitor, "own-files-unsent").await;
    chat.network.answer_all_with(None);
    chat.wait_until_settled().await;
    visitor.browser.until("!root.querySelector('.unsent') && root.querySelector('.picture')").await;
    visitor.browser.until(&format!("{PICTURES} === 1 && {PLAYERS} === 2")).await;
    let sources = "[...root.querySelectorAll('.picture img, .playing')].map((one) => one.src.split(':')[0])";
    assert_eq!(visitor.browser.ask(sources).await, json!(["blob", "blob", "blob"]));
    assert_eq!(visitor.browser.ask("missed").await, json!(0));
    screenshot(visitor, "own-files-sent").await;
    visitor.browser.quit().await;
}

/// When a picked picture was deleted from disk, the server's copy is shown.
#[tokio::test(flavor = "multi_thread")]
async fn a_local_file_that_changed_is_replaced_by_the_servers_attachment() {
    let chat = TestConversation::start().await;
    let visitor = &chat.visitor;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dot.png");
    std::fs::write(&path, PNG).unwrap();
    visitor.find("[type=file]").await.send_keys(path.to_str().unwrap()).await.unwrap();
    visitor.browser.until("root.querySelector('.picked .sample')?.naturalWidth").await;
    visitor.say("Mine").await;
    chat.wait_until_settled().await;
    visitor.browser.until(&format!("{PICTURES} === 1")).await;
    std::fs::remove_file(&path).unwrap();
    // The browser loads it again, as after it was scrolled out of view and dropped from memory.
    visitor.browser.ask("(root.querySelector('.picture img').src += '#again')").await;
    visitor
        .browser
        .until(&format!("{PICTURES} === 1 && root.querySelector('.picture img').src.startsWith('http')"))
        .await;
    visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_attachment_is_requested_again_after_reconnecting() {
    let sandbox = Sandbox::start_with(&["--no-limits", "--memory"]);
    let chat = TestConversation::start_with(sandbox, |_| ()).await;
    // The message arrives; requests of the file are answered with errors.
    chat.visitor.browser.devtools("Network.enable", json!({})).await;
    let blocked = |patterns: Value| json!({ "urls": patterns });
    chat.visitor.browser.devtools("Network.setBlockedURLs", blocked(json!(["*active_storage*"]))).await;
    let (picture, sound) = (picture(&chat.visitor).await, sound());
    agent_sends(
        &chat.sandbox,
        chat.conversation,
        &[("dot.png", "image/png", &picture), ("beep.wav", "audio/wav", &sound)],
    )
    .await;
    chat.visitor.browser.until("root.querySelectorAll('[data-gone]').length === 2").await;
    let said = "[...root.querySelectorAll('.gone')].filter((gone) => gone.checkVisibility()).length";
    assert_eq!(chat.visitor.browser.ask(said).await, json!(2), "both say so");
    screenshot(&chat.visitor, "files-missing").await;
    chat.visitor.browser.devtools("Network.setBlockedURLs", blocked(json!([]))).await;
    let network =
        |offline: bool| json!({ "offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1 });
    chat.visitor.browser.devtools("Network.emulateNetworkConditions", network(true)).await;
    chat.visitor.browser.until("root.querySelector('.trouble').textContent").await;
    chat.visitor.browser.devtools("Network.emulateNetworkConditions", network(false)).await;
    chat.visitor.browser.until(&format!("{PICTURES} === 1 && {PLAYERS} === 1 && {NOTHING_IS_MISSED}")).await;
    chat.visitor.browser.quit().await;
}
