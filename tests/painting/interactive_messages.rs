//! Interactive messages: each kind as Chatwoot sends it, before and after it is answered.

use natter_core::chatwoot;
use natter_core::view::Row;
use natter_core::visitor::form_submissions::SubmissionStatus;
use serde_json::{Value, json};

use crate::fixtures::{Element, NOON, Node, elements, markup, of_class, said, text, thread, view};

/// A row with a message as the server has it.
fn row(content_type: &str, attributes: Value) -> Row {
    let message = json!({
        "id": 9, "content": "Please tell us", "message_type": 1, "content_type": content_type, "created_at": NOON,
        "content_attributes": attributes, "sender": { "id": 2, "name": "Noor Haddad", "type": "user" },
    });
    let message = chatwoot::parse_message(&message.to_string()).unwrap();
    let answers = message.answers.clone();
    Row { answers, ..said(message) }
}

fn asked(row: Row) -> Vec<String> {
    parts(&thread(&view(vec![row]))).iter().map(|part| markup(part)).collect()
}

fn parts(node: &Node) -> Vec<&Element> {
    let asked = of_class(node, "asked");
    let children = asked.iter().flat_map(|asked| &asked.children);
    children.filter_map(|child| if let Node::Element(element) = child { Some(element) } else { None }).collect()
}

#[test]
fn email_question_is_an_input_labelled_with_the_question() {
    assert_eq!(
        asked(row("input_email", json!({}))),
        [
            "<form class=\"form\"><input class=\"entry\" type=\"email\" value=\"\" autocomplete=\"email\" name=\"-email\" \
          dir=\"auto\" required=\"\" aria-label=\"Please tell us\"></input>\
          <button class=\"chip strong\" type=\"submit\">Send</button></form>"
        ]
    );
    let answered = json!({ "submitted_values": [{ "name": "email", "title": "Email", "value": "a@b.test" }] });
    let shown = asked(row("input_email", answered));
    assert!(shown[0].starts_with("<dl") && shown[0].contains("a@b.test"), "{shown:?}");
    let older = json!({ "submitted_email": "old@b.test" });
    assert!(asked(row("input_email", older))[0].contains("old@b.test"), "older servers keep it elsewhere");
}

#[test]
fn text_questions_are_inputs_or_textareas() {
    assert!(asked(row("input_text", json!({})))[0].contains("<input class=\"entry\" type=\"text\""));
    assert!(asked(row("input_textarea", json!({})))[0].contains("<textarea class=\"entry\" rows=\"3\""));
}

#[test]
fn form_has_every_field_with_its_name_and_validation() {
    let fields = json!({ "items": [
        { "name": "email", "placeholder": "you@…", "type": "email", "label": "E-mail", "required": "required",
          "pattern": "/^.+@.+$/i", "pattern_error": "That is no address" },
        { "name": "bio", "type": "text_area", "label": "About you", "default": "I ride" },
        { "name": "pick", "label": "Pick", "type": "select", "default": "b",
          "options": [{ "label": "A", "value": "a" }, { "label": "B", "value": "b" }] },
        { "name": "", "label": "nameless" }, 5, null,
    ] });
    let painted = thread(&view(vec![row("form", fields.clone())]));
    let entries: Vec<String> = of_class(&painted, "entry").into_iter().map(markup).collect();
    assert_eq!(
        entries,
        [
            "<input class=\"entry\" type=\"email\" value=\"\" placeholder=\"you@…\" title=\"That is no address\" pattern=\"^.+@.+$\" \
             autocomplete=\"email\" name=\"-email\" dir=\"auto\" required=\"\"></input>",
            "<textarea class=\"entry\" rows=\"3\" name=\"-bio\" dir=\"auto\">I ride</textarea>",
            "<select class=\"entry\" name=\"-pick\" dir=\"auto\"><option value=\"\">Choose an option</option>\
             <option value=\"a\">A</option><option value=\"b\" selected=\"\">B</option></select>",
        ]
    );
    let form = elements(&painted).into_iter().find(|element| element.tag == "form").unwrap();
    assert_eq!(form.attribute("class"), Some("form"));

    let mut answered = fields;
    answered["submitted_values"] = json!([{ "name": "email", "value": "a@b.test" }, { "name": "bio", "value": "" }, { "name": "pick", "value": "b" }]);
    let shown = thread(&view(vec![row("form", answered)]));
    assert_eq!(text(of_class(&shown, "filled")[0]), "E-maila@b.testPickB", "what was left empty is left out");
}

