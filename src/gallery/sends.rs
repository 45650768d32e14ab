//! The visitor's messages on their way, and those that did not get there.

use super::Screen;
use super::panel::files;
use super::talk::{Talk, usual};
use natter_core::conversation::timeline::Failure;
use natter_core::model::OutgoingFile;
use natter_core::view::RowContent;

/// The screens.
pub fn screens() -> Vec<Screen> {
    vec![
        usual().content(unsent("Is there a train back at six?", None)).screen("send-one"),
        Talk::began(120)
            .content(unsent("Is there a train back at six?", None))
            .content(unsent("Or a ferry?", None))
            .content(unsent("I can also take the bus, if somebody tells me where it leaves.", None))
            .screen("send-several"),
        usual()
            .content(unsent("First, no words.", Some(Failure::Rejected(None))))
            .content(unsent(
                "Then, words.",
                Some(Failure::Rejected(Some("Conversation is muted by an administrator".to_owned()))),
            ))
            .content(unsent("Then, nobody knows.", Some(Failure::Unconfirmed)))
            .screen("send-failed"),
        Talk::began(120)
            .content(unconfirmed("Is there a train back at six?"))
            .content(unsent("Or a ferry?", None))
            .screen("send-unconfirmed"),
        Talk::began(120)
            .content(sending("The rack, from both sides.", files(2), None, 0))
            .content(sending("", files(3), None, 64))
            .screen("send-files"),
        Talk::began(120)
            .content(sending("The rack again.", files(1), Some(Failure::FilesMissing), 0))
            .content(sending("", files(3), Some(Failure::Rejected(Some("File is too big".to_owned()))), 100))
            .screen("send-files-failed"),
    ]
}

fn unsent(text: &str, failure: Option<Failure>) -> RowContent {
    sending(text, Vec::new(), failure, 0)
}

fn unconfirmed(text: &str) -> RowContent {
    RowContent::Outgoing { text: text.into(), failure: None, files: Vec::new(), progress: 0, is_unconfirmed: true }
}

fn sending(text: &str, files: Vec<OutgoingFile>, failure: Option<Failure>, progress: u8) -> RowContent {
    RowContent::Outgoing { text: text.into(), failure, files, progress, is_unconfirmed: false }
}
