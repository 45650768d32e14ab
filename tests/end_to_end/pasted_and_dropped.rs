//! What is pasted into the composer and dropped on the panel: files, and texts.

use serde_json::{Value, json};
use thirtyfour::prelude::*;

use crate::screenshots::screenshot;
use crate::support::Sandbox;
use crate::visitor::Visitor;

const FIELD: &str = "root.querySelector('textarea').value";
const PICKED: &str = "[...root.querySelectorAll('.picked .file-name')].map(it => it.textContent)";
/// Whether the overlay for files that are dragged over the panel is shown.
const OVERLAY: &str = "root.querySelector('.dropping') !== null";

/// Writes this to the clipboard, and presses Ctrl+V in the composer.
async fn paste(visitor: &Visitor, items: &str) {
    let picture = "const canvas = document.createElement('canvas'); canvas.width = canvas.height = 2; \
        const png = await new Promise(done => canvas.toBlob(done)); \
        const text = (type, content) => new Blob([content], { type });";
    let write =
        format!("(async () => {{ {picture} await navigator.clipboard.write([new ClipboardItem({items})]); }})()");
    visitor.browser.ask(&write).await;
    let keys = visitor.browser.page.action_chain().key_down(Key::Control).send_keys("v").key_up(Key::Control);
    keys.perform().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn pasted_text_is_inserted_even_if_the_clipboard_has_a_picture_of_it() {
    let sandbox = Sandbox::start(None);
    let visitor = Visitor::arrive(&sandbox).await;
    let permissions = json!({ "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"] });
    visitor.browser.devtools("Browser.grantPermissions", permissions).await;
    visitor.open().await;
    // As Word and Excel do it.
    let office = "{ 'text/plain': text('text/plain', 'Saale\\t2'), 'image/png': png, \
        'text/html': text('text/html', '<table><td>Saale<td>2</table>') }";
    paste(&visitor, office).await;
    visitor.browser.until(&format!("{FIELD} === 'Saale\\t2'")).await;
    assert_eq!(visitor.browser.ask(PICKED).await, json!([]));
    // As browsers copy a picture.
    let picture = "{ 'image/png': png, 'text/html': text('text/html', '<img src=\"https://a.test/\">') }";
    paste(&visitor, picture).await;
    visitor.browser.until("root.querySelectorAll('.picked .file').length === 1").await;
    assert_eq!(visitor.browser.ask(FIELD).await, "Saale\t2");
    visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pasted_files_are_attached_if_the_clipboard_has_their_names_as_text() {
    let sandbox = Sandbox::start(None);
    let visitor = Visitor::arrive(&sandbox).await;
    visitor.open().await;
    let paste = |text: &str, names: &str| {
        format!(
            "(() => {{ const data = new DataTransfer(); data.setData('text/plain', {}); \
             for (const name of {names}) data.items.add(new File(['abc'], name)); \
             return root.querySelector('textarea').dispatchEvent(new ClipboardEvent('paste', \
             {{ bubbles: true, cancelable: true, clipboardData: data }})); }})()",
            json!(text)
        )
    };
    // As file managers do it: names, or paths.
    for (text, names) in [("plan.txt", "['plan.txt']"), ("/home/ana/a.txt\n/home/ana/b.txt", "['a.txt', 'b.txt']")] {
        assert_eq!(visitor.browser.ask(&paste(text, names)).await, false, "{text}");
    }
    visitor.browser.until(&format!("String({PICKED}) === 'plan.txt,a.txt,b.txt'")).await;
    for text in [" ", "See image.png below", "Total\nimage.png"] {
        assert_eq!(visitor.browser.ask(&paste(text, "['image.png']")).await, true, "the browser inserts {text:?}");
    }
    assert_eq!(visitor.browser.ask(PICKED).await.as_array().unwrap().len(), 3);
    visitor.browser.quit().await;
}

/// Something that is dragged over the page, by the browser's own drag events.
struct Drag<'visitor> {
    visitor: &'visitor Visitor,
    data: Value,
    _folder: tempfile::TempDir,
}

