# Single pictures: their kinds, what they refuse, what they are made of.
$ seam plot
seam plot KIND RESULT: one picture, with its data and its gnuplot script

KINDs of pictures:

  flow         the steps and the ways between them, with their reliabilities
  waterfall    where items are lost on the way to a right answer
  improvement  what each stage loses, or would give if it were perfect
  layers       what each layer loses, of alternatives side by side
  cost         cost against reliability, with the one that the targets ask for
  frontier     review load against error, with the chosen point
  labels       review load against the number of labels
  stages       how often a visit of each stage ends well
  latency      distribution of the latency
  percentiles  latency by percentile, on an axis that spreads out the tail
  backlog      what waits for people, over time
  calibration  confidence against accuracy, and how many items have it
  learning     what feedback changes, cycle by cycle
  planner      labels that a certificate needs, and the power of so many
  coverage     what a backtest expected of each window, and what came
  repeats      chances that one, or that all, of k runs of a task are right
  evidence     evidence that something has changed, over time
  budget       objectives over time, and what is left of their error budgets
  tornado      what the result is most sensitive to

`seam plot -h` shows examples and options
$ seam plot latncy scenarios/six-step.yaml
seam: there is no picture "latncy"; did you mean "latency"?; `seam plot` lists the kinds
[2]
$ seam plot latency
seam: `seam plot latency` needs a RESULT: a --json file, a scenario or a log
[2]
$ seam plot flow nowhere.json
seam: nowhere.json: cannot be read: there is no such file or folder
[4]
$ seam solve scenarios/six-step.yaml --json > $TMP_GOLDEN/six.json; seam plot frontier $TMP_GOLDEN/six.json
seam: TMP/six.json: no data for the picture `frontier`: `seam size` has it, and `seam replay` of a log whose confidences and labels are known
[3]
$ seam plot backlog tests/data/genai.labels.csv --quiet
seam: tests/data/genai.labels.csv:1: not a log: no column names the step (activity, concept:name; or name it with --stage-by)
[3]
$ seam plot flow $TMP_GOLDEN/six.json -o $TMP_GOLDEN/flow.jpg
seam: -o TMP/flow.jpg: a picture is svg, png or pdf
[2]
$ seam plot flow $TMP_GOLDEN/six.json -o flow
seam: -o flow: the name of a picture ends in .svg, .png or .pdf
[2]
$ seam plot flow $TMP_GOLDEN/six.json -o '`touch x`.svg'
seam: -o `touch x`.svg: the picture's script names its files, so a name may begin with no - and hold no quotes, backslashes, control characters, < > | ` or $
[2]
$ seam plot flow $TMP_GOLDEN/six.json --format jpg
seam: --format: "jpg" is not one of svg, png or pdf
[2]
$ seam plot flow $TMP_GOLDEN/six.json --format png -o flow.svg
seam: -o flow.svg is no png: leave out --format, or change the ending
[2]
$ seam plot waterfall $TMP_GOLDEN/six.json -o $TMP_GOLDEN/lost.svg && sed 's/^#/:/' $TMP_GOLDEN/lost.gp && cat $TMP_GOLDEN/lost.tsv && grep -c '<desc>' $TMP_GOLDEN/lost.svg
seam: wrote TMP/lost.gp
seam: wrote TMP/lost.tsv
Where items are lost
From all items down to those that end right: what fails in sight, what is
rejected, and what ships although it is wrong. The axis begins at 80%, so that
what is lost can be seen.
Where items are lost
step                share of all items
all items                         100%
brief: fails                    −3.00%
retrieve: fails                 −2.91%
generate: fails                 −2.82%
tool: fails                     −2.74%
orchestrate: fails              −2.66%
deliver: fails                  −2.58%
right answers                   83.30%
seam: wrote TMP/lost.svg
: A picture made by Seam: `gnuplot lost.gp` draws lost.svg from lost.tsv.
set terminal svg size 680,366 font 'sans-serif,14' noenhanced
large = 'sans-serif,17'
strong = 'sans-serif,15'
end = 'sans-serif,14'
small = 'sans-serif,12.5'
data = 'lost.tsv'
set output 'lost.svg'
inner = 0.868852
set datafile separator "\t"
set datafile commentschars ''
set datafile columnheaders
set size 1,inner
stats data index 2 every ::0::0 using (heading = strcol(1), 1) nooutput
set label 1 heading at screen 0, screen 1 left offset character 1,-1.1 font large
stats data index 2 every ::1::1 using (subject = strcol(1), 1) nooutput
set label 2 subject at screen 0, screen 1 left offset character 1,-2.4 textcolor rgb '#59636d'
set encoding utf8
set datafile separator "\t"
set datafile commentschars ''
set datafile columnheaders
set border 3 lc rgb '#788088'
set tics nomirror out scale 0.5 textcolor rgb '#000000'
set grid lc rgb '#dde1e6' lt 1 lw 1 dt solid
set minussign
set key noautotitle tmargin left horizontal Left reverse samplen 2
set style fill solid 1 noborder
set bars 0.6
set yrange [7.60:-0.6]
set grid noytics xtics
set border 1 lc rgb '#788088'
set tics scale 0
set key off
set rmargin 3
set xrange [80:102.673]
set xlabel 'share of all items (%): axis not from 0'
set xtics 80,5,100
plot data index 0 using 2:1:2:3:($1-0.32):($1+0.32):ytic(6) with boxxyerror lc rgb '#0072b2', data index 0 using 4:1:5 with labels left offset 0.5,0 textcolor rgb '#000000', data index 0 using (80.6):($1+0.4):(0.4):(-0.8) with vectors nohead lw 5 lc rgb '#ffffff', data index 1 using 2:1:3:2:($1-0.32):($1+0.32):ytic(6) with boxxyerror lc rgb '#d55e00', data index 1 using 4:1:5 with labels left offset 0.5,0 textcolor rgb '#000000', data index 1 using 3:1:(0):(0.68) with vectors nohead lw 1 lc rgb '#788088'
unset label 1
unset label 2
set output
row	from	to	place of the number	number	step
0	80	100	100	100%	all items
7	80	83.29720049	83.29720049	83.30%	right answers


