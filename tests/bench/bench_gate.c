/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Six stages with up to two retries each, a Beta(10, 2) confidence, a gate at 0.6898 and a review
 * of those below it, without waiting lines: the loop that everybody writes with GSL (taus2, its
 * fastest generator) against the block engine, and against a whole run by it, all metrics with
 * their intervals included.  CPU time on one thread, alternating, medians.
 *
 * Usage: bench_gate [trials [engine]]; with "engine", that alone, for profiles. */
#include "math/gsl_guard.h"
#include "model/scenario.h"
#include "sim/batch.h"
#include "sim/engine.h"
#include "sim/run.h"
#include "tests/bench/timing.h"

#include <gsl/gsl_histogram.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { STAGES = 6, ATTEMPTS = 3, PAIRS = 7 };
static const double MU = -0.5, SIGMA = 0.6, P_OK = 0.97, THRESHOLD = 0.6898, REVIEW_S = 24;

struct found {
    double reliability, reviewed, mean_s, ns;
};

static struct found loop_with_gsl(uint64_t trials, unsigned long seed)
{
    gsl_rng *r = gsl_rng_alloc(gsl_rng_taus2);
    gsl_histogram *h = gsl_histogram_alloc(4096);
    gsl_histogram_set_ranges_uniform(h, 0, 256);
    gsl_rng_set(r, seed);
    uint64_t ok = 0, reviewed = 0;
    double sum = 0;
    clock_t start = clock();
    for (uint64_t i = 0; i < trials; i++) {
        double total = 0;
        int stage = 0;
        for (; stage < STAGES; stage++) {
            int attempt = 0;
            for (; attempt < ATTEMPTS; attempt++) {
                total += gsl_ran_lognormal(r, MU, SIGMA);
                if (gsl_ran_bernoulli(r, P_OK))
                    break;
            }
            if (attempt == ATTEMPTS)
                break;
        }
        if (stage < STAGES)
            continue;
        if (gsl_ran_beta(r, 10, 2) < THRESHOLD) {
            reviewed++;
            total += gsl_ran_exponential(r, REVIEW_S);
        }
        ok++;
        sum += total;
        gsl_histogram_increment(h, total);
    }
    struct found a = {(double)ok / (double)trials, (double)reviewed / (double)trials,
                      sum / (double)ok, ns_each(start, trials)};
    gsl_histogram_free(h);
    gsl_rng_free(r);
    return a;
}

static int read_pipeline(struct pipeline *p, struct error *err)
{
    struct faults faults;
    struct buf text;
    buf_init(&text);
    faults_init(&faults);
    buf_puts(&text, "seam: 1\nflow:\n");
    for (int i = 0; i < STAGES; i++)
        buf_printf(&text,
                   "  - stage: s%d\n    error: 3%%\n    retry: {attempts: %d}\n"
                   "    latency: {lognormal: {mu: %g, sigma: %g}}\n%s",
                   i, ATTEMPTS, MU, SIGMA,
                   i + 1 < STAGES ? "" : "    confidence: {good: {beta: {a: 10, b: 2}}, bad: 0}\n");
    buf_printf(&text,
               "  - gate: sure\n    threshold: %g\n    above: ship\n    below: desk\n"
               "  - review: desk\n    sensitivity: 100%%\n"
               "    latency: {exponential: {mean: %gs}}\n",
               THRESHOLD, REVIEW_S);
    int status = scenario_parse("bench.yaml", buf_text(&text), text.len, NULL, p, &faults, err);
    faults_release(&faults);
    buf_release(&text);
    return status;
}

static struct found block_engine(const struct program *g, uint64_t trials, uint64_t seed)
{
    struct tally t;
    struct batch *b = batch_new(g);
    tally_init(&t, g, true);
    clock_t start = clock();
    for (uint64_t i = 0; i < trials / LANES; i++)
        batch_run(b, seed, 0, i, LANES, &t);
    double ns = ns_each(start, trials);
    const struct class_tally *c = &t.class[0];
    struct found a = {(double)c->correct / (double)c->n, (double)c->reviewed / (double)c->n,
                      moments_mean(&c->shipped_time) / g->time_scale, ns};
    tally_release(&t);
    batch_free(b);
    return a;
}

static struct found whole_run(const struct pipeline *p, uint64_t trials, uint64_t seed)
{
    const struct run_options how = {.trials = trials, .seed = seed, .threads = 1, .level = 0.95};
    struct result r;
    struct error err = {0};
    result_init(&r, "simulate");
    clock_t start = clock();
    if (run_by(&batch_engine, p, &how, &r, &err)) {
        fprintf(stderr, "bench_gate: %s\n", err.text);
        exit(1);
    }
    struct found a = {.ns = ns_each(start, trials)};
    a.reliability = metrics_find(&r.metrics, "reliability")->value;
    a.mean_s = metrics_find(&r.metrics, "latency_mean")->value;
    result_release(&r);
    return a;
}

int main(int argc, char **argv)
{
    uint64_t trials = argc > 1 ? strtoull(argv[1], NULL, 10) : 500000;
    bool engine_alone = argc > 2 && !strcmp(argv[2], "engine");
    double loop[PAIRS] = {0}, ours[PAIRS], whole[PAIRS] = {0};
    struct found a = {0}, b = {0}, c = {0};
    struct pipeline p;
    struct program g;
    struct error err = {0};

    math_init();
    trials = (trials + LANES - 1) / LANES * LANES;
    if (read_pipeline(&p, &err) || program_init(&g, &p, NULL, &err)) {
        fprintf(stderr, "bench_gate: %s\n", err.text);
        return 1;
    }
    for (int i = 0; i < PAIRS; i++) {
        b = block_engine(&g, trials, 42 + (uint64_t)i);
        ours[i] = b.ns;
        if (engine_alone)
            continue;
        a = loop_with_gsl(trials, 42 + (unsigned long)i);
        loop[i] = a.ns;
        c = whole_run(&p, 4 * trials, 42 + (uint64_t)i);
        whole[i] = c.ns;
    }
    double ours_ns = median(ours, PAIRS), theirs_ns = median(loop, PAIRS);
    double whole_ns = median(whole, PAIRS);
    if (engine_alone)
        printf("%.2f ns/trial\n", ours_ns);
    else
        printf("six stages with retries, gate, review without lines: %.1f ns/trial (R %.5f, "
               "reviewed %.4f, mean %.3f s), GSL loop %.1f (R %.5f, reviewed %.4f, mean %.3f s), "
               "ratio %.4f (%.1f times faster)\n",
               ours_ns, b.reliability, b.reviewed, b.mean_s, theirs_ns, a.reliability, a.reviewed,
               a.mean_s, ours_ns / theirs_ns, theirs_ns / ours_ns);
    if (!engine_alone)
        printf("the same as a whole run: %.1f ns/trial (R %.5f, mean %.3f s), ratio %.4f (%.1f "
               "times faster)\n",
               whole_ns, c.reliability, c.mean_s, whole_ns / theirs_ns, theirs_ns / whole_ns);
    program_release(&g);
    pipeline_release(&p);
    return engine_alone || theirs_ns >= 5 * fmax(ours_ns, whole_ns) ? 0 : 1;
}
