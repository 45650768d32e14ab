//! One connection of the browser's: requests, one after the other, or the one that becomes a socket.

use std::io::{Error, ErrorKind, Result};
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::{Fate, Refusal, Weather, socket, swallow};

/// Far above what a browser or the sandbox writes before a body.
const HEAD_BYTES_MAX: usize = 64 * 1024;

type Stream = BufReader<TcpStream>;

/// Serves a browser's connection to its end.
pub async fn converse(weather: Arc<Weather>, browser: TcpStream) {
    let mut browser = BufReader::new(browser);
    let conditions = weather.conditions();
    let mut server = None;
    let ended = tokio::select! {
        // A hole that is there already must be seen before the first byte is.
        biased;
        () = weather.loses(conditions, false) => None,
        ended = requests(&weather, &mut browser, &mut server) => Some(ended),
    };
    match ended {
        None => {
            // The server's side stays open as well, for as long as the browser's does.
            tokio::select! {
                () = swallow(&weather, &mut browser) => {}
                () = async {
                    if let Some(server) = &mut server {
                        swallow(&weather, server).await;
                    }
                    std::future::pending::<()>().await;
                } => {}
            }
        }
        Some(Ok(Some(upgrade))) => socket::pump(&weather, browser, upgrade).await,
        // A connection that has failed is cut: the browser gets no more of it.
        Some(Ok(None) | Err(_)) => {}
    }
}

/// Handles requests until the connection's end, or until one becomes a socket: gives back the server's side of it.
async fn requests(weather: &Weather, browser: &mut Stream, server: &mut Option<Stream>) -> Result<Option<Stream>> {
    loop {
        let Some(request) = Request::read(browser).await? else { return Ok(None) };
        weather.note_head(&request.head);
        if request.is_upgrade() {
            return upgrade(weather, browser, &request).await;
        }
        let fate = fate(weather, &request);
        if request.method() == "POST" && request.path().ends_with("/messages") {
            weather.posts.send_modify(|posts| *posts += 1);
        }
        let mut said = Vec::new();
        if fate.reaches_server() {
            said = ask(weather, &request, server).await.unwrap_or_default();
            if said.is_empty() {
                weather.note(Fate::Unanswered);
                return cut(browser);
            }
        }
        let answer = match fate {
            Fate::Refused(refusal) | Fate::RefusedAfter(refusal) => refusal.answer(&request),
            Fate::CutBefore | Fate::CutAfter => {
                // Noted only now: who waits for it may count on what the server has done.
                weather.note(fate);
                return cut(browser);
            }
            Fate::EndedBefore | Fate::EndedAfter => {
                weather.note(fate);
                browser.shutdown().await?;
                return Ok(None);
            }
            Fate::CutWithin => {
                // Far enough into it for the browser to believe that there is an answer.
                said.truncate(said.len() - said.len() / 8);
                browser.write_all(&said).await?;
                weather.note(fate);
                return Ok(None);
            }
            Fate::Passed | Fate::Upgraded | Fate::Denied | Fate::Unanswered => said,
        };
        let is_kept = weather.conditions().are_connections_kept;
        browser.write_all(&with_connection(&answer, if is_kept { "keep-alive" } else { "close" })).await?;
        weather.note(fate);
        if !is_kept {
            browser.shutdown().await?;
            return Ok(None);
        }
    }
}

impl Fate {
    const fn reaches_server(self) -> bool {
        !matches!(self, Self::CutBefore | Self::EndedBefore | Self::Refused(_))
    }
}

fn fate(weather: &Weather, request: &Request) -> Fate {
    let refusal = weather.conditions().refusal;
    let is_refused = |refusal: &Refusal| *refusal == Refusal::BadGateway || request.method() != "OPTIONS";
    if let Some(refusal) = refusal.filter(is_refused) {
        return Fate::Refused(refusal);
    }
    weather.fate_of(request.method(), request.path()).unwrap_or(Fate::Passed)
}

