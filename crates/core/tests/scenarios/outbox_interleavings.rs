//! Every order in which a POST's answer, its cable echo and a reconnect with history can come in.

use natter_core::chatwoot::Method;
use natter_core::event::ConnectionEvent;
use natter_core::{Event, Outcome};
use serde_json::{Value, json};

use crate::client_harness::{Bench, agents, created, json_body, visitors};

const TEXT: &str = "hello";

/// What happens to one send, as independent strands; the steps of a strand keep their order.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Step {
    /// The POST's answer arrives (or its connection ends without one).
    Answer,
    /// The cable frame arrives, on the socket that is live then; lost when none is.
    Echo,
    /// The socket closes.
    Close,
    /// The next one is confirmed, and history asked for.
    Live,
    /// The page of history arrives.
    Page,
    /// The visitor reloads; whatever was under way is gone.
    Reload,
}

/// How the world is in a run.
#[derive(Clone, Copy, Debug)]
struct World {
    /// Whether the request reached the server.
    is_stored: bool,
    /// How it ends.
    end: End,
    /// Whether the frame carries our echo_id.
    is_marked: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum End {
    /// With the message.
    Answered,
    /// Without an answer.
    Lost,
    /// With Chatwoot's own word that it failed.
    Fault,
}

#[test]
fn outbox_delivers_exactly_once_in_every_order_of_response_echo_and_reconnect() {
    let strands: [&[Step]; 3] = [&[Step::Answer], &[Step::Echo], &[Step::Close, Step::Live, Step::Page]];
    let mut runs = 0;
    for world in worlds() {
        for order in orders(&strands) {
            run(world, &order);
            runs += 1;
        }
    }
    // 5! / 3! orders in 10 worlds.
    assert_eq!(runs, 20 * 10);
}

#[test]
fn outbox_delivers_exactly_once_in_every_order_with_a_reload() {
    let strands: [&[Step]; 3] = [&[Step::Answer], &[Step::Echo], &[Step::Close, Step::Reload, Step::Live, Step::Page]];
    let mut runs = 0;
    for world in worlds() {
        for order in orders(&strands) {
            run(world, &order);
            runs += 1;
        }
    }
    // 6! / 4! orders in 10 worlds.
    assert_eq!(runs, 30 * 10);
}

fn worlds() -> Vec<World> {
    let mut worlds = Vec::new();
    for is_marked in [true, false] {
        worlds.push(World { is_stored: true, end: End::Answered, is_marked });
        for end in [End::Lost, End::Fault] {
            worlds.push(World { is_stored: true, end, is_marked });
            worlds.push(World { is_stored: false, end, is_marked });
        }
    }
    worlds
}

fn run(world: World, order: &[Step]) {
    let story = format!("{world:?} {order:?}");
    let before = agents(7, "hi");
    let mut bench = Bench::returning(std::slice::from_ref(&before));
    bench.submit(TEXT);
    let mut key = bench.keys_of(TEXT)[0];
    let post = bench.asked(Method::Post, "/messages").expect("posted at once").1.clone();
    let echo = json_body(&post)["echo_id"].as_str().unwrap().to_owned();
    let mut stored: Vec<Value> = vec![before];
    if world.is_stored {
        stored.push(visitors(8, TEXT));
    }

    for step in order {
        match step {
            Step::Answer if bench.asked(Method::Post, "/messages").is_none() => {}
            Step::Answer => {
                let fault = json!({ "status": 500, "error": "Internal Server Error" });
                answer_post(
                    &mut bench,
                    match world.end {
                        End::Answered => Outcome::answered(200, visitors(8, TEXT).to_string(), None),
                        End::Lost => Outcome::Unknown,
                        End::Fault => Outcome::answered(500, fault.to_string(), None),
                    },
                );
            }
            Step::Echo if world.is_stored && bench.link.is_some() => {
                bench.frame(&created(&visitors(8, TEXT), world.is_marked.then_some(&*echo)));
            }
            Step::Echo => {}
            Step::Close if bench.link.is_some() => bench.close_socket(),
            Step::Close => {}
            Step::Live => bench.go_live(),
            Step::Page => answer_history(&mut bench, &stored),
            Step::Reload => {
                bench = bench.reload(99);
                if let [new] = bench.keys_of(TEXT)[..] {
                    key = new;
                }
            }
        }
        if matches!(step, Step::Reload) && bench.keys_of(TEXT).is_empty() {
            // It was settled before the reload; history will bring it back.
            answer_history(&mut bench, &stored);
            key = bench.keys_of(TEXT)[0];
        }
        assert_eq!(bench.keys_of(TEXT), [key], "one row, one key: {story} at {step:?}");
    }

    // From here on the world is kind: every request is answered.
    for _ in 0..400 {
        if bench.link.is_none() {
            bench.go_live();
        }
        bench.frame(&json!({ "type": "ping", "message": 1 }));
        if bench.asked(Method::Post, "/messages").is_some() {
            let id = 8 + stored.len() as u64;
            stored.push(visitors(id, TEXT));
            let body = visitors(id, TEXT).to_string();
            answer_post(&mut bench, Outcome::Answered { status: 200, body, retry_after_ms: None });
        }
        answer_history(&mut bench, &stored);
        bench.wait(500);
        assert_eq!(bench.keys_of(TEXT), [key], "one row, one key, in the end too: {story}");
    }
    assert_eq!(stored.len(), 2, "the server has it once: {story}");
    assert!(bench.is_said(TEXT), "it is known to be said: {story}");
    assert!(!bench.storage.keys().any(|key| key.starts_with("send/")), "nothing is left to send: {story}");
    assert!(bench.calls.is_empty(), "all is quiet: {story}");
}

fn answer_history(bench: &mut Bench, stored: &[Value]) {
    while let Some((id, _)) = bench.asked(Method::Get, "/messages").cloned() {
        bench.calls.retain(|(other, _)| *other != id);
        let body = json!(stored).to_string();
        bench.event(Event::Connection(ConnectionEvent::RequestEnded {
            request: id,
            outcome: Outcome::Answered { status: 200, body, retry_after_ms: None },
        }));
    }
}

fn answer_post(bench: &mut Bench, outcome: Outcome) {
    let (id, _) = bench.asked(Method::Post, "/messages").cloned().expect("a post");
    bench.calls.retain(|(other, _)| *other != id);
    bench.event(Event::Connection(ConnectionEvent::RequestEnded { request: id, outcome }));
}

/// All ways to weave the strands into one.
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
