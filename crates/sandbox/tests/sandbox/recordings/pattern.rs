//! Patterns: recorded JSON in which names stand for values that the server chooses.
//!
//! `⟨contact 1⟩` is a name: it stands for the value that it first matched. `⟨seconds⟩` and the like match any value of
//! their kind. `⟨as⟩` in an object names a shape of `shapes.json`, to which the object's other keys are added.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// The values of names so far.
#[derive(Clone, Debug, Default)]
pub struct Names {
    known: BTreeMap<String, Value>,
}

impl Names {
    pub fn set(&mut self, name: &str, value: Value) {
        self.known.insert(name.to_owned(), value);
    }

    /// A text with its names filled in.
    pub fn fill(&self, text: &str) -> String {
        let mut filled = text.to_owned();
        for (name, value) in &self.known {
            let spelt = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            filled = filled.replace(&format!("⟨{name}⟩"), &spelt);
        }
        filled
    }

    /// A request's body with its names filled in; `{"⟨repeated x⟩": n}` is a text of that many.
    pub fn fill_tree(&self, tree: &Value) -> Value {
        match tree {
            Value::String(text) => match text.strip_prefix('⟨').and_then(|rest| rest.strip_suffix('⟩')) {
                // A failed step before this one reports it.
                Some(name) => self.known.get(name).cloned().unwrap_or(Value::Null),
                None => self.fill(text).into(),
            },
            Value::Array(items) => items.iter().map(|item| self.fill_tree(item)).collect(),
            Value::Object(fields) => match fields.get("⟨repeated x⟩").and_then(Value::as_u64) {
                Some(count) => "x".repeat(usize::try_from(count).unwrap()).into(),
                None => fields.iter().map(|(key, value)| (key.clone(), self.fill_tree(value))).collect(),
            },
            Value::Null | Value::Bool(_) | Value::Number(_) => tree.clone(),
        }
    }

    /// Matches a value with a recorded pattern, and learns new names. The error says where they differ.
    pub fn unify(&mut self, pattern: &Value, value: &Value) -> Result<(), String> {
        self.at("", pattern, value, false)
    }

    /// The same, but objects may have additional keys.
    pub fn unify_at_least(&mut self, pattern: &Value, value: &Value) -> Result<(), String> {
        self.at("", pattern, value, true)
    }

    fn at(&mut self, path: &str, pattern: &Value, value: &Value, more: bool) -> Result<(), String> {
        let differs = || Err(format!("{path}: recorded {pattern}, came {value}"));
        match (pattern, value) {
            (Value::String(text), _) => match text.strip_prefix('⟨').and_then(|rest| rest.strip_suffix('⟩')) {
                Some(name) if !name.contains('⟨') => self.named(path, name, value),
                _ if value.as_str() == Some(&self.fill(text)) => Ok(()),
                _ => differs(),
            },
            (Value::Object(fields), Value::Object(came)) => self.object(path, &spell_out(fields), came, more),
            (Value::Array(items), Value::Array(came)) if items.len() == came.len() => {
                let mut pairs = items.iter().zip(came).enumerate();
                pairs.try_for_each(|(index, (item, came))| self.at(&format!("{path}/{index}"), item, came, more))
            }
            _ if pattern == value => Ok(()),
            _ => differs(),
        }
    }

    fn object(
        &mut self,
        path: &str,
        fields: &Map<String, Value>,
        came: &Map<String, Value>,
        more: bool,
    ) -> Result<(), String> {
        let missing: Vec<_> = fields.keys().filter(|key| !came.contains_key(*key)).collect();
        let added: Vec<_> = came.keys().filter(|key| !fields.contains_key(*key) && !more).collect();
        if !missing.is_empty() || !added.is_empty() {
            return Err(format!("{path}: missing {missing:?}, added {added:?}"));
        }
        fields.iter().try_for_each(|(key, pattern)| self.at(&format!("{path}/{key}"), pattern, &came[key], more))
    }

