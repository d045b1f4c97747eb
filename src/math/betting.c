/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bets against a mean.
 *
 * If the share of errors is m, w (e - m) has mean 0 over the draws, so that the capital of a bettor
 * who puts any predictable stake on it is a martingale; whoever ends with 1 / d has seen what
 * happens with probability d at most (Ville 1939).  Stakes: predictable plug-in, with the variance
 * seen so far and three quarters of the most that cannot ruin (Waudby-Smith and Ramdas 2024,
 * "Estimating means of bounded random variables by betting", JRSS B 86(1), 3.2 and 4.1).  Stakes do
 * not depend on m but for that cap, so capital grows with m and a bisection finds the bound.
 *
 * The alarm bets the other way with fixed stakes: with equal weights the stake of an alternative
 * share q is (q - a) / (a (1 - a)), which makes the product the likelihood ratio of q against a. */
#include "math/betting.h"

#include "base/buf.h"
#include "math/rng.h"

#include <math.h>

struct weighed_mean weighed_mean(const struct weighed *s, size_t n)
{
    struct weighed_mean m = {.estimate = NAN, .se = NAN, .equal = true};
    double squares = 0, wrong = 0, spread = 0;
    for (size_t i = 0; i < n; i++) {
        m.total += s[i].weight;
        squares += s[i].weight * s[i].weight;
        wrong += s[i].wrong ? s[i].weight : 0;
        m.most = fmax(m.most, s[i].weight);
        m.equal = m.equal && s[i].weight == s[0].weight;
    }
    if (n == 0)
        return m;
    m.estimate = wrong / m.total;
    m.effective = m.total * m.total / squares;
    for (size_t i = 0; i < n; i++) {
        double off = s[i].weight * ((s[i].wrong ? 1 : 0) - m.estimate);
        spread += off * off;
    }
    m.se = sqrt(spread) / m.total;
    return m;
}

/* ---- bounds ------------------------------------------------------------------------------ */

/* A bet: the weight as a share of the greatest, and the stake. */
struct bet {
    double part, stake;
    bool wrong;
};

enum { CHUNK = 8 };
static const double CAP = 0.75;

/* Fisher and Yates' shuffle, then the stakes in that order. */
static struct bet *place_bets(const struct weighed *s, size_t n, double d, uint64_t key)
{
    struct bet *bet = mem_alloc((n + 1) * sizeof *bet);
    struct rng_seq rng = {key, 0};
    double most = 0, seen = 0, wrong = 0, spread = 0, reach = 2 * log(1 / d) / (double)n;
    for (size_t i = 0; i < n; i++) {
        most = fmax(most, s[i].weight);
        bet[i] = (struct bet){s[i].weight, 0, s[i].wrong};
    }
    for (size_t i = n; i-- > 1;) {
        size_t j = rng_below(&rng, i + 1);
        struct bet swap = bet[i];
        bet[i] = bet[j];
        bet[j] = swap;
    }
    for (size_t i = 0; i < n; i++) {
        bet[i].part /= most;
        bet[i].stake = sqrt(reach * (double)(i + 1) / (0.25 + spread));
        wrong += bet[i].wrong ? bet[i].part : 0;
        seen += bet[i].part;
        double mean = (0.5 + wrong) / (1 + seen);
        double off = bet[i].part * ((bet[i].wrong ? 1 : 0) - mean);
        spread += off * off;
    }
    return bet;
}

/* ln of the capital won against "the share is m".  Few factors are multiplied before a logarithm
 * is taken: each lies between 1 / 4 and a power far below the greatest double. */
static double capital(const struct bet *bet, size_t n, double m)
{
    double sum = 0, product = 1, cap = CAP / (1 - m);
    for (size_t i = 0; i < n; i++) {
        double stake = bet[i].stake < cap ? bet[i].stake : cap;
        product *= 1 + stake * bet[i].part * (bet[i].wrong ? m - 1 : m);
        if (i % CHUNK == CHUNK - 1) {
            sum += log(product);
            product = 1;
        }
    }
    return sum + log(product);
}

double betting_log_e(const struct weighed *s, size_t n, double a, double d, uint64_t key)
{
    if (n == 0)
        return 0;
    struct bet *bet = place_bets(s, n, d, key);
    double log_e = capital(bet, n, a);
    mem_free(bet);
    return log_e;
}