#[test]
fn choice_is_a_group_of_buttons_that_show_the_selected_one() {
    let items = json!([{ "title": "Sales", "value": "sales" }, { "title": "Support", "value": "support" }]);
    let chosen = json!({ "items": items, "submitted_values": [{ "title": "Support", "value": "support" }] });
    let painted = thread(&view(vec![row("input_select", chosen)]));
    let group = of_class(&painted, "choices")[0];
    assert_eq!(group.attribute("aria-label"), Some("Please tell us"));
    let chips = of_class(&painted, "chip");
    let pressed: Vec<_> = chips.iter().map(|chip| (text(chip), chip.attribute("aria-pressed").unwrap())).collect();
    assert_eq!(pressed, [("Sales".to_owned(), "false"), ("Support".to_owned(), "true")]);
}

#[test]
fn card_actions_are_links_or_postbacks_and_never_scripts() {
    let cards = json!({ "items": [{
        "title": "Nike", "description": "Shoes", "media_url": "https://a.test/a.png",
        "actions": [
            { "type": "link", "text": "View", "uri": "https://a.test/v" },
            { "type": "postback", "text": "Add", "payload": "ADD" },
            { "type": "link", "text": "Steal", "uri": "javascript:alert(1)" },
            { "type": "dance", "text": "Dance" },
        ],
    }] });
    let painted = thread(&view(vec![row("cards", cards)]));
    let chips: Vec<String> = of_class(&painted, "chip").into_iter().map(text).collect();
    assert_eq!(chips, ["View", "Add"]);
    assert!(of_class(&painted, "strip").is_empty(), "one has all the room");
    let picture = of_class(&painted, "card-picture")[0];
    assert_eq!((picture.attribute("src"), picture.attribute("alt")), (Some("https://a.test/a.png"), Some("")));
}

#[test]
fn articles_are_links_with_descriptions() {
    let articles = json!({ "items": [
        { "title": "API", "description": "How to", "link": "https://a.test/h" },
        { "title": "Trap", "link": "data:text/html,x" },
    ] });
    let painted = thread(&view(vec![row("article", articles)]));
    let titles: Vec<_> = of_class(&painted, "card-title").into_iter().map(|it| (&*it.tag, text(it))).collect();
    assert_eq!(titles, [("a", "API".to_owned()), ("p", "Trap".to_owned())]);
    assert!(of_class(&painted, "strip").is_empty(), "they are listed");
}

#[test]
fn csat_survey_goes_from_rating_to_feedback_to_thanks() {
    let painted = thread(&view(vec![row("input_csat", json!({}))]));
    let names: Vec<_> = elements(&painted)
        .into_iter()
        .filter(|element| element.attribute("type") == Some("radio"))
        .map(|radio| radio.attribute("aria-label").unwrap())
        .collect();
    assert_eq!(names, ["Very bad", "Bad", "Okay", "Good", "Very good"]);
    assert!(of_class(&painted, "bubble").is_empty(), "the server's own sentence leads away from here");
    assert!(of_class(&painted, "entry").is_empty());

    let rated = |rating: Value| json!({ "submitted_values": { "csat_survey_response": rating } });
    let painted = thread(&view(vec![row("input_csat", rated(json!({ "rating": 4, "feedback_message": "" })))]));
    let checked: Vec<_> =
        elements(&painted).into_iter().filter(|element| element.attribute("checked").is_some()).collect();
    assert_eq!(checked.iter().map(|radio| radio.attribute("value").unwrap()).collect::<Vec<_>>(), ["4"]);
    assert_eq!(of_class(&painted, "entry")[0].attribute("name"), Some("feedback_message"));

    let told = rated(json!({ "rating": 4, "feedback_message": "kind" }));
    let painted = thread(&view(vec![row("input_csat", told)]));
    assert_eq!(text(of_class(&painted, "thanks")[0]), "Thanks for your feedback.");

    let mut old = row("input_csat", json!({}));
    if let natter_core::view::RowContent::Stored(message) = &mut old.content {
        std::sync::Arc::make_mut(message).at = NOON - 14 * 86_400;
    }
    let painted = thread(&view(vec![old]));
    assert_eq!(text(of_class(&painted, "thanks")[0]), "This survey is closed.");
    let open = elements(&painted).into_iter().filter(|it| it.tag == "input" && it.attribute("disabled").is_none());
    assert_eq!(open.count(), 0);
}

