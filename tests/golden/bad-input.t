# Bad input: its place, and exit status 3.
$ printf 'seam: 1\nflow:\n  - stage: a\n    eror: 3%%\n' | seam check -
-:4:5: unknown key `eror`; did you mean `error`?
    4 |     eror: 3%
      |     ^
seam: -: 1 fault
[3]
$ printf 'seam: 1\nflow:\n  - stage: a\n    error: 3%%\n    error: 4%%\n' | seam check -
-:5:5: key `error` appears twice in this map
    5 |     error: 4%
      |     ^
seam: -: 1 fault
[3]
$ printf 'seam: 1\nflow:\n  - stage: a\n    latency: 3%%\n' | seam check -
-:4:14: `latency`: "3%" is not a duration: write 200ms, 42s, 1.5h
    4 |     latency: 3%
      |              ^
seam: -: 1 fault
[3]
$ printf 'seam: 1\nflow:\n  - stage: a\n    error: 1.3\n' | seam check -
-:4:12: `error`: "1.3" is more than 1: a probability lies between 0 and 1; for percent write 1.3%
    4 |     error: 1.3
      |            ^
seam: -: 1 fault
[3]
$ printf 'seam: 1\nflow:\n  - stage: a\n    error: 60%%\n    wrong: 50%%\n' | seam check -
-:5:12: the outcomes of `a` can add up to more than 1: error 0.6, wrong 0.5, malformed 0 are 1.1
    5 |     wrong: 50%
      |            ^
seam: -: 1 fault
[3]
$ printf 'seam: 1\nflow:\n  - stage: draft\n    fallback: dratf\n' | seam check -
-:4:15: `fallback`: no step is called `dratf`; did you mean `draft`?
    4 |     fallback: dratf
      |               ^
seam: -: 1 fault
[3]
$ printf 'seam: 1\nflow:\n  - stage: a\n    by: desk\nresources:\n  desk: {servers: 1, hours: \"mon 09:00-09:00\"}\n' | seam check -
-:6:29: `hours`: times of day are written in quotes, as in "mon-fri 09:00-18:00"
    6 |   desk: {servers: 1, hours: \"mon 09:00-09:00\"}
      |                             ^
seam: -: 1 fault
[3]
$ printf 'seam: 1\nflow:\n  - stage: a\n  - check: c\n    sensitivity: 90%%\n    on_reject: a\n' | seam check -
-:6:16: going back from `c` to `a` is a loop without a bound: write {goto: a, at_most: 2, then: reject}
    6 |     on_reject: a
      |                ^
seam: -: 1 fault
[3]
$ printf 'seam: 1\nflow:\n  - stage: a\n    confidence: {good: {beta: {a: 2, b: 1}}, bad: {beta: {a: 1, b: 2}}}\n  - gate: g\n    threshold: 50%%\n    above: ship\n    below: d\n  - stage: c\n  - review: d\n' | seam check -
-:9:12: step `c` cannot be reached: no edge leads to it
    9 |   - stage: c
      |            ^
seam: -: 1 fault
[3]
$ printf 'seam: [1\nflow: }\n' | seam check -
-:2:7: not YAML: mismatched flow mapping end
    2 | flow: }
      |       ^
seam: -: 1 fault
[3]
$ printf '' | seam check -
-:1:1: the file is empty: a scenario needs `seam: 1` and a `flow`
    1 | 
      | ^
seam: -: 1 fault
[3]
$ printf '' >$TMP_GOLDEN/empty.jsonl; seam replay $TMP_GOLDEN/empty.jsonl
seam: TMP/empty.jsonl: the log is empty
[3]
$ gunzip -c tests/data/genai.jsonl.gz | head -c 200000 >$TMP_GOLDEN/cut.jsonl; seam replay $TMP_GOLDEN/cut.jsonl 2>&1 | sed -n '/^Data quali/,$p'
Data quality
count of                           number
records read                            4
spans                                 192
traces                                 26
items                                  26
root spans                             25
spans whose parent is missing           3
interrupts for a review                 7
records that cannot be read             1
attributes that tell nothing here      24
None: spans sent twice, spans that are their own ancestors, spans with status
error, spans without a duration, spans that end before they start.

