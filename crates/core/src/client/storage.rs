//! The device's records: restoring from them, and storing what must survive a crash before anything that depends on it
//! leaves the device.

use super::ChatClient;
use crate::conversation::timeline::{OutgoingRecord, StoreOp};
use crate::model::{EchoId, MessageId, Queue};
use crate::tabs::leader_election::TabMessage;
use crate::time::Mono;
use crate::visitor::generation;
use crate::{Effect, Update, tabs};

/// Records as the platform reads them: keys without the storage prefix, and values.
pub(super) type Records = Vec<(String, String)>;

/// The contact and the conversations.
pub(super) const KEY_SESSION: &str = "session";
/// The text in the composer, as it is.
const KEY_DRAFT: &str = "draft";
/// An outgoing message, by its echo_id.
const KEY_OUTGOING: &str = "send/";
/// An answer to a form in a message, by the message's id.
const KEY_SUBMISSION: &str = "answer/";
/// What the visitor filled into the pre-chat form.
const KEY_PRE_CHAT: &str = "introduction";
const KEY_PREFERENCES: &str = "preferences";
/// The day of the last visit, in days since 1970, where the website wants visitors forgotten after some.
pub(super) const KEY_VISITED: &str = "visited";

impl ChatClient {
    /// The client starts, with what the device stored.
    pub(super) fn start(&mut self, now: Mono, stored: Records, has_tab_sync: bool, update: &mut Update) {
        self.visitor.generation = self.visitor.generation.max(generation::stored_generation(&stored));
        let stored = self.retained(stored, update);
        self.visitor.stored_draft = find(&stored, KEY_DRAFT).map(Into::into);
        self.restore_submissions(&stored);
        if let Some(preferences) = find(&stored, KEY_PREFERENCES) {
            self.restore_preferences(preferences, update);
        }
        tabs::act(self.tabs.election.start(has_tab_sync), update);
        self.tabs.query_lock(now, update);
        self.broadcast_identities(update);
        self.restore_and_read(now, stored);
        self.visitor.restore_draft();
    }

    /// Restores from the device, takes over sending where this tab does it, and has the newest messages read.
    pub(super) fn restore_and_read(&mut self, now: Mono, stored: Records) {
        if self.tabs.election.is_active() {
            self.take_over(now, stored);
        } else {
            self.restore(now, stored);
        }
        self.request_history();
    }

    /// This tab talks to the server from now on, starting from the device's records.
    pub(super) fn take_over(&mut self, now: Mono, stored: Records) {
        self.restore(now, stored);
        self.conversation.timeline.take_over_sending(&self.connection.messages_being_sent(), now);
        if self.visitor.session.conversation().is_none() {
            self.conversation.timeline.fail_unconfirmed();
        } else if self.conversation.timeline.unconfirmed_floor().is_some() {
            self.conversation.history.request_newest();
        }
    }

    /// Takes what the device stored for the truth about the contact and the messages that wait.
    fn restore(&mut self, now: Mono, stored: Records) {
        let echoes: Vec<EchoId> = stored.iter().filter_map(|(key, _)| echo_of(key)).collect();
        for echo in self.conversation.timeline.outgoing_without_record(&echoes) {
            self.conversation.timeline.record_removed(&echo, now);
        }
        // Before the messages: a conversation that is gone resets them, and their records are right after that.
        self.restore_session(find(&stored, KEY_SESSION));
        if let Some(record) = find(&stored, KEY_PRE_CHAT) {
            self.visitor.pre_chat.restore(record);
        }
        for (key, value) in stored {
            if let (Some(echo), Some(record)) = (echo_of(&key), OutgoingRecord::parse(&value)) {
                self.conversation.timeline.apply_record(record, &echo, now);
            }
        }
    }

    /// Takes the device's session in place of this tab's: another tab may have written it.
    fn restore_session(&mut self, record: Option<&str>) {
        let former = self.visitor.session.conversation();
        self.visitor.session.apply_record(record);
        let open = self.visitor.session.conversation();
        if open == former {
            return;
        }
        match former {
            Some(former) if self.visitor.session.has_conversation(former) => {
                self.replace_conversation();
                self.conversation.proactive_message.clear();
            }
            Some(_) => self.lose_conversation(),
            None => {}
        }
        if let Some(id) = open {
            self.conversation_found(id);
        }
    }

    fn restore_submissions(&mut self, stored: &Records) {
        for (key, value) in stored {
            if let Some(id) = key.strip_prefix(KEY_SUBMISSION).and_then(|id| id.parse().ok()) {
                self.visitor.form_submissions.restore(MessageId(id), value);
            }
        }
    }

    /// Another tab has stored a record, or (`None`) deleted it.
    pub(super) fn record_changed_elsewhere(&mut self, now: Mono, key: &str, value: Option<&str>, update: &mut Update) {
        if value.is_some_and(|value| !generation::is_current(self.visitor.generation, key, value)) {
            // From a tab that has not learned yet that the visitor was forgotten.
            return;
        }
        let is_leading = self.tabs.election.is_leading();
        match key {
            // A leader's own session is newer than any record.
            KEY_SESSION if is_leading => {}
            KEY_SESSION => self.restore_session(value),
            KEY_PRE_CHAT => self.visitor.pre_chat.restore(value.unwrap_or_default()),
            KEY_PREFERENCES => self.restore_preferences(value.unwrap_or_default(), update),
            _ => {
                if let Some(echo) = echo_of(key) {
                    self.outgoing_changed_elsewhere(now, &echo, value, is_leading);
                }
            }
        }
    }

