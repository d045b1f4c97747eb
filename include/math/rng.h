/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keyed random streams: the numbers depend on the key and nothing else, so they are the same on
 * any thread, rank or after a resume.
 *
 * Dense use: a struct rng is xoshiro256++ (Blackman and Vigna 2021) in 8 lanes, seeded from a key
 * by SplitMix64; rng_fill writes the lanes in turn.  Sparse use: rng_at(key, index) is the
 * index-th output of the SplitMix64 stream of that key, by random access.
 * A key is hashed from (seed, replication, block, step, purpose); different tuples give
 * independent streams. */
#ifndef SEAM_MATH_RNG_H
#define SEAM_MATH_RNG_H

#include <stddef.h>
#include <stdint.h>

enum rng_purpose {
    RNG_ATTEMPT, /* latency and outcome of an attempt */
    RNG_OUTCOME, /* outcome with 64 bits, where a probability is below 1e-6 */
    RNG_BACKOFF,
    RNG_CONFIDENCE,
    RNG_DECISION, /* a check's or reviewer's decision, fixes and spoils */
    RNG_QUALITY,  /* quality on entry, repair, validation */
    RNG_CLASS,
    RNG_PARAMETER, /* draws of parameters from their evidence */
    RNG_SPLIT,     /* choices of labels, permutations */
    RNG_WAY,       /* which of several ways on */
    RNG_CACHE,     /* a hit, and its latency */
    RNG_AUDIT,
    RNG_THRESHOLD, /* of an item at a gate */
    RNG_PURPOSE_COUNT
};

struct rng {
    uint64_t s[4][8];
} __attribute__((aligned(64)));

/* The key of a stream; `purpose` is an enum rng_purpose. */
uint64_t rng_key(uint64_t seed, uint64_t replication, uint64_t block, uint32_t step,
                 uint32_t purpose);
/* Seeds all 8 lanes from the key: the same key, the same numbers. */
void rng_init(struct rng *r, uint64_t key);
/* Writes n 64-bit numbers; n is a multiple of 8, out aligned to 64. */
void rng_fill(struct rng *r, uint64_t *out, size_t n);
/* 2^64 over the golden ratio, odd: the step of SplitMix64. */
#define RNG_GOLDEN UINT64_C(0x9e3779b97f4a7c15)
/* Stafford's mix 13, the output function of SplitMix64. */
static inline uint64_t rng_mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}
/* Number `index`, from 0, of the sparse stream of that key: 64 random bits. */
static inline uint64_t rng_at(uint64_t key, uint64_t index)
{
    return rng_mix(key + (index + 1) * RNG_GOLDEN);
}
/* (0, 1), 52 bits, never 0 or 1. */
static inline double rng_unit(uint64_t x)
{
    return ((double)(x >> 12) + 0.5) * 0x1p-52;
}

/* A small sequential generator on the same keys, for outer loops (posterior draws, shuffles). */
struct rng_seq {
    uint64_t key, next;
};
static inline uint64_t rng_next(struct rng_seq *s)
{
    return rng_at(s->key, s->next++);
}
double rng_normal(struct rng_seq *s);              /* standard normal, by inversion */
double rng_gamma(struct rng_seq *s, double shape); /* scale 1, Marsaglia and Tsang 2000 */
/* Beta(a, b) with a, b > 0, from two gamma variates in logarithms. */
double rng_beta(struct rng_seq *s, double a, double b);
uint64_t rng_below(struct rng_seq *s, uint64_t n); /* uniform in [0, n), unbiased */

#endif
