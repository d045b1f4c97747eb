/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Results, scenarios and logs as the commands take them that show results: what a file is shows in
 * its name (.yaml, .yml) or in what it holds. */
#include "cli/gather.h"

#include "base/file.h"
#include "base/json_read.h"
#include "cli/logs.h"
#include "cli/progress_bar.h"
#include "report/report_json.h"
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

struct result *gathered_next(const struct cli *cli, struct gathered *g, const char *command,
                             struct error *err)
{
    if (room(cli, g, err))
        return NULL;
    struct result *r = &g->result[g->n++];
    result_init(r, command);
    return r;
}

/* Refused by this way of computing, which leaves the other one. */
static bool is_refusal(const struct error *err)
{
    return err->code == ERR_UNSUPPORTED || err->code == ERR_LIMIT || err->code == ERR_NUMERIC;
}

static int solve(const struct cli *cli, const struct pipeline *p, struct gathered *g,
                 struct error *err)
{
    struct exact_options options = {.level = option_number(cli->options, OPTION_LEVEL, 0.95),
                                    .uncertainty = cli_uncertainty(cli, p),
                                    .seed = option_count(cli->options, OPTION_SEED, 1)};
    struct result *r = gathered_next(cli, g, "solve", err);
    bool complete;

    if (!r || exact_solve(p, &options, r, &complete, err))
        return -1;
    cli_stamp(cli, r, p);
    return 0;
}

static int simulate(const struct cli *cli, const struct pipeline *p, bool losses,
                    struct gathered *g, struct error *err)
{
    const struct options *o = cli->options;
    struct run_options options = {.trials = option_count(o, OPTION_TRIALS, 0),
                                  .seed = option_count(o, OPTION_SEED, 1),
                                  .threads = (uint32_t)option_count(o, OPTION_THREADS, 0),
                                  .level = option_number(o, OPTION_LEVEL, 0.95),
                                  .uncertainty = cli_uncertainty(cli, p),
                                  .stop = cli->stop};
    struct result *r = gathered_next(cli, g, "simulate", err);
    struct progress_bar bar;

    if (!r)
        return -1;
    progress_open(&bar, cli);
    options.progress = progress_of(&bar) ? progress_items : NULL;
    options.progress_arg = &bar;
    int status = run_simulate(p, &options, r, err);
    progress_close(&bar);
    if (status)
        return -1;
    options.progress = NULL;
    if (!losses && !r->run.partial && importance_is_quick(p, &options) &&
        importance_simulate(p, &options, r, err))
        return -1;
    cli_stamp(cli, r, p);
    return 0;
}

/* A scenario stands on the page twice, solved and simulated; once where one of the two refuses it,
 * with a warning that says why. */
static int both_ways(const struct cli *cli, const struct pipeline *p, struct gathered *g,
                     struct error *err)
{
    size_t first = g->n;
    struct error why = {0};

    if (solve(cli, p, g, &why)) {
        if (!is_refusal(&why)) {
            *err = why;
            return -1;
        }
        result_release(&g->result[--g->n]);
    }
    if (!simulate(cli, p, g->n > first && g->result[first].layers.len, g, err)) {
        if (why.code)
            result_warn(&g->result[first], "not solved: %s", why.text);
        return 0;
    }
    if (g->n < first + 2 || !is_refusal(err))
        return -1;
    result_release(&g->result[--g->n]);
    result_warn(&g->result[first], "not simulated: %s", err->text);
    *err = (struct error){0};
    return 0;
}

static int add_scenario(const struct cli *cli, const char *path, struct gathered *g,
                        struct error *err)
{
    struct pipeline p;
    int status = cli_scenario(cli, path, &p, err);

    if (!status)
        status = both_ways(cli, &p, g, err);
    pipeline_release(&p);
    return status;
}

static int add_log(const struct cli *cli, const char *path, struct gathered *g, struct error *err)
{
    struct pipeline targets;
    struct trace_log log;
    struct result *r = gathered_next(cli, g, "replay", err);
    int status = -1;

    log_init(&log);
    if (r)
        status = cli_log_observe(cli, &path, 1, NULL, &log, r, err);
    pipeline_init(&targets);
    if (!status)
        status = cli_targets(cli, &targets, err);
    if (!status) {
        result_judge(r, targets.target, targets.n_targets);
        cli_stamp(cli, r, NULL);
        r->scenario_file = result_text(r, "%s", path);
    }
    pipeline_release(&targets);
    log_release(&log);
    return status;
}

static int add_one(const struct cli *cli, const char *path, const char *text, size_t len,
                   struct gathered *g, struct error *err)
{
    if (room(cli, g, err) || result_read_json(path, text, len, &g->result[g->n], err))
        return -1;
    g->n++;
    return 0;
}

/* The results behind a report (report/report_json.h). */
static int add_report(const struct cli *cli, const char *path, struct json report,
                      struct gathered *g, struct error *err)
{
    struct buf one = {0};
    int status = 0;

    for (struct json_iter it = json_each(json_get(report, "results")); !status && json_next(&it);) {
        buf_clear(&one);
        json_dump(it.value, &one);
        status = add_one(cli, path, buf_text(&one), one.len, g, err);
    }
    buf_release(&one);
    return status;
}

static int add_result(const struct cli *cli, const char *path, const struct buf *text,
                      struct gathered *g, struct error *err)
{
    struct json_reader *reader = json_reader_new();
    struct json root;
    const char *schema = "";
    size_t len = 0;
    int status = json_parse(reader, buf_text(text), text->len, &root, err);

    if (status)
        error_prefix(err, "%s", path);
    else if (json_text(json_get(root, "schema"), &schema, &len) && len == strlen(REPORT_SCHEMA) &&
             !memcmp(schema, REPORT_SCHEMA, len))
        status = add_report(cli, path, root, g, err);
    else
        status = add_one(cli, path, buf_text(text), text->len, g, err);
    json_reader_free(reader);
    return status;
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

int gather_again(const char *path, struct error *err)
{
    return strcmp(path, "-") ? 0 : file_again_stdin(err);
}

static int gather_one(const struct cli *cli, const char *path, struct gathered *g,
                      struct error *err)
{
    size_t len = strlen(path);
    struct buf text;
    bool is_result;
    char first;

    g->last = GATHERED_SCENARIO;
    if ((len > 5 && !strcmp(path + len - 5, ".yaml")) ||
        (len > 4 && !strcmp(path + len - 4, ".yml")))
        return add_scenario(cli, path, g, err);
    buf_init(&text);
    int status = gather_again(path, err);
    if (!status)
        status = read_result(path, &text, &is_result, err);
    if (!status && is_result)
        status = add_result(cli, path, &text, g, err);
    if (!status && !is_result && strcmp(path, "-") && text.len && !file_head(path, &first, 1))
        status = error_set(err, ERR_INPUT,
                           "%s: this pipe holds no result (--json); name scenarios and logs as "
                           "files, or give a log as -",
                           path);
    buf_release(&text);
    if (status)
        return -1;
    g->last = is_result ? GATHERED_RESULT : GATHERED_LOG;
    return is_result ? 0 : gather_again(path, err) ? -1 : add_log(cli, path, g, err);
}

int gather(const struct cli *cli, const char *path, struct gathered *g, struct error *err)
{
    if (gather_one(cli, path, g, err))
        return -1;
    if (atomic_load(cli->stop))
        return error_set(err, ERR_INTERRUPTED, "%s: interrupted; nothing is written", path);
    return 0;
}

void gathered_release(struct gathered *g)
{
    for (size_t i = 0; i < g->n; i++)
        result_release(&g->result[i]);
    g->n = 0;
}
