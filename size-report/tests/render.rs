//! The terminal's tables, compared with the files beside this one. `BLESS=1 cargo test` writes those anew.

use slimqtt_size_report::attribution::{self, Attribution, Caller, Helper, Kind, Memory, Row};
use slimqtt_size_report::budget::Budget;
use slimqtt_size_report::codecs::Codecs;
use slimqtt_size_report::compare::Comparison;
use slimqtt_size_report::elf::{Image, Symbol};
use slimqtt_size_report::forbidden::Pattern;
use slimqtt_size_report::history::{self, Entry};
use slimqtt_size_report::instructions::{Budgets, Count, Counted, Instructions, Masked, PayloadReads};
use slimqtt_size_report::profiles::Profile;
use slimqtt_size_report::render::{self, Look, Question};
use slimqtt_size_report::report::{Baseline, Identity, Measured, Report, SCHEMA};
use slimqtt_size_report::toolchain::Library;
use slimqtt_size_report::views::By;
use std::fs;
use std::path::Path;

fn image(flash: u64, ram: u64, symbols: &[(&str, u64, &str)]) -> Image {
    let symbols = symbols.iter().map(|(name, size, section)| Symbol::new(name, *size, 0, section)).collect();
    Image { flash, ram, symbols }
}

/// The image with a row for all that is not said of it.
fn attributed(image: &Image) -> Attribution {
    let row = |bytes, memory, kind, symbol: &str| Row {
        bytes,
        memory,
        kind,
        symbol: symbol.to_owned(),
        origin: symbol.to_owned(),
        crate_name: symbol.split("::").next().unwrap_or_default().to_owned(),
        file: None,
        line: None,
        part: symbol.starts_with("slimqtt_agent::Session").then(|| "core_mqtt.c".to_owned()),
        spec: None,
    };
    let code = image.symbols.iter().filter(|symbol| symbol.section == ".text");
    let mut rows: Vec<_> = code.map(|symbol| row(symbol.size, Memory::Flash, Kind::Code, &symbol.name)).collect();
    let rest = image.flash - rows.iter().map(|row| row.bytes).sum::<u64>();
    rows.push(row(rest, Memory::Flash, Kind::Unknown, "[unknown]"));
    rows.push(row(image.ram, Memory::Ram, Kind::Bss, "BUFFER"));
    let image = attribution::Image::new(rows);
    Attribution { image, pieces: vec![], runtime: vec![] }
}

fn report() -> Report {
    let baseline = image(304, 12, &[("Reset", 40, ".text"), ("main", 8, ".text")]);
    let baseline = Baseline::new(attributed(&baseline), baseline.symbols);
    let forbid = ["core::fmt", "__aeabi_uldivmod"].map(|text| Pattern::try_from(text.to_owned()).unwrap());
    let measure = |name: &str, budget: (u32, u32), image: Image| {
        let budget = Budget { flash: budget.0, ram: budget.1 };
        let (stack, future, growth) = Default::default();
        let profile = Profile { binary: name.to_owned(), features: vec![], budget, growth, stack, future };
        Measured::new(name, &profile, &forbid, attributed(&image), image.symbols, &baseline)
    };
    let beacon = image(2508, 312, &[("slimqtt_agent::Session::step", 412, ".text"), ("main", 96, ".text")]);
    let over = [
        ("slimqtt_agent::Session::step", 612, ".text"),
        ("compiler_builtins::mem::memcpy", 324, ".text"),
        ("sensor::BUFFER", 256, ".bss"),
        ("sensor::publish", 120, ".text"),
        ("Reset", 40, ".text"),
    ];
    let printing = [
        ("core::fmt::write", 480, ".text"),
        ("<u32 as core::fmt::Display>::fmt", 120, ".text"),
        ("__aeabi_uldivmod", 0, ".text"),
    ];
    let profiles = vec![
        measure("beacon", (2600, 700), beacon),
        measure("sensor", (4096, 512), image(4556, 540, &over)),
        measure("full", (8192, 1024), image(6144, 532, &printing)),
        measure("empty", (0, 0), image(300, 12, &[])),
    ];
    let profile = [("lto", "fat".into()), ("opt-level", "z".into()), ("codegen-units", 1.into())];
    Report {
        schema: SCHEMA,
        toolchain: Identity {
            rustc: "rustc 1.96.0 (ac68faa20 2026-05-25)".to_owned(),
            cargo: "cargo 1.96.0".to_owned(),
            library: Library::BuildStd,
            linker: "LLD 14.0.6 (compatible with GNU linkers)".to_owned(),
            target: "thumbv6m-none-eabi".to_owned(),
            rustflags: vec!["-C".to_owned(), "link-arg=-Tlink.x".to_owned()],
            profile: profile.map(|(key, value): (&str, toml::Value)| (key.to_owned(), value)).into(),
        },
        cargo_lock_sha256: "00".repeat(32),
        baseline,
        profiles,
    }
}

