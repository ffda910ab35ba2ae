//! `page` and `svg` as they are called.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const REPORT: &str = "size-report/tests/report.json";

/// A target folder of its own for each test, empty at first.
fn target(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("draw").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn run(target: &Path, arguments: &[&str]) -> Output {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-size-report"));
    command.args(arguments).current_dir(root).env("CARGO_TARGET_DIR", target).output().unwrap()
}

fn message(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(2));
    String::from_utf8(output.stderr.clone()).unwrap().trim_end().to_owned()
}

#[test]
fn the_last_report_becomes_a_page() {
    let target = target("page");
    let folder = target.join("size-report");
    let none = "error: there is no report yet: `cargo size-report` makes one";
    assert_eq!(message(&run(&target, &["page"])), none);
    assert_eq!(message(&run(&target, &["svg"])), none);
    fs::create_dir_all(&folder).unwrap();
    fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/report.json"), folder.join("report.json")).unwrap();
    let output = run(&target, &["page", "--against", REPORT]);
    assert!(output.status.success(), "{output:?}");
    let page = fs::read_to_string(folder.join("report.html")).unwrap();
    assert!(page.starts_with("<!doctype html>") && page.contains("\"same_toolchain\":true"));
    let elsewhere = target.join("new/folder/page.html");
    assert!(run(&target, &["page", "--output", elsewhere.to_str().unwrap()]).status.success());
    assert!(fs::read_to_string(elsewhere).unwrap().contains("\"older\":null"));
}

#[test]
fn a_drawing_goes_where_it_is_wanted() {
    let target = target("svg");
    let output = run(&target, &["svg", "--report", REPORT, "--image", "beacon", "--memory", "ram", "--by", "kind"]);
    let drawing = String::from_utf8(output.stdout).unwrap();
    assert!(drawing.starts_with("<svg ") && drawing.contains("beacon: 312 bytes of RAM"), "{drawing}");
    let file = target.join("drawing.svg");
    assert!(run(&target, &["svg", "--report", REPORT, "--output", file.to_str().unwrap()]).status.success());
    assert!(fs::read_to_string(file).unwrap().ends_with("</svg>\n"));
}

#[test]
fn mistakes_are_told() {
    let target = target("mistakes");
    let error = message(&run(&target, &["svg", "--report", REPORT, "--image", "becon"]));
    assert!(error.starts_with("error: the report has no image `becon`, but baseline, beacon, "), "{error}");
    let error = message(&run(&target, &["page", "--report", REPORT, "--against", "Cargo.toml"]));
    assert!(error.starts_with("error: Cargo.toml is no report to read: expected value at line 1"), "{error}");
    let error = message(&run(&target, &["svg", "--history", "Cargo.toml"]));
    assert!(error.starts_with("error: Cargo.toml is no history to read: line 1: "), "{error}");
    let error = message(&run(&target, &["page", "--report", REPORT, "--output", "Cargo.toml/page.html"]));
    assert!(error.starts_with("error: cannot write Cargo.toml/page.html: "), "{error}");
    let error = message(&run(&target, &["svg", "--history", "h", "--image", "beacon"]));
    assert!(error.contains("'--history <FILE>' cannot be used with '--image <NAME>'"), "{error}");
}
