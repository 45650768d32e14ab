//! The head: how the connection is, in one sentence.

use natter::core::view::Connection;
use natter::paint;

use crate::easel::{of_class, text, view, words};

fn said(connection: Connection) -> String {
    let mut view = view(Vec::new());
    view.panel.connection = connection;
    text(of_class(&paint::header(&words(), &view, None), "trouble")[0])
}

#[test]
fn every_trouble_has_a_sentence_of_its_own_and_promises_that_nothing_is_lost() {
    assert_eq!(said(Connection::Fine), "");
    let all = [Connection::Offline, Connection::Unreachable, Connection::Busy, Connection::Barred].map(said);
    for (nth, sentence) in all.iter().enumerate() {
        assert!(sentence.contains("Your messages are kept"), "{sentence}");
        assert!(!sentence.contains(|letter: char| letter.is_ascii_digit()), "{sentence}");
        assert!(!all[..nth].contains(sentence), "{sentence}");
    }
}
