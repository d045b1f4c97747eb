/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Desks in the steady state against textbook models (cases with a letter and a number), whose
 * values were computed apart from this program, and what is refused. */
#include "model/scenario.h"
#include "sim/exact_queue.h"
#include "tests/support/support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double HOUR = 3600;

struct solved {
    struct pipeline p;
    struct result r;
    bool complete;
};

static void parse(const char *flow, struct pipeline *p)
{
    struct error err = {0};
    struct faults faults;
    struct buf text;
    buf_init(&text);
    faults_init(&faults);
    buf_printf(&text, "seam: 1\nhorizon: {length: 1w}\n%s", flow);
    int status = scenario_parse("case.yaml", buf_text(&text), text.len, NULL, p, &faults, &err);
    for (size_t i = 0; status && i < faults.list.len; i++)
        print_error("%u: %s\n", faults.list.at[i].line, faults.list.at[i].text);
    ok(status, &err);
    faults_release(&faults);
    buf_release(&text);
}

static int try_solve(struct solved *s, const char *flow, struct error *err)
{
    struct exact_options options = {.level = 0.95, .seed = 1};
    parse(flow, &s->p);
    result_init(&s->r, "solve");
    return exact_solve(&s->p, &options, &s->r, &s->complete, err);
}

static void solve(struct solved *s, const char *flow)
{
    struct error err = {0};
    ok(try_solve(s, flow, &err), &err);
}

static void done(struct solved *s)
{
    result_release(&s->r);
    pipeline_release(&s->p);
}

static double in(const struct metrics *m, const char *name)
{
    const struct metric *found = metrics_find(m, name);
    return found ? found->value : NAN;
}
static double top(const struct solved *s, const char *name)
{
    return in(&s->r.metrics, name);
}
static double desk(const struct solved *s, const char *name)
{
    return in(&s->r.resources.at[0].metrics, name);
}
static double class(const struct solved *s, size_t k, const char *name)
{
    return in(&s->r.classes.at[k].metrics, name);
}

static void refused(const char *flow, enum error_code code, const char *why)
{
    struct error err = {0};
    struct solved s;
    assert_int_equal(try_solve(&s, flow, &err), -1);
    error_is(&err, code, why);
    done(&s);
}

/* E01 */
static void three_reviewers_are_erlang_c(void **state)
{
    (void)state;
    struct solved s;
    solve(&s, "arrivals: {poisson: 2/h}\nresources: {people: {servers: 3}}\nflow:\n"
              "  - review: desk\n    by: people\n    latency: {exponential: {mean: 1h}}\n");
    near_rel(desk(&s, "p_wait"), 0.4444444444444444, 1e-9);
    near_rel(desk(&s, "queue_wait_mean"), 0.4444444444444444 * HOUR, 1e-9);
    near_rel(desk(&s, "queue_wait_p95"), 2.184802057337662 * HOUR, 1e-9);
    near_rel(desk(&s, "in_system_mean"), 2.888888888888889, 1e-9);
    near_rel(desk(&s, "utilisation"), 2.0 / 3, 1e-12);
    near_rel(top(&s, "wait_mean"), 0.4444444444444444 * HOUR, 1e-9);
    near_rel(top(&s, "latency_all_mean"), 1.4444444444444444 * HOUR, 1e-9);
    assert_true(isnan(top(&s, "latency_p95")));
    assert_false(s.complete);
    done(&s);
}

static void items_come_thinned_and_late_and_the_desk_does_not_see_it(void **state)
{
    (void)state;
    struct solved s;
    solve(&s, "arrivals: {poisson: 8/h}\nresources: {people: {servers: 3}}\nflow:\n"
              "  - stage: ask\n    latency: {lognormal: {p50: 30m, sigma: 1}}\n"
              "    next: [{to: desk, probability: 25%}, ship]\n"
              "  - review: desk\n    by: people\n    latency: {exponential: {mean: 1h}}\n");
    near_rel(desk(&s, "queue_wait_mean"), 0.4444444444444444 * HOUR, 1e-9);
    near_rel(top(&s, "wait_mean"), 0.25 * 0.4444444444444444 * HOUR, 1e-9);
    near_rel(top(&s, "latency_all_mean"), 0.5 * exp(0.5) * HOUR + 0.25 * 1.4444444444444444 * HOUR,
             1e-9);
    done(&s);
}

