/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pictures of curves: review load against error, confidence against accuracy, latency. */
#include "report/plot.h"

#include "base/units.h"
#include "report/format.h"
#include "report/plot_parts.h"
#include "report/table.h"

#include <math.h>
#include <string.h>

enum { POINTS_MAX = 2000 };

static void put_points(struct buf *out, const struct curve *c, double scale_x, double scale_y)
{
    size_t step = c->points.len / POINTS_MAX + 1;
    for (size_t i = 0; i < c->points.len; i += step) {
        const struct point *p = &c->points.at[i];
        bool interval = !isnan(p->low) && !isnan(p->high);
        double line[] = {p->x * scale_x, p->y * scale_y, (interval ? p->low : p->y) * scale_y,
                         (interval ? p->high : p->y) * scale_y};
        picture_line(out, line, 4, NULL);
    }
}

static bool has_points(const struct result *r, const char *id)
{
    const struct curve *c = result_curve(r, id);
    return c && c->points.len > 1;
}

/* --- frontier */

static const struct {
    const char *id, *file, *plot, *words;
} frontiers[] = {
    {"frontier",           "plain.tsv",
     "'plain.tsv' using 1:3:4 with filledcurves lc rgb '#56b4e9' fs transparent solid 0.25, "
     "'plain.tsv' using 1:2 with lines lc rgb '#0072b2' lw 2 title 'estimate'",            "estimate"       },
    {"frontier_certified", "certified.tsv",
     "'certified.tsv' using 1:2 with lines lc rgb '#009e73' lw 2 title 'certified bound'", "certified bound"},
    {"frontier_perfect",   "perfect.tsv",
     "'perfect.tsv' using 1:2 with lines lc rgb '#cc79a7' lw 2 title 'perfect ranking'",   "perfect ranking"},
};
enum { N_FRONTIERS = sizeof frontiers / sizeof *frontiers };

bool frontier_has(const struct result *r)
{
    return has_points(r, "frontier");
}

/* Review load, or what it costs? */
static bool is_by_load(const struct result *r)
{
    return !strcmp(result_curve(r, "frontier")->x, "review_load");
}

/* Where the answer, or else the result itself, lies on the picture. */
static bool chosen_point(const struct result *r, double *x, double *y)
{
    const struct metric *load = metrics_find(&r->metrics, result_curve(r, "frontier")->x);
    const struct metric *risk = metrics_find(&r->metrics, result_curve(r, "frontier")->y);
    bool said = r->answer.present && !isnan(r->answer.review_load) && is_by_load(r);
    *x = said ? r->answer.review_load : load ? load->value : NAN;
    *y = r->answer.present && !isnan(r->answer.risk_value) ? r->answer.risk_value
         : risk                                            ? risk->value
                                                           : NAN;
    return isfinite(*x) && isfinite(*y);
}

static bool target_level(const struct result *r, double *y)
{
    struct error ignored = {0};
    enum target_kind kind;
    const struct metric *m = metrics_find(&r->metrics, result_curve(r, "frontier")->y);
    return m && m->target && !strchr(m->target, ',') &&
           units_target(m->target, &kind, y, &ignored) == 0 && kind == TARGET_AT_MOST;
}

static const char *known_words(const char *name, const char *otherwise)
{
    if (!strcmp(name, "auto_error"))
        return "error of what ships unseen (%)";
    if (!strcmp(name, "shipped_error"))
        return "error of what ships (%)";
    if (!strcmp(name, "reliability"))
        return "reliability (%)";
    return otherwise;
}

