//! What a [`ChatClient`](crate::ChatClient) wants done: effects, performed in their order by the platform.

use crate::chatwoot::HttpRequest;
use crate::chatwoot::requests::RequestId;
use crate::connection::cable::SocketId;
use crate::host::events::HostEvent;
use crate::model::EchoId;
use crate::tabs::leader_election::TabAction;
use crate::view::Changed;

/// Something to be done.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Effect {
    /// Make an HTTP request; report its end as `ConnectionEvent::RequestEnded`.
    SendRequest {
        /// The request's number.
        id: RequestId,
        /// Method, address, headers and body.
        request: HttpRequest,
    },
    /// Abort a request, and do not report its end.
    AbortRequest {
        /// The request's number.
        id: RequestId,
    },
    /// Find out whether anything answers at an address, without reading the answer (`no-cors`); report it as
    /// `ConnectionEvent::ProbeEnded`.
    Probe {
        /// The address.
        url: String,
    },
    /// Open a WebSocket with sub-protocol `actioncable-v1-json`; report what happens to it as `ConnectionEvent::Socket`.
    OpenSocket {
        /// The socket's number.
        socket: SocketId,
        /// Its address.
        url: String,
    },
    /// Send a text frame.
    Transmit {
        /// The socket's number.
        socket: SocketId,
        /// The frame's text.
        text: String,
    },
    /// Close a socket, and report nothing more of it.
    CloseSocket {
        /// The socket's number.
        socket: SocketId,
    },
    /// Act on this visitor's other tabs.
    Tabs(TabAction),
    /// Store a record on the device.
    Save {
        /// The record's key, without the storage prefix.
        key: String,
        /// The record.
        value: String,
    },
    /// Delete a record from the device.
    Delete {
        /// The record's key, without the storage prefix.
        key: String,
    },
    /// Store the files of these picks for a message; report it as `StorageEvent::FilesStored` or `FilesMissing`.
    StoreFiles {
        /// The message.
        message: EchoId,
        /// The files' numbers on this page.
        picks: Vec<u64>,
    },
    /// Delete a message's files from the device.
    DeleteFiles {
        /// The message.
        message: EchoId,
    },
    /// Delete everything of this widget from the device, files included, and store the number of the generation that
    /// begins (`visitor::generation`).
    EraseDevice {
        /// The generation that begins.
        generation: u64,
        /// Messages whose files stay, because they belong to the next visitor.
        keep_files: Vec<EchoId>,
    },
    /// Look up the UTC offsets of a time zone for about ten days from yesterday on; report them as
    /// `Event::TimeZoneLookedUp`.
    LookUpTimeZone {
        /// The zone's tz name, such as `Europe/Berlin`.
        zone: String,
    },
    /// Tell the website.
    Host(HostEvent),
}

/// What one event led to.
#[derive(Debug, Default, PartialEq)]
pub struct Update {
    /// To be performed, in this order.
    pub effects: Vec<Effect>,
    /// The view's slices to be shown anew.
    pub changed: Changed,
}

impl Update {
    /// Whether the event led to nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.effects.is_empty() && self.changed == Changed::default()
    }

    /// Adds an event for the website.
    pub(crate) fn tell_host(&mut self, event: HostEvent) {
        self.effects.push(Effect::Host(event));
    }
}
