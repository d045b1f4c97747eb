/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Textbook models for the general engine and the one of first-come desks, whose exact values were
 * computed apart from this program; `sigma` is the standard error that a million items give, 0
 * where the run's own interval is taken. Run short among the unit tests and long among the
 * statistical ones. */
#ifndef SEAM_TESTS_QUEUE_CASES_H
#define SEAM_TESTS_QUEUE_CASES_H

#include "math/gsl_guard.h"
#include "math/interval.h"
#include "model/scenario.h"
#include "sim/engine.h"
#include "sim/queue.h"
#include "sim/run.h"
#include "tests/support/flow.h"
#include "tests/support/support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct ran {
    struct pipeline p;
    struct result r;
};

static inline void run_with(const struct engine_def *def, struct ran *x, const char *text,
                            const struct run_options *options)
{
    struct error err = {0};
    flow_read(text, &x->p);
    result_init(&x->r, "simulate");
    ok(run_by(def, &x->p, options, &x->r, &err), &err);
}

static inline void run(struct ran *x, const char *text, const struct run_options *options)
{
    run_with(&queue_engine, x, text, options);
}

static void done(struct ran *x)
{
    result_release(&x->r);
    pipeline_release(&x->p);
}

/* "reliability", or of a row: "desk:visits_per_item". */
static inline const struct metric *find(const struct result *r, const char *name)
{
    char id[64];
    const char *colon = strchr(name, ':');
    const struct metric *found = NULL;
    if (!colon)
        found = metrics_find(&r->metrics, name);
    else {
        snprintf(id, sizeof id, "%.*s", (int)(colon - name), name);
        for (size_t i = 0; i < r->stages.len && !found; i++)
            if (!strcmp(r->stages.at[i].id, id))
                found = metrics_find(&r->stages.at[i].metrics, colon + 1);
        for (size_t i = 0; i < r->resources.len && !found; i++)
            if (!strcmp(r->resources.at[i].id, id))
                found = metrics_find(&r->resources.at[i].metrics, colon + 1);
        for (size_t i = 0; i < r->classes.len && !found; i++)
            if (!strcmp(r->classes.at[i].id, id))
                found = metrics_find(&r->classes.at[i].metrics, colon + 1);
        for (size_t i = 0; i < r->environments.len && !found; i++)
            if (!strcmp(r->environments.at[i].id, id))
                found = metrics_find(&r->environments.at[i].metrics, colon + 1);
    }
    if (!found)
        fail_msg("there is no %s", name);
    return found;
}

struct want {
    const char *metric;
    double value, sigma;
};
struct queue_case {
    const char *name, *text;
    struct want want[12];
};

/* Timed ones: times in seconds of hours. */
#define H 3600.0
#define TIMED(length, replications)                                                                \
    "horizon: {warmup: 20d, length: " length ", replications: " replications ", observe: 10d}\n"

