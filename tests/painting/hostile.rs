//! Hostile content: text in any field that others can set must stay text. Whoever can set such a field may have bad
//! intentions, or may have copied from one who has.

use natter_core::chatwoot;
use natter_core::content::FEEDBACK;
use natter_core::content::Field as Asked;
use natter_core::conversation::timeline::Failure;
use natter_core::model::{Author, Message, OutgoingFile, Person, Status};
use natter_core::view::{Announcement, ComposerProblem, Panel, Quoted, Row, RowContent, View};
use natter_core::visitor::form_submissions::SubmissionStatus;
use natter_core::visitor::pre_chat_form::{Consent, PreChatForm};
use serde_json::{Value, json};

use crate::fixtures::{
    Element, NOON, Node, composer, elements, header, localizer, message, previews, row, said, thread, view,
};
use crate::payloads::payloads;

/// A picture of a text: how it was painted, what of it must be there to be read, and where.
struct Painting {
    painted: Node,
    is_there: IsThere,
}

enum IsThere {
    /// As it is, as text.
    Text,
    /// As text, but without what would reorder its letters: it is a name.
    Name,
    /// The same, in an attribute.
    NameIn(&'static str),
    /// As it is, in an attribute that holds text.
    Attribute(&'static str),
    /// All its letters but those of addresses that have a name, as text and never as a picture.
    Letters,
    /// Not at all: it is no text, but this stands beside it.
    Beside(&'static str),
}
use IsThere::{Attribute, Beside, Letters, Name, NameIn, Text};

/// One field that somebody else can set: what it is, and how it is painted with a text in it.
type Field = (&'static str, fn(&str) -> Painting);

fn painting(rows: Vec<Row>, is_there: IsThere) -> Painting {
    Painting { painted: thread(&view(rows)), is_there }
}

/// An agent's message as the server tells it, with these fields.
fn told(fields: Value) -> Row {
    let mut message = json!({
        "id": 9, "content": "Look", "message_type": 1, "content_type": "text", "created_at": NOON,
        "sender": { "id": 2, "name": "Noor Haddad", "type": "user" },
    });
    let Value::Object(fields) = fields else { panic!("fields are an object") };
    message.as_object_mut().unwrap().extend(fields);
    let message = chatwoot::parse_message(&message.to_string()).expect("a message");
    let answers = message.answers.clone();
    Row { answers, ..said(message) }
}

fn sent(fields: Value, is_there: IsThere) -> Painting {
    painting(vec![told(fields)], is_there)
}

fn items(kind: &str, item: Value, is_there: IsThere) -> Painting {
    sent(json!({ "content_type": kind, "content_attributes": { "items": [item] } }), is_there)
}

fn asked(field: Value, is_there: IsThere) -> Painting {
    items("form", field, is_there)
}

fn card(item: Value, is_there: IsThere) -> Painting {
    items("cards", item, is_there)
}

fn action(action: Value, is_there: IsThere) -> Painting {
    card(json!({ "title": "Card", "actions": [action] }), is_there)
}

fn filled(attributes: Value, is_there: IsThere) -> Painting {
    sent(json!({ "content_type": "form", "content_attributes": attributes }), is_there)
}

fn file(fields: Value, is_there: IsThere) -> Painting {
    let mut file = json!({ "id": 4, "file_type": "file", "data_url": "https://a.test/plan.pdf", "file_size": 1 });
    let Value::Object(fields) = fields else { panic!("fields are an object") };
    file.as_object_mut().unwrap().extend(fields);
    sent(json!({ "attachments": [file] }), is_there)
}

fn named(kind: &str, text: &str, is_there: IsThere) -> Painting {
    file(json!({ "file_type": kind, "fallback_title": text }), is_there)
}

fn unsent(text: &str, failure: Option<Failure>, files: Vec<OutgoingFile>) -> Row {
    row(7, RowContent::Outgoing { text: text.into(), failure, files, progress: 3, is_unconfirmed: false })
}

fn enclosed(name: &str) -> OutgoingFile {
    OutgoingFile::new(1, name, 17)
}

fn composing(problem: Option<ComposerProblem>, files: Vec<OutgoingFile>) -> Painting {
    let mut view = View::default();
    (view.composer.problem, view.composer.files) = (problem, files);
    Painting { painted: composer(localizer(), &view), is_there: Name }
}

fn heading(set: impl Fn(&mut Panel)) -> Painting {
    let mut view = View::default();
    set(&mut view.panel);
    Painting { painted: header(&view), is_there: Name }
}

fn previewing(message: Message, is_there: IsThere) -> Painting {
    let view = View { previews: vec![message.into()], ..View::default() };
    Painting { painted: previews(&view), is_there }
}

fn quoting(author: Author, text: &str, is_there: IsThere) -> Painting {
    let quoted = Some(Quoted { author, text: text.to_owned() });
    painting(vec![Row { quoted, ..said(message(9, Author::Inbox, "Yes")) }], is_there)
}

/// Somebody who is called so, as the server tells of them.
fn person(name: &str) -> Person {
    let message = json!({ "id": 1, "message_type": 1, "sender": { "id": 2, "name": name, "type": "user" } });
    chatwoot::parse_message(&message.to_string())
        .and_then(|message| message.author.person().cloned())
        .expect("somebody")
}

/// What an inbox is called, as the server tells it.
fn inbox(name: &str) -> String {
    chatwoot::parse_inbox(&json!({ "name": name }).to_string()).expect("an inbox").name
}

/// The server's own words about something it refused.
fn refused(text: &str) -> String {
    chatwoot::parse_error_text(&json!({ "message": text }).to_string()).expect("words")
}

/// Every field of every kind of message, and what is painted beside messages.
const FIELDS: [Field; 66] = [
    ("an agent's text", |t| sent(json!({ "content": t }), Letters)),
    ("a bot's text", |t| sent(json!({ "content": t, "sender": { "id": 3, "type": "agent_bot" } }), Letters)),
    ("the inbox's text", |t| sent(json!({ "content": t, "message_type": 3, "sender": null }), Letters)),
    ("the visitor's text", |t| sent(json!({ "content": t, "message_type": 0 }), Letters)),
    ("an unsent text", |t| painting(vec![unsent(t, None, Vec::new())], Letters)),
    ("a deleted text", |t| {
        sent(json!({ "content": t, "content_attributes": { "deleted": true } }), Beside("This message was deleted"))
    }),
    ("a text quoted", |t| quoting(Author::Visitor, t, Text)),
    ("the name of who is quoted", |t| quoting(Author::Agent(person(t)), "Hello", Name)),
    ("an agent's name", |t| sent(json!({ "sender": { "id": 2, "name": t, "type": "user" } }), Name)),
    ("an agent's other name", |t| sent(json!({ "sender": { "id": 2, "available_name": t, "name": "x" } }), Name)),
    ("a bot's name", |t| sent(json!({ "sender": { "id": 2, "name": t, "type": "agent_bot" } }), Name)),
    ("an agent's picture", |t| sent(json!({ "sender": { "name": "Noor", "avatar_url": t } }), Beside("Noor"))),
    ("the name of who is writing", |t| {
        let mut view = view(Vec::new());
        view.thread.typing = Some(person(t));
        Painting { painted: thread(&view), is_there: Name }
    }),
    ("an agent's kind", |t| sent(json!({ "sender": { "name": "Noor", "type": t } }), Beside("Noor"))),
    ("a message's kind", |t| sent(json!({ "content_type": t }), Beside("Look"))),
    ("a kind with items", |t| items(t, json!({ "title": "x", "value": "y" }), Beside("Look"))),
    ("why a send was refused", |t| {
        painting(vec![unsent("Hi", Some(Failure::Rejected(Some(refused(t)))), Vec::new())], Text)
    }),
    ("why an answer was refused", |t| {
        let asking = told(json!({ "content_type": "input_email" }));
        painting(vec![Row { submission: SubmissionStatus::Rejected(Some(refused(t))), ..asking }], Text)
    }),
    ("a question of one field", |t| sent(json!({ "content": t, "content_type": "input_text" }), Letters)),
    ("an address given", |t| {
        sent(json!({ "content_type": "input_email", "content_attributes": { "submitted_email": t } }), Text)
    }),
    ("a field's label", |t| asked(json!({ "name": "a", "label": t }), Text)),
    ("a field's name", |t| asked(json!({ "name": t, "label": "Height" }), Beside("Height"))),
    ("a field's kind", |t| asked(json!({ "name": "a", "label": "Height", "type": t }), Beside("Height"))),
    ("a field's example", |t| asked(json!({ "name": "a", "label": "b", "placeholder": t }), Attribute("placeholder"))),
    ("an example for lines", |t| {
        asked(json!({ "name": "a", "type": "text_area", "label": "b", "placeholder": t }), Attribute("placeholder"))
    }),
    ("what is in a line", |t| asked(json!({ "name": "a", "label": "b", "default": t }), Attribute("value"))),
    ("what is in lines", |t| asked(json!({ "name": "a", "type": "text_area", "label": "b", "default": t }), Text)),
    ("a field's rule", |t| asked(json!({ "name": "a", "label": "Height", "pattern": t }), Beside("Height"))),
    ("a broken rule's words", |t| asked(json!({ "name": "a", "label": "b", "pattern_error": t }), Attribute("title"))),
    ("whether a field may be empty", |t| asked(json!({ "name": "a", "label": "Age", "required": t }), Beside("Age"))),
    ("an option", |t| asked(json!({ "name": "a", "type": "select", "options": [{ "label": t, "value": "v" }] }), Text)),
    ("an option's value", |t| {
        asked(json!({ "name": "a", "type": "select", "options": [{ "label": "l", "value": t }] }), Attribute("value"))
    }),
    ("what was answered", |t| {
        filled(json!({ "items": [{ "name": "a" }], "submitted_values": [{ "value": t }] }), Text)
    }),
    ("a question answered", |t| {
        filled(json!({ "items": [{ "name": "a" }], "submitted_values": [{ "title": t, "value": "v" }] }), Text)
    }),
    ("an answer's name", |t| {
        filled(
            json!({ "items": [{ "name": "a" }], "submitted_values": [{ "name": t, "value": "tall" }] }),
            Beside("tall"),
        )
    }),
    ("a choice", |t| items("input_select", json!({ "title": t, "value": "v" }), Text)),
    ("a choice's value", |t| items("input_select", json!({ "title": "Sales", "value": t }), Beside("Sales"))),
    ("a choice without title", |t| items("input_select", json!({ "value": t }), Text)),
    ("a card's title", |t| card(json!({ "title": t }), Text)),
    ("a card's words", |t| card(json!({ "title": "Card", "description": t }), Text)),
    ("a card's picture", |t| card(json!({ "title": "Card", "media_url": t }), Beside("Card"))),
    ("a button's words", |t| action(json!({ "type": "postback", "text": t, "payload": "p" }), Text)),
    ("a button's meaning", |t| action(json!({ "type": "postback", "text": "Try it", "payload": t }), Beside("Try it"))),
    ("a button's address", |t| action(json!({ "type": "link", "text": "See it", "uri": t }), Beside("Card"))),
    ("a link's words", |t| action(json!({ "type": "link", "text": t, "uri": "https://a.test" }), Text)),
    ("a button's kind", |t| action(json!({ "type": t, "text": "x", "uri": "https://a.test" }), Beside("Card"))),
    ("an article's title", |t| items("article", json!({ "title": t, "link": "https://a.test" }), Text)),
    ("an article's words", |t| items("article", json!({ "title": "Sizing", "description": t }), Text)),
    ("an article's address", |t| items("article", json!({ "title": "Sizing", "link": t }), Beside("Sizing"))),
    ("what a survey was told", |t| {
        let rated = json!({ "csat_survey_response": { "rating": 4, FEEDBACK: t } });
        sent(json!({ "content_type": "input_csat", "content_attributes": { "submitted_values": rated } }), Text)
    }),
    ("a file's name", |t| named("file", t, Name)),
    ("a sound's name", |t| named("audio", t, NameIn("aria-label"))),
    ("a place's name", |t| named("location", t, Name)),
    ("a file's address", |t| file(json!({ "data_url": t }), Beside("Look"))),
    ("a picture's address", |t| file(json!({ "file_type": "image", "data_url": t }), Beside("Look"))),
    ("a picture's smaller one", |t| file(json!({ "file_type": "image", "thumb_url": t }), Beside("Look"))),
    ("a file's kind", |t| file(json!({ "file_type": t }), Beside("plan.pdf"))),
    ("a file on its way", |t| painting(vec![unsent("Hi", None, vec![enclosed(t)])], Name)),
    ("what the inbox is called", |t| heading(|panel| panel.name = inbox(t))),
    ("a face's name", |t| heading(|panel| (panel.agents, panel.name) = (vec![person(t)], inbox(t)))),
    ("what is read out", |t| heading(|panel| panel.announcement = (1, Some(Announcement::Typing(person(t)))))),
    ("a preview", |t| previewing(Message { author: Author::Inbox, ..message(9, Author::Visitor, t) }, Beside("Team"))),
    ("a preview's author", |t| previewing(message(9, Author::Agent(person(t)), "Hello"), Name)),
    ("what the site says first", |t| {
        let mut view = view(Vec::new());
        view.thread.prompt = ["Look\n\n", t].concat();
        Painting { painted: thread(&view), is_there: Letters }
    }),
    ("what the site asks first", |t| {
        let field = Asked { name: "a".to_owned(), label: t.to_owned(), is_required: true, ..Asked::default() };
        let consent = Some(Consent { text: t.to_owned(), version: t.to_owned() });
        let mut view = view(Vec::new());
        view.thread.form = Some(PreChatForm { text: t.to_owned(), fields: vec![field], consent });
        Painting { painted: thread(&view), is_there: Letters }
    }),
    ("a file to go with a message", |t| {
        composing(Some(ComposerProblem::FileTooLarge(enclosed(t).name)), vec![enclosed(t)])
    }),
];

/// All there is in a panel: nothing that runs, loads a page, or changes how others are read.
const ELEMENTS: [&str; 42] = [
    "a",
    "audio",
    "blockquote",
    "button",
    "code",
    "dd",
    "details",
    "div",
    "dl",
    "dt",
    "em",
    "fieldset",
    "form",
    "h2",
    "i",
    "h2",
    "header",
    "img",
    "input",
    "label",
    "legend",
    "li",
    "ol",
    "option",
    "p",
    "path",
    "pre",
    "progress",
    "s",
    "select",
    "span",
    "strong",
    "summary",
    "svg",
    "textarea",
    "time",
    "ul",
    "video",
    "table",
    "td",
    "th",
    "tr",
];

/// What is wrong with an element: it is none of those, or has an attribute that does more than it should.
fn faults_of(element: &Element) -> Vec<String> {
    let mut faults = Vec::new();
    let mut must = |is_so: bool, fault: String| faults.extend((!is_so).then_some(fault));
    must(ELEMENTS.contains(&&*element.tag), format!("<{}>", element.tag));
    for (name, value) in &element.attributes {
        must(is_harmless(&element.tag, name, value), format!("<{} {name}={value:?}>", element.tag));
    }
    let is = |name, value| element.attribute(name) == Some(value);
    if element.attribute("href").is_some() {
        let tells_nobody = is("rel", "noopener noreferrer nofollow ugc") && is("target", "_blank");
        must(tells_nobody, "a link that tells where it was, or takes our place".to_owned());
    }
    if element.tag == "img" {
        let tells_nobody = is("referrerpolicy", "no-referrer") && is("loading", "lazy");
        must(tells_nobody, "a picture that tells where it is, or that it is not seen".to_owned());
    }
    faults
}

fn is_harmless(tag: &str, name: &str, value: &str) -> bool {
    let is_one_of = |all: &[&str]| all.contains(&value);
    match name {
        "href" => tag == "a" && leads_to(value, &["http", "https", "mailto", "tel"]),
        "src" => ["img", "audio", "video"].contains(&tag) && leads_to(value, &["http", "https"]),
        "target" => value == "_blank",
        "rel" => value == "noopener noreferrer nofollow ugc",
        "referrerpolicy" => value == "no-referrer",
        "type" => is_one_of(&["button", "submit", "text", "email", "radio", "file", "checkbox"]),
        // A field takes the place of what its form has of this name, methods and all. No form has anything with a dash.
        "name" => value.starts_with('-') || is_one_of(&["rating", "feedback_message"]),
        "class" => value.chars().all(|c| c.is_ascii_lowercase() || "- ".contains(c)),
        "viewBox" | "d" => value.chars().all(|c| c.is_ascii_alphanumeric() || ".- ".contains(c)),
        "width" | "height" | "rows" | "start" | "max" | "datetime" => value.parse::<u64>().is_ok(),
        "tabindex" => is_one_of(&["0", "-1"]),
        "aria-posinset" | "aria-setsize" => value.parse::<i64>().is_ok(),
        "role" => is_one_of(&["group", "alert", "status", "switch"]),
        "dir" => is_one_of(&["auto", "ltr"]),
        "loading" => value == "lazy",
        "decoding" => value == "async",
        "preload" => value == "metadata",
        "autocomplete" => value == "email",
        "enterkeyhint" => value == "send",
        "aria-checked" | "aria-pressed" | "aria-expanded" | "aria-hidden" => is_one_of(&["true", "false"]),
        "controls" | "playsinline" | "required" | "selected" | "checked" | "disabled" | "multiple" | "hidden" => {
            value.is_empty()
        }
        // What the browser shows, says or compares, and no more.
        "aria-label" | "alt" | "placeholder" | "title" | "value" | "pattern" => true,
        _ => false,
    }
}

/// Whether an address is of one of these schemes, read as browsers do: they drop what can't be seen before it and in it.
fn leads_to(address: &str, schemes: &[&str]) -> bool {
    let seen: String =
        address.trim_start_matches(|c: char| c <= ' ').chars().filter(|c| !['\t', '\n', '\r'].contains(c)).collect();
    let scheme = seen.split(':').next().unwrap_or_default().to_ascii_lowercase();
    seen.contains(':') && schemes.contains(&scheme.as_str())
}

/// All texts of a painting, one after the other.
fn text(node: &Node) -> String {
    match node {
        Node::Text(text) => text.clone(),
        Node::Element(element) => element.children.iter().map(text).collect(),
    }
}

/// A text without Unicode's bidirectional controls (UAX 9, 2): the marks, embeddings, overrides and isolates.
fn in_order(text: &str) -> String {
    let is_control = |c| {
        "\u{61c}\u{200e}\u{200f}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2066}\u{2067}\u{2068}\u{2069}".contains(c)
    };
    text.chars().filter(|c| !is_control(*c)).collect()
}

fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphabetic()).collect()
}

fn has_pictures(painted: &Node) -> bool {
    elements(painted).iter().any(|element| ["img", "audio", "video"].contains(&&*element.tag))
}

/// What is missing of a text.
fn missing(payload: &str, Painting { painted, is_there }: &Painting) -> Option<String> {
    let said = text(painted);
    let (is_there, fault) = match is_there {
        Text => (said.contains(payload), "it is not to be seen"),
        Name => (said.contains(&in_order(payload)) && in_order(&said) == said, "its letters are not in their order"),
        NameIn(name) => {
            let all = elements(painted);
            (all.iter().any(|element| element.attribute(name) == Some(&in_order(payload))), "the attribute is another")
        }
        Attribute(name) => {
            let all = elements(painted);
            (all.iter().any(|element| element.attribute(name) == Some(payload)), "the attribute has something else")
        }
        Letters if has_pictures(painted) => (false, "a picture that tells its server who reads"),
        // A link shows its text in place of its address, and a fence names the language of what is in it.
        Letters if ["](", "```", "~~~"].iter().any(|sign| payload.contains(sign)) => {
            (letters(payload).is_empty() || !letters(&said).is_empty(), "nothing is to be seen of it")
        }
        Letters => (letters(&said).contains(&letters(payload)), "letters are missing"),
        Beside(other) => (said.contains(other), "what stands beside it went with it"),
    };
    (!is_there).then(|| format!("{fault}: {said:?}"))
}

/// What others write never becomes more than text: whatever stands in any field, the panel is made of the same few
/// elements, with the same few attributes, nothing in them runs, and every word stays to be read.
///
/// Addresses lead to http, https, mailto and tel only, wherever they come from and however they are disguised; links
/// open beside the page, and tell nobody where they were.
#[test]
fn hostile_text_in_any_field_stays_text() {
    let payloads = payloads();
    assert!(payloads.len() >= 200);
    let mut faults = Vec::new();
    for (field, paint) in FIELDS {
        for payload in &payloads {
            let painting = paint(payload);
            let found = elements(&painting.painted).into_iter().flat_map(faults_of).chain(missing(payload, &painting));
            faults.extend(found.map(|fault| format!("{field}, {payload:?}: {fault}")));
        }
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults[..faults.len().min(20)].join("\n"));
}

/// A file that a browser could run when it shows it is only ever a link out of the page: a drawing in SVG, a page, or
/// whatever the server calls by a kind that is not known here. Nothing is framed or embedded.
#[test]
fn executable_attachment_is_only_a_link_out_of_the_page() {
    let is_a_link_only = |fields: Value| {
        let Painting { painted, .. } = file(fields.clone(), Text);
        assert!(!has_pictures(&painted), "{fields}");
        let links: Vec<_> = elements(&painted).into_iter().filter(|element| element.tag == "a").collect();
        assert_eq!(links.len(), 1, "{fields}");
        assert_eq!(faults_of(links[0]), [""; 0]);
    };
    for name in ["drawing.svg", "drawing.SVG", "drawing.svgz", "page.html", "page.xhtml", "feed.xml", "plan.pdf"] {
        for kind in ["file", "svg", "image/svg+xml", "embed", "share", "fallback"] {
            is_a_link_only(json!({ "file_type": kind, "data_url": format!("https://a.test/x/{name}") }));
            is_a_link_only(json!({ "file_type": kind, "fallback_title": name }));
        }
    }
    for name in ["drawing.svg", "drawing.SVG", "drawing.svgz", "a.b.svg"] {
        let url = format!("https://a.test/x/{name}?disposition=inline#a.png");
        for fields in [json!({ "data_url": url }), json!({ "data_url": url, "fallback_title": "photo.png" })] {
            let mut fields = fields;
            fields["file_type"] = json!("image");
            fields["thumb_url"] = json!("https://a.test/small.png");
            is_a_link_only(fields);
        }
        is_a_link_only(json!({ "file_type": "image", "fallback_title": name }));
    }
}

/// No address of somebody else's is fetched because a text names it: a picture in a text would tell its server who reads
/// it, where and when. It is a link, which the visitor may follow or not.
#[test]
fn markdown_image_is_a_link_and_is_not_fetched() {
    for text in [
        "![pixel](https://evil.test/pixel.png)",
        "![](https://evil.test/pixel.png?user=1)",
        "[![pixel](https://evil.test/pixel.png)](https://a.test)",
        "![pixel](<https://evil.test/pixel.png> \"title\")",
        "<img src=https://evil.test/pixel.png>",
        "# ![pixel](https://evil.test/pixel.png)\n> - ![pixel](https://evil.test/pixel.png)",
        "https://evil.test/pixel.png",
    ] {
        for kind in [0, 1, 3] {
            let Painting { painted, .. } = sent(json!({ "content": text, "message_type": kind }), Letters);
            assert!(!has_pictures(&painted), "{text}");
            let fetched = elements(&painted).into_iter().any(|element| element.attribute("src").is_some());
            assert!(!fetched, "{text}");
        }
    }
}

#[test]
fn unknown_conversation_status_is_read_as_open() {
    for payload in payloads() {
        let told = json!({ "id": 6, "status": payload }).to_string();
        assert_eq!(chatwoot::parse_conversation(&told).map(|conversation| conversation.status), Some(Status::Open));
    }
}
