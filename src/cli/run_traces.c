/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --traces: the run as spans, to a file or an endpoint; --faults: what is done to its stages. */
#include "cli/run.h"

#include "base/file.h"
#include "exec/fault.h"
#include "exec/trace_out.h"
#include "model/scenario.h"

#include <stdio.h>

/* ---- traces ------------------------------------------------------------------------------- */

struct traces {
    struct tracer_options options;
    struct trace_out *out;
    struct tracer *tracer;
    const char *to;
    char run[160];
};

static void release(struct traces *t)
{
    tracer_free(t->tracer);
    mem_free(t);
}

static void tell(const struct traces *t, const struct trace_told *told, struct result *r)
{
    if (told->lost)
        result_warn(r, "%s: %llu of %llu spans were not delivered (the last time: %s)", t->to,
                    (unsigned long long)told->lost, (unsigned long long)(told->lost + told->sent),
                    told->why);
}

/* The same after a resume, another for every other run: by its number in the store, or by when it
 * began. */
static void name_run(const struct run_parts *parts, double unix_s, struct traces *t)
{
    const struct pipeline *p = parts->pipeline;
    unsigned long long seed = parts->options.seed;
    if (parts->options.setting.run)
        snprintf(t->run, sizeof t->run, "%.12s-%llu-run-%lld", p->sha256, seed,
                 (long long)parts->options.setting.run);
    else
        snprintf(t->run, sizeof t->run, "%.12s-%llu-%.6f", p->sha256, seed, unix_s);
}

/* After an error no file is left; a run that was stopped keeps what it did. */
static int close_traces(void *arg, bool complete, struct result *r, struct error *err)
{
    struct traces *t = arg;
    struct trace_told told = {0};
    bool broken = !complete && !r->run.partial;
    int status = 0;
    if (broken) {
        trace_out_drop(t->out);
    } else {
        status = tracer_end(t->tracer, err);
        if (status)
            trace_out_drop(t->out);
        else
            status = trace_out_close(t->out, &told, err);
        tell(t, &told, r);
    }
    release(t);
    return status;
}

int run_open_traces(struct run_parts *parts, struct error *err)
{
    const struct cli *cli = parts->cli;
    const char *to = option_text(cli->options, OPTION_TRACES, NULL);
    struct traces *t;
    if (!to)
        return 0;
    t = mem_zero(1, sizeof *t);
    t->to = to;
    struct trace_out_options where = {.to = to, .clock_s = cli_clock_s};
    if (trace_out_open(&where, &t->out, err)) {
        mem_free(t);
        return error_prefix(err, "--traces");
    }
    double unix_s = cli_unix_s();
    name_run(parts, unix_s, t);
    t->options = (struct tracer_options){.pipeline = parts->pipeline,
                                         .run = t->run,
                                         .version = SEAM_VERSION,
                                         .start_unix_ns = (int64_t)(unix_s * 1e9),
                                         .sink = trace_out_sink(t->out)};
    t->tracer = tracer_new(&t->options);
    run_listen(parts, tracer_listener(t->tracer));
    run_close_later(parts, (struct run_part){t, close_traces});
    return 0;
}

/* ---- faults ------------------------------------------------------------------------------- */

static int close_faults(void *arg, bool complete, struct result *r, struct error *err)
{
    (void)complete;
    (void)r;
    (void)err;
    injected_free(arg);
    return 0;
}

/* All faults of the file, with their lines, on standard error, as those of scenarios. */
static void show_faults(const struct faults *faults, const char *path, struct error *err)
{
    struct error ignored = {0};
    struct buf text = {0}, shown = {0};
    uint64_t n = faults->list.len + faults->dropped;
    if (n && !file_read(path, 1 << 20, &text, &ignored)) {
        scenario_put_faults(faults, path, buf_text(&text), &shown);
        fwrite(shown.data, 1, shown.len, stderr);
        *err = (struct error){0};
        (void)error_set(err, ERR_INPUT, "%s: %llu fault%s", path, (unsigned long long)n,
                        n == 1 ? "" : "s");
    }
    buf_release(&text);
    buf_release(&shown);
}

int run_read_faults(const char *path, const struct pipeline *p, struct injected **out,
                    struct error *err)
{
    struct faults faults;
    faults_init(&faults);
    int status = injected_read(path, p, &faults, out, err);
    if (status)
        show_faults(&faults, path, err);
    faults_release(&faults);
    return status;
}

int run_open_faults(struct run_parts *parts, struct error *err)
{
    const char *path = option_text(parts->cli->options, OPTION_FAULTS, NULL);
    struct injected *f = NULL;
    if (!path)
        return 0;
    if (run_read_faults(path, parts->pipeline, &f, err))
        return -1;
    parts->options.faults = f;
    run_close_later(parts, (struct run_part){f, close_faults});
    return 0;
}
