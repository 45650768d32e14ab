//! What trunk can't do: it calls this after each build, to put into the staged files what is known
//! only then. Today that is the launcher's style, which must be there before any request.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// Where element.js, inside a template literal, wants the launcher's style.
const LAUNCHER_CSS: &str = "/*@launcher.css@*/";
/// Where element.js, inside an object literal, wants what the launcher says, by language.
const LABELS: &str = "/*@labels@*/";
/// What a sentence of the launcher's is called in `locales/` before its own name.
const LABEL_PREFIX: &str = "launcher_";
/// The style sheets that make up the launcher's, in order.
const LAUNCHER_SHEETS: [&str; 2] = ["style/tokens.css", "style/launcher.css"];

/// Stamps the files that trunk has staged.
pub fn run(project: &Path) -> Result<(), String> {
    let staged = env::var_os("TRUNK_STAGING_DIR").map(PathBuf::from).ok_or(
        "TRUNK_STAGING_DIR is not set: `cargo xtask stamp` is what trunk calls after a build. Type `trunk build`.",
    )?;
    let path = staged.join("element.js");
    let script = read(&path)?;
    let mut css = String::new();
    for sheet in LAUNCHER_SHEETS {
        css.push_str(&minified(&read(&project.join(sheet))?));
    }
    let stamped = with_once(&script, LAUNCHER_CSS, &in_template_literal(&css))?;
    let stamped = with_once(&stamped, LABELS, &labels(&project.join("locales"))?)?;
    fs::write(&path, stamped).map_err(|error| format!("{} can't be written: {error}.", path.display()))
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("stamp can't read {}: {error}.", path.display()))
}

fn with_once(script: &str, place: &str, text: &str) -> Result<String, String> {
    match script.matches(place).count() {
        1 => Ok(script.replace(place, text)),
        0 => Err(format!("element.js has no {place}, where the launcher's part is to go.")),
        _ => Err(format!("element.js has {place} more than once; it is needed once.")),
    }
}

/// What the launcher says in every language, as the inside of a JavaScript object literal.
fn labels(locales: &Path) -> Result<String, String> {
    let unreadable = |error| format!("stamp can't read {}: {error}.", locales.display());
    let mut languages = BTreeMap::new();
    for entry in fs::read_dir(locales).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if let Some(language) = path.file_name().and_then(|name| name.to_str()?.strip_suffix(".json")) {
            languages.insert(language.to_owned(), labels_of(&path)?);
        }
    }
    let all: Vec<String> = languages.iter().map(|(language, labels)| format!("{language:?}:{labels}")).collect();
    Ok(all.join(","))
}

fn labels_of(path: &Path) -> Result<String, String> {
    let words: BTreeMap<String, String> = serde_json::from_str(&read(path)?)
        .map_err(|error| format!("{} is not an object of sentences: {error}.", path.display()))?;
    let labels: BTreeMap<&str, &String> =
        words.iter().filter_map(|(key, said)| Some((key.strip_prefix(LABEL_PREFIX)?, said))).collect();
    serde_json::to_string(&labels).map_err(|error| format!("{} can't be written: {error}.", path.display()))
}

fn in_template_literal(text: &str) -> String {
    text.replace('\\', "\\\\").replace('`', "\\`").replace("${", "\\${")
}

/// A style sheet without its comments and needless whitespace. Strings, escapes and unquoted URLs
/// are kept letter by letter.
fn minified(css: &str) -> String {
    let mut out = String::with_capacity(css.len());
    let mut rest = css;
    // Whitespace that may yet prove needless, or a comment that parts two words.
    let mut gap = None;
    let mut last = "";
    while let Some(first) = rest.chars().next() {
        if first.is_whitespace() {
            rest = rest.trim_start();
            gap = Some(" ");
            continue;
        }
        if let Some(comment) = rest.strip_prefix("/*") {
            rest = comment.split_once("*/").map_or("", |(_, after)| after);
            gap = gap.or(Some("/**/"));
            continue;
        }
        let token = token(rest);
        if let Some(gap) = gap.take()
            && !is_whole_before(last)
            && !is_whole_after(token)
        {
            out.push_str(gap);
        }
        if token == "}" && last == ";" {
            out.pop();
        }
        out.push_str(token);
        last = token;
        rest = rest.get(token.len()..).unwrap_or_default();
    }
    out
}

