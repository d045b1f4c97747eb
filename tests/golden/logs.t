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
confidence_gate       0.85  0.19 (0.04–0.28)  0.90 (0.78–0.96)

Edges
from             to                 share of visits  count
retrieve         generate           100% (98.1–100)    200
generate         tool_call          100% (98.1–100)    200
tool_call        confidence_gate    100% (98.1–100)    200
confidence_gate  human_review     25.0% (19.5–31.4)     50
confidence_gate  feedback_store   75.0% (68.6–80.5)    150
human_review     feedback_store     100% (92.9–100)     50
feedback_store   ship               100% (98.1–100)    200

Resources
resource      arrivals  completions         backlog growth a day
human_review        50           50  17,232 (-93,470 to 127,933)

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
count of                           number
records read                           24
spans                               1,511
traces                                200
items                                 200
root spans                            200
spans with status error                 7
interrupts for a review                50
attributes that tell nothing here      25
None: spans sent twice, spans whose parent is missing, spans that are their own
ancestors, spans without a duration, spans that end before they start, records
that cannot be read.
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
Ship at confidence 0.7525 and above: 9.5% of the items go to review, and with
95% confidence at most 4.50% of what ships unseen is wrong (target 5%).

Headline
metric       value  95% interval  target      verdict
auto error    1.1%      0.1–4.5%  at most 5%  pass
review load   9.5%     6.2–14.4%
ece           0.10     0.06–0.13
auroc        0.985   0.961–0.994
accuracy     93.0%    88.6–95.8%
7 further metrics: --json or --csv
$ seam size --log tests/data/genai.jsonl.gz --target "auto_error at most 5%" --quiet
These labels are of reviewed items alone: what ships unseen may err more or
less, and nothing here tells. Audit a random share of what ships: 434 labels
certify auto_error at most 5% at the threshold in use, if it errs half as often;
--traffic 200/d tells what that costs a day.
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
# The same log in Protocol Buffers gives the same, to the byte.
$ seam replay tests/data/genai.otlp.gz --json 2>$TMP_GOLDEN/p.err | sed -e 's/otlp-proto/otlp-json/' -e '/elapsed_s/d' >$TMP_GOLDEN/p.json; seam replay tests/data/genai.jsonl.gz --json 2>$TMP_GOLDEN/j.err | sed '/elapsed_s/d' | cmp - $TMP_GOLDEN/p.json && cmp $TMP_GOLDEN/p.err $TMP_GOLDEN/j.err
- TMP/p.json differ: char 86964, line 3909
[1]
# The first 24 of them as Jaeger writes them, with a span sent twice and one that is missing.
$ seam replay tests/data/jaeger.json.gz
replay: 24 items from jaeger (190 spans); intervals: 95%, sampling

Headline
metric              value     95% interval
reliability       unknown        29.2–100%
share wrong       unknown          0–70.8%
completion           100%        86.2–100%
review load         29.2%       14.9–49.2%
review precision    42.9%       15.8–75.0%
latency mean       149 ms       128–169 ms
latency p50        144 ms       117–180 ms
latency p95        203 ms  at least 195 ms
latency p99        289 ms  at least 203 ms
visits mean          5.25        5.03–5.47
label coverage      29.2%       14.9–49.2%
11 further metrics: --json or --csv

Stages
stage            attempts  first try  success  fails       wrong     p50     p95
retrieve             1.12      87.5%     100%  11.1%               39 ms  129 ms
generate                1       100%     100%     0%  12.5–83.3%   31 ms   82 ms
tool_call            1.13      87.0%     100%  11.5%              1.3 ms   51 ms
confidence_gate         1       100%     100%     0%               93 µs    8 ms
human_review            2       100%     100%     0%               67 ms   84 ms
feedback_store          1       100%     100%     0%               77 µs  253 µs
fails (seen), wrong (unseen): of attempts; the rest: of visits. More: --json

