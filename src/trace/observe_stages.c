/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every step at both grains, visits and attempts. */
#include "trace/tally_parts.h"

#include "trace/discover.h"

#include <math.h>

/* ---- counting --------------------------------------------------------------------------- */

/* Does the visit have a further attempt because one failed (not for an interrupt)? */
static bool failed_first(const struct trace_log *log, const struct log_visit *v, bool *again)
{
    const struct span_set *s = &log->spans;
    const uint32_t *at = log->attempts.at + v->first_attempt;
    bool ok = (s->flags[at[0]] & SPAN_CANCELLED) != 0 || s->outcome[at[0]] == OUTCOME_OK;
    uint32_t calls = 1; /* of the first attempt: copies of a hedge follow it */
    for (; calls < v->n_attempts && span_copy(s, at[calls]); calls++)
        ok = ok || (!(s->flags[at[calls]] & SPAN_CANCELLED) && s->outcome[at[calls]] == OUTCOME_OK);
    *again = calls < v->n_attempts;
    return !ok;
}

static void count_verdict(const struct trace_log *log, const struct log_visit *v,
                          struct tally_stage *c)
{
    switch (discover_verdict(span_string(&log->spans, v->decision))) {
    case LOG_APPROVED:
        c->approved++;
        break;
    case LOG_CORRECTED:
        c->corrected++;
        break;
    case LOG_REJECTED_BY_REVIEW:
        c->rejected++;
        break;
    case LOG_NO_VERDICT:
    case LOG_AUTOMATIC:
        break;
    }
}

static void count_visit(const struct trace_log *log, const struct log_visit *v,
                        struct tally_stage *c)
{
    bool again, first_failed = failed_first(log, v, &again);
    bool ok = v->outcome == OUTCOME_OK && !v->cut;
    double s = observe_span_s(v->start_ns, v->end_ns);
    c->visits++;
    c->ok += ok;
    c->first_ok += !first_failed && !v->cut;
    c->cut += v->cut;
    c->again += again;
    c->retried += first_failed && again;
    c->retried_ok += first_failed && again && ok;
    if (v->decision != SPAN_NONE)
        count_verdict(log, v, c);
    if (!isnan(s) && !v->pending && !v->cut)
        values_add(&c->visit_s, s);
    for (uint32_t k = 0; k < log_attempts(v); k++) {
        uint32_t span = log->attempts.at[v->first_attempt + k];
        double d = span_duration_s(&log->spans, span);
        c->attempts++;
        if (log->spans.flags[span] & SPAN_CANCELLED)
            continue;
        c->answers++;
        c->outcome[log->spans.outcome[span]]++;
        if (!isnan(d))
            values_add(&c->attempt_s, d);
    }
}

void tally_stages_sort(const struct trace_log *log, struct by_stage *out)
{
    size_t n = log->stages.len;
    out->first = mem_zero(n + 2, sizeof *out->first);
    out->at = mem_alloc((log->visits.len + 1) * sizeof *out->at);
    for (size_t i = 0; i < log->items.len; i++)
        for (uint32_t k = 0; k < log->items.at[i].n_visits; k++)
            out->first[log->visits.at[log->items.at[i].first_visit + k].stage + 2]++;
    for (size_t s = 2; s < n + 2; s++)
        out->first[s] += out->first[s - 1];
    for (size_t i = 0; i < log->items.len; i++)
        for (uint32_t k = 0; k < log->items.at[i].n_visits; k++) {
            uint32_t v = log->items.at[i].first_visit + k;
            out->at[out->first[log->visits.at[v].stage + 1]++] = v;
        }
}

void tally_stage_add(struct tally *t, const struct trace_log *log, const struct by_stage *order,
                     uint32_t stage)
{
    struct tally_stage *c = &t->stages.at[stage];
    uint64_t visits = 0, attempts = 0;
    for (uint32_t k = order->first[stage]; k < order->first[stage + 1]; k++) {
        const struct log_visit *v = &log->visits.at[order->at[k]];
        const struct log_item *it = &log->items.at[v->item];
        bool last = k + 1 == order->first[stage + 1];
        count_visit(log, v, c);
        if (order->at[k] == it->first_visit + it->n_visits - 1)
            c->ends[it->end]++;
        visits++;
        attempts += log_attempts(v);
        if (last || log->visits.at[order->at[k + 1]].item != v->item) {
            tally_sums_add(&c->visits_of, visits);
            tally_sums_add(&c->attempts_of, attempts);
            visits = attempts = 0;
        }
    }
}

