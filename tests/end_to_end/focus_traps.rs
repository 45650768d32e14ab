//! Pages that trap the focus in a dialog (Bootstrap's modal, focus-trap, others) or prevent copying: writing, clicking,
//! copying and scrolling must work in the chat.

use serde_json::{Value, json};
use thirtyfour::prelude::*;

use crate::site::tag;
use crate::support::Sandbox;
use crate::visitor::Visitor;

async fn arrive(html: &str) -> Visitor {
    let visitor = Visitor::arrive_at_page(html, None).await;
    visitor.browser.until("root.querySelector('.launcher')").await;
    visitor
}

/// Presses a key while another is held.
async fn chord(visitor: &Visitor, held: Key, pressed: impl Into<char>) {
    let keys = visitor.browser.page.action_chain().key_down(held.clone()).send_keys(pressed.into().to_string());
    keys.key_up(held).perform().await.unwrap();
}

/// Opens the chat, writes, and uses its controls by mouse and keyboard.
async fn writes(visitor: &Visitor, sandbox: &Sandbox) {
    let browser = &visitor.browser;
    visitor.open().await;
    visitor.find("textarea").await.click().await.unwrap();
    browser.types("by keyboard").await;
    browser.until("root.activeElement?.matches('textarea') && root.activeElement.value === 'by keyboard'").await;
    browser.types(Key::Enter + "").await;
    visitor.sees(&["by keyboard"]).await;
    let id = sandbox.conversations().await[0]["id"].as_i64().unwrap();
    sandbox.agent_replies(id, "seen").await;
    visitor.sees(&["by keyboard", "seen"]).await;
    // A button, and the menu that it opens.
    visitor.find(".emoji").await.click().await.unwrap();
    browser.until("root.activeElement?.matches('[type=search], [role=gridcell], input')").await;
    browser.types("rocket").await;
    browser.until("root.querySelector('[role=gridcell]')?.textContent === '🚀'").await;
    browser.types(Key::Enter + "").await;
    browser.until("root.activeElement?.matches('textarea') && root.activeElement.value.includes('🚀')").await;
    // Tab moves the focus within the chat.
    chord(visitor, Key::Shift, Key::Tab).await;
    browser.until("root.activeElement && !root.activeElement.matches('textarea')").await;
    browser.types(Key::Tab + "").await;
    browser.until("root.activeElement?.matches('textarea')").await;
}

