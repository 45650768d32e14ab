//! What the page asks of the chat, as `embed/panel.js` hands it over: a JSON list of calls, each a list of the function's
//! name and what it was called with. What has names is a list of pairs, its values written as JSON.

use crate::core::Event;
use crate::core::identity::User;
use crate::json::{self, Value};

/// Reads them, in their order; what is no call is passed over.
#[must_use]
pub fn asked(text: &str) -> Vec<Event> {
    let calls = json::read(text);
    calls.iter().flat_map(|calls| calls.items().unwrap_or_default()).filter_map(one).collect()
}

fn one(call: &Value) -> Option<Event> {
    let [name, given @ ..] = call.items()? else { return None };
    let given = given.first();
    let said = || given.and_then(Value::text).map(str::to_owned);
    Some(match name.text()? {
        "setUser" => Event::Identified(User::new(&plain(pairs_in(given?)))),
        "setCustomAttributes" => Event::Attributed(pairs_in(given?), false),
        "setConversationCustomAttributes" => Event::Attributed(pairs_in(given?), true),
        // The server adds to what it has: it can be emptied, and not taken away.
        "deleteCustomAttribute" => Event::Attributed(vec![(said()?, json::string(""))], false),
        "prefill" => Event::Prefilled(said()?),
        "prompted" => Event::Prompted(said()?),
        "send" => Event::Said(said()?),
        "reset" => Event::LoggedOut,
        "forget" => Event::Forgot,
        _ => return None,
    })
}

fn pairs_in(value: &Value) -> Vec<(String, String)> {
    let pair = |item: &Value| {
        let [name, value] = item.items()? else { return None };
        Some((name.text()?.to_owned(), value.text()?.to_owned()))
    };
    value.items().unwrap_or_default().iter().filter_map(pair).collect()
}

/// A user's fields are text; numbers are taken as they are written.
fn plain(pairs: Vec<(String, String)>) -> Vec<(String, String)> {
    let plain = |(name, value): (String, String)| match json::read(&value)? {
        Value::Text(text) => Some((name, text)),
        Value::Number(_) => Some((name, value)),
        Value::Null | Value::Truth(_) | Value::List(_) | Value::Object(_) => None,
    };
    pairs.into_iter().filter_map(plain).collect()
}

/// Pairs, as JSON.
#[must_use]
pub fn write_pairs(pairs: &[(String, String)]) -> String {
    let pair = |(name, value): &(String, String)| json::list(&[json::string(name), json::string(value)]);
    json::list(&pairs.iter().map(pair).collect::<Vec<_>>())
}

/// Reads pairs; what is none is passed over.
#[must_use]
pub fn pairs(text: &str) -> Vec<(String, String)> {
    json::read(text).as_ref().map(pairs_in).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_page_asks_is_read_in_its_order() {
        let calls = r#"[["setUser",[["identifier","\"42\""],["name","\"Ana\""],["email","null"],["phone_number","49"]]],
            ["setCustomAttributes",[["plan","\"team\""],["seats","2.5"]]],["deleteCustomAttribute","plan"],
            ["setConversationCustomAttributes",[["order","7"]]],["prefill","Hello"],["prompted","Help?"],["send","Hi"],
            ["reset"],["forget"]]"#;
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let user = User::new(&[pair("identifier", "42"), pair("name", "Ana"), pair("phone_number", "49")]);
        let expected = [
            Event::Identified(user),
            Event::Attributed(vec![pair("plan", "\"team\""), pair("seats", "2.5")], false),
            Event::Attributed(vec![pair("plan", "\"\"")], false),
            Event::Attributed(vec![pair("order", "7")], true),
            Event::Prefilled("Hello".to_owned()),
            Event::Prompted("Help?".to_owned()),
            Event::Said("Hi".to_owned()),
            Event::LoggedOut,
            Event::Forgot,
        ];
        assert_eq!(asked(calls), expected);
    }

    #[test]
    fn what_is_no_call_is_passed_over() {
        for text in ["", "{}", "[]", "[[]]", "[[\"sing\"]]", "[[\"send\"]]", "[[\"send\",7]]", "[7,[[\"send\"]]]"] {
            assert_eq!(asked(text), [], "{text}");
        }
    }

    #[test]
    fn pairs_are_read_as_they_were_written() {
        let some = vec![("a\"".to_owned(), "\"b\"".to_owned()), (String::new(), "null".to_owned())];
        assert_eq!(pairs(&write_pairs(&some)), some);
        assert_eq!(pairs("nonsense"), []);
    }
}
