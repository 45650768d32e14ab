//! The bundle's custom properties under short names: those that pages may set begin with `--natter-` and keep theirs.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

/// Renames them in these modules, which hold all style sheets and all that is said of them.
pub fn run(modules: &[PathBuf]) -> Result<(), String> {
    let mut texts = Vec::new();
    for path in modules {
        let text = fs::read_to_string(path).map_err(|error| format!("{} can't be read: {error}.", path.display()))?;
        texts.push((path, text));
    }
    let names = short_names(texts.iter().map(|(_, text)| &**text));
    texts.iter().try_for_each(|(path, text)| {
        fs::write(path, renamed(text, &names)).map_err(|error| format!("{} can't be written: {error}.", path.display()))
    })
}

/// Every property that a sheet declares, and the name it is to have: the shortest for what is spoken of most.
fn short_names<'text>(texts: impl Iterator<Item = &'text str> + Clone) -> BTreeMap<&'text str, String> {
    let mut uses: BTreeMap<&str, usize> = BTreeMap::new();
    let declared: Vec<&str> = texts.clone().flat_map(declared).collect();
    for name in texts.flat_map(dashed).filter(|name| declared.contains(name) && !name.starts_with("natter-")) {
        *uses.entry(name).or_default() += 1;
    }
    let mut names: Vec<(&str, usize)> = uses.into_iter().collect();
    names.sort_by_key(|(_, uses)| std::cmp::Reverse(*uses));
    names.into_iter().enumerate().map(|(nth, (name, _))| (name, letters(nth))).collect()
}

/// `a` … `z`, `aa` …
fn letters(nth: usize) -> String {
    let last = char::from(b'a' + (nth % 26) as u8);
    if nth < 26 { last.to_string() } else { format!("{}{last}", letters(nth / 26 - 1)) }
}

/// What a sheet declares. (`?--n:` is a script's business.)
fn declared(text: &str) -> impl Iterator<Item = &str> {
    let begun = text.split([';', '{']).filter_map(|rest| rest.strip_prefix("--"));
    begun.filter_map(|rest| rest.split_once(':')).map(|(name, _)| name).filter(|name| name.chars().all(is_of_a_name))
}

/// All that stands after two dashes.
fn dashed(text: &str) -> impl Iterator<Item = &str> {
    text.split("--").skip(1).map(name_at)
}

fn name_at(rest: &str) -> &str {
    rest.split(|letter| !is_of_a_name(letter)).next().unwrap_or_default()
}

fn renamed(text: &str, names: &BTreeMap<&str, String>) -> String {
    let mut parts = text.split("--");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for rest in parts {
        let name = name_at(rest);
        out.extend(["--", names.get(name).map_or(name, String::as_str), &rest[name.len()..]]);
    }
    out
}

fn is_of_a_name(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '-'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_most_has_the_shortest_name_and_what_pages_set_keeps_its_own() {
        let texts = [
            "css=':host{--wide:var(--natter-wide,1px);--edge:2px;top:var(--edge)}a{left:calc(var(--edge) - var(--wide))}'",
            "style.setProperty('--edge',x);--count;of(n?--count:1)",
        ];
        let names = short_names(texts.into_iter());
        assert_eq!(
            texts.map(|text| renamed(text, &names)),
            [
                "css=':host{--b:var(--natter-wide,1px);--a:2px;top:var(--a)}a{left:calc(var(--a) - var(--b))}'",
                "style.setProperty('--a',x);--count;of(n?--count:1)",
            ]
        );
    }

    #[test]
    fn there_are_names_enough() {
        assert_eq!([0, 25, 26, 51, 52].map(letters), ["a", "z", "aa", "az", "ba"]);
    }
}
