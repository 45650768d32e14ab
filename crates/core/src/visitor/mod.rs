//! All that is known of the person who uses this device.

pub mod conversation_index;
pub mod conversation_list;
pub mod form_submissions;
pub mod generation;
pub mod identity;
pub mod pre_chat_form;
pub mod preferences;
pub mod session;

use std::sync::Arc;

use crate::retrying_request::RetryingRequest;
use crate::time::Mono;
use crate::view;
use conversation_index::ConversationIndex;
use conversation_list::ConversationList;
use form_submissions::FormSubmissions;
use identity::Identity;
use pre_chat_form::PreChatAnswers;
use preferences::Preferences;
use session::Session;

/// The user who follows as soon as what was said for the present one is sent.
#[derive(Debug)]
pub(crate) struct Successor {
    pub(crate) identity: Identity,
    pub(crate) until: Mono,
    /// What the site put into the field meanwhile.
    pub(crate) prefilled: Option<String>,
}

/// All that is known of the person who uses this device, conversations apart. Replaced whole for another visitor.
#[derive(Debug)]
pub(crate) struct Visitor {
    /// The number of visitors that this device has forgotten (`generation`).
    pub(crate) generation: u64,
    pub(crate) session: Session,
    pub(crate) identity: Identity,
    /// Who follows, if the page has named another user and the present one's messages are still being sent.
    pub(crate) successor: Option<Box<Successor>>,
    /// What a proven contact's attributes are known to say of its conversations.
    pub(crate) listed: Option<ConversationIndex>,
    /// The request for the conversations of a proven user whose device knows none.
    pub(crate) finding: RetryingRequest,
    pub(crate) pre_chat_form: PreChatAnswers,
    pub(crate) preferences: Preferences,
    pub(crate) conversation_list: ConversationList,
    pub(crate) form_submissions: FormSubmissions,
    pub(crate) composer: view::Composer,
    /// The draft that the device kept, until it may be shown.
    pub(crate) kept_draft: Option<Arc<str>>,
}

impl Visitor {
    pub(crate) fn new(session: Session) -> Self {
        Self {
            generation: 0,
            session,
            identity: Identity::default(),
            successor: None,
            listed: None,
            finding: RetryingRequest::default(),
            pre_chat_form: PreChatAnswers::default(),
            preferences: Preferences::default(),
            conversation_list: ConversationList::default(),
            form_submissions: FormSubmissions::default(),
            composer: view::Composer::default(),
            kept_draft: None,
        }
    }

    /// Becomes the state of the next visitor of this device, under this generation. `successor` is who the page has named.
    pub(crate) fn replace(&mut self, generation: u64, successor: Option<Identity>) {
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
            session: session.for_next_visitor(),
            identity: successor.unwrap_or_default(),
            successor: None,
            listed: None,
            finding: RetryingRequest::default(),
            pre_chat_form: PreChatAnswers::default(),
            preferences: Preferences::default(),
            conversation_list: ConversationList::default(),
            form_submissions: FormSubmissions::default(),
            composer: composer.emptied(),
            kept_draft: None,
        };
    }
}
