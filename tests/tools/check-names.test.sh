#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Names that are markup, shell, gnuplot code, formulas, terminal controls, direction marks or
# megaphones, in every place a name can come from, through every command and format: none gets out
# of its place (tests/tools/inert.awk), nothing of them is run, and what is readable stays so.
set -u
SEAM=${SEAM:-build/seam}
here=$(pwd)
case $SEAM in /*) ;; *) SEAM=$here/$SEAM ;; esac
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
LC_ALL=C TERM=dumb COLUMNS=80
export LC_ALL TERM COLUMNS
pass=0 fail=0
wrong() { fail=$((fail + 1)); echo "names: $*"; }

# --- the names, as they stand between the quotes of JSON and of YAML

markup='<script src=//canary.invalid/x.js>alert(1)</script>\"'"'"'><img src=x onerror=alert(1)>'
shell='`touch canary` $(touch canary) <touch canary'"'"'; system('"'"'touch canary'"'"') #\" . system(\"touch canary\") . \"'
formula='=cmd|'"'"' /C calc'"'"'!A0'
control='\u001b]0;owned\u0007\u001b[31mred\u009b2J\u202eleft\u2066\u2028\u007fup\nset output '"'"'canary'"'"'\nplot x'
letters='\u0634\u0633 \u05e9\u05dc \ud83d\ude00 {/Symbol a}^2 %s%n '$(printf 'long%.0s' 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0)
drawn='@x](javascript:alert(1)) |a|b| ``` # ![i](http://canary.invalid/p.png)\"] --> B[x]; click B evil(); %%{init}%% \\101'

# Puts names in the place of words: what is written "WORD" in JSON.
rename() { # file, then word and name...
    awk -v n=$(($# / 2)) '
        BEGIN { for (i = 1; i <= n; i++) { word[i] = "\"" ARGV[2 * i] "\""; name[i] = "\"" ARGV[2 * i + 1] "\"" }
                ARGC = 2 }
        { for (i = 1; i <= n; i++) {
              done = ""
              while ((at = index($0, word[i])) > 0) {
                  done = done substr($0, 1, at - 1) name[i]
                  $0 = substr($0, at + length(word[i]))
              }
              $0 = done $0
          }
          print }' "$@"
}
# The same bytes as a text of its own.
bytes() { printf '%s' "$1" | awk '
    BEGIN { for (i = 0; i < 32; i++) plain["\\u00" sprintf("%02x", i)] = sprintf("%c", i)
            plain["\\u007f"] = "\177"; plain["\\u009b"] = "\302\233"; plain["\\u202e"] = "\342\200\256"
            plain["\\u2066"] = "\342\201\246"; plain["\\u2028"] = "\342\200\250"
            plain["\\u0634"] = "\330\264"; plain["\\u0633"] = "\330\263"; plain["\\u05e9"] = "\327\251"
            plain["\\u05dc"] = "\327\234"; plain["\\ud83d"] = "\360\237\230\200"; plain["\\ude00"] = "" }
    { while ((at = index($0, "\\")) > 0) {
          printf "%s", substr($0, 1, at - 1)
          next_one = substr($0, at + 1, 1)
          printf "%s", next_one == "u" ? plain[substr($0, at, 6)] : next_one == "n" ? "\n" : next_one
          $0 = substr($0, at + (next_one == "u" ? 6 : 2))
      }
      printf "%s", $0 }'; }
quoted() { printf '"%s"' "$(bytes "$1" | sed 's/"/""/g')"; }

# --- where they come from

gzip -dc tests/data/genai.jsonl.gz >"$dir/plain.jsonl"
rename "$dir/plain.jsonl" retrieve "$markup" generate "$shell" tool_call "$formula" human_review "$control" \
    feedback_store "$letters" rag-pipeline "$drawn" corpus "$markup" 'retrieval corpus' "$shell" app.attempt "$control" \
    run-7-1 "$shell" >"$dir/log.jsonl"
cp tests/data/genai.labels.csv "$dir/labels.csv"
{
    echo 'case_id,activity,start,end,confidence,decision,reviewer,outcome'
    i=100
    while [ $i -lt 160 ]; do
        for step in "$markup" "$control review"; do
            decision= who= sure=0.$((i * 7 % 100))
            [ "$step" = "$markup" ] || decision=approve who=$([ $((i % 2)) = 0 ] && quoted "$formula" || quoted "$control")
            printf '%s\n' "$(quoted "$formula$i"),$(quoted "$step"),2026-01-05T0$((i % 10)):$((i % 60 / 10 + 10)):00Z,2026-01-05T0$((i % 10)):$((i % 60 / 10 + 10)):30Z,$sure,$decision,$who,$([ $((i % 7)) = 0 ] && echo failed || quoted "$shell")"
        done
        i=$((i + 1))
    done
} >"$dir/log.csv"
{
    echo 'id,confidence,correct,group'
    awk -v a="$(quoted "$formula")" -v b="$(quoted "$letters")" 'BEGIN { for (i = 0; i < 400; i++)
        print i ".," i / 400 "," (i % 9 > 0 || i > 200) "," (i % 2 ? a : b) }'
} >"$dir/size.csv"
{ # labels from elsewhere: who decided, why, at which step, of which scenario
    echo 'id,confidence,correct,group,weight,source,decision,reviewer,reason,step,threshold,run,scenario'
    awk -v a="$(quoted "$markup")" -v b="$(quoted "$control")" -v c="$(quoted "$formula")" -v d="$(quoted "$letters")" \
        'BEGIN { for (i = 0; i < 60; i++) { w = i % 2 ? a : b; v = i % 3 ? c : d
            print substr(v, 1, length(v) - 1) i "\"," i / 60 "," (i % 9 > 0) "," w ",1," (i % 4 ? "reviewed" : "audit") ",approve," w "," v "," w ",0.5," v "," w } }'
} >"$dir/raters.csv"
{ # labels of items that no log has, beside those it has
    cat "$dir/labels.csv"
    for word in "$markup" "$control" "$formula" "$shell"; do echo "$(quoted "$word"),1,0"; done
} >"$dir/strange.csv"
for kind in one two; do
    cat >"$dir/$kind.yaml" <<END
seam: 1
name: "$([ $kind = one ] && printf %s "$markup" || printf %s "$control")"
about: "$shell $letters"
objective: {shipped_error: at most 1%, review_load: at most 25%}
flow:
  - stage: answer
    wrong: $([ $kind = one ] && echo 5 || echo 9)/100
    confidence: {good: {beta: {a: 8, b: 2}}, bad: {beta: {a: 3, b: 3}}}
    exec: {command: [sh, -c, "cat >/dev/null; echo '{}'", "$shell", "$control"]}
  - {gate: confident, threshold: 80%, above: ship, below: desk}
  - {review: desk, layer: human, sensitivity: 90%, fixes: 100%}
END
done

# --- what is looked at

terminal="$(printf '[\001-\011\013-\037\177]\\|\302[\200-\237]\\|\342\200[\250-\256]\\|\342\201[\246-\251]')"
inert() { # kind, file
    case $1 in
    json | svg | tsv | gp) pattern="$(printf '[\001-\010\013\014\016-\037\177]')" ;;
    html) pattern="$(printf '[\001-\010\013-\037\177]\\|\302[\200-\237]\\|\342\200[\250-\256]\\|\342\201[\246-\251]')" ;;
    *) pattern=$terminal ;;
    esac
    if grep -a -m 1 -n "$pattern" "$2" >"$dir/found"; then
        wrong "$2: a control character: $(head -c 300 "$dir/found" | cat -v)"
    elif ! iconv -f UTF-8 -t UTF-8 "$2" >/dev/null 2>&1; then
        wrong "$2 is no UTF-8"
    fi
    case $1 in
    html | svg | csv | json | md | dot | mermaid)
        awk -v kind="$1" -v lines="${3:-}" -f "$here/tests/tools/inert.awk" "$2" >"$dir/found" 2>&1
        if [ -s "$dir/found" ]; then wrong "$(head -3 "$dir/found" | cat -v)"; else pass=$((pass + 1)); fi
        ;;
    text)
        long=$(sed 's/[^ -~]//g' "$2" | awk 'length > 80' | head -1)
        if [ -n "$long" ]; then wrong "$2: wider than 80 columns: $long"; else pass=$((pass + 1)); fi
        ;;
    *) pass=$((pass + 1)) ;;
    esac
}
run() { # name, most of exit status, arguments...: into $dir/NAME, what it says into $dir/said
    name=$1 most=$2
    shift 2
    "$SEAM" "$@" >"$dir/$name" 2>"$dir/said"
    status=$?
    [ $status -le "$most" ] || wrong "seam $1: exit status $status: $(head -c 300 "$dir/said" | cat -v)"
    inert said "$dir/said"
}
in_all_forms() { # name, arguments...
    named=$1
    shift
    run "$named.txt" 1 "$@" && inert text "$dir/$named.txt"
    run "$named.json" 1 "$@" --json --quiet && inert json "$dir/$named.json"
    run "$named.csv.out" 1 "$@" --csv --quiet && inert csv "$dir/$named.csv.out"
}
holds() { if grep -qaF "$2" "$dir/$1"; then pass=$((pass + 1)); else wrong "$1 does not hold $2"; fi; }

cd "$dir" || exit 1
by="--stage-by activity --reviewer-by reviewer --failure-when outcome=failed"
in_all_forms check check one.yaml
in_all_forms solve solve one.yaml
in_all_forms compare compare one.yaml two.yaml
in_all_forms size size --labels size.csv --target 'auto_error at most 20%' --per-group
in_all_forms replay replay log.jsonl --labels labels.csv
run policy.txt 1 replay log.jsonl --labels labels.csv --set flow.confidence_gate.threshold=0.75
inert text policy.txt
in_all_forms people replay log.csv $by
in_all_forms strange replay log.jsonl --labels strange.csv
in_all_forms raters size --labels raters.csv --target 'auto_error at most 20%' --per-group
in_all_forms drift drift log.jsonl
run backtest.json 1 backtest log.jsonl --json --quiet
inert json backtest.json
in_all_forms run run one.yaml --items 20 --traces run.otlp --db kept.db
run simulate.json 1 simulate one.yaml --trials 20000 --json --quiet
run fitted.yaml 0 fit log.jsonl --labels labels.csv
run people.yaml 0 fit log.csv $by
inert yaml fitted.yaml
inert yaml people.yaml
in_all_forms fitted check fitted.yaml
run again.txt 1 solve people.yaml
inert text again.txt
inert json run.otlp lines
run traced.txt 1 replay run.otlp
inert text traced.txt
for form in --dot --mermaid --graph; do
    run drawing$form 0 check one.yaml $form --quiet
    inert "$(echo $form | sed 's/--//; s/graph/text/')" drawing$form
done
command -v dot >/dev/null 2>&1 && { dot -Tsvg drawing--dot >drawing.svg 2>said && inert svg drawing.svg || wrong "dot: $(cat said)"; }

# results by hand, with names that no scenario may have
rename solve.json answer "$drawn" confident "$shell" desk "$letters" human "$control" >solved.json
rename simulate.json answer "$formula" confident "$markup" desk "$control" human "$shell" >simulated.json
inert json solved.json
in_all_forms kept runs list --db kept.db
run import.txt 0 import log log.jsonl --db traces.db
in_all_forms stored replay --db traces.db
run labels.out 0 labels export --db kept.db
inert csv labels.out
run imported.txt 0 labels import raters.csv --db rated.db
inert text imported.txt
run rated.out 0 labels export --db rated.db
inert csv rated.out
run rated.json 0 labels export --db rated.db --json
inert json rated.json
run rated.jsonl 0 labels export --db rated.db --format jsonl
inert json rated.jsonl lines

# --- the report, and each picture

run report.txt 0 report replay.json solved.json size.json people.json compare.json \
    -o all --format html,md,json,csv --title "$(bytes "$markup $control")"
run sides.txt 0 report --compare one.yaml two.yaml -o sides --format html,md
run log.txt 0 report log.csv $by -o read --format html,md
for file in all/* sides/* read/*; do
    inert "${file##*.}" "$file"
done
holds all/report.html '&lt;script src=//canary.invalid/x.js&gt;alert(1)'
holds all/report.html "$(printf '\330\264\330\263')"
holds all/report.html "$(printf '\360\237\230\200')"
holds people.txt "=cmd|' /C calc'!A0"
holds replay.txt '`touch canary`'
drawings=0
for kind in $("$SEAM" plot | sed -n 's/^  \([a-z]*\) .*/\1/p'); do
    for of in solved simulated replay size people compare drift backtest; do
        "$SEAM" plot "$kind" $of.json -o "$kind.svg" >plotted 2>said || continue
        inert text plotted
        inert svg "$kind.svg"
        inert said said
        drawings=$((drawings + 1))
        [ ! -e "$kind.gp" ] || { inert gp "$kind.gp" && inert tsv "$kind.tsv"; }
        [ ! -e "$kind.gp" ] || ! grep -q 'touch\|alert\|calc' "$kind.gp" || wrong "$kind.gp holds a name"
        [ "$kind" = flow ] || break
    done
