/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pictures.  To add one: a row in PLOT_TABLE and in PICTURES, its two functions in
 * plot_curves.c, plot_time.c, plot_watch.c or plot_bars.c, a row in `kinds`.  Colours: Okabe and
 * Ito 2008, told apart by people with any colour vision; svg.c gives the page its own shades of
 * them. */
#include "report/plot.h"

#include "report/plot_parts.h"
#include "report/svg.h"

#include <math.h>
#include <string.h>

static const char head[] = "set encoding utf8\n"
                           "set output 'plot.svg'\n"
                           "set datafile separator \"\\t\"\n"
                           "set datafile commentschars ''\n"
                           "set border 3 lc rgb '#788088'\n"
                           "set tics nomirror out scale 0.5 textcolor rgb '#000000'\n"
                           "set grid lc rgb '#dde1e6' lt 1 lw 1 dt solid\n"
                           "set key noautotitle tmargin left horizontal Left reverse samplen 2\n"
                           "set style fill solid 1 noborder\n"
                           "set bars 0.6\n";

void picture_start(struct picture *p, int height)
{
    buf_puts(&p->script, "set terminal svg size ");
    buf_printf(&p->script, "%d,%d font 'sans-serif,14' noenhanced\n%s", (int)PLOT_WIDTH, height,
               head);
}

struct buf *picture_file(struct picture *p, const char *name)
{
    p->name[p->files] = name;
    return &p->file[p->files++];
}

static void put_number(struct buf *out, double x)
{
    if (isfinite(x))
        buf_printf(out, "%.10g", x);
    else
        buf_puts(out, "nan");
}

/* One line of a data file; the label, if any, is its last cell. */
void picture_line(struct buf *out, const double *x, size_t n, const char *label)
{
    for (size_t i = 0; i < n; i++) {
        if (i)
            buf_putc(out, '\t');
        put_number(out, x[i]);
    }
    if (label) {
        buf_putc(out, '\t');
        plot_put_name(out, label);
    }
    buf_putc(out, '\n');
}

static const struct {
    bool (*has)(const struct result *r);
    void (*draw)(struct document *d, const struct result *r, struct picture *p);
} kinds[PLOT_KIND_COUNT] = {
    [PLOT_LOSS] = {loss_has,        loss_draw       },
    [PLOT_IMPROVEMENT] = {improvement_has, improvement_draw},
    [PLOT_FRONTIER] = {frontier_has,    frontier_draw   },
    [PLOT_LABELS] = {labels_has,      labels_draw     },
    [PLOT_STAGES] = {stages_has,      stages_draw     },
    [PLOT_LATENCY] = {latency_has,     latency_draw    },
    [PLOT_BACKLOG] = {backlog_has,     backlog_draw    },
    [PLOT_CALIBRATION] = {calibration_has, calibration_draw},
    [PLOT_LEARNING] = {learning_has,    learning_draw   },
    [PLOT_PLANNER] = {planner_has,     planner_draw    },
    [PLOT_EVIDENCE] = {evidence_has,    evidence_draw   },
    [PLOT_BUDGET] = {budget_has,      budget_draw     },
    [PLOT_TORNADO] = {tornado_has,     tornado_draw    },
};

bool plot_has(enum plot_kind k, const struct result *r)
{
    return kinds[k].has(r);
}

static int draw(const struct picture *p, const struct plot_options *options, struct document *d,
                struct figure *f, struct error *err)
{
    struct plot_file files[PLOT_FILES_MAX];
    struct buf raw, svg;
    buf_init(&raw);
    buf_init(&svg);
    for (size_t i = 0; i < p->files; i++)
        files[i] = (struct plot_file){p->name[i], &p->file[i]};
    int status = plot_run(buf_text(&p->script), files, p->files, options, &raw, err);
    if (status == 0)
        status = svg_clean(buf_text(&raw), raw.len, f->id, &svg, &f->width, &f->height, err);
    if (status == 0)
        f->svg = arena_strndup(&d->arena, buf_text(&svg), svg.len);
    buf_release(&raw);
    buf_release(&svg);
    return status;
}

void plot_add(enum plot_kind k, const struct result *r, const char *label,
              const struct plot_options *options, struct document *d)
{
    plot_add_beside(k, r, label, NULL, NULL, options, d);
}

void plot_add_beside(enum plot_kind k, const struct result *r, const char *label,
                     const struct result *beside, const char *beside_label,
                     const struct plot_options *options, struct document *d)
{
    struct picture p = {.label = label, .beside = beside, .beside_label = beside_label};
    struct error err = {0};
    if (!plot_has(k, r))
        return;
    kinds[k].draw(d, r, &p);
    const char *title = !label   ? p.title
                        : beside ? arena_printf(&d->arena, "%s (%s, and by %s)", p.title, label,
                                                beside_label ? beside_label : "another")
                                 : arena_printf(&d->arena, "%s (%s)", p.title, label);
    struct figure *f =
        document_figure(d, arena_printf(&d->arena, "fig-%s-%zu", plot_name(k), d->tables.len),
                        title, buf_text(&p.about));
    f->data = p.data;
    if (draw(&p, options, d, f, &err)) {
        struct buf clean;
        buf_init(&clean);
        text_clean(&clean, err.text);
        f->missing = arena_strdup(&d->arena, buf_text(&clean));
        buf_release(&clean);
    }
    document_add_figure(d, f);
    for (size_t i = 0; i < p.files; i++)
        buf_release(&p.file[i]);
    buf_release(&p.script);
    buf_release(&p.about);
}
