//! What is told of each profile's image besides its size: `stack`, `futures` and `second-opinion`.

use super::{Common, print};
use crate::emulator::Emulator;
use crate::future;
use crate::profiles::Profiles;
use crate::second_opinion::{self, Text};
use crate::stack::{self, Analysis, Budget, Entry, Names, Program, Rules};
use crate::system::Host;
use anyhow::{Result, ensure};
use clap::Args;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// How many functions of a run are listed.
const OBSERVED: usize = 15;

#[derive(Debug, Args)]
pub(super) struct Stack {
    #[command(flatten)]
    common: Common,
    /// Show the way to the deepest place, too.
    #[arg(long)]
    pub(super) path: bool,
    /// Tell it of the functions with this name, `*` for any text, and not of the entries.
    #[arg(long, value_name = "NAME")]
    pub(super) function: Option<String>,
    /// Read this image, and build nothing.
    #[arg(long, value_name = "FILE")]
    pub(super) elf: Option<PathBuf>,
    /// Run the image of `[instructions]` under QEMU, and see that no function takes more than it may.
    #[arg(long, conflicts_with_all = ["path", "function", "elf"])]
    run: bool,
}

impl Stack {
    pub(super) fn run(&self) -> Result<ExitCode> {
        if self.run {
            return self.observe();
        }
        let function = self.function.as_deref().map(Names::new);
        let follow = |path: &Path, rules: &Rules| match &function {
            Some(names) => Analysis::new(&Program::read(path)?, rules).functions(names),
            None => stack::entries(path, rules),
        };
        let mut images: Vec<(String, Vec<Entry>, Budget)> = Vec::new();
        if let Some(elf) = &self.elf {
            // Who only looks at a file needs no toolchain, and maybe has no workspace.
            let rules = match (&self.common.profiles, self.common.profiles()) {
                (Some(path), _) => Profiles::read(path)?.stack,
                (None, profiles) => profiles.map(|(_, profiles)| profiles.stack).unwrap_or_default(),
            };
            let name = elf.file_name().unwrap_or(elf.as_os_str()).to_string_lossy();
            images.push((name.into_owned(), follow(elf, &rules)?, Budget::new()));
        } else {
            let setting = self.common.setting()?;
            for (name, profile) in &setting.profiles.profiles {
                let entries = follow(&setting.profile(profile)?, &setting.profiles.stack)?;
                if function.is_none() {
                    all_found(name, "entry", profile.stack.keys(), entries.iter().map(|entry| &entry.name))?;
                }
                images.push((name.clone(), entries, profile.stack.clone()));
            }
        }
        let rows: Vec<stack::Row> = images
            .iter()
            .flat_map(|(image, entries, budget)| {
                let row = |entry| stack::Row { image, entry, budget: budget.get(&entry.name).copied() };
                entries.iter().map(row)
            })
            .collect();
        let mut text = stack::table(&rows);
        if self.path {
            text = format!("{text}\n{}", stack::paths(&rows));
        }
        print(&text)?;
        Ok(ExitCode::from(u8::from(!rows.iter().all(stack::Row::is_ok))))
    }

    fn observe(&self) -> Result<ExitCode> {
        let emulator = Emulator::find(&Host)?;
        let setting = self.common.setting()?;
        let (_, path) = setting.instructions()?;
        let (program, rules) = (Program::read(&path)?, &setting.profiles.stack);
        let observed = stack::observe(&mut Analysis::new(&program, rules), &emulator.run(&path)?)?;
        print(&stack::observed(&observed, OBSERVED))?;
        Ok(ExitCode::SUCCESS)
    }
}

pub(super) fn futures(common: &Common) -> Result<ExitCode> {
    let setting = common.setting()?;
    ensure!(
        !setting.profiles.futures.is_empty(),
        "the file with the budgets has no table `[futures]`, which says which types the futures are"
    );
    let mut images = Vec::new();
    for (name, profile) in &setting.profiles.profiles {
        let futures = future::of(&setting.profile(profile)?, &setting.profiles.futures)?;
        all_found(name, "future", profile.future.keys(), futures.iter().map(|future| &future.name))?;
        images.push((name, profile, futures));
    }
    let rows = images.iter().flat_map(|(image, profile, futures)| {
        futures.iter().map(|future| future::Row { image, future, budget: profile.future.get(&future.name).copied() })
    });
    let rows: Vec<future::Row> = rows.collect();
    print(&future::table(&rows))?;
    Ok(ExitCode::from(u8::from(!rows.iter().all(future::Row::is_ok))))
}

/// A budget of something that is not there would be kept for ever.
fn all_found<'a>(
    profile: &str,
    kind: &str,
    budgets: impl Iterator<Item = &'a String>,
    found: impl Iterator<Item = &'a String>,
) -> Result<()> {
    let found: Vec<_> = found.collect();
    for budget in budgets {
        ensure!(
            found.contains(&budget),
            "the profile `{profile}` has a budget for the {kind} `{budget}`, and its image has no such {kind}: see what \
             `profiles.toml` calls by this name"
        );
    }
    Ok(())
}

pub(super) fn second_opinion(common: &Common) -> Result<ExitCode> {
    let version = second_opinion::find(&Host)?;
    let setting = common.setting()?;
    let mut rows = Vec::new();
    for (name, profile) in &setting.profiles.profiles {
        let text = Text::read(&setting.profile(profile)?)?;
        let bloat = setting.firmware(profile).bloat(&setting.workspace, &setting.toolchain)?;
        rows.push(second_opinion::Row { image: name.clone(), bloat, text });
    }
    print(&second_opinion::table(&rows, &version))?;
    Ok(ExitCode::from(u8::from(!rows.iter().all(second_opinion::Row::is_ok))))
}

#[cfg(test)]
mod tests {
    use super::all_found;

    #[test]
    fn a_budget_of_what_is_not_there_is_a_mistake() {
        let names = ["connection", "command"].map(String::from);
        assert!(all_found("device", "future", names.iter().take(1), names.iter()).is_ok());
        let error = all_found("device", "future", names.iter(), names.iter().take(1)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the profile `device` has a budget for the future `command`, and its image has no such future: see what \
             `profiles.toml` calls by this name"
        );
    }
}
