/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Logs of pipelines whose truth is known: items walk through stages, parallels, reviews and
 * ways one by one, by the plain reading of model/pipeline.h, and leave their spans.  Reviews tell
 * what was decided. */
#ifndef SEAM_TESTS_FLOW_LOG_H
#define SEAM_TESTS_FLOW_LOG_H

#include "model/pipeline.h"
#include "trace/log.h"

struct flow_log_options {
    uint64_t seed;
    uint32_t items;
    bool run_on; /* branches that are needed no more run to their end; else they are cut */
    bool (*hidden)(const char *id); /* NULL, or: does the step leave no span? */
};

/* Untimed stages with retries, fallbacks, ways by probability, and joins by all, any or k.  The
 * caller releases *out with log_release. */
void flow_log(const struct pipeline *p, const struct flow_log_options *options,
              struct trace_log *out);

#endif
