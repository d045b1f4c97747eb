/* SPDX-License-Identifier: GPL-3.0-or-later */
/* seam replay: what the running system did, from its trace logs. */
#include "cli/cli.h"
#include "cli/logs.h"

#include "trace/observe.h"

int cmd_replay(const struct cli *cli, struct error *err)
{
    const struct options *o = cli->options;
    struct pipeline targets;
    struct trace_log log;
    struct result r;
    int status;

    pipeline_init(&targets);
    result_init(&r, "replay");
    status = cli_log(cli, o->args.at, o->args.len, &log, err);
    if (!status)
        status = cli_targets(cli, &targets, err);
    if (!status) {
        log_observe(&log, option_number(o, OPTION_LEVEL, 0.95), &r);
        result_judge(&r, targets.target, targets.n_targets);
        status = cli_finish(cli, &r, NULL, true, err);
    }
    log_release(&log);
    result_release(&r);
    pipeline_release(&targets);
    return status;
}
