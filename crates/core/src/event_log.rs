//! The event log: every event, so that a session can be replayed.
//!
//! A client with the same seed, to which the same events happen at the same times, reaches the same state. The records
//! contain texts of the visitor's and the server's: `embed/parts/diagnostics.js` must replace them before anything
//! leaves the page. The hard case is a tab left open for days, whose events are nearly all pings: of those that led to
//! nothing, one every few minutes is kept.

use crate::event::{
    BlockReason, ComposerEvent, ConnectionEvent, ConversationsEvent, PageEvent, PanelEvent, StorageEvent, ThreadEvent,
    VisitorEvent,
};
use crate::host::calls::{AttributeTarget, HostCall};
use std::collections::VecDeque;

use crate::availability::UtcOffset;
use crate::chatwoot;
use crate::digits::digits;
use crate::host::settings::Options;
use crate::time::{Mono, Now};
use crate::visitor::preferences::Preference;
use crate::{Event, Outcome, SocketEvent, TabEvent, TranscriptFormat};

/// The log's size limit: some hours of a busy conversation. The oldest records are dropped first.
const BYTES_MAX: usize = 256 * 1024;
/// The memory that a record needs besides its text.
const RECORD_BYTES: usize = 64;
/// For this long, in ms, idle pings are merged into one record. The two clocks don't drift apart by seconds in that
/// time, which would look like a sleep.
const IDLE_PINGS_MS_MAX: u64 = 300_000;
/// How a ping of `/cable` begins.
const PING: &str = r#"{"type":"ping""#;

/// The records, oldest first.
#[derive(Debug, Default)]
pub struct EventLog {
    records: VecDeque<String>,
    bytes: usize,
    /// How many records were dropped.
    missing: u64,
    /// When the first of the latest idle pings arrived: those that led to nothing.
    idle_pings_since: Option<Mono>,
}

impl EventLog {
    /// Starts with the client's seed and options. (The random stream of `source_id`s is secret, and left out.)
    #[must_use]
    pub fn new(now: Now, seed: [u64; 4], options: &Options) -> Self {
        let mut log = Self::default();
        let [a, b, c, d] = seed;
        let [closes, days] = decisive_options(options);
        let record = write_record(now, "made", &options.outline(), &[a, b, c, d, closes, days], &[]);
        log.push(now, record, false);
        log
    }

    /// Adds a record; of consecutive idle pings, only the latest is kept.
    pub fn push(&mut self, now: Now, record: String, is_idle_ping: bool) {
        match self.idle_pings_since {
            Some(since) if is_idle_ping && now.mono.since(since) < IDLE_PINGS_MS_MAX => {
                if let Some(ping) = self.records.pop_back() {
                    self.bytes -= ping.len() + RECORD_BYTES;
                }
            }
            Some(_) | None => self.idle_pings_since = is_idle_ping.then_some(now.mono),
        }
        self.bytes += record.len() + RECORD_BYTES;
        self.records.push_back(record);
        while self.bytes > BYTES_MAX
            && let Some(oldest) = self.records.pop_front()
        {
            self.bytes -= oldest.len() + RECORD_BYTES;
            self.missing += 1;
        }
    }

    /// Drops all records: they were another visitor's.
    pub fn clear(&mut self) {
        self.missing += self.records.len() as u64;
        self.records.clear();
        self.bytes = 0;
    }

    /// How many records were dropped.
    #[must_use]
    pub const fn missing(&self) -> u64 {
        self.missing
    }

    /// The log as a JSON list that begins with this item.
    #[must_use]
    pub fn to_json(&self, item: &str) -> String {
        let mut text = ["[", item].concat();
        for record in &self.records {
            text.push_str(",\n");
            text.push_str(record);
        }
        text.push(']');
        text
    }
}

/// Whether an event is a ping of the cable's.
#[must_use]
pub fn is_ping(event: &Event) -> bool {
    matches!(event, Event::Connection(ConnectionEvent::Socket { socket: _, event: SocketEvent::Frame(text) }) if text.starts_with(PING))
}

