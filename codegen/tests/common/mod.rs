//! What several tests need: the packets of a version in one type, any values of them, and damage to their bytes.
#![allow(dead_code, unused_macros, unused_imports, reason = "no test needs all of it")]

pub(crate) mod damage;
pub(crate) mod mqtt_3_1_1;
pub(crate) mod mqtt_5_0;
pub(crate) mod packets;
pub(crate) mod properties;
pub(crate) mod values;
