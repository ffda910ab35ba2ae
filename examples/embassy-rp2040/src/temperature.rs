//! What the sensor on the chip measures, as a text.

/// A temperature in tenths of a degree Celsius.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Temperature(i32);

impl Temperature {
    /// What 12 bits of the RP2040's converter say, with 3.3 V as their reference. By the chip's data sheet 0.706 V are 27 °C,
    /// and each degree takes 1.721 mV away.
    pub const fn from_converter(value: u16) -> Self {
        let microvolts = value as i32 * 103_125 / 128;
        // In tenths of a degree, and to the nearest of them.
        Self(270 + ((706_000 - microvolts) * 10 + 1_721 / 2).div_euclid(1_721))
    }

    /// Writes it as `21.5`, and returns what was written.
    ///
    /// A buffer and divisions of 32 bits: the formatting code of `core` takes kilobytes.
    pub fn write(self, buffer: &mut [u8; 12]) -> &[u8] {
        let mut rest = self.0.unsigned_abs();
        let mut start = buffer.len();
        for (place, byte) in buffer.iter_mut().rev().enumerate() {
            *byte = match place {
                1 => b'.',
                // One digit stands before the point at least.
                0 | 2 => digit(&mut rest),
                _ if rest > 0 => digit(&mut rest),
                _ if self.0 < 0 => {
                    *byte = b'-';
                    start -= 1;
                    break;
                }
                _ => break,
            };
            start -= 1;
        }
        buffer.get(start..).unwrap_or_default()
    }
}

/// Takes away the last digit.
fn digit(number: &mut u32) -> u8 {
    let digit = (*number % 10) as u8;
    *number /= 10;
    b'0' + digit
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::format;
    use std::str::from_utf8;

    use super::Temperature;

    #[test]
    fn it_is_as_the_data_sheet_says_to_the_nearest_tenth() {
        for value in 0..4096 {
            let exact = 27.0 - (f64::from(value) * 3.3 / 4096.0 - 0.706) / 0.001_721;
            let Temperature(tenths) = Temperature::from_converter(value);
            assert!((f64::from(tenths) / 10.0 - exact).abs() < 0.051, "{value}: {tenths} for {exact}");
        }
    }

    #[test]
    fn it_reads_as_a_person_writes_it() {
        for (tenths, text) in [(0, "0.0"), (5, "0.5"), (-5, "-0.5"), (215, "21.5"), (-100, "-10.0"), (4372, "437.2")] {
            assert_eq!(Temperature(tenths).write(&mut [0; 12]), text.as_bytes());
        }
        // The longest ones there are.
        for tenths in [i32::MIN, i32::MAX] {
            let expected = format!("{}.{}", tenths / 10, (tenths % 10).unsigned_abs());
            assert_eq!(from_utf8(Temperature(tenths).write(&mut [0; 12])), Ok(&*expected));
        }
    }
}
