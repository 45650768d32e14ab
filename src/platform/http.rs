//! HTTP requests, by the page's `fetch`. Its responses are read through gloo-net. gloo-net's own requests pass a `Request`
//! object to `fetch`, which breaks wrappers in pages that parse the address, and can't tell whether a wrapper that threw an
//! exception had sent the body: so the call itself is this module's.

use natter_core::event::ConnectionEvent;
use std::cell::Cell;
use std::rc::Rc;

use gloo_net::http::Response;
use js_sys::{Object, Reflect, Uint8Array};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{AbortController, AbortSignal, ReadableStream, ReadableStreamDefaultReader};

use super::Reporter;
use super::uploads::Uploads;
use crate::js::{method, object, settled};
use natter_core::chatwoot::{Body, HttpRequest, Method};
use natter_core::{Event, Outcome, RequestId};

/// The requests under way, each with the controller that aborts it.
#[derive(Default)]
pub struct Requests(Vec<(RequestId, AbortController)>);

impl Requests {
    /// Makes a request, and reports its end.
    pub fn send(&mut self, id: RequestId, request: HttpRequest, uploads: &Uploads, report: Reporter) {
        let abort = AbortController::new().ok();
        let signal = abort.as_ref().map(AbortController::signal);
        if let Some(abort) = abort {
            // Requests that have ended are dropped here: that is cheaper than being told of each end.
            if self.0.len() >= CONTROLLERS_MAX {
                self.0.remove(0);
            }
            self.0.push((id, abort));
        }
        match &request.body {
            Body::Form(fields, echo) => uploads.post((id, echo), &request.url, fields, signal.as_ref(), report),
            Body::None | Body::Json(_) => wasm_bindgen_futures::spawn_local(async move {
                report(Event::Connection(ConnectionEvent::RequestEnded {
                    request: id,
                    outcome: make(request, signal.as_ref()).await,
                }));
            }),
        }
    }

    /// Aborts a request.
    pub fn abort(&mut self, id: RequestId) {
        for (_, abort) in self.0.extract_if(.., |(other, _)| *other == id) {
            abort.abort();
        }
    }

    /// Aborts every request.
    pub fn abort_all(&mut self) {
        for (_, abort) in self.0.drain(..) {
            abort.abort();
        }
    }
}

/// Far more requests than are ever under way together.
const CONTROLLERS_MAX: usize = 32;

/// Finds out whether anything answers at an address, and reports it. The answer itself can't be read (`no-cors`).
pub fn probe(url: String, report: Reporter) {
    wasm_bindgen_futures::spawn_local(async move {
        let outcome = make(HttpRequest { method: Method::Probe, url, body: Body::None, read_until: None }, None).await;
        report(Event::Connection(ConnectionEvent::ProbeEnded {
            is_reachable: matches!(outcome, Outcome::Answered { .. }),
        }));
    });
}

async fn make(request: HttpRequest, signal: Option<&AbortSignal>) -> Outcome {
    let Some(window) = web_sys::window().filter(|window| window.navigator().on_line()) else {
        return Outcome::NotSent;
    };
    let Some(fetch) = method(&window, "fetch") else { return Outcome::NotSent };
    let init = options(&request, signal);
    let body = if let Body::Json(text) = &request.body { WatchedBody::add(&init, text) } else { None };
    // The address as text: page scripts that wrap `fetch` often parse it, and don't expect a `HttpRequest`.
    let answer = match fetch.call2(&window, &request.url.into(), &init) {
        Ok(promise) => settled(promise).await,
        Err(thrown) => Err(thrown),
    };
    match answer {
        Ok(response) => answered(&response, request.read_until).await,
        // A body that was not read can't have been sent: the page's wrapper of `fetch` failed before it called the browser.
        Err(_) if body.is_some_and(|body| !body.is_read.get()) => Outcome::NotSent,
        // The browser only says that it failed: unreachable, cut off, or withheld by CORS after the server had done it.
        Err(_) => Outcome::Unknown,
    }
}

/// A request's body that notes whether it was read.
struct WatchedBody {
    is_read: Rc<Cell<bool>>,
    _getter: Closure<dyn FnMut() -> JsValue>,
}

