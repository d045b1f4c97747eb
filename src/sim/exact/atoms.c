/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The whole distribution of an item's cost or time where it has finitely many values: prices are
 * paid by the attempt, and constant latencies and waits add up.  The list of (value, probability)
 * pairs is carried along the chain in topological order; sums that differ by rounding alone are
 * one value. */
#include "sim/exact/values.h"

#include "sim/exact/fork.h"
#include "sim/exact/weather.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ATOMS_MAX = 1000000 };

struct atom {
    double x, mass;
};
struct atom_list {
    struct atom *at;
    size_t len, cap;
};

static int by_x(const void *a, const void *b)
{
    double x = ((const struct atom *)a)->x, y = ((const struct atom *)b)->x;
    return (x > y) - (x < y);
}

static bool same(double x, double y)
{
    return fabs(x - y) <= 1e-12 * fmax(fabs(x), fabs(y));
}

static void list_merge(struct atom_list *l)
{
    size_t kept = 0;
    if (l->len)
        qsort(l->at, l->len, sizeof *l->at, by_x);
    for (size_t i = 0; i < l->len; i++) {
        if (kept && same(l->at[kept - 1].x, l->at[i].x))
            l->at[kept - 1].mass += l->at[i].mass;
        else
            l->at[kept++] = l->at[i];
    }
    l->len = kept;
}

static void list_add(struct atom_list *to, const struct atom_list *from, double p)
{
    for (size_t i = 0; i < from->len && p > 0; i++)
        vec_push(to, ((struct atom){from->at[i].x, p * from->at[i].mass}));
}

/* --- what a visit adds */

/* P(k attempts | end) and the value of k attempts. */
static void visit_atoms(const struct chain *c, uint32_t unit, enum atoms_of of,
                        struct atom_list out[END_COUNT])
{
    const struct visit_law *law = &c->law[unit];
    const struct retry *retry = chain_retry(c, unit);
    if (c->unit[unit].kind == UNIT_JOIN) {
        double x = of == ATOMS_COST ? fork_gain(c, unit)[0] : 0;
        vec_push(&out[law->ok > 0 ? END_OK : END_FAILED], ((struct atom){x, 1}));
        return;
    }
    const struct numbers *n = &c->numbers[unit];
    double each = of == ATOMS_COST ? n->cost_call : c->time[unit].capped;
    double ok = law->outcome[OUTCOME_OK] + law->outcome[OUTCOME_WRONG];
    double p[END_COUNT] = {[END_OK] = law->ok + law->wrong, [END_FAILED] = law->failed};
    double lost[2] = {0}, reached = 1, waits = 0;
    for (enum outcome o = OUTCOME_ERROR; o <= OUTCOME_TIMEOUT; o++)
        lost[rules_retries(retry, o, 0)] += law->outcome[o];
    for (uint32_t k = 1; k <= retry->attempts && reached > 0; k++) {
        double x = k * each + waits;
        double end[END_COUNT] = {[END_OK] = reached * ok,
                                 [END_FAILED] =
                                     reached * (lost[0] + (k == retry->attempts ? lost[1] : 0))};
        for (int e = 0; e < END_COUNT; e++)
            if (end[e] > 0)
                vec_push(&out[e], ((struct atom){x, end[e] / p[e]}));
        if (of == ATOMS_TIME)
            waits += rules_backoff(retry, k, 1);
        reached *= lost[1];
        if (out[END_OK].len + out[END_FAILED].len > ATOMS_MAX)
            break;
    }
}

/* --- a visit in environments: how many attempts it has depends on them */

struct sky_visit {
    const struct chain *c;
    uint32_t unit, n;
    struct sky_attempt at[WEATHER_MAX];
    struct atom_list last[WEATHER_MAX], failed[WEATHER_MAX];
};

