/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When a branch has come to each of its ends: straight from the law of the latency where it is one
 * attempt of one step; else by inversion of its chain's transforms (sim/exact/latency_walk.c), in
 * windows each an eighth as long as the one before, so that short times are told as well as long
 * ones. */
#include "sim/exact/fork.h"
#include "sim/exact/sweep.h"

#include <math.h>

enum { POINTS = 2048, WINDOWS = 5, DOUBLINGS = 40 };
static const double SHORTER = 8, LEAST_KINK = 1e-13, RESOLVED = 1e-11;

static void cut(struct branch_times *t, double x, bool rough, bool jumps)
{
    vec_push(&t->cuts, ((struct sweep_cut){x, rough, jumps}));
}

static void cuts_of(struct branch_times *t, const struct latency_law *law)
{
    for (size_t i = 0; i < law->atoms.len; i++)
        cut(t, law->atoms.at[i].x, false, true);
    for (size_t i = 0; i < law->panels.len; i++) {
        const struct panel *p = &law->panels.at[i];
        cut(t, p->from, p->rough_from, false);
        cut(t, p->from + p->width, p->rough_to, false);
    }
}

/* --- one attempt */

static void init_once(struct branch_times *t)
{
    const struct branch *b = t->branch;
    uint32_t unit = b->chain.state[b->chain.start[t->good]].unit;
    const struct numbers *n = &b->chain.numbers[unit];
    const double *outcome = b->chain.law[unit].outcome;
    struct latency_law law;
    t->latency = &n->latency;
    t->limit_s = n->timeout_s;
    t->in_time = isfinite(n->timeout_s) ? dist_cdf(&n->latency, n->timeout_s) : 1;
    t->lost_in_time = outcome[OUTCOME_ERROR] + outcome[OUTCOME_MALFORMED];
    t->late = outcome[OUTCOME_TIMEOUT];
    latency_law_init(&law, &n->latency, n->timeout_s);
    cuts_of(t, &law);
    latency_law_release(&law);
    if (t->late > 0)
        cut(t, t->limit_s, true, true);
}

static void once_at(const struct branch_times *t, double x, bool left, double *p)
{
    const struct branch *b = t->branch;
    double below = x > t->limit_s ? t->in_time
                   : left         ? dist_below(t->latency, x)
                                  : dist_cdf(t->latency, x);
    double ok = t->in_time > 0 ? below / t->in_time : 0, lost = t->lost_in_time * ok;
    if (left ? x > t->limit_s : x >= t->limit_s)
        lost += t->late;
    if (t->lost_in_time + t->late > 0)
        lost /= t->lost_in_time + t->late;
    for (uint32_t e = 0; e < b->n_ends; e++) {
        double in_time = b->in_time[t->good][e];
        p[e] = in_time * ok + (b->p[t->good][e] - in_time) * lost;
    }
}

/* --- several: windows */

struct view {
    struct window window;
    struct total *total; /* [n_ends] */
};
struct views {
    struct branch_times *t;
    struct latency_model latency;
    struct view view[WINDOWS];
    uint32_t end; /* the one being sampled */
    double last_s;
};

static void view_open(struct views *v, struct view *view, double t_max)
{
    const struct branch *b = v->t->branch;
    uint32_t *state = mem_zero((size_t)b->n_ends + 1, sizeof *state);
    window_set(&view->window, t_max, POINTS, LEAST_KINK);
    view->total = mem_zero((size_t)b->n_ends + 1, sizeof *view->total);
    for (uint32_t e = 0; e < b->n_ends; e++) {
        state[e] = b->end[e].state;
        view->total[e].mass = b->p[v->t->good][e];
        view->total[e].wave = mem_zero(window_waves(&view->window), sizeof(struct wave));
    }
    latency_fill_states(&v->latency, &view->window, state, b->n_ends, view->total);
    for (uint32_t e = 0; e < b->n_ends; e++)
        total_ready(&view->total[e], &view->window);
    mem_free(state);
}

static void view_close(struct views *v, struct view *view)
{
    for (uint32_t e = 0; e < v->t->branch->n_ends && view->total; e++)
        total_release(&view->total[e]);
    mem_free(view->total);
    view->total = NULL;
}

static bool holds_all(const struct views *v, const struct view *view)
{
    for (uint32_t e = 0; e < v->t->branch->n_ends; e++)
        if (view->total[e].last < view->total[e].mass - RESOLVED)
            return false;
    return true;
}

static void sample_at(const void *arg, double x, bool left, double *y)
{
    const struct views *v = arg;
    const struct view *view = &v->view[0];
    for (uint32_t k = 1; k < WINDOWS && x <= v->view[k].window.t_max; k++)
        view = &v->view[k];
    const struct latency_law *law = &v->t->law[v->end];
    double f = total_cdf(&view->total[v->end], &view->window, x, false, NULL);
    for (size_t j = 0; j < law->atoms.len && law->atoms.at[j].x <= x; j++)
        f -= law->atoms.at[j].mass;
    *y = f;
    (void)left;
}

