//! Languages, calendars and time zones, by the browser's Intl.

use js_sys::{Array, Date, Function, Intl, Object};
use natter_core::Event;
use natter_core::availability::UtcOffset;
use wasm_bindgen::JsValue;
use web_sys::Url;

use super::{LazyModules, Reporter};

use crate::i18n::Formatter;
use crate::js::object;

/// Formats values in one language by the browser's Intl.
pub struct IntlFormatter {
    languages: Array,
    date: Function,
    time: Function,
}

impl IntlFormatter {
    /// Formats in `language` (BCP 47).
    #[must_use]
    pub fn new(language: &str) -> Self {
        let languages = Array::of1(&JsValue::from_str(language));
        let format = |of: &[(&str, &str)]| Intl::DateTimeFormat::new(&languages, &options(of)).format();
        Self {
            date: format(&[("weekday", "long"), ("day", "numeric"), ("month", "long")]),
            time: format(&[("hour", "numeric"), ("minute", "2-digit")]),
            languages,
        }
    }
}

impl Formatter for IntlFormatter {
    fn day(&self, at: u64) -> i64 {
        let date = moment(at);
        let local_s = at as i64 - date.get_timezone_offset() as i64 * 60;
        local_s.div_euclid(86_400)
    }

    fn date(&self, at: u64, now: u64) -> String {
        if moment(at).get_full_year() == moment(now).get_full_year() {
            return say(&self.date, at);
        }
        let with_year = [("day", "numeric"), ("month", "long"), ("year", "numeric")];
        say(&Intl::DateTimeFormat::new(&self.languages, &options(&with_year)).format(), at)
    }

    fn weekday(&self, at: u64) -> String {
        say(&Intl::DateTimeFormat::new(&self.languages, &options(&[("weekday", "long")])).format(), at)
    }

    fn time(&self, at: u64) -> String {
        say(&self.time, at)
    }

    fn machine(&self, at: u64) -> String {
        moment(at).to_iso_string().into()
    }

    fn size(&self, bytes: u64) -> String {
        // The short unit name of bytes has no plural.
        let (unit, scale, display) = match bytes {
            0..1_000 => ("byte", 1, "long"),
            1_000..1_000_000 => ("kilobyte", 1_000, "short"),
            _ => ("megabyte", 1_000_000, "short"),
        };
        let style = [("style", "unit"), ("unit", unit), ("unitDisplay", display), ("maximumFractionDigits", "1")];
        let options = options(&style);
        let format = Intl::NumberFormat::new(&self.languages, &options).format();
        let number = JsValue::from_f64(bytes as f64 / f64::from(scale));
        format.call1(&JsValue::UNDEFINED, &number).ok().and_then(|said| said.as_string()).unwrap_or_default()
    }

    fn host(&self, url: &str) -> Option<String> {
        Url::new(url).ok().map(|url| url.hostname())
    }
}

fn options(of: &[(&str, &str)]) -> Object {
    object(&of.iter().map(|(key, value)| (*key, JsValue::from_str(value))).collect::<Vec<_>>())
}

fn say(format: &Function, at: u64) -> String {
    format.call1(&JsValue::UNDEFINED, &moment(at)).ok().and_then(|said| said.as_string()).unwrap_or_default()
}

/// The latest moment a JavaScript date can hold, in seconds since 1970; a server may send any number.
const AT_MAX: u64 = 8_640_000_000_000;

fn moment(at: u64) -> Date {
    Date::new(&JsValue::from_f64(at.min(AT_MAX) as f64 * 1_000.0))
}

/// Looks up the UTC offsets of a time zone, and reports them.
pub fn look_up_time_zone(zone: String, modules: &LazyModules, report: Reporter) {
    let then = move |found: Option<JsValue>| {
        // A zone that the browser doesn't know has no offsets: no working hours are shown then.
        let Some(found) = found else { return };
        let numbers: Vec<f64> = Array::from(&found).iter().filter_map(|number| number.as_f64()).collect();
        let offset = |pair: &[f64]| Some(UtcOffset { from: *pair.first()? as u64, ahead: *pair.last()? as i64 });
        report(Event::TimeZoneLookedUp { offsets: numbers.chunks_exact(2).filter_map(offset).collect() });
    };
    modules.call("time_zone", "utcOffsets", &[zone.into()], Box::new(then));
}
