/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The exact chain and the simulation of random pipelines in random environments agree: several
 * states in order or by weights, exponential, Erlang and hyperexponential sojourns, one or two
 * environments, which change outcomes, latencies, limits, prices and judgements; attempts with
 * waits, limits and jitter, loops, caches, classes and given.
 *
 * Each of PIPELINES pipelines gives at most 60 comparisons at 5 standard errors; the seed is fixed
 * and printed with the pipeline when a comparison fails. */
#include "math/gsl_guard.h"
#include "math/rng.h"
#include "tests/property/exact_agree.h"

enum { PIPELINES = 30, TIMES = 6, TRIALS = 20000, SEED = 2718 };

struct maker {
    struct rng_seq rng;
    struct buf text;
    uint32_t steps;
    bool check[4];
};

static uint32_t pick(struct maker *m, uint32_t n)
{
    return (uint32_t)rng_below(&m->rng, n);
}

static double share(struct maker *m, uint32_t most)
{
    return pick(m, most + 1) / 100.0;
}

static const char *latency(struct maker *m)
{
    static const char *const law[] = {
        "1s",
        "{exponential: {mean: 1s}}",
        "{lognormal: {p50: 500ms, sigma: 0.7}}",
        "{gamma: {shape: 2.5, scale: 500ms}}",
        "{uniform: {from: 500ms, to: 3s}}",
        "{discrete: {values: [0.1s, 3s], weights: [0.7, 0.3]}}",
        "{shifted: {by: 700ms, of: {weibull: {shape: 0.8, scale: 1s}}}}",
        "{mixture: [{weight: 0.3, uniform: {from: 1s, to: 2s}}, "
        "{weight: 0.7, exponential: {mean: 1s}}]}"};
    return law[pick(m, 8)];
}

static void put_retry(struct maker *m)
{
    static const char *const jitter[] = {"none", "full", "equal"};
    if (pick(m, 3))
        buf_printf(&m->text,
                   "    retry: {attempts: %u, backoff: {initial: %us, factor: %u, jitter: %s}}\n",
                   2 + pick(m, 3), pick(m, 3), 1 + pick(m, 2), jitter[pick(m, 3)]);
    if (pick(m, 2))
        buf_printf(&m->text, "    timeout: %us\n", 1 + pick(m, 3));
    if (pick(m, 2))
        buf_puts(&m->text, "    fallback: skip\n");
}

static void put_step(struct maker *m, uint32_t i)
{
    bool check = i && !pick(m, 3);
    buf_printf(&m->text, "  - %s: s%u\n    latency: %s\n    cost: {per_call: %u}\n",
               check ? "check" : "stage", i, latency(m), pick(m, 4));
    put_retry(m);
    if (!pick(m, 4))
        buf_printf(&m->text, "    cache: {hit: %g, latency: 2s}\n", share(m, 60));
    if (check)
        buf_printf(&m->text,
                   "    sensitivity: %g\n    specificity: %g\n"
                   "    on_reject: {goto: s%u, at_most: 2, then: reject}\n",
                   0.5 + share(m, 50), 0.7 + share(m, 30), pick(m, i));
    else
        buf_printf(&m->text, "    error: %g\n    wrong: %g\n    malformed: %g\n    repair: %g\n",
                   share(m, 20), share(m, 25), share(m, 12), share(m, 50));
    if (!pick(m, 3))
        buf_printf(&m->text, "    given: {bad: {%s: %g}}\n", check ? "sensitivity" : "error",
                   share(m, 30));
    m->check[i] = check;
}

static void put_lasts(struct maker *m)
{
    static const char *const law[] = {
        "{exponential: {mean: 4s}}", "{exponential: {mean: 20s}}", "{erlang: {k: 3, mean: 6s}}",
        "{mixture: [{weight: 0.4, exponential: {mean: 1s}}, {weight: 0.6, exponential: {mean: "
        "9s}}]}"};
    buf_printf(&m->text, "lasts: %s", law[pick(m, 4)]);
}

static void put_overrides(struct maker *m)
{
    buf_puts(&m->text, ", steps: {");
    for (uint32_t i = 0; i < m->steps; i++) {
        if (i && pick(m, 3) == 0)
            continue;
        buf_printf(&m->text, "s%u: {%s: %g", i, m->check[i] ? "specificity" : "error",
                   0.2 + share(m, 40));
        if (pick(m, 2))
            buf_printf(&m->text, ", latency: %s", latency(m));
        if (!pick(m, 3))
            buf_printf(&m->text, ", cost: {per_call: %u}", pick(m, 6));
        if (!pick(m, 3))
            buf_printf(&m->text, ", timeout: %us", 1 + pick(m, 4));
        buf_puts(&m->text, "}, ");
    }
    buf_puts(&m->text, "}");
}

static void put_environment(struct maker *m, uint32_t e)
{
    uint32_t states = 2 + pick(m, 2);
    bool weights = pick(m, 2);
    buf_printf(&m->text, "  e%u:\n", e);
    for (uint32_t k = 0; k < states; k++) {
        buf_printf(&m->text, "    x%u_%u: {", e, k);
        put_lasts(m);
        if (weights && states == 3)
            buf_printf(&m->text, ", to: {x%u_%u: 0.3, x%u_%u: 0.7}", e, (k + 1) % 3, e,
                       (k + 2) % 3);
        if (k)
            put_overrides(m);
        buf_puts(&m->text, "}\n");
    }
}

static void make_text(struct maker *m, uint32_t number)
{
    *m = (struct maker){.rng = {.key = rng_key(SEED, number, 0, 0, RNG_SPLIT)}};
    m->steps = 1 + pick(m, 4);
    buf_printf(&m->text, "seam: 1\nwrong: %g\n", share(m, 20));
    if (!pick(m, 3))
        buf_puts(&m->text, "classes: {x: {share: 30%}, y: {share: 70%}}\n");
    buf_printf(&m->text, "objective: {deadline: %gs, budget: %g}\n", 0.5 + share(m, 600),
               0.5 + pick(m, 10));
    buf_puts(&m->text, "flow:\n");
    for (uint32_t i = 0; i < m->steps; i++)
        put_step(m, i);
    buf_puts(&m->text, "environments:\n");
    for (uint32_t e = 0, n = 1 + !pick(m, 4); e < n; e++)
        put_environment(m, e);
}

static void simulation_agrees_with_the_chain_in_the_weather(void **state)
{
    uint32_t compared = 0;
    for (uint32_t i = 0; i < PIPELINES; i++) {
        struct maker m;
        make_text(&m, i);
        compared += agree(buf_text(&m.text), TRIALS, SEED + i, i % TIMES != 0);
        buf_release(&m.text);
    }
    within(compared, PIPELINES / 3, PIPELINES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(simulation_agrees_with_the_chain_in_the_weather),
    };
    math_init();
    return cmocka_run_group_tests_name("exact and simulated weather", tests, NULL, NULL);
}
