//! A conversation to be kept as a file.

use std::sync::Arc;

use super::Words;
use crate::core::content::Attachment;
use crate::core::model::Message;
use crate::core::url::SafeUrl;
use crate::digits::digits;
use crate::json;

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
