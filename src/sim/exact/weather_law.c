/* SPDX-License-Identifier: GPL-3.0-or-later */
/* E[f(L)] for f(x) = x^k exp(Q x), by parts: sum of m f(x) over atoms and starts of continuous
 * parts, and the integral of f' times the complement of the law, k x^(k-1) exp(Q x) +
 * x^k exp(Q x) Q.  The stationary part of exp(Q x) has the moments of L itself; what is left dies
 * out, so the integral ends where it has; stretches grow from the fastest state's mean sojourn on,
 * so that none misses it, and are halved until Gauss and Legendre agree with their halves. */
#include "sim/exact/weather.h"

#include <math.h>
#include <string.h>

enum { DEPTH_MAX = 60 };
static const double ACCURATE = 1e-14, GONE = 1e-15;

/* --- integrals */

struct refining {
    const struct weather *w;
    struct weather_law *to;
    double scale[3]; /* what an error in the k-th integral is held against */
    double *shift;   /* [n][n] */
    double *sum;     /* [3][n][n] */
    uint32_t panel;
};

static bool gone(const struct refining *r, double x)
{
    uint32_t n = r->w->n;
    double most = 0;
    weather_shift(r->w, x, r->shift);
    for (uint32_t i = 0; i < n * n; i++)
        most = fmax(most, fabs(r->shift[i]));
    return most < GONE;
}

/* out[k] = the integral over a stretch of x^k P(x < X <= limit) (exp(Q x) - limit). */
static void integrate(const struct refining *r, double from, double width, double *out)
{
    const struct panel *p = &r->to->law.panels.at[r->panel];
    size_t square = (size_t)r->w->n * r->w->n;
    double x[PANEL_NODES], weight[PANEL_NODES];
    panel_nodes(p, from, width, x, weight);
    memset(out, 0, 3 * square * sizeof *out);
    for (int j = 0; j < PANEL_NODES; j++) {
        weather_shift(r->w, x[j], r->shift);
        double m = weight[j];
        for (int k = 0; k < 3; k++, m *= x[j])
            for (size_t i = 0; i < square; i++)
                out[(size_t)k * square + i] += m * r->shift[i];
    }
}

static bool agree(const struct refining *r, const double *whole, const double *left,
                  const double *right)
{
    size_t square = (size_t)r->w->n * r->w->n;
    for (int k = 0; k < 3; k++)
        for (size_t i = (size_t)k * square; i < (size_t)(k + 1) * square; i++)
            if (fabs(whole[i] - left[i] - right[i]) * r->w->fastest > ACCURATE * r->scale[k])
                return false;
    return true;
}

static void take(struct refining *r, double from, double width, const double *part)
{
    struct weather_part p = {from, width, r->panel};
    vec_push(&r->to->parts, p);
    for (size_t i = 0; i < 3 * (size_t)r->w->n * r->w->n; i++)
        r->sum[i] += part[i];
}

static void halve(struct refining *r, double from, double width, const double *whole, int depth)
{
    size_t size = 3 * (size_t)r->w->n * r->w->n;
    if (gone(r, from))
        return;
    double *half = mem_alloc(2 * size * sizeof *half);
    integrate(r, from, width / 2, half);
    integrate(r, from + width / 2, width / 2, half + size);
    if (agree(r, whole, half, half + size) || depth == DEPTH_MAX) {
        take(r, from, width / 2, half);
        take(r, from + width / 2, width / 2, half + size);
    } else {
        halve(r, from, width / 2, half, depth + 1);
        halve(r, from + width / 2, width / 2, half + size, depth + 1);
    }
    mem_free(half);
}

/* --- moments */

/* What an atom, or the start of a continuous part, adds. */
static void add_atom(struct refining *r, const struct weighted *at, double *moment)
{
    size_t square = (size_t)r->w->n * r->w->n;
    double m = at->mass;
    weather_shift(r->w, at->x, r->shift);
    for (int k = 0; k < 3; k++, m *= at->x)
        for (size_t i = 0; i < square; i++)
            moment[(size_t)k * square + i] += m * r->shift[i];
}

