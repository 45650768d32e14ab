//! docs/security.md names, for each case, the tests that show what holds; and a case that is a matter of the sources alone.

#![allow(clippy::unwrap_used, reason = "a test that can't go on says so")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const CASES: usize = 24;

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files with this extension in a folder and those below it.
fn files_in(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let (mut folders, mut files) = (vec![folder.to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                files.push(path);
            }
        }
    }
    files
}

/// The names of a source's test functions: those with an attribute that ends in `test`, with or without arguments.
fn tests_in(source: &str) -> Vec<String> {
    let mut is_test = false;
    let mut tests = Vec::new();
    for line in source.lines().map(str::trim) {
        if let Some(attribute) = line.strip_prefix("#[") {
            let path = attribute.split(['(', ']']).next().unwrap_or_default();
            is_test |= path.ends_with("test");
        } else if !line.starts_with("//") {
            let name = line.split_once("fn ").and_then(|(_, rest)| rest.split('(').next());
            tests.extend(name.filter(|_| is_test).map(str::to_owned));
            is_test = false;
        }
    }
    tests
}

fn all_tests() -> BTreeSet<String> {
    let files = ["crates", "src", "tests", "xtask"].map(|folder| files_in(&project().join(folder), "rs"));
    files.iter().flatten().flat_map(|file| tests_in(&std::fs::read_to_string(file).unwrap())).collect()
}

/// What is wrong with the table of cases.
fn faults_of(table: &str, tests: &BTreeSet<String>) -> Vec<String> {
    let mut faults = Vec::new();
    let rows: Vec<&str> = table.lines().filter(|line| line.starts_with("| S")).collect();
    for (nth, row) in (1..).zip(&rows) {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let [number, _, _, names] = cells[..] else {
            faults.push(format!("four cells are wanted in: {row}"));
            continue;
        };
        if number != format!("S{nth}") {
            faults.push(format!("{number} is in the place of S{nth}"));
        }
        let names: Vec<&str> = names.split('`').skip(1).step_by(2).collect();
        if names.is_empty() {
            faults.push(format!("{number} names no test"));
        }
        let unknown = names.into_iter().filter(|name| !tests.contains(*name));
        faults.extend(unknown.map(|name| format!("{number} names {name}, which is no test")));
    }
    if rows.len() != CASES {
        faults.push(format!("{} cases in place of {CASES}", rows.len()));
    }
    faults
}

#[test]
fn every_case_of_the_security_document_names_tests_that_exist() {
    let table = std::fs::read_to_string(project().join("docs/security.md")).unwrap();
    assert_eq!(faults_of(&table, &all_tests()), [""; 0]);
}

#[test]
fn wrong_rows_of_the_security_document_are_found() {
    let source = "#[test]\nfn there() {}\n#[tokio::test(flavor = \"x\")]\n/// Doc.\nasync fn too() {}\nfn none() {}\n\
        #[cfg(test)]\nmod tests {}\nfn neither() {}";
    let tests: BTreeSet<String> = tests_in(source).into_iter().collect();
    assert_eq!(tests, ["there", "too"].map(str::to_owned).into());
    let table = "| S1 | a | b | `there` `too` |\n| S3 | a | b | `none` |\n| S3 | a | b | none |\n| S4 | a |";
    let faults = faults_of(table, &tests);
    let expected = [
        "S3 is in the place of S2",
        "S3 names none, which is no test",
        "S3 names no test",
        "four cells are wanted in: | S4 | a |",
        "4 cases in place of 24",
    ];
    assert_eq!(faults, expected);
}

/// A message between windows can come from any origin. Tabs exchange theirs by a BroadcastChannel, which has one in Rust and
/// one in the loader.
#[test]
fn no_messages_are_exchanged_between_windows() {
    let mut found = Vec::new();
    let files = [files_in(&project().join("src"), "rs"), files_in(&project().join("embed"), "js")].concat();
    assert!(files.len() > 50, "{}", files.len());
    for file in files {
        let name = file.strip_prefix(project()).unwrap().display().to_string();
        let source = std::fs::read_to_string(&file).unwrap();
        for sign in ["postMessage", "post_message", "onmessage", "\"message\"", "'message'", "MessageChannel"] {
            let lines = source.lines().map(str::trim).filter(|line| line.contains(sign) && !line.starts_with("//"));
            found.extend(lines.map(|line| format!("{name}: {line}")));
        }
    }
    let is_known = |line: &String| {
        // The component reads the field `message` of errors and postbacks.
        ["src/platform/websocket.rs: ", "src/platform/web_locks.rs: ", "embed/embed.js: others.postMessage("]
            .iter()
            .chain(&["src/component/events.rs: Postback {", "src/component/handle.rs: let message = Reflect::get("])
            .any(|known| line.starts_with(known))
    };
    let (known, unknown): (Vec<_>, Vec<_>) = found.into_iter().partition(is_known);
    assert_eq!(unknown, [""; 0]);
    assert!(known.len() >= 3, "{known:?}");
}
