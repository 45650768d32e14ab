//! Attachments of outgoing messages: storing, uploading, matching with the server's messages, limits.

use natter_core::event::{ComposerEvent, ConnectionEvent, StorageEvent, ThreadEvent};
use std::sync::Arc;

use natter_core::chatwoot::{Body, Method};
use natter_core::conversation::timeline::Failure;
use natter_core::model::{EchoId, OutgoingFile};
use natter_core::view::{ComposerProblem, FILE_BYTES_MAX, FILES_MAX, Row, RowContent};
use natter_core::{Event, Outcome};
use serde_json::{Value, json};

use crate::client_harness::{ClientHarness, by_agent, by_visitor, created};

fn file(pick: u64, size: u64) -> OutgoingFile {
    OutgoingFile { pick, name: format!("plan-{pick}.pdf"), size, local: None }
}

/// Picks files of these sizes and submits them with this text; returns the message's echo_id.
fn send(client: &mut ClientHarness, sizes: &[u64], text: &str) -> EchoId {
    client.dispatch(Event::Composer(ComposerEvent::FilesPicked {
        files: sizes.iter().zip(1..).map(|(size, pick)| file(pick, *size)).collect(),
    }));
    client.submit(text);
    Arc::clone(&client.files_to_store.last().expect("files to keep").0)
}

fn with_files(mut message: Value, sizes: &[u64]) -> Value {
    let file = |size: &u64| json!({ "id": 45, "file_type": "file", "file_size": size });
    message["attachments"] = sizes.iter().map(file).collect();
    message
}

/// Text, failure and upload progress of the last row, if it is an outgoing message.
fn outgoing(client: &ClientHarness) -> Option<(&str, Option<&Failure>, u8)> {
    match &client.rows().last()?.content {
        RowContent::Outgoing { text, failure, progress, .. } => Some((text, failure.as_ref(), *progress)),
        RowContent::Stored(_) => None,
    }
}

#[test]
fn message_with_attachments_is_posted_once_its_files_are_stored() {
    let mut client = ClientHarness::returning(&[by_agent(8, "hi")]);
    let echo = send(&mut client, &[100, 200], "the plans");
    assert_eq!(client.files_to_store[0].1, [1, 2]);
    assert_eq!(outgoing(&client), Some(("the plans", None, 0)));
    assert!(client.pending(Method::Post, "/messages").is_none());
    assert!(client.storage.keys().all(|key| !key.starts_with("send/")), "no record before its files are stored");
    client.dispatch(Event::Storage(StorageEvent::FilesStored { message: echo.clone() }));
    let (_, request) = client.pending(Method::Post, "/messages").unwrap();
    let fields = vec![("content", "the plans".to_owned()), ("echo_id", echo.to_string())];
    assert_eq!(request.body, Body::Form(fields, echo.clone()));
    assert!(client.widget.view().composer.files.is_empty());
    client.answer("/messages", 200, &with_files(by_visitor(9, "the plans"), &[100, 200]));
    assert_eq!(
        (client.texts(), client.deleted_files.clone()),
        (vec!["hi".to_owned(), "the plans".to_owned()], vec![echo])
    );
    assert!(client.storage.keys().all(|key| !key.starts_with("send/")));
}

#[test]
fn attachments_of_this_page_stay_on_their_row_by_response_echo_or_guess() {
    for path in ["answer", "echo", "guess", "wrong guess"] {
        let mut client = ClientHarness::returning(&[by_agent(8, "hi")]);
        client.go_live();
        let echo = send(&mut client, &[100], "the plan");
        client.dispatch(Event::Storage(StorageEvent::FilesStored { message: echo.clone() }));
        let message = |id| with_files(by_visitor(id, "the plan"), &[100]);
        match path {
            "answer" => drop(client.answer("/messages", 200, &message(9))),
            "echo" => client.receive(&created(&message(9), Some(&echo))),
            // The frame has no echo_id, so the client guesses.
            "guess" => client.receive(&created(&message(9), None)),
            // The frame was another device's message, as the response shows: the guess was wrong.
            _ => {
                client.receive(&created(&message(9), None));
                drop(client.answer("/messages", 200, &message(10)));
            }
        }
        client.receive(&created(&with_files(by_visitor(11, "another"), &[100]), Some("elsewhere")));
        let picks = |row: &Row| row.files.iter().map(|file| file.pick).collect::<Vec<_>>();
        let picks: Vec<_> = client.rows().iter().map(picks).collect();
        let wanted: &[&[u64]] = if path == "wrong guess" { &[&[], &[], &[1], &[]] } else { &[&[], &[1], &[]] };
        assert_eq!(picks, wanted, "{path}");
    }
}

