//! Deliberate defects, between the core and its simulator: mistakes that a change in the core or the shell could make.
//! Each must be found, or the simulation proves nothing.

use natter_core::chatwoot::{Body, HttpRequest, Method};
use natter_core::{Effect, Outcome, RequestId};
use serde_json::{Value, json};

use crate::simulator::Simulator;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Defect {
    PostingNotStored,
    SubmittedNotStored,
    RequestBeforeSave,
    RecordDeletedWhenPosted,
    RecordNeverDeleted,
    NewestIdNotStored,
    LostTakenForNotSent,
    EchoIdReused,
    SessionNotStored,
    FramesDropped,
    HistoryPageShort,
    BeforeParameterIgnored,
    StoredNotBroadcast,
    FramesNotBroadcast,
    LeadershipNotQueried,
    LockGrantedToAll,
    StorageReadStale,
    FilesDeletedWhenPosted,
    ServerErrorTakenForNotSent,
    ProxyErrorTakenForChatwoot,
    RetryWithoutHistoryRead,
}

/// The defects, and what each is.
pub const DEFECTS: [(Defect, &str); 21] = [
    (Defect::PostingNotStored, "that a send is being posted is not written down"),
    (Defect::SubmittedNotStored, "a send is written down only when it is posted"),
    (Defect::RequestBeforeSave, "requests leave before what they depend on is written down"),
    (Defect::RecordDeletedWhenPosted, "a send is forgotten when its request leaves"),
    (Defect::RecordNeverDeleted, "a send is never forgotten"),
    (Defect::NewestIdNotStored, "what was the newest message when a post began is not written down"),
    (Defect::LostTakenForNotSent, "a connection that was lost is taken for one that was never made"),
    (Defect::EchoIdReused, "two sends have one echo_id"),
    (Defect::SessionNotStored, "who we are is not written down"),
    (Defect::FramesDropped, "one frame in twenty is dropped"),
    (Defect::HistoryPageShort, "of a page of history the oldest message is dropped"),
    (Defect::BeforeParameterIgnored, "a page of history is always the newest"),
    (Defect::StoredNotBroadcast, "tabs are not told what others write down"),
    (Defect::FramesNotBroadcast, "followers are not told what the leader hears"),
    (Defect::LeadershipNotQueried, "a leader takes itself for one without asking"),
    (Defect::LockGrantedToAll, "every tab leads"),
    (Defect::StorageReadStale, "a new leader is told what the device kept some seconds ago"),
    (Defect::FilesDeletedWhenPosted, "a send's files are forgotten when its request leaves"),
    (Defect::ServerErrorTakenForNotSent, "what Chatwoot failed in is taken for not stored without looking"),
    (
        Defect::ProxyErrorTakenForChatwoot,
        "a proxy's page of an error is taken for Chatwoot's word that the request is over",
    ),
    (Defect::RetryWithoutHistoryRead, "what the visitor wants sent again is posted without reading first"),
];

impl Simulator {
    /// The effects of a turn, as the defect has them.
    pub fn inject_defect(&mut self, effects: Vec<Effect>) -> Vec<Effect> {
        let Some(defect) = self.plan.defect else { return effects };
        let mut changed: Vec<Effect> =
            effects.into_iter().flat_map(|effect| inject_into_effect(defect, effect)).collect();
        if defect == Defect::RequestBeforeSave {
            // A stable sort: all else stays in order.
            changed.sort_by_key(|effect| !matches!(effect, Effect::SendRequest { .. }));
        }
        changed
    }

    /// Whether this word is said at all.
    pub fn is_broadcast(&self, text: &str) -> bool {
        let word: Value = serde_json::from_str(text).expect("tabs talk JSON");
        !match self.plan.defect {
            Some(Defect::StoredNotBroadcast) => word["say"] == "kept",
            Some(Defect::FramesNotBroadcast) => word["say"] == "frame",
            _ => false,
        }
    }

