//! The person who uses this device: who they are to the server and to the website, what they chose, wrote and answered.
//! One value, replaced whole when another visitor follows.
//!
//! It does not know the conversation or the connection. What it needs of them are arguments; which conversation is to be
//! opened is returned.

pub mod conversation_index;
pub mod conversation_list;
pub mod form_submissions;
pub mod generation;
pub mod identity;
pub mod pre_chat_form;
pub mod preferences;
pub mod session;

use std::sync::Arc;

use crate::chatwoot::{self, Listing};
use crate::host::calls::AttributeTarget;
use crate::host::settings::{Options, Settings};
use crate::model::{ConversationId, OutgoingFile};
use crate::retrying_request::RetryingRequest;
use crate::time::{Due, Mono, next_due};
use crate::view::{self, ComposerProblem};
use conversation_index::ConversationIndex;
use conversation_list::{ConversationList, ConversationSummary};
use form_submissions::FormSubmissions;
use identity::{Identity, User};
use pre_chat_form::{PreChatAnswers, PreChatForm};
use preferences::Preferences;
use session::{Need, Session};

/// How long the former user's messages may take to be sent after the website has named another user, in ms.
const SUCCESSION_MS_MAX: u64 = 10_000;

/// The visitor's state.
#[derive(Debug)]
pub(crate) struct Visitor {
    /// The number of visitors that this device has forgotten (`generation`).
    pub(crate) generation: u64,
    pub(crate) session: Session,
    pub(crate) identity: Identity,
    /// The user who follows, if the website has named another while the present one's messages are still being sent.
    successor: Option<Box<Successor>>,
    /// The conversations that a verified contact's attributes are known to list.
    index: Option<ConversationIndex>,
    /// The request for the conversations of a verified user whose device knows none.
    pub(crate) discovery: RetryingRequest,
    pub(crate) pre_chat: PreChatAnswers,
    pub(crate) preferences: Preferences,
    pub(crate) conversation_list: ConversationList,
    pub(crate) form_submissions: FormSubmissions,
    pub(crate) composer: view::Composer,
    /// The draft that the device stored, until it may be shown.
    pub(crate) stored_draft: Option<Arc<str>>,
}

/// The user who follows as soon as the present one's messages are sent.
#[derive(Debug)]
struct Successor {
    identity: Identity,
    /// It waits no longer than until then.
    until: Mono,
    /// The text that the website has put into the composer meanwhile.
    prefilled: Option<String>,
}

impl Visitor {
    /// A visitor of whom nothing is known.
    pub(crate) fn new(session: Session) -> Self {
        Self {
            generation: 0,
            session,
            identity: Identity::default(),
            successor: None,
            index: None,
            discovery: RetryingRequest::default(),
            pre_chat: PreChatAnswers::default(),
            preferences: Preferences::default(),
            conversation_list: ConversationList::default(),
            form_submissions: FormSubmissions::default(),
            composer: view::Composer::default(),
            stored_draft: None,
        }
    }

    /// Becomes the next visitor of this device, under this generation. `identity` is the user that the website has named.
    pub(crate) fn replace(&mut self, generation: u64, identity: Identity) {
        let Self {
            generation: _,
            session,
            identity: _,
            successor: _,
            index: _,
            discovery: _,
            pre_chat: _,
            preferences: _,
            conversation_list: _,
            form_submissions: _,
            composer,
            stored_draft: _,
        } = self;
        *self = Self {
            generation,
            session: session.for_next_visitor(),
            identity,
            successor: None,
            index: None,
            discovery: RetryingRequest::default(),
            pre_chat: PreChatAnswers::default(),
            preferences: Preferences::default(),
            conversation_list: ConversationList::default(),
            form_submissions: FormSubmissions::default(),
            composer: composer.for_next_visitor(),
            stored_draft: None,
        };
        self.request_contact_update();
    }

    // --- The user that the website has named ---

