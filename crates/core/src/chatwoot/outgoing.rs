//! Writers for what is sent to the server: HTTP requests of the client API, and commands of the cable.

use crate::ApiRequest;
use crate::content::{Answer, FEEDBACK, RATING, value_of};
use crate::digits::digits;
use crate::host::settings::Settings;
use crate::json;
use crate::model::Queue;
use crate::model::{ConversationId, EchoId};
use crate::url::escape_segment;

/// A complete HTTP request, for the platform to make.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HttpRequest {
    /// The method.
    pub method: Method,
    /// An absolute URL.
    pub url: String,
    /// The body.
    pub body: Body,
    /// The response need not be read past this text, if given.
    pub read_until: Option<&'static str>,
}

/// The method of a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Method {
    /// `GET`.
    Get,
    /// `POST`.
    Post,
    /// `PATCH`.
    Patch,
    /// A `no-cors` request that only shows whether the server responds; the response can't be read.
    Probe,
}

/// The body of a request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Body {
    /// Nothing.
    None,
    /// JSON text.
    Json(String),
    /// A multipart form with these fields, and with the files stored under this echo_id as `attachments[]`.
    Form(Vec<(&'static str, String)>, EchoId),
}

/// The HTTP request of a client API request, for the contact inbox `source_id`. `about` is the JSON body of a new
/// conversation; `proof` is the proof of identity, if it is to be sent.
#[must_use]
pub fn build_request(
    settings: &Settings,
    source_id: &str,
    api_request: &ApiRequest,
    about: &str,
    proof: &[(&str, &str)],
) -> HttpRequest {
    let inbox_url = [settings.base_url(), "/public/api/v1/inboxes/", &escape_segment(settings.inbox())].concat();
    let contacts_url = [&inbox_url, "/contacts"].concat();
    let contact_url = || [&contacts_url, "/", &escape_segment(source_id)].concat();
    let conversations_url = || [&contact_url(), "/conversations"].concat();
    let conversation_url = |id: &ConversationId, rest| [&conversations_url(), "/", &digits(id.0), rest].concat();
    let messages_url = |id| conversation_url(id, "/messages");
    let get = |url| HttpRequest { method: Method::Get, url, body: Body::None, read_until: None };
    let post = |url, body: &[_]| HttpRequest { method: Method::Post, body: Body::Json(write_object(body)), ..get(url) };
    match api_request {
        ApiRequest::CreateContact => post(contacts_url, &[&[("source_id", source_id)], proof].concat()),
        // An inbox that requires a proof also requires it for reading; others don't get it.
        ApiRequest::GetContact => {
            let query = proof.iter().map(|(name, value)| [name, "=", &escape_segment(value)].concat());
            let query: Vec<String> = query.collect();
            get([&*contact_url(), if query.is_empty() { "" } else { "?" }, &query.join("&")].concat())
        }
        ApiRequest::GetInbox => get(inbox_url),
        ApiRequest::UpdateContact { about, .. } => {
            HttpRequest { method: Method::Patch, body: Body::Json(about.clone()), ..get(contact_url()) }
        }
        ApiRequest::CreateConversation if about.is_empty() => post(conversations_url(), &[]),
        ApiRequest::CreateConversation => {
            HttpRequest { method: Method::Post, body: Body::Json(about.to_owned()), ..get(conversations_url()) }
        }
        ApiRequest::ListConversations(_) => get(conversations_url()),
        ApiRequest::ResolveConversation { conversation } => post(conversation_url(conversation, "/toggle_status"), &[]),
        ApiRequest::GetConversation { conversation } => {
            HttpRequest { read_until: Some(MESSAGES_KEY), ..get(conversation_url(conversation, "")) }
        }
        ApiRequest::ListMessages { conversation, before: None } => get(messages_url(conversation)),
        ApiRequest::ListMessages { conversation, before: Some(before) } => {
            get([&messages_url(conversation), "?before=", &digits(before.0)].concat())
        }
        ApiRequest::SubmitForm { conversation, message, answers, is_survey } => HttpRequest {
            method: Method::Patch,
            body: Body::Json(submission_body(answers, *is_survey)),
            ..get([&messages_url(conversation), "/", &digits(message.0)].concat())
        },
        ApiRequest::UpdateLastSeen { conversation } => post(conversation_url(conversation, "/update_last_seen"), &[]),
        ApiRequest::ToggleTyping { conversation, is_typing } => {
            let status = if *is_typing { "on" } else { "off" };
            post([&conversation_url(conversation, "/toggle_typing?typing_status="), status].concat(), &[])
        }
        ApiRequest::CreateMessage { conversation, echo, text, queue: Queue::Text } => {
            post(messages_url(conversation), &[("content", text), ("echo_id", echo)])
        }
        ApiRequest::CreateMessage { conversation, echo, text, queue: Queue::Upload } => {
            let fields = [("content", text), ("echo_id", echo)];
            let fields = fields.into_iter().filter(|(_, value)| !value.is_empty());
            let fields = fields.map(|(name, value)| (name, str::to_owned(value))).collect();
            HttpRequest {
                method: Method::Post,
                body: Body::Form(fields, echo.clone()),
                ..get(messages_url(conversation))
            }
        }
    }
}

/// The body of a form submission: an object for a survey, a list otherwise.
fn submission_body(answers: &[Answer], is_survey: bool) -> String {
    let values = if is_survey {
        let rating = value_of(answers, RATING).and_then(|rating| rating.parse::<u64>().ok()).unwrap_or(0);
        let feedback = value_of(answers, FEEDBACK).unwrap_or_default();
        let response = json::object(&[("rating", digits(rating)), (FEEDBACK, json::string(feedback))]);
        json::object(&[("csat_survey_response", response)])
    } else {
        let one = |answer: &Answer| {
            let fields = [("name", &answer.name), ("title", &answer.title), ("value", &answer.value)];
            let fields = fields.into_iter().filter(|(_, value)| !value.is_empty());
            json::object(&fields.map(|(key, value)| (key, json::string(value))).collect::<Vec<_>>())
        };
        json::list(&answers.iter().map(one).collect::<Vec<_>>())
    };
    json::object(&[("submitted_values", values)])
}

/// The key before a conversation's messages, as the server writes it.
const MESSAGES_KEY: &str = "\"messages\":";

/// The URL of the server's Action Cable.
#[must_use]
pub fn cable_url(settings: &Settings) -> String {
    // `http` → `ws`, `https` → `wss`.
    ["ws", settings.base_url().trim_start_matches("http"), "/cable"].concat()
}

/// The command that subscribes to a visitor's events. Its text is always the same: the same token in another JSON text
/// is a second subscription, and every event would arrive twice.
#[must_use]
pub fn subscribe_command(pubsub_token: &str) -> String {
    write_object(&[("command", "subscribe"), ("identifier", &channel_identifier(pubsub_token))])
}

/// The command that shows agents that the visitor is online; it lasts 20 s.
#[must_use]
pub fn presence_command(pubsub_token: &str) -> String {
    let data = write_object(&[("action", "update_presence")]);
    write_object(&[("command", "message"), ("identifier", &channel_identifier(pubsub_token)), ("data", &data)])
}

fn channel_identifier(pubsub_token: &str) -> String {
    write_object(&[("channel", "RoomChannel"), ("pubsub_token", pubsub_token)])
}

/// An object of strings, as JSON.
#[must_use]
pub fn write_object(fields: &[(&str, &str)]) -> String {
    let fields: Vec<_> = fields.iter().map(|(key, value)| (*key, json::string(value))).collect();
    json::object(&fields)
}

/// A list of strings, as JSON.
#[must_use]
pub fn write_list<'a>(items: impl Iterator<Item = &'a str>) -> String {
    json::list(&items.map(json::string).collect::<Vec<_>>())
}
