//! The attribution of a real image, whole and damaged.

mod blinker;

use blinker::Blinker;
use object::read::elf::{ElfFile32, ProgramHeader};
use proptest::prelude::*;
use slimqtt_size_report::attribution::{Attribution, Image, Kind, Memory, Parts, Row};
use std::path::PathBuf;
use std::sync::LazyLock;

static ROOT: LazyLock<PathBuf> = LazyLock::new(|| blinker::folder("attribution"));
static ELF: LazyLock<Vec<u8>> = LazyLock::new(|| Blinker::new("attribution").elf());
static WHOLE: LazyLock<Attribution> = LazyLock::new(|| attribute(&ELF).unwrap());

fn attribute(elf: &[u8]) -> anyhow::Result<Attribution> {
    let parts: Parts = toml::from_str("pattern = [\"blinker/src/pattern.rs\"]\nstart = [\"Reset\", \"wait\"]").unwrap();
    Attribution::new(elf, &ROOT, &parts)
}

fn rows(is: impl Fn(&Row) -> bool) -> Vec<&'static Row> {
    WHOLE.image.rows.iter().filter(|row| is(row)).collect()
}

fn bytes(is: impl Fn(&Row) -> bool) -> u64 {
    rows(is).iter().map(|row| row.bytes).sum()
}

/// By the program headers alone, in which the library that is tested has no part.
#[test]
fn each_byte_that_is_loaded_is_in_one_piece() {
    let elf = ElfFile32::<object::LittleEndian>::parse(&**ELF).unwrap();
    let (mut flash, mut ram) = (Vec::new(), Vec::new());
    for segment in
        elf.elf_program_headers().iter().filter(|segment| segment.p_type(object::LittleEndian) == object::elf::PT_LOAD)
    {
        let endian = object::LittleEndian;
        let start = u64::from(segment.p_vaddr(endian));
        flash.extend(start..start + u64::from(segment.p_filesz(endian)));
        if start >= 0x2000_0000 {
            ram.extend(start..start + u64::from(segment.p_memsz(endian)));
        }
    }
    let attributed = |memory| {
        let pieces = WHOLE.pieces.iter().filter(move |piece| piece.row.memory == memory);
        let mut addresses: Vec<_> = pieces.flat_map(|piece| piece.addresses.clone()).collect();
        addresses.sort_unstable();
        addresses
    };
    flash.sort_unstable();
    ram.sort_unstable();
    assert_eq!(attributed(Memory::Flash), flash);
    assert_eq!(attributed(Memory::Ram), ram);
    assert_eq!((WHOLE.image.flash, WHOLE.image.ram), (flash.len() as u64, ram.len() as u64));
    assert!(flash.len() > 500 && ram.len() > 64);
}

#[test]
fn functions_are_found_where_they_were_inlined() {
    let mix = rows(|row| row.origin == "blinker::pattern::mix");
    let mut symbols: Vec<_> = mix.iter().map(|row| row.symbol.as_str()).collect();
    symbols.dedup();
    assert!(symbols.contains(&"Reset") && symbols.contains(&"blinker::pattern::step"), "{symbols:?}");
    let Row { crate_name, file, line, part, .. } = mix[0];
    assert_eq!(
        (crate_name.as_str(), file.as_deref(), part.as_deref()),
        ("blinker", Some("src/pattern.rs"), Some("pattern"))
    );
    let source = include_str!("fixtures/blinker/src/pattern.rs");
    let begins = source.lines().position(|line| line.starts_with("pub fn mix")).unwrap() + 1;
    assert_eq!(*line, Some(begins as u32));
}

#[test]
fn literals_belong_to_the_code_that_loads_them() {
    // The factor of `mix`, in both functions that it is inlined into.
    let factor: Vec<_> = rows(|row| row.kind == Kind::Pool && row.origin.contains("mix")).into_iter().collect();
    let by_core = rows(|row| row.kind == Kind::Pool && row.crate_name == "core");
    assert!(factor.len() + by_core.len() >= 2, "{factor:?} {by_core:?}");
    // A table of jumps is loaded by no single instruction, and is its function's.
    assert!(bytes(|row| row.kind == Kind::Pool && row.origin == "blinker::pattern::step") >= 6);
}

#[test]
fn constants_without_a_name_belong_to_who_refers_to_them() {
    let constants = rows(|row| row.kind == Kind::Constants);
    // Five texts, and a pointer and a length for each. No instruction refers to most of the texts, but to the pointers.
    let all = 10 + 5 + 19 + 10 + 5 + 5 * 8;
    assert!(bytes(|row| row.kind == Kind::Constants) >= all);
    assert!(
        bytes(|row| row.kind == Kind::Constants && row.origin == "blinker::pattern::name") >= all - 10,
        "{constants:?}"
    );
    assert!(constants.iter().all(|row| row.symbol == "Reset"), "{constants:?}");
}

