/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every number of the language has its derivative: against the scenario solved again with --set,
 * number by number, and against closed forms where there are some. */
#include "math/gsl_guard.h"
#include "model/scenario.h"
#include "sim/exact.h"
#include "sim/parameters.h"
#include "tests/support/flow.h"
#include "tests/support/solved.h"
#include "tests/support/support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void solve_set(const char *flow, const struct setting *set, bool values_only,
                      struct solved *s)
{
    struct error err = {0};
    struct exact_options options = {.level = 0.95, .values_only = values_only, .seed = 1};
    flow_read_with(flow, set, &s->p);
    result_init(&s->r, "solve");
    ok(exact_solve(&s->p, &options, &s->r, &s->complete, &err), &err);
}

static double slope(const struct solved *s, const char *path, const char *metric)
{
    for (size_t i = 0; i < s->r.sensitivities.len; i++) {
        const struct sensitivity *at = &s->r.sensitivities.at[i];
        if (!strcmp(at->parameter, path) && !strcmp(at->metric, metric))
            return at->value;
    }
    return 0;
}

/* A metric by its name in sensitivities; NaN where the result has none. */
static double metric_of(const struct solved *s, const char *name)
{
    const struct metric *m = NULL;
    if (strncmp(name, "resources.", 10) != 0) {
        m = metrics_find(&s->r.metrics, name);
    } else {
        const char *id = name + 10, *key = strchr(id, '.');
        for (size_t i = 0; i < s->r.resources.len; i++) {
            const struct row *row = &s->r.resources.at[i];
            if (strlen(row->id) == (size_t)(key - id) && !strncmp(row->id, id, strlen(row->id)))
                m = metrics_find(&row->metrics, key + 1);
        }
    }
    return m ? m->value : NAN;
}

/* --- every number again with --set */

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && !strcmp(text + n - m, end);
}

/* Shares that add up to 1 are set all at once. */
static bool alone(const struct parameter *q)
{
    return q->kind != PARAMETER_SHARE && q->written != WRITTEN_WEIGHT;
}

/* The value as people write it: seconds, per second, or a plain number. */
static void write_value(const struct parameter *q, double x, char *text, size_t size)
{
    static const char *const plain[] = {".shape", ".sigma", ".mu", ".factor", ".cost", ".n"};
    static const char *const times[] = {"latency", "lasts", "patience", "timeout",
                                        "backoff", "hedge", "every",    "deadline"};
    static const char *const rates[] = {".rate", "arrivals.poisson", "arrivals.daily"};
    const char *unit = "";
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        unit = strstr(q->path, times[i]) ? "s" : unit;
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++)
        unit = strstr(q->path, rates[i]) ? "/s" : unit;
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        unit = ends_with(q->path, plain[i]) ? "" : unit;
    snprintf(text, size, "%.15f%s", x, q->probability ? "" : unit);
}

/* One side only where the other is out of range: then of the first order. */
static void slopes_are_those_of_set(const char *flow, const struct parameter *q,
                                    const struct solved *s, size_t *seen)
{
    struct solved up, down;
    double h = 1e-4 * fmax(0.05, fabs(q->value));
    double from = q->value - h >= q->low ? q->value - h : q->value;
    double to = q->value + h <= q->high ? q->value + h : q->value;
    char value[64];
    write_value(q, to, value, sizeof value);
    solve_set(flow, &(struct setting){q->path, value}, true, &up);
    write_value(q, from, value, sizeof value);
    solve_set(flow, &(struct setting){q->path, value}, true, &down);
    for (size_t i = 0; i < s->r.sensitivities.len; i++) {
        const struct sensitivity *at = &s->r.sensitivities.at[i];
        if (strcmp(at->parameter, q->path))
            continue;
        double high = metric_of(&up, at->metric), low = metric_of(&down, at->metric);
        double scale = fabs(high) / fmax(0.05, fabs(q->value));
        double slack = (to - from < 1.5 * h ? 2e-3 : 2e-5) * fabs(at->value) + 1e-6 * scale;
        if (!(fabs((high - low) / (to - from) - at->value) <= slack))
            fail_msg("%s of %s: %.12g, and by --set %.12g", at->metric, q->path, at->value,
                     (high - low) / (to - from));
        ++*seen;
    }
    done(&up);
    done(&down);
}

