/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random untimed scenarios, and the holding of what one way says of them against the exact values.
 */
#ifndef SEAM_TESTS_RANDOM_FLOW_H
#define SEAM_TESTS_RANDOM_FLOW_H

#include "math/rng.h"
#include "model/result.h"
#include "tests/support/support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* --- random pipelines */

struct maker {
    struct rng_seq rng;
    struct buf text;
    uint32_t steps;
    bool scored;  /* some step before gave a confidence */
    bool joins;   /* with parallels */
    bool classes; /* x and y, with numbers of their own */
};

static uint32_t pick(struct maker *m, uint32_t n)
{
    return (uint32_t)rng_below(&m->rng, n);
}

/* A share with two digits, up to `most` percent. */
static double share(struct maker *m, uint32_t most)
{
    return pick(m, most + 1) / 100.0;
}

/* key: between from and from + most percent, maybe by class */
static void put_share(struct maker *m, const char *key, double from, uint32_t most)
{
    if (m->classes && !pick(m, 3))
        buf_printf(&m->text, "    %s: {x: %g, y: %g}\n", key, from + share(m, most),
                   from + share(m, most));
    else
        buf_printf(&m->text, "    %s: %g\n", key, from + share(m, most));
}

static void put_latency(struct maker *m)
{
    static const char *const law[] = {"0.2s",
                                      "{exponential: {mean: 1s}}",
                                      "{lognormal: {p50: 500ms, sigma: 0.7}}",
                                      "{gamma: {shape: 2, scale: 400ms}}",
                                      "{uniform: {from: 100ms, to: 2s}}",
                                      "{discrete: {values: [0.1s, 3s], weights: [0.7, 0.3]}}"};
    if (pick(m, 4))
        buf_printf(&m->text, "    latency: %s\n", law[pick(m, 6)]);
    if (!pick(m, 3))
        buf_printf(&m->text, "    timeout: 1.7s\n");
}

static void put_retry(struct maker *m)
{
    static const char *const outcomes[] = {"[error]", "[malformed, timeout]",
                                           "[error, malformed, timeout]"};
    static const char *const jitter[] = {"none", "full", "equal"};
    if (pick(m, 2))
        return;
    buf_printf(&m->text, "    retry: {attempts: %u, for: %s", 2 + pick(m, 3), outcomes[pick(m, 3)]);
    if (pick(m, 2))
        buf_printf(&m->text, ", backoff: {initial: 300ms, factor: 2, max: 500ms, jitter: %s}",
                   jitter[pick(m, 3)]);
    buf_puts(&m->text, "}\n");
}

static void put_edge(struct maker *m, const char *key, uint32_t at, bool back)
{
    static const char *const ends[] = {"ship", "reject", "fail", "skip"};
    uint32_t kind = pick(m, back && at ? 3 : 2);
    bool reject = !strcmp(key, "on_reject"); /* is not sure to come again */
    if (kind == 2 && reject && !pick(m, 4))
        buf_printf(&m->text, "    %s: {goto: s%u, at_most: unbounded}\n", key, pick(m, at));
    else if (kind == 2)
        buf_printf(&m->text, "    %s: {goto: s%u, at_most: %u, then: %s}\n", key, pick(m, at + 1),
                   1 + pick(m, 3), ends[pick(m, 3)]);
    else if (kind == 1 && at + 1 < m->steps)
        buf_printf(&m->text, "    %s: s%u\n", key, at + 1 + pick(m, m->steps - at - 1));
    else
        buf_printf(&m->text, "    %s: %s\n", key, ends[pick(m, at + 1 < m->steps ? 4 : 3)]);
}

static void put_confidence(struct maker *m)
{
    if (pick(m, 3))
        return;
    buf_puts(&m->text, "    confidence: {good: {beta: {a: 6, b: 2}}, bad: {beta: {a: 3, b: 3}}}\n");
    m->scored = true;
}

static void put_numbers(struct maker *m, const char *kind)
{
    if (!strcmp(kind, "gate")) {
        put_share(m, "threshold", 0.3, 60);
    } else if (!strcmp(kind, "stage")) {
        put_share(m, "error", 0, 20);
        put_share(m, "wrong", 0, 30);
        put_share(m, "malformed", 0, 20);
        put_share(m, "validation", 0, 100);
        put_share(m, "repair", 0, 50);
        buf_printf(&m->text, "    cost: {per_call: $%u}\n", pick(m, 5));
    } else {
        put_share(m, "sensitivity", 0.5, 50);
        put_share(m, "specificity", 0.7, 30);
    }
    if (!strcmp(kind, "review")) {
        put_share(m, "fixes", 0, 100);
        put_share(m, "spoils", 0, 100);
    }
}

