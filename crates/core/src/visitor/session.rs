//! Who we are: the contact inbox's source_id, the conversation, and what of it is kept on the device.
//!
//! It promises one contact and one conversation a visitor. The source_id is drawn here and kept before the server
//! hears of it; the server gives a known one back unchanged, so asking twice is harmless. Creating a conversation is
//! not so kind: when its answer is lost, the list is looked through before another is made.

use crate::backoff::Backoff;
use crate::chatwoot::requests::{ApiRequest, ListPurpose};
use crate::digits::digits;
use crate::json::{self, Value};
use crate::model::{Contact, ConversationId};
use crate::rng::Rng;
use crate::time::{Due, Mono};

/// Who we are.
#[derive(Debug)]
pub struct Session {
    ids: Rng,
    /// The mark of the user whose all this is (`identity`); 0 for whoever sits there.
    user: u64,
    /// Whether that user was proven to the server. Then nobody sees any of it before the page has named the user.
    is_user_proven: bool,
    source_id: Option<String>,
    pubsub_token: Option<String>,
    conversation: Option<ConversationId>,
    /// All conversations this device knows of, oldest first.
    conversations: Vec<ConversationId>,
    /// Those of them that no frame has come of yet, and that this device has not begun. The server gives a proven
    /// contact conversations that it sends no frames of: those of its unproven devices.
    unheard: Vec<ConversationId>,
    /// The inbox's number, once a conversation has told it. It is the site's and no visitor's.
    inbox: Option<u64>,
    is_contact_doubted: bool,
    is_conversation_doubted: bool,
    is_asking: bool,
    retry: Backoff,
    is_changed: bool,
}

/// What has to be there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Need {
    /// Nothing that is not.
    Nothing,
    /// A contact.
    Contact,
    /// A contact and a conversation.
    Conversation,
}

const KEPT_VERSION: u64 = 1;
/// More conversations than anybody has; keeps a hostile server from filling the device.
const CONVERSATIONS_MAX: usize = 500;

impl Session {
    /// Nobody yet; source_ids will be drawn from `ids`.
    #[must_use]
    pub fn new(ids: Rng) -> Self {
        Self {
            ids,
            user: 0,
            is_user_proven: false,
            source_id: None,
            pubsub_token: None,
            conversation: None,
            conversations: Vec::new(),
            unheard: Vec::new(),
            inbox: None,
            is_contact_doubted: false,
            is_conversation_doubted: false,
            is_asking: false,
            retry: Backoff::new(1_000, 60_000),
            is_changed: false,
        }
    }

    /// Nobody yet, after this session: source_ids are drawn from the same stream.
    #[must_use]
    pub fn for_next_visitor(&self) -> Self {
        Self { inbox: self.inbox, ..Self::new(self.ids.clone()) }
    }

    /// Takes what the device kept; anything broken, foreign or of another version is as good as nothing.
    pub fn restore(&mut self, kept: &str) {
        let Some(Value::Object(kept)) = json::read(kept) else {
            return;
        };
        let number = |key| kept.get(key).and_then(Value::number);
        let sound = |key| kept.get(key)?.text().filter(|text| is_sound(text)).map(str::to_owned);
        let (Some(source_id), Some(KEPT_VERSION)) = (sound("customer_identifier"), number("v")) else {
            return;
        };
        let ids = |key| {
            let ids = kept.get(key).and_then(Value::items).unwrap_or_default();
            ids.iter().filter_map(Value::number).take(CONVERSATIONS_MAX).map(ConversationId).collect()
        };
        self.user = number("user").unwrap_or(0);
        // Records of earlier versions don't say.
        self.is_user_proven = self.user != 0 && kept.get("proven").and_then(Value::truth).unwrap_or(true);
        self.source_id = Some(source_id);
        self.pubsub_token = sound("pubsub_token");
        self.conversations = ids("conversations");
        // Records of earlier versions say neither; what they hold has been heard of.
        self.unheard = ids("unheard");
        self.inbox = number("inbox").or(self.inbox);
        self.conversation = number("conversation").map(ConversationId);
        let was_creating = kept.get("creating").and_then(Value::truth).unwrap_or_default();
        self.is_conversation_doubted = self.conversation.is_none() && was_creating;
    }

