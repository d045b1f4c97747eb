/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One attempt's latency: atoms as they are, and the complementary distribution of what is
 * continuous as Legendre polynomials on panels that are halved until they hold it to 3e-13.
 *
 * Its transform is by parts, 1 - s times that of the complement, which is smoother than a density,
 * by Gauss-Legendre nodes close enough for the fastest wave.  What happens beyond t_max cannot
 * matter before it, so long tails are bent down to 0 behind t_max. */
#include "sim/exact/latency.h"

#include <math.h>
#include <string.h>

enum { PANELS_MAX = 1500, DEPTH_MAX = 70 };
static const double ACCURATE = 3e-13;

/* --- Gauss and Legendre */

/* Nodes and weights of 16 points (Abramowitz and Stegun, table 25.4). */
static const double node[PANEL_NODES] = {
    -0.98940093499164994, -0.9445750230732326,  -0.86563120238783176, -0.755404408355003,
    -0.61787624440264377, -0.45801677765722737, -0.28160355077925892, -0.095012509837637441,
    0.095012509837637441, 0.28160355077925892,  0.45801677765722737,  0.61787624440264377,
    0.755404408355003,    0.86563120238783176,  0.9445750230732326,   0.98940093499164994};
static const double node_weight[PANEL_NODES] = {
    0.027152459411754096, 0.062253523938647894, 0.095158511682492786, 0.12462897125553388,
    0.14959598881657674,  0.16915651939500254,  0.18260341504492358,  0.1894506104550685,
    0.1894506104550685,   0.18260341504492358,  0.16915651939500254,  0.14959598881657674,
    0.12462897125553388,  0.095158511682492786, 0.062253523938647894, 0.027152459411754096};

struct legendre {
    double to_coef[PANEL_NODES][PANEL_NODES];
};

/* Coefficients from values at the nodes: (n + 1/2) sum_j w_j P_n(x_j) y_j. */
static void legendre_init(struct legendre *g)
{
    double before[PANEL_NODES] = {0}, p[PANEL_NODES];
    for (int j = 0; j < PANEL_NODES; j++)
        p[j] = 1;
    for (int n = 0; n < PANEL_NODES; n++) {
        double up = (2 * n + 1.0) / (n + 1), down = n / (n + 1.0);
        for (int j = 0; j < PANEL_NODES; j++) {
            double next = up * node[j] * p[j] - down * before[j];
            g->to_coef[n][j] = (n + 0.5) * node_weight[j] * p[j];
            before[j] = p[j];
            p[j] = next;
        }
    }
}

/* Values at as many places x in [-1, 1], by Clenshaw's recurrence. */
static void legendre_sums(const double coef[PANEL_NODES], const double x[PANEL_NODES],
                          double y[PANEL_NODES])
{
    double b1[PANEL_NODES] = {0}, b2[PANEL_NODES] = {0};
    for (int n = PANEL_NODES - 1; n > 0; n--) {
        double up = (2 * n + 1.0) / (n + 1), down = (n + 1.0) / (n + 2);
        for (int j = 0; j < PANEL_NODES; j++) {
            double b = coef[n] + up * x[j] * b1[j] - down * b2[j];
            b2[j] = b1[j];
            b1[j] = b;
        }
    }
    for (int j = 0; j < PANEL_NODES; j++)
        y[j] = coef[0] + x[j] * b1[j] - 0.5 * b2[j];
}

void panel_nodes(const struct panel *p, double from, double width, double x[PANEL_NODES],
                 double weight[PANEL_NODES])
{
    double at[PANEL_NODES], y[PANEL_NODES];
    for (int j = 0; j < PANEL_NODES; j++) {
        x[j] = from + width * (1 + node[j]) / 2;
        at[j] = 2 * (x[j] - p->from) / p->width - 1;
    }
    legendre_sums(p->coef, at, y);
    for (int j = 0; j < PANEL_NODES; j++)
        weight[j] = width / 2 * node_weight[j] * y[j];
}

void panel_places(double from, double width, double x[PANEL_NODES])
{
    for (int j = 0; j < PANEL_NODES; j++)
        x[j] = from + width * (1 + node[j]) / 2;
}

void panel_fit(struct panel *p, const double y[PANEL_NODES])
{
    struct legendre g;
    legendre_init(&g);
    for (int n = 0; n < PANEL_NODES; n++) {
        p->coef[n] = 0;
        for (int j = 0; j < PANEL_NODES; j++)
            p->coef[n] += g.to_coef[n][j] * y[j];
    }
}

