/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Results, scenarios and logs as the commands take them that show results: what a file is shows in
 * its name (.yaml, .yml) or in what it holds. */
#include "cli/gather.h"

#include "base/file.h"
#include "cli/logs.h"
#include "sim/exact.h"
#include "sim/importance.h"
#include "sim/run.h"
#include "trace/observe.h"

#include <string.h>

enum { RESULT_READ_MAX = 64 << 20 };

/* Room for one more. */
static int room(const struct cli *cli, const struct gathered *g, struct error *err)
{
    return g->n < GATHERED_MAX
               ? 0
               : error_set(err, ERR_USAGE, "`seam %s` takes at most %d results",
                           command_defs[cli->options->command].name, (int)GATHERED_MAX);
}

static struct result *next_result(const struct cli *cli, struct gathered *g, const char *command,
                                  struct error *err)
{
    if (room(cli, g, err))
        return NULL;
    struct result *r = &g->result[g->n++];
    result_init(r, command);
    return r;
}

/* A scenario stands on the page twice: solved and simulated. */
static int add_scenario(const struct cli *cli, const char *path, struct gathered *g,
                        struct error *err)
{
    const struct options *o = cli->options;
    double level = option_number(o, OPTION_LEVEL, 0.95);
    struct pipeline p;
    struct result *r;
    bool complete;
    int status = -1;

    if (cli_scenario(cli, path, &p, err)) {
        pipeline_release(&p);
        return -1;
    }
    struct exact_options exact = {.level = level,
                                  .uncertainty = cli_uncertainty(cli, &p),
                                  .seed = option_count(o, OPTION_SEED, 1)};
    struct run_options run = {.trials = option_count(o, OPTION_TRIALS, 0),
                              .seed = option_count(o, OPTION_SEED, 1),
                              .threads = (uint32_t)option_count(o, OPTION_THREADS, 0),
                              .level = level,
                              .uncertainty = exact.uncertainty,
                              .stop = cli->stop};
    if (!(r = next_result(cli, g, "solve", err)) || exact_solve(&p, &exact, r, &complete, err))
        goto out;
    cli_stamp(cli, r, &p);
    bool losses = r->layers.len > 0;
    if (!(r = next_result(cli, g, "simulate", err)) || run_simulate(&p, &run, r, err))
        goto out;
    if (!losses && !r->run.partial && importance_is_quick(&p, &run) &&
        importance_simulate(&p, &run, r, err))
        goto out;
    cli_stamp(cli, r, &p);
    status = 0;
out:
    pipeline_release(&p);
    return status;
}

static int add_log(const struct cli *cli, const char *path, struct gathered *g, struct error *err)
{
    struct trace_log log;
    struct result *r = next_result(cli, g, "replay", err);
    int status = -1;

    log_init(&log);
    if (r)
        status = cli_log_observe(cli, &path, 1, NULL, &log, r, err);
    if (!status)
        cli_stamp(cli, r, NULL);
    log_release(&log);
    return status;
}

static int add_result(const struct cli *cli, const char *path, const struct buf *text,
                      struct gathered *g, struct error *err)
{
    if (room(cli, g, err) ||
        result_read_json(path, buf_text(text), text->len, &g->result[g->n], err))
        return -1;
    g->n++;
    return 0;
}

/* A result says its schema; what is too large to be one is a log. */
static int read_result(const char *path, struct buf *text, bool *is_result, struct error *err)
{
    struct error failed = {0};

    *is_result = false;
    if (!file_read(path, RESULT_READ_MAX, text, &failed)) {
        *is_result = strstr(buf_text(text), "\"seam.result/") != NULL;
        return 0;
    }
    if (failed.code == ERR_LIMIT)
        return 0;
    *err = failed;
    return -1;
}

int gather(const struct cli *cli, const char *path, struct gathered *g, struct error *err)
{
    size_t len = strlen(path);
    struct buf text;
    bool is_result;

    if ((len > 5 && !strcmp(path + len - 5, ".yaml")) ||
        (len > 4 && !strcmp(path + len - 4, ".yml")))
        return add_scenario(cli, path, g, err);
    buf_init(&text);
    int status = read_result(path, &text, &is_result, err);
    if (!status && is_result)
        status = add_result(cli, path, &text, g, err);
    buf_release(&text);
    return !status && !is_result ? add_log(cli, path, g, err) : status;
}

void gathered_release(struct gathered *g)
{
    for (size_t i = 0; i < g->n; i++)
        result_release(&g->result[i]);
    g->n = 0;
}
