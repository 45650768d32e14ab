//! What is due: every machine gets its turn after every event, and what one does may free another.

use std::sync::Arc;

use super::together::tell;
use super::{ChatClient, KEY_SEND, KEY_SESSION};
use crate::chatwoot;
use crate::chatwoot::requests::{ApiRequest, CALL_MS_MAX, Outcome, RequestId};
use crate::connection::cable::CableAction;
use crate::conversation::timeline::{Queue, StoreOp};
use crate::model::{ConversationId, EchoId};
use crate::tabs::leader_election::TabMessage;
use crate::time::Mono;
use crate::view::ComposerProblem;
use crate::visitor::generation;
use crate::visitor::identity::User;
use crate::visitor::session::Need;
use crate::{Effect, Update};

impl ChatClient {
    /// Lets every machine do what it can now; what one does may free another.
    pub(super) fn pump(&mut self, now: Mono, turn: &mut Update) {
        self.give_up_calls(now, turn);
        if self.tabs.election.is_lock_unresponsive(now) {
            self.work_alone(turn);
        }
        tell(self.tabs.election.tick(now), turn);
        self.succeed(now, turn);
        if self.tabs.election.is_active() {
            self.lead(now, turn);
            self.ask_for_way(now);
        }
        self.read(now, turn);
        if self.tabs.election.is_active() {
            for lane in Queue::ALL {
                self.post(now, lane, turn);
            }
        }
        self.send_hints(now, turn);
        if self.visitor.composer.problem == Some(ComposerProblem::StorageUnavailable)
            && self.conversation.timeline.visible_outgoing().next().is_none()
        {
            self.visitor.composer.problem = None;
        }
    }

    /// What agents may know besides, of which only the last word counts. Browsers make six requests to a host at a time:
    /// none of these is begun while a message is on its way, and never two of a kind.
    fn send_hints(&mut self, now: Mono, turn: &mut Update) {
        let is_posting = self.is_calling(|call| matches!(call, ApiRequest::CreateMessage { lane: Queue::Text, .. }));
        let conversation = self.conversation().filter(|_| !is_posting);
        if let Some(conversation) = conversation {
            self.see(now, conversation, turn);
        }
        let may_tell =
            self.connection.is_online && !self.is_calling(|call| matches!(call, ApiRequest::ToggleTyping { .. }));
        let is_typing = self.conversation.typing.tick(now, may_tell && conversation.is_some());
        if let (Some(conversation), Some(is_typing)) = (conversation, is_typing) {
            self.call(now, ApiRequest::ToggleTyping { conversation, is_typing }, turn);
        }
    }

    /// Whether such a request is under way.
    pub(super) fn is_calling(&self, is_it: fn(&ApiRequest) -> bool) -> bool {
        self.connection.requests.iter().any(|(_, call, _)| is_it(call))
    }

    /// What only the tab in charge does, but for posting.
    fn lead(&mut self, now: Mono, turn: &mut Update) {
        if self.conversation.timeline.unconfirmed_deadline().is_some_and(|end| end <= now)
            && !self.conversation.history.is_reading_newest()
        {
            self.want_history();
        }
        for echo in self.conversation.timeline.newly_overdue(now) {
            self.tell_unconfirmed(&echo);
            self.say(&TabMessage::SendUnconfirmed(echo), turn);
        }
        self.identify(turn);
        self.conversation.timeline.set_user(match self.visitor.session.user() {
            0 => self.visitor.identity.user().mark,
            user => user,
        });
        let mut acts = Vec::new();
        if self.visitor.session.is_contact_verified()
            && !self.is_unnamed()
            && let Some(token) = self.visitor.session.pubsub_token()
        {
            self.connection.cable.subscribe_as(token, &mut acts);
        }
        self.connection.cable.set_visible(self.tabs.election.is_watched(now));
        let heard = self.connection.cable.tick(now, &mut self.rng, &mut acts);
        self.act(acts, turn);
        self.take(heard, turn);
        // After the cable: an unconfirmed subscription is a question for it.
        self.tell_introduction(now, turn);
        self.find_conversations(now, turn);
        let need = self.need();
        if self.visitor.session.has_request(now, need)
            && self.knows_how_to_ask()
            && self.may_write(now, turn)
            && let Some(call) = self.visitor.session.next(now, need)
        {
            if matches!(call, ApiRequest::CreateContact) {
                let User { mark, is_proven, .. } = *self.visitor.identity.user();
                self.visitor.session.is_for(mark, is_proven);
            }
            self.keep(now, turn);
            self.call(now, call, turn);
        }
        if self.connection.polling.tick(now, self.connection.cable.is_live() && !self.visitor.session.may_lack_frames())
            && self.connection.is_online
            && !self.is_reading()
        {
            self.want_history();
        }
    }

