/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/log_text.h"

#include "math/rng.h"
#include "model/rules.h"
#include "model/scenario.h"
#include "trace/estimate.h"
#include "trace/labels.h"

#include <math.h>
#include <stdio.h>

struct fitted {
    struct trace_log log;
    struct pipeline p;
    struct result info;
    const char **notes;
};

static void fit(struct fitted *f)
{
    struct fit_options options = {.seed = 1};
    struct error err = {0};
    pipeline_init(&f->p);
    result_init(&f->info, "fit");
    ok(log_fit(&f->log, &options, &f->p, &f->notes, &f->info, &err), &err);
}

static void fit_text(struct fitted *f, const struct buf *text)
{
    read_ok(buf_text(text), NULL, &f->log);
    fit(f);
}

static void release(struct fitted *f)
{
    pipeline_release(&f->p);
    result_release(&f->info);
    log_release(&f->log);
}

static const struct step *step(const struct fitted *f, const char *id)
{
    int32_t i = pipeline_step(&f->p, id);
    if (i < 0)
        fail_msg("no step %s", id);
    return &f->p.step[i];
}

static void evidence_is(const struct fitted *f, struct number x, uint64_t k, uint64_t n)
{
    assert_true(x.evidence > 0);
    assert_int_equal(f->p.evidence[x.evidence - 1].k, k);
    assert_int_equal(f->p.evidence[x.evidence - 1].n, n);
    near(x.value, (double)k / (double)n, 1e-15);
}

static bool warned(const struct fitted *f, const char *part)
{
    for (size_t i = 0; i < f->info.warnings.len; i++)
        if (strstr(f->info.warnings.at[i], part))
            return true;
    return false;
}

static void fit_genai(struct fitted *f, bool labels)
{
    const char *files[] = {"tests/data/genai.jsonl.gz"};
    struct error err = {0};
    ok(log_read(files, 1, NULL, &f->log, &err), &err);
    if (labels)
        ok(log_labels(&f->log, "tests/data/genai.labels.csv", &err), &err);
    fit(f);
}

static void every_number_has_its_evidence(void **state)
{
    struct fitted f;
    fit_genai(&f, true);
    assert_int_equal(f.p.n_steps, 7);
    assert_string_equal(f.p.step[0].id, "orchestration");
    evidence_is(&f, step(&f, "retrieve")->numbers->error, 3, 203);
    evidence_is(&f, step(&f, "tool_call")->numbers->malformed, 4, 204);
    evidence_is(&f, step(&f, "generate")->numbers->wrong, 14, 200);
    evidence_is(&f, step(&f, "human_review")->numbers->sensitivity, 14, 14);
    evidence_is(&f, step(&f, "human_review")->numbers->specificity, 35, 36);
    evidence_is(&f, step(&f, "human_review")->numbers->fixes, 14, 14);
    evidence_is(&f, step(&f, "human_review")->numbers->spoils, 1, 1);
    assert_true(step(&f, "generate")->has_confidence);
    assert_int_equal(step(&f, "generate")->numbers->confidence_good.evidence, 186);
    assert_int_equal(step(&f, "generate")->numbers->confidence_bad.evidence, 14);
    /* the capture's items are alike in stretches, so its latencies count for fewer */
    static const uint64_t seen[] = {200, 203, 200, 204, 200, 50, 200};
    for (uint32_t i = 0; i < f.p.n_steps; i++)
        within((double)f.p.step[i].numbers->latency.evidence, 2, 0.6 * (double)seen[i]);
    assert_true(warned(&f, "independent ones"));
    const struct step *gate = step(&f, "confidence_gate");
    assert_int_equal(gate->kind, STEP_GATE);
    near(gate->numbers->threshold.value, 0.85, 0);
    assert_int_equal(gate->below.to, pipeline_step(&f.p, "human_review"));
    assert_int_equal(gate->above.to, pipeline_step(&f.p, "feedback_store"));
    assert_int_equal(step(&f, "retrieve")->retry.attempts, 3);
    within(step(&f, "retrieve")->retry.initial_s, 0.03, 0.1);
    release(&f);
}

