/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Kolmogorov equations of a desk's line, piece by piece of its calendar.
 *
 * Uniformization (Jensen 1953; Grassmann 1977): with a rate R that no state exceeds, p(t) is the
 * sum over k of exp(-R t) (R t)^k / k! u_k, where every u_k follows from the ones before by sums of
 * numbers of one sign.  With constant rates u_k = u_0 (I + Q / R)^k.  Where arrivals follow a
 * cosine the same series takes in the powers of t of their rate: u_{k+1} gets
 * lambda_i k! / (k - i)! R^-(i+1) times the arrivals of u_{k-i}, for steps short enough that a
 * dozen powers hold the cosine to rounding.  Integrals over time are the same u_k, weighted by
 * Poisson tails.
 *
 * Work that goes on after closing ends for each server by itself, whatever the line does, so that
 * the two are multiplied together again only when the desk opens. */
#include "sim/exact/cycle.h"

#include <math.h>
#include <string.h>

enum { POWERS = 14, STEP_MOST = 200, TERMS = STEP_MOST + 9 * 15 + 30 + POWERS + 2 };
static const double TURN_MOST = 0.25; /* radians of the cosine in a step */
static const double TURN_PER_S = 2 * 3.14159265358979323846 / DAY_S;
static const double INSTANT_S = 1e-7; /* what is shorter is no time */

/* --- what is known of the desk */

size_t walk_levels(const struct cycle_desk *d)
{
    return d->room == ROOM_UNLIMITED ? 0 : (size_t)d->servers + d->room + 1;
}

/* Are those in work kept apart from the line while the desk is closed? */
static bool apart(const struct cycle_desk *d)
{
    return !d->interrupt || isfinite(d->patience_s);
}

static double staying(const struct cycle_walk *w)
{
    return w->desk->interrupt ? 1 : exp(-w->closed_s / w->desk->mean_s);
}

/* Those who come find no place from this level on. */
static size_t limit_of(const struct cycle_walk *w)
{
    const struct cycle_desk *d = w->desk;
    if (w->open || (d->room == ROOM_UNLIMITED && !apart(d)))
        return w->levels - 1;
    return d->room == ROOM_UNLIMITED ? w->levels - 1 - d->servers : d->room;
}

/* Leaving, from each level, as things are now. */
static void set_down(struct cycle_walk *w)
{
    const struct cycle_desk *d = w->desk;
    for (size_t n = 0; n < w->levels; n++) {
        double served = w->open ? fmin((double)n, d->servers) : 0;
        double patient = w->open ? fmax((double)n - d->servers, 0) : apart(d) ? (double)n : 0;
        w->down[n] = served / d->mean_s + patient / d->patience_s;
    }
}

double walk_work(const struct cycle_desk *d, size_t levels)
{
    double sum = 0, open = d->servers / d->mean_s + (double)levels / d->patience_s;
    for (size_t i = 0; i < d->piece.len; i++) {
        const struct cycle_piece *c = &d->piece.at[i];
        double x = (c->mean_per_s + c->amplitude_per_s + (c->open ? open : 0)) * c->length_s;
        double steps =
            fmax(x / STEP_MOST, c->amplitude_per_s > 0 ? c->length_s * TURN_PER_S / TURN_MOST : 1);
        sum += (x * 1.8 + 40 * steps) * (c->amplitude_per_s > 0 ? 4 : 1);
    }
    return sum * (double)levels;
}

/* --- one step of the series */

struct series {
    double rate;            /* R */
    size_t n, limit, terms; /* terms k < terms */
    uint32_t powers;
    double power[POWERS];                /* lambda_i / R^(i + 1) */
    double poisson[TERMS], above[TERMS]; /* P(= k), P(> k) */
};

/* lambda about the second `at` of the piece. */
static void set_powers(struct series *s, const struct cycle_piece *c, double at)
{
    double turn = TURN_PER_S * (at + c->offset_s), unit = 1 / s->rate, factor = 1;
    s->power[0] = (c->mean_per_s + c->amplitude_per_s * cos(turn)) * unit;
    s->powers = 1;
    for (int i = 1; i < POWERS && c->amplitude_per_s > 0; i++) {
        static const double sign[4] = {1, -1, -1, 1};
        unit /= s->rate;
        factor *= TURN_PER_S / i;
        double along = i % 2 ? sin(turn) : cos(turn);
        s->power[i] = c->amplitude_per_s * factor * sign[i % 4] * along * unit;
        s->powers++;
    }
}

