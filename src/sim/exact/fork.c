/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parallels in the chain: their units, branches and outcomes, and what an outcome costs.
 *
 * Probabilities of an outcome are multilinear in those of the branches' ends, so that with C_i what
 * copy i costs, E[C; outcome] is the sum over i of the outcome's probability with the ends of i
 * weighted by E[C_i | end], and E[C^2; outcome] that over pairs. */
#include "sim/exact/fork.h"
#include "sim/exact/fork_times.h"

#include <math.h>
#include <string.h>

/* --- units */

static uint32_t levels_of(const struct chain *c, uint32_t parallel)
{
    return parallel_scores(c->pipeline, parallel) ? c->bands[parallel].n + 2 : 1;
}

uint32_t fork_outcomes(const struct chain *c, uint32_t parallel)
{
    return 1 + 2 * levels_of(c, parallel);
}

static void fork_rule(const struct chain *c, struct fork *f)
{
    const struct parallel *par = c->pipeline->step[f->step].parallel;
    f->rule = (struct join_rule){
        .join = par->join, .n = par->n, .k = par->k, .n_levels = levels_of(c, f->step)};
    if (par->join == JOIN_K_OF_N && par->k == par->n)
        f->rule.join = JOIN_ALL;
    if (par->join == JOIN_ANY && par->n == 1)
        f->rule.join = JOIN_ALL;
    f->n_outcomes = join_outcomes(&f->rule);
    f->n_branches = par->n_branches;
}

static int fork_init(struct fork *f, const struct chain *c, uint32_t unit, bool what_if,
                     struct error *err)
{
    *f = (struct fork){.step = c->unit[unit].step, .unit = unit, .join = unit + 1, .stale = true};
    f->used[0] = f->used[1] = true;
    f->context = (uint32_t)(c->unit[unit].given + 1);
    fork_rule(c, f);
    f->branch = mem_zero((size_t)f->n_branches + 1, sizeof *f->branch);
    for (uint32_t b = 0; b < f->n_branches; b++)
        if (branch_init(&f->branch[b], c, f->step, b, f->context, what_if, err))
            return -1;
    for (int q = 0; q < 2; q++) {
        f->p[q] = mem_zero(f->n_outcomes, sizeof(double));
        f->gain[q] = mem_zero(f->n_outcomes, sizeof *f->gain[q]);
    }
    f->law = mem_zero(2 * (size_t)f->n_outcomes, sizeof *f->law);
    f->once = true;
    for (uint32_t b = 0; b < f->n_branches; b++)
        f->once = f->once && f->branch[b].once;
    return 0;
}

static void laws_release(struct fork *f)
{
    for (uint32_t o = 0; o < 2 * f->n_outcomes && f->law; o++) {
        f->law[o].lent = false;
        latency_law_release(&f->law[o]);
        f->law[o] = (struct latency_law){0};
    }
}

int forks_build(struct chain *c, bool what_if, struct error *err)
{
    uint32_t n = 0;
    for (uint32_t u = 0; u < c->n_units; u++)
        n += c->unit[u].kind == UNIT_FORK;
    if (!n)
        return 0;
    c->forks = mem_zero(1, sizeof *c->forks);
    c->forks->at = mem_zero(n, sizeof *c->forks->at);
    c->forks->of_unit = mem_zero(c->n_units, sizeof *c->forks->of_unit);
    for (uint32_t u = 0; u < c->n_units; u++) {
        if (c->unit[u].kind != UNIT_FORK)
            continue;
        struct fork *f = &c->forks->at[c->forks->n++];
        if (fork_init(f, c, u, what_if, err))
            return -1;
        for (uint32_t k = 0; k <= 2 * f->n_outcomes; k++)
            c->forks->of_unit[u + k] = c->forks->n;
    }
    return 0;
}

