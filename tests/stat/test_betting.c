/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Do bounds from unequal audits and the alarm keep their promises?  Items are drawn from a
 * population whose error is known, audited with probabilities that hang on their confidence, and
 * judged, again and again.  d = 5%; with 2,000 repetitions 6.5% is 3.1 standard deviations above
 * it, with 600 7.8% is 3.1; seeds are fixed.  The test of this test: binomial bounds that forget
 * the weights, and a threshold of twenty looks at 5% each, must fail. */
#include "decide/audit.h"
#include "math/betting.h"
#include "tests/support/support.h"

#include "math/gsl_guard.h"
#include "math/interval.h"
#include "math/rng.h"

#include <math.h>

enum { ITEMS = 4000, REPETITIONS = 2000 };

/* Confidence spread evenly over [0.8, 1]. */
struct drawn {
    double confidence;
    bool wrong;
};

static double p_wrong(double c)
{
    return 0.3 * pow((1 - c) / 0.2, 2);
}

static const double TRUE_SHARE = 0.1; /* of 0.3 u^2 over u in [0, 1] */

static struct drawn draw(struct rng_seq *rng)
{
    struct drawn d = {.confidence = 0.8 + 0.2 * rng_unit(rng_next(rng))};
    d.wrong = rng_unit(rng_next(rng)) < p_wrong(d.confidence);
    return d;
}

/* The confident are audited more: who forgets the weights sees too few errors. */
static double p_audit(double c)
{
    return 0.02 + 0.08 * (c - 0.8) / 0.2;
}

static size_t audit(uint64_t repetition, struct weighed *out)
{
    struct rng_seq rng = {rng_key(5, repetition, 0, 0, RNG_AUDIT), 0};
    size_t n = 0;
    for (size_t i = 0; i < ITEMS; i++) {
        struct drawn d = draw(&rng);
        double p = p_audit(d.confidence);
        if (rng_unit(rng_next(&rng)) < p)
            out[n++] = (struct weighed){1 / p, d.wrong};
    }
    return n;
}

static void bounds_from_unequal_audits_hold_as_often_as_they_say(void **state)
{
    static struct weighed s[ITEMS];
    double above = 0, below = 0, plain = 0, width = 0, normal = 0;
    for (uint64_t r = 0; r < REPETITIONS; r++) {
        size_t n = audit(r, s);
        struct weighed_mean m = weighed_mean(s, n);
        double upper = betting_upper(s, n, 0.05, r);
        uint64_t k = 0;
        for (size_t i = 0; i < n; i++)
            k += s[i].wrong;
        above += upper < TRUE_SHARE;
        below += betting_lower(s, n, 0.05, r) > TRUE_SHARE;
        plain += interval_upper(k, n, 0.05) < TRUE_SHARE;
        width += (upper - m.estimate) / REPETITIONS;
        normal += 1.645 * m.se / REPETITIONS;
    }
    print_message(
        "bounds broken: %.3f above, %.3f below; forgetting weights %.2f; %.2f times as wide "
        "as the normal law\n",
        above / REPETITIONS, below / REPETITIONS, plain / REPETITIONS, width / normal);
    within(above / REPETITIONS, 0, 0.065);
    within(below / REPETITIONS, 0, 0.065);
    within(plain / REPETITIONS, 0.5, 1);
    within(width / normal, 1, 1.9); /* 1 would be the normal law, which promises nothing */
}

/* A certificate of what ships, from reviewed items and audits, at a threshold chosen by a quarter.
 */
