/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A step whose spans hold several tries each.
 *
 * A run that failed made all its tries, m.  One that ended well made one where it took less than a
 * wait; a longer one made as many as fit its time best, tries of the median time of the others and
 * the waits between them.  Where waits do not part the runs (none, or most runs are longer) only
 * the failed ones tell: all m tries fail with e^m, so e = (k/n)^(1/m), and its evidence is of as
 * many attempts as have the same variance (delta method). */
#include "model/rules.h"
#include "trace/estimate_parts.h"
#include "trace/observe.h"

#include <math.h>
#include <stdlib.h>

struct runs {
    double *ok_s; /* seconds of those that ended well */
    size_t n_ok;
    uint64_t all, failed; /* with those of no known time */
};

/* The policy that all spans of a stage have; NULL. */
static const struct folded_node *policy_of(const struct trace_log *log, int32_t stage)
{
    const struct folded_node *found = NULL;
    for (size_t v = 0; log->folded.list.len && v < log->visits.len; v++) {
        const struct log_visit *visit = &log->visits.at[v];
        if ((int32_t)visit->stage != stage || visit->item == SPAN_NONE)
            continue;
        for (uint32_t k = 0; k < visit->n_attempts; k++) {
            uint32_t i = log->attempts.at[visit->first_attempt + k];
            const struct folded_node *node =
                folded_find(&log->folded, span_string(&log->spans, log->spans.name[i]));
            if (!node || !node->tries || (found && found != node))
                return NULL;
            found = node;
        }
    }
    return found;
}

static void take_runs(const struct trace_log *log, int32_t stage, struct runs *r)
{
    const struct span_set *s = &log->spans;
    for (size_t v = 0; v < log->visits.len; v++) {
        const struct log_visit *visit = &log->visits.at[v];
        if ((int32_t)visit->stage != stage || visit->item == SPAN_NONE || visit->pending)
            continue;
        for (uint32_t k = 0; k < visit->n_attempts; k++) {
            uint32_t i = log->attempts.at[visit->first_attempt + k];
            double d = span_duration_s(s, i);
            bool failed = s->outcome[i] != OUTCOME_OK;
            r->all++;
            r->failed += failed;
            if (!isnan(d) && !failed)
                r->ok_s[r->n_ok++] = d;
        }
    }
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* Of ok_s, ascending, those shorter than a wait. */
static size_t below_wait(const struct runs *r, double wait_s)
{
    size_t n = 0;
    while (n < r->n_ok && r->ok_s[n] < wait_s)
        n++;
    return n;
}

/* Tries of runs that ended well and are longer than a wait, beyond the first of each. */
static uint64_t further_tries(const struct runs *r, size_t short_ones,
                              const struct folded_node *node)
{
    double one = r->ok_s[(short_ones - 1) / 2], wait = node->wait_s;
    uint64_t more = 0;
    for (size_t i = short_ones; i < r->n_ok; i++) {
        double best = round((r->ok_s[i] + wait) / (one + wait));
        double most = fmin(node->tries, 1 + floor(r->ok_s[i] / wait));
        more += (uint64_t)(fmax(1, fmin(best, most)) - 1);
    }
    return more;
}

static void put_from_ends(struct estimate *e, uint32_t part, const struct runs *r,
                          const struct folded_node *node)
{
    struct numbers *numbers = e->out->step[part].numbers;
    double m = node->tries, k = (double)r->failed, q = k / (double)r->all;
    double p = pow(q, 1 / m), alike = fmax(1, round((1 - p) * m * m * k / (p * (1 - q))));
    if (r->failed == r->all)
        estimate_rate(e, part, "error", r->all, r->all, true, &numbers->error);
    else if (r->failed)
        estimate_rate(e, part, "error", (uint64_t)llround(p * alike), (uint64_t)alike, true,
                      &numbers->error);
    buf_puts(&e->note[part], "; waits do not part runs of one try from others: the error of a try "
                             "is that of which all fail as often as was seen, and times of runs "
                             "count as those of tries");
}

static void put_latency(struct estimate *e, uint32_t part, const struct runs *r, size_t n)
{
    double *x = mem_alloc((n + 1) * sizeof *x);
    for (size_t i = 0; i < n; i++)
        x[i] = r->ok_s[i];
    if (n)
        e->out->step[part].numbers->latency = estimate_latency(e, part, x, NULL, n);
    mem_free(x);
}

bool estimate_folded(struct estimate *e, uint32_t part)
{
    const struct trace_log *log = e->log;
    const struct folded_node *node = e->flow ? policy_of(log, e->part[part].stage) : NULL;
    struct step *s = &e->out->step[part];
    if (!node)
        return false;
    struct runs r = {.ok_s = mem_alloc((log->attempts.len + 1) * sizeof(double))};
    take_runs(log, e->part[part].stage, &r);
    qsort(r.ok_s, r.n_ok, sizeof *r.ok_s, by_value);
    size_t short_ones = below_wait(&r, node->wait_s);
    bool parted = node->wait_s > 0 && 2 * short_ones > r.n_ok;
    uint64_t tries = r.all;
    buf_printf(&e->note[part], "%s%llu runs, each of up to %u tries folded into one",
               e->note[part].len ? "; " : "", (unsigned long long)r.all, node->tries);
    if (parted) {
        uint64_t more = further_tries(&r, short_ones, node);
        uint64_t failed = r.failed * node->tries + more;
        tries = r.all - r.failed + failed;
        if (failed)
            estimate_rate(e, part, "error", failed, tries, true, &s->numbers->error);
        buf_printf(&e->note[part], ": %llu failed, with all of theirs, and %zu took a wait or more",
                   (unsigned long long)r.failed, r.n_ok - short_ones);
    } else {
        put_from_ends(e, part, &r, node);
    }
    put_latency(e, part, &r, parted ? short_ones : r.n_ok);
    s->retry.attempts = node->tries;
    s->retry.on = RETRY_ALL;
    s->retry.factor = 1;
    s->retry.initial_s = node->wait_s;
    estimate_cost(e, part, tries, false);
    mem_free(r.ok_s);
    return true;
}
