/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a month's cost is made of.  Wages and fixed prices run by the calendar, whether items come
 * or not; the rest is shared out as the steps' costs of an item are. */
#include "base/units.h"
#include "decide/compare.h"

#include <math.h>

static const double MONTH_S = 30.0 * 86400;

/* Shares of the steps' costs: of people, and of what is paid by the unit. */
static void find_shares(const struct pipeline *p, const struct result *r, double *people,
                        double *units)
{
    double all = 0;

    *people = *units = 0;
    for (uint32_t i = 0; i < p->n_steps && i < r->stages.len; i++) {
        const struct metric *m = metrics_find(&r->stages.at[i].metrics, "cost_per_item");
        const struct step *s = &p->step[i];
        if (!m || s->kind == STEP_PARALLEL || !isfinite(m->value))
            continue;
        all += m->value;
        if (s->layer == LAYER_HUMAN || s->kind == STEP_REVIEW)
            *people += m->value;
        else
            *units += m->value * s->unit_share;
    }
    *people /= all > 0 ? all : 1;
    *units /= all > 0 ? all : 1;
}

/* What is left of a month's cost; nothing where rounding alone is. */
static double above(double month, double standing)
{
    double rest = month - standing;

    return fabs(rest) <= 1e-12 * fabs(month) ? 0 : rest;
}

/* plus + share * (month - standing), with the month's interval. */
static void add_part(struct result *r, const struct metric *month, const char *name, double share,
                     double standing, double plus)
{
    metrics_add(&r->metrics, name, plus + share * above(month->value, standing),
                plus + share * above(month->low, standing),
                plus + share * above(month->high, standing), share > 0 ? month->level : 0, month->n,
                month->unit);
}

/* The relative errors of cost and reliability add up by their squares (delta method). */
static void add_full_cost(const struct pipeline *p, const struct metric *month, struct result *r)
{
    const struct metric *right = metrics_find(&r->metrics, "reliability");
    double items = arrivals_rate(&p->arrivals) * MONTH_S;

    if (!right || !(right->value > 0) || !(items > 0) || !(month->value > 0))
        return;
    double value = month->value / (items * right->value);
    double down = hypot(month->low / month->value - 1, right->high / right->value - 1);
    double up = hypot(month->high / month->value - 1, right->low / right->value - 1);
    metrics_add(&r->metrics, "full_cost_per_correct", value, value * fmax(1 - down, 0),
                value * (1 + up), fmax(month->level, right->level), right->n, month->unit);
}

void compare_add_costs(const struct pipeline *p, struct result *r)
{
    const struct metric *found = metrics_find(&r->metrics, "cost_per_month");
    double fixed = pipeline_fixed_costs(p) * MONTH_S, wages = pipeline_wages(p) * MONTH_S;
    double people, units;

    if (!found)
        return;
    struct metric month = *found; /* the list moves as it grows */
    find_shares(p, r, &people, &units);
    metrics_add_exact(&r->metrics, "fixed_per_month", fixed, month.unit);
    add_part(r, &month, "calls_per_month", 1 - people - units, fixed + wages, 0);
    add_part(r, &month, "units_per_month", units, fixed + wages, 0);
    add_part(r, &month, "wages_per_month", people, fixed + wages, wages);
    add_full_cost(p, &month, r);
}
