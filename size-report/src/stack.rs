//! The deepest that the stack can get: for each function the frames on the longest way down, from the machine code alone.

use anyhow::{Result, ensure};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;
use wildmatch::WildMatch;

mod frame;
mod program;
mod table;
mod watch;

pub use frame::{Call, Fault, Frame};
pub use program::{Function, Program};
pub use table::{Row, observed, paths, table};
pub use watch::{Observed, observe};

/// What the chip stores when an exception begins: eight registers, and four bytes to align them.
pub const EXCEPTION: u32 = 36;

/// The `[stack]` table of `profiles.toml`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// Functions to tell the depth of, under names of their own. Of several functions the deepest counts; a function
    /// that an earlier name has is none of a later one's.
    #[serde(default)]
    pub entries: IndexMap<String, Names>,
    /// What calls through pointers reach: the first that fits, and names a function that the image has. What none fits
    /// may reach any function whose address is in memory.
    #[serde(default)]
    pub pointers: Vec<Pointer>,
}

/// What calls through pointers reach.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pointer {
    /// The functions with the call.
    pub from: Vec<Names>,
    /// What they may reach; without it, anything. Only functions whose address is in memory count.
    pub to: Option<Vec<Names>>,
    /// What of that they never reach.
    #[serde(default)]
    pub except: Vec<Names>,
}

impl Pointer {
    fn reaches(&self, name: &str) -> bool {
        let any = |names: &[Names]| names.iter().any(|names| names.fits(name));
        self.to.as_deref().is_none_or(any) && !any(&self.except)
    }
}

/// A pattern of readable names of functions: `*` stands for any text.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Names(String);

impl Names {
    /// A pattern.
    pub fn new(pattern: &str) -> Self {
        Self(pattern.to_owned())
    }

    /// Whether it fits a name.
    pub fn fits(&self, name: &str) -> bool {
        WildMatch::new(&self.0).matches(name)
    }
}

/// What a profile promises: the stack of each entry, by name, in bytes.
pub type Budget = IndexMap<String, u32>;

/// The most that a function takes of the stack, with all that it calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Depth {
    /// Bytes. If there is no bound, what is known to be taken at least.
    pub bytes: u32,
    /// Why there is no bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unbounded: Option<String>,
    /// The way down to the deepest place. Empty for [`ALL`].
    pub path: Vec<Hop>,
}

/// A function on the way down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hop {
    /// Its name.
    pub function: String,
    /// The bytes it has taken when it calls the next one; of the last, the most it takes.
    pub bytes: u32,
}

/// A function that the chip calls, or that is named in `profiles.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its name there, or its places in the vector table.
    pub name: String,
    /// What it takes.
    #[serde(flatten)]
    pub depth: Depth,
}

/// The name of the last entry: start-up with all that it calls, and on top of that each exception once, with what the
/// chip stores for it. So much stack is enough.
pub const ALL: &str = "all of these at once";

/// Why there is no bound.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Why {
    /// These call each other in turn.
    Recursion { cycle: Vec<String>, pointer: Option<u32> },
    /// No address of a function is in memory, yet a pointer to one is called.
    Pointer { function: String, at: u32 },
    /// The frame of a function cannot be told.
    Frame { function: String, fault: Fault },
    /// A call to where there is no code.
    Outside { function: String, at: u32, target: u32 },
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Recursion { cycle, pointer } => {
                write!(f, "recursion: {}", cycle.join(" -> "))?;
                match pointer {
                    Some(at) => write!(
                        f,
                        "; the call at {at:#x} is through a pointer: if it cannot reach that, say what it can under \
                         [[stack.pointers]]"
                    ),
                    None => Ok(()),
                }
            }
            Self::Pointer { function, at } => {
                write!(f, "{function} calls through a pointer at {at:#x}, and what it reaches is not known")
            }
            Self::Frame { function, fault } => match fault {
                Fault::Dynamic(at) => {
                    write!(f, "{function} takes a size that is known only as it runs, or another stack, at {at:#x}")
                }
                Fault::Grows(at) => write!(f, "{function} takes more each time in the loop at {at:#x}"),
                Fault::Foreign(at) => write!(f, "{function} has no instruction of a Cortex-M0 at {at:#x}"),
            },
            Self::Outside { function, at, target } => {
                write!(f, "{function} calls {target:#x} at {at:#x}, where the image has no code")
            }
        }
    }
}

