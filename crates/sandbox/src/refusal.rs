//! What goes wrong, and how each of the two APIs says so.
//!
//! The client API answers a fault of ours and a refused hash alike with a bare 500: clients must cope, so it is made
//! on purpose where the real server makes it, and the reason goes to the log only.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// Why a request was not done.
#[derive(Clone, Debug)]
pub enum Refusal {
    /// No such thing, or not for this caller.
    NotFound,
    /// The body can't be read. `as_json`: the caller accepts exactly `application/json`.
    Unreadable { as_json: bool },
    /// A field is not acceptable.
    Invalid { message: String, attributes: Vec<&'static str> },
    /// The application API's other 422s: a sentence only, as `error`
    Wrong(String),
    /// or as `message`.
    Message(String),
    /// The body is larger than we take.
    TooLarge,
    /// No token was sent.
    SignInFirst,
    /// A token nobody has.
    UnknownToken,
    /// A known token of someone who may not do this.
    NotAllowed,
    /// A fault: of ours, or one that the real server has and we copy. The text is for the log.
    Fault(String),
}

impl Refusal {
    pub fn fault(reason: impl Into<String>) -> Self {
        Self::Fault(reason.into())
    }

    /// A 422 about one attribute, worded as the server words it: "Name is too long …".
    pub fn invalid(attribute: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid { message: message.into(), attributes: vec![attribute] }
    }
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Self {
        if matches!(error, rusqlite::Error::QueryReturnedNoRows) {
            Self::NotFound
        } else {
            Self::Fault(error.to_string())
        }
    }
}

impl From<serde_json::Error> for Refusal {
    fn from(error: serde_json::Error) -> Self {
        Self::Fault(error.to_string())
    }
}

/// The client API's way.
impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::NotFound => plain(StatusCode::NOT_FOUND, "Not Found"),
            Self::Unreadable { as_json: true } => plain(StatusCode::BAD_REQUEST, "Bad Request"),
            Self::Unreadable { as_json: false } => {
                (StatusCode::BAD_REQUEST, [(header::CONTENT_TYPE, "text/html; charset=UTF-8")]).into_response()
            }
            Self::Invalid { message, attributes } => {
                told(StatusCode::UNPROCESSABLE_ENTITY, &json!({ "message": message, "attributes": attributes }))
            }
            Self::Wrong(error) => told(StatusCode::UNPROCESSABLE_ENTITY, &json!({ "error": error })),
            Self::Message(message) => told(StatusCode::UNPROCESSABLE_ENTITY, &json!({ "message": message })),
            Self::TooLarge => too_large(),
            Self::SignInFirst | Self::UnknownToken | Self::NotAllowed => {
                plain(StatusCode::UNAUTHORIZED, "Unauthorized")
            }
            Self::Fault(reason) => {
                tracing::info!(reason, "answered 500");
                plain(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
            }
        }
    }
}

/// The application API's way.
#[derive(Debug)]
pub struct AgentRefusal(Refusal);

impl<T: Into<Refusal>> From<T> for AgentRefusal {
    fn from(refusal: T) -> Self {
        Self(refusal.into())
    }
}

impl IntoResponse for AgentRefusal {
    fn into_response(self) -> Response {
        let error = |status, sentence: &str| told(status, &json!({ "error": sentence }));
        match self.0 {
            Refusal::NotFound => error(StatusCode::NOT_FOUND, "Resource could not be found"),
            Refusal::SignInFirst => told(
                StatusCode::UNAUTHORIZED,
                &json!({ "errors": ["You need to sign in or sign up before continuing."] }),
            ),
            Refusal::UnknownToken => error(StatusCode::UNAUTHORIZED, "Invalid Access Token"),
            Refusal::NotAllowed => error(StatusCode::UNAUTHORIZED, "You are not authorized to do this action"),
            other @ (Refusal::Unreadable { .. }
            | Refusal::Invalid { .. }
            | Refusal::Wrong(_)
            | Refusal::Message(_)
            | Refusal::TooLarge
            | Refusal::Fault(_)) => other.into_response(),
        }
    }
}

/// The page for an address that leads nowhere: HTML, unless the caller accepts exactly `application/json`.
pub fn nowhere(accepts_json_only: bool) -> Response {
    if accepts_json_only {
        return Refusal::NotFound.into_response();
    }
    let page = "<!DOCTYPE html>\n<html lang=\"en\">\n<head><title>Nothing here (404)</title></head>\n\
                <body><h1>Nothing here</h1><p>The sandbox has no page at this address.</p></body>\n</html>\n";
    (StatusCode::NOT_FOUND, [(header::CONTENT_TYPE, "text/html; charset=UTF-8")], page).into_response()
}

fn told(status: StatusCode, body: &serde_json::Value) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")];
    (status, headers, body.to_string()).into_response()
}

/// The framework's own errors spell their type otherwise.
fn plain(status: StatusCode, error: &str) -> Response {
    let body = json!({ "status": status.as_u16(), "error": error }).to_string();
    (status, [(header::CONTENT_TYPE, "application/json; charset=UTF-8")], body).into_response()
}

fn too_large() -> Response {
    (StatusCode::PAYLOAD_TOO_LARGE, [(header::CONTENT_TYPE, "text/html")], "Request entity too large\n").into_response()
}
