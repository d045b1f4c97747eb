#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Makes reports/sample anew: the demo's page and data, and a picture of its first screen where a
# browser is installed.
set -eu
out=reports/sample
rm -rf $out
sh tests/tools/demo.sh $out
rm -f $out/runs.db*
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || :)
if [ -z "$browser" ]; then
    echo "sample: no browser, so no picture of the page" >&2
    exit 0
fi
profile=$(mktemp -d)
trap 'rm -rf "$profile"' EXIT
"$browser" --headless --no-sandbox --disable-gpu --disable-background-networking --hide-scrollbars \
    --no-first-run --user-data-dir="$profile" --window-size=960,860 \
    --screenshot="$(pwd)/$out/report.png" "file://$(pwd)/$out/report.html" >/dev/null 2>&1
echo "sample: $out/report.html and report.png" >&2
