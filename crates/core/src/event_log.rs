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
use crate::host::settings::Options;
use crate::time::{Mono, Now};
use crate::tolerant_json;
use crate::unicode::is_blank;
use crate::visitor::preferences::Preference;
use crate::{Event, Outcome, SocketEvent, TabEvent};

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
    let log = Writer(now);
    match event {
        Event::Started { stored, has_tab_sync } => log.record("began", "", &[(*has_tab_sync).into()], stored),
        Event::Panel(event) => panel_record(log, event),
        Event::Composer(event) => composer_record(log, event),
        Event::Thread(event) => thread_record(log, event),
        Event::Conversations(event) => conversations_record(log, event),
        Event::Visitor(event) => visitor_record(log, event),
        Event::Host(call) => host_call_record(log, call),
        Event::Page(event) => page_record(log, event),
        Event::Connection(event) => connection_record(log, event),
        Event::Tabs(event) => tab_record(log, event),
        Event::Storage(StorageEvent::FilesStored { message }) => log.text("gathered", message),
        Event::Storage(StorageEvent::FilesMissing { message }) => log.text("files missing", message),
        Event::Storage(StorageEvent::WriteFailed) => log.plain("not kept"),
        Event::TimeZoneLookedUp { offsets } => {
            let offset = |offset: &UtcOffset| [offset.from, offset.ahead.cast_unsigned()];
            log.record("zoned", "", &offsets.iter().flat_map(offset).collect::<Vec<_>>(), &[])
        }
        Event::Tick => log.plain("tick"),
    }
}

fn panel_record(log: Writer, event: &PanelEvent) -> String {
    match event {
        PanelEvent::Toggled { is_open } => log.flag("opened", *is_open),
        PanelEvent::PreviewsDismissed => log.plain("dismissed"),
    }
}

fn composer_record(log: Writer, event: &ComposerEvent) -> String {
    match event {
        // The draft's text is stored elsewhere, and this event comes with every keystroke.
        ComposerEvent::DraftChanged { text } => log.flag("drafted", !is_blank(text)),
        ComposerEvent::Submitted { text } => log.text("submitted", text),
        ComposerEvent::FilesPicked { files } => {
            let numbers: Vec<u64> = files.iter().flat_map(|file| [file.pick, file.size]).collect();
            let names: Vec<_> = files.iter().map(|file| (file.name.clone(), String::new())).collect();
            log.record("picked", "", &numbers, &names)
        }
        ComposerEvent::FileRemoved { pick } => log.number("unpicked", *pick),
    }
}

fn thread_record(log: Writer, event: &ThreadEvent) -> String {
    match event {
        ThreadEvent::FormSubmitted { message, fields } => log.record("filled", "", &[message.0], fields),
        ThreadEvent::ChoiceSelected { message, choice } => {
            log.record("chosen", "", &[message.0], &[(choice.title.clone(), choice.value.clone())])
        }
        ThreadEvent::RetryRequested { row } => log.number("retried", row.0),
        ThreadEvent::MessageDiscarded { row } => log.number("discarded", row.0),
        ThreadEvent::TextFolded { row, is_folded } => log.record("folded", "", &[row.0, (*is_folded).into()], &[]),
        ThreadEvent::Scrolled { position, focused_row } => {
            let mut numbers = vec![position.is_at_top.into(), position.below as u64];
            numbers.extend(focused_row.map(|row| row.0));
            log.record("scrolled", "", &numbers, &[])
        }
        ThreadEvent::EarlierRequested => log.plain("wanted earlier"),
        ThreadEvent::NewestRequested => log.plain("wanted newest"),
        ThreadEvent::TranscriptRequested => log.plain("transcript"),
    }
}

fn conversations_record(log: Writer, event: &ConversationsEvent) -> String {
    match event {
        ConversationsEvent::ListToggled { is_shown } => log.flag("listed", *is_shown),
        ConversationsEvent::Opened { conversation: Some(id) } => log.number("switched", id.0),
        ConversationsEvent::Opened { conversation: None } => log.plain("switched"),
        ConversationsEvent::Resolved => log.plain("ended"),
    }
}

fn visitor_record(log: Writer, event: &VisitorEvent) -> String {
    match event {
        VisitorEvent::PreChatFormSubmitted { values } => log.record("introduced", "", &[], values),
        VisitorEvent::PreferenceChosen(Preference::Silent(is_silent)) => log.flag("silent", *is_silent),
        VisitorEvent::PreferenceChosen(Preference::Notifications(is_on)) => log.flag("notices", *is_on),
        VisitorEvent::PreferenceChosen(Preference::Theme(theme)) => log.text("theme", theme.name()),
        VisitorEvent::NotificationsDenied => log.plain("denied"),
        VisitorEvent::ForgetRequested => log.plain("forgot"),
    }
}

