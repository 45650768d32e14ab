//! Finds or installs Chromium and chromedriver for the tests in a browser.

use super::debian;
use crate::env::Env;
use crate::files::{read_text, write};
use std::path::{Path, PathBuf};

/// The programs of a browser and its driver.
pub struct Browser {
    /// Chromium or Chrome.
    pub chromium: PathBuf,
    /// Its WebDriver server.
    pub chromedriver: PathBuf,
}

const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// Finds the browser, or installs it where packages can be installed.
pub fn ensure(env: &Env) -> Result<Browser, String> {
    if let Some(browser) = find(env) {
        return Ok(browser);
    }
    if let Some(debian) = debian::detect() {
        // Without a font, text has no size and nothing can be clicked.
        debian.install(env, "a browser", &["chromium", "chromium-driver", "fonts-liberation"])?;
    }
    find(env).ok_or_else(|| {
        if debian::is_debian_based() {
            "Chromium or its driver is missing; type `sudo apt-get install chromium chromium-driver`.".to_owned()
        } else {
            "Chrome or chromedriver is missing; type `npx @puppeteer/browsers install chrome@stable` and the same \
             with chromedriver@stable, and put both on PATH."
                .to_owned()
        }
    })
}

impl Browser {
    /// Writes a file with the capabilities for WebDriver sessions: those of webdriver.json, and this browser's program.
    pub fn capabilities(&self, env: &Env) -> Result<PathBuf, String> {
        let template = env.project.join("webdriver.json");
        let path = env.target_dir().join("webdriver.json");
        write(&path, with_binary(&read_text(&template)?, &self.chromium))?;
        Ok(path)
    }
}

fn with_binary(capabilities: &str, program: &Path) -> String {
    let program = program.to_string_lossy().replace('\\', "\\\\").replace('"', "\\\"");
    capabilities.replacen("\"args\"", &format!("\"binary\": \"{program}\",\n      \"args\""), 1)
}

fn find(env: &Env) -> Option<Browser> {
    let chromium = NAMES.iter().find_map(|name| env.which(name)).or_else(|| {
        let mac = PathBuf::from("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome");
        mac.exists().then_some(mac)
    })?;
    Some(Browser { chromium, chromedriver: env.which("chromedriver")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_webdriver_capabilities_name_the_browser_that_was_found() {
        let capabilities = with_binary("{ \"args\": [\"--headless\"] }", Path::new("/opt/a \"b\"/chrome"));
        let expected = "{ \"binary\": \"/opt/a \\\"b\\\"/chrome\",\n      \"args\": [\"--headless\"] }";
        assert_eq!(capabilities, expected);
    }
}
