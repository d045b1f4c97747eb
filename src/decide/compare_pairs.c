/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far the estimates of two alternatives go along with one another: repetitions of both under
 * the same seeds (common random numbers, keyed by item, step and attempt) and the same parameters.
 * Evidence k/n that two files state at one path is one unknown, drawn once for both; other evidence
 * is drawn for each alone.  Of the correlation over the repetitions the lower limit by Fisher's z
 * (1921) is taken, so that few repetitions do not make an interval too narrow. */
#include "base/workers.h"
#include "decide/compare.h"
#include "math/rng.h"
#include "sim/exact.h"
#include "sim/outer.h"
#include "sim/run.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

enum { REPEATS = 40, REPEATS_TIMED = 16, ITEMS = 5000 };
static const double FISHER_SIGMAS = 1.2815515655446004; /* 90%, one-sided */

struct study {
    const struct alternative *a;
    size_t n;
    const struct repeat_options *options;
    struct repetitions *repeats;
    uint32_t n_repeats;
    pthread_mutex_t lock;
    bool failed;
    struct error err;
};

void repetitions_release(struct repetitions *r)
{
    mem_free(r->value);
    *r = (struct repetitions){0};
}

/* --- the parameters of a repetition */

static bool same_evidence(const struct evidence *a, const struct evidence *b)
{
    return a->k == b->k && a->n == b->n && strcmp(a->path, b->path) == 0;
}

/* Does every member of the group that begins at i stand in the other table, side by side? */
static uint32_t shared_group(const struct pipeline *p, uint32_t i, const struct pipeline *first,
                             uint32_t *at)
{
    uint32_t len = 1;

    while (i + len < p->n_evidence && p->evidence[i + len].group == p->evidence[i].group)
        len++;
    for (uint32_t k = 0; k + len <= first->n_evidence; k++) {
        uint32_t same = 0;
        while (same < len && same_evidence(&p->evidence[i + same], &first->evidence[k + same]))
            same++;
        if (same < len)
            continue;
        *at = k;
        return len;
    }
    *at = UINT32_MAX;
    return len;
}

static bool same_steps(const struct pipeline *a, const struct pipeline *b)
{
    bool same = a->n_steps == b->n_steps;

    for (uint32_t i = 0; i < a->n_steps && same; i++)
        same = strcmp(a->step[i].id, b->step[i].id) == 0;
    return same;
}

/* Draws for alternative i what the first one, with theta of its own, does not share. */
static void draw(const struct study *s, size_t i, uint64_t r, const double *of_first, double *theta)
{
    const struct pipeline *p = s->a[i].pipeline, *first = s->a[0].pipeline;
    struct rng_seq rng = {rng_key(s->options->seed, r, i, 0, RNG_PARAMETER), 0};

    pipeline_posterior_draw(p, &rng, theta);
    for (uint32_t e = 0; i > 0 && e < p->n_evidence;) {
        uint32_t at, len = shared_group(p, e, first, &at);
        for (uint32_t k = 0; k < len && at < UINT32_MAX; k++)
            theta[e + k] = of_first[at + k];
        e += len;
    }
}

/* --- a repetition */

static int evaluate(const struct study *s, const struct alternative *a, const struct pipeline *p,
                    uint64_t r, struct result *out, struct error *err)
{
    bool timed = p->arrivals.kind != ARRIVALS_NONE, complete;

    if (!a->simulated)
        return exact_solve(p, &(struct exact_options){.level = 0.95, .values_only = true}, out,
                           &complete, err);
    const struct run_options options = {.trials = timed ? 1 : ITEMS,
                                        .seed = s->options->seed + 1 + r,
                                        .threads = 1,
                                        .level = 0.95,
                                        .stop = s->options->stop};
    return run_simulate(p, &options, out, err);
}

static void take_values(const struct result *r, double *value)
{
    for (size_t k = 0; k < compared_metrics_count; k++) {
        const struct metric *m = metrics_find(&r->metrics, compared_metrics[k]);
        value[k] = m ? m->value : NAN;
    }
}

static int repeat(const struct study *s, size_t i, uint64_t r, const double *theta,
                  struct error *err)
{
    const struct pipeline *p = s->a[i].pipeline;
    uint64_t alike = same_steps(p, s->a[0].pipeline) ? 0 : i;
    struct rng_seq rng = {rng_key(s->options->seed, r, alike, 1, RNG_PARAMETER), 0};
    double *value = s->repeats[i].value + r * compared_metrics_count;
    struct pipeline drawn;
    struct result out;

