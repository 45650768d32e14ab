//! What there is to see: the slices anew, and which of them changed.

use std::sync::Arc;

use super::ChatClient;
use crate::backoff::Backoff;
use crate::connection::diagnostics::ConnectionIssue;
use crate::model::{Author, Message, Person, Status};
use crate::time::Mono;
use crate::view::{self, Changed, ConnectionState, View};
use crate::visitor::conversation_list::ConversationSummary;

/// By then a first look without the socket has been answered, if anything answers.
const CUT_OFF_MS: u64 = 8_000;
/// So many of the newest messages tell who answers.
const LOOKED_AT: usize = 60;

impl ChatClient {
    /// Has something said aloud, to those who have the panel open.
    pub(super) fn say_aloud(&mut self, what: view::Announcement) {
        if self.view_model.is_open && !self.is_hidden() {
            self.view_model.announcement = (self.view_model.announcement.0.wrapping_add(1), Some(what));
        }
    }

    pub(super) fn publish(&mut self) -> Changed {
        let is_same_said = !self.conversation.timeline.take_changed() & !self.visitor.form_submissions.take_changed();
        if !is_same_said {
            self.view_model.agents = self.who_answers();
        }
        let connection = self.connection();
        if connection == ConnectionState::Connected
            && self.view_model.view.panel.connection != ConnectionState::Connected
        {
            self.say_aloud(view::Announcement::Reconnected);
        }
        let panel = view::Panel {
            told: self.view_model.announcement.clone(),
            is_open: self.view_model.is_open,
            unread: self.conversation.unread.count(),
            connection,
            fallback: self.settings.options.fallback.clone().filter(|_| connection == ConnectionState::Blocked),
            status: self.conversation.status.status(),
            agent_last_seen_at: self.conversation.status.agent_last_seen_at(),
            choices: view::ConversationActions {
                list: self.visitor.session.has_conversations(),
                unread: self.visitor.conversation_list.unread(),
                begin: self.can_leave(),
                end: self.visitor.session.conversation().is_some()
                    && self.conversation.status.status() != Status::Resolved,
                is_listing: self.visitor.conversation_list.is_shown(),
            },
            name: self.availability.name().to_owned(),
            presence: self.availability.presence(self.now),
            reply: self.settings.options.reply,
            languages: (Arc::clone(&self.settings.options.languages), self.settings.options.language.clone()),
            faces: self.view_model.agents.clone(),
            settings: view::MenuSettings {
                is_heard: self.is_heard(),
                notices: self.notices(),
                theme: self.settings.options.offers_themes.then_some(self.visitor.preferences.theme),
                has_transcript: self.conversation.timeline.message_count() > 0,
                is_known: self.visitor.session.source_id().is_some(),
            },
        };
        let is_hidden = self.is_hidden();
        let shown = view::ThreadScope {
            is_hidden,
            range: self.conversation.window.range(&self.conversation.timeline),
            held: self.conversation.window.held(),
            first_unread: self.conversation.unread.first(),
            seen_at: self.conversation.status.agent_last_seen_at(),
        };
        let is_same_thread = is_same_said && self.view_model.shown == shown;
        let rows = if is_same_thread {
            Arc::clone(&self.view_model.view.thread.rows)
        } else {
            view::rows(&self.conversation.timeline, &self.visitor.form_submissions, &shown).into()
        };
        let thread = view::Thread {
            rows,
            skipped: shown.range.start,
            newer: self.conversation.timeline.len() - shown.range.end,
            is_away: self.conversation.window.is_scrolled_away(),
            unread: self.conversation.unread.below(),
            jumps: self.conversation.window.jumps(),
            typing: self.conversation.typing.theirs().cloned(),
            end: self.end(),
            list: self.visitor.conversation_list.is_shown().then(|| self.list()),
            form: self.form(),
            prompt: self.conversation.prompt.clone(),
            is_loading: self.visitor.session.conversation().is_some() && !self.conversation.history.has_begun(),
            has_earlier: self.conversation.history.may_have_earlier() || shown.range.start > 0,
            is_loading_earlier: self.conversation.history.is_reading_earlier(),
        };
        self.view_model.shown = shown;
        let previews = self.conversation.unread.previews().iter().filter_map(|id| self.conversation.timeline.row(*id));
        let previews: Vec<Arc<Message>> = previews.map(|row| Arc::clone(&row.message)).collect();
        self.visitor.composer.is_away =
            self.visitor.conversation_list.is_shown() || self.is_closed() || thread.form.is_some();
        self.visitor.composer.offers_notices = self.settings.options.offers_notices
            && self.visitor.preferences.notices.is_none()
            && self.conversation.timeline.newest().is_some();
        let view = View { panel, thread, composer: self.visitor.composer.clone(), previews };
        let view = if is_hidden { view.without_conversation() } else { view };
        let changed = view.changed_since(&self.view_model.view);
        if changed != Changed::default() {
            self.view_model.view = view.into();
        }
        changed
    }

