//! What a control can want of the core. It is far less than can happen to the core, so a painting's copies are small.

use natter_core::content::Choice;
use natter_core::conversation::timeline::RowKey;
use natter_core::event::{ComposerEvent, ConversationsEvent, PanelEvent, ThreadEvent, VisitorEvent};
use natter_core::model::{ConversationId, MessageId};
use natter_core::visitor::preferences::Preference;
use natter_core::{Event, TranscriptFormat};

/// The events of the same names.
#[derive(Clone, Debug, Eq, PartialEq)]
#[allow(missing_docs, reason = "each is the event of its name")]
pub enum Wish {
    Chosen(MessageId, Choice),
    Discarded(RowKey),
    Dismissed,
    Ended,
    Folded(RowKey, bool),
    Forgot,
    Listed(bool),
    Preferred(Preference),
    Retried(RowKey),
    Switched(Option<ConversationId>),
    Unpicked(u64),
    WantedEarlier,
    WantedNewest,
    WantedTranscript(TranscriptFormat),
}

impl Wish {
    /// The event that fulfils it.
    #[must_use]
    pub fn event(&self) -> Event {
        match self {
            Self::Chosen(message, choice) => {
                Event::Thread(ThreadEvent::ChoiceSelected { message: *message, choice: choice.clone() })
            }
            Self::Discarded(key) => Event::Thread(ThreadEvent::MessageDiscarded { row: *key }),
            Self::Dismissed => Event::Panel(PanelEvent::PreviewsDismissed),
            Self::Ended => Event::Conversations(ConversationsEvent::Resolved),
            Self::Folded(key, is_folded) => Event::Thread(ThreadEvent::TextFolded { row: *key, is_folded: *is_folded }),
            Self::Forgot => Event::Visitor(VisitorEvent::ForgetRequested),
            Self::Listed(is_shown) => Event::Conversations(ConversationsEvent::ListToggled { is_shown: *is_shown }),
            Self::Preferred(preference) => Event::Visitor(VisitorEvent::PreferenceChosen(*preference)),
            Self::Retried(key) => Event::Thread(ThreadEvent::RetryRequested { row: *key }),
            Self::Switched(to) => Event::Conversations(ConversationsEvent::Opened { conversation: *to }),
            Self::Unpicked(pick) => Event::Composer(ComposerEvent::FileRemoved { pick: *pick }),
            Self::WantedEarlier => Event::Thread(ThreadEvent::EarlierRequested),
            Self::WantedNewest => Event::Thread(ThreadEvent::NewestRequested),
            Self::WantedTranscript(format) => Event::Thread(ThreadEvent::TranscriptRequested { format: *format }),
        }
    }
}
