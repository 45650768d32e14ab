//! Before, around and beside the chat: who is there, what is asked first, how one is told of messages, what can be
//! chosen.

use serde_json::{Value, json};
use thirtyfour::prelude::*;

use crate::browser::Browser;
use crate::cable::Cable;
use crate::looks::shoot;
use crate::support::Sandbox;
use crate::visitor::{NOTHING_IS_KEPT, Visitor};

const TITLE: &str = "document.title";
/// Counts the notes that are played, in all pages that listen.
const LISTEN: &str = "(() => { const own = AudioContext.prototype.createOscillator; \
    AudioContext.prototype.createOscillator = function () { \
    localStorage.notes = Number(localStorage.notes ?? 0) + 1; return own.call(this); }; })()";

/// The one conversation there is.
async fn conversation(sandbox: &Sandbox) -> Value {
    let all = sandbox.conversations().await;
    assert_eq!(all.len(), 1);
    all[0].clone()
}

/// Somebody who has written before, on another page of the site by now; the panel was not opened there.
async fn returning(sandbox: &Sandbox, attributes: &str) -> (Visitor, i64) {
    let visitor = Visitor::arrive_with(sandbox, attributes).await;
    visitor.open().await;
    visitor.say("Is the rack in stock?").await;
    visitor.sees(&["Is the rack in stock?"]).await;
    let id = conversation(sandbox).await["id"].as_i64().unwrap();
    visitor.reload().await;
    (visitor, id)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_shows_over_the_closed_bubble_and_in_the_title_until_it_is_read() {
    let sandbox = Sandbox::start(None);
    let (visitor, id) = returning(&sandbox, "").await;
    for text in ["It is,", "two of them.", "Shall I put **one** aside?", "Until Saturday?"] {
        sandbox.agent_replies(id, text).await;
    }
    let browser = &visitor.browser;
    browser.until("root.querySelectorAll('.preview').length === 3").await;
    browser.until(&format!("{TITLE} === \"(4) Somebody's website\"")).await;
    let shown = browser.ask("[...root.querySelectorAll('.preview .excerpt')].map(it => it.textContent)").await;
    assert_eq!(shown, json!(["two of them.", "Shall I put one aside?", "Until Saturday?"]));
    let name = browser.ask("root.querySelector('.launcher').getAttribute('aria-label')").await;
    assert_eq!(name, "Chat, 4 new messages");

    // The site changes its title meanwhile, as such sites do.
    browser.ask("void (document.title = 'Another page')").await;
    browser.until(&format!("{TITLE} === '(4) Another page'")).await;

    visitor.find(".dismiss").await.click().await.unwrap();
    browser.until("root.querySelectorAll('.preview').length === 0").await;
    assert_eq!(browser.ask(TITLE).await, "(4) Another page", "waved away is not read");
    sandbox.agent_replies(id, "Or Monday?").await;
    browser.until("root.querySelector('.preview')").await;
    visitor.find(".preview").await.click().await.unwrap();
    browser.until("root.activeElement?.matches('textarea')").await;
    browser.until(&format!("{TITLE} === 'Another page'")).await;
    assert_eq!(browser.ask("root.querySelectorAll('.preview').length").await, 0);
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_read_on_one_device_is_read_on_the_other() {
    let sandbox = Sandbox::start(None);
    let (one, id) = returning(&sandbox, "").await;
    let kept = one.browser.ask("JSON.stringify({ ...localStorage })").await;
    let other = Visitor::arrive(&sandbox).await;
    let give = format!("void Object.entries(JSON.parse({kept})).forEach(pair => localStorage.setItem(...pair))");
    other.browser.ask(&give).await;
    other.reload().await;
    for visitor in [&one, &other] {
        visitor
            .browser
            .until("(await document.querySelector('natter-chat').diagnostics()).socket_live === 'yes'")
            .await;
    }
    sandbox.agent_replies(id, "It is.").await;
    for visitor in [&one, &other] {
        visitor.browser.until("root.querySelector('.badge').textContent === '1'").await;
    }
    other.open().await;
    one.browser.until("root.querySelector('.badge').hidden").await;
    assert_eq!(one.browser.ask(TITLE).await, "Somebody's website");
    one.browser.quit().await;
    other.browser.quit().await;
}

/// As in WebKit: a context is silent for ever, unless it was made or resumed while a gesture was handled.
const GESTURES_ONLY: &str = "(() => {
  let inGesture = false;
  for (const name of ['pointerdown', 'mousedown', 'click', 'keydown', 'touchend']) addEventListener(name, () => {
    inGesture = true;
    setTimeout(() => inGesture = false);
  }, true);
  const Own = AudioContext, free = new WeakSet();
  const { resume } = Own.prototype;
  window.AudioContext = class extends Own {
    constructor(...given) { super(...given); if (inGesture) free.add(this); else this.suspend(); }
  };
  Own.prototype.resume = function () {
    if (inGesture) free.add(this);
    return free.has(this) ? resume.call(this) : new Promise(() => {});
  };
  const { start } = OscillatorNode.prototype;
  window.notes = [];
  OscillatorNode.prototype.start = function (...given) {
    const { context } = this;
    this.addEventListener('ended', () => notes.push(context.currentTime));
    return start.apply(this, given);
  };
})();";

