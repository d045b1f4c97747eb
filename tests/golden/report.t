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
seam: the report stands without these pictures: "Where items are lost (the exact solution)", "What each layer loses (the exact solution)", "Reliability lost at each stage (the exact solution)", "Visits that end visibly well (the exact solution)", "What the result is most sensitive to (the exact solution)"; gnuplot is not installed: on Debian and Ubuntu `apt install gnuplot-nox` brings it, then make the picture again
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
