//! The attributes of the element that embeds the chat, as `embed/panel.js` hands them over: one JSON object of strings, and
//! of what the element has prepared (`languages`). Structured settings (team, form) are JSON in a string, as the website
//! has written it.

use crate::chatwoot::content::{collect_objects, parse_field};
use crate::chatwoot::fields::{parse_object, str_at, text_at};
use crate::content::{Choice, Field, FieldKind};
use crate::host::settings::{Options, ReplyTime, Settings, SettingsError};
use crate::model::Person;
use crate::spoofing::without_bidi_controls;
use crate::tolerant_json::{self, Json, Object};
use crate::url::SafeUrl;
use crate::visitor::pre_chat_form::{Consent, PreChatForm};

/// Parses the attributes. Besides the settings it returns the names of attributes with unusable values, which are
/// ignored.
///
/// # Errors
/// If a required setting is missing or unusable, or if an attribute has the name of a secret.
pub fn parse_settings(text: &str) -> Result<(Settings, Vec<&'static str>), SettingsError> {
    read_settings(&parse_object(text).unwrap_or_default())
}

/// Reads the attributes, as [`parse_settings`].
pub(crate) fn read_settings(attributes: &Object) -> Result<(Settings, Vec<&'static str>), SettingsError> {
    let value = |name| str_at(attributes, name).map(str::trim).filter(|value| !value.is_empty());
    if let Some(name) = attributes.names().find(|name| is_secret(name)) {
        return Err(SettingsError::Secret(name.to_owned()));
    }
    let settings = Settings::new(value("base-url").unwrap_or_default(), value("inbox-identifier").unwrap_or_default())?;
    let mut unusable = Vec::new();
    let mut choice = |name, words: &[&str]| {
        let value = value(name)?;
        let at = words.iter().position(|other| *other == value);
        if at.is_none() {
            unusable.push(name);
        }
        at
    };
    // An attribute without a value is set.
    let is_set = |name| str_at(attributes, name).is_some_and(|value| value != "false");
    let reply = choice("reply-time", &["minutes", "hours", "day"]);
    let reply = reply.and_then(|at| [ReplyTime::Minutes, ReplyTime::Hours, ReplyTime::Day].get(at).copied());
    let is_silent = choice("sound", &["on", "off"]) == Some(1);
    let mut read = |name, is_fine: fn(&Json) -> bool| {
        let value = tolerant_json::read(value(name)?).filter(is_fine);
        if value.is_none() {
            unusable.push(name);
        }
        value
    };
    let team = read("team", |value| value.items().is_some());
    let form = read("form", |value| value.object().is_some());
    // From the element's script: pairs of code and name.
    let languages = attributes.get("languages").and_then(Json::items).unwrap_or_default();
    let options = Options {
        languages: languages.iter().filter_map(parse_language).collect(),
        closes_resolved: value("allow-messages-after-resolved") == Some("false"),
        team: team.iter().flat_map(|team| team.items().unwrap_or_default()).filter_map(parse_person).collect(),
        reply,
        form: form.as_ref().and_then(Json::object).map(parse_pre_chat_form),
        sends_page_context: is_set("page-context"),
        offers_notifications: is_set("notifications"),
        offers_themes: is_set("theme-choice"),
        is_silent,
        retention_days: value("retention-days").and_then(|days| days.parse().ok()).unwrap_or(0),
        language: value("language").unwrap_or_default().to_owned(),
        fallback: value("fallback-url").and_then(SafeUrl::new),
    };
    Ok((settings.with_options(options), unusable))
}

/// Whether an attribute's name, however it is spelt, is that of a secret that would give every reader of the page
/// access to the server. No setting has such a name. Tokens that are not secret are allowed: the stock widget's website
/// token, and a page's token against forged requests.
fn is_secret(name: &str) -> bool {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let is_public =
        ["websitetoken", "csrftoken", "xsrftoken", "authenticitytoken"].iter().any(|name| plain.ends_with(name));
    let contains = |part: &str| plain.as_bytes().windows(part.len()).any(|window| window == part.as_bytes());
    SECRETS.iter().any(|part| contains(part)) || (contains("token") && !is_public)
}

/// Parts of secrets' names, in lower case without separators.
const SECRETS: [&str; 8] =
    ["secret", "hmac", "password", "apikey", "accesskey", "privatekey", "signingkey", "credential"];

fn parse_language(value: &Json) -> Option<Choice> {
    let [code, name] = value.items()? else { return None };
    Some(Choice { title: name.text()?.to_owned(), value: code.text()?.to_owned() })
}

fn parse_person(value: &Json) -> Option<Person> {
    let (name, avatar_url) = match value.object() {
        Some(person) => (text_at(person, "name"), text_at(person, "avatar")),
        None => (value.text()?.to_owned(), String::new()),
    };
    let name = without_bidi_controls(&name);
    Some(Person { id: None, name, avatar_url }).filter(|person| !person.name.is_empty())
}

fn parse_pre_chat_form(form: &Object) -> PreChatForm {
    let consent = form.get("consent").and_then(Json::object).map(|consent| Consent {
        text: text_at(consent, "text"),
        version: str_at(consent, "version").filter(|version| !version.is_empty()).unwrap_or("1").to_owned(),
    });
    PreChatForm {
        text: text_at(form, "text"),
        fields: collect_objects(form, "fields", parse_pre_chat_field),
        consent: consent.filter(|consent| !consent.text.is_empty()),
    }
}

