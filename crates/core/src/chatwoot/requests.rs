//! What we ask the server over HTTP, and what its answers mean.

use std::sync::Arc;

use crate::chatwoot;
use crate::content::Answer;
use crate::model::Queue;
use crate::model::{ConversationId, EchoId, MessageId};
use crate::visitor::conversation_index::ConversationIndex;

/// A call's number, by which its answer is known.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct RequestId(pub u64);

/// A question to the client API.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ApiRequest {
    /// Make the contact, or get it back: the server returns a known source_id unchanged.
    CreateContact,
    /// Are we still known, and with which pubsub_token?
    GetContact,
    /// What the inbox is called, and its hours.
    GetInbox,
    /// Say who the contact is.
    UpdateContact {
        /// What to say, as JSON.
        about: String,
        /// Which conversations that tells of, if it does.
        index: Option<ConversationIndex>,
    },
    /// Make a conversation.
    CreateConversation,
    /// List the contact's conversations. Costly: the server embeds every message.
    ListConversations(ListPurpose),
    /// End the conversation.
    ResolveConversation {
        /// Which.
        conversation: ConversationId,
    },
    /// Where the conversation stands. Costly for the server, too, so only after a gap; read up to its messages only.
    GetConversation {
        /// Which.
        conversation: ConversationId,
    },
    /// The newest page of messages, or the one before a message.
    ListMessages {
        /// Whose.
        conversation: ConversationId,
        /// Where the page ends, itself excluded.
        before: Option<MessageId>,
    },
    /// Answer what a message asks.
    SubmitForm {
        /// Where.
        conversation: ConversationId,
        /// Which.
        message: MessageId,
        /// What.
        answers: Vec<Answer>,
        /// Whether it asked for a rating: that is handed in in a form of its own.
        is_survey: bool,
    },
    /// Let agents, and the visitor's other devices, know that the visitor has read what is there.
    UpdateLastSeen {
        /// Where.
        conversation: ConversationId,
    },
    /// Let agents know that the visitor writes, or has stopped.
    ToggleTyping {
        /// Where.
        conversation: ConversationId,
        /// Which of the two.
        is_typing: bool,
    },
    /// Say something.
    CreateMessage {
        /// Where.
        conversation: ConversationId,
        /// Our mark on it.
        echo: EchoId,
        /// What.
        text: Arc<str>,
        /// Whether files go with it.
        queue: Queue,
    },
}

/// What the contact's conversations are listed for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ListPurpose {
    /// To find the conversation whose create answer was lost.
    FindCreated,
    /// To show the conversation list, while somebody looks at it.
    Show,
    /// To find the conversations of a verified user whose device knows none.
    Discover,
}

/// How a call ended, as the shell saw it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// With an HTTP answer.
    Answered {
        /// Its status.
        status: u16,
        /// Its body.
        body: String,
        /// What `Retry-After` asked for, where it can be read (never across origins on Chatwoot).
        retry_after_ms: Option<u64>,
    },
    /// The request surely never left the device.
    NotSent,
    /// No answer, and no telling whether the request arrived.
    Unknown,
    /// The files that were to go with it are nowhere any more; it never left.
    FilesMissing,
}

/// What an outcome means for us.
#[derive(Debug, Eq, PartialEq)]
pub enum ApiResponse<'a> {
    /// Done; this is the answer.
    Success(&'a str),
    /// Not done, and the server wants a pause of at least so many milliseconds (0 when it named none).
    Busy {
        /// The pause in milliseconds; 0 where the server named none.
        retry_after_ms: u64,
    },
    /// Not done: the thing asked about is not there.
    NotFound,
    /// Not done and not to be repeated; perhaps the server said why.
    Rejected(Option<String>),
    /// Done or not, and over: Chatwoot itself says that it failed in it.
    ServerError,
    /// Done or not.
    Unknown,
    /// Not done.
    NotSent,
}

impl Outcome {
    /// An HTTP answer, with what its `Retry-After` says, if that can be read: seconds.
    #[must_use]
    pub fn answered(status: u16, body: String, retry_after: Option<&str>) -> Self {
        let seconds = retry_after.and_then(|seconds| seconds.parse::<u64>().ok());
        Self::Answered { status, body, retry_after_ms: seconds.map(|seconds| seconds.saturating_mul(1_000)) }
    }

    /// Reads the outcome as the client API means it.
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
            // A page of HTML is some proxy's word, and no reason to forget who we are.
            404 if chatwoot::refusal(body).is_some() => ApiResponse::NotFound,
            404 | 408 => ApiResponse::Unknown,
            400..=499 => ApiResponse::Rejected(chatwoot::refusal(body)),
            // Any other 500 may be a proxy's, whose server is still at it.
            500 if chatwoot::is_fault(body) => ApiResponse::ServerError,
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

/// A proxy that asks for hours gets ten minutes.
const RETRY_AFTER_MS_MAX: u64 = 600_000;

/// A call is given up after this: longer than Chatwoot's own 15 s, short enough for a person to wait.
pub const REQUEST_MS_MAX: u64 = 30_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, body: &str) -> Outcome {
        Outcome::Answered { status, body: body.to_owned(), retry_after_ms: Some(3_000) }
    }

    #[test]
    fn answers_mean_what_chatwoot_means_by_them() {
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