    /// An answer, as the defect has it.
    pub fn inject_into_outcome(&self, outcome: Outcome) -> Outcome {
        match (self.plan.defect, outcome) {
            (Some(Defect::LostTakenForNotSent), Outcome::Unknown) => Outcome::NotSent,
            (Some(Defect::ServerErrorTakenForNotSent), Outcome::Answered { status: 500, body, .. })
                if body.starts_with('{') =>
            {
                Outcome::NotSent
            }
            (Some(Defect::ProxyErrorTakenForChatwoot), Outcome::Answered { status: 500.., .. }) => {
                Outcome::answered(500, json!({ "status": 500, "error": "Bad Gateway" }).to_string(), None)
            }
            (Some(Defect::HistoryPageShort), Outcome::Answered { status, body, retry_after_ms }) => {
                let mut answer: Value = serde_json::from_str(&body).unwrap_or(Value::Null);
                if let Some(page) = answer.as_array_mut().filter(|page| page.len() == 20) {
                    page.remove(0);
                    page.insert(0, json!({ "id": null }));
                }
                let body = if answer.is_null() { body } else { answer.to_string() };
                Outcome::Answered { status, body, retry_after_ms }
            }
            (_, outcome) => outcome,
        }
    }

    /// A send is posted once more without a look at what is there.
    pub fn post_without_reading(&mut self, page: u64, text: &str) {
        let is_it = |(echo, _): &(&String, &HttpRequest)| {
            self.storage.get(&format!("send/{echo}")).is_some_and(|kept| kept.contains("\"posting\":true"))
                && self.submitted.iter().any(|submitted| submitted.is(echo, text))
        };
        let request = self.posted.iter().find(is_it).map(|(_, request)| request.clone());
        if let Some(request) = request.filter(|_| self.plan.defect == Some(Defect::RetryWithoutHistoryRead)) {
            self.send(page, RequestId(u64::MAX), request);
        }
    }

    /// Whether a frame reaches its page.
    pub fn is_frame_lost(&mut self) -> bool {
        self.plan.defect == Some(Defect::FramesDropped) && self.rng.below(20) == 0
    }

    /// What the device kept some time ago.
    pub fn stale_storage(&self) -> Option<Vec<(String, String)>> {
        (self.plan.defect == Some(Defect::StorageReadStale)).then(|| self.storage_before.clone().into_iter().collect())
    }
}

fn inject_into_effect(defect: Defect, effect: Effect) -> Vec<Effect> {
    let is_send = |key: &str| key.starts_with("send/");
    match (defect, effect) {
        (Defect::PostingNotStored, Effect::Save { key, value })
            if is_send(&key) && value.contains("\"posting\":true") =>
        {
            Vec::new()
        }
        (Defect::SubmittedNotStored, Effect::Save { key, value })
            if is_send(&key) && value.contains("\"posting\":false") && value.contains("\"failed\":false") =>
        {
            Vec::new()
        }
        (Defect::NewestIdNotStored, Effect::Save { key, value }) if is_send(&key) => {
            let mut kept: Value = serde_json::from_str(&value).expect("JSON");
            kept["newest"] = Value::Null;
            vec![Effect::Save { key, value: kept.to_string() }]
        }
        (Defect::RecordNeverDeleted, Effect::Delete { key }) if is_send(&key) => Vec::new(),
        (Defect::SessionNotStored, Effect::Save { key, value: _ }) if key == "session" => Vec::new(),
        (Defect::RecordDeletedWhenPosted, Effect::SendRequest { id, request }) => {
            let echo = posted(&request).and_then(|body| Some(body["echo_id"].as_str()?.to_owned()));
            let erased = echo.map(|echo| Effect::Delete { key: format!("send/{echo}") });
            erased.into_iter().chain([Effect::SendRequest { id, request }]).collect()
        }
        (Defect::FilesDeletedWhenPosted, Effect::SendRequest { id, request }) => {
            let scattered = if let Body::Form(_, echo) = &request.body {
                Some(Effect::DeleteFiles { message: echo.clone() })
            } else {
                None
            };
            [Effect::SendRequest { id, request }].into_iter().chain(scattered).collect()
        }
        (Defect::EchoIdReused, Effect::SendRequest { id, mut request }) => {
            if let Some(mut body) = posted(&request).filter(|body| body.get("echo_id").is_some()) {
                body["echo_id"] = json!("always the same");
                request.body = Body::Json(body.to_string());
            }
            vec![Effect::SendRequest { id, request }]
        }
        (Defect::BeforeParameterIgnored, Effect::SendRequest { id, mut request }) => {
            if let Some((newest, _)) = request.url.split_once('?') {
                request.url = newest.to_owned();
            }
            vec![Effect::SendRequest { id, request }]
        }
        (_, effect) => vec![effect],
    }
}

fn posted(request: &HttpRequest) -> Option<Value> {
    match (&request.method, &request.body) {
        (Method::Post, Body::Json(text)) => serde_json::from_str(text).ok(),
        _ => None,
    }
}
