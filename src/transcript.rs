//! The transcript of a conversation, to be saved as a file.

use std::sync::Arc;

use crate::i18n::Localizer;
use natter_core::content::Attachment;
use natter_core::digits::digits;
use natter_core::json;
use natter_core::model::Message;
use natter_core::url::SafeUrl;

/// A conversation as JSON, the oldest message first: authors, times (seconds since 1970), texts and files' URLs.
#[must_use]
pub fn transcript(localizer: &Localizer, messages: &[Arc<Message>]) -> String {
    let entry = |message: &Arc<Message>| {
        let file = |file: &Attachment| {
            let url = file.url.as_ref().map_or("", SafeUrl::as_str);
            json::object(&[("name", json::string(&file.name)), ("url", json::string(url))])
        };
        let files: Vec<String> = message.attachments.iter().map(file).collect();
        json::object(&[
            ("author", json::string(&localizer.author_name(&message.author))),
            ("at", digits(message.at)),
            ("text", json::string(if message.is_deleted { "" } else { &message.text })),
            ("files", json::list(&files)),
        ])
    };
    json::list(&messages.iter().map(entry).collect::<Vec<_>>())
}
