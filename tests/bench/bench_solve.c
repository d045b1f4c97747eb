/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Solving twenty stages with retries, timeouts and latencies, quantiles and derivatives and all, in
 * at most 20 ms of CPU time (median of 11); and the memory of a simulation of the same stages, the
 * same for ten times as many items, at most 64 MB.
 *
 * Usage: bench_solve [items]. */
#include "model/scenario.h"
#include "sim/exact.h"
#include "sim/run.h"
#include "tests/bench/timing.h"

#include <stdio.h>
#include <sys/resource.h>

enum { STAGES = 20, ROUNDS = 11 };
static const double SOLVE_MS = 20, MEMORY_MB = 64;

static bool read_flow(struct pipeline *p)
{
    struct error err = {0};
    struct faults faults;
    struct buf text;
    buf_init(&text);
    faults_init(&faults);
    buf_printf(&text, "seam: 1\nflow:\n");
    for (int i = 0; i < STAGES; i++)
        buf_printf(&text,
                   "  - {stage: s%d, error: %d%%, wrong: 1%%, latency: {lognormal: {p50: %dms, "
                   "p95: %dms}}, timeout: 2s, retry: {attempts: 3, backoff: {initial: 50ms}}}\n",
                   i, 1 + i % 4, 100 + 20 * i, 400 + 30 * i);
    int status = scenario_parse("bench.yaml", buf_text(&text), text.len, NULL, p, &faults, &err);
    if (status)
        printf("%s\n", err.text);
    faults_release(&faults);
    buf_release(&text);
    return status == 0;
}

static bool solve(const struct pipeline *p, struct result *out)
{
    struct error err = {0};
    bool complete;
    result_init(out, "solve");
    return exact_solve(p, &(struct exact_options){.level = 0.95}, out, &complete, &err) == 0;
}

static bool time_solve(const struct pipeline *p)
{
    double ms[ROUNDS], p99 = 0;
    for (int i = 0; i < ROUNDS; i++) {
        struct result r;
        clock_t start = clock();
        if (!solve(p, &r))
            return false;
        ms[i] = ns_each(start, 1) * 1e-6;
        p99 = metrics_find(&r.metrics, "latency_p99")->value;
        result_release(&r);
    }
    double typical = median(ms, ROUNDS);
    printf("twenty stages solved, with quantiles (p99 %.4f s) and derivatives: %.1f ms (at most "
           "%.0f)\n",
           p99, typical, SOLVE_MS);
    return typical <= SOLVE_MS;
}

static double peak_mb(void)
{
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    return (double)use.ru_maxrss / 1024;
}

static bool simulate(const struct pipeline *p, uint64_t items)
{
    const struct run_options how = {.trials = items, .seed = 1, .threads = 2, .level = 0.95};
    struct error err = {0};
    struct result r;
    result_init(&r, "simulate");
    bool fine = run_simulate(p, &how, &r, &err) == 0;
    result_release(&r);
    return fine;
}

int main(int argc, char **argv)
{
    uint64_t items = argc > 1 ? strtoull(argv[1], NULL, 10) : 10000000;
    struct pipeline p;
    if (!read_flow(&p))
        return 1;
    bool fine = time_solve(&p) && simulate(&p, items / 10);
    double before = peak_mb();
    fine = fine && simulate(&p, items);
    printf("twenty stages simulated on two threads: peak memory %.1f MB at %.0e items, %.1f MB at "
           "%.0e (at most %.0f)\n",
           before, (double)items / 10, peak_mb(), (double)items, MEMORY_MB);
    fine = fine && peak_mb() <= MEMORY_MB;
    pipeline_release(&p);
    return fine ? 0 : 1;
}
