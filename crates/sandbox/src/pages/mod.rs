//! The pages for people: the one agents answer from, and the one a survey's link leads to. Files, embedded, with
//! nothing built.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::json;

use crate::refusal::Refusal;
use crate::state::AppState;
use crate::store::accounts;
use crate::trusted_hosts::{TrustedHosts, guard_data, guard_pages};

pub fn routes(trusted: TrustedHosts) -> Router<AppState> {
    Router::new()
        .route("/", get(async || file("text/html; charset=utf-8", include_str!("agent.html"))))
        .route("/sandbox/agent.js", get(async || file("text/javascript; charset=utf-8", include_str!("agent.js"))))
        .route("/sandbox/agent.css", get(async || file("text/css; charset=utf-8", include_str!("agent.css"))))
        .route("/sandbox/playground", get(playground))
        .route("/sandbox/people", get(people).layer(from_fn(guard_data)))
        .route("/survey/responses/{uuid}", get(async || file("text/html; charset=utf-8", include_str!("survey.html"))))
        .route("/sandbox/survey.js", get(async || file("text/javascript; charset=utf-8", include_str!("survey.js"))))
        .route("/sandbox/survey.css", get(async || file("text/css; charset=utf-8", include_str!("survey.css"))))
        .route_layer(from_fn_with_state(Arc::new(trusted), guard_pages))
}

/// Scripts and styles come from here only, so a visitor's text can't become either.
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

/// Leads to the playground. What it is to show stands behind the `#`, which browsers keep on the way.
async fn playground(State(app): State<AppState>) -> Response {
    (StatusCode::FOUND, [(header::LOCATION, app.world.playground_url.as_str())]).into_response()
}

/// Who may answer here: everyone the sandbox knows, without a password.
async fn people(State(app): State<AppState>) -> Result<Response, Refusal> {
    app.store
        .perform(|turn| {
            let users = accounts::users(turn.db, 1)?;
            let people: Vec<_> = users
                .into_iter()
                .map(|user| {
                    json!({
                        "id": user.id, "account_id": user.account_id, "name": user.name, "role": user.role,
                        "access_token": user.access_token, "pubsub_token": user.pubsub_token
                    })
                })
                .collect();
            Ok(([(header::X_CONTENT_TYPE_OPTIONS, "nosniff")], axum::Json(people)).into_response())
        })
        .await
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_text_of_a_visitor_is_ever_read_as_html() {
        let script = concat!(include_str!("agent.js"), include_str!("survey.js"));
        for way in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "DOMParser", "srcdoc", "eval("] {
            assert!(!script.contains(way), "{way}");
        }
        for page in [include_str!("agent.html"), include_str!("survey.html")] {
            assert!(!page.contains("onclick") && !page.contains("style=") && page.matches("<script").count() == 1);
        }
    }
}
