/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rules of a run, worked by hand: steps that act by stated numbers without chance, a clock that
 * jumps, and every event looked at. */
#include "tests/support/executed.h"
#include "tests/support/support.h"

#include "math/gsl_guard.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* --- a run, and all that it told */

struct told {
    struct result result;
    VEC(struct run_event) events;
    struct buf ends; /* of items: "1 shipped good; " */
};

static int note(void *arg, const struct run_event *e, struct error *err)
{
    static const char *const quality[] = {"unknown", "bad", "good"};
    struct told *t = arg;
    (void)err;
    vec_push(&t->events, *e);
    if (e->kind == RUN_ITEM_ENDED)
        buf_printf(&t->ends, "%s %s %s; ", e->id, run_end_name(e->end), quality[e->quality + 1]);
    return 0;
}

static void run(struct told *t, uint64_t items, const char *text)
{
    struct error err = {0};
    *t = (struct told){.ends = {0}};
    struct run_listener listener = {t, note};
    struct executed how = {.items = items, .seed = 7, .listener = &listener};
    result_init(&t->result, "run");
    ok(execute_text(text, &how, &t->result, &err), &err);
}

static void release(struct told *t)
{
    result_release(&t->result);
    vec_release(&t->events);
    buf_release(&t->ends);
}

static uint32_t count(const struct told *t, enum run_event_kind kind, bool cancelled)
{
    uint32_t n = 0;
    for (size_t i = 0; i < t->events.len; i++)
        n += t->events.at[i].kind == kind && t->events.at[i].cancelled == cancelled;
    return n;
}

/* The k-th event of a kind, from 0. */
static const struct run_event *nth(const struct told *t, enum run_event_kind kind, uint32_t k)
{
    for (size_t i = 0; i < t->events.len; i++)
        if (t->events.at[i].kind == kind && k-- == 0)
            return &t->events.at[i];
    fail_msg("no such event");
    return NULL;
}

static double value(const struct told *t, const char *name)
{
    const struct metric *m = metrics_find(&t->result.metrics, name);
    assert_non_null(m);
    return m->value;
}

static double of_stage(const struct told *t, const char *stage, const char *name)
{
    const struct row *row = result_stage(&t->result, stage);
    assert_non_null(row);
    const struct metric *m = metrics_find(&row->metrics, name);
    assert_non_null(m);
    return m->value;
}

/* --- attempts */

static void retries_wait_longer_and_longer_and_then_fail(void **state)
{
    struct told t;
    run(&t, 1,
        "seam: 1\nflow:\n  - stage: a\n    error: 100%\n    latency: 5s\n"
        "    cost: {per_call: $2}\n"
        "    retry: {attempts: 3, backoff: {initial: 1s, factor: 2, max: 10s}}\n");
    assert_string_equal(buf_text(&t.ends), "1 failed good; ");
    near(nth(&t, RUN_ITEM_ENDED, 0)->end_s, 5 + 1 + 5 + 2 + 5, 1e-12);
    near(nth(&t, RUN_ATTEMPT_ENDED, 2)->begin_s, 13, 1e-12);
    near(value(&t, "cost_per_item"), 6, 1e-12);
    near(of_stage(&t, "a", "attempts_per_item"), 3, 0);
    near(of_stage(&t, "a", "error_rate"), 1, 0);
    near(of_stage(&t, "a", "success_rate"), 0, 0);
    release(&t);
}

static void only_outcomes_named_are_tried_again(void **state)
{
    struct told t;
    run(&t, 1,
        "seam: 1\nflow:\n  - stage: a\n    malformed: 100%\n    retry: {attempts: 5, for: "
        "[error]}\n"
        "    fallback: skip\n  - stage: b\n    malformed: 100%\n    validation: 0%\n");
    assert_string_equal(buf_text(&t.ends), "1 shipped bad; ");
    near(of_stage(&t, "a", "attempts_per_item"), 1, 0);
    near(of_stage(&t, "b", "malformed_rate"), 1, 0);
    near(of_stage(&t, "b", "success_rate"), 1, 0);
    assert_int_equal(nth(&t, RUN_ATTEMPT_ENDED, 1)->outcome, OUTCOME_OK);
    assert_int_equal(nth(&t, RUN_ATTEMPT_ENDED, 1)->hidden, OUTCOME_MALFORMED);
    release(&t);
}

