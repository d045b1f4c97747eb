/* SPDX-License-Identifier: GPL-3.0-or-later */
/* OTLP in JSON lines over several threads: the same spans, texts and faults, in the same order, as
 * one thread reads. */
#ifndef SEAM_TRACE_OTLP_THREADS_H
#define SEAM_TRACE_OTLP_THREADS_H

#include "trace/reader.h"

/* How far a file is read. */
struct otlp_read {
    uint64_t offset; /* the first byte that is not */
    uint64_t lines;  /* before it; 0: nothing is read */
    bool any;        /* of these some are no blanks */
};

/* Reads a plain file of some size from its beginning up to the first line that is no OTLP, or that
 * has no end; the caller goes on from there.  Nothing is an error here: what cannot be read at all
 * is left to the caller too. */
void otlp_threads_read(const char *path, struct sink *sink, uint32_t threads,
                       struct otlp_read *out);

#endif
