//! Answers to interactive messages (forms, choices, surveys) on their way to the server.
//!
//! A submission updates the message that asked; repeating it changes nothing. So it is repeated until the server has
//! it, by the tab in which it was submitted, and stored on the device until then.

use crate::backoff::Backoff;
use crate::content::Answer;
use crate::model::{ConversationId, MessageId};
use crate::rng::Rng;
use crate::time::{Due, Mono};
use crate::tolerant_json::{self, Json};
use serde::Serialize;

/// A submission of answers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FormSubmission {
    /// The message that asked.
    pub message: MessageId,
    /// The answers.
    pub answers: Vec<Answer>,
}

/// The submissions that the server does not have yet, and those it rejected.
#[derive(Debug)]
pub struct FormSubmissions {
    pending: Vec<PendingSubmission>,
    retry: Backoff,
    store_ops: Vec<(MessageId, Option<String>)>,
    is_changed: bool,
}

#[derive(Debug)]
struct PendingSubmission {
    submission: FormSubmission,
    conversation: ConversationId,
    is_survey: bool,
    state: SubmissionState,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum SubmissionState {
    Queued,
    /// Its request is under way.
    Sending,
    /// Its request is under way, and the visitor has submitted another answer since.
    Superseded,
    /// The server rejected it, with its own text if it gave one.
    Rejected(Option<String>),
}

/// The state of a submission, for the view.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum SubmissionStatus {
    /// The server has it, or nothing was submitted.
    #[default]
    Accepted,
    /// It is being sent, or waits for that.
    Sending,
    /// The server rejected it, with its own text if it gave one.
    Rejected(Option<String>),
}

/// The record on the device; `answers` are names, each with a title and a value.
#[derive(Serialize)]
struct SubmissionRecord<'submission> {
    v: u64,
    conversation: ConversationId,
    survey: bool,
    answers: Vec<(&'submission str, [&'submission str; 2])>,
}

const RECORD_VERSION: u64 = 1;
/// The most submissions: more than anyone answers at once.
const PENDING_MAX: usize = 50;

impl Default for FormSubmissions {
    fn default() -> Self {
        Self { pending: Vec::new(), retry: Backoff::new(1_000, 30_000), store_ops: Vec::new(), is_changed: false }
    }
}

impl FormSubmissions {
    /// The visitor submits an answer; it replaces an earlier one to the same message.
    pub fn submit(&mut self, conversation: ConversationId, submission: FormSubmission, is_survey: bool) {
        let message = submission.message;
        let former = self.pending.iter().position(|other| other.submission.message == message);
        let former = former.map(|index| self.pending.remove(index));
        if self.pending.len() >= PENDING_MAX {
            self.discard(message);
            return;
        }
        let is_sending =
            former.is_some_and(|former| matches!(former.state, SubmissionState::Sending | SubmissionState::Superseded));
        let state = if is_sending { SubmissionState::Superseded } else { SubmissionState::Queued };
        let pending = PendingSubmission { submission, conversation, is_survey, state };
        self.store_ops.push((message, Some(pending.record())));
        self.pending.push(pending);
        self.is_changed = true;
        self.retry.retry_now();
    }

    /// Restores a record; a damaged one, or one of another version, is deleted.
    pub fn restore(&mut self, message: MessageId, record: &str) {
        if self.pending.iter().any(|other| other.submission.message == message) || self.pending.len() >= PENDING_MAX {
            return;
        }
        match PendingSubmission::parse(message, record) {
            Some(pending) => {
                self.pending.push(pending);
                self.is_changed = true;
            }
            None => self.store_ops.push((message, None)),
        }
    }

    /// The submission to be sent now, and whether it is a survey's; then it counts as sent. One at a time.
    pub fn start_next(&mut self, now: Mono, conversation: ConversationId) -> Option<(FormSubmission, bool)> {
        let is_sending =
            |other: &PendingSubmission| matches!(other.state, SubmissionState::Sending | SubmissionState::Superseded);
        if !self.retry.is_ready(now) || self.pending.iter().any(is_sending) {
            return None;
        }
        let is_next = |other: &&mut PendingSubmission| {
            matches!(other.state, SubmissionState::Queued) && other.conversation == conversation
        };
        let next = self.pending.iter_mut().find(is_next)?;
        next.state = SubmissionState::Sending;
        Some((next.submission.clone(), next.is_survey))
    }

    /// The server has it.
    pub fn submission_accepted(&mut self, message: MessageId) {
        self.retry.succeeded();
        self.finish(message, None);
    }

