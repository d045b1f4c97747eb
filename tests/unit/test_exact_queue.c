/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Desks in the steady state against textbook models (cases with a letter and a number), whose
 * values were computed apart from this program, and what is refused. */
#include "model/scenario.h"
#include "sim/exact/queue.h"
#include "sim/exact/wait.h"
#include "tests/support/solved.h"
#include "tests/support/support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double HOUR = 3600;

static void parse(const char *flow, struct pipeline *p)
{
    struct error err = {0};
    struct faults faults;
    struct buf text;
    buf_init(&text);
    faults_init(&faults);
    buf_printf(&text, "seam: 1\n%s%s", strstr(flow, "horizon:") ? "" : "horizon: {length: 1w}\n",
               flow);
    int status = scenario_parse("case.yaml", buf_text(&text), text.len, NULL, p, &faults, &err);
    for (size_t i = 0; status && i < faults.list.len; i++)
        print_error("%u: %s\n", faults.list.at[i].line, faults.list.at[i].text);
    ok(status, &err);
    faults_release(&faults);
    buf_release(&text);
}

static int try_solve(struct solved *s, const char *flow, bool values_only, struct error *err)
{
    struct exact_options options = {.level = 0.95, .seed = 1, .values_only = values_only};
    parse(flow, &s->p);
    result_init(&s->r, "solve");
    return exact_solve(&s->p, &options, &s->r, &s->complete, err);
}

static void solve(struct solved *s, const char *flow)
{
    struct error err = {0};
    ok(try_solve(s, flow, false, &err), &err);
}

/* Without losses and sensitivities, which solve again and again. */
static void solve_values(struct solved *s, const char *flow)
{
    struct error err = {0};
    ok(try_solve(s, flow, true, &err), &err);
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
    assert_int_equal(try_solve(&s, flow, false, &err), -1);
    error_is(&err, code, why);
    done(&s);
}

/* E01 */
static void three_reviewers_are_erlang_c(void **state)
{
    (void)state;
    struct solved s;
    solve(&s, "arrivals: {poisson: 2/h}\nobjective: {deadline: 4h}\n"
              "resources: {people: {servers: 3, answer_within: 1h}}\nflow:\n"
              "  - review: desk\n    by: people\n    latency: {exponential: {mean: 1h}}\n");
    near_rel(1 - desk(&s, "service_level"), 0.16350197385397436, 1e-9);
    near_rel(1 - top(&s, "slo_attainment"), 0.05087677469092827, 1e-8);
    near_rel(desk(&s, "p_wait"), 0.4444444444444444, 1e-9);
    near_rel(desk(&s, "queue_wait_mean"), 0.4444444444444444 * HOUR, 1e-9);
    near_rel(desk(&s, "queue_wait_p95"), 2.184802057337662 * HOUR, 1e-9);
    near_rel(desk(&s, "in_system_mean"), 2.888888888888889, 1e-9);
    near_rel(desk(&s, "utilisation"), 2.0 / 3, 1e-12);
    near_rel(top(&s, "wait_mean"), 0.4444444444444444 * HOUR, 1e-9);
    near_rel(top(&s, "latency_all_mean"), 1.4444444444444444 * HOUR, 1e-9);
    /* wait: an atom of 5/9 and an exponential; sojourn 1 h + that */
    near_rel(top(&s, "latency_sd"), sqrt(1 + 2 * 4.0 / 9 - 16.0 / 81) * HOUR, 1e-9);
    done(&s);
}

