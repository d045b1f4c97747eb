/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Steps that fail together in time, and steps that do not. */
#include "tests/support/support.h"
#include "tests/support/weather_log.h"

#include "model/scenario.h"
#include "trace/estimate.h"

#include <string.h>

struct fitted {
    struct trace_log log;
    struct pipeline p;
    struct result info;
    const char **notes;
};

static void fit_weather(unsigned n, double calm_s, double bad_s, struct fitted *f)
{
    static const struct log_options options = {.failure_when = "outcome = error"};
    struct error err = {0};
    struct buf text = weather_log(n, calm_s, bad_s, 3);
    pipeline_init(&f->p);
    result_init(&f->info, "fit");
    ok(log_read_text("made.csv", buf_text(&text), text.len, &options, &f->log, &err), &err);
    ok(log_fit(&f->log, NULL, &f->p, &f->notes, &f->info, &err), &err);
    buf_release(&text);
}

static void release(struct fitted *f)
{
    pipeline_release(&f->p);
    result_release(&f->info);
    log_release(&f->log);
}

static bool warned(const struct fitted *f)
{
    for (size_t i = 0; i < f->info.warnings.len; i++)
        if (strstr(f->info.warnings.at[i], "failures come together in time"))
            return true;
    return false;
}

static void rate_is(const struct fitted *f, struct number x, double want)
{
    assert_true(x.evidence > 0);
    const struct evidence *e = &f->p.evidence[x.evidence - 1];
    near(x.value, (double)e->k / (double)e->n, 1e-15);
    /* the states are known but for the attempts at their ends: hence twice the binomial's */
    within_sigma(x.value, want, 2 * sqrt(want * (1 - want) / (double)e->n), 5);
}

static void shared_conditions_are_proposed_with_their_rates(void **state)
{
    struct fitted f;
    fit_weather(6000, 4 * 3600., 1800, &f);
    assert_true(warned(&f));
    assert_int_equal(f.p.n_environments, 1);
    const struct environment *e = &f.p.environment[0];
    assert_int_equal(e->n_states, 2);
    assert_int_equal(e->state[1].n_overrides, 2);
    /* 100 hours hold some 22 disturbances: the means of their times have errors of a fifth */
    within(e->state[0].lasts.a, 4 * 3600 / 2., 4 * 3600 * 2.);
    within(e->state[1].lasts.a, 1800 / 2., 1800 * 2.);
    for (int step = 0; step < 2; step++) {
        int32_t at = pipeline_step(&f.p, step ? "write" : "search");
        const struct state_override *o = &e->state[1].override[step];
        assert_int_equal(o->step, at);
        rate_is(&f, f.p.step[at].numbers->error, weather_error[0][step]);
        rate_is(&f, o->override.numbers->error, weather_error[1][step]);
    }
    release(&f);
}

static void the_proposed_scenario_reads_back_with_its_evidence(void **state)
{
    struct fitted f;
    struct pipeline again;
    struct faults faults;
    struct error err = {0};
    struct buf text;
    fit_weather(3000, 4 * 3600., 1800, &f);
    buf_init(&text);
    faults_init(&faults);
    scenario_write(&f.p, NULL, f.notes, &text);
    ok(scenario_parse("fit", text.data, text.len, NULL, &again, &faults, &err), &err);
    assert_int_equal(again.n_environments, 1);
    assert_int_equal(again.n_evidence, f.p.n_evidence);
    for (uint32_t i = 0; i < again.n_evidence; i++) {
        bool found = false;
        for (uint32_t k = 0; k < f.p.n_evidence; k++)
            found = found || (!strcmp(again.evidence[i].path, f.p.evidence[k].path) &&
                              again.evidence[i].k == f.p.evidence[k].k &&
                              again.evidence[i].n == f.p.evidence[k].n);
        if (!found)
            fail_msg("no evidence %s", again.evidence[i].path);
    }
    faults_release(&faults);
    buf_release(&text);
    pipeline_release(&again);
    release(&f);
}

static void independent_failures_get_no_environment(void **state)
{
    struct fitted f;
    fit_weather(6000, 3600, 0, &f);
    assert_false(warned(&f));
    assert_int_equal(f.p.n_environments, 0);
    release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shared_conditions_are_proposed_with_their_rates),
        cmocka_unit_test(the_proposed_scenario_reads_back_with_its_evidence),
        cmocka_unit_test(independent_failures_get_no_environment),
    };
    return cmocka_run_group_tests_name("estimate_weather", tests, NULL, NULL);
}
