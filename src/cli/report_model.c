/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A log alone says what was; the model fitted to it says what would be, which is what sensitivities
 * and losses by stage are made of. */
#include "cli/report_model.h"

#include "cli/logs.h"
#include "cli/size_known.h"
#include "decide/size.h"
#include "sim/exact.h"
#include "sim/run.h"
#include "trace/estimate.h"

#include <string.h>

int report_frontier(const struct cli *cli, const char *path, struct result *r, struct error *err)
{
    struct size_options options = {.level = option_number(cli->options, OPTION_LEVEL, 0.95),
                                   .seed = option_count(cli->options, OPTION_SEED, 1),
                                   .stop = cli->stop};
    struct pipeline p;

    int status = cli_scenario(cli, path, &p, err);
    if (!status)
        status = size_frontier(&p, &options, r, err);
    pipeline_release(&p);
    return status;
}

/* Is it an error that says that this log or line does not suffice? */
static bool is_answer(const struct error *err)
{
    return err->code == ERR_INPUT || err->code == ERR_USAGE || err->code == ERR_UNSUPPORTED ||
           err->code == ERR_NUMERIC || err->code == ERR_LIMIT;
}

/* Solved; what the chain cannot have is simulated. */
static int evaluate(const struct cli *cli, const struct pipeline *p, struct result *r,
                    struct error *err)
{
    struct exact_options exact = {.level = option_number(cli->options, OPTION_LEVEL, 0.95),
                                  .uncertainty = cli_uncertainty(cli, p),
                                  .seed = option_count(cli->options, OPTION_SEED, 1)};
    struct run_options run = {.trials = option_count(cli->options, OPTION_TRIALS, 0),
                              .seed = exact.seed,
                              .threads = (uint32_t)option_count(cli->options, OPTION_THREADS, 0),
                              .level = exact.level,
                              .uncertainty = exact.uncertainty,
                              .stop = cli->stop};
    bool complete;

    int status = exact_solve(p, &exact, r, &complete, err);
    if (!status && metrics_find(&r->metrics, "reliability"))
        return 0;
    if (status && err->code != ERR_UNSUPPORTED && err->code != ERR_LIMIT)
        return -1;
    *err = (struct error){0};
    result_release(r);
    result_init(r, "fit");
    return run_simulate(p, &run, r, err);
}

static int add_fit(const struct cli *cli, const struct trace_log *log, const char *path,
                   struct gathered *g, struct error *err)
{
    struct fit_options options = {.seed = option_count(cli->options, OPTION_SEED, 1)};
    struct result info, *r = gathered_next(cli, g, "fit", err);
    struct pipeline p;
    const char **notes = NULL;
    int status = r ? 0 : -1;

    result_init(&info, "fit");
    pipeline_init(&p);
    if (!status)
        status = log_fit(log, &options, &p, &notes, &info, err);
    if (!status)
        status = evaluate(cli, &p, r, err);
    if (!status) {
        cli_stamp(cli, r, NULL);
        const char *slash = strrchr(path, '/');
        r->scenario_name = result_text(r, "Fitted to %s",
                                       !strcmp(path, "-") ? "standard input"
                                       : slash            ? slash + 1
                                                          : path);
        r->scenario_file = result_text(r, "%s", path);
        for (size_t i = 0; i < info.warnings.len; i++)
            result_warn(r, "the fit: %s", info.warnings.at[i]);
    }
    pipeline_release(&p);
    result_release(&info);
    return status;
}

/* Of the line's targets those that labels tell of. */
static int targets_of_labels(const struct cli *cli, struct pipeline *out, struct error *err)
{
    static const char *const told[] = {"auto_error", "joint_error", "shipped_error", "review_load"};
    uint32_t n = 0;

    if (cli_targets(cli, out, err))
        return -1;
    for (uint32_t i = 0; i < out->n_targets; i++)
        for (size_t k = 0; k < sizeof told / sizeof *told; k++)
            if (!strcmp(out->target[i].metric, told[k]))
                out->target[n++] = out->target[i];
    out->n_targets = n;
    return 0;
}

static int add_size(const struct cli *cli, const struct trace_log *log, const char *path,
                    struct gathered *g, struct error *err)
{
    struct pipeline targets;
    struct result *r;
    bool met;

    pipeline_init(&targets);
    int status = targets_of_labels(cli, &targets, err);
    if (!status && targets.n_targets) {
        status = (r = gathered_next(cli, g, "size", err)) ? 0 : -1;
        if (!status)
            status = size_from_log(cli, &targets, log, path, r, &met, err);
        if (!status)
            cli_stamp(cli, r, NULL);
    }
    pipeline_release(&targets);
    return status;
}

/* The last of *g goes where it could not be made. */
static int without(struct gathered *g, size_t made, struct result *replay, const char *what,
                   struct error *err)
{
    if (!is_answer(err))
        return -1;
    while (g->n > made)
        result_release(&g->result[--g->n]);
    result_warn(replay, "%s: %s", what, err->text);
    *err = (struct error){0};
    return 0;
}

int report_model(const struct cli *cli, const char *path, struct gathered *g, struct error *err)
{
    struct result *replay = &g->result[g->n - 1];
    struct trace_log log;
    size_t made = g->n;

    log_init(&log);
    int status = gather_again(path, err);
    if (!status)
        status = cli_log(cli, &path, 1, &log, err);
    if (!status && add_fit(cli, &log, path, g, err))
        status = without(g, made, replay, "no model was fitted to the log", err);
    made = g->n;
    if (!status && add_size(cli, &log, path, g, err))
        status = without(g, made, replay, "no threshold was sized", err);
    log_release(&log);
    return status;
}

int report_labels(const struct cli *cli, struct gathered *g, struct error *err)
{
    struct pipeline targets;
    struct result *r = gathered_next(cli, g, "size", err);
    bool met;

    pipeline_init(&targets);
    int status = r ? cli_targets(cli, &targets, err) : -1;
    if (!status && !targets.n_targets)
        status = error_set(err, ERR_USAGE,
                           "--labels without a log: say what the labels are to show, as --target "
                           "\"auto_error at most 5%%\"");
    if (!status)
        status = size_from_labels(cli, &targets, r, &met, err);
    if (!status)
        cli_stamp(cli, r, NULL);
    pipeline_release(&targets);
    return status;
}