/* The lines of `from`, each further in; `list`: the first of them begins a list. */
static void put_further(struct maker *m, const char *from, bool list)
{
    for (const char *at = from; *at;) {
        size_t n = strcspn(at, "\n");
        if (list && at == from)
            buf_printf(&m->text, "      - %.*s\n", (int)n - 2, at + 2);
        else
            buf_printf(&m->text, "%s%.*s\n", list ? "      " : "    ", (int)n, at);
        at += n + (at[n] == '\n');
    }
}

static void put_hedge(struct maker *m)
{
    if (!pick(m, 5))
        buf_printf(&m->text, "    hedge: {after: %ums, copies: %u}\n", 100 * pick(m, 9),
                   1 + pick(m, 2));
}

static void put_inside(struct maker *m, uint32_t i, uint32_t branch, uint32_t k, bool scores)
{
    bool check = k && !pick(m, 3);
    buf_printf(&m->text, "  - %s: s%ub%uk%u\n", check ? "check" : "stage", i, branch, k);
    put_numbers(m, check ? "check" : "stage");
    put_latency(m);
    put_retry(m);
    put_hedge(m);
    if (!check && !pick(m, 4))
        buf_puts(&m->text, "    given: {bad: {wrong: 0.2, repair: 0.3}}\n");
    if (check && pick(m, 2))
        buf_printf(&m->text, "    on_reject: {goto: s%ub%uk0, at_most: 1, then: fail}\n", i,
                   branch);
    if (scores && !k)
        buf_puts(&m->text,
                 "    confidence: {good: {beta: {a: 6, b: 2}}, bad: {beta: {a: 3, b: 3}}}\n");
}

static void put_parallel(struct maker *m, uint32_t i)
{
    static const char *const joins[] = {"all",           "any",      "%u of %u",
                                        "vote %u of %u", "majority", "best"};
    uint32_t join = pick(m, 6), n = 2 + pick(m, 2), copies = pick(m, 2) ? n : 0;
    bool scores = join == 5 || !pick(m, 3);
    char word[40];
    snprintf(word, sizeof word, joins[join], 1 + pick(m, n), n);
    buf_printf(&m->text, "  - parallel: s%u\n    join: %s\n", i, word);
    if (copies)
        buf_printf(&m->text, "    copies: %u\n    branch:\n", copies);
    else
        buf_puts(&m->text, "    branches:\n");
    for (uint32_t b = 0; b < (copies ? 1 : n); b++) {
        struct buf text = m->text;
        m->text = (struct buf){0};
        for (uint32_t k = 0, steps = 1 + pick(m, 2); k < steps; k++)
            put_inside(m, i, b, k, scores);
        struct buf inside = m->text;
        m->text = text;
        put_further(m, buf_text(&inside), !copies);
        buf_release(&inside);
    }
    m->scored = m->scored || scores;
    if (!pick(m, 3))
        put_edge(m, "fallback", i, true);
}

static void put_step(struct maker *m, uint32_t i)
{
    if (m->joins && !pick(m, 2)) {
        put_parallel(m, i);
        return;
    }
    static const char *const kinds[] = {"stage", "stage", "check", "review", "gate", "gate"};
    uint32_t kind = i ? pick(m, m->scored ? 6 : 4) : 0;
    buf_printf(&m->text, "  - %s: s%u\n", kinds[kind], i);
    put_numbers(m, kinds[kind]);
    put_latency(m);
    put_retry(m);
    if (m->joins && kind < 4)
        put_hedge(m);
    if (!pick(m, 3))
        put_edge(m, "fallback", i, true);
    if (kind >= 4)
        put_edge(m, "below", i, true);
    if ((kind == 2 || kind == 3) && pick(m, 3))
        put_edge(m, "on_reject", i, true);
    if (kind < 2)
        put_confidence(m);
}

/* The text of the `number`-th scenario of a seed; the caller releases m->text. */
static void make_text(struct maker *m, uint64_t seed, uint32_t number, bool joins)
{
    *m = (struct maker){.joins = joins, .rng = {.key = rng_key(seed, number, 0, 0, RNG_SPLIT)}};
    m->steps = 2 + pick(m, joins ? 3 : 5);
    m->classes = !pick(m, 3);
    buf_printf(&m->text, "seam: 1\nwrong: %g\n", share(m, 20));
    if (m->classes)
        buf_puts(&m->text, "classes: {x: {share: 30%}, y: {share: 70%}}\n");
    buf_puts(&m->text, "flow:\n");
    for (uint32_t i = 0; i < m->steps; i++)
        put_step(m, i);
}

