# The command line itself: help, nearest words, exit statuses.
$ seam
seam: how reliable is your AI pipeline, end to end, and what should be reviewed?

before launch
  check      validates scenarios; all faults at once, each with its place
  solve      exact values, by an absorbing Markov chain
  simulate   Monte Carlo: every metric with its interval
  size       the review threshold that meets the targets, with its guarantee
  compare    architectures side by side, differences with intervals
  import     other people's files: definitions to scenarios, trace logs into the
             store

in production
  replay     what the running system did, from its trace logs
  backtest   does a fit to the first part of a log predict the rest?
  fit        trace logs to a scenario with the evidence behind every number
  drift      has a stage changed? with a stated false-alarm rate

executed, with people in the loop
  run        executes the scenario: real stages, the same flow and rules
  review     the human review queue, in the terminal
  labels     reviewers' decisions as labels, and labels from elsewhere
  runs       the runs kept in the store
  mcp        the built-in world's tools as a server of the Model Context
             Protocol

for the people who decide
  report     one page for the people who decide
  plot       one picture, with its data and its gnuplot script

the program itself
  doctor     what is installed, what is missing, is the store sound
  completion completion of commands, options and values for a shell
  help       a command, a chapter of the manual, or all of it

examples
  seam solve scenarios/six-step.yaml
  seam replay traces.jsonl --labels labels.csv
  seam size --labels answers.csv --target "auto_error at most 5%"

`seam COMMAND -h` shows examples and options; `seam help CHAPTER` reads the
manual: jobs, tutorial, commands, options, scenario, logs, label-files, stages,
people, metrics, methods, scale, files, environment, status, limits, see.
Version 0.1.0.
$ seam slove x
seam: there is no command "slove"; did you mean "solve"?; `seam` lists them
[2]
$ seam solve
seam: `seam solve` needs FILE; for example: seam solve scenarios/six-step.yaml
[2]
$ seam solve scenarios/six-step.yaml --trails 3
seam: `seam solve` has no option --trails; --trials is an option of `seam simulate`, `seam size`, `seam compare` and others; `seam solve -h` lists them
[2]
$ seam simulate scenarios/six-step.yaml --trials many
seam: --trials: "many" is not a whole number: write 12, 1000 or 1e6
[2]
$ seam simulate scenarios/six-step.yaml --set flow.nowhere.error=1%
--set flow.nowhere.error=1%: no step is called `nowhere`
seam: scenarios/six-step.yaml: 1 fault
[3]
$ seam simulate scenarios/six-step.yaml --until reliability
seam: --until reliability: write METRIC=WIDTH, such as reliability=0.1%
[2]
$ seam simulate scenarios/six-step.yaml --until reliabilty=1%
seam: --until "reliabilty=1%": there is no metric "reliabilty"; did you mean "reliability"?; `seam help metrics` lists them
[2]
$ seam simulate scenarios/six-step.yaml --sweep flow.tool.error=0:1
seam: --sweep flow.tool.error=0:1: write PATH=FROM:TO:N, such as flow.confident.threshold=0.5:0.95:10
[2]
$ seam simulate scenarios/six-step.yaml --sweep flow.tool.error=0:1:3 --checkpoint six.run
seam: --sweep: the progress of several runs cannot be kept in one file; leave out --checkpoint and --resume
[2]
$ seam simulate scenarios/six-step.yaml --checkpoint README.md
seam: --checkpoint README.md: it is there already; go on from it with --resume README.md, or remove it
[2]
$ seam simulate scenarios/six-step.yaml --resume README.md --checkpoint new.run
seam: README.md: cannot be resumed: it is not a checkpoint that this program wrote
[3]
$ seam simulate scenarios/six-step.yaml --checkpoint nowhere/six.run
seam: nowhere/six.run: cannot be written: there is no such file or folder
[4]
$ seam solve nowhere.yaml
seam: nowhere.yaml: cannot be read: there is no such file or folder
[4]
$ seam size scenarios/six-step.yaml --target "auto_error at most 1%"
seam: scenarios/six-step.yaml: there is no gate, so there is no threshold to size; name what may change with --vary PATH=FROM:TO
[3]
$ seam size
seam: `seam size` needs a scenario, --labels CSV or --log LOG; for example: seam size --labels answers.csv --target "auto_error at most 5%"
[2]
$ seam size --labels tests/data/genai.labels.csv --target "auto_error at most 1%"
seam: tests/data/genai.labels.csv:1: labels need the columns confidence and correct
[3]
$ seam size scenarios/gate-review.yaml --target "auto_eror at most 1%"
seam: --target "auto_eror at most 1%": there is no metric "auto_eror"; did you mean "auto_error"?; `seam help metrics` lists them
[2]
$ seam replay
seam: `seam replay` needs LOG..., or --db FILE with logs in it
[2]
$ seam runs list --db nowhere.db
seam: nowhere.db: there is no such store; --db FILE names one
[4]
$ seam check -h
seam check: validates scenarios; all faults at once, each with its place

  seam check scenarios/six-step.yaml
  seam check --graph flow.yaml
  seam check --schema > seam.schema.json

