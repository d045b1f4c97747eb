/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The data-quality part of a result. */
#ifndef SEAM_TRACE_QUALITY_H
#define SEAM_TRACE_QUALITY_H

#include "model/result.h"
#include "trace/log.h"

/* Fills out->data, and warns of faults that touch the numbers. */
void quality_report(const struct trace_log *log, struct result *out);
/* An assumption that names the first attributes which tell nothing; none when all do. */
void quality_tell_unknown(const struct trace_log *log, struct result *out);

#endif
