//! Whether the team is available, and if not, when it will be.
//!
//! There are two sources: the agents' presence, which the server reports only to a visitor with a contact, and the
//! inbox's working hours, which are in the inbox's own time zone. The browser looks up the zone's UTC offsets;
//! everything else is computed here.

use crate::retrying_request::RetryingRequest;
use crate::rng::Rng;
use crate::time::{Due, Mono, Now};

/// An inbox, as the server reports it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Inbox {
    /// Its name.
    pub name: String,
    /// Its time zone's tz name.
    pub zone: String,
    /// The working hours, if it has any set.
    pub hours: Option<Vec<WorkingHours>>,
    /// Whether every request about the contact needs a proof of identity (HMAC).
    pub requires_proof: bool,
}

/// The working hours of one day of the week.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct WorkingHours {
    /// 0 is Sunday.
    pub day: u64,
    /// Minutes after midnight in the inbox's time zone.
    pub opens: u64,
    /// Minutes after midnight; 1,440 is the end of the day.
    pub closes: u64,
}

/// A UTC offset of a time zone, from a moment on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct UtcOffset {
    /// When it begins, in seconds since 1970.
    pub from: u64,
    /// The offset in seconds; negative west of UTC.
    pub ahead: i64,
}

/// Whether the team is available.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Presence {
    /// Unknown, or within working hours without an agent known to be online.
    #[default]
    Unknown,
    /// An agent is online.
    Online,
    /// Outside working hours, which begin at this moment: seconds since 1970.
    Until(u64),
    /// Outside working hours, and none follow.
    Away,
}

/// The inbox, its working hours, and the agents' presence.
#[derive(Debug, Default)]
pub struct Availability {
    inbox: Option<Inbox>,
    /// The time zone's offsets, earliest first.
    offsets: Vec<UtcOffset>,
    is_zone_lookup_due: bool,
    request: RetryingRequest,
    /// Whether the response was not an inbox.
    is_inbox_unavailable: bool,
    /// When the last response arrived.
    answered_at: Option<Mono>,
    /// Until when the agents' presence is valid.
    online_until: Option<Mono>,
}

/// How long the agents' presence is valid, in ms. The visitor's presence, sent every 15 s, makes the server report it;
/// one report may get lost.
const AGENTS_ONLINE_MS: u64 = 40_000;
/// How long the inbox is valid, in ms: the offsets reach a little further than a week.
const INBOX_FRESH_MS: u64 = 86_400_000;
const DAY_SECONDS: u64 = 86_400;

impl Availability {
    /// The panel is shown: requests the inbox if it is not known or outdated.
    pub fn request_inbox(&mut self, now: Mono) {
        if self.answered_at.is_none_or(|answered_at| now.since(answered_at) >= INBOX_FRESH_MS) {
            self.request.request();
        }
    }

    /// Whether the inbox is known to require a proof of identity.
    #[must_use]
    pub fn requires_proof(&self) -> bool {
        self.inbox.as_ref().is_some_and(|inbox| inbox.requires_proof)
    }

    /// Whether it is known if the inbox requires a proof, or can't be found out. If not, the inbox is requested.
    pub fn knows_proof_requirement(&mut self) -> bool {
        let knows = self.inbox.is_some() || self.is_inbox_unavailable;
        if !knows && !self.request.is_outstanding() {
            self.request.request();
        }
        knows
    }

    /// Whether the inbox is to be requested now; then the request counts as sent.
    pub fn start_request_if_due(&mut self, now: Mono) -> bool {
        self.request.start_if_due(now)
    }

    /// Applies the inbox that the server returned.
    pub fn set_inbox(&mut self, now: Mono, inbox: Inbox) {
        self.request.answered();
        self.answered_at = Some(now);
        self.is_zone_lookup_due = inbox.hours.is_some();
        self.inbox = Some(inbox);
    }

    /// The response was not an inbox: repeating the request would not help.
    pub const fn request_answered(&mut self, now: Mono) {
        self.request.answered();
        // It is requested as long as the panel is shown: without a pause this would repeat endlessly.
        self.answered_at = Some(now);
        self.is_inbox_unavailable = true;
    }

    /// The request failed; the next one waits, at least this long, in ms.
    pub fn request_failed(&mut self, now: Mono, rng: &mut Rng, at_least_ms: u64) {
        self.request.failed(now, rng, at_least_ms);
    }

    /// The time zone whose offsets are to be looked up, once.
    pub fn take_time_zone_lookup(&mut self) -> Option<String> {
        std::mem::take(&mut self.is_zone_lookup_due).then(|| self.inbox.as_ref().map(|inbox| inbox.zone.clone()))?
    }

    /// Sets the time zone's UTC offsets.
    pub fn set_utc_offsets(&mut self, offsets: Vec<UtcOffset>) {
        self.offsets = offsets;
    }

    /// Sets whether any agent is online.
    pub fn set_online(&mut self, now: Mono, is_online: bool) {
        self.online_until = is_online.then(|| now.plus(AGENTS_ONLINE_MS));
    }

