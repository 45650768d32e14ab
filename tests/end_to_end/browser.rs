//! A real browser with its driver, both gone when dropped.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use thirtyfour::prelude::*;
use thirtyfour::{LoggingPrefsLogLevel, TypingData};

/// How long the browser waits for what a page is to become. Generous: it only ever runs out when a test fails.
const PATIENCE: Duration = Duration::from_secs(40);

/// Writes events that tell of trouble to the console, where the driver keeps them however often the page is left.
const WITNESS: &str = "for (const name of ['natter-error', 'natter-connection']) {
    addEventListener(name, ({ detail }) => {
        if (name === 'natter-error' || detail.trouble) console.warn(`event ${name}: ${JSON.stringify(detail)}`);
    }, true);
}";

/// A browser with an empty profile. The order matters: the page ends its browser when it is dropped, and needs the
/// driver for that.
pub struct Browser {
    pub page: WebDriver,
    is_trouble_expected: AtomicBool,
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
        wanted.set_browser_log_level(LoggingPrefsLogLevel::Warning).unwrap();
        let page = WebDriver::new(format!("http://127.0.0.1:{port}"), wanted).await.expect("the browser starts");
        page.set_script_timeout(PATIENCE).await.unwrap();
        let browser = Self { page, is_trouble_expected: false.into(), _driver: Driver(driver), profile };
        // From the beginning of each page: what the widget says first is heard as well.
        browser.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": WITNESS })).await;
        browser
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

    /// This story is about trouble, or about what the page's developer is warned of.
    pub fn expects_trouble(&self) {
        self.is_trouble_expected.store(true, Ordering::Relaxed);
    }

    /// Nobody was warned of anything: no event told of an error or of trouble, no script failed, nothing stands on the
    /// console. What the browser itself says of requests that fail is not looked at.
    async fn met_no_trouble(&self) {
        if self.is_trouble_expected.load(Ordering::Relaxed) {
            return;
        }
        let log = self.page.browser_log().await.unwrap_or_default();
        let is_ours = |source: &Option<String>| matches!(source.as_deref(), Some("console-api" | "javascript"));
        let said: Vec<String> =
            log.into_iter().filter(|entry| is_ours(&entry.source)).map(|entry| entry.message).collect();
        assert!(said.is_empty(), "unexpected trouble: {said:#?}");
    }

    /// Ends the browser, after a last look at what it was warned of. Dropping it would, too, but less gently.
    pub async fn quit(&self) {
        self.met_no_trouble().await;
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