/* E03 */
static void one_reviewer_with_any_work_is_pollaczek_khinchine(void **state)
{
    (void)state;
    static const struct {
        const char *work;
        double wait_h;
    } cases[] = {
        {"{gamma: {shape: 0.5, scale: 2h}}",                3.4999999999999996},
        {"1h",                                              1.1666666666666667},
        {"{gamma: {shape: 2, scale: 30m}}",                 1.7499999999999998},
        {"{lognormal: {mean: 1h, sd: 5091.168824543142s}}", 3.4999999999999996},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct solved s;
        char text[300];
        snprintf(text, sizeof text,
                 "arrivals: {poisson: 0.7/h}\nresources: {people: {servers: 1}}\nflow:\n"
                 "  - review: desk\n    by: people\n    latency: %s\n",
                 cases[i].work);
        solve(&s, text);
        near_rel(desk(&s, "queue_wait_mean"), cases[i].wait_h * HOUR, 1e-9);
        near_rel(desk(&s, "p_wait"), 0.7, 1e-9);
        done(&s);
    }
}

/* E05 */
static void people_who_lose_patience_are_erlang_a(void **state)
{
    (void)state;
    struct solved s;
    solve(&s, "arrivals: {poisson: 6/h}\n"
              "resources: {people: {servers: 5, patience: {exponential: {mean: 2h}}}}\nflow:\n"
              "  - review: desk\n    by: people\n    latency: {exponential: {mean: 1h}}\n");
    near_rel(desk(&s, "abandon_rate"), 0.22638661000504845, 1e-9);
    near_rel(desk(&s, "queue_wait_mean"), 0.4527732200100969 * HOUR, 1e-9);
    near_rel(desk(&s, "p_wait"), 0.8028384645766344, 1e-9);
    near_rel(desk(&s, "utilisation"), 4.64168033996971 / 5, 1e-9);
    assert_true(isnan(top(&s, "reliability")));
    done(&s);
}

/* The wait's law integrates to its mean, with patience and with a room. */
static void waits_have_the_law_whose_mean_they_have(void **state)
{
    (void)state;
    struct error err = {0};
    struct desk_values v, loss;
    struct desk d = {.servers = 1,
                     .room = ROOM_UNLIMITED,
                     .rate_per_s = 0.8,
                     .mean_s = 1,
                     .patience_s = INFINITY};
    ok(desk_markov(&d, &v, &err), &err);
    near_rel(v.wait_p95_s, log(0.8 / 0.05) / 0.2, 1e-12);
    d.room = 3; /* M/M/1/4: p_n = 0.8^n 0.2 / (1 - 0.8^5) */
    ok(desk_markov(&d, &loss, &err), &err);
    near_rel(loss.block, pow(0.8, 4) * 0.2 / (1 - pow(0.8, 5)), 1e-12);
    near_rel(loss.p_wait, (0.8 + 0.64 + 0.512) / (1 + 0.8 + 0.64 + 0.512), 1e-12);
    d.room = 200;
    ok(desk_markov(&d, &loss, &err), &err);
    near_rel(loss.wait_p95_s, v.wait_p95_s, 1e-9);
    d.room = ROOM_UNLIMITED;
    d.patience_s = 1e7;
    ok(desk_markov(&d, &loss, &err), &err);
    near_rel(loss.wait_p95_s, v.wait_p95_s, 1e-5);
    d.room = 0; /* Erlang B of 2 servers with load 1.5 */
    d.patience_s = INFINITY;
    d.servers = 2;
    d.rate_per_s = 1.5;
    ok(desk_markov(&d, &loss, &err), &err);
    near_rel(loss.block, 1.125 / (1 + 1.5 + 1.125), 1e-12);
    assert_true(loss.wait_mean_s == 0 && loss.wait_p95_s == 0);
}

