/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Six stages, each Bernoulli 0.97 and a lognormal latency, stop at the first failure, distribution
 * of the total: the loop that everybody writes with GSL, against the block engine, CPU time on one
 * thread, in one run.
 *
 * The loop does what most do: mt19937, gsl_ran_lognormal, gsl_ran_bernoulli, a histogram.  Beside
 * them the parts that no simulation of this kind can do without: one number and one look into the
 * quantile table for each stage and trial, one update of the sketch for each trial.  All alternate,
 * so that a machine that slows down slows them all; rows give medians.
 *
 * Usage: bench_series [trials [engine]]; with "engine", that alone, for profiles. */
#include "math/gsl_guard.h"
#include "math/qtable.h"
#include "math/rng.h"
#include "math/summary.h"
#include "sim/batch.h"
#include "tests/bench/timing.h"

#include <gsl/gsl_histogram.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { STAGES = 6, PAIRS = 7 };
static const double P_OK = 0.97, MU = -0.5, SIGMA = 0.6;

struct answer {
    double reliability, mean_s, ns;
};

static struct answer loop_with_gsl(uint64_t trials, unsigned long seed)
{
    gsl_rng *r = gsl_rng_alloc(gsl_rng_mt19937);
    gsl_histogram *h = gsl_histogram_alloc(4096);
    gsl_histogram_set_ranges_uniform(h, 0, 64);
    gsl_rng_set(r, seed);
    uint64_t ok = 0;
    double sum = 0;
    clock_t start = clock();
    for (uint64_t i = 0; i < trials; i++) {
        double total = 0;
        int stage = 0;
        for (; stage < STAGES; stage++) {
            total += gsl_ran_lognormal(r, MU, SIGMA);
            if (!gsl_ran_bernoulli(r, P_OK))
                break;
        }
        if (stage < STAGES)
            continue;
        ok++;
        sum += total;
        gsl_histogram_increment(h, total);
    }
    struct answer a = {(double)ok / (double)trials, sum / (double)ok, ns_each(start, trials)};
    gsl_histogram_free(h);
    gsl_rng_free(r);
    return a;
}

static void make_pipeline(struct pipeline *p)
{
    pipeline_init(p);
    p->n_steps = STAGES;
    p->n_classes = 1;
    p->class = arena_alloc(&p->arena, sizeof *p->class);
    p->class[0] = (struct class_def){"", 1};
    p->input_wrong = arena_alloc(&p->arena, sizeof *p->input_wrong);
    p->step = arena_alloc(&p->arena, STAGES * sizeof *p->step);
    p->worth_correct = p->worth_wrong = p->worth_rejected = NAN;
    p->deadline_s = p->budget = INFINITY;
    for (int i = 0; i < STAGES; i++) {
        struct numbers *n = arena_alloc(&p->arena, sizeof *n);
        n->error.value = 1 - P_OK;
        n->validation.value = 1;
        n->latency = (struct dist){.family = DIST_LOGNORMAL, .a = MU, .b = SIGMA};
        n->timeout_s = n->budget_s = INFINITY;
        p->step[i] = (struct step){
            .id = "stage",
            .numbers = n,
            .retry = {.attempts = 1,                          .on = RETRY_ALL        },
            .next = {.to = i + 1 < STAGES ? i + 1 : TO_SHIP, .at_most = AT_MOST_NONE},
            .fallback = {.to = TO_FAIL,                          .at_most = AT_MOST_NONE},
        };
    }
}

static struct answer block_engine(const struct program *g, uint64_t trials, uint64_t seed)
{
    struct tally t;
    struct batch *b = batch_new(g);
    tally_init(&t, g, true);
    clock_t start = clock();
    for (uint64_t i = 0; i < trials / LANES; i++)
        batch_run(b, seed, 0, i, LANES, &t);
    double ns = ns_each(start, trials);
    const struct class_tally *c = &t.class[0];
    struct answer a = {(double)c->correct / (double)c->n,
                       moments_mean(&c->shipped_time) / g->time_scale, ns};
    tally_release(&t);
    batch_free(b);
    return a;
}

/* --- the parts, over blocks that stay in the cache, ns for one */

