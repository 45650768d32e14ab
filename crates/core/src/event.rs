//! What a [`ChatClient`](crate::ChatClient) is told: events, grouped by where they come from.

use crate::availability::UtcOffset;
use crate::chatwoot::requests::{Outcome, RequestId};
use crate::connection::cable::{SocketEvent, SocketId};
use crate::content::Choice;
use crate::conversation::message_window::ScrollPosition;
use crate::conversation::timeline::RowKey;
use crate::host::calls::HostCall;
use crate::model::{ConversationId, EchoId, MessageId, OutgoingFile};
use crate::tabs::leader_election::TabEvent;
use crate::visitor::preferences::Preference;

/// Something happened. An event is handled once: only tests need copies, and the wasm does without the code for them.
#[derive(Debug, Eq, PartialEq)]
#[cfg_attr(not(target_arch = "wasm32"), derive(Clone))]
pub enum Event {
    /// The client starts.
    Started {
        /// The device's records, as (key, value), keys without the storage prefix.
        stored: Vec<(String, String)>,
        /// Whether the browser can coordinate this visitor's tabs: Web Locks, BroadcastChannel, shared storage.
        has_tab_sync: bool,
    },
    /// The panel and its launcher.
    Panel(PanelEvent),
    /// The field that the visitor writes in.
    Composer(ComposerEvent),
    /// The open conversation's messages.
    Thread(ThreadEvent),
    /// The list of conversations, and switching between them.
    Conversations(ConversationsEvent),
    /// The visitor's own choices and data.
    Visitor(VisitorEvent),
    /// The website calls the widget's API.
    Host(HostCall),
    /// The page that holds the widget.
    Page(PageEvent),
    /// The network.
    Connection(ConnectionEvent),
    /// This visitor's other tabs.
    Tabs(TabEvent),
    /// The device's storage.
    Storage(StorageEvent),
    /// The lookup asked for by `Effect::LookUpTimeZone` ended: the UTC offsets of the inbox's time zone.
    TimeZoneLookedUp {
        /// From the earliest on.
        offsets: Vec<UtcOffset>,
    },
    /// The deadline has passed.
    Tick,
}

/// Events of the panel and its launcher.
#[derive(Debug, Eq, PartialEq)]
#[cfg_attr(not(target_arch = "wasm32"), derive(Clone))]
pub enum PanelEvent {
    /// The panel was opened or closed.
    Toggled {
        /// Whether it is open now.
        is_open: bool,
    },
    /// The visitor dismissed the message previews over the launcher.
    PreviewsDismissed,
}

/// Events of the field that the visitor writes in.
#[derive(Debug, Eq, PartialEq)]
#[cfg_attr(not(target_arch = "wasm32"), derive(Clone))]
pub enum ComposerEvent {
    /// The text changed.
    DraftChanged {
        /// The whole text.
        text: String,
    },
    /// The visitor attached files to the next message.
    FilesPicked {
        /// The files, in the order they were picked.
        files: Vec<OutgoingFile>,
    },
    /// The visitor removed an attached file.
    FileRemoved {
        /// The file's number on this page (`OutgoingFile::pick`).
        pick: u64,
    },
    /// The visitor sends the message, with the files attached.
    Submitted {
        /// The message's text.
        text: String,
    },
}

/// Events of the open conversation's messages.
#[derive(Debug, Eq, PartialEq)]
#[cfg_attr(not(target_arch = "wasm32"), derive(Clone))]
pub enum ThreadEvent {
    /// The visitor scrolled.
    Scrolled {
        /// What of the rows is in sight.
        position: ScrollPosition,
        /// The row that holds the focus or the selection.
        focused_row: Option<RowKey>,
    },
    /// The visitor wants to see messages before those shown.
    EarlierRequested,
    /// The visitor wants to see the newest message.
    NewestRequested,
    /// The visitor folds or unfolds a long text.
    TextFolded {
        /// The text's row.
        row: RowKey,
        /// Whether only its beginning is to be shown.
        is_folded: bool,
    },
    /// The visitor has a message sent again that failed or is unconfirmed.
    RetryRequested {
        /// The message's row.
        row: RowKey,
    },
    /// The visitor gives up a message that failed, or cancels an upload.
    MessageDiscarded {
        /// The message's row.
        row: RowKey,
    },
    /// The visitor submitted a form or a rating in a message.
    FormSubmitted {
        /// The message that holds the form.
        message: MessageId,
        /// The fields' names and values.
        fields: Vec<(String, String)>,
    },
    /// The visitor chose one of the options in a message.
    ChoiceSelected {
        /// The message that offers the options.
        message: MessageId,
        /// The option chosen.
        choice: Choice,
    },
    /// The visitor wants the conversation as a file.
    TranscriptRequested,
}

