/* SPDX-License-Identifier: GPL-3.0-or-later */
/* seam report: one page from results, scenarios and logs in any mix. */
#include "cli/gather.h"

#include "base/file.h"
#include "report/csv.h"
#include "report/html.h"

#include <stdio.h>
#include <string.h>

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
    const struct result *all[GATHERED_MAX];
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
        status = gather(cli, o->args.at[i], g, err);
    if (!status)
        status = file_make_dir(dir, err);
    if (!status && wants(cli, "html"))
        status = write_page(cli, dir, g, err);
    if (!status)
        status = write_data(cli, dir, g, err);
    gathered_release(g);
    mem_free(g);
    return status;
}
