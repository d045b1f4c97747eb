/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Textbook models with values known from formulas, solved and simulated side by side: solved to the
 * relative error given, simulated at a million items (or ten thousand days and more) within five
 * standard errors of such a sample (a fixed seed; a fresh one would fail once in 1.7 million). */
#include "model/scenario.h"
#include "sim/exact.h"
#include "sim/importance.h"
#include "tests/support/flow.h"
#include "tests/support/support.h"

#include <math.h>
#include <string.h>

/* row: "stages/a" or "resources/team", "" for the metrics of all items. */
struct value {
    const char *row, *metric;
    double want, exact_rel, simulated_abs;
};

static const struct row *row_of(const struct result *r, const char *path)
{
    const char *id = strchr(path, '/') + 1;
    bool stage = !strncmp(path, "stages/", 7);
    size_t n = stage ? r->stages.len : r->resources.len;
    for (size_t i = 0; i < n; i++) {
        const struct row *row = stage ? &r->stages.at[i] : &r->resources.at[i];
        if (!strcmp(row->id, id))
            return row;
    }
    fail_msg("no %s", path);
    return NULL;
}

static double value_of(const struct result *r, const struct value *v)
{
    const struct metrics *all = *v->row ? &row_of(r, v->row)->metrics : &r->metrics;
    const struct metric *m = metrics_find(all, v->metric);
    if (!m)
        fail_msg("%s: no %s %s", r->command, v->row, v->metric);
    return m ? m->value : NAN;
}

static bool asks_importance(const struct value *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!strcmp(values[i].metric, "birnbaum") || !strcmp(values[i].metric, "improvement"))
            return true;
    return false;
}

static void holds(const char *id, const char *flow, const struct value *values, size_t n)
{
    const struct run_options run = {.seed = 1, .level = 0.95};
    struct error err = {0};
    struct pipeline p;
    struct result exact, simulated;
    bool complete;
    flow_read(flow, &p);
    result_init(&exact, "solve");
    result_init(&simulated, "simulate");
    ok(exact_solve(&p, &(struct exact_options){.level = 0.95}, &exact, &complete, &err), &err);
    ok(run_simulate(&p, &run, &simulated, &err), &err);
    if (asks_importance(values, n))
        ok(importance_simulate(&p, &run, &simulated, &err), &err);
    for (size_t i = 0; i < n; i++) {
        const struct value *v = &values[i];
        double e = value_of(&exact, v), s = value_of(&simulated, v);
        if (fabs(e - v->want) > v->exact_rel * fabs(v->want))
            fail_msg("%s %s: solved %.15g, not %.15g", id, v->metric, e, v->want);
        if (fabs(s - v->want) > v->simulated_abs)
            fail_msg("%s %s: simulated %.9g, not %.9g +- %.3g", id, v->metric, s, v->want,
                     v->simulated_abs);
    }
    result_release(&exact);
    result_release(&simulated);
    pipeline_release(&p);
}

#define HOLDS(id, flow, ...)                                                                       \
    do {                                                                                           \
        const struct value values[] = {__VA_ARGS__};                                               \
        holds(id, flow, values, sizeof values / sizeof *values);                                   \
    } while (0)

static void alternatives_and_votes_A02_A03(void **state)
{
    HOLDS("A02",
          "flow:\n"
          "  - {parallel: s, join: any, branches: [[{stage: a, error: 10%}], [{stage: b, error: "
          "20%}], [{stage: c, error: 30%}]]}\n"
          "  - {stage: d, error: 3%}\n",
          {"stages/s", "success_rate", 0.99399999999999999, 1e-09, 0.000386135},
          {"", "reliability", 0.96417999999999993, 1e-09, 0.000929206});
    HOLDS("A03",
          "flow:\n"
          "  - {parallel: v, join: \"vote 3 of 5\", copies: 5, branch: [{stage: a, wrong: 15%}]}\n",
          {"", "reliability", 0.97338812499999994, 1e-09, 0.000804731});
    HOLDS("A03",
          "flow:\n"
          "  - {parallel: v, join: \"vote 4 of 5\", copies: 5, branch: [{stage: a, wrong: 15%}]}\n",
          {"", "reliability", 0.83521000000000001, 1e-09, 0.00185495});
    HOLDS("A03",
          "flow:\n"
          "  - {parallel: v, join: \"vote 2 of 3\", copies: 3, branch: [{stage: a, wrong: 10%}]}\n",
          {"", "reliability", 0.97199999999999998, 1e-09, 0.000824864});
}

