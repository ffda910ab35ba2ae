//! Two reports side by side, as text for a terminal and as Markdown for a comment.

use super::{in_bytes, new_table, number, shortened, toolchain};
use crate::attribution::Memory;
use crate::budget::{Added, Verdict};
use crate::compare::{Changed, Comparison, Function};
use crate::report::Report;
use comfy_table::{Cell, Color};
use std::fmt::Write;

/// By which a program finds its comment again, to write it anew.
pub const MARKER: &str = "<!-- slimqtt-size-report -->";

/// How many growers, and how many shrinkers, are named.
const NAMED: usize = 3;

/// How two reports are compared.
#[derive(Clone, Copy, Debug, Default)]
pub struct Question {
    /// Whether it is judged by budgets and by allowed growth.
    pub judges: bool,
    /// Whether verdicts are coloured.
    pub colour: bool,
}

/// The whole text: how each profile changed, which functions did it, and what to do if that is too much.
pub fn comparison(comparison: &Comparison, question: Question) -> String {
    let mut sections = vec![headline(comparison)];
    sections.extend(alike(comparison));
    if !comparison.is_empty() || question.judges {
        sections.push(images(comparison, question));
    }
    sections.extend(comparison.images.iter().filter_map(functions));
    if question.judges {
        sections.extend(comparison.images.iter().filter_map(advice));
    }
    sections.join("\n\n") + "\n"
}

/// The same as a comment on a pull request.
pub fn markdown(comparison: &Comparison, new: &Report, question: Question) -> String {
    let mut text = format!("{MARKER}\n### Size: {}\n", headline(comparison));
    if let Some(alike) = alike(comparison) {
        let _ = write!(text, "\n{alike}\n");
    }
    if !comparison.is_empty() || question.judges && !(comparison.keeps_budgets() && comparison.keeps_growth()) {
        text.push_str(
            "\n| profile | flash | change | budget | RAM | change | budget | |\n|---|--:|--:|--:|--:|--:|--:|---|\n",
        );
        for image in &comparison.images {
            let [flash, ram] =
                memories(image).map(|[now, _, change, budget, _]| format!("{now} | {change} | {budget}"));
            let (verdict, is_well) = verdict(image, question);
            let verdict = if is_well { verdict } else { format!("**{verdict}**") };
            let _ = writeln!(text, "| {} | {flash} | {ram} | {verdict} |", image.name);
        }
    }
    for image in &comparison.images {
        let lines = lines(image, 10, |symbol| format!("`{}`", symbol.replace('|', "\\|")));
        if lines.is_empty() {
            continue;
        }
        let _ = write!(text, "\n<details><summary>{}</summary>\n\n", summary(image));
        text.push_str("| change | memory | function | what | begins at |\n|--:|---|---|---|---|\n");
        for [change, memory, name, event, place] in lines {
            let place = if place.is_empty() { place } else { format!("`{place}`") };
            let _ = writeln!(text, "| {change} | {memory} | `{}` | {event} | {place} |", name.replace('|', "\\|"));
        }
        text.push_str("\n</details>\n");
    }
    if question.judges {
        for advice in comparison.images.iter().filter_map(advice) {
            let _ = write!(text, "\n{advice}\n");
        }
    }
    let _ = write!(
        text,
        "\n<details><summary>Built with</summary>\n\n```text\n{}\n```\n\n</details>\n",
        toolchain(&new.toolchain)
    );
    text
}

/// One line: `no change`, or what became of each profile.
fn headline(comparison: &Comparison) -> String {
    if comparison.is_empty() {
        return "no change".to_owned();
    }
    let changed: Vec<_> = comparison.images.iter().filter(|image| !image.is_empty()).map(summary).collect();
    changed.join("; ")
}

fn summary(image: &Changed) -> String {
    let change = match (image.delta(), image.sizes.0) {
        (Some(Added { flash: 0, ram: 0 }), _) => "no change in size, but functions changed places".to_owned(),
        (Some(Added { flash, ram: 0 }), _) => format!("{} of flash", signed_bytes(flash)),
        (Some(Added { flash: 0, ram }), _) => format!("{} of RAM", signed_bytes(ram)),
        (Some(Added { flash, ram }), _) => format!("{} of flash and {} of RAM", signed_bytes(flash), signed(ram)),
        (None, None) => "new".to_owned(),
        (None, Some(_)) => "gone".to_owned(),
    };
    format!("{}: {change}", image.name)
}

