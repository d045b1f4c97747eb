#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What no other file uses is static.  $1: the folder of the build, whose objects tell what a source
# file gives away and what another one takes; what tests take is read from their text.
set -eu
find src -name '*.c' -o -name '*.cc' | sed "s|\(.*\)\.cc*\$|$1/\1.o|" | xargs ls 2>/dev/null |
    xargs nm -A | awk '
NF == 3 && $2 ~ /^[TDRB]$/ { given[$3] = substr($1, 1, index($1, ":") - 1) }
$(NF - 1) == "U" { taken[$NF] = 1 }
END {
    for (name in given)
        if (!(name in taken) && name != "main" && name !~ /^_Z/) print name, given[name]
}' | sort | {
    bad=0
    while read -r name object; do
        grep -rqw --include='*.[ch]' "$name" tests src/sim/mpi.c && continue
        echo "$object: $name is used nowhere else: make it static, or take it out"
        bad=1
    done
    exit $bad
}