static void importance_of_a_series_A08(void **state)
{
    HOLDS("A08",
          "flow:\n"
          "  - {stage: s1, error: 1.0%}\n"
          "  - {stage: s2, error: 5.0%}\n"
          "  - {stage: s3, error: 3.0%}\n"
          "  - {stage: s4, error: 0.1%}\n"
          "  - {stage: s5, error: 10.0%}\n",
          {"", "reliability", 0.82023544350000011, 1e-09, 0.00191996},
          {"stages/s1", "birnbaum", 0.82852065000000008, 1e-09, 0.00188464},
          {"stages/s2", "birnbaum", 0.8634057300000002, 1e-09, 0.00171709},
          {"stages/s3", "birnbaum", 0.84560355000000009, 1e-09, 0.00180664},
          {"stages/s4", "birnbaum", 0.82105650000000008, 1e-09, 0.00191653},
          {"stages/s5", "birnbaum", 0.91137271500000006, 1e-09, 0.00142103},
          {"stages/s2", "improvement", 0.043170286500000099, 1e-09, 0.0010162},
          {"stages/s5", "improvement", 0.09113727149999995, 1e-09, 0.00143902});
}

static void hedged_requests_B08(void **state)
{
    HOLDS("B08 a",
          "flow:\n"
          "  - {parallel: v, join: any, copies: 2, branch: [{stage: a, latency: {lognormal: {mu: "
          "0, sigma: 1}}}]}\n",
          {"", "latency_mean", 0.7905620507528528, 1e-08, 0.00366505},
          {"", "latency_p50", 0.57986953777305361, 1e-07, 0.00298079},
          {"", "latency_p95", 2.1384228581489504, 1e-07, 0.0174354},
          {"", "latency_p99", 3.6022244792791556, 1e-07, 0.051057});
    HOLDS("B08 b",
          "flow:\n"
          "  - {stage: a, latency: {lognormal: {mu: 0, sigma: 1}}, hedge: {after: 2s}}\n",
          {"", "latency_mean", 1.3185938003686739, 1e-08, 0.00532376},
          {"", "latency_p50", 1, 1e-07, 0.00626657},
          {"", "latency_p95", 3.2357808314247731, 1e-07, 0.0171136},
          {"", "latency_p99", 4.6749517730731442, 1e-07, 0.0503669},
          {"stages/a", "attempts_per_item", 1.2441085957855829, 1e-09, 0.00214779});
}

static void forks_and_joins_B09(void **state)
{
    HOLDS("B09 a",
          "flow:\n"
          "  - {parallel: v, join: all, copies: 5, branch: [{stage: a, latency: {exponential: "
          "{mean: 1s}}}]}\n",
          {"", "latency_mean", 2.2833333333333332, 1e-09, 0.00604899},
          {"", "latency_p99", 6.2105920044473075, 1e-07, 0.04995});
    HOLDS("B09 b",
          "flow:\n"
          "  - {parallel: v, join: \"3 of 5\", copies: 5, branch: [{stage: a, latency: "
          "{exponential: {mean: 1s}}}]}\n",
          {"", "latency_mean", 0.78333333333333333, 1e-09, 0.0023109},
          {"", "latency_p95", 1.6646579726018376, 1e-07, 0.00815235});
    HOLDS("B09 c",
          "flow:\n"
          "  - {parallel: v, join: \"3 of 5\", copies: 5, branch: [{stage: a, error: 10%, latency: "
          "{exponential: {mean: 1s}}}]}\n",
          {"", "reliability", 0.9914400000000001, 1e-09, 0.000460617},
          {"", "latency_mean", 0.95980392156862748, 1e-09, 0.00334356},
          {"", "latency_p95", 2.1944708074469741, 1e-07, 0.014});
    HOLDS("B09 d",
          "flow:\n"
          "  - parallel: v\n"
          "    join: all\n"
          "    branches:\n"
          "      - [{stage: a, latency: {lognormal: {mu: 0, sigma: 0.5}}}]\n"
          "      - [{stage: b, latency: {exponential: {mean: 1s}}}]\n"
          "      - [{stage: c, latency: {gamma: {shape: 3, scale: 0.4s}}}]\n",
          {"", "latency_mean", 1.7766152941547433, 1e-08, 0.00431087},
          {"", "latency_p50", 1.5955590727379863, 1e-07, 0.0044224},
          {"", "latency_p95", 3.3876842020115787, 1e-07, 0.0173685},
          {"", "latency_p99", 4.7621466942283792, 1e-07, 0.0452596});
}

