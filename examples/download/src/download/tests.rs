extern crate std;

use std::vec::Vec;

use embedded_storage::nor_flash::{ErrorType, ReadNorFlash};

use super::*;
use crate::{Fault, RamFlash};

const SECTOR: usize = 256;

type Flash = RamFlash<2048, SECTOR>;

/// The most that fits.
const LARGEST: usize = 2048 - CHUNK;

fn image(length: usize) -> Vec<u8> {
    (0..length).map(|index| (index * 7 + index / 256) as u8).collect()
}

fn message(version: u32, image: &[u8]) -> Vec<u8> {
    let mut message = Image::of(version, image).header().to_vec();
    message.extend_from_slice(image);
    message
}

/// Hands a message over in parts of this size, up to `end`. Returns what the last part came to.
fn hand<F: NorFlash>(download: &mut Download<F>, message: &[u8], size: usize, end: usize) -> Result<Progress, Error> {
    let mut last = Ok(Progress::Coming);
    for (index, payload) in message[..end].chunks(size).enumerate() {
        assert_eq!(last, Ok(Progress::Coming));
        last = download.take(payload, index * size, message.len());
    }
    last
}

fn whole<F: NorFlash>(download: &mut Download<F>, message: &[u8]) -> Result<Progress, Error> {
    hand(download, message, message.len().max(1), message.len())
}

#[test]
fn an_image_of_any_length_in_parts_of_any_size() {
    let lengths = [0, 1, 3, 4, 5, CHUNK - 1, CHUNK, CHUNK + 1, SECTOR - CHUNK, SECTOR - CHUNK + 1, 1000, LARGEST];
    for (index, length) in lengths.into_iter().enumerate() {
        for size in [1, 2, 7, 8, 9, 64, 117, 4096] {
            let image = image(length);
            let expected = Image::of(index as u32, &image);
            let mut download = Download::new(Flash::new()).expect("flash");
            assert_eq!(download.installed(), None);
            let message = message(index as u32, &image);
            assert_eq!(hand(&mut download, &message, size, message.len()), Ok(Progress::Installed(expected)));
            assert_eq!(download.installed(), Some(expected));

            let mut bytes = [0; 2048];
            download.flash().read(0, &mut bytes).expect("it can be read");
            assert_eq!(bytes[CHUNK..][..length], image[..], "{length} bytes in parts of {size}");
            // As after a reset.
            assert_eq!(Download::new(download.flash).expect("flash").installed(), Some(expected));
        }
    }
}

#[test]
fn a_message_that_is_broken_off_begins_anew() {
    let [first, second] = [message(1, &image(900)), message(2, &image(1100))];
    for end in (0..second.len()).step_by(13) {
        let mut download = Download::new(Flash::new()).expect("flash");
        assert!(matches!(whole(&mut download, &first), Ok(Progress::Installed(_))));
        assert_eq!(hand(&mut download, &second, 50, end), Ok(Progress::Coming));
        // The one before is there until the flash is touched, and none afterwards.
        let left = (end < HEADER).then(|| Image::of(1, &image(900)));
        assert_eq!(download.installed(), left);
        let mut download = Download::new(download.flash).expect("flash");
        assert_eq!(download.installed(), left, "after a reset");

        assert_eq!(hand(&mut download, &second, 50, end), Ok(Progress::Coming));
        let expected = Image::of(2, &image(1100));
        assert_eq!(hand(&mut download, &second, 60, second.len()), Ok(Progress::Installed(expected)));
    }
}

#[test]
fn the_same_image_again_leaves_the_flash_alone() {
    let mut download = Download::new(Flash::new()).expect("flash");
    let [message, newer] = [3, 4].map(|version| message(version, &image(700)));
    assert_eq!(whole(&mut download, &message), Ok(Progress::Installed(Image::of(3, &image(700)))));
    let erased = download.flash().erased;
    assert_eq!(erased, 3, "64 and 700 bytes are in three sectors");
    assert_eq!(hand(&mut download, &message, 9, message.len()), Ok(Progress::Known(Image::of(3, &image(700)))));
    assert_eq!(download.flash().erased, erased);
    // Another length or version is another image.
    assert!(matches!(whole(&mut download, &newer), Ok(Progress::Installed(_))));
}

#[test]
fn a_wrong_checksum_is_found_and_nothing_counts_as_installed() {
    for (place, version) in [(4, 1), (HEADER, 1), (HEADER + 500, 1), (HEADER + 999, 1)] {
        let mut download = Download::new(Flash::new()).expect("flash");
        let mut wrong = message(version, &image(1000));
        wrong[place] ^= 0x10;
        assert_eq!(whole(&mut download, &wrong), Err(Error::Checksum));
        assert_eq!(download.installed(), None);
        assert_eq!(Download::new(download.flash).expect("flash").installed(), None);
    }
}

