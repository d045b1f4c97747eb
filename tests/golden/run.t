# Scenarios executed: the same seed, the same run.
$ seam run scenarios/six-step.yaml --items 1000 | head -9
run: Six steps of 97%
executed, 1,000 items, seed 1; intervals: 95%, sampling

Headline
metric         value  95% interval
reliability    83.5%    81.1–85.7%
share failed   16.5%    14.3–18.9%
completion     83.5%    81.1–85.7%
shipped error     0%        0–0.5%
$ seam run scenarios/six-step.yaml
seam: run: how many items? Give --items 1000, or --input FILE with the items
[2]
$ seam run scenarios/six-step.yaml --items 10 --time-scale fast
seam: --time-scale fast: write a number above 0, such as 60 (a minute in a second), or skip
[2]
$ seam run scenarios/two-gates.yaml --items 500 --time-scale skip --seed 3 --set flow.quick-sure.threshold=0.5 2>&1 | head -3
run: Film studio with two gates
executed, 500 items, seed 3; intervals: 95%, sampling

$ printf '{"id": "a", "input": {"q": 1}, "truth": {"q": 1}}\n{"id": "b", "truth": {"q": 2}}\n' > "$TMP_GOLDEN/in.jsonl"
$ seam run scenarios/six-step-silent.yaml --input "$TMP_GOLDEN/in.jsonl" -o "$TMP_GOLDEN/out.jsonl" --quiet >/dev/null && cat "$TMP_GOLDEN/out.jsonl"
{"id":"a","end":"shipped","correct":true,"reviewed":false,"payload":{"q":1}}
{"id":"b","end":"shipped","correct":false,"reviewed":false,"payload":{}}
$ echo '{"id": "a"}{' | seam run scenarios/six-step.yaml --input -
seam: -:1:12: not JSON: unexpected '{' at byte 12
[3]
# Read again from its own traces, a run counts the same.
$ seam run scenarios/gate-review.yaml --items 300 --time-scale skip --traces "$TMP_GOLDEN/run.jsonl" | grep -E "^(reliability|review load|auto error|answer )"
reliability       98.0%    95.7–99.1%
auto error           0%        0–2.4%
review load       49.0%    43.4–54.6%
answer     100% (98.7–100)  5.0% (3.1–8.1)
answer                0.175 (0.146–0.195)  0.95 (0.88–0.98)
answer     confident    100% (98.7–100)    300
$ seam replay "$TMP_GOLDEN/run.jsonl" | grep -E "^(reliability|review load|auto error|answer )" | head -4
reliability       98.0%    95.7–99.1%
auto error           0%        0–2.4%
review load       49.0%    43.4–54.6%
answer     100% (98.7–100)  5.0% (3.1–8.1)
# Four ways side by side, and a change that is predicted and then run.
$ seam run scenarios/gate-review.yaml --items 300 --time-scale skip --compare --quiet | sed -n '/^Side by side: all/,/^Side by side: answer/p'
Side by side: all items
metric             exact  simulated  executed  replayed    difference
reliability       97.69%     97.76%     98.0%     98.0%  +0.3% ± 1.7%
share wrong        2.31%      2.24%      2.0%      2.0%  -0.3% ± 1.7%
completion          100%       100%      100%      100%     0% ± 0.6%
auto error         1.13%      1.14%        0%        0%  -1.1% ± 1.2%
review load       48.68%     48.81%     49.0%     49.0%  +0.3% ± 5.6%
reviews per item  0.4868     0.4881      0.49      0.49  +0.00 ± 0.06
visits mean        2.487     2.4881      2.49      2.49  +0.00 ± 0.06
Difference: executed less exact (else simulated); ! where 0 lies outside its
interval, as one in 20 does by chance.

Side by side: answer
$ seam run scenarios/gate-review.yaml --items 300 --seed 4 --time-scale skip --then flow.confident.threshold=70% --quiet | sed -n '/^What was expected/,$p'
What was expected of the change, and what came
metric                       expected    came  held
reliability         96.6% (94.0–98.7)  96.67%  yes
share wrong            3.2% (1.0–6.0)   3.33%  yes
share rejected           0.2% (0–1.0)      0%  yes
completion           99.8% (99.0–100)    100%  yes
auto error             2.5% (0.4–5.3)   1.30%  yes
review load         26.3% (20.0–33.7)  23.00%  yes
reviews per item     0.26 (0.20–0.34)    0.23  yes
visits mean          2.26 (2.20–2.34)    2.23  yes
answer: wrong rate   12.4% (7.7–17.7)   8.00%  yes
$ seam run scenarios/gate-review.yaml --items 30 --then confident
seam: --then confident: write PATH=VALUE, such as flow.sure.threshold=0.9
[2]
# Injected faults are refused as scenarios are.
$ printf 'steps:\n  retreive: {error: 5%%}\n  tool: {timeout: 2%%}\n' > "$TMP_GOLDEN/f.yaml"; cd "$TMP_GOLDEN" && seam run "$OLDPWD/scenarios/six-step.yaml" --items 10 --faults f.yaml
f.yaml:2:3: `steps`: no step is called `retreive`; did you mean `retrieve`?
    2 |   retreive: {error: 5%}
      |   ^
f.yaml:3:19: `tool` has no `timeout` in the scenario: an answer that is held back would never come; give the step one, as in timeout: 10s
    3 |   tool: {timeout: 2%}
      |                   ^
seam: f.yaml: 2 faults
[3]
# cycles: each item once in -o and --traces, faults injected in all, the result kept in the store
$ for i in 1 2 3 4 5 6 7 8 9; do echo "{\"id\":\"i$i\",\"input\":{},\"truth\":{}}"; done > $TMP_GOLDEN/nine.jsonl; printf 'seed: 3\nsteps:\n  draft: {error: 100%%}\n' > $TMP_GOLDEN/down.yaml; seam run scenarios/draft-critic.yaml --cycles 2 --input $TMP_GOLDEN/nine.jsonl --time-scale skip -q -o $TMP_GOLDEN/nine.out --traces $TMP_GOLDEN/nine.otlp --faults $TMP_GOLDEN/down.yaml --db $TMP_GOLDEN/nine.db --csv | grep ',share_failed,' | cut -d, -f1-5; sort $TMP_GOLDEN/nine.out | cut -d, -f1,2 | tr '\n' ' '; seam replay $TMP_GOLDEN/nine.otlp --json | grep -o "\"items\": 9"; seam runs list --db $TMP_GOLDEN/nine.db --csv | cut -d, -f1,3-
result,run,share_failed,,1
{"id":"i1","end":"failed" {"id":"i2","end":"failed" {"id":"i3","end":"failed" {"id":"i4","end":"failed" {"id":"i5","end":"failed" {"id":"i6","end":"failed" {"id":"i7","end":"failed" {"id":"i8","end":"failed" {"id":"i9","end":"failed" "items": 9
id,command,scenario,reliability,review_load
1,run,Draft and critic,0,0
