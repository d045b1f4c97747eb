/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The vector loops of the batch engine over the LANES items of a block.
 *
 * Masks are 32-bit, 0 or -1.  Arrays hold LANES values, are aligned to 64 bytes and do not overlap.
 * Every loop has a fixed length and no branch, so that the compiler takes 4, 8 or 16 lanes at a
 * time; sums of doubles are added in one order on every machine. */
#ifndef SEAM_SIM_LANES_H
#define SEAM_SIM_LANES_H

#include <stdbool.h>
#include <stdint.h>

enum { LANES = 1024 };
/* Where an item is: a step's index, TO_SHIP, TO_REJECT, TO_FAIL, or nowhere (no such item). */
enum { AT_NONE = INT32_MIN };

/* The low 32 bits of u, and the high 31 as h in [0, 2^31). */
void lanes_split(const uint64_t *u, uint32_t *low, int32_t *high);
/* The first n items stand at step 0, the other lanes are empty. */
void lanes_enter(uint32_t n, int32_t *at);
/* here = (at == step). */
void lanes_here(const int32_t *at, int32_t step, int32_t *here);
/* late = here and x > limit. Returns how many. */
uint32_t lanes_late(const int32_t *here, const float *x, float limit, int32_t *late);
/* How many of `here`, not late, have h <= cut. */
uint32_t lanes_count(const int32_t *here, const int32_t *late, const int32_t *high, int32_t cut);
/* Quality after an attempt: bad for seen < h <= wrong, good for wrong < h <= repair. */
void lanes_taint(const int32_t *here, const int32_t *late, const int32_t *high, int32_t seen,
                 int32_t wrong, int32_t repair, int32_t *good);
/* Flags, 0 or 1, of those here that failed (late, or h <= cut) and of those that did not. */
void lanes_flags(const int32_t *here, const int32_t *late, const int32_t *high, int32_t cut,
                 uint8_t *failed, uint8_t *passed);
/* Those here that failed (late, or h <= cut) go to `fail`, the others to `pass`; each counts a
 * visit.  Returns how many failed. */
uint32_t lanes_go(const int32_t *here, const int32_t *late, const int32_t *high, int32_t cut,
                  int32_t pass, int32_t fail, int32_t *at, int32_t *visits);
/* t += x for those here and not late (NULL: none is); x is used up. */
void lanes_add_time(const int32_t *here, const int32_t *late, float *x, double *t);
/* t += c for those here. */
void lanes_add_constant(const int32_t *here, double c, double *t);
/* n += 1 for those here. */
void lanes_increment(const int32_t *here, int32_t *n);
/* Those here that are bad are remembered. */
void lanes_mark_bad(const int32_t *here, const int32_t *good, uint8_t *bad);
/* to = from for those here. */
void lanes_keep(const int32_t *here, const int32_t *from, int32_t *to);

/* The first attempt by all items at a step whose latencies come from one smooth table (see
 * qtable_smooth): numbers from the stream of `key`. */
struct lanes_attempt {
    const float (*row)[4];
    int bits;
    int32_t step, cut; /* who is late or has h <= cut fails */
    int32_t pass, fail;
    float limit;
};
struct lanes_items {
    int32_t *at, *visits;
    double *time; /* late ones pay nothing here */
    int32_t *late, *here, *high;
};
struct lanes_failed {
    uint32_t failed, late; /* how many; the late ones have failed */
};
/* Adds the time of those who are here.  moves: counts their visit and sends them to `pass` or
 * `fail`; else they stay, and here[] and high[] are set.  limited: late[] is set; else none is
 * late.  The three are scratch where they are not set. */
struct lanes_failed lanes_attempt(const struct lanes_attempt *a, uint64_t key, bool moves,
                                  bool limited, const struct lanes_items *to);

/* --- at the end of a block */
struct lanes_ends {
    uint32_t correct, reviewed, reviewed_bad, auto_shipped, auto_wrong;
};
/* Counts over the items: shipped ones that are correct, those reviewed, those reviewed while
 * bad, and those shipped without a review, and the bad among them. */
void lanes_ends(const int32_t *at, const int32_t *good, const int32_t *reviews,
                const int32_t *reviewed_bad, struct lanes_ends *out);
/* Sums of (x * scale) and of its square; scale is a power of 2. */
struct lanes_sums {
    double sum, sum2;
};
/* Over all LANES items. */
struct lanes_sums lanes_sum(const double *x, double scale);
/* The same of those that shipped and of the others; shipped[] is their mask, floats[] the x.  How
 * many shipped, and were rejected. */
struct lanes_totals {
    struct lanes_sums shipped, others;
    uint32_t n_shipped, n_rejected;
};
/* Fills shipped[], floats[] and *out; x of lanes without an item counts among the others. */
void lanes_totals(const int32_t *at, const double *x, double scale, int32_t *shipped, float *floats,
                  struct lanes_totals *out);
/* Sums of n, n^2, n^3 and n^4. */
void lanes_sum_counts(const int32_t *n, double sum[4]);
/* The same for n <= LANES_SMALL. */
enum { LANES_SMALL = 37 };
/* Each n must be in [0, LANES_SMALL]. */
void lanes_sum_small_counts(const int32_t *n, double sum[4]);
/* out[i] = x[i], rounded. */
void lanes_floats(const double *x, float *out);
/* Sum over the items that are correct of (x * scale). */
double lanes_sum_correct(const int32_t *at, const int32_t *good, const double *x, double scale);
/* How many are at `where` (any when AT_NONE) with x <= limit; correct ones only when asked. */
uint32_t lanes_within(const int32_t *at, const int32_t *good, const double *x, double limit,
                      int correct_only);
/* bad: items marked; shipped: those of them that shipped bad. */
void lanes_escapes(const uint8_t *bad, const int32_t *at, const int32_t *good, uint32_t *n_bad,
                   uint32_t *n_shipped);

#endif
