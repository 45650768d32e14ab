//! A Chromium with its driver. Both processes end when it is dropped.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use thirtyfour::prelude::*;
use thirtyfour::{LoggingPrefsLogLevel, TypingData};

/// The time limit for a condition in the page. Only a test that fails waits so long.
const WAIT_TIME_MAX: Duration = Duration::from_secs(40);

/// How many times a chromedriver is started until one finds a port.
const DRIVER_STARTS_MAX: usize = 5;

/// Logs error and connection events to the console, whose log the driver keeps across pages.
const LOG_TROUBLE: &str = "for (const name of ['natter-error', 'natter-connection']) {
    addEventListener(name, ({ detail }) => {
        if (name === 'natter-error' || detail.trouble) console.warn(`event ${name}: ${JSON.stringify(detail)}`);
    }, true);
}";

/// A browser with an empty profile. The order of the fields matters: dropping `page` ends the browser by the driver.
pub struct Browser {
    pub page: WebDriver,
    is_trouble_expected: AtomicBool,
    _driver: Driver,
    profile: tempfile::TempDir,
}

struct Driver(Child);

impl Driver {
    /// A chromedriver, and its port. It listens at one port number in both families of addresses, and exits if the number
    /// that it was given in one of them is taken in the other. Then another is started.
    fn start() -> (Self, String) {
        (0..DRIVER_STARTS_MAX).find_map(|_| Self::try_start()).expect("chromedriver says its port")
    }

    fn try_start() -> Option<(Self, String)> {
        let chromedriver = std::env::var("CHROMEDRIVER").unwrap_or_else(|_| "chromedriver".to_owned());
        let process = Command::new(chromedriver)
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver starts: type `cargo xtask setup --tests`");
        let mut driver = Self(process);
        let output = BufReader::new(driver.0.stdout.take()?);
        let port = |line: String| Some(line.split_once("successfully on port ")?.1.trim_end_matches('.').to_owned());
        let port = output.lines().map_while(Result::ok).find_map(port)?;
        Some((driver, port))
    }
}

impl Browser {
    pub async fn start() -> Self {
        let (driver, port) = Driver::start();
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
            // A fake microphone that beeps, and the permission to use it.
            "--use-fake-device-for-media-stream",
            "--use-fake-ui-for-media-stream",
            "--window-size=1100,820",
            // For tests that need a host that is not this machine's.
            "--host-resolver-rules=MAP *.example.test 127.0.0.1",
            &format!("--user-data-dir={}", profile.path().display()),
        ] {
            wanted.add_arg(argument).unwrap();
        }
        wanted.set_browser_log_level(LoggingPrefsLogLevel::Warning).unwrap();
        let page = WebDriver::new(format!("http://127.0.0.1:{port}"), wanted).await.expect("the browser starts");
        page.set_script_timeout(WAIT_TIME_MAX).await.unwrap();
        let browser = Self { page, is_trouble_expected: false.into(), _driver: driver, profile };
        // It runs before every page's scripts, so the first events are logged, too.
        browser.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": LOG_TROUBLE })).await;
        browser
    }

    /// Waits until this JavaScript expression is truthy. `root` is the widget's shadow root; `await` is allowed.
    pub async fn until(&self, holds: &str) {
        self.until_within(WAIT_TIME_MAX, holds).await;
    }

    /// The same with another time limit.
    pub async fn until_within(&self, patience: Duration, holds: &str) {
        let script = format!(
            "const done = arguments[0];
             const look = async () => {{
               const root = document.querySelector('natter-chat')?.shadowRoot;
               if (root && ({holds})) done(true); else setTimeout(look, 25);
             }};
             look();"
        );
        let tries = patience.as_secs().div_ceil(WAIT_TIME_MAX.as_secs());
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

    /// The value of a JavaScript expression, or of its promise; `root` is the widget's shadow root.
    pub async fn ask(&self, expression: &str) -> Value {
        let script =
            format!("const root = document.querySelector('natter-chat')?.shadowRoot; return ({expression}) ?? null;");
        self.page.execute(script, vec![]).await.expect("an expression").json().clone()
    }

    /// Types into the focused element.
    pub async fn types(&self, keys: impl Into<TypingData>) {
        self.page.action_chain().send_keys(keys).perform().await.unwrap();
    }

    /// Presses Shift+Tab: the focus goes to the control before.
    pub async fn types_shift_tab(&self) {
        let keys = self.page.action_chain().key_down(Key::Shift).key_down(Key::Tab).key_up(Key::Tab).key_up(Key::Shift);
        keys.perform().await.unwrap();
    }

    /// Sends a DevTools command.
    pub async fn devtools(&self, command: &str, parameters: Value) -> Value {
        self.page.cdp().send_raw(command, parameters).await.expect("a DevTools command")
    }

    /// The address of the browser's DevTools server.
    pub fn devtools_address(&self) -> String {
        let told = std::fs::read_to_string(self.profile.path().join("DevToolsActivePort")).expect("the browser tells");
        format!("127.0.0.1:{}", told.lines().next().unwrap())
    }

    /// Emulates a screen of this size.
    pub async fn resize(&self, width: u32, height: u32) {
        let screen = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", screen).await;
    }

    /// Emulates `prefers-color-scheme`.
    pub async fn prefer(&self, scheme: &str) {
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.devtools("Emulation.setEmulatedMedia", features).await;
    }

    /// Allows connection trouble, errors and warnings in this test.
    pub fn expects_trouble(&self) {
        self.is_trouble_expected.store(true, Ordering::Relaxed);
    }

    /// Asserts that there was no error or trouble event, no script error, and no warning in the console. The browser's own
    /// messages about failed requests don't count.
    async fn assert_no_trouble(&self) {
        if self.is_trouble_expected.load(Ordering::Relaxed) {
            return;
        }
        let log = self.page.browser_log().await.unwrap_or_default();
        let is_ours = |source: &Option<String>| matches!(source.as_deref(), Some("console-api" | "javascript"));
        let said: Vec<String> =
            log.into_iter().filter(|entry| is_ours(&entry.source)).map(|entry| entry.message).collect();
        assert!(said.is_empty(), "unexpected trouble: {said:#?}");
    }

    /// Closes the browser, after a check for errors and warnings.
    pub async fn quit(&self) {
        self.assert_no_trouble().await;
        // The test has passed, whether the browser can be closed or not.
        drop(self.page.clone().quit().await);
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}
