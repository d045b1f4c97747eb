/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Jaeger's JSON, as its API answers and its user interface saves it: {"data": [trace, ...]} or a
 * trace alone, which has traceID, spans and processes. */
#ifndef SEAM_TRACE_JAEGER_H
#define SEAM_TRACE_JAEGER_H

#include "trace/reader.h"

/* Is this object a trace of Jaeger's? */
bool jaeger_is(struct json trace);
/* Adds the spans of a trace; those of the wrong shape are counted. */
MUST_CHECK int jaeger_read(struct json trace, struct sink *sink, struct error *err);

#endif
