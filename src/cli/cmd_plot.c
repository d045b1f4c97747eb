/* SPDX-License-Identifier: GPL-3.0-or-later */
/* seam plot: one picture of a result, a scenario or a log, with its data and its script beside it.
 * The script of a picture opens with a line of ours: files beside it that are of somebody else are
 * left alone. */
#include "cli/gather.h"

#include "base/file.h"
#include "base/json_write.h"
#include "report/csv.h"
#include "report/format.h"
#include "report/plot.h"
#include "report/report_json.h"
#include "report/svg.h"
#include "report/text.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

static const char made_by[] = "# A picture made by Seam";

/* Where the picture goes: folder and name without ending, both for its files. */
enum { FILES = 3 };
struct place {
    struct buf folder, name; /* folder ends in / or is empty */
    enum plot_format format;
    bool to_stdout;
    struct buf written[FILES]; /* their paths, so far */
    size_t n_written;
};

void cli_plot_kinds(size_t width, struct buf *out)
{
    buf_puts(out, "\nKINDs of pictures:\n\n");
    for (int k = 0; k < PLOT_KIND_COUNT; k++) {
        const struct plot_def *def = plot_def((enum plot_kind)k);
        buf_printf(out, "  %-13s", def->name);
        text_fill(out, def->what, 15, 15, width);
    }
}

static void put_kinds_json(struct buf *out)
{
    struct json_write w;
    json_init(&w, out, 1);
    json_open(&w, '{');
    json_key(&w, "schema");
    json_string(&w, PLOT_SCHEMA);
    json_key(&w, "kinds");
    json_open(&w, '[');
    for (int k = 0; k < PLOT_KIND_COUNT; k++) {
        const struct plot_def *def = plot_def((enum plot_kind)k);
        json_open(&w, '{');
        json_key(&w, "kind");
        json_string(&w, def->name);
        json_key(&w, "shows");
        json_string(&w, def->what);
        json_key(&w, "needs");
        json_string(&w, def->needs);
        json_close(&w, '}');
    }
    json_close(&w, ']');
    json_close(&w, '}');
    buf_putc(out, '\n');
}

static void put_kinds_csv(struct buf *out)
{
    buf_puts(out, "kind,shows,needs\n");
    for (int k = 0; k < PLOT_KIND_COUNT; k++) {
        const struct plot_def *def = plot_def((enum plot_kind)k);
        buf_printf(out, "%s,", def->name);
        csv_put_text(out, def->what);
        buf_putc(out, ',');
        csv_put_text(out, def->needs);
        buf_putc(out, '\n');
    }
}

static int list_kinds(const struct cli *cli, struct error *err)
{
    const struct options *o = cli->options;
    size_t width = (size_t)cli->width;
    struct buf out;
    buf_init(&out);
    if (option_given(o, OPTION_JSON)) {
        put_kinds_json(&out);
    } else if (option_given(o, OPTION_CSV)) {
        put_kinds_csv(&out);
    } else {
        text_fill(&out, "seam plot KIND RESULT: one picture, with its data and its gnuplot script",
                  0, 0, width);
        cli_plot_kinds(width, &out);
        buf_puts(&out, "\n`seam plot -h` shows examples and options\n");
    }
    int status = cli_print(buf_text(&out), out.len, err);
    buf_release(&out);
    return status;
}

