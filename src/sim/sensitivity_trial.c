/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One chain is built with every stated number inside its range, so that it has the states of all
 * of them; a number that moves is put into it and the chain is solved again.  Where that does not
 * do (thresholds that change places, which decides the chain's bands; numbers of `given`, caches
 * and hedges; environments), a chain is built anew for every value, and scenarios with desks are
 * solved whole. */
#include "sim/sensitivity_trial.h"

#include "sim/exact/fork.h"
#include "sim/exact/queue.h"
#include "sim/exact/weather.h"

#include <math.h>
#include <string.h>

const char *const sensitivity_metrics[SENSITIVITY_METRICS] = {
    "reliability",   "shipped_error",    "auto_error",   "review_load",
    "cost_per_item", "cost_per_correct", "latency_mean", "net_per_item"};
static const char *const desk_metrics[] = {"queue_wait_mean", "utilisation"};
enum { METRICS = SENSITIVITY_METRICS, DESK_METRICS = sizeof desk_metrics / sizeof *desk_metrics };
_Static_assert(METRICS + DESK_METRICS * RESOURCES_MAX <= (int)DERIVATIVE_MAX,
               "derivative takes all metrics at once");

/* --- building */

static void forget_evidence(struct number *x, void *unused)
{
    x->evidence = 0;
}

static void copy_overrides(const struct trial *t, uint32_t step)
{
    const struct step *s = &t->base->step[step];
    size_t size = t->base->n_classes * sizeof *s->numbers;
    for (uint32_t g = 0; g < s->n_given; g++)
        memcpy(t->work.step[step].given[g].override.numbers, s->given[g].override.numbers, size);
    for (uint32_t e = 0; e < t->base->n_environments; e++)
        for (uint32_t k = 0; k < t->base->environment[e].n_states; k++) {
            const struct env_state *from = &t->base->environment[e].state[k];
            struct env_state *to = &t->work.environment[e].state[k];
            for (uint32_t o = 0; o < from->n_overrides; o++)
                if (from->override[o].step == step)
                    memcpy(to->override[o].override.numbers, from->override[o].override.numbers,
                           size);
        }
}

static void copy_numbers(const struct trial *t, uint32_t step)
{
    const struct pipeline *from = t->base;
    size_t size = from->n_classes * sizeof *from->step[step].numbers;
    memcpy(t->work.step[step].numbers, from->step[step].numbers, size);
    copy_overrides(t, step);
    t->work.step[step].retry = from->step[step].retry;
    if (from->step[step].class_retry)
        memcpy((void *)t->work.step[step].class_retry, from->step[step].class_retry,
               from->n_classes * sizeof *from->step[step].class_retry);
    for (uint32_t i = 0; i < from->step[step].n_ways; i++)
        for (uint32_t k = 0; from->step[step].way[i].probability && k < from->n_classes; k++)
            t->work.step[step].way[i].probability[k] = from->step[step].way[i].probability[k];
}

static void copy_input(const struct trial *t)
{
    size_t n = t->base->n_classes;
    memcpy(t->work.input_wrong, t->base->input_wrong, n * sizeof *t->work.input_wrong);
    memcpy(t->work.class, t->base->class, n * sizeof *t->work.class);
}

/* Chains take the numbers of a step over. */
static void refill_step(struct trial *t, uint32_t i, bool time)
{
    for (uint32_t k = 0; k < t->work.n_classes; k++) {
        struct chain *c = &t->m.chain[k];
        chain_renumber(c, i, time);
        for (uint32_t w = 0; w < t->work.step[i].n_ways; w++)
            if (t->work.step[i].way[w].probability)
                c->way[i][w] = t->work.step[i].way[w].probability[k];
        chain_set_step(c, i, CHAIN_AS_FILLED);
    }
}

/* The same for all confidences, and for the thresholds that they are held against. */
static void refill_bands(struct trial *t)
{
    for (uint32_t k = 0; k < t->work.n_classes; k++) {
        struct chain *c = &t->m.chain[k];
        for (uint32_t i = 0; i < t->work.n_steps; i++) {
            if (!c->bands[i].n)
                continue;
            chain_renumber(c, i, false);
            chain_reband(c, i);
            chain_set_step(c, i, CHAIN_AS_FILLED);
        }
    }
}

