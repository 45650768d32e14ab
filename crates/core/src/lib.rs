//! `natter-core` is a client for Chatwoot's API channel as pure logic: contact, conversations, messages, outbox, cable,
//! several tabs, and the view. It performs nothing and depends on no platform; a browser, an app or a terminal drives it.
//!
//! A platform passes each [`Event`] to [`ChatClient::update`] with the time at which it happened, and gets an [`Update`]:
//! the [`Effect`]s to perform, in their order, and which slices of the [view](ChatClient::view) changed. How effects end
//! comes back as events. When the [deadline](ChatClient::deadline) has passed, the platform passes [`Event::Tick`].
//!
//! There is no clock, no randomness, no I/O and no async in this crate: time is an argument, randomness a seed. So every
//! race is a native test, and every report from a website a list of events that can be replayed.
//!
//! ```
//! use natter_core::event::ComposerEvent;
//! use natter_core::host::settings::Settings;
//! use natter_core::rng::Seed;
//! use natter_core::time::{Mono, Now, Wall};
//! use natter_core::{ChatClient, Effect, Event};
//!
//! let settings = Settings::new("https://chat.example.com", "inbox-identifier").expect("usable settings");
//! // In an application, the seed comes from a cryptographic generator and the time from the system's clocks.
//! let seed = Seed { identity: [1, 2, 3, 4], general: [5, 6, 7, 8] };
//! let now = Now { mono: Mono(0), wall: Wall(1_795_219_200_000) };
//!
//! let mut client = ChatClient::new(settings, seed, now);
//! client.update(now, Event::Started { stored: Vec::new(), has_tab_sync: false });
//! let update = client.update(now, Event::Composer(ComposerEvent::Submitted { text: "Hello".to_owned() }));
//!
//! // The message is in the thread at once, and the client asks for a contact to send it as.
//! assert_eq!(client.view().thread.rows.len(), 1);
//! for effect in update.effects {
//!     match effect {
//!         Effect::SendRequest { id: _, request } => {
//!             // Make the HTTP request, and report its end as `ConnectionEvent::RequestEnded`.
//!             assert_eq!(request.url, "https://chat.example.com/public/api/v1/inboxes/inbox-identifier/contacts");
//!         }
//!         Effect::Save { key, value: _ } => {
//!             // Store the record; the next client gets all records in `Event::Started`.
//!             assert!(key == "session" || key.starts_with("send/"));
//!         }
//!         _ => {}
//!     }
//! }
//! ```

#![forbid(unsafe_code)]

pub mod availability;
pub mod backoff;
pub mod chatwoot;
mod client;
pub mod connection;
pub mod content;
pub mod conversation;
pub mod effect;
pub mod event;
pub mod event_log;
pub mod host;
pub mod markdown;
pub mod model;
pub mod retrying_request;
pub mod rng;
pub mod spoofing;
pub mod tabs;
pub mod time;
pub mod tolerant_json;
pub mod unicode;
pub mod url;
pub mod view;
pub mod visitor;

pub use chatwoot::requests::{ApiRequest, Outcome, RequestId};
pub use client::ChatClient;
pub use connection::cable::{SocketEvent, SocketId};
pub use effect::{Effect, Update};
pub use event::{Event, PageContext};
pub use tabs::leader_election::{TabAction, TabEvent};
