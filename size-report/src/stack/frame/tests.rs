use super::*;

fn frame(code: &[u16]) -> Frame {
    let program = Program::of(&[("f", code), ("next", &[0x4770])], &[], &[]);
    let function = program.function(0x100).unwrap();
    Frame::new(&program, &function)
}

const BX_LR: u16 = 0x4770;
const PUSH_R7_LR: u16 = 0xB580;
const POP_R7_PC: u16 = 0xBD80;
/// `bl` to itself, with which functions that never return end.
const BL_SELF: [u16; 2] = [0xF7FF, 0xFFFE];

#[test]
fn a_leaf_takes_nothing() {
    assert_eq!(frame(&[BX_LR]), Frame::default());
}

#[test]
fn registers_and_locals_are_counted() {
    // push {r4-r7, lr}; sub sp, #44; add sp, #44; pop {r4-r7, pc}
    assert_eq!(frame(&[0xB5F0, 0xB08B, 0xB00B, 0xBDF0]).bytes, 20 + 44);
    // push {r4}; mov r4, r8; push {r4}; then pop {r4}; mov r8, r4; pop {r4}; bx lr
    assert_eq!(frame(&[0xB410, 0x4644, 0xB410, 0xBC10, 0x46A0, 0xBC10, BX_LR]).bytes, 8);
}

#[test]
fn a_large_frame_comes_from_a_constant() {
    // push {r7, lr}; ldr r3, [pc, #4]; add sp, r3; pop {r7, pc}; nop; .word -1024
    let literal = frame(&[PUSH_R7_LR, 0x4B01, 0x449D, POP_R7_PC, 0xFC00, 0xFFFF]);
    assert_eq!((literal.bytes, literal.fault), (8 + 1024, None));
    // movs r3, #128; lsls r3, #3; rsbs r3, r3, #0; add sp, r3
    let shifted = frame(&[0x2380, 0x00DB, 0x425B, 0x449D, BX_LR]);
    assert_eq!((shifted.bytes, shifted.fault), (1024, None));
    // mov r6, sp; subs r6, #64; mov sp, r6; adds r6, #64; mov sp, r6; bx lr
    let pointer = frame(&[0x466E, 0x3E40, 0x46B5, 0x3640, 0x46B5, BX_LR]);
    assert_eq!((pointer.bytes, pointer.fault), (64, None));
}

#[test]
fn a_frame_pointer_restores_the_stack() {
    // push {r7, lr}; add r7, sp, #0; sub sp, #8; mov sp, r7; pop {r7, pc}
    assert_eq!(frame(&[PUSH_R7_LR, 0xAF00, 0xB082, 0x46BD, POP_R7_PC]), Frame { bytes: 16, ..Frame::default() });
}

#[test]
fn a_size_that_is_not_known_is_a_fault() {
    // add sp, r0
    assert_eq!(frame(&[0x4485, BX_LR]).fault, Some(Fault::Dynamic(0x100)));
    // mov sp, r0
    assert_eq!(frame(&[0x4685, BX_LR]).fault, Some(Fault::Dynamic(0x100)));
    // push {r0}; b to it
    assert_eq!(frame(&[0xB401, 0xE7FD]).fault, Some(Fault::Grows(0x100)));
    // cbz r0, which a Cortex-M0 does not have
    assert_eq!(frame(&[0xB100, BX_LR]).fault, Some(Fault::Foreign(0x100)));
    // ldr.w, neither
    assert_eq!(frame(&[0xF8D0, 0x0000, BX_LR]).fault, Some(Fault::Foreign(0x100)));
}

#[test]
fn a_new_main_stack_begins_at_its_top() {
    // push {r0}; msr MSP, r0; push {r0, r1}; bx lr
    let frame = frame(&[0xB401, 0xF380, 0x8808, 0xB403, BX_LR]);
    assert_eq!((frame.bytes, frame.fault), (8, None));
}

#[test]
fn calls_have_the_depth_at_which_they_are() {
    // push {r7, lr}; bl next; sub sp, #16; bl next; add sp, #16; pop {r7, pc}
    let frame = frame(&[PUSH_R7_LR, 0xF000, 0xF807, 0xB084, 0xF000, 0xF804, 0xB004, POP_R7_PC]);
    let call = |at, depth| Call { at, depth, target: Some(0x114) };
    assert_eq!(frame, Frame { bytes: 24, calls: vec![call(0x102, 8), call(0x108, 24)], fault: None });
}

#[test]
fn a_jump_to_another_function_is_a_call_of_what_is_left() {
    // push {r7, lr}; pop {r7}; pop {r1}; mov lr, r1; b next
    let frame = frame(&[PUSH_R7_LR, 0xBC80, 0xBC02, 0x468E, 0xE000, BX_LR]);
    assert_eq!(frame.calls, [Call { at: 0x108, depth: 0, target: Some(0x10C) }]);
}

#[test]
fn pointers_are_calls_unless_they_are_constants() {
    // push {r7, lr}; blx r1; ldr r0, [pc, #4]; blx r0; pop {r7, pc}; .word next + 1
    let frame = frame(&[PUSH_R7_LR, 0x4788, 0x4801, 0x4780, POP_R7_PC, 0x46C0, 0x0111, 0]);
    let calls = [Call { at: 0x102, depth: 8, target: None }, Call { at: 0x106, depth: 8, target: Some(0x110) }];
    assert_eq!(frame.calls, calls);
}

#[test]
fn a_return_through_another_register_is_no_call() {
    // push {r4, lr}; pop {r4}; pop {r1}; bx r1
    assert_eq!(frame(&[0xB510, 0xBC10, 0xBC02, 0x4708]), Frame { bytes: 8, ..Frame::default() });
    // mov pc, lr
    assert_eq!(frame(&[0x46F7]), Frame::default());
    // bx r3 is one
    assert_eq!(frame(&[0x4718]).calls, [Call { at: 0x100, depth: 0, target: None }]);
}

#[test]
fn jumps_by_a_table_lead_to_what_nothing_else_does() {
    // push {r7, lr}; add pc, r0; push {r0-r3}; add sp, #16; pop {r7, pc}
    assert_eq!(frame(&[PUSH_R7_LR, 0x4487, 0xB40F, 0xB004, POP_R7_PC]).bytes, 24);
}

#[test]
fn what_follows_a_call_that_never_returns_is_not_executed() {
    // push {r7, lr}; bl to itself. The next function is another matter.
    let frame = frame(&[PUSH_R7_LR, BL_SELF[0], BL_SELF[1]]);
    assert_eq!((frame.bytes, frame.fault, frame.calls.len()), (8, None, 0));
}

#[test]
fn of_two_ways_the_deeper_counts() {
    // beq +2; sub sp, #8; both: push {r0}; then b to itself
    assert_eq!(frame(&[0xD000, 0xB082, 0xB401, 0xE7FE]).bytes, 12);
}
