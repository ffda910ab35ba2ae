//! Every rule is broken by a spec, and the report says so in these words.
//!
//! `BLESS=1 cargo test` accepts the words as they are.

use slimqtt_spec::{Code, Report, Source, load};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reject")
}

/// The stems of the specs in the folder.
fn rejected() -> BTreeSet<String> {
    let files = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let specs = files.filter(|path| path.extension().is_some_and(|extension| extension == "mqtt"));
    specs.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

fn report(stem: &str) -> Report {
    let text = fs::read_to_string(folder().join(stem).with_extension("mqtt")).unwrap();
    let source = Source::new(format!("tests/reject/{stem}.mqtt"), text);
    load(&source).expect_err(stem)
}

#[test]
fn every_rule_has_a_spec_that_breaks_it_and_no_other() {
    for code in Code::ALL {
        let stem = code.as_str().strip_prefix("spec::").unwrap();
        assert!(rejected().contains(stem), "tests/reject/{stem}.mqtt is missing");
        for mistake in report(stem).diagnostics() {
            assert_eq!(mistake.code, code.as_str(), "{stem}: {}", mistake.message);
        }
    }
}

#[test]
fn every_spec_breaks_a_rule_or_several() {
    for stem in rejected().iter().filter(|stem| !stem.starts_with("several-")) {
        let code = format!("spec::{stem}");
        assert!(Code::ALL.iter().any(|known| known.as_str() == code), "there is no rule {code}");
    }
}

#[test]
fn every_report_has_these_words() {
    let mut changed = Vec::new();
    for stem in rejected() {
        let expected = folder().join(&stem).with_extension("stderr");
        let rendered = format!("{}\n", report(&stem));
        if env::var_os("BLESS").is_some() {
            fs::write(expected, rendered).unwrap();
        } else if fs::read_to_string(expected).unwrap_or_default() != rendered {
            changed.push(rendered);
        }
    }
    assert!(changed.is_empty(), "not as in tests/reject, BLESS=1 accepts them:\n\n{}", changed.join("\n"));
}

#[test]
fn every_mistake_has_help() {
    for stem in rejected().iter().filter(|stem| !["syntax", "several-in-the-syntax"].contains(&stem.as_str())) {
        for mistake in report(stem).diagnostics() {
            assert!(mistake.help.is_some(), "{stem}: {}", mistake.message);
            assert!(!mistake.label.is_empty(), "{stem}: {}", mistake.message);
        }
    }
}

#[test]
fn the_summary_is_one_line() {
    let summary = report("unused-enum").summary();
    assert_eq!(summary, "tests/reject/unused-enum.mqtt:3:6: `QoS` is never used");
    let summary = report("constant-range").summary();
    assert_eq!(summary, "tests/reject/constant-range.mqtt:5:30: `u8` cannot hold 256 (and 1 more mistake)");
}
