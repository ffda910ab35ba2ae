//! Names short enough for a tile.

/// A function's name with no more than its type or module: `Queue::poll` for
/// `<agent::queue::Queue<app::Command, 4>>::poll`. A file's name within its crate: `queue.rs` for `agent/src/queue.rs`.
/// What is neither stays as it is.
pub fn short(name: &str) -> String {
    if let Some((_, file)) = name.rsplit_once("/src/")
        && !file.contains("::")
    {
        return file.to_owned();
    }
    let parts: Vec<_> = parts(name).into_iter().map(plain).collect();
    let closures = parts.iter().rev().take_while(|part| part.starts_with('{')).count();
    parts[parts.len().saturating_sub(2 + closures)..].join("::")
}

/// One part of a path: of a type in angle brackets its name, of a generic one that without its arguments.
fn plain(part: &str) -> String {
    if let Some(inner) = part.strip_prefix('<').and_then(|part| part.strip_suffix('>')) {
        return last(split(inner, " as ").first().copied().unwrap_or_default());
    }
    match part.find('<') {
        Some(start) if start > 0 && part.ends_with('>') => part[..start].to_owned(),
        _ => part.strip_suffix("#0}").map_or(part.to_owned(), |part| format!("{part}}}")),
    }
}

/// The last part of a type's path. References, slices and the like have none, and stay.
fn last(name: &str) -> String {
    let name = name.trim_start_matches('&').trim_start_matches("mut ").trim_start_matches("dyn ");
    parts(name).last().map(|part| plain(part)).unwrap_or_default()
}

/// The parts of a path. Angle brackets are a type where they come first, and arguments elsewhere: those are left out.
fn parts(name: &str) -> Vec<&str> {
    let parts = split(name, "::").into_iter().enumerate();
    parts.filter(|(index, part)| *index == 0 || !part.starts_with('<')).map(|(_, part)| part).collect()
}

/// Splits outside of all brackets.
fn split<'a>(text: &'a str, separator: &str) -> Vec<&'a str> {
    let (mut parts, mut depth, mut start, mut index) = (Vec::new(), 0usize, 0, 0);
    while let Some(letter) = text[index..].chars().next() {
        let before = text[..index].chars().next_back();
        match letter {
            '<' | '(' | '[' | '{' => depth += 1,
            // Not the end of an arrow: `fn(usize) -> usize`.
            '>' if before == Some('-') => {}
            '>' | ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ if depth == 0 && text[index..].starts_with(separator) => {
                parts.push(&text[start..index]);
                index += separator.len();
                start = index;
                continue;
            }
            _ => {}
        }
        index += letter.len_utf8();
    }
    parts.push(&text[start..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::short;
    use proptest::prelude::*;

    #[test]
    fn a_name_has_its_type_or_module() {
        for (name, expected) in [
            ("<slimqtt_agent::queue::Queue<app::Command, 4, 128>>::poll", "Queue::poll"),
            ("<u32 as core::fmt::Display>::fmt", "u32::fmt"),
            ("<&mut [u8] as core::fmt::Debug>::fmt", "[u8]::fmt"),
            ("<agent::FnPayload<for<'a> fn(usize, &'a mut [u8]) -> usize> as agent::Payload>::read", "FnPayload::read"),
            (
                "<raw::UninitCell<app::task::{closure#0}>>::write_in_place::<app::task::{closure#0}>",
                "UninitCell::write_in_place",
            ),
            ("app::__cortex_m_rt_main::{closure#0}", "app::__cortex_m_rt_main::{closure}"),
            ("compiler_builtins::mem::memcpy", "mem::memcpy"),
            ("core::ptr::drop_in_place::<[u8; 4]>", "ptr::drop_in_place"),
            ("app::MQTT", "app::MQTT"),
            ("memcpy", "memcpy"),
            ("agent/src/wire/reader.rs", "wire/reader.rs"),
            ("generated/mqtt-3.1.1.rs", "generated/mqtt-3.1.1.rs"),
            ("[padding]", "[padding]"),
            ("operator<", "operator<"),
            ("", ""),
        ] {
            assert_eq!(short(name), expected, "{name}");
        }
    }

    proptest! {
        #[test]
        fn no_name_is_too_strange(name in "[a<>:{}()\\[\\]#&é -]{0,40}") {
            short(&name);
        }
    }
}
