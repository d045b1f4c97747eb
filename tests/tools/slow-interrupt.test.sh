#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Ctrl-C: a long simulation stops within a second, prints what there is marked partial, exits 130; a
# solve that takes seconds ends at once, with nothing half printed; a run kills stages that hang.
set -u
SEAM=${SEAM:-build/seam}
out=$(mktemp)
long=$(mktemp)
trap 'rm -f "$out" "$long"' EXIT
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

# a line that grows by a hundred items a day: seconds of Kolmogorov equations
cat >"$long" <<'END'
seam: 1
arrivals: {daily: {mean: 20/h, amplitude: 20/h, peak: "14:00"}}
horizon: {warmup: 1w, length: 4w}
resources: {people: {servers: 2, hours: "mon-sun 08:00-20:00"}}
flow:
  - stage: a
    by: people
    latency: {exponential: {mean: 4m}}
END
"$SEAM" solve "$long" --json >"$out" 2>/dev/null &
pid=$!
sleep 0.5
check "still solving" "$(kill -0 $pid 2>/dev/null && echo yes)" yes
kill -INT $pid
ticks=0
while kill -0 $pid 2>/dev/null && [ $ticks -lt 30 ]; do sleep 0.1; ticks=$((ticks + 1)); done
wait $pid
check "exit status of solve" $? 130
check "solve stopped within a second" "$([ $ticks -le 10 ] && echo yes || echo "no ($ticks ticks)")" yes
check "nothing half printed" "$(wc -c <"$out" | tr -d ' ')" 0

# stages that hang, and a program that takes no hint: killed with all that it started
cat >"$long" <<'END'
seam: 1
name: hangs
flow:
  - stage: a
    exec: {command: [sh, -c, "trap '' TERM; sleep 86399 & wait; sleep 86399"]}
END
"$SEAM" run "$long" --items 20 --json >"$out" 2>/dev/null &
pid=$!
sleep 2
check "stages hang" "$(kill -0 $pid 2>/dev/null && echo yes)" yes
kill -INT $pid
ticks=0
while kill -0 $pid 2>/dev/null && [ $ticks -lt 300 ]; do sleep 0.1; ticks=$((ticks + 1)); done
wait $pid
check "exit status of run" $? 130
check "run marked partial" "$(grep -c '"partial": true' "$out")" 1
left=$(ps -eo args 2>/dev/null | grep -c '^sleep 86399')
check "nothing of it is left" "$left" 0
echo "run stopped after $ticks tenths of a second"
echo "$pass passed, $fail failed"
[ $fail = 0 ]
