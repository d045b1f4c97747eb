/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The exact chain and the simulation of random pipelines with ways by probability and condition,
 * given, caches, hedges, retries by class, bands, audits and drawn thresholds agree.
 *
 * Each of PIPELINES pipelines gives at most 40 comparisons at 5 standard errors; the seed is fixed
 * and printed with the pipeline when a comparison fails. */
#include "math/gsl_guard.h"
#include "math/rng.h"
#include "model/scenario.h"
#include "sim/exact.h"
#include "sim/run.h"
#include "tests/support/support.h"

#include <math.h>
#include <string.h>

enum { PIPELINES = 60, TRIALS = 40000, SEED = 1912 };

struct maker {
    struct rng_seq rng;
    struct buf text;
    uint32_t steps;
    bool scored, classes;
};

static uint32_t pick(struct maker *m, uint32_t n)
{
    return (uint32_t)rng_below(&m->rng, n);
}

static double share(struct maker *m, uint32_t most)
{
    return pick(m, most + 1) / 100.0;
}

static void put_way_target(struct maker *m, uint32_t at)
{
    static const char *const ends[] = {"ship", "reject", "fail"};
    if (at && !pick(m, 3))
        buf_printf(&m->text, "to: s%u, at_most: %u", pick(m, at + 1), 1 + pick(m, 2));
    else if (at + 1 < m->steps && pick(m, 2))
        buf_printf(&m->text, "to: s%u", at + 1 + pick(m, m->steps - at - 1));
    else
        buf_printf(&m->text, "to: %s", ends[pick(m, 3)]);
}

static void put_condition(struct maker *m, uint32_t at)
{
    switch (pick(m, m->scored ? 5 : 3)) {
    case 0:
        buf_printf(&m->text, "visits(s%u) < %u", pick(m, at + 1), 1 + pick(m, 3));
        break;
    case 1:
        buf_printf(&m->text, "not (visits(s%u) == %u)", pick(m, at + 1), pick(m, 3));
        break;
    case 2:
        buf_printf(&m->text, m->classes ? "class == x" : "visits(s%u) > 1", pick(m, at + 1));
        break;
    case 3:
        buf_printf(&m->text, "confidence < %g", 0.3 + share(m, 60));
        break;
    default:
        buf_printf(&m->text, "confidence >= %g or visits(s%u) > 1", 0.3 + share(m, 60),
                   pick(m, at + 1));
    }
}

static void put_ways(struct maker *m, uint32_t at)
{
    if (pick(m, 2))
        return;
    buf_puts(&m->text, "    next: [");
    for (uint32_t k = 0, n = 1 + pick(m, 3); k < n; k++) {
        buf_puts(&m->text, "{");
        put_way_target(m, at);
        if (pick(m, 2)) {
            buf_printf(&m->text, ", probability: %g}, ", 0.05 + share(m, 25));
        } else {
            buf_puts(&m->text, ", when: \"");
            put_condition(m, at);
            buf_puts(&m->text, "\"}, ");
        }
    }
    if (at + 1 < m->steps)
        buf_printf(&m->text, "s%u]\n", at + 1);
    else
        buf_puts(&m->text, "ship]\n");
}

static void put_given(struct maker *m, const char *kind, uint32_t at)
{
    static const char *const of[] = {"failed", "wrong", "skipped"};
    if (pick(m, 2) || !strcmp(kind, "gate"))
        return;
    const char *key = !strcmp(kind, "stage") ? "wrong" : "sensitivity";
    buf_puts(&m->text, "    given: {");
    if (at)
        buf_printf(&m->text, "s%u.%s: {%s: %g}, ", pick(m, at), of[pick(m, 3)], key, share(m, 60));
    buf_printf(&m->text, "bad: {%s: %g}}\n", key, share(m, 60));
}

