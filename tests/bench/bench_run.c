/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The executor's own cost, without what stages do: items of one stage that does nothing, of the six
 * steps of scenarios/six-step.yaml by stated numbers, and calls handed to threads and back.  CPU
 * time of all threads; runs are counted and measured.
 *
 * Bounds: 50,000 items a second on two cores (40 us of CPU an item), 20 us an attempt.
 *
 * Usage: bench_run [items]. */
#include "exec/pool.h"
#include "exec/run.h"
#include "exec/tally.h"
#include "math/gsl_guard.h"
#include "model/scenario.h"
#include "tests/bench/timing.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { PAIRS = 5 };

static double clock_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* CPU ns of an attempt. */
static double run_ns(const char *text, uint64_t items, double *attempts)
{
    struct error err = {0};
    struct faults faults;
    struct pipeline p;
    struct run_tally tally;
    struct result r;
    faults_init(&faults);
    if (scenario_parse("bench.yaml", text, strlen(text), NULL, &p, &faults, &err))
        return NAN;
    struct run_options options = {.items = items,
                                  .seed = 1,
                                  .threads = 2,
                                  .time_scale = INFINITY,
                                  .setting = {.clock_s = clock_s}};
    result_init(&r, "run");
    run_tally_init(&tally, &p);
    clock_t start = clock();
    int status = run_pipeline(&p, &options, &tally, &err);
    run_measure(&tally, 0.95, &r);
    double each = 0;
    for (size_t i = 0; i < r.stages.len; i++)
        each += metrics_find(&r.stages.at[i].metrics, "attempts_per_item")->value;
    *attempts = each;
    double ns = ns_each(start, items) / each;
    run_tally_release(&tally);
    result_release(&r);
    faults_release(&faults);
    pipeline_release(&p);
    return status ? NAN : ns;
}

static bool measure(const char *name, const char *text, uint64_t items, double most_ns)
{
    double ns[PAIRS], attempts = 1;
    for (int k = 0; k < PAIRS; k++)
        ns[k] = run_ns(text, items, &attempts);
    double each = median(ns, PAIRS);
    printf("%-44s %8.0f ns an attempt, %9.0f items a second of CPU, of at most %.0f ns\n", name,
           each, 1e9 / (each * attempts), most_ns);
    return each <= most_ns;
}

/* --- calls on threads of their own */

static void at_once(void *self, const struct stage_call *call, struct stage_answer *a)
{
    (void)self;
    (void)call;
    (void)a;
}

/* CPU ns of a call that is handed to a thread and back, `out` of them at once. */
static double handed_ns(uint64_t calls, uint32_t out)
{
    enum { OUT_MOST = 64 };
    static const struct stage_kind kind = {.word = "at once", .call = at_once};
    const struct stage stage = {.kind = &kind};
    struct job job[OUT_MOST] = {{0}};
    struct pool *pool = pool_new(2, clock_s);
    uint64_t done = 0;
    clock_t start = clock();
    for (uint32_t k = 0; k < out; k++) {
        job[k].stage = &stage;
        pool_give(pool, &job[k]);
    }
    while (done < calls) {
        struct job *next;
        pool_wait(pool, 1);
        for (struct job *j = pool_done(pool); j; j = next, done++) {
            next = j->next;
            if (done + out < calls)
                pool_give(pool, j);
        }
    }
    double ns = ns_each(start, calls);
    pool_free(pool);
    return ns;
}

static bool measure_handed(const char *name, uint64_t calls, uint32_t out, double most_ns)
{
    double ns[PAIRS];
    for (int k = 0; k < PAIRS; k++)
        ns[k] = handed_ns(calls, out);
    double each = median(ns, PAIRS);
    printf("%-44s %8.0f ns a call, of at most %.0f ns\n", name, each, most_ns);
    return each <= most_ns;
}

int main(int argc, char **argv)
{
    uint64_t items = argc > 1 ? strtoull(argv[1], NULL, 10) : 200000;
    math_init();
    bool well =
        measure("run: a stage that does nothing",
                "seam: 1\nflow:\n  - stage: a\n    exec: {builtin: nothing}\n", items, 20000);
    well &= measure("run: six steps by stated numbers",
                    "seam: 1\nflow:\n  - stage: a\n    error: 3%\n  - stage: b\n    error: 3%\n"
                    "  - stage: c\n    error: 3%\n  - stage: d\n    error: 3%\n"
                    "  - stage: e\n    error: 3%\n  - stage: f\n    error: 3%\n",
                    items / 4, 20000);
    well &= measure_handed("run: a call by a thread, one at once", items / 8, 1, 20000);
    well &= measure_handed("run: calls by threads, 64 at once", items / 2, 64, 20000);
    return !well;
}
