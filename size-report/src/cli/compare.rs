//! Reports beside other reports: `compare`, `check` and `history`.

use super::{Common, is_coloured, measure, print};
use crate::compare::Comparison;
use crate::history::{self, Entry};
use crate::render::{self, Question};
use crate::report::Report;
use crate::system::{Host, System};
use crate::workspace::Workspace;
use anyhow::Result;
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

/// A profile is over its budget, or has a forbidden symbol.
const BROKEN: u8 = 1;
/// A profile grew by more than one change may make it grow.
const GROWN: u8 = 3;
/// The reports were not built alike.
const UNLIKE: u8 = 4;

#[derive(Debug, Args)]
pub(super) struct Compare {
    /// The report from before.
    #[arg(value_name = "OLD.json")]
    old: PathBuf,
    /// The report from after it.
    #[arg(value_name = "NEW.json")]
    new: PathBuf,
    #[command(flatten)]
    form: Form,
}

#[derive(Debug, Args)]
pub(super) struct Check {
    #[command(flatten)]
    common: Common,
    /// The report of the commit before.
    #[arg(long, value_name = "PARENT.json")]
    against: PathBuf,
    /// The report to check [default: all profiles are measured now].
    #[arg(value_name = "REPORT.json")]
    report: Option<PathBuf>,
    #[command(flatten)]
    form: Form,
}

#[derive(Debug, Args)]
struct Form {
    /// Compare also what was not built alike.
    #[arg(long)]
    across_toolchains: bool,
    /// Print Markdown for a comment.
    #[arg(long)]
    markdown: bool,
}

#[derive(Debug, Args)]
pub(super) struct History {
    /// The file, with one line of JSON for each entry [default: size-report/history.jsonl in the target folder].
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// First add the last report to it, if it is not there already.
    #[arg(long)]
    append: bool,
    /// The report to add [default: the one that was measured last].
    #[arg(long, value_name = "REPORT.json", requires = "append")]
    report: Option<PathBuf>,
    /// What to call it [default: what `git describe --always --dirty` says].
    #[arg(long, value_name = "TEXT", requires = "append")]
    label: Option<String>,
}

impl Compare {
    pub(super) fn run(&self) -> Result<ExitCode> {
        let (old, new) = (Report::read(&self.old)?, Report::read(&self.new)?);
        let comparison = Comparison::new(&old, &new);
        self.form.show(&comparison, &new, false)
    }
}

impl Check {
    pub(super) fn run(&self) -> Result<ExitCode> {
        // What cannot be read is better known before minutes of building.
        let old = Report::read(&self.against)?;
        let new = match &self.report {
            Some(path) => Report::read(path)?,
            None => measure(&self.common.setting()?)?,
        };
        let comparison = Comparison::new(&old, &new);
        self.form.show(&comparison, &new, true)
    }
}

impl Form {
    fn show(&self, comparison: &Comparison, new: &Report, judges: bool) -> Result<ExitCode> {
        if !comparison.toolchain.is_empty() && !self.across_toolchains {
            let differences = render::differences(comparison).join("\n");
            Host.say(&format!(
                "error: the two reports were not built alike:\n{differences}\nMeasure both with one toolchain, or compare \
                 them all the same with --across-toolchains"
            ));
            return Ok(ExitCode::from(UNLIKE));
        }
        let question = Question { judges, colour: is_coloured() && !self.markdown };
        print(&if self.markdown {
            render::markdown(comparison, new, question)
        } else {
            render::compare(comparison, question)
        })?;
        Ok(match judges {
            true if !comparison.keeps_budgets() => ExitCode::from(BROKEN),
            true if !comparison.keeps_growth() => ExitCode::from(GROWN),
            _ => ExitCode::SUCCESS,
        })
    }
}

impl History {
    pub(super) fn run(&self) -> Result<ExitCode> {
        let folder = || Ok::<_, anyhow::Error>(Workspace::locate(None)?.target_directory.join("size-report"));
        let file = self.file.clone().map_or_else(|| Ok(folder()?.join("history.jsonl")), Ok::<_, anyhow::Error>)?;
        if self.append {
            let report = match &self.report {
                Some(path) => Report::read(path)?,
                None => Report::read(&folder()?.join("report.json"))?,
            };
            let described = || Host.output("git", &["describe", "--always", "--dirty"]);
            let label = self.label.clone().or_else(described).unwrap_or_default();
            history::append(&file, &Entry::new(&report, &label))?;
        }
        print(&render::history(&history::read(&file)?))?;
        Ok(ExitCode::SUCCESS)
    }
}
