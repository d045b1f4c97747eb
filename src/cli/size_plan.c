/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/size_plan.h"

#include "base/units.h"
#include "cli/logs.h"
#include "decide/audit_log.h"
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

/* A pilot is a plain random sample of all items. */
static int refuse_pilot(const char *name, struct error *err)
{
    return error_set(err, ERR_UNSUPPORTED,
                     "%s: a pilot is a plain random sample of all items: every one of them with a "
                     "truth, without weights and sources",
                     name);
}

static int plan_from_labels(const char *path, const struct plan_options *options, struct result *r,
                            struct error *err)
{
    struct scored_labels labels;
    int status = labels_read(path, &labels, err);

    if (!status && (labels.weighted || labels.of_source[LABEL_ALL] != labels.len))
        status = refuse_pilot(path, err);
    if (!status) {
        r->scenario_file = result_text(r, "%s", path);
        status = plan_more(labels.at, labels.len, options, r, err);
    }
    labels_release(&labels);
    return status;
}

static int plan_from_log(const struct cli *cli, const struct plan_options *options,
                         struct result *r, struct error *err)
{
    const struct option_value *logs = &cli->options->value[OPTION_LOG];
    struct audit_log known = {0};
    struct trace_log log;
    int status = cli_log(cli, logs->all.at, logs->all.len, &log, err);

    if (!status) {
        audit_log_take(&log, &known);
        if (!known.plain || !known.known.len)
            status = refuse_pilot(logs->all.at[0], err);
    }
    if (!status) {
        r->scenario_file = result_text(r, "%s", logs->all.at[0]);
        status = plan_more(known.known.at, known.known.len, options, r, err);
    }
    audit_log_release(&known);
    log_release(&log);
    return status;
}

int size_plan(const struct cli *cli, struct pipeline *targets, struct result *r, struct error *err)
{
    const struct options *o = cli->options;
    const char *pilot = option_text(o, OPTION_LABELS, NULL);
    struct plan_options options = {.level = option_number(o, OPTION_LEVEL, 0.95)};

    if (size_method(option_text(o, OPTION_METHOD, "split"), &options.method, err) ||
        size_traffic(cli, &options.traffic_per_day, err) || cli_targets(cli, targets, err))
        return -1;
    options.targets = targets->target;
    options.n_targets = targets->n_targets;
    if (option_given(o, OPTION_LOG))
        return plan_from_log(cli, &options, r, err);
    return pilot ? plan_from_labels(pilot, &options, r, err) : plan_labels(&options, r, err);
}
