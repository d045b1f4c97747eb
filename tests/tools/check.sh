#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs what was built and prints each runner's closing line: check.sh fast|slow|sanitize
set -u
BUILD=${BUILD:-build}
kind=$1
SEAM=$BUILD/seam
export SEAM BUILD
programs=0 broken=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT

run() { # name, command...
    name=$1
    shift
    programs=$((programs + 1))
    if "$@" >"$log" 2>&1; then
        grep -hE '^\[  PASSED  \]|passed, [0-9]+ failed|^replayed|^skipped' "$log" | tail -2 | sed "s|^|$name: |"
    else
        broken=$((broken + 1))
        cat "$log"
        echo "$name: FAILED"
    fi
}

export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0 UBSAN_OPTIONS=print_stacktrace=1
case $kind in
fast | sanitize)
    for t in "$BUILD"/tests/unit/test_* "$BUILD"/tests/property/test_*; do
        case $t in *.o | *.d | *'*'*) continue ;; esac
        [ -x "$t" ] && run "$(basename "$t")" "$t"
    done
    for f in "$BUILD"/tests/fuzz/fuzz_*; do
        case $f in *.o | *.d | *'*'*) continue ;; esac
        name=$(basename "$f")
        [ -d "tests/fuzz/corpus/${name#fuzz_}" ] && run "$name" "$f" "tests/fuzz/corpus/${name#fuzz_}"
    done
    run golden sh tests/golden/run.sh
    [ "$kind" = sanitize ] || for s in tests/tools/check-*.test.sh; do
        [ -e "$s" ] && run "$(basename "$s")" sh "$s"
    done
    ;;
slow)
    for t in "$BUILD"/tests/stat/test_*; do
        case $t in *.o | *.d | *'*'*) continue ;; esac
        [ -x "$t" ] && run "$(basename "$t")" "$t"
    done
    for s in tests/tools/slow-*.test.sh; do
        [ -e "$s" ] && run "$(basename "$s")" sh "$s"
    done
    ;;
esac
echo "check-$kind: $((programs - broken)) passed, $broken failed"
[ "$broken" = 0 ]
