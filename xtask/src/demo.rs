//! The demo: the sandbox and the page with the chat bubble, side by side until Ctrl-C.

use crate::children::{self, Running};
use crate::test;
use crate::workbench::Workbench;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::thread::sleep;
use std::time::Duration;

const PAGE_PORT: u16 = 8080;
/// Trunk.toml's proxies lead there.
const SANDBOX_PORT: u16 = 3100;
/// How many ports above the usual one are tried for the page when it is taken.
const PORTS_TRIED: u16 = 20;
/// Long enough for a busy machine to answer from memory.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(2);

/// Runs the demo until Ctrl-C, or until one of its two halves ends.
pub fn run(bench: &Workbench, port: Option<u16>) -> Result<(), String> {
    if !is_free(SANDBOX_PORT) {
        return Err(format!(
            "Port {SANDBOX_PORT}, where the sandbox is to listen, is taken; end the program that has it (another demo?)."
        ));
    }
    let page_port = page_port(port)?;
    println!("demo: building the sandbox …");
    test::build_sandbox(bench)?;
    children::watch_for_interrupts()?;
    let mut halves = [start_sandbox(bench, page_port)?, start_trunk(bench, page_port)?];
    println!("demo: building the widget …");
    let ended = wait_until(&mut halves, || answers(SANDBOX_PORT) && answers(page_port))?;
    if ended.is_none() {
        println!();
        println!("  The page with the chat bubble:  http://127.0.0.1:{page_port}/");
        println!("  The agent's page:               http://127.0.0.1:{SANDBOX_PORT}/");
        println!();
        println!("  Ctrl-C ends both. Conversations are kept in target/demo.");
        println!();
    }
    let ended = match ended {
        Some(ended) => ended,
        None => wait_until(&mut halves, || false)?.unwrap_or(Ended::ByPerson),
    };
    // Not one after the other: each may take its time.
    for half in &mut halves {
        half.stop();
    }
    match ended {
        Ended::ByPerson => {
            println!("demo: ended.");
            Ok(())
        }
        Ended::ByItself(sentence) => Err(sentence),
    }
}

enum Ended {
    ByPerson,
    ByItself(String),
}

/// Waits until both halves are as wanted (None), or for the end of either.
fn wait_until(halves: &mut [Running], wanted: impl Fn() -> bool) -> Result<Option<Ended>, String> {
    loop {
        if children::interrupted() {
            return Ok(Some(Ended::ByPerson));
        }
        for half in &mut *halves {
            if let Some(status) = half.ended()? {
                let sentence = format!("{} has ended by itself ({status}), so the demo ends.", half.name());
                return Ok(Some(Ended::ByItself(sentence)));
            }
        }
        if wanted() {
            return Ok(None);
        }
        sleep(Duration::from_millis(200));
    }
}

fn start_sandbox(bench: &Workbench, page_port: u16) -> Result<Running, String> {
    let folder = bench.project.join("target/demo");
    std::fs::create_dir_all(&folder).map_err(|error| format!("{} can't be made: {error}.", folder.display()))?;
    let mut sandbox = bench.command(bench.target().join(format!("debug/sandbox{}", std::env::consts::EXE_SUFFIX)));
    sandbox.arg("--listen").arg(address(SANDBOX_PORT).to_string()).arg("--db").arg(folder.join("sandbox.db"));
    sandbox.arg("--playground-url").arg(format!("http://{}/", address(page_port)));
    Running::start("The sandbox", &mut sandbox)
}

fn start_trunk(bench: &Workbench, port: u16) -> Result<Running, String> {
    let mut trunk = bench.command("trunk");
    trunk.args(["serve", "--skip-version-check", "--port"]).arg(port.to_string());
    Running::start("trunk", &mut trunk)
}

fn page_port(wanted: Option<u16>) -> Result<u16, String> {
    match wanted {
        Some(port) if is_free(port) => Ok(port),
        Some(port) => Err(format!("Port {port} is taken; choose another.")),
        None => (PAGE_PORT..PAGE_PORT + PORTS_TRIED).find(|port| is_free(*port)).ok_or_else(|| {
            format!("Port {PAGE_PORT} and the next {PORTS_TRIED} are taken; type `cargo xtask demo --port N`.")
        }),
    }
}

fn is_free(port: u16) -> bool {
    TcpListener::bind(address(port)).is_ok()
}

/// Whether a page is to be had there.
fn answers(port: u16) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut socket = TcpStream::connect_timeout(&address(port), ANSWER_TIME_MAX)?;
        socket.set_read_timeout(Some(ANSWER_TIME_MAX))?;
        let host = address(port);
        let request = format!("GET / HTTP/1.1\r\nHost: {host}\r\nAccept: text/html\r\nConnection: close\r\n\r\n");
        socket.write_all(request.as_bytes())?;
        let mut start = [0; 12];
        socket.read_exact(&mut start)?;
        Ok(start.starts_with(b"HTTP/1.") && start.ends_with(b" 200"))
    };
    ask().unwrap_or(false)
}

fn address(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_noticed_and_the_next_free_one_chosen() {
        let taken = TcpListener::bind(address(0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        assert!(!is_free(port));
        assert!(page_port(Some(port)).is_err());
        let free = page_port(None).unwrap();
        assert!((PAGE_PORT..PAGE_PORT + PORTS_TRIED).contains(&free));
    }

    #[test]
    fn only_a_page_that_is_there_answers() {
        let server = TcpListener::bind(address(0)).unwrap();
        let port = server.local_addr().unwrap().port();
        for (reply, wanted) in
            [("HTTP/1.1 200 OK\r\n\r\n", true), ("HTTP/1.1 404 Not Found\r\n\r\n", false), ("", false)]
        {
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    let (mut socket, _) = server.accept().unwrap();
                    let _ = socket.read(&mut [0; 512]).unwrap();
                    socket.write_all(reply.as_bytes()).unwrap();
                });
                assert_eq!(answers(port), wanted, "{reply}");
            });
        }
        drop(server);
        assert!(!answers(port));
    }
}
