//! Whom the site takes the visitor for, and that nobody sees what another said on the same device.

use super::{KEY_DRAFT, Widget};
use crate::core::identity::{Identity, User};
use crate::core::model::ConversationId;
use crate::core::settings::Options;
use crate::core::tabs::Word;
use crate::core::time::{Due, Mono, Now};
use crate::core::{Effect, Turn, wire};
use crate::digits::digits;

/// So many of the newest conversations other devices are told of.
const LISTED_MAX: usize = 50;

/// So long the former user's messages may take to leave after the page has named another.
const SUCCESSION_MS: u64 = 10_000;

/// The user who follows as soon as what was said for the present one is sent.
#[derive(Debug)]
pub(super) struct Successor {
    identity: Identity,
    until: Mono,
    /// What the site put into the field meanwhile.
    prefilled: Option<String>,
}

impl Widget {
    /// The site says whom it takes the visitor for.
    pub(super) fn identified(&mut self, user: User, turn: &mut Turn) {
        self.say(&Word::User(user.clone()), turn);
        self.user_is(user);
    }

    /// It says so here or in another tab. Messages that were said for the present user are sent first, by the tab that
    /// sends; nobody sees anything meanwhile.
    pub(super) fn user_is(&mut self, user: User) {
        let present = self.identity.user().mark;
        if present == user.mark {
            self.successor = None;
        } else if !self.tabs.is_following() && present != 0 && self.timeline.is_sending_for(present) {
            let until = self.successor.as_ref().map_or(self.last.mono.plus(SUCCESSION_MS), |former| former.until);
            let mut identity = Identity::default();
            identity.is(user);
            self.successor = Some(Box::new(Successor { identity, until, prefilled: None }));
            return;
        }
        self.identity.is(user);
        self.is_introduced_anew();
        self.restore_draft();
    }

    /// The successor takes over, once nothing of the former user's is to be sent by this tab, or it has taken too long.
    pub(super) fn succeed(&mut self, now: Mono, turn: &mut Turn) {
        let is_another_sending = self.tabs.has_leader();
        let is_sending = !is_another_sending && self.timeline.is_sending_for(self.identity.user().mark);
        let Some(successor) = self.successor.take_if(|next| !is_sending || next.until <= now) else { return };
        self.identity = successor.identity;
        if self.tabs.is_in_charge() {
            self.succeed_visitor(turn);
        }
        if let Some(text) = successor.prefilled {
            self.prefill(&text, turn);
        }
    }

    /// Tells the other tabs what the page said before this one listened to them.
    pub(super) fn introduce_to_tabs(&mut self, turn: &mut Turn) {
        self.tell_tabs_of(&self.identity, turn);
        self.timeline.save_own();
        self.keep_sends(turn);
        if let Some(next) = &self.successor {
            self.tell_tabs_of(&next.identity, turn);
        }
    }

    fn tell_tabs_of(&self, identity: &Identity, turn: &mut Turn) {
        let user = identity.user();
        if user.mark != 0 {
            self.say(&Word::User(user.clone()), turn);
        }
        for (said, is_of_conversation) in [(identity.of_contact(), false), (identity.of_conversation(), true)] {
            if !said.is_empty() {
                self.say(&Word::Attributes { user: user.mark, said: said.to_vec(), is_of_conversation }, turn);
            }
        }
    }

    /// When the successor waits no longer.
    pub(super) fn succession_deadline(&self) -> Option<Due> {
        self.successor.as_ref().map(|next| next.until.due("identity: next user"))
    }

    /// The mark of the user for whom something is said now; 0 where the page has named nobody.
    pub(super) fn speaker(&self) -> u64 {
        let named = self.successor.as_ref().map_or(&self.identity, |next| &next.identity).user().mark;
        if named == 0 && !self.is_unnamed() { self.session.user() } else { named }
    }

    /// The site says what agents may know.
    pub(super) fn attributed(&mut self, said: Vec<(String, String)>, is_of_conversation: bool, turn: &mut Turn) {
        let identity = self.successor.as_mut().map_or(&mut self.identity, |next| &mut next.identity);
        identity.add(said.clone(), is_of_conversation);
        let user = identity.user().mark;
        self.say(&Word::Attributes { user, said, is_of_conversation }, turn);
        self.is_introduced_anew();
    }

    /// The site says so in another tab, of this user.
    pub(super) fn attributes_are(&mut self, user: u64, said: Vec<(String, String)>, is_of_conversation: bool) {
        let identity = self.successor.as_mut().map_or(&mut self.identity, |next| &mut next.identity);
        // A page that names another user, or none, has nothing to do with this one's attributes.
        if identity.user().mark == user {
            identity.add(said, is_of_conversation);
            self.is_introduced_anew();
        }
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
        let is_there = self.session.source_id().is_some();
        is_there && is.mark != 0 && was != is.mark && (was != 0 || is.is_proven)
    }

    /// Whether the device has a proven user's chat, and the page names nobody: it may have been logged out elsewhere, or
    /// somebody else may sit there. Nobody sees it before the page names its user.
    pub(super) fn is_unnamed(&self) -> bool {
        self.identity.user().mark == 0 && self.session.is_user_proven()
    }

    /// Whether nobody may see what the device has.
    pub(super) fn is_hidden(&self) -> bool {
        self.successor.is_some() || self.is_another() || self.is_unnamed()
    }

    /// Sees to it that the chat is the user's: another's is forgotten. A proven user is another contact than the stranger
    /// they were so far; what waits to be sent goes along.
    pub(super) fn identify(&mut self, turn: &mut Turn) {
        let User { mark, is_proven, .. } = *self.identity.user();
        if self.is_unnamed() {
            // Whoever writes here is a stranger to the page, and so to us.
            if self.timeline.is_sending_for(0) {
                self.succeed_visitor(turn);
            }
            return;
        }
        if mark == 0 || self.session.user() == mark || self.session.source_id().is_none() {
            return;
        }
        if self.session.user() != 0 {
            self.succeed_visitor(turn);
        } else if is_proven {
            drop(self.abort(&|_, _| true, turn));
            self.begin_anew(turn);
        }
        self.session.is_for(mark, is_proven);
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

    /// The site wants other settings.
    pub(super) fn configure(&mut self, options: Options) {
        self.settings.options = options;
        self.faces = self.who_answers();
    }

    /// The site puts something into the field.
    pub(super) fn prefill(&mut self, text: &str, turn: &mut Turn) {
        if let Some(next) = &mut self.successor {
            next.prefilled = Some(text.to_owned());
            return;
        }
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
