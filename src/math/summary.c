/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sketch reads its cell off the bits of a float: 8 of exponent and the first 10 of the mantissa
 * make linear cells inside each octave (as HdrHistogram by Tene does with integers).  Count and sum
 * of the dropped 13 bits are packed in one 64-bit word, so that one addition updates both:
 *
 *     word += 2^37 + low,   low < 2^13,   at most 2^24 times before the word is emptied.
 *
 * If the sum of the dropped bits is a multiple of the count, the cell is taken to hold one value:
 * always true of an atom, and true of c spread values with probability 1/c, where the mean of the
 * cell does no harm. */
#include "math/summary.h"

#include "math/multiversion.h"
#include <math.h>
#include <string.h>

enum {
    DROPPED = 13, /* 23 bits of mantissa less 10 */
    CELLS = (SKETCH_HIGH - SKETCH_LOW) * SKETCH_PER_OCTAVE + 2,
    BASE = (127 + SKETCH_LOW) * SKETCH_PER_OCTAVE - 1, /* cell 1 begins at 2^SKETCH_LOW */
    COUNT_SHIFT = 37,
    BLOCK = 256,
};
static const uint64_t HOT_MAX = 1u << 24;
static const uint32_t LOW_MASK = (1u << DROPPED) - 1;
static const uint64_t LOW_SUM_MASK = ((uint64_t)1 << COUNT_SHIFT) - 1;

