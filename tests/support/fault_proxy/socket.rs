//! An open WebSocket through the proxy, and frames for injection.

use std::io::Result;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader, copy, split};
use tokio::net::TcpStream;
use tokio::sync::{Mutex, mpsc};

use super::{FaultSchedule, Injection, drop_bytes};

/// Forwards frames both ways, and injected bytes, until either side closes the connection or the socket is lost.
pub(super) async fn forward_frames(
    schedule: &FaultSchedule,
    mut browser: BufReader<TcpStream>,
    mut server: BufReader<TcpStream>,
) {
    let state = schedule.state();
    let (inject, injections) = mpsc::unbounded_channel();
    schedule.sockets().push(inject);
    let is_lost = tokio::select! {
        biased;
        () = schedule.wait_for_loss(state, true) => true,
        () = copy_frames(schedule, &mut browser, &mut server, injections) => false,
    };
    if is_lost {
        // Neither side learns that the other closes.
        tokio::join!(drop_bytes(schedule, &mut browser), drop_bytes(schedule, &mut server));
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

/// A continuation frame without a first frame: browsers close the connection over it.
pub fn orphaned_continuation() -> Vec<u8> {
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

async fn copy_frames(
    schedule: &FaultSchedule,
    browser: &mut BufReader<TcpStream>,
    server: &mut BufReader<TcpStream>,
    mut injections: mpsc::UnboundedReceiver<Injection>,
) {
    let (mut from_browser, to_browser) = split(browser);
    let (mut from_server, mut to_server) = split(server);
    // The lock makes writes atomic: injected bytes never stand within a frame.
    let to_browser = Arc::new(Mutex::new(to_browser));
    let down = async {
        while let Ok(frame) = read_frame(&mut from_server).await {
            let state = schedule.state();
            if state.drops_broadcasts && is_broadcast(&frame) {
                continue;
            }
            let times = if state.duplicates_frames { 2 } else { 1 };
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
            // The test may have ended.
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

/// Whether it is a broadcast; the cable's own frames have no object as their message.
fn is_broadcast(frame: &[u8]) -> bool {
    let message = br#""message":{"#;
    frame.windows(message.len()).any(|window| window == message)
}

async fn write(to: &Mutex<impl AsyncWrite + Unpin>, bytes: &[u8]) -> Result<()> {
    let mut to = to.lock().await;
    to.write_all(bytes).await?;
    to.flush().await
}

/// Reads a frame of the server with its header.
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