/* All of the numbers that can be written alone; returns how many slopes there are. */
static size_t check(const char *flow)
{
    struct solved s;
    struct arena arena;
    struct parameter *q;
    size_t n, seen = 0, shares = 0;
    arena_init(&arena);
    solve_set(flow, NULL, false, &s);
    parameters_list(&s.p, &arena, &q, &n);
    for (size_t k = 0; k < n; k++) {
        if (alone(&q[k]) && !q[k].still)
            slopes_are_those_of_set(flow, &q[k], &s, &seen);
        for (size_t i = 0; i < s.r.sensitivities.len; i++)
            shares += !alone(&q[k]) && !strcmp(s.r.sensitivities.at[i].parameter, q[k].path);
    }
    assert_int_equal(seen + shares, s.r.sensitivities.len);
    for (size_t i = 0; i < s.r.warnings.len; i++)
        if (strstr(s.r.warnings.at[i], "sensitivities"))
            fail_msg("%s", s.r.warnings.at[i]);
    arena_release(&arena);
    done(&s);
    return seen;
}

static const char helped[] =
    "worth: {correct: $5, wrong: -$20, rejected: -$1}\n"
    "classes: {easy: {share: 70%}, hard: {share: 30%}}\n"
    "flow:\n"
    "  - stage: retrieve\n    error: 5%\n    latency: {exponential: {mean: 1s}}\n"
    "    cache: {hit: 20%, latency: 50ms}\n    fallback: skip\n    cost: $0.1\n"
    "    retry: {attempts: {easy: 3, hard: 2}, backoff: {initial: 200ms}}\n"
    "  - stage: draft\n    wrong: 10%\n    latency: {exponential: {mean: 2s}}\n"
    "    given: {retrieve.failed: {wrong: 40%, latency: {exponential: {mean: 3s}}}}\n"
    "    confidence: {good: {beta: {a: 8, b: 2}}, bad: {beta: {a: 3, b: 3}}}\n"
    "  - gate: sure\n    threshold: 70%\n    above: ship\n    below: desk\n"
    "    audit: {share: 5%, by: desk, design: near_threshold}\n"
    "  - review: desk\n    sensitivity: 90%\n    given: {class.hard: {sensitivity: 80%}}\n"
    "    fixes: 100%\n";

static void helpers_of_steps_have_derivatives(void **state)
{
    assert_true(check(helped) > 60);
}

/* Shares move along the simplex: R = 0.7 R1 + 0.3 R2, and --set of all shares at once. */
static void shares_keep_the_proportions_of_the_others(void **state)
{
    static const char flow[] = "classes: {a: {share: %d%%}, b: {share: %d%%}}\n"
                               "flow:\n  - stage: x\n    wrong: {a: 1%%, b: 5%%}\n"
                               "    given: {class.b: {wrong: 20%%}}\n    cache: {hit: 50%%}\n";
    struct solved s;
    char text[512];
    snprintf(text, sizeof text, flow, 70, 30);
    solve_set(text, NULL, false, &s);
    near_rel(slope(&s, "classes.a.share", "reliability"), 0.5 * (0.2 - 0.01), 1e-10);
    near_rel(slope(&s, "flow.x.given.class.b.wrong", "reliability"), -0.3 * 0.5, 1e-11);
    near(slope(&s, "flow.x.wrong.b", "reliability"), 0, 0); /* `given` holds for all of them */
    done(&s);
}

/* R = 0.8 (p + (1 - p) 0.9) with p of two ways that add up to 1 */
static void complete_ways_take_from_each_other(void **state)
{
    struct solved s;
    solve_set("flow:\n  - stage: a\n    wrong: 20%\n    next: [{to: c, probability: 30%}, {to: b, "
              "probability: 70%}]\n  - stage: b\n    wrong: 10%\n  - stage: c\n",
              NULL, false, &s);
    near_rel(slope(&s, "flow.a.next.0.probability", "reliability"), 0.08, 1e-11);
    near_rel(slope(&s, "flow.a.next.1.probability", "reliability"), -0.08, 1e-11);
    done(&s);
}

