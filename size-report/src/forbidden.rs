//! Symbols that no profile may contain.

use crate::elf::Symbol;
use serde::{Deserialize, Serialize};

/// A pattern of `forbid` in `profiles.toml`.
///
/// With `::` in it, it is a Rust path: `core::fmt` stands for the module and all that is in it, wherever the path
/// occurs in a symbol's name, so also for `<u32 as core::fmt::Display>::fmt`. A crate is written `alloc::`.
/// Without `::` it is the whole name of a C symbol: `__aeabi_uldivmod`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pattern(String);

/// A symbol that a pattern forbids.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    /// The symbol's readable name.
    pub name: String,
    /// Its size in bytes.
    pub size: u64,
    /// The pattern that forbids it.
    pub pattern: Pattern,
}

impl TryFrom<String> for Pattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let path = text.strip_suffix("::").unwrap_or(&text);
        // An empty segment would match every symbol or none, and neither can be meant.
        if path.split("::").all(|segment| !segment.is_empty() && segment.chars().all(is_name)) {
            Ok(Self(text))
        } else {
            Err(format!("`{text}` is neither a Rust path, like `core::fmt`, nor a C symbol, like `memcpy`"))
        }
    }
}

impl From<Pattern> for String {
    fn from(pattern: Pattern) -> Self {
        pattern.0
    }
}

impl Pattern {
    /// The pattern as it is written in `profiles.toml`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the pattern forbids the symbol with this readable name.
    pub fn matches(&self, name: &str) -> bool {
        if self.0.contains("::") { self.matches_path(name) } else { self.matches_c_symbol(name) }
    }

    fn matches_path(&self, name: &str) -> bool {
        let path = self.0.strip_suffix("::").unwrap_or(&self.0);
        name.match_indices(path).any(|(start, _)| {
            let before = name[..start].chars().next_back();
            let after = &name[start + path.len()..];
            // `mine::core::fmt` is another module, and so is `core::fmt_small`.
            let starts_a_path = !before.is_some_and(|c| is_name(c) || c == ':');
            let ends_a_segment = !after.chars().next().is_some_and(is_name);
            // A crate's pattern stands for its items, and a name that is merely spelt alike (a local `alloc`) is none.
            let is_an_item = path.contains("::") || after.starts_with("::");
            starts_a_path && ends_a_segment && is_an_item
        })
    }

    /// The runtime's own symbols also go by a mangled name, which has the C name as its last segment.
    fn matches_c_symbol(&self, name: &str) -> bool {
        let of_the_runtime = name.starts_with("__rustc::") || name.starts_with("compiler_builtins::");
        name == self.0 || of_the_runtime && name.rsplit("::").next() == Some(&self.0)
    }
}

/// The symbols that `patterns` forbid, each with the first pattern that does so.
pub fn find(patterns: &[Pattern], symbols: &[Symbol]) -> Vec<Hit> {
    let hit = |symbol: &Symbol| {
        let pattern = patterns.iter().find(|pattern| pattern.matches(&symbol.name))?;
        Some(Hit { name: symbol.name.clone(), size: symbol.size, pattern: pattern.clone() })
    };
    symbols.iter().filter_map(hit).collect()
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Pattern {
        Pattern::try_from(text.to_owned()).unwrap()
    }

    /// Demangles as the ELF reader does, so the tests see the names that a compiler really writes.
    fn matches(text: &str, symbol: &str) -> bool {
        pattern(text).matches(&format!("{:#}", rustc_demangle::demangle(symbol)))
    }

    #[test]
    fn a_path_matches_its_items_but_not_its_namesakes() {
        assert!(pattern("core::panicking").matches("core::panicking::panic_fmt"));
        assert!(pattern("core::fmt").matches("core::fmt::write"));
        assert!(!pattern("core::fmt").matches("core::fmt_small::write"));
        assert!(!pattern("core::fmt").matches("mine::core::fmt::write"));
        assert!(!pattern("core::fmt").matches("score::fmt::write"));
        assert!(!pattern("core::fmt").matches("mine::fmt"));
    }

    #[test]
    fn a_path_matches_inside_angle_brackets() {
        assert!(pattern("core::fmt").matches("<core::fmt::Formatter>::pad"));
        assert!(pattern("core::fmt").matches("<u32 as core::fmt::Display>::fmt"));
        assert!(pattern("core::fmt").matches("core::ptr::drop_in_place::<&core::fmt::Error>"));
        assert!(pattern("core::fmt::Write").matches("<mine::Sink as core::fmt::Write>::write_str"));
    }

    #[test]
    fn mangled_trait_impls_match() {
        // v0 and legacy names of `<u32 as core::fmt::Display>::fmt`.
        assert!(matches("core::fmt", "_RNvXsc_NtNtNtCsbmMUqQx5mJz_4core3fmt3num3impmNtB9_7Display3fmt"));
        let legacy =
            "_ZN4core3fmt3num3imp52_$LT$impl$u20$core..fmt..Display$u20$for$u20$u32$GT$3fmt17h0123456789abcdefE";
        assert!(matches("core::fmt", legacy));
        assert!(!matches("core::panicking", legacy));
    }

    #[test]
    fn a_crate_is_written_with_a_trailing_separator() {
        assert!(pattern("alloc::").matches("alloc::vec::push"));
        assert!(pattern("alloc::").matches("<alloc::vec::Vec<u8>>::push"));
        assert!(!pattern("alloc::").matches("mine::alloc::push"));
        assert!(!pattern("alloc::").matches("alloc"));
        assert!(!pattern("alloc::").matches("<mine::Arena>::alloc"));
    }

    #[test]
    fn a_c_symbol_matches_exactly() {
        assert!(pattern("__aeabi_uldivmod").matches("__aeabi_uldivmod"));
        assert!(!pattern("__aeabi_uldivmod").matches("__aeabi_uldivmod2"));
        assert!(!pattern("memcpy").matches("mine::memcpy"));
        assert!(pattern("memcpy").matches("compiler_builtins::mem::memcpy"));
        assert!(matches("__rust_alloc", "_RNvCsdBezzDwma51_7___rustc12___rust_alloc"));
    }

    #[test]
    fn a_pattern_must_be_a_name() {
        for text in ["", "::", "::core", "core::::fmt", "core fmt", "core::*"] {
            assert!(Pattern::try_from(text.to_owned()).is_err(), "{text}");
        }
    }

    #[test]
    fn each_hit_names_its_pattern() {
        let symbols =
            [("core::fmt::write", 40), ("mine::step", 8)].map(|(name, size)| Symbol::new(name, size, 0, ".text"));
        let hits = find(&[pattern("alloc::"), pattern("core::fmt")], &symbols);
        assert_eq!(hits, [Hit { name: "core::fmt::write".into(), size: 40, pattern: pattern("core::fmt") }]);
    }
}
