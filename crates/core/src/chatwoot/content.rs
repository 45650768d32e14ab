//! What a message holds beside its text.

use super::fields::{below, is_true, number, string, text};
use crate::content::{
    Action, Answer, Attachment, AttachmentKind, Card, Choice, FEEDBACK, Field, FieldKind, Kind, RATING, Scale,
};
use crate::digits::digits;
use crate::json::{Object, Value};
use crate::spoofing::without_bidi_controls;
use crate::url::{SafeUrl, unescaped};

/// More of anything in one message than a person can look at; the server itself has no limit.
const ITEMS_MAX: usize = 100;

/// What a message asks for. One without anything to choose from, and one of a kind not known here, is its text.
pub fn kind(data: &Object, attributes: Option<&Object>) -> Kind {
    let name = string(data, "content_type").unwrap_or_default();
    let none = Object::default();
    let attributes = attributes.unwrap_or(&none);
    let one = |name: &str, kind| Kind::Form(vec![lone_field(name, kind)]);
    match name {
        "input_email" => one("email", FieldKind::Email),
        "input_text" => one("text", FieldKind::Text),
        "input_textarea" => one("text_area", FieldKind::TextArea),
        "input_csat" => Kind::Rating(match string(attributes, "display_type") {
            Some("star") => Scale::Stars,
            Some(_) | None => Scale::Faces,
        }),
        _ if objects(attributes, "items").next().is_none() => Kind::Plain,
        "input_select" => Kind::Choice(each(attributes, "items", choice)),
        "form" => Kind::Form(each(attributes, "items", field)),
        "cards" => Kind::Cards(each(attributes, "items", card)),
        "article" => Kind::Articles(each(attributes, "items", card)),
        _ => Kind::Plain,
    }
}

/// A field that is the whole question: its label is the message's text.
fn lone_field(name: &str, kind: FieldKind) -> Field {
    Field { name: name.to_owned(), kind, is_required: true, ..Field::default() }
}

pub fn field(item: &Object) -> Option<Field> {
    let name = string(item, "name").filter(|name| !name.is_empty())?.to_owned();
    let options = || each(item, "options", choice);
    let is_required = is_true(item, "required").unwrap_or_else(|| !text(item, "required").is_empty());
    Some(Field {
        label: first(item, &["label", "placeholder", "name"]),
        kind: match string(item, "type") {
            Some("email") => FieldKind::Email,
            Some("text_area") => FieldKind::TextArea,
            Some("select") => FieldKind::Select(options()),
            Some(_) | None => FieldKind::Text,
        },
        placeholder: text(item, "placeholder"),
        default: text(item, "default"),
        is_required,
        pattern: text(item, "pattern"),
        pattern_error: text(item, "pattern_error"),
        name,
    })
}

fn choice(item: &Object) -> Option<Choice> {
    let title = first(item, &["title", "label", "value"]);
    let value = string(item, "value").map_or_else(|| title.clone(), str::to_owned);
    (!title.is_empty()).then_some(Choice { title, value })
}

fn card(item: &Object) -> Option<Card> {
    let url = |name| string(item, name).and_then(SafeUrl::new);
    Some(Card {
        title: text(item, "title"),
        description: text(item, "description"),
        picture: string(item, "media_url").and_then(SafeUrl::of_file),
        link: url("link"),
        actions: each(item, "actions", action),
    })
}

fn action(item: &Object) -> Option<Action> {
    let title = string(item, "text").filter(|text| !text.is_empty())?.to_owned();
    match string(item, "type")? {
        "link" => Some(Action::Link(title, SafeUrl::new(string(item, "uri")?)?)),
        "postback" => Some(Action::Postback(Choice { title, value: text(item, "payload") })),
        _ => None,
    }
}

