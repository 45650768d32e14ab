//! Users whom the site identifies, with and without `identifier_hash`, against a server that checks it.

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::site::tag;
use crate::support::Sandbox;
use crate::visitor::{NOTHING_IS_KEPT, Visitor};

/// The identifier hash, as a site's server computes it.
fn hash(sandbox: &Sandbox, identifier: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(sandbox.hmac_key.as_bytes()).unwrap();
    mac.update(identifier.as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

pub fn user(sandbox: &Sandbox, identifier: &str) -> Value {
    json!({
        "identifier": identifier, "identifier_hash": hash(sandbox, identifier), "name": "Ana Muster",
        "email": format!("{identifier}@example.test"), "custom_attributes": { "plan": "team", "seats": 2.5 },
    })
}

async fn arrive_as(sandbox: &Sandbox, user: &Value) -> Visitor {
    let html = format!(r#"<script>natter = [["setUser", {user}]]</script>{}"#, tag(sandbox, ""));
    let visitor = Visitor::arrive_at_page(&html, None).await;
    visitor.browser.until("root.querySelector('.launcher')").await;
    visitor
}

/// Goes to a page of this site with this HTML, which sets the user, if any.
pub async fn arrive_with(visitor: &Visitor, site: &str, sandbox: &Sandbox, user: Option<&Value>, html: &str) {
    let named = user.map(|user| format!(r#"<script>natter = [["setUser", {user}]]</script>"#)).unwrap_or_default();
    visitor.goes_to(site, &format!("{html}{named}{}", tag(sandbox, "")), None).await;
    visitor.browser.until("root.querySelector('.launcher')").await;
}

async fn contact_of(sandbox: &Sandbox, conversation: &Value) -> Value {
    let id = conversation["meta"]["sender"]["id"].as_i64().unwrap();
    sandbox.as_agent("GET", &format!("/contacts/{id}"), &Value::Null).await.ok()["payload"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verified_user_has_their_conversation_on_another_device() {
    let sandbox = Sandbox::start(None);
    let ana = user(&sandbox, "ana");
    let laptop = arrive_as(&sandbox, &ana).await;
    laptop.open().await;
    laptop.say("Is the rack in stock?").await;
    laptop.sees(&["Is the rack in stock?"]).await;
    let all = sandbox.conversations().await;
    let contact = contact_of(&sandbox, &all[0]).await;
    let told = ["identifier", "name", "email"].map(|field| contact[field].as_str().unwrap_or_default().to_owned());
    assert_eq!(told, ["ana", "Ana Muster", "ana@example.test"]);
    let attributes = &contact["custom_attributes"];
    assert_eq!((&attributes["plan"], &attributes["seats"]), (&json!("team"), &json!(2.5)));
    // The contact's attributes list the conversation after a while.
    let id = all[0]["id"].as_i64().unwrap();
    laptop.browser.until("(await natter.diagnostics()).calls > 0").await;
    let mut listed = Value::Null;
    for _ in 0..2_000 {
        listed = contact_of(&sandbox, &all[0]).await["custom_attributes"]["natter_conversations"].clone();
        if listed != Value::Null {
            break;
        }
    }
    let entry = format!("{}:{id}", all[0]["inbox_id"]);
    assert_eq!(listed, json!(entry), "for the user's other devices");

    let phone = arrive_as(&sandbox, &ana).await;
    phone.open().await;
    phone.sees(&["Is the rack in stock?"]).await;
    phone.say("And the pump?").await;
    for device in [&laptop, &phone] {
        device.sees(&["Is the rack in stock?", "And the pump?"]).await;
    }
    assert_eq!(sandbox.conversations().await.len(), 1);
    laptop.browser.quit().await;
    phone.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unverified_email_address_identifies_nobody() {
    let sandbox = Sandbox::start(None);
    // A contact with that address and a conversation exists already.
    let body = json!({ "email": "boss@example.test", "identifier": "boss", "name": "The boss" });
    let boss = sandbox.contact(&body).await;
    let theirs = sandbox.conversation(boss["source_id"].as_str().unwrap()).await;
    let posing = json!({ "identifier": "boss", "email": "boss@example.test", "phone_number": "+4934112345" });
    let visitor = arrive_as(&sandbox, &posing).await;
    visitor.open().await;
    visitor.say("hello").await;
    visitor.sees(&["hello"]).await;
    let all = sandbox.conversations().await;
    let own = all.iter().find(|one| one["id"] != theirs).unwrap();
    let contact = contact_of(&sandbox, own).await;
    assert_ne!(contact["id"], boss["id"]);
    assert_eq!((&contact["email"], &contact["identifier"]), (&Value::Null, &Value::Null));
    assert_eq!(contact["custom_attributes"]["email"], "boss@example.test", "agents may read it");
    visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_identifier_hash_is_refused_and_reported() {
    let sandbox = Sandbox::start(None);
    let forged = json!({ "identifier": "boss", "identifier_hash": "00" });
    let visitor = arrive_as(&sandbox, &forged).await;
    visitor.browser.expects_trouble();
    visitor.browser.ask("(window.errors = [], natter.on('error', ({ detail }) => errors.push(detail.name)))").await;
    visitor.open().await;
    visitor.say("hello").await;
    visitor.browser.until("window.errors.includes('contact-refused')").await;
    assert_eq!(sandbox.conversations().await.len(), 0);
    visitor.browser.until("root.querySelector('.unsent')").await;
    visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_user_sees_no_data_of_the_former_user() {
    let sandbox = Sandbox::start(None);
    let (ana, ben) = (user(&sandbox, "ana"), user(&sandbox, "ben"));
    let visitor = arrive_as(&sandbox, &ana).await;
    let browser = &visitor.browser;
    visitor.open().await;
    visitor.say("about my salary").await;
    visitor.sees(&["about my salary"]).await;
    visitor.find("textarea").await.send_keys("and my holid").await.unwrap();
    browser.until("Object.keys(localStorage).some(key => key.endsWith('/draft'))").await;
    let source_id = visitor.session().await["customer_identifier"].clone();
    browser.ask(&format!("natter.setUser({ben})")).await;
    browser.until("root.querySelector('.greeting') && root.querySelector('textarea').value === ''").await;
    let kept = browser.ask("JSON.stringify({ ...localStorage })").await;
    for trace in [source_id.as_str().unwrap(), "salary", "holid"] {
        assert!(!kept.as_str().unwrap().contains(trace), "{trace}: {kept}");
    }
    visitor.say("I am Ben").await;
    visitor.sees(&["I am Ben"]).await;
    let all = sandbox.conversations().await;
    assert_eq!(all.len(), 2);
    for conversation in &all {
        let said: Vec<Value> = sandbox.messages(conversation["id"].as_i64().unwrap()).await;
        assert_eq!(said.len(), 1, "nothing of one is with the other");
    }
    browser.ask("natter.reset()").await;
    browser.until(&format!("{NOTHING_IS_KEPT} && root.querySelector('.greeting')")).await;
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reset_without_an_open_chat_deletes_all_records_at_once() {
    let sandbox = Sandbox::start(None);
    let visitor = arrive_as(&sandbox, &user(&sandbox, "ana")).await;
    visitor.open().await;
    visitor.say("hello").await;
    visitor.sees(&["hello"]).await;
    let logout = "<script>natter.reset(); window.left = JSON.stringify(Object.values(localStorage))</script>";
    let html = [&*tag(&sandbox, "data-load=manual"), logout].concat();
    let here = visitor.browser.ask("location.origin").await;
    visitor.goes_to(here.as_str().unwrap(), &html, None).await;
    let left = visitor.browser.ask("window.left").await;
    assert_eq!(left, r#"["1"]"#, "the page may be gone the next moment; what stays is how many were forgotten here");
    visitor.open().await;
    visitor.browser.until("root.querySelector('.greeting')").await;
    visitor.browser.quit().await;
}

/// Records everything that a page can observe: console, messages between windows, errors, referrer policies.
const OBSERVE: &str = "<script>
  window.noted = [];
  for (const name of Object.keys(console)) {
    if (typeof console[name] === 'function') console[name] = (...words) => noted.push(['console', ...words.map(String)]);
  }
  addEventListener('message', ({ data }) => noted.push(['message', String(data)]));
  addEventListener('error', ({ message }) => noted.push(['error', message]));
  addEventListener('unhandledrejection', ({ reason }) => noted.push(['rejection', String(reason)]));
  window.referrers = new Set();
  const own = window.fetch;
  window.fetch = (...given) => {
    const [url, referrerPolicy] = [String(given[0]), given[1]?.referrerPolicy];
    if (!url.startsWith(location.origin)) referrers.add(referrerPolicy);
    return own(...given);
  };
</script>";

#[tokio::test(flavor = "multi_thread")]
async fn source_id_and_pubsub_token_do_not_leave_the_widget() {
    let sandbox = Sandbox::start(None);
    let ana = user(&sandbox, "ana");
    let visitor = Visitor::arrive_at_page(&[OBSERVE, &tag(&sandbox, "")].concat(), None).await;
    let browser = &visitor.browser;
    browser.until("root.querySelector('.launcher')").await;
    browser.ask(&format!("natter.setUser({ana}), null")).await;
    visitor.open().await;
    visitor.say("hello").await;
    visitor.sees(&["hello"]).await;
    let session = visitor.session().await;
    browser.until("(await natter.diagnostics()).socket_live === 'yes'").await;
    // Nor in case of an error.
    browser.ask("void (natter.baseUrl = 'http://127.0.0.1:9')").await;
    visitor.open().await;
    visitor.say("is anybody there?").await;
    browser.until("root.querySelector('.trouble')?.textContent").await;
    let heard = browser
        .ask(
            "JSON.stringify([noted, location.href, document.referrer, history.state, document.title, \
             performance.getEntriesByType('resource').map(({ name }) => name).filter((name) => name.startsWith(location.origin))])",
        )
        .await;
    let proof = hash(&sandbox, "ana");
    let secrets = ["customer_identifier", "pubsub_token"].map(|key| session[key].as_str().unwrap());
    for secret in secrets.into_iter().chain([&*proof, "ana@example.test"]) {
        assert!(!heard.as_str().unwrap().contains(secret), "{secret} in {heard}");
    }
    assert!(heard.as_str().unwrap().contains("unreachable"), "what is wrong is told: {heard}");
    let said = browser.ask("noted.filter(([kind]) => kind !== 'console')").await;
    assert_eq!(said, json!([]), "nothing is posted between windows, nothing fails unheard");
    let policies = browser.ask("[...referrers].sort()").await;
    assert_eq!(policies, json!(["no-referrer"]), "the server does not hear which page it was");
    browser.quit().await;
}
