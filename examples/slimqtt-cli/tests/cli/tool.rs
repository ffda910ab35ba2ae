//! The program under test, as a child process.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};
use std::{fs, mem, thread};

use slimqtt_end_to_end::LIMIT;
use tempfile::TempDir;

/// A program that runs. It ends with its value.
pub(crate) struct Tool {
    child: Child,
    input: Option<ChildStdin>,
    /// Lines of the standard error.
    lines: Receiver<String>,
    errors: String,
    name: String,
}

/// What a program leaves behind.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Left {
    pub(crate) code: Option<i32>,
    pub(crate) output: Vec<u8>,
    pub(crate) errors: String,
}

impl Tool {
    /// Starts `slimqtt` with these arguments.
    pub(crate) fn start<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Self {
        Self::configured(arguments, |_| {})
    }

    /// The same, with other streams or in another environment.
    pub(crate) fn configured<'a>(
        arguments: impl IntoIterator<Item = &'a str>,
        configure: impl FnOnce(&mut Command),
    ) -> Self {
        let arguments: Vec<_> = arguments.into_iter().collect();
        let mut command = Command::new(env!("CARGO_BIN_EXE_slimqtt"));
        command.args(&arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        configure(&mut command);
        let mut child = command.spawn().expect("the program starts");
        let (input, stderr) = (child.stdin.take(), child.stderr.take().expect("it has a standard error"));
        let (sender, lines) = channel();
        thread::spawn(move || {
            let mut lines = BufReader::new(stderr).lines().map_while(Result::ok);
            lines.try_for_each(|line| sender.send(line))
        });
        Self { child, input, lines, errors: String::new(), name: format!("slimqtt {}", arguments.join(" ")) }
    }

    /// Gives it some input.
    pub(crate) fn write(&mut self, input: &[u8]) {
        let stdin = self.input.as_mut().expect("the input has not ended");
        stdin.write_all(input).and_then(|()| stdin.flush()).expect("the program reads its input");
    }

    /// Waits for its end. Of the errors, those are told that nobody has waited for.
    pub(crate) fn left(mut self) -> Left {
        self.input = None;
        let deadline = Instant::now() + LIMIT;
        let (sender, output) = channel();
        let stdout = self.child.stdout.take();
        thread::spawn(move || {
            let mut output = Vec::new();
            stdout.map(|mut stdout| stdout.read_to_end(&mut output));
            sender.send(output)
        });
        let Ok(output) = output.recv_timeout(LIMIT) else { panic!("`{}` does not end", self.name) };
        let status = loop {
            match self.child.try_wait().expect("a child can be waited for") {
                Some(status) => break status,
                None => assert!(Instant::now() < deadline, "`{}` does not end", self.name),
            }
            thread::sleep(Duration::from_millis(5));
        };
        self.errors.extend(self.lines.iter().map(|line| line + "\n"));
        Left { code: status.code(), output, errors: mem::take(&mut self.errors) }
    }
}

/// What only runs beside a broker need.
#[cfg(feature = "broker")]
impl Tool {
    /// Waits for a line of the standard error.
    pub(crate) fn wait_for(&mut self, text: &str) {
        loop {
            match self.lines.recv_timeout(LIMIT) {
                Ok(line) if line.contains(text) => return,
                Ok(line) => self.errors += &(line + "\n"),
                Err(_) => panic!("`{}` never said `{text}`; it said:\n{}", self.name, self.errors),
            }
        }
    }

    /// Closes the end that reads its output.
    pub(crate) fn stop_reading(&mut self) {
        self.child.stdout = None;
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args(["-s", signal, &self.child.id().to_string()]).status();
        assert!(sent.expect("kill runs").success());
    }
}

impl Drop for Tool {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs `slimqtt` with these arguments, without input.
pub(crate) fn slimqtt<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Left {
    Tool::start(arguments).left()
}

/// A folder for temporary files.
pub(crate) fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder for temporary files")
}

/// The path of a file with this content, in a folder.
pub(crate) fn write(folder: &TempDir, name: &str, content: impl AsRef<[u8]>) -> String {
    let place = folder.path().join(name);
    fs::write(&place, content).expect("a file");
    place.display().to_string()
}
