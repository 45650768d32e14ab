//! What an answer leads to: server news by itself, and the ends of our own calls.

use std::sync::Arc;

use super::Widget;
use crate::core::cable::Heard;
use crate::core::calls::{Call, Outcome, Verdict};
use crate::core::history::{History, Progress};
use crate::core::model::{Author, ConversationId, EchoId, MessageId};
use crate::core::time::Mono;
use crate::core::timeline::Road;
use crate::core::wire::{self, ContactAnswer, News};
use crate::core::{Effect, Tell, Turn};

impl Widget {
    pub(super) fn take(&mut self, heard: Option<Heard>, turn: &mut Turn) {
        match heard {
            Some(Heard::Live) => {
                self.watch.started_over();
                self.want_history();
            }
            Some(Heard::Unconfirmed) => self.session.doubt_contact(),
            Some(Heard::News(news)) => self.take_news(news, turn),
            Some(Heard::Lost) | None => {}
        }
    }

    pub(super) fn take_news(&mut self, news: News, turn: &mut Turn) {
        match news {
            News::Created(message, echo) => {
                if message.conversation.is_some() && message.conversation != self.session.conversation() {
                    return;
                }
                let is_to_visitor = message.author != Author::Visitor;
                self.history.heard(message.id);
                if self.watch.heard() {
                    // It speaks again; what it kept to itself meanwhile has to be read.
                    self.want_history();
                }
                let is_new = self.timeline.settle(message, &Road::Frame(echo));
                if is_new && is_to_visitor && !self.is_open {
                    self.unread = self.unread.saturating_add(1);
                    turn.effects.push(Effect::Tell(Tell::Unread(self.unread)));
                }
            }
            News::Updated(message) => {
                if message.conversation.is_none() || message.conversation == self.session.conversation() {
                    self.timeline.amend(message);
                }
            }
            News::Conversation(conversation) => {
                // The answer that would have told us its id was lost; this is the same news by another road.
                let is_awaited = self.calls.iter().any(|(_, call, _)| *call == Call::CreateConversation);
                if self.session.is_conversation_doubted() && !is_awaited {
                    self.session.conversation_is(conversation.id);
                    self.adopt_conversation(conversation.id);
                }
            }
            News::Other => {}
        }
    }

    pub(super) fn reply(&mut self, now: Mono, call: Call, outcome: &Outcome, turn: &mut Turn) {
        let verdict = outcome.verdict();
        match call {
            Call::CreateContact | Call::ReadContact => self.reply_contact(now, &call, &verdict, turn),
            Call::CreateConversation | Call::ListConversations => self.reply_conversation(now, &call, &verdict),
            Call::ReadMessages { conversation, .. } => self.reply_messages(now, conversation, &verdict),
            Call::Post { conversation, echo, .. } => self.reply_post(now, conversation, &echo, verdict),
        }
    }

    fn reply_contact(&mut self, now: Mono, call: &Call, verdict: &Verdict<'_>, turn: &mut Turn) {
        match verdict {
            Verdict::Good(body) => match wire::contact(body) {
                ContactAnswer::Known(contact) => {
                    self.session.contact_is(contact);
                    if std::mem::take(&mut self.is_conversation_missed) {
                        self.session.conversation_is_gone();
                        self.start_over();
                    }
                }
                ContactAnswer::Unusable => self.session.failed(now, &mut self.chance, 0),
            },
            Verdict::Gone if *call == Call::ReadContact => {
                self.is_conversation_missed = false;
                self.session.contact_is_gone();
                self.start_over();
                let mut acts = Vec::new();
                self.cable.close(&mut acts);
                self.act(acts, turn);
            }
            // An unknown inbox identifier is found at the first message and stays so until the site is mended: the
            // message is kept, the visitor told that the team can't be reached.
            Verdict::Gone | Verdict::Refused(_) | Verdict::Unclear | Verdict::NeverLeft => {
                self.session.failed(now, &mut self.chance, 0);
            }
            Verdict::Busy(ms) => self.session.failed(now, &mut self.chance, *ms),
        }
    }