Where the log is at fault
orphan             TMP/cut.jsonl:3
orphan             TMP/cut.jsonl:4
orphan             TMP/cut.jsonl:4
unreadable record  TMP/cut.jsonl:4
seam: 1 record lacks an id, is cut off or has the wrong shape, and was left out
seam: reliability is known for 8 of 26 items: of the others an OK status says nothing, so it is given as bounds; a label file (--labels) would narrow them
seam: what is known of reviewed items is the reviewer's word, taken as true
seam: 1 items wait for a person at the end of the log, or were cut off
# What comes through a pipe is read from its first byte.
$ gunzip -c tests/data/genai.jsonl.gz | seam replay /dev/stdin --quiet | head -n 4
Headline
metric              value     95% interval
reliability       unknown        25.0–100%
share wrong       unknown          0–75.0%
$ gunzip -c tests/data/genai.jsonl.gz | seam report /dev/stdin -o $TMP_GOLDEN/piped
seam: /dev/stdin: this pipe holds no result (--json); name scenarios and logs as files, or give a log as -
[3]
# Clocks that differ: the second span begins a minute before the one it is part of.
$ printf '{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"01","spanId":"02","name":"run","startTimeUnixNano":"100000000000","endTimeUnixNano":"101000000000"},{"traceId":"01","spanId":"03","parentSpanId":"02","name":"step","startTimeUnixNano":"40000000000","endTimeUnixNano":"40500000000"}]}]}]}\n' >$TMP_GOLDEN/skewed.jsonl; seam replay $TMP_GOLDEN/skewed.jsonl | tail -n 2
seam: 1 span begins before the span that it is part of, as when clocks differ; the time of its item as a whole is off by as much
seam: reliability is known for 0 of 1 items: of the others an OK status says nothing, so it is given as bounds; a label file (--labels) would narrow them
Where the log is at fault
span before its parent  TMP/skewed.jsonl:1
$ seam replay $TMP_GOLDEN/cut.jsonl --strict
seam: TMP/cut.jsonl:3: orphan in the line from byte 127311 on: 3 in the log, and --strict allows none
[3]
$ { printf '\037\213'; echo not gzip; } >$TMP_GOLDEN/not.jsonl.gz; seam replay $TMP_GOLDEN/not.jsonl.gz
seam: TMP/not.jsonl.gz: damaged gzip at byte 4: unknown compression method
[3]
$ head -c 20000 tests/data/genai.jsonl.gz >$TMP_GOLDEN/cut.jsonl.gz; seam replay $TMP_GOLDEN/cut.jsonl.gz --quiet | sed -n '/^Where/,$p'
$ gunzip -c tests/data/genai.otlp.gz | head -c 200000 >$TMP_GOLDEN/cut.otlp; seam replay $TMP_GOLDEN/cut.otlp | sed -n '/^Data quality/,$p'
seam: calibration is of the reviewed items alone, whose confidences are cut at the gate; it says nothing of those that shipped unseen
seam: 1 record lacks an id, is cut off or has the wrong shape, and was left out
seam: reliability is known for 17 of 59 items: of the others an OK status says nothing, so it is given as bounds; a label file (--labels) would narrow them
seam: what is known of reviewed items is the reviewer's word, taken as true
seam: 1 items wait for a person at the end of the log, or were cut off
Data quality
count of                           number
records read                            7
spans                                 443
traces                                 59
items                                  59
root spans                             58
spans whose parent is missing           1
spans with status error                 2
interrupts for a review                16
records that cannot be read             1
attributes that tell nothing here      25
None: spans sent twice, spans that are their own ancestors, spans without a
duration, spans that end before they start.

Where the log is at fault
orphan             TMP/cut.otlp: byte 196183
unreadable record  TMP/cut.otlp: byte 199380
$ seam replay $TMP_GOLDEN/cut.otlp --strict
seam: TMP/cut.otlp: byte 199380: the log is cut off within the message that begins here
[3]
