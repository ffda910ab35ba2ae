//! The decisions, on machines that are made up.

use super::*;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

const TARGET: &str = "thumbv6m-none-eabi";
const LIBDIR: &str = "rustc --print target-libdir --target thumbv6m-none-eabi";

/// What a command does to a machine.
type Change = Box<dyn Fn(&Machine)>;

/// A machine with a few programs and files.
#[derive(Default)]
struct Machine {
    programs: RefCell<BTreeMap<String, String>>,
    files: RefCell<BTreeSet<String>>,
    /// The commands that work.
    after: Vec<(&'static str, Change)>,
    ran: RefCell<Vec<String>>,
    said: RefCell<Vec<String>>,
    asked_apt: Cell<bool>,
}

impl Machine {
    fn program(self, command: &str, output: &str) -> Self {
        self.programs.borrow_mut().insert(command.to_owned(), output.to_owned());
        self
    }

    fn file(self, path: &str) -> Self {
        self.files.borrow_mut().insert(path.to_owned());
        self
    }

    fn after(mut self, command: &'static str, change: impl Fn(&Self) + 'static) -> Self {
        self.after.push((command, Box::new(change)));
        self
    }

    fn rustup(self, version: &str) -> Self {
        self.program("rustup --version", "rustup 1.29.0")
            .program("rustc --version", &format!("rustc {version} (0123456 2026-01-01)"))
            .program("rustc --print sysroot", "/rustup")
            .program("rustc --print host-tuple", "host")
            .program("/rustup/lib/rustlib/host/bin/rust-lld -flavor gnu --version", "LLD 22")
            .program("cargo --version", &format!("cargo {version}"))
            .program(LIBDIR, "/rustup/thumb")
    }

    fn distribution(self, version: &str) -> Self {
        self.compiler(version)
            .program("ld.lld --version", "LLD 14")
            .file("/usr/lib/rustlib/src/rust/library/core/Cargo.toml")
    }

    fn compiler(self, version: &str) -> Self {
        add_compiler(&self, version);
        self
    }

    fn apt(self, policies: &[(&str, &str)]) -> Self {
        let machine = self.program("apt-get --version", "apt 2.6").program("id -u", "0");
        policies.iter().fold(machine, |machine, (package, candidate)| {
            machine.program(&format!("apt-cache policy {package}"), &format!("{package}:\n  Candidate: {candidate}\n"))
        })
    }

    fn find(&self) -> Result<Toolchain> {
        self.find_with(None, true)
    }

    fn find_with(&self, library: Option<Library>, install: bool) -> Result<Toolchain> {
        Toolchain::find(self, Request { target: TARGET, library, install })
    }

    fn error(&self) -> String {
        format!("{:#}", self.find().unwrap_err())
    }
}

fn add_compiler(machine: &Machine, version: &str) {
    let mut programs = machine.programs.borrow_mut();
    programs.insert("/usr/bin/rustc --version".into(), format!("rustc {version} (0123456 2026-01-01)"));
    programs.insert("/usr/bin/rustc --print sysroot".into(), "/usr".into());
    programs.insert("/usr/bin/cargo --version".into(), format!("cargo {version}"));
    machine.files.borrow_mut().extend([RUSTC.into(), CARGO.into()]);
}

impl System for Machine {
    fn output(&self, program: &str, args: &[&str]) -> Option<String> {
        self.asked_apt.set(self.asked_apt.get() || program.starts_with("apt"));
        self.programs.borrow().get(&[&[program], args].concat().join(" ")).cloned()
    }

    fn exists(&self, path: &str) -> bool {
        self.files.borrow().contains(path)
    }

    fn run(&self, program: &str, args: &[&str], _: Duration) -> bool {
        let command = [&[program], args].concat().join(" ");
        self.ran.borrow_mut().push(command.clone());
        let Some((_, change)) = self.after.iter().find(|(known, _)| command == *known) else {
            return false;
        };
        change(self);
        true
    }