static struct table *frontier_data(struct document *d, const struct result *r)
{
    struct table *t = table_curve(d, r, result_curve(r, "frontier"));
    size_t columns = t->columns.len;
    bool interval = columns > 2 && !strcmp(t->columns.at[2].title, "low");
    t->caption = "The curves of this picture";
    table_column(d, t, "curve", false);
    size_t rows = t->cells.len / columns;
    struct {
        VEC(struct cell) list;
    } cells = {0};
    for (size_t i = 0; i < rows; i++) {
        for (size_t c = 0; c < columns; c++)
            vec_push(&cells.list, t->cells.at[i * columns + c]);
        vec_push(&cells.list, ((struct cell){.text = frontiers[0].words}));
    }
    t->cells.len = 0;
    for (size_t i = 0; i < cells.list.len; i++)
        vec_push(&t->cells, cells.list.at[i]);
    vec_release(&cells.list);
    for (size_t k = 1; k < N_FRONTIERS; k++) {
        const struct curve *c = result_curve(r, frontiers[k].id);
        size_t step = c ? c->points.len / 60 + 1 : 1;
        for (size_t i = 0; c && i < c->points.len; i += step) {
            const struct point *p = &c->points.at[i];
            double x[] = {p->x, p->y, p->low, p->high};
            for (size_t n = 0; n < (interval ? 4u : 2u); n++) {
                struct buf text;
                buf_init(&text);
                format_number(&text, x[n], 5);
                table_cell(d, t, TONE_PLAIN, buf_text(&text));
                buf_release(&text);
            }
            if (columns == (interval ? 5u : 3u))
                table_cell(d, t, TONE_PLAIN, p->at ? p->at : "");
            table_cell(d, t, TONE_PLAIN, frontiers[k].words);
        }
    }
    return t;
}

/* The interval of an error among the last few items that ship unseen goes up to 1 and would press
 * all else to the ground: the axis ends where the curves need it. */
static double frontier_top(const struct result *r)
{
    double top = 0, x, y;
    for (size_t k = 0; k < N_FRONTIERS; k++) {
        const struct curve *c = result_curve(r, frontiers[k].id);
        for (size_t i = 0; c && i < c->points.len; i++)
            if ((c->points.at[i].x <= 0.5 || !is_by_load(r)) && isfinite(c->points.at[i].y))
                top = fmax(top, c->points.at[i].y);
    }
    if (target_level(r, &y))
        top = fmax(top, y);
    if (chosen_point(r, &x, &y))
        top = fmax(top, y);
    return top > 0 ? fmin(1, 1.5 * top) : 1;
}

void frontier_draw(struct document *d, const struct result *r, struct picture *p)
{
    double x, y, level;
    const struct curve *plain = result_curve(r, "frontier");
    bool at_least = !strcmp(plain->y, "reliability"), by_load = is_by_load(r);
    double scale = by_load ? 100 : 1;
    size_t n = plain->points.len;
    double right = by_load ? 100 : plain->points.at[n - 1].x;
    picture_start(p, 440);
    p->title = by_load ? "Review load against error" : "Cost against error";
    p->data = frontier_data(d, r);
    buf_printf(&p->script, "set xlabel '%s'\nset xrange [0:%.9g]\n",
               by_load ? "review load (%)" : "cost of an item", right);
    buf_printf(&p->script, "set ylabel '%s'\n", known_words(plain->y, "risk (%)"));
    if (!at_least)
        buf_printf(&p->script, "set yrange [0:%.6g]\nplot ", 100 * frontier_top(r));
    else
        buf_puts(&p->script, "set yrange [0:*]\nplot ");
    for (size_t k = 0; k < N_FRONTIERS; k++) {
        if (!has_points(r, frontiers[k].id))
            continue;
        put_points(picture_file(p, frontiers[k].file), result_curve(r, frontiers[k].id), scale,
                   100);
        buf_printf(&p->script, "%s%s", k ? ", " : "", frontiers[k].plot);
    }
    if (r->answer.n_settings > 1)
        buf_printf(&p->about,
                   "Each point of the curve is a choice of %zu settings that no other one beats in "
                   "both: the table names them.",
                   r->answer.n_settings);
    else
        buf_puts(&p->about, "Each point of a curve is a threshold: the more people look at, the "
                            "less error ships unseen.");
    if (target_level(r, &level)) {
        struct buf *line = picture_file(p, "target.tsv");
        picture_line(line, (double[]){0, 100 * level}, 2, NULL);
        picture_line(line, (double[]){right, 100 * level}, 2, NULL);
        buf_puts(&p->script,
                 ", 'target.tsv' using 1:2 with lines lc rgb '#d55e00' dt '-' title 'target'");
        buf_printf(&p->about, " The dashed line is the target, %.3g%%.", 100 * level);
    }
    if (chosen_point(r, &x, &y)) {
        struct buf *chosen = picture_file(p, "chosen.tsv");
        picture_line(chosen, (double[]){scale * x, 100 * y}, 2, NULL);
        buf_printf(&p->script,
                   ", 'chosen.tsv' using 1:2 with points pt 7 ps 1.1 lc rgb '#d55e00' title '%s'",
                   r->answer.present ? "chosen" : "as it is");
        buf_printf(&p->about, " The dot is %s: ",
                   r->answer.present ? "the chosen point" : "the pipeline as it is");
        buf_printf(&p->about, by_load ? "%.3g%% reviewed" : "%.4g an item", scale * x);
        buf_printf(&p->about, ", %.3g%% error", 100 * y);
        if (r->answer.present && !isnan(r->answer.threshold))
            buf_printf(&p->about, ", threshold %.4g", r->answer.threshold);
        buf_puts(&p->about, ".");
    }
    buf_putc(&p->script, '\n');
}

