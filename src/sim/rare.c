/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each rare share of the result is sought by the cross-entropy method (rare_sample.h): its mean
 * over the blocks takes the plain estimate's place, with Student's interval, for a ratio with the
 * delta method's.  Then shares are made to add up to 1 again. */
#include "sim/rare.h"

#include "math/gsl_guard.h"
#include "math/interval.h"
#include "sim/endless.h"
#include "sim/exact.h"
#include "sim/possible.h"
#include "sim/rare_sample.h"
#include "sim/split.h"

#include <math.h>

/* --- what may be rare: one kind of end, and the metrics that count it */

static const struct rarity targets[] = {
    {CLASS_CORRECT,    ITEM_SHIPPED,   1,  false, "reliability",     NULL,           NULL,            0            },
    {CLASS_WRONG,      ITEM_SHIPPED,   0,  false, "share_wrong",     NULL,           "shipped_error", CLASS_SHIPPED},
    {CLASS_AUTO_WRONG, ITEM_SHIPPED,   0,  true,  NULL,              NULL,           "auto_error",    CLASS_AUTO   },
    {CLASS_REJECTED,   ITEM_REJECTED,  -1, false, "share_rejected",  "exit_reject",  NULL,            0            },
    {CLASS_FAILED,     ITEM_FAILED,    -1, false, "share_failed",    "exit_fail",    NULL,            0            },
    {CLASS_ABANDONED,  ITEM_ABANDONED, -1, false, "share_abandoned", "exit_abandon", NULL,            0            },
};

static bool is_rare(const struct metric *m)
{
    return m && split_is_rare(m->value, m->low, m->high);
}

/* --- into the result */

static void replace(struct metric *m, double value, struct interval ci, uint64_t n)
{
    m->value = value;
    m->low = fmax(fmin(ci.low, value), 0);
    m->high = ci.high;
    m->n = n;
}

static struct metric *find(const struct metrics *m, const char *name)
{
    return name ? (struct metric *)metrics_find(m, name) : NULL;
}

/* A search for one kind of end may hardly see it at this step, or in this class: what is seen less
 * than a few times over stays as it was. */
static bool is_seen(const struct rare_sums *e, double mean, double variance)
{
    static const double WORST = 0.5;
    return mean > 0 && sqrt(variance / (double)e->blocks) < WORST * mean;
}

static void improve_share(const struct rare_sums *e, uint32_t at, struct metric *m)
{
    double variance, mean = rare_sums_mean(e, at, &variance);
    if (is_rare(m) && is_seen(e, mean, variance))
        replace(m, mean, interval_mean(mean, variance, e->blocks, m->level),
                e->blocks * RARE_BLOCK);
}

static void improve_ratio(const struct rare_sums *e, uint32_t y, uint32_t x, struct metric *m)
{
    double vy, vx, my = rare_sums_mean(e, y, &vy), mx = rare_sums_mean(e, x, &vx);
    if (!is_rare(m) || !(mx > 0) || !is_seen(e, my, vy))
        return;
    double cov = rare_sums_covariance(e, y, x);
    replace(m, my / mx, interval_ratio(my, mx, vy, vx, cov, e->blocks, m->level),
            e->blocks * RARE_BLOCK);
}

static void improve_rows(const struct rare_sums *e, struct result *out)
{
    const struct rare_study *s = e->study;
    const struct rarity *t = s->target;
    uint32_t all = tally_all(&s->program);
    const enum step_sum exits[] = {[ITEM_REJECTED] = STEP_REJECTS,
                                   [ITEM_FAILED] = STEP_FAILS,
                                   [ITEM_ABANDONED] = STEP_ABANDONS};
    for (uint32_t c = 0; c <= all; c++) {
        struct metrics *m = c == all               ? &out->metrics
                            : c < out->classes.len ? &out->classes.at[c].metrics
                                                   : NULL;
        uint32_t at = c * CLASS_SUMS;
        if (!m)
            continue;
        /* a class's shares are of its own items, whose number is a weighted sum too */
        if (c == all)
            improve_share(e, at + t->sum, find(m, t->share));
        else
            improve_ratio(e, at + t->sum, at + CLASS_N, find(m, t->share));
        improve_ratio(e, at + t->sum, at + t->of, find(m, t->ratio));
    }
    for (uint32_t i = 0; t->exit && i < out->stages.len; i++)
        improve_share(e, (all + 1) * CLASS_SUMS + i * STEP_SUMS + exits[t->end],
                      find(&out->stages.at[i].metrics, t->exit));
}