/* ---- telling ---------------------------------------------------------------------------- */

static void put_stage(const struct tally *t, const struct trace_log *log, int32_t stage,
                      double level, struct metrics *m)
{
    static const char *const attempt_names[] = {"attempt_latency_mean", "attempt_latency_p50",
                                                "attempt_latency_p90", "attempt_latency_p95",
                                                "attempt_latency_p99"};
    static const char *const visit_names[] = {"visit_latency_mean", "visit_latency_p50",
                                              "visit_latency_p90", "visit_latency_p95",
                                              "visit_latency_p99"};
    const struct tally_stage *c = &t->stages.at[stage];
    uint64_t n = t->items.items, over = c->visits - c->cut;
    metrics_add_exact(m, "visits", (double)c->visits, "count");
    metrics_add_exact(m, "attempts", (double)c->attempts, "count");
    if (log->stages.at[stage].hidden)
        metrics_add_exact(m, "hidden_retries", (double)log->stages.at[stage].hidden, "count");
    if (stage == log->review) {
        metrics_add_exact(m, "approved", (double)c->approved, "count");
        metrics_add_exact(m, "corrected", (double)c->corrected, "count");
        metrics_add_exact(m, "rejected", (double)c->rejected, "count");
    }
    observe_sums(m, "visits_per_item", &c->visits_of, n, level);
    observe_sums(m, "attempts_per_item", &c->attempts_of, n, level);
    observe_share(m, "ok_rate", c->outcome[OUTCOME_OK], c->answers, level);
    observe_share(m, "error_rate", c->outcome[OUTCOME_ERROR], c->answers, level);
    observe_share(m, "malformed_rate", c->outcome[OUTCOME_MALFORMED], c->answers, level);
    observe_share(m, "timeout_rate", c->outcome[OUTCOME_TIMEOUT], c->answers, level);
    observe_share(m, "success_rate", c->ok, over, level);
    observe_share(m, "first_try_rate", c->first_ok, over, level);
    observe_share(m, "retry_success_rate", c->retried_ok, c->retried, level);
    observe_values(m, attempt_names, &c->attempt_s, level);
    observe_values(m, visit_names, &c->visit_s, level);
    observe_share(m, "exit_ship", c->ends[LOG_SHIPPED], n, level);
    observe_share(m, "exit_reject", c->ends[LOG_REJECTED], n, level);
    observe_share(m, "exit_fail", c->ends[LOG_FAILED], n, level);
    if (t->items.end[LOG_ABANDONED])
        observe_share(m, "exit_abandon", c->ends[LOG_ABANDONED], n, level);
    if (stage == log->review)
        observe_share(m, "caught_rate", c->rejected, c->visits, level);
    if (stage == log->gate && !isnan(log->threshold))
        metrics_add_exact(m, "threshold", log->threshold, "1");
}

/* Drafts known to be wrong, of those whose truth is known: as a rate of all only where no draft is
 * unknown, for the known ones are not a fair sample. */
static void put_wrong(const struct tally_items *c, double level, struct metrics *m)
{
    uint64_t bad = c->draft_bad, known = c->draft_known, n = c->items;
    if (known == n)
        observe_share(m, "wrong_rate", bad, known, level);
    else if (known)
        metrics_add(m, "wrong_rate", NAN, (double)bad / (double)n,
                    (double)(bad + n - known) / (double)n, 0, n, "1");
}

void observe_stages(const struct tally *t, const struct trace_log *log, double level,
                    struct result *out)
{
    int32_t draft = observe_draft_stage(log);
    for (uint32_t s = 0; s < log->stages.len; s++) {
        const struct log_stage *stage = &log->stages.at[s];
        struct row row = {.id = arena_strdup(&out->arena, stage->id),
                          .name = stage->name ? arena_strdup(&out->arena, stage->name) : NULL,
                          .layer = layer_name(stage->layer),
                          .kind = step_kind_name(stage->kind)};
        put_stage(t, log, (int32_t)s, level, &row.metrics);
        if ((int32_t)s == draft && (log->labelled || log->review >= 0))
            put_wrong(&t->items, level, &row.metrics);
        vec_push(&out->stages, row);
    }
}