static void routes_with_cycles_C03(void **state)
{
    HOLDS("C03",
          "flow:\n"
          "  - {stage: E, latency: {exponential: {mean: 1s}}, cost: {per_call: $2}}\n"
          "  - stage: V\n"
          "    latency: {exponential: {mean: 0.5s}}\n"
          "    cost: {per_call: $1}\n"
          "    next: [{to: C, probability: 80%}, {to: P, probability: 15%}, {to: fail}]\n"
          "  - stage: P\n"
          "    latency: {exponential: {mean: 0.8s}}\n"
          "    cost: {per_call: $1}\n"
          "    next: [{to: V, probability: 70%, at_most: unbounded}, {to: E, probability: 20%, "
          "at_most: unbounded}, {to: H}]\n"
          "  - stage: C\n"
          "    latency: {exponential: {mean: 2s}}\n"
          "    cost: {per_call: $3}\n"
          "    next: [{to: ship, probability: 85%}, {to: E, probability: 5%, at_most: unbounded}, "
          "{to: H}]\n"
          "  - stage: H\n"
          "    latency: {exponential: {mean: 10s}}\n"
          "    cost: {per_call: $50}\n"
          "    next: [{to: ship, probability: 97%}, {to: fail}]\n",
          {"", "reliability", 0.93593939393939396, 1e-09, 0.0012243},
          {"stages/E", "visits_per_item", 1.084848484848485, 1e-09, 0.00151502},
          {"stages/V", "visits_per_item", 1.2121212121212122, 1e-09, 0.00252945},
          {"stages/C", "visits_per_item", 0.96969696969696972, 1e-09, 0.00175469},
          {"stages/P", "visits_per_item", 0.18181818181818182, 1e-09, 0.00227796},
          {"stages/H", "visits_per_item", 0.11515151515151516, 1e-09, 0.00159995},
          {"", "cost_per_item", 12.23030303030303, 1e-09, 0.0804347},
          {"", "latency_all_mean", 4.9272727272727277, 1e-09, 0.0267085},
          {"", "visits_mean", 3.5636363636363635, 1e-09, 0.00651713},
          {"", "latency_all_p50", 3.4999552589048033, 1e-07, 0.0167591},
          {"", "latency_all_p95", 13.60860729429354, 1e-07, 0.159719},
          {"", "latency_all_p99", 28.554176652856071, 1e-07, 0.49612});
}

static void reviewers_on_shift_E09(void **state)
{
    HOLDS("E09 a",
          "arrivals: {poisson: 1/h}\n"
          "horizon: {warmup: 100d, length: 1000d, replications: 20}\n"
          "flow:\n"
          "  - {review: r, by: team, latency: {exponential: {mean: 1h}}}\n"
          "resources:\n"
          "  team: {servers: 4, hours: \"09:00-17:00\", at_close: interrupt}\n",
          {"resources/team", "in_system_mean", 9.2369933700740408, 1e-07, 0.186645});
    HOLDS("E09 b",
          "arrivals: {poisson: 1/h}\n"
          "horizon: {warmup: 100d, length: 1000d, replications: 20}\n"
          "flow:\n"
          "  - {review: r, by: team, latency: {exponential: {mean: 1h}}}\n"
          "resources:\n"
          "  team: {servers: 4, hours: \"09:00-17:00\", at_close: finish}\n",
          {"resources/team", "in_system_mean", 7.7570577792508075, 1e-07, 0.106134});
}

