//! Deliberate defects, between the core and its world: mistakes that a change in the core or the shell could make.
//! Each must be found, or the simulation proves nothing.

use natter_core::chatwoot::{Body, HttpRequest, Method};
use natter_core::{Effect, Outcome, RequestId};
use serde_json::{Value, json};

use crate::simulator::World;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Defect {
    PostingNotKept,
    SubmittedNotKept,
    CallBeforeSave,
    ErasedWhenPosted,
    NeverErased,
    NewestForgotten,
    LostIsUnsent,
    EchoReused,
    SessionNotKept,
    FramesLost,
    HistoryShort,
    BeforeIgnored,
    KeptNotTold,
    FramesNotTold,
    ConfirmedUnasked,
    LockForAll,
    DeviceReadLate,
    FilesLetGo,
    FaultIsUnsent,
    ProxyBelieved,
    SentAgainUnread,
}

/// The defects, and what each is.
pub const DEFECTS: [(Defect, &str); 21] = [
    (Defect::PostingNotKept, "that a send is being posted is not written down"),
    (Defect::SubmittedNotKept, "a send is written down only when it is posted"),
    (Defect::CallBeforeSave, "requests leave before what they depend on is written down"),
    (Defect::ErasedWhenPosted, "a send is forgotten when its request leaves"),
    (Defect::NeverErased, "a send is never forgotten"),
    (Defect::NewestForgotten, "what was the newest message when a post began is not written down"),
    (Defect::LostIsUnsent, "a connection that was lost is taken for one that was never made"),
    (Defect::EchoReused, "two sends have one echo_id"),
    (Defect::SessionNotKept, "who we are is not written down"),
    (Defect::FramesLost, "one frame in twenty is dropped"),
    (Defect::HistoryShort, "of a page of history the oldest message is dropped"),
    (Defect::BeforeIgnored, "a page of history is always the newest"),
    (Defect::KeptNotTold, "tabs are not told what others write down"),
    (Defect::FramesNotTold, "followers are not told what the leader hears"),
    (Defect::ConfirmedUnasked, "a leader takes itself for one without asking"),
    (Defect::LockForAll, "every tab leads"),
    (Defect::DeviceReadLate, "a new leader is told what the device kept some seconds ago"),
    (Defect::FilesLetGo, "a send's files are forgotten when its request leaves"),
    (Defect::FaultIsUnsent, "what Chatwoot failed in is taken for not stored without looking"),
    (Defect::ProxyBelieved, "a proxy's page of an error is taken for Chatwoot's word that the request is over"),
    (Defect::SentAgainUnread, "what the visitor wants sent again is posted without reading first"),
];

impl World {
    /// The effects of a turn, as the defect has them.
    pub fn spoil(&mut self, effects: Vec<Effect>) -> Vec<Effect> {
        let Some(defect) = self.plan.defect else { return effects };
        let mut spoilt: Vec<Effect> = effects.into_iter().flat_map(|effect| spoil_one(defect, effect)).collect();
        if defect == Defect::CallBeforeSave {
            // A stable sort: all else stays in order.
            spoilt.sort_by_key(|effect| !matches!(effect, Effect::SendRequest { .. }));
        }
        spoilt
    }

    /// Whether this word is said at all.
    pub fn is_said(&self, text: &str) -> bool {
        let word: Value = serde_json::from_str(text).expect("tabs talk JSON");
        !match self.plan.defect {
            Some(Defect::KeptNotTold) => word["say"] == "kept",
            Some(Defect::FramesNotTold) => word["say"] == "frame",
            _ => false,
        }
    }

    /// An answer, as the defect has it.
    pub fn spoil_outcome(&self, outcome: Outcome) -> Outcome {
        match (self.plan.defect, outcome) {
            (Some(Defect::LostIsUnsent), Outcome::Unknown) => Outcome::NotSent,
            (Some(Defect::FaultIsUnsent), Outcome::Answered { status: 500, body, .. }) if body.starts_with('{') => {
                Outcome::NotSent
            }
            (Some(Defect::ProxyBelieved), Outcome::Answered { status: 500.., .. }) => {
                Outcome::answered(500, json!({ "status": 500, "error": "Bad Gateway" }).to_string(), None)
            }
            (Some(Defect::HistoryShort), Outcome::Answered { status, body, retry_after_ms }) => {
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
    pub fn post_unread(&mut self, page: u64, text: &str) {
        let is_it = |(echo, _): &(&String, &HttpRequest)| {
            self.storage.get(&format!("send/{echo}")).is_some_and(|kept| kept.contains("\"posting\":true"))
                && self.submitted.iter().any(|submitted| submitted.is(echo, text))
        };
        let request = self.posted.iter().find(is_it).map(|(_, request)| request.clone());
        if let Some(request) = request.filter(|_| self.plan.defect == Some(Defect::SentAgainUnread)) {
            self.send(page, RequestId(u64::MAX), request);
        }
    }

    /// Whether a frame reaches its page.
    pub fn is_frame_lost(&mut self) -> bool {
        self.plan.defect == Some(Defect::FramesLost) && self.chance.below(20) == 0
    }

    /// What the device kept some time ago.
    pub fn stale_kept(&self) -> Option<Vec<(String, String)>> {
        (self.plan.defect == Some(Defect::DeviceReadLate)).then(|| self.storage_before.clone().into_iter().collect())
    }
}

fn spoil_one(defect: Defect, effect: Effect) -> Vec<Effect> {
    let is_send = |key: &str| key.starts_with("send/");
    match (defect, effect) {
        (Defect::PostingNotKept, Effect::Save { key, value })
            if is_send(&key) && value.contains("\"posting\":true") =>
        {
            Vec::new()
        }
        (Defect::SubmittedNotKept, Effect::Save { key, value })
            if is_send(&key) && value.contains("\"posting\":false") && value.contains("\"failed\":false") =>
        {
            Vec::new()
        }
        (Defect::NewestForgotten, Effect::Save { key, value }) if is_send(&key) => {
            let mut kept: Value = serde_json::from_str(&value).expect("JSON");
            kept["newest"] = Value::Null;
            vec![Effect::Save { key, value: kept.to_string() }]
        }
        (Defect::NeverErased, Effect::Delete { key }) if is_send(&key) => Vec::new(),
        (Defect::SessionNotKept, Effect::Save { key, value: _ }) if key == "session" => Vec::new(),
        (Defect::ErasedWhenPosted, Effect::SendRequest { id, request }) => {
            let echo = posted(&request).and_then(|body| Some(body["echo_id"].as_str()?.to_owned()));
            let erased = echo.map(|echo| Effect::Delete { key: format!("send/{echo}") });
            erased.into_iter().chain([Effect::SendRequest { id, request }]).collect()
        }
        (Defect::FilesLetGo, Effect::SendRequest { id, request }) => {
            let scattered = if let Body::Form(_, echo) = &request.body {
                Some(Effect::DeleteFiles { message: echo.clone() })
            } else {
                None
            };
            [Effect::SendRequest { id, request }].into_iter().chain(scattered).collect()
        }
        (Defect::EchoReused, Effect::SendRequest { id, mut request }) => {
            if let Some(mut body) = posted(&request).filter(|body| body.get("echo_id").is_some()) {
                body["echo_id"] = json!("always the same");
                request.body = Body::Json(body.to_string());
            }
            vec![Effect::SendRequest { id, request }]
        }
        (Defect::BeforeIgnored, Effect::SendRequest { id, mut request }) => {
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
