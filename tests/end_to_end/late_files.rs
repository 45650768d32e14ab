//! Pictures, sounds and films whose message is told before they are in storage, as Chatwoot does; the visitor's own; and
//! those that can't be had at all.

use serde_json::{Value, json};

use crate::looks::shoot;
use crate::multipart::Multipart;
use crate::support::{Reply, Sandbox};
use crate::talk::Talk;
use crate::uploads::{PNG, pick};
use crate::visitor::Visitor;

/// Half a second of silence, 8,000 samples a second.
fn sound() -> Vec<u8> {
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

/// A picture the browser itself painted.
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

/// A film the browser itself recorded, of a few frames.
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

/// An agent's message of these files.
async fn agent_sends(sandbox: &Sandbox, conversation: i64, files: &[(&str, &str, &[u8])]) -> Value {
    let url = format!("{}/api/v1/accounts/1/conversations/{conversation}/messages", sandbox.base_url);
    let request = reqwest::Client::new().post(url).header("api_access_token", &sandbox.access_token);
    Reply::of(Multipart::attachments(files).on(request).send().await).await.ok()
}

async fn begin(late_ms: &str) -> (Sandbox, Visitor, i64) {
    let sandbox = Sandbox::start_with(&["--memory", "--files-late-ms", late_ms]);
    let visitor = Visitor::arrive(&sandbox).await;
    visitor.open().await;
    visitor.say("Hello").await;
    visitor.sees(&["Hello"]).await;
    let conversation = visitor.session().await["conversation"].as_i64().unwrap();
    (sandbox, visitor, conversation)
}

/// What is loaded, by the number of elements.
const PICTURES: &str = "[...root.querySelectorAll('.picture img')].filter((img) => img.naturalWidth && \
                        img.checkVisibility({ opacityProperty: true, visibilityProperty: true })).length";
const PLAYERS: &str = "[...root.querySelectorAll('.playing')].filter((one) => one.readyState >= 1 && \
                       one.checkVisibility()).length";
/// That nothing is said to be missing.
const NOTHING_IS_MISSED: &str = "[...root.querySelectorAll('.gone')].every((gone) => !gone.checkVisibility())";

/// Tells whenever something is said to be missing, however short.
const WATCH: &str = "(() => { const root = document.querySelector('natter-chat').shadowRoot; window.missed = 0;
    new MutationObserver(() => { missed += [...root.querySelectorAll('.gone')].filter((gone) => \
    gone.checkVisibility()).length; }).observe(root, { attributes: true, childList: true, subtree: true }); })()";

