//! The report as text for a terminal. Its width does not depend on the terminal, and nothing is told by colour alone.

use crate::beside::parts_added;
use crate::budget::Verdict;
use crate::codecs::Codecs;
use crate::elf::Symbol;
use crate::reference::{self, File};
use crate::report::{Identity, Measured, Report};
use crate::toolchain::Library;
use crate::wirespec;
use std::collections::{BTreeMap, BTreeSet};

use comfy_table::{Cell, CellAlignment, Color, LineStyle, Table, TableStyle};

mod attribution;
mod compare;
mod costs;
mod documents;
mod history;
mod instructions;

pub use attribution::attribution;
pub use compare::{MARKER, Question, comparison as compare, differences, markdown};
pub use costs::{beside, compile_times, options};
pub use documents::{
    beside as markdown_of_reference, options as markdown_of_options, profiles as markdown_of_profiles,
};
pub use history::history;
pub use instructions::instructions;

/// How to show a report.
#[derive(Clone, Copy, Debug, Default)]
pub struct Look {
    /// Whether the verdicts are coloured.
    pub colour: bool,
    /// How many of the largest symbols to list for each profile; or of the functions that take longest, for each operation.
    pub symbols: usize,
}

/// How many symbols a failure names.
const SUSPECTS: usize = 3;

/// The whole text: budgets, comparison with the reference, toolchain, and what is wrong, if anything is.
pub fn table(report: &Report, look: Look) -> String {
    let mut sections = vec![budgets(report, look)];
    sections.extend(comparison(report));
    sections.push(toolchain(&report.toolchain));
    if look.symbols > 0 {
        sections.extend(report.profiles.iter().map(|profile| {
            let symbols = symbols(profile.new_symbols(&report.baseline).take(look.symbols));
            format!("{}: the largest symbols that the baseline does not have\n\n{symbols}", profile.name)
        }));
    }
    sections.extend(report.profiles.iter().filter_map(|profile| over_budget(profile, report)));
    sections.extend(report.profiles.iter().filter_map(forbidden));
    sections.join("\n\n") + "\n"
}

/// The text about single codecs: packet by packet, what they share, and the toolchain.
pub fn codecs(codecs: &[Codecs], identity: &Identity) -> String {
    let header = ["version", "packet", "encode", "decode", "wirespec encode", "wirespec decode"];
    let mut packets = new_table(&header, &[0, 1]);
    let size = |size: Option<u64>| size.map_or("-".to_owned(), |size| number(size as i64));
    for packet in codecs.iter().flat_map(|codecs| &codecs.packets) {
        let reference = wirespec::find(&packet.version, &packet.name);
        packets.add_row([
            packet.version.clone(),
            packet.name.clone(),
            size(packet.encode),
            size(packet.decode),
            size(reference.map(|packet| packet.encode)),
            size(reference.map(|packet| packet.decode)),
        ]);
    }
    let shared = |codecs: &Codecs| {
        let version = codecs.packets.first().map_or("", |packet| &packet.version);
        let title = format!("What those of {version} share, and the baseline image does not have");
        format!("{title}\n\n{}", symbols(codecs.shared.iter()))
    };
    let mut sections = vec![format!(
        "Each generated encoder and decoder, in bytes of code that no other one uses\n\n{}",
        packets.trim_fmt()
    )];
    sections.extend(codecs.iter().map(shared));
    sections.extend([format!("Beside {}\n\n{}", wirespec::TITLE, wirespec::CAVEAT), toolchain(identity)]);
    sections.join("\n\n") + "\n"
}

