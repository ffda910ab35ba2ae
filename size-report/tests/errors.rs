//! What a user is told who has made a mistake. Nobody is told of a panic.

mod blinker;

use blinker::Blinker;
use std::fs;

/// What is said when measuring fails, or anything else does.
fn error(blinker: &Blinker, arguments: &[&str]) -> String {
    let output = blinker.run(arguments);
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(output.stdout.is_empty() && !text.contains("panicked"), "{text}");
    text
}

fn says(text: &str, expected: &[&str]) {
    for expected in expected {
        assert!(text.contains(expected), "no `{expected}` in\n{text}");
    }
}

#[test]
fn without_debug_information_it_says_how_to_have_it() {
    let blinker = Blinker::new("no-debug");
    blinker.change("Cargo.toml", "debug = 2", "debug = false");
    says(
        &error(&blinker, &["measure"]),
        &["error: cannot tell what is in ", "no debug information", "add `debug = 2` to `[profile.release]`"],
    );
}

#[test]
fn a_stripped_image_says_so() {
    let blinker = Blinker::new("stripped");
    blinker.change("Cargo.toml", "debug = 2", "debug = 2\nstrip = true");
    says(&error(&blinker, &["measure"]), &["no symbol table: build without `strip`"]);
}

#[test]
fn a_missing_linker_script_is_named() {
    let blinker = Blinker::new("no-script");
    fs::remove_file(blinker.path("link.x")).unwrap();
    says(
        &error(&blinker, &["measure"]),
        &["building empty failed", "`-T` in .cargo/config.toml names a linker script"],
    );
}

#[test]
fn an_image_without_a_vector_table_is_refused() {
    let blinker = Blinker::new("no-vectors");
    blinker.change("link.x", ".vector_table : {", ".vectors_elsewhere : {");
    says(&error(&blinker, &["measure"]), &["is not a firmware image to measure: no section `.vector_table`"]);
}

#[test]
fn a_target_that_nobody_has_is_named() {
    let blinker = Blinker::new("no-target");
    blinker.change("budgets.toml", "thumbv6m-none-eabi", "thumbv6m-none-none");
    says(
        &error(&blinker, &["measure", "--library", "prebuilt", "--no-install"]),
        &["there is no prebuilt library for thumbv6m-none-none: run `rustup target add thumbv6m-none-none`"],
    );
}

#[test]
fn a_binary_that_is_not_there_is_named() {
    let blinker = Blinker::new("no-binary");
    blinker.change("budgets.toml", "baseline = \"empty\"", "baseline = \"emty\"");
    says(&error(&blinker, &["measure"]), &["no bin target named `emty`", "correct `binary` or `baseline`"]);
}

#[test]
fn mistakes_in_toml_are_located() {
    let blinker = Blinker::new("bad-toml");
    blinker.change("budgets.toml", "flash = 16", "flash = \"16\"");
    says(
        &error(&blinker, &["measure"]),
        &["budgets.toml is not as it should be", "TOML parse error at line 10, column 20"],
    );
    blinker.change("Cargo.toml", "edition = \"2024\"", "edition = 2024");
    says(&error(&blinker, &["measure"]), &["cargo cannot read the workspace of ", "Cargo.toml"]);
}

#[test]
fn files_that_are_no_images_are_refused() {
    let blinker = Blinker::new("no-image");
    let manifest = blinker.path("Cargo.toml");
    says(
        &error(&blinker, &["attribute", manifest.to_str().unwrap()]),
        &["Cargo.toml", "not a 32-bit ELF file, or a damaged one"],
    );
    says(
        &error(&blinker, &["attribute", "fastest"]),
        &["`fastest` is neither a file nor a profile: there are baseline, slow, fast"],
    );
}

#[test]
fn reports_that_cannot_be_read_are_refused() {
    let blinker = Blinker::new("no-report");
    let report = |text: &str| {
        let path = blinker.path("report.json");
        fs::write(&path, text).unwrap();
        error(&blinker, &["compare", path.to_str().unwrap(), path.to_str().unwrap()])
    };
    says(
        &report("{\"schema\": 1}"),
        &["report.json is no report to read: its schema is 1, and this program reads 2: measure anew"],
    );
    says(&report("{\"schema\": 2,\n\"toolchain\": 3}"), &["invalid type: integer `3`", "at line 2 column 14"]);
    says(&report("nothing"), &["at line 1 column 2"]);
    says(
        &error(&blinker, &["compare", "nowhere.json", "nowhere.json"]),
        &["cannot read nowhere.json: `cargo size-report` writes reports"],
    );
    let history = blinker.path("history.jsonl");
    fs::write(&history, "\n{}\n").unwrap();
    says(
        &error(&blinker, &["history", "--file", history.to_str().unwrap()]),
        &["history.jsonl is no history to read: line 2: missing field `schema`"],
    );
}
