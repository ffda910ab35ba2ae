//! Code in documents is compiled, is part of a file that is, or can be read by who it is for.

use std::collections::HashSet;
use std::fs;

use slimqtt_docs::{Block, Document, files, read, root, toml};
use slimqtt_size_report::profiles::Profiles;
use toml::Table;

/// The line before a block of Rust that is `ignore`d: which file it is part of.
const FILE: &str = "<!-- file: ";

/// Rust that rustdoc compiles, if some crate shows it the document.
fn is_compiled(block: &Block) -> bool {
    let words: Vec<&str> = block.language.split(',').map(str::trim).collect();
    words.first() == Some(&"rust") && !words.contains(&"ignore")
}

#[test]
fn rust_in_documents_is_compiled_by_a_crate_that_includes_them() {
    let mut included = HashSet::new();
    for file in files("rs").iter().filter(|file| !file.components().any(|part| part.as_os_str() == "tests")) {
        let text = fs::read_to_string(file).unwrap_or_default();
        // In `include_str!("README.md")`, and in the list of this crate.
        for path in text.split('"').skip(1).step_by(2).filter(|word| word.ends_with(".md")) {
            included.extend(file.parent().and_then(|folder| fs::canonicalize(folder.join(path)).ok()));
        }
    }
    for document in Document::all() {
        let rust = document.blocks().iter().any(is_compiled);
        let path = fs::canonicalize(root().join(&document.path)).expect("it was found there");
        assert!(
            !rust || included.contains(&path),
            "{}: no crate compiles its Rust. Add it to the list in docs/src/lib.rs; or make it `rust,ignore`, behind a \
             line `{FILE}PATH -->` of which it is a part",
            document.path.display()
        );
    }
}

#[test]
fn rust_of_a_firmware_is_part_of_its_file() {
    let mut count = 0;
    for document in Document::all() {
        for block in document.blocks().iter().filter(|block| block.language == "rust,ignore") {
            let place = document.place(block.place.start);
            let before = document.text[..block.place.start].trim_end().lines().next_back().unwrap_or_default();
            let Some(file) = before.strip_prefix(FILE).and_then(|rest| rest.strip_suffix(" -->")) else {
                assert!(!document.path.starts_with("docs"), "{place}: no line `{FILE}... -->` before it");
                continue;
            };
            // Parts are apart by an empty line.
            let source = read(file);
            for part in block.text.split("\n\n").map(str::trim_end) {
                assert!(source.contains(part), "{place}: {file} has no\n{part}");
            }
            count += 1;
        }
    }
    assert!(count > 0);
}

/// The features of the crate `slimqtt`.
fn features() -> Vec<String> {
    let manifest = toml("profiles/Cargo.toml");
    let features = manifest["features"].as_table().expect("a table");
    features.keys().filter(|name| *name != "default").cloned().collect()
}

#[test]
fn toml_in_documents_is_toml_and_names_features_that_there_are() {
    let features = features();
    let mut count = 0;
    for document in Document::all() {
        for block in document.blocks().iter().filter(|block| block.language == "toml") {
            let place = document.place(block.place.start);
            let table: Table = block.text.parse().unwrap_or_else(|error| panic!("{place}: {error}"));
            let slimqtt = table.get("dependencies").and_then(|dependencies| dependencies.get("slimqtt"));
            let named = slimqtt.and_then(|slimqtt| slimqtt.get("features")).and_then(|features| features.as_array());
            for feature in named.into_iter().flatten().filter_map(|feature| feature.as_str()) {
                assert!(features.iter().any(|known| known == feature), "{place}: no feature `{feature}`");
            }
            // What the cost report is told of a firmware.
            if table.contains_key("firmware") {
                Profiles::parse(&block.text).unwrap_or_else(|error| panic!("{place}: {error:#}"));
            }
            count += 1;
        }
    }
    assert!(count > 0);
}

#[test]
fn the_readme_of_the_crate_has_a_row_for_each_feature() {
    let readme = read("profiles/README.md");
    let rows: HashSet<&str> = readme.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    for feature in features() {
        assert!(rows.contains(feature.as_str()), "`{feature}` has no row");
    }
}
