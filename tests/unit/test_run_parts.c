/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a run stands on: input lines, payloads put over each other, timers; and textbook cases whose
 * values were computed apart from this program. */
#include "exec/input.h"
#include "exec/payload.h"
#include "exec/timer.h"
#include "math/gsl_guard.h"
#include "math/rng.h"
#include "model/scenario.h"
#include "tests/support/executed.h"
#include "tests/support/support.h"

#include <math.h>
#include <string.h>

/* --- input */

static void input_fails(const char *text, const char *says)
{
    struct pipeline p;
    struct error err = {0};
    struct input_lines *lines = NULL;
    struct faults faults;
    static const char scenario[] = "seam: 1\nclasses: {news: {share: 50%}, film: {share: 50%}}\n"
                                   "flow:\n  - stage: a\n";
    faults_init(&faults);
    ok(scenario_parse("s.yaml", scenario, strlen(scenario), NULL, &p, &faults, &err), &err);
    assert_int_equal(input_lines_read("in.jsonl", text, strlen(text), &p, &lines, &err), -1);
    error_is(&err, ERR_INPUT, says);
    faults_release(&faults);
    pipeline_release(&p);
}

static void faults_of_input_are_told_at_their_line(void **state)
{
    input_fails("{\"id\": \"a\"}\n\n{\"id\": \"b\"}\n{\"id\": \"a\"}\n",
                "in.jsonl:4: the id \"a\" stands in line 1 already");
    input_fails("{\"id\": \"a\"}\n{\"id\": \"b\"", "in.jsonl:2:");
    input_fails("[1]\n", "in.jsonl:1: an item is a JSON object");
    input_fails("{\"imput\": {}}\n", "did you mean \"input\"?");
    input_fails("{\"input\": 3}\n", "in.jsonl:1: \"input\" must be an object");
    input_fails("{\"class\": \"new\"}\n", "no class \"new\"; did you mean \"news\"?");
    input_fails("{\"id\": \"\"}\n", "\"id\" must be a text of 1 to 200 bytes");
    input_fails("{\"id\": \"\xff\"}\n", "in.jsonl:1:");
    input_fails("\n\n", "in.jsonl: there is no item in it");
}

static void lines_become_items(void **state)
{
    struct pipeline p;
    struct error err = {0};
    struct input_lines *lines = NULL;
    const char *id, *class, *payload, *truth;
    static const char text[] = "{\"input\": {\"q\": \"\\u00e9\"}, \"truth\": null}\r\n"
                               "\n{\"id\": 7, \"truth\": {\"a\": [1, 2]}}";
    pipeline_init(&p);
    ok(input_lines_read("in.jsonl", text, strlen(text), &p, &lines, &err), &err);
    const struct run_input *in = input_lines_of(lines);
    assert_int_equal(in->items, 2);
    in->item(in->arg, 0, &id, &class, &payload, &truth);
    assert_string_equal(id, "1");
    assert_null(class);
    assert_string_equal(payload, "{\"q\":\"\xc3\xa9\"}");
    assert_null(truth);
    in->item(in->arg, 1, &id, &class, &payload, &truth);
    assert_string_equal(id, "7");
    assert_null(payload);
    assert_string_equal(truth, "{\"a\":[1,2]}");
    input_lines_free(lines);
    pipeline_release(&p);
}

/* --- payloads */

static void answers_are_put_over_payloads_member_by_member(void **state)
{
    static const struct {
        const char *payload, *over, *want;
    } cases[] = {
        {"{}",                        "{}",                   "{}"                          },
        {"{\"a\":1,\"b\":{\"c\":2}}", "{\"b\":3,\"d\":null}", "{\"a\":1,\"b\":3,\"d\":null}"},
        {"{\"a\":1}",                 "{\"b\":1,\"b\":2}",    "{\"a\":1,\"b\":2}"           },
        {"{\"\\\"\":1}",              "{\"\\\"\":\"\\n\"}",   "{\"\\\"\":\"\\n\"}"          },
    };
    struct payload_tool *tool = payload_tool_new();
    struct buf out = {0};
    struct error err = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ok(payload_put(tool, cases[i].payload, strlen(cases[i].payload), cases[i].over,
                       strlen(cases[i].over), &out, &err),
           &err);
        assert_string_equal(buf_text(&out), cases[i].want);
    }
    assert_int_equal(payload_put(tool, "{}", 2, "[1]", 3, &out, &err), -1);
    error_is(&err, ERR_INPUT, "the answer is no JSON object");
    assert_int_equal(payload_put(tool, "{}", 2, "{\"a\"", 4, &out, &err), -1);
    error_is(&err, ERR_INPUT, "the answer is no JSON");
    buf_release(&out);
    payload_tool_free(tool);
}

/* --- timers */

static void timers_come_in_the_order_of_time(void **state)
{
    enum { N = 500 };
    static struct timer timer[N];
    struct timers t = {0};
    struct rng_seq rng = {11, 0};
    double before = 0;
    uint32_t left = N;
    for (uint32_t i = 0; i < N; i++)
        timer_set(&t, &timer[i], TIMER_CALL, &timer[i], (double)(rng_next(&rng) % 100));
    for (uint32_t i = 0; i < N; i += 3, left--)
        timer_drop(&t, &timer[i]);
    timer_drop(&t, &timer[0]); /* not set any more */
    uint64_t order = 0;
    for (struct timer *next; (next = timers_next(&t)); left--) {
        assert_true(next->at_s > before || (next->at_s == before && next->order >= order));
        assert_true((next - timer) % 3 != 0);
        before = next->at_s;
        order = next->order;
        timer_drop(&t, next);
    }
    assert_int_equal(left, 0);
    timers_release(&t);
}

