//! What the visitor wants of the widget itself: to be told of messages or left alone, to keep what was said, to be
//! forgotten.

use std::sync::Arc;

use super::{KEY_DRAFT, KEY_INTRODUCTION, KEY_LANGUAGE, KEY_PREFERENCES, KEY_SEND, KEY_VISITED, Widget};
use crate::core::conversations::Conversations;
use crate::core::introduction::Introduction;
use crate::core::model::Message;
use crate::core::preferences::{Preference, Preferences};
use crate::core::tabs::Word;
use crate::core::time::Mono;
use crate::core::unread::Eyes;
use crate::core::view::{self, Problem};
use crate::core::{Arrival, Effect, Format, Tell, Turn};
use crate::digits::digits;

const DAY_MS: u64 = 86_400_000;

impl Widget {
    /// A message came, of which the visitor may want to be told.
    pub(super) fn tell_arrival(&self, message: &Arc<Message>, turn: &mut Turn) {
        let is_seen = matches!(self.eyes(), Eyes::There | Eyes::Above);
        let (is_heard, is_noticed) = (self.is_heard(), self.notices() == Some(true));
        if is_heard || is_noticed {
            let message = Arc::clone(message);
            turn.effects.push(Effect::Tell(Tell::Arrived(Arrival { message, is_seen, is_heard, is_noticed })));
        }
    }

    /// Whether messages are heard.
    pub(super) fn is_heard(&self) -> bool {
        !self.preferences.silent.unwrap_or(self.settings.options.is_silent)
    }

    /// Whether the browser tells of them; `None` where the site does not offer that.
    pub(super) fn notices(&self) -> Option<bool> {
        self.settings.options.offers_notices.then_some(self.preferences.notices == Some(true))
    }

    /// The visitor chooses.
    pub(super) fn prefer(&mut self, preference: Preference, turn: &mut Turn) {
        self.preferences.choose(preference);
        self.keep_one(KEY_PREFERENCES.to_owned(), Some(self.preferences.kept()), turn);
        self.tell_theme(turn);
    }

    /// The browser won't tell of messages.
    pub(super) fn is_denied(&mut self, turn: &mut Turn) {
        self.prefer(Preference::Notices(false), turn);
        self.composer.problem = Some(Problem::NoNotices);
    }

    /// Takes the choices the device keeps, or another tab has heard of.
    pub(super) fn learn_preferences(&mut self, kept: &str, turn: &mut Turn) {
        self.preferences = Preferences::read(kept);
        self.tell_theme(turn);
    }

    fn tell_theme(&self, turn: &mut Turn) {
        if self.settings.options.offers_themes {
            turn.effects.push(Effect::Tell(Tell::Theme(self.preferences.theme)));
        }
    }

    /// The visitor wants to keep what was said: all of it has to be here first.
    pub(super) fn want_transcript(&mut self, format: Format) {
        self.transcript = Some(format);
        self.composer.problem = None;
        self.history.want_earlier();
    }

    /// Hands it out once it is whole.
    pub(super) fn write_transcript(&mut self, turn: &mut Turn) {
        let Some(format) = self.transcript else { return };
        if self.history.failures() > 1 || !self.is_online {
            self.transcript = None;
            self.composer.problem = Some(Problem::NoTranscript);
        } else if self.history.may_have_earlier() {
            self.history.want_earlier();
        } else if self.history.has_begun() {
            self.transcript = None;
            let messages = self.timeline.said_from(0).map(|row| Arc::clone(&row.message)).collect();
            turn.effects.push(Effect::Tell(Tell::Transcript(format, messages)));
        }
    }

    /// The visitor wants to be forgotten here: nothing stays on the device, and this page begins anew.
    pub(super) fn forget(&mut self, now: Mono, turn: &mut Turn) {
        self.hear_forget(now, turn);
        self.say(&Word::Forget, turn);
    }

    /// Another tab was told to forget.
    pub(super) fn hear_forget(&mut self, now: Mono, turn: &mut Turn) {
        self.forget_choices(turn);
        if self.tabs.is_in_charge() {
            self.forget_contact(now, turn);
        }
    }

    fn forget_choices(&mut self, turn: &mut Turn) {
        self.introduction = Introduction::default();
        self.preferences = Preferences::default();
        self.tell_theme(turn);
        self.composer = view::Composer::default();
        self.put_into_composer("".into());
        self.prompt.clear();
        self.transcript = None;
        self.conversations = Conversations::default();
        self.answering.start_over();
        for key in [KEY_DRAFT, KEY_INTRODUCTION, KEY_LANGUAGE, KEY_PREFERENCES, KEY_VISITED] {
            turn.effects.push(Effect::Erase(key.to_owned()));
        }
    }

    fn forget_contact(&mut self, now: Mono, turn: &mut Turn) {
        drop(self.abort(&|_, _| true, turn));
        self.timeline.forget_sends();
        self.begin_anew(turn);
        self.keep(now, turn);
        self.tell_unread(turn);
    }

    /// With another contact, and what waits to be sent.
    pub(super) fn begin_anew(&mut self, turn: &mut Turn) {
        self.session.contact_is_gone();
        self.listed = None;
        self.is_introduced_anew();
        self.start_over();
        let mut acts = Vec::new();
        self.cable.close(&mut acts);
        self.act(acts, turn);
    }

    /// What of all that the device keeps is not too old for the site's liking; the rest is erased.
    pub(super) fn retained(&self, kept: Vec<(String, String)>, turn: &mut Turn) -> Vec<(String, String)> {
        let (days, today) = (self.settings.options.retention_days, self.last.wall.0 / DAY_MS);
        if days == 0 || kept.is_empty() {
            return kept;
        }
        let visited = kept.iter().find(|(key, _)| key == KEY_VISITED).and_then(|(_, day)| day.parse::<u64>().ok());
        if visited.is_none_or(|visited| today <= visited.saturating_add(days)) {
            turn.effects.push(Effect::Save(KEY_VISITED.to_owned(), digits(today)));
            return kept;
        }
        for (key, _) in kept {
            if let Some(echo) = key.strip_prefix(KEY_SEND) {
                turn.effects.push(Effect::Scatter(echo.into()));
            }
            turn.effects.push(Effect::Erase(key));
        }
        Vec::new()
    }
}
