//! A headless Chromium, driven through chromedriver with its JSON protocol: no more of it than our tests need.
#![allow(dead_code, reason = "each test uses its part")]

use std::env;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

/// Flags without which Chromium talks to the world of its own accord.
const FLAGS: [&str; 8] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

/// A browser of our own; its processes end with it.
pub struct Browser {
    driver: Child,
    /// Kept open: what chromedriver writes must go somewhere.
    _out: BufReader<ChildStdout>,
    port: u16,
    session: String,
    profile: tempfile::TempDir,
}

/// Where a program stands, if any of its names does.
fn program(names: &[&str]) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let all = env::split_paths(&path).flat_map(|folder| names.iter().map(move |name| folder.join(name)));
    all.into_iter().find(|file| file.is_file())
}

impl Browser {
    /// Starts one; or says what is not at hand.
    pub fn start() -> Result<Self, String> {
        let chromium = program(&["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"])
            .ok_or("no chromium on the path")?;
        let chromedriver = program(&["chromedriver"]).ok_or("no chromedriver on the path")?;
        let mut driver = Command::new(chromedriver)
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("chromedriver cannot be started: {error}"))?;
        let profile = tempfile::tempdir().unwrap();
        let mut out = BufReader::new(driver.stdout.take().unwrap());
        let port = port(&mut out);
        let mut browser = Self { driver, _out: out, port, session: String::new(), profile };
        let profile = format!("--user-data-dir={}", browser.profile.path().display());
        let flags: Vec<&str> = FLAGS.into_iter().chain([profile.as_str()]).collect();
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
            "goog:chromeOptions": {"binary": chromium, "args": flags},
        }}});
        let session = browser.call("POST", "/session", Some(&wanted));
        session["sessionId"]
            .as_str()
            .unwrap_or_else(|| panic!("no session: {session}"))
            .clone_into(&mut browser.session);
        Ok(browser)
    }

    /// Sends a command and gives its value.
    fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("chromedriver answers");
        stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
        let body = body.map(Value::to_string).unwrap_or_default();
        let mut request = format!("{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n");
        write!(request, "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = BufReader::new(stream);
        let mut length = None;
        let mut line = String::new();
        loop {
            line.clear();
            answer.read_line(&mut line).unwrap();
            if line.trim().is_empty() {
                break;
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse::<u64>().ok();
            }
        }
        let mut text = String::new();
        answer.take(length.expect("an answer with a length")).read_to_string(&mut text).unwrap();
        let mut answer: Value = serde_json::from_str(&text).unwrap();
        answer["value"].take()
    }

    fn ask(&self, path: &str, body: &Value) -> Value {
        self.call("POST", &format!("/session/{}{path}", self.session), Some(body))
    }

    fn tool(&self, command: &str, parameters: &Value) {
        let answer = self.ask("/goog/cdp/execute", &json!({"cmd": command, "params": parameters}));
        assert!(answer.get("error").is_none(), "{command}: {answer}");
    }

    /// How large the page is shown, and whether on a dark ground.
    pub fn look(&self, width: u32, height: u32, dark: bool) {
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600});
        self.tool("Emulation.setDeviceMetricsOverride", &size);
        let scheme = if dark { "dark" } else { "light" };
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.tool("Emulation.setEmulatedMedia", &features);
    }

    /// What is seen, as a PNG file.
    pub fn picture(&self) -> Vec<u8> {
        let answer = self.call("GET", &format!("/session/{}/screenshot", self.session), None);
        decoded(answer.as_str().unwrap())
    }

    /// Whether pages that are opened from now on run their scripts.
    pub fn scripts(&self, on: bool) {
        self.tool("Emulation.setScriptExecutionDisabled", &json!({"value": !on}));
    }

    /// Opens a file.
    pub fn open(&self, file: &Path) {
        let answer = self.ask("/url", &json!({"url": format!("file://{}", file.display())}));
        assert!(answer.is_null(), "{answer}");
    }

    /// What a script comes to; it is the body of a function.
    pub fn run(&self, script: &str) -> Value {
        let answer = self.ask("/execute/sync", &json!({"script": script, "args": []}));
        assert!(answer.get("error").is_none(), "{script}: {answer}");
        answer
    }

    /// The text of an element.
    pub fn text(&self, selector: &str) -> String {
        self.run(&format!("return document.querySelector({}).textContent", json!(selector)))
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// Gives keys to what has the focus; `\u{e007}` is Enter.
    pub fn keys(&self, keys: &str) {
        let presses = keys
            .chars()
            .flat_map(|key| ["keyDown", "keyUp"].map(|kind| json!({"type": kind, "value": key.to_string()})));
        let presses: Vec<Value> = presses.collect();
        let answer = self.ask("/actions", &json!({"actions": [{"type": "key", "id": "keys", "actions": presses}]}));
        assert!(answer.is_null(), "{answer}");
    }

    /// What the browser has written since it was asked: of `browser` or of `performance`.
    pub fn log(&self, of: &str) -> Vec<Value> {
        self.ask("/se/log", &json!({"type": of})).as_array().cloned().unwrap_or_default()
    }

    /// The addresses that pages from files asked for since that was asked, not those of the browser's own first page.
    pub fn requests(&self) -> Vec<String> {
        let messages = self.log("performance");
        let inner = messages.iter().filter_map(|entry| serde_json::from_str::<Value>(entry["message"].as_str()?).ok());
        inner
            .filter(|entry| entry["message"]["method"] == "Network.requestWillBeSent")
            .filter(|entry| {
                entry["message"]["params"]["documentURL"].as_str().is_some_and(|url| url.starts_with("file:"))
            })
            .filter_map(|entry| entry["message"]["params"]["request"]["url"].as_str().map(str::to_owned))
            .collect()
    }
}

/// The bytes of a base64 text.
fn decoded(text: &str) -> Vec<u8> {
    let value = |byte: u8| match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let mut bytes = Vec::new();
    for piece in text.trim_end_matches('=').as_bytes().chunks(4) {
        let bits = piece.iter().fold(0u32, |bits, byte| bits << 6 | u32::from(value(*byte))) << (6 * (4 - piece.len()));
        bytes.extend(&bits.to_be_bytes()[1..piece.len()]);
    }
    bytes
}

/// The port that chromedriver says it listens on.
fn port(out: &mut BufReader<ChildStdout>) -> u16 {
    let mut line = String::new();
    while out.read_line(&mut line).unwrap() > 0 {
        if let Some((_, port)) = line.split_once("started successfully on port ") {
            return port.trim_end().trim_end_matches('.').parse().unwrap();
        }
        line.clear();
    }
    panic!("chromedriver ended before it listened");
}

impl Drop for Browser {
    /// Ends the session, which ends the browser, and then the driver.
    fn drop(&mut self) {
        if !self.session.is_empty() && !std::thread::panicking() {
            self.call("DELETE", &format!("/session/{}", self.session), None);
        } else if let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) {
            let _ = write!(
                stream,
                "DELETE /session/{} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
                self.session
            );
            let _ = stream.read(&mut [0; 64]);
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
