#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

mod download;
mod flash;
mod image;

pub use download::{Download, Error, Progress};
pub use flash::{Fault, RamFlash};
pub use image::{HEADER, Image, checksum};
