//! As much of a Cortex-M0's instructions as it takes to see who masks interrupts, and who reads memory.

use std::ops::Range;

/// The registers, before an instruction is executed: R0 to R15.
pub type Registers = [u32; 16];

const SP: usize = 13;

/// Whether an instruction masks interrupts (true) or unmasks them (false). None: it leaves them alone.
///
/// There are three: `cpsid i`, `cpsie i`, and `msr PRIMASK`, which restores what a register has kept.
pub fn masks(code: [u16; 2], registers: &Registers) -> Option<bool> {
    match code {
        [0xB672, _] => Some(true),
        [0xB662, _] => Some(false),
        [first, 0x8810] if first & 0xFFF0 == 0xF380 => Some(registers[usize::from(first & 0xF)] & 1 != 0),
        _ => None,
    }
}

/// The addresses of which an instruction loads the bytes. None: it loads nothing.
pub fn loads(code: [u16; 2], registers: &Registers) -> Option<Range<u32>> {
    let first = code[0];
    let field = |shift: u32, bits: u32| u32::from(first) >> shift & ((1 << bits) - 1);
    let low = |shift: u32| registers[field(shift, 3) as usize];
    let (address, size) = match (first >> 11, field(9, 3)) {
        // literal, relative to the next instruction but one
        (0b01001, _) => ((registers[15].wrapping_add(4) & !3).wrapping_add(field(0, 8) * 4), 4),
        // base and offset in registers: sb, word, half, byte, sh
        (0b01010 | 0b01011, kind @ 3..) => (low(3).wrapping_add(low(6)), [1, 4, 2, 1, 2][kind as usize - 3]),
        // offset in the instruction
        (0b01101, _) => (low(3).wrapping_add(field(6, 5) * 4), 4),
        (0b01111, _) => (low(3).wrapping_add(field(6, 5)), 1),
        (0b10001, _) => (low(3).wrapping_add(field(6, 5) * 2), 2),
        (0b10011, _) => (registers[SP].wrapping_add(field(0, 8) * 4), 4),
        // several
        (0b11001, _) => (low(8), field(0, 8).count_ones() * 4),
        (0b10111, 0b110) => (registers[SP], field(0, 9).count_ones() * 4),
        _ => return None,
    };
    Some(address..address.saturating_add(size))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registers(values: &[(usize, u32)]) -> Registers {
        let mut registers = [0; 16];
        for &(register, value) in values {
            registers[register] = value;
        }
        registers
    }

    #[test]
    fn three_instructions_mask_and_unmask() {
        let registers = registers(&[(1, 0), (4, 1)]);
        let cases = [
            ([0xB672, 0], Some(true)),       // cpsid i
            ([0xB662, 0], Some(false)),      // cpsie i
            ([0xF381, 0x8810], Some(false)), // msr primask, r1
            ([0xF384, 0x8810], Some(true)),  // msr primask, r4
            ([0xF384, 0x8814], None),        // msr control, r4
            ([0xF3EF, 0x8110], None),        // mrs r1, primask
            ([0xBF00, 0xB672], None),        // nop
        ];
        for (code, expected) in cases {
            assert_eq!(masks(code, &registers), expected, "{code:04x?}");
        }
    }

    #[test]
    fn addresses_of_loads_are_known() {
        let registers = registers(&[(1, 0x1000), (2, 0x10), (13, 0x2000_0100), (15, 0x102)]);
        let cases = [
            (0x4801, Some(0x108..0x10C)),             // ldr r0, [pc, #4]
            (0x5688, Some(0x1010..0x1011)),           // ldrsb r0, [r1, r2]
            (0x5888, Some(0x1010..0x1014)),           // ldr r0, [r1, r2]
            (0x5A88, Some(0x1010..0x1012)),           // ldrh r0, [r1, r2]
            (0x5C88, Some(0x1010..0x1011)),           // ldrb r0, [r1, r2]
            (0x5E88, Some(0x1010..0x1012)),           // ldrsh r0, [r1, r2]
            (0x6848, Some(0x1004..0x1008)),           // ldr r0, [r1, #4]
            (0x7848, Some(0x1001..0x1002)),           // ldrb r0, [r1, #1]
            (0x8848, Some(0x1002..0x1004)),           // ldrh r0, [r1, #2]
            (0x9802, Some(0x2000_0108..0x2000_010C)), // ldr r0, [sp, #8]
            (0xC90C, Some(0x1000..0x1008)),           // ldm r1!, {r2, r3}
            (0xBD80, Some(0x2000_0100..0x2000_0108)), // pop {r7, pc}
            (0x5088, None),                           // str r0, [r1, r2]
            (0x5288, None),                           // strh r0, [r1, r2]
            (0x5488, None),                           // strb r0, [r1, r2]
            (0x6048, None),                           // str r0, [r1, #4]
            (0x7048, None),                           // strb r0, [r1, #1]
            (0x8048, None),                           // strh r0, [r1, #2]
            (0x9002, None),                           // str r0, [sp, #8]
            (0xC10C, None),                           // stm r1!, {r2, r3}
            (0xB580, None),                           // push {r7, lr}
            (0xBF00, None),                           // nop
            (0xF000, None),                           // bl
        ];
        for (first, expected) in cases {
            assert_eq!(loads([first, 0], &registers), expected, "{first:04x}");
        }
    }

    #[test]
    fn the_last_address_is_no_overflow() {
        assert_eq!(loads([0x6848, 0], &registers(&[(1, u32::MAX - 4)])), Some(u32::MAX..u32::MAX));
    }
}
