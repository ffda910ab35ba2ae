//! Brokers that others wrote, in a version that was tried: installed into a folder when they are first needed.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use tempfile::TempDir;

use crate::process::Process;

const AEDES: &str = "aedes@0.51.3";
const AMQTT: &str = "amqtt==0.12.1";

/// A broker that is not mosquitto.
pub struct OtherBroker {
    /// The port it listens on.
    pub port: u16,
    _process: Process,
    /// There as long as the broker.
    _directory: Option<TempDir>,
}

/// One installation at a time.
static INSTALLING: Mutex<()> = Mutex::new(());

/// A folder with what `install` puts there, once.
fn installed(folder: &Path, name: &str, install: impl FnOnce(&Path)) -> PathBuf {
    let _alone = INSTALLING.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let place = folder.join(name);
    let complete = place.join("complete");
    if !complete.exists() {
        // What a former attempt has left.
        let _ = fs::remove_dir_all(&place);
        fs::create_dir_all(&place).expect("a folder for the broker");
        install(&place);
        fs::write(complete, "").expect("a file that says so");
    }
    place
}

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}: ./ci.sh installs it"));
    assert!(output.status.success(), "{command:?}:\n{}", String::from_utf8_lossy(&output.stderr));
}

impl OtherBroker {
    /// aedes, which runs on Node.js. `folder` is where it is installed.
    pub fn aedes(folder: &Path) -> Self {
        let place = installed(folder, "aedes", |place| {
            run(Command::new("npm")
                .args(["install", "--silent", "--no-audit", "--no-fund", "--prefix"])
                .arg(place)
                .arg(AEDES));
        });
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("brokers/aedes.js");
        let mut command = Command::new("node");
        command.arg(program).env("NODE_PATH", place.join("node_modules"));
        let mut process = Process::start("node", &mut command);
        process.wait_for("listening on ");
        let port = process.lines(0).last().and_then(|line| line.rsplit(' ').next()?.parse().ok());
        Self { port: port.expect("a port"), _process: process, _directory: None }
    }

    /// amqtt, which runs on Python.
    pub fn amqtt(folder: &Path) -> Self {
        let place = installed(folder, "amqtt", |place| {
            run(Command::new("python3").args(["-m", "venv"]).arg(place));
            run(Command::new(place.join("bin/pip")).args(["install", "--quiet", AMQTT]));
        });
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
        let port = free.expect("a free port on the loopback interface").port();
        let directory = tempfile::tempdir().expect("a folder for temporary files");
        let file = directory.path().join("amqtt.yaml");
        let configuration = format!(
            "listeners:\n  default:\n    type: tcp\n    bind: 127.0.0.1:{port}\nplugins:\n  \
             amqtt.plugins.authentication.AnonymousAuthPlugin:\n    allow_anonymous: true\n"
        );
        fs::write(&file, configuration).expect("a file with the broker's configuration");
        let mut process = Process::start("amqtt", Command::new(place.join("bin/amqtt")).arg("-c").arg(&file));
        process.wait_for("Listener 'default' bind to");
        Self { port, _process: process, _directory: Some(directory) }
    }
}
