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

/* Sizes in pixels of 1/96 inch; a PNG has two of its own for each. */
static void put_terminal(const struct figure *f, enum plot_format format, struct buf *out)
{
    switch (format) {
    case PLOT_SVG:
    case PLOT_FORMAT_COUNT:
        buf_printf(out, "set terminal svg size %g,%g font 'sans-serif,14' noenhanced\n", f->width,
                   f->height);
        break;
    case PLOT_PNG:
        buf_printf(out,
                   "set terminal pngcairo size %g,%g font 'sans-serif,10.5' fontscale 2 "
                   "linewidth 2 pointscale 2 background rgb '#ffffff' noenhanced\n",
                   2 * f->width, 2 * f->height);
        break;
    case PLOT_PDF:
        buf_printf(out,
                   "set terminal pdfcairo size %.4gin,%.4gin font 'sans-serif,10.5' "
                   "background rgb '#ffffff' noenhanced\n",
                   f->width / 96, f->height / 96);
        break;
    }
}

void plot_script(const struct figure *f, enum plot_format format, const char *name, struct buf *out)
{
    put_terminal(f, format, out);
    buf_printf(out, "data = '%s.tsv'\nset output '%s.%s'\n", name, name, plot_format_name(format));
    buf_puts(out, f->script);
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
