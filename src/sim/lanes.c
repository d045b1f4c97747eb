/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Written as plain loops that GCC vectorises for each of MULTIVERSION's machines; sums of doubles
 * use vectors of four explicitly, because their order is part of the result. */
#include "sim/lanes.h"

#include "math/multiversion.h"
#include "model/pipeline.h"
#include <stddef.h>

#define ALIGNED(p) (p) = __builtin_assume_aligned((p), 64)
#define EACH(i)    for (int i = 0; i < LANES; i++)

MULTIVERSION void lanes_split(const uint64_t *restrict u, uint32_t *restrict low,
                              int32_t *restrict high)
{
    ALIGNED(u);
    ALIGNED(low);
    ALIGNED(high);
    EACH(i)
    {
        low[i] = (uint32_t)u[i];
        high[i] = (int32_t)(u[i] >> 33);
    }
}

MULTIVERSION void lanes_enter(uint32_t n, int32_t *restrict at)
{
    ALIGNED(at);
    EACH(i)
    at[i] = i < (int32_t)n ? 0 : AT_NONE;
}

MULTIVERSION void lanes_here(const int32_t *restrict at, int32_t step, int32_t *restrict here)
{
    ALIGNED(at);
    ALIGNED(here);
    EACH(i)
    here[i] = at[i] == step ? -1 : 0;
}

MULTIVERSION uint32_t lanes_late(const int32_t *restrict here, const float *restrict x, float limit,
                                 int32_t *restrict late)
{
    ALIGNED(here);
    ALIGNED(x);
    ALIGNED(late);
    int32_t n = 0;
    EACH(i)
    {
        late[i] = here[i] & (x[i] > limit ? -1 : 0);
        n -= late[i];
    }
    return (uint32_t)n;
}

MULTIVERSION uint32_t lanes_count(const int32_t *restrict here, const int32_t *restrict late,
                                  const int32_t *restrict high, int32_t cut)
{
    ALIGNED(here);
    ALIGNED(late);
    ALIGNED(high);
    int32_t n = 0;
    EACH(i)
    n -= here[i] & ~late[i] & (high[i] > cut ? 0 : -1);
    return (uint32_t)n;
}

MULTIVERSION void lanes_taint(const int32_t *restrict here, const int32_t *restrict late,
                              const int32_t *restrict high, int32_t seen, int32_t wrong,
                              int32_t repair, int32_t *restrict good)
{
    ALIGNED(here);
    ALIGNED(late);
    ALIGNED(high);
    ALIGNED(good);
    EACH(i)
    {
        int32_t done = here[i] & ~late[i] & (high[i] > seen ? -1 : 0);
        int32_t tainted = done & (high[i] > wrong ? 0 : -1);
        int32_t mended = done & ~tainted & (high[i] > repair ? 0 : -1);
        good[i] = (good[i] & ~tainted) | (mended & 1);
    }
}

MULTIVERSION void lanes_flags(const int32_t *restrict here, const int32_t *restrict late,
                              const int32_t *restrict high, int32_t cut, uint8_t *restrict failed,
                              uint8_t *restrict passed)
{
    ALIGNED(here);
    ALIGNED(late);
    ALIGNED(high);
    ALIGNED(failed);
    ALIGNED(passed);
    EACH(i)
    {
        int32_t fails = here[i] & (late[i] | (high[i] > cut ? 0 : -1));
        failed[i] = (uint8_t)(fails & 1);
        passed[i] = (uint8_t)(here[i] & ~fails & 1);
    }
}

MULTIVERSION uint32_t lanes_go(const int32_t *restrict here, const int32_t *restrict late,
                               const int32_t *restrict high, int32_t cut, int32_t pass,
                               int32_t fail, int32_t *restrict at, int32_t *restrict visits)
{
    ALIGNED(here);
    ALIGNED(late);
    ALIGNED(high);
    ALIGNED(at);
    ALIGNED(visits);
    int32_t n = 0;
    EACH(i)
    {
        int32_t failed = here[i] & (late[i] | (high[i] > cut ? 0 : -1));
        int32_t passed = here[i] & ~failed;
        at[i] = (at[i] & ~here[i]) | (fail & failed) | (pass & passed);
        visits[i] -= here[i];
        n -= failed;
    }
    return (uint32_t)n;
}

typedef int64_t double_bits __attribute__((may_alias));
typedef int32_t float_bits __attribute__((may_alias));

MULTIVERSION static void mask_late(const int32_t *restrict late, float_bits *restrict bits)
{
    ALIGNED(late);
    ALIGNED(bits);
    EACH(i)
    bits[i] &= ~late[i];
}

