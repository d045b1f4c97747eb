/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the journal share, and nobody else. */
#ifndef SEAM_EXEC_JOURNAL_PARTS_H
#define SEAM_EXEC_JOURNAL_PARTS_H

#include "exec/journal.h"

#include <pthread.h>

/* Rows with their texts. */
struct journal_batch {
    struct arena texts;
    VEC(struct journal_row) rows;
};
/* Appends a copy of a row and of its texts. */
void journal_batch_add(struct journal_batch *b, const struct journal_row *row);
/* Empties it. */
void journal_batch_clear(struct journal_batch *b);
/* Frees the batch with its texts. */
void journal_batch_release(struct journal_batch *b);

/* What the store knows of the items of a run that was broken off: read item by item when first
 * asked for, and forgotten when the item ends.  Not for several threads at once. */
struct recollection;
MUST_CHECK int recollection_open(const struct store *s, int64_t run, struct recollection **out,
                                 struct error *err);
/* Frees what was read; NULL is fine. */
void recollection_close(struct recollection *m);
/* The run's clock at the last that is known of it. */
double recollection_upto_s(const struct recollection *m);
/* The row that says the same as this one: the item's beginning or end, or the same kind of event of
 * the same attempt (of the same visit); NULL when there is none.  *last: of the item's seq so far.
 * -1 with err when it cannot be read. */
MUST_CHECK int recollection_find(struct recollection *m, const struct journal_row *like,
                                 const struct journal_row **found, uint32_t *last,
                                 struct error *err);
/* Nothing more will be asked about the item. */
void recollection_forget(struct recollection *m, uint64_t item);

#endif
