//! What agents are told of the visitor before the first message: who they say they are, and where they come from.

use super::{ChatClient, KEY_INTRODUCTION};
use crate::chatwoot::requests::{ApiRequest, ApiResponse};
use crate::json;
use crate::time::{Mono, Now};
use crate::visitor::conversation_index::ConversationIndex;
use crate::visitor::pre_chat_form::PreChatForm;
use crate::{PageContext, Update};

impl ChatClient {
    /// What is to be asked before anything can be written.
    pub(super) fn form(&self) -> Option<PreChatForm> {
        let is_beginning =
            self.visitor.session.conversation().is_none() && self.conversation.timeline.sends().next().is_none();
        self.settings
            .options
            .form
            .as_ref()
            .filter(|_| is_beginning)
            .and_then(|form| self.visitor.pre_chat_form.missing(form))
    }

    /// The visitor filled the form in.
    pub(super) fn introduce(&mut self, now: Now, values: &[(String, String)], turn: &mut Update) {
        if let Some(form) = self.form()
            && self.visitor.pre_chat_form.fill(now.wall, &form, values)
        {
            self.keep_introduction(turn);
        }
    }

    /// Tells the server who the visitor says they are.
    pub(super) fn tell_introduction(&mut self, now: Mono, turn: &mut Update) {
        if self.visitor.session.is_contact_verified()
            && self.connection.is_online
            && self.visitor.pre_chat_form.is_due(now)
            && self.may_write(now, turn)
            && self.visitor.pre_chat_form.next(now)
        {
            let listed = self.known_listed();
            let about = self.visitor.pre_chat_form.contact(&self.visitor.identity, listed.as_ref());
            self.call(now, ApiRequest::UpdateContact { about, listed }, turn);
        }
    }

    /// `listed` is which conversations the contact was told to have, if it was.
    pub(super) fn reply_update(
        &mut self,
        now: Mono,
        verdict: &ApiResponse<'_>,
        listed: Option<ConversationIndex>,
        turn: &mut Update,
    ) {
        match verdict {
            // What is refused once is refused again: the conversation is worth more.
            ApiResponse::Success(_) | ApiResponse::Rejected(_) => {
                self.visitor.pre_chat_form.is_answered();
                self.keep_introduction(turn);
                if let ApiResponse::Success(body) = verdict {
                    self.is_verified(body, listed);
                }
            }
            ApiResponse::NotFound => {
                self.visitor.pre_chat_form.failed(now, &mut self.rng, 0);
                self.visitor.session.verify_contact();
            }
            ApiResponse::Busy(ms) => self.visitor.pre_chat_form.failed(now, &mut self.rng, *ms),
            ApiResponse::ServerError | ApiResponse::Unknown | ApiResponse::NotSent => {
                self.visitor.pre_chat_form.failed(now, &mut self.rng, 0)
            }
        }
    }

    pub(super) fn keep_introduction(&mut self, turn: &mut Update) {
        if let Some(kept) = self.visitor.pre_chat_form.take_record() {
            self.keep_one(KEY_INTRODUCTION.to_owned(), Some(kept), turn);
        }
    }

    /// What a conversation that begins now is told to be about, as JSON; empty for nothing.
    pub(super) fn circumstances(&self) -> String {
        let PageContext { url, referrer, language } = &self.host.page;
        let told = [("page_url", url), ("referrer", referrer), ("language", language)];
        let told = told.into_iter().filter(|_| self.settings.options.tells_page);
        let all: Vec<(&str, String)> = told
            .chain([("prompt", &self.conversation.prompt)])
            .filter(|(_, said)| !said.is_empty())
            .map(|(name, said)| (name, json::string(said)))
            .chain(self.visitor.identity.of_conversation().iter().map(|(name, value)| (name.as_str(), value.clone())))
            .collect();
        if all.is_empty() { String::new() } else { json::object(&[("custom_attributes", json::object(&all))]) }
    }
}
