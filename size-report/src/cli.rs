//! The command line.

use crate::attribution::Attribution;
use crate::codecs::{self, Codecs};
use crate::elf::{Image, Memory, Symbol};
use crate::emulator::Emulator;
use crate::firmware::Firmware;
use crate::future;
use crate::instructions::{Counted, Instructions};
use crate::profiles::{self, Profile, Profiles};
use crate::render::{self, Look};
use crate::report::{Baseline, Identity, Measured, Report, SCHEMA};
use crate::stack;
use crate::system::{self, Host, System};
use crate::toolchain::{Library, Request, Toolchain};
use crate::views::By;
use crate::workspace::Workspace;
use anyhow::{Context, Result, ensure};
use clap::{Args, CommandFactory, Parser, Subcommand};
use std::env;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

mod compare;
mod draw;

use compare::{Check, Compare, History};
use draw::{Page, Svg};
mod images;

use images::Stack;
mod costs;

use costs::{Compiling, Documents, Options, Reference};

/// Measures what each profile adds to a firmware image, and holds it to its budget.
#[derive(Debug, Parser)]
#[command(name = "cargo size-report", bin_name = "cargo size-report", version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    task: Option<Task>,
    #[command(flatten)]
    measure: Measure,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Measure all profiles. Exit code 0: all is well, 1: a profile breaks a promise, 2: could not measure.
    Measure(Measure),
    /// Show what an image is made of: by crate, file, function, part or spec line.
    Attribute(Attribute),
    /// Tell in what two reports differ.
    Compare(Compare),
    /// Hold all profiles to their budgets, and to how much one change may add to the report of its parent. Exit code 3: a
    /// profile grew by more than that, 4: the two reports were not built alike.
    Check(Check),
    /// Show how sizes went on, from a file with a line for each report.
    History(History),
    /// Measure each generated encoder and decoder.
    Codecs(Common),
    /// Count the instructions of single operations, under QEMU. Exit codes as of `measure`.
    Instructions(Count),
    /// Write a page with a treemap of the last report, which can be opened in any browser.
    Page(Page),
    /// Write a drawing of the last report, or of its history.
    Svg(Svg),
    /// Tell how deep the stack can get, from the machine code. Exit codes as of `measure`.
    Stack(Stack),
    /// Tell how large the futures of the connection and of commands are. Exit codes as of `measure`.
    Futures(Common),
    /// Ask cargo-bloat about the profiles' images, too. Exit code 1: the two tools do not agree.
    SecondOpinion(Common),
    /// Measure what each option of an agent costs. Exit code 1: an image becomes larger when one is turned off.
    Options(Options),
    /// Set a profile beside the code size of coreMQTT Agent, part by part, at its two levels of optimization.
    Reference(Reference),
    /// Tell how long profiles take to compile, from nothing and after a change.
    CompileTime(Compiling),
    /// Build one firmware package as the profiles are built, and print the path of its ELF file.
    Build(Build),
}

#[derive(Debug, Args)]
struct Common {
    /// The Cargo.toml of a firmware elsewhere [default: the workspace around the current folder].
    #[arg(long, value_name = "PATH")]
    manifest_path: Option<PathBuf>,
    /// The file with the profiles and their budgets [default: profiles/profiles.toml of the workspace].
    #[arg(long, value_name = "FILE", visible_alias = "budgets")]
    profiles: Option<PathBuf>,
    /// Use this library only. Figures from the two cannot be compared [default: prebuilt, or else build-std].
    #[arg(long)]
    library: Option<Library>,
    /// Install nothing, and fail if a toolchain is missing.
    #[arg(long)]
    no_install: bool,
}

#[derive(Debug, Args)]
struct Measure {
    #[command(flatten)]
    common: Common,
    /// Print the report as JSON instead of a table.
    #[arg(long)]
    json: bool,
    /// List the N largest symbols that each profile adds.
    #[arg(long, value_name = "N", default_value_t = 0, conflicts_with = "json")]
    symbols: usize,
    #[command(flatten)]
    documents: Documents,
}