    /// The website names the user. If messages of the present user are still being sent (`is_sending`), they are sent
    /// first, and the chat is hidden meanwhile.
    pub(crate) fn set_user(&mut self, now: Mono, user: User, is_sending: bool) {
        let present = self.identity.user().mark;
        if present == user.mark {
            self.successor = None;
        } else if present != 0 && is_sending {
            let until = self.successor.as_ref().map_or(now.plus(SUCCESSION_MS_MAX), |former| former.until);
            let mut identity = Identity::default();
            identity.set_user(user);
            self.successor = Some(Box::new(Successor { identity, until, prefilled: None }));
            return;
        }
        self.identity.set_user(user);
        self.request_contact_update();
        self.restore_draft();
    }

    /// The successor takes over, once nothing of the former user's is being sent, or that has taken too long. The text
    /// that was to be put into their composer, if it is time.
    pub(crate) fn take_succession(&mut self, now: Mono, is_sending: bool) -> Option<Option<String>> {
        let successor = self.successor.take_if(|next| !is_sending || next.until <= now)?;
        self.identity = successor.identity;
        Some(successor.prefilled)
    }

    /// The identity of the user who follows, if one does.
    pub(crate) fn successor_identity(&self) -> Option<&Identity> {
        self.successor.as_ref().map(|next| &next.identity)
    }

    /// Adds custom attributes to the user that the website named last; that user's mark.
    pub(crate) fn add_attributes(&mut self, attributes: Vec<(String, String)>, target: AttributeTarget) -> u64 {
        let identity = self.named_identity_mut();
        identity.add_attributes(attributes, target);
        let user = identity.user().mark;
        self.request_contact_update();
        user
    }

    /// Adds custom attributes that the website has set in another tab, if it has named the same user here.
    pub(crate) fn add_attributes_of(&mut self, user: u64, attributes: Vec<(String, String)>, target: AttributeTarget) {
        if self.named_identity_mut().user().mark == user {
            self.add_attributes(attributes, target);
        }
    }

    fn named_identity_mut(&mut self) -> &mut Identity {
        self.successor.as_mut().map_or(&mut self.identity, |next| &mut next.identity)
    }

    /// The mark of the user on whose behalf the visitor writes now; 0 if the website has named none.
    pub(crate) fn author_mark(&self) -> u64 {
        let named = self.successor.as_ref().map_or(&self.identity, |next| &next.identity).user().mark;
        if named == 0 && !self.is_unnamed() { self.session.user() } else { named }
    }

    /// The mark of the user for whom messages are sent now.
    pub(crate) fn sending_user(&self) -> u64 {
        match self.session.user() {
            0 => self.identity.user().mark,
            user => user,
        }
    }

    /// Whether the device holds another user's chat, which is then hidden.
    pub(crate) fn is_another_user(&self) -> bool {
        let (named, stored) = (self.identity.user(), self.session.user());
        let has_chat = self.session.source_id().is_some();
        has_chat && named.mark != 0 && stored != named.mark && (stored != 0 || named.is_proven)
    }

    /// Whether the device holds a verified user's chat, and the website names no user: that user may have logged out
    /// elsewhere, or another person may use the device. The chat is hidden until the website names its user.
    pub(crate) fn is_unnamed(&self) -> bool {
        self.identity.user().mark == 0 && self.session.is_user_proven()
    }

    /// Whether the chat is hidden.
    pub(crate) fn is_hidden(&self) -> bool {
        self.successor.is_some() || self.is_another_user() || self.is_unnamed()
    }

    /// Requests an update of the contact, if there are pre-chat answers or attributes to send.
    pub(crate) fn request_contact_update(&mut self) {
        if self.pre_chat.has_any() || self.identity.has_any() {
            self.pre_chat.request_contact_update();
        }
    }

    // --- The contact ---

    /// The open conversation, if it can be read and written to now.
    pub(crate) fn usable_conversation(&self) -> Option<ConversationId> {
        let is_usable = self.session.is_contact_verified() && !self.is_another_user() && !self.is_unnamed();
        self.session.conversation().filter(|_| is_usable)
    }

    /// The contact is lost at the server, or is another from now on: the next message creates one.
    pub(crate) fn forget_contact(&mut self) {
        self.session.contact_lost();
        self.index = None;
        self.discovery = RetryingRequest::default();
        self.request_contact_update();
    }

