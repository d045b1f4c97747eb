#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Each decoder for SECONDS_EACH (60) under libFuzzer, from the corpus in tests/fuzz/corpus.
set -eu
SECONDS_EACH=${SECONDS_EACH:-60}
command -v clang >/dev/null || { echo "fuzz: needs clang and libclang-rt-dev" >&2; exit 1; }
out=build-fuzz
flags="-g -O1 -fsanitize=fuzzer-no-link,address,undefined -DSEAM_ONE_VERSION"
names=$(for t in tests/fuzz/fuzz_*.c; do basename "$t" .c; done)
objects=$(for name in $names; do echo "$out/tests/fuzz/$name.o"; done)
# shellcheck disable=SC2086 # lists of words
"${MAKE:-make}" --no-print-directory BUILD=$out CC=clang CXX=clang++ CFLAGS="$flags" CXXFLAGS="$flags" \
    $out/libseam.a $objects
for name in $names; do
    clang++ -fsanitize=fuzzer,address,undefined -o "$out/$name" "$out/tests/fuzz/$name.o" $out/libseam.a \
        -lgsl -lgslcblas -lfyaml -lsimdjson -lcsv -lexpat -lsqlite3 -lcurl -lz -lm -pthread
    mkdir -p "$out/new-$name"
    if "$out/$name" -max_total_time="$SECONDS_EACH" -rss_limit_mb=1024 -timeout=10 \
        "$out/new-$name" "tests/fuzz/corpus/${name#fuzz_}" >"$out/$name.log" 2>&1; then
        echo "$name: $(tail -1 "$out/$name.log")"
    else
        tail -30 "$out/$name.log"
        echo "fuzz: $name found something" >&2
        exit 1
    fi
done