#[derive(Debug, Args)]
struct Attribute {
    #[command(flatten)]
    common: Common,
    /// A profile, which is built then, or `baseline`, or the path of an ELF file.
    #[arg(value_name = "IMAGE")]
    image: String,
    /// The side to see it from.
    #[arg(long, value_name = "WHAT", default_value = "crate")]
    by: By,
    /// List the N largest only, and all others as one.
    #[arg(long, value_name = "N", default_value_t = 30)]
    top: usize,
    /// Print its rows as JSON instead of a table.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct Count {
    #[command(flatten)]
    common: Common,
    /// List the N functions in which each operation spends most.
    #[arg(long, value_name = "N", default_value_t = 0)]
    functions: usize,
}

#[derive(Debug, Args)]
struct Build {
    #[command(flatten)]
    common: Common,
    /// The firmware's package.
    package: String,
    /// Its binary, needed if it has several.
    #[arg(long, value_name = "NAME")]
    bin: Option<String>,
    /// The package's features to build it with.
    #[arg(long, value_delimiter = ',')]
    features: Vec<String>,
}

/// The command line, for who wants to know what there is in it.
pub fn command() -> clap::Command {
    Cli::command()
}

/// Runs the program. Its exit code is 0 if all is well, 1 if a profile breaks a promise, and 2 if that could not be
/// found out.
pub fn main() -> ExitCode {
    let mut arguments: Vec<_> = env::args_os().collect();
    // Where it is installed, cargo also says which of its commands it runs.
    if arguments.get(1).is_some_and(|argument| argument == "size-report") {
        arguments.remove(1);
    }
    let cli = Cli::parse_from(arguments);
    let result = match cli.task.unwrap_or(Task::Measure(cli.measure)) {
        Task::Measure(measure) => measure.run(),
        Task::Attribute(attribute) => attribute.run(),
        Task::Compare(compare) => compare.run(),
        Task::Check(check) => check.run(),
        Task::History(history) => history.run(),
        Task::Codecs(common) => measure_codecs(&common),
        Task::Instructions(count) => count.run(),
        Task::Page(page) => page.run(),
        Task::Svg(svg) => svg.run(),
        Task::Stack(stack) => stack.run(),
        Task::Futures(common) => images::futures(&common),
        Task::SecondOpinion(common) => images::second_opinion(&common),
        Task::Options(options) => options.run(),
        Task::Reference(reference) => reference.run(),
        Task::CompileTime(compiling) => compiling.run(),
        Task::Build(build) => build.run(),
    };
    result.unwrap_or_else(|error| {
        Host.say(&format!("error: {error:#}"));
        ExitCode::from(2)
    })
}

/// What all tasks need: where they are, what to build and what with.
struct Setting {
    workspace: Workspace,
    profiles: Profiles,
    toolchain: Toolchain,
}

impl Common {
    fn profiles(&self) -> Result<(Workspace, Profiles)> {
        let workspace = Workspace::locate(self.manifest_path.as_deref())?;
        let path = self.profiles.clone().unwrap_or_else(|| workspace.root.join("profiles/profiles.toml"));
        Ok((workspace, Profiles::read(&path)?))
    }

    fn setting(&self) -> Result<Setting> {
        let (workspace, profiles) = self.profiles()?;
        for name in system::ignored_flags() {
            Host.say(&format!("{name} is ignored: firmware is built with the flags of .cargo/config.toml alone"));
        }
        let target = &profiles.firmware.target;
        let request = Request { target, library: self.library, install: !self.no_install };
        let toolchain = Toolchain::find(&Host, request)?;
        Ok(Setting { workspace, profiles, toolchain })
    }
}

impl Setting {
    fn build(&self, firmware: Firmware) -> Result<PathBuf> {
        Host.say(&format!("building {}", firmware.bin.unwrap_or(firmware.package)));
        firmware.build(&self.workspace, &self.toolchain)
    }

    /// The image of a profile.
    fn profile(&self, profile: &Profile) -> Result<PathBuf> {
        self.build(self.firmware(profile))
    }

    fn firmware<'a>(&'a self, profile: &'a Profile) -> Firmware<'a> {
        let Profile { binary, features, .. } = profile;
        Firmware { package: &self.profiles.firmware.package, bin: Some(binary), features }
    }