    /// Who answers here: those the site names, then those who wrote last.
    pub(super) fn who_answers(&self) -> Vec<Person> {
        let mut faces = self.settings.options.team.clone();
        for row in self.conversation.timeline.newest_rows(LOOKED_AT) {
            if let Author::Agent(person) = &row.message.author
                && faces.iter().all(|face| face.name != person.name)
            {
                faces.push(person.clone());
            }
        }
        faces.truncate(view::FACES_MAX);
        faces
    }

    /// How the conversation ended, if it did. One that the team has deleted takes nothing more, and whatever is written
    /// next begins another.
    fn end(&self) -> Option<view::ConversationEnd> {
        let is_gone = self.conversation.is_deleted && self.visitor.session.conversation().is_none();
        (is_gone || self.conversation.status.status() == Status::Resolved)
            .then(|| view::ConversationEnd { takes_more: !is_gone && !self.is_closed(), can_begin: self.can_leave() })
    }

    fn list(&self) -> view::ConversationListView {
        let with_unread = |one: &ConversationSummary| (one.clone(), self.visitor.conversation_list.unread_in(one.id));
        view::ConversationListView {
            all: self.visitor.conversation_list.all().map(|all| all.iter().map(with_unread).collect()),
            is_failing: self.visitor.conversation_list.is_failing(),
            open: self.visitor.session.conversation(),
        }
    }

    /// One failure is nothing: the next try comes within a second or two. Nor is a socket that can't be had, as long as
    /// messages are read without it; where requests hang, it is the first to tell.
    pub(super) fn is_failing(&self) -> bool {
        let failures = [
            self.conversation.history.failures(),
            self.visitor.session.failures(),
            self.connection.retries.iter().map(Backoff::tries).max().unwrap_or(0),
        ];
        let is_answered_since = |since: Mono| self.connection.last_response.is_some_and(|answered| answered >= since);
        let is_cut_off = |since: Mono| {
            !is_answered_since(since) && self.now.mono >= since.plus(CUT_OFF_MS) && self.connection.cable.failures() > 1
        };
        failures.iter().any(|failures| *failures > 1) || self.connection.cable.failing_since().is_some_and(is_cut_off)
    }

    /// Visitors are told of what they feel: what keeps a message of theirs waiting, or has lasted for a while.
    fn connection(&self) -> ConnectionState {
        let finding = self.connection.diagnostics.finding(self.connection.is_online, self.socket());
        let is_lasting = self.is_failing() || self.tabs.election.standing().is_failing;
        let is_felt = is_lasting || self.conversation.timeline.visible_outgoing().next().is_some();
        match finding {
            Some(ConnectionIssue::Offline) => ConnectionState::Offline,
            Some(ConnectionIssue::Busy) if is_felt => ConnectionState::Busy,
            Some(
                ConnectionIssue::MixedContent
                | ConnectionIssue::ForbiddenByPolicy
                | ConnectionIssue::NotChatwoot
                | ConnectionIssue::UnknownInbox
                | ConnectionIssue::ContactRefused,
            ) if is_felt => ConnectionState::Blocked,
            Some(ConnectionIssue::Unreachable | ConnectionIssue::AnswersWithheld) if is_felt => {
                ConnectionState::Unreachable
            }
            // Nobody need know of the socket as long as messages are read without it.
            Some(_) | None if is_lasting => ConnectionState::Unreachable,
            Some(_) | None => ConnectionState::Connected,
        }
    }
}
