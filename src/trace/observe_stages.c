/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every step at both grains, visits and attempts; and every span name. */
#include "trace/observe.h"

#include "math/interval.h"
#include "math/sort.h"
#include "model/rules.h"
#include "trace/discover.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NAMES_MAX = 1000 };

struct stage_counts {
    uint64_t attempts, outcome[OUTCOME_COUNT];
    uint64_t visits, ok, first_ok, retried, retried_ok;
    uint64_t approved, corrected, rejected; /* of a review's visits */
    uint64_t ends[3];                       /* items that ship, are rejected, fail here */
    double *attempt_s, *visit_s;            /* [attempts], [visits]; only known ones */
    size_t n_attempt_s, n_visit_s;
    double *visits_of, *attempts_of; /* [n_items] of the items that came here */
    size_t n_items;
};

/* Visits by stage, each stage's by item: visit[first[stage] ... first[stage + 1]). */
struct by_stage {
    uint32_t *first; /* [stages + 1] */
    uint32_t *visit; /* [visits] */
};

/* Does the visit have a further attempt because one failed (not for an interrupt)? */
static bool failed_first(const struct trace_log *log, const struct log_visit *v)
{
    return log->spans.outcome[log->attempts.at[v->first_attempt]] != OUTCOME_OK;
}

static void count_visit(const struct trace_log *log, const struct log_visit *v,
                        struct stage_counts *c)
{
    bool first_failed = failed_first(log, v), ok = v->outcome == OUTCOME_OK;
    double s = observe_span_s(v->start_ns, v->end_ns);
    c->visits++;
    c->ok += ok;
    c->first_ok += !first_failed;
    c->retried += first_failed && v->n_attempts > 1;
    c->retried_ok += first_failed && v->n_attempts > 1 && ok;
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
    c->visits_of[c->n_items - 1]++;
    c->attempts_of[c->n_items - 1] += v->n_attempts;
    if (!isnan(s) && !v->pending)
        c->visit_s[c->n_visit_s++] = s;
    for (uint32_t k = 0; k < v->n_attempts; k++) {
        uint32_t span = log->attempts.at[v->first_attempt + k];
        double d = span_duration_s(&log->spans, span);
        c->attempts++;
        c->outcome[log->spans.outcome[span]]++;
        if (!isnan(d))
            c->attempt_s[c->n_attempt_s++] = d;
    }
}

static void sort_by_stage(const struct trace_log *log, struct by_stage *out)
{
    size_t n = log->stages.len;
    out->first = mem_zero(n + 2, sizeof *out->first);
    out->visit = mem_alloc((log->visits.len + 1) * sizeof *out->visit);
    for (size_t i = 0; i < log->items.len; i++)
        for (uint32_t k = 0; k < log->items.at[i].n_visits; k++)
            out->first[log->visits.at[log->items.at[i].first_visit + k].stage + 2]++;
    for (size_t s = 2; s < n + 2; s++)
        out->first[s] += out->first[s - 1];
    for (size_t i = 0; i < log->items.len; i++)
        for (uint32_t k = 0; k < log->items.at[i].n_visits; k++) {
            uint32_t v = log->items.at[i].first_visit + k;
            out->visit[out->first[log->visits.at[v].stage + 1]++] = v;
        }
}

static void count_stage(const struct trace_log *log, const uint32_t *visit, size_t n,
                        struct stage_counts *c)
{
    for (size_t k = 0; k < n; k++) {
        const struct log_visit *v = &log->visits.at[visit[k]];
        const struct log_item *it = &log->items.at[v->item];
        if (k == 0 || log->visits.at[visit[k - 1]].item != v->item) {
            c->visits_of[c->n_items] = c->attempts_of[c->n_items] = 0;
            c->n_items++;
        }
        count_visit(log, v, c);
        if (visit[k] == it->first_visit + it->n_visits - 1 && it->end != LOG_UNFINISHED)
            c->ends[it->end]++;
    }
}