    /// Takes what another tab has put on the device in place of what we know.
    pub fn apply_record(&mut self, kept: Option<&str>) {
        self.contact_lost();
        self.is_changed = false;
        if let Some(kept) = kept {
            self.restore(kept);
        }
    }

    /// What the device is to keep, if that has changed; `Some(None)` when it is to forget us.
    pub fn take_record(&mut self) -> Option<Option<String>> {
        std::mem::take(&mut self.is_changed).then(|| self.record())
    }

    /// Whether that has changed.
    #[must_use]
    pub const fn has_changes_to_store(&self) -> bool {
        self.is_changed
    }

    /// What the device is to keep of us: nothing when we are nobody. `customer_identifier` is what Chatwoot's guide calls
    /// the source_id; `creating` is whether a conversation was asked for whose id was never heard.
    #[must_use]
    pub fn record(&self) -> Option<String> {
        let list = |ids: &[ConversationId]| json::list(&ids.iter().map(|id| digits(id.0)).collect::<Vec<_>>());
        Some(json::object(&[
            ("v", digits(KEPT_VERSION)),
            ("customer_identifier", json::string(self.source_id.as_ref()?)),
            ("pubsub_token", json::or_null(self.pubsub_token.as_deref().map(json::string))),
            ("conversation", json::or_null(self.conversation.map(|id| digits(id.0)))),
            ("conversations", list(&self.conversations)),
            ("unheard", list(&self.unheard)),
            ("inbox", json::or_null(self.inbox.map(digits))),
            ("creating", json::truth(self.is_conversation_doubted)),
            ("user", digits(self.user)),
            ("proven", json::truth(self.is_user_proven)),
        ]))
    }

    /// Whether there is anything to ask the server: whether we are still known when that is in doubt, or what is needed.
    #[must_use]
    pub fn has_request(&self, now: Mono, need: Need) -> bool {
        let is_needed = match need {
            Need::Nothing => false,
            Need::Contact => self.pubsub_token.is_none(),
            Need::Conversation => self.pubsub_token.is_none() || self.conversation.is_none(),
        };
        !self.is_asking && self.retry.is_ready(now) && (self.must_verify_contact() || is_needed)
    }

    /// Whether the next question is for the contact that the device knows of.
    #[must_use]
    pub fn must_verify_contact(&self) -> bool {
        let is_token_missing = self.pubsub_token.is_none() && self.conversation.is_some();
        (self.is_contact_doubted || is_token_missing) && self.source_id.is_some()
    }

    /// What to ask the server next, if anything.
    pub fn next(&mut self, now: Mono, need: Need) -> Option<ApiRequest> {
        if !self.has_request(now, need) {
            return None;
        }
        let call = if self.must_verify_contact() {
            ApiRequest::GetContact
        } else if self.pubsub_token.is_none() {
            if self.source_id.is_none() {
                self.source_id = Some(self.ids.uuid());
                self.is_changed = true;
            }
            ApiRequest::CreateContact
        } else if self.is_conversation_doubted {
            ApiRequest::ListConversations(ListPurpose::FindCreated)
        } else {
            // From now on it may exist, whatever becomes of the answer or of this page.
            self.is_conversation_doubted = true;
            self.is_changed = true;
            ApiRequest::CreateConversation
        };
        self.is_asking = true;
        Some(call)
    }

    /// The server knows us. `false` when it calls us something that can't be an id: then nothing has changed.
    pub fn contact_received(&mut self, contact: Contact) -> bool {
        if !is_sound(&contact.source_id) || !is_sound(&contact.pubsub_token) {
            return false;
        }
        self.succeeded();
        self.is_contact_doubted = false;
        self.is_changed = true;
        self.source_id = Some(contact.source_id);
        self.pubsub_token = Some(contact.pubsub_token);
        true
    }

    /// The server does not know us (any more): we start as somebody new.
    pub fn contact_lost(&mut self) {
        self.succeeded();
        self.user = 0;
        self.is_user_proven = false;
        self.source_id = None;
        self.pubsub_token = None;
        self.conversation = None;
        self.conversations.clear();
        self.unheard.clear();
        self.is_contact_doubted = false;
        self.is_conversation_doubted = false;
        self.is_changed = true;
    }

