# Logs in the store: read once, answered from afterwards, with the same words.
$ seam import log tests/data/genai.jsonl.gz --db $TMP_GOLDEN/logs.db
seam: TMP/logs.db: 1511 spans of otlp-json
$ seam replay tests/data/genai.jsonl.gz > $TMP_GOLDEN/read 2>&1; seam replay $TMP_GOLDEN/logs.db > $TMP_GOLDEN/stored 2>&1; cmp $TMP_GOLDEN/read $TMP_GOLDEN/stored
$ seam fit tests/data/genai.jsonl.gz --labels tests/data/genai.labels.csv --quiet | sed 1d > $TMP_GOLDEN/read; seam fit $TMP_GOLDEN/logs.db --labels tests/data/genai.labels.csv --quiet | sed 1d > $TMP_GOLDEN/stored; cmp $TMP_GOLDEN/read $TMP_GOLDEN/stored
$ seam replay --db $TMP_GOLDEN/logs.db --quiet 2>&1 | head -3
Headline
metric              value     95% interval
reliability       unknown        25.0–100%
$ seam import log tests/data/openinference.part1.jsonl.gz tests/data/openinference.part2.jsonl.gz --db $TMP_GOLDEN/more.db --quiet
$ seam drift $TMP_GOLDEN/logs.db $TMP_GOLDEN/more.db --quiet
Changed: feedback_store attempt latency p50, confidence_gate attempt latency
p50, tool_call attempt latency p50, latency p50, retrieve attempt latency p50
and 2 more; by the strongest evidence since 2026-11-22T12:03:08Z. 200 items were
held against 200, 24 tests which together give a false alarm with probability 5%
at most.
[1]
$ seam import log tests/data/edge_values.jsonl --db $TMP_GOLDEN/edge.db
seam: TMP/edge.db: 5 spans of otlp-json
$ seam replay tests/data/edge_values.jsonl > $TMP_GOLDEN/read 2>&1; seam replay $TMP_GOLDEN/edge.db > $TMP_GOLDEN/stored 2>&1; cmp $TMP_GOLDEN/read $TMP_GOLDEN/stored
$ seam import log tests/data/genai.jsonl.gz --db $TMP_GOLDEN/logs.db --quiet; seam replay $TMP_GOLDEN/logs.db --quiet --json 2>&1 | grep '"duplicates"\|"items":'
    "items": {
    "duplicates": 1511,
    "items": 200,
$ seam replay $TMP_GOLDEN/logs.db --confidence app.score
seam: TMP/logs.db: --confidence is settled when a log is imported into a store: give it to `seam import log`, into a new one
[2]
$ seam replay $TMP_GOLDEN/logs.db $TMP_GOLDEN/more.db
seam: TMP/logs.db: a store stands alone; `seam import log` puts further logs into it
[2]
$ seam import log tests/data/genai.jsonl.gz --confidence 'x:/y' --db $TMP_GOLDEN/other.db --quiet; PATH=$TMP_GOLDEN/bin seam doctor --db $TMP_GOLDEN/other.db | grep store
store      TMP/other.db: ok
$ seam import log LICENSE --db $TMP_GOLDEN/none.db; test -e $TMP_GOLDEN/none.db
seam: LICENSE:1: not a log: no column says which item a row is of (case_id, case, case:concept:name; or name it with --item-by)
[1]
$ seam import logs tests/data/genai.jsonl.gz
seam: `seam import`: "logs" is not one of log, langgraph, n8n, crewai or autogen; did you mean log?
[2]
$ seam import log
seam: `seam import log` needs a LOG
[2]
$ seam replay
seam: `seam replay` needs LOG..., or --db FILE with logs in it
[2]
$ seam solve scenarios/six-step.yaml --db $TMP_GOLDEN/runs2.db --quiet > /dev/null; seam replay $TMP_GOLDEN/runs2.db
seam: TMP/runs2.db: the store holds no log; `seam import log LOG --db TMP/runs2.db` puts one in
[3]
# Definitions of other frameworks become scenarios, with what they do not hold marked.
$ seam import langgraph tests/data/langgraph.json -o $TMP_GOLDEN/graph.yaml && seam check $TMP_GOLDEN/graph.yaml --graph
seam: TMP/graph.yaml: 10 steps of LangGraph
TMP/graph.yaml: ok, 11 steps
  ○ items
  │
  ■ router          stage, agent, 1% errors
  ├─ failed ─▶ fail
  │
  ≡ web_search-and-vector_search-and-more
  │                 parallel, agent
  ├──┐ branch 1 of 3
  │  ■ web_search      stage, data, 2% wrong, 2% errors
  │  ├─ failed ─▶ fail
  │  │
  ├──┘
  ├──┐ branch 2 of 3
  │  ■ vector_search   stage, data, 2% wrong, 2% errors
  │  ├─ failed ─▶ fail
  │  │
  ├──┘
  ├──┐ branch 3 of 3
  │  ■ sql_lookup      stage, data, 2% wrong, 2% errors
  │  ├─ failed ─▶ fail
  │  │
  ├──┘
  │ joined: all 3 must end well
  │
  ■ merge           stage, agent, 1% errors
  ├─ failed ─▶ fail
  │
  ■ draft_answer    stage, model, 8% wrong, 2% errors
  ├─ failed ─▶ fail
  │
  ■ critic          stage, agent, 1% errors
  ├─ 25% ─▶ draft_answer (at most 2 times, then human_approval)
  ├─ 25% ─▶ router (at most 2 times, then human_approval)
  ├─ else ─▶ dead_letter
  ├─ failed ─▶ fail
  │ 25%
  ● human_approval  review, human, finds 90% of the bad, passes 98% of the good
  ├─ rejected ─▶ draft_answer (at most 2 times, then reject)
  │
  ■ publish-it      stage, agent, 1% errors
  ├─ then ─▶ ship
  ╰─ failed ─▶ fail

  ■ dead_letter     stage, agent, 1% errors; from critic
  ├─ failed ─▶ fail
  │
  ◎ ship
$ grep -c assumed $TMP_GOLDEN/graph.yaml; grep -A3 "parallel:\|on_reject" $TMP_GOLDEN/graph.yaml
30
  - parallel: web_search-and-vector_search-and-more
    layer: agent
    join: all
    branches:
--
    on_reject: {goto: draft_answer, at_most: 2, then: reject}   # assumed
    next:
      - {to: publish-it}   # yes

$ seam import n8n tests/data/langgraph.json
seam: langgraph.json: has no `nodes` and `connections`: an n8n definition is an exported workflow, or an execution with its workflowData
[3]
$ seam import lang tests/data/langgraph.json
seam: `seam import`: "lang" is not one of log, langgraph, n8n, crewai or autogen
[2]
