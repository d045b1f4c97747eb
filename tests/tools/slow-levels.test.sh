#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The same numbers, to nine digits, from builds for three levels of x86-64 and from the plain build
# on a processor that is told to hide its newer instructions from the C library.
set -u
SEAM=${SEAM:-build/seam}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
[ "$(uname -m)" = x86_64 ] || {
    echo "skipped: levels of x86-64 are of x86-64"
    exit 0
}
has() { grep -qw "$1" /proc/cpuinfo; }
levels="x86-64"
has avx2 && has fma && levels="$levels x86-64-v3"
has avx512f && has avx512vl && has avx512bw && has avx512dq && levels="$levels x86-64-v4"

numbers() { # program, to
    for s in six-step gate-review cascade draft-critic parallel-voting outage-retries review-desk; do
        trials=200000
        [ $s = review-desk ] && trials=4
        "$1" simulate "scenarios/$s.yaml" --trials $trials --threads 1 --json --quiet
        "$1" solve "scenarios/$s.yaml" --json --quiet
    done | grep -v '"elapsed_s"' >"$2"
}
passed=0 broken=0
numbers "$SEAM" "$dir/want"
for level in $levels hidden; do
    program=$SEAM
    if [ "$level" = hidden ]; then
        GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX2,-FMA,-AVX512F,-AVX,-FMA4
        export GLIBC_TUNABLES
    else
        make --no-print-directory -j2 DEV= BUILD="$dir/$level" \
            CFLAGS="-O2 -march=$level -DSEAM_ONE_VERSION" "$dir/$level/seam" >"$dir/log" 2>&1 ||
            { tail -5 "$dir/log"; broken=$((broken + 1)); continue; }
        program=$dir/$level/seam
    fi
    numbers "$program" "$dir/got"
    if awk -v level="$level" '
        function digits(x) { return x ~ /^-?[0-9.]+([eE][-+]?[0-9]+)?$/ }
        NR == FNR { want[FNR] = $0; lines = FNR; next }
        { n = split(want[FNR], a, /[ ,:\[\]{}"]+/); m = split($0, b, /[ ,:\[\]{}"]+/)
          if (n != m) { print level ": line " FNR " has another shape"; bad++; next }
          for (i = 1; i <= n; i++) {
              if (a[i] == b[i]) continue
              d = a[i] - b[i]; s = a[i] < 0 ? -a[i] : a[i] + 0; d = d < 0 ? -d : d
              if (!digits(a[i]) || !digits(b[i]) || d > 1e-9 * s + 1e-15) {
                  if (bad++ < 5) print level ": " a[i] " is " b[i] ", line " FNR
              }
          } }
        END { exit bad > 0 || FNR != lines }' "$dir/want" "$dir/got"; then
        passed=$((passed + 1))
    else
        broken=$((broken + 1))
    fi
done
echo "levels ($levels, hidden): $passed passed, $broken failed"
[ "$broken" = 0 ]
