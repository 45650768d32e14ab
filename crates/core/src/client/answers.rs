//! What an answer leads to: server news by itself, and the ends of our own calls.

use std::sync::Arc;

use super::ChatClient;
use crate::Update;
use crate::chatwoot::requests::{ApiRequest, ApiResponse, Outcome};
use crate::chatwoot::{self, ContactAnswer, ServerEvent};
use crate::connection::cable::CableEvent;
use crate::conversation::history::Progress;
use crate::conversation::timeline::{Queue, Source};
use crate::host::events::HostEvent;
use crate::model::{ConversationId, EchoId, Message, MessageId};
use crate::tabs::leader_election::TabMessage;
use crate::time::Mono;
use crate::view::Announcement;

/// Messages held at most while nobody reads further up: twice as many as anybody scrolls through.
const HELD_MAX: usize = 20_000;

impl ChatClient {
    pub(super) fn take(&mut self, heard: Option<CableEvent>, turn: &mut Update) {
        match heard {
            Some(CableEvent::Subscribed) => {
                self.connection.is_way_broken = false;
                self.connection.polling.started_over();
                self.want_history();
                self.conversation.status.want();
            }
            Some(CableEvent::Unconfirmed) => self.visitor.session.verify_contact(),
            Some(CableEvent::Received(news)) => self.take_news(*news, turn),
            Some(CableEvent::Disconnected) | None => {}
        }
    }

    pub(super) fn take_news(&mut self, news: ServerEvent, turn: &mut Update) {
        match news {
            ServerEvent::MessageCreated(message, echo) => {
                let is_to_visitor = !message.author.is_visitor();
                if let Some(id) = message.conversation {
                    self.visitor.session.frames_received_for(id);
                }
                if self.is_elsewhere(&message) {
                    // Proven contacts hear of their conversations in other inboxes, too.
                    let is_ours = message.conversation.is_some_and(|id| self.visitor.session.knows(id));
                    if !is_ours && !self.visitor.session.is_in_inbox(message.inbox) {
                        return;
                    }
                    if let Some(id) = message.conversation {
                        self.visitor.conversation_list.heard_elsewhere(id, is_to_visitor);
                    }
                    if is_to_visitor && !self.is_hidden() {
                        if self.conversation.unread.came_elsewhere(self.eyes()) {
                            self.tell_unread(turn);
                        }
                        self.tell_arrival(&message.into(), turn);
                    }
                    return;
                }
                if self.is_hearing() {
                    self.conversation.history.heard(message.id);
                }
                if self.connection.polling.heard() {
                    // It speaks again; what it kept to itself meanwhile has to be read.
                    self.want_history();
                }
                let id = message.id;
                if is_to_visitor {
                    self.conversation.typing.ended();
                }
                if self.settle(message, Source::Frame(echo)) {
                    if is_to_visitor {
                        self.came(id, turn);
                    } else {
                        self.tell_own(id, turn);
                    }
                }
                self.let_go();
            }
            ServerEvent::MessageUpdated(message, is_read) => {
                if !self.is_elsewhere(&message) {
                    if is_read && !message.author.is_visitor() {
                        self.was_read(message.id, turn);
                    }
                    self.conversation.timeline.update_message(message);
                }
            }
            ServerEvent::PresenceChanged(is_online) => self.availability.heard(self.now.mono, is_online),
            ServerEvent::ConversationChanged(conversation) => {
                self.visitor.session.frames_received_for(conversation.id);
                let is_own =
                    conversation.source_id.as_deref().is_some_and(|id| Some(id) == self.visitor.session.source_id());
                if is_own {
                    self.visitor.session.inbox_is(conversation.inbox);
                }
                if self.visitor.session.conversation() == Some(conversation.id) {
                    self.conversation.status.is(&conversation);
                }
                // The answer that would have told us its id was lost; this is the same news by another road.
                if !self.tabs.election.is_active() {
                    return;
                }
                let is_awaited =
                    self.connection.requests.iter().any(|(_, call, _)| matches!(call, ApiRequest::CreateConversation));
                let is_ours = is_own
                    || (conversation.source_id.is_none() && self.visitor.session.is_in_inbox(conversation.inbox));
                if self.visitor.session.may_have_created_conversation() && !is_awaited && is_ours {
                    self.visitor.session.conversation_is(conversation.id);
                    self.adopt_conversation(conversation.id);
                    if self.visitor.session.is_user_proven() {
                        // Its answer would have said what the contact's attributes hold.
                        self.visitor.finding.want();
                    }
                }
            }
            ServerEvent::TypingChanged(conversation, person) => {
                if self.visitor.session.conversation() == Some(conversation) {
                    match person {
                        Some(person) => {
                            if self.conversation.typing.theirs().is_none() {
                                self.say_aloud(Announcement::Typing(person.clone()));
                            }
                            self.conversation.typing.began(self.now.mono, person);
                        }
                        None => self.conversation.typing.ended(),
                    }
                }
            }
            ServerEvent::Other => {}
        }
    }

