//! Files that go with what the visitor sends.

use natter_core::event::{ComposerEvent, ConnectionEvent, StorageEvent, ThreadEvent};
use std::sync::Arc;

use natter_core::chatwoot::{Body, Method};
use natter_core::conversation::timeline::Failure;
use natter_core::model::{EchoId, OutgoingFile};
use natter_core::view::{ComposerProblem, FILE_BYTES_MAX, FILES_MAX, Row, RowContent};
use natter_core::{Event, Outcome};
use serde_json::{Value, json};

use crate::client_harness::{Bench, agents, created, visitors};

fn file(pick: u64, size: u64) -> OutgoingFile {
    OutgoingFile { pick, name: format!("plan-{pick}.pdf"), size, local: None }
}

/// Picks files of these sizes and sends them with this text; gives back the send's echo_id.
fn send(bench: &mut Bench, sizes: &[u64], text: &str) -> EchoId {
    bench.event(Event::Composer(ComposerEvent::FilesPicked {
        files: sizes.iter().zip(1..).map(|(size, pick)| file(pick, *size)).collect(),
    }));
    bench.submit(text);
    Arc::clone(&bench.gathering.last().expect("files to keep").0)
}

fn with_files(mut message: Value, sizes: &[u64]) -> Value {
    let file = |size: &u64| json!({ "id": 45, "file_type": "file", "file_size": size });
    message["attachments"] = sizes.iter().map(file).collect();
    message
}

/// What the newest row is that waits, if one does.
fn waiting(bench: &Bench) -> Option<(&str, Option<&Failure>, u8)> {
    match &bench.rows().last()?.content {
        RowContent::Outgoing { text, failure, progress, .. } => Some((text, failure.as_ref(), *progress)),
        RowContent::Stored(_) => None,
    }
}

#[test]
fn message_with_attachments_is_posted_once_its_files_are_stored() {
    let mut bench = Bench::returning(&[agents(8, "hi")]);
    let echo = send(&mut bench, &[100, 200], "the plans");
    assert_eq!(bench.gathering[0].1, [1, 2]);
    assert_eq!(waiting(&bench), Some(("the plans", None, 0)));
    assert!(bench.asked(Method::Post, "/messages").is_none());
    assert!(bench.storage.keys().all(|key| !key.starts_with("send/")), "what is not kept yet could be sent by nobody");
    bench.event(Event::Storage(StorageEvent::FilesStored { message: echo.clone() }));
    let (_, request) = bench.asked(Method::Post, "/messages").unwrap();
    let fields = vec![("content", "the plans".to_owned()), ("echo_id", echo.to_string())];
    assert_eq!(request.body, Body::Form(fields, echo.clone()));
    assert!(bench.widget.view().composer.files.is_empty());
    bench.answer("/messages", 200, &with_files(visitors(9, "the plans"), &[100, 200]));
    assert_eq!((bench.texts(), bench.scattered.clone()), (vec!["hi".to_owned(), "the plans".to_owned()], vec![echo]));
    assert!(bench.storage.keys().all(|key| !key.starts_with("send/")));
}

#[test]
fn attachments_of_this_page_stay_on_their_row_by_response_echo_or_guess() {
    for road in ["answer", "echo", "guess", "wrong guess"] {
        let mut bench = Bench::returning(&[agents(8, "hi")]);
        bench.go_live();
        let echo = send(&mut bench, &[100], "the plan");
        bench.event(Event::Storage(StorageEvent::FilesStored { message: echo.clone() }));
        let message = |id| with_files(visitors(id, "the plan"), &[100]);
        match road {
            "answer" => drop(bench.answer("/messages", 200, &message(9))),
            "echo" => bench.frame(&created(&message(9), Some(&echo))),
            // From a server that echoes nothing.
            "guess" => bench.frame(&created(&message(9), None)),
            // Another device's, as the answer shows.
            _ => {
                bench.frame(&created(&message(9), None));
                drop(bench.answer("/messages", 200, &message(10)));
            }
        }
        bench.frame(&created(&with_files(visitors(11, "another"), &[100]), Some("elsewhere")));
        let picks = |row: &Row| row.files.iter().map(|file| file.pick).collect::<Vec<_>>();
        let picks: Vec<_> = bench.rows().iter().map(picks).collect();
        let wanted: &[&[u64]] = if road == "wrong guess" { &[&[], &[], &[1], &[]] } else { &[&[], &[1], &[]] };
        assert_eq!(picks, wanted, "{road}");
    }
}

