# What has changed between logs, or along one.
# Drift: of one log, whose beginning was slower; against itself its later part still differs.
$ seam drift tests/data/genai.jsonl.gz --baseline 50% --labels tests/data/genai.labels.csv
drift: 100 items from otlp-json (1,511 spans)

Changed: feedback_store attempt latency p50, latency p50, tool_call attempt
latency p50, confidence_gate attempt latency p50; by the strongest evidence
since 2026-11-22T12:03:33Z. 100 items were held against 100, 24 tests which
together give a false alarm with probability 5% at most.

Answer
method                          e-processes
tests that share the guarantee  24
population                      items in order of their start
ending                          alarm

Changes, the strongest evidence first
stage            what             before     now  e-value  since
feedback_store   latency p50       65 µs   47 µs     10^8  2026-11-22T12:03:33Z
(items)          latency p50      125 ms   82 ms     10^6  2026-11-22T12:03:33Z
tool_call        latency p50      910 µs  697 µs     10^6  2026-11-22T12:03:33Z
confidence_gate  latency p50       85 µs   63 µs     10^5  2026-11-22T12:03:33Z
retrieve         latency p50       38 ms   27 ms      248
generate         latency p50       33 ms   23 ms      105
human_review     latency p50       52 ms   35 ms     5.09
confidence_gate  confidence mean   0.877   0.878     5.05
retrieve         error rate           0%    3.0%     1.45
An alarm says since when. 5 further numbers: --json

Data quality
count of                           number
records read                           24
spans                               1,511
traces                                200
items                                 100
root spans                            200
spans with status error                 7
interrupts for a review                50
attributes that tell nothing here      25
None: spans sent twice, spans whose parent is missing, spans that are their own
ancestors, spans without a duration, spans that end before they start, records
that cannot be read.
[1]
$ seam drift tests/data/genai.jsonl.gz tests/data/genai.jsonl.gz --quiet
Changed: feedback_store attempt latency p50, tool_call attempt latency p50,
latency p50; by the strongest evidence since 2026-11-22T12:03:33Z. 200 items
were held against 200, 24 tests which together give a false alarm with
probability 5% at most.
[1]
$ seam drift tests/data/genai.jsonl.gz --baseline 95%
seam: tests/data/genai.jsonl.gz: 10 items as the current part are too few: nothing can be said of fewer than 20
[3]
$ seam drift tests/data/genai.jsonl.gz tests/data/genai.jsonl.gz --baseline 50%
seam: --baseline parts one log; here are two
[2]
$ seam drift tests/data/genai.jsonl.gz --level 100%
seam: --level: a level lies between 0 and 100%, both left out
[2]
