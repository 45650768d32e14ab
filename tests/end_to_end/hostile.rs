//! What others mean to be more than text, through a real server into a real browser, on a page as strict as a page can
//! be: it objects to whatever would become script or style.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::bad_network::{BadNetwork, Refusal, socket};
use crate::payloads::payloads;
use crate::support::Sandbox;
use crate::talk::Talk;
use crate::threads::NODES;
use crate::visitor::Visitor;

/// All there is in the widget. What the launcher and the panel are made of is there before anybody says anything.
const ELEMENTS: &str = "a audio blockquote button code dd details div dl dt em fieldset form h2 header i img input label legend \
                        li ol option p path pre progress s select span table td th tr strong summary svg textarea time ul video";

/// Nothing here runs, loads a page, leads to one in our place or styles anything.
const ATTRIBUTES: &str = "alt aria-checked aria-controls aria-current aria-expanded aria-hidden aria-label aria-posinset aria-pressed aria-setsize autocomplete checked class \
                          controls d datetime decoding dir disabled enterkeyhint height hidden href id lang loading max \
                          multiple name part placeholder playsinline pattern preload referrerpolicy rel required role \
                          rows selected src start style tabindex target title type value viewBox width data-failures data-gone";

/// What is wrong with the widget's elements, one sentence each.
const FAULTS: &str = r#"(() => {
  const [elements, attributes] = [new Set(ELEMENTS.split(/\s+/)), new Set(ATTRIBUTES.split(/\s+/))];
  const faults = [];
  for (const it of root.querySelectorAll("*")) {
    const must = (isSo, fault) => isSo || faults.push(`${fault}: ${it.outerHTML.slice(0, 200)}`);
    must(elements.has(it.localName), "an element of another kind");
    must(["http://www.w3.org/1999/xhtml", "http://www.w3.org/2000/svg"].includes(it.namespaceURI), "another language");
    for (const { name } of it.attributes) must(attributes.has(name), `an attribute ${name}`);
    must(!it.id || it.id === "panel", "an id");
    // The field is made as high as its text.
    must(!it.hasAttribute("style") || it.matches("textarea.input"), "a style");
    if (it.hasAttribute("href")) {
      must(["http:", "https:", "mailto:", "tel:"].includes(it.protocol), "a link elsewhere");
      must(it.target === "_blank" && ["noopener", "noreferrer"].every((rel) => it.relList.contains(rel)), "it tells");
    }
    if (it.hasAttribute("src")) must(/^https?:$/.test(new URL(it.src).protocol), "a picture of nowhere");
    if (it.localName === "img") must(it.referrerPolicy === "no-referrer" && it.loading === "lazy", "it tells, too");
  }
  return faults;
})()"#;

/// Nothing has run, nothing has been asked, nothing is in the page that was not there, and nothing was fetched because
/// a text names it.
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

/// The agent is called by what agents could call themselves.
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

/// So many in one message: what a question may hold, and texts enough to stay within forty messages.
const ITEMS: usize = 100;
const TEXTS: usize = 48;
/// As many messages are shown at a time, at least, and no more than that.
const SHOWN: usize = 40;
const SHOWN_MAX: u64 = 60;