fn compare_with_golden(file: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(file);
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, text).unwrap();
    }
    let golden = fs::read_to_string(&path).unwrap_or_default();
    assert!(golden == text, "{file} differs (BLESS=1 writes it anew):\n{text}");
}

#[test]
fn the_table_is_as_it_was() {
    compare_with_golden("report.txt", &render::table(&report(), Look { colour: false, symbols: 2 }));
}

#[test]
fn the_table_of_codecs_is_as_it_was() {
    let symbols = [
        ("codecs::mqtt_3_1_1::decode::publish", 134, ".text"),
        ("codecs::mqtt_3_1_1::encode::publish", 94, ".text"),
        ("codecs::mqtt_3_1_1::decode::pubrel", 44, ".text"),
        ("<slimqtt_agent::wire::writer::Writer>::u8", 22, ".text"),
        ("Reset", 40, ".text"),
    ];
    let codecs = Codecs::new(&image(0, 0, &symbols), &image(0, 0, &[("Reset", 40, ".text")])).unwrap();
    compare_with_golden("codecs.txt", &render::codecs(&[codecs], &report().toolchain));
}

fn instructions() -> Instructions {
    let operation = |name: &str, functions: &[(&str, u32)]| {
        let total = functions.iter().map(|function| function.1).sum();
        let functions = functions.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
        (name.to_owned(), Count { total, functions })
    };
    let submit = "<slimqtt_agent::queue::Queue<app::Complete, 4, 160>>::submit";
    let poll = "<slimqtt_agent::run::Run<Owner<P, 4>, R> as core::future::future::Future>::poll";
    let operations = [
        operation("enqueue_qos_0", &[(submit, 200), ("memcpy", 90), ("wake", 7), ("store", 3)]),
        operation("poll_sends_qos_0", &[(poll, 600)]),
        operation("enqueue_qos_1", &[(submit, 250), ("memcpy", 90)]),
        operation("poll_sends_qos_1", &[(poll, 610)]),
        operation("poll_takes_puback", &[(poll, 700)]),
        operation("poll_idle", &[(poll, 100)]),
        operation("poll_takes_qos_0", &[(poll, 427)]),
        operation("poll_takes_qos_1", &[(poll, 1300)]),
        operation("match_topic", &[("matches", 301)]),
    ];
    let masked = [(submit, 117, 25), (poll, 88, 64)];
    let masked = masked.map(|(name, longest, times)| (name.to_owned(), Masked { longest, times }));
    let payload = PayloadReads { all: 1280, masked: 0 };
    Instructions {
        counted: Counted { operations: operations.into(), masked: masked.into(), payload },
        budgets: Budgets {
            publish_qos_0: 800,
            publish_qos_1: 1650,
            idle_poll: 127,
            message_qos_0: 427,
            message_qos_1: 1400,
            topic_match: 310,
            critical_section: 117,
        },
        emulator: "QEMU emulator version 7.2.22".to_owned(),
        identity: report().toolchain,
    }
}

#[test]
fn the_table_of_instructions_is_as_it_was() {
    let mut report = instructions();
    report.budgets.critical_section -= 20;
    report.counted.payload.masked = 3;
    compare_with_golden("instructions.txt", &render::instructions(&report, Look { colour: false, symbols: 1 }));
}

#[test]
fn what_is_well_is_short() {
    let mut report = instructions();
    report.budgets.publish_qos_0 = 900;
    assert!(report.is_ok());
    let text = render::instructions(&report, Look::default());
    assert!(!text.contains("OVER") && !text.contains("over its budget") && !text.contains("spent in"), "{text}");
    assert!(text.ends_with("Run under QEMU emulator version 7.2.22, one instruction at a time\n"), "{text}");
}

/// What the reference is about is in no image of somebody else.
#[test]
fn without_its_parts_there_is_no_reference() {
    let mut report = report();
    for profile in &mut report.profiles {
        profile.image.rows.retain(|row| row.part.is_none());
    }
    assert!(!render::table(&report, Look::default()).contains("reference"));
}

