//! HTTP requests.

use js_sys::{Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, AbortSignal, ReadableStreamDefaultReader, Request as Fetch, Response};

use super::Reporter;
use super::files::Files;
use crate::core::wire::{Body, Method, Request};
use crate::core::{CallId, Event, Outcome};
use crate::js::object;

/// The requests under way.
#[derive(Default)]
pub struct Calls(Vec<(CallId, AbortController)>);

impl Calls {
    /// Makes a request and reports how it ended.
    pub fn call(&mut self, id: CallId, request: Request, files: &Files, report: Reporter) {
        let abort = AbortController::new().ok();
        let signal = abort.as_ref().map(AbortController::signal);
        if let Some(abort) = abort {
            // Those that ended are of no use any more, but dropping them is cheaper than being told of each end.
            if self.0.len() >= KEPT_MAX {
                self.0.remove(0);
            }
            self.0.push((id, abort));
        }
        match &request.body {
            Body::Form(fields, echo) => files.post((id, echo), &request.url, fields, signal.as_ref(), report),
            Body::None | Body::Json(_) => wasm_bindgen_futures::spawn_local(async move {
                report(Event::Replied(id, make(request, signal.as_ref()).await));
            }),
        }
    }

    /// Drops a request.
    pub fn abort(&mut self, id: CallId) {
        for (_, abort) in self.0.extract_if(.., |(other, _)| *other == id) {
            abort.abort();
        }
    }

    /// Drops all.
    pub fn abort_all(&mut self) {
        for (_, abort) in self.0.drain(..) {
            abort.abort();
        }
    }
}

/// Far more than are ever under way together.
const KEPT_MAX: usize = 32;

/// Sees whether anything answers at this address. What it answers the page is not let read, and needn't.
pub fn probe(url: String, report: Reporter) {
    wasm_bindgen_futures::spawn_local(async move {
        let outcome = make(Request { method: Method::Probe, url, body: Body::None, read_until: None }, None).await;
        report(Event::Probed(matches!(outcome, Outcome::Answered { .. })));
    });
}

async fn make(request: Request, signal: Option<&AbortSignal>) -> Outcome {
    let Some(window) = web_sys::window().filter(|window| window.navigator().on_line()) else {
        return Outcome::NeverLeft;
    };
    let Ok(fetch) = fetchable(&request, signal) else { return Outcome::NeverLeft };
    match JsFuture::from(window.fetch_with_request(&fetch)).await {
        Ok(response) => answered(&response.unchecked_into(), request.read_until).await,
        // A browser says no more than that it failed: unreachable, cut off, or blocked by CORS after all was done.
        Err(_) => Outcome::Unclear,
    }
}

fn fetchable(request: &Request, signal: Option<&AbortSignal>) -> Result<Fetch, JsValue> {
    let mut init = vec![("credentials", "omit".into()), ("referrerPolicy", "no-referrer".into())];
    // Chatwoot answers bad input with JSON only when asked for exactly this.
    let mut headers = vec![("Accept", "application/json".into())];
    if let Body::Json(text) = &request.body {
        headers.push(("Content-Type", "application/json".into()));
        init.push(("body", text.into()));
    }
    init.push(("headers", object(&headers).into()));
    match request.method {
        Method::Get => {}
        Method::Post => init.push(("method", "POST".into())),
        Method::Patch => init.push(("method", "PATCH".into())),
        Method::Probe => init.push(("mode", "no-cors".into())),
    }
    if let Some(signal) = signal {
        init.push(("signal", signal.into()));
    }
    Fetch::new_with_str_and_init(&request.url, object(&init).unchecked_ref())
}

async fn answered(response: &Response, read_until: Option<&str>) -> Outcome {
    let retry_after = response.headers().get("Retry-After").ok().flatten();
    let status = response.status();
    match read(response, read_until).await {
        Some(body) => Outcome::answered(status, body, retry_after.as_deref()),
        None => Outcome::Unclear,
    }
}

/// A page of the longest messages there are is a fifth of this; what is longer is nothing Chatwoot says.
const BODY_BYTES_MAX: usize = 16_000_000;

/// The body, or what of it comes before these words: the rest is not waited for.
async fn read(response: &Response, until: Option<&str>) -> Option<String> {
    let Some(body) = response.body() else { return Some(String::new()) };
    let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
    let mut bytes = Vec::new();
    let is_whole = loop {
        let part = JsFuture::from(reader.read()).await.ok()?;
        let Ok(part) = Reflect::get(&part, &"value".into()).ok()?.dyn_into::<Uint8Array>() else { break true };
        // What was looked through before can only hold the beginning of the words.
        let looked = bytes.len().saturating_sub(until.map_or(0, str::len));
        bytes.extend(part.to_vec());
        let found =
            until.and_then(|words| bytes.get(looked..)?.windows(words.len()).position(|at| at == words.as_bytes()));
        if let Some(end) = found {
            bytes.truncate(looked + end);
            break false;
        }
        if bytes.len() > BODY_BYTES_MAX {
            bytes.clear();
            break false;
        }
    };
    if !is_whole {
        // Nobody waits for it to have stopped.
        drop(reader.cancel());
    }
    (is_whole || !bytes.is_empty()).then(|| String::from_utf8_lossy(&bytes).into_owned())
}
