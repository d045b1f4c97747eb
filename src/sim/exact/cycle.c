/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The cycle of a desk, and the law at its beginning that comes back at its end: the fixed point of
 * a linear map, by reduced rank extrapolation (Eddy 1979; Sidi 1986) of a few turns of the cycle,
 * again and again.  An endless line is cut where hardly anybody ever comes: it is made longer until
 * the share that finds the cut end is below LOST. */
#include "sim/exact/cycle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TURNS = 6, ROUNDS = 60 };
static const double LOST = 1e-12, SETTLED = 1e-13, WORK_MAX = 1.5e9, INSTANT_S = 1e-7;

/* --- the calendar */

struct clock_rates {
    const struct resource *r;
    const struct arrivals *a;
    double share;
};

static bool open_at(const struct clock_rates *c, double of_week_s)
{
    for (uint32_t i = 0; i < c->r->n_hours; i++)
        if (of_week_s >= c->r->hours[i].from_s && of_week_s < c->r->hours[i].to_s)
            return true;
    return c->r->n_hours == 0;
}

static struct cycle_piece piece_at(const struct clock_rates *c, double of_week_s)
{
    const struct arrivals *a = c->a;
    struct cycle_piece p = {.open = open_at(c, of_week_s)};
    if (a->kind == ARRIVALS_POISSON)
        p.mean_per_s = a->rate_per_s;
    if (a->kind == ARRIVALS_DAILY) {
        p.mean_per_s = a->mean_per_s;
        p.amplitude_per_s = a->amplitude_per_s * c->share;
    }
    for (uint32_t i = 0; a->kind == ARRIVALS_SCHEDULE && i < a->n_schedule; i++)
        if (of_week_s >= a->schedule[i].from_s && of_week_s < a->schedule[i].to_s)
            p.mean_per_s = a->schedule[i].rate_per_s;
    p.mean_per_s *= c->share;
    return p;
}

struct instants {
    double *at; /* a VEC */
    size_t len, cap;
};

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Where hours or rates change, in [0, period). */
static void find_instants(const struct clock_rates *c, double period, struct instants *out)
{
    vec_push(out, 0.0);
    for (uint32_t i = 0; i < c->r->n_hours; i++) {
        vec_push(out, fmod(c->r->hours[i].from_s, period));
        vec_push(out, fmod(c->r->hours[i].to_s, period));
    }
    for (uint32_t i = 0; c->a->kind == ARRIVALS_SCHEDULE && i < c->a->n_schedule; i++) {
        vec_push(out, fmod(c->a->schedule[i].from_s, period));
        vec_push(out, fmod(c->a->schedule[i].to_s, period));
    }
    qsort(out->at, out->len, sizeof *out->at, by_value);
    size_t kept = 0;
    for (size_t i = 0; i < out->len; i++)
        if (!kept || out->at[i] > out->at[kept - 1] + INSTANT_S)
            out->at[kept++] = out->at[i];
    out->len = kept;
}

static bool same_every_day(const struct clock_rates *c)
{
    struct instants at = {0};
    bool same = true;
    find_instants(c, DAY_S, &at);
    for (size_t i = 0; i < at.len; i++) {
        double middle = (at.at[i] + (i + 1 < at.len ? at.at[i + 1] : DAY_S)) / 2;
        struct cycle_piece first = piece_at(c, middle);
        for (int day = 1; day < 7; day++) {
            struct cycle_piece other = piece_at(c, middle + day * DAY_S);
            same = same && other.open == first.open && other.mean_per_s == first.mean_per_s;
        }
    }
    vec_release(&at);
    return same;
}

/* Index of an instant at which the desk opens; 0. */
static size_t first_opening(const struct clock_rates *c, const struct instants *at, double period)
{
    for (size_t i = 0; i < at->len; i++) {
        double before = at->at[i ? i - 1 : at->len - 1];
        if (open_at(c, at->at[i]) && !open_at(c, before) && before < period)
            return i;
    }
    return 0;
}

void cycle_desk_init(struct cycle_desk *d, const struct resource *r, const struct arrivals *a,
                     double share, double mean_s, double patience_s)
{
    const struct clock_rates c = {r, a, share};
    struct instants at = {0};
    *d = (struct cycle_desk){.servers = r->servers,
                             .room = r->waiting_room,
                             .mean_s = mean_s,
                             .patience_s = patience_s,
                             .interrupt = r->at_close == CLOSE_INTERRUPT};
    d->period_s = same_every_day(&c) ? DAY_S : WEEK_S;
    find_instants(&c, d->period_s, &at);
    size_t first = first_opening(&c, &at, d->period_s);
    d->origin_s = at.at[first];
    for (size_t k = 0; k < at.len; k++) {
        size_t i = (first + k) % at.len;
        double to = i + 1 < at.len ? at.at[i + 1] : d->period_s;
        struct cycle_piece p = piece_at(&c, (at.at[i] + to) / 2);
        p.length_s = to - at.at[i];
        p.offset_s = at.at[i] - (a->kind == ARRIVALS_DAILY ? a->peak_s : 0);
        vec_push(&d->piece, p);
    }
    vec_release(&at);
}