/* to[j] += p times what is moved from weather i to j over a latency. */
static void list_move(const struct weather_law *l, uint32_t n, uint32_t i,
                      const struct atom_list *a, double p, struct atom_list *to)
{
    for (uint32_t j = 0; j < n; j++)
        list_add(&to[j], a, p * l->moment[i * n + j]);
}

static void lists_next(struct atom_list *lists, uint32_t n, bool release)
{
    for (uint32_t i = 0; i < n; i++) {
        if (release)
            vec_release(&lists[i]);
        else
            list_merge(&lists[i]);
    }
}

/* Costs of the beginnings of attempts that are the last, and of visits that fail; as
 * visit_attempts of weather_chain.c has their moments. */
static void sky_costs(struct sky_visit *v)
{
    const struct chain *c = v->c;
    bool visit = c->unit[v->unit].kind == UNIT_VISIT;
    uint32_t attempts = visit ? chain_retry(c, v->unit)->attempts : 1;
    struct atom_list now[WEATHER_MAX] = {{0}}, lost[WEATHER_MAX] = {{0}};
    vec_push(&now[c->unit[v->unit].weather], ((struct atom){0, 1}));
    for (uint32_t k = 1; k <= attempts; k++) {
        for (uint32_t i = 0; i < v->n; i++) {
            const struct sky_attempt *a = &v->at[i];
            uint32_t u = sky_sibling(c, v->unit, i);
            struct atom_list *again = k == attempts ? v->failed : lost;
            for (size_t j = 0; j < now[i].len; j++)
                now[i].at[j].x += a->cost;
            list_add(&v->last[i], &now[i], 1);
            list_move(sky_law(c, u), v->n, i, &now[i], a->lost[0], v->failed);
            list_move(sky_late(c, u), v->n, i, &now[i], a->lost_late[0], v->failed);
            list_move(sky_law(c, u), v->n, i, &now[i], a->lost[1], again);
            list_move(sky_late(c, u), v->n, i, &now[i], a->lost_late[1], again);
        }
        lists_next(now, v->n, true);
        lists_next(lost, v->n, false);
        for (uint32_t i = 0; i < v->n && k < attempts; i++)
            list_move(sky_wait(c, v->unit, k), v->n, i, &lost[i], 1, now);
        lists_next(lost, v->n, true);
        lists_next(now, v->n, false);
    }
    lists_next(now, v->n, true);
    lists_next(v->last, v->n, false);
    lists_next(v->failed, v->n, false);
}

/* out[n_ends]: the cost of a visit given each of its branches. */
static void sky_atoms(const struct chain *c, uint32_t unit, struct atom_list *out)
{
    const struct chain_unit *of = &c->unit[unit];
    struct sky_visit v = {.c = c, .unit = unit, .n = c->n_weather};
    uint32_t n = v.n, width = of->width / n;
    if (!unit_counts(of)) {
        for (uint32_t e = 0; e < of->n_ends; e++)
            vec_push(&out[e], ((struct atom){0, 1}));
        return;
    }
    for (uint32_t i = 0; i < n; i++)
        sky_attempt(c, sky_sibling(c, unit, i), CHAIN_AS_FILLED, &v.at[i]);
    sky_costs(&v);
    double *weight = mem_zero((size_t)width + 1, sizeof *weight);
    for (int good = 0; good < 2; good++) {
        uint32_t first = branch_first(c, unit, good), at = first - of->first;
        for (uint32_t j = 0; j < n; j++)
            list_add(&out[at + j], &v.failed[j],
                     c->weight[first + j] > 0 ? 1 / c->weight[first + j] : 0);
        for (uint32_t i = 0; i < n; i++) {
            uint32_t u = sky_sibling(c, unit, i);
            const double *move = sky_law(c, u)->moment + (size_t)i * n;
            struct visit_law law = {.ok = v.at[i].outcome[OUTCOME_OK],
                                    .wrong = v.at[i].outcome[OUTCOME_WRONG]};
            (void)visit_weights(c, u, &v.at[i].numbers, &law, good, weight);
            for (uint32_t e = n; e < width * n; e++)
                if (c->weight[first + e] > 0)
                    list_add(&out[at + e], &v.last[i],
                             weight[e / n] * move[e % n] / c->weight[first + e]);
        }
    }
    for (uint32_t e = 0; e < of->n_ends; e++)
        list_merge(&out[e]);
    lists_next(v.last, n, true);
    lists_next(v.failed, n, true);
    mem_free(weight);
}

