//! Reports for the eyes: `page` and `svg`.

use super::print;
use crate::attribution::Memory;
use crate::history;
use crate::page;
use crate::report::Report;
use crate::svg;
use crate::system::{Host, System};
use crate::treemap::View;
use crate::workspace::Workspace;
use anyhow::{Context, Result, ensure};
use clap::Args;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Page {
    #[command(flatten)]
    last: Last,
    /// The page to write [default: size-report/report.html in the target folder].
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// An older report, to show what changed since.
    #[arg(long, value_name = "OLD.json")]
    against: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Svg {
    #[command(flatten)]
    last: Last,
    /// The drawing to write [default: standard output].
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The memory to draw.
    #[arg(long, default_value = "flash")]
    memory: Memory,
    /// The image to draw: a profile, or `baseline` [default: the last profile].
    #[arg(long, value_name = "NAME")]
    image: Option<String>,
    /// How its bytes are grouped.
    #[arg(long, value_name = "WHAT", default_value = "symbol")]
    by: View,
    /// Draw how profiles went on instead, from a history.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["report", "image", "by"])]
    history: Option<PathBuf>,
}

/// A report that was made before.
#[derive(Debug, Args)]
struct Last {
    /// The Cargo.toml of a firmware elsewhere [default: the workspace around the current folder].
    #[arg(long, value_name = "PATH")]
    manifest_path: Option<PathBuf>,
    /// The report to draw [default: the one that was measured last].
    #[arg(long, value_name = "REPORT.json")]
    report: Option<PathBuf>,
}

impl Last {
    /// Where reports are.
    fn folder(&self) -> Result<PathBuf> {
        Ok(Workspace::locate(self.manifest_path.as_deref())?.target_directory.join("size-report"))
    }

    fn read(&self) -> Result<Report> {
        if let Some(path) = &self.report {
            return Report::read(path);
        }
        let path = self.folder()?.join("report.json");
        ensure!(path.exists(), "there is no report yet: `cargo size-report` makes one");
        Report::read(&path)
    }
}

impl Page {
    pub(super) fn run(&self) -> Result<ExitCode> {
        let report = self.last.read()?;
        let older = self.against.as_deref().map(Report::read).transpose()?;
        let page = page::html(&report, older.as_ref())?;
        let output =
            self.output.clone().map_or_else(|| Ok::<_, anyhow::Error>(self.last.folder()?.join("report.html")), Ok)?;
        write(&output, &page)?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Svg {
    pub(super) fn run(&self) -> Result<ExitCode> {
        let drawing = match &self.history {
            Some(path) => svg::history(&history::read(path)?, self.memory)?,
            None => svg::image(&self.last.read()?, self.image.as_deref(), self.memory, self.by)?,
        };
        match &self.output {
            Some(path) => write(path, &drawing)?,
            None => print(&drawing)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

pub(super) fn write(path: &Path, text: &str) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new(""));
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(path, text))
        .with_context(|| format!("cannot write {}", path.display()))?;
    Host.say(&format!("wrote {}", path.display()));
    Ok(())
}
