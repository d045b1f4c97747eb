/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Phoenix's spans and annotations, as its API and client give them: lists, {"data": [...]}, or one
 * on each line. */
#ifndef SEAM_TRACE_PHOENIX_H
#define SEAM_TRACE_PHOENIX_H

#include "trace/reader.h"

/* Is this object a span, or an annotation of one? */
bool phoenix_is(struct json object);
/* Adds what it holds; what cannot be read is counted. */
MUST_CHECK int phoenix_read(struct json object, struct sink *sink, struct error *err);

#endif
