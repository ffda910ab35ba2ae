//! What befalls the bytes of a packet on their way.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// Some changes: where, how many bytes are taken out, and which are put in.
#[derive(Debug, Clone)]
pub(crate) struct Damage(Vec<(Index, (usize, Vec<u8>))>);

pub(crate) fn damage(changes: std::ops::Range<usize>) -> impl Strategy<Value = Damage> {
    // Bytes that mean something to a decoder, more often than chance has it.
    let byte = || prop_oneof![any::<u8>(), select(b"\0\x01\x02\x03\x04\x05+#/\x80\xFF".to_vec())];
    let change = prop_oneof![2 => (Just(1), vec(byte(), 1)), 1 => (0..2_usize, vec(byte(), 0..2))];
    vec((any::<Index>(), change), changes).prop_map(Damage)
}

impl Damage {
    /// The bytes after each of the changes.
    pub(crate) fn of(&self, bytes: &[u8]) -> Vec<Vec<u8>> {
        let mut damaged = bytes.to_vec();
        let mut change = |(at, (take, put)): &(Index, (usize, Vec<u8>))| {
            if !damaged.is_empty() {
                // Lengths and flags come first: most mistakes are made there.
                let at = at.index(damaged.len().min(40));
                let end = damaged.len().min(at + take);
                damaged.splice(at..end, put.iter().copied());
            }
            damaged.clone()
        };
        self.0.iter().map(&mut change).collect()
    }
}
