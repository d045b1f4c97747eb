/* SPDX-License-Identifier: GPL-3.0-or-later */
/* seam report: one page from results, scenarios and logs in any mix. */
#include "cli/cli.h"
#include "cli/logs.h"

#include "base/file.h"
#include "report/csv.h"
#include "report/html.h"
#include "sim/exact.h"
#include "sim/importance.h"
#include "sim/run.h"
#include "trace/observe.h"

#include <stdio.h>
#include <string.h>

enum { RESULT_READ_MAX = 64 << 20, RESULTS_MAX = 16 };

struct gathered {
    struct result result[RESULTS_MAX];
    size_t n;
};

static struct result *next_result(struct gathered *g, const char *command, struct error *err)
{
    if (g->n == RESULTS_MAX) {
        error_set(err, ERR_USAGE, "`seam report` takes at most %d results", RESULTS_MAX);
        return NULL;
    }
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
    if (!(r = next_result(g, "solve", err)) || exact_solve(&p, &exact, r, &complete, err))
        goto out;
    cli_stamp(cli, r, &p);
    bool losses = r->layers.len > 0;
    if (!(r = next_result(g, "simulate", err)) || run_simulate(&p, &run, r, err))
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
    struct result *r;
    int status = cli_log(cli, &path, 1, &log, err);

    if (!status && !(r = next_result(g, "replay", err)))
        status = -1;
    if (!status) {
        log_observe(&log, option_number(cli->options, OPTION_LEVEL, 0.95), r);
        cli_stamp(cli, r, NULL);
    }
    log_release(&log);
    return status;
}

static int add_result(const char *path, const struct buf *text, struct gathered *g,
                      struct error *err)
{
    if (g->n == RESULTS_MAX)
        return error_set(err, ERR_USAGE, "`seam report` takes at most %d results", RESULTS_MAX);
    if (result_read_json(path, buf_text(text), text->len, &g->result[g->n], err))
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

/* A scenario ends in .yaml or .yml; results and logs are told apart by content. */
static int add(const struct cli *cli, const char *path, struct gathered *g, struct error *err)
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
        status = add_result(path, &text, g, err);
    buf_release(&text);
    return !status && !is_result ? add_log(cli, path, g, err) : status;
}

/* Is the word of `len` characters one of those that commas part in the list? */
static bool listed(const char *list, const char *word, size_t len)
{
    for (const char *at = list; *at; at += strcspn(at, ","), at += *at == ',')
        if (strcspn(at, ",") == len && !strncmp(at, word, len))
            return true;
    return false;
}

static bool wants(const struct cli *cli, const char *format)
{
    return listed(option_text(cli->options, OPTION_FORMAT, "html,json"), format, strlen(format));
}

static int check_formats(const struct cli *cli, struct error *err)
{
    const char *list = option_text(cli->options, OPTION_FORMAT, "html,json");

    const char *at = list;

    do {
        size_t len = strcspn(at, ",");
        if (!listed("html,csv,json", at, len))
            return error_set(err, ERR_USAGE, "--format %.*s: the formats are html, csv and json",
                             (int)len, at);
        at += len;
    } while (*at++);
    return 0;
}

static int write_in(const struct cli *cli, const char *dir, const char *name, const struct buf *b,
                    struct error *err)
{
    struct buf path;

    buf_init(&path);
    buf_printf(&path, "%s/%s", dir, name);
    int status = file_write(buf_text(&path), buf_text(b), b->len, err);
    if (!status)
        cli_note(cli, "wrote %s", buf_text(&path));
    buf_release(&path);
    return status;
}

static int write_data(const struct cli *cli, const char *dir, const struct gathered *g,
                      struct error *err)
{
    struct buf b;
    int status = 0;

    buf_init(&b);
    for (size_t i = 0; !status && i < g->n; i++) {
        char name[64];
        buf_clear(&b);
        if (wants(cli, "json")) {
            snprintf(name, sizeof name, "%02zu-%.32s.json", i + 1, g->result[i].command);
            result_write_json(&g->result[i], &b);
            status = write_in(cli, dir, name, &b, err);
        }
        buf_clear(&b);
        if (!status && wants(cli, "csv")) {
            snprintf(name, sizeof name, "%02zu-%.32s.csv", i + 1, g->result[i].command);
            report_csv(&g->result[i], &b);
            status = write_in(cli, dir, name, &b, err);
        }
    }
    buf_release(&b);
    return status;
}

static int write_page(const struct cli *cli, const char *dir, const struct gathered *g,
                      struct error *err)
{
    const struct result *all[RESULTS_MAX];
    struct html_options options = {.title = option_text(cli->options, OPTION_TITLE, NULL),
                                   .command = cli->command_line};
    struct buf page;
    char now[32];
    int status;

    cli_time_text(now);
    options.time = now;
    for (size_t i = 0; i < g->n; i++)
        all[i] = &g->result[i];
    buf_init(&page);
    status = report_html(all, g->n, &options, &page, err);
    if (!status)
        status = write_in(cli, dir, "report.html", &page, err);
    buf_release(&page);
    return status;
}

int cmd_report(const struct cli *cli, struct error *err)
{
    const struct options *o = cli->options;
    const char *dir = option_text(o, OPTION_OUT, "reports");
    struct gathered *g = mem_zero(1, sizeof *g);
    int status = check_formats(cli, err);

    for (size_t i = 0; !status && i < o->args.len; i++)
        status = add(cli, o->args.at[i], g, err);
    if (!status)
        status = file_make_dir(dir, err);
    if (!status && wants(cli, "html"))
        status = write_page(cli, dir, g, err);
    if (!status)
        status = write_data(cli, dir, g, err);
    for (size_t i = 0; i < g->n; i++)
        result_release(&g->result[i]);
    mem_free(g);
    return status;
}
