//! Planted defects, applied between the core and the simulator: mistakes that a change in the core or the platform
//! could make. The simulation must detect each of them.

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

/// The defects, and what each does.
pub const DEFECTS: [(Defect, &str); 21] = [
    (Defect::PostingNotStored, "the record of a message is not updated when its POST leaves"),
    (Defect::SubmittedNotStored, "a message is stored only when it is posted"),
    (Defect::RequestBeforeSave, "requests leave before the records they depend on are stored"),
    (Defect::RecordDeletedWhenPosted, "the record of a message is deleted when its POST leaves"),
    (Defect::RecordNeverDeleted, "the record of a message is never deleted"),
    (Defect::NewestIdNotStored, "the newest message id at the time of a POST is not stored"),
    (Defect::LostTakenForNotSent, "a lost connection is taken for a request that was not sent"),
    (Defect::EchoIdReused, "all messages have the same echo_id"),
    (Defect::SessionNotStored, "the session is not stored"),
    (Defect::FramesDropped, "one frame in twenty is dropped"),
    (Defect::HistoryPageShort, "the oldest message of a history page is dropped"),
    (Defect::BeforeParameterIgnored, "the `before` parameter of history requests is ignored"),
    (Defect::StoredNotBroadcast, "stored records are not broadcast to other tabs"),
    (Defect::FramesNotBroadcast, "the leader's cable frames are not broadcast to followers"),
    (Defect::LeadershipNotQueried, "lock queries are always answered with yes"),
    (Defect::LockGrantedToAll, "every tab is granted the lock"),
    (Defect::StorageReadStale, "a new leader reads storage as it was some seconds ago"),
    (Defect::FilesDeletedWhenPosted, "the files of a message are deleted when its POST leaves"),
    (Defect::ServerErrorTakenForNotSent, "a server error of Chatwoot is taken for a request that was not sent"),
    (Defect::ProxyErrorTakenForChatwoot, "a proxy's error page is taken for a server error of Chatwoot"),
    (Defect::RetryWithoutHistoryRead, "a retry of the visitor is posted without reading history first"),
];

impl Simulator {
    /// Applies the planted defect to the effects of an update.
    pub fn inject_defect(&mut self, effects: Vec<Effect>) -> Vec<Effect> {
        let Some(defect) = self.plan.defect else { return effects };
        let mut changed: Vec<Effect> =
            effects.into_iter().flat_map(|effect| inject_into_effect(defect, effect)).collect();
        if defect == Defect::RequestBeforeSave {
            // The sort is stable: all other effects keep their order.
            changed.sort_by_key(|effect| !matches!(effect, Effect::SendRequest { .. }));
        }
        changed
    }

    /// Whether this message to other tabs is broadcast.
    pub fn is_broadcast(&self, text: &str) -> bool {
        let message: Value = serde_json::from_str(text).expect("tabs talk JSON");
        !match self.plan.defect {
            Some(Defect::StoredNotBroadcast) => message.get("stored").is_some(),
            Some(Defect::FramesNotBroadcast) => message.get("cable_frame").is_some(),
            _ => false,
        }
    }

    /// Applies the planted defect to a response.
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

    /// Posts a message once more without reading history first, if that is the planted defect.
    pub fn post_without_reading(&mut self, page: u64, text: &str) {
        let is_it = |(echo, _): &(&String, &HttpRequest)| {
            self.storage.get(&format!("send/{echo}")).is_some_and(|record| record.contains("\"posting\":true"))
                && self.submitted.iter().any(|submitted| submitted.is(echo, text))
        };
        let request = self.posted.iter().find(is_it).map(|(_, request)| request.clone());
        if let Some(request) = request.filter(|_| self.plan.defect == Some(Defect::RetryWithoutHistoryRead)) {
            self.send(page, RequestId(u64::MAX), request);
        }
    }

    /// Whether the planted defect drops this frame.
    pub fn is_frame_lost(&mut self) -> bool {
        self.plan.defect == Some(Defect::FramesDropped) && self.rng.below(20) == 0
    }

    /// An earlier state of the storage, if that is the planted defect.
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
            let mut record: Value = serde_json::from_str(&value).expect("JSON");
            record["newest"] = Value::Null;
            vec![Effect::Save { key, value: record.to_string() }]
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
