/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tables behind the command line; see the header for how to add a row. */
#include "model/commands.h"

#define ON(name) (1u << COMMAND_##name)

enum {
    ALL = (1u << COMMAND_COUNT) - 1,
    MODELS = ON(SOLVE) | ON(SIMULATE) | ON(SIZE) | ON(REPORT) | ON(PLOT) | ON(COMPARE),
    LOGS = ON(REPLAY) | ON(BACKTEST) | ON(FIT) | ON(REPORT) | ON(PLOT) | ON(DRIFT),
    LOGS_AND_SIZE = LOGS | ON(SIZE),
    MEANING = LOGS_AND_SIZE | ON(IMPORT),
    JUDGED = ON(COMPARE) | ON(SOLVE) | ON(SIMULATE) | ON(RUN) | ON(REPLAY) | ON(BACKTEST) | ON(SIZE),
    RESULTS = JUDGED | ON(DRIFT),
    TABLED = RESULTS | ON(RUNS) | ON(CHECK) | ON(DOCTOR) | ON(FIT) | ON(IMPORT) | ON(LABELS) | ON(REVIEW) | ON(PLOT),
    STORED = RESULTS | ON(RUNS) | ON(DOCTOR) | ON(IMPORT) | ON(REVIEW) | ON(LABELS),
    SEEDED = MODELS | ON(RUN) | ON(FIT) | ON(DRIFT) | ON(BACKTEST) | ON(REPLAY) | ON(MCP),
    SETTABLE = MODELS | ON(RUN) | ON(CHECK) | ON(REPLAY),
    THREADED = ON(COMPARE) | ON(SIMULATE) | ON(RUN) | ON(SIZE) | ON(REPORT) | ON(PLOT) | ON(BACKTEST) | ON(REPLAY) | ON(FIT),
};

