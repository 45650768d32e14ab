//! `submitted_values`: a visitor's answer to a form, a choice or a survey.

use serde_json::{Map, Value};

/// The permitted part of an answer, which is a list of objects with name, title and value, one such object, or a survey's.
/// Other keys are dropped; any other value is no answer.
pub fn permitted(values: &Value) -> Option<Value> {
    match values {
        Value::Array(items) => Some(items.iter().filter_map(Value::as_object).map(permitted_item).collect()),
        Value::Object(item) => Some(permitted_item(item)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

fn permitted_item(item: &Map<String, Value>) -> Value {
    let mut kept: Map<String, Value> = scalars(item, &["name", "title", "value"]);
    if let Some(answer) = item.get("csat_survey_response").and_then(Value::as_object) {
        kept.insert("csat_survey_response".into(), scalars(answer, &["feedback_message", "rating"]).into());
    }
    kept.into()
}

fn scalars(item: &Map<String, Value>, names: &[&str]) -> Map<String, Value> {
    let is_scalar = |value: &Value| !value.is_array() && !value.is_object();
    let kept = item.iter().filter(|(name, value)| names.contains(&name.as_str()) && is_scalar(value));
    kept.map(|(name, value)| (name.clone(), value.clone())).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn submitted_values_keep_permitted_keys_only() {
        let form = json!([{"name": "pick", "value": "a", "unpermitted": 1}]);
        assert_eq!(permitted(&form), Some(json!([{"name": "pick", "value": "a"}])));
        assert_eq!(
            permitted(&json!({"title": "Hash", "value": "hash"})),
            Some(json!({"title": "Hash", "value": "hash"}))
        );
        assert_eq!(permitted(&json!("text")), None);
        let survey = json!({"csat_survey_response": {"rating": 5, "feedback_message": "", "x": 1}});
        let kept = json!({"csat_survey_response": {"rating": 5, "feedback_message": ""}});
        assert_eq!(permitted(&survey), Some(kept));
    }
}
