/* SPDX-License-Identifier: GPL-3.0-or-later */
/* seam run --compare: the run's traces are read again, and stand with the run beside the scenario
 * solved and simulated.  --then: what the traces let expect of a change is written down first, and
 * the change executed after, with the next seed. */
#include "cli/run.h"
#include "cli/views.h"

#include "exec/fault.h"
#include "exec/tracer.h"
#include "model/scenario.h"
#include "trace/estimate.h"
#include "trace/log.h"
#include "trace/observe.h"

#include <math.h>
#include <string.h>

struct comparing {
    struct run_parts *parts;
    struct tracer_options options;
    struct tracer *tracer;
    struct run_listener ear;
    struct buf text;
};

static int keep_lines(void *arg, const char *text, size_t len, uint64_t spans, struct error *err)
{
    (void)spans;
    (void)err;
    buf_add(arg, text, len);
    return 0;
}

/* Items of the warm-up are not those that the run measures. */
static int hear(void *arg, const struct run_event *e, struct error *err)
{
    struct comparing *c = arg;
    return e->counts ? c->ear.event(c->ear.arg, e, err) : 0;
}

/* ---- --then ------------------------------------------------------------------------------- */

struct changes {
    struct arena arena;
    struct setting *set;
    size_t n;
};

static int read_changes(const struct cli *cli, struct changes *c, struct error *err)
{
    const struct option_value *then = &cli->options->value[OPTION_THEN];
    c->set = arena_alloc(&c->arena, (then->all.len + 1) * sizeof *c->set);
    for (; c->n < then->all.len; c->n++) {
        const char *text = then->all.at[c->n], *equals = strchr(text, '=');
        if (!equals || equals == text)
            return error_set(err, ERR_USAGE,
                             "--then %s: write PATH=VALUE, such as flow.sure.threshold=0.9", text);
        char *path = arena_strdup(&c->arena, text);
        path[equals - text] = '\0';
        c->set[c->n] = (struct setting){path, path + (equals - text) + 1};
    }
    return 0;
}

/* The scenario that the traces tell of, with the changes. */
static int fit_changed(const struct trace_log *log, bool timed, const struct changes *c,
                       struct pipeline *out, struct error *err)
{
    const struct scenario_options options = {.set = c->set, .n_set = c->n};
    struct pipeline fitted;
    struct result info;
    struct faults faults;
    struct buf text = {0};
    const char **notes = NULL;
    pipeline_init(&fitted);
    result_init(&info, "fit");
    faults_init(&faults);
    int status = log_fit(log, NULL, &fitted, &notes, &info, err);
    if (!status && !timed) { /* items did not wait for each other */
        fitted.arrivals.kind = ARRIVALS_NONE;
        fitted.horizon = (struct horizon){0};
    }
    if (!status) {
        scenario_write(&fitted, "", NULL, &text);
        status = scenario_parse("the scenario fitted from the run", buf_text(&text), text.len,
                                &options, out, &faults, err);
    }
    faults_release(&faults);
    result_release(&info);
    pipeline_release(&fitted);
    buf_release(&text);
    return status;
}

/* The file's own scenario with the changes. */
static int read_changed(const struct cli *cli, const struct changes *c, struct pipeline *out,
                        struct error *err)
{
    const char *path = cli->options->args.at[0];
    struct buf text = {0};
    int status = cli_read(cli, path, YAML_TEXT_MAX, &text, err);
    if (!status)
        status = cli_scenario_quietly(cli, path, &text, c->set, c->n, out, err);
    buf_release(&text);
    return status;
}

/* How many items the run's shares rest on. */
static uint64_t items_of(const struct result *r)
{
    const struct metric *m = metrics_find(&r->metrics, "completion");
    return m && m->n ? m->n : r->run.trials;
}

/* Leaves a metric out of what was expected. */
static void forget(struct result *r, const char *name)
{
    for (size_t i = 0; i < r->metrics.list.len; i++)
        if (strcmp(r->metrics.list.at[i].name, name) == 0)
            r->metrics.list.at[i].value = NAN;
}

