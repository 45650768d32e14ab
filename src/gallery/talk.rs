//! Who talks in the gallery, and how what they say becomes rows.

use super::{NOON, Screen};
use natter_core::chatwoot;
use natter_core::conversation::timeline::RowKey;
use natter_core::model::{Author, Message, MessageId, Person};
use natter_core::tolerant_json;
use natter_core::view::{Panel, Row, RowContent, Thread, View};

/// Rows of one author within this many seconds are one group, as in the core.
const GROUP_S: u64 = 300;
/// Between two messages, unless told otherwise.
const PAUSE_S: u64 = 60;

/// Noor's picture.
const PORTRAIT: &str = "https://pictures.example.test/96x96/noor.png";

/// From the workshop, with a picture.
pub fn noor() -> Author {
    Author::Agent(Person { id: Some(2), name: "Noor Haddad".to_owned(), avatar_url: PORTRAIT.to_owned() })
}

/// From the shop, without one.
pub fn robin() -> Author {
    Author::Agent(Person { id: Some(3), name: "Robin".to_owned(), avatar_url: String::new() })
}

/// A program of the shop's.
pub fn bot() -> Author {
    Author::Bot(Person { id: Some(1), name: "Spoke, the shop's helper".to_owned(), avatar_url: String::new() })
}

/// A conversation, message by message.
pub struct Talk {
    rows: Vec<Row>,
    at: u64,
}

impl Talk {
    /// It begins this many seconds before now.
    pub const fn began(seconds_ago: u64) -> Self {
        Self { rows: Vec::new(), at: NOON - seconds_ago }
    }

    /// Somebody says this.
    pub fn says(self, author: Author, text: &str) -> Self {
        let message = Message::plain(self.next_id(), author, text, self.at);
        self.message(message)
    }

    /// The visitor says this.
    pub fn ida(self, text: &str) -> Self {
        self.says(Author::Visitor, text)
    }

    /// Noor says this.
    pub fn noor(self, text: &str) -> Self {
        self.says(noor(), text)
    }

    /// Noor asks or shows something: the message's own fields as the server writes them.
    pub fn shows(self, text: &str, fields: &str) -> Self {
        self.sent(1, text, fields)
    }

    /// The visitor's message with such fields.
    pub fn ida_shows(self, text: &str, fields: &str) -> Self {
        self.sent(0, text, fields)
    }

    fn sent(self, message_type: u8, text: &str, fields: &str) -> Self {
        let (id, at) = (self.next_id(), self.at);
        let text = tolerant_json::write(text);
        let sender = if message_type == 0 {
            r#"{"id":9,"type":"contact","name":"Ida"}"#.to_owned()
        } else {
            format!(r#"{{"id":2,"type":"user","name":"Noor Haddad","avatar_url":"{PORTRAIT}"}}"#)
        };
        let message = format!(
            r#"{{"id":{},"content":{text},"message_type":{message_type},"created_at":{at},"sender":{sender},{fields}}}"#,
            id.0
        );
        // A screen whose fields are no JSON shows them: whoever wrote it sees why.
        self.message(chatwoot::parse_message(&message).unwrap_or_else(|| Message::plain(id, noor(), &message, at)))
    }

    /// This message is said.
    pub fn message(self, message: Message) -> Self {
        let answers = message.answers.clone();
        self.content(RowContent::Stored(message.into())).but(|row| row.answers = answers)
    }

    /// This is in a row.
    pub fn content(mut self, content: RowContent) -> Self {
        let row = Row::new(RowKey(self.rows.len() as u64 + 1), content, self.at);
        self.rows.push(row);
        self.at += PAUSE_S;
        self
    }

    /// What was said last, but like this.
    pub fn but(mut self, change: impl FnOnce(&mut Row)) -> Self {
        if let Some(row) = self.rows.last_mut() {
            change(row);
        }
        self
    }

    /// Time passes.
    pub const fn later(mut self, seconds: u64) -> Self {
        self.at += seconds;
        self
    }

    /// The rows, grouped as the core groups them.
    pub fn rows(mut self) -> Vec<Row> {
        let said: Vec<(Option<Author>, u64)> = self.rows.iter().map(|row| (author(&row.content), row.at)).collect();
        let joins = |one: usize, other: usize| match (said.get(one), said.get(other)) {
            (Some((one, before)), Some((other, after))) => one == other && after.saturating_sub(*before) < GROUP_S,
            _ => false,
        };
        for (place, row) in self.rows.iter_mut().enumerate() {
            let before = place.checked_sub(1);
            row.previous_at = before.and_then(|before| said.get(before)).map(|(_, at)| *at);
            row.is_first_in_group = !before.is_some_and(|before| joins(before, place));
            row.is_last_in_group = !joins(place, place + 1);
        }
        self.rows
    }

    /// The open panel with it.
    pub fn view(self) -> View {
        self.thread(|_| {})
    }

    /// The same, where the thread is like this.
    pub fn thread(self, change: impl FnOnce(&mut Thread)) -> View {
        let mut thread = Thread { rows: self.rows().into(), ..Thread::default() };
        change(&mut thread);
        View { thread, ..open() }
    }

    /// A screen of it.
    pub fn screen(self, name: &'static str) -> Screen {
        Screen::new(name, self.view())
    }

    const fn next_id(&self) -> MessageId {
        MessageId(self.rows.len() as u64 + 101)
    }
}

/// The panel, open and empty.
pub fn open() -> View {
    View { panel: Panel { is_open: true, ..Panel::default() }, ..View::default() }
}

/// A talk that is there so that something else can be seen.
pub fn usual() -> Talk {
    Talk::began(900)
        .ida("Hello. I'd like to take the Saale on a tour along the Elbe in May.")
        .noor("Good choice.")
        .noor(
            "How tall are you, and how much luggage do you take? We can have a frame ready for a test ride on Thursday \
             or Friday, whichever suits you better.",
        )
        .ida("1,84 m")
        .ida("Two panniers and a tent. Thursday would be fine.")
}

fn author(content: &RowContent) -> Option<Author> {
    match content {
        RowContent::Stored(message) => Some(message.author.clone()),
        RowContent::Outgoing { .. } => Some(Author::Visitor),
    }
}
