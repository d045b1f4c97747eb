# Thresholds from labels.
$ seam size --labels tests/data/answers.csv.gz --target "auto_error at most 10%"
size: from labels, by the method split; intervals: 95%, sampling

Ship at confidence 0.900336 and above: 66.9% of the items go to review, and with
95% confidence at most 9.69% of what ships unseen is wrong (target 10%). Worst
of 14 groups there: engineering, 45 of 346 wrong (13.0%; at most 18.6%).

Answer
threshold                       0.900336
review load                     66.88%
auto error                      8.855%
certified bound                 9.686%, with 95% confidence
shipped labels (m)              3,975
errors among them (k)           352
method                          split
tests that share the guarantee  1
population                      items like the labelled ones (same model, prompt
                                and mix)
ending                          certified

Headline
metric       value  95% interval  target       verdict
auto error    8.9%      8.0–9.7%  at most 10%  pass
review load  66.9%    66.0–67.7%
ece          0.079   0.071–0.086
auroc        0.683   0.671–0.694
accuracy     79.0%    78.2–79.7%
7 further metrics: --json or --csv

Groups
group                   auto error  auto error bound        review load  labels
engineering       13.0% (9.6–17.0)            18.57%  64.1% (61.0–67.1)     964
chemistry         10.8% (8.7–13.3)            14.25%  33.8% (31.1–36.6)   1,129
physics           10.1% (7.9–12.5)            13.47%  45.5% (42.8–48.2)   1,296
philosophy        14.7% (7.3–25.4)            29.55%  86.3% (83.0–89.1)     497
health            11.6% (5.9–19.8)            23.04%  88.4% (86.0–90.4)     817
economics          9.0% (5.4–14.1)            16.10%  77.7% (74.8–80.4)     844
math                6.2% (4.8–8.0)             8.74%  33.1% (30.7–35.7)   1,340
business            5.6% (3.7–8.1)             9.15%  41.4% (38.0–44.8)     788
biology            9.1% (4.2–16.6)            19.59%  86.2% (83.5–88.5)     716
other              6.5% (3.4–11.1)            12.93%  80.0% (77.3–82.4)     924
psychology         9.8% (3.7–20.2)            24.37%  92.4% (90.3–94.0)     798
computer science   6.1% (2.3–12.9)            15.67%  76.0% (71.7–79.9)     409
law               10.5% (1.3–33.1)            41.73%  98.3% (97.3–98.9)   1,101
history                0% (0–52.2)            67.60%  98.7% (96.9–99.4)     379
seam: group engineering errs more than the target that holds for all items together (45 of 346 wrong), though that may be chance; --per-group gives each group a threshold of its own
$ seam size --labels tests/data/answers.csv.gz --target "auto_error at most 10%" --per-group --method split --quiet
2 of 14 groups have a threshold of their own, the others are reviewed whole:
88.1% of the items go to review, and with 95% confidence at most 10% of what
ships unseen is wrong in every one of them.

Headline
metric       value  95% interval  target       verdict
auto error    6.8%      5.6–9.9%  at most 10%  pass
review load  88.1%    87.5–88.7%
ece          0.079   0.071–0.086
auroc        0.683   0.671–0.694
accuracy     79.0%    78.2–79.7%
7 further metrics: --json or --csv
$ seam size --labels tests/data/answers.csv.gz --target "shipped_error at most 5%" --target "auto_error at most 12%" --reviewer sensitivity=93%,specificity=98% --quiet
Ship at confidence 0.911548 and above: 72.8% of the items go to review, and with
95% confidence at most 4.92% of what ships after review is wrong (target 5%) and
at most 8.61% of what ships unseen is wrong (target 12%). Worst of 14 groups
there: philosophy, 9 of 49 wrong (18.4%; at most 37.2%).

Headline
metric         value  95% interval  target       verdict
shipped error   4.5%      4.1–4.9%  at most 5%   pass
auto error      7.6%      6.7–8.6%  at most 12%  pass
review load    72.8%    72.0–73.6%
ece            0.079   0.071–0.086
auroc          0.683   0.671–0.694
accuracy       79.0%    78.2–79.7%
7 further metrics: --json or --csv
$ seam size --labels tests/data/answers.csv.gz --target "joint_error at most 5%" --method crc --quiet
Ship at confidence 0.880363 and above: 55.9% of the items go to review, and on
average over label sets like this one at most 5% of all items ship wrong and
unseen; this set's own threshold may miss that. Worst of 14 groups there:
engineering, 95 of 487 wrong (19.5%; at most 24.8%).

Headline
metric       value  95% interval  target      verdict
auto error   11.3%    10.5–12.2%
joint error   5.0%      4.6–5.4%  at most 5%  not shown
review load  55.9%    55.0–56.8%
ece          0.079   0.071–0.086
auroc        0.683   0.671–0.694
accuracy     79.0%    78.2–79.7%
7 further metrics: --json or --csv
[1]
$ seam size --labels tests/data/answers.csv.gz --target "review_load at most 5%" --quiet
Ship at confidence 0.7611 and above: 4.6% of the items go to review, and with
95% confidence at most 20.46% of what ships unseen is wrong. Worst of 14 groups
there: engineering, 309 of 906 wrong (34.1%; at most 38.5%).