static void list_sum(const struct atom_list *a, const struct atom_list *b, struct atom_list *out)
{
    out->len = 0;
    for (size_t i = 0; i < a->len; i++)
        for (size_t k = 0; k < b->len; k++)
            vec_push(out, ((struct atom){a->at[i].x + b->at[k].x, a->at[i].mass * b->at[k].mass}));
    list_merge(out);
}

/* --- along the chain */

struct walk {
    const struct chain *c;
    struct atom_list *state; /* [n_states] */
    struct atom_list *end;   /* [chain.n_ends] */
    struct atom_list out[ATOMS_PARTS];
    size_t pairs;
};

static struct atom_list *target_list(struct walk *w, int32_t to)
{
    if (to >= 0)
        return &w->state[to];
    uint32_t absorb = (uint32_t)(-1 - to);
    if (absorb / 4 != ABSORB_SHIP)
        return &w->out[ATOMS_NOT_SHIPPED];
    return &w->out[absorb & 2 ? ATOMS_SHIPPED_GOOD : ATOMS_SHIPPED_BAD];
}

static bool walk_state(struct walk *w, uint32_t s)
{
    const struct chain_state *at = &w->c->state[s];
    uint32_t last = UINT32_MAX;
    struct atom_list after = {0};
    list_merge(&w->state[s]);
    for (uint32_t h = at->hop; h < at[1].hop && w->pairs <= ATOMS_MAX; h++) {
        const struct hop *hop = &w->c->hop[h];
        if (w->c->end_of[hop->branch] != last) {
            last = w->c->end_of[hop->branch];
            w->pairs += w->state[s].len * w->end[last].len;
            if (w->pairs > ATOMS_MAX)
                break;
            list_sum(&w->state[s], &w->end[last], &after);
        }
        list_add(target_list(w, hop->to), &after, w->c->weight[hop->branch]);
        w->pairs += after.len;
    }
    vec_release(&after);
    vec_release(&w->state[s]);
    return w->pairs <= ATOMS_MAX;
}

static void to_atoms(struct atom_list *from, struct atoms *out)
{
    list_merge(from);
    *out = (struct atoms){.n = from->len};
    out->x = mem_zero(from->len + 1, sizeof *out->x);
    out->mass = mem_zero(from->len + 1, sizeof *out->mass);
    for (size_t i = 0; i < from->len; i++) {
        out->x[i] = from->at[i].x;
        out->mass[i] = from->at[i].mass;
        out->total += from->at[i].mass;
    }
}

/* out[ATOMS_PARTS] of one class; false when there are too many. The caller frees with
 * atoms_free. */
static bool atoms_list(const struct chain *c, enum atoms_of of, struct atoms out[ATOMS_PARTS])
{
    uint32_t n_units = c->n_units;
    struct walk w = {.c = c};
    double share[2] = {c->input_wrong.value, 1 - c->input_wrong.value};
    w.state = mem_zero(c->n_states, sizeof *w.state);
    w.end = mem_zero(c->n_ends, sizeof *w.end);
    for (uint32_t i = 0; i < n_units && c->sky; i++)
        sky_atoms(c, i, w.end + c->unit[i].first_end);
    for (uint32_t i = 0; i < n_units && !c->sky; i++)
        visit_atoms(c, i, of, w.end + c->unit[i].first_end);
    for (int q = 0; q < 2; q++)
        for (uint32_t k = 0; k < c->n_weather && c->start[q] >= 0 && share[q] > 0; k++)
            vec_push(&w.state[c->start[q] + k], ((struct atom){0, share[q] * c->weather_start[k]}));
    bool done = c->n_blocks == 0;
    for (uint32_t s = 0; s < c->n_states && done; s++)
        done = walk_state(&w, s);
    for (int k = 0; k < ATOMS_PARTS; k++) {
        if (done)
            to_atoms(&w.out[k], &out[k]);
        vec_release(&w.out[k]);
    }
    for (uint32_t s = 0; s < c->n_states; s++)
        vec_release(&w.state[s]);
    for (uint32_t e = 0; e < c->n_ends; e++)
        vec_release(&w.end[e]);
    mem_free(w.state);
    mem_free(w.end);
    return done;
}

