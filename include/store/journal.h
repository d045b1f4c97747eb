/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The journal of executed runs: what came in, every attempt, every decision, where each item ended.
 *
 * A run has its number from the beginning, and its result is saved under it at the end.  Rows are
 * written in batches, each a transaction; an item ends once (a second end is refused by the
 * schema). */
#ifndef SEAM_STORE_JOURNAL_H
#define SEAM_STORE_JOURNAL_H

#include "store/store.h"

struct journal_option {
    const char *name, *value;
};
struct journal_name {
    const char *id, *kind; /* kind: of a step */
};
struct journal_run {
    int64_t id;
    const char *time, *scenario, *file, *sha256;
    uint64_t seed;
    bool complete;
    const struct journal_option *option; /* [n_options] what else decides what a run does */
    size_t n_options;
    const struct journal_name *step, *class; /* [n_steps], [n_classes] */
    size_t n_steps, n_classes;
};
/* Keeps the run's beginning and gives it a number. */
MUST_CHECK int journal_add(struct store *s, const struct journal_run *run, int64_t *id,
                           struct error *err);
/* Reads it back with texts in `arena`.  id 0: the last one that is not complete and has this
 * sha256 (NULL: whichever).  ERR_INPUT when there is none. */
MUST_CHECK int journal_find(struct store *s, int64_t id, const char *sha256, struct arena *arena,
                            struct journal_run *out, struct error *err);
/* Marks that every item has ended. */
MUST_CHECK int journal_complete(struct store *s, int64_t run, struct error *err);
struct journal_count {
    uint64_t items, ended, attempts;
    uint64_t next_item; /* index of the last item that began, and one */
    double last_s;      /* the run's clock at the last that is kept; 0: nothing is */
};
MUST_CHECK int journal_count(struct store *s, int64_t run, struct journal_count *out,
                             struct error *err);

enum journal_kind {
    JOURNAL_BEGAN,   /* id, class, payload */
    JOURNAL_ASKED,   /* what a reviewer was shown: payload */
    JOURNAL_ATTEMPT, /* payload: its answer */
    JOURNAL_VISIT,
    JOURNAL_ENDED /* ending, quality, cost, reviewed, audited, end_s, payload */
};
enum { JOURNAL_CANCELLED = 1, JOURNAL_CACHED = 2, JOURNAL_REVIEWED = 4, JOURNAL_AUDITED = 8 };
/* Numbers are those of the layers that write them (outcomes, exits, verdicts, ends). */
struct journal_row {
    enum journal_kind kind;
    uint64_t item;
    uint32_t seq; /* of the item's rows between its beginning and its end, from 1 */
    uint32_t class, path, step, visit, attempt, copy, flags;
    int outcome, verdict, exit, ending, quality;
    int32_t to;
    double asked_s, begin_s, end_s, confidence, threshold, cost; /* NaN: none */
    double weight; /* of a gate's audit: 1 / probability; NaN elsewhere */
    const char *id, *who, *says, *attributes;
    const char *payload; /* JSON object; NULL: none */
    size_t payload_len;
};

/* Prepared to write one run's rows; used by one thread at a time. */
struct journal_writer;
MUST_CHECK int journal_writer_open(struct store *s, int64_t run, struct journal_writer **out,
                                   struct error *err);
/* All of the rows in one transaction: there afterwards, or not one of them. */
MUST_CHECK int journal_write(struct journal_writer *w, const struct journal_row *rows, size_t n,
                             struct error *err);
/* Frees the statements; what is not committed is dropped. */
void journal_writer_close(struct journal_writer *w);

/* Calls `row` for the rows of an item in order (beginning, events, end), texts borrowed for the
 * call; `item` JOURNAL_ALL: of all items, one after the other. */
#define JOURNAL_ALL UINT64_MAX
MUST_CHECK int journal_each(struct store *s, int64_t run, uint64_t item,
                            void (*row)(void *arg, const struct journal_row *r), void *arg,
                            struct error *err);
/* The item of this id; ERR_INPUT when there is none. */
MUST_CHECK int journal_item(struct store *s, int64_t run, const char *id, uint64_t *item,
                            struct error *err);

/* Who goes on with a run: one process at a time, and none once it has died.  A file beside the
 * store, locked (flock) as long as the lease is held.  ERR_IO, naming the run, when it is held. */
struct journal_lease;
MUST_CHECK int journal_lease(const struct store *s, int64_t run, struct journal_lease **out,
                             struct error *err);
/* NULL is fine. */
void journal_lease_end(struct journal_lease *l);

#endif
