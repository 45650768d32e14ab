//! The idle time-out of connections: slow ones that go on are not closed.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use reqwest::redirect::Policy;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::cable_client::{Cable, DEADLINE};
use crate::multipart::Multipart;
use crate::sandbox::{Reply, Sandbox};

/// Long enough for a busy machine to send the next byte within it, and far below `DEADLINE`.
const IDLE: Duration = Duration::from_secs(2);
/// Far above what the system buffers of a response that nobody reads.
const FILE_BYTES: usize = 40 << 20;

fn sandbox() -> Sandbox {
    let idle = IDLE.as_millis().to_string();
    Sandbox::start_with(&["--memory", "--no-limits", "--idle-timeout-ms", &idle])
}

/// A connection on which this has been sent.
async fn connect_and_send(sandbox: &Sandbox, sent: &str) -> TcpStream {
    let mut stream = TcpStream::connect(sandbox.base_url.trim_start_matches("http://")).await.unwrap();
    stream.write_all(sent.as_bytes()).await.unwrap();
    stream
}

fn request(sandbox: &Sandbox, method: &str, path: &str, more: &str) -> String {
    let inbox = &sandbox.inbox_identifier;
    format!("{method} /public/api/v1/inboxes/{inbox}{path} HTTP/1.1\r\nHost: x\r\n{more}\r\n")
}

/// Reads one response, and nothing after it.
async fn read_response(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    loop {
        answer.push(tokio::time::timeout(DEADLINE, stream.read_u8()).await.expect("an answer").unwrap());
        if answer.ends_with(b"\r\n\r\n") {
            break;
        }
    }
    let head = String::from_utf8(answer).unwrap().to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse().unwrap();
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.unwrap();
    head + &String::from_utf8(body).unwrap()
}

/// Reads until the connection ends or is reset, and counts the bytes.
async fn read_to_end(stream: &mut TcpStream) -> usize {
    let (mut count, mut bytes) = (0, vec![0; 64 * 1024]);
    loop {
        match tokio::time::timeout(DEADLINE, stream.read(&mut bytes))
            .await
            .expect("an end, or more, within the deadline")
        {
            Ok(0) | Err(_) => return count,
            Ok(read) => count += read,
        }
    }
}

/// Creates a conversation with a large attachment; returns the path of the file.
async fn upload_large_file(sandbox: &Sandbox) -> String {
    sandbox.contact(&json!({ "source_id": "s" })).await;
    assert_eq!(sandbox.conversation("s").await, 1);
    let film = Multipart::attachments(&[("a.mp4", "video/mp4", &vec![b'x'; FILE_BYTES])]);
    let http = reqwest::Client::builder().redirect(Policy::none()).build().unwrap();
    let request = http.post(sandbox.inbox_url("/contacts/s/conversations/1/messages"));
    let sent = Reply::of(film.on(request).send().await).await.ok();
    let lasting = sent["attachments"][0]["data_url"].as_str().unwrap();
    let file = Reply::of(http.get(lasting).send().await).await;
    file.headers["location"].to_str().unwrap().replacen(&sandbox.base_url, "", 1)
}

#[tokio::test]
async fn an_idle_connection_is_closed_wherever_its_client_stopped() {
    let sandbox = sandbox();
    let body = "Content-Type: application/json\r\nContent-Length: 100\r\n";
    let stopped = [
        ("before a request", String::new()),
        ("amid the first line", "GET /pub".into()),
        ("amid the headers", "GET / HTTP/1.1\r\nHost: x\r\nAccept: text".into()),
        ("before the body", request(&sandbox, "POST", "/contacts", body)),
        ("amid the body", request(&sandbox, "POST", "/contacts", body) + "{\"source_id\":"),
    ];
    let ends = stopped.into_iter().map(async |(place, sent)| {
        let mut stream = connect_and_send(&sandbox, &sent).await;
        let began = Instant::now();
        read_to_end(&mut stream).await;
        assert!(began.elapsed() > IDLE / 2, "{place}: ended at once");
    });
    join_all(ends).await;

    let mut kept = connect_and_send(&sandbox, &request(&sandbox, "GET", "", "")).await;
    assert!(read_response(&mut kept).await.starts_with("http/1.1 200"));
    assert_eq!(read_to_end(&mut kept).await, 0, "between two requests");
}

#[tokio::test]
async fn a_connection_is_closed_when_its_client_reads_nothing_of_a_response() {
    let sandbox = sandbox();
    let path = upload_large_file(&sandbox).await;
    let mut stalled = connect_and_send(&sandbox, &format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n")).await;
    stalled.peek(&mut [0]).await.unwrap();
    // The time-out passes twice, so at least once in full after the response began.
    for _ in 0..2 {
        read_to_end(&mut connect_and_send(&sandbox, "").await).await;
    }
    let read = read_to_end(&mut stalled).await;
    assert!(read < FILE_BYTES, "all {read} bytes were buffered");
}

#[tokio::test]
async fn slow_uploads_downloads_kept_connections_and_sockets_outlast_the_idle_timeout() {
    let sandbox = sandbox();
    let path = upload_large_file(&sandbox).await;
    let contact = sandbox.contact(&json!({ "source_id": "t" })).await;
    let id = sandbox.conversation("t").await;
    let mut cable = Cable::subscribed(&sandbox.cable_url(), contact["pubsub_token"].as_str().unwrap()).await;
    let messages = format!("/contacts/t/conversations/{id}/messages");
    let chunked = "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n";
    let mut upload =
        connect_and_send(&sandbox, &(request(&sandbox, "POST", &messages, chunked) + "c\r\n{\"content\":\"\r\n")).await;
    let mut download =
        connect_and_send(&sandbox, &format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")).await;
    let mut kept = connect_and_send(&sandbox, "").await;

    let (began, mut written, mut read, mut bytes) = (Instant::now(), 0, 0, vec![0; 64 * 1024]);
    while began.elapsed() < 3 * IDLE {
        kept.write_all(request(&sandbox, "GET", "", "").as_bytes()).await.unwrap();
        assert!(read_response(&mut kept).await.starts_with("http/1.1 200"));
        upload.write_all(b"1\r\nx\r\n").await.unwrap();
        written += 1;
        // So much of the file is read that three quarters of it take all the while.
        let due = FILE_BYTES as f64 * 0.75 * began.elapsed().as_secs_f64() / (3 * IDLE).as_secs_f64();
        while (read as f64) < due {
            let more =
                tokio::time::timeout(DEADLINE, download.read(&mut bytes)).await.expect("more of the file").unwrap();
            assert_ne!(more, 0, "the file ended after {read} bytes");
            read += more;
        }
    }
    upload.write_all(b"2\r\n\"}\r\n0\r\n\r\n").await.unwrap();
    let uploaded = read_response(&mut upload).await;
    let (head, body) = uploaded.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("http/1.1 200"), "{head}");
    let message: Value = serde_json::from_str(body).unwrap();
    assert_eq!(message["content"], "x".repeat(written));
    assert_eq!(cable.event("message.created").await["content"], "x".repeat(written));
    assert!(read + read_to_end(&mut download).await > FILE_BYTES, "with its head, the whole file");
}
