/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pictures.  To add one: a row in PLOT_TABLE and in PICTURES, its two functions in
 * plot_curves.c, plot_time.c, plot_watch.c, plot_sides.c or plot_bars.c, a row in `kinds`. Colours:
 * Okabe and Ito 2008, told apart by people with any colour vision, those of lines dark enough for
 * 3:1 on white; svg.c gives the page its own shades of them.  Layers are areas that touch, so
 * theirs are a ladder of lightness: told apart in grey (L* 10 apart) and without red or green
 * (Machado, Oliveira and Fernandes 2009: at least 20 apart in CIELAB). */
#include "report/plot.h"

#include "model/pipeline.h"
#include "report/flow.h"
#include "report/plot_parts.h"

#include <math.h>
#include <string.h>

static const char head[] = "set encoding utf8\n"
                           "set datafile separator \"\\t\"\n"
                           "set datafile commentschars ''\n"
                           "set datafile columnheaders\n"
                           "set border 3 lc rgb '#788088'\n"
                           "set tics nomirror out scale 0.5 textcolor rgb '#000000'\n"
                           "set grid lc rgb '#dde1e6' lt 1 lw 1 dt solid\n"
                           "set minussign\n"
                           "set key noautotitle tmargin left horizontal Left reverse samplen 2\n"
                           "set style fill solid 1 noborder\n"
                           "set bars 0.6\n";

const struct picture_look picture_look[PICTURE_LINES] = {
    {"#0072b2", "solid", 7 },
    {"#b87a00", "'-'",   5 },
    {"#009e73", "'_.'",  9 },
    {"#b8528f", "'-..'", 13}
};

const struct layer_look layer_look[LAYER_COUNT] = {
    [LAYER_DATA] = {"#74bdec", "--data",     false},
    [LAYER_TOOL] = {"#f5cd58", "--tool",     false},
    [LAYER_MODEL] = {"#15835f", "--model",    true },
    [LAYER_AGENT] = {"#1b5592", "--agent",    true },
    [LAYER_HUMAN] = {"#df6d1a", "--human",    false},
    [LAYER_FEEDBACK] = {"#5e2057", "--feedback", true },
};

static const struct {
    bool (*has)(const struct result *r);
    void (*draw)(struct document *d, const struct result *r, struct picture *p);
} kinds[PLOT_KIND_COUNT] = {
    [PLOT_FLOW] = {flow_has,        NULL            },
    [PLOT_LOSS] = {loss_has,        loss_draw       },
    [PLOT_IMPROVEMENT] = {improvement_has, improvement_draw},
    [PLOT_LAYERS] = {layers_has,      layers_draw     },
    [PLOT_COST] = {cost_has,        cost_draw       },
    [PLOT_FRONTIER] = {frontier_has,    frontier_draw   },
    [PLOT_LABELS] = {labels_has,      labels_draw     },
    [PLOT_STAGES] = {stages_has,      stages_draw     },
    [PLOT_LATENCY] = {latency_has,     latency_draw    },
    [PLOT_PERCENTILES] = {percentiles_has, percentiles_draw},
    [PLOT_BACKLOG] = {backlog_has,     backlog_draw    },
    [PLOT_CALIBRATION] = {calibration_has, calibration_draw},
    [PLOT_LEARNING] = {learning_has,    learning_draw   },
    [PLOT_PLANNER] = {planner_has,     planner_draw    },
    [PLOT_COVERAGE] = {coverage_has,    coverage_draw   },
    [PLOT_REPEATS] = {repeats_has,     repeats_draw    },
    [PLOT_EVIDENCE] = {evidence_has,    evidence_draw   },
    [PLOT_BUDGET] = {budget_has,      budget_draw     },
    [PLOT_TORNADO] = {tornado_has,     tornado_draw    },
};

const struct plot_def *plot_def(enum plot_kind k)
{
    static const struct plot_def defs[] = {
#define X(id, name, what, needs) {name, what, needs},
        PLOT_TABLE(X)
#undef X
    };
    return &defs[k];
}

void picture_start(struct picture *p, int height)
{
    p->height = height;
    buf_puts(&p->script, head);
}

struct buf *picture_block(struct picture *p, const char *name, const char *heads, const char *label)
{
    struct buf *out = &p->block[p->blocks];
    p->name[p->blocks++] = name;
    buf_puts(out, heads);
    if (label) {
        buf_putc(out, '\t');
        plot_put_name(out, label);
    }
    buf_putc(out, '\n');
    return out;
}

bool picture_filled(const struct buf *block)
{
    const char *end = block->len ? memchr(block->data, '\n', block->len) : NULL;
    return end && end + 1 < block->data + block->len;
}

double picture_step(double x)
{
    double power = pow(10, floor(log10(x)));
    return power * (x <= power ? 1 : x <= 2 * power ? 2 : x <= 5 * power ? 5 : 10);
}

