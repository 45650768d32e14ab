//! Reads the parameters of a request: its query, and a body of JSON, a form or multipart. Any other body is ignored.
//!
//! Limits hold while a body streams in: a larger one is refused before it has been received whole.

use axum::body::Body;
use axum::extract::multipart::Field;
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::{HeaderMap, header};
use futures_util::StreamExt;

use super::{Attachments, FIELDS_MAX, Params, accepts_json_only};
use crate::error::ApiError;
use crate::state::AppState;
use crate::uploads::{Upload, UploadWriter};

/// A JSON or form body: a message of 150,000 characters in its longest spelling, and as much again.
const TEXT_BYTES_MAX: usize = 4 * 1024 * 1024;
/// A multipart body: the recorded server took a file of 45 MiB; proxies in front seldom take more than 100.
const FILES_BYTES_MAX: u64 = 100 * 1024 * 1024;

impl FromRequest<AppState> for Params {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, ApiError> {
        let bad_request = ApiError::BadRequest { as_json: accepts_json_only(request.headers()) };
        let mut params = Self::empty();
        params.add_form(request.uri().query().unwrap_or("")).ok_or_else(|| bad_request.clone())?;
        let kind = BodyKind::of(request.headers());
        let declared =
            request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        if declared.is_some_and(|length: u64| length > kind.bytes_max()) {
            return Err(ApiError::PayloadTooLarge);
        }
        match kind {
            BodyKind::Json => {
                let text = read_text(request.into_body(), &bad_request).await?;
                if !text.trim().is_empty() {
                    params.add_json(serde_json::from_str(&text).map_err(|_| bad_request)?);
                }
            }
            BodyKind::Form => {
                let text = read_text(request.into_body(), &bad_request).await?;
                params.add_form(&text).ok_or(bad_request)?;
            }
            BodyKind::Multipart => params.read_multipart(request, state, &bad_request).await?,
            // It is read to its end all the same: a client that is still sending would miss the response.
            BodyKind::Other => drop(read(request.into_body()).await?),
        }
        Ok(params)
    }
}

#[derive(Clone, Copy)]
enum BodyKind {
    Json,
    Form,
    Multipart,
    Other,
}

impl BodyKind {
    fn of(headers: &HeaderMap) -> Self {
        let content_type = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or("");
        match content_type.split(';').next().unwrap_or("").trim().to_ascii_lowercase().as_str() {
            "application/json" => Self::Json,
            "application/x-www-form-urlencoded" => Self::Form,
            "multipart/form-data" => Self::Multipart,
            _ => Self::Other,
        }
    }

    fn bytes_max(self) -> u64 {
        match self {
            Self::Multipart => FILES_BYTES_MAX,
            Self::Json | Self::Form | Self::Other => TEXT_BYTES_MAX as u64,
        }
    }
}

async fn read_text(body: Body, bad_request: &ApiError) -> Result<String, ApiError> {
    String::from_utf8(read(body).await?).map_err(|_| bad_request.clone())
}

async fn read(body: Body) -> Result<Vec<u8>, ApiError> {
    let mut stream = body.into_data_stream();
    let mut bytes = Vec::new();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|_| ApiError::BadRequest { as_json: false })?;
        add_text_chunk(&mut bytes, &chunk)?;
    }
    Ok(bytes)
}

fn add_text_chunk(bytes: &mut Vec<u8>, chunk: &[u8]) -> Result<(), ApiError> {
    if bytes.len() + chunk.len() > TEXT_BYTES_MAX {
        return Err(ApiError::PayloadTooLarge);
    }
    bytes.extend_from_slice(chunk);
    Ok(())
}

impl Params {
    async fn read_multipart(
        &mut self,
        request: Request,
        state: &AppState,
        bad_request: &ApiError,
    ) -> Result<(), ApiError> {
        let mut parts = Multipart::from_request(request, state).await.map_err(|_| bad_request.clone())?;
        let mut uploads = Vec::new();
        let mut bytes_left = FILES_BYTES_MAX;
        let mut count = 0;
        while let Some(part) = parts.next_field().await.map_err(|_| bad_request.clone())? {
            count += 1;
            if count > FIELDS_MAX {
                return Err(ApiError::PayloadTooLarge);
            }
            let name = part.name().unwrap_or_default().to_owned();
            if part.file_name().is_some() {
                let upload = receive_file(part, state, &mut bytes_left, bad_request).await?;
                match name.as_str() {
                    "attachments[]" => uploads.push(upload),
                    "attachments" => self.attachments = Attachments::NotFiles,
                    _ => {}
                }
            } else {
                let text = receive_text(part, bad_request).await?;
                self.add_field(&name, text.into()).ok_or_else(|| bad_request.clone())?;
            }
        }
        if !uploads.is_empty() && matches!(self.attachments, Attachments::None) {
            self.attachments = Attachments::Files(uploads);
        }
        Ok(())
    }
}

/// Streams a file to the file storage. `bytes_left`: how much all files of the request may still have.
async fn receive_file(
    mut part: Field<'_>,
    state: &AppState,
    bytes_left: &mut u64,
    bad_request: &ApiError,
) -> Result<Upload, ApiError> {
    let file_name = part.file_name().unwrap_or_default();
    let mut writer = UploadWriter::create(state.files.clone(), file_name, part.content_type()).await?;
    while let Some(chunk) = part.chunk().await.map_err(|_| bad_request.clone())? {
        *bytes_left = bytes_left.checked_sub(chunk.len() as u64).ok_or(ApiError::PayloadTooLarge)?;
        writer.write(&chunk).await?;
    }
    writer.finish().await
}

async fn receive_text(mut part: Field<'_>, bad_request: &ApiError) -> Result<String, ApiError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = part.chunk().await.map_err(|_| bad_request.clone())? {
        add_text_chunk(&mut bytes, &chunk)?;
    }
    String::from_utf8(bytes).map_err(|_| bad_request.clone())
}