    /// The inbox's name; empty until it is known.
    #[must_use]
    pub fn name(&self) -> &str {
        self.inbox.as_ref().map_or("", |inbox| inbox.name.as_str())
    }

    /// Whether the team is available now.
    #[must_use]
    pub fn presence(&self, now: Now) -> Presence {
        if self.online_until.is_some_and(|until| now.mono < until) {
            return Presence::Online;
        }
        let Some(times) = self.opening_times(now) else { return Presence::Unknown };
        let at = now.wall.0 / 1_000;
        match times.iter().find(|(_, closes)| *closes > at) {
            Some((opens, _)) if *opens <= at => Presence::Unknown,
            Some((opens, _)) => Presence::Until(*opens),
            None => Presence::Away,
        }
    }

    /// When that may change by time alone, or the request may be sent again.
    #[must_use]
    pub fn deadline(&self, now: Now) -> Option<Due> {
        let at = now.wall.0 / 1_000;
        let opening_times = self.opening_times(now).unwrap_or_default();
        let next = opening_times.iter().flat_map(|(opens, closes)| [*opens, *closes]).find(|change| *change > at);
        let change = next.map(|change| now.mono.plus((change * 1_000).saturating_sub(now.wall.0)));
        let until = [self.request.deadline(), self.online_until, change].into_iter().flatten();
        until.filter(|until| *until > now.mono).min().map(|until| until.due("availability: may change"))
    }

    /// The opening times, from yesterday on for more than a week: disjoint, in order, in seconds since 1970. `None`
    /// until they are known.
    fn opening_times(&self, now: Now) -> Option<Vec<(u64, u64)>> {
        let hours = self.inbox.as_ref()?.hours.as_ref()?;
        let at = now.wall.0 / 1_000;
        let first = self.offsets.first()?;
        let current_offset = self.offsets.iter().rfind(|offset| offset.from <= at).unwrap_or(first);
        let today = at.saturating_add_signed(current_offset.ahead) / DAY_SECONDS;
        let mut opening_times: Vec<(u64, u64)> = Vec::new();
        for day in today.saturating_sub(1)..=today + 8 {
            // The first of January 1970 was a Thursday.
            for WorkingHours { opens, closes, .. } in hours.iter().filter(|hours| hours.day == (day + 4) % 7) {
                let [opens, closes] =
                    [opens, closes].map(|minutes| self.moment_of_local_time(day * DAY_SECONDS + minutes * 60));
                match opening_times.last_mut() {
                    Some((_, end)) if *end >= opens => *end = closes.max(*end),
                    Some(_) | None if opens < closes => opening_times.push((opens, closes)),
                    Some(_) | None => {}
                }
            }
        }
        Some(opening_times)
    }

