//! Replays the diagnostics report of a client and compares the resulting state.
#![allow(clippy::expect_used, clippy::panic, reason = "a report that can't be read is no report")]
#![allow(dead_code, reason = "each test binary uses the part it needs")]

use natter_core::availability::UtcOffset;
use natter_core::content::{Choice, Field};
use natter_core::conversation::message_window::{Distance, ScrollPosition};
use natter_core::conversation::timeline::RowKey;
use natter_core::event::{
    BlockReason, ComposerEvent, ConnectionEvent, ConversationsEvent, PageEvent, PanelEvent, StorageEvent, ThreadEvent,
    VisitorEvent,
};
use natter_core::host::calls::{AttributeTarget, HostCall};
use natter_core::host::settings::{Options, Settings};
use natter_core::model::{ConversationId, MessageId, OutgoingFile};
use natter_core::rng::Seed;
use natter_core::time::{Mono, Now, Wall};
use natter_core::visitor::identity::User;
use natter_core::visitor::pre_chat_form::{Consent, PreChatForm};
use natter_core::visitor::preferences::{Preference, Theme};
use natter_core::{ChatClient, Event, Outcome, PageContext, RequestId, SocketEvent, SocketId, TabEvent};
use serde_json::{Map, Value};

/// A diagnostics report: the state of a client, and the events that led there.
#[derive(Debug)]
pub struct Report {
    /// The report without its events.
    pub state: Map<String, Value>,
    events: Vec<Record>,
}

/// An event: both clocks, its name, its text, its numbers, and the stored records it came with.
type Record = Vec<String>;

impl Report {
    /// Reads what `element.diagnostics()` returned.
    pub fn read(report: &Value) -> Self {
        let mut state = report.as_object().expect("an object").clone();
        let events = state.remove("events").expect("a list of events");
        Self { state, events: serde_json::from_value(events).expect("strings") }
    }

    /// Reads the report of a client.
    pub fn of(widget: &ChatClient) -> Self {
        let written: Value = serde_json::from_str(&widget.diagnostics()).expect("JSON");
        let (state, events) = written.as_array().expect("a list").split_first().expect("how things stand");
        let mut report = state.clone();
        report["events"] = events.into();
        Self::read(&report)
    }

    /// Whether no event was dropped from its beginning.
    pub fn is_complete(&self) -> bool {
        self.state["missing"] == "0"
    }

    /// A client to which all events were dispatched. Its `source_id` differs from the original; nothing the core does
    /// depends on that.
    pub fn replay(&self) -> ChatClient {
        assert!(self.is_complete(), "the oldest events were dropped: this report can't be replayed");
        let ((now, made), events) = (read(&self.events[0]), &self.events[1..]);
        let Recorded::Created(chance, options) = made else { panic!("the first event creates the client") };
        let settings = Settings::new("https://chat.example.test", "inboxMainIdentifier00001").expect("usable");
        let mut widget =
            ChatClient::new(settings.with_options(options), Seed { identity: [1, 2, 3, 4], general: chance }, now);
        for record in events {
            let (now, Recorded::Event(event)) = read(record) else {
                panic!("only the first event creates the client: {record:?}")
            };
            widget.update(now, event);
        }
        widget
    }

    /// Asserts that the replay leads to the reported state.
    pub fn assert_replays(&self) {
        assert_eq!(Self::of(&self.replay()).state, self.state, "after {:#?}", self.events);
    }
}

/// The pre-chat form with this outline (`Form::outline`).
fn form(outline: &str) -> Option<PreChatForm> {
    let outline = Some(outline).filter(|outline| !outline.is_empty())?;
    let mut form = PreChatForm::default();
    for part in outline.split(' ') {
        if let Some((_, version)) = part.split_once('=') {
            form.consent = Some(Consent { text: String::new(), version: version.to_owned() });
        } else {
            let name = part.trim_end_matches('*').to_owned();
            form.fields.push(Field { name, is_required: part.ends_with('*'), ..Field::default() });
        }
    }
    Some(form)
}

enum Recorded {
    Created([u64; 4], Options),
    Event(Event),
}

