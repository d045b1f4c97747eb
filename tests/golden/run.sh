#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Commands and what they print.  A .t file holds blocks: a line "$ command", the output (both
# streams) it must print, and "[n]" when its exit status is not 0.  Lines that begin with # are
# remarks.  `UPDATE=1 sh tests/golden/run.sh` writes what the program says now; read the diff.
set -u
SEAM=${SEAM:-build/seam}
case $SEAM in /*) ;; *) SEAM=$(pwd)/$SEAM ;; esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/bin"
ln -s "$SEAM" "$work/bin/seam"
PATH="$work/bin:$PATH"
export PATH TMP_GOLDEN="$work"
export TERM=dumb COLUMNS=80 LC_ALL=C
pass=0 fail=0

run_block() { # command -> $work/got
    (eval "$1") >"$work/raw" 2>&1 </dev/null
    status=$?
    sed -E -e "s#$work#TMP#g" -e 's/"elapsed_s": [0-9.e+-]+/"elapsed_s": T/' \
        -e 's/[0-9.]+ (ms|s) elapsed/T elapsed/' -e 's/"threads": [0-9]+/"threads": N/' "$work/raw" >"$work/got"
    [ $status = 0 ] || echo "[$status]" >>"$work/got"
}

for file in "${@:-}"; do [ -n "$file" ] || set -- tests/golden/*.t; done
for file in "$@"; do
    [ -e "$file" ] || continue
    : >"$work/new"
    awk -v dir="$work" '
        /^\$ / { n++; print substr($0, 3) > (dir "/cmd." n); printf "" > (dir "/want." n); next }
        n == 0 { print > (dir "/head"); next }
        { print > (dir "/want." n) }
        END { print n + 0 > (dir "/count") }' "$file"
    [ -e "$work/head" ] && cat "$work/head" >>"$work/new"
    count=$(cat "$work/count")
    i=1
    while [ "$i" -le "$count" ]; do
        command=$(cat "$work/cmd.$i")
        run_block "$command"
        grep -v '^#' "$work/want.$i" >"$work/want" || :
        if cmp -s "$work/want" "$work/got"; then
            pass=$((pass + 1))
        else
            fail=$((fail + 1))
            [ -n "${UPDATE:-}" ] || { printf "golden: %s: \$ %s\n" "$file" "$command"; diff -u "$work/want" "$work/got" | head -40; }
        fi
        { printf "\$ %s\n" "$command"; cat "$work/got"; grep '^#' "$work/want.$i" || :; } >>"$work/new"
        i=$((i + 1))
    done
    [ -z "${UPDATE:-}" ] || cp "$work/new" "$file"
    rm -f "$work"/cmd.* "$work"/want.* "$work/head"
done
echo "golden: $pass passed, $fail failed"
[ "$fail" = 0 ] || [ -n "${UPDATE:-}" ]
