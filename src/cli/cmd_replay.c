/* SPDX-License-Identifier: GPL-3.0-or-later */
/* seam replay: what the running system did, from its trace logs; with --set or --scenario, what
 * the same items would have met under another policy. */
#include "cli/cli.h"
#include "cli/logs.h"
#include "cli/replay_policy.h"

#include "base/units.h"
#include "trace/observe.h"
#include "trace/repeats.h"
#include "trace/slo.h"

/* --slo: objectives over windows; judges them. */
static int add_objectives(const struct cli *cli, const struct trace_log *log, struct result *r,
                          struct error *err)
{
    const struct options *o = cli->options;
    const struct option_value *given = &o->value[OPTION_SLO];
    const char *window = option_text(o, OPTION_WINDOW, NULL);
    struct objective *list = mem_zero(given->all.len + 1, sizeof *list);
    double window_s = 0;
    int status = 0;

    if (window && !given->all.len)
        status = error_set(err, ERR_USAGE, "--window goes with --slo OBJECTIVE");
    else if (window && (units_duration(window, &window_s, err) || !(window_s > 0))) {
        status = error_set(err, ERR_USAGE, "--window %s: write a time above 0, such as 5m or 1h",
                           window);
    }
    for (size_t i = 0; !status && i < given->all.len; i++)
        status = objective_parse(given->all.at[i], &list[i], err);
    if (!status && given->all.len)
        status = log_slo(log, list, given->all.len, window_s, option_number(o, OPTION_LEVEL, 0.95),
                         r, err);
    mem_free(list);
    return status;
}

static int as_it_was(const struct cli *cli, const struct trace_log *log, struct result *r,
                     struct error *err)
{
    struct pipeline targets;
    pipeline_init(&targets);
    int status = cli_targets(cli, &targets, err);
    if (!status) {
        double level = option_number(cli->options, OPTION_LEVEL, 0.95);
        const char *relevance = option_text(cli->options, OPTION_RELEVANCE, NULL);
        log_observe(log, level, r);
        if (relevance)
            status = observe_relevance(log, relevance, level, r, err);
    }
    if (!status) {
        result_judge(r, targets.target, targets.n_targets);
        status = add_objectives(cli, log, r, err);
    }
    pipeline_release(&targets);
    return status;
}

int cmd_replay(const struct cli *cli, struct error *err)
{
    const struct options *o = cli->options;
    bool other = replay_policy_asked(cli);
    struct trace_log log;
    struct result r;

    if (other && (option_given(o, OPTION_SLO) || option_given(o, OPTION_WINDOW)))
        return error_set(err, ERR_USAGE,
                         "--slo is of what the system did: leave out --set and --scenario");
    if (!o->args.len && !option_given(o, OPTION_DB))
        return error_set(err, ERR_USAGE,
                         "`seam replay` needs LOG..., or --db FILE with logs in it");
    result_init(&r, "replay");
    const char *stored = option_text(o, OPTION_DB, NULL);
    int status = o->args.len ? cli_log(cli, o->args.at, o->args.len, &log, err)
                             : cli_log(cli, &stored, 1, &log, err);
    if (!status)
        status = other ? replay_policy(cli, &log, &r, err) : as_it_was(cli, &log, &r, err);
    if (!status)
        status = cli_finish(cli, &r, NULL, true, err);
    log_release(&log);
    result_release(&r);
    return status;
}
