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
#include "base/folder.h"
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

/* What is written, and where: into a folder, or one format to standard output. */
struct report {
    const struct cli *cli;
    const char *dir;
    bool to_stdout, json, csv, files; /* json, csv: on standard output beside the files, if any */
    const struct result *result[GATHERED_MAX];
    size_t n, before;
    struct document document;
};

static int write_in(const struct report *r, const char *name, const struct buf *b,
                    struct error *err)
{
    struct buf path = {0};

    if (r->to_stdout)
        return file_write("-", buf_text(b), b->len, err);
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

/* Is it the name of a picture of a report, "report-03-frontier.svg"? */
static bool is_picture(const char *name)
{
    static const char start[] = "report-";
    size_t at = sizeof start - 1;
    if (strncmp(name, start, at))
        return false;
    size_t digits = strspn(name + at, "0123456789");
    at += digits;
    if (digits < 2 || name[at++] != '-')
        return false;
    at += strspn(name + at, "abcdefghijklmnopqrstuvwxyz");
    return !strcmp(name + at, ".svg");
}

/* Is it the name of a table of a report, "02-replay.csv"? */
static bool is_table(const char *name)
{
    size_t digits = strspn(name, "0123456789"), len;
    if (digits < 2 || name[digits] != '-')
        return false;
    name += digits + 1;
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        len = strlen(command_defs[i].name);
        if (!strncmp(name, command_defs[i].name, len) && !strcmp(name + len, ".csv"))
            return true;
    }
    return false;
}

/* What an earlier report of the same format left in the folder, which had more of it. */
static int remove_old(const struct report *r, bool (*is_ours)(const char *name), struct error *err)
{
    struct folder_files files = {0};
    int status = folder_list_here(r->dir, &files, err);

    for (size_t i = 0; !status && i < files.paths.len; i++) {
        const char *path = files.paths.at[i], *name = strrchr(path, '/');
        if (name && is_ours(name + 1))
            status = file_remove(path, err);
    }
    folder_release(&files);
    return status;
}

/* Its pictures are files beside it, of which standard output has none. */
static void without_pictures(const struct document *d)
{
    for (size_t i = 0; i < d->sections.len; i++)
        for (size_t k = 0; k < d->sections.at[i].blocks.len; k++) {
            struct figure *f = d->sections.at[i].blocks.at[k].figure;
            if (!f)
                continue;
            f->svg = NULL;
            f->missing = "pictures are files beside the page, which -o FOLDER writes";
        }
}

static int write_markdown(const struct report *r, struct error *err)
{
    struct buf page = {0};
    int status = 0;

    if (r->to_stdout)
        without_pictures(&r->document);
    else
        status = remove_old(r, is_picture, err);
    markdown_page(&r->document, &page);
    if (!status)
        status = write_in(r, "report.md", &page, err);
    for (size_t i = 0; !r->to_stdout && !status && i < r->document.sections.len; i++)
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

    if (r->to_stdout && r->n > 1)
        return error_set(err, ERR_USAGE,
                         "csv is a table for each of the %zu results: write them into a folder, "
                         "with --format csv and -o FOLDER",
                         r->n);
    if (!r->to_stdout)
        status = remove_old(r, is_table, err);
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
static void wanted(const char *at, bool want[FORMATS])
{
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
static int add_more(const struct cli *cli, const char *path, size_t before, struct gathered *g,
                    struct error *err)
{
    switch (g->last) {
    case GATHERED_SCENARIO:
        return report_frontier(cli, path, &g->result[before], err);
    case GATHERED_LOG:
        return report_model(cli, path, g, err);
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
        if (gather(cli, o->args.at[i], g, err) || add_more(cli, o->args.at[i], had, g, err))
            return -1;
        if (atomic_load(cli->stop))
            return error_set(err, ERR_INTERRUPTED, "%s: interrupted; nothing is written",
                             o->args.at[i]);
        logs = logs || g->last == GATHERED_LOG;
        if (sides && i == 0)
            *before = g->n;
    }
    if (option_given(o, OPTION_LABELS) && !logs && !sides)
        return report_labels(cli, g, err);
    return 0;
}

/* --json or --csv alone is that on standard output, and nothing else. */
static int place(const struct cli *cli, struct report *r, bool want[FORMATS], struct error *err)
{
    const struct options *o = cli->options;
    bool json = option_given(o, OPTION_JSON), csv = option_given(o, OPTION_CSV);
    size_t n = 0;

    r->dir = option_text(o, OPTION_OUT, "reports");
    r->to_stdout = !strcmp(r->dir, "-");
    wanted(option_text(o, OPTION_FORMAT, r->to_stdout ? "html" : formats_by_default), want);
    for (size_t i = 0; i < FORMATS; i++)
        n += want[i];
    if ((json || csv) && r->to_stdout)
        return error_set(err, ERR_USAGE,
                         "%s and -o - both write to standard output: leave out one, or give "
                         "the files a folder with -o",
                         json ? "--json" : "--csv");
    if (r->to_stdout && n > 1)
        return error_set(err, ERR_USAGE,
                         "-o -: standard output takes one format; name it with --format, or give "
                         "a folder");
    r->json = json;
    r->csv = csv;
    r->files = !(json || csv) || option_given(o, OPTION_FORMAT) || option_given(o, OPTION_OUT);
    return 0;
}

static int write_all(const struct report *r, const bool want[FORMATS], struct error *err)
{
    struct report shown = *r;

    shown.to_stdout = true;
    if ((r->json && write_json(&shown, err)) || (r->csv && write_csv(&shown, err)))
        return -1;
    if (!r->files)
        return 0;
    if (!r->to_stdout && file_make_dir(r->dir, err))
        return -1;
    for (size_t i = 0; i < FORMATS; i++)
        if (want[i] && formats[i].write(r, err))
            return -1;
    return 0;
}

/* Which pictures are absent, and why: by their titles, each once. */
static void say_absent(const struct report *r)
{
    struct buf titles = {0};
    const char *why = NULL;
    for (size_t i = 0; i < r->document.sections.len; i++)
        for (size_t k = 0; k < r->document.sections.at[i].blocks.len; k++) {
            const struct figure *f = r->document.sections.at[i].blocks.at[k].figure;
            if (!f || f->svg || !f->missing)
                continue;
            why = f->missing;
            buf_printf(&titles, "%s\"%s\"", titles.len ? ", " : "", f->title);
        }
    if (why)
        cli_note(r->cli, "the report stands without these pictures: %s; %s", buf_text(&titles),
                 why);
    buf_release(&titles);
}

int cmd_report(const struct cli *cli, struct error *err)
{
    const struct options *o = cli->options;
    struct report r = {.cli = cli};
    struct gathered *g = mem_zero(1, sizeof *g);
    bool want[FORMATS] = {false};
    char now[32];

    int status = place(cli, &r, want, err);
    if (!status)
        status = gather_all(cli, g, &r.before, err);
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
        if (!status)
            say_absent(&r);
        document_release(&r.document);
    }
    gathered_release(g);
    mem_free(g);
    return status;
}
