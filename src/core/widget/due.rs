//! What is due: every machine gets its turn after every event, and what one does may free another.

use super::{KEY_SEND, KEY_SESSION, Widget};
use crate::core::cable::Act;
use crate::core::calls::{CALL_MS_MAX, Call, CallId, Outcome};
use crate::core::time::Mono;
use crate::core::timeline::Keep;
use crate::core::{Effect, Turn, wire};

impl Widget {
    /// Lets every machine do what it can now; what one does may free another.
    pub(super) fn pump(&mut self, now: Mono, turn: &mut Turn) {
        self.give_up_calls(now, turn);
        if self.timeline.grace_ends().is_some_and(|end| end <= now) && !self.is_reading() {
            self.want_history();
        }
        let mut acts = Vec::new();
        if self.session.is_contact_sure()
            && let Some(token) = self.session.pubsub_token()
        {
            self.cable.subscribe_as(token, &mut acts);
        }
        let heard = self.cable.tick(now, &mut self.chance, &mut acts);
        self.act(acts, turn);
        self.take(heard, turn);
        // After the cable: an unconfirmed subscription is a question for it.
        let has_unsent = self.timeline.has_unsent();
        if let Some(call) = self.session.next(now, has_unsent) {
            self.keep(turn);
            self.call(now, call, turn);
        }
        if self.watch.tick(now, self.cable.is_live()) && self.is_online && !self.is_reading() {
            self.want_history();
        }
        self.read_and_post(now, turn);
    }

    fn read_and_post(&mut self, now: Mono, turn: &mut Turn) {
        let Some(conversation) = self.session.conversation().filter(|_| self.session.is_contact_sure()) else {
            return;
        };
        let floor = self.timeline.doubtful_from().map_or(self.history.floor(), |floor| floor.and(self.history.floor()));
        if let Some(before) = self.history.next(now, floor, self.timeline.oldest()) {
            self.call(now, Call::ReadMessages { conversation, before }, turn);
        }
        // Until the newest messages are known, nobody could tell an old message from this one, were its answer lost.
        if self.history.has_begun()
            && self.is_online
            && self.lane.is_over(now)
            && let Some((echo, text)) = self.timeline.begin_post()
        {
            self.keep(turn);
            self.call(now, Call::Post { conversation, echo, text }, turn);
        }
    }

    fn give_up_calls(&mut self, now: Mono, turn: &mut Turn) {
        let late = |asked: &Mono| asked.plus(CALL_MS_MAX) <= now;
        let ids: Vec<CallId> = self.calls.iter().filter(|(.., asked)| late(asked)).map(|(id, ..)| *id).collect();
        for id in ids {
            turn.effects.push(Effect::Abort(id));
            if let Some(call) = self.end_call(id) {
                self.reply(now, call, &Outcome::Unclear, turn);
            }
        }
    }

    fn is_reading(&self) -> bool {
        self.calls.iter().any(|(_, call, _)| matches!(call, Call::ReadMessages { .. }))
    }

    fn call(&mut self, now: Mono, call: Call, turn: &mut Turn) {
        self.last_call += 1;
        let id = CallId(self.last_call);
        let request = wire::request(&self.settings, self.session.source_id().unwrap_or_default(), &call);
        self.calls.push((id, call, now));
        turn.effects.push(Effect::Call(id, request));
    }

    pub(super) fn end_call(&mut self, id: CallId) -> Option<Call> {
        let at = self.calls.iter().position(|(other, ..)| *other == id)?;
        Some(self.calls.remove(at).1)
    }

    pub(super) fn act(&self, acts: Vec<Act>, turn: &mut Turn) {
        turn.effects.extend(acts.into_iter().map(|act| match act {
            Act::Connect(link) => Effect::Connect(link, wire::cable_url(&self.settings)),
            Act::Transmit(link, text) => Effect::Transmit(link, text),
            Act::Disconnect(link) => Effect::Disconnect(link),
        }));
    }

    /// Whatever must survive a crash goes to storage before what depends on it leaves the device.
    pub(super) fn keep(&mut self, turn: &mut Turn) {
        if let Some(kept) = self.session.take_kept() {
            turn.effects.push(match kept {
                Some(kept) => Effect::Save(KEY_SESSION.to_owned(), kept),
                None => Effect::Erase(KEY_SESSION.to_owned()),
            });
        }
        turn.effects.extend(self.timeline.take_keep().into_iter().map(|keep| match keep {
            Keep::Save(echo, kept) => Effect::Save(format!("{KEY_SEND}{echo}"), kept),
            Keep::Erase(echo) => Effect::Erase(format!("{KEY_SEND}{echo}")),
        }));
    }
}
