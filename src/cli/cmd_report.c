/* SPDX-License-Identifier: GPL-3.0-or-later */
/* seam report: one page from results, scenarios and logs in any mix, or from two that are compared,
 * in each of the formats that are asked for.
 *
 * To add a format: a row in `formats` and its function, which writes what it writes into the
 * folder, and its word in the choices of --format (model/commands.c). */
#include "cli/gather.h"
#include "cli/report_model.h"
#include "cli/report_sides.h"

#include "base/file.h"
#include "report/build.h"
#include "report/csv.h"
#include "report/html.h"
#include "report/markdown.h"
#include "report/pdf.h"
#include "report/report_json.h"
#include "report/svg.h"

#include <stdio.h>
#include <string.h>

extern char **environ;

static const char formats_by_default[] = "html,json";

/* What is written, and where. */
struct report {
    const struct cli *cli;
    const char *dir;
    const struct result *result[GATHERED_MAX];
    size_t n, before;
    struct document document;
};

static int write_in(const struct report *r, const char *name, const struct buf *b,
                    struct error *err)
{
    struct buf path = {0};

    buf_printf(&path, "%s/%s", r->dir, name);
    int status = file_write(buf_text(&path), buf_text(b), b->len, err);
    if (!status)
        cli_note(r->cli, "wrote %s", buf_text(&path));
    buf_release(&path);
    return status;
}

static int write_html(const struct report *r, struct error *err)
{
    struct buf page = {0};
    int status = html_page(&r->document, &page, err);

    if (!status)
        status = write_in(r, "report.html", &page, err);
    buf_release(&page);
    return status;
}

/* Every picture of a block as a file of its own. */
static int write_pictures(const struct report *r, const struct section *s, struct error *err)
{
    int status = 0;

    for (size_t i = 0; !status && i < s->blocks.len; i++) {
        const struct figure *f = s->blocks.at[i].figure;
        char name[FIGURE_FILE_MAX];
        struct buf svg = {0};
        if (!f || !f->svg)
            continue;
        figure_file(&r->document, f, name);
        svg_put_file(&svg, f);
        status = write_in(r, name, &svg, err);
        buf_release(&svg);
    }
    return status;
}

static int write_markdown(const struct report *r, struct error *err)
{
    struct buf page = {0};
    int status;

    markdown_page(&r->document, &page);
    status = write_in(r, "report.md", &page, err);
    for (size_t i = 0; !status && i < r->document.sections.len; i++)
        status = write_pictures(r, &r->document.sections.at[i], err);
    buf_release(&page);
    return status;
}

static int write_pdf(const struct report *r, struct error *err)
{
    const struct typeset_options options = {.environment = (const char *const *)environ,
                                            .clock_s = cli_clock_s};
    struct buf pdf = {0};
    int status = report_pdf(&r->document, &options, &pdf, err);

    if (!status)
        status = write_in(r, "report.pdf", &pdf, err);
    buf_release(&pdf);
    return status;
}

static int write_json(const struct report *r, struct error *err)
{
    struct buf b = {0};

    report_json(&r->document, r->result, r->n, r->before, &b);
    int status = write_in(r, "report.json", &b, err);
    buf_release(&b);
    return status;
}

/* A table for each result. */
static int write_csv(const struct report *r, struct error *err)
{
    struct buf b = {0};
    int status = 0;

    for (size_t i = 0; !status && i < r->n; i++) {
        char name[64];
        buf_clear(&b);
        snprintf(name, sizeof name, "%02zu-%.32s.csv", i + 1, r->result[i]->command);
        report_csv(r->result[i], &b);
        status = write_in(r, name, &b, err);
    }
    buf_release(&b);
    return status;
}

static const struct format {
    const char *name;
    int (*write)(const struct report *r, struct error *err);
} formats[] = {
    {"html", write_html    },
    {"md",   write_markdown},
    {"json", write_json    },
    {"csv",  write_csv     },
    {"pdf",  write_pdf     },
};
enum { FORMATS = sizeof formats / sizeof *formats };

/* The words were held against the table of choices (model/commands.c), which has the same. */
static void wanted(const struct cli *cli, bool want[FORMATS])
{
    const char *at = option_text(cli->options, OPTION_FORMAT, formats_by_default);

    for (size_t len; *at; at += len, at += *at == ',') {
        size_t i = 0;
        len = strcspn(at, ",");
        while (i < FORMATS && (strlen(formats[i].name) != len || memcmp(formats[i].name, at, len)))
            i++;
        if (i == FORMATS)
            BUG("a format without a function");
        want[i] = true;
    }
}

/* What else the file makes it possible to tell. */
static int add_more(const struct cli *cli, const char *path, size_t before, bool sides,
                    struct gathered *g, struct error *err)
{
    switch (g->last) {
    case GATHERED_SCENARIO:
        return report_frontier(cli, path, &g->result[before], err);
    case GATHERED_LOG:
        return sides ? 0 : report_model(cli, path, g, err);
    case GATHERED_RESULT:
        break;
    }
    return 0;
}

/* All that is named, and with --compare how many results the first of the two has. */
static int gather_all(const struct cli *cli, struct gathered *g, size_t *before, struct error *err)
{
    const struct options *o = cli->options;
    bool sides = option_given(o, OPTION_COMPARE), logs = false;

    if (sides && o->args.len != 2)
        return error_set(
            err, ERR_USAGE,
            "--compare takes two: `seam report --compare BEFORE AFTER`, each a result, "
            "a scenario or a log");
    if (!o->args.len && !option_given(o, OPTION_LABELS))
        return error_set(err, ERR_USAGE,
                         "`seam report` needs results, scenarios or logs, or --labels FILE; for "
                         "example: %s",
                         command_defs[COMMAND_REPORT].examples[0]);
    for (size_t i = 0; i < o->args.len; i++) {
        size_t had = g->n;
        if (gather(cli, o->args.at[i], g, err) || add_more(cli, o->args.at[i], had, sides, g, err))
            return -1;
        logs = logs || g->last == GATHERED_LOG;
        if (sides && i == 0)
            *before = g->n;
    }
    if (option_given(o, OPTION_LABELS) && !logs && !sides)
        return report_labels(cli, g, err);
    return 0;
}

static int write_all(const struct report *r, const bool want[FORMATS], struct error *err)
{
    if (file_make_dir(r->dir, err))
        return -1;
    for (size_t i = 0; i < FORMATS; i++)
        if (want[i] && formats[i].write(r, err))
            return -1;
    return 0;
}

int cmd_report(const struct cli *cli, struct error *err)
{
    const struct options *o = cli->options;
    struct report r = {.cli = cli, .dir = option_text(o, OPTION_OUT, "reports")};
    struct gathered *g = mem_zero(1, sizeof *g);
    bool want[FORMATS] = {false};
    char now[32];

    wanted(cli, want);
    int status = gather_all(cli, g, &r.before, err);
    for (; r.n < g->n; r.n++)
        r.result[r.n] = &g->result[r.n];
    if (!status) {
        struct report_options options = {.title = option_text(o, OPTION_TITLE, NULL),
                                         .command = cli->command_line,
                                         .time = now,
                                         .before = r.before};
        struct side_names names = {0};
        cli_time_text(now);
        if (r.before)
            side_names_of(r.result, r.n, r.before, o->args.at, &names);
        options.side[0] = names.name[0];
        options.side[1] = names.name[1];
        report_build(r.result, r.n, &options, &r.document);
        status = write_all(&r, want, err);
        document_release(&r.document);
    }
    gathered_release(g);
    mem_free(g);
    return status;
}
