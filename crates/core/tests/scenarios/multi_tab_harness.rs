//! One visitor's tabs on the bench: a device, a lock and a channel between them, and a hand on each.

use natter_core::event::PageEvent;
use std::collections::{BTreeMap, VecDeque};

use natter_core::host::settings::Options;
use natter_core::time::Mono;
use natter_core::visitor::generation;
use natter_core::{Event, TabAction, TabEvent};

use crate::client_harness::Bench;

/// The tabs of one browser.
pub struct Household {
    pub tabs: Vec<Tab>,
    pub storage: BTreeMap<String, String>,
    options: Options,
    holder: Option<usize>,
    waiting: VecDeque<usize>,
    /// The browser grants no lock and says nothing about any.
    pub answers_no_question: bool,
    now: Mono,
}

/// One tab.
pub struct Tab {
    pub bench: Bench,
    inbox: VecDeque<TabEvent>,
    /// Gone, crashed or frozen: what is said to it waits, and it does nothing.
    is_still: bool,
    is_listening: bool,
}

impl Household {
    /// A browser on a device that keeps this.
    pub fn new(storage: BTreeMap<String, String>) -> Self {
        let options = Options::default();
        Self {
            tabs: Vec::new(),
            storage,
            options,
            holder: None,
            waiting: VecDeque::new(),
            answers_no_question: false,
            now: Mono(1_000),
        }
    }

    /// A stranger's browser, on a site with these options.
    pub fn first_on_a_site(options: Options) -> Self {
        Self { options, ..Self::new(BTreeMap::new()) }
    }

    /// Opens a tab that is looked at; its number.
    pub fn open(&mut self) -> usize {
        self.open_with(Vec::new())
    }

    /// Opens one whose page asks for something at once.
    pub fn open_with(&mut self, asked: Vec<Event>) -> usize {
        let number = self.tabs.len();
        let bench = Bench::tab(self.options.clone(), self.storage.clone(), 20 + number as u64, self.now, asked);
        self.storage.clone_from(&bench.storage);
        self.tabs.push(Tab { bench, inbox: VecDeque::new(), is_still: false, is_listening: false });
        self.after(number);
        self.on(number, |tab| tab.event(Event::Page(PageEvent::VisibilityChanged { is_visible: true })));
        number
    }

    /// Does something in a tab, and all that follows from it in the others.
    pub fn on<T>(&mut self, number: usize, deed: impl FnOnce(&mut Bench) -> T) -> T {
        let done = self.alone(number, deed);
        self.talk();
        done
    }

    /// Does something in a tab; what it says to others waits.
    pub fn alone<T>(&mut self, number: usize, deed: impl FnOnce(&mut Bench) -> T) -> T {
        let bench = &mut self.tabs[number].bench;
        bench.now = self.now;
        bench.storage.clone_from(&self.storage);
        let done = deed(bench);
        self.storage.clone_from(&self.tabs[number].bench.storage);
        self.after(number);
        done
    }

    /// The tab is gone without a word, and its lock with it.
    pub fn crash(&mut self, number: usize) {
        self.tabs[number].is_still = true;
        self.tabs[number].is_listening = false;
        self.let_go(number);
        self.talk();
    }

    /// The tab hangs: it keeps its lock, and hears nothing until it thaws.
    pub fn freeze(&mut self, number: usize) {
        self.tabs[number].is_still = true;
    }

    pub fn thaw(&mut self, number: usize) {
        self.tabs[number].is_still = false;
        self.talk();
    }

    /// Lets time pass for all.
    pub fn wait(&mut self, ms: u64) {
        let end = self.now.plus(ms);
        while self.now < end {
            self.now = self.now.plus(100);
            for number in 0..self.tabs.len() {
                if !self.tabs[number].is_still {
                    self.on(number, |tab| tab.event(Event::Tick));
                }
            }
        }
    }

    /// Delivers what is said and granted until nobody has anything to say.
    fn talk(&mut self) {
        for _ in 0..10_000 {
            let awake = |tab: &Tab| !tab.is_still && !tab.inbox.is_empty();
            let Some(number) = self.tabs.iter().position(awake) else { return };
            let news = self.tabs[number].inbox.pop_front().unwrap();
            let kept: Vec<(String, String)> = self.storage.clone().into_iter().collect();
            let news = match news {
                TabEvent::LockGranted { stored: _ } => TabEvent::LockGranted { stored: kept },
                TabEvent::LockQueried { is_ours, .. } => {
                    TabEvent::LockQueried { is_ours, generation: generation::stored_generation(&kept) }
                }
                TabEvent::LockStolen | TabEvent::LockRefused | TabEvent::Received { text: _ } => news,
            };
            self.alone(number, |tab| tab.event(Event::Tabs(news)));
        }
        panic!("the tabs never stop talking");
    }

    fn after(&mut self, number: usize) {
        for act in std::mem::take(&mut self.tabs[number].bench.acts) {
            match act {
                TabAction::RequestLock => {
                    self.tabs[number].is_listening = true;
                    self.waiting.push_back(number);
                    self.grant();
                }
                TabAction::StealLock => {
                    self.waiting.retain(|other| *other != number);
                    if let Some(holder) = self.holder.take().filter(|holder| *holder != number) {
                        self.tabs[holder].inbox.push_back(TabEvent::LockStolen);
                    }
                    self.waiting.push_front(number);
                    self.grant();
                }
                TabAction::Listen => self.tabs[number].is_listening = true,
                TabAction::QueryLock if self.answers_no_question => {}
                TabAction::QueryLock => {
                    let is_ours = self.holder == Some(number);
                    self.tabs[number].inbox.push_back(TabEvent::LockQueried { is_ours, generation: 0 });
                }
                TabAction::Leave => {
                    self.tabs[number].is_listening = false;
                    self.let_go(number);
                }
                TabAction::Broadcast(text) => {
                    for (other, tab) in self.tabs.iter_mut().enumerate() {
                        if other != number && tab.is_listening {
                            tab.inbox.push_back(TabEvent::Received { text: text.clone() });
                        }
                    }
                }
            }
        }
    }

    fn let_go(&mut self, number: usize) {
        self.waiting.retain(|other| *other != number);
        if self.holder == Some(number) {
            self.holder = None;
            self.grant();
        }
    }

    fn grant(&mut self) {
        if self.holder.is_none() && !self.answers_no_question {
            self.holder = self.waiting.pop_front();
            if let Some(holder) = self.holder {
                self.tabs[holder].inbox.push_back(TabEvent::LockGranted { stored: Vec::new() });
            }
        }
    }
}
