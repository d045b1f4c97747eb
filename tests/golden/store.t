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
seam: seam runs show: "first" is not a whole number: write 12, 1000 or 1e6
[2]
$ seam runs forget --db $TMP_GOLDEN/runs.db
seam: `seam runs`: "forget" is not one of list or show
[2]
$ seam runs list --db $TMP_GOLDEN/none.db
seam: TMP/none.db: there is no such store; --db FILE names one
[4]
$ seam doctor --db $TMP_GOLDEN/runs.db | grep store
store    TMP/runs.db: ok
$ seam doctor --db $TMP_GOLDEN/none.db | grep store
store    TMP/none.db: there is no such file
$ seam doctor --db LICENSE | grep store
store    LICENSE: this file is not a store (not an sqlite database)
$ seam solve scenarios/six-step.yaml --json > $TMP_GOLDEN/solved.json
$ seam report $TMP_GOLDEN/solved.json scenarios/gate-review.yaml tests/data/genai.jsonl.gz --trials 1000 -o $TMP_GOLDEN/page --format html,csv,json
seam: wrote TMP/page/report.html
seam: wrote TMP/page/report.json
seam: wrote TMP/page/01-solve.csv
seam: wrote TMP/page/02-solve.csv
seam: wrote TMP/page/03-simulate.csv
seam: wrote TMP/page/04-replay.csv
$ grep -c '<h2' $TMP_GOLDEN/page/report.html
14
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
