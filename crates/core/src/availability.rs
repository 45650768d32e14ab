//! Whether anybody of the team is there, and if not, when somebody will be.
//!
//! Two things tell: agents' presence, which the server only knows for a visitor with a contact, and the inbox's working
//! hours, which are told in the inbox's own time zone. What the zone's clocks show is the browser's to know: it says by
//! how much they are ahead of UTC from when on, and everything else is reckoned here.

use crate::retrying_request::RetryingRequest;
use crate::rng::Rng;
use crate::time::{Due, Mono, Now};

/// What the server says of an inbox.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Inbox {
    /// What it is called.
    pub name: String,
    /// Its time zone, as tz names it.
    pub zone: String,
    /// When somebody works, if it keeps hours at all.
    pub hours: Option<Vec<Hours>>,
    /// Whether it demands a proof of who the visitor is, for every request about the contact.
    pub requires_proof: bool,
}

/// When somebody works on one day of the week.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Hours {
    /// 0 is Sunday.
    pub day: u64,
    /// Minutes from midnight on the zone's clocks.
    pub opens: u64,
    /// The same; 1,440 is the end of the day.
    pub closes: u64,
}

/// From this moment (seconds since 1970) on, the zone's clocks are so many seconds ahead of UTC.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct UtcOffset {
    /// When that begins.
    pub from: u64,
    /// How much it is; below zero, they are behind.
    pub ahead: i64,
}

/// Whether anybody is there.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Presence {
    /// Nobody can tell.
    #[default]
    Unknown,
    /// Somebody is online.
    Online,
    /// Nobody is, until this moment: seconds since 1970.
    Until(u64),
    /// Nobody is, and there are no hours at which anybody would be.
    Away,
}

/// The machine.
#[derive(Debug, Default)]
pub struct Availability {
    inbox: Option<Inbox>,
    /// As the browser told them, from the earliest on.
    offsets: Vec<UtcOffset>,
    is_zone_wanted: bool,
    request: RetryingRequest,
    /// Whether it was answered with something else than an inbox.
    is_in_vain: bool,
    /// When the server was asked last, and answered.
    asked: Option<Mono>,
    /// Until when what is known of agents holds.
    online_until: Option<Mono>,
}

/// Agents' presence is asked for every 15 s while somebody looks; one answer may get lost.
const ONLINE_MS: u64 = 40_000;
/// Hours are looked up again after so long: the offsets reach a little further than a week.
const FRESH_MS: u64 = 86_400_000;
const DAY_S: u64 = 86_400;

impl Availability {
    /// Somebody looks at the panel.
    pub fn want(&mut self, now: Mono) {
        if self.asked.is_none_or(|asked| now.since(asked) >= FRESH_MS) {
            self.request.request();
        }
    }

    /// Whether the inbox is known to demand a proof of identity.
    #[must_use]
    pub fn requires_proof(&self) -> bool {
        self.inbox.as_ref().is_some_and(|inbox| inbox.requires_proof)
    }

    /// Whether it is known if the inbox demands one, or can't be known. If not, the inbox is asked for.
    pub fn knows_proof_requirement(&mut self) -> bool {
        let knows = self.inbox.is_some() || self.is_in_vain;
        if !knows && !self.request.is_outstanding() {
            self.request.request();
        }
        knows
    }

    /// Whether to ask for the inbox now. Then the answer is waited for.
    pub fn next(&mut self, now: Mono) -> bool {
        self.request.start_if_due(now)
    }

    /// The inbox.
    pub fn set_inbox(&mut self, now: Mono, inbox: Inbox) {
        self.request.answered();
        self.asked = Some(now);
        self.is_zone_wanted = inbox.hours.is_some();
        self.inbox = Some(inbox);
    }

    /// The question will bring nothing.
    pub const fn answered(&mut self, now: Mono) {
        self.request.answered();
        // As long as somebody looks it is wanted: at once again, it would be asked without end.
        self.asked = Some(now);
        self.is_in_vain = true;
    }

    /// The question was not answered.
    pub fn failed(&mut self, now: Mono, chance: &mut Rng, at_least_ms: u64) {
        self.request.failed(now, chance, at_least_ms);
    }

    /// The zone whose clocks are to be looked up, once.
    pub fn take_time_zone_lookup(&mut self) -> Option<String> {
        std::mem::take(&mut self.is_zone_wanted).then(|| self.inbox.as_ref().map(|inbox| inbox.zone.clone()))?
    }

    /// What the zone's clocks show.
    pub fn set_utc_offsets(&mut self, offsets: Vec<UtcOffset>) {
        self.offsets = offsets;
    }

    /// Whether any agent is online.
    pub fn set_online(&mut self, now: Mono, is_online: bool) {
        self.online_until = is_online.then(|| now.plus(ONLINE_MS));
    }

