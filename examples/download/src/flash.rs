//! Flash that is simulated in RAM, and is as strict as a chip can be.

use embedded_storage::nor_flash::{ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash};

/// Bytes of a word.
const WORD: usize = 4;

/// `SIZE` bytes of NOR flash in sectors of `SECTOR` bytes, erased at first. Both are multiples of 4, and so is all that is
/// written. A word is written once, and then not again before its sector was erased.
pub struct RamFlash<const SIZE: usize, const SECTOR: usize> {
    bytes: [u8; SIZE],
    /// How many sectors were erased.
    pub erased: usize,
}

/// What flash is not made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// From or to the middle of a word, or of a sector that is to be erased.
    NotAligned,
    /// Beyond the end.
    OutOfBounds,
    /// A word that was written already: bits only go from 1 to 0.
    NotErased,
}

impl NorFlashError for Fault {
    fn kind(&self) -> NorFlashErrorKind {
        match self {
            Self::NotAligned => NorFlashErrorKind::NotAligned,
            Self::OutOfBounds => NorFlashErrorKind::OutOfBounds,
            Self::NotErased => NorFlashErrorKind::Other,
        }
    }
}

impl<const SIZE: usize, const SECTOR: usize> RamFlash<SIZE, SECTOR> {
    /// Flash as it comes from the factory.
    #[expect(clippy::new_without_default, reason = "it is large, and made to be a static")]
    pub const fn new() -> Self {
        const { assert!(SECTOR.is_multiple_of(WORD) && SIZE.is_multiple_of(SECTOR)) };
        Self { bytes: [0xFF; SIZE], erased: 0 }
    }

    /// The words from `from` up to `to`, where these are multiples of `unit`.
    fn range(&mut self, from: u32, to: u32, unit: usize) -> Result<&mut [u8], Fault> {
        let (from, to) = (from as usize, to as usize);
        if !from.is_multiple_of(unit) || !to.is_multiple_of(unit) {
            return Err(Fault::NotAligned);
        }
        self.bytes.get_mut(from..to).ok_or(Fault::OutOfBounds)
    }
}

/// Where `length` bytes from `offset` on end.
const fn end(offset: u32, length: usize) -> u32 {
    offset.saturating_add(length as u32)
}

impl<const SIZE: usize, const SECTOR: usize> ErrorType for RamFlash<SIZE, SECTOR> {
    type Error = Fault;
}

impl<const SIZE: usize, const SECTOR: usize> ReadNorFlash for RamFlash<SIZE, SECTOR> {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Fault> {
        let place = self.range(offset, end(offset, bytes.len()), Self::READ_SIZE)?;
        copy(place, bytes);
        Ok(())
    }

    fn capacity(&self) -> usize {
        SIZE
    }
}

impl<const SIZE: usize, const SECTOR: usize> NorFlash for RamFlash<SIZE, SECTOR> {
    const WRITE_SIZE: usize = WORD;
    const ERASE_SIZE: usize = SECTOR;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Fault> {
        let sectors = self.range(from, to, SECTOR)?;
        sectors.fill(0xFF);
        let count = sectors.len() / SECTOR;
        self.erased += count;
        Ok(())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Fault> {
        let place = self.range(offset, end(offset, bytes.len()), WORD)?;
        if place.iter().any(|byte| *byte != 0xFF) {
            return Err(Fault::NotErased);
        }
        copy(bytes, place);
        Ok(())
    }
}

/// Both are of one length. The compiler does not see that, and would have the image panic if not.
fn copy(from: &[u8], to: &mut [u8]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_written_once_and_again_after_its_sector_was_erased() {
        let mut flash = RamFlash::<64, 32>::new();
        assert_eq!(flash.write(4, &[1, 2, 3, 4, 5, 6, 7, 8]), Ok(()));
        assert_eq!(flash.write(8, &[0; 4]), Err(Fault::NotErased));
        assert_eq!(flash.write(32, &[9; 4]), Ok(()));
        assert_eq!(flash.erase(0, 32), Ok(()));
        assert_eq!((flash.write(8, &[7; 4]), flash.erased), (Ok(()), 1));
        let mut bytes = [0; 64];
        assert_eq!(flash.read(0, &mut bytes), Ok(()));
        let mut expected = [0xFF; 64];
        expected[8..12].fill(7);
        expected[32..36].fill(9);
        assert_eq!(bytes, expected);
    }

    #[test]
    fn what_is_not_aligned_or_out_of_bounds_is_refused() {
        let mut flash = RamFlash::<64, 32>::new();
        assert_eq!(flash.write(2, &[0; 4]), Err(Fault::NotAligned));
        assert_eq!(flash.write(4, &[0; 3]), Err(Fault::NotAligned));
        assert_eq!(flash.erase(0, 16), Err(Fault::NotAligned));
        assert_eq!(flash.erase(32, 96), Err(Fault::OutOfBounds));
        assert_eq!(flash.erase(32, 0), Err(Fault::OutOfBounds));
        assert_eq!(flash.write(64, &[0; 4]), Err(Fault::OutOfBounds));
        assert_eq!(flash.read(61, &mut [0; 4]), Err(Fault::OutOfBounds));
        assert_eq!(flash.read(u32::MAX, &mut [0; 4]), Err(Fault::OutOfBounds));
        assert_eq!(flash.erased, 0);
    }
}