/* --- comparing */

/* What is held against the exact values. */
struct held {
    const char *way;  /* "simulate" */
    const char *text; /* the scenario */
    double trials;    /* items; intervals reach 5 sigma to each side */
    uint64_t seed;    /* that made the scenario */
};

static void compare(const struct metrics *exact, const struct metrics *simulated, const char *name,
                    double sigma, const struct held *held)
{
    const struct metric *x = metrics_find(exact, name), *s = metrics_find(simulated, name);
    if (!x || !s)
        return;
    if (!(fabs(s->value - x->value) <= 5 * sigma + 1e-6 * fabs(x->value))) {
        fprintf(stderr, "seed %d: %s is %.9g by solve and %.9g by %s (sigma %.3g) of\n%s",
                (int)held->seed, name, x->value, s->value, held->way, sigma, held->text);
        fail();
    }
}

static double value(const struct metrics *m, const char *name)
{
    const struct metric *found = metrics_find(m, name);
    return found ? found->value : NAN;
}

/* Intervals of quantiles are order statistics, which hold for any law, atoms and gaps included. */
static void compare_quantiles(const struct metrics *exact, const struct metrics *simulated,
                              const char *const *names, size_t n, const struct held *held)
{
    for (size_t i = 0; i < n; i++) {
        const struct metric *x = metrics_find(exact, names[i]);
        const struct metric *s = metrics_find(simulated, names[i]);
        if (!x || !s || s->n < 10000)
            continue;
        double room = 1e-3 * x->value + 1e-9;
        if (x->value < s->low - room || x->value > s->high + room) {
            fprintf(stderr, "seed %d: %s is %.9g by solve and %.9g to %.9g by %s of\n%s",
                    (int)held->seed, names[i], x->value, s->low, s->high, held->way, held->text);
            fail();
        }
    }
}

/* Standard errors from the exact side: binomial for shares, the exact spread for means; three
 * hits of a share are let pass, where the normal law is not one. */
static void compare_top(const struct metrics *exact, const struct metrics *simulated,
                        const struct held *held)
{
    const double trials = held->trials;
    static const char *const shares[] = {"reliability",    "share_wrong", "share_rejected",
                                         "share_failed",   "completion",  "review_load",
                                         "share_abandoned"};
    static const char *const means[][2] = {
        {"visits_mean",      "visits_sd"     },
        {"cost_per_item",    "cost_sd"       },
        {"latency_all_mean", "latency_all_sd"}
    };
    static const char *const quantiles[] = {"latency_p50",     "latency_p90",     "latency_p95",
                                            "latency_p99",     "latency_p999",    "latency_all_p50",
                                            "latency_all_p90", "latency_all_p95", "latency_all_p99",
                                            "latency_all_p999"};
    double shipped = value(exact, "completion") * trials;
    compare_quantiles(exact, simulated, quantiles, 10, held);
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        double p = value(exact, shares[i]);
        compare(exact, simulated, shares[i], sqrt(fmax(p * (1 - p), 9.0 / trials) / trials), held);
    }
    for (size_t i = 0; i < sizeof means / sizeof *means; i++)
        compare(exact, simulated, means[i][0], value(exact, means[i][1]) / sqrt(trials), held);
    if (shipped < 1000)
        return;
    double p = value(exact, "shipped_error");
    compare(exact, simulated, "shipped_error", sqrt(fmax(p * (1 - p), 9 / shipped) / shipped),
            held);
    compare(exact, simulated, "latency_mean", value(exact, "latency_sd") / sqrt(shipped), held);
}

/* Means of counts have no exact spread here: the simulation's own interval, of 5 sigma to each
 * side, gives it. */
static void compare_stage(const struct row *exact, const struct row *simulated,
                          const struct held *held)
{
    const double trials = held->trials;
    static const char *const names[] = {"visits_per_item", "attempts_per_item", "success_rate",
                                        "exit_ship",       "exit_reject",       "exit_fail",
                                        "caught_rate",     "escape_rate",       "first_try_rate"};
    if (value(&exact->metrics, "visits_per_item") * trials < 2000)
        return;
    static const char *const quantiles[] = {"visit_latency_p50", "visit_latency_p90",
                                            "visit_latency_p95", "visit_latency_p99"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct metric *s = metrics_find(&simulated->metrics, names[i]);
        if (s && !isnan(s->low) && s->n >= 1000)
            compare(&exact->metrics, &simulated->metrics, names[i],
                    fmax((s->high - s->low) / 10, 3.0 / trials), held);
    }
    compare_quantiles(&exact->metrics, &simulated->metrics, quantiles, 4, held);
}

#endif
