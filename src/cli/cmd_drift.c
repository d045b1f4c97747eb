/* SPDX-License-Identifier: GPL-3.0-or-later */
/* seam drift: has a stage changed between two logs, or along one? */
#include "cli/cli.h"
#include "cli/logs.h"

#include "decide/drift.h"
#include "decide/watch.h"
#include "trace/labels.h"
#include "trace/quality.h"

/* Labels may be of the one log, of the other or of both. */
static int label(const struct cli *cli, struct trace_log *log, size_t n, struct error *err)
{
    const char *path = option_text(cli->options, OPTION_LABELS, NULL);
    size_t fit = 0;
    for (size_t i = 0; path && i < n; i++)
        fit += log_labels(&log[i], path, err) == 0;
    return path && !fit ? -1 : 0;
}

static int read_logs(const struct cli *cli, struct trace_log log[2], size_t n, struct error *err)
{
    for (size_t i = 0; i < n; i++)
        if (cli_log_alone(cli, &cli->options->args.at[i], 1, &log[i], err))
            return -1;
    return label(cli, log, n, err);
}

/* The labels of the current log, or of the rows of a label file where there is no log. */
static int gather(const struct cli *cli, const char *metric, struct watch *out,
                  struct scored_labels *rows, struct trace_log log[2], struct result *r,
                  struct error *err)
{
    const struct options *o = cli->options;
    const char *path = option_text(o, OPTION_LABELS, NULL);
    bool two = o->args.len == 2;
    double part = option_number(o, OPTION_BASELINE, 0.3);
    struct drift_side before = {0}, now = {0}, watched = {0};

    if (!o->args.len) {
        if (labels_read(path, rows, err))
            return -1;
        r->scenario_file = result_text(r, "%s", path);
        watch_take_rows(rows->at, rows->len, part, metric, &rows->arena, out);
        return 0;
    }
    if (read_logs(cli, log, o->args.len, err))
        return -1;
    drift_side_take(&log[0], 0, two ? 1 : part, &before);
    drift_side_take(&log[two], two ? 0 : part, 1, &now);
    drift_side_take(&log[two], 0, 1, &watched);
    watch_take(&watched, &before, &now, metric, out);
    quality_report(&log[two], r);
    drift_side_release(&before);
    drift_side_release(&now);
    drift_side_release(&watched);
    return 0;
}

/* --target: an alarm on labels as they come. */
static int keep_watch(const struct cli *cli, struct error *err)
{
    const struct options *o = cli->options;
    struct drift_options options = {.level = option_number(o, OPTION_LEVEL, 0.95)};
    const struct target *target;
    struct scored_labels rows = {0};
    struct trace_log log[2] = {{{0}}};
    struct watch w = {0};
    struct pipeline targets;
    struct result r;
    bool alarm = false;

    pipeline_init(&targets);
    result_init(&r, "drift");
    int status = cli_targets(cli, &targets, err);
    if (!status)
        status = watch_target(targets.target, targets.n_targets, &target, err);
    if (!status)
        status = gather(cli, target->metric, &w, &rows, log, &r, err);
    if (!status)
        status = watch(&w, target, &options, &r, &alarm, err);
    if (!status)
        status = cli_finish(cli, &r, NULL, !alarm, err);
    watch_release(&w);
    labels_release(&rows);
    log_release(&log[0]);
    log_release(&log[1]);
    result_release(&r);
    pipeline_release(&targets);
    return status;
}

int cmd_drift(const struct cli *cli, struct error *err)
{
    const struct options *o = cli->options;
    struct drift_options options = {.level = option_number(o, OPTION_LEVEL, 0.95),
                                    .seed = option_count(o, OPTION_SEED, 1)};
    bool two = o->args.len == 2, alarm = false;
    double part = two ? 1 : option_number(o, OPTION_BASELINE, 0.3);
    struct trace_log log[2] = {{{0}}};
    struct drift_side before = {0}, now = {0};
    struct result r;
    int status;

    if (two && option_given(o, OPTION_BASELINE))
        return error_set(err, ERR_USAGE, "--baseline parts one log; here are two");
    if (option_given(o, OPTION_TARGET) && (o->args.len || option_given(o, OPTION_LABELS)))
        return keep_watch(cli, err);
    if (!o->args.len)
        return error_set(err, ERR_USAGE,
                         "`seam drift` needs a log, or --target with --labels CSV; for example: %s",
                         command_defs[COMMAND_DRIFT].examples[0]);
    result_init(&r, "drift");
    status = read_logs(cli, log, o->args.len, err);
    if (!status) {
        drift_side_take(&log[0], 0, part, &before);
        drift_side_take(&log[two], two ? 0 : part, 1, &now);
        status = drift(&before, &now, &options, &r, &alarm, err);
    }
    if (!status)
        status = cli_finish(cli, &r, NULL, !alarm, err);
    drift_side_release(&before);
    drift_side_release(&now);
    log_release(&log[0]);
    log_release(&log[1]);
    result_release(&r);
    return status;
}
