/* SPDX-License-Identifier: GPL-3.0-or-later */
/* seam replay: what the running system did, from its trace logs; with --set or --scenario, what
 * the same items would have met under another policy. */
#include "cli/cli.h"
#include "cli/logs.h"
#include "cli/replay_policy.h"

#include "base/units.h"
#include "cli/store_logs.h"
#include "store/logs.h"
#include "trace/observe.h"
#include "trace/repeats.h"
#include "trace/slo.h"
#include "trace/stream.h"

/* What is not told otherwise. */
static const uint64_t MEMORY = UINT64_C(256) << 20;

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

/* Judges what the log shows, and adds what is asked besides. */
static int judge(const struct cli *cli, const struct trace_log *log, struct result *r,
                 struct error *err)
{
    struct pipeline targets;
    pipeline_init(&targets);
    int status = cli_targets(cli, &targets, err);
    if (!status) {
        result_judge(r, targets.target, targets.n_targets);
        status = add_objectives(cli, log, r, err);
    }
    pipeline_release(&targets);
    return status;
}

/* From items that are all in memory. */
static int whole(const struct cli *cli, struct trace_log *log, struct result *r, struct error *err)
{
    const struct options *o = cli->options;
    const char *stored = option_text(o, OPTION_DB, NULL);
    const char *relevance = option_text(o, OPTION_RELEVANCE, NULL);
    double level = option_number(o, OPTION_LEVEL, 0.95);
    if (o->args.len ? cli_log(cli, o->args.at, o->args.len, log, err)
                    : cli_log(cli, &stored, 1, log, err))
        return -1;
    if (replay_policy_asked(cli))
        return replay_policy(cli, log, r, err);
    log_observe(log, level, r);
    if (relevance && observe_relevance(log, relevance, level, r, err))
        return -1;
    return judge(cli, log, r, err);
}

/* In one pass. */
static int passing(const struct cli *cli, uint64_t memory, struct trace_log *log, struct result *r,
                   struct error *err)
{
    const struct options *o = cli->options;
    struct log_options options = cli_log_options(cli);
    const struct stream_room room = stream_room_of(memory);
    struct tally *tally = NULL;
    int status = log_read_tally(o->args.at, o->args.len, &options,
                                option_text(o, OPTION_LABELS, NULL), &room, log, &tally, err);
    if (!status) {
        observe_tally(tally, log, option_number(o, OPTION_LEVEL, 0.95), r);
        status = judge(cli, log, r, err);
    }
    tally_free(tally);
    return status;
}

/* What asks for all items at once; NULL: nothing does. */
static const char *needs_all(const struct cli *cli)
{
    const struct options *o = cli->options;
    if (replay_policy_asked(cli))
        return option_given(o, OPTION_SET) ? "--set" : "--scenario";
    if (option_given(o, OPTION_SLO))
        return "--slo";
    if (option_given(o, OPTION_RELEVANCE))
        return "--relevance";
    for (size_t i = 0; i < o->args.len; i++)
        if (store_is(o->args.at[i]))
            return "a store";
    return o->args.len ? NULL : "a store";
}

int cmd_replay(const struct cli *cli, struct error *err)
{
    const struct options *o = cli->options;
    struct trace_log log;
    struct result r;
    uint64_t memory;

    if (replay_policy_asked(cli) && (option_given(o, OPTION_SLO) || option_given(o, OPTION_WINDOW)))
        return error_set(err, ERR_USAGE,
                         "--slo is of what the system did: leave out --set and --scenario");
    if (!o->args.len && !option_given(o, OPTION_DB))
        return error_set(err, ERR_USAGE,
                         "`seam replay` needs LOG..., or --db FILE with logs in it");
    if (cli_log_memory(cli, MEMORY, &memory, err))
        return -1;
    result_init(&r, "replay");
    int status = needs_all(cli) ? whole(cli, &log, &r, err) : passing(cli, memory, &log, &r, err);
    if (!status)
        status = cli_finish(cli, &r, NULL, true, err);
    log_release(&log);
    result_release(&r);
    return status;
}
