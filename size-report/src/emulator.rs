//! Runs an image under QEMU, one instruction at a time, and reads from QEMU's log which instructions those were.

use crate::system::{self, System};
use crate::thumb::Registers;
use anyhow::{Context, Result, bail, ensure};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

const PROGRAM: &str = "qemu-system-arm";

/// From here on, QEMU has another option for one instruction at a time.
const RENAMED: [u32; 2] = [8, 1];

/// How far an image may go before it is given up.
#[derive(Clone, Copy, Debug)]
struct Limits {
    steps: usize,
    time: Duration,
}

const LIMITS: Limits = Limits { steps: 1_000_000, time: Duration::from_secs(60) };

/// An instruction that was executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Where it is.
    pub address: u32,
    /// The registers before it.
    pub registers: Registers,
}

/// QEMU's micro:bit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Emulator {
    /// How QEMU names itself.
    pub version: String,
    arguments: &'static [&'static str],
}

impl Emulator {
    /// Looks for QEMU.
    pub fn find(system: &dyn System) -> Result<Self> {
        let text = system.output(PROGRAM, &["--version"]).with_context(|| {
            format!(
                "instructions are counted under QEMU, and there is no `{PROGRAM}`: install it, \
                 on Debian and its kin with `apt-get install {PROGRAM}`"
            )
        })?;
        let version = text.lines().next().unwrap_or_default().to_owned();
        let number = number(&version).with_context(|| format!("`{PROGRAM} --version` says `{version}`"))?;
        let arguments: &[_] = if number < RENAMED { &["-singlestep"] } else { &["-accel", "tcg,one-insn-per-tb=on"] };
        Ok(Self { version, arguments })
    }

    /// Runs an image to its end, and returns all that was executed.
    pub fn run(&self, image: &Path) -> Result<Vec<Step>> {
        let mut command = system::command(PROGRAM);
        command
            .args(["-M", "microbit", "-display", "none", "-monitor", "none", "-serial", "none"])
            .args(self.arguments)
            // Every translated block, that is every instruction, with the registers before it.
            .args(["-d", "exec,cpu,nochain"])
            .args(["-semihosting-config", "enable=on,target=native", "-kernel"])
            .arg(image);
        trace(&mut command, LIMITS).with_context(|| format!("running {} under QEMU", image.display()))
    }
}

/// `QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7)`
fn number(version: &str) -> Option<[u32; 2]> {
    let number = version.split("version ").nth(1)?;
    let mut parts = number.split(|c: char| !c.is_ascii_digit()).map_while(|part| part.parse().ok());
    Some([parts.next()?, parts.next()?])
}

/// A process that ends with its value.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs QEMU, whose log goes to its standard error.
fn trace(command: &mut Command, limits: Limits) -> Result<Vec<Step>> {
    let deadline = Instant::now() + limits.time;
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
    let mut running = Running(child.with_context(|| format!("cannot run {}", command.get_program().display()))?);
    let log = running.0.stderr.take().context("QEMU has no standard error")?;
    let (sender, lines) = sync_channel(1024);
    // It ends when the process does, or when nobody receives any longer.
    thread::spawn(move || {
        BufReader::new(log).split(b'\n').map_while(Result::ok).try_for_each(|line| sender.send(line))
    });

    let late = || format!("it did not end within {} s", limits.time.as_secs_f32());
    let mut log = Log::default();
    loop {
        match lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(line) => log.line(&String::from_utf8_lossy(&line)),
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => bail!(late()),
        }
        ensure!(log.steps.len() <= limits.steps, "it did not end within {} instructions", limits.steps);
    }
    let status = loop {
        if let Some(status) = running.0.try_wait()? {
            break status;
        }
        ensure!(Instant::now() < deadline, late());
        thread::sleep(Duration::from_millis(5));
    };
    if !status.success() {
        let message = log.others.join("\n");
        ensure!(message.is_empty(), "QEMU says:\n{message}");
        bail!("the firmware ended with failure: an operation did not do what it is there for");
    }
    log.finish()
}

/// QEMU's log, read line by line.
#[derive(Default)]
struct Log {
    steps: Vec<Step>,
    /// How many registers of the last step are known.
    registers: usize,
    /// Whether a step had fewer registers than a Cortex-M0.
    incomplete: bool,
    /// Lines of another kind.
    others: Vec<String>,
}

/// More of them tell nothing new.
const OTHERS: usize = 10;

impl Log {
    fn line(&mut self, line: &str) {
        if line.starts_with("Trace ") {
            self.end_step();
            match address(line) {
                Some(address) => {
                    self.steps.push(Step { address, registers: [0; 16] });
                    self.registers = 0;
                }
                None => self.other(line),
            }
        } else if line.starts_with("Stopped execution of TB chain before") {
            // QEMU had other things to do, and comes back to this instruction.
            self.steps.pop();
            self.registers = 16;
        } else if line.starts_with('R') {
            for (number, value) in line.split_whitespace().filter_map(register) {
                if let Some(step) = self.steps.last_mut() {
                    step.registers[number] = value;
                    self.registers += 1;
                }
            }
        } else if !line.starts_with("XPSR=") && !line.trim().is_empty() {
            self.other(line);
        }
    }

    fn end_step(&mut self) {
        if let Some(step) = self.steps.last() {
            self.incomplete |= self.registers != 16 || step.registers[15] != step.address;
        }
        // A step is looked at once.
        self.registers = 16;
    }

    fn other(&mut self, line: &str) {
        if self.others.len() < OTHERS {
            self.others.push(line.to_owned());
        }
    }

    fn finish(mut self) -> Result<Vec<Step>> {
        self.end_step();
        ensure!(
            !self.steps.is_empty() && !self.incomplete,
            "its log is not as that of QEMU 7.2, which is known to do{}",
            self.others.iter().map(|line| format!("\n{line}")).collect::<String>()
        );
        Ok(self.steps)
    }
}

/// `Trace 0: 0x7fc130000100 [00800400/000000c0/00000510/ff000201] Reset`: the second one.
fn address(line: &str) -> Option<u32> {
    let fields = line.split_once('[')?.1.split_once(']')?.0;
    u32::from_str_radix(fields.split('/').nth(1)?, 16).ok()
}

/// `R13=20004000`
fn register(word: &str) -> Option<(usize, u32)> {
    let (number, value) = word.strip_prefix('R')?.split_once('=')?;
    let number = number.parse().ok().filter(|number| *number < 16)?;
    Some((number, u32::from_str_radix(value, 16).ok()?))
}

#[cfg(test)]
mod tests;
