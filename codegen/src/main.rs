//! The generator at the command line: shows what it generates, and checks specs.

#![forbid(unsafe_code)]

use std::io::{self, ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{fmt, fs};

use clap::{Parser, Subcommand, ValueEnum};
use slimqtt_codegen::{Error, Generator};
use slimqtt_spec::{MQTT_3_1_1, MQTT_5_0, Source};

/// Turns a spec of MQTT packets into Rust.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print the Rust that the packets of a version of MQTT become
    Show {
        /// The version
        #[arg(long, value_name = "VERSION", default_value = "3.1.1")]
        mqtt: Version,
        /// Only these packets, and what they depend on: `PUBLISH`, or `"PUBLISH from client"` for one side's
        #[arg(value_name = "PACKET")]
        packets: Vec<String>,
    },
    /// Look for mistakes in a spec
    Check {
        /// The spec
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Version {
    #[value(name = "3.1.1")]
    V3_1_1,
    #[value(name = "5.0")]
    V5_0,
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Show { mqtt, packets } => show(mqtt, packets),
        Command::Check { file } => check(&file),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn show(mqtt: Version, packets: Vec<String>) -> Result<(), String> {
    let generator = Generator::new(match mqtt {
        Version::V3_1_1 => &MQTT_3_1_1,
        Version::V5_0 => &MQTT_5_0,
    });
    let generator = if packets.is_empty() { generator } else { generator.packets(packets) };
    let rust = generator.generate().map_err(|error| message(&error))?;
    match io::stdout().write_all(rust.as_bytes()) {
        // Whoever reads may stop: `show | head`.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(failure(error)),
        _ => Ok(()),
    }
}

fn check(file: &Path) -> Result<(), String> {
    let name = file.display().to_string();
    let text = fs::read_to_string(file).map_err(|error| failure(format_args!("cannot read {name}: {error}")))?;
    match Generator::new(&Source::new(name, text)).generate() {
        Ok(_) => Ok(()),
        Err(error) => Err(message(&error)),
    }
}

fn message(error: &Error) -> String {
    match error {
        Error::Spec(_) if io::stderr().is_terminal() => error.styled(),
        Error::Spec(_) => error.to_string(),
        _ => failure(error),
    }
}

fn failure(error: impl fmt::Display) -> String {
    format!("error: {error}")
}
