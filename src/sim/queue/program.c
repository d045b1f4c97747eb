/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Everything that depends on the scenario alone is decided here, once. */
#include "sim/queue/program.h"

#include "sim/environment.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { COMBINATIONS_MAX = 4096 };

/* --- tables: one for each distribution, however often it is used */

struct table_entry {
    struct dist dist; /* its arrays are the pipeline's */
    struct qtable *table;
};
struct table_set {
    VEC(struct table_entry) list;
    const struct table_set *base; /* NULL, or where to look next */
};

static void tables_free(struct table_set *s)
{
    for (size_t i = 0; s && i < s->list.len; i++)
        qtable_free(s->list.at[i].table);
    if (s)
        vec_release(&s->list);
    mem_free(s);
}

static int law_init(struct queue_program *g, const struct dist *d, struct law *out,
                    struct error *err)
{
    *out = (struct law){.value = d->a};
    if (d->family == DIST_CONSTANT)
        return 0;
    struct qtable *table = NULL;
    for (const struct table_set *s = g->tables; s && !table; s = s->base)
        for (size_t i = 0; i < s->list.len && !table; i++)
            if (dist_same(&s->list.at[i].dist, d))
                table = s->list.at[i].table;
    if (!table) {
        table = qtable_new(d, err);
        if (!table)
            return -1;
        vec_push(&g->tables->list, ((struct table_entry){*d, table}));
    }
    if (!qtable_is_constant(table, &out->value))
        out->table = table;
    int bits = 0;
    const float(*row)[4] = out->table ? qtable_smooth(table, &bits) : NULL;
    if (row)
        out->smooth = smooth_of(row, bits);
    return 0;
}

/* --- plans */

static void plan_cuts(struct queue_plan *c, const struct numbers *n)
{
    double share[CUT_COUNT];
    program_cut_shares(n, share);
    double sum = 0;
    for (int k = 0; k < CUT_COUNT; k++) {
        sum = fmin(sum + share[k], 1);
        c->uncertain |= share[k] > 0;
        c->cut[k] = program_below(sum);
    }
}

static void plan_decisions(enum step_kind kind, const struct numbers *n, uint64_t change[2],
                           uint64_t reject[2])
{
    for (int good = 0; good < 2; good++) {
        double d[DECISION_COUNT];
        rules_decisions(kind, n, good, d);
        change[good] = program_below(d[DECIDE_FIX] + d[DECIDE_SPOIL]);
        reject[good] = program_below(d[DECIDE_FIX] + d[DECIDE_SPOIL] + d[DECIDE_REJECT]);
    }
}

static int plan_laws(struct queue_program *g, const struct step *s, const struct numbers *n,
                     struct queue_plan *c, struct error *err)
{
    if (law_init(g, &n->latency, &c->latency, err))
        return -1;
    if (s->has_confidence && (law_init(g, &n->confidence_bad, &c->confidence[0], err) ||
                              law_init(g, &n->confidence_good, &c->confidence[1], err)))
        return -1;
    if (s->has_cache && law_init(g, &n->cache_latency, &c->cache_latency, err))
        return -1;
    return s->draws_threshold ? law_init(g, &n->threshold_dist, &c->threshold_law, err) : 0;
}

/* What may happen for some kind of item, whatever holds. */
static void note_possible(struct queue_program *g, struct queue_step *q, const struct numbers *n,
                          const struct queue_plan *c)
{
    const struct step *s = q->step;
    bool late = dist_max(&n->latency) > n->timeout_s || s->fatigue.after_s > 0;
    bool seen = n->malformed.value > 0 && n->validation.value > 0;
    late = late && isfinite(n->timeout_s);
    q->can_end[OUTCOME_OK] = true;
    q->can_end[OUTCOME_WRONG] |= n->wrong.value > 0;
    q->can_end[OUTCOME_ERROR] |= n->error.value > 0;
    q->can_end[OUTCOME_MALFORMED] |= n->malformed.value > 0;
    q->can_end[OUTCOME_TIMEOUT] |= late;
    for (int good = 0; good < 2; good++)
        q->can_reject[good] |= c->reject_below[good] > c->change_below[good] ||
                               c->tired_reject_below[good] > c->tired_change_below[good];
    q->can_fail |= n->error.value > 0 || seen || late || s->breaker.failures > 0;
    g->can_be_bad |=
        c->cut[CUT_WRONG] > c->cut[CUT_SEEN] || (s->kind == STEP_REVIEW && c->change_below[1] > 0);
    g->has_cost |= n->cost_call != 0;
    g->has_time |= c->latency.table || c->latency.value > 0 || c->cache_latency.table ||
                   c->cache_latency.value > 0;
}