    /// Something we own was not found, or nobody confirmed our subscription: ask whether we are still known.
    pub const fn verify_contact(&mut self) {
        self.is_contact_doubted = true;
    }

    /// The conversation is not there, though we are known: the next message begins another.
    pub fn conversation_lost(&mut self) {
        if let Some(gone) = self.conversation.take() {
            self.conversations.retain(|id| *id != gone);
            self.unheard.retain(|id| *id != gone);
            self.is_changed = true;
        }
    }

    /// This is our conversation now.
    pub fn open_conversation(&mut self, id: ConversationId) {
        self.succeeded();
        self.is_conversation_doubted = false;
        self.conversation = Some(id);
        self.is_changed = true;
        if !self.conversations.contains(&id) && self.conversations.len() < CONVERSATIONS_MAX {
            self.conversations.push(id);
        }
    }

    /// The next message begins a conversation; this one stays known.
    pub const fn leave_conversation(&mut self) {
        self.conversation = None;
        self.is_changed = true;
    }

    /// All of this is that user's from now on.
    pub fn set_user(&mut self, user: u64, is_proven: bool) {
        self.is_changed |= (self.user, self.is_user_proven) != (user, is_proven) && self.source_id.is_some();
        (self.user, self.is_user_proven) = (user, is_proven);
    }

    /// Whether all of this is a proven user's.
    #[must_use]
    pub const fn is_user_proven(&self) -> bool {
        self.is_user_proven
    }

    /// The mark of the user whose all this is.
    #[must_use]
    pub const fn user(&self) -> u64 {
        self.user
    }

    /// Another device of the same contact began these.
    pub fn remember(&mut self, conversations: &[ConversationId]) {
        for id in conversations {
            if !self.conversations.contains(id) && self.conversations.len() < CONVERSATIONS_MAX {
                self.conversations.push(*id);
                self.unheard.push(*id);
                self.is_changed = true;
            }
        }
    }

    /// A frame of this conversation came, or this device has begun it: frames of it come here.
    pub fn frames_received_for(&mut self, id: ConversationId) {
        let before = self.unheard.len();
        self.unheard.retain(|other| *other != id);
        self.is_changed |= self.unheard.len() < before;
    }

    /// Whether it is not known that frames of the open conversation come here.
    #[must_use]
    pub fn may_lack_frames(&self) -> bool {
        self.is_user_proven && self.conversation.is_some_and(|id| self.unheard.contains(&id))
    }

    /// The inbox's number.
    #[must_use]
    pub const fn inbox(&self) -> Option<u64> {
        self.inbox
    }

    /// This is the inbox's number.
    pub fn set_inbox(&mut self, inbox: Option<u64>) {
        if inbox.is_some() && self.inbox != inbox {
            self.inbox = inbox;
            self.is_changed |= self.source_id.is_some();
        }
    }

    /// Whether a conversation in that inbox is one of this chat's. The server shows a proven contact those of every
    /// inbox, and unproven ones their own alone.
    #[must_use]
    pub fn is_in_inbox(&self, inbox: Option<u64>) -> bool {
        if self.inbox.is_some() && inbox.is_some() { self.inbox == inbox } else { !self.is_user_proven }
    }

    /// All conversations this device knows of.
    #[must_use]
    pub fn conversations(&self) -> &[ConversationId] {
        &self.conversations
    }

    /// Whether this device knows of that conversation.
    #[must_use]
    pub fn knows(&self, id: ConversationId) -> bool {
        self.conversations.contains(&id)
    }

    /// Whether there is any conversation to go back to.
    #[must_use]
    pub const fn has_conversations(&self) -> bool {
        !self.conversations.is_empty()
    }

    /// The server surely did not make the conversation we asked for.
    pub const fn conversation_not_created(&mut self) {
        self.is_conversation_doubted = false;
        self.is_changed = true;
    }

