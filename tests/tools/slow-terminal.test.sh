#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# On a terminal: a bar with rate and time left, wiped at the end and never in the answer; none where
# standard error is no terminal, a dumb one, or --quiet.  Ctrl-C ends what waits, reads or counts
# without an answer before its end, with 130 and nothing half written.
set -u
SEAM=${SEAM:-build/seam}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
pass=0 fail=0
check() { if [ "$2" = "$3" ]; then pass=$((pass + 1)); else fail=$((fail + 1)); echo "$1: got $2, want $3"; fi; }

long="simulate scenarios/gate-review.yaml --trials 1e12"
on_terminal() { # TERM, options, where standard error goes, until when: -> $dir/tty, $dir/answer
    TERM=$1 script -qec "timeout --foreground -s INT $4 $SEAM $long $2 >$dir/answer $3" "$dir/tty" >/dev/null 2>&1
    tr '\r\033' '\nE' <"$dir/tty" >"$dir/lines"
}
on_terminal xterm "" "" 15 # two bars are enough, however slow the machine
check "a bar with share, rate and time left" \
    "$(grep -cE '^items \[#*\.+\] +[0-9]+%  [0-9.,]+ (million )?items/s  ([0-9]+ (s|min|h|days)|years) leftE\[K$' "$dir/lines" | awk '{ print ($1 > 1) }')" 1
check "wiped at the end" "$(grep -E '^(items|E\[K)' "$dir/lines" | tail -1 | cut -c 1-3)" "E[K"
check "the answer alone on standard output" "$(tr -d '\n' <"$dir/answer" | tr -d '[:print:]–' | wc -c | tr -d ' ')" 0
check "the answer says that it is partial" "$(grep -c '^partial, stopped before the end' "$dir/answer")" 1
on_terminal xterm --quiet "" 3
check "no bar with --quiet" "$(grep -c 'items/s' "$dir/lines")" 0
on_terminal dumb "" "" 3
check "no bar on a dumb terminal" "$(grep -c 'items/s' "$dir/lines")" 0
on_terminal xterm "" "2>$dir/err" 3
check "no bar where standard error is a file" "$(cat "$dir/lines" "$dir/err" | grep -c 'items/s')" 0

# Ctrl-C: the exit status, and that it came long before the command's own end
mkfifo "$dir/pipe"
sleep 120 >"$dir/pipe" &
holder=$!
interrupted() { # name, command...
    name=$1
    shift
    "$@" >"$dir/out" 2>"$dir/err" <"$dir/pipe" &
    pid=$!
    # what a shell starts beside itself ignores Ctrl-C (bit 2) until it listens
    for i in $(seq 600); do
        grep -q '^SigCgt:.*[2367abef]$' /proc/$pid/status && break
        sleep 0.1
    done
    sleep 1
    kill -INT $pid
    ticks=0
    while kill -0 $pid 2>/dev/null && [ $ticks -lt 300 ]; do sleep 0.1; ticks=$((ticks + 1)); done
    wait $pid
    check "$name: exit status" $? 130
    check "$name: nothing printed" "$(wc -c <"$dir/out" | tr -d ' ')" 0
    echo "$name stopped after $ticks tenths of a second: $(cat "$dir/err")"
}
interrupted "a log that does not end" "$SEAM" replay -
interrupted "a scenario that does not end" "$SEAM" check -
interrupted "a fit of what does not end" "$SEAM" fit - -o "$dir/fit.yaml"
interrupted "a server" "$SEAM" mcp --world scenarios/canon
interrupted "a report" "$SEAM" report scenarios/review-overload.yaml --trials 1e9 -o "$dir/report"
interrupted "a picture" "$SEAM" plot backlog scenarios/review-overload.yaml --trials 1e9 -o "$dir/backlog.svg"
interrupted "items that are still made" "$SEAM" run scenarios/reference.yaml --items 1000000 -o "$dir/items.jsonl"
kill $holder
check "nothing half written" "$(ls -A "$dir" | tr '\n' ' ')" "answer err lines out pipe tty "
# The screen of reviews, told twice to end before it looks up: the terminal is as it was.
cat >"$dir/people.yaml" <<'END'
seam: 1
flow:
  - stage: draft
    wrong: 10%
  - review: human
    exec: {builtin: queue}
END
echo '{"id": "b1", "input": {"text": "one"}}' >"$dir/people.jsonl"
"$SEAM" run "$dir/people.yaml" --input "$dir/people.jsonl" --db "$dir/people.db" --quiet >"$dir/out" 2>&1 &
pid=$!
for i in $(seq 600); do
    [ "$("$SEAM" review --db "$dir/people.db" --csv 2>/dev/null | wc -l)" -ge 2 ] && break
    sleep 0.1
done
kill -INT $pid
wait $pid
script -qec "echo \$\$ >$dir/pid; exec $SEAM review --db $dir/people.db --reviewer ann" "$dir/tty" \
    >/dev/null 2>&1 </dev/null &
for i in $(seq 600); do
    grep -q '1049h' "$dir/tty" 2>/dev/null && break
    sleep 0.1
done
pid=$(cat "$dir/pid")
for signal in STOP INT TERM CONT; do kill -$signal "$pid"; done
wait $!
check "reviews told twice to end: the terminal put back" \
    "$(tr '\033' E <"$dir/tty" | grep -c 'E\[?1049l')" 1

echo "$pass passed, $fail failed"
[ $fail = 0 ]