struct parts {
    double number, draw, update;
};

static struct parts time_parts(const struct qtable *table, uint64_t trials)
{
    static uint64_t number[LANES] __attribute__((aligned(64)));
    static uint32_t low[LANES] __attribute__((aligned(64)));
    static float total[16][LANES] __attribute__((aligned(64)));
    struct sketch sketch;
    struct parts t;
    struct rng r;
    uint64_t blocks = trials / LANES * STAGES;

    rng_init(&r, 1);
    clock_t start = clock();
    for (uint64_t i = 0; i < blocks; i++)
        rng_fill(&r, number, LANES);
    t.number = ns_each(start, blocks * LANES);
    for (int k = 0; k < 16; k++) {
        rng_fill(&r, number, LANES);
        for (int i = 0; i < LANES; i++)
            low[i] = (uint32_t)number[i];
        qtable_fill(table, low, LANES, total[k]);
    }
    start = clock();
    for (uint64_t i = 0; i < blocks; i++)
        qtable_fill(table, low, LANES, total[i % 16]);
    t.draw = ns_each(start, blocks * LANES);
    for (int k = 0; k < 16; k++) { /* totals as spread as those of six stages */
        rng_fill(&r, number, LANES);
        for (int i = 0; i < LANES; i++)
            total[k][i] = STAGES * (float)qtable_at(table, (uint32_t)number[i] / 2 + (1u << 30));
    }
    sketch_init(&sketch);
    start = clock();
    for (uint64_t i = 0; i < blocks; i++)
        sketch_add_many(&sketch, total[i % 16], LANES);
    t.update = ns_each(start, blocks * LANES);
    sketch_release(&sketch);
    return t;
}

struct times {
    double loop[PAIRS], ours[PAIRS], number[PAIRS], draw[PAIRS], update[PAIRS];
};

static void print(struct times *t, const struct answer *theirs, const struct answer *ours)
{
    double theirs_ns = median(t->loop, PAIRS), ours_ns = median(t->ours, PAIRS);
    double number = median(t->number, PAIRS), draw = median(t->draw, PAIRS),
           update = median(t->update, PAIRS);
    double sum = STAGES * (number + draw) + update;
    printf("six stages in series, stop at failure: %.1f ns/trial (R %.4f, mean %.3f s), GSL loop "
           "%.1f (R %.4f, mean %.3f s), ratio %.4f (%.1f times faster)\n",
           ours_ns, ours->reliability, ours->mean_s, theirs_ns, theirs->reliability, theirs->mean_s,
           ours_ns / theirs_ns, theirs_ns / ours_ns);
    printf("  its parts: number %.2f ns, draw %.2f for each stage, sketch %.2f; sum %.1f, ratio "
           "%.2f\n",
           number, draw, update, sum, ours_ns / sum);
}

int main(int argc, char **argv)
{
    uint64_t trials = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
    bool engine_alone = argc > 2 && !strcmp(argv[2], "engine");
    struct answer theirs = {0}, ours = {0};
    struct times t;
    struct pipeline p;
    struct program g;
    struct error err = {0};

    math_init();
    trials = (trials + LANES - 1) / LANES * LANES;
    make_pipeline(&p);
    if (program_init(&g, &p, NULL, &err)) {
        fprintf(stderr, "bench_series: %s\n", err.text);
        return 1;
    }
    for (int i = 0; i < PAIRS; i++) {
        ours = block_engine(&g, trials, 42 + (uint64_t)i);
        t.ours[i] = ours.ns;
        if (engine_alone)
            continue;
        theirs = loop_with_gsl(trials, 42 + (unsigned long)i);
        t.loop[i] = theirs.ns;
        struct parts parts = time_parts(g.step[0].plan[0].latency.table, trials);
        t.number[i] = parts.number;
        t.draw[i] = parts.draw;
        t.update[i] = parts.update;
    }
    if (engine_alone)
        printf("%.2f ns/trial\n", median(t.ours, PAIRS));
    else
        print(&t, &theirs, &ours);
    program_release(&g);
    pipeline_release(&p);
    return engine_alone || median(t.loop, PAIRS) / median(t.ours, PAIRS) >= 10 ? 0 : 1;
}
