/* SPDX-License-Identifier: GPL-3.0-or-later */
/* seam solve: exact values. */
#include "cli/cli.h"
#include "cli/sweep.h"

#include "sim/exact.h"

/* What cannot be solved at all has a result too: no metric, and the assumption that fails. */
static void say_refused(struct result *out, const struct error *why)
{
    result_release(out);
    result_init(out, "solve");
    out->run.present = true;
    out->run.method = "exact";
    result_warn(out, "%s", why->text);
}

static int solve_point(const struct cli *cli, const struct pipeline *p, struct result *out,
                       bool *complete, struct error *err)
{
    struct exact_options options = {
        .level = option_number(cli->options, OPTION_LEVEL, 0.95),
        .uncertainty = cli_uncertainty(cli, p),
        .seed = option_count(cli->options, OPTION_SEED, 1),
        .values_only = option_given(cli->options, OPTION_SWEEP),
    };

    int status = exact_solve(p, &options, out, complete, err);
    if (status && err->code == ERR_UNSUPPORTED) {
        say_refused(out, err);
        *complete = false;
        *err = (struct error){0};
        status = 0;
    }
    return status;
}

int cmd_solve(const struct cli *cli, struct error *err)
{
    const char *path = cli->options->args.at[0];
    struct pipeline p;
    struct result r;
    bool complete = true;
    int status;

    pipeline_init(&p);
    result_init(&r, "solve");
    if (option_given(cli->options, OPTION_SWEEP)) {
        status = sweep_run(cli, path, solve_point, &r, &p, &complete, err);
    } else {
        status = cli_scenario(cli, path, &p, err);
        if (!status)
            status = solve_point(cli, &p, &r, &complete, err);
    }
    if (!status)
        status = cli_finish(cli, &r, &p, complete, err);
    pipeline_release(&p);
    result_release(&r);
    return status;
}
