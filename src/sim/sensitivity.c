/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One chain is built with every stated number inside its range, so that it has the states of all
 * of them; a number that moves is put into it and the chain is solved again.  Where thresholds
 * would change places, which decides the chain's bands, it is built anew. */
#include "sim/sensitivity.h"

#include "math/interval.h"
#include "sim/exact_fork.h"
#include "sim/exact_posterior.h"
#include "sim/parameters.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const sensitivity_metrics[SENSITIVITY_METRICS] = {
    "reliability",   "shipped_error",    "auto_error",  "review_load",
    "cost_per_item", "cost_per_correct", "latency_mean"};
enum { METRICS = SENSITIVITY_METRICS };
_Static_assert(METRICS <= (int)DERIVATIVE_MAX, "derivative takes all metrics at once");

enum { DRAWS_MAX = 400, DRAWS_MIN = 100, EVALUATIONS = 4 };
static const double WORK_MAX = 2e9, DRAW_WORK = 6e8; /* about ns */

struct trial {
    const struct pipeline *base; /* the numbers to come back to */
    struct pipeline work;        /* the numbers that move; the chain's own */
    struct arena arena;
    struct model m;
    const struct parameter *q; /* the one that moves */
    struct error err;
};

/* --- building */

static void forget_evidence(struct number *x, void *unused)
{
    x->evidence = 0;
}

static void copy_numbers(const struct trial *t, uint32_t step)
{
    const struct pipeline *from = t->base;
    size_t size = from->n_classes * sizeof *from->step[step].numbers;
    memcpy(t->work.step[step].numbers, from->step[step].numbers, size);
    t->work.step[step].retry = from->step[step].retry;
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
        c->numbers[i] = t->work.step[i].numbers[k];
        for (uint32_t w = 0; w < t->work.step[i].n_ways; w++)
            if (t->work.step[i].way[w].probability)
                c->way[i][w] = t->work.step[i].way[w].probability[k];
        if (time)
            attempt_time_set(&c->time[i], &c->numbers[i].latency, c->numbers[i].timeout_s);
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
            c->numbers[i] = t->work.step[i].numbers[k];
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
    for (uint32_t i = 0; i < t->work.n_steps; i++) {
        copy_numbers(t, i);
        refill_step(t, i, true);
    }
    refill_bands(t);
    copy_input(t);
    refill_input(t);
}

/* Numbers at the edge of their range go inside it; every timeout can strike, and a confidence can
 * fall into every band. */
static void loosen(struct trial *t, const struct parameter *q, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        bool probability = q[k].kind == PARAMETER_PROBABILITY || q[k].kind == PARAMETER_INPUT ||
                           q[k].kind == PARAMETER_WAY;
        if (probability && !q[k].decides && (q[k].value <= q[k].low || q[k].value >= q[k].high))
            parameter_set(&q[k], &t->work, &t->arena, (q[k].low + q[k].high) / 2);
    }
    for (uint32_t i = 0; i < t->work.n_steps; i++)
        for (uint32_t c = 0; c < t->work.n_classes; c++) {
            struct numbers *x = &t->work.step[i].numbers[c];
            if (isfinite(x->timeout_s) && x->timeout_s > 0)
                x->latency = (struct dist){.family = DIST_EXPONENTIAL, .a = x->timeout_s};
            x->confidence_good.evidence = x->confidence_bad.evidence = 1;
        }
}

static void trial_release(struct trial *t)
{
    if (t->m.pipeline)
        model_release(&t->m);
    arena_release(&t->arena);
    pipeline_release(&t->work);
}

static int trial_build(struct trial *t, const struct pipeline *base, const double *theta,
                       const struct parameter *q, size_t n, uint32_t max_states, struct error *err)
{
    *t = (struct trial){.base = base};
    arena_init(&t->arena);
    pipeline_with(base, theta, NULL, &t->work);
    pipeline_each_number(&t->work, forget_evidence, NULL);
    t->work.class = arena_alloc(&t->arena, base->n_classes * sizeof *t->work.class);
    copy_input(t);
    loosen(t, q, n);
    if (model_build(&t->m, &t->work, max_states, false, err)) {
        t->m.pipeline = NULL;
        trial_release(t);
        return -1;
    }
    restore_all(t);
    return 0;
}

/* --- values */

static double ratio(double a, double b)
{
    return b > 0 ? a / b : NAN;
}

/* What the metrics are made of, all linear in the items. */
struct sums {
    double ship[4], time, cost, reviewed; /* ship: bad, bad reviewed, good, good reviewed */
};