/// Events of the list of conversations.
#[derive(Debug, Eq, PartialEq)]
#[cfg_attr(not(target_arch = "wasm32"), derive(Clone))]
pub enum ConversationsEvent {
    /// The list is shown in place of the thread, or the thread again.
    ListToggled {
        /// Whether the list is shown now.
        is_shown: bool,
    },
    /// The visitor opens a conversation.
    Opened {
        /// The conversation; `None` for a new one, which the next message begins.
        conversation: Option<ConversationId>,
    },
    /// The visitor ends the open conversation.
    Resolved,
}

/// Events of the visitor's own choices and data.
#[derive(Debug, Eq, PartialEq)]
#[cfg_attr(not(target_arch = "wasm32"), derive(Clone))]
pub enum VisitorEvent {
    /// The visitor submitted the pre-chat form.
    PreChatFormSubmitted {
        /// The fields' names and values.
        values: Vec<(String, String)>,
    },
    /// The visitor changed a preference.
    PreferenceChosen(Preference),
    /// The browser refused to show notifications.
    NotificationsDenied,
    /// The visitor wants to be forgotten on this device.
    ForgetRequested,
}

/// Events of the page that holds the widget.
#[derive(Debug, Eq, PartialEq)]
#[cfg_attr(not(target_arch = "wasm32"), derive(Clone))]
pub enum PageEvent {
    /// The page's address changed, or is known for the first time.
    Navigated(PageContext),
    /// The page was shown or hidden (Page Visibility).
    VisibilityChanged {
        /// Whether it can be seen now.
        is_visible: bool,
    },
    /// The browser puts the page away (`pagehide`): it may freeze, come back, or never.
    Suspended,
    /// The page is back (`pageshow`), if it was away at all.
    Resumed {
        /// The device's records at this moment.
        stored: Vec<(String, String)>,
    },
}

/// Events of the network.
#[derive(Debug, Eq, PartialEq)]
#[cfg_attr(not(target_arch = "wasm32"), derive(Clone))]
pub enum ConnectionEvent {
    /// A WebSocket received something or closed.
    Socket {
        /// Which one.
        socket: SocketId,
        /// What happened to it.
        event: SocketEvent,
    },
    /// An HTTP request ended.
    RequestEnded {
        /// Which one.
        request: RequestId,
        /// How it ended.
        outcome: Outcome,
    },
    /// Part of a request's body has left.
    UploadProgressed {
        /// Which request.
        request: RequestId,
        /// How much of its body, 0 to 100.
        percent: u8,
    },
    /// The device's network came or went.
    OnlineChanged {
        /// Whether there is one now.
        is_online: bool,
    },
    /// The browser refuses requests to the server.
    Blocked(BlockReason),
    /// The probe asked for by `Effect::Probe` ended.
    ProbeEnded {
        /// Whether anything answered at the server's address.
        is_reachable: bool,
    },
}

/// Why the browser refuses requests to the server.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum BlockReason {
    /// The page's Content-Security-Policy does not allow the address.
    ContentSecurityPolicy,
    /// The page is https, the address http.
    MixedContent,
}

/// Events of the device's storage.
#[derive(Debug, Eq, PartialEq)]
#[cfg_attr(not(target_arch = "wasm32"), derive(Clone))]
pub enum StorageEvent {
    /// A record could not be written: storage is full or blocked. A reload will not find it.
    WriteFailed,
    /// A message's files are stored.
    FilesStored {
        /// The message.
        message: EchoId,
    },
    /// A message's files can't be read: they were changed, moved or deleted after they were picked.
    FilesMissing {
        /// The message.
        message: EchoId,
    },
}

/// The page that the visitor is on, as agents are told of it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct PageContext {
    /// The page's address without query and fragment, which may hold private data.
    pub url: String,
    /// The address of the page before it, likewise.
    pub referrer: String,
    /// The browser's language (BCP 47).
    pub language: String,
}
