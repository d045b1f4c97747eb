/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Injected faults: shares that come out as written, garbled answers that no reader takes, outages
 * that the steps share, reviewers who leave, and what a file is refused for. */
#include "exec/fault.h"
#include "tests/support/support.h"

#include "base/json_read.h"
#include "math/rng.h"
#include "model/scenario.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char scenario[] =
    "seam: 1\n"
    "name: Faulty\n"
    "arrivals: {poisson: 1/s}\n"
    "horizon: {length: 1h}\n"
    "flow:\n"
    "  - {stage: retrieve, layer: data, timeout: 4s, latency: 1s}\n"
    "  - {stage: draft, layer: model, confidence: {good: 0.9, bad: 0.5}}\n"
    "  - {gate: sure, threshold: 60%, above: ship, below: desk}\n"
    "  - {review: desk, by: editors}\n"
    "resources: {editors: {servers: 3}}\n";

struct made {
    struct pipeline p;
    struct injected *f;
};

static void make(struct made *m, const char *text)
{
    const struct scenario_options none = {0};
    struct faults faults;
    struct error err = {0};
    faults_init(&faults);
    ok(scenario_parse("s.yaml", scenario, strlen(scenario), &none, &m->p, &faults, &err), &err);
    ok(injected_parse("f.yaml", text, strlen(text), &m->p, &faults, &m->f, &err), &err);
    faults_release(&faults);
}

static void release(struct made *m)
{
    injected_free(m->f);
    pipeline_release(&m->p);
}

static void refused(const char *text, const char *part)
{
    const struct scenario_options none = {0};
    struct made m = {0};
    struct faults faults;
    struct error err = {0};
    faults_init(&faults);
    ok(scenario_parse("s.yaml", scenario, strlen(scenario), &none, &m.p, &faults, &err), &err);
    assert_int_equal(injected_parse("f.yaml", text, strlen(text), &m.p, &faults, &m.f, &err), -1);
    error_is(&err, ERR_INPUT, part);
    faults_release(&faults);
    pipeline_release(&m.p);
}

/* A stage that is always right, and counts. */
static void always(void *self, const struct stage_call *call, struct stage_answer *a)
{
    (void)call;
    ++*(int *)self;
    buf_puts(&a->output, "{\"shot\":\"a red coat \xc3\xa9\",\"score\":0.75}");
}
static const struct stage_kind right = {.word = "right", .call = always, .quick = true};

struct seen {
    int n, error, late, malformed, slow, asked;
    double slow_s;
};

/* Is the answer a JSON object, as the reader of answers asks? */
static bool is_taken(struct json_reader *reader, const struct stage_answer *a)
{
    struct json root;
    struct error err = {0};
    return !json_parse(reader, a->output.data, a->output.len, &root, &err) &&
           json_type(root) == JSON_MAP;
}

static struct seen count(const struct made *m, uint32_t step, int n, double from_s, double gap_s)
{
    struct seen s = {.n = n};
    struct json_reader *reader = json_reader_new();
    for (int i = 0; i < n; i++) {
        struct stage_answer a;
        struct stage_call call = {.step = step,
                                  .key = rng_key(11, (uint64_t)i, 0, step, 0),
                                  .numbers = m->p.step[step].numbers,
                                  .now_s = from_s + gap_s * i};
        stage_answer_init(&a);
        injected_call(m->f, &right, &s.asked, &call, &a);
        s.error += a.outcome == OUTCOME_ERROR;
        s.late += a.after_s > m->p.step[step].numbers->timeout_s;
        s.malformed += a.outcome == OUTCOME_OK && a.output.len && !is_taken(reader, &a);
        s.slow += a.outcome == OUTCOME_OK && a.after_s > 0 && a.after_s < 4;
        s.slow_s += a.after_s < 4 ? a.after_s : 0;
        stage_answer_release(&a);
    }
    json_reader_free(reader);
    return s;
}

/* A stage that answers with the number of its item. */
static void numbered(void *self, const struct stage_call *call, struct stage_answer *a)
{
    (void)self;
    buf_printf(&a->output, "{\"of\":%llu}", (unsigned long long)call->index);
}
static const struct stage_kind tells = {.word = "tells", .call = numbered, .quick = true};
static const struct stage_kind dice = {.word = "dice", .call = always, .by_numbers = true};

static void near_share(int k, int n, double p)
{
    within_sigma((double)k / n, p, sqrt(p * (1 - p) / n), 5.0);
}

/* Answers of the stage that are those of another item, or are wrong by the stage's own numbers. */
static int mixed_up(const struct made *m, const struct stage_kind *kind, int n)
{
    int wrong = 0, asked = 0;
    for (int i = 0; i < n; i++) {
        char own[40];
        struct stage_answer a;
        struct stage_call call = {.index = (uint64_t)i,
                                  .key = rng_key(11, (uint64_t)i, 0, 0, 0),
                                  .numbers = m->p.step[0].numbers};
        stage_answer_init(&a);
        injected_call(m->f, kind, &asked, &call, &a);
        snprintf(own, sizeof own, "{\"of\":%d}", i);
        wrong += kind->by_numbers ? a.outcome == OUTCOME_WRONG
                                  : a.output.len > 0 && strcmp(buf_text(&a.output), own) != 0;
        stage_answer_release(&a);
    }
    return wrong;
}

static void a_wrong_answer_is_that_of_another_item(void **state)
{
    enum { N = 20000 };
    struct made m;
    (void)state;
    make(&m, "seed: 7\nsteps:\n  retrieve: {error: 5%, wrong: 12%}\n");
    near_share(mixed_up(&m, &tells, N), N, 0.12);
    near_share(mixed_up(&m, &dice, N), N, 0.12);
    release(&m);
}

