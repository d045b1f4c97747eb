#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs the examples of README.md and of the manual and holds what they print against what is shown:
# manual.sh fast|slow.  An example is a line "$ command" of a block of code, with its output below; in
# the manual, also each line of a block whose first word is a command of ours.
#
# What is shown must come, line by line and on both streams; a line "..." stands for any lines, "..."
# in a line for any of its characters.  An example without output must only end as it should.  Times
# that a run took are masked ("0.3 s elapsed").  Status 0 is expected unless manual.list says otherwise.
#
# Examples run in an empty folder with links to scenarios/ and tests/ and the files that the manual
# speaks of (flow.yaml, traces.jsonl, labels.csv, ...), in order, so that one may use what another made.
# manual.list names what is not as usual, and why; each of its rows must be of an example that there is,
# and none of our own commands is left out.  `ONLY=words` runs those that hold the words.
set -u
kind=$1
top=$(pwd)
SEAM=$(cd "$(dirname "${SEAM:-build/seam}")" && pwd)/seam
list=$top/tests/tools/manual.list
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin" "$work/at" "$work/ours"
ln -s "$SEAM" "$work/bin/seam"
PATH="$work/bin:$PATH"
export PATH COLUMNS=80 TERM=dumb LC_ALL=C.UTF-8
pass=0 fail=0
ok() { # what, status
    if [ "$2" = 0 ]; then pass=$((pass + 1)); else fail=$((fail + 1)); echo "manual: $1"; fi
}

# ---- the examples ------------------------------------------------------------------------------

# files with blocks of code between ``` (or indented) -> N.cmd, N.want, N.place; YAML -> N.yaml
take='
function begin(command) {
    n++
    printf "%s", command > (dir "/" n ".cmd"); close(dir "/" n ".cmd")
    printf "" > (dir "/" n ".want")
    print name ":" FNR > (dir "/" n ".place"); close(dir "/" n ".place")
}
function line(text) {
    if (goes_on) {
        sub(/^> /, "", text)
        printf "\n%s", text >> (dir "/" n ".cmd"); close(dir "/" n ".cmd")
        goes_on = text ~ /[\\|]$/
    } else if (text ~ /^\$ / || (bare && text ~ /^(seam|eval|echo) /)) {
        sub(/^\$ /, "", text)
        sub(/  +# [^"]*$/, "", text) # a remark
        begin(text)
        open = 1
        goes_on = text ~ /[\\|]$/
    } else if (yaml || text == "seam: 1") {
        if (!yaml) { y++; yaml = 1 }
        print text > (dir "/" y ".yaml")
    } else if (open) {
        print text > (dir "/" n ".want")
    }
}
function ends() { open = 0; goes_on = 0; yaml = 0 }'
awk -v dir="$work/at" -v name=README.md "$take"'
    /^```/ { fenced = !fenced; ends(); next }
    fenced { line($0); next }
    /^    / { sub(/^    /, ""); line($0); next }
    { ends() }
    END { print n + 0, y + 0 > (dir "/count") }' "$top/README.md"
read -r n y <"$work/at/count"
"$SEAM" help --man | LC_ALL=C awk -v dir="$work/at" -v name="the manual" -v n="$n" -v y="$y" "$take"'
    function utf8(hex,    x, i) { # "25C6" to its bytes
        x = 0
        for (i = 1; i <= length(hex); i++) x = 16 * x + index("0123456789ABCDEF", substr(hex, i, 1)) - 1
        if (x < 2048) return sprintf("%c%c", 192 + int(x / 64), 128 + x % 64)
        return sprintf("%c%c%c", 224 + int(x / 4096), 128 + int(x / 64) % 64, 128 + x % 64)
    }
    {
        gsub(/\\-/, "-"); gsub(/\\e/, "\\"); gsub(/\\&/, ""); gsub(/\\\(aq/, "\047"); gsub(/\\\(dq/, "\"")
        gsub(/\\\(ti/, "~"); gsub(/\\\(rs/, "\\"); gsub(/\\\(ha/, "^"); gsub(/\\\(ga/, "`")
        while (match($0, /\\\[u[0-9A-F]+\]/))
            $0 = substr($0, 1, RSTART - 1) utf8(substr($0, RSTART + 3, RLENGTH - 4)) substr($0, RSTART + RLENGTH)
    }
    /^\.SH/ { bare = $0 !~ /SYNOPSIS/; skip = !bare }
    /^\.EX/ { inside = 1; next }
    /^\.EE/ { inside = 0; ends(); next }
    inside && !skip { line($0) }
    END { print n + 0, y + 0 > (dir "/count") }'
read -r n y <"$work/at/count"

# ---- what they run on --------------------------------------------------------------------------

