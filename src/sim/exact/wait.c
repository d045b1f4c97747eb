/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Laws of waits.  M/M/c, first come first served: an atom and an exponential (Erlang 1917).  M/G/1
 * (Pollaczek 1930, Khinchine 1932): E[exp(-s W)] = (1 - rho) / (1 - rho R(s)), R being the
 * transform of the residual work (1 - E[exp(-s S)]) / (s E[S]); its geometric series gives the
 * kinks, as every R smooths by one order.  E[W^2] = 2 E[W]^2 + lambda E[S^3] / (3 (1 - rho))
 * (Takacs 1962).
 *
 * M/M/c/K+M (Palm 1957): who finds j others in line moves up at rates a_i = pace + i theta, i = j
 * ... 0, and its own patience lasts as long with probability prod a_i / (a_i + theta): with
 * Y = exp(-theta V), which is Beta(pace / theta, j + 1), E[exp(-s V) Y] = prod a_i / (a_i + theta +
 * s), and of those who leave theta / (theta + s) (1 - E[exp(-s V) Y]). */
#include "sim/exact/wait.h"

#include "sim/exact/queue.h"

#include <math.h>
#include <string.h>

static const double ANSWERED = 1e-6;
enum { POINTS_MOST = 1 << 15 };

void wait_law_mean(struct wait_law *w, double mean_s)
{
    *w = (struct wait_law){.kind = WAIT_MEAN, .mean_s = mean_s, .square = mean_s * mean_s};
}

void wait_law_exponential(struct wait_law *w, double share, double rate_per_s)
{
    *w = (struct wait_law){.kind = WAIT_EXPONENTIAL,
                           .mean_s = share / rate_per_s,
                           .square = 2 * share / (rate_per_s * rate_per_s),
                           .share = share,
                           .rate_per_s = rate_per_s};
}

/* --- third moments */

/* E[X^3; X <= limit] / P(X <= limit) from the panels: x^3 times the mass at the beginning, and the
 * integral of 3 x^2 times the complement. */
static double third_of_law(const struct latency_law *law)
{
    static const double node[3] = {-0.77459666924148338, 0, 0.77459666924148338};
    static const double weight[3] = {5.0 / 9, 8.0 / 9, 5.0 / 9};
    double sum = 0;
    for (size_t i = 0; i < law->atoms.len; i++)
        sum += law->atoms.at[i].mass * pow(law->atoms.at[i].x, 3);
    for (size_t i = 0; i < law->starts.len; i++)
        sum += law->starts.at[i].mass * pow(law->starts.at[i].x, 3);
    /* a quadratic holds 3 x^2, so that only the first three coefficients count */
    for (size_t i = 0; i < law->panels.len; i++) {
        const struct panel *p = &law->panels.at[i];
        for (int j = 0; j < 3; j++) {
            double z = node[j], x = p->from + p->width * (1 + z) / 2;
            double low = p->coef[0] + z * p->coef[1] + (1.5 * z * z - 0.5) * p->coef[2];
            sum += p->width / 2 * weight[j] * 3 * x * x * low;
        }
    }
    return sum;
}

/* E[X^3] where there is no limit: closed forms for laws with long tails. */
static double third_of_dist(const struct dist *d, const struct latency_law *law)
{
    double sum = 0;
    switch (d->family) {
    case DIST_EXPONENTIAL:
        return 6 * pow(d->a, 3);
    case DIST_LOGNORMAL:
        return exp(3 * d->a + 4.5 * d->b * d->b);
    case DIST_GAMMA:
        return pow(d->b, 3) * d->a * (d->a + 1) * (d->a + 2);
    case DIST_WEIBULL:
        return pow(d->b, 3) * tgamma(1 + 3 / d->a);
    case DIST_PARETO:
        return d->b > 3 ? pow(d->a, 3) * d->b / (d->b - 3) : INFINITY;
    case DIST_MIXTURE:
    case DIST_SHIFTED:
        break;
    default:
        return third_of_law(law);
    }
    for (size_t i = 0; i < (d->family == DIST_MIXTURE ? d->n : 1); i++) {
        const struct dist *of = &d->part[i];
        double part = d->family == DIST_SHIFTED ? 1 : d->weights ? d->weights[i] : 1 / (double)d->n;
        double a = d->family == DIST_SHIFTED ? d->a : 0, m1 = dist_mean(of);
        double m2 = dist_variance(of) + m1 * m1;
        struct latency_law own;
        latency_law_init(&own, of, INFINITY);
        sum += part * (third_of_dist(of, &own) + 3 * a * m2 + 3 * a * a * m1 + a * a * a);
        latency_law_release(&own);
    }
    return sum;
}

