//! All of the visitor's conversations.

use super::icon::button;
use super::wish::Wish;
use super::{Act, Element, Words, el};
use crate::i18n::TextKey;
use natter_core::model::{Message, Status};
use natter_core::view::{ConversationEnd, ConversationListView};
use natter_core::visitor::conversation_list::ConversationSummary;

/// As much of a message as is shown of it here, in characters: more than a line.
const EXCERPT_CHARS: usize = 120;

/// The list, or why there is none yet.
pub fn conversations(words: &Words, list: &ConversationListView) -> Element {
    let quiet = |sentence| el("p", "quiet").with("role", "status").told(words, &sentence);
    let all = el("div", "rows listing");
    match &list.all {
        None if list.is_failing => {
            let again = button("earlier").on("click", Act::Tell(Wish::Listed(true)));
            all.and(quiet(TextKey::ListFailed)).and(again.told(words, &TextKey::TryAgain))
        }
        None => all.and(quiet(TextKey::ListLoading)),
        Some(some) => {
            let one = |list_so_far: Element, (summary, unread): &(ConversationSummary, u32)| {
                let is_open = list.open == Some(summary.id);
                list_so_far.and(el("li", "").keyed(summary.id.0).and(conversation(words, summary, *unread, is_open)))
            };
            all.and(some.iter().fold(el("ol", "list"), one))
        }
    }
}

fn conversation(words: &Words, summary: &ConversationSummary, unread: u32, is_open: bool) -> Element {
    let last = summary.last.as_deref();
    let line = |class: &str, text: &str| el("span", class).in_own_direction().saying(text);
    let button = button("conversation").on("click", Act::Tell(Wish::Switched(Some(summary.id))));
    let button = if is_open { button.with("aria-current", "true") } else { button };
    let time = |last: &Message| {
        let machine = words.formatter.machine(last.at);
        el("time", "").with("datetime", &machine).saying(&words.lately(last.at))
    };
    let state = (summary.status == Status::Resolved).then(|| line("state", &words.say(&TextKey::ConversationOver)));
    button
        .and(line("who", &last.map_or_else(|| words.say(&TextKey::Team), |last| words.author(&last.author))))
        .maybe(last.map(time))
        .and(line("excerpt", &last.map(|last| words.line(last, EXCERPT_CHARS)).unwrap_or_default()))
        .maybe(state)
        .maybe((unread > 0).then(|| el("span", "count").saying(&unread.to_string())))
}

/// What is said under a conversation that has ended, and what one can do.
pub fn end(words: &Words, end: &ConversationEnd) -> Element {
    let begin = || {
        let begin = button("earlier").on("click", Act::Tell(Wish::Switched(None)));
        begin.told(words, &TextKey::NewConversation)
    };
    let over = if end.can_reopen { TextKey::Ended } else { TextKey::EndedForGood };
    el("div", "end").and(el("p", "quiet").with("role", "status").told(words, &over)).maybe(end.can_begin.then(begin))
}
