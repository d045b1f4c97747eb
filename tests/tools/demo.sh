#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The main job on a real log: replay, fit, simulate, size, report.  demo.sh [FOLDER]
#
# The log is a capture of 200 runs of a retrieval pipeline (retrieve, generate, tool call over MCP,
# confidence gate, human review, feedback), with the truth about every draft beside it.
set -eu
SEAM=${SEAM:-build/seam}
out=${1:-reports/demo}
log=tests/data/genai.jsonl.gz
labels=tests/data/genai.labels.csv
fitted=$out/fitted.yaml
mkdir -p "$out"

say() { printf '\n$ seam %s\n' "$*"; }
# value NAME FIELD FILE: a field of a headline metric
value() {
    awk -v name="\"$1\":" -v field="\"$2\":" '
        $1 == name && $2 == "{" { inside = 1 }
        inside && $1 == field { gsub(/[,"]/, "", $2); print $2; exit }' "$3"
}
percent() { awk -v x="$1" 'BEGIN { printf "%.1f%%", 100 * x }'; }
run() { # FILE args...: the result as JSON into FILE; an answer of "no" (1) is an answer
    file=$1
    shift
    "$SEAM" "$@" --json --quiet >"$file" || [ $? = 1 ]
}

say replay $log --labels $labels
"$SEAM" replay $log --labels $labels --quiet
run "$out/replay.json" replay $log --labels $labels

say fit $log --labels $labels -o "$fitted"
"$SEAM" fit $log --labels $labels -o "$fitted"

say simulate "$fitted"
"$SEAM" simulate "$fitted" --quiet
run "$out/simulate.json" simulate "$fitted"
run "$out/solve.json" solve "$fitted"

say size --log $log --labels $labels --target "'auto_error at most 5%'"
"$SEAM" size --log $log --labels $labels --target "auto_error at most 5%" --quiet || [ $? = 1 ]
run "$out/size.json" size --log $log --labels $labels --target "auto_error at most 5%"

say report "$out/replay.json" "$out/solve.json" "$out/simulate.json" "$out/size.json" -o "$out"
"$SEAM" report "$out/replay.json" "$out/solve.json" "$out/simulate.json" "$out/size.json" \
    -o "$out" --format html --title "A retrieval pipeline with human review"

seen=$(value reliability value "$out/replay.json")
sentence=$(sed -n 's/^ *"sentence": "\(.*\)",$/\1/p' "$out/size.json")
cat <<TEXT

1. Seen: $(value items value "$out/replay.json") items, $(percent "$seen") right at the end ($(percent "$(value reliability low "$out/replay.json")") to $(percent "$(value reliability high "$out/replay.json")")).
2. People looked at $(percent "$(value review_load value "$out/replay.json")") of them; $(percent "$(value review_precision value "$out/replay.json")") of what they looked at was wrong.
3. Expected of new items, from the fitted model: $(percent "$(value reliability value "$out/simulate.json")") right ($(percent "$(value reliability low "$out/simulate.json")") to $(percent "$(value reliability high "$out/simulate.json")")).
4. $sentence
5. The report: $out/report.html
TEXT
