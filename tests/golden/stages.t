# Stages that call something outside: programs, and a model's endpoint.
$ printf '%s\n' '{"id":"a","input":{"place":"harbour"}}' '{"id":"b","input":{"plaice":"a fish"}}' '{"id":"c","input":{"place":"the \"old\" pier","note":"at dawn"}}' '{"id":"d","input":{"place":"café"}}' > $TMP_GOLDEN/briefs.jsonl
$ seam run scenarios/programs.yaml --input $TMP_GOLDEN/briefs.jsonl -o $TMP_GOLDEN/items.jsonl > $TMP_GOLDEN/run.txt; sed -n 's/^completion  *\([^ ]*\).*/completion \1/p' $TMP_GOLDEN/run.txt; sort $TMP_GOLDEN/items.jsonl | sed 's/"correct":[a-z]*,//'
seam: `complete`: 1 attempt failed: the brief names no place
completion 75.0%
{"id":"a","end":"shipped","reviewed":false,"payload":{"place":"harbour","complete":true,"words":1}}
{"id":"b","end":"failed","reviewed":false,"payload":{"plaice":"a fish"}}
{"id":"c","end":"shipped","reviewed":false,"payload":{"place":"the \"old\" pier","note":"at dawn","complete":true,"words":4}}
{"id":"d","end":"shipped","reviewed":false,"payload":{"place":"café","complete":true,"words":1}}
$ for s in programs local-model; do seam solve scenarios/$s.yaml --csv | grep -E '^result,solve,(reliability|share_rejected|shipped_error|completion),' | cut -d, -f1-5; done
result,solve,reliability,,0.75
result,solve,share_rejected,,0
result,solve,completion,,0.75
result,solve,shipped_error,,0
result,solve,reliability,,0.9215539534171294
result,solve,share_rejected,,0.03006012995188371
result,solve,completion,,0.9699398700480983
result,solve,shipped_error,,0.04988548066239355
# mistakes in `exec` are told before anything runs
$ sed 's/command: \[wc/comand: [wc/' scenarios/programs.yaml > $TMP_GOLDEN/a.yaml; seam run $TMP_GOLDEN/a.yaml --items 1
seam: the items are empty, and `complete` works on what they hold: --input FILE gives them something, a line {"id": "a", "input": {...}} for each
seam: TMP/a.yaml:30:12: `count`: unknown key `comand` in `exec`; did you mean `command`?
[3]
$ sed 's/\[wc, /[wcc, /' scenarios/programs.yaml > $TMP_GOLDEN/a.yaml; seam run $TMP_GOLDEN/a.yaml --items 1
seam: the items are empty, and `complete` works on what they hold: --input FILE gives them something, a line {"id": "a", "input": {...}} for each
seam: TMP/a.yaml:30:11: `count`: there is no program `wcc` beside the scenario or on PATH
[3]
$ sed 's/sends: payload, /send: payload, /' scenarios/programs.yaml > $TMP_GOLDEN/a.yaml; seam run $TMP_GOLDEN/a.yaml --items 1
seam: the items are empty, and `complete` works on what they hold: --input FILE gives them something, a line {"id": "a", "input": {...}} for each
seam: TMP/a.yaml:30:31: `count`: unknown key `send` in `exec`; did you mean `sends`?
[3]
$ sed 's/output: words/ouput: words, expects: {a: strng}/' scenarios/programs.yaml > $TMP_GOLDEN/a.yaml; seam run $TMP_GOLDEN/a.yaml --items 1
seam: the items are empty, and `complete` works on what they hold: --input FILE gives them something, a line {"id": "a", "input": {...}} for each
seam: TMP/a.yaml:30:47: `count`: unknown key `ouput` in `exec`; did you mean `output`?
[3]
# each program that misbehaves ends in its outcome, every item goes on, and the reasons are told
$ seam run tests/data/hostile.yaml --items 5 --threads 4 -o $TMP_GOLDEN/items.jsonl > $TMP_GOLDEN/run.txt; sort $TMP_GOLDEN/items.jsonl | sed 's/"correct":[a-z]*,//'
seam: the items are empty, and `crash` works on what they hold: --input FILE gives them something, a line {"id": "a", "input": {...}} for each
seam: `crash`: 5 attempts failed: `sh`: killed by signal 11 (Segmentation fault)
seam: `leave`: 5 attempts failed: `sh`: exit status 3: no canon
seam: `hang`: 5 attempts timed out: it took longer than its time limit
seam: `linger`: 5 attempts timed out: it took longer than its time limit
seam: `flood`: 5 attempts answered malformed: `sh` wrote more than 65536 bytes
seam: `shape`: 5 attempts answered malformed: `echo`: the answer is an array, not an object
seam: `type`: 5 attempts answered malformed: `echo`: `score` of the answer is a string where number is expected
seam: `bytes`: 5 attempts answered malformed: `printf`: the answer is not UTF-8
{"id":"1","end":"shipped","reviewed":false,"payload":{"done":true}}
{"id":"2","end":"shipped","reviewed":false,"payload":{"done":true}}
{"id":"3","end":"shipped","reviewed":false,"payload":{"done":true}}
{"id":"4","end":"shipped","reviewed":false,"payload":{"done":true}}
{"id":"5","end":"shipped","reviewed":false,"payload":{"done":true}}
# and `seam check` looks into the `exec` of every step, with nothing started: all that is wrong, each at its place
$ seam check tests/data/exec-mistakes.yaml
tests/data/exec-mistakes.yaml:7:7: `key`: unknown key `comand` in `exec`; did you mean `command`?
    7 |       comand: [wc]
      |       ^
