//! Makes a handler of a function that answers a request inside one transaction; and what such functions need: the path's
//! parameters, JSON responses.

use std::collections::HashMap;

use axum::extract::{FromRequest, FromRequestParts, Path, State};
use axum::http::header;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use futures_util::future::BoxFuture;
use serde::Serialize;

use crate::error::ApiError;
use crate::params::accepts_json_only;
use crate::state::AppState;
use crate::store::Transaction;

/// The result of such a function. An error rolls back its transaction, and nothing is broadcast.
pub type Answer = Result<Response, ApiError>;

/// A handler. `R` extracts what `answer` needs of the request; errors are answered in the form of its rejection, which is
/// that of its API.
pub fn endpoint<R, F>(
    answer: F,
) -> impl Fn(State<AppState>, R) -> BoxFuture<'static, Result<Response, R::Rejection>> + Clone + Send + Sync + 'static
where
    R: FromRequest<AppState, Rejection: From<ApiError>> + Send + 'static,
    F: Fn(&mut Transaction<'_>, R) -> Answer + Clone + Send + Sync + 'static,
{
    move |State(state), request| {
        let answer = answer.clone();
        Box::pin(async move { Ok(state.store.transaction(move |tx| answer(tx, request)).await?) })
    }
}

/// The parameters of a route's path.
#[derive(Debug)]
pub struct PathParams(HashMap<String, String>);

impl PathParams {
    /// A path that is no UTF-8 is a bad request.
    pub async fn of(parts: &mut Parts) -> Result<Self, ApiError> {
        let bad_request = ApiError::BadRequest { as_json: accepts_json_only(&parts.headers) };
        let Path(named) = Path::from_request_parts(parts, &()).await.map_err(|_| bad_request)?;
        Ok(Self(named))
    }

    /// A parameter as text.
    pub fn text(&self, name: &str) -> Result<&str, ApiError> {
        self.0.get(name).map(String::as_str).ok_or(ApiError::NotFound)
    }

    /// A parameter as a record's id. No record has an id that isn't a number of 64 bits.
    pub fn id(&self, name: &str) -> Result<i64, ApiError> {
        self.text(name)?.parse().map_err(|_| ApiError::NotFound)
    }

    /// The same, if the route has the parameter.
    pub fn id_if_any(&self, name: &str) -> Result<Option<i64>, ApiError> {
        self.0.contains_key(name).then(|| self.id(name)).transpose()
    }
}

/// 200 with JSON; the content type is spelt as recorded.
pub fn json(body: &impl Serialize) -> Answer {
    let body = serde_json::to_string(body)?;
    Ok(([(header::CONTENT_TYPE, "application/json; charset=utf-8")], body).into_response())
}

/// 200 with an empty body.
pub fn empty() -> Answer {
    Ok([(header::CONTENT_TYPE, "application/json")].into_response())
}
