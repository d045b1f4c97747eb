# What a fit finds of a desk whose people, hours and arrivals are known (tests/data/README.md).
$ seam fit tests/data/desk.csv.gz --labels tests/data/desk.labels.csv.gz --failure-when "outcome = error" -o $TMP_GOLDEN/desk.yaml --quiet && grep -E "^arrivals|^horizon|servers|hours:|error:|wrong:|sensitivity:" $TMP_GOLDEN/desk.yaml | grep -v '#' && seam check $TMP_GOLDEN/desk.yaml
arrivals: {schedule: [{from: "mon-fri 00:00", to: "08:00", rate: 1.006/h}, {from: "mon-fri 08:00", to: "20:00", rate: 9.917/h}, {from: "mon-fri 20:00", to: "24:00", rate: 0.9886/h}, {from: "sat-sun 00:00", to: "24:00", rate: 0.9886/h}]}
horizon: {length: 3w, warmup: 7d, replications: 20}
    error: 22/2106
    wrong: 213/2106
    sensitivity: 165/174
    servers: 1
    hours: ["mon-fri 09:00-18:00"]
TMP/desk.yaml: ok, 6 steps
# Fits to the first part of a log predict the rest.
$ seam backtest tests/data/desk.csv.gz --labels tests/data/desk.labels.csv.gz --failure-when "outcome = error" --split 66% --windows 3 --quiet
Headline
metric    value  95% interval
coverage  95.2%    77.3–99.2%
1 further metric: --json or --csv

What was expected of the rest of the log, and what came
metric                   expected     came  held  windows    width    score
reliability     96.7% (94.9–98.1)   96.95%  yes    3 of 3    5.13%    5.13%
completion      98.7% (97.5–99.4)   99.17%  yes    3 of 3    3.05%    3.05%
share failed       1.2% (0.4–2.5)    0.83%  yes    3 of 3    3.05%    3.05%
latency p50       4.1 s (3.7–4.4)  3.897 s  yes    3 of 3  1.226 s  1.226 s
latency p95          15 h (14–18)  16.69 h  yes    3 of 3   22.3 h   22.3 h
review load     30.2% (26.6–34.3)   28.81%  yes    3 of 3   12.48%   12.48%
review backlog          11 (8–15)    12.76  yes    2 of 3     10.9    33.97
windows: those whose interval held, of those that are known; width and interval
score: means over these, smaller is better.
$ seam backtest tests/data/openinference.part1.jsonl.gz tests/data/openinference.part2.jsonl.gz --labels tests/data/openinference.labels.csv --quiet
Headline
metric    value  95% interval
coverage  68.3%    55.8–78.7%
1 further metric: --json or --csv

What was expected of the rest of the log, and what came
metric                   expected      came  held   windows     width     score
reliability      98.4% (94.3–100)    99.06%  yes   10 of 10    13.18%    13.18%
completion       99.1% (94.3–100)      100%  yes   10 of 10    10.36%    10.36%
latency p50        96 ms (82–111)  46.84 ms  no     0 of 10  58.48 ms  947.3 ms
latency p95      165 ms (139–199)  117.1 ms  no     3 of 10  124.5 ms   13.12 s
review load     27.3% (16.0–38.7)    25.47%  yes    9 of 10    57.73%    94.09%
review backlog      0.6 (0.3–1.0)    0.2975  yes    9 of 10     1.428     2.236
windows: those whose interval held, of those that are known; width and interval
score: means over these, smaller is better.
$ seam backtest tests/data/genai.jsonl.gz --labels tests/data/genai.labels.csv
backtest: 200 items from otlp-json (1,511 spans); intervals: 95%, sampling and
parameters

Headline
metric    value  95% interval
coverage  80.0%    68.2–88.2%
1 further metric: --json or --csv

What was expected of the rest of the log, and what came
metric                   expected      came  held   windows     width     score
reliability      98.2% (94.1–100)    99.16%  yes   10 of 10    15.15%    15.15%
completion       98.9% (95.0–100)      100%  yes   10 of 10    10.08%    10.08%
latency p50      124 ms (110–143)  82.15 ms  no     3 of 10  75.19 ms  431.4 ms
latency p95      226 ms (189–267)  156.8 ms  no     5 of 10  177.5 ms    908 ms
review load     26.8% (16.0–38.7)    24.37%  yes   10 of 10    52.95%    52.95%
review backlog      0.7 (0.4–1.2)    0.4271  yes   10 of 10      1.66      1.66
windows: those whose interval held, of those that are known; width and interval
score: means over these, smaller is better.

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
seam: 48 of 60 intervals held, fewer than 95% would by chance (p < 1%): the system changed after the first part, or the model lacks something that moves it
seam: the fit: items that follow one another take alike times: for latencies these 77 items tell as much as 63 independent ones, and their evidence counts for that
$ seam backtest tests/data/forecasts.csv.gz --labels tests/data/forecasts.labels.csv.gz --target "coverage at least 80%" --quiet
Headline
metric    value  95% interval  target        verdict
coverage   100%     72.2–100%  at least 80%  not shown
1 further metric: --json or --csv

