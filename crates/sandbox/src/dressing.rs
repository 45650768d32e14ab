//! What surrounds every answer: cross-origin headers, endings of addresses, ETags.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use crate::params::accepts_json_only;
use crate::refusal;

/// The client API may be used from any page, errors included; nothing else may, and a preflight elsewhere is answered
/// with an empty 200 that allows nothing.
///
/// tower-http's `CorsLayer` can't say it as the recorded servers do: they name methods, an empty list of exposed headers
/// and an age in every answer, not in a preflight's alone, and nothing at all without an `Origin`.
pub async fn cross_origin(request: Request, next: Next) -> Response {
    let is_open = request.uri().path().starts_with("/public/api/");
    let has_origin = request.headers().contains_key(header::ORIGIN);
    let asked = request.headers().get(header::ACCESS_CONTROL_REQUEST_HEADERS).cloned();
    let is_preflight =
        request.method() == Method::OPTIONS && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = if is_preflight { StatusCode::OK.into_response() } else { next.run(request).await };
    let headers = response.headers_mut();
    if is_open && !is_preflight {
        headers.insert(header::VARY, HeaderValue::from_static("Origin"));
    }
    if is_open && has_origin {
        let allowed: [(HeaderName, &'static str); 4] = [
            (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
            (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"),
            (header::ACCESS_CONTROL_EXPOSE_HEADERS, ""),
            (header::ACCESS_CONTROL_MAX_AGE, "7200"),
        ];
        for (name, value) in allowed {
            headers.insert(name, HeaderValue::from_static(value));
        }
        if let Some(asked) = asked.filter(|_| is_preflight) {
            headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, asked);
        }
    }
    response
}

/// The server reads an ending of an API's address as a format: `.json` is understood, `.xml` is not to be had, and
/// any other dot leads nowhere.
pub async fn formats(mut request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_api = path.starts_with("/public/api/") || path.starts_with("/api/");
    let Some((stem, ending)) = path.rsplit_once('.').filter(|_| is_api) else { return next.run(request).await };
    match ending {
        _ if stem.contains('.') => refusal::nowhere(accepts_json_only(request.headers())),
        "json" => match with_path(request.uri(), stem) {
            Some(uri) => {
                *request.uri_mut() = uri;
                next.run(request).await
            }
            None => refusal::nowhere(accepts_json_only(request.headers())),
        },
        "xml" => {
            let body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<error>Only JSON is spoken here</error>\n";
            let kind = [(header::CONTENT_TYPE, "application/xml; charset=UTF-8")];
            (StatusCode::NOT_ACCEPTABLE, kind, body).into_response()
        }
        _ => refusal::nowhere(accepts_json_only(request.headers())),
    }
}

/// Good answers carry a weak ETag; who has it already gets 304 to a GET.
pub async fn etag(request: Request, next: Next) -> Response {
    let is_get = request.method() == Method::GET;
    let known = request.headers().get(header::IF_NONE_MATCH).cloned();
    let response = next.run(request).await;
    if response.status() != StatusCode::OK || !is_json(response.headers()) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    // The body is one of ours and whole already; no limit is needed to read it.
    let Ok(bytes) = to_bytes(body, usize::MAX).await else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let mut digest = hex::encode(Sha256::digest(&bytes));
    digest.truncate(32);
    if bytes.is_empty() {
        return Response::from_parts(parts, Body::empty());
    }
    let Ok(tag) = HeaderValue::from_str(&format!("W/\"{digest}\"")) else {
        return Response::from_parts(parts, Body::from(bytes));
    };
    let is_known = is_get && known.as_ref() == Some(&tag);
    parts.headers.insert(header::ETAG, tag);
    parts.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("max-age=0, private, must-revalidate"));
    if is_known {
        parts.status = StatusCode::NOT_MODIFIED;
        parts.headers.remove(header::CONTENT_TYPE);
        parts.headers.remove(header::CONTENT_LENGTH);
        return Response::from_parts(parts, Body::empty());
    }
    Response::from_parts(parts, Body::from(bytes))
}

fn is_json(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"))
}

fn with_path(uri: &Uri, path: &str) -> Option<Uri> {
    match uri.query() {
        Some(query) => format!("{path}?{query}").parse().ok(),
        None => path.parse().ok(),
    }
}
