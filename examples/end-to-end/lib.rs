//! A broker, a subscriber and an emulated board, each a child process that ends with its value.

use std::io::{BufRead, BufReader, Read};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

/// The longest that anything here may take.
pub const LIMIT: Duration = Duration::from_secs(60);

/// A child process whose output is read line by line.
pub struct Process {
    name: &'static str,
    child: Child,
    lines: Receiver<String>,
    seen: Vec<String>,
}

impl Process {
    fn start(name: &'static str, command: &mut Command) -> Self {
        let spawned = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
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

    /// Waits for a line that contains this text.
    pub fn wait_for(&mut self, text: &str) {
        let deadline = Instant::now() + LIMIT;
        while let Ok(line) = self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            self.seen.push(line);
            if self.seen.last().is_some_and(|line| line.contains(text)) {
                return;
            }
        }
        panic!("{} never printed `{text}`; it printed:\n{}", self.name, self.seen.join("\n"));
    }

    /// Waits for `count` lines in all, and returns them.
    pub fn lines(&mut self, count: usize) -> &[String] {
        let deadline = Instant::now() + LIMIT;
        while self.seen.len() < count {
            match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => self.seen.push(line),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
            }
        }
        &self.seen
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

/// mosquitto on a free port of the loopback interface, telling all that it does.
pub struct Broker {
    /// The process; its lines are the broker's log.
    pub process: Process,
    /// The port it listens on.
    pub port: u16,
}

impl Broker {
    /// Starts a broker and waits until it listens.
    pub fn start() -> Self {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
        let port = free.expect("a free port on the loopback interface").port();
        let mut broker = Command::new("mosquitto");
        // Debian keeps daemons where only root looks for programs.
        if let Some(path) = std::env::var_os("PATH") {
            broker.env(
                "PATH",
                std::env::join_paths(std::env::split_paths(&path).chain(["/usr/sbin".into()])).unwrap_or(path),
            );
        }
        let process = Process::start("mosquitto", broker.args(["-v", "-p", &port.to_string()]));
        let deadline = Instant::now() + LIMIT;
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            assert!(Instant::now() < deadline, "mosquitto does not listen on port {port}");
            thread::sleep(Duration::from_millis(10));
        }
        Self { process, port }
    }

    /// A subscriber that prints a line `topic payload` for each message; it has subscribed when this returns.
    pub fn subscriber(&mut self, filter: &str) -> Process {
        let port = self.port.to_string();
        let subscriber = Process::start(
            "mosquitto_sub",
            Command::new("mosquitto_sub").args(["-v", "-p", &port, "-i", "subscriber", "-t", filter]),
        );
        self.process.wait_for("Sending SUBACK to subscriber");
        subscriber
    }
}

/// Builds a firmware package for the chip, as the cost report does, and returns the image.
pub fn build(package: &str, arguments: &[&str]) -> PathBuf {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .current_dir(workspace)
        .args(["size-report", "build", "--no-install", package])
        .args(arguments)
        .stderr(Stdio::inherit());
    let output = cargo.output().expect("cargo runs");
    assert!(output.status.success(), "building {package} failed");
    PathBuf::from(String::from_utf8(output.stdout).expect("a path in UTF-8").trim())
}

/// QEMU's micro:bit with this image, its UART wired to the broker.
pub fn microbit(image: &Path, port: u16) -> Process {
    let mut qemu = Command::new("qemu-system-arm");
    qemu.args(["-M", "microbit", "-display", "none", "-monitor", "none"])
        .args(["-serial", &format!("tcp:127.0.0.1:{port}")])
        .args(["-semihosting-config", "enable=on,target=native", "-kernel"])
        .arg(image);
    Process::start("qemu-system-arm", &mut qemu)
}