/* E[L] = w 3 + (1 - w) 1 over the others' proportions */
static void weights_of_mixtures_take_from_each_other(void **state)
{
    struct solved s;
    solve_set("flow:\n  - stage: a\n    latency: {mixture: [{weight: 25%, gamma: {mean: 3s, sd: "
              "1s}}, {weight: 50%, exponential: {mean: 1s}}, {weight: 25%, exponential: {mean: "
              "2s}}]}\n",
              NULL, false, &s);
    near_rel(slope(&s, "flow.a.latency.mixture.0.weight", "latency_mean"), 3 - 4.0 / 3, 1e-11);
    near_rel(slope(&s, "flow.a.latency.mixture.1.weight", "latency_mean"), 1 - 2.5, 1e-11);
    done(&s);
}

static const char clouded[] =
    "flow:\n"
    "  - stage: retrieve\n    error: 5%\n    latency: {exponential: {mean: 1s}}\n    timeout: 3s\n"
    "    retry: {attempts: 3, backoff: {initial: 200ms}}\n"
    "  - stage: draft\n    wrong: 10%\n    latency: 2s\n"
    "environments:\n  provider:\n    up: {lasts: {exponential: {mean: 1m}}}\n"
    "    down: {lasts: {exponential: {mean: 10s}}, steps: {retrieve: {error: 90%}, "
    "draft: {wrong: 20%, latency: 4s}}}\n";

static void environments_have_derivatives(void **state)
{
    assert_true(check(clouded) > 25);
}

/* F01's form: R = pi_u s with one call, pi_u = u / (u + d). */
static void sojourns_move_by_their_means(void **state)
{
    struct solved s;
    solve_set("flow:\n  - stage: call\n    error: 2%\nenvironments:\n  provider:\n"
              "    up: {lasts: {exponential: {mean: 10h}}}\n"
              "    down: {lasts: {exponential: {mean: 1h}}, steps: {call: {error: 100%}}}\n",
              NULL, false, &s);
    double all = 11 * 3600.0;
    near_rel(slope(&s, "environments.provider.up.lasts.exponential.mean", "reliability"),
             0.98 * 3600 / (all * all), 1e-9);
    near_rel(slope(&s, "environments.provider.down.lasts.exponential.mean", "reliability"),
             -0.98 * 36000 / (all * all), 1e-9);
    near_rel(slope(&s, "flow.call.error", "reliability"), -10 / 11.0, 1e-11);
    near_rel(slope(&s, "environments.provider.down.steps.call.error", "reliability"),
             -0.98 / 11 / 0.98, 1e-9);
    done(&s);
}

static const char forked[] =
    "flow:\n  - parallel: both\n    join: all\n    branches:\n"
    "      - [{stage: a, error: 5%, wrong: 3%, latency: {exponential: {mean: 1s}}}]\n"
    "      - [{stage: b, wrong: 10%, latency: {exponential: {mean: 2s}}, cost: $1}]\n"
    "  - check: c\n    sensitivity: 80%\n    specificity: 90%\n    latency: 1s\n";

/* E[max] of exponentials: m1 + m2 - m1 m2 / (m1 + m2), for those that did not fail. */
static void branches_of_parallels_have_derivatives(void **state)
{
    struct solved s;
    assert_true(check(forked) > 10);
    solve_set(forked, NULL, false, &s);
    near_rel(slope(&s, "flow.a.latency.exponential.mean", "latency_mean"), 1 - 4.0 / 9, 1e-7);
    near_rel(slope(&s, "flow.b.latency.exponential.mean", "latency_mean"), 1 - 1.0 / 9, 1e-7);
    done(&s);
}

static const char desk[] =
    "arrivals: {poisson: 20/h}\nhorizon: {warmup: 50h, length: 1000h}\n"
    "resources: {people: {servers: 2%s}}\n"
    "flow:\n  - stage: draft\n    wrong: 10%%\n    latency: {exponential: {mean: 2s}}\n"
    "  - review: desk\n    by: people\n    latency: {exponential: {mean: 4m}}\n"
    "    sensitivity: 90%%\n    fixes: 60%%\n";

