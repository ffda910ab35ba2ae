//! What one function takes of the stack, and how deep it is where it calls others: read from its machine code.
//!
//! All ways through the function are followed, with what each register holds as far as the code itself tells: so a
//! frame whose size comes from a constant is seen, and so is a pointer that is one.

use super::program::{Function, Program};
use std::collections::{BTreeMap, BTreeSet};

const SP: usize = 13;
const LR: usize = 14;
const PC: usize = 15;

/// How often an instruction is looked at before its stack is said to grow without end.
const VISITS: u32 = 200;

/// `nop`, and `mov r8, r8`.
const FILLERS: [u16; 2] = [0xBF00, 0x46C0];

/// Functions of GCC's runtime that go on elsewhere in their caller, by a table that follows the call.
const TABLE_JUMPS: &str = "__gnu_thumb1_case_";

/// What a function takes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// The most bytes that the function itself takes.
    pub bytes: u32,
    /// Its calls, in the order of addresses.
    pub calls: Vec<Call>,
    /// Why `bytes` is less than it may take.
    pub fault: Option<Fault>,
}

/// A call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// Where it is.
    pub at: u32,
    /// How many bytes the caller has taken by then.
    pub depth: u32,
    /// Whom it calls. None: a pointer that is known only as the program runs.
    pub target: Option<u32>,
}

/// Why the stack of a function cannot be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A size that is known only as the program runs: an array of variable length, for instance.
    Dynamic(u32),
    /// A loop takes more each time.
    Grows(u32),
    /// No instruction of a Cortex-M0.
    Foreign(u32),
}

/// What a register holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Value {
    Unknown,
    Constant(u32),
    /// An address in the stack: so many bytes below where the stack pointer was at first.
    Stack(i32),
    /// What it is to hold after the return, the caller's address for instance.
    Saved,
}

use Value::{Constant, Saved, Stack, Unknown};

impl Value {
    fn plus(self, other: Self) -> Self {
        match (self, other) {
            (Constant(a), Constant(b)) => Constant(a.wrapping_add(b)),
            (Stack(below), Constant(offset)) | (Constant(offset), Stack(below)) => {
                Stack(below.wrapping_sub_unsigned(offset))
            }
            _ => Unknown,
        }
    }

    fn map(self, change: impl FnOnce(u32) -> u32) -> Self {
        if let Constant(value) = self { Constant(change(value)) } else { Unknown }
    }

    /// What is known if it is one of the two. Of the depths the greater one counts.
    fn or(self, other: Self) -> Self {
        if self == other { self } else { Unknown }
    }
}

/// The registers R0 to LR.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct State([Value; 15]);

impl State {
    fn depth(&self) -> Option<i32> {
        if let Stack(below) = self.0[SP] { Some(below) } else { None }
    }

    fn or(&self, other: &Self) -> Self {
        let mut both = *self;
        for (value, other) in both.0.iter_mut().zip(other.0) {
            *value = value.or(other);
        }
        both.0[SP] = match (self.0[SP], other.0[SP]) {
            (Stack(a), Stack(b)) => Stack(a.max(b)),
            _ => Unknown,
        };
        both
    }

    /// What is left of them after a call.
    fn call(&mut self) {
        for register in [0, 1, 2, 3, 12, LR] {
            self.0[register] = Unknown;
        }
    }
}

/// Where the program goes on after an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flow {
    Next,
    Jump(u32),
    Branch(u32),
    Call(Option<u32>),
    /// To an address from a table.
    Table,
    /// To another function, never to come back.
    Leave(Option<u32>),
    Return,
    Stop,
    Foreign,
}

impl Frame {
    /// Follows the code of a function.
    pub fn new(program: &Program, function: &Function) -> Self {
        let mut walk =
            Walk { program, function, states: BTreeMap::new(), work: BTreeSet::new(), frame: Self::default() };
        let mut registers = [Unknown; 15];
        registers[SP] = Stack(0);
        registers[LR] = Saved;
        walk.run(State(registers));
        let mut frame = walk.frame;
        frame.calls.sort_by_key(|call| call.at);
        frame
    }
}