    /// Whether a conversation we asked for may exist without our knowing its id.
    #[must_use]
    pub const fn may_have_created_conversation(&self) -> bool {
        self.is_conversation_doubted && self.conversation.is_none()
    }

    /// Looks for the conversation whose create answer was lost: the newest we did not know.
    pub fn find_created(&mut self, all: &[ConversationId]) -> Option<ConversationId> {
        self.succeeded();
        self.conversation_not_created();
        let found = all.iter().copied().filter(|id| !self.conversations.contains(id)).max()?;
        self.open_conversation(found);
        Some(found)
    }

    /// A question failed: it is put again after a wait.
    pub fn failed(&mut self, now: Mono, chance: &mut Rng, at_least_ms: u64) {
        self.is_asking = false;
        self.retry.failed(now, chance, at_least_ms);
    }

    /// Past failures had another reason than the server.
    pub const fn reset_backoff(&mut self) {
        self.retry.succeeded();
    }

    /// The network is thought to be back.
    pub const fn retry_now(&mut self) {
        self.retry.retry_now();
    }

    /// The contact inbox's source_id.
    #[must_use]
    pub fn source_id(&self) -> Option<&str> {
        self.source_id.as_deref()
    }

    /// What `/cable` wants to hear.
    #[must_use]
    pub fn pubsub_token(&self) -> Option<&str> {
        self.pubsub_token.as_deref()
    }

    /// The open conversation.
    #[must_use]
    pub const fn conversation(&self) -> Option<ConversationId> {
        self.conversation
    }

    /// Whether the server is thought to know us.
    #[must_use]
    pub const fn is_contact_verified(&self) -> bool {
        self.pubsub_token.is_some() && !self.is_contact_doubted
    }

    /// Questions that failed since one was answered.
    #[must_use]
    pub const fn failures(&self) -> u32 {
        self.retry.failures()
    }

    /// When `next` may have something to ask that it had not just now.
    #[must_use]
    pub fn deadline(&self) -> Option<Due> {
        self.retry.until().filter(|_| !self.is_asking).map(|until| until.due("session: ask again"))
    }

    /// A question was answered by other means.
    pub const fn answered(&mut self) {
        self.succeeded();
    }

    const fn succeeded(&mut self) {
        self.is_asking = false;
        self.retry.succeeded();
    }
}

