//! A firmware of somebody else, which tests copy, change and measure.

use std::env;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A copy of the firmware in a folder of its own.
pub(crate) struct Blinker(PathBuf);

impl Blinker {
    /// The copy for one test: no two tests have the same.
    pub(crate) fn new(test: &str) -> Self {
        let folder = folder(test);
        let _ = fs::remove_dir_all(&folder);
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/blinker"), &folder);
        Self(folder)
    }

    /// A file of the copy.
    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.0.join(file)
    }

    #[allow(dead_code, reason = "not every test changes it")]
    /// Replaces text in a file, which must be there.
    pub(crate) fn change(&self, file: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.path(file)).unwrap();
        assert!(text.contains(from), "{file} has no `{from}`");
        fs::write(self.path(file), text.replacen(from, to, 1)).unwrap();
    }

    /// Runs `cargo size-report` of the copy, from a folder that is not its own.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-size-report"));
        command.args(arguments).env("CARGO_TARGET_DIR", self.path("target"));
        // These look at reports alone.
        if !["compare", "history"].contains(&arguments[0]) {
            command.arg("--manifest-path").arg(self.path("Cargo.toml"));
            command.arg("--budgets").arg(self.path("budgets.toml"));
        }
        command.output().unwrap()
    }

    /// What it prints if all is well.
    pub(crate) fn output(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Builds its image, and returns the ELF file's bytes.
    #[allow(dead_code, reason = "not every test looks into the file")]
    pub(crate) fn elf(&self) -> Vec<u8> {
        fs::read(self.output(&["build", "blinker", "--bin", "blinker"]).trim_end()).unwrap()
    }
}

/// Where the copy for one test is: not below this workspace, whose cargo configuration would hold for it, too.
pub(crate) fn folder(test: &str) -> PathBuf {
    let mut hasher = DefaultHasher::new();
    env!("CARGO_TARGET_TMPDIR").hash(&mut hasher);
    env::temp_dir().join(format!("slimqtt-blinker-{:x}", hasher.finish())).join(test)
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (from, name) = (entry.as_ref().unwrap().path(), entry.unwrap().file_name());
        if from.is_dir() {
            copy(&from, &to.join(name));
        } else {
            fs::copy(&from, to.join(name)).unwrap();
        }
    }
}
