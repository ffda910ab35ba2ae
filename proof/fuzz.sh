#!/usr/bin/env bash
# Fuzzes the agent for SLIMQTT_FUZZ_SECONDS in one run, with scripts that begin with those of fuzz/corpus; 0: not at all.
set -euo pipefail
cd "$(dirname "$0")"

seconds=${SLIMQTT_FUZZ_SECONDS:-1800}
if [ "$seconds" = 0 ]; then
    echo 'not run: SLIMQTT_FUZZ_SECONDS is 0'
    exit
fi
tools=$PWD/../target/tools
corpus=$PWD/../target/fuzz-corpus
log=$PWD/../target/fuzz.log
mkdir -p "$corpus"
# It is quick if this version is there.
if ! cargo install --quiet --locked --root "$tools" cargo-fuzz@0.13.2; then
    echo 'not run: no cargo-fuzz, and it cannot be installed'
    exit
fi
PATH="$tools/bin:$PATH" cargo fuzz run --sanitizer none script "$corpus" fuzz/corpus/script -- \
    -max_total_time="$seconds" -max_len=1200 -print_final_stats=1 2>&1 | tee "$log"
scripts=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
echo "figures: $scripts scripts in one run of $seconds seconds, nothing found"