fn budgets(report: &Report, look: Look) -> String {
    let [flash, ram] = if has_baseline(report) { ["flash added", "RAM added"] } else { ["flash", "RAM"] };
    let header = ["profile", flash, "budget", "used", ram, "budget", "verdict"];
    let mut table = new_table(&header, &[0, 6]);
    if look.colour {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    for profile in &report.profiles {
        let (added, budget) = (profile.added, profile.budget);
        let colour = if profile.verdict == Verdict::Ok { Color::Green } else { Color::Red };
        table.add_row(vec![
            Cell::new(&profile.name),
            Cell::new(number(added.flash)),
            Cell::new(number(budget.flash.into())),
            Cell::new(used(added.flash, budget.flash)),
            Cell::new(number(added.ram)),
            Cell::new(number(budget.ram.into())),
            Cell::new(verdict(profile)).fg(colour),
        ]);
    }
    let what = if has_baseline(report) {
        let baseline = &report.baseline.image;
        let (flash, ram) = (number(baseline.flash as i64), number(baseline.ram as i64));
        format!("What each profile adds to the baseline image ({flash} bytes of flash, {ram} of RAM)")
    } else {
        "What each profile's image takes, since there is no baseline".to_owned()
    };
    format!("{what}, in bytes\n\n{}", table.trim_fmt())
}

/// Without one, images count as a whole.
fn has_baseline(report: &Report) -> bool {
    (report.baseline.image.flash, report.baseline.image.ram) != (0, 0)
}

fn verdict(profile: &Measured) -> String {
    let excess = profile.budget.excess(profile.added);
    let mut faults = Vec::new();
    if excess.flash > 0 {
        faults.push(format!("OVER by {}", number(excess.flash)));
    }
    if excess.ram > 0 {
        faults.push(format!("RAM OVER by {}", number(excess.ram)));
    }
    if !profile.forbidden.is_empty() {
        faults.push("FORBIDDEN symbols".to_owned());
    }
    if faults.is_empty() { "ok".to_owned() } else { faults.join(", ") }
}

/// The reference's files, and what of each profile does the same. None: no image has a part of it.
fn comparison(report: &Report) -> Option<String> {
    let added: Vec<_> =
        report.profiles.iter().map(|profile| parts_added(&profile.image, &report.baseline.image)).collect();
    let has = |file: &File| added.iter().any(|parts| parts.contains_key(file.name));
    if !reference::FILES.iter().any(has) {
        return None;
    }
    let mut header = vec!["part", "-O1", "-Os"];
    header.extend(report.profiles.iter().map(|profile| profile.name.as_str()));
    let mut files = new_table(&header, &[0]);
    let others: BTreeSet<_> = added.iter().flat_map(BTreeMap::keys).collect();
    let others = others.into_iter().filter(|part| reference::FILES.iter().all(|file| file.name != **part));
    let parts = reference::FILES.iter().map(|file| (file.name, Some(file))).chain(others.map(|part| (*part, None)));
    for (part, file) in parts {
        let mut row = vec![part.to_owned()];
        row.extend(match file {
            Some(file) => [tenths(file.o1), tenths(file.os)],
            None => ["-".to_owned(), "-".to_owned()],
        });
        row.extend(added.iter().map(|parts| number(parts.get(part).copied().unwrap_or_default())));
        files.add_row(row);
    }
    let File { name, o1, os } = reference::TOTAL;
    let mut total = vec![name.to_owned(), tenths(o1), tenths(os)];
    total.extend(report.profiles.iter().map(|profile| number(profile.added.flash)));
    files.add_row(total);
    for (of, reference) in [("of -O1", o1), ("of -Os", os)] {
        let mut shares =
            vec![format!("{of} ({})", number(reference::bytes(reference).into())), String::new(), String::new()];
        let share = |profile: &Measured| format!("{}%", reference::share(profile.added.flash, reference));
        shares.extend(report.profiles.iter().map(share));
        files.add_row(shares);
    }
    Some(format!(
        "Beside the reference: \"{}\" (1 K is 1024 bytes),\n\
         what each profile adds to the baseline, in bytes of flash\n\n{}\n\n{}",
        reference::TITLE,
        files.trim_fmt(),
        reference::CAVEAT
    ))
}

fn toolchain(identity: &Identity) -> String {
    let library = match identity.library {
        Library::Prebuilt => "prebuilt core",
        Library::BuildStd => "core built from source (build-std)",
    };
    let settings: Vec<String> = identity.profile.iter().map(|(key, value)| format!("{key} = {value}")).collect();
    format!(
        "Built for {} with\n  {}\n  {library}\n  {}\n  {}\n  {}",
        identity.target,
        identity.rustc,
        identity.linker,
        settings.join(", "),
        identity.rustflags.join(" "),
    )
    .trim_end()
    .to_owned()
}

fn over_budget(profile: &Measured, report: &Report) -> Option<String> {
    let excess = profile.budget.excess(profile.added);
    let memories = [("flash", excess.flash), ("RAM", excess.ram)];
    let over: Vec<String> = memories
        .iter()
        .filter(|(_, excess)| *excess > 0)
        .map(|(memory, excess)| format!("over its {memory} budget by {}", in_bytes(*excess)))
        .collect();
    if over.is_empty() {
        return None;
    }
    let suspects = symbols(profile.new_symbols(&report.baseline).take(SUSPECTS));
    Some(format!(
        "{} is {}.\nThe largest symbols{}:\n\n{suspects}\n\n\
         `cargo size-report check --against OLD.json` names what grew since an earlier report.\n\
         Make the profile smaller, or raise its budget on purpose. \
         Where the source is\nwhat it was when it fitted, the compiler is another: this one is {}.",
        profile.name,
        over.join(" and "),
        if has_baseline(report) { " that the baseline does not have" } else { "" },
        report.toolchain.rustc,
    ))
}

fn forbidden(profile: &Measured) -> Option<String> {
    if profile.forbidden.is_empty() {
        return None;
    }
    let mut table = new_table(&["bytes", "symbol", "forbidden as"], &[1, 2]);
    for hit in &profile.forbidden {
        table.add_row([number(hit.size as i64), hit.name.clone(), hit.pattern.as_str().to_owned()]);
    }
    Some(format!(
        "{} contains symbols that `forbid` names:\n\n{}\n\n\
         Do without what brings them in, or take them off the list on purpose.",
        profile.name,
        table.trim_fmt()
    ))
}

fn symbols<'a>(symbols: impl Iterator<Item = &'a Symbol>) -> String {
    let mut table = new_table(&["bytes", "section", "symbol"], &[1, 2]);
    for symbol in symbols {
        table.add_row([number(symbol.size as i64), symbol.section.clone(), symbol.name.clone()]);
    }
    if table.is_empty() { "none".to_owned() } else { table.trim_fmt() }
}

