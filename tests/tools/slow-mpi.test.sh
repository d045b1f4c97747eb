#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# build/seam-mpi: the same JSON on 1, 2 and 3 ranks as the program gives alone; one voice for all of
# them; progress that passes between ranks and threads, also after kill -9 of one rank.
# On machines with little /dev/shm, OpenMPI needs room elsewhere for what ranks of one machine share:
# OMPI_MCA_orte_tmpdir_base=/some/folder, and as the last resort OMPI_MCA_btl=self,tcp.
set -u
BUILD=${BUILD:-build}
SEAM=${SEAM:-$BUILD/seam}
if ! command -v mpirun >/dev/null 2>&1 || ! command -v mpicc >/dev/null 2>&1; then
    echo "skipped: OpenMPI is not installed (Debian: libopenmpi-dev openmpi-bin)"
    exit 0
fi
"${MAKE:-make}" --no-print-directory BUILD="$BUILD" MPI=1 all >/dev/null || { echo "make MPI=1 failed"; exit 1; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
pass=0 fail=0
check() { if [ "$2" = "$3" ]; then pass=$((pass + 1)); else fail=$((fail + 1)); echo "$1: got $2, want $3"; fi; }
plain() { sed -e '/"elapsed_s"/d' -e '/"threads"/d' "$1"; }
same() { plain "$1" >"$dir/a"; plain "$2" >"$dir/b"; cmp "$dir/a" "$dir/b" && grep -q '"reliability"' "$dir/a" && echo yes; }
root=$([ "$(id -u)" = 0 ] && echo --allow-run-as-root)
ranks() { n=$1; shift; timeout 120 mpirun $root --oversubscribe -n "$n" "$BUILD/seam-mpi" "$@"; }

cat >"$dir/evidence.yaml" <<'YAML'
seam: 1
flow:
  - stage: draft
    wrong: 14/200
    error: 3/203
    latency: {lognormal: {p50: 2s, p95: 6s}}
YAML
cat >"$dir/desk.yaml" <<'YAML'
seam: 1
arrivals: {poisson: 20/h}
horizon: {warmup: 8h, length: 100h}
flow:
  - stage: draft
    wrong: 14/200
  - review: desk
    by: people
    latency: {exponential: {mean: 5m}}
resources:
  people: {servers: 3}
YAML

shared() {
    name=$1
    shift
    "$SEAM" simulate "$@" --json --quiet --threads 1 >"$dir/alone"
    for n in 1 2 3; do
        ranks $n simulate "$@" --json --quiet >"$dir/together" 2>"$dir/said"
        check "$name on $n ranks" "$(same "$dir/alone" "$dir/together")" yes
    done
}
shared blocks scenarios/six-step.yaml --trials 3000100 --no-uncertainty
shared items scenarios/parallel-voting.yaml --trials 50000
shared horizons "$dir/desk.yaml" --trials 30 --no-uncertainty
shared feedback scenarios/feedback-compounds.yaml --trials 6
shared looks scenarios/six-step.yaml --until reliability=0.05%
shared draws "$dir/evidence.yaml" --trials 100000
shared "timed draws" "$dir/desk.yaml" --trials 10
shared sweep scenarios/six-step.yaml --sweep flow.tool.error=1%:4%:3 --trials 100000 --target "reliability at least 1%"

# one voice
ranks 3 simulate - --json --quiet --trials 100000 <scenarios/six-step.yaml >"$dir/together"
check "standard input" "$(grep -c '"command": "simulate"' "$dir/together")" 1
ranks 3 simulate nowhere.yaml >"$dir/out" 2>"$dir/said"
check "exit status of an error" $? 4
check "said once" "$(grep -c 'there is no such file' "$dir/said")" 1
check "nothing else on standard output" "$(grep -c . "$dir/out")" 0

# one rank is killed: all end, and what was kept goes on anywhere
"$SEAM" simulate scenarios/six-step.yaml --no-uncertainty --trials 1e9 --json --quiet >"$dir/alone"
ranks 3 simulate scenarios/six-step.yaml --no-uncertainty --trials 1e9 --json --quiet \
    --checkpoint "$dir/run" --keep-every 50ms >"$dir/part" 2>&1 &
pid=$!
for _ in $(seq 500); do
    [ -s "$dir/run" ] && break
    sleep 0.02
done
victim=$(pgrep -f "^$BUILD/seam-mpi simulate .*--checkpoint $dir/run" | tail -1)
[ -n "$victim" ] && kill -9 "$victim"
wait $pid
code=$?
check "a killed rank ends all" "$([ -n "$victim" ] && [ $code != 0 ] && echo yes)" yes
cp "$dir/run" "$dir/again"
"$SEAM" simulate scenarios/six-step.yaml --no-uncertainty --trials 1e9 --json --quiet --resume "$dir/run" >"$dir/resumed"
check "goes on alone" "$(same "$dir/alone" "$dir/resumed")" yes
ranks 2 simulate scenarios/six-step.yaml --no-uncertainty --trials 1e9 --json --quiet --resume "$dir/again" >"$dir/resumed"
check "goes on on two ranks" "$(same "$dir/alone" "$dir/resumed")" yes

# the signal that mpirun passes on to all ranks
ranks 2 simulate scenarios/six-step.yaml --no-uncertainty --trials 1e12 --json --quiet \
    --checkpoint "$dir/stopped" >"$dir/part" 2>"$dir/said" &
pid=$!
sleep 2
kill -USR1 "$(pgrep -f "^mpirun .*--checkpoint $dir/stopped")"
wait $pid
check "exit status when stopped" $? 130
check "marked partial" "$(grep -c '"partial": true' "$dir/part")" 1
check "kept" "$(head -n 1 "$dir/stopped")" "seam checkpoint 1"
echo "$pass passed, $fail failed"
[ $fail = 0 ]
