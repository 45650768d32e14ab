//! The panel without a conversation, how the connection is, and where one writes.

use super::Screen;
use super::talk::{Talk, open, usual};
use natter_core::model::OutgoingFile;
use natter_core::view::{Composer, ComposerProblem, ConnectionState, Panel, Thread, View};

/// Empty, loading, and every line about the connection.
pub fn screens() -> Vec<Screen> {
    let loading = View { thread: Thread { is_loading: true, ..Thread::default() }, ..open() };
    let line = |name, connection, talk: Talk| {
        let panel = Panel { connection, ..open().panel };
        Screen::new(name, View { panel, ..talk.view() })
    };
    vec![
        Screen::new("empty", open()),
        Screen::new("loading", loading),
        line("connection-offline", ConnectionState::Offline, usual()),
        line("connection-unreachable", ConnectionState::Unreachable, Talk::began(60)),
        line("connection-busy", ConnectionState::Busy, usual()),
        line("connection-barred", ConnectionState::Blocked, Talk::began(60)),
    ]
}

/// Where one writes.
pub fn composers() -> Vec<Screen> {
    let with = |name, composer| Screen::new(name, View { composer, ..usual().view() });
    let text = |text: &str| Composer { injected_text: (1, text.into()), has_text: true, ..Composer::default() };
    let problem = |problem| Composer { problem: Some(problem), ..text("Here is the route.") };
    vec![
        with("composer-text", text("Would nine o'clock be too early?")),
        with(
            "composer-many-lines",
            text(
                "Would nine o'clock be too early?\n\nI'd come by train, with\n– my old saddle,\n– both panniers,\n– the \
                 tent,\nand would need about an hour to see whether all of it fits onto the rack you mentioned.\n\n\
                 Best wishes\nIda",
            ),
        ),
        with("composer-files", Composer { files: files(2), ..text("The rack, from both sides.") }),
        with("composer-many-files", Composer { files: files(9), ..Composer::default() }),
        with("composer-too-long", Composer { characters_left: Some(-120), ..problem(ComposerProblem::TooLong) }),
        with("composer-too-many", problem(ComposerProblem::TooManyUnsent)),
        with(
            "composer-file-too-large",
            problem(ComposerProblem::FileTooLarge("Elbe from Dresden to Cuxhaven, all eleven days.mov".to_owned())),
        ),
        with("composer-too-many-files", Composer { files: files(3), ..problem(ComposerProblem::TooManyFiles) }),
        with(
            "composer-few-characters",
            Composer { characters_left: Some(87), ..text("And then we came to Wittenberge …") },
        ),
        with("emoji", Composer::default()).clicked(".emoji"),
    ]
}

/// So many files.
pub fn files(count: usize) -> Vec<OutgoingFile> {
    let all = [
        ("rack-left.jpg", 2_411_000),
        ("rack-right.jpg", 1_980_000),
        ("Offer_2026-11-14_Saale_touring_frame_size_58_with_rack_and_hub_dynamo.pdf", 88_400),
        ("saddle.heic", 940),
        ("route.gpx", 412_000),
        ("ferry.pdf", 51_000),
        ("tent.jpg", 3_120_000),
        ("IMG_20261114_173355_0000000000000000000000000000000000000001.jpg", 2_000_000),
        ("notes.txt", 12),
    ];
    let file = |(at, (name, size)): (usize, (&str, u64))| OutgoingFile {
        pick: at as u64 + 1,
        name: name.to_owned(),
        size,
        local: None,
    };
    all.into_iter().enumerate().map(file).take(count).collect()
}
