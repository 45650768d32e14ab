//! How many tests passed and failed, read from the result lines of test programs.

use std::fmt;
use std::iter::Sum;
use std::ops::Add;

/// How many tests passed and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TestResults {
    /// Tests that passed.
    pub passed: u32,
    /// Tests that failed.
    pub failed: u32,
    /// Checks whose requirements are missing on this machine.
    pub not_run: u32,
}

impl TestResults {
    /// One check that passed.
    pub const PASSED: Self = Self { passed: 1, failed: 0, not_run: 0 };
    /// One check that failed.
    pub const FAILED: Self = Self { passed: 0, failed: 1, not_run: 0 };
    /// One check whose requirements are missing on this machine.
    pub const NOT_RUN: Self = Self { passed: 0, failed: 0, not_run: 1 };
    /// No test.
    pub const NONE: Self = Self { passed: 0, failed: 0, not_run: 0 };
}

impl Add for TestResults {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
            not_run: self.not_run + other.not_run,
        }
    }
}

impl fmt::Display for TestResults {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { passed, failed, not_run } = self;
        write!(out, "{passed} passed, {failed} failed")?;
        if *not_run > 0 { write!(out, ", {not_run} not run") } else { Ok(()) }
    }
}

impl Sum for TestResults {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::NONE, Add::add)
    }
}

/// Reads a test program's output line by line.
#[derive(Default)]
pub struct ResultReader {
    sum: Option<TestResults>,
}

impl ResultReader {
    /// Reads one line of output.
    pub fn read_line(&mut self, line: &str) {
        let results = if line.trim() == "no tests to run!" { Some(TestResults::NONE) } else { result_line(line) };
        if let Some(results) = results {
            self.sum = Some(self.sum.unwrap_or_default() + results);
        }
    }

    /// The sum of all result lines, once the program has exited. A program without a result line is an error; one that
    /// fails although no test of it failed counts as a failed test.
    pub fn finish(self, is_success: bool) -> Result<TestResults, String> {
        match self.sum {
            None if is_success => Err("The suite ended without a result line.".to_owned()),
            None => Err("The suite failed before its first result line.".to_owned()),
            Some(sum) if is_success || sum.failed > 0 => Ok(sum),
            Some(sum) => Ok(sum + TestResults::FAILED),
        }
    }
}

/// `test result: ok. 12 passed; 0 failed; …`, as cargo test and wasm-bindgen's runner write it.
fn result_line(line: &str) -> Option<TestResults> {
    let (_, counts) = line.split_once("test result: ")?.1.split_once(". ")?;
    let mut parts = counts.split("; ");
    let passed = parts.next()?.strip_suffix(" passed")?.parse().ok()?;
    let failed = parts.next()?.strip_suffix(" failed")?.parse().ok()?;
    Some(TestResults { passed, failed, not_run: 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(output: &str, is_success: bool) -> Result<TestResults, String> {
        let mut reader = ResultReader::default();
        output.lines().for_each(|line| reader.read_line(line));
        reader.finish(is_success)
    }

    #[test]
    fn result_lines_of_several_programs_are_added() {
        let output = "running 2 tests\ntest a ... ok\n\n\
            test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\
            test result: FAILED. 3 passed; 4 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s\n";
        assert_eq!(verdict(output, false), Ok(TestResults { passed: 5, failed: 4, not_run: 0 }));
    }

    #[test]
    fn text_that_resembles_a_result_line_is_not_counted() {
        let output = "test result: unclear\ntest result: ok. many passed; 0 failed;\n\
            test result: ok. 1 passed; 0 failed; 0 ignored";
        assert_eq!(verdict(output, true), Ok(TestResults::PASSED));
    }

    #[test]
    fn a_crashed_suite_is_a_failure() {
        assert!(verdict("running 2 tests\n", false).is_err());
        let output = "test result: ok. 2 passed; 0 failed; 0 ignored\nrunning 9 tests\n";
        assert_eq!(verdict(output, false), Ok(TestResults { passed: 2, failed: 1, not_run: 0 }));
    }

    #[test]
    fn a_suite_without_result_lines_is_a_failure() {
        assert!(verdict("", true).is_err());
    }

    #[test]
    fn checks_that_did_not_run_are_shown_and_count_as_neither() {
        assert_eq!((TestResults::PASSED + TestResults::NOT_RUN).to_string(), "1 passed, 0 failed, 1 not run");
        assert_eq!((TestResults::PASSED + TestResults::FAILED).to_string(), "1 passed, 1 failed");
    }

    #[test]
    fn a_program_without_tests_is_no_failure() {
        assert_eq!(verdict("no tests to run!\n", true), Ok(TestResults::NONE));
    }
}
