//! Whom the site takes the visitor for, and that nobody sees what another said on the same device.

use super::{ChatClient, KEY_DRAFT};
use crate::chatwoot;
use crate::chatwoot::Listing;
use crate::chatwoot::requests::{ApiRequest, ApiResponse};
use crate::host::settings::Options;
use crate::model::ConversationId;
use crate::retrying_request::RetryingRequest;
use crate::tabs::leader_election::TabMessage;
use crate::time::{Due, Mono, Now};
use crate::visitor::Successor;
use crate::visitor::conversation_index::ConversationIndex;
use crate::visitor::conversation_list::ConversationSummary;
use crate::visitor::identity::{Identity, User};
use crate::{Effect, Update};

/// So long the former user's messages may take to leave after the page has named another.
const SUCCESSION_MS: u64 = 10_000;

impl ChatClient {
    /// The site says whom it takes the visitor for.
    pub(super) fn identified(&mut self, user: User, turn: &mut Update) {
        self.say(&TabMessage::SetUser(user.clone()), turn);
        self.user_is(user);
    }

    /// It says so here or in another tab. Messages that were said for the present user are sent first, by the tab that
    /// sends; nobody sees anything meanwhile.
    pub(super) fn user_is(&mut self, user: User) {
        let present = self.visitor.identity.user().mark;
        if present == user.mark {
            self.visitor.successor = None;
        } else if !self.tabs.election.is_following()
            && present != 0
            && self.conversation.timeline.has_pending_for(present)
        {
            let until =
                self.visitor.successor.as_ref().map_or(self.now.mono.plus(SUCCESSION_MS), |former| former.until);
            let mut identity = Identity::default();
            identity.is(user);
            self.visitor.successor = Some(Box::new(Successor { identity, until, prefilled: None }));
            return;
        }
        self.visitor.identity.is(user);
        self.request_contact_update();
        self.restore_draft();
    }

    /// The successor takes over, once nothing of the former user's is to be sent by this tab, or it has taken too long.
    pub(super) fn succeed(&mut self, now: Mono, turn: &mut Update) {
        let is_another_sending = self.tabs.election.has_live_leader();
        let is_sending =
            !is_another_sending && self.conversation.timeline.has_pending_for(self.visitor.identity.user().mark);
        let Some(successor) = self.visitor.successor.take_if(|next| !is_sending || next.until <= now) else { return };
        self.visitor.identity = successor.identity;
        if self.tabs.election.is_active() {
            self.succeed_visitor(turn);
        }
        if let Some(text) = successor.prefilled {
            self.prefill(&text, turn);
        }
    }

    /// Tells the other tabs what the page said before this one listened to them.
    pub(super) fn introduce_to_tabs(&mut self, turn: &mut Update) {
        self.tell_tabs_of(&self.visitor.identity, turn);
        self.conversation.timeline.save_own_messages();
        self.keep_sends(turn);
        if let Some(next) = &self.visitor.successor {
            self.tell_tabs_of(&next.identity, turn);
        }
    }

    fn tell_tabs_of(&self, identity: &Identity, turn: &mut Update) {
        let user = identity.user();
        if user.mark != 0 {
            self.say(&TabMessage::SetUser(user.clone()), turn);
        }
        for (said, is_of_conversation) in [(identity.of_contact(), false), (identity.of_conversation(), true)] {
            if !said.is_empty() {
                self.say(&TabMessage::SetAttributes { user: user.mark, said: said.to_vec(), is_of_conversation }, turn);
            }
        }
    }

    /// When the successor waits no longer.
    pub(super) fn succession_deadline(&self) -> Option<Due> {
        self.visitor.successor.as_ref().map(|next| next.until.due("identity: next user"))
    }

    /// The mark of the user for whom something is said now; 0 where the page has named nobody.
    pub(super) fn speaker(&self) -> u64 {
        let named = self.visitor.successor.as_ref().map_or(&self.visitor.identity, |next| &next.identity).user().mark;
        if named == 0 && !self.is_unnamed() { self.visitor.session.user() } else { named }
    }

    /// The site says what agents may know.
    pub(super) fn attributed(&mut self, said: Vec<(String, String)>, is_of_conversation: bool, turn: &mut Update) {
        let identity = self.visitor.successor.as_mut().map_or(&mut self.visitor.identity, |next| &mut next.identity);
        identity.add(said.clone(), is_of_conversation);
        let user = identity.user().mark;
        self.say(&TabMessage::SetAttributes { user, said, is_of_conversation }, turn);
        self.request_contact_update();
    }

    /// The site says so in another tab, of this user.
    pub(super) fn attributes_are(&mut self, user: u64, said: Vec<(String, String)>, is_of_conversation: bool) {
        let identity = self.visitor.successor.as_mut().map_or(&mut self.visitor.identity, |next| &mut next.identity);
        // A page that names another user, or none, has nothing to do with this one's attributes.
        if identity.user().mark == user {
            identity.add(said, is_of_conversation);
            self.request_contact_update();
        }
    }

