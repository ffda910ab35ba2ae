use super::*;

const PUSH_LR: u16 = 0xB500;
const POP_PC: u16 = 0xBD00;
const BX_LR: u16 = 0x4770;

/// `push {lr}; bl` to 8 bytes on, where the next function is; `pop {pc}`.
const CALLS_NEXT: [u16; 4] = [PUSH_LR, 0xF000, 0xF801, POP_PC];
/// `push {lr}; bl` to the function before, which has 8 bytes; `pop {pc}`.
const CALLS_PREVIOUS: [u16; 4] = [PUSH_LR, 0xF7FF, 0xFFF9, POP_PC];
/// `push {lr}; blx r0; pop {pc}`
const CALLS_POINTER: [u16; 3] = [PUSH_LR, 0x4780, POP_PC];
/// `push {r0-r3}; add sp, #16; bx lr`
const LEAF: [u16; 3] = [0xB40F, 0xB004, BX_LR];

fn rules(text: &str) -> Rules {
    toml::from_str(text).unwrap()
}

fn depth(program: &Program, rules: &Rules, address: u32) -> Depth {
    Analysis::new(program, rules).depth(address)
}

fn hops(depth: &Depth) -> Vec<(&str, u32)> {
    depth.path.iter().map(|hop| (hop.function.as_str(), hop.bytes)).collect()
}

#[test]
fn frames_add_up_on_the_way_down() {
    let program = Program::of(&[("a", &CALLS_NEXT), ("b", &CALLS_NEXT), ("c", &LEAF)], &[], &[]);
    let depth = depth(&program, &Rules::default(), 0x100);
    assert_eq!((depth.bytes, &depth.unbounded), (24, &None));
    assert_eq!(hops(&depth), [("a", 4), ("b", 4), ("c", 16)]);
}

#[test]
fn recursion_has_no_bound() {
    let program = Program::of(&[("a", &CALLS_NEXT), ("b", &CALLS_PREVIOUS)], &[], &[]);
    let depth = depth(&program, &Rules::default(), 0x100);
    assert_eq!((depth.bytes, depth.unbounded.as_deref()), (8, Some("recursion: a -> b -> a")));
}

#[test]
fn what_calls_a_recursion_has_no_bound_either() {
    let functions: &[(&str, &[u16])] = &[("a", &CALLS_NEXT), ("b", &CALLS_NEXT), ("c", &CALLS_PREVIOUS)];
    let program = Program::of(functions, &[], &[]);
    let rules = Rules::default();
    let mut analysis = Analysis::new(&program, &rules);
    assert_eq!(analysis.depth(0x108).unbounded.as_deref(), Some("recursion: b -> c -> b"));
    assert_eq!(analysis.depth(0x110).unbounded.as_deref(), Some("recursion: b -> c -> b"));
    assert_eq!(analysis.depth(0x100).unbounded.as_deref(), Some("recursion: b -> c -> b"));
}

#[test]
fn a_pointer_reaches_all_whose_address_is_in_memory() {
    let program = Program::of(&[("a", &CALLS_POINTER), ("b", &LEAF), ("c", &[BX_LR])], &[], &[0x109, 0x111]);
    assert_eq!(hops(&depth(&program, &Rules::default(), 0x100)), [("a", 4), ("b", 16)]);
    let rules = rules("[[pointers]]\nfrom = [\"*\"]\nto = [\"x\"]\n[[pointers]]\nfrom = [\"a\"]\nto = [\"c*\"]\n");
    assert_eq!(depth(&program, &rules, 0x100).bytes, 4);
    let rules = self::rules("[[pointers]]\nfrom = [\"a\"]\nexcept = [\"b\"]\n");
    assert_eq!(depth(&program, &rules, 0x100).bytes, 4);
}

#[test]
fn a_pointer_that_reaches_nothing_has_no_bound() {
    let program = Program::of(&[("a", &CALLS_POINTER), ("b", &LEAF)], &[0x8000, 0x109], &[]);
    let unbounded = depth(&program, &Rules::default(), 0x100).unbounded.unwrap();
    assert_eq!(unbounded, "a calls through a pointer at 0x102, and what it reaches is not known");
}

#[test]
fn a_recursion_through_a_pointer_says_so() {
    let program = Program::of(&[("a", &CALLS_POINTER)], &[], &[0x101]);
    let unbounded = depth(&program, &Rules::default(), 0x100).unbounded.unwrap();
    assert!(unbounded.starts_with("recursion: a -> a; the call at 0x102 is through a pointer"), "{unbounded}");
}

#[test]
fn a_frame_that_cannot_be_told_says_where() {
    let program = Program::of(&[("a", &CALLS_NEXT), ("b", &[0x4485, BX_LR])], &[], &[]);
    let unbounded = depth(&program, &Rules::default(), 0x100).unbounded.unwrap();
    assert_eq!(unbounded, "b takes a size that is known only as it runs, or another stack, at 0x108");
    let program = Program::of(&[("a", &[0xB100])], &[], &[]);
    let unbounded = depth(&program, &Rules::default(), 0x100).unbounded.unwrap();
    assert_eq!(unbounded, "a has no instruction of a Cortex-M0 at 0x100");
    let program = Program::of(&[("a", &[0xB401, 0xE7FD])], &[], &[]);
    let unbounded = depth(&program, &Rules::default(), 0x100).unbounded.unwrap();
    assert_eq!(unbounded, "a takes more each time in the loop at 0x100");
}

#[test]
fn a_call_to_where_nothing_is_has_no_bound() {
    let program = Program::of(&[("a", &CALLS_NEXT)], &[], &[]);
    let unbounded = depth(&program, &Rules::default(), 0x100).unbounded.unwrap();
    assert_eq!(unbounded, "a calls 0x108 at 0x102, where the image has no code");
}

