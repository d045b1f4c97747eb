#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The report as a PDF: all fourteen headings, every name readable, no script and nothing outside,
# at most 2 MB, and nothing beyond the edge of the paper.  Needs WeasyPrint and poppler's tools.
set -u
SEAM=${SEAM:-build/seam}
skip() { echo "skipped: $1"; exit 0; }
command -v weasyprint >/dev/null || skip "no weasyprint to make a PDF with"
command -v pdftotext >/dev/null && command -v pdfinfo >/dev/null || skip "no pdftotext and pdfinfo to read it with"

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
pass=0 fail=0
check() { # what, 0 or else
    if [ "$2" = 0 ]; then pass=$((pass + 1)); else fail=$((fail + 1)); echo "pdf: $1"; fi
}
log=tests/data/genai.jsonl.gz
labels=tests/data/genai.labels.csv

paper() { # name, arguments of report...: its text, its boxes, what it is
    name=$1
    shift
    "$SEAM" report "$@" -o "$out/$name" --format pdf --quiet
    check "$name: exit status" $?
    pdftotext -layout "$out/$name/report.pdf" "$out/$name.txt"
    pdftotext -bbox "$out/$name/report.pdf" "$out/$name.bbox"
    pdfinfo "$out/$name/report.pdf" >"$out/$name.info"
    pdfinfo -js "$out/$name/report.pdf" >"$out/$name.js" 2>/dev/null
    pdfinfo -url "$out/$name/report.pdf" 2>/dev/null | sed 1d >"$out/$name.url"
    [ "$(wc -c <"$out/$name/report.pdf")" -le 2097152 ]
    check "$name: more than 2 MB" $?
    grep -q '^JavaScript: *no' "$out/$name.info" && ! [ -s "$out/$name.js" ]
    check "$name: script" $?
    ! [ -s "$out/$name.url" ]
    check "$name: addresses outside: $(head -3 "$out/$name.url")" $?
    [ "$(sed -n 's/^Pages: *//p' "$out/$name.info")" -ge 3 ]
    check "$name: less than three pages" $?
    # A4 with margins of 17 mm: no word begins or ends in them
    far=$(sed -n 's/.*xMin="\([0-9.-]*\)".*xMax="\([0-9.]*\)".*>\([^<]*\)<.*/\1 \2 \3/p' "$out/$name.bbox" |
        awk '$1 < 47 || $2 > 549' | head -3)
    [ -z "$far" ]
    check "$name: beyond the edge: $far" $?
    # a heading has something below it on its page
    alone=$(awk '{ n = split($0, part, "\f"); for (i = 1; i <= n; i++) { if (i > 1) { if (count == 2) print last; count = 0 }
                   if (part[i] ~ /[^ ]/) { if (count == 0) last = part[i]; count++ } } }' "$out/$name.txt")
    [ -z "$alone" ]
    check "$name: a page of one line: $alone" $?
}

"$SEAM" replay $log --labels $labels --json >"$out/replay.json" 2>/dev/null &&
    "$SEAM" fit $log --labels $labels -o "$out/fitted.yaml" --quiet &&
    "$SEAM" simulate "$out/fitted.yaml" --json --quiet >"$out/simulate.json" &&
    "$SEAM" size --log $log --labels $labels --target "auto_error at most 5%" --json --quiet >"$out/size.json"
check "the sample's results" $?

paper sample "$out/replay.json" "$out/simulate.json" "$out/size.json"
for heading in "Verdict" "Headline numbers" "The flow" "Where reliability is lost" "Review load against error" \
    "Stage by stage" "How long it takes" "Review backlog" "Confidence and truth" "What matters most" "What to do" \
    "Assumptions and methods" "Data quality" "How to make it again"; do
    [ "$(grep -cF "$heading" "$out/sample.txt")" -ge 2 ] # in the list of sections, and above its own
    check "sample: no heading \"$heading\"" $?
done
paper sides --compare scenarios/gate-review.yaml scenarios/six-step.yaml
"$SEAM" compare scenarios/approach-*.yaml --json --quiet >"$out/approaches.json"
paper approaches "$out/approaches.json"

# names that are code, in other scripts, and longer than any column
cat >"$out/names.yaml" <<'END'
seam: 1
name: "<script src=//canary.invalid/x.js>alert(1)</script> `touch canary` \u202eleft"
about: "\u0634\u0633\u062a \u05e9\u05dc\u05d5\u05dd https://canary.invalid/"
flow:
  - {stage: a-step-with-a-name-that-is-much-longer-than-any-column-of-any-table-on-paper-is-wide-and-longer, wrong: 5%}
  - {stage: b, error: 3%}
END
paper names "$out/names.yaml"
tr -d ' \n' <"$out/names.txt" >"$out/names.joined"
for text in '<scriptsrc=//canary.invalid/x.js>alert(1)</script>' '`touchcanary`' 'a-step-with-a-name-that-is-much-longer'; do
    grep -qF "$text" "$out/names.joined"
    check "names: not readable: $text" $?
done

# letters of other scripts and pictures for letters: held by the paper as text, with the
# fonts that draw them
cat >"$out/letters.yaml" <<'END'
seam: 1
name: "\u0634\u0633\u062a \u05e9\u05dc\u05d5\u05dd \U0001F600 \u041a\u043e\u0434"
flow:
  - {stage: a, wrong: 5%}
END
paper letters "$out/letters.yaml"
for letter in '\330\264' '\330\263' '\330\252' '\327\251' '\327\234' '\327\225' '\327\235' '\360\237\230\200' \
    '\320\232\320\276\320\264'; do
    grep -qaF "$(printf "$letter")" "$out/letters.txt"
    check "letters: not readable: $(printf "$letter")" $?
done
! pdffonts "$out/letters/report.pdf" | awk 'NR > 2 && $(NF - 4) != "yes"' | grep -q .
check "letters: a font is not in the paper" $?
echo "$pass passed, $fail failed"
[ "$fail" = 0 ]
