#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs that keep their progress are killed (kill -9, Ctrl-C) at 24 random moments and resumed, each
# time on another number of threads: they end in the same JSON as runs that nobody broke off.
set -u
SEAM=${SEAM:-build/seam}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
pass=0 fail=0 kills=0 seed=7
check() { if [ "$2" = "$3" ]; then pass=$((pass + 1)); else fail=$((fail + 1)); echo "$1: got $2, want $3"; fi; }
random() { seed=$(((seed * 1103515245 + 12345) % 2147483648)); chance=$((seed / 65536 % $1)); }
plain() { sed -e '/"elapsed_s"/d' -e '/"threads"/d' "$1"; }

cat >"$dir/evidence.yaml" <<'YAML'
seam: 1
flow:
  - stage: draft
    wrong: 14/200
    error: 3/203
    latency: {lognormal: {p50: 2s, p95: 6s}}
    retry: {attempts: 2}
  - stage: check
    error: 1/90
YAML
cat >"$dir/desk.yaml" <<'YAML'
seam: 1
arrivals: {poisson: 20/h}
horizon: {warmup: 8h, length: 400h}
flow:
  - stage: draft
    wrong: 14/200
  - review: desk
    by: people
    latency: {exponential: {mean: 5m}}
resources:
  people: {servers: 3}
YAML

# name, kills, options: breaks the run off so many times, then lets it end
broken_off() {
    name=$1 left=$2
    shift 2
    "$SEAM" simulate "$@" --json --quiet >"$dir/whole" 2>/dev/null
    keep="--checkpoint $dir/$name.run"
    while [ "$left" -gt 0 ]; do
        random 3
        # shellcheck disable=SC2086 # two words
        "$SEAM" simulate "$@" --json --quiet --threads $((chance + 1)) --keep-every 20ms $keep >"$dir/part" 2>&1 &
        pid=$!
        random 30
        sleep "$(awk "BEGIN { print 0.05 + $chance / 100 }")"
        random 4
        if [ "$chance" = 0 ]; then kill -INT $pid; else kill -9 $pid; fi 2>/dev/null && kills=$((kills + 1))
        wait $pid 2>/dev/null
        [ -e "$dir/$name.run" ] && keep="--resume $dir/$name.run"
        left=$((left - 1))
    done
    # shellcheck disable=SC2086
    "$SEAM" simulate "$@" --json --quiet --threads 2 $keep >"$dir/resumed" 2>"$dir/said" || cat "$dir/said"
    plain "$dir/whole" >"$dir/a"
    plain "$dir/resumed" >"$dir/b"
    check "$name ends in the same numbers" "$(cmp "$dir/a" "$dir/b" && echo yes)" yes
}

broken_off blocks 3 scenarios/six-step.yaml --trials 100000100 --no-uncertainty
broken_off items 4 scenarios/parallel-voting.yaml --trials 500000 --no-uncertainty
broken_off until 3 scenarios/six-step.yaml --until reliability=0.02% --no-uncertainty
broken_off events 3 scenarios/generative-video.yaml --trials 12 --no-uncertainty
broken_off horizons 3 scenarios/review-desk.yaml --trials 300 --no-uncertainty
broken_off draws 3 "$dir/evidence.yaml" --trials 1e9
broken_off timed-draws 2 "$dir/desk.yaml" --trials 400
broken_off feedback 3 scenarios/feedback-compounds.yaml --trials 60 --no-uncertainty
check "kills that met a running program" "$([ $kills -ge 15 ] && echo yes || echo "no ($kills)")" yes
echo "$pass passed, $fail failed"
[ $fail = 0 ]