static const struct queue_case untimed_cases[] = {
    {"A02 parallel redundancy",
     "flow:\n"
     "  - parallel: all\n    join: any\n    branches:\n"
     "      - [{stage: x, error: 10%, latency: 1s}]\n"
     "      - [{stage: y, error: 20%, latency: 1s}]\n"
     "      - [{stage: z, error: 30%, latency: 1s}]\n"
     "  - stage: last\n    error: 3%\n",                                                           {{"all:success_rate", 0.994, 7.722693830523132e-05},
      {"reliability", 0.96418, 0.00018584113538180953}}                                                                             },
    {"A03 three of five",
     "flow:\n  - parallel: voters\n    join: vote 3 of 5\n    copies: 5\n"
     "    branch: [{stage: v, wrong: 15%}]\n",                                                     {{"reliability", 0.973388125, 0.0001609462118503708}}                    },
    {"A03 majority is three of five",
     "flow:\n  - parallel: voters\n    join: majority\n    copies: 5\n"
     "    branch: [{stage: v, wrong: 15%}]\n",                                                     {{"reliability", 0.973388125, 0.0001609462118503708}}                    },
    {"A03 four of five",
     "flow:\n  - parallel: voters\n    join: vote 4 of 5\n    copies: 5\n"
     "    branch: [{stage: v, wrong: 15%}]\n",                                                     {{"reliability", 0.83521, 0.0003709909108051032}}                        },
    {"A06 fallback chain",
     "flow:\n  - stage: a\n    error: 10%\n    retry: {attempts: 3}\n    fallback: b\n    next: "
     "[{to: ship}]\n"
     "  - stage: b\n    error: 20%\n    retry: {attempts: 2}\n",                                   {{"reliability", 0.99996, 6.3244288279685775e-06},
      {"a:attempts_per_item", 1.11, 0.00034336569426778746},
      {"b:attempts_per_item", 0.0012, 3.998199594817647e-05}}                                               },
    {"B01 retries with backoff",
     "flow:\n  - stage: a\n    error: 20%\n    latency: {exponential: {mean: 1s}}\n"
     "    retry: {attempts: 4, backoff: {initial: 0.5s, factor: 2}}\n",                            {{"reliability", 0.9984, 3.996798718975032e-05},
      {"a:attempts_per_item", 1.248, 0.0005463478745268446},
      {"latency_all_mean", 1.404, 0.0014747148876986353},
      {"latency_mean", 1.3942307692307694, 0.0014533445240960316},
      {"latency_p50", 0.9402466657037752, 0.0013952724460287386},
      {"latency_p99", 6.802457756618616, 0.015547277795272237}}                                      },
    {"B03 timeouts",
     "flow:\n  - stage: a\n    latency: {lognormal: {mu: 0.6931471805599453, sigma: 0.8}}\n"
     "    timeout: 5s\n    retry: {attempts: 3, backoff: {initial: 1s, factor: 1}}\n",             {{"a:timeout_rate", 0.12602932342076767, 0.000331882408480581},
      {"reliability", 0.9979982270590623, 4.469637396960361e-05},
      {"latency_all_mean", 2.858917178364061, 0.002648680078826207},
      {"latency_mean", 2.830553163097894, 0.002574427193019663},
      {"latency_p50", 1.9959898609522813, 0.00199728202246366}}                       },
    {"B08 a hedge at once",
     "flow:\n  - stage: a\n    latency: {lognormal: {mu: 0, sigma: 1}}\n    hedge: {after: 0s}\n", {{"latency_mean", 0.7905620507528528, 0.0007330104427046467},
      {"latency_p50", 0.5798695377730536, 0.0005961589468087381},
      {"latency_p95", 2.1384228581489504, 0.003487082407091189},
      {"latency_p99", 3.6022244792791556, 0.010211402191274106},
      {"a:attempts_per_item", 2, 1e-9}}                                   },
    {"B08 a hedge after two seconds",
     "flow:\n  - stage: a\n    latency: {lognormal: {mu: 0, sigma: 1}}\n    hedge: {after: 2s}\n", {{"latency_mean", 1.318593800368674, 0.0010647512669447854},
      {"latency_p50", 1, 0.0012532},
      {"latency_p95", 3.235780831424773, 0.003422729409240838},
      {"latency_p99", 4.674951773073144, 0.010073379065081748},
      {"a:attempts_per_item", 1.2441085957855829, 0.00042955743416820725}}},
    {"B09 the last of five",
     "flow:\n  - parallel: all\n    copies: 5\n"
     "    branch: [{stage: v, latency: {exponential: {mean: 1s}}}]\n",                             {{"latency_mean", 2.283333333333333, 0.001209797962930634},
      {"latency_p99", 6.2105920044473075, 0.009989995076077568}}                                      },
    {"B09 the third of five",
     "flow:\n  - parallel: all\n    copies: 5\n    join: 3 of 5\n"
     "    branch: [{stage: v, latency: {exponential: {mean: 1s}}}]\n",                             {{"latency_mean", 0.7833333333333333, 0.00046218082079540156},
      {"latency_p95", 1.6646579726018376, 0.0016304696222747032}}                                     },
    {"B09 the third success of five",
     "flow:\n  - parallel: all\n    copies: 5\n    join: 3 of 5\n"
     "    branch: [{stage: v, error: 10%, latency: {exponential: {mean: 1s}}}]\n",                 {{"reliability", 0.99144, 9.212343024442751e-05},
      {"latency_mean", 0.9598039215686275, 0.000668711540914273},
      {"latency_p95", 2.194470807446974, 0.00280000466136599}}                            },
    {"B09 the last of three kinds",
     "flow:\n  - parallel: all\n    branches:\n"
     "      - [{stage: x, latency: {lognormal: {mu: 0, sigma: 0.5}}}]\n"
     "      - [{stage: y, latency: {exponential: {mean: 1s}}}]\n"
     "      - [{stage: z, latency: {gamma: {shape: 3, scale: 0.4s}}}]\n",                          {{"latency_mean", 1.7766152941547433, 0.0008621736540582828},
      {"latency_p50", 1.5955590727379863, 0.0008844800221190632},
      {"latency_p99", 4.762146694228379, 0.00905191632790796}}                                     },
    {"C01 draft and critic",
     "flow:\n  - stage: draft\n    wrong: 30%\n"
     "  - check: critic\n    sensitivity: 80%\n    specificity: 90%\n"
     "    on_reject: {goto: draft, at_most: 3, then: reject}\n",                                   {{"reliability", 0.90461133, 0.0002937510368247763},
      {"share_wrong", 0.08615346, 0.0002805905225235314},
      {"share_rejected", 0.00923521, 9.565521886575712e-05},
      {"draft:visits_per_item", 1.435891, 0.000745959650745099},
      {"shipped_error", 0.08695652173913043, 0.0002830815253682917}}                                        },
    {"C03 routes with cycles",
     "flow:\n"
     "  - stage: e\n    latency: {exponential: {mean: 1s}}\n    cost: {per_call: $2}\n"
     "  - stage: v\n    latency: {exponential: {mean: 0.5s}}\n    cost: {per_call: $1}\n"
     "    next: [{to: c, probability: 80%}, {to: p, probability: 15%}, {to: fail}]\n"
     "  - stage: c\n    latency: {exponential: {mean: 2s}}\n    cost: {per_call: $3}\n"
     "    next: [{to: ship, probability: 85%}, {to: e, probability: 5%, at_most: unbounded}, {to: "
     "h}]\n"
     "  - stage: p\n    latency: {exponential: {mean: 0.8s}}\n    cost: {per_call: $1}\n"
     "    next: [{to: v, probability: 70%, at_most: unbounded}, {to: e, probability: 20%, at_most: "
     "unbounded}, {to: h}]\n"
     "  - stage: h\n    latency: {exponential: {mean: 10s}}\n    cost: {per_call: $50}\n"
     "    next: [{to: ship, probability: 97%}, {to: fail}]\n",                                     {{"reliability", 0.935939393939394, 0.0002448608682737074},
      {"e:visits_per_item", 1.084848484848485, 0.00030300499981188427},
      {"v:visits_per_item", 1.2121212121212122, 0.0005058903347475618},
      {"c:visits_per_item", 0.9696969696969697, 0.0003509382422934267},
      {"p:visits_per_item", 0.18181818181818182, 0.000455591897728658},
      {"h:visits_per_item", 0.11515151515151516, 0.0003199897398105134},
      {"cost_per_item", 12.23030303030303, 0.016086944069430186},
      {"latency_all_mean", 4.927272727272728, 0.005341695392494865},
      {"visits_mean", 3.5636363636363635, 0.0013034263771705711},
      {"visits_sd", 1.3056351693735, 0.00211},
      {"latency_all_p95", 13.60860729429354, 0.0319437400501512}}                                             },
    {"D01 a gate and a fallible reviewer",
     "flow:\n  - stage: m\n    wrong: 10%\n"
     "    confidence: {good: {beta: {a: 8, b: 2}}, bad: {beta: {a: 3, b: 3}}}\n"
     "  - gate: g\n    threshold: 80%\n    above: ship\n    below: desk\n"
     "  - review: desk\n    sensitivity: 90%\n    specificity: 98%\n    fixes: 100%\n    spoils: "
     "100%\n",                                                                                     {{"review_load", 0.4867948544, 0.00049982559},
      {"auto_error", 0.011285935165806721, 0.00014745466},
      {"shipped_error", 0.023064537088, 0.00015010851},
      {"review_precision", 0.19352710725777134, 0.00056622990}}                                                                                               },
    {"D06 a cascade of models",
     "flow:\n"
     "  - stage: a\n    wrong: 15%\n    cost: {per_call: $1}\n"
     "    confidence: {good: {beta: {a: 8, b: 2}}, bad: {beta: {a: 3, b: 3}}}\n"
     "    next: [{to: ship, when: \"confidence >= 0.8\"}, {to: b}]\n"
     "  - stage: b\n    wrong: 5%\n    given: {bad: {wrong: 5%, repair: 100%}}\n"
     "    cost: {per_call: $10}\n"
     "    confidence: {good: {beta: {a: 9, b: 1.5}}, bad: {beta: {a: 3, b: 2}}}\n"
     "    next: [{to: ship, when: \"confidence(b) >= 0.7\"}, {to: human}]\n"
     "  - stage: human\n    wrong: 3%\n    given: {bad: {wrong: 3%, repair: 100%}}\n"
     "    cost: {per_call: $200}\n",                                                               {{"b:visits_per_item", 0.5120884736, 0.00049985384},
      {"human:visits_per_item", 0.05862653171252495, 0.00023492437},
      {"shipped_error", 0.01936481671911975, 0.00013780356},
      {"cost_per_item", 17.846191078504994, 0.048387426726412865}}                                                                      },
    {"F01 an outage hits two stages",
     "flow:\n  - stage: first\n    error: 2%\n    latency: 0.25h\n  - stage: second\n    error: "
     "2%\n"
     "environments:\n  provider:\n    up: {lasts: {exponential: {mean: 10h}}}\n"
     "    down: {lasts: {exponential: {mean: 1h}}, steps: {first: {error: 100%}, second: {error: "
     "100%}}}\n",                                                                                  {{"reliability", 0.8540076914996081, 0.00035309850517825517},
      {"second:success_rate", 0.9585800618873154, 0.0002111068003317148}}                                                                                  },
    {"F02 retries in an outage",
     "flow:\n  - stage: a\n    error: 2%\n"
     "    retry: {attempts: 3, backoff: {initial: 0.25h, factor: 1}}\n"
     "environments:\n  provider:\n    up: {lasts: {exponential: {mean: 10h}}}\n"
     "    down: {lasts: {exponential: {mean: 1h}}, steps: {a: {error: 100%}}}\n",                  {{"reliability", 0.9438340241021742, 0.0002302419576212612}}             },
    {"F02 with longer waits",
     "flow:\n  - stage: a\n    error: 2%\n"
     "    retry: {attempts: 3, backoff: {initial: 1h, factor: 2}}\n"
     "environments:\n  provider:\n    up: {lasts: {exponential: {mean: 10h}}}\n"
     "    down: {lasts: {exponential: {mean: 1h}}, steps: {a: {error: 100%}}}\n",                  {{"reliability", 0.9921933878129922, 8.800948240484946e-05}}             },
    {"H01 the cost of an accepted item",
     "flow:\n  - stage: a\n    error: 5%\n    cost: {per_call: $1}\n    retry: {attempts: 3}\n"
     "  - stage: b\n    error: 10%\n    cost: {per_call: $2}\n    retry: {attempts: 3}\n"
     "  - stage: c\n    error: 20%\n    cost: {per_call: $5}\n    retry: {attempts: 3}\n",         {{"reliability", 0.990884124, 9.504092e-05},
      {"cost_per_item", 9.465248275, 0.0026624405},
      {"cost_per_correct", 9.552326095195367, 0.0030678039},
      {"cost_p95", 15, 1e-9},
      {"cost_p99", 18, 1e-9}}                                                     },
};