    /// What the inbox is called; empty as long as nobody knows.
    #[must_use]
    pub fn name(&self) -> &str {
        self.inbox.as_ref().map_or("", |inbox| inbox.name.as_str())
    }

    /// Whether anybody is there now.
    #[must_use]
    pub fn presence(&self, now: Now) -> Presence {
        if self.online_until.is_some_and(|until| now.mono < until) {
            return Presence::Online;
        }
        let Some(times) = self.times(now) else { return Presence::Unknown };
        let at = now.wall.0 / 1_000;
        match times.iter().find(|(_, closes)| *closes > at) {
            Some((opens, _)) if *opens <= at => Presence::Unknown,
            Some((opens, _)) => Presence::Until(*opens),
            None => Presence::Away,
        }
    }

    /// When that may change by itself, or the question may be put again.
    #[must_use]
    pub fn deadline(&self, now: Now) -> Option<Due> {
        let at = now.wall.0 / 1_000;
        let times = self.times(now).unwrap_or_default();
        let next = times.iter().flat_map(|(opens, closes)| [*opens, *closes]).find(|change| *change > at);
        let change = next.map(|change| now.mono.plus((change * 1_000).saturating_sub(now.wall.0)));
        let until = [self.request.deadline(), self.online_until, change].into_iter().flatten();
        until.filter(|until| *until > now.mono).min().map(|until| until.due("availability: may change"))
    }

    /// The times somebody works, from yesterday on for more than a week: apart from each other, in their order, in
    /// seconds since 1970. `None` as long as nobody knows.
    fn times(&self, now: Now) -> Option<Vec<(u64, u64)>> {
        let hours = self.inbox.as_ref()?.hours.as_ref()?;
        let at = now.wall.0 / 1_000;
        let first = self.offsets.first()?;
        let here = self.offsets.iter().rfind(|offset| offset.from <= at).unwrap_or(first);
        let today = at.saturating_add_signed(here.ahead) / DAY_S;
        let mut times: Vec<(u64, u64)> = Vec::new();
        for day in today.saturating_sub(1)..=today + 8 {
            // The first of January 1970 was a Thursday.
            for Hours { opens, closes, .. } in hours.iter().filter(|hours| hours.day == (day + 4) % 7) {
                let [opens, closes] = [opens, closes].map(|minutes| self.moment(day * DAY_S + minutes * 60));
                match times.last_mut() {
                    Some((_, end)) if *end >= opens => *end = closes.max(*end),
                    Some(_) | None if opens < closes => times.push((opens, closes)),
                    Some(_) | None => {}
                }
            }
        }
        Some(times)
    }

