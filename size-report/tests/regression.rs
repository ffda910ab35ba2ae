//! What becomes of a firmware's report when its source changes.

mod blinker;

use blinker::Blinker;
use slimqtt_size_report::compare::Comparison;
use slimqtt_size_report::report::Report;
use std::fs;
use std::path::PathBuf;

/// Measures the firmware, and keeps its report under a name.
fn measure(blinker: &Blinker, name: &str) -> PathBuf {
    blinker.output(&["measure"]);
    let report = blinker.path(name);
    fs::copy(blinker.path("target/size-report/report.json"), &report).unwrap();
    report
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

#[test]
fn forty_bytes_are_caught_and_a_comment_is_not() {
    let blinker = Blinker::new("regression");
    let parent = measure(&blinker, "parent.json");
    let parent = parent.to_str().unwrap();

    // A comment moves all lines below it.
    blinker.change("src/pattern.rs", "use core::", "// A comment,\n// of two lines.\nuse core::");
    let commented = measure(&blinker, "commented.json");
    let commented = commented.to_str().unwrap();
    assert_ne!(fs::read(parent).unwrap(), fs::read(commented).unwrap(), "the lines in it are others");
    assert_eq!(blinker.output(&["compare", parent, commented]), "no change\n");
    let comment = blinker.output(&["compare", parent, commented, "--markdown"]);
    assert!(comment.starts_with("<!-- slimqtt-size-report -->\n### Size: no change\n"), "{comment}");
    assert!(blinker.output(&["check", commented, "--against", parent]).starts_with("no change\n"));

    // Twenty instructions of two bytes.
    let instructions =
        "// SAFETY: they do nothing.\n    unsafe { core::arch::asm!(\".rept 20\", \"nop\", \".endr\") };";
    blinker.change("src/pattern.rs", "// regression", instructions);
    let check = blinker.run(&["check", "--against", parent]);
    let (output, errors) = (text(check.stdout), text(check.stderr));
    assert_eq!(check.status.code(), Some(3), "{output}{errors}");
    for expected in [
        "slow: +40 bytes of flash; fast: +40 bytes of flash\n",
        "GREW by 24 too much",
        "GREW by 40 too much",
        "   +40   flash    blinker::pattern::period   grew   src/pattern.rs:33\n",
        "slow: its flash grew by 40 bytes, and one change may add 16.\nLook at `blinker::pattern::period` (+40) first: ",
    ] {
        assert!(output.contains(expected), "no `{expected}` in\n{output}");
    }
    assert!(!output.contains("baseline: "), "it is as it was:\n{output}");

    let grown = blinker.path("target/size-report/report.json");
    refuses_what_was_built_otherwise(&blinker, parent, grown.to_str().unwrap());
    keeps_a_history(&blinker, &[parent, grown.to_str().unwrap()]);
    let grown = Report::read(&grown).unwrap();
    let comparison = Comparison::new(&Report::read(parent.as_ref()).unwrap(), &grown);
    let slow = &comparison.images[1];
    let deltas: Vec<_> = slow.functions.iter().map(|function| (function.name.as_str(), function.delta())).collect();
    assert_eq!((slow.name.as_str(), deltas), ("slow", vec![("blinker::pattern::period", 40)]));
}

fn refuses_what_was_built_otherwise(blinker: &Blinker, parent: &str, grown: &str) {
    let older = blinker.path("older.json");
    let report = fs::read_to_string(parent).unwrap().replacen("\"rustc\": \"rustc ", "\"rustc\": \"older rustc ", 1);
    fs::write(&older, report).unwrap();
    let older = older.to_str().unwrap();
    let refused = blinker.run(&["compare", older, grown]);
    assert_eq!(refused.status.code(), Some(4));
    let errors = text(refused.stderr);
    assert!(
        errors.contains("not built alike:\n- compiler: was `older rustc ") && refused.stdout.is_empty(),
        "{errors}"
    );
    let compared = blinker.output(&["compare", older, grown, "--across-toolchains"]);
    assert!(compared.contains("+40 bytes") && compared.contains("The two were not built alike"), "{compared}");
    // A comparison alone passes no judgement.
    assert!(!blinker.output(&["compare", parent, grown]).contains("GREW"));
}

fn keeps_a_history(blinker: &Blinker, reports: &[&str]) {
    let file = blinker.path("history.jsonl");
    let file = file.to_str().unwrap();
    for (index, report) in reports.iter().enumerate() {
        blinker.output(&[
            "history",
            "--file",
            file,
            "--append",
            "--report",
            report,
            "--label",
            &format!("change-{index}"),
        ]);
    }
    let table = blinker.output(&["history", "--file", file]);
    assert!(table.contains("change-0") && table.lines().last().unwrap().contains("(+40)"), "{table}");
    assert_eq!(fs::read_to_string(file).unwrap().lines().count(), reports.len());
}

#[test]
fn budgets_count_whole_images_where_there_is_no_baseline() {
    let blinker = Blinker::new("budgets");
    blinker.change("budgets.toml", "baseline = \"empty\"", "");
    let report = Report::read(&measure(&blinker, "report.json")).unwrap();
    assert_eq!((report.baseline.image.flash, report.baseline.image.rows.len()), (0, 0));
    assert_eq!(report.profiles[0].added.flash, report.profiles[0].image.flash as i64);

    // Over the budget is worse than growing.
    blinker.change("budgets.toml", "flash = 1200", "flash = 120");
    blinker.change("budgets.toml", "ram = 120", "ram = 20");
    let check = blinker.run(&["check", "--against", blinker.path("report.json").to_str().unwrap()]);
    let output = text(check.stdout);
    assert_eq!(check.status.code(), Some(1), "{output}");
    assert!(output.starts_with("no change\n") && output.contains("OVER its budget"), "{output}");
    assert!(output.contains("bytes over its budget; its RAM is 48 bytes over its budget.\n"), "{output}");

    let parts = blinker.output(&["attribute", "fast", "--by", "part"]);
    assert!(parts.contains("   pattern\n") && !parts.contains("baseline"), "{parts}");
}

/// What the checked-in schema says of reports, and whether the same is read that was written.
fn check_form(text: &str) {
    let schema = serde_json::from_str(include_str!("../report.schema.json")).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let mut report: serde_json::Value = serde_json::from_str(text).unwrap();
    let errors: Vec<_> = schema.iter_errors(&report).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    assert_eq!(Report::from_json(text).unwrap().to_json().unwrap(), text);
    // A schema that allowed everything would be no help.
    report["baseline"]["rows"][0]["file"] = "/home/somebody/main.rs".into();
    assert!(!schema.is_valid(&report));
}

#[test]
fn the_same_source_gives_the_same_report_anywhere() {
    let [here, there] = ["here", "there/and/further"].map(|folder| {
        let blinker = Blinker::new(folder);
        fs::read_to_string(measure(&blinker, "report.json")).unwrap()
    });
    assert!(here == there);
    assert!(!here.contains(&*blinker::folder("").to_string_lossy()));
    check_form(&here);
}
