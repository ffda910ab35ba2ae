//! Finds a compiler with a `core` for the chip.
//!
//! There are two ways to have one, and their figures cannot be compared: rustup's library comes compiled, for speed,
//! while a library built from source gets the flags of the firmware itself.

use crate::debian::{self, Part};
use crate::second_opinion;
use crate::system::{self, System};
use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::process::Command;
use std::time::Duration;

/// The oldest compiler that will do.
pub const MINIMUM: Version = Version { major: 1, minor: 88 };

/// A library is fetched within seconds, and a network that swallows packets must not keep anyone for long.
const RUSTUP_LIMIT: Duration = Duration::from_secs(120);

const RUSTC: &str = "/usr/bin/rustc";
const CARGO: &str = "/usr/bin/cargo";
const LINKER: &str = "ld.lld";

/// Where the chip's `core` comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Library {
    /// rustup's, compiled beforehand.
    Prebuilt,
    /// The library's source, compiled with the firmware.
    BuildStd,
}

impl Library {
    /// Its name, as in JSON and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Prebuilt => "prebuilt",
            Self::BuildStd => "build-std",
        }
    }
}

/// A compiler's version, as far as it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    major: u32,
    minor: u32,
}

impl Version {
    /// Reads `1.96.0+dfsg1-1`, or `rustc 1.96.0 (...)`.
    pub fn parse(text: &str) -> Option<Self> {
        let number = text.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
        let mut parts = number.split('.').map_while(|part| part.parse().ok());
        Some(Self { major: parts.next()?, minor: parts.next()? })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// What is asked of the toolchain.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The target to build for.
    pub target: &'a str,
    /// The only library that will do, if not either.
    pub library: Option<Library>,
    /// Whether what is missing may be installed.
    pub install: bool,
}

/// A toolchain for the chip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toolchain {
    /// The compiler, as it names itself.
    pub rustc: String,
    /// Cargo, as it names itself.
    pub cargo: String,
    /// The linker, as it names itself.
    pub linker: String,
    /// Where `core` comes from.
    pub library: Library,
    /// The target it builds for.
    pub target: String,
}

impl Toolchain {
    /// Looks for a toolchain and, if the request allows it, installs what is missing:
    ///
    /// 1. the active compiler, with the target's library,
    /// 2. the same, once `rustup target add` has fetched the library,
    /// 3. the distribution's compiler, which builds the library from its source.
    pub fn find(system: &dyn System, request: Request) -> Result<Self> {
        if request.library != Some(Library::BuildStd) {
            if let Some(toolchain) = prebuilt(system, request)? {
                return Ok(toolchain);
            }
            if request.library == Some(Library::Prebuilt) {
                let target = request.target;
                bail!("there is no prebuilt library for {target}: run `rustup target add {target}`");
            }
        }
        distribution(system, request)
    }

    /// The start of a command that builds firmware: what to build is to be added.
    pub fn cargo_build(&self) -> Command {
        self.with_settings(system::command(self.cargo_program()), "build")
    }

    /// The start of a command that asks cargo-bloat about firmware, which it builds in the same way.
    pub fn cargo_bloat(&self) -> Command {
        let mut command = self.with_settings(system::command(second_opinion::PROGRAM), "bloat");
        command.env("CARGO", self.cargo_program());
        command
    }

    fn cargo_program(&self) -> &'static str {
        match self.library {
            Library::Prebuilt => "cargo",
            Library::BuildStd => CARGO,
        }
    }

    fn with_settings(&self, mut command: Command, subcommand: &str) -> Command {
        command.args([subcommand, "--release", "--locked", "--target", &self.target]);
        if self.library == Library::BuildStd {
            // A released compiler builds its own library only when told that it is part of the bootstrap.
            command.env("RUSTC_BOOTSTRAP", "1").env("RUSTC", RUSTC);
            command.args(["-Z", "build-std=core"]);
            command.args(["--config", &format!("target.{}.linker = \"{LINKER}\"", self.target)]);
        }
        command
    }
}