static void refill_input(struct trial *t)
{
    for (uint32_t k = 0; k < t->work.n_classes; k++)
        t->m.chain[k].input_wrong = t->work.input_wrong[k];
}

static void restore_all(struct trial *t)
{
    for (uint32_t i = 0; i < t->work.n_steps; i++)
        copy_numbers(t, i);
    for (uint32_t k = 0; k < t->work.n_classes; k++) {
        for (uint32_t i = 0; i < t->work.n_steps; i++)
            chain_renumber(&t->m.chain[k], i, true);
        if (t->m.chain[k].sky)
            sky_refresh(&t->m.chain[k]);
    }
    for (uint32_t i = 0; i < t->work.n_steps; i++)
        refill_step(t, i, false);
    refill_bands(t);
    copy_input(t);
    refill_input(t);
}

/* Numbers at the edge of their range go inside it; every timeout can strike, and a confidence can
 * fall into every band. */
static void loosen(struct trial *t, const struct parameter *q, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        bool here = q[k].where <= IN_STATE || q[k].where == IN_INPUT || q[k].where == IN_WAY;
        bool shuts = (q[k].probability || q[k].kind == PARAMETER_SHARE) && !q[k].decides;
        if (here && shuts && (q[k].value <= q[k].low || q[k].value >= q[k].high))
            parameter_set(&q[k], &t->work, &t->arena, q[k].low + (q[k].high - q[k].low) / 10);
    }
    for (uint32_t i = 0; i < t->work.n_steps; i++)
        for (uint32_t c = 0; c < t->work.n_classes; c++) {
            struct numbers *x = &t->work.step[i].numbers[c];
            if (isfinite(x->timeout_s) && x->timeout_s > 0)
                x->latency = (struct dist){.family = DIST_EXPONENTIAL, .a = x->timeout_s};
            x->confidence_good.evidence = x->confidence_bad.evidence = 1;
        }
}

static int init_chain(struct trial *t, const struct parameter *q, size_t n, struct error *err)
{
    pipeline_copy(t->base, &t->work);
    pipeline_each_number(&t->work, forget_evidence, NULL);
    loosen(t, q, n);
    if (model_build(&t->m, &t->work, t->options.max_states, false, err)) {
        t->m.pipeline = NULL;
        return -1;
    }
    restore_all(t);
    return 0;
}

static void name_desks(struct trial *t)
{
    for (uint32_t i = 0; i < t->base->n_resources; i++)
        for (int k = 0; k < DESK_METRICS; k++)
            t->metric[t->n_metrics++] = arena_printf(&t->arena, "resources.%s.%s",
                                                     t->base->resource[i].id, desk_metrics[k]);
}

void trial_release(struct trial *t)
{
    if (t->m.pipeline)
        model_release(&t->m);
    pipeline_release(&t->work);
    arena_release(&t->arena);
}

int trial_init(struct trial *t, const struct pipeline *base, const struct exact_options *options,
               const struct parameter *q, size_t n, struct error *err)
{
    *t = (struct trial){.base = base, .timed = base->arrivals.kind != ARRIVALS_NONE};
    t->options = (struct exact_options){.level = options->level,
                                        .max_states = options->max_states,
                                        .values_only = true,
                                        .means_only = true};
    arena_init(&t->arena);
    t->metric = arena_alloc(&t->arena, DERIVATIVE_MAX * sizeof *t->metric);
    memcpy(t->metric, sensitivity_metrics, METRICS * sizeof *t->metric);
    t->n_metrics = METRICS;
    for (uint32_t i = 0; i < base->n_steps; i++)
        t->draws |= base->step[i].kind == STEP_GATE &&
                    (base->step[i].draws_threshold || base->step[i].audit.present);
    if (t->timed) {
        name_desks(t);
        t->whole_work = options->work ? *options->work : 0;
        return 0;
    }
    if (init_chain(t, q, n, err)) {
        trial_release(t);
        return -1;
    }
    return 0;
}

