/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Building quantile tables.
 *
 * Smooth laws: in each cell the cubic through the quantiles at 0, 1/4, 3/4 and 1 of it (the
 * Chebyshev-Lobatto points).  Its error is largest in the middle of the cell, where it is measured;
 * the cells are halved until it is small enough.  Where x goes as u^c the error is
 * c (c-1) (c-2) (c-3) 1e-8 with 16 cells an octave.  The quantiles are walked along where the
 * family allows (qtable_walk.h) and the walk agrees with the law at eight places, else inverted one
 * by one.
 * A triangular law is split at its mode, where its quantile function has a kink; a mapped one at
 * the knots of its map. */
#include "qtable_kinds.h"

#include "base/buf.h"
#include "dist_family.h"
#include "math/recalibrate.h"
#include "qtable_walk.h"
#include <math.h>
#include <string.h>

static const double VALUE_MAX = 1e30;

/* How fine a table has to be: cells an octave to begin with (2^bits), half of the errors that the
 * header promises, and how far a walk may stray. */
struct fineness {
    int bits;
    double relative, absolute, astray;
};
static const struct fineness FINE = {QTABLE_BITS_MIN, 4e-7, 5e-13, 1e-8};
static const struct fineness COARSE = {2, 5e-4, 5e-10, 1e-4};

/* A stretch of a law: p in [from, to]. */
struct law {
    const struct dist *d;
    double from, to;
    const struct fineness *fineness;
};

/* The quantile at x / 2^32 from the lower or the upper end of the stretch. */
static double law_at(const struct law *l, double x, bool upper)
{
    double near = x * 0x1p-32, far = 1 - near, length = l->to - l->from;
    double p = l->from + length * (upper ? far : near);
    double q = (1 - l->to) + length * (upper ? near : far);
    return fmin(dist_ops_of(l->d)->quantile(l->d, p, q), VALUE_MAX);
}

/* The cubic through y at 0, 1/4, 3/4 and 1 of a cell of width h, by divided differences. */
static void cubic(const double *y, double h, double *c)
{
    double d01 = (y[1] - y[0]) * 4, d12 = (y[2] - y[1]) * 2, d23 = (y[3] - y[2]) * 4;
    double d012 = (d12 - d01) / 0.75, d123 = (d23 - d12) / 0.75, d3 = d123 - d012;
    c[0] = y[0];
    c[1] = (d01 - d012 * 0.25 + d3 * 0.1875) / h;
    c[2] = (d012 - d3) / (h * h);
    c[3] = d3 / (h * h * h);
}

/* Does any m + 1/2 fall into [from, to)? */
static bool is_used(double from, double to)
{
    return ceil(from - 0.5) + 0.5 < to;
}

enum half { HALF_DONE, HALF_COARSE, HALF_LOST, HALF_NAN };

/* Where the quantiles of one half come from. */
struct source {
    const struct law *law;
    bool upper, walking;
    struct walk walk;
    double next; /* the quantile where the last cell ended; NaN when it was skipped */
};

/* Quantiles at 0, 1/4, 3/4 and 1 of a cell, and in its middle. */
static void cell_values(struct source *s, double start, double width, double *y)
{
    static const double at[] = {0, 0.25, 0.75, 1, 0.5};
    if (s->walking)
        walk_step(&s->walk, width * 0x1p-32);
    for (int i = 0; i < 5; i++) {
        if (i == 0 && !isnan(s->next))
            y[0] = s->next;
        else if (s->walking)
            y[i] = fmin(walk_value(&s->walk, at[i]), VALUE_MAX);
        else
            y[i] = law_at(s->law, start + at[i] * width, s->upper);
    }
    s->next = y[3];
}

/* Has the walk kept to the law?  Asked at the end of every eighth octave. */
static bool has_strayed(const struct source *s, int octave)
{
    if (!s->walking || octave % 8 != 7)
        return false;
    double want = law_at(s->law, ldexp(1, octave), s->upper);
    return !(fabs(walk_value(&s->walk, 1) - want) <= s->law->fineness->astray * want);
}

