//! Rows: author, time, delivery state, quotes.

use std::sync::Arc;

use natter::paint::Wish;
use natter::paint::{self, Act, Node};
use natter_core::conversation::timeline::{Failure, RowKey};
use natter_core::model::Author;
use natter_core::view::{Quoted, Row, RowContent};

use crate::fixtures::{acts, agent, elements, markup, message, of_class, row, said, text, thread, view, words};

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
    let offered: Vec<_> = of_class(&painted, "link").into_iter().flat_map(acts).collect();
    assert_eq!(offered, [&Act::Tell(Wish::Retried(RowKey(7))), &Act::Tell(Wish::Discarded(RowKey(7)))]);
    assert_eq!(text(of_class(&painted, "failed")[0]), "This message may not have arrivedTry againEdit");
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
    let offered: Vec<_> = of_class(&painted, "link").into_iter().flat_map(acts).collect();
    assert_eq!(offered, [&Act::Tell(Wish::Retried(RowKey(7)))]);
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

#[test]
fn unchanged_row_is_not_painted_again() {
    let before = view(vec![said(message(1, agent(), "hi")), said(message(2, Author::Visitor, "hello"))]);
    let mut after = before.clone();
    let rows = Arc::make_mut(&mut after.thread.rows);
    rows.remove(0);
    rows.push(said(message(3, agent(), "news")));
    let painted = paint::thread(&words(), &after, Some(&before));
    let list = elements(&painted).into_iter().find(|element| element.tag == "ol").unwrap();
    assert_eq!(list.children[0], Node::Same(2));
    assert_eq!(list.children[1].key(), Some(3));
    assert_eq!(of_class(&painted, "row").len(), 1, "only the new one is painted");
}
