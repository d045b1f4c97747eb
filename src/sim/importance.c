/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each repetition is one unit of work: under a seed of its own it simulates the pipeline with steps
 * perfect, failing, skipped, and with every number moved a little up and down.  Random numbers are
 * keyed by item, step and attempt, so that what differs within a repetition is the pipeline alone
 * (common random numbers: Glasserman and Yao, Management Science 38, 1992).
 *
 * Repetitions that all miss what is rare agree, and Student's interval of them is too narrow: for
 * shares it is never narrower than what n items can miss, -log((1 - level) / 2) / n to either side,
 * the bound of a share of which nothing was seen. */
#include "sim/importance.h"

#include "base/workers.h"
#include "math/interval.h"
#include "math/rng.h"
#include "model/learning.h"
#include "sim/endless.h"
#include "sim/engine.h"
#include "sim/gap.h"
#include "sim/outer.h"
#include "sim/parameters.h"
#include "sim/sensitivity.h"

#include <math.h>
#include <string.h>

enum {
    METRICS = SENSITIVITY_SOLVED,
    REPEATS = 8,
    COALITIONS_MOST = 400, /* more are sampled */
    ITEMS_LEAST = 256,     /* of one evaluation */
    TRIALS_MOST = 1000000,
    STEP_ITEMS = 8000000,
    QUICK_VISITS = 15000000,
    EFFORT = 2 /* all evaluations together: about so many times the run's own trials */
};

struct repeat {
    struct gap gap;
    double *birnbaum, *improvement; /* [n_steps] */
    double *slope;                  /* [n_q * METRICS] */
    double *reach;                  /* [n_q * METRICS]: items times the move; 0: no share */
    double items, step_items;       /* of one evaluation */
    bool done, endless;
    struct error err;
};

struct study {
    const struct pipeline *pipeline; /* with its evidence at the means */
    struct pipeline players;         /* the same with its feedback, borrowed */
    const struct run_options *options;
    const struct engine_def *def;
    const struct program *base; /* of `pipeline`; NULL: another engine's */
    uint64_t trials;            /* of one evaluation */
    uint64_t step_trials;       /* of one with a step perfect or failing */
    struct parameter *q;
    size_t n_q;
    struct repeat repeat[REPEATS];
};

struct context {
    const struct study *study;
    uint64_t seed, trials;
    double *items; /* out: those of the last evaluation */
    bool *endless; /* out: of some evaluation items went round for ever */
};

struct measure {
    double value[METRICS];
    double n[METRICS]; /* items that it is of; 0: none */
    bool share[METRICS];
};

/* --- one evaluation */

static int evaluate(const struct context *c, const struct pipeline *p, struct measure *y,
                    struct error *err)
{
    const struct study *s = c->study;
    const struct run_options how = {.trials = c->trials,
                                    .seed = c->seed,
                                    .threads = 1,
                                    .level = 0.95,
                                    .means_only = true,
                                    .like = s->base,
                                    .stop = s->options->stop};
    struct result r;
    result_init(&r, "evaluation");
    int status = run_by(s->def, p, &how, &r, err);
    bool endless = status && err->code == ERR_NUMERIC;
    if (endless) { /* this pipeline has no values, others have */
        status = 0;
        *c->endless = true;
    }
    for (size_t i = 0; i < METRICS && !status; i++) {
        const struct metric *m = metrics_find(&r.metrics, sensitivity_metrics[i]);
        y->value[i] = m ? m->value : NAN;
        y->n[i] = m ? (double)m->n : 0;
        y->share[i] = m && !strcmp(m->unit, "1");
    }
    if (!status && !endless)
        *c->items = y->n[0];
    if (!status && r.run.partial)
        status = error_set(err, ERR_LIMIT, "stopped");
    result_release(&r);
    return status;
}

static int reliability(const struct pipeline *p, void *arg, double *out, struct error *err)
{
    struct measure y = {.value[0] = NAN};
    struct pipeline written = *p;
    written.feedback = (struct feedback){0};
    int status = evaluate(arg, &written, &y, err);
    *out = y.value[0];
    return status;
}

