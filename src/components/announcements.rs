//! What screen readers announce.

use leptos::prelude::*;

use super::part::{IntoPart, Part};
use super::sections::{Context, Section};
use crate::chat::Snapshot;
use crate::i18n::TextKey;
use natter_core::view::Announcement;

/// How much of a message is announced, in characters.
const ANNOUNCED_CHARS_MAX: usize = 300;

/// The live region. It is there from the start: one that comes with its text is often not announced.
pub fn announcements(context: &Context) -> Part {
    view! { <div class="spoken aloud" role="status">{context.sections(&ANNOUNCEMENT)}</div> }.into_part()
}

// The same text twice is announced twice: each time in another element.
static ANNOUNCEMENT: [Section; 1] = [Section::in_any_language(
    |before, now, _| before.view.panel.announcement == now.view.panel.announcement,
    |_, snapshot| {
        let (_, announcement) = &snapshot.view.panel.announcement;
        let text = text_of(snapshot, announcement.as_ref()?);
        Some(view! { <p>{text}</p> }.into_part())
    },
)];

fn text_of(snapshot: &Snapshot, announcement: &Announcement) -> String {
    let localizer = &snapshot.localizer;
    snapshot.text(&match announcement {
        Announcement::NewMessage(message) => {
            let author = localizer.author_name(&message.author);
            let line = localizer.message_line(message, ANNOUNCED_CHARS_MAX);
            if line.is_empty() || (message.text.is_empty() && !message.attachments.is_empty()) {
                TextKey::AnnounceFile(author)
            } else {
                TextKey::AnnounceMessage(author, line)
            }
        }
        Announcement::Typing(person) => TextKey::Typing(localizer.person_name(person)),
        Announcement::DeliveryUnconfirmed => TextKey::NotConfirmed,
        Announcement::Reconnected => TextKey::Connected,
    })
}