static inline int32_t float_bits(float x)
{
    int32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline float bits_float(int32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* Negative zero counts as 0: its bits are negative. */
static inline int32_t cell_of_bits(int32_t bits)
{
    int32_t i = (bits >> DROPPED) - BASE;
    i = i < 0 ? 0 : i;
    return i > CELLS - 1 ? CELLS - 1 : i;
}

static inline uint64_t word_of_bits(int32_t bits)
{
    return ((uint64_t)1 << COUNT_SHIFT) + ((uint32_t)bits & LOW_MASK);
}

size_t sketch_cells(void)
{
    return CELLS;
}

size_t sketch_cell_of(double x)
{
    return (size_t)cell_of_bits(float_bits((float)x));
}

double sketch_edge(size_t i)
{
    if (i == 0)
        return 0;
    if (i >= CELLS)
        return INFINITY;
    size_t k = i - 1;
    return ldexp(1 + (double)(k % SKETCH_PER_OCTAVE) / SKETCH_PER_OCTAVE,
                 (int)(k / SKETCH_PER_OCTAVE) + SKETCH_LOW);
}

void sketch_init(struct sketch *s)
{
    *s = (struct sketch){.hot = mem_zero(CELLS, sizeof *s->hot), .min = INFINITY, .max = -INFINITY};
}

void sketch_release(struct sketch *s)
{
    mem_free(s->hot);
    mem_free(s->cold);
    *s = (struct sketch){.min = INFINITY, .max = -INFINITY};
}

/* Nothing outside [*from, *to] was touched. */
static void touched(const struct sketch *s, size_t *from, size_t *to)
{
    *from = sketch_cell_of(s->min);
    *to = sketch_cell_of(s->max);
}

void sketch_clear(struct sketch *s)
{
    if (s->n > 0) {
        size_t from, to;
        touched(s, &from, &to);
        memset(s->hot + from, 0, (to - from + 1) * sizeof *s->hot);
    }
    mem_free(s->cold);
    s->cold = NULL;
    s->hot_n = s->n = 0;
    s->min = INFINITY;
    s->max = -INFINITY;
}

/* Empties the packed words into whole ones. */
static void cool(struct sketch *s)
{
    if (!s->cold)
        s->cold = mem_zero(CELLS, sizeof *s->cold);
    size_t from, to;
    touched(s, &from, &to);
    for (size_t i = from; i <= to; i++) {
        s->cold[i].n += s->hot[i] >> COUNT_SHIFT;
        s->cold[i].low += s->hot[i] & LOW_SUM_MASK;
        s->hot[i] = 0;
    }
    s->hot_n = 0;
}

static void room_for(struct sketch *s, uint64_t more)
{
    if (s->hot_n + more > HOT_MAX)
        cool(s);
    s->hot_n += more;
    s->n += more;
}

void sketch_add(struct sketch *s, double x)
{
    int32_t bits = float_bits((float)x);
    room_for(s, 1);
    s->hot[cell_of_bits(bits)] += word_of_bits(bits);
    s->min = x < s->min ? x : s->min;
    s->max = x > s->max ? x : s->max;
}

/* A full block: the cells of its values into cell[]; the least and greatest as bits, whose order is
 * that of the values from 0 up.  Simple enough for the compiler to take eight at a time. */
MULTIVERSION static void cells_of_block(const float *x, int32_t *restrict cell,
                                        int32_t *restrict least, int32_t *restrict most)
{
    int32_t low = INT32_MAX, high = INT32_MIN;
    for (int i = 0; i < BLOCK; i++) {
        int32_t bits;
        memcpy(&bits, x + i, sizeof bits);
        low = bits < low ? bits : low;
        high = bits > high ? bits : high;
        cell[i] = cell_of_bits(bits);
    }
    *least = low;
    *most = high;
}

/* 0 for the first cell, then 16 cells to one. */
static inline uint32_t coarse_of(int32_t cell)
{
    return ((uint32_t)cell + 15) / 16;
}

/* A block whose values all fall into one cell, such as a constant: no chain of additions. */
static void add_to_one_cell(struct sketch *s, const float *x, int32_t cell)
{
    uint64_t word = 0;
    for (int i = 0; i < BLOCK; i++)
        word += word_of_bits(float_bits(x[i]));
    s->hot[cell] += word;
}

/* Into a second histogram of wider cells too; none: NULL. */
static inline __attribute__((always_inline)) void add_block(struct sketch *s, const float *x,
                                                            struct sketch_coarse *coarse)
{
    int32_t cell[BLOCK], low, high;

    cells_of_block(x, cell, &low, &high);
    room_for(s, BLOCK);
    double least = bits_float(low), most = bits_float(high);
    s->min = least < s->min ? least : s->min;
    s->max = most > s->max ? most : s->max;
    if (coarse) {
        uint32_t first = coarse_of(cell_of_bits(low)), last = coarse_of(cell_of_bits(high));
        coarse->low = first < coarse->low ? first : coarse->low;
        coarse->high = last >= coarse->high ? last + 1 : coarse->high;
    }
    if (cell_of_bits(low) == cell_of_bits(high)) {
        add_to_one_cell(s, x, cell[0]);
        if (coarse)
            coarse->cell[coarse_of(cell[0])] += BLOCK;
        return;
    }
    uint64_t *hot = s->hot;
    if (!coarse) {
        for (int i = 0; i < BLOCK; i++)
            hot[cell[i]] += word_of_bits(float_bits(x[i]));
        return;
    }
    uint32_t *wide = coarse->cell;
    for (int i = 0; i < BLOCK; i += 4) {
        for (int k = i; k < i + 4; k++)
            hot[cell[k]] += word_of_bits(float_bits(x[k]));
        for (int k = i; k < i + 4; k++)
            wide[coarse_of(cell[k])]++;
    }
}

void sketch_add_coarsely(struct sketch *s, const float *x, size_t n, struct sketch_coarse *coarse)
{
    size_t i = 0;
    for (; i + BLOCK <= n; i += BLOCK)
        add_block(s, x + i, coarse);
    for (; i < n; i++) {
        uint32_t k = coarse_of(cell_of_bits(float_bits(x[i])));
        sketch_add(s, x[i]);
        coarse->cell[k]++;
        coarse->low = k < coarse->low ? k : coarse->low;
        coarse->high = k >= coarse->high ? k + 1 : coarse->high;
    }
}

uint32_t sketch_coarse_of(double x)
{
    return coarse_of(cell_of_bits(float_bits((float)x)));
}

void sketch_add_many(struct sketch *s, const float *x, size_t n)
{
    size_t i = 0;
    for (; i + BLOCK <= n; i += BLOCK)
        add_block(s, x + i, NULL);
    for (; i < n; i++)
        sketch_add(s, x[i]);
}

/* Cells of a block, and the least and greatest bits of either part: [0] those whose mask is 0. */
struct parted_block {
    int32_t cell[BLOCK], least[2], most[2];
    uint32_t n[2];
};

MULTIVERSION static void cells_of_parts(const int32_t *restrict where, const float *restrict x,
                                        struct parted_block *restrict b)
{
    int32_t low0 = INT32_MAX, high0 = INT32_MIN, low1 = INT32_MAX, high1 = INT32_MIN, n = 0;
    for (int i = 0; i < BLOCK; i++) {
        int32_t bits, in = where[i];
        memcpy(&bits, x + i, sizeof bits);
        int32_t for_low0 = bits | (in & INT32_MAX), for_high0 = bits & ~in;
        int32_t for_low1 = bits | (~in & INT32_MAX), for_high1 = bits & in;
        low0 = for_low0 < low0 ? for_low0 : low0;
        low1 = for_low1 < low1 ? for_low1 : low1;
        high0 = for_high0 > high0 ? for_high0 : high0;
        high1 = for_high1 > high1 ? for_high1 : high1;
        n -= in;
        b->cell[i] = cell_of_bits(bits);
    }
    b->least[0] = low0, b->most[0] = high0;
    b->least[1] = low1, b->most[1] = high1;
    b->n[0] = BLOCK - (uint32_t)n;
    b->n[1] = (uint32_t)n;
}

static void add_parted_block(struct sketch *s[2], const int32_t *where, const float *x)
{
    struct parted_block b;
    uint64_t *hot[2];
    cells_of_parts(where, x, &b);
    for (int k = 0; k < 2; k++) {
        hot[k] = s[k]->hot;
        if (b.n[k] == 0)
            continue;
        room_for(s[k], b.n[k]);
        double least = bits_float(b.least[k]), most = bits_float(b.most[k]);
        s[k]->min = least < s[k]->min ? least : s[k]->min;
        s[k]->max = most > s[k]->max ? most : s[k]->max;
    }
    for (int i = 0; i < BLOCK; i++)
        hot[where[i] & 1][b.cell[i]] += word_of_bits(float_bits(x[i]));
}

void sketch_add_parted(struct sketch *in, struct sketch *out, const int32_t *where, const float *x,
                       size_t n)
{
    struct sketch *s[2] = {out, in};
    size_t i = 0;
    for (; i + BLOCK <= n; i += BLOCK)
        add_parted_block(s, where + i, x + i);
    for (; i < n; i++)
        sketch_add(s[where[i] & 1], x[i]);
}

void sketch_merge(struct sketch *into, const struct sketch *from)
{
    if (from->n == 0)
        return;
    room_for(into, from->hot_n);
    into->n += from->n - from->hot_n;
    if (from->cold && !into->cold)
        into->cold = mem_zero(CELLS, sizeof *into->cold);
    size_t first, last;
    touched(from, &first, &last);
    for (size_t i = first; i <= last; i++)
        into->hot[i] += from->hot[i];
    for (size_t i = first; from->cold && i <= last; i++) {
        into->cold[i].n += from->cold[i].n;
        into->cold[i].low += from->cold[i].low;
    }
    into->min = from->min < into->min ? from->min : into->min;
    into->max = from->max > into->max ? from->max : into->max;
}

struct sketch_cell sketch_cell_at(const struct sketch *s, size_t i)
{
    struct sketch_cell c = {s->hot[i] >> COUNT_SHIFT, s->hot[i] & LOW_SUM_MASK};
    if (s->cold) {
        c.n += s->cold[i].n;
        c.low += s->cold[i].low;
    }
    return c;
}

void sketch_restore(struct sketch *s, size_t i, struct sketch_cell cell)
{
    if (!s->cold)
        s->cold = mem_zero(CELLS, sizeof *s->cold);
    s->cold[i].n += cell.n;
    s->cold[i].low += cell.low;
    s->n += cell.n;
}

static void write_cells(const struct sketch *s, struct pack *p, size_t from, size_t to)
{
    uint64_t used = 0, skipped = 0;
    for (size_t i = from; i <= to; i++)
        used += sketch_cell_at(s, i).n > 0;
    pack_value(p, &used, CELLS);
    for (size_t i = from; i <= to; i++) {
        struct sketch_cell c = sketch_cell_at(s, i);
        if (c.n == 0) {
            skipped++;
            continue;
        }
        pack_value(p, &skipped, CELLS);
        pack_count(p, &c.n);
        pack_count(p, &c.low);
        skipped = 0;
    }
}

/* Each cell lies within the range of the values and holds no more than so many can leave there. */
static void read_cells(struct sketch *s, struct pack *p, size_t from, size_t to, uint64_t n)
{
    uint64_t used = 0, skipped = 0, seen = 0;
    size_t at = from;
    pack_value(p, &used, to - from + 1);
    for (uint64_t k = 0; k < used && !p->broken; k++) {
        struct sketch_cell c = {0};
        pack_value(p, &skipped, to - from);
        pack_count(p, &c.n);
        pack_count(p, &c.low);
        at += skipped;
        pack_check(p, at <= to && c.n > 0 && c.n <= n - seen && c.low / c.n <= LOW_MASK &&
                          (c.low / c.n < LOW_MASK || c.low % c.n == 0));
        if (!p->broken)
            sketch_restore(s, at++, c);
        seen += c.n;
    }
    pack_check(p, seen == n);
}

void sketch_pack(struct sketch *s, struct pack *p)
{
    uint64_t n = s->n;
    double min = s->min, max = s->max;
    size_t from = 0, to = 0;
    pack_value(p, &n, ((uint64_t)1 << 62) - 1);
    if (n == 0)
        return;
    pack_double(p, &min);
    pack_double(p, &max);
    pack_check(p, s->hot && min >= 0 && min <= max);
    if (p->broken)
        return;
    from = sketch_cell_of(min);
    to = sketch_cell_of(max);
    if (p->to) {
        write_cells(s, p, from, to);
        return;
    }
    s->min = min < s->min ? min : s->min;
    s->max = max > s->max ? max : s->max;
    read_cells(s, p, from, to, n);
}

/* Is the cell one value?  Only cells inside the octaves keep the bits that tell. */
static bool is_atom(size_t i, struct sketch_cell c, double *value)
{
    if (i == 0 || i == CELLS - 1 || c.n == 0 || c.low % c.n != 0)
        return false;
    uint32_t bits = ((uint32_t)i + BASE) << DROPPED | (uint32_t)(c.low / c.n);
    *value = bits_float((int32_t)bits);
    return true;
}

/* The part of cell i where values can be. */
static void span(const struct sketch *s, size_t i, double *low, double *high)
{
    *low = fmax(sketch_edge(i), s->min);
    *high = fmin(sketch_edge(i + 1), s->max);
    if (i == 0)
        *high = *low; /* too small to matter: the least of them stands for all */
}

/* What a block of cells holds; simple enough for the compiler to take several at a time. */
MULTIVERSION static uint64_t count_of_block(const uint64_t *hot)
{
    uint64_t n = 0;
    for (int i = 0; i < BLOCK; i++)
        n += hot[i] >> COUNT_SHIFT;
    return n;
}

static uint64_t values_of_block(const struct sketch *s, size_t from)
{
    uint64_t n = count_of_block(s->hot + from);
    for (size_t i = from; s->cold && i < from + BLOCK; i++)
        n += s->cold[i].n;
    return n;
}

/* The cell that holds rank r, 1 < r < n, and how many values lie before it. */
static size_t cell_of_rank(const struct sketch *s, uint64_t r, uint64_t *before)
{
    size_t i, last;
    touched(s, &i, &last);
    *before = 0;
    for (uint64_t n; i + BLOCK <= last && *before + (n = values_of_block(s, i)) < r; i += BLOCK)
        *before += n;
    for (uint64_t n; i < last && *before + (n = sketch_cell_at(s, i).n) < r; i++)
        *before += n;
    return i;
}

double sketch_rank(const struct sketch *s, uint64_t r)
{
    if (s->n == 0)
        return NAN;
    if (r <= 1)
        return s->min;
    if (r >= s->n)
        return s->max;
    uint64_t before;
    size_t i = cell_of_rank(s, r, &before);
    struct sketch_cell c = sketch_cell_at(s, i);
    double low, high, value;
    span(s, i, &low, &high);
    if (!is_atom(i, c, &value))
        value = low + (high - low) * ((double)(r - before) - 0.5) / (double)c.n;
    return fmin(fmax(value, s->min), s->max);
}

/* Values spread evenly over a cell and its neighbours fill them about alike; a cell with LUMP times
 * what its neighbours hold on the average has an atom somewhere. */
static bool is_lumpy(const struct sketch *s, size_t i)
{
    enum { LUMP = 4, FEW = 16 };
    uint64_t n = sketch_cell_at(s, i).n;
    uint64_t around =
        (i ? sketch_cell_at(s, i - 1).n : 0) + (i + 1 < CELLS ? sketch_cell_at(s, i + 1).n : 0);
    return n > FEW && 2 * n > LUMP * around;
}

void sketch_rank_within(const struct sketch *s, uint64_t r, double *low, double *high)
{
    uint64_t before;
    double value;
    *low = *high = sketch_rank(s, r);
    if (s->n == 0 || r <= 1 || r >= s->n)
        return;
    size_t i = cell_of_rank(s, r, &before);
    struct sketch_cell c = sketch_cell_at(s, i);
    if (i == 0 && (s->min > 0 || c.low > 0)) { /* not zeros alone */
        *low = s->min;
        *high = fmin(sketch_edge(1), s->max);
    } else if (!is_atom(i, c, &value) && (is_lumpy(s, i) || i == CELLS - 1)) {
        span(s, i, low, high);
    }
}

double sketch_quantile(const struct sketch *s, double p)
{
    /* ceil(n p), forgiving the rounding of the product */
    double rank = ceil((double)s->n * p * (1 - 1e-15));
    return sketch_rank(s, rank < 1 ? 1 : rank >= (double)s->n ? s->n : (uint64_t)rank);
}

double sketch_cdf(const struct sketch *s, double x)
{
    if (s->n == 0)
        return NAN;
    if (x < s->min)
        return 0;
    if (x >= s->max)
        return 1;
    size_t i, at = sketch_cell_of(x), last;
    touched(s, &i, &last);
    uint64_t below = 0;
    for (; i + BLOCK <= at; i += BLOCK)
        below += values_of_block(s, i);
    for (; i < at; i++)
        below += sketch_cell_at(s, i).n;
    struct sketch_cell c = sketch_cell_at(s, at);
    double low, high, value, inside = 1;
    span(s, at, &low, &high);
    if (is_atom(at, c, &value))
        inside = value <= (float)x;
    else if (x < high)
        inside = (x - low) / (high - low);
    return ((double)below + (double)c.n * fmax(inside, 0)) / (double)s->n;
}
