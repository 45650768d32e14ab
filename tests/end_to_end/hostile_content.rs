//! Texts and responses of an attacker, through a real server into a real browser, on a page whose policy reports every
//! script and style that is not allowed.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::conversation_harness::TestConversation;
use crate::fault_proxy::{ErrorResponse, FaultProxy, socket};
use crate::message_list::NODES;
use crate::payloads::payloads;
use crate::support::Sandbox;
use crate::visitor::Visitor;

/// All elements of the widget except those of launcher and panel themselves (JavaScript).
const ELEMENTS: &str = "a audio blockquote button code dd details div dl dt em fieldset form h2 header i img input label legend \
                        li ol option p path pre progress s select span table td th tr strong summary svg textarea time ul video";

/// Elements that the widget never creates: scripts, frames, forms to other pages, styles.
const ATTRIBUTES: &str = "alt aria-checked aria-controls aria-current aria-expanded aria-hidden aria-label aria-posinset aria-pressed aria-setsize autocomplete checked class \
                          controls d datetime decoding dir disabled enterkeyhint height hidden href id lang loading max \
                          multiple name part placeholder playsinline pattern preload referrerpolicy rel required role \
                          rows selected src start tabindex target title type value viewBox width data-failures data-gone data-text";

/// Faults of the widget's elements, a sentence each (JavaScript).
const FAULTS: &str = r#"(() => {
  const [elements, attributes] = [new Set(ELEMENTS.split(/\s+/)), new Set(ATTRIBUTES.split(/\s+/))];
  const faults = [];
  for (const it of root.querySelectorAll("*")) {
    const must = (isSo, fault) => isSo || faults.push(`${fault}: ${it.outerHTML.slice(0, 200)}`);
    must(elements.has(it.localName), "an element of another kind");
    must(["http://www.w3.org/1999/xhtml", "http://www.w3.org/2000/svg"].includes(it.namespaceURI), "another language");
    for (const { name } of it.attributes) must(attributes.has(name), `an attribute ${name}`);
    must(!it.id || it.id === "panel", "an id");
    if (it.hasAttribute("href")) {
      must(["http:", "https:", "mailto:", "tel:"].includes(it.protocol), "a link elsewhere");
      must(it.target === "_blank" && ["noopener", "noreferrer"].every((rel) => it.relList.contains(rel)), "it tells");
    }
    if (it.hasAttribute("src")) must(/^https?:$/.test(new URL(it.src).protocol), "a picture of nowhere");
    if (it.localName === "img") must(it.referrerPolicy === "no-referrer" && it.loading === "lazy", "it tells, too");
  }
  return faults;
})()"#;

/// Asserts that no script ran, no dialog was shown, the page has no new element, and no URL from a text was requested.
const TRACES: &str = r#"({
  pwned: window.pwned ?? null,
  asked: window.asked,
  violations: window.violations,
  document: document.querySelectorAll("*").length - window.before,
  fetched: performance.getEntriesByType("resource").map(({ name }) => name).filter((name) => name.includes("pixel")),
})"#;

const WATCH: &str = "(window.asked = [], window.violations = [], window.before = document.querySelectorAll('*').length,
  ['alert', 'confirm', 'prompt', 'open', 'print'].forEach((name) => window[name] = () => { asked.push(name); }),
  addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sample }) =>
    violations.push([violatedDirective, blockedURI, sample])), null)";

/// Gives the agent this name.
const PEOPLE: &str = r#"
[account]
name = "<img src=x onerror=pwned=1>"

[[agents]]
name = '"><script>pwned=1</script><img src=x onerror=pwned=1>'
email = "robin@acme.test"
role = "administrator"
access_token = "demoAgentToken0000000001"
pubsub_token = "demoAgentPubsub000000001"

[[inboxes]]
identifier = "demoInboxIdentifier00001"
name = "<svg onload=pwned=1>"
hmac_token = "demoHmacToken00000000001"
greeting = "<script>pwned=1</script>[x](javascript:pwned=1)![x](https://evil.test/pixel.png)"
"#;

