//! The connection to the server: the socket, the HTTP requests under way, and what is known of the server's state.
//!
//! It outlives visitors and conversations. It knows neither: what a response means to them is the client's to apply.

pub mod cable;
pub mod diagnostics;
pub mod polling_fallback;
pub mod rate_limit;

use crate::backoff::Backoff;
use crate::chatwoot::requests::{ApiRequest, ApiResponse, Outcome, REQUEST_MS_MAX, RequestId};
use crate::chatwoot::{self, HttpRequest};
use crate::host::settings::Settings;
use crate::model::EchoId;
use crate::model::Queue;
use crate::rng::Rng;
use crate::time::{Due, Mono, next_due};
use crate::{Effect, Update};
use cable::{Cable, CableAction};
use diagnostics::{ConnectionDiagnostics, ConnectionIssue, Signal, SocketHealth};
use polling_fallback::PollingFallback;
use rate_limit::RateLimit;

/// How many attempts in a row to open a socket fail before sockets are considered impossible.
const SOCKET_FAILURES_MAX: u32 = 2;
/// A first poll without the socket is answered within this time, in ms, if the server responds.
const POLL_ANSWER_MS_MAX: u64 = 8_000;

/// The connection's state.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) cable: Cable,
    pub(crate) polling: PollingFallback,
    pub(crate) diagnostics: ConnectionDiagnostics,
    pub(crate) is_online: bool,
    pending: Vec<PendingRequest>,
    last_id: u64,
    /// The pauses after messages that could not be sent, one for each queue.
    send_backoffs: [Backoff; 2],
    rate_limit: RateLimit,
    /// When the server last answered a request.
    last_response: Option<Mono>,
    /// Whether a request has ended without a response since the last response: the next one might, too.
    is_route_in_doubt: bool,
}

/// A request that has not ended.
#[derive(Debug)]
struct PendingRequest {
    id: RequestId,
    request: ApiRequest,
    /// When it was made, or when part of its body last left.
    since: Mono,
}

impl Default for Connection {
    fn default() -> Self {
        Self {
            cable: Cable::default(),
            polling: PollingFallback::default(),
            diagnostics: ConnectionDiagnostics::default(),
            is_online: true,
            pending: Vec::new(),
            last_id: 0,
            send_backoffs: [(); 2].map(|()| Backoff::new(1_000, 30_000)),
            rate_limit: RateLimit::default(),
            last_response: None,
            is_route_in_doubt: false,
        }
    }
}

impl Connection {
    /// Becomes the state of another visitor: the server's state is the same for both, what waited for it is not.
    pub(crate) fn replace_visitor(&mut self) {
        let Self {
            cable,
            polling: _,
            diagnostics,
            is_online,
            pending: _,
            last_id,
            send_backoffs: _,
            rate_limit,
            last_response,
            is_route_in_doubt,
        } = std::mem::take(self);
        let Self { polling, pending, send_backoffs, .. } = Self::default();
        *self = Self {
            cable,
            polling,
            diagnostics,
            is_online,
            pending,
            last_id,
            send_backoffs,
            rate_limit,
            last_response,
            is_route_in_doubt,
        };
    }

    // --- Requests ---

    /// Makes a request.
    pub(crate) fn send(&mut self, now: Mono, request: ApiRequest, http: HttpRequest, update: &mut Update) {
        self.last_id += 1;
        let id = RequestId(self.last_id);
        self.pending.push(PendingRequest { id, request, since: now });
        update.effects.push(Effect::SendRequest { id, request: http });
    }

    /// A request has ended; which one it was. `None` for one that was aborted or forgotten.
    pub(crate) fn finish(&mut self, id: RequestId) -> Option<ApiRequest> {
        let at = self.pending.iter().position(|pending| pending.id == id)?;
        Some(self.pending.remove(at).request)
    }

    /// Aborts these requests; how they ended will not be known.
    pub(crate) fn abort(&mut self, matches: &dyn Fn(&ApiRequest) -> bool, update: &mut Update) -> Vec<ApiRequest> {
        self.abort_pending(&|pending| matches(&pending.request), update)
    }

    /// Aborts the requests that were not answered in time.
    pub(crate) fn abort_timed_out(&mut self, now: Mono, update: &mut Update) -> Vec<ApiRequest> {
        self.abort_pending(&|pending| pending.since.plus(REQUEST_MS_MAX) <= now, update)
    }

