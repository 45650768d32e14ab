//! Fixtures: views to paint, and queries on what was painted.

use std::fmt::Write as _;

use natter::i18n::{Formatter, Locale};
use natter::paint::{self, Act, Element, Node, Words};
use natter_core::conversation::timeline::RowKey;
use natter_core::model::{Author, Message, MessageId, Person};
use natter_core::view::{Row, RowContent, Thread, View};

/// Noon of a day, in seconds since 1970.
pub const NOON: u64 = 1_795_262_400;

/// A calendar without zones or languages.
struct Fixed;

impl Formatter for Fixed {
    fn day(&self, at: u64) -> i64 {
        i64::try_from(at / 86_400).unwrap()
    }

    fn date(&self, at: u64, _: u64) -> String {
        format!("day {}", self.day(at))
    }

    fn weekday(&self, at: u64) -> String {
        format!("weekday {}", self.day(at) % 7)
    }

    fn time(&self, at: u64) -> String {
        format!("{:02}:{:02}", at % 86_400 / 3_600, at % 3_600 / 60)
    }

    fn machine(&self, at: u64) -> String {
        at.to_string()
    }

    fn size(&self, bytes: u64) -> String {
        format!("{bytes} bytes")
    }

    fn host(&self, url: &str) -> Option<String> {
        url::Url::parse(url).ok()?.host_str().map(str::to_owned)
    }
}

/// English, at noon.
pub fn words() -> Words {
    Words { locale: Locale::english(), formatter: Box::new(Fixed), now: || NOON, can_record: true }
}

/// A message as the server has it, with nothing special about it.
pub fn message(id: u64, author: Author, text: &str) -> Message {
    Message::plain(MessageId(id), author, text, NOON)
}

/// An agent with a name.
pub fn agent() -> Author {
    Author::Agent(Person { id: Some(2), name: "Noor Haddad".to_owned(), avatar_url: String::new() })
}

/// A message in a row of its own.
pub fn said(message: Message) -> Row {
    row(message.id.0, RowContent::Stored(message.into()))
}

/// A row that is a group by itself, on a day that has begun before.
pub fn row(key: u64, content: RowContent) -> Row {
    Row { previous_at: Some(NOON), ..Row::new(RowKey(key), content, NOON) }
}

/// A view of these rows.
pub fn view(rows: Vec<Row>) -> View {
    View { thread: Thread { rows: rows.into(), ..Thread::default() }, ..View::default() }
}

/// The thread's painting.
pub fn thread(view: &View) -> Node {
    paint::thread(&words(), view, None)
}

/// All elements of a painting, itself first.
pub fn elements(node: &Node) -> Vec<&Element> {
    let Node::Element(element) = node else { return Vec::new() };
    let mut all = vec![element];
    all.extend(element.children.iter().flat_map(elements));
    all
}

/// The elements of a class.
pub fn of_class<'a>(node: &'a Node, class: &str) -> Vec<&'a Element> {
    let is_it = |element: &&Element| {
        element.attribute("class").is_some_and(|classes| classes.split(' ').any(|other| other == class))
    };
    elements(node).into_iter().filter(is_it).collect()
}

/// All its text.
pub fn text(element: &Element) -> String {
    let mut said = String::new();
    for child in &element.children {
        match child {
            Node::Text(own) => said.push_str(own),
            Node::Element(element) => said.push_str(&text(element)),
            Node::Same(_) | Node::Nothing => {}
        }
    }
    said
}

/// What a control does.
pub fn acts(element: &Element) -> Vec<&Act> {
    element.acts.iter().map(|(_, act)| act).collect()
}

/// An element as markup, for people to read: nothing is ever painted from it.
pub fn markup(element: &Element) -> String {
    let mut out = format!("<{}", element.tag);
    for (name, value) in &element.attributes {
        write!(out, " {name}={value:?}").unwrap();
    }
    out.push('>');
    for child in &element.children {
        match child {
            Node::Text(text) => out.push_str(text),
            Node::Element(element) => out.push_str(&markup(element)),
            Node::Same(key) => write!(out, "(same {key})").unwrap(),
            Node::Nothing => {}
        }
    }
    write!(out, "</{}>", element.tag).unwrap();
    out
}
