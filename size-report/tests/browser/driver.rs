//! A browser without a window, for tests: Chromium or one of its kin, told what to do through a pipe with the
//! protocol of its developer tools (<https://chromedevtools.github.io/devtools-protocol/>). Messages are JSON, and end
//! with a zero byte.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{env, fs, thread};

/// What the browser may be called. Debian's package with nothing but what is needed here comes first.
const PROGRAMS: [&str; 5] =
    ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// How long an answer may take, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// One browser at a time: several would slow each other down, and times are measured.
static TURN: Mutex<()> = Mutex::new(());

/// A running browser with one page.
pub(crate) struct Browser {
    _turn: MutexGuard<'static, ()>,
    child: Child,
    orders: ChildStdin,
    answers: Receiver<Value>,
    session: Option<String>,
    last: u64,
    is_loaded: bool,
    /// What the page logged or threw.
    pub(crate) complaints: Vec<String>,
}

impl Browser {
    /// Opens a report's page, with what follows the `#` in its address, in a window of a size.
    pub(crate) fn open(path: &Path, fragment: &str, size: (u32, u32), dark: bool) -> Self {
        let mut browser = Self::start(size, dark);
        browser.load(path, fragment);
        browser
    }

    /// Opens another file.
    pub(crate) fn open_any(path: &Path, size: (u32, u32), dark: bool) -> Self {
        let mut browser = Self::start(size, dark);
        browser.navigate(&format!("file://{}", path.display()));
        browser
    }