impl<'visitor> Drag<'visitor> {
    fn files(visitor: &'visitor Visitor, name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, "abc").unwrap();
        Self { visitor, data: json!({ "items": [], "files": [path], "dragOperationsMask": 1 }), _folder: folder }
    }

    fn text(visitor: &'visitor Visitor, text: &str) -> Self {
        let data = json!({ "items": [{ "mimeType": "text/plain", "data": text }], "dragOperationsMask": 1 });
        Self { visitor, data, _folder: tempfile::tempdir().unwrap() }
    }

    /// One event (`dragEnter`, `dragOver`, `drop`) at the middle of an element, or (`""`) of the page.
    async fn event(&self, kind: &str, place: &str) {
        let middle = "(({ x, y, width, height }) => [x + width / 2, y + height / 2])";
        let place = match place {
            "" => "[innerWidth / 4, innerHeight / 2]".to_owned(),
            place => format!("{middle}(root.querySelector('{place}').getBoundingClientRect())"),
        };
        let place = self.visitor.browser.ask(&place).await;
        let event = json!({ "type": kind, "x": place[0], "y": place[1], "data": self.data });
        self.visitor.browser.devtools("Input.dispatchDragEvent", event).await;
    }

    async fn drop_on(&self, place: &str) {
        for kind in ["dragEnter", "dragOver", "drop"] {
            self.event(kind, place).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_dropped_anywhere_on_the_panel() {
    let sandbox = Sandbox::start(None);
    let visitor = Visitor::arrive(&sandbox).await;
    let browser = &visitor.browser;
    visitor.open().await;
    let url = browser.page.current_url().await.unwrap();
    let dragged = Drag::files(&visitor, "over.txt");
    dragged.event("dragEnter", "").await;
    assert_eq!(browser.ask(OVERLAY).await, false, "beside the panel");
    for place in [".title", ".thread", ".emoji", "textarea", ".composer", ".head"] {
        dragged.event("dragOver", place).await;
        browser.until(OVERLAY).await;
    }
    screenshot(&visitor, "drop-overlay").await;
    dragged.event("dragOver", "").await;
    browser.until(&format!("!({OVERLAY})")).await;

    let mut names = Vec::new();
    for (nth, place) in [".title", ".menu", ".thread", "textarea", ".composer"].into_iter().enumerate() {
        names.push(format!("{nth}.txt"));
        Drag::files(&visitor, &names[nth]).drop_on(place).await;
        browser.until(&format!("String({PICKED}) === '{}'", names.join(","))).await;
        assert_eq!(browser.ask(OVERLAY).await, false, "{place}");
    }
    assert_eq!(browser.page.current_url().await.unwrap(), url);
    assert_eq!(browser.ask(FIELD).await, "");
    browser.quit().await;
}

/// The overlay lies over everything, but events of elements below it can come later, and twice.
#[tokio::test(flavor = "multi_thread")]
async fn the_drop_overlay_stays_while_files_move_within_the_panel() {
    let sandbox = Sandbox::start(None);
    let visitor = Visitor::arrive(&sandbox).await;
    visitor.open().await;
    let events = |events: &[(&str, &str)]| {
        format!(
            "(() => {{ const data = new DataTransfer(); data.items.add(new File(['abc'], 'a.txt')); \
             for (const [type, place] of {}) root.querySelector(place).dispatchEvent(new DragEvent(type, \
             {{ bubbles: true, cancelable: true, composed: true, dataTransfer: data }})); return {OVERLAY}; }})()",
            json!(events)
        )
    };
    for (given, is_shown) in [
        (&[("dragenter", ".head"), ("dragenter", ".title"), ("dragleave", ".head")] as &[_], true),
        (&[("dragenter", ".thread"), ("dragleave", ".title")], true),
        // They leave the window, or the drag is cancelled.
        (&[("dragleave", ".thread")], false),
        (&[("dragenter", ".thread"), ("dragend", ".thread")], false),
    ] {
        assert_eq!(visitor.browser.ask(&events(given)).await, is_shown, "{given:?}");
    }
    visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_can_not_be_taken_are_ignored_and_do_not_replace_the_page() {
    let sandbox = Sandbox::start(None);
    let form = json!({ "fields": [{ "name": "full_name", "type": "name", "required": true }] });
    let visitor = Visitor::arrive_with(&sandbox, &format!("form='{form}'")).await;
    let browser = &visitor.browser;
    visitor.find(".launcher").await.click().await.unwrap();
    browser.until("root.activeElement?.matches('input[autocomplete=name]')").await;
    let url = browser.page.current_url().await.unwrap();
    let pages = browser.page.windows().await.unwrap().len();
    let refuses = async |place: &str| {
        let dragged = Drag::files(&visitor, "plan.txt");
        dragged.event("dragEnter", place).await;
        dragged.event("dragOver", place).await;
        assert_eq!(browser.ask(OVERLAY).await, false, "{place}");
        dragged.event("drop", place).await;
        // A browser that would drop it nevertheless.
        let forced = format!(
            "['dragover', 'drop'].map((type) => {{ const data = new DataTransfer(); \
             data.items.add(new File(['abc'], 'a.txt')); return root.querySelector('{place}').dispatchEvent( \
             new DragEvent(type, {{ bubbles: true, cancelable: true, dataTransfer: data }})); }})"
        );
        assert_eq!(browser.ask(&forced).await, json!([false, false]), "{place}");
        Drag::text(&visitor, "elsewhere").drop_on(".head").await;
    };
    for place in [".intro", ".intro .entry", ".head", ".thread"] {
        refuses(place).await;
    }
    assert_eq!(browser.ask("root.querySelector('.intro .entry').value").await, "");
    Drag::text(&visitor, "Ana").drop_on(".intro .entry").await;
    browser.until("root.querySelector('.intro .entry').value === 'Ana'").await;
    visitor.find(".intro [type=submit]").await.click().await.unwrap();
    browser.until("root.activeElement?.matches('textarea')").await;
    assert_eq!((browser.ask(PICKED).await, browser.ask(FIELD).await), (json!([]), json!("")));
    visitor.say("Hello").await;
    visitor.sees(&["Hello"]).await;

    visitor.find(".menu summary").await.click().await.unwrap();
    visitor.find(".items .item").await.click().await.unwrap();
    browser.until("root.querySelector('.conversation')").await;
    for place in [".conversation", ".head", ".thread"] {
        refuses(place).await;
    }
    visitor.find(".back").await.click().await.unwrap();
    browser.until("!root.querySelector('.composer').hidden").await;
    assert_eq!((browser.ask(PICKED).await, browser.ask(FIELD).await), (json!([]), json!("")));
    assert_eq!(browser.page.current_url().await.unwrap(), url);
    assert_eq!(browser.page.windows().await.unwrap().len(), pages);
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dropped_text_is_inserted_at_the_caret() {
    let sandbox = Sandbox::start(None);
    let visitor = Visitor::arrive(&sandbox).await;
    let browser = &visitor.browser;
    visitor.open().await;
    browser.types("Good morning").await;
    for _ in 0.." morning".len() {
        browser.types(Key::Left).await;
    }
    let dragged = Drag::text(&visitor, " sunny");
    dragged.event("dragEnter", ".thread").await;
    dragged.event("dragOver", ".thread").await;
    assert_eq!(browser.ask(OVERLAY).await, false, "it is for files");
    dragged.event("drop", ".thread").await;
    browser.until(&format!("{FIELD} === 'Good sunny morning'")).await;
    browser.types("!").await;
    assert_eq!(browser.ask(FIELD).await, "Good sunny! morning");
    let draft = "Object.entries(localStorage).find(([key]) => key.endsWith('/draft'))?.[1]";
    assert_eq!(browser.ask(draft).await, "Good sunny! morning");
    Drag::text(&visitor, "Ana: ").drop_on(".title").await;
    browser.until(&format!("{FIELD} === 'Good sunny!Ana:  morning'")).await;
    // Into the field itself it is dropped by the browser, once, where the pointer is.
    Drag::text(&visitor, "here").drop_on("textarea").await;
    browser.until(&format!("{FIELD}.includes('here')")).await;
    assert_eq!(browser.ask(&format!("{FIELD}.split('here').length")).await, 2);
    browser.quit().await;
}
