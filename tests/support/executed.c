/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/executed.h"

#include "exec/input.h"
#include "exec/run.h"
#include "exec/tally.h"
#include "model/scenario.h"
#include "tests/support/support.h"

#include <math.h>
#include <string.h>
#include <time.h>

double test_clock_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

int execute(const struct pipeline *p, const struct executed *how, struct result *out,
            struct error *err)
{
    struct input_lines *lines = NULL;
    struct run_tally tally;
    struct run_options options = {
        .items = how->items,
        .seed = how->seed,
        .threads = how->threads,
        .in_flight = how->in_flight,
        .time_scale = how->waits ? 1 : INFINITY,
        .listeners = how->listener,
        .n_listeners = how->listener != NULL,
        .setting = {.clock_s = test_clock_s},
    };
    if (how->input) {
        if (input_lines_read("items.jsonl", how->input, strlen(how->input), p, &lines, err))
            return -1;
        options.input = input_lines_of(lines);
    }
    run_tally_init(&tally, p);
    int status = run_pipeline(p, &options, &tally, err);
    if (!status)
        run_measure(&tally, how->level > 0 ? how->level : 0.95, out);
    run_tally_release(&tally);
    input_lines_free(lines);
    return status;
}

int execute_text(const char *text, const struct executed *how, struct result *out,
                 struct error *err)
{
    struct faults faults;
    struct pipeline p;
    faults_init(&faults);
    int status = scenario_parse("test.yaml", text, strlen(text), NULL, &p, &faults, err);
    if (status)
        print_error("%s\n", err->text);
    faults_release(&faults);
    if (!status)
        status = execute(&p, how, out, err);
    pipeline_release(&p);
    return status;
}
