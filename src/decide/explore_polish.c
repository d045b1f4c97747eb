/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The last digits of an exact minimum under constraints: augmented Lagrangian (Hestenes 1969,
 * Powell 1969; for inequalities Rockafellar 1973), its inner minima by the simplex of Nelder and
 * Mead (1965).  A candidate that hugs a constraint cannot be improved by trying points about it, as
 * those that are better and allowed lie in an ever thinner lens; the multipliers take the edge
 * away.  What comes out is pulled back to the allowed side, and taken only when it is better. */
#include "decide/explore.h"

#include <math.h>
#include <string.h>

enum { OUTER = 14, INNER_EACH = 120, IDLE = 4, PULL = 50, FINER = 100 };

struct lagrangian {
    const struct evaluator *e;
    struct candidate start;
    uint32_t axis[SETTINGS_MOST], n;
    double scale; /* of the goal */
    double multiplier[ASKED_TARGETS], weight;
};

static struct candidate candidate_of(const struct lagrangian *l, const double *u)
{
    struct candidate c = l->start;

    for (uint32_t a = 0; a < l->n; a++) {
        const struct variable *v = &l->e->settings->v[l->axis[a]];
        c.x[l->axis[a]] = v->from + fmin(fmax(u[a], 0), 1) * (v->to - v->from);
    }
    evaluate_exact(l->e, &c);
    return c;
}

/* How far beyond its target, intervals of the evidence included; negative where it is met. */
static double excess(const struct evaluator *e, const struct candidate *c, uint32_t k)
{
    uint32_t m = e->asked->of_target[k];
    struct estimate x = c->at[m];

    x.low -= e->below[m] * fabs(x.value);
    x.high += e->above[m] * fabs(x.value);
    return asked_excess(&e->asked->p->target[k], &x);
}

static bool limits(const struct target *t)
{
    return t->kind == TARGET_AT_MOST || t->kind == TARGET_AT_LEAST;
}

static double value_at(const struct lagrangian *l, const double *u)
{
    const struct pipeline *p = l->e->asked->p;
    struct candidate c = candidate_of(l, u);
    double sum = c.trials ? asked_goal(l->e->asked, c.at) / l->scale : INFINITY, outside = 0;

    for (uint32_t k = 0; k < p->n_targets; k++) {
        if (!limits(&p->target[k]))
            continue;
        double y = fmax(0, l->multiplier[k] + l->weight * excess(l->e, &c, k));
        sum += (y * y - l->multiplier[k] * l->multiplier[k]) / (2 * l->weight);
    }
    for (uint32_t a = 0; a < l->n; a++)
        outside += fmax(0, -u[a]) + fmax(0, u[a] - 1);
    return isnan(sum) ? INFINITY : sum + outside;
}

/* --- the simplex */

struct corner {
    double u[SETTINGS_MOST], f;
};

static struct corner corner_at(const struct lagrangian *l, const struct corner *from,
                               const struct corner *middle, double t)
{
    struct corner c;

    for (uint32_t a = 0; a < l->n; a++)
        c.u[a] = middle->u[a] + t * (from->u[a] - middle->u[a]);
    c.f = value_at(l, c.u);
    return c;
}

static void sort_corners(struct corner *s, uint32_t n)
{
    for (uint32_t i = 1; i <= n; i++)
        for (uint32_t k = i; k > 0 && s[k].f < s[k - 1].f; k--) {
            struct corner t = s[k];
            s[k] = s[k - 1];
            s[k - 1] = t;
        }
}

/* How far the corners lie from the best. */
static double spread(const struct corner *s, uint32_t n)
{
    double most = 0;

    for (uint32_t i = 1; i <= n; i++)
        for (uint32_t a = 0; a < n; a++)
            most = fmax(most, fabs(s[i].u[a] - s[0].u[a]));
    return most;
}

