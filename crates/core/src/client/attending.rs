//! Who of the team is there: the inbox's hours, and agents' presence.

use super::ChatClient;
use crate::chatwoot;
use crate::chatwoot::requests::{ApiRequest, ApiResponse};
use crate::time::Mono;
use crate::{Effect, Update};

impl ChatClient {
    /// Asks for the inbox once somebody looks at the panel.
    pub(super) fn attend(&mut self, now: Mono, turn: &mut Update) {
        if self.view_model.is_open && self.view_model.is_visible {
            self.availability.want(now);
        }
        if self.connection.is_online && self.availability.next(now) {
            self.call(now, ApiRequest::GetInbox, turn);
        }
        turn.effects.extend(self.availability.take_time_zone_lookup().map(|zone| Effect::LookUpTimeZone { zone }));
    }

    pub(super) fn reply_inbox(&mut self, now: Mono, verdict: &ApiResponse<'_>) {
        let inbox = if let ApiResponse::Success(body) = verdict { chatwoot::inbox(body) } else { None };
        match (inbox, verdict) {
            (Some(inbox), _) => self.availability.inbox_is(now, inbox),
            // It is not there, or no inbox: the doctor knows.
            (None, ApiResponse::Success(_) | ApiResponse::NotFound | ApiResponse::Rejected(_)) => {
                self.availability.is_answered(now)
            }
            (None, ApiResponse::Busy(ms)) => self.availability.failed(now, &mut self.rng, *ms),
            (None, ApiResponse::ServerError | ApiResponse::Unknown | ApiResponse::NotSent) => {
                self.availability.failed(now, &mut self.rng, 0)
            }
        }
    }
}
