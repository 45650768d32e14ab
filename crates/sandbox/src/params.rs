//! A request's parameters: query and body as one tree, as Rails reads them.
//!
//! Bodies may be JSON, a form, or multipart; any other body counts as none. Limits hold while a body streams in: what
//! is too large is refused before it is taken.

use axum::body::Body;
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::{HeaderMap, header};
use futures_util::StreamExt;
use serde_json::{Map, Value};

use crate::percent;
use crate::refusal::Refusal;
use crate::rules::contacts::Said;
use crate::state::AppState;
use crate::uploads::{Receiving, Upload};

#[derive(Debug)]
pub struct Params {
    fields: Map<String, Value>,
    pub attachments: Attachments,
}

/// What came as `attachments`.
#[derive(Debug)]
pub enum Attachments {
    None,
    Files(Vec<Upload>),
    /// Not a list of files: the server fails on it.
    Unusable,
}

impl Params {
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.fields.get(name)
    }

    /// A word or number as text; nothing else is taken for a text.
    pub fn text(&self, name: &str) -> Option<String> {
        self.get(name).and_then(as_text)
    }

    /// An object; anything else counts as none.
    pub fn object(&self, name: &str) -> Map<String, Value> {
        self.get(name).and_then(Value::as_object).cloned().unwrap_or_default()
    }

    pub fn flag(&self, name: &str) -> Option<bool> {
        self.get(name).and_then(as_flag)
    }

    pub fn integer(&self, name: &str) -> Option<i64> {
        self.text(name).and_then(|text| text.trim().parse().ok())
    }

    /// A client's own mark of a message, as it came.
    pub fn echo_id(&self) -> Option<Value> {
        self.get("echo_id").filter(|echo| echo.is_string() || echo.is_number()).cloned()
    }

    /// What is said about a contact.
    pub fn contact(&self) -> Said {
        Said {
            name: self.text("name"),
            email: self.text("email"),
            phone_number: self.text("phone_number"),
            identifier: self.text("identifier"),
            avatar_url: self.text("avatar_url"),
            custom_attributes: self.object("custom_attributes"),
        }
    }

    /// The files, for a message that is about to be stored.
    pub fn take_uploads(&mut self) -> Result<Vec<Upload>, Refusal> {
        match std::mem::replace(&mut self.attachments, Attachments::None) {
            Attachments::None => Ok(Vec::new()),
            Attachments::Files(uploads) => Ok(uploads),
            Attachments::Unusable => Err(Refusal::fault("attachments is not a list of files")),
        }
    }
}

/// Rails' permitted scalars, as a text column takes them.
pub fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(true) => Some("t".into()),
        Value::Bool(false) => Some("f".into()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

pub fn as_flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) => Some(matches!(text.as_str(), "true" | "1" | "on" | "t")),
        Value::Number(number) => Some(number.as_i64() == Some(1)),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Whether the caller accepts exactly JSON: the one case in which errors of the framework are JSON too.
pub fn accepts_json_only(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT).is_some_and(|accept| accept.as_bytes() == b"application/json")
}

/// A JSON or form body: the longest text in its longest spelling, and room.
const TEXT_BYTES_MAX: usize = 4 * 1024 * 1024;
/// A multipart request: the recordings took 45 MiB in one file; proxies in front seldom take more than 100.
const FILES_BYTES_MAX: u64 = 100 * 1024 * 1024;
/// Depth and number of names: far above any real form's.
const PARTS_MAX: usize = 256;

impl FromRequest<AppState> for Params {
    type Rejection = Refusal;