static void put_gate(struct maker *m)
{
    static const char *const ends[] = {"ship", "reject", "fail"};
    switch (pick(m, 3)) {
    case 0:
        buf_printf(&m->text, "    threshold: %g\n", 0.3 + share(m, 60));
        break;
    case 1:
        buf_printf(&m->text, "    threshold: [%g, %g]\n    between: %s\n", 0.3 + share(m, 20),
                   0.6 + share(m, 30), ends[pick(m, 3)]);
        break;
    default:
        buf_puts(&m->text, "    threshold: {uniform: {from: 0.3, to: 0.8}}\n");
    }
    buf_printf(&m->text, "    above: %s\n    below: %s\n", ends[pick(m, 3)],
               pick(m, 2) ? "desk" : ends[1 + pick(m, 2)]);
    if (pick(m, 2))
        buf_printf(&m->text, "    audit: {share: %g, by: desk, design: %s}\n", share(m, 90),
                   pick(m, 2) ? "uniform" : "near_threshold");
}

static void put_stage(struct maker *m)
{
    buf_printf(&m->text, "    error: %g\n    wrong: %g\n    repair: %g\n", share(m, 20),
               share(m, 30), share(m, 50));
    buf_printf(&m->text, "    malformed: %g\n    validation: %g\n", share(m, 20), share(m, 100));
    buf_printf(&m->text, "    cost: {per_call: %u}\n", pick(m, 5));
    if (m->classes && !pick(m, 3))
        buf_puts(&m->text, "    retry: {attempts: {x: 1, y: 3}}\n");
    else if (!pick(m, 3))
        buf_puts(&m->text, "    retry: {attempts: 2}\n");
    if (!pick(m, 2)) {
        buf_puts(&m->text,
                 "    confidence: {good: {beta: {a: 6, b: 2}}, bad: {beta: {a: 3, b: 3}}}\n");
        m->scored = true;
    }
}

/* A stage that is never seen to fail, hedged. */
static void put_hedged(struct maker *m)
{
    static const char *const law[] = {"0.2s", "{exponential: {mean: 1s}}",
                                      "{lognormal: {p50: 500ms, sigma: 0.7}}",
                                      "{discrete: {values: [0.1s, 3s], weights: [0.7, 0.3]}}"};
    static const char *const after[] = {"0s", "300ms", "1s"};
    buf_printf(&m->text, "    wrong: %g\n    latency: %s\n    cost: {per_call: %u}\n", share(m, 30),
               law[pick(m, 4)], pick(m, 5));
    buf_printf(&m->text, "    hedge: {after: %s, copies: %u}\n", after[pick(m, 3)], 1 + pick(m, 2));
}

static void put_step(struct maker *m, uint32_t i)
{
    static const char *const kinds[] = {"stage", "stage", "check", "gate"};
    const char *kind = i ? kinds[pick(m, m->scored ? 4 : 3)] : "stage";
    buf_printf(&m->text, "  - %s: s%u\n", kind, i);
    if (!strcmp(kind, "gate")) {
        put_gate(m);
        return;
    }
    if (!strcmp(kind, "stage") && !pick(m, 5)) {
        put_hedged(m);
        put_ways(m, i);
        return;
    }
    if (pick(m, 3))
        buf_puts(&m->text, "    latency: {exponential: {mean: 1s}}\n");
    if (!pick(m, 3))
        buf_printf(&m->text, "    cache: {hit: %g, latency: 100ms}\n", share(m, 60));
    if (!pick(m, 2))
        buf_puts(&m->text, "    fallback: skip\n");
    if (!strcmp(kind, "stage"))
        put_stage(m);
    else
        buf_printf(&m->text, "    sensitivity: %g\n    specificity: %g\n", 0.5 + share(m, 50),
                   0.7 + share(m, 30));
    put_given(m, kind, i);
    put_ways(m, i);
}

