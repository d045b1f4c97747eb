#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# make bench: every benchmark prints rows of ratios against a peer or a floor timed in the same run,
# and fails where one is beyond its bound.
set -u
BUILD=${BUILD:-build}
echo "CPU time, medians; a ratio is ours / theirs in the same run, so below 1 is faster"
failed=
for b in "$BUILD"/tests/bench/bench_*; do
    case $b in *.o | *.d | *'*'*) continue ;; esac
    [ -x "$b" ] || continue
    "$b" || failed="$failed ${b##*/}"
done
[ -z "$failed" ] || { echo "a bound does not hold:$failed"; exit 1; }
