//! What agents' messages ask of the visitor, and what becomes of the answers.

use super::{ChatClient, KEY_ANSWER};
use crate::chatwoot;
use crate::chatwoot::requests::{ApiRequest, ApiResponse, Outcome};
use crate::content::{Answer, Choice, FormSubmission, Kind, RATING, value_of};
use crate::digits::digits;
use crate::host::events::HostEvent;
use crate::model::{ConversationId, MessageId};
use crate::time::Mono;
use crate::visitor::generation;
use crate::{Effect, Update};

impl ChatClient {
    /// The visitor filled in a form, or rated.
    pub(super) fn fill(&mut self, message: MessageId, fields: Vec<(String, String)>) {
        let Some(kind) = self.conversation.timeline.row(message).map(|row| &row.message.kind) else { return };
        let mut answers = kind.answers(fields);
        if matches!(kind, Kind::Rating(_)) {
            // Each half of a survey is handed in by itself; the server forgets the half it isn't told.
            let before = self.answers_to(message);
            let kept = before.into_iter().filter(|old| value_of(&answers, &old.name).is_none()).collect::<Vec<_>>();
            answers.extend(kept);
            if value_of(&answers, RATING).is_none() {
                return;
            }
        }
        self.give(message, answers);
    }

    /// The visitor chose.
    pub(super) fn choose(&mut self, message: MessageId, choice: Choice, turn: &mut Update) {
        turn.tell_host(HostEvent::Postback { message, choice: choice.clone() });
        self.give(message, vec![Answer { name: String::new(), title: choice.title, value: choice.value }]);
    }

    fn give(&mut self, message: MessageId, answers: Vec<Answer>) {
        let is_survey =
            self.conversation.timeline.row(message).is_some_and(|row| matches!(row.message.kind, Kind::Rating(_)));
        if let Some(conversation) = self.visitor.session.conversation().filter(|_| !answers.is_empty()) {
            self.visitor.form_submissions.give(conversation, FormSubmission { message, answers }, is_survey);
        }
    }

    fn answers_to(&self, message: MessageId) -> Vec<Answer> {
        match self.visitor.form_submissions.of(message) {
            Some((answers, _)) => answers.to_vec(),
            None => self.conversation.timeline.row(message).map(|row| row.message.answers.clone()).unwrap_or_default(),
        }
    }

    /// Hands in what is to be handed in now.
    pub(super) fn answer(&mut self, now: Mono, conversation: ConversationId, turn: &mut Update) {
        if self.connection.is_online
            && let Some((FormSubmission { message, answers }, is_survey)) =
                self.visitor.form_submissions.next(now, conversation)
        {
            self.call(now, ApiRequest::SubmitForm { conversation, message, answers, is_survey }, turn);
        }
    }

    pub(super) fn reply_answer(&mut self, now: Mono, message: MessageId, outcome: &Outcome) {
        match outcome.verdict() {
            ApiResponse::Success(body) => {
                // First the message as it is now: between the two, the answer would be gone for a moment.
                if let Some(message) = chatwoot::message(body) {
                    self.conversation.timeline.update_message(message);
                }
                self.visitor.form_submissions.succeeded(message);
            }
            ApiResponse::Rejected(words) => self.visitor.form_submissions.refused(message, words),
            ApiResponse::NotFound => self.visitor.form_submissions.forget(message),
            ApiResponse::Busy(ms) => self.visitor.form_submissions.failed(message, now, &mut self.rng, ms),
            ApiResponse::ServerError | ApiResponse::Unknown | ApiResponse::NotSent => {
                self.visitor.form_submissions.failed(message, now, &mut self.rng, 0)
            }
        }
    }

    /// Takes the answers that an earlier page could not hand in.
    pub(super) fn revive_answers(&mut self, kept: &[(String, String)]) {
        for (key, value) in kept {
            if let Some(id) = key.strip_prefix(KEY_ANSWER).and_then(|id| id.parse().ok()) {
                self.visitor.form_submissions.restore(MessageId(id), value);
            }
        }
    }

    pub(super) fn keep_answers(&mut self, turn: &mut Update) {
        for (message, kept) in self.visitor.form_submissions.take_store_ops() {
            let key = [KEY_ANSWER, &digits(message.0)].concat();
            turn.effects.push(match kept {
                Some(kept) => Effect::Save { key, value: generation::stamp(self.visitor.generation, &kept) },
                None => Effect::Delete { key },
            });
        }
    }
}