/* Near enough; or so near the greatest value that its cell may hold the kink there. */
static bool is_near(const struct law *l, double got, double want, double scale)
{
    if (scale >= VALUE_MAX && want > VALUE_MAX / 1024)
        return true;
    return fabs(got - want) <= l->fineness->relative * want + l->fineness->absolute * scale;
}

/* One half of the table. */
static enum half fill_half(struct qtable *t, struct source *s, double scale)
{
    const int per_octave = 1 << t->bits;
    const double h = 1.0 / per_octave;
    float(*row)[4] = t->row + (s->upper ? QTABLE_OCTAVES << t->bits : 0);
    double y[5], c[4];

    s->next = NAN;
    s->walking = s->walking && walk_start(&s->walk, s->law->d, s->upper, 0x1p-33);
    for (int octave = 0; octave < QTABLE_OCTAVES; octave++) {
        for (int k = 0; k < per_octave; k++, row++) {
            double start = ldexp(1 + k * h, octave - 1), width = ldexp(h, octave - 1);
            if (!is_used(start, start + width)) {
                s->next = NAN;
                if (s->walking)
                    walk_step(&s->walk, width * 0x1p-32);
                continue;
            }
            cell_values(s, start, width, y);
            cubic(y, h, c);
            double middle = c[0] + h / 2 * (c[1] + h / 2 * (c[2] + h / 2 * c[3]));
            if (!isfinite(middle))
                return HALF_NAN;
            if (t->bits < QTABLE_BITS_MAX && !is_near(s->law, middle, y[4], scale))
                return HALF_COARSE;
            for (int i = 0; i < 4; i++)
                (*row)[i] = (float)c[i];
        }
        if (has_strayed(s, octave))
            return HALF_LOST;
    }
    return HALF_DONE;
}

static float end_of(const float *c, float d)
{
    return c[0] + d * (c[1] + d * (c[2] + d * c[3]));
}

/* Rounding to floats must not let a cell end beyond where the next one begins: its slope gives way,
 * by as little as does it. */
static void smooth_joints(struct qtable *t, bool upper)
{
    const int side = QTABLE_OCTAVES << t->bits;
    const float d = 1.0f / (float)(1 << t->bits) - 0x1p-23f, sign = upper ? -1 : 1;
    float(*row)[4] = t->row + (upper ? side : 0), *before = NULL;
    for (int i = 0; i < side; i++) {
        float *c = row[i];
        if (c[0] == 0 && c[1] == 0 && c[2] == 0 && c[3] == 0)
            continue; /* unused, or all zeros */
        for (int k = 0; before && k < 4 && sign * end_of(before, d) > sign * c[0]; k++)
            before[1] -= (end_of(before, d) - c[0]) / d;
        if (before &&
            (sign * end_of(before, d) > sign * c[0] || sign * end_of(before, d) < sign * before[0]))
            before[1] = before[2] = before[3] = 0; /* no wider than rounding */
        before = c;
    }
    if (before && sign * end_of(before, d) < sign * before[0])
        before[1] = before[2] = before[3] = 0;
}

static void clear_rows(struct qtable *t)
{
    size_t rows = (size_t)2 * QTABLE_OCTAVES << t->bits;
    mem_free(t->row);
    t->row = mem_aligned(64, rows * sizeof *t->row);
    memset(t->row, 0, rows * sizeof *t->row);
}

static enum half fill_rows(struct qtable *t, const struct law *l, bool walking, double scale)
{
    struct source lower = {.law = l, .walking = walking}, upper = lower;
    upper.upper = true;
    clear_rows(t);
    enum half status = fill_half(t, &lower, scale);
    return status == HALF_DONE ? fill_half(t, &upper, scale) : status;
}

