//! The component's props, events and calls, with an element that notes what it is asked. (The real one is in the end-to-end
//! tests.)

use std::cell::RefCell;
use std::fmt::Debug;
use std::rc::Rc;

use leptos::mount::mount_to;
use leptos::prelude::*;
use natter_chat::component::{
    CallError, Load, Mode, Person, Position, Prompt, ReplyTime, Sender, Sound, StatusChange, Theme, User,
};
use natter_chat::{Chat, ChatHandle};
use natter_core::model::Status;
use send_wrapper::SendWrapper;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{CustomEvent, CustomEventInit, Element, HtmlElement};

use crate::page::until;

/// An element that notes its calls; `prefill` is refused.
const FAKE: &str = "customElements.define('natter-chat', class extends HTMLElement {
    calls = [];
    isOpen = true;
    unreadCount = 3;
    static {
        for (const name of ['open', 'close', 'send', 'setUser', 'setCustomAttributes', 'reset']) {
            this.prototype[name] = async function (...given) { this.calls.push([name, ...given]); };
        }
    }
    async prefill() { throw TypeError('no text'); }
    async diagnostics() { return { state: 'idle' }; }
});";

/// A place in the page.
fn place() -> HtmlElement {
    let page = web_sys::window().unwrap().document().unwrap();
    let place: HtmlElement = page.create_element("div").unwrap().unchecked_into();
    page.body().unwrap().append_child(&place).unwrap();
    place
}

fn chat_in(place: &HtmlElement) -> Element {
    place.query_selector("natter-chat").unwrap().expect("the element")
}

fn fire(element: &Element, name: &str, detail: &str) {
    let init = CustomEventInit::new();
    init.set_detail(&js_sys::JSON::parse(detail).unwrap());
    element.dispatch_event(&CustomEvent::new_with_event_init_dict(name, &init).unwrap()).unwrap();
}

fn calls(element: &Element) -> String {
    let calls = js_sys::Reflect::get(element, &JsValue::from_str("calls")).unwrap();
    js_sys::JSON::stringify(&calls).unwrap().into()
}

/// What the callbacks were given.
#[derive(Clone, Default)]
struct Told(Rc<RefCell<Vec<String>>>);

