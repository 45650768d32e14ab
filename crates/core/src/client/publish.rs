//! The view: its slices are made anew after every update, and published where they changed.

use std::sync::Arc;

use super::ChatClient;
use crate::connection::diagnostics::ConnectionIssue;
use crate::conversation::Existence;
use crate::conversation::timeline::RowKey;
use crate::host::settings::Options;
use crate::model::{Message, MessageId, Person, Status};
use crate::view::{self, Announcement, Changed, ConnectionState, View};
use crate::visitor::conversation_list::ConversationSummary;

/// The view as it was published, and the state that belongs to the view alone.
#[derive(Debug)]
pub(super) struct ViewModel {
    /// Whether the panel is open.
    pub(super) is_open: bool,
    /// Whether the page can be seen.
    pub(super) is_visible: bool,
    /// What screen readers are to announce; the number grows by one with each announcement.
    announcement: (u32, Option<Announcement>),
    /// Who answers here, as shown in the panel's head.
    agents: Vec<Person>,
    /// What of the thread the view holds.
    scope: view::ThreadScope,
    view: Arc<View>,
}

impl ViewModel {
    /// Nothing is published yet.
    pub(super) fn new(options: &Options) -> Self {
        Self {
            is_open: false,
            is_visible: true,
            announcement: (0, None),
            agents: options.team.iter().take(view::AGENTS_MAX).cloned().collect(),
            scope: view::ThreadScope::default(),
            view: Arc::default(),
        }
    }

    /// Becomes the state of another visitor. The view stays until the next publication replaces it.
    pub(super) fn replace_visitor(&mut self, options: &Options) {
        let Self { is_open, is_visible, announcement: (count, _), agents: _, scope: _, view } = self;
        let (is_open, is_visible, count, view) = (*is_open, *is_visible, count.wrapping_add(1), Arc::clone(view));
        let Self { agents, scope, .. } = Self::new(options);
        *self = Self { is_open, is_visible, announcement: (count, None), agents, scope, view };
    }

    /// What was published last.
    pub(super) const fn view(&self) -> &Arc<View> {
        &self.view
    }

    /// Has screen readers announce something.
    pub(super) fn announce(&mut self, announcement: Announcement) {
        self.announcement = (self.announcement.0.wrapping_add(1), Some(announcement));
    }

    /// The message in a row that is shown, if the server has it.
    pub(super) fn message_in(&self, row: RowKey) -> Option<MessageId> {
        let row = self.view.thread.rows.iter().find(|shown| shown.key == row)?;
        row.content.message().map(|message| message.id)
    }

    /// Publishes a view; which slices are others than before.
    fn publish(&mut self, view: View) -> Changed {
        let changed = view.changed_since(&self.view);
        if changed != Changed::default() {
            self.view = view.into();
        }
        changed
    }
}

impl ChatClient {
    /// Makes the view anew and publishes it; which slices changed.
    pub(super) fn publish(&mut self) -> Changed {
        let is_thread_changed =
            self.conversation.timeline.take_changed() | self.visitor.form_submissions.take_changed();
        if is_thread_changed {
            self.refresh_agents();
        }
        let connection = self.connection_state();
        if connection == ConnectionState::Connected
            && self.view_model.view.panel.connection != ConnectionState::Connected
        {
            self.announce(Announcement::Reconnected);
        }
        let panel = self.panel(connection);
        let thread = self.thread(is_thread_changed);
        self.refresh_composer(thread.form.is_some());
        let previews = self.conversation.unread.previews().iter();
        let previews: Vec<Arc<Message>> = previews.filter_map(|id| self.conversation.message(*id)).collect();
        let view = View { panel, thread, composer: self.visitor.composer.clone(), previews };
        let view = if self.visitor.is_hidden() { view.without_conversation() } else { view };
        self.view_model.publish(view)
    }

    fn panel(&self, connection: ConnectionState) -> view::Panel {
        let options = &self.settings.options;
        view::Panel {
            announcement: self.view_model.announcement.clone(),
            is_open: self.view_model.is_open,
            unread: self.conversation.unread.count(),
            connection,
            fallback: options.fallback.clone().filter(|_| connection == ConnectionState::Blocked),
            status: self.conversation.status.status(),
            agent_last_seen_at: self.conversation.status.agent_last_seen_at(),
            actions: self.conversation_actions(),
            name: self.availability.name().to_owned(),
            presence: self.availability.presence(self.now),
            reply: options.reply,
            languages: (Arc::clone(&options.languages), options.language.clone()),
            agents: self.view_model.agents.clone(),
            settings: view::MenuSettings {
                is_sound_on: self.visitor.plays_sound(options),
                notifications: self.visitor.shows_notifications(options),
                theme: options.offers_themes.then_some(self.visitor.preferences.theme),
                has_transcript: self.conversation.timeline.message_count() > 0,
                is_known: self.visitor.session.source_id().is_some(),
            },
        }
    }

