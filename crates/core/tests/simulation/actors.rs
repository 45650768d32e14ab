//! Actors: what the visitor, agents, the server's operator and the browser do, drawn at random.

use natter_core::Event;
use natter_core::conversation::message_window::{Distance, ScrollPosition};
use natter_core::conversation::timeline::Failure;
use natter_core::event::{ComposerEvent, ConnectionEvent, PageEvent, ThreadEvent};
use natter_core::model::OutgoingFile;
use natter_core::rng::Rng;
use natter_core::view::{Row, RowContent};

use crate::device::State;
use crate::simulator::{START_S, ScheduledEvent, Simulator};

/// Few texts, so that messages of equal text are common: these are hard for echo matching.
pub const TEXTS: [&str; 4] = ["ok", "yes", "hello", "one more thing"];
/// More tabs than this find no more defects.
const PAGES_MAX: usize = 3;

impl Simulator {
    /// Runs the action of this number. It has an RNG of its own, so that an action stays the same when others are
    /// skipped.
    pub fn run_action(&mut self, number: usize) -> Result<(), String> {
        if self.is_fault_free || number >= Self::ACTIONS_MAX {
            return Ok(());
        }
        let mut rng = Rng::new([self.plan.seed, number as u64, 99, 7]);
        for _ in 0..8 {
            rng.below(2);
        }
        let pause = 50 + rng.below(4_000);
        self.schedule(pause, ScheduledEvent::ActorAction(number + 1));
        if self.plan.skipped.contains(&number) {
            return Ok(());
        }
        let kind = rng.below(100);
        let page = self.random_page(&mut rng);
        match kind {
            0..30 => self.submit(page, &mut rng),
            30..34 => self.retry_unconfirmed(),
            34..47 => {
                let count = if rng.below(6) == 0 { rng.below(70) } else { 1 };
                self.send_from_agent(count);
                Ok(())
            }
            47..52 => {
                self.send_from_other_device(&mut rng);
                Ok(())
            }
            52..58 => {
                self.note(&format!("page {page} is reloaded"));
                self.close(page)?;
                self.open_page()
            }
            58..64 if self.pages.len() < PAGES_MAX => self.open_page(),
            64..68 if self.pages.len() > 1 => {
                self.note(&format!("page {page} is closed"));
                self.close(page)
            }
            68..70 => {
                self.note(&format!("page {page} crashes"));
                self.drop_page(page);
                self.open_if_none()
            }
            70..73 => {
                // The crash comes in the middle of one of its next updates.
                let crash_after = rng.below(12);
                if let Some(page) = self.pages.get_mut(&page) {
                    page.crash_after = Some(crash_after);
                }
                Ok(())
            }
            73..77 => {
                self.freeze(page);
                let ms = rng.below(20_000);
                self.schedule(ms, ScheduledEvent::Thaw(page));
                Ok(())
            }
            77..80 => {
                self.suspend(page)?;
                let ms = rng.below(30_000);
                self.schedule(ms, ScheduledEvent::Resume(page));
                Ok(())
            }
            80..84 => self.show_page(page),
            84..87 => {
                self.note("the server restarts");
                self.server.is_down = true;
                self.close_sockets();
                let down = 100 + rng.below(20_000);
                self.schedule(down, ScheduledEvent::Restarted);
                Ok(())
            }
            87..91 => {
                self.note("the sockets go half-open");
                self.kill_sockets();
                Ok(())
            }
            91..92 => {
                self.note("the sockets deliver pings only");
                self.connections.values_mut().for_each(|connection| connection.is_ping_only = true);
                Ok(())
            }
            92..94 => {
                let is_sleep = rng.below(2) == 0;
                self.wall_ahead_ms += if is_sleep { 600_000 } else { rng.below(7_200_000) as i64 - 3_600_000 };
                self.note(if is_sleep { "the device sleeps" } else { "the wall clock is changed" });
                if is_sleep {
                    self.kill_sockets();
                }
                Ok(())
            }
            94..96 => {
                self.note("the device is offline");
                self.kill_sockets();
                let ms = rng.below(15_000);
                self.schedule(ms, ScheduledEvent::BackOnline);
                self.set_online(false)
            }
            96..97 => {
                self.note("the contact is deleted");
                self.server.delete_contact();
                Ok(())
            }
            97..98 => {
                let below = [Distance::Here, Distance::Near, Distance::Far][rng.below(3) as usize];
                self.dispatch(
                    page,
                    Event::Thread(ThreadEvent::Scrolled {
                        position: ScrollPosition { is_at_top: rng.below(2) == 0, below },
                        focused_row: None,
                    }),
                )
            }
            _ => self.retry_failed(),
        }
    }

    fn random_page(&self, rng: &mut Rng) -> u64 {
        let at = rng.below(self.pages.len() as u64) as usize;
        self.pages.keys().nth(at).copied().unwrap_or_default()
    }

    /// Closes the page as browsers do: `Suspended`, then nothing more.
    fn close(&mut self, page: u64) -> Result<(), String> {
        self.dispatch(page, Event::Page(PageEvent::Suspended))?;
        self.drop_page(page);
        self.open_if_none()
    }

