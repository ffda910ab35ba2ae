//! The workspace that is measured, and what of it decides the figures.

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::env;
use std::ffi::OsStr;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A cargo workspace.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Workspace {
    /// Its root folder.
    #[serde(rename = "workspace_root")]
    pub root: PathBuf,
    /// Where cargo writes what it builds.
    #[serde(rename = "target_directory")]
    pub target_directory: PathBuf,
}

impl Workspace {
    /// The workspace of a manifest, or else the one around the current folder, as cargo sees it.
    pub fn locate(manifest: Option<&Path>) -> Result<Self> {
        // Here the reader's own environment counts: `CARGO_TARGET_DIR` says where results go.
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let output = Command::new(cargo)
            .args(["metadata", "--no-deps", "--format-version", "1"])
            .args(manifest.into_iter().flat_map(|path| [OsStr::new("--manifest-path"), path.as_os_str()]))
            .output()
            .context("cannot run cargo: install Rust (https://rustup.rs)")?;
        ensure!(
            output.status.success(),
            "cargo cannot read the workspace {}:\n{}",
            manifest.map_or_else(|| "here".to_owned(), |path| format!("of {}", path.display())),
            String::from_utf8_lossy(&output.stderr).trim_end()
        );
        serde_json::from_slice(&output.stdout).context("cannot understand `cargo metadata`")
    }

    /// The flags that the workspace's configuration has for a target, linker script and all.
    pub fn rustflags(&self, target: &str) -> Result<Vec<String>> {
        let path = self.root.join(".cargo/config.toml");
        if !path.exists() {
            return Ok(Vec::new());
        }
        rustflags(&read_table(&path)?, target)
            .with_context(|| format!("{}: `target.{target}.rustflags` is not a list of flags", path.display()))
    }

    /// The settings of the release profile, with which all firmware is built.
    pub fn release_profile(&self) -> Result<BTreeMap<String, toml::Value>> {
        let manifest = read_table(&self.root.join("Cargo.toml"))?;
        let release = manifest.get("profile").and_then(|profile| profile.get("release"));
        let settings = release.and_then(toml::Value::as_table).cloned().unwrap_or_default();
        Ok(settings.into_iter().collect())
    }

    /// The SHA-256 of `Cargo.lock`, which pins all that is built.
    pub fn lock_sha256(&self) -> Result<String> {
        let path = self.root.join("Cargo.lock");
        let lock = fs::read(&path)
            .with_context(|| format!("cannot read {}: make one with `cargo generate-lockfile`", path.display()))?;
        Ok(Sha256::digest(&lock).iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        }))
    }
}

fn read_table(path: &Path) -> Result<toml::Table> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    text.parse().with_context(|| format!("{} is not as it should be", path.display()))
}

/// Cargo takes the flags as a list, or as one string with spaces.
fn rustflags(config: &toml::Table, target: &str) -> Option<Vec<String>> {
    match config.get("target").and_then(|targets| targets.get(target)?.get("rustflags")) {
        None => Some(Vec::new()),
        Some(toml::Value::String(flags)) => Some(flags.split_whitespace().map(str::to_owned).collect()),
        Some(flags) => flags.as_array()?.iter().map(|flag| flag.as_str().map(str::to_owned)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_a_list_or_a_string() {
        let flags = |text: &str| rustflags(&text.parse().unwrap(), "thumbv6m-none-eabi");
        let expected = Some(vec!["-C".to_owned(), "link-arg=-Tlink.x".to_owned()]);
        assert_eq!(flags("[target.thumbv6m-none-eabi]\nrustflags = [\"-C\", \"link-arg=-Tlink.x\"]"), expected);
        assert_eq!(flags("[target.thumbv6m-none-eabi]\nrustflags = \"-C link-arg=-Tlink.x\""), expected);
        assert_eq!(flags("[target.other]\nrustflags = [\"-C\"]"), Some(vec![]));
        assert_eq!(flags("[target.thumbv6m-none-eabi]\nrustflags = [1]"), None);
    }
}
