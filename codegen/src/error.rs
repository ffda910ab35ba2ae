//! Why nothing was generated.

use std::path::PathBuf;
use std::{error, fmt, io};

use slimqtt_spec::Report;

/// Why nothing was generated.
///
/// `Display` shows all there is to know; for a spec that is to blame, with the places in it.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The spec has mistakes, or names that do not work in Rust.
    Spec(Report),
    /// A packet was asked for that the spec does not have.
    UnknownPacket {
        /// The name it was asked for by.
        name: String,
        /// What to ask for instead.
        help: String,
    },
    /// The file cannot be written.
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
}

impl Error {
    /// The error on one line, as Cargo wants it of a build script.
    pub fn summary(&self) -> String {
        match self {
            Self::Spec(report) => report.summary(),
            Self::UnknownPacket { .. } | Self::Write { .. } => self.to_string(),
        }
    }

    /// The error as `Display` shows it, in colour where there are places in a spec.
    pub fn styled(&self) -> String {
        match self {
            Self::Spec(report) => report.styled(),
            Self::UnknownPacket { .. } | Self::Write { .. } => self.to_string(),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Spec(report) => report.fmt(f),
            Self::UnknownPacket { name, help } => write!(f, "there is no packet `{name}`: {help}"),
            Self::Write { path, error } => write!(f, "cannot write {}: {error}", path.display()),
        }
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Write { error, .. } => Some(error),
            Self::Spec(_) | Self::UnknownPacket { .. } => None,
        }
    }
}

impl From<Report> for Error {
    fn from(report: Report) -> Self {
        Self::Spec(report)
    }
}