static void a_timeout_takes_exactly_its_limit(void **state)
{
    struct told t;
    run(&t, 3, "seam: 1\nflow:\n  - stage: a\n    latency: 2.5s\n    timeout: 2s\n");
    near(nth(&t, RUN_ATTEMPT_ENDED, 2)->end_s, 2, 0);
    assert_int_equal(nth(&t, RUN_ATTEMPT_ENDED, 2)->outcome, OUTCOME_TIMEOUT);
    near(of_stage(&t, "a", "timeout_rate"), 1, 0);
    release(&t);
    run(&t, 1, "seam: 1\nflow:\n  - stage: a\n    latency: 2s\n    timeout: 2s\n");
    assert_string_equal(buf_text(&t.ends), "1 shipped good; ");
    release(&t);
}

static void copies_of_a_hedge_race_and_the_losers_pay(void **state)
{
    struct told t;
    run(&t, 1,
        "seam: 1\nflow:\n  - stage: a\n    latency: 3.5s\n    cost: {per_call: $1}\n"
        "    hedge: {after: 1s, copies: 2}\n");
    near(nth(&t, RUN_ITEM_ENDED, 0)->end_s, 3.5, 0);
    assert_int_equal(count(&t, RUN_ATTEMPT_ENDED, false), 1);
    assert_int_equal(count(&t, RUN_ATTEMPT_ENDED, true), 2);
    near(nth(&t, RUN_ATTEMPT_BEGAN, 2)->begin_s, 2, 0);
    assert_int_equal(nth(&t, RUN_ATTEMPT_BEGAN, 2)->copy, 2);
    near(value(&t, "cost_per_item"), 3, 0);
    near(of_stage(&t, "a", "attempts_per_item"), 3, 0);
    near(of_stage(&t, "a", "ok_rate"), 1, 0);
    release(&t);
}

static void a_hedged_attempt_fails_when_all_its_calls_have(void **state)
{
    struct told t;
    run(&t, 1,
        "seam: 1\nflow:\n  - stage: a\n    latency: 3s\n    error: 100%\n"
        "    retry: {attempts: 2}\n    hedge: {after: 2s}\n");
    near(nth(&t, RUN_ITEM_ENDED, 0)->end_s, 10, 0); /* twice 2 s + 3 s */
    assert_int_equal(count(&t, RUN_ATTEMPT_ENDED, false), 4);
    assert_int_equal(nth(&t, RUN_ATTEMPT_ENDED, 3)->attempt, 4);
    release(&t);
}

static void a_cache_answers_without_an_attempt(void **state)
{
    struct told t;
    run(&t, 1,
        "seam: 1\nflow:\n  - stage: a\n    wrong: 100%\n    latency: 9s\n"
        "    cache: {hit: 100%, latency: 20ms}\n");
    assert_string_equal(buf_text(&t.ends), "1 shipped good; ");
    assert_int_equal(count(&t, RUN_ATTEMPT_ENDED, false), 0);
    assert_true(nth(&t, RUN_VISIT_ENDED, 0)->cached);
    near(nth(&t, RUN_ITEM_ENDED, 0)->end_s, 0.02, 0);
    release(&t);
}

