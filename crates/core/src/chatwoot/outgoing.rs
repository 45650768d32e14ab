//! Writers for what is sent to the server: HTTP requests of the client API, and commands of the cable.

use crate::ApiRequest;
use crate::content::{Answer, FEEDBACK, RATING, value_of};
use crate::host::settings::Settings;
use crate::model::Queue;
use crate::model::{ConversationId, EchoId};
use crate::tolerant_json;
use crate::url::escape_segment;
use serde::{Serialize, Serializer};

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
    let conversation_url = |id: &ConversationId, rest| format!("{}/{}{rest}", conversations_url(), id.0);
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
            get(format!("{}?before={}", messages_url(conversation), before.0))
        }
        ApiRequest::SubmitForm { conversation, message, answers, is_survey } => HttpRequest {
            method: Method::Patch,
            body: Body::Json(submission_body(answers, *is_survey)),
            ..get(format!("{}/{}", messages_url(conversation), message.0))
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
    if is_survey {
        let rating = value_of(answers, RATING).and_then(|rating| rating.parse().ok()).unwrap_or(0);
        let feedback_message = value_of(answers, FEEDBACK).unwrap_or_default();
        let csat_survey_response = SurveyAnswer { rating, feedback_message };
        tolerant_json::write(&Submission { submitted_values: SurveyAnswers { csat_survey_response } })
    } else {
        let answers = answers.iter().map(|Answer { name, title, value }| FormAnswer { name, title, value });
        tolerant_json::write(&Submission { submitted_values: answers.collect::<Vec<_>>() })
    }
}

/// The update of a message that asked something.
#[derive(Serialize)]
struct Submission<Answers> {
    submitted_values: Answers,
}

#[derive(Serialize)]
struct SurveyAnswers<'answers> {
    csat_survey_response: SurveyAnswer<'answers>,
}

#[derive(Serialize)]
struct SurveyAnswer<'answers> {
    rating: u64,
    feedback_message: &'answers str,
}

#[derive(Serialize)]
struct FormAnswer<'answers> {
    #[serde(skip_serializing_if = "str::is_empty")]
    name: &'answers str,
    #[serde(skip_serializing_if = "str::is_empty")]
    title: &'answers str,
    #[serde(skip_serializing_if = "str::is_empty")]
    value: &'answers str,
}

/// The key before a conversation's messages, as the server writes it.
const MESSAGES_KEY: &str = "\"messages\":";

/// The URL of the server's Action Cable.
#[must_use]
pub fn cable_url(settings: &Settings) -> String {
    // `http` → `ws`, `https` → `wss`.
    ["ws", settings.base_url().strip_prefix("http").unwrap_or_default(), "/cable"].concat()
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
    tolerant_json::write(&StringFields(fields))
}

struct StringFields<'fields>(&'fields [(&'fields str, &'fields str)]);

impl Serialize for StringFields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().copied())
    }
}
