#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# kill -9 in mid-run, 20 times, each time resumed: each item ends exactly once, each attempt is made
# at least once, and those whose end was kept are not made again; two processes at one store.
set -u
SEAM=$(cd "$(dirname "${SEAM:-build/seam}")" && pwd)/seam
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
items=300 threads=8 kills=0 rounds=0 pass=0 fail=0
cat >flow.yaml <<'END'
seam: 1
name: Work that is killed
flow:
  - stage: first
    exec: {command: [sh, work.sh, first]}
  - stage: second
    exec: {command: [sh, work.sh, second]}
END
cat >work.sh <<'END'
id=$(sed 's/.*"n":\([0-9]*\).*/\1/')
echo "$1 $id" >>made
sleep 0.1
echo "{\"$1\": $id}"
END
i=1
while [ $i -le $items ]; do
    echo "{\"id\": \"i$i\", \"input\": {\"n\": $i}}"
    i=$((i + 1))
done >items.jsonl

told() { # what, is it so?
    if [ "$2" = yes ]; then pass=$((pass + 1)); else fail=$((fail + 1)); fi
    echo "$1: $2"
}
is() { [ "$1" "$2" "$3" ] && echo yes || echo no; }

run() { exec "$SEAM" run flow.yaml --input items.jsonl --threads $threads --db runs.db -o out.jsonl --quiet "$@"; }

resume=
while [ $kills -lt 20 ] && [ $rounds -lt 60 ]; do
    run $resume >/dev/null 2>said &
    pid=$!
    sleep 0.$((2 + rounds % 3))
    kill -9 $pid 2>/dev/null && kills=$((kills + 1))
    wait $pid 2>/dev/null
    rounds=$((rounds + 1))
    [ -s runs.db ] && "$SEAM" runs list --db runs.db --csv | grep -q '^1,' && resume=--resume
done
(run --resume) >/dev/null 2>said || cat said
told "20 kills in mid-run" "$(is $kills -ge 20)"
told "the store is sound" "$("$SEAM" doctor --db runs.db | grep -q 'store .*: ok' && echo yes || echo no)"
i=1 once=0
while [ $i -le $items ]; do
    [ "$("$SEAM" runs show 1 --item i$i --db runs.db --csv | grep -c '^ended,.*shipped')" = 1 ] && once=$((once + 1))
    i=$((i + 1))
done
told "$items items ended exactly once ($once)" "$(is $once = $items)"
told "each item is told once in the end" "$(is "$(sort -u out.jsonl | wc -l)" = $items)"
# a program whose input was cut off by the kill names no item; those that had just ended may not be
# kept yet, so twice as many as are in flight
grep -E ' [0-9]+$' made >named
made=$(wc -l <named) different=$(sort -u named | wc -l)
told "each of $((2 * items)) attempts was made at least once ($different)" "$(is "$different" = $((2 * items)))"
told "only those in flight were made again ($((made - different)))" "$(is $((made - different)) -le $((2 * threads * 20)))"

# two runs at once, each whole
rm -f other.db*
for k in 1 2; do
    "$SEAM" run flow.yaml --input items.jsonl --items 40 --db other.db --quiet --json >run$k.json 2>&1 &
done
wait
told "two runs at one store are each complete" \
    "$(is "$("$SEAM" runs list --db other.db --csv | grep -c ',run,')" = 2)"
# a run that one process is at work on is not taken up by another
rm -f other.db*
"$SEAM" run flow.yaml --input items.jsonl --db other.db --quiet >/dev/null 2>&1 &
pid=$!
sleep 0.5
"$SEAM" run flow.yaml --input items.jsonl --db other.db --resume --quiet >/dev/null 2>said
status=$?
told "a second resume is refused" "$([ $status = 4 ] && grep -q 'another process is at work' said && echo yes || echo no)"
kill -INT $pid
wait $pid
told "after Ctrl-C it can be taken up" \
    "$("$SEAM" run flow.yaml --input items.jsonl --db other.db --resume --quiet >/dev/null 2>said && echo yes || echo no)"
echo "$pass passed, $fail failed"
[ $fail = 0 ]
