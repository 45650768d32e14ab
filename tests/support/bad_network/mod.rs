//! A network as bad as networks get, between a browser and a server: every request and every socket goes through it,
//! and a test says, while it runs, what becomes of them.
//!
//! It speaks as much HTTP/1.1 as it takes to see each request on its own. Unless told otherwise it closes every
//! connection after one answer, because a browser repeats by itself what was cut on a connection used before.
#![allow(clippy::expect_used, reason = "a test that can't set its scene has failed")]
#![allow(dead_code, reason = "each test binary uses the part it needs")]

mod http;
pub mod socket;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot, watch};

/// Far longer than anything here takes on a busy machine: it runs out only when a test fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// What became of a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fate {
    /// It was answered by the server.
    Passed,
    /// Its connection was cut, and the server never heard of it.
    CutBefore,
    /// Its connection was ended in good order without an answer, and the server never heard of it.
    EndedBefore,
    /// The server has done what it asked for; then its connection was ended in good order without an answer.
    EndedAfter,
    /// The server has done what it asked for; then its connection was cut, without an answer.
    CutAfter,
    /// The server has done what it asked for; then its connection was cut in the middle of the answer.
    CutWithin,
    /// It was answered in the server's place, and the server never heard of it.
    Refused(Refusal),
    /// The server has done what it asked for, and it was answered with this all the same.
    RefusedAfter(Refusal),
    /// A socket was opened by it.
    Upgraded,
    /// It asked for a socket and got a page of HTML.
    Denied,
    /// The server could not be reached, or was gone before it answered.
    Unanswered,
}

/// An answer that is none of the server's own making.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Refusal {
    /// 429, from within Chatwoot: its cross-origin headers stand around it, and preflights are answered before it.
    TooMany,
    /// 503, from within Chatwoot, in the same way.
    Unavailable,
    /// 502, from a proxy before Chatwoot, which knows nothing of other origins: preflights fail as well.
    BadGateway,
    /// 500, Chatwoot's own word that it failed in it.
    Fault,
    /// 307, to where it comes from.
    InCircles,
    /// 200, and a list of nothing that takes twenty million bytes.
    TooLong,
    /// 200, and bytes that are no text.
    Garbled,
}

/// The network between. It lives as long as the test's runtime.
pub struct BadNetwork {
    /// Where the browser finds the server.
    pub base_url: String,
    weather: Arc<Weather>,
}

struct Weather {
    server: String,
    conditions: watch::Sender<Conditions>,
    /// Methods, ends of addresses, and what becomes of such requests: of one each.
    fates: Mutex<VecDeque<(&'static str, &'static str, Fate)>>,
    sockets: Mutex<Vec<mpsc::UnboundedSender<Injection>>>,
    met: watch::Sender<Vec<Fate>>,
    /// What every request began with, up to its body.
    heads: Mutex<Vec<String>>,
    /// How many of the cable's pings were swallowed.
    pings: watch::Sender<usize>,
    posts: watch::Sender<usize>,
}

/// What holds until a test says otherwise.
#[derive(Clone, Copy, Debug, Default)]
struct Conditions {
    is_hole: bool,
    /// Sockets opened before the latest loss are lost.
    losses: u64,
    /// Connections made before the latest end are ended.
    ends: u64,
    is_refusing: bool,
    refusal: Option<Refusal>,
    are_sockets_denied: bool,
    are_connections_kept: bool,
    are_frames_doubled: bool,
    are_broadcasts_lost: bool,
}

/// Bytes for a browser, and who wants to know that it has them.
struct Injection(Arc<[u8]>, oneshot::Sender<()>);

impl BadNetwork {
    /// Before a server at `http://ADDRESS:PORT`; a good network, to begin with.
    pub async fn before(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base_url = format!("http://{}", listener.local_addr().expect("its address"));
        let weather = Arc::new(Weather {
            server: server.trim_start_matches("http://").to_owned(),
            conditions: watch::Sender::default(),
            fates: Mutex::default(),
            sockets: Mutex::default(),
            met: watch::Sender::default(),
            heads: Mutex::default(),
            pings: watch::Sender::default(),
            posts: watch::Sender::default(),
        });
        let met = Arc::clone(&weather);
        tokio::spawn(accept(met, listener));
        Self { base_url, weather }
    }