static void make_text(struct maker *m, uint32_t number)
{
    *m = (struct maker){.rng = {.key = rng_key(SEED, number, 0, 0, RNG_SPLIT)}};
    m->steps = 2 + pick(m, 4);
    m->classes = !pick(m, 2);
    buf_printf(&m->text, "seam: 1\nwrong: %g\n", share(m, 20));
    if (m->classes)
        buf_puts(&m->text, "classes: {x: {share: 30%}, y: {share: 70%}}\n");
    buf_puts(&m->text, "flow:\n");
    for (uint32_t i = 0; i < m->steps; i++)
        put_step(m, i);
    buf_puts(&m->text, "  - review: desk\n    sensitivity: 90%\n    specificity: 95%\n"
                       "    fixes: 50%\n    spoils: 10%\n");
}

/* --- comparing */

static double value(const struct metrics *m, const char *name)
{
    const struct metric *found = metrics_find(m, name);
    return found ? found->value : NAN;
}

static void compare(const struct metrics *exact, const struct metrics *simulated, const char *name,
                    double sigma, const char *text)
{
    double x = value(exact, name), s = value(simulated, name);
    if (isnan(x) || isnan(s))
        return;
    if (!(fabs(s - x) <= 5 * sigma + 1e-6 * fabs(x))) {
        print_error("seed %d: %s is %.9g by solve and %.9g by simulate (sigma %.3g) of\n%s", SEED,
                    name, x, s, sigma, text);
        fail();
    }
}

static void compare_top(const struct metrics *exact, const struct metrics *simulated,
                        const char *text)
{
    static const char *const shares[] = {"reliability",  "share_wrong", "share_rejected",
                                         "share_failed", "review_load", "completion"};
    static const char *const means[][2] = {
        {"visits_mean",      "visits_sd"     },
        {"cost_per_item",    "cost_sd"       },
        {"latency_all_mean", "latency_all_sd"}
    };
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        double p = value(exact, shares[i]);
        compare(exact, simulated, shares[i], sqrt(fmax(p * (1 - p), 9.0 / TRIALS) / TRIALS), text);
    }
    for (size_t i = 0; i < sizeof means / sizeof *means; i++)
        compare(exact, simulated, means[i][0], value(exact, means[i][1]) / sqrt(TRIALS), text);
}

/* Returns whether the pipeline is one that both can do. */
static bool agree(const char *text, uint64_t seed)
{
    struct error err = {0};
    struct faults faults;
    struct pipeline p;
    struct result exact, simulated;
    bool complete;
    faults_init(&faults);
    int status = scenario_parse("random.yaml", text, strlen(text), NULL, &p, &faults, &err);
    faults_release(&faults);
    if (status) {
        assert_int_equal(err.code, ERR_INPUT);
        return false;
    }
    result_init(&exact, "solve");
    result_init(&simulated, "simulate");
    struct exact_options solve = {.level = 0.95, .values_only = true};
    struct run_options run = {.trials = TRIALS, .seed = seed, .threads = 1, .level = 0.95};
    bool can = !exact_solve(&p, &solve, &exact, &complete, &err);
    if (can) {
        ok(run_simulate(&p, &run, &simulated, &err), &err);
        compare_top(&exact.metrics, &simulated.metrics, text);
        for (size_t k = 0; k < exact.stages.len; k++) {
            const struct metrics *s = &result_stage(&simulated, exact.stages.at[k].id)->metrics;
            double visits = value(&exact.stages.at[k].metrics, "visits_per_item");
            compare(&exact.stages.at[k].metrics, s, "visits_per_item",
                    sqrt(fmax(visits, 9.0 / TRIALS) * (1 + visits) / TRIALS), text);
        }
    } else {
        assert_true(err.code == ERR_UNSUPPORTED);
    }
    result_release(&exact);
    result_release(&simulated);
    pipeline_release(&p);
    return can;
}

static void simulation_agrees_with_the_exact_chain(void **state)
{
    uint32_t compared = 0;
    for (uint32_t i = 0; i < PIPELINES; i++) {
        struct maker m;
        make_text(&m, i);
        compared += agree(buf_text(&m.text), SEED + i);
        buf_release(&m.text);
    }
    within(compared, PIPELINES / 3, PIPELINES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(simulation_agrees_with_the_exact_chain),
    };
    math_init();
    return cmocka_run_group_tests_name("exact and simulated routes", tests, NULL, NULL);
}
