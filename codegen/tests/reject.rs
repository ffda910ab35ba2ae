//! Specs that nothing can be generated from, and what is said about them.
//!
//! `BLESS=1 cargo test` accepts the words as they are.

use std::path::{Path, PathBuf};
use std::{env, fs};

use slimqtt_codegen::{Error, Generator};
use slimqtt_spec::Source;

fn file(stem: &str, extension: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reject").join(stem).with_extension(extension)
}

fn error(stem: &str) -> Error {
    let text = fs::read_to_string(file(stem, "mqtt")).unwrap();
    Generator::new(&Source::new(format!("tests/reject/{stem}.mqtt"), text)).generate().expect_err(stem)
}

#[test]
fn every_report_has_these_words() {
    for stem in ["same-name", "taken-name", "unknown-enum"] {
        let rendered = format!("{}\n", error(stem));
        let expected = file(stem, "stderr");
        if env::var_os("BLESS").is_some() {
            fs::write(expected, rendered).unwrap();
        } else {
            assert_eq!(fs::read_to_string(expected).unwrap_or_default(), rendered, "{stem}: BLESS=1 accepts it");
        }
    }
}

#[test]
fn the_summary_is_one_line() {
    assert_eq!(
        error("same-name").summary(),
        "tests/reject/same-name.mqtt:8:8: the enum `Publish` and the packet `PUBLISH` are both `Publish` in Rust \
         (and 3 more mistakes)"
    );
    assert_eq!(
        error("unknown-enum").summary(),
        "tests/reject/unknown-enum.mqtt:5:28: there is no enum `ConnectReturnCode`"
    );
}

#[test]
fn mistakes_of_the_spec_come_first() {
    assert!(matches!(error("unknown-enum"), Error::Spec(_)));
    assert!(matches!(error("same-name"), Error::Spec(_)));
}