void cycle_desk_release(struct cycle_desk *d)
{
    vec_release(&d->piece);
}

/* Integral of the rate over a piece. */
static double arriving(const struct cycle_piece *c)
{
    double turn = 2 * 3.14159265358979323846 / DAY_S;
    double swing = sin(turn * (c->offset_s + c->length_s)) - sin(turn * c->offset_s);
    return c->mean_per_s * c->length_s + c->amplitude_per_s * swing / turn;
}

/* Servers that never rest do open_s / mean_s each, and where work is finished in overtime another
 * one with the probability that it ends before the desk opens again. */
double cycle_load(const struct cycle_desk *d)
{
    double arrive = 0, served = 0, closed_s = 0;
    if (d->room != ROOM_UNLIMITED || isfinite(d->patience_s))
        return 0;
    for (size_t i = 0; i < d->piece.len; i++) {
        const struct cycle_piece *c = &d->piece.at[i];
        bool opens = d->piece.at[(i + 1) % d->piece.len].open;
        arrive += arriving(c);
        served += c->open ? c->length_s / d->mean_s : 0;
        closed_s = c->open ? 0 : closed_s + c->length_s;
        if (!c->open && opens && !d->interrupt)
            served += -expm1(-closed_s / d->mean_s);
    }
    return arrive / (served * d->servers);
}

/* --- the fixed point */

/* One turn: p to the p of a cycle later. */
static void turn(struct cycle_walk *w, const double *from, double *to)
{
    memcpy(w->p, from, w->levels * sizeof *from);
    walk_on(w, w->desk->period_s, NULL);
    memcpy(to, w->p, w->levels * sizeof *to);
}

