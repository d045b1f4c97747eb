/* SPDX-License-Identifier: GPL-3.0-or-later */
/* seam backtest: does a fit to the first part of a log predict the rest? */
#include "cli/cli.h"
#include "cli/logs.h"
#include "cli/progress_bar.h"

#include "decide/backtest.h"

static int options_of(const struct cli *cli, struct backtest_options *out, struct error *err)
{
    const struct options *o = cli->options;
    uint64_t windows = option_count(o, OPTION_WINDOWS, 0);

    *out = (struct backtest_options){
        .level = option_number(o, OPTION_LEVEL, 0.95),
        .part = option_number(o, OPTION_SPLIT, 0.5),
        .windows = (uint32_t)windows,
        .seed = option_count(o, OPTION_SEED, 1),
        .threads = (uint32_t)option_count(o, OPTION_THREADS, 0),
        .stop = cli->stop,
    };
    if (!(out->part > 0 && out->part < 1))
        return error_set(err, ERR_USAGE, "--split: must lie between 0%% and 100%%");
    if (option_given(o, OPTION_WINDOWS) && (windows < 1 || windows > 10000))
        return error_set(err, ERR_USAGE, "--windows: from 1 to 10,000");
    return 0;
}

int cmd_backtest(const struct cli *cli, struct error *err)
{
    const struct options *o = cli->options;
    struct backtest_options options;
    struct pipeline targets;
    struct trace_log log = {0};
    struct result r;
    int status;

    if (options_of(cli, &options, err))
        return -1;
    pipeline_init(&targets);
    result_init(&r, "backtest");
    status = cli_targets(cli, &targets, err);
    if (!status)
        status = cli_log(cli, o->args.at, o->args.len, &log, err);
    struct progress_bar bar;
    progress_open(&bar, cli);
    options.progress = progress_of(&bar);
    if (!status)
        status = log_backtest(&log, &options, &r, err);
    progress_close(&bar);
    if (!status) {
        result_judge(&r, targets.target, targets.n_targets);
        status = cli_finish(cli, &r, NULL, true, err);
    }
    log_release(&log);
    result_release(&r);
    pipeline_release(&targets);
    return status;
}
