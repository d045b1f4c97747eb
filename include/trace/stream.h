/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A log of any length, in one pass and bounded memory.
 *
 * Spans are held until they are as many as fit.  Then the traces that are over (none of their spans
 * came for a quarter of what fits, and nobody is waited for) are made into items, counted in a
 * tally and forgotten, spans and texts and all.  What concerns one session after an interrupt, or
 * one value of item_by, is counted together.  Spans of a trace that was counted already are faults
 * of the data, told apart among the last million traces.  A log that fits is read whole.
 *
 * The review, the level of the steps below a root, and whether items have roots is what the first
 * batch shows; all else, the order of the steps and the gate with its threshold too, what all
 * show. */
#ifndef SEAM_TRACE_STREAM_H
#define SEAM_TRACE_STREAM_H

#include "model/result.h"
#include "trace/log.h"
#include "trace/tally.h"

/* What is held at once. */
struct stream_room {
    size_t spans;
    size_t values;   /* bytes of values that are kept as they are (tally_new) */
    uint64_t memory; /* bytes that this comes to, as is said in the result */
};
/* What `memory` bytes of the whole process have room for; STREAM_LEAST at least. */
#define STREAM_LEAST (UINT64_C(64) << 20)
/* The room that a bound in bytes leaves. */
struct stream_room stream_room_of(uint64_t memory);

/* Who else looks at the items: of a log that fits once at all, else at each batch, whose items are
 * forgotten then. */
struct stream_watch {
    void (*add)(void *arg, const struct trace_log *log, bool batch);
    void *arg;
};

/* Reads logs (as log_read), with the labels in a file or NULL.  *tally is of all items; log->pass
 * tells how it was read: where pass.batches is not 0, the log has stages, quality and gate, but
 * neither spans nor items.  watch: NULL, nobody else.  The caller releases both, also after an
 * error. */
MUST_CHECK int log_read_tally(const char *const *paths, size_t n, const struct log_options *options,
                              const char *labels, const struct stream_room *room,
                              const struct stream_watch *watch, struct trace_log *log,
                              struct tally **tally, struct error *err);
/* Says in what way a log was read that did not fit. */
void stream_report(const struct trace_log *log, struct result *out);

#endif
