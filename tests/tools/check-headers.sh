#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Every header compiles alone, as C11.
set -eu
bad=0
for h in $(find include -name '*.h' | sort); do
    "${CC:-cc}" -std=c11 -D_POSIX_C_SOURCE=200809L -Iinclude -fsyntax-only -x c "$h" ||
        { echo "check-headers: $h does not compile alone"; bad=1; }
done
[ $bad = 0 ] && echo "check-headers: ok"
exit $bad