/// Escape closes the chat while the focus is in it; then the page receives Escape again.
async fn leaves(visitor: &Visitor, dialog_is_open: &str) {
    let browser = &visitor.browser;
    browser.types(Key::Escape + "").await;
    browser.until("!natter.isOpen").await;
    assert_eq!(browser.ask(dialog_is_open).await, true, "Esc in the chat is none of the dialog's business");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_composer_works_while_a_bootstrap_modal_is_open() {
    let sandbox = Sandbox::start(None);
    let modal = "<link rel=stylesheet href=/libraries/bootstrap/bootstrap/dist/css/bootstrap.css>\
        <script src=/libraries/bootstrap/bootstrap/dist/js/bootstrap.bundle.js></script>\
        <div class=modal id=modal tabindex=-1><div class=modal-dialog><div class=modal-content><input id=inside></div></div></div>\
        <script>window.modal = new bootstrap.Modal('#modal'); modal.show()</script>";
    let visitor = arrive(&[&*tag(&sandbox, ""), modal].concat()).await;
    visitor.browser.until("document.activeElement.id === 'modal'").await;
    writes(&visitor, &sandbox).await;
    leaves(&visitor, "document.querySelector('#modal').classList.contains('show')").await;
    // The trap still works for the page.
    visitor.browser.ask("void (document.body.insertAdjacentHTML('beforeend', '<input id=outside>'), document.querySelector('#outside').focus())").await;
    visitor.browser.until("document.activeElement.closest('#modal')").await;
    visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_composer_works_while_focus_trap_is_active() {
    let sandbox = Sandbox::start(None);
    let trap = "<script src=/libraries/focus_trap/tabbable/dist/index.umd.js></script>\
        <script src=/libraries/focus_trap/focus-trap/dist/focus-trap.umd.js></script>\
        <div id=dialog><button id=first>First</button><input></div>\
        <script>window.trap = focusTrap.createFocusTrap('#dialog'); trap.activate()</script>";
    let visitor = arrive(&[&*tag(&sandbox, ""), trap].concat()).await;
    visitor.browser.until("document.activeElement.id === 'first'").await;
    writes(&visitor, &sandbox).await;
    leaves(&visitor, "trap.active").await;
    visitor.browser.quit().await;
}

/// A trap by a capturing `focus` listener at the body, as a11y-dialog and others have it.
#[tokio::test(flavor = "multi_thread")]
async fn the_composer_works_with_a_trap_that_captures_focus_events() {
    let sandbox = Sandbox::start(None);
    let trap = "<div id=dialog><button id=first>First</button></div><script>
        for (const type of ['focus', 'focusin', 'blur', 'focusout']) document.body.addEventListener(type, ({ target }) => {
          if (target.nodeType === 1 && !target.closest('#dialog')) document.querySelector('#first').focus();
        }, true);
        </script>";
    let visitor = arrive(&[&*tag(&sandbox, ""), trap].concat()).await;
    writes(&visitor, &sandbox).await;
    leaves(&visitor, "true").await;
    visitor.browser.quit().await;
}

/// The ways in which pages prevent copying: handlers that prevent, stop, or return false.
const GUARDS: &str = "<style>* { user-select: none !important; -webkit-user-select: none !important }</style><script>
    const types = ['mousedown', 'mouseup', 'pointerdown', 'click', 'touchstart', 'touchmove', 'contextmenu', 'selectstart', 'copy', 'cut',
      'paste', 'dragstart', 'drop', 'dragover', 'beforeinput', 'wheel', 'keydown', 'keypress'];
    const refuse = (event) => {
      if (event.target.closest?.('natter-chat')) { event.preventDefault(); event.returnValue = false; event.stopPropagation(); event.stopImmediatePropagation(); }
    };
    for (const type of types) for (const isCapture of [true, false]) {
      document.addEventListener(type, refuse, { capture: isCapture, passive: false });
      document.documentElement.addEventListener(type, refuse, { capture: isCapture, passive: false });
    }
    for (const type of ['mousedown', 'contextmenu', 'selectstart', 'copy', 'cut', 'paste', 'dragstart', 'keydown']) {
      document['on' + type] = document.body['on' + type] = () => false;
    }
  </script>";

#[tokio::test(flavor = "multi_thread")]
async fn the_chat_works_on_a_page_that_prevents_copying() {
    let sandbox = Sandbox::start(None);
    let visitor = arrive(&[GUARDS, &tag(&sandbox, "")].concat()).await;
    let browser = &visitor.browser;
    writes(&visitor, &sandbox).await;
    // Cut and paste, twice.
    chord(&visitor, Key::Control, 'a').await;
    browser.types("copied".to_owned()).await;
    chord(&visitor, Key::Control, 'a').await;
    chord(&visitor, Key::Control, 'x').await;
    browser.until("root.querySelector('textarea').value === ''").await;
    chord(&visitor, Key::Control, 'v').await;
    chord(&visitor, Key::Control, 'v').await;
    browser.until("root.querySelector('textarea').value === 'copiedcopied'").await;
    // Selecting a text by mouse.
    let bubbles = visitor.find(".own .bubble").await.rect().await.unwrap();
    let (left, middle) = ((bubbles.x + 12.0) as i64, (bubbles.y + bubbles.height / 2.0) as i64);
    let action = browser.page.action_chain().move_to(left, middle).click_and_hold();
    action.move_by_offset(bubbles.width as i64 - 20, 0).release().perform().await.unwrap();
    let selected = "(root.getSelection?.() ?? getSelection()).toString().length > 3";
    browser.until(selected).await;
    // The context menu is the browser's.
    browser.ask("void root.addEventListener('contextmenu', (event) => setTimeout(() => window.isPrevented = event.defaultPrevented))").await;
    browser.page.action_chain().move_to(left, middle).context_click().perform().await.unwrap();
    browser.until("window.isPrevented === false").await;
    browser.quit().await;
}

/// The page receives clicks in the chat, and no keystrokes.
#[tokio::test(flavor = "multi_thread")]
async fn the_page_receives_clicks_but_no_keystrokes_of_the_chat() {
    let sandbox = Sandbox::start(None);
    let page = "<script>window.heard = []; for (const type of ['click', 'keydown', 'keyup', 'keypress', 'paste', 'focusin']) {
        document.addEventListener(type, () => heard.push(type), true); document.addEventListener(type, () => heard.push(type)); }</script>";
    let visitor = arrive(&[page, &tag(&sandbox, "")].concat()).await;
    let browser = &visitor.browser;
    visitor.open().await;
    browser.ask("void (heard.length = 0)").await;
    visitor.find("textarea").await.click().await.unwrap();
    browser.types("abc").await;
    browser.until("root.querySelector('textarea').value === 'abc'").await;
    assert_eq!(browser.ask("heard").await, json!(["click", "click"]));
    assert_eq!(browser.ask("natter.unreadCount").await, Value::from(0));
    browser.quit().await;
}