    /// What is known of the visitor is to be told, to whichever contact there is or will be.
    pub(super) fn request_contact_update(&mut self) {
        if self.visitor.pre_chat_form.is_any_given() || self.visitor.identity.is_any_given() {
            self.visitor.pre_chat_form.want();
        }
    }

    /// Whether the device has another user's chat; then nobody sees it.
    pub(super) fn is_another(&self) -> bool {
        let (is, was) = (self.visitor.identity.user(), self.visitor.session.user());
        let is_there = self.visitor.session.source_id().is_some();
        is_there && is.mark != 0 && was != is.mark && (was != 0 || is.is_proven)
    }

    /// Whether the device has a proven user's chat, and the page names nobody: it may have been logged out elsewhere, or
    /// somebody else may sit there. Nobody sees it before the page names its user.
    pub(super) fn is_unnamed(&self) -> bool {
        self.visitor.identity.user().mark == 0 && self.visitor.session.is_user_proven()
    }

    /// Whether nobody may see what the device has.
    pub(super) fn is_hidden(&self) -> bool {
        self.visitor.successor.is_some() || self.is_another() || self.is_unnamed()
    }

    /// Sees to it that the chat is the user's: another's is forgotten. A proven user is another contact than the stranger
    /// they were so far; what waits to be sent goes along.
    pub(super) fn identify(&mut self, turn: &mut Update) {
        let User { mark, is_proven, .. } = *self.visitor.identity.user();
        if self.is_unnamed() {
            // Whoever writes here is a stranger to the page, and so to us.
            if self.conversation.timeline.has_pending_for(0) {
                self.succeed_visitor(turn);
            }
            return;
        }
        if mark == 0 || self.visitor.session.user() == mark || self.visitor.session.source_id().is_none() {
            return;
        }
        if self.visitor.session.user() != 0 {
            self.succeed_visitor(turn);
        } else if is_proven {
            drop(self.abort(&|_, _| true, turn));
            self.begin_anew(turn);
        }
        self.visitor.session.is_for(mark, is_proven);
    }

    /// With another contact, and what waits to be sent.
    pub(super) fn begin_anew(&mut self, turn: &mut Update) {
        self.visitor.session.contact_lost();
        self.visitor.listed = None;
        self.visitor.finding = RetryingRequest::default();
        self.request_contact_update();
        self.start_over();
        let mut acts = Vec::new();
        self.connection.cable.close(&mut acts);
        self.act(acts, turn);
    }

    /// The site wants other settings.
    pub(super) fn configure(&mut self, options: Options) {
        self.settings.options = options;
        self.view_model.agents = self.who_answers();
    }

    /// The site puts something into the field.
    pub(super) fn prefill(&mut self, text: &str, turn: &mut Update) {
        if let Some(next) = &mut self.visitor.successor {
            next.prefilled = Some(text.to_owned());
            return;
        }
        super::keep_draft(text, turn);
        self.put_into_composer(text.into());
    }

    /// The site says something for the visitor; what they are writing meanwhile is left alone.
    pub(super) fn say_for_visitor(&mut self, now: Now, text: &str, turn: &mut Update) {
        let before = self.visitor.composer.clone();
        self.visitor.composer.files.clear();
        self.submit(now, text, turn);
        if self.visitor.composer.put == before.put {
            turn.effects.retain(|effect| *effect != Effect::Delete { key: KEY_DRAFT.to_owned() });
            self.visitor.composer = before;
        } else {
            self.visitor.composer.files = before.files;
        }
    }

    /// What a proven contact's attributes say, with this device's conversations added; nothing as long as nobody knows
    /// what they say: other devices' conversations would be lost from them.
    pub(super) fn known_listed(&self) -> Option<ConversationIndex> {
        let listed = self.visitor.listed.clone()?;
        Some(listed.with(self.visitor.session.conversations(), self.visitor.session.inbox(), self.settings.inbox()))
    }

    /// The server has taken what it was told of the contact: a proven one is verified. `told` is which conversations the
    /// contact was told to have, if it was.
    pub(super) fn is_verified(&mut self, body: &str, told: Option<ConversationIndex>) {
        if !self.visitor.identity.user().is_proven {
            return;
        }
        if told.is_some() {
            // Nothing is told anew for what this did not hold: there is an end to what it holds.
            self.visitor.listed = told;
        } else if let Some(listed) = chatwoot::listed(body) {
            self.learn_listed(listed);
            if self.visitor.session.has_conversations() {
                let ours = self.listed_here();
                self.visitor.session.remember(&ours);
                self.list_the_rest();
            }
        }
        if self.visitor.session.has_conversations() {
            return;
        }
        let inbox = self.visitor.session.inbox();
        let surely: Vec<ConversationId> =
            self.visitor.listed.iter().flat_map(|listed| listed.certain_for(inbox)).collect();
        if surely.is_empty() {
            self.visitor.finding.want();
        } else {
            // The list, which holds every message of every inbox, would bring no more.
            self.find(&surely, surely.iter().copied().max());
        }
    }

    /// An answer carried what a proven contact's attributes say.
    fn learn_listed(&mut self, listed: ConversationIndex) {
        if self.visitor.session.inbox().is_none() {
            self.visitor.session.inbox_is(listed.inbox(self.settings.inbox()));
        }
        self.visitor.listed = Some(listed);
    }