    fn abort_pending(&mut self, matches: &dyn Fn(&PendingRequest) -> bool, update: &mut Update) -> Vec<ApiRequest> {
        let mut aborted = Vec::new();
        for PendingRequest { id, request, .. } in self.pending.extract_if(.., |pending| matches(pending)) {
            update.effects.push(Effect::AbortRequest { id });
            aborted.push(request);
        }
        aborted
    }

    /// Lets these requests run on, and ignores their ends.
    pub(crate) fn forget_requests(&mut self, matches: fn(&ApiRequest) -> bool) {
        self.pending.retain(|pending| !matches(&pending.request));
    }

    /// Whether such a request is under way.
    pub(crate) fn is_pending(&self, matches: fn(&ApiRequest) -> bool) -> bool {
        self.pending.iter().any(|pending| matches(&pending.request))
    }

    /// The messages that this tab is sending.
    pub(crate) fn messages_being_sent(&self) -> Vec<EchoId> {
        let echo = |pending: &PendingRequest| {
            if let ApiRequest::CreateMessage { echo, .. } = &pending.request { Some(echo.clone()) } else { None }
        };
        self.pending.iter().filter_map(echo).collect()
    }

    /// Part of a request's body has left: its time starts anew. The message it carries, if it carries one.
    pub(crate) fn upload_progressed(&mut self, now: Mono, id: RequestId) -> Option<&EchoId> {
        let pending = self.pending.iter_mut().find(|pending| pending.id == id)?;
        pending.since = now;
        if let ApiRequest::CreateMessage { echo, .. } = &pending.request { Some(echo) } else { None }
    }

    /// How many requests were made so far.
    pub(crate) const fn request_count(&self) -> u64 {
        self.last_id
    }

    // --- Sending messages ---

    /// Whether the next message of a queue may leave now.
    pub(crate) fn may_send(&self, now: Mono, queue: Queue) -> bool {
        let is_waiting = self.send_backoffs.get(queue as usize).is_some_and(|backoff| !backoff.is_ready(now));
        self.is_online && !is_waiting && self.rate_limit.allows(now)
    }

    /// When the next message of a queue may leave, if it has to wait for that.
    pub(crate) fn may_send_from(&self, queue: Queue) -> Option<Mono> {
        self.send_backoffs.get(queue as usize).and_then(Backoff::until).max(self.rate_limit.next_allowed_at())
    }

    /// A message leaves now.
    pub(crate) fn count_sent_message(&mut self, now: Mono) {
        self.rate_limit.count(now);
    }

    /// A queue's message could not be sent: the next attempt waits, at least this long, in ms.
    pub(crate) fn delay_sending(&mut self, now: Mono, queue: Queue, rng: &mut Rng, at_least_ms: u64) {
        if let Some(backoff) = self.send_backoffs.get_mut(queue as usize) {
            backoff.failed(now, rng, at_least_ms);
        }
    }

    /// A queue's message was answered.
    pub(crate) fn sending_succeeded(&mut self, queue: Queue) {
        if let Some(backoff) = self.send_backoffs.get_mut(queue as usize) {
            backoff.succeeded();
        }
    }

    /// Ends the pauses of both queues: the visitor retries, or the network may be back.
    pub(crate) fn retry_sending_now(&mut self) {
        self.send_backoffs.iter_mut().for_each(Backoff::retry_now);
    }

    /// Forgets past failures: their reason was not the server.
    pub(crate) fn reset_backoffs(&mut self) {
        self.cable.reset_backoff();
        self.send_backoffs.iter_mut().for_each(Backoff::succeeded);
    }

    /// Whether a read should be answered before a message is sent: a message without a response waits for long, a read
    /// costs nothing.
    pub(crate) const fn is_route_in_doubt(&self) -> bool {
        self.is_route_in_doubt
    }

    // --- The socket ---

    /// Turns the cable's actions into effects.
    pub(crate) fn perform(actions: Vec<CableAction>, settings: &Settings, update: &mut Update) {
        update.effects.extend(actions.into_iter().map(|action| match action {
            CableAction::Connect(socket) => Effect::OpenSocket { socket, url: chatwoot::cable_url(settings) },
            CableAction::Transmit(socket, text) => Effect::Transmit { socket, text },
            CableAction::Disconnect(socket) => Effect::CloseSocket { socket },
        }));
    }

    /// Closes the socket, and opens none until the next subscription.
    pub(crate) fn close_socket(&mut self, settings: &Settings, update: &mut Update) {
        let mut actions = Vec::new();
        self.cable.close(&mut actions);
        Self::perform(actions, settings, update);
    }

