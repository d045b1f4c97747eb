# What a new user gets wrong: each answer begins with the place, says what is wrong and what would be right.
$ seam --json
seam: the command comes before its options, as in `seam simulate --json`
[2]
$ seam hlep
seam: there is no command "hlep"; did you mean "help"?; `seam` lists them
[2]
$ seam help metircs
seam: there is no command or chapter "metircs"; did you mean "metrics"?; `seam help` lists them
[2]
$ seam help solve
seam solve: exact values, by an absorbing Markov chain

  seam solve scenarios/six-step.yaml
  seam solve flow.yaml --set flow.draft.wrong=2% --json

Computes what can be computed exactly. A metric that it cannot have exactly is
left out, a warning says which assumption fails, and the exit status is 1.

usage: seam solve FILE [options]

      --set PATH=VALUE      change one number: flow.draft.wrong=3% (may repeat)
      --sweep PATH=FROM:TO:N
                            run a grid of N values under common random numbers
      --target TARGET       "auto_error at most 1%" (may repeat; over the file's
                            objective)
      --seed N              seed of all random numbers (default 1)
      --uncertainty         draw parameters from their evidence (default where
                            there is any)
      --no-uncertainty      take evidence k/n as its quotient
      --level P             level of every interval and guarantee (default 95%)
      --db FILE             the store (sqlite)
      --save                save the run to the store (implied by --db; default
                            seam.db)
      --json                one JSON object on standard output
      --csv                 one table as CSV on standard output
  -q, --quiet               no progress, no warnings
      --no-color            no colours (also NO_COLOR)
  -h, --help                examples and options of a command