    fn outgoing_changed_elsewhere(&mut self, now: Mono, echo: &EchoId, value: Option<&str>, is_leading: bool) {
        match value.map(OutgoingRecord::parse) {
            Some(Some(record)) if !is_leading => self.conversation.timeline.apply_record(record, echo, now),
            // A leader's own messages are newer than any record.
            Some(Some(record)) if !self.conversation.timeline.has_outgoing(echo) => {
                self.conversation.timeline.apply_record(record, echo, now);
                // The tab that was sending it is no leader any more, and may be gone before it tells how that ended.
                self.conversation.timeline.take_over_sending(&self.connection.messages_being_sent(), now);
            }
            None if !is_leading => {
                self.conversation.timeline.record_removed(echo, now);
                if self.conversation.timeline.unconfirmed_floor().is_some() {
                    self.request_history();
                }
            }
            Some(Some(_) | None) | None => {}
        }
    }

    // --- Storing ---

    /// Stores what has changed during an update.
    pub(super) fn store_changes(&mut self, now: Mono, update: &mut Update) {
        self.store_session_and_outbox(now, update);
        self.store_submissions(update);
    }

    /// Stores the session and the outgoing messages: before a request that depends on them leaves. Changes in a tab that
    /// does not speak to the server are stored by the one that does.
    pub(super) fn store_session_and_outbox(&mut self, now: Mono, update: &mut Update) {
        if !self.visitor.session.has_changes_to_store() && !self.conversation.timeline.has_changes_to_store() {
            return;
        }
        if !self.tabs.election.is_active() {
            drop((self.visitor.session.take_record(), self.conversation.timeline.take_store_ops()));
            return;
        }
        if !self.tabs.may_write(now, update) {
            return;
        }
        if let Some(record) = self.visitor.session.take_record() {
            self.store(KEY_SESSION.to_owned(), record, update);
        }
        self.store_outbox(update);
    }

    /// Stores what became of outgoing messages, in whichever tab.
    pub(super) fn store_outbox(&mut self, update: &mut Update) {
        for op in self.conversation.timeline.take_store_ops() {
            match op {
                StoreOp::Save { echo, record } => self.store(outgoing_key(&echo), Some(record), update),
                StoreOp::Delete { echo, queue } => {
                    // Before the record: a crash between the two must not leave files that no record names.
                    if queue == Queue::Upload {
                        update.effects.push(Effect::DeleteFiles { message: echo.clone() });
                    }
                    self.store(outgoing_key(&echo), None, update);
                }
            }
        }
    }

    /// Stores the answers to forms.
    pub(super) fn store_submissions(&mut self, update: &mut Update) {
        for (message, record) in self.visitor.form_submissions.take_store_ops() {
            let key = format!("{KEY_SUBMISSION}{}", message.0);
            update.effects.push(match record {
                Some(record) => Effect::Save { key, value: generation::stamp(self.visitor.generation, &record) },
                None => Effect::Delete { key },
            });
        }
    }

    /// Stores the pre-chat form's answers.
    pub(super) fn store_pre_chat(&mut self, update: &mut Update) {
        if let Some(record) = self.visitor.pre_chat.take_record() {
            self.store(KEY_PRE_CHAT.to_owned(), Some(record), update);
        }
    }

    /// Stores the preferences.
    pub(super) fn store_preferences(&self, update: &mut Update) {
        self.store(KEY_PREFERENCES.to_owned(), Some(self.visitor.preferences.record()), update);
    }

    /// Stores a record, or (`None`) deletes it, and reports that to the other tabs.
    fn store(&self, key: String, value: Option<String>, update: &mut Update) {
        let value = value.map(|value| generation::stamp(self.visitor.generation, &value));
        update.effects.push(match &value {
            Some(value) => Effect::Save { key: key.clone(), value: value.clone() },
            None => Effect::Delete { key: key.clone() },
        });
        self.tabs.broadcast(&TabMessage::Stored { key, value }, update);
    }

    /// What the device holds of the session, for another tab.
    pub(super) fn session_message(&self) -> TabMessage {
        let value = self.visitor.session.record().map(|record| generation::stamp(self.visitor.generation, &record));
        TabMessage::Stored { key: KEY_SESSION.to_owned(), value }
    }
}

/// The record under a key.
pub(super) fn find<'a>(stored: &'a Records, key: &str) -> Option<&'a str> {
    stored.iter().find(|(other, _)| other == key).map(|(_, value)| value.as_str())
}

/// The key of an outgoing message's record.
pub(super) fn outgoing_key(echo: &EchoId) -> String {
    [KEY_OUTGOING, echo].concat()
}

/// The outgoing message that a key belongs to, if it is such a key.
fn echo_of(key: &str) -> Option<EchoId> {
    key.strip_prefix(KEY_OUTGOING).map(EchoId::from)
}

/// Deletes a record, and its files if it is an outgoing message's.
pub(super) fn delete_record(key: String, update: &mut Update) {
    if let Some(message) = echo_of(&key) {
        update.effects.push(Effect::DeleteFiles { message });
    }
    update.effects.push(Effect::Delete { key });
}

/// Stores the composer's text.
pub(super) fn store_draft(text: &str, update: &mut Update) {
    let key = KEY_DRAFT.to_owned();
    update.effects.push(if text.is_empty() {
        Effect::Delete { key }
    } else {
        Effect::Save { key, value: text.to_owned() }
    });
}

/// Whether an effect deletes the stored draft.
pub(super) fn deletes_draft(effect: &Effect) -> bool {
    matches!(effect, Effect::Delete { key } if key == KEY_DRAFT)
}
