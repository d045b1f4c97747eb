/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Phases and generators of environments, and exp(Q t): in closed form for two phases, else by
 * uniformization (Jensen 1953) over t / 2^k and k squarings, sums of positive terms throughout;
 * rows are made to add up to 1 again after each squaring, so that errors cannot grow. */
#include "sim/exact/weather.h"

#include "sim/environment.h"

#include <math.h>
#include <string.h>

enum { TERMS = 24, SQUARINGS_MAX = 200 };

/* --- phases */

/* A phase of a state: entered first with probability `first`, left at `rate` to the next phase of
 * the state or, when `last`, to the next state. */
struct phase {
    uint32_t state;
    double first, rate;
    bool last;
};
struct phases {
    struct phase *at; /* a VEC */
    size_t len, cap;
};

/* False when the sojourn is no exponential, Erlang, or mixture of these. */
static bool add_phases(struct phases *to, uint32_t state, const struct dist *d, double weight)
{
    uint32_t k = 1;
    double mean = d->a;
    if (d->family == DIST_MIXTURE) {
        for (size_t i = 0; i < d->n; i++)
            if (!add_phases(to, state, &d->part[i],
                            weight * (d->weights ? d->weights[i] : 1 / (double)d->n)))
                return false;
        return true;
    }
    if (d->family == DIST_GAMMA && d->a == floor(d->a) && d->a >= 1 && d->a <= WEATHER_MAX) {
        k = (uint32_t)d->a;
        mean = d->b;
    } else if (d->family != DIST_EXPONENTIAL) {
        return false;
    }
    for (uint32_t i = 0; i < k; i++)
        vec_push(to, ((struct phase){state, i ? 0 : weight, 1 / mean, i + 1 == k}));
    return mean > 0;
}

static void set_rates(struct weather_environment *w, const struct environment *e,
                      const struct phases *ph)
{
    uint32_t n = w->n;
    for (uint32_t i = 0; i < n; i++) {
        const struct phase *p = &ph->at[i];
        w->state[i] = p->state;
        if (!p->last)
            w->rate[i * n + i + 1] += p->rate;
        for (uint32_t j = 0; j < n && p->last; j++)
            w->rate[i * n + j] +=
                p->rate * environment_next(e, p->state, ph->at[j].state) * ph->at[j].first;
    }
    memcpy(w->room, w->rate, (size_t)n * n * sizeof *w->room);
    stationary_law(w->room, n, w->start);
    for (uint32_t i = 0; i < n; i++) {
        double leave = 0;
        for (uint32_t j = 0; j < n; j++)
            leave += j == i ? 0 : w->rate[i * n + j];
        w->rate[i * n + i] = -leave;
        w->fastest = fmax(w->fastest, leave);
    }
}

static bool touches(const struct environment *e)
{
    for (uint32_t k = 0; k < e->n_states; k++)
        if (e->state[k].n_overrides)
            return true;
    return false;
}

static int refuse(const struct pipeline *p, const struct environment *e,
                  const struct env_state *state, struct error *err)
{
    return error_at(err, ERR_UNSUPPORTED, p->file && *p->file ? p->file : "environments",
                    state->line, state->column,
                    "not exact (environment `%s`): its state `%s` lasts neither an exponential "
                    "nor an erlang time, nor a mixture of these; use simulate",
                    e->id, state->id);
}

static int environment_init(struct weather_environment *w, const struct pipeline *p,
                            const struct environment *e, struct error *err)
{
    struct phases ph = {0};
    bool touched = touches(e);
    int status = 0;
    for (uint32_t k = 0; k < e->n_states && touched && !status; k++)
        if (!add_phases(&ph, k, &e->state[k].lasts, 1))
            status = refuse(p, e, &e->state[k], err);
    w->n = touched ? (uint32_t)ph.len : 1;
    size_t square = (size_t)w->n * w->n;
    w->rate = mem_zero(square, sizeof *w->rate);
    w->room = mem_zero(3 * square, sizeof *w->room);
    w->start = mem_zero(w->n, sizeof *w->start);
    w->state = mem_zero(w->n, sizeof *w->state);
    w->start[0] = 1;
    if (touched && !status)
        set_rates(w, e, &ph);
    vec_release(&ph);
    return status;
}

/* --- the joint chain */

static void join(struct weather *w)
{
    uint32_t stride = 1;
    for (uint32_t i = 0; i < w->n; i++)
        w->start[i] = 1;
    for (uint32_t e = 0; e < w->n_environments; e++) {
        const struct weather_environment *of = &w->environment[e];
        for (uint32_t i = 0; i < w->n; i++) {
            uint32_t at = i / stride % of->n;
            w->state[i * w->n_environments + e] = of->state[at];
            w->start[i] *= of->start[at];
            for (uint32_t to = 0; to < of->n; to++)
                w->rate[i * w->n + i + stride * to - stride * at] += of->rate[at * of->n + to];
        }
        stride *= of->n;
        w->fastest += of->fastest;
    }
}

