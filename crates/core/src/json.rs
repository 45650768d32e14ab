//! A writer of JSON.

/// A string, as JSON.
#[must_use]
pub fn string(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    let mut from = 0;
    for (at, sign) in text.bytes().enumerate() {
        let short = match sign {
            b'"' | b'\\' => sign,
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            0..b' ' => b'u',
            _ => continue,
        };
        out.push_str(&text[from..at]);
        from = at + 1;
        out.push('\\');
        out.push(char::from(short));
        if short == b'u' {
            out.push_str("00");
            out.push(if sign < 16 { '0' } else { '1' });
            out.push(char::from(b"0123456789abcdef"[usize::from(sign & 15)]));
        }
    }
    out.push_str(&text[from..]);
    out.push('"');
    out
}

/// An array of values that are JSON already.
#[must_use]
pub fn list(items: &[String]) -> String {
    ["[", &items.join(","), "]"].concat()
}

/// An object of fields whose values are JSON already.
#[must_use]
pub fn object(fields: &[(&str, String)]) -> String {
    let fields: Vec<String> = fields.iter().map(|(name, value)| [&string(name), ":", value].concat()).collect();
    ["{", &fields.join(","), "}"].concat()
}

/// A boolean, as JSON.
#[must_use]
pub fn truth(is_true: bool) -> String {
    if is_true { "true" } else { "false" }.to_owned()
}

/// A value that is JSON already, or `null`.
#[must_use]
pub fn or_null(json: Option<String>) -> String {
    json.unwrap_or_else(|| "null".to_owned())
}

/// Names and values in turn, as pairs; a name without a value is skipped.
#[must_use]
pub fn to_pairs(texts: &[&str]) -> Vec<(String, String)> {
    texts.as_chunks().0.iter().map(|[name, value]| ((*name).to_owned(), (*value).to_owned())).collect()
}
