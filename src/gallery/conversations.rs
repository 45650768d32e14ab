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
    let choices = ConversationActions { list: true, begin: true, end: true, ..ConversationActions::default() };
    let with = |choices| View { panel: Panel { choices, ..open().panel }, ..usual().view() };
    let ended = |takes_more| {
        let mut view = with(ConversationActions { end: false, ..choices });
        view.thread.end = Some(ConversationEnd { takes_more, can_begin: takes_more });
        view.composer.is_away = !takes_more;
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
        Screen::new("menu", with(choices)).clicked(".menu summary"),
        Screen::new("menu-unread", with(ConversationActions { unread: 12, ..choices })),
        list("list", ConversationListView { all: Some(all()), is_failing: false, open: Some(ConversationId(3)) }),
        list("list-loading", ConversationListView::default()),
        list("list-failed", ConversationListView { is_failing: true, ..ConversationListView::default() }),
        Screen::new("ended", ended(true)),
        Screen::new("ended-for-good", too_late),
    ]
}

fn list(name: &'static str, list: ConversationListView) -> Screen {
    let choices = ConversationActions { list: true, begin: true, is_listing: true, ..ConversationActions::default() };
    let thread = Thread { list: Some(list), ..Thread::default() };
    let composer = Composer { is_away: true, ..Composer::default() };
    Screen::new(name, View { panel: Panel { choices, ..open().panel }, thread, composer, ..View::default() })
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