static double dot(const double *a, const double *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

static void add(double *to, const double *a, size_t n, double by)
{
    for (size_t i = 0; i < n; i++)
        to[i] += by * a[i];
}

/* xi that makes |d[0] + sum_j xi_j (d[j + 1] - d[j])| least, by Gram and Schmidt; returns how many
 * there are.  The second differences are left in q. */
static int least(double *const *d, double **q, size_t n, double *xi)
{
    double r[TURNS][TURNS] = {{0}}, y[TURNS];
    int m = 0;
    for (int j = 0; j < TURNS; j++, m++) {
        for (size_t i = 0; i < n; i++)
            q[j][i] = d[j + 1][i] - d[j][i];
        double whole = sqrt(dot(q[j], q[j], n));
        for (int k = 0; k < j; k++) {
            r[k][j] = dot(q[k], q[j], n);
            add(q[j], q[k], n, -r[k][j]);
        }
        r[j][j] = sqrt(dot(q[j], q[j], n));
        if (!(r[j][j] > 1e-10 * whole) || !(whole > 1e-18))
            break;
        for (size_t i = 0; i < n; i++)
            q[j][i] /= r[j][j];
        y[j] = -dot(q[j], d[0], n);
    }
    for (int j = m; j-- > 0;) {
        xi[j] = y[j];
        for (int k = j + 1; k < m; k++)
            xi[j] -= r[j][k] * xi[k];
        xi[j] /= r[j][j];
    }
    return m;
}

struct turns {
    double *x, *d[TURNS + 1], *q[TURNS], *last;
};

static double distance(const double *a, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += fabs(a[i]);
    return sum;
}

static void make_law(double *p, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += p[i] = fmax(p[i], 0);
    for (size_t i = 0; i < n; i++)
        p[i] /= sum;
}

/* x after one round; returns how far it was from its own turn before. */
static double one_round(struct cycle_walk *w, struct turns *t)
{
    size_t n = w->levels;
    double xi[TURNS], *now = t->last, from;
    memcpy(now, t->x, n * sizeof *now);
    for (int j = 0; j <= TURNS; j++) {
        memcpy(t->d[j], now, n * sizeof *now);
        turn(w, t->d[j], now);
        for (size_t i = 0; i < n; i++)
            t->d[j][i] = now[i] - t->d[j][i];
        if (j == 0 && distance(t->d[0], n) <= SETTLED)
            break;
    }
    from = distance(t->d[0], n);
    if (from <= SETTLED) {
        memcpy(t->x, now, n * sizeof *now);
        make_law(t->x, n);
        return from;
    }
    int m = least(t->d, t->q, n, xi);
    for (int j = 0; j < m; j++)
        add(t->x, t->d[j], n, xi[j]);
    if (m == 0)
        memcpy(t->x, now, n * sizeof *now);
    make_law(t->x, n);
    return from;
}

static void settle(struct cycle_walk *w, double *p, double *residual)
{
    size_t n = w->levels;
    struct turns t = {.x = p, .last = mem_zero(n, sizeof(double))};
    for (int j = 0; j <= TURNS; j++)
        t.d[j] = mem_zero(n, sizeof(double));
    for (int j = 0; j < TURNS; j++)
        t.q[j] = mem_zero(n, sizeof(double));
    *residual = INFINITY;
    for (int k = 0; k<ROUNDS && * residual> SETTLED; k++)
        *residual = one_round(w, &t);
    for (int j = 0; j <= TURNS; j++)
        mem_free(t.d[j]);
    for (int j = 0; j < TURNS; j++)
        mem_free(t.q[j]);
    mem_free(t.last);
}

/* --- answers */

static int too_much(const struct cycle_desk *d, struct error *err)
{
    return error_set(err, ERR_UNSUPPORTED,
                     "a %s of the desk holds too many arrivals and services for the Kolmogorov "
                     "equations",
                     d->period_s == DAY_S ? "day" : "week");
}

static size_t first_levels(const struct cycle_desk *d)
{
    size_t all = walk_levels(d);
    return all ? all : 2 * (size_t)d->servers + 60;
}

/* Moves on to each point in turn, and to the end. */
static void look_around(struct cycle_walk *w, struct cycle_point *point, size_t n, double from_s,
                        double end_s, struct cycle_sums *sums)
{
    double now = 0;
    size_t i = 0;
    while (now < end_s || i < n) {
        double to = i < n ? fmin(point[i].at_s, end_s) : end_s;
        bool before = now < from_s && to > from_s;
        to = before ? from_s : to;
        walk_on(w, to - now, now >= from_s ? sums : NULL);
        now = to;
        for (; !before && i < n && point[i].at_s <= now + INSTANT_S; i++)
            walk_look(w, &point[i]);
    }
}

static void finish(const struct cycle_desk *d, const struct cycle_walk *w, struct cycle_values *out)
{
    struct cycle_sums *s = &out->sums;
    struct cycle_point end = {0};
    walk_look(w, &end);
    out->left = end.system;
    out->lost = 0;
    if (d->room != ROOM_UNLIMITED)
        return;
    out->lost = s->asked > 0 ? s->blocked / s->asked : 0;
    s->blocked = 0;
}

int cycle_steady(const struct cycle_desk *d, double starts_s, struct cycle_point *point, size_t n,
                 struct cycle_values *out, struct error *err)
{
    double load = cycle_load(d);
    if (!(load < 1))
        return error_set(err, ERR_NUMERIC,
                         "the desk is overloaded: %.4g times the work that it can do in a %s "
                         "arrives, and there is no steady state",
                         load, d->period_s == DAY_S ? "day" : "week");
    size_t levels = first_levels(d), had = 0;
    double *p = NULL, skip = fmod(starts_s - d->origin_s + 2 * WEEK_S, d->period_s);
    int status = 0;
    out->work = 0;
    for (bool again = true; again && !status;) {
        if (out->work + walk_work(d, levels) * 4 * TURNS > WORK_MAX) {
            status = too_much(d, err);
            break;
        }
        p = mem_resize(p, levels * sizeof *p);
        memset(p + had, 0, (levels - had) * sizeof *p);
        p[0] = had ? p[0] : 1;
        had = levels;
        struct cycle_walk w;
        *out = (struct cycle_values){.work = out->work + walk_work(d, levels) * 4 * TURNS};
        walk_init(&w, d, levels, d->origin_s);
        settle(&w, p, &out->residual);
        memcpy(w.p, p, levels * sizeof *p);
        walk_on(&w, skip, NULL);
        look_around(&w, point, n, 0, d->period_s, &out->sums);
        finish(d, &w, out);
        walk_release(&w);
        again = out->lost > LOST;
        levels = again ? levels * 2 : levels;
    }
    mem_free(p);
    if (!status && out->residual > 1e-9)
        return error_set(err, ERR_NUMERIC,
                         "the desk is so near to overload that its steady state "
                         "was not reached");
    return status;
}

int cycle_transient(const struct cycle_desk *d, double starts_s, double from_s, double to_s,
                    struct cycle_point *point, size_t n, struct cycle_values *out,
                    struct error *err)
{
    size_t levels = first_levels(d);
    out->work = 0;
    for (bool again = true; again;) {
        if (out->work + walk_work(d, levels) * (to_s / d->period_s + 1) > WORK_MAX)
            return too_much(d, err);
        struct cycle_walk w;
        *out = (struct cycle_values){.work = out->work +
                                             walk_work(d, levels) * (to_s / d->period_s + 1)};
        walk_init(&w, d, levels, starts_s);
        look_around(&w, point, n, from_s, to_s, &out->sums);
        finish(d, &w, out);
        walk_release(&w);
        again = out->lost > LOST;
        levels *= 2;
    }
    return 0;
}
