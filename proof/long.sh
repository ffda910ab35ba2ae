#!/usr/bin/env bash
# Runs the command of each row of guarantees.txt, and writes what they say into docs/GUARANTEES.md. If one fails, it stays as it was.
set -euo pipefail
cd "$(dirname "$0")/.."

document=docs/GUARANTEES.md
mkdir -p target
table=target/guarantees.md
log=target/long.log
trap 'cat "$table"' EXIT
printf '\n| guarantee | figures | seconds | command |\n|---|---|---|---|\n' >"$table"

# What the log says. Lines of a number and a word, with the same word, are added up.
figures() {
    awk '
        /not run: / { sub(/.*not run: /, "not run: "); text = text "; " $0 }
        !sub(/.*figures: /, "") { if (match($0, /[0-9]+ passed/)) tests += substr($0, RSTART); next }
        /^[0-9]+ [a-z]+$/ { sum[$2] += $1; next }
        { text = text "; " $0 }
        END {
            for (unit in sum) text = text "; " sum[unit] " " unit
            if (tests) text = text "; " tests " tests"
            print substr(text, 3)
        }' "$log"
}

# As locked: the commands do not say so each time.
cargo metadata --locked --format-version 1 >/dev/null
while IFS='|' read -r what command <&3; do
    what=${what% } command=${command# }
    began=$SECONDS
    printf '\n==> %s\n    %s\n' "$what" "$command"
    bash -c "$command" 2>&1 | tee "$log"
    printf '| %s | %s | %s | `%s` |\n' "$what" "$(figures)" "$((SECONDS - began))" "$command" >>"$table"
done 3< <(grep -v '^#' proof/guarantees.txt)

printf '\nRun on %s, on %s with %s, %s processors, mosquitto %s.\n\n' "$(date -u +%F)" \
    "commit $(git describe --always --dirty=' with changes' --exclude '*')" "$(rustc --version)" "$(nproc)" \
    "$(PATH="$PATH:/usr/sbin" mosquitto -h | sed -n 's/mosquitto version //p')" >>"$table"
begin='<!-- begin: .\/ci.sh long -->'
sed -i -e "/$begin/,/<!-- end -->/{//!d}" -e "/$begin/r $table" "$document"