void forks_release(struct chain *c)
{
    for (uint32_t k = 0; c->forks && k < c->forks->n; k++) {
        struct fork *f = &c->forks->at[k];
        laws_release(f);
        best_release(f);
        fork_times_release(f);
        for (uint32_t b = 0; b < f->n_branches; b++)
            if (f->branch[b].chain.pipeline)
                branch_release(&f->branch[b]);
        for (int q = 0; q < 2; q++) {
            mem_free(f->p[q]);
            mem_free(f->gain[q]);
        }
        mem_free(f->branch);
        mem_free(f->law);
    }
    if (c->forks) {
        mem_free(c->forks->at);
        mem_free(c->forks->of_unit);
    }
    mem_free(c->forks);
    c->forks = NULL;
}

/* --- probabilities */

static void set_now(const struct fork *f, uint32_t q, struct branch_now *now)
{
    uint32_t copies = f->rule.n / f->n_branches;
    for (uint32_t i = 0; i < f->rule.n; i++) {
        const struct branch *b = &f->branch[i / copies];
        now[i] = (struct branch_now){b->end, b->n_ends, b->p[q]};
    }
}

static bool one_level(const struct fork *f, uint32_t q)
{
    int32_t only = -1;
    for (uint32_t b = 0; b < f->n_branches; b++)
        for (uint32_t e = 0; e < f->branch[b].n_ends; e++) {
            const struct branch_end *end = &f->branch[b].end[e];
            int32_t label = (int32_t)(1 + end->good * f->rule.n_levels + end->level);
            if (!end->ok || !(f->branch[b].p[q][e] > 0))
                continue;
            if (only >= 0 && only != label)
                return false;
            only = label;
        }
    return true;
}

uint32_t fork_only_outcome(const struct fork *f, uint32_t q)
{
    if (!join_races(&f->rule) || !one_level(f, q))
        return 0;
    for (uint32_t b = 0; b < f->n_branches; b++)
        for (uint32_t e = 0; e < f->branch[b].n_ends; e++) {
            const struct branch_end *end = &f->branch[b].end[e];
            if (end->ok && f->branch[b].p[q][e] > 0)
                return 1 + end->good * f->rule.n_levels + end->level;
        }
    return 1; /* never ok */
}

static void probabilities(struct fork *f, uint32_t q)
{
    struct branch_now *now = mem_zero((size_t)f->rule.n + 1, sizeof *now);
    set_now(f, q, now);
    memset(f->p[q], 0, f->n_outcomes * sizeof(double));
    uint32_t only = fork_only_outcome(f, q);
    if (only) {
        double done[2];
        join_counting(&f->rule, now, done);
        f->p[q][only] = done[0];
        f->p[q][0] = done[1];
    } else if (join_races(&f->rule)) {
        fork_race(f, q);
    } else {
        join_waiting(&f->rule, now, &f->best, f->p[q]);
    }
    mem_free(now);
}

static double may_fail(const struct branch *b)
{
    double sum = 0;
    for (int q = 0; q < 2; q++)
        for (uint32_t e = 0; e < b->n_ends; e++)
            sum += b->end[e].ok ? 0 : b->p[q][e];
    return sum;
}

static bool is_timeless(const struct branch *b)
{
    for (uint32_t u = 0; u < b->chain.n_units; u++) {
        const struct retry *r = chain_retry(&b->chain, u);
        if (dist_max(&b->chain.numbers[u].latency) > 0 ||
            (r->attempts > 1 && rules_backoff(r, 1, 1) > 0))
            return false;
    }
    return true;
}

static void refill(struct chain *c, struct fork *f)
{
    f->timeless = true;
    f->cancels = join_races(&f->rule);
    for (uint32_t b = 0; b < f->n_branches; b++) {
        branch_take(&f->branch[b], c);
        branch_solve(&f->branch[b]);
        if (branch_moved(&f->branch[b]))
            fork_times_forget(f, b);
        f->timeless = f->timeless && is_timeless(&f->branch[b]);
        if (f->rule.join == JOIN_ALL && f->rule.n > 1)
            f->cancels = f->cancels || may_fail(&f->branch[b]) > 0;
    }
    if (f->rule.join == JOIN_BEST)
        best_refill(f);
    f->stale = true;
    f->tied = false;
    f->doubt = 0;
    double *weight = c->weight + c->unit[f->unit].first + 1;
    for (uint32_t q = 0; q < 2; q++) {
        if (!f->used[q])
            continue;
        probabilities(f, q);
        memcpy(weight + q * f->n_outcomes, f->p[q], f->n_outcomes * sizeof(double));
    }
}

