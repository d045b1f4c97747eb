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
$ seam import log tests/data/genai.jsonl.gz --confidence 'x:/y' --db $TMP_GOLDEN/other.db --quiet; seam doctor --db $TMP_GOLDEN/other.db | grep store
store    TMP/other.db: ok
$ seam import log LICENSE --db $TMP_GOLDEN/none.db; test -e $TMP_GOLDEN/none.db
seam: LICENSE:1: not a log: no column says which item a row is of (case_id, case, case:concept:name; or name it with --item-by)
[1]
$ seam import logs tests/data/genai.jsonl.gz
seam: `seam import` knows no "logs"; did you mean `log`?
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
  1  stage router (agent)
      then       -> web_search-and-vector_search-and-more
  2  parallel web_search-and-vector_search-and-more (agent)
      branch     -> web_search
      branch     -> vector_search
      branch     -> sql_lookup
      then       -> merge
  3  | stage web_search (data)
      then       -> join
  4  | stage vector_search (data)
      then       -> join
  5  | stage sql_lookup (data)
      then       -> join
  6  stage merge (agent)
      then       -> draft_answer
  7  stage draft_answer (model)
      then       -> critic
  8  stage critic (agent)
      share      -> draft_answer (at most 2 times, then human_approval)
      share      -> router (at most 2 times, then human_approval)
      share      -> human_approval
      then       -> dead_letter
  9  review human_approval (human)
      then       -> publish-it
      rejected   -> draft_answer (at most 2 times, then reject)
 10  stage publish-it (agent)
      then       -> ship
 11  stage dead_letter (agent)
      then       -> ship
$ grep -c assumed $TMP_GOLDEN/graph.yaml; grep -A3 "parallel:\|on_reject" $TMP_GOLDEN/graph.yaml
30
  - parallel: web_search-and-vector_search-and-more
    layer: agent
    join: all
    branches:
--
    on_reject: {goto: draft_answer, at_most: 2, then: reject}   # assumed

  # Publish It!
  - stage: publish-it
$ seam import n8n tests/data/langgraph.json
seam: langgraph.json: has no `nodes` and `connections`: an n8n definition is an exported workflow, or an execution with its workflowData
[3]
$ seam import lang tests/data/langgraph.json
seam: `seam import` takes log, langgraph, n8n, crewai or autogen and then files, not "lang"
[2]
