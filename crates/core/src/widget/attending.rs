//! Who of the team is there: the inbox's hours, and agents' presence.

use super::Widget;
use crate::calls::{Call, Verdict};
use crate::time::Mono;
use crate::{Effect, Turn, wire};

impl Widget {
    /// Asks for the inbox once somebody looks at the panel.
    pub(super) fn attend(&mut self, now: Mono, turn: &mut Turn) {
        if self.view_model.is_open && self.view_model.is_visible {
            self.availability.want(now);
        }
        if self.connection.is_online && self.availability.next(now) {
            self.call(now, Call::ReadInbox, turn);
        }
        turn.effects.extend(self.availability.take_zone().map(Effect::Zone));
    }

    pub(super) fn reply_inbox(&mut self, now: Mono, verdict: &Verdict<'_>) {
        let inbox = if let Verdict::Good(body) = verdict { wire::inbox(body) } else { None };
        match (inbox, verdict) {
            (Some(inbox), _) => self.availability.inbox_is(now, inbox),
            // It is not there, or no inbox: the doctor knows.
            (None, Verdict::Good(_) | Verdict::Gone | Verdict::Refused(_)) => self.availability.is_answered(now),
            (None, Verdict::Busy(ms)) => self.availability.failed(now, &mut self.rng, *ms),
            (None, Verdict::Fault | Verdict::Unclear | Verdict::NeverLeft) => {
                self.availability.failed(now, &mut self.rng, 0)
            }
        }
    }
}
