/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One and two threads on the same run: six stages with lognormal latency and retries, by the time
 * that passes; alternating, medians.
 *
 * Other processes take what two threads want: the bound counts only where the runs got nearly all
 * the processors they asked for, that is their CPU time is nearly threads times the time.
 *
 * Usage: bench_threads [trials]. */
#include "math/gsl_guard.h"
#include "model/scenario.h"
#include "sim/run.h"
#include "tests/bench/timing.h"

#include <stdio.h>
#include <string.h>

enum { PAIRS = 5 };
static const double LEAST = 1.8, GOT = 0.97;

struct took {
    double wall_s, cpu_s;
};

static double seconds(clockid_t of)
{
    struct timespec t;
    clock_gettime(of, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static struct took time_run(const struct pipeline *p, uint64_t trials, uint32_t threads)
{
    const struct run_options how = {
        .trials = trials, .seed = 42, .threads = threads, .level = 0.95};
    struct error err = {0};
    struct result r;
    result_init(&r, "simulate");
    double wall = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    if (run_simulate(p, &how, &r, &err)) {
        fprintf(stderr, "bench_threads: %s\n", err.text);
        exit(1);
    }
    struct took t = {seconds(CLOCK_MONOTONIC) - wall, seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu};
    result_release(&r);
    return t;
}

static int read_pipeline(struct pipeline *p, struct error *err)
{
    struct faults faults;
    struct buf text;
    buf_init(&text);
    faults_init(&faults);
    buf_puts(&text, "seam: 1\nflow:\n");
    for (int i = 0; i < 6; i++)
        buf_printf(&text,
                   "  - stage: s%d\n    error: 3%%\n    retry: {attempts: 3}\n"
                   "    latency: {lognormal: {p50: 800ms, p95: 2s}}\n",
                   i);
    int status = scenario_parse("bench.yaml", buf_text(&text), text.len, NULL, p, &faults, err);
    faults_release(&faults);
    buf_release(&text);
    return status;
}

int main(int argc, char **argv)
{
    uint64_t trials = argc > 1 ? strtoull(argv[1], NULL, 10) : 10000000;
    double one[PAIRS], two[PAIRS], got[PAIRS], work[PAIRS];
    struct pipeline p;
    struct error err = {0};
    math_init();
    if (read_pipeline(&p, &err)) {
        fprintf(stderr, "bench_threads: %s\n", err.text);
        return 1;
    }
    for (int i = 0; i < PAIRS; i++) {
        struct took a = time_run(&p, trials, 1), b = time_run(&p, trials, 2);
        double of_one = a.cpu_s / a.wall_s, of_two = b.cpu_s / (2 * b.wall_s);
        one[i] = a.wall_s;
        two[i] = b.wall_s;
        work[i] = 2 * a.cpu_s / b.cpu_s;
        got[i] = of_one < of_two ? of_one : of_two;
    }
    double ratio = median(one, PAIRS) / median(two, PAIRS), share = median(got, PAIRS);
    printf("two threads: %.2f times as fast as one by the time that passes (%.3f s, %.3f s), %.2f "
           "times by CPU time",
           ratio, median(two, PAIRS), median(one, PAIRS), median(work, PAIRS));
    if (share < GOT)
        printf("; the machine is busy, they got %.0f%% of it: no bound\n", 100 * share);
    else
        printf("%s\n", ratio < LEAST ? ", beyond its bound" : "");
    pipeline_release(&p);
    return share < GOT || ratio >= LEAST ? 0 : 1;
}
