//! The program as cargo runs it where it is installed.

use std::process::{Command, Output};

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cargo-size-report")).args(arguments).output().unwrap()
}

#[test]
fn cargo_gives_its_command_as_the_first_argument() {
    for arguments in [&["--help"][..], &["compare", "--help"], &["attribute"]] {
        let plugin = run(&[&["size-report"], arguments].concat());
        assert_eq!(plugin, run(arguments));
        assert!(!plugin.stdout.is_empty() || !plugin.stderr.is_empty());
    }
    // Only the first one is cargo's.
    assert_eq!(run(&["size-report", "size-report"]).status.code(), Some(2));
}
