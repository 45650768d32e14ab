//! Previews, pre-chat form, greeting and proactive message, notification offer, and the transcript.

use natter_chat::transcript::transcript;
use natter_core::chatwoot;
use natter_core::content::{Field, FieldKind};
use natter_core::model::{Author, Message};
use natter_core::view::View;
use natter_core::visitor::pre_chat_form::{Consent, PreChatForm};
use serde_json::json;

use crate::fixtures::{Node, agent, composer, elements, localizer, message, of_class, said, text, thread, view};

fn previews(messages: Vec<Message>) -> Node {
    crate::fixtures::previews(&View { previews: messages.into_iter().map(Into::into).collect(), ..View::default() })
}

fn lines(painted: &Node) -> Vec<String> {
    of_class(painted, "excerpt").into_iter().map(text).collect()
}

#[test]
fn previews_are_empty_without_unread_messages() {
    let Node::Element(none) = previews(Vec::new()) else { panic!("an element") };
    assert_eq!((none.attribute("hidden"), none.children.len()), (Some(""), 0));
}

#[test]
fn preview_shows_author_and_text_and_can_be_dismissed() {
    let deleted = Message { is_deleted: true, ..message(2, Author::Inbox, "the server's own words") };
    let file = json!({ "id": 3, "message_type": 1, "sender": { "name": "Noor", "type": "user" },
        "attachments": [{ "id": 1, "file_type": "file", "data_url": "https://a.test/plan.pdf", "file_size": 1 }] });
    let painted = previews(vec![
        message(1, agent(), "**Good** news"),
        deleted,
        chatwoot::parse_message(&file.to_string()).unwrap(),
    ]);
    assert_eq!(lines(&painted), ["Good news", "This message was deleted", "plan.pdf"]);
    let who: Vec<String> = of_class(&painted, "who").into_iter().map(text).collect();
    assert_eq!(who, ["Noor Haddad", "Team", "Noor"]);
    assert!(of_class(&painted, "preview").iter().all(|card| card.tag == "button"));
    assert_eq!(of_class(&painted, "dismiss")[0].attribute("aria-label"), Some("Hide new messages"));
}

#[test]
fn preview_of_a_csat_survey_shows_the_question_without_link() {
    let of = |content: &str| {
        let survey =
            json!({ "id": 7, "content": content, "content_type": "input_csat", "message_type": 3, "created_at": 1 });
        lines(&previews(vec![chatwoot::parse_message(&survey.to_string()).unwrap()])).join(" ")
    };
    let old = of("Please rate this conversation, https://chat.example.test/survey/responses/030da28e");
    assert!(old.contains("How would you rate this conversation?") && !old.contains("://"), "{old}");
    assert!(of("Please rate the conversation").contains("Please rate the conversation"));
}

#[test]
fn pre_chat_form_has_a_field_with_autocomplete_for_each_kind() {
    let field = |name: &str, kind, is_required| Field { name: name.to_owned(), kind, is_required, ..Field::default() };
    let fields = vec![
        field("full_name", FieldKind::Name, true),
        field("mail", FieldKind::Email, true),
        field("phone", FieldKind::Phone, false),
        field("bikes", FieldKind::Number, false),
        field("site", FieldKind::Link, false),
        field("since", FieldKind::Date, false),
        field("news", FieldKind::Check, false),
    ];
    let consent = Some(Consent { text: "I read [this](https://a.test)".to_owned(), version: "1".to_owned() });
    let mut view = view(Vec::new());
    view.thread.form = Some(PreChatForm { text: String::new(), fields, consent });
    let painted = thread(&view);
    let of = |name: &str| {
        elements(&painted)
            .into_iter()
            .filter(|it| it.tag == "input")
            .map(|it| it.attribute(name).map(str::to_owned))
            .collect::<Vec<_>>()
    };
    let some = |all: [&str; 8]| all.map(|one| Some(one.to_owned()).filter(|one| !one.is_empty())).to_vec();
    assert_eq!(of("type"), some(["text", "email", "tel", "number", "url", "date", "checkbox", "checkbox"]));
    assert_eq!(of("autocomplete"), some(["name", "email", "tel", "", "url", "", "", ""]));
    assert_eq!(of("name"), some(["-full_name", "-mail", "-phone", "-bikes", "-site", "-since", "-news", "-consent"]));
    let required: Vec<bool> = of("required").iter().map(Option::is_some).collect();
    assert_eq!(required, [true, true, false, false, false, false, false, true]);
    let labels: Vec<String> = of_class(&painted, "label").into_iter().map(text).collect();
    let expected = [
        "Name",
        "Email",
        "Phone number (optional)",
        "bikes (optional)",
        "site (optional)",
        "since (optional)",
        "news",
        "I read this",
    ];
    assert_eq!(labels, expected);
    assert_eq!(of_class(&painted, "form")[0].tag, "form");
    assert!(of_class(&painted, "greeting").is_empty(), "one thing after the other");
}

#[test]
fn proactive_message_takes_the_place_of_the_greeting() {
    let mut view = view(Vec::new());
    view.thread.prompt = "May we **help**?".to_owned();
    let painted = thread(&view);
    let said: Vec<String> = of_class(&painted, "bubble").into_iter().map(text).collect();
    assert_eq!((said, of_class(&painted, "greeting").len()), (vec!["May we help?".to_owned()], 0));
}

#[test]
fn proactive_message_stays_first_after_it_was_answered() {
    let mut view = view(vec![said(message(1, Author::Visitor, "Yes"))]);
    view.thread.prompt = "May we **help**?".to_owned();
    let bubbles = |view: &View| of_class(&thread(view), "bubble").into_iter().map(text).collect::<Vec<String>>();
    assert_eq!(bubbles(&view), ["May we help?", "Yes"]);
    view.thread.has_earlier = true;
    assert_eq!(bubbles(&view), ["Yes"], "what came before is not here");
}

#[test]
fn notification_offer_is_shown_while_waiting_for_a_reply() {
    let mut view = view(Vec::new());
    let offers = |view: &View| {
        let painted = composer(localizer(), view);
        let offer = of_class(&painted, "offer");
        offer.first().map(|_| of_class(&painted, "link").into_iter().map(text).collect::<Vec<_>>())
    };
    assert_eq!(offers(&view), None);
    view.composer.offers_notifications = true;
    assert_eq!(offers(&view), Some(vec!["Notify me".to_owned(), "No, thanks".to_owned()]));
}

#[test]
fn transcript_lists_authors_times_texts_and_attachments() {
    let file = json!({ "id": 3, "content": "the \"plan\"", "created_at": 1_795_262_400, "message_type": 0, "attachments": [
        { "id": 1, "file_type": "file", "data_url": "https://a.test/plan.pdf", "file_size": 1 },
        { "id": 2, "file_type": "file", "data_url": "javascript:alert(1)", "file_size": 1, "fallback_title": "x" },
    ] });
    let deleted = Message { is_deleted: true, ..message(2, agent(), "the server's own words") };
    let all = vec![deleted.into(), chatwoot::parse_message(&file.to_string()).unwrap().into()];
    let written: serde_json::Value = serde_json::from_str(&transcript(&localizer(), &all)).unwrap();
    let files = json!([{ "name": "plan.pdf", "url": "https://a.test/plan.pdf" }, { "name": "x", "url": "" }]);
    let expected = json!([
        { "author": "Noor Haddad", "at": 1_795_262_400, "text": "", "files": [] },
        { "author": "You", "at": 1_795_262_400, "text": "the \"plan\"", "files": files },
    ]);
    assert_eq!(written, expected);
}