#[test]
fn attachments_are_sent_without_text() {
    let mut bench = Bench::returning(&[agents(8, "hi")]);
    let echo = send(&mut bench, &[100], "  ");
    bench.event(Event::Storage(StorageEvent::FilesStored { message: echo.clone() }));
    let (_, request) = bench.asked(Method::Post, "/messages").unwrap();
    assert_eq!(request.body, Body::Form(vec![("echo_id", echo.to_string())], echo), "blank fields are left out");
}

#[test]
fn outbox_sends_text_during_an_upload_and_uploads_one_at_a_time() {
    let mut bench = Bench::returning(&[agents(8, "hi")]);
    let first = send(&mut bench, &[100], "one");
    bench.event(Event::Storage(StorageEvent::FilesStored { message: first }));
    let second = send(&mut bench, &[100], "two");
    bench.event(Event::Storage(StorageEvent::FilesStored { message: second }));
    bench.submit("quick word");
    let posts = |bench: &Bench| {
        let is_post = |body: &Body| matches!(body, Body::Form(..));
        let posts: Vec<bool> = bench.calls.iter().map(|(_, request)| is_post(&request.body)).collect();
        posts
    };
    assert_eq!(posts(&bench), [true, false], "one upload and one word are under way");
    bench.answer("/messages", 200, &with_files(visitors(9, "one"), &[100]));
    assert_eq!(posts(&bench), [false, true]);
}

#[test]
fn echo_matching_of_an_upload_compares_attachment_sizes() {
    let mut bench = Bench::returning(&[agents(8, "hi")]);
    let echo = send(&mut bench, &[100, 200], "plans");
    bench.event(Event::Storage(StorageEvent::FilesStored { message: echo }));
    bench.end("/messages", Outcome::Unknown);
    let others = [
        agents(8, "hi"),
        visitors(9, "plans"),
        with_files(visitors(10, "plans"), &[100]),
        with_files(visitors(11, "plans"), &[100, 201]),
    ];
    bench.answer("/messages", 200, &json!(others));
    assert_eq!(waiting(&bench), Some(("plans", None, 0)), "none of these is it");
    bench.frame(&created(&with_files(visitors(12, "plans"), &[200, 100]), None));
    assert_eq!((waiting(&bench), bench.rows().len(), bench.scattered.len()), (None, 5, 1));
}

#[test]
fn echo_matching_tells_text_from_equal_text_with_attachments() {
    let mut bench = Bench::returning(&[agents(8, "hi")]);
    bench.submit("plans");
    bench.end("/messages", Outcome::Unknown);
    bench.answer("/messages", 200, &json!([agents(8, "hi"), with_files(visitors(9, "plans"), &[100])]));
    assert_eq!(waiting(&bench), Some(("plans", None, 0)));
}

#[test]
fn upload_is_aborted_only_without_progress() {
    let mut bench = Bench::returning(&[agents(8, "hi")]);
    let echo = send(&mut bench, &[30_000_000], "film");
    bench.event(Event::Storage(StorageEvent::FilesStored { message: echo }));
    let (id, _) = *bench.asked(Method::Post, "/messages").unwrap();
    for percent in 1..=10 {
        bench.wait(20_000);
        bench.event(Event::Connection(ConnectionEvent::UploadProgressed { request: id, percent: percent * 5 }));
    }
    assert_eq!(waiting(&bench), Some(("film", None, 50)));
    assert!(!bench.aborted.contains(&id), "200 s and still on its way");
    bench.wait(31_000);
    assert!(bench.aborted.contains(&id));
}

#[test]
fn upload_in_flight_at_a_reload_is_sent_again_after_reading_history() {
    let mut bench = Bench::returning(&[agents(8, "hi")]);
    let echo = send(&mut bench, &[100], "plans");
    bench.event(Event::Storage(StorageEvent::FilesStored { message: echo.clone() }));
    assert!(bench.asked(Method::Post, "/messages").is_some());
    let mut bench = bench.reload(11);
    bench.answer("/messages", 200, &json!([agents(8, "hi")]));
    assert_eq!(waiting(&bench), Some(("plans", None, 0)));
    for _ in 0..20 {
        if bench.asked(Method::Post, "/messages").is_some() {
            break;
        }
        bench.wait(10_000);
        while bench.asked(Method::Get, "/messages").is_some() {
            bench.answer("/messages", 200, &json!([agents(8, "hi")]));
        }
    }
    let (_, request) = bench.asked(Method::Post, "/messages").expect("it was not there after the grace time");
    let Body::Form(_, kept) = &request.body else { panic!("a form: {request:?}") };
    assert_eq!(*kept, echo, "from the files kept under its name");
}

