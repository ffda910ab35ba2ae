//! The code of an image: its functions, what is in its memory, and where the chip starts executing.

use anyhow::{Context, Result, ensure};
use object::elf::{EM_ARM, SHF_ALLOC, SHF_WRITE};
use object::read::elf::{ElfFile32, FileHeader};
use object::{Endianness, Object, ObjectSection, ObjectSymbol, SectionFlags, SymbolKind};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::Range;
use std::path::Path;

/// The sections that runtimes keep the vector table in: cortex-m-rt, and what is customary in C.
const VECTOR_TABLES: [&str; 4] = [".vector_table", ".isr_vector", ".vectors", ".vector"];

/// The exceptions of a Cortex-M0, by their place in the vector table.
const EXCEPTIONS: [(usize, &str); 6] =
    [(1, "Reset"), (2, "NMI"), (3, "HardFault"), (11, "SVCall"), (14, "PendSV"), (15, "SysTick")];

/// Interrupts follow the exceptions.
const FIRST_INTERRUPT: usize = 16;

/// A function, or a part of one that is called by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// Its readable name.
    pub name: String,
    /// The addresses of its code.
    pub range: Range<u32>,
}

/// A piece of memory.
#[derive(Clone, Debug)]
struct Piece {
    start: u32,
    bytes: Vec<u8>,
    is_constant: bool,
    is_vector_table: bool,
}

/// The code of an image.
#[derive(Clone, Debug)]
pub struct Program {
    functions: BTreeMap<u32, Function>,
    memory: Vec<Piece>,
    /// From each of these addresses to the next one there is code (true) or data within code.
    kinds: BTreeMap<u32, bool>,
}

