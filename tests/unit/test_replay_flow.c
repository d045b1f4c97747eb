/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Logged items through other policies of flows with branches, ways, loops, people and limits: small
 * logs with what must come out worked out by hand, and made ones that must come out as they were.
 */
#include "tests/support/support.h"

#include "decide/replay.h"
#include "model/scenario.h"
#include "tests/support/flow_log.h"
#include "trace/estimate.h"
#include "trace/observe.h"

#include <math.h>
#include <string.h>

static void read_csv(const struct buf *text, struct trace_log *log)
{
    static const struct log_options failures = {.failure_when = "outcome = error"};
    struct error err = {0};
    ok(log_read_text("made.csv", buf_text(text), text->len, &failures, log, &err), &err);
}

static void put_row(struct buf *b, unsigned item, const char *step, double from, double to,
                    const char *decision)
{
    buf_printf(b, "%u,%s,%.3f,%.3f,%s,\n", item, step, 1767571200 + from, 1767571200 + to,
               decision);
}

static void begin(struct buf *b)
{
    buf_init(b);
    buf_puts(b, "case_id,activity,start,end,decision,outcome\n");
}

static void parse(const char *text, const char *path, const char *value, struct pipeline *p)
{
    struct setting set = {path, value};
    struct scenario_options changed = {.set = &set, .n_set = path ? 1 : 0};
    struct faults faults;
    struct error err = {0};
    faults_init(&faults);
    if (scenario_parse("made", text, strlen(text), &changed, p, &faults, &err))
        fail_msg("%s\n%s", err.text, text);
    faults_release(&faults);
}

static void replay(const struct trace_log *log, const char *text, const char *path,
                   const char *value, struct result *r)
{
    struct replay_options options = {.level = 0.95, .seed = 1, .draws = 40};
    struct pipeline base, policy;
    struct error err = {0};
    parse(text, NULL, NULL, &base);
    parse(text, path, value, &policy);
    result_init(r, "replay");
    ok(log_replay(log, &base, &policy, &options, r, &err), &err);
    pipeline_release(&base);
    pipeline_release(&policy);
}

/* The fitted scenario as text. */
static void fit(const struct trace_log *log, struct buf *out)
{
    struct pipeline p;
    struct result info;
    struct error err = {0};
    const char **notes = NULL;
    pipeline_init(&p);
    result_init(&info, "fit");
    buf_init(out);
    ok(log_fit(log, NULL, &p, &notes, &info, &err), &err);
    scenario_write(&p, NULL, NULL, out);
    pipeline_release(&p);
    result_release(&info);
}

static void is_between(const struct result *r, const char *name, double low, double high)
{
    const struct metric *m = metrics_find(&r->metrics, name);
    if (!m)
        fail_msg("no metric %s", name);
    if (fabs(m->low - low) > 1e-6 || fabs(m->high - high) > 1e-6)
        fail_msg("%s lies between %.9g and %.9g, not %.9g and %.9g", name, m->low, m->high, low,
                 high);
}

static void is_as_logged(const struct trace_log *log, const char *text)
{
    static const char *const names[] = {"completion",  "share_failed", "review_load",
                                        "latency_p50", "latency_p95",  "latency_mean"};
    struct result r, seen;
    replay(log, text, NULL, NULL, &r);
    result_init(&seen, "replay");
    log_observe(log, 0.95, &seen);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct metric *was = metrics_find(&seen.metrics, names[i]);
        const struct metric *is = metrics_find(&r.metrics, names[i]);
        if (was && is &&
            fabs(was->value - is->value) > 2e-4 * was->value) /* clocks overlap a little */
            fail_msg("%s was %.9g, and is %.9g under the same policy\n%s", names[i], was->value,
                     is->value, text);
    }
    for (size_t i = 0; i < r.warnings.len; i++)
        if (strstr(r.warnings.at[i], "never came") || strstr(r.warnings.at[i], "way"))
            fail_msg("%s\n%s", r.warnings.at[i], text);
    result_release(&r);
    result_release(&seen);
}

static void branches_and_loops_come_out_as_they_were(void **state)
{
    const char *file = "tests/data/editorial.jsonl.gz";
    struct trace_log log;
    struct buf text;
    struct error err = {0};
    ok(log_read(&file, 1, NULL, &log, &err), &err);
    fit(&log, &text);
    is_as_logged(&log, buf_text(&text));
    buf_release(&text);
    log_release(&log);
}

static const char made[] =
    "seam: 1\nflow:\n"
    "  - stage: a\n    latency: {gamma: {shape: 2, scale: 400ms}}\n    error: 5%\n"
    "    retry: {attempts: 2}\n    next: [{to: d, probability: 30%}, {to: b}]\n"
    "  - parallel: b\n    join: all\n    branches:\n"
    "      -\n        - stage: b1\n          latency: {uniform: {from: 1s, to: 2s}}\n"
    "        - stage: b2\n          latency: {exponential: {mean: 1s}}\n"
    "      -\n        - stage: b3\n          latency: {exponential: {mean: 2s}}\n"
    "  - stage: c\n    latency: {uniform: {from: 1s, to: 2s}}\n"
    "    next: [{to: a, at_most: 2, then: d, probability: 25%}, {to: d}]\n"
    "  - parallel: d\n    join: any\n    branches:\n"
    "      -\n        - stage: d1\n          latency: {gamma: {shape: 2, scale: 1s}}\n"
    "      -\n        - stage: d2\n          latency: {gamma: {shape: 2, scale: 1s}}\n"
    "  - stage: e\n    latency: {uniform: {from: 1s, to: 2s}}\n    error: 3%\n";

