//! Limits: requests and messages a minute, sizes of bodies, sockets that don't read.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::cable_client::{Cable, DEADLINE};
use crate::sandbox::{Reply, Sandbox};

#[tokio::test]
async fn the_flood_limit_refuses_the_201st_message_of_a_minute() {
    let sandbox = Sandbox::start(None);
    sandbox.contact(&json!({ "source_id": "s" })).await;
    let id = sandbox.conversation("s").await;
    for number in 0..200 {
        sandbox.say("s", id, &number.to_string()).await.ok();
    }
    let refused = sandbox.say("s", id, "one more").await;
    assert_eq!(
        (refused.status, refused.json()),
        (422, json!({ "message": "Too many messages", "attributes": ["base"] }))
    );
    let path = format!("/conversations/{id}/messages");
    let refused = sandbox.as_agent("POST", &path, &json!({ "content": "agent too" })).await;
    assert_eq!((refused.status, refused.json()), (422, json!({ "error": "Validation failed: Too many messages" })));
}

#[tokio::test]
async fn the_rate_limit_is_three_thousand_requests_a_minute_and_address() {
    let sandbox = Sandbox::start(None);
    let http = reqwest::Client::new();
    let url = sandbox.inbox_url("");
    let from = async |address: &str, method: &str| {
        let request = http.request(method.parse().unwrap(), &url).header("Origin", "http://x");
        let request = request.header("X-Forwarded-For", address).header("Access-Control-Request-Method", "GET");
        Reply::of(request.send().await).await
    };
    let minute = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() / 60;
    // The sandbox counts by the same clock: what was not all asked within one minute is asked again in the next.
    for _ in 0..3 {
        let (mut began, mut refused) = (minute(), from("203.0.113.7", "GET").await);
        for _ in 0..6002 {
            if refused.status == 429 {
                break;
            }
            (began, refused) = (minute(), from("203.0.113.7", "GET").await);
        }
        let other = from("203.0.113.8", "GET").await;
        let preflight = from("203.0.113.7", "OPTIONS").await;
        let cable = http.get(format!("{}/cable", sandbox.base_url)).header("X-Forwarded-For", "203.0.113.7").send();
        let cable = Reply::of(cable.await).await;
        if minute() != began {
            continue;
        }
        assert_eq!((refused.status, refused.text.as_str()), (429, "Retry later\n"));
        assert_eq!(refused.headers["content-type"], "text/plain");
        assert_eq!(refused.headers["access-control-allow-origin"], "*", "so that a page can see it");
        assert!(!refused.headers.contains_key("retry-after"), "the real one has none");
        assert_eq!(other.status, 200, "another address");
        assert_eq!(preflight.status, 200, "preflights are not counted");
        assert_eq!(cable.status, 429);
        return;
    }
    panic!("three times the minute ended amid a few requests");
}

#[tokio::test]
async fn a_body_above_the_size_limit_is_refused_while_it_streams() {
    let sandbox = Sandbox::start(None);
    sandbox.contact(&json!({ "source_id": "s" })).await;
    let id = sandbox.conversation("s").await;
    let path = format!("/public/api/v1/inboxes/{}/contacts/s/conversations/{id}/messages", sandbox.inbox_identifier);
    let address = sandbox.base_url.trim_start_matches("http://").to_owned();

    let mut declared = TcpStream::connect(&address).await.unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 999999999\r\n\r\n"
    );
    declared.write_all(head.as_bytes()).await.unwrap();
    assert!(first_line(&mut declared).await.contains("413"), "what is declared too large is not waited for");

    let mut endless = TcpStream::connect(&address).await.unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    );
    endless.write_all(head.as_bytes()).await.unwrap();
    let chunk = [b"10000\r\n".as_slice(), &[b' '; 0x10000], b"\r\n"].concat();
    let mut taken = 0_usize;
    // 64 MiB is far above the limit and the sockets' buffers: a body that is not refused fills it.
    while taken < 64 << 20 && endless.write_all(&chunk).await.is_ok() {
        taken += 0x10000;
    }
    assert!(taken < 64 << 20, "{taken} bytes were taken");

    let shown = sandbox.get(&sandbox.inbox_url(&format!("/contacts/s/conversations/{id}"))).await.ok();
    assert_eq!(shown["messages"], json!([]), "nothing changed");
}

