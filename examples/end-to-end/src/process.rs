//! Child processes.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::LIMIT;

/// A child process whose output is read line by line.
pub struct Process {
    name: &'static str,
    child: Child,
    lines: Receiver<String>,
    seen: Vec<String>,
}

impl Process {
    /// Starts a program; its name is for messages.
    pub fn start(name: &'static str, command: &mut Command) -> Self {
        Self::start_with_input(name, command, Stdio::null())
    }

    pub(crate) fn start_with_input(name: &'static str, command: &mut Command, input: Stdio) -> Self {
        let spawned = command.stdin(input).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = spawned.unwrap_or_else(|error| panic!("cannot start {name} ({error}): ./ci.sh installs it"));
        let (sender, lines) = channel();
        let stdout = child.stdout.take().map(|pipe| Box::new(pipe) as Box<dyn Read + Send>);
        let stderr = child.stderr.take().map(|pipe| Box::new(pipe) as Box<dyn Read + Send>);
        for pipe in [stdout, stderr].into_iter().flatten() {
            let sender = sender.clone();
            thread::spawn(move || {
                BufReader::new(pipe).lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
            });
        }
        Self { name, child, lines, seen: Vec::new() }
    }

    /// The next line, unless the process ends or takes too long.
    fn read(&mut self, deadline: Instant) -> Option<&str> {
        let line = self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())).ok()?;
        self.seen.push(line);
        self.seen.last().map(String::as_str)
    }

    /// Waits for a certain line. False if the process ends or takes too long.
    pub(crate) fn prints(&mut self, is_it: impl Fn(&str) -> bool) -> bool {
        let deadline = Instant::now() + LIMIT;
        while let Some(line) = self.read(deadline) {
            if is_it(line) {
                return true;
            }
        }
        false
    }

    /// Waits for another line that contains this text.
    pub fn wait_for(&mut self, text: &str) {
        let printed = self.prints(|line| line.contains(text));
        assert!(printed, "{} never printed `{text}`; it printed:\n{}", self.name, self.seen.join("\n"));
    }

    /// Waits for `count` lines in all, and returns them. Fewer if the process ends or takes too long.
    pub fn lines(&mut self, count: usize) -> &[String] {
        let deadline = Instant::now() + LIMIT;
        while self.seen.len() < count && self.read(deadline).is_some() {}
        &self.seen
    }

    /// Its number in the system.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the end of the process.
    pub fn wait(&mut self) -> ExitStatus {
        let deadline = Instant::now() + LIMIT;
        loop {
            if let Some(status) = self.child.try_wait().expect("a child can be waited for") {
                return status;
            }
            assert!(Instant::now() < deadline, "{} did not end within {LIMIT:?}", self.name);
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
