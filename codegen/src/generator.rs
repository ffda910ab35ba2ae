//! What users call.

use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};

use slimqtt_spec::Source;

use crate::{Error, clash, emit, select, senders};

/// Turns a spec into Rust.
///
/// ```
/// use slimqtt_codegen::Generator;
/// use slimqtt_spec::MQTT_3_1_1;
///
/// let rust = Generator::new(&MQTT_3_1_1).packets(["PINGREQ"]).generate()?;
/// assert!(rust.contains("pub struct Pingreq;"));
/// # Ok::<(), slimqtt_codegen::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Generator<'a> {
    source: &'a Source,
    packets: Option<Vec<String>>,
}

impl<'a> Generator<'a> {
    /// A generator for all packets of this spec.
    pub const fn new(source: &'a Source) -> Self {
        Self { source, packets: None }
    }

    /// Generates only the packets of these names, in upper or lower case, and what they depend on: `PUBLISH`, or
    /// `PUBLISH from client` for what one side sends.
    pub fn packets<N: Into<String>>(self, names: impl IntoIterator<Item = N>) -> Self {
        let packets = names.into_iter().map(Into::into).collect();
        Self { packets: Some(packets), ..self }
    }

    /// The Rust source, formatted.
    ///
    /// # Errors
    ///
    /// What is wrong with the spec, or with the names of packets that were asked for.
    pub fn generate(&self) -> Result<String, Error> {
        let mut protocol = slimqtt_spec::load(self.source)?;
        senders::split(&mut protocol);
        clash::check(self.source, &protocol)?;
        if let Some(packets) = &self.packets {
            select::select(&mut protocol, packets)?;
        }
        Ok(emit::file(self.source, &protocol))
    }

    /// Writes the Rust source to a file. A file that says the same already is left alone, time stamp included.
    ///
    /// # Errors
    ///
    /// Those of [`generate`](Self::generate), and what is wrong with the file.
    pub fn write(&self, path: &Path) -> Result<(), Error> {
        let rust = self.generate()?;
        if fs::read_to_string(path).is_ok_and(|present| present == rust) {
            return Ok(());
        }
        fs::write(path, rust).map_err(|error| Error::Write { path: path.to_owned(), error })
    }

    /// All that a build script has to do: writes the Rust source to a file in `OUT_DIR`, and reports to Cargo.
    ///
    /// A mistake is shown at its place in the spec, and again on one line, as the error of the build script.
    ///
    /// A spec that is part of a crate comes with the build script, so Cargo knows when it changes. For one that is read
    /// from a file, print a `cargo::rerun-if-changed` of your own.
    ///
    /// # Panics
    ///
    /// Outside of a build script, where there is no `OUT_DIR`.
    #[must_use = "Cargo goes on unless the build script returns this"]
    pub fn build_script(&self, file: &str) -> ExitCode {
        // Without a line like this, Cargo would run the build script again whenever any file of its package changes.
        println!("cargo::rerun-if-changed=build.rs");
        let out_dir = env::var_os("OUT_DIR").expect("Cargo sets OUT_DIR for build scripts");
        match self.write(&Path::new(&out_dir).join(file)) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{error}");
                println!("cargo::error={}", error.summary());
                ExitCode::FAILURE
            }
        }
    }
}
