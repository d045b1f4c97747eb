# Objectives over windows, error budgets, where the time of items goes.
$ seam replay tests/data/genai.jsonl.gz --slo "completion at least 95%" --slo "retrieve latency at most 60ms for 90%" --quiet | sed -n '/^Headline/,/^completion/p'
Headline
metric              value     95% interval
reliability       unknown        25.0–100%
share wrong       unknown          0–75.0%
completion           100%        98.1–100%
$ seam replay tests/data/genai.jsonl.gz --slo "completion at least 95%" --slo "latency at most 60ms for 90%" --slo "retrieve latency at most 100ms for 90%" --window 2s 2>/dev/null | sed -n '/^Objectives/,/^Stages/p'
Objectives
objective                              attained  bad   of  budget spent  verdict
completion at least 95%         100% (98.1–100)    0  200            0%  pass
latency at most 60ms for 90%  15.0% (10.7–20.6)  170  200          850%  fail
retrieve latency at most 10…  97.5% (94.3–98.9)    5  200           25%  pass

Worst windows, and where the budget burns too fast
objective                       why    from                  attained  of   burn
latency at most 60ms for 90%    worst  2026-11-22T12:03:30Z      8.1%  62   9.19
latency at most 60ms for 90%    worst  2026-11-22T12:03:32Z     15.9%  82   8.41
latency at most 60ms for 90%    worst  2026-11-22T12:03:34Z     21.4%  56   7.86
retrieve latency at most 100m…  worst  2026-11-22T12:03:34Z     96.4%  56  0.357
retrieve latency at most 100m…  worst  2026-11-22T12:03:32Z     97.6%  82  0.244
retrieve latency at most 100m…  worst  2026-11-22T12:03:30Z     98.4%  62  0.161

Where the time of items goes: their critical paths
stage            share of the time  within its budget
retrieve         34.6% (32.0–37.3)  97.5% (94.3–98.9)
generate         31.0% (28.4–33.6)
tool_call           2.3% (1.4–3.1)
confidence_gate  0.25% (0.08–0.42)
human_review      10.8% (8.1–13.6)
feedback_store   0.09% (0.05–0.12)
(in no stage)               20.93%

Stages
$ seam replay tests/data/genai.jsonl.gz --slo "completion at least 95%" --json 2>/dev/null | grep -c '"budget_spent"'
1
$ seam replay tests/data/genai.jsonl.gz --slo "retreive success at least 99%"
seam: --slo "retreive success at least 99%": the log has no stage "retreive"; did you mean "retrieve"?
[2]
$ seam replay tests/data/genai.jsonl.gz --slo "retrieve at least 99%"
seam: --slo "retrieve at least 99%": write "completion at least 99%", "reliability at least 95%", "latency at most 2s for 95%", "STAGE success at least 99%" or "STAGE latency at most 200ms for 95%"
[2]
$ seam replay tests/data/genai.jsonl.gz --window 5m
seam: --window goes with --slo OBJECTIVE
[2]
$ seam replay tests/data/genai.jsonl.gz --slo "completion at least 95%" --window 0s
seam: --window 0s: write a time above 0, such as 5m or 1h
[2]
# Repeated tasks, and retrieval against judgements.
$ seam replay tests/data/genai.jsonl.gz --labels tests/data/genai.labels.csv --task-by gen_ai.workflow.name 2>/dev/null | sed -n '/^Of k runs/,/^ 4 /p'
Of k runs of a task
 k  one at least is right (pass@k)  all are right (pass^k)
 1                   99.5% (0–100)           99.5% (0–100)
 2                    100% (0–100)           99.0% (0–100)
 3                    100% (0–100)           98.5% (0–100)
 4                    100% (0–100)           98.0% (0–100)
$ printf 'item,document,relevant\na259c0655f5e02d158d0354b50d25eae,d0,1\n68547f518231a1ebdee47469d1cabb1a,d9,1\n68547f518231a1ebdee47469d1cabb1a,d1,1\n' > $TMP_GOLDEN/rel.csv; seam replay tests/data/genai.jsonl.gz --relevance $TMP_GOLDEN/rel.csv 2>/dev/null | sed -n '/^Retrieval/,/^Stages/p'
Retrieval: recall of the relevant documents
span name                 first        first 5       first 10  reciprocal rank
retrieval corpus  75.0% (0–100)  75.0% (0–100)  75.0% (0–100)                1

Stages
$ seam import log tests/data/genai.jsonl.gz --db $TMP_GOLDEN/docs.db --quiet; seam replay $TMP_GOLDEN/docs.db --relevance $TMP_GOLDEN/rel.csv --quiet --csv | grep -c ,mrr,
2
$ seam replay tests/data/genai.jsonl.gz --relevance tests/data/genai.labels.csv
seam: tests/data/genai.labels.csv:1: judgements of documents need the columns item and document
[3]
