# Labels that are still to come.
$ seam size --plan --target "auto_error at most 2%" --target "review_load at most 25%" --traffic 200/d
size: power of the exact binomial test

To certify auto_error at most 2% with 95% confidence: 149 labels of shipped
items if none of them is wrong (199 when a quarter of them chooses the
threshold); if what ships errs half as often as the target, 1,091 (1,455) for a
certificate in 80% of the cases. With 25% of the items reviewed: 1,455 (1,940)
labels of all items.

Answer
review load                     25%
labels needed                   1,940
method                          split
tests that share the guarantee  1
population                      items to come
ending                          planned

Labels needed: threshold fixed beforehand / chosen by a quarter of them
wrong  first at    0% reviewed   25% reviewed
0%          149      149 / 199      199 / 266
0.5%        386      386 / 515      515 / 687
1%          969  1,091 / 1,455  1,455 / 1,940
1.5%      4,318  4,646 / 6,195  6,195 / 8,260
wrong: of what ships unseen, if it is so; first at: shipped labels at which the
power is first enough; then labels of all items, from which on it stays enough,
where that much is reviewed

Audits of what ships unseen
share audited  audits a day  labels  days
1%                      1.5   1,091   728
2%                        3   1,091   364
5%                      7.5   1,091   146
10%                      15   1,091    73
20%                      30   1,091    37
50%                      75   1,091    15
$ printf 'confidence,correct\n0.9,1\n0.8,0\n' | seam size --plan --labels - --target "auto_error at most 2%" --quiet
At no threshold did these 2 pilot labels err clearly less than 2%: no number of
further labels can be named that would certify it.
[1]
$ seam size --plan --target "shipped_error at most 1%"
seam: labels are planned for `auto_error at most P` (with `review_load at most Q` beside it), not for "shipped_error at most 1%"
[2]
$ seam size --target "auto_error at most 1%" --traffic 20 --quiet
seam: --traffic: "20" has no unit of time, and is not a rate: write 40/h, $45/h or $50/month
[2]
$ seam size --target "auto_error at most 1%" --traffic 0/d --quiet
seam: --traffic 0/d: more than none, 200/d
[2]
$ seam size scenarios/gate-review.yaml --plan
seam: --plan counts labels that are still to come: give it --target, and maybe --labels of a pilot, but no scenario
[2]