    /// What is run, and its image.
    fn instructions(&self) -> Result<(&profiles::Instructions, PathBuf)> {
        let instructions = self.profiles.instructions.as_ref();
        let instructions =
            instructions.context("the file with the budgets has no table `[instructions]`, which says what is run")?;
        let package = &self.profiles.firmware.package;
        let firmware = Firmware { package, bin: Some(&instructions.binary), features: &instructions.features };
        Ok((instructions, self.build(firmware)?))
    }

    fn attribution(&self, path: &Path) -> Result<(Attribution, Vec<Symbol>)> {
        let symbols = Image::read(path)?.symbols;
        Ok((Attribution::read(path, &self.workspace.root, &self.profiles.parts)?, symbols))
    }

    fn image(&self, bin: &str, features: &[String]) -> Result<Image> {
        let package = &self.profiles.firmware.package;
        Image::read(&self.build(Firmware { package, bin: Some(bin), features })?)
    }
}

/// Measures all profiles, and writes the report to its place in the target folder.
fn measure(setting: &Setting) -> Result<Report> {
    let firmware = &setting.profiles.firmware;
    let baseline = match &firmware.baseline {
        Some(baseline) => {
            Host.say("building the baseline");
            let firmware = Firmware { package: &firmware.package, bin: Some(baseline), features: &[] };
            let path = firmware.build(&setting.workspace, &setting.toolchain)?;
            let (attribution, symbols) = setting.attribution(&path)?;
            Baseline::new(attribution, symbols)
        }
        None => Baseline::default(),
    };
    let mut profiles = Vec::new();
    let count = setting.profiles.profiles.len();
    for (index, (name, profile)) in setting.profiles.profiles.iter().enumerate() {
        Host.say(&format!("building {name} ({} of {count})", index + 1));
        let path = setting.firmware(profile).build(&setting.workspace, &setting.toolchain)?;
        let (attribution, symbols) = setting.attribution(&path)?;
        let mut measured = Measured::new(name, profile, &firmware.forbid, attribution, symbols, &baseline);
        measured.stack = stack::entries(&path, &setting.profiles.stack)?;
        measured.futures = future::of(&path, &setting.profiles.futures)?;
        profiles.push(measured);
    }
    let report = Report {
        schema: SCHEMA,
        toolchain: Identity::new(&setting.toolchain, &setting.workspace)?,
        cargo_lock_sha256: setting.workspace.lock_sha256()?,
        baseline,
        profiles,
    };
    let path = report.write(&setting.workspace.target_directory)?;
    Host.say(&format!("wrote {}", path.display()));
    Ok(report)
}

impl Measure {
    fn run(&self) -> Result<ExitCode> {
        let setting = self.common.setting()?;
        let report = measure(&setting)?;
        if self.json {
            print(&report.to_json()?)?;
        } else {
            print(&render::table(&report, Look { colour: is_coloured(), symbols: self.symbols }))?;
        }
        let is_current = self.documents.apply_profiles(&setting, &report)?;
        Ok(ExitCode::from(u8::from(!(is_current && report.is_ok()))))
    }
}

