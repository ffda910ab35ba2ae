//! What profiles added from one entry of a history to the next, with their budgets.

use super::{Svg, at, memory_name};
use crate::attribution::Memory;
use crate::history::Entry;
use crate::palette::{self, ACCENT, ALARM, LINE};
use crate::render::number;
use anyhow::{Result, ensure};
use std::fmt::Write;

/// A profile's part of the drawing.
const PANEL: f64 = 104.0;
const TITLE: f64 = 28.0;
const AXIS: f64 = 22.0;
/// Where the line is, from left to right, and from top to bottom of a panel.
const LEFT: f64 = 190.0;
const RIGHT: f64 = Svg::WIDTH - 56.0;
const TOP: f64 = 20.0;
const BOTTOM: f64 = PANEL - 20.0;
/// Up to as many entries each one has a point.
const POINTS: usize = 80;

/// Draws a line for each profile of a history, each with a scale of its own, and its budget at the time. Where another
/// toolchain came, there is a line across: figures on its two sides are not to be compared.
pub fn history(entries: &[Entry], memory: Memory) -> Result<String> {
    ensure!(!entries.is_empty(), "the history has no entries yet: `cargo size-report history --append` adds one");
    let title = format!("Bytes of {} that each profile adds, {} times", memory_name(memory), entries.len());
    let profiles = distinct(entries.iter().flat_map(|entry| &entry.profiles).map(|point| point.name.as_str()));
    let height = TITLE + PANEL * profiles.len() as f64 + AXIS;
    let style = [("axis", "stroke", LINE), ("line", "stroke", ACCENT), ("rule", "stroke", ALARM)];
    let style = palette::fills(&style)
        + "\n.axis,.line,.rule{fill:none}.line{stroke-width:2}.rule{stroke-dasharray:6 4}.other{stroke-dasharray:1 3}";
    let mut svg = Svg::new(height, &title, &style);
    svg.label("text strong", 6.0, 18.0, &title);
    let x = |index: usize| LEFT + (RIGHT - LEFT) * index as f64 / (entries.len() - 1).max(1) as f64;
    for (index, pair) in entries.windows(2).enumerate().filter(|(_, pair)| !pair[0].is_like(&pair[1])) {
        let x = (x(index) + x(index + 1)) / 2.0;
        svg.path(
            "axis other",
            &format!("M{} {}V{}", at(x), TITLE + TOP - 8.0, at(height - AXIS - PANEL + BOTTOM + 8.0)),
        );
        let names = format!("{} / {}", version(&pair[0].rustc), version(&pair[1].rustc));
        svg.label("muted small middle", x, TITLE + 6.0, &names);
    }
    for (index, name) in profiles.iter().enumerate() {
        let points = entries.iter().enumerate().filter_map(|(index, entry)| {
            let point = entry.profiles.iter().find(|point| point.name == *name)?;
            Some(match memory {
                Memory::Flash => (x(index), point.added.flash, point.budget.flash.into()),
                Memory::Ram => (x(index), point.added.ram, point.budget.ram.into()),
            })
        });
        svg.panel(TITLE + PANEL * index as f64, name, &points.collect::<Vec<_>>());
    }
    let (first, last) = (&entries[0].label, &entries[entries.len() - 1].label);
    let short = |label: &str| label.chars().take(24).collect::<String>();
    svg.label("muted small", LEFT, height - 8.0, &short(first));
    if entries.len() > 1 {
        svg.label("muted small end", RIGHT, height - 8.0, &short(last));
    }
    Ok(svg.end())
}

/// Of `rustc 1.96.0 (ac68faa20 2026-05-25)` the first two words.
fn version(rustc: &str) -> &str {
    rustc.split(" (").next().unwrap_or_default()
}

/// Each name once, in the order in which they come first.
fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut all = Vec::new();
    for name in names {
        if !all.contains(&name) {
            all.push(name);
        }
    }
    all
}

impl Svg {
    /// A profile's line: where its points are from left to right, what it added, and its budget.
    fn panel(&mut self, top: f64, name: &str, points: &[(f64, i64, i64)]) {
        let Some(&(_, last, budget)) = points.last() else { return };
        let figures = || points.iter().flat_map(|(_, bytes, budget)| [*bytes, *budget]);
        let (least, most) = (figures().min().unwrap_or(last), figures().max().unwrap_or(last));
        let range = (most - least).max(1) as f64;
        let y = |bytes: i64| top + BOTTOM - (BOTTOM - TOP) * (bytes - least) as f64 / range;

        self.label("text strong", 6.0, top + 34.0, name);
        self.label("text", 6.0, top + 52.0, &format!("{} bytes", number(last)));
        let share =
            if budget > 0 { format!("{:.0}% of ", last as f64 * 100.0 / budget as f64) } else { "of ".to_owned() };
        self.label("muted small", 6.0, top + 68.0, &(share + &number(budget)));

        self.path("axis", &format!("M{LEFT} {}V{}H{RIGHT}", at(top + TOP - 8.0), at(top + BOTTOM + 8.0)));
        let measured = || points.iter().map(|(_, bytes, _)| *bytes);
        let (lowest, highest) = (measured().min().unwrap_or(last), measured().max().unwrap_or(last));
        self.label("muted small end", LEFT - 6.0, y(lowest) + 4.0, &number(lowest));
        if y(lowest) - y(highest) >= 13.0 {
            self.label("muted small end", LEFT - 6.0, y(highest) + 4.0, &number(highest));
        }
        self.path("rule", &steps(points.iter().map(|(x, _, budget)| (*x, y(*budget)))));
        self.label("alarm small", RIGHT + 6.0, y(budget) + 4.0, "budget");
        self.path("line", &steps(points.iter().map(|(x, bytes, _)| (*x, y(*bytes)))));
        let dots = if points.len() > POINTS { &points[points.len() - 1..] } else { points };
        for &(x, bytes, _) in dots {
            let _ = writeln!(self.text, "<circle class=\"accent\" cx=\"{}\" cy=\"{}\" r=\"3\"/>", at(x), at(y(bytes)));
        }
    }

    fn path(&mut self, class: &str, path: &str) {
        let _ = writeln!(self.text, "<path class=\"{class}\" d=\"{path}\"/>");
    }
}

/// What stays as it is until a commit changes it: steps, not slopes.
fn steps(points: impl Iterator<Item = (f64, f64)>) -> String {
    points.enumerate().fold(String::new(), |mut path, (index, (x, y))| {
        let (x, y) = (at(x), at(y));
        let _ = if index == 0 { write!(path, "M{x} {y}") } else { write!(path, "H{x}V{y}") };
        path
    })
}