Edges
from             to                 share of visits  count
retrieve         generate           100% (86.2–100)     24
generate         tool_call        95.8% (79.8–99.3)     23
generate         confidence_gate    4.2% (0.7–20.2)      1
tool_call        confidence_gate    100% (85.7–100)     23
confidence_gate  human_review     29.2% (14.9–49.2)      7
confidence_gate  feedback_store   70.8% (50.8–85.1)     17
human_review     feedback_store     100% (64.6–100)      7
feedback_store   ship               100% (86.2–100)     24

Resources
resource      arrivals  completions        backlog growth a day
human_review         7            7  21,104 (-56,734 to 98,942)

Span names
name                          spans  errors       p50       p95  confidence
retrieval corpus                 27       3  38.98 ms  75.55 ms
tools/call lookup_price          27       0    651 µs  2.327 ms
execute_tool lookup_price        26       3  1.237 ms   7.88 ms
chat fake-draft-1                24       0  30.79 ms   82.4 ms
confidence_gate                  24       0     93 µs  7.704 ms      0.8689
feedback_store                   24       0     77 µs    253 µs
invoke_workflow rag-pipeline     24       0  143.9 ms  202.9 ms
human_review                     14       0    229 µs    821 µs

Data quality
count of                           number
records read                           24
spans                                 190
spans sent twice                        1
traces                                 24
items                                  24
root spans                             24
spans whose parent is missing           1
spans with status error                 6
interrupts for a review                 7
attributes that tell nothing here      30
None: spans that are their own ancestors, spans without a duration, spans that
end before they start, records that cannot be read.

Where the log is at fault
duplicate  tests/data/jaeger.json.gz:3013
orphan     tests/data/jaeger.json.gz:2023
seam: reliability is known for 7 of 24 items: of the others an OK status says nothing, so it is given as bounds; a label file (--labels) would narrow them
seam: what is known of reviewed items is the reviewer's word, taken as true
$ seam replay tests/data/jaeger.json.gz --strict
seam: tests/data/jaeger.json.gz:2023: orphan: 1 in the log, and --strict allows none
[3]
# A real trace of Zipkin's, whose servers report under their clients' ids.
$ seam replay tests/data/zipkin_shared.json
replay: 1 items from zipkin (16 spans); intervals: 95%, sampling

Headline
metric             value       95% interval
reliability      unknown             0–100%
share wrong      unknown             0–100%
completion          100%          20.7–100%
latency mean      132 ms      at least 0 ms
latency p50       132 ms      at least 0 ms
latency p95       132 ms      at least 0 ms
latency p99     131.8 ms  at least 131.8 ms
visits mean          2.0         at least 0
label coverage        0%            0–79.3%
12 further metrics: --json or --csv

Stages
stage          success                 p50                   p95
post   100% (34.2–100)  56 ms (at least 0)  125 ms (at least 56)

Edges
from  to    share of visits  count
post  ship  100% (34.2–100)      2

Span names
name                               spans  errors       p50       p95  confidence
post                                   3       0     56 ms    125 ms
get                                    2       0   1.49 ms      3 ms
post /location/update/v4               2       0  41.74 ms  131.8 ms
set mobile_api_nonce                   1       0  1.026 ms  1.026 ms
get_multi mobile_api_nonce             1       0  1.066 ms  1.066 ms
get_multi my_cache_name_v1             1       0    233 µs    233 µs
commit                                 1       0    374 µs    374 µs
get user_details_cache-20150901        1       0  1.068 ms  1.068 ms
txn: user_get_basic_and_scout_in…      1       0  3.884 ms  3.884 ms
begin                                  1       0    445 µs    445 µs
get my_cache_name_v2                   1       0    993 µs    993 µs
post api proxy proxy                   1       0  88.94 ms  88.94 ms

Data quality
count of                           number
records read                           16
spans                                  16
traces                                  1
items                                   1
root spans                              1
attributes that tell nothing here      34
None: spans sent twice, spans whose parent is missing, spans that are their own
ancestors, spans with status error, interrupts for a review, spans without a
duration, spans that end before they start, records that cannot be read.
seam: reliability is known for 0 of 1 items: of the others an OK status says nothing, so it is given as bounds; a label file (--labels) would narrow them
# The same runs from three more platforms, where scores and verdicts stand apart from the spans.
$ seam replay tests/data/langsmith.jsonl.gz
replay: 24 items from langsmith (191 spans); intervals: 95%, sampling

