//! Conformance: requests and cable commands that were recorded from a real Chatwoot are sent to the sandbox.
//!
//! A fixture of `fixtures/sandbox` has steps of Chatwoot 4.0.4, each with the response, the frames and the webhooks that
//! followed. Statuses, content types, keys, types and all values that the server doesn't choose must be the same. What
//! the server chooses (ids, tokens, times) has a name, and must be the same wherever the name is. Frames and webhooks may
//! come in any order, and somewhat early or late, as the real server's do; none may be missing or left over.

mod agreement;
mod callbacks;
mod pattern;
mod replay;

pub use callbacks::Receiver;

macro_rules! recordings {
    ($($name:ident: $file:literal,)*) => { $(
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            replay::replay(include_str!(concat!("../../fixtures/sandbox/", $file))).await;
        }
    )* };
}

recordings! {
    inbox_show: "01-inbox-show.json",
    contacts: "02-contacts.json",
    hmac_optional: "03-hmac-optional.json",
    hmac_mandatory: "04-hmac-mandatory.json",
    conversations: "05-conversations.json",
    typing_and_last_seen: "06-typing-and-last-seen.json",
    messages: "07-messages.json",
    attachments: "08-attachments.json",
    bad_requests: "10-bad-requests.json",
    cable_basics: "11-cable-basics.json",
    presence: "12-presence.json",
    agent_messages: "13-agent-messages.json",
    status: "14-status.json",
    interactive: "15-interactive.json",
    csat_and_greeting: "16-csat-and-greeting.json",
    out_of_office: "17-out-of-office.json",
    single_conversation: "18-single-conversation.json",
    broken_webhook: "19-broken-webhook.json",
    webhook_500_and_slow: "19b-webhook-500-and-slow.json",
    hmac_two_devices: "20-hmac-two-devices.json",
    agent_api: "22-agent-api.json",
    agent_bot: "23-agent-bot.json",
}