    /// Whether frames follow each other without a gap, be they this tab's or its leader's. Those that come before a
    /// subscription is confirmed prove nothing of what came before them.
    fn is_hearing(&self) -> bool {
        if self.tabs.election.is_active() {
            self.connection.cable.is_live()
        } else {
            self.tabs.election.standing().is_live
        }
    }

    /// What is long past and not looked at is let go; scrolling up reads it again.
    fn let_go(&mut self) {
        let held = self.conversation.timeline.message_count();
        if held > HELD_MAX
            && self.conversation.window.shows_newest()
            && let Some(first) = self.conversation.timeline.message_at(held - HELD_MAX / 2)
        {
            self.conversation.timeline.drop_before(first);
            self.conversation.history.let_go();
        }
    }

    /// A message to the visitor came just now.
    fn came(&mut self, id: MessageId, turn: &mut Update) {
        if self.is_hidden() {
            return;
        }
        if self.conversation.unread.came(id, self.eyes()) {
            self.tell_unread(turn);
        }
        if let Some(message) = self.conversation.timeline.row(id).map(|row| Arc::clone(&row.message)) {
            self.tell_arrival(&message, turn);
            turn.tell_host(HostEvent::MessageAdded(Arc::clone(&message)));
            self.say_aloud(Announcement::NewMessage(message));
        }
    }

    pub(super) fn reply(&mut self, now: Mono, call: ApiRequest, outcome: &Outcome, turn: &mut Update) {
        let verdict = outcome.verdict();
        match call {
            ApiRequest::CreateContact | ApiRequest::GetContact => self.reply_contact(now, &call, &verdict, turn),
            ApiRequest::CreateConversation | ApiRequest::ListConversations => {
                self.reply_conversation(now, &call, &verdict, turn)
            }
            ApiRequest::GetConversation { conversation } => self.reply_condition(now, conversation, &verdict, turn),
            ApiRequest::ListMessages { conversation, .. } => self.reply_messages(now, conversation, &verdict, turn),
            ApiRequest::SubmitForm { message, .. } => self.reply_answer(now, message, outcome),
            // The visitor writes here, and another tab will post it: it had better find out first.
            ApiRequest::ToggleTyping { .. } if verdict == ApiResponse::Unknown && !self.tabs.election.is_active() => {
                self.say(&TabMessage::ReadHistory, turn);
            }
            // A hint: agents who miss it miss nothing.
            ApiRequest::UpdateLastSeen { .. } | ApiRequest::ToggleTyping { .. } => {}
            ApiRequest::GetInbox => self.reply_inbox(now, &verdict),
            ApiRequest::UpdateContact { listed, .. } => self.reply_update(now, &verdict, listed, turn),
            ApiRequest::FindConversations => self.reply_finding(now, &verdict),
            ApiRequest::Browse => self.reply_browse(now, &verdict),
            // A frame tells of it, too; if neither came, it is looked up.
            ApiRequest::ResolveConversation { .. } => self.conversation.status.want(),
            ApiRequest::CreateMessage { conversation, echo, lane, .. } => {
                if let (ApiResponse::Success(_) | ApiResponse::Rejected(_), Outcome::Answered { status, body, .. }) =
                    (&verdict, outcome)
                {
                    let (echo, status, body) = (Arc::clone(&echo), *status, body.clone());
                    self.say(&TabMessage::SendResponse { echo, status, body }, turn);
                }
                self.reply_post(now, conversation, (&echo, lane), outcome, turn);
            }
        }
    }

