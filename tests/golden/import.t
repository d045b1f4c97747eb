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
  ├─ failed ─▶ fail
  │
  ■ merge           stage, agent, 1% errors
  ├─ failed ─▶ fail
  │
  ■ draft_answer    stage, model, 8% wrong, 2% errors
  ├─ failed ─▶ fail
  │
  ■ critic          stage, agent, 1% errors
  ├─ 25% ─▶ draft_answer (at most 2 times, then human_approval)
  ├─ 25% ─▶ router (at most 2 times, then dead_letter)
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
seam: langgraph.json: has no `nodes` and `connections`: an n8n definition is an exported workflow, or an execution with its workflowData; it reads as a definition for `seam import langgraph`
[3]
$ seam import lang tests/data/langgraph.json
seam: `seam import`: "lang" is not one of log, langgraph, n8n, crewai or autogen
[2]
$ seam import langgraph tests/data/definition.loop.json | grep -v "^#"
seam: 1
name: definition.loop

flow:
  - stage: plan
    layer: agent
    error: 1%   # assumed
    latency: 50ms   # assumed
    # retry, timeout: the export drops them

  - parallel: retrieve_dense-and-retrieve_sparse
    layer: agent
    join: all
    branches:
      -
        - stage: retrieve_dense
          layer: data
          error: 2%   # assumed
          wrong: 2%   # assumed
          latency: 200ms   # assumed
          # retry, timeout: the export drops them
      -
        - stage: retrieve_sparse
          layer: data
          error: 2%   # assumed
          wrong: 2%   # assumed
          latency: 200ms   # assumed
          # retry, timeout: the export drops them

  # join = all
  - stage: fuse
    layer: agent
    error: 1%   # assumed
    latency: 50ms   # assumed
    # retry, timeout: the export drops them

  - stage: generate
    layer: model
    error: 2%   # assumed
    wrong: 8%   # assumed
    latency: 5s   # assumed
    # retry, timeout: the export drops them

  - stage: grade
    layer: agent
    error: 1%   # assumed
    latency: 50ms   # assumed
    # retry, timeout: the export drops them
    next:
      - {to: generate, at_most: 2, then: fail, probability: 0.333}   # regenerate: assumed
      - {to: approve, probability: 0.333}   # good: assumed
      - {to: fail}   # give_up

  # __interrupt = before
  - review: approve
    layer: human
    sensitivity: 90%   # assumed
    specificity: 98%   # assumed
    latency: 10m   # assumed
    on_reject: reject   # assumed
# From definition.loop.json, a definition of LangGraph.
# It says which steps there are and how they follow one another; rates, times and shares
# marked `assumed` it does not hold: they are round figures, to be replaced by hand or from
# a log (--parameters LOG).  Layers are guessed from names.
# The export drops the recursion limit, which bounds all loops together.
$ seam import langgraph tests/data/definition.loop.json -o $TMP_GOLDEN/a.yaml --quiet; seam import langgraph tests/data/definition.loop.mmd | sed 1d > $TMP_GOLDEN/b; sed 1d $TMP_GOLDEN/a.yaml | cmp - $TMP_GOLDEN/b
$ seam import n8n tests/data/definition.n8n.json | grep -v "^#"
seam: 1
name: RAG with confidence gate
deadline: 2m

flow:
  # code
  - stage: retrieve
    layer: data
    error: 2%   # assumed
    wrong: 2%   # assumed
    latency: 200ms   # assumed
    retry: {attempts: 3, backoff: {initial: 0.2s, factor: 1}}

  # code
  - stage: generate
    layer: model
    error: 2%   # assumed
    wrong: 8%   # assumed
    latency: 5s   # assumed
    confidence: {good: {beta: {a: 8, b: 2}}, bad: {beta: {a: 3, b: 3}}}   # assumed

  # httpRequest
  - stage: tool-call
    layer: tool
    error: 3%   # assumed
    latency: 0.25s   # assumed
    timeout: 1s
    retry: {attempts: 2, backoff: {initial: 0.1s, factor: 1}}
    fallback: skip

  # if; $('Generate').item.json.confidence gte 0.85
  - gate: confidence-gate
    layer: agent
    threshold: 85%
    above: feedback-store
    below: human-review

  # wait
  - review: human-review
    layer: human
    sensitivity: 90%   # assumed
    specificity: 98%   # assumed
    latency: 1s
    on_reject: reject   # assumed

  # set
  - stage: feedback-store
    layer: feedback
    error: 1%   # assumed
    latency: 50ms   # assumed