/// The longest start of `rest` that is to be copied as it is: a string, an escape, an unquoted
/// URL, or one letter.
fn token(rest: &str) -> &str {
    let first = rest.chars().next().unwrap_or_default();
    let length = match first {
        '"' | '\'' => string_length(rest, first),
        '\\' => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
        'u' | 'U' if is_unquoted_url(rest) => rest.find(')').map_or(rest.len(), |end| end + 1),
        _ => first.len_utf8(),
    };
    &rest[..length]
}

fn string_length(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, letter) in rest.char_indices().skip(1) {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if letter == quote => return at + quote.len_utf8(),
            _ => {}
        }
    }
    rest.len()
}

fn is_unquoted_url(rest: &str) -> bool {
    rest.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("url("))
        && !rest[4..].trim_start().starts_with(['"', '\''])
}

/// After these, and at the beginning, whitespace means nothing in CSS.
fn is_whole_before(token: &str) -> bool {
    matches!(token, "" | "{" | "}" | ";" | "," | ":" | "(")
}

/// Before these, whitespace means nothing. A colon isn't one: `a :hover` is not `a:hover`.
fn is_whole_after(token: &str) -> bool {
    matches!(token, "{" | "}" | ";" | "," | ")")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whitespace_that_means_nothing_goes() {
        let css = "\n:host {\n  color : red ;\n  margin: 0 auto;\n}\n\n.a ,\n.b > .c { top: 1px; }\n";
        assert_eq!(minified(css), ":host{color :red;margin:0 auto}.a,.b > .c{top:1px}");
    }

    #[test]
    fn whitespace_that_means_something_stays() {
        for css in
            [".a .b{}", ".a :hover{}", "a{width:calc(1px + 2px)}", "@media (a:b) and (c:d){}", "a{--b:c d !important}"]
        {
            assert_eq!(minified(css), css);
        }
    }

    #[test]
    fn a_comment_goes_without_joining_or_parting_words() {
        assert_eq!(minified("/* top */a{/* in */b:c;/**/}"), "a{b:c}");
        assert_eq!(minified("a{b:1px/* x */2px}"), "a{b:1px/**/2px}");
        assert_eq!(minified("a /* x */ b{}"), "a b{}");
        assert_eq!(minified("a{}/* never closed"), "a{}");
    }

    #[test]
    fn strings_escapes_and_urls_are_kept_letter_by_letter() {
        for css in [
            r#"a{content:"  /* ; } \"  "}"#,
            "a{content:'x  {'}",
            r".a\:b\{ .c\: .d{}",
            "a{b:url(data:image/svg+xml;,/*x*/  y)}",
            r#"a{b:url("  x")}"#,
        ] {
            assert_eq!(minified(css), css);
        }
    }

    #[test]
    fn the_style_survives_a_template_literal() {
        assert_eq!(in_template_literal(r"a{content:'\201c `${x}'}"), r"a{content:'\\201c \`\${x}'}");
    }

    #[test]
    fn a_part_is_stamped_in_once_or_the_want_of_a_place_is_told() {
        assert_eq!(with_once("css = `/*@here@*/`;", "/*@here@*/", "a{}"), Ok("css = `a{}`;".to_owned()));
        assert!(with_once("css = ``;", "/*@here@*/", "a{}").is_err());
        assert!(with_once("/*@here@*//*@here@*/", "/*@here@*/", "a{}").is_err());
    }

    #[test]
    fn the_launchers_words_come_from_the_locales_and_no_others() {
        let locales = Path::new(env!("CARGO_MANIFEST_DIR")).join("../locales");
        let labels = labels(&locales).unwrap();
        assert!(labels.contains(r#""en":{"#) && labels.contains(r#""panel":"Chat""#), "{labels}");
        assert!(!labels.contains("composer"), "{labels}");
    }
}
