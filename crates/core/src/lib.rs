//! The pure core: it owns every piece of chat state and decides everything. It performs nothing.
//!
//! An [`Event`] comes in with the time it happened; [`ChatClient::update`] answers with a [`Update`]: the [`Effect`]s the
//! shell is to perform, in their order, and which slices of the view changed. There is no clock, no randomness, no
//! I/O and no async in here: time is an argument, randomness a seed. So every race is a native test, and every report
//! from the field a list of events that can be played again.

#![forbid(unsafe_code)]
// clippy.toml says what is not for visitors to download.
#![cfg_attr(target_arch = "wasm32", warn(clippy::disallowed_macros, clippy::disallowed_methods))]

pub mod availability;
pub mod backoff;
pub mod chatwoot;
mod client;
pub mod connection;
pub mod content;
pub mod conversation;
pub mod digits;
pub mod event_log;
pub mod host;
pub mod json;
pub mod markdown;
pub mod model;
pub mod retrying_request;
pub mod rng;
pub mod spoofing;
pub mod tabs;
pub mod time;
pub mod url;
pub mod view;
pub mod visitor;

pub use chatwoot::requests::{ApiRequest, Outcome, RequestId};
pub use client::ChatClient;
pub use connection::cable::{SocketEvent, SocketId};
pub use tabs::leader_election::{TabAction, TabEvent};

use std::sync::Arc;

use availability::UtcOffset;
use chatwoot::Request;
use connection::diagnostics::ConnectionIssue;
use content::Choice;
use conversation::message_window::ScrollPosition;
use conversation::timeline::RowKey;
use host::settings::Options;
use model::{ConversationId, EchoId, Message, MessageId, OutgoingFile};
use view::Changed;
use visitor::identity::User;
use visitor::preferences::{Preference, Theme};

/// Something happened. It happens once: only tests have a use for copies, and visitors don't download what makes them.
#[derive(Debug, Eq, PartialEq)]
#[cfg_attr(not(target_arch = "wasm32"), derive(Clone))]
pub enum Event {
    /// The widget starts.
    Began {
        /// What the device kept under our prefix, as (key, value) without the prefix.
        kept: Vec<(String, String)>,
        /// Whether the browser can bring this visitor's tabs together: Web Locks, a channel, a storage they share.
        is_shared: bool,
    },
    /// Other tabs report.
    Tabs(TabEvent),
    /// The visitor opened or closed the panel.
    Opened(bool),
    /// The visitor wrote; this is the whole text so far.
    Drafted(String),
    /// The visitor picked these files to go with what is sent next.
    Picked(Vec<OutgoingFile>),
    /// The visitor wants this file, by its pick, not sent after all.
    Unpicked(u64),
    /// The visitor wants this sent, with the files picked.
    Submitted(String),
    /// A send's files are kept.
    Gathered(EchoId),
    /// A send's files can't be read any more: they were changed, moved or deleted after they were picked.
    FilesMissing(EchoId),
    /// The device keeps nothing more: it is full, or the browser blocks what pages keep. A reload won't find it.
    NotKept,
    /// So many percent of a call's request are on their way.
    Progressed(RequestId, u8),
    /// The visitor wants a failed send tried again.
    Retried(RowKey),
    /// The visitor gives a failed send up, or an upload.
    Discarded(RowKey),
    /// The visitor wants only the beginning of a long text, or (false) all of it.
    Folded(RowKey, bool),
    /// The visitor filled in what a message asks for: fields by name.
    Filled(MessageId, Vec<(String, String)>),
    /// The visitor chose this of what a message offers.
    Chosen(MessageId, Choice),
    /// The visitor scrolled, and sees this of the rows that are shown; their focus or a selection is in this row.
    Scrolled(ScrollPosition, Option<RowKey>),
    /// The visitor wants to see what was said before the rows that are shown.
    WantedEarlier,
    /// The visitor wants to see the newest row.
    WantedNewest,
    /// The visitor wants to see all their conversations, or (false) the open one again.
    Listed(bool),
    /// The visitor opens this conversation; `None` for one that begins with what they say next.
    Switched(Option<ConversationId>),
    /// The visitor ends the conversation.
    Ended,
    /// The visitor filled in what is asked before the first message: fields by name.
    Introduced(Vec<(String, String)>),
    /// The visitor chooses how the widget behaves.
    Preferred(Preference),
    /// The browser was asked to tell of messages, and won't.
    Denied,
    /// The visitor does not want to see the new messages over the launcher.
    Dismissed,
    /// The visitor wants to keep the conversation as a file.
    WantedTranscript(TranscriptFormat),
    /// The visitor wants to be forgotten on this device.
    Forgot,
    /// The page is, or has become, this one.
    Paged(PageContext),
    /// The site said this to the visitor before they opened the panel.
    Prompted(String),
    /// The site says whom it takes the visitor for.
    Identified(User),
    /// The site says what agents may know, of the contact or (true) of the conversation that begins next: names, and
    /// values as JSON.
    Attributed(Vec<(String, String)>, bool),
    /// The site puts this into the field.
    Prefilled(String),
    /// The site says this in the visitor's name.
    Said(String),
    /// The visitor has logged out of the site.
    LoggedOut,
    /// The site wants other settings from now on.
    Configured(Box<Options>),
    /// What the clocks of the inbox's time zone show.
    Zoned(Vec<UtcOffset>),
    /// A socket reports.
    Socket(SocketId, SocketEvent),
    /// A call ended.
    Replied(RequestId, Outcome),
    /// The page can be seen, or not any more.
    Visible(bool),
    /// The device has a network, or not any more.
    Online(bool),
    /// The browser keeps the page from the server.
    Blocked(Blocked),
    /// Whether anything answered at the server's address.
    Probed(bool),
    /// The browser puts the page away: it may sleep, come back, or never.
    Left,
    /// The page is back, if it was away at all; this is what the device keeps at this moment.
    Returned(Vec<(String, String)>),
    /// A deadline is due.
    Tick,
}