/* Masking the bits first leaves a plain widening addition, which becomes one instruction each. */
MULTIVERSION static void add_time(const int32_t *restrict here, float *restrict x,
                                  double *restrict t)
{
    ALIGNED(here);
    ALIGNED(x);
    ALIGNED(t);
    float_bits *bits = (float_bits *)x;
    EACH(i)
    bits[i] &= here[i];
    EACH(i)
    t[i] += (double)x[i];
}

void lanes_add_time(const int32_t *here, const int32_t *late, float *x, double *t)
{
    if (late)
        mask_late(late, (float_bits *)x);
    add_time(here, x, t);
}

MULTIVERSION void lanes_add_constant(const int32_t *restrict here, double c, double *restrict t)
{
    ALIGNED(here);
    ALIGNED(t);
    EACH(i)
    t[i] += here[i] ? c : 0;
}

MULTIVERSION void lanes_increment(const int32_t *restrict here, int32_t *restrict n)
{
    ALIGNED(here);
    ALIGNED(n);
    EACH(i)
    n[i] -= here[i];
}

MULTIVERSION void lanes_mark_bad(const int32_t *restrict here, const int32_t *restrict good,
                                 uint8_t *restrict bad)
{
    ALIGNED(here);
    ALIGNED(good);
    ALIGNED(bad);
    EACH(i)
    bad[i] = (uint8_t)(bad[i] | (here[i] & (good[i] ^ 1)));
}

MULTIVERSION void lanes_keep(const int32_t *restrict here, const int32_t *restrict from,
                             int32_t *restrict to)
{
    ALIGNED(here);
    ALIGNED(from);
    ALIGNED(to);
    EACH(i)
    to[i] = (from[i] & here[i]) | (to[i] & ~here[i]);
}

/* --- at the end of a block */

MULTIVERSION void lanes_ends(const int32_t *restrict at, const int32_t *restrict good,
                             const int32_t *restrict reviews, const int32_t *restrict reviewed_bad,
                             struct lanes_ends *out)
{
    ALIGNED(at);
    ALIGNED(good);
    ALIGNED(reviews);
    ALIGNED(reviewed_bad);
    int32_t correct = 0, reviewed = 0, bad = 0, auto_shipped = 0, auto_wrong = 0;
    EACH(i)
    {
        int32_t ship = at[i] == TO_SHIP, seen = reviews[i] > 0, real = at[i] != AT_NONE;
        correct += ship & good[i];
        reviewed += seen & real;
        bad += reviewed_bad[i] & real;
        auto_shipped += ship & (seen ^ 1);
        auto_wrong += ship & (seen ^ 1) & (good[i] ^ 1);
    }
    *out = (struct lanes_ends){(uint32_t)correct, (uint32_t)reviewed, (uint32_t)bad,
                               (uint32_t)auto_shipped, (uint32_t)auto_wrong};
}

typedef double four __attribute__((vector_size(32), may_alias));
typedef int64_t four_masks __attribute__((vector_size(32), may_alias));
typedef float four_floats __attribute__((vector_size(16), may_alias));
typedef int32_t four_ints __attribute__((vector_size(16), may_alias));

#define MASKS(ints)  __builtin_convertvector(ints, four_masks)
#define DOUBLES(x)   __builtin_convertvector(x, four)
#define ADD_FOUR(s)  (((s)[0] + (s)[1]) + ((s)[2] + (s)[3]))
#define EACH_FOUR(i) for (int i = 0; i < LANES / 4; i++)

MULTIVERSION struct lanes_sums lanes_sum(const double *x, double scale)
{
    const four *v = (const four *)x;
    four a = {0}, b = {0}, a2 = {0}, b2 = {0};
    for (int i = 0; i < LANES / 4; i += 2) {
        four p = v[i] * scale, q = v[i + 1] * scale;
        a += p;
        b += q;
        a2 += p * p;
        b2 += q * q;
    }
    return (struct lanes_sums){ADD_FOUR(a + b), ADD_FOUR(a2 + b2)};
}