static int build_smooth(struct qtable *t, const struct law *l, struct error *err)
{
    double scale = law_at(l, 0.5, true);
    bool walking = l->from == 0 && l->to == 1;
    t->kind = QTABLE_SMOOTH;
    t->bits = l->fineness->bits;
    enum half status;
    while ((status = fill_rows(t, l, walking, scale)) != HALF_DONE) {
        if (status != HALF_COARSE && walking)
            walking = false;
        else if (status == HALF_COARSE)
            t->bits++;
        else
            return error_set(err, ERR_NUMERIC, "%s: its quantiles are not finite numbers",
                             dist_family_name(l->d->family));
    }
    smooth_joints(t, false);
    smooth_joints(t, true);
    t->least = qtable_at(t, 0);
    t->most = qtable_at(t, UINT32_MAX);
    return 0;
}

/* Ranges of u by weights: last[i] is the last u whose middle is within the weights up to that of
 * entry chosen[i]; entries too light for any u are left out. */
static void set_ranges(struct qtable *t, const struct dist *d, size_t *chosen)
{
    double sum = 0;
    uint64_t from = 0;
    t->last = mem_zero(d->n, sizeof *t->last);
    t->n = 0;
    for (size_t i = 0; i < d->n; i++) {
        sum = d->weights ? sum + d->weights[i] : (double)(i + 1) / (double)d->n;
        double to = fmin(floor(sum * 0x1p32 + 0.5), 0x1p32);
        if (dist_weight(d, i) == 0 || !(to > (double)from))
            continue;
        from = (uint64_t)to;
        t->last[t->n] = (uint32_t)(from - 1);
        chosen[t->n++] = i;
    }
    t->last[t->n - 1] = UINT32_MAX; /* what rounding left over */
    t->guide = mem_zero((size_t)1 << QTABLE_GUIDE_BITS, sizeof *t->guide);
    size_t at = 0;
    for (uint32_t g = 0; g < 1u << QTABLE_GUIDE_BITS; g++) {
        while (t->last[at] < g << (32 - QTABLE_GUIDE_BITS))
            at++;
        t->guide[g] = at < UINT16_MAX ? (uint16_t)at : UINT16_MAX;
    }
}

static void build_steps(struct qtable *t, const struct dist *d, double shift)
{
    size_t *chosen = mem_zero(d->n, sizeof *chosen);
    t->kind = QTABLE_STEPS;
    set_ranges(t, d, chosen);
    t->value = mem_zero(t->n, sizeof *t->value);
    for (size_t i = 0; i < t->n; i++)
        t->value[i] = (float)fmin(fmax(d->values[chosen[i]] + shift, 0), VALUE_MAX);
    t->least = t->value[0];
    t->most = t->value[t->n - 1];
    mem_free(chosen);
}

static void build_constant(struct qtable *t, double value)
{
    t->kind = QTABLE_CONSTANT;
    t->least = t->most = (float)fmin(value, VALUE_MAX);
}

/* Room for the parts of a split whose ranges are set. */
static void open_split(struct qtable *t, double shift)
{
    t->kind = QTABLE_SPLIT;
    t->shift = (float)shift;
    t->part = mem_zero(t->n, sizeof *t->part);
    t->stretch = mem_zero(t->n, sizeof *t->stretch);
    uint64_t from = 0;
    for (size_t i = 0; i < t->n; i++) {
        uint64_t to = (uint64_t)t->last[i] + 1;
        uint64_t length = to - from; /* 2^64 / length, rounded down */
        t->stretch[i] = length == 1 ? UINT64_MAX : (UINT64_MAX - length + 1) / length + 1;
        from = to;
    }
    t->least = INFINITY;
    t->most = 0;
}

static void take_part(struct qtable *t, size_t i, struct qtable *part)
{
    t->part[i] = part;
    t->least = fminf(t->least, part->least + t->shift);
    t->most = fmaxf(t->most, part->most + t->shift);
}

static struct qtable *new_table(const struct dist *d, const struct fineness *fineness,
                                struct error *err);

