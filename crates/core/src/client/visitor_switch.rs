//! Who the visitor is: the user that the website names, the next one, and forgetting the visitor (`reset()`, `forget()`,
//! another user, retention).
//!
//! The tab that forgets, leader or not, erases the device at once and begins a new generation there
//! (`visitor::generation`). Every tab that hears of it, or finds that generation on the device, replaces all that it holds
//! of the visitor. A tab that hangs does so before it writes again.

use super::ChatClient;
use super::storage::{self, KEY_VISITED, Records};
use crate::chatwoot::requests::ApiRequest;
use crate::conversation::timeline::OutgoingMessage;
use crate::event::PageEvent;
use crate::host::calls::AttributeTarget;
use crate::host::events::{HostError, HostEvent};
use crate::model::Queue;
use crate::tabs::leader_election::{TabEvent, TabMessage};
use crate::tabs::{self, messages};
use crate::time::Mono;
use crate::visitor::generation;
use crate::visitor::identity::{Identity, User};
use crate::{Effect, Event, Update};

const DAY_MS: u64 = 86_400_000;
/// How other tabs' messages about records begin. Other messages are longer, and need not be parsed twice.
const STORED_MESSAGE_START: &str = r#"{"stored":"#;

impl ChatClient {
    /// The website names the user, on this page.
    pub(super) fn set_user(&mut self, user: User, update: &mut Update) {
        self.tabs.broadcast(&TabMessage::SetUser(user.clone()), update);
        self.apply_user(user);
    }

    /// The website has named the user, here or in another tab.
    pub(super) fn apply_user(&mut self, user: User) {
        let present = self.visitor.identity.user().mark;
        // A follower's messages are sent by the leader, under the user they were written for.
        let is_sending = !self.tabs.election.is_following() && self.conversation.timeline.has_pending_for(present);
        self.visitor.set_user(self.now.mono, user, is_sending);
    }

    /// The website sets custom attributes, on this page.
    pub(super) fn set_attributes(
        &mut self,
        attributes: Vec<(String, String)>,
        target: AttributeTarget,
        update: &mut Update,
    ) {
        let user = self.visitor.add_attributes(attributes.clone(), target);
        self.tabs.broadcast(&TabMessage::SetAttributes { user, attributes, target }, update);
    }

    /// Reports to the other tabs what the website and the visitor did before this tab was in touch with them: the user
    /// and attributes, then the messages written for that user, and only then the user who follows. A leader that heard
    /// of the next user first would forget the present one before it knows their messages.
    pub(super) fn broadcast_identities(&mut self, update: &mut Update) {
        self.broadcast_identity(&self.visitor.identity, update);
        self.conversation.timeline.save_own_messages();
        self.store_outbox(update);
        if let Some(next) = self.visitor.successor_identity() {
            self.broadcast_identity(next, update);
        }
    }

    fn broadcast_identity(&self, identity: &Identity, update: &mut Update) {
        let user = identity.user();
        if user.mark != 0 {
            self.tabs.broadcast(&TabMessage::SetUser(user.clone()), update);
        }
        for (attributes, target) in [
            (identity.contact_attributes(), AttributeTarget::Contact),
            (identity.conversation_attributes(), AttributeTarget::Conversation),
        ] {
            if !attributes.is_empty() {
                let attributes = attributes.to_vec();
                self.tabs.broadcast(&TabMessage::SetAttributes { user: user.mark, attributes, target }, update);
            }
        }
    }

    /// The next user takes over, once no message of the former one is being sent by this tab, or that takes too long.
    pub(super) fn run_succession(&mut self, now: Mono, update: &mut Update) {
        let present = self.visitor.identity.user().mark;
        let is_sending = !self.tabs.election.has_live_leader() && self.conversation.timeline.has_pending_for(present);
        let Some(prefilled) = self.visitor.take_succession(now, is_sending) else { return };
        if self.tabs.election.is_active() {
            self.replace_by_named_user(update);
        }
        if let Some(text) = prefilled {
            self.prefill(&text, update);
        }
    }

    /// Makes the chat the named user's: another user's is forgotten. A verified user is another contact than the
    /// anonymous one they were so far; messages that wait are sent as theirs.
    pub(super) fn apply_identity(&mut self, update: &mut Update) {
        let User { mark, is_proven, .. } = *self.visitor.identity.user();
        if self.visitor.is_unnamed() {
            // Whoever writes here is unknown to the website, and so is no verified user.
            if self.conversation.timeline.has_pending_for(0) {
                self.replace_by_named_user(update);
            }
            return;
        }
        let stored = self.visitor.session.user();
        if mark == 0 || stored == mark || self.visitor.session.source_id().is_none() {
            return;
        }
        if stored != 0 {
            self.replace_by_named_user(update);
        } else if is_proven {
            drop(self.connection.abort(&|_| true, update));
            self.replace_contact(update);
        }
        self.visitor.session.set_user(mark, is_proven);
    }

    /// Goes on with another contact, which the next message creates, and with the messages that are not sent: the server
    /// knows the former no more, or it was the anonymous one of a visitor who is verified now.
    pub(super) fn replace_contact(&mut self, update: &mut Update) {
        self.visitor.forget_contact();
        self.lose_conversation();
        self.connection.close_socket(&self.settings, update);
    }

    // --- Forgetting ---

    /// The visitor has logged out of the website, or asks to be forgotten on this device: nothing stays, and the next
    /// visitor is anonymous.
    pub(super) fn forget_visitor(&mut self, update: &mut Update) {
        self.begin_generation(false, update);
    }

    /// Another user follows, whom the website has named: nothing of the former stays but messages written for the next.
    fn replace_by_named_user(&mut self, update: &mut Update) {
        self.begin_generation(true, update);
    }

