//! What debug information says of addresses: the functions that their code was written in, inlined ones too.

use super::layout::Section;
use super::places::{Place, Places};
use super::ranges::Ranges;
use super::spec::{File, Generated};
use super::symbols::demangled;
use crate::elf::Elf;
use anyhow::{Context, Result, ensure};
use gimli::{
    AttributeValue, DebugInfoOffset, DebuggingInformationEntry, EndianSlice, Operation, RunTimeEndian, UnitOffset,
};
use object::Endian;
use object::read::elf::SectionHeader;
use std::collections::HashMap;
use std::path::PathBuf;
use std::rc::Rc;

/// A function or a variable, as its source has it.
#[derive(Debug, Default)]
pub(crate) struct Item {
    /// Its readable name; empty where only the file is known.
    pub(crate) name: String,
    pub(crate) place: Option<Place>,
    /// The line on which it begins.
    pub(crate) line: Option<u32>,
    /// The file, if it is a generated one.
    generated: Option<Rc<File>>,
}

/// Where the code of an address comes from.
#[derive(Debug)]
pub(crate) struct Origin {
    /// The innermost function.
    pub(crate) function: Rc<Item>,
    /// The innermost one that is not of Rust's library: who the code is for.
    pub(crate) user: Rc<Item>,
    /// The innermost one that is generated, and the line in it; none where each address has its own.
    generated: Option<(Rc<File>, Option<u64>)>,
}

/// What debug information says.
#[derive(Debug, Default)]
pub(crate) struct Origins {
    pub(crate) functions: Ranges<Rc<Origin>>,
    /// The variables, by their addresses.
    pub(crate) variables: HashMap<u64, Rc<Item>>,
    /// The lines of generated files.
    lines: Ranges<u64>,
}

impl Origins {
    /// What generated code at an address is for, and where the next one begins.
    pub(crate) fn spec(&self, origin: &Origin, address: u64) -> (Option<String>, u64) {
        match &origin.generated {
            None => (None, u64::MAX),
            Some((file, Some(line))) => (Some(file.label(*line)), u64::MAX),
            Some((file, None)) => {
                let (line, end) = self.lines.at(address);
                let line = line.copied().or(origin.function.line.map(u64::from)).unwrap_or_default();
                (Some(file.label(line)), end)
            }
        }
    }

    pub(crate) fn read(elf: &Elf, sections: &[Section], places: &mut Places) -> Result<Self> {
        Reader::new(elf, sections, places)?.read().context("debug information")
    }
}

type Slice<'data> = EndianSlice<'data, RunTimeEndian>;
type Unit<'data> = gimli::Unit<Slice<'data>>;
type Entry<'data> = DebuggingInformationEntry<Slice<'data>>;

/// How far an entry may point to another one that points to yet another.
const LIMIT: usize = 16;

struct Reader<'data, 'a> {
    dwarf: gimli::Dwarf<Slice<'data>>,
    units: Vec<Unit<'data>>,
    sections: &'a [Section<'a>],
    places: &'a mut Places,
    generated: Generated,
    items: HashMap<DebugInfoOffset, Rc<Item>>,
    origins: Origins,
}

/// What an entry and those that it points to say.
#[derive(Default)]
struct Description {
    linked_name: Option<String>,
    name: Option<String>,
    file: Option<PathBuf>,
    line: Option<u32>,
}

impl<'data, 'a> Reader<'data, 'a> {
    fn new(elf: &Elf<'data>, sections: &'a [Section<'a>], places: &'a mut Places) -> Result<Self> {
        let endian = elf.endian();
        let order = if endian.is_little_endian() { RunTimeEndian::Little } else { RunTimeEndian::Big };
        let load = |id: gimli::SectionId| -> Result<Slice<'data>> {
            let section = elf.elf_section_table().section_by_name(endian, id.name().as_bytes());
            let data = section.map_or(Ok(&[][..]), |(_, section)| section.data(endian, elf.data()));
            Ok(EndianSlice::new(data.with_context(|| format!("section `{}`", id.name()))?, order))
        };
        let dwarf = gimli::Dwarf::load(load)?;
        let mut headers = dwarf.units();
        let mut units = Vec::new();
        while let Some(header) = headers.next().context("debug information")? {
            units.push(dwarf.unit(header).context("debug information")?);
        }
        ensure!(
            !units.is_empty(),
            "no debug information, which tells where code comes from: add `debug = 2` to `[profile.release]` in \
             Cargo.toml (or `-g` to the flags of a C compiler). It is not written to the chip"
        );
        let (generated, items, origins) = Default::default();
        Ok(Self { dwarf, units, sections, places, generated, items, origins })
    }

    fn read(mut self) -> Result<Origins> {
        for index in 0..self.units.len() {
            self.read_unit(index).with_context(|| format!("unit {index}"))?;
        }
        Ok(self.origins)
    }