static void count_up(void *arg, const char *what, double done, double of)
{
    double *told = arg;
    assert_string_equal(what, "steps");
    assert_true(done == told[0] + 1 && done <= of);
    told[0] = done;
    told[1] = of;
}

static void each_fitted_step_is_told(void **state)
{
    struct fitted f;
    double told[2] = {0};
    const struct progress progress = {count_up, told};
    struct fit_options options = {.seed = 1, .progress = &progress};
    struct error err = {0};
    struct pipeline again;
    struct result info;
    fit_genai(&f, true);
    pipeline_init(&again);
    result_init(&info, "fit");
    ok(log_fit(&f.log, &options, &again, &f.notes, &info, &err), &err);
    assert_true(told[0] == again.n_steps && told[1] == again.n_steps);
    pipeline_release(&again);
    result_release(&info);
    release(&f);
}

static void the_scenario_reads_back_to_the_same_pipeline(void **state)
{
    struct fitted f;
    struct pipeline again;
    struct faults faults;
    struct error err = {0};
    struct buf one, two;
    fit_genai(&f, true);
    buf_init(&one);
    buf_init(&two);
    scenario_write(&f.p, "a head", f.notes, &one);
    faults_init(&faults);
    ok(scenario_parse("fit", one.data, one.len, NULL, &again, &faults, &err), &err);
    scenario_write(&again, "a head", f.notes, &two);
    assert_string_equal(buf_text(&one), buf_text(&two));
    assert_int_equal(again.n_evidence, f.p.n_evidence);
    faults_release(&faults);
    pipeline_release(&again);
    buf_release(&one);
    buf_release(&two);
    release(&f);
}

static void decisions_alone_give_a_lower_bound_and_say_so(void **state)
{
    struct fitted f;
    fit_genai(&f, false);
    evidence_is(&f, step(&f, "generate")->numbers->wrong, 15, 200);
    assert_int_equal(step(&f, "human_review")->numbers->sensitivity.evidence, 0);
    near(step(&f, "human_review")->numbers->sensitivity.value, 1, 0);
    assert_true(warned(&f, "`wrong` of `generate` is a lower bound"));
    assert_true(warned(&f, "the reviewer is taken to be right"));
    release(&f);
}

/* ---- made logs -------------------------------------------------------------------------- */

/* Items of a step `call` whose latencies are lognormal(mu, sigma) in seconds; what would take
 * longer than the limit is cut there when `cut`, and a share of `hang` hangs until the limit. */
static struct buf calls(unsigned n, double mu, double sigma, double limit, bool cut, double hang)
{
    struct rng_seq rng = {rng_key(7, 0, 0, 0, RNG_SPLIT), 0};
    struct buf b;
    unsigned at = 0;
    buf_init(&b);
    for (unsigned i = 0; i < n; i++) {
        char trace[16];
        double s = exp(mu + sigma * rng_normal(&rng));
        bool hangs = rng_unit(rng_next(&rng)) < hang;
        snprintf(trace, sizeof trace, "t%u", i);
        bool out = hangs || (cut && s > limit);
        unsigned end = at + (unsigned)lround(1000 * (out ? limit : s));
        put_span(&b, trace, "1", "", "call", at, end,
                 out ? FAILED ATTRIBUTES(TEXT_ATTRIBUTE("error.type", "timeout")) : "");
        at = end + 1;
    }
    return b;
}

static void cut_latencies_are_fitted_as_censored(void **state)
{
    struct fitted f;
    struct buf b = calls(1000, 0, 0.5, 2, true, 0);
    fit_text(&f, &b);
    const struct numbers *n = step(&f, "call")->numbers;
    near(n->timeout_s, 2, 0);
    assert_int_equal(n->latency.family, DIST_LOGNORMAL);
    within_sigma(n->latency.a, 0, 0.5 / sqrt(1000), 5); /* a fit to the cut values is below */
    within_sigma(n->latency.b, 0.5, 0.5 / sqrt(2000), 5);
    assert_int_equal(n->error.evidence, 0);
    buf_release(&b);
    release(&f);
}