static void simplex(const struct lagrangian *l, double *u, double size)
{
    struct corner s[SETTINGS_MOST + 1];
    uint32_t n = l->n;

    for (uint32_t i = 0; i <= n; i++) {
        memcpy(s[i].u, u, n * sizeof *u);
        if (i)
            s[i].u[i - 1] += u[i - 1] > 0.5 ? -size : size;
        s[i].f = value_at(l, s[i].u);
    }
    for (uint32_t step = 0; step < INNER_EACH * n; step++) {
        struct corner middle = {0};
        sort_corners(s, n);
        if (s[n].f - s[0].f <= 1e-15 * fabs(s[0].f) && spread(s, n) < 1e-7)
            break;
        for (uint32_t i = 0; i < n; i++)
            for (uint32_t a = 0; a < n; a++)
                middle.u[a] += s[i].u[a] / n;
        struct corner r = corner_at(l, &s[n], &middle, -1);
        if (r.f < s[0].f) {
            struct corner far = corner_at(l, &s[n], &middle, -2);
            s[n] = far.f < r.f ? far : r;
        } else if (r.f < s[n - 1].f) {
            s[n] = r;
        } else {
            struct corner near = corner_at(l, r.f < s[n].f ? &r : &s[n], &middle, 0.5);
            if (near.f < fmin(r.f, s[n].f)) {
                s[n] = near;
                continue;
            }
            for (uint32_t i = 1; i <= n; i++)
                s[i] = corner_at(l, &s[i], &s[0], 0.5);
        }
    }
    sort_corners(s, n);
    memcpy(u, s[0].u, n * sizeof *u);
}

/* --- back to what is allowed */

static bool better(const struct evaluator *e, const struct candidate *a, const struct candidate *b)
{
    return a->trials && candidate_meets(e, a, true) &&
           asked_goal(e->asked, a->at) < asked_goal(e->asked, b->at);
}

/* The last point on the way from *in, which meets the targets, to *out that still does. */
static struct candidate pulled(const struct evaluator *e, struct candidate in, struct candidate out)
{
    for (int i = 0; i < PULL && !candidate_meets(e, &out, true); i++) {
        struct candidate middle = in;
        for (uint32_t k = 0; k < e->settings->n; k++)
            middle.x[k] = in.x[k] + (out.x[k] - in.x[k]) / 2;
        evaluate_exact(e, &middle);
        if (candidate_meets(e, &middle, true))
            in = middle;
        else
            out = middle;
    }
    return candidate_meets(e, &out, true) ? out : in;
}

/* As written to six digits: the best of the neighbours that meets the targets still. */
static void round_off(const struct lagrangian *l, struct candidate *c)
{
    const struct evaluator *e = l->e;
    struct candidate best = *c;
    bool any = false;

    for (uint32_t mask = 0; mask < 1u << l->n; mask++) {
        struct candidate near = *c;
        for (uint32_t a = 0; a < l->n; a++) {
            const struct variable *v = &e->settings->v[l->axis[a]];
            double at = c->x[l->axis[a]] / v->unit * FINER;
            double x = variable_multiple(v, FINER, mask >> a & 1 ? ceil(at) : floor(at));
            near.x[l->axis[a]] = fmin(fmax(x, v->from), v->to);
        }
        evaluate_exact(e, &near);
        if (near.trials && candidate_meets(e, &near, true) &&
            (!any || asked_goal(e->asked, near.at) < asked_goal(e->asked, best.at))) {
            best = near;
            any = true;
        }
    }
    *c = best;
}

void explore_polish(const struct evaluator *e, struct candidate *c)
{
    const struct pipeline *p = e->asked->p;
    struct lagrangian l = {.e = e, .start = *c, .weight = 10};
    double u[SETTINGS_MOST], worst = INFINITY;

    for (uint32_t i = 0; i < e->settings->n; i++) {
        const struct variable *v = &e->settings->v[i];
        bool shut = c->out_of && e->settings->out[c->out_of - 1].variable == i;
        if (v->whole || v->n || !(v->to > v->from) || shut)
            continue;
        u[l.n] = (c->x[i] - v->from) / (v->to - v->from);
        l.axis[l.n++] = i;
    }
    if (!l.n)
        return;
    l.scale = fmax(fabs(asked_goal(e->asked, c->at)), 1e-6);
    for (int outer = 0, idle = 0; outer < OUTER && idle < IDLE; outer++) {
        double now = 0, before = asked_goal(e->asked, c->at);
        simplex(&l, u, fmax(0.01 * pow(0.4, outer), 1e-6));
        struct candidate at = candidate_of(&l, u);
        for (uint32_t k = 0; k < p->n_targets; k++) {
            if (!limits(&p->target[k]) || !at.trials)
                continue;
            double g = excess(e, &at, k);
            l.multiplier[k] = fmax(0, l.multiplier[k] + l.weight * g);
            now = fmax(now, g);
        }
        if (now > worst / 4 && l.weight < 1e7)
            l.weight *= 4;
        worst = now;
        at = pulled(e, *c, at);
        if (better(e, &at, c))
            *c = at;
        bool moved = before - asked_goal(e->asked, c->at) > 1e-9 * l.scale;
        idle = moved || now > 1e-9 ? 0 : idle + 1;
    }
    round_off(&l, c);
}