int weather_init(struct weather *w, const struct pipeline *p, struct error *err)
{
    int status = 0;
    double n = 1;
    *w = (struct weather){.n_environments = p->n_environments};
    w->environment = mem_zero(w->n_environments + 1, sizeof *w->environment);
    for (uint32_t e = 0; e < w->n_environments && !status; e++) {
        status = environment_init(&w->environment[e], p, &p->environment[e], err);
        n *= w->environment[e].n;
    }
    if (!status && n > WEATHER_MAX)
        status = error_set(err, ERR_LIMIT,
                           "environments: together they have %.0f states (each phase of an erlang "
                           "and of a mixture is one), and at most %d are solved exactly: use "
                           "simulate",
                           n, WEATHER_MAX);
    if (status) {
        weather_release(w);
        return -1;
    }
    w->n = (uint32_t)n;
    w->start = mem_zero(w->n, sizeof *w->start);
    w->rate = mem_zero((size_t)w->n * w->n, sizeof *w->rate);
    w->room = mem_zero((size_t)w->n * w->n, sizeof *w->room);
    w->state = mem_zero((size_t)w->n * w->n_environments + 1, sizeof *w->state);
    join(w);
    return 0;
}

void weather_release(struct weather *w)
{
    for (uint32_t e = 0; e < w->n_environments; e++) {
        struct weather_environment *of = &w->environment[e];
        mem_free(of->rate);
        mem_free(of->start);
        mem_free(of->state);
        mem_free(of->room);
    }
    mem_free(w->environment);
    mem_free(w->start);
    mem_free(w->rate);
    mem_free(w->state);
    mem_free(w->room);
    *w = (struct weather){0};
}

/* --- exp(Q t) */

static void multiply(const double *a, const double *b, uint32_t n, double *out)
{
    memset(out, 0, (size_t)n * n * sizeof *out);
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t k = 0; k < n; k++)
            for (uint32_t j = 0; j < n; j++)
                out[i * n + j] += a[i * n + k] * b[k * n + j];
}

static void rows_to_one(double *a, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        double sum = 0;
        for (uint32_t j = 0; j < n; j++)
            sum += a[i * n + j];
        for (uint32_t j = 0; j < n; j++)
            a[i * n + j] /= sum;
    }
}

/* sum_m exp(-x) x^m / m! (I + Q / fastest)^m, x = fastest t / 2^k <= 1, by Horner's rule. */
static void uniformize(const struct weather_environment *e, double t, double *out)
{
    uint32_t n = e->n, squarings = 0;
    size_t square = (size_t)n * n;
    double *p = e->room, *sum = p + square, *other = sum + square, x = e->fastest * t;
    for (; x > 1 && squarings < SQUARINGS_MAX; squarings++)
        x /= 2;
    for (size_t i = 0; i < square; i++) {
        p[i] = x * (e->rate[i] / e->fastest + (i % (n + 1) == 0));
        sum[i] = i % (n + 1) == 0;
    }
    for (uint32_t m = TERMS; m > 0; m--) {
        multiply(sum, p, n, other);
        for (size_t i = 0; i < square; i++)
            sum[i] = other[i] / m + (i % (n + 1) == 0);
    }
    rows_to_one(sum, n);
    for (uint32_t k = 0; k < squarings; k++) {
        multiply(sum, sum, n, other);
        rows_to_one(other, n);
        memcpy(sum, other, square * sizeof *sum);
    }
    memcpy(out, sum, square * sizeof *out);
}

/* exp(Q t) of one environment. */
static void environment_shift(const struct weather_environment *e, double t, double *out)
{
    if (e->n == 1) {
        out[0] = 1;
        return;
    }
    if (e->n > 2) {
        uniformize(e, t, out);
        return;
    }
    double moved = -expm1(-(e->rate[1] + e->rate[2]) * t);
    out[1] = e->start[1] * moved;
    out[2] = e->start[0] * moved;
    out[0] = 1 - out[1];
    out[3] = 1 - out[2];
}

void weather_shift(const struct weather *w, double t, double *out)
{
    uint32_t size = 1, n = w->n;
    double *last = w->room;
    last[0] = 1;
    for (uint32_t e = 0; e < w->n_environments; e++) {
        const struct weather_environment *of = &w->environment[e];
        double own[WEATHER_MAX * WEATHER_MAX];
        uint32_t next = size * of->n;
        if (of->n == 1)
            continue;
        environment_shift(of, t, own);
        for (uint32_t i = 0; i < next; i++)
            for (uint32_t j = 0; j < next; j++)
                out[i * next + j] =
                    own[i / size * of->n + j / size] * last[i % size * size + j % size];
        memcpy(last, out, (size_t)next * next * sizeof *last);
        size = next;
    }
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = 0; j < n; j++)
            out[i * n + j] = last[i * n + j] - w->start[j];
}