    /// Nobody listens any more, until told otherwise: connections are refused. Those that stand are not concerned.
    pub fn refuse_connections(&self, is_refusing: bool) {
        self.weather.conditions.send_modify(|conditions| conditions.is_refusing = is_refusing);
    }

    /// Every connection that stands ends, sockets included, as when a server's process does.
    pub fn end_connections(&self) {
        self.weather.conditions.send_modify(|conditions| conditions.ends += 1);
    }

    /// How many messages were posted, by the page or by the browser itself.
    pub fn posts(&self) -> usize {
        *self.weather.posts.borrow()
    }

    /// What becomes of the next message that is posted; asked again, of the one after that.
    pub fn next_post(&self, fate: Fate) {
        self.next_post_to("/messages", fate);
    }

    /// What becomes of the next post to an address that ends like this.
    pub fn next_post_to(&self, end: &'static str, fate: Fate) {
        self.weather.fates().push_back(("POST", end, fate));
    }

    /// What becomes of the next reading of messages; asked again, of the one after that.
    pub fn next_read(&self, fate: Fate) {
        self.weather.fates().push_back(("GET", "/messages", fate));
    }

    /// Every request is refused like this from now on; `None`: no longer.
    pub fn refuse_all(&self, refusal: Option<Refusal>) {
        self.weather.conditions.send_modify(|conditions| conditions.refusal = refusal);
    }

    /// Swallows every byte both ways and closes nothing, until told otherwise. A connection that was in the hole never
    /// comes out of it.
    pub fn black_hole(&self, is_hole: bool) {
        self.weather.conditions.send_modify(|conditions| conditions.is_hole = is_hole);
    }

    /// The sockets there are get lost: nothing passes any more, nothing closes. New ones are not concerned.
    pub fn lose_sockets(&self) {
        self.weather.conditions.send_modify(|conditions| conditions.losses += 1);
    }

    /// Carries every frame of the server's twice, from now on.
    pub fn double_frames(&self) {
        self.weather.conditions.send_modify(|conditions| conditions.are_frames_doubled = true);
    }

    /// Carries what the cable itself says, its pings among it, but no news, from now on.
    pub fn lose_broadcasts(&self) {
        self.weather.conditions.send_modify(|conditions| conditions.are_broadcasts_lost = true);
    }

    /// Answers whoever asks for a socket with a page of HTML, from now on.
    pub fn deny_sockets(&self) {
        self.weather.conditions.send_modify(|conditions| conditions.are_sockets_denied = true);
    }

    /// Connections are used again for further requests, from now on.
    pub fn keep_connections(&self) {
        self.weather.conditions.send_modify(|conditions| conditions.are_connections_kept = true);
    }

    /// Slips these bytes to the browser between two frames of the server's, on every socket there is, and waits until
    /// they are written. There must be a socket.
    pub async fn inject(&self, bytes: Vec<u8>) {
        assert_ne!(self.try_to_inject(bytes).await, 0, "there was no socket to inject anything into");
    }

    /// The same, where there may be none; tells how many there were.
    pub async fn try_to_inject(&self, bytes: Vec<u8>) -> usize {
        let bytes: Arc<[u8]> = bytes.into();
        let sockets = self.weather.sockets().clone();
        let mut count = 0;
        for socket in sockets {
            let (written, is_written) = oneshot::channel();
            let is_open = socket.send(Injection(Arc::clone(&bytes), written)).is_ok();
            count += usize::from(is_open && is_written.await.is_ok());
        }
        count
    }

    /// A good network from now on. What was lost stays lost.
    pub fn clear_up(&self) {
        self.weather.conditions.send_modify(|conditions| {
            *conditions = Conditions { losses: conditions.losses, ends: conditions.ends, ..Conditions::default() };
        });
        self.weather.fates().clear();
    }

    /// How many requests have met this fate.
    pub fn met(&self, fate: Fate) -> usize {
        count(&self.weather.met.borrow(), fate)
    }