static int plan_init(struct queue_program *g, struct queue_step *q, const struct numbers *n,
                     uint32_t class, struct queue_plan *c, struct error *err)
{
    const struct step *s = q->step;
    *c = (struct queue_plan){.limit_s = n->timeout_s,
                             .budget_s = n->budget_s,
                             .cost = n->cost_call,
                             .hedge_after_s = n->hedge_after_s,
                             .threshold = (double)(float)n->threshold.value,
                             .threshold_high = (double)(float)n->threshold_high.value,
                             .audit = n->audit.value,
                             .hit_below = s->has_cache ? program_below(n->cache_hit.value) : 0};
    plan_cuts(c, n);
    plan_decisions(s->kind, n, c->change_below, c->reject_below);
    if (s->fatigue.after_s > 0) {
        struct numbers tired = *n;
        tired.sensitivity.value = s->fatigue.sensitivity[class];
        plan_decisions(s->kind, &tired, c->tired_change_below, c->tired_reject_below);
    }
    if (plan_laws(g, s, n, c, err))
        return -1;
    note_possible(g, q, n, c);
    return 0;
}

static void find_touches(struct queue_program *g, uint32_t i)
{
    const struct pipeline *p = g->pipeline;
    struct queue_step *q = &g->step[i];
    uint64_t stride = 1;
    q->touch = mem_zero(p->n_environments + 1, sizeof *q->touch);
    for (uint32_t e = 0; e < p->n_environments; e++) {
        const struct environment *env = &p->environment[e];
        bool touches = false;
        for (uint32_t k = 0; k < env->n_states; k++)
            for (uint32_t o = 0; o < env->state[k].n_overrides; o++)
                touches |= env->state[k].override[o].step == i;
        if (!touches)
            continue;
        q->touch[q->n_touches++] = (struct touch){e, (uint32_t)stride};
        stride *= env->n_states;
        stride = stride < UINT32_MAX ? stride : UINT32_MAX;
    }
    q->n_combinations = (uint32_t)stride;
}

static void states_of(const struct queue_program *g, const struct queue_step *q, uint32_t k,
                      uint32_t *state)
{
    memset(state, 0, (g->pipeline->n_environments + 1) * sizeof *state);
    for (uint32_t t = 0; t < q->n_touches; t++) {
        uint32_t e = q->touch[t].environment;
        state[e] = k / q->touch[t].stride % g->pipeline->environment[e].n_states;
    }
}

static uint32_t plans_of(const struct queue_program *g, const struct queue_step *q)
{
    return (1 + q->step->n_given) * g->n_classes * q->n_combinations;
}

static int plans_init(struct queue_program *g, uint32_t i, struct error *err)
{
    const struct pipeline *p = g->pipeline;
    struct queue_step *q = &g->step[i];
    uint32_t state[ENVIRONMENTS_MAX + 1];
    uint32_t kinds = 1 + q->step->n_given;
    q->plan = mem_zero(plans_of(g, q), sizeof *q->plan);
    struct queue_plan *plan = q->plan;
    for (uint32_t kind = 0; kind < kinds; kind++) {
        for (uint32_t class = 0; class < g->n_classes; class ++) {
            for (uint32_t k = 0; k < q->n_combinations; k++, plan++) {
                struct numbers n;
                states_of(g, q, k, state);
                numbers_resolve(p, i, class, (int32_t)kind - 1, state, &n);
                if (plan_init(g, q, &n, class, plan, err))
                    return error_prefix(err, "%s", q->step->id);
            }
        }
    }
    return 0;
}

