/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pictures.  To add one: a row in PLOT_TABLE, a function that fills a struct picture, a row in
 * `kinds`.  Scripts are put together from the fixed texts below and our own numbers; whatever
 * comes from a result goes into the data files.  Colours: Okabe and Ito 2008, told apart by people
 * with any colour vision; svg.c gives the page its own shades of them. */
#include "report/plot.h"

#include "report/format.h"
#include "report/svg.h"
#include "report/table.h"

#include <math.h>
#include <string.h>

enum { FILES_MAX = 5, BAR_HEIGHT = 30, POINTS_MAX = 2000 };

struct picture {
    const char *title;
    struct buf script, about;
    struct buf file[FILES_MAX];
    const char *name[FILES_MAX];
    size_t files;
    struct table *data;
    const char *label;           /* of the result; NULL */
    const struct result *beside; /* NULL */
    const char *beside_label;
};

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

static void start(struct picture *p, int height)
{
    buf_puts(&p->script, "set terminal svg size ");
    buf_printf(&p->script, "%d,%d font 'sans-serif,14' noenhanced\n%s", (int)PLOT_WIDTH, height,
               head);
}

static struct buf *add_file(struct picture *p, const char *name)
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
static void put_line(struct buf *out, const double *x, size_t n, const char *label)
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

static void put_points(struct buf *out, const struct curve *c, double scale_x, double scale_y)
{
    size_t step = c->points.len / POINTS_MAX + 1;
    for (size_t i = 0; i < c->points.len; i += step) {
        const struct point *p = &c->points.at[i];
        bool interval = !isnan(p->low) && !isnan(p->high);
        double line[] = {p->x * scale_x, p->y * scale_y, (interval ? p->low : p->y) * scale_y,
                         (interval ? p->high : p->y) * scale_y};
        put_line(out, line, 4, NULL);
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

static bool frontier_has(const struct result *r)
{
    return has_points(r, "frontier");
}

/* Where the answer, or else the result itself, lies on the picture. */
static bool chosen_point(const struct result *r, double *x, double *y)
{
    const struct metric *load = metrics_find(&r->metrics, "review_load");
    const struct metric *risk = metrics_find(&r->metrics, result_curve(r, "frontier")->y);
    *x = r->answer.present && !isnan(r->answer.review_load) ? r->answer.review_load
         : load                                             ? load->value
                                                            : NAN;
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
            if (c->points.at[i].x <= 0.5 && isfinite(c->points.at[i].y))
                top = fmax(top, c->points.at[i].y);
    }
    if (target_level(r, &y))
        top = fmax(top, y);
    if (chosen_point(r, &x, &y))
        top = fmax(top, y);
    return top > 0 ? fmin(1, 1.5 * top) : 1;
}

static void frontier_draw(struct document *d, const struct result *r, struct picture *p)
{
    double x, y, level;
    const struct curve *plain = result_curve(r, "frontier");
    bool at_least = !strcmp(plain->y, "reliability");
    start(p, 440);
    p->title = "Review load against error";
    p->data = frontier_data(d, r);
    buf_puts(&p->script, "set xlabel 'review load (%)'\nset xrange [0:100]\n");
    buf_printf(&p->script, "set ylabel '%s'\n", known_words(plain->y, "risk (%)"));
    if (!at_least)
        buf_printf(&p->script, "set yrange [0:%.6g]\nplot ", 100 * frontier_top(r));
    else
        buf_puts(&p->script, "set yrange [0:*]\nplot ");
    for (size_t k = 0; k < N_FRONTIERS; k++) {
        if (!has_points(r, frontiers[k].id))
            continue;
        put_points(add_file(p, frontiers[k].file), result_curve(r, frontiers[k].id), 100, 100);
        buf_printf(&p->script, "%s%s", k ? ", " : "", frontiers[k].plot);
    }
    buf_puts(&p->about, "Each point of a curve is a threshold: the more people look at, the less "
                        "error ships unseen.");
    if (target_level(r, &level)) {
        struct buf *line = add_file(p, "target.tsv");
        put_line(line, (double[]){0, 100 * level}, 2, NULL);
        put_line(line, (double[]){100, 100 * level}, 2, NULL);
        buf_puts(&p->script,
                 ", 'target.tsv' using 1:2 with lines lc rgb '#d55e00' dt '-' title 'target'");
        buf_printf(&p->about, " The dashed line is the target, %.3g%%.", 100 * level);
    }
    if (chosen_point(r, &x, &y)) {
        struct buf *chosen = add_file(p, "chosen.tsv");
        put_line(chosen, (double[]){100 * x, 100 * y}, 2, NULL);
        buf_printf(&p->script,
                   ", 'chosen.tsv' using 1:2 with points pt 7 ps 1.1 lc rgb '#d55e00' title '%s'",
                   r->answer.present ? "chosen" : "as it is");
        buf_printf(&p->about, " The dot is %s: %.3g%% reviewed, %.3g%% error",
                   r->answer.present ? "the chosen point" : "the pipeline as it is", 100 * x,
                   100 * y);
        if (r->answer.present && !isnan(r->answer.threshold))
            buf_printf(&p->about, ", threshold %.4g", r->answer.threshold);
        buf_puts(&p->about, ".");
    }
    buf_putc(&p->script, '\n');
}

/* --- calibration */

static bool calibration_has(const struct result *r)
{
    return has_points(r, "calibration");
}

static void calibration_draw(struct document *d, const struct result *r, struct picture *p)
{
    const struct curve *c = result_curve(r, "calibration");
    const struct metric *ece = metrics_find(&r->metrics, "ece");
    start(p, 460);
    p->title = "Confidence against accuracy";
    p->data = table_curve(d, r, c);
    put_points(add_file(p, "bins.tsv"), c, 100, 100);
    buf_puts(&p->script, "set xrange [0:100]\nset yrange [0:100]\n"
                         "set xlabel 'confidence (%)'\nset ylabel 'right answers (%)'\n"
                         "plot x with lines lc rgb '#788088' dt '-' title 'as confident as right', "
                         "'bins.tsv' using 1:2:3:4 with yerrorbars pt 7 ps 0.7 lw 1.5 "
                         "lc rgb '#0072b2' title 'bins, with their 95% intervals'\n");
    buf_puts(&p->about, "Dots below the dashed line are answers given with more confidence than "
                        "they deserve.");
    if (ece && isfinite(ece->value))
        buf_printf(&p->about, " Expected calibration error %.3f.", ece->value);
}

/* --- latency */

static bool latency_has(const struct result *r)
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
        put_line(out,
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
        put_line(out, (double[]){at->x, 100 * at->y}, 2, NULL);
        *low = fmin(*low, at->x);
        *high = fmax(*high, at->x);
    }
}

