/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The time until a join is done, for each outcome.  Where the join waits for all, and where it can
 * only end in one way when it is ok, P(done by t) follows from what each branch has come to by t;
 * where it races between outcomes it is the integral of the rates at which the k-th ok branch comes
 * (a competing risk).  At an atom, branches that end together do so in their order. */
#include "sim/exact/fork_times.h"
#include "sim/exact/sweep.h"

#include <math.h>
#include <string.h>

static const double ACCURATE = 3e-13, ROUGH = 3e-11, SAME = 4e-12;

struct finish {
    struct fork *f;
    uint32_t q, only;
    bool races;
    struct branch_times *times; /* [n_branches] */
    uint32_t *row;              /* [n_branches + 1] first row of a branch */
    double *p, *before;         /* [rows] */
    struct branch_now *now, *then;
    double *known, *known_sum; /* [rows], [n_outcomes]: what was told last, and of what */
    double *sum;               /* [n_outcomes] P(done by now), */
    struct panel *last;        /* of the cell behind */
    struct latency_law *law;   /* [n_outcomes] NULL: only sums are asked for */
};

static void finish_init(struct finish *x, struct fork *f, uint32_t q)
{
    *x = (struct finish){.f = f, .q = q, .only = fork_only_outcome(f, q)};
    x->races = join_races(&f->rule) && !x->only;
    if (!f->times[q])
        f->times[q] = mem_zero((size_t)f->n_branches + 1, sizeof *x->times);
    x->times = f->times[q];
    x->row = mem_zero((size_t)f->n_branches + 1, sizeof *x->row);
    for (uint32_t b = 0; b < f->n_branches; b++) {
        if (!x->times[b].branch)
            branch_times_init(&x->times[b], &f->branch[b], q);
        x->row[b + 1] = x->row[b] + f->branch[b].n_ends;
    }
    uint32_t rows = x->row[f->n_branches];
    x->p = mem_zero((size_t)rows + 1, sizeof *x->p);
    x->before = mem_zero((size_t)rows + 1, sizeof *x->before);
    x->now = mem_zero((size_t)f->rule.n + 1, sizeof *x->now);
    x->then = mem_zero((size_t)f->rule.n + 1, sizeof *x->then);
    x->known = mem_zero((size_t)rows + 1, sizeof *x->known);
    x->known[0] = -1; /* nothing yet */
    x->known_sum = mem_zero(f->n_outcomes, sizeof *x->known_sum);
    x->sum = mem_zero(f->n_outcomes, sizeof *x->sum);
    uint32_t copies = f->rule.n / f->n_branches;
    for (uint32_t i = 0; i < f->rule.n; i++) {
        const struct branch *b = &f->branch[i / copies];
        x->now[i] = (struct branch_now){b->end, b->n_ends, x->p + x->row[i / copies]};
        x->then[i] = (struct branch_now){b->end, b->n_ends, x->before + x->row[i / copies]};
    }
}

static void finish_release(struct finish *x)
{
    mem_free(x->row);
    mem_free(x->p);
    mem_free(x->before);
    mem_free(x->now);
    mem_free(x->then);
    mem_free(x->known);
    mem_free(x->known_sum);
    mem_free(x->sum);
}

void fork_times_forget(struct fork *f, uint32_t branch)
{
    for (int q = 0; q < 2; q++) {
        if (!f->times[q] || !f->times[q][branch].branch)
            continue;
        branch_times_release(&f->times[q][branch]);
        f->times[q][branch] = (struct branch_times){0};
    }
}

void fork_times_release(struct fork *f)
{
    for (uint32_t b = 0; b < f->n_branches; b++)
        fork_times_forget(f, b);
    for (int q = 0; q < 2; q++) {
        mem_free(f->times[q]);
        f->times[q] = NULL;
    }
}

static void branches_at(const struct finish *x, double t, bool left, double *p)
{
    for (uint32_t b = 0; b < x->f->n_branches; b++)
        branch_times_at(&x->times[b], t, left, p + x->row[b]);
}

/* P(done by now) in each outcome, by what the branches have come to. */
static void done_by(const struct finish *x, double *y)
{
    const struct join_rule *rule = &x->f->rule;
    if (!x->only) {
        join_waiting(rule, x->now, &x->f->best, y);
        return;
    }
    double done[2];
    memset(y, 0, x->f->n_outcomes * sizeof *y);
    join_counting(rule, x->now, done);
    y[x->only] = done[0];
    y[0] = done[1];
}

