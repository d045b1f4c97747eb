/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values are held until there are enough of them to be worth a sketch: most that are dropped never
 * reach one, and what nobody asks for has no memory. */
#include "sim/queue/intake.h"

#include "base/buf.h"

#include <math.h>
#include <string.h>

/* --- cells of a unit */

static struct sketch_coarse *cells_of(struct unit_cells *c)
{
    if (!c->at.cell)
        c->at = (struct sketch_coarse){COARSE_CELLS, 0, mem_zero(COARSE_CELLS, sizeof *c->at.cell)};
    return &c->at;
}

void unit_cells_add(struct unit_cells *c, const float *x, uint32_t n)
{
    struct sketch_coarse *at = cells_of(c);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t k = sketch_coarse_of(x[i]);
        at->low = k < at->low ? k : at->low;
        at->high = k >= at->high ? k + 1 : at->high;
        at->cell[k]++;
    }
    c->n += n;
}

void unit_cells_merge(struct unit_cells *into, const struct unit_cells *from)
{
    struct sketch_coarse *at = cells_of(into);
    if (from->n == 0)
        return;
    at->low = at->low < from->at.low ? at->low : from->at.low;
    at->high = at->high > from->at.high ? at->high : from->at.high;
    for (uint32_t k = from->at.low; k < from->at.high; k++)
        at->cell[k] += from->at.cell[k];
    into->n += from->n;
}

static double cell_edge(uint32_t k)
{
    if (k == 0)
        return 0;
    return ldexp(1 + (double)((k - 1) % COARSE_PER_OCTAVE) / COARSE_PER_OCTAVE,
                 (int)((k - 1) / COARSE_PER_OCTAVE) + SKETCH_LOW);
}

double unit_cells_quantile(const struct unit_cells *c, double p)
{
    double rank = ceil(p * (double)c->n), seen = 0;
    for (uint32_t k = c->at.low; k < c->at.high; k++) {
        double here = c->at.cell[k];
        if (here > 0 && seen + here >= rank) {
            double low = cell_edge(k), high = cell_edge(k + 1);
            return k == 0 ? 0 : low + (high - low) * (rank - seen - 0.5) / here;
        }
        seen += here;
    }
    return 0;
}

void unit_cells_clear(struct unit_cells *c)
{
    if (c->n)
        memset(c->at.cell + c->at.low, 0, (c->at.high - c->at.low) * sizeof *c->at.cell);
    c->n = c->at.high = 0;
    c->at.low = COARSE_CELLS;
}

/* --- an intake */

static struct sketch *ready(struct sketch *s)
{
    if (!s->hot)
        sketch_init(s);
    return s;
}

void intake_send(struct intake *v)
{
    if (v->n)
        sketch_add_many(ready(&v->open), v->held, v->n);
    v->n = v->sent = 0;
}

void intake_commit(struct intake *v)
{
    if (v->open.n > 0) {
        intake_send(v);
        if (v->sketch.n == 0) {
            struct sketch empty = v->sketch;
            v->sketch = v->open;
            v->open = empty;
            return;
        }
        sketch_merge(&v->sketch, &v->open);
        sketch_clear(&v->open);
    } else if (v->n) {
        sketch_add_many(ready(&v->sketch), v->held, v->n);
        v->n = v->sent = 0;
    }
}

void intake_drop(struct intake *v)
{
    if (v->open.n > 0)
        sketch_clear(&v->open);
    v->n = v->sent = 0;
}

void intake_release(struct intake *v)
{
    sketch_release(&v->sketch);
    sketch_release(&v->open);
}

void intake_merge(struct intake *into, const struct intake *from)
{
    if (from->sketch.hot)
        sketch_merge(ready(&into->sketch), &from->sketch);
}

void intake_forget(struct intake *v)
{
    if (v->sketch.n > 0)
        sketch_clear(&v->sketch);
}

void intake_pass(struct intake *v, struct unit_cells *c, const float *x, uint32_t n)
{
    sketch_add_coarsely(ready(&v->open), x, n, cells_of(c));
    c->n += n;
}

uint32_t intake_hold(struct intake *v, const float *x, uint32_t n)
{
    uint32_t m = n < INTAKE_HELD - v->n ? n : INTAKE_HELD - v->n;
    memcpy(v->held + v->n, x, m * sizeof *x);
    v->n += m;
    return m;
}

void intake_put_many(struct intake *v, const float *x, uint32_t n)
{
    for (uint32_t at = 0; at < n;) {
        if (v->n == INTAKE_HELD)
            intake_send(v);
        at += intake_hold(v, x + at, n - at);
    }
}
