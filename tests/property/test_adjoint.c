/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The derivatives that solve gives, by one pass backward, and central differences of whole
 * solutions agree on random small pipelines: classes, items that enter bad, retries with backoff
 * and limits, validation, repair, caches, hedges, given, confidences with gates, bands and audits,
 * checks and reviews that send back (bounded or not), ways by probability, parallels, environments.
 *
 * Differences are of fourth order over five solutions, one-sided at the ends of a number's range:
 * right to 1e-6 relative, as far as rounding lets them.  Of each pipeline every EACH-th number is
 * moved, of the first WHOLE with visits. */
#include "math/gsl_guard.h"
#include "math/rng.h"
#include "sim/exact.h"
#include "sim/parameters.h"
#include "sim/sensitivity.h"
#include "tests/support/flow.h"
#include "tests/support/solved.h"
#include "tests/support/support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { PIPELINES = 15, WHOLE = 2, EACH = 3, SEED = 1618 };

struct maker {
    struct rng_seq rng;
    struct buf text;
    bool parallels, weather;
};

static uint32_t pick(struct maker *m, uint32_t n)
{
    return (uint32_t)rng_below(&m->rng, n);
}

static double share(struct maker *m, double low, double high)
{
    return low + (high - low) * (1 + pick(m, 98)) / 100.0;
}

static const char *latency(struct maker *m)
{
    static const char *const law[] = {
        "{exponential: {mean: 1s}}",
        "{lognormal: {p50: 500ms, p95: 2s}}",
        "{gamma: {mean: 2s, sd: 1s}}",
        "{weibull: {shape: 1.7, scale: 1s}}",
        "{shifted: {by: 300ms, of: {exponential: {rate: 2/s}}}}",
        "{mixture: [{weight: 0.3, gamma: {mean: 3s, sd: 1s}}, {weight: 0.7, exponential: {mean: "
        "1s}}]}"};
    return law[pick(m, 6)];
}

static void put_attempts(struct maker *m, const char *pad, bool outside)
{
    static const char *const jitter[] = {"none", "full", "equal"};
    buf_printf(&m->text, "%slatency: %s\n%scost: $%g\n", pad, latency(m), pad, share(m, 0.1, 3));
    if (pick(m, 2))
        buf_printf(&m->text, "%stimeout: %us\n", pad, 2 + pick(m, 4));
    if (pick(m, 2))
        buf_printf(&m->text,
                   "%sretry: {attempts: %u, for: [%s], backoff: {initial: 300ms, factor: 1.5, max: "
                   "10s, jitter: %s}}\n",
                   pad, 2 + pick(m, 3), pick(m, 2) ? "error" : "error, malformed, timeout",
                   jitter[pick(m, 3)]);
    else if (outside && !m->weather && !pick(m, 4))
        buf_printf(&m->text, "%shedge: {after: 700ms}\n", pad);
    if (outside && !pick(m, 3))
        buf_printf(&m->text, "%scache: {hit: %g, latency: 50ms}\n", pad, share(m, 0.1, 0.6));
}

static void put_stage(struct maker *m, const char *id, const char *pad)
{
    buf_printf(&m->text, "%.*s- stage: %s\n%serror: %g\n%swrong: %g\n", (int)strlen(pad) - 2, pad,
               id, pad, pick(m, 5) ? share(m, 0.01, 0.3) : 0, pad, share(m, 0.01, 0.3));
    if (pick(m, 2))
        buf_printf(&m->text, "%smalformed: %g\n%svalidation: %g\n%srepair: %g\n", pad,
                   share(m, 0.01, 0.1), pad, share(m, 0.3, 0.9), pad, share(m, 0.1, 0.5));
}

static void put_parallel(struct maker *m)
{
    static const char *const joins[] = {"all", "vote 2 of 3", "majority"};
    buf_printf(&m->text,
               "  - parallel: many\n    copies: 3\n    join: %s\n    fallback: skip\n    branch:\n",
               joins[pick(m, 3)]);
    put_stage(m, "one", "        ");
    buf_printf(&m->text, "        latency: %s\n        cost: $0.5\n",
               pick(m, 2) ? "{exponential: {mean: 2s}}" : "{gamma: {mean: 2s, sd: 1s}}");
}

