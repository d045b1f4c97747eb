/* SPDX-License-Identifier: GPL-3.0-or-later */
/* seam drift: has a stage changed between two logs, or along one? */
#include "cli/cli.h"
#include "cli/logs.h"

#include "decide/drift.h"
#include "trace/labels.h"

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
