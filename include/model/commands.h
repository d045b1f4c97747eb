/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The commands and options of the program as tables: they parse the command line, print the help
 * and feed the manual.
 *
 * Adding a command: a row in COMMANDS here and in command_defs, and cli/cmd_<name>.c.
 * Adding an option: a row in OPTIONS here and in option_defs, naming the commands that take it.
 * Where its value is one of a few words: a row in word_lists. */
#ifndef SEAM_MODEL_COMMANDS_H
#define SEAM_MODEL_COMMANDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COMMANDS(X)                                                                                \
    X(CHECK, check)                                                                                \
    X(SOLVE, solve)                                                                                \
    X(SIMULATE, simulate)                                                                          \
    X(RUN, run)                                                                                    \
    X(REPLAY, replay)                                                                              \
    X(BACKTEST, backtest)                                                                          \
    X(FIT, fit)                                                                                    \
    X(SIZE, size)                                                                                  \
    X(COMPARE, compare)                                                                            \
    X(IMPORT, import)                                                                              \
    X(DRIFT, drift)                                                                                \
    X(REPORT, report)                                                                              \
    X(PLOT, plot)                                                                                  \
    X(REVIEW, review)                                                                              \
    X(LABELS, labels)                                                                              \
    X(RUNS, runs)                                                                                  \
    X(MCP, mcp)                                                                                    \
    X(DOCTOR, doctor)                                                                              \
    X(COMPLETION, completion)                                                                      \
    X(HELP, help)
enum command {
#define X(name, word) COMMAND_##name,
    COMMANDS(X)
#undef X
        COMMAND_COUNT
};

enum option_takes {
    TAKES_NOTHING,
    TAKES_TEXT,
    TAKES_COUNT, /* 12, 1e6, 10_000 */
    TAKES_PROBABILITY,
    TAKES_MANY /* text, may repeat */
};

