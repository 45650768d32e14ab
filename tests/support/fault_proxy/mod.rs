//! A proxy between a browser and the server, with which a test injects network faults into requests and sockets.
//!
//! It parses as much HTTP/1.1 as it needs to treat requests one by one. By default it closes a connection after one response,
//! because browsers repeat a request by themselves that was cut on a reused connection.
#![allow(clippy::expect_used, reason = "a test whose set-up fails has failed")]
#![allow(dead_code, reason = "each test binary uses the part it needs")]

mod http;
pub mod socket;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot, watch};

/// Only a test that fails waits so long.
const WAIT_TIME_MAX: Duration = Duration::from_secs(60);

/// The outcome of a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RequestOutcome {
    /// The server has answered it.
    Passed,
    /// The connection was reset, and the server did not receive it.
    CutBefore,
    /// The connection was closed without a response, and the server did not receive it.
    ClosedBefore,
    /// The server has processed it; then the connection was closed without a response.
    ClosedAfter,
    /// The server has processed it; then the connection was reset without a response.
    CutAfter,
    /// The server has processed it; then the connection was reset within the response.
    CutWithin,
    /// The proxy has answered it, and the server did not receive it.
    Refused(ErrorResponse),
    /// The server has processed it; then the proxy has answered with this error.
    RefusedAfter(ErrorResponse),
    /// It has opened a WebSocket.
    Upgraded,
    /// It upgraded for a WebSocket and got an HTML page.
    Denied,
    /// The server could not be reached, or ended before it answered.
    Unanswered,
}

/// A response that the proxy makes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ErrorResponse {
    /// 429 from Chatwoot itself: it has CORS headers, and preflights succeed.
    TooMany,
    /// 503 from Chatwoot itself, likewise.
    Unavailable,
    /// 502 from a proxy before Chatwoot, without CORS headers: preflights fail, too.
    BadGateway,
    /// 500 from Chatwoot, with its JSON body.
    InternalError,
    /// 307 to the same URL.
    RedirectLoop,
    /// 200 with an empty JSON list of twenty million bytes.
    TooLong,
    /// 200 with bytes that are not UTF-8.
    NotUtf8,
}

/// The proxy. It runs as long as the test's runtime.
pub struct FaultProxy {
    /// The URL under which the browser reaches the server.
    pub base_url: String,
    schedule: Arc<FaultSchedule>,
}

/// The faults that are scheduled and that hold, and what has happened.
struct FaultSchedule {
    server: String,
    network: watch::Sender<NetworkState>,
    /// Outcomes of coming requests, each with the method and the end of the path of the one request that it is for.
    planned: Mutex<VecDeque<(&'static str, &'static str, RequestOutcome)>>,
    sockets: Mutex<Vec<mpsc::UnboundedSender<Injection>>>,
    outcomes: watch::Sender<Vec<RequestOutcome>>,
    /// The heads of all requests: request line and headers.
    heads: Mutex<Vec<String>>,
    /// The number of Action Cable pings that were dropped.
    pings: watch::Sender<usize>,
    posts: watch::Sender<usize>,
}

/// Faults that hold until a test ends them.
#[derive(Clone, Copy, Debug, Default)]
struct NetworkState {
    drops_packets: bool,
    /// The number of losses of sockets so far: each loses all sockets that are open then.
    losses: u64,
    /// The number of ends of connections so far: each closes all connections that are open then.
    ends: u64,
    refuses_connections: bool,
    error_response: Option<ErrorResponse>,
    refuses_sockets: bool,
    allows_keep_alive: bool,
    duplicates_frames: bool,
    drops_broadcasts: bool,
}

/// Bytes to write to a browser, and a channel that tells when they are written.
struct Injection(Arc<[u8]>, oneshot::Sender<()>);

impl FaultProxy {
    /// Starts a proxy without faults before a server at `http://ADDRESS:PORT`.
    pub async fn start(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base_url = format!("http://{}", listener.local_addr().expect("its address"));
        let schedule = Arc::new(FaultSchedule {
            server: server.trim_start_matches("http://").to_owned(),
            network: watch::Sender::default(),
            planned: Mutex::default(),
            sockets: Mutex::default(),
            outcomes: watch::Sender::default(),
            heads: Mutex::default(),
            pings: watch::Sender::default(),
            posts: watch::Sender::default(),
        });
        tokio::spawn(accept(Arc::clone(&schedule), listener));
        Self { base_url, schedule }
    }