static void add_class(const struct model *m, uint32_t class, const struct flow *absorb,
                      struct sums *sums)
{
    const struct chain *c = &m->chain[class];
    double share = m->pipeline->class[class].share;
    for (int k = 0; k < ABSORB_COUNT; k++) {
        sums->cost += share * absorb[k].c1;
        if (k >= 4)
            continue;
        sums->ship[k] += share * absorb[k].n;
        sums->time += share * absorb[k].t1;
    }
    for (uint32_t s = 0; s < c->n_states; s++)
        if (c->state[s].reviewed == REVIEW_FIRST)
            sums->reviewed += share * m->state[s].n;
}

static bool values_of(struct model *m, double y[METRICS], struct error *err)
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
    double all[METRICS] = {correct,
                           ratio(ship[0] + ship[1], shipped),
                           ratio(ship[0], ship[0] + ship[2]),
                           sums.reviewed,
                           sums.cost,
                           ratio(sums.cost, correct),
                           m->infinite[0] ? NAN : ratio(sums.time, shipped)};
    memcpy(y, all, sizeof all);
    return true;
}

static bool value_anew(struct trial *t, double *y)
{
    struct model m;
    if (model_build(&m, &t->work, 0, false, &t->err))
        return false;
    bool done = values_of(&m, y, &t->err);
    model_release(&m);
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

static void restore(struct trial *t)
{
    copy_numbers(t, t->q->step);
    copy_input(t);
}

static bool value_at(void *arg, double x, double *y)
{
    struct trial *t = arg;
    restore(t);
    if (!parameter_set(t->q, &t->work, &t->arena, x))
        return false;
    if (t->q->decides && !keeps_order(t, x))
        return value_anew(t, y);
    if (t->q->decides)
        refill_bands(t);
    refill_step(t, t->q->step, t->q->takes_time);
    refill_input(t);
    return values_of(&t->m, y, &t->err);
}

/* out[n][METRICS], at the numbers of t->base. */
static void derive_all(struct trial *t, const struct parameter *q, size_t n, double *out)
{
    for (size_t k = 0; k < n; k++) {
        t->q = &q[k];
        derivative(value_at, t, q[k].value, q[k].low, q[k].high, q[k].width, METRICS,
                   out + k * METRICS);
        restore(t);
        if (q[k].decides)
            refill_bands(t);
        refill_step(t, q[k].step, q[k].takes_time);
        refill_input(t);
    }
    t->q = NULL;
}

/* --- evidence */

static void read_theta(struct number *x, void *theta)
{
    if (x->evidence)
        ((double *)theta)[x->evidence - 1] = x->value;
}

static int draw_all(const struct pipeline *p, const struct exact_options *options, uint32_t draws,
                    size_t n, double *drawn, struct error *err)
{
    double *theta = mem_zero((size_t)p->n_evidence + 1, sizeof *theta);
    struct rng_seq rng = {.key = rng_key(options->seed, 2, 0, 0, RNG_PARAMETER)};
    int status = 0;
    for (uint32_t d = 0; d < draws && !status; d++) {
        struct pipeline at;
        struct arena arena;
        struct trial t;
        struct parameter *q;
        size_t found;
        pipeline_posterior_draw(p, &rng, theta);
        pipeline_with(p, theta, NULL, &at);
        arena_init(&arena);
        parameters_list(&at, &arena, &q, &found);
        if (found != n)
            BUG("a draw of the evidence has %zu parameters, not %zu", found, n);
        status = trial_build(&t, &at, theta, q, n, options->max_states, err);
        if (!status) {
            derive_all(&t, q, n, drawn + d * n * METRICS);
            trial_release(&t);
        }
        arena_release(&arena);
        pipeline_release(&at);
    }
    mem_free(theta);
    return status;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void bounds(const double *drawn, uint32_t draws, size_t size, double level, double *low,
                   double *high)
{
    double *column = mem_zero((size_t)draws + 1, sizeof *column);
    for (size_t i = 0; i < size; i++) {
        uint32_t n = 0;
        for (uint32_t d = 0; d < draws; d++)
            if (!isnan(drawn[d * size + i]))
                column[n++] = drawn[d * size + i];
        low[i] = high[i] = NAN;
        if (n < draws || !n)
            continue;
        qsort(column, n, sizeof *column, by_value);
        low[i] = sample_quantile_linear(column, n, (1 - level) / 2);
        high[i] = sample_quantile_linear(column, n, (1 + level) / 2);
    }
    mem_free(column);
}

/* --- the whole */

/* The twelve digits that are known, so that what is alike stays alike. */
static double known_digits(double x)
{
    char text[32];
    snprintf(text, sizeof text, "%.12g", x);
    return strtod(text, NULL);
}

static void put(const struct parameter *q, size_t n, const double *value, const double *low,
                const double *high, struct result *out)
{
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < METRICS; i++) {
            size_t at = k * METRICS + i;
            if (!isfinite(value[at]) || value[at] == 0)
                continue;
            struct sensitivity *s = result_sensitivity(out, q[k].path, sensitivity_metrics[i]);
            s->value = known_digits(value[at]);
            s->low = known_digits(low[at]);
            s->high = known_digits(high[at]);
        }
}

/* A parameter whose reliability has no derivative is named. */
static void name_missing(const struct parameter *q, size_t n, const double *value,
                         struct result *out)
{
    struct buf names;
    size_t count = 0;
    buf_init(&names);
    for (size_t k = 0; k < n; k++)
        if (isnan(value[k * METRICS])) {
            if (count < 5)
                buf_printf(&names, "%s%s", count ? ", " : "", q[k].path);
            count++;
        }
    if (count)
        result_assume(out, "no derivative exists (a jump or a kink) with respect to %s%s",
                      buf_text(&names), count > 5 ? " and others" : "");
    buf_release(&names);
}

struct job {
    const struct exact_options *options;
    const struct parameter *q;
    size_t n;
    double work; /* about the ns of all derivatives once */
    bool uncertain;
};

static int solve(const struct pipeline *p, const struct job *job, struct trial *t,
                 struct result *out, struct error *err)
{
    size_t size = job->n * METRICS;
    uint32_t draws = 0;
    double *value = mem_zero(size + 1, sizeof *value);
    double *low = mem_zero(size + 1, sizeof *low), *high = mem_zero(size + 1, sizeof *high);
    int status = 0;
    derive_all(t, job->q, job->n, value);
    memcpy(low, value, size * sizeof *low);
    memcpy(high, value, size * sizeof *high);
    if (job->uncertain && p->n_evidence) {
        draws = (uint32_t)fmin(DRAWS_MAX, DRAW_WORK / job->work);
        draws = draws < DRAWS_MIN ? 0 : draws;
        double *drawn = mem_zero(draws * size + 1, sizeof *drawn);
        status = draw_all(p, job->options, draws, job->n, drawn, err);
        if (!status)
            bounds(drawn, draws, size, job->options->level, low, high);
        mem_free(drawn);
        result_assume(out, "sensitivities are those at the means of the evidence%s",
                      draws ? "" : ", without intervals");
    }
    if (!status) {
        put(job->q, job->n, value, low, high, out);
        name_missing(job->q, job->n, value, out);
    }
    mem_free(value);
    mem_free(low);
    mem_free(high);
    return status;
}

int sensitivity_exact(const struct pipeline *p, const struct exact_options *options, bool uncertain,
                      struct result *out, bool *complete, struct error *err)
{
    double *theta = mem_zero((size_t)p->n_evidence + 1, sizeof *theta);
    struct job job = {.options = options, .uncertain = uncertain};
    struct error none = {0};
    struct pipeline base;
    struct arena arena;
    struct trial t;
    struct parameter *q;
    pipeline_each_number((struct pipeline *)p, read_theta, theta);
    if (uncertain)
        pipeline_posterior_mean(p, theta);
    pipeline_with(p, theta, NULL, &base);
    arena_init(&arena);
    parameters_list(&base, &arena, &q, &job.n);
    job.q = q;
    int status = trial_build(&t, &base, theta, q, job.n, options->max_states, &none);
    if (!status) {
        job.work = EVALUATIONS * (double)job.n * model_work(&t.m) + 5e4;
        if (job.work > WORK_MAX)
            status = error_set(&none, ERR_LIMIT, "the chain is too large");
        else if (forks_invert(&t.m.chain[0]))
            status = error_set(&none, ERR_LIMIT,
                               "the times of branches of several steps are inverted anew for each "
                               "value");
        else
            status = solve(p, &job, &t, out, &none);
        trial_release(&t);
    }
    if (status) {
        result_warn(out, "sensitivities: left out, as %s", none.text);
        *complete = false;
    }
    mem_free(theta);
    arena_release(&arena);
    pipeline_release(&base);
    return 0;
}
