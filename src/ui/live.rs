//! A part of the panel, as a view of Leptos': built once, and rebuilt whenever its slice of the view changes.

use std::rc::Rc;
use std::sync::Arc;

use leptos::tachys::renderer::types::{Element, Node as DomNode};
use leptos::tachys::view::{Mountable, Render};

use super::Ui;
use super::acts::perform;
use super::dom::{Dom, Report};
use super::scrolling::Still;
use crate::paint::{Node, Words};
use natter_core::view::{Changed, View};

/// The part.
#[derive(Clone)]
pub struct Live {
    /// What it works with.
    pub ui: Ui,
    /// Which slice is its own.
    pub slice: fn(Changed) -> bool,
    /// What it looks like, now that it looked like that.
    pub paint: fn(&Words, &View, Option<&View>) -> Node,
    /// What of its element is to stay where it is on the screen while it is painted.
    pub still: fn(&Ui, &web_sys::Element) -> Option<Still>,
    /// What is to be done to its element each time it is painted; what it looked like is the last argument.
    pub painted: fn(&View, Option<&View>, &web_sys::Element),
}

/// The part as it is in the page.
pub struct Painted {
    dom: Dom,
    view: Arc<View>,
    words: Rc<Words>,
}

impl Live {
    fn report(&self) -> Report {
        let ui = self.ui.clone();
        Rc::new(move |act: &_, event: &_| perform(&ui, act, event))
    }
}

impl Render for Live {
    type State = Painted;

    fn build(self) -> Self::State {
        let (view, words) = (self.ui.view(), self.ui.words());
        let dom = Dom::build((self.paint)(&words, &view, None), &self.report());
        if let Some(element) = dom.element() {
            (self.painted)(&view, None, element);
        }
        Painted { dom, view, words }
    }

    fn rebuild(self, state: &mut Self::State) {
        let (view, words) = (self.ui.view(), self.ui.words());
        // In other words, all of it is other.
        let before = Some(&*state.view).filter(|_| Rc::ptr_eq(&state.words, &words));
        let node = (self.paint)(&words, &view, before);
        let still = state.dom.element().and_then(|element| (self.still)(&self.ui, element));
        // A part's own element is always the same.
        let _ = state.dom.paint(node, &self.report());
        if let Some(element) = state.dom.element() {
            if let Some(still) = still {
                still.restore(element);
            }
            (self.painted)(&view, Some(&state.view), element);
        }
        (state.view, state.words) = (view, words);
    }
}

impl Mountable for Painted {
    fn unmount(&mut self) {
        self.dom.remove();
    }

    fn mount(&mut self, parent: &Element, marker: Option<&DomNode>) {
        self.dom.insert(parent, marker);
    }

    fn insert_before_this(&self, child: &mut dyn Mountable) -> bool {
        let node = self.dom.node();
        let parent = node.and_then(|node| node.parent_element());
        parent.is_some_and(|parent| child.try_mount(&parent, node))
    }

    fn elements(&self) -> Vec<Element> {
        self.dom.element().cloned().into_iter().collect()
    }
}