/// Texts in one message: as many as an interactive message may have, and enough to need at most forty messages.
const ITEMS: usize = 100;
const TEXTS: usize = 48;
/// The minimal and maximal number of messages that are rendered at a time.
const SHOWN: usize = 40;
const SHOWN_MAX: u64 = 60;

async fn strict_visitor(network: &FaultProxy, sandbox: &Sandbox) -> Visitor {
    let server = &network.base_url;
    let policy = format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
         connect-src 'self' {server} {}; img-src http: https: data:; media-src http: https:; \
         require-trusted-types-for 'script'",
        server.replace("http:", "ws:"),
    );
    let policy = utf8_percent_encode(&policy, NON_ALPHANUMERIC);
    let inbox = &sandbox.inbox_identifier;
    Visitor::arrive_to(&format!("base_url={server}&inbox={inbox}&policy={policy}")).await
}

/// Sends an agent's message with this content type and these items.
async fn asks(sandbox: &Sandbox, conversation: i64, kind: &str, content: &str, items: &[Value]) {
    let attributes = json!({ "items": items });
    let body = json!({ "content": content, "content_type": kind, "content_attributes": attributes });
    sandbox.as_agent("POST", &format!("/conversations/{conversation}/messages"), &body).await.ok();
}

/// A frame with a message that has attachments, and this text in every field.
fn everywhere(id: usize, payload: &str) -> String {
    let file = |kind: &str| {
        json!({ "id": id, "file_type": kind, "data_url": payload, "thumb_url": payload, "fallback_title": payload,
                "extension": payload, "coordinates_lat": payload, "file_size": payload })
    };
    let shown =
        |kind: &str, url: &str| json!({ "id": id, "file_type": kind, "data_url": url, "fallback_title": payload });
    let files = ["image", "audio", "video", "file", "location", "contact", "ig_reel", payload].map(file);
    let shown =
        [shown("file", "https://evil.test/x"), shown("location", "https://evil.test/x"), shown("image", payload)];
    let data = json!({
        "id": 1_000_000 + id, "content": payload, "message_type": 1, "content_type": payload, "conversation_id": 1,
        "created_at": 1_795_262_400, "status": payload, "echo_id": payload,
        "content_attributes": { "in_reply_to": 1_000_000 + id - 1, "items": [payload], "submitted_email": payload },
        "attachments": files.into_iter().chain(shown).collect::<Vec<_>>(),
        "sender": { "id": id, "name": payload, "available_name": payload, "avatar_url": payload, "type": payload },
    });
    json!({ "message": { "event": "message.created", "data": data } }).to_string()
}

async fn is_unharmed(visitor: &Visitor) {
    let faults = FAULTS.replace("ELEMENTS", &format!("{ELEMENTS:?}")).replace("ATTRIBUTES", &format!("{ATTRIBUTES:?}"));
    assert_eq!(visitor.browser.ask(&faults).await, json!([]));
    let nothing = json!({ "pwned": null, "asked": [], "violations": [], "document": 0, "fetched": [] });
    assert_eq!(visitor.browser.ask(TRACES).await, nothing);
}