    fn reply_contact(&mut self, now: Mono, call: &ApiRequest, verdict: &ApiResponse<'_>, turn: &mut Update) {
        match verdict {
            ApiResponse::Success(body) => match chatwoot::contact(body) {
                ContactAnswer::Known(contact) => {
                    if !self.visitor.session.contact_is(contact) {
                        return self.visitor.session.failed(now, &mut self.rng, 0);
                    }
                    if std::mem::take(&mut self.conversation.is_missing) {
                        self.visitor.session.conversation_lost();
                        self.start_over();
                        self.conversation.is_deleted = true;
                    }
                }
                ContactAnswer::Unusable => self.visitor.session.failed(now, &mut self.rng, 0),
            },
            ApiResponse::NotFound if matches!(call, ApiRequest::GetContact) => {
                self.conversation.is_missing = false;
                self.begin_anew(turn);
            }
            // An unknown inbox identifier is found at the first message and stays so until the site is mended: the
            // message is kept, the visitor told that the team can't be reached.
            ApiResponse::NotFound
            | ApiResponse::Rejected(_)
            | ApiResponse::ServerError
            | ApiResponse::Unknown
            | ApiResponse::NotSent => {
                self.visitor.session.failed(now, &mut self.rng, 0);
            }
            ApiResponse::Busy(ms) => self.visitor.session.failed(now, &mut self.rng, *ms),
        }
    }

    fn reply_conversation(&mut self, now: Mono, call: &ApiRequest, verdict: &ApiResponse<'_>, turn: &mut Update) {
        let is_create = matches!(call, ApiRequest::CreateConversation);
        match verdict {
            // Its frame was faster. If it told of another one, that is ours now, and this one stays empty.
            ApiResponse::Success(body) if self.visitor.session.conversation().is_some() => {
                self.visitor.session.is_answered();
                if is_create {
                    self.list_begun(body);
                }
            }
            ApiResponse::Success(body) if is_create => match chatwoot::conversation(body) {
                Some(conversation) => {
                    self.begin_conversation(conversation.id, turn);
                    self.list_begun(body);
                }
                None => self.visitor.session.failed(now, &mut self.rng, 0),
            },
            ApiResponse::Success(body) => {
                let ours = chatwoot::listing(body).map(|listing| self.ours_of(listing));
                let ours = ours.map(|all| all.iter().map(|one| one.id).collect::<Vec<_>>());
                let found = ours.map(|all| self.visitor.session.find_created(&all));
                match found {
                    Some(Some(id)) => {
                        self.visitor.session.frames_received_for(id);
                        self.adopt_conversation(id);
                        self.list_the_rest();
                    }
                    Some(None) => {}
                    None => self.visitor.session.failed(now, &mut self.rng, 0),
                }
            }
            ApiResponse::NotFound => {
                self.visitor.session.verify_contact();
                self.visitor.session.failed(now, &mut self.rng, 0);
            }
            // So Chatwoot 4.0.4 answers every verified contact: whether it was made, nobody can know.
            ApiResponse::ServerError if !is_create && self.visitor.session.is_user_proven() => {
                self.visitor.session.is_answered();
                self.visitor.session.conversation_not_created();
            }
            ApiResponse::ServerError | ApiResponse::Unknown => self.visitor.session.failed(now, &mut self.rng, 0),
            ApiResponse::Rejected(_) | ApiResponse::NotSent | ApiResponse::Busy(_) => {
                if is_create {
                    self.visitor.session.conversation_not_created();
                }
                let ms = if let ApiResponse::Busy(ms) = verdict { *ms } else { 0 };
                self.visitor.session.failed(now, &mut self.rng, ms);
            }
        }
    }

    fn reply_condition(
        &mut self,
        now: Mono,
        conversation: ConversationId,
        verdict: &ApiResponse<'_>,
        turn: &mut Update,
    ) {
        match verdict {
            ApiResponse::Success(body) => {
                self.conversation.status.is_answered();
                if let Some(head) = chatwoot::conversation_head(body).filter(|head| head.id == conversation) {
                    // An earlier version may have opened one of another inbox later, never at first.
                    if self.visitor.session.inbox().is_none()
                        && self.visitor.session.conversations().first() == Some(&conversation)
                    {
                        self.visitor.session.inbox_is(head.inbox);
                    }
                    if head.inbox.is_some()
                        && self.visitor.session.inbox().is_some()
                        && head.inbox != self.visitor.session.inbox()
                    {
                        return self.leave_foreign();
                    }
                    self.conversation.status.is(&head);
                    if self.conversation.status.becomes_known() {
                        self.count_unread(turn);
                    }
                }
            }
            // Verified contacts get no list on 4.0.4, and may get no more here one day: messages come all the same.
            ApiResponse::Rejected(_) => self.conversation.status.is_answered(),
            ApiResponse::NotFound => {
                self.conversation.status.is_answered();
                self.miss_conversation(turn);
            }
            ApiResponse::Busy(ms) => self.conversation.status.failed(now, &mut self.rng, *ms),
            ApiResponse::ServerError | ApiResponse::Unknown | ApiResponse::NotSent => {
                self.conversation.status.failed(now, &mut self.rng, 0)
            }
        }
    }