static void calls_that_hang_lie_beyond_the_limit(void **state)
{
    struct fitted f;
    struct buf b = calls(500, -3, 0.4, 2, true, 0.05);
    uint64_t timed_out = 0;
    fit_text(&f, &b);
    for (size_t i = 0; i < f.log.spans.len; i++)
        timed_out += f.log.spans.outcome[i] == OUTCOME_TIMEOUT;
    const struct numbers *n = step(&f, "call")->numbers;
    near(n->timeout_s, 2, 0);
    assert_true(timed_out > 5);
    near(1 - dist_cdf(&n->latency, n->timeout_s), (double)timed_out / 500, 1e-9);
    near_rel(dist_quantile(&n->latency, 0.25), exp(-3 - 0.4 * 0.6745), 0.15);
    buf_release(&b);
    release(&f);
}

static void timeouts_that_others_outlast_are_errors(void **state)
{
    struct fitted f;
    struct buf b = calls(500, 0, 0.5, 0.3, false, 0.05);
    uint64_t timed_out = 0;
    fit_text(&f, &b);
    for (size_t i = 0; i < f.log.spans.len; i++)
        timed_out += f.log.spans.outcome[i] == OUTCOME_TIMEOUT;
    const struct numbers *n = step(&f, "call")->numbers;
    assert_true(isinf(n->timeout_s));
    evidence_is(&f, n->error, timed_out, 500);
    buf_release(&b);
    release(&f);
}

static void put_run(struct buf *b, unsigned n, double confidence, bool review, const char *verdict,
                    bool extra)
{
    char trace[16], more[200];
    unsigned t = n * 1000;
    snprintf(trace, sizeof trace, "t%u", n);
    put_span(b, trace, "r", "", "run", t, t + 100 + n, "");
    snprintf(more, sizeof more,
             ATTRIBUTES("{\"key\":\"x.confidence\",\"value\":{\"doubleValue\":%.17g}}"),
             confidence);
    put_span(b, trace, "1", "r", "draft", t + 10, t + 20 + n, more);
    if (extra)
        put_span(b, trace, "2", "r", "lookup", t + 30 + n, t + 33 + n, "");
    snprintf(more, sizeof more, ATTRIBUTES(TEXT_ATTRIBUTE("x.verdict", "%s")), verdict);
    if (review)
        put_span(b, trace, "3", "r", "review", t + 40 + n, t + 60 + n, more);
    put_span(b, trace, "4", "r", "publish", t + 70 + n, t + 80 + n, "");
}

static void a_gate_inside_another_step_gets_a_step_of_its_own(void **state)
{
    struct fitted f;
    struct buf b;
    buf_init(&b);
    for (unsigned n = 0; n < 20; n++)
        put_run(&b, n, n < 15 ? 0.95 - 0.001 * n : 0.5 + 0.01 * n, n >= 15,
                n == 19 ? "reject" : "approve", n % 4 == 0);
    fit_text(&f, &b);
    const struct step *gate = step(&f, "gate");
    assert_int_equal(gate->kind, STEP_GATE);
    near(gate->numbers->threshold.value, 0.8, 0);
    assert_int_equal(gate->above.to, pipeline_step(&f.p, "publish"));
    assert_int_equal(gate->below.to, pipeline_step(&f.p, "review"));
    /* a step that most items pass by, before the gate like the others */
    assert_int_equal(step(&f, "draft")->n_ways, 1);
    assert_int_equal(step(&f, "draft")->way[0].edge.to, pipeline_step(&f.p, "gate"));
    evidence_is(&f, *step(&f, "draft")->way[0].probability, 15, 20);
    assert_int_equal(step(&f, "draft")->next.to, pipeline_step(&f.p, "lookup"));
    assert_int_equal(step(&f, "lookup")->next.to, pipeline_step(&f.p, "gate"));
    evidence_is(&f, step(&f, "draft")->numbers->wrong, 1, 20);
    buf_release(&b);
    release(&f);
}