Headline
metric              value     95% interval
reliability       unknown        29.2–100%
share wrong       unknown          0–70.8%
completion           100%        86.2–100%
review load         29.2%       14.9–49.2%
review precision    42.9%       15.8–75.0%
latency mean       149 ms       128–169 ms
latency p50        144 ms       117–180 ms
latency p95        203 ms  at least 195 ms
latency p99        289 ms  at least 203 ms
visits mean          5.29        5.10–5.49
label coverage      29.2%       14.9–49.2%
11 further metrics: --json or --csv

Stages
stage            attempts  first try  success  fails       wrong     p50     p95
retrieve             1.12      87.5%     100%  11.1%               39 ms  129 ms
generate                1       100%     100%     0%  12.5–83.3%   31 ms   82 ms
tool_call            1.12      87.5%     100%  11.1%              1.2 ms   51 ms
confidence_gate         1       100%     100%     0%               93 µs    8 ms
human_review            2       100%     100%     0%               67 ms   84 ms
feedback_store          1       100%     100%     0%               77 µs  253 µs
fails (seen), wrong (unseen): of attempts; the rest: of visits. More: --json

Edges
from             to                 share of visits  count
retrieve         generate           100% (86.2–100)     24
generate         tool_call          100% (86.2–100)     24
tool_call        confidence_gate    100% (86.2–100)     24
confidence_gate  human_review     29.2% (14.9–49.2)      7
confidence_gate  feedback_store   70.8% (50.8–85.1)     17
human_review     feedback_store     100% (64.6–100)      7
feedback_store   ship               100% (86.2–100)     24

Resources
resource      arrivals  completions        backlog growth a day
human_review         7            7  21,104 (-56,734 to 98,942)

Reviewers
reviewer  reviews  rejected  corrected
u1              7        0%      42.9%
Intervals: --json

Span names
name                          spans  errors       p50       p95  confidence
retrieval corpus                 27       3  38.98 ms  75.55 ms
tools/call lookup_price          27       0    651 µs  2.327 ms
execute_tool lookup_price        27       3  1.237 ms   7.88 ms
chat fake-draft-1                24       0  30.79 ms   82.4 ms
confidence_gate                  24       0     93 µs  7.704 ms      0.8689
feedback_store                   24       0     77 µs    253 µs
invoke_workflow rag-pipeline     24       0  143.9 ms  202.9 ms
human_review                     14       0    229 µs    821 µs

Data quality
count of                 number
records read                206
spans                       191
traces                       24
items                        24
root spans                   24
spans with status error       6
interrupts for a review       7
None: spans sent twice, spans whose parent is missing, spans that are their own
ancestors, spans without a duration, spans that end before they start, records
that cannot be read, attributes that tell nothing here.
seam: reliability is known for 7 of 24 items: of the others an OK status says nothing, so it is given as bounds; a label file (--labels) would narrow them
seam: what is known of reviewed items is the reviewer's word, taken as true
$ seam replay tests/data/langfuse.json.gz
replay: 24 items from langfuse (191 spans); intervals: 95%, sampling

Headline
metric              value     95% interval
reliability       unknown        29.2–100%
share wrong       unknown          0–70.8%
completion           100%        86.2–100%
review load         29.2%       14.9–49.2%
review precision    42.9%       15.8–75.0%
latency mean       148 ms       128–169 ms
latency p50        143 ms       117–179 ms
latency p95        202 ms  at least 195 ms
latency p99        289 ms  at least 202 ms
visits mean          5.29        5.10–5.49
label coverage      29.2%       14.9–49.2%
11 further metrics: --json or --csv

Stages
stage            attempts  first try  success  fails       wrong     p50     p95
retrieve             1.12      87.5%     100%  11.1%               39 ms  129 ms
generate                1       100%     100%     0%  12.5–83.3%   30 ms   82 ms
tool_call            1.12      87.5%     100%  11.1%              1.0 ms   50 ms
confidence_gate         1       100%     100%     0%                 0 s    7 ms
human_review            2       100%     100%     0%               67 ms   84 ms
feedback_store          1       100%     100%     0%                 0 s     0 s
fails (seen), wrong (unseen): of attempts; the rest: of visits. More: --json

