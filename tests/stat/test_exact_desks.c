/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What solve says of scenarios with desks lies in the intervals of a simulation of the same
 * scenario by the general engine, which shares none of its theory.
 *
 * Intervals have the level of 5 standard errors of a normal law (5.7e-7 of false alarms each; those
 * of 20 replications are Student's), some 1,200 of them together, so that another seed would fail
 * with probability 1e-3; the seed is fixed. */
#include "math/gsl_guard.h"
#include "model/scenario.h"
#include "sim/exact.h"
#include "sim/run.h"
#include "tests/support/flow.h"
#include "tests/support/support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double FIVE_SIGMA = 1 - 5.733e-7;

struct desk_case {
    const char *name, *text;
    uint32_t least; /* comparisons that must be made */
};

#define YEAR "horizon: {warmup: 4w, length: 26w, observe: 1w}\n"
#define EDITORIAL                                                                                  \
    "objective: {deadline: 3h}\nclasses: {a: {share: 60%}, b: {share: 40%}}\nflow:\n"              \
    "  - stage: ask\n    wrong: {a: 10%, b: 30%}\n    error: 5%\n    fallback: hold\n"             \
    "    latency: {lognormal: {p50: 30m, sigma: 1}}\n"                                             \
    "  - review: desk\n    by: people\n    latency: {exponential: {mean: 40m}}\n"                  \
    "    sensitivity: 90%\n    specificity: 95%\n    cost: {per_call: $2}\n    next: [{to: "       \
    "ship}]\n"
#define HOLD                                                                                       \
    "  - stage: hold\n    latency: 3m\n    next: [{to: ship}]\n"                                   \
    "  - stage: late\n    latency: 5m\n    wrong: 20%\n"

static const struct desk_case cases[] = {
    {"M/M/3 among other steps",
     YEAR "arrivals: {poisson: 4/h}\n"
          "resources: {people: {servers: 3, answer_within: 20m}}\n" EDITORIAL
          "  - stage: hold\n    latency: 3m\n",                                                     80},
    {"M/M/3/4+M, sent away to another step",
     YEAR "arrivals: {poisson: 6/h}\n"
          "resources: {people: {servers: 3, waiting_room: 4, when_full: late, answer_within: 20m, "
          "patience: {exponential: {mean: 1h}}}}\n" EDITORIAL HOLD,
     80                                                                                               },
    {"M/M/3/4",
     YEAR "arrivals: {poisson: 6/h}\n"
          "resources: {people: {servers: 3, waiting_room: 4, when_full: late}}\n" EDITORIAL HOLD,
     80                                                                                               },
    {"M/M/3+M",
     YEAR "arrivals: {poisson: 5/h}\nresources: {people: {servers: 3, answer_within: 20m, "
          "patience: {exponential: {mean: 1h}}}}\n" EDITORIAL "  - stage: hold\n    latency: 3m\n",
     80                                                                                               },
    {"M/G/1 with a limit",
     YEAR
     "arrivals: {poisson: 2/h}\nobjective: {deadline: 1h}\n"
     "resources: {people: {servers: 1, answer_within: 10m}}\nflow:\n"
     "  - stage: ask\n    latency: {uniform: {from: 1m, to: 9m}}\n    wrong: 10%\n"
     "  - review: desk\n    by: people\n    sensitivity: 80%\n"
     "    latency: {lognormal: {p50: 15m, sigma: 0.8}}\n    timeout: 50m\n    fallback: ship\n",    40},
    {"a network with rework",
     YEAR
     "arrivals: {poisson: 0.6/h}\n"
     "resources: {writers: {servers: 2, answer_within: 1h}, editors: {servers: 1}}\nflow:\n"
     "  - stage: write\n    by: writers\n    error: 10%\n    retry: {attempts: 2}\n"
     "    latency: {exponential: {mean: 50m}}\n    wrong: 20%\n"
     "  - review: edit\n    by: editors\n    latency: {exponential: {mean: 30m}}\n"
     "    sensitivity: 90%\n    specificity: 95%\n"
     "    on_reject: {goto: write, at_most: 2, then: reject}\n"
     "  - stage: print\n    by: writers\n    latency: {exponential: {mean: 50m}}\n    fallback: "
     "ship\n",                                                                                      40},
    {"two desks in a row",
     YEAR "arrivals: {poisson: 1/h}\nobjective: {deadline: 6h}\n"
          "resources: {a: {servers: 1}, b: {servers: 2}}\nflow:\n"
          "  - stage: ask\n    latency: {gamma: {shape: 2, scale: 20m}}\n"
          "  - stage: x\n    by: a\n    latency: {exponential: {mean: 40m}}\n"
          "  - stage: y\n    by: b\n    latency: {exponential: {mean: 75m}}\n",                     40},
    {"shifts that finish",
     YEAR "arrivals: {poisson: 2/h}\n"
          "resources: {people: {servers: 4, hours: \"mon-fri 08:00-18:00\"}}\nflow:\n"
          "  - stage: ask\n    latency: {lognormal: {p50: 1h, sigma: 1}}\n"
          "  - review: desk\n    by: people\n    latency: {exponential: {mean: 20m}}\n",            12},
    {"shifts that interrupt, a daily rate, patience",
     YEAR "arrivals: {daily: {mean: 2/h, amplitude: 1.5/h, peak: \"15:00\"}}\n"
          "resources: {people: {servers: 2, hours: \"mon-fri 07:00-19:00\", at_close: interrupt, "
          "patience: {exponential: {mean: 8h}}}}\nflow:\n"
          "  - review: desk\n    by: people\n    latency: {exponential: {mean: 30m}}\n",            12},
    {"a daily rate behind other steps",
     YEAR "arrivals: {daily: {mean: 2/h, amplitude: 2/h, peak: \"09:00\"}}\n"
          "classes: {quick: {share: 60%}, slow: {share: 40%}}\n"
          "resources: {people: {servers: 2, hours: \"08:00-18:00\"}}\nflow:\n"
          "  - stage: ask\n    latency: {quick: 5m, slow: {lognormal: {p50: 6h, sigma: 0.5}}}\n"
          "    error: 10%\n    retry: {attempts: 2, backoff: {initial: 1h}}\n"
          "  - review: desk\n    by: people\n    latency: {exponential: {mean: 20m}}\n",            12},
    {"a full room overnight",
     YEAR
     "arrivals: {schedule: [{from: \"mon-fri 09:00\", to: \"20:00\", rate: 6/h}]}\n"
     "resources: {people: {servers: 2, hours: \"mon-fri 08:00-18:00\", waiting_room: 5}}\nflow:\n"
     "  - review: desk\n    by: people\n    latency: {exponential: {mean: 20m}}\n",                 12},
    {"an overloaded desk, as far as its horizon goes",
     "horizon: {length: 2w, replications: 200}\n"
     "arrivals: {poisson: 3/h}\n"
     "resources: {people: {servers: 2, hours: \"mon-fri 08:00-18:00\"}}\nflow:\n"
     "  - review: desk\n    by: people\n    latency: {exponential: {mean: 20m}}\n",                 5 },
};

/* Quantiles of visits have intervals as if visits were independent, which waits are not. */
static bool as_if_independent(const char *name)
{
    return !strncmp(name, "visit_latency_p", 15);
}

static uint32_t compare(const char *what, const struct metrics *exact, const struct metrics *run,
                        uint32_t *off)
{
    uint32_t n = 0;
    for (size_t i = 0; i < exact->list.len; i++) {
        const struct metric *e = &exact->list.at[i], *m = metrics_find(run, e->name);
        if (!m || !isfinite(m->low) || !isfinite(m->high) || as_if_independent(e->name))
            continue;
        double slack = 1e-9 * fabs(e->value) + 1e-12;
        n++;
        if (e->value >= m->low - slack && e->value <= m->high + slack)
            continue;
        print_error("%s %s: exact %.9g, simulated %.9g in [%.9g, %.9g]\n", what, e->name, e->value,
                    m->value, m->low, m->high);
        ++*off;
    }
    return n;
}

#define COMPARE_ROWS(list)                                                                         \
    for (size_t i = 0; i < exact->list.len; i++)                                                   \
        for (size_t k = 0; k < run->list.len; k++)                                                 \
            if (!strcmp(exact->list.at[i].id, run->list.at[k].id))                                 \
    n += compare(exact->list.at[i].id, &exact->list.at[i].metrics, &run->list.at[k].metrics, off)

static uint32_t compare_all(const struct result *exact, const struct result *run, uint32_t *off)
{
    uint32_t n = compare("all", &exact->metrics, &run->metrics, off);
    COMPARE_ROWS(classes);
    COMPARE_ROWS(stages);
    COMPARE_ROWS(resources);
    for (size_t i = 0; i < exact->edges.len; i++)
        for (size_t k = 0; k < run->edges.len; k++)
            if (!strcmp(exact->edges.at[i].from, run->edges.at[k].from) &&
                !strcmp(exact->edges.at[i].to, run->edges.at[k].to))
                n += compare(exact->edges.at[i].from, &exact->edges.at[i].metrics,
                             &run->edges.at[k].metrics, off);
    return n;
}

static void exact_desks_are_what_a_simulation_shows(void **state)
{
    (void)state;
    uint32_t off = 0, all = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err = {0};
        struct pipeline p;
        struct result exact, run;
        bool complete;
        flow_read(cases[i].text, &p);
        result_init(&exact, "solve");
        result_init(&run, "simulate");
        ok(exact_solve(&p, &(struct exact_options){.level = 0.95, .seed = 1, .values_only = true},
                       &exact, &complete, &err),
           &err);
        uint32_t replications = p.horizon.replications > 20 ? p.horizon.replications : 20;
        ok(run_simulate(&p,
                        &(struct run_options){
                            .seed = 5, .level = FIVE_SIGMA, .trials = replications, .threads = 1},
                        &run, &err),
           &err);
        uint32_t before = off, n = compare_all(&exact, &run, &off);
        if (off > before || n < cases[i].least)
            print_error("^ %s: %u compared, %u off\n", cases[i].name, n, off - before);
        assert_true(n >= cases[i].least);
        all += n;
        result_release(&exact);
        result_release(&run);
        pipeline_release(&p);
    }
    print_message("%u compared\n", all);
    assert_int_equal(off, 0);
}

static int prepare(void **state)
{
    (void)state;
    math_init();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact_desks_are_what_a_simulation_shows),
    };
    return cmocka_run_group_tests_name("exact desks (statistical)", tests, prepare, NULL);
}