/* A line where there is a curve, dots where there are percentiles alone. */
static void latency_beside(struct document *d, struct picture *p, double *low, double *high)
{
    const char *name = p->beside_label ? p->beside_label : "the other";
    struct buf *line = add_file(p, "beside.tsv"), *dots = add_file(p, "besidemarks.tsv");
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

static void latency_draw(struct document *d, const struct result *r, struct picture *p)
{
    const struct curve *c = result_curve(r, "latency_cdf");
    double low = INFINITY, high = 0;
    start(p, 400);
    p->title = "How long items take";
    p->data = table_curve(d, r, c);
    if (p->beside)
        p->data = with_source(d, p->data, p->label ? p->label : "");
    put_cdf(add_file(p, "cdf.tsv"), c, &low, &high);
    struct buf *own = add_file(p, "marks.tsv");
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

/* --- bars: one for each stage or parameter, in the order of the flow */

static const char bar_plot[] =
    "set yrange [*:*] reverse\nset offsets 0,0,0.6,0.6\nset grid noytics xtics\n"
    "set border 1 lc rgb '#788088'\nset tics scale 0\nset key off\n";

static bool any_value(const struct row *rows, size_t n, const char *name)
{
    size_t known = 0;
    for (size_t i = 0; i < n; i++) {
        const struct metric *m = metrics_find(&rows[i].metrics, name);
        known += m && isfinite(m->value);
    }
    return known > 0;
}

/* bars.tsv: row value name; whiskers.tsv: row value low high, where there is an interval. */
static size_t put_stage_bars(struct picture *p, const struct result *r, const char *name,
                             struct document *d, struct table *t)
{
    struct buf *bars = add_file(p, "bars.tsv"), *whiskers = add_file(p, "whiskers.tsv");
    size_t rows = 0;
    for (size_t i = 0; i < r->stages.len; i++) {
        const struct row *row = &r->stages.at[i];
        const struct metric *m = metrics_find(&row->metrics, name);
        if (!m || !isfinite(m->value))
            continue;
        put_line(bars, (double[]){(double)rows, 100 * m->value}, 2, row->id);
        if (isfinite(m->low) && isfinite(m->high) && m->low < m->high)
            put_line(whiskers,
                     (double[]){(double)rows, 100 * m->value, 100 * m->low, 100 * m->high}, 4,
                     NULL);
        struct buf text;
        buf_init(&text);
        format_both(&text, m, r->currency);
        table_cell(d, t, TONE_PLAIN, row->id);
        table_cell(d, t, TONE_PLAIN, buf_text(&text));
        buf_release(&text);
        rows++;
    }
    return rows;
}

/* Ends the plot command; the whiskers lie over what is drawn already. */
static void end_bars(struct picture *p, const char *whiskers)
{
    if (p->file[1].len)
        buf_printf(&p->script, ", 'whiskers.tsv' using 2:1:3:4 with xerrorbars %s", whiskers);
    buf_putc(&p->script, '\n');
}

static struct table *bar_table(struct document *d, const char *caption, const char *value)
{
    struct table *t = document_table(d, caption);
    table_column(d, t, "stage", false);
    table_column(d, t, value, true);
    return t;
}

static bool improvement_has(const struct result *r)
{
    return any_value(r->stages.at, r->stages.len, "loss") ||
           any_value(r->stages.at, r->stages.len, "improvement");
}

static void improvement_draw(struct document *d, const struct result *r, struct picture *p)
{
    bool loss = any_value(r->stages.at, r->stages.len, "loss");
    p->title = loss ? "Reliability lost at each stage" : "What a perfect stage would give";
    p->data = bar_table(d, p->title, loss ? "loss" : "improvement");
    size_t rows = put_stage_bars(p, r, loss ? "loss" : "improvement", d, p->data);
    start(p, (int)rows * BAR_HEIGHT + 90);
    buf_puts(&p->script, bar_plot);
    buf_puts(&p->script, loss ? "set xlabel 'percentage points of reliability (Shapley value)'\n"
                              : "set xlabel 'percentage points of reliability gained'\n");
    buf_puts(&p->script, "plot 'bars.tsv' using 2:1:(0):2:($1-0.32):($1+0.32):ytic(3) "
                         "with boxxyerror lc rgb '#0072b2'");
    end_bars(p, "pt 0 lw 1.5 lc rgb '#000000'");
    buf_puts(&p->about, loss ? "The losses of all stages add up to what separates this pipeline "
                               "from a perfect one."
                             : "How much the reliability of the whole would rise if this stage "
                               "alone never failed. The longest bar is where work pays most.");
}

static const char *stage_metric(const struct result *r)
{
    return any_value(r->stages.at, r->stages.len, "success_rate") ? "success_rate" : "ok_rate";
}

static bool stages_has(const struct result *r)
{
    return any_value(r->stages.at, r->stages.len, "success_rate") ||
           any_value(r->stages.at, r->stages.len, "ok_rate");
}

static void stages_draw(struct document *d, const struct result *r, struct picture *p)
{
    const char *name = stage_metric(r);
    bool visits = !strcmp(name, "success_rate");
    p->title = visits ? "Visits that end visibly well" : "Attempts that end well";
    p->data = bar_table(d, p->title, visits ? "success rate" : "ok rate");
    size_t rows = put_stage_bars(p, r, name, d, p->data);
    start(p, (int)rows * BAR_HEIGHT + 90);
    buf_puts(&p->script, bar_plot);
    buf_printf(&p->script, "set xlabel '%s that end well (%%)'\nset xrange [*:100]\n",
               visits ? "visits" : "attempts");
    buf_puts(&p->script,
             "plot 'bars.tsv' using 2:1:ytic(3) with points pt 7 ps 0.9 lc rgb '#0072b2'");
    end_bars(p, "pt 7 ps 0.9 lw 1.5 lc rgb '#0072b2'");
    buf_puts(&p->about, "Each dot is a stage, the line through it the interval of its rate. Silent "
                        "mistakes do not show here: only what the pipeline can see.");
}

/* --- where items are lost: a waterfall from all items down to the right answers */

static double share(const struct result *r, const char *name)
{
    const struct metric *m = metrics_find(&r->metrics, name);
    return m && isfinite(m->value) ? m->value : NAN;
}

static bool loss_has(const struct result *r)
{
    double lost = share(r, "share_wrong");
    return isfinite(share(r, "reliability")) && isfinite(lost);
}

struct fall {
    struct document *d;
    struct picture *p;
    struct buf *totals, *falls;
    double level;
    size_t rows;
};

/* columns: place from to label-place text name */
static void fall_row(struct fall *f, double from, double to, const char *label, double value)
{
    struct buf text, *out = to > from ? f->totals : f->falls;
    buf_init(&text);
    buf_printf(&text, fabs(value) < 1e-4 ? "%.2g%%" : "%.2f%%", 100 * value);
    put_line(out, (double[]){(double)f->rows, 100 * from, 100 * to, 100 * fmax(from, to)}, 4,
             buf_text(&text));
    out->len--;
    buf_putc(out, '\t');
    plot_put_name(out, label);
    buf_putc(out, '\n');
    table_cell(f->d, f->p->data, TONE_PLAIN, label);
    table_cell(f->d, f->p->data, TONE_PLAIN, buf_text(&text));
    f->rows++;
    buf_release(&text);
}

static void fall_by(struct fall *f, const char *label, double value)
{
    if (!(value > 0))
        return;
    fall_row(f, f->level, f->level - value, label, -value);
    f->level -= value;
}

/* The exits of the stages, then what of the total they do not tell. */
static void fall_by_stage(struct fall *f, const struct result *r, const char *exit,
                          const char *total, const char *words)
{
    double left = share(r, total);
    for (size_t i = 0; i < r->stages.len; i++) {
        const struct metric *m = metrics_find(&r->stages.at[i].metrics, exit);
        if (!m || !(m->value > 0))
            continue;
        fall_by(f, arena_printf(&f->d->arena, "%s: %s", r->stages.at[i].id, words), m->value);
        left -= m->value;
    }
    if (left > 1e-9)
        fall_by(f, words, left);
}

static void loss_draw(struct document *d, const struct result *r, struct picture *p)
{
    struct fall f = {.d = d, .p = p, .level = 1};
    f.totals = add_file(p, "totals.tsv");
    f.falls = add_file(p, "falls.tsv");
    p->title = "Where items are lost";
    p->data = document_table(d, p->title);
    table_column(d, p->data, "step", false);
    table_column(d, p->data, "share of all items", true);
    fall_row(&f, 0, 1, "all items", 1);
    fall_by_stage(&f, r, "exit_fail", "share_failed", "fails");
    fall_by_stage(&f, r, "exit_reject", "share_rejected", "rejected");
    fall_by_stage(&f, r, "exit_abandon", "share_abandoned", "gives up");
    fall_by(&f, "unfinished", share(r, "share_unfinished"));
    fall_by(&f, "shipped, but wrong", share(r, "share_wrong"));
    fall_row(&f, 0, share(r, "reliability"), "right answers", share(r, "reliability"));
    start(p, (int)f.rows * BAR_HEIGHT + 90);
    buf_puts(&p->script, bar_plot);
    buf_puts(&p->script, "set xlabel 'share of all items (%)'\nset xrange [0:115]\n"
                         "set xtics 0,20,100\n"
                         "plot 'totals.tsv' using 2:1:2:3:($1-0.32):($1+0.32):ytic(6) with "
                         "boxxyerror lc rgb '#0072b2', "
                         "'' using 4:1:5 with labels left offset 0.5,0 textcolor rgb '#000000'");
    if (f.falls->len)
        buf_puts(&p->script,
                 ", 'falls.tsv' using 2:1:3:2:($1-0.32):($1+0.32):ytic(6) with boxxyerror "
                 "lc rgb '#d55e00', "
                 "'' using 4:1:5 with labels left offset 0.5,0 textcolor rgb '#000000'");
    buf_putc(&p->script, '\n');
    buf_puts(&p->about, "From all items down to those that end right: what fails in sight, what is "
                        "rejected, and what ships although it is wrong.");
}

/* --- tornado */

static bool tornado_has(const struct result *r)
{
    return r->sensitivities.len > 0;
}

static void tornado_draw(struct document *d, const struct result *r, struct picture *p)
{
    enum { MOST = 12 };
    struct buf *out = add_file(p, "bars.tsv");
    bool *taken = mem_zero(r->sensitivities.len, sizeof *taken);
    const char *metric = r->sensitivities.at[0].metric;
    size_t rows = 0;
    for (size_t i = 0; i < r->sensitivities.len; i++)
        if (!strcmp(r->sensitivities.at[i].metric, "reliability"))
            metric = r->sensitivities.at[i].metric;
    for (; rows < MOST; rows++) {
        const struct sensitivity *best = NULL;
        size_t at = 0;
        for (size_t i = 0; i < r->sensitivities.len; i++) {
            const struct sensitivity *s = &r->sensitivities.at[i];
            if (taken[i] || strcmp(s->metric, metric) || !isfinite(s->value) || s->value == 0)
                continue;
            if (!best || fabs(s->value) > fabs(best->value)) {
                best = s;
                at = i;
            }
        }
        if (!best)
            break;
        taken[at] = true;
        put_line(out, (double[]){best->value}, 1, best->parameter);
    }
    mem_free(taken);
    start(p, (int)rows * BAR_HEIGHT + 90);
    p->title = "What the result is most sensitive to";
    p->data = table_sensitivities(d, r, 40);
    buf_puts(&p->script, bar_plot);
    buf_puts(&p->script, "set xlabel 'change of the result for a change of 1 in the parameter'\n"
                         "set xzeroaxis\nset arrow 1 from 0,graph 0 to 0,graph 1 nohead "
                         "lc rgb '#788088'\n"
                         "plot 'bars.tsv' using 1:0:(0):1:($0-0.32):($0+0.32):ytic(2) with "
                         "boxxyerror lc rgb '#0072b2'\n");
    buf_puts(&p->about, "Partial derivatives: a bar to the left is a parameter that lowers ");
    format_name(&p->about, metric);
    buf_puts(&p->about, " as it grows. The longest bars are where better data, or better work, "
                        "change the answer most.");
}

static const struct {
    bool (*has)(const struct result *r);
    void (*draw)(struct document *d, const struct result *r, struct picture *p);
} kinds[PLOT_KIND_COUNT] = {
    [PLOT_LOSS] = {loss_has,        loss_draw       },
    [PLOT_IMPROVEMENT] = {improvement_has, improvement_draw},
    [PLOT_FRONTIER] = {frontier_has,    frontier_draw   },
    [PLOT_STAGES] = {stages_has,      stages_draw     },
    [PLOT_LATENCY] = {latency_has,     latency_draw    },
    [PLOT_CALIBRATION] = {calibration_has, calibration_draw},
    [PLOT_TORNADO] = {tornado_has,     tornado_draw    },
};

bool plot_has(enum plot_kind k, const struct result *r)
{
    return kinds[k].has(r);
}

static int draw(const struct picture *p, const struct plot_options *options, struct document *d,
                struct figure *f, struct error *err)
{
    struct plot_file files[FILES_MAX];
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
