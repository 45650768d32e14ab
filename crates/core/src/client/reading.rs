//! What the visitor has read, here and on other devices.

use super::ChatClient;
use crate::chatwoot::requests::ApiRequest;
use crate::conversation::read_receipts::{RECEIPT_MS, ReadReceipts};
use crate::conversation::unread::Attention;
use crate::host::events::HostEvent;
use crate::model::{ConversationId, MessageId};
use crate::time::Mono;
use crate::{Effect, Update};

/// So many of the newest messages are looked through: more unread ones are as many.
const LOOKED_AT: usize = 100;
impl ChatClient {
    /// What of the thread the visitor has before their eyes.
    pub(super) fn eyes(&self) -> Attention {
        match (
            self.view_model.is_open,
            self.view_model.is_visible,
            self.conversation.window.shows_newest() && !self.visitor.conversation_list.is_shown(),
        ) {
            (false, ..) => Attention::PanelClosed,
            (true, false, _) => Attention::PageHidden,
            (true, true, false) => Attention::ScrolledUp,
            (true, true, true) => Attention::AtNewest,
        }
    }

    /// Says that the newest message was read: one request at a time, and only then for what came meanwhile.
    pub(super) fn see(&mut self, now: Mono, conversation: ConversationId, turn: &mut Update) {
        self.conversation.read_receipts.is_waiting = false;
        if self.eyes() != Attention::AtNewest || !self.connection.is_online || !self.conversation.status.is_known() {
            return;
        }
        let newest = self.conversation.timeline.newest_rows(LOOKED_AT).find(|row| !row.message.author.is_visitor());
        let Some((id, at)) = newest.map(|row| (row.id, row.message.at)) else { return };
        if at <= self.conversation.status.contact_last_seen_at() || self.conversation.read_receipts.newest >= Some(id) {
            return;
        }
        if self.is_calling(|call| matches!(call, ApiRequest::UpdateLastSeen { .. })) {
            return;
        }
        if self.conversation.read_receipts.sent.is_some_and(|sent| now.since(sent) < RECEIPT_MS) {
            self.conversation.read_receipts.is_waiting = true;
            return;
        }
        self.conversation.read_receipts = ReadReceipts { newest: Some(id), sent: Some(now), is_waiting: false };
        self.call(now, ApiRequest::UpdateLastSeen { conversation }, turn);
    }

    /// What came since the visitor read last, wherever that was; their own words count as having read.
    pub(super) fn count_unread(&mut self, turn: &mut Update) {
        let read_at = self.conversation.status.contact_last_seen_at();
        let has_written =
            || self.conversation.timeline.newest_rows(LOOKED_AT).any(|row| row.message.author.is_visitor());
        if read_at == 0 && !has_written() {
            // Nobody ever said, so nobody knows.
            return;
        }
        let rows = self.conversation.timeline.newest_rows(LOOKED_AT);
        let unread = rows.take_while(|row| !row.message.author.is_visitor() && row.message.at > read_at);
        let mut ids: Vec<MessageId> = unread.map(|row| row.id).collect();
        ids.reverse();
        if self.conversation.unread.missed(&ids, self.eyes()) {
            self.tell_unread(turn);
        }
    }

    /// Another tab or device of the visitor's has read up to this message.
    pub(super) fn was_read(&mut self, id: MessageId, turn: &mut Update) {
        let newer = self.conversation.timeline.newest_rows(LOOKED_AT).take_while(|row| row.id > id);
        let after = newer.filter(|row| !row.message.author.is_visitor()).count();
        if self.conversation.unread.read_elsewhere(id, u32::try_from(after).unwrap_or(u32::MAX)) {
            self.tell_unread(turn);
        }
    }

    /// Tells the page how many messages wait to be read.
    pub(super) fn tell_unread(&self, turn: &mut Update) {
        turn.effects.push(Effect::Host(HostEvent::UnreadChanged { count: self.conversation.unread.count() }));
    }
}
