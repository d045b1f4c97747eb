/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where `best` compares confidences: P(this one is the highest) is an integral over its law of the
 * chance that all others are lower, by Gauss rules on cells that hold the laws of all ends; values
 * that a confidence takes with a probability of their own are places too, at which the first in
 * order wins.  Having none is lowest, a place before all others. */
#include "sim/exact/fork_times.h"
#include "sim/exact/sweep.h"

#include <math.h>

static const double ACCURATE = 1e-13;

struct ends {
    uint32_t n;
    const struct branch **branch; /* [n] */
    const struct branch_end **end;
    VEC(double) * below, *mass; /* [n] */
};

/* P(C < c, or <= c; in its band) / P(in its band) */
static double law_of(const struct branch *b, const struct branch_end *e, double c, bool left)
{
    if (!e->level)
        return left && !(c > -1) ? 0 : 1;
    const struct bands *bands = &b->chain.bands[e->unit];
    const struct numbers *n = &b->chain.numbers[e->unit];
    const struct dist *d = e->of_good ? &n->confidence_good : &n->confidence_bad;
    double from = e->band ? dist_below(d, bands->threshold[e->band - 1]) : 0;
    double to = e->band < bands->n ? dist_below(d, bands->threshold[e->band]) : 1;
    double at = left ? dist_below(d, c) : dist_cdf(d, c);
    return to > from ? fmin(fmax(0, (at - from) / (to - from)), 1) : 0;
}

static void rows_at(const void *arg, double c, bool left, double *y)
{
    const struct ends *x = arg;
    for (uint32_t e = 0; e < x->n; e++)
        y[e] = law_of(x->branch[e], x->end[e], c, left);
}

static void cell(void *arg, const struct panel *where, double *const *value)
{
    struct ends *x = arg;
    double at[PANEL_NODES];
    panel_places(where->from, where->width, at);
    for (uint32_t e = 0; e < x->n; e++) {
        struct panel p = *where, slope, part;
        panel_fit(&p, value[e]);
        panel_slope(&p, &slope);
        for (int j = 0; j < PANEL_NODES; j++) {
            double unit[PANEL_NODES] = {0};
            unit[j] = 1;
            part = *where;
            panel_fit(&part, unit);
            vec_push(&x->below[e], value[e][j]);
            vec_push(&x->below[e], 0);
            vec_push(&x->mass[e], panel_at(&slope, at[j]) * where->width * part.coef[0]);
        }
    }
}

static void jump(void *arg, double c)
{
    struct ends *x = arg;
    for (uint32_t e = 0; e < x->n; e++) {
        double below = law_of(x->branch[e], x->end[e], c, true);
        double mass = law_of(x->branch[e], x->end[e], c, false) - below;
        vec_push(&x->below[e], below);
        vec_push(&x->below[e], mass);
        vec_push(&x->mass[e], mass);
    }
}

static void add_cuts(struct sweep *s, const struct dist *d)
{
    struct latency_law law; /* panels and atoms of any law on a half-line */
    latency_law_init(&law, d, INFINITY);
    for (size_t i = 0; i < law.atoms.len; i++)
        vec_push(&s->cuts, ((struct sweep_cut){law.atoms.at[i].x, false, true}));
    for (size_t i = 0; i < law.panels.len; i++) {
        vec_push(&s->cuts, ((struct sweep_cut){law.panels.at[i].from, true, false}));
        vec_push(&s->cuts,
                 ((struct sweep_cut){law.panels.at[i].from + law.panels.at[i].width, true, false}));
    }
    latency_law_release(&law);
}

static void find_ends(const struct fork *f, struct ends *x, struct sweep *s)
{
    for (uint32_t b = 0; b < f->n_branches; b++)
        x->n += f->branch[b].n_ends;
    x->branch = mem_zero((size_t)x->n + 1, sizeof *x->branch);
    x->end = mem_zero((size_t)x->n + 1, sizeof *x->end);
    x->below = mem_zero((size_t)x->n + 1, sizeof *x->below);
    x->mass = mem_zero((size_t)x->n + 1, sizeof *x->mass);
    uint32_t k = 0;
    for (uint32_t b = 0; b < f->n_branches; b++) {
        const struct chain *c = &f->branch[b].chain;
        for (uint32_t e = 0; e < f->branch[b].n_ends; e++, k++) {
            x->branch[k] = &f->branch[b];
            x->end[k] = &f->branch[b].end[e];
        }
        for (uint32_t i = 0; i < f->branch[b].n_steps; i++) {
            if (!f->branch[b].pipeline.step[i].has_confidence)
                continue;
            add_cuts(s, &c->numbers[i].confidence_good);
            add_cuts(s, &c->numbers[i].confidence_bad);
            for (uint32_t t = 0; t < c->bands[i].n; t++)
                vec_push(&s->cuts, ((struct sweep_cut){c->bands[i].threshold[t], true, false}));
        }
    }
    vec_push(&s->cuts, ((struct sweep_cut){-1, false, true}));
}

void best_release(struct fork *f)
{
    uint32_t n = 0;
    for (uint32_t b = 0; b < f->n_branches; b++)
        n += f->branch[b].n_ends;
    for (uint32_t e = 0; e < n && f->best.below; e++) {
        mem_free(f->best.below[e]);
        mem_free(f->best.mass[e]);
    }
    mem_free(f->best.below);
    mem_free(f->best.mass);
    mem_free(f->best.end_from);
    f->best = (struct best_grid){0};
}

void best_refill(struct fork *f)
{
    struct ends x = {0};
    struct sweep s = {.tolerance = ACCURATE, .at = rows_at, .cell = cell, .jump = jump, .arg = &x};
    best_release(f);
    find_ends(f, &x, &s);
    s.rows = x.n;
    panels_sweep(&s);
    f->best.n = x.n ? (uint32_t)x.mass[0].len : 0;
    f->best.below = mem_zero((size_t)x.n + 1, sizeof *f->best.below);
    f->best.mass = mem_zero((size_t)x.n + 1, sizeof *f->best.mass);
    f->best.end_from = mem_zero((size_t)f->rule.n + 1, sizeof *f->best.end_from);
    for (uint32_t e = 0; e < x.n; e++) {
        f->best.mass[e] = x.mass[e].at;
        f->best.below[e] = mem_zero(2 * (size_t)f->best.n + 1, sizeof **f->best.below);
        for (uint32_t m = 0; m < f->best.n; m++) {
            f->best.below[e][m] = x.below[e].at[2 * (size_t)m];
            f->best.below[e][f->best.n + m] = x.below[e].at[2 * (size_t)m + 1];
        }
        vec_release(&x.below[e]);
    }
    uint32_t copies = f->rule.n / f->n_branches, from = 0;
    for (uint32_t b = 0; b < f->n_branches; b++) {
        for (uint32_t k = 0; k < copies; k++)
            f->best.end_from[b * copies + k] = from;
        from += f->branch[b].n_ends;
    }
    mem_free(x.branch);
    mem_free(x.end);
    mem_free(x.below);
    mem_free(x.mass);
}
