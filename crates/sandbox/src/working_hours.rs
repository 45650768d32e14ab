//! Working hours of an inbox, in its own time zone.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::clock::Micros;

/// Seven days, Sunday first, as in the client API.
pub type Week = Vec<Day>;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    pub day_of_week: i8,
    pub closed_all_day: bool,
    pub open_hour: Option<i8>,
    pub open_minutes: Option<i8>,
    pub close_hour: Option<i8>,
    pub close_minutes: Option<i8>,
    pub open_all_day: bool,
}

/// Monday to Friday from nine to five, as Chatwoot gives a new inbox, changed by the days of `hours`. The error is a
/// sentence.
pub fn parse(hours: &BTreeMap<String, String>) -> Result<Week, String> {
    let mut week: Week =
        (0..7).map(|day| if day == 0 || day == 6 { closed(day) } else { open(day, (9, 0), (17, 0)) }).collect();
    for (name, text) in hours {
        let day = NAMES.iter().position(|known| known == name).ok_or_else(|| format!("no day is called {name:?}"))?;
        if let Some(slot) = week.get_mut(day) {
            *slot = parse_day(slot.day_of_week, text).ok_or_else(|| {
                format!("{name} = {text:?} is neither \"closed\" nor \"open\" nor hours like \"09:00-17:00\"")
            })?;
        }
    }
    Ok(week)
}

/// Whether the inbox is out of office at that time.
pub fn is_closed(week: &[Day], timezone: &str, now: Micros) -> bool {
    let zone = TimeZone::get(timezone).unwrap_or(TimeZone::UTC);
    let Ok(moment) = Timestamp::from_microsecond(now.0) else { return false };
    let local = moment.to_zoned(zone);
    let today = Weekday::to_sunday_zero_offset(local.weekday());
    let Some(day) = week.iter().find(|day| day.day_of_week == today) else { return false };
    if day.open_all_day || day.closed_all_day {
        return day.closed_all_day;
    }
    let minute = i32::from(local.hour()) * 60 + i32::from(local.minute());
    let at =
        |hour: Option<i8>, minutes: Option<i8>| i32::from(hour.unwrap_or(0)) * 60 + i32::from(minutes.unwrap_or(0));
    minute < at(day.open_hour, day.open_minutes) || minute >= at(day.close_hour, day.close_minutes)
}

const NAMES: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

fn parse_day(day: i8, text: &str) -> Option<Day> {
    match text {
        "closed" => Some(closed(day)),
        "open" => Some(Day { closed_all_day: false, open_all_day: true, ..open(day, (0, 0), (23, 59)) }),
        hours => {
            let (from, until) = hours.split_once('-')?;
            Some(open(day, parse_time(from)?, parse_time(until)?))
        }
    }
}

fn parse_time(text: &str) -> Option<(i8, i8)> {
    let (hour, minutes) = text.trim().split_once(':')?;
    let (hour, minutes) = (hour.parse().ok()?, minutes.parse().ok()?);
    ((0..24).contains(&hour) && (0..60).contains(&minutes)).then_some((hour, minutes))
}

fn open(day_of_week: i8, from: (i8, i8), until: (i8, i8)) -> Day {
    Day {
        day_of_week,
        closed_all_day: false,
        open_hour: Some(from.0),
        open_minutes: Some(from.1),
        close_hour: Some(until.0),
        close_minutes: Some(until.1),
        open_all_day: false,
    }
}

fn closed(day_of_week: i8) -> Day {
    Day {
        day_of_week,
        closed_all_day: true,
        open_hour: None,
        open_minutes: None,
        close_hour: None,
        close_minutes: None,
        open_all_day: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn closed_at(moment: &str, zone: &str) -> bool {
        let week = parse(&BTreeMap::new()).unwrap();
        is_closed(&week, zone, Micros(moment.parse::<Timestamp>().unwrap().as_microsecond()))
    }

    #[test]
    fn working_hours_of_a_new_inbox_are_weekdays_from_nine_to_five() {
        assert!(!closed_at("2026-11-20T09:00:00Z", "UTC"));
        assert!(closed_at("2026-11-20T08:59:59Z", "UTC"));
        assert!(closed_at("2026-11-20T17:00:00Z", "UTC"));
        assert!(closed_at("2026-11-21T12:00:00Z", "UTC"), "a Saturday");
    }

    #[test]
    fn working_hours_are_in_the_inboxs_time_zone() {
        assert!(closed_at("2026-11-20T09:30:00Z", "America/New_York"));
        assert!(!closed_at("2026-11-20T21:30:00Z", "America/New_York"));
    }

    #[test]
    fn working_hours_of_a_day_can_be_configured() {
        let hours = BTreeMap::from([("sun".into(), "open".into()), ("mon".into(), "closed".into())]);
        let week = parse(&hours).unwrap();
        assert!(week[0].open_all_day && week[1].closed_all_day);
        assert!(parse(&BTreeMap::from([("mon".into(), "9 to 5".into())])).is_err());
        assert!(parse(&BTreeMap::from([("someday".into(), "open".into())])).is_err());
    }
}