    /// Where the server gives no list, the attributes say which conversations there are.
    fn open_listed(&mut self) {
        let ours = self.listed_here();
        self.find(&ours, ours.iter().copied().max());
    }

    fn listed_here(&self) -> Vec<ConversationId> {
        self.visitor.listed.iter().flat_map(|listed| listed.of(self.visitor.session.inbox())).collect()
    }

    /// Asks which conversations a proven user has, if somebody wants to know.
    pub(super) fn find_conversations(&mut self, now: Mono, turn: &mut Update) {
        let is_wanted = self.view_model.is_open || self.conversation.timeline.has_queued();
        if is_wanted
            && self.visitor.session.is_contact_verified()
            && self.connection.is_online
            && self.visitor.finding.next(now)
        {
            self.call(now, ApiRequest::FindConversations, turn);
        }
    }

    /// Whether a conversation had better not begin before it is known which there are. Not for long.
    pub(super) const fn finding_comes_first(&self) -> bool {
        self.visitor.finding.is_open() && !self.visitor.finding.is_failing()
    }

    pub(super) fn reply_finding(&mut self, now: Mono, verdict: &ApiResponse<'_>) {
        let listing = if let ApiResponse::Success(body) = verdict { chatwoot::listing(body) } else { None };
        match (listing, verdict) {
            (Some(listing), _) => {
                self.visitor.finding.is_answered();
                let ours = self.ours_of(listing);
                let ids: Vec<ConversationId> = ours.iter().map(|one| one.id).collect();
                let newest = ours.iter().max_by_key(|one| (one.last.as_ref().map(|last| last.id), one.id));
                self.find(&ids, newest.map(|one| one.id));
                self.list_the_rest();
            }
            // So Chatwoot 4.0.4 answers every verified contact.
            (None, ApiResponse::ServerError | ApiResponse::Rejected(_)) => {
                self.visitor.finding.is_answered();
                self.open_listed();
            }
            (None, ApiResponse::NotFound) => {
                self.visitor.finding.is_answered();
                self.visitor.session.verify_contact();
            }
            (None, ApiResponse::Busy(ms)) => self.visitor.finding.failed(now, &mut self.rng, *ms),
            (None, ApiResponse::Success(_) | ApiResponse::Unknown | ApiResponse::NotSent) => {
                self.visitor.finding.failed(now, &mut self.rng, 0);
            }
        }
    }

    /// Those of a server's list that are this chat's. Where nobody knows the inbox's number, a conversation tells it that
    /// this device knows, or one that an earlier version has written down.
    pub(super) fn ours_of(&mut self, listing: Listing) -> Vec<ConversationSummary> {
        let is_proven = self.visitor.session.is_user_proven();
        if let Some(listed) = listing.listed.filter(|_| is_proven) {
            self.learn_listed(listed);
        }
        if self.visitor.session.inbox().is_none() {
            let inbox_of = |id: &ConversationId| {
                listing.all.iter().find(|(one, inbox)| one.id == *id && inbox.is_some()).and_then(|(_, inbox)| *inbox)
            };
            let known = self.visitor.session.conversations().iter().find_map(inbox_of);
            let bare = || self.visitor.listed.as_ref().and_then(|listed| listed.bare().find_map(|id| inbox_of(&id)));
            let own = || listing.all.iter().find_map(|(_, inbox)| inbox.filter(|_| !is_proven));
            let inbox = known.or_else(bare).or_else(own);
            self.visitor.session.inbox_is(inbox);
        }
        let is_ours =
            |(one, inbox): (ConversationSummary, Option<u64>)| self.visitor.session.is_in_inbox(inbox).then_some(one);
        listing.all.into_iter().filter_map(is_ours).collect()
    }

    /// Other devices have begun these conversations; one of them is opened, if none is.
    fn find(&mut self, all: &[ConversationId], newest: Option<ConversationId>) {
        self.visitor.session.remember(all);
        let is_beginning = self.is_calling(|call| matches!(call, ApiRequest::CreateConversation));
        if let Some(newest) = newest.filter(|_| self.visitor.session.conversation().is_none() && !is_beginning) {
            self.visitor.session.conversation_is(newest);
            self.adopt_conversation(newest);
            self.conversation.status.want();
        }
    }

    /// This device has begun a conversation: the contact's attributes, which the answer carries, are to hold it as well.
    pub(super) fn list_begun(&mut self, body: &str) {
        self.visitor.session.inbox_is(chatwoot::conversation(body).and_then(|begun| begun.inbox));
        if self.visitor.identity.user().is_proven {
            if let Some(listed) = chatwoot::listed(body) {
                self.learn_listed(listed);
            }
            self.list_the_rest();
        }
    }

    /// The contact is to be told of those it does not know of.
    pub(super) fn list_the_rest(&mut self) {
        if self.visitor.listed.as_ref().is_some_and(|listed| !listed.contains_all(self.visitor.session.conversations()))
        {
            self.visitor.pre_chat_form.want();
        }
    }
}
