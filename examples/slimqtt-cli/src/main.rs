//! `slimqtt pub` and `slimqtt sub`: the agent on a host, from the command line.
#![forbid(unsafe_code)]

mod address;
mod agent;
mod arguments;
mod format;
mod publish;
mod session;
mod subscribe;
mod tls;
mod transport;

use std::io::Write;
use std::process::ExitCode;

use anyhow::Result;
use arguments::{Arguments, Command, Connection};
use log::{Level, LevelFilter};
use session::Ended;
use slimqtt::Error;
use tokio::runtime::Builder;

/// The exit code where `-W` has passed, as of `mosquitto_sub`.
const TIMED_OUT: u8 = 27;
/// That of a program that Ctrl-C has ended: 128, and the number of SIGINT.
const INTERRUPTED: u8 = 130;

fn main() -> ExitCode {
    let Arguments { command } = Arguments::read();
    match run(&command) {
        Ok(Ended::Done) => ExitCode::SUCCESS,
        Ok(Ended::Interrupted) if matches!(command, Command::Sub(_)) => ExitCode::SUCCESS,
        Ok(Ended::Interrupted) => ExitCode::from(INTERRUPTED),
        Ok(Ended::TimedOut) => {
            log::error!("timed out");
            ExitCode::from(TIMED_OUT)
        }
        Err(error) => {
            log::error!("{error:#}");
            match error.downcast_ref() {
                Some(Error::Refused(code)) => ExitCode::from(*code as u8),
                _ => ExitCode::FAILURE,
            }
        }
    }
}

fn run(command: &Command) -> Result<Ended> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let ended = match command {
        Command::Pub(options) => {
            log_to_stderr(&options.connection);
            runtime.block_on(publish::run(options))
        }
        Command::Sub(options) => {
            log_to_stderr(&options.connection);
            runtime.block_on(subscribe::run(options))
        }
    };
    // Somebody may still wait for the standard input.
    runtime.shutdown_background();
    ended
}

/// Errors and warnings of this program go to the standard error, with `--debug` all, and that of the agent.
fn log_to_stderr(options: &Connection) {
    let (own, agent) = match options {
        Connection { debug: true, .. } => (LevelFilter::Trace, LevelFilter::Trace),
        Connection { quiet: true, .. } => (LevelFilter::Off, LevelFilter::Off),
        _ => (LevelFilter::Warn, LevelFilter::Off),
    };
    let mut logger = env_logger::Builder::new();
    logger.filter_module("slimqtt", own).filter_module("slimqtt_agent", agent);
    logger.format(|to, record| {
        let level = match record.level() {
            Level::Error => "error",
            Level::Warn => "warning",
            _ => record.target().split("::").next().unwrap_or_default(),
        };
        writeln!(to, "{level}: {}", record.args())
    });
    logger.init();
}
