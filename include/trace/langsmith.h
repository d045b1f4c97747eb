/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LangSmith's runs and feedback, as its API and exports give them: lists, {"runs": [...]}, or one
 * on each line. */
#ifndef SEAM_TRACE_LANGSMITH_H
#define SEAM_TRACE_LANGSMITH_H

#include "trace/reader.h"

/* Is this object a run, or feedback on one? */
bool langsmith_is(struct json object);
/* Adds what it holds; what cannot be read is counted. */
MUST_CHECK int langsmith_read(struct json object, struct sink *sink, struct error *err);

#endif
