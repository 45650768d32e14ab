//! Takes the gallery's screenshots into `target/gallery/`, and checks each screen: overflow, cut text, size of controls,
//! contrast, accessible names, and what axe-core finds.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use natter_chat::gallery::{ELEMENT, MARK, screens};
use serde_json::{Value, json};

use crate::axe;
use crate::browser::Browser;
use crate::screenshots::until_still;
use crate::site;

const FAULTS: &str = include_str!("faults.js");
/// The widths in CSS pixels: the narrowest phone, and a small window.
const NARROW: (u32, u32) = (320, 640);
/// The height for the panel in full size with its launcher and shadow.
const WIDE: (u32, u32) = (480, 792);
/// The minimal size of a control in pixels: for a mouse, and for touch.
const TARGET: u32 = 24;
const TARGET_TOUCHED: u32 = 44;
/// The number of screens on a sheet, and of its columns.
const PER_SHEET: usize = 21;
const COLUMNS: u32 = 7;
/// The size of a screenshot on a sheet.
const SCALE: f64 = 0.6;

/// A variant of a screen: theme, direction, width and length of words.
struct Variant {
    theme: &'static str,
    language: &'static str,
    words: &'static str,
    is_narrow: bool,
}

impl Variant {
    /// All variants; long words are checked once in each width.
    fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for is_narrow in [false, true] {
            for (theme, language, words) in [
                ("light", "en", ""),
                ("light", "ar", ""),
                ("dark", "en", ""),
                ("dark", "ar", ""),
                ("light", "en", "long"),
            ] {
                all.push(Self { theme, language, words, is_narrow });
            }
        }
        all.extend(["de", "fi", "ja"].map(|language| Self { theme: "light", language, words: "", is_narrow: false }));
        all
    }

    fn name(&self) -> String {
        let Self { theme, language, words, is_narrow } = self;
        let width = if *is_narrow { NARROW.0 } else { 400 };
        [&*width.to_string(), theme, language, words].join("-").trim_end_matches('-').to_owned()
    }

    /// Whether axe-core checks this variant: light, dark, and right-to-left.
    fn is_examined(&self) -> bool {
        matches!((self.theme, self.language, self.words), ("light", "en" | "ar", "") | ("dark", "en", ""))
            && !self.is_narrow
    }

    const fn size(&self) -> (u32, u32) {
        if self.is_narrow { NARROW } else { WIDE }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_gallery_screen_passes_layout_and_accessibility_checks() {
    let built = std::fs::read(site::folder().join("natter_bg.wasm")).unwrap();
    let holds_mark = built.windows(MARK.len()).any(|bytes| bytes == MARK.as_bytes());
    assert!(holds_mark, "what a release must not hold would not be found: type `cargo xtask gallery`");

    let browser = Browser::start().await;
    let site = site::serve().await;
    let wanted = std::env::var("NATTER_SCREENS").unwrap_or_default();
    let names = ELEMENT.into_iter().chain(screens().into_iter().map(|screen| screen.name));
    let names: Vec<&str> = names.filter(|name| name.contains(&wanted)).collect();
    let mut faults = String::new();
    browser.devtools("Emulation.setTimezoneOverride", json!({ "timezoneId": "Europe/Berlin" })).await;
    for variant in Variant::all() {
        hold(&browser, &variant).await;
        // The page is loaded for each variant, as some styles are chosen at loading.
        browser.page.goto("about:blank").await.unwrap();
        browser.page.goto(format!("{site}/gallery#{}", address(&variant, "empty"))).await.unwrap();
        if variant.is_examined() {
            axe::bring(&browser).await;
        }
        for name in &names {
            show(&browser, &address(&variant, name)).await;
            let mut found = measured(&browser, if variant.is_narrow { TARGET_TOUCHED } else { TARGET }).await;
            if variant.name() == "400-light-en" {
                found.extend(nameless(&browser).await);
            }
            if variant.is_examined() {
                found.extend(axe::violations(&browser).await);
            }
            for fault in found {
                writeln!(faults, "{} {name}: {fault}", variant.name()).unwrap();
            }
            browser.page.screenshot(&picture(&variant, name)).await.unwrap();
        }
    }
    hold_sheets(&browser, &names).await;
    std::fs::write(folder().join("faults.txt"), &faults).unwrap();
    browser.quit().await;
    assert!(faults.is_empty(), "there are faults:\n{faults}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_gallery_checks_find_deliberate_faults() {
    let browser = Browser::start().await;
    let site = site::serve().await;
    let Some(variant) = Variant::all().into_iter().next() else { panic!("there is no variant") };
    hold(&browser, &variant).await;
    browser.page.goto(format!("{site}/gallery#{}", address(&variant, "talk"))).await.unwrap();
    show(&browser, &address(&variant, "talk")).await;
    assert_eq!((measured(&browser, TARGET).await, nameless(&browser).await), (Vec::new(), Vec::new()));
    for (style, fault) in [
        (".bubble { min-inline-size: 600px }", "sticks out sideways"),
        (".rows { inline-size: 500px }", "can be scrolled sideways"),
        (".bubble { block-size: 20px }", "is higher than its"),
        (
            ".title { flex: none; inline-size: 20px; overflow: clip; text-overflow: clip; white-space: nowrap }",
            "is wider than its",
        ),
        (".input { max-block-size: 16px }", "is cut"),
        (".tool { inline-size: 20px }", "less than 24"),
        (".meta { color: var(--n7) }", "text has a contrast of"),
        (".unsent .bubble, .list { opacity: 0.6 }", "text has a contrast of"),
    ] {
        let sheet = Value::from(style);
        let add = format!(
            "(root.adoptedStyleSheets = [...root.adoptedStyleSheets, new CSSStyleSheet()],
              root.adoptedStyleSheets.at(-1).replaceSync({sheet}), null)"
        );
        browser.ask(&add).await;
        let found = measured(&browser, TARGET).await;
        assert!(found.iter().any(|found| found.contains(fault)), "{style}: {found:?}");
        browser.ask("(root.adoptedStyleSheets = root.adoptedStyleSheets.slice(0, -1), null)").await;
    }
    browser.ask("(root.querySelector('button.tool').removeAttribute('aria-label'), null)").await;
    assert_eq!(nameless(&browser).await, ["a button has no name"]);
    axe::bring(&browser).await;
    let found = axe::violations(&browser).await;
    assert!(matches!(&*found, [one] if one.contains("button-name")), "{found:?}");
    browser.quit().await;
}

/// Emulates the variant's screen, with reduced motion.
async fn hold(browser: &Browser, variant: &Variant) {
    let (width, height) = variant.size();
    browser.resize(width, height).await;
    browser.devtools("Emulation.setTouchEmulationEnabled", json!({ "enabled": variant.is_narrow })).await;
    let still = json!({ "features": [{ "name": "prefers-reduced-motion", "value": "reduce" }] });
    browser.devtools("Emulation.setEmulatedMedia", still).await;
}

fn address(variant: &Variant, screen: &str) -> String {
    let Variant { theme, language, words, .. } = variant;
    format!("screen={screen}&theme={theme}&language={language}&words={words}")
}

/// Waits until the screen is shown with its pictures, and nothing moves.
async fn show(browser: &Browser, address: &str) {
    let wanted = Value::from(format!("#{address}"));
    browser.ask(&format!("(location.hash = {wanted}, null)")).await;
    browser
        .until(&format!(
            "document.documentElement.dataset.shown === {wanted}
             && (await Promise.all([...root.querySelectorAll('img[src]')].map(it => it.decode().catch(() => {{}}))), true)
             && [...root.querySelectorAll('video, audio')].every(it => it.readyState > 0 || it.error)"
        ))
        .await;
    until_still(browser).await;
}

/// The faults that faults.js measures.
async fn measured(browser: &Browser, target: u32) -> Vec<String> {
    let found = browser.ask(&format!("((target) => {FAULTS})({target})")).await;
    found.as_array().unwrap().iter().map(|fault| fault.as_str().unwrap().to_owned()).collect()
}

/// Controls without an accessible name.
async fn nameless(browser: &Browser) -> Vec<String> {
    const ROLES: [&str; 9] =
        ["button", "link", "textbox", "combobox", "radio", "dialog", "group", "progressbar", "image"];
    let tree = browser.devtools("Accessibility.getFullAXTree", json!({})).await;
    let is_control = |node: &&Value| ROLES.iter().any(|role| node["role"]["value"] == *role);
    let is_nameless = |node: &&Value| {
        node["ignored"] != json!(true) && node["name"]["value"].as_str().unwrap_or_default().trim().is_empty()
    };
    let nodes = tree["nodes"].as_array().unwrap();
    assert!(nodes.iter().any(|node| is_control(&node)), "the tree is empty");
    let found = nodes.iter().filter(is_control).filter(is_nameless);
    found.map(|node| format!("a {} has no name", node["role"]["value"].as_str().unwrap())).collect()
}

/// Takes screenshots of contact sheets: several screens side by side, for each variant.
async fn hold_sheets(browser: &Browser, names: &[&str]) {
    let mut index = "<!doctype html><meta charset=utf-8><title>Gallery</title>".to_owned();
    browser.devtools("Emulation.setTouchEmulationEnabled", json!({ "enabled": false })).await;
    for variant in Variant::all() {
        let (width, height) = variant.size();
        let (width, height) = ((f64::from(width) * SCALE) as u32, (f64::from(height) * SCALE) as u32);
        for (nth, names) in names.chunks(PER_SHEET).enumerate() {
            let name = format!("sheet-{}-{}", variant.name(), nth + 1);
            let mut page = format!(
                "<!doctype html><meta charset=utf-8><title>{name}</title><style>body {{ margin: 8px; display: grid; \
                 grid-template-columns: repeat({COLUMNS}, {width}px); gap: 8px; font: 12px/16px sans-serif; \
                 background: #999 }} figure {{ margin: 0 }} img {{ display: block; width: {width}px; height: \
                 {height}px }}</style>"
            );
            for screen in names {
                let source = picture(&variant, screen);
                let source = source.file_name().unwrap().to_string_lossy();
                write!(page, "<figure><figcaption>{screen}</figcaption><img src=\"{source}\"></figure>").unwrap();
            }
            let path = folder().join(format!("{name}.html"));
            std::fs::write(&path, page).unwrap();
            let rows = names.len().div_ceil(COLUMNS as usize) as u32;
            browser.resize(COLUMNS * (width + 8) + 8, rows * (height + 24) + 8).await;
            browser.page.goto(format!("file://{}", path.display())).await.unwrap();
            browser.page.screenshot(&folder().join(format!("{name}.png"))).await.unwrap();
            std::fs::remove_file(path).unwrap();
            writeln!(index, "<p>{name}<br><img src=\"{name}.png\" alt=\"\">").unwrap();
        }
    }
    std::fs::write(folder().join("index.html"), index).unwrap();
}

fn picture(variant: &Variant, screen: &str) -> PathBuf {
    folder().join(format!("{screen}-{}.png", variant.name()))
}

fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/gallery");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}
