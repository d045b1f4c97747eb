/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Formats that tell a span in pieces (CrewAI, AutoGen), while spans and texts of their log are
 * forgotten.  In this order, each time:
 *
 *     pieces_close(sink);                       // before anybody looks at the spans
 *     pieces_open(sink, open);                  // traces of which spans will still come
 *     pieces_texts(sink, gone, idle, used);     // before texts go
 *     pieces_keep(sink, gone, new_text);        // after they went
 *
 * The arrays are by id of a text; gone[trace]: what is known of it is forgotten, and what comes of
 * it later is passed over. */
#ifndef SEAM_TRACE_PIECES_H
#define SEAM_TRACE_PIECES_H

#include "trace/reader.h"

/* Ends turns of runs of which nothing came for a quarter of the time since texts last went. */
void pieces_close(struct sink *sink);
/* Marks traces in which something has begun and not ended. */
void pieces_open(const struct sink *sink, bool *open);
/* Marks the texts that pieces of the others still have.  idle: runs of which nothing came since the
 * last time are forgotten, too. */
void pieces_texts(const struct sink *sink, const bool *gone, bool idle, bool *used);
/* Texts have other ids; those that went have SPAN_NONE. */
void pieces_keep(struct sink *sink, const bool *gone, const uint32_t *new_text);
/* Marks the texts of a span. */
void pieces_use(const struct span *s, bool *used);
/* Gives a span the new ids of its texts. */
void pieces_move(struct span *s, const uint32_t *new_text);
/* What is held besides spans, in the memory of a span each. */
size_t pieces_held(const struct sink *sink);
/* Spans of traces that were forgotten and passed over since they were asked for last. */
uint64_t pieces_passed(struct sink *sink);

#endif