static void an_item_leaves_at_its_deadline_even_inside_a_step(void **state)
{
    struct told t;
    run(&t, 1,
        "seam: 1\ndeadline: 7s\nflow:\n  - stage: a\n    latency: 5s\n"
        "  - stage: b\n    latency: 5s\n    cost: {per_call: $1}\n");
    assert_string_equal(buf_text(&t.ends), "1 abandoned good; ");
    near(nth(&t, RUN_ITEM_ENDED, 0)->end_s, 7, 0);
    assert_true(nth(&t, RUN_ATTEMPT_ENDED, 1)->cancelled);
    near(value(&t, "cost_per_item"), 1, 0);
    near(of_stage(&t, "b", "exit_abandon"), 1, 0);
    release(&t);
}

/* --- the flow */

static void going_back_gives_the_quality_of_the_first_entry(void **state)
{
    struct told t;
    run(&t, 1,
        "seam: 1\nflow:\n  - stage: a\n  - stage: b\n    given: {a.skipped: {error: 0}}\n"
        "    wrong: 100%\n  - check: c\n    sensitivity: 100%\n"
        "    on_reject: {goto: b, at_most: 2, then: ship}\n");
    assert_string_equal(buf_text(&t.ends), "1 shipped bad; ");
    near(of_stage(&t, "b", "visits_per_item"), 3, 0);
    near(of_stage(&t, "c", "caught_rate"), 1, 0);
    /* it was good whenever it came to b */
    for (uint32_t k = 0, visits = 0; visits < 3; k++) {
        const struct run_event *e = nth(&t, RUN_VISIT_ENDED, k);
        if (e->step != 1)
            continue;
        assert_int_equal(e->quality, RUN_GOOD);
        visits++;
    }
    release(&t);
}

static void gates_have_bands_and_audits(void **state)
{
    static const struct {
        const char *confidence, *end;
    } cases[] = {
        {"0.8", "1 shipped good; " },
        {"0.7", "1 rejected good; "},
        {"0.5", "1 rejected good; "},
        {"0.4", "1 failed good; "  },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf text = {0};
        struct told t;
        buf_printf(&text,
                   "seam: 1\nflow:\n  - stage: a\n    confidence: {good: %s, bad: 0}\n"
                   "  - gate: g\n    threshold: [0.5, 0.8]\n    above: desk\n    between: reject\n"
                   "    below: fail\n    audit: {share: 100%%, by: desk}\n"
                   "  - review: desk\n",
                   cases[i].confidence);
        run(&t, 1, buf_text(&text));
        assert_string_equal(buf_text(&t.ends), cases[i].end);
        const struct run_event *end = nth(&t, RUN_ITEM_ENDED, 0);
        assert_int_equal(end->reviewed, i == 0);
        assert_int_equal(end->audited, i == 0);
        near(value(&t, "review_load"), i == 0, 0);
        buf_release(&text);
        release(&t);
    }
}

static void ways_are_taken_as_conditions_and_shares_say(void **state)
{
    struct told t;
    run(&t, 1,
        "seam: 1\nflow:\n  - stage: a\n    latency: 3s\n"
        "    next: [{to: fail, when: \"age < 3s\"}, {to: c, when: \"visits(a) == 1\"}, b]\n"
        "  - stage: b\n    next: [reject]\n  - stage: c\n    next: [ship]\n");
    assert_string_equal(buf_text(&t.ends), "1 shipped good; ");
    near(of_stage(&t, "b", "exit_reject"), 0, 0);
    release(&t);
}

static void a_reviewer_mends_and_spoils_as_stated(void **state)
{
    struct told t;
    run(&t, 1,
        "seam: 1\nflow:\n  - stage: a\n    wrong: 100%\n"
        "  - review: r\n    sensitivity: 100%\n    fixes: 100%\n"
        "  - review: s\n    sensitivity: 0\n    specificity: 0\n    spoils: 100%\n");
    assert_string_equal(buf_text(&t.ends), "1 shipped bad; ");
    assert_int_equal(nth(&t, RUN_VISIT_ENDED, 2)->quality, RUN_GOOD); /* mended by r */
    near(value(&t, "reviews_per_item"), 2, 0);
    near(value(&t, "review_precision"), 1, 0);
    near(of_stage(&t, "s", "caught_rate"), 1, 0);
    release(&t);
}

