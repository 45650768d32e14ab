//! The transcript of a conversation, to be saved as a file.

use std::sync::Arc;

use crate::i18n::Localizer;
use natter_core::content::Attachment;
use natter_core::model::Message;
use natter_core::tolerant_json;
use natter_core::url::SafeUrl;
use serde::Serialize;

/// A conversation as JSON, the oldest message first: authors, times (seconds since 1970), texts and files' URLs.
#[must_use]
pub fn transcript(localizer: &Localizer, messages: &[Arc<Message>]) -> String {
    let messages = messages.iter().map(|message| TranscriptMessage {
        author: localizer.author_name(&message.author),
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
