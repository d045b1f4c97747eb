/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Alpha is 1 - D_o / D_e: disagreement within things over disagreement between all values that were
 * given.  Posterior draws weigh each kind of thing by a gamma variate of its count; quantiles of
 * DRAWS of them are the interval, from a fixed key: the same data, the same interval. */
#include "math/agreement.h"

#include "base/buf.h"
#include "math/rng.h"
#include "math/sort.h"

#include <math.h>

enum { DRAWS = 2000, SEED = 1 };

struct sums {
    double things, values, yes, no; /* of things with two judges or more */
    double disagree;                /* sum over things of 2 yes no / (judges - 1) */
};

static void add(struct sums *s, double yes, double no, double weight)
{
    double judges = yes + no;
    s->things += weight;
    s->values += weight * judges;
    s->yes += weight * yes;
    s->no += weight * no;
    s->disagree += weight * 2 * yes * no / (judges - 1);
}

static double share_of(const struct sums *s)
{
    return 1 - s->disagree / s->values;
}

/* With n - 1 of the n values: those that a value can be compared with. */
static double alpha_of(const struct sums *s)
{
    double expected = 2 * s->yes * s->no / (s->values - 1);
    return expected > 0 ? 1 - s->disagree / expected : NAN;
}

static struct interval between(double *x, size_t n, double level)
{
    size_t low = (size_t)floor((1 - level) / 2 * (double)n);
    sort_doubles(x, n);
    return (struct interval){x[low], x[n - 1 - low]};
}

static void draw(const struct judged *at, size_t n, struct rng_seq *rng, struct sums *out)
{
    static const double prior[3][2] = {
        {2, 0},
        {0, 2},
        {1, 1}
    };
    double weight[3], all[3] = {0};
    *out = (struct sums){0};
    for (size_t i = 0; i < n; i++) {
        if (at[i].yes + at[i].no < 2 || !at[i].n)
            continue;
        bool pair = at[i].yes + at[i].no == 2;
        int kind = at[i].yes == 2 ? 0 : at[i].no == 2 ? 1 : 2;
        if (pair)
            all[kind] += (double)at[i].n;
        else
            add(out, at[i].yes, at[i].no, rng_gamma(rng, (double)at[i].n));
    }
    for (int k = 0; k < 3; k++) {
        weight[k] = rng_gamma(rng, all[k] + 0.5);
        add(out, prior[k][0], prior[k][1], weight[k]);
    }
}

void agreement_of(const struct judged *at, size_t n, double level, struct agreement *out)
{
    struct rng_seq rng = {rng_key(SEED, 0, 0, 0, RNG_PARAMETER), 0};
    struct sums s = {0}, drawn;
    double *share = mem_alloc(DRAWS * sizeof *share), *alpha = mem_alloc(DRAWS * sizeof *alpha);
    *out = (struct agreement){.share = NAN, .alpha = NAN};
    for (size_t i = 0; i < n; i++) {
        uint64_t judges = (uint64_t)at[i].yes + at[i].no;
        if (judges < 2)
            continue;
        add(&s, at[i].yes, at[i].no, (double)at[i].n);
        out->things += at[i].n;
        out->pairs += at[i].n * (judges * (judges - 1) / 2);
    }
    if (out->things) {
        out->share = share_of(&s);
        out->alpha = alpha_of(&s);
        for (size_t k = 0; k < DRAWS; k++) {
            draw(at, n, &rng, &drawn);
            double scale = (s.things + 1.5) / drawn.things;
            drawn.values *= scale;
            drawn.yes *= scale;
            drawn.no *= scale;
            drawn.disagree *= scale;
            share[k] = share_of(&drawn);
            alpha[k] = alpha_of(&drawn);
        }
        out->of_share = between(share, DRAWS, level);
        out->of_alpha = between(alpha, DRAWS, level);
    }
    mem_free(share);
    mem_free(alpha);
}

static double kappa_of(double yy, double yn, double ny, double nn)
{
    double n = yy + yn + ny + nn;
    double seen = (yy + nn) / n;
    double chance = ((yy + yn) * (yy + ny) + (nn + yn) * (nn + ny)) / (n * n);
    return chance < 1 ? (seen - chance) / (1 - chance) : NAN;
}

double agreement_kappa(const uint64_t cell[2][2])
{
    return kappa_of((double)cell[1][1], (double)cell[1][0], (double)cell[0][1], (double)cell[0][0]);
}

struct interval agreement_kappa_interval(const uint64_t cell[2][2], double level)
{
    struct rng_seq rng = {rng_key(SEED, 0, 1, 0, RNG_PARAMETER), 0};
    double *x = mem_alloc(DRAWS * sizeof *x);
    for (size_t k = 0; k < DRAWS; k++) {
        double w[4];
        for (size_t i = 0; i < 4; i++)
            w[i] = rng_gamma(&rng, (double)cell[i / 2][i % 2] + 0.5);
        x[k] = kappa_of(w[3], w[2], w[1], w[0]);
    }
    struct interval out = between(x, DRAWS, level);
    mem_free(x);
    return out;
}
