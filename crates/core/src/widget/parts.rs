//! The parts of a chat's state.

use std::sync::Arc;

use super::identifying::Successor;
use super::reading::ReadReceipts;
use super::telling::Noted;
use crate::answering::Answering;
use crate::backoff::Backoff;
use crate::cable::Cable;
use crate::calls::{Call, CallId};
use crate::condition::Condition;
use crate::conversations::Conversations;
use crate::doctor::Doctor;
use crate::history::History;
use crate::identity::Identity;
use crate::introduction::Introduction;
use crate::listed::Listed;
use crate::model::Person;
use crate::pace::Pace;
use crate::preferences::Preferences;
use crate::question::Question;
use crate::session::Session;
use crate::settings::Options;
use crate::tabs::{Tabs, Word};
use crate::time::Mono;
use crate::timeline::Timeline;
use crate::typing::Typing;
use crate::unread::Unread;
use crate::view::{self, View};
use crate::watch::Watch;
use crate::window::Window;
use crate::{Format, Page};

/// All that is known of the person who uses this device, conversations apart. Replaced whole for another visitor.
#[derive(Debug)]
pub(super) struct Visitor {
    /// The number of visitors that this device has forgotten (`generation`).
    pub generation: u64,
    pub session: Session,
    pub identity: Identity,
    /// Who follows, if the page has named another user and the present one's messages are still being sent.
    pub successor: Option<Box<Successor>>,
    /// What a proven contact's attributes are known to say of its conversations.
    pub listed: Option<Listed>,
    /// The request for the conversations of a proven user whose device knows none.
    pub finding: Question,
    pub pre_chat_form: Introduction,
    pub preferences: Preferences,
    pub conversation_list: Conversations,
    pub form_submissions: Answering,
    pub composer: view::Composer,
    /// The draft that the device kept, until it may be shown.
    pub kept_draft: Option<Arc<str>>,
}

impl Visitor {
    pub(super) fn new(session: Session) -> Self {
        Self {
            generation: 0,
            session,
            identity: Identity::default(),
            successor: None,
            listed: None,
            finding: Question::default(),
            pre_chat_form: Introduction::default(),
            preferences: Preferences::default(),
            conversation_list: Conversations::default(),
            form_submissions: Answering::default(),
            composer: view::Composer::default(),
            kept_draft: None,
        }
    }

    /// Becomes the state of the next visitor of this device, under this generation. `successor` is who the page has named.
    pub(super) fn replace(&mut self, generation: u64, successor: Option<Identity>) {
        let Self {
            generation: _,
            session,
            identity: _,
            successor: _,
            listed: _,
            finding: _,
            pre_chat_form: _,
            preferences: _,
            conversation_list: _,
            form_submissions: _,
            composer,
            kept_draft: _,
        } = self;
        *self = Self {
            generation,
            session: session.of_next_visitor(),
            identity: successor.unwrap_or_default(),
            successor: None,
            listed: None,
            finding: Question::default(),
            pre_chat_form: Introduction::default(),
            preferences: Preferences::default(),
            conversation_list: Conversations::default(),
            form_submissions: Answering::default(),
            composer: composer.emptied(),
            kept_draft: None,
        };
    }
}

/// The open conversation. Replaced whole for another one.
#[derive(Debug, Default)]
pub(super) struct Conversation {
    pub timeline: Timeline,
    pub history: History,
    pub status: Condition,
    pub unread: Unread,
    pub window: Window,
    pub typing: Typing,
    pub read_receipts: ReadReceipts,
    /// What the visitor wants to keep the conversation as, until all of it is here.
    pub transcript: Option<Format>,
    /// The proactive message that the visitor was shown before they opened the panel; empty for none.
    pub prompt: String,
    /// Whether the server did not find it; asking for the contact tells whether only the conversation is gone.
    pub is_missing: bool,
    /// Whether it is gone: the team has deleted it.
    pub is_deleted: bool,
}

impl Conversation {
    /// Becomes the state of another conversation of the same visitor, with the messages that are still to be sent.
    pub(super) fn replace(&mut self) {
        let Self {
            timeline,
            history: _,
            status: _,
            unread: _,
            window: _,
            typing,
            read_receipts: _,
            transcript: _,
            prompt,
            is_missing,
            is_deleted,
        } = std::mem::take(self);
        *self = Self {
            timeline: timeline.of_next_conversation(),
            history: History::default(),
            status: Condition::default(),
            unread: Unread::default(),
            window: Window::default(),
            typing: typing.of_next_conversation(),
            read_receipts: ReadReceipts::default(),
            transcript: None,
            prompt,
            is_missing,
            is_deleted,
        };
    }

