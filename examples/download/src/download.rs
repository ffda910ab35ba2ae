//! From parts of a message to a checked image in flash.

use core::fmt;

use embedded_storage::nor_flash::{NorFlash, NorFlashError, NorFlashErrorKind};

use crate::image::{CRC, HEADER, Image, Sum};

/// How many bytes are written at a time: whole words of any flash, and few enough for a small stack.
const CHUNK: usize = 64;

/// What the first bytes of the flash are where an image follows. The image begins at `CHUNK`.
const MAGIC: [u8; 4] = *b"SLIM";

/// Magic, version, length, checksum.
const RECORD: usize = 16;

/// Takes images out of messages, and writes them into flash.
///
/// A sector is erased when the first 64 bytes for it have come, the first one when the header has. What the flash has of an
/// image counts once its record is written, which is done last, when the image was read back and found to be right. So an
/// image that is broken off, by a connection or by a reset, is none, and nothing is to be cleaned up.
pub struct Download<F> {
    flash: F,
    /// What the flash has.
    installed: Option<Image>,
    /// What is coming. `None`: parts are not wanted.
    coming: Option<Image>,
    header: [u8; HEADER],
    chunk: [u8; CHUNK],
    /// How many bytes of the message have come.
    taken: usize,
}

/// How far a message has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// More parts are to come, or this one was not needed.
    Coming,
    /// That was the last one: this image is in the flash now, and was checked.
    Installed(Image),
    /// That was the last one: the flash had this image already, and was left as it is.
    Known(Image),
}

/// Why an image was not taken. What the flash has then, [`Download::installed`] tells. All further parts of the message are
/// passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Error {
    /// The message ends before its header does.
    TooShort,
    /// There is no room for it.
    TooLarge,
    /// A part is missing.
    Gap,
    /// What is in the flash is not what was announced.
    Checksum,
    /// The flash failed.
    Flash(NorFlashErrorKind),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooShort => "the message is too short for a header",
            Self::TooLarge => "the image is larger than the flash",
            Self::Gap => "a part of the message is missing",
            Self::Checksum => "the checksum is wrong",
            Self::Flash(_) => "the flash failed",
        })
    }
}

impl core::error::Error for Error {}

impl<F: NorFlash> Download<F> {
    /// Looks what the flash has.
    ///
    /// # Errors
    /// [`Error::Flash`] where it cannot be read.
    pub fn new(mut flash: F) -> Result<Self, Error> {
        const { assert!(CHUNK.is_multiple_of(F::READ_SIZE) && CHUNK.is_multiple_of(F::WRITE_SIZE)) };
        const { assert!(RECORD.is_multiple_of(F::WRITE_SIZE) && F::ERASE_SIZE.is_multiple_of(CHUNK)) };
        let installed = find(&mut flash)?;
        Ok(Self { flash, installed, coming: None, header: [0; HEADER], chunk: [0; CHUNK], taken: 0 })
    }

    /// The image that the flash has.
    pub const fn installed(&self) -> Option<Image> {
        self.installed
    }

    /// The flash. The image begins at its 64th byte.
    pub const fn flash(&mut self) -> &mut F {
        &mut self.flash
    }

