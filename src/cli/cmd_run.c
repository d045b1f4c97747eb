/* SPDX-License-Identifier: GPL-3.0-or-later */
/* seam run: the scenario executed.  The parts of a run are opened one after the other, and closed
 * when it is over; to add one, see cli/run.h. */
#include "cli/run.h"

#include "base/file.h"
#include "base/workers.h"
#include "exec/world.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

void run_listen(struct run_parts *parts, struct run_listener listener)
{
    vec_push(&parts->listeners, listener);
}

void run_close_later(struct run_parts *parts, struct run_part part)
{
    vec_push(&parts->parts, part);
}

/* --- options */

static int time_scale(const struct options *o, double *out, struct error *err)
{
    const char *text = option_text(o, OPTION_TIME_SCALE, "1");
    char *end;

    if (!strcmp(text, "skip")) {
        *out = INFINITY;
        return 0;
    }
    *out = strtod(text, &end);
    if (end == text || *end || !isfinite(*out) || !(*out > 0))
        return error_set(err, ERR_USAGE,
                         "--time-scale %s: write a number above 0, such as 60 (a minute in a "
                         "second), or skip",
                         text);
    return 0;
}

static int read_options(struct run_parts *parts, struct error *err)
{
    const struct options *o = parts->cli->options;
    struct run_options *run = &parts->options;
    bool timed = parts->pipeline->arrivals.kind != ARRIVALS_NONE;

    *run = (struct run_options){
        .items = option_count(o, OPTION_ITEMS, 0),
        .seed = option_count(o, OPTION_SEED, 1),
        .threads = (uint32_t)option_count(o, OPTION_THREADS, 0),
        .stop = parts->cli->stop,
        .setting = {.pipeline = parts->pipeline,
                    .folder = parts->folder,
                    .program = parts->program,
                    .environment = (const char *const *)environ,
                    .clock_s = cli_clock_s,
                    .unix_s = cli_unix_s},
    };
    run->setting.seed = run->seed;
    if (option_given(o, OPTION_ITEMS) && run->items == 0)
        return error_set(err, ERR_USAGE, "--items: at least 1");
    if (!timed && run->items == 0 && !option_given(o, OPTION_INPUT) &&
        !option_given(o, OPTION_CYCLES))
        return error_set(err, ERR_USAGE,
                         "run: how many items? Give --items 1000, or --input FILE with the items");
    return time_scale(o, &run->time_scale, err);
}

/* --- what a user should know before it begins */

/* Of an item that passes each step once, those without work of their own. */
static double waits_s(const struct pipeline *p)
{
    double sum = 0;
    for (uint32_t i = 0; i < p->n_steps; i++) {
        const struct step *s = &p->step[i];
        if (s->kind != STEP_PARALLEL && (!s->exec || strstr(s->exec, "\"stated\"")))
            sum += dist_capped_moment(&s->numbers[0].latency, s->numbers[0].timeout_s, 1);
    }
    return sum;
}

static void tell_waits(const struct run_parts *parts)
{
    const struct pipeline *p = parts->pipeline;
    double each_s = waits_s(p);
    struct buf text = {0};

    if (option_given(parts->cli->options, OPTION_TIME_SCALE) ||
        (p->arrivals.kind == ARRIVALS_NONE && !(each_s >= 1)))
        return;
    units_put_duration(&text, each_s);
    if (p->arrivals.kind != ARRIVALS_NONE)
        cli_note(parts->cli, "arrivals and stated latencies are waited for as long as they take; "
                             "--time-scale skip jumps over what is only waited for");
    else
        cli_note(parts->cli,
                 "stated latencies are waited for, about %s of each item's way; --time-scale skip "
                 "jumps over what is only waited for",
                 buf_text(&text));
    buf_release(&text);
}

/* --- the run */

static int close_world(void *arg, bool complete, struct result *r, struct error *err)
{
    (void)complete;
    (void)r;
    (void)err;
    world_free(arg);
    return 0;
}

static int open_world(struct run_parts *parts, struct error *err)
{
    (void)err;
    parts->options.setting.world = world_new(parts->folder);
    run_close_later(parts, (struct run_part){parts->options.setting.world, close_world});
    return 0;
}

/* The items are made: from here on there are files and programs that want a proper end. */
static int heed_stop(struct run_parts *parts, struct error *err)
{
    (void)parts;
    (void)err;
    cli_heed_stop();
    return 0;
}

