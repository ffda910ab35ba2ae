//! Counting in runs that are made up.

use super::*;

const PAYLOAD_ADDRESS: u32 = 0x2000;
const MAIN: u32 = 0x100;
const TRANSPORT: u32 = 0x140;
const COPY: u32 = 0x180;
const MASKING: u32 = 0x1C0;
const OPERATION: u32 = 0x200;

const NOP: u16 = 0xBF00;
const CPSID: u16 = 0xB672;
/// `ldrb r0, [r1]`
const LOAD: u16 = 0x7808;
/// `msr primask, r4`
const RESTORE: [u16; 2] = [0xF384, 0x8810];

fn functions() -> impl Iterator<Item = &'static str> {
    ROWS.iter().flat_map(|operation| operation.parts).map(|part| part.function)
}

/// A function for each operation, what they call, and a caller.
fn image() -> Image {
    let mut symbols = vec![
        Symbol::new("app::main", 0x40, MAIN.into(), ".text"),
        Symbol::new("<app::transport::Tx>::take", 0x40, TRANSPORT.into(), ".text"),
        Symbol::new("memcpy", 0x40, COPY.into(), ".text"),
        Symbol::new("Queue::submit", 0x40, MASKING.into(), ".text"),
        Symbol::new("app::PAYLOAD", 4, PAYLOAD_ADDRESS.into(), ".rodata"),
    ];
    let generic = |function| format!("app::operations::{function}::<Run<u8>>");
    let operation = |(index, function)| Symbol::new(&generic(function), 0x20, address(index).into(), ".text");
    symbols.extend(functions().enumerate().map(operation));
    Image { flash: 0, ram: 0, symbols }
}

fn address(operation: usize) -> u32 {
    OPERATION + 0x20 * operation as u32
}

/// A run: it writes the code that it executes.
struct Run {
    memory: Vec<(u64, Vec<u8>)>,
    steps: Vec<Step>,
}

impl Run {
    fn new() -> Self {
        Self { memory: Vec::new(), steps: Vec::new() }
    }

    fn step(mut self, address: u32, code: &[u16], registers: &[(usize, u32)]) -> Self {
        let mut step = Step { address, registers: [0; 16] };
        registers.iter().for_each(|&(register, value)| step.registers[register] = value);
        self.memory.push((address.into(), code.iter().flat_map(|half| half.to_le_bytes()).collect()));
        self.steps.push(step);
        self
    }

    /// Instructions without an effect, the first of which is entered from an instruction before `returns_to`.
    fn nops(self, address: u32, count: u32, returns_to: u32) -> Self {
        (0..count).fold(self, |run, index| run.step(address + 2 * index, &[NOP], &[(14, returns_to | 1)]))
    }

    /// Three instructions: one that masks, a load, and one that restores.
    fn masked(self, payload: u32) -> Self {
        let [load, restore] = [MASKING + 0x22, MASKING + 0x24];
        self.step(MASKING + 0x20, &[CPSID], &[]).step(load, &[LOAD], &[(1, payload)]).step(restore, &RESTORE, &[(4, 0)])
    }

    /// Reads the payload.
    fn read(self) -> Self {
        (0..4).fold(self, |run, index| run.step(COPY + 0x20, &[LOAD], &[(1, PAYLOAD_ADDRESS + index)]))
    }

    /// All operations, of one instruction each.
    fn operations(self) -> Self {
        (0..functions().count()).fold(self, |run, index| run.nops(address(index), 1, MAIN).nops(MAIN, 1, 0))
    }

    fn count(&self) -> Result<Counted> {
        Counted::new(&image(), &Memory::new(self.memory.clone()), &self.steps)
    }

    fn error(&self) -> String {
        format!("{:#}", self.count().unwrap_err())
    }
}

#[test]
fn an_operation_is_all_from_its_first_instruction_to_its_return() {
    let run = Run::new()
        .nops(MAIN, 3, 0)
        .nops(address(0), 2, MAIN + 6)
        .nops(MASKING, 3, address(0) + 4)
        .nops(address(0) + 4, 1, 0)
        // Back, and the code before the call again.
        .nops(MAIN + 6, 1, 0)
        .nops(MAIN, 2, 0);
    let rest = (1..functions().count()).fold(run, |run, index| run.nops(address(index), 1, MAIN).nops(MAIN, 1, 0));
    let counted = rest.masked(0).read().count().unwrap();
    let count = &counted.operations["enqueue_qos_0"];
    assert_eq!(count.total, 6);
    let functions: Vec<_> = count.functions.iter().map(|(name, count)| (name.as_str(), *count)).collect();
    assert_eq!(functions, [("Queue::submit", 3), ("app::operations::enqueue_qos_0::<Run<u8>>", 3)]);
    assert_eq!(counted.operations["match_topic"].total, 1);
    assert_eq!((counted.operation(&ROWS[0]), counted.operation(&ROWS[1])), (7, 3));
}

