//! Installs a distribution's compiler, where apt is what installs things.

use crate::system::System;
use crate::toolchain::{MINIMUM, Version};
use anyhow::{Result, bail};
use std::time::Duration;

/// A part of the toolchain that a package brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// `/usr/bin/rustc`.
    Compiler,
    /// `/usr/bin/cargo`.
    Cargo,
    /// The sources of `core`.
    Sources,
    /// `ld.lld`.
    Linker,
}

/// Debian keeps two sets of Rust packages: the release's own, and a newer one, that web browsers are built with.
const SETS: [[&str; 3]; 2] = [["rustc-web", "cargo-web", "rust-web-src"], ["rustc", "cargo", "rust-src"]];

/// A mirror may be slow, but not this slow.
const LIMIT: Duration = Duration::from_secs(15 * 60);

/// Installs exactly `missing`, and says so beforehand.
pub fn install(system: &dyn System, missing: &[Part]) -> Result<()> {
    if system.output("apt-get", &["--version"]).is_none() {
        bail!(
            "this machine has neither the Cortex-M0 library of rustup nor a distribution's compiler that apt-get \
             could install. Install rustup (https://rustup.rs) and run `rustup target add thumbv6m-none-eabi`"
        );
    }
    let Some(as_root) = root(system) else {
        bail!(
            "installing a compiler takes root, and `sudo -n` does not give it. As root, run \
             `apt-get install --no-install-recommends {}`",
            packages(system, missing)?.join(" ")
        );
    };
    let apt = |args: &[&str]| {
        let command: Vec<&str> = [as_root, &["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"], args].concat();
        system.run(command[0], &command[1..], LIMIT)
    };
    system.say("reading the lists of packages anew: apt-get update");
    // A list that cannot be had is no reason to stop: the packages may be in another.
    apt(&["update", "-qq"]);

    let packages = packages(system, missing)?;
    // A compiler from here may exclude one that is installed, and to remove something is never ours to decide.
    let install = [&["install", "-y", "-qq", "--no-remove", "--no-install-recommends"], &packages[..]].concat();
    let size = download_size(system, &packages).map(|mb| format!(" (about {mb} MB to download)")).unwrap_or_default();
    system.say(&format!("installing {}{size}: apt-get {}", packages.join(", "), install.join(" ")));
    if !apt(&install) {
        bail!("apt-get could not install {}: its message is above", packages.join(", "));
    }
    Ok(())
}

/// What to put before a command to run it as root.
fn root(system: &dyn System) -> Option<&'static [&'static str]> {
    if system.output("id", &["-u"]).as_deref() == Some("0") {
        Some(&[])
    } else {
        system.output("sudo", &["-n", "true"]).map(|_| &["sudo", "-n"][..])
    }
}

fn packages(system: &dyn System, missing: &[Part]) -> Result<Vec<&'static str>> {
    let set = if missing == [Part::Linker] { &SETS[0] } else { set(system, missing)? };
    let package = |part: &Part| match part {
        Part::Compiler => set[0],
        Part::Cargo => set[1],
        Part::Sources => set[2],
        Part::Linker => "lld",
    };
    Ok(missing.iter().map(package).collect())
}

/// The set to take packages from: the one that the compiler came from, or else the first that is new enough.
fn set(system: &dyn System, missing: &[Part]) -> Result<&'static [&'static str; 3]> {
    if !missing.contains(&Part::Compiler) {
        let owner = system.output("dpkg-query", &["-S", "/usr/bin/rustc"]).unwrap_or_default();
        let Some(set) = SETS.iter().find(|set| owner.split(':').next() == Some(set[0])) else {
            bail!(
                "/usr/bin/rustc is not from a package that is known here, so neither are its sources. Put them in \
                 `$(/usr/bin/rustc --print sysroot)/lib/rustlib/src/rust`, or use rustup"
            );
        };
        return Ok(set);
    }
    let new_enough = |package| candidate(system, package).is_some_and(|version| version >= MINIMUM);
    let Some(set) = SETS.iter().find(|set| new_enough(set[0])) else {
        bail!(
            "apt knows of no rustc {MINIMUM} or newer. Install rustup (https://rustup.rs) and run `rustup target add \
             thumbv6m-none-eabi`"
        );
    };
    Ok(set)
}

/// The version of a package that apt would install.
fn candidate(system: &dyn System, package: &str) -> Option<Version> {
    let policy = system.output("apt-cache", &["policy", package])?;
    Version::parse(policy.lines().find_map(|line| line.trim().strip_prefix("Candidate: "))?)
}

/// The size in MB of the packages and all that they need: the third column of what apt would fetch.
fn download_size(system: &dyn System, packages: &[&str]) -> Option<u64> {
    let args = [&["install", "--print-uris", "-qq", "--no-install-recommends"], packages].concat();
    let uris = system.output("apt-get", &args)?;
    let sizes = uris.lines().filter_map(|line| line.split_whitespace().nth(2)?.parse::<u64>().ok());
    Some(sizes.sum::<u64>().div_ceil(1_000_000)).filter(|&mb| mb > 0)
}
