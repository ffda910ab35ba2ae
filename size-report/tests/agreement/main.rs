//! Other programs must tell the same of real images: how large they are, which functions are the largest, where code
//! comes from, and who calls whom. `./ci.sh` installs what this takes: binutils for Arm, and llvm-symbolizer.

mod images;

use images::{IMAGES, Image};
use slimqtt_size_report::attribution::{Attribution, Kind, Memory, Parts, Piece};
use slimqtt_size_report::stack::{Frame, Program};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

fn attribution(image: &Image) -> Attribution {
    Attribution::read(&image.path(), images::workspace(), &Parts::default()).unwrap()
}

fn output(program: &str, arguments: &[&str], file: &Path, input: &str) -> String {
    let mut child = Command::new(program)
        .args(arguments)
        .arg(file)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("cannot run {program}, which ./ci.sh installs: {error}"));
    // Another thread writes: the program may not read on while nobody reads what it says.
    let (mut stdin, input) = (child.stdin.take().unwrap(), input.to_owned());
    let writer = thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success(), "{program} failed");
    String::from_utf8(output.stdout).unwrap()
}

/// As a reader writes it. A copy of a function that GCC makes, with an argument known, has a number after its name.
fn readable(name: &str) -> String {
    let name = format!("{:#}", rustc_demangle::demangle(name));
    let is_copy = [".constprop.", ".isra.", ".part."].iter().find_map(|mark| name.find(mark));
    is_copy.map_or(name.clone(), |end| name[..end].to_owned())
}

/// The functions with their sizes, by address: all names that each goes by.
fn functions(image: &Image) -> BTreeMap<u64, (u64, Vec<String>)> {
    let mut functions: BTreeMap<u64, (u64, Vec<String>)> = BTreeMap::new();
    for line in output("arm-none-eabi-nm", &["--print-size"], &image.path(), "").lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [address, size, "t" | "T" | "w" | "W", name] = words[..] else { continue };
        let number = |text| u64::from_str_radix(text, 16).unwrap();
        functions.entry(number(address)).or_insert((number(size), Vec::new())).1.push(readable(name));
    }
    functions
}

#[test]
fn there_are_enough_of_them() {
    assert!(IMAGES.len() >= 10);
}

#[test]
fn rows_add_up_to_what_size_tells() {
    for image in IMAGES {
        let text = output("arm-none-eabi-size", &[], &image.path(), "");
        //    text    data     bss     dec     hex filename
        let figures: Vec<u64> =
            text.lines().nth(1).unwrap().split_whitespace().map_while(|word| word.parse().ok()).collect();
        let [size_text, size_data, size_bss, ..] = figures[..] else { panic!("{text}") };

        let rows = attribution(image).image.rows;
        let sum = |memory| rows.iter().filter(|row| row.memory == memory).map(|row| row.bytes).sum::<u64>();
        assert_eq!(sum(Memory::Flash), size_text + size_data, "flash of {}: {text}", image.name);
        assert_eq!(sum(Memory::Ram), size_data + size_bss, "RAM of {}: {text}", image.name);
    }
}

#[test]
fn the_largest_functions_are_those_of_nm() {
    for image in IMAGES {
        let mut theirs: BTreeMap<String, u64> = BTreeMap::new();
        for (size, names) in functions(image).into_values() {
            // One of its names is as good as another.
            *theirs.entry(names[0].clone()).or_default() += size;
        }
        let mut ours: BTreeMap<String, u64> = BTreeMap::new();
        for row in attribution(image).image.rows {
            if row.memory == Memory::Flash && matches!(row.kind, Kind::Code | Kind::Pool) {
                *ours.entry(readable(&row.symbol)).or_default() += row.bytes;
            }
        }
        let five = |functions: &BTreeMap<String, u64>| {
            let mut largest: Vec<(u64, String)> = functions.iter().map(|(name, size)| (*size, name.clone())).collect();
            largest.sort_by(|a, b| (b.0, &a.1).cmp(&(a.0, &b.1)));
            largest.truncate(5);
            largest
        };
        assert_eq!(five(&ours), five(&theirs), "{}", image.name);
    }
}

