//! What options cost, a profile beside the reference, and what compiling takes, as text.

use super::{new_table, number, toolchain};
use crate::beside::Beside;
use crate::compile_time::{CompileTime, Spent};
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
    let header = ["profile", "from nothing", "processor", "after a change", "processor"];
    let mut table = new_table(&header, &[0]);
    let seconds = |time: Duration| format!("{:.1} s", time.as_secs_f64());
    let cells = |spent: Spent| [seconds(spent.elapsed), spent.processor.map_or("-".to_owned(), seconds)];
    for time in times {
        table.add_row([time.profile.clone()].into_iter().chain(cells(time.clean)).chain(cells(time.change)));
    }
    let title = format!(
        "How long each profile's firmware takes to compile, on {cores} cores: from nothing, and after a change in the user's\n\
         code. Beside it the time that all processes had, which depends less on what else the machine does"
    );
    format!("{title}\n\n{}\n\n{}\n", table.trim_fmt(), toolchain(identity))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::beside::Row;
    use crate::budget::Added;
    use crate::reference::{FILES, TOTAL};
    use crate::toolchain::Library;
    use std::collections::BTreeMap;

    fn identity() -> Identity {
        Identity {
            rustc: "rustc 1.96.0".to_owned(),
            cargo: "cargo 1.96.0".to_owned(),
            library: Library::Prebuilt,
            linker: "LLD 14.0.6".to_owned(),
            target: "thumbv6m-none-eabi".to_owned(),
            rustflags: vec!["-C link-arg=-Tlink.x".to_owned()],
            profile: BTreeMap::new(),
        }
    }

    fn cost(name: &str, smallest: (i64, i64), complete: (i64, i64)) -> Cost {
        let [smallest, complete] = [smallest, complete].map(|(flash, ram)| Added { flash, ram });
        Cost { name: name.to_owned(), smallest, complete }
    }

    #[test]
    fn what_options_cost_is_a_table() {
        let text = options(&[cost("`Publish`", (2628, 784), (284, 0)), cost("`Ping`", (92, 0), (84, 0))], &identity());
        let expected = "\
What each option adds to the smallest agent, and is of the complete one, in bytes

option      flash, smallest   RAM   flash, complete   RAM
----------------------------------------------------------
`Publish`             2 628   784               284     0
`Ping`                   92     0                84     0

Built for thumbv6m-none-eabi with
  rustc 1.96.0
";
        assert!(text.starts_with(expected), "{text}");
        assert!(!text.contains("Turning off"), "{text}");
    }

    #[test]
    fn what_becomes_larger_without_an_option_is_told() {
        let text = options(&[cost("`Ping`", (-8, 0), (84, -4)), cost("`Stop`", (0, 0), (0, 0))], &identity());
        let expected = "
Turning off `Ping` makes larger: the smallest agent by 8 bytes of flash, the complete agent by 4 bytes of RAM.
What is turned off has to cost nothing.
";
        assert!(text.ends_with(expected), "{text}");
    }

    #[test]
    fn a_profile_stands_beside_the_reference() {
        let row = |name: &str, file, flash| Row { name: name.to_owned(), file, flash };
        let rows = vec![
            row(FILES[0].name, Some(FILES[0]), [2000, 1500]),
            row(TOTAL.name, Some(TOTAL), [2000, 1500]),
            row("core", None, [90, -4]),
            row("all that is linked", None, [2090, 1496]),
        ];
        let text = beside(&Beside { profile: "complete".to_owned(), rows, identity: identity() });
        let expected = "\
part                 reference -O1   complete 1   reference -Os   complete \"z\"
-------------------------------------------------------------------------------
core_mqtt_agent.c            1 741        2 000           1 536          1 500
total                        9 114        2 000           7 578          1 500
core                             -           90               -             -4
all that is linked               -        2 090               -          1 496
";
        assert!(text.contains(expected), "{text}");
    }

    #[test]
    fn compile_times_are_in_seconds() {
        let spent = |elapsed, processor: Option<u64>| Spent {
            elapsed: Duration::from_millis(elapsed),
            processor: processor.map(Duration::from_millis),
        };
        let time =
            CompileTime { profile: "beacon".to_owned(), clean: spent(21_340, Some(34_000)), change: spent(960, None) };
        let text = compile_times(&[time], 2, &identity());
        let expected = "
profile   from nothing   processor   after a change   processor
----------------------------------------------------------------
beacon          21.3 s      34.0 s            1.0 s           -
";
        assert!(text.contains(expected) && text.contains("on 2 cores"), "{text}");
    }
}