fn prebuilt(system: &dyn System, request: Request) -> Result<Option<Toolchain>> {
    if let Some(toolchain) = installed(system, request.target)? {
        return Ok(Some(toolchain));
    }
    let has_rustup = system.output("rustup", &["--version"]).is_some();
    if !has_rustup || !request.install {
        return Ok(None);
    }
    let target = request.target;
    system.say(&format!("installing the {target} library: rustup target add {target}"));
    if !system.run("rustup", &["target", "add", target], RUSTUP_LIMIT) {
        system.say("rustup could not: trying the distribution's compiler instead");
        return Ok(None);
    }
    installed(system, target)
}

/// The active toolchain, if it has the target's library.
fn installed(system: &dyn System, target: &str) -> Result<Option<Toolchain>> {
    let Some(rustc) = system.output("rustc", &["--version"]) else {
        return Ok(None);
    };
    // rustc names the place even if nothing is there.
    let library = system.output("rustc", &["--print", "target-libdir", "--target", target]);
    if !library.is_some_and(|path| system.exists(&path)) {
        return Ok(None);
    }
    check_version("rustc", &rustc, "`rustup update` brings a newer one")?;
    let cargo = system.output("cargo", &["--version"]).context("there is a rustc, but no cargo: install rustup")?;
    let linker = rust_lld(system).unwrap_or_else(|| "rust-lld".to_owned());
    Ok(Some(Toolchain { rustc, cargo, linker, library: Library::Prebuilt, target: target.to_owned() }))
}

/// The version of the linker that comes with rustup's compiler.
fn rust_lld(system: &dyn System) -> Option<String> {
    let sysroot = system.output("rustc", &["--print", "sysroot"])?;
    let host = system.output("rustc", &["--print", "host-tuple"])?;
    system.output(&format!("{sysroot}/lib/rustlib/{host}/bin/rust-lld"), &["-flavor", "gnu", "--version"])
}

fn distribution(system: &dyn System, request: Request) -> Result<Toolchain> {
    // A compiler that is too old is replaced by none of ours: the machine's owner chose it.
    if let Some(rustc) = system.output(RUSTC, &["--version"]) {
        let remedy = format!("install rustup (https://rustup.rs) and run `rustup target add {}`", request.target);
        check_version(RUSTC, &rustc, &remedy)?;
    }
    let mut missing = missing(system);
    if !missing.is_empty() && request.install {
        debian::install(system, &missing)?;
        missing = self::missing(system);
    }
    if !missing.is_empty() {
        bail!(
            "no toolchain for {target}: rustup's library is not installed, and of the distribution's compiler these are \
             missing: {}. Run `rustup target add {target}`, or install the distribution's rustc, cargo, Rust sources and \
             lld",
            missing.iter().map(|part| name(*part)).collect::<Vec<_>>().join(", "),
            target = request.target,
        );
    }
    let version = |program: &str| {
        system.output(program, &["--version"]).with_context(|| format!("`{program} --version` does not work"))
    };
    let rustc = version(RUSTC)?;
    check_version(RUSTC, &rustc, "install a newer one")?;
    let (cargo, linker) = (version(CARGO)?, version(LINKER)?);
    Ok(Toolchain { rustc, cargo, linker, library: Library::BuildStd, target: request.target.to_owned() })
}

fn missing(system: &dyn System) -> Vec<Part> {
    let sysroot = system.output(RUSTC, &["--print", "sysroot"]).unwrap_or_else(|| "/usr".to_owned());
    let sources = format!("{sysroot}/lib/rustlib/src/rust/library/core/Cargo.toml");
    let parts = [
        (Part::Compiler, system.exists(RUSTC)),
        (Part::Cargo, system.exists(CARGO)),
        (Part::Sources, system.exists(&sources)),
        (Part::Linker, system.output(LINKER, &["--version"]).is_some()),
    ];
    parts.into_iter().filter(|(_, is_there)| !is_there).map(|(part, _)| part).collect()
}

fn name(part: Part) -> &'static str {
    match part {
        Part::Compiler => RUSTC,
        Part::Cargo => CARGO,
        Part::Sources => "the sources of core",
        Part::Linker => LINKER,
    }
}

fn check_version(program: &str, version: &str, remedy: &str) -> Result<()> {
    match Version::parse(version) {
        Some(number) if number < MINIMUM => {
            bail!("{program} is {number}, and {MINIMUM} is the oldest that will do: {remedy}")
        }
        Some(_) => Ok(()),
        None => bail!("`{program} --version` says `{version}`, which has no version in it"),
    }
}

#[cfg(test)]
mod tests;
