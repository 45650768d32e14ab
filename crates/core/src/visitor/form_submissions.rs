//! What the visitor answers to agents' questions (forms, choices, surveys), on its way to the server.
//!
//! An answer changes the message that asked; giving it twice is giving it once. So it is simply repeated until the
//! server has it, by whichever tab took it, and kept on the device until then.

use crate::backoff::Backoff;
use crate::content::{Answer, FormSubmission};
use crate::digits::digits;
use crate::json::{self, Value};
use crate::model::{ConversationId, MessageId};
use crate::rng::Rng;
use crate::time::{Due, Mono};

/// The machine.
#[derive(Debug)]
pub struct FormSubmissions {
    waiting: Vec<PendingSubmission>,
    retry: Backoff,
    keep: Vec<(MessageId, Option<String>)>,
    is_changed: bool,
}

#[derive(Debug)]
struct PendingSubmission {
    given: FormSubmission,
    conversation: ConversationId,
    is_survey: bool,
    stage: SubmissionState,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum SubmissionState {
    Queued,
    /// Its request is under way.
    Sending,
    /// The same, and what was given since then is another answer.
    Superseded,
    /// The server refused it, perhaps with words of its own.
    Rejected(Option<String>),
}

/// How an answer fares, for showing it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum SubmissionStatus {
    /// The server has it, or there is none.
    #[default]
    Accepted,
    /// It is on its way.
    Sending,
    /// The server refused it, perhaps with words of its own.
    Rejected(Option<String>),
}

const KEPT_VERSION: u64 = 1;
/// More questions than anybody answers at once.
const WAITING_MAX: usize = 50;

impl Default for FormSubmissions {
    fn default() -> Self {
        Self { waiting: Vec::new(), retry: Backoff::new(1_000, 30_000), keep: Vec::new(), is_changed: false }
    }
}

impl FormSubmissions {
    /// The visitor answers; an earlier answer to the same message is forgotten.
    pub fn submit(&mut self, conversation: ConversationId, given: FormSubmission, is_survey: bool) {
        let message = given.message;
        let was = self.waiting.iter().position(|other| other.given.message == message);
        let was = was.map(|at| self.waiting.remove(at));
        if self.waiting.len() >= WAITING_MAX {
            self.forget(message);
            return;
        }
        let is_asking =
            was.is_some_and(|was| matches!(was.stage, SubmissionState::Sending | SubmissionState::Superseded));
        let stage = if is_asking { SubmissionState::Superseded } else { SubmissionState::Queued };
        let waiting = PendingSubmission { given, conversation, is_survey, stage };
        self.keep.push((message, Some(waiting.kept())));
        self.waiting.push(waiting);
        self.is_changed = true;
        self.retry.retry_now();
    }

    /// Takes what the device kept of an answer; what is broken or of another version is forgotten.
    pub fn restore(&mut self, message: MessageId, kept: &str) {
        if self.waiting.iter().any(|other| other.given.message == message) || self.waiting.len() >= WAITING_MAX {
            return;
        }
        match PendingSubmission::read(message, kept) {
            Some(waiting) => {
                self.waiting.push(waiting);
                self.is_changed = true;
            }
            None => self.keep.push((message, None)),
        }
    }

    /// The answer to be handed in now, if any is; then its end is waited for. One at a time.
    pub fn next(&mut self, now: Mono, conversation: ConversationId) -> Option<(FormSubmission, bool)> {
        let is_asking =
            |other: &PendingSubmission| matches!(other.stage, SubmissionState::Sending | SubmissionState::Superseded);
        if !self.retry.is_ready(now) || self.waiting.iter().any(is_asking) {
            return None;
        }
        let is_next = |other: &&mut PendingSubmission| {
            matches!(other.stage, SubmissionState::Queued) && other.conversation == conversation
        };
        let next = self.waiting.iter_mut().find(is_next)?;
        next.stage = SubmissionState::Sending;
        Some((next.given.clone(), next.is_survey))
    }

    /// The server has it.
    pub fn succeeded(&mut self, message: MessageId) {
        self.retry.succeeded();
        self.end(message, None);
    }

    /// The server will not have it.
    pub fn rejected(&mut self, message: MessageId, words: Option<String>) {
        self.retry.succeeded();
        self.end(message, Some(SubmissionState::Rejected(words)));
    }