static int kind_of(const char *word, enum plot_kind *out, struct error *err)
{
    const char *names[PLOT_KIND_COUNT];
    for (int k = 0; k < PLOT_KIND_COUNT; k++) {
        names[k] = plot_def((enum plot_kind)k)->name;
        if (!strcmp(names[k], word)) {
            *out = (enum plot_kind)k;
            return 0;
        }
    }
    const char *near = nearest_word(word, names, PLOT_KIND_COUNT);
    return error_set(err, ERR_USAGE,
                     "there is no picture \"%s\"%s%s%s; `seam plot` lists the kinds", word,
                     near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

static int format_of(const char *word, size_t len, const char *whose, enum plot_format *out,
                     struct error *err)
{
    for (int k = 0; k < PLOT_FORMAT_COUNT; k++) {
        const char *name = plot_format_name((enum plot_format)k);
        if (strlen(name) == len && !strncmp(name, word, len)) {
            *out = (enum plot_format)k;
            return 0;
        }
    }
    return error_set(err, ERR_USAGE, "%s: a picture is svg, png or pdf", whose);
}

static int place_on_disk(const char *path, struct place *p, struct error *err)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path,
               *dot = strrchr(name, '.');
    enum plot_format ending = p->format;
    if (!dot || dot == name)
        return error_set(err, ERR_USAGE, "-o %s: the name of a picture ends in .svg, .png or .pdf",
                         path);
    struct buf whose;
    buf_init(&whose);
    buf_printf(&whose, "-o %s", path);
    int status = format_of(dot + 1, strlen(dot + 1), buf_text(&whose), &ending, err);
    buf_release(&whose);
    if (status)
        return -1;
    buf_add(&p->folder, path, (size_t)(name - path));
    buf_add(&p->name, name, (size_t)(dot - name));
    if (!plot_file_name(buf_text(&p->name)))
        return error_set(err, ERR_USAGE,
                         "-o %s: the picture's script names its files, so a name may begin with no "
                         "- and hold no quotes, backslashes, control characters, < > | ` or $",
                         path);
    p->format = ending;
    return 0;
}

static int place_of(const struct options *o, enum plot_kind k, struct place *p, struct error *err)
{
    const char *format = option_text(o, OPTION_FORMAT, NULL),
               *path = option_text(o, OPTION_OUT, NULL);
    if (format && format_of(format, strlen(format), "--format", &p->format, err))
        return -1;
    if (path && !strcmp(path, "-")) {
        bool json = option_given(o, OPTION_JSON);
        if (json || option_given(o, OPTION_CSV))
            return error_set(err, ERR_USAGE,
                             "--%s and -o - both write to standard output: give the picture a file "
                             "with -o",
                             json ? "json" : "csv");
        p->to_stdout = true;
        return 0;
    }
    if (!path) {
        buf_puts(&p->name, plot_def(k)->name);
        return 0;
    }
    enum plot_format asked = p->format;
    if (place_on_disk(path, p, err))
        return -1;
    if (format && asked != p->format)
        return error_set(err, ERR_USAGE, "-o %s is no %s: leave out --format, or change the ending",
                         path, format);
    return 0;
}

static void put_path(struct buf *out, const struct place *p, const char *ending)
{
    buf_clear(out);
    buf_printf(out, "%s%s.%s", buf_text(&p->folder), buf_text(&p->name), ending);
}

/* A script or data of somebody else stands where ours would go. */
static int look_before(const struct place *p, struct error *err)
{
    struct buf path, text;
    struct error ignored = {0};
    int status = 0;
    buf_init(&path);
    buf_init(&text);
    put_path(&path, p, "gp");
    bool script = !access(buf_text(&path), F_OK);
    bool ours = script && !file_read(buf_text(&path), 1 << 20, &text, &ignored) &&
                !strncmp(buf_text(&text), made_by, strlen(made_by));
    if (!script)
        put_path(&path, p, "tsv");
    if (!ours && (script || !access(buf_text(&path), F_OK)))
        status = error_set(err, ERR_IO,
                           "%s: it is there already and belongs to no picture of Seam; choose "
                           "another name with -o",
                           buf_text(&path));
    buf_release(&path);
    buf_release(&text);
    return status;
}

static int write_beside(const struct cli *cli, struct place *p, const char *ending,
                        const struct buf *bytes, struct error *err)
{
    struct buf *path = &p->written[p->n_written];
    put_path(path, p, ending);
    if (file_write(buf_text(path), bytes->data ? bytes->data : "", bytes->len, err))
        return -1;
    cli_note(cli, "wrote %s", buf_text(path));
    p->n_written++;
    return 0;
}

static int write_source(const struct cli *cli, const struct figure *f, struct place *p,
                        struct error *err)
{
    const char *name = buf_text(&p->name), *ending = plot_format_name(p->format);
    struct buf script, points;
    int status;
    buf_init(&script);
    buf_init(&points);
    buf_printf(&script, "%s: `gnuplot %s.gp` draws %s.%s from %s.tsv.\n", made_by, name, name,
               ending, name);
    plot_script(f, p->format, name, &script);
    buf_puts(&points, f->points);
    status = write_beside(cli, p, "gp", &script, err);
    if (!status)
        status = write_beside(cli, p, "tsv", &points, err);
    buf_release(&script);
    buf_release(&points);
    return status;
}

static void put_csv(const struct table *t, struct buf *out)
{
    size_t columns = t->columns.len;
    for (size_t c = 0; c < columns; c++) {
        buf_puts(out, c ? "," : "");
        csv_put_text(out, t->columns.at[c].title);
    }
    buf_putc(out, '\n');
    for (size_t i = 0; i < table_rows(t) * columns; i++) {
        csv_put_text(out, t->cells.at[i].text);
        buf_putc(out, (i + 1) % columns ? ',' : '\n');
    }
}

/* What the picture shows, for those who read: title, description, data. */
static int tell(const struct cli *cli, const struct document *d, const struct figure *f,
                struct error *err)
{
    const struct text_options text = {.width = cli->width,
                                      .color = cli->color,
                                      .quiet = option_given(cli->options, OPTION_QUIET)};
    struct buf out;
    buf_init(&out);
    if (option_given(cli->options, OPTION_CSV))
        put_csv(f->data, &out);
    else if (!text.quiet)
        text_document(d, &text, &out);
    int status = out.len ? cli_print(buf_text(&out), out.len, err) : 0;
    buf_release(&out);
    return status;
}

static int picture_bytes(const struct figure *f, const struct place *p, struct buf *out,
                         struct error *err)
{
    if (p->format != PLOT_SVG || !f->svg)
        return plot_picture(f, p->format, NULL, out, err);
    svg_put_file(out, f);
    return 0;
}

/* Of a picture that failed there are still its script and data, and `missing` says why. */
static int tell_files(const struct figure *f, enum plot_kind k, const struct place *p,
                      const char *missing, struct error *err)
{
    struct figure told = *f;
    struct buf out;
    buf_init(&out);
    told.missing = missing;
    told.svg = NULL;
    report_json_figure(&told, plot_def(k)->name, p->written, p->n_written, &out);
    int status = cli_print(buf_text(&out), out.len, err);
    buf_release(&out);
    return status;
}

static int write_picture(const struct cli *cli, const struct figure *f, struct place *p,
                         struct error *err)
{
    struct buf picture;
    buf_init(&picture);
    int status = picture_bytes(f, p, &picture, err);
    if (!status)
        status = write_beside(cli, p, plot_format_name(p->format), &picture, err);
    buf_release(&picture);
    return status;
}

static int print_picture(const struct figure *f, const struct place *p, struct error *err)
{
    struct buf picture;
    buf_init(&picture);
    int status = picture_bytes(f, p, &picture, err);
    if (!status)
        status = cli_print(picture.data, picture.len, err);
    buf_release(&picture);
    return status;
}

static int deliver(const struct cli *cli, const struct document *d, const struct figure *f,
                   enum plot_kind k, struct place *p, struct error *err)
{
    struct error unprinted = {0};
    bool json = option_given(cli->options, OPTION_JSON);
    if (p->to_stdout)
        return print_picture(f, p, err);
    if (look_before(p, err) || write_source(cli, f, p, err) || (!json && tell(cli, d, f, err)))
        return -1;
    int status = write_picture(cli, f, p, err);
    if (json && tell_files(f, k, p, status ? err->text : NULL, status ? &unprinted : err))
        status = -1;
    return status;
}

/* The flow is taken from a result that knows the shares of its ways. */
static const struct result *fitting(const struct gathered *g, enum plot_kind k)
{
    const struct result *found = NULL;
    for (size_t i = 0; i < g->n; i++)
        if (plot_has(k, &g->result[i]) &&
            (!found || (k == PLOT_FLOW && g->result[i].edges.len > found->edges.len)))
            found = &g->result[i];
    return found;
}

/* What the picture is of, and how it does: "Six steps of 97%: reliability 83.30%". */
static void put_subject(struct document *d, struct figure *f, const struct result *r)
{
    const struct metric *m = metrics_find(&r->metrics, "reliability");
    struct buf out;
    buf_init(&out);
    buf_puts(&out, r->scenario_name ? r->scenario_name : "");
    if (m && isfinite(m->value)) {
        buf_puts(&out, out.len ? ": reliability " : "Reliability ");
        format_both(&out, m, r->currency);
    }
    plot_subject(d, f, buf_text(&out));
    buf_release(&out);
}

static int draw(const struct cli *cli, enum plot_kind k, const struct gathered *g, struct place *p,
                struct error *err)
{
    const struct result *r = fitting(g, k);
    struct document d;
    if (!r)
        return error_set(err, ERR_INPUT, "%s: no data for the picture `%s`: %s",
                         cli->options->args.at[1], plot_def(k)->name, plot_def(k)->needs);
    document_init(&d, r->scenario_name ? r->scenario_name : "", "");
    document_section(&d, "picture", "");
    plot_add(k, r, NULL, &d);
    const struct section *s = &d.sections.at[0];
    struct figure *f = s->blocks.at[s->blocks.len - 1].figure;
    put_subject(&d, f, r);
    int status = deliver(cli, &d, f, k, p, err);
    document_release(&d);
    return status;
}

int cmd_plot(const struct cli *cli, struct error *err)
{
    const struct options *o = cli->options;
    struct place place = {.format = PLOT_SVG};
    enum plot_kind kind = PLOT_FLOW;
    if (!o->args.len)
        return list_kinds(cli, err);
    if (kind_of(o->args.at[0], &kind, err))
        return -1;
    if (o->args.len < 2)
        return error_set(err, ERR_USAGE,
                         "`seam plot %s` needs a RESULT: a --json file, a scenario or a log",
                         plot_def(kind)->name);
    struct gathered *g = mem_zero(1, sizeof *g);
    int status = place_of(o, kind, &place, err);
    if (!status)
        status = gather(cli, o->args.at[1], g, err);
    if (!status)
        status = draw(cli, kind, g, &place, err);
    gathered_release(g);
    mem_free(g);
    buf_release(&place.folder);
    buf_release(&place.name);
    for (size_t i = 0; i < FILES; i++)
        buf_release(&place.written[i]);
    return status;
}
