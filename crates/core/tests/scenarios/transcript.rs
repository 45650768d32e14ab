//! Transcripts: loading the whole history and handing it to the page.

use natter_core::event::{ComposerEvent, ThreadEvent};
use natter_core::host::events::HostEvent;
use natter_core::view::ComposerProblem;
use natter_core::{Event, Outcome};
use serde_json::{Value, json};

use crate::client_harness::{ClientHarness, by_agent, created};

fn transcript(client: &ClientHarness) -> Option<Vec<String>> {
    client.host_events.iter().rev().find_map(|event| {
        let HostEvent::TranscriptReady { messages } = event else { return None };
        Some(messages.iter().map(|one| one.text.clone()).collect())
    })
}

fn page(ids: std::ops::RangeInclusive<u64>) -> Vec<Value> {
    ids.map(|id| by_agent(id, &format!("nr. {id}"))).collect()
}

#[test]
fn transcript_loads_the_whole_history_and_is_delivered_once() {
    let mut client = ClientHarness::returning(&page(101..=120));
    client.dispatch(Event::Thread(ThreadEvent::TranscriptRequested));
    assert_eq!(transcript(&client), None);
    client.answer("?before=101", 200, &json!(page(81..=100)));
    client.answer("?before=81", 200, &json!(page(75..=80)));
    let messages = transcript(&client).unwrap();
    assert_eq!((messages.len(), messages[0].as_str(), messages[45].as_str()), (46, "nr. 75", "nr. 120"));
    client.host_events.clear();
    client.receive(&created(&by_agent(130, "more"), None));
    assert_eq!(transcript(&client), None, "delivered once");
    client.dispatch(Event::Thread(ThreadEvent::TranscriptRequested));
    assert_eq!(transcript(&client).unwrap().len(), 47, "the whole history is loaded already");
}

#[test]
fn transcript_is_not_delivered_with_history_missing() {
    let mut client = ClientHarness::returning(&page(101..=120));
    client.dispatch(Event::Thread(ThreadEvent::TranscriptRequested));
    client.end("?before=101", Outcome::Unknown);
    client.wait(5_000);
    client.end("?before=101", Outcome::Unknown);
    assert_eq!(
        (transcript(&client), client.widget.view().composer.problem.clone()),
        (None, Some(ComposerProblem::TranscriptUnavailable))
    );
    client.dispatch(Event::Composer(ComposerEvent::DraftChanged { text: "never mind".to_owned() }));
    assert_eq!(client.widget.view().composer.problem, None);
}
