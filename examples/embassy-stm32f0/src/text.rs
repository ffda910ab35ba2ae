//! What messages say, without the formatting code of `core`, which takes kilobytes.

/// A number in decimal.
pub struct Decimal {
    digits: [u8; 5],
    start: usize,
}

impl Decimal {
    /// Any number up to 65,535.
    pub fn new(mut number: u16) -> Self {
        let mut digits = [b'0'; 5];
        let mut start = digits.len();
        for digit in digits.iter_mut().rev() {
            *digit += (number % 10) as u8;
            start -= 1;
            number /= 10;
            if number == 0 {
                break;
            }
        }
        Self { digits, start }
    }

    /// The digits, without leading zeros.
    pub fn as_bytes(&self) -> &[u8] {
        self.digits.get(self.start..).unwrap_or_default()
    }
}

/// What a lamp is told: `on`, `off`, or nothing that it understands.
pub fn switch(message: &[u8]) -> Option<bool> {
    match message {
        b"on" => Some(true),
        b"off" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::string::ToString;

    use super::{Decimal, switch};

    #[test]
    fn numbers_are_written_without_leading_zeros() {
        for number in 0..=u16::MAX {
            assert_eq!(Decimal::new(number).as_bytes(), number.to_string().as_bytes());
        }
    }

    #[test]
    fn a_lamp_understands_two_words() {
        assert_eq!((switch(b"on"), switch(b"off")), (Some(true), Some(false)));
        for message in [&b""[..], b"ON", b"on ", b"o", b"1"] {
            assert_eq!(switch(message), None);
        }
    }
}
