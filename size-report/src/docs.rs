//! Tables in documents that this program writes: each between a line `<!-- begin: COMMAND -->`, which says how it is
//! written anew, and a line `<!-- end -->`.

use crate::report::Identity;
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use std::fs;
use std::path::{Path, PathBuf};

/// The `[docs]` table of `profiles.toml`: the files, from the workspace's root, in which there are such tables.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Docs {
    /// That of what each profile costs.
    pub profiles: Option<PathBuf>,
    /// That of what each option costs.
    pub options: Option<PathBuf>,
    /// That of a profile beside the reference.
    pub reference: Option<PathBuf>,
    /// The drawing of what the last profile's flash is made of.
    pub drawing: Option<PathBuf>,
    /// Bytes that a figure may be off. An image with packages from outside of its workspace has some more or less
    /// in another folder: cargo tells the compiler where they are.
    #[serde(default)]
    pub within: u64,
}

/// A table of figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The command that writes it, as it stands in the line before it.
    pub command: &'static str,
    /// The table, in Markdown.
    pub table: String,
    /// What it was measured with: a line below it.
    pub toolchain: String,
    /// By how much a figure may be off.
    pub within: u64,
}

/// The drawing of what a profile is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawing {
    /// All of it.
    pub svg: String,
    /// What it was measured with, as it tells in its description.
    pub toolchain: String,
}

impl Drawing {
    /// The command that writes it.
    pub const COMMAND: &str = "cargo size-report --write-docs";

    /// How a drawing stands to this one.
    pub fn compare(&self, drawing: &str) -> State {
        let description = drawing.split_once("<desc>").and_then(|(_, rest)| rest.split_once("</desc>"));
        match description {
            _ if drawing == self.svg => State::Current,
            Some((toolchain, _)) if toolchain != self.toolchain => State::Unlike(toolchain.to_owned()),
            _ => State::Stale,
        }
    }
}

/// How a table in a document, or a drawing, stands to the figures of now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It has them.
    Current,
    /// It has others, of the same toolchain.
    Stale,
    /// It has those of another toolchain, which this line names: they cannot be compared.
    Unlike(String),
}

impl State {
    /// What to tell of a table or drawing, which a command writes, and which is of this toolchain now.
    pub fn verdict(&self, what: &str, command: &str, toolchain: &str) -> String {
        match self {
            Self::Current => format!("{what} is of these figures"),
            Self::Stale => format!("{what} is not of these figures: `{command}` writes it anew"),
            Self::Unlike(other) => format!(
                "note: {what} cannot be checked here, since it is of another toolchain\n  its:  {other}\n  this: {toolchain}"
            ),
        }
    }
}

const END: &str = "<!-- end -->";

/// The line that tells what a table was measured with.
pub fn toolchain(identity: &Identity) -> String {
    let Identity { rustc, library, linker, target, .. } = identity;
    // Its version will do, without where it was built.
    let linker = linker.split(" (").next().unwrap_or_default();
    format!("Measured for {target} with {rustc}, library {}, linker {linker}.", library.name())
}

impl Block {
    fn begin(&self) -> String {
        format!("<!-- begin: {} -->", self.command)
    }

    /// All between the two lines.
    fn text(&self) -> String {
        format!("\n\n{}\n\n{}\n\n", self.table.trim_end(), self.toolchain)
    }

