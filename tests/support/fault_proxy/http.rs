//! One connection of the browser: HTTP requests one after the other, or one that becomes a WebSocket.

use std::io::{Error, ErrorKind, Result};
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::{ErrorResponse, FaultSchedule, RequestOutcome, drop_bytes, socket};

/// More than the head of any request or response here.
const HEAD_BYTES_MAX: usize = 64 * 1024;

type Stream = BufReader<TcpStream>;

/// Serves a connection of the browser until it is closed.
pub async fn serve_connection(schedule: Arc<FaultSchedule>, browser: TcpStream) {
    let mut browser = BufReader::new(browser);
    let state = schedule.state();
    let mut server = None;
    let ended = tokio::select! {
        // Packets may be dropped already: that must be noticed before the first byte is read.
        biased;
        () = schedule.wait_for_loss(state, false) => None,
        ended = serve_requests(&schedule, &mut browser, &mut server) => Some(ended),
    };
    match ended {
        None => {
            // The connection to the server stays open as long as the browser's.
            tokio::select! {
                () = drop_bytes(&schedule, &mut browser) => {}
                () = async {
                    if let Some(server) = &mut server {
                        drop_bytes(&schedule, server).await;
                    }
                    std::future::pending::<()>().await;
                } => {}
            }
        }
        Some(Ok(Some(upgrade))) => socket::forward_frames(&schedule, browser, upgrade).await,
        // The connection was closed or has failed.
        Some(Ok(None) | Err(_)) => {}
    }
}

/// Serves requests until the connection is closed (`None`), or one becomes a WebSocket: then returns the connection to the
/// server.
async fn serve_requests(
    schedule: &FaultSchedule,
    browser: &mut Stream,
    server: &mut Option<Stream>,
) -> Result<Option<Stream>> {
    loop {
        let Some(request) = Request::read(browser).await? else { return Ok(None) };
        schedule.record_head(&request.head);
        if request.is_upgrade() {
            return upgrade(schedule, browser, &request).await;
        }
        let outcome = outcome(schedule, &request);
        if request.method() == "POST" && request.path().ends_with("/messages") {
            schedule.posts.send_modify(|posts| *posts += 1);
        }
        let mut response = Vec::new();
        if outcome.reaches_server() {
            response = forward(schedule, &request, server).await.unwrap_or_default();
            if response.is_empty() {
                schedule.record(RequestOutcome::Unanswered);
                return cut(browser);
            }
        }
        let answer = match outcome {
            RequestOutcome::Refused(error) | RequestOutcome::RefusedAfter(error) => error.answer(&request),
            RequestOutcome::CutBefore | RequestOutcome::CutAfter => {
                // Recorded after the server has answered, as tests that wait for it rely on that.
                schedule.record(outcome);
                return cut(browser);
            }
            RequestOutcome::ClosedBefore | RequestOutcome::ClosedAfter => {
                schedule.record(outcome);
                browser.shutdown().await?;
                return Ok(None);
            }
            RequestOutcome::CutWithin => {
                // With enough of the body for the browser to deliver the response's head.
                response.truncate(response.len() - response.len() / 8);
                browser.write_all(&response).await?;
                schedule.record(outcome);
                return Ok(None);
            }
            RequestOutcome::Passed | RequestOutcome::Upgraded | RequestOutcome::Denied | RequestOutcome::Unanswered => {
                response
            }
        };
        let is_kept = schedule.state().allows_keep_alive;
        browser.write_all(&with_connection(&answer, if is_kept { "keep-alive" } else { "close" })).await?;
        schedule.record(outcome);
        if !is_kept {
            browser.shutdown().await?;
            return Ok(None);
        }
    }
}

impl RequestOutcome {
    const fn reaches_server(self) -> bool {
        !matches!(self, Self::CutBefore | Self::ClosedBefore | Self::Refused(_))
    }
}

fn outcome(schedule: &FaultSchedule, request: &Request) -> RequestOutcome {
    let error = schedule.state().error_response;
    let is_refused = |error: &ErrorResponse| *error == ErrorResponse::BadGateway || request.method() != "OPTIONS";
    if let Some(error) = error.filter(is_refused) {
        return RequestOutcome::Refused(error);
    }
    schedule.take_planned(request.method(), request.path()).unwrap_or(RequestOutcome::Passed)
}

/// Forwards a request to the server on a connection of its own, and returns the whole response.
async fn forward(schedule: &FaultSchedule, request: &Request, server: &mut Option<Stream>) -> Result<Vec<u8>> {
    let server = server.insert(BufReader::new(schedule.connect_to_server().await?));
    server.write_all(&with_connection(&request.head, "close")).await?;
    server.write_all(&request.body).await?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).await?;
    Ok(answer)
}