    /// When the time zone's clocks show this local time (in seconds, as if it were UTC). If they show it twice, the
    /// first time; if they skip it, the moment of the change.
    fn moment_of_local_time(&self, local_time: u64) -> u64 {
        let mut moment = local_time;
        for (index, UtcOffset { from, ahead }) in self.offsets.iter().enumerate() {
            moment = local_time.saturating_add_signed(-ahead).max(if index == 0 { 0 } else { *from });
            if self.offsets.get(index + 1).is_none_or(|next| moment < next.from) {
                break;
            }
        }
        moment
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Wall;

    /// Saturday, 21 November 2026, 0:00 UTC.
    const SATURDAY: u64 = 1_795_219_200;
    const HOUR: u64 = 3_600;

    fn at(second: u64) -> Now {
        Now { mono: Mono(5_000), wall: Wall(second * 1_000) }
    }

    fn weekdays() -> Vec<WorkingHours> {
        (1..=5).map(|day| WorkingHours { day, opens: 9 * 60, closes: 17 * 60 }).collect()
    }

    fn availability(hours: Vec<WorkingHours>, offsets: &[(u64, i64)]) -> Availability {
        let mut availability = Availability::default();
        let inbox = Inbox {
            name: "Workshop".to_owned(),
            zone: "Europe/Berlin".to_owned(),
            hours: Some(hours),
            ..Inbox::default()
        };
        availability.set_inbox(Mono(0), inbox);
        availability
            .set_utc_offsets(offsets.iter().map(|(from, ahead)| UtcOffset { from: *from, ahead: *ahead }).collect());
        availability
    }

    #[test]
    fn availability_next_opening_is_in_the_inboxs_time_zone() {
        let berlin = availability(weekdays(), &[(0, 3_600)]);
        let monday = SATURDAY + 2 * DAY_SECONDS;
        assert_eq!(berlin.presence(at(SATURDAY + 10 * HOUR)), Presence::Until(monday + 8 * HOUR));
        assert_eq!(berlin.presence(at(monday + 8 * HOUR)), Presence::Unknown, "open, and nobody known to be there");
        assert_eq!(berlin.presence(at(monday + 16 * HOUR - 1)), Presence::Unknown);
        assert_eq!(berlin.presence(at(monday + 16 * HOUR)), Presence::Until(monday + DAY_SECONDS + 8 * HOUR));
        let tokyo = availability(weekdays(), &[(0, 9 * 3_600)]);
        assert_eq!(tokyo.presence(at(SATURDAY)), Presence::Until(monday), "Monday, nine in Tokyo");
        let honolulu = availability(weekdays(), &[(0, -10 * 3_600)]);
        assert_eq!(honolulu.presence(at(SATURDAY + HOUR)), Presence::Unknown, "Friday, three in the afternoon there");
    }

    #[test]
    fn availability_joins_hours_that_touch() {
        let round: Vec<WorkingHours> = (0..7).map(|day| WorkingHours { day, opens: 0, closes: 1_440 }).collect();
        let availability = availability(round, &[(0, 0)]);
        for hour in 0..200 {
            assert_eq!(availability.presence(at(SATURDAY + hour * HOUR)), Presence::Unknown, "{hour}");
        }
    }

    #[test]
    fn availability_without_any_hours_is_away() {
        let closed = availability(Vec::new(), &[(0, 0)]);
        assert_eq!((closed.presence(at(SATURDAY)), closed.deadline(at(SATURDAY))), (Presence::Away, None));
        let nonsense = availability(vec![WorkingHours { day: 1, opens: 600, closes: 600 }], &[(0, 0)]);
        assert_eq!(nonsense.presence(at(SATURDAY)), Presence::Away);
    }

    #[test]
    fn availability_follows_a_change_of_daylight_saving_time() {
        // Berlin's clocks go back on Sunday, 25 October 2026 at 1:00 UTC, and forward on 28 March 2027 at 1:00 UTC.
        let back = 1_792_890_000;
        let autumn = availability(weekdays(), &[(0, 7_200), (back, 3_600)]);
        assert_eq!(autumn.presence(at(back - 12 * HOUR)), Presence::Until(back + 31 * HOUR), "Monday, 8:00 UTC");
        let forward = 1_806_195_600;
        let spring = availability(weekdays(), &[(0, 3_600), (forward, 7_200)]);
        assert_eq!(spring.presence(at(forward - 12 * HOUR)), Presence::Until(forward + 30 * HOUR), "Monday, 7:00 UTC");
    }

    #[test]
    fn availability_opens_at_a_local_time_that_is_skipped_or_repeated() {
        let forward = 1_806_195_600;
        // On that Sunday there is no 2:30.
        let early = vec![WorkingHours { day: 0, opens: 150, closes: 300 }];
        let spring = availability(early.clone(), &[(0, 3_600), (forward, 7_200)]);
        assert_eq!(spring.presence(at(forward - 2 * HOUR)), Presence::Until(forward));
        // And on this one there are two: the first one counts.
        let back = 1_792_890_000;
        let autumn = availability(early, &[(0, 7_200), (back, 3_600)]);
        assert_eq!(autumn.presence(at(back - 2 * HOUR)), Presence::Until(back - HOUR / 2));
    }

    #[test]
    fn availability_is_online_with_an_agent_for_a_while_whatever_the_hours() {
        let mut availability = availability(weekdays(), &[(0, 0)]);
        availability.set_online(Mono(5_000), true);
        assert_eq!(availability.presence(at(SATURDAY)), Presence::Online);
        assert_eq!(
            availability.deadline(at(SATURDAY)),
            Some(Mono(5_000 + AGENTS_ONLINE_MS).due("availability: may change"))
        );
        let later = Now { mono: Mono(5_000 + AGENTS_ONLINE_MS), wall: Wall(SATURDAY * 1_000) };
        assert_eq!(availability.presence(later), Presence::Until(SATURDAY + 2 * DAY_SECONDS + 9 * HOUR));
        availability.set_online(Mono(5_000), true);
        availability.set_online(Mono(5_001), false);
        assert_ne!(availability.presence(at(SATURDAY)), Presence::Online);
    }

    #[test]
    fn availability_deadline_is_the_closing_time() {
        let availability = availability(weekdays(), &[(0, 0)]);
        let friday = SATURDAY - DAY_SECONDS;
        let due = availability.deadline(at(friday + 16 * HOUR)).unwrap().at;
        assert_eq!(due, Mono(5_000).plus(HOUR * 1_000), "at five");
    }

    #[test]
    fn availability_requests_the_inbox_once_a_day_and_its_time_zone_once_a_response() {
        let mut availability = Availability::default();
        assert!(!availability.start_request_if_due(Mono(0)), "nobody looks");
        availability.request_inbox(Mono(0));
        assert!(availability.start_request_if_due(Mono(0)));
        availability.set_inbox(Mono(0), Inbox { hours: Some(weekdays()), zone: "UTC".to_owned(), ..Inbox::default() });
        assert_eq!(
            (availability.take_time_zone_lookup().as_deref(), availability.take_time_zone_lookup()),
            (Some("UTC"), None)
        );
        assert_eq!(
            availability.presence(at(SATURDAY)),
            Presence::Unknown,
            "as long as nobody knows what its clocks show"
        );
        availability.request_inbox(Mono(INBOX_FRESH_MS - 1));
        assert!(!availability.start_request_if_due(Mono(INBOX_FRESH_MS - 1)));
        availability.request_inbox(Mono(INBOX_FRESH_MS));
        assert!(availability.start_request_if_due(Mono(INBOX_FRESH_MS)));
    }
}
