/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Environments are semi-Markov: shares of time are those of the chain of states, weighted with
 * their mean sojourns (Cinlar, "Introduction to Stochastic Processes", 1975, ch. 10). */
#include "sim/environment.h"

#include <math.h>

void stationary_law(double *a, uint32_t n, double *pi)
{
    for (uint32_t k = n - 1; k > 0; k--) {
        double sum = 0;
        for (uint32_t j = 0; j < k; j++)
            sum += a[k * n + j];
        for (uint32_t i = 0; i < k; i++)
            a[i * n + k] /= sum > 0 ? sum : 1;
        for (uint32_t i = 0; i < k; i++)
            for (uint32_t j = 0; j < k; j++)
                a[i * n + j] += a[i * n + k] * a[k * n + j];
    }
    double total = pi[0] = 1;
    for (uint32_t k = 1; k < n; k++) {
        pi[k] = 0;
        for (uint32_t i = 0; i < k; i++)
            pi[k] += pi[i] * a[i * n + k];
        total += pi[k];
    }
    for (uint32_t k = 0; k < n; k++)
        pi[k] /= total;
}

double environment_next(const struct environment *e, uint32_t from, uint32_t to)
{
    const double *p = e->state[from].to;
    return p ? p[to] : to == (from + 1) % e->n_states;
}

void environment_shares(const struct environment *e, double *share)
{
    uint32_t n = e->n_states;
    double *a = mem_zero((size_t)n * n, sizeof *a), sum = 0;
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = 0; j < n; j++)
            a[i * n + j] = environment_next(e, i, j);
    stationary_law(a, n, share);
    for (uint32_t k = 0; k < n; k++)
        sum += share[k] *= dist_mean(&e->state[k].lasts);
    for (uint32_t k = 0; k < n; k++)
        share[k] /= sum;
    mem_free(a);
}

uint32_t environment_pick(const struct environment *e, const double *share, double u)
{
    double sum = 0;
    for (uint32_t k = 0; k + 1 < e->n_states; k++)
        if (u < (sum += share[k]))
            return k;
    return e->n_states - 1;
}

uint32_t environment_follow(const struct environment *e, uint32_t from, double u)
{
    double sum = 0;
    for (uint32_t k = 0; k + 1 < e->n_states; k++)
        if (u < (sum += environment_next(e, from, k)))
            return k;
    return e->n_states - 1;
}

double environment_left(const struct dist *lasts, double u)
{
    double mean = dist_mean(lasts), low = 0, high = mean;
    while (isfinite(high) && dist_capped_moment(lasts, high, 1) < u * mean)
        high *= 2;
    for (int k = 0; k < 60; k++) {
        double middle = (low + high) / 2;
        if (dist_capped_moment(lasts, middle, 1) < u * mean)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}
