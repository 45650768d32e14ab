//! Languages and calendars, by the browser's Intl.

use js_sys::{Array, Date, Function, Intl, Object, Reflect};
use wasm_bindgen::JsValue;

use crate::text::Speech;

/// The browser's speech, in one language.
pub struct IntlSpeech {
    date: Function,
    time: Function,
}

impl IntlSpeech {
    /// Speaks `language` (BCP 47).
    #[must_use]
    pub fn new(language: &str) -> Self {
        let languages = Array::of1(&JsValue::from_str(language));
        let format = |options: &[(&str, &str)]| {
            let chosen = Object::new();
            for (key, value) in options {
                // Setting a property of a fresh object can't fail.
                let _ = Reflect::set(&chosen, &JsValue::from_str(key), &JsValue::from_str(value));
            }
            Intl::DateTimeFormat::new(&languages, &chosen).format()
        };
        Self {
            date: format(&[("weekday", "long"), ("day", "numeric"), ("month", "long")]),
            time: format(&[("hour", "numeric"), ("minute", "2-digit")]),
        }
    }
}

impl Speech for IntlSpeech {
    fn day(&self, at: u64) -> i64 {
        let date = moment(at);
        let local_s = at as i64 - date.get_timezone_offset() as i64 * 60;
        local_s.div_euclid(86_400)
    }

    fn date(&self, at: u64) -> String {
        say(&self.date, at)
    }

    fn time(&self, at: u64) -> String {
        say(&self.time, at)
    }

    fn machine(&self, at: u64) -> String {
        moment(at).to_iso_string().into()
    }
}

fn say(format: &Function, at: u64) -> String {
    format.call1(&JsValue::UNDEFINED, &moment(at)).ok().and_then(|said| said.as_string()).unwrap_or_default()
}

/// The latest moment a JavaScript date can hold, in seconds; a server may say anything.
const AT_MAX: u64 = 8_640_000_000_000;

fn moment(at: u64) -> Date {
    Date::new(&JsValue::from_f64(at.min(AT_MAX) as f64 * 1_000.0))
}
