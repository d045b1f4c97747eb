/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A log is cut in two by item number; what is fitted on one half predicts the other. */
#include "tests/support/support.h"

#include "model/scenario.h"
#include "sim/run.h"
#include "trace/estimate.h"
#include "trace/labels.h"
#include "trace/observe.h"

#include <stdlib.h>
#include <string.h>

struct capture {
    const char *files[2];
    size_t n;
    const char *labels, *item_by;
};

static const struct capture genai = {
    {"tests/data/genai.jsonl.gz"}, 1, "tests/data/genai.labels.csv", "gen_ai.conversation.id"};
static const struct capture openinference = {
    {"tests/data/openinference.part1.jsonl.gz", "tests/data/openinference.part2.jsonl.gz"},
    2,
    "tests/data/openinference.labels.csv",
    "session.id"
};

/* The items whose number, at the end of their id, is odd or even. */
static struct trace_log half(const struct capture *c, int remainder)
{
    struct log_options options = {.item_by = c->item_by};
    struct trace_log log;
    struct error err = {0};
    ok(log_read(c->files, c->n, &options, &log, &err), &err);
    ok(log_labels(&log, c->labels, &err), &err);
    bool *keep = mem_zero(log.items.len, sizeof *keep);
    for (size_t i = 0; i < log.items.len; i++) {
        const char *number = strrchr(span_string(&log.spans, log.items.at[i].id), '-') + 1;
        keep[i] = strtoul(number, NULL, 10) % 2 == (unsigned long)remainder;
    }
    log_keep(&log, keep);
    assert_int_equal(log.items.len, 100);
    mem_free(keep);
    return log;
}

static struct result seen(const struct trace_log *log)
{
    struct result r;
    result_init(&r, "replay");
    log_observe(log, 0.95, &r);
    return r;
}

/* Through the scenario file, as a user would. */
static struct result predicted(const struct trace_log *log)
{
    struct fit_options options = {.seed = 1};
    struct run_options run = {
        .trials = 100, .seed = 1, .threads = 1, .level = 0.95, .uncertainty = true};
    struct pipeline p, written;
    struct result info, r;
    struct faults faults;
    struct buf text;
    struct error err = {0};
    const char **notes = NULL;
    pipeline_init(&p);
    result_init(&info, "fit");
    result_init(&r, "simulate");
    buf_init(&text);
    faults_init(&faults);
    ok(log_fit(log, &options, &p, &notes, &info, &err), &err);
    scenario_write(&p, NULL, notes, &text);
    ok(scenario_parse("fit", text.data, text.len, NULL, &written, &faults, &err), &err);
    ok(run_simulate(&written, &run, &r, &err), &err);
    faults_release(&faults);
    buf_release(&text);
    pipeline_release(&written);
    pipeline_release(&p);
    result_release(&info);
    return r;
}

static void predicts(const struct trace_log *fitted, const struct result *a, const struct result *b)
{
    static const char *const names[] = {"reliability", "review_load", "latency_p50", "latency_p95"};
    struct result p = predicted(fitted);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const struct metric *here = metrics_find(&a->metrics, names[i]);
        const struct metric *there = metrics_find(&b->metrics, names[i]);
        const struct metric *m = metrics_find(&p.metrics, names[i]);
        assert_non_null(m);
        if (!(there->value >= m->low && there->value <= m->high))
            fail_msg("%s: seen %g, predicted [%g, %g]", names[i], there->value, m->low, m->high);
        double own = there->high - there->low + here->high - here->low;
        if (!(m->high - m->low <= 1.5 * own))
            fail_msg("%s: predicted [%g, %g], wider than 1.5 * %g", names[i], m->low, m->high, own);
    }
    result_release(&p);
}

/* Each half the other. */
static void check(const struct capture *c)
{
    struct trace_log even = half(c, 0), odd = half(c, 1);
    struct result a = seen(&even), b = seen(&odd);
    predicts(&even, &a, &b);
    predicts(&odd, &b, &a);
    result_release(&a);
    result_release(&b);
    log_release(&even);
    log_release(&odd);
}

static void one_half_of_the_genai_log_predicts_the_other(void **state)
{
    check(&genai);
}

static void one_half_of_the_openinference_log_predicts_the_other(void **state)
{
    check(&openinference);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_half_of_the_genai_log_predicts_the_other),
        cmocka_unit_test(one_half_of_the_openinference_log_predicts_the_other),
    };
    return cmocka_run_group_tests_name("predict", tests, NULL, NULL);
}
