//! Modules that are loaded on first use (lightbox, emoji picker, recorder), under a strict policy: keyboard use, and that
//! they remove all their elements and listeners.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use thirtyfour::prelude::*;

use crate::support::Sandbox;
use crate::visitor::Visitor;

/// A strict policy that allows pictures and sounds of the page's origin, and requires Trusted Types.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self'; \
                      img-src 'self' data:; require-trusted-types-for 'script'";

/// Records the events that the page receives, and violations of its policy.
const WATCH: &str = "(window.heard = [], window.violations = [],
  addEventListener('keydown', ({ key }) => heard.push(key)),
  addEventListener('securitypolicyviolation', ({ violatedDirective }) => violations.push(violatedDirective)), null)";

/// The accessible name of the focused element (JavaScript).
const FOCUSED: &str = "root.activeElement?.getAttribute('aria-label') ?? root.activeElement?.localName";

/// A visitor with an open chat and the focus in the composer.
async fn strict_page() -> Visitor {
    let policy = utf8_percent_encode(POLICY, NON_ALPHANUMERIC);
    let visitor = Visitor::arrive_to(&format!("base_url=/&inbox=some&policy={policy}")).await;
    visitor.browser.expects_trouble();
    visitor.browser.ask(WATCH).await;
    visitor.open().await;
    visitor.browser.ask("(window.before = [root.children.length, root.adoptedStyleSheets.length], null)").await;
    visitor
}

/// Calls `open` of a module with these arguments, and records when it has closed.
async fn open(visitor: &Visitor, part: &str, arguments: &str) {
    let script = format!(
        "(window.closed_part = false,
          import('/parts/{part}.js').then(({{ open }}) => open({arguments})).then(() => window.closed_part = true), null)"
    );
    visitor.browser.ask(&script).await;
}

/// Asserts that the module has closed and removed everything, and that the page received no event.
async fn left_no_trace(visitor: &Visitor) {
    visitor.browser.until("window.closed_part").await;
    let now = visitor.browser.ask("[root.children.length, root.adoptedStyleSheets.length]").await;
    assert_eq!(now, visitor.browser.ask("before").await);
    assert_eq!(visitor.browser.ask("violations").await, json!([]));
    assert_eq!(visitor.browser.ask("root.querySelector('.panel').hidden").await, json!(false));
}

/// Presses the keys one after the other, and returns the value of an expression after each.
async fn told_after(visitor: &Visitor, keys: &[Key], told: &str) -> Vec<Value> {
    let mut all = Vec::new();
    for key in keys {
        visitor.browser.types(key.clone()).await;
        all.push(visitor.browser.ask(told).await);
    }
    all
}

const LIGHTBOX: &str = "root, {
  pictures: [
    { src: 'data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', alt: 'A dot', name: 'dot.gif' },
    { src: `${location.origin}/gone.png`, alt: 'A frame', name: 'frame.png' },
    { src: `${location.origin}/gone-too.png`, name: 'fork.png' },
  ],
  at: 0,
  labels: {
    close: 'Close', previous: 'Previous', next: 'Next', open: 'Original', picture: 'Picture {number} of {count}',
    broken: 'It is gone',
  },
}";

const PLACE: &str = "root.querySelector('dialog').getAttribute('aria-label')";