/// How many addresses of each image are asked about.
const SAMPLES: usize = 150;

#[test]
fn origins_are_those_of_llvm_symbolizer() {
    let (mut asked, mut differences) = (0, Vec::new());
    for image in IMAGES {
        let attribution = attribution(image);
        let code: Vec<&Piece> = attribution
            .pieces
            .iter()
            .filter(|piece| piece.row.memory == Memory::Flash && piece.row.kind == Kind::Code)
            .collect();
        let total: u64 = code.iter().map(|piece| piece.row.bytes).sum();
        // Evenly all over the code, at the first halves of instructions or the second ones.
        let step = (total / SAMPLES as u64).max(2) & !1;
        let (mut samples, mut next, mut before) = (Vec::new(), 0, 0);
        for piece in &code {
            while next < before + piece.row.bytes {
                samples.push((piece.addresses.start + next - before, *piece));
                next += step;
            }
            before += piece.row.bytes;
        }

        let addresses: String = samples.iter().map(|(address, _)| format!("{address:#x}\n")).collect();
        let arguments = ["--inlines", "--functions=linkage", "--no-demangle", "--obj"];
        let answer = output("llvm-symbolizer", &arguments, &image.path(), &addresses);
        // For each address: pairs of lines, function and place, the innermost first; then an empty line.
        let answers: Vec<&str> = answer.split("\n\n").filter(|answer| !answer.trim().is_empty()).collect();
        assert_eq!(answers.len(), samples.len(), "{}", image.name);
        let names: Vec<Vec<String>> = functions(image).into_values().map(|(_, names)| names).collect();
        let are_one = |a: &String, b: &String| names.iter().any(|names| names.contains(a) && names.contains(b));
        for ((address, piece), answer) in samples.iter().zip(answers) {
            let theirs = readable(answer.trim_start().lines().next().unwrap_or_default());
            asked += 1;
            let ours = readable(&piece.row.origin);
            if theirs != ours && !are_one(&theirs, &ours) {
                differences.push(format!("{} {address:#x}: {ours}, and llvm-symbolizer: {theirs}", image.name));
            }
        }
    }
    assert!(asked >= 1000, "{asked}");
    assert!(differences.is_empty(), "{} of {asked} differ:\n{}", differences.len(), differences.join("\n"));
}

/// The stack is told by what functions call: all calls must be seen, and where they lead.
#[test]
fn calls_are_those_of_objdump() {
    let mut compared = 0;
    for image in IMAGES {
        let program = Program::read(&image.path()).unwrap();
        let text = output("arm-none-eabi-objdump", &["--disassemble", "--no-show-raw-insn"], &image.path(), "");
        let number = |text: &str| u32::from_str_radix(text, 16).ok();
        // `     10c:\tbl\t1504 <name>`, and for a pointer `     1ec:\tblx\tr1`
        let mut theirs: BTreeMap<u32, Option<u32>> = BTreeMap::new();
        for line in text.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            if let [address, "bl" | "blx", target, ..] = words[..]
                && let Some(address) = number(address.trim_end_matches(':'))
            {
                theirs.insert(address, number(target));
            }
        }
        for function in program.functions() {
            let frame = Frame::new(&program, function);
            for call in &frame.calls {
                let Some(theirs) = theirs.remove(&call.at) else { continue };
                compared += 1;
                // A pointer that is a constant is a call like any other.
                if let Some(target) = theirs {
                    assert_eq!(call.target, Some(target), "{}, {} at {:#x}", image.name, function.name, call.at);
                }
            }
            // What is left may jump within the function, or may never be executed.
            for (at, target) in theirs.range(function.range.clone()) {
                let is_jump = target.is_some_and(|target| function.range.contains(&target));
                assert!(is_jump || frame.fault.is_some(), "{}: no call at {at:#x} in {}", image.name, function.name);
            }
        }
    }
    assert!(compared >= 1000, "{compared}");
}