/// Hundreds of XSS texts, in every field of every kind of message, are shown as text, on a page whose policy reports
/// violations.
#[tokio::test(flavor = "multi_thread")]
async fn hostile_texts_are_shown_as_text() {
    let folder = tempfile::tempdir().unwrap();
    let people = folder.path().join("people.toml");
    std::fs::write(&people, PEOPLE).unwrap();
    let sandbox = Sandbox::start_with(&["--memory", "--no-limits", "--config", people.to_str().unwrap()]);
    let network = FaultProxy::start(&sandbox.base_url).await;
    let visitor = strict_visitor(&network, &sandbox).await;
    visitor.browser.ask(WATCH).await;
    visitor.open().await;
    visitor.say("<img src=x onerror=pwned=1> https://a.test/\"onclick=pwned=1").await;
    visitor.browser.until("root.querySelectorAll('.row:not(.unsent)').length === 2").await;
    let session = visitor.session().await;
    let (me, conversation) =
        (session["customer_identifier"].as_str().unwrap(), session["conversation"].as_i64().unwrap());

    // Databases don't store NUL characters.
    let payloads: Vec<String> = payloads().iter().map(|payload| payload.replace('\0', "")).collect();
    let payloads: Vec<&str> = payloads.iter().map(String::as_str).filter(|payload| !payload.is_empty()).collect();
    assert!(payloads.len() >= 200);
    for some in payloads.chunks(TEXTS) {
        asks(&sandbox, conversation, "text", &some.join("\n\n"), &[]).await;
        assert_eq!(sandbox.say(me, conversation, &some.join("\n")).await.status, 200);
    }
    for some in payloads.chunks(ITEMS) {
        let each = |item: fn(&str) -> Value| some.iter().map(|payload| item(payload)).collect::<Vec<_>>();
        let choices = each(|p| json!({ "title": p, "value": p }));
        asks(&sandbox, conversation, "input_select", some[0], &choices).await;
        let fields = each(|p| {
            let kinds = ["text", "email", "text_area", "select", p];
            json!({ "type": kinds[p.len() % kinds.len()], "name": p, "label": p, "placeholder": p, "default": p,
                    "pattern": p, "pattern_error": p, "options": [{ "label": p, "value": p }] })
        });
        asks(&sandbox, conversation, "form", some[0], &fields).await;
        let cards = each(|p| {
            json!({ "title": p, "description": p, "media_url": p, "actions": [
                { "type": "link", "text": p, "uri": p }, { "type": "postback", "text": p, "payload": p },
                { "type": "link", "text": p, "uri": "https://a.test" }, { "type": p, "text": p, "uri": p } ] })
        });
        asks(&sandbox, conversation, "cards", some[0], &cards).await;
        asks(&sandbox, conversation, "article", some[0], &each(|p| json!({ "title": p, "description": p, "link": p })))
            .await;
    }
    for kind in ["input_email", "input_text", "input_textarea", "input_csat"] {
        asks(&sandbox, conversation, kind, "</label><script>pwned=1</script>", &[]).await;
    }
    sandbox.agent_replies(conversation, "That is all").await;
    // The scroll position stays while messages arrive below.
    let is_said = |text: &str| {
        format!(
            "(root.querySelector('.thread').scrollTop = 0,
              [...root.querySelectorAll('.text')].some(it => it.textContent === '{text}'))"
        )
    };
    visitor.browser.until(&is_said("That is all")).await;
    let unfolded = "(root.querySelectorAll('.fold[aria-expanded=false]').forEach(fold => fold.click()),
                     !root.querySelector('.fold[aria-expanded=false]'))";
    visitor.browser.until(unfolded).await;
    is_unharmed(&visitor).await;

    // All texts are shown.
    let held = "root.querySelector('.thread').textContent";
    let shown = visitor.browser.ask(held).await;
    for payload in payloads.iter().filter(|payload| !payload.contains('\r')) {
        assert!(shown.as_str().unwrap().contains(payload), "{payload:?}");
    }
    let fields = visitor.browser.ask("root.querySelectorAll('.form [name^=\"-\"]').length").await;
    assert_eq!(fields, payloads.len() + 3, "no field keeps another from being there");

    // Forms can be submitted, whatever their fields' names are, and disappear then.
    let forms = "[...root.querySelectorAll('.form:has(select)')]";
    let fill = format!(
        "{forms}.map(form => {{ form.noValidate = true;
          HTMLFormElement.prototype.requestSubmit.call(form); }}).length"
    );
    assert_eq!(visitor.browser.ask(&fill).await, payloads.len().div_ceil(ITEMS));
    visitor.browser.until(&format!("{forms}.length === 0 && root.querySelectorAll('.filled').length > 3")).await;
    is_unharmed(&visitor).await;

    for (nth, some) in payloads.chunks(SHOWN - 1).enumerate() {
        let last = format!("That was part {nth}");
        for (at, payload) in some.iter().chain([&last.as_str()]).enumerate() {
            network.inject(socket::text(&everywhere(nth * SHOWN + at, payload))).await;
        }
        visitor.browser.until(&is_said(&last)).await;
        is_unharmed(&visitor).await;
    }
    visitor.browser.quit().await;
}