async fn upgrade(schedule: &FaultSchedule, browser: &mut Stream, request: &Request) -> Result<Option<Stream>> {
    if schedule.state().refuses_sockets {
        schedule.record(RequestOutcome::Denied);
        let page = "<!doctype html><title>Welcome</title>";
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n";
        browser.write_all(format!("{head}Content-Length: {}\r\n\r\n{page}", page.len()).as_bytes()).await?;
        browser.shutdown().await?;
        return Ok(None);
    }
    let upgraded = async {
        let mut server = BufReader::new(schedule.connect_to_server().await?);
        server.write_all(&request.head).await?;
        let head = read_head(&mut server).await?.ok_or(ErrorKind::UnexpectedEof)?;
        Ok::<_, Error>((server, head))
    };
    let Ok((server, head)) = upgraded.await else {
        schedule.record(RequestOutcome::Unanswered);
        return cut(browser);
    };
    browser.write_all(&head).await?;
    if !head.starts_with(b"HTTP/1.1 101") {
        return Ok(None);
    }
    schedule.record(RequestOutcome::Upgraded);
    Ok(Some(server))
}

/// Resets a connection.
fn cut<T>(browser: &mut Stream) -> Result<Option<T>> {
    browser.get_ref().set_zero_linger()?;
    Ok(None)
}

struct Request {
    /// Request line and headers with the empty line after them.
    head: Vec<u8>,
    body: Vec<u8>,
}

impl Request {
    /// The next request, or `None` when the browser has closed the connection.
    async fn read(browser: &mut Stream) -> Result<Option<Self>> {
        let Some(head) = read_head(browser).await? else { return Ok(None) };
        let mut request = Self { head, body: Vec::new() };
        assert!(request.header("transfer-encoding").is_none(), "browsers send bodies with a Content-Length");
        let length = request.header("content-length").map_or(Ok(0), str::parse).map_err(Error::other)?;
        request.body.resize(length, 0);
        browser.read_exact(&mut request.body).await?;
        Ok(Some(request))
    }

    fn method(&self) -> &str {
        self.first_line().split(' ').next().unwrap_or_default()
    }

    fn path(&self) -> &str {
        self.first_line().split(' ').nth(1).unwrap_or_default()
    }

    fn is_upgrade(&self) -> bool {
        self.header("upgrade").is_some_and(|to| to.eq_ignore_ascii_case("websocket"))
    }

    fn first_line(&self) -> &str {
        self.lines().next().unwrap_or_default()
    }

    fn header(&self, wanted: &str) -> Option<&str> {
        let mut headers = self.lines().skip(1).filter_map(|line| line.split_once(':'));
        headers.find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.trim())
    }

    fn lines(&self) -> impl Iterator<Item = &str> {
        std::str::from_utf8(&self.head).expect("browsers write ASCII").split("\r\n")
    }
}

impl ErrorResponse {
    fn answer(self, request: &Request) -> Vec<u8> {
        let (status, has_cors, body) = match self {
            Self::TooMany => ("429 Too Many Requests", true, b"Retry later\n".to_vec()),
            Self::Unavailable => ("503 Service Unavailable", true, Vec::new()),
            Self::BadGateway => ("502 Bad Gateway", false, b"<html><title>502 Bad Gateway</title></html>".to_vec()),
            Self::InternalError => {
                let body = br#"{"status":500,"error":"Internal Server Error"}"#;
                ("500 Internal Server Error", true, body.to_vec())
            }
            Self::RedirectLoop => ("307 Temporary Redirect", true, Vec::new()),
            Self::TooLong => ("200 OK", true, [&b"["[..], &[b' '; 20_000_000], b"]"].concat()),
            Self::NotUtf8 => ("200 OK", true, vec![0xFF; 1_000]),
        };
        let cross_origin = if has_cors && request.header("origin").is_some() {
            "Access-Control-Allow-Origin: *\r\nAccess-Control-Expose-Headers: \r\n"
        } else {
            ""
        };
        let location =
            if self == Self::RedirectLoop { format!("Location: {}\r\n", request.path()) } else { String::new() };
        let length = body.len();
        let head = format!("HTTP/1.1 {status}\r\n{cross_origin}{location}Content-Length: {length}\r\n\r\n");
        [head.into_bytes(), body].concat()
    }
}

/// Reads up to the empty line, inclusively; `None` when the connection was closed before the first byte.
async fn read_head(from: &mut Stream) -> Result<Option<Vec<u8>>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if from.read_until(b'\n', &mut head).await? == 0 || head.len() > HEAD_BYTES_MAX {
            return if head.is_empty() { Ok(None) } else { Err(ErrorKind::UnexpectedEof.into()) };
        }
    }
    Ok(Some(head))
}

/// A request or response with this `Connection` header instead of its own.
fn with_connection(message: &[u8], connection: &str) -> Vec<u8> {
    let end = message.windows(4).position(|bytes| bytes == b"\r\n\r\n").map_or(message.len(), |at| at + 2);
    let (head, rest) = message.split_at(end);
    let mut changed = Vec::with_capacity(message.len() + 32);
    for (at, line) in head.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let is_connection = line.get(..11).is_some_and(|name| name.eq_ignore_ascii_case(b"connection:"));
        if !is_connection {
            changed.extend_from_slice(line);
        }
        if at == 0 {
            changed.extend_from_slice(format!("Connection: {connection}\r\n").as_bytes());
        }
    }
    changed.extend_from_slice(rest);
    changed
}
