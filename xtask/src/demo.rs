//! `cargo xtask demo`: the sandbox and the page with the chat bubble, until Ctrl-C.

use crate::env::Env;
use crate::files::create_dir;
use crate::subprocess::{self, ProcessGroup};
use crate::test;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::thread::sleep;
use std::time::Duration;

const PAGE_PORT: u16 = 8080;
/// The sandbox's usual port, which the page in index.html names.
const SANDBOX_PORT: u16 = 3100;
/// How many ports above the usual one are tried for the page when it is taken.
const PORTS_TRIED: u16 = 20;
/// A page that is served answers from memory; this is enough on a busy machine.
const RESPONSE_TIME_MAX: Duration = Duration::from_secs(2);

/// Runs the demo until Ctrl-C, or until one of its two processes ends.
pub fn run(env: &Env, port: Option<u16>) -> Result<(), String> {
    if !is_free(SANDBOX_PORT) {
        return Err(format!(
            "Port {SANDBOX_PORT}, where the sandbox is to listen, is taken; end the program that has it (another demo?)."
        ));
    }
    let page_port = page_port(port)?;
    println!("demo: building the sandbox …");
    test::build_sandbox(env)?;
    subprocess::handle_interrupts()?;
    let mut processes = [start_sandbox(env, page_port)?, start_trunk(env, page_port)?];
    println!("demo: building the widget …");
    let ended = match wait_until(&mut processes, || serves_page(SANDBOX_PORT) && serves_page(page_port))? {
        Some(ended) => ended,
        None => {
            print_addresses(page_port);
            wait_until(&mut processes, || false)?.unwrap_or(Ended::ByUser)
        }
    };
    for process in &mut processes {
        process.terminate();
    }
    match ended {
        Ended::ByUser => {
            println!("demo: ended.");
            Ok(())
        }
        Ended::ByItself(sentence) => Err(sentence),
    }
}

fn print_addresses(page_port: u16) {
    println!();
    println!("  The page with the chat bubble:  http://127.0.0.1:{page_port}/");
    println!("  The agent's page:               http://127.0.0.1:{SANDBOX_PORT}/");
    println!();
    println!("  Ctrl-C ends both. Conversations are kept in target/demo.");
    println!();
}

enum Ended {
    ByUser,
    ByItself(String),
}

/// Waits until `is_done` holds (None), or until either process ends.
fn wait_until(processes: &mut [ProcessGroup], is_done: impl Fn() -> bool) -> Result<Option<Ended>, String> {
    loop {
        if subprocess::is_interrupted() {
            return Ok(Some(Ended::ByUser));
        }
        for process in &mut *processes {
            if let Some(status) = process.try_wait()? {
                let sentence = format!("{} has ended ({status}), so the demo ends.", process.name());
                return Ok(Some(Ended::ByItself(sentence)));
            }
        }
        if is_done() {
            return Ok(None);
        }
        sleep(Duration::from_millis(200));
    }
}

fn start_sandbox(env: &Env, page_port: u16) -> Result<ProcessGroup, String> {
    let folder = env.project.join("target/demo");
    create_dir(&folder)?;
    let mut sandbox = env.command(env.target_dir().join(format!("debug/sandbox{}", std::env::consts::EXE_SUFFIX)));
    sandbox.arg("--listen").arg(address(SANDBOX_PORT).to_string()).arg("--db").arg(folder.join("sandbox.db"));
    sandbox.arg("--playground-url").arg(format!("http://{}/", address(page_port)));
    ProcessGroup::spawn("The sandbox", &mut sandbox)
}

fn start_trunk(env: &Env, port: u16) -> Result<ProcessGroup, String> {
    let mut trunk = env.command("trunk");
    trunk.args(["serve", "--skip-version-check", "--port"]).arg(port.to_string());
    ProcessGroup::spawn("trunk", &mut trunk)
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

/// Whether `GET /` on this port is answered with status 200.
fn serves_page(port: u16) -> bool {
    let respond = || -> std::io::Result<bool> {
        let mut socket = TcpStream::connect_timeout(&address(port), RESPONSE_TIME_MAX)?;
        socket.set_read_timeout(Some(RESPONSE_TIME_MAX))?;
        let host = address(port);
        let request = format!("GET / HTTP/1.1\r\nHost: {host}\r\nAccept: text/html\r\nConnection: close\r\n\r\n");
        socket.write_all(request.as_bytes())?;
        let mut start = [0; 12];
        socket.read_exact(&mut start)?;
        Ok(start.starts_with(b"HTTP/1.") && start.ends_with(b" 200"))
    };
    respond().unwrap_or(false)
}

fn address(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `trunk serve` refuses to start when one is missing.
    #[test]
    fn every_path_that_trunk_is_not_to_watch_exists() {
        let project = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let trunk = std::fs::read_to_string(project.join("Trunk.toml")).unwrap();
        let (_, list) = trunk.split_once("\nignore = [").unwrap();
        let paths: Vec<&str> = list.split_once(']').unwrap().0.split('"').skip(1).step_by(2).collect();
        assert!(!paths.is_empty());
        for path in paths {
            assert!(project.join(path).exists(), "{path}");
        }
    }

    #[test]
    fn the_demo_takes_the_next_free_port() {
        let taken = TcpListener::bind(address(0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        assert!(!is_free(port));
        assert!(page_port(Some(port)).is_err());
        let free = page_port(None).unwrap();
        assert!((PAGE_PORT..PAGE_PORT + PORTS_TRIED).contains(&free));
    }

    #[test]
    fn only_status_200_counts_as_a_served_page() {
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
                assert_eq!(serves_page(port), wanted, "{reply}");
            });
        }
        drop(server);
        assert!(!serves_page(port));
    }
}
