//! Firmware, and the board that it runs on.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::process::Process;

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

/// Builds the cost report for this host, and returns its program.
pub fn build_size_report() -> PathBuf {
    // A test's own program is in a folder of that of the build, as `target/debug/deps`; this one goes beside that.
    let own = env::current_exe().expect("a test is a program");
    let build = own.ancestors().nth(2).expect("it is in a folder of the build");
    let target = build.parent().expect("a build is in a folder");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(env!("CARGO_MANIFEST_DIR")).args(["build", "--quiet", "--package", "slimqtt-size-report"]);
    cargo.arg("--target-dir").arg(target);
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    assert!(cargo.status().expect("cargo runs").success(), "building the cost report failed");
    build.join("cargo-size-report")
}

/// QEMU's micro:bit with this image, its UART wired to this port: the broker's, or that of a line to it.
pub fn microbit(image: &Path, port: u16) -> Process {
    let mut qemu = Command::new("qemu-system-arm");
    qemu.args(["-M", "microbit", "-display", "none", "-monitor", "none"])
        .args(["-serial", &format!("tcp:127.0.0.1:{port}")])
        .args(["-semihosting-config", "enable=on,target=native", "-kernel"])
        .arg(image);
    Process::start("qemu-system-arm", &mut qemu)
}