/* The m in (low, high) where the capital reaches `bar`, by regula falsi of the Illinois kind
 * (Dowell and Jarratt 1971): it does not at `low`, where it stands at f_low below the bar, and does
 * at `high`.  Never below the root by more than the tolerance. */
static double cross(const struct bet *bet, size_t n, double bar, double low, double f_low,
                    double high, double f_high)
{
    enum { STEPS = 60 };
    int side = 0;
    for (int i = 0; i < STEPS && high - low > 1e-11 * high; i++) {
        double x = (low * f_high - high * f_low) / (f_high - f_low);
        if (!(x > low && x < high) || i % 8 == 7)
            x = low + (high - low) / 2;
        double f = capital(bet, n, x) - bar;
        if (f >= 0) {
            high = x;
            f_high = f;
            f_low = side > 0 ? f_low / 2 : f_low;
            side = 1;
        } else {
            low = x;
            f_low = f;
            f_high = side < 0 ? f_high / 2 : f_high;
            side = -1;
        }
        if (f == 0)
            break;
    }
    return high;
}

double betting_upper(const struct weighed *s, size_t n, double d, uint64_t key)
{
    if (n == 0)
        return 1;
    struct weighed_mean mean = weighed_mean(s, n);
    struct bet *bet = place_bets(s, n, d, key);
    double bar = log(1 / d), low = 0, high = mean.estimate, f_low = -bar, f = 0;
    double step = fmax(3 * mean.se, 1 / (double)n), found = 1;
    while (high < 1) { /* brackets the root in growing steps from the estimate */
        high = fmin(high + step, 1 - 1e-15);
        f = capital(bet, n, high) - bar;
        if (f >= 0) {
            found = cross(bet, n, bar, low, f_low, high, f);
            break;
        }
        if (high >= 1 - 1e-15)
            break;
        low = high;
        f_low = f;
        step *= 2;
    }
    mem_free(bet);
    return found;
}

double betting_lower(const struct weighed *s, size_t n, double d, uint64_t key)
{
    struct weighed *other = mem_alloc((n + 1) * sizeof *other);
    for (size_t i = 0; i < n; i++)
        other[i] = (struct weighed){s[i].weight, !s[i].wrong};
    double lower = 1 - betting_upper(other, n, d, key);
    mem_free(other);
    return lower;
}

/* ---- the alarm --------------------------------------------------------------------------- */

/* Alternatives: odds so many times those of the target. */
static const double odds[ALARM_SHARES] = {1.25, 1.5, 2, 3, 5, 10};

static double share_of(double target, double times)
{
    return times * target / (1 - target + times * target);
}

/* What is not yet staked before label n + 1: half begins with the first, the rest later, with a
 * share that falls as 1 / (n log^2 n). */
static double in_hand(size_t n)
{
    return n == 0 ? 1 : 0.5 / (1 + log2((double)n));
}

void alarm_init(struct alarm *a, double target, double most)
{
    *a = (struct alarm){.target = target, .most = most};
    for (int j = 0; j < ALARM_SHARES; j++) {
        a->bet[j] = (share_of(target, odds[j]) - target) / (target * (1 - target));
        a->log_sum[j] = -INFINITY;
        a->run[j] = -INFINITY;
    }
}

static double log_add(double x, double y)
{
    double most = fmax(x, y);
    return isinf(most) ? most : most + log1p(exp(fmin(x, y) - most));
}

double alarm_add(struct alarm *a, double weight, bool wrong)
{
    double part = weight / a->most * ((wrong ? 1 : 0) - a->target), all = log(in_hand(a->n + 1));
    double fresh = log(in_hand(a->n) - in_hand(a->n + 1));
    for (int j = 0; j < ALARM_SHARES; j++) {
        double ratio = log1p(a->bet[j] * part);
        a->log_sum[j] = log_add(a->log_sum[j], fresh) + ratio;
        all = log_add(all, a->log_sum[j] - log(ALARM_SHARES));
        if (!(a->run[j] > 0)) {
            a->run[j] = 0;
            a->run_from[j] = a->n;
        }
        a->run[j] += ratio;
    }
    a->n++;
    a->log_e = all;
    return all;
}

static int strongest(const struct alarm *a)
{
    int best = 0;
    for (int j = 1; j < ALARM_SHARES; j++)
        if (a->run[j] > a->run[best])
            best = j;
    return best;
}

size_t alarm_since(const struct alarm *a)
{
    return a->run_from[strongest(a)];
}

double alarm_share(const struct alarm *a)
{
    return share_of(a->target, odds[strongest(a)]);
}
