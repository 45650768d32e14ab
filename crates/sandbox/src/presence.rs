//! Who is here: agents who subscribed or asked within the last twenty seconds, contacts for as long as the age has it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::age::Age;
use crate::clock::Micros;
use crate::model::User;

/// Only in memory: a restart forgets who was here, as it should.
#[derive(Debug)]
pub struct Presence {
    seen: Mutex<BTreeMap<Who, Micros>>,
    contact_seconds: i64,
}

/// Somebody of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    User { account_id: i64, user_id: i64 },
    Contact { account_id: i64, contact_id: i64 },
}

/// The server's own span for agents.
const AGENT_SECONDS: i64 = 20;

impl Presence {
    pub fn of(age: Age) -> Self {
        Self { seen: Mutex::default(), contact_seconds: age.contact_presence_seconds() }
    }

    pub fn saw(&self, who: Who, now: Micros) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        // Forgetting here keeps the map as small as the crowd that is here.
        seen.retain(|who, at| self.is_fresh(*who, *at, now));
        seen.insert(who, now);
    }

    /// `online`, `busy` or `offline`: the word an agent chose, as long as they are here.
    pub fn user_word<'a>(&self, user: &'a User, now: Micros) -> &'a str {
        let who = Who::User { account_id: user.account_id, user_id: user.id };
        if self.is_here(who, now) { &user.availability } else { "offline" }
    }

    pub fn contact_word(&self, account_id: i64, contact_id: i64, now: Micros) -> &'static str {
        if self.is_here(Who::Contact { account_id, contact_id }, now) { "online" } else { "offline" }
    }

    /// The contacts of an account who are here.
    pub fn contacts(&self, account_id: i64, now: Micros) -> Vec<i64> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.iter()
            .filter(|(who, at)| self.is_fresh(**who, **at, now))
            .filter_map(|(who, _)| match who {
                Who::Contact { account_id: account, contact_id } if *account == account_id => Some(*contact_id),
                Who::Contact { .. } | Who::User { .. } => None,
            })
            .collect()
    }

    pub fn is_here(&self, who: Who, now: Micros) -> bool {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.get(&who).is_some_and(|at| self.is_fresh(who, *at, now))
    }

    fn is_fresh(&self, who: Who, at: Micros, now: Micros) -> bool {
        let seconds = match who {
            Who::User { .. } => AGENT_SECONDS,
            Who::Contact { .. } => self.contact_seconds,
        };
        now < at.plus_seconds(seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contact_is_here_for_twenty_seconds_or_for_ninety_and_an_agent_for_twenty() {
        for (age, seconds) in [(Age::V4_0, 20), (Age::V4_16, 90)] {
            let presence = Presence::of(age);
            let start = Micros(0);
            presence.saw(Who::Contact { account_id: 1, contact_id: 7 }, start);
            assert_eq!(presence.contact_word(1, 7, start.plus_seconds(seconds - 1)), "online");
            assert_eq!(presence.contact_word(1, 7, start.plus_seconds(seconds)), "offline");
            assert_eq!(presence.contact_word(2, 7, start), "offline", "another account");
            let agent = Who::User { account_id: 1, user_id: 2 };
            presence.saw(agent, start);
            assert!(
                presence.is_here(agent, start.plus_seconds(19)) && !presence.is_here(agent, start.plus_seconds(20))
            );
        }
    }

    #[test]
    fn the_list_holds_the_accounts_contacts_only() {
        let presence = Presence::of(Age::V4_16);
        presence.saw(Who::Contact { account_id: 1, contact_id: 7 }, Micros(0));
        presence.saw(Who::Contact { account_id: 2, contact_id: 8 }, Micros(0));
        presence.saw(Who::User { account_id: 1, user_id: 2 }, Micros(0));
        assert_eq!(presence.contacts(1, Micros(1)), [7]);
    }
}
