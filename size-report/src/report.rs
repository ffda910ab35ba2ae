//! The report: all that was measured, and with what. Its JSON form is `report.json`.

use crate::attribution::{Attribution, Helper, Image};
use crate::budget::{Added, Budget, Verdict};
use crate::elf::Symbol;
use crate::forbidden::{self, Hit, Pattern};
use crate::future::Future;
use crate::profiles::Profile;
use crate::stack;
use crate::toolchain::{Library, Toolchain};
use crate::workspace::Workspace;
use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The version of the JSON form.
pub const SCHEMA: u32 = 2;

/// The whole report. It has neither times nor paths, so the same source gives the same bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The version of the JSON form: [`SCHEMA`].
    pub schema: u32,
    /// What the images were built with.
    pub toolchain: Identity,
    /// The SHA-256 of `Cargo.lock`.
    pub cargo_lock_sha256: String,
    /// The image without MQTT.
    pub baseline: Baseline,
    /// The profiles, in the order of `profiles.toml`.
    pub profiles: Vec<Measured>,
}

/// What the images were built with. Reports in which these differ are not to be compared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Identity {
    /// The compiler, as it names itself.
    pub rustc: String,
    /// Cargo, as it names itself.
    pub cargo: String,
    /// Where `core` comes from.
    pub library: Library,
    /// The linker, as it names itself.
    pub linker: String,
    /// The target.
    pub target: String,
    /// The compiler's flags, from `.cargo/config.toml`.
    pub rustflags: Vec<String>,
    /// The release profile's settings, from `Cargo.toml`.
    pub profile: BTreeMap<String, toml::Value>,
}

/// The image without MQTT, which all others are measured against. Empty if there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Baseline {
    /// Its sizes, and what they are made of.
    #[serde(flatten)]
    pub image: Image,
    /// The functions of the compiler's runtime in it, and who calls them.
    pub runtime: Vec<Helper>,
    /// Its symbols, the largest first.
    pub symbols: Vec<Symbol>,
}

/// A profile, measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measured {
    /// Its name.
    pub name: String,
    /// What it adds to the baseline.
    #[serde(flatten)]
    pub added: Added,
    /// What it may add.
    pub budget: Budget,
    /// By how much one change may make it grow.
    pub growth: Budget,
    /// How it stands.
    pub verdict: Verdict,
    /// The symbols that it should not have.
    pub forbidden: Vec<Hit>,
    /// The sizes of its whole image, and what they are made of.
    pub image: Image,
    /// The functions of the compiler's runtime in it, and who calls them.
    pub runtime: Vec<Helper>,
    /// Its image's symbols, the largest first.
    pub symbols: Vec<Symbol>,
    /// The most that can be on the stack, entry by entry.
    #[serde(default)]
    pub stack: Vec<stack::Entry>,
    /// How large its futures are.
    #[serde(default)]
    pub futures: Vec<Future>,
}

impl Identity {
    /// The toolchain, and the settings of the workspace that it builds with.
    pub fn new(toolchain: &Toolchain, workspace: &Workspace) -> Result<Self> {
        let Toolchain { rustc, cargo, linker, library, target } = toolchain.clone();
        let rustflags = workspace.rustflags(&target)?;
        Ok(Self { rustc, cargo, library, linker, target, rustflags, profile: workspace.release_profile()? })
    }
}

impl Baseline {
    /// The baseline of what is in an image, and the symbols of its ELF file.
    pub fn new(attribution: Attribution, symbols: Vec<Symbol>) -> Self {
        Self { image: attribution.image, runtime: attribution.runtime, symbols: sized(symbols) }
    }
}

impl Measured {
    /// Measures a profile's image against the baseline and against what the profile promises.
    pub fn new(
        name: &str,
        profile: &Profile,
        forbid: &[Pattern],
        attribution: Attribution,
        symbols: Vec<Symbol>,
        baseline: &Baseline,
    ) -> Self {
        let Attribution { image, runtime, .. } = attribution;
        let added = Added {
            flash: image.flash as i64 - baseline.image.flash as i64,
            ram: image.ram as i64 - baseline.image.ram as i64,
        };
        let forbidden = forbidden::find(forbid, &symbols);
        Self {
            name: name.to_owned(),
            added,
            budget: profile.budget,
            growth: profile.growth,
            verdict: profile.budget.judge(added, !forbidden.is_empty()),
            forbidden,
            image,
            runtime,
            symbols: sized(symbols),
            stack: Vec::new(),
            futures: Vec::new(),
        }
    }

    /// The profile's symbols that the baseline does not have, the largest first.
    pub fn new_symbols<'a>(&'a self, baseline: &'a Baseline) -> impl Iterator<Item = &'a Symbol> {
        let known: HashSet<&str> = baseline.symbols.iter().map(|symbol| symbol.name.as_str()).collect();
        self.symbols.iter().filter(move |symbol| !known.contains(symbol.name.as_str()))
    }
}

impl Report {
    /// Reads the report at `path`, which this program wrote.
    pub fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path)
            .with_context(|| format!("cannot read {}: `cargo size-report` writes reports", path.display()))?;
        Self::from_json(&text).with_context(|| format!("{} is no report to read", path.display()))
    }

    /// Reads a report from its JSON. The errors say where in it they are.
    pub fn from_json(text: &str) -> Result<Self> {
        #[derive(Deserialize)]
        struct Version {
            schema: u32,
        }
        let Version { schema } = serde_json::from_str(text)?;
        ensure!(schema == SCHEMA, "its schema is {schema}, and this program reads {SCHEMA}: measure anew");
        Ok(serde_json::from_str(text)?)
    }

    /// Whether every profile keeps its promises.
    pub fn is_ok(&self) -> bool {
        self.profiles.iter().all(|profile| profile.verdict == Verdict::Ok)
    }

    /// The report as JSON.
    pub fn to_json(&self) -> Result<String> {
        let mut json = serde_json::to_string_pretty(self).context("cannot write the report as JSON")?;
        json.push('\n');
        Ok(json)
    }

    /// Writes the report as JSON to its place in the target folder, and returns the path.
    pub fn write(&self, target_directory: &Path) -> Result<PathBuf> {
        let folder = target_directory.join("size-report");
        let path = folder.join("report.json");
        let json = self.to_json()?;
        fs::create_dir_all(&folder)
            .and_then(|()| fs::write(&path, json))
            .with_context(|| format!("cannot write {}", path.display()))?;
        Ok(path)
    }
}

/// Labels take no bytes, and have no place in a list of what does.
fn sized(symbols: Vec<Symbol>) -> Vec<Symbol> {
    symbols.into_iter().filter(|symbol| symbol.size > 0).collect()
}