    /// Refuses new connections while `refuses_connections` is true; open ones stay.
    pub fn refuse_connections(&self, refuses_connections: bool) {
        self.schedule.network.send_modify(|network| network.refuses_connections = refuses_connections);
    }

    /// Closes all open connections, sockets included, as at the end of the server's process.
    pub fn close_connections(&self) {
        self.schedule.network.send_modify(|network| network.ends += 1);
    }

    /// The number of POSTs of messages, by the page or repeated by the browser.
    pub fn post_count(&self) -> usize {
        *self.schedule.posts.borrow()
    }

    /// Plans the outcome of the next POST of a message; a second call is for the one after that.
    pub fn on_next_post(&self, outcome: RequestOutcome) {
        self.on_next_post_to("/messages", outcome);
    }

    /// Plans the outcome of the next POST to a path with this end.
    pub fn on_next_post_to(&self, end: &'static str, outcome: RequestOutcome) {
        self.schedule.planned().push_back(("POST", end, outcome));
    }

    /// Plans the outcome of the next GET of messages; a second call is for the one after that.
    pub fn on_next_read(&self, outcome: RequestOutcome) {
        self.schedule.planned().push_back(("GET", "/messages", outcome));
    }

    /// Answers every request with this error from now on; `None` ends that.
    pub fn answer_all_with(&self, response: Option<ErrorResponse>) {
        self.schedule.network.send_modify(|network| network.error_response = response);
    }

    /// Drops every byte both ways without closing connections while `drops_packets` is true. Connections that were open
    /// meanwhile never work again.
    pub fn drop_all_packets(&self, drops_packets: bool) {
        self.schedule.network.send_modify(|network| network.drops_packets = drops_packets);
    }

    /// Drops every byte of the open sockets from now on, without closing them; new sockets work.
    pub fn lose_sockets(&self) {
        self.schedule.network.send_modify(|network| network.losses += 1);
    }

    /// Forwards every frame of the server twice from now on.
    pub fn duplicate_frames(&self) {
        self.schedule.network.send_modify(|network| network.duplicates_frames = true);
    }

    /// Forwards the cable's own frames, such as pings, but no broadcasts, from now on.
    pub fn lose_broadcasts(&self) {
        self.schedule.network.send_modify(|network| network.drops_broadcasts = true);
    }

    /// Answers WebSocket requests with an HTML page from now on.
    pub fn refuse_sockets(&self) {
        self.schedule.network.send_modify(|network| network.refuses_sockets = true);
    }

    /// Keeps connections open for further requests from now on.
    pub fn allow_keep_alive(&self) {
        self.schedule.network.send_modify(|network| network.allows_keep_alive = true);
    }

    /// Writes bytes to the browser between two frames of the server, on every open socket, and waits until they are written.
    /// There must be a socket.
    pub async fn inject(&self, bytes: Vec<u8>) {
        assert_ne!(self.try_to_inject(bytes).await, 0, "there was no socket to inject bytes into");
    }

    /// The same, where there may be no socket; returns their number.
    pub async fn try_to_inject(&self, bytes: Vec<u8>) -> usize {
        let bytes: Arc<[u8]> = bytes.into();
        let sockets = self.schedule.sockets().clone();
        let mut count = 0;
        for socket in sockets {
            let (written, is_written) = oneshot::channel();
            let is_open = socket.send(Injection(Arc::clone(&bytes), written)).is_ok();
            count += usize::from(is_open && is_written.await.is_ok());
        }
        count
    }

    /// Ends all faults. Lost sockets stay lost.
    pub fn recover(&self) {
        self.schedule.network.send_modify(|network| {
            *network = NetworkState { losses: network.losses, ends: network.ends, ..NetworkState::default() };
        });
        self.schedule.planned().clear();
    }

    /// The number of requests with this outcome.
    pub fn count(&self, outcome: RequestOutcome) -> usize {
        count(&self.schedule.outcomes.borrow(), outcome)
    }

