//! The program under test, as a child process.

use std::io::Write;
use std::process::{Child, ChildStdin, Command, Output, Stdio};
use std::sync::mpsc::channel;
use std::thread;

use slimqtt_end_to_end::LIMIT;

/// A program that runs.
pub(crate) struct Tool {
    child: Child,
    input: Option<ChildStdin>,
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
        let arguments: Vec<_> = arguments.into_iter().collect();
        let mut command = Command::new(env!("CARGO_BIN_EXE_slimqtt"));
        command.args(&arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let input = child.stdin.take();
        Self { child, input, name: format!("slimqtt {}", arguments.join(" ")) }
    }

    /// Gives it some input.
    pub(crate) fn write(&mut self, input: &[u8]) {
        let stdin = self.input.as_mut().expect("the input has not ended");
        stdin.write_all(input).and_then(|()| stdin.flush()).expect("the program reads its input");
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

    /// Waits for its end.
    pub(crate) fn left(self) -> Left {
        let Self { child, input, name } = self;
        drop(input);
        let (sender, output) = channel();
        thread::spawn(move || sender.send(child.wait_with_output()));
        let output = output.recv_timeout(LIMIT).unwrap_or_else(|_| panic!("`{name}` does not end"));
        let Output { status, stdout, stderr } = output.expect("the output of a child can be read");
        let errors = String::from_utf8(stderr).expect("errors are text");
        Left { code: status.code(), output: stdout, errors }
    }
}

/// Runs `slimqtt` with these arguments, without input.
pub(crate) fn slimqtt<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Left {
    Tool::start(arguments).left()
}
