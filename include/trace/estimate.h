/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A log to a pipeline with the evidence behind every number. */
#ifndef SEAM_TRACE_ESTIMATE_H
#define SEAM_TRACE_ESTIMATE_H

#include "base/progress.h"
#include "model/pipeline.h"
#include "model/result.h"
#include "trace/log.h"

struct fit_options {
    uint64_t seed;         /* of the bootstrap that tests the families; 0: 1 */
    bool without_deadline; /* abandoned items fail where they were, as other policies replay them */
    const struct progress *progress; /* steps fitted; NULL: nobody looks */
};

/* Fills *out (pipeline_init by the caller, who releases it) with the flow observed: steps with
 * ways, loops and parallels (structure.h), or one after another with a warning where the log shows
 * no such flow; rates k/n, latencies of the best family or empirical, retries with their backoff,
 * the gate with its threshold, reviews with what they caught, the age at which items are abandoned
 * where the log shows one, and a first stage `orchestration` for the time that no step accounts
 * for.  *notes is an array of n_steps comments in out's arena, for scenario_write.  *info
 * (initialised by the caller) gets warnings, assumptions and data quality. ERR_INPUT when the log
 * shows no step of a finished item. */
MUST_CHECK int log_fit(const struct trace_log *log, const struct fit_options *options,
                       struct pipeline *out, const char ***notes, struct result *info,
                       struct error *err);

/* The time of work of each visit of a stage, into work_s[visits], without the wait for `people` who
 * take the oldest request first and finish what they began (NULL: people without number); NaN for
 * visits that are undecided, and where people would have had to be in time for it.  Other stages'
 * visits stay as they are. */
void log_work(const struct trace_log *log, int32_t stage, const struct resource *people,
              double *work_s);

#endif