/// A field of the pre-chat form: as in agents' forms, with some more types.
fn parse_pre_chat_field(item: &Object) -> Option<Field> {
    let field = parse_field(item)?;
    let kind = match str_at(item, "type") {
        Some("name") => FieldKind::Name,
        Some("phone") => FieldKind::Phone,
        Some("number") => FieldKind::Number,
        Some("link") => FieldKind::Link,
        Some("date") => FieldKind::Date,
        Some("checkbox") => FieldKind::Check,
        Some(_) | None => field.kind,
    };
    Some(Field { kind, label: text_at(item, "label"), ..field })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(extra: &str) -> Result<(Settings, Vec<&'static str>), SettingsError> {
        parse_settings(&format!(r#"{{"base-url":"https://chat.example.test/","inbox-identifier":"abc"{extra}}}"#))
    }

    #[test]
    fn attributes_left_out_give_the_defaults() {
        let (settings, unusable) = read("").unwrap();
        assert_eq!((settings.base_url(), settings.inbox()), ("https://chat.example.test", "abc"));
        assert_eq!((settings.options, unusable), (Options::default(), vec![]));
        assert_eq!(super::parse_settings("nonsense"), Err(SettingsError::BaseUrl));
    }

    #[test]
    fn attributes_with_words_and_without_values_are_parsed() {
        let all = r#","reply-time":"hours","sound":"off","page-context":"","notifications":"true","theme-choice":"false",
            "allow-messages-after-resolved":"false""#;
        let (settings, unusable) = read(all).unwrap();
        let expected = Options {
            closes_resolved: true,
            reply: Some(ReplyTime::Hours),
            sends_page_context: true,
            offers_notifications: true,
            is_silent: true,
            ..Options::default()
        };
        assert_eq!((settings.options, unusable), (expected, vec![]));
    }

    #[test]
    fn attributes_with_unusable_values_are_named_and_ignored() {
        let (settings, unusable) = read(r#","reply-time":"soon","team":"Ana","form":"[]","sound":"loud""#).unwrap();
        assert_eq!((settings.options, unusable), (Options::default(), vec!["reply-time", "sound", "team", "form"]));
    }

    #[test]
    fn attributes_team_has_names_and_avatars() {
        let team = r#"[{\"name\":\"Ana\",\"avatar\":\"https://a.test/ana.png\"},\"Ben\",{\"name\":\"\"},7]"#;
        let (settings, _) = read(&format!(r#","team":"{team}""#)).unwrap();
        let names: Vec<_> = settings.options.team.iter().map(|one| (&*one.name, &*one.avatar_url)).collect();
        assert_eq!(names, [("Ana", "https://a.test/ana.png"), ("Ben", "")]);
    }

    #[test]
    fn attributes_languages_are_codes_with_names() {
        let (settings, unusable) = read(r#","languages":[["en","English"],["de","Deutsch"],["fr"],7]"#).unwrap();
        let all: Vec<_> = settings.options.languages.iter().map(|one| (&*one.value, &*one.title)).collect();
        assert_eq!((all, unusable), (vec![("en", "English"), ("de", "Deutsch")], vec![]));
    }

    #[test]
    fn attributes_pre_chat_form_has_fields_of_more_types() {
        let fields = r#"[{"name":"full_name","type":"name","required":true},{"name":"since","type":"date","label":"Since"},
            {"name":"size","type":"select","options":[{"label":"Small","value":"s"}]},{"type":"name"},{"name":"x","type":"?"}]"#;
        let form = format!(r#"{{"text":"Hi","fields":{fields},"consent":{{"text":"I agree","version":"7"}}}}"#);
        let (settings, unusable) = read(&format!(r#","form":{}"#, serde_json::to_string(&form).unwrap())).unwrap();
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
        assert_eq!((form.text.as_str(), form.fields[0].is_required, unusable), ("Hi", true, vec![]));
    }

    #[test]
    fn attributes_named_like_secrets_are_refused_however_they_are_spelt() {
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
    fn attributes_that_are_settings_or_common_are_no_secrets() {
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
    fn attributes_fallback_url_must_be_safe() {
        let fallback = |url: &str| read(&format!(r#","fallback-url":"{url}""#)).unwrap().0.options.fallback;
        for url in ["https://shop.example.test/contact/", "mailto:shop@example.test", "tel:+49341555"] {
            assert_eq!(fallback(url).as_ref().map(SafeUrl::as_str), Some(url));
        }
        for url in ["javascript:alert(1)", "data:text/html,x", "/contact", ""] {
            assert_eq!(fallback(url), None, "{url}");
        }
    }

    #[test]
    fn attributes_team_names_have_no_bidi_controls() {
        let (settings, _) = read(r#","team":"[{\"name\":\"A\u202ena\"},\"B\u2067en\"]""#).unwrap();
        let names: Vec<_> = settings.options.team.iter().map(|one| &*one.name).collect();
        assert_eq!(names, ["Ana", "Ben"]);
    }
}
