/* SPDX-License-Identifier: GPL-3.0-or-later */
/* xoshiro256++ (Blackman and Vigna, "Scrambled linear pseudorandom number generators", ACM TOMS 47,
 * 2021) in 8 lanes, each lane seeded with four outputs of SplitMix64 (Steele, Lea and Flood,
 * "Fast splittable pseudorandom number generators", OOPSLA 2014) as its authors advise.
 *
 * The lanes live in two vectors of 32 bytes per state word: vectors of 64 bytes would be taken
 * through memory where the machine has AVX2 only. */
#include "math/rng.h"

#include "math/eight.h"
#include "math/multiversion.h"
#include <gsl/gsl_cdf.h>
#include <math.h>

/* One more field into a hash: a bijection of h for each field, and of the field for each h. */
static inline uint64_t absorb(uint64_t h, uint64_t field)
{
    return rng_mix((h ^ rng_mix(field + RNG_GOLDEN)) + RNG_GOLDEN);
}

uint64_t rng_key(uint64_t seed, uint64_t replication, uint64_t block, uint32_t step,
                 uint32_t purpose)
{
    uint64_t h = absorb(0, seed);
    h = absorb(h, replication);
    h = absorb(h, block);
    return absorb(h, (uint64_t)purpose << 32 | step);
}

void rng_init(struct rng *r, uint64_t key)
{
    for (unsigned lane = 0; lane < 8; lane++)
        for (unsigned word = 0; word < 4; word++)
            r->s[word][lane] = rng_at(key, 4 * lane + word);
}

MULTIVERSION void rng_fill(struct rng *r, uint64_t *out, size_t n)
{
    struct eight_rng s;
    eight_longs *to = (eight_longs *)out;
    eight_rng_load(&s, r);
    for (size_t i = 0; i < n / 8; i++) {
        eight_rng_half(s.a, &to[2 * i]);
        eight_rng_half(s.b, &to[2 * i + 1]);
    }
    eight_rng_store(&s, r);
}

double rng_normal(struct rng_seq *s)
{
    return gsl_cdf_ugaussian_Pinv(rng_unit(rng_next(s)));
}

/* ln of a gamma variate of scale 1 (Marsaglia and Tsang, "A simple method for generating gamma
 * variables", ACM TOMS 26, 2000; their section 6 for shapes below 1).  In logs, because small
 * shapes underflow. */
static double log_gamma_variate(struct rng_seq *s, double shape)
{
    double boost = 0;
    if (shape < 1) {
        boost = log(rng_unit(rng_next(s))) / shape;
        shape += 1;
    }
    const double d = shape - 1.0 / 3, c = 1 / sqrt(9 * d);
    for (;;) {
        double x = rng_normal(s), v = 1 + c * x;
        double u = rng_unit(rng_next(s));
        if (v <= 0)
            continue;
        v = v * v * v;
        if (log(u) < 0.5 * x * x + d - d * v + d * log(v))
            return log(d * v) + boost;
    }
}

double rng_gamma(struct rng_seq *s, double shape)
{
    return exp(log_gamma_variate(s, shape));
}

double rng_beta(struct rng_seq *s, double a, double b)
{
    double x = log_gamma_variate(s, a), y = log_gamma_variate(s, b);
    return 1 / (1 + exp(y - x));
}

/* Lemire, "Fast random integer generation in an interval", ACM TOMACS 29, 2019. */
uint64_t rng_below(struct rng_seq *s, uint64_t n)
{
    unsigned __int128 m = (unsigned __int128)rng_next(s) * n;
    if ((uint64_t)m < n) {
        const uint64_t least = -n % n;
        while ((uint64_t)m < least)
            m = (unsigned __int128)rng_next(s) * n;
    }
    return (uint64_t)(m >> 64);
}
