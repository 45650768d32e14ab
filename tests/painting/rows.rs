//! Rows: author, time, delivery state, quotes.

use natter_core::conversation::timeline::Failure;
use natter_core::view::{Quoted, Row, RowContent};

use crate::fixtures::{agent, elements, markup, message, of_class, row, said, text, thread, view};

#[test]
fn row_shows_author_and_time() {
    let painted = thread(&view(vec![said(message(1, agent(), "hi"))]));
    assert_eq!(
        markup(of_class(&painted, "row")[0]),
        "<li class=\"row opens closes\"><p class=\"name\"><span class=\"avatar\" aria-hidden=\"true\">NH</span><span dir=\"auto\">Noor Haddad</span></p>\
         <div class=\"bubble\"><p class=\"text\" dir=\"auto\">hi</p></div>\
         <p class=\"meta\"><time datetime=\"1795262400\">12:00</time></p></li>"
    );
}

#[test]
fn failed_row_offers_retry_and_edit() {
    let failed = RowContent::Outgoing {
        text: "hello".into(),
        failure: Some(Failure::Unconfirmed),
        files: Vec::new(),
        progress: 0,
        is_unconfirmed: false,
    };
    let painted = thread(&view(vec![row(7, failed)]));
    let offered: Vec<_> = of_class(&painted, "link").into_iter().map(text).collect();
    assert_eq!(offered, ["Try again", "Edit"]);
    assert_eq!(text(of_class(&painted, "failed")[0]), "This message may not have been deliveredTry againEdit");
}

#[test]
fn unconfirmed_row_says_so_and_what_a_retry_can_lead_to() {
    let unsure = RowContent::Outgoing {
        text: "hello".into(),
        failure: None,
        files: Vec::new(),
        progress: 0,
        is_unconfirmed: true,
    };
    let painted = thread(&view(vec![row(7, unsure)]));
    let offered: Vec<_> = of_class(&painted, "link").into_iter().map(text).collect();
    assert_eq!(offered, ["Send again"]);
    let said = "Not confirmed yet. If you send it again, it may arrive twice.Send again";
    let line = of_class(&painted, "unsure")[0];
    assert_eq!((&*text(line), line.attribute("role")), (said, None), "it is said aloud elsewhere, and is no alarm");
    assert!(of_class(&painted, "meta").is_empty(), "nor is it on its way as far as anybody knows");
}

#[test]
fn loading_thread_shows_a_skeleton_with_a_text_for_screen_readers() {
    let mut waiting = view(Vec::new());
    waiting.thread.is_loading = true;
    let painted = thread(&waiting);
    let bones = of_class(&painted, "skeleton")[0];
    assert_eq!((bones.attribute("role"), &*text(bones)), (Some("status"), "Loading messages"));
    assert_eq!(elements(&painted).iter().filter(|element| element.tag == "i").count(), 3);
}

#[test]
fn quote_has_the_text_direction_of_the_quoted_text() {
    let quoted = Some(Quoted { author: agent(), text: "שלום".to_owned() });
    let painted = thread(&view(vec![Row { quoted, ..said(message(1, agent(), "hi")) }]));
    let quote = of_class(&painted, "quoted")[0];
    assert_eq!(
        markup(quote),
        "<blockquote class=\"quoted\" dir=\"auto\"><p class=\"name\" dir=\"auto\">Noor Haddad</p><p>שלום</p></blockquote>"
    );
}
