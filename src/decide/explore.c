/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The design is a lattice of one or two numbers, and the Halton sequence (1960) of more.  Clouds
 * are drawn evenly from boxes about the best candidate of each combination of whole numbers, half
 * of them along one axis; risk need not be monotone in anything. */
#include "decide/explore.h"

#include "math/rng.h"

#include <math.h>
#include <stdlib.h>

enum {
    LINE_POINTS = 41,
    PLANE_POINTS = 13, /* a side */
    HALTON_POINTS = 200,
    COMBINATIONS_MOST = 24,
    DESIGN_LEAST = 200, /* a smaller design does not get more trials for that */
    GROUPS_MOST = 5,    /* combinations of whole numbers that are refined */
    FRONTIER_MOST = 40,
    NEAR_SIMULATED = 2, /* settings tried about each point of the frontier, in a round */
    NEAR_EXACT = 6,
    FULL_MOST = 5000
};

static const double SHRINK = 0.6;

/* Least is best; INFINITY: no candidate.  sure: with whole intervals. */
static double explore_score(const struct pool *pool, const struct candidate *c, struct aim aim,
                            bool sure)
{
    const struct evaluator *e = pool->e;

    if (!c->trials)
        return INFINITY;
    if (aim.kind == AIM_TARGET) {
        const struct target *t = &e->asked->p->target[aim.k];
        double value = c->at[e->asked->of_target[aim.k]].value;
        return isnan(value) ? INFINITY : t->kind == TARGET_AT_LEAST ? -value : value;
    }
    double worst = candidate_worst(e, c, sure);
    if (aim.kind == AIM_JOINT)
        return worst;
    /* all that meet the targets come before all that do not */
    return worst > 0 ? 1e100 * fmin(1 + worst, 1e100) : asked_goal(e->asked, c->at);
}

/* --- the pool */

static bool same_place(const struct pool *pool, const struct candidate *a,
                       const struct candidate *b)
{
    const struct settings *s = pool->e->settings;
    bool same = a->out_of == b->out_of;

    for (uint32_t i = 0; i < s->n && same; i++)
        same = (a->out_of && s->out[a->out_of - 1].variable == i) ||
               fabs(a->x[i] - b->x[i]) <= 1e-9 * fmax(fabs(a->x[i]), 1e-3);
    return same;
}

/* Adds a candidate unless it stands there already with as many trials. */
static void put(struct pool *pool, struct candidate c, uint64_t trials)
{
    const struct settings *s = pool->e->settings;

    for (uint32_t i = 0; i < s->n; i++)
        c.x[i] = variable_round(&s->v[i], c.x[i]);
    for (uint32_t i = 0; i < s->n; i++) {
        int32_t high = s->v[i].above;
        if (high >= 0 && c.x[i] > c.x[high]) {
            double low = c.x[high];
            c.x[high] = c.x[i];
            c.x[i] = low;
        }
    }
    c.trials = 0;
    c.n_batches = 0;
    for (size_t k = 0; k < pool->list.len; k++)
        if (same_place(pool, &pool->list.at[k], &c) &&
            (pool->list.at[k].trials >= trials || !pool->list.at[k].trials))
            return;
    vec_push(&pool->list, c);
}

static int run_new(struct pool *pool, size_t from, uint64_t seed, uint64_t trials,
                   struct error *err)
{
    pool->trials = trials > pool->trials ? trials : pool->trials;
    return evaluate(pool->e, pool->list.at + from, pool->list.len - from, seed, trials, false, err);
}

/* --- the design */

static bool is_free(const struct variable *v)
{
    return !v->whole && v->to > v->from && v->n != 1;
}

static double radical_inverse(uint32_t base, uint64_t i)
{
    double x = 0, f = 1.0 / base;

    for (; i; i /= base, f /= base)
        x += f * (double)(i % base);
    return x;
}

struct design {
    struct pool *pool;
    uint32_t axis[SETTINGS_MOST], n_axes; /* variables that the sequence moves */
    uint64_t points;
    uint64_t side[SETTINGS_MOST]; /* of a lattice; 0: Halton */
};

/* So many of the usual points as there is time for. */
static uint64_t scaled(const struct design *d, uint64_t points, uint64_t least)
{
    double n = (double)points * evaluate_room(d->pool->e);
    return n < (double)least ? least : (uint64_t)n;
}

