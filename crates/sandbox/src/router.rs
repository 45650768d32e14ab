//! All routes, and the middleware around them.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::get;

use crate::params::accepts_json_only;
use crate::rate_limit::{self, RateLimiter};
use crate::state::AppState;
use crate::trusted_hosts::TrustedHosts;
use crate::{active_storage, app_api, cable, client_api, error, middleware, pages};

/// Middleware from the outside in: CORS, the rate limit, format suffixes, and only then the routes.
/// `trusted_hosts`: under which names the sandbox's own pages are shown.
pub fn router(state: &AppState, trusted_hosts: TrustedHosts, rate_limiter: RateLimiter) -> Router {
    let routes = Router::new()
        .nest("/public/api/v1", client_api::routes())
        .nest("/api/v1", app_api::routes())
        .route("/cable", get(cable::socket::connect))
        .route("/cable/", get(cable::socket::connect))
        .nest("/rails/active_storage", active_storage::routes())
        .merge(pages::routes(trusted_hosts))
        .fallback(not_found)
        .method_not_allowed_fallback(not_found)
        .layer(from_fn(middleware::etag))
        // `Params` limits the size of bodies, by their content type.
        .layer(DefaultBodyLimit::disable())
        .with_state(state.clone());
    // A request's address can be changed before it is routed only from outside the router that routes it.
    Router::new()
        .fallback_service(routes)
        .layer(from_fn(middleware::format_suffix))
        .layer(from_fn_with_state(Arc::new(rate_limiter), rate_limit::limit))
        .layer(from_fn(middleware::cors))
}

async fn not_found(request: Request) -> Response {
    error::not_found_page(accepts_json_only(request.headers()))
}
