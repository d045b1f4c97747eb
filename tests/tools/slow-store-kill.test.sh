#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# 100 rounds of kill -9 while runs are saved: what was acknowledged is there, the store is sound.
set -u
SEAM=${SEAM:-build/seam}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
acknowledged=0 round=0
while [ $round -lt 100 ]; do
    (while :; do "$SEAM" solve scenarios/six-step.yaml --db "$dir/runs.db" >/dev/null 2>>"$dir/said" || :; done) &
    pid=$!
    sleep 0.0$((round % 10))
    pkill -9 -P $pid 2>/dev/null
    kill -9 $pid 2>/dev/null
    wait $pid 2>/dev/null
    round=$((round + 1))
done
acknowledged=$(grep -c 'saved as run' "$dir/said")
highest=$(sed -n 's/.*saved as run //p' "$dir/said" | sort -n | tail -1)
kept=$("$SEAM" runs show "${highest:-1}" --db "$dir/runs.db" --json | grep -c '"command": "solve"')
"$SEAM" doctor --db "$dir/runs.db" | grep -q "store .*: ok" && sound=yes || sound=no
echo "acknowledged $acknowledged runs over $round kills; the last one is kept: $kept; sound: $sound"
if [ "$acknowledged" -gt 20 ] && [ "$kept" = 1 ] && [ $sound = yes ]; then
    echo "1 passed, 0 failed"
else
    echo "0 passed, 1 failed"
    exit 1
fi