/// Hands a request to the server; its answer, whole. Every request goes on a connection of its own: what the browser
/// keeps open is between the browser and us.
async fn ask(weather: &Weather, request: &Request, server: &mut Option<Stream>) -> Result<Vec<u8>> {
    let server = server.insert(BufReader::new(weather.reach_server().await?));
    server.write_all(&with_connection(&request.head, "close")).await?;
    server.write_all(&request.body).await?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).await?;
    Ok(answer)
}

async fn upgrade(weather: &Weather, browser: &mut Stream, request: &Request) -> Result<Option<Stream>> {
    if weather.conditions().are_sockets_denied {
        weather.note(Fate::Denied);
        let page = "<!doctype html><title>Welcome</title>";
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n";
        browser.write_all(format!("{head}Content-Length: {}\r\n\r\n{page}", page.len()).as_bytes()).await?;
        browser.shutdown().await?;
        return Ok(None);
    }
    let asked = async {
        let mut server = BufReader::new(weather.reach_server().await?);
        server.write_all(&request.head).await?;
        let head = read_head(&mut server).await?.ok_or(ErrorKind::UnexpectedEof)?;
        Ok::<_, Error>((server, head))
    };
    let Ok((server, head)) = asked.await else {
        weather.note(Fate::Unanswered);
        return cut(browser);
    };
    browser.write_all(&head).await?;
    if !head.starts_with(b"HTTP/1.1 101") {
        return Ok(None);
    }
    weather.note(Fate::Upgraded);
    Ok(Some(server))
}

/// Ends a connection as a broken network does: with a reset, in the middle of whatever it was.
fn cut<T>(browser: &mut Stream) -> Result<Option<T>> {
    browser.get_ref().set_zero_linger()?;
    Ok(None)
}

struct Request {
    /// With the empty line that ends it.
    head: Vec<u8>,
    body: Vec<u8>,
}

impl Request {
    /// The next one, or `None` when the browser has ended the connection.
    async fn read(browser: &mut Stream) -> Result<Option<Self>> {
        let Some(head) = read_head(browser).await? else { return Ok(None) };
        let mut request = Self { head, body: Vec::new() };
        assert!(request.header("transfer-encoding").is_none(), "browsers send bodies of known length");
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

impl Refusal {
    fn answer(self, request: &Request) -> Vec<u8> {
        let (status, is_open, body) = match self {
            Self::TooMany => ("429 Too Many Requests", true, b"Retry later\n".to_vec()),
            Self::Unavailable => ("503 Service Unavailable", true, Vec::new()),
            Self::BadGateway => ("502 Bad Gateway", false, b"<html><title>502 Bad Gateway</title></html>".to_vec()),
            Self::Fault => {
                let body = br#"{"status":500,"error":"Internal Server Error"}"#;
                ("500 Internal Server Error", true, body.to_vec())
            }
            Self::InCircles => ("307 Temporary Redirect", true, Vec::new()),
            Self::TooLong => ("200 OK", true, [&b"["[..], &[b' '; 20_000_000], b"]"].concat()),
            Self::Garbled => ("200 OK", true, vec![0xFF; 1_000]),
        };
        let cross_origin = if is_open && request.header("origin").is_some() {
            "Access-Control-Allow-Origin: *\r\nAccess-Control-Expose-Headers: \r\n"
        } else {
            ""
        };
        let elsewhere =
            if self == Self::InCircles { format!("Location: {}\r\n", request.path()) } else { String::new() };
        let length = body.len();
        let head = format!("HTTP/1.1 {status}\r\n{cross_origin}{elsewhere}Content-Length: {length}\r\n\r\n");
        [head.into_bytes(), body].concat()
    }
}

/// Up to the empty line, with it; `None` when nothing comes any more.
async fn read_head(from: &mut Stream) -> Result<Option<Vec<u8>>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if from.read_until(b'\n', &mut head).await? == 0 || head.len() > HEAD_BYTES_MAX {
            return if head.is_empty() { Ok(None) } else { Err(ErrorKind::UnexpectedEof.into()) };
        }
    }
    Ok(Some(head))
}

/// The same request or answer with this `Connection` header and no other.
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
