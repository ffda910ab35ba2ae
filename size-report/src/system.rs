//! What the search for a toolchain may ask of the machine, and the environment that programs are started in.

use std::env;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// A machine. The search for a toolchain knows it only through this trait, so that tests can make machines up.
pub trait System {
    /// The standard output of a program, or `None` if it is missing or fails.
    fn output(&self, program: &str, args: &[&str]) -> Option<String>;

    /// Whether there is something at `path`.
    fn exists(&self, path: &str) -> bool;

    /// Runs a program in the reader's sight, and ends it after `limit`. Whether it did its work.
    fn run(&self, program: &str, args: &[&str], limit: Duration) -> bool;

    /// Tells the reader what is going on.
    fn say(&self, line: &str);
}

/// The machine that this program runs on.
#[derive(Clone, Copy, Debug)]
pub struct Host;

impl System for Host {
    fn output(&self, program: &str, args: &[&str]) -> Option<String> {
        let output = command(program).args(args).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    fn exists(&self, path: &str) -> bool {
        Path::new(path).exists()
    }

    fn run(&self, program: &str, args: &[&str], limit: Duration) -> bool {
        // Standard output is for results alone.
        let child = command(program).args(args).stdin(Stdio::null()).stdout(io::stderr()).spawn();
        let Ok(mut child) = child else { return false };
        let started = Instant::now();
        loop {
            match child.try_wait() {
                Ok(Some(status)) => return status.success(),
                Ok(None) if started.elapsed() < limit => thread::sleep(Duration::from_millis(50)),
                _ => {
                    self.say(&format!("`{program}` took more than {} s: ended", limit.as_secs()));
                    let _ = child.kill();
                    let _ = child.wait();
                    return false;
                }
            }
        }
    }

    fn say(&self, line: &str) {
        // Nothing is to be done if nobody reads it.
        let _ = writeln!(io::stderr(), "{line}");
    }
}

/// A line of the terminal that is written again and again. Where nobody watches, it says nothing.
#[derive(Debug)]
pub struct Progress {
    is_watched: bool,
}

impl Default for Progress {
    fn default() -> Self {
        Self { is_watched: io::stderr().is_terminal() }
    }
}

impl Progress {
    /// Shows this instead of what was there.
    pub fn show(&mut self, text: &str) {
        if self.is_watched {
            let text: String = text.trim().chars().filter(|c| !c.is_control()).take(70).collect();
            let _ = write!(io::stderr(), "\r\x1b[K{text}");
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.show("");
    }
}

/// A command that starts `program` in the environment that a build by hand has.
///
/// `cargo run` describes *this* program's build in its variables, and adds its compiler's libraries to the search
/// path. A reader's `RUSTFLAGS` would replace the flags of `.cargo/config.toml`, the linker script among them, and
/// `CARGO_PROFILE_*` and the like would make the figures depend on more than the source.
pub fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    for (name, _) in env::vars_os() {
        if !name.to_str().is_some_and(is_kept) {
            command.env_remove(name);
        }
    }
    command
}

/// The variables that change what is built, and are set: the reader may wonder why they do nothing.
pub fn ignored_flags() -> Vec<&'static str> {
    ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_RUSTFLAGS"]
        .into_iter()
        .filter(|name| env::var_os(name).is_some())
        .collect()
}

/// Of what is Rust's, only what says where things are and how to reach them. `RUSTUP_TOOLCHAIN` stays, since it is
/// how `cargo +nightly size-report` arrives here.
fn is_kept(name: &str) -> bool {
    const KEPT: [&str; 8] = [
        "CARGO_HOME",
        "CARGO_HTTP_",
        "CARGO_NET_",
        "CARGO_REGISTR",
        "CARGO_SOURCE_",
        "CARGO_TERM_",
        "CARGO_BUILD_JOBS",
        "RUSTUP_",
    ];
    let is_of_rust = name.starts_with("CARGO") || name.starts_with("RUST") || name == "OUT_DIR";
    let is_library_path = name == "LD_LIBRARY_PATH" || name.starts_with("DYLD_");
    !is_library_path && (!is_of_rust || KEPT.iter().any(|kept| name.starts_with(kept)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_a_build_is_left_out() {
        for name in [
            "RUSTFLAGS",
            "RUSTC",
            "RUSTC_WRAPPER",
            "CARGO",
            "CARGO_ENCODED_RUSTFLAGS",
            "CARGO_MANIFEST_DIR",
            "CARGO_PKG_NAME",
            "CARGO_PROFILE_RELEASE_LTO",
            "CARGO_TARGET_DIR",
            "CARGO_TARGET_THUMBV6M_NONE_EABI_RUSTFLAGS",
            "LD_LIBRARY_PATH",
            "OUT_DIR",
        ] {
            assert!(!is_kept(name), "{name}");
        }
    }

    #[test]
    fn what_reaches_things_is_kept() {
        for name in ["PATH", "HOME", "CARGO_HOME", "CARGO_NET_OFFLINE", "CARGO_REGISTRIES_X_INDEX", "RUSTUP_TOOLCHAIN"]
        {
            assert!(is_kept(name), "{name}");
        }
    }
}
