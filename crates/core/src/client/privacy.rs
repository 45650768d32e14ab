//! Forgetting the visitor: logout, `forget()`, another user, and visits that lie too long ago.
//!
//! Whoever forgets empties the device at once, be it the tab that leads or not, and begins a new generation there
//! (`generation`). Every tab that hears of it, or finds that generation on the device, replaces all it holds of the
//! visitor. A tab that hangs does so before it writes again.

use super::{ChatClient, KEY_SEND, KEY_VISITED};
use crate::conversation::timeline::{OutgoingMessage, Queue};
use crate::digits::digits;
use crate::event::PageEvent;
use crate::host::events::{HostError, HostEvent};
use crate::tabs::leader_election::{self as tabs, TabEvent, TabMessage};
use crate::visitor::generation;
use crate::{Effect, Event, Update};

const DAY_MS: u64 = 86_400_000;
/// How other tabs begin what they say of a record: others of their words are longer, and need not be read twice.
const KEPT_WORD: &str = r#"{"say":"kept""#;

impl ChatClient {
    /// The visitor has logged out of the site, or wants to be forgotten here: nothing stays, and nobody in particular is
    /// the next visitor.
    pub(super) fn forget_visitor(&mut self, turn: &mut Update) {
        self.begin_generation(false, turn);
    }

    /// Another user follows, as the page says: nothing of the former stays. What was said for the other one goes along.
    pub(super) fn succeed_visitor(&mut self, turn: &mut Update) {
        self.begin_generation(true, turn);
    }

    fn begin_generation(&mut self, is_succeeded: bool, turn: &mut Update) {
        let generation = self.visitor.generation + 1;
        let user = is_succeeded.then(|| self.visitor.identity.user().mark);
        let uploads =
            self.conversation.timeline.sends().filter(|send| send.lane() == Queue::Upload && send.passes_on_to(user));
        let keep_files = uploads.map(|send| send.echo.clone()).collect();
        turn.effects.push(Effect::EraseDevice { generation, keep_files });
        turn.effects
            .push(Effect::Tabs(tabs::say(&TabMessage::ForgetVisitor { generation: Some(generation), is_succeeded })));
        self.replace_visitor(generation, is_succeeded, turn);
    }

    /// Another tab has forgotten the visitor, and emptied the device.
    pub(super) fn hear_forget(&mut self, generation: Option<u64>, is_succeeded: bool, turn: &mut Update) {
        match generation {
            Some(generation) if generation > self.visitor.generation => {
                self.erase_own_records(turn);
                self.replace_visitor(generation, is_succeeded, turn);
            }
            Some(_) => {}
            // Who said so could not read the device, or found nothing on it.
            None => self.forget_visitor(turn),
        }
    }

    /// The device says which generation it is in. Where that is a later one, another tab has forgotten the visitor.
    pub(super) fn meet_generation(&mut self, generation: u64, turn: &mut Update) {
        if generation > self.visitor.generation {
            let user = self.visitor.identity.user().mark;
            let is_succeeded = user != 0 && user != self.visitor.session.user();
            self.erase_own_records(turn);
            self.replace_visitor(generation, is_succeeded, turn);
        } else if generation < self.visitor.generation {
            // The site has emptied the device itself; what is written from now on must count there.
            turn.effects.push(Effect::Save { key: generation::KEY.to_owned(), value: digits(self.visitor.generation) });
        }
    }

    /// An event without the records of visitors who were forgotten, which are erased: a tab that hung then has written
    /// them afterwards.
    pub(super) fn without_outdated(&self, mut event: Event, turn: &mut Update) -> Event {
        if let Event::Started { stored: kept, .. }
        | Event::Tabs(TabEvent::LockGranted(kept))
        | Event::Page(PageEvent::Resumed { stored: kept }) = &mut event
        {
            let generation = generation::kept_in(kept).max(self.visitor.generation);
            for (key, _) in kept.extract_if(.., |(key, value)| !generation::is_current(generation, key, value)) {
                erase_record(key, turn);
            }
        }
        // Nor is it taken from a tab that has not heard yet, or remembered.
        if let Event::Tabs(TabEvent::Received(text)) = &mut event
            && text.starts_with(KEPT_WORD)
            && let Some(TabMessage::Stored(key, Some(value))) = crate::tabs::messages::hear(text)
            && !generation::is_current(self.visitor.generation, &key, &value)
        {
            text.clear();
        }
        event
    }

    /// Takes back what this tab wrote down for the former visitor before it heard that they were forgotten.
    fn erase_own_records(&mut self, turn: &mut Update) {
        for send in self.conversation.timeline.sends() {
            erase_record([KEY_SEND, &send.echo].concat(), turn);
        }
        self.visitor.form_submissions.start_over();
        self.keep_answers(turn);
    }

    /// Replaces all that is known of the visitor. Whether a field is the visitor's or the page's is decided here for each:
    /// what is not named below is the next visitor's from the start.
    fn replace_visitor(&mut self, generation: u64, is_succeeded: bool, turn: &mut Update) {
        let mut acts = Vec::new();
        self.connection.cable.close(&mut acts);
        self.act(acts, turn);
        drop(self.abort(&|_, _| true, turn));
        let user = is_succeeded.then(|| self.visitor.identity.user().mark);
        let is_dropped = |send: &OutgoingMessage| !send.passes_on_to(user) && !send.may_be_stored();
        let are_dropped = is_succeeded && self.conversation.timeline.sends().any(is_dropped);
        let successor = is_succeeded.then(|| std::mem::take(&mut self.visitor.identity));
        self.visitor.replace(generation, successor);
        self.conversation.replace_visitor(user);
        self.connection.replace_visitor();
        self.view_model.replace_visitor(&self.settings.options);
        self.tabs.pending.clear();
        self.event_log.clear();
        self.request_contact_update();
        self.keep_sends(turn);
        turn.effects.push(Effect::Host(HostEvent::VisitorForgotten));
        self.tell_theme(turn);
        self.tell_unread(turn);
        if are_dropped {
            turn.tell_host(HostEvent::Error(HostError::UnsentDropped));
        }
    }

    /// What of all that the device keeps is not too old for the site's liking; the rest is forgotten.
    pub(super) fn retained(&mut self, kept: Vec<(String, String)>, turn: &mut Update) -> Vec<(String, String)> {
        let (days, today) = (self.settings.options.retention_days, self.now.wall.0 / DAY_MS);
        if days == 0 || kept.is_empty() {
            return kept;
        }
        let visited = kept.iter().find(|(key, _)| key == KEY_VISITED).and_then(|(_, day)| day.parse::<u64>().ok());
        if visited.is_some_and(|visited| today > visited.saturating_add(days)) {
            self.visitor.generation += 1;
            turn.effects.push(Effect::EraseDevice { generation: self.visitor.generation, keep_files: Vec::new() });
            return Vec::new();
        }
        turn.effects.push(Effect::Save { key: KEY_VISITED.to_owned(), value: digits(today) });
        kept
    }
}

/// Erases a record, and the files that went with it if it was a message's.
fn erase_record(key: String, turn: &mut Update) {
    if let Some(echo) = key.strip_prefix(KEY_SEND) {
        turn.effects.push(Effect::DeleteFiles { message: echo.into() });
    }
    turn.effects.push(Effect::Delete { key });
}
