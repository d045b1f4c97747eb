/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/traced.h"

#include "exec/fault.h"
#include "exec/run.h"
#include "exec/tally.h"
#include "exec/tracer.h"
#include "exec/world.h"
#include "tests/support/executed.h"
#include "tests/support/support.h"
#include "trace/estimate.h"

#include <math.h>
#include <string.h>

extern char **environ;

static int keep(void *arg, const char *text, size_t len, uint64_t spans, struct error *err)
{
    (void)spans;
    (void)err;
    buf_add(arg, text, len);
    return 0;
}

void traced_parse(const char *text, const struct setting *set, struct pipeline *p)
{
    const struct scenario_options options = {.set = set, .n_set = set ? 1 : 0};
    struct faults faults;
    struct error err = {0};
    faults_init(&faults);
    ok(scenario_parse("hidden.yaml", text, strlen(text), &options, p, &faults, &err), &err);
    faults_release(&faults);
}

static struct injected *read_faults(const char *text, const struct pipeline *p)
{
    struct injected *f = NULL;
    struct faults faults;
    struct error err = {0};
    faults_init(&faults);
    if (text)
        ok(injected_parse("f.yaml", text, strlen(text), p, &faults, &f, &err), &err);
    faults_release(&faults);
    return f;
}

void traced_run(const char *scenario, const struct traced_options *how, struct traced *o)
{
    struct run_tally tally;
    struct error err = {0};
    memset(o, 0, sizeof *o);
    traced_parse(scenario, how->set, &o->p);
    const struct run_input *input = NULL;
    if (how->world) {
        o->p.arrivals.kind = ARRIVALS_NONE;
        ok(world_briefs(how->world, &o->p, how->seed, how->items, &input, &err), &err);
    }
    struct injected *faults = read_faults(how->faults, &o->p);
    struct tracer_options tracing = {
        .pipeline = &o->p,
        .run = "hidden",
        .version = "0",
        .start_unix_ns = INT64_C(1795349010000000000),
        .sink = {&o->traces, keep}
    };
    struct tracer *tracer = tracer_new(&tracing);
    struct run_listener ear = tracer_listener(tracer);
    struct run_options options = {
        .items = how->items,
        .seed = how->seed,
        .time_scale = INFINITY,
        .input = input,
        .faults = faults,
        .listeners = &ear,
        .n_listeners = 1,
        .setting = {.pipeline = &o->p,
                    .seed = how->seed,
                    .folder = how->folder,
                    .program = how->program,
                    .environment = (const char *const *)environ,
                    .world = how->world,
                    .clock_s = how->world ? test_clock_s : NULL,
                    .unix_s = how->world ? test_clock_s : NULL}
    };
    run_tally_init(&tally, &o->p);
    ok(run_pipeline(&o->p, &options, &tally, &err), &err);
    ok(tracer_end(tracer, &err), &err);
    result_init(&o->r, "run");
    run_measure(&tally, 0.95, &o->r);
    tracer_free(tracer);
    run_tally_release(&tally);
    injected_free(faults);
}

void traced_release(struct traced *o)
{
    pipeline_release(&o->p);
    result_release(&o->r);
    buf_release(&o->traces);
}

void traced_fit(const struct traced *o, struct trace_log *log, struct pipeline *fitted)
{
    struct error err = {0};
    const char **notes = NULL;
    struct result info;
    ok(log_read_text("a.jsonl", o->traces.data, o->traces.len, NULL, log, &err), &err);
    pipeline_init(fitted);
    result_init(&info, "fit");
    ok(log_fit(log, NULL, fitted, &notes, &info, &err), &err);
    result_release(&info);
}
