/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The incomplete beta function in logarithms.
 *
 * x^a y^b / B(a, b) is written around its mode a / (a + b), where the linear terms cancel exactly
 * (Loader 2000, "Fast and accurate computation of binomial probabilities"), with the remainder of
 * Stirling's series for the constant.  It is multiplied by the continued fraction of DiDonato and
 * Morris 1992 (TOMS 708, "BFRAC"), which loses nothing where x is near 1; when both parameters are
 * large, where that needs many terms, the smaller tail is integrated by Gauss and Legendre over the
 * stretch that matters. The inverse is Newton's method on the logarithm of the smaller tail over
 * ln(x / y): a concave function there, so it converges from any start. */
#include "math/beta.h"

#include <float.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdbool.h>

static const double LARGE = 3000, FAR = 1e300;

/* ln G(z) - ((z - 1/2) ln z - z + ln(2 pi) / 2): Abramowitz and Stegun 6.1.41, raised to z >= 10
 * by the recurrence of the gamma function. */
static double stirling_rest(double z)
{
    double lifted = 0;
    for (; z < 10; z += 1)
        lifted += (z + 0.5) * log1p(1 / z) - 1;
    static const double c[] = {1.0 / 12,   -1.0 / 360,      1.0 / 1260, -1.0 / 1680,
                               1.0 / 1188, -691.0 / 360360, 1.0 / 156};
    double sum = 0, r = 1 / z, r2 = r * r;
    for (int i = 6; i >= 0; i--)
        sum = sum * r2 + c[i];
    return lifted + sum * r;
}

/* ln(1 + t) - t, where ratio = 1 + t was computed without cancellation. */
static double log_less_linear(double t, double ratio)
{
    if (t < -0.3)
        return log(ratio) - t;
    if (t > 0.3)
        return log1p(t) - t;
    double r = t / (2 + t), r2 = r * r, sum = 0, power = 1;
    for (int k = 3; power > 1e-18; k += 2) {
        sum += power / k;
        power *= r2;
    }
    return r * (2 * r2 * sum - t);
}

/* a ln(x / mode) + b ln(y / (1 - mode)), mode = a / (a + b), d = x - mode. */
static double log_shape(double a, double b, double x, double y, double d)
{
    double n = a + b, at = a / n, bt = b / n;
    return a * log_less_linear(d / at, x / at) + b * log_less_linear(-d / bt, y / bt);
}

static double log_constant(double a, double b)
{
    double n = a + b;
    return 0.5 * (log(a / n) + log(b) - log(2 * M_PI)) + stirling_rest(n) - stirling_rest(a) -
           stirling_rest(b);
}

static double offset(double a, double b, double x, double y)
{
    return (x * b - y * a) / (a + b);
}

/* ln(x^a y^b / B(a, b)). */
static double log_power(double a, double b, double x, double y)
{
    return log_constant(a, b) + log_shape(a, b, x, y, offset(a, b, x, y));
}

/* I_x(a, b) / (x^a y^b / B(a, b)) for x at or below the mode. */
static double fraction(double a, double b, double x, double y)
{
    double c = 1 + (a * y - b * x), c0 = b / a, c1 = 1 + 1 / a, p = 1, s = a + 1;
    double an = 0, bn = 1, a_next = 1, b_next = c / c1, r = c1 / c;
    for (int n = 1; n < 100000; n++) {
        double t = n / a, w = n * (b - n) * x, e = a / s;
        double alpha = p * (p + c0) * e * e * w * x;
        double beta = n + w / s + (1 + t) / (c1 + t + t) * (c + n * (1 + y));
        p = 1 + t;
        s += 2;
        double a_new = alpha * an + beta * a_next, b_new = alpha * bn + beta * b_next;
        double before = r;
        r = a_new / b_new;
        if (fabs(r - before) <= DBL_EPSILON * r)
            break;
        an = a_next / b_new;
        bn = b_next / b_new;
        a_next = r;
        b_next = 1;
    }
    return r;
}

/* Positive nodes and weights of the 16-point Gauss-Legendre rule. */
static const double gauss16[8][2] = {
    {0.095012509837637441, 0.1894506104550685  },
    {0.28160355077925892,  0.18260341504492358 },
    {0.45801677765722737,  0.16915651939500254 },
    {0.61787624440264377,  0.14959598881657674 },
    {0.755404408355003,    0.12462897125553388 },
    {0.86563120238783176,  0.095158511682492786},
    {0.9445750230732326,   0.062253523938647894},
    {0.98940093499164994,  0.027152459411754096},
};