/* --- textbook cases */

struct known {
    const char *name;    /* of all items, or "step name" */
    double value, sigma; /* of a million items */
};
static void comes_to(const char *text, const struct known *known, size_t n)
{
    enum { ITEMS = 30000 };
    struct error err = {0};
    struct result r;
    struct executed how = {.items = ITEMS, .seed = 17};
    result_init(&r, "run");
    ok(execute_text(text, &how, &r, &err), &err);
    for (size_t i = 0; i < n; i++) {
        const struct metrics *m = &r.metrics;
        const char *space = strchr(known[i].name, ' '), *name = known[i].name;
        char step[32] = "";
        if (space) {
            memcpy(step, name, (size_t)(space - name));
            m = &result_stage(&r, step)->metrics;
            name = space + 1;
        }
        const struct metric *found = metrics_find(m, name);
        assert_non_null(found);
        within_sigma(found->value, known[i].value, known[i].sigma * sqrt(1e6 / ITEMS), 5);
    }
    result_release(&r);
}

static void six_stages_of_97_percent(void **state) /* A01 */
{
    static const struct known known[] = {
        {"reliability", 0.832972004929,    0.0003730008631807197 },
        {"visits_mean", 5.567599835699999, 0.0011911140340930145 },
        {"d exit_fail", 0.02738019,        0.00016318858782269027},
    };
    comes_to("seam: 1\nflow:\n  - {stage: a, error: 3%}\n  - {stage: b, error: 3%}\n"
             "  - {stage: c, error: 3%}\n  - {stage: d, error: 3%}\n  - {stage: e, error: 3%}\n"
             "  - {stage: f, error: 3%}\n",
             known, 3);
}

static void a_fallback_takes_what_three_attempts_leave(void **state) /* A06 */
{
    static const struct known known[] = {
        {"reliability",         0.99996, 6.3244288279685775e-06},
        {"a attempts_per_item", 1.11,    0.00034336569426778746},
        {"b attempts_per_item", 0.0012,  3.998199594817647e-05 },
    };
    comes_to("seam: 1\nflow:\n  - {stage: a, error: 10%, retry: {attempts: 3}, fallback: b, "
             "next: [ship]}\n  - {stage: b, error: 20%, retry: {attempts: 2}}\n",
             known, 3);
}

static void retries_with_exponential_backoff(void **state) /* B01 */
{
    static const struct known known[] = {
        {"reliability",         0.9984,             3.996798718975032e-05},
        {"a attempts_per_item", 1.2479999999999998, 0.0005463478745268446},
        {"latency_all_mean",    1.4040000000000004, 0.0014747148876986353},
        {"latency_mean",        1.3942307692307694, 0.0014533445240960316},
        {"latency_p50",         0.9402466657037752, 0.0013952724460287386},
    };
    comes_to(
        "seam: 1\nflow:\n  - stage: a\n    error: 20%\n    latency: {exponential: {mean: 1s}}\n"
        "    retry: {attempts: 4, backoff: {initial: 500ms, factor: 2}}\n",
        known, 5);
}

static void a_draft_and_its_critic(void **state) /* C01 */
{
    static const struct known known[] = {
        {"reliability",           0.90461133,           0.0002937510368247763},
        {"share_wrong",           0.08615345999999999,  0.0002805905225235314},
        {"share_rejected",        0.009235209999999999, 9.565521886575712e-05},
        {"draft visits_per_item", 1.435891,             0.000745959650745099 },
        {"shipped_error",         0.08695652173913043,  0.0002830815253682917},
    };
    comes_to("seam: 1\nflow:\n  - {stage: draft, wrong: 30%}\n"
             "  - {check: critic, sensitivity: 80%, specificity: 90%, "
             "on_reject: {goto: draft, at_most: 3, then: reject}}\n",
             known, 5);
}

static void a_gate_before_a_fallible_reviewer(void **state) /* D01, threshold 0.5 */
{
    static const struct known known[] = {
        {"review_load", 0.06757812499999998, 0.00025102056095364846},
        {"auto_error",  0.05362379555927943, 0.00023329447537609606},
    };
    comes_to("seam: 1\nflow:\n  - {stage: model, wrong: 10%, "
             "confidence: {good: {beta: {a: 8, b: 2}}, bad: {beta: {a: 3, b: 3}}}}\n"
             "  - {gate: sure, threshold: 0.5, above: ship, below: desk}\n"
             "  - {review: desk, sensitivity: 90%, specificity: 98%, fixes: 100%, spoils: 100%}\n",
             known, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_of_input_are_told_at_their_line),
        cmocka_unit_test(lines_become_items),
        cmocka_unit_test(answers_are_put_over_payloads_member_by_member),
        cmocka_unit_test(timers_come_in_the_order_of_time),
        cmocka_unit_test(six_stages_of_97_percent),
        cmocka_unit_test(a_fallback_takes_what_three_attempts_leave),
        cmocka_unit_test(retries_with_exponential_backoff),
        cmocka_unit_test(a_draft_and_its_critic),
        cmocka_unit_test(a_gate_before_a_fallible_reviewer),
    };
    math_init();
    return cmocka_run_group_tests_name("parts of runs", tests, NULL, NULL);
}
