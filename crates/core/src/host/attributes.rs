//! The settings of the element that a site puts into its page: its attributes, as one JSON object of strings. Those
//! that hold more than a word hold JSON themselves.

use crate::chatwoot::content::{each, field};
use crate::chatwoot::fields::{object, string, text};
use crate::content::{Choice, Field, FieldKind};
use crate::host::settings::{Options, ReplyTime, Settings, SettingsError};
use crate::json::{self, Object, Value};
use crate::model::Person;
use crate::spoofing::without_bidi_controls;
use crate::url::SafeUrl;
use crate::visitor::pre_chat_form::{Consent, PreChatForm};

/// Reads them. Beside the settings come the names of those that could not be read: they count as not given.
///
/// # Errors
/// When one that must be there can't be used, or one is there that must not be.
pub fn settings(text: &str) -> Result<(Settings, Vec<&'static str>), SettingsError> {
    let given = object(text).unwrap_or_default();
    let word = |name| string(&given, name).map(str::trim).filter(|word| !word.is_empty());
    if let Some(name) = given.names().find(|name| is_secret(name)) {
        return Err(SettingsError::Secret(name.to_owned()));
    }
    let settings = Settings::new(word("base-url").unwrap_or_default(), word("inbox-identifier").unwrap_or_default())?;
    let mut odd = Vec::new();
    let mut choice = |name, words: &[&str]| {
        let word = word(name)?;
        let at = words.iter().position(|other| *other == word);
        if at.is_none() {
            odd.push(name);
        }
        at
    };
    // An attribute without a value means what its name says.
    let is_set = |name| string(&given, name).is_some_and(|word| word != "false");
    let reply = choice("reply-time", &["minutes", "hours", "day"]);
    let reply = reply.and_then(|at| [ReplyTime::Minutes, ReplyTime::Hours, ReplyTime::Day].get(at).copied());
    let is_silent = choice("sound", &["on", "off"]) == Some(1);
    let mut read = |name, is_fine: fn(&Value) -> bool| {
        let value = json::read(word(name)?).filter(is_fine);
        if value.is_none() {
            odd.push(name);
        }
        value
    };
    let team = read("team", |value| value.items().is_some());
    let form = read("form", |value| value.object().is_some());
    // As the element makes it of what the site says: codes and names.
    let languages = read("languages", |value| value.items().is_some());
    let options = Options {
        languages: languages.iter().flat_map(|all| all.items().unwrap_or_default()).filter_map(language).collect(),
        closes_resolved: word("allow-messages-after-resolved") == Some("false"),
        team: team.iter().flat_map(|team| team.items().unwrap_or_default()).filter_map(person).collect(),
        reply,
        form: form.as_ref().and_then(Value::object).map(read_form),
        tells_page: is_set("page-context"),
        offers_notifications: is_set("notifications"),
        offers_themes: is_set("theme-choice"),
        is_silent,
        retention_days: word("retention-days").and_then(|days| days.parse().ok()).unwrap_or(0),
        language: word("language").unwrap_or_default().to_owned(),
        fallback: word("fallback-url").and_then(SafeUrl::new),
    };
    Ok((settings.with(options), odd))
}

/// Whether a name is that of something that opens a server's doors to everybody who reads the page, however it is spelt.
/// Settings have no such names. Tokens that are no secret are the stock widget's, which every page with it
/// shows, and a page's own against forged requests.
fn is_secret(name: &str) -> bool {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let is_public =
        ["websitetoken", "csrftoken", "xsrftoken", "authenticitytoken"].iter().any(|name| plain.ends_with(name));
    SECRETS.iter().any(|word| plain.contains(word)) || (plain.contains("token") && !is_public)
}

/// What the names of secrets hold, in small letters and without what parts them.
const SECRETS: [&str; 8] =
    ["secret", "hmac", "password", "apikey", "accesskey", "privatekey", "signingkey", "credential"];