static double third(const struct wait_work *work, const struct latency_law *law)
{
    if (!isfinite(work->limit_s))
        return third_of_dist(work->latency, law);
    return law->in_time * third_of_law(law) + (1 - law->in_time) * pow(work->limit_s, 3);
}

/* --- M/G/1 */

void wait_law_general(struct wait_law *w, const struct wait_work *work, uint32_t n)
{
    double second = 0, cubes = 0;
    *w = (struct wait_law){.kind = WAIT_GENERAL, .n = n};
    w->stream = mem_zero(n, sizeof *w->stream);
    for (uint32_t i = 0; i < n; i++) {
        struct wait_stream *s = &w->stream[i];
        *s = (struct wait_stream){.rate_per_s = work[i].rate_per_s, .limit_s = work[i].limit_s};
        latency_law_init(&s->law, work[i].latency, work[i].limit_s);
        w->rate_per_s += s->rate_per_s;
        w->load += s->rate_per_s * dist_capped_moment(work[i].latency, s->limit_s, 1);
        second += s->rate_per_s * dist_capped_moment(work[i].latency, s->limit_s, 2);
        cubes += s->rate_per_s > 0 ? s->rate_per_s * third(&work[i], &s->law) : 0;
    }
    w->share = w->load;
    w->work_s = w->load / w->rate_per_s;
    w->mean_s = second / (2 * (1 - w->load));
    w->square = 2 * w->mean_s * w->mean_s + cubes / (3 * (1 - w->load));
}

void wait_law_release(struct wait_law *w)
{
    for (uint32_t i = 0; i < w->n; i++)
        latency_law_release(&w->stream[i].law);
    mem_free(w->stream);
    mem_free(w->mass);
    *w = (struct wait_law){0};
}

/* --- M/M/c/K+M */

/* E[V^k Y; somebody in line], k = 0, 1, 2: -ln Y has the mean sum_i 1 / (A + 1 + i) under the law
 * that Y weighs, and that sum of squares as its variance. */
static void line_moments(const struct wait_law *w, double sum[3])
{
    double mean = 0, variance = 0;
    for (uint32_t j = 0; j < w->levels; j++) {
        double up = w->pace_s + (j + 1) * w->leave_s, gets = w->mass[j] * w->pace_s / up;
        mean += 1 / up;
        variance += 1 / (up * up);
        sum[0] += gets;
        sum[1] += gets * mean;
        sum[2] += gets * (variance + mean * mean);
    }
}

static void take_line(struct wait_law *w, const struct desk *d, const double *p, size_t len,
                      double moment[3])
{
    size_t full = d->room == ROOM_UNLIMITED ? len : (size_t)d->servers + d->room;
    size_t joins = len < full ? len : full;
    w->levels = joins > d->servers ? (uint32_t)(joins - d->servers) : 0;
    w->mass = mem_zero((size_t)w->levels + 1, sizeof *w->mass);
    w->pace_s = d->servers / d->mean_s;
    w->leave_s = isfinite(d->patience_s) ? 1 / d->patience_s : 0;
    for (size_t n = 0; n < joins && n < d->servers; n++)
        w->at_once += p[n];
    for (uint32_t j = 0; j < w->levels; j++)
        w->mass[j] = p[d->servers + j];
    line_moments(w, moment);
}

void wait_law_served(struct wait_law *w, const struct desk *d, const double *p, size_t len)
{
    double moment[3] = {0};
    *w = (struct wait_law){.kind = WAIT_SERVED};
    take_line(w, d, p, len, moment);
    w->part = w->at_once + moment[0];
    w->mean_s = moment[1] / w->part;
    w->square = moment[2] / w->part;
    w->share = moment[0] / w->part;
}

/* E[P^k; P < V] = the integral of theta p^k exp(-theta p) up to V. */
void wait_law_left(struct wait_law *w, const struct desk *d, const double *p, size_t len)
{
    double moment[3] = {0};
    *w = (struct wait_law){.kind = WAIT_LEFT, .share = 1};
    take_line(w, d, p, len, moment);
    for (uint32_t j = 0; j < w->levels; j++) {
        double y = w->leave_s > 0 ? (j + 1) * w->leave_s / (w->pace_s + (j + 1) * w->leave_s) : 0;
        w->part += w->mass[j] * y;
    }
    if (!(w->part > 0))
        return;
    double mean = d->patience_s;
    w->mean_s = (mean * w->part - moment[1]) / w->part;
    w->square = (2 * mean * mean * w->part - moment[2] - 2 * mean * moment[1]) / w->part;
}

