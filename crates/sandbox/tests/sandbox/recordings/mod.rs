//! Conformance: what was recorded from a real Chatwoot 4.0.4 is done again to the sandbox, step by step.
//!
//! A fixture holds requests and cable commands in their order, each with the answer, the frames and the callbacks
//! that followed. Statuses, content types, keys, types and every value that is not drawn by the server must be the
//! same; what the server draws (ids, tokens, times) is named once and must be the same wherever it comes again. Frames
//! and callbacks may come in any order and, as the real server's do, somewhat early or late; none may be missing and
//! none may be left over.

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
