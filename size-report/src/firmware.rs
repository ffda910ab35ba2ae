//! Builds firmware, one image a cargo call: in a common call cargo would give every image the features of all.

use crate::toolchain::Toolchain;
use crate::workspace::Workspace;
use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::Stdio;

/// An image to build.
#[derive(Clone, Copy, Debug)]
pub struct Firmware<'a> {
    /// The package.
    pub package: &'a str,
    /// The binary, needed if the package has several.
    pub bin: Option<&'a str>,
    /// The package's features to build it with.
    pub features: &'a [String],
}

impl Firmware<'_> {
    /// Builds the image, and returns the path of its ELF file.
    pub fn build(&self, workspace: &Workspace, toolchain: &Toolchain) -> Result<PathBuf> {
        Ok(self.build_with(workspace, toolchain, &[])?.executable)
    }

    /// Builds the image with further arguments of cargo.
    pub fn build_with(&self, workspace: &Workspace, toolchain: &Toolchain, further: &[&str]) -> Result<Artifact> {
        let name = self.bin.unwrap_or(self.package);
        let mut command = toolchain.cargo_build();
        command.args(further);
        command.args(["--package", self.package, "--message-format", "json-render-diagnostics"]);
        if let Some(bin) = self.bin {
            command.args(["--bin", bin]);
        }
        if !self.features.is_empty() {
            command.args(["--features", &self.features.join(",")]);
        }
        // A folder of its own: the host's builds may use another compiler, and would undo these.
        command.arg("--target-dir").arg(workspace.target_directory.join("firmware"));
        command.current_dir(&workspace.root).stdin(Stdio::null());

        let output = command
            .output()
            .with_context(|| format!("building {name}: cannot run {}", command.get_program().display()))?;
        if !output.status.success() {
            io::stderr().write_all(&output.stderr)?;
            bail!("building {name} failed: cargo's message is above");
        }
        artifact(&String::from_utf8_lossy(&output.stdout)).with_context(|| format!("building {name}"))
    }
}

/// What was built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// The ELF file.
    pub executable: PathBuf,
    /// The source of its `main`.
    pub source: PathBuf,
}

#[derive(Deserialize)]
struct Message {
    reason: String,
    executable: Option<PathBuf>,
    target: Option<Target>,
}

#[derive(Deserialize)]
struct Target {
    src_path: PathBuf,
}

/// The one executable that cargo's messages tell of. Where it is in the target folder is cargo's own affair.
fn artifact(messages: &str) -> Result<Artifact> {
    let mut artifacts = Vec::new();
    for line in messages.lines().filter(|line| line.starts_with('{')) {
        let message: Message = serde_json::from_str(line).context("cannot understand cargo's messages")?;
        if let (Some(executable), Some(target)) = (message.executable, message.target)
            && message.reason == "compiler-artifact"
        {
            artifacts.push(Artifact { executable, source: target.src_path });
        }
    }
    match artifacts.len() {
        0 => bail!("the package has no binary"),
        1 => Ok(artifacts.remove(0)),
        _ => bail!("the package has several binaries: choose one with --bin NAME"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIBRARY: &str =
        r#"{"reason":"compiler-artifact","target":{"kind":["lib"],"src_path":"/w/lib.rs"},"executable":null}"#;
    const FINISHED: &str = r#"{"reason":"build-finished","success":true}"#;

    fn binary(path: &str) -> String {
        format!(
            r#"{{"reason":"compiler-artifact","target":{{"kind":["bin"],"src_path":"/w/main.rs"}},"executable":"{path}"}}"#
        )
    }

    #[test]
    fn the_executable_is_where_cargo_says() {
        let messages = [LIBRARY, &binary("/t/beacon"), FINISHED].join("\n");
        let expected = Artifact { executable: "/t/beacon".into(), source: "/w/main.rs".into() };
        assert_eq!(artifact(&messages).unwrap(), expected);
    }

    #[test]
    fn what_a_build_script_prints_is_passed_over() {
        let messages = ["warning: in plain text", &binary("/t/beacon")].join("\n");
        assert_eq!(artifact(&messages).unwrap().executable, PathBuf::from("/t/beacon"));
    }

    #[test]
    fn none_or_several_executables_are_errors() {
        assert!(artifact(LIBRARY).unwrap_err().to_string().contains("no binary"));
        let several = [binary("/t/a"), binary("/t/b")].join("\n");
        assert!(artifact(&several).unwrap_err().to_string().contains("--bin NAME"));
    }
}
