/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The first attempt of a step by all lanes in two passes: numbers and the cells of the table that
 * they fall in; then draws from those cells, what they lead to, and the way on.  (In one pass the
 * chain from number to draw is so long that a processor has too few of them under way.)  The
 * results are those of rng_fill, qtable_fill and the passes of lanes.c one after the other, to the
 * bit. */
#include "sim/lanes.h"

#include "math/eight.h"
#include "math/multiversion.h"

typedef int32_t int32_bits __attribute__((may_alias));
typedef uint32_t eight_uints __attribute__((vector_size(32), may_alias));

EIGHT_INLINE uint32_t add_up(const eight_ints *n)
{
    int32_t sum = 0;
    for (int i = 0; i < 8; i++)
        sum += (*n)[i];
    return (uint32_t)sum;
}

/* Lanes are taken in parts, so that what is between the passes stays in the first cache. */
enum { PART = 256 };

/* Where the draws of an attempt come from. */
struct places {
    uint32_t cell[PART]; /* see eight_cells */
    float place[PART];
} __attribute__((aligned(64)));

/* --- where vectors have 16 bytes: passes that GCC vectorises */

static void find_places_narrow(struct rng *r, int bits, struct places *p, int32_t *high)
{
    uint64_t number[PART] __attribute__((aligned(64)));
    uint32_t low[PART] __attribute__((aligned(64)));
    rng_fill(r, number, PART);
    for (int i = 0; i < PART; i++) {
        low[i] = (uint32_t)number[i];
        high[i] = (int32_t)(number[i] >> 33);
    }
    narrow_cells(bits, low, PART, p->cell, p->place);
}

static void find_here(const int32_t *restrict at, int32_t step, int32_t *restrict here)
{
    for (int i = 0; i < PART; i++)
        here[i] = at[i] == step ? -1 : 0;
}

static uint32_t set_late(const int32_t *restrict here, const float *restrict x, float limit,
                         int32_t *restrict late)
{
    int32_t n = 0;
    for (int i = 0; i < PART; i++) {
        late[i] = here[i] & (x[i] > limit ? -1 : 0);
        n -= late[i];
    }
    return (uint32_t)n;
}

static void spend(const int32_t *restrict here, const int32_t *restrict late, float *restrict x,
                  double *restrict time)
{
    int32_bits *bits = (int32_bits *)x;
    for (int i = 0; i < PART; i++)
        bits[i] &= here[i] & ~late[i];
    for (int i = 0; i < PART; i++)
        time[i] += (double)x[i];
}

static uint32_t count_failed(const int32_t *restrict here, const int32_t *restrict late,
                             const int32_t *restrict high, int32_t cut)
{
    int32_t n = 0;
    for (int i = 0; i < PART; i++)
        n -= here[i] & (late[i] | (high[i] > cut ? 0 : -1));
    return (uint32_t)n;
}

static void go_on(const struct lanes_attempt *a, const int32_t *restrict late,
                  const int32_t *restrict high, const int32_t *restrict here, int32_t *restrict at,
                  int32_t *restrict visits)
{
    const int32_t cut = a->cut, pass = a->pass, fail = a->fail;
    for (int i = 0; i < PART; i++) {
        int32_t failed = here[i] & (late[i] | (high[i] > cut ? 0 : -1));
        visits[i] -= here[i];
        at[i] = (at[i] & ~here[i]) | (fail & failed) | (pass & here[i] & ~failed);
    }
}

static struct lanes_failed attempt_narrow(const struct lanes_attempt *a, const struct places *p,
                                          bool moves, bool limited, const struct lanes_items *to)
{
    float x[PART] __attribute__((aligned(64)));
    int32_t none[PART] __attribute__((aligned(64))) = {0};
    int32_t *late = limited ? to->late : none;
    uint32_t n_late = 0;
    narrow_draws(a->row, p->cell, p->place, PART, x);
    find_here(to->at, a->step, to->here);
    if (limited)
        n_late = set_late(to->here, x, a->limit, late);
    spend(to->here, late, x, to->time);
    uint32_t n_failed = count_failed(to->here, late, to->high, a->cut);
    if (moves)
        go_on(a, late, to->high, to->here, to->at, to->visits);
    return (struct lanes_failed){n_failed, n_late};
}

/* --- where they have 32 or more */

