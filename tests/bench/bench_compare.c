/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The six known ways to build a pipeline (scenarios/approach-*.yaml) side by side: solved, and
 * simulated until reliability is known to 0.1 points, with the losses by layer as `seam compare`
 * adds them, in at most 10 s of CPU time and by the clock on two threads; as a floor a bare loop of
 * as many items, one random number for each of their steps.  Then the page of the finished
 * comparison and of a solved scenario with all their pictures: at most 2 s, and at most 2 MB. */
#include "decide/compare.h"
#include "math/rng.h"
#include "model/scenario.h"
#include "report/build.h"
#include "report/html.h"
#include "sim/exact.h"
#include "sim/run.h"
#include "tests/bench/timing.h"

#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

enum { WAYS = 6, STEPS = 21 /* of all six */ };
static const char *const files[WAYS] = {
    "scenarios/approach-1-single.yaml", "scenarios/approach-2-retrieval.yaml",
    "scenarios/approach-3-graph.yaml",  "scenarios/approach-4-conversation.yaml",
    "scenarios/approach-5-crew.yaml",   "scenarios/approach-6-stack.yaml"};
static const double HALF_WIDTH = 0.001, COMPARE_S = 10, REPORT_S = 2, REPORT_MB = 2;

struct approach {
    struct pipeline pipeline;
    struct result solved, simulated;
};

/* CPU time of this process and of those that it waited for. */
static double cpu_s(void)
{
    double s = 0;
    const int whose[] = {RUSAGE_SELF, RUSAGE_CHILDREN};
    for (int i = 0; i < 2; i++) {
        struct rusage use;
        getrusage(whose[i], &use);
        s += (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
             1e-6 * (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec);
    }
    return s;
}

static double clock_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static bool solve(struct approach *w, struct error *err)
{
    bool complete = false;
    return exact_solve(&w->pipeline, &(struct exact_options){.level = 0.95, .seed = 1}, &w->solved,
                       &complete, err) == 0 &&
           complete;
}

static bool simulate(struct approach *w, struct error *err)
{
    const struct run_until until = {"reliability", HALF_WIDTH};
    struct run_options how = {
        .seed = 1, .threads = 2, .level = 0.95, .until = &until, .n_until = 1, .max_trials = 2000};
    struct result layers; /* what each loses and closes is solved, as `seam compare` does */
    bool complete = false;

    result_init(&layers, "solve");
    bool done = run_simulate(&w->pipeline, &how, &w->simulated, err) == 0 &&
                exact_solve(&w->pipeline, &(struct exact_options){.level = 0.95, .seed = 1},
                            &layers, &complete, err) == 0;
    result_release(&layers);
    return done;
}

static double half_width(const struct result *r)
{
    const struct metric *m = metrics_find(&r->metrics, "reliability");
    return fmax(m->high - m->value, m->value - m->low);
}

static void side_by_side(struct approach *ways, bool simulated, struct result *out)
{
    struct alternative a[WAYS];
    for (int i = 0; i < WAYS; i++) {
        struct result *r = simulated ? &ways[i].simulated : &ways[i].solved;
        compare_add_costs(&ways[i].pipeline, r);
        a[i] = (struct alternative){
            ways[i].pipeline.name, files[i], &ways[i].pipeline, r, simulated, NULL};
    }
    compare_alternatives(a, WAYS, out);
}

/* A random number for each step of so many items. */
static double floor_s(uint64_t items)
{
    enum { AT_ONCE = 1024 };
    uint64_t some[AT_ONCE], mixed = 0;
    struct rng g;
    double start = cpu_s();
    rng_init(&g, rng_key(1, 0, 0, 0, 0));
    for (uint64_t i = 0; i < items * STEPS / WAYS; i += AT_ONCE) {
        rng_fill(&g, some, AT_ONCE);
        for (int k = 0; k < AT_ONCE; k++)
            mixed ^= some[k];
    }
    return mixed ? cpu_s() - start : INFINITY;
}

static bool time_all(struct approach *ways, bool simulated, struct result *out)
{
    struct error err = {0};
    double cpu = cpu_s(), elapsed = clock_s(), widest = 0;
    uint64_t items = 0;
    for (int i = 0; i < WAYS; i++) {
        if (!(simulated ? simulate(&ways[i], &err) : solve(&ways[i], &err))) {
            printf("%s: %s\n", files[i], err.text);
            return false;
        }
        const struct result *r = simulated ? &ways[i].simulated : &ways[i].solved;
        widest = fmax(widest, half_width(r));
        const struct metric *m = metrics_find(&r->metrics, "reliability");
        items += simulated ? m->n : 0;
    }
    side_by_side(ways, simulated, out);
    cpu = cpu_s() - cpu;
    elapsed = clock_s() - elapsed;
    printf("six approaches %s, to %.2g points of reliability: %.2f s of CPU time, %.2f s by the "
           "clock (at most %.0f)",
           simulated ? "simulated" : "solved", 100 * widest, cpu, elapsed, COMPARE_S);
    if (simulated)
        printf("; %.1e items, %.1f times a bare loop", (double)items, cpu / floor_s(items));
    printf("\n");
    return cpu / 2 <= COMPARE_S && widest <= HALF_WIDTH;
}

static bool time_report(const struct result *r, const char *what)
{
    struct error err = {0};
    struct document d;
    struct buf page;
    size_t pictures = 0;
    double cpu = cpu_s(), elapsed = clock_s();
    buf_init(&page);
    report_build((const struct result *const[]){r}, 1, NULL, &d);
    bool fine = html_page(&d, &page, &err) == 0;
    cpu = cpu_s() - cpu;
    elapsed = clock_s() - elapsed;
    for (const char *at = buf_text(&page); (at = strstr(at, "<svg ")); at++)
        pictures++;
    double mb = (double)page.len / (1024 * 1024);
    printf("page of %s with %zu pictures: %.2f s of CPU time, %.2f s by the clock (at most %.0f), "
           "%.2f MB (at most %.0f)\n",
           what, pictures, cpu, elapsed, REPORT_S, mb, REPORT_MB);
    document_release(&d);
    buf_release(&page);
    return fine && pictures > 0 && cpu <= REPORT_S && mb <= REPORT_MB;
}

static bool read_all(struct approach *ways)
{
    for (int i = 0; i < WAYS; i++) {
        struct error err = {0};
        struct faults faults;
        faults_init(&faults);
        int status = scenario_read(files[i], NULL, &ways[i].pipeline, &faults, &err);
        faults_release(&faults);
        if (status) {
            printf("%s\n", err.text);
            return false;
        }
        result_init(&ways[i].solved, "solve");
        result_init(&ways[i].simulated, "simulate");
    }
    return true;
}

int main(void)
{
    static struct approach ways[WAYS];
    struct result solved, simulated;
    mallopt(M_MMAP_THRESHOLD, 32 << 20); /* as the program does */
    mallopt(M_TRIM_THRESHOLD, 128 << 20);
    if (!read_all(ways))
        return 1;
    result_init(&solved, "compare");
    result_init(&simulated, "compare");
    bool fine = time_all(ways, false, &solved);
    fine = time_all(ways, true, &simulated) && fine;
    fine = time_report(&solved, "the comparison") && fine;
    fine = time_report(&ways[WAYS - 1].solved, "the five-layer stack") && fine;
    for (int i = 0; i < WAYS; i++) {
        result_release(&ways[i].solved);
        result_release(&ways[i].simulated);
        pipeline_release(&ways[i].pipeline);
    }
    result_release(&solved);
    result_release(&simulated);
    return fine ? 0 : 1;
}
