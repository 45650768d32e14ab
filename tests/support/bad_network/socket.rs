//! A WebSocket under way, and frames nobody at the server has written.

use std::io::Result;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader, copy, split};
use tokio::net::TcpStream;
use tokio::sync::{Mutex, mpsc};

use super::{Injection, Weather, swallow};

/// Carries frames both ways, and what is injected between them, until either side ends the connection; or loses it.
pub(super) async fn pump(weather: &Weather, mut browser: BufReader<TcpStream>, mut server: BufReader<TcpStream>) {
    let conditions = weather.conditions();
    let (inject, injections) = mpsc::unbounded_channel();
    weather.sockets().push(inject);
    let is_lost = tokio::select! {
        biased;
        () = weather.loses(conditions, true) => true,
        () = carry(weather, &mut browser, &mut server, injections) => false,
    };
    if is_lost {
        // Neither learns of the other's end.
        tokio::join!(swallow(weather, &mut browser), swallow(weather, &mut server));
    }
}

/// A text frame, unmasked, as servers send them.
pub fn text(text: &str) -> Vec<u8> {
    frame(0x1, text.as_bytes())
}

/// A binary frame.
pub fn binary(bytes: &[u8]) -> Vec<u8> {
    frame(0x2, bytes)
}

/// The rest of a message that never began: browsers fail the connection over it.
pub fn orphan() -> Vec<u8> {
    frame(0x0, b"the rest")
}

fn frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
    const FINAL: u8 = 0x80;
    let mut frame = vec![FINAL | opcode];
    match payload.len() {
        short @ 0..=125 => frame.push(short as u8),
        medium @ 126..=0xFFFF => {
            frame.push(126);
            frame.extend_from_slice(&(medium as u16).to_be_bytes());
        }
        long => {
            frame.push(127);
            frame.extend_from_slice(&(long as u64).to_be_bytes());
        }
    }
    frame.extend_from_slice(payload);
    frame
}

async fn carry(
    weather: &Weather,
    browser: &mut BufReader<TcpStream>,
    server: &mut BufReader<TcpStream>,
    mut injections: mpsc::UnboundedReceiver<Injection>,
) {
    let (mut from_browser, to_browser) = split(browser);
    let (mut from_server, mut to_server) = split(server);
    // Whole frames: nothing is ever written into the middle of one.
    let to_browser = Arc::new(Mutex::new(to_browser));
    let down = async {
        while let Ok(frame) = read_frame(&mut from_server).await {
            let conditions = weather.conditions();
            if conditions.are_broadcasts_lost && is_broadcast(&frame) {
                continue;
            }
            let times = if conditions.are_frames_doubled { 2 } else { 1 };
            if write(&to_browser, &frame.repeat(times)).await.is_err() {
                return;
            }
        }
    };
    let injected = async {
        while let Some(Injection(bytes, written)) = injections.recv().await {
            if write(&to_browser, &bytes).await.is_err() {
                return;
            }
            // Who asked for it may have given up.
            let _ = written.send(());
        }
        std::future::pending::<()>().await;
    };
    let up = copy(&mut from_browser, &mut to_server);
    tokio::select! {
        () = down => {}
        () = injected => {}
        _ = up => {}
    }
}

/// Whether it brings news; what the cable itself says has no object for a message.
fn is_broadcast(frame: &[u8]) -> bool {
    let news = br#""message":{"#;
    frame.windows(news.len()).any(|window| window == news)
}

async fn write(to: &Mutex<impl AsyncWrite + Unpin>, bytes: &[u8]) -> Result<()> {
    let mut to = to.lock().await;
    to.write_all(bytes).await?;
    to.flush().await
}

/// A frame of the server's, with its header.
async fn read_frame(from: &mut (impl AsyncReadExt + Unpin)) -> Result<Vec<u8>> {
    let mut frame = vec![0; 2];
    from.read_exact(&mut frame).await?;
    let [_, length] = frame.as_slice() else { return Ok(frame) };
    let extended = match length & 0x7F {
        126 => 2,
        127 => 8,
        _ => 0,
    };
    let mut length = u64::from(length & 0x7F);
    if extended > 0 {
        frame.resize(2 + extended, 0);
        from.read_exact(&mut frame[2..]).await?;
        length = frame[2..].iter().fold(0, |length, byte| (length << 8) | u64::from(*byte));
    }
    let head = frame.len();
    frame.resize(head + length as usize, 0);
    from.read_exact(&mut frame[head..]).await?;
    Ok(frame)
}
