//! Reading images that are made here, whole and damaged.

use super::*;
use object::elf;
use object::write::elf as write;
use proptest::prelude::*;

const TEXT: u64 = 0x100;
const RAM: u64 = 0x2000_0000;

/// An image with one segment of code (a vector table of 192 bytes, then `.text`), one of `.data`, and `.bss`.
struct Fixture {
    vector_table: &'static str,
    reset: u32,
    e_type: elf::FileType,
    /// How much of the physical address range of the code the `.data` segment covers too.
    overlap: u64,
    code_runs_at: u64,
    symbols: bool,
}

const FIRMWARE: Fixture =
    Fixture { vector_table: ".vector_table", reset: 0xc1, e_type: ET_EXEC, overlap: 0, code_runs_at: 0, symbols: true };

const VECTOR_TABLE_SIZE: u64 = 192;
const TEXT_SIZE: u64 = 64;
const DATA_SIZE: u64 = 12;
const BSS_SIZE: u64 = 100;
const CODE_SIZE: u64 = VECTOR_TABLE_SIZE + TEXT_SIZE;

impl Fixture {
    fn bytes(&self) -> Vec<u8> {
        self.write().expect("a fixture can be written")
    }

    fn write(&self) -> Result<Vec<u8>, object::write::Error> {
        let mut headers = Vec::new();
        let mut bytes: Vec<u8> = Vec::new();
        let mut writer = write::Writer::new_single_phase(Endianness::Little, false, &mut bytes);
        writer.write_file_header(&write::FileHeader {
            os_abi: elf::ELFOSABI_NONE,
            abi_version: 0,
            e_type: self.e_type,
            e_machine: elf::EM_ARM,
            e_entry: self.reset.into(),
            e_flags: elf::FileFlags(0),
        })?;
        let programs = [
            (TEXT, self.code_runs_at, 0, CODE_SIZE, CODE_SIZE),
            (TEXT + CODE_SIZE, RAM, CODE_SIZE - self.overlap, DATA_SIZE, DATA_SIZE),
            (TEXT + CODE_SIZE + DATA_SIZE, RAM + DATA_SIZE, RAM + DATA_SIZE, 0, BSS_SIZE),
        ];
        writer.write_program_headers_placeholder(programs.len() as u32);
        writer.pad_until(TEXT);
        writer.write(&[0; 4]);
        writer.write(&self.reset.to_le_bytes());
        writer.pad_until(TEXT + CODE_SIZE + DATA_SIZE);

        let code = self.code_runs_at;
        let alloc = SHF_ALLOC;
        let sections = [
            (self.vector_table, elf::SHT_PROGBITS, alloc, code, TEXT, VECTOR_TABLE_SIZE),
            (".text", elf::SHT_PROGBITS, alloc, code + VECTOR_TABLE_SIZE, TEXT + VECTOR_TABLE_SIZE, TEXT_SIZE),
            (".data", elf::SHT_PROGBITS, alloc | SHF_WRITE, RAM, TEXT + CODE_SIZE, DATA_SIZE),
            (".bss", SHT_NOBITS, alloc | SHF_WRITE, RAM + DATA_SIZE, TEXT + CODE_SIZE + DATA_SIZE, BSS_SIZE),
            (".debug_info", elf::SHT_PROGBITS, elf::SectionFlags(0), 0, TEXT, 16),
        ];
        let ids: Vec<_> = sections.iter().map(|section| writer.add_section_name(section.0.as_bytes())).collect();
        if self.symbols {
            let symbols: [(&[u8], elf::SymbolType, u32, u64, u64); 6] = [
                (b"_RNvNtCsbmMUqQx5mJz_4core9panicking9panic_fmt", STT_FUNC, 2, VECTOR_TABLE_SIZE + 1, 40),
                (b"DefaultHandler", STT_FUNC, 2, VECTOR_TABLE_SIZE + 41, 0),
                (b"$t", elf::STT_NOTYPE, 2, VECTOR_TABLE_SIZE, 0),
                (b"COUNT", elf::STT_OBJECT, 3, RAM, 4),
                (b"BUFFER", elf::STT_OBJECT, 4, RAM + DATA_SIZE, 100),
                (b"debugged", elf::STT_OBJECT, 5, 0, 1000),
            ];
            let names: Vec<_> = symbols.iter().map(|symbol| writer.add_string(symbol.0)).collect();
            writer.write_strtab()?;
            writer.write_null_symbol();
            for ((_, kind, section, st_value, st_size), name) in symbols.into_iter().zip(names) {
                writer.write_symbol(&write::Sym {
                    section: Some(section),
                    st_name: writer.string_offset(Some(name)),
                    st_info: elf::SymbolInfo::new(elf::STB_GLOBAL, kind),
                    st_other: elf::SymbolOther(0),
                    st_shndx: elf::SymbolSection(0),
                    st_value,
                    st_size,
                });
            }
        }
        writer.write_shstrtab()?;
        writer.write_null_section_header();
        for ((_, sh_type, sh_flags, sh_addr, sh_offset, sh_size), id) in sections.into_iter().zip(ids) {
            writer.write_section_header(&write::SectionHeader {
                sh_name: writer.section_name_offset(Some(id)),
                sh_type,
                sh_flags,
                sh_addr,
                sh_offset,
                sh_size,
                sh_link: 0,
                sh_info: 0,
                sh_addralign: 4,
                sh_entsize: 0,
            });
        }
        if self.symbols {
            writer.write_strtab_section_header();
            writer.write_symtab_section_header(1);
        }
        writer.write_shstrtab_section_header();
        for (p_offset, p_vaddr, p_paddr, p_filesz, p_memsz) in programs {
            headers.push(write::ProgramHeader {
                p_type: PT_LOAD,
                p_flags: elf::PF_R,
                p_offset,
                p_vaddr,
                p_paddr,
                p_filesz,
                p_memsz,
                p_align: 4,
            });
        }
        let mut start: Vec<u8> = Vec::new();
        writer.write_headers_to(&mut start, &headers)?;
        bytes[..start.len()].copy_from_slice(&start);
        Ok(bytes)
    }

