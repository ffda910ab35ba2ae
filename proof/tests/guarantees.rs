//! The table of docs/GUARANTEES.md is that of the rows of guarantees.txt, and their commands are for something that exists.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, str};

use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Words and command of each row.
fn rows() -> Vec<[String; 2]> {
    let text = fs::read_to_string(root().join("proof/guarantees.txt")).expect("it is there");
    let row = |line: &str| line.split_once(" | ").map(|(what, command)| [what.to_owned(), command.to_owned()]);
    text.lines().filter(|line| !line.starts_with('#')).map(|line| row(line).expect(line)).collect()
}

/// What can be named by commands: of each package its tests and features.
struct Packages(HashMap<String, [Vec<String>; 2]>);

impl Packages {
    /// Those of some workspace.
    fn of(manifest: &str) -> Self {
        let cargo = Command::new(env!("CARGO"))
            .args(["metadata", "--no-deps", "--offline", "--format-version", "1", "--manifest-path", manifest])
            .current_dir(root())
            .output()
            .expect("cargo is there");
        let metadata: Value = serde_json::from_slice(&cargo.stdout).unwrap_or_default();
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let package = |package: &Value| {
            let targets = package["targets"].as_array().expect("an array").iter();
            let tests = targets.filter(|target| target["kind"][0] == "test").map(|test| text(&test["name"]));
            let features = package["features"].as_object().expect("an object").keys().cloned();
            (text(&package["name"]), [tests.collect(), features.collect()])
        };
        Self(metadata["packages"].as_array().map(Vec::as_slice).unwrap_or_default().iter().map(package).collect())
    }
}

/// What a command names that does not exist.
fn missing(command: &str) -> Vec<String> {
    let mut words = command.split(' ').skip_while(|word| word.contains('=')).peekable();
    let mut options = HashMap::new();
    match words.next() {
        Some("cargo") => {}
        Some(script) if root().join(script).is_file() => return vec![],
        other => return vec![other.unwrap_or_default().to_owned()],
    }
    match words.next() {
        Some("test") => {}
        // An alias of the workspace.
        Some("size-report") => return vec![],
        other => return vec![format!("cargo {}", other.unwrap_or_default())],
    }
    while let Some(option) = words.next_if(|&word| word != "--") {
        options.insert(option, words.next().unwrap_or_default());
    }
    let manifest = options.get("--manifest-path").copied().unwrap_or("Cargo.toml");
    let Packages(packages) = Packages::of(manifest);
    if packages.is_empty() {
        return vec![manifest.to_owned()];
    }
    let Some(package) = options.get("-p") else { return vec![] };
    let Some([tests, features]) = packages.get(*package) else { return vec![(*package).to_owned()] };
    let test = options.get("--test").copied().filter(|&test| !tests.iter().any(|other| other == test));
    let wanted =
        options.get("--features").copied().unwrap_or_default().split(',').filter(|feature| !feature.is_empty());
    let unknown = wanted.filter(|&feature| !features.iter().any(|other| other == feature));
    unknown.chain(test).map(str::to_owned).collect()
}

#[test]
fn commands_name_what_exists() {
    for [what, command] in rows() {
        assert_eq!(missing(&command), Vec::<String>::new(), "{what}: {command}");
    }
}

#[test]
fn commands_that_name_something_else_are_found() {
    for (command, expected) in [
        ("proof/none.sh", "proof/none.sh"),
        ("A=1 make", "make"),
        ("cargo none", "cargo none"),
        ("cargo test -p slimqtt-none --test model", "slimqtt-none"),
        ("A=1 B=2 cargo test -p slimqtt-agent --test none -- --nocapture", "none"),
        ("cargo test -p slimqtt-end-to-end --features tls,none --test tls", "none"),
        ("cargo test --manifest-path none/Cargo.toml", "none/Cargo.toml"),
    ] {
        assert_eq!(missing(command), [expected], "{command}");
    }
}

#[test]
fn the_table_in_the_documents_is_of_these_rows() {
    let document = fs::read_to_string(root().join("docs/GUARANTEES.md")).expect("it is there");
    let (_, table) = document.split_once("<!-- begin: ./ci.sh long -->\n").expect("it begins");
    let (table, _) = table.split_once("<!-- end -->").expect("it ends");
    let cells = |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let lines = table.lines().filter(|line| line.starts_with('|')).skip(2).map(cells);
    let written: Vec<_> = lines
        .map(|cells| {
            let [what, figures, seconds, run, command] = &cells[..] else { panic!("not of five cells: {cells:?}") };
            if figures != "not run yet" {
                assert!(!figures.is_empty() && !run.is_empty(), "{what}: what has it shown, and when?");
                seconds.parse::<u32>().expect(what);
            }
            [what.clone(), command.trim_matches('`').to_owned()]
        })
        .collect();
    assert_eq!(written, rows(), "`./ci.sh long` writes the table of docs/GUARANTEES.md anew");
}