/* M/M/1 by the general way (gamma of shape 1): sojourn and wait are exponential. */
static void laws_of_one_server_are_exponential(void **state)
{
    (void)state;
    static const char *const work[] = {"{exponential: {mean: 1h}}",
                                       "{gamma: {shape: 1, scale: 1h}}"};
    for (int i = 0; i < 2; i++) {
        struct solved s;
        char text[400];
        snprintf(
            text, sizeof text,
            "arrivals: {poisson: 0.6/h}\nresources: {people: {servers: 1, answer_within: 2h}}\n"
            "flow:\n  - review: desk\n    by: people\n    latency: %s\n    budget: 3h\n",
            work[i]);
        solve(&s, text);
        near_rel(desk(&s, "queue_wait_p95"), log(0.6 / 0.05) / 0.4 * HOUR, 1e-8);
        near_rel(desk(&s, "service_level"), 1 - 0.6 * exp(-0.8), 1e-9);
        near_rel(top(&s, "latency_p50"), log(2) / 0.4 * HOUR, 1e-7);
        near_rel(top(&s, "latency_p99"), log(100) / 0.4 * HOUR, 1e-7);
        near_rel(top(&s, "latency_all_p999"), log(1000) / 0.4 * HOUR, 1e-7);
        near_rel(top(&s, "latency_sd"), HOUR / 0.4, 1e-9);
        near_rel(in(&s.r.stages.at[0].metrics, "visit_latency_p90"), log(10) / 0.4 * HOUR, 1e-7);
        near_rel(in(&s.r.stages.at[0].metrics, "attempt_latency_p90"), log(10) * HOUR, 1e-9);
        near_rel(in(&s.r.stages.at[0].metrics, "within_budget"), 1 - exp(-1.2), 1e-7);
        assert_true(s.r.curves.len == 1);
        done(&s);
    }
}

/* M/M/1, load 1/2, then a constant hour: P(T <= t) = 1 - exp(-(t - 1) / 2), and a stage before
 * that nobody shares: Exp(1/2) + Exp(1/2), an Erlang law, and the hour. */
static void other_steps_are_added_to_the_wait(void **state)
{
    (void)state;
    struct solved s;
    solve(&s, "arrivals: {poisson: 0.5/h}\nobjective: {deadline: 5h}\n"
              "resources: {people: {servers: 1}}\nflow:\n"
              "  - stage: ask\n    wrong: 25%\n    latency: {exponential: {mean: 2h}}\n"
              "  - review: desk\n    by: people\n    latency: {exponential: {mean: 1h}}\n"
              "    sensitivity: 0\n"
              "  - stage: send\n    latency: 1h\n");
    near_rel(top(&s, "latency_mean"), 5 * HOUR, 1e-12);
    near_rel(top(&s, "latency_sd"), sqrt(8) * HOUR, 1e-9);
    near_rel(top(&s, "slo_attainment"), 0.75 * (1 - 3 * exp(-2)), 1e-7);
    done(&s);
}

/* E03, M/D/1 */
static void constant_work_has_erlangs_wait(void **state)
{
    (void)state;
    static const struct {
        const char *within;
        double beyond;
    } cases[] = {
        {"2.5h", 0.14770393318277597},
        {"5.5h", 0.01945804112527405},
        {"1us",  0.7                }
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct solved s;
        char text[300];
        snprintf(text, sizeof text,
                 "arrivals: {poisson: 0.7/h}\n"
                 "resources: {people: {servers: 1, answer_within: %s}}\nflow:\n"
                 "  - review: desk\n    by: people\n    latency: 1h\n",
                 cases[i].within);
        solve(&s, text);
        near(1 - desk(&s, "service_level"), cases[i].beyond, 1e-9);
        /* E[W^2] = 2 E[W]^2 + lambda E[S^3] / (3 (1 - rho)), and S does not vary */
        double mean = 0.7 / 0.6, square = 2 * mean * mean + 0.7 / 0.9;
        near_rel(top(&s, "latency_sd"), sqrt(square - mean * mean) * HOUR, 1e-9);
        done(&s);
    }
}

/* With work min(Exp(1 h), 1 h) the
 * third moment is 3 (2 - 5 / e), by parts. */
static void cut_work_has_its_third_moment(void **state)
{
    (void)state;
    struct solved s;
    solve(&s, "arrivals: {poisson: 0.5/h}\nresources: {people: {servers: 1}}\nflow:\n"
              "  - review: desk\n    by: people\n    latency: {exponential: {mean: 1h}}\n"
              "    timeout: 1h\n    fallback: ship\n");
    double e = exp(-1), m1 = 1 - e, m2 = 2 * (1 - 2 * e), m3 = 3 * (2 - 5 * e);
    double rho = 0.5 * m1, w1 = 0.5 * m2 / (2 * (1 - rho));
    double w2 = 2 * w1 * w1 + 0.5 * m3 / (3 * (1 - rho));
    near_rel(desk(&s, "queue_wait_mean"), w1 * HOUR, 1e-9);
    near_rel(top(&s, "latency_all_mean"), (w1 + m1) * HOUR, 1e-9);
    near_rel(top(&s, "latency_all_sd"), sqrt(w2 - w1 * w1 + m2 - m1 * m1) * HOUR, 1e-8);
    done(&s);
}

