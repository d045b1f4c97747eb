# People decide: a run that is broken off while they think, the queue by lines, the run gone on with.
$ printf 'seam: 1\nname: A draft, a gate and a person\nflow:\n  - stage: draft\n    wrong: 10%%\n    confidence: {good: {beta: {a: 8, b: 2}}, bad: {beta: {a: 3, b: 3}}}\n  - gate: sure\n    threshold: 80%%\n    above: ship\n    below: human\n    audit: {share: 20%%}\n  - review: human\n    sensitivity: 90%%\n    exec: {builtin: queue, undo: 0s}\n' > $TMP_GOLDEN/people.yaml; printf '{"id":"b1","input":{"text":"one","n":1}}\n{"id":"b2","input":{"text":"two"}}\n{"id":"b3","input":{"text":"three"}}\n' > $TMP_GOLDEN/people.jsonl
$ seam run $TMP_GOLDEN/people.yaml --input $TMP_GOLDEN/people.jsonl --time-scale skip --db $TMP_GOLDEN/people.db --json > $TMP_GOLDEN/people.said 2>&1 & pid=$!; while kill -0 $pid && [ "$(seam review --db $TMP_GOLDEN/people.db --json 2>&1 | grep -c '"task":')" -lt 3 ]; do sleep 0.1; done; kill -INT $pid; wait $pid; echo $?; grep seam: $TMP_GOLDEN/people.said
130
seam: run 1 is broken off; the same line with --db TMP/people.db --resume 1 goes on
seam: saved as run 1
$ seam review --db $TMP_GOLDEN/people.db --json | sed 's/"waits_s": [0-9.]*/"waits_s": T/'; seam review --db $TMP_GOLDEN/people.db --csv | cut -d, -f1,2,4-
{
 "schema": "seam.queue/1",
 "tasks": [
  {
   "task": 1,
   "run": 1,
   "waits_s": T,
   "item": "b1",
   "step": "human",
   "payload": {"text":"one","n":1}
  },
  {
   "task": 2,
   "run": 1,
   "waits_s": T,
   "item": "b2",
   "step": "human",
   "payload": {"text":"two"}
  },
  {
   "task": 3,
   "run": 1,
   "waits_s": T,
   "item": "b3",
   "step": "human",
   "payload": {"text":"three"}
  }
 ]
}
task,run,item,step,class,holder
1,1,b1,human,,
2,1,b2,human,,
3,1,b3,human,,
$ printf 'list\nshow 2\napprove 1 fine\nreject 2\nreject 2 not canon\nedit 3 {"text":\nedit 3 {"text":"drei"}\naprove 3\nundo\nedit 3 {"text":"drei"}\ncount\n' | seam review --db $TMP_GOLDEN/people.db --reviewer ann 2>&1 | sed -E 's/waits (for )?[0-9.]+m?s/waits TIME/; s/^[0-9.]+m?s  human  cut/TIME  human  cut/'
1 b1 human waits TIME
2 b2 human waits TIME
3 b3 human waits TIME
task 2: item b2, step human, run 1; waits TIME
confidence 0.6042, below the threshold 0.8

text: two

What happened:
0s  draft  ok, confidence 0.6042
0s  draft  done: to sure
0s  sure  ok
0s  sure  0.6042 below 0.8: to human
TIME  human  cut short
task 1 approved
seam: line 4: a rejection needs a reason: reject 2 REASON
task 2 rejected
seam: line 6: the edit is not JSON: not JSON: the text ends in the middle, at byte 8
task 3 edited
seam: line 8: there is no command "aprove"; did you mean "approve"?; `help` lists them
task 3 waits again
task 3 edited
0 wait; decided by ann: 3
$ seam run $TMP_GOLDEN/people.yaml --input $TMP_GOLDEN/people.jsonl --db $TMP_GOLDEN/people.db --resume --seed 2
seam: run 1 cannot be gone on with; its seed was 1, not 2; its --time-scale was skip, not 1
[2]
$ seam run $TMP_GOLDEN/people.yaml --input $TMP_GOLDEN/people.jsonl --db $TMP_GOLDEN/people.db --resume --time-scale skip --json 2>/dev/null | grep -A1 share_rejected
    "share_rejected": {
      "value": 0.3333333333333333,
$ seam runs show 1 --item b3 --db $TMP_GOLDEN/people.db | sed -E 's/  +/ /g; s/^ ?[0-9.]+m?s (human|shipped)/TIME \1/'
Run 1, item b3
 at step attempt what by why
 came in
 0s draft 1 ok, confidence 0.7682 stage
 0s draft done: to sure rule
 0s sure 1 ok stage
 0s sure 0.7682 below 0.8: to human rule
TIME human shown
TIME human 1 cut short stage
TIME human 1 edited ann
TIME human done: to ship rule
TIME shipped
$ seam runs show 1 --item b9 --db $TMP_GOLDEN/people.db
seam: TMP/people.db: run 1 has no item "b9"
[3]
$ seam labels export --db $TMP_GOLDEN/people.db -o $TMP_GOLDEN/people.csv; cut -d, -f1-10 $TMP_GOLDEN/people.csv
id,confidence,correct,group,weight,source,decision,reviewer,reason,step
b1,0.7426029341812367,1,,1,reviewed,approve,ann,fine,human
b2,0.6042163162947399,0,,1,reviewed,reject,ann,not canon,human
b3,0.7682120672899844,0,,1,reviewed,edit,ann,,human
$ seam labels export 1 --db $TMP_GOLDEN/people.db --format jsonl | sed -E 's/"scenario":"[0-9a-f]*"/"scenario":"SHA"/' | tail -1
{"id":"b3","input":{"text":"three"},"output":{"text":"three"},"decision":"edit","edit":{"text":"drei"},"reviewer":"ann","step":"human","source":"reviewed","scenario":"SHA","confidence":0.7682120672899844,"weight":1,"run":1}
$ seam size --labels $TMP_GOLDEN/people.csv --target "auto_error at most 5%" | head -4
size: reviewed items only

These labels are of reviewed items alone: what ships unseen may err more or
less, and nothing here tells. Audit a random share of what ships: 434 labels
$ seam labels import $TMP_GOLDEN/people.csv --db $TMP_GOLDEN/other.db; seam labels export --db $TMP_GOLDEN/other.db | cut -d, -f1-6
seam: 3 labels kept
id,confidence,correct,group,weight,source
b1,0.7426029341812367,1,,1,reviewed
b2,0.6042163162947399,0,,1,reviewed
b3,0.7682120672899844,0,,1,reviewed
$ printf 'confidence,correct\n0.5,1\n' > $TMP_GOLDEN/noid.csv; seam labels import $TMP_GOLDEN/noid.csv --db $TMP_GOLDEN/other.db
seam: TMP/noid.csv:1: labels to be kept need the column id: one that comes again takes the place of the one before
[3]
$ seam run $TMP_GOLDEN/people.yaml --items 1 --db $TMP_GOLDEN/people.db --resume 1
seam: run 1 is complete; `seam runs show 1` prints it again
[2]
$ seam run $TMP_GOLDEN/people.yaml --items 1
seam: TMP/people.yaml:14:11: `human`: the queue of reviews is kept in a store: give --db FILE
[3]
$ seam review --db $TMP_GOLDEN/nothing.db
seam: TMP/nothing.db: there is no such store; --db FILE names one
[4]
