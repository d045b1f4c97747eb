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

/* What is asked of the items besides. */
struct asked {
    struct objective *objective;
    struct slo_events *events;   /* NULL: no objectives */
    struct relevance *relevance; /* NULL: no judgements */
    double window_s, level;
};

/* --slo: objectives over windows; --relevance. */
static int read_asked(const struct cli *cli, struct asked *out, struct error *err)
{
    const struct options *o = cli->options;
    const struct option_value *given = &o->value[OPTION_SLO];
    const char *window = option_text(o, OPTION_WINDOW, NULL);
    const char *relevance = option_text(o, OPTION_RELEVANCE, NULL);
    int status = 0;

    *out = (struct asked){.level = option_number(o, OPTION_LEVEL, 0.95)};
    out->objective = mem_zero(given->all.len + 1, sizeof *out->objective);
    if (window && !given->all.len)
        return error_set(err, ERR_USAGE, "--window goes with --slo OBJECTIVE");
    if (window && (units_duration(window, &out->window_s, err) || !(out->window_s > 0)))
        return error_set(err, ERR_USAGE, "--window %s: write a time above 0, such as 5m or 1h",
                         window);
    for (size_t i = 0; !status && i < given->all.len; i++)
        status = objective_parse(given->all.at[i], &out->objective[i], err);
    if (!status && given->all.len)
        out->events = slo_events_new(out->objective, given->all.len);
    if (!status && relevance)
        status = relevance_read(relevance, &out->relevance, err);
    return status;
}

static void release_asked(struct asked *a)
{
    slo_events_free(a->events);
    relevance_free(a->relevance);
    mem_free(a->objective);
}

static void look(void *arg, const struct trace_log *log, bool batch)
{
    struct asked *a = arg;
    if (a->events)
        slo_events_add(a->events, log, batch);
    if (a->relevance)
        relevance_add(a->relevance, log);
}

/* Judges what the log shows, and adds what is asked besides. */
static int judge(const struct cli *cli, const struct asked *a, const struct trace_log *log,
                 struct result *r, struct error *err)
{
    struct pipeline targets;
    if (a->relevance && relevance_put(a->relevance, a->level, r, err))
        return -1;
    pipeline_init(&targets);
    int status = cli_targets(cli, &targets, err);
    if (!status) {
        result_judge(r, targets.target, targets.n_targets);
        if (a->events)
            status = slo_put(a->events, log, a->window_s, a->level, r, err);
    }
    pipeline_release(&targets);
    return status;
}

/* What the running system did, or what would have been. */
static int replay(const struct cli *cli, struct asked *a, struct trace_log *log, struct result *r,
                  struct error *err)
{
    const struct options *o = cli->options;
    const struct stream_watch watch = {look, a};
    const char *stored = option_text(o, OPTION_DB, NULL);
    const char *const *paths = o->args.len ? o->args.at : &stored;
    size_t n = o->args.len ? o->args.len : 1;
    if (replay_policy_asked(cli))
        return cli_log(cli, paths, n, log, err) ? -1 : replay_policy(cli, log, r, err);
    return cli_log_observe(cli, paths, n, &watch, log, r, err) ? -1 : judge(cli, a, log, r, err);
}

int cmd_replay(const struct cli *cli, struct error *err)
{
    const struct options *o = cli->options;
    struct trace_log log;
    struct asked asked = {0};
    struct result r;

    if (replay_policy_asked(cli) && (option_given(o, OPTION_SLO) || option_given(o, OPTION_WINDOW)))
        return error_set(err, ERR_USAGE,
                         "--slo is of what the system did: leave out --set and --scenario");
    if (!o->args.len && !option_given(o, OPTION_DB))
        return error_set(err, ERR_USAGE,
                         "`seam replay` needs LOG..., or --db FILE with logs in it");
    result_init(&r, "replay");
    log_init(&log);
    int status = read_asked(cli, &asked, err);
    if (!status)
        status = replay(cli, &asked, &log, &r, err);
    if (!status)
        status = cli_finish(cli, &r, NULL, true, err);
    log_release(&log);
    release_asked(&asked);
    result_release(&r);
    return status;
}