double panel_at(const struct panel *p, double x)
{
    double at = 2 * (x - p->from) / p->width - 1, b1 = 0, b2 = 0;
    for (int n = PANEL_NODES - 1; n > 0; n--) {
        double b = p->coef[n] + (2 * n + 1.0) / (n + 1) * at * b1 - (n + 1.0) / (n + 2) * b2;
        b2 = b1;
        b1 = b;
    }
    return p->coef[0] + at * b1 - 0.5 * b2;
}

/* P'_n = (2 n - 1) P_(n-1) + P'_(n-2), and the integral of P_n from -1 is
 * (P_(n+1) - P_(n-1)) / (2 n + 1)  (Abramowitz and Stegun 22.7.10). */
void panel_slope(const struct panel *p, struct panel *out)
{
    double up[2] = {0, 0};
    *out = *p;
    for (int n = PANEL_NODES - 1; n >= 0; n--) {
        double c = up[(n + 1) % 2];
        out->coef[n] = (2 * n + 1) * c * 2 / p->width;
        up[n % 2] += p->coef[n];
    }
}

double panel_integral(const struct panel *p, struct panel *out)
{
    double half = p->width / 2;
    *out = *p;
    memset(out->coef, 0, sizeof out->coef);
    out->coef[0] = half * p->coef[0];
    out->coef[1] = half * p->coef[0];
    for (int n = 1; n < PANEL_NODES; n++) {
        double c = half * p->coef[n] / (2 * n + 1);
        out->coef[n - 1] -= c;
        if (n + 1 < PANEL_NODES)
            out->coef[n + 1] += c;
    }
    return 2 * half * p->coef[0];
}

/* --- building */

struct part {
    const struct dist *d;
    double offset, weight, limit, above_limit; /* the last two of d itself */
    double span;                               /* of the bulk */
};

static void halve(struct latency_law *law, const struct legendre *g, const struct part *part,
                  double from, double width, int depth)
{
    double value[PANEL_NODES];
    struct panel p = {.from = part->offset + from, .width = width};
    for (int j = 0; j < PANEL_NODES; j++) {
        double x = from + width * (1 + node[j]) / 2;
        value[j] = part->weight * fmax(0, dist_above(part->d, x) - part->above_limit);
    }
    for (int n = 0; n < PANEL_NODES; n++)
        for (int j = 0; j < PANEL_NODES; j++)
            p.coef[n] += g->to_coef[n][j] * value[j];
    double left = fabs(p.coef[PANEL_NODES - 1]) + fabs(p.coef[PANEL_NODES - 2]);
    if (left <= ACCURATE * part->weight || left * width <= 1e-3 * ACCURATE * part->span ||
        depth == DEPTH_MAX || law->panels.len >= PANELS_MAX) {
        vec_push(&law->panels, p);
        return;
    }
    halve(law, g, part, from, width / 2, depth + 1);
    halve(law, g, part, from + width / 2, width / 2, depth + 1);
}

/* Where panels begin and end: where the law is known not to be smooth, and some of its quantiles,
 * so that none misses where it changes.  Slivers, which could not tell derivatives, are left out.
 */
enum { CUTS = 6 };
static int cuts_of(const struct dist *d, double from, double last, double cut[CUTS + 1])
{
    static const double tail[CUTS] = {0.5, 0.1, 1e-2, 1e-4, 1e-7, 1e-11};
    int n = 0;
    if (d->family == DIST_TRIANGULAR) {
        if (d->b > from && d->b < last)
            cut[n++] = d->b;
    } else if (d->family != DIST_UNIFORM) {
        for (int k = 0; k < CUTS; k++) {
            double x = dist_quantile_upper(d, tail[k]), at = n ? cut[n - 1] : from;
            if (last - x > 0.05 * (x - at) && x > at)
                cut[n++] = x;
        }
    }
    cut[n++] = last;
    return n;
}

static void add_smooth(struct latency_law *law, const struct legendre *g, struct part *part)
{
    const struct dist *d = part->d;
    double from = dist_min(d), last = fmin(part->limit, dist_max(d)), cut[CUTS + 1];
    if (!isfinite(last))
        last = dist_quantile_upper(d, 1e-17);
    if (!(last > from))
        return;
    part->above_limit = isfinite(part->limit) ? dist_above(d, part->limit) : 0;
    part->span = dist_quantile(d, 0.9) - from;
    vec_push(&law->starts,
             ((struct weighted){part->offset + from, part->weight * (1 - part->above_limit)}));
    int n = cuts_of(d, from, last, cut);
    for (int k = 0; k < n; k++) {
        double begin = k ? cut[k - 1] : from;
        size_t first = law->panels.len;
        bool rough = k == 0 || d->family == DIST_TRIANGULAR;
        halve(law, g, part, begin, cut[k] - begin, 0);
        law->panels.at[first].rough_from = rough;
        law->panels.at[law->panels.len - 1].rough_to = k == n - 1 || d->family == DIST_TRIANGULAR;
    }
}