    fn reply_conversation(&mut self, now: Mono, call: &Call, verdict: &Verdict<'_>) {
        let is_create = *call == Call::CreateConversation;
        match verdict {
            // Its frame was faster. If it told of another one, that is ours now, and this one stays empty.
            Verdict::Good(_) if self.session.conversation().is_some() => self.session.is_answered(),
            Verdict::Good(body) if is_create => match wire::conversation(body) {
                Some(conversation) => self.begin_conversation(conversation.id),
                None => self.session.failed(now, &mut self.chance, 0),
            },
            Verdict::Good(body) => {
                let found = wire::conversations(body).map(|all| self.session.conversations_are(&all));
                match found {
                    Some(Some(id)) => self.adopt_conversation(id),
                    Some(None) => {}
                    None => self.session.failed(now, &mut self.chance, 0),
                }
            }
            Verdict::Gone => {
                self.session.doubt_contact();
                self.session.failed(now, &mut self.chance, 0);
            }
            Verdict::Unclear => self.session.failed(now, &mut self.chance, 0),
            Verdict::Refused(_) | Verdict::NeverLeft | Verdict::Busy(_) => {
                if is_create {
                    self.session.conversation_was_not_made();
                }
                let ms = if let Verdict::Busy(ms) = verdict { *ms } else { 0 };
                self.session.failed(now, &mut self.chance, ms);
            }
        }
    }

    fn reply_messages(&mut self, now: Mono, conversation: ConversationId, verdict: &Verdict<'_>) {
        if self.session.conversation() != Some(conversation) {
            return;
        }
        let page = match verdict {
            Verdict::Good(body) => wire::messages(body),
            Verdict::Gone => {
                self.miss_conversation();
                None
            }
            Verdict::Busy(ms) => return self.history.failed(now, &mut self.chance, *ms),
            Verdict::Refused(_) | Verdict::Unclear | Verdict::NeverLeft => None,
        };
        let Some(page) = page else {
            return self.history.failed(now, &mut self.chance, 0);
        };
        let progress = self.history.page(&page.iter().map(|message| message.id).collect::<Vec<_>>());
        for message in page {
            self.timeline.settle(message, &Road::History);
        }
        match progress {
            Progress::CaughtUp { asked, top } => {
                self.is_in_step_up_to(top);
                let from = if self.history.may_have_earlier() { self.timeline.oldest() } else { None };
                self.timeline.decide(asked, from);
            }
            Progress::Anew { oldest, asked, top } => {
                self.timeline.let_go_before(oldest);
                self.is_in_step_up_to(top);
                self.timeline.decide(asked, Some(oldest));
            }
            Progress::Earlier | Progress::Onward => {}
        }
    }

    fn is_in_step_up_to(&mut self, top: Option<MessageId>) {
        self.history.is_in_step_with(self.timeline.newest_first().filter(|id| Some(*id) <= top));
    }

    fn reply_post(&mut self, now: Mono, conversation: ConversationId, echo: &EchoId, verdict: Verdict<'_>) {
        match verdict {
            Verdict::Good(body) => match wire::message(body) {
                Some(message) => {
                    self.lane.succeeded();
                    let is_first_news = self.timeline.settle(message, &Road::Answer(Arc::clone(echo)));
                    if is_first_news && self.cable.is_live() {
                        self.watch.stored(now);
                    }
                }
                None => self.lose_sight(now, echo),
            },
            Verdict::Refused(words) => {
                self.lane.succeeded();
                self.timeline.refused(echo, words);
            }
            Verdict::Gone => {
                self.timeline.never_left(echo);
                if self.session.conversation() == Some(conversation) {
                    self.miss_conversation();
                }
            }
            Verdict::Unclear => self.lose_sight(now, echo),
            Verdict::NeverLeft => {
                self.timeline.never_left(echo);
                self.lane.failed(now, &mut self.chance, 0);
            }
            Verdict::Busy(ms) => {
                self.timeline.never_left(echo);
                self.lane.failed(now, &mut self.chance, ms);
            }
        }
    }

    fn lose_sight(&mut self, now: Mono, echo: &EchoId) {
        self.timeline.lost_sight(echo, now);
        self.lane.failed(now, &mut self.chance, 0);
        self.want_history();
    }

    fn miss_conversation(&mut self) {
        self.is_conversation_missed = true;
        self.session.doubt_contact();
    }

    /// We have just made this conversation.
    fn begin_conversation(&mut self, id: ConversationId) {
        self.session.conversation_is(id);
        self.timeline.belongs_to(id);
        self.history.is_new();
    }

    /// We found it: it may hold messages already.
    fn adopt_conversation(&mut self, id: ConversationId) {
        self.timeline.belongs_to(id);
        self.history.want();
    }

    fn start_over(&mut self) {
        self.timeline.start_over();
        self.history = History::default();
        // A read of the old conversation's has nobody to answer to any more.
        self.calls.retain(|(_, call, _)| !matches!(call, Call::ReadMessages { .. } | Call::Post { .. }));
    }

    pub(super) fn want_history(&mut self) {
        if self.session.conversation().is_some() {
            self.history.want();
        }
    }
}