/// What the visitor answered. A survey's answer is an object, any other a list.
pub fn answers(attributes: &Object) -> Vec<Answer> {
    let survey = below(attributes, "submitted_values").and_then(|values| below(values, "csat_survey_response"));
    if let Some(survey) = survey {
        let rating = number(survey, "rating").map(digits);
        return [(RATING, rating), (FEEDBACK, string(survey, "feedback_message").map(str::to_owned))]
            .into_iter()
            .filter_map(|(name, value)| Some(Answer { name: name.to_owned(), title: String::new(), value: value? }))
            .collect();
    }
    let given = each(attributes, "submitted_values", |item| {
        Some(Answer { name: text(item, "name"), title: text(item, "title"), value: text(item, "value") })
    });
    match string(attributes, "submitted_email") {
        // How older servers keep what `input_email` was answered.
        Some(email) if given.is_empty() && !email.is_empty() => {
            vec![Answer { name: "email".to_owned(), title: String::new(), value: email.to_owned() }]
        }
        Some(_) | None => given,
    }
}

/// A message's files.
pub fn attachments(data: &Object) -> Vec<Attachment> {
    each(data, "attachments", attachment)
}

fn attachment(item: &Object) -> Option<Attachment> {
    let url = string(item, "data_url").and_then(SafeUrl::of_file);
    let kind = string(item, "file_type");
    let is_link = matches!(kind, Some("share" | "embed" | "fallback" | "ig_post" | "ig_story" | "story_mention"));
    let name = first(item, &["fallback_title", "file_name"]);
    let name = match &url {
        Some(url) if name.is_empty() && is_link => address(url),
        Some(url) if name.is_empty() => file_name(url),
        Some(_) | None => name,
    };
    let name = without_bidi_controls(&name);
    // A drawing in SVG can hold scripts; it is taken away, never shown, whatever it is called.
    let is_svg = ends_in_svg(&name) || url.as_ref().is_some_and(|url| ends_in_svg(&file_name(url)));
    Some(Attachment {
        id: number(item, "id").unwrap_or(0),
        kind: match kind {
            Some("image") if !is_svg => AttachmentKind::Image,
            Some("audio") => AttachmentKind::Audio,
            Some("video" | "ig_reel") => AttachmentKind::Video,
            Some("location") => AttachmentKind::Location,
            Some("contact") => AttachmentKind::Contact,
            Some(_) if is_link => AttachmentKind::Link,
            Some(_) | None => AttachmentKind::File,
        },
        thumb: string(item, "thumb_url").and_then(SafeUrl::of_file),
        url,
        name,
        person: below(item, "meta").map(called).unwrap_or_default(),
        size: number(item, "file_size").unwrap_or(0),
        measures: number(item, "width").filter(|width| *width > 0).zip(number(item, "height").filter(|high| *high > 0)),
    })
}

/// What a person is called whose number it is.
fn called(meta: &Object) -> String {
    let names = [first(meta, &["first_name", "firstName"]), first(meta, &["last_name", "lastName"])];
    without_bidi_controls(names.join(" ").trim())
}

/// An address as people read it.
fn address(url: &SafeUrl) -> String {
    let (_, address) = url.as_str().split_once("://").unwrap_or_default();
    unescaped(address)
}

fn ends_in_svg(name: &str) -> bool {
    name.rsplit('.').next().and_then(|end| end.get(..3)).is_some_and(|end| end.eq_ignore_ascii_case("svg"))
}

/// The last part of an address, as people write it.
fn file_name(url: &SafeUrl) -> String {
    let path = url.as_str().split(['?', '#']).next().unwrap_or_default();
    let last = path.rsplit('/').next().unwrap_or_default();
    unescaped(last)
}

fn objects<'a>(object: &'a Object, key: &str) -> impl Iterator<Item = &'a Object> {
    let items = object.get(key).and_then(Value::items).unwrap_or_default();
    items.iter().filter_map(Value::object).take(ITEMS_MAX)
}

/// What is read of the objects in a list; those that can't be read are left out.
pub fn each<T>(object: &Object, key: &str, read: fn(&Object) -> Option<T>) -> Vec<T> {
    let mut all = Vec::new();
    for item in objects(object, key) {
        if let Some(one) = read(item) {
            all.push(one);
        }
    }
    all
}

/// The first of these that says anything.
fn first(object: &Object, keys: &[&str]) -> String {
    let said = keys.iter().filter_map(|key| string(object, key)).find(|text| !text.is_empty());
    said.unwrap_or_default().to_owned()
}