static const struct queue_case timed_cases[] = {
    {"E01 M/M/3",
     "arrivals: {poisson: 2/h}\n" TIMED(
         "1000d",                                                                                                                               "20") "flow:\n  - review: desk\n    by: team\n    latency: {exponential: {mean: 1h}}\n"
               "resources:\n  team: {servers: 3, answer_within: 1h}\n",                                                             {{"team:p_wait", 0.4444444444444444, 0},
      {"team:queue_wait_mean", 0.4444444444444444 * H, 0},
      {"team:service_level", 1 - 0.16350197385397436, 0},
      {"team:queue_wait_p95", 2.184802057337662 * H, 0},
      {"team:in_system_mean", 2.888888888888889, 0},
      {"team:utilisation", 2.0 / 3, 0},
      {"wait_mean", 0.4444444444444444 * H, 0},
      {"latency_mean", 1.4444444444444444 * H, 0}}},
    {"E03 M/G/1, gamma",
     "arrivals: {poisson: 0.7/h}\n" TIMED(
         "2000d",                                                                                                                      "20") "flow:\n  - stage: a\n    by: one\n    latency: {gamma: {shape: 0.5, scale: 2h}}\n"
               "resources:\n  one: {servers: 1}\n",                                                                                                                                    {{"one:queue_wait_mean", 3.5 * H, 0}}},
    {"E03 M/D/1",
     "arrivals: {poisson: 0.7/h}\n" TIMED(
         "2000d",                                                                                                  "20") "flow:\n  - stage: a\n    by: one\n    latency: 1h\n"
                        "resources:\n  one: {servers: 1, answer_within: 2.5h}\n",{{"one:queue_wait_mean", 1.1666666666666667 * H, 0},
      {"one:p_wait", 0.7, 0},
      {"one:service_level", 1 - 0.14770393318277597, 0}}},
    {"E03 M/E2/1, last come first served",
     "arrivals: {poisson: 0.7/h}\n" TIMED(
         "2000d", "20") "flow:\n  - stage: a\n    by: one\n    latency: {erlang: {k: 2, mean: 1h}}\n"
               "resources:\n  one: {servers: 1, discipline: lifo}\n",    {{"one:queue_wait_mean", 1.75 * H, 0}}},
    {"E05 M/M/5+M",
     "arrivals: {poisson: 6/h}\n" TIMED(
         "400d",                                                          "20") "flow:\n  - review: desk\n    by: team\n    latency: {exponential: {mean: 1h}}\n"
               "resources:\n  team: {servers: 5, patience: {exponential: {mean: 2h}}}\n",                    {{"team:abandon_rate", 0.22638661000504845, 0},
      {"share_abandoned", 0.22638661000504845, 0},
      {"team:queue_wait_mean", 0.4527732200100969 * H, 0},
      {"team:p_wait", 0.8028384645766344, 0},
      {"team:utilisation", 4.64168033996971 / 5, 0}}},
    {"Erlang's loss formula, M/M/5/5",
     "arrivals: {poisson: 4/h}\n" TIMED(
         "400d",                                                                                                                                "20") "flow:\n  - review: desk\n    by: team\n    latency: {exponential: {mean: 1h}}\n"
               "resources:\n  team: {servers: 5, waiting_room: 0}\n",                                            {{"team:block_rate", 0.19906687402799378, 0}, {"share_rejected", 0.19906687402799378, 0}}},
    {"E06 Cobham's priorities",
     "arrivals: {poisson: 1/h}\n" TIMED(
         "2000d",                                                                                                        "20") "classes:\n  urgent: {share: 60%, priority: 1}\n  other: {share: 40%, priority: 2}\n"
               "flow:\n  - review: desk\n    by: one\n"
               "    latency: {urgent: {exponential: {mean: 0.5h}}, other: {exponential: {mean: "
               "1h}}}\n"
               "resources:\n  one: {servers: 1, discipline: priority}\n",                                                                                                                                     {{"urgent:wait_mean", 0.7857142857142858 * H, 0},
      {"other:wait_mean", 2.6190476190476195 * H, 0}}},
    {"E06 preemption",
     "arrivals: {poisson: 1/h}\n" TIMED(
         "2000d",                                              "20") "classes:\n  urgent: {share: 60%, priority: 1}\n  other: {share: 40%, priority: 2}\n"
               "flow:\n  - review: desk\n    by: one\n"
               "    latency: {urgent: {exponential: {mean: 0.5h}}, other: {exponential: {mean: "
               "1h}}}\n"
               "resources:\n  one: {servers: 1, discipline: preemptive}\n",{{"urgent:latency_mean", 0.7142857142857143 * H, 0},
      {"other:latency_mean", 4.047619047619048 * H, 0}}},
    {"E06 two reviewers",
     "arrivals: {poisson: 1.6/h}\n" TIMED(
         "2000d",            "20") "classes:\n  urgent: {share: 37.5%, priority: 1}\n  other: {share: 62.5%}\n"
               "flow:\n  - review: desk\n    by: two\n    latency: {exponential: {mean: 1h}}\n"
               "resources:\n  two: {servers: 2}\n",               {{"urgent:wait_mean", 0.507936507936508 * H, 0},
      {"other:wait_mean", 2.5396825396825404 * H, 0}}},
    {"E09 shifts, work interrupted",
     "arrivals: {poisson: 1/h}\n"
     "horizon: {warmup: 28d, length: 980d, replications: 20, observe: 8h}\n"
     "flow:\n  - review: desk\n    by: team\n    latency: {exponential: {mean: 1h}}\n"
     "resources:\n  team: {servers: 4, hours: \"mon-sun 09:00-17:00\", at_close: interrupt}\n",                                                    {{"team:in_system_mean", 9.23699337007404, 0},
      {"latency_mean", 9.23699337007404 * H, 0},
      {"team:utilisation", 0.75, 0}}},
    {"E09 shifts, work finished",
     "arrivals: {poisson: 1/h}\n"
     "horizon: {warmup: 28d, length: 980d, replications: 20, observe: 8h}\n"
     "flow:\n  - review: desk\n    by: team\n    latency: {exponential: {mean: 1h}}\n"
     "resources:\n  team: {servers: 4, hours: \"mon-sun 09:00-17:00\"}\n",                                                                                                                               {{"team:in_system_mean", 7.7570577792508075, 0}}                                                                                },
};
enum {
    UNTIMED_CASES = sizeof untimed_cases / sizeof *untimed_cases,
    TIMED_CASES = sizeof timed_cases / sizeof *timed_cases
};

