/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One chain is built with every stated number inside its range, so that it has the states of all
 * of them, and solved forward and backward at the numbers as they are.  A number that moves is put
 * into its step alone: what the step's branches then weigh and add, times what the backward pass
 * says these are worth, has the derivatives of the metrics themselves.  Where that does not do
 * (thresholds that lie on each other or decide what a parallel comes to, environments), a chain is
 * built anew for every value, and scenarios with desks are solved whole. */
#include "sim/sensitivity_trial.h"

#include "sim/exact/fork.h"
#include "sim/exact/queue.h"
#include "sim/exact/weather.h"

#include <math.h>
#include <string.h>

static const char *const desk_metrics[] = {"queue_wait_mean", "utilisation"};
enum { METRICS = SENSITIVITY_SOLVED, DESK_METRICS = sizeof desk_metrics / sizeof *desk_metrics };
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

static void copy_worth(struct trial *t)
{
    struct pipeline *to = &t->work;
    to->worth_correct = t->base->worth_correct;
    to->worth_wrong = t->base->worth_wrong;
    to->worth_rejected = t->base->worth_rejected;
}

/* Chains take the numbers of a step over; bands: and where confidences are cut. */
static bool refill_step(struct trial *t, uint32_t i, bool time, bool bands)
{
    bool same = true;
    for (uint32_t k = 0; k < t->work.n_classes; k++) {
        struct chain *c = &t->m.chain[k];
        chain_renumber(c, i, time);
        if (time && c->sky)
            sky_refresh_step(c, i);
        same = (!bands || chain_reband(c, i)) && same;
        for (uint32_t w = 0; w < t->work.step[i].n_ways; w++)
            if (t->work.step[i].way[w].probability)
                c->way[i][w] = t->work.step[i].way[w].probability[k];
        chain_set_step(c, i, CHAIN_AS_FILLED);
    }
    return same;
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
        struct chain *c = &t->m.chain[k];
        for (uint32_t i = 0; i < t->work.n_steps; i++) {
            chain_renumber(c, i, true);
            (void)chain_reband(c, i);
        }
        if (c->sky)
            sky_refresh(c);
    }
    for (uint32_t i = 0; i < t->work.n_steps; i++)
        (void)refill_step(t, i, false, false);
    copy_input(t);
    refill_input(t);
}

static void loosen_numbers(struct numbers *x)
{
    if (isfinite(x->timeout_s) && x->timeout_s > 0)
        x->latency = (struct dist){.family = DIST_EXPONENTIAL, .a = x->timeout_s};
    x->confidence_good.evidence = x->confidence_bad.evidence = 1;
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
    for (uint32_t c = 0; c < t->work.n_classes; c++) {
        for (uint32_t i = 0; i < t->work.n_steps; i++) {
            const struct step *s = &t->work.step[i];
            loosen_numbers(&s->numbers[c]);
            for (uint32_t g = 0; g < s->n_given; g++)
                loosen_numbers(&s->given[g].override.numbers[c]);
        }
        for (uint32_t e = 0; e < t->work.n_environments; e++)
            for (uint32_t k = 0; k < t->work.environment[e].n_states; k++) {
                const struct env_state *state = &t->work.environment[e].state[k];
                for (uint32_t o = 0; o < state->n_overrides; o++)
                    loosen_numbers(&state->override[o].override.numbers[c]);
            }
    }
}

static void release_adjoint(struct trial *t)
{
    for (uint32_t k = 0; t->adjoint && k < t->base->n_classes; k++)
        adjoint_release(&t->adjoint[k]);
    mem_free(t->adjoint);
    t->adjoint = NULL;
}

/* Without a solution (a loop that only numbers inside their ranges make) there is no adjoint, nor
 * is there where times decide what becomes of items. */
