//! Presence: which agents and contacts are online, by when they last subscribed or sent `update_presence`.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::clock::Micros;
use crate::model::User;
use crate::version::ChatwootVersion;

/// Kept in memory only: after a restart everyone is offline, as after the real server's.
#[derive(Debug)]
pub struct Presence {
    last_seen: Mutex<BTreeMap<Participant, Micros>>,
    contact_seconds: i64,
}

/// An agent or contact of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Participant {
    User { account_id: i64, user_id: i64 },
    Contact { account_id: i64, contact_id: i64 },
}

/// For how many seconds an agent counts as online, in both versions as recorded.
const AGENT_SECONDS: i64 = 20;

impl Presence {
    pub fn new(version: ChatwootVersion) -> Self {
        Self { last_seen: Mutex::default(), contact_seconds: version.contact_presence_seconds() }
    }

    pub fn mark_seen(&self, participant: Participant, now: Micros) {
        let mut last_seen = self.last_seen.lock().unwrap_or_else(PoisonError::into_inner);
        // Removing expired entries here keeps the map as small as the number of those online.
        last_seen.retain(|participant, at| self.is_fresh(*participant, *at, now));
        last_seen.insert(participant, now);
    }

    /// The availability that an agent has chosen (`online`, `busy` or `offline`) while they are online.
    pub fn user_status<'a>(&self, user: &'a User, now: Micros) -> &'a str {
        let participant = Participant::User { account_id: user.account_id, user_id: user.id };
        if self.is_online(participant, now) { &user.availability } else { "offline" }
    }

    /// `online` or `offline`.
    pub fn contact_status(&self, account_id: i64, contact_id: i64, now: Micros) -> &'static str {
        if self.is_online(Participant::Contact { account_id, contact_id }, now) { "online" } else { "offline" }
    }

    /// The ids of an account's contacts that are online.
    pub fn online_contacts(&self, account_id: i64, now: Micros) -> Vec<i64> {
        let last_seen = self.last_seen.lock().unwrap_or_else(PoisonError::into_inner);
        let online = last_seen.iter().filter(|(participant, at)| self.is_fresh(**participant, **at, now));
        online
            .filter_map(|(participant, _)| match participant {
                Participant::Contact { account_id: account, contact_id } if *account == account_id => Some(*contact_id),
                Participant::Contact { .. } | Participant::User { .. } => None,
            })
            .collect()
    }

    pub fn is_online(&self, participant: Participant, now: Micros) -> bool {
        let last_seen = self.last_seen.lock().unwrap_or_else(PoisonError::into_inner);
        last_seen.get(&participant).is_some_and(|at| self.is_fresh(participant, *at, now))
    }

    fn is_fresh(&self, participant: Participant, at: Micros, now: Micros) -> bool {
        let seconds = match participant {
            Participant::User { .. } => AGENT_SECONDS,
            Participant::Contact { .. } => self.contact_seconds,
        };
        now < at.plus_seconds(seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presence_of_contacts_lasts_twenty_or_ninety_seconds_and_of_agents_twenty() {
        for (version, seconds) in [(ChatwootVersion::V4_0, 20), (ChatwootVersion::V4_16, 90)] {
            let presence = Presence::new(version);
            let start = Micros(0);
            presence.mark_seen(Participant::Contact { account_id: 1, contact_id: 7 }, start);
            assert_eq!(presence.contact_status(1, 7, start.plus_seconds(seconds - 1)), "online");
            assert_eq!(presence.contact_status(1, 7, start.plus_seconds(seconds)), "offline");
            assert_eq!(presence.contact_status(2, 7, start), "offline", "another account");
            let agent = Participant::User { account_id: 1, user_id: 2 };
            presence.mark_seen(agent, start);
            assert!(presence.is_online(agent, start.plus_seconds(19)));
            assert!(!presence.is_online(agent, start.plus_seconds(20)));
        }
    }

    #[test]
    fn presence_lists_contacts_of_the_account_only() {
        let presence = Presence::new(ChatwootVersion::V4_16);
        presence.mark_seen(Participant::Contact { account_id: 1, contact_id: 7 }, Micros(0));
        presence.mark_seen(Participant::Contact { account_id: 2, contact_id: 8 }, Micros(0));
        presence.mark_seen(Participant::User { account_id: 1, user_id: 2 }, Micros(0));
        assert_eq!(presence.online_contacts(1, Micros(1)), [7]);
    }
}
