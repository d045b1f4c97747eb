#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# make bench: every benchmark prints rows of ratios against a peer or a floor timed in the same run.
set -u
BUILD=${BUILD:-build}
echo "CPU time, medians; a ratio is ours / theirs in the same run, so below 1 is faster"
for b in "$BUILD"/tests/bench/bench_*; do
    case $b in *.o | *.d | *'*'*) continue ;; esac
    [ -x "$b" ] && "$b"
done