static double resource(const struct solved *s, size_t k, const char *name)
{
    return in(&s->r.resources.at[k].metrics, name);
}

/* Jackson: 1/h come, 20% come to the first desk again, 30% of those who pass it to the second. */
static void a_network_is_jackson(void **state)
{
    (void)state;
    struct solved s;
    solve(&s, "arrivals: {poisson: 1/h}\n"
              "resources: {writers: {servers: 2}, editors: {servers: 1}}\nflow:\n"
              "  - stage: write\n    by: writers\n    latency: {exponential: {mean: 1h}}\n"
              "    next: [{to: write, probability: 20%, at_most: unbounded}, "
              "{to: edit, probability: 24%}, ship]\n"
              "  - stage: edit\n    by: editors\n    latency: {exponential: {mean: 2h}}\n");
    double a = 1.25, c = a * a / 2 / (1 - a / 2) / (1 + a + a * a / 2 / (1 - a / 2));
    near_rel(resource(&s, 0, "utilisation"), 0.625, 1e-12);
    near_rel(resource(&s, 0, "p_wait"), c, 1e-12);
    near_rel(resource(&s, 0, "queue_wait_mean"), c / 0.75 * HOUR, 1e-12);
    near_rel(resource(&s, 1, "utilisation"), 0.6, 1e-12);
    near_rel(resource(&s, 1, "in_system_mean"), 1.5, 1e-12);
    double wait = 1.25 * c / 0.75 + 0.3 * 3;
    near_rel(top(&s, "wait_mean"), wait * HOUR, 1e-12);
    near_rel(top(&s, "latency_mean"), (wait + 1.25 + 0.6) * HOUR, 1e-12);
    assert_true(isnan(top(&s, "latency_p95")) && isnan(top(&s, "latency_sd")));
    assert_false(s.complete);
    done(&s);
}

/* 5 items an hour of 1.1 calls of $1 each, three people at $20 for 60 of the 168 hours of a week,
 * and $100: a month of 720 hours costs 3600 * 1.1 + 3 * 20 * 720 * 60 / 168 + 100.  Two visits of
 * the items that do not fail twice, one of the others: sd sqrt(0.99 * 0.01). */
static void a_month_has_its_items_wages_and_prices(void **state)
{
    (void)state;
    struct solved s;
    static const char form[] =
        "arrivals: {poisson: 5/h}\nworth: {correct: $4}\ncosts: {store: $100/month}\n"
        "resources: {people: {servers: 3, cost: $20/h%s}}\nflow:\n"
        "  - stage: call\n    error: 10%%\n    retry: {attempts: 2}\n    cost: {per_call: $1}\n"
        "  - review: read\n    by: people\n    latency: {exponential: {mean: 5m}}\n";
    for (int k = 0; k < 2; k++) {
        char text[1024];
        double spent = 3600 * 1.1 + 3 * 20 * 720 * (k ? 60 / 168.0 : 1) + 100;
        snprintf(text, sizeof text, form, k ? ", hours: \"mon-fri 08:00-20:00\"" : "");
        solve_values(&s, text);
        near_rel(top(&s, "cost_per_month"), spent, 1e-12);
        near_rel(top(&s, "net_per_month"), 3600 * 0.99 * 4 - spent, 1e-12);
        near_rel(top(&s, "visits_sd"), sqrt(0.0099), 1e-12);
        assert_true(k || s.complete);
        done(&s);
    }
}

/* A call that never failed would send more to a desk that turns some away. */
static void what_a_perfect_step_is_worth_before_a_loss_is_left_out(void **state)
{
    (void)state;
    struct solved s;
    solve(&s, "arrivals: {poisson: 5/h}\n"
              "resources: {people: {servers: 1, waiting_room: 1}}\nflow:\n"
              "  - stage: call\n    error: 10%\n"
              "  - review: read\n    by: people\n    latency: {exponential: {mean: 10m}}\n");
    for (size_t i = 0; i < s.r.stages.len; i++) {
        assert_true(isnan(in(&s.r.stages.at[i].metrics, "improvement")));
        assert_true(isnan(in(&s.r.stages.at[i].metrics, "birnbaum")));
    }
    assert_false(s.complete);
    done(&s);
}