/* --- one repetition */

static int find_steps(const struct context *of, struct repeat *r)
{
    const struct pipeline *p = of->study->pipeline;
    const struct context more = {of->study, of->seed, of->study->step_trials, &r->step_items,
                                 &r->endless},
                         *c = &more;
    bool *perfect = mem_zero(p->n_steps + 1, sizeof *perfect);
    double now = NAN;
    int status = reliability(p, (void *)c, &now, &r->err);
    for (uint32_t i = 0; i < p->n_steps && !status; i++) {
        struct pipeline better, worse;
        double best = NAN, worst = NAN;
        r->birnbaum[i] = r->improvement[i] = NAN;
        if (p->step[i].kind == STEP_PARALLEL)
            continue;
        perfect[i] = true;
        gap_perfect(p, perfect, &better);
        gap_failing(p, i, &worse);
        perfect[i] = false;
        if (reliability(&better, (void *)c, &best, &r->err) ||
            reliability(&worse, (void *)c, &worst, &r->err))
            status = -1;
        r->birnbaum[i] = best - worst;
        r->improvement[i] = best - now;
        pipeline_release(&better);
        pipeline_release(&worse);
    }
    mem_free(perfect);
    return status;
}

/* How far up and down a number moves, within its range: a tenth of itself; a probability up to a
 * quarter, as rare outcomes are seldom seen, but no more than 2%. */
static void reach(const struct parameter *q, double *down, double *up)
{
    bool probability = q->probability || q->kind == PARAMETER_SHARE;
    double far = probability ? fmin(5 * q->width, 0.02) : 2 * q->width;
    *down = fmin(far, q->value - q->low);
    *up = fmin(far, q->high - q->value);
}

static int find_slope(const struct context *c, struct pipeline *work, struct arena *arena,
                      const struct parameter *q, double *slope, double *far, struct error *err)
{
    double down, up;
    struct measure low = {.n[0] = 0}, high = {.n[0] = 0};
    int status = 0;
    reach(q, &down, &up);
    bool moved = parameter_set(q, work, arena, q->value - down);
    if (moved)
        status = evaluate(c, work, &low, err);
    moved = moved && parameter_set(q, work, arena, q->value + up);
    if (moved && !status)
        status = evaluate(c, work, &high, err);
    (void)parameter_set(q, work, arena, q->value);
    for (size_t i = 0; i < METRICS && !status; i++) {
        slope[i] = moved && up + down > 0 ? (high.value[i] - low.value[i]) / (up + down) : NAN;
        /* what one unseen item may change: a share by 1, a mean by about itself */
        double one = low.share[i] ? 1 : fmax(fabs(low.value[i]), fabs(high.value[i]));
        far[i] = one > 0 ? fmin(low.n[i], high.n[i]) * (up + down) / one : 0;
    }
    return status;
}

static int find_slopes(const struct context *c, struct repeat *r)
{
    const struct study *s = c->study;
    struct pipeline work;
    struct arena arena;
    int status = 0;
    arena_init(&arena);
    pipeline_copy(s->pipeline, &work);
    for (size_t k = 0; k < s->n_q && !status; k++)
        status = find_slope(c, &work, &arena, &s->q[k], r->slope + k * METRICS,
                            r->reach + k * METRICS, &r->err);
    pipeline_release(&work);
    arena_release(&arena);
    return status;
}

static void do_repeat(void *arg, uint32_t worker, uint64_t i)
{
    struct study *s = arg;
    struct repeat *r = &s->repeat[i];
    struct context c = {s, rng_key(s->options->seed, i + 1, 0, UINT32_MAX, RNG_SPLIT), s->trials,
                        &r->items, &r->endless};
    const struct gap_options how = {
        .most = COALITIONS_MOST, .seed = c.seed, .level = s->options->level};
    if (gap_of_pipeline(&s->players, reliability, &c, &how, &r->gap, &r->err))
        return;
    r->done = !find_steps(&c, r) && !find_slopes(&c, r);
}

