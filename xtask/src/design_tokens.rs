//! Style sheets as visitors download them.

/// A style sheet without its comments and needless whitespace. Strings, escapes and unquoted URLs
/// are kept letter by letter.
pub fn minified(css: &str) -> String {
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

/// The custom properties of `tokens`, a minified sheet of one rule, that `used` needs, directly or for another, and all
/// the rest, as two rules.
pub fn divided(tokens: &str, used: &str) -> Result<(String, String), String> {
    let rule = tokens.strip_prefix(":host{").and_then(|rule| rule.strip_suffix('}'));
    let rule = rule.ok_or("tokens.css is to be one rule, of :host.")?;
    let all: Vec<(&str, &str)> = rule.split(';').filter_map(|one| one.split_once(':')).collect();
    let names = |css: &str| -> Vec<usize> {
        let uses = css.split("var(").skip(1).filter_map(|rest| rest.split([',', ')']).next());
        uses.filter_map(|name| all.iter().position(|(other, _)| *other == name)).collect()
    };
    let mut needed = names(used);
    let mut at = 0;
    while let Some(token) = needed.get(at).and_then(|token| all.get(*token)) {
        let more: Vec<usize> = names(token.1).into_iter().filter(|name| !needed.contains(name)).collect();
        needed.extend(more);
        at += 1;
    }
    let rule = |is_needed: bool| {
        let some = all.iter().enumerate().filter(|(token, _)| needed.contains(token) == is_needed);
        let some: Vec<String> = some.map(|(_, (name, value))| format!("{name}:{value}")).collect();
        format!(":host{{{}}}", some.join(";"))
    };
    Ok((rule(true), rule(false)))
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
    fn tokens_go_with_the_sheet_that_needs_them() {
        let tokens = ":host{--a:var(--b,1px);--b:2px;--c:calc(var(--d) + var(--a));--d:3px}";
        let (first, rest) = divided(tokens, ".x{top:var(--a)}").unwrap();
        assert_eq!(
            (&*first, &*rest),
            (":host{--a:var(--b,1px);--b:2px}", ":host{--c:calc(var(--d) + var(--a));--d:3px}")
        );
        assert!(divided("a{b:c}", "").is_err());
    }

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
}
