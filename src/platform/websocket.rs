//! The socket to `/cable`.

use js_sys::Reflect;
use natter_core::event::ConnectionEvent;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{MessageEvent, WebSocket};

use super::Reporter;
use natter_core::{Event, SocketEvent, SocketId};

/// Chatwoot's own frames are a few kB; a conversation frame holds one message of at most 150,000 characters.
const FRAME_CHARS_MAX: u32 = 2_000_000;

/// The open socket: the core wants one at a time, and says goodbye to each.
#[derive(Default)]
pub struct Sockets(Option<Socket>);

/// A socket with the closures it calls, which must live as long as it does.
struct Socket {
    link: SocketId,
    socket: WebSocket,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_end: Closure<dyn FnMut()>,
}

impl Sockets {
    /// Opens a socket and reports what comes of it.
    pub fn connect(&mut self, link: SocketId, url: &str, report: &Reporter) {
        match open(link, url, report) {
            Ok(socket) => self.0 = Some(socket),
            Err(_) => report(Event::Connection(ConnectionEvent::Socket { socket: link, event: SocketEvent::Closed })),
        }
    }

    /// Sends text; a socket that can't take it will report its end by itself.
    pub fn transmit(&self, link: SocketId, text: &str) {
        if let Some(open) = self.0.as_ref().filter(|open| open.link == link) {
            let _ = open.socket.send_with_str(text);
        }
    }

    /// Closes a socket without a further word.
    pub fn disconnect(&mut self, link: SocketId) {
        if self.0.as_ref().is_some_and(|open| open.link == link) {
            self.close_all();
        }
    }

    /// Closes whatever is open.
    pub fn close_all(&mut self) {
        if let Some(open) = self.0.take() {
            let _ = open.socket.close();
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // The closures end with this value: the browser must not call them any more.
        let _ = listen(&self.socket, &JsValue::NULL, &JsValue::NULL);
    }
}

/// Sets what the socket calls. Done by `Reflect`, which reports what a page's own `WebSocket` throws.
fn listen(socket: &WebSocket, on_message: &JsValue, on_close: &JsValue) -> Result<bool, JsValue> {
    Reflect::set(socket, &"onmessage".into(), on_message)?;
    Reflect::set(socket, &"onclose".into(), on_close)
}

fn open(link: SocketId, url: &str, report: &Reporter) -> Result<Socket, JsValue> {
    let socket = WebSocket::new_with_str(url, "actioncable-v1-json")?;
    let on_frame = report.clone();
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        // Its length is looked at before it is copied.
        let Some(text) = event
            .data()
            .dyn_ref::<js_sys::JsString>()
            .filter(|text| text.length() <= FRAME_CHARS_MAX)
            .map(String::from)
        else {
            return;
        };
        on_frame(Event::Connection(ConnectionEvent::Socket { socket: link, event: SocketEvent::Frame(text) }));
    });
    let on_close = report.clone();
    let on_end = Closure::<dyn FnMut()>::new(move || {
        on_close(Event::Connection(ConnectionEvent::Socket { socket: link, event: SocketEvent::Closed }))
    });
    listen(&socket, on_message.as_ref(), on_end.as_ref())?;
    Ok(Socket { link, socket, _on_message: on_message, _on_end: on_end })
}