static void add_atoms(struct latency_law *law, const struct part *part)
{
    const struct dist *d = part->d;
    if (d->family == DIST_CONSTANT) {
        if (d->a <= part->limit)
            vec_push(&law->atoms, ((struct weighted){part->offset + d->a, part->weight}));
        return;
    }
    for (size_t i = 0; i < d->n && d->values[i] <= part->limit; i++) {
        double mass = part->weight * (d->weights ? d->weights[i] : 1 / (double)d->n);
        vec_push(&law->atoms, ((struct weighted){part->offset + d->values[i], mass}));
    }
}

static void add_part(struct latency_law *law, const struct legendre *g, struct part part)
{
    const struct dist *d = part.d;
    switch (d->family) {
    case DIST_CONSTANT:
    case DIST_DISCRETE:
    case DIST_EMPIRICAL:
        add_atoms(law, &part);
        return;
    case DIST_SHIFTED:
        add_part(law, g,
                 (struct part){.d = d->part,
                               .offset = part.offset + d->a,
                               .weight = part.weight,
                               .limit = part.limit - d->a});
        return;
    case DIST_MIXTURE:
        for (size_t i = 0; i < d->n; i++) {
            struct part of = part;
            of.d = &d->part[i];
            of.weight *= d->weights ? d->weights[i] : 1 / (double)d->n;
            add_part(law, g, of);
        }
        return;
    default:
        add_smooth(law, g, &part);
    }
}

void latency_law_init(struct latency_law *law, const struct dist *d, double limit_s)
{
    struct legendre g;
    *law = (struct latency_law){.dist = d, .limit_s = limit_s};
    legendre_init(&g);
    add_part(law, &g, (struct part){.d = d, .weight = 1, .limit = limit_s});
    for (size_t i = 0; i < law->atoms.len; i++)
        law->in_time += law->atoms.at[i].mass;
    for (size_t i = 0; i < law->starts.len; i++)
        law->in_time += law->starts.at[i].mass;
    double part = law->in_time > 0 ? 1 / law->in_time : 0;
    for (size_t i = 0; i < law->atoms.len; i++)
        law->atoms.at[i].mass *= part;
    for (size_t i = 0; i < law->starts.len; i++)
        law->starts.at[i].mass *= part;
    for (size_t i = 0; i < law->panels.len; i++)
        for (int n = 0; n < PANEL_NODES; n++)
            law->panels.at[i].coef[n] *= part;
}

void latency_law_shift(struct latency_law *law)
{
    double least = fmin(dist_min(law->dist), law->limit_s);
    for (size_t i = 0; i < law->atoms.len; i++)
        law->atoms.at[i].x = fmax(0, law->atoms.at[i].x - least);
    for (size_t i = 0; i < law->starts.len; i++)
        law->starts.at[i].x = fmax(0, law->starts.at[i].x - least);
    for (size_t i = 0; i < law->panels.len; i++)
        law->panels.at[i].from = fmax(0, law->panels.at[i].from - least);
    law->shift_s = least;
}

void latency_law_release(struct latency_law *law)
{
    if (law->lent)
        return;
    vec_release(&law->atoms);
    vec_release(&law->starts);
    vec_release(&law->panels);
}

/* --- transform */

struct nodes {
    struct weighted *at; /* a VEC */
    size_t len, cap;
};

/* 1 up to t_max, 0 from 1.5 t_max on. */
static double bend(const struct window *w, double x)
{
    return x <= w->t_max ? 1 : 0.5 * erfc(5 * (4 * (x / w->t_max - 1) - 1));
}

static void add_nodes(const struct panel *p, const struct window *w, struct nodes *out)
{
    double last = fmin(p->from + p->width, 1.5 * w->t_max), width = last - p->from;
    if (!(width > 0))
        return;
    uint32_t parts = 1 + (uint32_t)(w->step * w->n * width / 10);
    double half = width / parts / 2;
    for (uint32_t k = 0; k < parts; k++) {
        double x[PANEL_NODES], y[PANEL_NODES];
        panel_nodes(p, p->from + 2 * k * half, 2 * half, x, y);
        for (int j = 0; j < PANEL_NODES; j++) {
            struct weighted add = {x[j], y[j] * bend(w, x[j])};
            vec_push(out, add);
        }
    }
}