    fn read_unit(&mut self, index: usize) -> Result<()> {
        self.read_assembly(index)?;
        // The functions around an entry, each with its depth; none where they are not in the image.
        let mut around: Vec<(isize, Option<Rc<Origin>>)> = Vec::new();
        let mut has_generated = false;
        let abbreviations = self.units[index].abbreviations.clone();
        let mut entries = self.units[index].header.clone().entries(&abbreviations);
        while let Some(entry) = entries.next_dfs()? {
            around.truncate(around.iter().take_while(|(depth, _)| *depth < entry.depth()).count());
            let origin = match entry.tag() {
                gimli::DW_TAG_subprogram => self.origin(index, entry, None)?,
                gimli::DW_TAG_inlined_subroutine => match around.last() {
                    Some((_, Some(caller))) => self.origin(index, entry, Some(caller))?,
                    _ => None,
                },
                gimli::DW_TAG_variable => {
                    self.read_variable(index, entry)?;
                    continue;
                }
                _ => continue,
            };
            has_generated |= origin.as_ref().is_some_and(|origin| origin.function.generated.is_some());
            around.push((entry.depth(), origin));
        }
        if has_generated { self.read_lines(index) } else { Ok(()) }
    }

    /// Of assembly no more is known than the file.
    fn read_assembly(&mut self, index: usize) -> Result<()> {
        let unit = &self.units[index];
        let root = unit.entry(unit.header.root_offset())?;
        let language = root.attr_value(gimli::DW_AT_language);
        let Some(AttributeValue::Language(gimli::DW_LANG_Mips_Assembler)) = language else { return Ok(()) };
        let text = |bytes: &Slice| PathBuf::from(&*bytes.to_string_lossy());
        let folder = unit.comp_dir.as_ref().map(text).unwrap_or_default();
        let Some(name) = unit.name.as_ref().map(text) else { return Ok(()) };
        let ranges = self.live(self.dwarf.unit_ranges(unit)?)?;
        let place = Some(self.places.find(&folder.join(name)));
        let file = Rc::new(Item { place, ..Item::default() });
        let origin = Rc::new(Origin { function: file.clone(), user: file, generated: None });
        self.paint(ranges, &origin);
        Ok(())
    }

    fn paint(&mut self, ranges: Vec<gimli::Range>, origin: &Rc<Origin>) {
        for range in ranges {
            self.origins.functions.paint(range.begin..range.end, origin.clone());
        }
    }

    /// Paints the addresses of a function, one that was inlined into its caller or one by itself.
    fn origin(&mut self, unit: usize, entry: &Entry<'data>, caller: Option<&Rc<Origin>>) -> Result<Option<Rc<Origin>>> {
        let ranges = self.live(self.dwarf.die_ranges(&self.units[unit], entry)?)?;
        if ranges.is_empty() {
            return Ok(None);
        }
        let function = match entry.attr_value(gimli::DW_AT_abstract_origin) {
            Some(origin) => self.item(unit, origin, entry.offset())?,
            None => self.item(unit, AttributeValue::UnitRef(entry.offset()), entry.offset())?,
        };
        let line = entry.attr_value(gimli::DW_AT_call_line).and_then(|line| line.udata_value());
        let is_library = function.place.as_ref().is_some_and(|place| place.is_library);
        let generated = match (&function.generated, caller) {
            (Some(file), _) => Some((file.clone(), None)),
            (None, Some(caller)) => {
                caller.generated.clone().map(|(file, at)| (file, Some(at.or(line).unwrap_or_default())))
            }
            (None, None) => None,
        };
        let user = caller.filter(|_| is_library).map_or(&function, |caller| &caller.user).clone();
        let origin = Rc::new(Origin { function, user, generated });
        self.paint(ranges, &origin);
        Ok(Some(origin))
    }

    /// The ranges that are in the image. Those of functions that the linker removed begin at 0 or at the end of memory,
    /// or nowhere in particular; nothing runs at 0, where the vector table is.
    fn live(&self, mut all: gimli::RangeIter<Slice<'data>>) -> Result<Vec<gimli::Range>> {
        let mut live = Vec::new();
        while let Some(mut range) = all.next()? {
            range.begin &= !1;
            if range.begin > 0 && self.is_code(range.begin) {
                live.push(range);
            }
        }
        Ok(live)
    }

    fn is_code(&self, address: u64) -> bool {
        self.sections.iter().any(|section| section.is_code && section.addresses.contains(&address))
    }

    /// The function or variable that an attribute of `near` points to.
    fn item(&mut self, unit: usize, to: AttributeValue<Slice>, near: UnitOffset) -> Result<Rc<Item>> {
        let (unit, offset) = self.resolve(unit, &to).unwrap_or((unit, near));
        let key = offset.to_debug_info_offset(&self.units[unit].header).context("an entry outside of its unit")?;
        if let Some(known) = self.items.get(&key) {
            return Ok(known.clone());
        }
        let mut description = Description::default();
        self.describe(unit, offset, &mut description, LIMIT)?;
        let place = description.file.as_ref().map(|file| self.places.find(file));
        let linked_name = description.linked_name.map(|name| demangled(&name));
        let item = Rc::new(Item {
            name: linked_name.or(description.name).unwrap_or_default(),
            generated: description.file.and_then(|file| self.generated.file(&file)),
            place,
            line: description.line.filter(|&line| line > 0),
        });
        self.items.insert(key, item.clone());
        Ok(item)
    }

