#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# make install puts a program that runs under DESTDIR, and nothing outside of it.
set -u
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
make --no-print-directory -s install BUILD="${BUILD:-build}" DESTDIR="$dir" PREFIX=/usr >"$dir.log" 2>&1 || { cat "$dir.log"; echo "0 passed, 1 failed"; exit 1; }
rm -f "$dir.log"
if "$dir/usr/bin/seam" solve "$dir/usr/share/seam/scenarios/six-step.yaml" --quiet | grep -q '83.3'; then
    echo "1 passed, 0 failed"
else
    echo "0 passed, 1 failed"
    exit 1
fi