Edges
from             to                 share of visits  count
retrieve         generate           100% (86.2–100)     24
generate         tool_call          100% (86.2–100)     24
tool_call        confidence_gate    100% (86.2–100)     24
confidence_gate  human_review     29.2% (14.9–49.2)      7
confidence_gate  feedback_store   70.8% (50.8–85.1)     17
human_review     feedback_store     100% (64.6–100)      7
feedback_store   ship               100% (86.2–100)     24

Resources
resource      arrivals  completions        backlog growth a day
human_review         7            7  21,104 (-56,734 to 98,942)

Reviewers
reviewer  reviews  rejected  corrected
u1              7        0%      42.9%
Intervals: --json

Span names
name                          spans  errors     p50     p95  confidence
retrieval corpus                 27       3   38 ms   75 ms
tools/call lookup_price          27       0     0 s    2 ms
execute_tool lookup_price        27       3    1 ms    7 ms
chat fake-draft-1                24       0   30 ms   82 ms
confidence_gate                  24       0     0 s    7 ms      0.8689
feedback_store                   24       0     0 s     0 s
invoke_workflow rag-pipeline     24       0  143 ms  202 ms
human_review                     14       0     0 s     0 s

Data quality
count of                 number
records read                 24
spans                       191
traces                       24
items                        24
root spans                   24
spans with status error       6
interrupts for a review       7
None: spans sent twice, spans whose parent is missing, spans that are their own
ancestors, spans without a duration, spans that end before they start, records
that cannot be read, attributes that tell nothing here.
seam: reliability is known for 7 of 24 items: of the others an OK status says nothing, so it is given as bounds; a label file (--labels) would narrow them
seam: what is known of reviewed items is the reviewer's word, taken as true
$ seam replay tests/data/phoenix.json.gz
replay: 24 items from phoenix (191 spans); intervals: 95%, sampling

Headline
metric              value     95% interval
reliability       unknown        29.2–100%
share wrong       unknown          0–70.8%
completion           100%        86.2–100%
review load         29.2%       14.9–49.2%
review precision    42.9%       15.8–75.0%
latency mean       149 ms       128–169 ms
latency p50        144 ms       117–180 ms
latency p95        203 ms  at least 195 ms
latency p99        289 ms  at least 203 ms
visits mean          5.29        5.10–5.49
label coverage      29.2%       14.9–49.2%
11 further metrics: --json or --csv

Stages
stage            attempts  first try  success  fails       wrong     p50     p95
retrieve             1.12      87.5%     100%  11.1%               39 ms  129 ms
generate                1       100%     100%     0%  12.5–83.3%   31 ms   82 ms
tool_call            1.12      87.5%     100%  11.1%              1.2 ms   51 ms
confidence_gate         1       100%     100%     0%               93 µs    8 ms
human_review            2       100%     100%     0%               67 ms   84 ms
feedback_store          1       100%     100%     0%               77 µs  253 µs
fails (seen), wrong (unseen): of attempts; the rest: of visits. More: --json

Edges
from             to                 share of visits  count
retrieve         generate           100% (86.2–100)     24
generate         tool_call          100% (86.2–100)     24
tool_call        confidence_gate    100% (86.2–100)     24
confidence_gate  human_review     29.2% (14.9–49.2)      7
confidence_gate  feedback_store   70.8% (50.8–85.1)     17
human_review     feedback_store     100% (64.6–100)      7
feedback_store   ship               100% (86.2–100)     24

Resources
resource      arrivals  completions        backlog growth a day
human_review         7            7  21,104 (-56,734 to 98,942)

Reviewers
reviewer  reviews  rejected  corrected
u1              7        0%      42.9%
Intervals: --json

Span names
name                          spans  errors       p50       p95  confidence
retrieval corpus                 27       3  38.98 ms  75.55 ms
tools/call lookup_price          27       0    651 µs  2.327 ms
execute_tool lookup_price        27       3  1.237 ms   7.88 ms
chat fake-draft-1                24       0  30.79 ms   82.4 ms
confidence_gate                  24       0     93 µs  7.704 ms      0.8689
feedback_store                   24       0     77 µs    253 µs
invoke_workflow rag-pipeline     24       0  143.9 ms  202.9 ms
human_review                     14       0    229 µs    821 µs

