//! Several conversations: the menu, the list, and how one ends.

use std::sync::Arc;

use super::talk::{noor, open, usual};
use super::{NOON, Screen};
use natter_core::conversation::timeline::Failure;
use natter_core::model::{Author, ConversationId, Message, MessageId, Status};
use natter_core::view::{
    Composer, ConversationActions, ConversationEnd, ConversationListView, Panel, Row, RowContent, Thread, View,
};
use natter_core::visitor::conversation_list::ConversationSummary;

const DAY_S: u64 = 86_400;

/// The screens.
pub fn screens() -> Vec<Screen> {
    let actions =
        ConversationActions { can_list: true, can_begin: true, can_end: true, ..ConversationActions::default() };
    let with = |actions| View { panel: Panel { actions, ..open().panel }, ..usual().view() };
    let ended = |can_reopen| {
        let mut view = with(ConversationActions { can_end: false, ..actions });
        view.thread.end = Some(ConversationEnd { can_reopen, can_begin: can_reopen });
        view.composer.is_covered = !can_reopen;
        view
    };
    let mut too_late = ended(false);
    let text = "One more thing: do you have lights?".into();
    let content = RowContent::Outgoing {
        text,
        failure: Some(Failure::ConversationEnded),
        files: Vec::new(),
        progress: 0,
        is_unconfirmed: false,
    };
    let key = natter_core::conversation::timeline::RowKey(9_000);
    let rows = Arc::make_mut(&mut too_late.thread.rows);
    rows.push(Row { previous_at: Some(NOON), ..Row::new(key, content, NOON) });
    vec![
        Screen::new("menu", with(actions)).clicked(".menu summary"),
        Screen::new("menu-unread", with(ConversationActions { unread: 12, ..actions })),
        list("list", ConversationListView { all: Some(all()), is_failing: false, open: Some(ConversationId(3)) }),
        list("list-loading", ConversationListView::default()),
        list("list-failed", ConversationListView { is_failing: true, ..ConversationListView::default() }),
        Screen::new("ended", ended(true)),
        Screen::new("ended-for-good", too_late),
    ]
}

fn list(name: &'static str, list: ConversationListView) -> Screen {
    let actions =
        ConversationActions { can_list: true, can_begin: true, is_list_shown: true, ..ConversationActions::default() };
    let thread = Thread { list: Some(list), ..Thread::default() };
    let composer = Composer { is_covered: true, ..Composer::default() };
    Screen::new(name, View { panel: Panel { actions, ..open().panel }, thread, composer, ..View::default() })
}

fn all() -> Vec<(ConversationSummary, u32)> {
    let one = |id, author: Author, text: &str, at, status, unread| {
        let last = (!text.is_empty()).then(|| Message::plain(MessageId(id), author, text, at).into());
        (ConversationSummary { id: ConversationId(id), status, last }, unread)
    };
    vec![
        one(4, noor(), "The **Saale** is ready. Shall we ship it, or will you come by?", NOON - 600, Status::Open, 2),
        one(3, Author::Visitor, "Thank you", NOON - 7_200, Status::Open, 0),
        one(2, Author::Inbox, "Please rate the conversation", NOON - DAY_S, Status::Resolved, 128),
        one(1, Author::Visitor, &"Rhabarberbarbara".repeat(6), NOON - 30 * DAY_S, Status::Resolved, 0),
        one(5, Author::Inbox, "", NOON, Status::Open, 0),
    ]
}
