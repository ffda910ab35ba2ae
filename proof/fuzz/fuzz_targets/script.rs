//! Any bytes are a script of what a Server sends, users ask for, and lines do: the agent keeps to the rules.
#![no_main]

use slimqtt_proof::Script;

libfuzzer_sys::fuzz_target!(|script: Script| {
    script.play();
});
