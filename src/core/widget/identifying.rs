//! Whom the site takes the visitor for, and that nobody sees what another said on the same device.

use super::{KEY_DRAFT, Widget};
use crate::core::identity::User;
use crate::core::model::ConversationId;
use crate::core::settings::Options;
use crate::core::tabs::Word;
use crate::core::time::{Mono, Now};
use crate::core::{Effect, Turn, wire};
use crate::digits::digits;

/// So many of the newest conversations other devices are told of.
const LISTED_MAX: usize = 50;

impl Widget {
    /// The site says whom it takes the visitor for.
    pub(super) fn identified(&mut self, user: User, turn: &mut Turn) {
        self.say(&Word::User(user.clone()), turn);
        self.user_is(user);
    }

    /// It says so here or in another tab.
    pub(super) fn user_is(&mut self, user: User) {
        self.identity.is(user);
        self.is_introduced_anew();
    }

    /// The site says what agents may know.
    pub(super) fn attributed(&mut self, said: Vec<(String, String)>, is_of_conversation: bool, turn: &mut Turn) {
        self.say(&Word::Attributes(said.clone(), is_of_conversation), turn);
        self.attributes_are(said, is_of_conversation);
    }

    /// It says so here or in another tab.
    pub(super) fn attributes_are(&mut self, said: Vec<(String, String)>, is_of_conversation: bool) {
        self.identity.add(said, is_of_conversation);
        self.is_introduced_anew();
    }

    /// What is known of the visitor is to be told, to whichever contact there is or will be.
    pub(super) fn is_introduced_anew(&mut self) {
        if self.introduction.has_something() || self.identity.has_something() {
            self.introduction.want();
        }
    }

    /// Whether the device has another user's chat; then nobody sees it.
    pub(super) fn is_another(&self) -> bool {
        let (is, was) = (self.identity.user(), self.session.user());
        is.mark != 0 && was != is.mark && (was != 0 || is.is_proven)
    }

    /// Sees to it that the chat is the user's: another's is forgotten. A proven user is another contact than the stranger
    /// they were so far; what waits to be sent goes along.
    pub(super) fn identify(&mut self, now: Mono, turn: &mut Turn) {
        let mark = self.identity.user().mark;
        if mark == 0 || self.session.user() == mark || self.session.source_id().is_none() {
            return;
        }
        if self.session.user() != 0 {
            self.forget(now, turn);
        } else if self.identity.user().is_proven {
            drop(self.abort(&|_, _| true, turn));
            self.begin_anew(turn);
        }
        self.session.is_for(mark);
    }

    /// The visitor has logged out: whoever comes next finds nothing.
    pub(super) fn log_out(&mut self, now: Mono, turn: &mut Turn) {
        self.identity.forget_attributes();
        self.identified(User::default(), turn);
        self.forget(now, turn);
    }

    /// The site wants other settings.
    pub(super) fn configure(&mut self, options: Options) {
        self.settings.options = options;
        self.faces = self.who_answers();
    }

    /// The site puts something into the field.
    pub(super) fn prefill(&mut self, text: &str, turn: &mut Turn) {
        super::keep_draft(text, turn);
        self.put_into_composer(text.into());
    }

    /// The site says something for the visitor; what they are writing meanwhile is left alone.
    pub(super) fn say_for_visitor(&mut self, now: Now, text: &str, turn: &mut Turn) {
        let before = self.composer.clone();
        self.composer.files.clear();
        self.submit(now, text, turn);
        if self.composer.put == before.put {
            turn.effects.retain(|effect| *effect != Effect::Erase(KEY_DRAFT.to_owned()));
            self.composer = before;
        } else {
            self.composer.files = before.files;
        }
    }

    /// The conversations that other devices of the contact are told of.
    pub(super) fn listing(&self) -> String {
        let all = self.session.conversations();
        let newest = all.get(all.len().saturating_sub(LISTED_MAX)..).unwrap_or_default();
        newest.iter().map(|id| digits(id.0)).collect::<Vec<_>>().join(" ")
    }

    /// What the server answers to a proven contact tells of its conversations; `listed` is how many it was told of.
    pub(super) fn learn_listed(&mut self, body: &str, listed: Option<usize>) {
        if !self.identity.user().is_proven {
            return;
        }
        if listed.is_some() {
            self.listed = listed;
            return;
        }
        let there = wire::listed(body);
        self.session.remember(&there);
        self.listed = Some(self.session.conversations().iter().filter(|id| there.contains(id)).count());
        let newest: Option<ConversationId> = there.into_iter().max();
        if let Some(newest) = newest.filter(|_| self.session.conversation().is_none()) {
            self.session.conversation_is(newest);
            self.adopt_conversation(newest);
            self.condition.want();
        }
    }

    /// The contact is to be told of those it does not know of.
    pub(super) fn list_the_rest(&mut self) {
        if self.listed.is_some_and(|listed| listed < self.session.conversations().len()) {
            self.introduction.want();
        }
    }
}