static void shared_outages_F01_F02(void **state)
{
    HOLDS("F01",
          "flow:\n"
          "  - {stage: one, error: 2%, latency: 15m}\n"
          "  - {stage: two, error: 2%}\n"
          "environments:\n"
          "  provider:\n"
          "    up: {lasts: {exponential: {mean: 10h}}}\n"
          "    down: {lasts: {exponential: {mean: 1h}}, steps: {one: {error: 100%}, two: {error: "
          "100%}}}\n",
          {"", "reliability", 0.85400769149960809, 1e-09, 0.00176549});
    HOLDS("F02",
          "flow:\n"
          "  - {stage: call, error: 2%, retry: {attempts: 3, backoff: {initial: 15m, factor: 1}}}\n"
          "environments:\n"
          "  provider:\n"
          "    up: {lasts: {exponential: {mean: 10h}}}\n"
          "    down: {lasts: {exponential: {mean: 1h}}, steps: {call: {error: 100%}}}\n",
          {"", "reliability", 0.94383402410217421, 1e-09, 0.00115121});
    HOLDS("F02",
          "flow:\n"
          "  - {stage: call, error: 2%, retry: {attempts: 3, backoff: {initial: 1h, factor: 2}}}\n"
          "environments:\n"
          "  provider:\n"
          "    up: {lasts: {exponential: {mean: 10h}}}\n"
          "    down: {lasts: {exponential: {mean: 1h}}, steps: {call: {error: 100%}}}\n",
          {"", "reliability", 0.99219338781299216, 1e-09, 0.000440047});
}

static void rare_failures_of_redundant_stages_G01(void **state)
{
    HOLDS("G01",
          "flow:\n"
          "  - {parallel: pa, copies: 3, join: any, branch: [{stage: a, error: 0.1%}]}\n"
          "  - {parallel: pb, copies: 3, join: any, branch: [{stage: b, error: 0.1%}]}\n"
          "  - {parallel: pc, copies: 3, join: any, branch: [{stage: c, error: 0.1%}]}\n",
          {"", "share_failed", 2.9999999970000004e-09, 1e-12, 1.5022e-10});
}

/* A file of `frames` frames goes over lines that lose data (2%) and acknowledgements (1%), with so
 * many tries for each frame: D'Argenio et al. 2001, values of the QComp benchmark `brp`. */
static void retransmission(const char *id, int frames, int tries, const struct value values[2])
{
    struct buf flow;
    buf_init(&flow);
    buf_puts(&flow, "flow:\n");
    for (int i = 1; i <= frames; i++)
        buf_printf(&flow, "  - {stage: f%d, error: 2.98%%, retry: {attempts: %d}}\n", i, tries);
    holds(id, buf_text(&flow), values, 2);
    buf_release(&flow);
}

static void bounded_retransmission_Q01(void **state)
{
    retransmission("Q01 16, 2", 16, 3,
                   (const struct value[]){
                       {"",           "share_failed", 0.0004233334437734179,  1e-12, 1.0286e-4},
                       {"stages/f16", "exit_fail",    2.6453089120221642e-05, 1e-12, 2.6e-5   }
    });
    retransmission("Q01 16, 3", 16, 4,
                   (const struct value[]){
                       {"",           "share_failed", 1.2617766036232592e-05, 1e-12, 1.8e-5},
                       {"stages/f16", "exit_fail",    7.886057129462396e-07,  1e-12, 4.5e-6}
    });
    retransmission("Q01 64, 2", 64, 3,
                   (const struct value[]){
                       {"",           "share_failed", 0.0016922588112982383, 1e-12, 2.0551e-4},
                       {"stages/f64", "exit_fail",    2.641950790833752e-05, 1e-12, 2.6e-5   }
    });
    retransmission("Q01 64, 5", 64, 6,
                   (const struct value[]){
                       {"",           "share_failed", 4.482058790996953e-08, 1e-12, 4.48e-9},
                       {"stages/f64", "exit_fail",    7.003216706440841e-10, 1e-12, 2.5e-10}
    });
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alternatives_and_votes_A02_A03),
        cmocka_unit_test(importance_of_a_series_A08),
        cmocka_unit_test(hedged_requests_B08),
        cmocka_unit_test(forks_and_joins_B09),
        cmocka_unit_test(routes_with_cycles_C03),
        cmocka_unit_test(reviewers_on_shift_E09),
        cmocka_unit_test(shared_outages_F01_F02),
        cmocka_unit_test(rare_failures_of_redundant_stages_G01),
        cmocka_unit_test(bounded_retransmission_Q01),
    };
    return cmocka_run_group_tests_name("published", tests, NULL, NULL);
}
