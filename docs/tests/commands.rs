//! Commands in documents can be given: their options exist, and so do the packages, tests and features that they name.

use std::collections::HashMap;

use clap::Command;
use slimqtt_docs::{Document, toml};
use toml::Table;

/// All lines of code of a document, and pieces of code in sentences, each with its place.
fn lines(document: &Document) -> Vec<(String, String)> {
    let mut lines: Vec<_> =
        document.words().into_iter().map(|(code, offset)| (code.replace('\n', " "), document.place(offset))).collect();
    for block in document.blocks() {
        let place = document.place(block.place.start);
        // A line may go on with another one.
        let text = block.text.replace("\\\n", " ");
        lines.extend(text.lines().map(|line| (line.to_owned(), place.clone())));
    }
    lines
}

/// What follows on a command in a line, up to its end.
fn after<'a>(line: &'a str, command: &str) -> Option<&'a str> {
    let (_, rest) = line.split_once(command)?;
    let end = rest.find([')', '#', '|', '&', ';']).unwrap_or(rest.len());
    rest[..end].strip_prefix(' ').or((end == 0).then_some(""))
}

/// The words of a line that are options, without what is around them in a description of how to call something.
fn options(line: &str) -> impl Iterator<Item = &str> {
    let words = line.split(|character: char| character.is_whitespace() || "[]|=`,".contains(character));
    words
        .filter_map(|word| word.strip_prefix("--"))
        .filter(|word| word.starts_with(|first: char| first.is_ascii_lowercase()))
}

fn has_option(command: &Command, option: &str) -> bool {
    let names = |argument: &clap::Arg| {
        let aliases = argument.get_all_aliases().unwrap_or_default();
        argument.get_long().into_iter().chain(aliases).any(|name| name == option)
    };
    option == "help" || command.get_arguments().any(names)
}

/// What is wrong with a call of the cost report; `rest` is what stands behind its name.
fn mistake(report: &Command, rest: &str) -> Option<String> {
    let first = rest.split_whitespace().next().unwrap_or_default();
    let is_name = first.chars().all(|character| character.is_ascii_lowercase() || character == '-');
    let command = match report.find_subcommand(first) {
        Some(command) => command,
        None if is_name && !first.is_empty() && !first.starts_with('-') => return Some(format!("no `{first}`")),
        None => report,
    };
    options(rest).find(|option| !has_option(command, option)).map(|option| format!("no --{option}"))
}

#[test]
fn calls_of_the_cost_report_are_as_it_has_them() {
    let report = slimqtt_size_report::cli::command();
    let mut count = 0;
    for document in Document::all() {
        for (line, place) in lines(&document) {
            // What a program has printed is no call.
            let Some(rest) = after(&line, "cargo size-report") else { continue };
            // Behind two spaces stands what it does.
            let call = rest.split("  ").next().unwrap_or_default();
            assert_eq!(mistake(&report, call), None, "{place}: {line}");
            count += 1;
        }
    }
    assert!(count > 50, "{count}");
}

#[test]
fn calls_that_the_cost_report_does_not_have_are_found() {
    let report = slimqtt_size_report::cli::command();
    for (call, expected) in [
        ("attribut beacon", "no `attribut`"),
        ("attribute beacon --bye part", "no --bye"),
        ("--check-doc", "no --check-doc"),
        ("stack --symbols 3", "no --symbols"),
    ] {
        assert_eq!(mistake(&report, call).as_deref(), Some(expected));
    }
    assert_eq!(mistake(&report, "stack --path --budgets FILE"), None);
}

/// The manifests of the workspace, by the names of their packages.
fn packages() -> HashMap<String, (String, Table)> {
    let workspace = toml("Cargo.toml");
    let members = workspace["workspace"]["members"].as_array().expect("a list");
    let manifest = |member: &toml::Value| {
        let folder = member.as_str()?;
        let manifest = toml(format!("{folder}/Cargo.toml"));
        Some((manifest["package"]["name"].as_str()?.to_owned(), (folder.to_owned(), manifest)))
    };
    members.iter().filter_map(manifest).collect()
}

#[test]
fn calls_of_cargo_test_name_packages_tests_and_features_that_there_are() {
    let packages = packages();
    let mut count = 0;
    for document in Document::all() {
        for (line, place) in lines(&document) {
            let Some(rest) = after(&line, "cargo test") else { continue };
            let words: Vec<&str> = rest.split_whitespace().take_while(|word| *word != "--").collect();
            let value = |names: &[&str]| {
                let at = words.iter().position(|word| names.contains(word))?;
                words.get(at + 1).copied()
            };
            let Some(package) = value(&["-p", "--package"]) else { continue };
            let Some((folder, manifest)) = packages.get(package) else { panic!("{place}: no package `{package}`") };
            for feature in value(&["--features"]).into_iter().flat_map(|features| features.split(',')) {
                let known = manifest.get("features").is_some_and(|features| features.get(feature).is_some());
                assert!(known, "{place}: `{package}` has no feature `{feature}`");
            }
            if let Some(test) = value(&["--test"]) {
                let tests = slimqtt_docs::root().join(folder).join("tests");
                let known = tests.join(format!("{test}.rs")).exists() || tests.join(test).join("main.rs").exists();
                assert!(known, "{place}: `{package}` has no test `{test}`");
            }
            count += 1;
        }
    }
    assert!(count > 5, "{count}");
}