#[test]
fn the_transport_is_not_counted_nor_what_it_calls() {
    let run = Run::new()
        .nops(address(0), 2, MAIN)
        .nops(TRANSPORT, 2, address(0) + 4)
        .nops(COPY, 5, TRANSPORT + 4)
        // In the function again, not by a call.
        .nops(TRANSPORT + 4, 1, 0)
        .nops(address(0) + 4, 2, 0)
        .nops(MAIN, 1, 0);
    let rest = (1..functions().count()).fold(run, |run, index| run.nops(address(index), 1, MAIN).nops(MAIN, 1, 0));
    let counted = rest.masked(0).read().count().unwrap();
    assert_eq!(counted.operations["enqueue_qos_0"].total, 4);
}

#[test]
fn a_critical_section_lasts_from_the_first_masking_to_the_last_restoring() {
    let run = Run::new()
        .operations()
        .read()
        .masked(0)
        .step(COPY, &[CPSID], &[])
        .step(COPY + 2, &[NOP], &[])
        // Within another one: it restores that interrupts are masked.
        .step(MASKING, &[CPSID], &[])
        .step(MASKING + 6, &RESTORE, &[(4, 1)])
        .step(COPY + 4, &[NOP], &[])
        .step(COPY + 6, &[0xB662], &[])
        // This one is not in any.
        .step(COPY + 8, &[NOP], &[])
        .masked(0);
    let counted = run.count().unwrap();
    let masked = |longest, times| Masked { longest, times };
    let expected = [("memcpy".to_owned(), masked(6, 1)), ("Queue::submit".to_owned(), masked(3, 2))];
    assert_eq!(counted.masked.clone().into_iter().collect::<Vec<_>>(), expected);
    assert_eq!(counted.critical_section(), ("memcpy", 6));
}

#[test]
fn bytes_of_the_payload_are_watched() {
    let counted = |address| Run::new().operations().read().masked(address).count().unwrap().payload;
    assert_eq!(counted(PAYLOAD_ADDRESS - 1), PayloadReads { all: 4, masked: 0 });
    assert_eq!(counted(PAYLOAD_ADDRESS), PayloadReads { all: 5, masked: 1 });
    assert_eq!(counted(PAYLOAD_ADDRESS + 3), PayloadReads { all: 5, masked: 1 });
    assert_eq!(counted(PAYLOAD_ADDRESS + 4), PayloadReads { all: 4, masked: 0 });
}

#[test]
fn the_same_run_gives_the_same_figures() {
    let run = Run::new().operations().masked(PAYLOAD_ADDRESS).read();
    assert_eq!(run.count().unwrap(), run.count().unwrap());
}

#[test]
fn a_run_that_cannot_be_counted_is_an_error() {
    let whole = || Run::new().operations().masked(0).read();
    assert!(whole().count().is_ok());
    let mut elsewhere = whole();
    elsewhere.steps.push(Step { address: 0xFFFF_FFFE, registers: [0; 16] });
    assert_eq!(elsewhere.error(), "there is no code at 0xfffffffe, yet it was executed");
    let again = whole().operations().error();
    assert_eq!(again, "the operation `enqueue_qos_0` is executed twice, or within another one");
    let within = Run::new().nops(address(0), 1, MAIN).nops(address(1), 1, MAIN).error();
    assert_eq!(within, "the operation `poll_sends_qos_0` is executed twice, or within another one");
    let missing = Run::new().nops(address(0), 1, MAIN).masked(0).read().error();
    assert_eq!(missing, "the operation `poll_sends_qos_0` was not executed, or has no symbol");
    assert!(Run::new().operations().read().error().starts_with("interrupts were never masked"));
    assert!(whole().step(MASKING + 0x20, &[CPSID], &[]).error().starts_with("interrupts were masked, and stayed so"));
    assert!(Run::new().operations().masked(0).error().starts_with("nobody read the payload"));

    let mut image = image();
    image.symbols.retain(|symbol| symbol.name != "app::PAYLOAD");
    let error = Counted::new(&image, &Memory::default(), &[]).unwrap_err();
    assert_eq!(error.to_string(), "no symbol `::PAYLOAD` in the image");
}

#[test]
fn one_budget_that_is_exceeded_is_enough() {
    let counted = Run::new().operations().read().masked(0).count().unwrap();
    let identity = Identity {
        rustc: String::new(),
        cargo: String::new(),
        library: crate::toolchain::Library::Prebuilt,
        linker: String::new(),
        target: String::new(),
        rustflags: vec![],
        profile: Default::default(),
    };
    let budgets = Budgets {
        publish_qos_0: 2,
        publish_qos_1: 3,
        idle_poll: 1,
        message_qos_0: 1,
        message_qos_1: 1,
        topic_match: 1,
        critical_section: 3,
    };
    let report = Instructions { counted, budgets, emulator: String::new(), identity };
    assert!(report.is_ok());
    let exceeded: [fn(&mut Instructions); 8] = [
        |report| report.budgets.publish_qos_0 -= 1,
        |report| report.budgets.publish_qos_1 -= 1,
        |report| report.budgets.idle_poll -= 1,
        |report| report.budgets.message_qos_0 -= 1,
        |report| report.budgets.message_qos_1 -= 1,
        |report| report.budgets.topic_match -= 1,
        |report| report.budgets.critical_section -= 1,
        |report| report.counted.payload.masked += 1,
    ];
    for change in exceeded {
        let mut report = report.clone();
        change(&mut report);
        assert!(!report.is_ok());
    }
}
