//! What is measured with images of its own: `options`, `reference` and `compile-time`; and figures in documents.

use super::{Common, Setting, draw, print};
use crate::attribution::{Attribution, Image, Memory};
use crate::beside::{Beside, LEVELS};
use crate::compile_time::CompileTime;
use crate::docs::{self, Block, Drawing, State};
use crate::elf;
use crate::firmware::Firmware;
use crate::options::Size;
use crate::render;
use crate::report::{Identity, Report};
use crate::svg;
use crate::system::{Host, System};
use crate::treemap::View;
use anyhow::{Context, Result};
use clap::Args;
use std::path::Path;
use std::process::ExitCode;
use std::thread;

#[derive(Debug, Args)]
pub(super) struct Documents {
    /// Write the table into the document that profiles.toml names for it.
    #[arg(long)]
    write_docs: bool,
    /// Fail if the table in the document is not of these figures: exit code 1. One of another toolchain is only told of.
    #[arg(long, conflicts_with = "write_docs")]
    check_docs: bool,
}

#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    documents: Documents,
}

#[derive(Debug, Args)]
pub(super) struct Reference {
    #[command(flatten)]
    common: Common,
    /// The profile to set beside the reference.
    #[arg(value_name = "PROFILE", default_value = "complete")]
    profile: String,
    #[command(flatten)]
    documents: Documents,
}

#[derive(Debug, Args)]
pub(super) struct Compiling {
    #[command(flatten)]
    common: Common,
    /// The profiles to compile [default: all].
    #[arg(value_name = "PROFILE")]
    names: Vec<String>,
}

impl Documents {
    /// Does with the table in the file at `path` what was asked for. Whether all is well.
    fn apply(&self, root: &Path, path: Option<&Path>, block: &Block) -> Result<bool> {
        if !self.write_docs && !self.check_docs {
            return Ok(true);
        }
        let path = path.context("`[docs]` in profiles.toml names no document for this table")?;
        let file = root.join(path);
        if self.write_docs {
            let what = if block.write_file(&file)? { "wrote the table in" } else { "nothing to write in" };
            Host.say(&format!("{what} {}", path.display()));
            return Ok(true);
        }
        let state = block.compare_file(&file)?;
        let verdict = state.verdict("its table", block.command, &block.toolchain);
        Host.say(&format!("{}: {verdict}", path.display()));
        Ok(state != State::Stale)
    }

    /// Does with a drawing what was asked for. Whether all is well.
    fn apply_drawing(&self, root: &Path, path: &Path, drawing: &Drawing) -> Result<bool> {
        if !self.write_docs && !self.check_docs {
            return Ok(true);
        }
        let file = root.join(path);
        if self.write_docs {
            draw::write(&file, &drawing.svg)?;
            return Ok(true);
        }
        let state = drawing.compare(&docs::read(&file)?);
        let verdict = state.verdict("it", Drawing::COMMAND, &drawing.toolchain);
        Host.say(&format!("{}: {verdict}", path.display()));
        Ok(state != State::Stale)
    }

    /// The same with what each profile costs, and with what the last one is made of.
    pub(super) fn apply_profiles(&self, setting: &Setting, report: &Report) -> Result<bool> {
        let block = Block {
            command: "cargo size-report --write-docs",
            table: render::markdown_of_profiles(report),
            toolchain: docs::toolchain(&report.toolchain),
            within: setting.profiles.docs.within,
        };
        let (root, docs) = (&setting.workspace.root, &setting.profiles.docs);
        let is_current = self.apply(root, docs.profiles.as_deref(), &block)?;
        let Some(path) = &docs.drawing else { return Ok(is_current) };
        let svg = svg::image(report, None, Memory::Flash, View::Origin)?;
        let drawing = Drawing { svg, toolchain: block.toolchain };
        Ok(self.apply_drawing(root, path, &drawing)? && is_current)
    }
}

impl Options {
    pub(super) fn run(&self) -> Result<ExitCode> {
        let setting = self.common.setting()?;
        let options = setting.profiles.options.as_ref();
        let options =
            options.context("the file with the budgets has no table `[options]`, which says what the options are")?;
        let costs = options.measure(|features| {
            let image = if features.is_empty() {
                let baseline = setting.profiles.firmware.baseline.as_deref();
                setting.image(baseline.context("the file with the budgets names no baseline")?, &[])?
            } else {
                Host.say(&format!("building an agent with {}", features.join(", ")));
                let firmware = Firmware { package: &options.package, bin: None, features };
                elf::Image::read(&firmware.build(&setting.workspace, &setting.toolchain)?)?
            };
            Ok(Size { flash: image.flash, ram: image.ram })
        })?;
        let identity = Identity::new(&setting.toolchain, &setting.workspace)?;
        print(&render::options(&costs, &identity))?;
        let block = Block {
            command: "cargo size-report options --write-docs",
            table: render::markdown_of_options(&costs),
            toolchain: docs::toolchain(&identity),
            within: setting.profiles.docs.within,
        };
        let path = setting.profiles.docs.options.as_deref();
        let is_current = self.documents.apply(&setting.workspace.root, path, &block)?;
        let is_ok = is_current && costs.iter().all(|cost| cost.faults().is_empty());
        Ok(ExitCode::from(u8::from(!is_ok)))
    }
}

