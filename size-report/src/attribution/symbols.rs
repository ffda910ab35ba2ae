//! Which function or variable each address belongs to, and which bytes among instructions are data.

use super::layout::Section;
use super::ranges::Ranges;
use crate::elf::Elf;
use anyhow::{Context, Result, ensure};
use object::elf::{SHN_ABS, STT_FILE, STT_FUNC, STT_NOTYPE, STT_SECTION};
use object::read::elf::Sym;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

/// A function or a variable.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Symbol {
    /// Its readable name; several where they are one and the same bytes.
    pub(crate) name: String,
    pub(crate) address: u64,
}

/// What the symbol table says of addresses.
#[derive(Debug, Default)]
pub(crate) struct Symbols {
    /// The symbol of each address, the innermost one.
    pub(crate) owners: Ranges<Rc<Symbol>>,
    /// Whether an address among instructions has data.
    pub(crate) data: Ranges<bool>,
}

struct Entry {
    name: String,
    address: u64,
    size: u64,
    is_function: bool,
}

impl Symbols {
    pub(crate) fn read(elf: &Elf, sections: &[Section]) -> Result<Self> {
        let endian = elf.endian();
        let table = elf.elf_symbol_table();
        // Without names there is no one to attribute bytes to.
        ensure!(!table.is_empty(), "no symbol table: build without `strip`");
        let mut entries = Vec::new();
        let mut marks = BTreeMap::new();
        for (index, symbol) in table.enumerate() {
            let kind = symbol.st_type();
            if symbol.is_undefined(endian) || symbol.st_shndx(endian) == SHN_ABS {
                continue;
            }
            let name = symbol.name(endian, table.strings()).with_context(|| format!("symbol {}", index.0))?;
            let address = u64::from(symbol.st_value(endian));
            match name {
                [b'$', kind @ (b't' | b'a' | b'd')] | [b'$', kind @ (b't' | b'a' | b'd'), b'.', ..] => {
                    marks.insert(address, *kind == b'd');
                }
                [] | [b'$', ..] => {}
                _ if kind == STT_FILE || kind == STT_SECTION => {}
                _ => entries.push(Entry {
                    name: String::from_utf8_lossy(name).into_owned(),
                    // The lowest bit of a function's address only says that it is Thumb code.
                    address: address & if kind == STT_FUNC { !1 } else { !0 },
                    size: symbol.st_size(endian).into(),
                    is_function: kind == STT_FUNC || kind == STT_NOTYPE,
                }),
            }
        }
        let mut symbols = Self::default();
        for section in sections {
            symbols.paint_sized(&entries, section);
            if section.is_code {
                symbols.paint_labels(&entries, section);
                symbols.paint_data(&marks, section);
            }
        }
        Ok(symbols)
    }

    /// Symbols that say how large they are. One within another one hides it there.
    fn paint_sized(&mut self, entries: &[Entry], section: &Section) {
        let mut names: BTreeMap<(u64, Reverse<u64>), Vec<&str>> = BTreeMap::new();
        for entry in entries.iter().filter(|entry| entry.size > 0 && section.addresses.contains(&entry.address)) {
            names.entry((entry.address, Reverse(entry.size))).or_default().push(&entry.name);
        }
        for ((address, Reverse(size)), names) in names {
            let end = address.saturating_add(size).min(section.addresses.end);
            self.paint(address..end, names);
        }
    }

    /// Assembly often does not say how large a function is: it goes on to the next one.
    fn paint_labels(&mut self, entries: &[Entry], section: &Section) {
        let is_label = |entry: &&Entry| entry.is_function && entry.size == 0;
        let mut names: BTreeMap<u64, Vec<&str>> = BTreeMap::new();
        for entry in entries.iter().filter(is_label).filter(|entry| section.addresses.contains(&entry.address)) {
            names.entry(entry.address).or_default().push(&entry.name);
        }
        let mut end = section.addresses.end;
        for (address, names) in names.into_iter().rev() {
            if let (None, owned) = self.owners.at(address) {
                self.paint(address..end.min(owned), names);
            }
            end = address;
        }
    }

    fn paint(&mut self, addresses: Range<u64>, mut names: Vec<&str>) {
        names.sort_unstable();
        names.dedup();
        let readable: Vec<String> = names.iter().map(|name| demangled(name)).collect();
        let symbol = Symbol { name: readable.join(" = "), address: addresses.start };
        self.owners.paint(addresses, Rc::new(symbol));
    }

    /// From one `$t` or `$d` to the next it is the one or the other.
    fn paint_data(&mut self, marks: &BTreeMap<u64, bool>, section: &Section) {
        let mut end = section.addresses.end;
        for (&address, &is_data) in marks.range(section.addresses.clone()).rev() {
            self.data.paint(address..end, is_data);
            end = address;
        }
    }
}

/// The name as a reader writes it, without hashes.
pub(crate) fn demangled(name: &str) -> String {
    format!("{:#}", rustc_demangle::demangle(name))
}
