//! Makes a request handler of a function that answers one request inside one transaction.

use std::collections::HashMap;

use axum::extract::{FromRequest, FromRequestParts, Path, State};
use axum::http::header;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use futures_util::future::BoxFuture;
use serde::Serialize;

use crate::params::accepts_json_only;
use crate::refusal::Refusal;
use crate::state::AppState;
use crate::store::Turn;

/// What such a function gives back. An error undoes all that it wrote, and nothing is broadcast.
pub type Answer = Result<Response, Refusal>;

/// `R` reads the request, and its rejection says in which API's form errors are answered.
pub fn endpoint<R, F>(
    answer: F,
) -> impl Fn(State<AppState>, R) -> BoxFuture<'static, Result<Response, R::Rejection>> + Clone + Send + Sync + 'static
where
    R: FromRequest<AppState, Rejection: From<Refusal>> + Send + 'static,
    F: Fn(&mut Turn<'_>, R) -> Answer + Clone + Send + Sync + 'static,
{
    move |State(state), request| {
        let answer = answer.clone();
        Box::pin(async move { Ok(state.store.perform(move |turn| answer(turn, request)).await?) })
    }
}

/// The parts of a path that its route names.
#[derive(Debug)]
pub struct PathParams(HashMap<String, String>);

impl PathParams {
    /// Reads them. An address that isn't UTF-8 is a bad request.
    pub async fn of(parts: &mut Parts) -> Result<Self, Refusal> {
        let unreadable = Refusal::Unreadable { as_json: accepts_json_only(&parts.headers) };
        let Path(named) = Path::from_request_parts(parts, &()).await.map_err(|_| unreadable)?;
        Ok(Self(named))
    }

    /// A part as text.
    pub fn text(&self, name: &str) -> Result<&str, Refusal> {
        self.0.get(name).map(String::as_str).ok_or(Refusal::NotFound)
    }

    /// A part as a record's id; what is no number, or none that the database could hold, is no record's.
    pub fn id(&self, name: &str) -> Result<i64, Refusal> {
        self.text(name)?.parse().map_err(|_| Refusal::NotFound)
    }

    /// The same of a part that not every route has.
    pub fn id_if_any(&self, name: &str) -> Result<Option<i64>, Refusal> {
        self.0.contains_key(name).then(|| self.id(name)).transpose()
    }
}

/// 200 with JSON, its type spelt as the server spells it.
pub fn json(body: &impl Serialize) -> Answer {
    let body = serde_json::to_string(body)?;
    Ok(([(header::CONTENT_TYPE, "application/json; charset=utf-8")], body).into_response())
}

/// 200 with an empty body.
pub fn empty() -> Answer {
    Ok([(header::CONTENT_TYPE, "application/json")].into_response())
}