/* Frees one list and leaves *a zero. */
static void atoms_free(struct atoms *a)
{
    mem_free(a->x);
    mem_free(a->mass);
    *a = (struct atoms){0};
}

/* Has each outcome of a parallel one cost, or takes it no time? */
static bool forks_settled(const struct chain *c, enum atoms_of of)
{
    for (uint32_t u = 0; u < c->n_units && c->forks; u++) {
        if (c->unit[u].kind != UNIT_JOIN)
            continue;
        const double *g = fork_gain(c, u);
        if (of == ATOMS_TIME ? !fork_of(c, u)->timeless
                             : !(fabs(g[1] - g[0] * g[0]) <= 1e-9 * g[1]))
            return false;
    }
    return true;
}

bool atoms_possible(const struct model *m, enum atoms_of of)
{
    const struct pipeline *p = m->pipeline;
    if (m->rules.has_unbounded || model_leaves(m) || m->hedged || (m->weather && of == ATOMS_TIME))
        return false;
    for (uint32_t k = 0; k < p->n_classes; k++)
        if (!forks_settled(&m->chain[k], of))
            return false;
    for (uint32_t k = 0; k < p->n_classes && of == ATOMS_TIME; k++)
        for (uint32_t u = 0; u < m->chain[k].n_units; u++) {
            const struct retry *r = chain_retry(&m->chain[k], u);
            if (r->attempts > 1 && r->jitter != JITTER_NONE && rules_backoff(r, 1, 1) > 0)
                return false;
            if (m->chain[k].numbers[u].latency.family != DIST_CONSTANT)
                return false;
        }
    return true;
}

/* --- quantiles */

static void list_from_atoms(struct atom_list *to, const struct atoms *from, double share)
{
    for (size_t i = 0; i < from->n; i++)
        vec_push(to, ((struct atom){from->x[i], share * from->mass[i]}));
}

/* Smallest x with F(x) >= p; F may lack the last digits of a sum. */
static double quantile(const struct atom_list *l, double p)
{
    double total = 0, sum = 0;
    for (size_t i = 0; i < l->len; i++)
        total += l->at[i].mass;
    for (size_t i = 0; i < l->len; i++) {
        sum += l->at[i].mass;
        if (sum >= p * total * (1 - 1e-13))
            return l->at[i].x;
    }
    return l->len ? l->at[l->len - 1].x : NAN;
}

static double at_most(const struct atom_list *l, double x)
{
    double sum = 0;
    for (size_t i = 0; i < l->len && (l->at[i].x <= x || same(l->at[i].x, x)); i++)
        sum += l->at[i].mass;
    return sum;
}

/* Lists of one scope: shipped good, all shipped, all. */
struct scope_lists {
    struct atom_list good, shipped, all;
};

static void scope_add(struct scope_lists *s, const struct atoms part[ATOMS_PARTS], double share)
{
    list_from_atoms(&s->good, &part[ATOMS_SHIPPED_GOOD], share);
    for (int k = 0; k < ATOMS_PARTS; k++) {
        if (k != ATOMS_NOT_SHIPPED)
            list_from_atoms(&s->shipped, &part[k], share);
        list_from_atoms(&s->all, &part[k], share);
    }
}

