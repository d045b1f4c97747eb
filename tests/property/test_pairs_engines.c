/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two engines that share no loop agree: every metric that the batch engine and the general one give
 * of the same random untimed pipeline differs by no more than five standard errors of the
 * difference.  Some 4,000 comparisons under fixed seeds. */
#include "math/gsl_guard.h"
#include "math/rng.h"
#include "model/scenario.h"
#include "sim/engine.h"
#include "sim/queue.h"
#include "sim/run.h"
#include "tests/support/support.h"

#include <math.h>
#include <string.h>

enum { PIPELINES = 40, TRIALS = 20000 };

static const char *one_of(struct rng_seq *rng, const char *const *of, uint64_t n)
{
    return of[rng_below(rng, n)];
}
#define PICK(...)                                                                                  \
    one_of(rng, (const char *const[]){__VA_ARGS__},                                                \
           sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static void make_stage(struct rng_seq *rng, const char *name, struct buf *to)
{
    buf_printf(
        to,
        "  - stage: %s\n    error: %s\n    wrong: %s\n    malformed: %s\n    validation: %s\n"
        "    repair: %s\n    latency: %s\n    timeout: %s\n    cost: {per_call: $%s}\n"
        "    retry: {attempts: %s, for: [%s], backoff: {initial: %s, jitter: %s}}\n"
        "    budget: %s\n",
        name, PICK("0%", "10%"), PICK("0%", "20%", "{x: 5%, y: 30%}"), PICK("0%", "10%"),
        PICK("100%", "50%"), PICK("0%", "60%"),
        PICK("{exponential: {mean: 1s}}", "2s",
             "{x: {lognormal: {p50: 1s, p95: 4s}}, y: {gamma: {mean: 2s, sd: 1s}}}"),
        PICK("1.5s", "10s"), PICK("1", "0"), PICK("1", "2", "4"),
        PICK("error", "error, malformed, timeout"), PICK("0s", "1s"), PICK("none", "full", "equal"),
        PICK("2s", "5s"));
    buf_printf(to, "    fallback: %s\n", PICK("fail", "skip", "desk", "reject"));
    buf_puts(to, "    confidence: {good: {beta: {a: 8, b: 2}}, bad: {beta: {a: 3, b: 3}}}\n");
}

static void make_pipeline(uint64_t seed, struct buf *to)
{
    struct rng_seq sequence = {rng_key(seed, 0, 0, 0, RNG_SPLIT), 0}, *rng = &sequence;
    buf_printf(to,
               "seam: 1\nobjective: {deadline: 6s, budget: $2}\nworth: {correct: $4, wrong: $-9}\n"
               "wrong: %s\nclasses:\n  x: {share: 70%%}\n  y: {share: 30%%}\nflow:\n",
               PICK("0%", "10%"));
    make_stage(rng, "first", to);
    make_stage(rng, "second", to);
    buf_printf(to,
               "  - check: critic\n    sensitivity: 80%%\n    specificity: %s\n    latency: 1s\n"
               "    on_reject: {goto: %s, at_most: %s, then: %s}\n",
               PICK("90%", "60%"), PICK("first", "second"), PICK("1", "3"), PICK("reject", "desk"));
    buf_printf(to,
               "  - gate: sure\n    of: %s\n    threshold: %s\n    above: ship\n    below: %s\n",
               PICK("first", "second"), PICK("70%", "{x: 60%, y: 90%}"),
               PICK("desk", "{goto: second, at_most: 2, then: desk}"));
    buf_printf(to,
               "  - review: desk\n    sensitivity: 90%%\n    specificity: 80%%\n    fixes: %s\n"
               "    spoils: %s\n    latency: {exponential: {mean: 5s}}\n"
               "    on_reject: {goto: first, at_most: 1, then: reject}\n",
               PICK("0%", "50%"), PICK("0%", "50%"));
}

struct place {
    const char *text, *row;
    uint32_t compared;
};

static double error_of(const struct metric *m)
{
    double error = m->level > 0 ? (m->high - m->low) / 2 / 1.959963984540054 : 0;
    return isfinite(error) ? error : 1e9;
}

/* A quantile where little lies around it may be anywhere between its limits. */
static void agree(const struct metrics *a, const struct metrics *b, struct place *at)
{
    for (size_t i = 0; i < a->list.len; i++) {
        const struct metric *x = &a->list.at[i], *y = metrics_find(b, x->name);
        if (!y && x->level == 0)
            continue; /* known even of a step that nobody reaches */
        if (!y)
            fail_msg("%s: the general engine gives no %s\n%s", at->row, x->name, at->text);
        double sum = hypot(error_of(x), error_of(y));
        double cell = strstr(x->name, "_p") ? 1e-3 : 2e-6; /* of a sketch; of a float */
        if (!(fabs(x->value - y->value) <= 5 * sum + cell * fabs(x->value)))
            fail_msg("%s: %s is %.9g and %.9g, standard error %.3g\n%s", at->row, x->name, x->value,
                     y->value, sum, at->text);
        at->compared++;
    }
}

static uint32_t compare(uint64_t seed)
{
    struct error err = {0};
    struct faults faults;
    struct buf text;
    struct pipeline p;
    struct result a, b;
    buf_init(&text);
    faults_init(&faults);
    make_pipeline(seed, &text);
    struct place at = {buf_text(&text), "all", 0};
    if (scenario_parse("case.yaml", buf_text(&text), text.len, NULL, &p, &faults, &err))
        fail_msg("%s\n%s", err.text, at.text);
    struct run_options options = {.trials = TRIALS, .seed = 1, .level = 0.95, .threads = 1};
    result_init(&a, "simulate");
    result_init(&b, "simulate");
    ok(run_simulate(&p, &options, &a, &err), &err);
    ok(run_by(&queue_engine, &p, &options, &b, &err), &err);
    assert_string_equal(a.run.engine, "batch");
    assert_string_equal(b.run.engine, "queue");
    agree(&a.metrics, &b.metrics, &at);
    for (size_t i = 0; i < a.stages.len; i++) {
        at.row = a.stages.at[i].id;
        agree(&a.stages.at[i].metrics, &b.stages.at[i].metrics, &at);
    }
    for (size_t i = 0; i < a.classes.len; i++) {
        at.row = a.classes.at[i].id;
        agree(&a.classes.at[i].metrics, &b.classes.at[i].metrics, &at);
    }
    result_release(&a);
    result_release(&b);
    pipeline_release(&p);
    faults_release(&faults);
    buf_release(&text);
    return at.compared;
}

static void batch_and_general_engine_agree_on_random_pipelines(void **state)
{
    uint32_t compared = 0;
    for (uint64_t seed = 1; seed <= PIPELINES; seed++)
        compared += compare(seed);
    within(compared, 100 * PIPELINES, 1000 * PIPELINES);
}

static int prepare(void **state)
{
    math_init();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batch_and_general_engine_agree_on_random_pipelines),
    };
    return cmocka_run_group_tests_name("engines", tests, prepare, NULL);
}
