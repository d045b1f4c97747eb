/* SPDX-License-Identifier: GPL-3.0-or-later */
/* seam size: the threshold that meets the targets, from a scenario, labels or a log. */
#include "cli/cli.h"
#include "cli/logs.h"
#include "cli/size_known.h"
#include "cli/size_plan.h"
#include "cli/size_vary.h"

static int from_log(const struct cli *cli, const struct pipeline *targets, struct result *r,
                    bool *certified, struct error *err)
{
    const struct option_value *logs = &cli->options->value[OPTION_LOG];
    struct trace_log log;

    int status = cli_log(cli, logs->all.at, logs->all.len, &log, err);
    if (!status)
        status = size_from_log(cli, targets, &log, logs->all.at[0], r, certified, err);
    log_release(&log);
    return status;
}

int cmd_size(const struct cli *cli, struct error *err)
{
    const struct options *o = cli->options;
    bool file = o->args.len, logs = option_given(o, OPTION_LOG);
    struct pipeline p;
    struct result r;
    bool met = false;
    int status;

    if (file && (logs || option_given(o, OPTION_LABELS)))
        return error_set(err, ERR_USAGE,
                         "`seam size` takes a scenario, or --labels, or --log: one "
                         "of them");
    if (option_given(o, OPTION_OUT) && !option_given(o, OPTION_RECALIBRATE))
        return error_set(err, ERR_USAGE,
                         "`seam size` writes a map with --recalibrate and nothing "
                         "else: -o goes with that");
    if (file && option_given(o, OPTION_RECALIBRATE))
        return error_set(err, ERR_USAGE,
                         "--recalibrate goes with --labels or --log: in a scenario say "
                         "`calibration` where the confidence is");
    if (file && (option_given(o, OPTION_REVIEWER) || option_given(o, OPTION_PER_GROUP)))
        return error_set(err, ERR_USAGE,
                         "--reviewer and --per-group go with --labels or --log: a scenario has its "
                         "own reviewers and classes");
    bool plan = size_plan_asked(cli);

    if (file && plan)
        return error_set(err, ERR_USAGE,
                         "--plan counts labels that are still to come: give it --target, and "
                         "maybe --labels of a pilot, but no scenario");
    if (!file && option_given(o, OPTION_VARY))
        return error_set(err, ERR_USAGE,
                         "--vary goes with a scenario: `seam size FILE --vary "
                         "PATH=FROM:TO`");
    if (!file && !logs && !plan && !option_given(o, OPTION_LABELS))
        return error_set(err, ERR_USAGE,
                         "`seam size` needs a scenario, --labels CSV or --log LOG; "
                         "for example: %s",
                         command_defs[COMMAND_SIZE].examples[1]);
    pipeline_init(&p);
    result_init(&r, "size");
    if (plan) {
        met = true;
        status = size_plan(cli, &p, &r, err);
    } else if (file) {
        status = size_from_scenario(cli, o->args.at[0], &p, &r, &met, err);
    } else {
        status = cli_targets(cli, &p, err);
        if (!status)
            status =
                logs ? from_log(cli, &p, &r, &met, err) : size_from_labels(cli, &p, &r, &met, err);
    }
    if (!status)
        status = cli_finish(cli, &r, file ? &p : NULL, met, err);
    pipeline_release(&p);
    result_release(&r);
    return status;
}
