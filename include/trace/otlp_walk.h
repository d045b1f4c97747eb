/* SPDX-License-Identifier: GPL-3.0-or-later */
/* OTLP in JSON lines at the speed of the tokens, for the spelling that exporters write.
 *
 *     struct otlp_walk *w = otlp_walk_new(sink);
 *     bool known = otlp_walk_begin(w, text, len);
 *     while (...) if (!known || !otlp_walk_line(w, line, end)) ... // otlp_json_read has its turn
 *     otlp_walk_free(w);
 *
 * A line is read to the same spans as by otlp_json_read, or it is left alone: what is spelled in
 * another way (snake_case keys, enum names, base64 ids, keys twice, a value before its key), is no
 * request or is no JSON.  Nothing of a line that is left alone stays in the sink. */
#ifndef SEAM_TRACE_OTLP_WALK_H
#define SEAM_TRACE_OTLP_WALK_H

#include "trace/reader.h"

#include <stdbool.h>

struct otlp_walk;
/* The sink is borrowed until otlp_walk_free, which the caller calls (NULL is fine). */
struct otlp_walk *otlp_walk_new(struct sink *sink);
/* NULL is fine. */
void otlp_walk_free(struct otlp_walk *w);

/* The sink's set of spans has been cleared: what was known of its texts holds no more. */
void otlp_walk_forget(struct otlp_walk *w);

/* Takes up `len` bytes, whole lines that are borrowed until the next call; behind them
 * OTLP_WALK_PADDING more can be read.  False: all of these lines must be left alone. */
enum { OTLP_WALK_PADDING = 32 };
MUST_CHECK bool otlp_walk_begin(struct otlp_walk *w, const char *text, size_t len);
/* Reads the line [begin, end) of that text, at sink->line, when it is a request in the usual
 * spelling.  Lines come in their order; some may be left out. */
MUST_CHECK bool otlp_walk_line(struct otlp_walk *w, const char *begin, const char *end);

#endif
