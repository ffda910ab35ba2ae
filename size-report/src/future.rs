//! How large futures are: the connection's, and those of commands. The debugging information has the size of each type.

use crate::render::{new_table, number};
use crate::stack::Names;
use anyhow::{Context, Result, ensure};
use gimli::{DW_AT_byte_size, DW_AT_name, DW_TAG_compile_unit, Dwarf, EndianSlice, LittleEndian};
use indexmap::IndexMap;
use object::read::elf::ElfFile32;
use object::{Endianness, Object, ObjectSection};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The `[futures]` table of `profiles.toml`: types, under names of their own. Of several types the largest counts; a
/// type that an earlier name has is none of a later one's.
pub type Rules = IndexMap<String, Names>;

/// What a profile promises: the size of each future, by name, in bytes.
pub type Budget = IndexMap<String, u32>;

/// A type of the program, with its size.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Type {
    /// Its name, with the modules that it is in.
    pub name: String,
    /// Bytes.
    pub bytes: u32,
}

/// A future.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Future {
    /// Its name in `profiles.toml`.
    pub name: String,
    /// Bytes.
    pub bytes: u32,
    /// The type.
    #[serde(rename = "type")]
    pub type_name: String,
}

/// The futures of the image at `path` that have a name in `profiles.toml`.
pub fn of(path: &Path, rules: &Rules) -> Result<Vec<Future>> {
    if rules.is_empty() {
        return Ok(Vec::new());
    }
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let types = types(&bytes).with_context(|| format!("{} does not tell the sizes of types", path.display()))?;
    Ok(futures(&types, rules))
}

/// The types of an image that have a size.
pub fn types(bytes: &[u8]) -> Result<BTreeSet<Type>> {
    let elf = ElfFile32::<Endianness>::parse(bytes).context("not a 32-bit ELF file, or a damaged one")?;
    ensure!(elf.section_by_name(".debug_info").is_some(), "no debugging information: build with `debug = 2`");
    let section = |id: gimli::SectionId| -> Result<_, object::Error> {
        let data = elf.section_by_name(id.name()).map_or(Ok(&[][..]), |section| section.data())?;
        Ok(EndianSlice::new(data, LittleEndian))
    };
    let dwarf = Dwarf::load(section).context("debugging information")?;
    let mut types = BTreeSet::new();
    let mut units = dwarf.units();
    while let Some(header) = units.next().context("section `.debug_info`")? {
        let located = || match header.offset().to_debug_info_offset(&header) {
            Some(offset) => format!("section `.debug_info`: unit at {:#x}", offset.0),
            None => "section `.debug_info`".to_owned(),
        };
        unit(&dwarf, header, &mut types).with_context(located)?;
    }
    Ok(types)
}

type Reader<'a> = EndianSlice<'a, LittleEndian>;

fn unit<'a>(
    dwarf: &Dwarf<Reader<'a>>,
    header: gimli::UnitHeader<Reader<'a>>,
    types: &mut BTreeSet<Type>,
) -> gimli::Result<()> {
    let unit = dwarf.unit(header)?;
    let mut entries = unit.entries();
    // The names that the entry is within, each with its depth in the tree.
    let mut path: Vec<(isize, String)> = Vec::new();
    while let Some(entry) = entries.next_dfs()? {
        while path.last().is_some_and(|(depth, _)| *depth >= entry.depth()) {
            path.pop();
        }
        let Some(name) = entry.attr_value(DW_AT_name).filter(|_| entry.tag() != DW_TAG_compile_unit) else { continue };
        let name = dwarf.attr_string(&unit, name)?.to_string_lossy().into_owned();
        let name = path.last().map_or(name.clone(), |(_, parent)| format!("{parent}::{name}"));
        if let Some(bytes) = entry.attr_value(DW_AT_byte_size).and_then(|size| size.udata_value())
            && let Ok(bytes) = u32::try_from(bytes)
        {
            types.insert(Type { name: name.clone(), bytes });
        }
        path.push((entry.depth(), name));
    }
    Ok(())
}

/// The futures that have a name in `profiles.toml`, as far as they are among these types.
pub fn futures(types: &BTreeSet<Type>, rules: &Rules) -> Vec<Future> {
    let mut named: BTreeSet<&Type> = BTreeSet::new();
    let mut futures = Vec::new();
    for (name, names) in rules {
        let found: Vec<&Type> = types.iter().filter(|of| names.fits(&of.name) && !named.contains(of)).collect();
        named.extend(&found);
        if let Some(largest) = found.into_iter().max_by_key(|of| of.bytes) {
            futures.push(Future { name: name.clone(), bytes: largest.bytes, type_name: largest.name.clone() });
        }
    }
    futures
}

