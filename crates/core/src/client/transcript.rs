//! The conversation as a file.

use super::ChatClient;
use crate::conversation::Transcript;
use crate::host::events::HostEvent;
use crate::view::ComposerProblem;
use crate::{TranscriptFormat, Update};

impl ChatClient {
    /// The visitor wants the conversation as a file.
    pub(super) fn request_transcript(&mut self, format: TranscriptFormat) {
        self.visitor.composer.problem = None;
        self.conversation.request_transcript(format);
    }

    /// Hands the transcript out once every message is loaded.
    pub(super) fn write_transcript(&mut self, update: &mut Update) {
        match self.conversation.take_transcript(self.connection.is_online) {
            Some(Transcript::Complete(format, messages)) => {
                update.tell_host(HostEvent::TranscriptReady { format, messages });
            }
            Some(Transcript::Failed) => {
                self.visitor.composer.problem = Some(ComposerProblem::TranscriptUnavailable);
            }
            None => {}
        }
    }
}