    fn error(&self) -> String {
        format!("{:#}", Image::parse(&self.bytes()).unwrap_err())
    }
}

#[test]
fn flash_and_ram_are_told_apart() {
    let image = Image::parse(&FIRMWARE.bytes()).unwrap();
    assert_eq!(image.flash, CODE_SIZE + DATA_SIZE);
    assert_eq!(image.ram, DATA_SIZE + BSS_SIZE);
}

#[test]
fn each_byte_of_flash_counts_once() {
    let image = Image::parse(&Fixture { overlap: 8, ..FIRMWARE }.bytes()).unwrap();
    assert_eq!(image.flash, CODE_SIZE + DATA_SIZE - 8);
}

#[test]
fn code_that_is_copied_to_ram_counts_twice() {
    let image = Image::parse(&Fixture { code_runs_at: RAM + 0x1000, ..FIRMWARE }.bytes()).unwrap();
    assert_eq!(image.flash, CODE_SIZE + DATA_SIZE);
    assert_eq!(image.ram, CODE_SIZE + DATA_SIZE + BSS_SIZE);
}

#[test]
fn symbols_are_readable_and_sorted() {
    let image = Image::parse(&FIRMWARE.bytes()).unwrap();
    let expected = [
        Symbol::new("BUFFER", 100, RAM + DATA_SIZE, ".bss"),
        Symbol::new("core::panicking::panic_fmt", 40, VECTOR_TABLE_SIZE, ".text"),
        Symbol::new("COUNT", 4, RAM, ".data"),
        Symbol::new("DefaultHandler", 0, VECTOR_TABLE_SIZE + 40, ".text"),
    ];
    assert_eq!(image.symbols, expected);
}

#[test]
fn an_image_without_a_vector_table_is_not_firmware() {
    let error = Fixture { vector_table: ".text.start", ..FIRMWARE }.error();
    assert!(error.starts_with("no section `.vector_table`: it was linked without `-Tlink.x`"), "{error}");
    let error = Fixture { reset: 0, ..FIRMWARE }.error();
    assert!(error.starts_with("section `.vector_table`: the reset vector is zero"), "{error}");
}

#[test]
fn an_object_file_is_not_an_image() {
    assert_eq!(Fixture { e_type: elf::ET_REL, ..FIRMWARE }.error(), "ELF header: not an executable");
}

#[test]
fn a_stripped_image_is_not_accepted() {
    assert_eq!(Fixture { symbols: false, ..FIRMWARE }.error(), "no symbol table: build without `strip`");
}

#[test]
fn a_segment_beyond_the_end_is_located() {
    let mut bytes = FIRMWARE.bytes();
    // The second program header's size in the file.
    let field = 52 + 32 + 16;
    assert_eq!(bytes[field..field + 4], (DATA_SIZE as u32).to_le_bytes());
    bytes[field..field + 4].copy_from_slice(&0xffff_u32.to_le_bytes());
    let error = format!("{:#}", Image::parse(&bytes).unwrap_err());
    assert_eq!(error, "program header 1: reaches beyond the end of the file");
}

#[test]
fn loaded_headers_are_not_counted_as_firmware() {
    let mut bytes = FIRMWARE.bytes();
    bytes[52 + 4..52 + 8].fill(0);
    let error = format!("{:#}", Image::parse(&bytes).unwrap_err());
    assert_eq!(error, "program header 0: loads the ELF header too; link with `--nmagic`");
}

#[test]
fn no_truncated_image_passes() {
    let bytes = FIRMWARE.bytes();
    for length in 0..bytes.len() {
        assert!(Image::parse(&bytes[..length]).is_err(), "{length} bytes of {}", bytes.len());
    }
}

#[test]
fn memory_is_read_where_it_runs() {
    let memory = Memory::new(vec![(0x100, vec![1, 2, 3]), (0x2000_0000, vec![4, 5])]);
    let halves = [0xFF, 0x100, 0x101, 0x102, 0x103, 0x2000_0000].map(|address| memory.half(address));
    assert_eq!(halves, [None, Some(0x0201), Some(0x0302), None, None, Some(0x0504)]);
}

#[test]
fn the_error_names_the_file() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let error = format!("{:#}", Image::read(&path).unwrap_err());
    assert!(error.contains("Cargo.toml is not a firmware image to measure: not a 32-bit ELF file"), "{error}");
    assert!(Image::read(Path::new("nowhere")).unwrap_err().to_string().starts_with("cannot read nowhere"));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let _ = Image::parse(&bytes);
    }

    #[test]
    fn a_damaged_image_never_panics(damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20)) {
        let mut bytes = FIRMWARE.bytes();
        for (index, value) in damage {
            let index = index.index(bytes.len());
            bytes[index] = value;
        }
        let _ = Image::parse(&bytes);
    }
}
