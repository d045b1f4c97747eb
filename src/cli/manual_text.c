/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The manual's prose, chapter by chapter; manual.h says how it is written. */
#include "cli/manual.h"

/* clang-format off: one line of a text is one line here */
const struct manual_chapter manual_chapters[] = {
    {"jobs", "DESCRIPTION",
     "Seam tells how reliable an AI pipeline of several steps is end to end, where that\n"
     "reliability is lost, and what people should review. It does three jobs, and all of them\n"
     "speak of one scenario file.\n"
     "\n"
     "= Before launch\n"
     "A scenario says what the steps are, how often they fail and how long they take. `solve`\n"
     "computes it exactly, `simulate` samples it, `size` finds the review threshold that meets\n"
     "a target, `compare` sets architectures side by side, `run` executes it with real stages.\n"
     "= In production\n"
     "`replay` reads the trace logs of the running system and says what it did; `fit` makes a\n"
     "scenario of them with the evidence behind every number; `backtest` tells how well such a\n"
     "fit predicts; `drift` says when a step has changed.\n"
     "= For those who decide\n"
     "`report` writes one page in plain words with pictures, from any mix of results,\n"
     "scenarios and logs.\n"
     "\n"
     "An item is what goes through the pipeline: a question, a brief, an order. A stage can\n"
     "fail silently (`wrong`: its answer is bad and nothing shows it) or visibly (`error`,\n"
     "`malformed`, `timeout`), and only visible failures can be retried. A gate compares a\n"
     "confidence with a threshold and sends what is below to review. Every estimate comes with\n"
     "its interval, which says what it covers.\n",
     DRAWN_NOTHING},
    {"tutorial", "FROM A LOG TO A THRESHOLD TO A REPORT",
     "Six steps of 97% are 83% end to end:\n"
     "\n"
     "  $ seam solve scenarios/six-step.yaml\n"
     "\n"
     "# What happened\n"
     "A log is read as it is: its format is told from its content. What the truth was, the log\n"
     "does not know, so that reliability is a pair of bounds until labels narrow it.\n"
     "\n"
     "  $ seam replay tests/data/genai.jsonl.gz\n"
     "  $ seam replay tests/data/genai.jsonl.gz --labels tests/data/genai.labels.csv\n"
     "\n"
     "# What to expect\n"
     "The log becomes a scenario. Each of its numbers carries its evidence, and can be\n"
     "changed.\n"
     "\n"
     "  $ seam fit tests/data/genai.jsonl.gz --labels tests/data/genai.labels.csv -o fitted.yaml\n"
     "  $ seam check fitted.yaml --graph\n"
     "  $ seam simulate fitted.yaml\n"
     "  $ seam simulate fitted.yaml --set flow.retrieve.error=10%\n"
     "\n"
     "# What to review\n"
     "From labels comes a threshold with a guarantee: with 95% confidence, at most so much of\n"
     "what ships unseen is wrong. From a scenario come the settings that meet the targets with\n"
     "the least review.\n"
     "\n"
     "  $ seam size --log tests/data/genai.jsonl.gz --labels tests/data/genai.labels.csv \\\n"
     "      --target \"auto_error at most 5%\"\n"
     "  $ seam size scenarios/gate-review.yaml --target \"auto_error at most 1%\"\n"
     "\n"
     "# What to tell\n"
     "Results are JSON; any of them, with scenarios and logs, make one page.\n"
     "\n"
     "  $ seam replay tests/data/genai.jsonl.gz --json > replay.json\n"
     "  $ seam report replay.json fitted.yaml -o reports/first\n",
     DRAWN_NOTHING},
    {"commands", "COMMANDS",
     "Options stand anywhere behind the command, as `--name value` or `--name=value`; `--`\n"
     "ends them, and `-` is standard input or output. Each command lists its own options here,\n"
     "and those that several take are under OPTIONS.\n",
     DRAWN_COMMANDS},
    {"options", "OPTIONS",
     "Which command takes which is said under COMMANDS and by `seam COMMAND -h`. Durations are\n"
     "written as `250ms`, `30s`, `5m`, `2h`, `1d`; probabilities as `3%`, `0.03` or `3/100`;\n"
     "counts as `12`, `1e6` or `10_000`; rates as `200/d`; money with the sign of the\n"
     "currency.\n",
     DRAWN_OPTIONS},
    {"scenario", "SCENARIOS",
     "A scenario is one YAML file: a list of steps that an item goes through in order, unless\n"
     "a step sends it elsewhere.\n"
     "\n"
     "  seam: 1\n"
     "  name: Gate and review\n"
     "  flow:\n"
     "    - stage: answer\n"
     "      layer: model\n"
     "      wrong: 10%\n"
     "      confidence:\n"
     "        good: {beta: {a: 8, b: 2}}\n"
     "        bad: {beta: {a: 3, b: 3}}\n"
     "    - gate: confident\n"
     "      layer: agent\n"
     "      threshold: 80%\n"
     "      above: ship\n"
     "      below: desk\n"
     "    - review: desk\n"
     "      layer: human\n"
     "      sensitivity: 90%\n"
     "      specificity: 98%\n"
     "      fixes: 100%\n"
     "      spoils: 100%\n"
     "\n"
     "A step is a `stage` that works on the item, a `check` that catches bad items, a `gate`,\n"
     "a `review` by people, or a `parallel` of branches. Its targets are names of steps,\n"
     "`ship`, `reject` or `fail`; going back is rework and has a bound (`at_most`). A\n"
     "probability given as `3/100` is evidence: three seen in a hundred, and intervals then\n"
     "hold what is not known of it. A duration may be a distribution, such as `{lognormal:\n"
     "{p50: 2s, p95: 6s}}`. With `arrivals` and a `horizon` the scenario is timed: items wait\n"
     "for people and rate limits under `resources`, and share outages under `environments`.\n"
     "\n"
     "Any number can be changed from the command line by its path: `--set\n"
     "flow.answer.wrong=5%`. `seam check --paths FILE` lists the paths, `seam check --schema`\n"
     "prints the JSON Schema for editors, and `seam check` says all that is wrong with a file,\n"
     "with the place of each fault.\n",
     DRAWN_KEYS},
    {"logs", "LOGS",
     "OpenTelemetry (OTLP as JSON, JSON lines or protobuf), Jaeger, Zipkin, LangSmith,\n"
     "Langfuse, Phoenix, n8n, CrewAI, AutoGen, XES and CSV, plain or gzip; files, folders, `-`\n"
     "and stores of `seam import log`. The format is told from the content.\n"
     "\n"
     "A span is a visit of a step. Same-named siblings are further attempts when the one\n"
     "before failed, and further visits when it did not. A trace is an item; one that was\n"
     "resumed after an interrupt is joined to it by its session, thread or conversation. An OK\n"
     "status is never taken for the truth.\n"
     "\n"
     "= --stage-by, --item-by ATTR\n"
     "which attribute names the step, and the item\n"
     "= --confidence, --decision, --reviewer-by, --cost ATTR\n"
     "which attributes hold them, where they have unusual names\n"
     "= --failure-when \"ATTR = VALUE\"\n"
     "what counts as a visible failure; also `!=`, `<`, `>`, `contains`\n"
     "\n"
     "ATTR is an attribute, a column, or `attribute:/json/pointer` into an attribute that\n"
     "holds JSON. What is wrong with a log (spans without parents, twice sent, without a\n"
     "duration) is counted and told with its place; with `--strict` the first fault is an\n"
     "error.\n",
     DRAWN_NOTHING},
    {"label-files", "LABEL FILES",
     "CSV with a header; the order of the columns does not matter.\n"
     "\n"
     "= for size\n"
     "`confidence`, `correct` (0 or 1, true or false), and maybe `id`, `group`, `weight` (1 /\n"
     "probability of the audit), `source` (all, reviewed, audit)\n"
     "= for logs\n"
     "`item` (a trace or item id), `correct` (of the draft at the gate), `shipped_correct` (of\n"
     "what left)\n"
     "\n"
     "Labels of reviewed items alone say nothing of what ships unseen: `size` then says which\n"
     "audit would. `seam labels export` writes what reviewers decided.\n",
     DRAWN_NOTHING},
    {"metrics", "METRICS",
     "A metric has the same name in every command, in `--target` (\"auto_error at most 1%\"), in\n"
     "`--until`, in the `objective` of a scenario and in every output. A target has one of\n"
     "four verdicts: pass (the whole interval meets it), fail (the whole interval misses it),\n"
     "not shown (more trials or labels are needed), infeasible (no setting meets it). `least`\n"
     "and `most` choose between settings that meet all others.\n",
     DRAWN_METRICS},
    {"methods", "METHODS",
     "= Exact values\n"
     "An absorbing Markov chain over step, quality, class and visits (Kemeny and Snell, Finite\n"
     "Markov Chains, 1960); distributions of times by convolution, so that percentiles of a\n"
     "sum are computed and never added; queues by the formulas of Erlang (1917), Palm (1957),\n"
     "Pollaczek (1930) and Khinchine (1932), Cobham (1954), and by the equations of the number\n"
     "in the system where rates change over the day.\n"
     "= Simulation\n"
     "Keyed random streams (Blackman and Vigna, Scrambled linear pseudorandom number\n"
     "generators, 2021), so that a seed gives the same numbers on any number of threads;\n"
     "blocks of items with quantile tables for every distribution; desks by the recursion of\n"
     "Kiefer and Wolfowitz (1955) and by events. Rare failures by tilted probabilities and\n"
     "splitting.\n"
     "= Intervals\n"
     "Clopper and Pearson (1934) for shares; what is not known of the parameters by drawing\n"
     "them from their evidence with the prior of Jeffreys (1946); the Bayesian bootstrap of\n"
     "Rubin (1981) for what a log shows.\n"
     "= Where reliability is lost\n"
     "Shapley's value (1953) over steps, and Owen's (1977) over layers, so that the parts add\n"
     "up to the whole.\n"
     "= Thresholds with a guarantee\n"
     "The exact binomial test; fixed sequences and grids of tests (Angelopoulos, Bates,\n"
     "Candes, Jordan and Lei, Learn then Test, arXiv 2110.01052); selection with guaranteed\n"
     "risk (Geifman and El-Yaniv, 2017); conformal risk control (Angelopoulos, Bates, Fisch,\n"
     "Lei and Schuster, 2022). The plug-in threshold is there to compare with: on continuous\n"
     "scores it breaks its target about half the time.\n"
     "= Audits\n"
     "Horvitz and Thompson (1952) for unequal weights, with the betting bounds of Waudby-Smith\n"
     "and Ramdas.\n"
     "= Calibration\n"
     "Expected calibration error over stated bins, the parts of the Brier score, AUROC, AURC\n"
     "and AUGRC (Traub, 2024); isotonic, Platt (1999), beta (Kull, 2017) and temperature (Guo,\n"
     "2017) maps, cross-fitted.\n"
     "= Drift and watches\n"
     "E-processes, which may be looked at after every item (Ville, 1939); population stability\n"
     "index, Kolmogorov and Smirnov's distance and Page's CUSUM (1954) as alarms that prove\n"
     "nothing.\n"
     "= Structure of a flow from its log\n"
     "Loops, branches and joins from the order in which steps are seen (Tarjan, 1972, for the\n"
     "loops); distributions by maximum likelihood with censored times, chosen by Schwarz's\n"
     "criterion (1978).\n",
     DRAWN_NOTHING},
    {"files", "FILES",
     "= seam.db\n"
     "the store: runs that `--save` and `--db` keep, spans of `seam import log`, journals of\n"
     "executed runs, review queues and decisions; an sqlite database with a view `span` for\n"
     "questions in SQL\n"
     "= /usr/local/share/seam/scenarios\n"
     "scenarios to begin from, put there by `make install`\n"
     "= FILE.run\n"
     "what `--checkpoint` keeps, for `--resume`\n",
     DRAWN_NOTHING},
    {"environment", "ENVIRONMENT",
     "= COLUMNS\n"
     "how wide tables may be; else what the terminal says, else 80\n"
     "= NO_COLOR, TERM\n"
     "no colours where `NO_COLOR` is set or `TERM` is `dumb`, with `--no-color`, and where\n"
     "standard output is no terminal\n"
     "= EDITOR, VISUAL\n"
     "what `seam review` edits items with\n"
     "= PATH\n"
     "where `gnuplot` (for pictures) and the programs of `exec` are looked for\n",
     DRAWN_NOTHING},
    {"status", "EXIT STATUS",
     "",
     DRAWN_STATUS},
    {"limits", "LIMITS",
     "`solve` refuses by name what it cannot have exactly (deadlines where items also wait,\n"
     "outages that all items share, people inside parallel branches); `simulate` does those. A\n"
     "certificate holds for the model, the prompt and the mix of items of its labels, and no\n"
     "longer. A fitted scenario nests no branches in branches. Reading limits: a scenario of 1\n"
     "MiB, nested 64 deep, with 1,000 steps, 100 classes, 100 resources and 20 environments.\n"
     "What a log holds is kept in memory but for `replay`, which reads one of any length\n"
     "within `--memory`.\n",
     DRAWN_NOTHING},
    {"see", "SEE ALSO",
     "gnuplot(1), dot(1), sqlite3(1). Seam is free software under the GNU General Public\n"
     "License, version 3 or later.\n",
     DRAWN_NOTHING},
};
/* clang-format on */

const size_t manual_chapters_count = sizeof manual_chapters / sizeof *manual_chapters;