/// A table with a ruled header. Numbers are aligned to the right, the columns of `text` to the left.
pub(crate) fn new_table(header: &[&str], text: &[usize]) -> Table {
    let rule = LineStyle::none().fill('-').junction('-');
    let mut table = Table::new();
    table.load_style(TableStyle::new().header_separator(rule)).set_header(header);
    for (index, column) in table.column_iter_mut().enumerate() {
        let alignment = if text.contains(&index) { CellAlignment::Left } else { CellAlignment::Right };
        column.set_cell_alignment(alignment);
        column.set_padding((u16::from(index > 0), 1));
    }
    table
}

/// `12 345`: digits in groups of three.
pub(crate) fn number(value: i64) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut text = String::from(if value < 0 { "-" } else { "" });
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// A name that fits on a line. Generic arguments make names of hundreds of letters.
fn shortened(name: &str) -> String {
    const LONGEST: usize = 90;
    let length = name.chars().count();
    if length <= LONGEST {
        return name.to_owned();
    }
    // The end of a path tells more than its start.
    let start: String = name.chars().take(LONGEST / 3).collect();
    let end: String = name.chars().skip(length - (LONGEST - LONGEST / 3 - 3)).collect();
    format!("{start}...{end}")
}

fn in_bytes(value: i64) -> String {
    format!("{} byte{}", number(value), if value == 1 { "" } else { "s" })
}

fn tenths(value: u32) -> String {
    format!("{}.{} K", value / 10, value % 10)
}

fn used(added: i64, budget: u32) -> String {
    if budget == 0 { "-".to_owned() } else { format!("{:.0}%", added as f64 * 100.0 / f64::from(budget)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped() {
        let shown = [0, 999, 1000, -1234567].map(number);
        assert_eq!(shown, ["0", "999", "1 000", "-1 234 567"]);
    }

    #[test]
    fn long_names_keep_their_ends() {
        assert_eq!(shortened("main"), "main");
        let name = format!("<agent::Queue<{}>>::submit", "Command, ".repeat(20));
        let short = shortened(&name);
        assert_eq!(short.chars().count(), 90);
        assert!(short.starts_with("<agent::Queue<Command") && short.ends_with(">>::submit"), "{short}");
    }

    #[test]
    fn one_byte_is_not_plural() {
        assert_eq!([1, 2000].map(in_bytes), ["1 byte", "2 000 bytes"]);
    }

    #[test]
    fn a_share_of_nothing_is_not_shown() {
        assert_eq!(used(10, 0), "-");
        assert_eq!(used(2600, 2600), "100%");
    }
}
