//! What must hold: after every single turn, and at the end.

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

/// A message the visitor wrote, accepted by a page.
pub struct Submitted {
    pub echo: String,
    /// Where it was written, if that page did not hang meanwhile.
    page: Option<u64>,
    /// Whether files go with it: such sends wait for each other only.
    is_upload: bool,
    text: String,
    /// Whether it ever waited for the person, who then decides about its place, too.
    has_failed: bool,
    /// How often the visitor wanted it sent again while a request of it was still on its way: they have been told that
    /// it may then arrive twice.
    sent_again: usize,
}

impl Submitted {
    /// Whether it is this one, of these words.
    pub fn is(&self, echo: &str, text: &str) -> bool {
        self.echo == echo && self.text == text
    }
}

impl Simulator {
    /// Notes what a turn accepts of the visitor. What crashes before it is on the device was not accepted.
    pub fn record_submissions(&mut self, effects: &[Effect]) {
        self.is_accepting = false;
        for effect in effects {
            let Effect::Save { key, value } = effect else { continue };
            let Some(echo) = key.strip_prefix("send/") else { continue };
            let kept: Value = serde_json::from_str(value).expect("JSON");
            let has_failed = kept["failed"] == true;
            match self.submitted.iter_mut().find(|submitted| submitted.echo == echo) {
                Some(submitted) => submitted.has_failed |= has_failed,
                None => {
                    let text = kept["text"].as_str().unwrap_or_default().to_owned();
                    let is_upload = kept["files"].as_array().is_some_and(|files| !files.is_empty());
                    let page = self.submitting;
                    self.is_accepting = true;
                    let echo = echo.to_owned();
                    self.submitted.push(Submitted { echo, page, is_upload, text, has_failed, sent_again: 0 });
                }
            }
        }
    }

    /// The visitor wants a message of these words sent again that nobody knows of.
    pub fn record_retry(&mut self, text: &str) {
        let on_their_way = self.posts_under_way();
        let may_come_twice = |it: &&mut Submitted| it.text == text && on_their_way.contains(&it.echo);
        self.submitted.iter_mut().filter(may_come_twice).for_each(|submitted| submitted.sent_again += 1);
    }

    /// A page crashed in the middle of its turn. What that turn accepted is on the device, or was not accepted. On the
    /// device, and nobody told: then it waits for the next page to lead.
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

    /// What must hold in a page after each of its turns.
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
                    "page {number}: row {:?} said {known:?} and now says {:?}",
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
        !self.is_anything_to_send()
            && !self.is_anything_under_way()
            && self.pages.values().all(|page| shown_texts(page) == self.stored_texts(page))
    }

    pub fn check_end_state(&mut self) -> Result<(), String> {
        self.check_server()?;
        for number in self.pages.keys().copied().collect::<Vec<_>>() {
            self.check_page_history(number)?;
        }
        // A page that crashes between keeping files and writing their send down leaves them to time.
        let is_accepted = |echo: &&EchoId| self.submitted.iter().any(|submitted| *submitted.echo == ***echo);
        if let Some(left) = self.files.keys().find(is_accepted) {
            return Err(format!("the files of {left} are left"));
        }
        if self.is_anything_to_send() {
            return Err(format!("something is left to send: {:?}", self.storage));
        }
        Ok(())
    }

    /// Nothing lost, nothing doubled, in order.
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
        for words in TEXTS {
            let lost = missing.get(words).copied().unwrap_or_default();
            if lost > self.lookalikes(words) {
                return Err(format!("{lost} times {words:?} was submitted and is not at the server"));
            }
        }
        if self.plan.stores_late { Ok(()) } else { self.check_order() }
    }

    /// The messages of these words that a lost answer can be mistaken for, read in history where nothing marks them:
    /// another device's, and second ones that the visitor had sent again.
    fn lookalikes(&self, words: &str) -> usize {
        let everything = || self.server.messages.iter().chain(&self.server.deleted).filter(|m| m.text == words);
        let copies = |echo: &str| everything().filter(|m| m.echo.as_deref() == Some(echo)).count();
        let seconds = self.submitted.iter().filter(|it| it.sent_again > 0).map(|it| copies(&it.echo).saturating_sub(1));
        everything().filter(|m| m.is_other_devices()).count() + seconds.sum::<usize>()
    }

    /// What was written in one page arrives in its order.
    fn check_order(&self) -> Result<(), String> {
        let place = |echo: &str| self.server.messages.iter().position(|m| m.echo.as_deref() == Some(echo));
        let mut last: BTreeMap<(u64, bool), usize> = BTreeMap::new();
        // A held-up message may have been taken for another of the same words, and those behind it let through.
        let is_sure = |submitted: &&Submitted| !submitted.has_failed && self.lookalikes(&submitted.text) == 0;
        for submitted in self.submitted.iter().filter(is_sure) {
            let (Some(place), Some(page)) = (place(&submitted.echo), submitted.page) else { continue };
            if last.insert((page, submitted.is_upload), place).is_some_and(|before| before > place) {
                return Err(format!("{:?} ({}) overtook what was written before it", submitted.text, submitted.echo));
            }
        }
        Ok(())
    }

    /// The page shows what the server has, from the newest back to the first message.
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
                return Err(format!("page {number} shows a hole {} messages from its end", shown.len()));
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

    /// What a page that holds everything shows in its window.
    fn stored_texts(&self, page: &Page) -> Vec<(bool, String)> {
        let thread = &page.widget.view().thread;
        let end = self.server.messages.len().saturating_sub(thread.newer);
        let window = self.server.messages.iter().take(end).skip(thread.skipped);
        window.map(|message| (true, message.text.clone())).collect()
    }

    fn is_anything_to_send(&self) -> bool {
        self.storage.keys().any(|key| key.starts_with("send/"))
    }
}

/// What the page shows, and which of it is said.
fn shown_texts(page: &Page) -> Vec<(bool, String)> {
    let rows = page.widget.view().thread.rows.iter();
    rows.map(|row| (matches!(row.content, RowContent::Stored(_)), row.content.text().to_owned())).collect()
}