fn host_call_record(log: Writer, call: &HostCall) -> String {
    match call {
        HostCall::SetUser(user) => log.record("identified", "", &[user.mark, user.is_proven.into()], &[]),
        HostCall::SetAttributes { attributes, target } => {
            let is_of_conversation = *target == AttributeTarget::Conversation;
            log.record("attributed", "", &[(!attributes.is_empty()).into(), is_of_conversation.into()], &[])
        }
        HostCall::Prefill { text } => log.text("prefilled", text),
        // The proactive message's text is private.
        HostCall::ProactiveMessageShown { text: _ } => log.plain("prompted"),
        HostCall::SendMessage { text } => log.text("made to say", text),
        HostCall::Reset => log.plain("logged out"),
        HostCall::Forget => log.plain("forgot"),
        HostCall::PanelToggled { is_open } => log.flag("opened", *is_open),
        HostCall::Configure(options) => log.record("configured", &options.outline(), &decisive_options(options), &[]),
    }
}

fn page_record(log: Writer, event: &PageEvent) -> String {
    match event {
        // The page's address is private.
        PageEvent::Navigated(_) => log.plain("paged"),
        PageEvent::VisibilityChanged { is_visible } => log.flag("visible", *is_visible),
        PageEvent::Suspended => log.plain("left"),
        PageEvent::Resumed { stored } => log.record("returned", "", &[], stored),
    }
}

fn connection_record(log: Writer, event: &ConnectionEvent) -> String {
    match event {
        ConnectionEvent::Socket { socket, event: SocketEvent::Frame(frame) } => {
            log.record("frame", frame, &[socket.0.into()], &[])
        }
        ConnectionEvent::Socket { socket, event: SocketEvent::Closed } => log.number("closed", socket.0.into()),
        ConnectionEvent::RequestEnded { request, outcome } => match outcome {
            Outcome::Answered { status, body, retry_after_ms } => {
                log.record("answered", body, &[request.0, (*status).into(), retry_after_ms.unwrap_or(0)], &[])
            }
            Outcome::NotSent => log.number("never left", request.0),
            Outcome::FilesMissing => log.number("files gone", request.0),
            Outcome::Unknown => log.number("unanswered", request.0),
        },
        ConnectionEvent::UploadProgressed { request, percent } => {
            log.record("progressed", "", &[request.0, (*percent).into()], &[])
        }
        ConnectionEvent::OnlineChanged { is_online } => log.flag("online", *is_online),
        ConnectionEvent::Blocked(BlockReason::ContentSecurityPolicy) => log.plain("blocked by policy"),
        ConnectionEvent::Blocked(BlockReason::MixedContent) => log.plain("blocked as mixed content"),
        ConnectionEvent::ProbeEnded { is_reachable } => log.flag("probed", *is_reachable),
    }
}

fn tab_record(log: Writer, event: &TabEvent) -> String {
    match event {
        TabEvent::LockGranted { stored } => log.record("granted", "", &[], stored),
        TabEvent::LockStolen => log.plain("stolen"),
        TabEvent::LockRefused => log.plain("lock refused"),
        TabEvent::LockQueried { is_ours, generation } => {
            log.record("lock queried", "", &[(*is_ours).into(), *generation], &[])
        }
        TabEvent::Received { text } => log.text("said", text),
    }
}

/// Writes records of one moment.
#[derive(Clone, Copy)]
struct Writer(Now);

impl Writer {
    fn record(self, name: &str, text: &str, numbers: &[u64], stored: &[(String, String)]) -> String {
        write_record(self.0, name, text, numbers, stored)
    }

    fn plain(self, name: &str) -> String {
        self.record(name, "", &[], &[])
    }

    fn text(self, name: &str, text: &str) -> String {
        self.record(name, text, &[], &[])
    }

    fn number(self, name: &str, number: u64) -> String {
        self.record(name, "", &[number], &[])
    }

    fn flag(self, name: &str, is_set: bool) -> String {
        self.number(name, is_set.into())
    }
}

/// The other options that decide about the client's behaviour.
const fn decisive_options(options: &Options) -> [u64; 2] {
    [options.closes_resolved as u64, options.retention_days]
}

/// A record: both clocks, the event's name, its text, its numbers, and pairs, all as strings.
fn write_record(now: Now, name: &str, text: &str, numbers: &[u64], stored: &[(String, String)]) -> String {
    let numbers: Vec<String> = numbers.iter().copied().map(|number| number.to_string()).collect();
    let numbers = numbers.join(" ");
    let (mono, wall) = (now.mono.0.to_string(), now.wall.0.to_string());
    let stored = stored.iter().flat_map(|(key, value)| [&**key, &**value]);
    let texts = [&*mono, &*wall, name, text, &*numbers].into_iter().chain(stored);
    tolerant_json::write(&texts.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SocketId;
    use crate::time::Wall;
    use crate::tolerant_json::{self, Json};

    fn at(ms: u64) -> Now {
        Now { mono: Mono(ms), wall: Wall(ms) }
    }

    fn parsed(log: &EventLog) -> Vec<Vec<String>> {
        let strings = |list: &Json| list.items()?.iter().map(|item| Some(item.text()?.to_owned())).collect();
        tolerant_json::read(&log.to_json("[]"))
            .unwrap()
            .items()
            .unwrap()
            .iter()
            .map(strings)
            .map(Option::unwrap)
            .collect()
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