static void shares_come_out_as_written(void **state)
{
    enum { N = 20000 };
    struct made m;
    (void)state;
    make(&m,
         "seed: 7\n"
         "steps:\n"
         "  retrieve: {error: 5%, timeout: 2%, malformed: 3/100, slow: {share: 10%, by: 2s}}\n");
    struct seen s = count(&m, 0, N, 0, 0), again = count(&m, 0, N, 5000, 1);
    near_share(s.error, N, 0.05);
    near_share(s.late, N, 0.02);
    near_share(s.malformed, N, 0.03);
    near_share(s.slow, N, 0.10 * 0.93); /* of those that answer in time */
    assert_int_equal(s.asked, N - s.error - s.late);
    assert_int_equal(s.error, again.error); /* by the key, and not by the clock */
    assert_int_equal(s.malformed, again.malformed);
    s = count(&m, 1, 1000, 0, 0);
    assert_int_equal(s.error + s.late + s.malformed + s.slow, 0);
    release(&m);
    make(&m, "{seed: 8, steps: {retrieve: {error: 5%}}}");
    assert_int_not_equal(count(&m, 0, N, 0, 0).error, again.error);
    release(&m);
}

/* Garbled answers are refused by their reader, each of them. */
static void every_garbled_answer_is_refused(void **state)
{
    struct made m;
    (void)state;
    make(&m, "{steps: {draft: {malformed: 100%}}}");
    struct seen s = count(&m, 1, 3000, 0, 0);
    assert_int_equal(s.malformed, 3000);
    assert_int_equal(s.asked, 3000);
    release(&m);
}

/* Up an hour and down a quarter of one on average: a fifth of the time; and what one step sees at
 * an instant the other sees too. */
static void steps_share_their_outages(void **state)
{
    enum { N = 20000 };
    struct made m;
    (void)state;
    make(&m, "environments:\n"
             "  provider:\n"
             "    up: {lasts: {exponential: {mean: 1h}}}\n"
             "    down: {lasts: {exponential: {mean: 15m}}, steps: {retrieve: {error: 100%},\n"
             "           draft: {error: 100%, latency: 1s}}}\n");
    struct seen first = count(&m, 0, N, 0, 600), second = count(&m, 1, N, 0, 600);
    assert_int_equal(first.error, second.error);
    /* the share of a two-state process seen every gap: variance p q (1 + r) / (1 - r) / n, with
     * r = exp(-gap (1/60 + 1/15) / min) */
    double r = exp(-10 * (1.0 / 60 + 1.0 / 15)), p = 0.2;
    within_sigma((double)first.error / N, p, sqrt(p * (1 - p) * (1 + r) / (1 - r) / N), 5.0);
    assert_true(fabs(second.slow_s) < 1e-9 || second.slow == 0);
    release(&m);
}

static void a_reviewer_leaves_and_comes_back(void **state)
{
    struct made m;
    (void)state;
    make(&m, "resources:\n"
             "  editors: [{from: 2h, to: 4h, servers: -1}, {from: 3h, servers: 2}]\n");
    assert_int_equal(injected_servers(m.f, 0, 0), 0);
    assert_int_equal(injected_servers(m.f, 0, 7200), -1);
    assert_int_equal(injected_servers(m.f, 0, 10800), 1);
    assert_int_equal(injected_servers(m.f, 0, 14400), 2);
    near(injected_turn(m.f, 0, 0), 7200, 0);
    near(injected_turn(m.f, 0, 7200), 10800, 0);
    near(injected_turn(m.f, 0, 10800), 14400, 0);
    assert_true(isinf(injected_turn(m.f, 0, 14400)));
    release(&m);
}

static void files_are_refused_with_the_place_and_what_is_near(void **state)
{
    (void)state;
    refused("", "f.yaml:1:1: this is no file of faults");
    refused("{stps: {}}", "f.yaml:1:2: `stps` is not a key of a file of faults; did you mean "
                          "`steps`?");
    refused("steps:\n  retreive: {error: 1%}\n", "did you mean `retrieve`?");
    refused("steps:\n  retrieve: {eror: 1%}\n",
            "f.yaml:2:14: `eror` is not a key of a step's faults; did you mean `error`?");
    refused("steps:\n  retrieve: {error: 120%}\n", "f.yaml:2:21:");
    refused("steps:\n  retrieve: {error: 60%, malformed: 60%}\n", "add up to 1.2, above 1");
    refused("steps:\n  draft: {timeout: 1%}\n", "f.yaml:2:20: `draft` has no `timeout` in the");
    refused("steps:\n  sure: {error: 1%}\n", "`sure` is a gate and makes no attempts");
    refused("steps:\n  draft: {slow: {share: 5%}}\n", "`slow` needs `by`");
    refused("steps: {draft: {error: 1%}, draft: {error: 2%}}", "key `draft` appears twice");
    refused("resources: {editor: [{from: 1h, servers: -1}]}", "did you mean `editors`?");
    refused("resources: {editors: [{from: 1h, servers: -4}]}", "`editors` has 3 servers");
    refused("resources: {editors: [{from: 2h, to: 1h, servers: -1}]}", "`to` is later than `from`");
    refused("environments: {e: {up: {lasts: 1h}, down: {lasts: 1h, steps: {draft: {wrong: 1%}}}}}",
            "a state of injected faults changes `error` and `malformed`");
    refused("seed: -1", "`seed` is a whole number from 0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wrong_answer_is_that_of_another_item),
        cmocka_unit_test(shares_come_out_as_written),
        cmocka_unit_test(every_garbled_answer_is_refused),
        cmocka_unit_test(steps_share_their_outages),
        cmocka_unit_test(a_reviewer_leaves_and_comes_back),
        cmocka_unit_test(files_are_refused_with_the_place_and_what_is_near),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