impl Attribute {
    fn run(&self) -> Result<ExitCode> {
        let path = Path::new(&self.image);
        let attribution = if path.is_file() {
            // Who only looks at a file needs no toolchain, and maybe has no workspace.
            let (root, parts) = match self.common.profiles() {
                Ok((workspace, profiles)) => (workspace.root, profiles.parts),
                Err(error) if self.common.profiles.is_some() => return Err(error),
                Err(_) => Default::default(),
            };
            Attribution::read(path, &root, &parts)?
        } else {
            let setting = self.common.setting()?;
            let (bin, features) = setting.profiles.image(&self.image)?;
            let package = &setting.profiles.firmware.package;
            setting.attribution(&setting.build(Firmware { package, bin: Some(bin), features })?)?.0
        };
        if self.json {
            print(&(serde_json::to_string_pretty(&attribution.image)? + "\n"))?;
        } else {
            print(&render::attribution(&attribution, self.by, self.top))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn measure_codecs(common: &Common) -> Result<ExitCode> {
    let setting = common.setting()?;
    let baseline =
        setting.profiles.firmware.baseline.as_ref().context("the file with the budgets names no baseline")?;
    let baseline = setting.image(baseline, &[])?;
    let image = |version: &str| Codecs::new(&setting.image(codecs::BINARY, &[version.to_owned()])?, &baseline);
    let codecs = codecs::VERSIONS.into_iter().map(image).collect::<Result<Vec<_>>>()?;
    print(&render::codecs(&codecs, &Identity::new(&setting.toolchain, &setting.workspace)?))?;
    Ok(ExitCode::SUCCESS)
}

impl Count {
    fn run(&self) -> Result<ExitCode> {
        let emulator = Emulator::find(&Host)?;
        let setting = self.common.setting()?;
        let (instructions, path) = setting.instructions()?;
        let (image, memory) = (Image::read(&path)?, Memory::read(&path)?);
        Host.say("running it twice");
        let count = || Counted::new(&image, &memory, &emulator.run(&path)?);
        let counted = count()?;
        ensure!(counted == count()?, "a second run gave other figures: QEMU's log cannot be relied on");
        let identity = Identity::new(&setting.toolchain, &setting.workspace)?;
        let report = Instructions { counted, budgets: instructions.budget, emulator: emulator.version, identity };
        print(&render::instructions(&report, Look { colour: is_coloured(), symbols: self.functions }))?;
        Ok(ExitCode::from(u8::from(!report.is_ok())))
    }
}

impl Build {
    fn run(&self) -> Result<ExitCode> {
        let setting = self.common.setting()?;
        let firmware = Firmware { package: &self.package, bin: self.bin.as_deref(), features: &self.features };
        let path = setting.build(firmware)?;
        // An image that was linked wrongly is better found here than on the chip.
        Image::read(&path)?;
        print(&format!("{}\n", path.display()))?;
        Ok(ExitCode::SUCCESS)
    }
}

fn is_coloured() -> bool {
    io::stdout().is_terminal() && env::var_os("NO_COLOR").is_none()
}

/// `print!` panics if nobody reads on; this does not.
fn print(text: &str) -> Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn measuring_is_what_is_done_by_default() {
        let cli = Cli::try_parse_from(["", "--symbols", "5", "--library", "build-std"]).unwrap();
        assert!(cli.task.is_none());
        assert_eq!((cli.measure.symbols, cli.measure.common.library), (5, Some(Library::BuildStd)));
    }

    #[test]
    fn documents_are_written_or_checked() {
        let parse = |arguments: &[&str]| Cli::try_parse_from(arguments);
        for task in ["measure", "options", "reference"] {
            assert!(parse(&["", task, "--write-docs"]).is_ok(), "{task}");
            assert!(parse(&["", task, "--check-docs"]).is_ok(), "{task}");
            assert!(parse(&["", task, "--check-docs", "--write-docs"]).is_err(), "{task}");
        }
        assert!(parse(&["", "--check-docs"]).is_ok());
    }

    #[test]
    fn functions_are_listed_on_demand() {
        let functions = |arguments: &[&str]| match Cli::try_parse_from(arguments).unwrap().task {
            Some(Task::Instructions(count)) => count.functions,
            _ => panic!("not a count"),
        };
        assert_eq!(functions(&["", "instructions"]), 0);
        assert_eq!(functions(&["", "instructions", "--functions", "3", "--no-install"]), 3);
    }

    #[test]
    fn the_stack_is_told_of_images_or_of_a_run() {
        let stack = |arguments: &[&str]| Cli::try_parse_from([&["", "stack"], arguments].concat());
        let Some(Task::Stack(of)) = stack(&["--path", "--function", "*::poll", "--elf", "a.elf"]).unwrap().task else {
            panic!("not of the stack")
        };
        assert_eq!((of.path, of.function.as_deref(), of.elf), (true, Some("*::poll"), Some("a.elf".into())));
        assert!(stack(&["--run"]).is_ok());
        assert!(stack(&["--run", "--path"]).is_err());
    }

    #[test]
    fn features_are_separated_by_commas() {
        let cli = Cli::try_parse_from(["", "build", "firmware", "--bin", "beacon", "--features", "a,b"]).unwrap();
        let Some(Task::Build(build)) = cli.task else { panic!("not a build") };
        assert_eq!(build.features, ["a", "b"]);
    }
}