tests/data/exec-mistakes.yaml:9:11: `kind`: there is no built-in stage `retrive`; did you mean `retrieve`?
    9 |     exec: {builtin: retrive}
      |           ^
tests/data/exec-mistakes.yaml:10:26: `word`: `builtin` is a word, such as retrieve
   10 |   - {stage: word, exec: {builtin: [retrieve]}}
      |                          ^
tests/data/exec-mistakes.yaml:11:25: `none`: `exec` names no kind of stage: {builtin: WORD}, {command: ...}, {mcp: ...}, {http: ...}, {chat: ...}
   11 |   - {stage: none, exec: {sends: payload}}
      |                         ^
tests/data/exec-mistakes.yaml:12:29: `program`: `command` is a list: [program, argument, ...]
   12 |   - {stage: program, exec: {command: [], sends: both}}
      |                             ^
tests/data/exec-mistakes.yaml:13:30: `argument`: argument 1 of `command` is no text
   13 |   - {stage: argument, exec: {command: [sh, [a]]}}
      |                              ^
tests/data/exec-mistakes.yaml:14:45: `type`: `top_k` must be a whole number from 1 to 100
   14 |   - {stage: type, exec: {builtin: retrieve, top_k: many}}
      |                                             ^
tests/data/exec-mistakes.yaml:15:28: `address`: "ftp://example.org" is not a URL of http or https
   15 |   - {stage: address, exec: {http: "ftp://example.org"}}
      |                            ^
tests/data/exec-mistakes.yaml:16:28: `prompt`: `chat` needs a `model` and a `prompt`
   16 |   - {stage: prompt, exec: {chat: "http://127.0.0.1:1/v1", model: m}}
      |                            ^
tests/data/exec-mistakes.yaml:17:28: `server`: `mcp` is a list [program, argument, ...] or an http(s) address
   17 |   - {stage: server, exec: {mcp: 5, tool: seek}}
      |                            ^
tests/data/exec-mistakes.yaml:18:25: `tool`: `tool` names the tool of the server
   18 |   - {stage: tool, exec: {mcp: [seam, mcp]}}
      |                         ^
tests/data/exec-mistakes.yaml:19:25: `name`: there is no tool `continuity_chek`; did you mean `continuity_check`?
   19 |   - {stage: name, exec: {builtin: tool, tool: continuity_chek}}
      |                         ^
tests/data/exec-mistakes.yaml:20:27: `person`: `queue` is for reviews, and this is a stage
   20 |   - {stage: person, exec: {builtin: queue}}
      |                           ^