static void put_judges(struct maker *m)
{
    static const char *const bounds[] = {"at_most: 2, then: reject", "at_most: 1, then: skip",
                                         "at_most: unbounded"};
    buf_printf(&m->text,
               "  - check: critic\n    sensitivity: %g\n    specificity: %g\n"
               "    fallback: skip\n    on_reject: {goto: draft, %s}\n",
               share(m, 0.5, 0.95), share(m, 0.6, 1), bounds[pick(m, 3)]);
    put_attempts(m, "    ", true);
    if (pick(m, 2))
        buf_printf(&m->text,
                   "    given: {first.failed: {sensitivity: %g}, bad: {latency: 1500ms}}\n",
                   share(m, 0.3, 0.6));
    if (pick(m, 2))
        buf_printf(&m->text, "  - gate: sure\n    of: draft\n    threshold: %g\n    above: last\n",
                   share(m, 0.5, 0.9));
    else
        buf_printf(&m->text,
                   "  - gate: sure\n    of: draft\n    threshold: [%g, %g]\n    above: ship\n"
                   "    between: last\n",
                   share(m, 0.2, 0.4), share(m, 0.6, 0.9));
    buf_puts(&m->text, "    below: desk\n");
    if (pick(m, 2))
        buf_printf(&m->text, "    audit: {share: %g, by: desk, design: %s}\n", share(m, 0.1, 0.4),
                   pick(m, 2) ? "uniform" : "near_threshold");
    buf_printf(&m->text,
               "  - stage: last\n    wrong: %g\n    latency: 1s\n"
               "    next: [{to: ship, probability: %g}, {to: draft, probability: 0.1, at_most: 1, "
               "then: ship}, desk]\n",
               share(m, 0, 0.2), share(m, 0.2, 0.6));
    buf_printf(&m->text,
               "  - review: desk\n    sensitivity: %g\n    specificity: %g\n    fixes: %g\n"
               "    spoils: 10%%\n    latency: {lognormal: {p50: 20s, p95: 90s}}\n    cost: $4\n"
               "    on_reject: {goto: draft, at_most: 1, then: reject}\n",
               share(m, 0.7, 1), share(m, 0.7, 1), share(m, 0, 0.9));
}

static void make_text(struct maker *m, uint32_t number)
{
    *m = (struct maker){.rng = {.key = rng_key(SEED, number, 0, 0, RNG_SPLIT)}};
    m->weather = number % 5 == 4;
    m->parallels = number % 5 == 3;
    buf_printf(&m->text, "wrong: %g\nworth: {correct: $40, wrong: $-90, rejected: $2}\n",
               pick(m, 3) ? share(m, 0, 0.2) : 0);
    if (pick(m, 2))
        buf_puts(&m->text, "classes: {x: {share: 30%}, y: {share: 45%}, z: {share: 25%}}\n");
    buf_puts(&m->text, "flow:\n");
    put_stage(m, "first", "    ");
    put_attempts(m, "    ", true);
    buf_puts(&m->text, "    fallback: skip\n");
    if (m->parallels)
        put_parallel(m);
    put_stage(m, "draft", "    ");
    put_attempts(m, "    ", false);
    buf_puts(&m->text,
             "    confidence: {good: {beta: {a: 6, b: 2}}, bad: {beta: {mean: 0.5, n: 5}}}\n");
    put_judges(m);
    if (m->weather)
        buf_printf(
            &m->text,
            "environments:\n  net:\n    up: {lasts: {exponential: {mean: 40s}}}\n"
            "    down: {lasts: {exponential: {mean: 8s}}, steps: {first: {error: %g}, draft: "
            "{latency: {exponential: {mean: 3s}}}}}\n",
            share(m, 0.2, 0.5));
}

/* --- differences */

enum { POINTS = 5, METRICS = SENSITIVITY_SOLVED };

static double ratio(double a, double b)
{
    return b > 0 ? a / b : NAN;
}

/* In the order of sensitivity_metrics; visits only of whole solutions. */
static void values_of(const struct pipeline *p, double y[METRICS])
{
    struct exact_point e;
    struct error err = {0};
    ok(exact_point(p, &e, &err), &err);
    double net = p->worth_correct * e.correct + p->worth_wrong * e.wrong +
                 p->worth_rejected * e.rejected - e.cost;
    double shipped = e.correct + e.wrong;
    const double all[METRICS] = {e.correct,
                                 ratio(e.wrong, shipped),
                                 ratio(e.auto_wrong, e.auto_shipped),
                                 e.reviewed,
                                 e.cost,
                                 ratio(e.cost, e.correct),
                                 ratio(e.latency_shipped, shipped),
                                 net,
                                 e.wrong,
                                 e.rejected,
                                 e.failed,
                                 NAN};
    memcpy(y, all, sizeof all);
}

