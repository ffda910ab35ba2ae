//! Looks in text for what it must not have, or not anywhere: U+0000 and the wildcards `#` and `+` (4.7.1).

/// What is sought: U+0000,
pub(super) const NULL: bool = false;

/// or that and wildcards.
pub(super) const NULL_OR_WILDCARD: bool = true;

/// Whether many bytes are looked at, or copied, at once: on hosts. For a device, that is more code than it is worth.
pub(super) const IN_CHUNKS: bool = size_of::<usize>() == 8;

const CHUNK: usize = 8;

/// Whether the text has a byte that is sought.
#[inline(always)] // Faster on a host, smaller on a device.
pub(super) const fn has<const WILDCARDS: bool>(text: &[u8]) -> bool {
    if !IN_CHUNKS {
        return has_one_by_one::<WILDCARDS>(text);
    }
    let has_none = is_plain::<WILDCARDS>(text) || from_first::<WILDCARDS>(text).is_empty();
    !has_none
}

/// The same on a device, from the last byte to the first one. That it looks at its end whether there is another byte saves
/// two instructions for each.
#[inline(always)]
const fn has_one_by_one<const WILDCARDS: bool>(text: &[u8]) -> bool {
    let mut rest = text;
    if rest.is_empty() {
        return false;
    }
    loop {
        let [before @ .., byte] = rest else { return false };
        // A comparison shows that most are not.
        if *byte <= b'+' && is_sought::<WILDCARDS>(*byte) {
            return true;
        }
        rest = before;
        if rest.is_empty() {
            return false;
        }
    }
}

/// Whether a glance shows that nothing is sought in the text: 4 to 32 bytes, each greater than any that is.
#[inline(always)]
const fn is_plain<const WILDCARDS: bool>(text: &[u8]) -> bool {
    if text.len() > 32 {
        return false;
    }
    // Two chunks are all of it. They may overlap.
    if let (Some(first), Some(last)) = (text.first_chunk::<16>(), text.last_chunk::<16>()) {
        return are_plain::<WILDCARDS, 16>(first, last);
    }
    if let (Some(first), Some(last)) = (text.first_chunk::<8>(), text.last_chunk::<8>()) {
        return are_plain::<WILDCARDS, 8>(first, last);
    }
    if let (Some(first), Some(last)) = (text.first_chunk::<4>(), text.last_chunk::<4>()) {
        return are_plain::<WILDCARDS, 4>(first, last);
    }
    false
}

/// The same of two chunks. Like [`has_sought`] without a branch, and with one comparison for two bytes.
#[inline(always)]
const fn are_plain<const WILDCARDS: bool, const CHUNK: usize>(first: &[u8; CHUNK], last: &[u8; CHUNK]) -> bool {
    let greatest_sought = if WILDCARDS { b'+' } else { 0 };
    let mut found = 0;
    let mut i = 0;
    while i < CHUNK {
        let least = if first[i] < last[i] { first[i] } else { last[i] };
        found |= (least <= greatest_sought) as u8;
        i += 1;
    }
    found == 0
}

/// The text from the first byte on that is sought; nothing, if there is none.
#[inline(always)]
const fn from_first<const WILDCARDS: bool>(text: &[u8]) -> &[u8] {
    let mut rest = text;
    while let Some((chunk, after)) = rest.split_first_chunk()
        && !has_sought::<WILDCARDS>(chunk)
    {
        rest = after;
    }
    // What is left makes a chunk with what is before it.
    if rest.len() < CHUNK
        && let Some(chunk) = text.last_chunk()
        && !has_sought::<WILDCARDS>(chunk)
    {
        return &[];
    }
    while let [byte, after @ ..] = rest
        && !is_sought::<WILDCARDS>(*byte)
    {
        rest = after;
    }
    rest
}

/// Whether one of these bytes is sought. Without a branch, and of numbers, it becomes a few instructions for all of them.
const fn has_sought<const WILDCARDS: bool>(chunk: &[u8; CHUNK]) -> bool {
    let mut found = 0;
    let mut i = 0;
    while i < CHUNK {
        found |= is_sought::<WILDCARDS>(chunk[i]) as u8;
        i += 1;
    }
    found != 0
}

const fn is_sought<const WILDCARDS: bool>(byte: u8) -> bool {
    (byte == 0) | (WILDCARDS & ((byte == b'#') | (byte == b'+')))
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::vec::Vec;

    use super::*;

    #[test]
    fn a_glance_misses_nothing() {
        for length in 0..40 {
            let text = std::vec![b'a'; length];
            assert!(!has::<NULL>(&text) && !has::<NULL_OR_WILDCARD>(&text), "{length}");
            assert!(!has_one_by_one::<NULL>(&text) && !has_one_by_one::<NULL_OR_WILDCARD>(&text), "{length}");
            // Those that are sought, and their neighbours.
            for (at, byte) in (0..length).flat_map(|at| b"\0\x01\"#$*+,".map(|byte| (at, byte))) {
                let mut text = text.clone();
                text[at] = byte;
                assert_eq!(has::<NULL>(&text), byte == 0, "{text:?}");
                assert_eq!(has::<NULL_OR_WILDCARD>(&text), b"\0#+".contains(&byte), "{text:?}");
                assert_eq!(has_one_by_one::<NULL>(&text), byte == 0, "{text:?}");
                assert_eq!(has_one_by_one::<NULL_OR_WILDCARD>(&text), b"\0#+".contains(&byte), "{text:?}");
            }
        }
    }

    #[test]
    fn text_of_any_length_with_two_of_them_anywhere() {
        for length in 0..40 {
            let text = Vec::from_iter((0..length).map(|i| b"a/\xC3\x01*,\"$"[i % 8]));
            assert_eq!(from_first::<NULL_OR_WILDCARD>(&text), &[], "{text:?}");
            for (first, byte) in (0..length).flat_map(|first| [0, b'#', b'+'].map(|byte| (first, byte))) {
                for last in first..length {
                    let mut text = text.clone();
                    (text[first], text[last]) = (byte, byte);
                    assert_eq!(from_first::<NULL_OR_WILDCARD>(&text), &text[first..], "{text:?}");
                    assert_eq!(from_first::<NULL>(&text), if byte == 0 { &text[first..] } else { &[] }, "{text:?}");
                }
            }
        }
    }
}