static void set_poisson(struct series *s, double x)
{
    size_t all;
    double p = exp(-x), sum = 0;
    s->terms = (size_t)(x + 9 * sqrt(x) + 30);
    all = s->terms + POWERS;
    for (size_t k = 0; k <= all; k++) {
        s->poisson[k] = p;
        p *= x / (double)(k + 1);
    }
    for (size_t k = all + 1; k-- > 0;) {
        s->above[k] = sum;
        sum += s->poisson[k];
    }
}

/* v = the arrivals' part: sum over i of lambda_i k! / (k - i)! / R^(i + 1) u_{k - i}. */
static void arrivals_of(const struct series *s, double *const *term, size_t k, double *restrict v)
{
    double factor = s->power[0];
    const double *restrict u = term[k % POWERS];
    for (size_t n = 0; n < s->n; n++)
        v[n] = factor * u[n];
    double falling = 1;
    for (uint32_t i = 1; i < s->powers && i <= k; i++) {
        falling *= (double)(k - i + 1);
        factor = s->power[i] * falling;
        u = term[(k - i) % POWERS];
        for (size_t n = 0; n < s->n; n++)
            v[n] += factor * u[n];
    }
    for (size_t n = s->limit; n < s->n; n++)
        v[n] = 0;
}

static void next_term(const struct series *s, const double *restrict down, const double *restrict v,
                      const double *restrict u, double *restrict out)
{
    double per = 1 / s->rate;
    size_t last = s->n - 1;
    out[0] = u[0] * (1 - down[0] * per) + u[1] * down[1] * per - v[0];
    for (size_t n = 1; n < last; n++)
        out[n] = u[n] * (1 - down[n] * per) + u[n + 1] * down[n + 1] * per + v[n - 1] - v[n];
    out[last] = u[last] * (1 - down[last] * per) + v[last - 1] - v[last];
}

static void add(double *restrict to, const double *restrict u, size_t n, double weight)
{
    for (size_t i = 0; i < n; i++)
        to[i] += weight * u[i];
}

/* Moves p on by one step, adds its integral to seen and that of lambda p to met. */
static void one_step(const struct cycle_walk *w, const struct series *s, double *p, double *seen,
                     double *met)
{
    double *v = w->sum[2];
    memcpy(w->term[0], p, s->n * sizeof *p);
    memset(p, 0, s->n * sizeof *p);
    for (size_t k = 0; k <= s->terms; k++) {
        const double *u = w->term[k % POWERS];
        double rising = 1, meets = 0;
        for (uint32_t i = 0; i < s->powers; i++) {
            meets += s->power[i] * rising * s->above[k + i];
            rising *= (double)(k + i + 1);
        }
        add(p, u, s->n, s->poisson[k]);
        add(seen, u, s->n, s->above[k] / s->rate);
        add(met, u, s->n, meets);
        arrivals_of(s, w->term, k, v);
        next_term(s, w->down, v, u, w->term[(k + 1) % POWERS]);
    }
}

/* Moves p on by dt within the piece. */
static void move(const struct cycle_walk *w, double *p, double dt, double *seen, double *met)
{
    const struct cycle_piece *c = &w->desk->piece.at[w->piece];
    struct series s = {.n = w->levels, .limit = limit_of(w)};
    s.rate = c->mean_per_s + c->amplitude_per_s + w->down[w->levels - 1];
    if (!(s.rate > 0)) {
        add(seen, p, s.n, dt);
        return;
    }
    double steps = ceil(s.rate * dt / STEP_MOST);
    if (c->amplitude_per_s > 0)
        steps = fmax(steps, ceil(TURN_PER_S * dt / TURN_MOST));
    double each = dt / steps;
    set_poisson(&s, s.rate * each);
    for (double k = 0; k < steps; k++) {
        set_powers(&s, c, w->into_s + k * each);
        one_step(w, &s, p, seen, met);
    }
}

/* --- sums */

