//! Real images: those that the cost report measures, the examples, one with embassy's HAL, and one in C.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

/// A real image.
pub(crate) struct Image {
    pub(crate) name: &'static str,
    source: Source,
}

enum Source {
    /// What cargo builds: package, binary, features.
    Built(&'static str, &'static str, &'static str),
    /// A file beside this one.
    File(&'static str),
}

const fn firmware(name: &'static str, bin: &'static str, features: &'static str) -> Image {
    Image { name, source: Source::Built("slimqtt-firmware", bin, features) }
}

pub(crate) const IMAGES: &[Image] = &[
    firmware("baseline", "baseline", ""),
    firmware("beacon", "beacon", "beacon"),
    firmware("telemetry", "telemetry", "telemetry"),
    firmware("device", "device", "device"),
    firmware("complete", "complete", "complete"),
    firmware("instructions", "instructions", "instructions"),
    firmware("codecs-3.1.1", "codecs", "mqtt_3_1_1"),
    firmware("codecs-5.0", "codecs", "mqtt_5_0"),
    Image { name: "example", source: Source::Built("microbit-qemu", "microbit-qemu", "") },
    Image { name: "example-remote", source: Source::Built("microbit-qemu", "remote", "remote") },
    Image { name: "embassy", source: Source::Built("embassy-blinky", "embassy-blinky", "") },
    Image { name: "c", source: Source::File("c/meter.elf") },
];

/// Each is built once for all tests, and copied: the next build may write to the same place.
static FILES: LazyLock<Vec<PathBuf>> = LazyLock::new(|| IMAGES.iter().map(Image::build).collect());

impl Image {
    /// Its ELF file.
    pub(crate) fn path(&self) -> PathBuf {
        let index = IMAGES.iter().position(|image| image.name == self.name).unwrap();
        FILES[index].clone()
    }

    fn build(&self) -> PathBuf {
        let file = match self.source {
            Source::File(file) => Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(file),
            Source::Built(package, bin, features) => {
                let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-size-report"));
                command.args(["build", package, "--bin", bin]).current_dir(workspace()).stdin(Stdio::null());
                if !features.is_empty() {
                    command.args(["--features", features]);
                }
                let output = command.stderr(Stdio::inherit()).output().unwrap();
                assert!(output.status.success(), "{} could not be built", self.name);
                PathBuf::from(String::from_utf8(output.stdout).unwrap().trim())
            }
        };
        let copy = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}.elf", self.name));
        fs::copy(&file, &copy).unwrap();
        copy
    }
}

/// The root of the workspace.
pub(crate) fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}