    /// Whether it is known how the contact is to be asked for. A proof of identity would be part of the address then, and
    /// addresses end up in logs: only an inbox that demands it is given one.
    fn knows_how_to_ask(&mut self) -> bool {
        let is_concerned = self.visitor.identity.user().is_proven && self.visitor.session.must_verify_contact();
        !is_concerned || self.availability.knows_proof_requirement()
    }

    /// The conversation, if it can be read and written to now.
    fn conversation(&self) -> Option<ConversationId> {
        self.visitor
            .session
            .conversation()
            .filter(|_| self.visitor.session.is_contact_verified() && !self.is_another() && !self.is_unnamed())
    }

    /// What has to be there: for a message that waits, a conversation, but agents had better know first by whom; for
    /// whoever the site has proven and looks, a contact, which may have conversations.
    fn need(&self) -> Need {
        let comes_first = self.visitor.pre_chat_form.blocks_first_message() || self.finding_comes_first();
        let is_introducing = self.visitor.session.is_contact_verified() && comes_first;
        if self.conversation.timeline.has_queued() && !is_introducing {
            Need::Conversation
        } else if self.view_model.is_open && self.visitor.identity.user().is_proven {
            Need::Contact
        } else {
            Need::Nothing
        }
    }

    fn read(&mut self, now: Mono, turn: &mut Update) {
        self.browse(now, turn);
        self.attend(now, turn);
        self.write_transcript(turn);
        let Some(conversation) = self.conversation() else { return };
        let floor = self
            .conversation
            .timeline
            .unconfirmed_floor()
            .map_or(self.conversation.history.floor(), |floor| floor.and(self.conversation.history.floor()));
        if let Some(before) = self.conversation.history.next(now, floor, self.conversation.timeline.oldest()) {
            self.call(now, ApiRequest::ListMessages { conversation, before }, turn);
        }
        self.answer(now, conversation, turn);
        if self.conversation.history.has_begun() && self.conversation.status.next(now) {
            self.call(now, ApiRequest::GetConversation { conversation }, turn);
        }
    }

    fn post(&mut self, now: Mono, lane: Queue, turn: &mut Update) {
        let Some(conversation) = self.conversation() else { return };
        if self.is_closed() {
            return self.conversation.timeline.fail_queued(lane);
        }
        // Until the newest messages are known, nobody could tell an old message from this one, were its answer lost.
        if self.conversation.history.has_begun()
            && !self.connection.is_way_broken
            && self.is_post_due(now, lane)
            && self.may_write(now, turn)
            && let Some(send) = self.conversation.timeline.begin_send(lane)
        {
            let (echo, text) = (EchoId::clone(&send.echo), Arc::clone(&send.text));
            self.connection.rate_limit.posted(now);
            self.keep(now, turn);
            self.call(now, ApiRequest::CreateMessage { conversation, echo, text, lane }, turn);
        }
    }

    /// Whether a lane's next post is to leave now.
    fn is_post_due(&self, now: Mono, lane: Queue) -> bool {
        self.connection.is_online
            && self.connection.retries.get(lane as usize).is_none_or(|retry| retry.is_over(now))
            && self.connection.rate_limit.allows(now)
            && self.conversation.timeline.can_send(lane)
    }

    /// A post that ends without an answer waits for long; a read that does costs nothing. So where the last call ended
    /// like that, as the one does that tells agents of the visitor's typing, a read has to be answered first, or a
    /// socket to come to life. Nothing is asked on a way that is not known to be broken: a browser repeats a POST by
    /// itself when a connection that it used before is reset, and the read would make it one.
    fn ask_for_way(&mut self, now: Mono) {
        let is_waiting = self.connection.is_way_broken && Queue::ALL.iter().any(|lane| self.is_post_due(now, *lane));
        if is_waiting && !self.conversation.history.is_reading_newest() {
            self.want_history();
        }
    }

