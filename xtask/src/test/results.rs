//! Counting tests by the lines in which test programs sum themselves up.

use std::fmt;
use std::iter::Sum;
use std::ops::Add;

/// How many tests passed and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tally {
    /// Tests that passed.
    pub passed: u32,
    /// Tests that failed.
    pub failed: u32,
    /// Checks that lack here what they need: neither passed nor failed.
    pub not_run: u32,
}

impl Tally {
    /// One check that held.
    pub const PASSED: Self = Self { passed: 1, failed: 0, not_run: 0 };
    /// One check that did not.
    pub const FAILED: Self = Self { passed: 0, failed: 1, not_run: 0 };
    /// One check that lacks here what it needs.
    pub const NOT_RUN: Self = Self { passed: 0, failed: 0, not_run: 1 };
    /// No test.
    pub const NOTHING: Self = Self { passed: 0, failed: 0, not_run: 0 };
}

impl Add for Tally {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
            not_run: self.not_run + other.not_run,
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { passed, failed, not_run } = self;
        write!(out, "{passed} passed, {failed} failed")?;
        if *not_run > 0 { write!(out, ", {not_run} not run") } else { Ok(()) }
    }
}

impl Sum for Tally {
    fn sum<I: Iterator<Item = Self>>(tallies: I) -> Self {
        tallies.fold(Self::NOTHING, Add::add)
    }
}

/// Reads a test program's output line by line.
#[derive(Default)]
pub struct Reader {
    sum: Option<Tally>,
}

impl Reader {
    /// Takes in one line of output.
    pub fn read(&mut self, line: &str) {
        let said = if line.trim() == "no tests to run!" { Some(Tally::NOTHING) } else { result_line(line) };
        if let Some(tally) = said {
            self.sum = Some(self.sum.unwrap_or_default() + tally);
        }
    }

    /// What came of it all, given whether the program ended well. A program that fails without
    /// naming a failed test, or ends without a word about its tests, is a failure by itself.
    pub fn verdict(self, ended_well: bool) -> Result<Tally, String> {
        match self.sum {
            None if ended_well => Err("The suite ended without a line that says what came of it.".to_owned()),
            None => Err("The suite failed before it could say what came of it.".to_owned()),
            Some(sum) if ended_well || sum.failed > 0 => Ok(sum),
            Some(sum) => Ok(sum + Tally::FAILED),
        }
    }
}

/// `test result: ok. 12 passed; 0 failed; …`, as cargo test and wasm-bindgen's runner write it.
fn result_line(line: &str) -> Option<Tally> {
    let (_, counts) = line.split_once("test result: ")?.1.split_once(". ")?;
    let mut parts = counts.split("; ");
    let passed = parts.next()?.strip_suffix(" passed")?.parse().ok()?;
    let failed = parts.next()?.strip_suffix(" failed")?.parse().ok()?;
    Some(Tally { passed, failed, not_run: 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(output: &str, ended_well: bool) -> Result<Tally, String> {
        let mut reader = Reader::default();
        output.lines().for_each(|line| reader.read(line));
        reader.verdict(ended_well)
    }

    #[test]
    fn the_result_lines_of_all_programs_are_summed_up() {
        let output = "running 2 tests\ntest a ... ok\n\n\
            test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\
            test result: FAILED. 3 passed; 4 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s\n";
        assert_eq!(verdict(output, false), Ok(Tally { passed: 5, failed: 4, not_run: 0 }));
    }

    #[test]
    fn a_test_that_prints_about_results_is_not_counted() {
        let output = "test result: unclear\ntest result: ok. many passed; 0 failed;\n\
            test result: ok. 1 passed; 0 failed; 0 ignored";
        assert_eq!(verdict(output, true), Ok(Tally::PASSED));
    }

    #[test]
    fn a_suite_that_crashed_is_a_failure() {
        assert!(verdict("running 2 tests\n", false).is_err());
        let output = "test result: ok. 2 passed; 0 failed; 0 ignored\nrunning 9 tests\n";
        assert_eq!(verdict(output, false), Ok(Tally { passed: 2, failed: 1, not_run: 0 }));
    }

    #[test]
    fn a_suite_without_a_word_is_a_failure_even_if_it_ends_well() {
        assert!(verdict("", true).is_err());
    }

    #[test]
    fn what_could_not_be_run_is_told_and_is_no_success() {
        assert_eq!((Tally::PASSED + Tally::NOT_RUN).to_string(), "1 passed, 0 failed, 1 not run");
        assert_eq!((Tally::PASSED + Tally::FAILED).to_string(), "1 passed, 1 failed");
    }

    #[test]
    fn a_program_without_tests_is_no_failure() {
        assert_eq!(verdict("no tests to run!\n", true), Ok(Tally::NOTHING));
    }
}
