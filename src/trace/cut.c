/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A log as it was at an instant, so that a fit to it knows nothing of what came later.
 *
 * Of an item on its way, visits that begin later are dropped, and so is the one that was going on,
 * for its end is not known; a review that was going on stays, as one that waits for a person. */
#include "model/rules.h"
#include "trace/costs.h"
#include "trace/discover.h"
#include "trace/log.h"

#include <math.h>

/* The attempts that had ended by then stay. */
static void cut_review(const struct trace_log *log, struct log_visit *v, int64_t until_ns)
{
    uint32_t n = 0;
    while (n < v->n_attempts && log->spans.end_ns[log->attempts.at[v->first_attempt + n]] &&
           log->spans.end_ns[log->attempts.at[v->first_attempt + n]] <= until_ns)
        n++;
    v->n_attempts = n;
    v->pending = true;
    v->outcome = OUTCOME_OK;
    v->decision = SPAN_NONE;
    v->end_ns = until_ns;
}

static void cut_item(struct trace_log *log, struct log_item *it, int64_t until_ns)
{
    uint32_t kept = 0;
    if (it->end_ns <= until_ns)
        return;
    for (uint32_t k = 0; k < it->n_visits; k++) {
        struct log_visit *v = &log->visits.at[it->first_visit + k];
        bool going_on = v->end_ns > until_ns || v->pending;
        if (v->start_ns >= until_ns)
            continue;
        if (going_on && !log->stages.at[v->stage].people)
            continue;
        if (going_on)
            cut_review(log, v, until_ns);
        log->visits.at[it->first_visit + kept++] = *v;
    }
    for (uint32_t k = kept; k < it->n_visits; k++)
        log->visits.at[it->first_visit + k].item = SPAN_NONE;
    it->n_visits = kept;
    it->end_ns = until_ns;
    it->end = LOG_UNFINISHED;
    it->root_failed = false;
    it->verdict = LOG_NO_VERDICT;
    it->reviewed = false;
    it->confidence = it->cost = NAN;
    it->shipped_label = LOG_UNKNOWN;
    for (uint32_t k = 0; k < kept; k++) {
        const struct log_visit *v = &log->visits.at[it->first_visit + k];
        double cost = costs_of_visit(log, v);
        if (!isnan(cost))
            it->cost = isnan(it->cost) ? cost : it->cost + cost;
        if ((int32_t)v->stage == log->review)
            it->reviewed = true;
        else if (!it->reviewed && !isnan(v->confidence))
            it->confidence = v->confidence;
    }
}

void log_cut(struct trace_log *log, int64_t until_ns)
{
    bool *keep = mem_zero(log->items.len + 1, sizeof *keep);
    for (size_t i = 0; i < log->items.len; i++) {
        keep[i] = log->items.at[i].start_ns <= until_ns;
        if (keep[i])
            cut_item(log, &log->items.at[i], until_ns);
    }
    log->until_ns = until_ns;
    log_keep(log, keep);
    discover_truth(log);
    discover_gate(log);
    mem_free(keep);
}