/* Panels hold what is still to come. */
static void sample_cell(void *arg, const struct panel *where, double *const *value)
{
    struct views *v = arg;
    const struct branch *b = v->t->branch;
    struct latency_law *law = &v->t->law[v->end];
    struct panel p = *where;
    double rest[PANEL_NODES], all = b->p[v->t->good][v->end];
    for (size_t i = 0; i < law->atoms.len; i++)
        all -= law->atoms.at[i].mass;
    for (int j = 0; j < PANEL_NODES; j++)
        rest[j] = all - value[0][j];
    panel_fit(&p, rest);
    vec_push(&law->panels, p);
}

static void no_jump(void *arg, double x)
{
    (void)arg;
    (void)x;
}

static void sample_end(struct views *v, uint32_t e)
{
    struct sweep s = {.rows = 1,
                      .tolerance = RESOLVED,
                      .at = sample_at,
                      .cell = sample_cell,
                      .jump = no_jump,
                      .arg = v};
    v->end = e;
    for (int i = WINDOWS - 1; i >= 0; i--) {
        const struct kinks *k = &v->view[i].total[e].kinks;
        double from = i + 1 < WINDOWS ? v->view[i + 1].window.t_max : -1;
        for (size_t j = 0; j < k->len && k->at[j].x <= v->view[i].window.t_max; j++) {
            if (k->at[j].x <= from)
                continue;
            vec_push(&s.cuts, ((struct sweep_cut){k->at[j].x, true, false}));
            if (k->at[j].c[0] > 0)
                vec_push(&v->t->law[e].atoms, ((struct weighted){k->at[j].x, k->at[j].c[0]}));
        }
    }
    vec_push(&s.cuts, ((struct sweep_cut){0, true, false}));
    vec_push(&s.cuts, ((struct sweep_cut){v->last_s, true, false}));
    v->t->doubt = fmax(v->t->doubt, panels_sweep(&s));
}

static void init_several(struct branch_times *t)
{
    const struct branch *b = t->branch;
    struct chain *c = (struct chain *)&b->chain;
    struct model m = {.pipeline = &b->pipeline, .chain = c};
    struct views v = {.t = t};
    c->input_wrong.value = t->good ? 0 : 1;
    t->law = mem_zero((size_t)b->n_ends + 1, sizeof *t->law);
    latency_model_init(&v.latency, &m);
    double t_max = latency_scale(&m);
    if (!(t_max > 0))
        t_max = 1; /* waits alone */
    view_open(&v, &v.view[0], t_max);
    for (int k = 0; k < DOUBLINGS && !holds_all(&v, &v.view[0]); k++) {
        view_close(&v, &v.view[0]);
        view_open(&v, &v.view[0], t_max *= 2);
    }
    v.last_s = t_max;
    for (int k = 1; k < WINDOWS; k++)
        view_open(&v, &v.view[k], t_max /= SHORTER);
    for (uint32_t e = 0; e < b->n_ends; e++) {
        if (b->p[t->good][e] > 0)
            sample_end(&v, e);
        cuts_of(t, &t->law[e]);
    }
    for (int k = 0; k < WINDOWS; k++)
        view_close(&v, &v.view[k]);
    latency_model_release(&v.latency);
}

static double law_at(const struct latency_law *law, double x, bool left, double all)
{
    double sum = 0, cont = all;
    for (size_t i = 0; i < law->atoms.len; i++) {
        cont -= law->atoms.at[i].mass;
        sum += law->atoms.at[i].x < x || (!left && law->atoms.at[i].x == x) ? law->atoms.at[i].mass
                                                                            : 0;
    }
    size_t low = 0, high = law->panels.len;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (law->panels.at[mid].from + law->panels.at[mid].width < x)
            low = mid + 1;
        else
            high = mid;
    }
    if (low == law->panels.len)
        return sum + cont;
    const struct panel *p = &law->panels.at[low];
    return x <= p->from ? sum : sum + fmin(fmax(0, cont - panel_at(p, x)), cont);
}

/* --- either */

void branch_times_init(struct branch_times *t, const struct branch *b, uint32_t good)
{
    *t = (struct branch_times){.branch = b, .good = good};
    if (b->once)
        init_once(t);
    else
        init_several(t);
}

void branch_times_release(struct branch_times *t)
{
    for (uint32_t e = 0; t->law && e < t->branch->n_ends; e++)
        latency_law_release(&t->law[e]);
    mem_free(t->law);
    vec_release(&t->cuts);
}

void branch_times_at(const struct branch_times *t, double x, bool left, double *p)
{
    if (t->branch->once) {
        once_at(t, x, left, p);
        return;
    }
    for (uint32_t e = 0; e < t->branch->n_ends; e++)
        p[e] = law_at(&t->law[e], x, left, t->branch->p[t->good][e]);
}