/// An event's record.
#[must_use]
pub fn record_event(now: Now, event: &Event) -> String {
    let write_record = |name, text: &str, numbers: &[u64], stored: &[_]| write_record(now, name, text, numbers, stored);
    let plain = |name| write_record(name, "", &[], &[]);
    let text = |name, text: &str| write_record(name, text, &[], &[]);
    let number = |name, number: u64| write_record(name, "", &[number], &[]);
    let flag = |name, is_set: bool| number(name, is_set.into());
    match event {
        Event::Started { stored, has_tab_sync } => write_record("began", "", &[(*has_tab_sync).into()], stored),
        Event::Tabs(TabEvent::LockGranted { stored }) => write_record("granted", "", &[], stored),
        Event::Tabs(TabEvent::LockStolen) => plain("stolen"),
        Event::Tabs(TabEvent::LockRefused) => plain("lock refused"),
        Event::Tabs(TabEvent::LockQueried { is_ours, generation }) => {
            write_record("lock queried", "", &[(*is_ours).into(), *generation], &[])
        }
        Event::Tabs(TabEvent::Received { text: message }) => text("said", message),
        Event::Panel(PanelEvent::Toggled { is_open }) | Event::Host(HostCall::PanelToggled { is_open }) => {
            flag("opened", *is_open)
        }
        // The draft's text is stored elsewhere, and this event comes with every keystroke.
        Event::Composer(ComposerEvent::DraftChanged { text }) => flag("drafted", !text.trim().is_empty()),
        Event::Composer(ComposerEvent::Submitted { text: submitted }) => text("submitted", submitted),
        Event::Composer(ComposerEvent::FilesPicked { files }) => {
            let numbers: Vec<u64> = files.iter().flat_map(|file| [file.pick, file.size]).collect();
            let names: Vec<_> = files.iter().map(|file| (file.name.clone(), String::new())).collect();
            write_record("picked", "", &numbers, &names)
        }
        Event::Composer(ComposerEvent::FileRemoved { pick }) => number("unpicked", *pick),
        Event::Storage(StorageEvent::FilesStored { message }) => text("gathered", message),
        Event::Storage(StorageEvent::FilesMissing { message }) => text("files missing", message),
        Event::Storage(StorageEvent::WriteFailed) => plain("not kept"),
        Event::Connection(ConnectionEvent::UploadProgressed { request, percent }) => {
            write_record("progressed", "", &[request.0, (*percent).into()], &[])
        }
        Event::Thread(ThreadEvent::FormSubmitted { message, fields }) => {
            write_record("filled", "", &[message.0], fields)
        }
        Event::Thread(ThreadEvent::ChoiceSelected { message, choice }) => {
            write_record("chosen", "", &[message.0], &[(choice.title.clone(), choice.value.clone())])
        }
        Event::Thread(ThreadEvent::RetryRequested { row }) => number("retried", row.0),
        Event::Thread(ThreadEvent::MessageDiscarded { row }) => number("discarded", row.0),
        Event::Thread(ThreadEvent::TextFolded { row, is_folded }) => {
            write_record("folded", "", &[row.0, (*is_folded).into()], &[])
        }
        Event::Thread(ThreadEvent::Scrolled { position, focused_row: held }) => {
            let mut numbers = vec![position.is_at_top.into(), position.below as u64];
            numbers.extend(held.map(|row| row.0));
            write_record("scrolled", "", &numbers, &[])
        }
        Event::Thread(ThreadEvent::EarlierRequested) => plain("wanted earlier"),
        Event::Conversations(ConversationsEvent::ListToggled { is_shown }) => flag("listed", *is_shown),
        Event::Conversations(ConversationsEvent::Opened { conversation: Some(id) }) => number("switched", id.0),
        Event::Conversations(ConversationsEvent::Opened { conversation: None }) => plain("switched"),
        Event::Conversations(ConversationsEvent::Resolved) => plain("ended"),
        Event::Visitor(VisitorEvent::PreChatFormSubmitted { values }) => write_record("introduced", "", &[], values),
        Event::Visitor(VisitorEvent::PreferenceChosen(Preference::Silent(is_silent))) => flag("silent", *is_silent),
        Event::Visitor(VisitorEvent::PreferenceChosen(Preference::Notifications(is_on))) => flag("notices", *is_on),
        Event::Visitor(VisitorEvent::PreferenceChosen(Preference::Theme(theme))) => text("theme", theme.name()),
        Event::Visitor(VisitorEvent::NotificationsDenied) => plain("denied"),
        Event::Panel(PanelEvent::PreviewsDismissed) => plain("dismissed"),
        Event::Thread(ThreadEvent::TranscriptRequested { format }) => {
            flag("transcript", *format == TranscriptFormat::Json)
        }
        Event::Visitor(VisitorEvent::ForgetRequested) | Event::Host(HostCall::Forget) => plain("forgot"),
        // The page's address and the proactive message's text are private.
        Event::Page(PageEvent::Navigated(_)) => plain("paged"),
        Event::Host(HostCall::ProactiveMessageShown { text: _ }) => plain("prompted"),
        Event::Host(HostCall::SetUser(user)) => {
            write_record("identified", "", &[user.mark, user.is_proven.into()], &[])
        }
        Event::Host(HostCall::SetAttributes { attributes, target }) => write_record(
            "attributed",
            "",
            &[(!attributes.is_empty()).into(), (*target == AttributeTarget::Conversation).into()],
            &[],
        ),
        Event::Host(HostCall::Prefill { text: inserted }) => text("prefilled", inserted),
        Event::Host(HostCall::SendMessage { text: message }) => text("made to say", message),
        Event::Host(HostCall::Reset) => plain("logged out"),
        Event::Host(HostCall::Configure(options)) => {
            write_record("configured", &options.outline(), &decisive_options(options), &[])
        }
        Event::TimeZoneLookedUp { offsets } => {
            let offset = |offset: &UtcOffset| [offset.from, offset.ahead.cast_unsigned()];
            write_record("zoned", "", &offsets.iter().flat_map(offset).collect::<Vec<_>>(), &[])
        }
        Event::Thread(ThreadEvent::NewestRequested) => plain("wanted newest"),
        Event::Connection(ConnectionEvent::Socket { socket, event: SocketEvent::Frame(frame) }) => {
            write_record("frame", frame, &[socket.0.into()], &[])
        }
        Event::Connection(ConnectionEvent::Socket { socket, event: SocketEvent::Closed }) => {
            number("closed", socket.0.into())
        }
        Event::Connection(ConnectionEvent::RequestEnded {
            request,
            outcome: Outcome::Answered { status, body, retry_after_ms },
        }) => write_record("answered", body, &[request.0, (*status).into(), retry_after_ms.unwrap_or(0)], &[]),
        Event::Connection(ConnectionEvent::RequestEnded { request, outcome: Outcome::NotSent }) => {
            number("never left", request.0)
        }
        Event::Connection(ConnectionEvent::RequestEnded { request, outcome: Outcome::FilesMissing }) => {
            number("files gone", request.0)
        }
        Event::Connection(ConnectionEvent::RequestEnded { request, outcome: Outcome::Unknown }) => {
            number("unanswered", request.0)
        }
        Event::Page(PageEvent::VisibilityChanged { is_visible }) => flag("visible", *is_visible),
        Event::Connection(ConnectionEvent::OnlineChanged { is_online }) => flag("online", *is_online),
        Event::Connection(ConnectionEvent::Blocked(BlockReason::ContentSecurityPolicy)) => plain("blocked by policy"),
        Event::Connection(ConnectionEvent::Blocked(BlockReason::MixedContent)) => plain("blocked as mixed content"),
        Event::Connection(ConnectionEvent::ProbeEnded { is_reachable }) => flag("probed", *is_reachable),
        Event::Page(PageEvent::Suspended) => plain("left"),
        Event::Page(PageEvent::Resumed { stored }) => write_record("returned", "", &[], stored),
        Event::Tick => plain("tick"),
    }
}

