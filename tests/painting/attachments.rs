//! Attachments of messages: images, audio, video, files, locations, contacts.

use natter_core::chatwoot;
use natter_core::content::AttachmentKind;
use natter_core::model::{LocalFile, OutgoingFile};
use natter_core::view::Row;
use serde_json::{Value, json};

use crate::fixtures::{NOON, Node, elements, markup, of_class, said, text, thread, view};

fn painted(attachments: Value) -> Node {
    let message = json!({
        "id": 9, "content": null, "message_type": 1, "content_type": "text", "created_at": NOON,
        "attachments": attachments, "sender": { "id": 2, "name": "Noor Haddad", "type": "user" },
    });
    thread(&view(vec![said(chatwoot::parse_message(&message.to_string()).unwrap())]))
}

fn file(kind: &str, name: &str) -> Value {
    json!({
        "id": 45, "message_id": 9, "file_type": kind, "account_id": 1, "extension": null, "thumb_url": "",
        "data_url": format!("http://127.0.0.1:3000/rails/active_storage/blobs/redirect/e30=--5d/{name}"),
        "file_size": 15_600, "width": null, "height": null,
    })
}

#[test]
fn image_attachment_reserves_its_size_before_it_is_loaded() {
    let mut picture = file("image", "r%C3%BCckseite.png");
    (picture["width"], picture["height"]) = (json!(640), json!(480));
    picture["thumb_url"] = json!("http://127.0.0.1:3000/rails/active_storage/representations/redirect/x/r.png");
    let painted = painted(json!([picture]));
    assert_eq!(of_class(&painted, "picture")[0].tag, "button");
    let image = elements(&painted).into_iter().find(|element| element.tag == "img").unwrap();
    assert_eq!(
        markup(image),
        "<img src=\"http://127.0.0.1:3000/rails/active_storage/representations/redirect/x/r.png\" \
         alt=\"Open picture rückseite.png\" loading=\"lazy\" decoding=\"async\" referrerpolicy=\"no-referrer\" \
         width=\"640\" height=\"480\"></img>"
    );
    assert!(of_class(&painted, "bubble").is_empty(), "there is no text to put into one");
}

#[test]
fn image_attachment_that_can_not_be_loaded_is_replaced_by_text() {
    let painted = painted(json!([file("image", "lost.png")]));
    assert_eq!(text(of_class(&painted, "picture")[0]), "This file isn't available");
}

#[test]
fn local_attachments_are_matched_by_size_and_name_in_any_order() {
    let attachments: Vec<Value> = [("audio", "memo.webm", 7), ("image", "b.png", 5), ("image", "a.png", 5)]
        .into_iter()
        .map(|(kind, name, size)| {
            let mut file = file(kind, name);
            file["file_size"] = json!(size);
            file
        })
        .collect();
    let message = json!({
        "id": 9, "content": null, "message_type": 0, "content_type": "text", "created_at": NOON,
        "attachments": attachments,
    });
    let local = |kind, url: &str| Some(LocalFile { kind, url: url.to_owned() });
    let files = vec![
        OutgoingFile { local: local(AttachmentKind::Image, "blob:a"), ..OutgoingFile::new(1, "a.png", 5) },
        OutgoingFile { local: local(AttachmentKind::Image, "blob:b"), ..OutgoingFile::new(2, "b.png", 5) },
        // Of the same size, but no picture.
        OutgoingFile { local: local(AttachmentKind::Audio, "blob:c"), ..OutgoingFile::new(3, "other.webm", 5) },
        // The server calls it otherwise.
        OutgoingFile { local: local(AttachmentKind::Audio, "blob:d"), ..OutgoingFile::new(4, "voice.webm", 7) },
    ];
    let row = Row { files, ..said(chatwoot::parse_message(&message.to_string()).unwrap()) };
    let painted = thread(&view(vec![row]));
    let shown: Vec<_> = elements(&painted).into_iter().filter_map(|element| element.attribute("src")).collect();
    assert_eq!(shown, ["blob:d", "blob:b", "blob:a"]);
}

#[test]
fn audio_and_video_attachments_have_native_controls() {
    for (kind, tag) in [("audio", "audio"), ("video", "video")] {
        let painted = painted(json!([file(kind, "note.webm")]));
        let player = of_class(&painted, "playing")[0];
        assert_eq!((&*player.tag, player.attribute("aria-label")), (tag, Some("note.webm")));
        assert!(player.attribute("controls").is_some() && player.attribute("autoplay").is_none());
    }
}

#[test]
fn other_attachments_are_links_with_name_and_size_and_no_referrer() {
    for (kind, name) in [("file", "plan.pdf"), ("file", "page.html"), ("image", "drawing.SVG"), ("newer", "x.bin")] {
        let painted = painted(json!([file(kind, name)]));
        let link = of_class(&painted, "file")[0];
        assert_eq!((&*link.tag, text(link)), ("a", format!("{name}15600 bytes")), "{kind}");
        assert_eq!(link.attribute("rel"), Some("noopener noreferrer nofollow ugc"));
        assert_eq!(link.attribute("target"), Some("_blank"));
        assert!(!elements(&painted).iter().any(|it| ["img", "iframe", "object", "embed"].contains(&&*it.tag)));
    }
}

#[test]
fn shared_attachments_are_links_and_contact_attachments_have_names() {
    // As Chatwoot 4.16 sends them.
    for kind in ["share", "embed", "ig_post", "ig_story", "story_mention"] {
        let shared = json!([{ "id": 1, "file_type": kind, "data_url": "https://example.test/post", "thumb_url": "" }]);
        let painted = painted(shared);
        let link = of_class(&painted, "file")[0];
        assert_eq!((&*link.tag, text(link)), ("a", "example.test/post".to_owned()), "{kind}");
        assert_eq!(link.attribute("href"), Some("https://example.test/post"));
    }
    let url = "https://evil.test/f";
    let titled = json!([{ "id": 1, "file_type": "fallback", "fallback_title": "bank.com", "data_url": url }]);
    assert_eq!(text(of_class(&painted(titled), "file")[0]), "bank.com (evil.test)", "and says where it leads");
    let meta = json!({ "first_name": "Ann", "last_name": "Other" });
    let contact = json!([{ "id": 1, "file_type": "contact", "fallback_title": "+14155550123", "meta": meta }]);
    let painted = painted(contact);
    let shown: Vec<String> = of_class(&painted, "file-name").into_iter().map(text).collect();
    assert_eq!(shown, ["Ann Other", "+14155550123"]);
}

#[test]
fn contact_attachment_is_a_tel_link_and_attachments_without_a_safe_url_are_text() {
    let contact = json!({ "id": 1, "file_type": "contact", "fallback_title": "+49 30 1234" });
    let place = json!({ "id": 2, "file_type": "location", "fallback_title": "Leipzig", "coordinates_lat": 51.3 });
    let gone = json!({ "id": 3, "file_type": "file", "data_url": "javascript:alert(1)" });
    let painted = painted(json!([contact, place, gone, 7]));
    let shown: Vec<_> = of_class(&painted, "file").into_iter().map(|it| (it.attribute("href"), text(it))).collect();
    assert_eq!(
        shown,
        [
            (Some("tel:+49301234"), "+49 30 1234".to_owned()),
            (None, "Leipzig".to_owned()),
            (None, "This file isn't available".to_owned()),
        ]
    );
}
