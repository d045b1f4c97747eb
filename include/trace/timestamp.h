/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Times as logs write them -> nanoseconds since 1970-01-01 UTC. */
#ifndef SEAM_TRACE_TIMESTAMP_H
#define SEAM_TRACE_TIMESTAMP_H

#include "base/error.h"
#include <stdint.h>

/* "2010-12-30 14:32:00+01:00", "2011-01-06T09:18:00.5Z", "2011/01/06 09:18", a date alone, or
 * seconds, milliseconds, microseconds or nanoseconds since 1970 (told by their size).  Without an
 * offset: UTC.  ERR_INPUT with a sentence and no place. */
MUST_CHECK int timestamp_parse(const char *text, int64_t *out_ns, struct error *err);

#endif
