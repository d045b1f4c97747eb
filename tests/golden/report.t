# A log may come through a pipe; each format takes the place of what an earlier report left of it.
$ gzip -dc tests/data/genai.jsonl.gz | seam report - --labels tests/data/genai.labels.csv -o $TMP_GOLDEN/page --format md,csv --quiet && touch $TMP_GOLDEN/page/report-99-flow.svg $TMP_GOLDEN/page/07-size.csv $TMP_GOLDEN/page/report-own.svg $TMP_GOLDEN/page/2026-size.txt && grep -c 'Fitted to standard input' $TMP_GOLDEN/page/report.md && (PATH=$TMP_GOLDEN/bin; seam report scenarios/gate-review.yaml --trials 1000 -o $TMP_GOLDEN/page --format md,csv --quiet) && ls $TMP_GOLDEN/page
1
01-solve.csv
02-simulate.csv
2026-size.txt
report-01-flow.svg
report-own.svg
report.md
# Without gnuplot the report stands, and tells which pictures are absent and how to get them.
$ (PATH=$TMP_GOLDEN/bin; seam report scenarios/six-step.yaml --trials 1000 -o $TMP_GOLDEN/bare --format html,md); grep -c 'The picture is not here: gnuplot is not installed' $TMP_GOLDEN/bare/report.html; grep -c '<svg' $TMP_GOLDEN/bare/report.html
seam: wrote TMP/bare/report.html
seam: wrote TMP/bare/report.md
seam: wrote TMP/bare/report-01-flow.svg
seam: the report stands without these pictures: "Where items are lost", "What each layer loses", "Reliability lost at each stage", "Visits that end visibly well", "What the result is most sensitive to"; gnuplot is not installed: on Debian and Ubuntu `apt install gnuplot-nox` brings it, then make the picture again
5
1
# Without WeasyPrint there is no PDF, and what was asked for besides is there.
$ (PATH=$TMP_GOLDEN/bin; seam report scenarios/six-step.yaml --trials 1000 -o $TMP_GOLDEN/paper --format pdf,html --quiet); ls $TMP_GOLDEN/paper
seam: PDF: weasyprint: cannot be started: No such file or directory; install WeasyPrint (Debian: apt-get install weasyprint), or print the HTML page from a browser
report.html
# Logs that are compared have their models beside them.
$ (PATH=$TMP_GOLDEN/bin; seam report --compare tests/data/desk.csv.gz tests/data/genai.jsonl.gz -o $TMP_GOLDEN/both --format csv --quiet); ls $TMP_GOLDEN/both
01-replay.csv
02-fit.csv
03-replay.csv
04-fit.csv
# -o - writes one format to standard output, and --json alone is the report as JSON there: no file, no folder.
$ (PATH=$TMP_GOLDEN/bin; cd $TMP_GOLDEN; seam report "$OLDPWD/scenarios/six-step.yaml" --trials 1000 --json --quiet) | sed -n '2,3p'; ls $TMP_GOLDEN/reports $TMP_GOLDEN/- 2>/dev/null
 "schema": "seam.report/1",
 "title": "Six steps of 97%",
[2]
$ (PATH=$TMP_GOLDEN/bin; seam report scenarios/six-step.yaml --trials 1000 --format md -o - --quiet) | sed -n '1s/# //p;/Steps and/,/not here/p'
Six steps of 97%
**Steps and ways.** Steps from top to bottom, ends on the right, ways back dashed on the left; a dotted frame holds what runs side by side. A box says how many attempts are wrong unseen and how many fail in sight; shares are of the visits of the step where an arrow starts, all where none stands.

The picture is not here: pictures are files beside the page, which -o FOLDER writes.
$ seam report scenarios/six-step.yaml --trials 1000 --format md,html -o - --quiet
seam: -o -: standard output takes one format; name it with --format, or give a folder
[2]
$ seam report scenarios/six-step.yaml --trials 1000 --format csv -o - --quiet
seam: csv is a table for each of the 2 results: write them into a folder, with --format csv and -o FOLDER
[2]
$ seam solve scenarios/six-step.yaml --json --quiet > $TMP_GOLDEN/six.json; seam solve scenarios/six-step.yaml --csv --quiet > $TMP_GOLDEN/six.csv; (PATH=$TMP_GOLDEN/bin; cd $TMP_GOLDEN; seam report six.json --csv --quiet) | cmp - $TMP_GOLDEN/six.csv; ls $TMP_GOLDEN/reports 2>/dev/null
[2]
$ seam report $TMP_GOLDEN/six.json $TMP_GOLDEN/six.json --csv --quiet
seam: csv is a table for each of the 2 results: write them into a folder, with --format csv and -o FOLDER
[2]
$ seam report scenarios/six-step.yaml --json -o - --quiet
seam: --json and -o - both write to standard output: leave out one, or give the files a folder with -o
[2]
