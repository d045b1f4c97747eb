/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Adaptive panels for several functions, as those of exact_latency_law.c for one. */
#include "sim/exact_sweep.h"

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

static bool resolved(struct cells *c, double width)
{
    c->left = 0;
    for (uint32_t r = 0; r < c->s->rows; r++) {
        struct panel p;
        panel_fit(&p, c->value[r]);
        double left = fabs(p.coef[PANEL_NODES - 1]) + fabs(p.coef[PANEL_NODES - 2]);
        if (left > c->s->tolerance && left * width > 1e-3 * c->s->tolerance * c->span)
            c->left = fmax(c->left, left);
    }
    return c->left == 0;
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
