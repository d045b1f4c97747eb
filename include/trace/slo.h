/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Service level objectives over a log: attainment, error budget, its burn, the worst windows. */
#ifndef SEAM_TRACE_SLO_H
#define SEAM_TRACE_SLO_H

#include "model/result.h"
#include "trace/log.h"

enum objective_kind {
    OBJECTIVE_COMPLETION,  /* items that ship */
    OBJECTIVE_RELIABILITY, /* items that ship right, of those whose truth is known */
    OBJECTIVE_LATENCY,     /* items that ship within the time, of those that ship */
    OBJECTIVE_SUCCESS,     /* visits of a stage that end well */
    OBJECTIVE_WITHIN       /* visits of a stage that end within the time */
};

/* At least `goal` of the events are good. */
struct objective {
    const char *text; /* as written; borrowed */
    char stage[64];   /* "": items */
    enum objective_kind kind;
    double goal;    /* (0, 1) */
    double limit_s; /* latencies */
};

/* "completion at least 99%", "reliability at least 95%", "latency at most 2s for 95%", and of a
 * stage "retrieve success at least 99%", "retrieve latency at most 200ms for 95%".  ERR_USAGE. */
MUST_CHECK int objective_parse(const char *text, struct objective *out, struct error *err);

/* The events of n objectives, counted batch by batch.  Of a log that is read whole each stands at
 * its instant; of one that comes in batches they stand in slices of time, at most SLO_SLICES over
 * all of it, of 1 ms or more.  The objectives are borrowed; slo_events_free. */
enum { SLO_SLICES = 1 << 16 };
struct slo_events;
/* Nothing counted so far, for objective[n]. */
struct slo_events *slo_events_new(const struct objective *objective, size_t n);
/* Counts the items of a log, or of a batch of it. */
void slo_events_add(struct slo_events *e, const struct trace_log *log, bool batch);
/* NULL is fine. */
void slo_events_free(struct slo_events *e);

/* Fills objectives, windows, curves and within_budget of the stages of *out, which log_observe has
 * filled, and judges: passed is false where an objective is missed or not shown.  Windows are
 * window_s long, or, when that is 0, of a round length that gives 60 at most.  ERR_USAGE when an
 * objective names no stage of the log.  The events are put in order. */
MUST_CHECK int slo_put(struct slo_events *events, const struct trace_log *log, double window_s,
                       double level, struct result *out, struct error *err);
/* The same of a log that is read whole. */
MUST_CHECK int log_slo(const struct trace_log *log, const struct objective *objective, size_t n,
                       double window_s, double level, struct result *out, struct error *err);

#endif