done
[ "$drawings" -ge 12 ] || wrong "no more than $drawings pictures were drawn"

# --- what gets out of its place is seen

caught() { # kind, text
    printf '%b' "$2" >bad
    awk -v kind="$1" -f "$here/tests/tools/inert.awk" bad >found
    if [ -s found ]; then pass=$((pass + 1)); else wrong "this $1 went unseen: $2"; fi
}
caught html '<p>a<script>x</script></p>\n'
caught html '<p title="" onclick="x">a</p>\n'
caught html '<p title="a"b">a</p>\n'
caught html '<p>a<a href="//canary.invalid/">x</a></p>\n'
caught html '<p>1 > 0</p>\n'
caught svg '<svg><image href="#a"/></svg>\n'
caught csv 'a,b\n=1,2\n'
caught csv 'a,b\n"\357\274\2351",2\n'
caught csv 'a,b\n"1,2\n'
caught json '{"a": "\n"}\n'
caught json '{"a": "b"c"}\n'
caught md 'a <b>c</b>\n'
caught md '[a](http)\n'
caught dot 'digraph seam {\n  s0 [label="a" ] evil [x="b"];\n}\n'
caught mermaid 'flowchart TD\n    s0["a"] --> B["x"]\n'

# --- names of files, words of the line

for word in "$(bytes "$markup" | tr -d '/')" "$(bytes "$control")" "$(bytes "$shell")" "$(bytes "$formula" | tr -d '/')"; do
    cp one.yaml "$word.yaml"
    run checked 0 check "./$word.yaml"
    inert checked checked
    run page 0 report "./$word.yaml" -o named --format html --quiet
    inert html named/report.html
    run refused 4 solve "./$word"
    run refused 2 "$word"
    run refused 2 solve one.yaml "--$word"
    run refused 3 solve one.yaml --set "$word=1"
    run refused 3 solve one.yaml --target "$word"
    run refused 3 replay log.csv --failure-when "$word = 1" --stage-by "$word"
done
# environments and what they change: names there are words, and others are told inert
for word in "$markup" "$shell" "$formula" "$control" "$letters" "$drawn"; do
    cat >world.yaml <<END
seam: 1
flow:
  - {stage: a, error: 1%, owner: "$word"}
environments:
  "$word": {up: {lasts: 1h}, "$word": {lasts: 1h, steps: {"$word": {error: 1%}}, resources: {"$word": 1}}}
resources:
  "$word": {servers: 2}
END
    run world.txt 3 check world.yaml
    inert text world.txt
    run world.json 3 check world.yaml --json
    inert json world.json
done
[ -z "$(find . -name canary)" ] || wrong "a name was run: $(find . -name canary)"
echo "$pass passed, $fail failed"
[ "$fail" = 0 ]