tests/data/exec-mistakes.yaml:21:44: `expects`: `expects`: `strng` is no type of `score`; did you mean `string`?
   21 |   - {stage: expects, exec: {command: [sh], expects: {score: strng}}}
      |                                            ^
tests/data/exec-mistakes.yaml:22:57: `headers`: `headers` maps names to texts
   22 |   - {stage: headers, exec: {http: "http://127.0.0.1:1", headers: [a]}}
      |                                                         ^
seam: tests/data/exec-mistakes.yaml: 15 faults
[3]
$ seam check --json tests/data/exec-mistakes.yaml | sed -n '/"faults"/,/}/p'
      "faults": [
        {
          "line": 7,
          "column": 7,
          "text": "`key`: unknown key `comand` in `exec`; did you mean `command`?"
        },
$ seam solve tests/data/exec-mistakes.yaml --csv | grep ',reliability,'
result,solve,reliability,,1,1,1,,,1,,,Mistakes of exec
$ cat tests/data/exec-mistakes.yaml | seam check - 2>&1 | tail -1
seam: -: 15 faults
# stages named in letters that ids do not have: their names stand where they are told of, from the log to the fitted scenario and what is computed from it
$ { echo case,activity,start,end; for i in 1 2 3 4 5 6; do echo "$i,検索,2026-01-05T10:0$i:00Z,2026-01-05T10:0$i:02Z"; echo "$i,生成,2026-01-05T10:0$i:03Z,2026-01-05T10:0$i:08Z"; done; } > $TMP_GOLDEN/kanji.csv; seam replay $TMP_GOLDEN/kanji.csv --quiet --json | grep -A1 '"id": "step'; seam replay $TMP_GOLDEN/kanji.csv 2>/dev/null | sed -n '/^Stages/,/^$/p'
      "id": "step",
      "name": "検索",
--
      "id": "step_2",
      "name": "生成",
Stages
stage                  success  p50               p95
検索 (step)    100% (61.0–100)  2 s  2 s (at least 2)
生成 (step_2)  100% (61.0–100)  5 s  5 s (at least 5)

$ seam fit $TMP_GOLDEN/kanji.csv --quiet -o $TMP_GOLDEN/kanji.yaml; grep -A1 'stage: step' $TMP_GOLDEN/kanji.yaml; seam solve $TMP_GOLDEN/kanji.yaml --quiet --json | grep '"name": "[検生]'; seam check --graph $TMP_GOLDEN/kanji.yaml
  - stage: step
    name: "検索"
--
  - stage: step_2
    name: "生成"
      "name": "検索",
      "name": "生成",
TMP/kanji.yaml: ok, 3 steps
  ○ items
  │
  ■ orchestration  stage, agent
  │
  ■ step           検索, stage, agent
  │
  ■ step_2         生成, stage, agent
  │
  ◎ ship
# and who writes them where an id belongs is told the id
$ seam solve $TMP_GOLDEN/kanji.yaml --set flow.生成.error=1%; seam replay $TMP_GOLDEN/kanji.csv --slo "検索 latency at most 5s for 95%"; seam replay $TMP_GOLDEN/kanji.csv -q --csv | grep ,name,
--set flow.生成.error=1%: no step is called `生成`; did you mean `step_2`?
seam: TMP/kanji.yaml: 1 fault
seam: --slo "検索 latency at most 5s for 95%": the log has no stage "検索"; did you mean "step"?
stage,step,name,,,,,,,,,,検索
stage,step_2,name,,,,,,,,,,生成
$ printf 'graph TD;\n__start__ --> 検索;\n検索 --> publish;\npublish --> __end__;\n' > $TMP_GOLDEN/k.mmd; seam import langgraph $TMP_GOLDEN/k.mmd --quiet -o $TMP_GOLDEN/k.yaml; grep -A1 stage: $TMP_GOLDEN/k.yaml; seam check $TMP_GOLDEN/k.yaml
  - stage: step
    name: "検索"
--
  - stage: publish
    layer: agent
TMP/k.yaml: ok, 2 steps
