//! A Chromium and its driver, for the tests that run in a browser.

use super::debian;
use crate::workbench::Workbench;
use std::path::{Path, PathBuf};

/// Where a browser and its driver are.
pub struct Browser {
    /// The browser's program.
    pub chromium: PathBuf,
    /// The program that speaks WebDriver.
    pub chromedriver: PathBuf,
}

const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// Finds the browser, or installs it where that can be done.
pub fn ensure(bench: &Workbench) -> Result<Browser, String> {
    if let Some(browser) = find(bench) {
        return Ok(browser);
    }
    if let Some(debian) = debian::found() {
        // Without any font, text has no size and nothing can be clicked.
        debian.install(bench, "a browser", &["chromium", "chromium-driver", "fonts-liberation"])?;
    }
    find(bench).ok_or_else(|| {
        if debian::is_kin() {
            "Chromium or its driver is missing; type `sudo apt-get install chromium chromium-driver`.".to_owned()
        } else {
            "Chrome or chromedriver is missing; type `npx @puppeteer/browsers install chrome@stable` and the same \
             with chromedriver@stable, and put both on PATH."
                .to_owned()
        }
    })
}

impl Browser {
    /// Writes the capabilities that a WebDriver session asks for, webdriver.json's with this
    /// browser's program, and tells where they are.
    pub fn capabilities(&self, bench: &Workbench) -> Result<PathBuf, String> {
        let template = bench.project.join("webdriver.json");
        let text = std::fs::read_to_string(&template)
            .map_err(|error| format!("{} can't be read: {error}.", template.display()))?;
        let path = bench.target().join("webdriver.json");
        std::fs::write(&path, with_binary(&text, &self.chromium))
            .map_err(|error| format!("{} can't be written: {error}.", path.display()))?;
        Ok(path)
    }
}

fn with_binary(capabilities: &str, program: &Path) -> String {
    let program = program.to_string_lossy().replace('\\', "\\\\").replace('"', "\\\"");
    capabilities.replacen("\"args\"", &format!("\"binary\": \"{program}\",\n      \"args\""), 1)
}

fn find(bench: &Workbench) -> Option<Browser> {
    let chromium = NAMES.iter().find_map(|name| bench.which(name)).or_else(|| {
        let mac = PathBuf::from("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome");
        mac.exists().then_some(mac)
    })?;
    Some(Browser { chromium, chromedriver: bench.which("chromedriver")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_browser_that_was_found_is_the_one_asked_for() {
        let capabilities = with_binary("{ \"args\": [\"--headless\"] }", Path::new("/opt/a \"b\"/chrome"));
        let expected = "{ \"binary\": \"/opt/a \\\"b\\\"/chrome\",\n      \"args\": [\"--headless\"] }";
        assert_eq!(capabilities, expected);
    }
}