    fn reply_messages(
        &mut self,
        now: Mono,
        conversation: ConversationId,
        verdict: &ApiResponse<'_>,
        turn: &mut Update,
    ) {
        if self.visitor.session.conversation() != Some(conversation) {
            return;
        }
        let page = match verdict {
            ApiResponse::Success(body) => chatwoot::messages(body),
            ApiResponse::NotFound => {
                self.miss_conversation(turn);
                None
            }
            ApiResponse::Busy(ms) => return self.conversation.history.failed(now, &mut self.rng, *ms),
            ApiResponse::Rejected(_) | ApiResponse::ServerError | ApiResponse::Unknown | ApiResponse::NotSent => None,
        };
        let Some(page) = page else {
            return self.conversation.history.failed(now, &mut self.rng, 0);
        };
        let progress = self.conversation.history.page(&page.iter().map(|message| message.id).collect::<Vec<_>>());
        // What is newer than all we had came while nothing brought it. Of a first look nobody knows what was read.
        let newest = self.conversation.timeline.newest();
        let mut is_news = false;
        for message in page {
            let (id, is_to_visitor) = (message.id, !message.author.is_visitor());
            let is_new = self.conversation.timeline.settle(message, &Source::History);
            is_news |= is_new;
            if is_new && is_to_visitor && newest.is_some_and(|newest| id > newest) {
                self.came(id, turn);
            }
        }
        let hears = self.connection.cable.is_live()
            && !self.connection.polling.is_silent()
            && !self.visitor.session.may_lack_frames();
        if is_news && self.tabs.election.is_leading() && !hears {
            self.say(&TabMessage::ReadHistory, turn);
        }
        // What is in doubt is for the tab in charge to decide, and for the others to be told.
        match progress {
            Progress::CaughtUp { asked, top, from } => {
                self.is_in_step_up_to(top);
                self.conversation.timeline.drop_stored_elsewhere(asked, from);
                if self.tabs.election.is_active() {
                    self.conversation.timeline.decide(asked, from);
                }
            }
            Progress::Anew { oldest, asked, top } => {
                self.conversation.timeline.drop_before(oldest);
                self.is_in_step_up_to(top);
                self.conversation.timeline.drop_stored_elsewhere(asked, None);
                if self.tabs.election.is_active() {
                    self.conversation.timeline.decide(asked, Some(oldest));
                    self.conversation.timeline.fail_unconfirmed_before(asked, oldest);
                }
            }
            Progress::Earlier => self.conversation.window.earlier_loaded(&self.conversation.timeline),
            Progress::Onward => {}
        }
    }

    /// Whether a message belongs to another conversation.
    fn is_elsewhere(&self, message: &Message) -> bool {
        message.conversation.is_some() && message.conversation != self.visitor.session.conversation()
    }

    /// Takes home a message that came by itself. Tells whether it is news.
    fn settle(&mut self, message: Message, road: Source) -> bool {
        let is_out_of_sight = self.conversation.history.may_have_earlier()
            && self.conversation.timeline.oldest().is_some_and(|oldest| message.id < oldest);
        if !is_out_of_sight {
            return self.conversation.timeline.settle(message, &road);
        }
        if let Source::Response(echo) | Source::Frame(Some(echo)) = road {
            self.conversation.timeline.apply_unloaded(&echo);
        }
        false
    }

    fn is_in_step_up_to(&mut self, top: Option<MessageId>) {
        self.conversation
            .history
            .caught_up_with(self.conversation.timeline.newest_first().filter(|id| Some(*id) <= top));
    }

