//! Builds firmware, one image a cargo call: in a common call cargo would give every image the features of all.

use crate::second_opinion::Bloat;
use crate::system::Progress;
use crate::toolchain::Toolchain;
use crate::workspace::Workspace;
use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{ChildStderr, Command, Stdio};
use std::thread;

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
        command.args(["--message-format", "json-render-diagnostics"]);
        self.choose(&mut command, workspace);
        command.args(further);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command
            .spawn()
            .with_context(|| format!("building {name}: cannot run {}", command.get_program().display()))?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let (messages, told) = thread::scope(|scope| {
            let told = scope.spawn(|| stderr.map_or(Ok(String::new()), listen));
            let mut messages = Vec::new();
            let read = stdout.map_or(Ok(0), |mut stdout| stdout.read_to_end(&mut messages));
            read.and(told.join().unwrap_or_else(|_| Ok(String::new()))).map(|told| (messages, told))
        })?;
        if !child.wait()?.success() {
            io::stderr().write_all(told.as_bytes())?;
            match remedy(&told) {
                Some(remedy) => bail!("building {name} failed, and cargo's message is above: {remedy}"),
                None => bail!("building {name} failed: cargo's message is above"),
            }
        }
        artifact(&String::from_utf8_lossy(&messages)).with_context(|| format!("building {name}"))
    }
}

impl Firmware<'_> {
    /// Asks cargo-bloat about the image.
    pub fn bloat(&self, workspace: &Workspace, toolchain: &Toolchain) -> Result<Bloat> {
        let mut command = toolchain.cargo_bloat();
        self.choose(&mut command, workspace);
        Bloat::ask(&mut command)
    }

    /// Says what to build, and where.
    fn choose(&self, command: &mut Command, workspace: &Workspace) {
        command.args(["--package", self.package]);
        if let Some(bin) = self.bin {
            command.args(["--bin", bin]);
        }
        if !self.features.is_empty() {
            command.args(["--features", &self.features.join(",")]);
        }
        // A folder of its own: the host's builds may use another compiler, and would undo these.
        command.arg("--target-dir").arg(workspace.target_directory.join("firmware"));
        command.current_dir(&workspace.root).stdin(Stdio::null());
    }
}

/// Shows what cargo says that it is doing, and keeps all of it.
fn listen(stderr: ChildStderr) -> io::Result<String> {
    let mut progress = Progress::default();
    let mut told = String::new();
    for line in BufReader::new(stderr).lines() {
        let line = line?;
        progress.show(&line);
        told += &line;
        told.push('\n');
    }
    Ok(told)
}

/// What to do about mistakes that many make, and that cargo's message has no word on.
fn remedy(message: &str) -> Option<&'static str> {
    const REMEDIES: [(&str, &str); 5] = [
        (
            "linker `",
            "install the program that `linker` names in .cargo/config.toml, or take that line out: rustc brings a linker \
             along",
        ),
        (
            "cannot find linker script",
            "`-T` in .cargo/config.toml names a linker script that is not there. It is found in the folder of the \
             workspace, and where a build script says `cargo::rustc-link-search`",
        ),
        ("can't find crate for `core`", "run `rustup target add` with the target that profiles.toml names"),
        ("lock file", "firmware is built with `--locked`: write Cargo.lock anew with `cargo generate-lockfile`"),
        ("no bin target named", "correct `binary` or `baseline` in profiles.toml"),
    ];
    REMEDIES.into_iter().find(|(symptom, _)| message.contains(symptom)).map(|(_, remedy)| remedy)
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
    fn common_mistakes_have_a_remedy() {
        let remedy = |message| remedy(message).unwrap_or_default();
        assert!(remedy("error: linker `arm-none-eabi-gcc` not found").starts_with("install the program"));
        assert!(remedy("rust-lld: error: cannot find linker script link.x").contains("names a linker script"));
        assert!(remedy("error[E0463]: can't find crate for `core`").contains("rustup target add"));
        assert!(remedy("error: no bin target named `blinkr`").contains("`binary` or `baseline`"));
        assert_eq!(remedy("error[E0308]: mismatched types"), "");
    }

    #[test]
    fn none_or_several_executables_are_errors() {
        assert!(artifact(LIBRARY).unwrap_err().to_string().contains("no binary"));
        let several = [binary("/t/a"), binary("/t/b")].join("\n");
        assert!(artifact(&several).unwrap_err().to_string().contains("--bin NAME"));
    }
}
