/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Logged items under another policy: small logs, with what must come out worked out by hand. */
#include "tests/support/support.h"

#include "decide/replay.h"
#include "model/scenario.h"
#include "trace/estimate.h"
#include "trace/labels.h"
#include "trace/observe.h"

#include <math.h>
#include <string.h>

static void read_csv(const struct buf *text, struct trace_log *log)
{
    static const struct log_options failures = {.failure_when = "outcome = error"};
    struct error err = {0};
    ok(log_read_text("made.csv", buf_text(text), text->len, &failures, log, &err), &err);
}

static void fitted_text(const struct trace_log *log, struct buf *out)
{
    struct pipeline p;
    struct result info;
    struct error err = {0};
    const char **notes = NULL;
    pipeline_init(&p);
    result_init(&info, "fit");
    ok(log_fit(log, NULL, &p, &notes, &info, &err), &err);
    scenario_write(&p, NULL, NULL, out);
    pipeline_release(&p);
    result_release(&info);
}

/* The log under the scenario (NULL: fitted) with one thing set (path NULL: nothing). */
static int replay(const struct trace_log *log, const char *scenario, const char *path,
                  const char *value, struct result *r, struct error *err)
{
    struct setting set = {path, value};
    struct scenario_options changed = {.set = &set, .n_set = path ? 1 : 0};
    struct replay_options options = {.level = 0.95, .seed = 1, .draws = 50};
    struct pipeline base, policy;
    struct faults faults;
    struct buf text;
    buf_init(&text);
    if (scenario)
        buf_puts(&text, scenario);
    else
        fitted_text(log, &text);
    faults_init(&faults);
    ok(scenario_parse("made", text.data, text.len, NULL, &base, &faults, err), err);
    ok(scenario_parse("made", text.data, text.len, &changed, &policy, &faults, err), err);
    result_init(r, "replay");
    int status = log_replay(log, &base, &policy, &options, r, err);
    faults_release(&faults);
    pipeline_release(&base);
    pipeline_release(&policy);
    buf_release(&text);
    return status;
}

static void is_between(const struct result *r, const char *name, double low, double high)
{
    const struct metric *m = metrics_find(&r->metrics, name);
    if (!m)
        fail_msg("no metric %s", name);
    near(m->low, low, 1e-9);
    near(m->high, high, 1e-9);
    if (low == high)
        near(m->value, low, 1e-9);
    else
        assert_true(isnan(m->value));
}

static bool warned(const struct result *r, const char *part)
{
    for (size_t i = 0; i < r->warnings.len; i++)
        if (strstr(r->warnings.at[i], part))
            return true;
    return false;
}

static void put_row(struct buf *b, unsigned item, const char *step, double from, double to,
                    const char *rest)
{
    buf_printf(b, "%u,%s,%.3f,%.3f,%s\n", item, step, 1767571200 + from, 1767571200 + to, rest);
}

static void the_policy_that_was_gives_what_was(void **state)
{
    static const char *const names[] = {"reliability", "share_wrong", "completion",  "review_load",
                                        "latency_p50", "latency_p95", "latency_mean"};
    const char *files[] = {"tests/data/genai.jsonl.gz"};
    struct trace_log log;
    struct result r, seen;
    struct error err = {0};
    ok(log_read(files, 1, NULL, &log, &err), &err);
    ok(log_labels(&log, "tests/data/genai.labels.csv", &err), &err);
    ok(replay(&log, NULL, NULL, NULL, &r, &err), &err);
    result_init(&seen, "replay");
    log_observe(&log, 0.95, &seen);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        near_rel(metrics_find(&r.metrics, names[i])->value,
                 metrics_find(&seen.metrics, names[i])->value, 1e-9);
    result_release(&r);
    result_release(&seen);
    log_release(&log);
}

/* Item i of 10 has confidence 0.05 + i / 10; those below 0.5 were reviewed, and of these the first
 * three were wrong and mended. */
