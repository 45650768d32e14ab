//! What the visitor wants of the widget itself: a transcript, and to be forgotten.

use natter_core::chatwoot::Method;
use natter_core::event::{ComposerEvent, ThreadEvent, VisitorEvent};
use natter_core::host::events::HostEvent;
use natter_core::view::ComposerProblem;
use natter_core::{Event, Outcome, TranscriptFormat};
use serde_json::{Value, json};

use crate::bench::{Bench, agents, created, visitors};
use crate::tabs::two_tabs;

fn transcript(bench: &Bench) -> Option<(TranscriptFormat, Vec<String>)> {
    bench.told.iter().rev().find_map(|event| {
        let HostEvent::TranscriptReady { format, messages } = event else { return None };
        Some((*format, messages.iter().map(|one| one.text.clone()).collect()))
    })
}

fn page(ids: std::ops::RangeInclusive<u64>) -> Vec<Value> {
    ids.map(|id| agents(id, &format!("nr. {id}"))).collect()
}

#[test]
fn a_transcript_is_read_to_the_beginning_and_then_written_once() {
    let mut bench = Bench::returning(&page(101..=120));
    bench.event(Event::Thread(ThreadEvent::TranscriptRequested { format: TranscriptFormat::Json }));
    assert_eq!(transcript(&bench), None);
    bench.answer("?before=101", 200, &json!(page(81..=100)));
    bench.answer("?before=81", 200, &json!(page(75..=80)));
    let (format, said) = transcript(&bench).unwrap();
    assert_eq!(
        (format, said.len(), said[0].as_str(), said[45].as_str()),
        (TranscriptFormat::Json, 46, "nr. 75", "nr. 120")
    );
    bench.told.clear();
    bench.frame(&created(&agents(130, "more"), None));
    assert_eq!(transcript(&bench), None, "once");
    bench.event(Event::Thread(ThreadEvent::TranscriptRequested { format: TranscriptFormat::Text }));
    assert_eq!(transcript(&bench).unwrap().1.len(), 47, "all of it is here already");
}

#[test]
fn a_transcript_that_can_not_be_whole_is_not_written() {
    let mut bench = Bench::returning(&page(101..=120));
    bench.event(Event::Thread(ThreadEvent::TranscriptRequested { format: TranscriptFormat::Text }));
    bench.end("?before=101", Outcome::Unknown);
    bench.wait(5_000);
    bench.end("?before=101", Outcome::Unknown);
    assert_eq!(
        (transcript(&bench), bench.widget.view().composer.problem.clone()),
        (None, Some(ComposerProblem::TranscriptUnavailable))
    );
    bench.event(Event::Composer(ComposerEvent::DraftChanged { text: "never mind".to_owned() }));
    assert_eq!(bench.widget.view().composer.problem, None);
}

#[test]
fn who_wants_to_be_forgotten_is_nobody_here_from_then_on() {
    let mut bench = Bench::returning(&[visitors(1, "hello"), agents(2, "hi")]);
    bench.event(Event::Composer(ComposerEvent::DraftChanged { text: "half a".to_owned() }));
    bench.submit("and more");
    assert!(bench.widget.view().panel.settings.is_known);
    bench.event(Event::Visitor(VisitorEvent::ForgetRequested));
    assert_eq!(bench.kept_keys(), ["generation"]);
    assert_eq!((bench.texts(), bench.link), (vec![], None), "nothing is shown, no socket stays");
    assert_eq!(bench.calls, [], "nothing is on its way any more");
    assert!(!bench.widget.view().panel.settings.is_known && !bench.widget.view().panel.actions.can_list);
    bench.wait(200_000);
    assert!(bench.calls.is_empty() && bench.link.is_none(), "and nobody comes back by themselves");
    bench.submit("somebody new");
    assert!(bench.asked(Method::Post, "/contacts").is_some());
}

#[test]
fn any_tab_can_have_all_of_them_forget() {
    let mut house = two_tabs();
    let (leader, follower) = (0, 1);
    house.on(follower, |tab| tab.event(Event::Visitor(VisitorEvent::ForgetRequested)));
    assert_eq!(house.storage.keys().collect::<Vec<_>>(), ["generation"]);
    for tab in [leader, follower] {
        assert_eq!(house.tabs[tab].bench.texts(), Vec::<String>::new());
        assert!(!house.tabs[tab].bench.widget.view().panel.settings.is_known);
    }
    assert_eq!(house.tabs[leader].bench.link, None);
}