/* --- over the repetitions */

/* Mean and Student's interval of x[0], x[stride], ...; false: some are missing. */
static bool pool(const struct study *s, double (*of)(const struct repeat *r, size_t at), size_t at,
                 double *mean, struct interval *ci)
{
    double square = 0;
    *mean = 0;
    for (size_t k = 0; k < REPEATS; k++) {
        double d = of(&s->repeat[k], at) - *mean;
        *mean += d / (double)(k + 1);
        square += d * (of(&s->repeat[k], at) - *mean);
    }
    *ci = interval_mean(*mean, square / (REPEATS - 1), REPEATS, s->options->level);
    return isfinite(*mean);
}

/* What `items` may hold without a sign: the interval is no narrower, and stays in [-1, 1]. */
static void allow_unseen(const struct study *s, double items, double most, double mean,
                         struct interval *ci)
{
    double unseen = items > 0 ? -log((1 - s->options->level) / 2) / items : 0;
    ci->low = fmin(ci->low, fmax(mean - unseen, -most));
    ci->high = fmax(ci->high, fmin(mean + unseen, most));
}

static double all_items(const struct study *s)
{
    double sum = 0;
    for (size_t k = 0; k < REPEATS; k++)
        sum += s->repeat[k].items;
    return sum;
}

static double all_step_items(const struct study *s)
{
    double sum = 0;
    for (size_t k = 0; k < REPEATS; k++)
        sum += s->repeat[k].step_items;
    return sum;
}

static double birnbaum_of(const struct repeat *r, size_t at)
{
    return r->birnbaum[at];
}
static double improvement_of(const struct repeat *r, size_t at)
{
    return r->improvement[at];
}
static double slope_of(const struct repeat *r, size_t at)
{
    return r->slope[at];
}
static double reach_of(const struct repeat *r, size_t at)
{
    return r->reach[at];
}

static void put_stage(const struct study *s, uint32_t i, const char *name,
                      double (*of)(const struct repeat *r, size_t at), struct result *out)
{
    double mean;
    struct interval ci;
    if (i >= out->stages.len || !pool(s, of, i, &mean, &ci))
        return;
    if (gap_can_lose(s->pipeline, i))
        allow_unseen(s, all_step_items(s), 1, mean, &ci);
    metrics_add(&out->stages.at[i].metrics, name, mean, ci.low, ci.high, s->options->level,
                REPEATS * s->step_trials, "1");
}

static void put_slopes(const struct study *s, struct result *out)
{
    for (size_t k = 0; k < s->n_q; k++)
        for (size_t m = 0; m < METRICS; m++) {
            double mean, reached;
            struct interval ci, unused;
            if (!pool(s, slope_of, k * METRICS + m, &mean, &ci) || (mean == 0 && ci.low == ci.high))
                continue;
            if (pool(s, reach_of, k * METRICS + m, &reached, &unused))
                allow_unseen(s, REPEATS * reached, INFINITY, mean, &ci);
            struct sensitivity *row = result_sensitivity(out, s->q[k].path, sensitivity_metrics[m]);
            row->value = mean;
            row->low = ci.low;
            row->high = ci.high;
            row->at = s->q[k].value;
            row->probability = s->q[k].probability || s->q[k].kind == PARAMETER_SHARE;
        }
}

static void allow_unseen_loss(const struct study *s, struct gap *g, size_t at, double items)
{
    struct interval ci = {g->low[at], g->high[at]};
    if (!isfinite(g->value[at]))
        return;
    allow_unseen(s, items, 1, g->value[at], &ci);
    g->low[at] = ci.low;
    g->high[at] = ci.high;
}

