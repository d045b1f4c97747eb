#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# No memory and no room on the disk, at each of many moments of each command: the program ends with
# one of its own statuses and a sentence, never by a signal, and a file is there whole or not at all.
set -u
SEAM=$(cd "$(dirname "${SEAM:-build/seam}")" && pwd)/seam
top=$(pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
pass=0 fail=0
${CC:-cc} -O1 -shared -fPIC -o "$dir/faults.so" tests/tools/faults.c -ldl || exit 1
cp tests/data/genai.jsonl.gz tests/data/genai.labels.csv "$dir"
cp -r scenarios/gate-review.yaml scenarios/review-desk.yaml scenarios/reference.yaml scenarios/canon "$dir"
cat >"$dir/work.yaml" <<'END'
seam: 1
flow:
  - stage: work
    exec: {builtin: nothing}
  - check: look
END
cd "$dir" || exit 1

# kind at command...: its status in $status, what it said in said, what it used in count
run() {
    kind=$1 at=$2
    shift 2
    rm -f count said
    timeout 60 env FAULT_KIND="$kind" FAULT_AT="$at" FAULT_COUNT=count LD_PRELOAD=./faults.so \
        "$SEAM" "$@" >out 2>said
    status=$?
}

ends_well() { # allowed statuses: 0, what it is without faults, and those of the kind
    case " 0 $clean $1 " in
    *" $status "*) ;;
    *) return 1 ;;
    esac
    [ "$status" = 0 ] || [ "$status" = "$clean" ] || [ -s said ]
}

whole() { # a file that the command writes: absent, or as it is without faults
    [ -z "$target" ] || [ ! -e "$target" ] || cmp -s "$target" whole
}

sound() { # the store, where there is one
    [ "$kind" = memory ] || [ ! -s seam.db ] || "$SEAM" doctor --db seam.db | grep -q 'store .*: ok'
}

leftovers() {
    [ "$(find . -newer mark -type f | grep -cvE '^\./(count|said|out|whole)$|seam\.db')" = 0 ]
}

# kind statuses points target command...
sweep() {
    kind=$1 statuses=$2 points=$3 target=$4
    shift 4
    [ -z "$target" ] || rm -rf "$target"
    rm -f seam.db*
    run "$kind" 0 "$@"
    clean=$status
    total=$(cat count)
    [ -z "$target" ] || mv "$target" whole
    i=1
    while [ $i -le "$points" ]; do
        n=$((total * i / (points + 1) + 1))
        rm -f seam.db*
        touch mark
        run "$kind" "$n" "$@"
        if ends_well "$statuses" && whole && sound && { [ -n "$target" ] && [ -e "$target" ] || leftovers; }; then
            pass=$((pass + 1))
        else
            fail=$((fail + 1))
            echo "$kind, $n of $total: $*: status $status: $(head -c 200 said)"
            find . -newer mark -type f | grep -vE '^\./(count|said|out|whole)$'
        fi
        [ -z "$target" ] || rm -rf "$target"
        find . -newer mark -name '*.tmp*' -delete
        i=$((i + 1))
    done
}

for kind in memory disk; do
    case $kind in
    memory) statuses=5 points=40 ;;
    disk) statuses=4 points=8 ;;
    esac
    sweep $kind $statuses $points fitted.yaml fit genai.jsonl.gz --labels genai.labels.csv -o fitted.yaml
    sweep $kind $statuses $points "" import log genai.jsonl.gz --db seam.db
    sweep $kind $statuses $points "" simulate review-desk.yaml --trials 200 --save
    sweep $kind $statuses $points "" run work.yaml --items 3000 --db seam.db
    [ $kind = memory ] || continue
    sweep $kind $statuses $points "" check gate-review.yaml
    sweep $kind $statuses $points "" solve gate-review.yaml --json
    sweep $kind $statuses $points "" replay genai.jsonl.gz --json
    sweep $kind $statuses $points "" size gate-review.yaml --target "auto_error at most 1%"
done

# the reference run while the disk fills: what was kept stays, the run is taken up again when there is
# room, and each of its items has ended exactly once
items=60
reference() { "$@" run reference.yaml --items $items --seed 3 --time-scale skip --db seam.db --traces spans.jsonl --quiet; }
faulty() { run disk "$at" "$@"; }
told() { # what, is it so?
    if [ "$2" = yes ]; then pass=$((pass + 1)); else fail=$((fail + 1)); echo "full disk, write $at of $total: $1: no"; fi
}
ended_once() {
    for id in $(sed 's/^{"id":"\([^"]*\)".*/\1/' ends.jsonl); do
        "$SEAM" runs show 1 --item "$id" --db seam.db --csv | grep -c '^ended,'
    done | grep -c '^1$'
}
rm -f seam.db*
at=0
reference faulty
clean=$status total=$(cat count)
filled=0
for part in 1 2 3 4 6 8; do
    rm -f seam.db* spans.jsonl ends.jsonl
    at=$((total * part / 10 + 1))
    reference faulty
    [ "$status" != "$clean" ] || continue # how often the store is written to depends on the machine
    filled=$((filled + 1))
    told "ends with status 4 and a sentence" "$([ "$status" = 4 ] && grep -q 'the disk is full\|No space left\|disk I/O error' said && echo yes)"
    told "the store is sound" "$("$SEAM" doctor --db seam.db | grep -q 'store .*: ok' && echo yes)"
    told "no half a file of spans" "$([ ! -e spans.jsonl ] || tail -n 1 spans.jsonl | grep -q '}$' && echo yes)"
    kept="--resume"
    "$SEAM" runs list --db seam.db --csv | grep -q '^1,' || kept=
    "$SEAM" run reference.yaml --items $items --seed 3 --time-scale skip --db seam.db -o ends.jsonl --quiet $kept >/dev/null 2>said
    status=$?
    told "goes on where it stopped" "$([ "$status" = "$clean" ] && [ "$(sort -u ends.jsonl | wc -l)" = $items ] && echo yes)"
    told "each item has ended once" "$([ "$(ended_once)" = $items ] && echo yes)"
done
told "it filled at three moments or more ($filled)" "$([ $filled -ge 3 ] && echo yes)"
cd "$top" || exit 1
echo "$pass passed, $fail failed"
[ $fail = 0 ]
