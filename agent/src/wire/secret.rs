//! What must not be read in a log.

use core::fmt;

/// What the `Debug` of a packet has in place of a secret: `..`.
#[derive(Clone, Copy)]
pub struct Secret;

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("..")
    }
}