/// The other options that decide about the client's behaviour.
const fn decisive_options(options: &Options) -> [u64; 2] {
    [options.closes_resolved as u64, options.retention_days]
}

/// A record: both clocks, the event's name, its text, its numbers, and pairs, all as strings.
fn write_record(now: Now, name: &str, text: &str, numbers: &[u64], stored: &[(String, String)]) -> String {
    let numbers: Vec<String> = numbers.iter().copied().map(digits).collect();
    let numbers = numbers.join(" ");
    let (mono, wall) = (digits(now.mono.0), digits(now.wall.0));
    let stored = stored.iter().flat_map(|(key, value)| [&**key, &**value]);
    chatwoot::write_list([&*mono, &*wall, name, text, &*numbers].into_iter().chain(stored))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SocketId;
    use crate::json::{self, Value};
    use crate::time::Wall;

    fn at(ms: u64) -> Now {
        Now { mono: Mono(ms), wall: Wall(ms) }
    }

    fn parsed(log: &EventLog) -> Vec<Vec<String>> {
        let strings = |list: &Value| list.items()?.iter().map(|item| Some(item.text()?.to_owned())).collect();
        json::read(&log.to_json("[]")).unwrap().items().unwrap().iter().map(strings).map(Option::unwrap).collect()
    }

    #[test]
    fn event_log_records_events_in_full() {
        let mut log = EventLog::new(at(1), [1, 2, 3, u64::MAX], &Options::default());
        let answer = Outcome::Answered { status: 422, body: "\"no\"\n".to_owned(), retry_after_ms: Some(9) };
        let event = Event::Connection(ConnectionEvent::RequestEnded { request: crate::RequestId(3), outcome: answer });
        log.push(at(2), record_event(at(2), &event), false);
        let expected = [
            vec!["1", "1", "made", "", "1 2 3 18446744073709551615 0 0"],
            vec!["2", "2", "answered", "\"no\"\n", "3 422 9"],
        ];
        assert_eq!(parsed(&log)[1..], expected);
    }

    #[test]
    fn event_log_keeps_one_idle_ping_every_five_minutes() {
        let mut log = EventLog::new(at(0), [1; 4], &Options::default());
        let ping = Event::Connection(ConnectionEvent::Socket {
            socket: SocketId(1),
            event: SocketEvent::Frame(r#"{"type":"ping","message":5}"#.to_owned()),
        });
        assert!(is_ping(&ping));
        for index in 1..=300 {
            log.push(at(index * 3_000), record_event(at(index * 3_000), &ping), true);
        }
        let times: Vec<String> = parsed(&log)[2..].iter().map(|record| record[0].clone()).collect();
        assert_eq!(times, ["300000", "600000", "900000"], "the latest of every five minutes");
        log.push(at(901_000), record_event(at(901_000), &ping), false);
        log.push(at(902_000), record_event(at(902_000), &ping), true);
        assert_eq!(parsed(&log).len(), 7, "one that led to something stays, and so does what came before it");
    }

    #[test]
    fn event_log_drops_and_counts_the_oldest_records() {
        let mut log = EventLog::new(at(0), [1; 4], &Options::default());
        for index in 0..100 {
            log.push(
                at(index),
                record_event(at(index), &Event::Composer(ComposerEvent::Submitted { text: "x".repeat(10_000) })),
                false,
            );
        }
        let records = parsed(&log);
        assert_eq!(records.len() as u64 - 1 + log.missing(), 101);
        assert_eq!(records.last().unwrap()[0], "99");
        assert!(log.to_json("[]").len() < BYTES_MAX);
        log.push(
            at(100),
            record_event(at(100), &Event::Composer(ComposerEvent::Submitted { text: "x".repeat(BYTES_MAX) })),
            false,
        );
        assert_eq!((log.missing(), log.to_json("[]")), (102, "[[]]".to_owned()));
    }
}
