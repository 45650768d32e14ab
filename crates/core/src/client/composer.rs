//! What the visitor writes, and what the website writes in their place: drafts, messages, answers to forms.

use super::ChatClient;
use super::storage::store_draft;
use crate::content::{Answer, Choice, MessageKind, RATING, value_of};
use crate::host::events::HostEvent;
use crate::model::{EchoId, MessageId};
use crate::time::{Mono, Now};
use crate::unicode::is_blank;
use crate::view::{ComposerProblem, TEXT_CHARS_MAX};
use crate::visitor::form_submissions::FormSubmission;
use crate::visitor::pre_chat_form::PreChatForm;
use crate::{Effect, Update};

/// Messages that may wait to be sent: more is no conversation.
const OUTGOING_MAX: usize = 100;

impl ChatClient {
    /// The visitor changed the text in the composer.
    pub(super) fn draft_changed(&mut self, now: Mono, text: &str, update: &mut Update) {
        self.visitor.composer.problem = None;
        self.visitor.composer.update_text(text);
        self.conversation.typing.draft_changed(now, !self.visitor.composer.has_text);
        store_draft(text, update);
    }

    /// The visitor sends the composer's text and files. What can't be sent now goes back into the composer.
    pub(super) fn submit(&mut self, now: Now, text: &str, update: &mut Update) {
        // The server answers a NUL with a server error.
        let text = text.replace('\0', "");
        let text = text.trim();
        if is_blank(text) && self.visitor.composer.files.is_empty() {
            return;
        }
        if self.is_closed() || self.missing_form().is_some() {
            return self.visitor.insert_text(text.into());
        }
        self.visitor.composer.problem = self.submission_problem(text);
        if self.visitor.composer.problem.is_some() {
            return self.visitor.insert_text(text.into());
        }
        self.visitor.composer.update_text("");
        self.conversation.typing.draft_changed(now.mono, true);
        self.conversation.unread.visitor_wrote();
        self.conversation.jump_to_newest();
        let echo: EchoId = self.rng.uuid().into();
        let files = std::mem::take(&mut self.visitor.composer.files);
        if !files.is_empty() {
            let picks = files.iter().map(|file| file.pick).collect();
            update.effects.push(Effect::StoreFiles { message: echo.clone(), picks });
        }
        self.conversation.timeline.submit(echo, text, files, now.wall, self.visitor.author_mark());
        self.store_outbox(update);
        store_draft("", update);
        self.tabs.ping_leader(now.mono, update);
    }

    fn submission_problem(&self, text: &str) -> Option<ComposerProblem> {
        if text.chars().count() > TEXT_CHARS_MAX as usize {
            Some(ComposerProblem::TooLong)
        } else if self.conversation.timeline.visible_outgoing().count() >= OUTGOING_MAX {
            Some(ComposerProblem::TooManyUnsent)
        } else {
            None
        }
    }

    /// The website sends a message in the visitor's name; what they are writing meanwhile is left alone.
    pub(super) fn send_for_visitor(&mut self, now: Now, text: &str, update: &mut Update) {
        let before = self.visitor.composer.clone();
        self.visitor.composer.files.clear();
        self.submit(now, text, update);
        if self.visitor.composer.injected_text == before.injected_text {
            update.effects.retain(|effect| !super::storage::deletes_draft(effect));
            self.visitor.composer = before;
        } else {
            self.visitor.composer.files = before.files;
        }
    }

    /// The website puts a text into the composer.
    pub(super) fn prefill(&mut self, text: &str, update: &mut Update) {
        if self.visitor.prefill(text) {
            store_draft(text, update);
        }
    }

    /// The visitor submitted a form or a rating in a message.
    pub(super) fn submit_form(&mut self, message: MessageId, fields: Vec<(String, String)>) {
        let Some(kind) = self.conversation.timeline.row(message).map(|row| &row.message.kind) else { return };
        let mut answers = kind.answers(fields);
        if matches!(kind, MessageKind::Rating(_)) {
            // A survey's rating and comment are submitted separately; the server drops the one that a later submission
            // lacks.
            let before = self.answers_to(message);
            let others: Vec<Answer> =
                before.into_iter().filter(|answer| value_of(&answers, &answer.name).is_none()).collect();
            answers.extend(others);
            if value_of(&answers, RATING).is_none() {
                return;
            }
        }
        self.submit_answers(message, answers);
    }

    /// The visitor chose an option in a message.
    pub(super) fn select_choice(&mut self, message: MessageId, choice: Choice, update: &mut Update) {
        update.tell_host(HostEvent::Postback { message, choice: choice.clone() });
        self.submit_answers(message, vec![Answer { name: String::new(), title: choice.title, value: choice.value }]);
    }

    fn submit_answers(&mut self, message: MessageId, answers: Vec<Answer>) {
        let row = self.conversation.timeline.row(message);
        let is_survey = row.is_some_and(|row| matches!(row.message.kind, MessageKind::Rating(_)));
        if let Some(conversation) = self.visitor.session.conversation().filter(|_| !answers.is_empty()) {
            self.visitor.form_submissions.submit(conversation, FormSubmission { message, answers }, is_survey);
        }
    }

    fn answers_to(&self, message: MessageId) -> Vec<Answer> {
        match self.visitor.form_submissions.status_of(message) {
            Some((answers, _)) => answers.to_vec(),
            None => self.conversation.timeline.row(message).map(|row| row.message.answers.clone()).unwrap_or_default(),
        }
    }

    /// The pre-chat form's fields that have to be filled in before anything can be written.
    pub(super) fn missing_form(&self) -> Option<PreChatForm> {
        self.visitor.missing_form(&self.settings.options, self.conversation.has_outgoing())
    }

    /// The visitor submitted the pre-chat form.
    pub(super) fn submit_pre_chat_form(&mut self, now: Now, values: &[(String, String)], update: &mut Update) {
        if let Some(form) = self.missing_form()
            && self.visitor.pre_chat.submit(now.wall, &form, values)
        {
            self.store_pre_chat(update);
        }
    }

    /// The device could not store a record. A visitor whose message waits is warned not to leave the page.
    pub(super) fn storage_failed(&mut self, update: &mut Update) {
        self.host.report_storage_failure(update);
        if self.conversation.timeline.visible_outgoing().next().is_some() {
            self.visitor.composer.problem = Some(ComposerProblem::StorageUnavailable);
        }
    }

    /// Nothing waits any more: the warning of a full device goes.
    pub(super) fn clear_storage_warning(&mut self) {
        if self.visitor.composer.problem == Some(ComposerProblem::StorageUnavailable)
            && self.conversation.timeline.visible_outgoing().next().is_none()
        {
            self.visitor.composer.problem = None;
        }
    }
}
