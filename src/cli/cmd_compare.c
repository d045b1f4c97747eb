/* SPDX-License-Identifier: GPL-3.0-or-later */
/* seam compare: each scenario solved where that is exact, else simulated, and all side by side. */
#include "cli/cli.h"
#include "decide/compare.h"
#include "sim/exact.h"
#include "sim/importance.h"
#include "sim/run.h"

#include <string.h>

/* Half-width of reliability at which a simulation is enough. */
static const double HALF_WIDTH = 0.0005;
enum { COMPARED_MAX = 50 };

struct compared {
    struct pipeline pipeline;
    struct result result;
    bool simulated;
};

static int simulate(const struct cli *cli, struct compared *c, size_t i, struct error *err)
{
    struct run_until until = {"reliability", HALF_WIDTH};
    bool fixed = option_given(cli->options, OPTION_TRIALS);
    struct run_options options = {
        .trials = option_count(cli->options, OPTION_TRIALS, 0),
        .seed = option_count(cli->options, OPTION_SEED, 1) + i, /* runs of their own */
        .threads = (uint32_t)option_count(cli->options, OPTION_THREADS, 0),
        .level = option_number(cli->options, OPTION_LEVEL, 0.95),
        .until = fixed ? NULL : &until,
        .n_until = fixed ? 0 : 1,
        .max_trials = c->pipeline.arrivals.kind == ARRIVALS_NONE ? 0 : 2000,
        .uncertainty = cli_uncertainty(cli, &c->pipeline),
        .stop = cli->stop};

    c->simulated = true;
    result_release(&c->result);
    result_init(&c->result, "simulate");
    if (run_simulate(&c->pipeline, &options, &c->result, err))
        return -1;
    if (!c->result.run.partial && importance_is_quick(&c->pipeline, &options))
        return importance_simulate(&c->pipeline, &options, &c->result, err);
    return 0;
}

/* One scenario's result; exact where all of it can be. */
static int evaluate(const struct cli *cli, const char *path, size_t i, struct compared *c,
                    struct error *err)
{
    struct exact_options options = {.level = option_number(cli->options, OPTION_LEVEL, 0.95),
                                    .uncertainty = false,
                                    .seed = option_count(cli->options, OPTION_SEED, 1)};
    bool complete = false;

    if (cli_scenario(cli, path, &c->pipeline, err))
        return -1;
    options.uncertainty = cli_uncertainty(cli, &c->pipeline);
    int status = exact_solve(&c->pipeline, &options, &c->result, &complete, err);
    bool refused = status && (err->code == ERR_UNSUPPORTED || err->code == ERR_LIMIT);
    if (status && !refused)
        return -1;
    if (refused || !complete) {
        *err = (struct error){0};
        if (simulate(cli, c, i, err))
            return -1;
    }
    cli_stamp(cli, &c->result, &c->pipeline);
    return 0;
}

static const char *name_of(const struct compared *c, const char *path)
{
    return c->pipeline.name && *c->pipeline.name ? c->pipeline.name : path;
}

static void describe(const struct compared *c, size_t n, struct result *out)
{
    size_t simulated = 0;

    for (size_t i = 0; i < n; i++) {
        simulated += c[i].simulated;
        out->run.partial = out->run.partial || c[i].result.run.partial;
        out->run.trials += c[i].simulated ? c[i].result.run.trials : 0;
        if (c[i].simulated) {
            out->run.seed = c[i].result.run.seed;
            out->run.covers =
                c[i].result.run.covers ? result_text(out, "%s", c[i].result.run.covers) : NULL;
        }
    }
    out->run.method = !simulated ? "exact" : simulated == n ? "monte-carlo" : "exact, monte-carlo";
    if (simulated && simulated < n)
        result_assume(out, "%zu of %zu are exact, the others simulated", n - simulated, n);
}

int cmd_compare(const struct cli *cli, struct error *err)
{
    const struct options *o = cli->options;
    size_t n = o->args.len, made = 0;
    struct compared *c;
    struct alternative *a;
    struct result out;
    int status = 0;

    if (n > COMPARED_MAX)
        return error_set(err, ERR_USAGE, "`seam compare` sets at most %d scenarios side by side",
                         COMPARED_MAX);
    c = mem_zero(n, sizeof *c);
    a = mem_zero(n, sizeof *a);
    result_init(&out, "compare");
    for (; made < n && !status; made++) {
        pipeline_init(&c[made].pipeline);
        result_init(&c[made].result, "solve");
        status = evaluate(cli, o->args.at[made], made, &c[made], err);
        a[made] = (struct alternative){name_of(&c[made], o->args.at[made]), o->args.at[made],
                                       &c[made].pipeline, &c[made].result};
    }
    if (!status) {
        out.currency = result_text(&out, "%s", c[0].pipeline.currency);
        describe(c, n, &out);
        compare_alternatives(a, n, &out);
        status = cli_finish(cli, &out, NULL, out.passed != PASSED_FALSE, err);
    }
    for (size_t i = 0; i < made; i++) {
        pipeline_release(&c[i].pipeline);
        result_release(&c[i].result);
    }
    result_release(&out);
    mem_free(c);
    mem_free(a);
    return status;
}
