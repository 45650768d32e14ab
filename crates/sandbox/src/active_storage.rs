//! Attached files, as Rails' Active Storage serves them: a permanent URL that redirects to one valid for five minutes.
//! Neither has CORS headers: `img` and links work on any site, `fetch` doesn't.

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tower_http::services::ServeFile;

use crate::clock::Micros;
use crate::error::ApiError;
use crate::model::Attachment;
use crate::signing::signature;
use crate::state::AppState;
use crate::store::{Transaction, attachments, messages};
use crate::url_encoding;

pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/blobs/redirect/{signed}/{name}", get(redirect_file))
        .route("/representations/redirect/{signed}/{variation}/{name}", get(redirect_thumbnail))
        .route("/disk/{signed}/{name}", get(serve))
}

const LINK_SECONDS: i64 = 5 * 60;

async fn redirect_file(
    State(state): State<AppState>,
    Path((signed, _)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    state.store.transaction(move |tx| redirect(tx, &find(tx, &signed)?)).await
}

async fn redirect_thumbnail(
    State(state): State<AppState>,
    Path((signed, _, _)): Path<(String, String, String)>,
) -> Result<Response, ApiError> {
    let redirected = state.store.transaction(move |tx| {
        let attachment = find(tx, &signed)?;
        // The server makes the thumbnail now, and fails without the file.
        if !is_in_storage(tx, &attachment)? {
            return Err(ApiError::internal("the file is not in storage yet"));
        }
        redirect(tx, &attachment)
    });
    redirected.await
}

/// The attachment of a permanent URL.
fn find(tx: &Transaction<'_>, signed: &str) -> Result<Attachment, ApiError> {
    let id = verified(&tx.context.secret, "blob", signed).and_then(|id| id.parse().ok()).ok_or(ApiError::NotFound)?;
    Ok(attachments::attachment(tx.db, id)?)
}

/// A message is broadcast before its files are in storage; `--files-late-ms` says how long before.
fn is_in_storage(tx: &Transaction<'_>, attachment: &Attachment) -> Result<bool, ApiError> {
    let broadcast_at = messages::message(tx.db, attachment.message_id)?.created_at;
    let delay = i64::try_from(tx.context.files_delay.as_micros()).unwrap_or(i64::MAX);
    Ok(tx.now.0 >= broadcast_at.0.saturating_add(delay))
}

/// To the URL that expires; a 4.0 sends a page along.
fn redirect(tx: &Transaction<'_>, attachment: &Attachment) -> Result<Response, ApiError> {
    let payload = format!("{}-{}", attachment.id, tx.now.plus_seconds(LINK_SECONDS).seconds());
    let mark = signature(&tx.context.secret, &format!("disk {payload}"));
    let name = url_encoding::encode(&attachment.file_name);
    let url = format!("{}/rails/active_storage/disk/{payload}--{mark}/{name}", tx.context.public_url);
    if tx.is_4_16() {
        return Ok((StatusCode::FOUND, [(header::LOCATION, url.as_str())]).into_response());
    }
    let page = format!("<html><body>You are being <a href=\"{url}\">redirected</a>.</body></html>");
    let headers = [(header::LOCATION, url.as_str()), (header::CONTENT_TYPE, "text/html; charset=utf-8")];
    Ok((StatusCode::FOUND, headers, page).into_response())
}

/// The file itself, whole or the range that a player asks for.
async fn serve(State(state): State<AppState>, Path((signed, _)): Path<(String, String)>, request: Request) -> Response {
    let found = state.store.transaction(move |tx| find_unexpired(tx, &signed)).await;
    // An empty body, unlike the framework's own 404.
    let Ok(attachment) = found else { return StatusCode::NOT_FOUND.into_response() };
    let path = state.files.path_of(&attachment.stored_as);
    match ServeFile::new(path).try_call(request).await {
        Ok(response) => with_file_headers(response.map(Body::new), &attachment),
        Err(error) => ApiError::internal(format!("an attached file can't be read: {error}")).into_response(),
    }
}

/// The attachment of a URL that has not expired, if its file is in storage.
fn find_unexpired(tx: &Transaction<'_>, signed: &str) -> Result<Attachment, ApiError> {
    let payload = verified(&tx.context.secret, "disk", signed).ok_or(ApiError::NotFound)?;
    let (id, expires_at) = payload.split_once('-').ok_or(ApiError::NotFound)?;
    let (Ok(id), Ok(expires_at)) = (id.parse(), expires_at.parse()) else { return Err(ApiError::NotFound) };
    let attachment = attachments::attachment(tx.db, id)?;
    let is_unexpired = tx.now < Micros(0).plus_seconds(expires_at);
    if is_unexpired && is_in_storage(tx, &attachment)? { Ok(attachment) } else { Err(ApiError::NotFound) }
}

/// Besides sounds and films, what a browser may show rather than save: types that run no scripts.
const INLINE_TYPES: [&str; 8] =
    ["image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf", "audio/mpeg", "video/mp4", "text/plain"];

fn with_file_headers(mut response: Response, attachment: &Attachment) -> Response {
    let is_inline = INLINE_TYPES.contains(&attachment.content_type.as_str())
        || attachment.file_type == "audio"
        || attachment.file_type == "video";
    let content_type = if is_inline { attachment.content_type.as_str() } else { "application/octet-stream" };
    let disposition = content_disposition(if is_inline { "inline" } else { "attachment" }, &attachment.file_name);
    let headers = response.headers_mut();
    for (name, value) in [(header::CONTENT_TYPE, content_type), (header::CONTENT_DISPOSITION, disposition.as_str())] {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    }
    headers.remove(header::ETAG);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// With the name twice: in ASCII for old clients, and in UTF-8.
fn content_disposition(kind: &str, file_name: &str) -> String {
    let to_ascii = |letter: char| if letter.is_ascii_graphic() && letter != '"' { letter } else { '?' };
    let ascii: String = file_name.chars().map(to_ascii).collect();
    let encoded = url_encoding::encode(file_name);
    format!("{kind}; filename=\"{ascii}\"; filename*=UTF-8''{encoded}")
}

/// The payload of `payload--mark`, if the mark is the sandbox's own.
fn verified<'a>(secret: &str, purpose: &str, signed: &'a str) -> Option<&'a str> {
    let (payload, mark) = signed.split_once("--")?;
    (signature(secret, &format!("{purpose} {payload}")) == mark).then_some(payload)
}
