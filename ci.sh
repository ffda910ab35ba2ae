#!/usr/bin/env bash
# Every check of the project, as CI runs it: format, lints, documentation, cost report, tests.
# Sets up what it needs on a fresh machine, and says so before. Needs: rustup (or a Rust toolchain) and a C compiler.
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
    local as_root=()
    [ "$(id -u)" = 0 ] || as_root=(sudo -n)
    command -v apt-get >/dev/null || give_up "install ${missing[*]} with your system's package manager, then run this again"
    say "installing from the distribution's packages: ${missing[*]}"
    "${as_root[@]}" apt-get update -qq && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -qq --yes --no-install-recommends "${missing[@]}" >/dev/null ||
        give_up "cannot install ${missing[*]}: run 'sudo apt-get install ${missing[*]}', then run this again"
}

install mosquitto mosquitto mosquitto_sub mosquitto-clients qemu-system-arm qemu-system-arm

say 'format'
cargo fmt --check

say 'lints'
cargo clippy --locked --all-targets --all-features -- --deny warnings

say 'documentation'
RUSTDOCFLAGS='--deny warnings' cargo doc --locked --no-deps --all-features --quiet

say 'cost report'
cargo size-report

log=target/ci-tests.log
: >"$log"

say 'tests that need no other programs'
cargo test --locked 2>&1 | tee -a "$log"

say 'tests of the profiles'
cargo test --locked --package slimqtt --all-features 2>&1 | tee -a "$log"

say 'firmware on an emulated Cortex-M0 against a real broker'
cargo test --locked --package slimqtt-end-to-end --all-features 2>&1 | tee -a "$log"

say 'all tests'
sum() { { grep -oE "[0-9]+ $1" "$log" || true; } | awk '{ sum += $1 } END { print sum + 0 }'; }
[ "$(sum passed)" -gt 0 ] || give_up 'no test ran'
echo "$(sum passed) passed, $(sum failed) failed"
