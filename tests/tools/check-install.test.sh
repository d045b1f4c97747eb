#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# make install puts a program that runs, its manual page and its completions under DESTDIR, and
# nothing outside of it.
set -u
dir=$(mktemp -d)
trap 'rm -rf "$dir" "$dir.log"' EXIT
pass=0 fail=0
ok() { # what, status
    if [ "$2" = 0 ]; then pass=$((pass + 1)); else fail=$((fail + 1)); echo "install: $1"; fi
}
make --no-print-directory -s install BUILD="${BUILD:-build}" DESTDIR="$dir" PREFIX=/usr >"$dir.log" 2>&1 || { cat "$dir.log"; echo "0 passed, 1 failed"; exit 1; }
share=$dir/usr/share
"$dir/usr/bin/seam" solve "$share/seam/scenarios/six-step.yaml" --quiet | grep -q '83.3'
ok "the program does not solve" $?
for file in man/man1/seam.1 bash-completion/completions/seam zsh/site-functions/_seam \
    fish/vendor_completions.d/seam.fish; do
    [ -s "$share/$file" ]
    ok "$file is not there" $?
done
page=$share/man/man1/seam.1
if command -v groff >/dev/null 2>&1; then
    groff -man -Tutf8 -P-cbou -ww "$page" >"$dir/page" 2>"$dir/said"
    [ ! -s "$dir/said" ] && grep -q '^EXIT STATUS' "$dir/page"
    ok "groff: $(head -3 "$dir/said")" $?
else
    echo "skipped: groff is not there"
fi
if command -v mandoc >/dev/null 2>&1; then
    mandoc -T lint -W warning "$page" >"$dir/said" 2>&1
    ok "mandoc: $(head -3 "$dir/said")" $?
fi
echo "$pass passed, $fail failed"
[ "$fail" = 0 ]
