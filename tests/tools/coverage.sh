#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Lines and branches covered, a row a file, from gcov's summaries: coverage.sh BUILD
set -eu
build=$1
find "$build/src" -name '*.gcda' | sort | while read -r data; do
    gcov -b -n -o "$(dirname "$data")" "$data" 2>/dev/null |
        awk -v want="$(echo "${data#"$build"/}" | sed 's/\.gcda$//')" '
            /^File / { gsub(/\x27/, ""); file = $2; ours = index(file, want) == 1 }
            ours && /^Lines executed/ { sub(/^Lines executed:/, ""); lines = $0 }
            ours && /^Branches executed/ { }
            ours && /^Taken at least once/ { sub(/^Taken at least once:/, ""); branches = $0 }
            ours && /^No branches/ { branches = "-" }
            END { printf "%-36s lines %-18s branches %s\n", want, lines, branches }'
done
