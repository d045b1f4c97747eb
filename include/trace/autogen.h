/* SPDX-License-Identifier: GPL-3.0-or-later */
/* AutoGen's event log: lines of a logger that end in a JSON event, with the time in the prefix, or
 * such events alone. */
#ifndef SEAM_TRACE_AUTOGEN_H
#define SEAM_TRACE_AUTOGEN_H

#include "trace/reader.h"

/* Does this text, the beginning of a log, hold lines of AutoGen's events? */
bool autogen_is_text(const char *text, size_t len);
/* Reads a line at sink->line; those of other loggers are passed over, events that cannot be read
 * counted. */
MUST_CHECK int autogen_read_line(struct sink *sink, const char *line, size_t len,
                                 struct error *err);

/* Is this object an event of AutoGen's? */
bool autogen_is(struct json event);
/* Reads an event, which has a time where the logger's formatter put one into it. */
MUST_CHECK int autogen_read(struct json event, struct sink *sink, struct error *err);

/* What pieces.h asks of it, under the same names; between two events. */
struct autogen;
/* pieces_close, of these. */
void autogen_close(struct sink *sink);
/* pieces_open, of these. */
void autogen_open(const struct autogen *g, bool *open);
/* pieces_texts, of these. */
void autogen_texts(const struct autogen *g, bool *used);
/* pieces_keep, of these. */
void autogen_keep(struct sink *sink, const uint32_t *new_text);

/* At the end of all files: ends the turns that still go on. */
void autogen_end(struct sink *sink);
/* Frees what waits in the sink. */
void autogen_release(struct sink *sink);

#endif