/* ln of the tail above x, for x at or above the mode and a, b large. */
static double log_upper_by_quadrature(double a, double b, double x, double y)
{
    enum { PANELS = 4 };
    double n = a + b, d = offset(a, b, x, y);
    double sd = sqrt(a / n) * sqrt(b / n) / sqrt(n + 1);
    double z = d / sd, reach = (sqrt(z * z + 90) - z) * sd; /* e^-45 below the start */
    if (reach > y)
        reach = y;
    double here = log_shape(a, b, x, y, d), sum = 0, half = reach / PANELS / 2;
    for (int panel = 0; panel < PANELS; panel++) {
        for (int i = 0; i < 16; i++) {
            double node = i < 8 ? gauss16[i][0] : -gauss16[i - 8][0];
            double s = half * (2 * panel + 1 + node);
            sum += gauss16[i % 8][1] * exp(log_shape(a, b, x + s, y - s, d + s) - here) /
                   ((x + s) * (y - s));
        }
    }
    return log_constant(a, b) + here + log(sum * half);
}

struct log_tails beta_log_tails(double a, double b, double x, double y)
{
    if (!(x > 0))
        return (struct log_tails){-INFINITY, 0};
    if (!(y > 0))
        return (struct log_tails){0, -INFINITY};
    bool lower;
    double tail;
    if (a > LARGE && b > LARGE) {
        lower = offset(a, b, x, y) < 0;
        tail = lower ? log_upper_by_quadrature(b, a, y, x) : log_upper_by_quadrature(a, b, x, y);
    } else {
        lower = offset(a, b, x, y) < 0;
        tail = lower ? log_power(a, b, x, y) + log(fraction(a, b, x, y))
                     : log_power(b, a, y, x) + log(fraction(b, a, y, x));
    }
    tail = fmin(tail, 0);
    /* ln(1 - e^t) by the more exact of two ways: Maechler 2012, "Accurately computing
     * log(1 - exp(-|a|))". */
    double rest = tail > -M_LN2 ? log(-expm1(tail)) : log1p(-exp(tail));
    return lower ? (struct log_tails){tail, rest} : (struct log_tails){rest, tail};
}

/* Where I_x(a, b) = x^a / (a B(a, b)) = p, as ln x; right when that is far below 0. */
static double log_power_law_quantile(double log_p, double a, double b)
{
    double at = a / (a + b);
    return (log_p + log(a) - log_constant(a, b) + b * log1p(-at)) / a + log(at);
}

double beta_quantile_logit(double p, double a, double b)
{
    if (!(p > 0))
        return -INFINITY;
    if (!(p < 1))
        return INFINITY;
    bool lower = p <= 0.5;
    double want = lower ? log(p) : log1p(-p);
    double w_tail = lower ? log_power_law_quantile(want, a, b) : log_power_law_quantile(want, b, a);
    if (w_tail < -600)
        return lower ? w_tail : -w_tail;
    double low = -FAR, high = FAR;
    double w = log(a) - log(b) + gsl_cdf_ugaussian_Pinv(p) * sqrt(1 / a + 1 / b);
    for (int i = 0; i < 200; i++) {
        double e = exp(-fabs(w)), near = 1 / (1 + e), far = e / (1 + e);
        double x = w > 0 ? near : far, y = w > 0 ? far : near;
        struct log_tails t = beta_log_tails(a, b, x, y);
        double got = lower ? t.lower : t.upper, off = lower ? got - want : want - got;
        if (off > 0)
            high = fmin(high, w);
        else
            low = fmax(low, w);
        double slope = exp(log_power(a, b, x, y) - got); /* d ln tail / d w */
        double step = off / slope;
        if (off == 0 || fabs(step) <= 2 * DBL_EPSILON * fabs(w) || high - low <= DBL_MIN)
            break;
        double next = w - step;
        if (!(next > low && next < high)) {
            if (fabs(step) < 1e-9 * (1 + fabs(w)))
                break; /* rounding, not direction */
            double far_step = 1 + fabs(w);
            next = low == -FAR ? w - far_step : high == FAR ? w + far_step : low / 2 + high / 2;
            if (next == low || next == high)
                break;
        }
        w = next;
    }
    return w;
}

double beta_quantile(double p, double a, double b)
{
    double w = beta_quantile_logit(p, a, b);
    return w > 0 ? 1 / (1 + exp(-w)) : exp(w) / (1 + exp(w));
}