static void choose_points(struct design *d)
{
    const struct settings *s = d->pool->e->settings;
    bool lattice = d->n_axes <= 2, full = true;
    double product = 1;

    for (uint32_t a = 0; a < d->n_axes; a++) {
        const struct variable *v = &s->v[d->axis[a]];
        full = full && variable_count(v) > 0;
        product *= (double)variable_count(v);
    }
    lattice = lattice || (full && product <= FULL_MOST);
    d->points = lattice ? 1 : scaled(d, HALTON_POINTS, 16);
    for (uint32_t a = 0; a < d->n_axes && lattice; a++) {
        uint64_t own = variable_count(&s->v[d->axis[a]]);
        uint64_t most = full && product <= FULL_MOST ? FULL_MOST
                        : d->n_axes == 1             ? scaled(d, LINE_POINTS, 11)
                                                     : scaled(d, PLANE_POINTS, 4);
        d->side[a] = own && own < most ? own : most;
        d->points *= d->side[a];
    }
}

static void put_point(const struct design *d, uint64_t i, struct candidate c)
{
    static const uint32_t prime[SETTINGS_MOST] = {2, 3, 5, 7, 11, 13, 17, 19};
    const struct settings *s = d->pool->e->settings;
    uint64_t rest = i;

    for (uint32_t a = 0; a < d->n_axes; a++) {
        const struct variable *v = &s->v[d->axis[a]];
        double u;
        if (d->side[a]) {
            u = d->side[a] > 1 ? (double)(rest % d->side[a]) / (double)(d->side[a] - 1) : 0;
            rest /= d->side[a];
        } else {
            u = radical_inverse(prime[a], i + 1);
        }
        c.x[d->axis[a]] = v->from + u * (v->to - v->from);
    }
    put(d->pool, c, 1);
}

/* The scenario as it is, and with each threshold at either end. */
static void put_known(struct pool *pool)
{
    const struct settings *s = pool->e->settings;
    struct candidate now = {0};

    for (uint32_t i = 0; i < s->n; i++)
        now.x[i] = isnan(s->v[i].now) ? s->v[i].from : s->v[i].now;
    put(pool, now, 1);
    for (uint32_t i = 0; i < s->n; i++)
        for (int end = 0; end < 2 && s->v[i].gate >= 0; end++) {
            struct candidate c = now;
            c.x[i] = end ? s->v[i].to : s->v[i].from;
            put(pool, c, 1);
        }
}

/* All points under one combination of whole numbers. */
static void put_points(struct design *d, struct candidate base)
{
    const struct settings *s = d->pool->e->settings;

    for (uint64_t i = 0; i < d->points; i++)
        put_point(d, i, base);
    for (uint32_t l = 0; l < s->n_out; l++)
        for (uint64_t i = 0; i < d->points; i += 3) {
            struct candidate c = base;
            c.out_of = l + 1;
            put_point(d, i, c);
        }
}

int explore_design(struct pool *pool, uint64_t seed, uint64_t trials, double share,
                   struct error *err)
{
    const struct settings *s = pool->e->settings;
    struct design d = {.pool = pool};
    uint64_t combinations = 1;
    size_t from = pool->list.len;

    for (uint32_t i = 0; i < s->n; i++) {
        uint64_t own = s->v[i].whole ? variable_count(&s->v[i]) : 1;
        combinations *= own && combinations * own <= COMBINATIONS_MOST ? own : 0;
    }
    for (uint32_t i = 0; i < s->n; i++)
        if (is_free(&s->v[i]) || (s->v[i].whole && !combinations))
            d.axis[d.n_axes++] = i;
    choose_points(&d);
    put_known(pool);
    for (uint64_t k = 0; k < (combinations ? combinations : 1); k++) {
        struct candidate base = {0};
        uint64_t rest = k;
        for (uint32_t i = 0; i < s->n; i++) {
            uint64_t own = s->v[i].whole && combinations ? variable_count(&s->v[i]) : 1;
            base.x[i] = s->v[i].from;
            if (own > 1)
                base.x[i] += (s->v[i].to - s->v[i].from) * (double)(rest % own) / (double)(own - 1);
            rest /= own;
        }
        put_points(&d, base);
    }
    size_t n = pool->list.len - from;
    if (!trials)
        trials = evaluate_trials(pool->e, share, n > DESIGN_LEAST ? n : DESIGN_LEAST);
    return run_new(pool, from, seed, trials, err);
}

/* --- clouds */

int64_t explore_best(const struct pool *pool, struct aim aim, uint32_t out_of)
{
    double least = INFINITY;
    int64_t best = -1;

    for (size_t i = 0; i < pool->list.len; i++) {
        const struct candidate *c = &pool->list.at[i];
        double score = explore_score(pool, c, aim, true);
        if (c->out_of != out_of || c->trials < pool->trials || !(score < least))
            continue;
        least = score;
        best = (int64_t)i;
    }
    return best;
}

/* Do two candidates agree in whole numbers and in what they leave out? */
static bool same_group(const struct pool *pool, const struct candidate *a,
                       const struct candidate *b)
{
    bool same = a->out_of == b->out_of;

    for (uint32_t i = 0; i < pool->e->settings->n; i++)
        same = same && (!pool->e->settings->v[i].whole || a->x[i] == b->x[i]);
    return same;
}

