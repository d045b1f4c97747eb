/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Is the log steady?  A fit takes its items as independent draws of one law.  Two looks at the
 * items' latencies in order of start say whether they are:
 *
 * - drift: do the medians of the two halves differ by more than chance?
 * - dependence: batch means (Law and Kelton).  The mean of a batch of m independent values has a
 *   variance of 1/m of theirs; where it has `effect` times that, n items tell as much as n / effect
 *   independent ones (Kish's design effect), and the evidence of latencies is cut to that. */
#include "trace/estimate_parts.h"

#include "math/interval.h"
#include "trace/observe.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BATCHES = 10, BATCH_LEAST = 5 };

struct timed {
    int64_t start_ns;
    double latency_s;
};

static int by_start(const void *a, const void *b)
{
    const struct timed *x = a, *y = b;
    return x->start_ns < y->start_ns ? -1 : x->start_ns > y->start_ns;
}

static int by_latency(const void *a, const void *b)
{
    const struct timed *x = a, *y = b;
    return x->latency_s < y->latency_s ? -1 : x->latency_s > y->latency_s;
}

/* Order statistics that bracket the median of n items with 99.9%; sorts them. */
static void bracket_median(struct timed *at, size_t n, double *low, double *high)
{
    uint64_t l, u;
    qsort(at, n, sizeof *at, by_latency);
    interval_quantile_ranks(n, 0.5, 0.999, &l, &u, NULL);
    *low = l ? at[l - 1].latency_s : 0;
    *high = u <= n ? at[u - 1].latency_s : INFINITY;
}

/* A fit takes the log as steady: is the median latency of its first half another one than that of
 * its second? */
static void warn_of_drift(struct estimate *e, const struct timed *in_order, size_t n)
{
    struct timed *at = mem_alloc((n + 1) * sizeof *at);
    double low[2], high[2];

    memcpy(at, in_order, n * sizeof *at);
    if (n >= 2) {
        bracket_median(at, n / 2, &low[0], &high[0]);
        bracket_median(at + n / 2, n - n / 2, &low[1], &high[1]);
        if (high[0] < low[1] || high[1] < low[0])
            result_warn(e->info,
                        "latency %s over the log (the medians of its halves differ by "
                        "more than chance): the scenario is the mean of both",
                        high[0] < low[1] ? "rises" : "falls");
    }
    mem_free(at);
}

/* How many times the variance of batch means exceeds that of independent items, at least 1; of log
 * latencies, so that one slow item does not decide. */
static double design_effect(const struct timed *at, size_t n)
{
    size_t m = n / BATCHES, used = m * BATCHES;
    double sum = 0, sum2 = 0, batch2 = 0;

    if (m < BATCH_LEAST)
        return 1;
    for (size_t b = 0; b < BATCHES; b++) {
        double batch = 0;
        for (size_t i = b * m; i < (b + 1) * m; i++) {
            double x = log(fmax(at[i].latency_s, 1e-9));
            batch += x;
            sum2 += x * x;
        }
        sum += batch;
        batch2 += batch / (double)m * (batch / (double)m);
    }
    double mean = sum / (double)used, n_used = (double)used;
    double variance = (sum2 - n_used * mean * mean) / (n_used - 1);
    double between = (batch2 - BATCHES * mean * mean) / (BATCHES - 1);
    if (!(variance > 0))
        return 1;
    return fmax(1, (double)m * between / variance);
}

static void cut_evidence(struct dist *d, double effect)
{
    if (d->evidence > 2)
        d->evidence = (uint64_t)fmax(2, round((double)d->evidence / effect));
}

static void weigh_evidence(struct estimate *e, double effect, size_t n)
{
    if (effect <= 1)
        return;
    for (uint32_t i = 0; i < e->out->n_steps; i++)
        cut_evidence(&e->out->step[i].numbers[0].latency, effect);
    result_warn(
        e->info,
        "items that follow one another take alike times: for latencies these %zu items tell "
        "as much as %.0f independent ones, and their evidence counts for that",
        n, round((double)n / effect));
}

/* Does a step have a queue, which makes neighbours alike anyway? */
static bool has_queue(const struct estimate *e, int32_t stage)
{
    for (uint32_t i = 0; i < e->n_parts; i++)
        if (e->part[i].stage == stage && e->out->step[i].by)
            return true;
    return false;
}

/* Time of an item, without its steps that have a queue. */
static double time_of(const struct estimate *e, const struct log_item *it)
{
    double s = observe_span_s(it->start_ns, it->end_ns);
    if (e->out->n_resources == 0)
        return s;
    for (uint32_t v = it->first_visit; v < it->first_visit + it->n_visits; v++)
        if (has_queue(e, e->log->visits.at[v].stage))
            s -= observe_span_s(e->log->visits.at[v].start_ns, e->log->visits.at[v].end_ns);
    return fmax(s, 0);
}

void estimate_steadiness(struct estimate *e)
{
    const struct trace_log *log = e->log;
    struct timed *at = mem_alloc((log->items.len + 1) * sizeof *at);
    size_t n = 0;

    for (size_t i = 0; i < log->items.len; i++) {
        const struct log_item *it = &log->items.at[i];
        double s = time_of(e, it);
        if (!isnan(s) && it->end != LOG_UNFINISHED)
            at[n++] = (struct timed){it->start_ns, s};
    }
    qsort(at, n, sizeof *at, by_start);
    warn_of_drift(e, at, n);
    weigh_evidence(e, design_effect(at, n), n);
    mem_free(at);
}
