#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Ctrl-C: a long simulation stops within a second, prints what there is marked partial, exits 130.
set -u
SEAM=${SEAM:-build/seam}
out=$(mktemp)
trap 'rm -f "$out"' EXIT
pass=0 fail=0
check() { if [ "$2" = "$3" ]; then pass=$((pass + 1)); else fail=$((fail + 1)); echo "$1: got $2, want $3"; fi; }

"$SEAM" simulate scenarios/six-step.yaml --trials 1e12 --json >"$out" 2>/dev/null &
pid=$!
sleep 2
kill -INT $pid
ticks=0
while kill -0 $pid 2>/dev/null && [ $ticks -lt 30 ]; do sleep 0.1; ticks=$((ticks + 1)); done
wait $pid
check "exit status" $? 130
check "stopped within a second" "$([ $ticks -le 10 ] && echo yes || echo "no ($ticks ticks)")" yes
check "marked partial" "$(grep -c '"partial": true' "$out")" 1
check "has a value" "$(grep -c '"reliability"' "$out")" 1
echo "$pass passed, $fail failed"
[ $fail = 0 ]