static void reviews_without_a_gate_get_a_stand_in(void **state)
{
    struct fitted f;
    struct buf b;
    buf_init(&b);
    for (unsigned n = 0; n < 40; n++)
        put_run(&b, n, 0.5 + 0.01 * n, n % 4 == 0, "approve", false);
    fit_text(&f, &b);
    const struct numbers *draft = step(&f, "draft")->numbers;
    near(dist_cdf(&draft->confidence_good, 0.49), 0.25, 1e-12);
    assert_int_equal(step(&f, "gate")->below.to, pipeline_step(&f.p, "review"));
    assert_true(warned(&f, "the gate of the scenario is a stand-in"));
    buf_release(&b);
    release(&f);
}

static void time_between_the_steps_is_a_step(void **state)
{
    struct fitted f;
    struct buf b;
    double mean = 0;
    buf_init(&b);
    for (unsigned n = 0; n < 30; n++)
        put_run(&b, n, 0.9, false, "", false);
    fit_text(&f, &b);
    for (uint32_t i = 0; i < f.p.n_steps; i++)
        mean += dist_mean(&f.p.step[i].numbers->latency);
    near_rel(mean, 0.1 + 0.0145, 0.005); /* items take 100 ms to 129 ms */
    near_rel(dist_mean(&step(&f, "orchestration")->numbers->latency), 0.08, 1e-6);
    buf_release(&b);
    release(&f);
}

/* 400 runs of one step: exponential times, the second half `slower` times as long. */
static uint64_t evidence_of_runs(double slower, bool *said)
{
    struct rng_seq rng = {rng_key(11, 0, 0, 0, RNG_SPLIT), 0};
    struct fitted f;
    struct buf text;

    buf_init(&text);
    for (unsigned n = 0; n < 400; n++) {
        char trace[40], id[20];
        double ms = -2000 * log(rng_unit(rng_next(&rng))) * (n < 200 ? 1 : slower);
        snprintf(trace, sizeof trace, "%032x", n + 1);
        snprintf(id, sizeof id, "%016x", n + 1);
        put_span(&text, trace, id, "", "work", n * 1000, n * 1000 + 1 + (unsigned)ms, "");
    }
    fit_text(&f, &text);
    *said = warned(&f, "independent ones");
    uint64_t evidence = step(&f, "work")->numbers->latency.evidence;
    buf_release(&text);
    release(&f);
    return evidence;
}

static void alike_neighbours_count_for_fewer(void **state)
{
    bool said;

    within((double)evidence_of_runs(1, &said), 200, 400); /* a design effect of 2 has p < 0.04 */
    within((double)evidence_of_runs(3, &said), 2, 100);
    assert_true(said);
}

static void retries_and_giving_up_are_told_apart(void **state)
{
    struct fitted f;
    struct buf b;
    buf_init(&b);
    for (unsigned n = 0; n < 20; n++) {
        char trace[16];
        unsigned t = n * 1000;
        snprintf(trace, sizeof trace, "t%u", n);
        put_span(&b, trace, "r", "", "run", t, t + 100, "");
        put_span(&b, trace, "1", "r", "call", t + 1, t + 5, n < 4 ? FAILED : "");
        if (n < 4)
            put_span(&b, trace, "2", "r", "call", t + 15, t + 20, n < 2 ? FAILED : "");
        if (n > 0)
            put_span(&b, trace, "3", "r", "send", t + 30, t + 40, "");
    }
    fit_text(&f, &b);
    const struct step *s = step(&f, "call");
    assert_int_equal(s->retry.attempts, 2);
    near(s->retry.initial_s, 0.01, 1e-9);
    evidence_is(&f, s->numbers->error, 6, 24);
    assert_int_equal(s->fallback.to, TO_FAIL); /* one of two went on: no majority */
    buf_release(&b);
    release(&f);
}