    /// The unit and the place in it that a reference is to.
    fn resolve(&self, unit: usize, to: &AttributeValue<Slice>) -> Option<(usize, UnitOffset)> {
        match *to {
            AttributeValue::UnitRef(offset) => Some((unit, offset)),
            AttributeValue::DebugInfoRef(offset) => {
                let start = |unit: &Unit| unit.header.debug_info_offset().map_or(0, |start| start.0);
                let unit = self.units.partition_point(|unit| start(unit) <= offset.0).checked_sub(1)?;
                Some((unit, offset.to_unit_offset(&self.units[unit].header)?))
            }
            _ => None,
        }
    }

    /// Adds what an entry says, and then what those say that it points to.
    fn describe(&self, index: usize, offset: UnitOffset, about: &mut Description, limit: usize) -> Result<()> {
        let unit = &self.units[index];
        let entry = unit.entry(offset)?;
        let text = |name| {
            let value = entry.attr_value(name)?;
            Some(self.dwarf.attr_string(unit, value).ok()?.to_string_lossy().into_owned())
        };
        about.linked_name = about.linked_name.take().or_else(|| text(gimli::DW_AT_linkage_name));
        about.name = about.name.take().or_else(|| text(gimli::DW_AT_name));
        if about.file.is_none()
            && let Some(AttributeValue::FileIndex(file)) = entry.attr_value(gimli::DW_AT_decl_file)
        {
            about.file = self.path(unit, file);
        }
        let line = || entry.attr_value(gimli::DW_AT_decl_line)?.udata_value()?.try_into().ok();
        about.line = about.line.or_else(line);
        for next in [gimli::DW_AT_abstract_origin, gimli::DW_AT_specification] {
            let next = entry.attr_value(next).and_then(|next| self.resolve(index, &next));
            if let Some((unit, offset)) = next.filter(|_| limit > 0) {
                self.describe(unit, offset, about, limit - 1)?;
            }
        }
        Ok(())
    }

    fn path(&self, unit: &Unit<'data>, file: u64) -> Option<PathBuf> {
        let header = unit.line_program.as_ref()?.header();
        let file = header.file(file)?;
        let text = |value| Some(self.dwarf.attr_string(unit, value).ok()?.to_string_lossy().into_owned());
        let mut path =
            PathBuf::from(&*unit.comp_dir.as_ref().map(|folder| folder.to_string_lossy()).unwrap_or_default());
        path.extend(file.directory(header).and_then(text));
        path.push(text(file.path_name())?);
        Some(path)
    }

    fn read_variable(&mut self, index: usize, entry: &Entry<'data>) -> Result<()> {
        let unit = &self.units[index];
        let location = entry.attr(gimli::DW_AT_location).and_then(|location| location.exprloc_value());
        let Some(location) = location else { return Ok(()) };
        let mut operations = location.operations(unit.encoding());
        let mut address = match operations.next() {
            Ok(Some(Operation::Address { address })) => address,
            Ok(Some(Operation::AddressIndex { index })) => self.dwarf.address(unit, index)?,
            _ => return Ok(()),
        };
        // Where variables were put together, each is so many bytes after the first.
        if let Ok(Some(Operation::PlusConstant { value })) = operations.next() {
            address = address.saturating_add(value);
        }
        if address > 0 && self.sections.iter().any(|section| section.addresses.contains(&address)) {
            let item = self.item(index, AttributeValue::UnitRef(entry.offset()), entry.offset())?;
            self.origins.variables.entry(address).or_insert(item);
        }
        Ok(())
    }

    /// The lines of the generated files of a unit.
    fn read_lines(&mut self, index: usize) -> Result<()> {
        let Some(program) = self.units[index].line_program.clone() else { return Ok(()) };
        let mut is_generated = HashMap::new();
        let mut rows = program.rows();
        let mut last: Option<(u64, u64, Option<u64>)> = None;
        let mut start = None;
        while let Some((_, row)) = rows.next_row()? {
            let address = row.address();
            let first = *start.get_or_insert(address);
            if let Some((from, file, Some(line))) = last {
                let known = is_generated.entry(file);
                let path = || self.path(&self.units[index], file).and_then(|path| self.generated.file(&path)).is_some();
                // A sequence from 0 on is of a function that the linker removed.
                if first > 0 && from < address && *known.or_insert_with(path) {
                    self.origins.lines.paint(from..address, line);
                }
            }
            last = Some((address, row.file_index(), row.line().map(std::num::NonZero::get)));
            if row.end_sequence() {
                (last, start) = (None, None);
            }
        }
        Ok(())
    }
}
