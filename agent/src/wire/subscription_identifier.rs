//! What MQTT 5.0 names subscriptions by.

use core::num::NonZeroU32;

use super::variable_byte_integer;

/// Names a subscription: 1 to 268,435,455 (MQTT 5.0, 3.8.2.1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SubscriptionIdentifier(NonZeroU32);

impl SubscriptionIdentifier {
    /// The least.
    pub const MIN: Self = Self(NonZeroU32::MIN);

    /// The identifier of this value, if it can be one.
    pub const fn new(value: u32) -> Option<Self> {
        match NonZeroU32::new(value) {
            Some(value) if value.get() as usize <= variable_byte_integer::MAX => Some(Self(value)),
            _ => None,
        }
    }

    /// Its value.
    pub const fn get(self) -> u32 {
        self.0.get()
    }
}

#[cfg(test)]
mod tests {
    use super::SubscriptionIdentifier;

    #[test]
    fn four_bytes_hold_it_and_it_is_not_zero() {
        let get = |value| SubscriptionIdentifier::new(value).map(SubscriptionIdentifier::get);
        assert_eq!([0, 1, 268_435_455, 268_435_456].map(get), [None, Some(1), Some(268_435_455), None]);
    }
}