    /// Nobody knows whether the server has it; it is handed in again after a while.
    pub fn failed(&mut self, message: MessageId, now: Mono, chance: &mut Rng, at_least_ms: u64) {
        self.retry.failed(now, chance, at_least_ms);
        self.end(message, Some(SubmissionState::Queued));
    }

    /// The message that asked is there no more.
    pub fn forget(&mut self, message: MessageId) {
        self.waiting.retain(|other| other.given.message != message);
        self.keep.push((message, None));
        self.is_changed = true;
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        for other in std::mem::take(&mut self.waiting) {
            self.keep.push((other.given.message, None));
        }
        self.is_changed = true;
    }

    /// The network is thought to be back.
    pub const fn retry_now(&mut self) {
        self.retry.retry_now();
    }

    /// When the next try is due.
    #[must_use]
    pub fn deadline(&self) -> Option<Due> {
        let is_waiting = self.waiting.iter().any(|other| matches!(other.stage, SubmissionState::Queued));
        self.retry.until().filter(|_| is_waiting).map(|until| until.due("answer: again"))
    }

    /// What was answered to a message here and how it fares, if that is more than the server says.
    #[must_use]
    pub fn of(&self, message: MessageId) -> Option<(&[Answer], SubmissionStatus)> {
        let waiting = self.waiting.iter().find(|other| other.given.message == message)?;
        let fate = match &waiting.stage {
            SubmissionState::Queued | SubmissionState::Sending | SubmissionState::Superseded => {
                SubmissionStatus::Sending
            }
            SubmissionState::Rejected(words) => SubmissionStatus::Rejected(words.clone()),
        };
        Some((&waiting.given.answers, fate))
    }

    /// What the device is to keep, or to forget, since this was asked last.
    pub fn take_store_ops(&mut self) -> Vec<(MessageId, Option<String>)> {
        std::mem::take(&mut self.keep)
    }

    /// Whether anything shown has changed since this was asked last.
    pub fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.is_changed)
    }

    /// A request has ended; an answer given meanwhile is handed in next.
    fn end(&mut self, message: MessageId, becomes: Option<SubmissionState>) {
        let Some(at) = self.waiting.iter().position(|other| other.given.message == message) else { return };
        self.is_changed = true;
        let Some(waiting) = self.waiting.get_mut(at) else { return };
        match (&waiting.stage, becomes) {
            (SubmissionState::Superseded, _) => waiting.stage = SubmissionState::Queued,
            (SubmissionState::Queued | SubmissionState::Sending | SubmissionState::Rejected(_), Some(stage)) => {
                // A refused answer is shown until the page is left; handing it in again would bring no more.
                if matches!(stage, SubmissionState::Rejected(_)) {
                    self.keep.push((message, None));
                }
                waiting.stage = stage;
            }
            (SubmissionState::Queued | SubmissionState::Sending | SubmissionState::Rejected(_), None) => {
                self.waiting.remove(at);
                self.keep.push((message, None));
            }
        }
    }
}

impl PendingSubmission {
    fn kept(&self) -> String {
        let answer = |answer: &Answer| {
            let told = json::list(&[json::string(&answer.title), json::string(&answer.value)]);
            json::list(&[json::string(&answer.name), told])
        };
        json::object(&[
            ("v", digits(KEPT_VERSION)),
            ("conversation", digits(self.conversation.0)),
            ("survey", json::truth(self.is_survey)),
            ("answers", json::list(&self.given.answers.iter().map(answer).collect::<Vec<_>>())),
        ])
    }

    /// What was kept; `None` when it is broken or of another version.
    fn read(message: MessageId, kept: &str) -> Option<Self> {
        let kept = json::read(kept)?;
        let kept = kept.object()?;
        let answer = |answer: &Value| {
            let [name, told] = answer.items()? else { return None };
            let [title, value] = told.items()? else { return None };
            let text = |value: &Value| value.text().map(str::to_owned);
            Some(Answer { name: text(name)?, title: text(title)?, value: text(value)? })
        };
        kept.get("v")?.number().filter(|version| *version == KEPT_VERSION)?;
        Some(Self {
            given: FormSubmission {
                message,
                answers: kept.get("answers")?.items()?.iter().map(answer).collect::<Option<_>>()?,
            },
            conversation: ConversationId(kept.get("conversation")?.number()?),
            is_survey: kept.get("survey")?.truth()?,
            stage: SubmissionState::Queued,
        })
    }
}