$ seam solve tests/data/genai.jsonl.gz
seam: tests/data/genai.jsonl.gz: this is no scenario, which is at most 1 MiB of text; `seam replay` and `seam fit` read logs
[3]
$ seam simulate scenarios/six-step.yaml --seed 1 --seed 2
seam: --seed is given twice, 1 and 2; once is enough
[2]
$ seam simulate scenarios/six-step.yaml --seed --json
seam: --seed needs a value: --seed N
[2]
$ seam simulate scenarios/six-step.yaml --json --csv
seam: --json and --csv are two forms of one answer: ask for one of them
[2]
$ seam simulate scenarios/six-step.yaml --method grid
seam: `seam simulate` has no option --method; --method is an option of `seam size`; `seam simulate -h` lists them
[2]
$ seam simulate scenarios/six-step.yaml --thread 2
seam: `seam simulate` has no option --thread; did you mean --threads?; `seam simulate -h` lists them
[2]
$ seam simulate scenarios/six-step.yaml --until reliability=5
seam: --until reliability=5: "5" is more than 1: a probability lies between 0 and 1; for percent write 5%
[2]
$ seam simulate scenarios/six-step.yaml --until latency_p95=3
seam: --until latency_p95=3: "3" has no unit of time: write 3ms, 3s, 3m or 3h
[2]
$ seam simulate scenarios/six-step.yaml --sweep flow.tol.error=0:0.5:3
--sweep flow.tol.error=0: no step is called `tol`; did you mean `tool`?
seam: scenarios/six-step.yaml: 1 fault
[3]
$ seam solve scenarios/six-step.yaml --set flow.tool.eror=3%
--set flow.tool.eror=3%: unknown key `eror`; did you mean `error`?
seam: scenarios/six-step.yaml: 1 fault
[3]
$ seam solve scenarios/six-step.yaml --set flow.tool.error=300%
--set flow.tool.error=300%: `error`: "300%" is more than 100%: a probability is not
seam: scenarios/six-step.yaml: 1 fault
[3]
$ seam solve scenarios/six-step.yaml --set flow.tool.latency=5
--set flow.tool.latency=5: `latency`: "5" has no unit of time: write 5ms, 5s, 5m or 5h
seam: scenarios/six-step.yaml: 1 fault
[3]
$ seam solve scenarios/six-step.yaml --target "latency_p95 at most 5"
seam: --target "latency_p95 at most 5": "5" has no unit of time: write 5ms, 5s, 5m or 5h
[2]
$ seam solve scenarios/six-step.yaml --target "reliability at least 1"
seam: --target "reliability at least 1": "1" would be all: write 1% for one percent, or 100%
[2]
$ seam solve scenarios/six-step.yaml --level 95
seam: --level: "95" is more than 1: a probability lies between 0 and 1; for percent write 95%
[2]
$ seam size --labels x.csv --method spllit
seam: --method: "spllit" is not one of split, sgr, grid, exact, plug-in or crc; did you mean split?
[2]
$ seam labels exprot
seam: `seam labels`: "exprot" is not one of export or import; did you mean export?
[2]
$ seam completion csh
seam: `seam completion`: "csh" is not one of bash, zsh or fish; did you mean zsh?
[2]
$ seam check scenarios/six-step.yaml --dot --mermaid
seam: --dot and --mermaid are two languages: ask for one
[2]
$ seam check scenarios/six-step.yaml --graph --json
seam: --graph prints text: leave out --json
[2]
$ seam backtest tests/data/genai.jsonl.gz --windows 0
seam: --windows: from 1 to 10,000
[2]
$ seam solve scenarios/six-step.yaml > /dev/full
seam: standard output: cannot be written: the disk is full
[4]
$ seam check nowhere.yaml scenarios/six-step.yaml --csv
file,ok,line,column,fault
nowhere.yaml,false,,,nowhere.yaml: cannot be read: there is no such file or folder
scenarios/six-step.yaml,true,,,
[4]
$ seam check scenarios/gate-review.yaml --paths
scenarios/gate-review.yaml: ok, 3 steps
flow.answer.wrong  10.00%
flow.confident.threshold  80.00%
flow.desk.sensitivity  90.00%
flow.desk.specificity  98.00%
flow.desk.fixes  100%
flow.desk.spoils  100%
$ seam check scenarios/gate-review.yaml --dot
digraph seam {
  label="Gate and review";
  labelloc=t;
  fontname="sans-serif";
  node [fontname="sans-serif", fontsize=11];
  edge [fontname="sans-serif", fontsize=10];
  items [shape=point, xlabel="items"];
  s0 [shape=box, label="answer\nstage, model, 10% wrong"];
  s1 [shape=diamond, label="confident\ngate, agent"];
  s2 [shape=box, style="rounded,bold", label="desk\nreview, human, finds 90% of\nthe bad, passes 98% of the\ngood"];
  ship [shape=doublecircle, label="ship"];
  reject [shape=circle, label="reject"];
  items -> s0;
  s0 -> s1 [label=""];
  s1 -> ship [label="80% and above"];
  s1 -> s2 [label="below 80%"];
  s2 -> ship [label=""];
  s2 -> reject [label="rejected", style=dashed];
}
$ seam check scenarios/generative-video.yaml --mermaid
flowchart TD
    items(("items"))
    s0["brief<br>stage, human, 1% wrong"]
    s1["retrieve<br>stage, data, 1%–3% wrong,<br>0.6% errors, up to 3 attempts,<br>executed"]
    s2[/"drafts<br>parallel, agent"\]
    join2[\"the most confident of 2"/]
    subgraph branch2_0["2 copies"]
        s3["generate<br>stage, model, 8% wrong, other<br>numbers while provider is down"]
    end
    s2 --> s3
    s4{{"continuity<br>check, agent, finds 85% of the<br>bad, passes 97% of the good"}}
    s5{"confident<br>gate, agent"}
    s6(["desk<br>review, human, finds 93% of<br>the bad, passes 98% of the<br>good, by editors"])
    ship((("ship")))
    reject(("reject"))
    failed(("fail"))
    items --> s0
    s0 --> s1
    s1 --> s2
    s1 -.->|"failed"| s2
    join2 --> s4
    join2 -.->|"failed"| failed
    s3 --> join2
    s3 -.->|"failed"| join2
    s4 --> s5
    s4 -.->|"rejected<br>at most 2 times, then desk"| s2
    s4 -.->|"used up"| s6
    s5 -->|"85% and above"| ship
    s5 -->|"audit of 2% of those above"| s6
    s5 -->|"below 85%"| s6
    s6 --> ship
    s6 -.->|"rejected<br>at most once, then reject"| s2
    s6 -.->|"used up"| reject
$ COLUMNS=44 seam check scenarios/gate-review.yaml --graph
scenarios/gate-review.yaml: ok, 3 steps
  ○ items
  │
  ■ answer     stage, model, 10% wrong
  │
  ◆ confident  gate, agent
  ├─ 80% and above ─▶ ship
  │ below 80%
  ● desk       review, human, finds 90% of
  │            the bad, passes 98% of the
  │            good
  ├─ rejected ─▶ reject
  │
  ◎ ship