void window_add_near(const struct window *w, const struct weighted *at, size_t len,
                     struct wave *out)
{
    struct nodes near = {0};
    for (size_t i = 0; i < len; i++)
        if (at[i].x <= 1.5 * w->t_max)
            vec_push(&near, at[i]);
    window_add(w, near.at, near.len, out);
    vec_release(&near);
}

void panels_transform(const struct panel *p, size_t len, size_t stride, const struct window *w,
                      struct wave *out)
{
    struct nodes nodes = {0};
    for (size_t i = 0; i < len; i++)
        add_nodes(&p[i * stride], w, &nodes);
    if (nodes.len)
        window_transform(w, nodes.at, nodes.len, out);
    else
        memset(out, 0, window_waves(w) * sizeof *out);
    vec_release(&nodes);
}

void wave_times_s(const struct window *w, uint32_t b, struct wave *a)
{
    for (int i = 0; i < WAVE_WIDTH; i++) {
        double re = a->re[i], im = a->im[i], omega = w->step * (b * WAVE_WIDTH + (uint32_t)i);
        a->re[i] = w->sigma * re - omega * im;
        a->im[i] = w->sigma * im + omega * re;
    }
}

void latency_law_transform(const struct latency_law *law, const struct window *w, struct wave *out)
{
    uint32_t n = window_waves(w);
    panels_transform(law->panels.at, law->panels.len, 1, w, out);
    for (uint32_t b = 0; b < n; b++) {
        wave_times_s(w, b, &out[b]);
        for (int i = 0; i < WAVE_WIDTH; i++) {
            out[b].re[i] = -out[b].re[i];
            out[b].im[i] = -out[b].im[i];
        }
    }
    window_add_near(w, law->starts.at, law->starts.len, out);
    window_add_near(w, law->atoms.at, law->atoms.len, out);
}

/* --- kinks */

/* The m-th derivative at an end, x = -1 or 1, of Legendre polynomials: n (n + 1) / 2 and
 * so on, times x^(n + m) (Abramowitz and Stegun 22.5.37 and 22.4.2). */
static double derivative(const struct panel *p, int m, double end)
{
    double sum = 0;
    for (int n = m; n < PANEL_NODES; n++) {
        double at_one = 1;
        for (int k = 0; k < m; k++)
            at_one *= (double)(n - k) * (n + k + 1) / (2 * (k + 1));
        sum += p->coef[n] * at_one * (end < 0 && (n + m) % 2 ? -1 : 1);
    }
    return sum * pow(2 / p->width, m);
}

void latency_law_kinks(const struct latency_law *law, const struct window *w, bool many,
                       struct kinks *out)
{
    for (size_t i = 0; i < law->atoms.len && (many || !law->many); i++)
        kinks_put(out, law->atoms.at[i].x, 0, law->atoms.at[i].mass);
    for (size_t i = 0; i < law->panels.len; i++) {
        const struct panel *p = &law->panels.at[i];
        for (int m = 1; m < KINK_ORDERS && p->width >= m * w->grain; m++) {
            if (p->rough_from)
                kinks_put(out, p->from, m, -derivative(p, m, -1));
            if (p->rough_to)
                kinks_put(out, p->from + p->width, m, derivative(p, m, 1));
        }
    }
    struct kink_limits limits = kink_limits(w);
    kinks_tidy(out, &limits);
}

double latency_law_moment(const struct latency_law *law, int k)
{
    double sum = 0;
    for (size_t i = 0; i < law->atoms.len; i++)
        sum += law->atoms.at[i].mass * pow(law->atoms.at[i].x, k);
    for (size_t i = 0; i < law->starts.len; i++)
        sum += law->starts.at[i].mass * pow(law->starts.at[i].x, k);
    for (size_t i = 0; i < law->panels.len; i++) {
        const struct panel *p = &law->panels.at[i];
        double x[PANEL_NODES], part = 0;
        panel_places(p->from, p->width, x);
        for (int j = 0; j < PANEL_NODES; j++)
            part += node_weight[j] * panel_at(p, x[j]) * (k == 1 ? 1 : k * pow(x[j], k - 1));
        sum += part * p->width / 2;
    }
    return sum;
}
