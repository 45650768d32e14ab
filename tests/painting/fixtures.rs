//! Fixtures: views, the components' HTML as a tree, and queries on it.

use std::fmt::Write as _;
use std::rc::Rc;

use leptos::prelude::{IntoView, Owner};
use natter_chat::chat::{Chat, ChatHost, Snapshot};
use natter_chat::components::composer::{Composer, ComposerProps};
use natter_chat::components::header::{Header, HeaderProps};
use natter_chat::components::previews::{Previews, PreviewsProps};
use natter_chat::components::thread::{Thread as ThreadComponent, ThreadProps};
use natter_chat::i18n::{Formatter, Locale, Localizer};
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
pub fn localizer() -> Localizer {
    Localizer { locale: Locale::english(), formatter: Box::new(Fixed), now: || NOON, can_record: true }
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

/// A page that does nothing.
struct NoPage;

impl ChatHost for NoPage {
    fn set_open(&self, _: bool) {}

    fn request_notification_permission(&self) {}

    fn set_language(&self, _: &str) {}

    fn pick_files(&self, _: Vec<web_sys::File>) {}

    fn call_module(&self, _: &'static str, _: &'static str, _: &[wasm_bindgen::JsValue]) {}
}

/// What a component renders for a view.
fn render<V: IntoView>(localizer: Localizer, view: &View, component: impl FnOnce(Chat) -> V) -> Node {
    let snapshot = Snapshot::new(view.clone().into(), Rc::new(localizer));
    let owner = Owner::new();
    let html = owner.with(|| {
        let chat = Chat::new(&snapshot, Rc::new(|_| ()), Rc::new(NoPage));
        component(chat).to_html()
    });
    owner.cleanup();
    parse(&html)
}

/// The thread.
pub fn thread(view: &View) -> Node {
    render(localizer(), view, |chat| ThreadComponent(ThreadProps { chat }))
}

/// The header.
pub fn header(view: &View) -> Node {
    render(localizer(), view, |chat| Header(HeaderProps { chat }))
}

/// The composer, in this language.
pub fn composer(localizer: Localizer, view: &View) -> Node {
    render(localizer, view, |chat| Composer(ComposerProps { chat }))
}

/// The message previews.
pub fn previews(view: &View) -> Node {
    render(localizer(), view, |chat| Previews(PreviewsProps { chat }))
}

/// A node of rendered HTML.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// Text.
    Text(String),
    /// An element.
    Element(Element),
}

/// An element of rendered HTML.
#[derive(Clone, Debug, PartialEq)]
pub struct Element {
    /// Its name.
    pub tag: String,
    /// Its attributes, in their order.
    pub attributes: Vec<(String, String)>,
    /// Its content.
    pub children: Vec<Node>,
}

impl Element {
    /// The value of an attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

/// Elements without an end tag.
const VOID: [&str; 2] = ["img", "input"];

/// Reads rendered HTML: one element. Whatever Leptos does not render is a failure.
fn parse(html: &str) -> Node {
    let mut rest = html;
    let node = parse_element(&mut rest);
    assert_eq!(rest, "", "one element: {html}");
    Node::Element(node)
}

fn parse_element(rest: &mut &str) -> Element {
    let (head, after) = split_head(rest);
    *rest = after;
    let head = head.strip_prefix('<').expect("an element begins");
    let (tag, mut attributes_left) = head.split_once(' ').unwrap_or((head, ""));
    let tag = tag.trim_end_matches('/').to_owned();
    assert!(!tag.is_empty() && tag.chars().all(|c| c.is_ascii_alphanumeric()), "a tag: {tag:?}");
    let mut attributes = Vec::new();
    loop {
        attributes_left = attributes_left.trim_start();
        if attributes_left.is_empty() || attributes_left == "/" {
            break;
        }
        let name_length = attributes_left.find(['=', ' ', '/']).unwrap_or(attributes_left.len());
        let (name, after) = attributes_left.split_at(name_length);
        let value = after.strip_prefix("=\"").map(|value| value.split_once('"').expect("a value ends"));
        let (value, after) = value.unwrap_or(("", after));
        // Leptos renders a class that is `None` as an empty one.
        if (name, value) != ("class", "") {
            attributes.push((name.to_owned(), unescape(value)));
        }
        attributes_left = after;
    }
    // A browser takes the first of two attributes of one name.
    for (index, (name, _)) in attributes.iter().enumerate() {
        assert!(attributes[..index].iter().all(|(other, _)| other != name), "{name} is set once");
    }
    let mut children = Vec::new();
    if VOID.contains(&tag.as_str()) {
        return Element { tag, attributes, children };
    }
    let end = format!("</{tag}>");
    if tag == "textarea" {
        // Leptos escapes nothing in it. In a browser its content is a text node; here, it ends with the last end tag.
        let (text, after) = rest.split_at(rest.rfind(&end).expect("an end tag"));
        *rest = &after[end.len()..];
        let text = Some(text).filter(|text| !["", " "].contains(text));
        children.extend(text.map(|text| Node::Text(text.to_owned())));
        return Element { tag, attributes, children };
    }
    loop {
        if let Some(after) = rest.strip_prefix(end.as_str()) {
            *rest = after;
            // Leptos renders a text without characters as a space.
            if children == [Node::Text(" ".to_owned())] {
                children.clear();
            }
            return Element { tag, attributes, children };
        } else if let Some(after) = rest.strip_prefix("<!>") {
            // Leptos marks so where one text ends and the next begins, or where nothing is.
            *rest = after;
        } else if rest.starts_with('<') {
            children.push(Node::Element(parse_element(rest)));
        } else {
            let length = rest.find('<').expect("an end tag");
            let (text, after) = rest.split_at(length);
            children.push(Node::Text(unescape(text)));
            *rest = after;
        }
    }
}

/// A start tag without its `>`, and what follows; a `>` in a value is none.
fn split_head(html: &str) -> (&str, &str) {
    let mut is_in_value = false;
    for (at, c) in html.char_indices() {
        match c {
            '"' => is_in_value = !is_in_value,
            '>' if !is_in_value => return (&html[..at], &html[at + 1..]),
            _ => {}
        }
    }
    panic!("a tag ends: {html}");
}

fn unescape(text: &str) -> String {
    let mut all = text.to_owned();
    for (escaped, c) in [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#x27;", "'"), ("&amp;", "&")] {
        all = all.replace(escaped, c);
    }
    all
}

/// All elements of a tree, itself first.
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
        }
    }
    said
}

/// An element as markup without escapes, for people to read; its class is the first attribute.
pub fn markup(element: &Element) -> String {
    let mut out = format!("<{}", element.tag);
    // Leptos renders the class last.
    let (class, others): (Vec<_>, Vec<_>) = element.attributes.iter().partition(|(name, _)| name == "class");
    for (name, value) in class.into_iter().chain(others) {
        write!(out, " {name}={value:?}").unwrap();
    }
    out.push('>');
    for child in &element.children {
        match child {
            Node::Text(text) => out.push_str(text),
            Node::Element(element) => out.push_str(&markup(element)),
        }
    }
    write!(out, "</{}>", element.tag).unwrap();
    out
}
