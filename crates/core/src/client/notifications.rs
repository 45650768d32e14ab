//! Reports of messages to the website and the visitor: unread counts, sounds, notifications, announcements, and the
//! preferences that decide about them.

use std::sync::Arc;

use super::ChatClient;
use crate::Update;
use crate::conversation::unread::Attention;
use crate::host::events::{HostEvent, Notification};
use crate::model::{Message, MessageId};
use crate::view::{Announcement, ComposerProblem};
use crate::visitor::preferences::{Preference, Preferences};

impl ChatClient {
    /// Which part of the thread the visitor sees.
    pub(super) fn attention(&self) -> Attention {
        let is_list_shown = self.visitor.conversation_list.is_shown();
        self.conversation.attention(self.view_model.is_open, self.view_model.is_visible, is_list_shown)
    }

    /// Has screen readers announce something, if the panel is open.
    pub(super) fn announce(&mut self, announcement: Announcement) {
        if self.view_model.is_open && !self.visitor.is_hidden() {
            self.view_model.announce(announcement);
        }
    }

    /// Notifies the visitor of a new message, by their preferences.
    pub(super) fn notify(&self, message: &Arc<Message>, update: &mut Update) {
        let is_seen = matches!(self.attention(), Attention::AtNewest | Attention::ScrolledUp);
        let options = &self.settings.options;
        let plays_sound = self.visitor.plays_sound(options);
        let shows_notification = self.visitor.shows_notifications(options) == Some(true);
        if plays_sound || shows_notification {
            let message = Arc::clone(message);
            let notification = Notification { message, is_seen, plays_sound, shows_notification };
            update.tell_host(HostEvent::NotificationDue(notification));
        }
    }

    /// Reports the number of unread messages to the website.
    pub(super) fn report_unread(&self, update: &mut Update) {
        update.tell_host(HostEvent::UnreadChanged { count: self.conversation.unread.count() });
    }

    /// Reports an added message to the website.
    pub(super) fn report_message(&self, id: MessageId, update: &mut Update) {
        if let Some(message) = self.conversation.message(id) {
            update.tell_host(HostEvent::MessageAdded(message));
        }
    }

    /// Reports changes of the open conversation to the website.
    pub(super) fn report_changes(&mut self, update: &mut Update) {
        let status = &self.conversation.status;
        let current = self.visitor.session.conversation().map(|id| (id, status.status()));
        let typing = self.conversation.typing.agent();
        self.host.report_changes(current, status.is_known(), typing, update);
    }

    /// Reports the theme to the element, if the visitor may choose it.
    pub(super) fn report_theme(&self, update: &mut Update) {
        if self.settings.options.offers_themes {
            update.tell_host(HostEvent::ThemeChanged(self.visitor.preferences.theme));
        }
    }

    /// The visitor changed a preference.
    pub(super) fn choose_preference(&mut self, preference: Preference, update: &mut Update) {
        self.visitor.preferences.set(preference);
        self.store_preferences(update);
        self.report_theme(update);
    }

    /// The browser refused to show notifications.
    pub(super) fn notifications_denied(&mut self, update: &mut Update) {
        self.choose_preference(Preference::Notifications(false), update);
        self.visitor.composer.problem = Some(ComposerProblem::NotificationsDenied);
    }

    /// Takes the preferences that the device stored, or another tab has.
    pub(super) fn restore_preferences(&mut self, record: &str, update: &mut Update) {
        self.visitor.preferences = Preferences::from_record(record);
        self.report_theme(update);
    }
}
