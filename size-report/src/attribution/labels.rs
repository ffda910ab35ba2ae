//! Gives each address its label.

use super::layout::{Section, Span};
use super::origins::{Item, Origins};
use super::places::{NO_CRATE, Places};
use super::ranges::Ranges;
use super::references::References;
use super::symbols::{Symbol, Symbols};
use super::{Kind, Memory, Parts, Piece, Row};
use crate::elf::Elf;
use anyhow::Result;
use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

/// What is in brackets belongs to no symbol.
const PADDING: &str = "[padding]";
const VECTORS: &str = "[vector table]";

/// All that is known of an image's addresses.
pub(crate) struct Labels<'a> {
    pub(crate) symbols: Symbols,
    pub(crate) origins: Origins,
    pub(crate) references: References,
    /// Of constants without a name, where the first thing is that refers to them.
    users: Ranges<u64>,
    parts: &'a Parts,
    /// The names of crates, by how Rust spells them.
    crates: BTreeMap<String, String>,
}

impl<'a> Labels<'a> {
    pub(crate) fn new(elf: &Elf, sections: &[Section], places: &mut Places, parts: &'a Parts) -> Result<Self> {
        let symbols = Symbols::read(elf, sections)?;
        let origins = Origins::read(elf, sections, places)?;
        let references = References::read(sections, &symbols);
        let users = users(sections, &symbols, &references);
        Ok(Self { symbols, origins, references, users, parts, crates: places.crates() })
    }

    /// Divides a span into pieces with one label each.
    pub(crate) fn divide(&self, span: &Span, pieces: &mut Vec<Piece>) {
        let mut at = span.addresses.start;
        while at < span.addresses.end {
            let (mut row, end) = match span.section {
                Some(section) => self.label(span, section, at),
                None => (nobody(span.memory, Kind::Padding, PADDING), u64::MAX),
            };
            let end = end.clamp(at + 1, span.addresses.end);
            row.bytes = end - at;
            row.part = row.part.or_else(|| self.parts.find(&row.symbol).map(str::to_owned));
            pieces.push(Piece { addresses: at..end, row });
            at = end;
        }
    }

    /// The label of an address, and where another one may begin.
    fn label(&self, span: &Span, section: &Section, at: u64) -> (Row, u64) {
        let (kind, kind_end) = self.kind(section, at);
        let (owner, owner_end) = self.symbols.owners.at(at);
        let (user, user_end) = self.user(kind, owner.is_some(), at);
        let end = span.addresses.end.min(kind_end).min(owner_end).min(user_end);
        let owner = owner.or_else(|| self.symbols.owners.get(user?)).or_else(|| self.before(section, at..end));
        let Some(owner) = owner else { return (unowned(section, span.memory, kind, at..end), end) };
        let (row, origin_end) = self.owned(span.memory, kind, owner, user.unwrap_or(at));
        // Whoever uses it is elsewhere, and so is where that ends.
        (row, if user.is_some() { end } else { end.min(origin_end) })
    }

    fn kind(&self, section: &Section, at: u64) -> (Kind, u64) {
        let kind = if section.name.contains("vector") {
            Kind::Vectors
        } else if section.is_code {
            let (data, end) = self.symbols.data.at(at);
            let is_constant = || self.symbols.owners.get(at).is_none() && self.users.get(at).is_some();
            return match data {
                Some(true) if is_constant() => (Kind::Constants, end),
                Some(true) => (Kind::Pool, end),
                _ => (Kind::Code, end),
            };
        } else if section.is_empty {
            Kind::Bss
        } else if section.is_writable {
            Kind::Data
        } else {
            Kind::Constants
        };
        (kind, u64::MAX)
    }

