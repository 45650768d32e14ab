//! Runs every order of a POST's response, its cable echo and a reconnect with history.

use natter_core::chatwoot::Method;
use natter_core::event::ConnectionEvent;
use natter_core::{Event, Outcome};
use serde_json::{Value, json};

use crate::client_harness::{ClientHarness, by_agent, by_visitor, created, json_body};

const TEXT: &str = "hello";

/// What happens to one outgoing message, as independent strands. The steps of a strand keep their order.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Step {
    /// The POST's response arrives, or its connection ends without one.
    Answer,
    /// The cable echo arrives on the live socket; it is lost when there is none.
    Echo,
    /// The socket closes.
    Close,
    /// The next socket's subscription is confirmed, and the client requests history.
    Live,
    /// The history page arrives.
    Page,
    /// The visitor reloads; requests and frames in flight are lost.
    Reload,
}

/// What is fixed for a run.
#[derive(Clone, Copy, Debug)]
struct Setup {
    /// Whether the server stored the message.
    is_stored: bool,
    /// How the POST ends.
    end: PostEnd,
    /// Whether the cable echo carries the echo_id.
    is_marked: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum PostEnd {
    /// With the stored message.
    Answered,
    /// Without a response.
    Lost,
    /// With Chatwoot's JSON for an internal server error.
    Fault,
}

#[test]
fn outbox_delivers_exactly_once_in_every_order_of_response_echo_and_reconnect() {
    let strands: [&[Step]; 3] = [&[Step::Answer], &[Step::Echo], &[Step::Close, Step::Live, Step::Page]];
    let mut runs = 0;
    for setup in setups() {
        for order in orders(&strands) {
            run(setup, &order);
            runs += 1;
        }
    }
    // 5! / 3! orders in 10 setups.
    assert_eq!(runs, 20 * 10);
}

#[test]
fn outbox_delivers_exactly_once_in_every_order_with_a_reload() {
    let strands: [&[Step]; 3] = [&[Step::Answer], &[Step::Echo], &[Step::Close, Step::Reload, Step::Live, Step::Page]];
    let mut runs = 0;
    for setup in setups() {
        for order in orders(&strands) {
            run(setup, &order);
            runs += 1;
        }
    }
    // 6! / 4! orders in 10 setups.
    assert_eq!(runs, 30 * 10);
}

fn setups() -> Vec<Setup> {
    let mut setups = Vec::new();
    for is_marked in [true, false] {
        setups.push(Setup { is_stored: true, end: PostEnd::Answered, is_marked });
        for end in [PostEnd::Lost, PostEnd::Fault] {
            setups.push(Setup { is_stored: true, end, is_marked });
            setups.push(Setup { is_stored: false, end, is_marked });
        }
    }
    setups
}

fn run(setup: Setup, order: &[Step]) {
    let label = format!("{setup:?} {order:?}");
    let before = by_agent(7, "hi");
    let mut client = ClientHarness::returning(std::slice::from_ref(&before));
    client.submit(TEXT);
    let mut key = client.row_keys(TEXT)[0];
    let post = client.pending(Method::Post, "/messages").expect("posted at once").1.clone();
    let echo = json_body(&post)["echo_id"].as_str().unwrap().to_owned();
    let mut stored: Vec<Value> = vec![before];
    if setup.is_stored {
        stored.push(by_visitor(8, TEXT));
    }

    for step in order {
        match step {
            Step::Answer if client.pending(Method::Post, "/messages").is_none() => {}
            Step::Answer => {
                let fault = json!({ "status": 500, "error": "Internal Server Error" });
                answer_post(
                    &mut client,
                    match setup.end {
                        PostEnd::Answered => Outcome::answered(200, by_visitor(8, TEXT).to_string(), None),
                        PostEnd::Lost => Outcome::Unknown,
                        PostEnd::Fault => Outcome::answered(500, fault.to_string(), None),
                    },
                );
            }
            Step::Echo if setup.is_stored && client.socket.is_some() => {
                client.receive(&created(&by_visitor(8, TEXT), setup.is_marked.then_some(&*echo)));
            }
            Step::Echo => {}
            Step::Close if client.socket.is_some() => client.close_socket(),
            Step::Close => {}
            Step::Live => client.go_live(),
            Step::Page => answer_history(&mut client, &stored),
            Step::Reload => {
                client = client.reload(99);
                if let [new] = client.row_keys(TEXT)[..] {
                    key = new;
                }
            }
        }
        if matches!(step, Step::Reload) && client.row_keys(TEXT).is_empty() {
            // The message was settled before the reload; history brings it back.
            answer_history(&mut client, &stored);
            key = client.row_keys(TEXT)[0];
        }
        assert_eq!(client.row_keys(TEXT), [key], "one row, one key: {label} at {step:?}");
    }

    // From here on every request is answered and the socket stays live.
    for _ in 0..400 {
        if client.socket.is_none() {
            client.go_live();
        }
        client.receive(&json!({ "type": "ping", "message": 1 }));
        if client.pending(Method::Post, "/messages").is_some() {
            let id = 8 + stored.len() as u64;
            stored.push(by_visitor(id, TEXT));
            let body = by_visitor(id, TEXT).to_string();
            answer_post(&mut client, Outcome::Answered { status: 200, body, retry_after_ms: None });
        }
        answer_history(&mut client, &stored);
        client.wait(500);
        assert_eq!(client.row_keys(TEXT), [key], "one row, one key, at the end too: {label}");
    }
    assert_eq!(stored.len(), 2, "the server has it once: {label}");
    assert!(client.is_stored(TEXT), "the row shows a stored message: {label}");
    assert!(!client.storage.keys().any(|key| key.starts_with("send/")), "the outbox is empty: {label}");
    assert!(client.requests.is_empty(), "no request is pending: {label}");
}

fn answer_history(client: &mut ClientHarness, stored: &[Value]) {
    while let Some((id, _)) = client.pending(Method::Get, "/messages").cloned() {
        client.requests.retain(|(other, _)| *other != id);
        let body = json!(stored).to_string();
        client.dispatch(Event::Connection(ConnectionEvent::RequestEnded {
            request: id,
            outcome: Outcome::Answered { status: 200, body, retry_after_ms: None },
        }));
    }
}

fn answer_post(client: &mut ClientHarness, outcome: Outcome) {
    let (id, _) = client.pending(Method::Post, "/messages").cloned().expect("a post");
    client.requests.retain(|(other, _)| *other != id);
    client.dispatch(Event::Connection(ConnectionEvent::RequestEnded { request: id, outcome }));
}

/// All interleavings of the strands.
fn orders(strands: &[&[Step]]) -> Vec<Vec<Step>> {
    if strands.iter().all(|strand| strand.is_empty()) {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for (at, strand) in strands.iter().enumerate() {
        let Some((first, rest)) = strand.split_first() else {
            continue;
        };
        let mut left = strands.to_vec();
        left[at] = rest;
        for mut order in orders(&left) {
            order.insert(0, *first);
            all.push(order);
        }
    }
    all
}
