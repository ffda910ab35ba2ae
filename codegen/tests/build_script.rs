//! A build script that calls the generator, run by Cargo as part of a package.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{env, fs};

/// A package whose build script generates packets from its `spec.mqtt`.
struct Package {
    folder: PathBuf,
}

impl Package {
    fn new() -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("build-script");
        let codegen = Path::new(env!("CARGO_MANIFEST_DIR"));
        let repository = codegen.parent().unwrap();
        fs::create_dir_all(folder.join("src")).unwrap();
        let package = Self { folder };
        package.file(
            "Cargo.toml",
            &format!(
                r#"
                    [package]
                    name = "uses-codegen"
                    edition = "2024"

                    [build-dependencies]
                    slimqtt-codegen = {{ path = {codegen:?}, default-features = false }}
                    slimqtt-spec = {{ path = {:?} }}

                    [workspace]
                "#,
                repository.join("protocol-spec")
            ),
        );
        // The versions that are there already: nothing is downloaded.
        fs::copy(repository.join("Cargo.lock"), package.folder.join("Cargo.lock")).unwrap();
        package.file(
            "build.rs",
            r#"
                use std::process::ExitCode;

                fn main() -> ExitCode {
                    let spec = slimqtt_spec::Source::new("spec.mqtt", include_str!("spec.mqtt"));
                    slimqtt_codegen::Generator::new(&spec).build_script("packets.rs")
                }
            "#,
        );
        package
            .file("src/lib.rs", r#"pub const PACKETS: &str = include_str!(concat!(env!("OUT_DIR"), "/packets.rs"));"#);
        package
    }

    fn file(&self, name: &str, text: &str) {
        fs::write(self.folder.join(name), text).unwrap();
    }

    fn build(&self) -> Output {
        // Next to what the workspace has compiled, most of which fits.
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
        Command::new(env!("CARGO"))
            .args(["build", "--offline", "--color=never", "--target-dir"])
            .arg(target)
            .current_dir(&self.folder)
            .output()
            .unwrap()
    }
}

#[test]
fn a_broken_spec_fails_the_build_with_its_report() {
    let package = Package::new();
    package.file("spec.mqtt", include_str!("reject/unknown-enum.mqtt"));
    let broken = package.build();
    let stderr = String::from_utf8(broken.stderr).unwrap();
    assert!(!broken.status.success());

    let place = "spec.mqtt:5:28: there is no enum `ConnectReturnCode`\n";
    assert!(stderr.contains(&format!("error: uses-codegen@0.0.0: {place}")), "{stderr}");
    // Cargo indents what a build script prints.
    let printed: String = stderr.lines().map(|line| format!("{}\n", line.strip_prefix("  ").unwrap_or(line))).collect();
    let report = include_str!("reject/unknown-enum.stderr").replace("tests/reject/unknown-enum.mqtt", "spec.mqtt");
    assert!(printed.contains(&report), "{stderr}");

    package.file("spec.mqtt", include_str!("odd.mqtt"));
    let good = package.build();
    assert!(good.status.success(), "{}", String::from_utf8_lossy(&good.stderr));
}
