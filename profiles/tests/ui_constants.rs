//! What the compiler says about mistakes that it finds when it evaluates a constant: one file each. Version 1.88 words
//! that in its own way, with the same text in it; so there are two sets of expectations.

use std::env;
use std::process::Command;

#[test]
fn mistakes_in_constants() {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("--version").output().expect("rustc tells its version");
    let directory = if output.stdout.starts_with(b"rustc 1.88.") { "constants-1.88" } else { "constants" };
    trybuild::TestCases::new().compile_fail(format!("tests/ui/{directory}/*.rs"));
}
