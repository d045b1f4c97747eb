# What ships unseen, from reviews and audits.
$ awk 'BEGIN { print "confidence,correct,source,weight"; for (i = 0; i < 120; i++) print 0.5 + i / 400 "," (i % 3 > 0) ",reviewed,1"; for (i = 0; i < 160; i++) print 0.81 + i / 1000 "," (i % 40 > 0) ",audit,20" }' >$TMP_GOLDEN/audits.csv; seam size --labels $TMP_GOLDEN/audits.csv --threshold 0.8 --target "auto_error at most 10%"
size: audit; intervals: 95%, sampling

Of what ships at confidence 0.8 and above, 2.5% is wrong by 160 labels that
stand for 3,200 items; 3.6% of the items go to review: with 95% confidence at
most 5.63% (target 10%).

Answer
threshold                       0.8
review load                     3.614%
auto error                      2.5%
certified bound                 5.629%, with 95% confidence
shipped labels (m)              160
errors among them (k)           4
method                          exact
tests that share the guarantee  1
population                      items like those that were audited (same model,
                                prompt and mix)
ending                          certified

Headline
metric       value  95% interval  target       verdict
auto error    2.5%      0.7–5.6%  at most 10%  pass
review load  3.61%
$ seam size --labels $TMP_GOLDEN/audits.csv --target "auto_error at most 2%" --threshold 0.8 --quiet
Of what ships at confidence 0.8 and above, 2.5% is wrong by 160 labels that
stand for 3,200 items; 3.6% of the items go to review: too few to show at most
2% with 95% confidence; about 1,091 in all would do, if it errs well below the
target.

Headline
metric       value  95% interval  target      verdict
auto error    2.5%      0.7–6.3%  at most 2%  not shown
review load  3.61%
[1]
$ seam size --labels $TMP_GOLDEN/audits.csv --target "auto_error at most 5%" --threshold 0.99 --quiet
seam: no audited label lies at or above the threshold 0.99: nothing is known of what ships there
[3]
$ seam size --labels $TMP_GOLDEN/audits.csv --target "auto_error at most 5%" --method sgr
seam: --method sgr: labels of audits are judged by split, or at one --threshold
[2]
$ grep -v audit $TMP_GOLDEN/audits.csv | seam size --labels - --target "auto_error at most 5%" --traffic 200/d
size: reviewed items only

These labels are of reviewed items alone: what ships unseen may err more or
less, and nothing here tells. Audit a random share of what ships: 434 labels
certify auto_error at most 5% at the threshold in use, if it errs half as often;
8% of 200 shipped a day cost 16 reviews a day and take 28 days.

Answer
labels needed  434
population     reviewed items only
ending         not identifiable

Audit designs for as many labels
design   labels  share  a day
uniform     434  8.00%     16

Audits of what ships unseen
share audited  audits a day  labels  days
1%                        2     434   217
2%                        4     434   109
5%                       10     434    44
10%                      20     434    22
20%                      40     434    11
50%                     100     434     5
[1]
$ seam size --log tests/data/desk.csv.gz --target "auto_error at most 5%" --failure-when "outcome = error"
size: reviewed items only

These labels are of reviewed items alone: what ships unseen may err more or
less, and nothing here tells. Audit a random share of what ships: 434 labels
certify auto_error at most 5% at the threshold in use, if it errs half as often;
21% of 70.81 shipped a day cost 14.9 reviews a day and take 30 days.

Answer
labels needed  434
population     reviewed items only
ending         not identifiable

Audit designs for as many labels
design                    labels   share  a day  width ±  bound +  near it ±
uniform                      434  21.00%  14.87    3.18%    2.97%      8.73%
stratified by confidence     434  21.00%  14.87    3.05%    3.81%      7.72%
half near the threshold      434  21.00%  14.87    3.11%    3.88%      7.52%
expected: half the width of the interval of the error of what ships; how far
above the estimate the certified bound lies (exact where all are drawn alike, by
betting where not); and half the width for the fifth nearest the threshold

The stratified design (Neyman allocation): what to audit, and to log
confidence        of what ships  assumed wrong  probability to log  audits a day
0.7501 to 0.8059         19.96%         22.04%              26.82%          3.79
0.806 to 0.8483          20.03%         17.29%              24.46%         3.469
0.8485 to 0.8901         19.96%         12.93%              21.71%         3.068
0.8904 to 0.9277         20.03%          9.10%              18.61%         2.639
0.9278 to 0.9967         20.03%          4.51%              13.42%         1.903

Audits of what ships unseen
share audited  audits a day  labels  days
1%                   0.7081     434   613
2%                    1.416     434   307
5%                    3.541     434   123
10%                   7.081     434    62
20%                   14.16     434    31
50%                   35.41     434    13
seam: by their own confidence 13.2% of what ships is wrong; labels of reviewed items cannot say whether that is so, nor can a recalibration on them
[1]
# Watch: labels of audits row by row; those of a log; what cannot be watched.
$ awk 'BEGIN { print "confidence,correct,source,weight"; for (i = 0; i < 400; i++) print 0.8 + i * 37 % 200 / 1000 "," (i < 250 ? i % 40 != 7 : i % 5 > 0) ",audit,20" }' >$TMP_GOLDEN/watch.csv; seam drift --labels $TMP_GOLDEN/watch.csv --target "auto_error at most 5%"
drift: watch; intervals: 95%, sampling

Alarm: auto_error is above 5%. It rang at line 327, after 326 labels; most
likely since line 249, 79 labels before: 31 of 153 are wrong since then, 6 of
247 before. While the target is met this rings with probability 5% at most,
however often one looks.

Answer
auto error                      9.25%
shipped labels (m)              400
errors among them (k)           37
method                          likelihood ratios
tests that share the guarantee  1
population                      labels in order of time
ending                          alarm

Headline
metric         value  95% interval  target       verdict
auto error      9.2%     6.6–12.5%  at most 5%   fail
psi         0.009223                below 0.25
ks           0.01905                below 0.166
cusum          2.275                below 9.26

Changes, the strongest evidence first
stage    what        before    now  e-value  since
(items)  auto error    2.4%  20.3%     10^6  label 248
An alarm says since when.
[1]
$ seam drift tests/data/genai.jsonl.gz --labels tests/data/genai.labels.csv --target "auto_error at most 5%" --quiet
No alarm: 0 of 150 labels are wrong, evidence 1 of the 20 that auto_error above
5% would need. That is no proof that the target is met: `seam size` gives one.

Headline
metric       value  95% interval  target       verdict
auto error      0%        0–2.4%  at most 5%
psi         0.4003                below 0.481
ks          0.1262                below 0.234
cusum        2.445                below 8.56
$ seam drift tests/data/genai.jsonl.gz --target "auto_error at most 5%" --quiet
seam: no label tells of auto_error: audit a share of what ships unseen, and give --labels CSV
[3]
$ seam drift tests/data/genai.jsonl.gz --target "latency_p95 at most 5s"
seam: latency_p95 cannot be watched like that: write auto_error, shipped_error or review_precision `at most P`, P between 0 and 100%
[2]