/// What is known of a function with all that it calls.
#[derive(Clone, Debug)]
struct Bound {
    bytes: u32,
    /// The bytes of its own at the deepest place, and whom it calls there.
    own: u32,
    next: Option<u32>,
    why: Option<Why>,
}

/// Follows the code of an image.
#[derive(Debug)]
pub struct Analysis<'a> {
    program: &'a Program,
    rules: &'a Rules,
    taken: BTreeSet<u32>,
    frames: BTreeMap<u32, Frame>,
    bounds: BTreeMap<u32, Bound>,
    /// The functions that are being followed, each with the call through a pointer that led to it.
    open: Vec<(u32, Option<u32>)>,
}

/// The entries of the image at `path`, as [`Analysis::entries`] has them.
pub fn entries(path: &Path, rules: &Rules) -> Result<Vec<Entry>> {
    let program = Program::read(path)?;
    Ok(Analysis::new(&program, rules).entries())
}

impl<'a> Analysis<'a> {
    /// An analysis of `program`.
    pub fn new(program: &'a Program, rules: &'a Rules) -> Self {
        let taken = program.taken();
        Self { program, rules, taken, frames: BTreeMap::new(), bounds: BTreeMap::new(), open: Vec::new() }
    }

    /// What the function at `address` takes, with all that it calls.
    pub fn depth(&mut self, address: u32) -> Depth {
        let Bound { bytes, why, .. } = self.bound(address);
        let mut path = Vec::new();
        let mut seen = BTreeSet::new();
        let mut next = Some(address);
        while let Some(address) = next.filter(|address| seen.insert(*address)) {
            let Some(bound) = self.bounds.get(&address) else { break };
            path.push(Hop { function: self.name(address), bytes: bound.own });
            next = bound.next;
        }
        Depth { bytes, unbounded: why.map(|why| why.to_string()), path }
    }

    /// Whom the call at `at` in the function `from` may reach, by what is known of the code and from `profiles.toml`.
    pub fn targets(&self, from: &str, call: &Call) -> BTreeSet<u32> {
        if let Some(target) = call.target {
            return [target].into();
        }
        let rules = self.rules.pointers.iter().filter(|rule| rule.from.iter().any(|names| names.fits(from)));
        let mut reached = rules.map(|rule| {
            let reaches = |address: &u32| rule.reaches(&self.name(*address));
            self.taken.iter().copied().filter(reaches).collect::<BTreeSet<u32>>()
        });
        // A rule about functions that this image does not have says nothing of it.
        reached.find(|targets| !targets.is_empty()).unwrap_or_else(|| self.taken.clone())
    }

    /// What the function at `address` takes by itself.
    pub fn frame(&mut self, function: &Function) -> &Frame {
        self.frames.entry(function.range.start).or_insert_with(|| Frame::new(self.program, function))
    }