#[test]
fn csat_survey_asks_the_inboxs_question_without_link() {
    let legend = |content: &str, attributes: Value| {
        let mut asking = row("input_csat", json!({}));
        let message = json!({
            "id": 9, "content": content, "message_type": 3, "content_type": "input_csat", "created_at": NOON,
            "content_attributes": attributes,
        });
        let message = chatwoot::parse_message(&message.to_string()).unwrap();
        assert!(!message.text.contains("://"), "nor does the page, a preview or a transcript get one");
        asking.content = natter_core::view::RowContent::Stored(message.into());
        let painted = thread(&view(vec![asking]));
        let legends: Vec<String> =
            elements(&painted).into_iter().filter(|element| element.tag == "legend").map(text).collect();
        let faces: Vec<String> = of_class(&painted, "face").into_iter().map(text).collect();
        (legends.concat(), faces.concat())
    };
    // As Chatwoot 4.16 asks, with the inbox's own question and without.
    let own = legend("How many **stars** for Visitor?", json!({ "display_type": "star" }));
    assert_eq!(own, ("How many stars for Visitor?".to_owned(), "☆☆☆☆☆".to_owned()));
    let plain = legend("Please rate the conversation", json!({ "display_type": "emoji" }));
    assert_eq!(plain, ("Please rate the conversation".to_owned(), "😞🙁😐🙂😀".to_owned()));
    // As 4.0.4 does.
    let old = "Please rate this conversation, https://chat.example.test/survey/responses/030da28e-effa-48cd-95df-605933f272bf";
    assert_eq!(legend(old, json!({})).0, "How would you rate this conversation?");
    let rated = json!({ "display_type": "star", "submitted_values": { "csat_survey_response": { "rating": 3 } } });
    let three = row("input_csat", rated);
    let painted = thread(&view(vec![three]));
    assert_eq!(of_class(&painted, "face").into_iter().map(text).collect::<String>(), "★★★☆☆");
}

#[test]
fn unknown_content_type_is_shown_as_text() {
    for (kind, attributes) in [
        ("integrations", json!({ "type": "dyte", "data": { "meeting_id": "1" } })),
        ("sticker", json!({})),
        ("voice_call", json!({ "data": { "status": "ringing", "call_sid": "CA0", "call_direction": "outbound" } })),
        ("incoming_email", json!({ "email": { "html_content": { "full": "<b>x</b>" } } })),
        ("voice_of_the_future", json!({ "items": [{ "title": "a", "value": "b" }] })),
        ("input_select", json!({ "items": [] })),
        ("cards", json!({ "items": "none" })),
        ("form", Value::Null),
    ] {
        let painted = thread(&view(vec![row(kind, attributes)]));
        assert_eq!(text(of_class(&painted, "bubble")[0]), "Please tell us", "{kind}");
        assert!(of_class(&painted, "asked").is_empty(), "{kind}");
    }
}

#[test]
fn form_submission_status_is_shown() {
    let refused =
        Row { submission: SubmissionStatus::Rejected(Some("Not now".to_owned())), ..row("input_email", json!({})) };
    let painted = thread(&view(vec![refused]));
    let failed = of_class(&painted, "failed")[0];
    assert_eq!((text(failed), failed.attribute("role")), ("Not sent: Not now".to_owned(), Some("alert")));
}
