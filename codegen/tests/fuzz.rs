//! What the fuzz targets look for, for a moment: all seeds, and some thousand inputs near them.

mod common;

use std::fs;
use std::path::Path;

use common::damage::damage;
use common::packets::Version;
use common::packets::mqtt_3_1_1::Mqtt311;
use common::packets::mqtt_5_0::Mqtt50;
use proptest::prelude::*;
use proptest::sample::select;

/// The seeds of a fuzz target.
fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let files = fs::read_dir(folder).unwrap();
    let seeds = Vec::from_iter(files.map(|file| fs::read(file.unwrap().path()).unwrap()));
    assert!(!seeds.is_empty());
    seeds
}

/// Checks the seeds, and what becomes of two of them, one after the other, when they are damaged.
fn check(target: &str, check: fn(&[u8])) {
    let seeds = seeds(target);
    for seed in &seeds {
        check(seed);
    }
    let config = ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() };
    let streams = (select(seeds.clone()), select(seeds), damage(1..8));
    proptest!(config, |((first, second, damage) in streams)| {
        for damaged in damage.of(&[first, second].concat()) {
            check(&damaged);
        }
    });
}

#[test]
fn mqtt_3_1_1() {
    check("mqtt_3_1_1", Mqtt311::check_stream);
}

#[test]
fn mqtt_5_0() {
    check("mqtt_5_0", Mqtt50::check_stream);
}