/* Two M/M/1 in a row, of rates mu - lambda 1/2 and 1/4 an hour: independent (Reich 1957), so that
 * P(T > t) = 2 exp(-t / 4) - exp(-t / 2). */
static void two_desks_in_a_row_are_independent(void **state)
{
    (void)state;
    struct solved s;
    static const char form[] =
        "arrivals: {poisson: 0.5/h}\nobjective: {deadline: 6h}\n"
        "resources: {first: {servers: %d}, second: {servers: 1}}\nflow:\n"
        "  - stage: write\n    by: first\n    latency: {exponential: {mean: 1h}}\n"
        "  - stage: pause\n    latency: %s\n"
        "  - stage: edit\n    by: second\n    latency: {exponential: {mean: 80m}}\n";
    char text[500];
    snprintf(text, sizeof text, form, 1, "0s");
    solve(&s, text);
    near_rel(top(&s, "latency_mean"), 6 * HOUR, 1e-9);
    near_rel(top(&s, "latency_sd"), sqrt(20) * HOUR, 1e-9);
    near_rel(1 - top(&s, "slo_attainment"), 2 * exp(-1.5) - exp(-3), 1e-7);
    done(&s);
    snprintf(text, sizeof text, form, 1, "{exponential: {mean: 1m}}");
    solve(&s, text);
    assert_true(isnan(top(&s, "slo_attainment")));
    near_rel(top(&s, "latency_mean"), 6 * HOUR + 60, 1e-9);
    done(&s);
    snprintf(text, sizeof text, form, 2, "0s");
    solve(&s, text);
    assert_true(isnan(top(&s, "slo_attainment")));
    done(&s);
}

/* E09 */
static void shifts_have_the_same_cycle_every_day(void **state)
{
    (void)state;
    static const struct {
        const char *at_close;
        double morning, evening, average;
    } cases[] = {
        {"interrupt", 17.89555161284073,  1.895551612840623,  9.23699337007404  },
        {"finish",    16.200199256901467, 1.5221836437756406, 7.7570577792508075},
    };
    for (int i = 0; i < 2; i++) {
        struct solved s;
        char text[500];
        snprintf(text, sizeof text,
                 "arrivals: {poisson: 1/h}\nhorizon: {warmup: 100d, length: 100w, observe: 1h}\n"
                 "resources: {people: {servers: 4, hours: \"09:00-17:00\", at_close: %s}}\nflow:\n"
                 "  - stage: ask\n    latency: {lognormal: {p50: 1h, sigma: 1}}\n"
                 "  - review: desk\n    by: people\n    latency: {exponential: {mean: 1h}}\n",
                 cases[i].at_close);
        solve_values(&s, text);
        near_rel(desk(&s, "in_system_mean"), cases[i].average, 1e-7);
        near_rel(top(&s, "latency_mean"), (cases[i].average + exp(0.5)) * HOUR, 1e-7);
        const struct curve *curve = result_curve(&s.r, "in_system");
        assert_non_null(curve);
        assert_true(curve->points.len == 25 && curve->points.at[17].x == 17 * HOUR);
        near_rel(curve->points.at[9].y, cases[i].morning, 1e-7);
        near_rel(curve->points.at[17].y, cases[i].evening, 1e-7);
        assert_true(isnan(top(&s, "latency_p50")));
        done(&s);
    }
}

/* 144 items a day for twelve people's ten hours, all of them busy after a while: 24 more each day.
 */
static void an_overloaded_cycle_is_told_for_its_horizon(void **state)
{
    (void)state;
    struct solved s;
    solve(&s, "arrivals: {poisson: 6/h}\nhorizon: {length: 10d, observe: 1d}\n"
              "resources: {people: {servers: 12, hours: \"09:00-19:00\", at_close: interrupt}}\n"
              "flow:\n  - review: desk\n    by: people\n    latency: {exponential: {mean: 1h}}\n"
              "    sensitivity: 90%\n");
    const struct curve *curve = result_curve(&s.r, "in_system");
    assert_true(curve->points.len == 11);
    near(curve->points.at[0].y, 0, 1e-9);
    near_rel(desk(&s, "backlog_growth"), curve->points.at[10].y / 10, 1e-9);
    near(curve->points.at[10].y - curve->points.at[9].y, 24, 0.5);
    assert_true(isnan(desk(&s, "queue_wait_mean")) && isnan(top(&s, "latency_mean")));
    near_rel(top(&s, "reliability"), 1, 1e-12);
    done(&s);
}

