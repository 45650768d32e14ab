//! Parsers for a message's content besides its text: interactive content, answers and attachments.

use super::fields::{bool_at, number_at, object_at, str_at, text_at};
use crate::content::{
    Answer, Attachment, AttachmentKind, Card, CardAction, Choice, FEEDBACK, Field, FieldKind, MessageKind, RATING,
    RatingScale,
};
use crate::spoofing::without_bidi_controls;
use crate::tolerant_json::{Json, Object};
use crate::url::{SafeUrl, after_scheme, unescape};

/// The most items of a kind in one message: more than a person can look at. The server has no limit.
const ITEMS_MAX: usize = 100;

/// The kind of a message (`content_type`). One without items, and one of an unknown kind, is plain text.
pub fn parse_kind(data: &Object, attributes: Option<&Object>) -> MessageKind {
    let name = str_at(data, "content_type").unwrap_or_default();
    let none = Object::default();
    let attributes = attributes.unwrap_or(&none);
    let form_of = |name: &str, kind| MessageKind::Form(vec![single_field(name, kind)]);
    match name {
        "input_email" => form_of("email", FieldKind::Email),
        "input_text" => form_of("text", FieldKind::Text),
        "input_textarea" => form_of("text_area", FieldKind::TextArea),
        "input_csat" => MessageKind::Rating(match str_at(attributes, "display_type") {
            Some("star") => RatingScale::Stars,
            Some(_) | None => RatingScale::Faces,
        }),
        _ if objects_in(attributes, "items").next().is_none() => MessageKind::Plain,
        "input_select" => MessageKind::Choice(collect_objects(attributes, "items", parse_choice)),
        "form" => MessageKind::Form(collect_objects(attributes, "items", parse_field)),
        "cards" => MessageKind::Cards(collect_objects(attributes, "items", parse_card)),
        "article" => MessageKind::Articles(collect_objects(attributes, "items", parse_card)),
        _ => MessageKind::Plain,
    }
}

/// The field of a message that asks for one value: its label is the message's text.
fn single_field(name: &str, kind: FieldKind) -> Field {
    Field { name: name.to_owned(), kind, is_required: true, ..Field::default() }
}

pub fn parse_field(item: &Object) -> Option<Field> {
    let name = str_at(item, "name").filter(|name| !name.is_empty())?.to_owned();
    let options = || collect_objects(item, "options", parse_choice);
    let is_required = bool_at(item, "required").unwrap_or_else(|| !text_at(item, "required").is_empty());
    Some(Field {
        label: first_text(item, &["label", "placeholder", "name"]),
        kind: match str_at(item, "type") {
            Some("email") => FieldKind::Email,
            Some("text_area") => FieldKind::TextArea,
            Some("select") => FieldKind::Select(options()),
            Some(_) | None => FieldKind::Text,
        },
        placeholder: text_at(item, "placeholder"),
        default: text_at(item, "default"),
        is_required,
        pattern: text_at(item, "pattern"),
        pattern_error: text_at(item, "pattern_error"),
        name,
    })
}

fn parse_choice(item: &Object) -> Option<Choice> {
    let title = first_text(item, &["title", "label", "value"]);
    let value = str_at(item, "value").map_or_else(|| title.clone(), str::to_owned);
    (!title.is_empty()).then_some(Choice { title, value })
}

fn parse_card(item: &Object) -> Option<Card> {
    let url = |name| str_at(item, name).and_then(SafeUrl::new);
    Some(Card {
        title: text_at(item, "title"),
        description: text_at(item, "description"),
        picture: str_at(item, "media_url").and_then(SafeUrl::of_file),
        link: url("link"),
        actions: collect_objects(item, "actions", parse_action),
    })
}

fn parse_action(item: &Object) -> Option<CardAction> {
    let title = str_at(item, "text").filter(|text| !text.is_empty())?.to_owned();
    match str_at(item, "type")? {
        "link" => Some(CardAction::Link(title, SafeUrl::new(str_at(item, "uri")?)?)),
        "postback" => Some(CardAction::Postback(Choice { title, value: text_at(item, "payload") })),
        _ => None,
    }
}

