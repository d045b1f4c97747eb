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
seam: TMP/a.yaml:30:11: `count`: unknown key `comand` in `exec`; did you mean `command`?
[3]
$ sed 's/\[wc, /[wcc, /' scenarios/programs.yaml > $TMP_GOLDEN/a.yaml; seam run $TMP_GOLDEN/a.yaml --items 1
seam: TMP/a.yaml:30:11: `count`: there is no program `wcc` beside the scenario or on PATH
[3]
$ sed 's/sends: payload, /send: payload, /' scenarios/programs.yaml > $TMP_GOLDEN/a.yaml; seam run $TMP_GOLDEN/a.yaml --items 1
seam: TMP/a.yaml:30:11: `count`: unknown key `send` in `exec`; did you mean `sends`?
[3]
$ sed 's/output: words/ouput: words, expects: {a: strng}/' scenarios/programs.yaml > $TMP_GOLDEN/a.yaml; seam run $TMP_GOLDEN/a.yaml --items 1
seam: TMP/a.yaml:30:11: `count`: unknown key `ouput` in `exec`; did you mean `output`?
[3]
# each program that misbehaves ends in its outcome, every item goes on, and the reasons are told
$ seam run tests/data/hostile.yaml --items 5 --threads 4 -o $TMP_GOLDEN/items.jsonl > $TMP_GOLDEN/run.txt; sort $TMP_GOLDEN/items.jsonl | sed 's/"correct":[a-z]*,//'
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
