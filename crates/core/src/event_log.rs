//! What happened to the widget, word for word, so that it can be lived through again.
//!
//! It promises that a widget drawn from the same chance, to which the same happens at the same times, comes to stand
//! where this one does. The words are the visitor's and the server's own: nothing of this may leave the page before
//! `embed/parts/diagnostics.js` has put others in their place. The hard case is a tab left open for days, of which pings
//! are nearly all there is to tell: of those that led to nothing, only one every few minutes is kept.

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

/// Some hours of a lively conversation. What goes beyond is forgotten from the beginning.
const BYTES_MAX: usize = 256 * 1024;
/// What a record costs besides its text.
const RECORD_BYTES: usize = 64;
/// Two clocks don't part by seconds in that time, which would be taken for a sleep where pings are missing.
const QUIET_MS_MAX: u64 = 300_000;
/// How `/cable` begins what it sends every three seconds.
const PING: &str = r#"{"type":"ping""#;

/// What happened, oldest first.
#[derive(Debug, Default)]
pub struct EventLog {
    records: VecDeque<String>,
    bytes: usize,
    /// How many records were forgotten.
    missing: u64,
    /// When the first of the latest pings came that led to nothing.
    quiet_since: Option<Mono>,
}

impl EventLog {
    /// Begins with what the widget is made of. (The stream that `source_id`s are drawn from is nobody's business.)
    #[must_use]
    pub fn new(now: Now, chance: [u64; 4], options: &Options) -> Self {
        let mut recording = Self::default();
        let [a, b, c, d] = chance;
        let [closes, days] = deciding(options);
        let record = write(now, "made", &options.outline(), &[a, b, c, d, closes, days], &[]);
        recording.keep(now, record, false);
        recording
    }

