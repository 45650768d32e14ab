//! Every address there is, and what surrounds the handlers.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::get;

use crate::limits::{self, Limiter};
use crate::params::accepts_json_only;
use crate::state::AppState;
use crate::trusted_hosts::TrustedHosts;
use crate::{app_api, cable, client_api, downloads, dressing, pages, refusal};

/// From the outside in: cross-origin answers, the request limit, the tidying of addresses, and only then the routes.
/// `trusted`: under which names the sandbox's own pages are shown.
pub fn router(state: &AppState, trusted: TrustedHosts, limiter: Limiter) -> Router {
    let routes = Router::new()
        .nest("/public/api/v1", client_api::routes())
        .nest("/api/v1", app_api::routes())
        .route("/cable", get(cable::socket::connect))
        .route("/cable/", get(cable::socket::connect))
        .nest("/rails/active_storage", downloads::routes())
        .merge(pages::routes(trusted))
        .fallback(nowhere)
        .method_not_allowed_fallback(nowhere)
        .layer(from_fn(dressing::etag))
        // `Params` holds the limits of bodies: they differ by kind.
        .layer(DefaultBodyLimit::disable())
        .with_state(state.clone());
    // A request's address can be changed before it is routed only from outside the router that routes it.
    Router::new()
        .fallback_service(routes)
        .layer(from_fn(dressing::formats))
        .layer(from_fn_with_state(Arc::new(limiter), limits::limit))
        .layer(from_fn(dressing::cross_origin))
}

async fn nowhere(request: Request) -> Response {
    refusal::nowhere(accepts_json_only(request.headers()))
}