static int step_init(struct queue_program *g, uint32_t i, struct error *err)
{
    struct queue_step *q = &g->step[i];
    q->step = &g->pipeline->step[i];
    find_touches(g, i);
    if (q->n_combinations > COMBINATIONS_MAX)
        return error_set(err, ERR_LIMIT,
                         "%s: the environments that touch it have %u states "
                         "together; at most %d are run",
                         q->step->id, q->n_combinations, COMBINATIONS_MAX);
    if (plans_init(g, i, err))
        return -1;
    size_t n_plans = plans_of(g, q);
    q->one_latency =
        !q->step->has_cache && q->step->hedge_copies == 0 && q->step->fatigue.after_s == 0;
    for (size_t k = 1; k < n_plans; k++)
        q->one_latency = q->one_latency && q->plan[k].latency.table == q->plan->latency.table &&
                         q->plan[k].latency.value == q->plan->latency.value &&
                         q->plan[k].limit_s == q->plan->limit_s;
    g->has_review |= q->step->kind == STEP_REVIEW;
    g->has_time |= q->step->retry.initial_s > 0;
    return 0;
}

/* --- environments */

/* The x with E[min(X, x)] = u E[X], found from any x0 below it.  The left side is concave with the
 * slope P(X > x), so that Newton's steps never pass the root. */
static double residual_exact(const struct dist *d, double mean, double u, double x0)
{
    double x = x0;
    for (int k = 0; k < 200; k++) {
        double left = u * mean - dist_capped_moment(d, x, 1), slope = dist_above(d, x);
        double step = left > 0 && slope > 0 ? left / slope : 0;
        x = fmin(x + step, DBL_MAX / 4);
        if (!(step > 1e-12 * x))
            break;
    }
    return x;
}

double queue_residual(const struct env_state *d, const struct queue_state *s, uint64_t u)
{
    if (!s->residual)
        return law_draw(&s->lasts, u);
    double place = ldexp((double)(u >> 11), -53) * RESIDUAL_NODES;
    uint32_t k = (uint32_t)place;
    if (k + 1 >= RESIDUAL_NODES)
        return residual_exact(&d->lasts, s->mean_s, place / RESIDUAL_NODES,
                              (double)s->residual[RESIDUAL_NODES - 1] * (1 - 0x1p-23));
    return (double)s->residual[k] +
           (place - k) * ((double)s->residual[k + 1] - (double)s->residual[k]);
}

static int state_init(struct queue_program *g, const struct environment *env, uint32_t k,
                      struct queue_state *s, struct error *err)
{
    const struct env_state *d = &env->state[k];
    double sum = 0;
    if (law_init(g, &d->lasts, &s->lasts, err))
        return error_prefix(err, "%s", env->id);
    s->mean_s = dist_mean(&d->lasts);
    s->calm = d->n_overrides == 0;
    s->leave = mem_zero(env->n_states, sizeof *s->leave);
    for (uint32_t j = 0; j < env->n_states; j++) {
        sum += environment_next(env, k, j);
        s->leave[j] = sum;
    }
    if (d->lasts.family == DIST_EXPONENTIAL)
        return 0;
    s->residual = mem_zero(RESIDUAL_NODES + 1, sizeof *s->residual);
    double x = 0;
    for (uint32_t i = 0; i < RESIDUAL_NODES; i++) {
        x = residual_exact(&d->lasts, s->mean_s, (double)i / RESIDUAL_NODES, x);
        s->residual[i] = (float)x;
    }
    return 0;
}

static int environment_init(struct queue_program *g, uint32_t e, struct error *err)
{
    const struct environment *env = &g->pipeline->environment[e];
    struct queue_environment *q = &g->environment[e];
    uint32_t n = env->n_states;
    q->n_states = n;
    q->state = mem_zero(n, sizeof *q->state);
    q->start = mem_zero(n, sizeof *q->start);
    for (uint32_t k = 0; k < n; k++)
        if (state_init(g, env, k, &q->state[k], err))
            return -1;
    environment_shares(env, q->start);
    for (uint32_t k = 1; k < n; k++)
        q->start[k] += q->start[k - 1];
    return 0;
}

/* --- the rest */