fn language(value: &Value) -> Option<Choice> {
    let [code, name] = value.items()? else { return None };
    Some(Choice { title: name.text()?.to_owned(), value: code.text()?.to_owned() })
}

fn person(value: &Value) -> Option<Person> {
    let (name, avatar_url) = match value.object() {
        Some(person) => (text(person, "name"), text(person, "avatar")),
        None => (value.text()?.to_owned(), String::new()),
    };
    let name = without_bidi_controls(&name);
    Some(Person { id: None, name, avatar_url }).filter(|person| !person.name.is_empty())
}

fn read_form(form: &Object) -> PreChatForm {
    let consent = form.get("consent").and_then(Value::object).map(|consent| Consent {
        text: text(consent, "text"),
        version: string(consent, "version").filter(|version| !version.is_empty()).unwrap_or("1").to_owned(),
    });
    PreChatForm {
        text: text(form, "text"),
        fields: each(form, "fields", own_field),
        consent: consent.filter(|consent| !consent.text.is_empty()),
    }
}

/// A field as agents' forms have it, and some kinds more.
fn own_field(item: &Object) -> Option<Field> {
    let field = field(item)?;
    let kind = match string(item, "type") {
        Some("name") => FieldKind::Name,
        Some("phone") => FieldKind::Phone,
        Some("number") => FieldKind::Number,
        Some("link") => FieldKind::Link,
        Some("date") => FieldKind::Date,
        Some("checkbox") => FieldKind::Check,
        Some(_) | None => field.kind,
    };
    Some(Field { kind, label: text(item, "label"), ..field })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(extra: &str) -> Result<(Settings, Vec<&'static str>), SettingsError> {
        settings(&format!(r#"{{"base-url":"https://chat.example.test/","inbox-identifier":"abc"{extra}}}"#))
    }

    #[test]
    fn what_a_site_leaves_out_is_off() {
        let (settings, odd) = read("").unwrap();
        assert_eq!((settings.base_url(), settings.inbox()), ("https://chat.example.test", "abc"));
        assert_eq!((settings.options, odd), (Options::default(), vec![]));
        assert_eq!(super::settings("nonsense"), Err(SettingsError::BaseUrl));
    }

    #[test]
    fn words_and_bare_attributes_are_read() {
        let all = r#","reply-time":"hours","sound":"off","page-context":"","notifications":"true","theme-choice":"false",
            "allow-messages-after-resolved":"false""#;
        let (settings, odd) = read(all).unwrap();
        let expected = Options {
            closes_resolved: true,
            reply: Some(ReplyTime::Hours),
            tells_page: true,
            offers_notifications: true,
            is_silent: true,
            ..Options::default()
        };
        assert_eq!((settings.options, odd), (expected, vec![]));
    }

    #[test]
    fn what_can_not_be_read_is_named_and_not_guessed() {
        let (settings, odd) = read(r#","reply-time":"soon","team":"Ana","form":"[]","sound":"loud""#).unwrap();
        assert_eq!((settings.options, odd), (Options::default(), vec!["reply-time", "sound", "team", "form"]));
    }

    #[test]
    fn a_team_has_names_and_perhaps_faces() {
        let team = r#"[{\"name\":\"Ana\",\"avatar\":\"https://a.test/ana.png\"},\"Ben\",{\"name\":\"\"},7]"#;
        let (settings, _) = read(&format!(r#","team":"{team}""#)).unwrap();
        let names: Vec<_> = settings.options.team.iter().map(|one| (&*one.name, &*one.avatar_url)).collect();
        assert_eq!(names, [("Ana", "https://a.test/ana.png"), ("Ben", "")]);
    }

    #[test]
    fn languages_are_codes_with_names() {
        let (settings, odd) = read(r#","languages":"[[\"en\",\"English\"],[\"de\",\"Deutsch\"],[\"fr\"],7]""#).unwrap();
        let all: Vec<_> = settings.options.languages.iter().map(|one| (&*one.value, &*one.title)).collect();
        assert_eq!((all, odd), (vec![("en", "English"), ("de", "Deutsch")], vec![]));
    }

    #[test]
    fn a_form_has_fields_of_its_own_kinds() {
        let fields = r#"[{"name":"full_name","type":"name","required":true},{"name":"since","type":"date","label":"Since"},
            {"name":"size","type":"select","options":[{"label":"Small","value":"s"}]},{"type":"name"},{"name":"x","type":"?"}]"#;
        let form = format!(r#"{{"text":"Hi","fields":{fields},"consent":{{"text":"I agree","version":"7"}}}}"#);
        let (settings, odd) = read(&format!(r#","form":{}"#, json::string(&form))).unwrap();
        let form = settings.options.form.unwrap();
        let kinds: Vec<_> = form.fields.iter().map(|field| (&*field.name, field.kind.clone(), &*field.label)).collect();
        let small = Choice { title: "Small".to_owned(), value: "s".to_owned() };
        let expected = [
            ("full_name", FieldKind::Name, ""),
            ("since", FieldKind::Date, "Since"),
            ("size", FieldKind::Select(vec![small]), ""),
            ("x", FieldKind::Text, ""),
        ];
        assert_eq!(kinds, expected);
        assert_eq!(form.consent, Some(Consent { text: "I agree".to_owned(), version: "7".to_owned() }));
        assert_eq!((form.text.as_str(), form.fields[0].is_required, odd), ("Hi", true, vec![]));
    }

    #[test]
    fn secrets_are_refused_by_name_however_they_are_spelt() {
        for name in [
            "api_access_token",
            "api-access-token",
            "data-api-access-token",
            "access-token",
            "accesstoken",
            "hmac_token",
            "hmacToken",
            "HMAC-KEY",
            "hmac-secret",
            "webhook-secret",
            "webhook_token",
            "api-key",
            "apiKey",
            "agent-bot-token",
            "platform-token",
            "token",
            "pubsub-token",
            "secret",
            "password",
            "private_key",
        ] {
            assert_eq!(read(&format!(r#","{name}":"s3cr3t""#)), Err(SettingsError::Secret(name.to_owned())), "{name}");
        }
    }

    #[test]
    fn no_setting_and_nothing_that_elements_have_besides_is_taken_for_a_secret() {
        let docs = include_str!("../../../../docs/embedding.md");
        let (_, table) = docs.split_once("| setting | values |").unwrap();
        let rows = table.split("\n\n").next().unwrap().lines().filter_map(|row| row.strip_prefix("| `"));
        let settings: Vec<&str> = rows.filter_map(|row| row.split('`').next()).collect();
        assert!(settings.len() > 20 && settings.contains(&"fallback-url"), "{settings:?}");
        let others = ["id", "class", "style", "hidden", "key", "data-key", "chosen-theme", "data-website-token"];
        let pages = ["websiteToken", "csrf-token", "data-csrf-token", "authenticity_token", "aria-keyshortcuts"];
        for name in settings.into_iter().chain(others).chain(pages) {
            assert!(!is_secret(name), "{name}");
        }
    }

    #[test]
    fn a_fallback_is_an_address_that_may_be_followed() {
        let fallback = |url: &str| read(&format!(r#","fallback-url":"{url}""#)).unwrap().0.options.fallback;
        for url in ["https://shop.example.test/contact/", "mailto:shop@example.test", "tel:+49341555"] {
            assert_eq!(fallback(url).as_ref().map(SafeUrl::as_str), Some(url));
        }
        for url in ["javascript:alert(1)", "data:text/html,x", "/contact", ""] {
            assert_eq!(fallback(url), None, "{url}");
        }
    }

    #[test]
    fn names_of_a_team_have_no_controls_of_direction() {
        let (settings, _) = read(r#","team":"[{\"name\":\"A\u202ena\"},\"B\u2067en\"]""#).unwrap();
        let names: Vec<_> = settings.options.team.iter().map(|one| &*one.name).collect();
        assert_eq!(names, ["Ana", "Ben"]);
    }
}