    fn named(&mut self, path: &str, name: &str, value: &Value) -> Result<(), String> {
        let fits = match name {
            "any" | "bytes" => true,
            "integer" => value.is_i64(),
            "measure" => value.is_i64() || value.is_null(),
            "string" => value.is_string(),
            "object" => value.is_object(),
            "list" => value.is_array(),
            "seconds" => value.as_i64().is_some_and(|seconds| seconds > 1_700_000_000),
            "fraction" => value.is_f64() && value.as_f64().is_some_and(|seconds| seconds > 1.7e9),
            "iso" => value.as_str().is_some_and(is_iso),
            "url" => value.as_str().is_some_and(|text| text.starts_with("http://")),
            "html" => value.as_str().is_some_and(|text| text.starts_with('<')),
            "availability" => value.is_null() || ["online", "busy", "offline"].iter().any(|word| value == word),
            "pushed messages" => return self.pushed_messages(path, value),
            _ => match self.known.get(name) {
                Some(known) if known == value => true,
                Some(known) => return Err(format!("{path}: {name} is {known}, came {value}")),
                None => {
                    self.set(name, value.clone());
                    value.is_i64() || value.is_string()
                }
            },
        };
        if fits { Ok(()) } else { Err(format!("{path}: recorded ⟨{name}⟩, came {value}")) }
    }

    /// A conversation's event has its last message; one serialized earlier has none or another.
    fn pushed_messages(&mut self, path: &str, value: &Value) -> Result<(), String> {
        let messages = value.as_array().filter(|messages| messages.len() <= 1);
        let messages = messages.ok_or_else(|| format!("{path}: at most one message, came {value}"))?;
        let shape = shapes()["pushed message"].as_object().cloned().unwrap();
        let optional = ["sender", "attachments", "echo_id"];
        for message in messages {
            let came = message.as_object().ok_or_else(|| format!("{path}: a message is an object"))?;
            let missing: Vec<_> = shape.keys().filter(|key| !came.contains_key(*key)).collect();
            let added: Vec<_> =
                came.keys().filter(|key| !shape.contains_key(*key) && !optional.contains(&key.as_str())).collect();
            if !missing.is_empty() || !added.is_empty() {
                return Err(format!("{path}: in its message missing {missing:?}, added {added:?}"));
            }
        }
        Ok(())
    }
}

fn spell_out(fields: &Map<String, Value>) -> Map<String, Value> {
    let Some(name) = fields.get("⟨as⟩").and_then(Value::as_str) else { return fields.clone() };
    let mut whole = shapes()[name].as_object().cloned().unwrap_or_else(|| panic!("no shape is called {name}"));
    whole.extend(fields.iter().filter(|(key, _)| *key != "⟨as⟩").map(|(key, value)| (key.clone(), value.clone())));
    whole
}

fn shapes() -> Value {
    serde_json::from_str(include_str!("../../fixtures/sandbox/shapes.json")).unwrap()
}

fn is_iso(text: &str) -> bool {
    let digits_as =
        |text: &str| text.chars().map(|letter| if letter.is_ascii_digit() { '0' } else { letter }).collect();
    let pattern: String = digits_as(text);
    pattern == "0000-00-00T00:00:00.000Z"
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_pattern_name_stands_for_the_value_it_first_matched() {
        let mut names = Names::default();
        names.unify(&json!({"id": "⟨message 1⟩"}), &json!({"id": 7})).unwrap();
        assert!(names.unify(&json!("⟨message 1⟩"), &json!(8)).is_err());
        assert_eq!(names.fill("/messages/⟨message 1⟩"), "/messages/7");
    }

    #[test]
    fn patterns_find_every_difference() {
        for (pattern, value) in [
            (json!({"a": 1}), json!({})),
            (json!({"a": 1}), json!({"a": 1, "b": 2})),
            (json!({"a": 1}), json!({"a": "1"})),
            (json!({"a": 1}), json!({"a": 1.0})),
            (json!({"a": null}), json!({"a": {}})),
            (json!([1]), json!([1, 2])),
            (json!("⟨seconds⟩"), json!(1_795_223_824.5)),
            (json!("⟨fraction⟩"), json!(1_795_223_824)),
            (json!("⟨iso⟩"), json!(1_795_223_824)),
            (json!("<b>"), json!("<i>")),
        ] {
            assert!(Names::default().unify(&pattern, &value).is_err(), "{pattern} {value}");
        }
    }
}