    /// Becomes the state of another visitor, with the messages that were written for this user.
    pub(super) fn replace_visitor(&mut self, user: Option<u64>) {
        let Self {
            timeline,
            history: _,
            status: _,
            unread: _,
            window: _,
            typing: _,
            read_receipts: _,
            transcript: _,
            prompt: _,
            is_missing: _,
            is_deleted: _,
        } = std::mem::take(self);
        self.timeline = timeline.of_next_visitor(user);
    }
}

/// The connection to the server, and what is known of its state. It outlives visitors and conversations.
#[derive(Debug)]
pub(super) struct Connection {
    pub cable: Cable,
    pub polling: Watch,
    pub requests: Vec<(CallId, Call, Mono)>,
    pub last_request: u64,
    /// The pauses after posts that could not be made, text's and uploads'.
    pub retries: [Backoff; 2],
    pub rate_limit: Pace,
    pub diagnostics: Doctor,
    /// When the server last answered a request.
    pub last_response: Option<Mono>,
    /// Whether a request has ended without an answer since the server was last heard.
    pub is_way_broken: bool,
    pub is_online: bool,
}

impl Default for Connection {
    fn default() -> Self {
        Self {
            cable: Cable::default(),
            polling: Watch::default(),
            requests: Vec::new(),
            last_request: 0,
            retries: [(); 2].map(|()| Backoff::new(1_000, 30_000)),
            rate_limit: Pace::default(),
            diagnostics: Doctor::default(),
            last_response: None,
            is_way_broken: false,
            is_online: true,
        }
    }
}

impl Connection {
    /// Becomes the state of another visitor: how the server fares is the same for both, what waited for it is not.
    pub(super) fn replace_visitor(&mut self) {
        let Self {
            cable,
            polling: _,
            requests: _,
            last_request,
            retries: _,
            rate_limit,
            diagnostics,
            last_response,
            is_way_broken,
            is_online,
        } = std::mem::take(self);
        let Self { polling, requests, retries, .. } = Self::default();
        *self = Self {
            cable,
            polling,
            requests,
            last_request,
            retries,
            rate_limit,
            diagnostics,
            last_response,
            is_way_broken,
            is_online,
        };
    }
}

/// The other tabs of this visitor.
#[derive(Debug, Default)]
pub(super) struct TabSync {
    pub election: Tabs,
    /// What other tabs said and is not taken yet.
    pub pending: Vec<Word>,
}

/// The page around the chat.
#[derive(Debug, Default)]
pub(super) struct HostState {
    pub page: Page,
    pub last_reported: Noted,
    /// Whether the page was told that the device keeps nothing more.
    pub is_storage_failure_reported: bool,
}

/// What is shown, and whether anybody looks.
#[derive(Debug)]
pub(super) struct ViewModel {
    pub is_open: bool,
    pub is_visible: bool,
    /// What screen readers are told, and how many times they were told anything.
    pub announcement: (u32, Option<view::Told>),
    /// Who answers here.
    pub agents: Vec<Person>,
    /// What of the thread the view holds.
    pub shown: view::Shown,
    pub view: Arc<View>,
}

impl ViewModel {
    pub(super) fn new(options: &Options) -> Self {
        Self {
            is_open: false,
            is_visible: true,
            announcement: (0, None),
            agents: options.team.iter().take(view::FACES_MAX).cloned().collect(),
            shown: view::Shown::default(),
            view: Arc::default(),
        }
    }

    /// Becomes the state of another visitor. The view stays until the next publication replaces it.
    pub(super) fn replace_visitor(&mut self, options: &Options) {
        let Self { is_open, is_visible, announcement: (count, _), agents: _, shown: _, view } = self;
        let (is_open, is_visible, count, view) = (*is_open, *is_visible, count.wrapping_add(1), Arc::clone(view));
        let Self { agents, shown, .. } = Self::new(options);
        *self = Self { is_open, is_visible, announcement: (count, None), agents, shown, view };
    }
}
