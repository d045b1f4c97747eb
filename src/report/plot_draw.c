/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Figures drawn by gnuplot: all of a document by one process, or one in a file of its own. */
#include "report/plot.h"

#include "report/svg.h"

#include <stdio.h>
#include <string.h>

const char *plot_format_name(enum plot_format f)
{
    static const char *const names[] = {
#define X(id, name) name,
        PLOT_FORMATS(X)
#undef X
    };
    return names[f];
}

bool plot_file_name(const char *name)
{
    if (!*name || *name == '-')
        return false;
    for (const char *at = name; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f || strchr("'\"`\\<>|$/", *at))
            return false;
    return true;
}

enum { TITLE = 30, SUBJECT = 18 };

double plot_heading(const struct figure *f)
{
    return !f->subject ? 0 : *f->subject ? TITLE + SUBJECT : TITLE;
}

/* Blocks of a data file are parted by two empty lines. */
static size_t blocks_in(const char *points)
{
    size_t n = 1;
    for (const char *at = points; (at = strstr(at, "\n\n\n")); at += 3)
        n++;
    return n;
}

/* A text of ours or of a result as the one cell of a line of a block. */
static void put_line(struct buf *out, const char *text)
{
    enum { COLUMNS = 84 };
    struct buf clean, cut;
    buf_init(&clean);
    buf_init(&cut);
    text_clean(&clean, text);
    text_cut(&cut, buf_text(&clean), COLUMNS, COLUMNS - 1);
    plot_put_cell(out, buf_text(&cut), cut.len);
    buf_putc(out, '\n');
    buf_release(&clean);
    buf_release(&cut);
}

/* The heading is the last block of the data file, since a script holds no text of a result. */
void plot_subject(struct document *d, struct figure *f, const char *subject)
{
    struct buf points;
    buf_init(&points);
    buf_printf(&points, "%s\n\nheading\n", f->points);
    put_line(&points, f->title);
    if (*subject)
        put_line(&points, subject);
    f->points = arena_strndup(&d->arena, buf_text(&points), points.len);
    f->subject = arena_strdup(&d->arena, subject);
    buf_release(&points);
}

/* The picture keeps its size below the heading; `inner` is its share of the whole. */
static void put_heading(const struct figure *f, struct buf *out)
{
    buf_printf(out, "inner = %.6g\n", f->height / (f->height + plot_heading(f)));
    if (!f->subject)
        return;
    size_t block = blocks_in(f->points) - 1;
    buf_printf(out,
               "set datafile separator \"\\t\"\nset datafile commentschars ''\n"
               "set datafile columnheaders\nset size 1,inner\n"
               "stats data index %zu every ::0::0 using (heading = strcol(1), 1) nooutput\n"
               "set label 1 heading at screen 0, screen 1 left offset character 1,-1.1 "
               "font large\n",
               block);
    if (*f->subject)
        buf_printf(out,
                   "stats data index %zu every ::1::1 using (subject = strcol(1), 1) nooutput\n"
                   "set label 2 subject at screen 0, screen 1 left offset character 1,-2.4 "
                   "textcolor rgb '#59636d'\n",
                   block);
}

/* Panels leave the heading its room, and the first of them draws it. */
static void put_body(const struct figure *f, struct buf *out)
{
    static const char layout[] = "set multiplot layout", plot[] = "plot ";
    bool headed = f->subject != NULL;
    for (const char *line = f->script; *line;) {
        size_t len = strcspn(line, "\n");
        buf_add(out, line, len);
        if (headed && !strncmp(line, layout, strlen(layout)))
            buf_puts(out, *f->subject ? " title \" \\n \\n \"" : " title \" \\n \"");
        if (headed && !strncmp(line, plot, strlen(plot))) {
            buf_puts(out, "\nunset label 1\nunset label 2");
            headed = false;
        }
        buf_putc(out, '\n');
        line += len + (line[len] == '\n');
    }
}

/* Sizes in pixels of 1/96 inch; a PNG has two of its own for each.  SVG's fonts are in pixels and
 * never bold. */
static void put_terminal(const struct figure *f, enum plot_format format, struct buf *out)
{
    double height = f->height + plot_heading(f);
    switch (format) {
    case PLOT_SVG:
    case PLOT_FORMAT_COUNT:
        buf_printf(out, "set terminal svg size %g,%g font 'sans-serif,14' noenhanced\n", f->width,
                   height);
        break;
    case PLOT_PNG:
        buf_printf(out,
                   "set terminal pngcairo size %g,%g font 'sans-serif,10.5' fontscale 2 "
                   "linewidth 2 pointscale 2 background rgb '#ffffff' noenhanced\n",
                   2 * f->width, 2 * height);
        break;
    case PLOT_PDF:
        buf_printf(out,
                   "set terminal pdfcairo size %.4gin,%.4gin font 'sans-serif,10.5' "
                   "background rgb '#ffffff' noenhanced\n",
                   f->width / 96, height / 96);
        break;
    }
    buf_puts(out, format == PLOT_SVG
                      ? "large = 'sans-serif,17'\nstrong = 'sans-serif,15'\n"
                        "end = 'sans-serif,14'\nsmall = 'sans-serif,12.5'\n"
                      : "large = 'sans-serif:Bold,12.75'\nstrong = 'sans-serif:Bold,11'\n"
                        "end = 'sans-serif:Bold,10.5'\nsmall = 'sans-serif,9.4'\n");
}

