//! The firmware to start from, `template`: a copy of it builds, keeps its budgets, and publishes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread::sleep;
use std::time::Duration;

use slimqtt_end_to_end::{Broker, Process, build_size_report, microbit};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// A copy whose path to slimqtt leads here. Not below this workspace, whose cargo configuration would hold for it, too.
struct Copy {
    folder: tempfile::TempDir,
    size_report: PathBuf,
}

impl Copy {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(&root().join("template"), folder.path());
        let manifest = folder.path().join("Cargo.toml");
        let text = fs::read_to_string(&manifest).unwrap();
        let default = "\"../slimqtt/profiles\"";
        assert!(text.contains(default));
        let here = format!("{:?}", root().join("profiles"));
        fs::write(&manifest, text.replace(default, &here)).unwrap();
        // The same dependencies each time: what is in here, and needed there.
        fs::copy(root().join("Cargo.lock"), folder.path().join("Cargo.lock")).unwrap();
        let mut cargo = Command::new(env!("CARGO"));
        cargo.current_dir(folder.path()).args(["fetch", "--quiet", "--target", "thumbv6m-none-eabi"]);
        assert!(cargo.status().unwrap().success(), "cargo fetch failed");
        Self { folder, size_report: build_size_report() }
    }

    fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    /// `cargo size-report` in its folder, as it is where the program is installed.
    fn size_report(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(&self.size_report);
        // What is not of this copy alone is there from the last time.
        command.env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("template"));
        command.current_dir(self.folder.path()).args(["size-report"]).args(arguments);
        command.args(["--no-install", "--budgets", "budgets.toml"]).output().unwrap()
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (from, name) = (entry.as_ref().unwrap().path(), entry.unwrap().file_name());
        match name.to_str() {
            Some("target" | "Cargo.lock") => {}
            _ if from.is_dir() => copy(&from, &to.join(name)),
            _ => {
                fs::copy(&from, to.join(name)).unwrap();
            }
        }
    }
}

fn succeeded(output: Output) -> String {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}{}", String::from_utf8_lossy(&output.stdout));
    assert!(!errors.contains("warning"), "{errors}");
    String::from_utf8(output.stdout).unwrap()
}

fn uptime(line: &str) -> u32 {
    line.strip_prefix("firmware/uptime ").and_then(|seconds| seconds.parse().ok()).expect("seconds")
}

fn signal(signal: &str, process: &Process) {
    let status = Command::new("kill").args(["-s", signal, &process.id().to_string()]).status();
    assert!(status.expect("kill runs").success());
}

#[test]
fn it_is_formatted_as_its_workflow_wants_it() {
    let copy = Copy::new();
    let mut cargo = Command::new(env!("CARGO"));
    succeeded(cargo.current_dir(copy.folder.path()).args(["fmt", "--check"]).output().unwrap());
}

#[test]
fn a_copy_keeps_its_budgets_and_publishes() {
    let copy = Copy::new();
    succeeded(copy.size_report(&["measure"]));
    let report = Path::new(env!("CARGO_TARGET_TMPDIR")).join("template/size-report/report.json");
    let parent = copy.path("parent.json");
    fs::copy(report, &parent).unwrap();
    let check = succeeded(copy.size_report(&["check", "--against", parent.to_str().unwrap()]));
    assert!(check.starts_with("no change\n"), "{check}");

    let image = succeeded(copy.size_report(&["build", "firmware"]));
    let mut broker = Broker::start();
    let mut subscriber = broker.subscriber("firmware/#");
    // The broker is busy for a while: it is connected to, but does not answer.
    signal("STOP", &broker.process);
    let _board = microbit(Path::new(image.trim()), broker.port);
    sleep(Duration::from_secs(4));
    signal("CONT", &broker.process);
    let seconds: Vec<u32> = subscriber.lines(3).iter().map(|line| uptime(line)).collect();
    assert_eq!(seconds[0], 0);
    // A count of messages would have come to 1. Also where it takes its time to start.
    assert!(seconds[1] >= 2 && seconds[2] > seconds[1], "{seconds:?}");

    let attributed = succeeded(copy.size_report(&["attribute", "firmware"]));
    assert!(attributed.contains("slimqtt"), "{attributed}");

    // What takes more than it may is told.
    let budgets = fs::read_to_string(copy.path("budgets.toml")).unwrap();
    let (before, _) = budgets.split_once("budget = {").unwrap();
    fs::write(copy.path("budgets.toml"), format!("{before}budget = {{ flash = 1000, ram = 1200 }}\n")).unwrap();
    assert_eq!(copy.size_report(&["measure"]).status.code(), Some(1));
}

#[test]
fn what_cargo_generate_fills_in_gives_the_same_files() {
    let folder = root().join("template");
    for file in ["Cargo.toml", "budgets.toml"] {
        let read = |file: &str| fs::read_to_string(folder.join(file)).unwrap();
        let template = read(&format!("{file}.liquid"));
        assert!(template.contains("{{project-name}}"), "{file}");
        assert_eq!(template.replace("{{project-name}}", "firmware").replace("{{slimqtt}}", "../slimqtt"), read(file));
    }
}