static struct trace_log ten_items(void)
{
    struct trace_log log;
    struct buf b;
    buf_init(&b);
    buf_puts(&b, "case_id,activity,start,end,confidence,decision,outcome\n");
    for (unsigned i = 0; i < 10; i++) {
        buf_printf(&b, "%u,draft,%u,%u,%.2f,,\n", i, 1767571200 + 100 * i, 1767571203 + 100 * i,
                   0.05 + 0.1 * i);
        if (i < 5)
            put_row(&b, i, "human_review", 100. * i + 3, 100. * i + 10,
                    i < 3 ? ",correct," : ",approve,");
    }
    read_csv(&b, &log);
    buf_release(&b);
    return log;
}

static void what_was_reviewed_is_known_when_it_ships_unseen(void **state)
{
    struct trace_log log = ten_items();
    struct result r;
    struct error err = {0};
    ok(replay(&log, NULL, "flow.gate.threshold", "0.2", &r, &err), &err);
    is_between(&r, "review_load", 0.2, 0.2);
    is_between(&r, "completion", 1, 1);
    is_between(&r, "reliability", 0.4, 0.9); /* item 2 ships wrong; five were never judged */
    is_between(&r, "share_wrong", 0.1, 0.6);
    is_between(&r, "auto_error", 1 / 8., 6 / 8.);
    is_between(&r, "latency_mean", (2 * 10 + 8 * 3) / 10., (2 * 10 + 8 * 3) / 10.);
    assert_true(warned(&r, "5 drafts were never judged"));
    assert_false(warned(&r, "reviews were never held"));
    result_release(&r);
    log_release(&log);
}

static void reviews_that_were_never_held_leave_bounds(void **state)
{
    struct trace_log log = ten_items();
    struct result r;
    struct error err = {0};
    ok(replay(&log, NULL, "flow.gate.threshold", "0.7", &r, &err), &err);
    is_between(&r, "review_load", 0.7, 0.7);
    is_between(&r, "reliability", 0.5, 1);
    is_between(&r, "completion", 0.8, 1);
    is_between(&r, "share_rejected", 0, 0.2);
    assert_true(warned(&r, "2 reviews were never held"));
    const struct prediction *p = &r.predictions.at[0];
    assert_string_equal(p->metric, "reliability");
    assert_true(p->value >= 0.5 && p->value <= 1);
    result_release(&r);
    log_release(&log);
}

/* The same ten: a draft costs 1, and the reviews 10, 12, 14, 16 and 18. */
static struct trace_log costed_items(void)
{
    struct trace_log log;
    struct buf b = {0};
    buf_puts(&b, "case_id,activity,start,end,confidence,decision,outcome,cost\n");
    for (unsigned i = 0; i < 10; i++) {
        buf_printf(&b, "%u,draft,%u,%u,%.2f,,,1\n", i, 1767571200 + 100 * i, 1767571203 + 100 * i,
                   0.05 + 0.1 * i);
        if (i < 5)
            buf_printf(&b, "%u,human_review,%u,%u,,approve,,%u\n", i, 1767571203 + 100 * i,
                       1767571210 + 100 * i, 10 + 2 * i);
    }
    read_csv(&b, &log);
    buf_release(&b);
    return log;
}

/* Two reviews less cost 22 in all; two more cost 10 to 18 each; at half the price all of them are
 * 35. */
static void what_items_would_cost_is_bounded_by_what_others_cost(void **state)
{
    static const struct {
        const char *path, *value;
        double low, high;
    } cases[] = {
        {NULL,                       NULL,  (10 + 70) / 10.,      (10 + 70) / 10.     },
        {"flow.gate.threshold",      "0.2", (10 + 22) / 10.,      (10 + 22) / 10.     },
        {"flow.gate.threshold",      "0.7", (10 + 70 + 20) / 10., (10 + 70 + 36) / 10.},
        {"flow.human_review.cost",   "$7",  (10 + 35) / 10.,      (10 + 35) / 10.     },
        {"flow.draft.cost.per_call", "$3",  (30 + 70) / 10.,      (30 + 70) / 10.     },
    };
    struct trace_log log = costed_items();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct result r;
        struct error err = {0};
        ok(replay(&log, NULL, cases[i].path, cases[i].value, &r, &err), &err);
        is_between(&r, "cost_per_item", cases[i].low, cases[i].high);
        const struct prediction *p = &r.predictions.at[r.predictions.len - 1];
        assert_string_equal(p->metric, "cost_per_item");
        near(p->seen, 8, 1e-9);
        assert_true(p->value >= cases[i].low - 1e-9 && p->value <= cases[i].high + 1e-9);
        result_release(&r);
    }
    log_release(&log);
}

