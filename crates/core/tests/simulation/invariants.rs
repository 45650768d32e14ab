//! Invariants: what must hold in a page after each update, and everywhere at the end.

use natter_core::event::ThreadEvent;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use natter_core::model::EchoId;
use natter_core::view::RowContent;
use natter_core::{Effect, Event};
use serde_json::Value;

use crate::actors::TEXTS;
use crate::device::Page;
use crate::server::Stored;
use crate::simulator::Simulator;

/// A submitted message that a page has accepted.
pub struct Submitted {
    pub echo: String,
    /// The page it was submitted in, if that page was not frozen meanwhile.
    page: Option<u64>,
    /// Whether it has attachments: uploads are ordered among themselves only.
    is_upload: bool,
    text: String,
    /// Whether it ever failed. Then the visitor's retry decides its place.
    has_failed: bool,
    /// How often the visitor retried it while a POST of it was still in flight: they were told that it may then arrive
    /// twice.
    sent_again: usize,
}

impl Submitted {
    /// Whether it has this echo_id and this text.
    pub fn is(&self, echo: &str, text: &str) -> bool {
        self.echo == echo && self.text == text
    }
}

impl Simulator {
    /// Records which messages an update accepts. A message whose page crashes before its record is stored was not
    /// accepted.
    pub fn record_submissions(&mut self, effects: &[Effect]) {
        self.is_accepting = false;
        for effect in effects {
            let Effect::Save { key, value } = effect else { continue };
            let Some(echo) = key.strip_prefix("send/") else { continue };
            let record: Value = serde_json::from_str(value).expect("JSON");
            let has_failed = record["failed"] == true;
            match self.submitted.iter_mut().find(|submitted| submitted.echo == echo) {
                Some(submitted) => submitted.has_failed |= has_failed,
                None => {
                    let text = record["text"].as_str().unwrap_or_default().to_owned();
                    let is_upload = record["files"].as_array().is_some_and(|files| !files.is_empty());
                    let page = self.submitting;
                    self.is_accepting = true;
                    let echo = echo.to_owned();
                    self.submitted.push(Submitted { echo, page, is_upload, text, has_failed, sent_again: 0 });
                }
            }
        }
    }

    /// Records that the visitor retries an unconfirmed message of this text.
    pub fn record_retry(&mut self, text: &str) {
        let in_flight = self.posts_in_flight();
        let may_come_twice = |it: &&mut Submitted| it.text == text && in_flight.contains(&it.echo);
        self.submitted.iter_mut().filter(may_come_twice).for_each(|submitted| submitted.sent_again += 1);
    }

    /// A page crashed in the middle of an update. If the message of that update is not stored, it was not accepted. If
    /// it is stored and no other tab knows it, it waits for the next leader.
    pub fn drop_unaccepted(&mut self) {
        if !self.is_accepting {
            return;
        }
        if self.submitted.last().is_some_and(|last| !self.storage.contains_key(&format!("send/{}", last.echo))) {
            self.submitted.pop();
        } else {
            self.is_orphaned = true;
        }
    }

    /// Checks a page after an update: unique row keys, a constant text for each key, messages in order.
    pub fn check_page(&mut self, number: u64) -> Result<(), String> {
        let Some(page) = self.pages.get_mut(&number) else { return Ok(()) };
        let mut seen = BTreeSet::new();
        for row in page.widget.view().thread.rows.iter() {
            if !seen.insert(row.key) {
                return Err(format!("page {number}: two rows have the key {:?}", row.key));
            }
            let known = page.keys.entry(row.key).or_insert_with(|| row.content.text().to_owned());
            if known != row.content.text() {
                return Err(format!(
                    "page {number}: row {:?} had the text {known:?} and now has {:?}",
                    row.key,
                    row.content.text()
                ));
            }
        }
        let ids = page.widget.view().thread.rows.iter().filter_map(|row| match &row.content {
            RowContent::Stored(message) => Some(message.id),
            RowContent::Outgoing { .. } => None,
        });
        if ids.is_sorted() { Ok(()) } else { Err(format!("page {number}: messages are out of order")) }
    }

    pub fn is_settled(&self) -> bool {
        !self.has_outbox_records()
            && !self.has_requests_in_flight()
            && self.pages.values().all(|page| shown_texts(page) == self.stored_texts(page))
    }

    pub fn check_end_state(&mut self) -> Result<(), String> {
        self.check_server()?;
        for number in self.pages.keys().copied().collect::<Vec<_>>() {
            self.check_page_history(number)?;
        }
        // A page that crashes between storing files and storing their message leaves the files to be deleted by age.
        let is_accepted = |echo: &&EchoId| self.submitted.iter().any(|submitted| *submitted.echo == ***echo);
        if let Some(left) = self.files.keys().find(is_accepted) {
            return Err(format!("the files of {left} are still stored"));
        }
        if self.has_outbox_records() {
            return Err(format!("the outbox is not empty: {:?}", self.storage));
        }
        Ok(())
    }

