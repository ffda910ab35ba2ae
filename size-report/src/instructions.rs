//! How many instructions single operations take, and how long interrupts are masked: counted in a run under QEMU.

use crate::elf::{Image, Memory, Symbol};
use crate::emulator::Step;
use crate::report::Identity;
use crate::thumb;
use anyhow::{Context, Result, bail, ensure};
use indexmap::IndexMap;
use serde::Deserialize;

/// In the binary that is run, each function of this module is an operation.
const OPERATIONS: &str = "::operations::";

/// What functions of this one execute is not counted, with all that they call.
const TRANSPORT: &str = "::transport::";

/// The payload that is published.
const PAYLOAD: &str = "::PAYLOAD";

/// How many instructions each operation may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budgets {
    /// A message given at QoS 0, and sent.
    pub publish_qos_0: u32,
    /// A message given at QoS 1, sent, and acknowledged.
    pub publish_qos_1: u32,
    /// A poll that finds nothing to do.
    pub idle_poll: u32,
    /// A message with QoS 0 that comes.
    pub message_qos_0: u32,
    /// A message with QoS 1 that comes, and is acknowledged.
    pub message_qos_1: u32,
    /// A topic name compared with a filter.
    pub topic_match: u32,
    /// The longest time that interrupts are masked.
    pub critical_section: u32,
}

/// A part of an operation: a function that is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// What it does.
    pub title: &'static str,
    /// The function.
    pub function: &'static str,
    /// What the reference takes for it, if that is known.
    pub reference: Option<u32>,
}

/// An operation that has a budget.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    /// What it does.
    pub title: &'static str,
    /// The functions that it consists of.
    pub parts: &'static [Part],
    /// What the reference takes for it.
    pub reference: u32,
    /// What is aimed at.
    pub aim: Option<u32>,
    /// Its budget.
    pub budget: fn(&Budgets) -> u32,
}

const fn part(title: &'static str, function: &'static str, reference: Option<u32>) -> Part {
    Part { title, function, reference }
}

/// The operations.
pub const ROWS: [Operation; 6] = [
    Operation {
        title: "publish at QoS 0",
        parts: &[
            part("enqueue", "enqueue_qos_0", Some(198)),
            part("poll that sends it", "poll_sends_qos_0", Some(843)),
        ],
        reference: 1041,
        aim: Some(800),
        budget: |budgets| budgets.publish_qos_0,
    },
    Operation {
        title: "publish at QoS 1",
        parts: &[
            part("enqueue", "enqueue_qos_1", Some(198)),
            part("poll that sends it", "poll_sends_qos_1", None),
            part("poll that takes PUBACK", "poll_takes_puback", None),
        ],
        reference: 2178,
        aim: Some(1500),
        budget: |budgets| budgets.publish_qos_1,
    },
    Operation {
        title: "idle poll",
        parts: &[part("", "poll_idle", None)],
        reference: 127,
        aim: None,
        budget: |budgets| budgets.idle_poll,
    },
    Operation {
        title: "message comes, QoS 0",
        parts: &[part("", "poll_takes_qos_0", None)],
        reference: 427,
        aim: None,
        budget: |budgets| budgets.message_qos_0,
    },
    Operation {
        title: "message comes, QoS 1, and PUBACK goes",
        parts: &[part("", "poll_takes_qos_1", None)],
        reference: 778,
        aim: None,
        budget: |budgets| budgets.message_qos_1,
    },
    Operation {
        title: "topic matched with a filter",
        parts: &[part("", "match_topic", None)],
        reference: 338,
        aim: None,
        budget: |budgets| budgets.topic_match,
    },
];

/// Where the reference's figures are from.
pub const TITLE: &str = "coreMQTT Agent, counted once on the same emulated chip";

/// What keeps the comparison honest.
pub const CAVEAT: &str = "\
The topic has 16 bytes, the payload 128, and the filter is `sensors/+/001`. An operation is a function, from
its first instruction to its return, with all that it calls, except that bytes are moved to and from the
transport, which is memory here: what a real one takes for them is its own affair. The agent has 4 slots
and everything that an agent can have. Of the reference's 2 178 instructions at QoS 1, 1 980 are spent after
the command is enqueued.";

/// Instructions, and the functions that they are in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// All of them.
    pub total: u32,
    /// By function, the most first.
    pub functions: IndexMap<String, u32>,
}

/// A function that masks interrupts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Masked {
    /// The most instructions, from the one that masks to the one that restores, both included.
    pub longest: u32,
    /// How often it did.
    pub times: u32,
}

/// How many bytes of the payload that is published were read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PayloadReads {
    /// All of them.
    pub all: u32,
    /// While interrupts were masked.
    pub masked: u32,
}

/// What was counted in a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// The operations, by the names of their functions.
    pub operations: IndexMap<String, Count>,
    /// The functions that mask interrupts, the longest time first.
    pub masked: IndexMap<String, Masked>,
    /// Who reads the payload.
    pub payload: PayloadReads,
}

/// The report.
#[derive(Clone, Debug)]
pub struct Instructions {
    /// What was counted.
    pub counted: Counted,
    /// What may be.
    pub budgets: Budgets,
    /// QEMU's version.
    pub emulator: String,
    /// What the image was built with.
    pub identity: Identity,
}

/// A function that is being counted.
struct Open<'a> {
    name: &'a str,
    returns_to: u32,
}

/// The time that interrupts are masked.
struct Section<'a> {
    function: &'a str,
    length: u32,
}