row	from	to	place of the number	number	step
1	100	97	100	−3.00%	brief: fails
2	97	94.09	97	−2.91%	retrieve: fails
3	94.09	91.2673	94.09	−2.82%	generate: fails
4	91.2673	88.529281	91.2673	−2.74%	tool: fails
5	88.529281	85.87340257	88.529281	−2.66%	orchestrate: fails
6	85.87340257	83.29720049	85.87340257	−2.58%	deliver: fails


heading
Where items are lost
Six steps of 97%: reliability 83.30%
1
# A picture made by Seam: `gnuplot lost.gp` draws lost.svg from lost.tsv.
# A picture made by Seam: `gnuplot lost.gp` draws lost.svg from lost.tsv.
# A picture made by Seam: `gnuplot lost.gp` draws lost.svg from lost.tsv.
$ cd $TMP_GOLDEN && rm lost.svg && gnuplot lost.gp 2>/dev/null && grep -c 'viewBox' lost.svg
1
$ echo mine > $TMP_GOLDEN/own.tsv; seam plot flow $TMP_GOLDEN/six.json -o $TMP_GOLDEN/own.svg
seam: TMP/own.tsv: it is there already and belongs to no picture of Seam; choose another name with -o
[4]
$ seam plot flow $TMP_GOLDEN/six.json -o $TMP_GOLDEN/flow.svg --csv --quiet | head -4
from,to,share of visits
brief,retrieve,97.00%
brief,fail,3.00%
retrieve,generate,97.00%
$ for f in png pdf; do seam plot flow $TMP_GOLDEN/six.json -o $TMP_GOLDEN/flow.$f --quiet && head -c 4 $TMP_GOLDEN/flow.$f | tr -cd 'A-Z%'; echo; done
PNG
%PDF
$ seam plot flow $TMP_GOLDEN/six.json -o - | grep -o '</svg>'
</svg>
# Without gnuplot the flow is drawn all the same, and of other pictures there is all but the picture.
$ (PATH=$TMP_GOLDEN/bin; seam plot flow $TMP_GOLDEN/six.json -o $TMP_GOLDEN/bare.svg --quiet && seam plot stages $TMP_GOLDEN/six.json -o $TMP_GOLDEN/none.svg)
seam: wrote TMP/none.gp
seam: wrote TMP/none.tsv
Visits that end visibly well
Each dot is a stage, the line through it the interval of its rate, the number
the rate. Silent mistakes do not show here: only what the pipeline can see.
Visits that end visibly well
stage        success rate
brief              97.00%
retrieve           97.00%
generate           97.00%
tool               97.00%
orchestrate        97.00%
deliver            97.00%
seam: gnuplot is not installed: on Debian and Ubuntu `apt install gnuplot-nox` brings it, then make the picture again
[4]
# For machines: the kinds, and what is drawn with the files it is in, with or without gnuplot.
$ seam plot --json | head -12; seam plot --csv | head -2
{
 "schema": "seam.plot/1",
 "kinds": [
  {
   "kind": "flow",
   "shows": "the steps and the ways between them, with their reliabilities",
   "needs": "a scenario or a log has steps"
  },
  {
   "kind": "waterfall",
   "shows": "where items are lost on the way to a right answer",
   "needs": "`seam solve` and `seam simulate` of a scenario know it, of a log `seam replay` with --labels"
kind,shows,needs
flow,"the steps and the ways between them, with their reliabilities",a scenario or a log has steps
$ seam plot waterfall $TMP_GOLDEN/six.json -o $TMP_GOLDEN/told.svg --json --quiet | tr -s '\n ' ' '; echo
{ "schema": "seam.plot/1", "kind": "waterfall", "title": "Where items are lost", "description": "From all items down to those that end right: what fails in sight, what is rejected, and what ships although it is wrong. The axis begins at 80%, so that what is lost can be seen.", "data": { "caption": "Where items are lost", "columns": [ "step", "share of all items" ], "rows": [ [ "all items", "100%" ], [ "brief: fails", "−3.00%" ], [ "retrieve: fails", "−2.91%" ], [ "generate: fails", "−2.82%" ], [ "tool: fails", "−2.74%" ], [ "orchestrate: fails", "−2.66%" ], [ "deliver: fails", "−2.58%" ], [ "right answers", "83.30%" ] ] }, "files": [ "TMP/told.gp", "TMP/told.tsv", "TMP/told.svg" ] } 
$ (PATH=$TMP_GOLDEN/bin; seam plot stages $TMP_GOLDEN/six.json -o $TMP_GOLDEN/untold.svg --json --quiet) | grep -A 99 -e '"missing"' | sed '/"data"/,/^ },/d'
seam: gnuplot is not installed: on Debian and Ubuntu `apt install gnuplot-nox` brings it, then make the picture again
 "missing": "gnuplot is not installed: on Debian and Ubuntu `apt install gnuplot-nox` brings it, then make the picture again",
 "files": [
  "TMP/untold.gp",
  "TMP/untold.tsv"
 ]
}
$ seam plot flow $TMP_GOLDEN/six.json -o - --json
seam: --json and -o - both write to standard output: give the picture a file with -o
[2]
# Names that are code: they stand in the data, and nothing of them is run.
$ cd $TMP_GOLDEN && sed -e 's/"brief"/"`touch canary`"/g' -e 's/"retrieve"/"<touch canary"/g' -e "s/\"generate\"/\"'; system('touch canary') #\"/g" -e 's/"tool"/"\\nset output\\t\\"| touch canary\\"<script>"/g' six.json > hostile.json; for k in flow improvement waterfall; do seam plot $k hostile.json -o hostile.png --quiet >/dev/null && gnuplot -d hostile.gp 2>/dev/null && grep -ch 'touch canary' hostile.gp hostile.tsv; done; ls | grep -c canary; cut -f 3 hostile.tsv >/dev/null; grep 'canary' hostile.tsv | cut -f 6
0
3
0
3
0
2
0
`touch canary`: fails
<touch canary: fails