    async fn from_request(request: Request, app: &AppState) -> Result<Self, Refusal> {
        let unreadable = Refusal::Unreadable { as_json: accepts_json_only(request.headers()) };
        let mut params = Self { fields: Map::new(), attachments: Attachments::None };
        params.take_form(request.uri().query().unwrap_or("")).ok_or_else(|| unreadable.clone())?;
        let kind = Kind::of(request.headers());
        let declared =
            request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        if declared.is_some_and(|length: u64| length > kind.bytes_max()) {
            return Err(Refusal::TooLarge);
        }
        match kind {
            Kind::Json => {
                let text = String::from_utf8(read(request.into_body()).await?).map_err(|_| unreadable.clone())?;
                if !text.trim().is_empty() {
                    let value: Value = serde_json::from_str(&text).map_err(|_| unreadable)?;
                    params.take_json(value);
                }
            }
            Kind::Form => {
                let text = String::from_utf8(read(request.into_body()).await?).map_err(|_| unreadable.clone())?;
                params.take_form(&text).ok_or(unreadable)?;
            }
            Kind::Multipart => params.take_parts(request, app, &unreadable).await?,
            // Read to its end all the same, so that the answer isn't lost to a client still sending.
            Kind::Other => drop(read(request.into_body()).await?),
        }
        Ok(params)
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Json,
    Form,
    Multipart,
    Other,
}

impl Kind {
    fn of(headers: &HeaderMap) -> Self {
        let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or("");
        match kind.split(';').next().unwrap_or("").trim().to_ascii_lowercase().as_str() {
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

async fn read(body: Body) -> Result<Vec<u8>, Refusal> {
    let mut stream = body.into_data_stream();
    let mut bytes = Vec::new();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|_| Refusal::Unreadable { as_json: false })?;
        if bytes.len() + chunk.len() > TEXT_BYTES_MAX {
            return Err(Refusal::TooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

impl Params {
    fn take_json(&mut self, value: Value) {
        // A body that is no object has no names, so it says nothing.
        let Value::Object(fields) = value else { return };
        self.fields.extend(fields);
        let is_blank = |value: &Value| match value {
            Value::Null => true,
            Value::Array(items) => items.is_empty(),
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => false,
        };
        if self.fields.get("attachments").is_some_and(|value| !is_blank(value)) {
            self.attachments = Attachments::Unusable;
        }
    }

    /// `None`: something in it isn't UTF-8, or there is too much of it.
    fn take_form(&mut self, text: &str) -> Option<()> {
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            self.take_field(&percent::decode_form(name)?, percent::decode_form(value)?.into())?;
        }
        Some(())
    }

    fn take_field(&mut self, name: &str, value: Value) -> Option<()> {
        let mut names = name.split('[').map(|part| part.trim_end_matches(']'));
        let first = names.next()?;
        if first == "attachments" {
            self.attachments = Attachments::Unusable;
        }
        let rest: Vec<&str> = names.collect();
        if rest.len() > DEPTH_MAX || self.fields.len() > PARTS_MAX {
            return None;
        }
        plant(self.fields.entry(first).or_insert(Value::Null), &rest, value);
        Some(())
    }

    async fn take_parts(&mut self, request: Request, app: &AppState, unreadable: &Refusal) -> Result<(), Refusal> {
        let mut parts = Multipart::from_request(request, app).await.map_err(|_| unreadable.clone())?;
        let mut uploads = Vec::new();
        let mut left = FILES_BYTES_MAX;
        let mut count = 0;
        while let Some(mut part) = parts.next_field().await.map_err(|_| unreadable.clone())? {
            count += 1;
            if count > PARTS_MAX {
                return Err(Refusal::TooLarge);
            }
            let name = part.name().unwrap_or_default().to_owned();
            if let Some(file_name) = part.file_name() {
                let mut receiving = Receiving::start(app.files.clone(), file_name, part.content_type()).await?;
                while let Some(chunk) = part.chunk().await.map_err(|_| unreadable.clone())? {
                    left = left.checked_sub(chunk.len() as u64).ok_or(Refusal::TooLarge)?;
                    receiving.take(&chunk).await?;
                }
                match name.as_str() {
                    "attachments[]" => uploads.push(receiving.finish().await?),
                    "attachments" => self.attachments = Attachments::Unusable,
                    _ => {}
                }
                continue;
            }
            let mut bytes = Vec::new();
            while let Some(chunk) = part.chunk().await.map_err(|_| unreadable.clone())? {
                if bytes.len() + chunk.len() > TEXT_BYTES_MAX {
                    return Err(Refusal::TooLarge);
                }
                bytes.extend_from_slice(&chunk);
            }
            let text = String::from_utf8(bytes).map_err(|_| unreadable.clone())?;
            self.take_field(&name, text.into()).ok_or_else(|| unreadable.clone())?;
        }
        if !uploads.is_empty() && matches!(self.attachments, Attachments::None) {
            self.attachments = Attachments::Files(uploads);
        }
        Ok(())
    }
}

const DEPTH_MAX: usize = 8;

/// `a[b][]=c` puts c at the end of the list at b in a.
fn plant(slot: &mut Value, path: &[&str], value: Value) {
    match path.split_first() {
        None => *slot = value,
        Some((&"", rest)) => {
            if !slot.is_array() {
                *slot = Value::Array(Vec::new());
            }
            if let Some(items) = slot.as_array_mut() {
                let mut item = Value::Null;
                plant(&mut item, rest, value);
                items.push(item);
            }
        }
        Some((name, rest)) => {
            if !slot.is_object() {
                *slot = Value::Object(Map::new());
            }
            if let Some(fields) = slot.as_object_mut() {
                plant(fields.entry(*name).or_insert(Value::Null), rest, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn form(text: &str) -> Params {
        let mut params = Params { fields: Map::new(), attachments: Attachments::None };
        params.take_form(text).unwrap();
        params
    }

    #[test]
    fn brackets_make_a_tree() {
        let params = form("name=Form+Fiona&custom_attributes%5Bplan%5D=silver&labels[]=a&labels[]=b");
        assert_eq!(params.text("name").as_deref(), Some("Form Fiona"));
        assert_eq!(Value::from(params.object("custom_attributes")), json!({"plan": "silver"}));
        assert_eq!(params.get("labels"), Some(&json!(["a", "b"])));
    }

    #[test]
    fn numbers_become_texts_and_trees_become_nothing() {
        assert_eq!(as_text(&json!(12345)).as_deref(), Some("12345"));
        assert_eq!(as_text(&json!({"a": 1})), None);
        assert_eq!(as_text(&json!(["a"])), None);
    }

    #[test]
    fn attachments_as_text_are_unusable() {
        assert!(form("attachments[]=x").take_uploads().is_err());
        let mut params = form("");
        params.take_json(json!({"attachments": ["not-a-file"]}));
        assert!(params.take_uploads().is_err());
        params.take_json(json!({"attachments": []}));
        assert!(params.take_uploads().unwrap().is_empty());
    }
}
