/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is best among the settings that meet every target: the metric that the targets call `least`
 * or `most`; without one, the worth of items less their cost, where the scenario states worths (a
 * month's, wages included, where items arrive in time); else the review load. */
#include "decide/asked.h"

#include <math.h>
#include <string.h>

static double worth_of(double worth)
{
    return isfinite(worth) ? worth : 0;
}

double asked_of_point(const struct pipeline *p, const struct exact_point *x, const char *name)
{
    double shipped = x->correct + x->wrong;
    double worth = worth_of(p->worth_correct) * x->correct + worth_of(p->worth_wrong) * x->wrong +
                   worth_of(p->worth_rejected) * x->rejected;
    const struct {
        const char *name;
        double value;
    } table[] = {
        {"reliability",      x->correct                                                 },
        {"share_wrong",      x->wrong                                                   },
        {"share_rejected",   x->rejected                                                },
        {"share_failed",     x->failed                                                  },
        {"completion",       shipped                                                    },
        {"shipped_error",    shipped > 0 ? x->wrong / shipped : NAN                     },
        {"auto_error",       x->auto_shipped > 0 ? x->auto_wrong / x->auto_shipped : NAN},
        {"review_load",      x->reviewed                                                },
        {"reviews_per_item", x->reviews                                                 },
        {"review_precision", x->reviewed > 0 ? x->reviewed_bad / x->reviewed : NAN      },
        {"cost_per_item",    x->cost                                                    },
        {"cost_per_correct", x->correct > 0 ? x->cost / x->correct : NAN                },
        {"net_per_item",     worth - x->cost                                            },
        {"latency_mean",     shipped > 0 ? x->latency_shipped / shipped : NAN           },
        {"latency_all_mean", x->latency_all                                             },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (!strcmp(table[i].name, name))
            return table[i].value;
    return NAN;
}

/* Can the exact chain give this metric for a search? */
static bool asked_of_chain(const char *name)
{
    static const struct pipeline none = {.worth_correct = 1};
    static const struct exact_point ones = {.correct = 1,
                                            .wrong = 1,
                                            .rejected = 1,
                                            .failed = 1,
                                            .auto_shipped = 1,
                                            .auto_wrong = 1,
                                            .reviewed = 1,
                                            .reviewed_bad = 1,
                                            .reviews = 1,
                                            .cost = 1,
                                            .latency_shipped = 1,
                                            .latency_all = 1};
    return !isnan(asked_of_point(&none, &ones, name));
}

static uint32_t want(struct asked *a, const char *metric)
{
    for (uint32_t i = 0; i < a->n_metrics; i++)
        if (!strcmp(a->metric[i], metric))
            return i;
    a->metric[a->n_metrics] = metric;
    return a->n_metrics++;
}

static bool is_optimum(const struct target *t)
{
    return t->kind == TARGET_LEAST || t->kind == TARGET_MOST;
}

/* Does it depend on time, on who waits and on how many serve? */
static bool is_timed(const char *metric)
{
    static const char *const words[] = {"latency", "slo_", "wait", "abandon", "unfinished"};
    const struct metric_def *def = metric_def(metric);
    bool any = def && def->scope == METRIC_RESOURCE;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        any = any || strstr(metric, words[i]);
    return any;
}

/* Two targets on one metric that no value meets both. */
static int check_pairs(const struct pipeline *p, struct error *err)
{
    const struct target *best = NULL;

    for (uint32_t i = 0; i < p->n_targets; i++) {
        const struct target *t = &p->target[i];
        if (is_optimum(t) && best)
            return error_set(err, ERR_USAGE,
                             "%s: both %s and %s are to be best: name one, and give the other a "
                             "limit (\"at most\", \"at least\")",
                             p->file, best->metric, t->metric);
        best = is_optimum(t) ? t : best;
        for (uint32_t k = 0; k < p->n_targets; k++) {
            const struct target *u = &p->target[k];
            if (strcmp(t->metric, u->metric) || t->kind != TARGET_AT_LEAST ||
                u->kind != TARGET_AT_MOST || t->value <= u->value)
                continue;
            return error_set(err, ERR_USAGE,
                             "%s: the targets on %s contradict each other: no value is \"%s\" and "
                             "\"%s\"",
                             p->file, t->metric, t->text, u->text);
        }
    }
    return 0;
}

static void choose_goal(struct asked *a)
{
    const struct pipeline *p = a->p;
    const char *name = "review_load";

    a->goal_sign = 1;
    for (uint32_t i = 0; i < p->n_targets; i++)
        if (is_optimum(&p->target[i])) {
            a->stated = true;
            name = p->target[i].metric;
            a->goal_sign = p->target[i].kind == TARGET_LEAST ? 1 : -1;
        }
    if (!a->stated && (isfinite(p->worth_correct) || isfinite(p->worth_wrong))) {
        name = p->arrivals.kind == ARRIVALS_NONE ? "net_per_item" : "net_per_month";
        a->goal_sign = -1;
    }
    a->goal = want(a, name);
}

int asked_plan(const struct pipeline *p, struct asked *out, struct error *err)
{
    const char *risk = NULL;

    *out = (struct asked){.p = p, .by_chain = true};
    if (p->n_targets > ASKED_TARGETS)
        return error_set(err, ERR_LIMIT, "%s: more than %d targets", p->file, ASKED_TARGETS);
    if (!p->n_targets)
        return error_set(err, ERR_USAGE,
                         "`seam size` needs a target, in the file's objective or as "
                         "--target \"auto_error at most 1%%\"");
    if (check_pairs(p, err))
        return -1;
    for (uint32_t i = 0; i < p->n_targets; i++) {
        const struct target *t = &p->target[i];
        out->of_target[i] = want(out, t->metric);
        out->timed = out->timed || is_timed(t->metric);
        if (!risk && !is_optimum(t) && strstr(t->metric, "_error"))
            risk = t->metric;
    }
    choose_goal(out);
    for (uint32_t i = 0; i < out->n_metrics; i++)
        out->by_chain = out->by_chain && asked_of_chain(out->metric[i]);
    out->load = want(out, "review_load");
    out->risk = want(out, risk ? risk : "auto_error");
    out->cost = want(out, "cost_per_item");
    out->wrong = want(out, "share_wrong");
    return 0;
}

/* Is a greater value of this metric the less favourable one? */
static bool greater_is_worse(const struct asked *a, uint32_t i)
{
    for (uint32_t k = 0; k < a->p->n_targets; k++)
        if (a->of_target[k] == i && !is_optimum(&a->p->target[k]))
            return a->p->target[k].kind == TARGET_AT_MOST;
    return i != a->goal || a->goal_sign > 0;
}

struct estimate asked_of_result(const struct asked *a, uint32_t i, const struct result *r)
{
    const struct metric *m = metrics_find(&r->metrics, a->metric[i]);
    bool greater = greater_is_worse(a, i);
    struct estimate worst = {NAN, NAN, NAN};

    if (m)
        return (struct estimate){m->value, m->low, m->high};
    for (size_t k = 0; k < r->resources.len; k++) {
        m = metrics_find(&r->resources.at[k].metrics, a->metric[i]);
        if (m && (isnan(worst.value) || (m->value > worst.value) == greater))
            worst = (struct estimate){m->value, m->low, m->high};
    }
    return worst;
}

bool asked_meets(const struct target *t, const struct estimate *e)
{
    if (t->kind == TARGET_AT_MOST)
        return e->high <= t->value;
    if (t->kind == TARGET_AT_LEAST)
        return e->low >= t->value;
    return true;
}

double asked_excess(const struct target *t, const struct estimate *e)
{
    double scale = fabs(t->value) > 0 ? fabs(t->value) : 1;
    double gap = t->kind == TARGET_AT_MOST    ? e->high - t->value
                 : t->kind == TARGET_AT_LEAST ? t->value - e->low
                                              : 0;
    return isnan(gap) ? INFINITY : gap / scale;
}

double asked_shortfall(const struct target *t, const struct estimate *e)
{
    return fmax(asked_excess(t, e), 0);
}

double asked_goal(const struct asked *a, const struct estimate *at)
{
    double v = a->goal_sign * at[a->goal].value;
    return isnan(v) ? INFINITY : v;
}
