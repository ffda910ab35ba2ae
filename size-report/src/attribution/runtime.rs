//! Which calls bring in the functions of the compiler's runtime: `memcpy`, divisions and their like.

use super::labels::Labels;
use super::{Kind, Piece};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A function of the compiler's runtime, which nobody wrote a call of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Helper {
    /// Its readable name.
    pub symbol: String,
    /// Its bytes of flash.
    pub bytes: u64,
    /// Who refers to it, the most often first.
    pub callers: Vec<Caller>,
}

/// A function that calls another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    /// The linked function.
    pub symbol: String,
    /// The function that the call was written in: another than `symbol` if that was inlined.
    pub origin: String,
    /// How many calls there are, or other references.
    pub calls: u64,
}

/// The C functions that compilers call by themselves; those of the ARM runtime begin with `__aeabi_`.
const FUNCTIONS: [&str; 5] = ["memcpy", "memmove", "memset", "memcmp", "bcmp"];

/// The functions of the runtime, the largest first.
pub(crate) fn find(labels: &Labels, pieces: &[Piece]) -> Vec<Helper> {
    let mut bytes: BTreeMap<&str, u64> = BTreeMap::new();
    let mut starts: BTreeMap<u64, &str> = BTreeMap::new();
    for Piece { addresses, row } in pieces.iter().filter(|piece| matches!(piece.row.kind, Kind::Code | Kind::Pool)) {
        let Some(symbol) = labels.symbols.owners.get(addresses.start) else { continue };
        let names = || symbol.name.split(" = ");
        if row.crate_name == "compiler_builtins"
            || names().any(|name| name.starts_with("__aeabi_") || FUNCTIONS.contains(&name))
        {
            *bytes.entry(&symbol.name).or_default() += row.bytes;
            starts.insert(symbol.address, &symbol.name);
        }
    }
    let mut callers: BTreeMap<&str, BTreeMap<(String, String), BTreeSet<u64>>> = BTreeMap::new();
    for reference in &labels.references.targets {
        let Some(&helper) = starts.get(&(reference.to & !1)) else { continue };
        let Some(caller) = labels.symbols.owners.get(reference.from) else { continue };
        if caller.name != helper {
            let origin = labels.origins.functions.get(reference.from).map(|origin| &origin.function.name);
            let origin = origin.filter(|origin| !origin.is_empty()).unwrap_or(&caller.name);
            let calls = callers.entry(helper).or_default();
            calls.entry((caller.name.clone(), origin.clone())).or_default().insert(reference.from);
        }
    }
    let helper = |(symbol, bytes): (&str, u64)| {
        let callers = callers.remove(symbol).unwrap_or_default().into_iter();
        let caller = |((symbol, origin), calls): (_, BTreeSet<_>)| Caller { symbol, origin, calls: calls.len() as u64 };
        let mut callers: Vec<_> = callers.map(caller).collect();
        callers.sort_by_key(|caller| std::cmp::Reverse(caller.calls));
        Helper { symbol: symbol.to_owned(), bytes, callers }
    };
    let mut helpers: Vec<_> = bytes.into_iter().map(helper).collect();
    helpers.sort_by_key(|helper| std::cmp::Reverse(helper.bytes));
    helpers
}
