//! A part of the panel that is painted again whenever its slice of the view changes.

use std::rc::Rc;
use std::sync::Arc;

use reactive_graph::effect::RenderEffect;
use reactive_graph::signal::ArcTrigger;
use reactive_graph::traits::Track;
use tachys::renderer::types::{Element, Node as DomNode};
use tachys::view::{Mountable, Render};

use super::Ui;
use super::acts::perform;
use super::dom::Dom;
use super::scrolling::Still;
use crate::core::view::View;
use crate::paint::{Node, Words};

/// The part.
pub struct Live {
    /// What it works with.
    pub ui: Ui,
    /// What makes it paint again.
    pub slice: ArcTrigger,
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

impl Render for Live {
    type State = RenderEffect<Painted>;

    fn build(self) -> Self::State {
        let Self { ui, slice, paint, still, painted } = self;
        RenderEffect::new(move |was: Option<Painted>| {
            slice.track();
            let view = ui.view();
            let words = ui.words();
            // In other words, all of it is other.
            let before = was.as_ref().filter(|was| Rc::ptr_eq(&was.words, &words));
            let node = paint(&words, &view, before.map(|was| &*was.view));
            let reporting = ui.clone();
            let report: Rc<dyn Fn(&_, &_)> = Rc::new(move |act: &_, event: &_| perform(&reporting, act, event));
            let (dom, was) = match was {
                Some(Painted { mut dom, view, .. }) => {
                    let still = dom.element().and_then(|element| still(&ui, element));
                    // A part's own element is always the same.
                    let _ = dom.paint(node, &report);
                    if let (Some(still), Some(element)) = (still, dom.element()) {
                        still.restore(element);
                    }
                    (dom, Some(view))
                }
                None => (Dom::build(node, &report), None),
            };
            if let Some(element) = dom.element() {
                painted(&view, was.as_deref(), element);
            }
            Painted { dom, view, words }
        })
    }

    fn rebuild(self, state: &mut Self::State) {
        *state = self.build();
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
