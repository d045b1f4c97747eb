/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cells of equal width within an octave (Tene's HdrHistogram has the same form): the middle of
 * [e, e + w) with w <= e / 64 is at most w / 2 <= e / 128 away from any value in it.  Sums are
 * those of struct moments, which know no order. */
#include "math/values.h"

#include "math/sort.h"

#include <math.h>
#include <string.h>

/* Cells [low, low + room) have counts; room is 0 before the first value. */
struct values_cells {
    uint64_t *count;
    uint32_t low, room;
    double min, max;
    struct moments moments;
};

enum { CELL_STEP = 64 };

static double edge_of(uint32_t cell)
{
    enum { FINE = SKETCH_PER_OCTAVE / COARSE_PER_OCTAVE };
    return cell == 0 ? 0 : sketch_edge((size_t)(cell - 1) * FINE + 1);
}

/* Makes room for a cell, by whole steps. */
static void reach(struct values_cells *c, uint32_t cell)
{
    if (c->room && cell >= c->low && cell - c->low < c->room)
        return;
    uint32_t low = cell / CELL_STEP * CELL_STEP, high = low + CELL_STEP;
    if (c->room) {
        low = low < c->low ? low : c->low;
        high = high > c->low + c->room ? high : c->low + c->room;
    }
    uint64_t *count = mem_zero(high - low, sizeof *count);
    if (c->room)
        memcpy(count + (c->low - low), c->count, c->room * sizeof *count);
    mem_free(c->count);
    c->count = count;
    c->low = low;
    c->room = high - low;
}

static void count(struct values_cells *c, double x)
{
    uint32_t cell = sketch_coarse_of(x);
    reach(c, cell);
    c->count[cell - c->low]++;
    c->min = fmin(c->min, x);
    c->max = fmax(c->max, x);
    moments_add(&c->moments, 1, x, x * x);
}

void values_count_in_cells(struct values *v)
{
    if (v->cells)
        return;
    v->cells = mem_zero(1, sizeof *v->cells);
    v->cells->min = INFINITY;
    v->cells->max = -INFINITY;
    for (size_t i = 0; i < v->len; i++)
        count(v->cells, v->at[i]);
    mem_free(v->at);
    v->at = NULL;
    v->len = v->cap = 0;
}

void values_add(struct values *v, double x)
{
    if (!v->cells && v->len < VALUES_MAX) {
        vec_push(v, x);
        return;
    }
    values_count_in_cells(v);
    count(v->cells, x);
}

void values_release(struct values *v)
{
    mem_free(v->at);
    if (v->cells)
        mem_free(v->cells->count);
    mem_free(v->cells);
    memset(v, 0, sizeof *v);
}

uint64_t values_n(const struct values *v)
{
    return v->cells ? v->cells->moments.n : v->len;
}

bool values_exact(const struct values *v)
{
    return !v->cells;
}

size_t values_bytes(const struct values *v)
{
    return v->cap * sizeof *v->at;
}

void values_sort(struct values *v)
{
    if (v->len)
        sort_doubles(v->at, v->len);
}

double values_rank(const struct values *v, uint64_t r, double *low, double *high)
{
    const struct values_cells *c = v->cells;
    double at, from, to;
    if (c) {
        uint32_t k = 0;
        for (uint64_t below = c->count[0]; below < r && k + 1 < c->room;)
            below += c->count[++k];
        from = fmax(edge_of(c->low + k), c->min);
        to = fmin(edge_of(c->low + k + 1), c->max);
        at = c->low + k == 0                 ? from /* too short to matter */
             : c->low + k + 1 < COARSE_CELLS ? (from + to) / 2
                                             : c->max;
    } else {
        at = from = to = v->at[r - 1];
    }
    if (low)
        *low = from;
    if (high)
        *high = to;
    return at;
}

void values_moments(const struct values *v, double *mean, double *variance)
{
    double sum = 0, ss = 0;
    if (v->cells) {
        *mean = moments_mean(&v->cells->moments);
        *variance = moments_variance(&v->cells->moments);
        return;
    }
    for (size_t i = 0; i < v->len; i++)
        sum += v->at[i];
    *mean = v->len ? sum / (double)v->len : NAN;
    for (size_t i = 0; i < v->len; i++)
        ss += (v->at[i] - *mean) * (v->at[i] - *mean);
    *variance = v->len > 1 ? ss / (double)(v->len - 1) : 0;
}