What was expected of the rest of the log, and what came
metric                expected    came  held   windows   width   score
reliability  67.4% (64.6–70.0)  66.23%  yes   10 of 10  12.42%  12.42%
windows: those whose interval held, of those that are known; width and interval
score: means over these, smaller is better.
[1]
$ seam backtest tests/data/genai.jsonl.gz --split 99% --quiet
seam: tests/data/genai.jsonl.gz: 198 items begin in the first 99% of the log's time and 2 later; a backtest needs at least 10 and 10
[3]
$ seam backtest tests/data/genai.jsonl.gz --split 100%
seam: --split: must lie between 0% and 100%
[2]
# The same items under another policy.
$ seam replay tests/data/genai.jsonl.gz --labels tests/data/genai.labels.csv --set flow.confidence_gate.threshold=75% --quiet
Headline
metric             value
reliability       99.00%
share wrong        1.00%
completion          100%
auto error         1.10%
review load        9.50%
review backlog    0.1629
latency mean    99.97 ms
latency p50     88.87 ms
latency p95       187 ms
latency p99     213.2 ms
1 further metric: --json or --csv

The log, and the same items under the other policy
metric          as logged  expected  what the log leaves possible
reliability        99.50%    99.00%
share wrong         0.50%     1.00%
completion           100%      100%
auto error             0%     1.10%
review load        25.00%     9.50%
latency mean     107.3 ms  99.97 ms
latency p50      97.15 ms  88.87 ms
latency p95      192.9 ms    187 ms
latency p99      213.2 ms  213.2 ms
review backlog     0.4382    0.1629
$ seam replay tests/data/genai.jsonl.gz --set flow.confidence_gate.threshold=95% --set flow.retrieve.retry.attempts=1 --target "reliability at least 95%"
replay: 200 items from otlp-json (1,511 spans); intervals: 95%, what the log
does not show

Headline
metric            value  95% interval  target        verdict
reliability     unknown    24.5–98.5%  at least 95%  not shown
share wrong     unknown       0–74.0%
share rejected  unknown       0–50.5%
share failed      1.50%
completion      unknown    48.0–98.5%
auto error      unknown        0–100%
review load      75.00%
review backlog      1.3       1.0–1.6
latency mean     130 ms    122–139 ms
latency p50      126 ms    115–138 ms
latency p95      210 ms    197–234 ms
latency p99      250 ms    218–302 ms
1 further metric: --json or --csv

The log, and the same items under the other policy
metric          as logged  expected  what the log leaves possible
reliability     25.0–100%     98.5%                    24.5–98.5%
share wrong       0–75.0%      0.0%                       0–74.0%
share rejected         0%      0.0%                       0–50.5%
share failed           0%     1.50%
completion           100%     98.5%                    48.0–98.5%
auto error        unknown      0.1%                        0–100%
review load        25.00%    75.00%
latency mean     107.3 ms    130 ms                    122–139 ms
latency p50      97.15 ms    126 ms                    115–138 ms
latency p95      192.9 ms    210 ms                    197–234 ms
latency p99      213.2 ms    250 ms                    218–302 ms
review backlog     0.4382       1.3                       1.0–1.6

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
seam: the fit: `wrong` of `generate` is a lower bound: only reviewed drafts are known, and those that shipped unseen are counted as right
seam: the fit: without labels the reviewer is taken to be right: sensitivity and specificity of `human_review` are 1
seam: the fit: latency falls over the log (the medians of its halves differ by more than chance): the scenario is the mean of both
seam: the fit: items that follow one another take alike times: for latencies these 200 items tell as much as 37 independent ones, and their evidence counts for that
seam: 101 reviews were never held: what people would have decided is not known
seam: 150 drafts were never judged: what shipped unseen may be wrong; labels of a random share of them (--labels) would narrow the bounds
seam: reliability: "at least 95%" is not shown: its interval holds the target
[1]
$ seam replay tests/data/desk.csv.gz --labels tests/data/desk.labels.csv.gz --failure-when "outcome = error" --set resources.reviewers.servers=2 --quiet
Headline
metric            value
reliability      96.77%
share wrong       2.18%
share failed      1.04%
completion       98.96%
auto error        2.52%
review load      29.20%
review backlog    8.614
latency mean    2.157 h
latency p50     3.896 s
latency p95     14.12 h
latency p99     2.573 d
wait mean       2.085 h
1 further metric: --json or --csv

