//! Figures in the guide are those that are measured or promised elsewhere.
//!
//! They stand between a line `<!-- figures: NAME -->` and a line `<!-- end -->`; `BLESS=1 cargo test -p slimqtt-docs` writes
//! them anew.

use std::fmt::Write;
use std::{env, fs};

use slimqtt_docs::{read, root, toml};

/// The cells of a row of a generated table, the first of which is this one.
fn row(document: &str, name: &str) -> Vec<String> {
    let text = read(document);
    let row = text.lines().find(|line| line.starts_with(&format!("| {name} |")));
    let row = row.unwrap_or_else(|| panic!("{document} has no row {name}"));
    row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
}

/// A figure as a table has it.
fn number(cell: &str) -> usize {
    cell.replace(',', "").parse().unwrap_or_else(|error| panic!("{cell}: {error}"))
}

/// With a comma after thousands.
fn grouped(number: usize) -> String {
    if number < 1000 { number.to_string() } else { format!("{},{:03}", number / 1000, number % 1000) }
}

/// Has this text stand in its place in a document, or says that it does not.
fn hold(path: &str, name: &str, expected: &str) {
    let text = read(path);
    let begin = format!("<!-- figures: {name} -->\n");
    let (before, rest) = text.split_once(&begin).unwrap_or_else(|| panic!("{path} has no line {begin}"));
    let (found, after) = rest.split_once("<!-- end -->").unwrap_or_else(|| panic!("{path}: {name} has no end"));
    let expected = format!("\n{expected}\n");
    if env::var_os("BLESS").is_some() {
        fs::write(root().join(path), [before, &begin, &expected, "<!-- end -->", after].concat()).unwrap();
    } else {
        assert!(found == expected, "not as in {path}, BLESS=1 writes it anew:\n{expected}");
    }
}

/// An agent, as far as its RAM depends on it.
struct Agent {
    commands: usize,
    packet: usize,
    from: bool,
    completions: bool,
    receive: usize,
    received: usize,
}

impl Agent {
    /// The bytes of one slot on a chip of 32 bits.
    fn slot(&self) -> usize {
        self.packet + 24 + if self.from { 8 } else { 0 } + if self.completions { 4 } else { 0 }
    }

    /// The formula of the chapter.
    fn ram(&self) -> usize {
        self.commands * self.slot() + self.receive + 2 * self.received + 68
    }
}

const SMALLEST: Agent = Agent { commands: 4, packet: 128, from: false, completions: false, receive: 16, received: 0 };
const COMPLETE: Agent = Agent { from: true, completions: true, receive: 128, received: 8, ..SMALLEST };

#[test]
fn the_formula_of_ram_gives_the_profiles_of_the_report() {
    let profiles = [
        ("beacon", Agent { receive: 8, ..SMALLEST }),
        ("telemetry", SMALLEST),
        ("device", Agent { receive: 128, ..SMALLEST }),
        ("complete", COMPLETE),
    ];
    let mut table = "| profile | slots | receive buffer | received | rest | agent | tasks | RAM in the report |\n\
                     |---|---:|---:|---:|---:|---:|---:|---:|\n"
        .to_owned();
    let mut tasks = Vec::new();
    for (name, agent) in profiles {
        let total = number(&row("README.md", &format!("`{name}`"))[3]);
        tasks.push(total - agent.ram());
        let cells = [
            format!("4 x {}", agent.slot()),
            agent.receive.to_string(),
            (2 * agent.received).to_string(),
            "68".to_owned(),
            agent.ram().to_string(),
            (total - agent.ram()).to_string(),
            grouped(total),
        ];
        let _ = writeln!(table, "| `{name}` | {} |", cells.join(" | "));
    }
    // The images of each pair have tasks of the same kind, and differ in their agents.
    assert_eq!((tasks[0], tasks[2]), (tasks[1], tasks[3]));
    hold("docs/guide/sizing.md", "ram", &table);
}

#[test]
fn the_formula_of_ram_gives_what_options_cost() {
    let options = "agent/macros/README.md";
    let columns = [(2, SMALLEST), (4, COMPLETE)];
    for (column, agent) in columns {
        let cost = |name: &str| number(&row(options, name)[column]);
        let more = |other: Agent| other.ram() - agent.ram();
        assert_eq!(cost("`commands = 8`, over 4"), more(Agent { commands: 8, ..agent }));
        assert_eq!(cost("`packet = 256`, over 128"), more(Agent { packet: 256, ..agent }));
        assert_eq!(cost("`receive = 256`, over 128"), 128);
        assert_eq!(cost("`received = 16`, over 8"), more(Agent { received: agent.received + 8, ..agent }));
    }
    assert_eq!(number(&row(options, "`Publish` with `from`")[2]), 4 * 8);
    assert_eq!(number(&row(options, "`completions`, used for `publish_then`")[2]), 4 * 4);
}

#[test]
fn the_reference_is_beside_the_first_table() {
    let table = "size-report/README.md";
    let [agent, total, linked] = ["`core_mqtt_agent.c`", "total", "all that is linked"].map(|name| row(table, name));
    let sentence = format!(
        "Beside it: the [coreMQTT Agent](https://github.com/FreeRTOS/coreMQTT-Agent), in C, publishes {} bytes (7.4 K) of code\n\
         at `-Os` for the same whole API, by GCC for ARM Cortex-M, before linking and without the C library. What does the same\n\
         work in `complete` takes {} of its {} bytes. Its queue and loop alone, `core_mqtt_agent.c`, are {} bytes, and {}\n\
         here; [file by file](size-report/README.md#beside-the-reference).\n",
        total[3], total[4], linked[4], agent[3], agent[4]
    );
    assert_eq!(grouped((7.4_f64 * 1024.0).round() as usize), total[3]);
    hold("README.md", "reference", &sentence);
}

#[test]
fn budgets_of_futures_are_those_of_the_profiles() {
    let profiles = toml("profiles/profiles.toml");
    for (name, profile) in profiles["profiles"].as_table().expect("a table") {
        let budget = |future: &str| profile["future"][future].as_integer().expect("a number");
        let sentence = format!(
            "that of `run` has at most {} bytes, that of a command that is awaited at most {} (",
            budget("connection"),
            budget("command")
        );
        assert!(read("docs/guide/sizing.md").replace('\n', " ").contains(&sentence), "{name}: {sentence}");
    }
}

#[test]
fn budgets_of_instructions_are_those_of_the_profiles() {
    let profiles = toml("profiles/profiles.toml");
    let budget = |name: &str| {
        let budget = profiles["instructions"]["budget"][name].as_integer();
        grouped(budget.and_then(|budget| budget.try_into().ok()).unwrap_or_else(|| panic!("no budget of {name}")))
    };
    let rows = [
        ("the longest critical section", "critical_section"),
        ("a poll of `run` that finds nothing to do", "idle_poll"),
        ("publish at QoS 0: into a slot, and out", "publish_qos_0"),
        ("the same at QoS 1, with its PUBACK", "publish_qos_1"),
        ("receive a message at QoS 0", "message_qos_0"),
        ("the same at QoS 1, with its PUBACK", "message_qos_1"),
    ];
    let mut table = "| | at most, in instructions |\n|---|---:|\n".to_owned();
    for (what, name) in rows {
        let _ = writeln!(table, "| {what} | {} |", budget(name));
    }
    hold("docs/guide/interrupts.md", "instructions", &table);
}