void forks_refill(struct chain *c, uint32_t parallel)
{
    for (uint32_t k = 0; c->forks && k < c->forks->n; k++)
        if (parallel == UINT32_MAX || c->forks->at[k].step == parallel)
            refill(c, &c->forks->at[k]);
}

/* --- what an outcome costs */

/* A copy's ends weighted by moment k of what X is there: cost (0), visits (2); -1: as they are. */
struct weighing {
    const struct fork *f;
    struct branch_now *now;
    double *room; /* [n][most ends] */
    size_t stride;
    uint32_t q;
};

static void weigh(struct weighing *w, uint32_t i, int moment)
{
    const struct fork *f = w->f;
    const struct branch *b = &f->branch[i / (f->rule.n / f->n_branches)];
    double *p = w->room + i * w->stride;
    for (uint32_t e = 0; e < b->n_ends; e++)
        p[e] = b->p[w->q][e] * (moment < 0 ? 1 : b->gain[w->q][e][moment]);
    w->now[i] = (struct branch_now){b->end, b->n_ends, p};
}

static void add_outcomes(const struct weighing *w, double *sum)
{
    double *p = mem_zero(w->f->n_outcomes, sizeof *p);
    join_waiting(&w->f->rule, w->now, &w->f->best, p);
    for (uint32_t o = 0; o < w->f->n_outcomes; o++)
        sum[o] += p[o];
    mem_free(p);
}

/* Sums of E[X; outcome] and E[X^2; outcome] over the copies. */
static void moments_of(struct weighing *w, int x, double *m1, double *m2)
{
    uint32_t n = w->f->rule.n;
    for (uint32_t i = 0; i < n; i++)
        weigh(w, i, -1);
    for (uint32_t i = 0; i < n; i++) {
        weigh(w, i, x);
        add_outcomes(w, m1);
        for (uint32_t k = 0; k < n; k++) {
            weigh(w, k, k == i ? x + 1 : x);
            add_outcomes(w, m2);
            weigh(w, k, k == i ? x : -1);
        }
        weigh(w, i, -1);
    }
}

static void gains_waiting(struct fork *f, uint32_t q)
{
    struct weighing w = {.f = f, .q = q};
    for (uint32_t b = 0; b < f->n_branches; b++)
        w.stride = f->branch[b].n_ends > w.stride ? f->branch[b].n_ends : w.stride;
    w.now = mem_zero((size_t)f->rule.n + 1, sizeof *w.now);
    w.room = mem_zero(f->rule.n * w.stride + 1, sizeof *w.room);
    double *m = mem_zero(4 * (size_t)f->n_outcomes, sizeof *m);
    for (int x = 0; x < 4; x += 2)
        moments_of(&w, x, m + (size_t)x * f->n_outcomes, m + ((size_t)x + 1) * f->n_outcomes);
    for (uint32_t o = 0; o < f->n_outcomes; o++)
        for (int k = 0; k < 4; k++)
            f->gain[q][o][k] = f->p[q][o] > 0 ? m[(size_t)k * f->n_outcomes + o] / f->p[q][o] : 0;
    mem_free(m);
    mem_free(w.now);
    mem_free(w.room);
}

/* One call of each copy, whoever is cancelled. */
static void gains_once(struct fork *f, uint32_t q)
{
    double cost = 0, n = f->rule.n;
    for (uint32_t b = 0; b < f->n_branches; b++) {
        const struct chain *c = &f->branch[b].chain;
        cost += n / f->n_branches * c->numbers[c->state[c->start[q]].unit].cost_call;
    }
    for (uint32_t o = 0; o < f->n_outcomes; o++) {
        double gain[4] = {cost, cost * cost, n, n * n};
        memcpy(f->gain[q][o], gain, sizeof gain);
    }
}