struct Walk<'a> {
    program: &'a Program,
    function: &'a Function,
    /// What is known before each instruction, and how often it was looked at.
    states: BTreeMap<u32, (State, u32)>,
    work: BTreeSet<u32>,
    frame: Frame,
}

impl Walk<'_> {
    fn run(&mut self, start: State) {
        let mut table: Option<State> = None;
        self.reach(self.function.range.start, start);
        loop {
            while let Some(address) = self.work.pop_first() {
                let Some((state, _)) = self.states.get(&address) else { continue };
                let mut state = *state;
                if let Some(from) = self.step(address, &mut state) {
                    table = Some(table.map_or(from, |other| other.or(&from)));
                }
                if self.frame.fault.is_some() {
                    return;
                }
            }
            // What nothing else leads to is where tables do, but for what fills gaps.
            let is_filler = |address: u32| self.program.half(address).is_some_and(|half| FILLERS.contains(&half));
            let unseen =
                |address: &u32| self.program.is_code(*address) && !self.is_seen(*address) && !is_filler(*address);
            let Some(state) = table else { return };
            let Some(address) = self.function.range.clone().step_by(2).find(unseen) else { return };
            self.reach(address, state);
        }
    }

    /// Whether an instruction begins here, or the second half of one is here.
    fn is_seen(&self, address: u32) -> bool {
        let is_long = |address: u32| self.program.half(address).is_some_and(|half| half >> 11 >= 0b11101);
        self.states.contains_key(&address)
            || address.checked_sub(2).is_some_and(|before| self.states.contains_key(&before) && is_long(before))
    }

    fn reach(&mut self, address: u32, state: State) {
        let Some((known, visits)) = self.states.get_mut(&address) else {
            self.states.insert(address, (state, 0));
            self.work.insert(address);
            return;
        };
        let both = known.or(&state);
        if both != *known {
            *known = both;
            *visits += 1;
            if *visits > VISITS {
                self.frame.fault = Some(Fault::Grows(address));
            }
            self.work.insert(address);
        }
    }

    /// One instruction. The state in which it jumps by a table, if it does.
    fn step(&mut self, address: u32, state: &mut State) -> Option<State> {
        let Some(first) = self.program.half(address) else {
            self.frame.fault = Some(Fault::Foreign(address));
            return None;
        };
        let second = self.program.half(address.wrapping_add(2)).unwrap_or_default();
        let next = address.wrapping_add(if first >> 11 >= 0b11101 { 4 } else { 2 });
        let flow = execute(self.program, address, [first, second], state);
        let Some(depth) = state.depth() else {
            self.frame.fault = Some(Fault::Dynamic(address));
            return None;
        };
        let depth = depth.max(0).unsigned_abs();
        self.frame.bytes = self.frame.bytes.max(depth);
        let is_inside = |target: u32| self.function.range.contains(&target);
        match flow {
            Flow::Next if !self.program.is_code(next) => {}
            Flow::Next if is_inside(next) => self.reach(next, *state),
            // Assembly may run on into what follows.
            Flow::Next => self.call(address, depth, Some(next)),
            Flow::Jump(target) if is_inside(target) => self.reach(target, *state),
            Flow::Jump(target) => self.call(address, depth, Some(target)),
            Flow::Branch(target) => {
                if is_inside(target) {
                    self.reach(target, *state);
                } else {
                    self.call(address, depth, Some(target));
                }
                self.reach(next, *state);
            }
            // In a long function a call is how to jump far.
            Flow::Call(Some(target)) if is_inside(target) && target != self.function.range.start => {
                self.reach(target, *state);
            }
            Flow::Call(target) => {
                self.call(address, depth, target);
                let callee = target.and_then(|target| self.program.function(target));
                state.call();
                if callee.is_some_and(|callee| callee.name.starts_with(TABLE_JUMPS)) {
                    return Some(*state);
                }
                // What does not return may be followed by anything.
                if is_inside(next) && self.program.is_code(next) {
                    self.reach(next, *state);
                }
            }
            Flow::Leave(Some(target)) if is_inside(target) => self.reach(target, *state),
            Flow::Leave(target) => self.call(address, depth, target),
            Flow::Table => return Some(*state),
            Flow::Return | Flow::Stop => {}
            Flow::Foreign => self.frame.fault = Some(Fault::Foreign(address)),
        }
        None
    }

    fn call(&mut self, at: u32, depth: u32, target: Option<u32>) {
        match self.frame.calls.iter_mut().find(|call| call.at == at) {
            Some(call) if call.target == target => call.depth = call.depth.max(depth),
            // Two ways lead here with different pointers.
            Some(call) => *call = Call { at, depth: call.depth.max(depth), target: None },
            None => self.frame.calls.push(Call { at, depth, target }),
        }
    }
}