impl WatchedBody {
    /// Sets the body in `fetch` options, as a getter. Where a page has broken `Object`, it is set as a plain value.
    fn add(init: &Object, text: &str) -> Option<Self> {
        let is_read = Rc::new(Cell::new(false));
        let (mark, text) = (Rc::clone(&is_read), JsValue::from_str(text));
        let body = text.clone();
        let getter = Closure::<dyn FnMut() -> JsValue>::new(move || {
            mark.set(true);
            text.clone()
        });
        let property = object(&[("get", getter.as_ref().clone()), ("enumerable", JsValue::TRUE)]);
        if Reflect::define_property(init, &"body".into(), &property).is_ok_and(|is_defined| is_defined) {
            return Some(Self { is_read, _getter: getter });
        }
        // Setting a property of a fresh object can't fail.
        let _ = Reflect::set(init, &"body".into(), &body);
        None
    }
}

fn options(request: &HttpRequest, signal: Option<&AbortSignal>) -> Object {
    let method = match request.method {
        Method::Get | Method::Probe => "GET",
        Method::Post => "POST",
        Method::Patch => "PATCH",
    };
    let mode = if request.method == Method::Probe { "no-cors" } else { "cors" };
    // Every option is named: a page may have given `Object.prototype` a property of that name.
    let mut init = vec![
        ("method", method.into()),
        ("mode", mode.into()),
        ("cache", "default".into()),
        ("credentials", "omit".into()),
        ("referrerPolicy", "no-referrer".into()),
    ];
    // Chatwoot answers bad input with JSON only for exactly this value.
    let mut headers = vec![("Accept", "application/json".into())];
    if let Body::Json(_) = &request.body {
        headers.push(("Content-Type", "application/json".into()));
    }
    init.push(("headers", object(&headers).into()));
    if let Some(signal) = signal {
        init.push(("signal", signal.into()));
    }
    object(&init)
}

async fn answered(response: &JsValue, read_until: Option<&str>) -> Outcome {
    let member = |name: &str| Reflect::get(response, &name.into()).unwrap_or_default();
    // The page's wrapper of `fetch` may return anything.
    if member("status").as_f64().is_none() {
        return Outcome::Unknown;
    }
    let has_headers = method(&member("headers"), "get").is_some();
    let read = Response::from(response.clone().unchecked_into::<web_sys::Response>());
    let retry_after = if has_headers { read.headers().get("Retry-After") } else { None };
    let body = match read.body().filter(|body| body.is_object()) {
        Some(stream) => text_of_stream(&stream, read_until).await,
        None => text_of(response).await,
    };
    body.map_or(Outcome::Unknown, |body| Outcome::answered(read.status(), body, retry_after.as_deref()))
}

/// A page of the longest messages is a fifth of this; Chatwoot sends nothing longer.
const BODY_BYTES_MAX: usize = 16_000_000;

/// Reads the body up to these words, if there are any: the rest is not waited for. `None` where it is cut off or too long.
async fn text_of_stream(body: &ReadableStream, until: Option<&str>) -> Option<String> {
    let reader: ReadableStreamDefaultReader = method(body, "getReader")?.call0(body).ok()?.unchecked_into();
    let mut bytes = Vec::new();
    let is_whole = loop {
        let part = settled(reader.read().into()).await.ok()?;
        let part = Reflect::get(&part, &"value".into()).ok()?;
        if part.is_undefined() {
            break true;
        }
        let part: Uint8Array = part.unchecked_into();
        // The part before was searched: it can only end with the beginning of the words.
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
        // Whether the stream has stopped makes no difference.
        drop(reader.cancel());
    }
    (is_whole || !bytes.is_empty()).then(|| String::from_utf8_lossy(&bytes).into_owned())
}

/// The body of a response without a stream: empty, or made up by the page's wrapper of `fetch`, whose functions may throw
/// exceptions and return anything.
async fn text_of(response: &JsValue) -> Option<String> {
    let Some(text) = method(response, "text") else { return Some(String::new()) };
    settled(text.call0(response).ok()?).await.ok()?.as_string().filter(|text| text.len() <= BODY_BYTES_MAX)
}

/// Whether browsers refuse requests to this address as mixed content: it is http, and the page https.
pub fn is_mixed_content(base_url: &str) -> bool {
    let is_secure = web_sys::window().and_then(|window| window.location().protocol().ok()).as_deref() == Some("https:");
    let host = base_url.strip_prefix("http://").unwrap_or_default();
    is_secure && !host.is_empty() && !host.starts_with("localhost") && !host.starts_with("127.")
}