/* --- calibration */

bool calibration_has(const struct result *r)
{
    return has_points(r, "calibration");
}

void calibration_draw(struct document *d, const struct result *r, struct picture *p)
{
    const struct curve *c = result_curve(r, "calibration");
    const struct metric *ece = metrics_find(&r->metrics, "ece");
    const struct metric *mended = metrics_find(&r->metrics, "ece_recalibrated");
    double level = ece && ece->level > 0 ? 100 * ece->level : 95;
    picture_start(p, 460);
    p->title = "Confidence against accuracy";
    p->data = table_curve(d, r, c);
    put_points(picture_file(p, "bins.tsv"), c, 100, 100);
    buf_printf(&p->script,
               "set xrange [0:100]\nset yrange [0:100]\n"
               "set xlabel 'confidence (%%)'\nset ylabel 'right answers (%%)'\n"
               "plot x with lines lc rgb '#788088' dt '-' title 'as confident as right', "
               "'bins.tsv' using 1:2:3:4 with yerrorbars pt 7 ps 0.7 lw 1.5 "
               "lc rgb '#0072b2' title 'bins, with their %.4g%% intervals'",
               level);
    if (has_points(r, "calibration_recalibrated")) {
        put_points(picture_file(p, "mended.tsv"), result_curve(r, "calibration_recalibrated"), 100,
                   100);
        buf_puts(&p->script, ", 'mended.tsv' using 1:2:3:4 with yerrorbars pt 5 ps 0.6 lw 1.5 "
                             "lc rgb '#009e73' title 'recalibrated'");
    }
    buf_putc(&p->script, '\n');
    buf_puts(&p->about, "Dots below the dashed line are answers given with more confidence than "
                        "they deserve.");
    if (ece && isfinite(ece->value))
        buf_printf(&p->about, " Expected calibration error %.3f.", ece->value);
    if (mended)
        buf_printf(&p->about,
                   " Recalibrated, measured on labels that the map was not fitted to: "
                   "%.3f.",
                   mended->value);
}

/* --- review load against labels */

bool labels_has(const struct result *r)
{
    return has_points(r, "load_by_labels");
}

void labels_draw(struct document *d, const struct result *r, struct picture *p)
{
    const struct curve *c = result_curve(r, "load_by_labels");
    const struct point *last = &c->points.at[c->points.len - 1];
    picture_start(p, 340);
    p->title = "Review load against the number of labels";
    p->data = table_curve(d, r, c);
    put_points(picture_file(p, "load.tsv"), c, 1, 100);
    buf_printf(&p->script,
               "set logscale x\nset xrange [%.6g:%.6g]\nset yrange [0:100]\n"
               "set xlabel 'labels'\nset ylabel 'review load (%%)'\n"
               "plot 'load.tsv' using 1:3:4 with filledcurves lc rgb '#56b4e9' fs transparent "
               "solid 0.25, 'load.tsv' using 1:2 with linespoints lc rgb '#0072b2' lw 2 pt 7 ps "
               "0.6 title 'certified at this many labels'\n",
               c->points.at[0].x, 1.05 * last->x);
    buf_printf(&p->about,
               "What would have been reviewed with fewer labels: means over random parts of them, "
               "all items where nothing could be certified. With all %.0f labels it is %.1f%%; "
               "where the curve is still falling, more labels buy less review.",
               last->x, 100 * last->y);
}