/* Of two items one call failed, for 2, and the other did well, for 3: with three tries the first
 * pays one more at least and two more at most. */
static void tries_that_were_never_made_cost_what_others_did(void **state)
{
    static const char scenario[] = "seam: 1\nname: x\nflow:\n"
                                   "  - stage: call\n    cost: $2.5\n    error: 1/2\n";
    struct trace_log log;
    struct result r;
    struct error err = {0};
    struct buf b = {0};
    buf_puts(&b, "case_id,activity,start,end,outcome,cost\n");
    put_row(&b, 1, "call", 0, 1, "error,2");
    put_row(&b, 2, "call", 10, 11, ",3");
    read_csv(&b, &log);
    ok(replay(&log, scenario, "flow.call.retry", "{attempts: 3}", &r, &err), &err);
    is_between(&r, "cost_per_item", (2 + 3 + 2) / 2., (2 + 3 + 2 * 3) / 2.);
    result_release(&r);
    log_release(&log);
    buf_release(&b);
}

/* Of 10 items 7 succeed at once, two at the second attempt, one never in two. */
static struct trace_log retried_items(void)
{
    struct trace_log log;
    struct buf b;
    buf_init(&b);
    buf_puts(&b, "case_id,activity,start,end,outcome\n");
    for (unsigned i = 0; i < 10; i++) {
        put_row(&b, i, "call", 100. * i, 100. * i + 2, i < 7 ? "" : "error");
        if (i >= 7)
            put_row(&b, i, "call", 100. * i + 5, 100. * i + 9, i < 9 ? "" : "error");
    }
    read_csv(&b, &log);
    buf_release(&b);
    return log;
}

static void fewer_attempts_are_known_and_more_are_not(void **state)
{
    struct trace_log log = retried_items();
    struct result r;
    struct error err = {0};
    ok(replay(&log, NULL, "flow.call.retry.attempts", "1", &r, &err), &err);
    is_between(&r, "share_failed", 0.3, 0.3);
    is_between(&r, "latency_mean", 2, 2);
    result_release(&r);
    ok(replay(&log, NULL, "flow.call.retry.attempts", "2", &r, &err), &err);
    is_between(&r, "share_failed", 0.1, 0.1);
    is_between(&r, "latency_mean", (7 * 2 + 2 * 9) / 9., (7 * 2 + 2 * 9) / 9.);
    result_release(&r);
    ok(replay(&log, NULL, "flow.call.retry.attempts", "3", &r, &err), &err);
    is_between(&r, "share_failed", 0, 0.1);
    is_between(&r, "completion", 0.9, 1);
    assert_true(warned(&r, "1 attempts were never made"));
    result_release(&r);
    log_release(&log);
}

static void a_shorter_limit_cuts_what_was_logged(void **state)
{
    struct trace_log log = retried_items();
    struct result r;
    struct error err = {0};
    ok(replay(&log, NULL, "flow.call.timeout", "3s", &r, &err), &err);
    /* the second attempts took 4 s: all three items fail, 3 s after 3 s of waiting and 2 of work */
    is_between(&r, "share_failed", 0.3, 0.3);
    result_release(&r);
    log_release(&log);
}

static const char desk[] = "seam: 1\n"
                           "name: desk\n"
                           "arrivals: {poisson: 1/m}\n"
                           "horizon: {length: 1h}\n"
                           "flow:\n"
                           "  - stage: draft\n"
                           "  - review: human_review\n"
                           "    by: people\n"
                           "    latency: 5s\n"
                           "resources:\n"
                           "  people: {servers: 1}\n";