/* The derivative's part: k I_(k-1) + I_k Q. */
static void add_integrals(const struct refining *r, double *moment)
{
    uint32_t n = r->w->n;
    size_t square = (size_t)n * n;
    for (uint32_t k = 0; k < 3; k++) {
        const double *own = r->sum + k * square;
        for (uint32_t i = 0; i < n; i++)
            for (uint32_t j = 0; j < n; j++) {
                double sum = k ? k * r->sum[(k - 1) * square + i * n + j] : 0;
                for (uint32_t l = 0; l < n; l++)
                    sum += own[i * n + l] * r->w->rate[l * n + j];
                moment[k * square + i * n + j] += sum;
            }
    }
}

void weather_law_init(struct weather_law *l, const struct weather *w, const struct dist *d,
                      double limit_s)
{
    size_t square = (size_t)w->n * w->n;
    struct refining r = {.w = w, .to = l};
    struct attempt_time t;
    *l = (struct weather_law){.dist = *d, .limit_s = limit_s};
    latency_law_init(&l->law, d, limit_s);
    attempt_time_set(&t, d, limit_s);
    l->moment = mem_zero(3 * square, sizeof *l->moment);
    r.shift = mem_zero(square, sizeof *r.shift);
    r.sum = mem_zero(3 * square, sizeof *r.sum);
    double *whole = mem_zero(3 * square, sizeof *whole);
    double m[3] = {1, t.in_time[0], t.in_time[1]};
    for (int k = 0; k < 3; k++) {
        r.scale[k] = m[k] > 0 ? m[k] : INFINITY;
        for (size_t i = 0; i < square; i++)
            l->moment[(size_t)k * square + i] = m[k] * w->start[i % w->n];
    }
    for (size_t i = 0; i < l->law.atoms.len; i++)
        add_atom(&r, &l->law.atoms.at[i], l->moment);
    for (size_t i = 0; i < l->law.starts.len; i++)
        add_atom(&r, &l->law.starts.at[i], l->moment);
    for (; r.panel < l->law.panels.len; r.panel++) {
        const struct panel *p = &l->law.panels.at[r.panel];
        double end = p->from + p->width, width = 1 / w->fastest;
        for (double from = p->from; from < end; from += width, width *= 4) {
            width = fmin(width, end - from);
            integrate(&r, from, width, whole);
            halve(&r, from, width, whole, 0);
        }
    }
    add_integrals(&r, l->moment);
    for (size_t i = 0; i < 3 * square; i++)
        l->moment[i] = fmax(0, l->moment[i]);
    mem_free(whole);
    mem_free(r.shift);
    mem_free(r.sum);
}

void weather_law_hold(struct weather_law *l, const struct weather *w)
{
    size_t square = (size_t)w->n * w->n;
    if (l->moving)
        return;
    l->moving = mem_zero(square * l->parts.len + 1, sizeof *l->moving);
    double *at = mem_zero(square * PANEL_NODES, sizeof *at);
    for (size_t k = 0; k < l->parts.len; k++) {
        const struct weather_part *part = &l->parts.at[k];
        double x[PANEL_NODES], y[PANEL_NODES];
        panel_places(part->from, part->width, x);
        for (int j = 0; j < PANEL_NODES; j++) {
            double above = panel_at(&l->law.panels.at[part->panel], x[j]);
            weather_shift(w, x[j], at + square * (size_t)j);
            for (size_t i = 0; i < square; i++)
                at[square * (size_t)j + i] *= above;
        }
        for (size_t i = 0; i < square; i++) {
            struct panel *p = &l->moving[square * k + i];
            *p = (struct panel){.from = part->from, .width = part->width};
            for (int j = 0; j < PANEL_NODES; j++)
                y[j] = at[square * (size_t)j + i];
            panel_fit(p, y);
        }
    }
    mem_free(at);
}

void weather_law_release(struct weather_law *l)
{
    mem_free(l->moving);
    latency_law_release(&l->law);
    vec_release(&l->parts);
    mem_free(l->moment);
    *l = (struct weather_law){0};
}
