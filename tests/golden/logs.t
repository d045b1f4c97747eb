# The captures that ship, with their truth.
$ seam replay tests/data/genai.jsonl.gz
replay: 200 items from otlp-json (1,511 spans); intervals: 95%, sampling

Headline
metric              value     95% interval
reliability       unknown        25.0–100%
share wrong       unknown          0–75.0%
completion           100%        98.1–100%
review load         25.0%       19.5–31.4%
review precision    30.0%       19.1–43.8%
latency mean       107 ms       101–114 ms
latency p50         97 ms        90–109 ms
latency p95        193 ms       180–207 ms
latency p99        213 ms  at least 200 ms
visits mean          5.25        5.19–5.31
label coverage      25.0%       19.5–31.4%
11 further metrics: --json or --csv

Stages
stage            attempts  first try  success  fails      wrong      p50     p95
retrieve            1.015      98.5%     100%   1.5%               31 ms   86 ms
generate                1       100%     100%     0%  7.5–82.5%    26 ms   81 ms
tool_call           1.020      98.0%     100%   2.0%              791 µs    8 ms
confidence_gate         1       100%     100%     0%               74 µs  283 µs
human_review            2       100%     100%     0%               42 ms   78 ms
feedback_store          1       100%     100%     0%             56.7 µs  131 µs
fails (seen), wrong (unseen): of attempts; the rest: of visits. More: --json

Confidence
stage            threshold               ece             auroc
confidence_gate       0.85  0.19 (0.13–0.29)  0.90 (0.81–0.96)

Edges
from             to                 share of visits  count
retrieve         generate           100% (98.1–100)    200
generate         tool_call          100% (98.1–100)    200
tool_call        confidence_gate    100% (98.1–100)    200
confidence_gate  human_review     25.0% (19.5–31.4)     50
confidence_gate  feedback_store   75.0% (68.6–80.5)    150
human_review     feedback_store     100% (92.9–100)     50
feedback_store   ship               100% (98.1–100)    200

Span names
name                          spans  errors       p50       p95  confidence
tools/call lookup_price         204       0  391.5 µs  1.844 ms
execute_tool lookup_price       204       4  790.8 µs  7.317 ms
retrieval corpus                203       3  31.45 ms  75.22 ms
chat fake-draft-1               200       0  25.88 ms  80.91 ms
confidence_gate                 200       0  74.41 µs    283 µs      0.8777
feedback_store                  200       0  56.74 µs  130.9 µs
invoke_workflow rag-pipeline    200       0  97.15 ms  192.9 ms
human_review                    100       0  177.4 µs  596.6 µs

Data quality
count of                 number
records read                 24
spans                     1,511
traces                      200
items                       200
root spans                  200
spans with status error       7
interrupts for a review      50
None: spans sent twice, spans whose parent is missing, spans that are their own
ancestors, spans without a duration, spans that end before they start.
seam: calibration is of the reviewed items alone, whose confidences are cut at the gate; it says nothing of those that shipped unseen
seam: reliability is known for 50 of 200 items: of the others an OK status says nothing, so it is given as bounds; a label file (--labels) would narrow them
seam: what is known of reviewed items is the reviewer's word, taken as true
$ seam replay tests/data/genai.jsonl.gz --labels tests/data/genai.labels.csv --quiet
Headline
metric             value     95% interval
reliability        99.5%       97.2–99.9%
share wrong         0.5%         0.1–2.8%
completion          100%        98.1–100%
shipped error       0.5%         0.1–2.8%
auto error            0%           0–2.5%
review load        25.0%       19.5–31.4%
review precision   28.0%       17.5–41.7%
latency mean      107 ms       101–114 ms
latency p50        97 ms        90–109 ms
latency p95       193 ms       180–207 ms
latency p99       213 ms  at least 200 ms
visits mean         5.25        5.19–5.31
label coverage      100%        98.1–100%
11 further metrics: --json or --csv
$ seam replay tests/data/openinference.part1.jsonl.gz tests/data/openinference.part2.jsonl.gz --quiet
Headline
metric              value    95% interval
reliability       unknown       25.0–100%
share wrong       unknown         0–75.0%
completion           100%       98.1–100%
review load         25.0%      19.5–31.4%
review precision    30.0%      19.1–43.8%
latency mean        93 ms       72–114 ms
latency p50         68 ms        64–77 ms
latency p95        147 ms      132–236 ms
latency p99         1.2 s  at least 0.2 s
visits mean          5.25       5.19–5.31
label coverage      25.0%      19.5–31.4%
11 further metrics: --json or --csv
$ seam size --log tests/data/genai.jsonl.gz --labels tests/data/genai.labels.csv --target "auto_error at most 5%" --quiet
Ship at confidence 0.7525879217915804 and above: 9.5% of the items go to review,
and with 95% confidence at most 4.50% of what ships unseen is wrong (target 5%).

Headline
metric        value  95% interval  target      verdict
auto error     1.1%      0.1–4.5%  at most 5%  pass
review load    9.5%     6.2–14.4%
ece          0.1049
auroc        0.9846
accuracy      93.0%    88.6–95.8%
3 further metrics: --json or --csv
$ seam size --log tests/data/genai.jsonl.gz --target "auto_error at most 5%" --quiet
Labels of reviewed items alone say nothing about what ships unreviewed: audit a
random share of the shipped items and label those.

Headline
metric     value  95% interval
ece       0.2091
auroc      0.901
accuracy   70.0%    56.2–80.9%
3 further metrics: --json or --csv
[1]
$ seam fit tests/data/genai.jsonl.gz --labels tests/data/genai.labels.csv -o $TMP_GOLDEN/fitted.yaml --quiet && seam check $TMP_GOLDEN/fitted.yaml && seam solve $TMP_GOLDEN/fitted.yaml --quiet
TMP/fitted.yaml: ok, 7 steps
Headline
metric             value   95% interval
reliability        98.5%     96.5–99.6%
share wrong         1.0%       0.2–2.7%
share rejected      0.4%       0.0–1.6%
share failed      0.003%   0.000–0.012%
completion         99.6%    98.4–100.0%
shipped error       1.0%       0.2–2.7%
auto error          0.3%       0.0–1.4%
review load        26.6%     21.6–31.7%
review precision   26.1%     16.0–37.5%
latency mean      108 ms      97–123 ms
latency p50       101 ms      91–117 ms
latency p95       188 ms     170–223 ms
latency p99       234 ms     211–282 ms
visits mean         6.26      6.21–6.31
capability         92.8%     88.9–95.8%
gap                -5.7%  -9.6 to -2.5%
17 further metrics: --json or --csv
reliability: ±1.5 points, all of it from the parameters
[1]