    fn reply_post(
        &mut self,
        now: Mono,
        conversation: ConversationId,
        (echo, lane): (&EchoId, Queue),
        outcome: &Outcome,
        turn: &mut Update,
    ) {
        if matches!(outcome, Outcome::FilesMissing) {
            return self.conversation.timeline.files_missing(echo);
        }
        match outcome.verdict() {
            ApiResponse::Success(body) => match chatwoot::message(body) {
                Some(message) => {
                    self.retry(lane).succeeded();
                    let id = message.id;
                    let is_first_news = self.settle(message, Source::Response(Arc::clone(echo)));
                    if is_first_news {
                        self.connection.polling.stored(now, self.connection.cable.is_live());
                        self.tell_own(id, turn);
                    }
                }
                None => self.lose_sight(now, echo, lane),
            },
            ApiResponse::Rejected(words) => {
                self.retry(lane).succeeded();
                self.conversation.timeline.refused(echo, words);
            }
            ApiResponse::NotFound => {
                self.conversation.timeline.mark_not_sent(echo);
                if self.visitor.session.conversation() == Some(conversation) {
                    self.miss_conversation(turn);
                }
            }
            ApiResponse::Unknown => self.lose_sight(now, echo, lane),
            ApiResponse::ServerError => {
                // One page decides, read once it can: `lead` asks for it.
                self.conversation.timeline.mark_server_error(echo, now);
                self.pause(lane, now, 0);
            }
            ApiResponse::NotSent => {
                self.conversation.timeline.mark_not_sent(echo);
                self.pause(lane, now, 0);
            }
            ApiResponse::Busy(ms) => {
                self.conversation.timeline.mark_not_sent(echo);
                self.pause(lane, now, ms);
            }
        }
    }

    /// Another tab's post was answered.
    pub(super) fn take_answer(&mut self, echo: EchoId, outcome: &Outcome, turn: &mut Update) {
        match outcome.verdict() {
            ApiResponse::Success(body) => {
                if let Some(message) = chatwoot::message(body).filter(|message| !self.is_elsewhere(message)) {
                    let id = message.id;
                    if self.settle(message, Source::Response(echo)) {
                        self.tell_own(id, turn);
                    }
                }
            }
            ApiResponse::Rejected(words) if self.tabs.election.is_active() => {
                self.conversation.timeline.refused(&echo, words)
            }
            // The tab in charge says what is to come of it.
            ApiResponse::Rejected(_)
            | ApiResponse::NotFound
            | ApiResponse::Busy(_)
            | ApiResponse::ServerError
            | ApiResponse::Unknown
            | ApiResponse::NotSent => {}
        }
    }

    fn lose_sight(&mut self, now: Mono, echo: &EchoId, lane: Queue) {
        self.conversation.timeline.mark_response_lost(echo, now);
        self.pause(lane, now, 0);
        self.want_history();
    }

    /// The visitor is told that nobody knows of a send, in every tab.
    pub(super) fn tell_unconfirmed(&mut self, echo: &EchoId) {
        if self.conversation.timeline.is_unconfirmed(echo, true) {
            self.say_aloud(Announcement::DeliveryUnconfirmed);
        }
    }

    fn miss_conversation(&mut self, turn: &mut Update) {
        if !self.tabs.election.is_active() {
            // It is for the leader to look, and to conclude.
            return self.say(&TabMessage::ReadHistory, turn);
        }
        self.conversation.is_missing = true;
        self.visitor.session.verify_contact();
    }

    /// We have just made this conversation.
    fn begin_conversation(&mut self, id: ConversationId, turn: &mut Update) {
        let is_old = self.visitor.session.knows(id);
        self.visitor.session.conversation_is(id);
        if is_old {
            // An inbox with one conversation for each contact gives that one back, whatever was asked for.
            return self.adopt_conversation(id);
        }
        self.conversation.timeline.set_conversation(id);
        self.conversation.history.is_new();
        turn.tell_host(HostEvent::ConversationStarted { conversation: id });
    }

    /// We found it: it may hold messages already.
    pub(super) fn adopt_conversation(&mut self, id: ConversationId) {
        self.visitor.conversation_list.opened(id);
        self.conversation.timeline.set_conversation(id);
        self.conversation.history.want();
    }

    /// The open conversation turns out to be another inbox's: nobody reads or writes there from here.
    fn leave_foreign(&mut self) {
        if self.tabs.election.is_active() && self.can_leave() {
            self.visitor.session.conversation_lost();
            self.turn_page();
        }
    }

    pub(super) fn start_over(&mut self) {
        self.turn_page();
        self.visitor.form_submissions.start_over();
        self.connection.requests.retain(|(_, call, _)| !matches!(call, ApiRequest::SubmitForm { .. }));
    }

    pub(super) fn want_history(&mut self) {
        if self.visitor.session.conversation().is_some() {
            self.conversation.history.want();
        }
    }
}