static void solve_adjoint(struct trial *t)
{
    struct quotients quotients;
    double total[TOTAL_COUNT];
    uint32_t n = t->base->n_classes;
    t->of_class = mem_zero(n, sizeof *t->of_class);
    if (model_leaves(&t->m))
        return;
    t->adjoint = mem_zero(n, sizeof *t->adjoint);
    for (uint32_t k = 0; k < n; k++)
        adjoint_init(&t->adjoint[k], &t->m.chain[k]);
    if (model_totals(&t->m, t->adjoint, t->of_class, &t->err)) {
        release_adjoint(t);
        return;
    }
    totals_mix(t->base, t->of_class, total);
    quotients_set(&quotients, t->base, &t->m);
    quotients_values(&quotients, total, t->value);
    quotients_slopes(&quotients, total, t->slope);
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
    solve_adjoint(t);
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
    release_adjoint(t);
    if (t->m.pipeline)
        model_release(&t->m);
    mem_free(t->of_class);
    vec_release(&t->touched);
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

/* --- what moves with a number */

/* Does a confidence of this step decide there, by a threshold or a draw? */
static bool decides_for(const struct trial *t, uint32_t gate, uint32_t scorer)
{
    const struct step *s = &t->base->step[gate];
    return s->kind == STEP_GATE &&
           (s->gate_of < 0 || scorer_named(t->base, (uint32_t)s->gate_of) == scorer);
}

static bool draws(const struct step *s)
{
    return s->kind == STEP_GATE && (s->draws_threshold || s->audit.present);
}

static bool cuts_confidences(const struct parameter *q)
{
    return q->field == NUMBERS_THRESHOLD || q->field == NUMBERS_THRESHOLD_HIGH;
}

/* Confidences that are cut elsewhere come before the gates that draw by them. */
static void touch(struct trial *t)
{
    const struct parameter *q = t->q;
    t->touched.len = 0;
    if (q->where > IN_RETRY && q->where != IN_WAY)
        return;
    bool *moves = mem_zero(t->base->n_steps, sizeof *moves);
    for (uint32_t i = 0; i < t->base->n_steps && q->decides; i++) {
        bool cut = cuts_confidences(q) && decides_for(t, q->step, i);
        moves[i] = t->m.chain[0].bands[i].n && (cut || i == q->step);
        if (moves[i])
            vec_push(&t->touched, i);
    }
    for (uint32_t g = 0; g < t->base->n_steps && q->decides; g++) {
        bool drawn = g == q->step;
        for (uint32_t k = 0; k < t->touched.len && draws(&t->base->step[g]); k++)
            drawn = drawn || (moves[t->touched.at[k]] && decides_for(t, g, t->touched.at[k]));
        if (drawn && !moves[g])
            vec_push(&t->touched, g);
    }
    if (!q->decides)
        vec_push(&t->touched, q->step);
    mem_free(moves);
}

static void refill_touched(struct trial *t, bool *same)
{
    *same = true;
    for (uint32_t k = 0; k < t->touched.len; k++)
        *same = refill_step(t, t->touched.at[k], t->q->takes_time, t->q->decides) && *same;
    refill_input(t);
}

/* All numbers of the step of *q as they are in the base. */
static void restore(struct trial *t)
{
    copy_numbers(t, t->q->step);
    copy_input(t);
    copy_worth(t);
}

/* --- ways */

/* Where the thresholds beside it leave it; *room false where one of them is as good as equal. */
static void find_range(struct trial *t)
{
    const double near = 1e-4;
    for (uint32_t c = 0; c < t->base->n_classes; c++)
        for (uint32_t k = 0; k < t->touched.len; k++) {
            const struct bands *b = &t->m.chain[c].bands[t->touched.at[k]];
            bool moves = t->q->class == PARAMETER_ALL || t->q->class == (int32_t)c;
            for (uint32_t i = 0; i < b->n && moves; i++) {
                double other = b->threshold[i], value = t->q->value;
                if (other < value)
                    t->low = fmax(t->low, other + near * (value - other));
                if (other > value)
                    t->high = fmin(t->high, other - near * (other - value));
            }
        }
}

/* Does a threshold move without parting from another that is equal, or meeting one? */
static bool moves_alone(struct trial *t)
{
    const double least = 1e-4;
    double value = t->q->value, up = t->high - value, down = value - t->low;
    bool same;
    find_range(t);
    if ((up > least && t->high - value < least) || (down > least && value - t->low < least))
        return false;
    double x = t->high > value ? (value + t->high) / 2 : (value + t->low) / 2;
    bool alone = parameter_set(t->q, &t->work, &t->arena, x);
    refill_touched(t, &same);
    restore(t);
    bool back;
    refill_touched(t, &back);
    return alone && same;
}

static bool beside_parallels(const struct trial *t)
{
    for (uint32_t k = 0; k < t->touched.len; k++) {
        const struct step *s = &t->base->step[t->touched.at[k]];
        if (s->parent || s->parallel)
            return false;
    }
    return true;
}

static bool is_worth(const struct parameter *q)
{
    return q->where == IN_PIPELINE && (q->offset == offsetof(struct pipeline, worth_correct) ||
                                       q->offset == offsetof(struct pipeline, worth_wrong) ||
                                       q->offset == offsetof(struct pipeline, worth_rejected));
}

static enum trial_way way_of(struct trial *t)
{
    const struct parameter *q = t->q;
    if (t->timed)
        return TRIAL_WHOLE;
    if (!t->adjoint)
        return TRIAL_ANEW;
    if (q->where == IN_INPUT || q->where == IN_CLASS || q->where == IN_WAY || is_worth(q))
        return TRIAL_ADJOINT;
    if (q->where > IN_RETRY)
        return TRIAL_ANEW;
    if (!q->decides)
        return TRIAL_ADJOINT;
    if (q->where == IN_STATE || !beside_parallels(t))
        return TRIAL_ANEW;
    return !cuts_confidences(q) || moves_alone(t) ? TRIAL_ADJOINT : TRIAL_ANEW;
}

void trial_choose(struct trial *t, const struct parameter *q)
{
    bool same;
    if (t->q && t->way == TRIAL_ADJOINT) {
        restore(t);
        refill_touched(t, &same);
    }
    t->q = q;
    if (!q)
        return;
    t->low = q->low;
    t->high = q->high;
    if (!t->timed)
        touch(t);
    t->way = way_of(t);
    if (t->way != TRIAL_ADJOINT) {
        t->low = q->low;
        t->high = q->high;
    }
}

void trial_range(const struct trial *t, double *low, double *high)
{
    *low = t->low;
    *high = t->high;
}

/* One branch moves, and is inverted anew for both qualities. */
static double work_inside(const struct chain *c)
{
    const double inverted = 1e7;
    return forks_invert(c) ? forks_work(c, false) + inverted : forks_work(c, true);
}

double trial_work(const struct trial *t)
{
    double n = t->base->n_classes, copies = 300.0 * t->base->n_steps * n, step = 0;
    if (t->way == TRIAL_WHOLE)
        return t->whole_work + copies;
    bool inside = t->base->step[t->q->step].parent && t->touched.len;
    for (uint32_t k = 0; k < t->base->n_classes; k++) {
        copies += sky_work(&t->m.chain[k]);
        step += inside ? work_inside(&t->m.chain[k]) : 0;
    }
    if (t->way == TRIAL_ANEW)
        return MODEL_BUILDS * model_work(&t->m) + copies;
    if (t->q->takes_time)
        step += (copies - 300.0 * t->base->n_steps * n) / t->base->n_steps;
    return step + 5 * MODEL_FILL * n * (double)(1 + t->touched.len);
}

/* --- values */

/* Errors of what comes by inversion, as parts of it, beside those of rounding; and by how much of
 * itself a metric moves at least, over the whole of a number, when that is no such error. */
static const double INVERSION = 1e-10, ROUNDING = 2e-16, LEAST_MOVE = 1e-8;

void trial_drop_errors(const struct trial *t, double *slope)
{
    if (t->way == TRIAL_WHOLE || !t->adjoint || !forks_invert(&t->m.chain[0]))
        return;
    for (int i = 0; i < METRICS; i++)
        if (fabs(slope[i]) * t->q->width <= 0.05 * LEAST_MOVE * fabs(t->value[i]))
            slope[i] = 0;
}

static double grain(const struct trial *t)
{
    bool inside = t->touched.len && t->base->step[t->touched.at[0]].parent;
    return inside && forks_invert(&t->m.chain[0]) ? INVERSION / ROUNDING : 1;
}

/* What the metrics would be if they were linear in what the step makes of its numbers. */
static void value_nearby(struct trial *t, double *y, double *size)
{
    double total[TOTAL_COUNT] = {0}, parts[TOTAL_COUNT] = {0};
    for (uint32_t k = 0; k < t->base->n_classes && t->q->where != IN_CLASS; k++) {
        double add[TOTAL_COUNT] = {0}, of[TOTAL_COUNT] = {0};
        forks_time(&t->m.chain[k]);
        for (uint32_t i = 0; i < t->touched.len; i++) {
            uint32_t step = t->touched.at[i], parent = t->base->step[step].parent;
            adjoint_add(&t->adjoint[k], parent ? parent - 1 : step, add, of);
        }
        if (t->q->where == IN_INPUT)
            adjoint_add_start(&t->adjoint[k], add, of);
        for (int x = 0; x < TOTAL_COUNT; x++) {
            total[x] += t->base->class[k].share * add[x];
            parts[x] += t->base->class[k].share * of[x];
        }
    }
    if (t->q->where == IN_CLASS)
        totals_mix(&t->work, t->of_class, total);
    for (int i = 0; i < METRICS; i++) {
        y[i] = size[i] = 0;
        for (int x = 0; x < TOTAL_COUNT; x++) {
            double slope = t->slope[i][x];
            y[i] += slope != 0 ? slope * total[x] : 0;
            size[i] += slope != 0 ? fabs(slope) * fmax(parts[x], fabs(total[x])) : 0;
        }
        size[i] *= grain(t);
    }
}

/* The totals stay what they are. */
static void value_of_worth(struct trial *t, double *y)
{
    struct quotients quotients;
    double total[TOTAL_COUNT];
    totals_mix(t->base, t->of_class, total);
    quotients_set(&quotients, &t->work, &t->m);
    quotients_values(&quotients, total, y);
}

static bool value_anew(struct trial *t, const struct pipeline *p, double *y)
{
    struct quotients quotients;
    struct model m;
    double total[TOTAL_COUNT];
    if (model_build(&m, p, t->options.max_states, false, &t->err))
        return false;
    double(*of_class)[TOTAL_COUNT] = mem_zero(p->n_classes, sizeof *of_class);
    bool done = !model_totals(&m, NULL, of_class, &t->err);
    if (done) {
        totals_mix(p, of_class, total);
        quotients_set(&quotients, p, &m);
        quotients_values(&quotients, total, y);
    }
    mem_free(of_class);
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

bool trial_value(void *trial, double x, double *y, double *size)
{
    struct trial *t = trial;
    bool same;
    if (t->way != TRIAL_ADJOINT)
        return value_of_copy(t, x, y);
    restore(t);
    if (!parameter_set(t->q, &t->work, &t->arena, x))
        return false;
    if (is_worth(t->q)) {
        value_of_worth(t, y);
        return true;
    }
    refill_touched(t, &same);
    if (same)
        value_nearby(t, y, size);
    return same;
}