Data quality
count of                 number
records read                222
spans                       191
traces                       24
items                        24
root spans                   24
spans with status error       6
interrupts for a review       7
None: spans sent twice, spans whose parent is missing, spans that are their own
ancestors, spans without a duration, spans that end before they start, records
that cannot be read, attributes that tell nothing here.
seam: reliability is known for 7 of 24 items: of the others an OK status says nothing, so it is given as bounds; a label file (--labels) would narrow them
seam: what is known of reviewed items is the reviewer's word, taken as true
$ seam replay tests/data/langfuse_crew.json.gz --confidence hallucination --quiet
Headline
metric               value         95% interval
reliability        unknown               0–100%
share wrong        unknown               0–100%
completion            100%            20.7–100%
latency mean           4 s         at least 0 s
latency p50            4 s         at least 0 s
latency p95            4 s         at least 0 s
latency p99         3.75 s      at least 3.75 s
visits mean            2.0           at least 0
cost per item     $0.00013          at least $0
cost per correct   unknown  at least $0.0001269
label coverage          0%              0–79.3%
14 further metrics: --json or --csv
$ seam replay tests/data/n8n.stored.json.gz
replay: 7 items from n8n (56 spans); intervals: 95%, sampling

Headline
metric              value  95% interval
reliability       unknown    28.6–85.7%
share wrong       unknown       0–57.1%
share unfinished    14.3%     2.6–51.3%
completion          85.7%    48.7–97.4%
review load         42.9%    15.8–75.0%
review precision    50.0%     9.5–90.5%
latency mean         10 s        0–36 s
latency p50        101 ms  66–60,081 ms
latency p95          60 s  at least 1 s
latency p99          60 s  at least 1 s
visits mean           6.9       5.5–8.2
label coverage      28.6%     8.2–64.1%
10 further metrics: --json or --csv

Stages
stage            success  fails       wrong    p50      p95
Start               100%     0%               1 ms     1 ms
Retrieve            100%     0%              23 ms  27.0 ms
Generate            100%     0%  14.3–85.7%  39 ms    51 ms
Tool_Call          87.5%  12.5%               9 ms   500 ms
Confidence_Gate     100%     0%               1 ms     1 ms
Human_Review        100%     0%              1.0 s  1.004 s
Feedback_Store      100%     0%               3 ms     3 ms
fails (seen), wrong (unseen): of attempts; the rest: of visits. More: --json

Edges
from             to                 share of visits  count
Start            Retrieve           100% (67.6–100)      8
Retrieve         Generate           100% (67.6–100)      8
Generate         Tool_Call          100% (67.6–100)      8
Tool_Call        Start             12.5% (2.2–47.1)      1
Tool_Call        Confidence_Gate  87.5% (52.9–97.8)      7
Confidence_Gate  Human_Review     42.9% (15.8–75.0)      3
Confidence_Gate  Feedback_Store   57.1% (25.0–84.2)      4
Human_Review     Feedback_Store   66.7% (20.8–93.9)      2
Feedback_Store   ship               100% (61.0–100)      6

Resources
resource      arrivals  completions  backlog growth a day
Human_Review         3            2   288 (-774 to 1,350)

Span names
name             spans  errors      p50      p95  confidence
Start                8       0     1 ms     1 ms
Retrieve             8       0    23 ms    27 ms
Generate             8       0    39 ms    51 ms      0.7638
Tool Call            8       1     9 ms   500 ms
workflow             8       1    95 ms  1.091 s
Confidence Gate      7       0     1 ms     1 ms
Feedback Store       6       0     3 ms     3 ms
Human Review         3       0  1.001 s  1.004 s

