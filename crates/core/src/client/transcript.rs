//! The conversation as a file.

use super::ChatClient;
use crate::Update;
use crate::conversation::Transcript;
use crate::host::events::HostEvent;
use crate::view::ComposerProblem;

impl ChatClient {
    /// The visitor wants the conversation as a file.
    pub(super) fn request_transcript(&mut self) {
        self.visitor.composer.problem = None;
        self.conversation.request_transcript();
    }

    /// Hands the transcript out once every message is loaded.
    pub(super) fn write_transcript(&mut self, update: &mut Update) {
        match self.conversation.take_transcript(self.connection.is_online) {
            Some(Transcript::Complete(messages)) => {
                update.tell_host(HostEvent::TranscriptReady { messages });
            }
            Some(Transcript::Failed) => {
                self.visitor.composer.problem = Some(ComposerProblem::TranscriptUnavailable);
            }
            None => {}
        }
    }
}
