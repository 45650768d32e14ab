//! Style sheets that share the shadow root: the panel's own, and those that parts adopt while they are there.

use std::collections::BTreeSet;
use std::path::Path;

const CLASS: fn(char) -> bool = |c| c.is_ascii_alphanumeric() || c == '-' || c == '_';

/// The contents of a folder's files, with their names.
fn files(folder: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let text =
        |path: &Path| (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read_to_string(path).unwrap());
    entries.filter(|path| path.is_file()).map(|path| text(&path)).collect()
}

/// The classes that a selector, or a whole sheet, names.
fn classes(css: &str) -> BTreeSet<String> {
    let names = css.split('.').skip(1).map(|rest| rest.split(|c| !CLASS(c)).next().unwrap());
    names.filter(|name| name.starts_with(|c: char| c.is_ascii_alphabetic())).map(str::to_owned).collect()
}

/// Every word of every text in the components' source: the classes are among them.
fn painted() -> BTreeSet<String> {
    let strings = files("src/components").into_iter().flat_map(|(_, source)| {
        without_modules(&source).split('"').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>()
    });
    strings.flat_map(|text| text.split(' ').map(str::to_owned).collect::<Vec<_>>()).collect()
}

/// The source without the names of modules that are called.
fn without_modules(source: &str) -> String {
    source.lines().filter(|line| !line.contains("call_module(")).collect::<Vec<_>>().join("\n")
}

/// The selectors of a part's sheet, if it has one.
fn selectors(source: &str) -> Vec<String> {
    let Some(sheet) = source.split("sheet.replaceSync(`").nth(1) else { return Vec::new() };
    let sheet = sheet.split("`)").next().unwrap();
    let preludes = sheet.split('{').filter_map(|before| before.rsplit(['{', '}', ';']).next());
    let is_selector = |prelude: &&str| !prelude.starts_with('@') && !matches!(*prelude, "from" | "to" | "");
    let all = preludes.map(str::trim).filter(is_selector).flat_map(listed);
    all.collect()
}

/// A list's selectors; what is in brackets stays together.
fn listed(prelude: &str) -> Vec<String> {
    let (mut all, mut depth) = (vec![String::new()], 0);
    for c in prelude.chars() {
        depth += i32::from(c == '(') - i32::from(c == ')');
        if c == ',' && depth == 0 { all.push(String::new()) } else { all.last_mut().unwrap().push(c) }
    }
    all
}

/// A rule for `.prompt` once took a row of this class out of the thread, and laid it over the composer.
#[test]
fn lazy_style_sheet_rules_name_a_class_used_nowhere_else() {
    let others: BTreeSet<String> = files("style").iter().flat_map(|(_, css)| classes(css)).chain(painted()).collect();
    assert!(others.contains("row") && others.contains("launcher"), "{others:?}");
    let mut sheets = 0;
    for (name, source) in files("embed/parts") {
        let selectors = selectors(&source);
        sheets += usize::from(!selectors.is_empty());
        for selector in selectors {
            let own = classes(&selector).into_iter().any(|class| !others.contains(&class));
            assert!(own, "{name}: {selector}");
        }
    }
    assert_eq!(sheets, 4, "emoji, lightbox, prompts, voice");
}

/// The classes of the elements that the loader and panel.js make themselves.
fn loader_classes() -> BTreeSet<String> {
    let scripts = files("embed").into_iter().filter(|(name, _)| matches!(name.as_str(), "embed.js" | "panel.js"));
    let names = scripts.flat_map(|(_, source)| {
        source.split("className: \"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect::<Vec<_>>()
    });
    names.collect()
}

/// The rules for `.over`, the cards above the launcher, once applied to a counter of characters of this class.
#[test]
fn components_have_no_class_of_the_loaders_elements() {
    let loaders = loader_classes();
    let made = ["badge", "launcher", "over", "panel", "skeleton", "sorry"];
    assert_eq!(loaders.iter().map(String::as_str).collect::<Vec<_>>(), made);
    let painted = painted();
    let shared: Vec<&str> = loaders.iter().filter(|class| painted.contains(*class)).map(String::as_str).collect();
    // The same lines: before the chat is loaded, and while the first messages are.
    assert_eq!(shared, ["skeleton"]);
    // The rules that are there before anything is fetched are about these elements alone.
    let (_, launcher) = files("style").into_iter().find(|(name, _)| name == "launcher.css").unwrap();
    let others: Vec<String> = classes(&without_comments(&launcher)).difference(&loaders).cloned().collect();
    assert_eq!(others, [""; 0]);
}

fn without_comments(css: &str) -> String {
    css.split("/*").map(|part| part.split_once("*/").map_or(part, |(_, rest)| rest)).collect()
}
