//! Requests to Chatwoot's client API (`/public/api/v1`), and what their responses mean.

use std::sync::Arc;

use crate::chatwoot;
use crate::content::Answer;
use crate::model::Queue;
use crate::model::{ConversationId, EchoId, MessageId};
use crate::visitor::conversation_index::ConversationIndex;

/// Identifies a request and its response.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct RequestId(pub u64);

/// A request to the client API.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ApiRequest {
    /// Create the contact, or get it back: the server returns a known source_id's unchanged.
    CreateContact,
    /// Get the contact: whether it still exists, and its pubsub_token.
    GetContact,
    /// Get the inbox: its name and working hours.
    GetInbox,
    /// Update the contact.
    UpdateContact {
        /// The body, as JSON.
        about: String,
        /// The conversation index in the body, if it contains one.
        index: Option<ConversationIndex>,
    },
    /// Create a conversation.
    CreateConversation,
    /// List the contact's conversations. Expensive: the server includes every message.
    ListConversations(ListPurpose),
    /// Resolve the conversation.
    ResolveConversation {
        /// The conversation.
        conversation: ConversationId,
    },
    /// Get the conversation's status. Expensive for the server, too, so only after a gap; the response is read up to
    /// its messages only.
    GetConversation {
        /// The conversation.
        conversation: ConversationId,
    },
    /// The newest page of messages, or the one before a message.
    ListMessages {
        /// The conversation.
        conversation: ConversationId,
        /// The message before which the page ends.
        before: Option<MessageId>,
    },
    /// Submit the answer to an interactive message.
    SubmitForm {
        /// The conversation.
        conversation: ConversationId,
        /// The message that asked.
        message: MessageId,
        /// The answers.
        answers: Vec<Answer>,
        /// Whether it is a satisfaction survey, which has a format of its own.
        is_survey: bool,
    },
    /// Report to agents, and to the visitor's other devices, that the visitor has read the conversation.
    UpdateLastSeen {
        /// The conversation.
        conversation: ConversationId,
    },
    /// Report to agents that the visitor writes, or has stopped.
    ToggleTyping {
        /// The conversation.
        conversation: ConversationId,
        /// Whether the visitor writes.
        is_typing: bool,
    },
    /// Create a message.
    CreateMessage {
        /// The conversation.
        conversation: ConversationId,
        /// Its echo_id.
        echo: EchoId,
        /// Its text, in Markdown.
        text: Arc<str>,
        /// Whether files are sent with it.
        queue: Queue,
    },
}

/// What the contact's conversations are listed for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ListPurpose {
    /// To find the conversation whose create answer was lost.
    FindCreated,
    /// To show the conversation list, while it is open.
    Show,
    /// To find the conversations of a verified user whose device knows none.
    Discover,
}

/// How a request ended, as the platform reports it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// With an HTTP response.
    Answered {
        /// Its status.
        status: u16,
        /// Its body.
        body: String,
        /// The pause that `Retry-After` asks for, if it can be read (never across origins on Chatwoot).
        retry_after_ms: Option<u64>,
    },
    /// The request certainly did not leave the device.
    NotSent,
    /// No response: the request may or may not have arrived.
    Unknown,
    /// The request's files are no longer on the device; it was not sent.
    FilesMissing,
}

/// What an outcome means.
#[derive(Debug, Eq, PartialEq)]
pub enum ApiResponse<'a> {
    /// Done; the response's body.
    Success(&'a str),
    /// Not done: the server asks for a pause.
    Busy {
        /// The pause in milliseconds; 0 where the server named none.
        retry_after_ms: u64,
    },
    /// Not done: the requested object does not exist.
    NotFound,
    /// Not done, and repeating it would not help; the server's own text, if it gave one.
    Rejected(Option<String>),
    /// Done or not, and the request is over: Chatwoot itself reports an error.
    ServerError,
    /// Done or not.
    Unknown,
    /// Not done.
    NotSent,
}

