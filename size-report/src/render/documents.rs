//! Tables of figures for documents.

use super::{number, used};
use crate::beside::Beside;
use crate::options::Cost;
use crate::reference;
use crate::report::Report;

/// What each profile adds, and what of its budget that is.
pub fn profiles(report: &Report) -> String {
    let rows = report.profiles.iter().map(|profile| {
        let of = |added, budget: u32| format!("{} of {}", used(added, budget), grouped(budget.into()));
        let (added, budget) = (profile.added, profile.budget);
        vec![
            format!("`{}`", profile.name),
            grouped(added.flash),
            of(added.flash, budget.flash),
            grouped(added.ram),
            of(added.ram, budget.ram),
        ]
    });
    table(&["profile", "flash", "of its budget", "RAM", "of its budget"], rows)
}

/// What each option costs, in the smallest agent and in the complete one.
pub fn options(costs: &[Cost]) -> String {
    let header = ["option", "flash, smallest agent", "RAM", "flash, complete agent", "RAM"];
    let rows = costs.iter().map(|cost| {
        let figures = [cost.smallest.flash, cost.smallest.ram, cost.complete.flash, cost.complete.ram];
        [cost.name.clone()].into_iter().chain(figures.map(grouped)).collect()
    });
    table(&header, rows)
}

/// A profile beside the reference, part by part, in bytes.
pub fn beside(beside: &Beside) -> String {
    let name = &beside.profile;
    let header = ["part", "reference, `-O1`", &format!("`{name}`, 1"), "reference, `-Os`", &format!("`{name}`, \"z\"")];
    let rows = beside.rows.iter().map(|row| {
        let published = |tenths: Option<u32>| tenths.map_or("-".to_owned(), |it| grouped(reference::bytes(it).into()));
        let [o1, os] = row.flash.map(grouped);
        let name = if row.name.ends_with(".c") { format!("`{}`", row.name) } else { row.name.clone() };
        vec![name, published(row.file.map(|file| file.o1)), o1, published(row.file.map(|file| file.os)), os]
    });
    table(&header, rows)
}

/// A table whose columns are of numbers, but for the first.
fn table(header: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let header: Vec<String> = header.iter().map(|name| (*name).to_owned()).collect();
    let rule = format!("|---|{}\n", "---:|".repeat(header.len() - 1));
    rows.fold(line(&header) + &rule, |table, row| table + &line(&row))
}

/// `12,345`: as prose has it.
fn grouped(value: i64) -> String {
    number(value).replace(' ', ",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::Added;

    #[test]
    fn tables_are_markdown() {
        let cost = Cost {
            name: "`Publish`".to_owned(),
            smallest: Added { flash: 2628, ram: 784 },
            complete: Added { flash: -4, ram: 0 },
        };
        let expected = "\
| option | flash, smallest agent | RAM | flash, complete agent | RAM |
|---|---:|---:|---:|---:|
| `Publish` | 2,628 | 784 | -4 | 0 |
";
        assert_eq!(options(&[cost]), expected);
    }
}