/* A year in which a line grows by half a million items a day. */
static void a_line_too_long_for_its_equations_is_left_out(void **state)
{
    (void)state;
    struct solved s;
    solve(&s, "arrivals: {daily: {mean: 20000/h, amplitude: 20/h, peak: \"14:00\"}}\n"
              "horizon: {warmup: 4w, length: 52w}\n"
              "resources: {people: {servers: 2, hours: \"mon-sun 08:00-20:00\"}}\n"
              "flow:\n  - review: desk\n    by: people\n    latency: {exponential: {mean: 4m}}\n"
              "    sensitivity: 90%\n");
    bool said = false;
    for (size_t i = 0; i < s.r.warnings.len; i++)
        said |= strstr(s.r.warnings.at[i], "people: utilisation, queue length and backlog") != NULL;
    assert_true(said && !s.complete);
    assert_true(isnan(desk(&s, "utilisation")) && isnan(desk(&s, "backlog_growth")));
    near_rel(top(&s, "reliability"), 1, 1e-12);
    done(&s);
}

/* A stage of Exp(2 h) before servers for all: the rate that comes is m + a Re(exp(i w t) / (1 +
 * 2 i w)), and E[N] that divided by mu + i w. */
static void a_daily_rate_comes_late(void **state)
{
    (void)state;
    struct solved s;
    double w = 2 * 3.14159265358979323846 / 24, mu = 1;
    solve_values(&s, "arrivals: {daily: {mean: 3/h, amplitude: 2/h, peak: \"14:00\"}}\n"
                     "horizon: {warmup: 30d, length: 100d, observe: 1h}\n"
                     "resources: {people: {servers: 50}}\nflow:\n"
                     "  - stage: ask\n    latency: {exponential: {mean: 2h}}\n"
                     "    next: [{to: desk, probability: 50%}, ship]\n"
                     "  - review: desk\n    by: people\n    latency: {exponential: {mean: 1h}}\n");
    const struct curve *c = result_curve(&s.r, "in_system");
    double d1 = 1 - 2 * w * w / mu, d2 = 2 * w + w / mu; /* (1 + 2 i w) (1 + i w / mu) */
    for (int t = 0; t < 24; t++) {
        double angle = w * (t - 14);
        double wave = (cos(angle) * d1 + sin(angle) * d2) / (d1 * d1 + d2 * d2);
        near_rel(c->points.at[t].y, 0.5 * (3 + 2 * wave), 1e-9);
    }
    assert_true(isnan(top(&s, "latency_mean")));
    near_rel(top(&s, "reliability"), 1, 1e-12);
    done(&s);
}

/* M/M/1 of load 0.98 at 1/h: 1 / (1 - sqrt(0.98))^2 = 9,899 h. */
static void a_horizon_too_short_for_its_load_is_said(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct solved s;
        bool said = false;
        char text[300];
        snprintf(text, sizeof text,
                 "arrivals: {poisson: 0.98/h}\nhorizon: {warmup: %s, length: 52w}\n"
                 "resources: {people: {servers: 1}}\nflow:\n"
                 "  - review: desk\n    by: people\n    latency: {exponential: {mean: 1h}}\n",
                 i ? "400w" : "1w");
        solve(&s, text);
        for (size_t k = 0; k < s.r.warnings.len; k++)
            said = said || strstr(s.r.warnings.at[k], "about 3.56e+07 s");
        assert_true(said == !i);
        done(&s);
    }
}