    pub fn open_if_none(&mut self) -> Result<(), String> {
        if self.pages.is_empty() { self.open_page() } else { Ok(()) }
    }

    /// Makes one page visible and all others hidden.
    pub fn show_page(&mut self, page: u64) -> Result<(), String> {
        self.note(&format!("page {page} becomes visible"));
        for number in self.pages.keys().copied().collect::<Vec<_>>() {
            if let Some(page) = self.pages.get_mut(&number) {
                page.is_visible = true;
            }
            self.dispatch(number, Event::Page(PageEvent::VisibilityChanged { is_visible: number == page }))?;
        }
        Ok(())
    }

    pub fn set_online(&mut self, is_online: bool) -> Result<(), String> {
        self.is_offline = !is_online;
        for number in self.pages.keys().copied().collect::<Vec<_>>() {
            self.dispatch(number, Event::Connection(ConnectionEvent::OnlineChanged { is_online }))?;
        }
        Ok(())
    }

    fn send_from_agent(&mut self, count: u64) {
        self.note(&format!("an agent creates {count} messages"));
        for _ in 0..count {
            let text = format!("agent {}", self.server.messages.len());
            let at = START_S + self.now / 1_000;
            if let Some(frame) = self.server.create_agent_message(text, at) {
                self.broadcast(&frame);
            }
        }
    }

    fn send_from_other_device(&mut self, rng: &mut Rng) {
        let text = random_text(rng);
        self.note(&format!("the visitor's other device sends {text:?}"));
        let echo = format!("foreign-{}", self.count);
        let at = START_S + self.now / 1_000;
        if let Some(frame) = self.server.create_other_device_message(text, at, echo) {
            self.broadcast(&frame);
        }
    }

    fn submit(&mut self, page: u64, rng: &mut Rng) -> Result<(), String> {
        // The visitor can't write in a frozen or suspended page.
        if self.pages.get(&page).is_none_or(|page| page.state != State::Awake) {
            return Ok(());
        }
        let text = random_text(rng);
        self.note(&format!("the visitor submits {text:?} in page {page}"));
        if rng.below(4) == 0 {
            let sizes = [100, 2_000];
            let pick = |size: &u64| OutgoingFile::new(*size, "plan.pdf", *size);
            let picked: Vec<OutgoingFile> = sizes.iter().take(1 + rng.below(2) as usize).map(pick).collect();
            self.note(&format!("with {} files", picked.len()));
            self.dispatch(page, Event::Composer(ComposerEvent::FilesPicked { files: picked }))?;
        }
        // The typing status is sent first: a request that may fail before the message itself leaves.
        self.dispatch(page, Event::Composer(ComposerEvent::DraftChanged { text: text.clone() }))?;
        self.submitting = Some(page);
        let done = self.dispatch(page, Event::Composer(ComposerEvent::Submitted { text }));
        self.submitting = None;
        done
    }

    /// The visitor retries every unconfirmed message, in whichever tab shows it.
    pub fn retry_unconfirmed(&mut self) -> Result<(), String> {
        let is_unsure = |row: &&Row| matches!(row.content, RowContent::Outgoing { is_unconfirmed: true, .. });
        for number in self.pages.keys().copied().collect::<Vec<_>>() {
            let Some(page) = self.pages.get(&number).filter(|page| page.state == State::Awake) else { continue };
            let rows = page.widget.view().thread.rows.iter().filter(is_unsure);
            let unsure: Vec<_> = rows.map(|row| (row.key, row.content.text().to_owned())).collect();
            for (key, text) in unsure {
                self.note(&format!("the visitor retries the unconfirmed {text:?} in page {number}"));
                self.record_retry(&text);
                self.dispatch(number, Event::Thread(ThreadEvent::RetryRequested { row: key }))?;
                self.post_without_reading(number, &text);
            }
        }
        Ok(())
    }

    pub fn retry_failed(&mut self) -> Result<(), String> {
        let is_failed = |row: &&Row| matches!(row.content, RowContent::Outgoing { failure: Some(_), .. });
        for number in self.pages.keys().copied().collect::<Vec<_>>() {
            let Some(page) = self.pages.get(&number).filter(|page| page.state == State::Awake) else { continue };
            let rows = &page.widget.view().thread.rows;
            let has_no_files =
                |row: &Row| matches!(row.content, RowContent::Outgoing { failure: Some(Failure::FilesMissing), .. });
            let failed: Vec<_> = rows.iter().filter(is_failed).map(|row| (row.key, has_no_files(row))).collect();
            for (key, has_no_files) in failed {
                // After a crash in between, a record can be stored while its files are not: then a retry can't help.
                if has_no_files {
                    self.note(&format!("the visitor discards a message without files in page {number}"));
                    self.dispatch(number, Event::Thread(ThreadEvent::MessageDiscarded { row: key }))?;
                    continue;
                }
                self.note(&format!("the visitor retries a failed message in page {number}"));
                self.dispatch(number, Event::Thread(ThreadEvent::RetryRequested { row: key }))?;
            }
        }
        Ok(())
    }
}

fn random_text(rng: &mut Rng) -> String {
    TEXTS[rng.below(4) as usize].to_owned()
}