static void gains(struct fork *f, uint32_t q)
{
    if (f->once)
        gains_once(f, q);
    else if (!f->cancels)
        gains_waiting(f, q);
    for (uint32_t o = 0; o < f->n_outcomes; o++) {
        double *g = f->gain[q][o];
        if (!f->once && f->cancels)
            g[0] = g[1] = g[2] = g[3] = NAN;
        g[3] += 2 * g[2] + 1; /* the parallel itself */
        g[2] += 1;
    }
}

/* --- times */

static void set_ends(struct chain *c, const struct fork *f, uint32_t q)
{
    for (uint32_t o = 0; o < f->n_outcomes; o++) {
        uint32_t unit = f->join + q * f->n_outcomes + o, end = o ? END_OK : END_FAILED;
        const struct latency_law *law = &f->law[o + q * f->n_outcomes];
        struct chain_end *to = &c->end[c->unit[unit].first_end + end];
        for (int k = 0; k < 2; k++) {
            to->time[k] = f->timeless ? 0 : latency_law_moment(law, k + 1);
            to->cost[k] = f->gain[q][o][k];
            c->law[unit].time[end][k] = to->time[k];
        }
    }
}

void forks_time(struct chain *c)
{
    for (uint32_t k = 0; c->forks && k < c->forks->n; k++) {
        struct fork *f = &c->forks->at[k];
        if (!f->stale)
            continue;
        laws_release(f);
        for (uint32_t q = 0; q < 2; q++) {
            if (!f->used[q])
                continue;
            if (!f->timeless)
                fork_laws(f, q);
            gains(f, q);
            set_ends(c, f, q);
        }
        f->stale = false;
    }
}

double forks_work(const struct chain *c, bool timed)
{
    double sum = 0;
    for (uint32_t k = 0; c->forks && k < c->forks->n; k++) {
        const struct fork *f = &c->forks->at[k];
        double instant = 10.0 * f->rule.n * pow(f->rule.k + 1, 2) * f->rule.n_levels;
        double times = f->once ? 0 : 1e7 * f->n_branches;
        sum += 2e3 * f->n_branches + 2 * (instant + 1e3);
        if ((timed || join_races(&f->rule)) && !f->timeless)
            sum += 2 * (times + 500 * (instant * (join_races(&f->rule) ? f->rule.n : 1) + 300));
    }
    return sum;
}

void forks_mark(struct chain *c)
{
    for (uint32_t k = 0; c->forks && k < c->forks->n; k++)
        c->forks->at[k].used[0] = c->forks->at[k].used[1] = false;
    for (uint32_t s = 0; s < c->n_states && c->forks; s++)
        if (c->unit[c->state[s].unit].kind == UNIT_FORK)
            c->forks->at[c->forks->of_unit[c->state[s].unit] - 1].used[c->state[s].good] = true;
}

/* --- visits of the steps inside */

void forks_masses(const struct chain *c, const double *n, size_t stride, double *mass,
                  double *caught)
{
    for (uint32_t s = 0; s < c->n_states && c->forks; s++) {
        const struct chain_state *at = &c->state[s];
        if (c->unit[at->unit].kind != UNIT_FORK)
            continue;
        const struct fork *f = fork_of(c, at->unit);
        double copies = f->rule.n / f->n_branches;
        for (uint32_t k = 0; k < f->n_branches; k++) {
            const struct branch *b = &f->branch[k];
            for (uint32_t u = 0; u < b->chain.n_units; u++) {
                uint32_t to = branch_outer(b, c, u);
                if (to == UNIT_NONE)
                    continue;
                mass[to] += n[s * stride] * copies * b->visits[at->good][u];
                if (caught)
                    caught[to] += n[s * stride] * copies * b->caught[at->good][u];
            }
        }
    }
}