    fn begin_generation(&mut self, is_succeeded: bool, update: &mut Update) {
        let generation = self.visitor.generation + 1;
        let user = is_succeeded.then(|| self.visitor.identity.user().mark);
        let stays = |message: &&OutgoingMessage| message.queue() == Queue::Upload && message.can_follow_visitor(user);
        let keep_files = self.conversation.timeline.outgoing().filter(stays).map(|message| message.echo.clone());
        update.effects.push(Effect::EraseDevice { generation, keep_files: keep_files.collect() });
        tabs::broadcast(&TabMessage::ForgetVisitor { generation: Some(generation), is_succeeded }, update);
        self.replace_visitor(generation, is_succeeded, update);
    }

    /// Another tab has forgotten the visitor and erased the device.
    pub(super) fn visitor_forgotten_elsewhere(
        &mut self,
        generation: Option<u64>,
        is_succeeded: bool,
        update: &mut Update,
    ) {
        match generation {
            Some(generation) if generation > self.visitor.generation => {
                self.delete_own_records(update);
                self.replace_visitor(generation, is_succeeded, update);
            }
            Some(_) => {}
            // The page that said so could not read the device, or found nothing on it.
            None => self.forget_visitor(update),
        }
    }

    /// The device is in this generation. Where that is a later one, another tab has forgotten the visitor.
    pub(super) fn apply_generation(&mut self, generation: u64, update: &mut Update) {
        if generation > self.visitor.generation {
            let user = self.visitor.identity.user().mark;
            let is_succeeded = user != 0 && user != self.visitor.session.user();
            self.delete_own_records(update);
            self.replace_visitor(generation, is_succeeded, update);
        } else if generation < self.visitor.generation {
            // The website has erased the device itself; records written from now on must count there.
            let value = self.visitor.generation.to_string();
            update.effects.push(Effect::Save { key: generation::KEY.to_owned(), value });
        }
    }

    /// An event without the records of visitors who were forgotten. Those are deleted: a tab that hung meanwhile has
    /// written them afterwards.
    pub(super) fn without_outdated_records(&self, mut event: Event, update: &mut Update) -> Event {
        if let Event::Started { stored, .. }
        | Event::Tabs(TabEvent::LockGranted { stored })
        | Event::Page(PageEvent::Resumed { stored }) = &mut event
        {
            let generation = generation::stored_generation(stored).max(self.visitor.generation);
            for (key, _) in stored.extract_if(.., |(key, value)| !generation::is_current(generation, key, value)) {
                storage::delete_record(key, update);
            }
        }
        // Nor are they taken from a tab that has not learned of it yet.
        if let Event::Tabs(TabEvent::Received { text }) = &mut event
            && text.starts_with(STORED_MESSAGE_START)
            && let Some(TabMessage::Stored { key, value: Some(value) }) = messages::decode(text)
            && !generation::is_current(self.visitor.generation, &key, &value)
        {
            text.clear();
        }
        event
    }

    /// Deletes what this tab stored for the former visitor before it learned that they were forgotten.
    fn delete_own_records(&mut self, update: &mut Update) {
        for message in self.conversation.timeline.outgoing() {
            storage::delete_record(storage::outgoing_key(&message.echo), update);
        }
        self.visitor.form_submissions.discard_all();
        self.store_submissions(update);
    }

    /// Replaces the visitor and all that is theirs, part by part.
    fn replace_visitor(&mut self, generation: u64, is_succeeded: bool, update: &mut Update) {
        self.connection.close_socket(&self.settings, update);
        drop(self.connection.abort(&|_: &ApiRequest| true, update));
        let user = is_succeeded.then(|| self.visitor.identity.user().mark);
        let is_dropped = |message: &OutgoingMessage| !message.can_follow_visitor(user) && !message.may_be_stored();
        let are_dropped = is_succeeded && self.conversation.timeline.outgoing().any(is_dropped);
        let identity = if is_succeeded { std::mem::take(&mut self.visitor.identity) } else { Identity::default() };
        self.visitor.replace(generation, identity);
        self.conversation.replace_visitor(user);
        self.connection.replace_visitor();
        self.view_model.replace_visitor(&self.settings.options);
        self.tabs.replace_visitor();
        self.event_log.clear();
        self.store_outbox(update);
        update.tell_host(HostEvent::VisitorForgotten);
        self.report_theme(update);
        self.report_unread(update);
        if are_dropped {
            update.tell_host(HostEvent::Error(HostError::UnsentDropped));
        }
    }

    /// The device's records, unless the last visit lies so long ago that the website wants the visitor forgotten.
    pub(super) fn retained(&mut self, stored: Records, update: &mut Update) -> Records {
        let (days, today) = (self.settings.options.retention_days, self.now.wall.0 / DAY_MS);
        if days == 0 || stored.is_empty() {
            return stored;
        }
        let visited = storage::find(&stored, KEY_VISITED).and_then(|day| day.parse::<u64>().ok());
        if visited.is_some_and(|visited| today > visited.saturating_add(days)) {
            self.visitor.generation += 1;
            update.effects.push(Effect::EraseDevice { generation: self.visitor.generation, keep_files: Vec::new() });
            return Records::new();
        }
        update.effects.push(Effect::Save { key: KEY_VISITED.to_owned(), value: today.to_string() });
        stored
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tab_messages_about_records_begin_as_expected_and_no_others() {
        let stored = TabMessage::Stored { key: "session".to_owned(), value: Some("{}".to_owned()) };
        assert!(messages::encode(&stored).starts_with(STORED_MESSAGE_START));
        assert!(!messages::encode(&TabMessage::CableFrame("{}".to_owned())).starts_with(STORED_MESSAGE_START));
    }
}
