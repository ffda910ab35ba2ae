//! QEMU's log, whole and damaged, and processes in its place.

use super::*;
use proptest::prelude::*;

/// A log as QEMU 7.2 writes it.
const LOG: &str = "\
Trace 0: 0x7fc130000100 [00800400/000000c0/00000510/ff000201] Reset
R00=00000000 R01=00000001 R02=00000000 R03=00000000
R04=00000000 R05=00000000 R06=00000000 R07=00000000
R08=00000000 R09=00000000 R10=00000000 R11=00000000
R12=00000000 R13=20004000 R14=ffffffff R15=000000c0
XPSR=41000000 -Z-- T priv-thread
Trace 0: 0x7fc130000240 [00800400/000000c4/00000510/ff000201] Reset
R00=000000c0 R01=00000001 R02=00000000 R03=00000000
R04=00000000 R05=00000000 R06=00000000 R07=00000000
R08=00000000 R09=00000000 R10=00000000 R11=00000000
R12=00000000 R13=20004000 R14=000000c5 R15=000000c4
XPSR=01000000 ---- T priv-thread
";

const STOPPED: &str = "Stopped execution of TB chain before 0x7fc130000240 [000000c4] Reset\n";

fn read(log: &str) -> Result<Vec<Step>> {
    let mut read = Log::default();
    log.lines().for_each(|line| read.line(line));
    read.finish()
}

fn addresses(log: &str) -> Vec<u32> {
    read(log).unwrap().iter().map(|step| step.address).collect()
}

/// A program in QEMU's place.
fn run(script: &str, limits: Limits) -> Result<Vec<Step>> {
    trace(Command::new("sh").args(["-c", script]), limits)
}

const SHORT: Limits = Limits { steps: 100, time: Duration::from_secs(20) };

fn error(script: &str, limits: Limits) -> String {
    format!("{:#}", run(script, limits).unwrap_err())
}

struct Machine(Option<&'static str>);

impl System for Machine {
    fn output(&self, program: &str, args: &[&str]) -> Option<String> {
        assert_eq!((program, args), (PROGRAM, &["--version"][..]));
        self.0.map(str::to_owned)
    }

    fn exists(&self, _path: &str) -> bool {
        unreachable!()
    }

    fn run(&self, _program: &str, _args: &[&str], _limit: Duration) -> bool {
        unreachable!("nothing is installed")
    }

    fn say(&self, _line: &str) {}
}

#[test]
fn each_instruction_is_a_step() {
    let steps = read(LOG).unwrap();
    assert_eq!(addresses(LOG), [0xC0, 0xC4]);
    assert_eq!((steps[0].registers[1], steps[0].registers[14], steps[1].registers[0]), (1, u32::MAX, 0xC0));
}

#[test]
fn what_is_put_off_counts_once() {
    let second = LOG.find("Trace 0: 0x7fc130000240").unwrap();
    let again = [LOG, STOPPED, &LOG[second..]].concat();
    assert_eq!(addresses(&again), [0xC0, 0xC4]);
    assert_eq!(addresses(&[LOG, STOPPED].concat()), [0xC0]);
}

#[test]
fn a_log_of_another_form_is_not_counted() {
    let known = "its log is not as that of QEMU 7.2";
    for log in [
        "",
        "Segmentation fault",
        &LOG.replace("000000c4/", ""),
        &LOG.replace("R15=000000c4", "R15=000000c6"),
        &LOG.replace("R12=00000000 ", ""),
        &LOG.replace("R08=", "R16="),
        &LOG[..LOG.rfind("R12=").unwrap()],
    ] {
        let error = read(log).unwrap_err().to_string();
        assert!(error.starts_with(known), "{error}\n{log}");
    }
    assert!(read("Segmentation fault").unwrap_err().to_string().ends_with("\nSegmentation fault"));
}

#[test]
fn a_firmware_that_ends_well_has_steps() {
    let script = format!("echo 'for nobody'; cat >&2 <<'END'\n{LOG}END\n");
    assert_eq!(run(&script, SHORT).unwrap().len(), 2);
}

#[test]
fn a_firmware_that_fails_is_told_from_a_qemu_that_does() {
    let failed = format!("cat >&2 <<'END'\n{LOG}END\nexit 1");
    assert!(error(&failed, SHORT).starts_with("the firmware ended with failure"));
    let unknown = "echo 'qemu-system-arm: unsupported machine type' >&2; exit 1";
    assert_eq!(error(unknown, SHORT), "QEMU says:\nqemu-system-arm: unsupported machine type");
}

#[test]
fn a_firmware_that_does_not_end_is_ended() {
    let endless = format!("cat <<'END' >&2\n{LOG}END\nwhile :; do echo 'Trace 0: 0x1 [0/1/2/3]'; done >&2");
    assert_eq!(error(&endless, SHORT), "it did not end within 100 instructions");
    let silent = Limits { time: Duration::from_millis(200), ..SHORT };
    assert!(error("exec sleep 60", silent).starts_with("it did not end within 0.2 s"));
    assert!(error("exec 2>&-; exec sleep 60", silent).starts_with("it did not end within 0.2 s"));
}

#[test]
fn a_missing_qemu_has_a_remedy() {
    let error = Emulator::find(&Machine(None)).unwrap_err().to_string();
    assert!(error.contains("there is no `qemu-system-arm`"), "{error}");
    assert!(error.ends_with("`apt-get install qemu-system-arm`"), "{error}");
    assert!(Emulator::find(&Machine(Some("QEMU"))).unwrap_err().to_string().contains("says `QEMU`"));
}

#[test]
fn each_version_has_its_option() {
    let option = |version| Emulator::find(&Machine(Some(version))).unwrap().arguments;
    assert_eq!(option("QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7)\nCopyright"), ["-singlestep"]);
    assert_eq!(option("QEMU emulator version 8.0.5"), ["-singlestep"]);
    assert_eq!(option("QEMU emulator version 8.1.0"), ["-accel", "tcg,one-insn-per-tb=on"]);
    assert_eq!(option("QEMU emulator version 10.0.2"), ["-accel", "tcg,one-insn-per-tb=on"]);
    assert_eq!(
        Emulator::find(&Machine(Some("QEMU emulator version 9.2.0\nCopyright"))).unwrap().version,
        "QEMU emulator version 9.2.0"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_log_never_panics(at in 0..LOG.len(), text in "[ -~\n]{0,20}") {
        let _ = read(&[&LOG[..at], &text, &LOG[at..]].concat());
    }
}
