/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pictures of what was expected and what came: the windows of a backtest, and tasks that are run
 * again and again. */
#include "report/plot.h"

#include "report/cells.h"
#include "report/format.h"
#include "report/plot_parts.h"
#include "report/table.h"

#include <math.h>
#include <string.h>

/* --- windows of a backtest */

enum { PANELS = 4 };

static bool says(const struct curve *c)
{
    if (strcmp(c->id, "backtest"))
        return false;
    for (size_t i = 0; i < c->points.len; i++)
        if (isfinite(c->points.at[i].y) && isfinite(c->points.at[i].low) &&
            isfinite(c->points.at[i].high))
            return true;
    return false;
}

bool coverage_has(const struct result *r)
{
    for (size_t k = 0; k < r->curves.len; k++)
        if (says(&r->curves.at[k]))
            return true;
    return false;
}

/* The unit of a metric on an axis: what it is divided by, and how it is called. */
static double unit_of(const char *metric, double largest, const char **name)
{
    const struct metric_def *def = metric_def(metric);
    if (format_is_share(metric)) {
        *name = "%";
        return 0.01;
    }
    if (!def || strcmp(def->unit, "s") != 0) {
        *name = def && !strcmp(def->unit, "$") ? "cost" : "";
        return 1;
    }
    if (largest < 1) {
        *name = "ms";
        return 1e-3;
    }
    return picture_time_unit(largest, name);
}

/* The windows of a metric, for the table. */
static void coverage_rows(struct document *d, struct table *t, const struct result *r,
                          const struct curve *c, double time_unit)
{
    const struct metric_def *def = metric_def(c->y);
    for (size_t i = 0; i < c->points.len; i++) {
        const struct point *at = &c->points.at[i];
        struct metric m = {.name = c->y, .unit = def ? def->unit : "1", .level = 0.95};
        bool inside = at->y >= at->low && at->y <= at->high;
        m.value = NAN;
        m.low = at->low;
        m.high = at->high;
        cell_name(d, t, c->y);
        cell_number(d, t, at->x / time_unit, 5);
        cell_metric(d, t, &m, r->currency, format_interval);
        m.value = m.low = m.high = at->y;
        m.level = 0;
        cell_metric(d, t, isfinite(at->y) ? &m : NULL, r->currency, format_value);
        table_cell(d, t, TONE_PLAIN, isnan(at->y) ? "not known" : inside ? "inside" : "outside");
    }
}

static void coverage_panel(struct picture *p, const struct curve *c, size_t k, double time_unit)
{
    static const char *const expected[PANELS] = {"band1", "band2", "band3", "band4"};
    static const char *const held[PANELS] = {"held1", "held2", "held3", "held4"};
    static const char *const missed[PANELS] = {"missed1", "missed2", "missed3", "missed4"};
    double largest = 0;
    const char *name;
    for (size_t i = 0; i < c->points.len; i++)
        largest = fmax(largest, fmax(c->points.at[i].high, c->points.at[i].y));
    double unit = unit_of(c->y, largest, &name);
    struct buf *band = picture_block(p, expected[k], "time\tlow\theight", NULL),
               *good = picture_block(p, held[k], "time\tcame", NULL),
               *bad = picture_block(p, missed[k], "time\tcame", NULL);
    for (size_t i = 0; i < c->points.len; i++) {
        const struct point *at = &c->points.at[i];
        double x = at->x / time_unit;
        picture_line(band, (double[]){x, at->low / unit, (at->high - at->low) / unit}, 3, NULL);
        if (isfinite(at->y))
            picture_line(at->y >= at->low && at->y <= at->high ? good : bad,
                         (double[]){x, at->y / unit}, 2, NULL);
    }
    struct buf words;
    buf_init(&words);
    format_name(&words, metric_def(c->y) ? c->y : "value");
    double least = INFINITY, top = 0;
    for (size_t i = 0; i < c->points.len; i++) {
        const struct point *at = &c->points.at[i];
        least = fmin(least, fmin(at->low, isfinite(at->y) ? at->y : at->low) / unit);
        top = fmax(top, fmax(at->high, isfinite(at->y) ? at->y : at->high) / unit);
    }
    buf_puts(&p->script,
             format_is_share(c->y) ? "set yrange [0<*:*<100]\n" : "set yrange [0<*:*]\n");
    if (top > least)
        buf_printf(&p->script, "set ytics %.6g\n", picture_step((top - least) / 4));
    else
        buf_puts(&p->script, "set ytics autofreq\n");
    buf_printf(&p->script, "set ylabel '%s%s%s%s'\n", buf_text(&words), *name ? " (" : "", name,
               *name ? ")" : "");
    buf_printf(&p->script, "%splot '%s' using 1:2:(0):3 with vectors nohead lw 6 lc rgb '#56b4e9'",
               k == 2 ? "set key off\n" : "", expected[k]);
    if (picture_filled(good))
        buf_printf(&p->script, ", '%s' using 1:2 with points pt 7 ps 0.7 lc rgb '#000000'",
                   held[k]);
    if (picture_filled(bad))
        buf_printf(&p->script, ", '%s' using 1:2 with points pt 2 ps 1 lw 2.5 lc rgb '#d55e00'",
                   missed[k]);
    buf_release(&words);
}

