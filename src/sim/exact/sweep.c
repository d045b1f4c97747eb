/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Adaptive panels for several functions, as those of sim/exact/latency_law.c for one. */
#include "sim/exact/sweep.h"

#include <math.h>
#include <stdlib.h>

enum { CELLS_MAX = 1500, DEPTH_MAX = 60 };

struct cells {
    const struct sweep *s;
    double **value, span, left; /* of the last cell */
    double doubt;
    uint32_t n;
};

static int by_x(const void *a, const void *b)
{
    double x = ((const struct sweep_cut *)a)->x, y = ((const struct sweep_cut *)b)->x;
    return (x > y) - (x < y);
}

static void sort(struct sweep *s)
{
    size_t kept = 0;
    qsort(s->cuts.at, s->cuts.len, sizeof *s->cuts.at, by_x);
    for (size_t i = 0; i < s->cuts.len; i++) {
        struct sweep_cut *last = kept ? &s->cuts.at[kept - 1] : NULL, *c = &s->cuts.at[i];
        bool same = last && c->x - last->x <= 1e-12 * fabs(c->x);
        bool sliver = last && c->x - last->x <= 1e-7 * fabs(c->x);
        if (same || (sliver && !c->jumps && !c->rough)) {
            last->rough |= c->rough;
            last->jumps |= c->jumps;
        } else {
            s->cuts.at[kept++] = *c;
        }
    }
    s->cuts.len = kept;
}

/* Slivers, in which next to no time passes, need not be. */
static bool resolved(struct cells *c, double width)
{
    double most = 0;
    c->left = 0;
    for (uint32_t r = 0; r < c->s->rows; r++) {
        struct panel p;
        panel_fit(&p, c->value[r]);
        double left = fabs(p.coef[PANEL_NODES - 1]) + fabs(p.coef[PANEL_NODES - 2]);
        most = fmax(most, left);
    }
    if (most > c->s->tolerance)
        c->left = most;
    return most <= c->s->tolerance || most * width <= 1e-3 * c->s->tolerance * c->span;
}

static void halve(struct cells *c, struct panel where, double *room, int depth)
{
    double x[PANEL_NODES];
    panel_places(where.from, where.width, x);
    for (int j = 0; j < PANEL_NODES; j++) {
        c->s->at(c->s->arg, x[j], false, room);
        for (uint32_t r = 0; r < c->s->rows; r++)
            c->value[r][j] = room[r];
    }
    if (resolved(c, where.width) || depth == DEPTH_MAX || c->n >= CELLS_MAX) {
        c->n++;
        c->doubt = fmax(c->doubt, c->left);
        c->s->cell(c->s->arg, &where, c->value);
        return;
    }
    struct panel left = where, right = where;
    left.width = right.width = where.width / 2;
    right.from = where.from + left.width;
    left.rough_to = right.rough_from = false;
    halve(c, left, room, depth + 1);
    halve(c, right, room, depth + 1);
}

double panels_sweep(struct sweep *s)
{
    struct cells c = {.s = s};
    if (s->cuts.len) {
        sort(s);
        c.span = s->cuts.at[s->cuts.len / 2].x - s->cuts.at[0].x;
    }
    double *room = mem_zero((size_t)s->rows + 1, sizeof *room);
    c.value = mem_zero((size_t)s->rows + 1, sizeof *c.value);
    for (uint32_t r = 0; r < s->rows; r++)
        c.value[r] = mem_zero(PANEL_NODES, sizeof **c.value);
    for (size_t i = 0; i < s->cuts.len; i++) {
        const struct sweep_cut *at = &s->cuts.at[i];
        if (at->jumps)
            s->jump(s->arg, at->x);
        if (i + 1 < s->cuts.len && s->rows)
            halve(&c,
                  (struct panel){.from = at->x,
                                 .width = at[1].x - at->x,
                                 .rough_from = at->rough || at->jumps,
                                 .rough_to = at[1].rough || at[1].jumps},
                  room, 0);
    }
    for (uint32_t r = 0; r < s->rows; r++)
        mem_free(c.value[r]);
    mem_free(c.value);
    mem_free(room);
    vec_release(&s->cuts);
    return c.doubt;
}

void latency_law_settle(struct latency_law *law, double mass)
{
    double cont = mass, first = 0, scale = mass > 0 ? 1 / mass : 0;
    for (size_t i = 0; i < law->atoms.len; i++) {
        cont -= law->atoms.at[i].mass;
        law->atoms.at[i].mass *= scale;
    }
    if (!(cont > 1e-13 * mass)) {
        vec_release(&law->panels);
        return;
    }
    for (size_t i = 0; i < law->panels.len; i++) {
        struct panel *p = &law->panels.at[i];
        for (size_t k = 0; k < law->atoms.len; k++) /* those behind were not known to it */
            p->coef[0] -= law->atoms.at[k].x > p->from ? law->atoms.at[k].mass / scale : 0;
        for (int n = 0; n < PANEL_NODES; n++)
            p->coef[n] *= scale;
        if (!i)
            first = p->from;
    }
    vec_push(&law->starts, ((struct weighted){first, cont * scale}));
}

double latency_law_by(const struct latency_law *law, double x)
{
    double sum = 0, cont = 0;
    for (size_t i = 0; i < law->atoms.len; i++)
        sum += law->atoms.at[i].x <= x ? law->atoms.at[i].mass : 0;
    for (size_t i = 0; i < law->starts.len; i++)
        cont += law->starts.at[i].x <= x ? law->starts.at[i].mass : 0;
    for (size_t i = 0; i < law->panels.len; i++) {
        const struct panel *p = &law->panels.at[i];
        if (x >= p->from && x <= p->from + p->width)
            return sum + cont - panel_at(p, x);
    }
    return sum + cont;
}
