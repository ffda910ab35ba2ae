//! The README says what is so.

use slimqtt_spec::{Code, Source, load};
use std::fs;
use std::path::Path;

fn readme() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap()
}

#[test]
fn examples_load() {
    let readme = readme();
    let examples: Vec<_> = readme.split("```mqtt\n").skip(1).collect();
    assert!(!examples.is_empty());
    for (index, example) in examples.into_iter().enumerate() {
        let (text, _) = example.split_once("```").unwrap();
        let source = Source::new(format!("README.md, example {}", index + 1), text.to_owned());
        load(&source).unwrap_or_else(|report| panic!("{report}"));
    }
}

#[test]
fn the_report_is_a_real_one() {
    let readme = readme();
    let (report, _) = readme.split_once("```text\n").unwrap().1.split_once("```").unwrap();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reject/unknown-enum.stderr");
    assert!(fs::read_to_string(file).unwrap().starts_with(report));
}

#[test]
fn the_table_has_every_type() {
    let readme = readme();
    for of in slimqtt_spec::defs::Type::ALL {
        assert!(readme.contains(&format!("\n| `{}` ", of.name())), "{}", of.name());
    }
}

#[test]
fn the_table_has_every_code_in_order() {
    let readme = readme();
    let rows = readme.lines().filter_map(|line| line.strip_prefix("| `spec::")?.split('`').next());
    let rows: Vec<_> = rows.map(|code| format!("spec::{code}")).collect();
    let codes: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(rows, codes);
}
