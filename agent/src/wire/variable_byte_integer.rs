//! The encoding of the remaining length: seven bits a byte, the least significant first (2.2.3).

/// The largest value that four bytes hold.
pub const MAX: usize = 268_435_455;

/// The most bytes that one takes.
pub const MAX_SIZE: u32 = 4;

/// Bytes that `value` takes, 1 to 4.
pub const fn size(value: usize) -> usize {
    1 + (value > 0x7F) as usize + (value > 0x3FFF) as usize + (value > 0x1F_FFFF) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn size_changes_where_table_2_4_says() {
        for (value, bytes) in
            [(0, 1), (127, 1), (128, 2), (16_383, 2), (16_384, 3), (2_097_151, 3), (2_097_152, 4), (MAX, 4)]
        {
            assert_eq!(size(value), bytes, "{value}");
        }
    }
}