/* --- parallels */

struct join_case {
    const char *join, *a, *b, *c; /* numbers of three branches */
    const char *end;
    double at_s;
    uint32_t cancelled;
};

static void joins_are_done_when_their_rule_is(void **state)
{
    static const struct join_case cases[] = {
        {"all",         "latency: 1s",                                                   "latency: 4s",                "latency: 2s",                                  "1 shipped good; ", 4, 0},
        {"all",         "latency: 1s",                                                   "{latency: 2s, error: 100%}", "latency: 9s",                                  "1 failed good; ",  2,
         1                                                                                                                                                                                     },
        {"any",         "latency: 3s",                                                   "{latency: 1s, error: 100%}", "latency: 2s",                                  "1 shipped good; ", 2,
         1                                                                                                                                                                                     },
        {"2 of 3",      "latency: 1s",                                                   "{latency: 2s, wrong: 100%}", "latency: 9s",                                  "1 shipped bad; ",  2,
         1                                                                                                                                                                                     },
        {"2 of 3",      "{latency: 1s, error: 100%}",                                    "{latency: 2s, error: 100%}", "latency: 9s",
         "1 failed good; ",                                                                                                                                                                2, 1},
        {"vote 2 of 3", "latency: 1s",                                                   "{latency: 2s, wrong: 100%}", "latency: 9s",
         "1 shipped good; ",                                                                                                                                                               9, 0},
        {"majority",    "latency: 1s",                                                   "{latency: 2s, wrong: 100%}", "{wrong: 100%}",
         "1 shipped bad; ",                                                                                                                                                                2, 0},
        {"best",        "{latency: 1s, wrong: 100%, confidence: {good: 0.2, bad: 0.9}}",
         "{latency: 2s, confidence: {good: 0.3, bad: 0.1}}",                                                           "{error: 100%, confidence: {good: 1, bad: 1}}", "1 shipped bad; ",  2, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct join_case *c = &cases[i];
        const char *branch[] = {c->a, c->b, c->c};
        struct buf text = {0};
        struct told t;
        buf_printf(&text, "seam: 1\nflow:\n  - parallel: p\n    join: %s\n    branches:\n",
                   c->join);
        for (int k = 0; k < 3; k++) {
            bool map = branch[k][0] == '{';
            int n = (int)strlen(branch[k]);
            buf_printf(&text, "      - [{stage: b%d, %.*s}]\n", k, map ? n - 2 : n,
                       branch[k] + map);
        }
        run(&t, 1, buf_text(&text));
        if (strcmp(buf_text(&t.ends), c->end))
            fail_msg("case %zu: %s", i, buf_text(&t.ends));
        near(nth(&t, RUN_ITEM_ENDED, 0)->end_s, c->at_s, 0);
        assert_int_equal(count(&t, RUN_ATTEMPT_ENDED, true), c->cancelled);
        buf_release(&text);
        release(&t);
    }
}

static void a_confidence_is_the_one_of_the_last_branch_needed(void **state)
{
    struct told t;
    run(&t, 1,
        "seam: 1\nflow:\n  - parallel: p\n    join: 2 of 3\n    branches:\n"
        "      - [{stage: x, latency: 1s, confidence: {good: 0.9, bad: 0}}]\n"
        "      - [{stage: y, latency: 2s, confidence: {good: 0.4, bad: 0}}]\n"
        "      - [{stage: z, latency: 3s, confidence: {good: 0.6, bad: 0}}]\n"
        "  - gate: g\n    threshold: 0.5\n    below: reject\n");
    assert_string_equal(buf_text(&t.ends), "1 rejected good; "); /* the 2nd highest of 0.9, 0.4 */
    release(&t);
}

/* --- payloads and truth */

static void what_items_hold_is_judged_by_their_truth(void **state)
{
    static const char input[] =
        "{\"id\": \"x\", \"input\": {\"a\": 1, \"b\": [2]}, \"truth\": {\"b\": [2.0]}}\n"
        "{\"id\": \"y\", \"input\": {\"a\": 1}, \"truth\": {\"a\": 2}}\n"
        "{\"id\": \"z\", \"input\": {\"a\": 1}}\n";
    static const char text[] = "seam: 1\nflow:\n  - review: r\n    sensitivity: 100%\n"
                               "    fixes: 0\n    on_reject: m\n"
                               "    next: [ship]\n  - review: m\n    fixes: 100%\n";
    struct error err = {0};
    struct told t = {.ends = {0}};
    struct run_listener listener = {&t, note};
    struct executed how = {.seed = 1, .listener = &listener, .input = input};
    result_init(&t.result, "run");
    ok(execute_text(text, &how, &t.result, &err), &err);
    assert_string_equal(buf_text(&t.ends), "x shipped good; z shipped good; y shipped good; ");
    near(value(&t, "reliability"), 1, 0);
    near(of_stage(&t, "m", "visits_per_item"), 1.0 / 3, 1e-12);
    release(&t);
}

static void items_end_alike_on_any_number_of_threads(void **state)
{
    static const char text[] =
        "seam: 1\nclasses: {x: {share: 30%}, y: {share: 70%}}\nwrong: 5%\nflow:\n"
        "  - stage: a\n    wrong: 20%\n    error: 10%\n    latency: {exponential: {mean: 1s}}\n"
        "    retry: {attempts: 2, backoff: {initial: 1s, jitter: full}}\n"
        "    confidence: {good: {beta: {a: 6, b: 2}}, bad: {beta: {a: 3, b: 3}}}\n"
        "  - gate: g\n    threshold: 0.6\n    below: r\n    audit: 10%\n"
        "  - review: r\n    sensitivity: 80%\n    fixes: 50%\n"
        "    on_reject: {goto: a, at_most: 1, then: reject}\n";
    struct buf ends[3] = {{0}};
    static const uint32_t threads[] = {1, 2, 8};
    for (int k = 0; k < 3; k++) {
        struct error err = {0};
        struct told t = {.ends = {0}};
        struct run_listener listener = {&t, note};
        struct executed how = {
            .items = 300, .seed = 3, .threads = threads[k], .listener = &listener};
        result_init(&t.result, "run");
        ok(execute_text(text, &how, &t.result, &err), &err);
        buf_puts(&ends[k], buf_text(&t.ends));
        release(&t);
    }
    assert_string_equal(buf_text(&ends[0]), buf_text(&ends[1]));
    assert_string_equal(buf_text(&ends[0]), buf_text(&ends[2]));
    for (int k = 0; k < 3; k++)
        buf_release(&ends[k]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(retries_wait_longer_and_longer_and_then_fail),
        cmocka_unit_test(only_outcomes_named_are_tried_again),
        cmocka_unit_test(a_timeout_takes_exactly_its_limit),
        cmocka_unit_test(copies_of_a_hedge_race_and_the_losers_pay),
        cmocka_unit_test(a_hedged_attempt_fails_when_all_its_calls_have),
        cmocka_unit_test(a_cache_answers_without_an_attempt),
        cmocka_unit_test(an_item_leaves_at_its_deadline_even_inside_a_step),
        cmocka_unit_test(going_back_gives_the_quality_of_the_first_entry),
        cmocka_unit_test(gates_have_bands_and_audits),
        cmocka_unit_test(ways_are_taken_as_conditions_and_shares_say),
        cmocka_unit_test(a_reviewer_mends_and_spoils_as_stated),
        cmocka_unit_test(joins_are_done_when_their_rule_is),
        cmocka_unit_test(a_confidence_is_the_one_of_the_last_branch_needed),
        cmocka_unit_test(what_items_hold_is_judged_by_their_truth),
        cmocka_unit_test(items_end_alike_on_any_number_of_threads),
    };
    math_init();
    return cmocka_run_group_tests_name("orchestrator", tests, NULL, NULL);
}