#[tokio::test(flavor = "multi_thread")]
async fn the_lightbox_works_by_keyboard() {
    let visitor = strict_page().await;
    open(&visitor, "lightbox", LIGHTBOX).await;
    visitor.browser.until("root.querySelector('dialog:modal img')?.naturalWidth === 1").await;
    assert_eq!(visitor.browser.ask(FOCUSED).await, "Close");
    let shown = "(dialog => [dialog.querySelector('img').alt, dialog.querySelector('img').referrerPolicy,
                   dialog.querySelector('[role=status]').innerText, dialog.querySelector('a').hidden]
                 )(root.querySelector('dialog'))";
    let dot = json!(["A dot", "no-referrer", "dot.gif\nPicture 1 of 3", true]);
    assert_eq!(visitor.browser.ask(shown).await, dot, "what is in the address itself has no page of its own");

    let keys = [Key::Right, Key::Right, Key::Right, Key::Left, Key::Home, Key::End, Key::Left];
    let places = [2, 3, 1, 3, 1, 3, 2].map(|number| format!("Picture {number} of 3"));
    assert_eq!(told_after(&visitor, &keys, PLACE).await, places);
    visitor.browser.until("root.querySelector('dialog .broken')").await;
    let broken = "[root.querySelector('.broken').getAttribute('aria-label'), root.querySelector('.broken').innerText]";
    assert_eq!(visitor.browser.ask(broken).await, json!(["A frame: It is gone", "It is gone"]));
    let original = "(a => [a.getAttribute('aria-label'), new URL(a.href).pathname, a.target, a.rel])
                    (root.querySelector('dialog a'))";
    let opened = json!(["Original", "/gone.png", "_blank", "noopener noreferrer"]);
    assert_eq!(visitor.browser.ask(original).await, opened);

    visitor.browser.types(Key::Escape).await;
    left_no_trace(&visitor).await;
    assert_eq!(visitor.browser.ask("heard").await, json!([]), "its keys are its own");
    assert_eq!(
        visitor.browser.ask(FOCUSED).await,
        visitor.browser.ask("root.querySelector('textarea').ariaLabel").await
    );
    visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lightbox_is_mirrored_and_closed_by_a_click_beside_the_picture() {
    let visitor = strict_page().await;
    visitor.browser.ask("(document.documentElement.dir = 'rtl', null)").await;
    open(&visitor, "lightbox", LIGHTBOX).await;
    visitor.browser.until("root.querySelector('dialog:modal img')").await;
    let places = [2, 1, 3].map(|number| format!("Picture {number} of 3"));
    assert_eq!(told_after(&visitor, &[Key::Left, Key::Right, Key::Right], PLACE).await, places);
    let sides = "root.querySelector('dialog .close').getBoundingClientRect().right < innerWidth / 2
                 && root.querySelector('dialog .forth').getBoundingClientRect().right < innerWidth / 2";
    assert_eq!(visitor.browser.ask(sides).await, json!(true));
    visitor.browser.resize(320, 568).await;
    let sticks_out =
        "[...root.querySelectorAll('dialog *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1
                      || e.getBoundingClientRect().left < -1).map(e => e.className)";
    assert_eq!(visitor.browser.ask(sticks_out).await, json!([]));
    visitor.browser.page.action_chain().move_to(20, 200).click().perform().await.unwrap();
    left_no_trace(&visitor).await;
    visitor.browser.quit().await;
}

/// Arguments for the picker, which opens from a button that is added to the panel.
const PICKER: &str = "((anchor) => (
    anchor.id = 'smile',
    anchor.type = 'button',
    root.querySelector('.field').append(anchor),
    anchor.focus(),
    window.picked ??= [],
    { root, anchor, pick: (emoji) => picked.push(emoji), recent: window.recent ??= [],
      labels: { title: 'Emoji', search: 'Search emoji', none: 'None found', groups: {
        recent: 'Recent', smileys: 'Smileys', people: 'People', nature: 'Nature', food: 'Food', activity: 'Activity',
        travel: 'Travel', objects: 'Objects', symbols: 'Symbols' } } }
  ))(root.getElementById('smile') ?? document.createElement('button'))";

