#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The report in a real browser: no accessibility violation (WCAG A and AA), no outside request, the
# same without script, on a wide and a narrow screen and printed, in light and dark; then every
# picture there is of its results, in which no word may stand on another.  Needs node, npm
# and Chromium (CHROMIUM names another one); the modules are kept in SEAM_BROWSER_MODULES, by default
# a folder under the user's cache.
set -u
SEAM=${SEAM:-build/seam}
skip() { echo "skipped: $1"; exit 0; }

browser=${CHROMIUM:-}
for name in chromium chromium-browser google-chrome; do
    [ -n "$browser" ] || browser=$(command -v $name || :)
done
[ -n "$browser" ] || skip "no Chromium to read the report with"
command -v node >/dev/null || skip "no node to drive Chromium"
modules=${SEAM_BROWSER_MODULES:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/seam-browser}
if [ ! -d "$modules/node_modules/axe-core" ] || [ ! -d "$modules/node_modules/playwright-core" ]; then
    command -v npm >/dev/null || skip "no npm to fetch playwright-core and axe-core"
    mkdir -p "$modules" && cp tests/browser/package.json "$modules/" &&
        (cd "$modules" && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm install --no-audit --no-fund --silent >/dev/null 2>&1) ||
        skip "playwright-core and axe-core could not be fetched"
fi

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
log=tests/data/genai.jsonl.gz
labels=tests/data/genai.labels.csv
page() { # name, results...: a report of its own
    name=$1
    shift
    "$SEAM" report "$@" -o "$out" --format html --quiet && mv "$out/report.html" "$out/$name.html"
}
"$SEAM" replay $log --labels $labels --json >"$out/replay.json" &&
    "$SEAM" fit $log --labels $labels -o "$out/fitted.yaml" 2>/dev/null &&
    "$SEAM" simulate "$out/fitted.yaml" --json >"$out/simulate.json" 2>/dev/null &&
    "$SEAM" size --log $log --labels $labels --target "auto_error at most 5%" --json >"$out/size.json" &&
    page fitted "$out/replay.json" "$out/simulate.json" "$out/size.json" &&
    page unlabelled $log &&
    page chain scenarios/six-step.yaml &&
    page classes scenarios/reference.yaml &&
    { echo 'seam: 1' && echo 'flow:' && for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        echo "  - {stage: a-step-with-a-name-that-is-longer-than-any-column-on-paper-is-wide-$i, error: 1%}"
    done; } >"$out/long.yaml" &&
    page long "$out/long.yaml" &&
    page again "$out/fitted.yaml" &&
    page sides --compare scenarios/gate-review.yaml scenarios/six-step.yaml &&
    page logs --compare tests/data/desk.csv.gz tests/data/editorial.jsonl.gz &&
    "$SEAM" run scenarios/gate-review.yaml --items 200 --time-scale skip --json --quiet >"$out/run.json" &&
    "$SEAM" compare scenarios/approach-*.yaml --json --quiet >"$out/approaches.json" &&
    page mixed "$out/run.json" $log --labels $labels &&
    page approaches "$out/approaches.json" &&
    page gate scenarios/gate-review.yaml || { echo "0 passed, 1 failed"; exit 1; }
mkdir "$out/pictures"
"$SEAM" solve scenarios/outage.yaml --json >"$out/outage.json" 2>/dev/null
"$SEAM" solve "$out/long.yaml" --json >"$out/long.json" 2>/dev/null
"$SEAM" size --plan --target "auto_error at most 5%" --json >"$out/plan.json" 2>/dev/null
"$SEAM" backtest $log --labels $labels --windows 5 --json --quiet >"$out/backtest.json" 2>/dev/null
for kind in $("$SEAM" plot --csv | sed '1d;s/,.*//'); do
    for result in "$out"/*.json; do
        name=$out/pictures/$kind.$(basename "$result" .json).svg
        "$SEAM" plot "$kind" "$result" -o - --quiet >"$name" 2>/dev/null || rm -f "$name"
    done
done
node tests/browser/accessibility.js "$browser" "$modules/node_modules" \
    "$out/fitted.html" "$out/unlabelled.html" "$out/chain.html" "$out/gate.html" "$out/sides.html" \
    "$out/logs.html" "$out/mixed.html" "$out/approaches.html" \
    --printed "$out/classes.html" "$out/long.html" "$out/again.html"
pages=$?
node tests/browser/words.js "$browser" "$modules/node_modules" "$out"/pictures/*.svg && exit $pages
