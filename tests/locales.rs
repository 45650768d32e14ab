//! What every file of `locales/` must be for the widget to say all of its sentences in all of its languages.

#![allow(clippy::unwrap_used, reason = "a test that can't go on says so")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use natter_core::tolerant_json::{self, Json, Object};

/// Every language, by the categories that whole numbers have in it (CLDR's plural rules); each wants a form of its own.
/// A category with a `!` has one number alone, or that one and nought, which nobody is told of: its form need not name
/// the number.
const LANGUAGES: [(&str, &str); 12] = [
    ("am az bg da de el en et fa fi hi hu hy ka ml ne nl no sq sv ta tr ur uz", "one! other"),
    ("is tl", "one other"),
    ("ca es fr it pt pt-BR", "one! many other"),
    ("id ja ko ms th vi zh zh-TW", "other"),
    ("hr sh sr", "one few other"),
    ("ro", "one! few other"),
    ("cs pl sk", "one! few many other"),
    ("lt ru uk", "one few many other"),
    ("sl", "one two few other"),
    ("lv", "zero one other"),
    ("he", "one! two! other"),
    ("ar", "zero! one! two! few many other"),
];
/// How the keys of those forms begin.
const FORM: &str = "launcher_unread_";
const ENGLISH: &str = "en";
/// An exclamation mark, in any script that has one of its own.
const LOUD: [char; 6] = ['!', '¡', '！', '﹗', '՜', '߹'];

#[test]
fn every_language_is_there_and_no_other_file() {
    let mut wanted: Vec<&str> = LANGUAGES.iter().flat_map(|(codes, _)| codes.split(' ')).collect();
    wanted.sort_unstable();
    let found = all();
    assert_eq!(found.keys().map(String::as_str).collect::<Vec<_>>(), wanted);
    assert_eq!(found.len(), 54);
}

#[test]
fn every_language_has_the_keys_of_english_in_their_order_and_its_own_forms_of_numbers() {
    let all = all();
    let english = in_order(&all[ENGLISH]);
    let faults = faults(|code, words, faults| {
        let mut forms: Vec<&str> = words.names().filter_map(|key| key.strip_prefix(FORM)).collect();
        let mut wanted: Vec<&str> = categories(code).map(|(category, _)| category).collect();
        forms.sort_unstable();
        wanted.sort_unstable();
        if forms != wanted {
            faults.push(format!("its forms are {forms:?}, and should be {wanted:?}"));
        }
        let keys = in_order(words);
        if keys != english {
            let odd = keys.iter().zip(&english).find(|(key, wanted)| key != wanted);
            faults.push(format!("its keys are not those of English: {odd:?}, {} of {}", keys.len(), english.len()));
        }
    });
    assert!(faults.is_empty(), "there are faults:\n{faults}");
}

#[test]
fn every_translation_has_the_placeholders_of_its_sentence() {
    let all = all();
    let english = &all[ENGLISH];
    let faults = faults(|code, words, faults| {
        for key in words.names() {
            let form = key.strip_prefix(FORM);
            let original = if form.is_some() { "launcher_unread_other" } else { key };
            let (said, wanted) = (placeholders(text(words, key)), placeholders(text(english, original)));
            let is_sure = categories(code).any(|(category, is_sure)| is_sure && Some(category) == form);
            if said != wanted && !(is_sure && said.is_empty()) {
                faults.push(format!("{key} has {said:?}, and should have {wanted:?}"));
            }
        }
    });
    assert!(faults.is_empty(), "there are faults:\n{faults}");
}

#[test]
fn every_sentence_is_plain_text_and_calm() {
    let is_hidden = |letter: char| {
        letter.is_control() || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    let faults = faults(|_, words, faults| {
        for key in words.names() {
            let said = text(words, key);
            let is_entity = |part: &str| part.split_once(';').is_some_and(|(name, _)| !name.contains(' '));
            let found = [
                ("is empty", said.is_empty()),
                ("has blanks at an end", said.trim() != said),
                ("has an exclamation mark", said.contains(LOUD)),
                ("has markup", said.contains(['<', '>', '`', '*']) || said.split('&').skip(1).any(is_entity)),
                ("has a character that nobody sees", said.contains(is_hidden)),
            ];
            faults.extend(found.iter().filter(|(_, is_so)| *is_so).map(|(what, _)| format!("{key} {what}")));
        }
    });
    assert!(faults.is_empty(), "there are faults:\n{faults}");
}

/// What is found in all languages, a line each.
fn faults(look: impl Fn(&str, &Object, &mut Vec<String>)) -> String {
    let mut lines = String::new();
    for (code, words) in all() {
        let mut found = Vec::new();
        look(&code, &words, &mut found);
        for fault in found {
            writeln!(lines, "{code}: {fault}").unwrap();
        }
    }
    lines
}

/// Every file of `locales/`, by its name without the ending.
fn all() -> BTreeMap<String, Object> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("locales");
    let mut all = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let words = tolerant_json::read(&std::fs::read_to_string(&path).unwrap());
        let words = words.as_ref().and_then(Json::object);
        assert!(words.is_some(), "{name} is no JSON object");
        all.insert(name.trim_end_matches(".json").to_owned(), words.cloned().unwrap_or_default());
    }
    all
}

/// A language's categories, and whether each has one number alone.
fn categories(code: &str) -> impl Iterator<Item = (&'static str, bool)> {
    let of = LANGUAGES.iter().find(|(codes, _)| codes.split(' ').any(|other| other == code));
    let categories = of.map_or("", |(_, categories)| categories).split_whitespace();
    categories.map(|category| (category.trim_end_matches('!'), category.ends_with('!')))
}

/// The keys as they come; a run of forms counts as one.
fn in_order(words: &Object) -> Vec<&str> {
    let mut keys: Vec<&str> = words.names().map(|key| if key.starts_with(FORM) { FORM } else { key }).collect();
    keys.dedup_by(|one, other| one == other && *one == FORM);
    keys
}

fn text<'words>(words: &'words Object, key: &str) -> &'words str {
    words.get(key).and_then(Json::text).unwrap_or_default()
}

/// The names in braces, sorted; a brace that has no partner counts as what follows it.
fn placeholders(said: &str) -> Vec<&str> {
    let mut found: Vec<&str> = said.split('{').skip(1).map(|part| part.split('}').next().unwrap()).collect();
    // As many braces are closed as were opened.
    found.extend(said.split('}').skip(1 + found.len()));
    found.sort_unstable();
    found
}
