/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The distribution of the shipped items' latencies in timed runs.  Items that wait in one line are
 * late together, so that shares of all items at a time say little of how far they can be trusted;
 * the shares of the units do: their spread at the edge of each coarse cell is kept, as sums of
 * integers over units.  It is never taken below that of as many independent items. */
#include "sim/queue/metrics.h"

#include "math/interval.h"
#include "sim/curve.h"

#include <math.h>

/* Shares and their squares are counted in 2^-30. */
static const double ONE = 1 << 30;

static void reserve(struct cdf_sums *s)
{
    if (s->share)
        return;
    s->share = mem_zero(COARSE_CELLS, sizeof *s->share);
    s->square = mem_zero(COARSE_CELLS, sizeof *s->square);
    s->whole = mem_zero(COARSE_CELLS + 1, sizeof *s->whole);
}

void queue_cdf_add(struct queue_tally *t, const struct unit_cells *c)
{
    struct cdf_sums *s = &t->cdf;
    double seen = 0;
    if (c->n == 0)
        return;
    reserve(s);
    for (uint32_t k = c->at.low; k < c->at.high; k++) {
        seen += c->at.cell[k];
        double share = seen / (double)c->n;
        s->share[k] += (uint64_t)rint(share * ONE);
        s->square[k] += (uint64_t)rint(share * share * ONE);
    }
    s->whole[c->at.high]++;
    s->units++;
}

/* Variances of the units' shares up to the end of each cell. */
static double *variances(const struct cdf_sums *s)
{
    double *out = mem_zero(COARSE_CELLS, sizeof *out), n = (double)s->units, whole = 0;
    for (uint32_t k = 0; k < COARSE_CELLS; k++) {
        whole += (double)s->whole[k];
        double sum = (double)s->share[k] / ONE + whole, square = (double)s->square[k] / ONE + whole;
        out[k] = fmax(square - sum * sum / n, 0) / (n - 1);
    }
    return out;
}

void queue_cdf_curve(const struct queue_tally *t, double level, struct result *out)
{
    const struct sketch *all = &t->class[tally_all(t->program)].shipped.sketch;
    const struct cdf_sums *s = &t->cdf;
    double x[CURVE_POINTS];
    uint32_t n = all->hot && s->units > 1 ? curve_grid(all, x) : 0;
    if (n == 0)
        return;
    double *variance = variances(s), units = (double)s->units;
    double times = student_quantile(0.5 + level / 2, units - 1);
    struct curve *c = result_add_curve(out, "latency_cdf", "latency", "share");
    for (uint32_t i = 0; i < n; i++) {
        uint32_t k = sketch_coarse_of(x[i]);
        double y = sketch_cdf(all, x[i]), alone = y * (1 - y) / (double)all->n;
        double between = fmax(variance[k], k > 0 ? variance[k - 1] : 0) / units;
        double error = times * sqrt(fmax(between, alone));
        vec_push(&c->points,
                 ((struct point){
                     .x = x[i], .y = y, .low = fmax(y - error, 0), .high = fmin(y + error, 1)}));
    }
    mem_free(variance);
}

void queue_cdf_merge(struct cdf_sums *into, const struct cdf_sums *from)
{
    if (!from->units)
        return;
    reserve(into);
    for (uint32_t k = 0; k < COARSE_CELLS; k++) {
        into->share[k] += from->share[k];
        into->square[k] += from->square[k];
        into->whole[k] += from->whole[k];
    }
    into->whole[COARSE_CELLS] += from->whole[COARSE_CELLS];
    into->units += from->units;
}

void queue_cdf_pack(struct cdf_sums *s, struct pack *p)
{
    bool used = s->units > 0;
    pack_flag(p, &used);
    if (!used)
        return;
    reserve(s);
    for (uint32_t k = 0; k < COARSE_CELLS; k++) {
        pack_count(p, &s->share[k]);
        pack_count(p, &s->square[k]);
        pack_count(p, &s->whole[k]);
    }
    pack_count(p, &s->whole[COARSE_CELLS]);
    pack_count(p, &s->units);
}

void queue_cdf_release(struct cdf_sums *s)
{
    mem_free(s->share);
    mem_free(s->square);
    mem_free(s->whole);
    *s = (struct cdf_sums){0};
}