static void put_stage(const struct trace_log *log, int32_t stage, const struct stage_counts *c,
                      double level, struct metrics *m)
{
    static const char *const attempt_names[] = {"attempt_latency_mean", "attempt_latency_p50",
                                                "attempt_latency_p90", "attempt_latency_p95",
                                                "attempt_latency_p99"};
    static const char *const visit_names[] = {"visit_latency_mean", "visit_latency_p50",
                                              "visit_latency_p90", "visit_latency_p95",
                                              "visit_latency_p99"};
    size_t n = log->items.len;
    metrics_add_exact(m, "visits", (double)c->visits, "count");
    metrics_add_exact(m, "attempts", (double)c->attempts, "count");
    if (log->stages.at[stage].hidden)
        metrics_add_exact(m, "hidden_retries", (double)log->stages.at[stage].hidden, "count");
    if (stage == log->review) {
        metrics_add_exact(m, "approved", (double)c->approved, "count");
        metrics_add_exact(m, "corrected", (double)c->corrected, "count");
        metrics_add_exact(m, "rejected", (double)c->rejected, "count");
    }
    observe_mean(m, "visits_per_item", c->visits_of, c->n_items, n, level, "1");
    observe_mean(m, "attempts_per_item", c->attempts_of, c->n_items, n, level, "1");
    observe_share(m, "ok_rate", c->outcome[OUTCOME_OK], c->attempts, level);
    observe_share(m, "error_rate", c->outcome[OUTCOME_ERROR], c->attempts, level);
    observe_share(m, "malformed_rate", c->outcome[OUTCOME_MALFORMED], c->attempts, level);
    observe_share(m, "timeout_rate", c->outcome[OUTCOME_TIMEOUT], c->attempts, level);
    observe_share(m, "success_rate", c->ok, c->visits, level);
    observe_share(m, "first_try_rate", c->first_ok, c->visits, level);
    observe_share(m, "retry_success_rate", c->retried_ok, c->retried, level);
    observe_latency(m, attempt_names, c->attempt_s, c->n_attempt_s, level);
    observe_latency(m, visit_names, c->visit_s, c->n_visit_s, level);
    observe_share(m, "exit_ship", c->ends[LOG_SHIPPED], n, level);
    observe_share(m, "exit_reject", c->ends[LOG_REJECTED], n, level);
    observe_share(m, "exit_fail", c->ends[LOG_FAILED], n, level);
    if (stage == log->review)
        observe_share(m, "caught_rate", c->rejected, c->visits, level);
    if (stage == log->gate && !isnan(log->threshold))
        metrics_add_exact(m, "threshold", log->threshold, "1");
}

/* Drafts known to be wrong, of those whose truth is known: as a rate of all only where no draft is
 * unknown, for the known ones are not a fair sample. */
static void put_wrong(const struct trace_log *log, double level, struct metrics *m)
{
    uint64_t bad = 0, known = 0;
    for (size_t i = 0; i < log->items.len; i++) {
        known += log->items.at[i].draft != LOG_UNKNOWN;
        bad += log->items.at[i].draft == LOG_BAD;
    }
    if (known == log->items.len)
        observe_share(m, "wrong_rate", bad, known, level);
    else if (known)
        metrics_add(m, "wrong_rate", NAN, (double)bad / (double)log->items.len,
                    (double)(bad + log->items.len - known) / (double)log->items.len, 0,
                    log->items.len, "1");
}

void observe_stages(const struct trace_log *log, double level, struct result *out)
{
    struct stage_counts c = {0};
    struct by_stage order;
    size_t items = log->items.len;
    int32_t draft = observe_draft_stage(log);
    double *attempt_s = mem_alloc(log->attempts.len * sizeof *attempt_s);
    double *visit_s = mem_alloc(log->visits.len * sizeof *visit_s);
    double *visits_of = mem_alloc(items * sizeof *visits_of);
    double *attempts_of = mem_alloc(items * sizeof *attempts_of);
    sort_by_stage(log, &order);
    for (uint32_t s = 0; s < log->stages.len; s++) {
        const struct log_stage *stage = &log->stages.at[s];
        struct row row = {.id = arena_strdup(&out->arena, stage->id),
                          .layer = layer_name(stage->layer),
                          .kind = step_kind_name(stage->kind)};
        c = (struct stage_counts){.attempt_s = attempt_s,
                                  .visit_s = visit_s,
                                  .visits_of = visits_of,
                                  .attempts_of = attempts_of};
        count_stage(log, order.visit + order.first[s], order.first[s + 1] - order.first[s], &c);
        put_stage(log, (int32_t)s, &c, level, &row.metrics);
        if ((int32_t)s == draft && (log->labelled || log->review >= 0))
            put_wrong(log, level, &row.metrics);
        vec_push(&out->stages, row);
    }
    mem_free(attempt_s);
    mem_free(visit_s);
    mem_free(visits_of);
    mem_free(attempts_of);
    mem_free(order.first);
    mem_free(order.visit);
}