/* One key for all panels, over the first two of them. */
static void coverage_key(struct picture *p, size_t k, size_t n)
{
    if (k == 0)
        buf_puts(&p->script, ", NaN with lines lw 6 lc rgb '#56b4e9' title 'expected', "
                             "NaN with points pt 7 ps 0.7 lc rgb '#000000' title 'came inside'");
    if (k == 1 || n == 1)
        buf_puts(&p->script,
                 ", NaN with points pt 2 ps 1 lw 2.5 lc rgb '#d55e00' title 'came outside'");
}

void coverage_draw(struct document *d, const struct result *r, struct picture *p)
{
    const struct curve *panel[PANELS];
    const char *name;
    size_t n = 0, all = 0;
    double first = INFINITY, last = 0;
    for (size_t k = 0; k < r->curves.len; k++) {
        const struct curve *c = &r->curves.at[k];
        if (!says(c))
            continue;
        if (n < PANELS)
            panel[n++] = c;
        all++;
        first = fmin(first, c->points.at[0].x);
        last = fmax(last, c->points.at[c->points.len - 1].x);
    }
    double unit = picture_time_unit(last, &name), room = fmax(0.08 * (last - first), 0.05 * unit);
    size_t rows = (n + 1) / 2;
    picture_start(p, (int)(40 + 230 * rows));
    p->title = "What was expected of each window, and what came";
    p->data = document_table(d, "The windows of the rest of the log");
    table_column(d, p->data, "metric", false);
    table_column(d, p->data, arena_printf(&d->arena, "time (%s)", name), true);
    table_column(d, p->data, "expected", true);
    table_column(d, p->data, "came", true);
    table_column(d, p->data, "", false);
    buf_printf(
        &p->script,
        "set multiplot layout %zu,%d\nset tmargin 2.6\nset key tmargin left horizontal samplen 1\n"
        "set xlabel 'time (%s)'\nset xrange [%.6g:%.6g]\nset offsets 0,0,graph 0.1,graph 0.1\n"
        "set bars 0\n",
        rows, n > 1 ? 2 : 1, name, (first - room) / unit, (last + room) / unit);
    for (size_t k = 0; k < n; k++) {
        coverage_panel(p, panel[k], k, unit);
        coverage_key(p, k, n);
        buf_putc(&p->script, '\n');
        coverage_rows(d, p->data, r, panel[k], unit);
    }
    buf_puts(&p->script, "unset multiplot\n");
    buf_puts(&p->about, "For each window of the rest of the log the interval that the fit to its "
                        "first part expected, and what came: a dot inside it, a cross outside.");
    if (all > n)
        buf_printf(&p->about, " The first %zu of %zu metrics are drawn.", n, all);
}

/* --- tasks run again and again */

bool repeats_has(const struct result *r)
{
    const struct curve *one = result_curve(r, "pass_at_k"), *every = result_curve(r, "pass_all_k");
    return one && every && one->points.len && every->points.len;
}

static void put_chances(struct picture *p, const char *block, const struct curve *c)
{
    struct buf *out = picture_block(p, block, "k\tpercent\tlow\thigh", NULL);
    for (size_t i = 0; i < c->points.len; i++) {
        const struct point *at = &c->points.at[i];
        bool band = isfinite(at->low) && isfinite(at->high);
        picture_line(out,
                     (double[]){at->x, 100 * at->y, 100 * (band ? at->low : at->y),
                                100 * (band ? at->high : at->y)},
                     4, NULL);
    }
}

void repeats_draw(struct document *d, const struct result *r, struct picture *p)
{
    enum { MANY = 8 };
    const struct curve *one = result_curve(r, "pass_at_k"), *every = result_curve(r, "pass_all_k");
    double most = one->points.at[one->points.len - 1].x;
    picture_start(p, 360);
    p->title = "One of k runs right, and all of k";
    p->data = table_tasks(d, r);
    put_chances(p, "one", one);
    put_chances(p, "all", every);
    buf_printf(&p->script,
               "set xlabel 'runs of a task, k'\nset ylabel 'chance (%%)'\nset yrange [0:105]\n"
               "set xrange [%.6g:%.6g]\nset xtics 1,%.6g\nplot ",
               most > 1 ? 1 - most / 60 : 0.5, most > 1 ? most * 61 / 60 : 1.5,
               most > 12 ? ceil(most / 8) : 1.0);
    if (most > MANY) /* so many bars would be a fence */
        buf_puts(&p->script,
                 "'one' using 1:3:4 with filledcurves lc rgb '#0072b2' fs transparent solid 0.2, "
                 "'all' using 1:3:4 with filledcurves lc rgb '#d55e00' fs transparent solid 0.2, ");
    else
        buf_printf(&p->script,
                   "'one' using 1:2:3:4 with yerrorbars pt 0 lc rgb '#0072b2', "
                   "'all' using ($1+%.6g):2:3:4 with yerrorbars pt 0 lc rgb '#d55e00', ",
                   most / 200);
    buf_puts(&p->script, "'one' using 1:2 with linespoints pt 7 ps 0.6 lc rgb '#0072b2' lw 2 title "
                         "'at least one is right (pass@k)', "
                         "'all' using 1:2 with linespoints pt 5 ps 0.6 dt '-' lc rgb '#d55e00' "
                         "lw 2 title 'all are right (pass^k)'\n");
    buf_puts(&p->about, "The chance that one at least of k runs of the same task is right, and "
                        "that all of them are: the wider apart, the less a task that went well "
                        "once can be counted on.");
}
