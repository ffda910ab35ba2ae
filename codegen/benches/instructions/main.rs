//! Instructions that codecs take on the host, counted by callgrind: the same number each time.
//!
//! `cargo bench -p slimqtt-codegen --bench instructions`; needs valgrind.

mod mqtt_3_1_1;

use std::process::{Command, ExitCode};
use std::{env, fmt};

/// What is counted: a codec encodes or decodes a packet. A decoded packet is dropped, too, and nothing else.
struct Operation {
    packet: &'static str,
    codec: &'static str,
    direction: Direction,
    /// Makes all ready. What it returns runs twice: it is counted when all caches and allocators are warm.
    prepare: fn() -> Box<dyn FnMut()>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Encode,
    Decode,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<10}{:<8}{:<12}", self.packet, format!("{:?}", self.direction).to_lowercase(), self.codec)
    }
}

/// Callgrind counts while this runs. No other function has this name in its own.
#[inline(never)]
fn counted_by_callgrind(run: &mut dyn FnMut()) {
    run();
}

/// Runs an operation of this program under callgrind.
fn count(index: usize) -> Result<u64, String> {
    let program = env::current_exe().map_err(|error| error.to_string())?;
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--toggle-collect=*counted_by_callgrind*"]);
    // Otherwise the first call of a library's function looks it up.
    valgrind.env("LD_BIND_NOW", "1").arg(program).arg(index.to_string());
    let output = valgrind.output().map_err(|error| format!("valgrind: {error}; apt-get install valgrind"))?;
    let report = String::from_utf8_lossy(&output.stderr);
    let collected = report.lines().find_map(|line| line.split_once("Collected :")?.1.trim().parse().ok());
    collected.filter(|_| output.status.success()).ok_or_else(|| report.into_owned())
}

fn main() -> ExitCode {
    let operations = mqtt_3_1_1::operations();
    // Under callgrind it is told which one to run.
    if let Some(index) = env::args().nth(1).and_then(|argument| argument.parse::<usize>().ok()) {
        let mut run = (operations[index].prepare)();
        run();
        counted_by_callgrind(&mut *run);
        return ExitCode::SUCCESS;
    }
    for (index, operation) in operations.iter().enumerate() {
        match count(index) {
            Ok(instructions) => println!("{operation}{instructions:>8}"),
            Err(error) => {
                eprintln!("{error}");
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}
