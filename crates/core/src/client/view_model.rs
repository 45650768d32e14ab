//! What is shown, and whether anybody looks.

use std::sync::Arc;

use crate::host::settings::Options;
use crate::model::Person;
use crate::view::{self, View};

/// What is shown, and whether anybody looks.
#[derive(Debug)]
pub(super) struct ViewModel {
    pub is_open: bool,
    pub is_visible: bool,
    /// What screen readers are told, and how many times they were told anything.
    pub announcement: (u32, Option<view::Announcement>),
    /// Who answers here.
    pub agents: Vec<Person>,
    /// What of the thread the view holds.
    pub shown: view::ThreadScope,
    pub view: Arc<View>,
}

impl ViewModel {
    pub(super) fn new(options: &Options) -> Self {
        Self {
            is_open: false,
            is_visible: true,
            announcement: (0, None),
            agents: options.team.iter().take(view::FACES_MAX).cloned().collect(),
            shown: view::ThreadScope::default(),
            view: Arc::default(),
        }
    }

    /// Becomes the state of another visitor. The view stays until the next publication replaces it.
    pub(super) fn replace_visitor(&mut self, options: &Options) {
        let Self { is_open, is_visible, announcement: (count, _), agents: _, shown: _, view } = self;
        let (is_open, is_visible, count, view) = (*is_open, *is_visible, count.wrapping_add(1), Arc::clone(view));
        let Self { agents, shown, .. } = Self::new(options);
        *self = Self { is_open, is_visible, announcement: (count, None), agents, shown, view };
    }
}
