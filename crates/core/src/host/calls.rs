//! What the page asks of the chat, as `embed/panel.js` hands it over: a JSON list of calls, each a list of texts: the
//! function's name, and what it was called with. What has names is name after value; attributes' values are JSON.

use crate::Event;
use crate::chatwoot::write_list as list;
use crate::json::{self, Value};
use crate::visitor::identity::User;

/// Reads them, in their order; what is no call is passed over.
#[must_use]
pub fn asked(text: &str) -> Vec<Event> {
    let mut events = Vec::new();
    for call in json::read(text).as_ref().and_then(Value::items).unwrap_or_default() {
        events.extend(one(&texts(call)));
    }
    events
}

fn one(call: &[&str]) -> Option<Event> {
    let [name, given @ ..] = call else { return None };
    let first = || Some((*given.first()?).to_owned());
    Some(match *name {
        "setUser" => Event::Identified(User::new(&in_pairs(given))),
        "setCustomAttributes" => Event::Attributed(in_pairs(given), false),
        "setConversationCustomAttributes" => Event::Attributed(in_pairs(given), true),
        // The server adds to what it has: it can be emptied, and not taken away.
        "deleteCustomAttribute" => Event::Attributed(vec![(first()?, json::string(""))], false),
        "prefill" => Event::Prefilled(first()?),
        "prompted" => Event::Prompted(first()?),
        "send" => Event::Said(first()?),
        // From the element itself: its panel is open now, or closed.
        "opened" => Event::Opened(true),
        "closed" => Event::Opened(false),
        "reset" => Event::LoggedOut,
        "forget" => Event::Forgot,
        _ => return None,
    })
}

fn texts(list: &Value) -> Vec<&str> {
    list.items().unwrap_or_default().iter().filter_map(Value::text).collect()
}

fn in_pairs(texts: &[&str]) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    for pair in texts.chunks_exact(2) {
        pairs.push((pair[0].to_owned(), pair[1].to_owned()));
    }
    pairs
}

/// Pairs, name after value, as a JSON list.
#[must_use]
pub fn write_pairs(pairs: &[(String, String)]) -> String {
    list(pairs.iter().flat_map(|(name, value)| [&**name, &**value]))
}

/// Reads pairs; what is none is passed over.
#[must_use]
pub fn pairs(text: &str) -> Vec<(String, String)> {
    json::read(text).map(|list| in_pairs(&texts(&list))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_page_asks_is_read_in_its_order() {
        let calls = r#"[["setUser","identifier","42","name","Ana"],["setCustomAttributes","plan","\"team\"","seats","2.5"],
            ["deleteCustomAttribute","plan"],["setConversationCustomAttributes","order","7"],["prefill","Hello"],
            ["prompted","Help?"],["send","Hi"],["reset"],["forget"],["opened"],["closed"]]"#;
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let expected = [
            Event::Identified(User::new(&[pair("identifier", "42"), pair("name", "Ana")])),
            Event::Attributed(vec![pair("plan", "\"team\""), pair("seats", "2.5")], false),
            Event::Attributed(vec![pair("plan", "\"\"")], false),
            Event::Attributed(vec![pair("order", "7")], true),
            Event::Prefilled("Hello".to_owned()),
            Event::Prompted("Help?".to_owned()),
            Event::Said("Hi".to_owned()),
            Event::LoggedOut,
            Event::Forgot,
            Event::Opened(true),
            Event::Opened(false),
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