/* Sum over j of mass_j prod_{i <= j} a_i / (b_i + s) by Horner's rule. */
static void line_of(const struct wait_law *w, double re, double im, double *a, double *b)
{
    *a = *b = 0;
    for (uint32_t j = w->levels; j-- > 0;) {
        double top = w->pace_s + j * w->leave_s, dr = top + w->leave_s + re;
        double square = dr * dr + im * im, sr = *a + w->mass[j], si = *b;
        *a = top * (sr * dr + si * im) / square;
        *b = top * (si * dr - sr * im) / square;
    }
}

static void served_or_left(const struct wait_law *w, double re, double im, double *a, double *b)
{
    line_of(w, re, im, a, b);
    if (w->kind == WAIT_SERVED) {
        *a = (w->at_once + *a) / w->part;
        *b /= w->part;
        return;
    }
    double all = 0, dr = w->leave_s + re, square = dr * dr + im * im;
    for (uint32_t j = 0; j < w->levels; j++)
        all += w->mass[j];
    double sr = all - *a, si = -*b, factor = w->leave_s / (square * w->part);
    *a = factor * (sr * dr + si * im);
    *b = factor * (si * dr - sr * im);
}

/* c becomes (c + add) top / (s + down), as powers of 1 / s. */
static void times_stage(double c[KINK_ORDERS], double add, double top, double down)
{
    double out[KINK_ORDERS] = {0};
    c[0] += add;
    for (int m = 0; m < KINK_ORDERS; m++) {
        double factor = top;
        for (int k = m + 1; k < KINK_ORDERS; k++) {
            out[k] += c[m] * factor;
            factor *= -down;
        }
    }
    memcpy(c, out, sizeof out);
}

static void line_kinks(const struct wait_law *w, struct kinks *out)
{
    double c[KINK_ORDERS] = {0}, all = 0;
    uint32_t few = w->levels < KINK_ORDERS ? w->levels : KINK_ORDERS;
    for (uint32_t j = few; j-- > 0;) {
        double top = w->pace_s + j * w->leave_s;
        times_stage(c, w->mass[j], top, top + w->leave_s);
    }
    for (uint32_t j = 0; j < w->levels; j++)
        all += w->mass[j];
    if (w->kind == WAIT_LEFT) {
        for (int m = 0; m < KINK_ORDERS; m++)
            c[m] = -c[m];
        times_stage(c, all, w->leave_s, w->leave_s);
    } else {
        c[0] += w->at_once;
    }
    for (int m = 0; m < KINK_ORDERS; m++)
        kinks_put(out, 0, m, c[m] / w->part);
}

/* out = the transform of the work. */
static void work_transform(const struct wait_law *w, const struct window *at, struct wave *out)
{
    uint32_t waves = window_waves(at);
    struct wave *one = mem_alloc(waves * sizeof *one), limit;
    memset(out, 0, waves * sizeof *out);
    for (uint32_t i = 0; i < w->n; i++) {
        const struct wait_stream *s = &w->stream[i];
        double part = s->rate_per_s / w->rate_per_s, late = 1 - s->law.in_time;
        latency_law_transform(&s->law, at, one);
        for (uint32_t b = 0; b < waves; b++) {
            wave_add(&out[b], &one[b], part * s->law.in_time);
            if (!isfinite(s->limit_s) || s->limit_s > 1.5 * at->t_max)
                continue;
            wave_delay(at, b, s->limit_s, &limit);
            wave_add(&out[b], &limit, part * late);
        }
    }
    mem_free(one);
}

/* a = top / (s + add) or, with residual, (1 - rho) / (1 - rho (1 - a) / (s work)). */
static void queue_of(const struct wait_law *w, double re, double im, double *a, double *b)
{
    double square = re * re + im * im, top = 1 - *a, side = -*b;
    double rr = (top * re + side * im) / square, ri = (side * re - top * im) / square;
    double dr = 1 - w->load * rr / w->work_s, di = -w->load * ri / w->work_s;
    square = dr * dr + di * di;
    *a = (1 - w->load) * dr / square;
    *b = -(1 - w->load) * di / square;
}

void wait_law_transform(const struct wait_law *w, const struct window *at, struct wave *out)
{
    uint32_t waves = window_waves(at);
    if (w->kind == WAIT_GENERAL)
        work_transform(w, at, out);
    for (uint32_t b = 0; b < waves; b++) {
        if (w->kind == WAIT_MEAN)
            wave_delay(at, b, w->mean_s, &out[b]);
        for (uint32_t i = 0; i < WAVE_WIDTH && w->kind != WAIT_MEAN; i++) {
            double re = at->sigma, im = at->step * (b * WAVE_WIDTH + i);
            if (w->kind == WAIT_GENERAL) {
                queue_of(w, re, im, &out[b].re[i], &out[b].im[i]);
                continue;
            }
            if (w->kind != WAIT_EXPONENTIAL) {
                served_or_left(w, re, im, &out[b].re[i], &out[b].im[i]);
                continue;
            }
            double down = re + w->rate_per_s, square = down * down + im * im;
            out[b].re[i] = 1 - w->share + w->share * w->rate_per_s * down / square;
            out[b].im[i] = -w->share * w->rate_per_s * im / square;
        }
    }
}

