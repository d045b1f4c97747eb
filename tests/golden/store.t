# Runs that are kept, listed and shown again; the report's files.
$ seam solve scenarios/six-step.yaml --db $TMP_GOLDEN/runs.db | head -2
seam: saved as run 1
solve: Six steps of 97%
exact, by absorbing chain
$ seam solve scenarios/six-step.yaml --db $TMP_GOLDEN/runs.db --quiet --target "reliability at least 99%" --json | grep -c '"passed": false'
1
$ seam runs list --db $TMP_GOLDEN/runs.db --csv | cut -d, -f1,3-
id,command,scenario,reliability,review_load
2,solve,Six steps of 97%,0.8329720049289999,0
1,solve,Six steps of 97%,0.8329720049289999,0
$ seam runs list --db $TMP_GOLDEN/runs.db --json | grep -v '"time"'
[
 {
  "id": 2,
  "command": "solve",
  "scenario": "Six steps of 97%",
  "reliability": 0.8329720049289999,
  "review_load": 0
 },
 {
  "id": 1,
  "command": "solve",
  "scenario": "Six steps of 97%",
  "reliability": 0.8329720049289999,
  "review_load": 0
 }
]
$ seam runs list --db $TMP_GOLDEN/runs.db | sed 's/20[0-9T:Z-]*/TIME/'
Runs in the store, newest first
run  time                  command  scenario          reliability  review load
  2  TIME  solve    Six steps of 97%       83.30%           0%
  1  TIME  solve    Six steps of 97%       83.30%           0%

run  targets
  2  fail
  1
$ seam runs show 1 --db $TMP_GOLDEN/runs.db | head -6
solve: Six steps of 97%
exact, by absorbing chain

Headline
metric          value
reliability    83.30%
$ seam runs show 2 --db $TMP_GOLDEN/runs.db --json | grep '"command"\|"passed"'
  "command": "solve",
  "passed": false,
