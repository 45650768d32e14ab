//! The composer: buttons and the counter of remaining characters.

use natter_chat::i18n::Localizer;
use natter_core::model::OutgoingFile;
use natter_core::view::View;

use crate::fixtures::{Node, elements, localizer, of_class, text};

fn painted(localizer: Localizer, change: impl Fn(&mut View)) -> Node {
    let mut view = View::default();
    change(&mut view);
    crate::fixtures::composer(localizer, &view)
}

/// The names of the buttons, in their order.
fn buttons(painted: &Node) -> Vec<&str> {
    let all = elements(painted).into_iter().filter(|element| element.tag == "button");
    all.filter_map(|button| button.attribute("aria-label")).collect()
}

#[test]
fn composer_offers_voice_recording_while_empty_and_send_otherwise() {
    let empty = painted(localizer(), |_| ());
    assert_eq!(buttons(&empty), ["Attach files", "Emoji", "Record a voice note"]);
    let written = painted(localizer(), |view| view.composer.has_text = true);
    assert_eq!(buttons(&written), ["Attach files", "Emoji", "Send"]);
    let file = OutgoingFile { pick: 1, name: "voice.webm".to_owned(), size: 17, local: None };
    let recorded = painted(localizer(), |view| view.composer.files = vec![file.clone()]);
    assert_eq!(buttons(&recorded), ["Remove voice.webm", "Attach files", "Emoji", "Send"]);
}

#[test]
fn composer_offers_no_voice_recording_without_a_microphone() {
    let empty = painted(Localizer { can_record: false, ..localizer() }, |_| ());
    assert_eq!(buttons(&empty), ["Attach files", "Emoji", "Send"]);
    assert!(of_class(&empty, "send")[0].attribute("disabled").is_some());
}

#[test]
fn composer_shows_remaining_characters_and_announces_them_in_steps() {
    let told = |left| {
        let painted = painted(localizer(), |view| view.composer.characters_left = left);
        let shown = of_class(&painted, "counter").into_iter().map(text).collect::<String>();
        (shown, text(of_class(&painted, "spoken")[0]))
    };
    assert_eq!(told(None), (String::new(), String::new()));
    let heard: Vec<String> = (0..=500).rev().map(|left| told(Some(left)).1).collect();
    let mut news = heard;
    news.dedup();
    let at_most = |count| format!("You have up to {count} characters left.");
    assert_eq!(news, [500, 100, 20, 0].map(at_most));
    let (shown, heard) = told(Some(-1));
    assert_eq!((shown.as_str(), heard.contains("150000")), ("Characters left: -1", true));
}