#[test]
fn attachments_are_sent_without_text() {
    let mut client = ClientHarness::returning(&[by_agent(8, "hi")]);
    let echo = send(&mut client, &[100], " ");
    client.dispatch(Event::Storage(StorageEvent::FilesStored { message: echo.clone() }));
    let (_, request) = client.pending(Method::Post, "/messages").unwrap();
    assert_eq!(request.body, Body::Form(vec![("echo_id", echo.to_string())], echo), "blank fields are left out");
}

#[test]
fn outbox_sends_text_during_an_upload_and_uploads_one_at_a_time() {
    let mut client = ClientHarness::returning(&[by_agent(8, "hi")]);
    let first = send(&mut client, &[100], "one");
    client.dispatch(Event::Storage(StorageEvent::FilesStored { message: first }));
    let second = send(&mut client, &[100], "two");
    client.dispatch(Event::Storage(StorageEvent::FilesStored { message: second }));
    client.submit("quick word");
    let posts = |client: &ClientHarness| {
        let is_post = |body: &Body| matches!(body, Body::Form(..));
        let posts: Vec<bool> = client.requests.iter().map(|(_, request)| is_post(&request.body)).collect();
        posts
    };
    assert_eq!(posts(&client), [true, false], "one upload and one text message are in flight");
    client.answer("/messages", 200, &with_files(by_visitor(9, "one"), &[100]));
    assert_eq!(posts(&client), [false, true]);
}

#[test]
fn echo_matching_of_an_upload_compares_attachment_sizes() {
    let mut client = ClientHarness::returning(&[by_agent(8, "hi")]);
    let echo = send(&mut client, &[100, 200], "plans");
    client.dispatch(Event::Storage(StorageEvent::FilesStored { message: echo }));
    client.end("/messages", Outcome::Unknown);
    let others = [
        by_agent(8, "hi"),
        by_visitor(9, "plans"),
        with_files(by_visitor(10, "plans"), &[100]),
        with_files(by_visitor(11, "plans"), &[100, 201]),
    ];
    client.answer("/messages", 200, &json!(others));
    assert_eq!(outgoing(&client), Some(("plans", None, 0)), "none of these matches");
    client.receive(&created(&with_files(by_visitor(12, "plans"), &[200, 100]), None));
    assert_eq!((outgoing(&client), client.rows().len(), client.deleted_files.len()), (None, 5, 1));
}

#[test]
fn echo_matching_tells_text_from_equal_text_with_attachments() {
    let mut client = ClientHarness::returning(&[by_agent(8, "hi")]);
    client.submit("plans");
    client.end("/messages", Outcome::Unknown);
    client.answer("/messages", 200, &json!([by_agent(8, "hi"), with_files(by_visitor(9, "plans"), &[100])]));
    assert_eq!(outgoing(&client), Some(("plans", None, 0)));
}

#[test]
fn upload_is_aborted_only_without_progress() {
    let mut client = ClientHarness::returning(&[by_agent(8, "hi")]);
    let echo = send(&mut client, &[30_000_000], "film");
    client.dispatch(Event::Storage(StorageEvent::FilesStored { message: echo }));
    let (id, _) = *client.pending(Method::Post, "/messages").unwrap();
    for percent in 1..=10 {
        client.wait(20_000);
        client.dispatch(Event::Connection(ConnectionEvent::UploadProgressed { request: id, percent: percent * 5 }));
    }
    assert_eq!(outgoing(&client), Some(("film", None, 50)));
    assert!(!client.aborted.contains(&id), "still uploading after 200 s");
    client.wait(31_000);
    assert!(client.aborted.contains(&id));
}

#[test]
fn upload_in_flight_at_a_reload_is_sent_again_after_reading_history() {
    let mut client = ClientHarness::returning(&[by_agent(8, "hi")]);
    let echo = send(&mut client, &[100], "plans");
    client.dispatch(Event::Storage(StorageEvent::FilesStored { message: echo.clone() }));
    assert!(client.pending(Method::Post, "/messages").is_some());
    let mut client = client.reload(11);
    client.answer("/messages", 200, &json!([by_agent(8, "hi")]));
    assert_eq!(outgoing(&client), Some(("plans", None, 0)));
    for _ in 0..20 {
        if client.pending(Method::Post, "/messages").is_some() {
            break;
        }
        client.wait(10_000);
        while client.pending(Method::Get, "/messages").is_some() {
            client.answer("/messages", 200, &json!([by_agent(8, "hi")]));
        }
    }
    let (_, request) = client.pending(Method::Post, "/messages").expect("posted again after the grace time");
    let Body::Form(_, message) = &request.body else { panic!("a form: {request:?}") };
    assert_eq!(*message, echo, "with the files stored under its echo_id");
}