/// A server or proxy that redirects in a loop, answers without end or not in UTF-8 counts as unreachable: the visitor sees
/// one sentence, and gets the messages when it recovers.
#[tokio::test(flavor = "multi_thread")]
async fn hostile_responses_only_delay_history() {
    let mut chat = TestConversation::start().await;
    for madness in [ErrorResponse::RedirectLoop, ErrorResponse::TooLong, ErrorResponse::NotUtf8] {
        chat.network.answer_all_with(Some(madness));
        chat.network.lose_sockets();
        let said = format!("Are you there? {madness:?}");
        chat.agent_sends(&said).await;
        chat.visitor.browser.until("root.querySelector('.trouble').textContent").await;
        chat.network.answer_all_with(None);
        chat.wait_until_shown(&said).await;
        chat.visitor.browser.until("!root.querySelector('.trouble').textContent").await;
    }
    chat.visitor_sends("Yes").await;
    chat.assert_delivered().await;
}

/// An oversized frame is dropped before it is parsed; of thousands of messages at once (a hundred thousand in a soak) the
/// newest are shown, and the page stays responsive.
#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_hostile_frames_does_not_stop_the_chat() {
    let chat = TestConversation::start().await;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let said = |id: usize, text: &str| {
        let sender = json!({ "id": 2, "name": "Robin", "type": "user" });
        let data =
            json!({ "id": 1_000_000 + id, "content": text, "message_type": 1, "sender": sender, "created_at": now });
        socket::text(&json!({ "message": { "event": "message.created", "data": data } }).to_string())
    };
    let last = if cfg!(feature = "soak") { 100_000 } else { 10_000 };
    // A read receipt for each message would flood the server.
    let count = "void (() => { const own = window.fetch; window.receipts = 0; \
        window.fetch = (...given) => { receipts += /update_last_seen/.test(given[0]); return own(...given); }; \
        window.begun = performance.now(); })()";
    chat.visitor.browser.ask(count).await;
    let flood: Vec<u8> = (1..=last).flat_map(|id| said(id, &format!("Message {id}"))).collect();
    chat.network.inject(flood).await;
    let shown = "root.querySelectorAll('.bubble').length";
    assert!(chat.visitor.browser.ask(shown).await.as_u64().unwrap() <= SHOWN_MAX, "the page answers meanwhile");
    chat.network.inject(said(last + 1, &"x".repeat(10_000_000))).await;
    chat.network.inject(said(last + 2, "The end")).await;
    chat.wait_until_shown("The end").await;
    assert!(chat.visitor.browser.ask(shown).await.as_u64().unwrap() <= SHOWN_MAX, "it shows what can be read");
    let receipts = "receipts <= 2 + (performance.now() - begun) / 1000";
    assert_eq!(chat.visitor.browser.ask(receipts).await, true, "one a second at most");
    let nodes = chat.visitor.browser.ask(NODES).await.as_u64().unwrap();
    assert!(nodes <= 600, "{nodes} nodes for {last} messages");
    let longest = "Math.max(...[...root.querySelectorAll('.bubble')].map(bubble => bubble.textContent.length))";
    assert!(chat.visitor.browser.ask(longest).await.as_u64().unwrap() < 100, "nobody says ten million letters");
    // The visitor's message is sent without delay. (Its id is far below the made-up ones.)
    chat.visitor.say("Too much").await;
    chat.visitor.browser.until("root.querySelector('textarea').value === '' && !root.querySelector('.unsent')").await;
    let stored = chat.sandbox.messages(chat.conversation).await;
    assert_eq!(stored.iter().filter(|message| message["content"] == "Too much").count(), 1);
    chat.visitor.browser.quit().await;
}
