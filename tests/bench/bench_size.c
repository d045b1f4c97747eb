/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sizing of scenarios/two-gates.yaml: two thresholds, up to three editors and the share of the
 * audit, all by simulation.  CPU time and time that passes on two threads, how many settings were
 * tried, and how well the frontier is known: to 1% of the items or better.
 *
 * Usage: bench_size */
#include "base/file.h"
#include "base/units.h"
#include "decide/size.h"
#include "math/gsl_guard.h"
#include "model/scenario.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const char *const PATH = "scenarios/two-gates.yaml";

static int parse(void *arg, const struct setting *set, size_t n, struct pipeline *out,
                 struct error *err)
{
    const struct buf *text = arg;
    struct scenario_options options = {.set = set, .n_set = n};
    struct faults faults;

    faults_init(&faults);
    pipeline_init(out);
    int status = scenario_parse(PATH, buf_text(text), text->len, &options, out, &faults, err);
    faults_release(&faults);
    return status;
}

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void show(const struct result *r, double cpu_s, double passed_s)
{
    const struct curve *c = result_curve(r, "frontier");
    double worst = 0;

    for (size_t i = 0; c && i < c->points.len; i++)
        worst = fmax(worst, (c->points.at[i].high - c->points.at[i].low) / 2);
    printf("size %s: %.1f s of CPU, %.1f s passed on 2 threads\n", PATH, cpu_s, passed_s);
    printf("frontier: %zu points, each error known to %.2f%% of the items or better\n",
           c ? c->points.len : 0, 100 * worst);
    printf("%s\n%s\n", r->answer.sentence,
           r->assumptions.len ? r->assumptions.at[r->assumptions.len - 1] : "");
}

int main(void)
{
    const struct size_vary vary[] = {
        {.path = "flow.quick-sure.threshold",    .from = 0.5, .to = 1                        },
        {.path = "flow.thorough-sure.threshold", .from = 0.5, .to = 1                        },
        {.path = "resources.editors.servers",    .from = 1,   .to = 3,                         .whole = true},
        {.path = "flow.thorough-sure.audit",                                      .from = 0,                .to = 0.1}
    };
    struct error err = {0};
    struct pipeline p;
    struct result r;
    struct buf text;
    bool met;

    math_init();
    buf_init(&text);
    result_init(&r, "size");
    pipeline_init(&p);
    struct size_options options = {.level = 0.95,
                                   .seed = 1,
                                   .threads = 2,
                                   .uncertainty = true,
                                   .vary = vary,
                                   .n_vary = sizeof vary / sizeof *vary,
                                   .read = parse,
                                   .read_arg = &text};
    if (file_read(PATH, 1 << 20, &text, &err) || parse(&text, NULL, 0, &p, &err)) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    double began = now_s();
    clock_t start = clock();
    if (size_scenario(&p, &options, &r, &met, &err)) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    show(&r, (double)(clock() - start) / CLOCKS_PER_SEC, now_s() - began);
    pipeline_release(&p);
    result_release(&r);
    buf_release(&text);
    return 0;
}