    /// The subscription is confirmed: the server is reached, and frames come from now on.
    pub(crate) const fn subscribed(&mut self) {
        self.is_route_in_doubt = false;
        self.polling.reset();
    }

    // --- Diagnostics ---

    /// Takes note of how a request ended. `is_user_proven` is whether the contact is a verified user's.
    pub(crate) fn note_outcome(&mut self, now: Mono, request: &ApiRequest, outcome: &Outcome, is_user_proven: bool) {
        match outcome.response() {
            ApiResponse::Unknown => self.is_route_in_doubt = true,
            ApiResponse::NotSent => {}
            ApiResponse::Success(_)
            | ApiResponse::Busy { .. }
            | ApiResponse::NotFound
            | ApiResponse::Rejected(_)
            | ApiResponse::ServerError => self.is_route_in_doubt = false,
        }
        match outcome {
            Outcome::NotSent | Outcome::FilesMissing => {}
            Outcome::Unknown => self.diagnostics.note(Signal::NoResponse),
            Outcome::Answered { status, body, .. } => {
                self.last_response = Some(now);
                self.diagnostics.note(signal(request, *status, body, is_user_proven));
            }
        }
    }

    /// What is wrong between page and server, if anything is.
    pub(crate) fn issue(&self) -> Option<ConnectionIssue> {
        self.diagnostics.issue(self.is_online, self.socket_health())
    }

    /// The issue, if it differs from the one reported last.
    pub(crate) fn take_issue_change(&mut self) -> Option<Option<ConnectionIssue>> {
        let health = self.socket_health();
        self.diagnostics.take_change(self.is_online, health)
    }

    fn socket_health(&self) -> SocketHealth {
        SocketHealth {
            is_failing: self.cable.failures() > SOCKET_FAILURES_MAX,
            is_silent: self.polling.is_silent() && self.cable.is_live(),
        }
    }

    /// Whether the server can't be reached, and not only for a moment. One failure does not count: the next attempt
    /// follows within a second or two. Nor does a socket that can't be opened, as long as polls are answered; if
    /// requests hang, the socket is the first sign. `failures` are those in a row of other requests.
    pub(crate) fn is_failing(&self, now: Mono, failures: u32) -> bool {
        let sends = self.send_backoffs.iter().map(Backoff::failures).max().unwrap_or(0);
        let is_answered_since = |since: Mono| self.last_response.is_some_and(|answered| answered >= since);
        let is_cut_off = |since: Mono| {
            !is_answered_since(since) && now >= since.plus(POLL_ANSWER_MS_MAX) && self.cable.failures() > 1
        };
        failures.max(sends) > 1 || self.cable.failing_since().is_some_and(is_cut_off)
    }

    // --- Time ---

    /// When the next request times out.
    pub(crate) fn request_deadline(&self, now: Mono) -> Option<Due> {
        let timeout = |pending: &PendingRequest| pending.since.plus(REQUEST_MS_MAX).due("request: timed out");
        next_due(now, self.pending.iter().map(|pending| Some(timeout(pending))))
    }

    /// When the active tab's connection has something to do.
    pub(crate) fn deadline(&self, now: Mono) -> Option<Due> {
        next_due(now, [self.cable.deadline(), self.polling.deadline(now)])
    }
}

/// What a response says about the connection to the server.
fn signal(request: &ApiRequest, status: u16, body: &str, is_user_proven: bool) -> Signal {
    let is_json = body.trim_start().starts_with(['{', '[']);
    let is_contact = matches!(request, ApiRequest::CreateContact | ApiRequest::GetContact);
    let is_list = matches!(request, ApiRequest::ListConversations(_));
    match status {
        429 | 502..=504 => Signal::Busy,
        500..=599 if is_contact => Signal::ContactError,
        // Chatwoot 4.0.4 answers every verified contact's list like that, and nothing else is wrong.
        500 if is_list && is_user_proven && chatwoot::is_server_error(body) => Signal::Healthy,
        500..=599 => Signal::Busy,
        // Chatwoot answers typing and read receipts with an empty body.
        200..=299 if body.is_empty() => Signal::Healthy,
        200..=499 if !is_json => Signal::NotChatwoot,
        404 if matches!(request, ApiRequest::CreateContact | ApiRequest::GetInbox) => Signal::UnknownInbox,
        _ => Signal::Healthy,
    }
}