Data quality
count of                           number
records read                            8
spans                                  56
traces                                  8
items                                   7
root spans                              8
spans with status error                 2
interrupts for a review                 1
attributes that tell nothing here       2
None: spans sent twice, spans whose parent is missing, spans that are their own
ancestors, spans without a duration, spans that end before they start, records
that cannot be read.
seam: reliability is known for 3 of 7 items: of the others an OK status says nothing, so it is given as bounds; a label file (--labels) would narrow them
seam: what is known of reviewed items is the reviewer's word, taken as true
seam: 1 items wait for a person at the end of the log, or were cut off
seam: n8n folds the tries of a node into one run, and only the workflow tells which nodes are tried again: 8 executions come without it (workflowData), so a run counts as one attempt; an export of the workflow beside the log tells
# The same runs as an event log of process mining.
$ seam replay tests/data/events.xes.gz 2>&1 | sed -n '/^Stages/,/^Span names/p'
Stages
stage            attempts  first try  success  fails       wrong     p50     p95
retrieve             1.12      87.5%     100%  11.1%               39 ms  129 ms
generate                1       100%     100%     0%  12.5–83.3%   31 ms   82 ms
tool_call            1.12      87.5%     100%  11.1%              1.2 ms   51 ms
confidence_gate         1       100%     100%     0%               93 µs    8 ms
human_review            1       100%     100%     0%               67 ms   84 ms
feedback_store          1       100%     100%     0%               77 µs  253 µs
fails (seen), wrong (unseen): of attempts; the rest: of visits. More: --json

Edges
from             to                 share of visits  count
retrieve         generate           100% (86.2–100)     24
generate         tool_call          100% (86.2–100)     24
tool_call        confidence_gate    100% (86.2–100)     24
confidence_gate  human_review     29.2% (14.9–49.2)      7
confidence_gate  feedback_store   70.8% (50.8–85.1)     17
human_review     feedback_store     100% (64.6–100)      7
feedback_store   ship               100% (86.2–100)     24

Resources
resource      arrivals  completions        backlog growth a day
human_review         7            7  21,104 (-56,734 to 98,942)

Span names
$ gunzip -c tests/data/events.xes.gz | head -c 30000 >$TMP_GOLDEN/cut.xes; seam replay $TMP_GOLDEN/cut.xes --strict
seam: TMP/cut.xes:754: no duration in the line from byte 29693 on: 1 in the log, and --strict allows none
[3]
# And as two frameworks' own events.
$ seam replay tests/data/crewai.jsonl.gz 2>&1 | sed -n '/^Stages/,/^Span names/p'
Stages
stage            attempts  first try  success  fails       wrong     p50     p95
retrieve             1.12      87.5%     100%  11.1%               39 ms  129 ms
generate                1       100%     100%     0%  12.5–83.3%   31 ms   82 ms
tool_call            1.12      87.5%     100%  11.1%              1.2 ms   51 ms
confidence_gate         1       100%     100%     0%               93 µs    8 ms
human_review            2       100%     100%     0%               67 ms   84 ms
feedback_store          1       100%     100%     0%               77 µs  253 µs
fails (seen), wrong (unseen): of attempts; the rest: of visits. More: --json

Edges
from             to                 share of visits  count
retrieve         generate           100% (86.2–100)     24
generate         tool_call          100% (86.2–100)     24
tool_call        confidence_gate    100% (86.2–100)     24
confidence_gate  human_review     29.2% (14.9–49.2)      7
confidence_gate  feedback_store   70.8% (50.8–85.1)     17
human_review     feedback_store     100% (64.6–100)      7
feedback_store   ship               100% (86.2–100)     24

Resources
resource      arrivals  completions        backlog growth a day
human_review         7            7  21,104 (-56,734 to 98,942)

Span names
$ seam replay tests/data/autogen.log.gz 2>&1 | sed -n '/^Edges/,/^None/p'
Edges
from             to                 share of visits  count
retrieve         generate           100% (86.2–100)     24
generate         tool_call          100% (86.2–100)     24
tool_call        confidence_gate    100% (86.2–100)     24
confidence_gate  human_review     29.2% (14.9–49.2)      7
confidence_gate  feedback_store   70.8% (50.8–85.1)     17
human_review     feedback_store     100% (64.6–100)      7
feedback_store   ship               100% (86.2–100)     24

Resources
resource      arrivals  completions        backlog growth a day
human_review         7            7  21,104 (-56,734 to 98,942)