# From definition.n8n.json, a definition of n8n.
# It says which steps there are and how they follow one another; rates, times and shares
# marked `assumed` it does not hold: they are round figures, to be replaced by hand or from
# a log (--parameters LOG).  Layers are guessed from names.
$ seam import crewai tests/data/definition.crew.yaml -o $TMP_GOLDEN/crew.yaml && seam check $TMP_GOLDEN/crew.yaml && grep -v "assumed\|^#\|layer" $TMP_GOLDEN/crew.yaml
seam: TMP/crew.yaml: 5 steps of CrewAI
TMP/crew.yaml: ok, 6 steps
seam: 1
name: definition.crew

flow:
  - parallel: sources_task-and-figures_task
    join: all
    branches:
      -
        # done by Senior Researcher in 8 rounds at most
        - stage: sources_task
          timeout: 2m
          retry: {attempts: 2}
      -
        # done by Senior Researcher in 8 rounds at most
        - stage: figures_task
          timeout: 2m
          retry: {attempts: 2}

  # done by Author, who may delegate
  - stage: writing_task
    retry: {attempts: 3}   # the framework's default

  - check: guardrail-of-writing_task
    on_reject: {goto: writing_task, at_most: 2, then: reject}

  - review: human-input-of-writing_task
$ seam import autogen tests/data/definition.team.json -o $TMP_GOLDEN/team.yaml && seam check $TMP_GOLDEN/team.yaml && grep -v "layer\|^#" $TMP_GOLDEN/team.yaml
seam: TMP/team.yaml: 5 steps of AutoGen
TMP/team.yaml: ok, 5 steps
seam: 1
name: Support desk
deadline: 10m

flow:
  - stage: selector
    error: 1%   # assumed
    latency: 50ms   # assumed
    retry: {attempts: 3}
    next:
      - {to: answerer, probability: 0.5}   # chosen: assumed
      - {to: supervisor}   # chosen

  # speaks by small
  - stage: answerer
    error: 2%   # assumed
    wrong: 8%   # assumed
    latency: 5s   # assumed
    timeout: 20s
    retry: {attempts: 4}
    next:
      - {to: tools-of-answerer, probability: 0.5}   # calls tools: assumed
      - {to: is-it-over}

  # 2 tools: orders, refunds; called after some messages
  - stage: tools-of-answerer
    error: 3%   # assumed
    latency: 1s   # assumed
    # retry, timeout: the file holds none
    next:
      - {to: is-it-over}

  - review: supervisor
    sensitivity: 90%   # assumed
    specificity: 98%   # assumed
    latency: 150s   # assumed
    on_reject: is-it-over
    next:
      - {to: is-it-over}   # asks for changes, or not

  # the termination is asked after each message
  - stage: is-it-over
    next:
      - {to: selector, at_most: 10, then: ship, probability: 0.5}   # goes on: assumed
      - {to: ship}
# From definition.team.json, a definition of AutoGen.
# It says which steps there are and how they follow one another; rates, times and shares
# marked `assumed` it does not hold: they are round figures, to be replaced by hand or from
# a log (--parameters LOG).  Layers are guessed from names.
# It ends by TextMentionTermination {"text":"SOLVED"} or MaxMessageTermination {"max_messages":12}
# or TimeoutTermination {"timeout_seconds":600}.
# The conversation ends after 12 messages at the latest, of which the task is the first.
# The rest from a log.
$ seam import langgraph tests/data/definition.langgraph.json --parameters tests/data/genai.jsonl.gz -o $TMP_GOLDEN/fit.yaml; seam check $TMP_GOLDEN/fit.yaml; grep -c assumed $TMP_GOLDEN/fit.yaml; grep "error\|wrong\|malformed\|fixes\|retry:\|threshold" $TMP_GOLDEN/fit.yaml
seam: 6 steps have their numbers from the log; what is left is marked `assumed`
seam: in the log, and no step of the definition: orchestration
seam: TMP/fit.yaml: 6 steps of LangGraph
TMP/fit.yaml: ok, 6 steps
1
    error: 3/203
    retry: {attempts: 3, backoff: {initial: 45ms, factor: 1}}
    wrong: 15/200
    malformed: 4/204
    retry: {attempts: 3, backoff: {initial: 37.1ms, factor: 1}}
  # threshold = 0.85
    threshold: 85%
    fixes: 15/15