static void work_kinks(const struct wait_law *w, const struct window *at, struct kinks *out)
{
    for (uint32_t i = 0; i < w->n; i++) {
        const struct wait_stream *s = &w->stream[i];
        double part = s->rate_per_s / w->rate_per_s;
        struct kinks one = {0};
        latency_law_kinks(&s->law, at, true, &one);
        kinks_add(out, &one, part * s->law.in_time);
        if (s->law.in_time < 1 && isfinite(s->limit_s))
            kinks_put(out, s->limit_s, 0, part * (1 - s->law.in_time));
        kinks_release(&one);
    }
}

/* (1 - rho) times the sum of (rho R)^n: an R has no atom, so that KINK_ORDERS of them have no
 * kinks left. */
static void general_kinks(const struct wait_law *w, const struct window *at, struct kinks *out)
{
    struct kink_limits limits = kink_limits(at);
    struct kinks work = {0}, residual = {0}, power = {0};
    work_kinks(w, at, &work);
    for (size_t i = 0; i < work.len; i++) {
        struct kink k = {.x = work.at[i].x};
        for (int m = 0; m + 1 < KINK_ORDERS; m++)
            k.c[m + 1] = -work.at[i].c[m] * w->load / w->work_s;
        vec_push(&residual, k);
    }
    kinks_put(&residual, 0, 1, w->load / w->work_s);
    kinks_tidy(&residual, &limits);
    kinks_put(&power, 0, 0, 1);
    for (int n = 0; n < KINK_ORDERS && power.len; n++) {
        struct kinks next = {0};
        kinks_add(out, &power, 1 - w->load);
        kinks_product(&power, &residual, &limits, &next);
        kinks_tidy(&next, &limits);
        kinks_release(&power);
        power = next;
    }
    kinks_release(&work);
    kinks_release(&residual);
    kinks_release(&power);
    kinks_tidy(out, &limits);
}

void wait_law_kinks(const struct wait_law *w, const struct window *at, struct kinks *out)
{
    if (w->kind == WAIT_GENERAL) {
        general_kinks(w, at, out);
        return;
    }
    if (w->kind == WAIT_SERVED || w->kind == WAIT_LEFT) {
        line_kinks(w, out);
        return;
    }
    kinks_put(out, w->kind == WAIT_MEAN ? w->mean_s : 0, 0,
              w->kind == WAIT_MEAN ? 1 : 1 - w->share);
    double c = w->share * w->rate_per_s;
    for (int m = 1; m < KINK_ORDERS && w->kind == WAIT_EXPONENTIAL; m++) {
        kinks_put(out, 0, m, c);
        c *= -w->rate_per_s;
    }
}

/* --- answers */

static void fill(const void *arg, const struct window *at, struct total *out)
{
    wait_law_transform(arg, at, out->wave);
    wait_law_kinks(arg, at, &out->kinks);
}

static void answer(const struct wait_law *w, struct ask *a)
{
    double mass = 1;
    struct latency_source source = {.n_laws = 1,
                                    .mass = &mass,
                                    .scale_s = a->share ? a->x : 5 * w->mean_s,
                                    .fill = fill,
                                    .arg = w};
    latency_answer(&source, POINTS_MOST, 1e-14, a, 1);
    if (!(a->error <= ANSWERED))
        a->x = a->p = NAN;
}

double wait_law_quantile(const struct wait_law *w, double p)
{
    if (w->kind == WAIT_MEAN)
        return NAN;
    if (1 - w->share >= p)
        return 0;
    if (w->kind == WAIT_EXPONENTIAL)
        return log(w->share / (1 - p)) / w->rate_per_s;
    struct ask a = {.p = p, .tolerance = 1e-9};
    answer(w, &a);
    return a.x;
}

double wait_law_within(const struct wait_law *w, double x)
{
    if (w->kind == WAIT_MEAN)
        return NAN;
    if (w->kind == WAIT_EXPONENTIAL)
        return 1 - w->share * exp(-w->rate_per_s * x);
    if (!(x > 0))
        return 1 - w->share;
    struct ask a = {.share = true, .x = x, .tolerance = 1e-11};
    answer(w, &a);
    return a.p;
}
