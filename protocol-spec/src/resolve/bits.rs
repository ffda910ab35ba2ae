//! Bits of flags: each there, each described, each once.

use super::walk::{self, Flags};
use crate::defs::{Flag, FlagKind, Packet, Protocol, Spanned, bits};
use crate::{Code, Diagnostic, suggest};

pub(super) fn check(packet: &Packet, protocol: &Protocol, mistakes: &mut Vec<Diagnostic>) {
    for byte in walk::all_flags(packet) {
        let before = mistakes.len();
        for flag in byte.flags {
            range(flag, &byte, mistakes);
        }
        if mistakes.len() > before {
            continue; // What the other rules would say hangs on the bits that are wrong.
        }
        cover(&byte, mistakes);
        for flag in byte.flags {
            match &flag.kind {
                FlagKind::Value { name, of: None, .. } => wide_flag(flag, name, mistakes),
                FlagKind::Value { of: Some(of), .. } => narrow(flag, of, protocol, mistakes),
                FlagKind::Has(name) => wide_has(flag, name, mistakes),
                FlagKind::Reserved(value) => reserved(flag, value, mistakes),
            }
        }
    }
}

/// The largest value that bits can hold.
fn max(flag: &Flag) -> u64 {
    (1 << (flag.high - flag.low + 1)) - 1
}

fn range(flag: &Flag, byte: &Flags<'_>, mistakes: &mut Vec<Diagnostic>) {
    let Flag { high, low, bits_span, .. } = flag;
    if *high.max(low) > byte.top {
        let owner = &byte.owner.value;
        let message = match byte.top {
            3 => format!("the flags of the packet `{owner}` have no such bit"),
            _ => format!("the flags `{owner}` have no such bit"),
        };
        let help = match byte.top {
            3 => "the bits are 3 to 0: the upper half of a packet's first byte is its type",
            _ => "the bits are 7, the most significant, to 0",
        };
        let mistake = Diagnostic::new(Code::BitRange, bits_span, message)
            .label(format!("above bit {}", byte.top))
            .help(help.to_owned());
        mistakes.push(mistake);
    } else if high < low {
        let mistake = Diagnostic::new(Code::BitOrder, bits_span, "bits are named from high to low")
            .label(format!("{high} is below {low}"))
            .help(format!("write `{}`", bits(*low, *high)));
        mistakes.push(mistake);
    }
}

/// Every bit is described by one flag.
fn cover(byte: &Flags<'_>, mistakes: &mut Vec<Diagnostic>) {
    for (index, flag) in byte.flags.iter().enumerate() {
        let earlier = byte.flags[..index].iter().find(|other| other.low <= flag.high && flag.low <= other.high);
        if let Some(first) = earlier {
            let help = match gaps(byte).as_slice() {
                [] => "remove one of the two: no bit is free".to_owned(),
                free => format!("move one of the two: free is {}", suggest::list(free.to_vec(), "and")),
            };
            let shared = bits(flag.high.min(first.high), flag.low.max(first.low));
            let mistake = Diagnostic::new(Code::BitOverlap, &flag.bits_span, format!("two flags claim {shared}"))
                .label("claimed again here")
                .also(&first.bits_span, "first claimed here")
                .help(help);
            mistakes.push(mistake);
        }
    }
    let gaps = gaps(byte);
    if !gaps.is_empty() {
        let fixes = gaps.iter().map(|gap| format!("`reserved: {gap} = 0`")).collect();
        let message = format!("no flag of `{}` describes {}", byte.owner.value, suggest::list(gaps, "and"));
        let mistake = Diagnostic::new(Code::BitGap, &byte.owner.span, message)
            .label(format!("bits {} to 0 all need a meaning", byte.top))
            .help(format!("if they have none, add {}", suggest::list(fixes, "and")));
        mistakes.push(mistake);
    }
}

/// The bits that no flag describes, from the highest.
fn gaps(byte: &Flags<'_>) -> Vec<String> {
    let free = |bit: &u8| byte.flags.iter().all(|flag| !(flag.low..=flag.high).contains(bit));
    let mut gaps = Vec::new();
    let mut bit = byte.top + 1;
    while let Some(high) = (0..bit).rev().find(free) {
        let end = (0..high).rev().find(|bit| !free(bit)).map_or(0, |taken| taken + 1);
        gaps.push(bits(high, end));
        bit = end;
    }
    gaps
}

fn wide_flag(flag: &Flag, name: &Spanned<String>, mistakes: &mut Vec<Diagnostic>) {
    if flag.high > flag.low {
        let message = format!("`{}` has several bits, but no enum of their values", name.value);
        let mistake = Diagnostic::new(Code::WideFlag, &flag.bits_span, message)
            .label("without an enum, a flag is a single bit")
            .help(format!("name the enum of its values: `{} as QoS`", flag.bits()));
        mistakes.push(mistake);
    }
}

fn wide_has(flag: &Flag, name: &Spanned<String>, mistakes: &mut Vec<Diagnostic>) {
    if flag.high > flag.low {
        let message = format!("`has {}` has several bits", name.value);
        let mistake = Diagnostic::new(Code::WideHas, &flag.bits_span, message)
            .label("a field is there or not: that is a single bit")
            .help(format!("write `has {}: {}`", name.value, bits(flag.low, flag.low)));
        mistakes.push(mistake);
    }
}

fn narrow(flag: &Flag, of: &Spanned<String>, protocol: &Protocol, mistakes: &mut Vec<Diagnostic>) {
    let declared = protocol.enums.iter().find(|declared| declared.name.value == of.value);
    let largest = declared.and_then(|declared| declared.variants.iter().max_by_key(|variant| variant.value.value));
    if let Some(largest) = largest.filter(|largest| largest.value.value > max(flag)) {
        let wanted = u64::BITS - largest.value.value.leading_zeros();
        let mistake =
            Diagnostic::new(Code::NarrowBits, &flag.bits_span, format!("the values of `{}` do not fit", of.value))
                .label(format!("room for 0 to {}", max(flag)))
                .also(&largest.value.span, format!("`{}` is {}", largest.name.value, largest.value.value))
                .help((wanted <= 8).then(|| format!("they take {wanted} bits")));
        mistakes.push(mistake);
    }
}

fn reserved(flag: &Flag, value: &Spanned<u64>, mistakes: &mut Vec<Diagnostic>) {
    if value.value > max(flag) {
        let message = format!("{} does not fit {}", value.value, flag.bits());
        let mistake = Diagnostic::new(Code::ReservedRange, &value.span, message)
            .label(format!("above {}", max(flag)))
            .also(&flag.bits_span, format!("room for 0 to {}", max(flag)))
            .help("the standard reserves most bits with the value 0".to_owned());
        mistakes.push(mistake);
    }
}
