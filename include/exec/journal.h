/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A run kept as it goes, and gone on with after a break.
 *
 * As a listener it takes every event and hands them to a thread that writes them in group commits:
 * what is told while one is under way goes into the next.  As a memory it gives back what was
 * answered before the break: an attempt whose end was committed is not made again, and one whose
 * end was not is; an item that has ended does not end again. */
#ifndef SEAM_EXEC_JOURNAL_H
#define SEAM_EXEC_JOURNAL_H

#include "exec/event.h"
#include "exec/run.h"
#include "store/journal.h"

enum { RESUME_NONE = -1, RESUME_LAST = 0 };
struct run_journal_options {
    const struct pipeline *pipeline; /* outlives the journal */
    uint64_t seed;
    const char *time; /* of the caller's clock, as in store_save_run */
    int64_t resume;   /* RESUME_NONE, RESUME_LAST (the last one of the store that was broken off),
                         or its number */
    const struct journal_option *option; /* [n_options] what else decides what a run does: a resumed
                                            one must have the same values */
    size_t n_options;
};

struct run_journal;
/* Begins a run, or takes one up again: ERR_USAGE, naming what differs, when scenario, seed or an
 * option is another, or the run is complete; ERR_IO when another process is at work on it.  The
 * journal opens connections of its own to the store. */
MUST_CHECK int run_journal_open(struct store *s, const struct run_journal_options *o,
                                struct run_journal **out, struct error *err);
/* The run's number in the store. */
int64_t run_journal_id(const struct run_journal *j);
/* What hands it to the run; good as long as j. */
struct run_listener run_journal_listener(struct run_journal *j);
/* NULL for a new run; else borrowed from the journal. */
const struct run_memory *run_journal_memory(struct run_journal *j);
/* Waits until all that was told is committed, then frees the journal; `complete`: every item ended.
 * *disagreed (may be NULL): items that ended another time and otherwise than before the break, the
 * first end being the one that stands. */
MUST_CHECK int run_journal_close(struct run_journal *j, bool complete, uint64_t *disagreed,
                                 struct error *err);

#endif
