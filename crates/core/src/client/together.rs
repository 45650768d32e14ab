//! One visitor in several tabs: what the others tell us, what we tell them, and who is in charge.

use super::{ChatClient, KEY_INTRODUCTION, KEY_PREFERENCES, KEY_SEND, KEY_SESSION, WORDS_MAX};
use crate::chatwoot::requests::{ApiRequest, Outcome};
use crate::chatwoot::{self, Frame};
use crate::conversation::timeline::OutgoingRecord;
use crate::model::EchoId;
use crate::tabs::leader_election::{self as tabs, LeaderStatus, TabAction, TabEvent, TabMessage};
use crate::time::Mono;
use crate::visitor::generation;
use crate::{Effect, Update};

impl ChatClient {
    pub(super) fn hear_tabs(&mut self, now: Mono, news: TabEvent, turn: &mut Update) {
        match news {
            TabEvent::LockGranted(kept) => {
                self.meet_generation(generation::kept_in(&kept), turn);
                self.tabs.election.lead();
                self.take_over(now, kept);
            }
            TabEvent::LockRefused => self.work_alone(turn),
            TabEvent::LockStolen => {
                let was_leading = self.tabs.election.is_leading();
                let act = self.tabs.election.lose_leadership();
                if was_leading {
                    self.step_back(now, turn, |call| {
                        !matches!(
                            call,
                            ApiRequest::CreateMessage { .. }
                                | ApiRequest::SubmitForm { .. }
                                | ApiRequest::ListMessages { .. }
                                | ApiRequest::GetConversation { .. }
                        )
                    });
                    // What it would have written by now is not its to write any more.
                    self.keep(now, turn);
                }
                tell(act, turn);
                self.take_words(now, turn);
            }
            TabEvent::LockQueried { is_ours, generation } => {
                self.meet_generation(generation, turn);
                self.tabs.election.is_answered(is_ours);
                self.take_words(now, turn);
            }
            TabEvent::Received(text) => {
                self.tabs.pending.extend(crate::tabs::messages::hear(&text));
                if self.tabs.pending.len() > WORDS_MAX {
                    // The browser confirms nothing any more: this tab is as good as alone.
                    self.tabs.pending.remove(0);
                }
                self.take_words(now, turn);
            }
        }
    }

    /// Takes what other tabs have said, once it is sure whether as leader or as follower.
    fn take_words(&mut self, now: Mono, turn: &mut Update) {
        if !self.tabs.election.is_shared() {
            // Who works alone believes the others one thing.
            self.tabs.pending.retain(|word| matches!(word, TabMessage::ForgetVisitor { .. }));
        }
        if self.tabs.pending.is_empty() || (self.tabs.election.is_leading() && !self.may_write(now, turn)) {
            return;
        }
        for word in std::mem::take(&mut self.tabs.pending) {
            self.take_word(now, word, turn);
        }
    }

    /// Everything is ours to do from now on; what the device keeps is where to begin.
    fn take_over(&mut self, now: Mono, kept: Vec<(String, String)>) {
        self.learn_all(now, kept);
        self.conversation.timeline.take_over_sending(&self.posts(), now);
        if self.visitor.session.conversation().is_none() {
            self.conversation.timeline.fail_unconfirmed();
        } else if self.conversation.timeline.unconfirmed_floor().is_some() {
            self.conversation.history.want();
        }
    }

    /// The browser puts the page away. An open socket or lock would keep it from coming back as it is.
    pub(super) fn leave(&mut self, now: Mono, turn: &mut Update) {
        let act = self.tabs.election.suspend();
        self.step_back(now, turn, |_| true);
        tell(Some(act), turn);
    }

    /// The page is back; other tabs may have been in charge meanwhile.
    pub(super) fn resume(&mut self, now: Mono, kept: Vec<(String, String)>, turn: &mut Update) {
        if self.tabs.election.is_suspended() {
            tell(self.tabs.election.resume(), turn);
            self.confirm_lock(now, turn);
            self.forgive();
            self.meet_generation(generation::kept_in(&kept), turn);
            self.take_stock(now, kept);
        }
        self.wake(now, turn);
    }

    /// The page begins, or begins again.
    pub(super) fn take_stock(&mut self, now: Mono, kept: Vec<(String, String)>) {
        if self.tabs.election.is_active() {
            self.take_over(now, kept);
        } else {
            self.learn_all(now, kept);
        }
        self.want_history();
    }