/// Does to the registers what an ARMv6-M instruction does.
fn execute(program: &Program, address: u32, [first, second]: [u16; 2], State(registers): &mut State) -> Flow {
    let field = |shift: u32, bits: u32| u32::from(first) >> shift & ((1 << bits) - 1);
    let low = |shift: u32| field(shift, 3) as usize;
    let pc = address.wrapping_add(4);
    let any = |registers: &[Value; 15], number: usize| if number == PC { Constant(pc) } else { registers[number] };
    match first >> 11 {
        // lsl by an immediate; by 0 it is a copy
        0b00000 => registers[low(0)] = shifted(registers[low(3)], field(6, 5)),
        // lsr, asr
        0b00001 | 0b00010 => registers[low(0)] = Unknown,
        // add, sub of registers or small immediates
        0b00011 => {
            let operand = if field(10, 1) == 1 { Constant(field(6, 3)) } else { registers[low(6)] };
            let operand = if field(9, 1) == 1 { operand.map(u32::wrapping_neg) } else { operand };
            registers[low(0)] = registers[low(3)].plus(operand);
        }
        0b00100 => registers[low(8)] = Constant(field(0, 8)),
        // cmp
        0b00101 => {}
        0b00110 => registers[low(8)] = registers[low(8)].plus(Constant(field(0, 8))),
        0b00111 => registers[low(8)] = registers[low(8)].plus(Constant(field(0, 8).wrapping_neg())),
        0b01000 => {
            let source = field(3, 4) as usize;
            let target = low(0) | (field(7, 1) as usize) << 3;
            match field(8, 3) {
                // tst, cmp, cmn write no register
                0..=3 => match field(6, 4) {
                    0b1000 | 0b1010 | 0b1011 => {}
                    0b1001 => registers[low(0)] = registers[low(3)].map(u32::wrapping_neg),
                    0b1111 => registers[low(0)] = registers[low(3)].map(|value| !value),
                    _ => registers[low(0)] = Unknown,
                },
                0b100 if target == PC => return Flow::Table,
                0b100 => registers[target] = registers[target].plus(any(registers, source)),
                0b101 => {}
                0b110 if target == PC => {
                    return match any(registers, source) {
                        _ if source == LR => Flow::Return,
                        Saved => Flow::Return,
                        Constant(target) => Flow::Leave(Some(target & !1)),
                        _ => Flow::Table,
                    };
                }
                0b110 => registers[target] = any(registers, source),
                _ => {
                    let value = any(registers, source);
                    let target = if let Constant(target) = value { Some(target & !1) } else { None };
                    return match (field(7, 1), value) {
                        (1, _) => Flow::Call(target),
                        (_, Saved) => Flow::Return,
                        _ if source == LR => Flow::Return,
                        _ => Flow::Leave(target),
                    };
                }
            }
        }
        // ldr of a literal
        0b01001 => {
            let literal = (pc & !3).wrapping_add(field(0, 8) * 4);
            registers[low(8)] = program.constant(literal).map_or(Unknown, Constant);
        }
        // loads with two registers; the first three write memory
        0b01010 | 0b01011 if field(9, 3) < 3 => {}
        0b01010 | 0b01011 => registers[low(0)] = Unknown,
        // str, ldr
        0b01100 => {}
        0b01101 => {
            let address = registers[low(3)].plus(Constant(field(6, 5) * 4));
            registers[low(0)] = match address {
                Constant(address) => program.constant(address).map_or(Unknown, Constant),
                _ => Unknown,
            };
        }
        // strb, ldrb, strh, ldrh, str and ldr in the stack
        0b01110 | 0b10000 | 0b10010 => {}
        0b01111 | 0b10001 => registers[low(0)] = Unknown,
        0b10011 => registers[low(8)] = Unknown,
        // adr; add to the stack pointer
        0b10100 => registers[low(8)] = Constant((pc & !3).wrapping_add(field(0, 8) * 4)),
        0b10101 => registers[low(8)] = registers[SP].plus(Constant(field(0, 8) * 4)),
        0b10110 | 0b10111 => return miscellaneous(first, registers),
        // stm, ldm
        0b11000 => registers[low(8)] = Unknown,
        0b11001 => {
            registers[low(8)] = Unknown;
            (0..8).filter(|bit| first >> bit & 1 == 1).for_each(|number| registers[number] = Unknown);
        }
        0b11010 | 0b11011 => {
            return match field(8, 4) {
                0b1110 => Flow::Stop,
                // A supervisor call is an exception, with a stack of its own account.
                0b1111 => Flow::Next,
                _ => Flow::Branch(pc.wrapping_add_signed(i32::from(first as i8) * 2)),
            };
        }
        0b11100 => return Flow::Jump(pc.wrapping_add_signed((field(0, 11) << 21).cast_signed() >> 20)),
        0b11110 => return long(pc, first, second, registers),
        _ => return Flow::Foreign,
    }
    Flow::Next
}

