//! What there is to see: the slices anew, and which of them changed.

use std::sync::Arc;

use super::Widget;
use crate::backoff::Backoff;
use crate::conversations::Summary;
use crate::doctor::Finding;
use crate::model::{Author, Message, Person, Status};
use crate::time::Mono;
use crate::view::{self, Changed, Connection, View};

/// By then a first look without the socket has been answered, if anything answers.
const CUT_OFF_MS: u64 = 8_000;
/// So many of the newest messages tell who answers.
const LOOKED_AT: usize = 60;

impl Widget {
    /// Has something said aloud, to those who have the panel open.
    pub(super) fn say_aloud(&mut self, what: view::Told) {
        if self.is_open && !self.is_hidden() {
            self.told = (self.told.0.wrapping_add(1), Some(what));
        }
    }

    pub(super) fn publish(&mut self) -> Changed {
        let is_same_said = !self.timeline.take_changed() & !self.answering.take_changed();
        if !is_same_said {
            self.faces = self.who_answers();
        }
        let connection = self.connection();
        if connection == Connection::Fine && self.view.panel.connection != Connection::Fine {
            self.say_aloud(view::Told::Connected);
        }
        let panel = view::Panel {
            told: self.told.clone(),
            is_open: self.is_open,
            unread: self.unread.count(),
            connection,
            fallback: self.settings.options.fallback.clone().filter(|_| connection == Connection::Barred),
            status: self.condition.status(),
            agent_last_seen_at: self.condition.agent_last_seen_at(),
            choices: view::Choices {
                list: self.session.has_conversations(),
                unread: self.conversations.unread(),
                begin: self.can_leave(),
                end: self.session.conversation().is_some() && self.condition.status() != Status::Resolved,
                is_listing: self.conversations.is_shown(),
            },
            name: self.availability.name().to_owned(),
            presence: self.availability.presence(self.last),
            reply: self.settings.options.reply,
            languages: (Arc::clone(&self.settings.options.languages), self.settings.options.language.clone()),
            faces: self.faces.clone(),
            settings: view::Switches {
                is_heard: self.is_heard(),
                notices: self.notices(),
                theme: self.settings.options.offers_themes.then_some(self.preferences.theme),
                has_transcript: self.timeline.said_len() > 0,
                is_known: self.session.source_id().is_some(),
            },
        };
        let is_hidden = self.is_hidden();
        let shown = view::Shown {
            is_hidden,
            range: self.window.range(&self.timeline),
            held: self.window.held(),
            first_unread: self.unread.first(),
            seen_at: self.condition.agent_last_seen_at(),
        };
        let is_same_thread = is_same_said && self.shown == shown;
        let rows = if is_same_thread {
            Arc::clone(&self.view.thread.rows)
        } else {
            view::rows(&self.timeline, &self.answering, &shown).into()
        };
        let thread = view::Thread {
            rows,
            skipped: shown.range.start,
            newer: self.timeline.len() - shown.range.end,
            is_away: self.window.is_away(),
            unread: self.unread.below(),
            jumps: self.window.jumps(),
            typing: self.typing.theirs().cloned(),
            end: self.end(),
            list: self.conversations.is_shown().then(|| self.list()),
            form: self.form(),
            prompt: self.prompt.clone(),
            is_loading: self.session.conversation().is_some() && !self.history.has_begun(),
            has_earlier: self.history.may_have_earlier() || shown.range.start > 0,
            is_loading_earlier: self.history.is_reading_earlier(),
        };
        self.shown = shown;
        let previews = self.unread.previews().iter().filter_map(|id| self.timeline.row(*id));
        let previews: Vec<Arc<Message>> = previews.map(|row| Arc::clone(&row.message)).collect();
        self.composer.is_away = self.conversations.is_shown() || self.is_closed() || thread.form.is_some();
        self.composer.offers_notices = self.settings.options.offers_notices
            && self.preferences.notices.is_none()
            && self.timeline.newest().is_some();
        let view = View { panel, thread, composer: self.composer.clone(), previews };
        let view = if is_hidden { view.without_conversation() } else { view };
        let changed = view.changed_since(&self.view);
        if changed != Changed::default() {
            self.view = view.into();
        }
        changed
    }

    /// Who answers here: those the site names, then those who wrote last.
    pub(super) fn who_answers(&self) -> Vec<Person> {
        let mut faces = self.settings.options.team.clone();
        for row in self.timeline.newest_rows(LOOKED_AT) {
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
    fn end(&self) -> Option<view::End> {
        let is_gone = self.is_conversation_gone && self.session.conversation().is_none();
        (is_gone || self.condition.status() == Status::Resolved)
            .then(|| view::End { takes_more: !is_gone && !self.is_closed(), can_begin: self.can_leave() })
    }

    fn list(&self) -> view::List {
        let with_unread = |one: &Summary| (one.clone(), self.conversations.unread_in(one.id));
        view::List {
            all: self.conversations.all().map(|all| all.iter().map(with_unread).collect()),
            is_failing: self.conversations.is_failing(),
            open: self.session.conversation(),
        }
    }

    /// One failure is nothing: the next try comes within a second or two. Nor is a socket that can't be had, as long as
    /// messages are read without it; where requests hang, it is the first to tell.
    pub(super) fn is_failing(&self) -> bool {
        let failures = [
            self.history.failures(),
            self.session.failures(),
            self.retries.iter().map(Backoff::tries).max().unwrap_or(0),
        ];
        let is_answered_since = |since: Mono| self.answered.is_some_and(|answered| answered >= since);
        let is_cut_off = |since: Mono| {
            !is_answered_since(since) && self.last.mono >= since.plus(CUT_OFF_MS) && self.cable.failures() > 1
        };
        failures.iter().any(|failures| *failures > 1) || self.cable.failing_since().is_some_and(is_cut_off)
    }

    /// Visitors are told of what they feel: what keeps a message of theirs waiting, or has lasted for a while.
    fn connection(&self) -> Connection {
        let finding = self.doctor.finding(self.is_online, self.socket());
        let is_lasting = self.is_failing() || self.tabs.standing().is_failing;
        let is_felt = is_lasting || self.timeline.shown_sends().next().is_some();
        match finding {
            Some(Finding::Offline) => Connection::Offline,
            Some(Finding::Busy) if is_felt => Connection::Busy,
            Some(
                Finding::MixedContent
                | Finding::ForbiddenByPolicy
                | Finding::NotChatwoot
                | Finding::UnknownInbox
                | Finding::ContactRefused,
            ) if is_felt => Connection::Barred,
            Some(Finding::Unreachable | Finding::AnswersWithheld) if is_felt => Connection::Unreachable,
            // Nobody need know of the socket as long as messages are read without it.
            Some(_) | None if is_lasting => Connection::Unreachable,
            Some(_) | None => Connection::Fine,
        }
    }
}
