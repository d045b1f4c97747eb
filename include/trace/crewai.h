/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CrewAI's events, as its event bus emits them and its tracing collects them: one on each line, in
 * lists, or in {"events": [...]}. */
#ifndef SEAM_TRACE_CREWAI_H
#define SEAM_TRACE_CREWAI_H

#include "trace/reader.h"

/* Is this object an event of CrewAI's? */
bool crewai_is(struct json event);
/* Adds a span when both of its events are read, in either order; events that begin or end nothing
 * are passed over, those that cannot be read counted. */
MUST_CHECK int crewai_read(struct json event, struct sink *sink, struct error *err);
/* What pieces.h asks of it, under the same names; between two events. */
struct crewai;
/* pieces_open, of these. */
void crewai_open(const struct crewai *c, bool *open);
/* pieces_texts, of these. */
void crewai_texts(struct crewai *c, const bool *gone, bool idle, bool *used);
/* pieces_keep, of these. */
void crewai_keep(struct sink *sink, const bool *gone, const uint32_t *new_text);
/* pieces_passed, of these. */
uint64_t crewai_passed(struct crewai *c);
/* pieces_held, of these. */
size_t crewai_held(const struct crewai *c);

/* At the end of all files: adds the spans of which one event alone was read. */
void crewai_end(struct sink *sink);
/* Frees what waits in the sink. */
void crewai_release(struct sink *sink);

#endif
