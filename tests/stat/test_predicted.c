/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Predicted first, executed after; and injected faults that come back out of the traces.
 *
 * The numbers by which the stages act stand in a scenario that the fit never sees: it reads the
 * traces of a run with seed A.  The fit is simulated under another threshold, with the uncertainty
 * of what it saw, and what a run with seed B shows must lie within the intervals.
 *
 * False alarms: METRICS intervals at level 1 - BUDGET / METRICS are all held but for a chance of
 * BUDGET; the seeds are fixed. */
#include "tests/support/support.h"

#include "exec/fault.h"
#include "exec/run.h"
#include "exec/tally.h"
#include "exec/tracer.h"
#include "model/scenario.h"
#include "tests/support/predicting.h"
#include "trace/estimate.h"
#include "trace/log.h"
#include "trace/observe.h"

#include <math.h>
#include <string.h>

static const char world[] =
    "seam: 1\n"
    "name: Hidden\n"
    "flow:\n"
    "  - stage: retrieve\n"
    "    layer: data\n"
    "    error: 4%\n"
    "    timeout: 2s\n"
    "    latency: {lognormal: {p50: 200ms, p95: 900ms}}\n"
    "    retry: {attempts: 3}\n"
    "  - stage: draft\n"
    "    layer: model\n"
    "    wrong: 15%\n"
    "    latency: {lognormal: {p50: 2s, sigma: 0.5}}\n"
    "    confidence: {good: {beta: {a: 7, b: 2}}, bad: {beta: {a: 3, b: 3}}}\n"
    "  - {gate: sure, threshold: 70%, above: ship, below: desk}\n"
    "  - {review: desk, layer: human, sensitivity: 95%, specificity: 97%,\n"
    "     latency: {exponential: {mean: 60s}}}\n";

enum { ITEMS = 2000, METRICS = 9 };
static const double budget = 0.001;
static const char *const metrics[METRICS] = {"reliability",  "share_wrong", "share_rejected",
                                             "share_failed", "review_load", "latency_mean",
                                             "latency_p50",  "latency_p95", "visits_mean"};

struct outcome_of {
    struct pipeline p;
    struct result r;
    struct buf traces;
};

static int keep(void *arg, const char *text, size_t len, uint64_t spans, struct error *err)
{
    (void)spans;
    (void)err;
    buf_add(arg, text, len);
    return 0;
}

static void parse(const char *text, const struct setting *set, struct pipeline *p)
{
    const struct scenario_options options = {.set = set, .n_set = set ? 1 : 0};
    struct faults faults;
    struct error err = {0};
    faults_init(&faults);
    ok(scenario_parse("hidden.yaml", text, strlen(text), &options, p, &faults, &err), &err);
    faults_release(&faults);
}

/* Runs the hidden world under a threshold, with these faults (NULL: none). */
static void run(const char *threshold, uint64_t seed, const char *faulty, struct outcome_of *o)
{
    struct setting set = {"flow.sure.threshold", threshold};
    struct run_tally tally;
    struct injected *injected = NULL;
    struct faults faults;
    struct error err = {0};
    memset(o, 0, sizeof *o);
    parse(world, &set, &o->p);
    faults_init(&faults);
    if (faulty)
        ok(injected_parse("f.yaml", faulty, strlen(faulty), &o->p, &faults, &injected, &err), &err);
    faults_release(&faults);
    struct tracer_options tracing = {
        .pipeline = &o->p,
        .run = "hidden",
        .version = "0",
        .start_unix_ns = INT64_C(1795349010000000000),
        .sink = {&o->traces, keep}
    };
    struct tracer *tracer = tracer_new(&tracing);
    struct run_listener ear = tracer_listener(tracer);
    struct run_options options = {
        .items = ITEMS,
        .seed = seed,
        .time_scale = INFINITY,
        .faults = injected,
        .listeners = &ear,
        .n_listeners = 1,
        .setting = {.pipeline = &o->p, .seed = seed}
    };
    run_tally_init(&tally, &o->p);
    ok(run_pipeline(&o->p, &options, &tally, &err), &err);
    ok(tracer_end(tracer, &err), &err);
    result_init(&o->r, "run");
    run_measure(&tally, 0.95, &o->r);
    tracer_free(tracer);
    run_tally_release(&tally);
    injected_free(injected);
}