async fn first_line(stream: &mut TcpStream) -> String {
    let mut bytes = [0; 64];
    let count = tokio::time::timeout(DEADLINE, stream.read(&mut bytes)).await.unwrap().unwrap();
    String::from_utf8_lossy(&bytes[..count]).into_owned()
}

#[tokio::test]
async fn a_socket_that_does_not_read_is_closed() {
    let sandbox = Sandbox::start_with(&["--memory", "--no-limits"]);
    let contact = sandbox.contact(&json!({ "source_id": "s" })).await;
    let id = sandbox.conversation("s").await;
    let token = contact["pubsub_token"].as_str().unwrap();
    let mut stalled = Cable::subscribed(&sandbox.cable_url(), token).await;
    let mut reading = Cable::subscribed(&sandbox.cable_url(), token).await;
    // Far more than the kernel's buffers and the socket's queue take.
    let long = "x".repeat(100_000);
    let count = 400;
    for _ in 0..count {
        sandbox.agent_replies(id, &long).await;
        reading.event("message.created").await;
    }
    let mut received = 0;
    while let Some(frame) = stalled.next().await {
        received += usize::from(frame["message"]["event"] == "message.created");
    }
    assert!(received < count, "all {received} frames were buffered");
}

#[tokio::test]
async fn malformed_bodies_are_answered_and_never_end_a_connection() {
    let sandbox = Sandbox::start_with(&["--memory", "--no-limits"]);
    sandbox.contact(&json!({ "source_id": "s" })).await;
    let id = sandbox.conversation("s").await;
    sandbox.say("s", id, "hello").await.ok();
    let client = [
        "/contacts".to_owned(),
        "/contacts/s/conversations".into(),
        format!("/contacts/s/conversations/{id}/messages"),
        format!("/contacts/s/conversations/{id}/toggle_typing"),
        format!("/contacts/s/conversations/{id}/update_last_seen"),
    ];
    let agent = ["messages", "toggle_typing_status", "labels", "custom_attributes", "assignments", "update_last_seen"];
    let odd = [
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(1.5),
        json!(9_007_199_254_740_993_i64),
        json!(""),
        json!("\u{10ffff}"),
        json!([]),
        json!({}),
        json!([[[]]]),
        json!({ "a": { "b": [] } }),
        json!("a".repeat(300)),
    ];
    let fields = [
        "name",
        "email",
        "phone_number",
        "identifier",
        "custom_attributes",
        "content",
        "echo_id",
        "typing_status",
        "labels",
        "assignee_id",
        "content_attributes",
        "private",
        "avatar_url",
        "template_params",
        "campaign_id",
        "source_id_2",
    ];
    let http = reqwest::Client::new();
    for value in &odd {
        for field in fields {
            let body = json!({ field: value });
            for path in &client {
                let reply = sandbox.post(&sandbox.inbox_url(path), &body).await;
                assert!(matches!(reply.status, 200 | 422 | 500), "{path} {body} {}", reply.status);
            }
            for word in agent {
                let reply = sandbox.as_agent("POST", &format!("/conversations/{id}/{word}"), &body).await;
                assert!(matches!(reply.status, 200 | 422 | 500), "{word} {body} {}", reply.status);
            }
        }
    }
    // The strangest texts as bodies, under every type.
    for kind in [
        "application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "multipart/form-data; boundary=x",
    ] {
        for text in
            ["", "{", "[", "\u{0}", "a[b", "a[][][]=1", "%", "%zz=%zz", "--x\r\n\r\n--x--", "&&&===", "a[b][c]=1&a=2"]
        {
            let request = http.post(sandbox.inbox_url("/contacts")).header("Content-Type", kind).body(text);
            let reply = Reply::of(request.send().await).await;
            assert!(matches!(reply.status, 200 | 400 | 422 | 500), "{kind} {text:?} {}", reply.status);
        }
    }
    sandbox.say("s", id, "still here").await.ok();
}
