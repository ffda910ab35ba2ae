#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod attribution;
pub mod budget;
pub mod cli;
pub mod codecs;
pub mod compare;
pub mod debian;
pub mod elf;
pub mod emulator;
pub mod firmware;
pub mod forbidden;
pub mod history;
pub mod instructions;
pub mod profiles;
pub mod reference;
pub mod render;
pub mod report;
pub mod system;
pub mod thumb;
pub mod toolchain;
pub mod views;
pub mod wirespec;
pub mod workspace;
