//! What cargo-bloat says of `.text`, beside what this tool does: a check of both by another's code.

use crate::render::{new_table, number};
use crate::system::System;
use anyhow::{Context, Result, ensure};
use object::read::elf::ElfFile32;
use object::{Endianness, Object, ObjectSection, ObjectSymbol, SymbolKind};
use serde::Deserialize;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, Stdio};

/// The program, as cargo looks for it.
pub const PROGRAM: &str = "cargo-bloat";

/// What cargo-bloat says.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Bloat {
    /// The size of the section `.text`.
    #[serde(rename = "text-section-size")]
    pub text: u64,
    /// The functions in it.
    pub functions: Vec<Function>,
}

/// A function, as cargo-bloat has it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// Bytes.
    pub size: u64,
}

/// The section `.text`, as the image's own tables have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text {
    /// Its size.
    pub bytes: u64,
    /// What functions take, where several names for one place count once.
    pub functions: u64,
    /// What further names for places that have one would add.
    pub aliases: u64,
}

/// Looks for cargo-bloat, and returns how it names itself.
pub fn find(system: &dyn System) -> Result<String> {
    system
        .output(PROGRAM, &["bloat", "--version"])
        .map(|version| format!("{PROGRAM} {version}"))
        .with_context(|| format!("there is no `{PROGRAM}` to ask: install it with `cargo install {PROGRAM}`"))
}

impl Bloat {
    /// Asks: `command` is cargo-bloat with all that says what to build.
    pub fn ask(command: &mut Command) -> Result<Self> {
        command.args(["--message-format", "json", "-n", "0"]).stdin(Stdio::null());
        let output = command.output().with_context(|| format!("cannot run {PROGRAM}"))?;
        if !output.status.success() {
            io::stderr().write_all(&output.stderr)?;
        }
        ensure!(output.status.success(), "{PROGRAM} failed: its message is above");
        Self::parse(&String::from_utf8_lossy(&output.stdout))
    }

    /// Reads what it says.
    pub fn parse(text: &str) -> Result<Self> {
        let json = text.lines().find(|line| line.starts_with('{')).unwrap_or_default();
        serde_json::from_str(json).with_context(|| format!("cannot understand what {PROGRAM} says"))
    }

    /// The sum of its functions.
    pub fn sum(&self) -> u64 {
        self.functions.iter().map(|function| function.size).sum()
    }
}

impl Text {
    /// Reads the image at `path`.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        Self::parse(&bytes).with_context(|| path.display().to_string())
    }

    /// Reads the bytes of an image.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        let elf = ElfFile32::<Endianness>::parse(bytes).context("not a 32-bit ELF file, or a damaged one")?;
        let text = elf.section_by_name(".text").context("no section `.text`")?;
        let functions = elf.symbols().filter(|symbol| {
            symbol.section_index() == Some(text.index()) && symbol.kind() == SymbolKind::Text && symbol.size() > 0
        });
        // The lowest bit of an address only says that it is Thumb code.
        let mut ranges: Vec<(u64, u64)> = functions
            .map(|symbol| (symbol.address() & !1, (symbol.address() & !1).saturating_add(symbol.size())))
            .collect();
        ranges.sort_unstable();
        let (mut functions, mut aliases, mut end) = (0, 0, 0);
        for (start, stop) in ranges {
            let new = stop.saturating_sub(start.max(end));
            functions += new;
            aliases += stop - start - new;
            end = end.max(stop);
        }
        Ok(Self { bytes: text.size(), functions, aliases })
    }
}

/// An image, as both see it.
#[derive(Clone, Debug)]
pub struct Row {
    /// The image.
    pub image: String,
    /// What cargo-bloat says.
    pub bloat: Bloat,
    /// What its own tables say.
    pub text: Text,
}

impl Row {
    /// Whether both agree, once it is taken into account that cargo-bloat counts a function once for each of its names.
    pub fn is_ok(&self) -> bool {
        self.bloat.text == self.text.bytes && self.bloat.sum() == self.text.functions + self.text.aliases
    }
}

