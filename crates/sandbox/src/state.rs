//! What every handler shares, and the map of addresses.

use std::ops::Deref;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::extract::Request;
use axum::response::Response;
use axum::routing::get;
use tokio::sync::watch;

use crate::cable::{self, Hub};
use crate::limits::Limiter;
use crate::params::accepts_json_only;
use crate::store::Store;
use crate::trusted_hosts::TrustedHosts;
use crate::uploads::FilesFolder;
use crate::world::World;
use crate::{app_api, client_api, downloads, dressing, limits, pages, refusal};

/// Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Shared>);

pub struct Shared {
    pub store: Store,
    pub hub: Arc<Hub>,
    pub world: Arc<World>,
    pub files: Arc<FilesFolder>,
    /// Who may see the sandbox's own pages.
    pub trusted: TrustedHosts,
    pub limiter: Limiter,
    /// The cable's heartbeat: seconds since 1970, every three seconds.
    pub beat: watch::Sender<i64>,
    /// Turns true when the server stops.
    pub stopping: watch::Sender<bool>,
}

impl App {
    pub fn new(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }
}

impl Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

/// Every address there is. From the outside in: cross-origin answers, the request limit, the tidying of addresses, and
/// only then the routes.
pub fn router(app: &App) -> Router {
    let routes = Router::new()
        .nest("/public/api/v1", client_api::routes())
        .nest("/api/v1", app_api::routes())
        .route("/cable", get(cable::connect))
        .route("/cable/", get(cable::connect))
        .nest("/rails/active_storage", downloads::routes())
        .merge(pages::routes(app))
        .fallback(nowhere)
        .method_not_allowed_fallback(nowhere)
        .layer(axum::middleware::from_fn(dressing::etag))
        // `Params` holds the limits of bodies: they differ by kind.
        .layer(DefaultBodyLimit::disable())
        .with_state(app.clone());
    // A request's address can be changed before it is routed only from outside the router that routes it.
    Router::new()
        .fallback_service(routes)
        .layer(axum::middleware::from_fn(dressing::formats))
        .layer(axum::middleware::from_fn_with_state(app.clone(), limits::limit))
        .layer(axum::middleware::from_fn(dressing::cross_origin))
}

async fn nowhere(request: Request) -> Response {
    refusal::nowhere(accepts_json_only(request.headers()))
}