static int open_parts(struct run_parts *parts, struct error *err)
{
    static int (*const open[])(struct run_parts *, struct error *) = {
        open_world,      run_open_learnt,   run_open_faults,  run_open_input,
        heed_stop,       run_open_journal,  run_open_items,   run_open_reasons,
        run_open_traces, run_open_progress, run_open_compare,
    };
    for (size_t k = 0; k < sizeof open / sizeof *open; k++)
        if (open[k](parts, err))
            return -1;
    return 0;
}

/* All are closed; the first error is kept. */
static int close_parts(struct run_parts *parts, bool complete, struct result *r, int status,
                       struct error *err)
{
    while (parts->parts.len > 0) {
        struct run_part part = parts->parts.at[--parts->parts.len];
        struct error later = {0};
        if (!part.close(part.arg, complete && status == 0, r, &later) || status)
            continue;
        status = -1;
        *err = later;
    }
    return status;
}

static void fill_result(struct run_parts *parts, struct result *r)
{
    const struct run_options *o = &parts->options;
    uint64_t items = 0;
    for (uint32_t u = 0; u < RUN_UNITS; u++)
        items += (uint64_t)parts->tally.class[parts->pipeline->n_classes].unit[u][RUN_N];
    r->run.method = "executed";
    r->run.seed = o->seed;
    r->run.trials = items;
    r->run.threads = workers_count(o->threads);
    r->run.covers = "sampling";
    r->run.partial = parts->tally.end.partial;
    run_measure(&parts->tally, option_number(parts->cli->options, OPTION_LEVEL, 0.95), r);
}

static int execute_cycles(struct run_parts *parts, struct result *r, struct error *err)
{
    int status = open_world(parts, err);
    if (!status)
        status = run_execute_cycles(parts, r, err);
    return close_parts(parts, !status, r, status, err);
}

static int execute(struct run_parts *parts, struct result *r, struct error *err)
{
    bool complete = false;
    int status = open_parts(parts, err);
    if (!status) {
        tell_waits(parts);
        parts->options.listeners = parts->listeners.at;
        parts->options.n_listeners = parts->listeners.len;
        status = run_pipeline(parts->pipeline, &parts->options, &parts->tally, err);
        complete = !status && !parts->tally.end.partial;
        if (!status)
            fill_result(parts, r);
    }
    return close_parts(parts, complete, r, status, err);
}

int run_again(const struct run_parts *first, const struct pipeline *p, uint64_t seed,
              const struct injected *faults, struct result *out, struct error *err)
{
    struct run_parts parts = {.cli = first->cli, .pipeline = p, .options = first->options};
    struct run_options *o = &parts.options;
    o->seed = o->setting.seed = seed;
    o->listeners = NULL;
    o->n_listeners = 0;
    o->memory = NULL;
    o->setting.pipeline = p;
    o->setting.store = NULL;
    o->setting.run = 0;
    if (faults)
        o->faults = faults;
    if (run_input_again(first, p, seed, &o->input, err))
        return -1;
    run_tally_init(&parts.tally, p);
    int status = run_pipeline(p, o, &parts.tally, err);
    if (!status)
        fill_result(&parts, out);
    run_tally_release(&parts.tally);
    return status;
}

int cmd_run(const struct cli *cli, struct error *err)
{
    const char *path = cli->options->args.at[0];
    struct pipeline p;
    struct result r;
    struct run_parts parts = {.cli = cli, .pipeline = &p};

    result_init(&r, "run");
    int status = cli_scenario(cli, path, &p, err);
    if (!status) {
        ssize_t n = readlink("/proc/self/exe", parts.program, sizeof parts.program - 1);
        parts.program[n > 0 ? n : 0] = '\0';
        char *beside = file_beside(path, "");
        parts.folder = beside;
        run_tally_init(&parts.tally, &p);
        status = read_options(&parts, err);
        if (!status)
            status = (option_given(cli->options, OPTION_CYCLES) ? execute_cycles
                                                                : execute)(&parts, &r, err);
        if (status < 0 && atomic_load(cli->stop)) {
            *err = (struct error){0}; /* of a stage that was to begin */
            error_set(err, ERR_INTERRUPTED, "%s: interrupted before there was anything to tell",
                      path);
        }
        run_tally_release(&parts.tally);
        vec_release(&parts.listeners);
        vec_release(&parts.parts);
        mem_free(beside);
    }
    if (!status)
        status = cli_finish(cli, &r, &p, true, err);
    pipeline_release(&p);
    result_release(&r);
    return status;
}