impl Program {
    /// Reads the image at `path`.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        Self::parse(&bytes).with_context(|| format!("{} has no code to follow", path.display()))
    }

    /// Reads the bytes of an image.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        let elf = ElfFile32::<Endianness>::parse(bytes).context("not a 32-bit ELF file, or a damaged one")?;
        ensure!(elf.elf_header().e_machine(elf.endian()) == EM_ARM, "ELF header: not for an Arm core");
        let mut memory = Vec::new();
        let mut ends = BTreeMap::new();
        for section in elf.sections() {
            let SectionFlags::Elf { sh_flags, .. } = section.flags() else { continue };
            if !sh_flags.contains(SHF_ALLOC) || section.size() == 0 {
                continue;
            }
            let name = section.name().unwrap_or_default().to_owned();
            let start = address(section.address())?;
            let located = || format!("section `{name}`");
            let bytes = section.data().with_context(located)?.to_vec();
            let end = start.checked_add(address(section.size())?).with_context(located)?;
            ends.insert(section.index().0, end);
            memory.push(Piece {
                start,
                bytes,
                is_constant: !sh_flags.contains(SHF_WRITE),
                is_vector_table: VECTOR_TABLES.contains(&name.as_str()),
            });
        }
        memory.sort_by_key(|piece| piece.start);

        let mut kinds = BTreeMap::new();
        let mut functions: BTreeMap<u32, Function> = BTreeMap::new();
        // Aliases have one address: the first by size and name stands for all.
        let mut symbols: Vec<_> = elf.symbols().filter(|symbol| !symbol.is_undefined()).collect();
        symbols.sort_by_key(|symbol| (std::cmp::Reverse(symbol.size()), symbol.name_bytes().unwrap_or_default()));
        for symbol in &symbols {
            // Debugging information has symbols that tell code from data, too.
            let Some(&section_end) = symbol.section_index().and_then(|index| ends.get(&index.0)) else { continue };
            let name = String::from_utf8_lossy(symbol.name_bytes().unwrap_or_default());
            let start = address(symbol.address())? & !1;
            match name.split('.').next() {
                Some("$t") => _ = kinds.insert(start, true),
                Some("$d") => _ = kinds.entry(start).or_insert(false),
                _ => {}
            }
            if symbol.kind() != SymbolKind::Text || name.starts_with('$') {
                continue;
            }
            let size = address(symbol.size())?;
            // Assembly may leave the size out: then a function goes on to the next one, which is seen below.
            let end = if size == 0 { section_end } else { start.saturating_add(size).min(section_end) };
            let name = format!("{:#}", rustc_demangle::demangle(&name));
            functions.entry(start).or_insert(Function { name, range: start..end });
        }
        ensure!(!functions.is_empty(), "no symbols of functions: build without `strip`");
        let starts: Vec<u32> = functions.keys().copied().collect();
        for pair in starts.windows(2) {
            if let [start, next] = *pair
                && let Some(function) = functions.get_mut(&start)
            {
                function.range.end = function.range.end.min(next);
            }
        }
        Ok(Self { functions, memory, kinds })
    }

    /// The functions, by address.
    pub fn functions(&self) -> impl Iterator<Item = &Function> {
        self.functions.values()
    }

    /// The function that `address` is in.
    pub fn containing(&self, address: u32) -> Option<&Function> {
        let (_, function) = self.functions.range(..=address).next_back()?;
        function.range.contains(&address).then_some(function)
    }

    /// The function that begins at `address`, or the rest of the one that `address` is in.
    pub fn function(&self, address: u32) -> Option<Function> {
        let function = self.containing(address)?;
        let offset = address - function.range.start;
        let name = if offset == 0 { function.name.clone() } else { format!("{}+{offset:#x}", function.name) };
        Some(Function { name, range: address..function.range.end })
    }

    /// Whether a function begins at `address`.
    pub fn is_start(&self, address: u32) -> bool {
        self.functions.contains_key(&address)
    }

    /// Whether there is code at `address`, and not a table or a constant.
    pub fn is_code(&self, address: u32) -> bool {
        self.kinds.range(..=address).next_back().is_none_or(|(_, is_code)| *is_code)
    }

    /// Two bytes of memory.
    pub fn half(&self, address: u32) -> Option<u16> {
        let (piece, offset) = self.piece(address)?;
        let (&half, _) = piece.bytes.get(offset..)?.split_first_chunk()?;
        Some(u16::from_le_bytes(half))
    }

    /// Four bytes of memory that nothing changes.
    pub fn constant(&self, address: u32) -> Option<u32> {
        let (piece, offset) = self.piece(address)?;
        let (&word, _) = piece.bytes.get(offset..)?.split_first_chunk()?;
        piece.is_constant.then(|| u32::from_le_bytes(word))
    }

    fn piece(&self, address: u32) -> Option<(&Piece, usize)> {
        let index = self.memory.partition_point(|piece| piece.start <= address).checked_sub(1)?;
        let piece = self.memory.get(index)?;
        Some((piece, usize::try_from(address - piece.start).ok()?))
    }

    /// The functions whose addresses are somewhere in memory, other than in the vector table: what a pointer may point at.
    pub fn taken(&self) -> BTreeSet<u32> {
        let pieces = self.memory.iter().filter(|piece| !piece.is_vector_table);
        let words = pieces.flat_map(|piece| {
            let misaligned = piece.start.wrapping_neg() as usize % 4;
            piece.bytes.get(misaligned..).unwrap_or_default().as_chunks().0
        });
        let pointers = words.map(|word| u32::from_le_bytes(*word)).filter(|word| word & 1 == 1);
        pointers.map(|pointer| pointer & !1).filter(|address| self.is_start(*address)).collect()
    }

    /// The functions that the chip calls, each with the names of its places in the vector table, if there is one.
    pub fn vectors(&self) -> BTreeMap<u32, Vec<String>> {
        let table = self.memory.iter().find(|piece| piece.is_vector_table);
        let words = table.map_or(&[][..], |table| table.bytes.as_chunks().0);
        let mut vectors: BTreeMap<u32, Vec<String>> = BTreeMap::new();
        for (index, word) in words.iter().enumerate().skip(1) {
            let address = u32::from_le_bytes(*word) & !1;
            // Reserved places hold zero.
            if address == 0 || self.function(address).is_none() {
                continue;
            }
            let name = match EXCEPTIONS.iter().find(|(place, _)| *place == index) {
                Some((_, name)) => (*name).to_owned(),
                None if index >= FIRST_INTERRUPT => format!("interrupt {}", index - FIRST_INTERRUPT),
                None => format!("vector {index}"),
            };
            vectors.entry(address).or_default().push(name);
        }
        vectors
    }
}

fn address(value: u64) -> Result<u32> {
    u32::try_from(value).context("an address of more than 32 bits")
}

#[cfg(test)]
impl Program {
    /// Functions one after the other from 0x100 on, of halves of instructions; with vectors, and pointers in memory.
    pub(super) fn of(functions: &[(&str, &[u16])], vectors: &[u32], pointers: &[u32]) -> Self {
        let mut program = Self { functions: BTreeMap::new(), memory: Vec::new(), kinds: BTreeMap::new() };
        let piece = |start, bytes: Vec<u8>, is_vector_table| Piece { start, bytes, is_constant: true, is_vector_table };
        let words = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect();
        program.memory.push(piece(0, words(vectors), true));
        let mut start = 0x100;
        for (name, code) in functions {
            let bytes: Vec<u8> = code.iter().flat_map(|half| half.to_le_bytes()).collect();
            let end = start + u32::try_from(bytes.len()).unwrap();
            program.functions.insert(start, Function { name: (*name).to_owned(), range: start..end });
            program.memory.push(piece(start, bytes, false));
            start = end.next_multiple_of(4);
        }
        program.memory.push(piece(0x8000, words(pointers), false));
        program
    }
}
