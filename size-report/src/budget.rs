//! Budgets, and the verdict on what a profile adds to the baseline.

use serde::{Deserialize, Serialize};

/// What a profile may add to the baseline image, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// Bytes of flash.
    pub flash: u32,
    /// Bytes of RAM, of static variables: the stack is not counted.
    pub ram: u32,
}

/// What a profile does add to the baseline image, in bytes. Negative if the profile is the smaller of the two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Added {
    /// Bytes of flash.
    pub flash: i64,
    /// Bytes of RAM.
    pub ram: i64,
}

/// How a profile stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Within its budget, and free of forbidden symbols.
    Ok,
    /// Over its flash or RAM budget, whether or not it has forbidden symbols too.
    OverBudget,
    /// Within its budget, but with a forbidden symbol.
    ForbiddenSymbol,
}

impl Budget {
    /// How far `added` goes beyond this budget; zero where it does not.
    pub fn excess(&self, added: Added) -> Added {
        Added { flash: (added.flash - i64::from(self.flash)).max(0), ram: (added.ram - i64::from(self.ram)).max(0) }
    }

    /// The verdict on a profile that adds `added`.
    pub fn judge(&self, added: Added, has_forbidden_symbol: bool) -> Verdict {
        let excess = self.excess(added);
        if excess.flash > 0 || excess.ram > 0 {
            Verdict::OverBudget
        } else if has_forbidden_symbol {
            Verdict::ForbiddenSymbol
        } else {
            Verdict::Ok
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUDGET: Budget = Budget { flash: 100, ram: 10 };

    fn judge(flash: i64, ram: i64, forbidden: bool) -> Verdict {
        BUDGET.judge(Added { flash, ram }, forbidden)
    }

    #[test]
    fn a_full_budget_is_not_over() {
        assert_eq!(judge(100, 10, false), Verdict::Ok);
        assert_eq!(judge(101, 10, false), Verdict::OverBudget);
        assert_eq!(judge(100, 11, false), Verdict::OverBudget);
    }

    #[test]
    fn a_profile_smaller_than_the_baseline_is_well() {
        assert_eq!(judge(-4, -8, false), Verdict::Ok);
        assert_eq!(BUDGET.excess(Added { flash: -4, ram: 12 }), Added { flash: 0, ram: 2 });
    }

    #[test]
    fn the_budget_is_judged_before_the_symbols() {
        assert_eq!(judge(1, 1, true), Verdict::ForbiddenSymbol);
        assert_eq!(judge(101, 1, true), Verdict::OverBudget);
    }
}