static double mass_from(const double *p, size_t from, size_t n)
{
    double sum = 0;
    for (size_t i = from; i < n; i++)
        sum += p[i];
    return sum;
}

/* E[(n - above)+] and so on of a vector. */
static double beyond(const double *p, size_t n, size_t above)
{
    double sum = 0;
    for (size_t i = above + 1; i < n; i++)
        sum += p[i] * (double)(i - above);
    return sum;
}

static void count_met(const struct cycle_walk *w, const double *met, double part, size_t waits,
                      struct cycle_sums *sums)
{
    size_t limit = limit_of(w);
    double blocked = mass_from(met, limit, w->levels);
    sums->asked += part * mass_from(met, 0, w->levels);
    sums->blocked += part * blocked;
    if (waits < limit)
        sums->waited += part * mass_from(met, waits, limit);
}

static double at_work(const struct cycle_walk *w)
{
    double sum = w->desk->servers * mass_from(w->line, 0, w->levels);
    for (uint32_t b = 1; b < w->desk->servers; b++)
        sum += b * w->work[b];
    return sum;
}

static void clear(const struct cycle_walk *w)
{
    memset(w->sum[0], 0, w->levels * sizeof(double));
    memset(w->sum[1], 0, w->levels * sizeof(double));
}

static void on_open(struct cycle_walk *w, double dt, struct cycle_sums *sums)
{
    uint32_t c = w->desk->servers;
    clear(w);
    move(w, w->p, dt, w->sum[0], w->sum[1]);
    if (!sums)
        return;
    double waiting = beyond(w->sum[0], w->levels, c), system = beyond(w->sum[0], w->levels, 0);
    sums->open_s += dt;
    sums->waiting += waiting;
    sums->system += system;
    sums->busy += system - waiting;
    sums->abandoned += waiting / w->desk->patience_s;
    count_met(w, w->sum[1], 1, c, sums);
}

/* The line of closed doors, one of its two laws. */
static void line_on(struct cycle_walk *w, double *law, double part, double dt,
                    struct cycle_sums *sums)
{
    clear(w);
    move(w, law, dt, w->sum[0], w->sum[1]);
    if (!sums)
        return;
    double waiting = part * beyond(w->sum[0], w->levels, 0);
    sums->waiting += waiting;
    sums->system += waiting;
    sums->abandoned += waiting / w->desk->patience_s;
    count_met(w, w->sum[1], part, 0, sums);
}

static void on_closed(struct cycle_walk *w, double dt, struct cycle_sums *sums)
{
    const struct cycle_desk *d = w->desk;
    if (!apart(d)) {
        line_on(w, w->p, 1, dt, sums);
        return;
    }
    double rest = mass_from(w->work, 0, d->servers), work = at_work(w), stay = staying(w);
    line_on(w, w->line, 1, dt, sums);
    line_on(w, w->fresh, rest, dt, sums);
    w->closed_s += dt;
    if (!sums)
        return;
    double kept = d->interrupt ? work * dt : work * stay * -expm1(-dt / d->mean_s) * d->mean_s;
    sums->system += kept;
    sums->waiting += d->interrupt ? kept : 0;
}

/* --- closing and opening */

static void close_doors(struct cycle_walk *w)
{
    size_t c = w->desk->servers;
    w->open = false;
    w->closed_s = 0;
    if (!apart(w->desk))
        return;
    memset(w->line, 0, w->levels * sizeof(double));
    memset(w->fresh, 0, w->levels * sizeof(double));
    memcpy(w->line, w->p + c, (w->levels - c) * sizeof(double));
    memcpy(w->work, w->p, c * sizeof(double));
    w->fresh[0] = 1;
}

/* law[n]: how many of b are left, b having the law work[n], when each stays with probability stay:
 * sum over b of work[b] (1 - stay + stay z)^b by Horner's rule. */
static void thin(const double *work, size_t n, double stay, double *law)
{
    memset(law, 0, n * sizeof *law);
    for (size_t b = n; b-- > 0;) {
        for (size_t i = n; i-- > 0;)
            law[i] = law[i] * (1 - stay) + (i ? law[i - 1] * stay : 0);
        law[0] += work[b];
    }
}

