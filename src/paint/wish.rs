//! What a control can want of the core. It is far less than can happen to the core, so a painting's copies are small.

use natter_core::content::Choice;
use natter_core::conversation::timeline::RowKey;
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
            Self::Chosen(message, choice) => Event::Chosen(*message, choice.clone()),
            Self::Discarded(key) => Event::Discarded(*key),
            Self::Dismissed => Event::Dismissed,
            Self::Ended => Event::Ended,
            Self::Folded(key, is_folded) => Event::Folded(*key, *is_folded),
            Self::Forgot => Event::Forgot,
            Self::Listed(is_shown) => Event::Listed(*is_shown),
            Self::Preferred(preference) => Event::Preferred(*preference),
            Self::Retried(key) => Event::Retried(*key),
            Self::Switched(to) => Event::Switched(*to),
            Self::Unpicked(pick) => Event::Unpicked(*pick),
            Self::WantedEarlier => Event::WantedEarlier,
            Self::WantedNewest => Event::WantedNewest,
            Self::WantedTranscript(format) => Event::WantedTranscript(*format),
        }
    }
}