async fn open_picker(visitor: &Visitor) {
    open(visitor, "emoji", PICKER).await;
    visitor.browser.until("root.querySelector('[role=grid] [role=gridcell]')").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emoji_is_found_by_search_words() {
    let visitor = strict_page().await;
    open_picker(&visitor).await;
    assert_eq!(visitor.browser.ask(FOCUSED).await, "Search emoji");
    assert_eq!(visitor.browser.ask("root.getElementById('smile').ariaExpanded").await, "true");
    visitor.browser.types("thank fol").await;
    let found = "[...root.querySelectorAll('[role=gridcell]')].map(cell => [cell.textContent, cell.ariaLabel])";
    assert_eq!(visitor.browser.ask(found).await, json!([["🙏", "folded hands"]]));
    visitor.browser.types("x").await;
    assert_eq!(
        visitor.browser.ask("root.querySelector('.emoji-picker [role=status]').textContent").await,
        "None found"
    );
    visitor.browser.types(Key::Enter).await;
    assert_eq!(visitor.browser.ask("picked").await, json!([]), "there is nothing to pick");
    visitor.browser.types(Key::Backspace + Key::Enter).await;
    left_no_trace(&visitor).await;
    assert_eq!(visitor.browser.ask("[picked, recent]").await, json!([["🙏"], ["🙏"]]));
    assert_eq!(
        visitor.browser.ask("[root.activeElement.id, root.activeElement.ariaExpanded]").await,
        json!(["smile", "false"])
    );

    open_picker(&visitor).await;
    let first = "[root.querySelector('[role=rowgroup]').ariaLabel, root.querySelector('[role=gridcell]').ariaLabel]";
    assert_eq!(visitor.browser.ask(first).await, json!(["Recent", "folded hands"]), "what was used last comes first");
    visitor.browser.types(Key::Escape).await;
    left_no_trace(&visitor).await;
    assert_eq!(visitor.browser.ask("[root.activeElement.id, picked.length]").await, json!(["smile", 1]));
    assert_eq!(visitor.browser.ask("heard").await, json!([]), "what is typed into it is no hotkey of the page's");
    visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_emoji_is_reachable_by_keyboard_and_has_a_name() {
    let visitor = strict_page().await;
    open_picker(&visitor).await;
    let keys = [Key::Tab, Key::Right, Key::Right, Key::Enter, Key::Right, Key::Down, Key::Up, Key::Left, Key::Tab];
    let names = told_after(&visitor, &keys, FOCUSED).await;
    assert_eq!(names[..4], ["Smileys", "People", "Nature", "dog"].map(Value::from));
    assert_eq!((&names[6], &names[7], &names[8]), (&names[4], &json!("dog"), &json!("Search emoji")));
    visitor.browser.types("dog").await;
    assert_eq!(told_after(&visitor, &[Key::Down, Key::Up], FOCUSED).await, ["dog", "Search emoji"]);
    visitor.browser.types(Key::Backspace + Key::Backspace + Key::Backspace).await;

    let cells = "[...root.querySelectorAll('[role=grid] > [role=rowgroup] > [role=row] > [role=gridcell]')]";
    let count = visitor.browser.ask(&format!("{cells}.length")).await.as_u64().unwrap();
    assert!(count > 300, "{count}");
    for each in ["ariaLabel", "textContent"] {
        let own = visitor.browser.ask(&format!("new Set({cells}.map(cell => cell.{each}).filter(Boolean)).size")).await;
        assert_eq!(own, count, "{each}");
    }
    let stops = "root.querySelectorAll('[role=gridcell][tabindex=\"0\"], [role=toolbar] [tabindex=\"0\"]').length";
    assert_eq!(visitor.browser.ask(stops).await, 2, "Tab leads to one cell and to one group");

    visitor.browser.resize(320, 568).await;
    let sticks_out = "(box => box.left < 0 || box.right > innerWidth || box.top < 0 || box.bottom > innerHeight)
                      (root.querySelector('.emoji-picker').getBoundingClientRect())";
    visitor.browser.until(&format!("!{sticks_out}")).await;
    visitor.find("textarea").await.click().await.unwrap();
    left_no_trace(&visitor).await;
    assert_eq!(visitor.browser.ask("root.activeElement.localName").await, "textarea");
    visitor.browser.quit().await;
}

/// Records the microphone's tracks, to check that they are stopped.
pub const LISTEN: &str = "((devices) => {
  const ask = devices.getUserMedia.bind(devices);
  window.given = [];
  devices.getUserMedia = async (wanted) => { const stream = await ask(wanted); given.push(stream); return stream; };
})(navigator.mediaDevices)";

pub const TAKEN_BACK: &str =
    "given.length > 0 && given.every(stream => stream.getTracks().every(track => track.readyState === 'ended'))";