/// Something to be done.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Effect {
    /// Make a request; report it as `Replied`.
    Call(RequestId, Request),
    /// See whether anything answers at this address, without reading what; report it as `Probed`.
    Probe(String),
    /// Drop a request; its end is no longer of interest.
    Abort(RequestId),
    /// Open a socket; report it as `Socket`.
    Connect(SocketId, String),
    /// Send text on a socket.
    Transmit(SocketId, String),
    /// Close a socket.
    Disconnect(SocketId),
    /// Do something about the other tabs.
    Tabs(TabAction),
    /// Keep a value on the device; the key is without our prefix.
    Save(String, String),
    /// Forget it.
    Erase(String),
    /// Keep the files of these picks under a send's echo_id; report it as `Gathered`, or as `FilesMissing`.
    Gather(EchoId, Vec<u64>),
    /// Forget a send's files.
    Scatter(EchoId),
    /// Forget all that the device keeps, the files of all sends included, and begin this generation there.
    Forget {
        /// Its number.
        generation: u64,
        /// Sends whose files stay: the next visitor's.
        keep_files: Vec<EchoId>,
    },
    /// Look up what the clocks of this time zone show; report it as `Zoned`.
    Zone(String),
    /// Tell the page.
    Tell(Tell),
}

/// What the page is told.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Tell {
    /// So many messages to the visitor came while the panel was closed.
    Unread(u32),
    /// Something is wrong, or nothing is any more.
    Trouble(Option<ConnectionIssue>),
    /// Something happened that the page may know of: JSON, whose every form `tests/scenarios/telling.rs` holds.
    Happened(String),
    /// A message came that the visitor wants to be told of.
    Arrived(Arrival),
    /// The visitor was forgotten: nothing of theirs may stay to be seen or heard.
    Forgotten,
    /// The visitor wants the chat to look like this.
    Theme(Theme),
    /// All that was said, oldest first, to be kept as a file.
    Transcript(TranscriptFormat, Vec<Arc<Message>>),
}

/// What happened, as JSON of this type, with what belongs to it: names, and values as JSON.
#[must_use]
pub fn happened(what: &str, about: &[(&str, String)]) -> String {
    let mut text = ["{\"type\":", &json::string(what)].concat();
    for (name, value) in about {
        text.push_str([",", &json::string(name), ":", value].concat().as_str());
    }
    text.push('}');
    text
}

/// A message that came, and how the visitor wants to be told of it, if no tab of theirs shows it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Arrival {
    /// The message.
    pub message: Arc<Message>,
    /// Whether the visitor sees it in this tab: then none of the others need tell of it.
    pub is_seen: bool,
    /// Whether something is to be heard.
    pub is_heard: bool,
    /// Whether the browser is to tell of it, if nobody sees the page.
    pub is_noticed: bool,
}

/// What a transcript is written as.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TranscriptFormat {
    /// Text, for people.
    Text,
    /// JSON, for programs.
    Json,
}

/// Where the visitor is on the website.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct PageContext {
    /// The page's address, without query and fragment: those may hold what is nobody's business.
    pub url: String,
    /// The one they came from, likewise.
    pub referrer: String,
    /// The visitor's language (BCP 47).
    pub language: String,
}

/// Why a browser lets no request through.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Blocked {
    /// The page's Content-Security-Policy.
    ByPolicy,
    /// An http address on an https page.
    AsMixedContent,
}

/// What one event led to.
#[derive(Debug, Default, PartialEq)]
pub struct Update {
    /// To be performed, in this order.
    pub effects: Vec<Effect>,
    /// To be painted.
    pub changed: Changed,
}

impl Update {
    /// Whether it led to nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.effects.is_empty() && self.changed == Changed::default()
    }
}