async fn strict_visitor(network: &BadNetwork, sandbox: &Sandbox) -> Visitor {
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

/// What an agent says, of this kind and with these items.
async fn asks(sandbox: &Sandbox, conversation: i64, kind: &str, content: &str, items: &[Value]) {
    let attributes = json!({ "items": items });
    let body = json!({ "content": content, "content_type": kind, "content_attributes": attributes });
    sandbox.as_agent("POST", &format!("/conversations/{conversation}/messages"), &body).await.ok();
}

/// A frame of a message that no server of today makes: it has files, and every field is this.
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

/// Whoever can write to a visitor, or be read by one, runs nothing in the visitor's page: hundreds of texts that have
/// run somewhere, in every field of every kind of message, are shown as text by a page that would object to more.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_others_write_runs_or_becomes_more_than_text() {
    let folder = tempfile::tempdir().unwrap();
    let people = folder.path().join("people.toml");
    std::fs::write(&people, PEOPLE).unwrap();
    let sandbox = Sandbox::start_with(&["--memory", "--no-limits", "--config", people.to_str().unwrap()]);
    let network = BadNetwork::before(&sandbox.base_url).await;
    let visitor = strict_visitor(&network, &sandbox).await;
    visitor.browser.ask(WATCH).await;
    visitor.open().await;
    visitor.say("<img src=x onerror=pwned=1> https://a.test/\"onclick=pwned=1").await;
    visitor.browser.until("root.querySelectorAll('.row:not(.unsent)').length === 2").await;
    let session = visitor.session().await;
    let (me, conversation) =
        (session["customer_identifier"].as_str().unwrap(), session["conversation"].as_i64().unwrap());

    // No server keeps a NUL: it would take the text for its end.
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
    // Whoever reads further up stays there.
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

    // All of it is there to be read.
    let held = "root.querySelector('.thread').textContent";
    let shown = visitor.browser.ask(held).await;
    for payload in payloads.iter().filter(|payload| !payload.contains('\r')) {
        assert!(shown.as_str().unwrap().contains(payload), "{payload:?}");
    }
    let fields = visitor.browser.ask("root.querySelectorAll('.form [name^=\"-\"]').length").await;
    assert_eq!(fields, payloads.len() + 3, "no field keeps another from being there");

    // What asks can be answered, whatever its fields are called, and is gone then.
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

/// A server, or what stands before it, that sends every request around in circles, answers without end or in no text at
/// all is one that can't be reached: the visitor reads one sentence, and what was said meanwhile is there when it comes
/// to its senses.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_gone_mad_delays_what_is_read() {
    let mut talk = Talk::begin().await;
    for madness in [Refusal::InCircles, Refusal::TooLong, Refusal::Garbled] {
        talk.network.refuse_all(Some(madness));
        talk.network.lose_sockets();
        let said = format!("Are you there? {madness:?}");
        talk.agent_says(&said).await;
        talk.visitor.browser.until("root.querySelector('.trouble').textContent").await;
        talk.network.refuse_all(None);
        talk.until_shown(&said).await;
        talk.visitor.browser.until("!root.querySelector('.trouble').textContent").await;
    }
    talk.visitor_says("Yes").await;
    talk.ends_well().await;
}

/// What a broken server pours out costs the page no more than its length: a frame too long to be a message is dropped
/// before it is read, thousands of messages at once (a hundred thousand in a soak) are shown like any other, the
/// newest of them, and the page answers all the while.
#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_frames_is_lived_through() {
    let talk = Talk::begin().await;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let said = |id: usize, text: &str| {
        let sender = json!({ "id": 2, "name": "Robin", "type": "user" });
        let data =
            json!({ "id": 1_000_000 + id, "content": text, "message_type": 1, "sender": sender, "created_at": now });
        socket::text(&json!({ "message": { "event": "message.created", "data": data } }).to_string())
    };
    let last = if cfg!(feature = "soak") { 100_000 } else { 10_000 };
    // Each is newer than what the visitor has read, and they look: a read receipt for each would be a flood of its own.
    let count = "void (() => { const own = window.fetch; window.receipts = 0; \
        window.fetch = (...given) => { receipts += /update_last_seen/.test(given[0]); return own(...given); }; \
        window.begun = performance.now(); })()";
    talk.visitor.browser.ask(count).await;
    let flood: Vec<u8> = (1..=last).flat_map(|id| said(id, &format!("Message {id}"))).collect();
    talk.network.inject(flood).await;
    let shown = "root.querySelectorAll('.bubble').length";
    assert!(talk.visitor.browser.ask(shown).await.as_u64().unwrap() <= SHOWN_MAX, "the page answers meanwhile");
    talk.network.inject(said(last + 1, &"x".repeat(10_000_000))).await;
    talk.network.inject(said(last + 2, "The end")).await;
    talk.until_shown("The end").await;
    assert!(talk.visitor.browser.ask(shown).await.as_u64().unwrap() <= SHOWN_MAX, "it shows what can be read");
    let receipts = "receipts <= 2 + (performance.now() - begun) / 1000";
    assert_eq!(talk.visitor.browser.ask(receipts).await, true, "one a second at most");
    let nodes = talk.visitor.browser.ask(NODES).await.as_u64().unwrap();
    assert!(nodes <= 600, "{nodes} nodes for {last} messages");
    let longest = "Math.max(...[...root.querySelectorAll('.bubble')].map(bubble => bubble.textContent.length))";
    assert!(talk.visitor.browser.ask(longest).await.as_u64().unwrap() < 100, "nobody says ten million letters");
    // The visitor's own message is not kept waiting. (Its id lies far below those that were made up.)
    talk.visitor.say("Too much").await;
    talk.visitor.browser.until("root.querySelector('textarea').value === '' && !root.querySelector('.unsent')").await;
    let stored = talk.sandbox.messages(talk.conversation).await;
    assert_eq!(stored.iter().filter(|message| message["content"] == "Too much").count(), 1);
    talk.visitor.browser.quit().await;
}