/* The best of each group, best first; the others of its stages come last. */
static uint32_t choose_centres(const struct pool *pool, struct aim aim, bool sure,
                               struct candidate centre[GROUPS_MOST + SETTINGS_MOST])
{
    uint32_t n = 0, n_out = aim.kind == AIM_GOAL ? pool->e->settings->n_out : 0;

    for (uint32_t out = 0; out <= n_out; out++)
        for (uint32_t g = 0; g < (out ? 1 : GROUPS_MOST); g++) {
            double least = INFINITY;
            const struct candidate *best = NULL;
            for (size_t i = 0; i < pool->list.len; i++) {
                const struct candidate *c = &pool->list.at[i];
                double score = explore_score(pool, c, aim, sure);
                bool taken = c->out_of != out;
                for (uint32_t k = 0; k < n; k++)
                    taken = taken || same_group(pool, &centre[k], c);
                if (!taken && score < least)
                    least = score, best = c;
            }
            if (best)
                centre[n++] = *best;
        }
    return n;
}

static void put_cloud(struct pool *pool, const struct candidate *centre, const double *reach,
                      uint32_t m, struct rng_seq *rng, uint64_t trials)
{
    const struct settings *s = pool->e->settings;
    uint32_t axis[SETTINGS_MOST], n = 0;

    for (uint32_t i = 0; i < s->n; i++)
        if (reach[i] > 0 && !(centre->out_of && s->out[centre->out_of - 1].variable == i))
            axis[n++] = i;
    put(pool, *centre, trials);
    for (uint32_t j = 0; j < m && n; j++) {
        struct candidate c = *centre;
        uint32_t only = (uint32_t)rng_below(rng, n);
        for (uint32_t a = 0; a < n; a++) {
            double u = 2 * rng_unit(rng_next(rng)) - 1;
            if (j % 2 == 0 || a == only)
                c.x[axis[a]] += reach[axis[a]] * u;
        }
        put(pool, c, trials);
    }
    for (uint32_t i = 0; i < s->n; i++)
        for (int side = -1; side <= 1 && s->v[i].whole; side += 2) {
            struct candidate c = *centre;
            c.x[i] += side;
            put(pool, c, trials);
        }
}

int explore_refine(struct pool *pool, struct aim aim, uint32_t rounds, uint64_t seed,
                   uint64_t trials, struct error *err)
{
    const struct settings *s = pool->e->settings;
    double reach[SETTINGS_MOST] = {0};
    uint32_t n_free = 0;
    struct rng_seq rng = {rng_key(pool->e->options->seed, aim.kind, aim.k, 0, RNG_SPLIT), 0};

    for (uint32_t i = 0; i < s->n; i++)
        n_free += is_free(&s->v[i]);
    for (uint32_t i = 0; i < s->n; i++) {
        double range = s->v[i].to - s->v[i].from;
        if (is_free(&s->v[i]))
            reach[i] = range * (n_free == 1   ? 1.5 / LINE_POINTS
                                : n_free == 2 ? 1.0 / PLANE_POINTS
                                              : pow(HALTON_POINTS, -1.0 / n_free));
    }
    rounds = rounds * evaluate_room(pool->e) < 1 ? 1 : (uint32_t)(rounds * evaluate_room(pool->e));
    for (uint32_t r = 0; r < rounds; r++) {
        struct candidate centre[GROUPS_MOST + SETTINGS_MOST];
        uint32_t n = choose_centres(pool, aim, r > 0 || !pool->e->simulated, centre);
        size_t from = pool->list.len;
        for (uint32_t k = 0; k < n; k++)
            put_cloud(pool, &centre[k], reach, k == 0 ? 8 + 4 * n_free : 4 + 2 * n_free, &rng,
                      trials);
        if (run_new(pool, from, seed, trials, err))
            return -1;
        for (uint32_t i = 0; i < s->n; i++)
            reach[i] *= SHRINK;
    }
    return 0;
}

/* --- the frontier */

/* On ties and within the noise, fewer people. */
static double staff_of(const struct settings *s, const struct candidate *c)
{
    double sum = 0;

    for (uint32_t i = 0; i < s->n; i++)
        sum += s->v[i].staff ? c->x[i] : 0;
    return sum;
}

/* Does it meet the targets that are not on the frontier's axes? */
static bool stands(const struct pool *pool, const struct candidate *c, uint32_t x)
{
    const struct asked *a = pool->e->asked;
    bool meets =
        c->trials > 0 && !c->out_of && !isnan(c->at[x].value) && !isnan(c->at[a->risk].value);

    for (uint32_t k = 0; k < a->p->n_targets; k++)
        if (a->of_target[k] != x && a->of_target[k] != a->risk)
            meets = meets && candidate_shortfall(pool->e, c, k, false) == 0;
    return meets;
}