#[test]
fn upload_with_missing_files_fails_and_stays_failed_after_a_reload() {
    let mut bench = Bench::returning(&[agents(8, "hi")]);
    let echo = send(&mut bench, &[100], "plans");
    bench.event(Event::Storage(StorageEvent::FilesStored { message: echo }));
    bench.end("/messages", Outcome::FilesMissing);
    assert_eq!(waiting(&bench), Some(("plans", Some(&Failure::FilesMissing), 0)));
    let mut bench = bench.reload(11);
    bench.answer("/messages", 200, &json!([agents(8, "hi")]));
    assert_eq!(waiting(&bench), Some(("plans", Some(&Failure::FilesMissing), 0)), "a reload knows it, too");
}

#[test]
fn attachments_missing_before_they_are_stored_fail_at_once() {
    let mut bench = Bench::returning(&[agents(8, "hi")]);
    // Offline, too: there is nothing to wait for.
    bench.event(Event::Connection(ConnectionEvent::OnlineChanged { is_online: false }));
    let echo = send(&mut bench, &[100, 200], "plans");
    bench.event(Event::Storage(StorageEvent::FilesMissing { message: echo }));
    assert_eq!(waiting(&bench), Some(("plans", Some(&Failure::FilesMissing), 0)));
    assert_eq!(bench.widget.view().composer.problem, None, "the device is not to blame");
    bench.event(Event::Connection(ConnectionEvent::OnlineChanged { is_online: true }));
    assert!(bench.asked(Method::Post, "/messages").is_none());
    let next = send(&mut bench, &[100], "others");
    bench.event(Event::Storage(StorageEvent::FilesStored { message: next }));
    assert!(bench.asked(Method::Post, "/messages").is_some(), "what comes after is sent");
    let bench = bench.reload(11);
    let texts = bench.rows().iter().map(|row| row.content.text().to_owned()).collect::<Vec<_>>();
    assert!(texts.contains(&"plans".to_owned()), "a reload knows it, too: {texts:?}");
}

#[test]
fn cancelled_upload_returns_to_the_composer() {
    let mut bench = Bench::returning(&[agents(8, "hi")]);
    let echo = send(&mut bench, &[100], "plans");
    bench.event(Event::Storage(StorageEvent::FilesStored { message: echo.clone() }));
    let (id, _) = *bench.asked(Method::Post, "/messages").unwrap();
    let key = bench.rows().last().unwrap().key;
    bench.event(Event::Thread(ThreadEvent::MessageDiscarded { row: key }));
    assert_eq!(
        (bench.aborted.clone(), bench.scattered.clone(), bench.texts()),
        (vec![id], vec![echo.clone()], vec!["hi".to_owned()])
    );
    let composer = &bench.widget.view().composer;
    assert_eq!((&*composer.injected_text.1, composer.files.as_slice()), ("plans", &[file(1, 100)][..]));
    bench.frame(&created(&with_files(visitors(9, "plans"), &[100]), Some(&*echo)));
    assert_eq!(bench.texts(), ["hi", "plans"], "the server had it all the same");
}

#[test]
fn attachment_size_and_count_limits_are_checked_before_sending() {
    let mut bench = Bench::returning(&[]);
    bench.event(Event::Composer(ComposerEvent::FilesPicked {
        files: vec![file(1, FILE_BYTES_MAX), file(2, FILE_BYTES_MAX + 1)],
    }));
    let composer = &bench.widget.view().composer;
    assert_eq!(composer.problem, Some(ComposerProblem::FileTooLarge("plan-2.pdf".to_owned())));
    assert_eq!(composer.files.len(), 1);
    bench.event(Event::Composer(ComposerEvent::FilesPicked { files: (3..30).map(|pick| file(pick, 1)).collect() }));
    let composer = &bench.widget.view().composer;
    assert_eq!((composer.files.len(), &composer.problem), (FILES_MAX, &Some(ComposerProblem::TooManyFiles)));
    bench.event(Event::Composer(ComposerEvent::FileRemoved { pick: 1 }));
    assert_eq!(bench.widget.view().composer.files.len(), FILES_MAX - 1);
}