fn read(record: &Record) -> (Now, Recorded) {
    let [mono, wall, what, text, numbers, pairs @ ..] = &record[..] else { panic!("a short record: {record:?}") };
    let numbers: Vec<u64> = numbers.split_terminator(' ').map(number).collect();
    let now = Now { mono: Mono(number(mono)), wall: Wall(number(wall)) };
    let text = || text.clone();
    let pairs = || pairs.chunks(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect();
    let options = |numbers: &[u64]| Options {
        closes_resolved: numbers[0] == 1,
        retention_days: numbers[1],
        form: form(&record[3]),
        ..Options::default()
    };
    let flag = || numbers[0] == 1;
    let request = || RequestId(numbers[0]);
    let socket = || SocketId(u32::try_from(numbers[0]).expect("a link's number"));
    let event = match &**what {
        "made" => {
            let chance = numbers[..4].try_into().expect("four numbers");
            return (now, Recorded::Created(chance, options(&numbers[4..])));
        }
        "began" => Event::Started { stored: pairs(), has_tab_sync: flag() },
        "granted" => Event::Tabs(TabEvent::LockGranted { stored: pairs() }),
        "stolen" => Event::Tabs(TabEvent::LockStolen),
        "lock refused" => Event::Tabs(TabEvent::LockRefused),
        "lock queried" => Event::Tabs(TabEvent::LockQueried { is_ours: flag(), generation: numbers[1] }),
        "said" => Event::Tabs(TabEvent::Received { text: text() }),
        "opened" => Event::Panel(PanelEvent::Toggled { is_open: flag() }),
        "drafted" => Event::Composer(ComposerEvent::DraftChanged {
            text: if flag() { "something".to_owned() } else { String::new() },
        }),
        "submitted" => Event::Composer(ComposerEvent::Submitted { text: text() }),
        "picked" => {
            let names: Vec<(String, String)> = pairs();
            let file = |(at, (name, _)): (usize, (String, String))| OutgoingFile {
                pick: numbers[2 * at],
                name,
                size: numbers[2 * at + 1],
                local: None,
            };
            Event::Composer(ComposerEvent::FilesPicked { files: names.into_iter().enumerate().map(file).collect() })
        }
        "unpicked" => Event::Composer(ComposerEvent::FileRemoved { pick: numbers[0] }),
        "files missing" => Event::Storage(StorageEvent::FilesMissing { message: text().into() }),
        "gathered" => Event::Storage(StorageEvent::FilesStored { message: text().into() }),
        "not kept" => Event::Storage(StorageEvent::WriteFailed),
        "progressed" => Event::Connection(ConnectionEvent::UploadProgressed {
            request: request(),
            percent: u8::try_from(numbers[1]).expect("a percentage"),
        }),
        "filled" => Event::Thread(ThreadEvent::FormSubmitted { message: MessageId(numbers[0]), fields: pairs() }),
        "chosen" => {
            let [title, value] = [&record[5], &record[6]].map(String::clone);
            Event::Thread(ThreadEvent::ChoiceSelected {
                message: MessageId(numbers[0]),
                choice: Choice { title, value },
            })
        }
        "retried" => Event::Thread(ThreadEvent::RetryRequested { row: RowKey(numbers[0]) }),
        "discarded" => Event::Thread(ThreadEvent::MessageDiscarded { row: RowKey(numbers[0]) }),
        "folded" => Event::Thread(ThreadEvent::TextFolded { row: RowKey(numbers[0]), is_folded: numbers[1] == 1 }),
        "scrolled" => {
            let below =
                [Distance::Here, Distance::Near, Distance::Far][usize::try_from(numbers[1]).expect("a distance")];
            Event::Thread(ThreadEvent::Scrolled {
                position: ScrollPosition { is_at_top: flag(), below },
                focused_row: numbers.get(2).copied().map(RowKey),
            })
        }
        "wanted earlier" => Event::Thread(ThreadEvent::EarlierRequested),
        "listed" => Event::Conversations(ConversationsEvent::ListToggled { is_shown: flag() }),
        "switched" => Event::Conversations(ConversationsEvent::Opened {
            conversation: numbers.first().copied().map(ConversationId),
        }),
        "ended" => Event::Conversations(ConversationsEvent::Resolved),
        "introduced" => Event::Visitor(VisitorEvent::PreChatFormSubmitted { values: pairs() }),
        "silent" => Event::Visitor(VisitorEvent::PreferenceChosen(Preference::Silent(flag()))),
        "notices" => Event::Visitor(VisitorEvent::PreferenceChosen(Preference::Notifications(flag()))),
        "theme" => {
            let theme = Theme::ALL.into_iter().find(|theme| theme.name() == text()).expect("a theme");
            Event::Visitor(VisitorEvent::PreferenceChosen(Preference::Theme(theme)))
        }
        "denied" => Event::Visitor(VisitorEvent::NotificationsDenied),
        "dismissed" => Event::Panel(PanelEvent::PreviewsDismissed),
        "transcript" => Event::Thread(ThreadEvent::TranscriptRequested),
        "forgot" => Event::Visitor(VisitorEvent::ForgetRequested),
        "paged" => Event::Page(PageEvent::Navigated(PageContext::default())),
        "prompted" => Event::Host(HostCall::ProactiveMessageShown { text: String::new() }),
        "identified" => Event::Host(HostCall::SetUser(User {
            mark: numbers[0],
            is_proven: numbers[1] == 1,
            fields: placeholders(1),
        })),
        "attributed" => Event::Host(HostCall::SetAttributes {
            attributes: placeholders(usize::try_from(numbers[0]).expect("0 or 1")),
            target: if numbers[1] == 1 { AttributeTarget::Conversation } else { AttributeTarget::Contact },
        }),
        "prefilled" => Event::Host(HostCall::Prefill { text: text() }),
        "made to say" => Event::Host(HostCall::SendMessage { text: text() }),
        "logged out" => Event::Host(HostCall::Reset),
        "configured" => Event::Host(HostCall::Configure(Box::new(options(&numbers)))),
        "zoned" => {
            let offset = |pair: &[u64]| UtcOffset { from: pair[0], ahead: pair[1].cast_signed() };
            Event::TimeZoneLookedUp { offsets: numbers.chunks(2).map(offset).collect() }
        }
        "wanted newest" => Event::Thread(ThreadEvent::NewestRequested),
        "frame" => Event::Connection(ConnectionEvent::Socket { socket: socket(), event: SocketEvent::Frame(text()) }),
        "closed" => Event::Connection(ConnectionEvent::Socket { socket: socket(), event: SocketEvent::Closed }),
        "answered" => {
            let status = u16::try_from(numbers[1]).expect("a status");
            Event::Connection(ConnectionEvent::RequestEnded {
                request: request(),
                outcome: Outcome::Answered { status, body: text(), retry_after_ms: Some(numbers[2]) },
            })
        }
        "never left" => {
            Event::Connection(ConnectionEvent::RequestEnded { request: request(), outcome: Outcome::NotSent })
        }
        "files gone" => {
            Event::Connection(ConnectionEvent::RequestEnded { request: request(), outcome: Outcome::FilesMissing })
        }
        "unanswered" => {
            Event::Connection(ConnectionEvent::RequestEnded { request: request(), outcome: Outcome::Unknown })
        }
        "visible" => Event::Page(PageEvent::VisibilityChanged { is_visible: flag() }),
        "online" => Event::Connection(ConnectionEvent::OnlineChanged { is_online: flag() }),
        "blocked by policy" => Event::Connection(ConnectionEvent::Blocked(BlockReason::ContentSecurityPolicy)),
        "blocked as mixed content" => Event::Connection(ConnectionEvent::Blocked(BlockReason::MixedContent)),
        "probed" => Event::Connection(ConnectionEvent::ProbeEnded { is_reachable: flag() }),
        "left" => Event::Page(PageEvent::Suspended),
        "returned" => Event::Page(PageEvent::Resumed { stored: pairs() }),
        "tick" => Event::Tick,
        other => panic!("unknown event {other}"),
    };
    (now, Recorded::Event(event))
}

/// Placeholders for this many values set by the site.
fn placeholders(count: usize) -> Vec<(String, String)> {
    vec![("name".to_owned(), "\"something\"".to_owned()); count]
}

fn number(text: &str) -> u64 {
    text.parse().unwrap_or_else(|_| panic!("{text} is no number"))
}