/* --- latency */

bool latency_has(const struct result *r)
{
    return has_points(r, "latency_cdf");
}

static const char time_tics[] =
    "set xtics (\"1 µs\" 1e-6, \"10 µs\" 1e-5, \"100 µs\" 1e-4, \"1 ms\" 1e-3, \"10 ms\" 1e-2, "
    "\"100 ms\" 0.1, \"1 s\" 1, \"10 s\" 10, \"100 s\" 100, \"1000 s\" 1000, \"3 h\" 10800, "
    "\"1 d\" 86400, \"10 d\" 864000, \"100 d\" 8640000)\n";
static const char close_tics[] =
    "set xtics (\"1 ms\" 1e-3, \"2 ms\" 2e-3, \"5 ms\" 5e-3, \"10 ms\" 0.01, \"20 ms\" 0.02, "
    "\"50 ms\" 0.05, \"100 ms\" 0.1, \"200 ms\" 0.2, \"500 ms\" 0.5, \"1 s\" 1, \"2 s\" 2, "
    "\"5 s\" 5, \"10 s\" 10, \"20 s\" 20, \"50 s\" 50, \"100 s\" 100, \"200 s\" 200, "
    "\"500 s\" 500, \"1000 s\" 1000, \"1 h\" 3600, \"2 h\" 7200, \"5 h\" 18000, \"12 h\" 43200, "
    "\"1 d\" 86400, \"2 d\" 172800, \"5 d\" 432000)\n";

static const struct {
    const char *name, *words;
    double share;
} marks[] = {
    {"latency_p50", "p50", 50},
    {"latency_p90", "p90", 90},
    {"latency_p95", "p95", 95},
    {"latency_p99", "p99", 99}
};
enum { MARKS = sizeof marks / sizeof *marks };

/* time share low high label */
static void put_marks(const struct result *r, struct buf *out, struct buf *about, size_t skip)
{
    const char *before = "";
    for (size_t i = 0; i < MARKS; i++) {
        const struct metric *m = metrics_find(&r->metrics, marks[i].name);
        struct buf label;
        if (i == skip || !m || !(m->value > 0) || !isfinite(m->value))
            continue;
        buf_init(&label);
        buf_printf(&label, " %s ", marks[i].words);
        format_value(&label, m, NULL);
        bool interval = m->low > 0 && isfinite(m->high);
        picture_line(out,
                     (double[]){m->value, marks[i].share, interval ? m->low : m->value,
                                interval ? m->high : m->value},
                     4, buf_text(&label));
        buf_printf(about, "%s %s ", before, marks[i].words);
        format_both(about, m, NULL);
        before = ",";
        buf_release(&label);
    }
    buf_puts(about, out->len ? "." : "");
}

bool plot_beside(const struct result *r)
{
    const struct metric *m = metrics_find(&r->metrics, "latency_p50");
    return m && m->value > 0 && isfinite(m->value);
}

static void put_cdf(struct buf *out, const struct curve *c, double *low, double *high)
{
    for (size_t i = 0; c && i < c->points.len; i++) {
        const struct point *at = &c->points.at[i];
        if (!(at->x > 0) || !isfinite(at->x))
            continue;
        picture_line(out, (double[]){at->x, 100 * at->y}, 2, NULL);
        *low = fmin(*low, at->x);
        *high = fmax(*high, at->x);
    }
}

/* A line where there is a curve, dots where there are percentiles alone. */
static void latency_beside(struct document *d, struct picture *p, double *low, double *high)
{
    const char *name = p->beside_label ? p->beside_label : "the other";
    struct buf *line = picture_file(p, "beside.tsv"), *dots = picture_file(p, "besidemarks.tsv");
    put_cdf(line, result_curve(p->beside, "latency_cdf"), low, high);
    buf_printf(&p->about, " By %s:", name);
    put_marks(p->beside, dots, &p->about, SIZE_MAX);
    for (size_t i = 0; i < MARKS; i++) {
        const struct metric *m = metrics_find(&p->beside->metrics, marks[i].name);
        *high = m && isfinite(m->high) ? fmax(*high, m->high) : *high;
        if (!m)
            continue;
        table_cell(d, p->data, TONE_PLAIN, arena_printf(&d->arena, "%.5g", m->value));
        table_cell(d, p->data, TONE_PLAIN, arena_printf(&d->arena, "%.5g", marks[i].share / 100));
        for (size_t k = 2; k + 1 < p->data->columns.len; k++)
            table_cell(d, p->data, TONE_PLAIN, "");
        table_cell(d, p->data, TONE_PLAIN, name);
    }
}

