//! Reports to draw.

use slimqtt_size_report::attribution::{Caller, Helper, Image, Kind, Memory, Row};
use slimqtt_size_report::budget::{Added, Budget, Verdict};
use slimqtt_size_report::report::{Baseline, Identity, Measured, Report, SCHEMA};
use slimqtt_size_report::toolchain::Library;

/// A name that would end the element that a page's data is in, and begin a script of its own.
pub(crate) const EVIL: &str = "evil::</script><script>window.evil = 1</script><!--<img src=x onerror=alert(1)>";

/// A function that was inlined into itself, that is: not at all.
pub(crate) fn row(bytes: u64, symbol: &str, file: &str) -> Row {
    Row {
        bytes,
        memory: Memory::Flash,
        kind: Kind::Code,
        symbol: symbol.to_owned(),
        origin: symbol.to_owned(),
        crate_name: file.split('/').next().unwrap_or_default().to_owned(),
        file: Some(file.to_owned()),
        line: Some(12),
        part: None,
        spec: None,
    }
}

fn inlined(bytes: u64, symbol: &str, origin: &str, file: &str) -> Row {
    Row { origin: origin.to_owned(), ..row(bytes, symbol, file) }
}

const POLL: &str = "<agent::run::Run<app::Owner, 4>>::poll";
const SUBMIT: &str = "<agent::queue::Queue<app::Command, 4, 128>>::submit";

fn rows() -> Vec<Row> {
    let generated = |bytes, origin: &str, line: u32, field: &str| Row {
        part: Some("core_mqtt_serializer.c".to_owned()),
        spec: Some(format!("mqtt-3.1.1:{line} {field}")),
        ..inlined(bytes, POLL, origin, "agent/OUT_DIR/mqtt-3.1.1.rs")
    };
    let nowhere = |bytes, kind, name: &str| Row {
        kind,
        crate_name: "[no crate]".to_owned(),
        file: None,
        line: None,
        ..row(bytes, name, "")
    };
    vec![
        Row { part: Some("core_mqtt.c".to_owned()), ..row(800, POLL, "agent/src/run.rs") },
        Row {
            part: Some("core_mqtt_agent.c".to_owned()),
            ..inlined(300, POLL, "agent::queue::Queue::next", "agent/src/queue.rs")
        },
        generated(120, "agent::wire::encode::publish", 111, "PUBLISH.topic_name"),
        generated(60, "agent::wire::encode::publish", 112, "PUBLISH.packet_identifier"),
        generated(40, "agent::wire::decode::connack", 80, "CONNACK.return_code"),
        inlined(150, POLL, "core::mem::replace::<u8>", "core/src/mem/mod.rs"),
        Row { part: Some("core_mqtt_agent.c".to_owned()), ..row(500, SUBMIT, "agent/src/queue.rs") },
        Row { kind: Kind::Pool, ..row(24, SUBMIT, "agent/src/queue.rs") },
        inlined(90, SUBMIT, "core::mem::replace::<u8>", "core/src/mem/mod.rs"),
        row(324, "compiler_builtins::mem::memcpy", "compiler_builtins/src/mem.rs"),
        row(216, "app::main", "app/src/main.rs"),
        row(6, EVIL, "app/src/evil.rs"),
        nowhere(192, Kind::Vectors, "[vector table]"),
        nowhere(18, Kind::Padding, "[padding]"),
        Row { memory: Memory::Ram, kind: Kind::Bss, file: None, line: None, ..row(848, "app::AGENT", "app") },
        Row { memory: Memory::Ram, kind: Kind::Bss, file: None, line: None, ..row(48, "app::TASK", "app") },
    ]
}

fn baseline() -> Image {
    Image::new(rows().into_iter().filter(|row| !row.crate_name.contains("agent") && !row.symbol.contains("agent")))
}

fn measured(name: &str, budget: (u32, u32), image: Image, baseline: &Image) -> Measured {
    let budget = Budget { flash: budget.0, ram: budget.1 };
    let added =
        Added { flash: image.flash as i64 - baseline.flash as i64, ram: image.ram as i64 - baseline.ram as i64 };
    let (forbidden, symbols, growth) = (vec![], vec![], Budget { flash: 0, ram: 0 });
    let caller = |symbol: &str, calls| Caller { symbol: symbol.to_owned(), origin: symbol.to_owned(), calls };
    let callers = vec![caller(POLL, 3), caller(SUBMIT, 1)];
    let runtime = vec![Helper { symbol: "compiler_builtins::mem::memcpy".to_owned(), bytes: 324, callers }];
    let verdict: Verdict = budget.judge(added, false);
    Measured { name: name.to_owned(), added, budget, growth, verdict, forbidden, image, runtime, symbols }
}

fn with(small: Vec<Row>, complete: Vec<Row>) -> Report {
    let baseline = baseline();
    let profiles = vec![
        measured("small", (1100, 40), Image::new(small), &baseline),
        measured("complete", (2000, 100), Image::new(complete), &baseline),
    ];
    Report {
        schema: SCHEMA,
        toolchain: Identity {
            rustc: "rustc 1.96.0 (ac68faa20 2026-05-25)".to_owned(),
            cargo: "cargo 1.96.0".to_owned(),
            library: Library::BuildStd,
            linker: "LLD 14.0.6 (compatible with GNU linkers)".to_owned(),
            target: "thumbv6m-none-eabi".to_owned(),
            rustflags: vec![],
            profile: [].into(),
        },
        cargo_lock_sha256: "00".repeat(32),
        baseline: Baseline { image: baseline, runtime: vec![], symbols: vec![] },
        profiles,
    }
}

fn small() -> Vec<Row> {
    rows().into_iter().filter(|row| row.symbol != POLL).collect()
}

/// Two profiles, one of which is over its flash budget by nothing: `complete` adds 2084 bytes to 756, and may add 2000.
pub(crate) fn report() -> Report {
    with(small(), rows())
}

/// What it was before: `submit` had 40 bytes less, `poll` 24 more, `forget` is gone, and `memcpy` was not there.
pub(crate) fn older() -> Report {
    let mut rows = rows();
    rows.retain(|row| !row.symbol.contains("memcpy"));
    for row in &mut rows {
        match row.bytes {
            500 => row.bytes = 460,
            800 => row.bytes = 824,
            _ => {}
        }
    }
    rows.push(row(64, "agent::session::Session::forget", "agent/src/session.rs"));
    with(small(), rows)
}

/// About what is known of an ELF file of 2 MB: 20,000 rows of 400 files in 40 crates.
pub(crate) fn large() -> Report {
    // Sizes are spread as in real images: few large ones, and many small.
    let size = |index: u64| 8 + 2 * (40_000 / (index + 10)) + index * 7919 % 60;
    let rows = (0..20_000u64).map(|index| {
        let (in_crate, file) = (index * 31 % 40, index * 131 % 10);
        let file = format!("crate_{in_crate}/src/module_{file}/file.rs");
        // Of three rows of a function two are of others that were inlined into it.
        let symbol = format!("<crate_{in_crate}::module::Type_{}<Option<u32>>>::method_{}", index % 97, index / 40);
        let origin = if index % 3 == 0 { symbol.clone() } else { format!("crate_{in_crate}::function_{}", index / 2) };
        inlined(size(index), &symbol, &origin, &file)
    });
    with(small(), rows.collect())
}