/* id, long name, short letter or 0 */
#define OPTIONS(X)                                                                                 \
    X(SET, "set", 0)                                                                               \
    X(SWEEP, "sweep", 0)                                                                           \
    X(VARY, "vary", 0)                                                                             \
    X(TARGET, "target", 0)                                                                         \
    X(TRIALS, "trials", 'n')                                                                       \
    X(ITEMS, "items", 'i')                                                                         \
    X(INPUT, "input", 0)                                                                           \
    X(TIME_SCALE, "time-scale", 0)                                                                 \
    X(CYCLES, "cycles", 0)                                                                         \
    X(NO_FEEDBACK, "no-feedback", 0)                                                               \
    X(LEARNT, "learnt", 0)                                                                         \
    X(FAULTS, "faults", 0)                                                                         \
    X(TRACES, "traces", 0)                                                                         \
    X(COMPARE, "compare", 0)                                                                       \
    X(THEN, "then", 0)                                                                             \
    X(THEN_FAULTS, "then-faults", 0)                                                               \
    X(UNTIL, "until", 0)                                                                           \
    X(GAP, "gap", 0)                                                                               \
    X(CHECKPOINT, "checkpoint", 0)                                                                 \
    X(KEEP_EVERY, "keep-every", 0)                                                                 \
    X(RESUME, "resume", 0)                                                                         \
    X(SEED, "seed", 0)                                                                             \
    X(THREADS, "threads", 'j')                                                                     \
    X(UNCERTAINTY, "uncertainty", 0)                                                               \
    X(NO_UNCERTAINTY, "no-uncertainty", 0)                                                         \
    X(LEVEL, "level", 0)                                                                           \
    X(LOG, "log", 0)                                                                               \
    X(LABELS, "labels", 0)                                                                         \
    X(METHOD, "method", 0)                                                                         \
    X(THRESHOLD, "threshold", 0)                                                                   \
    X(REVIEWER, "reviewer", 0)                                                                     \
    X(RECALIBRATE, "recalibrate", 0)                                                               \
    X(COSTS, "costs", 0)                                                                           \
    X(BINS, "bins", 0)                                                                             \
    X(PER_GROUP, "per-group", 0)                                                                   \
    X(GRID, "grid", 0)                                                                             \
    X(PLAN, "plan", 0)                                                                             \
    X(TRAFFIC, "traffic", 0)                                                                       \
    X(SLO, "slo", 0)                                                                               \
    X(WINDOW, "window", 0)                                                                         \
    X(BASELINE, "baseline", 0)                                                                     \
    X(SCENARIO, "scenario", 0)                                                                     \
    X(SPLIT, "split", 0)                                                                           \
    X(WINDOWS, "windows", 0)                                                                       \
    X(TASK_BY, "task-by", 0)                                                                       \
    X(RELEVANCE, "relevance", 0)                                                                   \
    X(STAGE_BY, "stage-by", 0)                                                                     \
    X(ITEM_BY, "item-by", 0)                                                                       \
    X(CONFIDENCE, "confidence", 0)                                                                 \
    X(DECISION, "decision", 0)                                                                     \
    X(REVIEWER_BY, "reviewer-by", 0)                                                               \
    X(COST, "cost", 0)                                                                             \
    X(PRICE, "price", 0)                                                                           \
    X(FAILURE_WHEN, "failure-when", 0)                                                             \
    X(STRICT, "strict", 0)                                                                         \
    X(MEMORY, "memory", 0)                                                                         \
    X(PARAMETERS, "parameters", 0)                                                                 \
    X(OUT, "out", 'o')                                                                             \
    X(FORMAT, "format", 0)                                                                         \
    X(TITLE, "title", 0)                                                                           \
    X(SCHEMA, "schema", 0)                                                                         \
    X(GRAPH, "graph", 0)                                                                           \
    X(DOT, "dot", 0)                                                                               \
    X(MERMAID, "mermaid", 0)                                                                       \
    X(PATHS, "paths", 0)                                                                           \
    X(ITEM, "item", 0)                                                                             \
    X(WORLD, "world", 0)                                                                           \
    X(SLOW, "slow", 0)                                                                             \
    X(MALFORMED, "malformed", 0)                                                                   \
    X(DB, "db", 0)                                                                                 \
    X(SAVE, "save", 0)                                                                             \
    X(JSON, "json", 0)                                                                             \
    X(CSV, "csv", 0)                                                                               \
    X(QUIET, "quiet", 'q')                                                                         \
    X(NO_COLOR, "no-color", 0)                                                                     \
    X(MAN, "man", 0)                                                                               \
    X(HELP, "help", 'h')
enum option {
#define X(name, word, letter) OPTION_##name,
    OPTIONS(X)
#undef X
        OPTION_COUNT
};

struct option_def {
    const char *name;
    char letter;
    enum option_takes takes;
    const char *arg;   /* what stands for the value in help; NULL for a flag */
    const char *help;  /* one line */
    uint32_t commands; /* bit (1 << enum command) for each that takes it */
};
extern const struct option_def option_defs[OPTION_COUNT];

struct command_def {
    const char *name;
    const char *args;    /* "FILE", "LOG..." */
    const char *summary; /* one line */
    const char *about;   /* a short paragraph */
    const char *examples[6];
    uint32_t min_args, max_args;
};
extern const struct command_def command_defs[COMMAND_COUNT];

/* Words of which an option's value, or the first argument of a command, is one: completion, the
 * manual and the check of the command line have them from here. */
enum { FIRST_ARGUMENT = OPTION_COUNT };
struct word_list {
    uint32_t commands;
    int what;          /* enum option, or FIRST_ARGUMENT */
    const char *words; /* with spaces between */
    bool several;      /* more than one may be given, with commas between */
    bool open;         /* something else may stand there too */
};
extern const struct word_list word_lists[];
extern const size_t word_lists_count;
/* The row of an option, or of the first argument, of this command; NULL: there is none. */
const struct word_list *words_of(enum command c, int what);

#endif
