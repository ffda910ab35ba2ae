//! What a topic filter looks like (4.7).

use super::scan::IN_CHUNKS;

/// Whether these bytes of UTF-8 are a topic filter: at least one character `[MQTT-4.7.3-1]` and no U+0000
/// `[MQTT-4.7.3-2]`, `#` only as the whole last level `[MQTT-4.7.1-2]`, `+` only as a whole level `[MQTT-4.7.1-3]`.
#[inline] // All but what follows a glance.
pub(super) const fn is_valid(filter: &[u8]) -> bool {
    is_plain(filter) || are_valid_levels(filter)
}

/// The same, level by level.
pub(super) const fn are_valid_levels(filter: &[u8]) -> bool {
    if IN_CHUNKS && is_plain_through::<10>(filter) {
        return true;
    }
    // A filter begins like one of its levels, as if a `/` were before it.
    let (mut before, mut rest) = (b'/', filter);
    while let [byte, after @ ..] = rest {
        let is_wildcard = matches!(*byte, b'+' | b'#');
        if *byte == 0 || (is_wildcard && before != b'/') || (before == b'+' && *byte != b'/') || before == b'#' {
            return false;
        }
        (before, rest) = (*byte, after);
    }
    !filter.is_empty()
}

/// Whether a glance of a host shows that a filter of common length is valid. No longer than [`Writer`](super::Writer) copies
/// without a loop: it need not look at the length again.
#[inline(always)]
pub(super) const fn is_plain(filter: &[u8]) -> bool {
    IN_CHUNKS && filter.len() <= 32 && is_plain_through::<18>(filter)
}

/// Whether a filter is one or two windows long, each byte greater than any wildcard, or a wildcard that is a whole level.
#[inline(always)]
const fn is_plain_through<const WINDOW: usize>(filter: &[u8]) -> bool {
    let (Some(begin), Some(end)) = (filter.first_chunk::<WINDOW>(), filter.last_chunk::<WINDOW>()) else {
        return false;
    };
    // A window shows its bytes but the first and the last one, which are neighbours.
    if filter.len() > 2 * (WINDOW - 1) || !is_plain_within(begin) || (filter.len() > WINDOW && !is_plain_within(end)) {
        return false;
    }
    let ([first, second, ..], [.., last_but_one, last]) = (filter, filter) else { return false };
    (*first > b'+' || (*first == b'+' && *second == b'/'))
        && (*last > b'+' || ((*last == b'+' || *last == b'#') && *last_but_one == b'/'))
}

/// The same of the bytes between the first and the last one of a window. Without a branch, and with no comparison twice, it
/// becomes a few instructions for all of them.
#[inline(always)]
const fn is_plain_within<const WINDOW: usize>(window: &[u8; WINDOW]) -> bool {
    let mut found = 0;
    let mut i = 1;
    while i < WINDOW - 1 {
        let (before, byte, after) = (window[i - 1], window[i], window[i + 1]);
        let is_level = (byte == b'+') & (before == b'/') & (byte ^ after == b'+' ^ b'/');
        found |= ((byte <= b'+') & !is_level) as u8;
        i += 1;
    }
    found == 0
}

/// The same, or one for a shared subscription: `$share/`, a name and a `/` in front of the filter `[MQTT-4.8.2-1]`. The name
/// has at least one character, and none of `/`, `+` and `#` `[MQTT-4.8.2-2]`.
#[inline]
pub(super) const fn is_valid_or_shared(filter: &[u8]) -> bool {
    // Nothing plain begins with `$`.
    is_plain(filter) || are_valid_levels_or_shared(filter)
}

/// The same, level by level.
pub(super) const fn are_valid_levels_or_shared(filter: &[u8]) -> bool {
    let [b'$', b's', b'h', b'a', b'r', b'e', b'/', name @ ..] = filter else { return are_valid_levels(filter) };
    let mut rest = name;
    while let [byte, after @ ..] = rest {
        match byte {
            b'/' => return rest.len() < name.len() && are_valid_levels(after),
            0 | b'+' | b'#' => return false,
            _ => rest = after,
        }
    }
    false
}

/// Whether this topic filter is for a shared subscription (MQTT 5.0, 4.8.2).
pub const fn is_shared(filter: &str) -> bool {
    matches!(filter.as_bytes(), [b'$', b's', b'h', b'a', b'r', b'e', b'/', ..])
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::string::String;

    use super::{is_valid, is_valid_or_shared};

    #[test]
    fn shared_subscriptions_have_a_name_and_a_filter() {
        for filter in ["$share/a/b", "$share/group/+/c/#", "$share/a//", "$share", "$shared/a", "a/$share/+"] {
            assert!(is_valid_or_shared(filter.as_bytes()), "{filter}");
        }
        for filter in
            ["$share/", "$share/a", "$share/a/", "$share//a", "$share/+/a", "$share/#", "$share/a+/b", "$share/a/b#"]
        {
            assert!(!is_valid_or_shared(filter.as_bytes()), "{filter}");
        }
    }

    #[test]
    fn the_examples_of_the_standard() {
        // 4.7.1.2, 4.7.1.3 and 4.7.3.
        let valid = ["sport/tennis/player1/#", "#", "sport/tennis/#", "+", "+/tennis/#", "sport/+/player1", "/finance"];
        for filter in valid.into_iter().chain(["/", "//", "+/+", "/+", "$SYS/#", "$SYS/monitor/+", "Accounts payable"])
        {
            assert!(is_valid(filter.as_bytes()), "{filter}");
        }
        for filter in ["", "sport/tennis#", "sport/tennis/#/ranking", "sport+", "++", "+a", "#/", "##", "a\0b"] {
            assert!(!is_valid(filter.as_bytes()), "{filter}");
        }
    }

    /// The rules level by level.
    fn oracle(filter: &str) -> bool {
        let is_level = |level: &str| level == "+" || !level.contains(['+', '#']);
        let (but_last, last) = filter.rsplit_once('/').unwrap_or(("", filter));
        !filter.is_empty()
            && !filter.contains('\0')
            && but_last.split('/').all(is_level)
            && (last == "#" || is_level(last))
    }

    #[test]
    fn filters_of_any_length_are_judged_the_same() {
        const BYTES: &[u8; 6] = b"a/+#\0$";
        for (length, at) in (3..40).flat_map(|length| (0..length - 2).map(move |at| (length, at))) {
            let mut filter = "b".repeat(length).into_bytes();
            for i in 0..BYTES.len().pow(3) {
                filter[at..at + 3].copy_from_slice(&[i / 36, i / 6 % 6, i % 6].map(|index| BYTES[index]));
                let (expected, filter) = (oracle(core::str::from_utf8(&filter).unwrap()), filter.as_slice());
                assert_eq!(is_valid(filter), expected, "{filter:?}");
                assert_eq!(is_valid_or_shared(filter), expected, "{filter:?}");
            }
        }
    }

    #[test]
    fn short_filters_are_judged_level_by_level() {
        fn check(filter: &mut String) {
            assert_eq!(is_valid(filter.as_bytes()), oracle(filter), "{filter}");
            if filter.len() < 6 {
                for character in ['a', '/', '+', '#'] {
                    filter.push(character);
                    check(filter);
                    filter.pop();
                }
            }
        }
        check(&mut String::new());
    }
}
