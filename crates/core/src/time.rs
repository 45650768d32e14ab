//! Time is an argument of the core: it never reads a clock.

/// Milliseconds of a monotonic clock without a date, for deadlines; in a browser `performance.now()`.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct Mono(pub u64);

/// Milliseconds since 1970 by the device's clock, for what is stored or shown.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct Wall(pub u64);

/// Both clocks, read together.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Now {
    /// For deadlines.
    pub mono: Mono,
    /// For dates.
    pub wall: Wall,
}

impl Mono {
    /// This moment plus `ms` milliseconds.
    #[must_use]
    pub const fn plus(self, ms: u64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// This moment as a deadline with this reason.
    #[must_use]
    #[cfg_attr(target_arch = "wasm32", expect(unused_variables, reason = "the reason is left out of the wasm"))]
    pub const fn due(self, reason: &'static str) -> Due {
        Due {
            at: self,
            #[cfg(not(target_arch = "wasm32"))]
            reason,
        }
    }

    /// Milliseconds since `earlier`; 0 if that lies ahead.
    #[must_use]
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// A deadline.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Due {
    /// When.
    pub at: Mono,
    /// What it is for, for debugging; left out of the wasm.
    #[cfg(not(target_arch = "wasm32"))]
    pub reason: &'static str,
}

/// The first of the deadlines that lie ahead. What is past had its chance in the last update, and waits for something else
/// than time: it must not hide a later deadline.
pub fn next_due(now: Mono, all: impl IntoIterator<Item = Option<Due>>) -> Option<Due> {
    all.into_iter().flatten().filter(|due| due.at > now).min()
}

/// How far the two clocks may differ (an adjusted wall clock, coarse timers) before that means a sleep or a changed
/// clock.
const DRIFT_MS_MAX: u64 = 5_000;

impl Now {
    /// Whether the device slept or its clock was set between `earlier` and now: the two clocks advanced by different
    /// times.
    #[must_use]
    pub fn slept_since(self, earlier: Self) -> bool {
        let mono = self.mono.since(earlier.mono);
        let wall = self.wall.0.abs_diff(earlier.wall.0);
        let went_back = self.wall < earlier.wall;
        (went_back && wall > DRIFT_MS_MAX) || wall.abs_diff(mono) > DRIFT_MS_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(mono: u64, wall: u64) -> Now {
        Now { mono: Mono(mono), wall: Wall(wall) }
    }

    #[test]
    fn time_with_clocks_in_step_is_no_sleep() {
        assert!(!at(70_000, 1_070_000).slept_since(at(10_000, 1_010_000)));
        assert!(!at(70_000, 1_074_000).slept_since(at(10_000, 1_010_000)));
    }

    #[test]
    fn time_with_clocks_that_differ_is_a_sleep() {
        assert!(at(11_000, 1_610_000).slept_since(at(10_000, 1_010_000)), "the wall clock ran on in a sleep");
        assert!(at(11_000, 400_000).slept_since(at(10_000, 1_010_000)), "the wall clock was set back");
        assert!(at(16_000, 1_004_000).slept_since(at(10_000, 1_010_000)), "set back by as much as has passed");
    }
}