    /// What is needed from the server next. A queued message (`has_queued`) needs a conversation, but agents should
    /// first see who writes; a verified user who opens the panel needs a contact, which may have conversations.
    pub(crate) fn need(&self, has_queued: bool, is_panel_open: bool) -> Need {
        let comes_first = self.pre_chat.blocks_first_message() || self.is_discovering();
        let is_introducing = self.session.is_contact_verified() && comes_first;
        if has_queued && !is_introducing {
            Need::Conversation
        } else if is_panel_open && self.identity.user().is_proven {
            Need::Contact
        } else {
            Need::Nothing
        }
    }

    /// Whether a verified user's conversations are being looked for. Not for long: a failure ends it.
    const fn is_discovering(&self) -> bool {
        self.discovery.is_outstanding() && !self.discovery.is_failing()
    }

    /// The pre-chat form's fields that the visitor has to fill in before anything can be written. `has_outgoing` is
    /// whether something was written already.
    pub(crate) fn missing_form(&self, options: &Options, has_outgoing: bool) -> Option<PreChatForm> {
        let is_beginning = self.session.conversation().is_none() && !has_outgoing;
        options.form.as_ref().filter(|_| is_beginning).and_then(|form| self.pre_chat.missing(form))
    }

    /// The body of the next contact update, and the conversation index in it.
    pub(crate) fn contact_update(&self, settings: &Settings) -> (String, Option<ConversationIndex>) {
        let index = self.index.clone().map(|index| {
            // Only where the attributes are known: other devices' conversations would be lost from them otherwise.
            index.with_conversations(self.session.conversations(), self.session.inbox(), settings.inbox())
        });
        (self.pre_chat.contact_json(&self.identity, index.as_ref()), index)
    }

    // --- The conversations of a verified user ---

    /// The server took a contact update, so a user with a proof is verified. `sent` is the index that the update carried.
    /// A conversation that is to be opened, if the answer told of one.
    pub(crate) fn contact_updated(
        &mut self,
        body: &str,
        sent: Option<ConversationIndex>,
        settings: &Settings,
    ) -> Option<ConversationId> {
        if !self.identity.user().is_proven {
            return None;
        }
        if sent.is_some() {
            // No further update for what this one did not hold: the index has a limit.
            self.index = sent;
        } else if let Some(index) = chatwoot::parse_conversation_index(body) {
            self.apply_index(index, settings);
            if self.session.has_conversations() {
                let ours = self.indexed_conversations();
                self.session.add_conversations(&ours);
                self.request_index_update();
            }
        }
        if self.session.has_conversations() {
            return None;
        }
        let inbox = self.session.inbox();
        let certain: Vec<ConversationId> = self.index.iter().flat_map(|index| index.certain_for(inbox)).collect();
        if certain.is_empty() {
            self.discovery.request();
        }
        // The server's list contains every message of every inbox, and nothing more that is needed here.
        self.discovered(&certain, certain.iter().copied().max())
    }

    /// The server's list of conversations came: those of this inbox.
    pub(crate) fn list_received(&mut self, listing: Listing, settings: &Settings) -> Vec<ConversationSummary> {
        let is_proven = self.session.is_user_proven();
        if let Some(index) = listing.index.filter(|_| is_proven) {
            self.apply_index(index, settings);
        }
        if self.session.inbox().is_none() {
            // The inbox's number is that of a conversation this device knows, or of one an earlier version has indexed.
            let inbox_of = |id: &ConversationId| {
                listing.all.iter().find(|(one, inbox)| one.id == *id && inbox.is_some()).and_then(|(_, inbox)| *inbox)
            };
            let known = self.session.conversations().iter().find_map(inbox_of);
            let bare = || self.index.as_ref().and_then(|index| index.without_inbox().find_map(|id| inbox_of(&id)));
            let own = || listing.all.iter().find_map(|(_, inbox)| inbox.filter(|_| !is_proven));
            let inbox = known.or_else(bare).or_else(own);
            self.session.set_inbox(inbox);
        }
        let ours = |(one, inbox): (ConversationSummary, Option<u64>)| self.session.is_in_inbox(inbox).then_some(one);
        listing.all.into_iter().filter_map(ours).collect()
    }

    /// Other devices have begun these conversations. The one to be opened, if none is: the one with the newest message.
    pub(crate) fn discovered(
        &mut self,
        all: &[ConversationId],
        newest: Option<ConversationId>,
    ) -> Option<ConversationId> {
        self.session.add_conversations(all);
        newest.filter(|_| self.session.conversation().is_none())
    }

