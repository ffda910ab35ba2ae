//! Whose each byte of an image is: rows that add up to all of its flash and RAM.

use crate::elf;
use anyhow::{Context, Result, ensure};
use clap::ValueEnum;
use labels::Labels;
use places::Places;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fs;
use std::mem;
use std::ops::Range;
use std::path::Path;

mod labels;
mod layout;
mod origins;
mod parts;
mod places;
mod ranges;
mod references;
mod runtime;
mod spec;
mod symbols;

pub use parts::Parts;
pub use runtime::{Caller, Helper};

/// An image, byte by byte.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// Bytes of flash: all that is written to the chip.
    pub flash: u64,
    /// Bytes of RAM for static variables.
    pub ram: u64,
    /// What they are made of: the rows of each memory add up to it.
    pub rows: Vec<Row>,
}

/// Bytes of which the same is known. No two rows of an image differ in `bytes` alone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Row {
    /// How many.
    pub bytes: u64,
    /// The memory that they take.
    pub memory: Memory,
    /// What they are there for.
    pub kind: Kind,
    /// The linked function or variable that they are in, as a reader writes it. In brackets where there is none: `[padding]`.
    pub symbol: String,
    /// The function that they were written in: another than `symbol` if that was inlined.
    pub origin: String,
    /// The crate of the origin's file.
    #[serde(rename = "crate")]
    pub crate_name: String,
    /// The origin's file: in the workspace, or below the folder of its crate and version.
    pub file: Option<String>,
    /// The line on which the origin begins, from 1.
    pub line: Option<u32>,
    /// The part of an MQTT client that the origin's file is, as `profiles.toml` has them.
    pub part: Option<String>,
    /// The line of the spec that generated code is for: `mqtt-3.1.1:111 PUBLISH.topic_name`.
    pub spec: Option<String>,
}

/// A kind of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Memory {
    /// What is written to the chip.
    Flash,
    /// What static variables take.
    Ram,
}

/// What a byte is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Instructions.
    Code,
    /// Data among the instructions: literals, and tables of jumps.
    Pool,
    /// Constants.
    Constants,
    /// The vector table.
    Vectors,
    /// In RAM a variable with an initial value, and in flash that value.
    Data,
    /// A variable without one.
    Bss,
    /// What aligns the next thing.
    Padding,
    /// Nothing tells.
    Unknown,
}

impl Kind {
    /// Its name, as in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Pool => "pool",
            Self::Constants => "constants",
            Self::Vectors => "vectors",
            Self::Data => "data",
            Self::Bss => "bss",
            Self::Padding => "padding",
            Self::Unknown => "unknown",
        }
    }
}

impl Image {
    /// The image of these rows. Those that differ in `bytes` alone become one; they are sorted by memory, the largest first.
    pub fn new(rows: impl IntoIterator<Item = Row>) -> Self {
        let mut sums: BTreeMap<Row, u64> = BTreeMap::new();
        for mut row in rows {
            let bytes = mem::take(&mut row.bytes);
            *sums.entry(row).or_default() += bytes;
        }
        let mut rows: Vec<_> = sums.into_iter().map(|(row, bytes)| Row { bytes, ..row }).collect();
        rows.retain(|row| row.bytes > 0);
        // A stable sort: rows of one size stay in the order of all else.
        rows.sort_by_key(|row| (row.memory, Reverse(row.bytes)));
        let total = |memory| rows.iter().filter(|row| row.memory == memory).map(|row| row.bytes).sum();
        Self { flash: total(Memory::Flash), ram: total(Memory::Ram), rows }
    }
}

/// An image with all that is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribution {
    /// Its rows.
    pub image: Image,
    /// The same, address by address: flash first, then RAM.
    pub pieces: Vec<Piece>,
    /// The functions of the compiler's runtime, and who calls them.
    pub runtime: Vec<Helper>,
}

/// Bytes in a row of which the same is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Where they are when the program runs.
    pub addresses: Range<u64>,
    /// What is known; of as many bytes.
    pub row: Row,
}

impl Attribution {
    /// Attributes the image at `path`, which was built in the workspace at `root`.
    ///
    /// # Errors
    ///
    /// The file is no 32-bit ELF executable, is damaged, or has no symbols or no debug information.
    pub fn read(path: &Path, root: &Path, parts: &Parts) -> Result<Self> {
        let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        Self::new(&bytes, root, parts).with_context(|| format!("cannot tell what is in {}", path.display()))
    }

    /// Attributes the bytes of an image. See [`Attribution::read`].
    pub fn new(bytes: &[u8], root: &Path, parts: &Parts) -> Result<Self> {
        let elf = elf::parse(bytes)?;
        let (flash, ram) = (elf::flash(&elf, bytes)?, elf::ram(&elf)?);
        let sections = layout::sections(&elf)?;
        let labels = Labels::new(&elf, &sections, &mut Places::new(root), parts)?;
        let mut pieces = Vec::new();
        for span in layout::spans(&elf, &sections) {
            labels.divide(&span, &mut pieces);
        }
        let image = Image::new(pieces.iter().map(|piece: &Piece| piece.row.clone()));
        // What all else rests on: each byte is in exactly one row.
        ensure!(
            (image.flash, image.ram) == (flash, ram),
            "the rows add up to {} bytes of flash and {} of RAM, and the image has {flash} and {ram}: its segments and \
             sections contradict each other",
            image.flash,
            image.ram
        );
        let runtime = runtime::find(&labels, &pieces);
        Ok(Self { image, pieces, runtime })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(bytes: u64, memory: Memory, symbol: &str) -> Row {
        Row {
            bytes,
            memory,
            kind: Kind::Code,
            symbol: symbol.to_owned(),
            origin: symbol.to_owned(),
            crate_name: "app".to_owned(),
            file: None,
            line: None,
            part: None,
            spec: None,
        }
    }

    #[test]
    fn what_differs_in_bytes_alone_is_one_row() {
        let flash = |bytes, symbol| row(bytes, Memory::Flash, symbol);
        let ram = row(9, Memory::Ram, "a");
        let image =
            Image::new([flash(2, "b"), ram.clone(), flash(6, "a"), flash(4, "b"), flash(7, "c"), flash(0, "d")]);
        assert_eq!((image.flash, image.ram), (19, 9));
        assert_eq!(image.rows, [flash(7, "c"), flash(6, "a"), flash(6, "b"), ram]);
    }

    #[test]
    fn a_row_is_flat_in_json() {
        let mut row = row(12, Memory::Flash, "main");
        row.spec = Some("mqtt-3.1.1:111 PUBLISH.topic_name".to_owned());
        let json = serde_json::to_string(&row).unwrap();
        let expected = "{\"bytes\":12,\"memory\":\"flash\",\"kind\":\"code\",\"symbol\":\"main\",\"origin\":\"main\",\
            \"crate\":\"app\",\"file\":null,\"line\":null,\"part\":null,\"spec\":\"mqtt-3.1.1:111 PUBLISH.topic_name\"}";
        assert_eq!(json, expected);
        assert_eq!(serde_json::from_str::<Row>(&json).unwrap(), row);
    }
}
