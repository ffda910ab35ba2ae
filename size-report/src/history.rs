//! The history: a file with a line for each time that somebody measured.

use crate::budget::{Added, Budget};
use crate::report::{Report, SCHEMA};
use crate::toolchain::Library;
use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::Write;
use std::path::Path;

/// What was measured once, without what it is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The version of this form, as of reports.
    pub schema: u32,
    /// What was measured: a commit, for instance.
    pub label: String,
    /// The compiler, as it names itself.
    pub rustc: String,
    /// Where `core` comes from.
    pub library: Library,
    /// The linker, as it names itself.
    pub linker: String,
    /// The SHA-256 of `Cargo.lock`.
    pub cargo_lock_sha256: String,
    /// The size of the baseline image.
    pub baseline: Added,
    /// The profiles, in the order of `profiles.toml`.
    pub profiles: Vec<Point>,
}

/// A profile in an [`Entry`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Point {
    /// Its name.
    pub name: String,
    /// What it added to the baseline.
    #[serde(flatten)]
    pub added: Added,
    /// What it could add.
    pub budget: Budget,
}

impl Entry {
    /// The entry of a report.
    pub fn new(report: &Report, label: &str) -> Self {
        let point = |profile: &crate::report::Measured| Point {
            name: profile.name.clone(),
            added: profile.added,
            budget: profile.budget,
        };
        let image = &report.baseline.image;
        Self {
            schema: SCHEMA,
            label: label.to_owned(),
            rustc: report.toolchain.rustc.clone(),
            library: report.toolchain.library,
            linker: report.toolchain.linker.clone(),
            cargo_lock_sha256: report.cargo_lock_sha256.clone(),
            baseline: Added { flash: image.flash as i64, ram: image.ram as i64 },
            profiles: report.profiles.iter().map(point).collect(),
        }
    }

    /// Whether figures of the two can be set side by side.
    pub fn is_like(&self, other: &Self) -> bool {
        (&self.rustc, self.library, &self.linker) == (&other.rustc, other.library, &other.linker)
    }
}

/// Reads the history at `path`, the oldest entry first. The errors say on which line they are.
pub fn read(path: &Path) -> Result<Vec<Entry>> {
    let text = fs::read_to_string(path)
        .with_context(|| format!("cannot read {}: `cargo size-report history --append` begins one", path.display()))?;
    parse(&text).with_context(|| format!("{} is no history to read", path.display()))
}

fn parse(text: &str) -> Result<Vec<Entry>> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines.map(|(index, line)| serde_json::from_str(line).with_context(|| format!("line {}", index + 1))).collect()
}

/// Adds an entry to the history at `path`, which need not be there yet. The same entry twice in a row is written once.
pub fn append(path: &Path, entry: &Entry) -> Result<()> {
    if path.exists() && read(path)?.last() == Some(entry) {
        return Ok(());
    }
    let mut line = serde_json::to_string(entry).context("cannot write an entry as JSON")?;
    line.push('\n');
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    }
    let ends_in_line = fs::read(path).map_or(true, |bytes| bytes.last().is_none_or(|&last| last == b'\n'));
    if !ends_in_line {
        bail!("{} does not end with a line: it was cut off", path.display());
    }
    let file = fs::OpenOptions::new().create(true).append(true).open(path);
    file.and_then(|mut file| file.write_all(line.as_bytes()))
        .with_context(|| format!("cannot write {}", path.display()))
}
