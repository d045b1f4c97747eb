#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Each decoder for SECONDS (60) under libFuzzer, from the corpus in tests/fuzz/corpus.
set -eu
SECONDS_EACH=${SECONDS_EACH:-60}
command -v clang >/dev/null || { echo "fuzz: needs clang and libclang-rt-dev" >&2; exit 1; }
out=build-fuzz
mkdir -p $out
flags="-g -O1 -fsanitize=fuzzer-no-link,address,undefined -DSEAM_ONE_VERSION -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE -DSEAM_VERSION=\"fuzz\" -Iinclude -I."
for f in $(find src -name '*.c' ! -path 'src/cli/*'); do
    o=$out/$(echo "$f" | tr / _).o
    [ "$o" -nt "$f" ] || clang -std=c11 $flags -c -o "$o" "$f"
done
[ $out/json_read.o -nt src/base/json_read.cc ] || clang++ -std=c++17 $flags -c -o $out/json_read.o src/base/json_read.cc
for t in tests/fuzz/fuzz_*.c; do
    name=$(basename "$t" .c)
    clang -std=c11 $flags -c -o "$out/$name.t.o" "$t"
    clang++ -fsanitize=fuzzer,address,undefined -o "$out/$name" "$out/$name.t.o" $out/*.c.o $out/json_read.o \
        -lgsl -lgslcblas -lfyaml -lsimdjson -lcsv -lsqlite3 -lz -lm -pthread
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