#[tokio::test(flavor = "multi_thread")]
async fn where_only_a_gesture_unlocks_sound_a_message_that_comes_later_is_heard() {
    let sandbox = Sandbox::start(None);
    let (visitor, id) = returning(&sandbox, "").await;
    let browser = &visitor.browser;
    browser.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": GESTURES_ONLY })).await;
    visitor.reload().await;
    browser.until("(await document.querySelector('natter-chat').diagnostics()).socket_live === 'yes'").await;
    // Anywhere on the page.
    browser.page.find(By::Css("h1")).await.unwrap().click().await.unwrap();
    sandbox.agent_replies(id, "It is.").await;
    browser.until("root.querySelector('.badge').textContent === '1'").await;
    browser.until("notes.length === 2").await;
    // Where one writes; between two sounds nothing runs.
    visitor.reload().await;
    visitor.open().await;
    browser.types("Thank you").await;
    browser.ask("natter.close()").await;
    sandbox.agent_replies(id, "You are welcome.").await;
    browser.until("notes.length === 2").await;
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_site_wants_silence_no_gesture_makes_a_context() {
    let sandbox = Sandbox::start(None);
    let visitor = Visitor::arrive_with(&sandbox, "sound=off").await;
    let browser = &visitor.browser;
    browser.ask("void (window.made = 0, window.AudioContext = class extends AudioContext { constructor() { super(); made += 1; } })").await;
    visitor.open().await;
    visitor.say("Hello").await;
    visitor.sees(&["Hello"]).await;
    assert_eq!(browser.ask("made").await, 0);
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_tabs_one_is_heard_and_none_once_the_visitor_wants_silence() {
    let sandbox = Sandbox::start(None);
    let (visitor, id) = returning(&sandbox, "").await;
    let page = &visitor.browser.page;
    let first = page.window().await.unwrap();
    let url = page.current_url().await.unwrap();
    let second = page.new_tab().await.unwrap();
    page.switch_to_window(second.clone()).await.unwrap();
    page.goto(url.as_str()).await.unwrap();
    visitor.browser.until("root.querySelector('.launcher')").await;
    for tab in [&first, &second] {
        page.switch_to_window(tab.clone()).await.unwrap();
        visitor.browser.ask(LISTEN).await;
        // Before a page is touched, browsers let it make no sound.
        page.find(By::Css("h1")).await.unwrap().click().await.unwrap();
    }
    // By the time the lock is let go, every tab has reached for it.
    let settled = "localStorage.notes && \
                   !(await navigator.locks.query()).held.some(({ name }) => name.includes('arrived'))";
    sandbox.agent_replies(id, "It is.").await;
    for tab in [&first, &second] {
        page.switch_to_window(tab.clone()).await.unwrap();
        visitor.browser.until("root.querySelector('.preview')").await;
    }
    visitor.browser.until(settled).await;
    assert_eq!(visitor.browser.ask("localStorage.notes").await, "2", "two notes, in one of them");

    visitor.open().await;
    visitor.find(".menu summary").await.click().await.unwrap();
    let sound = visitor.find(".switch").await;
    assert_eq!(sound.attr("aria-checked").await.unwrap().as_deref(), Some("true"));
    sound.click().await.unwrap();
    visitor.browser.until("root.querySelector('.switch').getAttribute('aria-checked') === 'false'").await;
    visitor.find(".head > .tool").await.click().await.unwrap();
    sandbox.agent_replies(id, "Both of them.").await;
    for tab in [&first, &second] {
        page.switch_to_window(tab.clone()).await.unwrap();
        visitor.browser.until("root.querySelector('.badge').textContent >= '1'").await;
    }
    sandbox.agent_replies(id, "Really.").await;
    visitor.browser.until("root.querySelector('.badge').textContent >= '2'").await;
    visitor.browser.until(settled).await;
    assert_eq!(visitor.browser.ask("localStorage.notes").await, "2");
    visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_browser_tells_of_an_answer_if_the_visitor_wanted_that() {
    let sandbox = Sandbox::start(None);
    let visitor = Visitor::arrive_with(&sandbox, "notifications").await;
    let browser = &visitor.browser;
    let grant = json!({ "permission": { "name": "notifications" }, "setting": "granted" });
    browser.devtools("Browser.setPermission", grant).await;
    visitor.open().await;
    assert_eq!(browser.ask("root.querySelector('.offer')").await, Value::Null, "there is nothing to wait for yet");
    visitor.say("Is the rack in stock?").await;
    browser.until("root.querySelector('.offer')").await;
    visitor.find(".offer .link").await.click().await.unwrap();
    browser.until("!root.querySelector('.offer')").await;
    let watch = "(() => { const Own = Notification; window.Notification = class extends Own { \
        constructor(title, options) { super(title, options); localStorage.noticed = title + ': ' + options.body; } }; })()";
    browser.ask(watch).await;
    // Another page of the site is in front from now on, without a bubble.
    let there = browser.ask("location.origin + '/playground.css'").await;
    let other = browser.page.new_tab().await.unwrap();
    browser.page.switch_to_window(other).await.unwrap();
    browser.page.goto(there.as_str().unwrap()).await.unwrap();
    let id = conversation(&sandbox).await["id"].as_i64().unwrap();
    let said = sandbox.agent_replies(id, "It is, *two* of them.").await;
    let look =
        "const look = () => localStorage.noticed ? arguments[0](localStorage.noticed) : setTimeout(look, 25); look()";
    let noticed = browser.page.execute_async(look, vec![]).await.unwrap();
    let name = said["sender"]["name"].as_str().unwrap();
    assert_eq!(noticed.json(), &json!(format!("{name}: It is, two of them.")));
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_is_told_when_the_team_is_back_and_a_contact_that_somebody_is_there() {
    let days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"].map(|day| format!("{day} = \"closed\"\n")).concat();
    let demo = include_str!("../../crates/sandbox/src/demo.toml");
    let hours = format!("{demo}working_hours_enabled = true\ntimezone = \"Asia/Tokyo\"\n[inboxes.hours]\n{days}");
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), hours).unwrap();
    let sandbox = Sandbox::start_with(&["--memory", "--config", file.path().to_str().unwrap()]);
    let visitor = Visitor::arrive(&sandbox).await;
    visitor.open().await;
    visitor.browser.until("root.querySelector('.presence')?.textContent === 'Away at the moment'").await;
    assert_eq!(visitor.browser.ask("root.querySelector('.title').textContent").await, "Acme Outfitters");
    assert_eq!(visitor.browser.ask("localStorage.length").await, 0, "looking leaves nothing");

    visitor.say("Anybody?").await;
    visitor.sees(&["Anybody?"]).await;
    let mut agent = Cable::connect(&sandbox.cable_url()).await;
    let people = sandbox.get(&format!("{}/sandbox/people", sandbox.base_url)).await.ok();
    let token = &people[0]["pubsub_token"];
    let who = json!({ "channel": "RoomChannel", "pubsub_token": token, "account_id": 1, "user_id": 1 });
    agent.subscribe(&who.to_string()).await;
    visitor.browser.until("root.querySelector('.presence')?.textContent === 'Online'").await;
    visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_form_is_filled_in_by_keyboard_and_the_team_learns_who_writes() {
    let sandbox = Sandbox::start(None);
    let form = json!({
        "fields": [
            { "name": "full_name", "type": "name", "required": true },
            { "name": "mail", "type": "email", "required": true },
            { "name": "bikes", "type": "number", "label": "How many bicycles?" },
        ],
        "consent": { "text": "I have read [how you work](https://shop.example.test/privacy)", "version": "4" },
    });
    let attributes = format!("page-context form='{form}'").replace('%', "%25").replace('&', "%26").replace('#', "%23");
    let visitor = Visitor::arrive_with(&sandbox, &attributes).await;
    let browser = &visitor.browser;
    visitor.find(".launcher").await.click().await.unwrap();
    browser.until("root.activeElement?.matches('input[autocomplete=name]')").await;
    browser.types("Ana").await;
    browser.types(Key::Tab + "not an address" + Key::Enter).await;
    browser.until("root.querySelector('.entry:user-invalid')").await;
    assert_eq!(browser.ask("root.querySelector('form.composer').hidden").await, true);
    browser.ask("void root.activeElement.select()").await;
    browser.types("ana@example.test" + Key::Tab).await;
    browser.types("2" + Key::Tab + " ").await;
    browser.types(Key::Enter).await;
    browser.until("root.activeElement?.matches('textarea')").await;
    visitor.say("Hello").await;
    visitor.sees(&["Hello"]).await;

    let conversation = conversation(&sandbox).await;
    let id = conversation["meta"]["sender"]["id"].as_i64().unwrap();
    let contact = sandbox.as_agent("GET", &format!("/contacts/{id}"), &Value::Null).await.ok();
    let contact = &contact["payload"];
    let told = &contact["custom_attributes"];
    assert_eq!(
        (&contact["name"], &told["mail"], &told["bikes"]),
        (&json!("Ana"), &json!("ana@example.test"), &json!(2))
    );
    assert_eq!(told["consent_version"], "4");
    assert_eq!(contact["email"], Value::Null, "nobody has shown that this address is theirs");
    let page = conversation["custom_attributes"]["page_url"].as_str().unwrap();
    assert!(page.ends_with("/page"), "without its query: {page}");

    visitor.reload().await;
    visitor.open().await;
    visitor.sees(&["Hello"]).await;
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transcript_is_a_file_of_all_that_was_said() {
    let sandbox = Sandbox::start(None);
    let (visitor, id) = returning(&sandbox, "").await;
    for nth in 1..=45 {
        sandbox.agent_replies(id, &format!("line {nth}")).await;
    }
    visitor.reload().await;
    visitor.open().await;
    let browser = &visitor.browser;
    browser.until("[...root.querySelectorAll('.bubble')].at(-1)?.textContent === 'line 45'").await;
    let watch = "(() => { const own = URL.createObjectURL; \
        URL.createObjectURL = (file) => { window.file = file; return own.call(URL, file); }; })()";
    browser.ask(watch).await;
    visitor.find(".menu summary").await.click().await.unwrap();
    let items =
        "[...root.querySelectorAll('.item')].filter(it => it.textContent.startsWith('Save')).map(it => it.click())";
    browser.ask(items).await;
    browser.until("window.file?.type === 'application/json'").await;
    let saved = browser.ask("window.file.text()").await;
    let saved: Value = serde_json::from_str(saved.as_str().unwrap()).unwrap();
    let said: Vec<&str> = saved.as_array().unwrap().iter().map(|one| one["text"].as_str().unwrap()).collect();
    assert_eq!((said.len(), said[0], said[45]), (46, "Is the rack in stock?", "line 45"));
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_wants_to_be_forgotten_leaves_nothing_behind() {
    let sandbox = Sandbox::start(None);
    let (visitor, _) = returning(&sandbox, "").await;
    visitor.open().await;
    visitor.sees(&["Is the rack in stock?"]).await;
    visitor.find(".menu summary").await.click().await.unwrap();
    visitor.find(".forget summary").await.click().await.unwrap();
    visitor.find(".forget .strong").await.click().await.unwrap();
    visitor.browser.until(&format!("{NOTHING_IS_KEPT} && root.querySelector('.greeting')")).await;
    visitor.say("Hello, I am new here").await;
    visitor.sees(&["Hello, I am new here"]).await;
    assert_eq!(sandbox.conversations().await.len(), 2, "the team keeps what was said, and meets somebody new");
    visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_chooses_the_dark_where_the_site_lets_them() {
    let sandbox = Sandbox::start(None);
    let (visitor, _) = returning(&sandbox, "theme-choice").await;
    visitor.open().await;
    let scheme = "getComputedStyle(document.querySelector('natter-chat')).colorScheme";
    visitor.find(".menu summary").await.click().await.unwrap();
    visitor.find(".choice:last-child").await.click().await.unwrap();
    visitor.browser.until(&format!("{scheme} === 'dark'")).await;
    visitor.reload().await;
    visitor.browser.until(&format!("{scheme} === 'dark'")).await;
    visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prompt_comes_before_any_wasm_and_goes_with_the_first_message() {
    let sandbox = Sandbox::start(None);
    let prompts = json!([
        { "id": "elsewhere", "text": "Not on this page", "url": "https://elsewhere.example.test/*", "seconds": 0 },
        { "id": "help", "text": "May we **help** you [choose](https://a.test)?", "url": "*/page*", "seconds": 0 },
    ]);
    let attributes = format!("prompts='{prompts}'");
    let visitor = Visitor::arrive_with(&sandbox, &attributes).await;
    let browser = &visitor.browser;
    browser.until("root.querySelector('.prompt-card .ask')").await;
    assert_eq!(browser.ask("root.querySelector('.prompt-card .ask').textContent").await, "May we help you choose?");
    let fetched = browser.ask("performance.getEntriesByType('resource').map(one => one.name).join(' ')").await;
    assert!(!fetched.as_str().unwrap().contains(".wasm"), "{fetched}");
    assert_eq!(browser.ask("localStorage.length").await, 0);

    visitor.find(".prompt-card .ask").await.click().await.unwrap();
    browser.until("root.activeElement?.matches('textarea')").await;
    browser.until("root.querySelector('.bubble')?.textContent === 'May we help you choose?'").await;
    // It lies in the thread like anything that was said, and the field under it can be reached.
    let layout = "(({ style, box, field }) => [style.position, box.bottom <= field.top, \
        root.elementFromPoint((field.left + field.right) / 2, (field.top + field.bottom) / 2).localName])(\
        ((row, field) => ({ style: getComputedStyle(row), box: row.getBoundingClientRect(), field: field.getBoundingClientRect() }))(\
        root.querySelector('.bubble').parentElement, root.querySelector('.composer textarea')))";
    assert_eq!(browser.ask(layout).await, json!(["static", true, "textarea"]));
    shoot(&visitor, "prompt-answered").await;
    visitor.say("Yes, please").await;
    visitor.sees(&["May we help you choose?", "Yes, please"]).await;
    let asked = "May we **help** you [choose](https://a.test)?";
    assert_eq!(conversation(&sandbox).await["custom_attributes"]["prompt"], asked);
    visitor.reload().await;
    browser.until("(await document.querySelector('natter-chat').diagnostics()).socket_live === 'yes'").await;
    assert_eq!(
        browser.ask("root.querySelector('.prompt-card')").await,
        Value::Null,
        "whoever has written is left alone"
    );
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prompt_that_was_waved_away_stays_away() {
    let sandbox = Sandbox::start(None);
    let prompts = json!([{ "id": "help", "text": "May we help you choose?", "seconds": 0 }]);
    let visitor = Visitor::arrive_with(&sandbox, &format!("prompts='{prompts}'")).await;
    let browser = &visitor.browser;
    browser.until("root.querySelector('.prompt-card .no')").await;
    visitor.find(".prompt-card .no").await.click().await.unwrap();
    browser.until("!root.querySelector('.prompt-card')").await;
    browser.page.refresh().await.unwrap();
    browser.until("root.querySelector('.launcher')").await;
    let due = "import('/parts/prompts.js').then(() => new Promise(done => setTimeout(done, 0)))";
    browser.ask(due).await;
    assert_eq!(browser.ask("root.querySelector('.prompt-card')").await, Value::Null);
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn prompts_know_their_page_and_their_hour() {
    let sandbox = Sandbox::start(None);
    let visitor = Visitor::arrive(&sandbox).await;
    let asks = [
        ("{ url: '*/bikes*' }", true),
        ("{ url: '*/bikes?' }", false),
        ("{ url: 'https://shop.example.test/bikes/saale' }", true),
        ("{ url: '*.example.test/*saale' }", true),
        ("{ hours: [9, 17] }", true),
        ("{ hours: [17, 9] }", false),
        ("{ hours: [17, 13] }", true),
        ("{ days: [6] }", true),
        ("{ days: [0, 1, 2, 3, 4, 5] }", false),
        ("{}", true),
    ];
    for (prompt, expected) in asks {
        let fits = format!(
            "import('/parts/prompts.js').then(({{ isEligible }}) => \
             isEligible({prompt}, 'https://shop.example.test/bikes/saale', new Date(2026, 10, 21, 12, 30)))"
        );
        assert_eq!(visitor.browser.ask(&fits).await, expected, "{prompt}");
    }
    visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_language_chosen_in_the_menu_is_spoken_at_once_and_on_the_next_page() {
    let sandbox = Sandbox::start(None);
    let visitor = Visitor::arrive_with(&sandbox, "languages='en de xx ar'").await;
    let browser = &visitor.browser;
    visitor.open().await;
    visitor.find(".menu summary").await.click().await.unwrap();
    let names = browser.ask("[...root.querySelectorAll('.items select option')].map(it => it.textContent)").await;
    assert_eq!(names, json!(["English", "Deutsch", "العربية"]));
    let choose = "(() => { const list = root.querySelector('.items select'); list.value = 'de'; \
        list.dispatchEvent(new Event('change', { bubbles: true })); })()";
    browser.ask(choose).await;
    browser.until("root.querySelector('textarea').placeholder === 'Nachricht schreiben'").await;
    assert_eq!(browser.ask("root.querySelector('.panel').lang").await, "de");
    visitor.reload().await;
    visitor.open().await;
    browser.until("root.querySelector('textarea').placeholder === 'Nachricht schreiben'").await;
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_number_gets_its_countrys_code_from_a_list() {
    let sandbox = Sandbox::start(None);
    let form = json!({ "fields": [{ "name": "phone", "type": "phone", "required": true }] });
    let visitor = Visitor::arrive_with(&sandbox, &format!("form='{form}'")).await;
    let browser = &visitor.browser;
    visitor.find(".launcher").await.click().await.unwrap();
    browser.until("root.querySelector('.country')").await;
    let list = "root.querySelector('.country')";
    assert!(browser.ask(&format!("{list}.options.length")).await.as_u64().unwrap() > 150);
    assert_eq!(browser.ask(&format!("{list}.getAttribute('aria-label')")).await, "Country code");
    let choose = format!("(({list}).value = 'DE', {list}.dispatchEvent(new Event('change')), null)");
    browser.ask(&choose).await;
    let number = "root.querySelector('[type=tel]').value";
    assert_eq!(browser.ask(number).await, "+49 ");
    browser.types("341 1234").await;
    assert_eq!(browser.ask(number).await, "+49 341 1234");
    browser.ask(&choose.replace("'DE'", "'FR'")).await;
    assert_eq!(browser.ask(number).await, "+33 341 1234", "the number stays");
    visitor.find(".intro [type=submit]").await.click().await.unwrap();
    browser.until("root.activeElement?.matches('textarea')").await;
    browser.quit().await;
}

/// Shift and Tab together.
async fn back(browser: &Browser) {
    let keys = browser.page.action_chain().key_down(Key::Shift).key_down(Key::Tab).key_up(Key::Tab).key_up(Key::Shift);
    keys.perform().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_chat_by_keyboard_alone() {
    let sandbox = Sandbox::start(None);
    let visitor = Visitor::arrive(&sandbox).await;
    let browser = &visitor.browser;
    // The website has nothing else to go to.
    browser.until("(document.querySelector('natter-chat').focus(), true)").await;
    browser.types(Key::Tab + "").await;
    browser.until("root.activeElement?.matches('.launcher')").await;
    browser.types(Key::Enter + "").await;
    browser.until("root.activeElement?.matches('textarea')").await;
    browser.types("Is the rack in stock?" + Key::Enter).await;
    visitor.sees(&["Is the rack in stock?"]).await;
    let id = conversation(&sandbox).await["id"].as_i64().unwrap();
    sandbox.agent_replies(id, "It is.").await;
    visitor.sees(&["Is the rack in stock?", "It is."]).await;
    // Back over the composer's buttons to the thread, and on to the menu.
    for wanted in [".emoji", ".attach", ".thread"] {
        back(browser).await;
        browser.until(&format!("root.activeElement?.matches('{wanted}')")).await;
    }
    for wanted in [".head > .tool", "summary"] {
        back(browser).await;
        browser.until(&format!("root.activeElement?.matches('{wanted}')")).await;
    }
    browser.types(Key::Enter + "").await;
    browser.until("root.querySelector('.menu').open").await;
    browser.types(Key::Escape + "").await;
    browser.until("!root.querySelector('.menu').open && root.activeElement?.matches('summary')").await;
    browser.types(Key::Escape + "").await;
    browser.until("root.querySelector('.panel').hidden && root.activeElement?.matches('.launcher')").await;
    browser.quit().await;
}