    /// The sends this tab is posting.
    fn posts(&self) -> Vec<EchoId> {
        let echo = |call: &ApiRequest| {
            if let ApiRequest::CreateMessage { echo, .. } = call { Some(echo.clone()) } else { None }
        };
        self.connection.requests.iter().filter_map(|(_, call, _)| echo(call)).collect()
    }

    /// Gives up the socket and the calls that are not for us to make any more.
    fn step_back(&mut self, now: Mono, turn: &mut Update, is_given_up: fn(&ApiRequest) -> bool) {
        let mut acts = Vec::new();
        self.connection.cable.close(&mut acts);
        self.act(acts, turn);
        self.connection.polling.started_over();
        for call in self.abort(&|call, _| is_given_up(call), turn) {
            self.reply(now, call, &Outcome::Unknown, turn);
        }
        self.visitor.session.forgive();
    }

    fn take_word(&mut self, now: Mono, word: TabMessage, turn: &mut Update) {
        let is_leading = self.tabs.election.is_leading();
        match word {
            TabMessage::PingLeader if is_leading => {
                let here = self.tabs.election.answer_ping(now);
                say(&here, turn);
                // The last leader may have gone between writing this down and saying so.
                say(&self.kept_session(), turn);
                // Nor does the device keep which sends nobody knows of.
                for send in self.conversation.timeline.sends().filter(|send| send.is_unconfirmed) {
                    say(&TabMessage::SendUnconfirmed(send.echo.clone()), turn);
                }
            }
            TabMessage::Leader(standing) if !is_leading => {
                if self.tabs.election.leader_reported(now, standing) {
                    self.want_history();
                    self.conversation.status.want();
                }
            }
            TabMessage::Stored(key, value) => self.heard_kept(now, &key, value.as_deref(), is_leading, turn),
            TabMessage::CableFrame(text) if !is_leading => {
                self.tabs.election.heard(now);
                if let Frame::Event(news) = chatwoot::frame(&text) {
                    self.take_news(*news, turn);
                }
            }
            TabMessage::SendResponse { echo, status, body } => {
                let outcome = Outcome::Answered { status, body, retry_after_ms: None };
                self.take_answer(echo, &outcome, turn);
            }
            TabMessage::RetrySend(echo) => self.send_again(now, &echo, turn),
            TabMessage::SendUnconfirmed(echo) if !is_leading => self.tell_unconfirmed(&echo),
            TabMessage::DiscardSend(echo) => drop(self.give_up(&echo, turn)),
            TabMessage::OpenConversation(to) if is_leading => self.switch(to, turn),
            TabMessage::ReadHistory => self.want_history(),
            TabMessage::ForgetVisitor { generation, is_succeeded } => self.hear_forget(generation, is_succeeded, turn),
            TabMessage::SetUser(user) => self.user_is(user),
            TabMessage::SetAttributes { user, said, is_of_conversation } => {
                self.attributes_are(user, said, is_of_conversation)
            }
            // A leader neither answers another nor listens to it: one of the two is about to learn that it is none.
            TabMessage::PingLeader
            | TabMessage::Leader(_)
            | TabMessage::CableFrame(_)
            | TabMessage::OpenConversation(_)
            | TabMessage::SendUnconfirmed(_) => {}
        }
    }

    fn heard_kept(&mut self, now: Mono, key: &str, value: Option<&str>, is_leading: bool, turn: &mut Update) {
        if value.is_some_and(|value| !generation::is_current(self.visitor.generation, key, value)) {
            // From a tab that has not heard yet that the visitor was forgotten.
            return;
        }
        if key == KEY_SESSION {
            if !is_leading {
                self.learn_session(value);
            }
            return;
        }
        match key {
            KEY_INTRODUCTION => self.visitor.pre_chat_form.restore(value.unwrap_or_default()),
            KEY_PREFERENCES => self.learn_preferences(value.unwrap_or_default(), turn),
            _ => {}
        }
        let Some(echo) = key.strip_prefix(KEY_SEND).map(EchoId::from) else { return };
        match value.map(OutgoingRecord::read) {
            Some(Some(kept)) if !is_leading => self.conversation.timeline.learn(kept, &echo, now),
            // What we have, we know better than anybody.
            Some(Some(kept)) if !self.conversation.timeline.has_outgoing(&echo) => {
                self.conversation.timeline.learn(kept, &echo, now);
                // Its poster is no leader any more, and may be gone before it can tell how it ended.
                self.conversation.timeline.take_over_sending(&self.posts(), now);
            }
            None if !is_leading => {
                self.conversation.timeline.record_removed(&echo, now);
                if self.conversation.timeline.unconfirmed_floor().is_some() {
                    self.want_history();
                }
            }
            Some(Some(_) | None) | None => {}
        }
    }