struct frontier_order {
    double x, y, staff;
    size_t i;
};

static int by_axes(const void *a, const void *b)
{
    const struct frontier_order *p = a, *q = b;
    if (p->x != q->x)
        return p->x < q->x ? -1 : 1;
    if (p->y != q->y)
        return p->y < q->y ? -1 : 1;
    if (p->staff != q->staff)
        return p->staff < q->staff ? -1 : 1;
    return (p->i > q->i) - (p->i < q->i);
}

size_t *explore_frontier(const struct pool *pool, uint32_t x, size_t *n)
{
    const struct asked *a = pool->e->asked;
    struct frontier_order *all = mem_zero(pool->list.len + 1, sizeof *all);
    size_t *out = mem_zero(pool->list.len + 1, sizeof *out), len = 0;
    double least = INFINITY;

    *n = 0;
    for (int strict = 1; strict >= 0 && !len; strict--)
        for (size_t i = 0; i < pool->list.len; i++) {
            const struct candidate *c = &pool->list.at[i];
            if (c->trials < pool->trials || c->out_of || isnan(c->at[x].value) ||
                isnan(c->at[a->risk].value) || (strict && !stands(pool, c, x)))
                continue;
            all[len++] = (struct frontier_order){c->at[x].value, c->at[a->risk].value,
                                                 staff_of(pool->e->settings, c), i};
        }
    qsort(all, len, sizeof *all, by_axes);
    for (size_t i = 0; i < len; i++)
        if (all[i].y < least) {
            least = all[i].y;
            out[(*n)++] = all[i].i;
        }
    mem_free(all);
    return out;
}

/* Not more of them than a picture shows, evenly along the curve. */
size_t explore_thin(const struct pool *pool, uint32_t x, size_t *at, size_t n)
{
    const struct candidate *all = pool->list.at;
    uint32_t y = pool->e->asked->risk;
    size_t kept = 0;

    if (!n)
        return 0;
    double width = fmax(all[at[n - 1]].at[x].value - all[at[0]].at[x].value, 1e-300);
    double height = fmax(all[at[0]].at[y].value - all[at[n - 1]].at[y].value, 1e-300);
    for (size_t i = 0; i < n; i++) {
        const struct candidate *c = &all[at[i]], *last = &all[at[kept ? kept - 1 : 0]];
        double gone = (c->at[x].value - last->at[x].value) / width +
                      (last->at[y].value - c->at[y].value) / height;
        if (i && gone < 2.0 / FRONTIER_MOST && i + 1 < n)
            continue;
        at[kept++] = at[i];
    }
    return kept;
}

/* Settings about a point of the frontier, and half-way to the next one. */
static void put_near(struct pool *pool, struct candidate c, const struct candidate *next,
                     double reach, struct rng_seq *rng, uint64_t trials)
{
    const struct settings *s = pool->e->settings;
    uint32_t n = pool->e->simulated ? NEAR_SIMULATED : NEAR_EXACT;

    put(pool, c, trials);
    for (uint32_t j = 0; j < n; j++) {
        struct candidate near = c;
        for (uint32_t i = 0; i < s->n; i++) {
            double u = 2 * rng_unit(rng_next(rng)) - 1;
            if (is_free(&s->v[i]))
                near.x[i] += reach * u * (s->v[i].to - s->v[i].from);
        }
        put(pool, near, trials);
    }
    for (uint32_t i = 0; i < s->n && next; i++)
        if (!s->v[i].whole)
            c.x[i] = (c.x[i] + next->x[i]) / 2;
    if (next)
        put(pool, c, trials);
}

int explore_fill(struct pool *pool, uint32_t x, uint64_t seed, uint64_t trials, struct error *err)
{
    const uint32_t rounds = !pool->e->simulated ? 8 : evaluate_room(pool->e) < 1 ? 1 : 2;
    struct rng_seq rng = {rng_key(pool->e->options->seed, x, 1, 0, RNG_SPLIT), 0};
    double reach = 0.04;

    for (uint32_t round = 0; round < rounds; round++, reach *= SHRINK) {
        size_t n, from = pool->list.len;
        uint64_t before = pool->trials;
        pool->trials = round ? before : 1; /* first of all candidates, however few their trials */
        size_t *at = explore_frontier(pool, x, &n);
        pool->trials = before;
        n = explore_thin(pool, x, at, n);
        for (size_t i = 0; i < n; i++) {
            struct candidate c = pool->list.at[at[i]], next;
            if (i + 1 < n)
                next = pool->list.at[at[i + 1]];
            put_near(pool, c, i + 1 < n ? &next : NULL, reach, &rng, trials);
        }
        mem_free(at);
        if (run_new(pool, from, seed, trials, err))
            return -1;
    }
    return 0;
}
