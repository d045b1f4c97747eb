# The built-in world: what its stages refuse, and a few briefs for real.
$ sed 's/canon: canon/canon: cannon/' scenarios/reference.yaml > $TMP_GOLDEN/a.yaml; seam run $TMP_GOLDEN/a.yaml --items 1
seam: TMP/cannon: cannot be read: there is no such file or folder
[4]
$ cp -r scenarios/canon $TMP_GOLDEN; sed 's/by: both/by: bm52/' scenarios/reference.yaml > $TMP_GOLDEN/a.yaml; seam run $TMP_GOLDEN/a.yaml --items 1
seam: arrivals and stated latencies are waited for as long as they take; --time-scale skip jumps over what is only waited for
seam: TMP/a.yaml:36:55: `retrieve`: `by` must be bm25, embedding or both
[3]
$ sed 's/top_k: 8/topk: 8/' scenarios/reference.yaml > $TMP_GOLDEN/a.yaml; seam run $TMP_GOLDEN/a.yaml --items 1
seam: arrivals and stated latencies are waited for as long as they take; --time-scale skip jumps over what is only waited for
seam: TMP/a.yaml:36:45: `retrieve`: unknown key `topk` in `exec`; did you mean `top_k`?
[3]
$ echo '{"kind":"memo","chunk":"m","text":"A red hat.","facts":[{"subject":"maren","attribute":"coat","value":"red hat"}]}' > $TMP_GOLDEN/canon/zz.jsonl; seam run $TMP_GOLDEN/a.yaml --items 1
seam: TMP/canon/zz.jsonl:1: there is no subject `maren`
[3]
$ seam run scenarios/reference.yaml --items 30 --time-scale skip -q -o $TMP_GOLDEN/shots.jsonl > /dev/null; grep -c '"end":"\(shipped\|rejected\)"' $TMP_GOLDEN/shots.jsonl; test $(grep -c '"correct":true' $TMP_GOLDEN/shots.jsonl) -ge 24 && echo most are right
30
most are right