static const char *name_of(const struct rarity *t)
{
    return t->share ? t->share : t->ratio;
}

static void warn_plain(const struct metric *m, const char *why, struct result *out)
{
    result_warn(
        out,
        "%s: a probability below 1e-5 is poorly estimated by plain sampling (%.2g of %llu); "
        "%s",
        m->name, m->value, (unsigned long long)m->n, why);
}

/* The exact value, where there is one. */
static bool take_exact(const struct pipeline *p, struct metric *m, struct result *out)
{
    const struct exact_options how = {.level = m->level, .values_only = true};
    struct error ignored = {0};
    struct result exact;
    bool complete;
    result_init(&exact, "solve");
    const struct metric *x = exact_solve(p, &how, &exact, &complete, &ignored)
                                 ? NULL
                                 : metrics_find(&exact.metrics, m->name);
    if (x) {
        m->value = m->low = m->high = x->value;
        m->level = 0;
        result_assume(out, "%s: the exact value, as so rare a share is hardly ever sampled",
                      m->name);
    }
    result_release(&exact);
    return x != NULL;
}

static void improve(struct rare_study *s, struct metric *m, struct result *out)
{
    struct rare_sums e;
    uint32_t at = tally_all(&s->program) * CLASS_SUMS + s->target->sum;
    struct rare_worth worth = {0, true};
    if (rare_learn(s)) {
        s->stream++;
        rare_sums_run(&e, s, at);
        worth = rare_sums_worth(&e, at);
        if (!worth.degenerate) {
            improve_rows(&e, out);
            result_assume(out,
                          "%s: importance sampling of %llu items, effective sample size %.0f, as "
                          "plain sampling hardly ever sees so rare a share",
                          m->name, (unsigned long long)(e.blocks * RARE_BLOCK), worth.effective);
        }
        rare_sums_release(&e);
    }
    if (!worth.degenerate)
        return;
    if (rare_is_stopped(s))
        warn_plain(m, "the search for its ways was interrupted", out);
    else if (!take_exact(s->pipeline, m, out))
        warn_plain(m, "importance sampling found too few ways to it", out);
}

/* Sampling takes some hundred thousand items: those that go round a loop for long are too many. */
static bool is_searchable(const struct pipeline *p, const struct run_options *options)
{
    static const double VISITS_MOST = 1000;
    struct error ignored = {0};
    double visits;
    return !endless_visits(p, options, &visits, &ignored) && visits <= VISITS_MOST;
}

/* Untimed: every item by itself. */
static int improve_items(const struct pipeline *p, const struct run_options *options,
                         struct result *out, struct error *err)
{
    struct rare_study s = {0};
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        struct metric *m = find(&out->metrics, name_of(&targets[i]));
        if (!is_rare(m))
            continue;
        if (!is_searchable(p, options)) {
            if (!take_exact(p, m, out))
                warn_plain(m, "no search for its ways, as its items go round loops for long", out);
            continue;
        }
        if (!s.possible && rare_study_init(&s, p, options, err))
            return -1;
        s.target = &targets[i];
        s.tails = targets[i].end == ITEM_ABANDONED || targets[i].end == ITEM_SHIPPED;
        s.stream = (uint32_t)(1000000 * (i + 1)); /* replications of no plain run */
        improve(&s, m, out);
    }
    rare_study_release(&s);
    return 0;
}

/* Does what becomes of an item, save its time, depend on nothing but itself? */
static bool ends_alone(const struct pipeline *p)
{
    const uint64_t meets = FEATURE(ENVIRONMENTS) | FEATURE(BREAKER) | FEATURE(RETRY_BUDGET) |
                           FEATURE(WAITING_ROOM) | FEATURE(PATIENCE) | FEATURE(DEADLINE) |
                           FEATURE(FATIGUE) | FEATURE(WHEN) | FEATURE(HEDGE) | FEATURE(PARALLEL) |
                           FEATURE(FEEDBACK);
    return (pipeline_features(p) & meets) == 0;
}