    /// Keeps a record; of pings that led to nothing, the latest for all.
    pub fn keep(&mut self, now: Now, record: String, is_quiet: bool) {
        match self.quiet_since {
            Some(since) if is_quiet && now.mono.since(since) < QUIET_MS_MAX => {
                if let Some(ping) = self.records.pop_back() {
                    self.bytes -= ping.len() + RECORD_BYTES;
                }
            }
            Some(_) | None => self.quiet_since = is_quiet.then_some(now.mono),
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

    /// Forgets all of it: it was another visitor's.
    pub fn clear(&mut self) {
        self.missing += self.records.len() as u64;
        self.records.clear();
        self.bytes = 0;
    }

    /// How many records were forgotten.
    #[must_use]
    pub const fn missing(&self) -> u64 {
        self.missing
    }

    /// All of it, as a JSON list that begins with this item.
    #[must_use]
    pub fn after(&self, item: &str) -> String {
        let mut text = ["[", item].concat();
        for record in &self.records {
            text.push_str(",\n");
            text.push_str(record);
        }
        text.push(']');
        text
    }
}

/// Whether this is one of the cable's pings.
#[must_use]
pub fn is_ping(event: &Event) -> bool {
    matches!(event, Event::Connection(ConnectionEvent::Socket { socket: _, event: SocketEvent::Frame(text) }) if text.starts_with(PING))
}

/// An event's record.
#[must_use]
pub fn record(now: Now, event: &Event) -> String {
    let write = |what, text: &str, numbers: &[u64], kept: &[_]| write(now, what, text, numbers, kept);
    let plain = |what| write(what, "", &[], &[]);
    let text = |what, text: &str| write(what, text, &[], &[]);
    let number = |what, number: u64| write(what, "", &[number], &[]);
    let flag = |what, is_set: bool| number(what, is_set.into());
    match event {
        Event::Started { stored: kept, has_tab_sync: is_shared } => write("began", "", &[(*is_shared).into()], kept),
        Event::Tabs(TabEvent::LockGranted { stored: kept }) => write("granted", "", &[], kept),
        Event::Tabs(TabEvent::LockStolen) => plain("stolen"),
        Event::Tabs(TabEvent::LockRefused) => plain("lock refused"),
        Event::Tabs(TabEvent::LockQueried { is_ours, generation }) => {
            write("lock queried", "", &[(*is_ours).into(), *generation], &[])
        }
        Event::Tabs(TabEvent::Received { text: said }) => text("said", said),
        Event::Panel(PanelEvent::Toggled { is_open }) => flag("opened", *is_open),
        // All that becomes of a draft is written down elsewhere; and it comes with every key.
        Event::Composer(ComposerEvent::DraftChanged { text }) => flag("drafted", !text.trim().is_empty()),
        Event::Composer(ComposerEvent::Submitted { text: submitted }) => text("submitted", submitted),
        Event::Composer(ComposerEvent::FilesPicked { files }) => {
            let numbers: Vec<u64> = files.iter().flat_map(|file| [file.pick, file.size]).collect();
            let names: Vec<_> = files.iter().map(|file| (file.name.clone(), String::new())).collect();
            write("picked", "", &numbers, &names)
        }
        Event::Composer(ComposerEvent::FileRemoved { pick }) => number("unpicked", *pick),
        Event::Storage(StorageEvent::FilesStored { message: echo }) => text("gathered", echo),
        Event::Storage(StorageEvent::FilesMissing { message: echo }) => text("files missing", echo),
        Event::Storage(StorageEvent::WriteFailed) => plain("not kept"),
        Event::Connection(ConnectionEvent::UploadProgressed { request: id, percent }) => {
            write("progressed", "", &[id.0, (*percent).into()], &[])
        }
        Event::Thread(ThreadEvent::FormSubmitted { message, fields }) => write("filled", "", &[message.0], fields),
        Event::Thread(ThreadEvent::ChoiceSelected { message, choice }) => {
            write("chosen", "", &[message.0], &[(choice.title.clone(), choice.value.clone())])
        }
        Event::Thread(ThreadEvent::RetryRequested { row: key }) => number("retried", key.0),
        Event::Thread(ThreadEvent::MessageDiscarded { row: key }) => number("discarded", key.0),
        Event::Thread(ThreadEvent::TextFolded { row: key, is_folded }) => {
            write("folded", "", &[key.0, (*is_folded).into()], &[])
        }
        Event::Thread(ThreadEvent::Scrolled { position: sight, focused_row: held }) => {
            let mut numbers = vec![sight.is_at_top.into(), sight.below as u64];
            numbers.extend(held.map(|key| key.0));
            write("scrolled", "", &numbers, &[])
        }
        Event::Thread(ThreadEvent::EarlierRequested) => plain("wanted earlier"),
        Event::Conversations(ConversationsEvent::ListToggled { is_shown }) => flag("listed", *is_shown),
        Event::Conversations(ConversationsEvent::Opened { conversation: Some(id) }) => number("switched", id.0),
        Event::Conversations(ConversationsEvent::Opened { conversation: None }) => plain("switched"),
        Event::Conversations(ConversationsEvent::Resolved) => plain("ended"),
        Event::Visitor(VisitorEvent::PreChatFormSubmitted { values }) => write("introduced", "", &[], values),
        Event::Visitor(VisitorEvent::PreferenceChosen(Preference::Silent(is_silent))) => flag("silent", *is_silent),
        Event::Visitor(VisitorEvent::PreferenceChosen(Preference::Notifications(wants))) => flag("notices", *wants),
        Event::Visitor(VisitorEvent::PreferenceChosen(Preference::Theme(theme))) => text("theme", theme.name()),
        Event::Visitor(VisitorEvent::NotificationsDenied) => plain("denied"),
        Event::Panel(PanelEvent::PreviewsDismissed) => plain("dismissed"),
        Event::Thread(ThreadEvent::TranscriptRequested { format }) => {
            flag("transcript", *format == TranscriptFormat::Json)
        }
        Event::Visitor(VisitorEvent::ForgetRequested) | Event::Host(HostCall::Forget) => plain("forgot"),
        // Where somebody is and what they were told there is nobody's business.
        Event::Page(PageEvent::Navigated(_)) => plain("paged"),
        Event::Host(HostCall::ProactiveMessageShown { text: _ }) => plain("prompted"),
        Event::Host(HostCall::SetUser(user)) => write("identified", "", &[user.mark, user.is_proven.into()], &[]),
        Event::Host(HostCall::SetAttributes { attributes: said, target: is_of_conversation }) => write(
            "attributed",
            "",
            &[(!said.is_empty()).into(), (*is_of_conversation == AttributeTarget::Conversation).into()],
            &[],
        ),
        Event::Host(HostCall::Prefill { text: prefilled }) => text("prefilled", prefilled),
        Event::Host(HostCall::SendMessage { text: said }) => text("made to say", said),
        Event::Host(HostCall::Reset) => plain("logged out"),
        Event::Host(HostCall::Configure(options)) => write("configured", &options.outline(), &deciding(options), &[]),
        Event::TimeZoneLookedUp { offsets } => {
            let offset = |offset: &UtcOffset| [offset.from, offset.ahead.cast_unsigned()];
            write("zoned", "", &offsets.iter().flat_map(offset).collect::<Vec<_>>(), &[])
        }
        Event::Thread(ThreadEvent::NewestRequested) => plain("wanted newest"),
        Event::Connection(ConnectionEvent::Socket { socket: link, event: SocketEvent::Frame(frame) }) => {
            write("frame", frame, &[link.0.into()], &[])
        }
        Event::Connection(ConnectionEvent::Socket { socket: link, event: SocketEvent::Closed }) => {
            number("closed", link.0.into())
        }
        Event::Connection(ConnectionEvent::RequestEnded {
            request: id,
            outcome: Outcome::Answered { status, body, retry_after_ms },
        }) => write("answered", body, &[id.0, (*status).into(), retry_after_ms.unwrap_or(0)], &[]),
        Event::Connection(ConnectionEvent::RequestEnded { request: id, outcome: Outcome::NotSent }) => {
            number("never left", id.0)
        }
        Event::Connection(ConnectionEvent::RequestEnded { request: id, outcome: Outcome::FilesMissing }) => {
            number("files gone", id.0)
        }
        Event::Connection(ConnectionEvent::RequestEnded { request: id, outcome: Outcome::Unknown }) => {
            number("unanswered", id.0)
        }
        Event::Page(PageEvent::VisibilityChanged { is_visible }) => flag("visible", *is_visible),
        Event::Connection(ConnectionEvent::OnlineChanged { is_online }) => flag("online", *is_online),
        Event::Connection(ConnectionEvent::Blocked(BlockReason::ContentSecurityPolicy)) => plain("blocked by policy"),
        Event::Connection(ConnectionEvent::Blocked(BlockReason::MixedContent)) => plain("blocked as mixed content"),
        Event::Connection(ConnectionEvent::ProbeEnded { is_reachable: answers }) => flag("probed", *answers),
        Event::Page(PageEvent::Suspended) => plain("left"),
        Event::Page(PageEvent::Resumed { stored: kept }) => write("returned", "", &[], kept),
        Event::Tick => plain("tick"),
    }
}

/// What else of a site's settings decides anything.
const fn deciding(options: &Options) -> [u64; 2] {
    [options.closes_resolved as u64, options.retention_days]
}

/// Both clocks, what happened, its text, its numbers, and what the device kept: all of it strings.
fn write(now: Now, what: &str, text: &str, numbers: &[u64], kept: &[(String, String)]) -> String {
    let numbers: Vec<String> = numbers.iter().copied().map(digits).collect();
    let numbers = numbers.join(" ");
    let (mono, wall) = (digits(now.mono.0), digits(now.wall.0));
    let kept = kept.iter().flat_map(|(key, value)| [&**key, &**value]);
    chatwoot::write_list([&*mono, &*wall, what, text, &*numbers].into_iter().chain(kept))
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

    fn written(recording: &EventLog) -> Vec<Vec<String>> {
        let strings = |list: &Value| list.items()?.iter().map(|item| Some(item.text()?.to_owned())).collect();
        json::read(&recording.after("[]")).unwrap().items().unwrap().iter().map(strings).map(Option::unwrap).collect()
    }

    #[test]
    fn what_happened_is_kept_word_for_word() {
        let mut recording = EventLog::new(at(1), [1, 2, 3, u64::MAX], &Options::default());
        let answer = Outcome::Answered { status: 422, body: "\"no\"\n".to_owned(), retry_after_ms: Some(9) };
        let event = Event::Connection(ConnectionEvent::RequestEnded { request: crate::RequestId(3), outcome: answer });
        recording.keep(at(2), record(at(2), &event), false);
        let expected = [
            vec!["1", "1", "made", "", "1 2 3 18446744073709551615 0 0"],
            vec!["2", "2", "answered", "\"no\"\n", "3 422 9"],
        ];
        assert_eq!(written(&recording)[1..], expected);
    }

    #[test]
    fn pings_that_led_to_nothing_are_kept_once_in_a_while() {
        let mut recording = EventLog::new(at(0), [1; 4], &Options::default());
        let ping = Event::Connection(ConnectionEvent::Socket {
            socket: SocketId(1),
            event: SocketEvent::Frame(r#"{"type":"ping","message":5}"#.to_owned()),
        });
        assert!(is_ping(&ping));
        for nth in 1..=300 {
            recording.keep(at(nth * 3_000), record(at(nth * 3_000), &ping), true);
        }
        let times: Vec<String> = written(&recording)[2..].iter().map(|record| record[0].clone()).collect();
        assert_eq!(times, ["300000", "600000", "900000"], "the latest of every five minutes");
        recording.keep(at(901_000), record(at(901_000), &ping), false);
        recording.keep(at(902_000), record(at(902_000), &ping), true);
        assert_eq!(written(&recording).len(), 7, "one that led to something stays, and so does what came before it");
    }

    #[test]
    fn what_is_too_long_ago_is_forgotten_and_counted() {
        let mut recording = EventLog::new(at(0), [1; 4], &Options::default());
        for nth in 0..100 {
            recording.keep(
                at(nth),
                record(at(nth), &Event::Composer(ComposerEvent::Submitted { text: "x".repeat(10_000) })),
                false,
            );
        }
        let written = written(&recording);
        assert_eq!(written.len() as u64 - 1 + recording.missing(), 101);
        assert_eq!(written.last().unwrap()[0], "99");
        assert!(recording.after("[]").len() < BYTES_MAX);
        recording.keep(
            at(100),
            record(at(100), &Event::Composer(ComposerEvent::Submitted { text: "x".repeat(BYTES_MAX) })),
            false,
        );
        assert_eq!((recording.missing(), recording.after("[]")), (102, "[[]]".to_owned()));
    }
}
