//! What is pasted into the composer: files, and texts.

use serde_json::json;
use thirtyfour::prelude::*;

use crate::support::Sandbox;
use crate::visitor::Visitor;

const FIELD: &str = "root.querySelector('textarea').value";
const PICKED: &str = "[...root.querySelectorAll('.picked .file-name')].map(it => it.textContent)";

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
