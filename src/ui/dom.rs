//! The page's elements, made from painted nodes and changed as little as the next painting demands.

use std::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;

use crate::js;
use crate::paint::{Act, Element, Node, Parts};

/// Where acts go, with the DOM event that led to them.
pub type Report = Rc<dyn Fn(&Act, &web_sys::Event)>;

/// A node in the page, or the place of one.
pub struct Dom {
    node: Option<web_sys::Node>,
    what: What,
}

enum What {
    Text(String),
    /// The place of something that comes and goes; the page has nothing there.
    Nothing,
    Element(Painted),
}

struct Painted {
    element: web_sys::Element,
    tag: &'static str,
    key: Option<u64>,
    attributes: Vec<(&'static str, String)>,
    ears: Vec<Ear>,
    children: Vec<Dom>,
}

/// A listener; it holds for as long as its element is painted, whatever it leads to by then.
struct Ear {
    element: web_sys::Element,
    name: &'static str,
    act: Rc<RefCell<Act>>,
    closure: Closure<dyn FnMut(web_sys::Event)>,
}

impl Drop for Ear {
    fn drop(&mut self) {
        // An element that is gone can still have something to tell: a picture, that it could not be had.
        let _ = self.element.remove_event_listener_with_callback(self.name, self.closure.as_ref().unchecked_ref());
    }
}

const SVG: &str = "http://www.w3.org/2000/svg";

impl Dom {
    /// Makes a node for the page.
    pub fn build(node: Node, report: &Report) -> Self {
        match node {
            Node::Element(element) => Painted::build(element, report).map_or(Self::NOTHING, |painted| Self {
                node: Some(painted.element.clone().into()),
                what: What::Element(painted),
            }),
            Node::Text(text) => Self { node: Some(page().create_text_node(&text)), what: What::Text(text) },
            Node::Same(_) | Node::Nothing => Self::NOTHING,
        }
    }

    const NOTHING: Self = Self { node: None, what: What::Nothing };

    /// Makes it what is painted now; what it can't become is handed back.
    pub fn paint(&mut self, node: Node, report: &Report) -> Option<Node> {
        match (&mut self.what, node) {
            (_, Node::Same(_)) | (What::Nothing, Node::Nothing) => None,
            (What::Text(was), Node::Text(text)) => {
                if let Some(node) = self.node.as_ref().filter(|_| *was != text) {
                    node.set_node_value(Some(&text));
                    *was = text;
                }
                None
            }
            (What::Element(painted), Node::Element(element)) if painted.can_become(&element) => {
                painted.paint(element, report);
                None
            }
            (_, node) => Some(node),
        }
    }

    /// Its element, if it is one.
    pub const fn element(&self) -> Option<&web_sys::Element> {
        match &self.what {
            What::Element(painted) => Some(&painted.element),
            What::Text(_) | What::Nothing => None,
        }
    }

    /// It, as the page sees it.
    pub const fn node(&self) -> Option<&web_sys::Node> {
        self.node.as_ref()
    }

    /// Puts it into the page.
    pub fn insert(&self, parent: &web_sys::Node, before: Option<&web_sys::Node>) {
        if let Some(node) = &self.node {
            // A page that took the panel away has no use for what is in it.
            let _ = parent.insert_before(node, before);
        }
    }

    /// Takes it out of the page.
    pub fn remove(&self) {
        if let Some((node, parent)) = self.node.as_ref().and_then(|node| Some((node, node.parent_node()?))) {
            // It was just found there.
            let _ = parent.remove_child(node);
        }
    }

    const fn key(&self) -> Option<u64> {
        match &self.what {
            What::Element(painted) => painted.key,
            What::Text(_) | What::Nothing => None,
        }
    }
}

impl Painted {
    fn build(element: Element, report: &Report) -> Option<Self> {
        let tag = element.tag;
        let made = match tag {
            "svg" | "path" => page().create_element_ns(SVG, tag),
            _ => page().create_element(tag),
        };
        let mut painted = Self {
            element: made.ok()?,
            tag,
            key: element.key,
            attributes: Vec::new(),
            ears: Vec::new(),
            children: Vec::new(),
        };
        painted.paint(element, report);
        Some(painted)
    }

    fn can_become(&self, element: &Element) -> bool {
        self.tag == element.tag
            && self.key == element.key
            && self.ears.iter().map(|ear| ear.name).eq(element.acts.iter().map(|(name, _)| *name))
    }

    fn paint(&mut self, element: Element, report: &Report) {
        for (name, value) in &element.attributes {
            if self.attributes.iter().all(|was| was.0 != *name || was.1 != *value) {
                // Painters know HTML's names.
                let _ = self.element.set_attribute(name, value);
            }
        }
        for (name, _) in &self.attributes {
            if element.attribute(name).is_none() {
                let _ = self.element.remove_attribute(name);
            }
        }
        let Parts { attributes, acts, children, .. } = element.into_parts();
        self.attributes = attributes;
        if self.ears.is_empty() {
            self.ears = acts.into_iter().map(|(name, act)| self.listen(name, act, report)).collect();
        } else {
            for (ear, (_, act)) in self.ears.iter().zip(acts) {
                ear.act.replace(act);
            }
        }
        self.paint_children(children, report);
    }

    fn listen(&self, name: &'static str, act: Act, report: &Report) -> Ear {
        let act = Rc::new(RefCell::new(act));
        let (acted, report) = (Rc::clone(&act), Rc::clone(report));
        let closure = Closure::<dyn FnMut(web_sys::Event)>::new(move |event| {
            // What it leads to may paint again.
            let act = acted.borrow().clone();
            report(&act, &event);
        });
        // It can only fail for a listener that is none.
        let _ = self.element.add_event_listener_with_callback(name, closure.as_ref().unchecked_ref());
        Ear { element: self.element.clone(), name, act, closure }
    }

    /// Makes its content what is painted now: what has a key stays itself wherever it goes, the rest by its place.
    fn paint_children(&mut self, children: Vec<Node>, report: &Report) {
        let keys: Vec<u64> = children.iter().filter_map(Node::key).collect();
        let count = children.len();
        for (at, child) in children.into_iter().enumerate() {
            while let Some(gone) = self.children.get(at).and_then(Dom::key).filter(|key| !keys.contains(key)) {
                self.children.retain(|other| {
                    let is_it = other.key() == Some(gone);
                    if is_it {
                        other.remove();
                    }
                    !is_it
                });
            }
            let key = child.key();
            let place = self.children.iter().skip(at).position(|other| other.key() == key).map(|place| place + at);
            match place {
                // Without a key, only what stands there already can become it.
                Some(place) if place == at || key.is_some() => {
                    if place != at {
                        let moved = self.children.remove(place);
                        self.insert(at, moved);
                    }
                    let other = self.children.get_mut(at).and_then(|dom| dom.paint(child, report));
                    if let Some(other) = other {
                        self.insert(at, Dom::build(other, report));
                        self.children.remove(at + 1).remove();
                    }
                }
                Some(_) | None => self.insert(at, Dom::build(child, report)),
            }
        }
        for surplus in self.children.drain(count..) {
            surplus.remove();
        }
    }

    /// Puts a child in a place, and in the page before whatever comes next there.
    fn insert(&mut self, at: usize, child: Dom) {
        child.insert(&self.element, self.children.iter().skip(at).find_map(Dom::node));
        self.children.insert(at, child);
    }
}

fn page() -> js::Page {
    // There is no painting without a page.
    js::page().unwrap_or_else(|| wasm_bindgen::throw_str("no document"))
}
