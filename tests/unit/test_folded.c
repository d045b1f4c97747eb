/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tries that n8n folds into one run. */
#include "tests/unit/log_text.h"

#include "trace/estimate.h"
#include "trace/observe.h"

#include <math.h>

#define NODES(call)                                                                                \
    "\"nodes\":[{\"name\":\"Start\",\"type\":\"n\"},{\"name\":\"Call\"," call "\"type\":\"n\"}],"  \
    "\"connections\":{\"Start\":{}}"
#define RETRIED "\"retryOnFail\":true,"

/* An execution of two nodes, of which the second ran for so many ms. */
static void put_execution(struct buf *b, int id, const char *definition, int ms, bool failed)
{
    long long start = 1767323045000LL + 10000LL * id;
    buf_printf(
        b,
        "{\"id\":%d,\"startedAt\":\"2026-01-02T03:04:05.000Z\",\"status\":\"%s\"%s%s,"
        "\"data\":{\"resultData\":{\"runData\":{\"Start\":[{\"startTime\":%lld,"
        "\"executionTime\":1,\"executionStatus\":\"success\"}],\"Call\":[{\"startTime\":%lld,"
        "\"executionTime\":%d,\"executionStatus\":\"%s\"}]}}}}\n",
        id, failed ? "error" : "success", *definition ? ",\"workflowData\":" : "", definition,
        start, start + 2, ms, failed ? "error" : "success");
}

struct fitted {
    struct trace_log log;
    struct pipeline p;
    struct result info;
    const char **notes;
};

static const struct step *fit_call(const char *text, struct fitted *f)
{
    struct error err = {0};
    read_ok(text, NULL, &f->log);
    pipeline_init(&f->p);
    result_init(&f->info, "fit");
    ok(log_fit(&f->log, NULL, &f->p, &f->notes, &f->info, &err), &err);
    for (size_t i = 0; i < f->p.n_steps; i++)
        if (!strcmp(f->p.step[i].id, "Call"))
            return &f->p.step[i];
    fail_msg("no step Call");
    return NULL;
}

static void fit_release(struct fitted *f)
{
    pipeline_release(&f->p);
    result_release(&f->info);
    log_release(&f->log);
}

static bool told(const struct result *r, const char *part)
{
    for (size_t i = 0; i < r->assumptions.len; i++)
        if (strstr(r->assumptions.at[i], part))
            return true;
    for (size_t i = 0; i < r->warnings.len; i++)
        if (strstr(r->warnings.at[i], part))
            return true;
    return false;
}

/* Tries of 200 ms with a second between: six runs of one, two of two, one of three, and one that
 * failed with all three.  16 tries, of which 7 failed. */
static void put_ten(struct buf *b, const char *definition)
{
    static const int ms[] = {200, 210, 190, 205, 195, 200, 1400, 1405, 2600, 2600};
    for (int i = 0; i < 10; i++)
        put_execution(b, i, definition, ms[i], i == 9);
}

static void waits_part_runs_by_their_tries(void **state)
{
    struct buf b = {0};
    struct fitted f;
    put_ten(&b, "{" NODES(RETRIED) "}");
    const struct step *call = fit_call(buf_text(&b), &f);
    assert_int_equal(call->retry.attempts, 3);
    near(call->retry.initial_s, 1, 0);
    near(call->numbers->error.value, 7.0 / 16, 1e-12);
    assert_int_equal(f.p.evidence[call->numbers->error.evidence - 1].n, 16);
    assert_true(dist_mean(&call->numbers->latency) < 0.22);
    assert_true(told(&f.info, "`Call` (up to 3 tries, 1s between)"));
    fit_release(&f);
    buf_release(&b);
}

/* The definition as JSON text (as a database keeps it), and in a file beside the log. */
static void the_definition_may_stand_elsewhere(void **state)
{
    struct buf b = {0};
    struct fitted f;
    put_ten(&b, "\"{\\\"nodes\\\":[{\\\"name\\\":\\\"Call\\\",\\\"retryOnFail\\\":true,"
                "\\\"maxTries\\\":9}]}\"");
    assert_int_equal(fit_call(buf_text(&b), &f)->retry.attempts, 5); /* n8n allows no more */
    fit_release(&f);
    buf_clear(&b);
    put_ten(&b, "");
    buf_puts(&b, "{" NODES(RETRIED "\"maxTries\":2,\"waitBetweenTries\":500,") "}\n");
    const struct step *call = fit_call(buf_text(&b), &f);
    assert_int_equal(call->retry.attempts, 2);
    near(call->retry.initial_s, 0.5, 0);
    assert_false(told(&f.info, "workflowData"));
    fit_release(&f);
    buf_release(&b);
}

/* Without waits only the failed runs tell: 5 of 100 with three tries each are e = 0.05^(1/3) =
 * 0.3684, known as well as from (1 - e) 9 * 5 / (e 0.95) = 81 tries. */
static void without_waits_the_failed_runs_tell(void **state)
{
    struct buf b = {0};
    struct fitted f;
    for (int i = 0; i < 100; i++)
        put_execution(&b, i, "{" NODES(RETRIED "\"waitBetweenTries\":0,") "}", 200 + i % 7,
                      i % 20 == 19);
    const struct step *call = fit_call(buf_text(&b), &f);
    near(call->retry.initial_s, 0, 0);
    near(call->numbers->error.value, 30.0 / 81, 1e-12);
    fit_release(&f);
    buf_release(&b);
}

static void where_nothing_tells_one_warning_does(void **state)
{
    struct buf b = {0};
    struct fitted f;
    struct result r;
    put_ten(&b, "");
    const struct step *call = fit_call(buf_text(&b), &f);
    assert_int_equal(call->retry.attempts, 1);
    near(call->numbers->error.value, 0.1, 1e-12);
    assert_true(told(&f.info, "10 executions come without it (workflowData)"));
    result_init(&r, "replay");
    log_observe(&f.log, 0.95, &r);
    assert_true(told(&r, "10 executions come without it (workflowData)"));
    result_release(&r);
    fit_release(&f);
    buf_release(&b);
}

/* The tries of a failed run are known to the observation too. */
static void tries_of_failed_runs_are_counted(void **state)
{
    struct buf b = {0};
    struct trace_log log;
    put_ten(&b, "{" NODES(RETRIED) "}");
    read_ok(buf_text(&b), NULL, &log);
    assert_int_equal(log.stages.at[stage_named(&log, "Call")].hidden, 2);
    log_release(&log);
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waits_part_runs_by_their_tries),
        cmocka_unit_test(the_definition_may_stand_elsewhere),
        cmocka_unit_test(without_waits_the_failed_runs_tell),
        cmocka_unit_test(where_nothing_tells_one_warning_does),
        cmocka_unit_test(tries_of_failed_runs_are_counted),
    };
    return cmocka_run_group_tests_name("folded", tests, NULL, NULL);
}
