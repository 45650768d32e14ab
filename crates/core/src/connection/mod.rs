//! The connection to the server.

pub mod cable;
pub mod diagnostics;
pub mod polling_fallback;
pub mod rate_limit;

use crate::backoff::Backoff;
use crate::chatwoot::requests::{ApiRequest, RequestId};
use crate::time::Mono;
use cable::Cable;
use diagnostics::ConnectionDiagnostics;
use polling_fallback::PollingFallback;
use rate_limit::RateLimit;

/// The connection to the server, and what is known of its state. It outlives visitors and conversations.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) cable: Cable,
    pub(crate) polling: PollingFallback,
    pub(crate) requests: Vec<(RequestId, ApiRequest, Mono)>,
    pub(crate) last_request: u64,
    /// The pauses after posts that could not be made, text's and uploads'.
    pub(crate) retries: [Backoff; 2],
    pub(crate) rate_limit: RateLimit,
    pub(crate) diagnostics: ConnectionDiagnostics,
    /// When the server last answered a request.
    pub(crate) last_response: Option<Mono>,
    /// Whether a request has ended without an answer since the server was last heard.
    pub(crate) is_way_broken: bool,
    pub(crate) is_online: bool,
}

impl Default for Connection {
    fn default() -> Self {
        Self {
            cable: Cable::default(),
            polling: PollingFallback::default(),
            requests: Vec::new(),
            last_request: 0,
            retries: [(); 2].map(|()| Backoff::new(1_000, 30_000)),
            rate_limit: RateLimit::default(),
            diagnostics: ConnectionDiagnostics::default(),
            last_response: None,
            is_way_broken: false,
            is_online: true,
        }
    }
}

impl Connection {
    /// Becomes the state of another visitor: how the server fares is the same for both, what waited for it is not.
    pub(crate) fn replace_visitor(&mut self) {
        let Self {
            cable,
            polling: _,
            requests: _,
            last_request,
            retries: _,
            rate_limit,
            diagnostics,
            last_response,
            is_way_broken,
            is_online,
        } = std::mem::take(self);
        let Self { polling, requests, retries, .. } = Self::default();
        *self = Self {
            cable,
            polling,
            requests,
            last_request,
            retries,
            rate_limit,
            diagnostics,
            last_response,
            is_way_broken,
            is_online,
        };
    }
}