static void made_flows_come_out_as_they_were(void **state)
{
    for (uint64_t seed = 1; seed <= 3; seed++) {
        struct flow_log_options options = {.seed = seed, .items = 80};
        struct pipeline p;
        struct trace_log log;
        struct buf text;
        parse(made, NULL, NULL, &p);
        flow_log(&p, &options, &log);
        fit(&log, &text);
        is_as_logged(&log, buf_text(&text));
        buf_release(&text);
        log_release(&log);
        pipeline_release(&p);
    }
}

/* Of four items two went by way of b, for 7 s, and two by c, for 2 s. */
static void what_a_step_takes_of_items_it_never_saw_is_what_it_took_of_others(void **state)
{
    static const char text[] = "seam: 1\nflow:\n  - stage: a\n    latency: 1s\n"
                               "    next: [{to: c, probability: 50%}, {to: b}]\n"
                               "  - stage: b\n    latency: 1h\n    next: [{to: ship}]\n"
                               "  - stage: c\n    latency: 2s\n";
    struct trace_log log;
    struct result r;
    struct buf b;
    begin(&b);
    for (unsigned i = 0; i < 4; i++) {
        put_row(&b, i, "a", 100 * i, 100 * i + 1, "");
        put_row(&b, i, i < 2 ? "b" : "c", 100 * i + 1, 100 * i + (i < 2 ? 8 : 3), "");
    }
    read_csv(&b, &log);
    is_as_logged(&log, text);
    replay(&log, text, "flow.a.next.0.probability", "0", &r);
    is_between(&r, "latency_mean", 8, 8);
    is_between(&r, "completion", 0.5, 1); /* two visits were never made, and may fail */
    result_release(&r);
    replay(&log, text, "flow.a.next.0.probability", "1", &r);
    is_between(&r, "latency_mean", 3, 3);
    result_release(&r);
    buf_release(&b);
    log_release(&log);
}

/* Drafts go back once or twice in the log, which took 3 s each. */
static void a_smaller_bound_cuts_what_was_logged_and_a_larger_one_is_told(void **state)
{
    static const char text[] = "seam: 1\nflow:\n  - stage: write\n    latency: 2s\n"
                               "  - stage: judge\n    latency: 1s\n"
                               "    next:\n"
                               "      - {to: write, at_most: 2, then: ship, probability: 50%}\n"
                               "      - {to: ship}\n";
    static const unsigned rounds[] = {1, 2, 3, 3};
    struct trace_log log;
    struct result r;
    struct buf b;
    begin(&b);
    for (unsigned i = 0; i < 4; i++)
        for (unsigned k = 0; k < rounds[i]; k++) {
            put_row(&b, i, "write", 100 * i + 3 * k, 100 * i + 3 * k + 2, "");
            put_row(&b, i, "judge", 100 * i + 3 * k + 2, 100 * i + 3 * k + 3, "");
        }
    read_csv(&b, &log);
    is_as_logged(&log, text);
    replay(&log, text, "flow.judge.next.0.at_most", "1", &r);
    is_between(&r, "latency_mean", (3 + 6 + 6 + 6) / 4., (3 + 6 + 6 + 6) / 4.);
    result_release(&r);
    replay(&log, text, "flow.judge.next.0.at_most", "3", &r);
    bool told = false;
    for (size_t i = 0; i < r.warnings.len; i++)
        told = told || strstr(r.warnings.at[i], "does not say which way");
    assert_true(told); /* two items were at the bound */
    result_release(&r);
    buf_release(&b);
    log_release(&log);
}

static const char limited[] = "seam: 1\narrivals: {poisson: 1/m}\nhorizon: {length: 1h}\nflow:\n"
                              "  - stage: call\n    latency: 1s\n    by: calls\n"
                              "resources:\n  calls: {rate: 1000/s, burst: 1}\n";

/* One token each 10 s: calls of 1 s at 0, 2 and 4 s begin at 0, 10 and 20 s; and back again. */
static void calls_wait_for_their_token(void **state)
{
    static const char *const rates[] = {"1000/s", "0.1/s"};
    static const double ends[2][3] = {
        {1, 3,  5 },
        {1, 11, 21}
    };
    for (int was = 0; was < 2; was++) {
        struct trace_log log;
        struct result r;
        struct buf b, text;
        buf_init(&text);
        buf_puts(&text, limited);
        if (was == 1) {
            buf_clear(&text);
            buf_printf(&text, "%.*s0.1/s, burst: 1}\n", (int)(strstr(limited, "1000/s") - limited),
                       limited);
        }
        begin(&b);
        for (unsigned i = 0; i < 3; i++)
            put_row(&b, i, "call", 2. * i, ends[was][i], "");
        read_csv(&b, &log);
        is_as_logged(&log, buf_text(&text));
        replay(&log, buf_text(&text), "resources.calls.rate", rates[!was], &r);
        double mean = was ? 1 : (1 + 9 + 17) / 3.;
        is_between(&r, "latency_mean", mean, mean);
        is_between(&r, "wait_mean", mean - 1, mean - 1);
        result_release(&r);
        buf_release(&b);
        buf_release(&text);
        log_release(&log);
    }
}

