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

# value NAME FIELD FILE: a field of a headline metric
value() {
    awk -v name="\"$1\":" -v field="\"$2\":" '
        $1 == name && $2 == "{" { inside = 1 }
        inside && $1 == field { gsub(/[,"]/, "", $2); print $2; exit }' "$3"
}
percent() { awk -v x="$1" 'BEGIN { printf "%.1f%%", 100 * x }'; }
# run NAME args...: shows the command and its answer, and keeps the run; an answer of "no" (exit
# status 1) is an answer
run() {
    name=$1
    shift
    printf '\n$ seam'
    for word; do case $word in *' '*) printf " '%s'" "$word" ;; *) printf ' %s' "$word" ;; esac; done
    printf '\n'
    "$SEAM" "$@" --quiet --db "$out/runs.db" || [ $? = 1 ]
    runs=$((runs + 1))
    "$SEAM" runs show $runs --db "$out/runs.db" --json >"$out/$name.json"
}
rm -f "$out"/runs.db*
runs=0

run replay replay $log --labels $labels
printf '\n$ seam fit %s --labels %s -o %s\n' $log $labels "$fitted"
"$SEAM" fit $log --labels $labels -o "$fitted"
run simulate simulate "$fitted"
run size size --log $log --labels $labels --target "auto_error at most 5%"
printf '\n$ seam report %s/{replay,simulate,size}.json -o %s\n' "$out" "$out"
"$SEAM" report "$out/replay.json" "$out/simulate.json" "$out/size.json" -o "$out" \
    --format html --title "A retrieval pipeline with human review"

seen=$(value reliability value "$out/replay.json")
sentence=$(sed -n 's/^ *"sentence": "\(.*\)",$/\1/p' "$out/size.json")
point() { # number, words: within 80 columns
    echo "$1. $2" | awk '{
        for (i = 1; i <= NF; i++) {
            if (at && at + 1 + length($i) > 80) { printf "\n   "; at = 3 }
            else if (at) { printf " "; at++ }
            printf "%s", $i
            at += length($i)
        }
        print "" }'
}
echo
point 1 "Seen: $(value items value "$out/replay.json") items, $(percent "$seen") right at the end ($(percent "$(value reliability low "$out/replay.json")") to $(percent "$(value reliability high "$out/replay.json")"))."
point 2 "People looked at $(percent "$(value review_load value "$out/replay.json")") of them; $(percent "$(value review_precision value "$out/replay.json")") of what they looked at was wrong."
point 3 "Expected of new items, from the fitted model: $(percent "$(value reliability value "$out/simulate.json")") right ($(percent "$(value reliability low "$out/simulate.json")") to $(percent "$(value reliability high "$out/simulate.json")"))."
point 4 "$sentence"
point 5 "The report: $out/report.html"