static int laws_of_time(struct queue_program *g, struct error *err)
{
    const struct pipeline *p = g->pipeline;
    g->patience = mem_zero((size_t)p->n_resources * g->n_classes + 1, sizeof *g->patience);
    g->has_patience = mem_zero(p->n_resources + 1, sizeof *g->has_patience);
    for (uint32_t r = 0; r < p->n_resources; r++) {
        g->has_patience[r] = p->resource[r].patience != NULL;
        for (uint32_t c = 0; g->has_patience[r] && c < g->n_classes; c++)
            if (law_init(g, &p->resource[r].patience[c], &g->patience[r * g->n_classes + c], err))
                return error_prefix(err, "%s", p->resource[r].id);
    }
    if (p->arrivals.kind == ARRIVALS_EVERY && law_init(g, &p->arrivals.every, &g->every, err))
        return error_prefix(err, "arrivals");
    if (p->arrivals.has_batch && law_init(g, &p->arrivals.batch, &g->batch, err))
        return error_prefix(err, "arrivals");
    return 0;
}

static void lay_out(struct queue_program *g)
{
    size_t used = 0;
    g->at_confidence = used;
    used += g->asks_confidences ? g->n_steps * sizeof(double) : 0;
    g->at_visits = used;
    used += g->n_steps * sizeof(uint32_t);
    g->at_counters = used;
    used += g->n_counters * sizeof(uint32_t);
    g->at_flags = used;
    used += g->n_steps;
    g->at_entry = used;
    used += g->n_entry_slots;
    g->stride = (used + 15) / 16 * 16;
}

int queue_program_init(struct queue_program *g, const struct pipeline *p, struct error *err)
{
    *g = (struct queue_program){.pipeline = p,
                                .timed = p->arrivals.kind != ARRIVALS_NONE,
                                .n_steps = p->n_steps,
                                .n_classes = p->n_classes};
    g->tables = mem_zero(1, sizeof *g->tables);
    g->step = mem_zero(g->n_steps, sizeof *g->step);
    g->environment = mem_zero(p->n_environments + 1, sizeof *g->environment);
    for (uint32_t i = 0; i < g->n_steps; i++) {
        g->step[i].desk = g->timed ? p->step[i].by : 0;
        if (step_init(g, i, err))
            goto failed;
    }
    for (uint32_t e = 0; e < p->n_environments; e++)
        if (environment_init(g, e, err))
            goto failed;
    if (laws_of_time(g, err))
        goto failed;
    queue_program_routes(g);
    queue_program_possible(g);
    program_scales(g->pipeline, &g->time_scale, &g->cost_scale);
    lay_out(g);
    return 0;
failed:
    queue_program_release(g);
    return -1;
}

void queue_program_release(struct queue_program *g)
{
    for (uint32_t i = 0; g->step && i < g->n_steps; i++) {
        mem_free(g->step[i].plan);
        mem_free(g->step[i].touch);
        mem_free(g->step[i].way);
    }
    for (uint32_t e = 0; g->environment && e < g->pipeline->n_environments; e++) {
        struct queue_environment *q = &g->environment[e];
        for (uint32_t k = 0; q->state && k < q->n_states; k++) {
            mem_free(q->state[k].residual);
            mem_free(q->state[k].leave);
        }
        mem_free(q->state);
        mem_free(q->start);
    }
    tables_free(g->tables);
    mem_free(g->environment);
    mem_free(g->step);
    mem_free(g->patience);
    mem_free(g->has_patience);
    mem_free(g->class_below);
    mem_free(g->bad_below);
    mem_free(g->route);
    mem_free(g->edge_of);
    mem_free(g->edge);
    *g = (struct queue_program){0};
}

/* --- the same with other numbers */

int queue_program_change(struct queue_program *g, const struct queue_program *base,
                         const struct pipeline *p, const bool *changed, struct error *err)
{
    *g = *base;
    g->pipeline = p;
    g->tables = mem_zero(1, sizeof *g->tables);
    g->tables->base = base->tables;
    g->step = mem_zero(g->n_steps, sizeof *g->step);
    for (uint32_t i = 0; i < g->n_steps; i++)
        g->step[i] = base->step[i];
    for (uint32_t i = 0; i < g->n_steps; i++) {
        g->step[i].own_plans = changed[i];
        if (changed[i] && plans_init(g, i, err)) {
            queue_program_drop(g);
            return -1;
        }
    }
    return 0;
}

void queue_program_drop(struct queue_program *g)
{
    for (uint32_t i = 0; g->step && i < g->n_steps; i++)
        if (g->step[i].own_plans)
            mem_free(g->step[i].plan);
    mem_free(g->step);
    tables_free(g->tables);
    *g = (struct queue_program){0};
}
