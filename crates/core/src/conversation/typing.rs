//! Who is writing: agents, for the visitor to see, and the visitor, for agents to see.
//!
//! Both are hints: lost ones are made good by time alone. Chatwoot's own pages say that somebody stopped when they
//! pause or send, but a page that is closed says nothing.

use crate::model::Person;
use crate::time::{Due, Mono};

/// Longer than any of Chatwoot's pages keeps on saying that somebody writes without saying it again.
const HEARD_MS: u64 = 30_000;
/// After such a pause the visitor has stopped writing.
const PAUSE_MS: u64 = 4_000;
/// Whoever goes on writing says so again by then.
const AGAIN_MS: u64 = 10_000;

/// Both sides.
#[derive(Debug, Default)]
pub struct Typing {
    /// Who writes, and until when to believe it.
    theirs: Option<(Person, Mono)>,
    /// When the visitor last changed what they write; `None` when they don't write.
    wrote: Option<Mono>,
    /// When agents were last told that the visitor writes; `None` when they think the visitor does not.
    told: Option<Mono>,
}

impl Typing {
    /// For another conversation: nobody of the team writes there yet, the visitor goes on writing.
    #[must_use]
    pub const fn for_next_conversation(&self) -> Self {
        Self { theirs: None, wrote: self.wrote, told: self.told }
    }

    /// Somebody of the team began to write.
    pub fn began(&mut self, now: Mono, person: Person) {
        self.theirs = Some((person, now.plus(HEARD_MS)));
    }

    /// They stopped, or what they wrote is here.
    pub fn ended(&mut self) {
        self.theirs = None;
    }

    /// Who of the team writes.
    #[must_use]
    pub fn theirs(&self) -> Option<&Person> {
        self.theirs.as_ref().map(|(person, _)| person)
    }

    /// The visitor changed what they write; nothing is left of it when `is_empty`.
    pub fn drafted(&mut self, now: Mono, is_empty: bool) {
        self.wrote = Some(now).filter(|_| !is_empty);
    }

    /// What agents are to be told now, if they can be.
    pub fn tick(&mut self, now: Mono, may_tell: bool) -> Option<bool> {
        self.theirs = self.theirs.take().filter(|(_, until)| *until > now);
        self.wrote = self.wrote.filter(|wrote| wrote.plus(PAUSE_MS) > now);
        if !may_tell {
            return None;
        }
        match (self.wrote, self.told) {
            (Some(wrote), told) if told.is_none_or(|told| told.plus(AGAIN_MS) <= wrote) => {
                self.told = Some(now);
                Some(true)
            }
            (None, Some(_)) => {
                self.told = None;
                Some(false)
            }
            (Some(_) | None, _) => None,
        }
    }

    /// When something ends by time alone.
    #[must_use]
    pub fn deadline(&self) -> Option<Due> {
        let theirs = self.theirs.as_ref().map(|(_, until)| until.due("typing: theirs"));
        let ours = self.wrote.map(|wrote| wrote.plus(PAUSE_MS).due("typing: ours"));
        theirs.into_iter().chain(ours).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agents_are_told_once_in_a_while_and_when_it_is_over() {
        let mut typing = Typing::default();
        assert_eq!(typing.tick(Mono(0), true), None);
        typing.drafted(Mono(1_000), false);
        assert_eq!((typing.tick(Mono(1_000), true), typing.tick(Mono(1_001), true)), (Some(true), None));
        for at in 2..11 {
            typing.drafted(Mono(at * 1_000), false);
            assert_eq!(typing.tick(Mono(at * 1_000), true), None, "they know");
        }
        typing.drafted(Mono(11_000), false);
        assert_eq!(typing.tick(Mono(11_000), true), Some(true), "they might have stopped to believe it");
        assert_eq!(typing.deadline(), Some(Mono(15_000).due("typing: ours")));
        assert_eq!((typing.tick(Mono(14_999), true), typing.tick(Mono(15_000), true)), (None, Some(false)));
        typing.drafted(Mono(20_000), false);
        typing.tick(Mono(20_000), true);
        typing.drafted(Mono(20_100), true);
        assert_eq!(typing.tick(Mono(20_100), true), Some(false), "all was deleted, or sent");
        assert_eq!((typing.tick(Mono(20_200), true), typing.deadline()), (None, None));
    }

    #[test]
    fn agents_are_believed_for_a_while() {
        let mut typing = Typing::default();
        let jamie = Person { id: Some(2), name: "Jamie".to_owned(), avatar_url: String::new() };
        typing.began(Mono(0), jamie.clone());
        typing.tick(Mono(29_999), true);
        assert_eq!(typing.theirs(), Some(&jamie));
        typing.tick(Mono(30_000), true);
        assert_eq!(typing.theirs(), None);
        typing.began(Mono(40_000), jamie);
        typing.ended();
        assert_eq!(typing.theirs(), None);
    }
}