/// An image, its futures, and what they may take.
#[derive(Clone, Debug)]
pub struct Row<'a> {
    /// The image.
    pub image: &'a str,
    /// The future.
    pub future: &'a Future,
    /// What it may take.
    pub budget: Option<u32>,
}

impl Row<'_> {
    /// Whether it keeps to its budget.
    pub fn is_ok(&self) -> bool {
        self.budget.is_none_or(|budget| self.future.bytes <= budget)
    }
}

/// The table.
pub fn table(rows: &[Row]) -> String {
    let mut table = new_table(&["image", "future", "size", "budget", "verdict"], &[0, 1, 4]);
    for row in rows {
        let size = row.future.bytes;
        let (budget, verdict) = match row.budget {
            None => ("-".to_owned(), "-".to_owned()),
            Some(budget) if row.is_ok() => (number(budget.into()), "ok".to_owned()),
            Some(budget) => (number(budget.into()), format!("OVER by {}", number((size - budget).into()))),
        };
        table.add_row([row.image.to_owned(), row.future.name.clone(), number(size.into()), budget, verdict]);
    }
    format!("How large futures are, in bytes\n\n{}\n", table.trim_fmt())
}

#[cfg(test)]
mod tests {
    use super::*;

    const C: &[u8] = include_bytes!("../tests/fixtures/c/meter.elf");

    fn of(name: &str, bytes: u32) -> Type {
        Type { name: name.to_owned(), bytes }
    }

    #[test]
    fn sizes_are_those_of_the_debugging_information() {
        let types = types(C).unwrap();
        assert!(types.contains(&of("reading", 8)), "{types:?}");
        assert!(types.contains(&of("unsigned char", 1)), "{types:?}");
    }

    #[test]
    fn the_largest_type_of_a_name_counts() {
        let types = [of("a::Run<x>", 100), of("a::Submission<Publish, 1>", 20), of("a::Submission<Publish, 2>", 24)];
        let types: BTreeSet<Type> = types.into_iter().collect();
        let rules = "run = \"a::Run<*>\"\npublish = \"*<Publish*\"\nping = \"*<Ping*\"\nrest = \"a::*\"";
        let found = futures(&types, &toml::from_str(rules).unwrap());
        let found: Vec<_> = found.iter().map(|of| (of.name.as_str(), of.bytes, of.type_name.as_str())).collect();
        assert_eq!(found, [("run", 100, "a::Run<x>"), ("publish", 24, "a::Submission<Publish, 2>")]);
    }

    #[test]
    fn an_image_without_debugging_information_says_what_to_do() {
        // Its sections have other names.
        let mut image = C.to_vec();
        let name = b".debug_info";
        let at = image.windows(name.len()).rposition(|window| window == name).unwrap();
        image[at + 1] = b'x';
        assert_eq!(types(&image).unwrap_err().to_string(), "no debugging information: build with `debug = 2`");
        assert_eq!(types(b"ELF").unwrap_err().to_string(), "not a 32-bit ELF file, or a damaged one");
    }

    #[test]
    fn damaged_debugging_information_is_located() {
        let elf = ElfFile32::<Endianness>::parse(C).unwrap();
        let (offset, _) = elf.section_by_name(".debug_info").unwrap().file_range().unwrap();
        let mut image = C.to_vec();
        // The version of DWARF, behind the length.
        image[offset as usize + 4] = 99;
        let error = format!("{:#}", types(&image).unwrap_err());
        assert!(error.starts_with("section `.debug_info`"), "{error}");
    }

    #[test]
    fn the_table_says_what_is_over() {
        let future = |name: &str, bytes| Future { name: name.to_owned(), bytes, type_name: String::new() };
        let futures =
            [(future("connection", 1104), Some(1104)), (future("publish", 29), Some(28)), (future("ping", 8), None)];
        let rows: Vec<Row> =
            futures.iter().map(|(future, budget)| Row { image: "device", future, budget: *budget }).collect();
        assert_eq!(rows.iter().map(Row::is_ok).collect::<Vec<_>>(), [true, false, true]);
        let expected = "\
How large futures are, in bytes

image    future        size   budget   verdict
-------------------------------------------------
device   connection   1 104    1 104   ok
device   publish         29       28   OVER by 1
device   ping             8        -   -
";
        assert_eq!(table(&rows), expected);
    }
}
