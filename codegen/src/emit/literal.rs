//! Literals, written the way people do.

use proc_macro2::{Literal, TokenStream};
use quote::quote;
use slimqtt_spec::defs::{Constant, Flag};

/// `4` or `"MQTT"`
pub(super) fn constant(constant: &Constant) -> TokenStream {
    match constant {
        Constant::Integer(value) => decimal(*value),
        Constant::Text(text) => quote! { #text },
    }
}

/// `268_435_455`
pub(super) fn decimal(value: u64) -> TokenStream {
    let digits = value.to_string();
    if digits.len() < 5 {
        return parsed(&digits);
    }
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push('_');
        }
        grouped.push(digit);
    }
    parsed(&grouped)
}

/// `0x0F`
pub(super) fn hex(byte: u8) -> TokenStream {
    parsed(&format!("0x{byte:02X}"))
}

fn parsed(literal: &str) -> TokenStream {
    let literal: Literal = literal.parse().expect("a literal");
    quote! { #literal }
}

/// A value of as many bits as a flag has, in their place.
pub(super) const fn in_place(flag: &Flag, value: u64) -> u8 {
    (value << flag.low) as u8
}

/// All bits of a flag.
pub(super) const fn mask(flag: &Flag) -> u8 {
    in_place(flag, width_mask(flag) as u64)
}

/// All bits of a flag, as if it were the lowest in its byte.
pub(super) const fn width_mask(flag: &Flag) -> u8 {
    0xFF >> (7 - (flag.high - flag.low))
}

#[cfg(test)]
mod tests {
    use slimqtt_spec::defs::Fault;

    use super::*;

    #[test]
    fn long_numbers_are_grouped() {
        let decimals = [0, 9999, 10_000, 327_695, 268_435_455].map(|value| decimal(value).to_string());
        assert_eq!(decimals, ["0", "9999", "10_000", "327_695", "268_435_455"]);
    }

    #[test]
    fn masks_cover_the_bits_of_a_flag() {
        let about = slimqtt_spec::defs::About::default();
        let kind = slimqtt_spec::defs::FlagKind::Has(slimqtt_spec::defs::Spanned { value: String::new(), span: 0..0 });
        let flag = |high, low| {
            let (kind, about) = (kind.clone(), about.clone());
            Flag { kind, high, low, bits_span: 0..0, requires: None, fault: Fault::MalformedPacket, about }
        };
        assert_eq!([flag(7, 0), flag(4, 3), flag(0, 0), flag(7, 7)].map(|flag| mask(&flag)), [0xFF, 0x18, 0x01, 0x80]);
        assert_eq!([flag(7, 0), flag(4, 3)].map(|flag| width_mask(&flag)), [0xFF, 0x03]);
    }
}