impl Told {
    fn note<T: Debug>(&self, name: &'static str) -> impl Fn(T) + 'static + use<T> {
        let told = self.clone();
        move |given| told.0.borrow_mut().push(format!("{name} {given:?}"))
    }

    fn plainly(&self, name: &'static str) -> impl Fn() + 'static + use<> {
        let told = self.clone();
        move || told.0.borrow_mut().push(name.to_owned())
    }
}

#[wasm_bindgen_test]
async fn props_are_attributes_and_follow_their_signals() {
    let place = place();
    let theme = RwSignal::new(Some(Theme::Dark));
    let mounted = mount_to(place.clone(), move || {
        view! {
            <Chat
                assets="/nowhere/"
                base_url="https://chat.example.test"
                inbox_identifier="abc"
                name="main"
                load=Load::Manual
                needs_consent=false
                mode=Mode::Inline
                language="de"
                position=Position::Left
                theme=theme
                team=vec![Person::from("Ana")]
                reply_time=ReplyTime::Day
                prompts=vec![Prompt { text: "Help?".to_owned(), ..Prompt::default() }]
                sound=Sound::Off
                retention_days=30
            />
        }
    });
    let element = chat_in(&place);
    let has = |name: &str| element.get_attribute(name);
    let expected = [
        ("base-url", "https://chat.example.test"),
        ("inbox-identifier", "abc"),
        ("name", "main"),
        ("load", "manual"),
        ("needs-consent", "false"),
        ("mode", "inline"),
        ("language", "de"),
        ("position", "left"),
        ("theme", "dark"),
        ("team", r#"[{"name":"Ana"}]"#),
        ("reply-time", "day"),
        ("prompts", r#"[{"text":"Help?"}]"#),
        ("sound", "off"),
        ("retention-days", "30"),
    ];
    for (name, value) in expected {
        assert_eq!(has(name).as_deref(), Some(value), "{name}");
    }
    assert_eq!(element.attributes().length() as usize, expected.len(), "and no others");
    theme.set(None);
    until("no theme", || has("theme").is_none()).await;
    drop(mounted);
    assert!(!element.is_connected());
}

#[wasm_bindgen_test]
async fn events_and_calls_have_types_and_end_with_the_component() {
    let place = place();
    let told = Told::default();
    let noted = SendWrapper::new(told.clone());
    let owner = Owner::new();
    let handle = owner.with(ChatHandle::new);
    let user = RwSignal::new(None::<User>);
    handle.open();
    let mount = {
        let (place, noted) = (place.clone(), noted.clone());
        move || {
            let told = Told::clone(&noted);
            mount_to(place.clone(), move || {
                view! {
                    <Chat
                        assets="/nowhere/"
                        base_url="https://chat.example.test"
                        inbox_identifier="abc"
                        user=user
                        handle=handle
                        on_ready=told.plainly("ready")
                        on_opened=told.plainly("opened")
                        on_closed=told.plainly("closed")
                        on_message=told.note("message")
                        on_unread=told.note("unread")
                        on_conversation_started=told.note("started")
                        on_status=told.note("status")
                        on_typing=told.note("typing")
                        on_connection=told.note("connection")
                        on_postback=told.note("postback")
                        on_error=told.note("error")
                    />
                }
            })
        }
    };

    // There is no bundle.
    let mounted = mount();
    until("an error", || !told.0.borrow().is_empty()).await;
    assert_eq!(told.0.take(), [r#"error ChatError { name: "load-failed" }"#]);
    drop(mounted);

    js_sys::Function::new_no_args(FAKE).call0(&JsValue::UNDEFINED).unwrap();
    let mounted = mount();
    let element = chat_in(&place);
    until("the call before", || calls(&element) == r#"[["open"]]"#).await;
    assert!(handle.is_open() && handle.unread_count() == 3);
    user.set(Some(User { name: Some("Ana".to_owned()), ..User::default() }));
    until("the user", || calls(&element).ends_with(r#",["setUser",{"name":"Ana"}]]"#)).await;
    user.set(None);
    until("no user", || calls(&element).ends_with(r#",["reset"]]"#)).await;
    assert_eq!(handle.send("Hi").await, Ok(()));
    handle.close();
    assert!(calls(&element).ends_with(r#",["send","Hi"],["close"]]"#), "{}", calls(&element));
    assert_eq!(handle.prefill("x").await.map_err(|error: CallError| error.to_string()), Err("no text".to_owned()));
    assert_eq!(handle.diagnostics().await.unwrap(), r#"{"state":"idle"}"#);

    fire(&element, "natter-ready", r#"{"v":1}"#);
    fire(&element, "natter-opened", r#"{"v":1}"#);
    fire(&element, "natter-closed", r#"{"v":1}"#);
    let message =
        r#"{"v":1,"id":7,"conversation":null,"from":"agent","name":"Noor","text":"Hi","files":2,"at":1795262400}"#;
    fire(&element, "natter-message", message);
    fire(&element, "natter-unread", r#"{"v":1,"count":2}"#);
    fire(&element, "natter-conversation-started", r#"{"v":1,"conversation":5}"#);
    fire(&element, "natter-status", r#"{"v":1,"conversation":5,"status":"snoozed"}"#);
    fire(&element, "natter-typing", r#"{"v":1,"isTyping":true,"name":"Noor"}"#);
    fire(&element, "natter-connection", r#"{"v":1,"trouble":null}"#);
    fire(&element, "natter-postback", r#"{"v":1,"message":7,"title":"Yes","value":"y"}"#);
    fire(&element, "natter-error", r#"{"v":1,"name":"offline"}"#);
    let message = format!(
        "message Message {{ id: 7, conversation: None, from: {:?}, name: \"Noor\", text: \"Hi\", files: 2, at: 1795262400 }}",
        Sender::Agent
    );
    let status = format!("status {:?}", StatusChange { conversation: 5, status: Status::Snoozed });
    let expected = [
        "ready",
        "opened",
        "closed",
        &message,
        "unread 2",
        "started 5",
        &status,
        r#"typing Typing { is_typing: true, name: "Noor" }"#,
        "connection Connection { trouble: None }",
        r#"postback Postback { message: 7, title: "Yes", value: "y" }"#,
        r#"error ChatError { name: "offline" }"#,
    ];
    assert_eq!(told.0.take(), expected);

    drop(mounted);
    assert!(!element.is_connected());
    fire(&element, "natter-ready", r#"{"v":1}"#);
    assert!(told.0.borrow().is_empty(), "its callbacks are gone");
    assert!(!handle.is_open());
    handle.open();
    assert!(!calls(&element).ends_with(r#"["open"]]"#), "a call waits for the next element");
    let mounted = mount();
    let next = chat_in(&place);
    until("the call for it", || calls(&next) == r#"[["open"]]"#).await;
    drop(mounted);
    owner.cleanup();
}