void plot_script(const struct figure *f, enum plot_format format, const char *name, struct buf *out)
{
    put_terminal(f, format, out);
    buf_printf(out, "data = '%s.tsv'\nset output '%s.%s'\n", name, name, plot_format_name(format));
    put_heading(f, out);
    put_body(f, out);
    buf_puts(out, "set output\n");
}

int plot_picture(const struct figure *f, enum plot_format format,
                 const struct plot_options *options, struct buf *out, struct error *err)
{
    struct buf script, points = {0}, raw;
    char name[16];
    buf_init(&script);
    buf_init(&raw);
    buf_puts(&points, f->points);
    plot_script(f, format, "picture", &script);
    snprintf(name, sizeof name, "picture.%s", plot_format_name(format));
    int status = plot_run(buf_text(&script), &(struct plot_file){"picture.tsv", &points}, 1,
                          &(struct plot_out){name, &raw}, 1, options, err);
    if (!status && format == PLOT_SVG) {
        struct figure drawn = *f;
        struct buf svg;
        buf_init(&svg);
        status = svg_clean(buf_text(&raw), raw.len, f->id, &svg, &drawn.width, &drawn.height, err);
        drawn.svg = buf_text(&svg);
        drawn.subject = NULL; /* it is in the picture already */
        if (!status)
            svg_put_file(out, &drawn);
        buf_release(&svg);
    } else if (!status) {
        buf_add(out, raw.data, raw.len);
    }
    buf_release(&script);
    buf_release(&points);
    buf_release(&raw);
    return status;
}

struct batch {
    VEC(struct figure *) list;
};

static void collect(const struct document *d, struct batch *batch)
{
    for (size_t i = 0; i < d->sections.len; i++) {
        const struct section *s = &d->sections.at[i];
        for (size_t k = 0; k < s->blocks.len; k++) {
            struct figure *f = s->blocks.at[k].figure;
            if (f && f->script && !f->svg && !f->missing)
                vec_push(&batch->list, f);
        }
    }
}

static void keep_missing(struct document *d, struct figure *f, const struct error *err)
{
    struct buf clean;
    buf_init(&clean);
    text_clean(&clean, err->text);
    f->missing = arena_strdup(&d->arena, buf_text(&clean));
    buf_release(&clean);
}

static void keep_picture(struct document *d, struct figure *f, const struct buf *raw)
{
    struct error err = {0};
    struct buf svg;
    buf_init(&svg);
    if (svg_clean(buf_text(raw), raw->len, f->id, &svg, &f->width, &f->height, &err))
        keep_missing(d, f, &err);
    else
        f->svg = arena_strndup(&d->arena, buf_text(&svg), svg.len);
    buf_release(&svg);
}

/* A share of the figures, for one process. */
struct sheet {
    struct buf script, *points, *raw;
    struct plot_file *in;
    struct plot_out *out;
    char (*name)[2][16];
    size_t n;
};

static void sheet_init(struct sheet *s, struct figure *const *figures, size_t n)
{
    *s = (struct sheet){.points = mem_zero(n, sizeof *s->points),
                        .raw = mem_zero(n, sizeof *s->raw),
                        .in = mem_zero(n, sizeof *s->in),
                        .out = mem_zero(n, sizeof *s->out),
                        .name = mem_zero(n, sizeof *s->name),
                        .n = n};
    for (size_t i = 0; i < n; i++) {
        char stem[12];
        snprintf(stem, sizeof stem, "%u", (unsigned)i);
        snprintf(s->name[i][0], sizeof s->name[i][0], "%s.tsv", stem);
        snprintf(s->name[i][1], sizeof s->name[i][1], "%s.svg", stem);
        buf_puts(&s->points[i], figures[i]->points);
        s->in[i] = (struct plot_file){s->name[i][0], &s->points[i]};
        s->out[i] = (struct plot_out){s->name[i][1], &s->raw[i], false};
        buf_puts(&s->script, "reset\n");
        plot_script(figures[i], PLOT_SVG, stem, &s->script);
    }
}

static void sheet_release(struct sheet *s)
{
    for (size_t i = 0; i < s->n; i++) {
        buf_release(&s->points[i]);
        buf_release(&s->raw[i]);
    }
    buf_release(&s->script);
    mem_free(s->points);
    mem_free(s->raw);
    mem_free(s->in);
    mem_free(s->out);
    mem_free(s->name);
}

/* Draws as many of the n > 0 figures as it can; returns how many are dealt with.  A picture at
 * fault ends the process and is the one begun last; when none was begun there is no gnuplot. */
static size_t draw_some(struct document *d, struct figure *const *figures, size_t n,
                        const struct plot_options *options)
{
    struct error err = {0};
    struct sheet s;
    size_t begun = 0;
    sheet_init(&s, figures, n);
    bool failed = plot_run(buf_text(&s.script), s.in, n, s.out, n, options, &err) != 0;
    while (begun < n && s.out[begun].begun)
        begun++;
    size_t done = failed && begun ? begun - 1 : begun;
    for (size_t i = 0; i < done; i++)
        keep_picture(d, figures[i], &s.raw[i]);
    if (failed && begun)
        keep_missing(d, figures[done++], &err);
    else if (failed)
        while (done < n)
            keep_missing(d, figures[done++], &err);
    sheet_release(&s);
    return done;
}

void plot_draw(struct document *d, const struct plot_options *options)
{
    struct batch batch = {0};
    collect(d, &batch);
    for (size_t at = 0; at < batch.list.len;)
        at += draw_some(d, &batch.list.at[at], batch.list.len - at, options);
    vec_release(&batch.list);
}
