//! A request's parameters: query and body as one tree, as Rails reads them.

mod body;

use axum::http::{HeaderMap, header};
use serde_json::{Map, Value};

use crate::error::ApiError;
use crate::rules::contacts::ContactParams;
use crate::uploads::Upload;
use crate::url_encoding;

/// A tree of fields by name, and files.
#[derive(Debug)]
pub struct Params {
    fields: Map<String, Value>,
    pub attachments: Attachments,
}

/// The field `attachments`.
#[derive(Debug)]
pub enum Attachments {
    None,
    Files(Vec<Upload>),
    /// No list of files: the server answers 500.
    NotFiles,
}

impl Params {
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.fields.get(name)
    }

    /// A text, number or flag as text; anything else is none.
    pub fn text(&self, name: &str) -> Option<String> {
        self.get(name).and_then(as_text)
    }

    /// An object; anything else is an empty one.
    pub fn object(&self, name: &str) -> Map<String, Value> {
        self.get(name).and_then(Value::as_object).cloned().unwrap_or_default()
    }

    /// A flag, as JSON or in a form's spelling.
    pub fn flag(&self, name: &str) -> Option<bool> {
        self.get(name).and_then(as_flag)
    }

    /// A whole number, also as text.
    pub fn integer(&self, name: &str) -> Option<i64> {
        self.text(name).and_then(|text| text.trim().parse().ok())
    }

    /// The client's own id of a message, unchanged.
    pub fn echo_id(&self) -> Option<Value> {
        self.get("echo_id").filter(|echo| echo.is_string() || echo.is_number()).cloned()
    }

    /// A contact's fields.
    pub fn contact(&self) -> ContactParams {
        ContactParams {
            name: self.text("name"),
            email: self.text("email"),
            phone_number: self.text("phone_number"),
            identifier: self.text("identifier"),
            avatar_url: self.text("avatar_url"),
            custom_attributes: self.object("custom_attributes"),
        }
    }

    /// Takes the files out, for a message that is about to be stored.
    pub fn take_uploads(&mut self) -> Result<Vec<Upload>, ApiError> {
        match std::mem::replace(&mut self.attachments, Attachments::None) {
            Attachments::None => Ok(Vec::new()),
            Attachments::Files(uploads) => Ok(uploads),
            Attachments::NotFiles => Err(ApiError::internal("attachments is not a list of files")),
        }
    }
}

/// A scalar as Rails writes it to a text column.
pub fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(true) => Some("t".into()),
        Value::Bool(false) => Some("f".into()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A flag as Rails reads it; `None`: no scalar.
pub fn as_flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) => Some(matches!(text.as_str(), "true" | "1" | "on" | "t")),
        Value::Number(number) => Some(number.as_i64() == Some(1)),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Whether `Accept` is exactly `application/json`: only then Rails' own errors are JSON.
pub fn accepts_json_only(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT).is_some_and(|accept| accept.as_bytes() == b"application/json")
}

/// Fields of a request: far more than any real form has.
const FIELDS_MAX: usize = 256;
/// Brackets in a field's name.
const DEPTH_MAX: usize = 8;

impl Params {
    fn empty() -> Self {
        Self { fields: Map::new(), attachments: Attachments::None }
    }

    /// Adds a JSON body's fields.
    fn add_json(&mut self, value: Value) {
        // A body that is no object has no named fields.
        let Value::Object(fields) = value else { return };
        self.fields.extend(fields);
        let is_blank = |value: &Value| match value {
            Value::Null => true,
            Value::Array(items) => items.is_empty(),
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => false,
        };
        if self.fields.get("attachments").is_some_and(|value| !is_blank(value)) {
            self.attachments = Attachments::NotFiles;
        }
    }

    /// Adds a form's or a query's fields. `None`: it isn't UTF-8, or has too many fields.
    fn add_form(&mut self, text: &str) -> Option<()> {
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            self.add_field(&url_encoding::decode_form(name)?, url_encoding::decode_form(value)?.into())?;
        }
        Some(())
    }

    /// Adds a field under its name in brackets, `a[b]`. `None`: too deep, or too many.
    fn add_field(&mut self, name: &str, value: Value) -> Option<()> {
        let mut names = name.split('[').map(|part| part.trim_end_matches(']'));
        let first = names.next()?;
        if first == "attachments" {
            self.attachments = Attachments::NotFiles;
        }
        let rest: Vec<&str> = names.collect();
        if rest.len() > DEPTH_MAX || self.fields.len() > FIELDS_MAX {
            return None;
        }
        insert_at(self.fields.entry(first).or_insert(Value::Null), &rest, value);
        Some(())
    }
}

/// Puts a value where a bracketed name says: `a[b][]=c` appends c to the list at b in a.
fn insert_at(slot: &mut Value, path: &[&str], value: Value) {
    match path.split_first() {
        None => *slot = value,
        Some((&"", rest)) => {
            if !slot.is_array() {
                *slot = Value::Array(Vec::new());
            }
            if let Some(items) = slot.as_array_mut() {
                let mut item = Value::Null;
                insert_at(&mut item, rest, value);
                items.push(item);
            }
        }
        Some((name, rest)) => {
            if !slot.is_object() {
                *slot = Value::Object(Map::new());
            }
            if let Some(fields) = slot.as_object_mut() {
                insert_at(fields.entry(*name).or_insert(Value::Null), rest, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn form(text: &str) -> Params {
        let mut params = Params::empty();
        params.add_form(text).unwrap();
        params
    }

    #[test]
    fn params_of_a_form_with_brackets_are_a_tree() {
        let params = form("name=Form+Fiona&custom_attributes%5Bplan%5D=silver&labels[]=a&labels[]=b");
        assert_eq!(params.text("name").as_deref(), Some("Form Fiona"));
        assert_eq!(Value::from(params.object("custom_attributes")), json!({"plan": "silver"}));
        assert_eq!(params.get("labels"), Some(&json!(["a", "b"])));
    }

    #[test]
    fn params_that_are_numbers_become_text_and_trees_none() {
        assert_eq!(as_text(&json!(12345)).as_deref(), Some("12345"));
        assert_eq!(as_text(&json!({"a": 1})), None);
        assert_eq!(as_text(&json!(["a"])), None);
    }

    #[test]
    fn params_refuse_attachments_that_are_text() {
        assert!(form("attachments[]=x").take_uploads().is_err());
        let mut params = form("");
        params.add_json(json!({"attachments": ["not-a-file"]}));
        assert!(params.take_uploads().is_err());
        params.add_json(json!({"attachments": []}));
        assert!(params.take_uploads().unwrap().is_empty());
    }
}
