//! The sandbox's own pages: the agent page, and the survey page that a survey's link leads to. Their files are embedded
//! as they are.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::json;

use crate::error::ApiError;
use crate::state::AppState;
use crate::store::accounts;
use crate::trusted_hosts::{TrustedHosts, guard_data, guard_pages};

pub fn routes(trusted: TrustedHosts) -> Router<AppState> {
    Router::new()
        .route("/", get(async || file("text/html; charset=utf-8", include_str!("agent.html"))))
        .route("/sandbox/agent.js", get(async || file("text/javascript; charset=utf-8", include_str!("agent.js"))))
        .route("/sandbox/agent.css", get(async || file("text/css; charset=utf-8", include_str!("agent.css"))))
        .route("/sandbox/playground", get(playground))
        .route("/sandbox/people", get(agents).layer(from_fn(guard_data)))
        .route("/survey/responses/{uuid}", get(async || file("text/html; charset=utf-8", include_str!("survey.html"))))
        .route("/sandbox/survey.js", get(async || file("text/javascript; charset=utf-8", include_str!("survey.js"))))
        .route("/sandbox/survey.css", get(async || file("text/css; charset=utf-8", include_str!("survey.css"))))
        .route_layer(from_fn_with_state(Arc::new(trusted), guard_pages))
}

/// Scripts and styles are the sandbox's own only, so a visitor's text can't become either.
const POLICY: &str = "default-src 'self'; img-src * data:; media-src *; connect-src 'self' ws: wss:; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

fn file(kind: &'static str, text: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, "no-cache"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, text).into_response()
}

/// Redirects to the playground; browsers keep the part of the address behind `#`, which says what it shows.
async fn playground(State(state): State<AppState>) -> Response {
    (StatusCode::FOUND, [(header::LOCATION, state.context.playground_url.as_str())]).into_response()
}

/// The agents of the agent page, with their tokens.
async fn agents(State(state): State<AppState>) -> Result<Response, ApiError> {
    state
        .store
        .transaction(|tx| {
            let users = accounts::users(tx.db, 1)?;
            let agents: Vec<_> = users
                .into_iter()
                .map(|user| {
                    json!({
                        "id": user.id, "account_id": user.account_id, "name": user.name, "role": user.role,
                        "access_token": user.access_token, "pubsub_token": user.pubsub_token
                    })
                })
                .collect();
            Ok(([(header::X_CONTENT_TYPE_OPTIONS, "nosniff")], axum::Json(agents)).into_response())
        })
        .await
}

#[cfg(test)]
mod tests {
    #[test]
    fn agent_page_reads_no_text_as_html() {
        let script = concat!(include_str!("agent.js"), include_str!("survey.js"));
        for way in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "DOMParser", "srcdoc", "eval("] {
            assert!(!script.contains(way), "{way}");
        }
        for page in [include_str!("agent.html"), include_str!("survey.html")] {
            assert!(!page.contains("onclick") && !page.contains("style=") && page.matches("<script").count() == 1);
        }
    }
}