    /// When the zone's clocks show this: seconds, as if they were UTC's. Of two such moments the first, and where the
    /// clocks leap over it, the moment they do.
    fn moment(&self, shown: u64) -> u64 {
        let mut moment = shown;
        for (nth, UtcOffset { from, ahead }) in self.offsets.iter().enumerate() {
            moment = shown.saturating_add_signed(-ahead).max(if nth == 0 { 0 } else { *from });
            if self.offsets.get(nth + 1).is_none_or(|next| moment < next.from) {
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

    fn weekdays() -> Vec<Hours> {
        (1..=5).map(|day| Hours { day, opens: 9 * 60, closes: 17 * 60 }).collect()
    }

    fn office(hours: Vec<Hours>, offsets: &[(u64, i64)]) -> Availability {
        let mut office = Availability::default();
        let inbox = Inbox {
            name: "Workshop".to_owned(),
            zone: "Europe/Berlin".to_owned(),
            hours: Some(hours),
            ..Inbox::default()
        };
        office.set_inbox(Mono(0), inbox);
        office.set_utc_offsets(offsets.iter().map(|(from, ahead)| UtcOffset { from: *from, ahead: *ahead }).collect());
        office
    }

    #[test]
    fn the_next_opening_is_told_in_the_inboxs_own_zone() {
        let berlin = office(weekdays(), &[(0, 3_600)]);
        let monday = SATURDAY + 2 * DAY_S;
        assert_eq!(berlin.presence(at(SATURDAY + 10 * HOUR)), Presence::Until(monday + 8 * HOUR));
        assert_eq!(berlin.presence(at(monday + 8 * HOUR)), Presence::Unknown, "open, and nobody known to be there");
        assert_eq!(berlin.presence(at(monday + 16 * HOUR - 1)), Presence::Unknown);
        assert_eq!(berlin.presence(at(monday + 16 * HOUR)), Presence::Until(monday + DAY_S + 8 * HOUR));
        let tokyo = office(weekdays(), &[(0, 9 * 3_600)]);
        assert_eq!(tokyo.presence(at(SATURDAY)), Presence::Until(monday), "Monday, nine in Tokyo");
        let honolulu = office(weekdays(), &[(0, -10 * 3_600)]);
        assert_eq!(honolulu.presence(at(SATURDAY + HOUR)), Presence::Unknown, "Friday, three in the afternoon there");
    }

    #[test]
    fn hours_that_touch_are_one_and_a_whole_day_has_no_gap_at_midnight() {
        let round: Vec<Hours> = (0..7).map(|day| Hours { day, opens: 0, closes: 1_440 }).collect();
        let office = office(round, &[(0, 0)]);
        for hour in 0..200 {
            assert_eq!(office.presence(at(SATURDAY + hour * HOUR)), Presence::Unknown, "{hour}");
        }
    }

    #[test]
    fn weeks_without_any_hours_end_the_search() {
        let closed = office(Vec::new(), &[(0, 0)]);
        assert_eq!((closed.presence(at(SATURDAY)), closed.deadline(at(SATURDAY))), (Presence::Away, None));
        let nonsense = office(vec![Hours { day: 1, opens: 600, closes: 600 }], &[(0, 0)]);
        assert_eq!(nonsense.presence(at(SATURDAY)), Presence::Away);
    }

    #[test]
    fn clocks_that_change_on_the_way_change_the_opening() {
        // Berlin's clocks go back on Sunday, 25 October 2026 at 1:00 UTC, and forward on 28 March 2027 at 1:00 UTC.
        let back = 1_792_890_000;
        let autumn = office(weekdays(), &[(0, 7_200), (back, 3_600)]);
        assert_eq!(autumn.presence(at(back - 12 * HOUR)), Presence::Until(back + 31 * HOUR), "Monday, 8:00 UTC");
        let forward = 1_806_195_600;
        let spring = office(weekdays(), &[(0, 3_600), (forward, 7_200)]);
        assert_eq!(spring.presence(at(forward - 12 * HOUR)), Presence::Until(forward + 30 * HOUR), "Monday, 7:00 UTC");
    }

    #[test]
    fn an_hour_that_the_clocks_leap_over_or_show_twice_is_found() {
        let forward = 1_806_195_600;
        // On that Sunday there is no 2:30.
        let early = vec![Hours { day: 0, opens: 150, closes: 300 }];
        let spring = office(early.clone(), &[(0, 3_600), (forward, 7_200)]);
        assert_eq!(spring.presence(at(forward - 2 * HOUR)), Presence::Until(forward));
        // And on this one there are two: the first one counts.
        let back = 1_792_890_000;
        let autumn = office(early, &[(0, 7_200), (back, 3_600)]);
        assert_eq!(autumn.presence(at(back - 2 * HOUR)), Presence::Until(back - HOUR / 2));
    }

    #[test]
    fn somebody_online_is_there_whatever_the_hours_and_not_for_ever() {
        let mut office = office(weekdays(), &[(0, 0)]);
        office.set_online(Mono(5_000), true);
        assert_eq!(office.presence(at(SATURDAY)), Presence::Online);
        assert_eq!(office.deadline(at(SATURDAY)), Some(Mono(5_000 + ONLINE_MS).due("availability: may change")));
        let later = Now { mono: Mono(5_000 + ONLINE_MS), wall: Wall(SATURDAY * 1_000) };
        assert_eq!(office.presence(later), Presence::Until(SATURDAY + 2 * DAY_S + 9 * HOUR));
        office.set_online(Mono(5_000), true);
        office.set_online(Mono(5_001), false);
        assert_ne!(office.presence(at(SATURDAY)), Presence::Online);
    }

    #[test]
    fn the_line_changes_on_the_minute() {
        let office = office(weekdays(), &[(0, 0)]);
        let friday = SATURDAY - DAY_S;
        let due = office.deadline(at(friday + 16 * HOUR)).unwrap().at;
        assert_eq!(due, Mono(5_000).plus(HOUR * 1_000), "at five");
    }

    #[test]
    fn an_inbox_is_asked_for_once_a_day_and_its_zone_once_an_answer() {
        let mut office = Availability::default();
        assert!(!office.next(Mono(0)), "nobody looks");
        office.want(Mono(0));
        assert!(office.next(Mono(0)));
        office.set_inbox(Mono(0), Inbox { hours: Some(weekdays()), zone: "UTC".to_owned(), ..Inbox::default() });
        assert_eq!((office.take_time_zone_lookup().as_deref(), office.take_time_zone_lookup()), (Some("UTC"), None));
        assert_eq!(office.presence(at(SATURDAY)), Presence::Unknown, "as long as nobody knows what its clocks show");
        office.want(Mono(FRESH_MS - 1));
        assert!(!office.next(Mono(FRESH_MS - 1)));
        office.want(Mono(FRESH_MS));
        assert!(office.next(Mono(FRESH_MS)));
    }
}