impl Reference {
    pub(super) fn run(&self) -> Result<ExitCode> {
        let setting = self.common.setting()?;
        let package = &setting.profiles.firmware.package;
        let image = |name: &str, level: &str| -> Result<Image> {
            let (bin, features) = setting.profiles.image(name)?;
            Host.say(&format!("building {bin} at opt-level {level}"));
            let further = ["--config", &format!("profile.release.opt-level={level}")];
            let firmware = Firmware { package, bin: Some(bin), features };
            let path = firmware.build_with(&setting.workspace, &setting.toolchain, &further)?.executable;
            Ok(Attribution::read(&path, &setting.workspace.root, &setting.profiles.parts)?.image)
        };
        let [o1, os] =
            LEVELS.map(|level| Ok::<_, anyhow::Error>((image(&self.profile, level)?, image("baseline", level)?)));
        let (o1, os) = (o1?, os?);
        let identity = Identity::new(&setting.toolchain, &setting.workspace)?;
        let beside = Beside::new(&self.profile, [(&o1.0, &o1.1), (&os.0, &os.1)], identity);
        print(&render::beside(&beside))?;
        let block = Block {
            command: "cargo size-report reference --write-docs",
            table: render::markdown_of_reference(&beside),
            toolchain: docs::toolchain(&beside.identity),
            within: setting.profiles.docs.within,
        };
        let is_ok =
            self.documents.apply(&setting.workspace.root, setting.profiles.docs.reference.as_deref(), &block)?;
        Ok(ExitCode::from(u8::from(!is_ok)))
    }
}

impl Compiling {
    pub(super) fn run(&self) -> Result<ExitCode> {
        let setting = self.common.setting()?;
        let all = || setting.profiles.profiles.keys().cloned().collect();
        let names: Vec<String> = if self.names.is_empty() { all() } else { self.names.clone() };
        let mut times = Vec::new();
        for name in &names {
            let (bin, features) = setting.profiles.image(name)?;
            let firmware = Firmware { package: &setting.profiles.firmware.package, bin: Some(bin), features };
            // Also fetches all sources.
            setting.build(firmware)?;
            Host.say(&format!("compiling {bin} from nothing, and once more"));
            times.push(CompileTime::measure(name, firmware, &setting.workspace, &setting.toolchain)?);
        }
        let cores = thread::available_parallelism().map_or(1, Into::into);
        print(&render::compile_times(&times, cores, &Identity::new(&setting.toolchain, &setting.workspace)?))?;
        Ok(ExitCode::SUCCESS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{env, fs};

    const BEGIN: &str = "<!-- begin: cargo size-report --write-docs -->";

    fn block(table: &str, rustc: &str) -> Block {
        let toolchain = format!("Measured for a chip with {rustc}.");
        Block { command: "cargo size-report --write-docs", table: table.to_owned(), toolchain, within: 0 }
    }

    #[test]
    fn documents_are_written_and_then_checked() {
        let root = env::temp_dir().join(format!("slimqtt-documents-{}", std::process::id()));
        fs::create_dir_all(&root).unwrap();
        fs::write(root.join("a.md"), format!("{BEGIN}\n<!-- end -->\n")).unwrap();
        let apply = |write_docs, check_docs, block: &Block| {
            Documents { write_docs, check_docs }.apply(&root, Some(Path::new("a.md")), block).unwrap()
        };
        let new = block("| a |", "rustc 1");
        // Who asks for nothing is not troubled.
        assert!(apply(false, false, &new));
        assert!(!apply(false, true, &new));
        assert!(apply(true, false, &new));
        assert!(apply(false, true, &new));
        assert!(!apply(false, true, &block("| b |", "rustc 1")));
        assert!(apply(false, true, &block("| b |", "rustc 2")), "of another toolchain is only told");
        assert!(fs::read_to_string(root.join("a.md")).unwrap().contains("| a |"));
        fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn a_drawing_is_written_and_then_checked() {
        let root = env::temp_dir().join(format!("slimqtt-drawing-{}", std::process::id()));
        let apply = |write_docs, check_docs, bytes: &str, toolchain: &str| {
            let svg = format!("<svg><desc>{toolchain}</desc>{bytes}</svg>");
            let drawing = Drawing { svg, toolchain: toolchain.to_owned() };
            Documents { write_docs, check_docs }.apply_drawing(&root, Path::new("a.svg"), &drawing)
        };
        assert!(apply(false, false, "7", "rustc 1").unwrap());
        let error = format!("{:#}", apply(false, true, "7", "rustc 1").unwrap_err());
        assert!(error.contains("a.svg, which `[docs]` in profiles.toml names"), "{error}");
        assert!(apply(true, false, "7", "rustc 1").unwrap());
        assert!(apply(false, true, "7", "rustc 1").unwrap());
        assert!(!apply(false, true, "8", "rustc 1").unwrap());
        assert!(apply(false, true, "8", "rustc 2").unwrap(), "of another toolchain is only told");
        fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn a_table_that_has_no_document_is_an_error() {
        let documents = Documents { write_docs: true, check_docs: false };
        let error = documents.apply(Path::new("."), None, &block("", "")).unwrap_err().to_string();
        assert_eq!(error, "`[docs]` in profiles.toml names no document for this table");
    }
}
