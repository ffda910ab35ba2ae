//! What a topic filter looks like (4.7).

use super::scan::{IN_CHUNKS, NULL_OR_WILDCARD, from_first};

/// Whether these bytes of UTF-8 are a topic filter: at least one character `[MQTT-4.7.3-1]` and no U+0000
/// `[MQTT-4.7.3-2]`, `#` only as the whole last level `[MQTT-4.7.1-2]`, `+` only as a whole level `[MQTT-4.7.1-3]`.
#[inline]
pub(super) const fn is_valid(filter: &[u8]) -> bool {
    (IN_CHUNKS && has_plain_levels::<18>(filter)) || are_valid_levels(filter)
}

const fn are_valid_levels(filter: &[u8]) -> bool {
    if IN_CHUNKS && has_plain_levels::<10>(filter) {
        return true;
    }
    let mut rest = filter;
    while let Some(parts) = rest.split_at_checked(rest.len() - from_first::<NULL_OR_WILDCARD>(rest).len()) {
        match parts {
            (_, []) => return !filter.is_empty(),
            ([] | [.., b'/'], [b'#' | b'+']) => return true,
            // Goes on with the `/`, so that nothing is before a wildcard only if the filter begins with it.
            ([] | [.., b'/'], [b'+', after @ ..]) if matches!(after, [b'/', ..]) => rest = after,
            _ => break,
        }
    }
    false
}

/// Whether a host sees at once that a filter is valid: where it is as long as one to two windows, with no byte as small as
/// a wildcard except wildcards that are whole levels.
#[inline(always)]
const fn has_plain_levels<const WINDOW: usize>(filter: &[u8]) -> bool {
    // Each judges its bytes but the first and the last one.
    let (Some(first), Some(last)) = (filter.first_chunk::<WINDOW>(), filter.last_chunk::<WINDOW>()) else {
        return false;
    };
    if filter.len() > 2 * (WINDOW - 1)
        || !has_plain_levels_within(first)
        || (filter.len() > WINDOW && !has_plain_levels_within(last))
    {
        return false;
    }
    let ([first, second, ..], [.., last_but_one, last]) = (filter, filter) else { return false };
    (*first > b'+' || (*first == b'+' && *second == b'/'))
        && (*last > b'+' || ((*last == b'+' || *last == b'#') && *last_but_one == b'/'))
}

/// A window of it. Without a branch, and with no comparison twice, it becomes a few instructions for all bytes.
#[inline(always)]
const fn has_plain_levels_within<const WINDOW: usize>(window: &[u8; WINDOW]) -> bool {
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
    // None of them begins with `$`.
    if IN_CHUNKS && has_plain_levels::<18>(filter) {
        return true;
    }
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
        !filter.is_empty() && but_last.split('/').all(is_level) && (last == "#" || is_level(last))
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
