//! Reads a linked firmware image: what it takes of flash and RAM, and which symbols it is made of.

use anyhow::{Context, Result, bail, ensure};
use object::elf::{ET_EXEC, PT_LOAD, SHF_ALLOC, SHF_WRITE, SHN_ABS, SHT_NOBITS, STT_FILE, STT_FUNC, STT_SECTION};
use object::read::elf::{ElfFile32, FileHeader, ProgramHeader, SectionHeader, Sym};
use object::{Endianness, SectionIndex};
use serde::{Deserialize, Serialize};
use std::fs;
use std::ops::Range;
use std::path::Path;

/// What is measured of a firmware image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Bytes of flash: all that is written to the chip.
    pub flash: u64,
    /// Bytes of RAM for static variables.
    pub ram: u64,
    /// The symbols in flash and RAM, the largest first.
    pub symbols: Vec<Symbol>,
}

/// A function or a variable of an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Symbol {
    /// The name as a reader writes it, without hashes.
    pub name: String,
    /// Bytes; zero for a mere label, an alias for instance.
    pub size: u64,
    /// Where it is in memory.
    pub address: u64,
    /// The section that it is in.
    pub section: String,
}

impl Symbol {
    /// A symbol of the given name, size, address and section.
    pub fn new(name: &str, size: u64, address: u64, section: &str) -> Self {
        Self { name: name.to_owned(), size, address, section: section.to_owned() }
    }
}

/// The contents of an image's memory, as far as the file has them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory(Vec<(u64, Vec<u8>)>);

impl Memory {
    /// A memory of pieces, each with its address.
    pub fn new(pieces: Vec<(u64, Vec<u8>)>) -> Self {
        Self(pieces)
    }

    /// Reads the image at `path`.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        let elf = Elf::parse(&*bytes).context("not a 32-bit ELF file, or a damaged one")?;
        let mut pieces = Vec::new();
        for (index, segment) in loaded_segments(&elf) {
            let data = segment.data(elf.endian(), &*bytes).ok();
            let data = data.with_context(|| format!("program header {index}: reaches beyond the end of the file"))?;
            pieces.push((segment.p_vaddr(elf.endian()).into(), data.to_vec()));
        }
        Ok(Self::new(pieces))
    }

    /// The two bytes at an address: an instruction, or half of one.
    pub fn half(&self, address: u64) -> Option<u16> {
        self.0.iter().find_map(|(start, bytes)| {
            let offset = usize::try_from(address.checked_sub(*start)?).ok()?;
            let (&half, _) = bytes.get(offset..)?.split_first_chunk()?;
            Some(u16::from_le_bytes(half))
        })
    }
}

pub(crate) type Elf<'data> = ElfFile32<'data, Endianness>;

impl Image {
    /// Reads the image at `path`.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        Self::parse(&bytes).with_context(|| format!("{} is not a firmware image to measure", path.display()))
    }

    /// Reads the bytes of an image. The errors say which part of the file they are about.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        let elf = parse(bytes)?;
        check_vector_table(&elf)?;
        Ok(Self { flash: flash(&elf, bytes)?, ram: ram(&elf)?, symbols: symbols(&elf)? })
    }
}

/// Reads the headers of an executable.
pub(crate) fn parse(bytes: &[u8]) -> Result<Elf<'_>> {
    let elf = Elf::parse(bytes).context("not a 32-bit ELF file, or a damaged one")?;
    ensure!(elf.elf_header().e_type(elf.endian()) == ET_EXEC, "ELF header: not an executable");
    Ok(elf)
}

/// An image that was linked without the runtime's linker script is small, well-formed and wrong.
fn check_vector_table(elf: &Elf) -> Result<()> {
    const REMEDY: &str = "it was linked without `-Tlink.x`; look at `rustflags` in .cargo/config.toml";
    let Some((_, section)) = elf.elf_section_table().section_by_name(elf.endian(), b".vector_table") else {
        bail!("no section `.vector_table`: {REMEDY}");
    };
    let data = section.data(elf.endian(), elf.data()).context("section `.vector_table`")?;
    // The initial stack pointer comes first, then the address that the chip starts at.
    let reset = data.get(4..8).context("section `.vector_table`: too short for a reset vector")?;
    ensure!(reset != [0; 4], "section `.vector_table`: the reset vector is zero: {REMEDY}");
    Ok(())
}

