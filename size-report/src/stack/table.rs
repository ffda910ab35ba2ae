//! The stack as text.

use super::{Depth, Entry, Observed};
use crate::render::{new_table, number};
use std::fmt::Write;

/// A row of the table.
#[derive(Clone, Debug)]
pub struct Row<'a> {
    /// The image.
    pub image: &'a str,
    /// The entry.
    pub entry: &'a Entry,
    /// What it may take.
    pub budget: Option<u32>,
}

impl Row<'_> {
    /// Whether it keeps to its budget. What has no bound keeps to none.
    pub fn is_ok(&self) -> bool {
        let Depth { bytes, unbounded, .. } = &self.entry.depth;
        self.budget.is_none_or(|budget| *bytes <= budget && unbounded.is_none())
    }

    fn verdict(&self) -> String {
        let bytes = self.entry.depth.bytes;
        match self.budget {
            None => "-".to_owned(),
            Some(_) if self.is_ok() => "ok".to_owned(),
            Some(budget) if bytes > budget => format!("OVER by {}", number((bytes - budget).into())),
            Some(_) => "NO BOUND".to_owned(),
        }
    }
}

/// The table, and below it why something has no bound.
pub fn table(rows: &[Row]) -> String {
    let mut table = new_table(&["image", "entry", "stack", "budget", "verdict"], &[0, 1, 4]);
    let mut reasons: Vec<(&str, String)> = Vec::new();
    for row in rows {
        let Depth { bytes, unbounded, .. } = &row.entry.depth;
        let mut stack = number((*bytes).into());
        if let Some(why) = unbounded {
            stack = format!("unbounded, at least {stack}");
            match reasons.iter_mut().find(|(known, _)| known == why) {
                Some((_, entries)) => _ = write!(entries, ", {}", row.entry.name),
                None => reasons.push((why, format!("{}, {}", row.image, row.entry.name))),
            }
        }
        let budget = row.budget.map_or("-".to_owned(), |budget| number(budget.into()));
        table.add_row([row.image.to_owned(), row.entry.name.clone(), stack, budget, row.verdict()]);
    }
    let mut text = format!("The most that can be on the stack, in bytes\n\n{}\n", table.trim_fmt());
    for (why, entries) in reasons {
        let _ = write!(text, "\n{entries}: no bound\n  {why}\n");
    }
    text
}

/// For each entry the way down to the deepest place.
pub fn paths(rows: &[Row]) -> String {
    let rows = rows.iter().filter(|row| !row.entry.depth.path.is_empty());
    rows.map(|row| path(row.image, row.entry)).collect::<Vec<_>>().join("\n")
}

fn path(image: &str, entry: &Entry) -> String {
    let mut table = new_table(&["bytes", "in all", "function"], &[2]);
    let mut total = 0;
    for hop in &entry.depth.path {
        total += hop.bytes;
        table.add_row([number(hop.bytes.into()), number(total.into()), short(&hop.function)]);
    }
    format!("{image}, {}: the way to the deepest place\n\n{}\n", entry.name, table.trim_fmt())
}

/// What functions took in a run, beside what they may take.
pub fn observed(rows: &[Observed], shown: usize) -> String {
    let mut table = new_table(&["taken", "at most", "function"], &[2]);
    for Observed { function, taken, depth } in rows.iter().take(shown) {
        let bound = if depth.unbounded.is_some() { "no bound".to_owned() } else { number(depth.bytes.into()) };
        table.add_row([number((*taken).into()), bound, short(function)]);
    }
    format!(
        "What functions took of the stack in a run, in bytes: none of {} took more than it may\n\n{}\n",
        rows.len(),
        table.trim_fmt()
    )
}

/// Names up to this length are shown as they are.
const LONG: usize = 100;

/// A long name without the arguments of its types' arguments: `<Run<..> as Future>::poll`.
fn short(name: &str) -> String {
    if name.len() <= LONG {
        return name.to_owned();
    }
    let mut text = String::new();
    let (mut depth, mut last) = (0_u32, ' ');
    for c in name.chars() {
        // The arrow of a function's type closes nothing.
        let closes = c == '>' && last != '-';
        depth -= u32::from(closes && depth > 0);
        match depth {
            0 | 1 => text.push(c),
            2 if last == '<' => text.push_str(".."),
            _ => {}
        }
        depth += u32::from(c == '<');
        last = c;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_lose_the_arguments_of_arguments() {
        let arguments = "very::long::".repeat(9);
        assert_eq!(short("<a::B<C<D>> as E>::f"), "<a::B<C<D>> as E>::f");
        assert_eq!(
            short(&format!("<a::B<{arguments}C<D>, fn() -> X> as E>::f::<g::H<I>>")),
            "<a::B<..> as E>::f::<g::H<..>>"
        );
    }
}
