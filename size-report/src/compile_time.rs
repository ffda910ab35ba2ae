//! How long a profile's firmware takes to compile: from nothing, and after a change in the user's code.

use crate::firmware::Firmware;
use crate::toolchain::Toolchain;
use crate::workspace::Workspace;
use anyhow::{Context, Result};
#[cfg(unix)]
use nix::sys::time::TimeValLike;
use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

/// How long an image takes to compile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompileTime {
    /// The profile's name.
    pub profile: String,
    /// From nothing: all crates, the generator, and Rust's library where it comes as source.
    pub clean: Spent,
    /// Once more after the user's code was changed.
    pub change: Spent,
}

/// What a build took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spent {
    /// The time that went by.
    pub elapsed: Duration,
    /// The time that its processes had, of all cores together: it depends less on what else the machine does. None where
    /// the system does not tell.
    pub processor: Option<Duration>,
}

impl CompileTime {
    /// Builds the image twice, in a folder of its own. Its sources have to be there: fetching them is no compiling.
    pub fn measure(profile: &str, firmware: Firmware, workspace: &Workspace, toolchain: &Toolchain) -> Result<Self> {
        let folder = workspace.target_directory.join("compile-time");
        remove(&folder)?;
        let workspace = Workspace { target_directory: folder.clone(), ..workspace.clone() };
        let (artifact, clean) = timed(|| firmware.build_with(&workspace, toolchain, &[]))?;
        touch(&artifact.source)?;
        let (_, change) = timed(|| firmware.build_with(&workspace, toolchain, &[]))?;
        remove(&folder)?;
        Ok(Self { profile: profile.to_owned(), clean, change })
    }
}

fn timed<T>(work: impl FnOnce() -> Result<T>) -> Result<(T, Spent)> {
    let (began, before) = (Instant::now(), processor_time());
    let result = work()?;
    let processor = processor_time().zip(before).map(|(after, before)| after.saturating_sub(before));
    Ok((result, Spent { elapsed: began.elapsed(), processor }))
}

/// What all processes had that this one has started, and those that they have started, as far as they have ended.
#[cfg(unix)]
fn processor_time() -> Option<Duration> {
    use nix::sys::resource::{UsageWho, getrusage};
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).ok()?;
    let microseconds = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    u64::try_from(microseconds).ok().map(Duration::from_micros)
}

#[cfg(not(unix))]
fn processor_time() -> Option<Duration> {
    None
}

fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", folder.display()))
        }
        _ => Ok(()),
    }
}

/// To cargo, a file has changed if it is newer than what was built of it.
fn touch(source: &Path) -> Result<()> {
    let file = File::options().append(true).open(source);
    file.and_then(|file| file.set_modified(SystemTime::now()))
        .with_context(|| format!("cannot set the time of {}", source.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::env;

    #[test]
    fn a_touched_file_is_newer_and_the_same() {
        let path = env::temp_dir().join(format!("slimqtt-touch-{}", std::process::id()));
        fs::write(&path, "text").unwrap();
        File::options().append(true).open(&path).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
        touch(&path).unwrap();
        let modified = fs::metadata(&path).unwrap().modified().unwrap();
        assert!(modified > SystemTime::UNIX_EPOCH);
        assert_eq!(fs::read_to_string(&path).unwrap(), "text");
        fs::remove_file(&path).unwrap();
        let error = touch(&path).unwrap_err().to_string();
        assert!(error.starts_with("cannot set the time of "), "{error}");
    }

    #[test]
    fn a_folder_that_is_not_there_is_removed_already() {
        remove(&env::temp_dir().join("slimqtt-no-such-folder")).unwrap();
    }

    #[test]
    fn what_fails_has_no_time() {
        assert!(timed(|| anyhow::bail!("no") as Result<()>).is_err());
        assert_eq!(timed(|| Ok(7)).unwrap().0, 7);
    }

    #[test]
    #[cfg(unix)]
    fn programs_that_were_started_take_time() {
        let busy = || {
            Ok(std::process::Command::new("sh")
                .args(["-c", "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done"])
                .status()?)
        };
        let (status, spent) = timed(busy).unwrap();
        assert!(status.success());
        assert!(spent.processor.unwrap() > Duration::ZERO && spent.elapsed > Duration::ZERO, "{spent:?}");
    }
}