static int predict_and_run(const struct comparing *c, const struct trace_log *log,
                           const struct changes *changes, struct result *r, struct error *err)
{
    const struct cli *cli = c->parts->cli;
    bool timed = c->parts->pipeline->arrivals.kind != ARRIVALS_NONE;
    struct pipeline fitted, changed;
    struct result expected, came;
    struct injected *faults = NULL;
    pipeline_init(&fitted);
    pipeline_init(&changed);
    result_init(&expected, "simulate");
    result_init(&came, "run");
    int status = fit_changed(log, timed, changes, &fitted, err);
    if (!status)
        status = views_predict(cli, &fitted, timed, items_of(r), &expected, err);
    if (!status)
        status = read_changed(cli, changes, &changed, err);
    if (!status && fitted.n_steps != changed.n_steps) /* a fit has steps that are none of the log */
        forget(&expected, "visits_mean");
    const char *path = option_text(cli->options, OPTION_THEN_FAULTS, NULL);
    if (!status && path)
        status = run_read_faults(path, &changed, &faults, err);
    if (!status)
        status = run_again(c->parts, &changed, c->parts->options.seed + 1, faults, &came, err);
    if (!status) {
        views_judge(&expected, &came, option_number(cli->options, OPTION_LEVEL, 0.95), r);
        result_assume(r,
                      "expected: a fit to the traces of the run with seed %llu, simulated with "
                      "the change; came: a run with the change%s and seed %llu",
                      (unsigned long long)c->parts->options.seed, path ? ", other faults" : "",
                      (unsigned long long)c->parts->options.seed + 1);
    }
    result_release(&came);
    result_release(&expected);
    injected_free(faults);
    pipeline_release(&changed);
    pipeline_release(&fitted);
    return status;
}

/* ---- the part ------------------------------------------------------------------------------ */

static int compare(const struct comparing *c, const struct changes *changes, struct result *r,
                   struct error *err)
{
    const struct cli *cli = c->parts->cli;
    struct log_options options = {.threads =
                                      (uint32_t)option_count(cli->options, OPTION_THREADS, 0)};
    struct trace_log log = {0};
    struct result replayed;
    result_init(&replayed, "replay");
    int status = log_read_text("the traces of the run", buf_text(&c->text), c->text.len, &options,
                               &log, err);
    if (!status) {
        log_observe(&log, option_number(cli->options, OPTION_LEVEL, 0.95), &replayed);
        if (option_given(cli->options, OPTION_COMPARE))
            status = views_compare(cli, c->parts->pipeline, &replayed, r, err);
    }
    if (!status && changes->n)
        status = predict_and_run(c, &log, changes, r, err);
    result_release(&replayed);
    log_release(&log);
    return status;
}

static int close_compare(void *arg, bool complete, struct result *r, struct error *err)
{
    struct comparing *c = arg;
    struct changes changes = {.n = 0};
    int status = 0;
    if (complete && r->run.trials)
        status = tracer_end(c->tracer, err) || read_changes(c->parts->cli, &changes, err) ||
                         compare(c, &changes, r, err)
                     ? -1
                     : 0;
    arena_release(&changes.arena);
    tracer_free(c->tracer);
    buf_release(&c->text);
    mem_free(c);
    return status;
}

int run_open_compare(struct run_parts *parts, struct error *err)
{
    const struct options *o = parts->cli->options;
    struct changes changes = {.n = 0};
    if (option_given(o, OPTION_THEN_FAULTS) && !option_given(o, OPTION_THEN))
        return error_set(err, ERR_USAGE, "--then-faults goes with --then PATH=VALUE");
    if (!option_given(o, OPTION_COMPARE) && !option_given(o, OPTION_THEN))
        return 0;
    int status = read_changes(parts->cli, &changes, err);
    arena_release(&changes.arena);
    if (status)
        return -1;
    struct comparing *c = mem_zero(1, sizeof *c);
    c->parts = parts;
    c->options = (struct tracer_options){
        .pipeline = parts->pipeline,
        .run = "compared",
        .version = SEAM_VERSION,
        .start_unix_ns = (int64_t)(cli_unix_s() * 1e9),
        .sink = {&c->text, keep_lines}
    };
    c->tracer = tracer_new(&c->options);
    c->ear = tracer_listener(c->tracer);
    run_listen(parts, (struct run_listener){c, hear});
    run_close_later(parts, (struct run_part){c, close_compare});
    return 0;
}