/* Items of two steps of exponential times, means 100 and 150 ms, that are abandoned at the age of
 * `deadline_ms`, or, where `ragged`, some at twice that. */
static struct buf deadline_log(unsigned items, unsigned deadline_ms, bool ragged)
{
    static const double mean_ms[] = {100, 150};
    struct rng_seq rng = {rng_key(9, 0, 0, 0, RNG_SPLIT), 0};
    struct buf b = {0};
    for (unsigned n = 0; n < items; n++) {
        unsigned t = n * 10000, age = 0, limit = ragged && n % 2 ? 2 * deadline_ms : deadline_ms;
        char trace[16];
        bool over = false;
        snprintf(trace, sizeof trace, "t%u", n);
        for (unsigned k = 0; k < 2 && !over; k++) {
            double u = ((double)rng_below(&rng, 1 << 20) + 0.5) / (1 << 20);
            unsigned end = age + 1 + (unsigned)(-log(u) * mean_ms[k]);
            over = end >= limit;
            put_span(&b, trace, k ? "2" : "1", "r", k ? "send" : "draft", t + age,
                     t + (over ? limit : end),
                     over
                         ? ATTRIBUTES("{\"key\":\"seam.cancelled\",\"value\":{\"boolValue\":true}}")
                         : "");
            age = over ? limit : end;
        }
        put_span(&b, trace, "r", "", "run", t, t + age,
                 over ? ATTRIBUTES(TEXT_ATTRIBUTE("seam.item.end", "abandoned"))
                      : ATTRIBUTES(TEXT_ATTRIBUTE("seam.item.end", "shipped")));
    }
    return b;
}

static void a_deadline_shows_where_all_leave_at_one_age(void **state)
{
    struct fitted f;
    struct buf b = deadline_log(800, 300, false);
    fit_text(&f, &b);
    assert_non_null(f.p.leave_after_s);
    near(*f.p.leave_after_s, 0.3, 1e-9);
    /* as censored: the mean of those that ended in time is far below */
    near_rel(dist_mean(&step(&f, "draft")->numbers->latency), 0.1, 5 / sqrt(700));
    near_rel(dist_mean(&step(&f, "send")->numbers->latency), 0.15, 5 / sqrt(450));
    assert_int_equal(step(&f, "draft")->numbers->error.evidence, 0);
    assert_int_equal(step(&f, "send")->n_ways, 0); /* nobody goes to `fail` */
    assert_false(warned(&f, "abandoned"));
    buf_release(&b);
    release(&f);
}

static void abandoned_at_many_ages_they_fail_and_it_is_said(void **state)
{
    struct fitted f;
    struct buf b = deadline_log(200, 150, true);
    fit_text(&f, &b);
    assert_null(f.p.leave_after_s);
    assert_true(warned(&f, "items were abandoned, at ages that show no deadline"));
    buf_release(&b);
    release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_number_has_its_evidence),
        cmocka_unit_test(each_fitted_step_is_told),
        cmocka_unit_test(the_scenario_reads_back_to_the_same_pipeline),
        cmocka_unit_test(decisions_alone_give_a_lower_bound_and_say_so),
        cmocka_unit_test(cut_latencies_are_fitted_as_censored),
        cmocka_unit_test(calls_that_hang_lie_beyond_the_limit),
        cmocka_unit_test(timeouts_that_others_outlast_are_errors),
        cmocka_unit_test(a_gate_inside_another_step_gets_a_step_of_its_own),
        cmocka_unit_test(reviews_without_a_gate_get_a_stand_in),
        cmocka_unit_test(time_between_the_steps_is_a_step),
        cmocka_unit_test(alike_neighbours_count_for_fewer),
        cmocka_unit_test(retries_and_giving_up_are_told_apart),
        cmocka_unit_test(a_deadline_shows_where_all_leave_at_one_age),
        cmocka_unit_test(abandoned_at_many_ages_they_fail_and_it_is_said),
    };
    return cmocka_run_group_tests_name("estimate", tests, NULL, NULL);
}
