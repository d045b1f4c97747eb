/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The exact chain and the simulation of random pipelines with ways by probability and condition,
 * given, caches, hedges, retries by class, bands, audits and drawn thresholds agree.
 *
 * Each of these pipelines gives at most 80 comparisons at 5 standard errors; the seed is
 * fixed and printed with the pipeline when a comparison fails. */
#include "math/gsl_guard.h"
#include "math/rng.h"
#include "model/scenario.h"
#include "sim/exact.h"
#include "sim/run.h"
#include "tests/property/exact_agree.h"
#include "tests/support/support.h"

#include <math.h>
#include <string.h>

enum { PIPELINES = 60, LEAVING = 30, SEED = 1912 };

struct maker {
    struct rng_seq rng;
    struct buf text;
    uint32_t steps;
    bool scored, classes, leaves;
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
    else if (m->leaves)
        buf_printf(&m->text,
                   "    timeout: %gs\n    retry: {attempts: %u, backoff: {initial: 200ms, jitter: "
                   "%s}}\n",
                   0.5 + share(m, 100), 1 + pick(m, 3), pick(m, 2) ? "full" : "none");
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

static void put_deadline(struct maker *m)
{
    if (m->classes && pick(m, 2))
        buf_printf(&m->text, "deadline: {x: %gs, y: %gs}\n", 0.3 + share(m, 200),
                   0.3 + share(m, 200));
    else
        buf_printf(&m->text, "deadline: %gs\n", 0.3 + share(m, 200));
    buf_printf(&m->text, "objective: {deadline: %gs}\n", 0.3 + share(m, 200));
}

static void make_text(struct maker *m, uint32_t number, bool leaves)
{
    *m = (struct maker){.rng = {.key = rng_key(SEED, number, leaves, 0, RNG_SPLIT)},
                        .leaves = leaves};
    m->steps = 2 + pick(m, 4);
    m->classes = !pick(m, 2);
    buf_printf(&m->text, "seam: 1\nwrong: %g\n", share(m, 20));
    if (m->classes)
        buf_puts(&m->text, "classes: {x: {share: 30%}, y: {share: 70%}}\n");
    if (leaves)
        put_deadline(m);
    buf_puts(&m->text, "flow:\n");
    for (uint32_t i = 0; i < m->steps; i++)
        put_step(m, i);
    buf_puts(&m->text, "  - review: desk\n    sensitivity: 90%\n    specificity: 95%\n"
                       "    fixes: 50%\n    spoils: 10%\n");
}

static void simulation_agrees_with_the_exact_chain(void **state)
{
    uint32_t compared = 0;
    for (uint32_t i = 0; i < PIPELINES; i++) {
        struct maker m;
        make_text(&m, i, false);
        compared += agree(buf_text(&m.text), 40000, SEED + i, false);
        buf_release(&m.text);
    }
    within(compared, PIPELINES / 3, PIPELINES);
}

static void they_agree_where_items_leave_at_a_deadline(void **state)
{
    uint32_t compared = 0;
    for (uint32_t i = 0; i < LEAVING; i++) {
        struct maker m;
        make_text(&m, i, true);
        compared += agree(buf_text(&m.text), 40000, SEED + i, false);
        buf_release(&m.text);
    }
    within(compared, LEAVING / 3, LEAVING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(simulation_agrees_with_the_exact_chain),
        cmocka_unit_test(they_agree_where_items_leave_at_a_deadline),
    };
    math_init();
    return cmocka_run_group_tests_name("exact and simulated routes", tests, NULL, NULL);
}
