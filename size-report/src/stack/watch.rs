//! What functions took of the stack in a run: no function may have taken more than was told.

use super::{Analysis, Call, Depth};
use crate::emulator::Step;
use anyhow::{Context, Result, ensure};
use std::collections::BTreeMap;

const SP: usize = 13;
const LR: usize = 14;

/// A function that was executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed {
    /// Its name.
    pub function: String,
    /// The most bytes that it took, with all that it called.
    pub taken: u32,
    /// What it may take.
    pub depth: Depth,
}

/// A call that has not come back yet.
struct Open {
    function: u32,
    stack: u32,
    returns_to: u32,
}

/// Watches the stack in a run, and compares. The errors are where the run did what the analysis says it cannot.
pub fn observe(analysis: &mut Analysis, steps: &[Step]) -> Result<Vec<Observed>> {
    let mut open: Vec<Open> = Vec::new();
    let mut taken: BTreeMap<u32, u32> = BTreeMap::new();
    let mut pointer: Option<(String, Call)> = None;
    for Step { address, registers } in steps {
        let (address, stack) = (*address, registers[SP]);
        if let Some((from, call)) = pointer.take() {
            let targets = analysis.targets(&from, &call);
            // It may be a return after all, by a register that does not show it.
            let came_back = open.iter().any(|open| open.returns_to == address && open.stack <= stack);
            ensure!(
                came_back || targets.contains(&address),
                "the call through a pointer at {:#x} in {from} reached {}, which it cannot by what is told of it \
                 under [[stack.pointers]]",
                call.at,
                analysis.name(address),
            );
        }
        open.retain(|open| stack < open.stack || stack == open.stack && address != open.returns_to);
        let program = analysis.program;
        if program.is_start(address) {
            open.push(Open { function: address, stack, returns_to: registers[LR] & !1 });
        }
        for Open { function, stack: start, .. } in &open {
            let bytes = taken.entry(*function).or_default();
            *bytes = (*bytes).max(start - stack);
        }
        let function = program.containing(address).with_context(|| format!("there is no function at {address:#x}"))?;
        let calls = &analysis.frame(function).calls;
        let unknown = calls.iter().find(|call| call.at == address && call.target.is_none());
        pointer = unknown.map(|call| (function.name.clone(), *call));
    }
    let mut observed: Vec<Observed> = taken
        .into_iter()
        .map(|(function, taken)| Observed { function: analysis.name(function), taken, depth: analysis.depth(function) })
        .collect();
    observed.sort_by(|a, b| (b.taken, &a.function).cmp(&(a.taken, &b.function)));
    for Observed { function, taken, depth } in &observed {
        ensure!(
            depth.unbounded.is_some() || *taken <= depth.bytes,
            "{function} took {taken} bytes of the stack, and cannot take more than {} by its code: one of the two is \
             wrong",
            depth.bytes
        );
    }
    Ok(observed)
}

#[cfg(test)]
mod tests {
    use super::super::{Names, Pointer, Program, Rules};
    use super::*;

    /// `push {lr}; blx r0; pop {pc}`, and two that it may call: `bx lr`, and `push {r0}; pop {r0}; bx lr`.
    fn program() -> Program {
        let calls = [0xB500, 0x4780, 0xBD00];
        Program::of(&[("a", &calls), ("b", &[0x4770]), ("c", &[0xB401, 0xBC01, 0x4770])], &[], &[0x109, 0x10D])
    }

    fn rules(to: &str) -> Rules {
        let pointers =
            vec![Pointer { from: vec![Names::new("a")], to: Some(vec![Names::new(to)]), except: Vec::new() }];
        Rules { pointers, ..Rules::default() }
    }

    fn step(address: u32, stack: u32, link: u32) -> Step {
        let mut registers = [0; 16];
        (registers[SP], registers[LR], registers[15]) = (stack, link, address);
        Step { address, registers }
    }

    fn run() -> Vec<Step> {
        let steps = [(0x100, 100), (0x102, 96), (0x10C, 96), (0x10E, 92), (0x110, 96), (0x104, 96)];
        steps.map(|(address, stack)| step(address, stack, if address == 0x100 { 0x201 } else { 0x105 })).to_vec()
    }

    #[test]
    fn what_is_taken_is_set_beside_what_may_be() {
        let (program, rules) = (program(), rules("*"));
        let observed = observe(&mut Analysis::new(&program, &rules), &run()).unwrap();
        let figures: Vec<_> = observed.iter().map(|row| (row.function.as_str(), row.taken, row.depth.bytes)).collect();
        assert_eq!(figures, [("a", 8, 8), ("c", 4, 4)]);
    }

    #[test]
    fn a_pointer_that_leads_elsewhere_is_an_error() {
        let (program, rules) = (program(), rules("b"));
        let error = observe(&mut Analysis::new(&program, &rules), &run()).unwrap_err().to_string();
        assert!(error.starts_with("the call through a pointer at 0x102 in a reached c, which it cannot"), "{error}");
    }

    #[test]
    fn more_than_may_be_is_an_error() {
        let (program, rules) = (program(), rules("*"));
        let mut steps = run();
        steps[3].registers[SP] = 80;
        let error = observe(&mut Analysis::new(&program, &rules), &steps).unwrap_err().to_string();
        assert!(error.contains("took 20 bytes of the stack, and cannot take more than 8"), "{error}");
    }

    #[test]
    fn a_run_outside_of_all_functions_is_an_error() {
        let (program, rules) = (program(), rules("*"));
        let error = observe(&mut Analysis::new(&program, &rules), &[step(0x4000, 100, 0)]).unwrap_err().to_string();
        assert_eq!(error, "there is no function at 0x4000");
    }
}