/* Adds a last column that says whose line a point is of. */
static struct table *with_source(struct document *d, struct table *t, const char *source)
{
    struct table *wide = document_table(d, t->caption);
    wide->note = t->note;
    for (size_t c = 0; c < t->columns.len; c++)
        vec_push(&wide->columns, t->columns.at[c]);
    table_column(d, wide, "of", false);
    for (size_t i = 0; i < t->cells.len; i++) {
        vec_push(&wide->cells, t->cells.at[i]);
        if ((i + 1) % t->columns.len == 0)
            table_cell(d, wide, TONE_PLAIN, source);
    }
    return wide;
}

/* For the key of a picture: our own words alone, since scripts hold no text of a result. */
static const char *way_of(const struct result *r)
{
    static const struct {
        const char *command, *words;
    } ways[] = {
        {"replay",   "as logged"},
        {"simulate", "simulated"},
        {"solve",    "solved"   },
        {"run",      "as run"   }
    };
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        if (!strcmp(r->command, ways[i].command))
            return ways[i].words;
    return "the other";
}

static void latency_axes(struct picture *p, double low, double high)
{
    buf_puts(&p->script, high / low < 3000 ? close_tics : time_tics);
    buf_puts(&p->script, "set logscale x\nset yrange [0:100]\nset xlabel 'latency (log scale)'\n"
                         "set ylabel 'items done by then (%)'\n");
    if (high > low)
        buf_printf(&p->script, "set xrange [%.6g:%.6g]\n", low / 1.05, high * 1.3);
}

void latency_draw(struct document *d, const struct result *r, struct picture *p)
{
    const struct curve *c = result_curve(r, "latency_cdf");
    double low = INFINITY, high = 0;
    picture_start(p, 400);
    p->title = "How long items take";
    p->data = table_curve(d, r, c);
    if (p->beside)
        p->data = with_source(d, p->data, p->label ? p->label : "");
    put_cdf(picture_file(p, "cdf.tsv"), c, &low, &high);
    struct buf *own = picture_file(p, "marks.tsv");
    buf_puts(&p->about, "Share of the shipped items that are done within the time on the axis:");
    put_marks(r, own, &p->about, 1);
    if (p->beside)
        latency_beside(d, p, &low, &high);
    latency_axes(p, low, high);
    buf_puts(&p->script, "plot 'cdf.tsv' using 1:2 with lines lc rgb '#0072b2' lw 2");
    if (p->beside)
        buf_printf(&p->script, " title '%s'", way_of(r));
    if (p->beside && p->file[2].len)
        buf_printf(&p->script,
                   ", 'beside.tsv' using 1:2 with lines lc rgb '#009e73' lw 2 dt '-' title '%s'",
                   way_of(p->beside));
    else if (p->beside && p->file[3].len)
        buf_printf(&p->script,
                   ", 'besidemarks.tsv' using 1:2:3:4 with xerrorbars pt 6 ps 0.9 lw 1.5 "
                   "lc rgb '#d55e00' title '%s: p50, p90, p95, p99'",
                   way_of(p->beside));
    if (own->len && !p->beside)
        buf_puts(&p->script,
                 ", 'marks.tsv' using 1:2:3:4 with xerrorbars pt 7 ps 0.8 lw 1.5 lc rgb '#d55e00', "
                 "'' using 1:($2==95 ? NaN : $2):5 with labels left offset 0.6,-0.9 "
                 "textcolor rgb '#000000', "
                 "'' using 1:($2==95 ? $2 : NaN):5 with labels right offset -0.8,0 "
                 "textcolor rgb '#000000'");
    buf_putc(&p->script, '\n');
}
