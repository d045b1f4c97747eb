#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Layers look only left, and each outside library has its doors.  Reads the include lines.
set -eu
awk_prog='
BEGIN {
    split("base math model sim trace store report decide exec service cli", name, " ")
    split("0 1 2 3 3 3 3 4 4 5 6", rank, " ")
    for (i in name) level[name[i]] = rank[i]
    door["gsl/"] = "^(src|include)/math/|^(src|include)/sim/exact(/.*)?\\.[ch]|^tests/" # tests expect by other means
    door["libfyaml.h"] = "^src/base/yaml_read\\.c"
    door["simdjson.h"] = "^src/base/json_read\\.cc"
    door["csv.h"] = "^src/base/csv_read\\.c"
    door["sqlite3.h"] = "^(src|include)/store/|^tests/bench/"
    door["expat.h"] = "^src/base/xml_read\\.c"
    door["curl/"] = "^src/base/http_client\\.c"
    door["zlib.h"] = "^src/base/inflate\\.c"
    door["mpi.h"] = "^src/sim/mpi\\.c"
    door["cmocka.h"] = "^tests/support/"
}
/^[ \t]*#[ \t]*include/ {
    split(FILENAME, at, "/")
    here = at[2]
    if (match($0, /"[a-z]+\//) && (at[1] == "src" || at[1] == "include")) {
        there = substr($0, RSTART + 1, RLENGTH - 2)
        if (!(there in level)) { print FILENAME ":" FNR ": no such layer: " there; bad = 1 }
        else if (there != here && level[there] >= level[here]) {
            print FILENAME ":" FNR ": " here " must not include " there; bad = 1
        }
    }
    if (match($0, /[<"][^>"]+[>"]/)) {
        file = substr($0, RSTART + 1, RLENGTH - 2)
        for (d in door)
            if (index(file, d) == 1 && FILENAME !~ door[d]) {
                print FILENAME ":" FNR ": " d " has its door elsewhere (" door[d] ")"; bad = 1
            }
    }
}
END { exit bad }'
find src include tests -name '*.c' -o -name '*.h' -o -name '*.cc' | sort | xargs awk "$awk_prog"
# printing, exiting and the environment belong to the command line
if grep -nE '(^|[^_a-zA-Z])(v?f?printf|f?puts|putchar|perror|exit|abort|getenv|setlocale|system|time|clock|clock_gettime|gettimeofday|localtime|gmtime|s?rand)\(' \
    $(find src include -name '*.[ch]' -o -name '*.cc' | grep -v '^src/cli/') /dev/null |
    grep -vE '^[^:]+:[0-9]+: *(/?\*|//)|bug_at|_exit\(5\)|the only exit'; then
    echo "check-layers: printing, exit, getenv and clocks belong to src/cli" >&2
    exit 1
fi
echo "check-layers: ok"