    /// Takes a part of a message: `payload` is what begins at `offset` of its `length` bytes, as a `slimqtt::Message` has them.
    /// If a message begins anew, so does the image: the connection had been lost.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn take(&mut self, payload: &[u8], offset: usize, length: usize) -> Result<Progress, Error> {
        let taken = self.part(payload, offset, length);
        if taken.is_err() {
            self.coming = None;
        }
        taken
    }

    fn part(&mut self, payload: &[u8], offset: usize, length: usize) -> Result<Progress, Error> {
        if offset == 0 {
            self.begin(length)?;
        }
        let Some(mut image) = self.coming else { return Ok(Progress::Coming) };
        if offset != self.taken {
            return Err(Error::Gap);
        }
        for byte in payload {
            if let Some(place) = self.header.get_mut(self.taken) {
                *place = *byte;
            } else if self.installed != Some(image) {
                self.store(self.taken - HEADER, *byte)?;
            }
            self.taken += 1;
            if self.taken == HEADER {
                image = Image::from_header(self.header, image.length);
                self.coming = Some(image);
                if self.installed != self.coming {
                    self.erase(0)?;
                }
            }
        }
        if self.taken < length {
            return Ok(Progress::Coming);
        }
        self.coming = None;
        if self.installed == Some(image) {
            return Ok(Progress::Known(image));
        }
        self.finish(image)?;
        Ok(Progress::Installed(image))
    }

    /// A message of this length begins.
    fn begin(&mut self, length: usize) -> Result<(), Error> {
        self.coming = None;
        self.taken = 0;
        let length = length.checked_sub(HEADER).ok_or(Error::TooShort)?;
        if length > self.flash.capacity().saturating_sub(CHUNK) {
            return Err(Error::TooLarge);
        }
        self.coming = Some(Image { version: 0, length: length as u32, checksum: 0 });
        Ok(())
    }

    /// Byte `index` of the image.
    fn store(&mut self, index: usize, byte: u8) -> Result<(), Error> {
        let place = index % CHUNK;
        if let Some(kept) = self.chunk.get_mut(place) {
            *kept = byte;
        }
        if place + 1 == CHUNK { self.write(index - place, CHUNK) } else { Ok(()) }
    }

    /// Writes the chunk that begins with byte `index` of the image.
    fn write(&mut self, index: usize, length: usize) -> Result<(), Error> {
        let address = CHUNK + index;
        if address.is_multiple_of(F::ERASE_SIZE) {
            self.erase(address)?;
        }
        let bytes = self.chunk.get(..length).unwrap_or_default();
        self.flash.write(address as u32, bytes).map_err(failed)
    }

    /// Erases the sector that begins here. With the first one, the flash has no image any more.
    fn erase(&mut self, address: usize) -> Result<(), Error> {
        self.installed = None;
        self.flash.erase(address as u32, (address + F::ERASE_SIZE) as u32).map_err(failed)
    }

    /// Writes what is left of the image, filled up to a word; checks all; and writes the record.
    fn finish(&mut self, image: Image) -> Result<(), Error> {
        let left = image.length as usize % CHUNK;
        if left > 0 {
            let words = left.next_multiple_of(F::WRITE_SIZE);
            if let Some(filling) = self.chunk.get_mut(left..words) {
                filling.fill(0xFF);
            }
            self.write(image.length as usize - left, words)?;
        }
        if sum(&mut self.flash, image.length)? != image.checksum {
            return Err(Error::Checksum);
        }
        let mut record = [0; RECORD];
        let words = [MAGIC, image.version.to_le_bytes(), image.length.to_le_bytes(), image.checksum.to_le_bytes()];
        for (place, word) in record.chunks_exact_mut(4).zip(words) {
            place.copy_from_slice(&word);
        }
        self.flash.write(0, &record).map_err(failed)?;
        self.installed = Some(image);
        Ok(())
    }
}

/// The image that the flash has, if it is whole.
fn find(flash: &mut impl NorFlash) -> Result<Option<Image>, Error> {
    let mut chunk = [0; CHUNK];
    flash.read(0, &mut chunk).map_err(failed)?;
    let word = |index: usize| chunk.as_chunks::<4>().0.get(index).copied().unwrap_or_default();
    let [version, length, checksum] = [1, 2, 3].map(|index| u32::from_le_bytes(word(index)));
    let fits = length as usize <= flash.capacity().saturating_sub(CHUNK);
    if word(0) != MAGIC || !fits || sum(flash, length)? != checksum {
        return Ok(None);
    }
    Ok(Some(Image { version, length, checksum }))
}

/// CRC-32 of the image in the flash.
fn sum(flash: &mut impl NorFlash, length: u32) -> Result<u32, Error> {
    let mut sum: Sum = CRC.digest();
    let mut chunk = [0; CHUNK];
    let mut done = 0;
    while done < length as usize {
        flash.read((CHUNK + done) as u32, &mut chunk).map_err(failed)?;
        let count = CHUNK.min(length as usize - done);
        sum.update(chunk.get(..count).unwrap_or_default());
        done += count;
    }
    Ok(sum.finalize())
}

fn failed(error: impl NorFlashError) -> Error {
    Error::Flash(error.kind())
}

#[cfg(test)]
mod tests;
