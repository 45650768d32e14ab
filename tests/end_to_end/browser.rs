//! A real browser with its driver, both gone when dropped.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use thirtyfour::TypingData;
use thirtyfour::prelude::*;

/// How long the browser waits for what a page is to become. Generous: it only ever runs out when a test fails.
const PATIENCE: Duration = Duration::from_secs(40);

/// A browser with an empty profile. The order matters: the page ends its browser when it is dropped, and needs the
/// driver for that.
pub struct Browser {
    pub page: WebDriver,
    _driver: Driver,
    profile: tempfile::TempDir,
}

struct Driver(Child);

impl Browser {
    pub async fn start() -> Self {
        let chromedriver = std::env::var("CHROMEDRIVER").unwrap_or_else(|_| "chromedriver".to_owned());
        let mut driver = Command::new(chromedriver)
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver starts: type `cargo xtask setup --tests`");
        let output = BufReader::new(driver.stdout.take().unwrap());
        let port = output
            .lines()
            .map_while(Result::ok)
            .find_map(|line| Some(line.split_once("successfully on port ")?.1.trim_end_matches('.').to_owned()))
            .expect("chromedriver says its port");
        let profile = tempfile::tempdir().unwrap();
        let mut wanted = DesiredCapabilities::chrome();
        if let Ok(binary) = std::env::var("NATTER_CHROMIUM") {
            wanted.set_binary(&binary).unwrap();
        }
        for argument in [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--hide-scrollbars",
            // A microphone that beeps, and a visitor who lets the page listen.
            "--use-fake-device-for-media-stream",
            "--use-fake-ui-for-media-stream",
            "--window-size=1100,820",
            // Where an address must not be this machine's own.
            "--host-resolver-rules=MAP *.example.test 127.0.0.1",
            &format!("--user-data-dir={}", profile.path().display()),
        ] {
            wanted.add_arg(argument).unwrap();
        }
        let page = WebDriver::new(format!("http://127.0.0.1:{port}"), wanted).await.expect("the browser starts");
        page.set_script_timeout(PATIENCE).await.unwrap();
        Self { page, _driver: Driver(driver), profile }
    }

    /// Waits until this expression holds in the page; `root` is the widget's shadow root. It may wait for promises.
    pub async fn until(&self, holds: &str) {
        self.until_within(PATIENCE, holds).await;
    }

    /// The same, for what takes longer than people like to wait.
    pub async fn until_within(&self, patience: Duration, holds: &str) {
        let script = format!(
            "const done = arguments[0];
             const look = async () => {{
               const root = document.querySelector('natter-chat')?.shadowRoot;
               if (root && ({holds})) done(true); else setTimeout(look, 25);
             }};
             look();"
        );
        let tries = patience.as_secs().div_ceil(PATIENCE.as_secs());
        for _ in 1..tries {
            if self.page.execute_async(script.clone(), vec![]).await.is_ok() {
                return;
            }
        }
        if self.page.execute_async(script, vec![]).await.is_err() {
            let seen = self.ask("root?.textContent").await;
            panic!("it never came to be that {holds}\nthe widget shows: {seen}");
        }
    }

    /// The value of an expression in the page, or what it promises; `root` is the widget's shadow root.
    pub async fn ask(&self, expression: &str) -> Value {
        let script =
            format!("const root = document.querySelector('natter-chat')?.shadowRoot; return ({expression}) ?? null;");
        self.page.execute(script, vec![]).await.expect("an expression").json().clone()
    }

    /// Types where the focus is.
    pub async fn types(&self, keys: impl Into<TypingData>) {
        self.page.action_chain().send_keys(keys).perform().await.unwrap();
    }

    /// A DevTools command.
    pub async fn devtools(&self, command: &str, parameters: Value) -> Value {
        self.page.cdp().send_raw(command, parameters).await.expect("a DevTools command")
    }

    /// Where the browser's DevTools listen.
    pub fn devtools_address(&self) -> String {
        let told = std::fs::read_to_string(self.profile.path().join("DevToolsActivePort")).expect("the browser tells");
        format!("127.0.0.1:{}", told.lines().next().unwrap())
    }

    /// Pretends to be a screen of this size.
    pub async fn resize(&self, width: u32, height: u32) {
        let screen = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", screen).await;
    }

    /// Pretends that the person prefers light or dark.
    pub async fn prefer(&self, scheme: &str) {
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.devtools("Emulation.setEmulatedMedia", features).await;
    }

    /// Ends the browser. Dropping it would, too, but less gently.
    pub async fn quit(&self) {
        // What a test has to say, it has said by now.
        drop(self.page.clone().quit().await);
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}