#[test]
fn upload_with_missing_files_fails_and_stays_failed_after_a_reload() {
    let mut client = ClientHarness::returning(&[by_agent(8, "hi")]);
    let echo = send(&mut client, &[100], "plans");
    client.dispatch(Event::Storage(StorageEvent::FilesStored { message: echo }));
    client.end("/messages", Outcome::FilesMissing);
    assert_eq!(outgoing(&client), Some(("plans", Some(&Failure::FilesMissing), 0)));
    let mut client = client.reload(11);
    client.answer("/messages", 200, &json!([by_agent(8, "hi")]));
    assert_eq!(outgoing(&client), Some(("plans", Some(&Failure::FilesMissing), 0)), "the failure survives a reload");
}

#[test]
fn attachments_missing_before_they_are_stored_fail_at_once() {
    let mut client = ClientHarness::returning(&[by_agent(8, "hi")]);
    // While offline, too: no request is needed to know that the files are missing.
    client.dispatch(Event::Connection(ConnectionEvent::OnlineChanged { is_online: false }));
    let echo = send(&mut client, &[100, 200], "plans");
    client.dispatch(Event::Storage(StorageEvent::FilesMissing { message: echo }));
    assert_eq!(outgoing(&client), Some(("plans", Some(&Failure::FilesMissing), 0)));
    assert_eq!(client.widget.view().composer.problem, None, "no storage problem is shown");
    client.dispatch(Event::Connection(ConnectionEvent::OnlineChanged { is_online: true }));
    assert!(client.pending(Method::Post, "/messages").is_none());
    let next = send(&mut client, &[100], "others");
    client.dispatch(Event::Storage(StorageEvent::FilesStored { message: next }));
    assert!(client.pending(Method::Post, "/messages").is_some(), "the next message is sent");
    let client = client.reload(11);
    let texts = client.rows().iter().map(|row| row.content.text().to_owned()).collect::<Vec<_>>();
    assert!(texts.contains(&"plans".to_owned()), "the failure survives a reload: {texts:?}");
}

#[test]
fn cancelled_upload_returns_to_the_composer() {
    let mut client = ClientHarness::returning(&[by_agent(8, "hi")]);
    let echo = send(&mut client, &[100], "plans");
    client.dispatch(Event::Storage(StorageEvent::FilesStored { message: echo.clone() }));
    let (id, _) = *client.pending(Method::Post, "/messages").unwrap();
    let key = client.rows().last().unwrap().key;
    client.dispatch(Event::Thread(ThreadEvent::MessageDiscarded { row: key }));
    assert_eq!(
        (client.aborted.clone(), client.deleted_files.clone(), client.texts()),
        (vec![id], vec![echo.clone()], vec!["hi".to_owned()])
    );
    let composer = &client.widget.view().composer;
    assert_eq!((&*composer.injected_text.1, composer.files.as_slice()), ("plans", &[file(1, 100)][..]));
    client.receive(&created(&with_files(by_visitor(9, "plans"), &[100]), Some(&*echo)));
    assert_eq!(client.texts(), ["hi", "plans"], "the server had stored it all the same");
}

#[test]
fn attachment_size_and_count_limits_are_checked_before_sending() {
    let mut client = ClientHarness::returning(&[]);
    client.dispatch(Event::Composer(ComposerEvent::FilesPicked {
        files: vec![file(1, FILE_BYTES_MAX), file(2, FILE_BYTES_MAX + 1)],
    }));
    let composer = &client.widget.view().composer;
    assert_eq!(composer.problem, Some(ComposerProblem::FileTooLarge("plan-2.pdf".to_owned())));
    assert_eq!(composer.files.len(), 1);
    client.dispatch(Event::Composer(ComposerEvent::FilesPicked { files: (3..30).map(|pick| file(pick, 1)).collect() }));
    let composer = &client.widget.view().composer;
    assert_eq!((composer.files.len(), &composer.problem), (FILES_MAX, &Some(ComposerProblem::TooManyFiles)));
    client.dispatch(Event::Composer(ComposerEvent::FileRemoved { pick: 1 }));
    assert_eq!(client.widget.view().composer.files.len(), FILES_MAX - 1);
}