/* --- ways */

enum trial_way trial_way(const struct trial *t, const struct parameter *q)
{
    if (t->timed)
        return TRIAL_WHOLE;
    if (q->where == IN_INPUT || q->where == IN_CLASS || q->where == IN_WAY)
        return TRIAL_REFILL;
    if (q->where > IN_RETRY)
        return TRIAL_ANEW;
    if (!t->m.chain[0].varied)
        return TRIAL_REFILL;
    bool alone =
        !t->m.weather && model_plain(&t->m, q->step) && !t->base->step[q->step].hedge_copies;
    return q->decides || (q->takes_time && !alone) ? TRIAL_ANEW : TRIAL_REFILL;
}

double trial_work(const struct trial *t, const struct parameter *q)
{
    enum trial_way way = trial_way(t, q);
    double copies = 300.0 * t->base->n_steps * t->base->n_classes;
    if (way == TRIAL_WHOLE)
        return t->whole_work + copies;
    for (uint32_t k = 0; k < t->base->n_classes; k++)
        copies += sky_work(&t->m.chain[k]);
    double fills = MODEL_FILL * (double)t->base->n_steps * t->base->n_classes;
    return way == TRIAL_REFILL ? model_work(&t->m) - fills + MODEL_FILL * t->base->n_classes
                               : MODEL_BUILDS * model_work(&t->m) + copies;
}

/* --- values */

static double ratio(double a, double b)
{
    return b > 0 ? a / b : NAN;
}

/* What the metrics are made of, all linear in the items. */
struct sums {
    double ship[4], time, cost, reviewed,
        rejected; /* ship: bad, bad reviewed, good, good reviewed */
};

static void add_class(const struct model *m, uint32_t class, const struct flow *absorb,
                      struct sums *sums)
{
    const struct chain *c = &m->chain[class];
    double share = m->pipeline->class[class].share;
    for (int k = 0; k < ABSORB_COUNT; k++) {
        sums->cost += share * absorb[k].c1;
        if (k / 4 == ABSORB_REJECT)
            sums->rejected += share * absorb[k].n;
        if (k >= 4)
            continue;
        sums->ship[k] += share * absorb[k].n;
        sums->time += share * absorb[k].t1;
    }
    for (uint32_t s = 0; s < c->n_states; s++)
        if (c->state[s].reviewed == REVIEW_FIRST)
            sums->reviewed += share * m->state[s].n;
}

/* NaN where no worth is stated. */
static double worth_of(const struct pipeline *p, const struct sums *sums)
{
    const double *ship = sums->ship;
    double worth[3] = {p->worth_correct, p->worth_wrong, p->worth_rejected}, sum = 0;
    double of[3] = {ship[2] + ship[3], ship[0] + ship[1], sums->rejected};
    bool stated = false;
    for (int k = 0; k < 3; k++)
        if (!isnan(worth[k])) {
            sum += worth[k] * of[k];
            stated = true;
        }
    return stated ? sum : NAN;
}

/* Is it not known how often some step is called? */
static bool cost_unknown(const struct model *m)
{
    for (uint32_t i = 0; i < m->pipeline->n_steps; i++)
        if (model_cut(m, i) == CUT_ALL)
            return true;
    return false;
}

static bool values_of(struct model *m, double *y, struct error *err)
{
    struct sums sums = {{0}};
    for (uint32_t k = 0; k < m->pipeline->n_classes; k++) {
        struct flow absorb[ABSORB_COUNT];
        forks_time(&m->chain[k]);
        if (flow_solve(&m->chain[k], &m->about, m->state, absorb, err))
            return false;
        add_class(m, k, absorb, &sums);
    }
    const double *ship = sums.ship;
    double shipped = ship[0] + ship[1] + ship[2] + ship[3], correct = ship[2] + ship[3];
    double cost = cost_unknown(m) ? NAN : sums.cost;
    double all[METRICS] = {correct,
                           ratio(ship[0] + ship[1], shipped),
                           ratio(ship[0], ship[0] + ship[2]),
                           sums.reviewed,
                           cost,
                           ratio(cost, correct),
                           m->infinite[0] ? NAN : ratio(sums.time, shipped),
                           worth_of(m->pipeline, &sums) - cost};
    memcpy(y, all, sizeof all);
    return true;
}