    /// What every request began with, up to its body, oldest first.
    pub fn heads(&self) -> Vec<String> {
        self.weather.heads.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many requests there were.
    pub fn met_any(&self) -> usize {
        self.weather.met.borrow().len()
    }

    /// Waits until so many requests have met this fate.
    pub async fn until_met(&self, fate: Fate, times: usize) {
        let mut met = self.weather.met.subscribe();
        let enough = tokio::time::timeout(PATIENCE, met.wait_for(|met| count(met, fate) >= times)).await;
        assert!(enough.is_ok(), "{fate:?} never came {times} times; {:?}", self.weather.met.borrow());
    }

    /// Waits until so many more of the cable's pings have been swallowed. One comes every three seconds.
    pub async fn until_pings_are_lost(&self, times: usize) {
        let mut pings = self.weather.pings.subscribe();
        let wanted = *pings.borrow() + times;
        let enough = tokio::time::timeout(PATIENCE, pings.wait_for(|pings| *pings >= wanted)).await;
        assert!(enough.is_ok(), "{times} pings were not lost");
    }
}

/// Serves whoever connects, at all times but those when connections are refused.
async fn accept(weather: Arc<Weather>, mut listener: TcpListener) {
    let address = listener.local_addr().expect("its address");
    let mut conditions = weather.conditions.subscribe();
    loop {
        tokio::select! {
            refused = conditions.wait_for(|now| now.is_refusing) => drop(refused),
            accepted = listener.accept() => {
                let Ok((browser, _)) = accepted else { return };
                let weather = Arc::clone(&weather);
                tokio::spawn(async move {
                    let made_under = weather.conditions();
                    let served = http::converse(Arc::clone(&weather), browser);
                    tokio::select! {
                        () = weather.ends(made_under) => {}
                        () = served => {}
                    }
                });
                continue;
            }
        }
        drop(listener);
        drop(conditions.wait_for(|now| !now.is_refusing).await);
        listener = TcpListener::bind(address).await.expect("the port is still ours");
    }
}

impl Weather {
    /// Waits until a connection made under these conditions is ended.
    async fn ends(&self, made_under: Conditions) {
        let mut conditions = self.conditions.subscribe();
        // The other half is held by `self`: this never fails.
        drop(conditions.wait_for(|now| now.ends > made_under.ends).await);
    }

    fn conditions(&self) -> Conditions {
        *self.conditions.borrow()
    }

    fn note_head(&self, head: &[u8]) {
        let head = String::from_utf8_lossy(head).into_owned();
        self.heads.lock().unwrap_or_else(PoisonError::into_inner).push(head);
    }

    fn note(&self, fate: Fate) {
        self.met.send_modify(|met| met.push(fate));
    }

    fn fate_of(&self, method: &str, path: &str) -> Option<Fate> {
        let mut fates = self.fates();
        let at = fates.iter().position(|(of, end, _)| *of == method && path.ends_with(end))?;
        fates.remove(at).map(|(.., fate)| fate)
    }

    fn fates(&self) -> MutexGuard<'_, VecDeque<(&'static str, &'static str, Fate)>> {
        self.fates.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sockets(&self) -> MutexGuard<'_, Vec<mpsc::UnboundedSender<Injection>>> {
        self.sockets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn reach_server(&self) -> std::io::Result<TcpStream> {
        TcpStream::connect(&self.server).await
    }

    /// Waits until a connection made under these conditions is lost.
    async fn loses(&self, made_under: Conditions, is_socket: bool) {
        let mut conditions = self.conditions.subscribe();
        let is_lost = |now: &Conditions| now.is_hole || (is_socket && now.losses > made_under.losses);
        // The other half is held by `self`: this never fails.
        drop(conditions.wait_for(is_lost).await);
    }
}

/// Reads on and drops what comes, until the other side ends the connection.
async fn swallow(weather: &Weather, from: &mut (impl AsyncRead + Unpin)) {
    let mut bytes = vec![0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        let heartbeat = br#""type":"ping""#;
        let pings = bytes[..count].windows(heartbeat.len()).filter(|window| window == heartbeat).count();
        weather.pings.send_modify(|lost| *lost += pings);
    }
}

fn count(met: &[Fate], fate: Fate) -> usize {
    met.iter().filter(|other| **other == fate).count()
}