impl Counted {
    /// Counts in a run of `image`, all of whose instructions are in `memory`.
    pub fn new(image: &Image, memory: &Memory, steps: &[Step]) -> Result<Self> {
        let code = Code::new(image);
        let payload = image.symbols.iter().find(|symbol| symbol.name.ends_with(PAYLOAD));
        let payload = payload.with_context(|| format!("no symbol `{PAYLOAD}` in the image"))?;
        let mut counted =
            Self { operations: IndexMap::new(), masked: IndexMap::new(), payload: PayloadReads::default() };
        let mut operation: Option<Open> = None;
        let mut transport: Option<Open> = None;
        let mut section: Option<Section> = None;

        for Step { address, registers } in steps {
            let half = |offset| memory.half(u64::from(address.wrapping_add(offset)));
            let first = half(0).with_context(|| format!("there is no code at {address:#x}, yet it was executed"))?;
            let instruction = [first, half(2).unwrap_or_default()];

            operation.take_if(|open| open.returns_to == *address);
            transport.take_if(|open| open.returns_to == *address);
            let function = code.function(*address);
            if let Some(function) = function.filter(|function| function.address == u64::from(*address)) {
                let returns_to = registers[14] & !1;
                if let Some((_, name)) = function.name.split_once(OPERATIONS) {
                    let name = name.split([':', '<']).next().unwrap_or_default();
                    ensure!(
                        operation.is_none() && !counted.operations.contains_key(name),
                        "the operation `{name}` is executed twice, or within another one"
                    );
                    counted.operations.insert(name.to_owned(), Count::default());
                    operation = Some(Open { name, returns_to });
                } else if transport.is_none() && function.name.contains(TRANSPORT) {
                    transport = Some(Open { name: &function.name, returns_to });
                }
            }
            let function = function.map_or("elsewhere", |function| &function.name);

            if let (Some(open), None) = (&operation, &transport)
                && let Some(count) = counted.operations.get_mut(open.name)
            {
                count.total += 1;
                *count.functions.entry(function.to_owned()).or_default() += 1;
            }

            let masks = thumb::masks(instruction, registers);
            if masks == Some(true) && section.is_none() {
                section = Some(Section { function, length: 0 });
            }
            if let Some(section) = &mut section {
                section.length += 1;
            }
            if let Some(loaded) = thumb::loads(instruction, registers) {
                let end = payload.address + payload.size;
                let bytes = u64::from(loaded.end).min(end).saturating_sub(u64::from(loaded.start).max(payload.address));
                counted.payload.all += bytes as u32;
                counted.payload.masked += if section.is_some() { bytes as u32 } else { 0 };
            }
            if masks == Some(false)
                && let Some(section) = section.take()
            {
                let masked = counted.masked.entry(section.function.to_owned()).or_default();
                masked.longest = masked.longest.max(section.length);
                masked.times += 1;
            }
        }

        ensure!(section.is_none(), "interrupts were masked, and stayed so");
        ensure!(!counted.masked.is_empty(), "interrupts were never masked, yet the agent has critical sections");
        ensure!(
            u64::from(counted.payload.all) >= payload.size,
            "nobody read the payload that was published: it cannot be said who copied it"
        );
        for part in ROWS.iter().flat_map(|operation| operation.parts) {
            if !counted.operations.contains_key(part.function) {
                bail!("the operation `{}` was not executed, or has no symbol", part.function);
            }
        }
        for count in counted.operations.values_mut() {
            count.functions.sort_by(|a, x, b, y| (y, a).cmp(&(x, b)));
        }
        counted.masked.sort_by(|a, x, b, y| (y.longest, a).cmp(&(x.longest, b)));
        Ok(counted)
    }

    /// The instructions of a part.
    pub fn part(&self, part: &Part) -> u32 {
        self.operations.get(part.function).map_or(0, |count| count.total)
    }

    /// The instructions of an operation.
    pub fn operation(&self, operation: &Operation) -> u32 {
        operation.parts.iter().map(|part| self.part(part)).sum()
    }

    /// The longest time that interrupts are masked, and the function that does it.
    pub fn critical_section(&self) -> (&str, u32) {
        self.masked.first().map_or(("", 0), |(function, masked)| (function, masked.longest))
    }
}

impl Instructions {
    /// Whether all is within its budget, and nobody copies a payload while interrupts are masked.
    pub fn is_ok(&self) -> bool {
        let within = |operation: &Operation| self.counted.operation(operation) <= (operation.budget)(&self.budgets);
        ROWS.iter().all(within)
            && self.counted.critical_section().1 <= self.budgets.critical_section
            && self.counted.payload.masked == 0
    }
}

/// The functions of an image, by address.
struct Code<'a>(Vec<&'a Symbol>);

impl<'a> Code<'a> {
    fn new(image: &'a Image) -> Self {
        let mut symbols: Vec<_> = image.symbols.iter().filter(|symbol| symbol.size > 0).collect();
        symbols.sort_by_key(|symbol| symbol.address);
        Self(symbols)
    }

    /// The function that an instruction is in.
    fn function(&self, address: u32) -> Option<&'a Symbol> {
        let address = u64::from(address);
        let next = self.0.partition_point(|symbol| symbol.address <= address);
        let symbol = *self.0.get(next.checked_sub(1)?)?;
        (address < symbol.address + symbol.size).then_some(symbol)
    }
}

#[cfg(test)]
mod tests;