    /// The server gives no list: the conversations are those that the index names. The one to be opened, if none is.
    pub(crate) fn discovered_by_index(&mut self) -> Option<ConversationId> {
        let ours = self.indexed_conversations();
        self.discovered(&ours, ours.iter().copied().max())
    }

    /// This device has created a conversation: `body` is the answer, which carries the contact's attributes.
    pub(crate) fn conversation_created(&mut self, body: &str, settings: &Settings) {
        self.session.set_inbox(chatwoot::parse_conversation(body).and_then(|created| created.inbox));
        if self.identity.user().is_proven {
            if let Some(index) = chatwoot::parse_conversation_index(body) {
                self.apply_index(index, settings);
            }
            self.request_index_update();
        }
    }

    /// Requests an update of the conversation index, if it lacks conversations.
    pub(crate) fn request_index_update(&mut self) {
        if self.index.as_ref().is_some_and(|index| !index.contains_all(self.session.conversations())) {
            self.pre_chat.request_contact_update();
        }
    }

    fn apply_index(&mut self, index: ConversationIndex, settings: &Settings) {
        if self.session.inbox().is_none() {
            self.session.set_inbox(index.inbox(settings.inbox()));
        }
        self.index = Some(index);
    }

    fn indexed_conversations(&self) -> Vec<ConversationId> {
        self.index.iter().flat_map(|index| index.possible_for(self.session.inbox())).collect()
    }

    /// Whether this conversation is one of the visitor's.
    pub(crate) fn knows_conversation(&self, id: ConversationId) -> bool {
        let is_listed = |all: &[ConversationSummary]| all.iter().any(|one| one.id == id);
        self.session.has_conversation(id) || self.conversation_list.all().is_some_and(is_listed)
    }

    // --- The composer ---

    /// Puts a text into the composer.
    pub(crate) fn insert_text(&mut self, text: Arc<str>) {
        self.composer.insert(text);
    }

    /// The website puts a text into the composer: the next user's, if one follows. Whether it was put there now.
    pub(crate) fn prefill(&mut self, text: &str) -> bool {
        if let Some(next) = &mut self.successor {
            next.prefilled = Some(text.to_owned());
            return false;
        }
        self.insert_text(text.into());
        true
    }

    /// Puts the draft that the device stored into the composer, once the visitor may see it.
    pub(crate) fn restore_draft(&mut self) {
        if !self.is_hidden()
            && let Some(draft) = self.stored_draft.take().filter(|_| !self.composer.has_text)
        {
            self.insert_text(draft);
        }
    }

    /// The visitor attached files.
    pub(crate) fn attach(&mut self, files: Vec<OutgoingFile>) {
        self.composer.problem = None;
        for file in files {
            if self.composer.files.len() >= view::FILES_MAX {
                self.composer.problem = Some(ComposerProblem::TooManyFiles);
            } else if file.size > view::FILE_BYTES_MAX {
                self.composer.problem = Some(ComposerProblem::FileTooLarge(file.name));
            } else {
                self.composer.files.push(file);
            }
        }
    }

    // --- Preferences ---

    /// Whether a sound is played for messages.
    pub(crate) fn plays_sound(&self, options: &Options) -> bool {
        !self.preferences.is_silent.unwrap_or(options.is_silent)
    }

    /// Whether the browser shows notifications; `None` where the website does not offer that.
    pub(crate) fn shows_notifications(&self, options: &Options) -> Option<bool> {
        options.offers_notifications.then_some(self.preferences.notifications == Some(true))
    }

    // --- Time ---

    /// When it has something to do in any tab.
    pub(crate) fn deadline(&self, now: Mono) -> Option<Due> {
        let succession = self.successor.as_ref().map(|next| next.until.due("identity: next user"));
        next_due(now, [succession, self.form_submissions.deadline(), self.conversation_list.deadline()])
    }

    /// When a request is due, in the tab that talks to the server.
    pub(crate) fn request_deadline(&self, now: Mono) -> Option<Due> {
        let discovery = self.discovery.deadline().map(|until| until.due("conversations: discover again"));
        next_due(now, [self.session.deadline(), self.pre_chat.deadline(), discovery])
    }
}
