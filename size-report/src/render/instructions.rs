//! Instructions as text.

use super::{Look, SUSPECTS, new_table, number, toolchain};
use crate::instructions::{CAVEAT, Count, Instructions, Operation, ROWS, TITLE};
use comfy_table::{Cell, Color};

/// The text about instructions: operations with their budgets, critical sections, and what is wrong, if anything is.
pub fn instructions(report: &Instructions, look: Look) -> String {
    let mut sections = vec![operations(report, look), format!("Beside {TITLE}\n\n{CAVEAT}"), masked(report)];
    let emulator = &report.emulator;
    sections.push(format!("{}\nRun under {emulator}, one instruction at a time", toolchain(&report.identity)));
    if look.symbols > 0 {
        sections.extend(ROWS.iter().flat_map(|operation| functions(report, operation, look.symbols)));
    }
    sections.extend(ROWS.iter().filter_map(|operation| over_budget(report, operation)));
    sections.extend(masked_for_long(report));
    if report.counted.payload.masked > 0 {
        let payload =
            "A payload is read while interrupts are masked. That takes as long as it is large: copy it before.";
        sections.push(payload.to_owned());
    }
    sections.join("\n\n") + "\n"
}

fn operations(report: &Instructions, look: Look) -> String {
    let mut table = new_table(&["operation", "instructions", "budget", "coreMQTT Agent", "aim", "verdict"], &[0, 5]);
    if look.colour {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    let optional = |value: Option<u32>| value.map_or("-".to_owned(), |value| number(value.into()));
    let mut row = |title: &str, value: u32, budget: u32, reference: Option<u32>, aim: Option<u32>| {
        let excess = value.saturating_sub(budget);
        let verdict = if excess == 0 { "ok".to_owned() } else { format!("OVER by {}", number(excess.into())) };
        table.add_row(vec![
            Cell::new(title),
            Cell::new(number(value.into())),
            Cell::new(number(budget.into())),
            Cell::new(optional(reference)),
            Cell::new(optional(aim)),
            Cell::new(verdict).fg(if excess == 0 { Color::Green } else { Color::Red }),
        ]);
    };
    let mut parts = Vec::new();
    for operation in &ROWS {
        let (value, budget) = (report.counted.operation(operation), (operation.budget)(&report.budgets));
        row(operation.title, value, budget, Some(operation.reference), operation.aim);
        if operation.parts.len() > 1 {
            parts.push(operation);
        }
    }
    let (_, longest) = report.counted.critical_section();
    row("longest critical section", longest, report.budgets.critical_section, None, None);
    let mut details = new_table(&["operation", "part", "instructions", "coreMQTT Agent"], &[0, 1]);
    for operation in parts {
        for part in operation.parts {
            let value = number(report.counted.part(part).into());
            details.add_row([operation.title.to_owned(), part.title.to_owned(), value, optional(part.reference)]);
        }
    }
    format!(
        "What each operation takes, in instructions of an emulated Cortex-M0\n\n{}\n\n{}",
        table.trim_fmt(),
        details.trim_fmt()
    )
}

fn masked(report: &Instructions) -> String {
    let mut table = new_table(&["longest", "times", "masked by"], &[2]);
    for (function, masked) in &report.counted.masked {
        table.add_row([number(masked.longest.into()), number(masked.times.into()), short(function)]);
    }
    let payload = report.counted.payload;
    format!(
        "How long interrupts are masked, in instructions; in the whole run, with all slots in line too\n\n{}\n\n\
         Payloads: {} bytes were read to be copied, {} of them while interrupts were masked.",
        table.trim_fmt(),
        number(payload.all.into()),
        number(payload.masked.into())
    )
}

fn functions(report: &Instructions, operation: &Operation, count: usize) -> Vec<String> {
    let describe = |part: &crate::instructions::Part| {
        let counted = report.counted.operations.get(part.function)?;
        let title = if part.title.is_empty() { String::new() } else { format!(", {}", part.title) };
        let title =
            format!("{}{title}: where most of its {} instructions are", operation.title, number(counted.total.into()));
        Some(format!("{title}\n\n{}", spent(counted, count)))
    };
    operation.parts.iter().filter_map(describe).collect()
}

fn spent(counted: &Count, count: usize) -> String {
    let mut table = new_table(&["instructions", "function"], &[1]);
    for (function, value) in counted.functions.iter().take(count) {
        table.add_row([number((*value).into()), short(function)]);
    }
    table.trim_fmt()
}

fn over_budget(report: &Instructions, operation: &Operation) -> Option<String> {
    let (value, budget) = (report.counted.operation(operation), (operation.budget)(&report.budgets));
    if value <= budget {
        return None;
    }
    let excess = number((value - budget).into());
    let suspects = functions(report, operation, SUSPECTS).join("\n\n");
    Some(format!(
        "{} is over its budget by {excess} instructions.\n\n{suspects}\n\nMake it faster, or raise its budget in \
         profiles.toml on purpose. Where the source is\nwhat it was when it fitted, the compiler is another: this one \
         is {}.",
        operation.title, report.identity.rustc,
    ))
}

fn masked_for_long(report: &Instructions) -> Option<String> {
    let (function, longest) = report.counted.critical_section();
    let excess = longest.checked_sub(report.budgets.critical_section).filter(|excess| *excess > 0)?;
    Some(format!(
        "The longest critical section is over its budget by {excess} instructions. It is in\n{}.\nDo more of its work \
         outside, or raise its budget on purpose.",
        short(function)
    ))
}

/// The name of a function without its generic arguments: those of an agent fill pages.
fn short(name: &str) -> String {
    let mut text = String::new();
    // How deep in generic arguments.
    let mut depth = 0_usize;
    let mut previous = ' ';
    // Of each angle bracket outside of them that is open: whether it is that of a path.
    let mut open = Vec::new();
    for character in name.chars() {
        match character {
            '<' => {
                let is_argument = depth > 0 || previous.is_alphanumeric() || matches!(previous, '_' | ':' | '}');
                open.push(!is_argument);
                if is_argument {
                    if depth == 0 && text.ends_with("::") {
                        text.truncate(text.len() - 2);
                    }
                    depth += 1;
                } else {
                    text.push('<');
                }
            }
            '>' if previous != '-' => match open.pop() {
                Some(false) => depth -= 1,
                _ => text.push('>'),
            },
            _ if depth > 0 => {}
            _ => text.push(character),
        }
        previous = character;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_shown_without_generic_arguments() {
        let cases = [
            ("memcpy", "memcpy"),
            ("<slimqtt_agent::queue::Queue<app::Complete, 4, 160>>::submit", "<slimqtt_agent::queue::Queue>::submit"),
            (
                "<slimqtt_agent::run::Run<Owner<P, 4>, <A<fn(u8) -> u8> as T>::F> as core::future::future::Future>::poll",
                "<slimqtt_agent::run::Run as core::future::future::Future>::poll",
            ),
            ("app::operations::poll::<app::Run<u8>>", "app::operations::poll"),
            ("<Agent<P>>::run::<128>::{closure#0}", "<Agent>::run::{closure#0}"),
            ("<F as Fn(u8) -> u8>::call", "<F as Fn(u8) -> u8>::call"),
            ("a > b", "a > b"),
        ];
        for (name, expected) in cases {
            assert_eq!(short(name), expected);
        }
    }
}