impl Outcome {
    /// An HTTP response, with the seconds of its `Retry-After` header, if that can be read.
    #[must_use]
    pub fn answered(status: u16, body: String, retry_after: Option<&str>) -> Self {
        let seconds = retry_after.and_then(|seconds| seconds.parse::<u64>().ok());
        Self::Answered { status, body, retry_after_ms: seconds.map(|seconds| seconds.saturating_mul(1_000)) }
    }

    /// Interprets the outcome by the client API's conventions.
    #[must_use]
    pub fn response(&self) -> ApiResponse<'_> {
        let (status, body, retry_after_ms) = match self {
            Self::Answered { status, body, retry_after_ms } => (*status, body, retry_after_ms.unwrap_or(0)),
            Self::NotSent | Self::FilesMissing => return ApiResponse::NotSent,
            Self::Unknown => return ApiResponse::Unknown,
        };
        match status {
            200..=299 => ApiResponse::Success(body),
            429 | 503 => ApiResponse::Busy { retry_after_ms: retry_after_ms.min(RETRY_AFTER_MS_MAX) },
            // A page of HTML comes from a proxy, and says nothing about the contact or conversation.
            404 if chatwoot::parse_error_text(body).is_some() => ApiResponse::NotFound,
            404 | 408 => ApiResponse::Unknown,
            400..=499 => ApiResponse::Rejected(chatwoot::parse_error_text(body)),
            // Any other 500 may come from a proxy whose server is still working on the request.
            500 if chatwoot::is_server_error(body) => ApiResponse::ServerError,
            _ => ApiResponse::Unknown,
        }
    }
}

impl ApiResponse<'_> {
    /// How long the server asks to wait before the request is repeated, in milliseconds.
    #[must_use]
    pub const fn retry_after_ms(&self) -> u64 {
        if let Self::Busy { retry_after_ms } = self { *retry_after_ms } else { 0 }
    }
}

/// The longest pause accepted, in ms, whatever a proxy asks for.
const RETRY_AFTER_MS_MAX: u64 = 600_000;

/// A request times out after this, in ms: longer than Chatwoot's own 15 s, short enough for a person to wait.
pub const REQUEST_MS_MAX: u64 = 30_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, body: &str) -> Outcome {
        Outcome::Answered { status, body: body.to_owned(), retry_after_ms: Some(3_000) }
    }

    #[test]
    fn responses_mean_what_chatwoot_means_by_them() {
        let check =
            |status, body: &str, expected| assert_eq!(answered(status, body).response(), expected, "{status} {body}");
        check(200, "{}", ApiResponse::Success("{}"));
        check(404, r#"{"status":404,"error":"Not Found"}"#, ApiResponse::NotFound);
        check(404, "<!DOCTYPE html><title>Not found</title>", ApiResponse::Unknown);
        check(
            422,
            r#"{"message":"Too many messages","attributes":["base"]}"#,
            ApiResponse::Rejected(Some("Too many messages".into())),
        );
        check(400, "", ApiResponse::Rejected(None));
        check(429, "Retry later\n", ApiResponse::Busy { retry_after_ms: 3_000 });
        check(503, "", ApiResponse::Busy { retry_after_ms: 3_000 });
        check(500, r#"{"status":500,"error":"Internal Server Error"}"#, ApiResponse::ServerError);
        check(500, r#"{"message":"Internal server error"}"#, ApiResponse::Unknown);
        check(500, r#"{"status":502,"error":"Bad Gateway"}"#, ApiResponse::Unknown);
        check(500, "<!doctype html><title>We're sorry</title>", ApiResponse::Unknown);
        check(502, r#"{"status":500,"error":"Internal Server Error"}"#, ApiResponse::Unknown);
        check(502, "", ApiResponse::Unknown);
        check(504, "", ApiResponse::Unknown);
    }
}
