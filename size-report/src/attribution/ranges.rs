//! Ranges of addresses with a value each.

use std::collections::BTreeMap;
use std::ops::Range;

/// Values of ranges of addresses. Where two ranges meet, the later one hides the earlier.
#[derive(Debug)]
pub(crate) struct Ranges<T>(BTreeMap<u64, (u64, T)>);

impl<T> Default for Ranges<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T: Clone> Ranges<T> {
    /// Gives the addresses of `range` a value.
    pub(crate) fn paint(&mut self, range: Range<u64>, value: T) {
        if range.is_empty() {
            return;
        }
        self.split(range.start);
        self.split(range.end);
        let hidden: Vec<u64> = self.0.range(range.clone()).map(|(&start, _)| start).collect();
        for start in hidden {
            self.0.remove(&start);
        }
        self.0.insert(range.start, (range.end, value));
    }

    /// Makes the range around `address` two, the second of which begins there.
    fn split(&mut self, address: u64) {
        let Some((_, (end, value))) = self.0.range_mut(..address).next_back() else { return };
        if *end > address {
            let rest = (*end, value.clone());
            *end = address;
            self.0.insert(address, rest);
        }
    }

    /// The value of `address`, and where it ends: the first address after it that has another one, or none.
    pub(crate) fn at(&self, address: u64) -> (Option<&T>, u64) {
        match self.0.range(..=address).next_back() {
            Some((_, (end, value))) if *end > address => (Some(value), *end),
            _ => (None, self.0.range(address..).next().map_or(u64::MAX, |(&start, _)| start)),
        }
    }

    /// The value of `address`.
    pub(crate) fn get(&self, address: u64) -> Option<&T> {
        self.at(address).0
    }

    /// The value of the last range that ends at `address` or before.
    pub(crate) fn before(&self, address: u64) -> Option<(u64, &T)> {
        let (_, (end, value)) = self.0.range(..address).next_back()?;
        Some((*end, value)).filter(|(end, _)| *end <= address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_value_ends_where_another_begins() {
        let mut ranges = Ranges::default();
        ranges.paint(10..20, 'a');
        ranges.paint(12..14, 'b');
        ranges.paint(30..30, 'c');
        assert_eq!(ranges.at(9), (None, 10));
        assert_eq!(ranges.at(10), (Some(&'a'), 12));
        assert_eq!(ranges.at(13), (Some(&'b'), 14));
        assert_eq!(ranges.at(14), (Some(&'a'), 20));
        assert_eq!(ranges.at(20), (None, u64::MAX));
        assert_eq!(ranges.before(25), Some((20, &'a')));
        assert_eq!(ranges.before(10), None);
        assert_eq!(ranges.before(11), None);
    }

    proptest! {
        #[test]
        fn it_is_as_if_each_address_were_painted(paints in prop::collection::vec((0u64..40, 0u64..20), 0..12)) {
            let mut ranges = Ranges::default();
            let mut plain = [None; 60];
            for (index, &(start, length)) in paints.iter().enumerate() {
                ranges.paint(start..start + length, index);
                plain[start as usize..(start + length) as usize].fill(Some(index));
            }
            for (address, value) in plain.iter().enumerate() {
                let (found, end) = ranges.at(address as u64);
                prop_assert_eq!(found, value.as_ref());
                prop_assert!(end > address as u64);
                let run = plain[address..].iter().take((end - address as u64) as usize);
                prop_assert!(run.into_iter().all(|other| other == value));
            }
        }
    }
}
