#!/usr/bin/env bash
# Every check of the project, as CI runs it: format, lints, documentation, cost report, tests.
# Sets up what it needs on a fresh machine, and says so before. Needs: Rust with rustfmt and clippy, and a C compiler.
set -euo pipefail
cd "$(dirname "$0")"

say() { printf '\n==> %s\n' "$*"; }

give_up() {
    printf 'ci.sh: %s\n' "$*" >&2
    exit 2
}

# install PROGRAM PACKAGE ...: what of these programs is missing comes from the distribution's packages.
install() {
    local missing=()
    while [ $# -gt 0 ]; do
        # Daemons may live where only root looks for programs.
        PATH="$PATH:/usr/sbin" command -v "$1" >/dev/null || missing+=("$2")
        shift 2
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    command -v apt-get >/dev/null || give_up "install ${missing[*]} with your system's package manager, then run this again"
    local as_root=()
    if [ "$(id -u)" != 0 ]; then
        sudo -n true 2>/dev/null || give_up "run 'apt-get install ${missing[*]}' as root, then run this again"
        as_root=(sudo -n)
    fi
    say "installing from the distribution's packages: ${missing[*]}"
    "${as_root[@]}" apt-get update -qq && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -qq --yes --no-install-recommends "${missing[@]}" >/dev/null ||
        give_up "apt-get could not install ${missing[*]}: its message is above"
}

# component NAME PROGRAM: a part of the Rust toolchain that only developers need.
component() {
    cargo "$2" --version >/dev/null 2>&1 && return
    command -v rustup >/dev/null || give_up "cargo has no '$2': install $1"
    say "installing a part of the toolchain: rustup component add $1"
    rustup component add "$1" || give_up "rustup could not install $1: its message is above"
}

command -v cargo >/dev/null || give_up 'there is no cargo: install Rust 1.88 or newer (https://rustup.rs)'
command -v cc >/dev/null || give_up "there is no C compiler 'cc', which Rust links with: install gcc or clang"
component rustfmt fmt
component clippy clippy
install mosquitto mosquitto mosquitto_sub mosquitto-clients qemu-system-arm qemu-system-arm

# A workspace of its own: its tests bring critical sections of their own.
exclusion=(--locked --manifest-path agent/exclusion/Cargo.toml)

say 'format'
cargo fmt --check
cargo fmt --check --manifest-path agent/exclusion/Cargo.toml

say 'lints'
cargo clippy --locked --all-targets --all-features -- --deny warnings
cargo clippy --locked --package slimqtt-agent -- --deny warnings
cargo clippy --locked --package slimqtt-agent --features log -- --deny warnings
cargo clippy --locked --package slimqtt-agent --features defmt -- --deny warnings
cargo clippy "${exclusion[@]}" --target-dir target/exclusion --all-targets -- --deny warnings

say 'documentation'
RUSTDOCFLAGS='--deny warnings' cargo doc --locked --no-deps --all-features --quiet

say 'cost report'
cargo size-report --check-docs
cargo size-report codecs
cargo size-report instructions

say 'what each option costs, and a profile beside the reference'
cargo size-report options --check-docs
cargo size-report reference --check-docs

say 'a firmware whose agent says what it does (with defmt it would need a logger to link)'
cargo size-report build slimqtt-firmware --bin complete --features complete,slimqtt/log

log=target/ci-tests.log
: >"$log"
sum() { { grep -oE "[0-9]+ $1" "$log" || true; } | awk '{ sum += $1 } END { print sum + 0 }'; }
# Also where one of them fails and ends the script.
trap 'say "all tests"; echo "$(sum passed) passed, $(sum failed) failed"' EXIT

say 'tests that need no other programs'
cargo test --locked --no-fail-fast 2>&1 | tee -a "$log"

say 'tests of the profiles, now with all features but defmt, which needs a logger to link'
features=$(sed -n '/^\[features\]/,/^\[dependencies\]/s/^\([a-z_-]*\) = .*/\1/p' profiles/Cargo.toml | grep -vx defmt | paste -sd,)
cargo test --locked --no-fail-fast --package slimqtt --features "$features" 2>&1 | tee -a "$log"

say 'what the agent says of its work'
cargo test --locked --no-fail-fast --package slimqtt-agent --features log --test events 2>&1 | tee -a "$log"

say 'the agent under other critical sections: the orders of threads that loom finds, and none at all'
cargo test "${exclusion[@]}" --target-dir target/exclusion --no-fail-fast 2>&1 | tee -a "$log"

say 'firmware on an emulated Cortex-M0 against a real broker'
cargo test --locked --no-fail-fast --package slimqtt-end-to-end --all-features 2>&1 | tee -a "$log"

[ "$(sum passed)" -gt 0 ] || give_up 'no test ran'
