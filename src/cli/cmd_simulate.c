/* SPDX-License-Identifier: GPL-3.0-or-later */
/* seam simulate: Monte Carlo with intervals, stopping rules and sweeps. */
#include "cli/cli.h"
#include "cli/progress_bar.h"
#include "cli/sweep.h"
#include "cli/untils.h"

#include "base/file.h"
#include "sim/importance.h"
#include "sim/run.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const size_t KEPT_MAX = (size_t)1 << 30;

static int add_importance(const struct cli *cli, const struct pipeline *p,
                          const struct run_options *run, struct result *out, struct error *err)
{
    if (out->run.partial)
        return 0;
    if (importance_is_quick(p, run) || option_given(cli->options, OPTION_GAP))
        return importance_simulate(p, run, out, err);
    result_assume(out,
                  "loss, closes, birnbaum, improvement and sensitivities were left out: they take "
                  "%.0f more %s; --gap computes them",
                  importance_trials(p, run),
                  p->arrivals.kind == ARRIVALS_NONE ? "items" : "horizons");
    return 0;
}

/* --- progress that is kept */

struct kept {
    struct run_keep how;
    struct buf bytes;
    const char *path; /* where it is written */
};

static int write_kept(void *arg, const void *bytes, size_t len, struct error *err)
{
    const struct kept *k = arg;
    return file_write(k->path, bytes, len, err);
}

/* A file of earlier progress is not overwritten by a run that starts anew. */
static int is_free(const struct cli *cli, const char *path, struct error *err)
{
    int status = 0;
    if (cli->ranks->rank == 0 && access(path, F_OK) == 0)
        status = error_set(err, ERR_USAGE,
                           "--checkpoint %s: it is there already; go on from it with --resume %s, "
                           "or remove it",
                           path, path);
    return ranks_agree(cli->ranks, status, err);
}

static int kept_open(const struct cli *cli, struct kept *k, struct error *err)
{
    const struct options *o = cli->options;
    const char *resume = option_text(o, OPTION_RESUME, NULL);
    *k = (struct kept){.path = option_text(o, OPTION_CHECKPOINT, resume)};
    k->how = (struct run_keep){.name = resume, .write = write_kept, .arg = k};
    if (units_duration(option_text(o, OPTION_KEEP_EVERY, "10s"), &k->how.every_s, err)) {
        err->code = ERR_USAGE;
        return error_prefix(err, "--keep-every");
    }
    if (k->how.every_s <= 0)
        return error_set(err, ERR_USAGE, "--keep-every: must be above 0");
    if (!k->path)
        return 0;
    if (option_given(o, OPTION_SWEEP))
        return error_set(err, ERR_USAGE,
                         "--sweep: the progress of several runs cannot be kept in one file; leave "
                         "out --checkpoint and --resume");
    if (!strcmp(k->path, "-") || (resume && !strcmp(resume, "-")))
        return error_set(err, ERR_USAGE,
                         "--checkpoint and --resume need a file that can be replaced, not -");
    if (!resume || strcmp(resume, k->path))
        if (is_free(cli, k->path, err))
            return -1;
    if (resume && cli_read(cli, resume, KEPT_MAX, &k->bytes, err))
        return -1;
    k->how.resume = buf_text(&k->bytes);
    k->how.resume_len = k->bytes.len;
    return 0;
}

static int simulate_point(const struct cli *cli, const struct pipeline *p, struct result *out,
                          bool *complete, struct error *err)
{
    const struct options *o = cli->options;
    struct untils untils;

    if (untils_read(cli, &untils, err))
        return -1;
    struct run_options options = {
        .trials = option_count(o, OPTION_TRIALS, 0),
        .seed = option_count(o, OPTION_SEED, 1),
        .threads = (uint32_t)option_count(o, OPTION_THREADS, 0),
        .level = option_number(o, OPTION_LEVEL, 0.95),
        .until = untils.list,
        .n_until = untils.n,
        .max_trials = untils.n ? option_count(o, OPTION_TRIALS, 0) : 0,
        /* a half-width is one of sampling: without --uncertainty it leaves the evidence as k/n */
        .uncertainty =
            cli_uncertainty(cli, p) && (!untils.n || option_given(o, OPTION_UNCERTAINTY)),
        .stop = cli->stop,
        .clock_s = cli_clock_s,
        .ranks = cli->ranks,
    };
    struct progress_bar bar;
    progress_open(&bar, cli);
    if (progress_of(&bar)) {
        options.progress = progress_items;
        options.progress_arg = &bar;
    }
    struct kept kept;
    *complete = true;
    int status = kept_open(cli, &kept, err);
    options.keep = kept.path ? &kept.how : NULL;
    if (!status)
        status = run_simulate(p, &options, out, err);
    progress_close(&bar);
    buf_release(&kept.bytes);
    if (status)
        return -1;
    options.keep = NULL;
    options.ranks = NULL;
    if (!untils.n && !options.trials && !options.uncertainty)
        options.trials = out->run.trials;
    if (!option_given(o, OPTION_SWEEP) && cli->ranks->rank == 0) {
        if (add_importance(cli, p, &options, out, err))
            return -1;
        out->run.partial = out->run.partial || atomic_load(cli->stop);
    }
    for (size_t i = 0; i < untils.n; i++) {
        const struct metric *m = metrics_find(&out->metrics, untils.list[i].metric);
        if (!m || (m->high - m->low) / 2 > untils.list[i].half_width)
            *complete = false;
    }
    return 0;
}

int cmd_simulate(const struct cli *cli, struct error *err)
{
    const char *path = cli->options->args.at[0];
    struct pipeline p;
    struct result r;
    bool complete = true;
    int status;

    if (option_given(cli->options, OPTION_TRIALS) && !option_count(cli->options, OPTION_TRIALS, 0))
        return error_set(err, ERR_USAGE, "--trials: at least 1");
    pipeline_init(&p);
    result_init(&r, "simulate");
    if (option_given(cli->options, OPTION_SWEEP)) {
        status = sweep_run(cli, path, simulate_point, &r, &p, &complete, err);
    } else {
        status = cli_scenario(cli, path, &p, err);
        if (!status)
            status = simulate_point(cli, &p, &r, &complete, err);
    }
    if (!status)
        status = cli_finish(cli, &r, &p, complete, err);
    pipeline_release(&p);
    result_release(&r);
    return status;
}
