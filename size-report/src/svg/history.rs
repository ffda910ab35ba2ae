//! What profiles added from commit to commit, with their budgets.

use super::{Svg, at, memory_name};
use crate::attribution::Memory;
use crate::budget::Added;
use crate::palette::{self, ACCENT, ALARM, LINE};
use crate::render::number;
use crate::report::Report;
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// What a profile added at a commit: one line of a history.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Entry {
    /// The commit.
    pub commit: String,
    /// The profile's name.
    pub profile: String,
    /// What it added to the baseline.
    #[serde(flatten)]
    pub added: Added,
}

impl Entry {
    /// Reads a history: a line of JSON for each entry, the oldest first.
    pub fn read(path: &Path) -> Result<Vec<Self>> {
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        Self::parse(&text).with_context(|| path.display().to_string())
    }

    fn parse(text: &str) -> Result<Vec<Self>> {
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        lines.map(|(index, line)| serde_json::from_str(line).with_context(|| format!("line {}", index + 1))).collect()
    }

    fn bytes(&self, memory: Memory) -> i64 {
        match memory {
            Memory::Flash => self.added.flash,
            Memory::Ram => self.added.ram,
        }
    }
}

/// A profile's part of the drawing.
const PANEL: f64 = 104.0;
const TITLE: f64 = 28.0;
const AXIS: f64 = 22.0;
/// Where the line is, from left to right, and from top to bottom of a panel.
const LEFT: f64 = 190.0;
const RIGHT: f64 = Svg::WIDTH - 20.0;
const TOP: f64 = 20.0;
const BOTTOM: f64 = PANEL - 20.0;
/// Up to as many commits each one has a point.
const POINTS: usize = 80;

/// Draws a line for each profile of the history, each with a scale of its own, and its budget as the report has it.
pub fn history(entries: &[Entry], report: &Report, memory: Memory) -> Result<String> {
    ensure!(!entries.is_empty(), "the history has no lines yet");
    let commits = distinct(entries.iter().map(|entry| entry.commit.as_str()));
    let profiles = distinct(entries.iter().map(|entry| entry.profile.as_str()));
    let title = format!("Bytes of {} that each profile adds, over {} commits", memory_name(memory), commits.len());
    let height = TITLE + PANEL * profiles.len() as f64 + AXIS;
    let style = [("axis", "stroke", LINE), ("line", "stroke", ACCENT), ("rule", "stroke", ALARM)];
    let style =
        palette::fills(&style) + "\n.axis,.line,.rule{fill:none}.line{stroke-width:2}.rule{stroke-dasharray:6 4}";
    let mut svg = Svg::new(height, &title, &style);
    svg.label("text strong", 6.0, 18.0, &title);
    for (index, profile) in profiles.iter().enumerate() {
        let points: Vec<_> = entries
            .iter()
            .filter(|entry| entry.profile == *profile)
            .filter_map(|entry| Some((commits.iter().position(|commit| *commit == entry.commit)?, entry.bytes(memory))))
            .collect();
        let budget = report.profiles.iter().find(|measured| measured.name == *profile).map(|measured| match memory {
            Memory::Flash => i64::from(measured.budget.flash),
            Memory::Ram => i64::from(measured.budget.ram),
        });
        svg.panel(TITLE + PANEL * index as f64, profile, &points, budget, commits.len());
    }
    let short = |commit: &str| commit.chars().take(10).collect::<String>();
    if let (Some(first), Some(last)) = (commits.first(), commits.last()) {
        svg.label("muted small", LEFT, height - 8.0, &short(first));
        if commits.len() > 1 {
            svg.label("muted small end", RIGHT, height - 8.0, &short(last));
        }
    }
    Ok(svg.end())
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
    fn panel(&mut self, top: f64, name: &str, points: &[(usize, i64)], budget: Option<i64>, commits: usize) {
        let Some(&(_, last)) = points.last() else { return };
        let all = || points.iter().map(|(_, bytes)| *bytes).chain(budget);
        let (least, most) = (all().min().unwrap_or(last), all().max().unwrap_or(last));
        // A line that is level is in the middle.
        let range = if most > least { (most - least) as f64 } else { 1.0 };
        let y = |bytes: i64| top + BOTTOM - (BOTTOM - TOP) * (bytes - least) as f64 / range;
        let x = |commit: usize| LEFT + (RIGHT - LEFT) * commit as f64 / commits.saturating_sub(1).max(1) as f64;

        self.label("text strong", 6.0, top + 34.0, name);
        self.label("text", 6.0, top + 52.0, &format!("{} bytes", number(last)));
        if let Some(budget) = budget {
            let share = last as f64 * 100.0 / (budget.max(1)) as f64;
            self.label("muted small", 6.0, top + 68.0, &format!("{share:.0}% of {}", number(budget)));
        }
        let frame = format!("M{LEFT} {}V{}H{RIGHT}", at(top + TOP - 8.0), at(top + BOTTOM + 8.0));
        self.path("axis", &frame);
        let measured = points.iter().map(|(_, bytes)| *bytes);
        let (lowest, highest) = (measured.clone().min().unwrap_or(last), measured.max().unwrap_or(last));
        self.label("muted small end", LEFT - 6.0, y(lowest) + 4.0, &number(lowest));
        if y(lowest) - y(highest) >= 13.0 {
            self.label("muted small end", LEFT - 6.0, y(highest) + 4.0, &number(highest));
        }
        if let Some(budget) = budget {
            self.path("rule", &format!("M{LEFT} {}H{RIGHT}", at(y(budget))));
            self.label("alarm small end", RIGHT, y(budget) - 4.0, &format!("budget {}", number(budget)));
        }
        // A size stays as it is until a commit changes it: steps, not slopes.
        let mut line = String::new();
        for (index, &(commit, bytes)) in points.iter().enumerate() {
            let (x, y) = (at(x(commit)), at(y(bytes)));
            let _ = if index == 0 { write!(line, "M{x} {y}") } else { write!(line, "H{x}V{y}") };
        }
        self.path("line", &line);
        let dots = if points.len() > POINTS { &points[points.len() - 1..] } else { points };
        for &(commit, bytes) in dots {
            let (x, y) = (at(x(commit)), at(y(bytes)));
            let _ = writeln!(self.text, "<circle class=\"accent\" cx=\"{x}\" cy=\"{y}\" r=\"3\"/>");
        }
    }

    fn path(&mut self, class: &str, path: &str) {
        let _ = writeln!(self.text, "<path class=\"{class}\" d=\"{path}\"/>");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_history_is_lines_of_json() {
        let text = "{\"commit\":\"1f\",\"profile\":\"beacon\",\"flash\":3016,\"ram\":748,\"later\":1}\n\n";
        let added = Added { flash: 3016, ram: 748 };
        let entry = Entry { commit: "1f".to_owned(), profile: "beacon".to_owned(), added };
        assert_eq!(Entry::parse(text).unwrap(), [entry]);
    }

    #[test]
    fn a_bad_line_is_located() {
        let text = "{\"commit\":\"1f\",\"profile\":\"beacon\",\"flash\":3016,\"ram\":748}\n{\"commit\":1}\n";
        let message = format!("{:#}", Entry::parse(text).unwrap_err());
        assert!(message.starts_with("line 2: invalid type: integer `1`, expected a string at"), "{message}");
    }
}
