//! Instructions that codecs take on the host, counted by callgrind: the same number each time.
//!
//! `cargo bench -p slimqtt-codegen --bench instructions`; needs valgrind.

#[macro_use]
mod others;

mod mqtt_3_1_1;
mod mqtt_5_0;

use std::hint::black_box;
use std::process::{Command, ExitCode};
use std::{env, fmt};

use slimqtt_agent::wire::{self, Encode, Writer};

/// What is counted: a codec encodes or decodes a packet. A decoded packet is dropped, too, and nothing else.
#[derive(Clone, Copy)]
struct Operation {
    version: &'static str,
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
        let direction = format!("{:?}", self.direction).to_lowercase();
        write!(f, "{:<7}{:<20}{direction:<8}{:<12}", self.version, self.packet, self.codec)
    }
}

/// What is counted of these packets. Each version has functions of these names, but for our encoders.
macro_rules! operations {
    ($version:literal: $($packet:literal $sample:ident),+) => {
        vec![$(
            $crate::operations!($version $packet "slimqtt" Encode || $crate::encode($sample)),
            $crate::operations!($version $packet "mqttbytes" Encode || mqttbytes_encode(&$sample)),
            $crate::operations!($version $packet "mqute-codec" Encode || mqute_encode(&$sample)),
            $crate::operations!($version $packet "slimqtt" Decode || decode(&$sample)),
            $crate::operations!($version $packet "mqttbytes" Decode || mqttbytes_decode(&$sample)),
            $crate::operations!($version $packet "mqute-codec" Decode || mqute_decode(&$sample)),
        )+]
    };
    ($version:literal $packet:literal $codec:literal $direction:ident $prepare:expr) => {
        $crate::Operation {
            version: $version,
            packet: $packet,
            codec: $codec,
            direction: $crate::Direction::$direction,
            prepare: $prepare,
        }
    };
}
use operations;

/// The bytes of a packet, which are the same for all.
fn bytes(packet: &dyn Encode) -> Vec<u8> {
    let mut buffer = [0; 256];
    let mut writer = Writer::new(&mut buffer);
    packet.encode(&mut writer);
    let end = writer.finish().unwrap();
    wire::packet(&buffer, end).to_vec()
}

fn encode(packet: impl Encode + 'static) -> Box<dyn FnMut()> {
    let mut buffer = [0; 256];
    Box::new(move || {
        let mut writer = Writer::new(&mut buffer);
        black_box(&packet).encode(&mut writer);
        let end = writer.finish().unwrap();
        black_box(wire::packet(&buffer, end));
    })
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
    let operations = [mqtt_3_1_1::operations(), mqtt_5_0::operations()].concat();
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