#[test]
fn entries_are_those_with_names_and_those_of_the_chip() {
    let functions: &[(&str, &[u16])] = &[("start", &CALLS_NEXT), ("poll<b>", &LEAF), ("poll<c>", &[BX_LR])];
    // SysTick and two interrupts have one handler.
    let mut vectors = [0; 18];
    vectors[1] = 0x101;
    vectors[15..].fill(0x111);
    let program = Program::of(functions, &vectors, &[]);
    let rules = rules("[entries]\nc = \"*c>\"\ntask = \"poll<*>\"\nnobody = \"none\"");
    let entries = Analysis::new(&program, &rules).entries();
    let entries: Vec<_> = entries.iter().map(|entry| (entry.name.as_str(), entry.depth.bytes)).collect();
    let expected = [("c", 0), ("task", 16), ("Reset: start", 20), ("3 exceptions: poll<c>", 0), (ALL, 20 + EXCEPTION)];
    assert_eq!(entries, expected);
}

#[test]
fn all_at_once_has_no_bound_if_one_has_none() {
    let program = Program::of(&[("Reset", &CALLS_POINTER)], &[0, 0x101], &[]);
    let rules = Rules::default();
    let mut analysis = Analysis::new(&program, &rules);
    let entries = analysis.entries();
    assert_eq!((entries[0].name.as_str(), entries[1].name.as_str()), ("Reset", ALL));
    assert!(entries.iter().all(|entry| entry.depth.unbounded.is_some()));
    assert!(
        analysis.functions(&Names::new("none")).unwrap_err().to_string().starts_with("no function is called `none`")
    );
}

#[test]
fn without_a_vector_table_only_names_are_entries() {
    let program = Program::of(&[("poll", &LEAF)], &[], &[]);
    let rules = rules("[entries]\ntask = \"poll\"");
    let entries = Analysis::new(&program, &rules).entries();
    assert_eq!(entries.iter().map(|entry| entry.name.as_str()).collect::<Vec<_>>(), ["task"]);
}

#[test]
fn the_table_says_what_is_over_and_what_has_no_bound() {
    let entry = |name: &str, bytes, unbounded: Option<&str>| Entry {
        name: name.to_owned(),
        depth: Depth {
            bytes,
            unbounded: unbounded.map(str::to_owned),
            path: vec![Hop { function: "f".to_owned(), bytes }],
        },
    };
    let entries = [
        (entry("agent", 1200, None), Some(1200)),
        (entry("task", 1201, None), Some(1200)),
        (entry("Reset", 40, Some("recursion: a -> a")), Some(100)),
        (entry("SysTick", 40, Some("recursion: a -> a")), None),
    ];
    let rows: Vec<Row> =
        entries.iter().map(|(entry, budget)| Row { image: "device", entry, budget: *budget }).collect();
    assert_eq!(rows.iter().map(Row::is_ok).collect::<Vec<_>>(), [true, false, false, true]);
    let expected = "\
The most that can be on the stack, in bytes

image    entry                      stack   budget   verdict
---------------------------------------------------------------
device   agent                      1 200    1 200   ok
device   task                       1 201    1 200   OVER by 1
device   Reset     unbounded, at least 40      100   NO BOUND
device   SysTick   unbounded, at least 40        -   -

device, Reset, SysTick: no bound
  recursion: a -> a
";
    assert_eq!(table(&rows), expected);
    let expected = "\
device, agent: the way to the deepest place

bytes   in all   function
--------------------------
1 200    1 200   f
";
    assert_eq!(paths(&rows[..1]), expected);
}

/// An image that GCC has made: its source is beside it.
const C: &[u8] = include_bytes!("../../tests/fixtures/c/meter.elf");

#[test]
fn an_image_in_c_is_followed_too() {
    let program = Program::parse(C).unwrap();
    let rules = Rules::default();
    let mut analysis = Analysis::new(&program, &rules);
    let mut depth = |name: &str| {
        let depth = analysis.functions(&Names::new(name)).unwrap().remove(0).depth;
        (depth.bytes, depth.unbounded)
    };
    // 200 words and three registers, and then the division.
    assert_eq!(depth("large_frame"), (816, None));
    // By a table of GCC's runtime, and through two pointers.
    assert_eq!(depth("command"), (824, None));
    assert_eq!(depth("dispatch"), (840, None));
    assert_eq!(depth("recursive"), (16, Some("recursion: recursive -> recursive".to_owned())));
    let (_, why) = depth("dynamic");
    assert!(why.unwrap().starts_with("dynamic takes a size that is known only as it runs"));
    let (bytes, why) = depth("Reset_Handler");
    assert!(bytes >= 872 && why.is_some());
}

#[test]
fn a_file_that_is_no_image_is_an_error() {
    let error = |bytes: &[u8]| format!("{:#}", Program::parse(bytes).unwrap_err());
    assert!(error(b"\x7fELF").starts_with("not a 32-bit ELF file, or a damaged one"));
    let mut other_machine = C.to_vec();
    other_machine[18] = 3;
    assert_eq!(error(&other_machine), "ELF header: not for an Arm core");
}

proptest::proptest! {
    /// Whatever is wrong with a file, it is an error or a figure.
    #[test]
    fn a_damaged_image_does_no_harm(changes in proptest::collection::vec((0..C.len(), proptest::num::u8::ANY), 1..40)) {
        let mut image = C.to_vec();
        for (at, byte) in changes {
            image[at] = byte;
        }
        if let Ok(program) = Program::parse(&image) {
            let rules = Rules::default();
            let mut analysis = Analysis::new(&program, &rules);
            let _ = analysis.entries();
            let _ = analysis.functions(&Names::new("*"));
        }
        let _ = crate::future::types(&image);
    }
}