Span names
name             spans  errors    p50    p95  confidence
retrieve            27       3  38 ms  75 ms
tool_call           27       3   1 ms   7 ms
generate            24       0  30 ms  82 ms
LLMCall             24       0  30 ms  82 ms
lookup_price        24       0   1 ms   3 ms
confidence_gate     24       0    0 s   7 ms      0.8689
feedback_store      24       0    0 s    0 s
human_review         7       0  67 ms  84 ms

Data quality
count of                           number
records read                          598
spans                                 181
traces                                 24
items                                  24
root spans                            133
spans with status error                 6
attributes that tell nothing here      11
None: spans sent twice, spans whose parent is missing, spans that are their own
# Several at once: standard input, a folder, and what lies in it that is no log.
$ mkdir -p $TMP_GOLDEN/logs && cp tests/data/zipkin.json.gz tests/data/README.md $TMP_GOLDEN/logs && gunzip -c tests/data/events.xes.gz | seam replay - $TMP_GOLDEN/logs 2>&1 | sed -n "1p;/^Data quali/,\$p"
replay: 24 items from mixed (350 spans); intervals: 95%, sampling
Data quality
count of                           number
records read                          504
spans                                 350
traces                                 24
items                                  24
root spans                            157
spans whose parent is missing           1
spans with status error                12
interrupts for a review                 7
attributes that tell nothing here      31
None: spans sent twice, spans that are their own ancestors, spans without a
duration, spans that end before they start, records that cannot be read.

Where the log is at fault
orphan                     TMP/logs/zipkin.json.gz:1
file that is no trace log  TMP/logs/README.md
seam: 1 file in the folders is no trace log and was passed over
seam: reliability is known for 7 of 24 items: of the others an OK status says nothing, so it is given as bounds; a label file (--labels) would narrow them
seam: what is known of reviewed items is the reviewer's word, taken as true
# What the user names outranks what is known.
$ printf 'order,what,start,end,sure,ruling,answer\n7,draft,2024-01-01 10:00:00,2024-01-01 10:00:02,0.4,,ok\n7,look,2024-01-01 10:01:00,2024-01-01 10:09:00,,approve,ok\n8,draft,2024-01-01 11:00:00,2024-01-01 11:00:04,0.9,,so sorry\n' >$TMP_GOLDEN/own.csv; seam replay $TMP_GOLDEN/own.csv --item-by order --stage-by what --confidence sure --decision ruling --failure-when 'answer contains sorry' 2>/dev/null | sed -n '/^Headline/,/^Edges/p'
Headline
metric            value    95% interval
reliability       50.0%       9.5–90.5%
share failed      50.0%       9.5–90.5%
completion        50.0%       9.5–90.5%
shipped error        0%         0–79.3%
review load       50.0%       9.5–90.5%
review precision     0%         0–79.3%
latency mean      9 min  at least 0 min
latency p50       9 min  at least 0 min
latency p95       9 min  at least 0 min
latency p99       9 min  at least 9 min
latency all mean  5 min        0–61 min
visits mean           2             0–8
label coverage    50.0%       9.5–90.5%
10 further metrics: --json or --csv

Stages
stage  success  fails    wrong    p50    p95
draft    50.0%  50.0%  0–50.0%  2.0 s  4.0 s
look      100%     0%           8 min  8 min
fails (seen), wrong (unseen): of attempts; the rest: of visits. More: --json

Where reliability is lost, of all items
stage         exit fail
draft  50.0% (9.5–90.5)

Edges
$ seam replay tests/data/genai.jsonl.gz --memory 1M
seam: --memory 1M: write a size of 64M or more, such as 256M
[2]
$ seam fit tests/data/genai.jsonl.gz --memory 2X
seam: --memory 2X: write a size of 64M or more, such as 256M
[2]
$ seam replay tests/data/genai.jsonl.gz > $TMP_GOLDEN/usual 2>&1; seam replay tests/data/genai.jsonl.gz --memory 64MiB > $TMP_GOLDEN/bounded 2>&1; cmp $TMP_GOLDEN/usual $TMP_GOLDEN/bounded
