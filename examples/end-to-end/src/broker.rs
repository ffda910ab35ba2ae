//! mosquitto, and its own clients.

use std::env;
use std::fs;
use std::io::{Seek, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::process::Process;

/// Ports that others may take before the broker does.
const ATTEMPTS: usize = 20;

/// mosquitto on a free port of the loopback interface, telling all that it does.
pub struct Broker {
    /// The process; its lines are the broker's log.
    pub process: Process,
    /// The port it listens on.
    pub port: u16,
    clients: usize,
    /// There as long as the broker.
    directory: Option<TempDir>,
}

impl Broker {
    /// Starts a broker that lets everybody do anything, and waits until it listens. It reads no file.
    pub fn start() -> Self {
        Self::start_with(|port, command| {
            command.args(["-p", port]);
        })
    }

    /// Ends a broker that reads no file as a power failure does, and starts another one on its port, which knows of nothing.
    pub fn restarted(self) -> Self {
        let (port, clients) = (self.port, self.clients);
        drop(self);
        let mut broker = Self::start_with(|_, command| {
            command.args(["-p", &port.to_string()]);
        });
        (broker.port, broker.clients) = (port, clients);
        broker
    }

    /// Starts a broker with these lines in its configuration, and waits until it listens.
    pub fn configured(lines: &str) -> Self {
        let directory = tempfile::tempdir().expect("a folder for temporary files");
        let file = directory.path().join("mosquitto.conf");
        let mut broker = Self::start_with(|port, command| {
            // Started as root, mosquitto would become another user, and could not read these files.
            let configuration = format!("user root\nlistener {port} 127.0.0.1\n{lines}\n");
            fs::write(&file, configuration).expect("a file with the broker's configuration");
            command.arg("-c").arg(&file);
        });
        broker.directory = Some(directory);
        broker
    }

    fn start_with(configure: impl Fn(&str, &mut Command)) -> Self {
        for _ in 0..ATTEMPTS {
            let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
            let port = free.expect("a free port on the loopback interface").port();
            let mut command = program("mosquitto");
            configure(&port.to_string(), command.arg("-v"));
            let mut process = Process::start("mosquitto", &mut command);
            let is_running = process.prints(|line| line.ends_with(" running"));
            let log = process.lines(0).join("\n");
            // Also if it found IPv6's port of this number free, and runs.
            if log.contains("Address already in use") {
                continue;
            }
            assert!(
                is_running,
                "mosquitto does not start; if it may not read a file, that may be for AppArmor's profile of it:\n{log}"
            );
            return Self { process, port, clients: 0, directory: None };
        }
        panic!("others took {ATTEMPTS} free ports before mosquitto did");
    }

    /// A subscriber that prints a line `topic payload` for each message; it has subscribed when this returns.
    pub fn subscriber(&mut self, filter: &str) -> Process {
        self.watch(filter, "%t %p")
    }

    /// A subscriber at QoS 2 that prints a line in this format of `mosquitto_sub` for each message; it has subscribed when
    /// this returns.
    pub fn watch(&mut self, filter: &str, format: &str) -> Process {
        let (port, name) = (self.port.to_string(), format!("subscriber-{}", self.clients));
        self.clients += 1;
        let mut command = program("mosquitto_sub");
        command.args(["-p", &port, "-i", &name, "-q", "2", "-t", filter, "-F", format]);
        let subscriber = Process::start("mosquitto_sub", &mut command);
        self.process.wait_for(&format!("Sending SUBACK to {name}"));
        subscriber
    }

    /// Publishes with `mosquitto_pub`, which is given these arguments, and waits until the broker has it all.
    pub fn publish(&self, arguments: &[&str]) {
        self.publish_from(Stdio::null(), arguments);
    }

    /// Publishes each of these lines, without a pause in between.
    pub fn publish_lines(&self, arguments: &[&str], lines: &str) {
        let mut input = tempfile::tempfile().expect("a temporary file");
        input.write_all(lines.as_bytes()).and_then(|()| input.rewind()).expect("it can be written");
        self.publish_from(input.into(), &[&["-l"], arguments].concat());
    }

    fn publish_from(&self, input: Stdio, arguments: &[&str]) {
        let mut command = program("mosquitto_pub");
        command.args(["-p", &self.port.to_string()]).args(arguments);
        let mut publisher = Process::start_with_input("mosquitto_pub", &mut command, input);
        assert!(publisher.wait().success(), "mosquitto_pub {arguments:?} failed: {:?}", publisher.lines(1));
    }
}

/// A program of mosquitto's.
fn program(name: &str) -> Command {
    let mut command = Command::new(name);
    // Debian keeps daemons where only root looks for programs.
    if let Some(path) = env::var_os("PATH") {
        command.env("PATH", env::join_paths(env::split_paths(&path).chain(["/usr/sbin".into()])).unwrap_or(path));
    }
    command
}
