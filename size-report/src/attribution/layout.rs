//! Which addresses an image takes in flash and in RAM.

use super::Memory;
use crate::elf::{self, Elf};
use anyhow::{Context, Result};
use object::elf::{SHF_ALLOC, SHF_EXECINSTR, SHF_WRITE, SHT_NOBITS};
use object::read::elf::{ProgramHeader, SectionHeader};
use std::ops::Range;

/// A section of the program.
#[derive(Debug)]
pub(crate) struct Section<'data> {
    pub(crate) name: String,
    /// Where it is when the program runs.
    pub(crate) addresses: Range<u64>,
    /// What the file has of it.
    pub(crate) data: &'data [u8],
    pub(crate) is_code: bool,
    pub(crate) is_writable: bool,
    /// It begins as zeros, or as anything: the file has nothing of it.
    pub(crate) is_empty: bool,
}

impl Section<'_> {
    /// Whether it has constants alone.
    pub(crate) fn is_constant(&self) -> bool {
        !self.is_code && !self.is_writable && !self.is_empty
    }

    /// What the file has of these addresses.
    pub(crate) fn bytes(&self, addresses: &Range<u64>) -> &[u8] {
        let offset = |address: u64| usize::try_from(address.saturating_sub(self.addresses.start)).unwrap_or(usize::MAX);
        self.data.get(offset(addresses.start)..offset(addresses.end)).unwrap_or_default()
    }

    /// The words at addresses that are multiples of four.
    pub(crate) fn words(&self) -> impl Iterator<Item = (u64, u64)> {
        let start = self.addresses.start.next_multiple_of(4);
        let words = self.bytes(&(start..self.addresses.end)).chunks_exact(4);
        let value = |word: &[u8]| word.iter().rev().fold(0, |value, &byte| value << 8 | u64::from(byte));
        (start..).step_by(4).zip(words.map(value))
    }
}

/// Bytes of a memory, by the addresses that they have when the program runs.
#[derive(Debug)]
pub(crate) struct Span<'a> {
    pub(crate) memory: Memory,
    pub(crate) addresses: Range<u64>,
    /// None: between sections.
    pub(crate) section: Option<&'a Section<'a>>,
}

/// The sections of the program, by their addresses.
pub(crate) fn sections<'data>(elf: &Elf<'data>) -> Result<Vec<Section<'data>>> {
    let endian = elf.endian();
    let table = elf.elf_section_table();
    let mut sections = Vec::new();
    for (index, section) in table.iter().enumerate() {
        let flags = section.sh_flags(endian);
        if !flags.contains(SHF_ALLOC) || section.sh_size(endian) == 0 {
            continue;
        }
        let located = || format!("section {index}");
        let start = u64::from(section.sh_addr(endian));
        sections.push(Section {
            name: String::from_utf8_lossy(table.section_name(endian, section).with_context(located)?).into_owned(),
            addresses: start..start + u64::from(section.sh_size(endian)),
            data: section.data(endian, elf.data()).with_context(located)?,
            is_code: flags.contains(SHF_EXECINSTR),
            is_writable: flags.contains(SHF_WRITE),
            is_empty: section.sh_type(endian) == SHT_NOBITS,
        });
    }
    sections.sort_by_key(|section| section.addresses.start);
    Ok(sections)
}

/// The bytes of both memories: each of flash once, and each of RAM.
pub(crate) fn spans<'a>(elf: &Elf, sections: &'a [Section<'a>]) -> Vec<Span<'a>> {
    let endian = elf.endian();
    let mut spans = Vec::new();
    let mut segments: Vec<_> = elf::loaded_segments(elf).map(|(_, segment)| segment).collect();
    segments.sort_by_key(|segment| segment.p_paddr(endian));
    let mut stored_up_to = 0;
    for segment in segments {
        let stored = u64::from(segment.p_paddr(endian));
        let end = stored + u64::from(segment.p_filesz(endian));
        // Where segments overlap, the first one has the bytes.
        let first = stored.max(stored_up_to).min(end);
        stored_up_to = stored_up_to.max(end);
        let runs = u64::from(segment.p_vaddr(endian));
        divide(runs + (first - stored)..runs + (end - stored), sections, &mut spans);
    }
    let in_ram = sections.iter().filter(|section| {
        let Range { start, end } = section.addresses;
        section.is_writable || section.is_empty || elf::is_copied(elf, start, end - start)
    });
    spans.extend(in_ram.map(|section| Span {
        memory: Memory::Ram,
        addresses: section.addresses.clone(),
        section: Some(section),
    }));
    spans
}

/// Bytes of flash, section by section.
fn divide<'a>(addresses: Range<u64>, sections: &'a [Section<'a>], spans: &mut Vec<Span<'a>>) {
    let mut add = |addresses: Range<u64>, section| {
        if !addresses.is_empty() {
            spans.push(Span { memory: Memory::Flash, addresses, section });
        }
    };
    let mut at = addresses.start;
    for section in sections.iter().filter(|section| !section.is_empty) {
        let start = section.addresses.start.clamp(at, addresses.end);
        let end = section.addresses.end.clamp(start, addresses.end);
        if start < end {
            add(at..start, None);
            add(start..end, Some(section));
            at = end;
        }
    }
    add(at..addresses.end, None);
}