/// The result of a script that calls `record`.
async fn recorded(visitor: &Visitor, script: &str) -> Value {
    let script = format!(
        "(window.result = undefined,
          import('/parts/recorder.js').then(async ({{ record }}) => {{ {script} }})
            .catch((error) => error.message).then((result) => window.result = result ?? 'nothing'), null)"
    );
    visitor.browser.ask(&script).await;
    visitor.browser.until("window.result !== undefined").await;
    visitor.browser.ask("result").await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_recorder_makes_a_file_and_releases_the_microphone() {
    let visitor = strict_page().await;
    visitor.browser.ask(LISTEN).await;
    let file = recorded(
        &visitor,
        "const levels = [];
         const recording = await record({ onlevel: (level, seconds) => levels.push([level, seconds]) });
         while (!levels.some(([level, seconds]) => level > 0 && seconds > 1)) await new Promise(f => setTimeout(f, 50));
         recording.stop();
         const file = await recording.done;
         return [file.name, file.type, file.size > 1000, levels.every(([level]) => level >= 0 && level <= 1)];",
    )
    .await;
    let name = file[0].as_str().unwrap();
    let shape: String = name.chars().map(|letter| if letter.is_ascii_digit() { '0' } else { letter }).collect();
    assert_eq!(shape, "voice-0000-00-00-0000.webm", "{name}");
    assert_eq!(file.as_array().unwrap()[1..], [json!("audio/webm"), json!(true), json!(true)]);
    assert_eq!(visitor.browser.ask(TAKEN_BACK).await, true);

    let cancelled = recorded(&visitor, "const it = await record(); it.cancel(); return [await it.done];").await;
    assert_eq!((cancelled, visitor.browser.ask(TAKEN_BACK).await), (json!([null]), json!(true)));
    let at_the_limit = recorded(&visitor, "return (await (await record({ secondsMax: 0.5 })).done).size > 0").await;
    assert_eq!((at_the_limit, visitor.browser.ask(TAKEN_BACK).await), (json!(true), json!(true)));
    let meanwhile = "const over = new AbortController(); const asked = record({ signal: over.signal }); over.abort();
                     return await asked";
    assert_eq!(recorded(&visitor, meanwhile).await, "cancelled");
    assert_eq!(visitor.browser.ask(TAKEN_BACK).await, true);
    let gone = "const it = await record(); dispatchEvent(new Event('pagehide')); return [await it.done];";
    assert_eq!((recorded(&visitor, gone).await, visitor.browser.ask(TAKEN_BACK).await), (json!([null]), json!(true)));
    assert_eq!(visitor.browser.ask("violations").await, json!([]));
    visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_recorder_rejects_with_the_reason() {
    let visitor = strict_page().await;
    for (name, word) in [
        ("NotAllowedError", "denied"),
        ("NotFoundError", "none"),
        ("NotReadableError", "busy"),
        ("SomethingElseError", "unsupported"),
    ] {
        let script = format!(
            "navigator.mediaDevices.getUserMedia = async () => {{ throw new DOMException('some sentence', '{name}'); }};
             await record()"
        );
        assert_eq!(recorded(&visitor, &script).await, word);
    }
    assert_eq!(recorded(&visitor, "delete window.MediaRecorder; await record()").await, "unsupported");
    visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn composer_modules_work_under_a_strict_policy() {
    let visitor = strict_page().await;
    visitor.browser.types(Key::Tab).await;
    visitor.browser.types(Key::Enter).await;
    visitor.browser.until("root.querySelector('.recording.live .wave i')?.style.getPropertyValue('--level')").await;
    visitor.browser.types(Key::Escape).await;
    visitor.browser.until("!root.querySelector('.recording')").await;
    visitor.find(".emoji").await.click().await.unwrap();
    visitor.browser.until("root.querySelector('[role=gridcell][aria-label=beaming]')").await;
    visitor.find("[role=gridcell][aria-label=beaming]").await.click().await.unwrap();
    visitor.browser.until("root.querySelector('textarea').value === '😁'").await;
    visitor.browser.ask("(window.closed_part = true, null)").await;
    left_no_trace(&visitor).await;
    visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_module_that_arrives_after_the_panel_was_closed_shows_nothing() {
    let sandbox = Sandbox::start(None);
    for (control, shown) in [("Emoji", ".emoji-picker"), ("Record a voice note", ".recording")] {
        let visitor = Visitor::arrive(&sandbox).await;
        visitor.open().await;
        let browser = &visitor.browser;
        // Both in one task: the module is requested, and can't be there yet.
        browser.ask(&format!("(root.querySelector(`[aria-label='{control}']`).click(), natter.close())")).await;
        let is_loaded = "performance.getEntriesByType('resource').some(({ name }) => /(emoji|voice)\\.js/.test(name))";
        browser.until(is_loaded).await;
        // The next use is answered by the same module: by then the first one has been.
        visitor.open().await;
        browser.ask(&format!("void root.querySelector(`[aria-label='{control}']`).click()")).await;
        browser.until(&format!("root.querySelector('{shown}')")).await;
        assert_eq!(browser.ask(&format!("root.querySelectorAll('{shown}').length")).await, 1);
        browser.quit().await;
    }
}