    /// Takes what the device keeps for the truth about who we are and what waits to be sent.
    fn learn_all(&mut self, now: Mono, kept: Vec<(String, String)>) {
        let echoes: Vec<EchoId> =
            kept.iter().filter_map(|(key, _)| key.strip_prefix(KEY_SEND)).map(EchoId::from).collect();
        for echo in self.conversation.timeline.outgoing_without_record(&echoes) {
            self.conversation.timeline.record_removed(&echo, now);
        }
        // Before the sends: what was in a conversation that is gone begins anew, and theirs is the word after that.
        let session = kept.iter().find(|(key, _)| key == KEY_SESSION);
        self.learn_session(session.map(|(_, value)| &**value));
        if let Some((_, introduction)) = kept.iter().find(|(key, _)| key == KEY_INTRODUCTION) {
            self.visitor.pre_chat_form.restore(introduction);
        }
        for (key, value) in kept {
            if let (Some(echo), Some(kept)) = (key.strip_prefix(KEY_SEND), OutgoingRecord::read(&value)) {
                self.conversation.timeline.learn(kept, &EchoId::from(echo), now);
            }
        }
    }

    fn learn_session(&mut self, kept: Option<&str>) {
        let was = self.visitor.session.conversation();
        self.visitor.session.learn(kept);
        let is = self.visitor.session.conversation();
        if is == was {
            return;
        }
        match was {
            Some(was) if self.visitor.session.knows(was) => {
                self.turn_page();
                self.conversation.prompt.clear();
            }
            Some(_) => self.start_over(),
            None => {}
        }
        if let Some(id) = is {
            self.adopt_conversation(id);
        }
    }

    fn kept_session(&self) -> TabMessage {
        let kept = self.visitor.session.kept().map(|kept| generation::stamp(self.visitor.generation, &kept));
        TabMessage::Stored(KEY_SESSION.to_owned(), kept)
    }

    /// Asks for a sign that the browser knows who holds the lock.
    pub(super) fn confirm_lock(&mut self, now: Mono, turn: &mut Update) {
        if self.tabs.election.is_shared() {
            tell(self.tabs.election.confirm(now), turn);
        }
    }

    /// The browser gives no such sign: this tab works alone from now on, and lets the lock be.
    pub(super) fn work_alone(&mut self, turn: &mut Update) {
        self.tabs.election.work_alone();
        tell(Some(TabAction::Leave), turn);
        tell(Some(TabAction::Listen), turn);
        self.conversation.timeline.release_foreign_messages();
        self.want_history();
    }

    /// Whether this tab may write now, to the server or on the device; it may have to wait for the browser's word.
    pub(super) fn may_write(&mut self, now: Mono, turn: &mut Update) -> bool {
        let (may, question) = self.tabs.election.may_write(now);
        tell(question, turn);
        may
    }

    /// Lets the other tabs know what they could not know by themselves.
    pub(super) fn announce(&mut self, turn: &mut Update) {
        if self.tabs.election.has_new_leadership() {
            say(&self.kept_session(), turn);
        }
        let standing = LeaderStatus { is_live: self.connection.cable.is_live(), is_failing: self.is_failing() };
        if let Some(word) = self.tabs.election.announce(standing) {
            say(&word, turn);
        }
    }

    /// Says a word, if there may be anybody to hear it.
    pub(super) fn say(&self, word: &TabMessage, turn: &mut Update) {
        if self.tabs.election.is_shared() {
            say(word, turn);
        }
    }
}

pub(super) fn tell(act: Option<TabAction>, turn: &mut Update) {
    turn.effects.extend(act.map(Effect::Tabs));
}

fn say(word: &TabMessage, turn: &mut Update) {
    tell(Some(tabs::say(word)), turn);
}