/// The visitor's submitted answers. A survey's answer is an object, any other a list.
pub fn parse_answers(attributes: &Object) -> Vec<Answer> {
    let survey = object_at(attributes, "submitted_values").and_then(|values| object_at(values, "csat_survey_response"));
    if let Some(survey) = survey {
        let rating = number_at(survey, "rating").map(|number| number.to_string());
        return [(RATING, rating), (FEEDBACK, str_at(survey, "feedback_message").map(str::to_owned))]
            .into_iter()
            .filter_map(|(name, value)| Some(Answer { name: name.to_owned(), title: String::new(), value: value? }))
            .collect();
    }
    let answers = collect_objects(attributes, "submitted_values", |item| {
        Some(Answer { name: text_at(item, "name"), title: text_at(item, "title"), value: text_at(item, "value") })
    });
    match str_at(attributes, "submitted_email") {
        // Older servers store the answer to `input_email` like this.
        Some(email) if answers.is_empty() && !email.is_empty() => {
            vec![Answer { name: "email".to_owned(), title: String::new(), value: email.to_owned() }]
        }
        Some(_) | None => answers,
    }
}

/// A message's attachments.
pub fn parse_attachments(data: &Object) -> Vec<Attachment> {
    collect_objects(data, "attachments", parse_attachment)
}

fn parse_attachment(item: &Object) -> Option<Attachment> {
    let url = str_at(item, "data_url").and_then(SafeUrl::of_file);
    let kind = str_at(item, "file_type");
    let is_link = matches!(kind, Some("share" | "embed" | "fallback" | "ig_post" | "ig_story" | "story_mention"));
    let name = first_text(item, &["fallback_title", "file_name"]);
    let name = match &url {
        Some(url) if name.is_empty() && is_link => display_url(url),
        Some(url) if name.is_empty() => file_name_of(url),
        Some(_) | None => name,
    };
    let name = without_bidi_controls(&name);
    // An SVG image can contain scripts; it is offered for download and never shown, whatever its name.
    let is_svg = has_svg_extension(&name) || url.as_ref().is_some_and(|url| has_svg_extension(&file_name_of(url)));
    Some(Attachment {
        id: number_at(item, "id").unwrap_or(0),
        kind: match kind {
            Some("image") if !is_svg => AttachmentKind::Image,
            Some("audio") => AttachmentKind::Audio,
            Some("video" | "ig_reel") => AttachmentKind::Video,
            Some("location") => AttachmentKind::Location,
            Some("contact") => AttachmentKind::Contact,
            Some(_) if is_link => AttachmentKind::Link,
            Some(_) | None => AttachmentKind::File,
        },
        thumb: str_at(item, "thumb_url").and_then(SafeUrl::of_file),
        url,
        name,
        person: object_at(item, "meta").map(person_name_of).unwrap_or_default(),
        size: number_at(item, "file_size").unwrap_or(0),
        dimensions: number_at(item, "width")
            .filter(|width| *width > 0)
            .zip(number_at(item, "height").filter(|high| *high > 0)),
    })
}

/// The name of a shared contact.
fn person_name_of(meta: &Object) -> String {
    let names = [first_text(meta, &["first_name", "firstName"]), first_text(meta, &["last_name", "lastName"])];
    without_bidi_controls(names.join(" ").trim())
}

/// A URL without its scheme and escapes, for display.
fn display_url(url: &SafeUrl) -> String {
    unescape(after_scheme(url.as_str()).unwrap_or_default())
}

fn has_svg_extension(name: &str) -> bool {
    name.rsplit('.').next().and_then(|end| end.get(..3)).is_some_and(|end| end.eq_ignore_ascii_case("svg"))
}

/// The file name in a URL, without escapes.
fn file_name_of(url: &SafeUrl) -> String {
    let path = url.as_str().split(['?', '#']).next().unwrap_or_default();
    let last = path.rsplit('/').next().unwrap_or_default();
    unescape(last)
}

fn objects_in<'a>(object: &'a Object, key: &str) -> impl Iterator<Item = &'a Object> {
    let items = object.get(key).and_then(Json::items).unwrap_or_default();
    items.iter().filter_map(Json::object).take(ITEMS_MAX)
}

/// Parses the objects in a list; those that can't be parsed are left out.
pub fn collect_objects<T>(object: &Object, key: &str, read: fn(&Object) -> Option<T>) -> Vec<T> {
    let mut all = Vec::new();
    for item in objects_in(object, key) {
        if let Some(one) = read(item) {
            all.push(one);
        }
    }
    all
}

/// The first non-empty text of these keys.
fn first_text(object: &Object, keys: &[&str]) -> String {
    let text = keys.iter().filter_map(|key| str_at(object, key)).find(|text| !text.is_empty());
    text.unwrap_or_default().to_owned()
}