/* E06 */
static const char classes[] = "arrivals: {poisson: %s}\n"
                              "classes: {urgent: {share: %s, priority: 1}, "
                              "plain: {share: %s, priority: 2}}\n"
                              "resources: {people: {servers: %d, discipline: %s}}\nflow:\n"
                              "  - review: desk\n    by: people\n"
                              "    latency: {urgent: {exponential: {mean: %s}}, "
                              "plain: {exponential: {mean: 1h}}}\n";

static void priorities_are_cobham(void **state)
{
    (void)state;
    struct solved s;
    char text[500];
    snprintf(text, sizeof text, classes, "1/h", "60%", "40%", 1, "priority", "30m");
    solve(&s, text);
    near_rel(class(&s, 0, "wait_mean"), 0.7857142857142858 * HOUR, 1e-9);
    near_rel(class(&s, 1, "wait_mean"), 2.6190476190476195 * HOUR, 1e-9);
    done(&s);
    snprintf(text, sizeof text, classes, "1/h", "60%", "40%", 1, "preemptive", "30m");
    solve(&s, text);
    near_rel(class(&s, 0, "latency_all_mean"), 0.7142857142857143 * HOUR, 1e-9);
    near_rel(class(&s, 1, "latency_all_mean"), 4.047619047619048 * HOUR, 1e-9);
    done(&s);
    snprintf(text, sizeof text, classes, "1.6/h", "37.5%", "62.5%", 2, "priority", "1h");
    solve(&s, text);
    near_rel(class(&s, 0, "wait_mean"), 0.507936507936508 * HOUR, 1e-9);
    near_rel(class(&s, 1, "wait_mean"), 2.5396825396825404 * HOUR, 1e-9);
    done(&s);
}

static void without_a_desk_arrivals_change_nothing(void **state)
{
    (void)state;
    struct solved s;
    solve(&s, "arrivals: {poisson: 2/h}\nflow:\n"
              "  - stage: a\n    wrong: 3%\n    latency: {exponential: {mean: 1h}}\n");
    near_rel(top(&s, "reliability"), 0.97, 1e-12);
    near_rel(top(&s, "latency_p50"), log(2) * HOUR, 1e-7);
    done(&s);
}

static void what_has_no_closed_form_is_named(void **state)
{
    (void)state;
    refused("arrivals: {poisson: 4/h}\nresources: {people: {servers: 3}}\nflow:\n"
            "  - review: desk\n    by: people\n    latency: {exponential: {mean: 1h}}\n",
            ERR_NUMERIC, "overloaded");
    refused("arrivals: {poisson: 2/h}\nresources: {people: {servers: 3}}\nflow:\n"
            "  - review: desk\n    by: people\n    latency: 1h\n",
            ERR_UNSUPPORTED, "not exponential");
    refused("arrivals: {every: 1h}\nresources: {people: {servers: 3}}\nflow:\n"
            "  - review: desk\n    by: people\n    latency: {exponential: {mean: 1h}}\n",
            ERR_UNSUPPORTED, "not a Poisson process");
    refused("arrivals: {poisson: 2/h}\nresources: {people: {servers: 3}}\nflow:\n"
            "  - stage: a\n"
            "  - review: desk\n    by: people\n    latency: {exponential: {mean: 1h}}\n"
            "    sensitivity: 50%\n    specificity: 90%\n    on_reject: {goto: a, at_most: 1}\n",
            ERR_UNSUPPORTED, "come to the desk again");
    refused("arrivals: {poisson: 2/h}\nresources: {people: {servers: 3, discipline: lifo}}\nflow:\n"
            "  - review: desk\n    by: people\n    latency: {exponential: {mean: 1h}}\n",
            ERR_UNSUPPORTED, "discipline");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_reviewers_are_erlang_c),
        cmocka_unit_test(items_come_thinned_and_late_and_the_desk_does_not_see_it),
        cmocka_unit_test(one_reviewer_with_any_work_is_pollaczek_khinchine),
        cmocka_unit_test(people_who_lose_patience_are_erlang_a),
        cmocka_unit_test(waits_have_the_law_whose_mean_they_have),
        cmocka_unit_test(priorities_are_cobham),
        cmocka_unit_test(without_a_desk_arrivals_change_nothing),
        cmocka_unit_test(what_has_no_closed_form_is_named),
    };
    return cmocka_run_group_tests_name("exact_queue", tests, NULL, NULL);
}