static void
certificates_from_audits_and_reviews_break_the_target_no_more_than_promised(void **state)
{
    static struct scored s[ITEMS];
    struct target target = {"auto_error", TARGET_AT_MOST, 0.08, "at most 8%"};
    enum { RUNS = 600 };
    double broken = 0, found = 0;
    for (uint64_t r = 0; r < RUNS; r++) {
        struct rng_seq rng = {rng_key(7, r, 0, 0, RNG_AUDIT), 0};
        struct audit_options options = {
            .level = 0.95, .threshold = NAN, .seed = r, .targets = &target, .n_targets = 1};
        struct audit_sample sample = {
            .at = s, .threshold = NAN, .items_per_day = NAN, .share_shipped = NAN};
        struct error err = {0};
        struct result out;
        bool certified;
        for (size_t i = 0; i < ITEMS; i++) {
            struct drawn d = draw(&rng);
            bool reviewed = d.confidence < 0.85;
            double p = reviewed ? 1 : 2 * p_audit(d.confidence);
            if (rng_unit(rng_next(&rng)) < p)
                s[sample.n++] = (struct scored){.confidence = d.confidence,
                                                .weight = 1 / p,
                                                .correct = !d.wrong,
                                                .source = reviewed ? LABEL_REVIEWED : LABEL_AUDIT};
        }
        result_init(&out, "size");
        ok(audit_size(&sample, &options, &out, &certified, &err), &err);
        found += certified;
        /* the mean of 0.3 u^2 over u below (1 - t) / 0.2 */
        broken += certified && 0.1 * pow((1 - out.answer.threshold) / 0.2, 2) > 0.08;
        result_release(&out);
    }
    print_message("certificates: %.3f given, %.3f broken\n", found / RUNS, broken / RUNS);
    within(broken / RUNS, 0, 0.078);
    within(found / RUNS, 0.7, 1); /* never certifying would keep any promise */
}

/* Labels of one share of errors until the alarm rings; the number of labels, or `most`. */
static size_t rings_after(double target, double share, bool weighted, size_t most, uint64_t seed)
{
    struct rng_seq rng = {rng_key(seed, 0, 0, 1, RNG_AUDIT), 0};
    struct alarm a;
    alarm_init(&a, target, weighted ? 4 : 1);
    for (size_t i = 0; i < most; i++) {
        /* half weigh 4 and err 0.75 times as often, half 1 and twice: (4 * 0.75 + 2) / 5 = 1 */
        double w = weighted && rng_next(&rng) & 1 ? 4 : 1;
        double p = weighted ? (w == 4 ? share * 0.75 : share * 2) : share;
        if (alarm_add(&a, w, rng_unit(rng_next(&rng)) < p) >= log(20))
            return i + 1;
    }
    return most;
}

static void the_alarm_rings_falsely_no_more_than_promised(void **state)
{
    enum { LABELS = 2000 };
    double rang[2] = {0}, naive = 0;
    for (uint64_t r = 0; r < REPETITIONS; r++) {
        for (int weighted = 0; weighted < 2; weighted++)
            rang[weighted] += rings_after(0.05, 0.05, weighted, LABELS, r) < LABELS;
        struct rng_seq rng = {rng_key(r, 0, 0, 2, RNG_AUDIT), 0};
        uint64_t k = 0;
        bool alarm = false;
        for (uint64_t n = 1; n <= LABELS; n++) {
            k += rng_unit(rng_next(&rng)) < 0.05;
            if (n % 100 == 0)
                alarm |= 1 - binomial_cdf(k ? k - 1 : 0, n, 0.05) <= 0.05 && k;
        }
        naive += alarm;
    }
    print_message("false alarms: %.3f, weighted %.3f; twenty looks at 5%% each: %.2f\n",
                  rang[0] / REPETITIONS, rang[1] / REPETITIONS, naive / REPETITIONS);
    within(rang[0] / REPETITIONS, 0, 0.065);
    within(rang[1] / REPETITIONS, 0, 0.065);
    within(naive / REPETITIONS, 0.1, 1);
}

/* Reported: mean labels until an alarm on errors of 5%. */
static void the_alarm_rings_soon_when_errors_rise(void **state)
{
    static const struct {
        double share, within;
    } rise[] = {
        {0.075, 900},
        {0.1,   250},
        {0.15,  85 },
        {0.25,  32 }
    };
    enum { RUNS = 300, LABELS = 20000 };
    for (size_t i = 0; i < sizeof rise / sizeof *rise; i++) {
        double mean = 0;
        for (uint64_t r = 0; r < RUNS; r++)
            mean += (double)rings_after(0.05, rise[i].share, false, LABELS, 77 + r) / RUNS;
        print_message("errors %.3g against at most 0.05: an alarm after %.0f labels\n",
                      rise[i].share, mean);
        within(mean, 2, rise[i].within);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bounds_from_unequal_audits_hold_as_often_as_they_say),
        cmocka_unit_test(
            certificates_from_audits_and_reviews_break_the_target_no_more_than_promised),
        cmocka_unit_test(the_alarm_rings_falsely_no_more_than_promised),
        cmocka_unit_test(the_alarm_rings_soon_when_errors_rise),
    };
    math_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