static void release(struct outcome_of *o)
{
    pipeline_release(&o->p);
    result_release(&o->r);
    buf_release(&o->traces);
}

static void fit(const struct outcome_of *o, struct trace_log *log, struct pipeline *fitted)
{
    struct error err = {0};
    const char **notes = NULL;
    struct result info;
    ok(log_read_text("a.jsonl", o->traces.data, o->traces.len, NULL, log, &err), &err);
    pipeline_init(fitted);
    result_init(&info, "fit");
    ok(log_fit(log, NULL, fitted, &notes, &info, &err), &err);
    fitted->arrivals.kind = ARRIVALS_NONE;
    fitted->horizon = (struct horizon){0};
    result_release(&info);
}

/* Metrics of b that lie outside what the fit to a expects under the threshold. */
static int missed(const char *threshold, const struct outcome_of *a, const struct outcome_of *b)
{
    struct setting set = {"flow.sure.threshold", threshold};
    struct trace_log log = {0};
    struct pipeline fitted, changed;
    struct result expected;
    struct buf text = {0};
    int n = 0;
    fit(a, &log, &fitted);
    scenario_write(&fitted, "", NULL, &text);
    parse(buf_text(&text), &set, &changed);
    result_init(&expected, "simulate");
    predict(&changed, ITEMS, 1 - budget / METRICS, &expected);
    for (int k = 0; k < METRICS; k++) {
        const struct metric *m = metrics_find(&expected.metrics, metrics[k]);
        const struct metric *came = metrics_find(&b->r.metrics, metrics[k]);
        assert_true(m && came);
        bool held = came->value >= m->low - 1e-12 && came->value <= m->high + 1e-12;
        if (!held)
            print_message("%s: expected %g (%g to %g), came %g\n", metrics[k], m->value, m->low,
                          m->high, came->value);
        n += !held;
    }
    buf_release(&text);
    result_release(&expected);
    pipeline_release(&changed);
    pipeline_release(&fitted);
    log_release(&log);
    return n;
}

static void a_changed_threshold_comes_out_as_it_was_predicted(void **state)
{
    struct outcome_of a, b;
    (void)state;
    run("70%", 1, NULL, &a);
    run("85%", 2, NULL, &b);
    assert_int_equal(missed("85%", &a, &b), 0);
    release(&b);
    /* and a stage that fails twice as often in B is seen */
    run("85%", 2, "{seed: 5, steps: {retrieve: {error: 20%}}}", &b);
    assert_int_not_equal(missed("85%", &a, &b), 0);
    release(&a);
    release(&b);
}

/* Injected rates come back: k of n of each kind within the interval of 1 - budget over all four. */
static void the_fit_gives_back_what_was_injected(void **state)
{
    static const char faulty[] = "seed: 9\nsteps:\n"
                                 "  retrieve: {error: 5%}\n"
                                 "  draft: {error: 6%, malformed: 3%}\n";
    struct outcome_of a;
    struct trace_log log = {0};
    struct pipeline fitted;
    (void)state;
    run("70%", 3, faulty, &a);
    fit(&a, &log, &fitted);
    const struct {
        const char *step;
        double injected;
        bool malformed;
    } rates[] = {
        {"draft",    0.06,               false},
        {"draft",    0.03,               true },
        {"retrieve", 0.05 + 0.95 * 0.04, false}  /* its own 4% besides */
    };
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        int32_t at = pipeline_step(&fitted, rates[i].step);
        assert_true(at >= 0);
        const struct numbers *n = fitted.step[at].numbers;
        const struct number *x = rates[i].malformed ? &n->malformed : &n->error;
        assert_true(x->evidence > 0);
        double trials = (double)fitted.evidence[x->evidence - 1].n, p = rates[i].injected;
        within_sigma(x->value, p, sqrt(p * (1 - p) / trials), 5.0);
    }
    pipeline_release(&fitted);
    log_release(&log);
    release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_changed_threshold_comes_out_as_it_was_predicted),
        cmocka_unit_test(the_fit_gives_back_what_was_injected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