/// Whether a stored id can be one: sites and older scripts leave `null`, `undefined` and worse in storage.
fn is_sound(id: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    !matches!(id, "" | "null" | "undefined") && id.len() <= 255 && id.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nobody() -> Session {
        Session::new(Rng::new([1, 2, 3, 4]))
    }

    fn contact(source_id: &str) -> Contact {
        Contact { source_id: source_id.to_owned(), pubsub_token: "PTAuuZcXEafsxcdaFHtyzGdD".to_owned() }
    }

    fn known() -> Session {
        let mut session = nobody();
        session.next(Mono(0), Need::Conversation);
        session.contact_received(contact("abc"));
        session
    }

    #[test]
    fn nobody_is_made_before_a_message_wants_it() {
        let mut session = nobody();
        assert_eq!(
            (session.next(Mono(0), Need::Nothing), session.take_record(), session.source_id()),
            (None, None, None)
        );
    }

    #[test]
    fn the_source_id_is_kept_before_the_server_hears_of_it_and_asked_for_again_unchanged() {
        let mut session = nobody();
        assert_eq!(session.next(Mono(0), Need::Conversation), Some(ApiRequest::CreateContact));
        let kept = session.take_record().flatten().unwrap();
        let drawn = session.source_id().unwrap().to_owned();
        assert!(kept.contains(&format!("\"customer_identifier\":\"{drawn}\"")), "{kept}");
        session.failed(Mono(0), &mut Rng::new([1, 1, 1, 1]), 0);

        let mut reloaded = Session::new(Rng::new([5, 6, 7, 8]));
        reloaded.restore(&kept);
        assert_eq!(reloaded.next(Mono(0), Need::Conversation), Some(ApiRequest::CreateContact));
        assert_eq!(reloaded.source_id(), Some(&*drawn));
    }

    #[test]
    fn one_question_at_a_time_and_none_during_a_wait() {
        let mut session = nobody();
        assert!(session.next(Mono(0), Need::Conversation).is_some());
        assert_eq!(session.next(Mono(0), Need::Conversation), None);
        session.failed(Mono(0), &mut Rng::new([1, 2, 3, 4]), 5_000);
        assert_eq!(session.next(Mono(4_999), Need::Conversation), None);
        assert_eq!(session.next(Mono(6_000), Need::Conversation), Some(ApiRequest::CreateContact));
    }

    #[test]
    fn a_conversation_whose_answer_was_lost_is_looked_for_before_another_is_made() {
        let mut session = known();
        assert_eq!(session.next(Mono(0), Need::Conversation), Some(ApiRequest::CreateConversation));
        session.failed(Mono(0), &mut Rng::new([1, 2, 3, 4]), 0);
        assert_eq!(
            session.next(Mono(9_000), Need::Conversation),
            Some(ApiRequest::ListConversations(ListPurpose::FindCreated))
        );
        assert_eq!(session.find_created(&[ConversationId(6), ConversationId(4)]), Some(ConversationId(6)));
        assert_eq!(session.next(Mono(9_000), Need::Conversation), None);
    }

    #[test]
    fn a_reload_while_a_conversation_is_made_looks_for_it_first() {
        let mut session = known();
        session.next(Mono(0), Need::Conversation);
        let kept = session.take_record().flatten().unwrap();
        let mut reloaded = nobody();
        reloaded.restore(&kept);
        assert_eq!(
            reloaded.next(Mono(0), Need::Conversation),
            Some(ApiRequest::ListConversations(ListPurpose::FindCreated))
        );
    }

    #[test]
    fn a_conversation_that_is_not_in_the_list_is_made() {
        let mut session = known();
        session.next(Mono(0), Need::Conversation);
        session.failed(Mono(0), &mut Rng::new([1, 2, 3, 4]), 0);
        session.next(Mono(9_000), Need::Conversation);
        assert_eq!(session.find_created(&[]), None);
        assert_eq!(session.next(Mono(9_000), Need::Conversation), Some(ApiRequest::CreateConversation));
    }

    #[test]
    fn a_contact_the_server_no_longer_knows_is_made_anew_under_another_id() {
        let mut session = known();
        session.next(Mono(0), Need::Conversation);
        session.open_conversation(ConversationId(4));
        session.verify_contact();
        assert_eq!(session.next(Mono(0), Need::Nothing), Some(ApiRequest::GetContact));
        session.contact_lost();
        session.take_record();
        assert_eq!((session.conversation(), session.next(Mono(0), Need::Nothing)), (None, None));
        assert_eq!(session.next(Mono(0), Need::Conversation), Some(ApiRequest::CreateContact));
        assert_ne!(session.source_id(), Some("abc"));
    }

    #[test]
    fn a_known_customer_without_a_token_is_asked_for_it() {
        let mut session = nobody();
        session.restore("{\"v\":1,\"customer_identifier\":\"abc\",\"conversation\":6}");
        assert_eq!(session.next(Mono(0), Need::Nothing), Some(ApiRequest::GetContact));
        session.contact_received(contact("abc"));
        assert_eq!(session.next(Mono(0), Need::Nothing), None);
    }

    #[test]
    fn a_contact_that_would_be_forgotten_at_a_reload_is_none() {
        let mut session = nobody();
        session.next(Mono(0), Need::Conversation);
        assert!(!session.contact_received(contact("a/b")));
        assert!(session.contact_received(contact("abc")));
    }

    #[test]
    fn what_can_not_be_an_id_is_as_good_as_nothing() {
        for id in ["", "null", "undefined", "../", "a/b", "a b", "é"] {
            let mut session = nobody();
            session.restore(&format!("{{\"v\":1,\"customer_identifier\":\"{id}\"}}"));
            assert_eq!(session.source_id(), None, "{id}");
        }
        for broken in ["", "null", "[]", "{\"v\":2,\"customer_identifier\":\"abc\"}", "{\"v\":1}"] {
            let mut session = nobody();
            session.restore(broken);
            assert_eq!(session.source_id(), None, "{broken}");
        }
    }
}