    fn conversation_actions(&self) -> view::ConversationActions {
        let is_open = self.visitor.session.conversation().is_some();
        view::ConversationActions {
            can_list: self.visitor.session.has_conversations(),
            unread: self.visitor.conversation_list.unread_count(),
            can_begin: self.can_leave_conversation(),
            can_end: is_open && self.conversation.status.status() != Status::Resolved,
            is_list_shown: self.visitor.conversation_list.is_shown(),
        }
    }

    fn thread(&mut self, is_changed: bool) -> view::Thread {
        let Self { visitor, conversation, .. } = &*self;
        let scope = view::ThreadScope {
            is_hidden: visitor.is_hidden(),
            range: conversation.window.range(&conversation.timeline),
            held: conversation.window.held(),
            first_unread: conversation.unread.first_unread(),
            seen_at: conversation.status.agent_last_seen_at(),
        };
        let rows = if is_changed || self.view_model.scope != scope {
            view::build_rows(&conversation.timeline, &visitor.form_submissions, &scope).into()
        } else {
            Arc::clone(&self.view_model.view.thread.rows)
        };
        let is_list_shown = visitor.conversation_list.is_shown();
        let thread = view::Thread {
            rows,
            skipped: scope.range.start,
            newer: conversation.timeline.len() - scope.range.end,
            is_scrolled_away: conversation.window.is_scrolled_away(),
            unread: conversation.unread.count_below(),
            jumps: conversation.window.jumps(),
            typing: conversation.typing.agent().cloned(),
            end: self.conversation_end(),
            list: is_list_shown.then(|| self.conversation_list()),
            form: self.missing_form(),
            prompt: conversation.proactive_message.clone(),
            is_loading: visitor.session.conversation().is_some() && !conversation.history.has_begun(),
            has_earlier: conversation.history.may_have_earlier() || scope.range.start > 0,
            is_loading_earlier: conversation.history.is_reading_earlier(),
        };
        self.view_model.scope = scope;
        thread
    }

    fn refresh_composer(&mut self, is_form_shown: bool) {
        let is_covered = self.visitor.conversation_list.is_shown() || self.is_closed() || is_form_shown;
        let may_ask = self.settings.options.offers_notifications && self.visitor.preferences.notifications.is_none();
        self.visitor.composer.is_covered = is_covered;
        self.visitor.composer.offers_notifications = may_ask && self.conversation.timeline.newest().is_some();
    }

    /// Finds out anew who answers here: those that the website names, then those who wrote last.
    pub(super) fn refresh_agents(&mut self) {
        self.view_model.agents = self.conversation.agents(&self.settings.options.team, view::AGENTS_MAX);
    }

    /// How the conversation ended, if it did. A deleted one takes nothing more, and the next message begins another.
    fn conversation_end(&self) -> Option<view::ConversationEnd> {
        let is_deleted = self.conversation.existence == Existence::Deleted;
        let is_gone = is_deleted && self.visitor.session.conversation().is_none();
        (is_gone || self.conversation.status.status() == Status::Resolved).then(|| view::ConversationEnd {
            can_reopen: !is_gone && !self.is_closed(),
            can_begin: self.can_leave_conversation(),
        })
    }

    fn conversation_list(&self) -> view::ConversationListView {
        let list = &self.visitor.conversation_list;
        let with_unread = |one: &ConversationSummary| (one.clone(), list.unread_in(one.id));
        view::ConversationListView {
            all: list.all().map(|all| all.iter().map(with_unread).collect()),
            is_failing: list.is_failing(),
            open: self.visitor.session.conversation(),
        }
    }

    /// Whether the server can't be reached, and not just for a moment.
    pub(super) fn is_failing(&self) -> bool {
        let failures = self.conversation.history.failures().max(self.visitor.session.failures());
        self.connection.is_failing(self.now.mono, failures)
    }

    /// The state of the connection as visitors are shown it: problems that keep their messages waiting, or have lasted
    /// for a while.
    fn connection_state(&self) -> ConnectionState {
        let is_lasting = self.is_failing() || self.tabs.election.leader_status().is_failing;
        let is_felt = is_lasting || self.conversation.timeline.visible_outgoing().next().is_some();
        match self.connection.issue() {
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
            // A missing socket is not shown as long as messages are read without it.
            Some(_) | None if is_lasting => ConnectionState::Unreachable,
            Some(_) | None => ConnectionState::Connected,
        }
    }
}
