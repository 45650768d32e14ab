//! A conversation to be kept as a file.

use std::sync::Arc;

use super::Words;
use natter_core::content::Attachment;
use natter_core::model::Message;
use natter_core::tolerant_json;
use natter_core::url::SafeUrl;
use serde::Serialize;

/// A conversation as JSON, oldest message first: who, when (seconds since 1970), what, and its files' addresses.
#[must_use]
pub fn transcript(words: &Words, all: &[Arc<Message>]) -> String {
    let messages = all.iter().map(|message| TranscriptMessage {
        author: words.author(&message.author),
        at: message.at,
        text: if message.is_deleted { "" } else { &message.text },
        files: message.attachments.iter().map(TranscriptFile::new).collect(),
    });
    tolerant_json::write(&messages.collect::<Vec<_>>())
}

#[derive(Serialize)]
struct TranscriptMessage<'message> {
    author: String,
    at: u64,
    text: &'message str,
    files: Vec<TranscriptFile<'message>>,
}

#[derive(Serialize)]
struct TranscriptFile<'message> {
    name: &'message str,
    url: &'message str,
}

impl<'message> TranscriptFile<'message> {
    fn new(file: &'message Attachment) -> Self {
        Self { name: &file.name, url: file.url.as_ref().map_or("", SafeUrl::as_str) }
    }
}