/* 1, 2 and 5 times powers of ten where there are few of them; 20,000 as 20k. */
void picture_log_axis(struct picture *p, char axis, double low, double high)
{
    static const char *const units[] = {"", "k", "M", "G", "T"};
    static const int mantissa[] = {1, 2, 5};
    double decades = log10(high / low);
    int most = decades < 2.3 ? 3 : 1, every = decades > 9 ? 3 : 1;
    const char *between = "";
    buf_printf(&p->script, "set logscale %c\nset %ctics (", axis, axis);
    for (int e = (int)floor(log10(low)); e <= (int)ceil(log10(high)); e++)
        for (int k = 0; k < most && e % every == 0; k++) {
            double x = mantissa[k] * pow(10, e);
            int unit = e < 3 || high < 1e4 ? 0 : e / 3;
            if (x < 0.999 * low || x > 1.05 * high)
                continue;
            if (unit < (int)(sizeof units / sizeof *units))
                buf_printf(&p->script, "%s\"%.6g%s\" %.6g", between, x / pow(1000, unit),
                           units[unit], x);
            else
                buf_printf(&p->script, "%s%.6g", between, x);
            between = ", ";
        }
    buf_puts(&p->script, ")\n");
}

const char *picture_currency(const struct result *r)
{
    static const char *const signs[][2] = {
        {"$",   " ($)"  },
        {"€", " (€)"},
        {"£",  " (£)" },
        {"¥",  " (¥)" },
        {"USD", " (USD)"},
        {"EUR", " (EUR)"},
        {"GBP", " (GBP)"}
    };
    const char *own = r->currency ? r->currency : "$";
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (!strcmp(own, signs[i][0]))
            return signs[i][1];
    return "";
}

static void put_number(struct buf *out, double x)
{
    if (isfinite(x))
        buf_printf(out, "%.10g", x);
    else
        buf_puts(out, "nan");
}

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

/* The block whose name stands in quotes at `at`; p->blocks when it is none. */
static size_t block_at(const struct picture *p, const char *at, size_t *len)
{
    const char *close = *at == '\'' ? strchr(at + 1, '\'') : NULL;
    size_t i = 0;
    if (!close || strncmp(close + 1, " using", 6) != 0)
        return p->blocks;
    *len = (size_t)(close + 1 - at);
    while (i < p->blocks &&
           (strlen(p->name[i]) + 2 != *len || strncmp(p->name[i], at + 1, *len - 2) != 0))
        i++;
    return i;
}

/* 'bars' becomes `data index 0`, and '' where a block may stand the one before. */
static void put_script(struct buf *out, const struct picture *p)
{
    size_t last = 0, len = 0;
    for (const char *at = buf_text(&p->script); *at;) {
        size_t i = block_at(p, at, &len);
        if (i == p->blocks && !strncmp(at, "'' using", 8)) {
            i = last;
            len = 2;
        }
        if (i < p->blocks) {
            buf_printf(out, "data index %zu", i);
            at += len;
            last = i;
        } else {
            buf_putc(out, *at++);
        }
    }
}

void picture_source(struct document *d, struct picture *p, struct figure *f)
{
    struct buf script, points;
    buf_init(&script);
    buf_init(&points);
    put_script(&script, p);
    for (size_t i = 0; i < p->blocks; i++) {
        buf_puts(&points, i ? "\n\n" : "");
        buf_add(&points, p->block[i].data, p->block[i].len);
        if (!picture_filled(&p->block[i])) /* else the next block would take its number */
            buf_puts(&points, "nan\n");
        buf_release(&p->block[i]);
    }
    f->script = arena_strndup(&d->arena, buf_text(&script), script.len);
    f->points = arena_strndup(&d->arena, buf_text(&points), points.len);
    buf_release(&script);
    buf_release(&points);
    buf_release(&p->script);
    buf_release(&p->about);
}

/* The figure of a picture: its title, description, data, script and points; frees the picture's
 * parts. */
static struct figure *picture_figure(struct document *d, struct picture *p, const char *id,
                                     const char *title)
{
    struct figure *f = document_figure(d, id, title, buf_text(&p->about));
    f->data = p->data;
    f->width = PLOT_WIDTH;
    f->height = p->height;
    picture_source(d, p, f);
    return f;
}

bool plot_has(enum plot_kind k, const struct result *r)
{
    return kinds[k].has(r);
}

void plot_add(enum plot_kind k, const struct result *r, const char *label, struct document *d)
{
    plot_add_beside(k, r, label, NULL, NULL, d);
}

void plot_add_beside(enum plot_kind k, const struct result *r, const char *label,
                     const struct result *beside, const char *beside_label, struct document *d)
{
    struct picture p = {.label = label, .beside = beside, .beside_label = beside_label};
    if (!plot_has(k, r))
        return;
    if (k == PLOT_FLOW) {
        flow_add(r, label, d);
        return;
    }
    kinds[k].draw(d, r, &p);
    const char *title = !label   ? p.title
                        : beside ? arena_printf(&d->arena, "%s (%s, and by %s)", p.title, label,
                                                beside_label ? beside_label : "another")
                                 : arena_printf(&d->arena, "%s (%s)", p.title, label);
    document_add_figure(
        d, picture_figure(d, &p,
                          arena_printf(&d->arena, "fig-%s-%zu", plot_def(k)->name, d->tables.len),
                          title));
}