/* One row must not move when another one changes. */
/* clang-format off */
const struct option_def option_defs[OPTION_COUNT] = {
    [OPTION_SET] = {"set", 0, TAKES_MANY, "PATH=VALUE",
        "change one number: flow.draft.wrong=3% (may repeat)", SETTABLE},
    [OPTION_SWEEP] = {"sweep", 0, TAKES_TEXT, "PATH=FROM:TO:N",
        "run a grid of N values under common random numbers", ON(SIMULATE) | ON(SOLVE)},
    [OPTION_VARY] = {"vary", 0, TAKES_MANY, "PATH=FROM:TO",
        "size this number: resources.desk.servers=1:5 (may repeat; :N for N values)", ON(SIZE)},
    [OPTION_TARGET] = {"target", 0, TAKES_MANY, "TARGET",
        "\"auto_error at most 1%\" (may repeat; over the file's objective)", RESULTS | ON(REPORT) | ON(PLOT)},
    [OPTION_TRIALS] = {"trials", 'n', TAKES_COUNT, "N", "items to simulate (default 1,000,000)",
        ON(SIMULATE) | ON(COMPARE) | ON(REPORT) | ON(PLOT) | ON(SIZE)},
    [OPTION_ITEMS] =
        {"items", 'i', TAKES_COUNT, "N",
        "items to run (default: all of --input; of timed scenarios the whole horizon)", ON(RUN)},
    [OPTION_INPUT] = {"input", 0, TAKES_TEXT, "FILE",
        "items as JSON lines: id, class, input, truth, all of them optional", ON(RUN)},
    [OPTION_TIME_SCALE] =
        {"time-scale", 0, TAKES_TEXT, "X",
        "how many times as fast what is only waited for goes, or skip (default 1)", ON(RUN)},
    [OPTION_CYCLES] = {"cycles", 0, TAKES_COUNT, "N",
        "run so many cycles of --items, each taught by the reviews of those before, and compare "
        "them on held-out items", ON(RUN)},
    [OPTION_NO_FEEDBACK] = {"no-feedback", 0, TAKES_NOTHING, NULL,
        "learn nothing from one cycle to the next", ON(RUN)},
    [OPTION_LEARNT] = {"learnt", 0, TAKES_TEXT, "FILE",
        "begin with what was learnt there; --cycles keeps it there", ON(RUN)},
    [OPTION_FAULTS] = {"faults", 0, TAKES_TEXT, "FILE",
        "what is done to the stages: errors, timeouts, outages (YAML)", ON(RUN)},
    [OPTION_TRACES] = {"traces", 0, TAKES_TEXT, "FILE|URL",
        "the run as OTLP JSON, to a file or an OTLP/HTTP endpoint", ON(RUN)},
    [OPTION_COMPARE] = {"compare", 0, TAKES_NOTHING, NULL,
        "beside the run: the scenario solved, simulated, and read from the run's traces; report: "
        "the differences of two", ON(RUN) | ON(REPORT)},
    [OPTION_THEN] = {"then", 0, TAKES_MANY, "PATH=VALUE",
        "predict this change from the run's traces, then run it (may repeat); of compare: "
        "one FILE so changed as a further alternative (may repeat)", ON(RUN) | ON(COMPARE)},
    [OPTION_THEN_FAULTS] = {"then-faults", 0, TAKES_TEXT, "FILE",
        "as --faults, of the run after --then alone: would the prediction see them?", ON(RUN)},
    [OPTION_UNTIL] = {"until", 0, TAKES_MANY, "METRIC=WIDTH",
        "run until the half-width is reached: reliability=0.1%", ON(SIMULATE) | ON(COMPARE)},
    [OPTION_GAP] = {"gap", 0, TAKES_NOTHING, NULL,
        "losses and sensitivities, however long they take", ON(SIMULATE)},
    [OPTION_CHECKPOINT] = {"checkpoint", 0, TAKES_TEXT, "FILE",
        "keep progress there, to go on with --resume after a break", ON(SIMULATE)},
    [OPTION_KEEP_EVERY] = {"keep-every", 0, TAKES_TEXT, "TIME",
        "how often --checkpoint is written (default 10s), besides at the end", ON(SIMULATE)},
    [OPTION_RESUME] =
        {"resume", 0, TAKES_TEXT, "FILE|RUN",
        "go on from what --checkpoint kept there, and keep it up; of run: go on with the last run "
        "of --db that was broken off, or with the one of this number", ON(SIMULATE) | ON(RUN)},
    [OPTION_SEED] = {"seed", 0, TAKES_COUNT, "N", "seed of all random numbers (default 1)", SEEDED},
    [OPTION_THREADS] = {"threads", 'j', TAKES_COUNT, "N",
        "threads (default: all processors); the numbers stay the same", THREADED},
    [OPTION_UNCERTAINTY] = {"uncertainty", 0, TAKES_NOTHING, NULL,
        "draw parameters from their evidence (default where there is any)", MODELS},
    [OPTION_NO_UNCERTAINTY] = {"no-uncertainty", 0, TAKES_NOTHING, NULL,
        "take evidence k/n as its quotient", MODELS},
    [OPTION_LEVEL] = {"level", 0, TAKES_PROBABILITY, "P",
        "level of every interval and guarantee (default 95%)", RESULTS | LOGS},
    [OPTION_LOG] = {"log", 0, TAKES_MANY, "LOG",
        "size from the confidences and labels of a trace log (may repeat)", ON(SIZE)},
    [OPTION_LABELS] = {"labels", 0, TAKES_TEXT, "CSV",
        "labels: for logs item,correct,shipped_correct; for size "
        "confidence,correct", LOGS | ON(SIZE) | ON(IMPORT)},
    [OPTION_METHOD] = {"method", 0, TAKES_TEXT, "NAME",
        "split (default), sgr, grid, exact, plug-in or crc", ON(SIZE)},
    [OPTION_THRESHOLD] =
        {"threshold", 0, TAKES_PROBABILITY, "T",
        "the one threshold to test: with --method exact, or with labels of audits", ON(SIZE)},
    [OPTION_REVIEWER] =
        {"reviewer", 0, TAKES_TEXT, "RATES|NAME",
        "how good reviewers are, for shipped_error from labels: sensitivity=93%,specificity=98% "
        "(or counts, 93/100); of review: your name (default: the user's)", ON(SIZE) | ON(REVIEW)},
    [OPTION_RECALIBRATE] = {"recalibrate", 0, TAKES_TEXT, "NAME",
        "correct confidences by isotonic, platt, beta, temperature or the best "
        "of them; -o FILE.csv "
        "keeps the map for a scenario's `calibration`", ON(SIZE)},
    [OPTION_COSTS] =
        {"costs", 0, TAKES_TEXT, "A,B,C",
        "of a call of the cheap model, of the strong one, of a person, for labels of two models "
        "(columns confidence_2, correct_2)", ON(SIZE)},
    [OPTION_BINS] =
        {"bins", 0, TAKES_COUNT, "N",
        "bins of equal width for ece and the reliability diagram of labels (default 15)",
        ON(SIZE)},
    [OPTION_PER_GROUP] =
        {"per-group", 0, TAKES_NOTHING, NULL,
        "a threshold of its own for each group of the labels (method grid unless said)", ON(SIZE)},
    [OPTION_GRID] = {"grid", 0, TAKES_COUNT, "N",
        "coverages walked by split and grid "
        "(default 100)", ON(SIZE)},
    [OPTION_PLAN] = {"plan", 0, TAKES_NOTHING, NULL,
        "how many labels or audits certify the target, before there are any; with "
        "--labels (a pilot): how many more", ON(SIZE)},
    [OPTION_TRAFFIC] = {"traffic", 0, TAKES_TEXT, "RATE",
        "items that come, 200/d: tells what audits cost in reviews a day", ON(SIZE)},
    [OPTION_SLO] =
        {"slo", 0, TAKES_MANY, "OBJECTIVE",
        "\"completion at least 99%\", \"retrieve latency at most 200ms for 95%\" (may repeat)",
        ON(REPLAY)},
    [OPTION_WINDOW] = {"window", 0, TAKES_TEXT, "TIME",
        "length of the windows of --slo (default: a round one, 60 windows at most)", ON(REPLAY)},
    [OPTION_BASELINE] =
        {"baseline", 0, TAKES_PROBABILITY, "P",
        "share of the items of one log, from the first, to hold the rest against (default 30%)",
        ON(DRIFT)},
    [OPTION_SCENARIO] = {"scenario", 0, TAKES_TEXT, "FILE",
        "the policy to take the logged items through (with --set, if any)", ON(REPLAY)},
    [OPTION_SPLIT] = {"split", 0, TAKES_PROBABILITY, "P",
        "share of the log's time that is fitted (default 50%)", ON(BACKTEST)},
    [OPTION_WINDOWS] = {"windows", 0, TAKES_COUNT, "N",
        "windows of equally many items in the rest (default 10)", ON(BACKTEST)},
    [OPTION_TASK_BY] = {"task-by", 0, TAKES_TEXT, "ATTR",
        "attribute that names the task, of which items are repeated runs", ON(REPLAY) | ON(IMPORT)},
    [OPTION_RELEVANCE] = {"relevance", 0, TAKES_TEXT, "CSV",
        "which documents are relevant: item,document and maybe relevant (0 or 1)", ON(REPLAY)},
    [OPTION_STAGE_BY] = {"stage-by", 0, TAKES_TEXT, "ATTR", "attribute that names the stage",
        MEANING},
    [OPTION_ITEM_BY] = {"item-by", 0, TAKES_TEXT, "ATTR", "attribute that names the item", MEANING},
    [OPTION_CONFIDENCE] = {"confidence", 0, TAKES_TEXT, "ATTR",
        "attribute (or attribute:/json/pointer) with the confidence", MEANING},
    [OPTION_DECISION] = {"decision", 0, TAKES_TEXT, "ATTR",
        "attribute with the reviewer's decision", MEANING},
    [OPTION_REVIEWER_BY] = {"reviewer-by", 0, TAKES_TEXT, "ATTR", "attribute with who decided",
        MEANING},
    [OPTION_COST] = {"cost", 0, TAKES_TEXT, "ATTR", "attribute with what a span cost", MEANING},
    [OPTION_PRICE] = {"price", 0, TAKES_MANY, "MODEL=IN/OUT",
        "money for a million tokens, read and written, where spans tell no cost: "
        "\"gpt-4o = 2.50 / 10\" (* for any model; may repeat)", MEANING},
    [OPTION_FAILURE_WHEN] = {"failure-when", 0, TAKES_TEXT, "COND",
        "what counts as failure: \"ATTR = VALUE\", also != < > contains", MEANING},
    [OPTION_STRICT] = {"strict", 0, TAKES_NOTHING, NULL, "the first fault of the data is an error",
        LOGS_AND_SIZE},
    [OPTION_MEMORY] = {"memory", 0, TAKES_TEXT, "SIZE",
        "about the most memory a log may take; of a longer one replay and report count and forget "
        "what is over (default 256M), all else keeps a sample of its traces (default 1G)", MEANING},
    [OPTION_PARAMETERS] =
        {"parameters", 0, TAKES_MANY, "LOG",
        "take rates, times and shares of steps of the same name from a trace log (may repeat)",
        ON(IMPORT)},
    [OPTION_OUT] =
        {"out", 'o', TAKES_TEXT, "PATH",
        "where to write: a file (fit, import, run, plot, labels, size --recalibrate), a folder (report)",
        ON(FIT) | ON(RUN) | ON(REPORT) | ON(PLOT) | ON(SIZE) | ON(IMPORT) | ON(LABELS)},
    [OPTION_FORMAT] = {"format", 0, TAKES_TEXT, "LIST",
        "html, md, pdf, csv, json (default html,json); of labels: csv or jsonl; of plot: svg, png, pdf",
        ON(REPORT) | ON(PLOT) | ON(LABELS)},
    [OPTION_TITLE] = {"title", 0, TAKES_TEXT, "TEXT", "title of the report", ON(REPORT)},
    [OPTION_SCHEMA] = {"schema", 0, TAKES_NOTHING, NULL,
        "print the JSON Schema of scenario files, for editors", ON(CHECK)},
    [OPTION_GRAPH] = {"graph", 0, TAKES_NOTHING, NULL, "draw the flow as text", ON(CHECK)},
    [OPTION_DOT] = {"dot", 0, TAKES_NOTHING, NULL,
        "draw the flow for graphviz: | dot -Tsvg", ON(CHECK)},
    [OPTION_MERMAID] = {"mermaid", 0, TAKES_NOTHING, NULL,
        "draw the flow as a Mermaid flowchart, for Markdown", ON(CHECK)},
    [OPTION_PATHS] = {"paths", 0, TAKES_NOTHING, NULL,
        "list the numbers that --set and --sweep can change", ON(CHECK)},
    [OPTION_ITEM] = {"item", 0, TAKES_TEXT, "ID",
        "what was done with this item of an executed run, and who decided", ON(RUNS)},
    [OPTION_WORLD] = {"world", 0, TAKES_TEXT, "FOLDER",
        "serve the tools of the built-in world, whose canon is there", ON(MCP)},
    [OPTION_SLOW] = {"slow", 0, TAKES_PROBABILITY, "P", "share of answers that come 2 s late", ON(MCP)},
    [OPTION_MALFORMED] = {"malformed", 0, TAKES_PROBABILITY, "P",
        "share of answers that break off in the middle", ON(MCP)},
    [OPTION_DB] = {"db", 0, TAKES_TEXT, "FILE", "the store (sqlite)", STORED},
    [OPTION_SAVE] = {"save", 0, TAKES_NOTHING, NULL,
        "save the run to the store (implied by --db; default seam.db)", RESULTS},
    [OPTION_JSON] = {"json", 0, TAKES_NOTHING, NULL, "one JSON object on standard output",
        TABLED | ON(REPORT)},
    [OPTION_CSV] = {"csv", 0, TAKES_NOTHING, NULL, "one table as CSV on standard output",
        TABLED | ON(REPORT)},
    [OPTION_QUIET] = {"quiet", 'q', TAKES_NOTHING, NULL, "no progress, no warnings", ALL},
    [OPTION_NO_COLOR] = {"no-color", 0, TAKES_NOTHING, NULL, "no colours (also NO_COLOR)", ALL},
    [OPTION_MAN] = {"man", 0, TAKES_NOTHING, NULL, "the whole manual as a man page: | man -l -",
        ON(HELP)},
    [OPTION_HELP] = {"help", 'h', TAKES_NOTHING, NULL, "examples and options of a command", ALL},
};