static void put_request(struct buf *b, unsigned item, double asked, double decided)
{
    put_row(b, item, "draft", asked - 1, asked, "");
    put_row(b, item, "human_review", asked, decided, "approve");
}

/* One person works 10 s, 5 s and 4 s on what comes at 0, 2 and 4 s. */
static void another_person_takes_what_waited(void **state)
{
    struct trace_log log;
    struct result r;
    struct error err = {0};
    struct buf b;
    buf_init(&b);
    buf_puts(&b, "case_id,activity,start,end,decision\n");
    put_request(&b, 0, 10, 20);
    put_request(&b, 1, 12, 25);
    put_request(&b, 2, 14, 29);
    read_csv(&b, &log);
    ok(replay(&log, desk, NULL, NULL, &r, &err), &err);
    is_between(&r, "latency_mean", (11 + 14 + 16) / 3., (11 + 14 + 16) / 3.);
    is_between(&r, "wait_mean", (0 + 8 + 11) / 3., (0 + 8 + 11) / 3.);
    result_release(&r);
    ok(replay(&log, desk, "resources.people.servers", "2", &r, &err), &err);
    /* 10-20, 12-17, 17-21 */
    is_between(&r, "latency_mean", (11 + 6 + 8) / 3., (11 + 6 + 8) / 3.);
    is_between(&r, "wait_mean", (0 + 0 + 3) / 3., (0 + 0 + 3) / 3.);
    result_release(&r);
    buf_release(&b);
    log_release(&log);
}

static void people_who_go_home_let_it_wait(void **state)
{
    struct trace_log log;
    struct result r;
    struct error err = {0};
    struct buf b;
    buf_init(&b);
    buf_puts(&b, "case_id,activity,start,end,decision\n");
    put_request(&b, 0, 17.5 * 3600, 18.5 * 3600); /* on Monday */
    put_request(&b, 1, 19 * 3600, 19.5 * 3600);
    read_csv(&b, &log);
    ok(replay(&log, desk, "resources.people.hours", "mon-fri 09:00-18:00", &r, &err), &err);
    /* the first is finished after hours, the second waits until Tuesday 09:00 */
    double mean = (3601 + 14.5 * 3600 + 1) / 2.;
    is_between(&r, "latency_mean", mean, mean);
    result_release(&r);
    buf_release(&b);
    log_release(&log);
}

static void what_is_no_policy_is_refused(void **state)
{
    struct trace_log log = ten_items();
    struct result r;
    struct error err = {0};
    assert_int_equal(replay(&log, NULL, "flow.draft.wrong", "1%", &r, &err), -1);
    error_is(&err, ERR_USAGE, "flow.draft.wrong is no policy but what the log shows");
    result_release(&r);
    log_release(&log);
}

static void steps_that_the_log_does_not_have_are_refused(void **state)
{
    static const char other[] = "seam: 1\n"
                                "name: other\n"
                                "flow:\n"
                                "  - stage: drafts\n";
    struct trace_log log = ten_items();
    struct result r;
    struct error err = {0};
    assert_int_equal(replay(&log, other, NULL, NULL, &r, &err), -1);
    error_is(&err, ERR_INPUT, "the log has no step `drafts`; did you mean `draft`?");
    result_release(&r);
    log_release(&log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_policy_that_was_gives_what_was),
        cmocka_unit_test(what_was_reviewed_is_known_when_it_ships_unseen),
        cmocka_unit_test(reviews_that_were_never_held_leave_bounds),
        cmocka_unit_test(what_items_would_cost_is_bounded_by_what_others_cost),
        cmocka_unit_test(tries_that_were_never_made_cost_what_others_did),
        cmocka_unit_test(fewer_attempts_are_known_and_more_are_not),
        cmocka_unit_test(a_shorter_limit_cuts_what_was_logged),
        cmocka_unit_test(another_person_takes_what_waited),
        cmocka_unit_test(people_who_go_home_let_it_wait),
        cmocka_unit_test(what_is_no_policy_is_refused),
        cmocka_unit_test(steps_that_the_log_does_not_have_are_refused),
    };
    return cmocka_run_group_tests_name("replay_policy", tests, NULL, NULL);
}
