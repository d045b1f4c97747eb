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