Reads each scenario and says what is wrong with it: file, line, column, the line
itself, and the nearest known key; what `exec` says too, with nothing started.
Exit status 3 when there is a fault.

usage: seam check FILE... [options]

      --set PATH=VALUE      change one number: flow.draft.wrong=3% (may repeat)
      --schema              print the JSON Schema of scenario files, for editors
      --graph               draw the flow as text
      --dot                 draw the flow for graphviz: | dot -Tsvg
      --mermaid             draw the flow as a Mermaid flowchart, for Markdown
      --paths               list the numbers that --set and --sweep can change
      --json                one JSON object on standard output
      --csv                 one table as CSV on standard output
  -q, --quiet               no progress, no warnings
      --no-color            no colours (also NO_COLOR)
  -h, --help                examples and options of a command
$ seam simulate -h
seam simulate: Monte Carlo: every metric with its interval

  seam simulate scenarios/six-step.yaml
  seam simulate flow.yaml --until reliability=0.1%
  seam simulate flow.yaml --sweep flow.confident.threshold=0.5:0.95:10
  seam simulate flow.yaml --trials 1e12 --checkpoint flow.run
  seam simulate flow.yaml --trials 1e12 --resume flow.run

Samples the scenario. The same seed gives the same numbers on any number of
threads. With evidence in the file, intervals hold what is not known of the
parameters as well as the sampling of --trials items. Where reliability is lost,
and which numbers matter, is simulated too, for timed scenarios of more than a
few thousand items a horizon only with --gap.

usage: seam simulate FILE [options]

      --set PATH=VALUE      change one number: flow.draft.wrong=3% (may repeat)
      --sweep PATH=FROM:TO:N
                            run a grid of N values under common random numbers
      --target TARGET       "auto_error at most 1%" (may repeat; over the file's
                            objective)
  -n, --trials N            items to simulate (default 1,000,000)
      --until METRIC=WIDTH  run until the half-width is reached:
                            reliability=0.1%
      --gap                 losses and sensitivities, however long they take
      --checkpoint FILE     keep progress there, to go on with --resume after a
                            break
      --keep-every TIME     how often --checkpoint is written (default 10s),
                            besides at the end
      --resume FILE|RUN     go on from what --checkpoint kept there, and keep it
                            up; of run: go on with the last run of --db that was
                            broken off, or with the one of this number
      --seed N              seed of all random numbers (default 1)
  -j, --threads N           threads (default: all processors); the numbers stay
                            the same
      --uncertainty         draw parameters from their evidence (default where
                            there is any)
      --no-uncertainty      take evidence k/n as its quotient
      --level P             level of every interval and guarantee (default 95%)
      --db FILE             the store (sqlite)
      --save                save the run to the store (implied by --db; default
                            seam.db)
      --json                one JSON object on standard output
      --csv                 one table as CSV on standard output
  -q, --quiet               no progress, no warnings
      --no-color            no colours (also NO_COLOR)
  -h, --help                examples and options of a command
