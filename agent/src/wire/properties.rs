//! Which properties a packet carries, and which it may (MQTT 5.0, 2.2.2). Each is a bit, which generated code gives it.

/// The properties that a packet carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PropertySet {
    present: u32,
    repeated: u32,
}

impl PropertySet {
    /// None.
    pub const EMPTY: Self = Self { present: 0, repeated: 0 };

    /// Puts another property into the set.
    pub const fn insert(&mut self, bit: u32) {
        self.repeated |= self.present & bit;
        self.present |= bit;
    }

    /// Whether the property is there, once or more.
    pub const fn contains(self, bit: u32) -> bool {
        self.present & bit != 0
    }
}

/// The properties that a packet may carry.
#[derive(Debug, Clone, Copy)]
pub struct PropertyRules {
    /// Those that it may carry at all.
    pub allowed: u32,
    /// Those of them that it may carry more than once.
    pub repeatable: u32,
    /// Those of them that it has to carry.
    pub required: u32,
}

impl PropertyRules {
    /// Whether one is there that the packet cannot carry.
    pub(super) const fn has_misplaced(self, set: PropertySet) -> bool {
        set.present & !self.allowed != 0
    }

    /// Whether one is there more often than it may be.
    pub(super) const fn has_repeated(self, set: PropertySet) -> bool {
        set.repeated & !self.repeatable != 0
    }

    /// Whether one is not there that has to be.
    pub(super) const fn has_missing(self, set: PropertySet) -> bool {
        self.required & !set.present != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_judged_by_its_rules() {
        let rules = PropertyRules { allowed: 0b0111, repeatable: 0b0010, required: 0b0100 };
        let judge = |bits: &[u32]| {
            let mut set = PropertySet::EMPTY;
            bits.iter().for_each(|&bit| set.insert(bit));
            (rules.has_misplaced(set), rules.has_repeated(set), rules.has_missing(set))
        };
        assert_eq!(judge(&[4, 2, 1, 2, 2]), (false, false, false));
        assert_eq!(judge(&[4, 8]), (true, false, false));
        assert_eq!(judge(&[1, 4, 1]), (false, true, false));
        assert_eq!(judge(&[]), (false, false, true));
    }
}
