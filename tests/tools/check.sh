#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs what was built and prints each runner's closing line: check.sh fast|slow|sanitize
set -u
BUILD=${BUILD:-build}
kind=$1
SEAM=$BUILD/seam
export SEAM BUILD
programs=0 broken=0

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
queue=$dir/queue # one runner a line: its name, then the command

add() { # name, command...
    name=$1
    shift
    echo "$name $*" >>"$queue"
}

# Two at a time; each leaves its closing line, or all it printed when it failed.
run_all() {
    export dir
    [ -e "$queue" ] || return 0
    xargs -P 2 -n 1 -d '\n' sh -c '
        name=${1%% *}
        if sh -c "${1#* }" >"$dir/$name.log" 2>&1; then
            grep -hE "^\[  PASSED  \]|passed, [0-9]+ failed|^replayed|^skipped" "$dir/$name.log" |
                tail -2 | sed "s|^|$name: |"
        else
            cat "$dir/$name.log"
            echo "$name: FAILED"
            echo "$name" >>"$dir/broken"
        fi' run <"$queue" || true
    programs=$(wc -l <"$queue")
    [ ! -e "$dir/broken" ] || broken=$(wc -l <"$dir/broken")
}

export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0 UBSAN_OPTIONS=print_stacktrace=1
case $kind in
fast | sanitize)
    add golden sh tests/golden/run.sh # the longest first
    for t in "$BUILD"/tests/unit/test_* "$BUILD"/tests/property/test_*; do
        case $t in *.o | *.d | *'*'*) continue ;; esac
        [ -x "$t" ] && add "$(basename "$t")" "$t"
    done
    for f in "$BUILD"/tests/fuzz/fuzz_*; do
        case $f in *.o | *.d | *'*'*) continue ;; esac
        name=$(basename "$f")
        [ -d "tests/fuzz/corpus/${name#fuzz_}" ] && add "$name" "$f" "tests/fuzz/corpus/${name#fuzz_}"
    done
    [ "$kind" = sanitize ] || for s in tests/tools/check-*.test.sh; do
        [ -e "$s" ] && add "$(basename "$s")" sh "$s"
    done
    ;;
slow)
    for t in "$BUILD"/tests/stat/test_*; do
        case $t in *.o | *.d | *'*'*) continue ;; esac
        [ -x "$t" ] && add "$(basename "$t")" "$t"
    done
    for s in tests/tools/slow-*.test.sh; do
        [ -e "$s" ] && add "$(basename "$s")" sh "$s"
    done
    ;;
esac
run_all
echo "check-$kind: $((programs - broken)) passed, $broken failed"
[ "$broken" = 0 ]