static void allow_unseen_losses(const struct study *s, struct gap *g)
{
    double items = all_items(s);
    if (gap_learns(&s->players)) {
        allow_unseen_loss(s, g, GAP_STEP + s->pipeline->n_steps, items);
        allow_unseen_loss(s, g, GAP_LAYER + LAYER_FEEDBACK, items);
    }
    for (uint32_t i = 0; i < s->pipeline->n_steps; i++) {
        enum layer l = s->pipeline->step[i].layer;
        const size_t at[] = {GAP_STEP + i, GAP_LAYER + l, GAP_CLOSES + l};
        for (size_t k = 0; k < sizeof at / sizeof *at && gap_can_lose(s->pipeline, i); k++)
            allow_unseen_loss(s, g, at[k], items);
    }
}

static void put_all(const struct study *s, struct result *out)
{
    struct gap each[REPEATS], gap;
    for (size_t k = 0; k < REPEATS; k++)
        each[k] = s->repeat[k].gap;
    gap_pool(each, REPEATS, s->options->level, &gap);
    allow_unseen_losses(s, &gap);
    gap_put(&gap, &s->players, out);
    gap_release(&gap);
    for (uint32_t i = 0; i < s->pipeline->n_steps; i++) {
        put_stage(s, i, "birnbaum", birnbaum_of, out);
        put_stage(s, i, "improvement", improvement_of, out);
    }
    put_slopes(s, out);
    const char *word = s->def->trials_word(s->pipeline); /* "replications" */
    result_assume(out,
                  "loss, closes and sensitivities: means of %d repetitions of %llu %.*s each "
                  "(birnbaum, improvement: of %llu)%s under common random numbers; sensitivities "
                  "by central differences of a tenth of each number to either side "
                  "(probabilities up to a quarter and 2%%)",
                  REPEATS, (unsigned long long)s->trials, (int)(strlen(word) - (s->trials == 1)),
                  word, (unsigned long long)s->step_trials,
                  s->options->uncertainty && outer_needed(s->pipeline)
                      ? ", at the means of the evidence,"
                      : "");
}

/* --- the whole */

/* The general engine where items meet in time: all the pipelines of a repetition by one engine. */
static const struct engine_def *engine_of(const struct pipeline *p)
{
    return p->arrivals.kind != ARRIVALS_NONE ? &queue_engine : engine_for(p);
}

/* The numbers that move some metric. */
static void list_moving(const struct pipeline *p, struct arena *arena, struct parameter **q,
                        size_t *n)
{
    size_t all, kept = 0;
    parameters_list(p, arena, q, &all);
    for (size_t k = 0; k < all; k++)
        if (!(*q)[k].still)
            (*q)[kept++] = (*q)[k];
    *n = kept;
}

static double evaluations_of(const struct pipeline *p, size_t n_q)
{
    return fmin(gap_evaluations(p), COALITIONS_MOST) + LAYER_COUNT + 2.0 * p->n_steps +
           2.0 * (double)n_q;
}

static uint64_t trials_each(const struct pipeline *p, const struct run_options *o, size_t n_q)
{
    if (p->arrivals.kind != ARRIVALS_NONE)
        return 1;
    uint64_t run = o->trials && o->trials < TRIALS_MOST ? o->trials : TRIALS_MOST;
    double each = EFFORT * (double)run / evaluations_of(p, n_q) / REPEATS;
    return each > ITEMS_LEAST ? (uint64_t)each : ITEMS_LEAST;
}

/* Steps are compared more closely: by half the run's items each, where that is soon done. */
static uint64_t step_trials(const struct pipeline *p, const struct run_options *o, uint64_t trials)
{
    if (p->arrivals.kind != ARRIVALS_NONE)
        return 1;
    uint64_t run = o->trials && o->trials < TRIALS_MOST ? o->trials : TRIALS_MOST;
    uint64_t all = engine_of(p) == &batch_engine ? STEP_ITEMS : STEP_ITEMS / 8;
    uint64_t each = run / 2, most = all / (2 * (uint64_t)p->n_steps + 1);
    each = (each < most ? each : most) / REPEATS;
    return each > trials ? each : trials;
}

double importance_trials(const struct pipeline *p, const struct run_options *options)
{
    struct parameter *q;
    struct arena arena;
    size_t n_q;
    arena_init(&arena);
    list_moving(p, &arena, &q, &n_q);
    arena_release(&arena);
    return evaluations_of(p, n_q) * REPEATS * (double)trials_each(p, options, n_q);
}

