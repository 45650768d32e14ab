//! `MultiTabHarness`: several tabs of one browser, each a `ClientHarness`, with shared storage, a Web Lock and a
//! broadcast channel.

use natter_core::event::PageEvent;
use std::collections::{BTreeMap, VecDeque};

use natter_core::host::settings::Options;
use natter_core::time::Mono;
use natter_core::visitor::generation;
use natter_core::{Event, TabAction, TabEvent};

use crate::client_harness::ClientHarness;

/// A browser with tabs.
pub struct MultiTabHarness {
    pub tabs: Vec<Tab>,
    pub storage: BTreeMap<String, String>,
    options: Options,
    lock_holder: Option<usize>,
    lock_queue: VecDeque<usize>,
    /// The browser neither grants locks nor answers lock queries.
    pub ignores_lock_queries: bool,
    now: Mono,
}

/// A tab.
pub struct Tab {
    pub client: ClientHarness,
    incoming: VecDeque<TabEvent>,
    /// The tab has crashed or is frozen: it handles nothing, and messages to it are queued.
    is_frozen: bool,
    is_listening: bool,
}

impl MultiTabHarness {
    /// A browser with these stored records.
    pub fn new(storage: BTreeMap<String, String>) -> Self {
        let options = Options::default();
        Self {
            tabs: Vec::new(),
            storage,
            options,
            lock_holder: None,
            lock_queue: VecDeque::new(),
            ignores_lock_queries: false,
            now: Mono(1_000),
        }
    }

    /// A browser without stored records, on a site with these options.
    pub fn first_visit(options: Options) -> Self {
        Self { options, ..Self::new(BTreeMap::new()) }
    }

    /// Opens a visible tab; returns its number.
    pub fn open(&mut self) -> usize {
        self.open_with(Vec::new())
    }

    /// Opens a visible tab; `events` are dispatched before its start.
    pub fn open_with(&mut self, events: Vec<Event>) -> usize {
        let number = self.tabs.len();
        let client =
            ClientHarness::tab(self.options.clone(), self.storage.clone(), 20 + number as u64, self.now, events);
        self.storage.clone_from(&client.storage);
        self.tabs.push(Tab { client, incoming: VecDeque::new(), is_frozen: false, is_listening: false });
        self.perform_tab_actions(number);
        self.on(number, |tab| tab.dispatch(Event::Page(PageEvent::VisibilityChanged { is_visible: true })));
        number
    }

    /// Acts in a tab, then delivers lock grants and channel messages until none are left.
    pub fn on<T>(&mut self, number: usize, action: impl FnOnce(&mut ClientHarness) -> T) -> T {
        let done = self.on_without_delivery(number, action);
        self.deliver_messages();
        done
    }

    /// Acts in a tab without delivering its messages to other tabs.
    pub fn on_without_delivery<T>(&mut self, number: usize, action: impl FnOnce(&mut ClientHarness) -> T) -> T {
        let client = &mut self.tabs[number].client;
        client.now = self.now;
        client.storage.clone_from(&self.storage);
        let done = action(client);
        self.storage.clone_from(&self.tabs[number].client.storage);
        self.perform_tab_actions(number);
        done
    }

    /// The tab crashes: it reports nothing, and its lock is released.
    pub fn crash(&mut self, number: usize) {
        self.tabs[number].is_frozen = true;
        self.tabs[number].is_listening = false;
        self.release_lock(number);
        self.deliver_messages();
    }

    /// The tab freezes: it keeps its lock and handles nothing until it thaws.
    pub fn freeze(&mut self, number: usize) {
        self.tabs[number].is_frozen = true;
    }

    pub fn thaw(&mut self, number: usize) {
        self.tabs[number].is_frozen = false;
        self.deliver_messages();
    }

    /// Advances the clock of all tabs.
    pub fn wait(&mut self, ms: u64) {
        let end = self.now.plus(ms);
        while self.now < end {
            self.now = self.now.plus(100);
            for number in 0..self.tabs.len() {
                if !self.tabs[number].is_frozen {
                    self.on(number, |tab| tab.dispatch(Event::Tick));
                }
            }
        }
    }

    /// Delivers lock grants and channel messages until none are left.
    fn deliver_messages(&mut self) {
        for _ in 0..10_000 {
            let awake = |tab: &Tab| !tab.is_frozen && !tab.incoming.is_empty();
            let Some(number) = self.tabs.iter().position(awake) else { return };
            let event = self.tabs[number].incoming.pop_front().unwrap();
            let stored: Vec<(String, String)> = self.storage.clone().into_iter().collect();
            let event = match event {
                TabEvent::LockGranted { stored: _ } => TabEvent::LockGranted { stored },
                TabEvent::LockQueried { is_ours, .. } => {
                    TabEvent::LockQueried { is_ours, generation: generation::stored_generation(&stored) }
                }
                TabEvent::LockStolen | TabEvent::LockRefused | TabEvent::Received { text: _ } => event,
            };
            self.on_without_delivery(number, |tab| tab.dispatch(Event::Tabs(event)));
        }
        panic!("the tabs never stop sending messages");
    }

    fn perform_tab_actions(&mut self, number: usize) {
        for action in std::mem::take(&mut self.tabs[number].client.tab_actions) {
            match action {
                TabAction::RequestLock => {
                    self.tabs[number].is_listening = true;
                    self.lock_queue.push_back(number);
                    self.grant_lock();
                }
                TabAction::StealLock => {
                    self.lock_queue.retain(|other| *other != number);
                    if let Some(holder) = self.lock_holder.take().filter(|holder| *holder != number) {
                        self.tabs[holder].incoming.push_back(TabEvent::LockStolen);
                    }
                    self.lock_queue.push_front(number);
                    self.grant_lock();
                }
                TabAction::Listen => self.tabs[number].is_listening = true,
                TabAction::QueryLock if self.ignores_lock_queries => {}
                TabAction::QueryLock => {
                    let is_ours = self.lock_holder == Some(number);
                    self.tabs[number].incoming.push_back(TabEvent::LockQueried { is_ours, generation: 0 });
                }
                TabAction::Leave => {
                    self.tabs[number].is_listening = false;
                    self.release_lock(number);
                }
                TabAction::Broadcast(text) => {
                    for (other, tab) in self.tabs.iter_mut().enumerate() {
                        if other != number && tab.is_listening {
                            tab.incoming.push_back(TabEvent::Received { text: text.clone() });
                        }
                    }
                }
            }
        }
    }

    fn release_lock(&mut self, number: usize) {
        self.lock_queue.retain(|other| *other != number);
        if self.lock_holder == Some(number) {
            self.lock_holder = None;
            self.grant_lock();
        }
    }

    fn grant_lock(&mut self) {
        if self.lock_holder.is_none() && !self.ignores_lock_queries {
            self.lock_holder = self.lock_queue.pop_front();
            if let Some(holder) = self.lock_holder {
                self.tabs[holder].incoming.push_back(TabEvent::LockGranted { stored: Vec::new() });
            }
        }
    }
}