/* What queues cause by splitting; what items do by themselves as if there were no arrivals. */
static int improve_timed(const struct pipeline *p, const struct run_options *options,
                         struct result *out, struct error *err)
{
    struct run_options o = *options;
    if (split_improve(p, options, NULL, out, err))
        return -1;
    if (ends_alone(p)) {
        struct pipeline untimed = *p;
        untimed.arrivals.kind = ARRIVALS_NONE;
        o.trials = out->metrics.list.len ? out->metrics.list.at[0].n : 0;
        return improve_items(&untimed, &o, out, err);
    }
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        const struct metric *m = find(&out->metrics, name_of(&targets[i]));
        if (is_rare(m) && m->high > 2 * m->value) /* splitting did not find it either */
            warn_plain(m,
                       "steps and what items share may both lead to it, and no search follows "
                       "the two together: more replications tell more of it",
                       out);
    }
    return 0;
}

/* --- shares add up to 1 */

static const char *const shares[] = {"reliability",  "share_wrong",     "share_rejected",
                                     "share_failed", "share_abandoned", "share_unfinished"};
enum { SHARES = sizeof shares / sizeof *shares };

static void set(struct metric *m, double value, double low, double high)
{
    if (!m)
        return;
    m->value = value;
    m->low = value - low;
    m->high = value + high;
}

/* How far below and above the sum of some shares may lie, as if they were independent: what takes
 * more of one leaves less for the others. */
static void spread(struct metric *const m[SHARES], size_t from, const struct metric *except,
                   double *low, double *high)
{
    *low = *high = 0;
    for (size_t k = from; k < SHARES; k++)
        if (m[k] && m[k] != except && m[k]->low < m[k]->high) {
            *low = hypot(*low, m[k]->value - m[k]->low);
            *high = hypot(*high, m[k]->high - m[k]->value);
        }
}

/* Where shares were replaced the largest one is what they leave. */
static void add_up(const struct metrics *of)
{
    enum { CORRECT, WRONG, NOT_SHIPPED };
    struct metric *m[SHARES], *most = NULL, *gap = find(of, "gap");
    double sum = 0, rest = 0, low, high;
    for (size_t k = 0; k < SHARES; k++) {
        m[k] = find(of, shares[k]);
        sum += m[k] ? m[k]->value : 0;
        rest += m[k] && k >= NOT_SHIPPED ? m[k]->value : 0;
        if (m[k] && (!most || m[k]->value > most->value))
            most = m[k];
    }
    if (!most || sum == 1 || fabs(sum - 1) > 1e-3)
        return;
    if (most == m[CORRECT] || most == m[WRONG]) {
        spread(m, NOT_SHIPPED, NULL, &low, &high);
        set(find(of, "completion"), 1 - rest, high, low);
    }
    spread(m, CORRECT, most, &low, &high);
    if (gap && most == m[CORRECT])
        set(gap, gap->value + sum - 1, low, high);
    set(most, most->value + 1 - sum, high, low);
}

/* What nothing leads to is not rare: it is 0. */
static int settle_impossible(const struct pipeline *p, struct result *out, struct error *err)
{
    struct queue_program g;
    if (!possible_asks(out) || (pipeline_features(p) & FEATURE(FEEDBACK)))
        return 0;
    if (queue_program_init(&g, p, err))
        return -1;
    possible_settle(&g, out);
    queue_program_release(&g);
    return 0;
}

static int improve_all(const struct pipeline *p, const struct run_options *options,
                       struct result *out, struct error *err)
{
    return p->arrivals.kind != ARRIVALS_NONE ? improve_timed(p, options, out, err)
                                             : improve_items(p, options, out, err);
}

int rare_improve(const struct pipeline *p, const struct run_options *options, struct result *out,
                 struct error *err)
{
    math_init();
    if (settle_impossible(p, out, err))
        return -1;
    if (out->run.partial)
        return 0;
    size_t said = out->assumptions.len;
    if (improve_all(p, options, out, err))
        return -1;
    if (out->assumptions.len == said) /* nothing was replaced */
        return 0;
    add_up(&out->metrics);
    for (size_t c = 0; c < out->classes.len; c++)
        add_up(&out->classes.at[c].metrics);
    return 0;
}