/// What makes the two reports hard to compare.
fn alike(comparison: &Comparison) -> Option<String> {
    let mut lines = Vec::new();
    if !comparison.toolchain.is_empty() {
        lines.push("The two were not built alike, so this tells nothing about the source alone:".to_owned());
        lines.extend(differences(comparison));
    }
    if !comparison.same_lock {
        lines.push("Cargo.lock is another one: dependencies may be what changed.".to_owned());
    }
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// In what the two were built otherwise, a line each.
pub fn differences(comparison: &Comparison) -> Vec<String> {
    let line = |(what, old, new): &(&str, String, String)| format!("- {what}: was `{old}`, is `{new}`");
    comparison.toolchain.iter().map(line).collect()
}

fn images(comparison: &Comparison, question: Question) -> String {
    let header = ["profile", "flash", "before", "change", "may", "RAM", "before", "change", "may", "verdict"];
    let mut table = new_table(&header, &[0, 9]);
    if question.colour {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    for image in &comparison.images {
        let (verdict, is_well) = verdict(image, question);
        let mut cells = vec![Cell::new(&image.name)];
        for [now, before, change, _, may] in memories(image) {
            cells.extend([now, before, change, may].map(Cell::new));
        }
        cells.push(Cell::new(verdict).fg(if is_well { Color::Green } else { Color::Red }));
        table.add_row(cells);
    }
    table.trim_fmt()
}

/// For flash and for RAM: now, before, change, budget, allowed growth.
fn memories(image: &Changed) -> [[String; 5]; 2] {
    let of = |added: fn(Added) -> i64, budget: Option<(u32, u32)>| {
        let size = |size: Option<Added>| size.map_or("-".to_owned(), |size| number(added(size)));
        let change = image.delta().map_or("-".to_owned(), |delta| signed(added(delta)));
        let [budget, may] = budget.map_or(["-".to_owned(), "-".to_owned()], |(budget, growth)| {
            [number(budget.into()), signed(growth.into())]
        });
        [size(image.sizes.1), size(image.sizes.0), change, budget, may]
    };
    let promises = image.promises;
    [
        of(|added| added.flash, promises.map(|promises| (promises.budget.flash, promises.growth.flash))),
        of(|added| added.ram, promises.map(|promises| (promises.budget.ram, promises.growth.ram))),
    ]
}

fn verdict(image: &Changed, question: Question) -> (String, bool) {
    let Some(promises) = image.promises.filter(|_| question.judges) else { return (String::new(), true) };
    let mut faults = Vec::new();
    match promises.verdict {
        Verdict::Ok => {}
        Verdict::OverBudget => faults.push("OVER its budget".to_owned()),
        Verdict::ForbiddenSymbol => faults.push("FORBIDDEN symbols".to_owned()),
    }
    let excess = image.excess();
    if excess.flash > 0 {
        faults.push(format!("GREW by {} too much", number(excess.flash)));
    }
    if excess.ram > 0 {
        faults.push(format!("RAM GREW by {} too much", number(excess.ram)));
    }
    if faults.is_empty() { ("ok".to_owned(), true) } else { (faults.join(", "), false) }
}

fn functions(image: &Changed) -> Option<String> {
    let mut table = new_table(&["change", "memory", "function", "what", "begins at"], &[1, 2, 3, 4]);
    for [change, memory, name, event, place] in lines(image, NAMED, str::to_owned) {
        table.add_row([change, memory, shortened(&name), event, place]);
    }
    (!table.is_empty()).then(|| format!("{}\n\n{}", summary(image), table.trim_fmt()))
}

/// The functions that did most of it, what the others come to, and padding.
fn lines(image: &Changed, named: usize, quoted: fn(&str) -> String) -> Vec<[String; 5]> {
    let line = |function: &Function| {
        let place = function.place.clone().unwrap_or_default();
        [
            signed(function.delta()),
            memory(function.memory).to_owned(),
            function.name.clone(),
            event(function, quoted),
            place,
        ]
    };
    let mut lines: Vec<_> = image.growers().take(named).chain(image.shrinkers().take(named)).map(line).collect();
    for of in [Memory::Flash, Memory::Ram] {
        let is_of = |function: &&Function| function.memory == of;
        let others: Vec<_> = image.growers().skip(named).chain(image.shrinkers().skip(named)).filter(is_of).collect();
        if !others.is_empty() {
            let sum = others.iter().map(|function| function.delta()).sum();
            let name = format!("[{} others]", others.len());
            lines.push([signed(sum), memory(of).to_owned(), name, String::new(), String::new()]);
        }
    }
    for (of, padding) in [(Memory::Flash, image.padding.flash), (Memory::Ram, image.padding.ram)] {
        if padding != 0 {
            lines.push([signed(padding), memory(of).to_owned(), "[padding]".to_owned(), String::new(), String::new()]);
        }
    }
    lines
}

/// What happened to a function, and where it is if that is one place with another name.
fn event(function: &Function, quoted: fn(&str) -> String) -> String {
    let symbols = if function.symbols.1.is_empty() { &function.symbols.0 } else { &function.symbols.1 };
    match symbols.first() {
        Some(symbol) if symbols.len() == 1 && *symbol != function.name => {
            format!("{}, in {}", function.event(), quoted(&shortened(symbol)))
        }
        _ => function.event(),
    }
}

fn memory(memory: Memory) -> &'static str {
    match memory {
        Memory::Flash => "flash",
        Memory::Ram => "RAM",
    }
}

/// What to do about a profile that breaks a promise.
fn advice(image: &Changed) -> Option<String> {
    let (promises, name) = (image.promises?, &image.name);
    let (excess, delta) = (image.excess(), image.delta());
    let grew = |memory: &str, excess: i64, of: fn(Added) -> i64, may: u32| {
        let delta = in_bytes(delta.map_or(0, of));
        (excess > 0).then(|| format!("its {memory} grew by {delta}, and one change may add {}", number(may.into())))
    };
    let mut faults: Vec<_> = [
        grew("flash", excess.flash, |added| added.flash, promises.growth.flash),
        grew("RAM", excess.ram, |added| added.ram, promises.growth.ram),
    ]
    .into_iter()
    .flatten()
    .collect();
    let mut remedies = Vec::new();
    if !faults.is_empty() {
        remedies.push("`growth`");
    }
    let over = image.sizes.1.map(|added| promises.budget.excess(added)).unwrap_or_default();
    for (memory, over) in [("flash", over.flash), ("RAM", over.ram)] {
        if over > 0 {
            faults.push(format!("its {memory} is {} over its budget", in_bytes(over)));
        }
    }
    if over != Added::default() {
        remedies.push("`budget`");
    }
    if promises.verdict == Verdict::ForbiddenSymbol {
        faults.push("it has symbols that `forbid` lists".to_owned());
    }
    if faults.is_empty() {
        return None;
    }
    let growers = image.growers().take(NAMED);
    let growers: Vec<_> =
        growers.map(|function| format!("`{}` ({})", shortened(&function.name), signed(function.delta()))).collect();
    let look = if growers.is_empty() { String::new() } else { format!("Look at {} first: ", growers.join(", ")) };
    let mut advice = format!(
        "{name}: {}.\n{look}`cargo size-report attribute {name} --by origin` shows all of it.",
        faults.join("; ")
    );
    if !remedies.is_empty() {
        advice += &format!(
            "\nTake back what is not worth its bytes, or allow it on purpose: {} of [profiles.{name}], where the budgets are.",
            remedies.join(" and ")
        );
    }
    Some(advice)
}

fn signed(value: i64) -> String {
    if value > 0 { format!("+{}", number(value)) } else { number(value) }
}

fn signed_bytes(value: i64) -> String {
    format!("{} {}", signed(value), if value.abs() == 1 { "byte" } else { "bytes" })
}