    /// The functions that have a name in `profiles.toml`, those of the vector table, start-up first, and [`ALL`].
    pub fn entries(&mut self) -> Vec<Entry> {
        let mut entries = Vec::new();
        let mut named: BTreeSet<u32> = BTreeSet::new();
        for (name, names) in &self.rules.entries {
            let functions: Vec<u32> = self
                .program
                .functions()
                .filter(|function| names.fits(&function.name))
                .map(|function| function.range.start)
                .filter(|address| !named.contains(address))
                .collect();
            named.extend(&functions);
            let depths = functions.into_iter().map(|address| self.depth(address));
            if let Some(depth) = depths.max_by_key(|depth| (depth.unbounded.is_some(), depth.bytes)) {
                entries.push(Entry { name: name.clone(), depth });
            }
        }
        let is_start = |places: &[String]| places.iter().any(|place| place == "Reset");
        let mut vectors: Vec<(u32, Vec<String>)> = self.program.vectors().into_iter().collect();
        vectors.sort_by_key(|(_, places)| !is_start(places));
        let mut all = Depth { bytes: 0, unbounded: None, path: Vec::new() };
        for (address, places) in vectors {
            let depth = self.depth(address);
            let stored = if is_start(&places) { 0 } else { EXCEPTION };
            all.bytes = all.bytes.saturating_add(depth.bytes).saturating_add(stored);
            all.unbounded = all.unbounded.or_else(|| depth.unbounded.clone());
            entries.push(Entry { name: entry_name(&places, &self.name(address)), depth });
        }
        if all.bytes > 0 || all.unbounded.is_some() {
            entries.push(Entry { name: ALL.to_owned(), depth: all });
        }
        entries
    }

    /// The functions that fit a name given by hand, each with what it takes.
    pub fn functions(&mut self, names: &Names) -> Result<Vec<Entry>> {
        let fits = |function: &&Function| names.fits(&function.name);
        let found: Vec<Function> = self.program.functions().filter(fits).cloned().collect();
        ensure!(!found.is_empty(), "no function is called `{}` (`*` stands for any text)", names.0);
        Ok(found
            .into_iter()
            .map(|function| Entry { depth: self.depth(function.range.start), name: function.name })
            .collect())
    }

    fn name(&self, address: u32) -> String {
        self.program.function(address).map_or_else(|| format!("{address:#x}"), |function| function.name)
    }

    fn bound(&mut self, address: u32) -> Bound {
        if let Some(bound) = self.bounds.get(&address) {
            return bound.clone();
        }
        let Some(function) = self.program.function(address) else {
            return Bound { bytes: 0, own: 0, next: None, why: None };
        };
        let frame = self.frame(&function).clone();
        let name = &function.name;
        let mut bound = Bound { bytes: frame.bytes, own: frame.bytes, next: None, why: None };
        bound.why = frame.fault.map(|fault| Why::Frame { function: name.clone(), fault });
        for call in &frame.calls {
            let targets = self.targets(name, call);
            if targets.is_empty() {
                bound.why.get_or_insert(Why::Pointer { function: name.clone(), at: call.at });
            }
            let pointer = call.target.is_none().then_some(call.at);
            for target in targets {
                if self.program.function(target).is_none() {
                    bound.why.get_or_insert(Why::Outside { function: name.clone(), at: call.at, target });
                    continue;
                }
                self.open.push((address, pointer));
                let cycle = self.open.iter().position(|(open, _)| *open == target);
                if let Some(first) = cycle {
                    let cycle = self.open.get(first..).unwrap_or_default();
                    let pointer = cycle.iter().find_map(|(_, pointer)| *pointer);
                    let cycle = cycle.iter().map(|(open, _)| *open).chain([target]);
                    let cycle = cycle.map(|address| self.name(address)).collect();
                    bound.why.get_or_insert(Why::Recursion { cycle, pointer });
                } else {
                    let callee = self.bound(target);
                    let bytes = call.depth.saturating_add(callee.bytes);
                    if bytes > bound.bytes {
                        bound.bytes = bytes;
                        (bound.own, bound.next) = (call.depth, Some(target));
                    }
                    if let Some(why) = callee.why {
                        bound.why.get_or_insert(why);
                    }
                }
                self.open.pop();
            }
        }
        self.bounds.insert(address, bound.clone());
        bound
    }
}

/// `Reset`, or `interrupt 2: UART0`, or `DefaultHandler` and how many places it has.
fn entry_name(places: &[String], function: &str) -> String {
    match places {
        [place] if place == function => place.clone(),
        [place] => format!("{place}: {function}"),
        _ => format!("{} exceptions: {function}", places.len()),
    }
}

#[cfg(test)]
mod tests;