/* Five standard errors of a million items, scaled to `trials`; or as many of the run's own as
 * Student's law with its replications passes with probability 2e-5. */
static inline void check_case_by(const struct engine_def *def, const struct queue_case *c,
                                 uint64_t trials)
{
    const struct run_options options = {.trials = trials, .seed = 1, .level = 0.95, .threads = 2};
    struct ran x;
    run_with(def, &x, c->text, &options);
    for (const struct want *w = c->want; w->metric; w++) {
        const struct metric *m = find(&x.r, w->metric);
        double units = (double)x.r.run.trials;
        double error = w->sigma > 0 ? w->sigma * sqrt(1e6 / units)
                                    : (m->high - m->low) / 2 / student_quantile(0.975, units - 1);
        double most = w->sigma > 0 ? 5 : student_quantile(1 - 1e-5, units - 1);
        if (!(fabs(m->value - w->value) <= most * error))
            fail_msg("%s: %s is %.9g, not %.9g (standard error %.3g)", c->name, w->metric, m->value,
                     w->value, error);
        if (w->sigma == 0 && !(error <= 0.05 * w->value))
            fail_msg("%s: %s is not sharp: %.9g +- %.3g", c->name, w->metric, m->value, error);
    }
    done(&x);
}

static inline void check_case(const struct queue_case *c, uint64_t trials)
{
    struct pipeline p;
    flow_read(c->text, &p);
    bool by_desks = desk_engine.supports(&p);
    pipeline_release(&p);
    check_case_by(&queue_engine, c, trials);
    if (by_desks)
        check_case_by(&desk_engine, c, trials);
}

#endif
