/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Langfuse's exports: a trace with its observations and scores, or observations and scores by
 * themselves, in lists, in {"data": [...]}, or one on each line. */
#ifndef SEAM_TRACE_LANGFUSE_H
#define SEAM_TRACE_LANGFUSE_H

#include "trace/reader.h"

/* Is this object a trace, an observation or a score of Langfuse's? */
bool langfuse_is(struct json object);
/* Adds what it holds; what cannot be read is counted. */
MUST_CHECK int langfuse_read(struct json object, struct sink *sink, struct error *err);

#endif