    fn say(&self, line: &str) {
        self.said.borrow_mut().push(line.to_owned());
    }
}

#[test]
fn an_installed_library_is_used_as_it_is() {
    let machine = Machine::default().rustup("1.95.0").file("/rustup/thumb").distribution("1.96.0");
    let toolchain = machine.find().unwrap();
    assert_eq!((toolchain.library, toolchain.linker.as_str()), (Library::Prebuilt, "LLD 22"));
    assert_eq!(toolchain.rustc, "rustc 1.95.0 (0123456 2026-01-01)");
    assert!(machine.ran.borrow().is_empty());
}

#[test]
fn rustup_fetches_a_missing_library() {
    let machine = Machine::default().rustup("1.95.0").after("rustup target add thumbv6m-none-eabi", |machine| {
        machine.files.borrow_mut().insert("/rustup/thumb".into());
    });
    assert_eq!(machine.find().unwrap().library, Library::Prebuilt);
    let said = ["installing the thumbv6m-none-eabi library: rustup target add thumbv6m-none-eabi"];
    assert_eq!(*machine.said.borrow(), said);
}

#[test]
fn without_a_network_the_distribution_s_compiler_is_used() {
    let machine = Machine::default().rustup("1.95.0").distribution("1.96.0");
    let toolchain = machine.find().unwrap();
    assert_eq!((toolchain.library, toolchain.linker.as_str()), (Library::BuildStd, "LLD 14"));
    assert_eq!(*machine.ran.borrow(), ["rustup target add thumbv6m-none-eabi"]);
    assert!(!machine.asked_apt.get());
}

#[test]
fn a_library_can_be_insisted_on() {
    let machine = Machine::default().rustup("1.95.0").file("/rustup/thumb").distribution("1.96.0");
    assert_eq!(machine.find_with(Some(Library::BuildStd), true).unwrap().library, Library::BuildStd);
    let machine = Machine::default().distribution("1.96.0");
    let error = machine.find_with(Some(Library::Prebuilt), true).unwrap_err().to_string();
    assert!(error.contains("run `rustup target add thumbv6m-none-eabi`"), "{error}");
}

#[test]
fn only_what_is_missing_is_installed() {
    let command = "env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-remove --no-install-recommends lld";
    let machine = Machine::default().distribution("1.96.0").apt(&[]).after(command, |machine| {
        machine.programs.borrow_mut().insert("ld.lld --version".into(), "LLD 14".into());
    });
    machine.programs.borrow_mut().remove("ld.lld --version");
    assert_eq!(machine.find().unwrap().library, Library::BuildStd);
    assert_eq!(machine.ran.borrow().last().unwrap(), command);
}

#[test]
fn a_bare_debian_gets_the_newer_set_of_packages() {
    const INSTALL: &str = "env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-remove \
                           --no-install-recommends rustc-web cargo-web rust-web-src lld";
    let uris = "install --print-uris -qq --no-install-recommends rustc-web cargo-web rust-web-src lld";
    let machine = Machine::default()
        .apt(&[("rustc-web", "1.96.0+dfsg1-1~deb12u2"), ("rustc", "1.63.0+dfsg1-2")])
        .program(&format!("apt-get {uris}"), "'uri' a.deb 40000000 SHA256:0\n'uri' b.deb 60500000 SHA256:0")
        .after(INSTALL, |machine| {
            add_compiler(machine, "1.96.0");
            machine.programs.borrow_mut().insert("ld.lld --version".into(), "LLD 14".into());
            machine.files.borrow_mut().insert("/usr/lib/rustlib/src/rust/library/core/Cargo.toml".into());
        });
    assert_eq!(machine.find().unwrap().library, Library::BuildStd);
    let said = machine.said.borrow();
    assert_eq!(said[0], "reading the lists of packages anew: apt-get update");
    let announced = "installing rustc-web, cargo-web, rust-web-src, lld (about 101 MB to download): apt-get install";
    assert!(said[1].starts_with(announced), "{}", said[1]);
}

#[test]
fn where_the_release_itself_is_new_enough_its_own_packages_do() {
    let machine = Machine::default().apt(&[("rustc-web", "(none)"), ("rustc", "1.88.0+dfsg1-1")]);
    assert!(machine.error().contains("apt-get could not install rustc, cargo, rust-src, lld"));
}

#[test]
fn sources_come_from_the_compiler_s_own_set() {
    let machine = Machine::default()
        .compiler("1.90.0")
        .program("ld.lld --version", "LLD 19")
        .program("dpkg-query -S /usr/bin/rustc", "rustc: /usr/bin/rustc")
        .apt(&[("rustc-web", "1.96.0")]);
    assert!(machine.error().contains("apt-get could not install rust-src:"));
}

#[test]
fn without_root_the_command_is_told() {
    let machine = Machine::default().apt(&[("rustc-web", "1.96.0")]).program("id -u", "1000");
    let error = machine.error();
    assert!(
        error.contains("`apt-get install --no-install-recommends rustc-web cargo-web rust-web-src lld`"),
        "{error}"
    );
    let machine = machine.program("sudo -n true", "");
    machine.error();
    assert_eq!(machine.ran.borrow()[0], "sudo -n env DEBIAN_FRONTEND=noninteractive apt-get update -qq");
}

#[test]
fn nothing_is_installed_against_the_reader_s_will() {
    let machine = Machine::default().rustup("1.95.0").apt(&[("rustc-web", "1.96.0")]);
    let error = machine.find_with(None, false).unwrap_err().to_string();
    assert!(error.contains("missing: /usr/bin/rustc, /usr/bin/cargo, the sources of core, ld.lld."), "{error}");
    assert!(machine.ran.borrow().is_empty() && machine.said.borrow().is_empty());
}

#[test]
fn a_machine_without_anything_is_told_the_remedy() {
    let error = Machine::default().error();
    assert!(error.contains("Install rustup (https://rustup.rs)"), "{error}");
}

#[test]
fn an_old_compiler_is_told() {
    let error = Machine::default().rustup("1.80.1").file("/rustup/thumb").error();
    assert_eq!(error, "rustc is 1.80, and 1.88 is the oldest that will do: `rustup update` brings a newer one");
    let error = Machine::default().distribution("1.63.0").error();
    assert!(error.starts_with("/usr/bin/rustc is 1.63, and 1.88 is the oldest"), "{error}");
    let error = Machine::default().apt(&[("rustc-web", "1.85.0+dfsg3"), ("rustc", "1.63.0+dfsg1-2")]).error();
    assert!(error.contains("apt knows of no rustc 1.88 or newer"), "{error}");
}

#[test]
fn versions_are_read_from_both_kinds_of_text() {
    let version = |major, minor| Some(Version { major, minor });
    assert_eq!(Version::parse("rustc 1.97.0-nightly (ac68faa20 2026-05-25)"), version(1, 97));
    assert_eq!(Version::parse("1.88.0+dfsg1-1~deb12u2"), version(1, 88));
    assert_eq!(Version::parse("(none)"), None);
    assert!(Version::parse("1.100.0") > Some(MINIMUM));
}

#[test]
fn the_oldest_compiler_is_the_workspace_s() {
    assert_eq!(Version::parse(env!("CARGO_PKG_RUST_VERSION")), Some(MINIMUM));
}

#[test]
fn the_library_decides_how_cargo_is_called() {
    let machine = Machine::default().rustup("1.95.0").file("/rustup/thumb").distribution("1.96.0");
    let call = |library| {
        let command = machine.find_with(Some(library), false).unwrap().cargo_build();
        let args: Vec<_> = command.get_args().map(|arg| arg.to_str().unwrap().to_owned()).collect();
        (command.get_program().to_str().unwrap().to_owned(), args.join(" "))
    };
    let common = "build --release --locked --target thumbv6m-none-eabi";
    assert_eq!(call(Library::Prebuilt), ("cargo".into(), common.into()));
    let more = "-Z build-std=core --config target.thumbv6m-none-eabi.linker = \"ld.lld\"";
    assert_eq!(call(Library::BuildStd), (CARGO.into(), format!("{common} {more}")));

    let bloat = machine.find_with(Some(Library::BuildStd), false).unwrap().cargo_bloat();
    assert_eq!(bloat.get_program(), "cargo-bloat");
    assert_eq!(bloat.get_args().next().unwrap(), "bloat");
    assert!(bloat.get_envs().any(|variable| variable == ("CARGO".as_ref(), Some(CARGO.as_ref()))));
}
