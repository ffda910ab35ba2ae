#!/usr/bin/env bash
# Threads that share an agent, under a detector of data races: `races.sh thread-sanitizer` or `races.sh miri`. Both have to find the
# races of agent/exclusion/examples/unguarded.rs, too. They need a nightly toolchain with parts that most machines lack.
set -euo pipefail
cd "$(dirname "$0")/.."

toolchain=${SLIMQTT_NIGHTLY:-nightly}
host=$(rustc -vV | sed -n 's/host: //p')
threads=(--locked --package slimqtt-agent --test threads)
unguarded=(--locked --manifest-path agent/exclusion/Cargo.toml --example unguarded)
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}/races

# component NAME ...: parts of that toolchain, which may be missing itself.
component() {
    local name
    command -v rustup >/dev/null || { echo "not run: no rustup, which brings a nightly Rust"; exit; }
    for name in "$@"; do
        rustup --quiet component add --toolchain "$toolchain" "$name" ||
            rustup --quiet toolchain install --profile minimal --component "$name" "$toolchain" ||
            { echo "not run: rustup cannot bring $name of the toolchain $toolchain"; exit; }
    done
}

# found COMMAND ...: it has to fail, and with a data race.
found() {
    local log=$CARGO_TARGET_DIR/unguarded.log
    if "$@" >"$log" 2>&1 || ! grep -i -m 1 'data race' "$log"; then
        cat "$log"
        echo 'the races of a build without exclusion were not found'
        exit 1
    fi
    echo 'figures: the races of a build without exclusion are found'
}

case ${1:-} in
thread-sanitizer)
    component rust-src
    # With a library that is built so too: else, what it does for exclusion would not be seen.
    build=("+$toolchain" -Zbuild-std --target "$host")
    export RUSTFLAGS=-Zsanitizer=thread
    SLIMQTT_COMMANDS=${SLIMQTT_COMMANDS:-100000} cargo "${build[0]}" test "${build[@]:1}" "${threads[@]}" -- --nocapture
    found cargo "${build[0]}" run "${build[@]:1}" "${unguarded[@]}"
    ;;
miri)
    # Each seed is another order of threads, and other old values. Miri is slow: few commands, many seeds.
    seeds=${SLIMQTT_SEEDS:-16}
    if [ "$seeds" = 0 ]; then
        echo 'not run: SLIMQTT_SEEDS is 0'
        exit
    fi
    component rust-src miri
    export MIRIFLAGS="-Zmiri-many-seeds=0..$seeds -Zmiri-env-forward=SLIMQTT_COMMANDS" SLIMQTT_COMMANDS=16
    cargo "+$toolchain" miri test "${threads[@]}" -- --nocapture eight moves
    echo "figures: $seeds seeds"
    MIRIFLAGS= found cargo "+$toolchain" miri run "${unguarded[@]}"
    ;;
*)
    echo "races.sh thread-sanitizer, or: races.sh miri" >&2
    exit 2
    ;;
esac