/* M/M/2 with load rho = lambda m / 2: Wq = m rho^2 / (1 - rho^2). */
static void desks_have_derivatives_of_their_waits(void **state)
{
    struct solved s;
    char text[1024];
    snprintf(text, sizeof text, desk, "");
    assert_true(check(text) > 10);
    solve_set(text, NULL, false, &s);
    double m = 240, lambda = 20 / 3600.0, rho = lambda * m / 2, by_rho = 1 - rho * rho;
    double want = m * m / 2 * 2 * rho / (by_rho * by_rho);
    near_rel(slope(&s, "arrivals.poisson", "resources.people.queue_wait_mean"), want, 1e-10);
    near_rel(slope(&s, "arrivals.poisson", "latency_mean"), want, 1e-10);
    near_rel(slope(&s, "arrivals.poisson", "resources.people.utilisation"), m / 2, 1e-11);
    near_rel(slope(&s, "flow.draft.latency.exponential.mean", "latency_mean"), 1, 1e-11);
    near_rel(slope(&s, "flow.desk.sensitivity", "reliability"), 0.1 * 0.6, 1e-10);
    done(&s);
}

static void patience_has_derivatives(void **state)
{
    char text[1024];
    snprintf(text, sizeof text, desk, ", patience: {exponential: {mean: 5m}}");
    assert_true(check(text) > 15);
}

/* A desk with hours is solved too slowly to be moved, but it decides about times alone:
 * R = 1 - w + w 0.9 0.6 whatever it does. */
static void slow_desks_leave_the_slopes_of_shares(void **state)
{
    struct solved s;
    bool said = false;
    solve_set("arrivals: {poisson: 2/h}\nhorizon: {warmup: 4w, length: 8w}\n"
              "resources: {people: {servers: 2, hours: \"mon-fri 09:00-18:00\"}}\n"
              "flow:\n  - stage: draft\n    wrong: 10%\n  - review: desk\n    by: people\n"
              "    latency: {exponential: {mean: 4m}}\n    sensitivity: 90%\n    fixes: 60%\n",
              NULL, false, &s);
    near_rel(slope(&s, "flow.desk.sensitivity", "reliability"), 0.1 * 0.6, 1e-10);
    near_rel(slope(&s, "flow.draft.wrong", "reliability"), -1 + 0.9 * 0.6, 1e-10);
    near(slope(&s, "flow.desk.latency.exponential.mean", "latency_mean"), 0, 0);
    for (size_t i = 0; i < s.r.warnings.len; i++)
        said = said || strstr(s.r.warnings.at[i], "sensitivities of latency_mean and of the desks");
    assert_true(said);
    done(&s);
}

/* --- the list */

static void every_number_of_every_part_is_listed(void **state)
{
    static const char *const want[] = {"flow.retrieve.cache.hit",
                                       "flow.retrieve.cache.latency",
                                       "flow.retrieve.retry.backoff.initial",
                                       "flow.draft.given.retrieve.failed.wrong",
                                       "flow.draft.given.retrieve.failed.latency.exponential.mean",
                                       "flow.sure.audit.share",
                                       "flow.desk.given.class.hard.sensitivity",
                                       "worth.wrong"};
    struct pipeline p;
    struct arena arena;
    struct parameter *q;
    const char **path;
    size_t n, n_paths;
    arena_init(&arena);
    flow_read_with(helped, NULL, &p);
    parameters_list(&p, &arena, &q, &n);
    scenario_paths(&p, &arena, &path, &n_paths);
    for (size_t i = 0; i < n_paths + sizeof want / sizeof *want; i++) {
        const char *name = i < n_paths ? path[i] : want[i - n_paths];
        bool found = strstr(name, "attempts") != NULL;
        for (size_t k = 0; k < n; k++)
            found = found || !strcmp(q[k].path, name);
        if (!found)
            fail_msg("%s is no parameter", name);
    }
    arena_release(&arena);
    pipeline_release(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(helpers_of_steps_have_derivatives),
        cmocka_unit_test(shares_keep_the_proportions_of_the_others),
        cmocka_unit_test(complete_ways_take_from_each_other),
        cmocka_unit_test(weights_of_mixtures_take_from_each_other),
        cmocka_unit_test(environments_have_derivatives),
        cmocka_unit_test(sojourns_move_by_their_means),
        cmocka_unit_test(branches_of_parallels_have_derivatives),
        cmocka_unit_test(desks_have_derivatives_of_their_waits),
        cmocka_unit_test(patience_has_derivatives),
        cmocka_unit_test(slow_desks_leave_the_slopes_of_shares),
        cmocka_unit_test(every_number_of_every_part_is_listed),
    };
    math_init();
    return cmocka_run_group_tests_name("sensitivity_language", tests, NULL, NULL);
}