/* The same; between atoms nothing comes to an end, and what was told last holds. */
static void done_as_known(const struct finish *x, double *y)
{
    size_t rows = x->row[x->f->n_branches] * sizeof *x->p;
    size_t outcomes = x->f->n_outcomes * sizeof *y;
    if (memcmp(x->p, x->known, rows) == 0) {
        memcpy(y, x->known_sum, outcomes);
        return;
    }
    done_by(x, y);
    memcpy(x->known, x->p, rows);
    memcpy(x->known_sum, y, outcomes);
}

/* Rows: outcomes, or where the join races the ends of all branches and P(failed by now). */
static void rows_at(const void *arg, double t, bool left, double *y)
{
    const struct finish *x = arg;
    branches_at(x, t, left, x->p);
    if (!x->races) {
        done_as_known(x, y);
        return;
    }
    double done[2];
    uint32_t rows = x->row[x->f->n_branches];
    join_counting(&x->f->rule, x->now, done);
    memcpy(y, x->p, rows * sizeof *y);
    y[rows] = done[1];
}

/* --- cells */

static void put_cell(struct finish *x, uint32_t o, const struct panel *where, const double *done)
{
    if (!x->law || !(x->f->p[x->q][o] > 0))
        return;
    double rest[PANEL_NODES], cont = x->f->p[x->q][o];
    struct latency_law *law = &x->law[o];
    struct panel p = *where;
    for (size_t i = 0; i < law->atoms.len; i++)
        cont -= law->atoms.at[i].mass;
    for (int j = 0; j < PANEL_NODES; j++)
        rest[j] = cont - done[j];
    panel_fit(&p, rest);
    vec_push(&law->panels, p);
}

/* The continuous part so far is the sum less the atoms. */
static double atoms_of(const struct finish *x, uint32_t o)
{
    double sum = 0;
    for (size_t i = 0; x->law && i < x->law[o].atoms.len; i++)
        sum += x->law[o].atoms.at[i].mass;
    return sum;
}

static void race_cell(struct finish *x, const struct panel *where, double *const *value)
{
    const struct fork *f = x->f;
    uint32_t rows = x->row[f->n_branches], copies = f->rule.n / f->n_branches;
    struct panel *slope = mem_zero((size_t)rows + 1, sizeof *slope);
    double at[PANEL_NODES], *rate = mem_zero((size_t)rows + 1, sizeof *rate);
    double *sum = mem_zero((size_t)f->n_outcomes * PANEL_NODES, sizeof *sum);
    double *out = mem_zero(f->n_outcomes, sizeof *out);
    for (uint32_t r = 0; r < rows; r++) {
        struct panel p = *where;
        panel_fit(&p, value[r]);
        panel_slope(&p, &slope[r]);
    }
    panel_places(where->from, where->width, at);
    for (int j = 0; j < PANEL_NODES; j++) {
        memset(out, 0, f->n_outcomes * sizeof *out);
        for (uint32_t r = 0; r < rows; r++) {
            x->p[r] = value[r][j];
            rate[r] = copies * panel_at(&slope[r], at[j]);
        }
        for (uint32_t b = 0; b < f->n_branches; b++)
            join_race(&f->rule, b * copies, rate + x->row[b], x->now, x->now, out);
        for (uint32_t o = 0; o < f->n_outcomes; o++)
            sum[o * PANEL_NODES + (uint32_t)j] = out[o];
    }
    for (uint32_t o = 0; o < f->n_outcomes; o++) {
        struct panel p = *where, whole;
        double done[PANEL_NODES], atoms = atoms_of(x, o);
        panel_fit(&p, o ? sum + o * PANEL_NODES : value[rows]);
        double all = o ? panel_integral(&p, &whole) : 0;
        for (int j = 0; j < PANEL_NODES; j++)
            done[j] = (o ? x->sum[o] + panel_at(&whole, at[j]) : value[rows][j]) - atoms;
        put_cell(x, o, where, done);
        x->sum[o] += all;
    }
    mem_free(slope);
    mem_free(rate);
    mem_free(sum);
    mem_free(out);
}

static void cell(void *arg, const struct panel *where, double *const *value)
{
    struct finish *x = arg;
    if (x->races) {
        race_cell(x, where, value);
        return;
    }
    for (uint32_t o = 0; o < x->f->n_outcomes; o++) {
        double done[PANEL_NODES], atoms = atoms_of(x, o);
        for (int j = 0; j < PANEL_NODES; j++)
            done[j] = value[o][j] - atoms;
        put_cell(x, o, where, done);
    }
}

/* --- jumps */

/* Of branches that end at one instant, those of one attempt do so in their order; of longer ones
 * the order is not held. */