    fn start(size: (u32, u32), dark: bool) -> Self {
        // A test that failed leaves nothing behind that others would mind.
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let path_of_programs = env::var_os("PATH").unwrap_or_default();
        let program = PROGRAMS
            .iter()
            .find(|program| env::split_paths(&path_of_programs).any(|folder| folder.join(program).is_file()))
            .expect("no browser: install Debian's chromium-headless-shell, or Chromium, or Chrome");
        // The browser reads orders from descriptor 3, and answers to 4.
        let mut child = Command::new("sh")
            .args(["-c", "exec \"$@\" 3<&0 4>&1 >/dev/null 2>&1", "sh", program, "--headless", "--no-sandbox"])
            .args(["--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--remote-debugging-pipe"])
            .args(["--no-first-run", "--disable-background-networking", "about:blank"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let orders = child.stdin.take().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, answers) = mpsc::channel();
        thread::spawn(move || {
            let mut message = Vec::new();
            while stdout.read_until(0, &mut message).is_ok_and(|length| length > 0) {
                message.pop();
                if sender.send(serde_json::from_slice(&message).unwrap()).is_err() {
                    break;
                }
                message.clear();
            }
        });
        let mut browser = Self {
            _turn: turn,
            child,
            orders,
            answers,
            session: None,
            last: 0,
            is_loaded: false,
            complaints: Vec::new(),
        };
        let target = browser.order("Target.createTarget", json!({ "url": "about:blank" }))["targetId"].clone();
        let attached = browser.order("Target.attachToTarget", json!({ "targetId": target, "flatten": true }));
        browser.session = attached["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page.enable", "Runtime.enable", "Log.enable", "Network.enable"] {
            browser.order(domain, json!({}));
        }
        let (width, height) = size;
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        browser.order("Emulation.setDeviceMetricsOverride", metrics);
        let scheme = if dark { "dark" } else { "light" };
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        browser.order("Emulation.setEmulatedMedia", features);
        browser
    }

    /// Loads a report's page, whose script has run then.
    pub(crate) fn load(&mut self, path: &Path, fragment: &str) {
        // From elsewhere, since another fragment alone loads nothing.
        self.navigate("about:blank");
        self.navigate(&format!("file://{}{fragment}", path.display()));
        assert!(self.evaluate("document.documentElement.dataset.ready !== undefined") == true, "{:?}", self.complaints);
    }

    fn navigate(&mut self, url: &str) {
        self.is_loaded = false;
        self.order("Page.navigate", json!({ "url": url }));
        while !self.is_loaded {
            let event = self.next();
            self.notice(&event);
        }
    }

    /// Evaluates an expression in the page.
    pub(crate) fn evaluate(&mut self, expression: &str) -> Value {
        let parameters = json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let answer = self.order("Runtime.evaluate", parameters);
        assert!(answer.get("exceptionDetails").is_none(), "{expression}: {:#}", answer["exceptionDetails"]);
        answer["result"]["value"].clone()
    }

    /// Evaluates an expression of text.
    pub(crate) fn text(&mut self, expression: &str) -> String {
        self.evaluate(expression).as_str().unwrap_or_else(|| panic!("no text: {expression}")).to_owned()
    }

    /// Moves the pointer to the middle of the first element that a selector finds.
    pub(crate) fn hover(&mut self, selector: &str) -> (f64, f64) {
        let middle = format!(
            "(() => {{ const box = document.querySelector({}).getBoundingClientRect();
               return [box.x + box.width / 2, box.y + box.height / 2]; }})()",
            json!(selector)
        );
        let middle = self.evaluate(&middle);
        let (x, y) = (middle[0].as_f64().unwrap(), middle[1].as_f64().unwrap());
        self.mouse("mouseMoved", x, y);
        (x, y)
    }

    /// Clicks on the first element that a selector finds.
    pub(crate) fn click(&mut self, selector: &str) {
        let (x, y) = self.hover(selector);
        self.mouse("mousePressed", x, y);
        self.mouse("mouseReleased", x, y);
    }

    fn mouse(&mut self, kind: &str, x: f64, y: f64) {
        let button = if kind == "mouseMoved" { "none" } else { "left" };
        let event = json!({ "type": kind, "x": x, "y": y, "button": button, "clickCount": 1 });
        self.order("Input.dispatchMouseEvent", event);
    }

    /// Presses a key: `Tab`, `ArrowRight`, or one that writes a letter.
    pub(crate) fn press(&mut self, key: &str) {
        let code = match key {
            "Backspace" => 8,
            "Tab" => 9,
            "Enter" => 13,
            "Escape" => 27,
            "End" => 35,
            "Home" => 36,
            "ArrowLeft" => 37,
            "ArrowUp" => 38,
            "ArrowRight" => 39,
            "ArrowDown" => 40,
            _ => 0,
        };
        let text = match key {
            "Enter" => "\r",
            _ if code == 0 => key,
            _ => "",
        };
        let mut event = json!({ "type": "keyDown", "key": key, "windowsVirtualKeyCode": code });
        if !text.is_empty() {
            event["text"] = text.into();
        }
        self.order("Input.dispatchKeyEvent", event.clone());
        event["type"] = "keyUp".into();
        self.order("Input.dispatchKeyEvent", event);
    }

    /// Writes text into what has the focus.
    pub(crate) fn write(&mut self, text: &str) {
        self.order("Input.insertText", json!({ "text": text }));
    }

    /// Writes a picture of the window.
    pub(crate) fn screenshot(&mut self, path: &Path) {
        // What the last event changed is drawn with the next frame.
        self.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))");
        let picture = self.order("Page.captureScreenshot", json!({ "format": "png" }));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, base64(picture["data"].as_str().unwrap())).unwrap();
    }

    /// Prints the page, and returns the PDF file.
    pub(crate) fn print(&mut self) -> Vec<u8> {
        let printed = self.order("Page.printToPDF", json!({ "landscape": true, "printBackground": false }));
        base64(printed["data"].as_str().unwrap())
    }

    /// Gives an order, and waits for the answer.
    pub(crate) fn order(&mut self, method: &str, parameters: Value) -> Value {
        self.last += 1;
        let mut order = json!({ "id": self.last, "method": method, "params": parameters });
        if let Some(session) = &self.session {
            order["sessionId"] = session.as_str().into();
        }
        self.orders.write_all(format!("{order}\0").as_bytes()).unwrap();
        loop {
            let mut answer = self.next();
            if answer["id"] == self.last {
                assert!(answer.get("error").is_none(), "{method}: {}", answer["error"]);
                return answer["result"].take();
            }
            self.notice(&answer);
        }
    }

    fn next(&self) -> Value {
        self.answers.recv_timeout(PATIENCE).expect("the browser says nothing any more")
    }

    fn notice(&mut self, event: &Value) {
        let parameters = &event["params"];
        match event["method"].as_str() {
            Some(
                "Runtime.exceptionThrown"
                | "Runtime.consoleAPICalled"
                | "Log.entryAdded"
                | "Page.javascriptDialogOpening",
            ) => {
                self.complaints.push(parameters.to_string());
            }
            Some("Page.loadEventFired") => self.is_loaded = true,
            Some("Network.requestWillBeSent") => {
                let url = parameters["request"]["url"].as_str().unwrap_or_default();
                if !url.starts_with("file://") && !url.starts_with("about:") {
                    self.complaints.push(format!("asks for {url}"));
                }
            }
            _ => {}
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn base64(text: &str) -> Vec<u8> {
    let digit = |letter| match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let digits: Vec<_> = text.bytes().filter(|letter| *letter != b'=').map(digit).collect();
    let bytes = digits.chunks(4).flat_map(|four| {
        let bits =
            four.iter().enumerate().fold(0u32, |bits, (index, digit)| bits | u32::from(*digit) << (18 - 6 * index));
        bits.to_be_bytes()[1..four.len()].to_vec()
    });
    bytes.collect()
}