fn shifted(value: Value, by: u32) -> Value {
    if by == 0 { value } else { value.map(|value| value << by) }
}

fn miscellaneous(first: u16, registers: &mut [Value; 15]) -> Flow {
    let low = usize::from(first & 7);
    let listed = u32::from(first & 0x1FF).count_ones() * 4;
    match first >> 8 & 0xF {
        0x0 => {
            let size = u32::from(first & 0x7F) * 4;
            let change = if first & 0x80 == 0 { size } else { size.wrapping_neg() };
            registers[SP] = registers[SP].plus(Constant(change));
        }
        // sxth and its like, rev and its like
        0x2 | 0xA => registers[low] = Unknown,
        0x4 | 0x5 => registers[SP] = registers[SP].plus(Constant(listed.wrapping_neg())),
        0xC | 0xD => {
            registers[SP] = registers[SP].plus(Constant(listed));
            (0..8).filter(|bit| first >> bit & 1 == 1).for_each(|number| registers[number] = Saved);
            if first & 0x100 != 0 {
                return Flow::Return;
            }
        }
        // cps, bkpt; nop and its like, but not `it`
        0x6 | 0xE => {}
        0xF if first & 0xF == 0 => {}
        _ => return Flow::Foreign,
    }
    Flow::Next
}

fn long(pc: u32, first: u16, second: u16, registers: &mut [Value; 15]) -> Flow {
    let (first, second) = (u32::from(first), u32::from(second));
    if second & 0xD000 == 0xD000 {
        let sign = first >> 10 & 1;
        let bit = |shift: u32| !(second >> shift ^ sign) & 1;
        let offset = sign << 24 | bit(13) << 23 | bit(11) << 22 | (first & 0x3FF) << 12 | (second & 0x7FF) << 1;
        return Flow::Call(Some(pc.wrapping_add_signed((offset << 7).cast_signed() >> 7)));
    }
    match (first, second) {
        // msr: a new stack begins with a new main stack pointer
        (0xF380..=0xF38F, 0x8808) => registers[SP] = Stack(0),
        (0xF380..=0xF38F, 0x8800..=0x88FF) => {}
        // mrs
        (0xF3EF, 0x8000..=0x8EFF) if second >> 8 & 0xF != 13 => registers[(second >> 8 & 0xF) as usize] = Unknown,
        // dsb, dmb, isb
        (0xF3BF, 0x8F40..=0x8F6F) => {}
        // udf.w
        (0xF7F0..=0xF7FF, 0xA000..=0xAFFF) => return Flow::Stop,
        _ => return Flow::Foreign,
    }
    Flow::Next
}

#[cfg(test)]
mod tests;
