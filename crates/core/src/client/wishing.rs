//! What the visitor wants of the widget itself: to be told of messages or left alone, and to keep what was said.

use crate::host::events::{HostEvent, Notification};
use std::sync::Arc;

use super::{ChatClient, KEY_PREFERENCES};
use crate::conversation::unread::Attention;
use crate::model::Message;
use crate::view::ComposerProblem;
use crate::visitor::preferences::{Preference, Preferences};
use crate::{Effect, TranscriptFormat, Update};

impl ChatClient {
    /// A message came, of which the visitor may want to be told.
    pub(super) fn tell_arrival(&self, message: &Arc<Message>, turn: &mut Update) {
        let is_seen = matches!(self.eyes(), Attention::AtNewest | Attention::ScrolledUp);
        let (is_heard, is_noticed) = (self.is_heard(), self.notices() == Some(true));
        if is_heard || is_noticed {
            let message = Arc::clone(message);
            turn.effects.push(Effect::Host(HostEvent::NotificationDue(Notification {
                message,
                is_seen,
                plays_sound: is_heard,
                shows_notification: is_noticed,
            })));
        }
    }

    /// Whether messages are heard.
    pub(super) fn is_heard(&self) -> bool {
        !self.visitor.preferences.silent.unwrap_or(self.settings.options.is_silent)
    }

    /// Whether the browser tells of them; `None` where the site does not offer that.
    pub(super) fn notices(&self) -> Option<bool> {
        self.settings.options.offers_notices.then_some(self.visitor.preferences.notices == Some(true))
    }

    /// The visitor chooses.
    pub(super) fn prefer(&mut self, preference: Preference, turn: &mut Update) {
        self.visitor.preferences.choose(preference);
        self.keep_one(KEY_PREFERENCES.to_owned(), Some(self.visitor.preferences.kept()), turn);
        self.tell_theme(turn);
    }

    /// The browser won't tell of messages.
    pub(super) fn is_denied(&mut self, turn: &mut Update) {
        self.prefer(Preference::Notices(false), turn);
        self.visitor.composer.problem = Some(ComposerProblem::NotificationsDenied);
    }

    /// Takes the choices the device keeps, or another tab has heard of.
    pub(super) fn learn_preferences(&mut self, kept: &str, turn: &mut Update) {
        self.visitor.preferences = Preferences::read(kept);
        self.tell_theme(turn);
    }

    pub(super) fn tell_theme(&self, turn: &mut Update) {
        if self.settings.options.offers_themes {
            turn.effects.push(Effect::Host(HostEvent::ThemeChanged(self.visitor.preferences.theme)));
        }
    }

    /// The visitor wants to keep what was said: all of it has to be here first.
    pub(super) fn want_transcript(&mut self, format: TranscriptFormat) {
        self.conversation.transcript = Some(format);
        self.visitor.composer.problem = None;
        self.conversation.history.want_earlier();
    }

    /// Hands it out once it is whole.
    pub(super) fn write_transcript(&mut self, turn: &mut Update) {
        let Some(format) = self.conversation.transcript else { return };
        if self.conversation.history.failures() > 1 || !self.connection.is_online {
            self.conversation.transcript = None;
            self.visitor.composer.problem = Some(ComposerProblem::TranscriptUnavailable);
        } else if self.conversation.history.may_have_earlier() {
            self.conversation.history.want_earlier();
        } else if self.conversation.history.has_begun() {
            self.conversation.transcript = None;
            let messages = self.conversation.timeline.messages_from(0).map(|row| Arc::clone(&row.message)).collect();
            turn.effects.push(Effect::Host(HostEvent::TranscriptReady { format, messages }));
        }
    }
}
