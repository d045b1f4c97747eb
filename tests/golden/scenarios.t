# The scenarios that ship, and the numbers that their first lines promise.
$ seam check scenarios/*.yaml
scenarios/agency-plain.yaml: ok, 1 step
scenarios/agency-reviewed.yaml: ok, 5 steps
scenarios/approach-1-single.yaml: ok, 1 step
scenarios/approach-2-retrieval.yaml: ok, 2 steps
scenarios/approach-3-graph.yaml: ok, 5 steps
scenarios/approach-4-conversation.yaml: ok, 3 steps
scenarios/approach-5-crew.yaml: ok, 4 steps
scenarios/approach-6-stack.yaml: ok, 6 steps
scenarios/cascade.yaml: ok, 5 steps
scenarios/draft-critic.yaml: ok, 2 steps
scenarios/feedback-compounds.yaml: ok, 3 steps
scenarios/gate-review.yaml: ok, 3 steps
scenarios/generative-video.yaml: ok, 7 steps
scenarios/local-model.yaml: ok, 3 steps
scenarios/outage-retries.yaml: ok, 1 step
scenarios/outage.yaml: ok, 3 steps
scenarios/parallel-voting.yaml: ok, 2 steps
scenarios/programs.yaml: ok, 2 steps
scenarios/rare-failures.yaml: ok, 5 steps
scenarios/reference-learning.yaml: ok, 6 steps
scenarios/reference.yaml: ok, 6 steps
scenarios/review-desk.yaml: ok, 1 step
scenarios/review-overload.yaml: ok, 2 steps
scenarios/silent-failures.yaml: ok, 6 steps
scenarios/six-step-silent.yaml: ok, 6 steps
scenarios/six-step.yaml: ok, 6 steps
scenarios/two-gates.yaml: ok, 6 steps
$ seam check --graph scenarios/draft-critic.yaml
scenarios/draft-critic.yaml: ok, 2 steps
  ○ items
  │
  ■ draft   stage, model, 30% wrong
  │
  ◇ critic  check, agent, finds 80% of the bad, passes 90% of the good
  ├─ rejected ─▶ draft (at most 3 times, then reject)
  │
  ◎ ship
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
auto_error is 1.00%.

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
2.29%, at threshold 0.820979.

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
$ seam size scenarios/cascade.yaml --target "shipped_error at most 2%" --target "cost_per_item: least" --vary flow.cheap-sure.threshold=0.8:0.84:5 --vary flow.strong-sure.threshold=0.64:0.68:5 --quiet
Set cheap-sure.threshold=0.83, strong-sure.threshold=0.65: shipped error 1.99%,
cost per item $15.63.

Headline
metric              value  target      verdict
reliability        98.01%
share wrong         1.99%
completion           100%
shipped error       1.99%  at most 2%  pass
visits mean         3.236
cost per item      $15.63
cost per correct   $15.95
capability         80.75%
gap               -17.26%
23 further metrics: --json or --csv
$ seam size scenarios/cascade.yaml --target "shipped_error at most 2%" --vary flow.cheap-sure.threshold=0.5:1.2
seam: --vary flow.cheap-sure.threshold=1.2: `threshold`: "1.2" is more than 1: a probability lies between 0 and 1; for percent write 1.2%
[2]
$ seam size scenarios/cascade.yaml --target "shipped_error at most 2%" --vary flow.cheap-sure.treshold=0.5:1
seam: --vary flow.cheap-sure.treshold=0.5: unknown key `treshold`; did you mean `threshold`?
[2]
$ seam size scenarios/cascade.yaml --target "shipped_error at most 2%" --vary flow.cheap-sure.threshold=0.5
seam: --vary flow.cheap-sure.threshold=0.5: write PATH=FROM:TO or PATH=FROM:TO:N, such as flow.confident.threshold=0.5:0.95
[2]
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
  ○ items
  │
  ■ brief       stage, human, 1% wrong
  │
  ■ retrieve    stage, data, 1%–3% wrong, 0.6% errors, up to 3 attempts,
  │             executed
  ├─ failed ─▶ drafts
  │
  ≡ drafts      parallel, agent
  ├──┐ 2 copies side by side
  │  ■ generate    stage, model, 8% wrong, other numbers while provider is down
  │  ├─ failed ─▶ fail
  │  │
  ├──┘
  │ joined: the most confident of 2
  ├─ failed ─▶ fail
  │
  ◇ continuity  check, agent, finds 85% of the bad, passes 97% of the good
  ├─ rejected ─▶ drafts (at most 2 times, then desk)
  │
  ◆ confident   gate, agent
  ├─ 85% and above ─▶ ship
  │ audit of 2% of those above; below 85%
  ● desk        review, human, finds 93% of the bad, passes 98% of the good, by
  │             editors
  ├─ rejected ─▶ drafts (at most once, then reject)
  │
  ◎ ship
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
$ seam solve scenarios/generative-video.yaml --target "reliability at least 90%"
solve: Generative video production flow
no exact values
seam: scenarios/generative-video.yaml:44:15: not supported yet by solve: parallel (step `drafts`)
seam: shipped_error: "at most 1%" is not shown: this result does not hold shipped_error
seam: review_load: "at most 25%" is not shown: this result does not hold review_load
seam: latency_p95: "at most 1d" is not shown: this result does not hold latency_p95
seam: reliability: "at least 90%" is not shown: this result does not hold reliability
[1]
$ seam solve scenarios/generative-video.yaml --sweep flow.confident.threshold=50%:90%:2 --quiet --csv
part,id,metric,x,value,low,high,level,n,unit,target,verdict,note
warning,,,,,,,,,,,,scenarios/generative-video.yaml:44:15: not supported yet by solve: parallel (step `drafts`)
warning,,,,,,,,,,,,"shipped_error: ""at most 1%"" is not shown: this result does not hold shipped_error"
warning,,,,,,,,,,,,"review_load: ""at most 25%"" is not shown: this result does not hold review_load"
warning,,,,,,,,,,,,"latency_p95: ""at most 1d"" is not shown: this result does not hold latency_p95"
[1]
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
21 further metrics: --json or --csv
$ seam simulate scenarios/review-desk.yaml --quiet
Headline
metric               value   95% interval
reliability           100%   99.9989–100%
completion            100%   99.9989–100%
shipped error           0%
review load           100%   99.9989–100%
review precision        0%
latency mean      86.4 min  85.2–87.7 min
latency p50       64.9 min  64.0–65.8 min
latency p95         4.03 h    3.97–4.09 h
latency p99         5.90 h    5.75–6.06 h
wait mean         26.4 min  25.3–27.5 min
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
solve: Vote of five
exact, by absorbing chain

Headline
metric               value
reliability         97.34%
share wrong          2.66%
completion            100%
shipped error        2.66%
latency mean       2.283 s
latency p50        2.044 s
latency p95        4.585 s
latency p99        6.211 s
visits mean              6
cost per item     $0.05000
cost per correct  $0.05137
capability          85.00%
gap                -12.34%
19 further metrics: --json or --csv

Stages
stage    success   wrong       p50      p95      cost
answers     100%           2.044 s  4.585 s
answer      100%  15.00%  693.1 ms  2.996 s  $0.05000
wrong (unseen): of attempts; the rest: of visits.

Where reliability is lost, of all items
stage     loss  improvement
answers     0%        2.66%
answer   2.66%        2.66%

Edges
from     to    share of visits
answers  ship             100%

Layers
layer   loss  closes
agent     0%      0%
model  2.66%  -2.66%

Sensitivities, strongest first
parameter                             metric            change per unit
flow.answer.cost                      cost per correct            5.137
flow.answer.cost                      cost per item                   5
flow.answer.latency.exponential.mean  latency mean                2.283
flow.answer.wrong                     reliability               -0.4877
flow.answer.wrong                     shipped error              0.4877
flow.answer.wrong                     auto error                 0.4877
flow.answer.wrong                     cost per correct          0.02574
$ seam solve scenarios/feedback-compounds.yaml
solve: Feedback that compounds
exact, by absorbing chain

Headline
metric                value
reliability          97.72%
share wrong           2.28%
completion             100%
shipped error         2.28%
auto error            1.78%
review load          51.21%
review precision     27.60%
latency mean      6.594 min
latency p50          39.2 s
latency p95        28.2 min
latency p99       45.83 min
wait mean           68.41 s
visits mean           2.512
capability           85.00%
gap                 -12.72%
20 further metrics: --json or --csv

Stages
stage      success   wrong        p50        p95
answer        100%  15.00%       20 s       20 s
confident     100%      0%        0 s        0 s
desk          100%      0%  8.854 min  35.28 min
wrong (unseen): of attempts; the rest: of visits.

Where reliability is lost, of all items
stage    loss  improvement
answer  0.95%        2.28%
desk    0.49%        1.41%

Feedback, cycle by cycle
cycle  labels  reliability  shipped error  review load  flow.answer.wrong
    0       0       97.72%          2.28%       51.21%             15.00%
    1     860       98.56%          1.44%       48.42%              9.49%
    2    1674       98.83%          1.17%       47.52%              7.71%
    3    2472       98.97%          1.03%       47.03%              6.74%
    4    3262       99.07%          0.93%       46.71%              6.10%
    5    4047       99.14%          0.86%       46.48%              5.64%
    6    4828       99.20%          0.80%       46.30%              5.29%
    7    5606       99.24%          0.76%       46.15%              5.01%
    8    6381       99.27%          0.73%       46.04%              4.77%

Edges
from       to         share of visits
answer     confident             100%
confident  desk                51.21%
confident  ship                48.79%
desk       ship                  100%

Resources
resource   utilisation  queue wait mean  queue wait served mean  queue wait p95
reviewers       42.67%        2.227 min               2.227 min       14.22 min

resource   p wait  queue length mean  in system mean  block rate  abandon rate
reviewers  25.53%               0.19           1.044          0%            0%

resource   backlog growth a day
reviewers                     0

Layers
layer      loss  closes
agent        0%  12.72%
human     0.49%  12.72%
feedback  0.85%   1.32%
model     0.95%  -2.28%

Sensitivities, strongest first
parameter                        metric                          change per unit
arrivals.poisson                 resources.reviewers.queue wai…        1.176e+05
arrivals.poisson                 latency mean                          6.022e+04
flow.confident.threshold         latency mean                               2844
flow.confident.threshold         resources.reviewers.queue wai…             1711
flow.answer.wrong                latency mean                              536.4
flow.answer.wrong                resources.reviewers.queue wai…            322.7
flow.answer.con…nce.good.beta.b  latency mean                              244.5
arrivals.poisson                 resources.revie…rs.utilisation            153.6
flow.answer.con…nce.good.beta.b  resources.reviewers.queue wai…            147.1
flow.answer.con…nce.good.beta.a  latency mean                             -57.48
$ seam simulate scenarios/feedback-compounds.yaml
simulate: Feedback that compounds
Monte Carlo, 20 trials, seed 1; intervals: 95%, sampling

Headline
metric               value       95% interval
reliability         97.72%       97.64–97.80%
share wrong          2.28%         2.20–2.36%
completion            100%       99.9971–100%
shipped error        2.28%         2.20–2.36%
auto error           1.72%         1.61–1.82%
review load         51.08%       50.87–51.30%
review precision    27.54%       27.29–27.79%
latency mean      6.50 min      6.42–6.58 min
latency p50           37 s            33–40 s
latency p95       28.0 min      27.6–28.4 min
latency p99       45.4 min      44.6–46.2 min
wait mean             66 s            62–69 s
visits mean         2.5108      2.5087–2.5130
capability          85.00%
gap                -12.72%  -12.80 to -12.64%
16 further metrics: --json or --csv

Stages
stage      success                 wrong       p50       p95
answer        100%  14.91% (14.78–15.04)      20 s      20 s
confident     100%                    0%       0 s       0 s
desk          100%                    0%  8.72 min  34.8 min
wrong (unseen): of attempts; the rest: of visits. More: --json

Where reliability is lost, of all items
stage                loss        improvement
answer  0.98% (0.90–1.06)  2.36% (2.17–2.54)
desk    0.49% (0.45–0.54)  1.44% (1.31–1.58)

Feedback, cycle by cycle
cycle  labels           reliability      shipped error           review load
    0       0  97.72% (97.64–97.80)  2.28% (2.20–2.36)  51.08% (50.87–51.30)
    1     854  98.53% (98.45–98.61)  1.47% (1.39–1.55)  48.32% (48.09–48.55)
    2    1660  98.81% (98.74–98.88)  1.19% (1.12–1.26)  47.40% (47.17–47.63)
    3    2452  98.96% (98.90–99.01)  1.04% (0.99–1.10)  46.90% (46.65–47.14)
    4    3237  99.05% (99.00–99.11)  0.95% (0.89–1.00)  46.55% (46.30–46.81)
    5    4015  99.11% (99.06–99.17)  0.89% (0.83–0.94)  46.34% (46.08–46.60)
    6    4791  99.17% (99.11–99.22)  0.83% (0.78–0.89)  46.17% (45.93–46.41)
    7    5563  99.20% (99.14–99.26)  0.80% (0.74–0.86)  46.04% (45.80–46.27)
    8    6332  99.23% (99.18–99.29)  0.77% (0.71–0.82)  45.92% (45.67–46.17)

cycle     flow.answer.wrong
    0                15.00%
    1     9.51% (9.48–9.54)
    2     7.74% (7.70–7.77)
    3     6.76% (6.73–6.79)
    4  6.122% (6.095–6.150)
    5  5.660% (5.634–5.685)
    6  5.305% (5.281–5.329)
    7  5.021% (4.998–5.044)
    8  4.788% (4.766–4.810)

Edges
from       to              share of visits    count
answer     confident    100% (99.9971–100)  134,389
confident  ship       48.92% (48.70–49.13)   65,739
confident  desk       51.08% (50.87–51.30)   68,650
desk       ship          100% (99.994–100)   68,650

Resources
resource         utilisation       queue wait mean  queue wait served mean
reviewers  42.3% (41.9–42.7)  2.14 min (2.03–2.25)    2.14 min (2.03–2.25)

resource              p wait    queue length mean       in system mean
reviewers  25.0% (24.5–25.6)  0.182 (0.172–0.192)  1.028 (1.013–1.043)

resource   block rate  abandon rate  backlog growth a day        queue wait p95
reviewers          0%            0%  0.01 (-0.02 to 0.04)  13.9 min (13.2–14.6)

Layers
layer                      closes               loss
feedback        1.29% (1.24–1.34)  0.88% (0.82–0.94)
agent           12.9% (12.5–13.4)                 0%
human           12.9% (12.5–13.4)  0.49% (0.45–0.54)
model     -2.36% (-2.54 to -2.17)  0.98% (0.90–1.06)

Sensitivities, strongest first
parameter                           metric        change per unit
arrivals.poisson                    latency mean        5.354e+04
flow.confident.threshold            latency mean             2740
flow.answer.wrong                   latency mean            532.5
flow.answer.confidence.good.beta.b  latency mean            234.1
flow.answer.confidence.good.beta.a  latency mean           -55.04
flow.desk.fixes                     latency mean            42.34
flow.answer.confidence.bad.beta.b   latency mean             9.89
flow.answer.confidence.bad.beta.a   latency mean           -5.629
flow.confident.threshold            review load             2.625
arrivals.poisson                    review load            -1.832
$ seam simulate scenarios/generative-video.yaml --sweep flow.confident.threshold=0.85:0.95:2 --no-uncertainty --quiet
Sweep
flow.confident.threshold  reliability  shipped error  auto error  review load
                    0.85       99.48%          0.14%       0.14%        20.1%
                    0.95       98.68%         0.040%      0.015%        68.9%

flow.confident.threshold  cost per item  cost per correct  latency mean
                    0.85         $5.981            $6.012      34.1 min
                    0.95         $6.046            $6.127      53.4 min

flow.confident.threshold  latency p95
                    0.85     65.2 min
                    0.95     75.5 min
[1]
$ printf 'seam: 1\nflow: [{stage: a, latency: {exponential: {mean: 1s}}}]\n' | seam simulate - --trials 1 --csv | grep -E '^result,simulate,(latency_(mean|p50|p99)|visits_mean),'
result,simulate,latency_mean,,0.8022738099098206,,,0.95,1,s,,,'-
result,simulate,latency_p50,,0.8022738,0,,0.95,1,s,,,'-
result,simulate,latency_p99,,0.8022738,0.8022738,,0.95,1,s,,,'-
result,simulate,visits_mean,,1,1,1,0.95,1,1,,,'-
# Six ways to build one pipeline, and which of them is enough.
$ seam compare scenarios/approach-*.yaml
compare: 6 architectures, exact

The simplest that meets the objective (shipped error at most 5%) is Five-layer
stack (6 steps). Not enough: Single model call (shipped error 29.59%, not at
most 5%); Retrieval and a single model (shipped error 15.44%, not at most 5%);
Stateful multi-agent graph (shipped error 11.20%, not at most 5%);
Conversational agents (shipped error 9.03%, not at most 5%); Role-based crew
(shipped error 10.46%, not at most 5%).

Side by side
architecture                  steps  reliability  shipped error  review load
Single model call                 1       68.92%         29.59%           0%
Retrieval and a single model      2       82.74%         15.44%           0%
Stateful multi-agent graph        5       88.74%         11.20%           0%
Conversational agents             3       90.91%          9.03%           0%
Role-based crew                   4       89.54%         10.46%           0%
Five-layer stack                  6       97.89%          0.88%       35.88%

architecture           latency p50  latency p95  cost per item  cost per correct
Single model call          8.992 s      24.84 s        $0.1700           $0.2467
Retrieval and a sing…      10.09 s      26.88 s        $0.1904           $0.2301
Stateful multi-agent…      19.02 s       45.7 s        $0.2739           $0.3086
Conversational agents       20.1 s      55.77 s        $0.3835           $0.4218
Role-based crew            32.59 s      58.44 s        $0.3670           $0.4099
Five-layer stack           19.61 s     9.72 min          $1.70             $1.74

architecture                  cost per month  net per month     gap
Single model call                    $400.00       -$18,619  23.08%
Retrieval and a single model         $490.80         $1,237   9.26%
Stateful multi-agent graph            $2,358         $5,511   3.26%
Conversational agents                 $2,377         $8,615   1.09%
Role-based crew                       $2,444         $6,492   2.46%
Five-layer stack                      $4,053        $18,402  -5.89%

What a month costs
architecture                  fixed per month  calls per month  units per month
Single model call                      $60.00           $40.00          $300.00
Retrieval and a single model          $110.00           $80.80          $300.00
Stateful multi-agent graph             $1,810          $190.48          $357.24
Conversational agents                  $1,610          $383.20          $383.75
Role-based crew                        $1,710          $427.50          $306.58
Five-layer stack                      $645.00          $103.02          $334.94

architecture              wages per month  cost per month  full cost per correct
Single model call                      $0         $400.00                $0.2902
Retrieval and a single …               $0         $490.80                $0.2966
Stateful multi-agent gr…               $0          $2,358                  $1.33
Conversational agents                  $0          $2,377                  $1.31
Role-based crew                        $0          $2,444                  $1.36
Five-layer stack                   $2,971          $4,053                  $2.07
fixed prices; calls; what is paid by the unit, as seconds of footage; people;
full cost: of a month, for each correct item

Where reliability is lost, by layer
architecture                 data   tool  agent  human  feedback   model     gap
Single model call                                                 31.08%  23.08%
Retrieval and a single mo…  4.05%                                 13.21%   9.26%
Stateful multi-agent graph  4.00%  0.40%  4.14%                    2.71%   3.26%
Conversational agents              0.43%  4.25%                    4.41%   1.09%
Role-based crew             2.52%         2.18%                    5.76%   2.46%
Five-layer stack            0.30%  0.33%     0%  0.77%     0.23%   0.48%  -5.89%

What each layer closes
architecture                    data    tool  agent  human  feedback     gap
Single model call                                                     23.08%
Retrieval and a single model  13.85%                                   9.26%
Stateful multi-agent graph     8.64%   0.68%  2.09%                    3.26%
Conversational agents                 11.24%  4.66%                    1.09%
Role-based crew               10.50%          2.47%                    2.46%
Five-layer stack               2.34%   1.42%  3.64%  4.92%     0.13%  -5.89%
what reliability falls by without the layer; below 0 it would rise

Differences to the first
architecture                reliability  shipped error  review load  latency p50
Retrieval and a single mo…       13.82%        -14.15%           0%      1.096 s
Stateful multi-agent graph       19.82%        -18.39%           0%      10.03 s
Conversational agents            21.99%        -20.56%           0%      11.11 s
Role-based crew                  20.62%        -19.13%           0%       23.6 s
Five-layer stack                 28.97%        -28.72%       35.88%      10.62 s

architecture                  latency p95  cost per item  cost per correct
Retrieval and a single model      2.037 s       $0.02040         -$0.01655
Stateful multi-agent graph        20.86 s        $0.1039          $0.06194
Conversational agents             30.93 s        $0.2135           $0.1752
Role-based crew                    33.6 s        $0.1970           $0.1633
Five-layer stack                9.306 min          $1.53             $1.49

architecture                  cost per month  net per month      gap
Retrieval and a single model          $90.80        $19,857  -13.82%
Stateful multi-agent graph            $1,958        $24,131  -19.82%
Conversational agents                 $1,977        $27,235  -21.99%
Role-based crew                       $2,044        $25,111  -20.62%
Five-layer stack                      $3,653        $37,021  -28.97%
each less Single model call
$ seam compare scenarios/approach-*.yaml --target "shipped_error at most 20%" --quiet
The simplest that meets the objective (shipped error at most 20%) is Retrieval
and a single model (2 steps). Not enough: Single model call (shipped error
29.59%, not at most 20%). More than the job needs: Stateful multi-agent graph
($1.33 a correct item, fixed prices included, instead of $0.2966),
Conversational agents ($1.31), Role-based crew ($1.36), Five-layer stack
($2.07). Yet by what items are worth Five-layer stack nets the most: $18,402 a
month instead of $1,237.
$ seam compare scenarios/six-step.yaml scenarios/six-step-silent.yaml --quiet --set nothing=1
--set nothing=1: unknown key `nothing`
seam: scenarios/six-step.yaml: 1 fault
[3]
$ seam compare scenarios/six-step.yaml
seam: `seam compare` needs FILE FILE..., or one FILE and --then PATH=VALUE; for example: seam compare scenarios/approach-*.yaml
[2]
$ seam compare scenarios/six-step.yaml --then flow.tool.retry.attempts=3 --quiet --csv | grep -E "^difference,.*,(reliability|gap),"
difference,retry.attempts=3,reliability,,0.02573883495230611,0.02573883495230611,0.02573883495230611,,,1,,,less Six steps of 97%
difference,retry.attempts=3,gap,,-0.02573883495230611,-0.02573883495230611,-0.02573883495230611,,,1,,,less Six steps of 97%
$ seam compare scenarios/six-step.yaml scenarios/six-step.yaml --quiet
No objective is given (--target). 1: scenarios/six-step.yaml is right most often
(2: scenarios/six-step.yaml as often).
$ seam compare scenarios/six-step.yaml scenarios/six-step-silent.yaml --then flow.tool.error=1% --quiet
seam: --then changes one FILE, and here are 2; --set changes all of them
[2]
$ seam compare scenarios/six-step.yaml --then flow.tool.error --quiet
seam: --then flow.tool.error: write PATH=VALUE, such as flow.confident.threshold=0.9
[2]
$ printf 'seam: 1\ncurrency: "EUR"\narrivals: {poisson: 1/h}\nhorizon: {length: 1d}\nflow: [{stage: a, error: 10/100, cost: 2}]\n' > $TMP_GOLDEN/euro.yaml; printf 'seam: 1\narrivals: {poisson: 2/h}\nhorizon: {length: 1d}\nobjective: {reliability: at least 95%%}\nflow: [{stage: a, error: 10/100, retry: {attempts: 2}, cost: $1}]\n' > $TMP_GOLDEN/dollar.yaml; seam compare $TMP_GOLDEN/euro.yaml $TMP_GOLDEN/dollar.yaml --csv 2>&1 | grep -E "^difference|^assumption|^seam"
difference,TMP/dollar.yaml,reliability,,0.09223937099592339,0.049915731679490635,0.1381021205284253,0.95,,1,,,less TMP/euro.yaml
difference,TMP/dollar.yaml,shipped_error,,0,0,0,,,1,,,less TMP/euro.yaml
difference,TMP/dollar.yaml,auto_error,,0,0,0,,,1,,,less TMP/euro.yaml
difference,TMP/dollar.yaml,share_failed,,-0.09223937099592297,-0.13810212052842524,-0.049915731679490594,0.95,,1,,,less TMP/euro.yaml
difference,TMP/dollar.yaml,review_load,,0,0,0,,,1,,,less TMP/euro.yaml
difference,TMP/dollar.yaml,latency_mean,,0,0,0,,,s,,,less TMP/euro.yaml
difference,TMP/dollar.yaml,latency_p50,,0,0,0,,,s,,,less TMP/euro.yaml
difference,TMP/dollar.yaml,latency_p95,,0,0,0,,,s,,,less TMP/euro.yaml
assumption,,,,,,,,,,,,differences: intervals from those of the two and the correlation that 40 repetitions under common random numbers show (Zou 2007)
seam: TMP/dollar.yaml: its prices are in $, those of TMP/euro.yaml in EUR: they are left out, and so are differences of them
seam: TMP/dollar.yaml: 48 items a day come to it, to TMP/euro.yaml 24: waiting and costs of a month are of different work
seam: TMP/euro.yaml: it states no objective, and is judged by that of TMP/dollar.yaml
# A desk without a steady state beside ones that have it; layers as solved beside what was simulated; an objective that one file alone states; no scenario.
$ seam compare scenarios/gate-review.yaml --then flow.confident.threshold=0.9 -n 2000 --csv --quiet | grep "^layer,.*loss"
layer,agent,loss,,0,0,0,,,1,,,Gate and review
layer,human,loss,,0.012998344704000006,0.012998344704000006,0.012998344704000006,,,1,,,Gate and review
layer,model,loss,,0.010066192384000014,0.010066192384000014,0.010066192384000014,,,1,,,Gate and review
layer,agent,loss,,0,0,0,,,1,,,confident.threshold=0.9
layer,human,loss,,0.019679178582000013,0.019679178582000013,0.019679178582000013,,,1,,,confident.threshold=0.9
layer,model,loss,,0.0050383590219999705,0.0050383590219999705,0.0050383590219999705,,,1,,,confident.threshold=0.9
$ seam compare scenarios/review-desk.yaml --then resources.reviewers.servers=2 --set horizon.length=8w 2>&1 | grep -E "^compare|seam:"
compare: 2 architectures, some exact, others by Monte Carlo, 20 trials, seed 1;
seam: reviewers.servers=2: resource reviewers is overloaded: utilisation 0.9904, and its backlog grows by 0.629 items a day; there is no steady state, and waits depend on the length of the run
$ seam compare scenarios/gate-review.yaml scenarios/rare-failures.yaml
compare: 2 architectures, exact

The simplest that meets the objective (share wrong at most 0.000001%) is Rare
failures (5 steps). Not enough: Gate and review (share wrong 2.31%, not at most
0.000001%).

Side by side
architecture     steps  reliability  shipped error  review load  latency p50
Gate and review      3       97.69%          2.31%       48.68%          0 s
Rare failures        5       99.80%     0.0000008%       99.80%          0 s

architecture     latency p95     gap
Gate and review          0 s  -7.69%
Rare failures            0 s      0%

Where reliability is lost, by layer
architecture     agent  human  model     gap
Gate and review     0%  1.30%  1.01%  -7.69%
Rare failures       0%     0%  0.20%      0%

What each layer closes
architecture     agent  human     gap
Gate and review  7.69%  7.69%  -7.69%
Rare failures       0%     0%      0%
what reliability falls by without the layer; below 0 it would rise

Differences to the first
architecture   reliability  shipped error  review load  latency p50  latency p95
Rare failures        2.11%         -2.31%       51.12%          0 s          0 s

architecture     gap
Rare failures  7.69%
each less Gate and review
seam: Gate and review: it states no objective, and is judged by that of Rare failures
$ seam solve scenarios/six-step.yaml --json > $TMP_GOLDEN/answer.json; seam compare scenarios/six-step.yaml $TMP_GOLDEN/answer.json
seam: TMP/answer.json: this is what seam answered, and here a scenario is needed; `seam report` reads answers, and `seam report --compare A B` sets two side by side
[3]
$ seam compare scenarios/six-step.yaml scenarios/gate-review.yaml --target "reliability at least 90%" --json --quiet > $TMP_GOLDEN/sides.json; seam report $TMP_GOLDEN/sides.json --format md -o - | sed -n '/^## Verdict/,/^## Head/p' | grep '^[^#]'
seam: the report stands without these pictures: "Cost against reliability", "What each layer loses"; pictures are files beside the page, which -o FOLDER writes
> **Yes: Gate and review meets the objective, and nothing simpler does.**
The simplest that meets the objective (reliability at least 90%) is Gate and review (3 steps). Not enough: Six steps of 97% (reliability 83.30%, not at least 90%).
# A backlog that grows under a green dashboard, what nobody logs, what hardly ever happens, and money.
$ seam simulate scenarios/review-overload.yaml --csv 2>/dev/null | grep -E "^result,simulate,(latency_p50|latency_p95|completion),|^resource,editors,(backlog_growth|utilisation|service_level),"
result,simulate,completion,,1,0.9999928555302039,1,0.95,537679,1,at least 99%,pass,Review overload
result,simulate,latency_p50,,20,19.999609853171055,20.000390146828945,0.95,537679,s,at most 1m,pass,Review overload
result,simulate,latency_p95,,702899.4188034188,664657.577825337,741141.2597815006,0.95,537679,s,at most 3d,fail,Review overload
resource,editors,utilisation,,1,0.9999999258977907,1,0.95,51840000,1,,,
resource,editors,service_level,,0,0,2.376289814356245e-5,0.95,161654,1,,,
resource,editors,backlog_growth,,15.657142857142857,14.65586309966475,16.658422614620964,0.95,96768000,1,,,
$ seam solve scenarios/silent-failures.yaml --quiet
Headline
metric          value
reliability    86.16%
share wrong    12.73%
share failed    1.10%
completion     98.90%
shipped error  12.88%
visits mean     4.978
capability     93.97%
gap             7.80%
24 further metrics: --json or --csv
$ seam solve scenarios/rare-failures.yaml --quiet
Headline
metric                 value  target             verdict
reliability           99.80%
share wrong       0.0000008%  at most 0.000001%  pass
share rejected         0.20%
completion            99.80%
shipped error     0.0000008%
review load           99.80%
review precision     0.0010%
visits mean            4.994
capability            99.80%
gap                       0%
22 further metrics: --json or --csv
$ seam simulate scenarios/rare-failures.yaml --trials 200000 --csv | grep -E "^result,simulate,share_wrong,|^assumption.*importance"
result,simulate,share_wrong,,8.001075763815263e-9,7.950942090963119e-9,8.051209436667407e-9,0.95,65536,1,at most 0.000001%,pass,Rare failures
assumption,,,,,,,,,,,,"share_wrong: importance sampling of 65536 items, effective sample size 26097, as plain sampling hardly ever sees so rare a share"
$ seam compare scenarios/agency-*.yaml --quiet --target "net_per_month: most"
No bound is given (--target). The most net per month is that of Agency at
$8,000: $67,835.
$ seam compare scenarios/agency-*.yaml --csv | grep -E "^alternative,.*,(shipped_error|cost_per_month|wages_per_month|net_per_month),"
alternative,"Agency at $1,500",shipped_error,,0.163265306122449,0.163265306122449,0.163265306122449,,,1,,,scenarios/agency-plain.yaml
alternative,"Agency at $1,500",cost_per_month,,302,302,302,,,$,,,scenarios/agency-plain.yaml
alternative,"Agency at $1,500",wages_per_month,,0,0,0,,,$,,,scenarios/agency-plain.yaml
alternative,"Agency at $1,500",net_per_month,,-17132.000000000007,-17132.000000000007,-17132.000000000007,,,$,,,scenarios/agency-plain.yaml
alternative,"Agency at $8,000",shipped_error,,0.006194980473984044,0.006194980473984044,0.006194980473984044,,,1,,,scenarios/agency-reviewed.yaml
alternative,"Agency at $8,000",cost_per_month,,4373.536482878381,4373.536482878381,4373.536482878381,,,$,,,scenarios/agency-reviewed.yaml
alternative,"Agency at $8,000",wages_per_month,,3793.5642149743812,3793.5642149743812,3793.5642149743812,,,$,,,scenarios/agency-reviewed.yaml
alternative,"Agency at $8,000",net_per_month,,67834.79039040652,67834.79039040652,67834.79039040652,,,$,,,scenarios/agency-reviewed.yaml