$ seam runs show 1 --db $TMP_GOLDEN/runs.db --csv | head -2
part,id,metric,x,value,low,high,level,n,unit,target,verdict,note
result,solve,reliability,,0.8329720049289999,0.8329720049289999,0.8329720049289999,,,1,,,Six steps of 97%
$ seam runs show 3 --db $TMP_GOLDEN/runs.db
seam: TMP/runs.db: there is no run 3; `seam runs list` shows those there are
[3]
$ seam runs show first --db $TMP_GOLDEN/runs.db
seam: `seam runs show`: "first" is not a whole number: write 12, 1000 or 1e6
[2]
$ seam runs forget --db $TMP_GOLDEN/runs.db
seam: `seam runs`: "forget" is not one of list or show
[2]
$ seam runs list --db $TMP_GOLDEN/none.db
seam: TMP/none.db: there is no such store; --db FILE names one
[4]
$ PATH=$TMP_GOLDEN/bin seam doctor --db $TMP_GOLDEN/runs.db | grep store
store      TMP/runs.db: ok
$ PATH=$TMP_GOLDEN/bin seam doctor --db $TMP_GOLDEN/none.db | grep store
store      TMP/none.db: there is no such file
$ PATH=$TMP_GOLDEN/bin seam doctor --db LICENSE | grep store
store      LICENSE: this file is not a store (not an sqlite database)
$ seam solve scenarios/six-step.yaml --json > $TMP_GOLDEN/solved.json
$ seam report $TMP_GOLDEN/solved.json scenarios/gate-review.yaml tests/data/genai.jsonl.gz --trials 1000 -o $TMP_GOLDEN/page --format html,csv,json
seam: wrote TMP/page/report.html
seam: wrote TMP/page/report.json
seam: wrote TMP/page/01-solve.csv
seam: wrote TMP/page/02-solve.csv
seam: wrote TMP/page/03-simulate.csv
seam: wrote TMP/page/04-replay.csv
seam: wrote TMP/page/05-fit.csv
$ grep -c '<h2' $TMP_GOLDEN/page/report.html
14
$ seam report $TMP_GOLDEN/page/report.json -o $TMP_GOLDEN/page2 --format csv --quiet && cmp $TMP_GOLDEN/page/04-replay.csv $TMP_GOLDEN/page2/04-replay.csv && ls $TMP_GOLDEN/page2 | wc -l
5
$ seam report scenarios/gate-review.yaml --trials 1000 -o $TMP_GOLDEN/page3 --format md --quiet && sed -n '/^## Verdict/,/^## Head/p' $TMP_GOLDEN/page3/report.md | grep '^[^#]' && ls $TMP_GOLDEN/page3 | grep -c svg
> **Of all items, 97.69% end right. No target was set to hold that against.**
Of 1,000 such items some 977 end right, 23 ship although they are wrong; people look at 487 of them.
6
$ seam report --compare scenarios/gate-review.yaml scenarios/six-step.yaml --trials 1000 -o $TMP_GOLDEN/page4 --format md --quiet && sed -n '/^## Verdict/,/^## Head/p' $TMP_GOLDEN/page4/report.md | grep '^[^#]'
> **Worse: with Six steps of 97%, 14.40 fewer of every 100 items end right.**
Of all items, 97.69% end right with Gate and review, 83.30% with Six steps of 97%.
- shipped error falls from 2.31% to 0%: -2.31 points, better.
- auto error falls from 1.13% to 0%: -1.13 points, better.
- share failed rises from 0% to 16.70%: +16.70 points, worse.
- review load falls from 48.68% to 0%: -48.68 points, better.
$ seam report --compare scenarios/gate-review.yaml
seam: --compare takes two: `seam report --compare BEFORE AFTER`, each a result, a scenario or a log
[2]
$ seam report --labels tests/data/answers.csv.gz --target "auto_error at most 10%" -o $TMP_GOLDEN/page5 --format md --quiet && sed -n '/^## The flow/,/^## Where/p' $TMP_GOLDEN/page5/report.md | grep '^[^#]'
*These results know of no steps: they speak of confidences, labels or whole pipelines. The scenario or a trace log beside them (`seam report FILE LOG`) would show the steps here.*
$ seam report --labels tests/data/answers.csv.gz
seam: --labels without a log: say what the labels are to show, as --target "auto_error at most 5%"
[2]
$ seam report $TMP_GOLDEN/solved.json -o $TMP_GOLDEN/page --format h
seam: --format: "h" is not one of html, md, json, csv and pdf
[2]
$ seam report $TMP_GOLDEN/solved.json -o $TMP_GOLDEN/page --format html,
seam: --format: "" is not one of html, md, json, csv and pdf
[2]
$ seam report LICENSE -o $TMP_GOLDEN/page
seam: LICENSE:1: not a log: no column says which item a row is of (case_id, case, case:concept:name; or name it with --item-by)
[3]
$ seam solve scenarios/six-step.yaml --quiet --sweep flow.brief.latency=1s:3s:3 | head -5
Sweep
flow.brief.latency  reliability  latency mean  latency p95
                 1       83.30%           1 s          1 s
                 2       83.30%           2 s          2 s
                 3       83.30%           3 s          3 s
$ seam solve scenarios/six-step.yaml --sweep flow.brief.latency=1s:3:3
seam: --sweep: of "1s" and "3" only one is a duration
[2]
$ seam solve "$(printf 'a\033[31mb.yaml')"
seam: a [31mb.yaml: cannot be read: there is no such file or folder
[4]
$ EDITOR= VISUAL= PATH=$TMP_GOLDEN/bin seam doctor
seam       ok, 0.1.0
gnuplot    missing: reports come without pictures; apt-get install gnuplot-nox
weasyprint missing: no reports as PDF; apt-get install weasyprint
dot        missing: nothing draws `seam check --dot`; apt-get install graphviz
man        missing: nothing shows `seam help --man`; apt-get install man-db
mpirun     missing: no runs over many machines (MPI=1); apt-get install
           openmpi-bin
editor     none: `seam review` edits one member at a time; set EDITOR
store      none named (--db FILE)
[1]
$ EDITOR=vi VISUAL= PATH=$TMP_GOLDEN/bin seam doctor --csv | grep -n 'what\|gnuplot\|editor'
1:what,sound,says,version,lacks,package
3:gnuplot,false,missing: reports come without pictures; apt-get install gnuplot-nox,,reports come without pictures,gnuplot-nox
8:editor,true,"ok, vi",,,
$ PATH=$TMP_GOLDEN/bin seam doctor --json | grep -A5 weasyprint
      "what": "weasyprint",
      "sound": true,
      "says": "missing: no reports as PDF; apt-get install weasyprint",
      "lacks": "no reports as PDF",
      "package": "weasyprint"
    },
    {
      "what": "dot",
      "sound": true,
      "says": "missing: nothing draws `seam check --dot`; apt-get install graphviz",