Headline
metric       value  95% interval  target      verdict
auto error   19.8%    19.1–20.5%
review load   4.6%      4.2–5.0%  at most 5%  pass
ece          0.079   0.071–0.086
auroc        0.683   0.671–0.694
accuracy     79.0%    78.2–79.7%
7 further metrics: --json or --csv
$ seam size --labels tests/data/answers.csv.gz --target "auto_error at most 0.5%" --quiet
No threshold keeps the error of what ships at 0.5%: the smallest bound that
these labels give is 3.99%.

Headline
metric    value  95% interval
ece       0.079   0.071–0.086
auroc     0.683   0.671–0.694
accuracy  79.0%    78.2–79.7%
7 further metrics: --json or --csv
[1]
# A map that is saved, and the gate of a scenario behind it.
$ seam size --labels tests/data/answers.csv.gz --target "auto_error at most 10%" --recalibrate beta -o $TMP_GOLDEN/map.csv --quiet
Ship at confidence 0.900336 and above: 66.9% of the items go to review, and with
95% confidence at most 9.69% of what ships unseen is wrong (target 10%). Worst
of 14 groups there: engineering, 45 of 346 wrong (13.0%; at most 18.6%). On
recalibrated confidences the same threshold is 0.8541.

Headline
metric            value  95% interval  target       verdict
auto error         8.9%      8.0–9.7%  at most 10%  pass
review load       66.9%    66.0–67.7%
ece               0.079   0.071–0.086
auroc             0.683   0.671–0.694
ece recalibrated  0.010       0–0.015
accuracy          79.0%    78.2–79.7%
10 further metrics: --json or --csv
$ cp tests/data/answers.csv.gz $TMP_GOLDEN/ && printf 'seam: 1\nflow:\n  - stage: answer\n    wrong: 2522/12002\n    confidence: {labels: answers.csv.gz, calibration: map.csv}\n  - gate: sure\n    threshold: 0.8541344755828709\n    above: ship\n    below: desk\n  - review: desk\n' > $TMP_GOLDEN/gated.yaml && seam solve $TMP_GOLDEN/gated.yaml --no-uncertainty --quiet
Headline
metric             value
reliability       78.99%
share wrong        2.93%
share rejected    18.08%
completion        81.92%
shipped error      3.58%
auto error         8.86%
review load       66.88%
review precision  27.03%
visits mean        2.669
22 further metrics: --json or --csv
# What cannot be answered.
$ seam size --labels tests/data/answers.csv.gz --target "shipped_error at most 5%"
seam: labels alone say nothing about shipped_error, which also holds what reviewers let through: say how good they are (--reviewer sensitivity=93%,specificity=98%), ask for auto_error, or size the scenario
[2]
$ seam size --labels tests/data/answers.csv.gz --target "auto_error at most 5%" --target "auto_error at least 6%"
seam: --target: "auto_error at most 5%" and "auto_error at least 6%" contradict each other: no value meets both
[2]
$ seam size --labels tests/data/answers.csv.gz --target "auto_error at most 5%" --reviewer sensitivty=93%
seam: --reviewer sensitivty: a reviewer has a sensitivity (of wrong items caught) and a specificity (of right ones let pass); did you mean sensitivity?
[2]
$ seam size --labels tests/data/answers.csv.gz --target "auto_error at most 5%" --recalibrate plat
seam: --recalibrate: "plat" is not one of best, isotonic, platt, beta or temperature; did you mean platt?
[2]
$ seam size --labels tests/data/answers.csv.gz --target "auto_error at most 5%" -o map.csv
seam: `seam size` writes a map with --recalibrate and nothing else: -o goes with that
[2]
$ printf 'confidence,correct\n0.7,1\n0.7,1\n0.7,0\n' | seam size --labels - --target "auto_error at most 5%" --quiet
These 3 labels are too few to certify auto_error at most 5% at 95%: about 482 in
all would do, if what ships errs well below the target.

Headline
metric    value  95% interval
accuracy  66.7%    20.8–93.9%
[1]
$ printf 'id,confidence,correct\na,0.7,1\nb,1.2,0\n' | seam size --labels - --target "auto_error at most 5%"
seam: -:3: confidence is "1.2": write a number from 0 to 1 (as much as 2e-05 beyond is taken as rounding)
[3]
$ printf 'id,confidence,correct\na,0.7,1\na,0.8,0\n' | seam size --labels - --target "auto_error at most 5%"
seam: -:3: id "a" stands on line 2 already: an item has one label
[3]
$ printf 'confidence,correct,confidence_2,correct_2\n0.9,1,0.8,1\n' | seam size --labels - --target "auto_error at most 5%"
seam: labels of two models (confidence_2, correct_2) need --costs A,B,C: of a call of the cheap model, of the strong one, and of a person's answer
[2]
$ seam size --labels tests/data/answers.csv.gz --target "auto_error at most 5%" --costs 1,10,200
seam: --costs goes with labels of two models: tests/data/answers.csv.gz has no columns confidence_2 and correct_2
[2]
