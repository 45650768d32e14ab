//! The rate limit: 3,000 requests a minute from one address, as Chatwoot's rack-attack has it.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::clock::{Clock, Micros};

/// Counts requests by address within the current minute.
#[derive(Debug)]
pub struct RateLimiter {
    clock: Clock,
    is_enabled: bool,
    counts: Mutex<Minute>,
}

#[derive(Debug, Default)]
struct Minute {
    number: i64,
    counts: HashMap<String, u32>,
}

const REQUESTS_A_MINUTE_MAX: u32 = 3000;
/// Far more addresses than a sandbox sees in a minute; beyond, they share one count.
const ADDRESSES_MAX: usize = 10_000;

/// Answers 429 without `Retry-After`, as recorded.
pub async fn limit(
    State(limiter): State<Arc<RateLimiter>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    if limiter.is_enabled {
        // Behind a proxy the first address is the visitor's.
        let forwarded = request.headers().get("x-forwarded-for").and_then(|value| value.to_str().ok());
        let first = forwarded.and_then(|list| list.split(',').next()).map(str::trim).filter(|first| !first.is_empty());
        let address = first.map_or_else(|| peer.ip().to_string(), |first| first.chars().take(64).collect());
        if !limiter.admit(address, limiter.clock.now()) {
            let headers = [(header::CONTENT_TYPE, "text/plain"), (header::CACHE_CONTROL, "no-cache")];
            return (StatusCode::TOO_MANY_REQUESTS, headers, "Retry later\n").into_response();
        }
    }
    next.run(request).await
}

impl RateLimiter {
    pub fn new(clock: Clock, is_enabled: bool) -> Self {
        Self { clock, is_enabled, counts: Mutex::default() }
    }

    /// Whether this request is within the limit.
    fn admit(&self, address: String, now: Micros) -> bool {
        let mut minute = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let number = now.seconds().div_euclid(60);
        if minute.number != number {
            *minute = Minute { number, counts: HashMap::new() };
        }
        let is_known = minute.counts.contains_key(&address);
        let address = if is_known || minute.counts.len() < ADDRESSES_MAX { address } else { String::new() };
        let count = minute.counts.entry(address).or_insert(0);
        *count += 1;
        *count <= REQUESTS_A_MINUTE_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_limit_refuses_the_3001st_request_of_a_minute() {
        let limiter = RateLimiter::new(Clock::with_offset(0), true);
        let now = Micros(0);
        for _ in 0..REQUESTS_A_MINUTE_MAX {
            assert!(limiter.admit("a".into(), now));
        }
        assert!(!limiter.admit("a".into(), now));
        assert!(limiter.admit("b".into(), now), "another address");
        assert!(limiter.admit("a".into(), now.plus_seconds(60)));
    }
}
