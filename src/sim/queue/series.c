/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the series of a timed run shows: curves over time, and whether the run can be trusted.
 *
 * MSER-5: of the series in means of five, the cut d that makes the remaining mean's error smallest,
 * min over d of the sum of squares after d / (n - d)^2, is where the warm-up ends (White, "An
 * effective truncation heuristic for bias reduction in simulation output", Simulation 69, 1997).  A
 * cut in the second half says nothing.  Rates or hours that come back every day or week make the
 * series periodic, and the means are then over whole periods. */
#include "sim/metrics.h"
#include "sim/queue/metrics.h"

#include "math/interval.h"
#include "sim/batch.h"
#include "sim/queue.h"

#include <math.h>
#include <string.h>

static struct point point_of(const struct queue_tally *t, double x, uint64_t sum, uint64_t squares,
                             double level)
{
    double n = (double)t->observed, mean = (double)sum / n;
    double variance = n > 1 ? fmax((double)squares - n * mean * mean, 0) / (n - 1) : 0;
    struct point p = {.x = x, .y = mean, .low = NAN, .high = NAN};
    if (t->observed > 1) {
        struct interval at = interval_mean(mean, variance, t->observed, level);
        p.low = fmax(at.low, 0);
        p.high = at.high;
    }
    return p;
}

static void put_curve(const struct queue_tally *t, const char *id, uint32_t r, const uint64_t *sum,
                      const uint64_t *squares, double level, struct result *out)
{
    const struct pipeline *p = t->program->pipeline;
    double end = p->horizon.warmup_s + p->horizon.length_s;
    struct curve *c = result_add_curve(out, id, "time", id);
    c->resource = result_text(out, "%s", p->resource[r].id);
    for (uint32_t k = 0; k < t->n_instants; k++) {
        size_t at = (size_t)r * t->n_instants + k;
        struct point point =
            point_of(t, fmin(k * p->horizon.observe_s, end), sum[at], squares[at], level);
        vec_push(&c->points, point);
    }
}

void queue_curves(const struct queue_tally *t, double level, struct result *out)
{
    queue_cdf_curve(t, level, out);
    for (uint32_t r = 0; t->observed > 0 && r < t->program->pipeline->n_resources; r++) {
        if (!queue_uses(t->program->pipeline, r))
            continue;
        put_curve(t, "backlog", r, t->waiting, t->waiting2, level, out);
        put_curve(t, "in_system", r, t->inside, t->inside2, level, out);
    }
}

/* --- was the run long enough? */

static double period_s(const struct pipeline *p)
{
    if (p->arrivals.kind == ARRIVALS_SCHEDULE)
        return WEEK_S;
    for (uint32_t r = 0; r < p->n_resources; r++)
        if (p->resource[r].n_hours)
            return WEEK_S;
    return p->arrivals.kind == ARRIVALS_DAILY ? DAY_S : 0;
}

/* Where MSER cuts the series of n means; n: nowhere in its first half. */
static uint32_t mser_cut(const double *mean, uint32_t n)
{
    double sum = 0, squares = 0, least = INFINITY;
    uint32_t cut = n;
    for (uint32_t d = n; d-- > 0;) {
        double left = n - d;
        sum += mean[d];
        squares += mean[d] * mean[d];
        if (left < 5)
            continue;
        double score = fmax(squares - sum * sum / left, 0) / (left * left);
        if (score <= least) {
            least = score;
            cut = d;
        }
    }
    return cut <= n / 2 ? cut : n;
}

/* Is what was measured before the cut another level than what came after: by a twentieth, and by
 * five standard errors? */
static bool matters(const double *mean, uint32_t from, uint32_t cut, uint32_t n)
{
    double early = 0, late = 0, squares = 0, left = n - cut;
    for (uint32_t i = from; i < cut; i++)
        early += mean[i] / (cut - from);
    for (uint32_t i = cut; i < n; i++)
        late += mean[i] / left;
    for (uint32_t i = cut; i < n; i++)
        squares += (mean[i] - late) * (mean[i] - late);
    double error = sqrt(squares / (left - 1) / (cut - from));
    return fabs(early - late) > fmax(0.05 * late, 5 * error);
}

static void warn_warmup(const struct queue_tally *t, uint32_t r, struct result *out)
{
    const struct pipeline *p = t->program->pipeline;
    double step = p->horizon.observe_s, period = period_s(p);
    uint32_t each = period > 0 ? (uint32_t)fmax(rint(period / step), 1) : 5;
    uint32_t n = t->n_instants > 1 ? (t->n_instants - 1) / each : 0;
    if (n < 10)
        return;
    double *mean = mem_zero(n, sizeof *mean);
    for (uint32_t i = 0; i < n * each; i++)
        mean[i / each] += (double)t->inside[(size_t)r * t->n_instants + i];
    uint32_t cut = mser_cut(mean, n);
    double settled = (double)cut * each * step;
    uint32_t from = (uint32_t)ceil(p->horizon.warmup_s / (each * step) - 1e-9);
    if (from < cut && cut < n && matters(mean, from, cut, n))
        result_warn(out,
                    "resource %s: the number in the system settles after about %.3g s (MSER-5), "
                    "later than the warm-up of %.3g s; lengthen `warmup`",
                    p->resource[r].id, settled, p->horizon.warmup_s);
    mem_free(mean);
}

static const struct metric *resource_metric(const struct result *out, const char *id,
                                            const char *name)
{
    for (size_t i = 0; i < out->resources.len; i++)
        if (!strcmp(out->resources.at[i].id, id))
            return metrics_find(&out->resources.at[i].metrics, name);
    return NULL;
}

/* Overload: the backlog grows, by more than chance makes it and by more than it holds on average,
 * while servers have hardly a free moment. */
static bool warn_overload(const struct queue_tally *t, uint32_t r, struct result *out)
{
    const struct pipeline *p = t->program->pipeline;
    const struct resource *law = &p->resource[r];
    const struct metric *use = resource_metric(out, law->id, "utilisation");
    const struct metric *growth = resource_metric(out, law->id, "backlog_growth");
    const struct metric *mean = resource_metric(out, law->id, "in_system_mean");
    if (!use || !growth || !mean)
        return false;
    double grown = growth->value * p->horizon.length_s / DAY_S;
    bool busy = use->value > 0.98, grows = growth->low > 0 && grown > 0.5 * mean->value;
    if (!(grows && busy) && !(use->value > 1 - 1e-6 && growth->value > 0))
        return false;
    result_warn(
        out,
        "resource %s is overloaded: utilisation %.4g, and its backlog grows by %.3g items a "
        "day; there is no steady state, and waits depend on the length of the run",
        law->id, use->value, growth->value);
    return true;
}

/* Why shares of edges may add up to less than 1. */
static void say_leaving(const struct queue_program *g, struct result *out)
{
    bool cancels = false;
    for (uint32_t i = 0; i < g->n_steps; i++)
        cancels |= g->step[i].kind == STEP_PARALLEL;
    if (g->can_abandon || cancels || g->timed)
        result_assume(out, "shares of edges are of the visits that began: they add up to less than "
                           "1 where items leave in the middle of a visit (a deadline, patience, a "
                           "branch that its join no longer needs, the end of the run)");
}

void queue_warn(const struct queue_tally *t, struct result *out)
{
    const struct queue_program *g = t->program;
    bool overloaded = false;
    if (t->endless > 0)
        result_warn(out,
                    "%llu of %llu items were ended by the guard of loops without a bound (%d "
                    "visits of one item) and count as failed",
                    (unsigned long long)t->endless, (unsigned long long)t->items, VISITS_MAX);
    for (uint32_t i = 0; i < g->n_steps; i++)
        if (g->step[i].step->hedge_copies > 0) {
            say_hedged(out);
            break;
        }
    say_leaving(g, out);
    if (!g->timed)
        return;
    for (uint32_t r = 0; r < g->pipeline->n_resources; r++)
        overloaded |= queue_uses(g->pipeline, r) && warn_overload(t, r, out);
    for (uint32_t r = 0; !overloaded && r < g->pipeline->n_resources; r++)
        if (queue_uses(g->pipeline, r))
            warn_warmup(t, r, out);
    if (t->unfinished > 0)
        result_warn(out,
                    "%llu of %llu items were still inside when the guard struck, long after the "
                    "horizon; they count as unfinished, and their latencies are not known",
                    (unsigned long long)t->unfinished, (unsigned long long)t->items);
    if (t->items == 0 && t->observed > 0)
        result_warn(out, "no item arrived between the warm-up and the end of the horizon");
    if (t->n_units > 1)
        result_assume(out,
                      "one replication: intervals are from the means of %u equal parts of the "
                      "horizon (batch means)",
                      t->n_units);
}
