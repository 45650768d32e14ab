//! The WebSocket to `/cable`.

use js_sys::Reflect;
use natter_core::event::ConnectionEvent;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{MessageEvent, WebSocket};

use super::Reporter;
use natter_core::{Event, SocketEvent, SocketId};

/// Chatwoot's frames have a few kB; a conversation frame holds one message of at most 150,000 characters.
const FRAME_CHARS_MAX: u32 = 2_000_000;

/// The open socket: the core opens one at a time, and closes each.
#[derive(Default)]
pub struct Sockets(Option<Socket>);

/// A socket with its callbacks, which must live as long as it does.
struct Socket {
    id: SocketId,
    socket: WebSocket,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_end: Closure<dyn FnMut()>,
}

impl Sockets {
    /// Opens a socket, and reports what happens to it.
    pub fn connect(&mut self, id: SocketId, url: &str, report: &Reporter) {
        match open(id, url, report) {
            Ok(socket) => self.0 = Some(socket),
            Err(_) => report(Event::Connection(ConnectionEvent::Socket { socket: id, event: SocketEvent::Closed })),
        }
    }

    /// Sends a text frame; a socket that can't send it reports its end by itself.
    pub fn transmit(&self, id: SocketId, text: &str) {
        if let Some(open) = self.0.as_ref().filter(|open| open.id == id) {
            let _ = open.socket.send_with_str(text);
        }
    }

    /// Closes a socket, and reports nothing more of it.
    pub fn disconnect(&mut self, id: SocketId) {
        if self.0.as_ref().is_some_and(|open| open.id == id) {
            self.close_all();
        }
    }

    /// Closes the socket that is open.
    pub fn close_all(&mut self) {
        if let Some(open) = self.0.take() {
            let _ = open.socket.close();
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // The callbacks are dropped with this value: the browser must not call them any more.
        let _ = listen(&self.socket, &JsValue::NULL, &JsValue::NULL);
    }
}

/// Sets the socket's callbacks. By `Reflect`, which returns what a page's own `WebSocket` throws.
fn listen(socket: &WebSocket, on_message: &JsValue, on_close: &JsValue) -> Result<bool, JsValue> {
    Reflect::set(socket, &"onmessage".into(), on_message)?;
    Reflect::set(socket, &"onclose".into(), on_close)
}

fn open(id: SocketId, url: &str, report: &Reporter) -> Result<Socket, JsValue> {
    let socket = WebSocket::new_with_str(url, "actioncable-v1-json")?;
    let on_frame = report.clone();
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        // The length is checked before the text is copied.
        let Some(text) = event
            .data()
            .dyn_ref::<js_sys::JsString>()
            .filter(|text| text.length() <= FRAME_CHARS_MAX)
            .map(String::from)
        else {
            return;
        };
        on_frame(Event::Connection(ConnectionEvent::Socket { socket: id, event: SocketEvent::Frame(text) }));
    });
    let on_close = report.clone();
    let on_end = Closure::<dyn FnMut()>::new(move || {
        on_close(Event::Connection(ConnectionEvent::Socket { socket: id, event: SocketEvent::Closed }))
    });
    listen(&socket, on_message.as_ref(), on_end.as_ref())?;
    Ok(Socket { id, socket, _on_message: on_message, _on_end: on_end })
}