# store, scenario, options: a run that is broken off when all its items are on the way; those of
# people.yaml wait for people, those of flow.yaml take a second
break_off() {
    seam run "$2" $3 $4 ${5:-} ${6:-} --db "$1" --quiet >said 2>&1 &
    waits=0
    while ! { [ -e "$1" ] && echo count | seam review --db "$1" 2>/dev/null | grep -q '^3 wait'; }; do
        sleep 0.1
        waits=$((waits + 1))
        [ $waits -lt 600 ] || return 1
    done
    [ "$2" = people.yaml ] || sleep 0.2
    kill -INT $!
    wait $!
    [ $? = 130 ]
}
prepare() {
    ln -s "$top/scenarios" scenarios
    mkdir tests traces
    ln -s "$top/tests/data" tests/data
    ln -s "$top/tests/tools" tests/tools
    cat >flow.yaml <<'YAML'
seam: 1
name: A draft, a gate and a person
flow:
  - stage: draft
    wrong: 10%
    error: 3%
    latency: 1s
    confidence: {good: {beta: {a: 8, b: 2}}, bad: {beta: {a: 3, b: 3}}}
  - gate: confident
    threshold: 80%
    above: ship
    below: desk
  - review: desk
    sensitivity: 90%
YAML
    sed 's/wrong: 10%/wrong: 1%/' flow.yaml >then.yaml
    cp flow.yaml now.yaml
    # items that wait for people: a run that was broken off before anybody decided anything
    sed -e 's/threshold: 80%/threshold: 100%/' -e 's/error: 3%/error: 0%/' \
        -e 's/^    sensitivity.*/&\n    exec: {builtin: queue, undo: 0s}/' flow.yaml >people.yaml
    printf '{"id":"b%s","input":{"text":"%s"}}\n' 1 one 2 two 3 three >briefs.jsonl
    break_off people.db people.yaml --input briefs.jsonl --time-scale skip
    cp people.db seam.db
    break_off seam.db flow.yaml --items 1000
    gunzip -c tests/data/genai.jsonl.gz >traces.jsonl
    head -12 traces.jsonl >june.jsonl
    tail -12 traces.jsonl >july.jsonl
    seam solve scenarios/six-step.yaml --json --quiet >simulate.json
    mkdir .zfunc
    ln -s "$top/tests/data/genai.jsonl.gz" traces.jsonl.gz
    cp tests/data/genai.jsonl.gz traces/a.jsonl.gz
    gunzip -c tests/data/desk.csv.gz >events.csv
    ln -s "$top/tests/data/langgraph.json" graph.json
    ln -s "$top/tests/fuzz/corpus/definition/workflow.json" workflow.json
    printf 'find:\n  description: find it\n  agent: finder\ntell:\n  agent: finder\n  context: [find]\n' >tasks.yaml
    printf 'finder:\n  role: finder\n' >agents.yaml
    # one file of labels for logs and for size: items of the log, and a confidence for each
    awk -F, 'NR == 1 { print "item,correct,shipped_correct,confidence" }
        NR > 1 { print $1 "," $2 "," $2 "," ($2 ? 0.7 + NR % 29 / 100 : 0.3 + NR % 50 / 100) }' \
        tests/data/genai.labels.csv >labels.csv
    awk 'BEGIN { print "confidence,correct"
        for (i = 0; i < 2000; i++) { c = 0.5 + i % 50 / 100; print c "," (i % 97 < 97 * c + 10) } }' >answers.csv
    # of which 3% are wrong, from the 501st on 12%
    awk 'BEGIN { print "confidence,correct"
        for (i = 1; i <= 1000; i++) print "0.9," (i % (i > 500 ? 8 : 33) > 0) }' >audits.csv
}
cd "$work/ours" && prepare >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }

# ---- the list ----------------------------------------------------------------------------------

# rows "what :: example :: why", where what is one or more of
#   slow         left to the long tests, which run all
#   never        not run: no command of ours
#   interrupt    takes days: broken off after a second, ends with 130
#   status N     ends with N
#   needs NAME   passed over where that program is not there
#   measured     tells what this computer measured: words are compared, numbers not
grep -v '^#' "$list" | grep . >"$work/list"
awk -F " :: " 'NF != 3 { print "manual.list: not \"what :: example :: why\": " $0; bad = 1; next }
    $1 !~ /^((slow|never|interrupt|measured|status [0-9]+|needs [a-z]+)( |$))+$/ {
        print "manual.list: " $1 ": is none of what may stand there"; bad = 1 }
    $1 ~ /never/ && $2 ~ /^seam / { print "manual.list: our own commands are run: " $2; bad = 1 }
    seen[$2]++ { print "manual.list: twice: " $2; bad = 1 }
    END { exit bad }' "$work/list"
ok "the list is not as it should be" $?
# for each example what is told of it, "N words"; fails when a row is of none
awk -v dir="$work/at" -v n="$n" -F ' :: ' '
    { what[$2] = $1 }
    END {
        for (i = 1; i <= n; i++) {
            command = ""
            while ((getline line < (dir "/" i ".cmd")) > 0) {
                sub(/\\$/, "", line)
                command = command line
            }
            gsub(/ +/, " ", command)
            print i, what[command], ""
            there[command] = 1
        }
        for (command in what)
            if (!(command in there)) {
                print "manual.list: no such example: " command > "/dev/stderr"
                bad = 1
            }
        exit bad
    }' "$work/list" >"$work/told"
