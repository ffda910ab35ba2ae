//! The table of the statements of MQTT 3.1.1, `STATEMENTS.md`, is complete, and what it says of tests is so.

use std::fs;
use std::path::{Path, PathBuf};

/// The sections that have numbered statements, and how many.
const SECTIONS: [(&str, usize); 39] = [
    ("1.5.3", 3),
    ("2.2.2", 2),
    ("2.3.1", 7),
    ("3.1.0", 2),
    ("3.1.2", 24),
    ("3.1.3", 11),
    ("3.1.4", 5),
    ("3.2.0", 1),
    ("3.2.2", 6),
    ("3.3.1", 12),
    ("3.3.2", 3),
    ("3.3.4", 1),
    ("3.3.5", 2),
    ("3.6.1", 1),
    ("3.8.1", 1),
    ("3.8.3", 4),
    ("3.8.4", 6),
    ("3.9.3", 2),
    ("3.10.1", 1),
    ("3.10.3", 2),
    ("3.10.4", 6),
    ("3.12.4", 1),
    ("3.14.1", 1),
    ("3.14.4", 3),
    ("4.1.0", 2),
    ("4.3.1", 1),
    ("4.3.2", 2),
    ("4.3.3", 2),
    ("4.4.0", 1),
    ("4.5.0", 2),
    ("4.6.0", 6),
    ("4.7.1", 3),
    ("4.7.2", 1),
    ("4.7.3", 4),
    ("4.8.0", 2),
    ("6.0.0", 4),
    ("7.0.0", 2),
    ("7.1.1", 1),
    ("7.1.2", 1),
];

const TABLE: &str = include_str!("../STATEMENTS.md");

/// A row of the table.
struct Statement {
    number: &'static str,
    binds: &'static str,
    shown_by: &'static str,
    remarks: &'static str,
}

impl Statement {
    fn binds_a_client(&self) -> bool {
        self.binds != "Server"
    }

    fn is_not_met(&self) -> bool {
        self.remarks.contains("Not met")
    }
}

fn statements() -> Vec<Statement> {
    let rows = TABLE.lines().filter(|line| line.starts_with("| ")).skip(1);
    let cells = rows.map(|row| Vec::from_iter(row.split('|').map(str::trim)));
    cells
        .map(|cells| {
            let ["", number, asks, binds, shown_by, remarks, ""] = cells[..] else { panic!("five cells: {cells:?}") };
            assert!(!asks.is_empty() && ["Client", "Server", "both"].contains(&binds), "{number}");
            Statement { number, binds, shown_by, remarks }
        })
        .collect()
}

/// The tests that a cell names.
fn tests(cell: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    cell.split('`').skip(1).step_by(2).filter_map(|name| name.rsplit_once("::")).filter(|(_, test)| *test != "matches")
}

/// The file that the table means.
fn file(name: &str) -> PathBuf {
    let agent = Path::new(env!("CARGO_MANIFEST_DIR"));
    if name.starts_with("src/") {
        return agent.join(format!("{name}.rs"));
    }
    let Some(workspace) = agent.parent().filter(|_| name.contains('/')) else {
        return agent.join(format!("tests/{name}.rs"));
    };
    let crates = name.match_indices('/').map(|(end, _)| name.split_at(end));
    let mut files = crates.map(|(path, rest)| workspace.join(path).join(format!("tests{rest}.rs")));
    files.find(|file| file.exists()).unwrap_or_else(|| panic!("there is no file {name}"))
}

/// The lines directly before a test, with its attributes.
fn attributes(name: &str, test: &str) -> String {
    let path = file(name);
    let source = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let Some(at) = source.find(&format!("fn {test}(")) else { panic!("{} has no test {test}", path.display()) };
    source[..at].rsplit("\n\n").next().unwrap_or_default().to_owned()
}

#[test]
fn every_statement_is_there_once_and_in_order() {
    let expected = SECTIONS.iter().flat_map(|(section, count)| (1..=*count).map(move |i| format!("{section}-{i}")));
    let listed = statements().into_iter().map(|statement| statement.number.to_owned());
    assert_eq!(Vec::from_iter(listed), Vec::from_iter(expected));
}

#[test]
fn every_test_that_is_named_exists_and_runs() {
    for statement in statements() {
        for (name, test) in tests(statement.shown_by).chain(tests(statement.remarks)) {
            let attributes = attributes(name, test);
            assert!(attributes.contains("#[test]"), "{name}::{test} is a test");
            assert!(!attributes.contains("#[ignore"), "{name}::{test} is not ignored");
        }
    }
}

#[test]
fn every_statement_that_binds_a_client_has_a_test_or_a_reason() {
    let is_reason = |remark: &str| {
        ["Not met", "The application's", "The transport's"].iter().any(|beginning| remark.starts_with(beginning))
    };
    for statement in statements().iter().filter(|statement| statement.binds_a_client()) {
        let has_tests = tests(statement.shown_by).next().is_some();
        assert!(has_tests || is_reason(statement.remarks), "{}", statement.number);
    }
}

#[test]
fn the_figures_are_those_of_the_table() {
    let all = statements();
    let binding = Vec::from_iter(all.iter().filter(|statement| statement.binds_a_client()));
    let tested = binding.iter().filter(|statement| !statement.shown_by.is_empty()).count();
    let not_met = all.iter().filter(|statement| statement.is_not_met()).count();
    let text = Vec::from_iter(TABLE.split_whitespace()).join(" ");
    for figures in [
        format!("{} statements, of which {} bind a client:", all.len(), binding.len()),
        format!(": {tested} of these have tests, {} have a reason instead.", binding.len() - tested),
        format!("{not_met} are not met in every case;"),
    ] {
        assert!(text.contains(&figures), "{figures}");
    }
}