/// Flash is what the file holds of the loaded segments, by *physical* address: there the initial values of `.data`
/// count, which start-up code copies to RAM, and `.bss` does not. Every byte counts once.
pub(crate) fn flash(elf: &Elf, bytes: &[u8]) -> Result<u64> {
    let endian = elf.endian();
    let mut ranges: Vec<Range<u64>> = Vec::new();
    for (index, segment) in loaded_segments(elf) {
        let size: u64 = segment.p_filesz(endian).into();
        if size == 0 {
            continue;
        }
        let located = || format!("program header {index}");
        segment.data(endian, bytes).ok().context("reaches beyond the end of the file").with_context(located)?;
        // A linker may place the headers of the file itself before the first section, to fill a page.
        let holds_file_header = segment.p_offset(endian) == 0;
        ensure!(!holds_file_header, "program header {index}: loads the ELF header too; link with `--nmagic`");
        let start: u64 = segment.p_paddr(endian).into();
        ranges.push(start..start + size);
    }
    ensure!(!ranges.is_empty(), "program headers: nothing to load");
    ranges.sort_by_key(|range| range.start);
    let mut end = 0;
    let mut total = 0;
    for range in ranges {
        total += range.end.saturating_sub(range.start.max(end));
        end = end.max(range.end);
    }
    Ok(total)
}

/// RAM is the size of the allocated sections that live there. Three things tell them, none of which is the address,
/// which differs from chip to chip: the section is writable (`.data`), or has no bytes in the file (`.bss`,
/// `.uninit`), or is in a segment that runs elsewhere than it is stored (functions copied to RAM).
pub(crate) fn ram(elf: &Elf) -> Result<u64> {
    let endian = elf.endian();
    let mut total = 0;
    for section in elf.elf_section_table().iter() {
        if !section.sh_flags(endian).contains(SHF_ALLOC) {
            continue;
        }
        let writable = section.sh_flags(endian).contains(SHF_WRITE);
        let empty_in_file = section.sh_type(endian) == SHT_NOBITS;
        let size = u64::from(section.sh_size(endian));
        if writable || empty_in_file || is_copied(elf, section.sh_addr(endian).into(), size) {
            total += size;
        }
    }
    Ok(total)
}

pub(crate) fn is_copied(elf: &Elf, address: u64, size: u64) -> bool {
    let endian = elf.endian();
    loaded_segments(elf).any(|(_, segment)| {
        let start: u64 = segment.p_vaddr(endian).into();
        let end = start + u64::from(segment.p_memsz(endian));
        segment.p_vaddr(endian) != segment.p_paddr(endian) && start <= address && address + size <= end
    })
}

pub(crate) fn loaded_segments<'data>(
    elf: &Elf<'data>,
) -> impl Iterator<Item = (usize, &'data object::elf::ProgramHeader32<Endianness>)> {
    let endian = elf.endian();
    elf.elf_program_headers().iter().enumerate().filter(move |(_, segment)| segment.p_type(endian) == PT_LOAD)
}

fn symbols(elf: &Elf) -> Result<Vec<Symbol>> {
    let endian = elf.endian();
    let sections = elf.elf_section_table();
    let table = elf.elf_symbol_table();
    // Without names nothing could be found forbidden, and every image would pass.
    ensure!(!table.is_empty(), "no symbol table: build without `strip`");
    let mut symbols = Vec::new();
    for (index, symbol) in table.enumerate() {
        let located = || format!("symbol {}", index.0);
        if symbol.is_undefined(endian) || symbol.st_shndx(endian) == SHN_ABS {
            continue;
        }
        let kind = symbol.st_type();
        let name = symbol.name(endian, table.strings()).with_context(located)?;
        // `$t`, `$d` and their like tell code from data for a disassembler, and are no symbols of the program.
        if kind == STT_FILE || kind == STT_SECTION || name.is_empty() || name.starts_with(b"$") {
            continue;
        }
        let Some(section) = table.symbol_section(endian, symbol, index).with_context(located)? else {
            continue;
        };
        let section: SectionIndex = section;
        let section = sections.section(section).with_context(located)?;
        if !section.sh_flags(endian).contains(SHF_ALLOC) {
            continue;
        }
        let section = sections.section_name(endian, section).with_context(located)?;
        let name = String::from_utf8_lossy(name);
        // The lowest bit of a function's address only says that it is Thumb code.
        let address = u64::from(symbol.st_value(endian)) & if kind == STT_FUNC { !1 } else { !0 };
        symbols.push(Symbol {
            name: format!("{:#}", rustc_demangle::demangle(&name)),
            size: symbol.st_size(endian).into(),
            address,
            section: String::from_utf8_lossy(section).into_owned(),
        });
    }
    // The same image must always give the same report, whatever order the linker wrote its symbols in.
    symbols.sort_by(|a, b| (b.size, a.address, &a.name).cmp(&(a.size, b.address, &b.name)));
    Ok(symbols)
}

#[cfg(test)]
mod tests;