static void scope_values(struct scope_lists *s, const struct pipeline *p, enum atoms_of of,
                         double *v)
{
    static const double latency_p[] = {0.5, 0.9, 0.95, 0.99, 0.999};
    list_merge(&s->good);
    list_merge(&s->shipped);
    list_merge(&s->all);
    if (of == ATOMS_TIME) {
        for (int k = 0; k < 5; k++) {
            v[TOP_LATENCY_P50 + k] = quantile(&s->shipped, latency_p[k]);
            v[TOP_ALL_P50 + k] = quantile(&s->all, latency_p[k]);
        }
        if (isfinite(p->deadline_s))
            v[TOP_SLO] = at_most(&s->good, p->deadline_s);
    } else {
        v[TOP_COST_P95] = quantile(&s->all, 0.95);
        v[TOP_COST_P99] = quantile(&s->all, 0.99);
        if (isfinite(p->budget))
            v[TOP_BUDGET] = at_most(&s->all, p->budget);
    }
    vec_release(&s->good);
    vec_release(&s->shipped);
    vec_release(&s->all);
}

/* The time of a visit, where it has retries: a list of its own. */
static void stage_values(const struct model *m, uint32_t i, double *v)
{
    static const double visit_p[] = {0.5, 0.9, 0.95, 0.99};
    const struct pipeline *p = m->pipeline;
    struct atom_list all = {0};
    double within = 0;
    for (uint32_t k = 0; k < p->n_classes; k++) {
        struct atom_list end[END_COUNT] = {{0}}, own = {0};
        const struct visit_law *law = &m->chain[k].law[i];
        double n = m->visits[i * p->n_classes + k];
        visit_atoms(&m->chain[k], i, ATOMS_TIME, end);
        list_add(&own, &end[END_OK], n * (law->ok + law->wrong));
        list_add(&own, &end[END_FAILED], n * law->failed);
        list_merge(&own);
        within += at_most(&own, p->step[i].numbers[k].budget_s);
        list_add(&all, &own, 1);
        vec_release(&own);
        vec_release(&end[END_OK]);
        vec_release(&end[END_FAILED]);
    }
    list_merge(&all);
    for (int k = 0; k < 4; k++)
        v[STAGE_VISIT_P50 + k] = quantile(&all, visit_p[k]);
    if (model_has_budget(m, i) && m->stage[i].visits > 0)
        v[STAGE_WITHIN_BUDGET] = within / m->stage[i].visits;
    vec_release(&all);
}

bool model_atoms(const struct model *m, enum atoms_of of, double *values)
{
    const struct pipeline *p = m->pipeline;
    struct scope_lists all = {0};
    bool done = true;
    double *room = mem_zero((size_t)model_scopes(m) * TOP_COUNT, sizeof *room);
    memcpy(room, values, (size_t)model_scopes(m) * TOP_COUNT * sizeof *room);
    for (uint32_t k = 0; k < p->n_classes && done; k++) {
        struct atoms part[ATOMS_PARTS];
        struct scope_lists own = {0};
        done = atoms_list(&m->chain[k], of, part);
        if (!done)
            break;
        scope_add(&all, part, p->class[k].share);
        scope_add(&own, part, 1);
        double ignored[TOP_COUNT];
        scope_values(&own, p, of, p->n_classes > 1 ? room + (size_t)(1 + k) * TOP_COUNT : ignored);
        for (int i = 0; i < ATOMS_PARTS; i++)
            atoms_free(&part[i]);
    }
    scope_values(&all, p, of, room);
    for (uint32_t i = 0; i < p->n_steps && of == ATOMS_TIME; i++)
        if (model_plain(m, i))
            stage_values(m, i, values + model_stage_at(m, i));
    if (done)
        memcpy(values, room, (size_t)model_scopes(m) * TOP_COUNT * sizeof *room);
    mem_free(room);
    return done;
}
