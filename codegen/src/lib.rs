#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod emit;
mod length;
mod name;

use std::path::Path;
use std::{error, fmt, fs, io};

use slimqtt_spec::{Report, Source};

/// Turns a spec into Rust.
#[derive(Debug)]
pub struct Generator<'a> {
    source: &'a Source,
}

impl<'a> Generator<'a> {
    /// A generator for the packets of this spec.
    pub const fn new(source: &'a Source) -> Self {
        Self { source }
    }

    /// The Rust source, formatted.
    ///
    /// # Errors
    /// What is wrong with the spec.
    pub fn generate(&self) -> Result<String, Report> {
        let protocol = slimqtt_spec::load(self.source)?;
        Ok(emit::file(self.source, &protocol))
    }

    /// Writes the Rust source to a file. A file that says the same already is left alone, time stamp included.
    ///
    /// # Errors
    /// What is wrong with the spec, or with the file.
    pub fn write(&self, path: &Path) -> Result<(), Error> {
        let rust = self.generate().map_err(Error::Spec)?;
        if fs::read_to_string(path).is_ok_and(|present| present == rust) {
            return Ok(());
        }
        fs::write(path, rust).map_err(|error| Error::Write(path.display().to_string(), error))
    }
}

/// Why nothing was generated.
#[derive(Debug)]
pub enum Error {
    /// The spec has mistakes.
    Spec(Report),
    /// The file of this name cannot be written.
    Write(String, io::Error),
}

impl Error {
    /// The error in one line, as Cargo wants it of a build script.
    pub fn summary(&self) -> String {
        match self {
            Self::Spec(report) => report.summary(),
            Self::Write(..) => self.to_string(),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Spec(report) => report.fmt(f),
            Self::Write(path, error) => write!(f, "cannot write {path}: {error}"),
        }
    }
}

impl error::Error for Error {}
