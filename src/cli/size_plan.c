/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/size_plan.h"

#include "base/units.h"
#include "decide/plan.h"
#include "trace/labels.h"

#include <math.h>

bool size_plan_asked(const struct cli *cli)
{
    const struct options *o = cli->options;
    bool other = o->args.len || option_given(o, OPTION_LOG) || option_given(o, OPTION_LABELS);
    return option_given(o, OPTION_PLAN) || (option_given(o, OPTION_TARGET) && !other);
}

int size_traffic(const struct cli *cli, double *per_day, struct error *err)
{
    const char *text = option_text(cli->options, OPTION_TRAFFIC, NULL);
    *per_day = NAN;
    if (!text)
        return 0;
    if (units_rate(text, per_day, err)) {
        err->code = ERR_USAGE;
        return error_prefix(err, "--traffic");
    }
    *per_day *= 86400;
    return *per_day > 0 ? 0
                        : error_set(err, ERR_USAGE, "--traffic %s: more than none, 200/d", text);
}

int size_plan(const struct cli *cli, struct pipeline *targets, struct result *r, struct error *err)
{
    const struct options *o = cli->options;
    const char *pilot = option_text(o, OPTION_LABELS, NULL);
    struct plan_options options = {.level = option_number(o, OPTION_LEVEL, 0.95)};
    struct scored_labels labels;
    int status;

    if (option_given(o, OPTION_LOG))
        return error_set(err, ERR_USAGE,
                         "--plan takes a pilot as --labels CSV (confidence,correct), not as --log");
    if (size_method(option_text(o, OPTION_METHOD, "split"), &options.method, err) ||
        size_traffic(cli, &options.traffic_per_day, err) || cli_targets(cli, targets, err))
        return -1;
    options.targets = targets->target;
    options.n_targets = targets->n_targets;
    if (!pilot)
        return plan_labels(&options, r, err);
    status = labels_read(pilot, &labels, err);
    if (!status && (labels.weighted || labels.of_source[LABEL_ALL] != labels.len))
        status = error_set(err, ERR_UNSUPPORTED,
                           "%s: a pilot is a plain random sample of all items, without weights "
                           "and sources",
                           pilot);
    if (!status) {
        r->scenario_file = result_text(r, "%s", pilot);
        status = plan_more(labels.at, labels.len, &options, r, err);
    }
    labels_release(&labels);
    return status;
}