    if (!s->a[i].simulated && !(s->options->uncertainty && outer_needed(p))) {
        take_values(s->a[i].result, value); /* exact, and the same each time */
        return 0;
    }
    if (s->options->uncertainty)
        pipeline_with(p, theta, &rng, &drawn);
    else
        pipeline_copy(p, &drawn);
    result_init(&out, "repetition");
    int status = evaluate(s, &s->a[i], &drawn, r, &out, err);
    if (!status)
        compare_add_costs(&drawn, &out);
    if (!status && !out.run.partial)
        take_values(&out, value);
    result_release(&out);
    pipeline_release(&drawn);
    return status;
}

static void do_repeat(void *arg, uint32_t worker, uint64_t r)
{
    struct study *s = arg;
    struct error err = {0};
    int status = 0;

    double *of_first = mem_zero(s->a[0].pipeline->n_evidence + 1, sizeof *of_first);
    draw(s, 0, r, NULL, of_first);
    for (size_t i = 0; i < s->n && !status; i++) {
        double *theta = mem_zero(s->a[i].pipeline->n_evidence + 1, sizeof *theta);
        draw(s, i, r, of_first, theta);
        status = repeat(s, i, r, i ? theta : of_first, &err);
        mem_free(theta);
    }
    mem_free(of_first);
    if (!status)
        return;
    pthread_mutex_lock(&s->lock);
    if (!s->failed)
        s->err = err;
    s->failed = true;
    pthread_mutex_unlock(&s->lock);
}

int compare_repeat(const struct alternative *a, size_t n, const struct repeat_options *options,
                   struct repetitions *repeats, struct error *err)
{
    struct study s = {.a = a, .n = n, .options = options, .repeats = repeats};
    uint32_t most = REPEATS;

    for (size_t i = 0; i < n; i++)
        if (a[i].simulated && a[i].pipeline->arrivals.kind != ARRIVALS_NONE)
            most = REPEATS_TIMED;
    s.n_repeats = most;
    for (size_t i = 0; i < n; i++) {
        repeats[i].n = most;
        repeats[i].value = mem_alloc(most * compared_metrics_count * sizeof(double));
        for (size_t k = 0; k < most * compared_metrics_count; k++)
            repeats[i].value[k] = NAN;
    }
    pthread_mutex_init(&s.lock, NULL);
    const struct work work = {.end = most, .stop = options->stop, .unit = do_repeat, .arg = &s};
    workers_run(&work, workers_count(options->threads));
    pthread_mutex_destroy(&s.lock);
    if (s.failed)
        *err = s.err;
    return s.failed ? -1 : 0;
}

/* --- what they show */

/* Estimates of a and b rest on the same first items only as far as the shorter run goes. */
static double common_part(const struct alternative *a, const struct alternative *b)
{
    double x = (double)a->result->run.trials, y = (double)b->result->run.trials;

    if (!a->simulated || !b->simulated || !(x > 0) || !(y > 0))
        return 1;
    return sqrt(fmin(x, y) / fmax(x, y));
}

double compare_correlation(const struct alternative *a, const struct alternative *b, size_t metric)
{
    const struct repetitions *x = a->repeats, *y = b->repeats;
    double n = 0, mx = 0, my = 0, sxx = 0, syy = 0, sxy = 0;
    bool same = true;

    for (uint32_t r = 0; x && y && r < x->n && r < y->n; r++) {
        double u = x->value[r * compared_metrics_count + metric],
               v = y->value[r * compared_metrics_count + metric];
        if (!isfinite(u) || !isfinite(v))
            continue;
        n++;
        double du = u - mx, dv = v - my;
        mx += du / n;
        my += dv / n;
        sxx += du * (u - mx);
        syy += dv * (v - my);
        sxy += du * (v - my);
        same = same && u == v;
    }
    if (n < 8 || !(sxx > 0) || !(syy > 0))
        return 0;
    if (same)
        return common_part(a, b);
    double r = fmax(-0.999999, fmin(0.999999, sxy / sqrt(sxx * syy)));
    return common_part(a, b) * tanh(atanh(r) - FISHER_SIGMAS / sqrt(n - 3));
}
