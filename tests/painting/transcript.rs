//! The transcript that the visitor saves.

use natter_chat::transcript::transcript;
use natter_core::chatwoot;
use serde_json::{Value, json};

use crate::fixtures::{NOON, localizer};

/// The text of a message, as the server has it, in the transcript.
fn saved(more: &Value) -> String {
    let mut message = json!({
        "id": 9, "content": "", "message_type": 1, "content_type": "text", "created_at": NOON,
        "content_attributes": {}, "sender": { "id": 2, "name": "Noor Haddad", "type": "user" },
    });
    message.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let message = chatwoot::parse_message(&message.to_string()).unwrap();
    let saved: Value = serde_json::from_str(&transcript(&localizer(), &[message.into()])).unwrap();
    assert_eq!((&saved[0]["author"], &saved[0]["at"]), (&json!("Noor Haddad"), &json!(NOON)));
    saved[0]["text"].as_str().unwrap().to_owned()
}

#[test]
fn transcript_has_texts_without_markdown_and_with_urls() {
    let text =
        "**Hello**, [the guide](https://a.test/guide) or https://a.test/help\n\n3. one\n4. [two](mailto:b@a.test)";
    assert_eq!(
        saved(&json!({ "content": text })),
        "Hello, the guide (https://a.test/guide) or https://a.test/help\n3. one\n4. two (mailto:b@a.test)"
    );
}

#[test]
fn transcript_says_that_a_message_was_deleted() {
    let deleted = json!({ "content": "gone", "content_attributes": { "deleted": true } });
    assert_eq!(saved(&deleted), "This message was deleted");
}

#[test]
fn transcript_has_what_was_asked_and_answered() {
    let form = json!({ "content": "Your bike?", "content_type": "form", "content_attributes": {
        "items": [
            { "name": "size", "label": "Size", "type": "select", "options": [{ "label": "Small", "value": "s" }] },
            { "name": "city", "label": "City", "type": "text" },
        ],
        "submitted_values": [{ "name": "size", "value": "s" }, { "name": "city", "value": "Leipzig" }],
    } });
    assert_eq!(saved(&form), "Your bike?\nSize: Small\nCity: Leipzig");
    let choice = json!({ "content": "Which one?", "content_type": "input_select", "content_attributes": {
        "items": [{ "title": "Red", "value": "r" }, { "title": "Blue", "value": "b" }],
        "submitted_values": [{ "title": "Blue", "value": "b" }],
    } });
    assert_eq!(saved(&choice), "Which one?\n- Red\n- Blue\n→ Blue");
    let survey = json!({ "content_type": "input_csat", "content_attributes": {
        "submitted_values": { "csat_survey_response": { "rating": 4, "feedback_message": "Quick" } },
    } });
    assert_eq!(saved(&survey), "How would you rate this conversation?\n→ 4/5 Good\n→ Quick");
}

#[test]
fn transcript_has_cards_articles_and_files_with_their_urls() {
    let cards = json!({ "content_type": "cards", "content_attributes": { "items": [{
        "title": "Holm", "description": "A city bike", "media_url": "https://a.test/p.png", "actions": [
            { "type": "link", "text": "See it", "uri": "https://a.test/holm" },
            { "type": "postback", "text": "Keep it", "payload": "keep" },
        ] }] } });
    assert_eq!(saved(&cards), "- Holm\nA city bike\n- See it: https://a.test/holm\n- Keep it");
    let articles = json!({ "content_type": "article", "content_attributes": { "items": [
        { "title": "Returns", "description": "How", "link": "https://a.test/returns" },
    ] } });
    assert_eq!(saved(&articles), "- Returns: https://a.test/returns\nHow");
    let file = json!({ "content": "Here", "attachments": [
        { "id": 1, "file_type": "file", "data_url": "https://a.test/rails/offer.pdf", "file_size": 5 },
        { "id": 2, "file_type": "file", "data_url": "javascript:alert(1)", "file_size": 1, "fallback_title": "x" },
    ] });
    assert_eq!(saved(&file), "Here\noffer.pdf: https://a.test/rails/offer.pdf\nx");
}