bool importance_is_quick(const struct pipeline *p, const struct run_options *options)
{
    double span = p->horizon.warmup_s + p->horizon.length_s;
    double items = arrivals_rate(&p->arrivals) * span;
    struct error ignored = {0};
    double visits = 0;
    if (p->arrivals.kind != ARRIVALS_NONE)
        return importance_trials(p, options) * items * p->n_steps <= QUICK_VISITS;
    return !endless_visits(p, options, &visits, &ignored) &&
           importance_trials(p, options) * visits <= ENDLESS_DEFAULT_WORK;
}

static void study_release(struct study *s)
{
    for (size_t k = 0; k < REPEATS; k++) {
        gap_release(&s->repeat[k].gap);
        mem_free(s->repeat[k].birnbaum);
        mem_free(s->repeat[k].improvement);
        mem_free(s->repeat[k].slope);
        mem_free(s->repeat[k].reach);
    }
}

static int study_run(struct study *s, struct result *out, struct error *err)
{
    struct work w = {
        .begin = 0, .end = REPEATS, .stop = s->options->stop, .unit = do_repeat, .arg = s};
    for (size_t k = 0; k < REPEATS; k++) {
        struct repeat *r = &s->repeat[k];
        r->birnbaum = mem_zero(s->pipeline->n_steps + 1, sizeof(double));
        r->improvement = mem_zero(s->pipeline->n_steps + 1, sizeof(double));
        r->slope = mem_zero(s->n_q * METRICS + 1, sizeof(double));
        r->reach = mem_zero(s->n_q * METRICS + 1, sizeof(double));
    }
    uint32_t threads = workers_count(s->options->threads);
    (void)workers_run(&w, threads < REPEATS ? threads : REPEATS);
    bool stopped = s->options->stop && atomic_load(s->options->stop);
    for (size_t k = 0; k < REPEATS && !stopped; k++)
        if (!s->repeat[k].done) {
            *err = s->repeat[k].err;
            return -1;
        }
    if (!stopped)
        put_all(s, out);
    for (size_t k = 0; k < REPEATS && !stopped; k++)
        if (s->repeat[k].endless) {
            result_assume(out, "loss, closes, birnbaum and improvement are left out where items "
                               "would never end with steps perfect, failing or skipped");
            break;
        }
    return 0;
}

static int simulate(const struct pipeline *p, const struct feedback *feedback,
                    const struct run_options *options, struct result *out, struct error *err)
{
    double *theta = mem_zero((size_t)p->n_evidence + 1, sizeof *theta);
    struct pipeline at_means;
    struct arena arena;
    bool uncertain = options->uncertainty && p->n_evidence > 0;
    struct study s = {.pipeline = p, .options = options, .def = engine_of(p)};
    if (uncertain) {
        pipeline_posterior_mean(p, theta);
        pipeline_with(p, theta, NULL, &at_means);
        s.pipeline = &at_means;
    }
    s.players = *s.pipeline;
    s.players.feedback = *feedback;
    arena_init(&arena);
    list_moving(s.pipeline, &arena, &s.q, &s.n_q);
    s.trials = trials_each(p, options, s.n_q);
    s.step_trials = step_trials(p, options, s.trials);
    struct program base;
    int status = 0;
    if (s.def == &batch_engine) {
        status = program_init(&base, s.pipeline, NULL, err);
        if (!status) {
            program_lend(&base);
            s.base = &base;
        }
    }
    if (!status)
        status = study_run(&s, out, err);
    if (s.base)
        program_release(&base);
    study_release(&s);
    arena_release(&arena);
    if (uncertain)
        pipeline_release(&at_means);
    mem_free(theta);
    return status;
}

int importance_simulate(const struct pipeline *p, const struct run_options *options,
                        struct result *out, struct error *err)
{
    struct pipeline store;
    int status = simulate(learning_none(p, &store), &p->feedback, options, out, err);
    pipeline_release(&store);
    return status;
}
