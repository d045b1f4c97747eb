/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sample sizes of the exact binomial test.
 *
 * The test of m labels passes up to c(m) errors, and c grows in steps.  With m_c the first m that
 * passes with c errors, the power inside the tooth [m_c, m_{c+1}) falls with m, so that its peaks
 * are at m_c and its troughs at m_{c+1} - 1 (Chernick and Liu 2002, "The saw-toothed behavior of
 * power versus sample size").  Peaks and troughs rise with c but for a small wobble: the wanted c
 * is found by bisection and its neighbours are looked at. */
#include "math/power.h"

#include "math/interval.h"
#include <stdbool.h>

enum { WOBBLE = 30 };
static const uint64_t LABELS_MAX = 1000000000000, NONE = UINT64_MAX;

struct power_test {
    double target, truth, d, power;
};

/* The first m at which c errors pass; NONE beyond LABELS_MAX. */
static uint64_t first_passing(const struct power_test *t, uint64_t c)
{
    uint64_t low = c, high = c + 1; /* low fails, high may pass */
    while (binomial_cdf(c, high, t->target) > t->d) {
        low = high;
        high = high * 2 + 1;
        if (low > LABELS_MAX)
            return NONE;
    }
    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        if (binomial_cdf(c, middle, t->target) > t->d)
            low = middle;
        else
            high = middle;
    }
    return high > LABELS_MAX ? NONE : high;
}

static bool peak_reaches(const struct power_test *t, uint64_t c)
{
    uint64_t m = first_passing(t, c);
    return m != NONE && binomial_cdf(c, m, t->truth) >= t->power;
}

static bool trough_reaches(const struct power_test *t, uint64_t c)
{
    uint64_t m = first_passing(t, c + 1);
    return m != NONE && binomial_cdf(c, m - 1, t->truth) >= t->power;
}

/* A c where `reaches` holds and that it does not for c - 1; NONE when it never does. */
static uint64_t turning_point(const struct power_test *t,
                              bool (*reaches)(const struct power_test *, uint64_t))
{
    if (reaches(t, 0))
        return 0;
    uint64_t low = 0, high = 1;
    while (!reaches(t, high)) {
        low = high;
        high *= 2;
        if (first_passing(t, high) == NONE)
            return NONE;
    }
    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        if (reaches(t, middle))
            high = middle;
        else
            low = middle;
    }
    return high;
}

struct power_plan power_labels(double target, double truth, double d, double power)
{
    const struct power_test t = {target, truth, d, power};
    struct power_plan plan = {.zero_errors = first_passing(&t, 0)};
    if (plan.zero_errors == NONE)
        return (struct power_plan){0};
    if (!(truth < target))
        return plan;
    uint64_t c = turning_point(&t, peak_reaches);
    if (c == NONE)
        return plan;
    for (uint64_t i = c > WOBBLE ? c - WOBBLE : 0; i <= c; i++) {
        if (peak_reaches(&t, i)) {
            plan.first = first_passing(&t, i);
            break;
        }
    }
    c = turning_point(&t, trough_reaches);
    if (c == NONE)
        return plan;
    uint64_t stays = c;
    for (uint64_t i = c; i < c + WOBBLE; i++)
        if (!trough_reaches(&t, i))
            stays = i + 1;
    plan.stays = first_passing(&t, stays);
    return plan;
}

uint64_t power_tooth(double target, double d, uint64_t c)
{
    const struct power_test t = {.target = target, .d = d};
    uint64_t m = first_passing(&t, c);
    return m == NONE ? 0 : m;
}

double power_at(double target, double truth, double d, uint64_t m)
{
    uint64_t low = 0, high = m + 1; /* errors below `low` pass, `high` do not */
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (binomial_cdf(middle, m, target) <= d)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? binomial_cdf(low - 1, m, truth) : 0;
}