    /// The document in three: up to the table, the table, and what follows.
    fn split<'a>(&self, document: &'a str) -> Result<[&'a str; 3]> {
        let begin = self.begin();
        let (before, _) = document.split_once(&begin).with_context(|| format!("there is no line `{begin}`"))?;
        let (before, rest) = document.split_at(before.len() + begin.len());
        let (table, _) = rest.split_once(END).with_context(|| format!("no line `{END}` follows on `{begin}`"))?;
        ensure!(!table.contains("<!-- begin: "), "no line `{END}` follows on `{begin}` before the next one begins");
        let (table, after) = rest.split_at(table.len());
        Ok([before, table, after])
    }

    /// How the table in a document stands to this one.
    pub fn compare(&self, document: &str) -> Result<State> {
        let [_, table, _] = self.split(document)?;
        let last = table.trim_end().lines().next_back().unwrap_or_default();
        Ok(if last.starts_with("Measured for ") && last != self.toolchain {
            State::Unlike(last.to_owned())
        } else if is_within(table, &self.text(), self.within) {
            State::Current
        } else {
            State::Stale
        })
    }

    /// The document with this table.
    pub fn put(&self, document: &str) -> Result<String> {
        let [before, _, after] = self.split(document)?;
        Ok([before, &self.text(), after].concat())
    }

    /// How the table in the file at `path` stands to this one.
    pub fn compare_file(&self, path: &Path) -> Result<State> {
        self.compare(&read(path)?).with_context(|| path.display().to_string())
    }

    /// Puts this table into the file at `path`. Whether that changed it.
    pub fn write_file(&self, path: &Path) -> Result<bool> {
        let document = read(path)?;
        let new = self.put(&document).with_context(|| path.display().to_string())?;
        if new != document {
            fs::write(path, &new).with_context(|| format!("cannot write {}", path.display()))?;
        }
        Ok(new != document)
    }
}

/// Whether two texts differ in figures only, and in none by more than this.
fn is_within(left: &str, right: &str, most: u64) -> bool {
    let is_part = |c: char| c.is_ascii_digit() || c == ',';
    let figures = |text: &str| -> Vec<Option<u64>> {
        text.split(|c| !is_part(c)).map(|figure| figure.replace(',', "").parse().ok()).collect()
    };
    let words = |text: &str| text.replace(is_part, "");
    let is_near = |pair: (Option<u64>, Option<u64>)| match pair {
        (Some(left), Some(right)) => left.abs_diff(right) <= most,
        (left, right) => left == right,
    };
    left == right || words(left) == words(right) && figures(left).into_iter().zip(figures(right)).all(is_near)
}