/* Two people took 10, 5 and 4 s for what came at 10, 12 and 14 s: from 10, 12 and 17 s on.  Of one
 * person the second would come at 20 s, the third then at 20 or 25 s, and they wait for 4 s. */
static void those_whose_patience_ends_leave(void **state)
{
    static const char text[] =
        "seam: 1\narrivals: {poisson: 1/m}\nhorizon: {length: 1h}\nflow:\n"
        "  - stage: draft\n  - review: human_review\n    by: people\n    latency: 5s\n"
        "resources:\n  people: {servers: 2, patience: 4s}\n";
    static const double asked[] = {10, 12, 14}, decided[] = {20, 17, 21};
    struct trace_log log;
    struct result r;
    struct buf b;
    begin(&b);
    for (unsigned i = 0; i < 3; i++) {
        put_row(&b, i, "draft", asked[i] - 1, asked[i], "");
        put_row(&b, i, "human_review", asked[i], decided[i], "approve");
    }
    read_csv(&b, &log);
    replay(&log, text, NULL, NULL, &r);
    assert_null(metrics_find(&r.metrics, "share_abandoned"));
    result_release(&r);
    replay(&log, text, "resources.people.servers", "1", &r);
    is_between(&r, "share_abandoned", 0, 2 / 3.);
    const struct prediction *p = NULL;
    for (size_t i = 0; i < r.predictions.len; i++)
        if (!strcmp(r.predictions.at[i].metric, "share_abandoned"))
            p = &r.predictions.at[i];
    near(p->value, 2 / 3., 1e-9);
    result_release(&r);
    buf_release(&b);
    log_release(&log);
}

/* Both desks have one person.  The first takes 10 s for each of two items that come at 1 and 2 s,
 * the second 5 s: 11-16 and 21-26. */
static void two_desks_have_people_of_their_own(void **state)
{
    static const char text[] =
        "seam: 1\narrivals: {poisson: 1/m}\nhorizon: {length: 1h}\nflow:\n"
        "  - stage: draft\n  - review: human_review\n    by: editors\n    latency: 5s\n"
        "  - review: legal_review\n    by: lawyers\n    latency: 5s\n"
        "resources:\n  editors: {servers: 1}\n  lawyers: {servers: 1}\n";
    struct trace_log log;
    struct result r;
    struct buf b;
    begin(&b);
    for (unsigned i = 0; i < 2; i++) {
        put_row(&b, i, "draft", i, i + 1, "");
        put_row(&b, i, "human_review", i + 1, 11 + 10 * i, "approve");
        put_row(&b, i, "legal_review", 11 + 10 * i, 16 + 10 * i, "approve");
    }
    read_csv(&b, &log);
    is_as_logged(&log, text);
    replay(&log, text, "resources.editors.servers", "2", &r);
    /* 1-11 and 2-12; 11-16 and 16-21 */
    is_between(&r, "latency_mean", (16 + 20) / 2., (16 + 20) / 2.);
    is_between(&r, "wait_mean", 4 / 2., 4 / 2.);
    result_release(&r);
    buf_release(&b);
    log_release(&log);
}

/* Where no structure shows, the simple flow still takes the time that it took. */
static void steps_that_overlap_in_no_order_take_the_time_that_they_took(void **state)
{
    struct trace_log log;
    struct buf b, text;
    begin(&b);
    for (unsigned i = 0; i < 12; i++) {
        put_row(&b, i, "a", 100 * i, 100 * i + 10, "");
        put_row(&b, i, "d", 100 * i, 100 * i + 40, "");
        put_row(&b, i, "b", 100 * i + 10, 100 * i + 30, "");
        put_row(&b, i, "c", 100 * i + 10, 100 * i + 20 + i, "");
    }
    read_csv(&b, &log);
    fit(&log, &text);
    is_as_logged(&log, buf_text(&text));
    buf_release(&b);
    buf_release(&text);
    log_release(&log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(branches_and_loops_come_out_as_they_were),
        cmocka_unit_test(made_flows_come_out_as_they_were),
        cmocka_unit_test(what_a_step_takes_of_items_it_never_saw_is_what_it_took_of_others),
        cmocka_unit_test(a_smaller_bound_cuts_what_was_logged_and_a_larger_one_is_told),
        cmocka_unit_test(calls_wait_for_their_token),
        cmocka_unit_test(those_whose_patience_ends_leave),
        cmocka_unit_test(two_desks_have_people_of_their_own),
        cmocka_unit_test(steps_that_overlap_in_no_order_take_the_time_that_they_took),
    };
    return cmocka_run_group_tests_name("replay_flow", tests, NULL, NULL);
}
