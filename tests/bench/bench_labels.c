/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A million labels: all measures with their intervals, and a threshold by every method, CPU time on
 * one thread; beside them what cannot be left out, one sort by the C library's qsort and one pass
 * over the sorted rows for the plain frontier.  All alternate; rows give medians. */
#include "math/calibration.h"
#include "math/gsl_guard.h"
#include "math/risk.h"
#include "math/rng.h"
#include "tests/bench/timing.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LABELS = 1000000, ROUNDS = 3, BINS = 15 };

static struct scored *labels_new(void)
{
    struct scored *s = mem_zero(LABELS, sizeof *s);
    struct rng_seq rng = {rng_key(1, 0, 0, 0, RNG_SPLIT), 0};
    for (size_t i = 0; i < LABELS; i++) {
        double c = rng_unit(rng_next(&rng));
        s[i] = (struct scored){
            .confidence = c, .weight = 1, .correct = rng_unit(rng_next(&rng)) < 0.3 + 0.65 * c};
    }
    return s;
}

static double measures_s(const struct scored *s, double *ece)
{
    struct calibration c;
    double value[MEASURE_COUNT];
    struct interval range[MEASURE_COUNT];
    clock_t start = clock();
    calibration_compute(s, LABELS, BINS, false, &c);
    calibration_measures(s, LABELS, &c, 0.95, value, range);
    *ece = value[MEASURE_ECE];
    return ns_each(start, 1) / 1e9;
}

static double method_s(const struct scored *s, enum risk_method method, double *load)
{
    const struct risk_target joint = {RISK_JOINT, 0.1};
    struct risk_options o = {.target = 0.15, .level = 0.95, .seed = 1, .threshold = 0.8};
    struct risk_answer a;
    struct error err = {0};
    if (method == RISK_CRC) {
        o.targets = &joint;
        o.n_targets = 1;
    }
    clock_t start = clock();
    if (risk_choose(method, s, LABELS, &o, &a, &err))
        fprintf(stderr, "bench_labels: %s\n", err.text);
    *load = a.review_load;
    return ns_each(start, 1) / 1e9;
}

static int by_confidence(const void *x, const void *y)
{
    double a = ((const struct scored *)x)->confidence, b = ((const struct scored *)y)->confidence;
    return (a < b) - (a > b);
}

/* The laxest threshold whose labels meet the target, as most would find it. */
static double plain_s(const struct scored *s, double *load)
{
    struct scored *copy = mem_alloc(LABELS * sizeof *copy);
    size_t errors = 0, best = 0;
    clock_t start = clock();
    memcpy(copy, s, LABELS * sizeof *copy);
    qsort(copy, LABELS, sizeof *copy, by_confidence);
    for (size_t i = 0; i < LABELS; i++) {
        errors += !copy[i].correct;
        if ((double)errors <= 0.15 * (double)(i + 1))
            best = i + 1;
    }
    double seconds = ns_each(start, 1) / 1e9;
    *load = 1 - (double)best / LABELS;
    mem_free(copy);
    return seconds;
}

int main(void)
{
    double measures[ROUNDS], method[RISK_METHOD_COUNT][ROUNDS], plain[ROUNDS], ece = 0, load = 0;
    double loads[RISK_METHOD_COUNT] = {0}, all;
    math_init();
    struct scored *s = labels_new();
    for (int i = 0; i < ROUNDS; i++) {
        measures[i] = measures_s(s, &ece);
        for (int m = 0; m < RISK_METHOD_COUNT; m++)
            method[m][i] = method_s(s, (enum risk_method)m, &loads[m]);
        plain[i] = plain_s(s, &load);
    }
    all = median(measures, ROUNDS);
    printf("a million labels: measures with intervals %.3f s (ece %.4f)", all, ece);
    for (int m = 0; m < RISK_METHOD_COUNT; m++) {
        double t = median(method[m], ROUNDS);
        printf(", %s %.3f", risk_method_name((enum risk_method)m), t);
        all += t;
    }
    double floor_s = median(plain, ROUNDS);
    printf(
        "\n  together %.2f s of CPU (at most 2); one qsort and one pass %.3f s (review load %.4f, "
        "by plug-in %.4f), ratio %.2f\n",
        all, floor_s, load, loads[RISK_PLUG_IN], all / floor_s);
    mem_free(s);
    return all < 2 && fabs(load - loads[RISK_PLUG_IN]) < 1e-12 ? 0 : 1;
}
