//! What we say to the server.

use crate::ApiRequest;
use crate::content::{Answer, FEEDBACK, RATING, value_of};
use crate::digits::digits;
use crate::host::settings::Settings;
use crate::json;
use crate::model::Queue;
use crate::model::{ConversationId, EchoId};
use crate::url::segment;

/// An HTTP request, whole: the shell only has to make it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Request {
    /// How.
    pub method: Method,
    /// Where: an absolute URL.
    pub url: String,
    /// What with.
    pub body: Body,
    /// Where its answer stops being of interest: what follows these words need not be read.
    pub read_until: Option<&'static str>,
}

/// How a request is made.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Method {
    /// To read.
    Get,
    /// To make.
    Post,
    /// To change.
    Patch,
    /// To see whether anybody answers, whatever it may be: other origins' answers are not looked at.
    Probe,
}

/// What a request carries.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Body {
    /// Nothing.
    None,
    /// JSON text.
    Json(String),
    /// A form with these fields, and with the files kept under this echo_id as `attachments[]`.
    Form(Vec<(&'static str, String)>, EchoId),
}

/// The request that makes `call`, for the contact inbox `source_id`. `about` is the JSON that a conversation is made
/// with, if it is; `proof` is what proves who the contact is, if anything does and the call is to tell it.
#[must_use]
pub fn request(
    settings: &Settings,
    source_id: &str,
    call: &ApiRequest,
    about: &str,
    proof: &[(&str, &str)],
) -> Request {
    let inbox = [settings.base_url(), "/public/api/v1/inboxes/", &segment(settings.inbox())].concat();
    let contacts = [&inbox, "/contacts"].concat();
    let contact = || [&contacts, "/", &segment(source_id)].concat();
    let conversations = || [&contact(), "/conversations"].concat();
    let below = |id: &ConversationId, rest| [&conversations(), "/", &digits(id.0), rest].concat();
    let messages = |id| below(id, "/messages");
    let get = |url| Request { method: Method::Get, url, body: Body::None, read_until: None };
    let post = |url, body: &[_]| Request { method: Method::Post, body: Body::Json(object(body)), ..get(url) };
    match call {
        ApiRequest::CreateContact => post(contacts, &[&[("source_id", source_id)], proof].concat()),
        // An inbox that demands a proof wants it for reading, too; all others are given none.
        ApiRequest::GetContact => {
            let query = proof.iter().map(|(name, value)| [name, "=", &segment(value)].concat());
            let query: Vec<String> = query.collect();
            get([&*contact(), if query.is_empty() { "" } else { "?" }, &query.join("&")].concat())
        }
        ApiRequest::GetInbox => get(inbox),
        ApiRequest::UpdateContact { about, .. } => {
            Request { method: Method::Patch, body: Body::Json(about.clone()), ..get(contact()) }
        }
        ApiRequest::CreateConversation if about.is_empty() => post(conversations(), &[]),
        ApiRequest::CreateConversation => {
            Request { method: Method::Post, body: Body::Json(about.to_owned()), ..get(conversations()) }
        }
        ApiRequest::ListConversations(_) => get(conversations()),
        ApiRequest::ResolveConversation { conversation } => post(below(conversation, "/toggle_status"), &[]),
        ApiRequest::GetConversation { conversation } => {
            Request { read_until: Some(MESSAGES), ..get(below(conversation, "")) }
        }
        ApiRequest::ListMessages { conversation, before: None } => get(messages(conversation)),
        ApiRequest::ListMessages { conversation, before: Some(before) } => {
            get([&messages(conversation), "?before=", &digits(before.0)].concat())
        }
        ApiRequest::SubmitForm { conversation, message, answers, is_survey } => Request {
            method: Method::Patch,
            body: Body::Json(submitted(answers, *is_survey)),
            ..get([&messages(conversation), "/", &digits(message.0)].concat())
        },
        ApiRequest::UpdateLastSeen { conversation } => post(below(conversation, "/update_last_seen"), &[]),
        ApiRequest::ToggleTyping { conversation, is_typing } => {
            let status = if *is_typing { "on" } else { "off" };
            post([&below(conversation, "/toggle_typing?typing_status="), status].concat(), &[])
        }
        ApiRequest::CreateMessage { conversation, echo, text, queue: Queue::Text } => {
            post(messages(conversation), &[("content", text), ("echo_id", echo)])
        }
        ApiRequest::CreateMessage { conversation, echo, text, queue: Queue::Upload } => {
            let fields = [("content", text), ("echo_id", echo)];
            let fields = fields.into_iter().filter(|(_, said)| !said.is_empty());
            let fields = fields.map(|(name, said)| (name, str::to_owned(said))).collect();
            Request { method: Method::Post, body: Body::Form(fields, echo.clone()), ..get(messages(conversation)) }
        }
    }
}

/// Answers, as the server takes them: a rating in an object of its own, all else as a list.
fn submitted(answers: &[Answer], is_survey: bool) -> String {
    let values = if is_survey {
        let rating = value_of(answers, RATING).and_then(|rating| rating.parse::<u64>().ok()).unwrap_or(0);
        let feedback = value_of(answers, FEEDBACK).unwrap_or_default();
        let rated = json::object(&[("rating", digits(rating)), (FEEDBACK, json::string(feedback))]);
        json::object(&[("csat_survey_response", rated)])
    } else {
        let one = |answer: &Answer| {
            let fields = [("name", &answer.name), ("title", &answer.title), ("value", &answer.value)];
            let fields = fields.into_iter().filter(|(_, said)| !said.is_empty());
            json::object(&fields.map(|(key, said)| (key, json::string(said))).collect::<Vec<_>>())
        };
        json::list(&answers.iter().map(one).collect::<Vec<_>>())
    };
    json::object(&[("submitted_values", values)])
}

/// What every message of a conversation stands behind, in the server's own spelling.
const MESSAGES: &str = "\"messages\":";

/// The address of the server's Action Cable.
#[must_use]
pub fn cable_url(settings: &Settings) -> String {
    // `http` → `ws`, `https` → `wss`.
    ["ws", settings.base_url().trim_start_matches("http"), "/cable"].concat()
}

/// The command that subscribes to a visitor's news. Its text is fixed on purpose: the same token in other words is a
/// second subscription, and every event would come twice.
#[must_use]
pub fn subscribe(pubsub_token: &str) -> String {
    object(&[("command", "subscribe"), ("identifier", &channel(pubsub_token))])
}

/// The command that tells agents the visitor is here; it holds for 20 s.
#[must_use]
pub fn presence(pubsub_token: &str) -> String {
    let data = object(&[("action", "update_presence")]);
    object(&[("command", "message"), ("identifier", &channel(pubsub_token)), ("data", &data)])
}

fn channel(pubsub_token: &str) -> String {
    object(&[("channel", "RoomChannel"), ("pubsub_token", pubsub_token)])
}

/// An object of strings, as JSON.
#[must_use]
pub fn object(fields: &[(&str, &str)]) -> String {
    let fields: Vec<_> = fields.iter().map(|(key, value)| (*key, json::string(value))).collect();
    json::object(&fields)
}

/// A list of strings, as JSON.
#[must_use]
pub fn list<'a>(items: impl Iterator<Item = &'a str>) -> String {
    json::list(&items.map(json::string).collect::<Vec<_>>())
}
