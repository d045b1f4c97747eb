/* SPDX-License-Identifier: GPL-3.0-or-later */
/* seam run, between its parts: each adds to the run what it needs (listeners, a memory, faults),
 * and is closed when the run is over, the last one opened first. */
#ifndef SEAM_CLI_RUN_H
#define SEAM_CLI_RUN_H

#include "cli/cli.h"
#include "exec/run.h"
#include "exec/tally.h"

struct run_part {
    void *arg;
    /* complete: every item has ended.  May add to the result; is called after errors too. */
    int (*close)(void *arg, bool complete, struct result *r, struct error *err);
};
struct run_parts {
    const struct cli *cli;
    const struct pipeline *pipeline;
    struct run_options options; /* what the parts fill */
    struct run_tally tally;
    VEC(struct run_listener) listeners;
    VEC(struct run_part) parts;
    char program[4096];
    const char *folder; /* of the scenario; owned */
};
/* An event listener of the run. */
void run_listen(struct run_parts *parts, struct run_listener listener);
/* Something to close at the end. */
void run_close_later(struct run_parts *parts, struct run_part part);

/* Each part opens what the line asks of it. */

/* --input, or the built-in world's briefs (cli/run_input.c). */
MUST_CHECK int run_open_input(struct run_parts *parts, struct error *err);
/* What items a run of another seed has: the same of --input, else other briefs.  They live as long
 * as the world. */
MUST_CHECK int run_input_again(const struct run_parts *first, const struct pipeline *p,
                               uint64_t seed, const struct run_input **out, struct error *err);
/* --db, --resume: the journal and the memory of a run (cli/run_journal.c). */
MUST_CHECK int run_open_journal(struct run_parts *parts, struct error *err);
/* -o: what the items hold at the end, as JSON lines (cli/run_items.c). */
MUST_CHECK int run_open_items(struct run_parts *parts, struct error *err);
/* Why attempts failed, as warnings (cli/run_reasons.c). */
MUST_CHECK int run_open_reasons(struct run_parts *parts, struct error *err);
/* A bar on a terminal (cli/run_items.c). */
MUST_CHECK int run_open_progress(struct run_parts *parts, struct error *err);
/* --learnt, in a run without --cycles (cli/run_cycles.c). */
MUST_CHECK int run_open_learnt(struct run_parts *parts, struct error *err);
/* --cycles, in place of a single run; the world is open, for the items alone (cli/run_cycles.c). */
MUST_CHECK int run_execute_cycles(struct run_parts *parts, struct result *r, struct error *err);
/* --faults: what is done to the stages (cli/run_traces.c). */
MUST_CHECK int run_open_faults(struct run_parts *parts, struct error *err);
/* Reads such a file for a pipeline; shows all that is wrong with it on standard error.  The caller
 * frees (injected_free). */
MUST_CHECK int run_read_faults(const char *path, const struct pipeline *p, struct injected **out,
                               struct error *err);
/* --traces: the run as spans, to a file or an endpoint (cli/run_traces.c). */
MUST_CHECK int run_open_traces(struct run_parts *parts, struct error *err);
/* --compare and --then: the run beside the scenario solved, simulated and replayed; a change,
 * expected and then run (cli/run_compare.c).  Closed before what the run stands on. */
MUST_CHECK int run_open_compare(struct run_parts *parts, struct error *err);
/* Runs another pipeline as the first one was run, with another seed, other items where they are
 * drawn, and other faults (NULL: the first one's), and measures it. */
MUST_CHECK int run_again(const struct run_parts *first, const struct pipeline *p, uint64_t seed,
                         const struct injected *faults, struct result *out, struct error *err);

#endif
