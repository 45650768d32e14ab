//! Typing indicators: of agents, shown to the visitor, and of the visitor, sent to the agents (`toggle_typing`).
//!
//! Both are hints: a lost one is corrected by time alone. Chatwoot's own pages report that an agent stopped when they
//! pause or send, but a page that is closed reports nothing.

use crate::model::Person;
use crate::time::{Due, Mono, next_due};

/// An agent's typing ends after this, in ms: longer than any of Chatwoot's pages waits before it repeats the report.
const AGENT_TYPING_MS: u64 = 30_000;
/// The visitor counts as having stopped after a pause of this long, in ms.
const VISITOR_PAUSE_MS: u64 = 4_000;
/// A visitor who goes on writing is reported again after this, in ms.
const REPEAT_MS: u64 = 10_000;

/// Both directions.
#[derive(Debug, Default)]
pub struct Typing {
    /// The agent who writes, and when that ends.
    agent: Option<(Person, Mono)>,
    /// When the visitor last changed the draft; `None` when they don't write.
    last_input: Option<Mono>,
    /// When the agents were last sent that the visitor writes; `None` after they were sent that the visitor stopped.
    last_sent: Option<Mono>,
}

impl Typing {
    /// The state for another conversation: no agent writes there yet, the visitor goes on writing.
    #[must_use]
    pub const fn for_next_conversation(&self) -> Self {
        Self { agent: None, last_input: self.last_input, last_sent: self.last_sent }
    }

    /// An agent began to write.
    pub fn agent_started(&mut self, now: Mono, person: Person) {
        self.agent = Some((person, now.plus(AGENT_TYPING_MS)));
    }

    /// The agent stopped, or their message arrived.
    pub fn agent_stopped(&mut self) {
        self.agent = None;
    }

    /// The agent who writes.
    #[must_use]
    pub fn agent(&self) -> Option<&Person> {
        self.agent.as_ref().map(|(person, _)| person)
    }

    /// The visitor changed the draft; `is_empty` is whether nothing is left of it.
    pub fn draft_changed(&mut self, now: Mono, is_empty: bool) {
        self.last_input = Some(now).filter(|_| !is_empty);
    }

    /// What is to be sent to the agents now, if anything may be sent: whether the visitor writes.
    pub fn next_signal(&mut self, now: Mono, may_send: bool) -> Option<bool> {
        self.agent = self.agent.take().filter(|(_, until)| *until > now);
        self.last_input = self.last_input.filter(|last_input| last_input.plus(VISITOR_PAUSE_MS) > now);
        if !may_send {
            return None;
        }
        match (self.last_input, self.last_sent) {
            (Some(last_input), last_sent)
                if last_sent.is_none_or(|last_sent| last_sent.plus(REPEAT_MS) <= last_input) =>
            {
                self.last_sent = Some(now);
                Some(true)
            }
            (None, Some(_)) => {
                self.last_sent = None;
                Some(false)
            }
            (Some(_) | None, _) => None,
        }
    }

    /// When an agent's typing or the visitor's ends.
    #[must_use]
    pub fn deadline(&self, now: Mono) -> Option<Due> {
        let agent = self.agent.as_ref().map(|(_, until)| until.due("typing: agent"));
        let visitor = self.last_input.map(|last_input| last_input.plus(VISITOR_PAUSE_MS).due("typing: visitor"));
        next_due(now, [agent, visitor])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_of_the_visitor_is_sent_again_while_they_write_and_once_when_they_stop() {
        let mut typing = Typing::default();
        assert_eq!(typing.next_signal(Mono(0), true), None);
        typing.draft_changed(Mono(1_000), false);
        assert_eq!((typing.next_signal(Mono(1_000), true), typing.next_signal(Mono(1_001), true)), (Some(true), None));
        for at in 2..11 {
            typing.draft_changed(Mono(at * 1_000), false);
            assert_eq!(typing.next_signal(Mono(at * 1_000), true), None, "they know");
        }
        typing.draft_changed(Mono(11_000), false);
        assert_eq!(typing.next_signal(Mono(11_000), true), Some(true), "they might have stopped to believe it");
        assert_eq!(typing.deadline(Mono(11_000)), Some(Mono(15_000).due("typing: visitor")));
        assert_eq!(
            (typing.next_signal(Mono(14_999), true), typing.next_signal(Mono(15_000), true)),
            (None, Some(false))
        );
        typing.draft_changed(Mono(20_000), false);
        typing.next_signal(Mono(20_000), true);
        typing.draft_changed(Mono(20_100), true);
        assert_eq!(typing.next_signal(Mono(20_100), true), Some(false), "all was deleted, or sent");
        assert_eq!((typing.next_signal(Mono(20_200), true), typing.deadline(Mono(20_200))), (None, None));
    }

    #[test]
    fn typing_of_an_agent_ends_after_a_while() {
        let mut typing = Typing::default();
        let jamie = Person { id: Some(2), name: "Jamie".to_owned(), avatar_url: String::new() };
        typing.agent_started(Mono(0), jamie.clone());
        typing.next_signal(Mono(29_999), true);
        assert_eq!(typing.agent(), Some(&jamie));
        typing.next_signal(Mono(30_000), true);
        assert_eq!(typing.agent(), None);
        typing.agent_started(Mono(40_000), jamie);
        typing.agent_stopped();
        assert_eq!(typing.agent(), None);
    }
}
