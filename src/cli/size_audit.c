/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/size_audit.h"

#include "cli/size_plan.h"

#include <math.h>

int size_audit(const struct cli *cli, const struct pipeline *targets, struct audit_sample *sample,
               bool reviewed_only, struct result *r, bool *certified, struct error *err)
{
    const struct options *o = cli->options;
    struct audit_options options = {.level = option_number(o, OPTION_LEVEL, 0.95),
                                    .threshold = option_number(o, OPTION_THRESHOLD, NAN),
                                    .seed = option_count(o, OPTION_SEED, 1),
                                    .grid = option_count(o, OPTION_GRID, 0),
                                    .targets = targets->target,
                                    .n_targets = targets->n_targets};
    enum risk_method method;
    double traffic;

    if (size_traffic(cli, &traffic, err) ||
        size_method(option_text(o, OPTION_METHOD, "split"), &method, err))
        return -1;
    if (method != RISK_SPLIT && method != RISK_EXACT)
        return error_set(err, ERR_USAGE,
                         "--method %s: labels of audits are judged by split, or at one --threshold",
                         risk_method_name(method));
    if (method == RISK_EXACT && isnan(options.threshold))
        return error_set(err, ERR_USAGE,
                         "--method exact tests one threshold fixed beforehand: "
                         "give it as --threshold T");
    if (!isnan(traffic))
        sample->items_per_day = traffic;
    *certified = false;
    return reviewed_only ? audit_propose(sample, &options, r, err)
                         : audit_size(sample, &options, r, certified, err);
}
