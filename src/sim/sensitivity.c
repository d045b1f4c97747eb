/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every number of a scenario in its turn, by derivative() over what sensitivity_trial.h makes of
 * it; the cheap ones first, while there is work left to spend. */
#include "sim/sensitivity.h"

#include "math/interval.h"
#include "sim/sensitivity_trial.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DRAWS_MAX = 400, DRAWS_MIN = 100, EVALUATIONS = 6 };
static const double WORK_MAX = 2e9, DRAW_WORK = 6e8; /* about ns */

struct job {
    const struct exact_options *options;
    const struct parameter *q;
    size_t n, n_metrics;
    bool *taken; /* [n] */
    double work; /* about the ns of all derivatives once */
    bool uncertain;
};

/* --- derivatives */

/* out[job.n][n_metrics], at the numbers of t->base; 0 where a number is not taken. */
static void derive_all(struct trial *t, const struct job *job, const struct parameter *q,
                       double *out)
{
    for (size_t k = 0; k < job->n; k++) {
        if (!job->taken[k])
            continue;
        double low, high;
        trial_choose(t, &q[k]);
        trial_range(t, &low, &high);
        derivative(trial_value, t, q[k].value, low, high, q[k].width, t->n_metrics,
                   out + k * t->n_metrics);
        trial_drop_errors(t, out + k * t->n_metrics);
    }
    trial_choose(t, NULL);
}

bool sensitivity_takes_long(double work)
{
    enum { FEW_NUMBERS = 10 };
    return FEW_NUMBERS * EVALUATIONS * work > WORK_MAX;
}

/* Which numbers are taken: as many as the work allows, those of the quicker ways first. */
static void choose(struct trial *t, struct job *job)
{
    double *work = mem_zero(job->n + 1, sizeof *work);
    enum trial_way *way = mem_zero(job->n + 1, sizeof *way);
    for (size_t k = 0; k < job->n; k++) {
        if (job->q[k].still)
            continue;
        trial_choose(t, &job->q[k]);
        work[k] = EVALUATIONS * trial_work(t);
        way[k] = t->way;
    }
    trial_choose(t, NULL);
    for (enum trial_way now = TRIAL_ADJOINT; now <= TRIAL_WHOLE; now++)
        for (size_t k = 0; k < job->n; k++) {
            if (job->q[k].still || way[k] != now || job->work + work[k] > WORK_MAX)
                continue;
            job->taken[k] = true;
            job->work += work[k];
        }
    mem_free(work);
    mem_free(way);
}

/* --- evidence */

static void read_theta(struct number *x, void *theta)
{
    if (x->evidence)
        ((double *)theta)[x->evidence - 1] = x->value;
}

static int draw_all(const struct pipeline *p, const struct job *job, uint32_t draws, double *drawn,
                    struct error *err)
{
    double *theta = mem_zero((size_t)p->n_evidence + 1, sizeof *theta);
    struct rng_seq rng = {.key = rng_key(job->options->seed, 2, 0, 0, RNG_PARAMETER)};
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
        if (found != job->n)
            BUG("a draw of the evidence has %zu parameters, not %zu", found, job->n);
        status = trial_init(&t, &at, job->options, q, found, err);
        if (!status) {
            derive_all(&t, job, q, drawn + d * job->n * job->n_metrics);
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

static void put(const struct job *job, const struct trial *t, const double *value,
                const double *low, const double *high, struct result *out)
{
    for (size_t k = 0; k < job->n; k++)
        for (size_t i = 0; i < job->n_metrics; i++) {
            size_t at = k * job->n_metrics + i;
            if (!isfinite(value[at]) || value[at] == 0)
                continue;
            struct sensitivity *s = result_sensitivity(out, job->q[k].path, t->metric[i]);
            s->value = known_digits(value[at]);
            s->low = known_digits(low[at]);
            s->high = known_digits(high[at]);
            s->at = job->q[k].value;
            s->probability = job->q[k].probability || job->q[k].kind == PARAMETER_SHARE;
        }
}

/* "a, b, c and others" */
struct names {
    struct buf text;
    size_t n;
};

static void names_add(struct names *names, const char *path)
{
    if (names->n < 5)
        buf_printf(&names->text, "%s%s", names->n ? ", " : "", path);
    names->n++;
}

static const char *names_text(struct names *names)
{
    if (names->n > 5)
        buf_puts(&names->text, " and others");
    return buf_text(&names->text);
}

/* A parameter whose reliability has no derivative is named; desks alone may have one. */
static void name_missing(const struct job *job, const double *value, struct result *out)
{
    struct names names = {.n = 0};
    buf_init(&names.text);
    for (size_t k = 0; k < job->n; k++)
        if (job->taken[k] && isnan(value[k * job->n_metrics]))
            names_add(&names, job->q[k].path);
    if (names.n)
        result_assume(out, "no derivative exists (a jump or a kink) with respect to %s",
                      names_text(&names));
    buf_release(&names.text);
}

static void name_left_out(const struct job *job, struct result *out, bool *complete)
{
    struct names names = {.n = 0};
    size_t all = 0;
    buf_init(&names.text);
    for (size_t k = 0; k < job->n; k++) {
        all += !job->q[k].still;
        if (!job->taken[k] && !job->q[k].still)
            names_add(&names, job->q[k].path);
    }
    if (names.n) {
        size_t n = names.n;
        result_warn(out,
                    "sensitivities to %zu of %zu numbers (%s): left out, as solving the scenario "
                    "anew for each would take too long",
                    n, all, names_text(&names));
        *complete = false;
    }
    buf_release(&names.text);
}

static int solve(const struct pipeline *p, const struct job *job, struct trial *t,
                 struct result *out, struct error *err)
{
    size_t size = job->n * job->n_metrics;
    uint32_t draws = 0;
    double *value = mem_zero(size + 1, sizeof *value);
    double *low = mem_zero(size + 1, sizeof *low), *high = mem_zero(size + 1, sizeof *high);
    int status = 0;
    derive_all(t, job, job->q, value);
    memcpy(low, value, size * sizeof *low);
    memcpy(high, value, size * sizeof *high);
    if (job->uncertain && p->n_evidence) {
        draws = (uint32_t)fmin(DRAWS_MAX, DRAW_WORK / job->work);
        draws = draws < DRAWS_MIN ? 0 : draws;
        double *drawn = mem_zero(draws * size + 1, sizeof *drawn);
        status = draw_all(p, job, draws, drawn, err);
        if (!status)
            bounds(drawn, draws, size, job->options->level, low, high);
        mem_free(drawn);
        result_assume(out, "sensitivities are those at the means of the evidence%s",
                      draws ? "" : ", without intervals");
    }
    if (!status) {
        put(job, t, value, low, high, out);
        name_missing(job, value, out);
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
    struct job job = {.options = options, .uncertain = uncertain, .work = 5e4};
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
    job.taken = arena_alloc(&arena, (job.n + 1) * sizeof *job.taken);
    memset(job.taken, 0, job.n * sizeof *job.taken);
    int status = trial_init(&t, &base, options, q, job.n, &none);
    if (!status) {
        job.n_metrics = t.n_metrics;
        choose(&t, &job);
        status = solve(p, &job, &t, out, &none);
        name_left_out(&job, out, complete);
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