ok "the list names examples that are not there" $?

# ---- run and compare ---------------------------------------------------------------------------

# shown and come, both masked: do the lines of the first stand in the second, in order?
matches='
function quoted(text,    out, c, i) { # as a pattern of which only "..." is special
    out = ""
    for (i = 1; i <= length(text); i++) {
        c = substr(text, i, 1)
        if (substr(text, i, 3) == "...") { out = out ".*"; i += 2 }
        else out = out (c ~ /[][\\.^$*+?(){}|\/]/ ? "\\" c : c)
    }
    return "^" out "$"
}
function fits(want, got) { return want == got || (want ~ /\.\.\./ && got ~ quoted(want)) }
NR == FNR { want[++w] = $0; next }
{ got[++g] = $0 }
END {
    at = 1; any = 0
    for (i = 1; i <= w; i++) {
        if (want[i] == "...") { any = 1; continue }
        from = at
        while (at <= g && !fits(want[i], got[at]) && any) at++
        if (at > g || !fits(want[i], got[at])) {
            print "  shown: " want[i]
            print "  came:  " (from <= g ? got[from] : "nothing more")
            exit 1
        }
        at++; any = 0
    }
    if (w && !any && at <= g) { print "  came, not shown: " got[at]; exit 1 }
}'
mask() {
    sed -E -e 's/[0-9.]+ (ms|s) elapsed/T elapsed/' -e 's/ +$//' "$1" |
        if [ $numbers = masked ]; then sed -E -e 's/[0-9][0-9.,]*/N/g' -e 's/ +/ /g'; else cat; fi
}

interrupt() { # number: it is broken off after a second
    timeout --preserve-status -s INT 1 bash -c "exec $(cat "$work/at/$1.cmd")" >"$work/raw" 2>&1
    ok "$(cat "$work/at/$1.place" "$work/at/$1.cmd"): exit status, interrupted" $(($? != 130))
}
run() { # number, expected status
    cp "$work/at/$1.cmd" "$work/cmd"
    [ -z "${TIMES:-}" ] || cat "$work/cmd" >>"$TIMES"
    sed -i 's#^make demo$#sh tests/tools/demo.sh#' "$work/cmd" # what it does once all is built
    shell=bash
    case $needs in fish | zsh) shell=$needs ;; esac
    SEAM=$SEAM HOME=$work/ours timeout ${LIMIT:-300} $shell -c "$(cat "$work/cmd")" >"$work/raw" 2>&1 </dev/null
    status=$?
    place="$(cat "$work/at/$1.place"): $(head -1 "$work/cmd")"
    [ $status = "$2" ] || { tail -3 "$work/raw"; false; }
    ok "$place: exit status $status, not $2" $?
    [ -s "$work/at/$1.want" ] || return 0
    mask "$work/raw" >"$work/got"
    awk 'NF { while (blank-- > 0) print ""; blank = 0; print; next } { blank++ }' "$work/at/$1.want" >"$work/want.all"
    mask "$work/want.all" >"$work/want"
    awk "$matches" "$work/want" "$work/got"
    ok "$place: another output" $?
}

passed_over=0
while read -r i what; do
    when=fast numbers=same status=0 needs='' how=run last=''
    for word in $what; do
        case $last in status) status=$word ;; needs) needs=$word ;; esac
        case $word in
        slow) when=slow ;;
        measured) numbers=masked ;;
        never | interrupt) how=$word ;;
        esac
        last=$word
    done
    [ -z "${ONLY:-}" ] || grep -qF -- "$ONLY" "$work/at/$i.cmd" || how=never
    [ -z "$needs" ] || command -v "$needs" >/dev/null 2>&1 || how=never
    if [ $how = never ]; then
        passed_over=$((passed_over + 1))
    elif [ $when-$kind != slow-fast ]; then
        $how "$i" "$status"
    fi
done <"$work/told"
[ "$kind" = slow ] || {
    # no line of a block of code is longer than 80 characters
    awk '/^```/ { inside = !inside; next } inside' "$top/README.md" | grep -nE '^.{81,}$'
    ok "README.md: blocks of code wider than 80 columns" $(($? == 0))
    i=1
    while [ $i -le "$y" ]; do
        "$SEAM" check "$work/at/$i.yaml" >"$work/raw" 2>&1 || { cat "$work/raw"; false; }
        ok "a scenario that is shown has faults" $?
        i=$((i + 1))
    done
    # what README points at is there
    grep -oE '\b(src|tests|scenarios|reports|include)/[A-Za-z0-9_./-]*[a-z0-9]' "$top/README.md" | sort -u >"$work/paths"
    while read -r path; do
        case $path in reports/sample/* | src/* | tests/* | scenarios/* | include/*) ;; *) continue ;; esac
        [ -e "$top/$path" ] || ls "$top/$path"* >/dev/null 2>&1
        ok "README.md: $path is not there" $?
    done <"$work/paths"
}
echo "manual: $n examples, of which $passed_over are not run; $pass passed, $fail failed"
[ "$fail" = 0 ]
