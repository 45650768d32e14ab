//! The custom properties of `style/tokens.css`, divided between the loader, which has no byte to spare, and the panel.

/// Two rules for `:host`, made from `tokens`, a sheet of one such rule: the custom properties that the sheet `used` needs,
/// directly or through another property, and all others.
pub fn divide(tokens: &str, used: &str) -> Result<(String, String), String> {
    let tokens = without_comments(tokens);
    let body = tokens.trim().strip_prefix(":host").and_then(|rule| rule.trim_start().strip_prefix('{'));
    let body = body.and_then(|rule| rule.strip_suffix('}')).ok_or("tokens.css must be one rule for :host.")?;
    let properties: Vec<(&str, &str)> = body
        .split(';')
        .filter_map(|one| one.split_once(':'))
        .map(|(name, value)| (name.trim(), value.trim()))
        .collect();
    let used_by = |css: &str| -> Vec<usize> {
        let names = css.split("var(").skip(1).filter_map(|rest| rest.split([',', ')']).next());
        names.filter_map(|name| properties.iter().position(|(other, _)| *other == name)).collect()
    };
    let mut needed = used_by(used);
    let mut at = 0;
    while let Some((_, value)) = needed.get(at).and_then(|index| properties.get(*index)) {
        let more: Vec<usize> = used_by(value).into_iter().filter(|index| !needed.contains(index)).collect();
        needed.extend(more);
        at += 1;
    }
    let rule = |is_needed: bool| {
        let some = properties.iter().enumerate().filter(|(index, _)| needed.contains(index) == is_needed);
        let some: Vec<String> = some.map(|(_, (name, value))| format!("{name}:{value}")).collect();
        format!(":host{{{}}}", some.join(";"))
    };
    Ok((rule(true), rule(false)))
}

/// No string of tokens.css holds the sign of a comment.
fn without_comments(css: &str) -> String {
    let mut parts = css.split("/*");
    let first = parts.next().unwrap_or_default();
    std::iter::once(first).chain(parts.filter_map(|part| Some(part.split_once("*/")?.1))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_go_with_the_sheet_that_needs_them() {
        let tokens = ":host {\n  --a: var(--b,1px);\n  /* c: d; */ --b:2px;--c:calc(var(--d) + var(--a));--d:3px\n}\n";
        let (first, rest) = divide(tokens, ".x{top:var(--a)}").unwrap();
        assert_eq!(
            (&*first, &*rest),
            (":host{--a:var(--b,1px);--b:2px}", ":host{--c:calc(var(--d) + var(--a));--d:3px}")
        );
        assert!(divide("a{b:c}", "").is_err());
    }
}
