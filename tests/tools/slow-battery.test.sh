#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The keyed random streams before dieharder's tests: blocks, random access, and the keys themselves.
# The streams are fixed, and a true generator's p-value is called FAILED (below 1e-6 from either
# side) in one of 500,000 cases: with some 200 values, once in 2,500 seeds.
set -u
BUILD=${BUILD:-build}
passed=0 broken=0
command -v dieharder >/dev/null 2>&1 || {
    echo "skipped: the battery needs dieharder (Debian: dieharder)"
    exit 0
}
for stream in dense sparse keys; do
    for d in 0 1 3 4 8 9 10 11 12 13 15 16 100 101 102 202 206 207 208 209; do
        verdicts=$("$BUILD/tests/stat/streams" "$stream" 2>/dev/null |
            dieharder -g 200 -d "$d" -D test_name -D ntuple -D pvalues -D assessment 2>/dev/null |
            grep -E 'PASSED|WEAK|FAILED')
        case $verdicts in
        '' | *FAILED*)
            broken=$((broken + 1))
            echo "$stream: test $d: ${verdicts:-no answer}"
            ;;
        *) passed=$((passed + 1)) ;;
        esac
    done
done
echo "battery: $passed passed, $broken failed"
[ "$broken" = 0 ]