    fn give_up_calls(&mut self, now: Mono, turn: &mut Update) {
        for call in self.abort(&|_, asked| asked.plus(CALL_MS_MAX) <= now, turn) {
            self.examine(&call, &Outcome::Unknown);
            self.reply(now, call, &Outcome::Unknown, turn);
        }
    }

    /// Drops the calls of this kind; nobody will know how they ended.
    pub(super) fn abort(
        &mut self,
        is_dropped: &dyn Fn(&ApiRequest, Mono) -> bool,
        turn: &mut Update,
    ) -> Vec<ApiRequest> {
        let mut dropped = Vec::new();
        for (id, call, _) in self.connection.requests.extract_if(.., |(_, call, asked)| is_dropped(call, *asked)) {
            turn.effects.push(Effect::AbortRequest { id });
            dropped.push(call);
        }
        dropped
    }

    fn is_reading(&self) -> bool {
        self.is_calling(|call| matches!(call, ApiRequest::ListMessages { .. }))
    }

    pub(super) fn call(&mut self, now: Mono, call: ApiRequest, turn: &mut Update) {
        self.connection.last_request += 1;
        let id = RequestId(self.connection.last_request);
        let about = if matches!(call, ApiRequest::CreateConversation) { self.circumstances() } else { String::new() };
        let is_withheld = matches!(call, ApiRequest::GetContact) && !self.availability.requires_proof();
        let proof = if is_withheld { Vec::new() } else { self.visitor.identity.user().proof() };
        let source_id = self.visitor.session.source_id().unwrap_or_default();
        let request = chatwoot::request(&self.settings, source_id, &call, &about, &proof);
        self.connection.requests.push((id, call, now));
        turn.effects.push(Effect::SendRequest { id, request });
    }

    pub(super) fn end_call(&mut self, id: RequestId) -> Option<ApiRequest> {
        let at = self.connection.requests.iter().position(|(other, ..)| *other == id)?;
        Some(self.connection.requests.remove(at).1)
    }

    pub(super) fn act(&self, acts: Vec<CableAction>, turn: &mut Update) {
        turn.effects.extend(acts.into_iter().map(|act| match act {
            CableAction::Connect(link) => Effect::OpenSocket { socket: link, url: chatwoot::cable_url(&self.settings) },
            CableAction::Transmit(link, text) => Effect::Transmit { socket: link, text },
            CableAction::Disconnect(link) => Effect::CloseSocket { socket: link },
        }));
    }

    /// Whatever must survive a crash goes to storage before what depends on it leaves the device.
    /// What a tab does that is not in charge, the one that is will write down.
    pub(super) fn keep(&mut self, now: Mono, turn: &mut Update) {
        if !self.visitor.session.has_changes_to_store() && !self.conversation.timeline.has_changes_to_store() {
            return;
        }
        if !self.tabs.election.is_active() {
            drop((self.visitor.session.take_record(), self.conversation.timeline.take_store_ops()));
            return;
        }
        if !self.may_write(now, turn) {
            return;
        }
        if let Some(kept) = self.visitor.session.take_record() {
            self.keep_one(KEY_SESSION.to_owned(), kept, turn);
        }
        self.keep_sends(turn);
    }

    /// Writes down what became of sends, whoever is in charge.
    pub(super) fn keep_sends(&mut self, turn: &mut Update) {
        for keep in self.conversation.timeline.take_store_ops() {
            match keep {
                StoreOp::Save(echo, kept) => self.keep_one([KEY_SEND, &echo].concat(), Some(kept), turn),
                StoreOp::Delete(echo, lane) => {
                    // Before the record: a crash between the two must not leave files that nobody knows of.
                    if lane == Queue::Upload {
                        turn.effects.push(Effect::DeleteFiles { message: echo.clone() });
                    }
                    self.keep_one([KEY_SEND, &echo].concat(), None, turn);
                }
            }
        }
    }

    pub(super) fn keep_one(&self, key: String, value: Option<String>, turn: &mut Update) {
        let value = value.map(|value| generation::stamp(self.visitor.generation, &value));
        turn.effects.push(match &value {
            Some(value) => Effect::Save { key: key.clone(), value: value.clone() },
            None => Effect::Delete { key: key.clone() },
        });
        self.say(&TabMessage::Stored(key, value), turn);
    }
}