/// A file that `[docs]` names.
pub fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path)
        .with_context(|| format!("cannot read {}, which `[docs]` in profiles.toml names", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::toolchain::Library;
    use std::collections::BTreeMap;

    fn block(table: &str, rustc: &str) -> Block {
        let toolchain = format!("Measured for thumbv6m-none-eabi with {rustc}.");
        Block { command: "cargo size-report options --write-docs", table: table.to_owned(), toolchain, within: 0 }
    }

    const EMPTY: &str = "# Costs\n\n<!-- begin: cargo size-report options --write-docs -->\n<!-- end -->\n\nMore.\n";
    const FULL: &str = "\
# Costs

<!-- begin: cargo size-report options --write-docs -->

| a | b |

Measured for thumbv6m-none-eabi with rustc 1.

<!-- end -->

More.
";

    #[test]
    fn a_table_is_put_between_its_lines() {
        assert_eq!(block("| a | b |\n", "rustc 1").put(EMPTY).unwrap(), FULL);
    }

    #[test]
    fn a_table_replaces_the_one_before() {
        assert_eq!(block("| a | b |", "rustc 1").put(&FULL.replace("| a |", "| old |")).unwrap(), FULL);
    }

    #[test]
    fn other_figures_are_stale() {
        assert_eq!(block("| a | b |", "rustc 1").compare(FULL).unwrap(), State::Current);
        assert_eq!(block("| a | c |", "rustc 1").compare(FULL).unwrap(), State::Stale);
        assert_eq!(block("| a | b |", "rustc 1").compare(EMPTY).unwrap(), State::Stale);
        let without_toolchain = FULL.replace("Measured for", "For");
        assert_eq!(block("| a | b |", "rustc 1").compare(&without_toolchain).unwrap(), State::Stale);
    }

    #[test]
    fn figures_of_another_toolchain_are_not_compared() {
        let line = "Measured for thumbv6m-none-eabi with rustc 1.".to_owned();
        assert_eq!(block("| a | c |", "rustc 2").compare(FULL).unwrap(), State::Unlike(line));
    }

    #[test]
    fn figures_may_be_off_by_what_is_allowed() {
        let compare = |within, table: &str| {
            let full = FULL.replace("| a | b |", "| a | 1,002 | 98% of 2,000 |");
            Block { within, ..block(table, "rustc 1") }.compare(&full).unwrap()
        };
        assert_eq!(compare(3, "| a | 999 | 98% of 2,000 |"), State::Current);
        assert_eq!(compare(3, "| a | 1,005 | 97% of 2,000 |"), State::Current);
        assert_eq!(compare(2, "| a | 999 | 98% of 2,000 |"), State::Stale);
        assert_eq!(compare(0, "| a | 1,003 | 98% of 2,000 |"), State::Stale);
        // Nor is the number of a compiler.
        let other = Block { within: 9, ..block("| a | b |", "rustc 2") };
        assert!(matches!(other.compare(FULL).unwrap(), State::Unlike(_)));
        // Words are not figures, and a figure is not none.
        assert_eq!(compare(9, "| b | 1,002 | 98% of 2,000 |"), State::Stale);
        assert_eq!(compare(9, "| a |  | 98% of 2,000 |"), State::Stale);
        assert_eq!(compare(9, "| a | 1,002 | 98% of 2,000 | 3 |"), State::Stale);
    }

    #[test]
    fn a_toolchain_is_a_line() {
        let identity = Identity {
            rustc: "rustc 1.95.0 (59807616e 2026-04-14)".to_owned(),
            cargo: "cargo 1.95.0".to_owned(),
            library: Library::Prebuilt,
            linker: "LLD 22.1.2 (/checkout/llvm 1cb4e38) (compatible with GNU linkers)".to_owned(),
            target: "thumbv6m-none-eabi".to_owned(),
            rustflags: vec![],
            profile: BTreeMap::new(),
        };
        let expected = "Measured for thumbv6m-none-eabi with rustc 1.95.0 (59807616e 2026-04-14), library prebuilt, linker LLD 22.1.2.";
        assert_eq!(toolchain(&identity), expected);
    }

    #[test]
    fn each_state_is_told() {
        let told = |state: State| state.verdict("its table", "cargo size-report options --write-docs", "rustc 2");
        assert_eq!(told(State::Current), "its table is of these figures");
        let expected = "its table is not of these figures: `cargo size-report options --write-docs` writes it anew";
        assert_eq!(told(State::Stale), expected);
        let expected = "\
note: its table cannot be checked here, since it is of another toolchain
  its:  old
  this: rustc 2";
        assert_eq!(told(State::Unlike("old".to_owned())), expected);
    }

    #[test]
    fn a_drawing_is_compared_with_those_of_its_toolchain() {
        let drawing = |bytes: u32, toolchain: &str| Drawing {
            svg: format!("<svg><desc>{toolchain}</desc>{bytes}</svg>"),
            toolchain: toolchain.to_owned(),
        };
        let now = drawing(7, "rustc 1");
        assert_eq!(now.compare(&drawing(7, "rustc 1").svg), State::Current);
        assert_eq!(now.compare(&drawing(8, "rustc 1").svg), State::Stale);
        assert_eq!(now.compare("<svg>7</svg>"), State::Stale);
        assert_eq!(now.compare(&drawing(8, "rustc 2").svg), State::Unlike("rustc 2".to_owned()));
    }

    #[test]
    fn a_document_without_a_place_is_an_error() {
        let error = |document: &str| block("", "rustc 1").put(document).unwrap_err().to_string();
        let begin = "<!-- begin: cargo size-report options --write-docs -->";
        assert_eq!(error("# Costs\n"), format!("there is no line `{begin}`"));
        assert_eq!(error(&format!("{begin}\n| a |\n")), format!("no line `<!-- end -->` follows on `{begin}`"));
        let open = format!("{begin}\n<!-- begin: cargo size-report --write-docs -->\n<!-- end -->\n");
        assert_eq!(error(&open), format!("no line `<!-- end -->` follows on `{begin}` before the next one begins"));
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let error = block("", "").compare_file(Path::new("no/such/file.md")).unwrap_err();
        assert_eq!(error.to_string(), "cannot read no/such/file.md, which `[docs]` in profiles.toml names");
    }
}
