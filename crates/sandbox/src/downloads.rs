//! Attached files: a lasting address that redirects to one good for five minutes. Neither may be fetched by scripts of
//! other sites: no cross-origin headers, so pictures and links work and `fetch` doesn't.

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tower_http::services::ServeFile;

use crate::clock::Micros;
use crate::model::Attachment;
use crate::percent;
use crate::refusal::Refusal;
use crate::signing::signature;
use crate::state::AppState;
use crate::store::files;
use crate::store::{Turn, messages};

pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/blobs/redirect/{signed}/{name}", get(redirect))
        .route("/representations/redirect/{signed}/{variation}/{name}", get(redirect_thumb))
        .route("/disk/{signed}/{name}", get(serve))
}

const LINK_SECONDS: i64 = 5 * 60;

async fn redirect(State(app): State<AppState>, Path((signed, _)): Path<(String, String)>) -> Result<Response, Refusal> {
    to_disk(app, signed).await
}

async fn redirect_thumb(
    State(app): State<AppState>,
    Path((signed, _, _)): Path<(String, String, String)>,
) -> Result<Response, Refusal> {
    // The server makes a thumbnail of what it finds; of nothing it can't.
    let word = signed.clone();
    let found = app.store.perform(move |turn| {
        let attachment = files::attachment(turn.db, blob_id(turn, &word)?)?;
        if is_in_storage(turn, &attachment)? { Ok(()) } else { Err(Refusal::fault("the file is not there yet")) }
    });
    found.await?;
    to_disk(app, signed).await
}

fn blob_id(turn: &Turn<'_>, signed: &str) -> Result<i64, Refusal> {
    let word = signed_word(&turn.world.secret, "blob", signed);
    word.and_then(|id| id.parse().ok()).ok_or(Refusal::NotFound)
}

/// A message is told before its files are in storage, as long before as `--files-late-ms` says.
fn is_in_storage(turn: &Turn<'_>, attachment: &Attachment) -> Result<bool, Refusal> {
    let told_at = messages::message(turn.db, attachment.message_id)?.created_at;
    let late = i64::try_from(turn.world.files_late.as_micros()).unwrap_or(i64::MAX);
    Ok(turn.now.0 >= told_at.0.saturating_add(late))
}

async fn to_disk(app: AppState, signed: String) -> Result<Response, Refusal> {
    app.store
        .perform(move |turn| {
            let world = turn.world;
            let id = blob_id(turn, &signed)?;
            let attachment = files::attachment(turn.db, id)?;
            let word = format!("{id}-{}", turn.now.plus_seconds(LINK_SECONDS).seconds());
            let mark = signature(&world.secret, &format!("disk {word}"));
            let name = percent::encode(&attachment.file_name);
            let address = format!("{}/rails/active_storage/disk/{word}--{mark}/{name}", world.public_url);
            let page = format!("<html><body>You are being <a href=\"{address}\">redirected</a>.</body></html>");
            if turn.is_4_16() {
                return Ok((StatusCode::FOUND, [(header::LOCATION, address.as_str())]).into_response());
            }
            let headers = [(header::LOCATION, address.as_str()), (header::CONTENT_TYPE, "text/html; charset=utf-8")];
            Ok((StatusCode::FOUND, headers, page).into_response())
        })
        .await
}

async fn serve(State(app): State<AppState>, Path((signed, _)): Path<(String, String)>, request: Request) -> Response {
    let found = app.store.perform(move |turn| {
        let word = signed_word(&turn.world.secret, "disk", &signed).ok_or(Refusal::NotFound)?;
        let (id, until) = word.split_once('-').ok_or(Refusal::NotFound)?;
        let until = until.parse().map(|seconds| Micros(0).plus_seconds(seconds)).map_err(|_| Refusal::NotFound)?;
        if turn.now >= until {
            return Err(Refusal::NotFound);
        }
        let attachment = files::attachment(turn.db, id.parse().map_err(|_| Refusal::NotFound)?)?;
        if is_in_storage(turn, &attachment)? { Ok(attachment) } else { Err(Refusal::NotFound) }
    });
    // An empty body, unlike the framework's own 404.
    let Ok(attachment) = found.await else { return StatusCode::NOT_FOUND.into_response() };
    let path = app.files.path_of(&attachment.stored_as);
    match ServeFile::new(path).try_call(request).await {
        Ok(response) => dressed(response.map(Body::new), &attachment),
        Err(error) => Refusal::fault(format!("an attached file can't be read: {error}")).into_response(),
    }
}

/// What a browser may show on its own, rather than save: nothing that runs scripts.
const SHOWN_TYPES: [&str; 8] =
    ["image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf", "audio/mpeg", "video/mp4", "text/plain"];

fn dressed(mut response: Response, attachment: &Attachment) -> Response {
    let is_shown = SHOWN_TYPES.contains(&attachment.content_type.as_str())
        || attachment.file_type == "audio"
        || attachment.file_type == "video";
    let kind = if is_shown { attachment.content_type.as_str() } else { "application/octet-stream" };
    let disposition = if is_shown { "inline" } else { "attachment" };
    let plain: String = attachment
        .file_name
        .chars()
        .map(|letter| if letter.is_ascii_graphic() && letter != '"' { letter } else { '?' })
        .collect();
    let encoded = percent::encode(&attachment.file_name);
    let disposition = format!("{disposition}; filename=\"{plain}\"; filename*=UTF-8''{encoded}");
    let headers = response.headers_mut();
    let pairs = [(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, disposition.as_str())];
    for (name, value) in pairs {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    }
    headers.remove(header::ETAG);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// The word in `word--mark`, if the mark is ours.
fn signed_word<'a>(secret: &str, purpose: &str, signed: &'a str) -> Option<&'a str> {
    let (word, mark) = signed.split_once("--")?;
    (signature(secret, &format!("{purpose} {word}")) == mark).then_some(word)
}
