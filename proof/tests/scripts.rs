//! Random scripts of bytes, times, commands and drops, judged as the fuzzer judges them; and those that it has found.
//!
//! `SLIMQTT_SCRIPTS=1000000` plays as many; `SLIMQTT_SCRIPT_SEED=7` begins elsewhere, and names a script that failed.

use std::env;
use std::fs;
use std::panic;
use std::path::Path;

use arbitrary::{Arbitrary, Unstructured};
use slimqtt_proof::{Script, Tally};

fn number(name: &str, default: u64) -> u64 {
    env::var(name).map_or(default, |text| text.parse().unwrap_or_else(|error| panic!("{name}={text}: {error}")))
}

fn script(bytes: &[u8]) -> Option<Script> {
    Script::arbitrary_take_rest(Unstructured::new(bytes)).ok()
}

/// The bytes of a script: xorshift.
fn bytes(seed: u64) -> Vec<u8> {
    let mut random = seed.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random >> 32) as u8
    };
    let length = 50 + 2 * usize::from(next());
    (0..length).map(|_| next()).collect()
}

#[test]
fn random_scripts() {
    let (first, count) = (number("SLIMQTT_SCRIPT_SEED", 1), number("SLIMQTT_SCRIPTS", 5_000));
    let mut tally = Tally::default();
    for seed in first..first + count {
        let Some(script) = script(&bytes(seed)) else { continue };
        match panic::catch_unwind(|| script.play()) {
            Ok(one) => tally.add(one),
            Err(_) => panic!("SLIMQTT_SCRIPT_SEED={seed} SLIMQTT_SCRIPTS=1 plays it again: {script:#?}"),
        }
    }
    println!(
        "figures: {count} scripts with {} connections, {} commands, {} messages handed over",
        tally.connections,
        tally.succeeded + tally.failed,
        tally.handed_over
    );
    println!("{tally:#?}");
    if count >= 5_000 {
        let Tally { disconnected, transport, closed, refused, protocol, no_room, .. } = tally;
        let Tally { stopped, payload_ended, timeout, succeeded, failed, exactly_once, handed_over, again, .. } = tally;
        for seen in [disconnected, transport, closed, refused, protocol, no_room, stopped, payload_ended, timeout] {
            assert!(seen > 0, "some end was never seen: {tally:?}");
        }
        for seen in [succeeded, failed, exactly_once, handed_over, again] {
            assert!(seen > 100, "they are too tame: {tally:?}");
        }
    }
}

#[test]
fn the_corpus() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/script");
    let mut files: Vec<_> =
        fs::read_dir(folder).expect("the corpus").map(|file| file.expect("a file").path()).collect();
    files.sort();
    assert!(!files.is_empty());
    for file in files {
        println!("{}", file.display());
        let script = script(&fs::read(file).expect("a file that can be read"));
        script.expect("a script").play();
    }
}