#[tokio::test(flavor = "multi_thread")]
async fn files_that_come_after_their_message_are_shown_when_they_are_there() {
    let (sandbox, visitor, conversation) = begin("2500").await;
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
    shoot(&visitor, "late-files-waiting").await;
    // The viewer waits as well.
    visitor.find(".picture").await.click().await.unwrap();
    visitor.browser.until("root.querySelector('dialog img')?.naturalWidth").await;
    visitor.browser.types("\u{e00c}").await;
    visitor.browser.until(&format!("{PICTURES} === 3 && {PLAYERS} === 2")).await;
    assert_eq!(visitor.browser.ask("missed").await, json!(0), "nothing is said to be missing meanwhile");
    assert_eq!(visitor.browser.ask("root.querySelectorAll('[data-failures]').length").await, json!(0));
    shoot(&visitor, "late-files-there").await;
    visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ones_own_files_are_shown_from_this_page_before_and_after_they_are_sent() {
    // So late that whatever is shown is not the server's.
    let sandbox = Sandbox::start_with(&["--memory", "--files-late-ms", "3600000"]);
    let talk = Talk::begin_with(sandbox, |_| ()).await;
    let visitor = &talk.visitor;
    visitor.browser.ask(WATCH).await;
    let (picture, sound, film) = (picture(visitor).await, sound(), film(visitor).await);
    // The server may give them in any order: the sizes say which is which.
    let files: &[(&str, &[u8])] =
        &[("b.png", &picture), ("beep.wav", &sound), ("film.webm", &film), ("plan.txt", b"A plan")];
    pick(&talk, files).await;
    visitor.browser.until("root.querySelector('.picked .sample')?.naturalWidth").await;
    shoot(visitor, "own-files-picked").await;
    talk.network.refuse_all(Some(crate::bad_network::Refusal::Unavailable));
    visitor.say("Mine").await;
    visitor.browser.until(&format!("root.querySelector('.unsent') && {PICTURES} === 1 && {PLAYERS} === 2")).await;
    shoot(visitor, "own-files-unsent").await;
    talk.network.refuse_all(None);
    talk.until_settled().await;
    visitor.browser.until("!root.querySelector('.unsent') && root.querySelector('.picture')").await;
    visitor.browser.until(&format!("{PICTURES} === 1 && {PLAYERS} === 2")).await;
    let sources = "[...root.querySelectorAll('.picture img, .playing')].map((one) => one.src.split(':')[0])";
    assert_eq!(visitor.browser.ask(sources).await, json!(["blob", "blob", "blob"]));
    assert_eq!(visitor.browser.ask("missed").await, json!(0));
    shoot(visitor, "own-files-sent").await;
    visitor.browser.quit().await;
}

/// A picture that the device has no longer, though the page still shows it: the server's is shown.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_changed_on_the_device_gives_way_to_the_servers() {
    let talk = Talk::begin().await;
    let visitor = &talk.visitor;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dot.png");
    std::fs::write(&path, PNG).unwrap();
    visitor.find("[type=file]").await.send_keys(path.to_str().unwrap()).await.unwrap();
    visitor.browser.until("root.querySelector('.picked .sample')?.naturalWidth").await;
    visitor.say("Mine").await;
    talk.until_settled().await;
    visitor.browser.until(&format!("{PICTURES} === 1")).await;
    std::fs::remove_file(&path).unwrap();
    // The browser asks again: as if the picture had been scrolled out of sight, and its memory given up.
    visitor.browser.ask("(root.querySelector('.picture img').src += '#again')").await;
    visitor
        .browser
        .until(&format!("{PICTURES} === 1 && root.querySelector('.picture img').src.startsWith('http')"))
        .await;
    visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_never_comes_is_said_to_be_missing_and_asked_for_when_the_connection_is_back() {
    let sandbox = Sandbox::start_with(&["--no-limits", "--memory"]);
    let talk = Talk::begin_with(sandbox, |_| ()).await;
    // Its message comes by the good network; of the file itself, nothing comes but refusals.
    talk.visitor.browser.devtools("Network.enable", json!({})).await;
    let blocked = |patterns: Value| json!({ "urls": patterns });
    talk.visitor.browser.devtools("Network.setBlockedURLs", blocked(json!(["*active_storage*"]))).await;
    let (picture, sound) = (picture(&talk.visitor).await, sound());
    agent_sends(
        &talk.sandbox,
        talk.conversation,
        &[("dot.png", "image/png", &picture), ("beep.wav", "audio/wav", &sound)],
    )
    .await;
    talk.visitor.browser.until("root.querySelectorAll('[data-gone]').length === 2").await;
    let said = "[...root.querySelectorAll('.gone')].filter((gone) => gone.checkVisibility()).length";
    assert_eq!(talk.visitor.browser.ask(said).await, json!(2), "both say so");
    shoot(&talk.visitor, "files-missing").await;
    talk.visitor.browser.devtools("Network.setBlockedURLs", blocked(json!([]))).await;
    let network =
        |offline: bool| json!({ "offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1 });
    talk.visitor.browser.devtools("Network.emulateNetworkConditions", network(true)).await;
    talk.visitor.browser.until("root.querySelector('.trouble').textContent").await;
    talk.visitor.browser.devtools("Network.emulateNetworkConditions", network(false)).await;
    talk.visitor.browser.until(&format!("{PICTURES} === 1 && {PLAYERS} === 1 && {NOTHING_IS_MISSED}")).await;
    talk.visitor.browser.quit().await;
}