/* ---- span names ------------------------------------------------------------------------- */

struct group {
    size_t first, n;
};

static int by_count(const void *a, const void *b)
{
    const struct group *x = a, *y = b;
    if (x->n != y->n)
        return x->n > y->n ? -1 : 1;
    return x->first < y->first ? -1 : x->first > y->first;
}

/* The row of the spans at[0..n), which have one name; x has room for their durations. */
static void put_name(const struct span_set *s, const uint32_t *at, size_t n, double *x,
                     struct result *out)
{
    static const char *const names[] = {"latency_p50", "latency_p95", "latency_p99"};
    static const double p[] = {0.5, 0.95, 0.99};
    uint64_t errors = 0, scored = 0;
    double sum = 0;
    size_t timed = 0;
    for (size_t i = 0; i < n; i++) {
        double duration = span_duration_s(s, at[i]);
        errors += s->outcome[at[i]] != OUTCOME_OK;
        if (!isnan(duration))
            x[timed++] = duration;
        if (!isnan(s->confidence[at[i]])) {
            sum += s->confidence[at[i]];
            scored++;
        }
    }
    sort_doubles(x, timed);
    struct row row = {.id = arena_strdup(&out->arena, span_string(s, s->name[at[0]]))};
    metrics_add_count(&row.metrics, "spans", n);
    metrics_add_count(&row.metrics, "errors", errors);
    for (size_t k = 0; k < 3 && timed; k++) {
        size_t rank = (size_t)sample_rank(timed, p[k]);
        metrics_add(&row.metrics, names[k], x[(rank ? rank : 1) - 1], NAN, NAN, 0, timed, "s");
    }
    if (scored)
        metrics_add(&row.metrics, "confidence_mean", sum / (double)scored, NAN, NAN, 0, scored,
                    "1");
    vec_push(&out->names, row);
}

/* Spans side by side by their names, counted and not compared. */
static uint32_t *spans_by_name(const struct trace_log *log, size_t *n)
{
    const struct span_set *s = &log->spans;
    uint32_t *next = mem_zero((size_t)s->text.count + 1, sizeof *next);
    uint32_t *at = mem_alloc((s->len + 1) * sizeof *at), begin = 0;
    for (size_t i = 0; i < s->len; i++)
        if (log->span_item[i] != SPAN_NONE)
            next[s->name[i]]++;
    for (size_t t = 0; t < s->text.count; t++) {
        uint32_t here = next[t];
        next[t] = begin;
        begin += here;
    }
    for (size_t i = 0; i < s->len; i++)
        if (log->span_item[i] != SPAN_NONE)
            at[next[s->name[i]]++] = (uint32_t)i;
    *n = begin;
    mem_free(next);
    return at;
}

void observe_names(const struct trace_log *log, struct result *out)
{
    const struct span_set *s = &log->spans;
    VEC(struct group) groups = {0};
    size_t n, most = 0;
    uint32_t *all = spans_by_name(log, &n);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || s->name[all[i]] != s->name[all[i - 1]])
            vec_push(&groups, ((struct group){i, 1}));
        else
            groups.at[groups.len - 1].n++;
    if (groups.len)
        qsort(groups.at, groups.len, sizeof groups.at[0], by_count);
    most = groups.len ? groups.at[0].n : 0;
    double *x = mem_alloc((most + 1) * sizeof *x);
    for (size_t g = 0; g < groups.len && g < NAMES_MAX; g++)
        put_name(s, all + groups.at[g].first, groups.at[g].n, x, out);
    if (groups.len > NAMES_MAX)
        result_warn(out, "the log has %zu span names; the %d most frequent are shown", groups.len,
                    NAMES_MAX);
    vec_release(&groups);
    mem_free(all);
    mem_free(x);
}
