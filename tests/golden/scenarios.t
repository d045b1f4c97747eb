# The scenarios that ship, and the numbers that their first lines promise.
$ seam check scenarios/*.yaml
scenarios/cascade.yaml: ok, 5 steps
scenarios/draft-critic.yaml: ok, 2 steps
scenarios/gate-review.yaml: ok, 3 steps
scenarios/generative-video.yaml: ok, 7 steps
scenarios/outage-retries.yaml: ok, 1 step
scenarios/outage.yaml: ok, 3 steps
scenarios/parallel-voting.yaml: ok, 2 steps
scenarios/review-desk.yaml: ok, 1 step
scenarios/six-step-silent.yaml: ok, 6 steps
scenarios/six-step.yaml: ok, 6 steps
$ seam check --graph scenarios/draft-critic.yaml
scenarios/draft-critic.yaml: ok, 2 steps
  1  stage draft (model)
      then       -> critic
  2  check critic (agent)
      then       -> ship
      rejected   -> draft (at most 3 times, then reject)
$ seam solve scenarios/six-step.yaml
solve: Six steps of 97%
exact, by absorbing chain

Headline
metric          value
reliability    83.30%
share failed   16.70%
completion     83.30%
shipped error      0%
visits mean     5.568
capability     97.00%
gap            13.70%
25 further metrics: --json or --csv

Stages
stage        success  fails
brief         97.00%  3.00%
retrieve      97.00%  3.00%
generate      97.00%  3.00%
tool          97.00%  3.00%
orchestrate   97.00%  3.00%
deliver       97.00%  3.00%
fails (seen): of attempts; the rest: of visits.

Where reliability is lost, of all items
stage        exit fail   loss  improvement
brief            3.00%  2.78%        2.58%
retrieve         2.91%  2.78%        2.58%
generate         2.82%  2.78%        2.58%
tool             2.74%  2.78%        2.58%
orchestrate      2.66%  2.78%        2.58%
deliver          2.58%  2.78%        2.58%

Edges
from         to           share of visits
brief        retrieve              97.00%
brief        fail                   3.00%
retrieve     generate              97.00%
retrieve     fail                   3.00%
generate     tool                  97.00%
generate     fail                   3.00%
tool         orchestrate           97.00%
tool         fail                   3.00%
orchestrate  deliver               97.00%
orchestrate  fail                   3.00%
deliver      ship                  97.00%
deliver      fail                   3.00%

Layers
layer   loss  closes
data   2.78%  -2.58%
tool   2.78%  -2.58%
agent  5.57%  -5.23%
human  2.78%  -2.58%
model  2.78%  -2.58%

Sensitivities, strongest first
parameter               metric       change per unit
flow.brief.error        reliability          -0.8587
flow.retrieve.error     reliability          -0.8587
flow.generate.error     reliability          -0.8587
flow.tool.error         reliability          -0.8587
flow.orchestrate.error  reliability          -0.8587
flow.deliver.error      reliability          -0.8587
$ seam solve scenarios/six-step-silent.yaml --quiet
Headline
metric          value
reliability    83.30%
share wrong    16.70%
completion       100%
shipped error  16.70%
visits mean         6
capability     97.00%
gap            13.70%
25 further metrics: --json or --csv
$ seam solve scenarios/draft-critic.yaml --quiet
Headline
metric            value
reliability      90.46%
share wrong       8.62%
share rejected    0.92%
completion       99.08%
shipped error     8.70%
visits mean       2.872
capability       70.00%
gap             -20.46%
24 further metrics: --json or --csv
$ seam simulate scenarios/six-step.yaml --quiet
Headline
metric          value   95% interval
reliability    83.30%   83.22–83.37%
share failed   16.71%   16.63–16.78%
completion     83.30%   83.22–83.37%
shipped error      0%
visits mean    5.5680  5.5657–5.5703
capability     97.00%
gap            13.71%   13.63–13.78%
20 further metrics: --json or --csv
$ seam simulate scenarios/gate-review.yaml --quiet --target "shipped_error at most 1%"
Headline
metric              value       95% interval  target      verdict
reliability       97.717%     97.687–97.746%
share wrong        2.283%       2.254–2.313%
completion           100%       99.9996–100%
shipped error      2.283%       2.254–2.313%  at most 1%  fail
auto error         1.115%       1.087–1.144%
review load        48.72%       48.62–48.81%
review precision   19.31%       19.20–19.42%
visits mean        2.4872      2.4862–2.4881
capability         90.00%
gap               -7.717%  -7.746 to -7.687%
18 further metrics: --json or --csv
[1]
$ seam size scenarios/gate-review.yaml --target "auto_error at most 1%" --quiet
Ship at confidence 0.815058 and above: 52.99% of the items go to review,
auto_error is 1%.

Headline
metric             value  target      verdict
reliability       97.71%
share wrong        2.29%
completion          100%
shipped error      2.29%
auto error         1.00%  at most 1%  pass
review load       52.99%
review precision  17.98%
visits mean         2.53
capability        90.00%
gap               -7.71%
23 further metrics: --json or --csv
$ seam size scenarios/gate-review.yaml --target "shipped_error at most 1%" --quiet
No threshold meets "shipped_error at most 1%": the best attainable value is
0.0229112, at threshold 0.820979.

Headline
metric             value  target      verdict
reliability       97.71%
share wrong        2.29%
completion          100%
shipped error      2.29%  at most 1%  infeasible
auto error         0.95%
review load       54.74%
review precision  17.48%
visits mean        2.547
capability        90.00%
gap               -7.71%
23 further metrics: --json or --csv
[1]
$ seam simulate scenarios/gate-review.yaml --sweep flow.confident.threshold=0.5:0.9:3 --trials 100000 --csv
part,id,metric,x,value,low,high,level,n,unit,target,verdict,note
curve,sweep,reliability,0.5,0.94524,0.9438127172453165,0.9466330766461907,,,,,,flow.confident.threshold=0.5
curve,sweep,reliability,0.7,0.97247,0.9714375881482574,0.9734661137651383,,,,,,flow.confident.threshold=0.7
curve,sweep,reliability,0.9,0.97582,0.9748495121852139,0.9767539323603278,,,,,,flow.confident.threshold=0.9
curve,sweep,shipped_error,0.5,0.05476,0.05336692335380933,0.05618728275468363,,,,,,flow.confident.threshold=0.5
curve,sweep,shipped_error,0.7,0.02753,0.026533886234861727,0.028562411851742492,,,,,,flow.confident.threshold=0.7
curve,sweep,shipped_error,0.9,0.02418,0.023246067639672338,0.02515048781478619,,,,,,flow.confident.threshold=0.9
curve,sweep,auto_error,0.5,0.053288711545887504,0.051865242112171056,0.05474899293123946,,,,,,flow.confident.threshold=0.5
curve,sweep,auto_error,0.7,0.021690977849810913,0.020666244133614165,0.022765341741210778,,,,,,flow.confident.threshold=0.7
curve,sweep,auto_error,0.9,0.004176195684597792,0.0033747309914244424,0.00516701336879617,,,,,,flow.confident.threshold=0.9
curve,sweep,review_load,0.5,0.06772,0.06617921983299312,0.06929399060762169,,,,,,flow.confident.threshold=0.5
curve,sweep,review_load,0.7,0.2596,0.25689199571645044,0.2623264733080795,,,,,,flow.confident.threshold=0.7
curve,sweep,review_load,0.9,0.79886,0.7963640773735785,0.8013329623407683,,,,,,flow.confident.threshold=0.9
curve,sweep,latency_mean,0.5,0,0,0,,,,,,flow.confident.threshold=0.5
curve,sweep,latency_mean,0.7,0,0,0,,,,,,flow.confident.threshold=0.7
curve,sweep,latency_mean,0.9,0,0,0,,,,,,flow.confident.threshold=0.9
curve,sweep,latency_p95,0.5,0,0,0,,,,,,flow.confident.threshold=0.5
curve,sweep,latency_p95,0.7,0,0,0,,,,,,flow.confident.threshold=0.7
curve,sweep,latency_p95,0.9,0,0,0,,,,,,flow.confident.threshold=0.9
$ seam check --graph scenarios/generative-video.yaml
scenarios/generative-video.yaml: ok, 7 steps
  1  stage brief (human)
      then       -> retrieve
  2  stage retrieve (data)
      then       -> drafts
      failed     -> drafts
  3  parallel drafts (agent)
      branch     -> generate (copies)
      then       -> continuity
  4  | stage generate (model)
      then       -> join
  5  check continuity (agent)
      then       -> confident
      rejected   -> drafts (at most 2 times, then desk)
  6  gate confident (agent)
      above      -> ship
      audit      -> desk
      below      -> desk
  7  review desk (human)
      then       -> ship
      rejected   -> drafts (at most 1 time, then reject)
$ seam solve scenarios/cascade.yaml --quiet
Headline
metric              value
reliability        98.06%
share wrong         1.94%
completion           100%
shipped error       1.94%
visits mean         3.083
cost per item      $17.85
cost per correct   $18.20
capability         80.75%
gap               -17.31%
23 further metrics: --json or --csv
$ seam solve scenarios/review-desk.yaml --quiet
Headline
metric                value
reliability            100%
completion             100%
shipped error            0%
review load            100%
review precision         0%
latency mean      86.67 min
latency p50       65.24 min
latency p95         4.021 h
latency p99         5.891 h
wait mean         26.67 min
visits mean               1
20 further metrics: --json or --csv
[1]
$ seam simulate scenarios/review-desk.yaml --quiet
Headline
metric               value   95% interval
reliability           100%   99.9989–100%
completion            100%   99.9989–100%
shipped error           0%
review load           100%   99.9989–100%
review precision        0%
latency mean      86.2 min  85.0–87.4 min
latency p50       65.0 min  64.2–65.9 min
latency p95         3.98 h    3.92–4.05 h
latency p99         5.85 h    5.71–5.98 h
wait mean         26.2 min  25.2–27.3 min
visits mean              1
17 further metrics: --json or --csv
$ seam simulate scenarios/parallel-voting.yaml --quiet
Headline
metric                value         95% interval
reliability          97.36%         97.32–97.39%
share wrong           2.65%           2.61–2.68%
completion             100%         99.9996–100%
shipped error         2.65%           2.61–2.68%
latency mean       2.2840 s      2.2816–2.2864 s
latency p50        2.0445 s      2.0417–2.0472 s
latency p95         4.589 s        4.581–4.598 s
latency p99         6.216 s        6.197–6.236 s
visits mean               6
cost per item      $0.05000
cost per correct  $0.051358  $0.051342–$0.051375
capability           85.00%
gap                 -12.36%    -12.39 to -12.32%
19 further metrics: --json or --csv
$ seam simulate scenarios/outage.yaml --quiet
Headline
metric                 value       95% interval
reliability           85.39%       85.33–85.46%
share failed          14.61%       14.54–14.67%
completion            85.39%       85.33–85.46%
shipped error             0%
latency mean          15 min
latency p50           15 min
latency p95           15 min
latency p99           15 min
latency all mean  13.363 min  13.354–13.373 min
visits mean           2.7818      2.7805–2.7830
capability            96.04%
gap                   10.65%       10.58–10.71%
15 further metrics: --json or --csv
$ seam simulate scenarios/outage-retries.yaml --quiet
Headline
metric                value     95% interval
reliability          94.37%     94.33–94.42%
share failed          5.63%       5.58–5.67%
completion           94.37%     94.33–94.42%
shipped error            0%
latency mean         65.7 s      65.2–66.3 s
latency p95          15 min
latency p99          30 min
latency all mean  2.722 min  2.706–2.738 min
visits mean               1
capability        99.99920%
gap                   5.63%       5.58–5.67%
16 further metrics: --json or --csv
$ seam solve scenarios/parallel-voting.yaml
seam: scenarios/parallel-voting.yaml:13:15: not supported yet by solve: parallel (step `answers`)
[3]
