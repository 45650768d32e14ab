//! A chat in the terminal: `natter-core` without a browser. It shows how little a platform has to do: perform effects,
//! report events, wait for the deadline, show the view.
//!
//!     cargo run -p natter-terminal -- http://127.0.0.1:3100 INBOX_IDENTIFIER [RECORDS.json]
//!
//! Each line typed is sent as a message; Ctrl-D ends the program. With a file for the records, the next run continues the
//! conversation.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a terminal chat prints")]

mod platform;

use std::collections::HashSet;
use std::path::PathBuf;
use std::process::ExitCode;

use natter_core::event::{ComposerEvent, PageEvent, PanelEvent};
use natter_core::host::settings::Settings;
use natter_core::model::Author;
use natter_core::view::{ConnectionState, RowContent, View};
use natter_core::{ChatClient, Event};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::sync::mpsc;

use platform::Platform;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [base_url, inbox, rest @ ..] = &arguments[..] else {
        eprintln!("Usage: natter-terminal BASE_URL INBOX_IDENTIFIER [RECORDS.json]");
        return ExitCode::FAILURE;
    };
    let settings = match Settings::new(base_url, inbox) {
        Ok(settings) => settings,
        Err(error) => {
            eprintln!("These settings can't be used: {error:?}.");
            return ExitCode::FAILURE;
        }
    };
    match chat(settings, rest.first().map(PathBuf::from)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("{sentence}");
            ExitCode::FAILURE
        }
    }
}

/// Runs until the input ends.
async fn chat(settings: Settings, records: Option<PathBuf>) -> Result<(), String> {
    let (report, mut reported) = mpsc::unbounded_channel();
    let mut platform = Platform::new(records, report)?;
    let mut client = ChatClient::new(settings, platform::seed()?, platform.now());
    let mut screen = Screen::default();
    let mut input = BufReader::new(tokio::io::stdin()).lines();
    for event in [
        Event::Started { stored: platform.records(), has_tab_sync: false },
        Event::Page(PageEvent::VisibilityChanged { is_visible: true }),
        Event::Panel(PanelEvent::Toggled { is_open: true }),
    ] {
        apply(&mut client, &mut platform, event);
    }
    loop {
        screen.show(client.view());
        let event = tokio::select! {
            Some(event) = reported.recv() => event,
            () = platform.wait_until(client.deadline()) => Event::Tick,
            line = input.next_line() => match line {
                Ok(Some(text)) => Event::Composer(ComposerEvent::Submitted { text }),
                Ok(None) => return Ok(()),
                Err(error) => return Err(format!("The input can't be read: {error}.")),
            },
        };
        apply(&mut client, &mut platform, event);
    }
}

/// One step: the client decides, the platform performs.
fn apply(client: &mut ChatClient, platform: &mut Platform, event: Event) {
    let update = client.update(platform.now(), event);
    for effect in update.effects {
        platform.perform(effect);
    }
}

/// What was printed so far. A terminal can't take a line back, so each message is printed once, when it is stored.
#[derive(Default)]
struct Screen {
    printed: HashSet<u64>,
    connection: ConnectionState,
    typing: Option<String>,
}

impl Screen {
    fn show(&mut self, view: &View) {
        for row in view.thread.rows.iter() {
            match &row.content {
                RowContent::Stored(message) if self.printed.insert(row.key.0) => {
                    let author = match &message.author {
                        Author::Visitor => "You",
                        Author::Agent(person) | Author::Bot(person) => &person.name,
                        Author::Inbox => &view.panel.name,
                    };
                    println!("{author}: {}", message.text);
                }
                RowContent::Outgoing { text, failure: Some(failure), .. } if self.printed.insert(row.key.0) => {
                    println!("(not sent: {text}: {failure:?})");
                }
                RowContent::Stored(_) | RowContent::Outgoing { .. } => {}
            }
        }
        let typing = view.thread.typing.as_ref().map(|person| person.name.clone());
        if let Some(name) = typing.as_ref().filter(|_| self.typing != typing) {
            println!("({name} is typing)");
        }
        self.typing = typing;
        if self.connection != view.panel.connection {
            self.connection = view.panel.connection;
            println!("({:?})", self.connection);
        }
    }
}