static int build_mixture(struct qtable *t, const struct dist *d, double shift,
                         const struct fineness *fineness, struct error *err)
{
    size_t *chosen = mem_zero(d->n, sizeof *chosen);
    struct qtable *part = NULL;
    set_ranges(t, d, chosen);
    open_split(t, shift);
    for (size_t i = 0; i < t->n && (part = new_table(&d->part[chosen[i]], fineness, err)) != NULL;
         i++)
        take_part(t, i, part);
    mem_free(chosen);
    return part ? 0 : -1;
}

/* A law that is smooth between the probabilities 0 = at[0] <= ... <= at[n] = 1 only. */
static int build_pieces(struct qtable *t, const struct dist *d, const double *at, size_t n,
                        const struct fineness *fineness, struct error *err)
{
    double *weight = mem_zero(n, sizeof *weight);
    size_t *chosen = mem_zero(n, sizeof *chosen);
    int status = 0;
    for (size_t i = 0; i < n; i++)
        weight[i] = fmax(at[i + 1] - at[i], 0);
    set_ranges(t, &(struct dist){.n = n, .weights = weight}, chosen);
    open_split(t, 0);
    for (size_t i = 0; i < t->n && status == 0; i++) {
        const struct law piece = {d, at[chosen[i]], at[chosen[i] + 1], fineness};
        struct qtable *part = mem_zero(1, sizeof *part);
        double low = law_at(&piece, 0, false), high = law_at(&piece, 0, true);
        if (low == high)
            build_constant(part, low);
        else
            status = build_smooth(part, &piece, err);
        if (status == 0)
            take_part(t, i, part);
        else
            qtable_free(part);
    }
    mem_free(chosen);
    mem_free(weight);
    return status;
}

static int build_triangular(struct qtable *t, const struct dist *d, double at_mode,
                            const struct fineness *fineness, struct error *err)
{
    const double at[] = {0, at_mode, 1};
    return build_pieces(t, d, at, 2, fineness, err);
}

/* Linear between knots, and level outside them. */
static int build_mapped(struct qtable *t, const struct dist *d, const struct fineness *fineness,
                        struct error *err)
{
    const struct calibration_map *m = d->map;
    double *at = mem_zero(m->n + 2, sizeof *at);
    for (size_t i = 0; i < m->n; i++)
        at[i + 1] = dist_cdf(d->part, m->raw[i]);
    at[m->n + 1] = 1;
    int status = build_pieces(t, d, at, m->n + 1, fineness, err);
    mem_free(at);
    return status;
}

/* d moved by shift, where d itself may be shifted; `whole` is the law with all its shifts. */
static int build(struct qtable *t, const struct dist *whole, const struct dist *d, double shift,
                 const struct fineness *fineness, struct error *err)
{
    double at_mode;
    switch (d->family) {
    case DIST_CONSTANT:
        build_constant(t, fmax(d->a + shift, 0));
        return 0;
    case DIST_DISCRETE:
    case DIST_EMPIRICAL:
        build_steps(t, d, shift);
        return 0;
    case DIST_MIXTURE:
        return build_mixture(t, d, shift, fineness, err);
    case DIST_SHIFTED:
        return build(t, whole, d->part, shift + d->a, fineness, err);
    case DIST_TRIANGULAR:
        at_mode = (d->b - d->a) / (d->c - d->a);
        if (at_mode > 1e-9 && at_mode < 1 - 1e-9)
            return build_triangular(t, whole, at_mode, fineness, err);
        break;
    case DIST_MAPPED:
        if (d->map->n)
            return build_mapped(t, d, fineness, err);
        break;
    default:
        break;
    }
    return build_smooth(t, &(struct law){whole, 0, 1, fineness}, err);
}

static struct qtable *new_table(const struct dist *d, const struct fineness *fineness,
                                struct error *err)
{
    struct qtable *t = mem_zero(1, sizeof *t);
    if (build(t, d, d, 0, fineness, err) == 0)
        return t;
    qtable_free(t);
    return NULL;
}

struct qtable *qtable_new(const struct dist *d, struct error *err)
{
    return new_table(d, &FINE, err);
}

struct qtable *qtable_new_coarse(const struct dist *d, struct error *err)
{
    return new_table(d, &COARSE, err);
}
