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
# a real step among stated ones works on briefs of the canon, without their truth: nothing writes what they want
$ seam run scenarios/generative-video.yaml --items 20 --time-scale skip --csv -q | grep -E '(,retrieve,(error_rate|ok_rate)|,run,label_coverage),' | cut -d, -f1-5
result,run,label_coverage,,0
stage,retrieve,ok_rate,,1
stage,retrieve,error_rate,,0
# a scenario that ships can be run, or says what can be
$ for s in review-overload local-model review-desk outage; do seam run scenarios/$s.yaml --items 2 --time-scale skip -q > /dev/null 2> $TMP_GOLDEN/err; [ $? -le 1 ] || cat $TMP_GOLDEN/err; done
seam: scenarios/review-overload.yaml:36:3: `editors`: `at_close: interrupt` is simulated, but not executed: a real call cannot be stopped halfway and taken up again; `at_close: finish` can be executed
$ seam run scenarios/programs.yaml --items 2 --time-scale skip 2>&1 > /dev/null
seam: the items are empty, and `complete` works on what they hold: --input FILE gives them something, a line {"id": "a", "input": {...}} for each
seam: `complete`: 2 attempts failed: the brief names no place