#[test]
fn what_cannot_be_an_image_leaves_the_flash_alone() {
    let mut download = Download::new(Flash::new()).expect("flash");
    let known = Image::of(1, &image(100));
    assert_eq!(whole(&mut download, &message(1, &image(100))), Ok(Progress::Installed(known)));
    let erased = download.flash().erased;
    assert_eq!(download.take(&[], 0, 0), Err(Error::TooShort));
    assert_eq!(download.take(&[1; HEADER - 1], 0, HEADER - 1), Err(Error::TooShort));
    let large = message(2, &image(LARGEST + 1));
    assert_eq!(download.take(&large[..100], 0, large.len()), Err(Error::TooLarge));
    // The rest of it is passed over.
    assert_eq!(download.take(&large[100..], 100, large.len()), Ok(Progress::Coming));
    assert_eq!((download.installed(), download.flash().erased), (Some(known), erased));
}

#[test]
fn a_missing_part_is_found() {
    let mut download = Download::new(Flash::new()).expect("flash");
    let message = message(1, &image(300));
    assert_eq!(download.take(&message[..100], 0, message.len()), Ok(Progress::Coming));
    assert_eq!(download.take(&message[101..200], 101, message.len()), Err(Error::Gap));
    assert_eq!(download.take(&message[200..], 200, message.len()), Ok(Progress::Coming));
    assert_eq!(download.installed(), None);
}

/// Flash that is worn out: it fails to erase or to write from here on, or keeps a wrong bit.
struct Worn {
    flash: Flash,
    from: u32,
    wear: Wear,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Wear {
    Erase,
    Write,
    Bit,
}

impl ErrorType for Worn {
    type Error = Fault;
}

impl ReadNorFlash for Worn {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Fault> {
        self.flash.read(offset, bytes)
    }

    fn capacity(&self) -> usize {
        self.flash.capacity()
    }
}

impl NorFlash for Worn {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = SECTOR;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Fault> {
        if self.wear == Wear::Erase && from >= self.from {
            return Err(Fault::NotErased);
        }
        self.flash.erase(from, to)
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Fault> {
        if offset < self.from || self.wear == Wear::Erase {
            return self.flash.write(offset, bytes);
        }
        if self.wear == Wear::Write {
            return Err(Fault::NotErased);
        }
        let mut wrong = bytes.to_vec();
        wrong[0] &= 0xFE;
        self.flash.write(offset, &wrong)
    }
}

#[test]
fn flash_that_fails_or_keeps_wrong_bits_is_found() {
    let odd = [0x01; 1000];
    let fails = Error::Flash(NorFlashErrorKind::Other);
    for (wear, from, error) in [
        (Wear::Erase, 0, fails),
        (Wear::Erase, 512, fails),
        (Wear::Write, 0, fails),
        (Wear::Write, 512, fails),
        (Wear::Bit, 512, Error::Checksum),
    ] {
        let worn = Worn { flash: Flash::new(), from, wear };
        let mut download = Download::new(worn).expect("flash");
        let message = message(1, &odd);
        assert_eq!(whole(&mut download, &message), Err(error));
        assert_eq!(download.installed(), None);
        // Nor is there one after a reset.
        assert_eq!(Download::new(download.flash).expect("flash").installed(), None);
    }
}

#[test]
fn a_record_whose_image_has_changed_is_none() {
    let mut download = Download::new(Flash::new()).expect("flash");
    assert!(matches!(whole(&mut download, &message(1, &image(700))), Ok(Progress::Installed(_))));
    let mut flash = download.flash;
    flash.erase(512, 768).expect("it can be erased");
    assert_eq!(Download::new(flash).expect("flash").installed(), None);
    // Nor is one that could not be.
    let mut flash = Flash::new();
    flash.write(0, b"SLIM\x01\0\0\0\xFF\xFF\xFF\xFF\0\0\0\0").expect("it is erased");
    assert_eq!(Download::new(flash).expect("flash").installed(), None);
}

#[test]
fn the_checksum_is_that_of_zlib() {
    assert_eq!(crate::checksum(b"123456789"), 0xCBF4_3926);
    let image = Image::of(2, b"123456789");
    assert_eq!(image.header(), [2, 0, 0, 0, 0x26, 0x39, 0xF4, 0xCB]);
    assert_eq!(std::format!("{image}"), "version 2, 9 bytes, CRC-32 0xcbf43926");
}

#[test]
fn errors_as_texts() {
    let errors = [
        (Error::TooShort, "the message is too short for a header"),
        (Error::TooLarge, "the image is larger than the flash"),
        (Error::Gap, "a part of the message is missing"),
        (Error::Checksum, "the checksum is wrong"),
        (Error::Flash(NorFlashErrorKind::Other), "the flash failed"),
    ];
    for (error, text) in errors {
        assert_eq!(std::format!("{error}"), text);
    }
}
