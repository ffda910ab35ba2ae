#!/usr/bin/env bash
# Runs the command of each row of guarantees.txt, and writes what it says into the table of docs/GUARANTEES.md, row by row. Ends with
# the first that fails. `long.sh WORDS`: only rows in which these stand.
set -euo pipefail
cd "$(dirname "$0")/.."

document=docs/GUARANTEES.md
table=target/guarantees.md
log=target/long.log
mkdir -p target

# What the log says. Lines of a number and a word, with the same word, are added up.
figures() {
    awk '
        /not run: / { sub(/.*not run: /, "not run: "); text = text "; " $0 }
        !sub(/.*figures: /, "") { if (match($0, /[0-9]+ passed/)) tests += substr($0, RSTART); next }
        /^[0-9]+ [a-z]+$/ { sum[$2] += $1; next }
        { text = text "; " $0 }
        END {
            for (unit in sum) text = text "; " sum[unit] " " unit
            if (tests) text = text "; tests: " tests
            print text ? substr(text, 3) : "succeeded"
        }' "$log"
}

# As locked: the commands do not say so each time.
cargo metadata --locked --format-version 1 >/dev/null
changed=$([ -z "$(git status --porcelain -- . ":!$document")" ] || echo ' with changes')
run="$(date -u +%F), $(git rev-parse --short HEAD)$changed, $(rustc --version | cut -d' ' -f-2)"

mapfile -t rows < <(grep -v '^#' proof/guarantees.txt)
# What the document says of each: of the same words and the same command.
lines=()
for row in "${rows[@]}"; do
    what=${row%% | *} command=${row#* | }
    lines+=("$(grep -F "| $what | " "$document" | grep -F "| \`$command\` |" ||
        printf '| %s | not run yet | | | `%s` |' "$what" "$command")")
done
ran=0
for row in "${!rows[@]}"; do
    [[ ${rows[row]} == *"${1:-}"* ]] || continue
    ran=$((ran + 1))
    what=${rows[row]%% | *} command=${rows[row]#* | }
    began=$SECONDS
    printf '\n==> %s\n    %s\n' "$what" "$command"
    bash -c "$command" 2>&1 | tee "$log"
    # Tests that were named, and are not there any more.
    if grep -q '^test result: ok' "$log" && ! grep -qE ' [1-9][0-9]* passed' "$log"; then
        echo "no test of this row ran" >&2
        exit 1
    fi
    lines[row]="| $what | $(figures) | $((SECONDS - began)) | $run | \`$command\` |"
    printf '\n| guarantee | figures | seconds | run | command |\n|---|---|---|---|---|\n' >"$table"
    printf '%s\n' "${lines[@]}" '' >>"$table"
    begin='<!-- begin: .\/ci.sh long -->'
    sed -i -e "/$begin/,/<!-- end -->/{//!d}" -e "/$begin/r $table" "$document"
done
[ "$ran" -gt 0 ] || { echo "no row has these words: $*" >&2; exit 2; }
