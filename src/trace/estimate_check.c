/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Steps that catch bad items.  A step that passes items on by two ways may draw them by their
 * shares, or look at them: where the truth of the drafts is known, and the ways depend on it, the
 * step is a check, whose sensitivity and specificity are counted.  Held to the chi-squared test of
 * a table of two by two with Yates' correction (F. Yates 1934), at one false finding in 10,000. */
#include "trace/estimate_flow_parts.h"

#include <math.h>

/* The 1 - 1e-4 quantile of chi-squared with one degree of freedom. */
static const double CRITICAL = 15.1367;
enum { EACH_LEAST = 10 };

/* n[truth][way] of a place: truth 0 bad, 1 good; way 0 `to`, 1 the other. */
struct table {
    double n[2][2];
    uint64_t unknown;
};

static struct table counted(const struct estimate *e, int32_t place, int32_t to)
{
    const struct structure *s = e->flow;
    struct table t = {{{0}}, 0};

    for (size_t k = 0; k < s->move.len; k++) {
        const struct structure_move *m = &s->move.at[k];
        if (m->from != place || m->exit != EXIT_OF_PASS)
            continue;
        int8_t draft = e->log->items.at[m->item].draft;
        if (draft == LOG_UNKNOWN)
            t.unknown++;
        else
            t.n[draft == LOG_GOOD][m->to != to]++;
    }
    return t;
}

static double chi_squared(const struct table *t)
{
    double bad = t->n[0][0] + t->n[0][1], good = t->n[1][0] + t->n[1][1];
    double to = t->n[0][0] + t->n[1][0], other = t->n[0][1] + t->n[1][1], n = bad + good;
    double off = fmax(fabs(t->n[0][0] * t->n[1][1] - t->n[0][1] * t->n[1][0]) - n / 2, 0);

    return bad * good * to * other > 0 ? n * off * off / (bad * good * to * other) : 0;
}

/* Are bad items of the place sent to the target, and good ones not? */
static bool catches(const struct estimate *e, int32_t place, int32_t to, struct aim_check *out)
{
    struct table t = counted(e, place, to);
    double bad = t.n[0][0] + t.n[0][1], good = t.n[1][0] + t.n[1][1];

    if (bad < EACH_LEAST || good < EACH_LEAST || (double)t.unknown * 20 > bad + good ||
        t.n[0][0] / bad <= t.n[1][0] / good || chi_squared(&t) < CRITICAL)
        return false;
    *out = (struct aim_check){.found = true,
                              .to = to,
                              .bad = (uint64_t)bad,
                              .caught = (uint64_t)t.n[0][0],
                              .good = (uint64_t)good,
                              .passed = (uint64_t)t.n[1][1]};
    return true;
}

void estimate_find_checks(struct estimate *e)
{
    struct flow_plan *p = e->plan;

    for (uint32_t k = 0; k < p->n_places; k++) {
        struct outflow *o = &p->place[k][EXIT_OF_PASS];
        const struct structure_place *at = &e->flow->place.at[k];
        bool plain = at->stage >= 0 && at->parent == 0 && !o->backs && o->aim.len == 2 &&
                     o->dropped == 0 && (int32_t)k != p->own &&
                     !e->log->stages.at[at->stage].people && !estimate_has_rule(p, o);
        for (size_t i = 0; plain && i < 2 && !o->check.found; i++)
            if (o->aim.at[i].to != TO_GATE && catches(e, (int32_t)k, o->aim.at[i].to, &o->check))
                break;
    }
}
