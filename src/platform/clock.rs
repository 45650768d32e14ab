//! The browser's clocks.

use natter_core::time::{Mono, Now, Wall};

/// Both clocks: `performance.now()` for deadlines, the system's date for what is stored and shown.
pub fn now() -> Now {
    let mono = web_sys::window().and_then(|window| window.performance()).map_or(0.0, |clock| clock.now());
    Now { mono: Mono(mono as u64), wall: Wall(js_sys::Date::now() as u64) }
}