#[test]
fn assembly_without_sizes_goes_on_to_the_next_function() {
    let wait = rows(|row| row.symbol == "wait");
    let of = |kind| wait.iter().filter(|row| row.kind == kind).map(|row| row.bytes).sum::<u64>();
    // Five instructions of two bytes, two of alignment at the most, and a literal.
    assert!((10..=12).contains(&of(Kind::Code)), "{wait:?}");
    assert_eq!(of(Kind::Pool), 4);
    assert!(wait.iter().all(|row| row.part.as_deref() == Some("start")));
}

#[test]
fn variables_with_initial_values_take_both_memories() {
    let delay = rows(|row| row.symbol == "blinker::pattern::DELAY");
    let expected = [(4, Memory::Flash, Kind::Data), (4, Memory::Ram, Kind::Data)];
    assert_eq!(delay.iter().map(|row| (row.bytes, row.memory, row.kind)).collect::<Vec<_>>(), expected);
    assert!(delay.iter().all(|row| row.file.as_deref() == Some("src/pattern.rs")));
    let history = rows(|row| row.symbol == "blinker::pattern::HISTORY");
    assert_eq!((history.len(), history[0].bytes, history[0].kind), (1, 64, Kind::Bss));
    assert_eq!(bytes(|row| row.kind == Kind::Vectors), 16);
}

#[test]
fn the_runtime_is_apart_and_its_callers_are_named() {
    assert!(bytes(|row| row.crate_name == "compiler_builtins") > 50);
    let division = WHOLE.runtime.iter().find(|helper| helper.symbol == "__aeabi_uidiv").unwrap();
    let callers: Vec<_> = division.callers.iter().map(|caller| (caller.symbol.as_str(), caller.calls)).collect();
    assert_eq!(callers, [("blinker::pattern::period", 1)]);
    assert_eq!(division.bytes, bytes(|row| row.symbol == "__aeabi_uidiv"));
}

/// The crate addr2line reads debug information by itself, address by address.
#[test]
fn addr2line_finds_the_same_functions() {
    let sections = |id: gimli::SectionId| -> Result<_, gimli::Error> {
        use object::{Object, ObjectSection};
        let elf = object::File::parse(&**ELF).unwrap();
        let data = elf.section_by_name(id.name()).map_or(&[][..], |section| section.data().unwrap());
        Ok(gimli::EndianSlice::new(data, gimli::LittleEndian))
    };
    let context = addr2line::Context::from_dwarf(gimli::Dwarf::load(sections).unwrap()).unwrap();
    let mut compared = 0;
    for piece in WHOLE.pieces.iter().filter(|piece| piece.row.kind == Kind::Code) {
        for address in piece.addresses.clone().step_by(2) {
            let frame = context.find_frames(address).skip_all_loads().unwrap().next().unwrap();
            let Some(function) = frame.and_then(|frame| frame.function) else { continue };
            let name = format!("{:#}", rustc_demangle::demangle(&function.raw_name().unwrap()));
            assert_eq!(piece.row.origin, name, "at {address:#x}");
            compared += 1;
        }
    }
    assert!(compared > 200, "{compared}");
}

#[test]
fn the_same_bytes_give_the_same_rows() {
    assert_eq!(attribute(&ELF).unwrap(), *WHOLE);
    assert_eq!(Image::new(WHOLE.image.rows.iter().rev().cloned()), WHOLE.image);
}

#[test]
fn no_path_of_this_machine_is_told() {
    let json = serde_json::to_string(&WHOLE.image).unwrap();
    assert!(!json.contains("\"/") && !json.contains(&*ROOT.to_string_lossy()), "{json}");
}

#[test]
fn truncated_images_are_errors() {
    for length in (0..ELF.len()).step_by(997) {
        assert!(attribute(&ELF[..length]).is_err(), "{length} bytes of {}", ELF.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 150, ..ProptestConfig::default() })]

    /// Damage anywhere, and damage of headers and symbols, which all else hangs on.
    #[test]
    fn a_damaged_image_is_an_error_or_adds_up(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..40),
        start in prop::sample::select(vec![0, 0x100, usize::MAX]),
    ) {
        let mut elf = ELF.clone();
        let length = elf.len();
        let part = if start == usize::MAX { &mut elf[length - 6000..] } else { &mut elf[start..] };
        let reach = if start == 0 { 0x100 } else { part.len() };
        for (index, value) in damage {
            part[index.index(reach)] = value;
        }
        if let Ok(Attribution { image, pieces, .. }) = attribute(&elf) {
            let total = |memory| pieces.iter().filter(|piece| piece.row.memory == memory).map(|piece| piece.addresses.end - piece.addresses.start).sum::<u64>();
            prop_assert_eq!((total(Memory::Flash), total(Memory::Ram)), (image.flash, image.ram));
        }
    }
}
