//! Who refers to what: the calls of the code, and the addresses that it loads.

use super::layout::Section;
use super::symbols::Symbols;
use std::collections::BTreeMap;

/// What instructions refer to.
#[derive(Debug, Default)]
pub(crate) struct References {
    /// The words among instructions, by their addresses, and the first instruction that loads each.
    pub(crate) literals: BTreeMap<u64, u64>,
    /// Instructions, and the addresses that they compute, load or jump to.
    pub(crate) targets: Vec<Reference>,
}

/// An instruction that refers to an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    pub(crate) from: u64,
    pub(crate) to: u64,
}

/// What an instruction does, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Instruction {
    /// Loads the word at an address.
    Load(u64),
    /// Computes or jumps to an address.
    Address(u64),
    /// `movw`: the lower half of a register.
    Lower(u8, u16),
    /// `movt`: the upper half.
    Upper(u8, u16),
    /// Anything else.
    Other,
}

impl References {
    /// Reads the instructions of all sections.
    pub(crate) fn read(sections: &[Section], symbols: &Symbols) -> Self {
        let mut references = Self::default();
        for section in sections.iter().filter(|section| section.is_code) {
            references.read_section(section, symbols);
        }
        references
    }

    fn read_section(&mut self, section: &Section, symbols: &Symbols) {
        let start = section.addresses.start;
        let byte = |address: u64| section.data.get(usize::try_from(address.checked_sub(start)?).ok()?..);
        let half = |address| Some(u16::from_le_bytes(*byte(address)?.first_chunk()?));
        let word = |address| Some(u32::from_le_bytes(*byte(address)?.first_chunk()?).into());
        // The lower halves that registers have, since the start of the function.
        let mut lower = [None; 16];
        let mut at = start;
        while let Some(first) = half(at) {
            let (is_data, end) = symbols.data.at(at);
            if is_data == Some(&true) {
                at = end;
                continue;
            }
            let is_long = first >> 11 > 0b11100;
            let code = [first, if is_long { half(at + 2).unwrap_or_default() } else { 0 }];
            let mut add = |to| self.targets.push(Reference { from: at, to });
            match decode(code, at) {
                Instruction::Load(from) => {
                    if let Some(value) = word(from) {
                        add(value);
                        self.literals.entry(from).or_insert(at);
                    }
                }
                Instruction::Address(to) => add(to),
                Instruction::Lower(register, value) => lower[usize::from(register)] = Some(value),
                Instruction::Upper(register, value) => {
                    if let Some(lower) = lower[usize::from(register)] {
                        add(u64::from(value) << 16 | u64::from(lower));
                    }
                }
                Instruction::Other => {}
            }
            at += if is_long { 4 } else { 2 };
        }
    }
}

/// The instruction at an address. Those of Cortex-M0 and those of larger ones; 16 bits, or 32 as two halves.
fn decode(code: [u16; 2], at: u64) -> Instruction {
    let [first, second] = code.map(u64::from);
    let base = (at + 4) & !3;
    let register = (second >> 8 & 0xF) as u8;
    // The parts of a 16-bit constant in `movw` and `movt`.
    let constant = || ((first & 0xF) << 12 | (first >> 10 & 1) << 11 | (second >> 12 & 7) << 8 | second & 0xFF) as u16;
    match first {
        0x4800..=0x4FFF => Instruction::Load(base + (first & 0xFF) * 4),
        0xA000..=0xA7FF => Instruction::Address(base + (first & 0xFF) * 4),
        // b: 11 bits and a sign
        0xE000..=0xE7FF => Instruction::Address(jump(at, (first & 0x7FF) << 1, 12)),
        0xF8DF => Instruction::Load(base + (second & 0xFFF)),
        0xF85F => Instruction::Load(base.saturating_sub(second & 0xFFF)),
        _ if first & 0xFBF0 == 0xF240 && second & 0x8000 == 0 => Instruction::Lower(register, constant()),
        _ if first & 0xFBF0 == 0xF2C0 && second & 0x8000 == 0 => Instruction::Upper(register, constant()),
        // bl and b.w: two bits are stored as their difference from the sign
        0xF000..=0xF7FF if second & 0x9000 == 0x9000 => {
            let sign = first >> 10 & 1;
            let bit = |bit: u64| (second >> bit & 1) ^ sign ^ 1;
            let offset = sign << 24 | bit(13) << 23 | bit(11) << 22 | (first & 0x3FF) << 12 | (second & 0x7FF) << 1;
            Instruction::Address(jump(at, offset, 25))
        }
        _ => Instruction::Other,
    }
}

/// Where a jump of so many bits goes, the first of which is the sign.
fn jump(at: u64, offset: u64, bits: u32) -> u64 {
    let offset = (offset as i64) << (64 - bits) >> (64 - bits);
    (at + 4).wrapping_add_signed(offset) & 0xFFFF_FFFF
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(data: &[u8]) -> Section<'_> {
        Section {
            name: ".text".to_owned(),
            addresses: 0x100..0x100 + data.len() as u64,
            data,
            is_code: true,
            is_writable: false,
            is_empty: false,
        }
    }

    #[test]
    fn instructions_of_both_lengths_are_read() {
        let cases = [
            ([0x4901, 0], Instruction::Load(0x108)),           // ldr r1, [pc, #4]
            ([0xA002, 0], Instruction::Address(0x10C)),        // adr r0, #8
            ([0xE7FE, 0], Instruction::Address(0x100)),        // b .
            ([0xF000, 0xF802], Instruction::Address(0x108)),   // bl .+8
            ([0xF7FF, 0xFFFE], Instruction::Address(0x100)),   // bl .
            ([0xF000, 0xB802], Instruction::Address(0x108)),   // b.w .+8
            ([0xF8DF, 0x3008], Instruction::Load(0x10C)),      // ldr.w r3, [pc, #8]
            ([0xF245, 0x6178], Instruction::Lower(1, 0x5678)), // movw r1, #0x5678
            ([0xF2C1, 0x2134], Instruction::Upper(1, 0x1234)), // movt r1, #0x1234
            ([0xF64F, 0x72FF], Instruction::Lower(2, 0xFFFF)), // movw r2, #0xffff
            ([0x4770, 0], Instruction::Other),                 // bx lr
            ([0xF000, 0x8002], Instruction::Other),            // beq.w: within a function
        ];
        for (code, expected) in cases {
            assert_eq!(decode(code, 0x100), expected, "{code:04x?}");
        }
    }

    #[test]
    fn a_literal_belongs_to_the_first_that_loads_it() {
        // ldr r0, [pc, #4]; ldr r1, [pc, #4]; bx lr; nop; .word 0x20000010
        let data = [0x01, 0x48, 0x01, 0x49, 0x70, 0x47, 0xC0, 0x46, 0x10, 0, 0, 0x20];
        let mut symbols = Symbols::default();
        symbols.data.paint(0x108..0x10C, true);
        let references = References::read(&[text(&data)], &symbols);
        assert_eq!(references.literals.get(&0x108), Some(&0x100));
        assert_eq!(references.targets[0], Reference { from: 0x100, to: 0x2000_0010 });
    }

    #[test]
    fn halves_of_an_address_are_put_together() {
        // movw r1, #0x5678; movt r1, #0x1234
        let data = [0x45, 0xF2, 0x78, 0x61, 0xC1, 0xF2, 0x34, 0x21];
        let references = References::read(&[text(&data)], &Symbols::default());
        assert_eq!(references.targets, [Reference { from: 0x104, to: 0x1234_5678 }]);
    }
}