EIGHT_INLINE void places_of(struct eight_rng *crossed, int bits, struct places *p, int32_t *high)
{
    struct eight_rng s = *crossed;
    for (int i = 0; i < PART; i += 8) {
        eight_ints low, upper;
        eight_rng_next(&s, &low, &upper);
        eight_cells(bits, &low, (eight_ints *)(p->cell + i), (eight_floats *)(p->place + i));
        *(eight_ints *)(high + i) = (eight_ints)((eight_uints)upper >> 1);
    }
    *crossed = s;
}

MULTIVERSION static void find_places(struct eight_rng *crossed, int bits, struct places *p,
                                     int32_t *high)
{
    if (bits == QTABLE_BITS_LEAST) /* nearly all tables; shifts are then known */
        places_of(crossed, QTABLE_BITS_LEAST, p, high);
    else
        places_of(crossed, bits, p, high);
}

/* Is inlined with `moves` and `limited` known. */
EIGHT_INLINE struct lanes_failed attempt(const struct lanes_attempt *a, const struct places *p,
                                         bool moves, bool limited, const struct lanes_items *to)
{
    const int32_t step = a->step, cut = a->cut, pass = a->pass, turn = a->pass ^ a->fail;
    const float(*row)[4] = a->row, limit = a->limit;
    int32_t *at = to->at, *visits = to->visits, *all_late = to->late, *all_here = to->here;
    const int32_t *high = to->high;
    double *time = to->time;
    eight_ints n_failed = {0}, n_late = {0};
    for (int i = 0; i < PART; i += 8) {
        eight_ints now = *(eight_ints *)(at + i), here = now == step, late = {0};
        eight_floats x;
        eight_draws(row, p->cell + i, (const eight_floats *)(p->place + i), &x);
        if (limited) {
            late = here & (x > limit);
            *(eight_ints *)(all_late + i) = late;
            n_late -= late;
        }
        float spent[8] __attribute__((aligned(32)));
        *(eight_ints *)spent = (eight_ints)x & here & ~late;
        for (int k = 0; k < 8; k++)
            time[i + k] += (double)spent[k];
        eight_ints failed = here & (late | (*(const eight_ints *)(high + i) <= cut));
        n_failed -= failed;
        if (moves) {
            *(eight_ints *)(visits + i) -= here;
            *(eight_ints *)(at + i) = now ^ (here & (now ^ pass ^ (failed & turn)));
        } else {
            *(eight_ints *)(all_here + i) = here;
        }
    }
    return (struct lanes_failed){add_up(&n_failed), add_up(&n_late)};
}

#define ATTEMPT(name, moves, limited)                                                              \
    MULTIVERSION static struct lanes_failed name(                                                  \
        const struct lanes_attempt *a, const struct places *p, const struct lanes_items *to)       \
    {                                                                                              \
        return attempt(a, p, moves, limited, to);                                                  \
    }
ATTEMPT(move, true, false)
ATTEMPT(move_limited, true, true)
ATTEMPT(mark, false, false)
ATTEMPT(mark_limited, false, true)

static struct lanes_failed attempt_wide(const struct lanes_attempt *a, const struct places *p,
                                        bool moves, bool limited, const struct lanes_items *to)
{
    if (moves)
        return limited ? move_limited(a, p, to) : move(a, p, to);
    return limited ? mark_limited(a, p, to) : mark(a, p, to);
}

struct lanes_failed lanes_attempt(const struct lanes_attempt *a, uint64_t key, bool moves,
                                  bool limited, const struct lanes_items *to)
{
    struct lanes_failed sum = {0, 0}, n;
    struct eight_rng crossed;
    struct places p;
    struct rng r;
    bool wide = eight_is_wide();
    rng_init(&r, key);
    if (wide)
        eight_rng_load_crossed(&crossed, &r);
    for (int at = 0; at < LANES; at += PART) {
        const struct lanes_items part = {.at = to->at + at,
                                         .visits = to->visits + at,
                                         .time = to->time + at,
                                         .late = to->late + at,
                                         .here = to->here + (moves ? 0 : at),
                                         .high = to->high + (moves ? 0 : at)};
        if (wide) {
            find_places(&crossed, a->bits, &p, part.high);
            n = attempt_wide(a, &p, moves, limited, &part);
        } else {
            find_places_narrow(&r, a->bits, &p, part.high);
            n = attempt_narrow(a, &p, moves, limited, &part);
        }
        sum.failed += n.failed;
        sum.late += n.late;
    }
    return sum;
}
