//! A conversation to be kept as a file.

use std::sync::Arc;

use super::Words;
use natter_core::content::Attachment;
use natter_core::digits::digits;
use natter_core::json;
use natter_core::model::Message;
use natter_core::url::SafeUrl;

/// A conversation as JSON, oldest message first: who, when (seconds since 1970), what, and its files' addresses.
#[must_use]
pub fn transcript(words: &Words, all: &[Arc<Message>]) -> String {
    let one = |message: &Arc<Message>| {
        let file = |file: &Attachment| {
            let url = file.url.as_ref().map_or("", SafeUrl::as_str);
            json::object(&[("name", json::string(&file.name)), ("url", json::string(url))])
        };
        let files: Vec<String> = message.attachments.iter().map(file).collect();
        json::object(&[
            ("author", json::string(&words.author(&message.author))),
            ("at", digits(message.at)),
            ("text", json::string(if message.is_deleted { "" } else { &message.text })),
            ("files", json::list(&files)),
        ])
    };
    json::list(&all.iter().map(one).collect::<Vec<_>>())
}