    /// The server rejected it, with its own text if it gave one.
    pub fn submission_rejected(&mut self, message: MessageId, reason: Option<String>) {
        self.retry.succeeded();
        self.finish(message, Some(SubmissionState::Rejected(reason)));
    }

    /// The request failed: it is sent again after a pause of at least this long, in ms.
    pub fn submission_failed(&mut self, message: MessageId, now: Mono, rng: &mut Rng, at_least_ms: u64) {
        self.retry.failed(now, rng, at_least_ms);
        self.finish(message, Some(SubmissionState::Queued));
    }

    /// Discards the submission to a message: the message was deleted.
    pub fn discard(&mut self, message: MessageId) {
        self.pending.retain(|other| other.submission.message != message);
        self.store_ops.push((message, None));
        self.is_changed = true;
    }

    /// Discards all submissions.
    pub fn discard_all(&mut self) {
        for other in std::mem::take(&mut self.pending) {
            self.store_ops.push((other.submission.message, None));
        }
        self.is_changed = true;
    }

    /// Ends a pause after a failure: the network may be back.
    pub const fn retry_now(&mut self) {
        self.retry.retry_now();
    }

    /// When the next submission may be sent.
    #[must_use]
    pub fn deadline(&self) -> Option<Due> {
        let is_waiting = self.pending.iter().any(|other| matches!(other.state, SubmissionState::Queued));
        self.retry.until().filter(|_| is_waiting).map(|until| until.due("form submission: again"))
    }

    /// The answers submitted to a message and their state, if the server does not have them yet.
    #[must_use]
    pub fn status_of(&self, message: MessageId) -> Option<(&[Answer], SubmissionStatus)> {
        let pending = self.pending.iter().find(|other| other.submission.message == message)?;
        let status = match &pending.state {
            SubmissionState::Queued | SubmissionState::Sending | SubmissionState::Superseded => {
                SubmissionStatus::Sending
            }
            SubmissionState::Rejected(reason) => SubmissionStatus::Rejected(reason.clone()),
        };
        Some((&pending.submission.answers, status))
    }

    /// Takes the record changes since the last call: the record to store, or `None` to delete it.
    pub fn take_store_ops(&mut self) -> Vec<(MessageId, Option<String>)> {
        std::mem::take(&mut self.store_ops)
    }

    /// Whether anything in the view changed since the last call.
    pub fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.is_changed)
    }

    /// Ends a request. `state_after` is the state it leads to, `None` if it is done; a newer answer is sent next.
    fn finish(&mut self, message: MessageId, state_after: Option<SubmissionState>) {
        let Some(index) = self.pending.iter().position(|other| other.submission.message == message) else { return };
        self.is_changed = true;
        let Some(pending) = self.pending.get_mut(index) else { return };
        match (&pending.state, state_after) {
            (SubmissionState::Superseded, _) => pending.state = SubmissionState::Queued,
            (SubmissionState::Queued | SubmissionState::Sending | SubmissionState::Rejected(_), Some(state)) => {
                // A rejected answer is shown until the page is left; it is not stored, because sending it again would
                // not help.
                if matches!(state, SubmissionState::Rejected(_)) {
                    self.store_ops.push((message, None));
                }
                pending.state = state;
            }
            (SubmissionState::Queued | SubmissionState::Sending | SubmissionState::Rejected(_), None) => {
                self.pending.remove(index);
                self.store_ops.push((message, None));
            }
        }
    }
}

impl PendingSubmission {
    fn record(&self) -> String {
        let answers = self.submission.answers.iter();
        tolerant_json::write(&SubmissionRecord {
            v: RECORD_VERSION,
            conversation: self.conversation,
            survey: self.is_survey,
            answers: answers.map(|answer| (&*answer.name, [&*answer.title, &*answer.value])).collect(),
        })
    }

    /// Parses a record; `None` if it is damaged or of another version.
    fn parse(message: MessageId, record: &str) -> Option<Self> {
        let record = tolerant_json::read(record)?;
        let record = record.object()?;
        let answer = |answer: &Json| {
            let [name, values] = answer.items()? else { return None };
            let [title, value] = values.items()? else { return None };
            let text = |value: &Json| value.text().map(str::to_owned);
            Some(Answer { name: text(name)?, title: text(title)?, value: text(value)? })
        };
        record.get("v")?.number().filter(|version| *version == RECORD_VERSION)?;
        Some(Self {
            submission: FormSubmission {
                message,
                answers: record.get("answers")?.items()?.iter().map(answer).collect::<Option<_>>()?,
            },
            conversation: ConversationId(record.get("conversation")?.number()?),
            is_survey: record.get("survey")?.bool()?,
            state: SubmissionState::Queued,
        })
    }
}
