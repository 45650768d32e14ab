//! The composer: emoji, voice messages, and the length limit.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use thirtyfour::prelude::*;

use crate::lazy_modules::{LISTEN, TAKEN_BACK};
use crate::screenshots::screenshot;
use crate::support::Sandbox;
use crate::visitor::Visitor;

/// The text, the caret's position, and the focused element.
const WRITTEN: &str =
    "(field => [field.value, field.value.slice(0, field.selectionStart), root.activeElement?.localName])
                       (root.querySelector('textarea'))";

const DRAFT: &str = "Object.entries(localStorage).find(([key]) => key.endsWith('/draft'))?.[1]";

const STICKS_OUT: &str = "[...root.querySelectorAll('.panel *, .emoji-picker *')].filter(it => {
  const box = it.getBoundingClientRect();
  return box.width > 1 && (box.right > innerWidth + 1 || box.left < -1) && !it.closest('.wave');
}).map(it => it.className)";

/// Takes screenshots in both themes; the element `again`, if any, is clicked before each.
async fn looks_well(visitor: &Visitor, name: &str, again: Option<&str>) {
    for (scheme, direction, width, height) in [
        ("light", "ltr", 1100, 820),
        ("dark", "ltr", 1100, 820),
        ("light", "rtl", 1100, 820),
        ("dark", "ltr", 320, 568),
    ] {
        visitor.browser.prefer(scheme).await;
        visitor.browser.resize(width, height).await;
        visitor.browser.ask(&format!("(document.documentElement.dir = '{direction}', null)")).await;
        if let Some(again) = again {
            visitor.find(again).await.click().await.unwrap();
        }
        screenshot(visitor, &format!("{name}-{scheme}-{direction}-{width}")).await;
        assert_eq!(visitor.browser.ask(STICKS_OUT).await, json!([]), "{name} at {width}");
        if let Some(again) = again {
            visitor.find(again).await.click().await.unwrap();
        }
    }
    visitor.browser.prefer("light").await;
    visitor.browser.resize(1100, 820).await;
    visitor.browser.ask("(document.documentElement.dir = 'ltr', null)").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emoji_is_inserted_at_the_caret_by_mouse_and_keyboard() {
    let sandbox = Sandbox::start(None);
    let visitor = Visitor::arrive(&sandbox).await;
    visitor.open().await;
    visitor.browser.types("Good morning").await;
    for _ in 0.." morning".len() {
        visitor.browser.types(Key::Left).await;
    }
    assert_eq!(visitor.browser.ask(WRITTEN).await, json!(["Good morning", "Good", "textarea"]));

    visitor.find(".emoji").await.click().await.unwrap();
    visitor.browser.until("root.activeElement?.matches('.emoji-picker [type=search]')").await;
    visitor.find("[role=gridcell][aria-label=beaming]").await.click().await.unwrap();
    visitor.browser.until("!root.querySelector('.emoji-picker')").await;
    assert_eq!(visitor.browser.ask(WRITTEN).await, json!(["Good😁 morning", "Good😁", "textarea"]));
    assert_eq!(visitor.browser.ask(DRAFT).await, "Good😁 morning", "the draft has it");

    visitor
        .browser
        .page
        .action_chain()
        .key_down(Key::Shift)
        .send_keys(Key::Tab)
        .key_up(Key::Shift)
        .perform()
        .await
        .unwrap();
    assert_eq!(visitor.browser.ask("root.activeElement.getAttribute('aria-label')").await, "Emoji");
    visitor.browser.types(Key::Enter).await;
    visitor.browser.until("root.activeElement?.matches('.emoji-picker [type=search]')").await;
    visitor.browser.types("hello").await;
    // With Shift the picker stays open.
    let more = visitor.browser.page.action_chain().key_down(Key::Shift).send_keys(Key::Enter).key_up(Key::Shift);
    more.perform().await.unwrap();
    visitor.browser.until("root.querySelector('textarea').value === 'Good😁👋 morning'").await;
    assert_eq!(visitor.browser.ask("root.activeElement.type").await, "search");
    visitor.browser.types(Key::Enter).await;
    visitor.browser.until("!root.querySelector('.emoji-picker')").await;
    visitor.browser.types("!").await;
    assert_eq!(visitor.browser.ask(WRITTEN).await, json!(["Good😁👋👋! morning", "Good😁👋👋!", "textarea"]));
    visitor.say("").await;
    visitor.sees(&["Good😁👋👋! morning"]).await;

    looks_well(&visitor, "composer-emoji", Some(".emoji")).await;
    visitor.find(".emoji").await.click().await.unwrap();
    visitor.browser.until("root.querySelector('.emoji-picker')").await;
    visitor.browser.types(Key::Escape).await;
    visitor.browser.until("!root.querySelector('.emoji-picker')").await;
    assert_eq!(visitor.browser.ask("root.querySelector('.panel').hidden").await, json!(false));

    visitor.find("textarea").await.send_keys("Thanks").await.unwrap();
    visitor.find(".emoji").await.click().await.unwrap();
    visitor.browser.until("root.querySelector('[role=gridcell][aria-label=beaming]')").await;
    visitor.find("[role=gridcell][aria-label=beaming]").await.click().await.unwrap();
    visitor.browser.until("!root.querySelector('.emoji-picker')").await;
    assert_eq!(visitor.browser.ask(WRITTEN).await, json!(["Thanks😁", "Thanks😁", "textarea"]));
    let undo = visitor.browser.page.action_chain().key_down(Key::Control).send_keys("z").key_up(Key::Control);
    undo.perform().await.unwrap();
    assert_ne!(visitor.browser.ask(WRITTEN).await[0], "Thanks😁", "what was picked can be undone like what was typed");
    visitor.browser.quit().await;
}

const RECORDING: &str = "root.querySelector('.recording.live time')?.textContent === '0:01'";

#[tokio::test(flavor = "multi_thread")]
async fn a_voice_message_is_recorded_sent_and_played() {
    let sandbox = Sandbox::start(None);
    let visitor = Visitor::arrive(&sandbox).await;
    visitor.browser.ask(LISTEN).await;
    visitor.open().await;
    let microphone = "[aria-label='Record a voice note']";
    screenshot(&visitor, "composer-empty").await;

    // By keyboard: the microphone button is the last control, and the stop button gets the focus.
    visitor.browser.types(Key::Tab).await;
    visitor.browser.types(Key::Enter).await;
    visitor.browser.until(RECORDING).await;
    looks_well(&visitor, "composer-recording", None).await;
    visitor.browser.types(Key::Escape).await;
    visitor.browser.until("!root.querySelector('.recording') && root.activeElement?.matches('textarea')").await;
    assert_eq!(
        visitor.browser.ask("root.querySelector('.panel').hidden").await,
        json!(false),
        "only the recording ends"
    );
    assert_eq!(visitor.browser.ask("root.querySelectorAll('.picked .file').length").await, 0);
    visitor.browser.until(TAKEN_BACK).await;

    visitor.find(microphone).await.click().await.unwrap();
    visitor.browser.until("root.querySelector('.recording.live')").await;
    visitor.find(".launcher").await.click().await.unwrap();
    visitor.browser.until("!root.querySelector('.recording')").await;
    visitor.browser.until(TAKEN_BACK).await;
    visitor.open().await;

    visitor.find(microphone).await.click().await.unwrap();
    visitor.browser.until(RECORDING).await;
    visitor.find(".recording .send").await.click().await.unwrap();
    visitor
        .browser
        .until("root.querySelectorAll('.picked .file').length === 1 && !root.querySelector('.recording')")
        .await;
    visitor.browser.until(TAKEN_BACK).await;
    assert_eq!(
        visitor.browser.ask(&format!("root.querySelector(`{microphone}`)")).await,
        Value::Null,
        "now it is to be sent"
    );
    screenshot(&visitor, "composer-recorded").await;
    visitor.find(".send").await.click().await.unwrap();
    visitor
        .browser
        .until("!root.querySelector('.unsent') && root.querySelector('audio.playing')?.readyState > 0")
        .await;
    screenshot(&visitor, "composer-heard").await;

    let conversation = visitor.session().await["conversation"].as_i64().unwrap();
    let stored = sandbox.messages(conversation).await;
    let file = &stored[0]["attachments"][0];
    assert_eq!((stored.len(), &file["file_type"]), (1, &json!("audio")));
    assert!(file["file_size"].as_u64().unwrap() > 1_000, "{file}");
    assert_eq!(visitor.browser.ask("root.adoptedStyleSheets.length").await, 2, "it leaves nothing");
    visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn voice_messages_are_not_offered_when_permissions_policy_forbids_the_microphone() {
    let sandbox = Sandbox::start(None);
    let (base_url, inbox) = (&sandbox.base_url, &sandbox.inbox_identifier);
    for (policy, offered) in [("microphone=()", 0), ("microphone=(self), camera=()", 1)] {
        let policy = utf8_percent_encode(policy, NON_ALPHANUMERIC);
        let visitor =
            Visitor::arrive_to(&format!("base_url={base_url}&inbox={inbox}&attributes=&permissions={policy}")).await;
        visitor.open().await;
        let buttons = "root.querySelectorAll('.field button[aria-label=\"Record a voice note\"]').length";
        assert_eq!(visitor.browser.ask(buttons).await, json!(offered), "{policy}");
        assert_eq!(visitor.browser.ask("root.querySelectorAll('.field .send').length").await, json!(1 - offered));
        visitor.browser.quit().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_denied_microphone_permission_is_explained() {
    let sandbox = Sandbox::start(None);
    let visitor = Visitor::arrive(&sandbox).await;
    visitor.open().await;
    let refuse = "(navigator.mediaDevices.getUserMedia = () => new Promise((_, refuse) => window.refuse = () => \
                  refuse(new DOMException('no', 'NotAllowedError'))), null)";
    visitor.browser.ask(refuse).await;
    visitor.browser.types(Key::Tab).await;
    visitor.browser.types(Key::Enter).await;
    visitor.browser.until("window.refuse && root.querySelector('.recording')").await;
    assert_eq!(visitor.browser.ask("root.querySelector('.recording .send').disabled").await, json!(true));
    screenshot(&visitor, "composer-asking").await;
    visitor.browser.ask("window.refuse()").await;
    let told = "[...root.querySelectorAll('.problem[role=alert]')].map(it => it.textContent).join('')";
    visitor.browser.until(&format!("({told}).startsWith('Microphone access is blocked')")).await;
    assert_eq!(visitor.browser.ask("root.activeElement.localName").await, "textarea");
    looks_well(&visitor, "composer-refused", None).await;
    visitor.browser.types("Then I write").await;
    assert_eq!(visitor.browser.ask(told).await, "", "it is told until one goes on");
    visitor.say("").await;
    visitor.sees(&["Then I write"]).await;
    visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_composer_counts_down_the_remaining_characters() {
    let sandbox = Sandbox::start(None);
    let visitor = Visitor::arrive(&sandbox).await;
    visitor.open().await;
    let paste = "(field => (field.value = 'ab '.repeat(49_832) + 'ab', field.dispatchEvent(new Event('input')), null))
                 (root.querySelector('textarea'))";
    visitor.browser.ask(paste).await;
    let told = "[root.querySelector('.counter')?.textContent, root.querySelector('.composer > .spoken').textContent]";
    visitor.browser.types("x").await;
    assert_eq!(visitor.browser.ask(told).await, json!([null, ""]), "501 are many");
    visitor.browser.types("y").await;
    let at_most = |count| format!("You have up to {count} characters left.");
    assert_eq!(visitor.browser.ask(told).await, json!(["Characters left: 500", at_most(500)]));
    visitor.browser.types("z").await;
    assert_eq!(visitor.browser.ask(told).await, json!(["Characters left: 499", at_most(500)]), "ears hear nothing new");
    looks_well(&visitor, "composer-counter", None).await;
    let more = "(field => (field.value += 'x'.repeat(510), field.dispatchEvent(new Event('input')), null))
                (root.querySelector('textarea'))";
    visitor.browser.ask(more).await;
    visitor.browser.until("root.querySelector('.counter.exceeded')?.textContent === 'Characters left: -11'").await;
    screenshot(&visitor, "composer-over").await;
    visitor.browser.types(Key::Enter).await;
    visitor.browser.until("root.querySelector('.problem').textContent.includes('too long')").await;
    assert_eq!(visitor.browser.ask("root.querySelector('.counter').textContent").await, "Characters left: -11");
    visitor.browser.quit().await;
}

async fn type_three_lines(visitor: &Visitor) {
    let browser = &visitor.browser;
    browser.types("one").await;
    for line in ["two", "three"] {
        let keys = browser.page.action_chain().key_down(Key::Shift).send_keys(Key::Enter).key_up(Key::Shift);
        keys.send_keys(line).perform().await.unwrap();
    }
}

/// The field's height in lines, and whether all of its text is visible.
const LINES: &str = "(field => [Math.round((field.clientHeight - 14) / 22), field.scrollHeight <= field.clientHeight]) \
    (root.querySelector('textarea'))";

#[tokio::test(flavor = "multi_thread")]
async fn the_field_is_as_high_as_its_text_after_a_reload_and_in_another_width() {
    let sandbox = Sandbox::start(None);
    let (visitor, _) = Visitor::returning(&sandbox, "").await;
    let browser = &visitor.browser;
    for sizes_by_itself in [true, false] {
        let draft = "root.querySelector('textarea')?.value.startsWith('one')";
        if sizes_by_itself {
            visitor.open().await;
            type_three_lines(&visitor).await;
            browser.until("Object.keys(localStorage).some(key => key.endsWith('/draft'))").await;
        }
        visitor.reload().await;
        // The draft is there before the panel is opened.
        browser.until(draft).await;
        if !sizes_by_itself {
            // As browsers without `field-sizing`.
            let fixed = "(() => { const sheet = new CSSStyleSheet(); sheet.replaceSync('.input { field-sizing: fixed }'); \
                root.adoptedStyleSheets.push(sheet); })()";
            browser.ask(fixed).await;
        }
        visitor.open().await;
        assert_eq!(browser.ask(LINES).await, json!([3, true]), "{sizes_by_itself}");
        browser.types(" a long line, which needs more room in a narrow panel").await;
        browser.until(&format!("String({LINES}) === '4,true'")).await;
        browser.resize(320, 568).await;
        browser.until(&format!("({LINES})[0] > 4 && ({LINES})[1]")).await;
        browser.resize(1100, 820).await;
        browser.until(&format!("String({LINES}) === '4,true'")).await;
        // Six lines at most.
        browser.types(" and more".repeat(40)).await;
        browser.until(&format!("String({LINES}) === '6,false'")).await;
        browser.ask("root.querySelector('textarea').select()").await;
        browser.types(Key::Delete).await;
        browser.until(&format!("String({LINES}) === '1,true'")).await;
        type_three_lines(&visitor).await;
        browser.until(&format!("String({LINES}) === '3,true'")).await;
    }
    visitor.say("").await;
    browser.until(&format!("String({LINES}) === '1,true'")).await;
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_many_picked_files_shows_that_it_scrolls() {
    let sandbox = Sandbox::start(None);
    let visitor = Visitor::arrive(&sandbox).await;
    let browser = &visitor.browser;
    visitor.open().await;
    let pick = |count: usize| {
        format!(
            "(() => {{ const data = new DataTransfer(); for (let nth = 0; nth < {count}; nth++) \
             data.items.add(new File(['abc'], `plan ${{nth}}.txt`)); root.querySelector('textarea').dispatchEvent( \
             new ClipboardEvent('paste', {{ bubbles: true, cancelable: true, clipboardData: data }})); }})()"
        )
    };
    // How much is visible of the first file that is not whole.
    let cut = "(list => [...list.children].map(it => Math.min(1, Math.max(0, (list.bottom - it.top) / it.height))) \
        .find(part => part < 1))((list => ({ bottom: list.getBoundingClientRect().bottom, \
        children: [...list.children].map(it => it.getBoundingClientRect()) }))(root.querySelector('.picked')))";
    browser.ask(&pick(3)).await;
    browser.until("root.querySelectorAll('.picked .file').length === 3").await;
    assert_eq!(browser.ask(cut).await, Value::Null, "three are visible");
    browser.ask(&pick(2)).await;
    browser.until("root.querySelectorAll('.picked .file').length === 5").await;
    for (is_touched, size) in [(false, (1100, 820)), (true, (390, 780))] {
        let touch = json!({ "enabled": is_touched });
        browser.devtools("Emulation.setTouchEmulationEnabled", touch).await;
        browser.resize(size.0, size.1).await;
        let part = browser.ask(cut).await.as_f64().unwrap();
        assert!((0.25..0.75).contains(&part), "{part} at {size:?}");
    }
    screenshot(&visitor, "composer-many-files").await;
    browser.quit().await;
}
