/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/replay_policy.h"

#include "base/file.h"
#include "base/yaml_read.h"
#include "decide/replay.h"
#include "model/scenario.h"
#include "trace/estimate.h"

bool replay_policy_asked(const struct cli *cli)
{
    return option_given(cli->options, OPTION_SET) || option_given(cli->options, OPTION_SCENARIO);
}

/* The scenario that is changed: the file's text, or that of a fit to the log. */
static int scenario_text(const struct cli *cli, const char *file, const struct trace_log *log,
                         struct result *r, struct buf *out, struct error *err)
{
    struct fit_options options = {.seed = option_count(cli->options, OPTION_SEED, 1),
                                  .without_deadline = true};
    struct pipeline fitted;
    struct result info;
    const char **notes = NULL;

    if (file)
        return cli_read(cli, file, YAML_TEXT_MAX, out, err);
    pipeline_init(&fitted);
    result_init(&info, "fit");
    int status = log_fit(log, &options, &fitted, &notes, &info, err);
    if (!status)
        scenario_write(&fitted, NULL, NULL, out);
    for (size_t i = 0; i < info.warnings.len; i++)
        result_warn(r, "the fit: %s", info.warnings.at[i]);
    pipeline_release(&fitted);
    result_release(&info);
    return status;
}

int replay_policy(const struct cli *cli, const struct trace_log *log, struct result *r,
                  struct error *err)
{
    const struct options *o = cli->options;
    const char *file = option_text(o, OPTION_SCENARIO, NULL);
    struct replay_options options = {
        .level = option_number(o, OPTION_LEVEL, 0.95),
        .seed = option_count(o, OPTION_SEED, 1),
        .stop = cli->stop,
    };
    const char *name = file ? file : "the fitted scenario";
    struct pipeline base, policy;
    struct buf text;

    pipeline_init(&base);
    pipeline_init(&policy);
    buf_init(&text);
    int status = scenario_text(cli, file, log, r, &text, err);
    if (!status)
        status = cli_scenario_text(cli, name, &text, false, &base, err);
    if (!status)
        status = cli_scenario_text(cli, name, &text, true, &policy, err);
    if (!status)
        status = log_replay(log, &base, &policy, &options, r, err);
    if (!status)
        result_judge(r, policy.target, policy.n_targets);
    pipeline_release(&base);
    pipeline_release(&policy);
    buf_release(&text);
    return status;
}