    /// Checks the server: nothing lost, nothing doubled, all in order.
    fn check_server(&self) -> Result<(), String> {
        let count = |messages: &[Stored], echo: &str| {
            messages.iter().filter(|message| message.echo.as_deref() == Some(echo)).count()
        };
        let mut missing: BTreeMap<&str, usize> = BTreeMap::new();
        for Submitted { echo, text, sent_again, .. } in &self.submitted {
            let is_there = count(&self.server.messages, echo);
            if is_there > 1 + sent_again && !self.plan.stores_late {
                return Err(format!("{text:?} ({echo}) is stored {is_there} times"));
            }
            if is_there + count(&self.server.deleted, echo) == 0 {
                *missing.entry(text).or_default() += 1;
            }
        }
        let known: BTreeSet<&str> = self.submitted.iter().map(|submitted| &*submitted.echo).collect();
        for message in self.server.messages.iter().filter(|message| message.is_this_devices()) {
            if message.echo.as_deref().is_none_or(|echo| !known.contains(echo)) {
                return Err(format!("{:?} was never submitted", message.text));
            }
        }
        for text in TEXTS {
            let lost = missing.get(text).copied().unwrap_or_default();
            if lost > self.lookalikes(text) {
                return Err(format!("{lost} messages {text:?} were submitted and are not on the server"));
            }
        }
        if self.plan.stores_late { Ok(()) } else { self.check_order() }
    }

    /// How many messages of this text a lost response can be mistaken for in history, where no echo_id tells them
    /// apart: another device's, and second copies that the visitor retried.
    fn lookalikes(&self, text: &str) -> usize {
        let everything = || self.server.messages.iter().chain(&self.server.deleted).filter(|m| m.text == text);
        let copies = |echo: &str| everything().filter(|m| m.echo.as_deref() == Some(echo)).count();
        let seconds = self.submitted.iter().filter(|it| it.sent_again > 0).map(|it| copies(&it.echo).saturating_sub(1));
        everything().filter(|m| m.is_other_devices()).count() + seconds.sum::<usize>()
    }

    /// Checks that messages of one page are stored in the order in which they were submitted.
    fn check_order(&self) -> Result<(), String> {
        let place = |echo: &str| self.server.messages.iter().position(|m| m.echo.as_deref() == Some(echo));
        let mut last: BTreeMap<(u64, bool), usize> = BTreeMap::new();
        // A delayed message may have been matched with another of equal text, which let those behind it through.
        let is_sure = |submitted: &&Submitted| !submitted.has_failed && self.lookalikes(&submitted.text) == 0;
        for submitted in self.submitted.iter().filter(is_sure) {
            let (Some(place), Some(page)) = (place(&submitted.echo), submitted.page) else { continue };
            if last.insert((page, submitted.is_upload), place).is_some_and(|before| before > place) {
                return Err(format!(
                    "{:?} ({}) was stored before a message submitted earlier",
                    submitted.text, submitted.echo
                ));
            }
        }
        Ok(())
    }

    /// Checks that the page shows the server's messages, from the newest back to the first.
    fn check_page_history(&mut self, number: u64) -> Result<(), String> {
        self.dispatch(number, Event::Thread(ThreadEvent::NewestRequested))?;
        let mut shown = VecDeque::new();
        for _ in 0..400 {
            let Some(page) = self.pages.get(&number) else { return Ok(()) };
            let thread = &page.widget.view().thread;
            let from_end = thread.newer + thread.rows.len();
            for text in shown_texts(page).into_iter().rev().skip(shown.len().saturating_sub(thread.newer)) {
                shown.push_front(text);
            }
            if from_end > shown.len() {
                return Err(format!("page {number} shows a gap {} messages from its end", shown.len()));
            }
            if !thread.has_earlier {
                break;
            }
            self.dispatch(number, Event::Thread(ThreadEvent::EarlierRequested))?;
            self.run_until(self.now + 2_000)?;
        }
        let stored: Vec<_> = self.server.messages.iter().map(|message| (true, message.text.clone())).collect();
        if shown == stored { Ok(()) } else { Err(format!("page {number} shows {shown:?}, stored is {stored:?}")) }
    }

    /// What the window of a page shows that holds all messages.
    fn stored_texts(&self, page: &Page) -> Vec<(bool, String)> {
        let thread = &page.widget.view().thread;
        let end = self.server.messages.len().saturating_sub(thread.newer);
        let window = self.server.messages.iter().take(end).skip(thread.skipped);
        window.map(|message| (true, message.text.clone())).collect()
    }

    fn has_outbox_records(&self) -> bool {
        self.storage.keys().any(|key| key.starts_with("send/"))
    }
}

/// The texts of the page's rows, and whether each is stored.
fn shown_texts(page: &Page) -> Vec<(bool, String)> {
    let rows = page.widget.view().thread.rows.iter();
    rows.map(|row| (matches!(row.content, RowContent::Stored(_)), row.content.text().to_owned())).collect()
}