    /// The heads of all requests (request line and headers), oldest first.
    pub fn request_heads(&self) -> Vec<String> {
        self.schedule.heads.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The number of all requests.
    pub fn request_count(&self) -> usize {
        self.schedule.outcomes.borrow().len()
    }

    /// Waits until `times` requests have had this outcome.
    pub async fn wait_for_outcome(&self, outcome: RequestOutcome, times: usize) {
        let mut outcomes = self.schedule.outcomes.subscribe();
        let enough =
            tokio::time::timeout(WAIT_TIME_MAX, outcomes.wait_for(|outcomes| count(outcomes, outcome) >= times)).await;
        assert!(enough.is_ok(), "{outcome:?} did not happen {times} times; {:?}", self.schedule.outcomes.borrow());
    }

    /// Waits until `times` more pings have been dropped. The cable sends one every three seconds.
    pub async fn wait_for_lost_pings(&self, times: usize) {
        let mut pings = self.schedule.pings.subscribe();
        let wanted = *pings.borrow() + times;
        let enough = tokio::time::timeout(WAIT_TIME_MAX, pings.wait_for(|pings| *pings >= wanted)).await;
        assert!(enough.is_ok(), "{times} pings were not lost");
    }
}

/// Accepts connections, except while they are refused: then nobody listens on the port.
async fn accept(schedule: Arc<FaultSchedule>, mut listener: TcpListener) {
    let address = listener.local_addr().expect("its address");
    let mut state = schedule.network.subscribe();
    loop {
        tokio::select! {
            ended = state.wait_for(|now| now.refuses_connections) => drop(ended),
            accepted = listener.accept() => {
                let Ok((browser, _)) = accepted else { return };
                let schedule = Arc::clone(&schedule);
                tokio::spawn(async move {
                    let opened_in = schedule.state();
                    let served = http::serve_connection(Arc::clone(&schedule), browser);
                    tokio::select! {
                        () = schedule.wait_for_end(opened_in) => {}
                        () = served => {}
                    }
                });
                continue;
            }
        }
        drop(listener);
        drop(state.wait_for(|now| !now.refuses_connections).await);
        listener = TcpListener::bind(address).await.expect("the port is still free");
    }
}

impl FaultSchedule {
    /// Waits until a connection that was opened in this state is to be closed.
    async fn wait_for_end(&self, opened_in: NetworkState) {
        let mut state = self.network.subscribe();
        // It fails only when the sender is dropped, and `self` owns that.
        drop(state.wait_for(|now| now.ends > opened_in.ends).await);
    }

    fn state(&self) -> NetworkState {
        *self.network.borrow()
    }

    fn record_head(&self, head: &[u8]) {
        let head = String::from_utf8_lossy(head).into_owned();
        self.heads.lock().unwrap_or_else(PoisonError::into_inner).push(head);
    }

    fn record(&self, outcome: RequestOutcome) {
        self.outcomes.send_modify(|outcomes| outcomes.push(outcome));
    }

    fn take_planned(&self, method: &str, path: &str) -> Option<RequestOutcome> {
        let mut planned = self.planned();
        let at = planned.iter().position(|(of, end, _)| *of == method && path.ends_with(end))?;
        planned.remove(at).map(|(.., outcome)| outcome)
    }

    fn planned(&self) -> MutexGuard<'_, VecDeque<(&'static str, &'static str, RequestOutcome)>> {
        self.planned.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sockets(&self) -> MutexGuard<'_, Vec<mpsc::UnboundedSender<Injection>>> {
        self.sockets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn connect_to_server(&self) -> std::io::Result<TcpStream> {
        TcpStream::connect(&self.server).await
    }

    /// Waits until a connection that was opened in this state is lost.
    async fn wait_for_loss(&self, opened_in: NetworkState, is_socket: bool) {
        let mut state = self.network.subscribe();
        let is_lost = |now: &NetworkState| now.drops_packets || (is_socket && now.losses > opened_in.losses);
        // It fails only when the sender is dropped, and `self` owns that.
        drop(state.wait_for(is_lost).await);
    }
}

/// Reads and drops bytes until the other side closes the connection, and counts pings among them.
async fn drop_bytes(schedule: &FaultSchedule, from: &mut (impl AsyncRead + Unpin)) {
    let mut bytes = vec![0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        let heartbeat = br#""type":"ping""#;
        let pings = bytes[..count].windows(heartbeat.len()).filter(|window| window == heartbeat).count();
        schedule.pings.send_modify(|lost| *lost += pings);
    }
}

fn count(outcomes: &[RequestOutcome], outcome: RequestOutcome) -> usize {
    outcomes.iter().filter(|other| **other == outcome).count()
}