# Names that mean harm come out inert; what is no definition is refused at its place.
$ printf 'graph TD;\n__start__ --> a;\na(x: y # z <p>\033[31m `id` "q" - {to: b})\na -.-> b;\na -. \342\200\256up\n .-> __end__;\n' > $TMP_GOLDEN/h.mmd; seam import langgraph $TMP_GOLDEN/h.mmd
seam: h.mmd:5: neither a node, `a(name)`, nor an edge, `a --> b`: -. up
[3]
$ printf 'graph TD;\n__start__ --> a;\na("x: y # z \033[31m `id` - {to: b}")\na -.-> b;\na -. \342\200\256up .-> __end__;\n' > $TMP_GOLDEN/h.mmd; seam import langgraph $TMP_GOLDEN/h.mmd | grep -v '^#'
seam: 1
name: h

flow:
  - stage: x-y-z-31m-id-to-b
    layer: agent
    error: 1%   # assumed
    latency: 50ms   # assumed
    # retry, timeout: the export drops them
    next:
      - {to: b, probability: 0.5}   # assumed
      - {to: ship}   # up

  - stage: b
    layer: agent
    error: 1%   # assumed
    latency: 50ms   # assumed
    # retry, timeout: the export drops them
$ printf '{"nodes":[{"id":"a"},{"id":"a"}],"edges":[]}' > $TMP_GOLDEN/twice.json; seam import langgraph $TMP_GOLDEN/twice.json
seam: twice.json: nodes[1] has the id of another node: "a"
[3]
$ printf '{"nodes":[{"name":"a"},{}],"connections":{}}' > $TMP_GOLDEN/noname.json; seam import n8n $TMP_GOLDEN/noname.json
seam: noname.json: nodes[1] has no name
[3]
# A file for another reader, a crew's folder, a log that calls steps otherwise.
$ seam import autogen tests/data/definition.n8n.json
seam: definition.n8n.json: has no `participants`: an AutoGen definition is a team's component (dump_component) as JSON; it reads as a definition for `seam import n8n`
[3]
$ mkdir -p $TMP_GOLDEN/crew/config; sed '/^tasks:/,$d' tests/data/definition.crew.yaml > $TMP_GOLDEN/crew/config/agents.yaml; sed -n '/^tasks:/,$p' tests/data/definition.crew.yaml > $TMP_GOLDEN/crew/config/tasks.yaml; seam import crewai $TMP_GOLDEN/crew | grep -c "stage:\|check:\|review:"
5
$ cd $TMP_GOLDEN/crew/config; for f in agents tasks; do { printf '\357\273\277'; cat $f.yaml; } > $f.yml; done; seam import crewai tasks.yml agents.yml | grep -c "stage:\|check:\|review:"; rm ./*.yaml; seam import crewai .. | grep -c "stage:\|check:\|review:"
5
5
$ sed 's/"retrieve"/"retrieve_docs"/g; s/"human_review"/"reviewer"/g' tests/data/definition.langgraph.json > $TMP_GOLDEN/renamed.json; seam import langgraph $TMP_GOLDEN/renamed.json --parameters tests/data/genai.jsonl.gz -o $TMP_GOLDEN/fit2.yaml
seam: 5 steps have their numbers from the log; what is left is marked `assumed`
seam: taken for the same by a part of their names: retrieve_docs is retrieve
seam: not in the log: reviewer
seam: in the log, and no step of the definition: orchestration, human_review
seam: TMP/fit2.yaml: 6 steps of LangGraph
$ seam import langgraph $TMP_GOLDEN/renamed.json --parameters tests/data/genai.jsonl.gz -o $TMP_GOLDEN/fit2.yaml --quiet --json | grep "in the log"
    "not in the log: reviewer",
    "in the log, and no step of the definition: orchestration, human_review"