/* to += line * left (convolution); what would lie beyond stays at the last level. */
static void join(double *to, size_t levels, const double *line, const double *left, size_t n)
{
    for (size_t b = 0; b < n; b++)
        for (size_t q = 0; q < levels && left[b] > 0; q++)
            to[q + b < levels ? q + b : levels - 1] += line[q] * left[b];
}

/* p from those in line and those in work. */
static void both(const struct cycle_walk *w, double *p)
{
    size_t c = w->desk->servers;
    double *all = mem_zero(c + 1, sizeof *all), *left = mem_zero(c + 1, sizeof *left);
    memset(p, 0, w->levels * sizeof *p);
    all[c] = 1;
    thin(all, c + 1, staying(w), left);
    join(p, w->levels, w->line, left, c + 1);
    thin(w->work, c, staying(w), left);
    join(p, w->levels, w->fresh, left, c);
    mem_free(all);
    mem_free(left);
}

static void open_doors(struct cycle_walk *w)
{
    if (apart(w->desk)) {
        both(w, w->sum[2]);
        memcpy(w->p, w->sum[2], w->levels * sizeof(double));
    }
    w->open = true;
}

static void enter(struct cycle_walk *w, size_t piece)
{
    bool open = w->desk->piece.at[piece].open;
    w->piece = piece;
    w->into_s = 0;
    if (open && !w->open)
        open_doors(w);
    else if (!open && w->open)
        close_doors(w);
    set_down(w);
}

/* --- the walk */

void walk_init(struct cycle_walk *w, const struct cycle_desk *d, size_t levels, double starts_s)
{
    *w = (struct cycle_walk){.desk = d, .levels = levels, .open = true};
    w->p = mem_zero(levels, sizeof *w->p);
    w->line = mem_zero(levels, sizeof *w->line);
    w->fresh = mem_zero(levels, sizeof *w->fresh);
    w->work = mem_zero(d->servers, sizeof *w->work);
    w->down = mem_zero(levels, sizeof *w->down);
    for (int i = 0; i < 3; i++)
        w->sum[i] = mem_zero(levels, sizeof(double));
    w->term = mem_zero(POWERS, sizeof *w->term);
    for (int i = 0; i < POWERS; i++)
        w->term[i] = mem_zero(levels, sizeof(double));
    w->p[0] = 1;
    double into = fmod(starts_s - d->origin_s + 2 * WEEK_S, d->period_s);
    size_t k = 0;
    for (; k + 1 < d->piece.len && into >= d->piece.at[k].length_s - INSTANT_S; k++)
        into -= d->piece.at[k].length_s;
    enter(w, k);
    w->into_s = fmax(into, 0);
}

void walk_release(struct cycle_walk *w)
{
    double *all[] = {w->p, w->line, w->fresh, w->work, w->down, w->sum[0], w->sum[1], w->sum[2]};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        mem_free(all[i]);
    for (int i = 0; i < POWERS; i++)
        mem_free(w->term[i]);
    mem_free(w->term);
    *w = (struct cycle_walk){0};
}

void walk_on(struct cycle_walk *w, double dt, struct cycle_sums *sums)
{
    const struct cycle_desk *d = w->desk;
    while (dt > INSTANT_S) {
        double left = d->piece.at[w->piece].length_s - w->into_s;
        double now = dt < left - INSTANT_S ? dt : left;
        if (w->open)
            on_open(w, now, sums);
        else
            on_closed(w, now, sums);
        if (sums)
            sums->time_s += now;
        dt -= now;
        w->into_s += now;
        if (now == left)
            enter(w, (w->piece + 1) % d->piece.len);
    }
}

void walk_look(const struct cycle_walk *w, struct cycle_point *out)
{
    const struct cycle_desk *d = w->desk;
    if (w->open || !apart(d)) {
        out->system = beyond(w->p, w->levels, 0);
        out->waiting = w->open ? beyond(w->p, w->levels, d->servers) : out->system;
        out->empty = w->p[0];
        return;
    }
    double work = at_work(w) * staying(w), rest = mass_from(w->work, 0, d->servers);
    out->waiting = beyond(w->line, w->levels, 0) + rest * beyond(w->fresh, w->levels, 0);
    out->system = out->waiting + work;
    out->waiting += d->interrupt ? work : 0;
    both(w, w->sum[2]);
    out->empty = w->sum[2][0];
}