    /// The instruction that bytes are there for: of a literal who loads it, of a constant without a name who refers to it.
    fn user(&self, kind: Kind, has_owner: bool, at: u64) -> (Option<u64>, u64) {
        match kind {
            Kind::Pool => {
                let literals = &self.references.literals;
                let next = literals.range(at + 1..).next().map_or(u64::MAX, |(&start, _)| start);
                match literals.range(..=at).next_back() {
                    Some((start, loaded_at)) if at < start + 4 => (Some(*loaded_at), next.min(start + 4)),
                    _ => (None, next),
                }
            }
            Kind::Constants if !has_owner => {
                let (user, end) = self.users.at(at);
                (user.copied(), end)
            }
            _ => (None, u64::MAX),
        }
    }

    /// Assembly may leave its literals out of a function's size: what follows a function and is no filler, is its.
    fn before(&self, section: &Section, addresses: Range<u64>) -> Option<&Rc<Symbol>> {
        if !section.is_code || is_filler(section.bytes(&addresses)) {
            return None;
        }
        let (_, owner) = self.symbols.owners.before(addresses.start)?;
        section.addresses.contains(&owner.address).then_some(owner)
    }

    /// The label of bytes that belong to a symbol, and come from the code or the variable at `from`.
    fn owned(&self, memory: Memory, kind: Kind, owner: &Symbol, from: u64) -> (Row, u64) {
        let (origin, mut end) = self.origins.functions.at(from);
        let mut spec = None;
        if let Some(origin) = origin {
            let spec_end;
            (spec, spec_end) = self.origins.spec(origin, from);
            end = end.min(spec_end);
        }
        let item = origin.map(|origin| &origin.function).or_else(|| self.origins.variables.get(&owner.address));
        let place = item.and_then(|item| item.place.as_ref());
        let crate_name = place.map_or_else(|| self.crate_of(&owner.name), |place| place.crate_name.clone());
        let user = origin.map(|origin| &origin.user).or(item).and_then(|item| item.place.as_ref());
        let part = match user {
            Some(place) => self.parts.find(&place.path),
            None => self.parts.find(&owner.name).or_else(|| self.parts.find(&crate_name)),
        };
        let row = Row {
            bytes: 0,
            memory,
            kind,
            symbol: owner.name.clone(),
            origin: origin.map_or(&owner.name, |origin| name(&origin.function, owner)).clone(),
            crate_name,
            file: place.map(|place| place.file.clone()),
            line: item.and_then(|item| item.line),
            part: part.map(str::to_owned),
            spec,
        };
        (row, end)
    }

    /// Without a file there is only the path in a symbol's name to go by.
    fn crate_of(&self, symbol: &str) -> String {
        let path = symbol.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '_');
        let Some((first, _)) = path.split_once("::") else { return NO_CRATE.to_owned() };
        self.crates.get(first).map_or(first, String::as_str).to_owned()
    }
}

fn name<'a>(function: &'a Item, owner: &'a Symbol) -> &'a String {
    if function.name.is_empty() { &owner.name } else { &function.name }
}

fn nobody(memory: Memory, kind: Kind, name: &str) -> Row {
    Row {
        bytes: 0,
        memory,
        kind,
        symbol: name.to_owned(),
        origin: name.to_owned(),
        crate_name: name.to_owned(),
        file: None,
        line: None,
        part: None,
        spec: None,
    }
}

/// The label of bytes that belong to no symbol.
fn unowned(section: &Section, memory: Memory, kind: Kind, addresses: Range<u64>) -> Row {
    let aligns = match kind {
        Kind::Vectors => return nobody(memory, kind, VECTORS),
        // What a variable without initial value is aligned with is not in the file.
        Kind::Bss => addresses.end - addresses.start < 8,
        _ => is_filler(section.bytes(&addresses)),
    };
    match kind {
        _ if aligns => nobody(memory, Kind::Padding, PADDING),
        Kind::Code | Kind::Pool => nobody(memory, Kind::Unknown, &format!("[{}]", section.name)),
        kind => nobody(memory, kind, &format!("[{}]", section.name)),
    }
}