static void whole_values_of(const struct pipeline *p, double y[METRICS])
{
    struct exact_options options = {.level = 0.95, .values_only = true, .means_only = true};
    struct error err = {0};
    struct result r;
    bool complete;
    result_init(&r, "solve");
    ok(exact_solve(p, &options, &r, &complete, &err), &err);
    for (int i = 0; i < METRICS; i++)
        y[i] = in(&r.metrics, sensitivity_metrics[i]);
    result_release(&r);
}

static void values_at(const struct pipeline *p, const struct parameter *q, double x, bool whole,
                      double *y)
{
    struct pipeline at;
    struct arena arena;
    arena_init(&arena);
    pipeline_copy(p, &at);
    assert_true(parameter_set(q, &at, &arena, x));
    if (whole)
        whole_values_of(&at, y);
    else
        values_of(&at, y);
    pipeline_release(&at);
    arena_release(&arena);
}

/* slope[METRICS] by five points, and what rounding may do to each; false where the number has no
 * room to move. */
static bool differences(const struct pipeline *p, const struct parameter *q, bool whole,
                        double *slope, double *noise)
{
    static const double middle[POINTS] = {1, -8, 0, 8, -1}, side[POINTS] = {-25, 48, -36, 16, -3};
    double h = 0.05 * q->width, y[POINTS][METRICS], way = 1;
    bool two_sided = q->value - 2 * h >= q->low && q->value + 2 * h <= q->high;
    if (!two_sided)
        way = q->value + 4 * h <= q->high ? 1 : -1;
    if (!two_sided && (way > 0 ? q->value + 4 * h > q->high : q->value - 4 * h < q->low))
        return false;
    for (int j = 0; j < POINTS; j++)
        values_at(p, q, q->value + (two_sided ? j - 2 : way * j) * h, whole, y[j]);
    for (int i = 0; i < METRICS; i++) {
        slope[i] = noise[i] = 0;
        for (int j = 0; j < POINTS; j++)
            slope[i] += way * (two_sided ? middle[j] : side[j]) * y[j][i] / (12 * h);
        noise[i] = 1e-12 * fabs(y[2][i]) / h;
        if (!two_sided) /* the order is four there too, its constant larger */
            noise[i] += 1e-5 * fabs(slope[i]);
    }
    return true;
}

static double found(const struct result *r, const char *path, const char *metric)
{
    for (size_t i = 0; i < r->sensitivities.len; i++)
        if (!strcmp(r->sensitivities.at[i].parameter, path) &&
            !strcmp(r->sensitivities.at[i].metric, metric))
            return r->sensitivities.at[i].value;
    return 0; /* what does not move is not listed */
}

static size_t compare(const struct pipeline *p, const struct result *r, uint32_t turn)
{
    struct arena arena;
    struct parameter *q;
    size_t n, compared = 0;
    arena_init(&arena);
    parameters_list(p, &arena, &q, &n);
    for (size_t k = 0; k < n; k++) {
        double slope[METRICS], noise[METRICS];
        if (q[k].still || k % EACH != turn % EACH ||
            !differences(p, &q[k], turn < WHOLE, slope, noise))
            continue;
        for (int i = 0; i < METRICS; i++) {
            double got = found(r, q[k].path, sensitivity_metrics[i]);
            if (isnan(slope[i]))
                continue;
            if (!(fabs(got - slope[i]) <= 1e-6 * fabs(slope[i]) + noise[i]))
                print_error("%s by %s: %.12g, differences say %.12g (noise %.2g)\n",
                            sensitivity_metrics[i], q[k].path, got, slope[i], noise[i]);
            near(got, slope[i], 1e-6 * fabs(slope[i]) + noise[i]);
            compared++;
        }
    }
    arena_release(&arena);
    return compared;
}

static void derivatives_are_differences_of_whole_solutions(void **state)
{
    size_t compared = 0;
    for (uint32_t i = 0; i < PIPELINES; i++) {
        struct exact_options options = {.level = 0.95};
        struct error err = {0};
        struct solved s;
        struct maker m;
        make_text(&m, i);
        flow_read(buf_text(&m.text), &s.p);
        result_init(&s.r, "solve");
        ok(sensitivity_exact(&s.p, &options, false, &s.r, &s.complete, &err), &err);
        size_t before = compared;
        compared += compare(&s.p, &s.r, i);
        assert_true(compared > before + 50);
        done(&s);
        buf_release(&m.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(derivatives_are_differences_of_whole_solutions),
    };
    math_init();
    return cmocka_run_group_tests_name("adjoint", tests, NULL, NULL);
}
