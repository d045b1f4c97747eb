/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Zipkin's JSON, version 2: a list of spans, a list of such lists, or a span on each line. */
#ifndef SEAM_TRACE_ZIPKIN_H
#define SEAM_TRACE_ZIPKIN_H

#include "trace/reader.h"

/* Is this object a span of Zipkin's? */
bool zipkin_is(struct json span);
/* Adds it; counted when it cannot be read. */
MUST_CHECK int zipkin_read(struct json span, struct sink *sink, struct error *err);

#endif