static bool value_anew(struct trial *t, const struct pipeline *p, double *y)
{
    struct model m;
    if (model_build(&m, p, t->options.max_states, false, &t->err))
        return false;
    bool done = values_of(&m, y, &t->err);
    model_release(&m);
    return done;
}

static double value_in(const struct metrics *of, const char *name)
{
    const struct metric *m = of ? metrics_find(of, name) : NULL;
    return m ? m->value : NAN;
}

static bool whole_values(struct trial *t, const struct pipeline *p, double *y)
{
    struct result r;
    bool complete;
    result_init(&r, "solve");
    int status = exact_queue_solve(p, &t->options, &r, &complete, &t->err);
    for (int k = 0; k < METRICS; k++)
        y[k] = value_in(&r.metrics, sensitivity_metrics[k]);
    for (uint32_t i = 0; i < p->n_resources; i++) {
        const struct metrics *of = NULL;
        for (size_t k = 0; k < r.resources.len; k++)
            if (!strcmp(r.resources.at[k].id, p->resource[i].id))
                of = &r.resources.at[k].metrics;
        for (int k = 0; k < DESK_METRICS; k++)
            y[METRICS + DESK_METRICS * i + (uint32_t)k] = value_in(of, desk_metrics[k]);
    }
    result_release(&r);
    return !status;
}

/* By a copy of the pipeline with the number at x. */
static bool value_of_copy(struct trial *t, double x, double *y)
{
    struct pipeline p;
    struct arena arena;
    arena_init(&arena);
    pipeline_copy(t->base, &p);
    bool done = parameter_set(t->q, &p, &arena, x) &&
                (t->timed ? whole_values(t, &p, y) : value_anew(t, &p, y));
    pipeline_release(&p);
    arena_release(&arena);
    return done;
}

/* Does the number that moves keep the order of the thresholds, when it is x? */
static bool keeps_order(const struct trial *t, double x)
{
    const struct parameter *q = t->q;
    double low = fmin(x, q->value), high = fmax(x, q->value);
    if (t->m.chain[0].forks)
        return false;
    if (q->kind == PARAMETER_DIST)
        return q->field == NUMBERS_GOOD || q->field == NUMBERS_BAD;
    if (q->field != NUMBERS_THRESHOLD || t->work.step[q->step].bands)
        return false;
    for (uint32_t i = 0; i < t->work.n_steps; i++)
        for (uint32_t c = 0; c < t->work.n_classes; c++) {
            double other = t->base->step[i].numbers[c].threshold.value;
            bool with = q->class == PARAMETER_ALL || q->class == (int32_t)c;
            if (t->work.step[i].kind == STEP_GATE && i != q->step && with && other >= low &&
                other <= high)
                return false;
        }
    return true;
}

/* All numbers of the step of *q as they are in the base. */
static void restore(struct trial *t, const struct parameter *q)
{
    copy_numbers(t, q->step);
    copy_input(t);
}

static void refill(struct trial *t, const struct parameter *q)
{
    if (q->decides)
        refill_bands(t);
    refill_step(t, q->step, q->takes_time);
    refill_input(t);
}

void trial_choose(struct trial *t, const struct parameter *q)
{
    if (t->q && trial_way(t, t->q) == TRIAL_REFILL) {
        restore(t, t->q);
        refill(t, t->q);
    }
    t->q = q;
}

bool trial_value(void *trial, double x, double *y)
{
    struct trial *t = trial;
    const struct parameter *q = t->q;
    if (trial_way(t, q) != TRIAL_REFILL || (q->decides && !keeps_order(t, x)))
        return value_of_copy(t, x, y);
    restore(t, q);
    if (!parameter_set(q, &t->work, &t->arena, x))
        return false;
    refill(t, q);
    return values_of(&t->m, y, &t->err);
}
