//! The one kind of thing that is painted.
//!
//! Leptos' own `view!` makes a type of every element, and with it a copy of its machinery for building and comparing:
//! each weighs more than the element's whole appearance in a page. A tree of plain values needs that machinery once.

use std::ops::Deref;

use super::Words;
use super::wish::Wish;
use crate::i18n::TextKey;
use natter_core::content::Sources;
use natter_core::model::MessageId;

/// Something to be seen.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// Text.
    Text(String),
    /// An element.
    Element(Element),
    /// What has this key is as it was painted last.
    Same(u64),
    /// Nothing; it keeps the place of something that comes and goes, so that what follows stays what it is.
    Nothing,
}

/// An element, its content included. In a box, so that it is built and handed on for the price of a pointer.
#[derive(Clone, Debug, PartialEq)]
pub struct Element(Box<Parts>);

/// What an element is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Parts {
    /// Its HTML or SVG name.
    pub tag: &'static str,
    /// Its name among its siblings, for as long as it lives.
    pub key: Option<u64>,
    /// Its attributes.
    pub attributes: Vec<(&'static str, String)>,
    /// What it does, by the name of the DOM event that leads to it.
    pub acts: Vec<(&'static str, Act)>,
    /// Its content.
    pub children: Vec<Node>,
}

/// A place in a list.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Place {
    /// Counted from 1.
    pub nth: usize,
    /// How many there are, if that is known.
    pub of: Option<usize>,
}

/// What happens when a visitor does something to an element.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// The core is told.
    Tell(Wish),
    /// The panel closes.
    Close,
    /// It opens.
    Open,
    /// The browser is asked whether it may tell of messages.
    Notify,
    /// The language chosen is to be spoken.
    Speak,
    /// What was filled in is who the visitor is.
    Introduce,
    /// The writing field holds something else now.
    Typed,
    /// A key went down in the writing field.
    Pressed,
    /// What is written is to be sent.
    Submit,
    /// This module is to help with what is written.
    Assist(&'static str),
    /// Files are to be picked.
    Pick,
    /// Files were picked.
    Picked,
    /// Something was pasted: files, perhaps.
    Pasted,
    /// Files are over the thread, or were dropped on it.
    Dropped,
    /// The thread was scrolled.
    Scrolled,
    /// The focus left something in the menu.
    LeftMenu,
    /// A key went down in the menu.
    SteeredMenu,
    /// What was filled in is the answer to this message.
    Fill(MessageId),
    /// This picture of this message is to be seen large.
    Look(MessageId, u64),
    /// It could not be loaded: it gives way to what stands for it.
    Missing,
    /// It could not be loaded from one of these addresses: another is tried, or the same after a while.
    NotLoaded(Sources),
    /// It was loaded.
    Loaded,
}

/// An element of this class, empty as yet; a class of "" is none.
#[must_use]
pub fn el(tag: &'static str, class: &str) -> Element {
    let parts = Parts { tag, key: None, attributes: Vec::new(), acts: Vec::new(), children: Vec::new() };
    let element = Element(Box::new(parts));
    if class.is_empty() { element } else { element.with("class", class) }
}

impl Element {
    /// With this attribute.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.0.attributes.push((name, value.to_owned()));
        self
    }

    /// Named so among its siblings.
    #[must_use]
    pub fn keyed(mut self, key: u64) -> Self {
        self.0.key = Some(key);
        self
    }

    /// In this place of a list whose other items need not be there.
    #[must_use]
    pub fn placed(self, place: Option<Place>) -> Self {
        let Some(Place { nth, of }) = place else { return self };
        // -1: nobody knows.
        let of = of.map_or_else(|| "-1".to_owned(), |of| of.to_string());
        self.with("aria-posinset", &nth.to_string()).with("aria-setsize", &of)
    }

    /// Doing this on that DOM event.
    #[must_use]
    pub fn on(mut self, event: &'static str, act: Act) -> Self {
        self.0.acts.push((event, act));
        self
    }

    /// Holding this, after what it holds already.
    #[must_use]
    pub fn holding(mut self, child: Node) -> Self {
        self.0.children.push(child);
        self
    }

    /// Holding this element, after what it holds already.
    #[must_use]
    pub fn and(self, child: Self) -> Self {
        self.holding(Node::Element(child))
    }

    /// Holding this, if it is there; its place is kept if it is not.
    #[must_use]
    pub fn maybe(self, child: Option<Self>) -> Self {
        self.holding(child.map_or(Node::Nothing, Node::Element))
    }

    /// Holding this text, after what it holds already.
    #[must_use]
    pub fn saying(self, text: &str) -> Self {
        self.holding(Node::Text(text.to_owned()))
    }

    /// Holding this sentence, after what it holds already.
    #[must_use]
    pub fn told(self, words: &Words, sentence: &TextKey) -> Self {
        self.saying(&words.say(sentence))
    }

    /// Called this sentence, for those who don't see what it shows.
    #[must_use]
    pub fn labelled(self, words: &Words, sentence: &TextKey) -> Self {
        self.with("aria-label", &words.say(sentence))
    }

    /// Written in the direction of what it holds, whatever the page's is.
    #[must_use]
    pub fn in_own_direction(self) -> Self {
        self.with("dir", "auto")
    }

    /// What it is made of.
    #[must_use]
    pub fn into_parts(self) -> Parts {
        *self.0
    }

    /// The attribute of this name, if it is set.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(other, _)| *other == name).map(|(_, value)| value.as_str())
    }
}

impl Node {
    /// Its name among its siblings, if it has one.
    #[must_use]
    pub fn key(&self) -> Option<u64> {
        match self {
            Self::Element(element) => element.key,
            Self::Same(key) => Some(*key),
            Self::Text(_) | Self::Nothing => None,
        }
    }
}

impl Deref for Element {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