static bool is_tied(const struct finish *x)
{
    const struct fork *f = x->f;
    uint32_t ending = 0, copies = f->rule.n / f->n_branches;
    for (uint32_t b = 0; b < f->n_branches; b++)
        for (uint32_t r = x->row[b]; r < x->row[b + 1]; r++)
            if (x->p[r] - x->before[r] > 1e-12) {
                ending += copies;
                break;
            }
    return ending > 1 && !f->once;
}

static void race_jump(struct finish *x, double *jump)
{
    const struct fork *f = x->f;
    uint32_t rows = x->row[f->n_branches], copies = f->rule.n / f->n_branches;
    double *rate = mem_zero((size_t)rows + 1, sizeof *rate), now[2], then[2];
    for (uint32_t r = 0; r < rows; r++)
        rate[r] = x->p[r] - x->before[r];
    memset(jump, 0, f->n_outcomes * sizeof *jump);
    for (uint32_t i = 0; i < f->rule.n; i++)
        join_race(&f->rule, i, rate + x->row[i / copies], x->now, x->then, jump);
    join_counting(&f->rule, x->now, now);
    join_counting(&f->rule, x->then, then);
    jump[0] = now[1] - then[1];
    mem_free(rate);
}

static void jump(void *arg, double t)
{
    struct finish *x = arg;
    uint32_t n = x->f->n_outcomes;
    double *by = mem_zero(2 * (size_t)n, sizeof *by);
    branches_at(x, t * (1 - SAME), true, x->before); /* sums may differ by rounding */
    branches_at(x, t * (1 + SAME), false, x->p);
    if (x->races) {
        x->f->tied = x->f->tied || is_tied(x);
        race_jump(x, by);
    } else {
        struct branch_now *now = x->now;
        done_by(x, by);
        x->now = x->then;
        done_by(x, by + n);
        x->now = now;
        for (uint32_t o = 0; o < n; o++)
            by[o] -= by[n + o];
    }
    for (uint32_t o = 0; o < n; o++) {
        if (x->races && o)
            x->sum[o] += by[o];
        if (x->law && by[o] > 1e-15)
            vec_push(&x->law[o].atoms, ((struct weighted){t, by[o]}));
    }
    mem_free(by);
}

/* --- the whole */

static void run(struct finish *x)
{
    const struct fork *f = x->f;
    struct sweep s = {.rows = x->races ? x->row[f->n_branches] + 1 : f->n_outcomes,
                      .tolerance = f->once ? ACCURATE : ROUGH,
                      .at = rows_at,
                      .cell = cell,
                      .jump = jump,
                      .arg = x};
    for (uint32_t b = 0; b < f->n_branches; b++)
        for (size_t i = 0; i < x->times[b].cuts.len; i++)
            vec_push(&s.cuts, x->times[b].cuts.at[i]);
    double doubt = panels_sweep(&s);
    if (!x->races) /* a jump that falls into a sliver does no harm */
        doubt = 0;
    for (uint32_t b = 0; b < f->n_branches; b++)
        doubt = fmax(doubt, x->times[b].doubt);
    x->f->doubt = fmax(x->f->doubt, doubt);
}

void fork_race(struct fork *f, uint32_t q)
{
    struct finish x;
    double done[2];
    finish_init(&x, f, q);
    run(&x);
    for (uint32_t b = 0; b < f->n_branches; b++)
        memcpy(x.p + x.row[b], f->branch[b].p[q], f->branch[b].n_ends * sizeof *x.p);
    join_counting(&f->rule, x.now, done);
    double sum = 0;
    for (uint32_t o = 1; o < f->n_outcomes; o++)
        sum += x.sum[o] = fmax(0, x.sum[o]);
    f->doubt = fmax(f->doubt, fabs(sum - done[0]));
    for (uint32_t o = 1; o < f->n_outcomes; o++)
        f->p[q][o] = sum > 0 ? done[0] * x.sum[o] / sum : 0;
    f->p[q][0] = done[1];
    finish_release(&x);
}

void fork_laws(struct fork *f, uint32_t q)
{
    struct finish x;
    finish_init(&x, f, q);
    x.law = f->law + (size_t)q * f->n_outcomes;
    for (uint32_t o = 0; o < f->n_outcomes; o++)
        x.law[o] = (struct latency_law){.limit_s = INFINITY, .in_time = 1, .lent = true};
    run(&x);
    for (uint32_t o = 0; o < f->n_outcomes; o++)
        latency_law_settle(&x.law[o], f->p[q][o]);
    finish_release(&x);
}