/// The table, and what the differences are.
pub fn table(rows: &[Row], version: &str) -> String {
    let header = ["image", "cargo-bloat", "size-report", "its functions", "named twice", "in none", "verdict"];
    let mut table = new_table(&header, &[0, 6]);
    for row in rows {
        let Row { image, bloat, text } = row;
        let bytes = [bloat.text, text.bytes, bloat.sum(), text.aliases, text.bytes - text.functions.min(text.bytes)];
        let mut cells = vec![image.clone()];
        cells.extend(bytes.map(|bytes| number(i64::try_from(bytes).unwrap_or(i64::MAX))));
        cells.push(if row.is_ok() { "agree" } else { "DIFFER" }.to_owned());
        table.add_row(cells);
    }
    format!(
        "The section .text, in bytes, by {version} and by size-report\n\n{}\n\n\
         cargo-bloat's functions add up to the section less what is in no function (what aligns the next one, and code\n\
         of assembly without a size), and more by those that go by two names, which it counts twice. What an image takes\n\
         of flash is more than .text: constants, initial values, the vector table.\n",
        table.trim_fmt()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    struct Machine(Option<&'static str>);

    impl System for Machine {
        fn output(&self, program: &str, args: &[&str]) -> Option<String> {
            assert_eq!((program, args), (PROGRAM, &["bloat", "--version"][..]));
            self.0.map(str::to_owned)
        }

        fn exists(&self, _path: &str) -> bool {
            unreachable!()
        }

        fn run(&self, _program: &str, _args: &[&str], _limit: Duration) -> bool {
            unreachable!("nothing is installed")
        }

        fn say(&self, _line: &str) {}
    }

    const SAID: &str = "\n{\"file-size\":4776,\"text-section-size\":972,\"functions\":[\
        {\"crate\":\"a\",\"name\":\"a::f\",\"size\":932},{\"crate\":\"std\",\"name\":\"memcpy\",\"size\":30}]}\n";

    fn row(text: Text) -> Row {
        Row { image: "device".to_owned(), bloat: Bloat::parse(SAID).unwrap(), text }
    }

    #[test]
    fn a_missing_program_has_a_remedy() {
        assert_eq!(find(&Machine(Some("0.12.1"))).unwrap(), "cargo-bloat 0.12.1");
        let error = find(&Machine(None)).unwrap_err().to_string();
        assert_eq!(error, "there is no `cargo-bloat` to ask: install it with `cargo install cargo-bloat`");
    }

    #[test]
    fn what_it_says_is_read() {
        let bloat = Bloat::parse(SAID).unwrap();
        assert_eq!((bloat.text, bloat.functions.len(), bloat.sum()), (972, 2, 962));
        assert_eq!(Bloat::parse("").unwrap_err().to_string(), "cannot understand what cargo-bloat says");
    }

    #[test]
    fn a_failure_is_told() {
        let error = Bloat::ask(&mut Command::new("false")).unwrap_err().to_string();
        assert_eq!(error, "cargo-bloat failed: its message is above");
    }

    #[test]
    fn names_for_one_place_count_once() {
        // `__aeabi_uidiv` is `__udivsi3`, and `__aeabi_ldiv0` is `__aeabi_idiv0`: 268 and 2 bytes.
        let text = Text::parse(include_bytes!("../tests/fixtures/c/meter.elf")).unwrap();
        assert_eq!(text.bytes, 756);
        assert!(text.aliases >= 2 && text.functions <= text.bytes, "{text:?}");
        assert_eq!(Text::parse(b"ELF").unwrap_err().to_string(), "not a 32-bit ELF file, or a damaged one");
    }

    #[test]
    fn they_agree_if_all_is_explained() {
        assert!(row(Text { bytes: 972, functions: 950, aliases: 12 }).is_ok());
        assert!(!row(Text { bytes: 972, functions: 950, aliases: 11 }).is_ok());
        assert!(!row(Text { bytes: 973, functions: 950, aliases: 12 }).is_ok());
        let text = table(&[row(Text { bytes: 972, functions: 950, aliases: 12 })], "cargo-bloat 0.12.1");
        let expected = "\
The section .text, in bytes, by cargo-bloat 0.12.1 and by size-report

image    cargo-bloat   size-report   its functions   named twice   in none   verdict
-------------------------------------------------------------------------------------
device           972           972             962            12        22   agree

cargo-bloat's functions";
        assert!(text.starts_with(expected), "{text}");
        assert!(table(&[row(Text { bytes: 970, functions: 950, aliases: 12 })], "").contains("DIFFER"));
    }
}
