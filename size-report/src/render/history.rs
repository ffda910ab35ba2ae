//! The history as a table.

use super::{new_table, number};
use crate::budget::Added;
use crate::history::Entry;
use std::collections::BTreeSet;

/// What each profile added, entry by entry, the newest last. Another toolchain is told where it begins.
pub fn history(entries: &[Entry]) -> String {
    if entries.is_empty() {
        return "the history has no entries: `cargo size-report history --append` adds one\n".to_owned();
    }
    let mut seen = BTreeSet::new();
    let names: Vec<&str> = entries
        .iter()
        .rev()
        .flat_map(|entry| &entry.profiles)
        .map(|profile| profile.name.as_str())
        .filter(|name| seen.insert(*name))
        .collect();
    let mut header = vec!["", "baseline", "RAM"];
    for name in &names {
        header.extend([*name, "RAM"]);
    }
    header.push("toolchain");
    let mut table = new_table(&header, &[0, header.len() - 1]);
    let mut last: Option<&Entry> = None;
    for entry in entries {
        let mut cells = vec![entry.label.clone(), number(entry.baseline.flash), number(entry.baseline.ram)];
        for name in &names {
            let find = |entry: &Entry| {
                entry.profiles.iter().find(|profile| profile.name == *name).map(|profile| profile.added)
            };
            let (now, before) = (find(entry), last.and_then(find));
            for of in [(|added: Added| added.flash) as fn(Added) -> i64, |added: Added| added.ram] {
                cells.push(match (now.map(of), before.map(of)) {
                    (None, _) => "-".to_owned(),
                    (Some(now), Some(before)) if now != before => format!("{} ({:+})", number(now), now - before),
                    (Some(now), _) => number(now),
                });
            }
        }
        let is_new = last.is_none_or(|last| !last.is_like(entry));
        cells.push(if is_new { format!("{}, {}", entry.rustc, entry.library.name()) } else { String::new() });
        table.add_row(cells);
        last = Some(entry);
    }
    format!("What each profile added, in bytes of flash and of RAM\n\n{}\n", table.trim_fmt())
}