static void work_that_takes_no_time_makes_nobody_wait(void **state)
{
    (void)state;
    struct solved s;
    solve(&s, "arrivals: {poisson: 1/h}\nresources: {people: {servers: 1}}\nflow:\n"
              "  - stage: ask\n    latency: {exponential: {mean: 1h}}\n"
              "  - review: desk\n    by: people\n");
    assert_true(desk(&s, "queue_wait_p95") == 0 && desk(&s, "utilisation") == 0);
    near_rel(top(&s, "latency_p50"), log(2) * HOUR, 1e-7);
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
    near_rel(top(&s, "share_abandoned"), 0.22638661000504845, 1e-9);
    near_rel(top(&s, "completion"), 1 - 0.22638661000504845, 1e-9);
    near_rel(top(&s, "wait_mean"), 0.4527732200100969 * HOUR, 1e-9);
    assert_true(top(&s, "share_failed") == 0);
    near_rel(top(&s, "reviews_per_item"), 1, 1e-12);
    near_rel(top(&s, "visits_mean"), 1, 1e-12);
    /* an hour of work for those who are served */
    near_rel(top(&s, "latency_all_mean"), (0.4527732200100969 + 1 - 0.22638661000504845) * HOUR,
             1e-9);
    assert_true(s.r.stages.len == 1 && s.r.edges.len == 1);
    done(&s);
}

/* M/M/2/1 with load 1: p_n = 4/11, 4/11, 2/11, 1/11; of the ten in eleven who find a place two wait
 * for an Exp(2): latency Exp(1), or Exp(2) + Exp(1). */
static void who_finds_no_place_goes_elsewhere(void **state)
{
    (void)state;
    struct solved s;
    solve(&s, "arrivals: {poisson: 1/h}\nobjective: {deadline: 2h}\n"
              "resources: {people: {servers: 2, waiting_room: 1, when_full: aside}}\nflow:\n"
              "  - stage: desk\n    by: people\n    latency: {exponential: {mean: 1h}}\n"
              "    next: [{to: ship}]\n"
              "  - stage: aside\n    wrong: 100%\n    latency: 5h\n");
    near_rel(desk(&s, "block_rate"), 1.0 / 11, 1e-12);
    near_rel(top(&s, "share_wrong"), 1.0 / 11, 1e-12);
    near_rel(top(&s, "latency_mean"), (10.0 / 11 + 1.0 / 11 + 5.0 / 11) * HOUR, 1e-12);
    near_rel(top(&s, "slo_attainment"),
             8.0 / 11 * (1 - exp(-2)) + 2.0 / 11 * (1 - 2 * exp(-2) + exp(-4)), 1e-8);
    near_rel(in(&s.r.stages.at[0].metrics, "visits_per_item"), 1, 1e-12);
    near_rel(in(&s.r.stages.at[0].metrics, "attempts_per_item"), 10.0 / 11, 1e-12);
    near_rel(in(&s.r.stages.at[1].metrics, "visits_per_item"), 1.0 / 11, 1e-12);
    assert_true(isnan(top(&s, "share_abandoned")) || top(&s, "share_abandoned") == 0);
    assert_int_equal(s.r.stages.len, 2);
    for (size_t i = 0; i < s.r.edges.len; i++)
        if (!strcmp(s.r.edges.at[i].to, "aside"))
            near_rel(in(&s.r.edges.at[i].metrics, "share"), 1.0 / 11, 1e-12);
    done(&s);
}

/* By Little's law both parts of the wait add up to the line; the law of those served gives the
 * same service level as the distribution of Y. */
