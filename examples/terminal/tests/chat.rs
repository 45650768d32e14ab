//! The terminal chat against a real sandbox: a message is sent once, the answer is printed, and a killed process
//! continues where it was.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a step that fails has failed the test")]

#[path = "../../../crates/sandbox/tests/support/sandbox.rs"]
mod sandbox;

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use sandbox::Sandbox;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

struct Terminal {
    child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Terminal {
    fn start(sandbox: &Sandbox, records: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_natter-terminal"))
            .args([&sandbox.base_url, &sandbox.inbox_identifier])
            .arg(records)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Self { child, input, output: BufReader::new(output).lines() }
    }

    async fn write(&mut self, text: &str) {
        self.input.write_all(format!("{text}\n").as_bytes()).await.unwrap();
    }

    /// Waits for a line; the lines before it.
    async fn prints(&mut self, wanted: &str) -> Vec<String> {
        let mut before = Vec::new();
        let read = async {
            loop {
                let line = self.output.next_line().await.unwrap().unwrap_or_else(|| panic!("it ended: {before:?}"));
                if line == wanted {
                    return;
                }
                before.push(line);
            }
        };
        assert!(tokio::time::timeout(PATIENCE, read).await.is_ok(), "it never printed {wanted}: {before:?}");
        before
    }
}

async fn contents(sandbox: &Sandbox, conversation: i64) -> Vec<String> {
    let messages = sandbox.messages(conversation).await;
    messages.iter().map(|message| message["content"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn terminal_chat_sends_once_prints_answers_and_continues_after_a_kill() {
    let (sandbox, folder) = (Sandbox::start(None), tempfile::tempdir().unwrap());
    let records = folder.path().join("records.json");

    let mut terminal = Terminal::start(&sandbox, &records);
    terminal.write("Hello from a terminal").await;
    terminal.prints("You: Hello from a terminal").await;
    let conversations = sandbox.conversations().await;
    let conversation = conversations[0]["id"].as_i64().unwrap();
    sandbox.agent_replies(conversation, "Good morning").await;
    terminal.prints("Robin: Good morning").await;
    terminal.child.kill().await.unwrap();

    sandbox.agent_replies(conversation, "Are you there?").await;
    let mut terminal = Terminal::start(&sandbox, &records);
    let history = terminal.prints("Robin: Are you there?").await;
    assert_eq!(history, ["You: Hello from a terminal", "Robin: Good morning"]);
    terminal.write("Yes").await;
    terminal.prints("You: Yes").await;
    let all = ["Hello from a terminal", "Good morning", "Are you there?", "Yes"];
    assert_eq!(contents(&sandbox, conversation).await, all);
    assert_eq!(sandbox.conversations().await.len(), 1);

    // The input's end ends the program.
    drop(terminal.input);
    assert!(tokio::time::timeout(PATIENCE, terminal.child.wait()).await.unwrap().unwrap().success());
}

#[tokio::test]
async fn terminal_chat_sends_a_message_that_was_written_before_the_server_was_there() {
    let (mut sandbox, folder) = (Sandbox::start(None), tempfile::tempdir().unwrap());
    sandbox.kill();
    let mut terminal = Terminal::start(&sandbox, &folder.path().join("records.json"));
    terminal.write("Anybody there?").await;
    terminal.prints("(Unreachable)").await;
    sandbox.restart_on_same_port();
    terminal.prints("You: Anybody there?").await;
    let conversations = sandbox.conversations().await;
    assert_eq!(conversations.len(), 1);
    assert_eq!(contents(&sandbox, conversations[0]["id"].as_i64().unwrap()).await, ["Anybody there?"]);
}
