//! Errors, and how each of the two APIs answers them.
//!
//! The real client API answers a wrong identifier_hash and a fault of its own alike with a bare 500, so the sandbox does
//! too; the reason goes to the log only.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// Why a request failed.
#[derive(Clone, Debug)]
pub enum ApiError {
    /// There is no such record, or it is not the caller's.
    NotFound,
    /// Address or body is malformed. `as_json`: the caller accepts exactly `application/json`.
    BadRequest { as_json: bool },
    /// A field has a value that the server refuses.
    Validation { message: String, attributes: Vec<&'static str> },
    /// A 422 of the application API whose body is `{"error": …}`.
    Unprocessable(String),
    /// A 422 whose body is `{"message": …}`.
    UnprocessableMessage(String),
    /// The body is larger than the sandbox takes.
    PayloadTooLarge,
    /// The request has no access token.
    MissingToken,
    /// Nobody has this access token.
    InvalidToken,
    /// The token's holder may not do this.
    NotAuthorized,
    /// A fault: the sandbox's own, or one of the real server's that it copies. The text is for the log.
    Internal(String),
}

impl ApiError {
    pub fn internal(reason: impl Into<String>) -> Self {
        Self::Internal(reason.into())
    }

    /// A 422 about one attribute, with the server's message: "Name is too long …".
    pub fn validation(attribute: &'static str, message: impl Into<String>) -> Self {
        Self::Validation { message: message.into(), attributes: vec![attribute] }
    }
}

impl From<rusqlite::Error> for ApiError {
    fn from(error: rusqlite::Error) -> Self {
        if matches!(error, rusqlite::Error::QueryReturnedNoRows) {
            Self::NotFound
        } else {
            Self::Internal(error.to_string())
        }
    }
}

impl From<serde_json::Error> for ApiError {
    fn from(error: serde_json::Error) -> Self {
        Self::Internal(error.to_string())
    }
}

/// As the client API answers it.
impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        match self {
            Self::NotFound => framework_error(StatusCode::NOT_FOUND, "Not Found"),
            Self::BadRequest { as_json: true } => framework_error(StatusCode::BAD_REQUEST, "Bad Request"),
            Self::BadRequest { as_json: false } => {
                (StatusCode::BAD_REQUEST, [(header::CONTENT_TYPE, "text/html; charset=UTF-8")]).into_response()
            }
            Self::Validation { message, attributes } => json_response(
                StatusCode::UNPROCESSABLE_ENTITY,
                &json!({ "message": message, "attributes": attributes }),
            ),
            Self::Unprocessable(error) => json_response(StatusCode::UNPROCESSABLE_ENTITY, &json!({ "error": error })),
            Self::UnprocessableMessage(message) => {
                json_response(StatusCode::UNPROCESSABLE_ENTITY, &json!({ "message": message }))
            }
            Self::PayloadTooLarge => {
                let content_type = [(header::CONTENT_TYPE, "text/html")];
                (StatusCode::PAYLOAD_TOO_LARGE, content_type, "Request entity too large\n").into_response()
            }
            Self::MissingToken | Self::InvalidToken | Self::NotAuthorized => {
                framework_error(StatusCode::UNAUTHORIZED, "Unauthorized")
            }
            Self::Internal(reason) => {
                tracing::info!(reason, "answered 500");
                framework_error(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
            }
        }
    }
}

/// An error as the application API answers it.
#[derive(Debug)]
pub struct AppApiError(ApiError);

impl<T: Into<ApiError>> From<T> for AppApiError {
    fn from(error: T) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for AppApiError {
    fn into_response(self) -> Response {
        let error = |status, sentence: &str| json_response(status, &json!({ "error": sentence }));
        match self.0 {
            ApiError::NotFound => error(StatusCode::NOT_FOUND, "Resource could not be found"),
            ApiError::MissingToken => json_response(
                StatusCode::UNAUTHORIZED,
                &json!({ "errors": ["You need to sign in or sign up before continuing."] }),
            ),
            ApiError::InvalidToken => error(StatusCode::UNAUTHORIZED, "Invalid Access Token"),
            ApiError::NotAuthorized => error(StatusCode::UNAUTHORIZED, "You are not authorized to do this action"),
            other @ (ApiError::BadRequest { .. }
            | ApiError::Validation { .. }
            | ApiError::Unprocessable(_)
            | ApiError::UnprocessableMessage(_)
            | ApiError::PayloadTooLarge
            | ApiError::Internal(_)) => other.into_response(),
        }
    }
}

/// The 404 for an address without a route: HTML, unless the caller accepts exactly `application/json`.
pub fn not_found_page(accepts_json_only: bool) -> Response {
    if accepts_json_only {
        return ApiError::NotFound.into_response();
    }
    let page = "<!DOCTYPE html>\n<html lang=\"en\">\n<head><title>Nothing here (404)</title></head>\n\
                <body><h1>Nothing here</h1><p>The sandbox has no page at this address.</p></body>\n</html>\n";
    (StatusCode::NOT_FOUND, [(header::CONTENT_TYPE, "text/html; charset=UTF-8")], page).into_response()
}

fn json_response(status: StatusCode, body: &serde_json::Value) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")];
    (status, headers, body.to_string()).into_response()
}

/// Rails' own errors spell their content type in another case, as recorded.
fn framework_error(status: StatusCode, error: &str) -> Response {
    let body = json!({ "status": status.as_u16(), "error": error }).to_string();
    (status, [(header::CONTENT_TYPE, "application/json; charset=UTF-8")], body).into_response()
}