static void the_waits_of_served_and_lost_add_up(void **state)
{
    (void)state;
    static const struct desk desks[] = {
        {2, ROOM_UNLIMITED, 2.5, 1, 0.8,      0.5 },
        {3, 4,              5,   1, 2,        0.25},
        {1, 0,              2,   1, 3,        0.5 },
        {2, 6,              1.9, 1, INFINITY, 1   },
        {1, 3,              0.8, 1, INFINITY, 2   },
    };
    for (size_t i = 0; i < sizeof desks / sizeof *desks; i++) {
        const struct desk *d = &desks[i];
        struct error err = {0};
        struct desk_values v;
        struct wait_law served, left;
        size_t len;
        ok(desk_markov(d, &v, &err), &err);
        double *p = desk_states(d, &len);
        wait_law_served(&served, d, p, len);
        wait_law_left(&left, d, p, len);
        near(served.part + left.part, 1 - v.block, 1e-12);
        near(left.part, v.abandon, 1e-12);
        near(d->rate_per_s * (served.part * served.mean_s + left.part * left.mean_s),
             v.queue_length, 1e-12);
        near_rel(served.mean_s, v.wait_served_mean_s, 1e-10);
        near(wait_law_within(&served, d->answer_within_s) * served.part / (1 - v.block),
             v.service_level, 1e-9);
        if (!isfinite(d->patience_s) && v.wait_p95_s > 0)
            near_rel(wait_law_quantile(&served, 0.95), v.wait_p95_s, 1e-7);
        mem_free(p);
        wait_law_release(&served);
        wait_law_release(&left);
    }
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
            ERR_NUMERIC, "resource people: the desk is overloaded");
    refused("arrivals: {poisson: 2/h}\nresources: {people: {servers: 3}}\nflow:\n"
            "  - review: desk\n    by: people\n    latency: 1h\n",
            ERR_UNSUPPORTED, "not exponential");
    refused("arrivals: {every: 1h}\nresources: {people: {servers: 3}}\nflow:\n"
            "  - review: desk\n    by: people\n    latency: {exponential: {mean: 1h}}\n",
            ERR_UNSUPPORTED, "not a Poisson process");
    refused("arrivals: {poisson: 0.2/h}\nresources: {people: {servers: 1}}\nflow:\n"
            "  - stage: a\n"
            "  - review: desk\n    by: people\n    latency: 1h\n"
            "    sensitivity: 50%\n    specificity: 90%\n    on_reject: {goto: a, at_most: 1}\n",
            ERR_UNSUPPORTED, "come to the desk again");
    refused("arrivals: {poisson: 2/h}\nresources: {people: {servers: 3, discipline: lifo}}\nflow:\n"
            "  - review: desk\n    by: people\n    latency: {exponential: {mean: 1h}}\n",
            ERR_UNSUPPORTED, "discipline");
    refused("arrivals: {poisson: 2/h}\nresources: {a: {servers: 1}, b: {servers: 9}}\nflow:\n"
            "  - stage: x\n    by: a\n    latency: 10m\n"
            "  - stage: y\n    by: b\n    latency: {exponential: {mean: 1h}}\n",
            ERR_UNSUPPORTED, "from another desk");
    refused("arrivals: {schedule: [{from: \"mon 09:00\", to: \"12:00\", rate: 6/h}]}\n"
            "resources: {a: {servers: 9}}\nflow:\n"
            "  - stage: x\n    latency: 10m\n"
            "  - stage: y\n    by: a\n    latency: {exponential: {mean: 1h}}\n",
            ERR_UNSUPPORTED, "steps before the desk take time");
    refused("arrivals: {poisson: 2/h}\nresources: {a: {rate: 9/h}}\nflow:\n"
            "  - stage: y\n    by: a\n",
            ERR_UNSUPPORTED, "rate limit");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_month_has_its_items_wages_and_prices),
        cmocka_unit_test(what_a_perfect_step_is_worth_before_a_loss_is_left_out),
        cmocka_unit_test(three_reviewers_are_erlang_c),
        cmocka_unit_test(laws_of_one_server_are_exponential),
        cmocka_unit_test(other_steps_are_added_to_the_wait),
        cmocka_unit_test(constant_work_has_erlangs_wait),
        cmocka_unit_test(cut_work_has_its_third_moment),
        cmocka_unit_test(a_network_is_jackson),
        cmocka_unit_test(two_desks_in_a_row_are_independent),
        cmocka_unit_test(shifts_have_the_same_cycle_every_day),
        cmocka_unit_test(an_overloaded_cycle_is_told_for_its_horizon),
        cmocka_unit_test(a_line_too_long_for_its_equations_is_left_out),
        cmocka_unit_test(a_daily_rate_comes_late),
        cmocka_unit_test(a_horizon_too_short_for_its_load_is_said),
        cmocka_unit_test(work_that_takes_no_time_makes_nobody_wait),
        cmocka_unit_test(items_come_thinned_and_late_and_the_desk_does_not_see_it),
        cmocka_unit_test(one_reviewer_with_any_work_is_pollaczek_khinchine),
        cmocka_unit_test(people_who_lose_patience_are_erlang_a),
        cmocka_unit_test(who_finds_no_place_goes_elsewhere),
        cmocka_unit_test(the_waits_of_served_and_lost_add_up),
        cmocka_unit_test(waits_have_the_law_whose_mean_they_have),
        cmocka_unit_test(priorities_are_cobham),
        cmocka_unit_test(without_a_desk_arrivals_change_nothing),
        cmocka_unit_test(what_has_no_closed_form_is_named),
    };
    return cmocka_run_group_tests_name("exact_queue", tests, NULL, NULL);
}
