# What is told to a terminal, to a pipe, and to other programs.
$ TERM=xterm COLUMNS= script -qec "seam solve scenarios/six-step.yaml --target 'reliability at least 99%'" /dev/null | tr '\033' E | tr -d '\r' | grep '^reliability'
reliability    83.30%  at least 99%  E[31mfailE[0m
$ TERM=xterm NO_COLOR=1 script -qec "seam solve scenarios/six-step.yaml --target 'reliability at least 99%'" /dev/null | tr '\033' E | tr -d '\r' | grep '^reliability'
reliability    83.30%  at least 99%  fail
$ TERM=xterm script -qec "seam solve scenarios/six-step.yaml --no-color --target 'reliability at least 99%'" /dev/null | tr '\033' E | tr -d '\r' | grep '^reliability'
reliability    83.30%  at least 99%  fail
$ TERM=xterm seam solve scenarios/six-step.yaml --target 'reliability at least 99%' | tr '\033' E | tr -d '\r' | grep '^reliability'
reliability    83.30%  at least 99%  fail
$ COLUMNS=50 seam solve scenarios/gate-review.yaml --quiet | grep -cE '.{51}'
0
[1]
$ COLUMNS=200 seam compare scenarios/agency-plain.yaml scenarios/agency-reviewed.yaml | sed -n '/Side/,/\$8/p'
Side by side
architecture      steps  reliability  shipped error  review load  latency p50  latency p95  cost per item  cost per correct  cost per month  net per month     gap
Agency at $1,500      1       83.64%         16.33%           0%      30.52 s    2.045 min        $0.2550           $0.3049         $302.00       -$17,132      0%
Agency at $8,000      5       97.56%          0.62%       63.23%    9.349 min    39.18 min          $9.81            $10.05          $4,374        $67,835  -5.76%
# a reader who goes away is no fault, with SIGPIPE and without
$ bash -c 'exec 3> >(:); wait $!; (seam help --man >&3); echo $?; trap "" PIPE; (seam help --man >&3); echo $?'
141
141
$ seam fit tests/data/desk.csv.gz --failure-when "outcome = error" --json
seam: --json tells about the scenario on standard output, so that the scenario itself needs a file: -o FILE
[2]
$ seam fit tests/data/editorial.jsonl.gz -o $TMP_GOLDEN/f.yaml --json --quiet > $TMP_GOLDEN/f.json; grep '"name"\|"file"\|"spans"\|"seed"' $TMP_GOLDEN/f.json; grep -c "\"sha256\": \"$(sha256sum < $TMP_GOLDEN/f.yaml | cut -c 1-64)\"" $TMP_GOLDEN/f.json
    "name": "Fitted from editorial",
    "file": "TMP/f.yaml",
    "seed": 1,
    "spans": 1180,
1
$ seam import log tests/data/genai.jsonl.gz --db $TMP_GOLDEN/json.db --json --quiet
{
 "schema": "seam.import/1",
 "store": "TMP/json.db",
 "format": "otlp-json",
 "records": 24,
 "spans": 1511
}
$ seam import log tests/data/genai.jsonl.gz --db $TMP_GOLDEN/csv.db --csv --quiet
store,format,records,spans
TMP/csv.db,otlp-json,24,1511
$ seam import langgraph tests/data/langgraph.json -o $TMP_GOLDEN/s.yaml --json --quiet | grep -v version
{
  "schema": "seam.result/1",
  "command": "import",
  "passed": null,
  "scenario": {
    "name": "langgraph.json",
    "file": "TMP/s.yaml"
  },
  "run": {
    "seed": 0,
    "trials": 0,
    "threads": N,
    "elapsed_s": T,
    "partial": false
  },
  "assumptions": [
    "The export drops the recursion limit, which bounds all loops together: loops that nothing else ends are bounded as its default of 25 steps does.",
    "10 steps of LangGraph; numbers that it does not hold are marked `assumed`"
  ]
}
$ printf 'id,confidence,correct\na,0.9,1\nb,0.5,0\n' > $TMP_GOLDEN/some.csv; seam labels import $TMP_GOLDEN/some.csv --db $TMP_GOLDEN/l.db --json --quiet; seam labels export --db $TMP_GOLDEN/l.db --json; seam labels export --db $TMP_GOLDEN/l.db --csv
{"schema": "seam.labels/1", "kept": 2}
{"schema": "seam.labels/1", "labels": [
{"id":"a","decision":"approve","source":"all","confidence":0.9,"weight":1,"run":0},
{"id":"b","decision":"reject","source":"all","confidence":0.5,"weight":1,"run":0}
]}
id,confidence,correct,group,weight,source,decision,reviewer,reason,step,threshold,run,scenario
a,0.9,1,,1,all,,,,,,,
b,0.5,0,,1,all,,,,,,,
$ seam labels export --db $TMP_GOLDEN/l.db --csv --format jsonl
seam: --csv: labels are to be written as jsonl
[2]
$ seam review --db $TMP_GOLDEN/l.db --json; seam review --db $TMP_GOLDEN/l.db --csv
{
 "schema": "seam.queue/1",
 "tasks": []
}
task,run,waits_s,item,step,class,holder
# colours for a pager on demand; what asks for none wins
$ CLICOLOR_FORCE=1 seam solve scenarios/six-step.yaml --target 'reliability at least 99%' | tr '\033' E | grep '^reliability'
reliability    83.30%  at least 99%  E[31mfailE[0m
$ CLICOLOR_FORCE=1 NO_COLOR=1 seam solve scenarios/six-step.yaml --target 'reliability at least 99%' | tr '\033' E | grep '^reliability'
reliability    83.30%  at least 99%  fail
$ CLICOLOR_FORCE=0 seam solve scenarios/six-step.yaml --target 'reliability at least 99%' | tr '\033' E | grep '^reliability'
reliability    83.30%  at least 99%  fail
# a narrow terminal is taken as it is, and what is said there is made of whole words
$ TERM=xterm COLUMNS= script -qec "stty cols 30; seam check no-such.yaml; seam check scenarios/six-step.yaml" /dev/null | tr -d '\r' | tr '\033' E
E[Kseam: no-such.yaml: cannot be
      read: there is no such
      file or folder
scenarios/six-step.yaml: ok, 6 steps
$ TERM=dumb COLUMNS= script -qec "stty cols 32; seam solve scenarios/six-step.yaml" /dev/null | tr -d '\r' | LC_ALL=C.UTF-8 grep -cE '.{33}'
0
[1]
# where standard output or error is closed, no file takes its place
$ seam run scenarios/programs.yaml -i 3 --time-scale skip -o $TMP_GOLDEN/i.jsonl --json --quiet >&-; wc -l < $TMP_GOLDEN/i.jsonl
seam: standard output: cannot be written
3
$ seam run scenarios/programs.yaml -i 3 --time-scale skip -o $TMP_GOLDEN/i.jsonl >/dev/null 2>&-; wc -l < $TMP_GOLDEN/i.jsonl
3
# an example that takes two lines can be copied as it stands
$ COLUMNS=60 seam size -h | sed -n '3,8p'

  seam size scenarios/gate-review.yaml --target \
      "auto_error at most 1%"
  seam size --labels answers.csv --target \
      "auto_error at most 5%"
  seam size --labels answers.csv --target \
$ EDITOR="$(printf '/usr/bin/editor-\033[31m-of-a-long-name --with "many options" --and more')" COLUMNS=40 seam doctor | grep -A3 ^editor
editor     ok, /usr/bin/editor-
           [31m-of-a-long-name --with
           "many options" --and more
store      none named (--db FILE)
