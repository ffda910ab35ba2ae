//! What options cost, a profile beside the reference, and what compiling takes, as text.

use super::{new_table, number, toolchain};
use crate::beside::Beside;
use crate::compile_time::CompileTime;
use crate::options::Cost;
use crate::reference;
use crate::report::Identity;
use std::time::Duration;

/// The text about options: the table, what it was measured with, and which options make an image larger by being turned off.
pub fn options(costs: &[Cost], identity: &Identity) -> String {
    let mut table = new_table(&["option", "flash, smallest", "RAM", "flash, complete", "RAM"], &[0]);
    for cost in costs {
        let figures = [cost.smallest.flash, cost.smallest.ram, cost.complete.flash, cost.complete.ram];
        table.add_row([cost.name.clone()].into_iter().chain(figures.map(number)));
    }
    let title = "What each option adds to the smallest agent, and is of the complete one, in bytes";
    let mut sections = vec![format!("{title}\n\n{}", table.trim_fmt()), toolchain(identity)];
    let faults = |cost: &Cost| match cost.faults() {
        faults if faults.is_empty() => None,
        faults => Some(format!("Turning off {} makes larger: {}.", cost.name, faults.join(", "))),
    };
    let faults: Vec<_> = costs.iter().filter_map(faults).collect();
    if !faults.is_empty() {
        sections.push(format!("{}\nWhat is turned off has to cost nothing.", faults.join("\n")));
    }
    sections.join("\n\n") + "\n"
}

/// The text about a profile beside the reference.
pub fn beside(beside: &Beside) -> String {
    let name = &beside.profile;
    let header = ["part", "reference -O1", &format!("{name} 1"), "reference -Os", &format!("{name} \"z\"")];
    let mut table = new_table(&header, &[0]);
    for row in &beside.rows {
        let published = |tenths: Option<u32>| tenths.map_or("-".to_owned(), |it| number(reference::bytes(it).into()));
        let [o1, os] = row.flash.map(number);
        let (reference_o1, reference_os) = (row.file.map(|file| file.o1), row.file.map(|file| file.os));
        table.add_row([row.name.clone(), published(reference_o1), o1, published(reference_os), os]);
    }
    let title = format!("{name} beside \"{}\", in bytes of flash", reference::TITLE);
    format!("{title}\n\n{}\n\n{}\n\n{}\n", table.trim_fmt(), reference::CAVEAT, toolchain(&beside.identity))
}

/// The text about compiling.
pub fn compile_times(times: &[CompileTime], cores: usize, identity: &Identity) -> String {
    let mut table = new_table(&["profile", "from nothing", "after a change in the user's code"], &[0]);
    let seconds = |time: Duration| format!("{:.1} s", time.as_secs_f64());
    for time in times {
        table.add_row([time.profile.clone(), seconds(time.clean), seconds(time.change)]);
    }
    let title = format!("How long each profile's firmware takes to compile, on {cores} cores");
    format!("{title}\n\n{}\n\n{}\n", table.trim_fmt(), toolchain(identity))
}
