//! Middleware: CORS headers, format suffixes of addresses, ETags.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use crate::error::not_found_page;
use crate::params::accepts_json_only;

/// CORS: pages of any site may use the client API and read its errors. For other addresses a preflight is answered with
/// an empty 200 that allows nothing.
///
/// tower-http's `CorsLayer` can't answer as the recorded servers do: they send methods, an empty list of exposed headers
/// and max-age with every response, not with a preflight's alone, and none of them to a request without `Origin`.
pub async fn cors(request: Request, next: Next) -> Response {
    let is_client_api = request.uri().path().starts_with("/public/api/");
    let has_origin = request.headers().contains_key(header::ORIGIN);
    let requested = request.headers().get(header::ACCESS_CONTROL_REQUEST_HEADERS).cloned();
    let is_preflight =
        request.method() == Method::OPTIONS && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = if is_preflight { StatusCode::OK.into_response() } else { next.run(request).await };
    let headers = response.headers_mut();
    if is_client_api && !is_preflight {
        headers.insert(header::VARY, HeaderValue::from_static("Origin"));
    }
    if is_client_api && has_origin {
        let allowed: [(HeaderName, &'static str); 4] = [
            (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
            (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"),
            (header::ACCESS_CONTROL_EXPOSE_HEADERS, ""),
            (header::ACCESS_CONTROL_MAX_AGE, "7200"),
        ];
        for (name, value) in allowed {
            headers.insert(name, HeaderValue::from_static(value));
        }
        if let Some(requested) = requested.filter(|_| is_preflight) {
            headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, requested);
        }
    }
    response
}

/// Rails reads the suffix of an API's address as a format: `.json` is removed, `.xml` answers 406, and an address with
/// any other dot has no route.
pub async fn format_suffix(mut request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_api = path.starts_with("/public/api/") || path.starts_with("/api/");
    let Some((stem, suffix)) = path.rsplit_once('.').filter(|_| is_api) else { return next.run(request).await };
    match suffix {
        _ if stem.contains('.') => not_found_page(accepts_json_only(request.headers())),
        "json" => match with_path(request.uri(), stem) {
            Some(uri) => {
                *request.uri_mut() = uri;
                next.run(request).await
            }
            None => not_found_page(accepts_json_only(request.headers())),
        },
        "xml" => {
            let body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<error>Only JSON is spoken here</error>\n";
            let kind = [(header::CONTENT_TYPE, "application/xml; charset=UTF-8")];
            (StatusCode::NOT_ACCEPTABLE, kind, body).into_response()
        }
        _ => not_found_page(accepts_json_only(request.headers())),
    }
}

/// A JSON response with status 200 has a weak ETag; a GET whose `If-None-Match` names it is answered with 304.
pub async fn etag(request: Request, next: Next) -> Response {
    let is_get = request.method() == Method::GET;
    let if_none_match = request.headers().get(header::IF_NONE_MATCH).cloned();
    let response = next.run(request).await;
    if response.status() != StatusCode::OK || !is_json(response.headers()) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    // The body is the sandbox's own and in memory already, so it needs no limit.
    let Ok(bytes) = to_bytes(body, usize::MAX).await else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let mut digest = hex::encode(Sha256::digest(&bytes));
    digest.truncate(32);
    if bytes.is_empty() {
        return Response::from_parts(parts, Body::empty());
    }
    let Ok(tag) = HeaderValue::from_str(&format!("W/\"{digest}\"")) else {
        return Response::from_parts(parts, Body::from(bytes));
    };
    let is_not_modified = is_get && if_none_match.as_ref() == Some(&tag);
    parts.headers.insert(header::ETAG, tag);
    parts.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("max-age=0, private, must-revalidate"));
    if is_not_modified {
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