const struct command_def command_defs[COMMAND_COUNT] = {
    [COMMAND_CHECK] =
        {"check",
        "FILE...", "validates scenarios; all faults at once, each with its place",
        "Reads each scenario and says what is wrong with it: file, line, column, the "
        "line itself, and the nearest known key; what `exec` says too, with nothing "
        "started. Exit status 3 when there is a fault.",
        {"seam check scenarios/six-step.yaml", "seam check --graph flow.yaml",
        "seam check --schema > seam.schema.json"},
        0, UINT32_MAX},
    [COMMAND_SOLVE] =
        {"solve",
        "FILE", "exact values, by an absorbing Markov chain",
        "Computes what can be computed exactly. A metric that it cannot have exactly "
        "is left out, a warning says which assumption fails, and the exit status "
        "is 1.",
        {"seam solve scenarios/six-step.yaml",
        "seam solve flow.yaml --set flow.draft.wrong=2% --json"},
        1, 1},
    [COMMAND_SIMULATE] =
        {"simulate",
        "FILE", "Monte Carlo: every metric with its interval",
        "Samples the scenario. The same seed gives the same numbers on any number "
        "of threads. With evidence in the file, intervals hold what is not known "
        "of the parameters as well as the sampling of --trials items. Where "
        "reliability is lost, and which numbers matter, is simulated too, for timed "
        "scenarios of more than a few thousand items a horizon only with --gap.",
        {"seam simulate scenarios/six-step.yaml",
        "seam simulate flow.yaml --until reliability=0.1%",
        "seam simulate flow.yaml --sweep flow.confident.threshold=0.5:0.95:10",
        "seam simulate flow.yaml --trials 1e12 --checkpoint flow.run",
        "seam simulate flow.yaml --trials 1e12 --resume flow.run"},
        1, 1},
    [COMMAND_RUN] =
        {"run",
        "FILE", "executes the scenario: real stages, the same flow and rules",
        "Drives items through the flow by the rules that simulate follows. Steps with "
        "`exec` do real work; the others act by the numbers of the scenario. What is worked is "
        "measured; what is only waited for (stated latencies, backoff, arrivals) goes "
        "--time-scale times as fast, or is jumped over (skip). Every metric with its interval, "
        "and what the items hold at the end (-o).",
        {"seam run scenarios/six-step.yaml --items 1000",
        "seam run flow.yaml --items 1000 --time-scale skip --json",
        "seam run flow.yaml --input briefs.jsonl -o items.jsonl",
        "seam run flow.yaml --items 1000 --db seam.db",
        "seam run flow.yaml --items 1000 --db seam.db --resume",
        "seam run scenarios/reference-learning.yaml --cycles 2 --time-scale skip"},
        1, 1},
    [COMMAND_REPLAY] =
        {"replay",
        "[LOG...]", "what the running system did, from its trace logs",
        "Reads OpenTelemetry (JSON and protobuf), Jaeger, Zipkin, LangSmith, Langfuse, "
        "Phoenix, n8n, CrewAI, AutoGen, XES and CSV, plain or gzip, from files, folders "
        "and - together: per-stage attempts and failures, reliability (bounds where the "
        "truth is not known), review load, calibration and data quality. With --set or "
        "--scenario the logged items go through another policy (thresholds, retries, "
        "timeouts, reviewers, hours); what the log does not show of it is bounded.",
        {"seam replay traces.jsonl", "seam replay traces.jsonl.gz --labels labels.csv",
        "seam replay events.csv --failure-when \"outcome = failed\" --json",
        "seam replay traces.jsonl --set flow.confidence_gate.threshold=0.9"},
        0, UINT32_MAX},
    [COMMAND_BACKTEST] =
        {"backtest",
        "LOG...", "does a fit to the first part of a log predict the rest?",
        "Cuts the log, fits what was known then, and predicts reliability, "
        "completion, latency, review load and backlog of the rest, as a whole and "
        "window by window, with what is not known of the parameters. Tells which "
        "intervals held what came, how wide they were, and their interval score.",
        {"seam backtest traces.jsonl",
        "seam backtest traces.jsonl --labels labels.csv --split 70%",
        "seam backtest traces.jsonl --target \"coverage at least 90%\" --json"},
        1, UINT32_MAX},
    [COMMAND_FIT] = {"fit",
        "LOG...", "trace logs to a scenario with the evidence behind every number",
        "Writes a scenario that simulate accepts as it is. Every rate carries its "
        "evidence (k/n), every distribution the number of observations behind it.",
        {"seam fit traces.jsonl -o fitted.yaml", "seam fit traces.jsonl -o fitted.yaml --json",
        "seam fit traces.jsonl --labels labels.csv -o fitted.yaml"},
        1, UINT32_MAX},
    [COMMAND_SIZE] =
        {"size",
        "[FILE]", "the review threshold that meets the targets, with its guarantee",
        "From a scenario: of the settings that meet every target (thresholds, "
        "reviewers, what --vary names) those with the least review load, the most "
        "worth, or what is to be least. From labels (--labels): a threshold certified "
        "at --level, by a method with a finite-sample guarantee. Labels of reviewed "
        "items alone (column source) certify nothing: the answer is which audit "
        "would. With audits (source audit, weight 1 / probability) it is what ships "
        "unseen. Before there are labels, a target alone or --plan says how many.",
        {"seam size scenarios/gate-review.yaml --target \"auto_error at most 1%\"",
        "seam size --labels answers.csv --target \"auto_error at most 5%\"",
        "seam size --labels answers.csv --target \"auto_error at most 5%\" --method "
        "exact --threshold 0.9",
        "seam size --plan --target \"auto_error at most 1%\" --traffic 200/d",
        "seam size scenarios/cascade.yaml --target \"shipped_error at most 2%\" "
        "--target \"cost_per_item: least\""},
        0, 1},
    [COMMAND_COMPARE] = {"compare",
        "FILE FILE... | FILE --then PATH=VALUE", "architectures side by side, differences with intervals",
        "Each scenario is solved where that is exact, else simulated until reliability is known to "
        "0.05 points (--until, --trials: all are simulated). Shows what each attains and costs, "
        "what it differs by from the first, which layers lose and close how much of the gap, and "
        "the simplest one that meets the objective (of the files, or --target): the one with the "
        "fewest steps, and of as many the cheapest for a correct item. Others that meet it do more "
        "than the job needs; where `worth` says what items bring, it is told which of them nets "
        "the most. A file without an objective is judged by that of the first which has one. With "
        "one FILE each --then is an alternative: the file with that change.",
        {"seam compare scenarios/approach-*.yaml",
        "seam compare now.yaml then.yaml --target \"shipped_error at most 2%\" --json",
        "seam compare flow.yaml --then flow.confident.threshold=0.9"},
        1, UINT32_MAX},
    [COMMAND_IMPORT] =
        {"import",
        "log LOG... | FRAMEWORK FILE...", "other people's files: definitions to scenarios, trace logs into the store",
        "langgraph (a graph as JSON or Mermaid), n8n (a workflow), crewai (tasks.yaml and "
        "agents.yaml) and autogen (a team) become scenarios with every step, edge, retry, time "
        "limit, branch, person and loop that the file holds; what it does not hold is marked "
        "`assumed`, or comes from a log (--parameters). log reads trace logs of any format and "
        "keeps their spans in an sqlite file, in one transaction: replay, fit, drift, size, "
        "backtest and report take that file wherever they take a LOG. What attributes mean is "
        "settled here.",
        {"seam import n8n workflow.json -o scenario.yaml",
        "seam import crewai tasks.yaml agents.yaml",
        "seam import langgraph graph.json --parameters traces.jsonl.gz",
        "seam import log traces/*.jsonl.gz --db runs.db", "seam replay --db runs.db"},
        1, UINT32_MAX},
    [COMMAND_DRIFT] =
        {"drift",
        "[BASELINE [CURRENT]]", "has a stage changed? with a stated false-alarm rate",
        "Holds the items of one log against those of another, or the later ones of "
        "one log against its first: rates, latencies, confidence, calibration and "
        "the mix of stages, by e-processes. All tests together give a false alarm "
        "with probability 1 - level at most, however often one looks. An alarm says "
        "which stage, what, and since when, and the exit status is 1. With --target it keeps "
        "watch: "
        "labels of audits or reviews (--labels, of the log or, without a log, row by "
        "row) bet against \"the target is met\" one after the other in order of time; "
        "shifts of the confidences (PSI, KS, CUSUM) are alarms only.",
        {"seam drift june.jsonl july.jsonl",
        "seam drift traces.jsonl.gz --baseline 50% --labels labels.csv",
        "seam drift june.jsonl july.jsonl --level 99% --json",
        "seam drift traces.jsonl --labels labels.csv --target \"auto_error at most 5%\"",
        "seam drift --labels audits.csv --target \"auto_error at most 5%\""},
        0, 2},
    [COMMAND_REPORT] = {"report",
        "RESULT...", "one page for the people who decide",
        "Takes results (--json files), scenarios and trace logs in any mix and "
        "writes one self-contained page with pictures; to a log the model fitted to it is added. "
        "--compare sets two of them side by side, before and after, or planned and come. "
        "-o - writes one format to standard output; --json alone is the report as JSON there, and no file.",
        {"seam report replay.json simulate.json size.json -o reports/july",
        "seam report scenarios/six-step.yaml -o reports/six --format html,md,pdf",
        "seam report --compare june.jsonl july.jsonl -o reports/july",
        "seam report --labels answers.csv --target \"auto_error at most 5%\"",
        "seam report size.json --json"},
        0, UINT32_MAX},
    [COMMAND_PLOT] = {"plot",
        "KIND RESULT", "one picture, with its data and its gnuplot script",
        "Draws one picture of a result (a --json file), a scenario or a trace log, as SVG, PNG or "
        "PDF by the name's ending, and tells what it shows. Beside picture.svg it writes "
        "picture.gp and picture.tsv, from which `gnuplot picture.gp` makes it again. Without -o "
        "it is called KIND.svg; -o - writes the picture alone to standard output. --json tells its title, "
        "description, data and files; without a KIND, the kinds. A result that has no data for the "
        "picture is exit status 3.",
        {"seam plot flow scenarios/six-step.yaml",
        "seam plot frontier size.json -o frontier.pdf",
        "seam plot latency traces.jsonl.gz -o latency.png --json",
        "seam compare now.yaml then.yaml --json > both.json && seam plot cost both.json"},
        0, 2},
    [COMMAND_REVIEW] =
        {"review",
        "", "the human review queue, in the terminal",
        "Shows the tasks of `seam run --db FILE` one after the other: what the item holds, why it "
        "is "
        "here, what happened to it. Keys: a approve, r reject with a reason, e edit, s skip, "
        "u undo, q quit, ? help. Every decision is kept at once. Without a terminal it reads "
        "lines: list, show ID, "
        "approve ID [REASON], reject ID REASON, edit ID {\"member\": value}, undo. --json and --csv list "
        "what waits, and nobody decides anything.",
        {"seam review --db seam.db", "seam review --db seam.db --json", "seam review --db seam.db --reviewer ann",
        "echo list | seam review --db seam.db"},
        0, 0},
    [COMMAND_LABELS] = {"labels",
        "export|import [RUN|CSV]", "reviewers' decisions as labels, and labels from elsewhere",
        "Writes every decision that the store holds as a label, of one RUN or of "
        "all: CSV that `seam size --labels` "
        "reads, or JSON lines for fine-tuning (--format jsonl: input, output, "
        "decision, edit). Audits carry the weight "
        "1 / probability. import keeps labels from elsewhere beside them.",
        {"seam labels export --db seam.db -o decisions.csv",
        "seam labels export 1 --db seam.db --format jsonl",
        "seam labels import decisions.csv --db seam.db"},
        1, 2},
    [COMMAND_RUNS] =
        {"runs",
        "list|show [ID]", "the runs kept in the store",
        "Lists what --db and --save have kept, or prints one run again. With --item: the "
        "trail of one item of an executed run, every attempt and decision in order.",
        {"seam runs list --db seam.db", "seam runs show 1 --db seam.db --json",
        "seam runs show 1 --item b3 --db seam.db"},
        1, 2},
    [COMMAND_MCP] = {"mcp",
        "", "the built-in world's tools as a server of the Model Context Protocol",
        "Serves asset_lookup, render_job and continuity_check on standard input and output, for "
        "scenarios (exec: {mcp: [seam, mcp, --world, canon], tool: continuity_check}) and for any "
        "other client. --slow and --malformed make a share of its answers late or broken.",
        {"seam mcp --world scenarios/canon",
        "seam mcp --world scenarios/canon --slow 5% --malformed 2%"},
        0, 0},
    [COMMAND_DOCTOR] = {"doctor",
        "", "what is installed, what is missing, is the store sound",
        "Which programs that help are there, in which version, what there is not without them and how "
        "to install them; does gnuplot draw; with --db, the integrity of the store. Nothing of it is "
        "needed to solve, simulate or replay. Exit status 1 when pictures or the store are broken.",
        {"seam doctor", "seam doctor --db seam.db", "seam doctor --json"},
        0, 0},
    [COMMAND_COMPLETION] = {"completion",
        "bash|zsh|fish", "completion of commands, options and values for a shell",
        "Prints the completion script of a shell, made from the tables that parse the command "
        "line. `make install` puts all three where the shells look for them.",
        {"eval \"$(seam completion bash)\"", "seam completion zsh > ~/.zfunc/_seam",
        "seam completion fish | source"},
        1, 1},
    [COMMAND_HELP] = {"help",
        "[COMMAND|CHAPTER]", "a command, a chapter of the manual, or all of it",
        "Without an argument: the commands and the chapters. `seam help COMMAND` is what "
        "`seam COMMAND -h` says.",
        {"seam help size", "seam help tutorial", "seam help metrics", "seam help --man | man -l -"},
        0, 1},
};

const struct word_list word_lists[] = {
    {ON(SIZE), OPTION_METHOD, "split sgr grid exact plug-in crc"},
    {ON(SIZE), OPTION_RECALIBRATE, "best isotonic platt beta temperature"},
    {ON(RUN), OPTION_TIME_SCALE, "skip 1 10 100", .open = true},
    {ON(REPORT), OPTION_FORMAT, "html md json csv pdf", .several = true},
    {ON(PLOT), OPTION_FORMAT, "svg png pdf"},
    {ON(LABELS), OPTION_FORMAT, "csv jsonl"},
    {ON(IMPORT), FIRST_ARGUMENT, "log langgraph n8n crewai autogen"},
    {ON(LABELS), FIRST_ARGUMENT, "export import"},
    {ON(RUNS), FIRST_ARGUMENT, "list show"},
    {ON(COMPLETION), FIRST_ARGUMENT, "bash zsh fish"},
};
/* clang-format on */
const size_t word_lists_count = sizeof word_lists / sizeof *word_lists;

const struct word_list *words_of(enum command c, int what)
{
    for (size_t i = 0; i < word_lists_count; i++)
        if (word_lists[i].what == what && (word_lists[i].commands & (1u << c)))
            return &word_lists[i];
    return NULL;
}