fn changed() -> Report {
    let mut report = report();
    let sensor = &mut report.profiles[1];
    for row in &mut sensor.image.rows {
        row.bytes = match row.symbol.as_str() {
            "slimqtt_agent::Session::step" => row.bytes + 160,
            "sensor::publish" => row.bytes - 20,
            _ => row.bytes,
        };
    }
    let mut rows = sensor.image.rows.clone();
    rows.retain(|row| row.symbol != "compiler_builtins::mem::memcpy");
    let padding = Row {
        kind: Kind::Padding,
        symbol: "[padding]".to_owned(),
        origin: "[padding]".to_owned(),
        bytes: 4,
        ..rows[0].clone()
    };
    let divide = Row {
        symbol: "sensor::publish".to_owned(),
        origin: "sensor::Average<u8>::divide".to_owned(),
        bytes: 60,
        ..rows[0].clone()
    };
    rows.extend([padding, divide]);
    let before = (sensor.image.flash, sensor.image.ram);
    sensor.image = attribution::Image::new(rows);
    sensor.added.flash += sensor.image.flash as i64 - before.0 as i64;
    sensor.growth = Budget { flash: 16, ram: 0 };
    report.profiles.remove(3);
    report.profiles[0].name = "beacon-2".to_owned();
    report.cargo_lock_sha256 = "11".repeat(32);
    report.toolchain.rustc = "rustc 1.97.0".to_owned();
    report
}

#[test]
fn the_comparison_is_as_it_was() {
    let (old, new) = (report(), changed());
    let comparison = Comparison::new(&old, &new);
    let question = Question { judges: true, colour: false };
    compare_with_golden("compare.txt", &render::compare(&comparison, question));
    compare_with_golden("comment.md", &render::markdown(&comparison, &new, question));
    let coloured = render::compare(&comparison, Question { judges: true, colour: true });
    assert!(coloured.contains("\x1b["));
}

#[test]
fn the_attribution_is_as_it_was() {
    let image = report().profiles[1].image.clone();
    let caller =
        |symbol: &str, origin: &str, calls| Caller { symbol: symbol.to_owned(), origin: origin.to_owned(), calls };
    let runtime = vec![
        Helper {
            symbol: "compiler_builtins::mem::memcpy".to_owned(),
            bytes: 324,
            callers: vec![caller("sensor::publish", "<[u8]>::copy_from_slice", 3), caller("main", "main", 1)],
        },
        Helper { symbol: "__aeabi_uidiv".to_owned(), bytes: 10, callers: vec![] },
    ];
    let attribution = Attribution { image, pieces: vec![], runtime };
    compare_with_golden("attribution.txt", &render::attribution(&attribution, By::Origin, 4));
}

#[test]
fn the_history_is_as_it_was() {
    let entries = [(&report(), "1a2b3c"), (&report(), "4d5e6f"), (&changed(), "7a8b9c")]
        .map(|(report, label)| Entry::new(report, label));
    compare_with_golden("history.txt", &render::history(&entries));
    assert!(render::history(&[]).starts_with("the history has no entries"));
}

#[test]
fn entries_are_appended_once() {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("history/of/sizes.jsonl");
    let _ = fs::remove_file(&path);
    let entries = ["one", "two"].map(|label| Entry::new(&report(), label));
    for entry in [&entries[0], &entries[0], &entries[1]] {
        history::append(&path, entry).unwrap();
    }
    assert_eq!(history::read(&path).unwrap(), entries);
    fs::write(&path, "{\"schema\"").unwrap();
    assert!(format!("{:#}", history::append(&path, &entries[0]).unwrap_err()).contains("line 1"));
}

#[test]
fn the_json_is_as_it_was() {
    compare_with_golden("report.json", &report().to_json().unwrap());
}

#[test]
fn colour_changes_nothing_but_colour() {
    let coloured = render::table(&report(), Look { colour: true, symbols: 2 });
    assert!(coloured.contains("\x1b["));
    let mut parts = coloured.split('\x1b');
    let first = parts.next().unwrap_or_default().to_owned();
    // An escape sequence ends with the letter `m`. What fills the last column up is not seen.
    let plain = parts.fold(first, |plain, part| plain + part.split_once('m').unwrap().1);
    let lines = plain.lines().map(str::trim_end);
    assert!(lines.eq(render::table(&report(), Look { colour: false, symbols: 2 }).lines()));
}

#[test]
fn one_broken_promise_is_enough() {
    let mut report = report();
    assert!(!report.is_ok());
    report.profiles.retain(|profile| profile.name == "beacon");
    assert!(report.is_ok());
}

#[test]
fn profiles_are_a_table_in_a_document() {
    let expected = "\
| profile | flash | of its budget | RAM | of its budget |
|---|---:|---:|---:|---:|
| `beacon` | 2,204 | 85% of 2,600 | 300 | 43% of 700 |
";
    let table = render::markdown_of_profiles(&report());
    assert!(table.starts_with(expected), "{table}");
}