The log, and the same items under the other policy
metric          as logged  expected  what the log leaves possible
reliability        96.77%    96.77%
share wrong         2.18%     2.18%
share failed        1.04%     1.04%
completion         98.96%    98.96%
auto error          2.52%     2.52%
review load        29.20%    29.20%
latency mean      2.562 h   2.157 h
latency p50       3.896 s   3.896 s
latency p95       14.93 h   14.12 h
latency p99       2.594 d   2.573 d
wait mean         2.486 h   2.085 h
review backlog      10.28     8.614
$ seam replay tests/data/genai.jsonl.gz --set flow.generate.wrong=1% --quiet
seam: flow.generate.wrong is no policy but what the log shows; a replay changes thresholds, audits, retries, timeouts, routes, reviewers and their hours: use `seam fit` and `seam simulate` for the rest
[2]
$ seam replay tests/data/genai.jsonl.gz --set flow.generat.wrong=1% --quiet
--set flow.generat.wrong=1%: no step is called `generat`; did you mean `generate`?
seam: the fitted scenario: 1 fault
[3]
$ seam replay tests/data/genai.jsonl.gz --scenario scenarios/gate-review.yaml --quiet
seam: scenarios/gate-review.yaml: the log has no step `answer`; a replay takes the log's own steps, by their names, through another policy (`seam fit` writes them)
[3]
$ seam fit tests/data/genai.jsonl.gz -o $TMP_GOLDEN/policy.yaml --quiet && seam replay tests/data/genai.jsonl.gz --labels tests/data/genai.labels.csv --scenario $TMP_GOLDEN/policy.yaml --set flow.retrieve.retry.attempts=1 --quiet
Headline
metric             value
reliability       98.00%
share wrong        0.50%
share failed       1.50%
completion        98.50%
review load       24.50%
review backlog    0.4244
latency mean    105.8 ms
latency p50      97.1 ms
latency p95     192.7 ms
latency p99     213.2 ms
1 further metric: --json or --csv

The log, and the same items under the other policy
metric          as logged  expected  what the log leaves possible
reliability        99.50%    98.00%
share wrong         0.50%     0.50%
share failed           0%     1.50%
completion           100%    98.50%
review load        25.00%    24.50%
latency mean     107.3 ms  105.8 ms
latency p50      97.15 ms   97.1 ms
latency p95      192.9 ms  192.7 ms
latency p99      213.2 ms  213.2 ms
review backlog     0.4382    0.4244
# The flow of 100 runs with two searches at once, a critic that sends drafts back, and reviews.
$ seam fit tests/data/editorial.jsonl.gz --quiet | grep -E "parallel:|join:|probability|stage:|gate:|review:|above|below"
  - stage: orchestration
  - stage: plan
  - parallel: keyword_search-and-vector_search
    join: all
        - stage: keyword_search
        - stage: vector_search
  - stage: write
  - stage: critic
      - {to: write, at_most: 2, then: gate, probability: 31/126}
  - gate: gate
    above: publish
    below: human_review
  - review: human_review
  - stage: publish
$ seam replay tests/data/editorial.jsonl.gz --set flow.critic.next.0.at_most=1 --quiet
Headline
metric             value  95% interval
reliability      unknown       0–99.0%
share wrong      unknown       0–99.0%
share failed       1.00%
completion        99.00%
auto error       unknown        0–100%
review load       55.00%
review backlog    0.3009
latency mean    161.9 ms
latency p50     69.12 ms
latency p95       983 ms
latency p99       1.56 s
1 further metric: --json or --csv

The log, and the same items under the other policy
metric          as logged  expected  what the log leaves possible
reliability       0–99.0%     99.0%                       0–99.0%
share wrong       0–99.0%        0%                       0–99.0%
share failed        1.00%     1.00%
completion         99.00%    99.00%
auto error        unknown        0%                        0–100%
review load        55.00%    55.00%
latency mean     162.9 ms  161.9 ms
latency p50      72.82 ms  69.12 ms
latency p95        983 ms    983 ms
latency p99        1.56 s    1.56 s
review backlog     0.3014    0.3009