MULTIVERSION void lanes_totals(const int32_t *restrict at, const double *restrict x, double scale,
                               int32_t *restrict shipped, float *restrict floats,
                               struct lanes_totals *restrict out)
{
    four a = {0}, a2 = {0}, b = {0}, b2 = {0};
    four_ints n_shipped = {0}, n_rejected = {0};
    for (int i = 0; i < LANES; i += 4) {
        four_ints to = *(const four_ints *)(at + i), ship = to == TO_SHIP;
        four_masks mask = MASKS(ship);
        four v = *(const four *)(x + i), p = (four)((four_masks)v & mask),
             q = (four)((four_masks)v & ~mask);
        *(four_ints *)(shipped + i) = ship;
        *(four_floats *)(floats + i) = __builtin_convertvector(v, four_floats);
        n_shipped -= ship;
        n_rejected -= to == TO_REJECT;
        a += p;
        b += q;
        a2 += p * p;
        b2 += q * q;
    }
    double squared = scale * scale;
    *out = (struct lanes_totals){
        {ADD_FOUR(a) * scale, ADD_FOUR(a2) * squared},
        {ADD_FOUR(b) * scale, ADD_FOUR(b2) * squared},
        (uint32_t)ADD_FOUR(n_shipped),
        (uint32_t)ADD_FOUR(n_rejected)
    };
}

MULTIVERSION void lanes_sum_counts(const int32_t *n, double sum[4])
{
    const four_ints *v = (const four_ints *)n;
    four a = {0}, a2 = {0}, a3 = {0}, a4 = {0};
    EACH_FOUR(i)
    {
        four p = DOUBLES(v[i]), p2 = p * p;
        a += p;
        a2 += p2;
        a3 += p2 * p;
        a4 += p2 * p2;
    }
    sum[0] = ADD_FOUR(a);
    sum[1] = ADD_FOUR(a2);
    sum[2] = ADD_FOUR(a3);
    sum[3] = ADD_FOUR(a4);
}

MULTIVERSION void lanes_sum_small_counts(const int32_t *restrict n, double sum[4])
{
    uint32_t a = 0, a2 = 0, a3 = 0, a4 = 0; /* 37^4 LANES < 2^32 */
    EACH(i)
    {
        uint32_t p = (uint32_t)n[i], p2 = p * p;
        a += p;
        a2 += p2;
        a3 += p2 * p;
        a4 += p2 * p2;
    }
    sum[0] = a;
    sum[1] = a2;
    sum[2] = a3;
    sum[3] = a4;
}

MULTIVERSION void lanes_floats(const double *restrict x, float *restrict out)
{
    ALIGNED(x);
    ALIGNED(out);
    EACH(i)
    out[i] = (float)x[i];
}

/* Masked in a first pass, so that the sum stays plain. */
MULTIVERSION static double sum_where(const int32_t *restrict where, const double *restrict x)
{
    double kept[LANES] __attribute__((aligned(64)));
    ALIGNED(where);
    ALIGNED(x);
    const double_bits *bits = (const double_bits *)x;
    double_bits *to = (double_bits *)kept;
    EACH(i)
    to[i] = bits[i] & (int64_t)where[i];
    const four *v = (const four *)kept;
    four a = {0}, b = {0};
    for (int i = 0; i < LANES / 4; i += 2) {
        a += v[i];
        b += v[i + 1];
    }
    return ADD_FOUR(a + b);
}

MULTIVERSION static uint32_t count_within(const four_ints *where, const four *x, double limit)
{
    const four limits = {limit, limit, limit, limit};
    four_masks n = {0};
    EACH_FOUR(i)
    n -= MASKS(where[i]) & (x[i] <= limits);
    return (uint32_t)ADD_FOUR(n);
}

MULTIVERSION static void find_correct(const int32_t *restrict at, const int32_t *restrict good,
                                      int32_t *restrict where)
{
    EACH(i)
    where[i] = -((at[i] == TO_SHIP) & good[i]);
}

double lanes_sum_correct(const int32_t *at, const int32_t *good, const double *x, double scale)
{
    int32_t where[LANES] __attribute__((aligned(64)));
    find_correct(at, good, where);
    return sum_where(where, x) * scale;
}

uint32_t lanes_within(const int32_t *at, const int32_t *good, const double *x, double limit,
                      int correct_only)
{
    int32_t where[LANES] __attribute__((aligned(64)));
    find_correct(at, good, where);
    for (int i = 0; !correct_only && i < LANES; i++)
        where[i] = -(at[i] != AT_NONE);
    return count_within((const four_ints *)where, (const four *)x, limit);
}

MULTIVERSION void lanes_escapes(const uint8_t *restrict bad, const int32_t *restrict at,
                                const int32_t *restrict good, uint32_t *n_bad, uint32_t *n_shipped)
{
    int32_t all = 0, shipped = 0;
    EACH(i)
    {
        int32_t marked = bad[i];
        all += marked;
        shipped += marked & (at[i] == TO_SHIP) & (good[i] ^ 1);
    }
    *n_bad = (uint32_t)all;
    *n_shipped = (uint32_t)shipped;
}