$ seam help environment
ENVIRONMENT
COLUMNS         how wide tables may be; else what the terminal says, else 80
NO_COLOR        no colours where it is set, as with `--no-color`
CLICOLOR_FORCE  colours also where standard output is no terminal, as for a
                pager
TERM            no colours and no bar of progress where it is `dumb`
EDITOR, VISUAL  what `seam review` edits items with
PATH            where `gnuplot` (for pictures) and the programs of `exec` are
                looked for
# What an option names and no record has is told, with the nearest that is there.
$ seam replay tests/data/genai.jsonl.gz --stage-by operation.name --confidence gen_ai.evaluation.scores.value --failure-when "zq = 1" 2>&1 >/dev/null | grep -e --
seam: --stage-by: no record has `operation.name`; did you mean `gen_ai.operation.name`?
seam: --confidence: no record has `gen_ai.evaluation.scores.value`; did you mean `gen_ai.evaluation.score.value`?
seam: --failure-when: no record has `zq`
seam: reliability is known for 0 of 200 items: of the others an OK status says nothing, so it is given as bounds; a label file (--labels) would narrow them
$ seam replay tests/data/desk.csv.gz --stage-by ACTIVITY --failure-when "outcom = error" 2>&1 >/dev/null | grep -e --
seam: --failure-when: no record has `outcom`; did you mean `outcome`?
seam: reliability is known for 0 of 2,106 items: of the others an OK status says nothing, so it is given as bounds; a label file (--labels) would narrow them
$ seam replay tests/data/langfuse_crew.json.gz --confidence halucination 2>&1 >/dev/null | grep -e --
seam: --confidence: no record has `halucination`; did you mean `hallucination`?
seam: reliability is known for 0 of 1 items: of the others an OK status says nothing, so it is given as bounds; a label file (--labels) would narrow them
# a file's name one letter off, a log where a scenario belongs, and the other way round
$ seam check scenarios/six-setp.yaml
seam: scenarios/six-setp.yaml: cannot be read: there is no such file or folder; did you mean scenarios/six-step.yaml?
[4]
$ mkdir $TMP_GOLDEN/near; cd $TMP_GOLDEN/near; for n in 4 2 9 1 7; do : > n$n.yaml; done; seam check n.yaml
seam: n.yaml: cannot be read: there is no such file or folder; did you mean n1.yaml?
[4]
$ seam replay tests/data/genai.jsonl
seam: tests/data/genai.jsonl: cannot be read: there is no such file or folder; did you mean tests/data/genai.jsonl.gz?
[4]
$ seam solve nowhere/six-step.yaml
seam: nowhere/six-step.yaml: cannot be read: there is no such file or folder
[4]
$ seam fit scenarios/six-step.yaml
seam: scenarios/six-step.yaml: this is a scenario, no log; `seam solve` and `seam simulate` read scenarios
[3]
$ seam solve ''
seam: `seam solve`: an argument is empty
[2]
$ seam --verison
seam: there is no option --verison; did you mean --version?
[2]
$ seam runs show abc --db $TMP_GOLDEN/none.db; seam check --schema --csv
seam: TMP/none.db: there is no such store; --db FILE names one
seam: --schema prints JSON: leave out --csv
[2]
# letters stand together, the last one with its value
$ seam simulate scenarios/six-step.yaml -qn1000 | head -3; seam solve -qx scenarios/six-step.yaml
Headline
metric          value  95% interval
reliability     83.0%    80.5–85.2%
seam: `seam solve` has no option -x; `seam solve -h` lists them
[2]
# what --set can change, for programs
$ seam check --paths --csv scenarios/gate-review.yaml; seam check --paths --json scenarios/gate-review.yaml | grep -A1 path
file,path,value
scenarios/gate-review.yaml,flow.answer.wrong,0.1
scenarios/gate-review.yaml,flow.confident.threshold,0.8
scenarios/gate-review.yaml,flow.desk.sensitivity,0.9
scenarios/gate-review.yaml,flow.desk.specificity,0.98
scenarios/gate-review.yaml,flow.desk.fixes,1
scenarios/gate-review.yaml,flow.desk.spoils,1
      "paths": [
        {
          "path": "flow.answer.wrong",
          "value": 0.1
--
          "path": "flow.confident.threshold",
          "value": 0.8
--
          "path": "flow.desk.sensitivity",
          "value": 0.9
--
          "path": "flow.desk.specificity",
          "value": 0.98
--
          "path": "flow.desk.fixes",
          "value": 1
--
          "path": "flow.desk.spoils",
          "value": 1