/// Whether so few bytes of one value are there to align what follows: zeros, `nop`s, or what linkers trap with.
fn is_filler(bytes: &[u8]) -> bool {
    const FILLERS: [[u8; 2]; 5] = [[0, 0], [0xFF, 0xFF], [0x00, 0xBF], [0xC0, 0x46], [0xD4, 0xD4]];
    let is = |filler: &[u8; 2]| bytes.chunks(2).all(|chunk| filler.starts_with(chunk));
    bytes.len() < 32 && FILLERS.iter().any(is)
}

/// Who refers first to the constants that have no name. A constant goes on to the next one that something refers to.
fn users(sections: &[Section], symbols: &Symbols, references: &References) -> Ranges<u64> {
    // Some linker scripts put constants behind the code, into one section.
    let holds = |section: &Section, address: u64| {
        section.addresses.contains(&address)
            && (section.is_constant() || section.is_code && symbols.data.get(address) == Some(&true))
    };
    let is_nameless =
        |address| symbols.owners.get(address).is_none() && sections.iter().any(|section| holds(section, address));
    let mut users: BTreeMap<u64, u64> = BTreeMap::new();
    for reference in references.targets.iter().filter(|reference| is_nameless(reference.to)) {
        users.entry(reference.to).or_insert(reference.from);
    }
    // Constants and variables refer to constants, too: an array of strings to each of them. Few go deeper than this.
    for _ in 0..4 {
        let mut found = BTreeMap::new();
        for section in sections.iter().filter(|section| !section.is_code && !section.is_empty) {
            for (at, to) in section.words().filter(|(_, to)| is_nameless(*to) && !users.contains_key(to)) {
                let user = match symbols.owners.get(at) {
                    Some(_) => Some(at),
                    None => users.range(section.addresses.start..=at).next_back().map(|(_, &user)| user),
                };
                found.extend(user.map(|user| (to, user)));
            }
        }
        users.append(&mut found);
    }
    let mut ranges = Ranges::default();
    for section in sections {
        let mut end = section.addresses.end;
        for (&start, &user) in users.range(section.addresses.clone()).rev() {
            ranges.paint(start..end, user);
            end = start;
        }
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_behind_the_code_belong_to_who_refers_to_them() {
        // ldr r0, [pc, #0]; bx lr; .word 0x108; and at 0x108, without a symbol, a text
        let data = *b"\x00\x48\x70\x47\x08\x01\x00\x00a text, y";
        let section = Section {
            name: ".text".to_owned(),
            addresses: 0x100..0x100 + data.len() as u64,
            data: &data,
            is_code: true,
            is_writable: false,
            is_empty: false,
        };
        let mut symbols = Symbols::default();
        symbols.owners.paint(0x100..0x108, Rc::new(Symbol { name: "text_of".to_owned(), address: 0x100 }));
        symbols.data.paint(0x104..section.addresses.end, true);
        let sections = [section];
        let references = References::read(&sections, &symbols);
        let users = users(&sections, &symbols, &references);
        let (origins, crates, parts) = Default::default();
        let labels = Labels { symbols, origins, references, users, parts: &parts, crates };
        let mut pieces = Vec::new();
        let addresses = sections[0].addresses.clone();
        labels.divide(&Span { memory: Memory::Flash, addresses, section: Some(&sections[0]) }, &mut pieces);
        let pieces: Vec<_> =
            pieces.iter().map(|piece| (piece.row.bytes, piece.row.kind, piece.row.symbol.as_str())).collect();
        let expected = [(4, Kind::Code, "text_of"), (4, Kind::Pool, "text_of"), (9, Kind::Constants, "text_of")];
        assert_eq!(pieces, expected);
    }

    #[test]
    fn fillers_are_short_and_of_one_kind() {
        for filler in [&[0, 0, 0][..], &[0xC0, 0x46], &[0xD4, 0xD4, 0xD4, 0xD4], &[0], &[]] {
            assert!(is_filler(filler), "{filler:?}");
        }
        assert!(!is_filler(&[0x46, 0xC0]) && !is_filler(&[0, 1]) && !is_filler(&[0; 32]));
    }
}
